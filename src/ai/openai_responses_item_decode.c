/*
 * openai_responses_item_decode: the items of a Responses request's `input`, as messages (wire-formats 7.1).
 *
 * Each item becomes a message of its own; who needs turns makes them (ai/turns.h). Items that only
 * this dialect knows (calls of hosted tools and what belongs to them) are kept raw.
 */
#include "ai/openai_responses_int.h"
#include "ai/signature.h"

#include "ai/ids.h"
#include "base/str.h"

#include <stdio.h>

static bool is_absent(const struct sl_json *v)
{
    return sl_json_kind(v) <= SL_JSON_NULL;
}

static sl_rc read_opaque(struct sl_ai_reader *r, const struct sl_json *v, struct sl_ai_part *p)
{
    p->kind = SL_AI_OPAQUE;
    return sl_ai_read_raw(r, v, &p->raw_json);
}

/* ------------------------------------------------------------------ content parts */

static sl_rc read_text(struct sl_ai_reader *r, const struct sl_ai_place *at,
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

/* What a URL says: data in it, or a place elsewhere. */
static sl_rc read_url(struct sl_ai_reader *r, const struct sl_ai_place *url_at, sl_str url,
                      struct sl_ai_part *p)
{
    p->source = SL_AI_SOURCE_URL;
    p->text = url;
    if (!sl_str_istarts(url, SL_STR("data:")))
        return SL_OK;
    if (!sl_ai_data_url(r->a, url, &p->media_type, &p->text))
        return sl_ai_read_fail(r, url_at, "must be a data: URL with base64");
    p->source = SL_AI_SOURCE_BASE64;
    return SL_OK;
}

static sl_rc read_image(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place url_at = {.up = at, .name = "image_url"};
    sl_str url, id;
    sl_rc rc = sl_ai_read_text(r, at, "image_url", v, false, &url);

    p->kind = SL_AI_IMAGE;
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "file_id", v, false, &id);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "detail", v, false, &p->detail);
    if (rc != SL_OK)
        return rc;
    if (url.n == 0 && id.n == 0)
        return sl_ai_read_fail(r, &url_at, "or file_id is required");
    if (url.n != 0)
        return read_url(r, &url_at, url, p);
    p->source = SL_AI_SOURCE_FILE;
    p->text = id;
    return SL_OK;
}

static sl_rc read_file(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place data_at = {.up = at, .name = "file_data"};
    struct sl_ai_place url_at = {.up = at, .name = "file_url"};
    sl_str data, url;
    sl_rc rc = sl_ai_read_text(r, at, "file_data", v, false, &data);

    p->kind = SL_AI_DOCUMENT;
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "file_url", v, false, &url);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "file_id", v, false, &p->text);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "filename", v, false, &p->file_name);
    if (rc != SL_OK)
        return rc;
    if (url.n != 0)
        return read_url(r, &url_at, url, p);
    if (data.n == 0 && p->text.n == 0)
        return sl_ai_read_fail(r, &data_at, "or file_id or file_url is required");
    p->source = data.n != 0 ? SL_AI_SOURCE_BASE64 : SL_AI_SOURCE_FILE;
    if (data.n != 0 && !sl_ai_data_url(r->a, data, &p->media_type, &p->text))
        return sl_ai_read_fail(r, &data_at, "must be a data: URL with base64");
    return SL_OK;
}

static sl_rc read_audio(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place audio_at = {.up = at, .name = "input_audio"};
    const struct sl_json *audio = sl_json_get(v, SL_STR("input_audio"));
    sl_rc rc = sl_ai_read_text(r, &audio_at, "data", audio, true, &p->text);

    p->kind = SL_AI_AUDIO;
    p->source = SL_AI_SOURCE_BASE64;
    return rc == SL_OK ? sl_ai_read_text(r, &audio_at, "format", audio, true, &p->media_type) : rc;
}

static const struct {
    const char *type;
    sl_rc (*read)(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                  struct sl_ai_part *p);
} part_types[] = {
    {"input_text", read_text},   {"output_text", read_text},  {"text", read_text},
    {"refusal", read_refusal},   {"input_image", read_image}, {"input_file", read_file},
    {"input_audio", read_audio},
};

static sl_rc read_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_parts *parts)
{
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
        return rc == SL_OK
                   ? sl_ai_read_cache_mark(r, sl_json_get(v, SL_STR("prompt_cache_breakpoint")),
                                           &p->has_cache_mark, &p->cache_ttl, &p->cache_json)
                   : rc;
    }
    return read_opaque(r, v, p);
}

/** A string or an array of parts. */
static sl_rc read_content(struct sl_ai_reader *r, const struct sl_ai_place *up, const char *name,
                          const struct sl_json *item, struct sl_ai_parts *parts)
{
    const struct sl_json *v = sl_json_get(item, sl_cstr(name));
    struct sl_ai_place content_at = {.up = up, .name = name};
    struct sl_ai_place part_at = {.up = &content_at};
    struct sl_json_cursor c = sl_json_each(v);
    struct sl_ai_part *p;
    sl_rc rc = SL_OK;

    if (sl_json_kind(v) == SL_JSON_STRING) {
        p = sl_ai_parts_add(r, parts, SL_AI_TEXT);
        if (p == NULL)
            return SL_E_LIMIT;
        p->text = sl_json_text(v);
        return SL_OK;
    }
    if (sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, &content_at, "must be a string or an array of parts");
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_part(r, &part_at, v, parts);
        part_at.index++;
    }
    return rc;
}

/* ------------------------------------------------------------------ items */

/* The input as it is being read. */
struct input {
    struct sl_ai_reader *r;
    struct sl_ai_request *rq;
    struct sl_ai_message *last;
};

/** A message of one part, or of the parts given. */
static sl_rc add_message(struct input *in, const struct sl_ai_place *at, enum sl_ai_role role,
                         const struct sl_ai_parts *parts)
{
    struct sl_ai_message *m = sl_ai_messages_add(in->r, in->rq, &in->last, role, at->index);

    if (m == NULL)
        return SL_E_LIMIT;
    m->parts = parts->first;
    m->part_count = parts->count;
    return SL_OK;
}

static bool role_of(sl_str text, enum sl_ai_role *ret)
{
    static const struct {
        const char *name;
        enum sl_ai_role role;
    } roles[] = {
        {"user", SL_AI_ROLE_USER},
        {"assistant", SL_AI_ROLE_ASSISTANT},
        {"system", SL_AI_ROLE_SYSTEM},
        {"developer", SL_AI_ROLE_DEVELOPER},
    };

    for (size_t i = 0; i < SL_LEN(roles); i++) {
        if (!sl_str_eq(sl_cstr(roles[i].name), text))
            continue;
        *ret = roles[i].role;
        return true;
    }
    return false;
}

static sl_rc read_message(struct input *in, const struct sl_ai_place *at, const struct sl_json *v)
{
    struct sl_ai_place role_at = {.up = at, .name = "role"};
    struct sl_ai_parts parts = {0};
    enum sl_ai_role known;
    sl_str role;
    sl_rc rc = sl_ai_read_text(in->r, at, "role", v, true, &role);

    if (rc != SL_OK)
        return rc;
    if (!role_of(role, &known))
        return sl_ai_read_fail(in->r, &role_at, "must be user, assistant, system or developer");
    rc = read_content(in->r, at, "content", v, &parts);
    for (struct sl_ai_part *p = parts.first; p != NULL; p = p->next)
        p->phase = sl_json_text_of(v, "phase");
    return rc == SL_OK ? add_message(in, at, known, &parts) : rc;
}

/** Read an item that is one part. */
static sl_rc read_single(struct input *in, const struct sl_ai_place *at, const struct sl_json *v,
                         enum sl_ai_role role,
                         sl_rc (*read)(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                       const struct sl_json *v, struct sl_ai_part *p))
{
    struct sl_ai_parts parts = {0};
    struct sl_ai_part *p = sl_ai_parts_add(in->r, &parts, SL_AI_TEXT);
    sl_rc rc = p != NULL ? read(in->r, at, v, p) : SL_E_LIMIT;

    return rc == SL_OK ? add_message(in, at, role, &parts) : rc;
}

static sl_rc read_call_of(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, const char *arguments, struct sl_ai_part *p)
{
    sl_rc rc = sl_ai_read_text(r, at, "call_id", v, true, &p->id);

    p->kind = SL_AI_TOOL_CALL;
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "name", v, true, &p->name);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, arguments, v, true, &p->arguments_json);
    p->id = sl_ai_id_original(r->a, p->id);
    return rc;
}

static sl_rc read_function_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                const struct sl_json *v, struct sl_ai_part *p)
{
    return read_call_of(r, at, v, "arguments", p);
}

static sl_rc read_custom_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_part *p)
{
    p->is_custom_tool = true;
    return read_call_of(r, at, v, "input", p);
}

static sl_rc read_output_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_parts blocks = {0};
    sl_rc rc = sl_ai_read_text(r, at, "call_id", v, true, &p->id);

    p->kind = SL_AI_TOOL_RESULT;
    p->id = sl_ai_id_original(r->a, p->id);
    if (rc == SL_OK)
        rc = read_content(r, at, "output", v, &blocks);
    p->parts = blocks.first;
    return rc;
}

static sl_rc read_function_call(struct input *in, const struct sl_ai_place *at,
                                const struct sl_json *v)
{
    return read_single(in, at, v, SL_AI_ROLE_ASSISTANT, read_function_part);
}

static sl_rc read_custom_call(struct input *in, const struct sl_ai_place *at,
                              const struct sl_json *v)
{
    return read_single(in, at, v, SL_AI_ROLE_ASSISTANT, read_custom_part);
}

static sl_rc read_custom_output_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                     const struct sl_json *v, struct sl_ai_part *p)
{
    p->is_custom_tool = true;
    return read_output_part(r, at, v, p);
}

static sl_rc read_call_output(struct input *in, const struct sl_ai_place *at,
                              const struct sl_json *v)
{
    return read_single(in, at, v, SL_AI_ROLE_TOOL, read_output_part);
}

static sl_rc read_custom_output(struct input *in, const struct sl_ai_place *at,
                                const struct sl_json *v)
{
    return read_single(in, at, v, SL_AI_ROLE_TOOL, read_custom_output_part);
}

/* ------------------------------------------------------------------ reasoning */

/* The texts of the raw reasoning or, when that is not there, of its summary. */
static sl_rc read_thought(struct sl_ai_reader *r, const struct sl_json *v, sl_str *ret)
{
    const struct sl_json *content = sl_json_get(v, SL_STR("content"));
    const struct sl_json *list =
        sl_json_count(content) != 0 ? content : sl_json_get(v, SL_STR("summary"));
    struct sl_json_cursor c = sl_json_each(list);
    struct sl_strbuf text;
    const struct sl_json *part;

    sl_strbuf_init(&text, r->a, 0);
    while ((part = sl_json_next(&c, NULL)) != NULL) {
        sl_str t = sl_json_text_of(part, "text");
        if (text.n != 0 && t.n != 0)
            sl_strbuf_add(&text, SL_STR("\n\n"));
        sl_strbuf_add(&text, t);
    }
    if (text.is_full)
        return sl_diag_fail(r->d, SL_E_LIMIT, "input", "is too large");
    *ret = sl_strbuf_str(&text);
    return SL_OK;
}

/*
 * encrypted_content is the vendor's own or, behind one of our ids, what another vendor signed with
 * (openai_responses_answer_encode.c).
 */
static sl_rc read_reasoning_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                 const struct sl_json *v, struct sl_ai_part *p)
{
    sl_str id, encrypted;
    sl_rc rc = sl_ai_read_text(r, at, "id", v, false, &id);

    p->kind = SL_AI_THINKING;
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "encrypted_content", v, false, &encrypted);
    if (rc == SL_OK)
        rc = read_thought(r, v, &p->text);
    if (rc != SL_OK)
        return rc;
    if (sl_ai_signature_is_in(encrypted)) {
        p->signature = encrypted;
        p->is_redacted = sl_ai_signature_is_redacted(encrypted);
    } else {
        p->signature = sl_ai_openai_responses_sign(r->a, id, encrypted);
        if (encrypted.n != 0 && p->signature.n == 0)
            return sl_diag_fail(r->d, SL_E_LIMIT, "input", "is too large");
    }
    return SL_OK;
}

static sl_rc read_reasoning(struct input *in, const struct sl_ai_place *at, const struct sl_json *v)
{
    return read_single(in, at, v, SL_AI_ROLE_ASSISTANT, read_reasoning_part);
}

/* ------------------------------------------------------------------ other items */

static sl_rc read_opaque_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_part *p)
{
    (void)at;
    p->is_item = true;
    return read_opaque(r, v, p);
}

/* An image that an answer had: other vendors may look at it, too. */
static sl_rc read_drawn_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                             const struct sl_json *v, struct sl_ai_part *p)
{
    enum { FORMAT_BYTES = 16 };
    char type[sizeof("image/") + FORMAT_BYTES];
    sl_str format = sl_str_head(sl_json_text_of(v, "output_format"), FORMAT_BYTES);
    sl_str data = sl_json_text_of(v, "result");
    sl_rc rc = read_opaque_part(r, at, v, p);

    if (rc != SL_OK || data.n == 0) /* or it failed */
        return rc;
    p->kind = SL_AI_IMAGE;
    p->source = SL_AI_SOURCE_BASE64;
    int n =
        snprintf(type, sizeof(type), "image/%.*s", SL_STRF(format.n != 0 ? format : SL_STR("png")));
    p->media_type = sl_arena_try_dup(r->a, (sl_str){type, (size_t)n});
    p->text = sl_ai_clean_base64(r->a, data);
    return p->media_type.p != NULL && p->text.n != 0
               ? SL_OK
               : sl_diag_fail(r->d, SL_E_LIMIT, "input", "is too large");
}

static sl_rc read_drawn(struct input *in, const struct sl_ai_place *at, const struct sl_json *v)
{
    return read_single(in, at, v, SL_AI_ROLE_ASSISTANT, read_drawn_part);
}

/* The vendor's business; what the gateway keeps stands in its place already. */
static sl_rc read_reference(struct input *in, const struct sl_ai_place *at, const struct sl_json *v)
{
    if (in->rq->kept_at.n == 0)
        in->rq->kept_at =
            sl_fmt(in->r->a, "%.*s.id", SL_STRF(sl_ai_message_place(in->r->a, in->rq, at->index)));
    return read_single(in, at, v, SL_AI_ROLE_ASSISTANT, read_opaque_part);
}

static const struct {
    const char *type;
    sl_rc (*read)(struct input *in, const struct sl_ai_place *at, const struct sl_json *v);
} item_types[] = {
    {"message", read_message},
    {"function_call", read_function_call},
    {"function_call_output", read_call_output},
    {"custom_tool_call", read_custom_call},
    {"custom_tool_call_output", read_custom_output},
    {"reasoning", read_reasoning},
    {"item_reference", read_reference},
    {"image_generation_call", read_drawn},
};

static sl_rc read_item(struct input *in, const struct sl_ai_place *at, const struct sl_json *v)
{
    const struct sl_json *type = sl_json_get(v, SL_STR("type"));
    sl_str word = sl_json_text(type);

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(in->r, at, "must be an object");
    if (is_absent(type)) /* a message may leave it out */
        word = SL_STR("message");
    for (size_t i = 0; i < SL_LEN(item_types); i++)
        if (sl_str_eq(sl_cstr(item_types[i].type), word))
            return item_types[i].read(in, at, v);
    return read_single(in, at, v, SL_AI_ROLE_ASSISTANT, read_opaque_part);
}

static sl_rc read_text_input(struct input *in, const struct sl_ai_place *at,
                             const struct sl_json *v)
{
    struct sl_ai_parts parts = {0};
    struct sl_ai_part *p = sl_ai_parts_add(in->r, &parts, SL_AI_TEXT);

    if (p == NULL)
        return SL_E_LIMIT;
    p->text = sl_json_text(v);
    return add_message(in, at, SL_AI_ROLE_USER, &parts);
}

static struct sl_ai_message *last_message(const struct sl_ai_request *rq)
{
    struct sl_ai_message *m = rq->messages;

    while (m != NULL && m->next != NULL)
        m = m->next;
    return m;
}

sl_rc sl_ai_openai_responses_read_input(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                        const struct sl_json *v, struct sl_ai_request *ret)
{
    struct input in = {.r = r, .rq = ret, .last = last_message(ret)};
    struct sl_ai_place item_at = {.up = at};
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = SL_OK;

    if (sl_json_kind(v) == SL_JSON_STRING)
        return read_text_input(&in, &item_at, v);
    if (sl_json_kind(v) != SL_JSON_ARRAY)
        return sl_ai_read_fail(r, at, "must be a string or an array of items");
    if (sl_json_count(v) > SL_AI_MESSAGES_MAX)
        return sl_ai_read_fail(r, at, "has too many items");
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_item(&in, &item_at, v);
        item_at.index++;
    }
    return rc;
}
