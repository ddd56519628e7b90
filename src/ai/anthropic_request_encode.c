/*
 * anthropic_request_encode: the hub's request as Anthropic Messages wants it (wire-formats 2.3).
 *
 * First a plan is made (what depends on several members: budget, thinking, tools that must be called),
 * then the body is written in one go.
 */
#include "ai/anthropic_int.h"

#include "ai/effort.h"
#include "base/str.h"

enum {
    BUDGET_MIN = 1024,   /* thinking.budget_tokens */
    CACHE_MARKS_MAX = 4, /* in one request; the last ones count most */
};

enum thinking { THINKING_UNSAID, THINKING_OFF, THINKING_ADAPTIVE, THINKING_BUDGET };

struct plan {
    struct sl_ai_anthropic_body body;
    int64_t max_tokens;
    enum thinking thinking;
    int64_t budget;
    bool emulates_json;
};

/* ------------------------------------------------------------------ plan: output and thinking */

bool sl_ai_anthropic_emulates_json(const struct sl_ai_request *rq, const struct sl_ai_target *t)
{
    if (rq->format == SL_AI_FORMAT_JSON)
        return true;
    return rq->format == SL_AI_FORMAT_SCHEMA && !sl_ai_model_has(t, SL_AI_MODEL_JSON_SCHEMA);
}

static int64_t model_max_output(const struct sl_ai_target *t)
{
    return t->model_info != NULL ? t->model_info->max_output_tokens : 0;
}

static int64_t max_tokens_of(const struct sl_ai_writer *w)
{
    int64_t limit = model_max_output(w->t);
    int64_t wanted = w->rq->max_tokens;

    if (wanted >= 0)
        return wanted;
    if (limit == 0)
        limit = SL_AI_MAX_TOKENS_DEFAULT;
    return w->t->cap_max_tokens > 0 ? SL_MIN(limit, w->t->cap_max_tokens) : limit;
}

static bool wants_thinking(const struct sl_ai_request *rq)
{
    return rq->thinking_budget > 0 ||
           (rq->effort != SL_AI_EFFORT_UNSET && rq->effort != SL_AI_EFFORT_NONE);
}

/*
 * A budget needs 1024 <= budget < max_tokens. Too small a max_tokens of the client's is raised, because it
 * meant the visible answer; one that we chose, or the model's limit, bounds the budget instead.
 */
static void fit_budget(const struct sl_ai_writer *w, struct plan *p)
{
    int64_t limit = model_max_output(w->t);

    p->budget = SL_MAX(p->budget, BUDGET_MIN);
    if (w->rq->max_tokens > 0 && p->max_tokens <= p->budget)
        p->max_tokens = sl_add_sat_i64(p->budget, w->rq->max_tokens);
    if (limit > 0)
        p->max_tokens = SL_MIN(p->max_tokens, limit);
    if (p->budget >= p->max_tokens)
        p->budget = p->max_tokens / 2;
    p->thinking = p->budget >= BUDGET_MIN ? THINKING_BUDGET : THINKING_UNSAID;
}

static sl_rc plan_thinking(struct sl_ai_writer *w, struct plan *p)
{
    const struct sl_ai_request *rq = w->rq;
    bool is_known = w->t->model_info != NULL;

    if (rq->thinking_budget == 0 || rq->effort == SL_AI_EFFORT_NONE)
        p->thinking = is_known && !sl_ai_model_has(w->t, SL_AI_MODEL_REASONING) ? THINKING_UNSAID
                                                                                : THINKING_OFF;
    if (rq->thinking_json.n != 0 && rq->thinking_budget < 0)
        p->thinking = THINKING_ADAPTIVE;
    if (!wants_thinking(rq))
        return SL_OK;
    if (is_known && !sl_ai_model_has(w->t, SL_AI_MODEL_REASONING))
        return sl_ai_drop(w, "reasoning_effort");
    if (sl_ai_model_has(w->t, SL_AI_MODEL_ADAPTIVE_THINKING)) {
        p->thinking = THINKING_ADAPTIVE;
        return SL_OK;
    }
    p->budget = rq->thinking_budget > 0 ? rq->thinking_budget : sl_ai_effort_budget(rq->effort);
    fit_budget(w, p);
    return p->thinking == THINKING_BUDGET ? SL_OK : sl_ai_drop(w, "reasoning_effort");
}

static bool is_thinking(const struct plan *p)
{
    return p->thinking == THINKING_ADAPTIVE || p->thinking == THINKING_BUDGET;
}

static size_t count_marks(const struct sl_ai_part *parts)
{
    size_t n = 0;

    for (; parts != NULL; parts = parts->next)
        n += parts->has_cache_mark;
    return n;
}

static void plan_marks(const struct sl_ai_writer *w, struct plan *p)
{
    size_t n = count_marks(p->body.turns.system);

    for (const struct sl_ai_tool *t = w->rq->tools; t != NULL; t = t->next)
        n += t->has_cache_mark;
    for (const struct sl_ai_turn *t = p->body.turns.first; t != NULL; t = t->next)
        n += count_marks(t->parts);
    p->body.skipped_marks = n > CACHE_MARKS_MAX ? n - CACHE_MARKS_MAX : 0;
}

/* ------------------------------------------------------------------ tools */

static sl_rc write_strict(struct sl_ai_writer *w, const struct sl_ai_tool *t)
{
    if (t->strict != 1)
        return SL_OK;
    if (!sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_STRICT_TOOLS) ||
        (w->t->model_info != NULL && !sl_ai_model_has(w->t, SL_AI_MODEL_STRICT_TOOLS)))
        return sl_ai_drop(w, "tools.strict");
    sl_jsonw_key_bool(&w->w, SL_STR("strict"), true);
    return SL_OK;
}

static void write_function(struct sl_ai_writer *w, sl_str name, sl_str description, sl_str schema)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("name"), name);
    if (description.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("description"), description);
    sl_jsonw_key_raw(&w->w, SL_STR("input_schema"),
                     schema.n != 0 ? schema : SL_STR("{\"type\":\"object\",\"properties\":{}}"));
}

static sl_rc write_tool(struct sl_ai_writer *w, struct plan *p, const struct sl_ai_tool *t,
                        size_t index)
{
    sl_rc rc;

    if (t->is_vendor && sl_ai_is_home(w)) {
        sl_jsonw_raw(&w->w, t->raw_json);
        return SL_OK;
    }
    if (t->is_vendor || t->is_custom)
        return sl_ai_refuse(w, sl_fmt(w->a, "tools[%zu].type", index).p,
                            "is a kind of tool that the chosen model does not have");
    write_function(w, t->name, t->description, t->schema_json);
    rc = write_strict(w, t);
    sl_ai_anthropic_write_mark(w, &p->body, t->has_cache_mark, t->cache_ttl);
    sl_jsonw_end(&w->w);
    return rc;
}

static void write_json_tool(struct sl_ai_writer *w)
{
    write_function(w, SL_AI_JSON_TOOL, SL_STR("Give your answer by calling this tool."),
                   w->rq->format == SL_AI_FORMAT_SCHEMA ? w->rq->format_schema_json : (sl_str){0});
    sl_jsonw_end(&w->w);
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

static sl_rc write_tools(struct sl_ai_writer *w, struct plan *p, const struct sl_json *allowed)
{
    size_t index = 0;
    sl_rc rc = SL_OK;

    if (w->rq->tools == NULL && !p->emulates_json)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("tools"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_tool *t = w->rq->tools; t != NULL && rc == SL_OK; t = t->next, index++)
        if (allowed == NULL || is_allowed(allowed, t->name))
            rc = write_tool(w, p, t, index);
    if (p->emulates_json)
        write_json_tool(w);
    sl_jsonw_end(&w->w);
    return rc;
}

static bool is_required(const struct sl_ai_writer *w, const struct sl_json *allowed)
{
    return w->rq->tool_choice == SL_AI_CHOICE_REQUIRED ||
           (w->rq->tool_choice == SL_AI_CHOICE_ALLOWED &&
            sl_str_eq(sl_json_text(sl_json_get(allowed, SL_STR("mode"))), SL_STR("required")));
}

/* "any" and "tool" are refused while the model thinks; then it is asked, not forced. */
static const char *choice_word(const struct sl_ai_writer *w, const struct plan *p,
                               const struct sl_json *allowed, sl_str *ret_name)
{
    enum sl_ai_choice choice = w->rq->tool_choice;

    *ret_name = w->rq->tool_choice_name;
    if (p->emulates_json && (w->rq->tools == NULL || choice == SL_AI_CHOICE_NONE)) {
        *ret_name = SL_AI_JSON_TOOL;
        return is_thinking(p) ? "auto" : "tool";
    }
    if (choice == SL_AI_CHOICE_NONE)
        return "none";
    if (choice == SL_AI_CHOICE_NAMED)
        return is_thinking(p) ? "auto" : "tool";
    if (is_required(w, allowed) || p->emulates_json)
        return is_thinking(p) ? "auto" : "any";
    return choice == SL_AI_CHOICE_UNSET && w->rq->parallel_tools != 0 ? NULL : "auto";
}

static sl_rc write_tool_choice(struct sl_ai_writer *w, const struct plan *p,
                               const struct sl_json *allowed)
{
    sl_str name;
    const char *word = choice_word(w, p, allowed, &name);
    bool is_forced = is_required(w, allowed) || w->rq->tool_choice == SL_AI_CHOICE_NAMED;

    if (word == NULL || (w->rq->tools == NULL && !p->emulates_json))
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("tool_choice"));
    sl_ai_anthropic_begin_block(w, word);
    if (strcmp(word, "tool") == 0)
        sl_jsonw_key_str(&w->w, SL_STR("name"), name);
    if (w->rq->parallel_tools == 0 && strcmp(word, "none") != 0)
        sl_jsonw_key_bool(&w->w, SL_STR("disable_parallel_tool_use"), true);
    sl_jsonw_end(&w->w);
    return is_forced && strcmp(word, "auto") == 0 ? sl_ai_drop(w, "tool_choice") : SL_OK;
}

/* ------------------------------------------------------------------ sampling and the rest */

static void write_thinking_config(struct sl_ai_writer *w, const struct plan *p)
{
    if (p->thinking == THINKING_UNSAID)
        return;
    sl_jsonw_key(&w->w, SL_STR("thinking"));
    if (w->rq->thinking_json.n != 0 && p->thinking == THINKING_ADAPTIVE &&
        w->rq->thinking_budget < 0) {
        sl_jsonw_raw(&w->w, w->rq->thinking_json);
        return;
    }
    sl_ai_anthropic_begin_block(w, p->thinking == THINKING_OFF        ? "disabled"
                                   : p->thinking == THINKING_ADAPTIVE ? "adaptive"
                                                                      : "enabled");
    if (p->thinking == THINKING_BUDGET)
        sl_jsonw_key_i64(&w->w, SL_STR("budget_tokens"), p->budget);
    sl_jsonw_end(&w->w);
}

static void write_output_config(struct sl_ai_writer *w, const struct plan *p)
{
    enum sl_ai_effort asked = w->rq->effort;
    sl_str effort;
    bool has_format = w->rq->format == SL_AI_FORMAT_SCHEMA && !p->emulates_json;

    if (asked == SL_AI_EFFORT_UNSET && w->rq->thinking_budget > 0)
        asked = sl_ai_effort_of_budget(w->rq->thinking_budget);
    effort = p->thinking == THINKING_ADAPTIVE ? sl_ai_effort_anthropic(asked) : (sl_str){0};
    if (effort.n == 0 && !has_format)
        return;
    sl_jsonw_key(&w->w, SL_STR("output_config"));
    sl_jsonw_object(&w->w);
    if (effort.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("effort"), effort);
    if (has_format) {
        sl_jsonw_key(&w->w, SL_STR("format"));
        sl_ai_anthropic_begin_block(w, "json_schema");
        sl_jsonw_key_raw(&w->w, SL_STR("schema"),
                         w->rq->format_schema_json.n != 0 ? w->rq->format_schema_json
                                                          : SL_STR("{}"));
        sl_jsonw_end(&w->w);
    }
    sl_jsonw_end(&w->w);
}

static sl_rc write_temperature(struct sl_ai_writer *w)
{
    bool is_clamped;
    sl_str value = sl_ai_number_upto(w->rq->temperature, 1, &is_clamped);

    sl_jsonw_key_raw(&w->w, SL_STR("temperature"), value);
    return is_clamped ? sl_ai_clamped(w, "temperature") : SL_OK;
}

/* Temperature and top_p exclude each other on current models; both are out while one thinks. */
static sl_rc write_sampling(struct sl_ai_writer *w, const struct plan *p)
{
    const struct sl_ai_request *rq = w->rq;
    bool is_fixed = is_thinking(p) || sl_ai_model_has(w->t, SL_AI_MODEL_NO_TEMPERATURE);
    sl_rc rc = SL_OK;

    if (rq->temperature.n != 0)
        rc = is_fixed ? sl_ai_drop(w, "temperature") : write_temperature(w);
    if (rc == SL_OK && rq->top_p.n != 0) {
        if (is_fixed || rq->temperature.n != 0)
            rc = sl_ai_drop(w, "top_p");
        else
            sl_jsonw_key_raw(&w->w, SL_STR("top_p"), rq->top_p);
    }
    if (rc == SL_OK && rq->top_k.n != 0) {
        if (is_fixed)
            rc = sl_ai_drop(w, "top_k");
        else
            sl_jsonw_key_raw(&w->w, SL_STR("top_k"), rq->top_k);
    }
    return rc;
}

static void write_metadata(struct sl_ai_writer *w)
{
    if (w->rq->user.n == 0)
        return;
    sl_jsonw_key(&w->w, SL_STR("metadata"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("user_id"), w->rq->user);
    sl_jsonw_end(&w->w);
}

static sl_rc write_service_tier(struct sl_ai_writer *w)
{
    sl_str tier = w->rq->service_tier;

    if (tier.n == 0)
        return SL_OK;
    if (sl_str_eq(tier, SL_STR("default")))
        tier = SL_STR("standard_only");
    if (!sl_str_eq(tier, SL_STR("auto")) && !sl_str_eq(tier, SL_STR("standard_only")))
        return sl_ai_drop(w, "service_tier");
    sl_jsonw_key_str(&w->w, SL_STR("service_tier"), tier);
    return SL_OK;
}

static const struct sl_ai_foreign foreign[] = {
    SL_AI_FOREIGN(NUMBER, "seed", seed),
    SL_AI_FOREIGN(NUMBER, "presence_penalty", presence_penalty),
    SL_AI_FOREIGN(NUMBER, "frequency_penalty", frequency_penalty),
    SL_AI_FOREIGN(JSON, "logit_bias", logit_bias_json),
    SL_AI_FOREIGN(FLAG, "logprobs", logprobs),
    SL_AI_FOREIGN(INT, "top_logprobs", top_logprobs),
    SL_AI_FOREIGN(JSON, "metadata", metadata_json),
    SL_AI_FOREIGN(TEXT, "response_format.description", format_description),
    SL_AI_FOREIGN(TEXT, "verbosity", verbosity),
    SL_AI_FOREIGN(TEXT, "prompt_cache_key", prompt_cache_key),
};

static sl_rc write_rest(struct sl_ai_writer *w, struct plan *p)
{
    sl_rc rc;

    write_thinking_config(w, p);
    write_output_config(w, p);
    rc = sl_ai_write_stop(w, "stop_sequences");
    if (rc != SL_OK)
        return rc;
    write_metadata(w);
    if (w->rq->is_stream && !sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_STREAM_BY_PATH))
        sl_jsonw_key_bool(&w->w, SL_STR("stream"), true);
    rc = write_sampling(w, p);
    if (rc == SL_OK)
        rc = write_service_tier(w);
    if (rc == SL_OK)
        rc = sl_ai_drop_foreign(w, foreign, SL_LEN(foreign));
    return rc == SL_OK ? sl_ai_write_extra(w) : rc;
}

static sl_rc make_plan(struct sl_ai_writer *w, struct plan *p)
{
    sl_rc rc;

    if (w->rq->choices > 1)
        return sl_ai_refuse(w, "n", "must be 1 for the chosen model");
    rc = sl_ai_writer_turns(w, SL_AI_ANTHROPIC, false, &p->body.turns);
    if (rc != SL_OK)
        return rc;
    p->emulates_json = sl_ai_anthropic_emulates_json(w->rq, w->t);
    p->max_tokens = max_tokens_of(w);
    plan_marks(w, p);
    return plan_thinking(w, p);
}

/* Other clouds have the version in the body, and the model of a chat in the path. */
static void write_model(struct sl_ai_writer *w)
{
    sl_str version = w->t->vendor->body_version;

    if (version.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("anthropic_version"), version);
    if (version.n == 0 || w->rq->operation == SL_AI_COUNT_TOKENS)
        sl_jsonw_key_str(&w->w, SL_STR("model"), w->t->model);
}

sl_rc sl_ai_anthropic_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                     struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                     struct sl_diag *d)
{
    struct sl_ai_writer w = {.rq = rq, .t = t, .receipt = receipt, .a = receipt->arena, .d = d};
    struct plan p = {0};
    const struct sl_json *allowed = allowed_tools(&w);
    sl_rc rc = make_plan(&w, &p);

    if (rc != SL_OK)
        return rc;
    sl_ai_writer_begin(&w, out);
    sl_jsonw_object(&w.w);
    write_model(&w);
    sl_jsonw_key_i64(&w.w, SL_STR("max_tokens"), p.max_tokens);
    rc = write_tools(&w, &p, allowed); /* first what a prompt cache has first */
    if (rc == SL_OK)
        rc = write_tool_choice(&w, &p, allowed);
    if (rc == SL_OK)
        rc = sl_ai_anthropic_write_system(&w, &p.body);
    if (rc == SL_OK)
        rc = sl_ai_anthropic_write_messages(&w, &p.body);
    if (rc == SL_OK)
        rc = write_rest(&w, &p);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_end(&w.w);
    return SL_OK;
}
