/*
 * bedrock_message_encode: system prompt, messages and their blocks as Converse wants them
 * (wire-formats 4.1). Blocks have no type: the member's name says what they are.
 */
#include "ai/bedrock_int.h"

#include "ai/ids.h"
#include "ai/tool_args.h"
#include "base/enc.h"
#include "base/str.h"

/* Stands where a block must have a text and there is none. */
#define NO_TEXT SL_STR("...")

/* ------------------------------------------------------------------ blocks */

static void begin_block(struct sl_ai_writer *w, const char *kind)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key(&w->w, sl_cstr(kind));
    sl_jsonw_object(&w->w);
}

static void end_block(struct sl_ai_writer *w)
{
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
}

static void write_text(struct sl_ai_writer *w, sl_str text)
{
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("text"), text);
    sl_jsonw_end(&w->w);
}

/* OpenAI's long life is 12 hours; an hour is the longest there is here. */
sl_rc sl_ai_bedrock_write_mark(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b, bool has_mark,
                               sl_str ttl)
{
    if (!has_mark)
        return SL_OK;
    if ((b->takes & TAKES_CACHE_POINTS) == 0)
        return sl_ai_drop(w, "cache_control");
    if (b->skipped_marks > 0) {
        b->skipped_marks--;
        return SL_OK;
    }
    begin_block(w, "cachePoint");
    sl_jsonw_key_str(&w->w, SL_STR("type"), SL_STR("default"));
    if (sl_str_eq(ttl, SL_STR("1h")) || sl_str_eq(ttl, SL_STR("12h")))
        sl_jsonw_key_str(&w->w, SL_STR("ttl"), SL_STR("1h"));
    end_block(w);
    return SL_OK;
}

/* ------------------------------------------------------------------ media */

struct format {
    sl_str media_type, name;
};

static const struct format image_formats[] = {
    {SL_STR_INIT("image/png"), SL_STR_INIT("png")},
    {SL_STR_INIT("image/jpeg"), SL_STR_INIT("jpeg")},
    {SL_STR_INIT("image/gif"), SL_STR_INIT("gif")},
    {SL_STR_INIT("image/webp"), SL_STR_INIT("webp")},
};

static const struct format document_formats[] = {
    {SL_STR_INIT("application/pdf"), SL_STR_INIT("pdf")},
    {SL_STR_INIT("text/plain"), SL_STR_INIT("txt")},
    {SL_STR_INIT("text/csv"), SL_STR_INIT("csv")},
    {SL_STR_INIT("text/html"), SL_STR_INIT("html")},
    {SL_STR_INIT("text/markdown"), SL_STR_INIT("md")},
    {SL_STR_INIT("application/msword"), SL_STR_INIT("doc")},
    {SL_STR_INIT("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
     SL_STR_INIT("docx")},
    {SL_STR_INIT("application/vnd.ms-excel"), SL_STR_INIT("xls")},
    {SL_STR_INIT("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
     SL_STR_INIT("xlsx")},
};

static sl_str format_of(const struct format *rows, size_t n, sl_str media_type)
{
    for (size_t i = 0; i < n; i++)
        if (sl_str_eq(rows[i].media_type, media_type))
            return rows[i].name;
    return (sl_str){0};
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-()[]", c) != NULL);
}

/*
 * Only letters, digits, single spaces, hyphens, parentheses and brackets are allowed, and no two names
 * alike: further documents have their number.
 */
static sl_str document_name(struct sl_ai_writer *w, size_t number, const struct sl_ai_part *part)
{
    enum { NAME_BYTES = 64 };
    sl_str from =
        sl_str_head(part->title.n != 0 ? part->title : part->file_name, (size_t)NAME_BYTES);
    char *name = sl_arena_alloc(w->a, NAME_BYTES);
    size_t n = 0;

    for (size_t i = 0; i < from.n; i++)
        if (is_name_char(from.p[i]))
            name[n++] = from.p[i];
        else if (n != 0 && name[n - 1] != ' ')
            name[n++] = ' ';
    if (n != 0 && name[n - 1] == ' ')
        n--;
    if (n == 0)
        return sl_fmt(w->a, "document %zu", number);
    return number == 1 ? (sl_str){name, n} : sl_fmt(w->a, "%.*s %zu", (int)n, name, number);
}

static void write_source(struct sl_ai_writer *w, sl_str base64)
{
    sl_jsonw_key(&w->w, SL_STR("source"));
    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("bytes"), base64);
    sl_jsonw_end(&w->w);
}

static sl_rc check_source(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place)
{
    switch (part->source) {
    case SL_AI_SOURCE_BASE64:
        return SL_OK;
    case SL_AI_SOURCE_TEXT:
        if (part->kind == SL_AI_DOCUMENT)
            return SL_OK;
        break;
    case SL_AI_SOURCE_URL:
        return sl_ai_refuse(w, place,
                            "has a URL, which the chosen model does not fetch; send the content");
    case SL_AI_SOURCE_FILE:
        return sl_ai_refuse(w, place, "names a file that another vendor keeps");
    case SL_AI_SOURCE_NONE:
        break;
    }
    return sl_ai_refuse(w, place, "has no content that the chosen model takes");
}

static sl_rc write_image(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place)
{
    sl_str format = format_of(image_formats, SL_LEN(image_formats), part->media_type);
    sl_rc rc = check_source(w, part, place);

    if (rc != SL_OK)
        return rc;
    if (format.n == 0)
        return sl_ai_refuse(w, place, "is of a media type that the chosen model does not take");
    begin_block(w, "image");
    sl_jsonw_key_str(&w->w, SL_STR("format"), format);
    write_source(w, part->text);
    end_block(w);
    if (part->detail.n != 0 && !sl_str_eq(part->detail, SL_STR("auto")))
        return sl_ai_drop(w, "image_url.detail");
    return SL_OK;
}

static sl_rc write_document(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b,
                            const struct sl_ai_part *part, const char *place)
{
    bool is_text = part->source == SL_AI_SOURCE_TEXT;
    sl_str format = is_text
                        ? SL_STR("txt")
                        : format_of(document_formats, SL_LEN(document_formats), part->media_type);
    struct sl_strbuf base64;
    sl_rc rc = check_source(w, part, place);

    if (rc != SL_OK)
        return rc;
    if (format.n == 0)
        return sl_ai_refuse(w, place, "is of a media type that the chosen model does not take");
    sl_strbuf_init(&base64, w->a, 0);
    if (is_text)
        sl_enc_base64(&base64, part->text);
    if (base64.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, place, "is too large");
    begin_block(w, "document");
    sl_jsonw_key_str(&w->w, SL_STR("format"), format);
    sl_jsonw_key_str(&w->w, SL_STR("name"), document_name(w, ++b->documents, part));
    write_source(w, is_text ? sl_strbuf_str(&base64) : part->text);
    if (part->context.n != 0)
        sl_jsonw_key_str(&w->w, SL_STR("context"), part->context);
    if (part->wants_citations) {
        sl_jsonw_key(&w->w, SL_STR("citations"));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_bool(&w->w, SL_STR("enabled"), true);
        sl_jsonw_end(&w->w);
    }
    end_block(w);
    return SL_OK;
}

/* ------------------------------------------------------------------ tools and thinking */

static sl_rc write_call(struct sl_ai_writer *w, const struct sl_ai_part *part, const char *place)
{
    struct sl_strbuf input;

    if (part->is_custom_tool)
        return sl_ai_refuse(w, place, "is a call of a custom tool, which the model does not have");
    sl_strbuf_init(&input, w->a, 0);
    sl_ai_args_add_object(&input, part->arguments_json);
    if (input.is_full)
        return sl_diag_fail(w->d, SL_E_LIMIT, place, "is too large");
    begin_block(w, "toolUse");
    sl_jsonw_key_str(&w->w, SL_STR("toolUseId"),
                     sl_ai_id_portable(w->a, part->id, SL_AI_TOOL_ID_BYTES));
    sl_jsonw_key_str(&w->w, SL_STR("name"), part->name);
    sl_jsonw_key_raw(&w->w, SL_STR("input"), sl_strbuf_str(&input));
    end_block(w);
    return SL_OK;
}

static sl_rc write_result_part(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b,
                               const struct sl_ai_part *part, const char *place, bool *ret_is_there)
{
    *ret_is_there = true;
    if (part->kind == SL_AI_IMAGE)
        return write_image(w, part, place);
    if (part->kind == SL_AI_DOCUMENT)
        return write_document(w, b, part, place);
    if (part->kind != SL_AI_TEXT && part->kind != SL_AI_OPAQUE)
        return sl_ai_refuse(w, place, "has a part that a tool result cannot hold");
    sl_str text = part->kind == SL_AI_OPAQUE ? part->raw_json : part->text;
    *ret_is_there = !sl_ai_text_is_blank(text);
    if (*ret_is_there)
        write_text(w, text);
    return SL_OK;
}

static sl_rc write_result(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b,
                          const struct sl_ai_part *part, const char *place)
{
    bool has_status = (b->takes & TAKES_STATUS) != 0;
    bool has_any = part->is_error && !has_status;

    begin_block(w, "toolResult");
    sl_jsonw_key_str(&w->w, SL_STR("toolUseId"),
                     sl_ai_id_portable(w->a, part->id, SL_AI_TOOL_ID_BYTES));
    if (part->is_error && has_status)
        sl_jsonw_key_str(&w->w, SL_STR("status"), SL_STR("error"));
    sl_jsonw_key(&w->w, SL_STR("content"));
    sl_jsonw_array(&w->w);
    if (has_any)
        write_text(w, SL_STR("Error:"));
    for (const struct sl_ai_part *p = part->parts; p != NULL; p = p->next) {
        bool is_there;
        sl_rc rc = write_result_part(w, b, p, place, &is_there);
        if (rc != SL_OK)
            return rc;
        has_any |= is_there;
    }
    if (!has_any)
        write_text(w, NO_TEXT);
    sl_jsonw_end(&w->w);
    end_block(w);
    return SL_OK;
}

/* A model that signs nothing refuses what others signed. */
static void write_thinking(struct sl_ai_writer *w, const struct sl_ai_bedrock_body *b,
                           const struct sl_ai_part *part)
{
    if ((b->takes & TAKES_SIGNATURES) == 0)
        return;
    begin_block(w, "reasoningContent");
    if (part->is_redacted) {
        sl_jsonw_key_str(&w->w, SL_STR("redactedContent"), part->signature);
    } else {
        sl_jsonw_key(&w->w, SL_STR("reasoningText"));
        sl_jsonw_object(&w->w);
        sl_jsonw_key_str(&w->w, SL_STR("text"), part->text);
        sl_jsonw_key_str(&w->w, SL_STR("signature"), part->signature);
        sl_jsonw_end(&w->w);
    }
    end_block(w);
}

static sl_rc write_part(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b,
                        const struct sl_ai_part *part, const char *place)
{
    switch (part->kind) {
    case SL_AI_TEXT:
    case SL_AI_REFUSAL:
        write_text(w, part->text);
        return SL_OK;
    case SL_AI_THINKING:
        write_thinking(w, b, part);
        return SL_OK;
    case SL_AI_TOOL_CALL:
        return write_call(w, part, place);
    case SL_AI_TOOL_RESULT:
        return write_result(w, b, part, place);
    case SL_AI_IMAGE:
        return write_image(w, part, place);
    case SL_AI_DOCUMENT:
        return write_document(w, b, part, place);
    case SL_AI_AUDIO:
        return sl_ai_refuse(w, place, "has audio, which the chosen model does not take");
    case SL_AI_OPAQUE:
        return sl_ai_refuse(w, place, "has a part that the chosen model does not take");
    }
    sl_panic(__FILE__, __LINE__, "bedrock: bad part");
}

/* ------------------------------------------------------------------ system and messages */

sl_rc sl_ai_bedrock_write_system(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b)
{
    sl_rc rc = SL_OK;

    if (b->turns.system == NULL)
        return SL_OK;
    sl_jsonw_key(&w->w, SL_STR("system"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_part *p = b->turns.system; p != NULL && rc == SL_OK; p = p->next) {
        write_text(w, p->text);
        rc = sl_ai_bedrock_write_mark(w, b, p->has_cache_mark, p->cache_ttl);
    }
    sl_jsonw_end(&w->w);
    return rc;
}

static bool has_kind(const struct sl_ai_turn *turn, enum sl_ai_part_kind kind)
{
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        if (p->kind == kind)
            return true;
    return false;
}

/* What is left of a turn when the thinking that its model cannot take is gone. */
static bool is_empty(const struct sl_ai_bedrock_body *b, const struct sl_ai_turn *turn)
{
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next)
        if (p->kind != SL_AI_THINKING || (b->takes & TAKES_SIGNATURES) != 0)
            return false;
    return true;
}

static sl_rc write_turn(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b,
                        const struct sl_ai_turn *turn)
{
    sl_str place = sl_ai_message_place(w->a, w->rq, turn->index);
    sl_rc rc = SL_OK;

    sl_jsonw_object(&w->w);
    sl_jsonw_key_str(&w->w, SL_STR("role"),
                     turn->is_assistant ? SL_STR("assistant") : SL_STR("user"));
    sl_jsonw_key(&w->w, SL_STR("content"));
    sl_jsonw_array(&w->w);
    for (const struct sl_ai_part *p = turn->parts; p != NULL && rc == SL_OK; p = p->next) {
        rc = write_part(w, b, p, place.p);
        if (rc == SL_OK)
            rc = sl_ai_bedrock_write_mark(w, b, p->has_cache_mark, p->cache_ttl);
    }
    /* a document wants a text beside it */
    if (is_empty(b, turn) || (has_kind(turn, SL_AI_DOCUMENT) && !has_kind(turn, SL_AI_TEXT)))
        write_text(w, NO_TEXT);
    sl_jsonw_end(&w->w);
    sl_jsonw_end(&w->w);
    return rc;
}

sl_rc sl_ai_bedrock_write_messages(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b)
{
    sl_rc rc = SL_OK;

    sl_jsonw_key(&w->w, SL_STR("messages"));
    sl_jsonw_array(&w->w);
    for (struct sl_ai_turn *t = b->turns.first; t != NULL && rc == SL_OK; t = t->next) {
        if (t->next == NULL)
            sl_ai_turn_trim_prefill(t);
        rc = write_turn(w, b, t);
    }
    sl_jsonw_end(&w->w);
    return rc;
}
