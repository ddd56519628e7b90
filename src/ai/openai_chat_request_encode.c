/*
 * openai_chat_request_encode: the hub's request as Chat Completions, for OpenAI and for what is compatible
 * with it as far as the vendor's row says (provider.h, wire-formats 9).
 */
#include "ai/openai_chat_int.h"

#include "ai/custom_tool.h"
#include "ai/effort.h"
#include "ai/reasoning.h"
#include "base/num.h"
#include "base/str.h"

enum {
    STOP_MAX = 4, /* stop strings that OpenAI takes */
    TEMPERATURE_MAX_MILLI = 2000
};

static bool has_quirk(const struct sl_ai_writer *w, enum sl_ai_quirk quirk)
{
    return sl_ai_vendor_has(w->t->vendor, quirk);
}

static void begin_object(struct sl_ai_writer *w, const char *type)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), sl_cstr(type));
}

/* ------------------------------------------------------------------ tools */

static void write_custom(struct sl_ai_writer *w, const struct sl_ai_tool *t)
{
    begin_object(w, "custom");
    sl_jsonw_key(&w->w, SL_STR("custom"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("name"), t->name);
    if (t->description.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("description"), t->description);
    if (t->format_json.n != 0)
        sl_jsonw_key_raw(&w->w, SL_STR("format"), t->format_json);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
}

static sl_rc write_function(struct sl_ai_writer *w, const struct sl_ai_tool *t)
{
    int strict = sl_ai_strict_of(w, t->strict, t->schema_json);
    sl_rc rc = SL_OK;

    begin_object(w, "function");
    sl_jsonw_key(&w->w, SL_STR("function"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("name"), t->name);
    if (t->description.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("description"), t->description);
    if (t->schema_json.n != 0)
        sl_jsonw_key_raw(&w->w, SL_STR("parameters"), t->schema_json);
    if (strict >= 0 && has_quirk(w, SL_AI_QUIRK_STRICT_TOOLS))
        sl_jsonw_key_bool(&w->w, SL_STR("strict"), strict == 1);
    else if (strict == 1)
        rc = sl_ai_drop(w, "tools.strict");
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return rc;
}

static sl_rc write_tool(struct sl_ai_writer *w, const struct sl_ai_tool *t, size_t index)
{
    if (t->is_vendor && !sl_ai_is_home(w))
        return sl_ai_refuse(w, sl_fmt(w->a, "tools[%zu].type", index).p,
                            "is a kind of tool that the chosen model does not have");
    if (t->is_vendor)
        sl_jsonw_raw(&w->w, t->raw_json);
    else if (t->is_custom)
        write_custom(w, t);
    else
        return write_function(w, t);
    return SL_OK;
}

static sl_rc write_tools(struct sl_ai_writer *w)
{
    size_t index = 0;
    sl_rc rc = SL_OK;

    if (w->rq->tools == NULL)
        return SL_OK;
    if (has_quirk(w, SL_AI_QUIRK_NO_TOOLS))
        return sl_ai_refuse(w, "tools", "are not supported by the chosen model");
    sl_jsonw_key(&w->w, SL_STR("tools"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_tool *t = w->rq->tools; t != NULL && rc == SL_OK; t = t->next)
        rc = write_tool(w, t, index++);
    sl_jsonw_end(&w->w);
    if (w->rq->is_stream && has_quirk(w, SL_AI_QUIRK_TOOL_STREAM))
        sl_jsonw_key_bool(&w->w, SL_STR("tool_stream"), true);
    return rc;
}

static void write_tool_choice(struct sl_ai_writer *w)
{
    const char *kind = sl_ai_custom_is_name(w->rq, w->rq->tool_choice_name) ? "custom" : "function";

    if (w->rq->tool_choice == SL_AI_CHOICE_UNSET || w->rq->tools == NULL)
        return;
    sl_jsonw_key(&w->w, SL_STR("tool_choice"));
    switch (w->rq->tool_choice) {
    case SL_AI_CHOICE_AUTO:
    case SL_AI_CHOICE_UNSET:
        sl_jsonw_str(&w->w, SL_STR("auto"));
        break;
    case SL_AI_CHOICE_NONE:
        sl_jsonw_str(&w->w, SL_STR("none"));
        break;
    case SL_AI_CHOICE_REQUIRED:
        sl_jsonw_str(&w->w, SL_STR("required"));
        break;
    case SL_AI_CHOICE_NAMED:
        begin_object(w, kind);
        sl_jsonw_key(&w->w, sl_cstr(kind));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_str(&w->w, SL_STR("name"), w->rq->tool_choice_name);
        sl_jsonw_end(&w->w);
        sl_jsonw_end(&w->w);
        break;
    case SL_AI_CHOICE_ALLOWED:
        sl_jsonw_raw(&w->w, w->rq->tool_choice_json);
        break;
    }
}

/* ------------------------------------------------------------------ scalar members */

static const struct sl_ai_foreign scalars[] = {
    SL_AI_FOREIGN(NUMBER, "top_p", top_p),
    SL_AI_FOREIGN(NUMBER, "presence_penalty", presence_penalty),
    SL_AI_FOREIGN(NUMBER, "frequency_penalty", frequency_penalty),
    SL_AI_FOREIGN(INT, "n", choices),
    SL_AI_FOREIGN(JSON, "logit_bias", logit_bias_json),
    SL_AI_FOREIGN(FLAG, "logprobs", logprobs),
    SL_AI_FOREIGN(INT, "top_logprobs", top_logprobs),
    SL_AI_FOREIGN(TEXT, "user", user),
    SL_AI_FOREIGN(JSON, "metadata", metadata_json),
    SL_AI_FOREIGN(TEXT, "verbosity", verbosity),
    SL_AI_FOREIGN(TEXT, "prompt_cache_key", prompt_cache_key),
};

static const struct sl_ai_foreign foreign[] = {
    SL_AI_FOREIGN(NUMBER, "top_k", top_k), /* OpenAI itself refuses it */
};

/* What the vendor calls a member. */
static sl_str name_of(const struct sl_ai_writer *w, const char *member)
{
    return sl_ai_vendor_name_of(w->t->vendor, sl_cstr(member));
}

static void write_scalar(struct sl_ai_writer *w, const struct sl_ai_foreign *row)
{
    const void *member = (const char *)w->rq + row->offset;

    if (row->kind == SL_AI_PARAM_INT)
        sl_jsonw_key_i64(&w->w, name_of(w, row->name), *(const int64_t *)member);
    else if (row->kind == SL_AI_PARAM_FLAG)
        sl_jsonw_key_bool(&w->w, name_of(w, row->name), *(const int *)member > 0);
    else if (row->kind == SL_AI_PARAM_TEXT)
        sl_jsonw_key_str(&w->w, name_of(w, row->name), *(const sl_str *)member);
    else
        sl_jsonw_key_raw(&w->w, name_of(w, row->name), *(const sl_str *)member);
}

/* OpenAI's newer members, which other servers may refuse; who knows its newest role knows them. */
static bool is_recent(const char *member)
{
    return strcmp(member, "verbosity") == 0 || strcmp(member, "prompt_cache_key") == 0;
}

static bool is_taken(const struct sl_ai_writer *w, const char *member)
{
    bool is_sampling = strcmp(member, "temperature") == 0 || strcmp(member, "top_p") == 0;

    if (is_recent(member) && !sl_ai_is_home(w) && !has_quirk(w, SL_AI_QUIRK_DEVELOPER_ROLE))
        return false;
    return !sl_ai_vendor_drops(w->t->vendor, sl_cstr(member)) &&
           !(is_sampling && sl_ai_model_has(w->t, SL_AI_MODEL_NO_TEMPERATURE));
}

static sl_rc write_scalars(struct sl_ai_writer *w)
{
    sl_rc rc = SL_OK;

    for (size_t i = 0; i < SL_LEN(scalars) && rc == SL_OK; i++) {
        if (!sl_ai_is_given(w->rq, scalars[i].kind, scalars[i].offset))
            continue;
        if (is_taken(w, scalars[i].name))
            write_scalar(w, &scalars[i]);
        else
            rc = sl_ai_drop_row(w, &scalars[i]);
    }
    return rc;
}

static sl_rc write_temperature(struct sl_ai_writer *w)
{
    int max = w->t->vendor->temperature_max_milli != 0 ? w->t->vendor->temperature_max_milli
                                                       : TEMPERATURE_MAX_MILLI;
    sl_str value = w->rq->temperature;
    int64_t milli;
    bool is_low, is_high;

    if (value.n == 0)
        return SL_OK;
    if (!is_taken(w, "temperature"))
        return sl_ai_drop(w, "temperature");
    is_low = value.p[0] == '-';
    is_high = !is_low && (!sl_num_rounded(value, 3, &milli) || milli > max);
    if (is_high)
        value = sl_ai_number_of_milli(max, w->a);
    sl_jsonw_key_raw(&w->w, name_of(w, "temperature"), is_low ? SL_STR("0") : value);
    return is_low || is_high ? sl_ai_clamped(w, "temperature") : SL_OK;
}

static sl_rc write_seed(struct sl_ai_writer *w)
{
    if (w->rq->seed.n == 0)
        return SL_OK;
    if (!is_taken(w, "seed"))
        return sl_ai_drop(w, "seed");
    sl_jsonw_key_raw(&w->w, name_of(w, "seed"), w->rq->seed);
    return SL_OK;
}

static void write_max_tokens(struct sl_ai_writer *w)
{
    int64_t n = w->rq->max_tokens >= 0 ? w->rq->max_tokens : w->t->cap_max_tokens;
    int64_t limit = w->t->model_info != NULL ? w->t->model_info->max_output_tokens : 0;

    if (n < 0)
        return;
    if (limit > 0 && !sl_ai_is_home(w)) /* a limit that was meant for another model */
        n = SL_MIN(n, limit);
    sl_jsonw_key_i64(&w->w,
                     w->t->vendor->max_tokens_field == SL_AI_MAX_COMPLETION_TOKENS
                         ? SL_STR("max_completion_tokens")
                         : SL_STR("max_tokens"),
                     n);
}

static sl_rc write_stop(struct sl_ai_writer *w)
{
    const struct sl_strs *stop = w->rq->stop;

    if (stop == NULL || stop->n == 0)
        return SL_OK;
    if (!is_taken(w, "stop"))
        return sl_ai_drop(w, "stop");
    sl_jsonw_key(&w->w, name_of(w, "stop"));
    sl_jsonw_array(&w->w);
    for (size_t i = 0; i < SL_MIN(stop->n, (size_t)STOP_MAX); i++)
        sl_jsonw_str(&w->w, stop->v[i]);
    sl_jsonw_end(&w->w);
    return stop->n > STOP_MAX ? sl_ai_clamped(w, "stop") : SL_OK;
}

/* ------------------------------------------------------------------ reasoning, format, stream */

static sl_rc write_reasoning_style(struct sl_ai_writer *w, enum sl_ai_effort effort)
{
    sl_str members =
        sl_ai_reasoning_members(w->t->vendor->reasoning, effort, w->rq->thinking_budget, w->a);
    sl_str object = sl_fmt(w->a, "{%.*s}", SL_STRF(members));
    struct sl_json_range top = sl_json_range_top(object), m;
    struct sl_json_iter it;

    if (members.n == 0)
        return effort != SL_AI_EFFORT_NONE ? sl_ai_drop(w, "reasoning_effort") : SL_OK;
    sl_json_iter_init(&it, object, &top);
    while (sl_json_iter_next(&it, &m))
        sl_jsonw_key_raw(&w->w, (sl_str){object.p + m.key_at + 1, m.key_n - 2},
                         sl_json_range_text(object, &m));
    return SL_OK;
}

/* "Off" is said only to models that think and can be told so. */
static sl_rc write_reasoning_config(struct sl_ai_writer *w)
{
    bool is_known = w->t->model_info != NULL;
    bool can_stop = sl_ai_model_has(w->t, SL_AI_MODEL_REASONING_TOGGLE);
    enum sl_ai_effort effort = w->rq->effort;
    bool is_on;

    if (effort == SL_AI_EFFORT_UNSET && w->rq->thinking_budget >= 0)
        effort = sl_ai_effort_of_budget(w->rq->thinking_budget);
    if (effort == SL_AI_EFFORT_UNSET)
        return SL_OK;
    is_on = effort != SL_AI_EFFORT_NONE;
    if (!is_on && !can_stop && !sl_ai_is_home(w))
        return SL_OK;
    if (is_known && !sl_ai_model_has(w->t, SL_AI_MODEL_REASONING))
        return is_on ? sl_ai_drop(w, "reasoning_effort") : SL_OK;
    return write_reasoning_style(w, effort);
}

static void write_format(struct sl_ai_writer *w)
{
    const struct sl_ai_request *rq = w->rq;

    if (rq->format == SL_AI_FORMAT_UNSET)
        return;
    sl_jsonw_key(&w->w, SL_STR("response_format"));
    begin_object(w, rq->format == SL_AI_FORMAT_TEXT   ? "text"
                    : rq->format == SL_AI_FORMAT_JSON ? "json_object"
                                                      : "json_schema");
    if (rq->format == SL_AI_FORMAT_SCHEMA) {
        int strict = sl_ai_strict_of(w, rq->format_strict, rq->format_schema_json);
        sl_jsonw_key(&w->w, SL_STR("json_schema"));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_str(&w->w, SL_STR("name"),
                         rq->format_name.n != 0 ? rq->format_name : SL_STR("answer"));
        if (rq->format_description.n != 0)
            sl_jsonw_key_str(&w->w, SL_STR("description"), rq->format_description);
        if (rq->format_schema_json.n != 0)
            sl_jsonw_key_raw(&w->w, SL_STR("schema"), rq->format_schema_json);
        if (strict >= 0)
            sl_jsonw_key_bool(&w->w, SL_STR("strict"), strict == 1);
        sl_jsonw_end(&w->w);
    }
    sl_jsonw_end(&w->w);
}

static sl_rc write_service_tier(struct sl_ai_writer *w)
{
    sl_str tier = w->rq->service_tier;

    if (sl_str_eq(tier, SL_STR("standard_only")))
        tier = SL_STR("default");
    if (tier.n == 0 || (sl_str_eq(tier, SL_STR("auto")) && !sl_ai_is_home(w)))
        return SL_OK;
    if (!is_taken(w, "service_tier"))
        return sl_ai_is_default(SL_STR("service_tier"), tier) ? SL_OK
                                                              : sl_ai_drop(w, "service_tier");
    sl_jsonw_key_str(&w->w, SL_STR("service_tier"), tier);
    return SL_OK;
}

static sl_rc write_parallel(struct sl_ai_writer *w)
{
    if (w->rq->parallel_tools < 0 || w->rq->tools == NULL)
        return SL_OK;
    if (!is_taken(w, "parallel_tool_calls"))
        return sl_ai_drop_serial(w);
    sl_jsonw_key_bool(&w->w, SL_STR("parallel_tool_calls"), w->rq->parallel_tools == 1);
    return SL_OK;
}

/* Usage is always wanted, by the ledger; without a stream the option is an error. */
static void write_stream(struct sl_ai_writer *w)
{
    if (!w->rq->is_stream)
        return;
    sl_jsonw_key_bool(&w->w, SL_STR("stream"), true);
    if (w->t->no_stream_options || has_quirk(w, SL_AI_QUIRK_NO_STREAM_OPTIONS))
        return;
    sl_jsonw_key_raw(&w->w, SL_STR("stream_options"), SL_STR("{\"include_usage\":true}"));
}

static sl_rc (*const writers[])(struct sl_ai_writer *w) = {
    sl_ai_openai_chat_write_messages,
    write_tools,
    write_parallel,
    write_scalars,
    write_temperature,
    write_seed,
    write_stop,
    write_service_tier,
    write_reasoning_config,
};

sl_rc sl_ai_openai_chat_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                       struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                       struct sl_diag *d)
{
    struct sl_ai_writer w = {.rq = rq, .t = t, .receipt = receipt, .a = receipt->arena, .d = d};
    sl_rc rc = SL_OK;

    sl_ai_writer_begin(&w, out);
    sl_jsonw_object(&w.w);
    sl_jsonw_key_str(&w.w, SL_STR("model"), t->model);
    for (size_t i = 0; i < SL_LEN(writers) && rc == SL_OK; i++)
        rc = writers[i](&w);
    if (rc == SL_OK)
        rc = sl_ai_drop_foreign(&w, foreign, SL_LEN(foreign));
    if (rc == SL_OK)
        rc = sl_ai_write_extra(&w);
    if (rc != SL_OK)
        return rc;
    write_tool_choice(&w);
    write_max_tokens(&w);
    write_format(&w);
    write_stream(&w);
    sl_jsonw_end(&w.w);
    return SL_OK;
}
