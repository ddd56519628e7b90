/*
 * openai_responses_item_encode: a conversation as the items of a Responses request (wire-formats 7.2).
 *
 * An assistant's turn becomes several items in its order: reasoning, messages, calls. The vendor wants
 * every reasoning item to be followed by what came of it, so one at a turn's end moves to its front.
 */
#include "ai/openai_responses_int.h"

#include "ai/ids.h"
#include "ai/turns.h"
#include "base/str.h"

static void begin(struct sl_ai_writer *w, const char *type)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), sl_cstr(type));
}

static sl_str call_id(const struct sl_ai_writer *w, sl_str id)
{
    return id.n <= SL_AI_RESPONSES_ID_BYTES ? id
                                            : sl_ai_id_portable(w->a, id, SL_AI_RESPONSES_ID_BYTES);
}

/* Files that OpenAI keeps have the same ids in both of its dialects. */
static bool knows_files(const struct sl_ai_writer *w)
{
    return sl_ai_is_home(w) || w->rq->dialect == SL_AI_OPENAI_CHAT;
}

/* ------------------------------------------------------------------ parts */

static sl_rc write_mark(struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    if (!p->has_cache_mark)
        return SL_OK;
    if (!knows_files(w))
        return sl_ai_drop(w, "cache_control"); /* the vendor caches on its own */
    if (p->cache_json.n != 0)
        sl_jsonw_key_raw(&w->w, SL_STR("prompt_cache_breakpoint"), p->cache_json);
    return SL_OK;
}

static sl_rc write_text(struct sl_ai_writer *w, const char *type, const struct sl_ai_part *p)
{
    sl_rc rc;

    begin(w, type);
    sl_jsonw_key_str(&w->w, SL_STR("text"), p->text);
    rc = write_mark(w, p);
    sl_jsonw_end(&w->w);
    return rc;
}

static sl_rc write_data_url(struct sl_ai_writer *w, const char *member, const struct sl_ai_part *p)
{
    struct sl_strbuf url;

    sl_strbuf_init(&url, w->a, 0);
    sl_strbuf_addf(&url, "data:%.*s;base64,", SL_STRF(p->media_type));
    sl_strbuf_add(&url, p->text);
    if (url.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, "input", "is too large");
    sl_jsonw_key_str(&w->w, sl_cstr(member), sl_strbuf_str(&url));
    return SL_OK;
}

/* Where a medium is: the member for data, the one for a URL, or file_id. */
static sl_rc write_source(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *data,
                          const char *url, const char *place)
{
    if (p->source == SL_AI_SOURCE_BASE64)
        return write_data_url(w, data, p);
    if (p->source == SL_AI_SOURCE_URL)
        sl_jsonw_key_str(&w->w, sl_cstr(url), p->text);
    else if (p->source == SL_AI_SOURCE_FILE && knows_files(w))
        sl_jsonw_key_str(&w->w, SL_STR("file_id"), p->text);
    else
        return sl_ai_refuse(w, place, "names a file that another vendor keeps");
    return SL_OK;
}

static sl_rc write_image(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *place)
{
    sl_rc rc;

    begin(w, "input_image");
    rc = write_source(w, p, "image_url", "image_url", place);
    sl_jsonw_key_str(&w->w, SL_STR("detail"), p->detail.n != 0 ? p->detail : SL_STR("auto"));
    if (rc == SL_OK)
        rc = write_mark(w, p);
    sl_jsonw_end(&w->w);
    return rc;
}

static sl_rc write_document(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *place)
{
    sl_str name = p->file_name.n != 0 ? p->file_name : p->title;
    sl_rc rc;

    if (p->source == SL_AI_SOURCE_TEXT)
        return write_text(w, "input_text", p);
    begin(w, "input_file");
    if (p->source == SL_AI_SOURCE_BASE64) /* required there */
        sl_jsonw_key_str(&w->w, SL_STR("filename"), name.n != 0 ? name : SL_STR("document.pdf"));
    rc = write_source(w, p, "file_data", "file_url", place);
    if (rc == SL_OK)
        rc = write_mark(w, p);
    sl_jsonw_end(&w->w);
    return rc;
}

static void write_audio(struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    begin(w, "input_audio");
    sl_jsonw_key(&w->w, SL_STR("input_audio"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("data"), p->text);
    sl_jsonw_key_str(&w->w, SL_STR("format"), p->media_type);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
}

/* A part of a user's message or of a tool's result. */
static sl_rc write_part(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *place)
{
    switch (p->kind) {
    case SL_AI_TEXT:
    case SL_AI_REFUSAL:
        return write_text(w, "input_text", p);
    case SL_AI_IMAGE:
        return write_image(w, p, place);
    case SL_AI_DOCUMENT:
        return write_document(w, p, place);
    case SL_AI_AUDIO:
        write_audio(w, p);
        return SL_OK;
    case SL_AI_OPAQUE:
        if (!sl_ai_is_home(w))
            break;
        sl_jsonw_raw(&w->w, p->raw_json);
        return SL_OK;
    case SL_AI_THINKING:
    case SL_AI_TOOL_CALL:
    case SL_AI_TOOL_RESULT:
        break;
    }
    return sl_ai_refuse(w, place, "has a part that the chosen model does not take");
}

/* ------------------------------------------------------------------ user turns */

static bool is_text_only(const struct sl_ai_part *p)
{
    for (; p != NULL; p = p->next)
        if (p->kind != SL_AI_TEXT && p->kind != SL_AI_REFUSAL)
            return false;
    return true;
}

static sl_rc write_result_text(struct sl_ai_writer *w, const struct sl_ai_part *result)
{
    sl_str text;
    sl_rc rc = sl_ai_result_text(w, result, true, &text);

    if (rc == SL_OK)
        sl_jsonw_key_str(&w->w, SL_STR("output"), text);
    return rc;
}

static sl_rc write_result_parts(struct sl_ai_writer *w, const struct sl_ai_part *result,
                                const char *place)
{
    static const struct sl_ai_part error = {.kind = SL_AI_TEXT, .text = SL_STR_INIT("Error:")};
    sl_rc rc = SL_OK;

    sl_jsonw_key(&w->w, SL_STR("output"));
    sl_jsonw_array(&w->w);
    if (result->is_error)
        rc = write_part(w, &error, place);
    for (const struct sl_ai_part *p = result->parts; p != NULL && rc == SL_OK; p = p->next) {
        const struct sl_ai_part raw = {.kind = SL_AI_TEXT, .text = p->raw_json};
        bool is_foreign = p->kind == SL_AI_OPAQUE && !sl_ai_is_home(w);
        rc = write_part(w, is_foreign ? &raw : p, place);
    }
    sl_jsonw_end(&w->w);
    return rc;
}

static bool answers_custom(const struct sl_ai_turn *before, sl_str id)
{
    for (const struct sl_ai_part *p = before != NULL ? before->parts : NULL; p != NULL; p = p->next)
        if (p->kind == SL_AI_TOOL_CALL && p->is_custom_tool && sl_str_eq(p->id, id))
            return true;
    return false;
}

static sl_rc write_result(struct sl_ai_writer *w, const struct sl_ai_turn *before,
                          const struct sl_ai_part *p, const char *place)
{
    sl_rc rc;

    bool is_custom = p->is_custom_tool || answers_custom(before, p->id);

    begin(w, is_custom ? "custom_tool_call_output" : "function_call_output");
    sl_jsonw_key_str(&w->w, SL_STR("call_id"), call_id(w, p->id));
    rc = is_text_only(p->parts) ? write_result_text(w, p) : write_result_parts(w, p, place);
    sl_jsonw_end(&w->w);
    return rc;
}

static void begin_message(struct sl_ai_writer *w, const char *role, sl_str phase)
{
    begin(w, "message");
    sl_jsonw_key_str(&w->w, SL_STR("role"), sl_cstr(role));
    if (phase.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("phase"), phase);
    sl_jsonw_key(&w->w, SL_STR("content"));
    sl_jsonw_array(&w->w);
}

static void end_message(struct sl_ai_writer *w)
{
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
}

static sl_rc write_user(struct sl_ai_writer *w, const struct sl_ai_turn *before,
                        const struct sl_ai_turn *turn, const char *place)
{
    const struct sl_ai_part *p = turn->parts;
    sl_rc rc = SL_OK;

    for (; p != NULL && p->kind == SL_AI_TOOL_RESULT && rc == SL_OK; p = p->next)
        rc = write_result(w, before, p, place);
    if (rc != SL_OK || p == NULL)
        return rc;
    begin_message(w, "user", (sl_str){0});
    for (; p != NULL && rc == SL_OK; p = p->next)
        rc = write_part(w, p, place);
    end_message(w);
    return rc;
}

/* ------------------------------------------------------------------ assistant turns */

static void write_reasoning(struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    sl_str id, encrypted;

    if (!sl_ai_openai_responses_signed(p->signature, &id, &encrypted))
        return;
    begin(w, "reasoning");
    sl_jsonw_key_str(&w->w, SL_STR("id"), id);
    sl_jsonw_key(&w->w, SL_STR("summary"));
    sl_jsonw_array(&w->w);
    if (p->text.n != 0) {
        begin(w, "summary_text");
        sl_jsonw_key_str(&w->w, SL_STR("text"), p->text);
        sl_jsonw_end(&w->w);
    }
    sl_jsonw_end(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("encrypted_content"), encrypted);
    sl_jsonw_end(&w->w);
}

static void write_call(struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    begin(w, p->is_custom_tool ? "custom_tool_call" : "function_call");
    sl_jsonw_key_str(&w->w, SL_STR("call_id"), call_id(w, p->id));
    sl_jsonw_key_str(&w->w, SL_STR("name"), p->name);
    sl_jsonw_key_str(&w->w, p->is_custom_tool ? SL_STR("input") : SL_STR("arguments"),
                     p->arguments_json);
    sl_jsonw_end(&w->w);
}

static bool is_text(const struct sl_ai_part *p)
{
    return p->kind == SL_AI_TEXT || p->kind == SL_AI_REFUSAL;
}

/* A part of a message: a text, or what a client of this dialect put there, which its vendor is to judge. */
static bool is_said(const struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    bool is_item =
        p == NULL || p->is_item || p->kind == SL_AI_THINKING || p->kind == SL_AI_TOOL_CALL;

    return !is_item && (is_text(p) || sl_ai_is_home(w));
}

static sl_rc write_said_part(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *place)
{
    bool is_refusal = p->kind == SL_AI_REFUSAL;

    if (!is_text(p))
        return write_part(w, p, place);
    begin(w, is_refusal ? "refusal" : "output_text");
    sl_jsonw_key_str(&w->w, is_refusal ? SL_STR("refusal") : SL_STR("text"), p->text);
    sl_jsonw_end(&w->w);
    return SL_OK;
}

/** One message of the parts of one phase that follow each other; *p is what stands behind them. */
static sl_rc write_said(struct sl_ai_writer *w, const struct sl_ai_part **p, const char *place)
{
    sl_str phase = (*p)->phase;
    sl_rc rc = SL_OK;

    begin_message(w, "assistant", phase);
    for (; rc == SL_OK && is_said(w, *p) && sl_str_eq((*p)->phase, phase); *p = (*p)->next)
        rc = write_said_part(w, *p, place);
    end_message(w);
    return rc;
}

static const struct sl_ai_part *last_of(const struct sl_ai_part *p)
{
    while (p->next != NULL)
        p = p->next;
    return p;
}

static sl_rc write_assistant(struct sl_ai_writer *w, const struct sl_ai_turn *turn,
                             const char *place)
{
    const struct sl_ai_part *last = last_of(turn->parts);
    bool is_late = last->kind == SL_AI_THINKING && last != turn->parts;
    sl_rc rc = SL_OK;

    if (is_late)
        write_reasoning(w, last);
    for (const struct sl_ai_part *p = turn->parts; p != NULL && !(is_late && p == last);) {
        if (is_said(w, p)) {
            rc = write_said(w, &p, place);
            if (rc != SL_OK)
                return rc;
            continue;
        }
        if (p->kind == SL_AI_THINKING)
            write_reasoning(w, p);
        else if (p->kind == SL_AI_TOOL_CALL)
            write_call(w, p);
        else if (p->is_item && sl_ai_is_home(w))
            sl_jsonw_raw(&w->w, p->raw_json);
        else
            return sl_ai_refuse(w, place, "has a part that the chosen model does not take");
        p = p->next;
    }
    return SL_OK;
}

/* ------------------------------------------------------------------ the conversation */

static sl_rc write_instructions(struct sl_ai_writer *w, const struct sl_ai_part *system)
{
    struct sl_strbuf text;
    sl_rc rc = SL_OK;

    if (system == NULL)
        return SL_OK;
    sl_strbuf_init(&text, w->a, 0);
    for (const struct sl_ai_part *p = system; p != NULL && rc == SL_OK; p = p->next) {
        if (text.n != 0)
            sl_strbuf_add(&text, SL_STR("\n\n"));
        sl_strbuf_add(&text, p->text);
        if (p->has_cache_mark && !sl_ai_is_home(w))
            rc = sl_ai_drop(w, "cache_control");
    }
    if (text.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, "instructions", "is too large");
    sl_jsonw_key_str(&w->w, SL_STR("instructions"), sl_strbuf_str(&text));
    return rc;
}

sl_rc sl_ai_openai_responses_write_input(struct sl_ai_writer *w)
{
    const struct sl_ai_turn *before = NULL;
    struct sl_ai_turns turns;
    sl_rc rc = sl_ai_writer_turns(w, SL_AI_OPENAI_RESPONSES, false, &turns);

    if (rc == SL_OK && !knows_files(w)) /* whose marks are others */
        rc = sl_ai_drop_marks(w, &turns);
    if (rc == SL_OK)
        rc = write_instructions(w, turns.system);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_key(&w->w, SL_STR("input"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_turn *t = turns.first; t != NULL && rc == SL_OK;
         before = t, t = t->next) {
        sl_str place = sl_ai_message_place(w->a, w->rq, t->index);
        rc = t->is_assistant ? write_assistant(w, t, place.p) : write_user(w, before, t, place.p);
    }
    sl_jsonw_end(&w->w);
    return rc;
}
