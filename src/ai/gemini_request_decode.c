/*
 * gemini_request_decode: a generateContent request, understood (wire-formats 3.1). Names are taken in
 * camelCase and, as Google's servers do, in snake_case. The model stands in the path.
 */
#include "ai/gemini_int.h"

#include "ai/effort.h"
#include "base/str.h"

enum { NAME_BYTES = 64 };

const struct sl_json *sl_ai_gemini_get(const struct sl_json *v, const char *name)
{
    const struct sl_json *found = sl_json_get(v, sl_cstr(name));
    char snake[NAME_BYTES];
    size_t n = 0;

    for (const char *p = name; found == NULL && *p != '\0' && n + 2 < sizeof(snake); p++) {
        bool is_upper = *p >= 'A' && *p <= 'Z';
        if (is_upper)
            snake[n++] = '_';
        snake[n++] = sl_lower(*p);
    }
    return found != NULL ? found : sl_json_get(v, sl_str_of(snake, n));
}

static sl_str text(const struct sl_json *v, const char *name)
{
    return sl_json_text(sl_ai_gemini_get(v, name));
}

static bool is_there(const struct sl_json *v)
{
    return sl_json_kind(v) > SL_JSON_NULL;
}

/* ------------------------------------------------------------------ tools */

/* Google's Schema, or JSON Schema as it is. */
static sl_rc read_schema(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *google, const struct sl_json *json, sl_str *ret)
{
    struct sl_strbuf b = {0};
    struct sl_jsonw w;
    sl_str copy;

    if (is_there(json) || !is_there(google))
        return sl_ai_read_schema(r, at, json, ret);
    if (sl_json_kind(google) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    sl_jsonw_init(&w, &b);
    sl_ai_gemini_write_json_schema(&w, google);
    copy = sl_arena_try_dup(r->a, sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
    if (copy.p == NULL)
        return sl_diag_fail(r->d, SL_E_LIMIT, "", "is too large");
    *ret = copy;
    return SL_OK;
}

static sl_rc read_function(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_tool *t)
{
    struct sl_ai_place schema_at = {.up = at, .name = "parameters"};
    sl_rc rc = sl_ai_read_text(r, at, "name", v, true, &t->name);

    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "description", v, false, &t->description);
    if (rc == SL_OK)
        rc = sl_ai_read_raw(r, v, &t->raw_json);
    return rc == SL_OK ? read_schema(r, &schema_at, sl_ai_gemini_get(v, "parameters"),
                                     sl_ai_gemini_get(v, "parametersJsonSchema"), &t->schema_json)
                       : rc;
}

static sl_rc read_functions(struct sl_ai_reader *r, const struct sl_ai_place *up,
                            const struct sl_json *v, struct sl_ai_tool **last,
                            struct sl_ai_request *ret)
{
    struct sl_ai_place list_at = {.up = up, .name = "functionDeclarations"};
    struct sl_ai_place at = {.up = &list_at};
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = SL_OK;

    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        struct sl_ai_tool *t = NULL;
        if (ret->tool_count >= SL_AI_TOOLS_MAX)
            return sl_ai_read_fail(r, &list_at, "has too many functions");
        t = sl_ai_tools_add(r, ret, last);
        rc = t != NULL ? read_function(r, &at, v, t) : SL_E_LIMIT;
        at.index++;
    }
    return rc;
}

/* googleSearch, codeExecution and the like: each member is a tool of Google's own. */
static sl_rc read_own_tool(struct sl_ai_reader *r, sl_str name, const struct sl_json *v,
                           struct sl_ai_tool **last, struct sl_ai_request *ret)
{
    struct sl_ai_tool *t = sl_ai_tools_add(r, ret, last);
    struct sl_strbuf b;
    struct sl_jsonw w;

    if (t == NULL)
        return SL_E_LIMIT;
    sl_strbuf_init(&b, r->a, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, name);
    sl_json_write(v, &w);
    sl_jsonw_end(&w);
    if (b.is_full)
        return sl_diag_fail(r->d, SL_E_LIMIT, "", "is too large");
    t->is_vendor = true;
    t->name = name;
    t->raw_json = sl_strbuf_str(&b);
    return SL_OK;
}

static sl_rc read_tool(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_tool **last, struct sl_ai_request *ret)
{
    const struct sl_json *functions = sl_ai_gemini_get(v, "functionDeclarations");
    struct sl_json_cursor c = sl_json_each(v);
    const struct sl_json *own;
    sl_str name;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    rc = read_functions(r, at, functions, last, ret);
    while (rc == SL_OK && (own = sl_json_next(&c, &name)) != NULL) {
        if (ret->tool_count >= SL_AI_TOOLS_MAX)
            return sl_ai_read_fail(r, at, "has too many tools");
        if (own != functions && is_there(own))
            rc = read_own_tool(r, name, own, last, ret);
    }
    return rc;
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
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_tool(r, &tool_at, v, &last, ret);
        tool_at.index++;
    }
    return rc;
}

/* allowedFunctionNames in the form that the hub has such lists in. */
static sl_rc read_allowed(struct sl_ai_reader *r, const struct sl_json *names,
                          struct sl_ai_request *ret)
{
    struct sl_json_cursor c = sl_json_each(names);
    struct sl_strbuf b;
    struct sl_jsonw w;
    const struct sl_json *v;

    sl_strbuf_init(&b, r->a, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("type"), SL_STR("allowed_tools"));
    sl_jsonw_key(&w, SL_STR("allowed_tools"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("mode"), SL_STR("required"));
    sl_jsonw_key(&w, SL_STR("tools"));
    sl_jsonw_array(&w);
    while ((v = sl_json_next(&c, NULL)) != NULL) {
        sl_jsonw_object(&w);
        sl_jsonw_key_str(&w, SL_STR("type"), SL_STR("function"));
        sl_jsonw_key(&w, SL_STR("function"));
        sl_jsonw_object(&w);
        sl_jsonw_key_str(&w, SL_STR("name"), sl_json_text(v));
        sl_jsonw_end(&w);
        sl_jsonw_end(&w);
    }
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    if (b.is_full)
        return sl_diag_fail(r->d, SL_E_LIMIT, "", "is too large");
    ret->tool_choice = SL_AI_CHOICE_ALLOWED;
    ret->tool_choice_json = sl_strbuf_str(&b);
    return SL_OK;
}

static sl_rc read_mode(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *config, struct sl_ai_request *ret)
{
    static const struct {
        const char *mode;
        enum sl_ai_choice choice;
    } modes[] = {{"AUTO", SL_AI_CHOICE_AUTO},
                 {"ANY", SL_AI_CHOICE_REQUIRED},
                 {"NONE", SL_AI_CHOICE_NONE},
                 {"VALIDATED", SL_AI_CHOICE_AUTO},
                 {"MODE_UNSPECIFIED", SL_AI_CHOICE_UNSET}};
    const struct sl_json *names = sl_ai_gemini_get(config, "allowedFunctionNames");
    struct sl_ai_place mode_at = {.up = at, .name = "mode"};
    struct sl_ai_place names_at = {.up = at, .name = "allowedFunctionNames"};
    sl_str mode = text(config, "mode");
    size_t i = 0;

    if (mode.n == 0)
        return SL_OK;
    while (i < SL_LEN(modes) && !sl_str_ieq(mode, sl_cstr(modes[i].mode)))
        i++;
    if (i == SL_LEN(modes))
        return sl_ai_read_fail(r, &mode_at, "must be AUTO, ANY, NONE or VALIDATED");
    ret->tool_choice = modes[i].choice;
    if (ret->tool_choice != SL_AI_CHOICE_REQUIRED || sl_json_count(names) == 0)
        return SL_OK;
    if (sl_json_kind(names) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, &names_at, "must be an array of names");
    if (sl_json_count(names) > 1)
        return read_allowed(r, names, ret);
    ret->tool_choice = SL_AI_CHOICE_NAMED;
    ret->tool_choice_name = sl_json_text(sl_json_at(names, 0));
    return ret->tool_choice_name.n != 0
               ? SL_OK
               : sl_ai_read_fail(r, &names_at, "must be an array of names");
}

static sl_rc read_tool_config(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_ai_place config_at = {.up = at, .name = "functionCallingConfig"};

    return read_mode(r, &config_at, sl_ai_gemini_get(v, "functionCallingConfig"), ret);
}

/* ------------------------------------------------------------------ generationConfig */

/* -1 lets the model choose; "include" alone asks for what the model thinks by itself. */
static sl_rc read_thinking(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_ai_place budget_at = {.up = at, .name = "thinkingBudget"};
    const struct sl_json *budget = sl_ai_gemini_get(v, "thinkingBudget");
    sl_str level = text(v, "thinkingLevel");
    char word[NAME_BYTES];
    int64_t n = -1;

    if (is_there(budget) && (!sl_json_i64(budget, &n) || n < -1))
        return sl_ai_read_fail(r, &budget_at, "must be an integer, -1 or more");
    ret->thinking_budget = n;
    for (size_t i = 0; i < level.n && i < sizeof(word); i++)
        word[i] = sl_lower(level.p[i]);
    if (level.n != 0 && level.n < sizeof(word))
        ret->effort = sl_ai_effort_of(sl_str_of(word, level.n));
    if (n < 0 && ret->effort == SL_AI_EFFORT_UNSET &&
        (is_there(budget) || sl_json_is_true(sl_ai_gemini_get(v, "includeThoughts"))))
        ret->effort = SL_AI_EFFORT_MEDIUM;
    return SL_OK;
}

static sl_rc read_mime_type(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_request *ret)
{
    sl_str type = sl_json_text(v);

    if (sl_json_kind(v) != SL_JSON_STRING)
        return sl_ai_read_fail(r, at, "must be a string");
    if (sl_str_eq(type, SL_STR("application/json"))) {
        if (ret->format != SL_AI_FORMAT_SCHEMA)
            ret->format = SL_AI_FORMAT_JSON;
    } else if (sl_str_eq(type, SL_STR("text/x.enum"))) {
        return sl_ai_read_fail(r, at, "text/x.enum is known to Google's own models only");
    }
    return SL_OK;
}

/* Text is what every answer is; anything else is kept, for those who have it. */
static sl_rc read_modalities(struct sl_ai_reader *r, const struct sl_ai_place *at,
                             const struct sl_json *v, struct sl_ai_request *ret)
{
    struct sl_json_cursor c = sl_json_each(v);
    const struct sl_json *one;
    bool is_text = true;
    sl_str value;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, at, "must be an array");
    while ((one = sl_json_next(&c, NULL)) != NULL)
        is_text &= sl_str_ieq(sl_json_text(one), SL_STR("TEXT"));
    if (is_text)
        return SL_OK;
    rc = sl_ai_read_raw(r, v, &value);
    return rc == SL_OK ? sl_ai_extra_add(r, &ret->extra,
                                         SL_STR("generationConfig.responseModalities"), value)
                       : rc;
}

static sl_rc read_google_schema(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                const struct sl_json *v, struct sl_ai_request *ret)
{
    ret->format = SL_AI_FORMAT_SCHEMA;
    return read_schema(r, at, v, NULL, &ret->format_schema_json);
}

static sl_rc read_json_schema(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_request *ret)
{
    ret->format = SL_AI_FORMAT_SCHEMA;
    return sl_ai_read_schema(r, at, v, &ret->format_schema_json);
}

static const struct sl_ai_param config_params[] = {
    SL_AI_PARAM(NUMBER, "temperature", temperature),
    SL_AI_PARAM(NUMBER, "topP", top_p),
    SL_AI_PARAM(NUMBER, "top_p", top_p),
    SL_AI_PARAM(NUMBER, "topK", top_k),
    SL_AI_PARAM(NUMBER, "top_k", top_k),
    SL_AI_PARAM(INT, "candidateCount", choices),
    SL_AI_PARAM(INT, "candidate_count", choices),
    SL_AI_PARAM(INT, "maxOutputTokens", max_tokens),
    SL_AI_PARAM(INT, "max_output_tokens", max_tokens),
    SL_AI_PARAM_BY("stopSequences", sl_ai_read_stop),
    SL_AI_PARAM_BY("stop_sequences", sl_ai_read_stop),
    SL_AI_PARAM(NUMBER, "seed", seed),
    SL_AI_PARAM(NUMBER, "presencePenalty", presence_penalty),
    SL_AI_PARAM(NUMBER, "presence_penalty", presence_penalty),
    SL_AI_PARAM(NUMBER, "frequencyPenalty", frequency_penalty),
    SL_AI_PARAM(NUMBER, "frequency_penalty", frequency_penalty),
    SL_AI_PARAM(FLAG, "responseLogprobs", logprobs),
    SL_AI_PARAM(FLAG, "response_logprobs", logprobs),
    SL_AI_PARAM(INT, "logprobs", top_logprobs),
    SL_AI_PARAM_BY("responseMimeType", read_mime_type),
    SL_AI_PARAM_BY("response_mime_type", read_mime_type),
    SL_AI_PARAM_BY("responseSchema", read_google_schema),
    SL_AI_PARAM_BY("response_schema", read_google_schema),
    SL_AI_PARAM_BY("responseJsonSchema", read_json_schema),
    SL_AI_PARAM_BY("response_json_schema", read_json_schema),
    SL_AI_PARAM_BY("responseModalities", read_modalities),
    SL_AI_PARAM_BY("response_modalities", read_modalities),
    SL_AI_PARAM_BY("thinkingConfig", read_thinking),
    SL_AI_PARAM_BY("thinking_config", read_thinking),
};

static sl_rc read_generation_config(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                    const struct sl_json *v, struct sl_ai_request *ret)
{
    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    return sl_ai_read_nested(r, at, v, config_params, SL_LEN(config_params), ret);
}

/* ------------------------------------------------------------------ the request */

static sl_rc read_service_tier(struct sl_ai_reader *r, const struct sl_ai_place *at,
                               const struct sl_json *v, struct sl_ai_request *ret)
{
    if (sl_json_kind(v) != SL_JSON_STRING)
        return sl_ai_read_fail(r, at, "must be a string");
    ret->service_tier = sl_json_text(v);
    if (sl_str_ieq(ret->service_tier, SL_STR("standard")))
        ret->service_tier = SL_STR("default");
    return SL_OK;
}

static const struct sl_ai_param params[] = {
    SL_AI_PARAM_BY("contents", sl_ai_gemini_read_contents),
    SL_AI_PARAM_BY("systemInstruction", sl_ai_gemini_read_system),
    SL_AI_PARAM_BY("system_instruction", sl_ai_gemini_read_system),
    SL_AI_PARAM_BY("tools", read_tools),
    SL_AI_PARAM_BY("toolConfig", read_tool_config),
    SL_AI_PARAM_BY("tool_config", read_tool_config),
    SL_AI_PARAM_BY("generationConfig", read_generation_config),
    SL_AI_PARAM_BY("generation_config", read_generation_config),
    SL_AI_PARAM_BY("serviceTier", read_service_tier),
    SL_AI_PARAM_BY("service_tier", read_service_tier),
    SL_AI_PARAM(TEXT, "model", model), /* some send it here, too */
};

sl_rc sl_ai_gemini_decode_request(sl_str body, const struct sl_json_cuts *cuts, struct sl_arena *a,
                                  struct sl_ai_request *ret, struct sl_diag *d)
{
    struct sl_ai_reader r = {.a = a, .d = d};
    const struct sl_json *v;
    sl_rc rc = sl_ai_read_body(&r, body, cuts, &v);

    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "contents");
    if (rc != SL_OK)
        return rc;
    sl_ai_request_init(ret, SL_AI_GEMINI);
    ret->wants_usage = true; /* always in the answer */
    return sl_ai_read_params(&r, v, params, SL_LEN(params), ret);
}
