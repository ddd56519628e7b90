/*
 * cohere_request_encode: the hub's request as Cohere's v2 chat wants it (wire-formats 5).
 */
#include "ai/cohere_int.h"

#include "base/enc.h"
#include "base/str.h"
#include "base/utf8.h"

/* Stands where a message must have a text and there is none. */
#define NO_TEXT SL_STR("...")

static void begin_part(struct sl_ai_writer *w, const char *type)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), sl_cstr(type));
}

static void begin_message(struct sl_ai_writer *w, const char *role)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("role"), sl_cstr(role));
}

static void begin_content(struct sl_ai_writer *w)
{
    sl_jsonw_key(&w->w, SL_STR("content"));
    sl_jsonw_array(&w->w);
}

/* ------------------------------------------------------------------ parts */

static void write_text(struct sl_ai_writer *w, sl_str text)
{
    begin_part(w, "text");
    sl_jsonw_key_str(&w->w, SL_STR("text"), text);
    sl_jsonw_end(&w->w);
}

/* Cohere signs nothing: what is signed is another vendor's. */
static void write_thinking(struct sl_ai_writer *w, const struct sl_ai_part *part)
{
    if (part->signature.n != 0 || part->is_redacted)
        return;
    begin_part(w, "thinking");
    sl_jsonw_key_str(&w->w, SL_STR("thinking"), part->text);
    sl_jsonw_end(&w->w);
}

static sl_rc write_image(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place)
{
    bool is_data = part->source == SL_AI_SOURCE_BASE64;
    struct sl_strbuf url;

    if (!is_data && part->source != SL_AI_SOURCE_URL)
        return sl_ai_refuse(w, place, "names a file that another vendor keeps");
    begin_part(w, "image_url");
    sl_jsonw_key(&w->w, SL_STR("image_url"));
    sl_jsonw_object(&w->w);
    sl_strbuf_init(&url, w->a, 0);
    if (is_data)
        sl_strbuf_addf(&url, "data:%.*s;base64,", SL_STRF(part->media_type));
    sl_strbuf_add(&url, part->text);
    if (url.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, place, "is too large");
    sl_jsonw_key_str(&w->w, SL_STR("url"), sl_strbuf_str(&url));
    if (part->detail.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("detail"), part->detail);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return SL_OK;
}

/* Documents stand beside the messages (write_documents). */
static sl_rc write_user_part(struct sl_ai_writer *w, const struct sl_ai_part *part,
                             const char *place)
{
    switch (part->kind) {
    case SL_AI_TEXT:
    case SL_AI_REFUSAL:
        write_text(w, part->text);
        return SL_OK;
    case SL_AI_IMAGE:
        return write_image(w, part, place);
    case SL_AI_DOCUMENT:
    case SL_AI_TOOL_RESULT:
    case SL_AI_THINKING:
        return SL_OK;
    case SL_AI_TOOL_CALL:
    case SL_AI_AUDIO:
    case SL_AI_OPAQUE:
        break;
    }
    return sl_ai_refuse(w, place, "has a part that the chosen model does not take");
}

/* ------------------------------------------------------------------ messages */

static bool has_other_than(const struct sl_ai_turn *turn, enum sl_ai_part_kind a,
                           enum sl_ai_part_kind b)
{
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        if (p->kind != a && p->kind != b)
            return true;
    return false;
}

static bool has_kind(const struct sl_ai_turn *turn, enum sl_ai_part_kind kind)
{
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        if (p->kind == kind)
            return true;
    return false;
}

/* Only text: of other kinds Cohere reads nothing. */
static sl_rc document_text(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place,
                           sl_str *ret)
{
    struct sl_strbuf plain;

    if (part->source == SL_AI_SOURCE_TEXT) {
        *ret = part->text;
        return SL_OK;
    }
    if (part->source != SL_AI_SOURCE_BASE64 || !sl_str_starts(part->media_type, SL_STR("text/")))
        return sl_ai_refuse(w, place, "has a document that is no text");
    sl_strbuf_init(&plain, w->a, 0);
    if (!sl_dec_base64(&plain, part->text) || !sl_utf8_is_valid(sl_strbuf_str(&plain)))
        return sl_diag_fail(w->d, SL_E_AI_BAD_BODY, place, "must be UTF-8 in valid base64");
    *ret = sl_strbuf_str(&plain);
    return SL_OK;
}

/* Images stand behind the results (write_result_images). */
static sl_rc write_result_part(struct sl_ai_writer *w, const struct sl_ai_part *p,
                               const char *place)
{
    sl_str text = p->kind == SL_AI_OPAQUE ? p->raw_json : p->text;
    sl_rc rc = SL_OK;

    if (p->kind == SL_AI_TEXT && p->raw_json.n != 0 && sl_ai_is_home(w)) { /* a document */
        sl_jsonw_raw(&w->w, p->raw_json);
        return SL_OK;
    }
    if (p->kind == SL_AI_DOCUMENT)
        rc = document_text(w, p, place, &text);
    if (rc == SL_OK)
        write_text(w, text);
    return rc;
}

static sl_rc write_result(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place)
{
    bool has_any = false;
    sl_rc rc = SL_OK;

    begin_message(w, "tool");
    sl_jsonw_key_str(&w->w, SL_STR("tool_call_id"), part->id);
    begin_content(w);
    if (part->is_error) /* there is no member for it */
        write_text(w, SL_STR("Error:"));
    for (const struct sl_ai_part *p = part->parts; p != NULL && rc == SL_OK; p = p->next) {
        if (p->kind == SL_AI_AUDIO)
            return sl_ai_refuse(w, place, "has a part that a tool result cannot hold");
        if (p->kind == SL_AI_IMAGE || (p->kind == SL_AI_TEXT && sl_ai_text_is_blank(p->text)))
            continue;
        rc = write_result_part(w, p, place);
        has_any = true;
    }
    if (!has_any && !part->is_error)
        write_text(w, NO_TEXT);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return rc;
}

static bool has_result_images(const struct sl_ai_turn *turn)
{
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        for (const struct sl_ai_part *q = p->kind == SL_AI_TOOL_RESULT ? p->parts : NULL; q != NULL;
             q = q->next)
            if (q->kind == SL_AI_IMAGE)
                return true;
    return false;
}

static sl_rc write_result_images(struct sl_ai_writer *w, const struct sl_ai_turn *turn,
                                 const char *place)
{
    sl_rc rc = SL_OK;

    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        for (const struct sl_ai_part *q = p->kind == SL_AI_TOOL_RESULT ? p->parts : NULL;
             q != NULL && rc == SL_OK; q = q->next)
            if (q->kind == SL_AI_IMAGE)
                rc = write_image(w, q, place);
    return rc;
}

/* Results are messages of their own; what is left of the turn, and their images, is the user's. */
static sl_rc write_user(struct sl_ai_writer *w, const struct sl_ai_turn *turn, const char *place)
{
    bool has_images = has_result_images(turn);
    sl_rc rc = SL_OK;

    for (const struct sl_ai_part *p = turn->parts; p != NULL && rc == SL_OK; p = p->next)
        if (p->kind == SL_AI_TOOL_RESULT)
            rc = write_result(w, p, place);
    if (rc != SL_OK || (!has_images && !has_other_than(turn, SL_AI_TOOL_RESULT, SL_AI_TOOL_RESULT)))
        return rc;
    begin_message(w, "user");
    begin_content(w);
    rc = write_result_images(w, turn, place);
    for (const struct sl_ai_part *p = turn->parts; p != NULL && rc == SL_OK; p = p->next)
        rc = write_user_part(w, p, place);
    if (!has_images && !has_other_than(turn, SL_AI_TOOL_RESULT, SL_AI_DOCUMENT))
        write_text(w, NO_TEXT);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return rc;
}

static void write_call(struct sl_ai_writer *w, const struct sl_ai_part *part)
{
    begin_part(w, "function");
    sl_jsonw_key_str(&w->w, SL_STR("id"), part->id);
    sl_jsonw_key(&w->w, SL_STR("function"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("name"), part->name);
    sl_jsonw_key_str(&w->w, SL_STR("arguments"),
                     part->arguments_json.n != 0 ? part->arguments_json : SL_STR("{}"));
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
}

static sl_rc write_calls(struct sl_ai_writer *w, const struct sl_ai_turn *turn, const char *place)
{
    if (!has_kind(turn, SL_AI_TOOL_CALL))
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("tool_calls"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next) {
        if (p->kind != SL_AI_TOOL_CALL)
            continue;
        if (p->is_custom_tool)
            return sl_ai_refuse(w, place,
                                "is a call of a custom tool, which the model does not have");
        write_call(w, p);
    }
    sl_jsonw_end(&w->w);
    return SL_OK;
}

static sl_rc write_assistant_part(struct sl_ai_writer *w, const struct sl_ai_part *part,
                                  const char *place)
{
    switch (part->kind) {
    case SL_AI_TEXT:
    case SL_AI_REFUSAL:
        write_text(w, part->text);
        return SL_OK;
    case SL_AI_THINKING:
        write_thinking(w, part);
        return SL_OK;
    case SL_AI_TOOL_CALL:
        return SL_OK;
    case SL_AI_TOOL_RESULT:
    case SL_AI_IMAGE:
    case SL_AI_DOCUMENT:
    case SL_AI_AUDIO:
    case SL_AI_OPAQUE:
        break;
    }
    return sl_ai_refuse(w, place, "has a part that the chosen model does not take");
}

/* What was thought before calls, which have no text beside them, is the plan. */
static void write_plan(struct sl_ai_writer *w, const struct sl_ai_turn *turn)
{
    struct sl_strbuf plan;

    sl_strbuf_init(&plan, w->a, 0);
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        if (p->kind == SL_AI_THINKING && p->signature.n == 0 && !p->is_redacted)
            sl_strbuf_add(&plan, p->text);
    if (plan.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("tool_plan"), sl_strbuf_str(&plan));
}

static sl_rc write_assistant(struct sl_ai_writer *w, const struct sl_ai_turn *turn,
                             const char *place)
{
    bool has_calls = has_kind(turn, SL_AI_TOOL_CALL);
    sl_rc rc = SL_OK;

    begin_message(w, "assistant");
    if (!has_calls || has_other_than(turn, SL_AI_TOOL_CALL, SL_AI_THINKING)) {
        begin_content(w);
        for (const struct sl_ai_part *p = turn->parts; p != NULL && rc == SL_OK; p = p->next)
            rc = write_assistant_part(w, p, place);
        if (!has_other_than(turn, SL_AI_THINKING, SL_AI_TOOL_CALL))
            write_text(w, NO_TEXT);
        sl_jsonw_end(&w->w);
    } else {
        write_plan(w, turn);
    }
    if (rc == SL_OK)
        rc = write_calls(w, turn, place);
    sl_jsonw_end(&w->w);
    return rc;
}

static void write_system(struct sl_ai_writer *w, const struct sl_ai_part *parts)
{
    if (parts == NULL)
        return;
    begin_message(w, "system");
    begin_content(w);
    for (const struct sl_ai_part *p = parts; p != NULL; p = p->next)
        write_text(w, p->text);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
}

static sl_rc write_messages(struct sl_ai_writer *w, const struct sl_ai_turns *turns)
{
    sl_rc rc = SL_OK;

    sl_jsonw_key(&w->w, SL_STR("messages"));
    sl_jsonw_array(&w->w);
    write_system(w, turns->system);
    for (const struct sl_ai_turn *t = turns->first; t != NULL && rc == SL_OK; t = t->next) {
        sl_str place = sl_ai_message_place(w->a, w->rq, t->index);
        rc = t->is_assistant ? write_assistant(w, t, place.p) : write_user(w, t, place.p);
    }
    sl_jsonw_end(&w->w);
    return rc;
}

/* ------------------------------------------------------------------ documents */

static sl_rc write_document(struct sl_ai_writer *w, const struct sl_ai_part *part,
                            const char *place)
{
    sl_str title = part->title.n != 0 ? part->title : part->file_name, text;
    sl_rc rc = document_text(w, part, place, &text);

    if (rc != SL_OK)
        return rc;
    if (part->raw_json.n != 0 && sl_ai_is_home(w)) {
        sl_jsonw_raw(&w->w, part->raw_json);
        return SL_OK;
    }
    sl_jsonw_object(&w->w);
    sl_jsonw_key(&w->w, SL_STR("data"));
    sl_jsonw_object(&w->w);
    if (title.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("title"), title);
    sl_jsonw_key_str(&w->w, SL_STR("text"), text);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return SL_OK;
}

static bool has_documents(const struct sl_ai_turns *turns)
{
    for (const struct sl_ai_turn *t = turns->first; t != NULL; t = t->next)
        if (has_kind(t, SL_AI_DOCUMENT))
            return true;
    return false;
}

static sl_rc write_documents(struct sl_ai_writer *w, const struct sl_ai_turns *turns)
{
    sl_rc rc = SL_OK;

    if (!has_documents(turns))
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("documents"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_turn *t = turns->first; t != NULL; t = t->next) {
        sl_str place = sl_ai_message_place(w->a, w->rq, t->index);
        for (const struct sl_ai_part *p = t->parts; p != NULL && rc == SL_OK; p = p->next)
            if (p->kind == SL_AI_DOCUMENT)
                rc = write_document(w, p, place.p);
    }
    sl_jsonw_end(&w->w);
    return rc;
}

/* ------------------------------------------------------------------ tools */

static sl_rc write_tool(struct sl_ai_writer *w, const struct sl_ai_tool *t, size_t index)
{
    if (t->is_vendor || t->is_custom)
        return sl_ai_refuse(w, sl_fmt(w->a, "tools[%zu].type", index).p,
                            "is a kind of tool that the chosen model does not have");
    begin_part(w, "function");
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
    return SL_OK;
}

/* One tool is forced by showing no other. */
static bool is_shown(const struct sl_ai_choice_plan *p, const struct sl_ai_tool *t)
{
    return p->choice == SL_AI_CHOICE_NAMED ? sl_str_eq(p->name, t->name)
                                           : sl_ai_choice_allows(p, t->name);
}

static sl_rc write_tools(struct sl_ai_writer *w)
{
    struct sl_ai_choice_plan p;
    bool is_strict = false;
    size_t index = 0;
    sl_rc rc = SL_OK;

    if (w->rq->tools == NULL)
        return SL_OK;
    sl_ai_choice_make(w, &p);
    sl_jsonw_key(&w->w, SL_STR("tools"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_tool *t = w->rq->tools; t != NULL && rc == SL_OK;
         t = t->next, index++) {
        if (!is_shown(&p, t))
            continue;
        rc = write_tool(w, t, index);
        is_strict |= t->strict == 1;
    }
    sl_jsonw_end(&w->w);
    if (is_strict)
        sl_jsonw_key_bool(&w->w, SL_STR("strict_tools"), true);
    if (p.choice == SL_AI_CHOICE_REQUIRED || p.choice == SL_AI_CHOICE_NAMED)
        sl_jsonw_key_str(&w->w, SL_STR("tool_choice"), SL_STR("REQUIRED"));
    else if (p.choice == SL_AI_CHOICE_NONE)
        sl_jsonw_key_str(&w->w, SL_STR("tool_choice"), SL_STR("NONE"));
    return rc == SL_OK ? sl_ai_drop_serial(w) : rc;
}

/* ------------------------------------------------------------------ the rest */

static void write_number(struct sl_ai_writer *w, const char *name, sl_str number)
{
    if (number.n != 0)
        sl_jsonw_key_raw(&w->w, sl_cstr(name), number);
}

/* From 0 to 1 here, from -2 to 2 elsewhere. */
static sl_rc write_penalty(struct sl_ai_writer *w, const char *name, sl_str number)
{
    bool is_clamped;
    sl_str value = sl_ai_number_upto(number, 1, &is_clamped);

    if (number.n == 0)
        return SL_OK;
    sl_jsonw_key_raw(&w->w, sl_cstr(name), value);
    return is_clamped ? sl_ai_clamped(w, name) : SL_OK;
}

static sl_rc write_sampling(struct sl_ai_writer *w)
{
    const struct sl_ai_request *rq = w->rq;
    sl_rc rc;

    write_number(w, "temperature", rq->temperature);
    write_number(w, "p", rq->top_p);
    write_number(w, "k", rq->top_k);
    write_number(w, "seed", rq->seed);
    rc = write_penalty(w, "frequency_penalty", rq->frequency_penalty);
    if (rc == SL_OK)
        rc = write_penalty(w, "presence_penalty", rq->presence_penalty);
    if (rq->logprobs > 0)
        sl_jsonw_key_bool(&w->w, SL_STR("logprobs"), true);
    return rc;
}

static void write_limits(struct sl_ai_writer *w)
{
    const struct sl_strs *stop = w->rq->stop;
    int64_t limit = w->rq->max_tokens;

    if (limit < 0 && w->t->cap_max_tokens > 0)
        limit = w->t->cap_max_tokens;
    if (limit >= 0)
        sl_jsonw_key_i64(&w->w, SL_STR("max_tokens"), limit);
    if (stop == NULL || stop->n == 0)
        return;
    sl_jsonw_key(&w->w, SL_STR("stop_sequences"));
    sl_jsonw_array(&w->w);
    for (size_t i = 0; i < stop->n; i++)
        sl_jsonw_str(&w->w, stop->v[i]);
    sl_jsonw_end(&w->w);
}

static void write_format(struct sl_ai_writer *w)
{
    bool has_schema = w->rq->format == SL_AI_FORMAT_SCHEMA && w->rq->format_schema_json.n != 0;

    if (w->rq->format != SL_AI_FORMAT_JSON && w->rq->format != SL_AI_FORMAT_SCHEMA)
        return;
    sl_jsonw_key(&w->w, SL_STR("response_format"));
    begin_part(w, "json_object");
    if (has_schema)
        sl_jsonw_key_raw(&w->w, SL_STR("json_schema"), w->rq->format_schema_json);
    sl_jsonw_end(&w->w);
}

static sl_rc write_thinking_config(struct sl_ai_writer *w)
{
    const struct sl_ai_request *rq = w->rq;
    bool is_off = rq->thinking_budget == 0 || rq->effort == SL_AI_EFFORT_NONE;
    bool is_on = !is_off && (rq->thinking_budget > 0 || rq->effort != SL_AI_EFFORT_UNSET);
    bool is_able = w->t->model_info == NULL || sl_ai_model_has(w->t, SL_AI_MODEL_REASONING);

    if (!is_able)
        return is_on ? sl_ai_drop(w, "reasoning_effort") : SL_OK;
    if (!is_on && !is_off)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("thinking"));
    begin_part(w, is_on ? "enabled" : "disabled");
    if (rq->thinking_budget > 0)
        sl_jsonw_key_i64(&w->w, SL_STR("token_budget"), rq->thinking_budget);
    sl_jsonw_end(&w->w);
    return SL_OK;
}

static const struct sl_ai_foreign foreign[] = {
    SL_AI_FOREIGN(JSON, "logit_bias", logit_bias_json),
    SL_AI_FOREIGN(INT, "top_logprobs", top_logprobs),
    SL_AI_FOREIGN(TEXT, "response_format.description", format_description),
    SL_AI_FOREIGN(TEXT, "verbosity", verbosity),
    SL_AI_FOREIGN(TEXT, "prompt_cache_key", prompt_cache_key),
    SL_AI_FOREIGN(TEXT, "user", user),
    SL_AI_FOREIGN(TEXT, "service_tier", service_tier),
    SL_AI_FOREIGN(JSON, "metadata", metadata_json),
};

static sl_rc write_rest(struct sl_ai_writer *w, const struct sl_ai_turns *turns)
{
    sl_rc rc;

    write_limits(w);
    write_format(w);
    rc = write_sampling(w);
    if (rc == SL_OK)
        rc = write_thinking_config(w);
    if (rc == SL_OK)
        rc = sl_ai_drop_marks(w, turns);
    if (rc == SL_OK)
        rc = sl_ai_drop_foreign(w, foreign, SL_LEN(foreign));
    return rc == SL_OK ? sl_ai_write_extra(w) : rc;
}

sl_rc sl_ai_cohere_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                  struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                  struct sl_diag *d)
{
    struct sl_ai_writer w = {.rq = rq, .t = t, .receipt = receipt, .a = receipt->arena, .d = d};
    struct sl_ai_turns turns;
    sl_rc rc;

    if (rq->choices > 1)
        return sl_ai_refuse(&w, "n", "must be 1 for the chosen model");
    rc = sl_ai_writer_turns(&w, SL_AI_COHERE, true, &turns);
    if (rc != SL_OK)
        return rc;
    sl_ai_writer_begin(&w, out);
    sl_jsonw_object(&w.w);
    sl_jsonw_key_str(&w.w, SL_STR("model"), t->model);
    sl_jsonw_key_bool(&w.w, SL_STR("stream"), rq->is_stream);
    rc = write_tools(&w);
    if (rc == SL_OK)
        rc = write_documents(&w, &turns);
    if (rc == SL_OK)
        rc = write_messages(&w, &turns);
    if (rc == SL_OK)
        rc = write_rest(&w, &turns);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_end(&w.w);
    return SL_OK;
}
