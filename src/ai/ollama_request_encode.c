/*
 * ollama_request_encode: the hub's request as Ollama's native chat wants it (wire-formats 6).
 *
 * A message has one text and its images beside it; results of tools are known by the tool's name, for
 * there are no ids.
 */
#include "ai/ollama_int.h"

#include "ai/tool_args.h"
#include "base/enc.h"
#include "base/str.h"
#include "base/utf8.h"

enum {
    BYTES_PER_TOKEN = 3,       /* of a prompt: rather too few, for what does not fit is cut off */
    ANSWER_TOKENS = 4096,      /* when the client names no limit */
    CONTEXT_TOKENS_MIN = 8192, /* the least that is asked for */
};

/* ------------------------------------------------------------------ one message */

static sl_rc add_document(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place,
                          struct sl_strbuf *text)
{
    size_t from = text->n;

    if (part->source == SL_AI_SOURCE_TEXT) {
        sl_strbuf_add(text, part->text);
        return SL_OK;
    }
    if (part->source != SL_AI_SOURCE_BASE64 || !sl_str_starts(part->media_type, SL_STR("text/")))
        return sl_ai_refuse(w, place, "has a document that is no text");
    if (!sl_dec_base64(text, part->text) ||
        !sl_utf8_is_valid(sl_str_from(sl_strbuf_str(text), from)))
        return sl_diag_fail(w->d, SL_E_AI_BAD_BODY, place, "must be UTF-8 in valid base64");
    return SL_OK;
}

/* Behind `lead` the texts of `parts`, each on lines of its own. */
static sl_rc join_text(struct sl_ai_writer *w, sl_str lead, const struct sl_ai_part *parts,
                       const char *place, sl_str *ret)
{
    struct sl_strbuf text;
    sl_rc rc = SL_OK;

    sl_strbuf_init(&text, w->a, 0);
    sl_strbuf_add(&text, lead);
    for (const struct sl_ai_part *p = parts; p != NULL && rc == SL_OK; p = p->next) {
        bool is_text = p->kind == SL_AI_TEXT || p->kind == SL_AI_REFUSAL;
        bool is_opaque = p->kind == SL_AI_OPAQUE; /* in results alone */
        if (!is_text && !is_opaque && p->kind != SL_AI_DOCUMENT)
            continue;
        if (text.n != lead.n)
            sl_strbuf_add_char(&text, '\n');
        if (p->kind == SL_AI_DOCUMENT)
            rc = add_document(w, p, place, &text);
        else
            sl_strbuf_add(&text, is_opaque ? p->raw_json : p->text);
    }
    if (text.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, place, "is too large");
    *ret = sl_strbuf_str(&text);
    return rc;
}

static sl_rc begin_message_of(struct sl_ai_writer *w, const char *role, sl_str lead,
                              const struct sl_ai_part *parts, const char *place)
{
    sl_str text;
    sl_rc rc = join_text(w, lead, parts, place, &text);

    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("role"), sl_cstr(role));
    if (rc == SL_OK)
        sl_jsonw_key_str(&w->w, SL_STR("content"), text);
    return rc;
}

static sl_rc begin_message(struct sl_ai_writer *w, const char *role, const struct sl_ai_part *parts,
                           const char *place)
{
    return begin_message_of(w, role, (sl_str){0}, parts, place);
}

static bool has_kind(const struct sl_ai_part *parts, enum sl_ai_part_kind kind)
{
    for (; parts != NULL; parts = parts->next)
        if (parts->kind == kind)
            return true;
    return false;
}

static sl_rc write_images(struct sl_ai_writer *w, const struct sl_ai_part *parts, const char *place)
{
    bool has_detail = false;

    if (!has_kind(parts, SL_AI_IMAGE))
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("images"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_part *p = parts; p != NULL; p = p->next) {
        if (p->kind != SL_AI_IMAGE)
            continue;
        if (p->source != SL_AI_SOURCE_BASE64)
            return sl_ai_refuse(
                w, place, "has a URL, which the chosen model does not fetch; send the content");
        has_detail |= p->detail.n != 0 && !sl_str_eq(p->detail, SL_STR("auto"));
        sl_jsonw_str(&w->w, p->text);
    }
    sl_jsonw_end(&w->w);
    return has_detail ? sl_ai_drop(w, "image_url.detail") : SL_OK;
}

static sl_rc check_parts(struct sl_ai_writer *w, const struct sl_ai_part *parts, const char *place)
{
    for (const struct sl_ai_part *p = parts; p != NULL; p = p->next) {
        if (p->kind == SL_AI_AUDIO || p->kind == SL_AI_OPAQUE)
            return sl_ai_refuse(w, place, "has a part that the chosen model does not take");
        if (p->kind == SL_AI_TOOL_CALL && p->is_custom_tool)
            return sl_ai_refuse(w, place,
                                "is a call of a custom tool, which the model does not have");
    }
    return SL_OK;
}

/* ------------------------------------------------------------------ turns */

/* What only the client's dialect knows is told as it was written. */
static sl_rc write_result(struct sl_ai_writer *w, const struct sl_ai_part *call,
                          const struct sl_ai_part *result, const char *place)
{
    sl_str lead = result->is_error ? SL_AI_ERROR_RESULT : (sl_str){0};
    sl_rc rc = begin_message_of(w, "tool", lead, result->parts, place);

    if (rc == SL_OK && has_kind(result->parts, SL_AI_AUDIO))
        return sl_ai_refuse(w, place, "has a part that a tool result cannot hold");
    sl_jsonw_key_str(&w->w, SL_STR("tool_name"), call->name);
    if (sl_ai_is_home(w))
        sl_jsonw_key_str(&w->w, SL_STR("tool_call_id"), result->id);
    if (rc == SL_OK)
        rc = write_images(w, result->parts, place);
    if (rc == SL_OK)
        sl_jsonw_end(&w->w);
    return rc;
}

/* In the order of the calls: of two of one function nothing else tells which result is whose. */
static sl_rc write_results(struct sl_ai_writer *w, const struct sl_ai_turn *calls,
                           const struct sl_ai_turn *turn, const char *place)
{
    sl_rc rc = SL_OK;

    for (const struct sl_ai_part *p = calls != NULL ? calls->parts : NULL; p != NULL && rc == SL_OK;
         p = p->next)
        if (p->kind == SL_AI_TOOL_CALL)
            rc = write_result(w, p, sl_ai_turn_result(turn, p->id), place);
    return rc;
}

static bool has_other_than_results(const struct sl_ai_turn *turn)
{
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        if (p->kind != SL_AI_TOOL_RESULT)
            return true;
    return false;
}

static sl_rc write_user(struct sl_ai_writer *w, const struct sl_ai_turn *turn,
                        const struct sl_ai_turn *before, const char *place)
{
    sl_rc rc = write_results(w, before, turn, place);

    if (rc != SL_OK || !has_other_than_results(turn))
        return rc;
    rc = begin_message(w, "user", turn->parts, place);
    if (rc == SL_OK)
        rc = write_images(w, turn->parts, place);
    if (rc == SL_OK)
        sl_jsonw_end(&w->w);
    return rc;
}

/* What others signed is theirs. */
static void write_thinking(struct sl_ai_writer *w, const struct sl_ai_turn *turn)
{
    struct sl_strbuf text;

    sl_strbuf_init(&text, w->a, 0);
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        if (p->kind == SL_AI_THINKING && p->signature.n == 0 && !p->is_redacted)
            sl_strbuf_add(&text, p->text);
    if (text.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("thinking"), sl_strbuf_str(&text));
}

static sl_rc write_call(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place)
{
    struct sl_strbuf arguments;

    sl_strbuf_init(&arguments, w->a, 0);
    sl_ai_args_add_object(&arguments, part->arguments_json);
    if (arguments.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, place, "is too large");
    sl_jsonw_object(&w->w);
    if (sl_ai_is_home(w)) /* older ones have none */
        sl_jsonw_key_str(&w->w, SL_STR("id"), part->id);
    sl_jsonw_key(&w->w, SL_STR("function"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("name"), part->name);
    sl_jsonw_key_raw(&w->w, SL_STR("arguments"), sl_strbuf_str(&arguments));
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return SL_OK;
}

static sl_rc write_assistant(struct sl_ai_writer *w, const struct sl_ai_turn *turn,
                             const char *place)
{
    sl_rc rc = begin_message(w, "assistant", turn->parts, place);

    write_thinking(w, turn);
    if (rc == SL_OK && has_kind(turn->parts, SL_AI_TOOL_CALL)) {
        sl_jsonw_key(&w->w, SL_STR("tool_calls"));
        sl_jsonw_array(&w->w);
        for (const struct sl_ai_part *p = turn->parts; p != NULL && rc == SL_OK; p = p->next)
            if (p->kind == SL_AI_TOOL_CALL)
                rc = write_call(w, p, place);
        sl_jsonw_end(&w->w);
    }
    if (rc == SL_OK)
        rc = write_images(w, turn->parts, place);
    if (rc == SL_OK)
        sl_jsonw_end(&w->w);
    return rc;
}

static sl_rc write_messages(struct sl_ai_writer *w, const struct sl_ai_turns *turns)
{
    const struct sl_ai_turn *before = NULL;
    sl_rc rc = SL_OK;

    sl_jsonw_key(&w->w, SL_STR("messages"));
    sl_jsonw_array(&w->w);
    if (turns->system != NULL) {
        rc = begin_message(w, "system", turns->system, "system");
        sl_jsonw_end(&w->w);
    }
    for (const struct sl_ai_turn *t = turns->first; t != NULL && rc == SL_OK; t = t->next) {
        sl_str place = sl_ai_message_place(w->a, w->rq, t->index);
        rc = check_parts(w, t->parts, place.p);
        if (rc == SL_OK)
            rc = t->is_assistant ? write_assistant(w, t, place.p)
                                 : write_user(w, t, before, place.p);
        before = t;
    }
    if (rc == SL_OK)
        sl_jsonw_end(&w->w);
    return rc;
}

/* ------------------------------------------------------------------ tools */

static sl_rc write_tool(struct sl_ai_writer *w, const struct sl_ai_tool *t, size_t index)
{
    if (t->is_vendor || t->is_custom)
        return sl_ai_refuse(w, sl_fmt(w->a, "tools[%zu].type", index).p,
                            "is a kind of tool that the chosen model does not have");
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), SL_STR("function"));
    sl_jsonw_key(&w->w, SL_STR("function"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("name"), t->name);
    if (t->description.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("description"), t->description);
    sl_jsonw_key_raw(&w->w, SL_STR("parameters"),
                     t->schema_json.n != 0 ? t->schema_json
                                           : SL_STR("{\"type\":\"object\",\"properties\":{}}"));
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return t->strict == 1 ? sl_ai_drop(w, "tools.strict") : SL_OK;
}

/* There is no tool_choice: what must not be called is not shown; what must be, can only be hoped for. */
static sl_rc write_tools(struct sl_ai_writer *w)
{
    struct sl_ai_choice_plan p;
    size_t index = 0;
    sl_rc rc = SL_OK;

    sl_ai_choice_make(w, &p);
    if (w->rq->tools == NULL || p.choice == SL_AI_CHOICE_NONE)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("tools"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_tool *t = w->rq->tools; t != NULL && rc == SL_OK;
         t = t->next, index++) {
        bool is_shown = p.choice == SL_AI_CHOICE_NAMED ? sl_str_eq(p.name, t->name)
                                                       : sl_ai_choice_allows(&p, t->name);
        if (is_shown)
            rc = write_tool(w, t, index);
    }
    sl_jsonw_end(&w->w);
    if (rc == SL_OK && (p.choice == SL_AI_CHOICE_REQUIRED || p.choice == SL_AI_CHOICE_NAMED))
        rc = sl_ai_drop(w, "tool_choice");
    return rc == SL_OK ? sl_ai_drop_serial(w) : rc;
}

/* ------------------------------------------------------------------ options */

static void write_number(struct sl_ai_writer *w, const char *name, sl_str number)
{
    if (number.n != 0)
        sl_jsonw_key_raw(&w->w, sl_cstr(name), number);
}

static int64_t limit_of(const struct sl_ai_writer *w)
{
    if (w->rq->max_tokens < 0 && w->t->cap_max_tokens > 0)
        return w->t->cap_max_tokens;
    return w->rq->max_tokens;
}

/* The client has said so itself, in Ollama's words. */
static bool has_own_context(const struct sl_ai_writer *w)
{
    for (size_t i = 0; i < w->rq->extra.n; i++)
        if (sl_str_eq(w->rq->extra.v[i].name, SL_STR(SL_AI_OLLAMA_OPTIONS "num_ctx")))
            return true;
    return false;
}

/* Options that only Ollama knows, of a client of Ollama's. */
static bool is_own_option(sl_str name, sl_str value)
{
    (void)value;
    return sl_str_starts(name, SL_STR(SL_AI_OLLAMA_OPTIONS));
}

static void write_own_options(struct sl_ai_writer *w)
{
    for (size_t i = 0; i < w->rq->extra.n && sl_ai_is_home(w); i++) {
        const struct sl_pair *p = &w->rq->extra.v[i];
        if (is_own_option(p->name, p->value))
            sl_jsonw_key_raw(&w->w, sl_str_from(p->name, strlen(SL_AI_OLLAMA_OPTIONS)), p->value);
    }
}

/*
 * Left alone, a prompt is cut to a few thousand tokens without a word. As much as this one needs, in powers of
 * two (a new size loads the model anew), and not more than the model has; without the catalogue's word
 * nothing is said.
 */
static void write_context(struct sl_ai_writer *w)
{
    int64_t limit = limit_of(w), size = CONTEXT_TOKENS_MIN;
    int64_t need = sl_add_sat_i64((int64_t)(w->w.out->n / BYTES_PER_TOKEN),
                                  limit >= 0 ? limit : ANSWER_TOKENS);
    int64_t most = w->t->model_info != NULL ? w->t->model_info->context_tokens : 0;

    if (most == 0 || has_own_context(w))
        return;
    while (size < need && size < most)
        size *= 2;
    sl_jsonw_key_i64(&w->w, SL_STR("num_ctx"), SL_MIN(size, most));
}

static void write_options(struct sl_ai_writer *w)
{
    const struct sl_ai_request *rq = w->rq;

    sl_jsonw_key(&w->w, SL_STR("options"));
    sl_jsonw_object(&w->w);
    write_context(w);
    if (limit_of(w) >= 0)
        sl_jsonw_key_i64(&w->w, SL_STR("num_predict"), limit_of(w));
    write_number(w, "temperature", rq->temperature);
    write_number(w, "top_p", rq->top_p);
    write_number(w, "top_k", rq->top_k);
    write_number(w, "seed", rq->seed);
    write_number(w, "presence_penalty", rq->presence_penalty);
    write_number(w, "frequency_penalty", rq->frequency_penalty);
    if (rq->stop != NULL && rq->stop->n != 0) {
        sl_jsonw_key(&w->w, SL_STR("stop"));
        sl_jsonw_array(&w->w);
        for (size_t i = 0; i < rq->stop->n; i++)
            sl_jsonw_str(&w->w, rq->stop->v[i]);
        sl_jsonw_end(&w->w);
    }
    write_own_options(w);
    sl_jsonw_end(&w->w);
}

/* ------------------------------------------------------------------ the rest */

static void write_format(struct sl_ai_writer *w)
{
    bool has_schema = w->rq->format_schema_json.n != 0;

    if (w->rq->format == SL_AI_FORMAT_SCHEMA && has_schema)
        sl_jsonw_key_raw(&w->w, SL_STR("format"), w->rq->format_schema_json);
    else if (w->rq->format == SL_AI_FORMAT_JSON || w->rq->format == SL_AI_FORMAT_SCHEMA)
        sl_jsonw_key_str(&w->w, SL_STR("format"), SL_STR("json"));
}

static void write_logprobs(struct sl_ai_writer *w)
{
    if (w->rq->logprobs > 0)
        sl_jsonw_key_bool(&w->w, SL_STR("logprobs"), true);
    if (w->rq->logprobs > 0 && w->rq->top_logprobs > 0)
        sl_jsonw_key_i64(&w->w, SL_STR("top_logprobs"), w->rq->top_logprobs);
}

static sl_str level_of(enum sl_ai_effort effort)
{
    return effort <= SL_AI_EFFORT_LOW      ? SL_STR("low")
           : effort == SL_AI_EFFORT_MEDIUM ? SL_STR("medium")
                                           : SL_STR("high");
}

/* A switch; only gpt-oss has levels, and cannot be switched off. A model that cannot think refuses the word. */
static sl_rc write_think(struct sl_ai_writer *w)
{
    const struct sl_ai_request *rq = w->rq;
    bool is_off = rq->thinking_budget == 0 || rq->effort == SL_AI_EFFORT_NONE;
    bool is_on = !is_off && (rq->thinking_budget > 0 || rq->effort != SL_AI_EFFORT_UNSET);
    bool is_able = w->t->model_info == NULL || sl_ai_model_has(w->t, SL_AI_MODEL_REASONING);
    bool has_levels = sl_str_find_str(w->t->model, SL_STR("gpt-oss")) != SIZE_MAX;

    if (!is_on && !is_off)
        return SL_OK;
    if (!is_able)
        return is_on ? sl_ai_drop(w, "reasoning_effort") : SL_OK;
    if (has_levels)
        sl_jsonw_key_str(&w->w, SL_STR("think"), is_off ? SL_STR("low") : level_of(rq->effort));
    else
        sl_jsonw_key_bool(&w->w, SL_STR("think"), is_on);
    return SL_OK;
}

static const struct sl_ai_foreign foreign[] = {
    SL_AI_FOREIGN(JSON, "logit_bias", logit_bias_json),
    SL_AI_FOREIGN(TEXT, "response_format.description", format_description),
    SL_AI_FOREIGN(TEXT, "verbosity", verbosity),
    SL_AI_FOREIGN(TEXT, "prompt_cache_key", prompt_cache_key),
    SL_AI_FOREIGN(TEXT, "user", user),
    SL_AI_FOREIGN(TEXT, "service_tier", service_tier),
    SL_AI_FOREIGN(JSON, "metadata", metadata_json),
};

sl_rc sl_ai_ollama_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                  struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                  struct sl_diag *d)
{
    struct sl_ai_writer w = {.rq = rq, .t = t, .receipt = receipt, .a = receipt->arena, .d = d};
    struct sl_ai_turns turns;
    sl_rc rc;

    if (rq->choices > 1)
        return sl_ai_refuse(&w, "n", "must be 1 for the chosen model");
    rc = sl_ai_writer_turns(&w, SL_AI_OLLAMA, true, &turns);
    if (rc == SL_OK)
        rc = sl_ai_drop_marks(&w, &turns);
    if (rc != SL_OK)
        return rc;
    sl_ai_writer_begin(&w, out);
    sl_jsonw_object(&w.w);
    sl_jsonw_key_str(&w.w, SL_STR("model"), t->model);
    sl_jsonw_key_bool(&w.w, SL_STR("stream"),
                      rq->is_stream); /* it would stream if nothing were said */
    rc = write_tools(&w);
    if (rc == SL_OK)
        rc = write_messages(&w, &turns);
    if (rc != SL_OK)
        return rc;
    write_format(&w);
    rc = write_think(&w);
    write_options(&w);
    write_logprobs(&w);
    if (rc == SL_OK)
        rc = sl_ai_drop_foreign(&w, foreign, SL_LEN(foreign));
    if (rc == SL_OK)
        rc = sl_ai_write_extra_but(&w, sl_ai_is_home(&w) ? is_own_option : NULL);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_end(&w.w);
    return SL_OK;
}
