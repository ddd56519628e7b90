/*
 * openai_chat_request_encode: the hub's request as Chat Completions, for OpenAI and for what is compatible
 * with it as far as the vendor's row says (provider.h, wire-formats 9).
 *
 * Assistant text and system text go out as one string each, because many servers take nothing else there.
 */
#include "ai/openai_chat_int.h"

#include "ai/effort.h"
#include "ai/ids.h"
#include "ai/turns.h"
#include "base/str.h"

enum {
    STOP_MAX = 4,  /* stop strings that OpenAI takes */
    ID_BYTES = 40, /* of a tool call id */
};

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
    if (p->has_cache_mark && !sl_ai_is_home(w)) {
        sl_rc rc = sl_ai_drop(w, "cache_control"); /* the vendor caches on its own, or not at all */
        if (rc != SL_OK)
            return rc;
    }
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
    bool is_marked = parts != NULL && parts->has_cache_mark;
    sl_rc rc = SL_OK;

    if (is_string) {
        rc = is_marked && !sl_ai_is_home(w) ? sl_ai_drop(w, "cache_control") : SL_OK;
        return rc == SL_OK ? write_joined(w, parts, SL_STR("\n\n")) : rc;
    }
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

static sl_rc write_calls(struct sl_ai_writer *w, const struct sl_ai_part *parts)
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
    return SL_OK;
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

static bool is_known_of_assistant(const struct sl_ai_part *p)
{
    return is_text(p) || p->kind == SL_AI_TOOL_CALL || p->kind == SL_AI_THINKING;
}

static sl_rc write_assistant(struct sl_ai_writer *w, const struct sl_ai_turn *turn,
                             const char *place)
{
    sl_rc rc = SL_OK;

    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        if (!is_known_of_assistant(p))
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
    if (rc == SL_OK)
        rc = write_calls(w, turn->parts);
    sl_jsonw_end(&w->w);
    return rc;
}

/* ------------------------------------------------------------------ user turns */

/* A tool message has only text; an error is marked in it, there being no member for it. */
static sl_rc write_result(struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    struct sl_strbuf text;
    bool has_any = false;

    sl_strbuf_init(&text, w->a, 0);
    if (p->is_error)
        sl_strbuf_add(&text, SL_STR("Error: "));
    for (const struct sl_ai_part *block = p->parts; block != NULL; block = block->next) {
        bool is_opaque = block->kind == SL_AI_OPAQUE;
        if (!is_text(block) && !is_opaque)
            continue;
        if (has_any)
            sl_strbuf_add_char(&text, '\n');
        sl_strbuf_add(&text, is_opaque ? block->raw_json : block->text);
        has_any = true;
    }
    if (text.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, "messages", "is too large");
    begin_message(w, SL_STR("tool"));
    sl_jsonw_key_str(&w->w, SL_STR("tool_call_id"), call_id(w, p->id));
    if (p->name.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("name"), p->name);
    sl_jsonw_key_str(&w->w, SL_STR("content"), sl_strbuf_str(&text));
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
    sl_rc rc = SL_OK;

    if (system == NULL)
        return SL_OK;
    for (const struct sl_ai_part *p = system; p != NULL && rc == SL_OK; p = p->next)
        if (p->has_cache_mark && !sl_ai_is_home(w))
            rc = sl_ai_drop(w, "cache_control");
    if (rc != SL_OK)
        return rc;
    begin_message(w, is_developer ? SL_STR("developer") : SL_STR("system"));
    rc = write_joined(w, system, SL_STR("\n\n"));
    sl_jsonw_end(&w->w);
    return rc;
}

static sl_rc write_messages(struct sl_ai_writer *w)
{
    struct sl_ai_turns turns;
    sl_rc rc = sl_ai_turns_make(w->rq, wants_reasoning_back(w), w->a, &turns, w->d);

    if (rc != SL_OK)
        return rc;
    sl_jsonw_key(&w->w, SL_STR("messages"));
    sl_jsonw_array(&w->w);
    rc = write_system(w, turns.system);
    for (const struct sl_ai_turn *t = turns.first; t != NULL && rc == SL_OK; t = t->next) {
        sl_str place = sl_fmt(w->a, "messages[%zu]", t->index);
        rc = t->is_assistant ? write_assistant(w, t, place.p) : write_user(w, t, place.p);
    }
    sl_jsonw_end(&w->w);
    return rc;
}

/* ------------------------------------------------------------------ tools */

static void write_custom(struct sl_ai_writer *w, const struct sl_ai_tool *t)
{
    begin_part(w, "custom");
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
    sl_rc rc = SL_OK;

    begin_part(w, "function");
    sl_jsonw_key(&w->w, SL_STR("function"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("name"), t->name);
    if (t->description.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("description"), t->description);
    if (t->schema_json.n != 0)
        sl_jsonw_key_raw(&w->w, SL_STR("parameters"), t->schema_json);
    if (t->strict >= 0 && has_quirk(w, SL_AI_QUIRK_STRICT_TOOLS))
        sl_jsonw_key_bool(&w->w, SL_STR("strict"), t->strict == 1);
    else if (t->strict == 1)
        rc = sl_ai_drop(w, "tools.strict");
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return rc;
}

static sl_rc write_tool(struct sl_ai_writer *w, const struct sl_ai_tool *t, size_t index)
{
    if (t->has_cache_mark && !sl_ai_is_home(w)) {
        sl_rc rc = sl_ai_drop(w, "cache_control");
        if (rc != SL_OK)
            return rc;
    }
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
        begin_part(w, "function");
        sl_jsonw_key(&w->w, SL_STR("function"));
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
};

static const struct sl_ai_foreign foreign[] = {
    SL_AI_FOREIGN(NUMBER, "top_k", top_k), /* OpenAI itself refuses it */
};

static void write_scalar(struct sl_ai_writer *w, const struct sl_ai_foreign *row)
{
    const void *member = (const char *)w->rq + row->offset;

    if (row->kind == SL_AI_PARAM_INT)
        sl_jsonw_key_i64(&w->w, sl_cstr(row->name), *(const int64_t *)member);
    else if (row->kind == SL_AI_PARAM_FLAG)
        sl_jsonw_key_bool(&w->w, sl_cstr(row->name), *(const int *)member > 0);
    else if (row->kind == SL_AI_PARAM_TEXT)
        sl_jsonw_key_str(&w->w, sl_cstr(row->name), *(const sl_str *)member);
    else
        sl_jsonw_key_raw(&w->w, sl_cstr(row->name), *(const sl_str *)member);
}

static bool is_taken(const struct sl_ai_writer *w, const char *member)
{
    bool is_sampling = strcmp(member, "temperature") == 0 || strcmp(member, "top_p") == 0;

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
            rc = sl_ai_drop(w, scalars[i].name);
    }
    return rc;
}

static sl_rc write_temperature(struct sl_ai_writer *w)
{
    int max = has_quirk(w, SL_AI_QUIRK_TEMPERATURE_TO_1) ? 1 : 2;
    bool is_clamped;
    sl_str value = sl_ai_number_upto(w->rq->temperature, max, &is_clamped);

    if (w->rq->temperature.n == 0)
        return SL_OK;
    if (!is_taken(w, "temperature"))
        return sl_ai_drop(w, "temperature");
    sl_jsonw_key_raw(&w->w, SL_STR("temperature"), value);
    return is_clamped ? sl_ai_clamped(w, "temperature") : SL_OK;
}

static sl_rc write_seed(struct sl_ai_writer *w)
{
    if (w->rq->seed.n == 0)
        return SL_OK;
    if (!is_taken(w, "seed"))
        return sl_ai_drop(w, "seed");
    sl_jsonw_key_raw(&w->w,
                     has_quirk(w, SL_AI_QUIRK_SEED_IS_RANDOM_SEED) ? SL_STR("random_seed")
                                                                   : SL_STR("seed"),
                     w->rq->seed);
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
    sl_jsonw_key(&w->w, SL_STR("stop"));
    sl_jsonw_array(&w->w);
    for (size_t i = 0; i < SL_MIN(stop->n, (size_t)STOP_MAX); i++)
        sl_jsonw_str(&w->w, stop->v[i]);
    sl_jsonw_end(&w->w);
    return stop->n > STOP_MAX ? sl_ai_clamped(w, "stop") : SL_OK;
}

/* ------------------------------------------------------------------ reasoning, format, stream */

static sl_rc write_reasoning_style(struct sl_ai_writer *w, sl_str effort, bool is_on)
{
    switch (w->t->vendor->reasoning) {
    case SL_AI_REASONING_EFFORT:
        sl_jsonw_key_str(&w->w, SL_STR("reasoning_effort"), effort);
        return SL_OK;
    case SL_AI_REASONING_OBJECT:
        sl_jsonw_key(&w->w, SL_STR("reasoning"));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_str(&w->w, SL_STR("effort"), effort);
        sl_jsonw_end(&w->w);
        return SL_OK;
    case SL_AI_REASONING_THINKING_TYPE:
        sl_jsonw_key(&w->w, SL_STR("thinking"));
        begin_part(w, is_on ? "enabled" : "disabled");
        sl_jsonw_end(&w->w);
        return SL_OK;
    case SL_AI_REASONING_ENABLE_THINKING:
        sl_jsonw_key_bool(&w->w, SL_STR("enable_thinking"), is_on);
        return SL_OK;
    case SL_AI_REASONING_TEMPLATE:
        sl_jsonw_key(&w->w, SL_STR("chat_template_kwargs"));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_bool(&w->w, SL_STR("enable_thinking"), is_on);
        sl_jsonw_end(&w->w);
        return SL_OK;
    case SL_AI_REASONING_NONE:
    case SL_AI_REASONING_ANTHROPIC:
        break;
    }
    return is_on ? sl_ai_drop(w, "reasoning_effort") : SL_OK;
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
    return write_reasoning_style(w, sl_ai_effort_name(effort), is_on);
}

static void write_format(struct sl_ai_writer *w)
{
    const struct sl_ai_request *rq = w->rq;

    if (rq->format == SL_AI_FORMAT_UNSET)
        return;
    sl_jsonw_key(&w->w, SL_STR("response_format"));
    begin_part(w, rq->format == SL_AI_FORMAT_TEXT   ? "text"
                  : rq->format == SL_AI_FORMAT_JSON ? "json_object"
                                                    : "json_schema");
    if (rq->format == SL_AI_FORMAT_SCHEMA) {
        sl_jsonw_key(&w->w, SL_STR("json_schema"));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_str(&w->w, SL_STR("name"),
                         rq->format_name.n != 0 ? rq->format_name : SL_STR("answer"));
        if (rq->format_schema_json.n != 0)
            sl_jsonw_key_raw(&w->w, SL_STR("schema"), rq->format_schema_json);
        if (rq->format_strict >= 0)
            sl_jsonw_key_bool(&w->w, SL_STR("strict"), rq->format_strict == 1);
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
        return sl_ai_drop(w, "service_tier");
    sl_jsonw_key_str(&w->w, SL_STR("service_tier"), tier);
    return SL_OK;
}

static sl_rc write_parallel(struct sl_ai_writer *w)
{
    if (w->rq->parallel_tools < 0 || w->rq->tools == NULL)
        return SL_OK;
    if (!is_taken(w, "parallel_tool_calls"))
        return sl_ai_drop(w, "parallel_tool_calls");
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

/* Left out silently, these would change what the answer is. */
static const char *const refused[] = {"container", "mcp_servers"};

static sl_rc (*const writers[])(struct sl_ai_writer *w) = {
    write_messages, write_tools, write_parallel,     write_scalars,          write_temperature,
    write_seed,     write_stop,  write_service_tier, write_reasoning_config,
};

sl_rc sl_ai_openai_chat_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                       struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                       struct sl_diag *d)
{
    struct sl_ai_writer w = {.rq = rq, .t = t, .receipt = receipt, .a = receipt->arena, .d = d};
    sl_rc rc = SL_OK;

    sl_jsonw_init(&w.w, out);
    sl_jsonw_object(&w.w);
    sl_jsonw_key_str(&w.w, SL_STR("model"), t->model);
    for (size_t i = 0; i < SL_LEN(writers) && rc == SL_OK; i++)
        rc = writers[i](&w);
    if (rc == SL_OK)
        rc = sl_ai_drop_foreign(&w, foreign, SL_LEN(foreign));
    if (rc == SL_OK)
        rc = sl_ai_write_extra(&w, refused, SL_LEN(refused));
    if (rc != SL_OK)
        return rc;
    write_tool_choice(&w);
    write_max_tokens(&w);
    write_format(&w);
    write_stream(&w);
    sl_jsonw_end(&w.w);
    return SL_OK;
}
