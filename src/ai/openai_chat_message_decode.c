/*
 * openai_chat_message_decode: the messages of a Chat Completions request, and their parts.
 *
 * Accepted besides the documented members, because clients send them: reasoning_content and
 * thinking_blocks on assistant messages (what our answers gave them), and cache_control.
 */
#include "ai/openai_chat_int.h"

#include "ai/ids.h"
#include "base/str.h"

/* ------------------------------------------------------------------ content parts */

static sl_rc read_image(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place image_at = {.up = at, .name = "image_url"};
    struct sl_ai_place url_at = {.up = &image_at, .name = "url"};
    const struct sl_json *image = sl_json_get(v, SL_STR("image_url"));
    sl_str url = sl_json_text(image);

    if (sl_json_kind(image) == SL_JSON_OBJECT) {
        sl_rc rc = sl_ai_read_text(r, &image_at, "url", image, true, &url);
        if (rc == SL_OK)
            rc = sl_ai_read_text(r, &image_at, "detail", image, false, &p->detail);
        if (rc != SL_OK)
            return rc;
    }
    if (url.n == 0)
        return sl_ai_read_fail(r, &url_at, "is required");
    p->kind = SL_AI_IMAGE;
    p->source = SL_AI_SOURCE_URL;
    p->text = url;
    if (!sl_str_istarts(url, SL_STR("data:")))
        return SL_OK;
    if (!sl_ai_data_url(r->a, url, &p->media_type, &p->text))
        return sl_ai_read_fail(r, &url_at, "must be a data: URL with base64");
    p->source = SL_AI_SOURCE_BASE64;
    if (!sl_str_starts(p->media_type, SL_STR("image/")))
        p->kind = SL_AI_DOCUMENT;
    return SL_OK;
}

static sl_rc read_audio(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place audio_at = {.up = at, .name = "input_audio"};
    const struct sl_json *audio = sl_json_get(v, SL_STR("input_audio"));
    sl_rc rc = sl_ai_read_text(r, &audio_at, "data", audio, true, &p->text);

    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &audio_at, "format", audio, true, &p->media_type);
    p->kind = SL_AI_AUDIO;
    p->source = SL_AI_SOURCE_BASE64;
    return rc;
}

static sl_rc read_file(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place file_at = {.up = at, .name = "file"};
    struct sl_ai_place data_at = {.up = &file_at, .name = "file_data"};
    const struct sl_json *file = sl_json_get(v, SL_STR("file"));
    sl_str data, id;
    sl_rc rc = sl_ai_read_text(r, &file_at, "file_data", file, false, &data);

    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &file_at, "file_id", file, false, &id);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &file_at, "filename", file, false, &p->file_name);
    if (rc != SL_OK)
        return rc;
    p->kind = SL_AI_DOCUMENT;
    p->source = data.n != 0 ? SL_AI_SOURCE_BASE64 : SL_AI_SOURCE_FILE;
    p->text = id;
    if (data.n != 0 && !sl_ai_data_url(r->a, data, &p->media_type, &p->text))
        return sl_ai_read_fail(r, &data_at, "must be a data: URL with base64");
    if (p->text.n == 0)
        return sl_ai_read_fail(r, &data_at, "or file_id is required");
    return SL_OK;
}

static sl_rc read_text_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_part *p)
{
    p->kind = SL_AI_TEXT;
    return sl_ai_read_text(r, at, "text", v, true, &p->text);
}

static sl_rc read_refusal(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_part *p)
{
    p->kind = SL_AI_REFUSAL;
    return sl_ai_read_text(r, at, "refusal", v, true, &p->text);
}

static const struct {
    const char *type;
    sl_rc (*read)(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                  struct sl_ai_part *p);
} part_types[] = {
    {"text", read_text_part}, {"image_url", read_image}, {"input_audio", read_audio},
    {"file", read_file},      {"refusal", read_refusal},
};

sl_rc sl_ai_openai_chat_read_mark(struct sl_ai_reader *r, const struct sl_json *v, bool *ret_has,
                                  sl_str *ret_ttl, sl_str *ret_json)
{
    const struct sl_json *mark = sl_json_get(v, SL_STR("prompt_cache_breakpoint"));

    if (mark == NULL)
        mark = sl_json_get(v, SL_STR("cache_control"));
    return sl_ai_read_cache_mark(r, mark, ret_has, ret_ttl, ret_json);
}

static sl_rc read_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_place type_at = {.up = at, .name = "type"};
    struct sl_ai_part *p;
    sl_str type;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    rc = sl_ai_read_text(r, at, "type", v, true, &type);
    if (rc != SL_OK)
        return rc;
    p = sl_ai_parts_add(r, parts, SL_AI_TEXT);
    if (p == NULL)
        return SL_E_LIMIT;
    for (size_t i = 0; i < SL_LEN(part_types); i++) {
        if (!sl_str_eq(sl_cstr(part_types[i].type), type))
            continue;
        rc = part_types[i].read(r, at, v, p);
        return rc == SL_OK ? sl_ai_openai_chat_read_mark(r, v, &p->has_cache_mark, &p->cache_ttl,
                                                         &p->cache_json)
                           : rc;
    }
    if (sl_ai_read_thinking_block(v, p))
        return SL_OK;
    return sl_ai_read_fail(r, &type_at, "must be text, image_url, input_audio, file or refusal");
}

/** `content`: a string, an array of parts, or nothing. */
static sl_rc read_content(struct sl_ai_reader *r, const struct sl_ai_place *message_at,
                          const struct sl_json *message, struct sl_ai_parts *parts)
{
    const struct sl_json *v = sl_json_get(message, SL_STR("content"));
    struct sl_ai_place content_at = {.up = message_at, .name = "content"};
    struct sl_ai_place part_at = {.up = &content_at};
    struct sl_json_cursor c = sl_json_each(v);
    enum sl_json_kind kind = sl_json_kind(v);
    struct sl_ai_part *p;
    sl_rc rc = SL_OK;

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
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_part(r, &part_at, v, parts);
        part_at.index++;
    }
    return rc;
}

/* ------------------------------------------------------------------ assistant messages */

/* What Google's own endpoint for OpenAI's clients gives them: extra_content.google.thought_signature. */
static sl_str google_signature(const struct sl_json *call)
{
    const struct sl_json *google =
        sl_json_get(sl_json_get(call, SL_STR("extra_content")), SL_STR("google"));

    return sl_json_text(sl_json_get(google, SL_STR("thought_signature")));
}

static sl_rc read_call(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = sl_ai_parts_add(r, parts, SL_AI_TOOL_CALL);
    bool is_custom = sl_str_eq(sl_json_text(sl_json_get(v, SL_STR("type"))), SL_STR("custom"));
    const char *name = is_custom ? "custom" : "function";
    const struct sl_json *body = sl_json_get(v, sl_cstr(name));
    const struct sl_json *arguments = sl_json_get(body, SL_STR("arguments"));
    struct sl_ai_place body_at = {.up = at, .name = name};
    sl_rc rc;

    if (p == NULL)
        return SL_E_LIMIT;
    p->is_custom_tool = is_custom;
    rc = sl_ai_read_text(r, at, "id", v, true, &p->id);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &body_at, "name", body, true, &p->name);
    if (rc != SL_OK)
        return rc;
    p->id = sl_ai_id_original(r->a, p->id);
    p->signature = google_signature(v);
    if (is_custom)
        return sl_ai_read_text(r, &body_at, "input", body, false, &p->arguments_json);
    if (sl_json_kind(arguments) ==
        SL_JSON_OBJECT) /* what some clients keep of vendors that do so */
        return sl_ai_read_raw(r, arguments, &p->arguments_json);
    return sl_ai_read_text(r, &body_at, "arguments", body, false, &p->arguments_json);
}

static sl_rc read_calls(struct sl_ai_reader *r, const struct sl_ai_place *message_at,
                        const struct sl_json *message, struct sl_ai_parts *parts)
{
    const struct sl_json *v = sl_json_get(message, SL_STR("tool_calls"));
    struct sl_ai_place calls_at = {.up = message_at, .name = "tool_calls"};
    struct sl_ai_place call_at = {.up = &calls_at};
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = SL_OK;

    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_call(r, &call_at, v, parts);
        call_at.index++;
    }
    return rc;
}

/** The blocks with their signatures if the client kept them, else the bare text of the thinking. */
static sl_rc read_thoughts(struct sl_ai_reader *r, const struct sl_json *message,
                           struct sl_ai_parts *parts)
{
    const struct sl_json *blocks = sl_json_get(message, SL_STR("thinking_blocks"));
    sl_str text = sl_json_text(sl_json_get(message, SL_STR("reasoning_content")));
    struct sl_json_cursor c = sl_json_each(blocks);
    struct sl_ai_part block = {0}, *p;
    const struct sl_json *v;

    if (sl_json_count(blocks) == 0 && text.n != 0) {
        p = sl_ai_parts_add(r, parts, SL_AI_THINKING);
        if (p == NULL)
            return SL_E_LIMIT;
        p->text = text;
        return SL_OK;
    }
    while ((v = sl_json_next(&c, NULL)) != NULL) {
        block = (struct sl_ai_part){0};
        if (!sl_ai_read_thinking_block(v, &block))
            continue;
        p = sl_ai_parts_add(r, parts, SL_AI_THINKING);
        if (p == NULL)
            return SL_E_LIMIT;
        *p = block;
    }
    return SL_OK;
}

static sl_rc read_assistant(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p;
    sl_str refusal;
    sl_rc rc = read_thoughts(r, v, parts);

    if (rc == SL_OK)
        rc = read_content(r, at, v, parts);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "refusal", v, false, &refusal);
    if (rc != SL_OK)
        return rc;
    if (refusal.n != 0) {
        p = sl_ai_parts_add(r, parts, SL_AI_REFUSAL);
        if (p == NULL)
            return SL_E_LIMIT;
        p->text = refusal;
    }
    return read_calls(r, at, v, parts);
}

/* ------------------------------------------------------------------ messages */

static sl_rc read_result(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = sl_ai_parts_add(r, parts, SL_AI_TOOL_RESULT);
    struct sl_ai_parts blocks = {0};
    sl_rc rc;

    if (p == NULL)
        return SL_E_LIMIT;
    rc = sl_ai_read_text(r, at, "tool_call_id", v, true, &p->id);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "name", v, false, &p->name);
    if (rc == SL_OK)
        rc = read_content(r, at, v, &blocks);
    p->id = sl_ai_id_original(r->a, p->id);
    p->parts = blocks.first;
    return rc;
}

/* A marker on the message stands for one on its last part. */
static sl_rc read_message_mark(struct sl_ai_reader *r, const struct sl_json *v,
                               const struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = parts->last;

    if (p == NULL)
        return SL_OK;
    return sl_ai_openai_chat_read_mark(r, v, &p->has_cache_mark, &p->cache_ttl, &p->cache_json);
}

static bool role_of(sl_str text, enum sl_ai_role *ret)
{
    static const struct {
        const char *name;
        enum sl_ai_role role;
    } roles[] = {
        {"system", SL_AI_ROLE_SYSTEM}, {"developer", SL_AI_ROLE_DEVELOPER},
        {"user", SL_AI_ROLE_USER},     {"assistant", SL_AI_ROLE_ASSISTANT},
        {"tool", SL_AI_ROLE_TOOL},
    };

    for (size_t i = 0; i < SL_LEN(roles); i++) {
        if (!sl_str_eq(sl_cstr(roles[i].name), text))
            continue;
        *ret = roles[i].role;
        return true;
    }
    return false;
}

static sl_rc read_message(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_message **last,
                          struct sl_ai_request *ret)
{
    struct sl_ai_place role_at = {.up = at, .name = "role"};
    struct sl_ai_message *m;
    struct sl_ai_parts parts = {0};
    sl_str role;
    enum sl_ai_role known;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    rc = sl_ai_read_text(r, at, "role", v, true, &role);
    if (rc != SL_OK)
        return rc;
    if (!role_of(role, &known))
        return sl_ai_read_fail(r, &role_at, "must be system, developer, user, assistant or tool");
    m = sl_ai_messages_add(r, ret, last, known, at->index);
    if (m == NULL)
        return SL_E_LIMIT;
    if (m->role == SL_AI_ROLE_ASSISTANT)
        rc = read_assistant(r, at, v, &parts);
    else if (m->role == SL_AI_ROLE_TOOL)
        rc = read_result(r, at, v, &parts);
    else
        rc = read_content(r, at, v, &parts);
    if (rc == SL_OK)
        rc = read_message_mark(r, v, &parts);
    m->parts = parts.first;
    m->part_count = parts.count;
    return rc;
}

sl_rc sl_ai_openai_chat_read_messages(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                      const struct sl_json *v, struct sl_ai_request *ret)
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
        rc = read_message(r, &message_at, v, &last, ret);
        message_at.index++;
    }
    return rc;
}
