/*
 * gemini_request_encode: the hub's request as generateContent wants it (wire-formats 3.2). The model and
 * whether to stream stand in the path.
 */
#include "ai/gemini_int.h"

#include "ai/effort.h"
#include "ai/unread.h"
#include "base/str.h"

enum {
    STOP_MAX = 5,
    BUDGET_MAX = 24576,     /* thinkingBudget */
    BUDGET_MAX_PRO = 32768, /* of models that are called "pro" */
    BUDGET_MIN_PRO = 128,   /* which cannot be kept from thinking */
};

/* ------------------------------------------------------------------ models */

unsigned sl_ai_gemini_version(sl_str model)
{
    size_t at = sl_str_find_str(model, SL_STR("gemini-"));
    sl_str rest = at != SIZE_MAX ? sl_str_from(model, at + SL_STR("gemini-").n) : (sl_str){0};
    unsigned version;

    if (rest.n == 0)
        return 0;
    if (rest.p[0] < '0' || rest.p[0] > '9')
        return SL_AI_GEMINI_3;
    version = (unsigned)(rest.p[0] - '0') * 10;
    if (rest.n >= 3 && rest.p[1] == '.' && rest.p[2] >= '0' && rest.p[2] <= '9')
        version += (unsigned)(rest.p[2] - '0');
    return version;
}

bool sl_ai_gemini_takes_json_schema(const struct sl_ai_target *t)
{
    return sl_ai_gemini_version(t->model) >= SL_AI_GEMINI_2_5;
}

static bool is_pro(const struct sl_ai_target *t)
{
    return sl_str_find_str(t->model, SL_STR("pro")) != SIZE_MAX;
}

static bool is_format_refused(const struct sl_ai_request *rq, const struct sl_ai_target *t)
{
    bool is_json = rq->format == SL_AI_FORMAT_JSON || rq->format == SL_AI_FORMAT_SCHEMA;

    return is_json && rq->tools != NULL && rq->dialect != SL_AI_GEMINI &&
           sl_ai_gemini_version(t->model) < SL_AI_GEMINI_3;
}

static bool has_tool_named(const struct sl_ai_request *rq, sl_str name)
{
    for (const struct sl_ai_tool *t = rq->tools; t != NULL; t = t->next)
        if (sl_str_eq(t->name, name))
            return true;
    return false;
}

/* Only such a schema can be the parameters of a function. */
static bool is_of_an_object(sl_str schema)
{
    static const sl_str type = SL_STR_INIT("type");
    struct sl_json_range range = {0};
    struct sl_jsonscan_info info;

    return schema.n != 0 && sl_jsonscan(schema, NULL, &type, 1, &range, &info) == SL_OK &&
           range.is_present && sl_str_eq(sl_json_range_text(schema, &range), SL_STR("\"object\""));
}

bool sl_ai_gemini_emulates_json(const struct sl_ai_request *rq, const struct sl_ai_target *t)
{
    bool is_free = rq->tool_choice != SL_AI_CHOICE_NAMED && rq->tool_choice != SL_AI_CHOICE_ALLOWED;

    return is_format_refused(rq, t) && is_free && is_of_an_object(rq->format_schema_json) &&
           !has_tool_named(rq, SL_AI_GEMINI_JSON_TOOL);
}

/* ------------------------------------------------------------------ tools */

static sl_rc write_any_schema(struct sl_ai_writer *w, const char *json_name,
                              const char *google_name, sl_str schema, const char *place)
{
    if (sl_ai_gemini_takes_json_schema(w->t)) {
        sl_jsonw_key_raw(&w->w, sl_cstr(json_name), schema);
        return SL_OK;
    }
    sl_jsonw_key(&w->w, sl_cstr(google_name));
    if (sl_ai_gemini_write_schema(&w->w, schema, w->a))
        return SL_OK;
    sl_jsonw_null(&w->w);
    return sl_diag_fail(w->d, SL_E_AI_BAD_BODY, place, "must be a JSON Schema");
}

/* A function without parameters has no schema: Google refuses objects without properties. */
static bool has_parameters(struct sl_ai_writer *w, sl_str schema)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v;

    if (schema.n == 0 || sl_json_parse(schema, w->a, &v, &info) != SL_OK)
        return schema.n != 0;
    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return true; /* it will be refused */
    return sl_ai_gemini_takes_json_schema(w->t)
               ? sl_json_count(v) != 0
               : sl_json_count(sl_json_get(v, SL_STR("properties"))) != 0 ||
                     sl_json_get(v, SL_STR("$ref")) != NULL ||
                     sl_json_get(v, SL_STR("allOf")) != NULL ||
                     sl_json_get(v, SL_STR("anyOf")) != NULL;
}

static sl_rc write_function(struct sl_ai_writer *w, const struct sl_ai_tool *t, size_t index)
{
    const char *place = sl_fmt(w->a, "tools[%zu]", index).p;
    sl_rc rc = t->strict == 1 ? sl_ai_drop(w, "tools.strict") : SL_OK;

    if (rc == SL_OK && t->has_cache_mark)
        rc = sl_ai_drop(w, "cache_control");
    if (rc != SL_OK)
        return rc;
    if (sl_ai_is_home(w) && t->raw_json.n != 0) {
        sl_jsonw_raw(&w->w, t->raw_json);
        return SL_OK;
    }
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("name"), t->name);
    if (t->description.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("description"), t->description);
    if (has_parameters(w, t->schema_json))
        rc = write_any_schema(w, "parametersJsonSchema", "parameters", t->schema_json, place);
    sl_jsonw_end(&w->w);
    return rc;
}

/* allowed_tools: {mode, tools: [{type, function: {name}}]} */
static bool is_allowed(const struct sl_json *allowed, sl_str name)
{
    struct sl_json_cursor c = sl_json_each(sl_json_get(allowed, SL_STR("tools")));
    const struct sl_json *v;

    while ((v = sl_json_next(&c, NULL)) != NULL)
        if (sl_str_eq(name, sl_json_text(
                                sl_json_get(sl_json_get(v, SL_STR("function")), SL_STR("name")))))
            return true;
    return false;
}

static const struct sl_json *allowed_tools(const struct sl_ai_writer *w)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v;

    if (w->rq->tool_choice != SL_AI_CHOICE_ALLOWED ||
        sl_json_parse(w->rq->tool_choice_json, w->a, &v, &info) != SL_OK)
        return NULL;
    return sl_json_get(v, SL_STR("allowed_tools"));
}

static bool is_function(const struct sl_ai_tool *t)
{
    return !t->is_vendor && !t->is_custom;
}

static sl_rc write_functions(struct sl_ai_writer *w, const struct sl_json *allowed)
{
    const struct sl_ai_tool answer = {.name = SL_AI_GEMINI_JSON_TOOL,
                                      .description =
                                          SL_STR("Give your answer by calling this function."),
                                      .schema_json = w->rq->format_schema_json};
    size_t index = 0;
    bool has_any = false;
    sl_rc rc = SL_OK;

    for (const struct sl_ai_tool *t = w->rq->tools; t != NULL && rc == SL_OK;
         t = t->next, index++) {
        if (!is_function(t) || (allowed != NULL && !is_allowed(allowed, t->name)))
            continue;
        if (!has_any) {
            sl_jsonw_object(&w->w);
            sl_jsonw_key(&w->w, SL_STR("functionDeclarations"));
            sl_jsonw_array(&w->w);
            has_any = true;
        }
        rc = write_function(w, t, index);
    }
    if (has_any && rc == SL_OK && sl_ai_gemini_emulates_json(w->rq, w->t))
        rc = write_function(w, &answer, index);
    if (has_any) {
        sl_jsonw_end(&w->w);
        sl_jsonw_end(&w->w);
    }
    return rc;
}

static sl_rc write_tools(struct sl_ai_writer *w)
{
    size_t index = 0;
    sl_rc rc;

    if (w->rq->tools == NULL)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("tools"));
    sl_jsonw_array(&w->w);
    rc = write_functions(w, allowed_tools(w));
    for (const struct sl_ai_tool *t = w->rq->tools; t != NULL && rc == SL_OK;
         t = t->next, index++) {
        if (is_function(t))
            continue;
        if (!t->is_vendor || !sl_ai_is_home(w))
            rc = sl_ai_refuse(w, sl_fmt(w->a, "tools[%zu].type", index).p,
                              "is a kind of tool that the chosen model does not have");
        else
            sl_jsonw_raw(&w->w, t->raw_json);
    }
    sl_jsonw_end(&w->w);
    return rc;
}

static const char *mode_of(const struct sl_ai_writer *w)
{
    sl_str mode = sl_json_text(sl_json_get(allowed_tools(w), SL_STR("mode")));

    if (sl_ai_gemini_emulates_json(w->rq, w->t)) /* a call or the answer, which is one, too */
        return "ANY";
    switch (w->rq->tool_choice) {
    case SL_AI_CHOICE_UNSET:
        return NULL;
    case SL_AI_CHOICE_AUTO:
        return "AUTO";
    case SL_AI_CHOICE_NONE:
        return "NONE";
    case SL_AI_CHOICE_REQUIRED:
    case SL_AI_CHOICE_NAMED:
        return "ANY";
    case SL_AI_CHOICE_ALLOWED: /* the tools are those already */
        return sl_str_eq(mode, SL_STR("required")) ? "ANY" : "AUTO";
    }
    return NULL;
}

/* The one that may be called, if it is one. */
static sl_str only_function(const struct sl_ai_writer *w)
{
    if (w->rq->tool_choice == SL_AI_CHOICE_NAMED)
        return w->rq->tool_choice_name;
    return w->rq->tool_choice == SL_AI_CHOICE_NONE && sl_ai_gemini_emulates_json(w->rq, w->t)
               ? SL_AI_GEMINI_JSON_TOOL
               : (sl_str){0};
}

static sl_rc write_tool_config(struct sl_ai_writer *w)
{
    const char *mode = mode_of(w);
    sl_str only = only_function(w);

    if (mode != NULL && w->rq->tools != NULL) {
        sl_jsonw_key(&w->w, SL_STR("toolConfig"));
        sl_jsonw_object(&w->w);
        sl_jsonw_key(&w->w, SL_STR("functionCallingConfig"));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_str(&w->w, SL_STR("mode"), sl_cstr(mode));
        if (only.n != 0) {
            sl_jsonw_key(&w->w, SL_STR("allowedFunctionNames"));
            sl_jsonw_array(&w->w);
            sl_jsonw_str(&w->w, only);
            sl_jsonw_end(&w->w);
        }
        sl_jsonw_end(&w->w);
        sl_jsonw_end(&w->w);
    }
    return sl_ai_drop_serial(w);
}

/* ------------------------------------------------------------------ generationConfig */

static const struct sl_ai_foreign scalars[] = {
    SL_AI_FOREIGN(NUMBER, "topP", top_p),
    SL_AI_FOREIGN(NUMBER, "topK", top_k),
    SL_AI_FOREIGN(NUMBER, "seed", seed),
    SL_AI_FOREIGN(NUMBER, "presencePenalty", presence_penalty),
    SL_AI_FOREIGN(NUMBER, "frequencyPenalty", frequency_penalty),
    SL_AI_FOREIGN(INT, "candidateCount", choices),
    SL_AI_FOREIGN(FLAG, "responseLogprobs", logprobs),
    SL_AI_FOREIGN(INT, "logprobs", top_logprobs),
};

static sl_rc write_scalars(struct sl_ai_writer *w)
{
    for (size_t i = 0; i < SL_LEN(scalars); i++) {
        const void *member = (const char *)w->rq + scalars[i].offset;
        sl_str name = sl_cstr(scalars[i].name);
        if (!sl_ai_is_given(w->rq, scalars[i].kind, scalars[i].offset))
            continue;
        if (scalars[i].kind == SL_AI_PARAM_INT)
            sl_jsonw_key_i64(&w->w, name, *(const int64_t *)member);
        else if (scalars[i].kind == SL_AI_PARAM_FLAG)
            sl_jsonw_key_bool(&w->w, name, true);
        else
            sl_jsonw_key_raw(&w->w, name, *(const sl_str *)member);
    }
    return SL_OK;
}

static sl_rc write_temperature(struct sl_ai_writer *w)
{
    bool is_clamped;
    sl_str value = sl_ai_number_upto(w->rq->temperature, 2, &is_clamped);

    if (w->rq->temperature.n == 0)
        return SL_OK;
    sl_jsonw_key_raw(&w->w, SL_STR("temperature"), value);
    return is_clamped ? sl_ai_clamped(w, "temperature") : SL_OK;
}

static sl_rc write_max_tokens(struct sl_ai_writer *w)
{
    int64_t n = w->rq->max_tokens >= 0 ? w->rq->max_tokens : w->t->cap_max_tokens;
    int64_t limit = w->t->model_info != NULL ? w->t->model_info->max_output_tokens : 0;

    if (n < 0)
        return SL_OK;
    if (limit > 0 && !sl_ai_is_home(w))
        n = SL_MIN(n, limit);
    sl_jsonw_key_i64(&w->w, SL_STR("maxOutputTokens"), n);
    return SL_OK;
}

static sl_rc write_stop(struct sl_ai_writer *w)
{
    const struct sl_strs *stop = w->rq->stop;

    if (stop == NULL || stop->n == 0)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("stopSequences"));
    sl_jsonw_array(&w->w);
    for (size_t i = 0; i < SL_MIN(stop->n, (size_t)STOP_MAX); i++)
        sl_jsonw_str(&w->w, stop->v[i]);
    sl_jsonw_end(&w->w);
    return stop->n > STOP_MAX ? sl_ai_clamped(w, "stop") : SL_OK;
}

static sl_rc write_format(struct sl_ai_writer *w)
{
    const struct sl_ai_request *rq = w->rq;
    bool is_json = rq->format == SL_AI_FORMAT_JSON || rq->format == SL_AI_FORMAT_SCHEMA;

    if (!is_json || sl_ai_gemini_emulates_json(rq, w->t))
        return SL_OK;
    if (is_format_refused(rq, w->t))
        return sl_ai_drop(w, "response_format");
    sl_jsonw_key_str(&w->w, SL_STR("responseMimeType"), SL_STR("application/json"));
    if (rq->format_schema_json.n == 0)
        return SL_OK;
    return write_any_schema(w, "responseJsonSchema", "responseSchema", rq->format_schema_json,
                            "response_format");
}

/* ------------------------------------------------------------------ thinking */

static const char *level_of(const struct sl_ai_target *t, enum sl_ai_effort effort)
{
    switch (effort) {
    case SL_AI_EFFORT_NONE: /* cannot be switched off: as little as there is */
    case SL_AI_EFFORT_MINIMAL:
        return is_pro(t) ? "LOW" : "MINIMAL";
    case SL_AI_EFFORT_LOW:
        return "LOW";
    case SL_AI_EFFORT_MEDIUM:
        return "MEDIUM";
    case SL_AI_EFFORT_UNSET:
    case SL_AI_EFFORT_HIGH:
    case SL_AI_EFFORT_XHIGH:
    case SL_AI_EFFORT_MAX:
        break;
    }
    return "HIGH";
}

static int64_t budget_of(const struct sl_ai_writer *w, enum sl_ai_effort effort)
{
    int64_t asked =
        w->rq->thinking_budget >= 0 ? w->rq->thinking_budget : sl_ai_effort_budget(effort);

    if (is_pro(w->t))
        return SL_MAX(SL_MIN(asked, (int64_t)BUDGET_MAX_PRO), (int64_t)BUDGET_MIN_PRO);
    return SL_MIN(asked, (int64_t)BUDGET_MAX);
}

static bool can_think(const struct sl_ai_target *t)
{
    return t->model_info != NULL ? sl_ai_model_has(t, SL_AI_MODEL_REASONING)
                                 : sl_ai_gemini_version(t->model) >= SL_AI_GEMINI_2_5;
}

/* One of budget and level, never both: levels from 3 on. */
static sl_rc write_thinking(struct sl_ai_writer *w)
{
    enum sl_ai_effort effort = w->rq->effort;
    bool is_on;

    if (effort == SL_AI_EFFORT_UNSET && w->rq->thinking_budget >= 0)
        effort = sl_ai_effort_of_budget(w->rq->thinking_budget);
    if (effort == SL_AI_EFFORT_UNSET)
        return SL_OK;
    is_on = effort != SL_AI_EFFORT_NONE;
    if (!can_think(w->t))
        return is_on ? sl_ai_drop(w, "reasoning_effort") : SL_OK;
    sl_jsonw_key(&w->w, SL_STR("thinkingConfig"));
    sl_jsonw_object(&w->w);
    if (is_on)
        sl_jsonw_key_bool(&w->w, SL_STR("includeThoughts"), true);
    if (sl_ai_gemini_version(w->t->model) >= SL_AI_GEMINI_3)
        sl_jsonw_key_str(&w->w, SL_STR("thinkingLevel"), sl_cstr(level_of(w->t, effort)));
    else
        sl_jsonw_key_i64(&w->w, SL_STR("thinkingBudget"), budget_of(w, effort));
    sl_jsonw_end(&w->w);
    return SL_OK;
}

/* ------------------------------------------------------------------ the rest */

#define CONFIG_PREFIX SL_STR("generationConfig.")

/* What a client of this dialect said there and the hub has no place for. */
static sl_rc write_config_extra(struct sl_ai_writer *w)
{
    for (size_t i = 0; i < w->rq->extra.n && sl_ai_is_home(w); i++) {
        const struct sl_pair *p = &w->rq->extra.v[i];
        if (sl_str_starts(p->name, CONFIG_PREFIX))
            sl_jsonw_key_raw(&w->w, sl_str_from(p->name, CONFIG_PREFIX.n), p->value);
    }
    return SL_OK;
}

/* Text and pictures, in OpenAI's words; audio is another API there. */
static bool is_image_modalities(sl_str name, sl_str value)
{
    struct sl_json_range top = sl_json_range_top(value), one;
    struct sl_json_iter it;
    bool has_image = false;

    if (!sl_str_eq(name, SL_STR("modalities")))
        return false;
    sl_json_iter_init(&it, value, &top);
    while (sl_json_iter_next(&it, &one)) {
        bool is_image = sl_json_range_text_eq(value, &one, SL_STR("image"));
        if (!is_image && !sl_json_range_text_eq(value, &one, SL_STR("text")))
            return false;
        has_image |= is_image;
    }
    return has_image;
}

static sl_rc write_modalities(struct sl_ai_writer *w)
{
    for (size_t i = 0; i < w->rq->extra.n && !sl_ai_is_home(w); i++) {
        const struct sl_pair *p = &w->rq->extra.v[i];
        if (is_image_modalities(p->name, p->value))
            sl_jsonw_key_raw(&w->w, SL_STR("responseModalities"), SL_STR("[\"TEXT\",\"IMAGE\"]"));
    }
    return SL_OK;
}

static sl_rc (*const config_writers[])(struct sl_ai_writer *w) = {
    write_temperature, write_scalars,  write_max_tokens, write_stop,
    write_format,      write_thinking, write_modalities, write_config_extra,
};

static sl_rc write_config(struct sl_ai_writer *w)
{
    sl_rc rc = SL_OK;

    sl_jsonw_key(&w->w, SL_STR("generationConfig"));
    sl_jsonw_object(&w->w);
    for (size_t i = 0; i < SL_LEN(config_writers) && rc == SL_OK; i++)
        rc = config_writers[i](w);
    sl_jsonw_end(&w->w);
    return rc;
}

static bool is_tier(sl_str tier)
{
    return sl_str_eq(tier, SL_STR("standard")) || sl_str_eq(tier, SL_STR("flex")) ||
           sl_str_eq(tier, SL_STR("priority"));
}

static sl_rc write_service_tier(struct sl_ai_writer *w)
{
    sl_str tier = w->rq->service_tier;

    if (sl_str_eq(tier, SL_STR("default")) || sl_str_eq(tier, SL_STR("standard_only")))
        tier = SL_STR("standard");
    if (tier.n == 0 || sl_str_eq(tier, SL_STR("auto")))
        return SL_OK;
    if (sl_ai_vendor_drops(w->t->vendor, SL_STR("service_tier")) ||
        (!is_tier(tier) && !sl_ai_is_home(w)))
        return sl_ai_drop(w, "service_tier");
    sl_jsonw_key_str(&w->w, SL_STR("serviceTier"), tier);
    return SL_OK;
}

static const struct sl_ai_foreign foreign[] = {
    SL_AI_FOREIGN(JSON, "logit_bias", logit_bias_json),
    SL_AI_FOREIGN(JSON, "metadata", metadata_json),
    SL_AI_FOREIGN(TEXT, "response_format.description", format_description),
    SL_AI_FOREIGN(TEXT, "verbosity", verbosity),
    SL_AI_FOREIGN(TEXT, "prompt_cache_key", prompt_cache_key),
    SL_AI_FOREIGN(TEXT, "user", user),
};

/* At home: those of the top only, the others are in their object already. */
static sl_rc write_extra(struct sl_ai_writer *w)
{
    if (!sl_ai_is_home(w))
        return sl_ai_write_extra_but(w, is_image_modalities);
    for (size_t i = 0; i < w->rq->extra.n; i++) {
        const struct sl_pair *p = &w->rq->extra.v[i];
        if (!sl_str_starts(p->name, CONFIG_PREFIX))
            sl_jsonw_key_raw(&w->w, p->name, p->value);
    }
    return sl_ai_drop_unread(w);
}

static sl_rc drop_foreign(struct sl_ai_writer *w)
{
    return sl_ai_drop_foreign(w, foreign, SL_LEN(foreign));
}

/* First what a prompt cache has first. */
static sl_rc (*const writers[])(struct sl_ai_writer *w) = {
    write_tools,  write_tool_config, sl_ai_gemini_write_contents, write_config, write_service_tier,
    drop_foreign, write_extra,
};

sl_rc sl_ai_gemini_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                  struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                  struct sl_diag *d)
{
    struct sl_ai_writer w = {.rq = rq, .t = t, .receipt = receipt, .a = receipt->arena, .d = d};
    sl_rc rc = SL_OK;

    sl_ai_writer_begin(&w, out);
    sl_jsonw_object(&w.w);
    for (size_t i = 0; i < SL_LEN(writers) && rc == SL_OK; i++)
        rc = writers[i](&w);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_end(&w.w);
    return SL_OK;
}
