/* embed_read: what clients ask of embeddings: one reader for all who put members side by side, one for Gemini. */
#include "ai/embed.h"

#include "ai/request_int.h"
#include "base/str.h"

/* ------------------------------------------------------------------ words */

static const char *const task_words[SL_AI_EMBED_TASK_COUNT][6] = {
#define X(ID, ...) [SL_AI_EMBED_TASK_##ID] = {__VA_ARGS__},
#include "ai/embed_task.def"
#undef X
};

/* Whosever word it is: they do not contradict each other. */
static enum sl_ai_embed_task task_of(sl_str word)
{
    for (int task = SL_AI_EMBED_TASK_UNSAID + 1; task < SL_AI_EMBED_TASK_COUNT; task++)
        for (size_t i = 0; i < SL_LEN(task_words[task]); i++)
            if (word.n != 0 && sl_str_eq(sl_cstr(task_words[task][i]), word))
                return (enum sl_ai_embed_task)task;
    return SL_AI_EMBED_TASK_UNSAID;
}

static enum sl_ai_embed_encoding encoding_of(sl_str word)
{
    if (sl_str_eq(word, SL_STR("float")))
        return SL_AI_EMBED_FLOAT;
    return sl_str_eq(word, SL_STR("base64")) ? SL_AI_EMBED_BASE64 : SL_AI_EMBED_OTHER;
}

enum sl_ai_embed_form sl_ai_embed_client_form(enum sl_ai_dialect client)
{
    if (client == SL_AI_GEMINI)
        return SL_AI_EMBED_GEMINI;
    if (client == SL_AI_OLLAMA)
        return SL_AI_EMBED_OLLAMA;
    return client == SL_AI_COHERE ? SL_AI_EMBED_COHERE : SL_AI_EMBED_OPENAI;
}

/* ------------------------------------------------------------------ inputs */

struct decoder {
    struct sl_ai_reader r;
    struct sl_ai_embed_request *rq;
    size_t cap;
};

static sl_rc fail(struct decoder *d, const struct sl_ai_place *at, const char *message)
{
    return sl_ai_read_fail(&d->r, at, message);
}

static bool is_absent(const struct sl_json *v)
{
    return v == NULL || sl_json_kind(v) == SL_JSON_NULL;
}

static sl_rc reserve(struct decoder *d, const struct sl_ai_place *at, size_t count)
{
    if (count == 0)
        return fail(d, at, "must not be empty");
    if (d->rq->count != 0)
        return fail(d, at, "is a second list of inputs");
    if (count > SL_AI_EMBED_INPUTS_MAX)
        return fail(d, at, "has too many elements");
    d->rq->inputs = sl_ai_read_alloc(&d->r, count, sizeof(*d->rq->inputs));
    d->cap = count;
    return d->rq->inputs != NULL ? SL_OK : SL_E_LIMIT;
}

static struct sl_ai_embed_input *add(struct decoder *d)
{
    SL_ASSERT(d->rq->count < d->cap);
    return &d->rq->inputs[d->rq->count++];
}

static bool is_list_of(const struct sl_json *v, enum sl_json_kind kind)
{
    return sl_json_kind(v) == SL_JSON_ARRAY && sl_json_count(v) != 0 &&
           sl_json_kind(sl_json_at(v, 0)) == kind;
}

static sl_rc check_tokens(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    struct sl_json_cursor c = sl_json_each(v);
    const struct sl_json *token;
    int64_t n;
    while ((token = sl_json_next(&c, NULL)) != NULL)
        if (!sl_json_i64(token, &n) || n < 0)
            return fail(d, at, "must be a text, or a list of token ids");
    return SL_OK;
}

/* {type: "image_url", image_url: {url}}, as Cohere has it, or {type: "text", text}. */
static sl_rc read_content(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v,
                          struct sl_ai_embed_input *in)
{
    const struct sl_json *part = sl_json_at(v, 0);
    const struct sl_json *url = sl_json_get(part, SL_STR("image_url"));
    if (sl_json_count(v) != 1)
        return fail(d, at, "must have one part: one text or one image");
    in->text = sl_json_text(sl_json_get(part, SL_STR("text")));
    in->image = sl_json_text(sl_json_get(url, SL_STR("url")));
    return in->text.p != NULL || in->image.n != 0 ? SL_OK
                                                  : fail(d, at, "must be a text or an image_url");
}

/* {text} or {image}, as Jina has it. */
static sl_rc read_object(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v,
                         struct sl_ai_embed_input *in)
{
    const struct sl_json *content = sl_json_get(v, SL_STR("content"));
    if (sl_json_kind(content) == SL_JSON_ARRAY)
        return read_content(d, at, content, in);
    in->text = sl_json_text(sl_json_get(v, SL_STR("text")));
    in->image = sl_json_text(sl_json_get(v, SL_STR("image")));
    return in->text.p != NULL || in->image.n != 0 ? SL_OK
                                                  : fail(d, at, "must have a text or an image");
}

static sl_rc read_element(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    struct sl_ai_embed_input *in = add(d);
    sl_rc rc;
    if (sl_json_kind(v) == SL_JSON_OBJECT)
        return read_object(d, at, v, in);
    if (sl_json_kind(v) == SL_JSON_STRING) {
        in->text = sl_json_text(v);
        return SL_OK;
    }
    if (!is_list_of(v, SL_JSON_NUMBER))
        return fail(d, at, "must be a text, or a list of token ids");
    rc = check_tokens(d, at, v);
    return rc == SL_OK ? sl_ai_read_raw(&d->r, v, &in->tokens_json) : rc;
}

/* A text, a list of texts, a list of token ids, or a list of such lists. */
static sl_rc read_input(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    bool is_one = sl_json_kind(v) != SL_JSON_ARRAY || is_list_of(v, SL_JSON_NUMBER);
    struct sl_ai_place element_at = {.up = at};
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = reserve(d, at, is_one ? 1 : sl_json_count(v));
    if (rc == SL_OK && is_one) {
        d->rq->is_single = true;
        return read_element(d, at, v);
    }
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_element(d, &element_at, v);
        element_at.index++;
    }
    return rc;
}

static sl_rc read_images(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    struct sl_ai_place element_at = {.up = at};
    struct sl_json_cursor c = sl_json_each(v);
    sl_rc rc = reserve(d, at, sl_json_kind(v) == SL_JSON_ARRAY ? sl_json_count(v) : 0);
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        struct sl_ai_embed_input *in = add(d);
        in->image = sl_json_text(v);
        rc = in->image.n != 0 ? SL_OK : fail(d, &element_at, "must be the URL of an image");
        element_at.index++;
    }
    return rc;
}

/* ------------------------------------------------------------------ the other members */

static sl_rc read_model(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    d->rq->model = sl_json_text(v);
    return d->rq->model.p != NULL ? SL_OK : fail(d, at, "must be a string");
}

static sl_rc read_dimensions(struct decoder *d, const struct sl_ai_place *at,
                             const struct sl_json *v)
{
    if (!sl_json_i64(v, &d->rq->dimensions) || d->rq->dimensions <= 0)
        return fail(d, at, "must be an integer above 0");
    return SL_OK;
}

static sl_rc read_task(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    sl_str word = sl_json_text(v);
    if (word.p == NULL)
        return fail(d, at, "must be a string");
    d->rq->task = task_of(word);
    bool is_none = sl_str_eq(word, SL_STR("TASK_TYPE_UNSPECIFIED"));
    return d->rq->task != SL_AI_EMBED_TASK_UNSAID || is_none
               ? SL_OK
               : fail(d, at, "is no purpose that is known here");
}

static sl_rc read_encoding(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    if (sl_json_kind(v) == SL_JSON_ARRAY && sl_json_count(v) == 1)
        v = sl_json_at(v, 0);
    sl_str word = sl_json_text(v);
    if (word.p == NULL)
        return fail(d, at, "must be one encoding");
    d->rq->encoding = encoding_of(word);
    d->rq->encoding_name = word;
    return SL_OK;
}

static sl_rc read_user(struct decoder *d, const struct sl_ai_place *at, const struct sl_json *v)
{
    d->rq->user = sl_json_text(v);
    return d->rq->user.p != NULL ? SL_OK : fail(d, at, "must be a string");
}

typedef sl_rc member_reader(struct decoder *d, const struct sl_ai_place *at,
                            const struct sl_json *v);

struct member {
    const char *name;
    member_reader *read;
};

/* OpenAI's, and what those who copied it call the same; and Cohere's. */
static const struct member flat[] = {
    {"model", read_model},
    {"input", read_input},
    {"texts", read_input},
    {"inputs", read_input},
    {"images", read_images},
    {"dimensions", read_dimensions},
    {"output_dimension", read_dimensions},
    {"input_type", read_task},
    {"task", read_task},
    {"task_type", read_task},
    {"encoding_format", read_encoding},
    {"embedding_type", read_encoding},
    {"embedding_types", read_encoding},
    {"user", read_user},
};

static const struct member *find(const struct member *rows, size_t count, sl_str name)
{
    for (size_t i = 0; i < count; i++)
        if (sl_str_eq(sl_cstr(rows[i].name), name))
            return &rows[i];
    return NULL;
}

static sl_rc read_members(struct decoder *d, const struct sl_ai_place *up,
                          const struct sl_json *object, const struct member *rows, size_t count)
{
    struct sl_json_cursor c = sl_json_each(object);
    const struct sl_json *v;
    sl_rc rc = SL_OK;
    sl_str name;
    while (rc == SL_OK && (v = sl_json_next(&c, &name)) != NULL) {
        const struct member *row = find(rows, count, name);
        struct sl_pair *extra = &d->rq->extra.v[d->rq->extra.n];
        if (is_absent(v))
            continue;
        if (row != NULL) {
            struct sl_ai_place at = {.up = up, .name = row->name};
            rc = row->read(d, &at, v);
        } else if (up == NULL) {
            extra->name = name;
            rc = sl_ai_read_raw(&d->r, v, &extra->value);
            d->rq->extra.n++;
        }
    }
    return rc;
}

/* ------------------------------------------------------------------ Gemini */

static sl_rc read_gemini_part(struct decoder *d, const struct sl_ai_place *at,
                              const struct sl_json *part)
{
    struct sl_ai_embed_input *in = &d->rq->inputs[d->rq->count - 1];
    const struct sl_json *data = sl_json_get(part, SL_STR("inlineData"));
    sl_str text = sl_json_text(sl_json_get(part, SL_STR("text")));
    sl_str type = sl_json_text(sl_json_get(data, SL_STR("mimeType")));
    sl_str base64 = sl_json_text(sl_json_get(data, SL_STR("data")));
    struct sl_strbuf b;
    if ((text.p == NULL) == (base64.n == 0))
        return fail(d, at, "must be a text or an image");
    sl_strbuf_init(&b, d->r.a, 0);
    if (text.p != NULL) { /* the texts of all parts are one */
        sl_strbuf_add(&b, in->text);
        sl_strbuf_add(&b, text);
        in->text = in->text.n != 0 ? sl_strbuf_str(&b) : text;
    } else {
        sl_strbuf_addf(&b, "data:%.*s;base64,", SL_STRF(type));
        sl_strbuf_add(&b, base64);
        in->image = sl_strbuf_str(&b);
    }
    return b.is_full ? SL_E_LIMIT : SL_OK;
}

static sl_rc read_gemini_content(struct decoder *d, const struct sl_ai_place *up,
                                 const struct sl_json *v)
{
    struct sl_ai_place parts_at = {.up = up, .name = "parts"}, at = {.up = &parts_at};
    const struct sl_json *parts = sl_json_get(v, SL_STR("parts")), *part;
    struct sl_json_cursor c = sl_json_each(parts);
    sl_rc rc = SL_OK;
    if (sl_json_kind(parts) != SL_JSON_ARRAY || sl_json_count(parts) == 0)
        return fail(d, &parts_at, "is required");
    while (rc == SL_OK && (part = sl_json_next(&c, NULL)) != NULL) {
        rc = read_gemini_part(d, &at, part);
        at.index++;
    }
    return rc;
}

static sl_rc read_gemini_title(struct decoder *d, const struct sl_ai_place *at,
                               const struct sl_json *v)
{
    d->rq->inputs[d->rq->count - 1].title = sl_json_text(v);
    return sl_json_text(v).p != NULL ? SL_OK : fail(d, at, "must be a string");
}

static sl_rc read_gemini_model(struct decoder *d, const struct sl_ai_place *at,
                               const struct sl_json *v)
{
    (void)d, (void)at, (void)v; /* the path has it */
    return SL_OK;
}

static const struct member gemini[] = {
    {"model", read_gemini_model},
    {"content", read_gemini_content},
    {"title", read_gemini_title},
    {"taskType", read_task},
    {"outputDimensionality", read_dimensions},
};

/* One request of a batch: what holds for one must hold for all, where others say it once. */
static sl_rc read_gemini_one(struct decoder *d, const struct sl_ai_place *up,
                             const struct sl_json *v, bool is_first)
{
    enum sl_ai_embed_task task = d->rq->task;
    int64_t dimensions = d->rq->dimensions;
    (void)add(d);
    d->rq->task = SL_AI_EMBED_TASK_UNSAID;
    d->rq->dimensions = -1;
    sl_rc rc = read_members(d, up, v, gemini, SL_LEN(gemini));
    if (rc == SL_OK && is_absent(sl_json_get(v, SL_STR("content"))))
        rc = fail(d, up, "must have a content");
    if (rc == SL_OK && !is_first && (task != d->rq->task || dimensions != d->rq->dimensions))
        rc = fail(d, up, "must have the taskType and outputDimensionality of the others");
    return rc;
}

static sl_rc read_gemini(struct decoder *d, bool has_many, const struct sl_json *body)
{
    static const struct sl_ai_place top = {.name = "requests"};
    struct sl_ai_place at = {.up = &top};
    const struct sl_json *list = sl_json_get(body, SL_STR("requests")), *v;
    struct sl_json_cursor c = sl_json_each(list);
    sl_rc rc;
    if (!has_many) {
        rc = reserve(d, &top, 1);
        d->rq->is_single = true;
        return rc == SL_OK ? read_gemini_one(d, NULL, body, true) : rc;
    }
    if (sl_json_kind(list) != SL_JSON_ARRAY)
        return fail(d, &top, "is required");
    rc = reserve(d, &top, sl_json_count(list));
    while (rc == SL_OK && (v = sl_json_next(&c, NULL)) != NULL) {
        rc = read_gemini_one(d, &at, v, at.index == 0);
        at.index++;
    }
    return rc;
}

/* ------------------------------------------------------------------ entry */

sl_rc sl_ai_embed_decode(enum sl_ai_embed_form client, bool has_many, sl_str body,
                         struct sl_arena *a, struct sl_ai_embed_request *ret, struct sl_diag *diag)
{
    static const struct sl_ai_place input_at = {.name = "input"};
    struct decoder d = {.r = {.a = a, .d = diag}, .rq = ret};
    const struct sl_json *v;
    sl_rc rc = sl_ai_read_body(&d.r, body, NULL, &v);
    if (rc != SL_OK)
        return rc;
    *ret = (struct sl_ai_embed_request){.form = client, .dimensions = -1};
    ret->extra.v = sl_ai_read_alloc(&d.r, sl_json_count(v) + 1, sizeof(struct sl_pair));
    if (ret->extra.v == NULL)
        return SL_E_LIMIT;
    rc = client == SL_AI_EMBED_GEMINI ? read_gemini(&d, has_many, v)
                                      : read_members(&d, NULL, v, flat, SL_LEN(flat));
    if (rc == SL_OK && ret->count == 0)
        rc = fail(&d, &input_at, "is required");
    return rc;
}
