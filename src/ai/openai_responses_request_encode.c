/*
 * openai_responses_request_encode: the hub's request for a vendor that speaks Responses (wire-formats 7.2).
 *
 * Of other dialects' clients nothing is left with the vendor: store is false, and what it thought comes back encrypted, so that the
 * next turn can be put to any vendor.
 */
#include "ai/openai_responses_int.h"

#include "ai/custom_tool.h"
#include "ai/effort.h"
#include "base/str.h"

enum { OUTPUT_TOKENS_MIN = 16 }; /* what the vendor takes at least as max_output_tokens */

static void begin(struct sl_ai_writer *w, const char *type)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), sl_cstr(type));
}

static bool is_openai_family(const struct sl_ai_writer *w)
{
    return sl_ai_is_home(w) || w->rq->dialect == SL_AI_OPENAI_CHAT;
}

/* ------------------------------------------------------------------ tools */

/* Here a function is strict unless the request says otherwise; everywhere else it is not. */
static void write_strict(struct sl_ai_writer *w, const struct sl_ai_tool *t)
{
    if (t->strict != SL_AI_STRICT_WHERE_FIT)
        sl_jsonw_key_bool(&w->w, SL_STR("strict"), t->strict == 1);
}

static void write_function(struct sl_ai_writer *w, const struct sl_ai_tool *t)
{
    begin(w, "function");
    sl_jsonw_key_str(&w->w, SL_STR("name"), t->name);
    if (t->description.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("description"), t->description);
    sl_jsonw_key_raw(&w->w, SL_STR("parameters"),
                     t->schema_json.n != 0 ? t->schema_json
                                           : SL_STR("{\"type\":\"object\",\"properties\":{}}"));
    write_strict(w, t);
    sl_jsonw_end(&w->w);
}

/* Chat Completions nests a grammar: {type, grammar: {syntax, definition}}; here it is flat. */
static sl_rc write_custom_format(struct sl_ai_writer *w, const struct sl_ai_tool *t)
{
    struct sl_jsonscan_info info;
    struct sl_json_cursor c;
    const struct sl_json *v, *inner;
    sl_str name;

    if (t->format_json.n == 0)
        return SL_OK;
    if (sl_json_parse(t->format_json, w->a, &v, &info) != SL_OK)
        return sl_diag_fail(w->d, SL_E_LIMIT, "tools", "is too large");
    inner = sl_json_get(v, SL_STR("grammar"));
    if (sl_json_kind(inner) != SL_JSON_OBJECT) {
        sl_jsonw_key_raw(&w->w, SL_STR("format"), t->format_json);
        return SL_OK;
    }
    sl_jsonw_key(&w->w, SL_STR("format"));
    begin(w, "grammar");
    c = sl_json_each(inner);
    while ((v = sl_json_next(&c, &name)) != NULL) {
        sl_jsonw_key(&w->w, name);
        sl_json_write(v, &w->w);
    }
    sl_jsonw_end(&w->w);
    return SL_OK;
}

static sl_rc write_custom(struct sl_ai_writer *w, const struct sl_ai_tool *t)
{
    sl_rc rc;

    begin(w, "custom");
    sl_jsonw_key_str(&w->w, SL_STR("name"), t->name);
    if (t->description.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("description"), t->description);
    rc = write_custom_format(w, t);
    sl_jsonw_end(&w->w);
    return rc;
}

static sl_rc write_tool(struct sl_ai_writer *w, const struct sl_ai_tool *t, size_t index)
{
    sl_rc rc = t->has_cache_mark && !sl_ai_is_home(w) ? sl_ai_drop(w, "cache_control") : SL_OK;

    if (rc != SL_OK)
        return rc;
    if (t->is_vendor && !sl_ai_is_home(w))
        return sl_ai_refuse(w, sl_fmt(w->a, "tools[%zu].type", index).p,
                            "is a kind of tool that the chosen model does not have");
    if (t->is_vendor)
        sl_jsonw_raw(&w->w, t->raw_json);
    else if (t->is_custom)
        return write_custom(w, t);
    else
        write_function(w, t);
    return SL_OK;
}

static sl_rc write_tools(struct sl_ai_writer *w)
{
    size_t index = 0;
    sl_rc rc = SL_OK;

    if (w->rq->tools == NULL)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("tools"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_tool *t = w->rq->tools; t != NULL && rc == SL_OK; t = t->next)
        rc = write_tool(w, t, index++);
    sl_jsonw_end(&w->w);
    if (rc == SL_OK && w->rq->parallel_tools >= 0)
        sl_jsonw_key_bool(&w->w, SL_STR("parallel_tool_calls"), w->rq->parallel_tools == 1);
    return rc;
}

/* ------------------------------------------------------------------ tool_choice */

static void write_named(struct sl_ai_writer *w, sl_str type, sl_str name)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), type);
    sl_jsonw_key_str(&w->w, SL_STR("name"), name);
    sl_jsonw_end(&w->w);
}

/* From the hub's nested form, {type, allowed_tools: {mode, tools}}. */
static sl_rc write_allowed(struct sl_ai_writer *w)
{
    struct sl_jsonscan_info info;
    struct sl_json_cursor c;
    const struct sl_json *v, *tool;

    if (sl_json_parse(w->rq->tool_choice_json, w->a, &v, &info) != SL_OK)
        return sl_diag_fail(w->d, SL_E_LIMIT, "tool_choice", "is too large");
    v = sl_json_get(v, SL_STR("allowed_tools"));
    c = sl_json_each(sl_json_get(v, SL_STR("tools")));
    begin(w, "allowed_tools");
    sl_jsonw_key_str(&w->w, SL_STR("mode"), sl_json_text(sl_json_get(v, SL_STR("mode"))));
    sl_jsonw_key(&w->w, SL_STR("tools"));
    sl_jsonw_array(&w->w);
    while ((tool = sl_json_next(&c, NULL)) != NULL) {
        sl_str type = sl_json_text(sl_json_get(tool, SL_STR("type")));
        const struct sl_json *inner = sl_json_get(tool, type);
        if (sl_json_kind(inner) == SL_JSON_OBJECT)
            write_named(w, type, sl_json_text(sl_json_get(inner, SL_STR("name"))));
        else
            sl_json_write(tool, &w->w);
    }
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return SL_OK;
}

static sl_rc write_tool_choice(struct sl_ai_writer *w)
{
    sl_str name = w->rq->tool_choice_name;

    if (w->rq->tool_choice == SL_AI_CHOICE_UNSET || w->rq->tools == NULL)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("tool_choice"));
    switch (w->rq->tool_choice) {
    case SL_AI_CHOICE_UNSET:
    case SL_AI_CHOICE_AUTO:
        sl_jsonw_str(&w->w, SL_STR("auto"));
        return SL_OK;
    case SL_AI_CHOICE_NONE:
        sl_jsonw_str(&w->w, SL_STR("none"));
        return SL_OK;
    case SL_AI_CHOICE_REQUIRED:
        sl_jsonw_str(&w->w, SL_STR("required"));
        return SL_OK;
    case SL_AI_CHOICE_NAMED:
        write_named(w, sl_ai_custom_is_name(w->rq, name) ? SL_STR("custom") : SL_STR("function"),
                    name);
        return SL_OK;
    case SL_AI_CHOICE_ALLOWED:
        return write_allowed(w);
    }
    sl_panic(__FILE__, __LINE__, "responses: bad tool choice");
}

/* ------------------------------------------------------------------ text */

static void write_format(struct sl_ai_writer *w)
{
    const struct sl_ai_request *rq = w->rq;

    sl_jsonw_key(&w->w, SL_STR("format"));
    begin(w, rq->format == SL_AI_FORMAT_TEXT   ? "text"
             : rq->format == SL_AI_FORMAT_JSON ? "json_object"
                                               : "json_schema");
    if (rq->format == SL_AI_FORMAT_SCHEMA) {
        int strict = sl_ai_strict_of(w, rq->format_strict, rq->format_schema_json);
        sl_jsonw_key_str(&w->w, SL_STR("name"),
                         rq->format_name.n != 0 ? rq->format_name : SL_STR("answer"));
        if (rq->format_description.n != 0)
            sl_jsonw_key_str(&w->w, SL_STR("description"), rq->format_description);
        sl_jsonw_key_raw(&w->w, SL_STR("schema"),
                         rq->format_schema_json.n != 0 ? rq->format_schema_json : SL_STR("{}"));
        if (strict >= 0)
            sl_jsonw_key_bool(&w->w, SL_STR("strict"), strict == 1);
    }
    sl_jsonw_end(&w->w);
}

static void write_text(struct sl_ai_writer *w)
{
    const struct sl_ai_request *rq = w->rq;

    if (rq->format == SL_AI_FORMAT_UNSET && rq->verbosity.n == 0)
        return;
    sl_jsonw_key(&w->w, SL_STR("text"));
    sl_jsonw_object(&w->w);
    if (rq->format != SL_AI_FORMAT_UNSET)
        write_format(w);
    if (rq->verbosity.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("verbosity"), rq->verbosity);
    sl_jsonw_end(&w->w);
}

/* ------------------------------------------------------------------ reasoning */

static bool may_reason(const struct sl_ai_writer *w)
{
    return w->t->model_info == NULL || sl_ai_model_has(w->t, SL_AI_MODEL_REASONING);
}

static enum sl_ai_effort effort_of(const struct sl_ai_request *rq)
{
    if (rq->effort != SL_AI_EFFORT_UNSET)
        return rq->effort;
    if (rq->thinking_budget >= 0)
        return sl_ai_effort_of_budget(rq->thinking_budget);
    return rq->thinking_json.n != 0 ? SL_AI_EFFORT_MEDIUM : SL_AI_EFFORT_UNSET;
}

/* Clients whose dialect shows thoughts get the summary of them; Chat Completions has no place for it. */
static sl_str summary_of(const struct sl_ai_writer *w, enum sl_ai_effort effort)
{
    bool is_on = effort > SL_AI_EFFORT_NONE;

    if (sl_ai_is_home(w))
        return w->rq->thought_summary;
    return is_on && w->rq->dialect != SL_AI_OPENAI_CHAT ? SL_STR("auto") : (sl_str){0};
}

static sl_rc write_reasoning(struct sl_ai_writer *w)
{
    enum sl_ai_effort effort = effort_of(w->rq);
    sl_str summary = summary_of(w, effort);

    if (effort == SL_AI_EFFORT_UNSET && summary.n == 0)
        return SL_OK;
    if (!may_reason(w))
        return effort > SL_AI_EFFORT_NONE ? sl_ai_drop(w, "reasoning_effort") : SL_OK;
    sl_jsonw_key(&w->w, SL_STR("reasoning"));
    sl_jsonw_object(&w->w);
    if (effort != SL_AI_EFFORT_UNSET)
        sl_jsonw_key_str(&w->w, SL_STR("effort"), sl_ai_effort_name(effort));
    if (summary.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("summary"), summary);
    sl_jsonw_end(&w->w);
    return SL_OK;
}

static bool is_include(sl_str name, sl_str value)
{
    (void)value;
    return sl_str_eq(name, SL_STR("include"));
}

/* What the client wants included of its vendor's own tools: the elements, without their brackets. */
static sl_str other_includes(const struct sl_ai_writer *w)
{
    const struct sl_pairs *extra = &w->rq->extra;

    for (size_t i = 0; sl_ai_is_home(w) && i < extra->n; i++)
        if (is_include(extra->v[i].name, extra->v[i].value))
            return sl_str_of(extra->v[i].value.p + 1, extra->v[i].value.n - 2);
    return (sl_str){0};
}

/* Models that do not reason refuse to be asked for it. */
static void write_include(struct sl_ai_writer *w)
{
    bool is_known = w->t->model_info != NULL;
    bool is_asked = w->rq->effort > SL_AI_EFFORT_NONE || w->rq->thinking_budget > 0;

    if (!sl_ai_is_home(w))
        sl_jsonw_key_bool(&w->w, SL_STR("store"), false);
    else if (w->rq->store >= 0)
        sl_jsonw_key_bool(&w->w, SL_STR("store"), w->rq->store == 1);
    bool wants_thoughts = is_known ? sl_ai_model_has(w->t, SL_AI_MODEL_REASONING) : is_asked;
    bool wants_likely = w->rq->logprobs > 0;
    sl_str others = other_includes(w);
    if (!wants_thoughts && !wants_likely && others.n == 0)
        return;
    sl_jsonw_key(&w->w, SL_STR("include"));
    sl_jsonw_array(&w->w);
    if (wants_thoughts)
        sl_jsonw_str(&w->w, SL_STR("reasoning.encrypted_content"));
    if (wants_likely)
        sl_jsonw_str(&w->w, SL_STR("message.output_text.logprobs"));
    if (others.n != 0)
        sl_jsonw_raw(&w->w, others);
    sl_jsonw_end(&w->w);
}

/* ------------------------------------------------------------------ scalar members */

static sl_rc write_sampling(struct sl_ai_writer *w)
{
    bool is_fixed = sl_ai_model_has(w->t, SL_AI_MODEL_NO_TEMPERATURE);
    bool is_clamped = false;
    sl_rc rc = SL_OK;

    if (w->rq->temperature.n != 0) {
        sl_str value = sl_ai_number_upto(w->rq->temperature, 2, &is_clamped);
        if (is_fixed)
            return sl_ai_drop(w, "temperature");
        sl_jsonw_key_raw(&w->w, SL_STR("temperature"), value);
        rc = is_clamped ? sl_ai_clamped(w, "temperature") : SL_OK;
    }
    if (rc != SL_OK || w->rq->top_p.n == 0)
        return rc;
    if (is_fixed)
        return sl_ai_drop(w, "top_p");
    sl_jsonw_key_raw(&w->w, SL_STR("top_p"), w->rq->top_p);
    return SL_OK;
}

static sl_rc write_max_tokens(struct sl_ai_writer *w)
{
    int64_t n = w->rq->max_tokens >= 0 ? w->rq->max_tokens : w->t->cap_max_tokens;
    int64_t limit = w->t->model_info != NULL ? w->t->model_info->max_output_tokens : 0;
    bool is_small = n >= 0 && n < OUTPUT_TOKENS_MIN && !sl_ai_is_home(w);

    if (n < 0)
        return SL_OK;
    if (limit > 0 && !sl_ai_is_home(w)) /* a limit that was meant for another model */
        n = SL_MIN(n, limit);
    sl_jsonw_key_i64(&w->w, SL_STR("max_output_tokens"), is_small ? OUTPUT_TOKENS_MIN : n);
    return is_small ? sl_ai_clamped(w, "max_tokens") : SL_OK;
}

static sl_rc write_service_tier(struct sl_ai_writer *w)
{
    sl_str tier = w->rq->service_tier;

    if (sl_str_eq(tier, SL_STR("standard_only")))
        tier = SL_STR("default");
    if (tier.n == 0 || (sl_str_eq(tier, SL_STR("auto")) && !is_openai_family(w)))
        return SL_OK;
    sl_jsonw_key_str(&w->w, SL_STR("service_tier"), tier);
    return SL_OK;
}

static sl_rc write_names(struct sl_ai_writer *w)
{
    if (w->rq->user.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("safety_identifier"), w->rq->user);
    if (w->rq->prompt_cache_key.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("prompt_cache_key"), w->rq->prompt_cache_key);
    if (w->rq->top_logprobs >= 0)
        sl_jsonw_key_i64(&w->w, SL_STR("top_logprobs"), w->rq->top_logprobs);
    if (w->rq->metadata_json.n == 0)
        return SL_OK;
    if (!is_openai_family(w))
        return sl_ai_drop(w, "metadata");
    sl_jsonw_key_raw(&w->w, SL_STR("metadata"), w->rq->metadata_json);
    return SL_OK;
}

static sl_rc write_stop(struct sl_ai_writer *w)
{
    return w->rq->stop != NULL && w->rq->stop->n != 0 ? sl_ai_drop(w, "stop") : SL_OK;
}

static const struct sl_ai_foreign foreign[] = {
    SL_AI_FOREIGN(NUMBER, "top_k", top_k),
    SL_AI_FOREIGN(NUMBER, "seed", seed),
    SL_AI_FOREIGN(NUMBER, "presence_penalty", presence_penalty),
    SL_AI_FOREIGN(NUMBER, "frequency_penalty", frequency_penalty),
    SL_AI_FOREIGN(JSON, "logit_bias", logit_bias_json),
};

static sl_rc (*const writers[])(struct sl_ai_writer *w) = {
    sl_ai_openai_responses_write_input,
    write_tools,
    write_tool_choice,
    write_reasoning,
    write_sampling,
    write_max_tokens,
    write_service_tier,
    write_names,
    write_stop,
};

sl_rc sl_ai_openai_responses_encode_request(const struct sl_ai_request *rq,
                                            const struct sl_ai_target *t, struct sl_strbuf *out,
                                            struct sl_ai_receipt *receipt, struct sl_diag *d)
{
    struct sl_ai_writer w = {.rq = rq, .t = t, .receipt = receipt, .a = receipt->arena, .d = d};
    sl_rc rc = SL_OK;

    if (rq->choices > 1)
        return sl_ai_refuse(&w, "n", "must be 1 for the chosen model");
    sl_ai_writer_begin(&w, out);
    sl_jsonw_object(&w.w);
    sl_jsonw_key_str(&w.w, SL_STR("model"), t->model);
    for (size_t i = 0; i < SL_LEN(writers) && rc == SL_OK; i++)
        rc = writers[i](&w);
    if (rc == SL_OK)
        rc = sl_ai_drop_foreign(&w, foreign, SL_LEN(foreign));
    if (rc == SL_OK)
        rc = sl_ai_write_extra_but(&w, sl_ai_is_home(&w) ? is_include : NULL);
    if (rc != SL_OK)
        return rc;
    write_text(&w);
    write_include(&w);
    if (rq->is_stream)
        sl_jsonw_key_bool(&w.w, SL_STR("stream"), true);
    sl_jsonw_end(&w.w);
    return SL_OK;
}
