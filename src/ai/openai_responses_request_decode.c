/*
 * openai_responses_request_decode: a Responses request, understood (wire-formats 7.1).
 *
 * What the gateway does itself for a model that does not speak this dialect (`store`, `metadata` in
 * the answer, `include` of what is always there) counts as mapped and leaves no trace in the hub.
 */
#include "ai/openai_responses_int.h"

#include "ai/chat_form.h"
#include "ai/effort.h"
#include "base/str.h"

static sl_rc add_extra(struct sl_ai_reader *r, sl_str name, const struct sl_json *v,
                       struct sl_ai_request *ret)
{
    sl_str value;
    sl_rc rc = sl_ai_read_raw(r, v, &value);

    return rc == SL_OK ? sl_ai_extra_add(r, &ret->extra, name, value) : rc;
}

/* ------------------------------------------------------------------ instructions */

static sl_rc read_instructions(struct sl_ai_reader *r, const struct sl_ai_place *at,
                               const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_ai_message *others = ret->messages, *last = NULL, *m;
    struct sl_ai_parts parts = {0};
    struct sl_ai_part *p;

    if (sl_json_kind(v) != SL_JSON_STRING)
        return sl_ai_read_fail(r, at, "must be a string");
    if (sl_json_text(v).n == 0)
        return SL_OK;
    p = sl_ai_parts_add(r, &parts, SL_AI_TEXT);
    m = p != NULL ? sl_ai_messages_add(r, ret, &last, SL_AI_ROLE_SYSTEM, 0) : NULL;
    if (m == NULL)
        return SL_E_LIMIT;
    p->text = sl_json_text(v);
    m->parts = p;
    m->part_count = 1;
    m->next = others; /* the first message, wherever it stands in the body */
    return SL_OK;
}

/* ------------------------------------------------------------------ tools */

/* The hub has the nested form of Chat Completions: {type, grammar: {syntax, definition}}. */
static sl_rc read_grammar(struct sl_ai_reader *r, const struct sl_json *format, sl_str *ret)
{
    static const char *const members[] = {"definition", "syntax"};
    struct sl_strbuf b;
    struct sl_jsonw w;

    sl_strbuf_init(&b, r->a, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("type"), SL_STR("grammar"));
    sl_jsonw_key(&w, SL_STR("grammar"));
    sl_jsonw_object(&w);
    for (size_t i = 0; i < SL_LEN(members); i++)
        sl_jsonw_key_str(&w, sl_cstr(members[i]),
                         sl_json_text(sl_json_get(format, sl_cstr(members[i]))));
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    if (b.is_full)
        return sl_diag_fail(r->d, SL_E_LIMIT, "tools", "is too large");
    *ret = sl_strbuf_str(&b);
    return SL_OK;
}

static sl_rc read_custom(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_tool *t)
{
    const struct sl_json *format = sl_json_get(v, SL_STR("format"));
    sl_rc rc = sl_ai_read_text(r, at, "name", v, true, &t->name);

    t->is_custom = true;
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "description", v, false, &t->description);
    if (rc != SL_OK)
        return rc;
    if (sl_str_eq(sl_json_text(sl_json_get(format, SL_STR("type"))), SL_STR("grammar")))
        return read_grammar(r, format, &t->format_json);
    return sl_ai_read_raw(r, format, &t->format_json);
}

static sl_rc read_tool(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_tool *t)
{
    sl_str type;
    sl_rc rc = sl_ai_read_text(r, at, "type", v, true, &type);

    if (rc != SL_OK)
        return rc;
    if (sl_str_eq(type, SL_STR("function")))
        return sl_ai_read_function_members(r, at, v, t);
    if (sl_str_eq(type, SL_STR("custom")))
        return read_custom(r, at, v, t);
    t->is_vendor = true;
    t->name = type;
    return sl_ai_read_raw(r, v, &t->raw_json);
}

static sl_rc read_tools(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret)
{
    return sl_ai_read_tools(r, at, v, read_tool, ret);
}

/* ------------------------------------------------------------------ tool_choice */

/* The hub has the nested form of Chat Completions: {type, allowed_tools: {mode, tools}}. */
static void nest_tool(struct sl_jsonw *w, const struct sl_json *tool)
{
    sl_str type = sl_json_text(sl_json_get(tool, SL_STR("type")));

    if (!sl_str_eq(type, SL_STR("function")) && !sl_str_eq(type, SL_STR("custom"))) {
        sl_json_write(tool, w);
        return;
    }
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), type);
    sl_jsonw_key(w, type);
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("name"), sl_json_text(sl_json_get(tool, SL_STR("name"))));
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static sl_rc read_allowed(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_json_cursor c = sl_json_each(sl_json_get(v, SL_STR("tools")));
    const struct sl_json *tool;
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_str mode;
    sl_rc rc = sl_ai_read_text(r, at, "mode", v, true, &mode);

    if (rc != SL_OK)
        return rc;
    sl_strbuf_init(&b, r->a, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("type"), SL_STR("allowed_tools"));
    sl_jsonw_key(&w, SL_STR("allowed_tools"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("mode"), mode);
    sl_jsonw_key(&w, SL_STR("tools"));
    sl_jsonw_array(&w);
    while ((tool = sl_json_next(&c, NULL)) != NULL)
        nest_tool(&w, tool);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    if (b.is_full)
        return sl_diag_fail(r->d, SL_E_LIMIT, "tool_choice", "is too large");
    ret->tool_choice = SL_AI_CHOICE_ALLOWED;
    ret->tool_choice_json = sl_strbuf_str(&b);
    return SL_OK;
}

static sl_rc read_tool_choice(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_request *ret)
{
    sl_str type = sl_json_text(sl_json_get(v, SL_STR("type")));

    ret->tool_choice = sl_ai_choice_of_word(sl_json_text(v));
    if (ret->tool_choice != SL_AI_CHOICE_UNSET)
        return SL_OK;
    if (sl_str_eq(type, SL_STR("function")) || sl_str_eq(type, SL_STR("custom"))) {
        ret->tool_choice = SL_AI_CHOICE_NAMED;
        return sl_ai_read_text(r, at, "name", v, true, &ret->tool_choice_name);
    }
    if (sl_str_eq(type, SL_STR("allowed_tools")))
        return read_allowed(r, at, v, ret);
    if (type.n == 0)
        return sl_ai_read_fail(r, at, "must be none, auto, required or an object that names tools");
    return add_extra(r, SL_STR("tool_choice"), v, ret); /* a tool that the vendor runs */
}

/* ------------------------------------------------------------------ text */

static sl_rc read_schema(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_request *ret)
{
    const struct sl_json *strict = sl_json_get(v, SL_STR("strict"));
    sl_rc rc = sl_ai_read_text(r, at, "name", v, true, &ret->format_name);

    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "description", v, false, &ret->format_description);
    ret->format = SL_AI_FORMAT_SCHEMA;
    sl_ai_read_flag(strict, &ret->format_strict);
    return rc == SL_OK ? sl_ai_read_schema_of(r, at, "schema", v, &ret->format_schema_json) : rc;
}

static sl_rc read_format(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_request *ret)
{
    sl_str type;
    sl_rc rc = sl_ai_read_text(r, at, "type", v, true, &type);

    if (rc != SL_OK)
        return rc;
    if (sl_str_eq(type, SL_STR("json_schema")))
        return read_schema(r, at, v, ret);
    if (sl_str_eq(type, SL_STR("text")))
        ret->format = SL_AI_FORMAT_TEXT;
    else if (sl_str_eq(type, SL_STR("json_object")))
        ret->format = SL_AI_FORMAT_JSON;
    else
        return sl_ai_read_fail(r, at, "must have the type text, json_object or json_schema");
    return SL_OK;
}

static sl_rc read_text(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_ai_place format_at = {.up = at, .name = "format"};
    const struct sl_json *format = sl_json_get(v, SL_STR("format"));
    sl_rc rc = SL_OK;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    if (sl_json_kind(format) > SL_JSON_NULL)
        rc = read_format(r, &format_at, format, ret);
    return rc == SL_OK ? sl_ai_read_text(r, at, "verbosity", v, false, &ret->verbosity) : rc;
}

/* ------------------------------------------------------------------ other members */

static sl_rc read_reasoning(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_ai_place effort_at = {.up = at, .name = "effort"};
    sl_str effort;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    rc = sl_ai_read_text(r, at, "summary", v, false, &ret->thought_summary);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "effort", v, false, &effort);
    if (rc != SL_OK || effort.n == 0) /* elsewhere a summary is given whenever there is one */
        return rc;
    return sl_ai_read_effort(r, &effort_at, sl_json_get(v, SL_STR("effort")), ret);
}

/* Is it one that the encoder asks for by itself, or for logprobs? */
static bool is_own_include(const struct sl_json *one, struct sl_ai_request *ret)
{
    if (!sl_str_eq(sl_json_text(one), SL_STR("message.output_text.logprobs")))
        return sl_str_eq(sl_json_text(one), SL_STR("reasoning.encrypted_content"));
    ret->logprobs = 1;
    return true;
}

/* What is left is for the vendor's own tools. */
static sl_rc read_include(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_json_cursor c = sl_json_each(v);
    const struct sl_json *one;
    struct sl_strbuf others;
    struct sl_jsonw w;
    size_t n = 0;

    if (sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, at, "must be an array");
    sl_strbuf_init(&others, r->a, 0);
    sl_jsonw_init(&w, &others);
    sl_jsonw_array(&w);
    while ((one = sl_json_next(&c, NULL)) != NULL) {
        if (is_own_include(one, ret))
            continue;
        sl_json_write(one, &w);
        n++;
    }
    sl_jsonw_end(&w);
    if (n == 0)
        return SL_OK;
    return sl_ai_extra_add(r, &ret->extra, SL_STR("include"), sl_strbuf_str(&others));
}

/* Whoever wants some wants them told: elsewhere that is said apart. */
static sl_rc read_top_logprobs(struct sl_ai_reader *r, const struct sl_ai_place *at,
                               const struct sl_json *v, struct sl_ai_request *ret)
{
    if (!sl_json_i64(v, &ret->top_logprobs))
        return sl_ai_read_fail(r, at, "must be an integer");
    if (ret->top_logprobs > 0)
        ret->logprobs = 1;
    return SL_OK;
}

static sl_rc read_truncation(struct sl_ai_reader *r, const struct sl_ai_place *at,
                             const struct sl_json *v, struct sl_ai_request *ret)
{
    if (sl_json_kind(v) != SL_JSON_STRING)
        return sl_ai_read_fail(r, at, "must be auto or disabled");
    return sl_str_eq(sl_json_text(v), SL_STR("disabled"))
               ? SL_OK
               : add_extra(r, SL_STR("truncation"), v, ret);
}

static sl_rc read_background(struct sl_ai_reader *r, const struct sl_ai_place *at,
                             const struct sl_json *v, struct sl_ai_request *ret)
{
    enum sl_json_kind kind = sl_json_kind(v);

    if (kind != SL_JSON_TRUE && kind != SL_JSON_FALSE)
        return sl_ai_read_fail(r, at, "must be true or false");
    return kind == SL_JSON_FALSE ? SL_OK : add_extra(r, SL_STR("background"), v, ret);
}

/* Obfuscation pads what passes; what is written anew has none. */
static sl_rc read_stream_options(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                 const struct sl_json *v, struct sl_ai_request *ret)
{
    (void)ret;
    return sl_json_kind(v) == SL_JSON_OBJECT ? SL_OK : sl_ai_read_fail(r, at, "must be an object");
}

static const struct sl_ai_param params[] = {
    SL_AI_PARAM(TEXT, "model", model),
    SL_AI_PARAM_BY("instructions", read_instructions),
    SL_AI_PARAM_BY("input", sl_ai_openai_responses_read_input),
    SL_AI_PARAM_BY("tools", read_tools),
    SL_AI_PARAM_BY("tool_choice", read_tool_choice),
    SL_AI_PARAM(FLAG, "parallel_tool_calls", parallel_tools),
    SL_AI_PARAM(BOOL, "stream", is_stream),
    SL_AI_PARAM_BY("stream_options", read_stream_options),
    SL_AI_PARAM(INT, "max_output_tokens", max_tokens),
    SL_AI_PARAM(NUMBER, "temperature", temperature),
    SL_AI_PARAM(NUMBER, "top_p", top_p),
    SL_AI_PARAM_BY("text", read_text),
    SL_AI_PARAM_BY("reasoning", read_reasoning),
    SL_AI_PARAM_BY("user", sl_ai_read_user),
    SL_AI_PARAM_BY("safety_identifier", sl_ai_read_user),
    SL_AI_PARAM(TEXT, "service_tier", service_tier),
    SL_AI_PARAM(TEXT, "prompt_cache_key", prompt_cache_key),
    SL_AI_PARAM(JSON, "metadata", metadata_json),
    SL_AI_PARAM_BY("top_logprobs", read_top_logprobs),
    SL_AI_PARAM_BY("include", read_include),
    SL_AI_PARAM_BY("truncation", read_truncation),
    SL_AI_PARAM_BY("background", read_background),
    SL_AI_PARAM(FLAG, "store", store), /* the gateway does it, where the vendor does not */
};

sl_rc sl_ai_openai_responses_decode_request(sl_str body, const struct sl_json_cuts *cuts,
                                            struct sl_arena *a, struct sl_ai_request *ret,
                                            struct sl_diag *d)
{
    struct sl_ai_reader r = {.a = a, .d = d};
    const struct sl_json *v;
    sl_rc rc = sl_ai_read_body(&r, body, cuts, &v);

    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "model");
    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "input");
    if (rc != SL_OK)
        return rc;
    sl_ai_request_init(ret, SL_AI_OPENAI_RESPONSES);
    ret->wants_usage = true; /* always in the answer */
    return sl_ai_read_params(&r, v, params, SL_LEN(params), ret);
}
