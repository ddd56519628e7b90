/*
 * gemini_message_encode: system instruction and contents as Gemini wants them (wire-formats 3.2, 3.4).
 *
 * The results of a turn are one content, in the order of the calls, each with the name of its function; what
 * the user says besides is another. Signatures go back exactly where they came from.
 */
#include "ai/gemini_int.h"

#include "ai/ids.h"
#include "ai/tool_args.h"
#include "base/str.h"

/* Google's own word for a call that another model made, which therefore has no signature. */
#define NO_SIGNATURE SL_STR("skip_thought_signature_validator")

static bool is_version_3(const struct sl_ai_writer *w)
{
    return sl_ai_gemini_version(w->t->model) >= SL_AI_GEMINI_3;
}

/* Models before 3 have no ids; what is not Gemini but served by the same API needs them. */
static bool has_call_ids(const struct sl_ai_writer *w)
{
    return is_version_3(w) || sl_ai_gemini_version(w->t->model) == 0;
}

/* ------------------------------------------------------------------ media */

/* A name is for Vertex AI's own clients. */
static void write_data(struct sl_ai_writer *w, const struct sl_ai_part *p, sl_str type)
{
    sl_jsonw_key(&w->w, SL_STR("inlineData"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("mimeType"), type);
    sl_jsonw_key_str(&w->w, SL_STR("data"), p->text);
    if (p->file_name.n != 0 && sl_ai_is_home(w))
        sl_jsonw_key_str(&w->w, SL_STR("displayName"), p->file_name);
    sl_jsonw_end(&w->w);
}

static const struct {
    const char *suffix, *type;
} suffixes[] = {
    {".png", "image/png"},  {".jpg", "image/jpeg"},      {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},  {".webp", "image/webp"},     {".heic", "image/heic"},
    {".mp3", "audio/mpeg"}, {".wav", "audio/wav"},       {".mp4", "video/mp4"},
    {".txt", "text/plain"}, {".pdf", "application/pdf"},
};

/* A type is required beside an address. */
static sl_str type_of_address(const struct sl_ai_part *p, sl_str said)
{
    sl_str path = sl_str_head(p->text, SL_MIN(sl_str_find(p->text, '?', 0), p->text.n));

    if (said.n != 0)
        return said;
    for (size_t i = 0; i < SL_LEN(suffixes); i++)
        if (sl_str_ends(path, sl_cstr(suffixes[i].suffix)))
            return sl_cstr(suffixes[i].type);
    return p->kind == SL_AI_IMAGE ? SL_STR("image/jpeg") : SL_STR("application/pdf");
}

static void write_address(struct sl_ai_writer *w, const struct sl_ai_part *p, sl_str type)
{
    sl_jsonw_key(&w->w, SL_STR("fileData"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("mimeType"), type_of_address(p, type));
    sl_jsonw_key_str(&w->w, SL_STR("fileUri"), p->text);
    sl_jsonw_end(&w->w);
}

/* AI Studio fetches its own files and videos only; Vertex what is public. */
static bool fetches(const struct sl_ai_writer *w, sl_str url)
{
    return sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_FETCHES_URLS) || sl_ai_is_home(w) ||
           sl_str_starts(url, SL_STR("https://www.youtube.com/")) ||
           sl_str_starts(url, SL_STR("https://youtu.be/"));
}

static sl_str audio_type(const struct sl_ai_writer *w, sl_str format)
{
    if (sl_str_find(format, '/', 0) != SIZE_MAX)
        return format;
    return sl_fmt(w->a, "audio/%.*s", SL_STRF(sl_str_head(format, 32)));
}

static sl_rc write_media(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *place)
{
    sl_str type = p->kind == SL_AI_AUDIO ? audio_type(w, p->media_type) : p->media_type;

    switch (p->source) {
    case SL_AI_SOURCE_BASE64:
        write_data(w, p, type);
        return SL_OK;
    case SL_AI_SOURCE_TEXT:
        sl_jsonw_key_str(&w->w, SL_STR("text"), p->text);
        return SL_OK;
    case SL_AI_SOURCE_URL:
        if (!fetches(w, p->text))
            return sl_ai_refuse(w, place,
                                "names an address that the vendor does not fetch; send the bytes");
        write_address(w, p, type);
        return SL_OK;
    case SL_AI_SOURCE_FILE:
        if (!sl_ai_is_home(w))
            return sl_ai_refuse(w, place, "names a file that another vendor keeps");
        write_address(w, p, type);
        return SL_OK;
    case SL_AI_SOURCE_NONE:
        break;
    }
    return sl_ai_refuse(w, place, "has no content that the chosen model takes");
}

static sl_rc write_detail(struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    bool is_low = sl_str_eq(p->detail, SL_STR("low"));

    if (p->detail.n == 0 || sl_str_eq(p->detail, SL_STR("auto")))
        return SL_OK;
    if (!is_version_3(w))
        return sl_ai_drop(w, "image_url.detail");
    sl_jsonw_key(&w->w, SL_STR("mediaResolution"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("level"),
                     is_low ? SL_STR("MEDIA_RESOLUTION_LOW") : SL_STR("MEDIA_RESOLUTION_HIGH"));
    sl_jsonw_end(&w->w);
    return SL_OK;
}

static bool is_media(const struct sl_ai_part *p)
{
    return p->kind == SL_AI_IMAGE || p->kind == SL_AI_DOCUMENT || p->kind == SL_AI_AUDIO;
}

/* ------------------------------------------------------------------ calls */

static sl_rc write_call(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *place)
{
    struct sl_strbuf args;

    if (p->is_custom_tool)
        return sl_ai_refuse(w, place, "is a call of a custom tool, which the model does not have");
    sl_strbuf_init(&args, w->a, 0);
    sl_ai_args_add_object(&args, p->arguments_json);
    if (args.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, place, "is too large");
    sl_jsonw_key(&w->w, SL_STR("functionCall"));
    sl_jsonw_object(&w->w);
    if (has_call_ids(w))
        sl_jsonw_key_str(&w->w, SL_STR("id"), sl_ai_id_portable(w->a, p->id, SL_AI_TOOL_ID_BYTES));
    sl_jsonw_key_str(&w->w, SL_STR("name"), p->name);
    sl_jsonw_key_raw(&w->w, SL_STR("args"), sl_strbuf_str(&args));
    sl_jsonw_end(&w->w);
    return SL_OK;
}

/* ------------------------------------------------------------------ results */

/* A result is an object there: its text if that is one, else wrapped. */
static sl_rc write_response(struct sl_ai_writer *w, const struct sl_ai_part *result)
{
    sl_str text;
    sl_rc rc = sl_ai_result_text(w, result, false, &text);

    if (rc != SL_OK)
        return rc;
    sl_jsonw_key(&w->w, SL_STR("response"));
    if (!result->is_error && sl_ai_args_is_object(text)) {
        sl_jsonw_raw(&w->w, text);
        return SL_OK;
    }
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, result->is_error ? SL_STR("error") : SL_STR("output"), text);
    sl_jsonw_end(&w->w);
    return SL_OK;
}

/* Images in results: in them from 3 on, before that as a turn of the user's behind them. */
static sl_rc write_result_media(struct sl_ai_writer *w, const struct sl_ai_part *result,
                                const char *place, bool *has_any)
{
    sl_rc rc = SL_OK;

    for (const struct sl_ai_part *p = result->parts; p != NULL && rc == SL_OK; p = p->next) {
        if (!is_media(p))
            continue;
        if (!*has_any) {
            sl_jsonw_key(&w->w, SL_STR("parts"));
            sl_jsonw_array(&w->w);
            *has_any = true;
        }
        sl_jsonw_object(&w->w);
        rc = write_media(w, p, place);
        sl_jsonw_end(&w->w);
    }
    return rc;
}

static sl_rc write_result(struct sl_ai_writer *w, const struct sl_ai_part *result, sl_str name,
                          const char *place)
{
    bool has_media = false;
    sl_rc rc;

    sl_jsonw_object(&w->w);
    sl_jsonw_key(&w->w, SL_STR("functionResponse"));
    sl_jsonw_object(&w->w);
    if (has_call_ids(w))
        sl_jsonw_key_str(&w->w, SL_STR("id"),
                         sl_ai_id_portable(w->a, result->id, SL_AI_TOOL_ID_BYTES));
    sl_jsonw_key_str(&w->w, SL_STR("name"), name);
    rc = write_response(w, result);
    if (rc == SL_OK && is_version_3(w))
        rc = write_result_media(w, result, place, &has_media);
    if (has_media)
        sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return rc;
}

/* ------------------------------------------------------------------ parts */

static sl_rc write_text(struct sl_ai_writer *w, const struct sl_ai_part *p)
{
    sl_jsonw_key_str(&w->w, SL_STR("text"), p->text);
    if (p->kind == SL_AI_THINKING)
        sl_jsonw_key_bool(&w->w, SL_STR("thought"), true);
    return SL_OK;
}

static sl_rc write_kind(struct sl_ai_writer *w, const struct sl_ai_part *p, const char *place)
{
    sl_rc rc = SL_OK;

    switch (p->kind) {
    case SL_AI_TEXT:
    case SL_AI_REFUSAL:
    case SL_AI_THINKING:
        return write_text(w, p);
    case SL_AI_TOOL_CALL:
        return write_call(w, p, place);
    case SL_AI_IMAGE:
    case SL_AI_DOCUMENT:
    case SL_AI_AUDIO:
        rc = write_media(w, p, place);
        return rc == SL_OK ? write_detail(w, p) : rc;
    case SL_AI_TOOL_RESULT:
    case SL_AI_OPAQUE:
        break;
    }
    return sl_ai_refuse(w, place, "has a part that the chosen model does not take");
}

static sl_rc write_part(struct sl_ai_writer *w, const struct sl_ai_part *p, sl_str signature,
                        const char *place)
{
    sl_rc rc = SL_OK;

    if (p->has_cache_mark) /* the vendor caches by itself */
        rc = sl_ai_drop(w, "cache_control");
    if (rc != SL_OK)
        return rc;
    if (p->raw_json.n != 0 && sl_ai_is_home(w)) {
        sl_jsonw_raw(&w->w, p->raw_json);
        return SL_OK;
    }
    sl_jsonw_object(&w->w);
    rc = write_kind(w, p, place);
    if (signature.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("thoughtSignature"), signature);
    sl_jsonw_end(&w->w);
    return rc;
}

/* From 3 on the first call of a turn must have a signature. */
static sl_str signature_of(const struct sl_ai_writer *w, const struct sl_ai_part *p,
                           bool is_first_call)
{
    bool is_wanted = p->kind == SL_AI_TOOL_CALL && is_first_call && is_version_3(w);

    return p->signature.n == 0 && is_wanted ? NO_SIGNATURE : p->signature;
}

/* ------------------------------------------------------------------ contents */

static void begin_content(struct sl_ai_writer *w, const char *role)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("role"), sl_cstr(role));
    sl_jsonw_key(&w->w, SL_STR("parts"));
    sl_jsonw_array(&w->w);
}

static void end_content(struct sl_ai_writer *w)
{
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
}

static sl_rc write_model_turn(struct sl_ai_writer *w, const struct sl_ai_turn *turn,
                              const char *place)
{
    bool has_call = false;
    sl_rc rc = SL_OK;

    begin_content(w, "model");
    for (const struct sl_ai_part *p = turn->parts; p != NULL && rc == SL_OK; p = p->next) {
        rc = write_part(w, p, signature_of(w, p, !has_call), place);
        has_call |= p->kind == SL_AI_TOOL_CALL;
    }
    end_content(w);
    return rc;
}

static sl_rc write_results(struct sl_ai_writer *w, const struct sl_ai_turn *calls,
                           const struct sl_ai_turn *turn, const char *place)
{
    sl_rc rc = SL_OK;

    begin_content(w, "user");
    for (const struct sl_ai_part *call = calls->parts; call != NULL && rc == SL_OK;
         call = call->next) {
        if (call->kind != SL_AI_TOOL_CALL)
            continue;
        rc = write_result(w, sl_ai_turn_result(turn, call->id), call->name, place);
    }
    end_content(w);
    return rc;
}

/* Before 3. */
static sl_rc write_media_of_results(struct sl_ai_writer *w, const struct sl_ai_turn *turn,
                                    const char *place, bool *is_open)
{
    sl_rc rc = SL_OK;

    for (const struct sl_ai_part *r = turn->parts; r != NULL && !is_version_3(w); r = r->next) {
        const struct sl_ai_part *p = r->kind == SL_AI_TOOL_RESULT ? r->parts : NULL;
        for (; p != NULL && rc == SL_OK; p = p->next) {
            if (!is_media(p))
                continue;
            if (!*is_open)
                begin_content(w, "user");
            *is_open = true;
            rc = write_part(w, p, (sl_str){0}, place);
        }
    }
    return rc;
}

static sl_rc write_user_turn(struct sl_ai_writer *w, const struct sl_ai_turn *calls,
                             const struct sl_ai_turn *turn, const char *place)
{
    bool is_open = false;
    sl_rc rc = SL_OK;

    if (turn->parts->kind == SL_AI_TOOL_RESULT)
        rc = write_results(w, calls, turn, place);
    if (rc == SL_OK)
        rc = write_media_of_results(w, turn, place, &is_open);
    for (const struct sl_ai_part *p = turn->parts; p != NULL && rc == SL_OK; p = p->next) {
        if (p->kind == SL_AI_TOOL_RESULT)
            continue;
        if (!is_open)
            begin_content(w, "user");
        is_open = true;
        rc = write_part(w, p, p->signature, place);
    }
    if (is_open)
        end_content(w);
    return rc;
}

static sl_rc write_system(struct sl_ai_writer *w, const struct sl_ai_part *system)
{
    sl_rc rc = SL_OK;

    if (system == NULL)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("systemInstruction"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key(&w->w, SL_STR("parts"));
    sl_jsonw_array(&w->w);
    for (; system != NULL && rc == SL_OK; system = system->next)
        rc = write_part(w, system, (sl_str){0}, "systemInstruction");
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return rc;
}

sl_rc sl_ai_gemini_write_contents(struct sl_ai_writer *w)
{
    const struct sl_ai_turn *before = NULL;
    struct sl_ai_turns turns;
    sl_rc rc = sl_ai_writer_turns(w, SL_AI_GEMINI, false, &turns);

    if (rc == SL_OK) /* the vendor caches by itself */
        rc = sl_ai_drop_marks(w, &turns);
    if (rc == SL_OK)
        rc = write_system(w, turns.system);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_key(&w->w, SL_STR("contents"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_turn *t = turns.first; t != NULL && rc == SL_OK;
         before = t, t = t->next) {
        const char *place = sl_ai_message_place(w->a, w->rq, t->index).p;
        rc = t->is_assistant ? write_model_turn(w, t, place) : write_user_turn(w, before, t, place);
    }
    sl_jsonw_end(&w->w);
    return rc;
}
