/*
 * openai_chat_message_decode: the messages of a Chat Completions request, and their parts.
 *
 * Accepted besides the documented members, because clients send them: reasoning_content, thinking_blocks and images
 * on assistant messages (what our answers gave them), reasoning there (what others' did), and cache_control.
 */
#include "ai/openai_chat_int.h"

#include "ai/chat_form.h"
#include "ai/ids.h"
#include "base/str.h"

/* ------------------------------------------------------------------ content parts */

static sl_rc read_audio(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place audio_at = {.up = at, .name = "input_audio"};
    const struct sl_json *audio = sl_json_get(v, SL_STR("input_audio"));
    sl_rc rc = sl_ai_read_text(r, &audio_at, "data", audio, true, &p->text);

    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &audio_at, "format", audio, true, &p->media_type);
    p->kind = SL_AI_AUDIO;
    p->source = SL_AI_SOURCE_BASE64;
    return rc;
}

static sl_rc read_file(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place file_at = {.up = at, .name = "file"};
    struct sl_ai_place data_at = {.up = &file_at, .name = "file_data"};
    const struct sl_json *file = sl_json_get(v, SL_STR("file"));
    sl_str data, id;
    sl_rc rc = sl_ai_read_text(r, &file_at, "file_data", file, false, &data);

    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &file_at, "file_id", file, false, &id);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &file_at, "filename", file, false, &p->file_name);
    if (rc != SL_OK)
        return rc;
    p->kind = SL_AI_DOCUMENT;
    p->source = data.n != 0 ? SL_AI_SOURCE_BASE64 : SL_AI_SOURCE_FILE;
    p->text = id;
    if (data.n != 0 && !sl_ai_data_url(r->a, data, &p->media_type, &p->text))
        return sl_ai_read_fail(r, &data_at, "must be a data: URL with base64");
    if (p->text.n == 0)
        return sl_ai_read_fail(r, &data_at, "or file_id is required");
    return SL_OK;
}

static sl_rc read_text_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_part *p)
{
    p->kind = SL_AI_TEXT;
    return sl_ai_read_text(r, at, "text", v, true, &p->text);
}

static sl_rc read_refusal(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_part *p)
{
    p->kind = SL_AI_REFUSAL;
    return sl_ai_read_text(r, at, "refusal", v, true, &p->text);
}

static const struct {
    const char *type;
    sl_rc (*read)(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                  struct sl_ai_part *p);
} part_types[] = {
    {"text", read_text_part}, {"image_url", sl_ai_read_image_url}, {"input_audio", read_audio},
    {"file", read_file},      {"refusal", read_refusal},
};

sl_rc sl_ai_openai_chat_read_mark(struct sl_ai_reader *r, const struct sl_json *v, bool *ret_has,
                                  sl_str *ret_ttl, sl_str *ret_json)
{
    const struct sl_json *mark = sl_json_get(v, SL_STR("prompt_cache_breakpoint"));

    if (mark == NULL)
        mark = sl_json_get(v, SL_STR("cache_control"));
    return sl_ai_read_cache_mark(r, mark, ret_has, ret_ttl, ret_json);
}

static sl_rc read_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_place type_at = {.up = at, .name = "type"};
    struct sl_ai_part *p;
    sl_str type;
    sl_rc rc;

    rc = sl_ai_parts_add_typed(r, at, v, parts, &p, &type);
    if (rc != SL_OK)
        return rc;
    for (size_t i = 0; i < SL_LEN(part_types); i++) {
        if (!sl_str_eq(sl_cstr(part_types[i].type), type))
            continue;
        rc = part_types[i].read(r, at, v, p);
        return rc == SL_OK ? sl_ai_openai_chat_read_mark(r, v, &p->has_cache_mark, &p->cache_ttl,
                                                         &p->cache_json)
                           : rc;
    }
    if (sl_ai_read_thinking_block(v, p))
        return SL_OK;
    return sl_ai_read_fail(r, &type_at, "must be text, image_url, input_audio, file or refusal");
}

static sl_rc read_content(struct sl_ai_reader *r, const struct sl_ai_place *message_at,
                          const struct sl_json *message, struct sl_ai_parts *parts)
{
    return sl_ai_read_chat_content(r, message_at, message, read_part, parts);
}

/* ------------------------------------------------------------------ assistant messages */

/* What Google's own endpoint for OpenAI's clients gives them: extra_content.google.thought_signature. */
static sl_str google_signature(const struct sl_json *call)
{
    const struct sl_json *google =
        sl_json_get(sl_json_get(call, SL_STR("extra_content")), SL_STR("google"));

    return sl_json_text(sl_json_get(google, SL_STR("thought_signature")));
}

static sl_rc read_custom_call(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place custom_at = {.up = at, .name = "custom"};
    const struct sl_json *custom = sl_json_get(v, SL_STR("custom"));
    sl_rc rc = sl_ai_read_text(r, at, "id", v, true, &p->id);

    p->is_custom_tool = true;
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, &custom_at, "name", custom, true, &p->name);
    if (rc != SL_OK)
        return rc;
    p->id = sl_ai_id_original(r->a, p->id);
    return sl_ai_read_text(r, &custom_at, "input", custom, false, &p->arguments_json);
}

static sl_rc read_call(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = sl_ai_parts_add(r, parts, SL_AI_TOOL_CALL);

    if (p == NULL)
        return SL_E_LIMIT;
    p->signature = google_signature(v);
    if (sl_str_eq(sl_json_text_of(v, "type"), SL_STR("custom")))
        return read_custom_call(r, at, v, p);
    return sl_ai_read_function_call(r, at, v, true, p);
}

/* The one call of before there were tools: without an id. */
static sl_rc read_old_call(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *message, struct sl_ai_parts *parts)
{
    struct sl_ai_place call_at = {.up = at, .name = "function_call"};
    const struct sl_json *v = sl_json_get(message, SL_STR("function_call"));
    struct sl_ai_part *p;

    if (sl_json_kind(v) <= SL_JSON_NULL)
        return SL_OK;
    p = sl_ai_parts_add(r, parts, SL_AI_TOOL_CALL);
    return p != NULL ? sl_ai_read_called(r, &call_at, v, p) : SL_E_LIMIT;
}

/** The blocks with their signatures if the client kept them, else the bare text of the thinking. */
static sl_rc read_thoughts(struct sl_ai_reader *r, const struct sl_json *message,
                           struct sl_ai_parts *parts)
{
    const struct sl_json *blocks = sl_json_get(message, SL_STR("thinking_blocks"));
    sl_str text = sl_json_text_of(message, "reasoning_content");
    struct sl_json_cursor c = sl_json_each(blocks);
    struct sl_ai_part block = {0}, *p;
    const struct sl_json *v;

    if (text.n == 0)
        text = sl_json_text_of(message, "reasoning"); /* OpenRouter's and Groq's word */
    if (sl_json_count(blocks) == 0 && text.n != 0) {
        p = sl_ai_parts_add(r, parts, SL_AI_THINKING);
        if (p == NULL)
            return SL_E_LIMIT;
        p->text = text;
        return SL_OK;
    }
    while ((v = sl_json_next(&c, NULL)) != NULL) {
        block = (struct sl_ai_part){0};
        if (!sl_ai_read_thinking_block(v, &block))
            continue;
        p = sl_ai_parts_add(r, parts, SL_AI_THINKING);
        if (p == NULL)
            return SL_E_LIMIT;
        *p = block;
    }
    return SL_OK;
}

/* What the assistant said aloud, which the vendor keeps. */
static sl_rc read_said_aloud(struct sl_ai_reader *r, const struct sl_ai_place *at,
                             const struct sl_json *message, struct sl_ai_parts *parts)
{
    struct sl_ai_place audio_at = {.up = at, .name = "audio"};
    const struct sl_json *audio = sl_json_get(message, SL_STR("audio"));
    struct sl_ai_part *p;

    if (sl_json_kind(audio) <= SL_JSON_NULL)
        return SL_OK;
    p = sl_ai_parts_add(r, parts, SL_AI_AUDIO);
    if (p == NULL)
        return SL_E_LIMIT;
    p->source = SL_AI_SOURCE_FILE;
    return sl_ai_read_text(r, &audio_at, "id", audio, true, &p->text);
}

static sl_rc read_assistant(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p;
    sl_str refusal;
    sl_rc rc = read_thoughts(r, v, parts);

    if (rc == SL_OK)
        rc = read_content(r, at, v, parts);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "refusal", v, false, &refusal);
    if (rc != SL_OK)
        return rc;
    if (refusal.n != 0) {
        p = sl_ai_parts_add(r, parts, SL_AI_REFUSAL);
        if (p == NULL)
            return SL_E_LIMIT;
        p->text = refusal;
    }
    rc = read_said_aloud(r, at, v, parts);
    if (rc == SL_OK) /* that it made, as our answers have them */
        rc = sl_ai_read_chat_list(r, at, "images", v, read_part, parts);
    if (rc == SL_OK)
        rc = sl_ai_read_chat_list(r, at, "tool_calls", v, read_call, parts);
    return rc == SL_OK ? read_old_call(r, at, v, parts) : rc;
}

/* ------------------------------------------------------------------ messages */

static bool is_of_function(const struct sl_json *message)
{
    return sl_str_eq(sl_json_text_of(message, "role"), SL_STR("function"));
}

static sl_rc read_result(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = sl_ai_parts_add(r, parts, SL_AI_TOOL_RESULT);
    struct sl_ai_parts blocks = {0};
    bool is_old = is_of_function(v);
    sl_rc rc;

    if (p == NULL)
        return SL_E_LIMIT;
    rc = is_old ? SL_OK : sl_ai_read_text(r, at, "tool_call_id", v, true, &p->id);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "name", v, is_old, &p->name);
    if (rc == SL_OK)
        rc = read_content(r, at, v, &blocks);
    p->id = sl_ai_id_original(r->a, p->id);
    p->parts = blocks.first;
    return rc;
}

/* A marker on the message stands for one on its last part. */
static sl_rc read_message_mark(struct sl_ai_reader *r, const struct sl_json *v,
                               const struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = parts->last;

    if (p == NULL)
        return SL_OK;
    return sl_ai_openai_chat_read_mark(r, v, &p->has_cache_mark, &p->cache_ttl, &p->cache_json);
}

static sl_rc read_message(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, enum sl_ai_role role, struct sl_ai_parts *parts)
{
    sl_rc rc;

    if (role == SL_AI_ROLE_ASSISTANT)
        rc = read_assistant(r, at, v, parts);
    else if (role == SL_AI_ROLE_TOOL)
        rc = read_result(r, at, v, parts);
    else
        rc = read_content(r, at, v, parts);
    return rc == SL_OK ? read_message_mark(r, v, parts) : rc;
}

/* A tool's result has the name of the tool. */
static bool has_speaker(const struct sl_json *messages)
{
    struct sl_json_cursor c = sl_json_each(messages);
    const struct sl_json *v;

    while ((v = sl_json_next(&c, NULL)) != NULL)
        if (sl_json_text_of(v, "name").n != 0 &&
            !sl_str_eq(sl_json_text_of(v, "role"), SL_STR("tool")) && !is_of_function(v))
            return true;
    return false;
}

sl_rc sl_ai_openai_chat_read_messages(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                      const struct sl_json *v, struct sl_ai_request *ret)
{
    sl_rc rc;

    ret->names_speakers = has_speaker(v);
    rc = sl_ai_read_chat_messages(r, at, v, read_message, ret);
    return rc == SL_OK ? sl_ai_match_chat_results(r, ret) : rc;
}
