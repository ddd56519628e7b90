#include "ai/chat_form.h"

#include "ai/ids.h"
#include "base/str.h"

#include <stdio.h>

/* ------------------------------------------------------------------ images */

sl_rc sl_ai_read_image_url(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_part *ret)
{
    struct sl_ai_place image_at = {.up = at, .name = "image_url"};
    struct sl_ai_place url_at = {.up = &image_at, .name = "url"};
    const struct sl_json *image = sl_json_get(v, SL_STR("image_url"));
    sl_str url = sl_json_text(image);

    if (sl_json_kind(image) == SL_JSON_OBJECT) {
        sl_rc rc = sl_ai_read_text(r, &image_at, "url", image, true, &url);
        if (rc == SL_OK)
            rc = sl_ai_read_text(r, &image_at, "detail", image, false, &ret->detail);
        if (rc != SL_OK)
            return rc;
    }
    if (url.n == 0)
        return sl_ai_read_fail(r, &url_at, "is required");
    ret->kind = SL_AI_IMAGE;
    ret->source = SL_AI_SOURCE_URL;
    ret->text = url;
    if (!sl_str_istarts(url, SL_STR("data:")))
        return SL_OK;
    if (!sl_ai_data_url(r->a, url, &ret->media_type, &ret->text))
        return sl_ai_read_fail(r, &url_at, "must be a data: URL with base64");
    ret->source = SL_AI_SOURCE_BASE64;
    if (!sl_str_starts(ret->media_type, SL_STR("image/")))
        ret->kind = SL_AI_DOCUMENT;
    return SL_OK;
}

/* ------------------------------------------------------------------ functions */

sl_rc sl_ai_read_function_members(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                  const struct sl_json *v, struct sl_ai_tool *ret)
{
    const struct sl_json *strict = sl_json_get(v, SL_STR("strict"));
    sl_rc rc = sl_ai_read_text(r, at, "name", v, true, &ret->name);

    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "description", v, false, &ret->description);
    if (rc == SL_OK)
        rc = sl_ai_read_schema_of(r, at, "parameters", v, &ret->schema_json);
    sl_ai_read_flag(strict, &ret->strict);
    return rc;
}

sl_rc sl_ai_read_function(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_tool *ret)
{
    struct sl_ai_place function_at = {.up = at, .name = "function"};
    const struct sl_json *f = sl_json_get(v, SL_STR("function"));

    return sl_ai_read_function_members(r, &function_at, f, ret);
}

sl_rc sl_ai_read_called(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_part *ret)
{
    const struct sl_json *arguments = sl_json_get(v, SL_STR("arguments"));
    sl_rc rc = sl_ai_read_text(r, at, "name", v, true, &ret->name);

    if (rc != SL_OK)
        return rc;
    if (sl_json_kind(arguments) ==
        SL_JSON_OBJECT) /* what some clients keep of vendors that do so */
        return sl_ai_read_raw(r, arguments, &ret->arguments_json);
    return sl_ai_read_text(r, at, "arguments", v, false, &ret->arguments_json);
}

sl_rc sl_ai_read_function_call(struct sl_ai_reader *r, const struct sl_ai_place *at,
                               const struct sl_json *v, bool needs_id, struct sl_ai_part *ret)
{
    struct sl_ai_place function_at = {.up = at, .name = "function"};
    sl_rc rc = sl_ai_read_text(r, at, "id", v, needs_id, &ret->id);

    ret->kind = SL_AI_TOOL_CALL;
    ret->id = sl_ai_id_original(r->a, ret->id);
    if (rc != SL_OK)
        return rc;
    return sl_ai_read_called(r, &function_at, sl_json_get(v, SL_STR("function")), ret);
}

/* ------------------------------------------------------------------ messages */

sl_rc sl_ai_read_chat_content(struct sl_ai_reader *r, const struct sl_ai_place *message_at,
                              const struct sl_json *message, sl_ai_read_part_fn *read_part,
                              struct sl_ai_parts *parts)
{
    const struct sl_json *v = sl_json_get(message, SL_STR("content"));
    struct sl_ai_place content_at = {.up = message_at, .name = "content"};
    enum sl_json_kind kind = sl_json_kind(v);
    struct sl_ai_part *p;

    if (kind == SL_JSON_NONE || kind == SL_JSON_NULL)
        return SL_OK;
    if (kind == SL_JSON_STRING) {
        p = sl_ai_parts_add(r, parts, SL_AI_TEXT);
        if (p == NULL)
            return SL_E_LIMIT;
        p->text = sl_json_text(v);
        return SL_OK;
    }
    if (kind != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, &content_at, "must be a string or an array of parts");
    return sl_ai_read_chat_list(r, message_at, "content", message, read_part, parts);
}

sl_rc sl_ai_read_chat_list(struct sl_ai_reader *r, const struct sl_ai_place *up, const char *name,
                           const struct sl_json *object, sl_ai_read_part_fn *read_part,
                           struct sl_ai_parts *parts)
{
    const struct sl_json *v = sl_json_get(object, sl_cstr(name));
    struct sl_ai_place list_at = {.up = up, .name = name};
    struct sl_ai_place one_at = {.up = &list_at};
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = SL_OK;

    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_part(r, &one_at, v, parts);
        one_at.index++;
    }
    return rc;
}

/* `function` is that of OpenAI's clients before there were tools. */
static bool role_of(sl_str text, enum sl_ai_dialect client, enum sl_ai_role *ret)
{
    static const struct {
        const char *name;
        enum sl_ai_role role;
    } roles[] = {
        {"system", SL_AI_ROLE_SYSTEM}, {"developer", SL_AI_ROLE_DEVELOPER},
        {"user", SL_AI_ROLE_USER},     {"assistant", SL_AI_ROLE_ASSISTANT},
        {"tool", SL_AI_ROLE_TOOL},
    };

    if (client == SL_AI_OPENAI_CHAT && sl_str_eq(text, SL_STR("function")))
        text = SL_STR("tool");

    for (size_t i = 0; i < SL_LEN(roles); i++) {
        if (!sl_str_eq(sl_cstr(roles[i].name), text))
            continue;
        *ret = roles[i].role;
        return true;
    }
    return false;
}

static sl_rc read_message(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, sl_ai_read_message_fn *read_parts,
                          struct sl_ai_message **last, struct sl_ai_request *ret)
{
    struct sl_ai_place role_at = {.up = at, .name = "role"};
    struct sl_ai_message *m;
    struct sl_ai_parts parts = {0};
    enum sl_ai_role known;
    sl_str role;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    rc = sl_ai_read_text(r, at, "role", v, true, &role);
    if (rc != SL_OK)
        return rc;
    if (!role_of(role, ret->dialect, &known))
        return sl_ai_read_fail(r, &role_at, "must be system, developer, user, assistant or tool");
    m = sl_ai_messages_add(r, ret, last, known, at->index);
    if (m == NULL)
        return SL_E_LIMIT;
    rc = read_parts(r, at, v, m->role, &parts);
    m->parts = parts.first;
    m->part_count = parts.count;
    return rc;
}

sl_rc sl_ai_read_chat_messages(struct sl_ai_reader *r, const struct sl_ai_place *at,
                               const struct sl_json *v, sl_ai_read_message_fn *read_parts,
                               struct sl_ai_request *ret)
{
    struct sl_ai_place message_at = {.up = at};
    struct sl_ai_message *last = NULL;
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = SL_OK;

    if (sl_json_kind(v) != SL_JSON_ARRAY || sl_json_count(v) == 0)
        return sl_ai_read_fail(r, at, "must be an array with at least one message");
    if (sl_json_count(v) > SL_AI_MESSAGES_MAX)
        return sl_ai_read_fail(r, at, "has too many messages");
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_message(r, &message_at, v, read_parts, &last, ret);
        message_at.index++;
    }
    return rc;
}

/* ------------------------------------------------------------------ ids of calls */

/* The calls of the assistant's last message, and which of them have their result. */
struct open_calls {
    struct sl_ai_part *v[SL_AI_CALLS_MAX];
    bool is_answered[SL_AI_CALLS_MAX];
    size_t n;
};

/* The place of the call names it. There may be very many: each is counted against the memory. */
static sl_rc name_call(struct sl_ai_reader *r, struct sl_ai_part *p, size_t message, size_t call)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "call_%zu_%zu", message, call);
    p->id = sl_arena_try_dup(r->a, (sl_str){text, (size_t)n});
    return p->id.p != NULL ? SL_OK : sl_diag_fail(r->d, SL_E_LIMIT, "", "is too large");
}

static sl_rc open_calls_of(struct sl_ai_reader *r, struct open_calls *open, struct sl_ai_message *m)
{
    sl_rc rc = SL_OK;
    open->n = 0;
    for (struct sl_ai_part *p = m->parts; p != NULL && open->n < SL_AI_CALLS_MAX; p = p->next) {
        if (p->kind != SL_AI_TOOL_CALL)
            continue;
        if (p->id.n == 0)
            rc = name_call(r, p, m->index, open->n);
        if (rc != SL_OK)
            return rc;
        open->is_answered[open->n] = false;
        open->v[open->n++] = p;
    }
    return SL_OK;
}

/* By its id; else the first of that name, or the first at all, that has none yet. */
static void answer(struct open_calls *open, struct sl_ai_part *result)
{
    for (size_t i = 0; i < open->n; i++) {
        bool is_it = result->id.n != 0
                         ? sl_str_eq(open->v[i]->id, result->id)
                         : result->name.n == 0 || sl_str_eq(open->v[i]->name, result->name);
        if (!is_it || open->is_answered[i])
            continue;
        open->is_answered[i] = true;
        result->id = open->v[i]->id;
        return;
    }
}

sl_rc sl_ai_match_chat_results(struct sl_ai_reader *r, struct sl_ai_request *rq)
{
    struct open_calls open = {.n = 0};
    sl_rc rc = SL_OK;

    for (struct sl_ai_message *m = rq->messages; m != NULL && rc == SL_OK; m = m->next) {
        if (m->role == SL_AI_ROLE_ASSISTANT)
            rc = open_calls_of(r, &open, m);
        else if (m->role == SL_AI_ROLE_TOOL && m->parts != NULL)
            answer(&open, m->parts);
    }
    return rc;
}
