/*
 * openai_chat_message_encode: messages and their parts as Chat Completions, and what is compatible with it,
 * wants them.
 *
 * Assistant text and system text go out as one string each, because many servers take nothing else there.
 */
#include "ai/openai_chat_int.h"

#include "ai/ids.h"
#include "ai/turns.h"
#include "base/str.h"

enum { ID_BYTES = 40 }; /* of a tool call id, at OpenAI */

static bool has_quirk(const struct sl_ai_writer *w, enum sl_ai_quirk quirk)
{
    return sl_ai_vendor_has(w->t->vendor, quirk);
}

static bool wants_reasoning_back(const struct sl_ai_writer *w)
{
    return has_quirk(w, SL_AI_QUIRK_REASONING_ECHO) ||
           sl_ai_model_has(w->t, SL_AI_MODEL_REASONING_ECHO);
}

static sl_str call_id(const struct sl_ai_writer *w, sl_str id)
{
    if (has_quirk(w, SL_AI_QUIRK_TOOL_ID_9))
        return sl_ai_id_nine(w->a, id);
    return id.n <= ID_BYTES ? id : sl_ai_id_portable(w->a, id, ID_BYTES);
}

/* ------------------------------------------------------------------ parts */

static void begin_part(struct sl_ai_writer *w, const char *type)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), sl_cstr(type));
}

static sl_rc write_data_url(struct sl_ai_writer *w, const char *member, const struct sl_ai_part *p)
{
    struct sl_strbuf url;

    sl_strbuf_init(&url, w->a, 0);
    sl_strbuf_addf(&url, "data:%.*s;base64,", SL_STRF(p->media_type));
    sl_strbuf_add(&url, p->text);
    if (url.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, "messages", "is too large");
    sl_jsonw_key_str(&w->w, sl_cstr(member), sl_strbuf_str(&url));
    return SL_OK;
}

static sl_rc write_image(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *place)
{
    sl_rc rc = SL_OK;

    if (p->source != SL_AI_SOURCE_BASE64 && p->source != SL_AI_SOURCE_URL)
        return sl_ai_refuse(w, place, "names a file that another vendor keeps");
    begin_part(w, "image_url");
    sl_jsonw_key(&w->w, SL_STR("image_url"));
    sl_jsonw_object(&w->w);
    if (p->source == SL_AI_SOURCE_URL)
        sl_jsonw_key_str(&w->w, SL_STR("url"), p->text);
    else
        rc = write_data_url(w, "url", p);
    if (p->detail.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("detail"), p->detail);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return rc;
}

static void write_text(struct sl_ai_writer *w, sl_str text)
{
    begin_part(w, "text");
    sl_jsonw_key_str(&w->w, SL_STR("text"), text);
    sl_jsonw_end(&w->w);
}

static sl_rc write_document(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *place)
{
    sl_str name = p->file_name.n != 0 ? p->file_name : p->title;
    sl_rc rc = SL_OK;

    if (p->source == SL_AI_SOURCE_TEXT) {
        write_text(w, p->text);
        return SL_OK;
    }
    if (p->source != SL_AI_SOURCE_BASE64 && !(p->source == SL_AI_SOURCE_FILE && sl_ai_is_home(w)))
        return sl_ai_refuse(w, place, "has a document that the chosen model cannot get");
    begin_part(w, "file");
    sl_jsonw_key(&w->w, SL_STR("file"));
    sl_jsonw_object(&w->w);
    if (p->source == SL_AI_SOURCE_FILE)
        sl_jsonw_key_str(&w->w, SL_STR("file_id"), p->text);
    else
        rc = write_data_url(w, "file_data", p);
    if (p->source == SL_AI_SOURCE_BASE64) /* required there */
        sl_jsonw_key_str(&w->w, SL_STR("filename"), name.n != 0 ? name : SL_STR("document.pdf"));
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return rc;
}

static void write_audio(struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    begin_part(w, "input_audio");
    sl_jsonw_key(&w->w, SL_STR("input_audio"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("data"), p->text);
    sl_jsonw_key_str(&w->w, SL_STR("format"), p->media_type);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
}

static bool is_text(const struct sl_ai_part *p)
{
    return p->kind == SL_AI_TEXT || p->kind == SL_AI_REFUSAL;
}

static sl_rc write_part(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *place)
{
    if (is_text(p)) {
        write_text(w, p->text);
        return SL_OK;
    }
    if (p->kind == SL_AI_IMAGE)
        return write_image(w, p, place);
    if (p->kind == SL_AI_DOCUMENT)
        return write_document(w, p, place);
    if (p->kind == SL_AI_AUDIO) {
        write_audio(w, p);
        return SL_OK;
    }
    return sl_ai_refuse(w, place, "has a part that the chosen model does not take");
}

/* ------------------------------------------------------------------ content */

static bool is_all_text(const struct sl_ai_part *p, enum sl_ai_part_kind ignored)
{
    for (; p != NULL; p = p->next)
        if (!is_text(p) && p->kind != ignored)
            return false;
    return true;
}

static size_t count_text(const struct sl_ai_part *p)
{
    size_t n = 0;

    for (; p != NULL; p = p->next)
        n += is_text(p);
    return n;
}

/* The text parts as one string. */
static sl_rc write_joined(struct sl_ai_writer *w, const struct sl_ai_part *p, sl_str separator)
{
    struct sl_strbuf text;
    if (p != NULL && p->next == NULL && is_text(p)) { /* nothing to join: no copy */
        sl_jsonw_key_str(&w->w, SL_STR("content"), p->text);
        return SL_OK;
    }
    bool has_any = false;

    sl_strbuf_init(&text, w->a, 0);
    for (; p != NULL; p = p->next) {
        if (!is_text(p))
            continue;
        if (has_any)
            sl_strbuf_add(&text, separator);
        sl_strbuf_add(&text, p->text);
        has_any = true;
    }
    if (text.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, "messages", "is too large");
    sl_jsonw_key_str(&w->w, SL_STR("content"), sl_strbuf_str(&text));
    return SL_OK;
}

/* A string where that is enough, else an array of parts. Tool results are elsewhere. */
static sl_rc write_content(struct sl_ai_writer *w, const struct sl_ai_part *parts,
                           const char *place)
{
    bool is_string = is_all_text(parts, SL_AI_TOOL_RESULT) &&
                     (count_text(parts) < 2 || has_quirk(w, SL_AI_QUIRK_CONTENT_MUST_BE_STRING));
    sl_rc rc = SL_OK;

    if (is_string)
        return write_joined(w, parts, SL_STR("\n\n"));
    sl_jsonw_key(&w->w, SL_STR("content"));
    sl_jsonw_array(&w->w);
    for (; parts != NULL && rc == SL_OK; parts = parts->next)
        if (parts->kind != SL_AI_TOOL_RESULT)
            rc = write_part(w, parts, place);
    sl_jsonw_end(&w->w);
    return rc;
}

static void begin_message(struct sl_ai_writer *w, sl_str role)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("role"), role);
}

/* ------------------------------------------------------------------ assistant turns */

static void write_calls(struct sl_ai_writer *w, const struct sl_ai_part *parts)
{
    bool has_any = false;

    for (; parts != NULL; parts = parts->next) {
        const char *kind = parts->is_custom_tool ? "custom" : "function";
        if (parts->kind != SL_AI_TOOL_CALL)
            continue;
        if (!has_any) {
            sl_jsonw_key(&w->w, SL_STR("tool_calls"));
            sl_jsonw_array(&w->w);
            has_any = true;
        }
        sl_jsonw_object(&w->w);
        sl_jsonw_key_str(&w->w, SL_STR("id"), call_id(w, parts->id));
        sl_jsonw_key_str(&w->w, SL_STR("type"), sl_cstr(kind));
        sl_jsonw_key(&w->w, sl_cstr(kind));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_str(&w->w, SL_STR("name"), parts->name);
        sl_jsonw_key_str(&w->w, parts->is_custom_tool ? SL_STR("input") : SL_STR("arguments"),
                         parts->arguments_json);
        sl_jsonw_end(&w->w);
        sl_jsonw_end(&w->w);
    }
    if (has_any)
        sl_jsonw_end(&w->w);
}

static sl_rc write_reasoning(struct sl_ai_writer *w, const struct sl_ai_part *parts)
{
    struct sl_strbuf text;

    if (!wants_reasoning_back(w))
        return SL_OK;
    sl_strbuf_init(&text, w->a, 0);
    for (; parts != NULL; parts = parts->next)
        if (parts->kind == SL_AI_THINKING)
            sl_strbuf_add(&text, parts->text);
    if (text.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, "messages", "is too large");
    sl_jsonw_key_str(&w->w, SL_STR("reasoning_content"), sl_strbuf_str(&text));
    return SL_OK;
}

static bool is_said_aloud(const struct sl_ai_part *p)
{
    return p->kind == SL_AI_AUDIO && p->source == SL_AI_SOURCE_FILE;
}

/* What was said aloud is named; who keeps it is the vendor. */
static void write_said_aloud(struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    while (p != NULL && !is_said_aloud(p))
        p = p->next;
    if (p == NULL)
        return;
    sl_jsonw_key(&w->w, SL_STR("audio"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("id"), p->text);
    sl_jsonw_end(&w->w);
}

static bool is_known_of_assistant(const struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    return is_text(p) || p->kind == SL_AI_TOOL_CALL || p->kind == SL_AI_THINKING ||
           (is_said_aloud(p) && sl_ai_is_home(w));
}

static sl_rc write_assistant(struct sl_ai_writer *w, const struct sl_ai_turn *turn,
                             const char *place)
{
    sl_rc rc = SL_OK;

    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        if (!is_known_of_assistant(w, p))
            return sl_ai_refuse(w, place, "has a part that the chosen model does not take");
    begin_message(w, SL_STR("assistant"));
    if (count_text(turn->parts) != 0)
        rc = write_joined(w, turn->parts, SL_STR("\n"));
    else
        sl_jsonw_key_raw(&w->w, SL_STR("content"),
                         has_quirk(w, SL_AI_QUIRK_CONTENT_MUST_BE_STRING) ? SL_STR("\"\"")
                                                                          : SL_STR("null"));
    if (rc == SL_OK)
        rc = write_reasoning(w, turn->parts);
    write_said_aloud(w, turn->parts);
    write_calls(w, turn->parts);
    sl_jsonw_end(&w->w);
    return rc;
}

/* ------------------------------------------------------------------ user turns */

/* A tool message has only text; an error is marked in it, there being no member for it. */
static sl_rc write_result(struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    sl_str text;
    sl_rc rc = sl_ai_result_text(w, p, true, &text);

    if (rc != SL_OK)
        return rc;
    begin_message(w, SL_STR("tool"));
    sl_jsonw_key_str(&w->w, SL_STR("tool_call_id"), call_id(w, p->id));
    if (p->name.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("name"), p->name);
    sl_jsonw_key_str(&w->w, SL_STR("content"), text);
    sl_jsonw_end(&w->w);
    return SL_OK;
}

static bool is_media(const struct sl_ai_part *p)
{
    return p->kind == SL_AI_IMAGE || p->kind == SL_AI_DOCUMENT;
}

/* Images in tool results become a user message behind them (wire-formats 8.4). */
static sl_rc write_result_media(struct sl_ai_writer *w, const struct sl_ai_part *parts,
                                const char *place)
{
    bool has_any = false;
    sl_rc rc = SL_OK;

    for (; parts != NULL; parts = parts->next) {
        const struct sl_ai_part *block = parts->kind == SL_AI_TOOL_RESULT ? parts->parts : NULL;
        for (; block != NULL && rc == SL_OK; block = block->next) {
            if (!is_media(block))
                continue;
            if (!has_any) {
                begin_message(w, SL_STR("user"));
                sl_jsonw_key(&w->w, SL_STR("content"));
                sl_jsonw_array(&w->w);
                has_any = true;
            }
            rc = write_part(w, block, place);
        }
    }
    if (has_any) {
        sl_jsonw_end(&w->w);
        sl_jsonw_end(&w->w);
    }
    return rc;
}

static sl_rc write_user(struct sl_ai_writer *w, const struct sl_ai_turn *turn, const char *place)
{
    const struct sl_ai_part *p = turn->parts;
    sl_rc rc = SL_OK;

    for (; p != NULL && p->kind == SL_AI_TOOL_RESULT && rc == SL_OK; p = p->next)
        rc = write_result(w, p);
    if (rc == SL_OK)
        rc = write_result_media(w, turn->parts, place);
    if (rc != SL_OK || p == NULL)
        return rc;
    begin_message(w, SL_STR("user"));
    rc = write_content(w, p, place);
    sl_jsonw_end(&w->w);
    return rc;
}

/* ------------------------------------------------------------------ messages */

static bool has_developer(const struct sl_ai_request *rq)
{
    for (const struct sl_ai_message *m = rq->messages; m != NULL; m = m->next)
        if (m->role == SL_AI_ROLE_DEVELOPER)
            return true;
    return false;
}

static sl_rc write_system(struct sl_ai_writer *w, const struct sl_ai_part *system)
{
    bool is_developer = has_developer(w->rq) && has_quirk(w, SL_AI_QUIRK_DEVELOPER_ROLE);
    sl_rc rc;

    if (system == NULL)
        return SL_OK;
    begin_message(w, is_developer ? SL_STR("developer") : SL_STR("system"));
    rc = write_joined(w, system, SL_STR("\n\n"));
    sl_jsonw_end(&w->w);
    return rc;
}

sl_rc sl_ai_openai_chat_write_messages(struct sl_ai_writer *w)
{
    struct sl_ai_turns turns;
    sl_rc rc = sl_ai_writer_turns(w, SL_AI_OPENAI_CHAT, wants_reasoning_back(w), &turns);

    if (rc == SL_OK) /* the vendor caches on its own, or not at all */
        rc = sl_ai_drop_marks(w, &turns);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_key(&w->w, SL_STR("messages"));
    sl_jsonw_array(&w->w);
    rc = write_system(w, turns.system);
    for (const struct sl_ai_turn *t = turns.first; t != NULL && rc == SL_OK; t = t->next) {
        sl_str place = sl_ai_message_place(w->a, w->rq, t->index);
        rc = t->is_assistant ? write_assistant(w, t, place.p) : write_user(w, t, place.p);
    }
    sl_jsonw_end(&w->w);
    return rc;
}
