/*
 * bedrock_request_encode: the hub's request as Converse wants it (wire-formats 4.1, 4.2).
 *
 * First a plan is made (what depends on several members: thinking, tools that must be called), then
 * the body is written in one go.
 */
#include "ai/bedrock_int.h"

#include "ai/effort.h"
#include "base/str.h"

enum {
    BUDGET_MIN = 1024,    /* thinking.budget_tokens */
    CACHE_MARKS_MAX = 4,  /* in one request; the last ones count most */
    METADATA_MAX = 16,    /* members of requestMetadata */
    METADATA_BYTES = 256, /* of a name or value of it */
};

enum thinking {
    THINKING_UNSAID,
    THINKING_OFF,      /* Claude */
    THINKING_ADAPTIVE, /* Claude: steered by effort */
    THINKING_BUDGET,   /* Claude */
    THINKING_LEVEL,    /* Nova, GPT: a word */
};

struct plan {
    struct sl_ai_bedrock_body body;
    struct sl_ai_choice_plan choice;
    int64_t max_tokens; /* -1: the model's own */
    enum thinking thinking;
    int64_t budget;
    bool emulates_json;
    bool has_history; /* of tool calls: then there must be a toolConfig */
};

/* ------------------------------------------------------------------ plan */

static bool is_known_not_to_think(const struct sl_ai_writer *w)
{
    return w->t->model_info != NULL && !sl_ai_model_has(w->t, SL_AI_MODEL_REASONING);
}

static bool wants_thinking(const struct sl_ai_request *rq)
{
    return rq->thinking_budget > 0 ||
           (rq->effort != SL_AI_EFFORT_UNSET && rq->effort != SL_AI_EFFORT_NONE);
}

static bool wants_no_thinking(const struct sl_ai_request *rq)
{
    return rq->thinking_budget == 0 || rq->effort == SL_AI_EFFORT_NONE;
}

static enum sl_ai_effort effort_of(const struct sl_ai_request *rq)
{
    return rq->effort == SL_AI_EFFORT_UNSET ? sl_ai_effort_of_budget(rq->thinking_budget)
                                            : rq->effort;
}

/* Of the three words that Nova and GPT know. */
static sl_str level_of(const struct sl_ai_request *rq)
{
    enum sl_ai_effort effort = effort_of(rq);

    return effort <= SL_AI_EFFORT_LOW      ? SL_STR("low")
           : effort == SL_AI_EFFORT_MEDIUM ? SL_STR("medium")
                                           : SL_STR("high");
}

/*
 * A budget needs 1024 <= budget < maxTokens. Too small a limit of the client's is raised, because it meant
 * the visible answer; the model's own limit bounds the budget instead.
 */
static sl_rc plan_budget(struct sl_ai_writer *w, struct plan *p)
{
    int64_t limit = w->t->model_info != NULL ? w->t->model_info->max_output_tokens : 0;

    p->budget =
        w->rq->thinking_budget > 0 ? w->rq->thinking_budget : sl_ai_effort_budget(w->rq->effort);
    p->budget = SL_MAX(p->budget, BUDGET_MIN);
    if (p->max_tokens >= 0 && p->max_tokens <= p->budget)
        p->max_tokens = sl_add_sat_i64(p->max_tokens, p->budget);
    if (limit > 0 && p->max_tokens > limit)
        p->max_tokens = limit;
    if (limit > 0 && p->max_tokens < 0 && p->budget >= limit)
        p->budget = limit / 2;
    if (p->max_tokens >= 0 && p->budget >= p->max_tokens)
        p->budget = p->max_tokens / 2;
    if (p->budget < BUDGET_MIN)
        return sl_ai_drop(w, "reasoning_effort");
    p->thinking = THINKING_BUDGET;
    return SL_OK;
}

static sl_rc plan_claude(struct sl_ai_writer *w, struct plan *p)
{
    if (wants_no_thinking(w->rq) && !is_known_not_to_think(w))
        p->thinking = THINKING_OFF;
    if (w->rq->thinking_json.n != 0 && w->rq->thinking_budget < 0)
        p->thinking = THINKING_ADAPTIVE;
    if (!wants_thinking(w->rq))
        return SL_OK;
    if (is_known_not_to_think(w))
        return sl_ai_drop(w, "reasoning_effort");
    if (!sl_ai_model_has(w->t, SL_AI_MODEL_ADAPTIVE_THINKING))
        return plan_budget(w, p);
    p->thinking = THINKING_ADAPTIVE;
    return SL_OK;
}

static sl_rc plan_thinking(struct sl_ai_writer *w, struct plan *p)
{
    if (p->body.family == FAMILY_CLAUDE)
        return plan_claude(w, p);
    if (!wants_thinking(w->rq))
        return SL_OK;
    if (is_known_not_to_think(w) || (p->body.family != FAMILY_NOVA && p->body.family != FAMILY_GPT))
        return sl_ai_drop(w, "reasoning_effort");
    p->thinking = THINKING_LEVEL;
    return SL_OK;
}

/* Claude takes no temperature while it thinks, Nova neither that nor a limit at its highest level. */
static bool is_sampling_fixed(const struct sl_ai_writer *w, const struct plan *p)
{
    bool is_claude_thinking = p->thinking == THINKING_ADAPTIVE || p->thinking == THINKING_BUDGET;

    return is_claude_thinking || sl_ai_model_has(w->t, SL_AI_MODEL_NO_TEMPERATURE);
}

static bool is_nova_high(const struct sl_ai_writer *w, const struct plan *p)
{
    return p->body.family == FAMILY_NOVA && p->thinking == THINKING_LEVEL &&
           sl_str_eq(level_of(w->rq), SL_STR("high"));
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

static bool has_calls(const struct sl_ai_turns *turns)
{
    for (const struct sl_ai_turn *t = turns->first; t != NULL; t = t->next)
        for (const struct sl_ai_part *p = t->parts; p != NULL; p = p->next)
            if (p->kind == SL_AI_TOOL_CALL)
                return true;
    return false;
}

static sl_rc make_plan(struct sl_ai_writer *w, struct plan *p)
{
    sl_rc rc;

    if (w->rq->choices > 1)
        return sl_ai_refuse(w, "n", "must be 1 for the chosen model");
    rc = sl_ai_writer_turns(w, SL_AI_BEDROCK, false, &p->body.turns);
    if (rc != SL_OK)
        return rc;
    sl_ai_choice_make(w, &p->choice);
    p->body.family = sl_ai_bedrock_family_of(w->t->model);
    p->body.takes = sl_ai_bedrock_takes(p->body.family);
    p->emulates_json = sl_ai_bedrock_emulates_json(w->rq, w->t);
    p->has_history = has_calls(&p->body.turns);
    p->max_tokens = w->rq->max_tokens;
    if (p->max_tokens < 0 && w->t->cap_max_tokens > 0)
        p->max_tokens = w->t->cap_max_tokens;
    plan_marks(w, p);
    return plan_thinking(w, p);
}

/* ------------------------------------------------------------------ tools */

static void begin_spec(struct sl_ai_writer *w, sl_str name, sl_str description, sl_str schema)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key(&w->w, SL_STR("toolSpec"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("name"), name);
    if (description.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("description"), description);
    sl_jsonw_key(&w->w, SL_STR("inputSchema"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_raw(&w->w, SL_STR("json"),
                     schema.n != 0 ? schema : SL_STR("{\"type\":\"object\",\"properties\":{}}"));
    sl_jsonw_end(&w->w);
}

static void end_spec(struct sl_ai_writer *w)
{
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
}

static sl_rc write_strict(struct sl_ai_writer *w, const struct plan *p, const struct sl_ai_tool *t)
{
    if (t->strict != 1)
        return SL_OK;
    if ((p->body.takes & TAKES_STRICT) == 0 || !sl_ai_model_has(w->t, SL_AI_MODEL_STRICT_TOOLS))
        return sl_ai_drop(w, "tools.strict");
    sl_jsonw_key_bool(&w->w, SL_STR("strict"), true);
    return SL_OK;
}

static sl_rc write_tool(struct sl_ai_writer *w, struct plan *p, const struct sl_ai_tool *t,
                        size_t index)
{
    sl_rc rc;

    if (t->is_vendor || t->is_custom)
        return sl_ai_refuse(w, sl_fmt(w->a, "tools[%zu].type", index).p,
                            "is a kind of tool that the chosen model does not have");
    begin_spec(w, t->name, t->description, t->schema_json);
    rc = write_strict(w, p, t);
    end_spec(w);
    return rc == SL_OK ? sl_ai_bedrock_write_mark(w, &p->body, t->has_cache_mark, t->cache_ttl)
                       : rc;
}

/* Of a tool that only the history knows: its name must be there, no more is known. */
static bool is_first_call_of(const struct sl_ai_turns *turns, const struct sl_ai_part *call)
{
    for (const struct sl_ai_turn *t = turns->first; t != NULL; t = t->next)
        for (const struct sl_ai_part *p = t->parts; p != NULL; p = p->next) {
            if (p == call)
                return true;
            if (p->kind == SL_AI_TOOL_CALL && sl_str_eq(p->name, call->name))
                return false;
        }
    return true;
}

static void write_tools_of_history(struct sl_ai_writer *w, const struct sl_ai_turns *turns)
{
    for (const struct sl_ai_turn *t = turns->first; t != NULL; t = t->next)
        for (const struct sl_ai_part *p = t->parts; p != NULL; p = p->next) {
            if (p->kind != SL_AI_TOOL_CALL || !is_first_call_of(turns, p))
                continue;
            begin_spec(w, p->name, (sl_str){0}, (sl_str){0});
            end_spec(w);
        }
}

static void write_json_tool(struct sl_ai_writer *w)
{
    begin_spec(w, SL_AI_BEDROCK_JSON_TOOL, SL_STR("Give your answer by calling this tool."),
               w->rq->format == SL_AI_FORMAT_SCHEMA ? w->rq->format_schema_json : (sl_str){0});
    end_spec(w);
}

/* What is asked for; then what this model can be asked for, and whether that is less. */
struct forced {
    enum sl_ai_choice choice;
    sl_str name;
    bool is_less;
};

static struct forced choose(const struct plan *p, bool has_tools)
{
    struct forced f = {p->choice.choice, p->choice.name, false};
    bool is_thinking = p->thinking == THINKING_ADAPTIVE || p->thinking == THINKING_BUDGET;

    if (p->emulates_json)
        f = has_tools && f.choice != SL_AI_CHOICE_NONE
                ? (struct forced){SL_AI_CHOICE_REQUIRED, {0}, false}
                : (struct forced){SL_AI_CHOICE_NAMED, SL_AI_BEDROCK_JSON_TOOL, false};
    if (f.choice == SL_AI_CHOICE_NAMED && (p->body.takes & TAKES_NAMED) == 0)
        f = (struct forced){SL_AI_CHOICE_REQUIRED, {0}, !p->emulates_json};
    if ((f.choice == SL_AI_CHOICE_REQUIRED && (p->body.takes & TAKES_ANY) == 0) ||
        (is_thinking && (f.choice == SL_AI_CHOICE_REQUIRED || f.choice == SL_AI_CHOICE_NAMED)))
        f = (struct forced){SL_AI_CHOICE_AUTO, {0}, !p->emulates_json};
    if (f.choice == SL_AI_CHOICE_NONE) /* there is no such word, and the tools must stay */
        f = (struct forced){SL_AI_CHOICE_AUTO, {0}, true};
    return f;
}

static sl_rc write_tool_choice(struct sl_ai_writer *w, const struct plan *p)
{
    struct forced f = choose(p, w->rq->tools != NULL);
    const char *word = f.choice == SL_AI_CHOICE_NAMED      ? "tool"
                       : f.choice == SL_AI_CHOICE_REQUIRED ? "any"
                                                           : "auto";

    if (f.choice == SL_AI_CHOICE_UNSET)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("toolChoice"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key(&w->w, sl_cstr(word));
    sl_jsonw_object(&w->w);
    if (f.choice == SL_AI_CHOICE_NAMED)
        sl_jsonw_key_str(&w->w, SL_STR("name"), f.name);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return f.is_less ? sl_ai_drop(w, "tool_choice") : SL_OK;
}

static sl_rc write_tool_list(struct sl_ai_writer *w, struct plan *p)
{
    size_t index = 0;
    sl_rc rc = SL_OK;

    sl_jsonw_key(&w->w, SL_STR("tools"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_tool *t = w->rq->tools; t != NULL && rc == SL_OK; t = t->next, index++)
        if (sl_ai_choice_allows(&p->choice, t->name))
            rc = write_tool(w, p, t, index);
    if (w->rq->tools == NULL && p->has_history)
        write_tools_of_history(w, &p->body.turns);
    if (p->emulates_json)
        write_json_tool(w);
    sl_jsonw_end(&w->w);
    return rc;
}

/* "none" has no word here: without tools in the history it means to show none. */
static sl_rc write_tool_config(struct sl_ai_writer *w, struct plan *p)
{
    bool has_tools =
        w->rq->tools != NULL && (p->choice.choice != SL_AI_CHOICE_NONE || p->has_history);
    sl_rc rc;

    if (!has_tools && !p->has_history && !p->emulates_json)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("toolConfig"));
    sl_jsonw_object(&w->w);
    rc = write_tool_list(w, p);
    if (rc == SL_OK && (has_tools || p->emulates_json))
        rc = write_tool_choice(w, p);
    sl_jsonw_end(&w->w);
    return rc == SL_OK && has_tools ? sl_ai_drop_serial(w) : rc;
}

/* ------------------------------------------------------------------ inferenceConfig */

static sl_rc write_temperature(struct sl_ai_writer *w)
{
    bool is_clamped;
    sl_str value = sl_ai_number_upto(w->rq->temperature, 1, &is_clamped);

    sl_jsonw_key_raw(&w->w, SL_STR("temperature"), value);
    return is_clamped ? sl_ai_clamped(w, "temperature") : SL_OK;
}

/* Temperature and top_p exclude each other on current models of Claude. */
static sl_rc write_sampling(struct sl_ai_writer *w, const struct plan *p)
{
    const struct sl_ai_request *rq = w->rq;
    bool is_fixed = is_sampling_fixed(w, p) || is_nova_high(w, p);
    bool excludes = p->body.family == FAMILY_CLAUDE && rq->temperature.n != 0;
    sl_rc rc = SL_OK;

    if (rq->temperature.n != 0)
        rc = is_fixed ? sl_ai_drop(w, "temperature") : write_temperature(w);
    if (rc != SL_OK || rq->top_p.n == 0)
        return rc;
    if (is_fixed || excludes)
        return sl_ai_drop(w, "top_p");
    sl_jsonw_key_raw(&w->w, SL_STR("topP"), rq->top_p);
    return SL_OK;
}

static sl_rc write_inference_config(struct sl_ai_writer *w, const struct plan *p)
{
    sl_rc rc = SL_OK;

    sl_jsonw_key(&w->w, SL_STR("inferenceConfig"));
    sl_jsonw_object(&w->w);
    if (p->max_tokens >= 0 && is_nova_high(w, p))
        rc = sl_ai_drop(w, "max_tokens");
    else if (p->max_tokens >= 0)
        sl_jsonw_key_i64(&w->w, SL_STR("maxTokens"), p->max_tokens);
    if (rc == SL_OK)
        rc = write_sampling(w, p);
    if (rc == SL_OK)
        rc = sl_ai_write_stop(w, "stopSequences");
    sl_jsonw_end(&w->w);
    return rc;
}

/* ------------------------------------------------------------------ what only some models take */

static void write_claude_thinking(struct sl_ai_writer *w, const struct plan *p)
{
    sl_jsonw_key(&w->w, SL_STR("thinking"));
    if (w->rq->thinking_json.n != 0 && p->thinking == THINKING_ADAPTIVE &&
        w->rq->thinking_budget < 0) {
        sl_jsonw_raw(&w->w, w->rq->thinking_json);
        return;
    }
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"),
                     p->thinking == THINKING_OFF        ? SL_STR("disabled")
                     : p->thinking == THINKING_ADAPTIVE ? SL_STR("adaptive")
                                                        : SL_STR("enabled"));
    if (p->thinking == THINKING_BUDGET)
        sl_jsonw_key_i64(&w->w, SL_STR("budget_tokens"), p->budget);
    sl_jsonw_end(&w->w);
}

static void write_level(struct sl_ai_writer *w, const struct plan *p)
{
    if (p->body.family == FAMILY_GPT) {
        sl_jsonw_key_str(&w->w, SL_STR("reasoning_effort"), level_of(w->rq));
        return;
    }
    sl_jsonw_key(&w->w, SL_STR("reasoningConfig"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), SL_STR("enabled"));
    sl_jsonw_key_str(&w->w, SL_STR("maxReasoningEffort"), level_of(w->rq));
    sl_jsonw_end(&w->w);
}

static bool takes_top_k(const struct sl_ai_writer *w, const struct plan *p)
{
    return (p->body.family == FAMILY_CLAUDE && !is_sampling_fixed(w, p)) ||
           p->body.family == FAMILY_NOVA;
}

static void write_top_k(struct sl_ai_writer *w, const struct plan *p)
{
    if (p->body.family == FAMILY_CLAUDE) {
        sl_jsonw_key_raw(&w->w, SL_STR("top_k"), w->rq->top_k);
        return;
    }
    sl_jsonw_key(&w->w, SL_STR("inferenceConfig"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_raw(&w->w, SL_STR("topK"), w->rq->top_k);
    sl_jsonw_end(&w->w);
}

static sl_rc write_model_fields(struct sl_ai_writer *w, const struct plan *p)
{
    bool has_top_k = w->rq->top_k.n != 0 && takes_top_k(w, p);

    if (p->thinking != THINKING_UNSAID || has_top_k) {
        sl_jsonw_key(&w->w, SL_STR("additionalModelRequestFields"));
        sl_jsonw_object(&w->w);
        if (p->thinking == THINKING_LEVEL)
            write_level(w, p);
        else if (p->thinking != THINKING_UNSAID)
            write_claude_thinking(w, p);
        if (has_top_k)
            write_top_k(w, p);
        sl_jsonw_end(&w->w);
    }
    /* which of the stop strings it was, Claude tells only when it is asked */
    if (p->body.family == FAMILY_CLAUDE && w->rq->stop != NULL && w->rq->stop->n != 0)
        sl_jsonw_key_raw(&w->w, SL_STR("additionalModelResponseFieldPaths"),
                         SL_STR("[\"/stop_sequence\"]"));
    return w->rq->top_k.n != 0 && !has_top_k ? sl_ai_drop(w, "top_k") : SL_OK;
}

/* ------------------------------------------------------------------ outputConfig */

static void write_text_format(struct sl_ai_writer *w)
{
    sl_str schema = w->rq->format_schema_json;

    sl_jsonw_key(&w->w, SL_STR("textFormat"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), SL_STR("json_schema"));
    sl_jsonw_key(&w->w, SL_STR("structure"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key(&w->w, SL_STR("jsonSchema"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("schema"), schema.n != 0 ? schema : SL_STR("{}")); /* a text */
    if (w->rq->format_name.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("name"), w->rq->format_name);
    if (w->rq->format_description.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("description"), w->rq->format_description);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
}

static void write_output_config(struct sl_ai_writer *w, const struct plan *p)
{
    sl_str effort =
        p->thinking == THINKING_ADAPTIVE ? sl_ai_effort_anthropic(effort_of(w->rq)) : (sl_str){0};
    bool has_format = w->rq->format == SL_AI_FORMAT_SCHEMA && !p->emulates_json;

    if (effort.n == 0 && !has_format)
        return;
    sl_jsonw_key(&w->w, SL_STR("outputConfig"));
    sl_jsonw_object(&w->w);
    if (has_format)
        write_text_format(w);
    if (effort.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("effort"), effort);
    sl_jsonw_end(&w->w);
}

/* ------------------------------------------------------------------ the rest */

static sl_rc write_service_tier(struct sl_ai_writer *w)
{
    static const sl_str tiers[] = {SL_STR_INIT("default"), SL_STR_INIT("flex"),
                                   SL_STR_INIT("priority")};
    sl_str tier = w->rq->service_tier;

    if (tier.n == 0 || sl_str_eq(tier, SL_STR("auto")))
        return SL_OK;
    if (sl_str_eq(tier, SL_STR("standard_only")))
        tier = SL_STR("default");
    for (size_t i = 0; i < SL_LEN(tiers); i++) {
        if (!sl_str_eq(tiers[i], tier))
            continue;
        sl_jsonw_key(&w->w, SL_STR("serviceTier"));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_str(&w->w, SL_STR("type"), tier);
        sl_jsonw_end(&w->w);
        return SL_OK;
    }
    return sl_ai_drop(w, "service_tier");
}

static bool is_metadata_text(sl_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_alnum && (c == '\0' || strchr(" \t\r\n:_@$#=/+,-.", c) == NULL))
            return false;
    }
    return text.n <= METADATA_BYTES;
}

static bool is_metadata(const struct sl_json *map)
{
    struct sl_json_cursor c = sl_json_each(map);
    const struct sl_json *v;
    sl_str name;

    while ((v = sl_json_next(&c, &name)) != NULL)
        if (name.n == 0 || !is_metadata_text(name) || sl_json_kind(v) != SL_JSON_STRING ||
            !is_metadata_text(sl_json_text(v)))
            return false;
    return sl_json_kind(map) == SL_JSON_OBJECT && sl_json_count(map) <= METADATA_MAX;
}

static const struct sl_json *metadata_of(const struct sl_ai_writer *w)
{
    struct sl_jsonscan_info info;
    const struct sl_json *map;

    if (w->rq->metadata_json.n == 0 ||
        sl_json_parse(w->rq->metadata_json, w->a, &map, &info) != SL_OK)
        return NULL;
    return is_metadata(map) ? map : NULL;
}

/* It is for the operator's logs at the vendor, and only plain texts may stand there. */
static sl_rc write_metadata(struct sl_ai_writer *w)
{
    const struct sl_ai_request *rq = w->rq;
    const struct sl_json *map = metadata_of(w);
    bool has_user = rq->user.n != 0 && map == NULL && is_metadata_text(rq->user);
    sl_rc rc = SL_OK;

    if (map != NULL || has_user)
        sl_jsonw_key(&w->w, SL_STR("requestMetadata"));
    if (map != NULL)
        sl_json_write(map, &w->w);
    if (has_user) {
        sl_jsonw_object(&w->w);
        sl_jsonw_key_str(&w->w, SL_STR("user"), rq->user);
        sl_jsonw_end(&w->w);
    }
    if (rq->metadata_json.n != 0 && map == NULL)
        rc = sl_ai_drop(w, "metadata");
    if (rc == SL_OK && rq->user.n != 0 && !has_user)
        rc = sl_ai_drop(w, "user");
    return rc;
}

static const struct sl_ai_foreign foreign[] = {
    SL_AI_FOREIGN(NUMBER, "seed", seed),
    SL_AI_FOREIGN(NUMBER, "presence_penalty", presence_penalty),
    SL_AI_FOREIGN(NUMBER, "frequency_penalty", frequency_penalty),
    SL_AI_FOREIGN(JSON, "logit_bias", logit_bias_json),
    SL_AI_FOREIGN(FLAG, "logprobs", logprobs),
    SL_AI_FOREIGN(INT, "top_logprobs", top_logprobs),
    SL_AI_FOREIGN(TEXT, "verbosity", verbosity),
    SL_AI_FOREIGN(TEXT, "prompt_cache_key", prompt_cache_key),
};

static sl_rc write_rest(struct sl_ai_writer *w, struct plan *p)
{
    sl_rc rc = write_inference_config(w, p);

    if (rc == SL_OK)
        rc = write_model_fields(w, p);
    write_output_config(w, p);
    if (rc == SL_OK)
        rc = write_service_tier(w);
    if (rc == SL_OK)
        rc = write_metadata(w);
    if (rc == SL_OK && p->emulates_json && w->rq->format_description.n != 0)
        rc = sl_ai_drop(w, "response_format.description");
    if (rc == SL_OK)
        rc = sl_ai_drop_foreign(w, foreign, SL_LEN(foreign));
    return rc == SL_OK ? sl_ai_write_extra(w) : rc;
}

sl_rc sl_ai_bedrock_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                   struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                   struct sl_diag *d)
{
    struct sl_ai_writer w = {.rq = rq, .t = t, .receipt = receipt, .a = receipt->arena, .d = d};
    struct plan p = {0};
    sl_rc rc = make_plan(&w, &p);

    if (rc != SL_OK)
        return rc;
    sl_ai_writer_begin(&w, out);
    sl_jsonw_object(&w.w);
    rc = write_tool_config(&w, &p); /* first what a prompt cache has first */
    if (rc == SL_OK)
        rc = sl_ai_bedrock_write_system(&w, &p.body);
    if (rc == SL_OK)
        rc = sl_ai_bedrock_write_messages(&w, &p.body);
    if (rc == SL_OK)
        rc = write_rest(&w, &p);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_end(&w.w);
    return SL_OK;
}
