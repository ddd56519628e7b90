/*
 * openai_chat_request_decode: a Chat Completions request, understood.
 *
 * Accepted besides the documented members, because clients send them: thinking (Anthropic's form)
 * and cache_control on tools.
 */
#include "ai/openai_chat_int.h"

#include "ai/chat_form.h"
#include "ai/effort.h"
#include "base/str.h"

/* ------------------------------------------------------------------ tools */

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

/* The mark stands beside the function or in it. */
static sl_rc read_function(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_tool *t)
{
    const struct sl_json *f = sl_json_get(v, SL_STR("function"));
    sl_rc rc = t->has_cache_mark
                   ? SL_OK
                   : sl_ai_openai_chat_read_mark(r, f, &t->has_cache_mark, &t->cache_ttl, NULL);

    return rc == SL_OK ? sl_ai_read_function(r, at, v, t) : rc;
}

static sl_rc read_tool(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_tool *t)
{
    sl_str type;
    sl_rc rc = sl_ai_read_text(r, at, "type", v, true, &type);

    if (rc == SL_OK)
        rc = sl_ai_openai_chat_read_mark(r, v, &t->has_cache_mark, &t->cache_ttl, NULL);
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
    return sl_ai_read_tools(r, at, v, read_tool, ret);
}

static sl_rc read_tool_choice(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_request *ret)
{
    sl_str type = sl_json_text(sl_json_get(v, SL_STR("type")));
    struct sl_ai_place inner_at = {.up = at, .name = "function"};

    ret->tool_choice = sl_ai_choice_of_word(sl_json_text(v));
    if (ret->tool_choice != SL_AI_CHOICE_UNSET)
        return SL_OK;
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

/* ------------------------------------------------------------------ functions */

static sl_rc read_functions(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_request *ret)
{
    ret->has_functions = sl_json_count(v) != 0;
    return sl_ai_read_tools(r, at, v, sl_ai_read_function_members, ret);
}

static sl_rc read_function_choice(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                  const struct sl_json *v, struct sl_ai_request *ret)
{
    ret->tool_choice = sl_ai_choice_of_word(sl_json_text(v));
    if (ret->tool_choice == SL_AI_CHOICE_AUTO || ret->tool_choice == SL_AI_CHOICE_NONE)
        return SL_OK;
    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be none, auto or an object that names a function");
    ret->tool_choice = SL_AI_CHOICE_NAMED;
    return sl_ai_read_text(r, at, "name", v, true, &ret->tool_choice_name);
}

/* The form of before there were tools, in which a message has one call at most. */
static sl_rc settle_functions(struct sl_ai_reader *r, const struct sl_json *body,
                              struct sl_ai_request *ret)
{
    struct sl_ai_place functions_at = {.name = "functions"}, choice_at = {.name = "function_call"};

    if (ret->has_functions && sl_json_count(sl_json_of(body, "tools")) != 0)
        return sl_ai_read_fail(r, &functions_at, "must not stand beside tools");
    if (sl_json_kind(sl_json_of(body, "function_call")) > SL_JSON_NULL && !ret->has_functions)
        return sl_ai_read_fail(r, &choice_at, "needs functions");
    if (ret->has_functions)
        ret->parallel_tools = 0;
    return SL_OK;
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
    sl_ai_read_flag(strict, &ret->format_strict);
    rc = sl_ai_read_text(r, &schema_at, "name", schema, true, &ret->format_name);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &schema_at, "description", schema, false, &ret->format_description);
    return rc == SL_OK
               ? sl_ai_read_schema_of(r, &schema_at, "schema", schema, &ret->format_schema_json)
               : rc;
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
    bool is_text =
        sl_json_count(v) == 1 && sl_str_eq(sl_json_text(sl_json_at(v, 0)), SL_STR("text"));
    sl_str value;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, at, "must be an array");
    if (is_text)
        return SL_OK;
    rc = sl_ai_read_raw(r, v, &value);
    return rc == SL_OK ? sl_ai_extra_add(r, &ret->extra, SL_STR("modalities"), value) : rc;
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
    SL_AI_PARAM_BY("messages", sl_ai_openai_chat_read_messages),
    SL_AI_PARAM_BY("tools", read_tools),
    SL_AI_PARAM_BY("tool_choice", read_tool_choice),
    SL_AI_PARAM_BY("functions", read_functions),
    SL_AI_PARAM_BY("function_call", read_function_choice),
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
    SL_AI_PARAM_BY("reasoning_effort", sl_ai_read_effort),
    SL_AI_PARAM_BY("thinking", sl_ai_read_thinking),
    SL_AI_PARAM_BY("modalities", read_modalities),
    SL_AI_PARAM_BY("user", sl_ai_read_user),
    SL_AI_PARAM_BY("safety_identifier", sl_ai_read_user),
    SL_AI_PARAM(TEXT, "service_tier", service_tier),
    SL_AI_PARAM(TEXT, "verbosity", verbosity),
    SL_AI_PARAM(TEXT, "prompt_cache_key", prompt_cache_key),
    SL_AI_PARAM(JSON, "metadata", metadata_json),
    SL_AI_PARAM(JSON, "logit_bias", logit_bias_json),
    SL_AI_PARAM(FLAG, "logprobs", logprobs),
    SL_AI_PARAM(INT, "top_logprobs", top_logprobs),
};

sl_rc sl_ai_openai_chat_decode_request(sl_str body, const struct sl_json_cuts *cuts,
                                       struct sl_arena *a, struct sl_ai_request *ret,
                                       struct sl_diag *d)
{
    struct sl_ai_reader r = {.a = a, .d = d};
    const struct sl_json *v;
    sl_rc rc = sl_ai_read_body(&r, body, cuts, &v);

    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "model");
    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "messages");
    if (rc != SL_OK)
        return rc;
    sl_ai_request_init(ret, SL_AI_OPENAI_CHAT);
    rc = sl_ai_read_params(&r, v, params, SL_LEN(params), ret);
    return rc == SL_OK ? settle_functions(&r, v, ret) : rc;
}
