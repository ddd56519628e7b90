/*
 * openai_chat_request_decode: a Chat Completions request, understood.
 *
 * Accepted besides the documented members, because clients send them: thinking (Anthropic's form),
 * reasoning_content and thinking_blocks on assistant messages (what our answers gave them), and
 * cache_control on parts and tools.
 */
#include "ai/openai_chat_int.h"

#include "ai/effort.h"
#include "ai/ids.h"
#include "base/str.h"

struct word {
    const char *name;
    int value;
};

static const struct word roles[] = {
    {"system", SL_AI_ROLE_SYSTEM}, {"developer", SL_AI_ROLE_DEVELOPER},
    {"user", SL_AI_ROLE_USER},     {"assistant", SL_AI_ROLE_ASSISTANT},
    {"tool", SL_AI_ROLE_TOOL},
};

static const struct word choices[] = {
    {"none", SL_AI_CHOICE_NONE},
    {"auto", SL_AI_CHOICE_AUTO},
    {"required", SL_AI_CHOICE_REQUIRED},
};

static int word_of(const struct word *words, size_t n, sl_str text)
{
    for (size_t i = 0; i < n; i++)
        if (sl_str_eq(sl_cstr(words[i].name), text))
            return words[i].value;
    return -1;
}

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

static sl_rc read_mark(struct sl_ai_reader *r, const struct sl_json *v, bool *ret_has,
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
        return rc == SL_OK ? read_mark(r, v, &p->has_cache_mark, &p->cache_ttl, &p->cache_json)
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
    return read_mark(r, v, &p->has_cache_mark, &p->cache_ttl, &p->cache_json);
}

static sl_rc read_message(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_message **last,
                          struct sl_ai_request *ret)
{
    struct sl_ai_place role_at = {.up = at, .name = "role"};
    struct sl_ai_message *m;
    struct sl_ai_parts parts = {0};
    sl_str role;
    int known;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    rc = sl_ai_read_text(r, at, "role", v, true, &role);
    if (rc != SL_OK)
        return rc;
    known = word_of(roles, SL_LEN(roles), role);
    if (known < 0)
        return sl_ai_read_fail(r, &role_at, "must be system, developer, user, assistant or tool");
    m = sl_ai_messages_add(r, ret, last, (enum sl_ai_role)known, at->index);
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

static sl_rc read_messages(struct sl_ai_reader *r, const struct sl_ai_place *at,
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

/* ------------------------------------------------------------------ tools */

static sl_rc read_function(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_tool *t)
{
    struct sl_ai_place function_at = {.up = at, .name = "function"};
    const struct sl_json *f = sl_json_get(v, SL_STR("function"));
    const struct sl_json *strict = sl_json_get(f, SL_STR("strict"));
    sl_rc rc = sl_ai_read_text(r, &function_at, "name", f, true, &t->name);

    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &function_at, "description", f, false, &t->description);
    if (rc == SL_OK)
        rc = sl_ai_read_raw(r, sl_json_get(f, SL_STR("parameters")), &t->schema_json);
    if (sl_json_kind(strict) == SL_JSON_TRUE || sl_json_kind(strict) == SL_JSON_FALSE)
        t->strict = sl_json_is_true(strict);
    return rc;
}

static sl_rc read_custom(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_tool *t)
{
    struct sl_ai_place custom_at = {.up = at, .name = "custom"};
    const struct sl_json *custom = sl_json_get(v, SL_STR("custom"));
    sl_rc rc = sl_ai_read_text(r, &custom_at, "name", custom, true, &t->name);

    t->is_custom = true;
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &custom_at, "description", custom, false, &t->description);
    if (rc == SL_OK)
        rc = sl_ai_read_raw(r, sl_json_get(custom, SL_STR("format")), &t->format_json);
    return rc;
}

static sl_rc read_tool(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_tool *t)
{
    sl_str type;
    sl_rc rc = sl_ai_read_text(r, at, "type", v, true, &type);

    if (rc == SL_OK)
        rc = read_mark(r, v, &t->has_cache_mark, &t->cache_ttl, NULL);
    if (rc != SL_OK)
        return rc;
    if (sl_str_eq(type, SL_STR("function")))
        return read_function(r, at, v, t);
    if (sl_str_eq(type, SL_STR("custom")))
        return read_custom(r, at, v, t);
    t->is_vendor = true;
    t->name = type;
    return sl_ai_read_raw(r, v, &t->raw_json);
}

static sl_rc read_tools(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_ai_place tool_at = {.up = at};
    struct sl_ai_tool *last = NULL;
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = SL_OK;

    if (sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, at, "must be an array");
    if (sl_json_count(v) > SL_AI_TOOLS_MAX)
        return sl_ai_read_fail(r, at, "has too many tools");
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        struct sl_ai_tool *t = sl_ai_tools_add(r, ret, &last);
        rc = t != NULL ? read_tool(r, &tool_at, v, t) : SL_E_LIMIT;
        tool_at.index++;
    }
    return rc;
}

static sl_rc read_tool_choice(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_request *ret)
{
    sl_str type = sl_json_text(sl_json_get(v, SL_STR("type")));
    struct sl_ai_place inner_at = {.up = at, .name = "function"};
    int word = word_of(choices, SL_LEN(choices), sl_json_text(v));

    if (word >= 0) {
        ret->tool_choice = (enum sl_ai_choice)word;
        return SL_OK;
    }
    if (sl_str_eq(type, SL_STR("custom")))
        inner_at.name = "custom";
    if (sl_str_eq(type, SL_STR("function")) || sl_str_eq(type, SL_STR("custom"))) {
        ret->tool_choice = SL_AI_CHOICE_NAMED;
        return sl_ai_read_text(r, &inner_at, "name", sl_json_get(v, type), true,
                               &ret->tool_choice_name);
    }
    if (!sl_str_eq(type, SL_STR("allowed_tools")))
        return sl_ai_read_fail(r, at, "must be none, auto, required or an object that names tools");
    ret->tool_choice = SL_AI_CHOICE_ALLOWED;
    return sl_ai_read_raw(r, v, &ret->tool_choice_json);
}

/* ------------------------------------------------------------------ other members */

static sl_rc read_format(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_ai_place schema_at = {.up = at, .name = "json_schema"};
    const struct sl_json *schema = sl_json_get(v, SL_STR("json_schema"));
    const struct sl_json *strict = sl_json_get(schema, SL_STR("strict"));
    sl_str type;
    sl_rc rc = sl_ai_read_text(r, at, "type", v, true, &type);

    if (rc != SL_OK)
        return rc;
    if (sl_str_eq(type, SL_STR("text")))
        ret->format = SL_AI_FORMAT_TEXT;
    else if (sl_str_eq(type, SL_STR("json_object")))
        ret->format = SL_AI_FORMAT_JSON;
    else if (!sl_str_eq(type, SL_STR("json_schema")))
        return sl_ai_read_fail(r, at, "must have the type text, json_object or json_schema");
    if (ret->format != SL_AI_FORMAT_UNSET)
        return SL_OK;
    ret->format = SL_AI_FORMAT_SCHEMA;
    if (sl_json_kind(strict) == SL_JSON_TRUE || sl_json_kind(strict) == SL_JSON_FALSE)
        ret->format_strict = sl_json_is_true(strict);
    rc = sl_ai_read_text(r, &schema_at, "name", schema, true, &ret->format_name);
    return rc == SL_OK
               ? sl_ai_read_raw(r, sl_json_get(schema, SL_STR("schema")), &ret->format_schema_json)
               : rc;
}

static sl_rc read_effort(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_request *ret)
{
    ret->effort = sl_ai_effort_of(sl_json_text(v));
    if (ret->effort == SL_AI_EFFORT_UNSET)
        return sl_ai_read_fail(r, at, "must be none, minimal, low, medium, high, xhigh or max");
    return SL_OK;
}

static sl_rc read_stream_options(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                 const struct sl_json *v, struct sl_ai_request *ret)
{
    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    ret->wants_usage = sl_json_is_true(sl_json_get(v, SL_STR("include_usage")));
    return SL_OK;
}

/* Text alone is what everybody answers with; audio is left for the dialects that have it. */
static sl_rc read_modalities(struct sl_ai_reader *r, const struct sl_ai_place *at,
                             const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_pair *p = &ret->extra.v[ret->extra.n];
    bool is_text =
        sl_json_count(v) == 1 && sl_str_eq(sl_json_text(sl_json_at(v, 0)), SL_STR("text"));

    if (sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, at, "must be an array");
    if (is_text)
        return SL_OK;
    p->name = SL_STR("modalities");
    ret->extra.n++;
    return sl_ai_read_raw(r, v, &p->value);
}

static sl_rc read_safety_identifier(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                    const struct sl_json *v, struct sl_ai_request *ret)
{
    if (sl_json_kind(v) != SL_JSON_STRING)
        return sl_ai_read_fail(r, at, "must be a string");
    ret->user = sl_json_text(v); /* it has taken the place of `user`, which may be there too */
    return SL_OK;
}

static sl_rc read_user(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_request *ret)
{
    return ret->user.n != 0 ? SL_OK : read_safety_identifier(r, at, v, ret);
}

static sl_rc read_old_max_tokens(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                 const struct sl_json *v, struct sl_ai_request *ret)
{
    int64_t n;

    if (!sl_json_i64(v, &n) || n < 0)
        return sl_ai_read_fail(r, at, "must be an integer that is not negative");
    if (ret->max_tokens < 0)
        ret->max_tokens = n;
    return SL_OK;
}

static const struct sl_ai_param params[] = {
    SL_AI_PARAM(TEXT, "model", model),
    SL_AI_PARAM_BY("messages", read_messages),
    SL_AI_PARAM_BY("tools", read_tools),
    SL_AI_PARAM_BY("tool_choice", read_tool_choice),
    SL_AI_PARAM(FLAG, "parallel_tool_calls", parallel_tools),
    SL_AI_PARAM(BOOL, "stream", is_stream),
    SL_AI_PARAM_BY("stream_options", read_stream_options),
    SL_AI_PARAM(INT, "max_completion_tokens", max_tokens),
    SL_AI_PARAM_BY("max_tokens", read_old_max_tokens),
    SL_AI_PARAM(NUMBER, "temperature", temperature),
    SL_AI_PARAM(NUMBER, "top_p", top_p),
    SL_AI_PARAM(NUMBER, "top_k", top_k),
    SL_AI_PARAM(NUMBER, "seed", seed),
    SL_AI_PARAM(NUMBER, "presence_penalty", presence_penalty),
    SL_AI_PARAM(NUMBER, "frequency_penalty", frequency_penalty),
    SL_AI_PARAM(INT, "n", choices),
    SL_AI_PARAM_BY("stop", sl_ai_read_stop),
    SL_AI_PARAM_BY("response_format", read_format),
    SL_AI_PARAM_BY("reasoning_effort", read_effort),
    SL_AI_PARAM_BY("thinking", sl_ai_read_thinking),
    SL_AI_PARAM_BY("modalities", read_modalities),
    SL_AI_PARAM_BY("user", read_user),
    SL_AI_PARAM_BY("safety_identifier", read_safety_identifier),
    SL_AI_PARAM(TEXT, "service_tier", service_tier),
    SL_AI_PARAM(JSON, "metadata", metadata_json),
    SL_AI_PARAM(JSON, "logit_bias", logit_bias_json),
    SL_AI_PARAM(FLAG, "logprobs", logprobs),
    SL_AI_PARAM(INT, "top_logprobs", top_logprobs),
};

sl_rc sl_ai_openai_chat_decode_request(sl_str body, struct sl_arena *a, struct sl_ai_request *ret,
                                       struct sl_diag *d)
{
    struct sl_ai_reader r = {.a = a, .d = d};
    const struct sl_json *v;
    sl_rc rc = sl_ai_read_body(&r, body, &v);

    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "model");
    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "messages");
    if (rc != SL_OK)
        return rc;
    sl_ai_request_init(ret, SL_AI_OPENAI_CHAT);
    return sl_ai_read_params(&r, v, params, SL_LEN(params), ret);
}
