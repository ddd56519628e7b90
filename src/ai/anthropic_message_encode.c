/*
 * anthropic_message_encode: system prompt, messages and their parts as Anthropic Messages wants them
 * (wire-formats 2.2, 2.3).
 */
#include "ai/anthropic_int.h"

#include "ai/ids.h"
#include "ai/tool_args.h"
#include "base/enc.h"
#include "base/str.h"
#include "base/utf8.h"

/* ------------------------------------------------------------------ parts */

/* OpenAI's short life is 30 minutes and its long one 12 hours; Anthropic's are 5 minutes and 1 hour. */
static bool is_long_lived(sl_str ttl)
{
    return sl_str_eq(ttl, SL_STR("1h")) || sl_str_eq(ttl, SL_STR("12h"));
}

void sl_ai_anthropic_write_mark(struct sl_ai_writer *w, struct sl_ai_anthropic_body *p,
                                bool has_mark, sl_str ttl)
{
    if (!has_mark)
        return;
    if (p->skipped_marks > 0) {
        p->skipped_marks--;
        return;
    }
    sl_jsonw_key(&w->w, SL_STR("cache_control"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), SL_STR("ephemeral"));
    if (is_long_lived(ttl))
        sl_jsonw_key_str(&w->w, SL_STR("ttl"), SL_STR("1h"));
    sl_jsonw_end(&w->w);
}

void sl_ai_anthropic_begin_block(struct sl_ai_writer *w, const char *type)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("type"), sl_cstr(type));
}

static void write_source(struct sl_ai_writer *w, const char *type, sl_str member, sl_str value,
                         sl_str media_type)
{
    sl_jsonw_key(&w->w, SL_STR("source"));
    sl_ai_anthropic_begin_block(w, type);
    if (media_type.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("media_type"), media_type);
    sl_jsonw_key_str(&w->w, member, value);
    sl_jsonw_end(&w->w);
}

/* Text comes as base64 from OpenAI clients, and Anthropic wants it plain. */
static sl_rc write_text_source(struct sl_ai_writer *w, const struct sl_ai_part *part,
                               const char *place)
{
    struct sl_strbuf text;
    sl_str plain = part->text;

    sl_strbuf_init(&text, w->a, 0);
    if (part->source == SL_AI_SOURCE_BASE64) {
        if (!sl_dec_base64(&text, part->text) || text.is_full)
            return sl_diag_fail(w->d, SL_E_AI_BAD_BODY, place, "must be valid base64");
        plain = sl_strbuf_str(&text);
    }
    if (!sl_utf8_is_valid(plain))
        return sl_diag_fail(w->d, SL_E_AI_BAD_BODY, place, "must be UTF-8");
    write_source(w, "text", SL_STR("data"), plain, SL_STR("text/plain"));
    return SL_OK;
}

static bool is_image_type(sl_str type)
{
    return sl_str_eq(type, SL_STR("image/jpeg")) || sl_str_eq(type, SL_STR("image/png")) ||
           sl_str_eq(type, SL_STR("image/gif")) || sl_str_eq(type, SL_STR("image/webp"));
}

/* The maker of the models does; the clouds that have its API with a version in the body do not. */
static bool fetches_urls(const struct sl_ai_writer *w)
{
    return w->t->vendor->body_version.n == 0;
}

static sl_rc write_media_source(struct sl_ai_writer *w, const struct sl_ai_part *part,
                                const char *place)
{
    bool is_image = part->kind == SL_AI_IMAGE;

    switch (part->source) {
    case SL_AI_SOURCE_URL:
        if (!fetches_urls(w))
            return sl_ai_refuse(
                w, place, "has a URL, which the chosen model does not fetch; send the content");
        write_source(w, "url", SL_STR("url"), part->text, (sl_str){0});
        return SL_OK;
    case SL_AI_SOURCE_FILE:
        if (!sl_ai_is_home(w))
            return sl_ai_refuse(w, place, "names a file that another vendor keeps");
        write_source(w, "file", SL_STR("file_id"), part->text, (sl_str){0});
        return SL_OK;
    case SL_AI_SOURCE_TEXT:
        return write_text_source(w, part, place);
    case SL_AI_SOURCE_BASE64:
        if (!is_image && sl_str_starts(part->media_type, SL_STR("text/")))
            return write_text_source(w, part, place);
        if (is_image ? !is_image_type(part->media_type)
                     : !sl_str_eq(part->media_type, SL_STR("application/pdf")))
            return sl_ai_refuse(w, place, "is of a media type that the chosen model does not take");
        write_source(w, "base64", SL_STR("data"), part->text, part->media_type);
        return SL_OK;
    case SL_AI_SOURCE_NONE:
        break;
    }
    return sl_ai_refuse(w, place, "has no content that the chosen model takes");
}

static sl_rc write_media(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place)
{
    sl_str title = part->title.n != 0 ? part->title : part->file_name;
    bool is_image = part->kind == SL_AI_IMAGE;
    sl_rc rc;

    sl_ai_anthropic_begin_block(w, is_image ? "image" : "document");
    rc = write_media_source(w, part, place);
    if (rc != SL_OK)
        return rc;
    if (!is_image && title.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("title"), title);
    if (part->context.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("context"), part->context);
    if (part->wants_citations) {
        sl_jsonw_key(&w->w, SL_STR("citations"));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_bool(&w->w, SL_STR("enabled"), true);
        sl_jsonw_end(&w->w);
    }
    if (is_image && part->detail.n != 0 && !sl_str_eq(part->detail, SL_STR("auto")))
        return sl_ai_drop(w, "image_url.detail");
    return SL_OK;
}

static void write_thinking(struct sl_ai_writer *w, const struct sl_ai_part *part)
{
    sl_ai_anthropic_begin_block(w, part->is_redacted ? "redacted_thinking" : "thinking");
    if (part->is_redacted) {
        sl_jsonw_key_str(&w->w, SL_STR("data"), part->signature);
        return;
    }
    sl_jsonw_key_str(&w->w, SL_STR("thinking"), part->text);
    sl_jsonw_key_str(&w->w, SL_STR("signature"), part->signature);
}

static sl_rc write_call(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place)
{
    struct sl_strbuf input;

    if (part->is_custom_tool)
        return sl_ai_refuse(w, place, "is a call of a custom tool, which the model does not have");
    sl_strbuf_init(&input, w->a, 0);
    sl_ai_args_add_object(&input, part->arguments_json);
    if (input.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, place, "is too large");
    sl_ai_anthropic_begin_block(w, "tool_use");
    sl_jsonw_key_str(&w->w, SL_STR("id"), sl_ai_id_portable(w->a, part->id, SL_AI_TOOL_ID_BYTES));
    sl_jsonw_key_str(&w->w, SL_STR("name"), part->name);
    sl_jsonw_key_raw(&w->w, SL_STR("input"), sl_strbuf_str(&input));
    return SL_OK;
}

static void write_text(struct sl_ai_writer *w, sl_str text)
{
    sl_ai_anthropic_begin_block(w, "text");
    sl_jsonw_key_str(&w->w, SL_STR("text"), text);
}

/* A block that goes as its client wrote it. */
static bool is_raw(const struct sl_ai_writer *w, const struct sl_ai_part *part)
{
    return part->raw_json.n != 0 && sl_ai_is_home(w);
}

static bool is_media(const struct sl_ai_part *p)
{
    return p->kind == SL_AI_IMAGE || p->kind == SL_AI_DOCUMENT;
}

/* A result holds text and media; an error result may hold only text: its media stand behind all results. */
static sl_rc write_result(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place)
{
    sl_ai_anthropic_begin_block(w, "tool_result");
    sl_jsonw_key_str(&w->w, SL_STR("tool_use_id"),
                     sl_ai_id_portable(w->a, part->id, SL_AI_TOOL_ID_BYTES));
    if (part->is_error)
        sl_jsonw_key_bool(&w->w, SL_STR("is_error"), true);
    sl_jsonw_key(&w->w, SL_STR("content"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_part *p = part->parts; p != NULL; p = p->next) {
        bool is_blank = p->kind == SL_AI_TEXT && sl_ai_text_is_blank(p->text);
        sl_rc rc = SL_OK;
        if (is_blank || (part->is_error && is_media(p)))
            continue;
        if (is_raw(w, p))
            sl_jsonw_raw(&w->w, p->raw_json);
        else if (is_media(p))
            rc = write_media(w, p, place);
        else if (p->kind == SL_AI_TEXT)
            write_text(w, p->text);
        else
            return sl_ai_refuse(w, place, "has a part that a tool result cannot hold");
        if (rc != SL_OK)
            return rc;
        if (!is_raw(w, p))
            sl_jsonw_end(&w->w);
    }
    sl_jsonw_end(&w->w);
    return SL_OK;
}

static sl_rc write_part(struct sl_ai_writer *w, struct sl_ai_anthropic_body *p,
                        const struct sl_ai_part *part, const char *place)
{
    sl_rc rc = SL_OK;

    if (is_raw(w, part)) {
        sl_jsonw_raw(&w->w, part->raw_json);
        return SL_OK;
    }
    switch (part->kind) {
    case SL_AI_TEXT:
    case SL_AI_REFUSAL:
        write_text(w, part->text);
        break;
    case SL_AI_THINKING:
        write_thinking(w, part);
        break;
    case SL_AI_TOOL_CALL:
        rc = write_call(w, part, place);
        break;
    case SL_AI_TOOL_RESULT:
        rc = write_result(w, part, place);
        break;
    case SL_AI_IMAGE:
    case SL_AI_DOCUMENT:
        rc = write_media(w, part, place);
        break;
    case SL_AI_AUDIO:
        return sl_ai_refuse(w, place, "has audio, which the chosen model does not take");
    case SL_AI_OPAQUE:
        return sl_ai_refuse(w, place, "has a part that the chosen model does not take");
    }
    if (rc != SL_OK)
        return rc;
    sl_ai_anthropic_write_mark(w, p, part->has_cache_mark, part->cache_ttl);
    sl_jsonw_end(&w->w);
    return SL_OK;
}

/* ------------------------------------------------------------------ system and messages */

sl_rc sl_ai_anthropic_write_system(struct sl_ai_writer *w, struct sl_ai_anthropic_body *p)
{
    sl_rc rc = SL_OK;

    if (p->turns.system == NULL)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("system"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_part *part = p->turns.system; part != NULL && rc == SL_OK;
         part = part->next)
        rc = write_part(w, p, part, "system");
    sl_jsonw_end(&w->w);
    return rc;
}

static bool is_last_result(const struct sl_ai_part *part)
{
    return part->kind == SL_AI_TOOL_RESULT &&
           (part->next == NULL || part->next->kind != SL_AI_TOOL_RESULT);
}

static sl_rc write_error_media(struct sl_ai_writer *w, struct sl_ai_anthropic_body *p,
                               const struct sl_ai_turn *turn, const char *place)
{
    sl_rc rc = SL_OK;

    for (const struct sl_ai_part *part = turn->parts; part != NULL; part = part->next) {
        const struct sl_ai_part *in = part->kind == SL_AI_TOOL_RESULT ? part->parts : NULL;
        for (; in != NULL && part->is_error && rc == SL_OK; in = in->next)
            if (is_media(in))
                rc = write_part(w, p, in, place);
    }
    return rc;
}

static sl_rc write_turn(struct sl_ai_writer *w, struct sl_ai_anthropic_body *p,
                        const struct sl_ai_turn *turn)
{
    sl_str place = sl_ai_message_place(w->a, w->rq, turn->index);
    sl_rc rc = SL_OK;

    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("role"),
                     turn->is_assistant ? SL_STR("assistant") : SL_STR("user"));
    sl_jsonw_key(&w->w, SL_STR("content"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_part *part = turn->parts; part != NULL && rc == SL_OK;
         part = part->next) {
        rc = write_part(w, p, part, place.p);
        if (rc == SL_OK && is_last_result(part))
            rc = write_error_media(w, p, turn, place.p);
    }
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return rc;
}

sl_rc sl_ai_anthropic_write_messages(struct sl_ai_writer *w, struct sl_ai_anthropic_body *p)
{
    sl_rc rc = SL_OK;

    sl_jsonw_key(&w->w, SL_STR("messages"));
    sl_jsonw_array(&w->w);
    for (struct sl_ai_turn *t = p->turns.first; t != NULL && rc == SL_OK; t = t->next) {
        if (t->next == NULL)
            sl_ai_turn_trim_prefill(t);
        rc = write_turn(w, p, t);
    }
    sl_jsonw_end(&w->w);
    return rc;
}
