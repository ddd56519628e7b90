/*
 * gemini_message_decode: contents and their parts (wire-formats 3.1).
 *
 * Calls and their results may come without ids: then both get one by name and order, the result that of
 * the first call of its name that has none yet. Of a part with members that the hub has no place for the
 * original is kept, for the same dialect.
 */
#include "ai/gemini_int.h"

#include "ai/ids.h"
#include "ai/tool_args.h"
#include "base/str.h"

/* The calls of the last model turn, for results that do not name them. */
struct reader {
    struct sl_ai_reader *r;
    struct sl_ai_request *ret;
    struct sl_ai_message *last;
    struct sl_ai_part *calls; /* the parts of the last model turn */
    size_t calls_n;           /* of the whole conversation: makes ids */
};

static const struct sl_json *get(const struct sl_json *v, const char *name)
{
    return sl_ai_gemini_get(v, name);
}

static bool is_there(const struct sl_json *v)
{
    return sl_json_kind(v) > SL_JSON_NULL;
}

/* ------------------------------------------------------------------ media */

static enum sl_ai_part_kind kind_of(sl_str media_type)
{
    if (sl_str_istarts(media_type, SL_STR("image/")))
        return SL_AI_IMAGE;
    return sl_str_istarts(media_type, SL_STR("audio/")) ? SL_AI_AUDIO : SL_AI_DOCUMENT;
}

/* The hub has OpenAI's short names of the sounds that both know. */
static sl_str audio_format(sl_str type)
{
    if (sl_str_ieq(type, SL_STR("audio/wav")) || sl_str_ieq(type, SL_STR("audio/x-wav")))
        return SL_STR("wav");
    return sl_str_ieq(type, SL_STR("audio/mp3")) || sl_str_ieq(type, SL_STR("audio/mpeg"))
               ? SL_STR("mp3")
               : type;
}

static void set_media(struct sl_ai_part *p, sl_str type)
{
    p->kind = kind_of(type);
    p->media_type = p->kind == SL_AI_AUDIO ? audio_format(type) : type;
}

static sl_rc read_inline(struct reader *m, const struct sl_ai_place *at, const struct sl_json *v,
                         struct sl_ai_part *p)
{
    struct sl_ai_place data_at = {.up = at, .name = "data"};
    sl_str type = sl_json_text(get(v, "mimeType"));
    sl_str data = sl_json_text(get(v, "data"));

    if (type.n == 0 || data.n == 0)
        return sl_ai_read_fail(m->r, type.n == 0 ? at : &data_at,
                               type.n == 0 ? "must have a mimeType" : "is required");
    set_media(p, type);
    p->source = SL_AI_SOURCE_BASE64;
    p->file_name = sl_json_text(get(v, "displayName"));
    return sl_ai_read_base64(m->r, &data_at, data, &p->text);
}

/* What lies at Google is a file of theirs; anything else is an address like another. */
static bool is_public(sl_str uri)
{
    return (sl_str_istarts(uri, SL_STR("https://")) || sl_str_istarts(uri, SL_STR("http://"))) &&
           sl_str_find_str(uri, SL_STR("generativelanguage.googleapis.com/")) == SIZE_MAX;
}

static sl_rc read_file(struct reader *m, const struct sl_ai_place *at, const struct sl_json *v,
                       struct sl_ai_part *p)
{
    struct sl_ai_place uri_at = {.up = at, .name = "fileUri"};
    sl_str uri = sl_json_text(get(v, "fileUri"));

    if (uri.n == 0)
        return sl_ai_read_fail(m->r, &uri_at, "is required");
    set_media(p, sl_json_text(get(v, "mimeType")));
    p->source = is_public(uri) ? SL_AI_SOURCE_URL : SL_AI_SOURCE_FILE;
    p->file_name = sl_json_text(get(v, "displayName"));
    p->text = uri;
    return SL_OK;
}

/* ------------------------------------------------------------------ calls and results */

static sl_str made_id(struct reader *m)
{
    return sl_ai_id_of_call(m->r->a, SL_STR("gemini"), 0, m->calls_n);
}

static sl_rc read_call(struct reader *m, const struct sl_ai_place *at, const struct sl_json *v,
                       struct sl_ai_part *p)
{
    struct sl_ai_place args_at = {.up = at, .name = "args"};
    const struct sl_json *args = get(v, "args");
    sl_rc rc = sl_ai_read_text(m->r, at, "name", v, true, &p->name);

    p->kind = SL_AI_TOOL_CALL;
    if (rc == SL_OK)
        rc = sl_ai_read_text(m->r, at, "id", v, false, &p->id);
    if (rc != SL_OK)
        return rc;
    if (is_there(args) && sl_json_kind(args) != SL_JSON_OBJECT)
        return sl_ai_read_fail(m->r, &args_at, "must be an object");
    rc = sl_ai_read_raw(m->r, args, &p->arguments_json);
    p->arguments_json = sl_ai_args_text(m->r->a, p->arguments_json);
    p->id = p->id.n != 0 ? sl_ai_id_original(m->r->a, p->id) : made_id(m);
    m->calls_n++;
    return rc;
}

/* The first call of that name in the last model turn that has no result yet. */
static sl_str id_by_name(struct reader *m, const struct sl_ai_parts *results, sl_str name)
{
    for (const struct sl_ai_part *call = m->calls; call != NULL; call = call->next) {
        bool is_answered = false;
        if (call->kind != SL_AI_TOOL_CALL || !sl_str_eq(call->name, name))
            continue;
        for (const struct sl_ai_part *p = results->first; p != NULL; p = p->next)
            is_answered |= p->kind == SL_AI_TOOL_RESULT && sl_str_eq(p->id, call->id);
        if (!is_answered)
            return call->id;
    }
    return (sl_str){0};
}

/* {output: "text"} or {result: "text"} is that text, {error: ...} an error; else the object as it is. */
static sl_rc read_response(struct reader *m, const struct sl_json *v, struct sl_ai_part *p,
                           struct sl_ai_part *text)
{
    static const char *const names[] = {"output", "result", "error"};

    for (size_t i = 0; i < SL_LEN(names) && sl_json_count(v) == 1; i++) {
        const struct sl_json *only = sl_json_get(v, sl_cstr(names[i]));
        if (only == NULL)
            continue;
        p->is_error = strcmp(names[i], "error") == 0;
        bool is_null = sl_json_kind(only) == SL_JSON_NULL; /* which says something here */
        text->text = is_null ? SL_STR("null") : sl_json_text(only);
        return is_null || sl_json_kind(only) == SL_JSON_STRING
                   ? SL_OK
                   : sl_ai_read_raw(m->r, only, &text->text);
    }
    return sl_ai_read_raw(m->r, v, &text->text);
}

static sl_rc read_result_media(struct reader *m, const struct sl_ai_place *at,
                               const struct sl_json *list, struct sl_ai_parts *parts)
{
    struct sl_ai_place list_at = {.up = at, .name = "parts"};
    struct sl_ai_place part_at = {.up = &list_at};
    struct sl_json_cursor c = sl_json_each(list);
    const struct sl_json *v;
    sl_rc rc = SL_OK;

    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        const struct sl_json *data = get(v, "inlineData");
        struct sl_ai_part *p = sl_ai_parts_add(m->r, parts, SL_AI_OPAQUE);
        if (p == NULL)
            return SL_E_LIMIT;
        rc = is_there(data) ? read_inline(m, &part_at, data, p)
                            : read_file(m, &part_at, get(v, "fileData"), p);
        part_at.index++;
    }
    return rc;
}

static sl_rc read_result(struct reader *m, const struct sl_ai_place *at, const struct sl_json *v,
                         const struct sl_ai_parts *before, struct sl_ai_part *p)
{
    struct sl_ai_place response_at = {.up = at, .name = "response"};
    const struct sl_json *response = get(v, "response");
    struct sl_ai_parts blocks = {0};
    struct sl_ai_part *text = sl_ai_parts_add(m->r, &blocks, SL_AI_TEXT);
    sl_rc rc = sl_ai_read_text(m->r, at, "name", v, true, &p->name);

    if (rc == SL_OK)
        rc = sl_ai_read_text(m->r, at, "id", v, false, &p->id);
    if (rc != SL_OK || text == NULL)
        return rc != SL_OK ? rc : SL_E_LIMIT;
    if (is_there(response) && sl_json_kind(response) != SL_JSON_OBJECT)
        return sl_ai_read_fail(m->r, &response_at, "must be an object");
    p->id = p->id.n != 0 ? sl_ai_id_original(m->r->a, p->id) : id_by_name(m, before, p->name);
    p->kind = SL_AI_TOOL_RESULT;
    rc = read_response(m, response, p, text);
    if (rc == SL_OK)
        rc = read_result_media(m, at, get(v, "parts"), &blocks);
    p->parts = blocks.first;
    return rc;
}

/* ------------------------------------------------------------------ parts */

static const struct {
    const char *name;
    sl_rc (*read)(struct reader *m, const struct sl_ai_place *at, const struct sl_json *v,
                  struct sl_ai_part *p);
} part_kinds[] = {
    {"inlineData", read_inline}, {"fileData", read_file}, {"functionCall", read_call}};

/* What a part may say besides, that the hub does not carry. */
static const char *const side_members[] = {"videoMetadata", "mediaResolution", "partMetadata",
                                           "mediaProcessing", "speechMetadata"};

static bool has_side_member(const struct sl_json *v)
{
    for (size_t i = 0; i < SL_LEN(side_members); i++)
        if (is_there(get(v, side_members[i])))
            return true;
    return false;
}

static sl_rc read_kind(struct reader *m, const struct sl_ai_place *at, const struct sl_json *v,
                       const struct sl_ai_parts *before, struct sl_ai_part *p)
{
    const struct sl_json *text = get(v, "text"), *result = get(v, "functionResponse");
    struct sl_ai_place kind_at = {.up = at, .name = "functionResponse"};

    if (is_there(result))
        return read_result(m, &kind_at, result, before, p);
    for (size_t i = 0; i < SL_LEN(part_kinds); i++) {
        const struct sl_json *body = get(v, part_kinds[i].name);
        kind_at.name = part_kinds[i].name;
        if (is_there(body))
            return part_kinds[i].read(m, &kind_at, body, p);
    }
    if (sl_json_kind(text) != SL_JSON_STRING)
        return sl_ai_read_raw(m->r, v, &p->raw_json); /* a part of Google's own */
    p->kind = sl_json_is_true(get(v, "thought")) ? SL_AI_THINKING : SL_AI_TEXT;
    p->text = sl_json_text(text);
    return SL_OK;
}

static sl_rc read_part(struct reader *m, const struct sl_ai_place *at, const struct sl_json *v,
                       struct sl_ai_parts *parts)
{
    struct sl_ai_parts before = *parts;
    struct sl_ai_part *p;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(m->r, at, "must be an object");
    p = sl_ai_parts_add(m->r, parts, SL_AI_OPAQUE);
    if (p == NULL)
        return SL_E_LIMIT;
    rc = read_kind(m, at, v, &before, p);
    p->signature = sl_json_text(get(v, "thoughtSignature"));
    if (rc == SL_OK && p->raw_json.n == 0 && p->signature.n == 0 && has_side_member(v))
        rc = sl_ai_read_raw(m->r, v, &p->raw_json);
    return rc;
}

static sl_rc read_parts(struct reader *m, const struct sl_ai_place *up, const struct sl_json *v,
                        struct sl_ai_parts *parts)
{
    struct sl_ai_place parts_at = {.up = up, .name = "parts"};
    struct sl_ai_place part_at = {.up = &parts_at};
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = SL_OK;

    if (sl_json_kind(v) == SL_JSON_OBJECT) /* one in place of a list */
        return read_part(m, &parts_at, v, parts);
    if (is_there(v) && sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(m->r, &parts_at, "must be an array");
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_part(m, &part_at, v, parts);
        part_at.index++;
    }
    return rc;
}

/* ------------------------------------------------------------------ contents */

static bool role_of(sl_str name, enum sl_ai_role *ret)
{
    static const struct {
        const char *name;
        enum sl_ai_role role;
    } roles[] = {
        {"", SL_AI_ROLE_USER},         {"user", SL_AI_ROLE_USER}, {"model", SL_AI_ROLE_ASSISTANT},
        {"function", SL_AI_ROLE_USER}, {"tool", SL_AI_ROLE_USER}, {"system", SL_AI_ROLE_SYSTEM},
    };

    for (size_t i = 0; i < SL_LEN(roles); i++) {
        if (!sl_str_eq(sl_cstr(roles[i].name), name))
            continue;
        *ret = roles[i].role;
        return true;
    }
    return false;
}

static sl_rc read_content(struct reader *m, const struct sl_ai_place *at, const struct sl_json *v)
{
    struct sl_ai_place role_at = {.up = at, .name = "role"};
    struct sl_ai_parts parts = {0};
    struct sl_ai_message *message;
    enum sl_ai_role role;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(m->r, at, "must be an object");
    if (!role_of(sl_json_text(get(v, "role")), &role))
        return sl_ai_read_fail(m->r, &role_at, "must be user or model");
    message = sl_ai_messages_add(m->r, m->ret, &m->last, role, at->index);
    if (message == NULL)
        return SL_E_LIMIT;
    rc = read_parts(m, at, get(v, "parts"), &parts);
    message->parts = parts.first;
    message->part_count = parts.count;
    if (role == SL_AI_ROLE_ASSISTANT)
        m->calls = parts.first;
    return rc;
}

sl_rc sl_ai_gemini_read_contents(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                 const struct sl_json *v, struct sl_ai_request *ret)
{
    struct reader m = {.r = r, .ret = ret, .last = ret->messages}; /* a system prompt came first */
    struct sl_ai_place content_at = {.up = at};
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = SL_OK;

    if (sl_json_kind(v) != SL_JSON_ARRAY || sl_json_count(v) == 0)
        return sl_ai_read_fail(r, at, "must be an array with at least one content");
    if (sl_json_count(v) > SL_AI_MESSAGES_MAX)
        return sl_ai_read_fail(r, at, "has too many contents");
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_content(&m, &content_at, v);
        content_at.index++;
    }
    return rc;
}

/* The first message, wherever it stands in the body. */
sl_rc sl_ai_gemini_read_system(struct sl_ai_reader *r, const struct sl_ai_place *at,
                               const struct sl_json *v, struct sl_ai_request *ret)
{
    struct reader m = {.r = r, .ret = ret};
    struct sl_ai_message *others = ret->messages;
    struct sl_ai_parts parts = {0};
    struct sl_ai_message *message;
    sl_rc rc = SL_OK;

    if (sl_json_kind(v) == SL_JSON_STRING) {
        struct sl_ai_part *p = sl_ai_parts_add(r, &parts, SL_AI_TEXT);
        if (p == NULL)
            return SL_E_LIMIT;
        p->text = sl_json_text(v);
    } else {
        rc = read_parts(&m, at, get(v, "parts"), &parts);
    }
    if (rc != SL_OK || parts.first == NULL)
        return rc;
    message = sl_ai_messages_add(r, ret, &m.last, SL_AI_ROLE_SYSTEM, 0);
    if (message == NULL)
        return SL_E_LIMIT;
    message->parts = parts.first;
    message->part_count = parts.count;
    message->next = others;
    return SL_OK;
}
