/*
 * anthropic_request_decode: a Messages request, understood (wire-formats 2.2).
 *
 * Blocks that only Anthropic knows (server tools and their results) are kept raw; search results are kept so and as
 * the text that they are to others.
 */
#include "ai/anthropic_int.h"

#include "ai/effort.h"
#include "ai/ids.h"
#include "ai/tool_args.h"
#include "base/str.h"

static bool is_absent(const struct sl_json *v)
{
    return sl_json_kind(v) == SL_JSON_NONE || sl_json_kind(v) == SL_JSON_NULL;
}

/* ------------------------------------------------------------------ blocks */

static const struct {
    const char *type;
    const char *member;
    enum sl_ai_source source;
} sources[] = {
    {"base64", "data", SL_AI_SOURCE_BASE64},
    {"url", "url", SL_AI_SOURCE_URL},
    {"file", "file_id", SL_AI_SOURCE_FILE},
    {"text", "data", SL_AI_SOURCE_TEXT},
};

/* False: a source of a kind that only Anthropic has. */
static sl_rc read_source(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *block, struct sl_ai_part *p, bool *ret_is_known)
{
    struct sl_ai_place source_at = {.up = at, .name = "source"};
    const struct sl_json *source = sl_json_get(block, SL_STR("source"));
    sl_str type;
    sl_rc rc = sl_ai_read_text(r, &source_at, "type", source, true, &type);

    *ret_is_known = false;
    for (size_t i = 0; i < SL_LEN(sources) && rc == SL_OK; i++) {
        if (!sl_str_eq(sl_cstr(sources[i].type), type))
            continue;
        *ret_is_known = true;
        p->source = sources[i].source;
        rc = sl_ai_read_text(r, &source_at, sources[i].member, source, true, &p->text);
        if (rc == SL_OK)
            rc = sl_ai_read_text(r, &source_at, "media_type", source, false, &p->media_type);
        break;
    }
    return rc;
}

static sl_rc read_opaque(struct sl_ai_reader *r, const struct sl_json *v, struct sl_ai_part *p)
{
    p->kind = SL_AI_OPAQUE;
    return sl_ai_read_raw(r, v, &p->raw_json);
}

static sl_rc read_media(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_part *p, enum sl_ai_part_kind kind)
{
    bool is_known;
    sl_rc rc = read_source(r, at, v, p, &is_known);

    if (rc != SL_OK)
        return rc;
    if (!is_known)
        return read_opaque(r, v, p);
    p->kind = kind;
    return sl_ai_read_text(r, at, "title", v, false, &p->title);
}

/* {type: "content"} has blocks in place of a text: of texts alone it is their text to others. */
static bool read_content_source(struct sl_ai_reader *r, const struct sl_json *block,
                                struct sl_ai_part *p)
{
    const struct sl_json *v = sl_json_get(sl_json_get(block, SL_STR("source")), SL_STR("content"));
    struct sl_json_cursor c = sl_json_each(v);
    struct sl_strbuf b;
    const struct sl_json *one;

    sl_strbuf_init(&b, r->a, 0);
    sl_strbuf_add(&b, sl_json_text(v));
    while (sl_json_kind(v) == SL_JSON_ARRAY && (one = sl_json_next(&c, NULL)) != NULL) {
        if (!sl_str_eq(sl_json_text_of(one, "type"), SL_STR("text")))
            return false;
        if (b.n != 0)
            sl_strbuf_add_char(&b, '\n');
        sl_strbuf_add(&b, sl_json_text_of(one, "text"));
    }
    p->kind = SL_AI_DOCUMENT;
    p->source = SL_AI_SOURCE_TEXT;
    p->media_type = SL_STR("text/plain");
    p->text = sl_strbuf_str(&b);
    return b.n != 0 && !b.is_full;
}

static sl_rc read_image(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_part *p)
{
    return read_media(r, at, v, p, SL_AI_IMAGE);
}

static sl_rc read_document(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_part *p)
{
    const struct sl_json *citations = sl_json_get(v, SL_STR("citations"));
    sl_rc rc = sl_ai_read_text(r, at, "context", v, false, &p->context);
    p->wants_citations = sl_json_is_true(sl_json_get(citations, SL_STR("enabled")));
    if (rc == SL_OK)
        rc = read_media(r, at, v, p, SL_AI_DOCUMENT);
    if (rc != SL_OK || p->kind != SL_AI_OPAQUE)
        return rc;
    if (!read_content_source(r, v, p))
        p->kind = SL_AI_OPAQUE;
    return sl_ai_read_text(r, at, "title", v, false, &p->title);
}

static sl_rc read_text_block(struct sl_ai_reader *r, const struct sl_ai_place *at,
                             const struct sl_json *v, struct sl_ai_part *p)
{
    p->kind = SL_AI_TEXT;
    return sl_ai_read_text(r, at, "text", v, true, &p->text);
}

static sl_rc read_tool_use(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place input_at = {.up = at, .name = "input"};
    const struct sl_json *input = sl_json_get(v, SL_STR("input"));
    sl_rc rc = sl_ai_read_text(r, at, "id", v, true, &p->id);

    p->kind = SL_AI_TOOL_CALL;
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "name", v, true, &p->name);
    if (rc != SL_OK)
        return rc;
    if (!is_absent(input) && sl_json_kind(input) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, &input_at, "must be an object");
    rc = sl_ai_read_raw(r, input, &p->arguments_json);
    p->arguments_json = sl_ai_args_text(r->a, p->arguments_json);
    p->id = sl_ai_id_original(r->a, p->id);
    return rc;
}

static sl_rc read_content(struct sl_ai_reader *r, const struct sl_ai_place *up, const char *name,
                          const struct sl_json *v, bool is_nested, struct sl_ai_parts *parts);

static sl_rc read_tool_result(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_parts blocks = {0};
    sl_rc rc = sl_ai_read_text(r, at, "tool_use_id", v, true, &p->id);

    p->kind = SL_AI_TOOL_RESULT;
    p->id = sl_ai_id_original(r->a, p->id);
    p->is_error = sl_json_is_true(sl_json_get(v, SL_STR("is_error")));
    if (rc == SL_OK)
        rc = read_content(r, at, "content", sl_json_get(v, SL_STR("content")), true, &blocks);
    p->parts = blocks.first;
    return rc;
}

/* The heads and texts of a search result: what a model without such blocks is given of it. */
static sl_rc add_search_text(struct sl_ai_reader *r, const struct sl_ai_place *at,
                             const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_json_cursor c = sl_json_each(sl_json_get(v, SL_STR("content")));
    const struct sl_json *block;
    sl_str source;
    sl_rc rc = sl_ai_read_text(r, at, "source", v, true, &source);
    struct sl_strbuf b;

    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "title", v, true, &p->title);
    if (rc != SL_OK)
        return rc;
    sl_strbuf_init(&b, r->a, 0);
    sl_strbuf_addf(&b, "Search result: %.*s\nSource: %.*s\n", SL_STRF(p->title), SL_STRF(source));
    while ((block = sl_json_next(&c, NULL)) != NULL) {
        sl_strbuf_add_char(&b, '\n');
        sl_strbuf_add(&b, sl_json_text_of(block, "text"));
    }
    p->text = sl_strbuf_str(&b);
    return b.is_full ? sl_diag_fail(r->d, SL_E_LIMIT, "", "is too large") : SL_OK;
}

static sl_rc read_search_result(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                const struct sl_json *v, struct sl_ai_part *p)
{
    const struct sl_json *citations = sl_json_get(v, SL_STR("citations"));
    sl_rc rc = add_search_text(r, at, v, p);

    p->kind = SL_AI_TEXT;
    p->wants_citations = sl_json_is_true(sl_json_get(citations, SL_STR("enabled")));
    return rc == SL_OK ? sl_ai_read_raw(r, v, &p->raw_json) : rc;
}

static const struct {
    const char *type;
    bool may_nest; /* in a tool result */
    sl_rc (*read)(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                  struct sl_ai_part *p);
} block_types[] = {
    {"text", true, read_text_block},          {"image", true, read_image},
    {"document", true, read_document},        {"tool_use", false, read_tool_use},
    {"tool_result", false, read_tool_result}, {"search_result", true, read_search_result},
};

static sl_rc read_known(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, sl_str type, bool is_nested, struct sl_ai_part *p)
{
    for (size_t i = 0; i < SL_LEN(block_types); i++)
        if (sl_str_eq(sl_cstr(block_types[i].type), type) &&
            (!is_nested || block_types[i].may_nest))
            return block_types[i].read(r, at, v, p);
    if (!is_nested && sl_ai_read_thinking_block(v, p))
        return SL_OK;
    return read_opaque(r, v, p);
}

static sl_rc read_block(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, bool is_nested, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p;
    sl_str type;
    sl_rc rc;

    rc = sl_ai_parts_add_typed(r, at, v, parts, &p, &type);
    if (rc != SL_OK)
        return rc;
    rc = read_known(r, at, v, type, is_nested, p);
    if (rc != SL_OK)
        return rc;
    return sl_ai_read_cache_mark(r, sl_json_get(v, SL_STR("cache_control")), &p->has_cache_mark,
                                 &p->cache_ttl, &p->cache_json);
}

/** A string or an array of blocks; nothing: no blocks. Nests once, in tool results. */
static sl_rc read_content(struct sl_ai_reader *r, const struct sl_ai_place *up, const char *name,
                          const struct sl_json *v, bool is_nested, struct sl_ai_parts *parts)
{
    struct sl_ai_place content_at = {.up = up, .name = name};
    struct sl_ai_place block_at = {.up = &content_at};
    struct sl_json_cursor c = sl_json_each(v);
    struct sl_ai_part *p;
    sl_rc rc = SL_OK;

    if (is_absent(v))
        return SL_OK;
    if (sl_json_kind(v) == SL_JSON_STRING) {
        p = sl_ai_parts_add(r, parts, SL_AI_TEXT);
        if (p == NULL)
            return SL_E_LIMIT;
        p->text = sl_json_text(v);
        return SL_OK;
    }
    if (sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, &content_at, "must be a string or an array of blocks");
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_block(r, &block_at, v, is_nested, parts);
        block_at.index++;
    }
    return rc;
}

/* ------------------------------------------------------------------ messages and system */

static bool role_of(sl_str text, enum sl_ai_role *ret)
{
    static const struct {
        const char *name;
        enum sl_ai_role role;
    } roles[] = {{"user", SL_AI_ROLE_USER},
                 {"assistant", SL_AI_ROLE_ASSISTANT},
                 {"system", SL_AI_ROLE_SYSTEM}};

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
    struct sl_ai_place content_at = {.up = at, .name = "content"};
    const struct sl_json *content = sl_json_get(v, SL_STR("content"));
    struct sl_ai_parts parts = {0};
    struct sl_ai_message *m;
    enum sl_ai_role role;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    if (!role_of(sl_json_text_of(v, "role"), &role))
        return sl_ai_read_fail(r, &role_at, "must be user, assistant or system");
    if (is_absent(content))
        return sl_ai_read_fail(r, &content_at, "is required");
    m = sl_ai_messages_add(r, ret, last, role, at->index);
    if (m == NULL)
        return SL_E_LIMIT;
    rc = read_content(r, at, "content", content, false, &parts);
    m->parts = parts.first;
    m->part_count = parts.count;
    return rc;
}

static sl_rc read_messages(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_ai_place message_at = {.up = at};
    struct sl_ai_message *last = ret->messages; /* the system prompt, if it came first */
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

/* The system prompt is the first message, wherever it stands in the body. */
static sl_rc read_system(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_ai_message *others = ret->messages, *last = NULL;
    struct sl_ai_parts parts = {0};
    struct sl_ai_message *m;
    sl_rc rc = read_content(r, NULL, at->name, v, true, &parts);

    if (rc != SL_OK || parts.first == NULL)
        return rc;
    m = sl_ai_messages_add(r, ret, &last, SL_AI_ROLE_SYSTEM, 0);
    if (m == NULL)
        return SL_E_LIMIT;
    m->parts = parts.first;
    m->part_count = parts.count;
    m->next = others;
    return SL_OK;
}

/* ------------------------------------------------------------------ tools */

static sl_rc read_tool(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_tool *t)
{
    sl_str type = sl_json_text_of(v, "type");
    const struct sl_json *strict = sl_json_get(v, SL_STR("strict"));
    sl_rc rc = sl_ai_read_cache_mark(r, sl_json_get(v, SL_STR("cache_control")), &t->has_cache_mark,
                                     &t->cache_ttl, NULL);

    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "name", v, true, &t->name);
    if (rc != SL_OK)
        return rc;
    if (type.n != 0 && !sl_str_eq(type, SL_STR("custom"))) {
        t->is_vendor = true;
        return sl_ai_read_raw(r, v, &t->raw_json);
    }
    sl_ai_read_flag(strict, &t->strict);
    rc = sl_ai_read_text(r, at, "description", v, false, &t->description);
    return rc == SL_OK ? sl_ai_read_schema_of(r, at, "input_schema", v, &t->schema_json) : rc;
}

static sl_rc read_tools(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret)
{
    return sl_ai_read_tools(r, at, v, read_tool, ret);
}

static sl_rc read_tool_choice(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_request *ret)
{
    static const struct {
        const char *type;
        enum sl_ai_choice choice;
    } types[] = {
        {"auto", SL_AI_CHOICE_AUTO},
        {"any", SL_AI_CHOICE_REQUIRED},
        {"none", SL_AI_CHOICE_NONE},
        {"tool", SL_AI_CHOICE_NAMED},
    };
    sl_str type = sl_json_text_of(v, "type");

    for (size_t i = 0; i < SL_LEN(types); i++)
        if (sl_str_eq(sl_cstr(types[i].type), type))
            ret->tool_choice = types[i].choice;
    if (ret->tool_choice == SL_AI_CHOICE_UNSET)
        return sl_ai_read_fail(r, at, "must have the type auto, any, tool or none");
    if (sl_json_is_true(sl_json_get(v, SL_STR("disable_parallel_tool_use"))))
        ret->parallel_tools = 0;
    return sl_ai_read_text(r, at, "name", v, ret->tool_choice == SL_AI_CHOICE_NAMED,
                           &ret->tool_choice_name);
}

/* ------------------------------------------------------------------ other members */

static sl_rc read_output_config(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_ai_place format_at = {.up = at, .name = "format"};
    const struct sl_json *format = sl_json_get(v, SL_STR("format"));
    sl_str effort = sl_json_text_of(v, "effort");

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    if (effort.n != 0)
        ret->effort = sl_ai_effort_of(effort);
    if (is_absent(format))
        return SL_OK;
    if (!sl_str_eq(sl_json_text_of(format, "type"), SL_STR("json_schema")))
        return sl_ai_read_fail(r, &format_at, "must have the type json_schema");
    ret->format = SL_AI_FORMAT_SCHEMA;
    return sl_ai_read_schema_of(r, &format_at, "schema", format, &ret->format_schema_json);
}

static sl_rc read_metadata(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_request *ret)
{
    return sl_ai_read_text(r, at, "user_id", v, false, &ret->user);
}

static const struct sl_ai_param params[] = {
    SL_AI_PARAM(TEXT, "model", model),
    SL_AI_PARAM_BY("messages", read_messages),
    SL_AI_PARAM_BY("system", read_system),
    SL_AI_PARAM(INT, "max_tokens", max_tokens),
    SL_AI_PARAM_BY("tools", read_tools),
    SL_AI_PARAM_BY("tool_choice", read_tool_choice),
    SL_AI_PARAM_BY("thinking", sl_ai_read_thinking),
    SL_AI_PARAM_BY("output_config", read_output_config),
    SL_AI_PARAM(NUMBER, "temperature", temperature),
    SL_AI_PARAM(NUMBER, "top_p", top_p),
    SL_AI_PARAM(NUMBER, "top_k", top_k),
    SL_AI_PARAM_BY("stop_sequences", sl_ai_read_stop),
    SL_AI_PARAM(BOOL, "stream", is_stream),
    SL_AI_PARAM_BY("metadata", read_metadata),
    SL_AI_PARAM(TEXT, "service_tier", service_tier),
};

sl_rc sl_ai_anthropic_decode_request(sl_str body, const struct sl_json_cuts *cuts,
                                     struct sl_arena *a, struct sl_ai_request *ret,
                                     struct sl_diag *d)
{
    static const char *const required[] = {"model", "max_tokens", "messages"};
    struct sl_ai_reader r = {.a = a, .d = d};
    const struct sl_json *v;
    sl_rc rc = sl_ai_read_body(&r, body, cuts, &v);

    for (size_t i = 0; i < SL_LEN(required) && rc == SL_OK; i++)
        rc = sl_ai_read_require(&r, v, required[i]);
    if (rc != SL_OK)
        return rc;
    sl_ai_request_init(ret, SL_AI_ANTHROPIC);
    ret->wants_usage = true; /* always in the answer */
    return sl_ai_read_params(&r, v, params, SL_LEN(params), ret);
}
