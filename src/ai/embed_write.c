/* embed_write: embeddings asked of a vendor, by the rows of ai/embed_form.def. */
#include "ai/embed.h"

#include "ai/request_int.h"
#include "base/str.h"

/* What a form takes, for the last column of ai/embed_form.def. */
enum takes {
    TEXTS = 0,
    TOKENS = 1 << 0,
    IMAGES = 1 << 1,
    ENCODINGS = 1 << 2,
    NEEDS_TASK = 1 << 3,
    ONE = 1 << 4,
    NO_MODEL = 1 << 5,
    EXTRA = 1 << 6,
};

static const struct form {
    const char *name, *inputs, *dimensions, *task, *encoding;
    unsigned takes;
} forms[] = {
#define X(ID, name, inputs, dimensions, task, encoding, takes) \
    {name, inputs, dimensions, task, encoding, takes},
#include "ai/embed_form.def"
#undef X
};

/* By enum sl_ai_embed_task. */
static const struct words {
    const char *voyage, *jina, *nomic, *nvidia, *cohere, *gemini;
} words[SL_AI_EMBED_TASK_COUNT] = {
#define X(ID, ...) [SL_AI_EMBED_TASK_##ID] = {__VA_ARGS__},
#include "ai/embed_task.def"
#undef X
};

struct encoder {
    const struct sl_ai_embed_request *rq;
    enum sl_ai_embed_form which;
    const struct form *form;
    sl_str resource;       /* the model's name for Gemini */
    struct sl_ai_writer w; /* its rq is NULL: for the receipt and problems */
};

/* ------------------------------------------------------------------ which form */

static enum sl_ai_embed_form form_of_vendor(sl_str id)
{
    static const struct {
        sl_str id;
        enum sl_ai_embed_form form;
    } rows[] = {
#define X(id, FORM) {SL_STR_INIT(id), SL_AI_EMBED_##FORM},
#include "ai/embed_vendor.def"
#undef X
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        if (sl_str_eq(rows[i].id, id))
            return rows[i].form;
    return SL_AI_EMBED_OPENAI;
}

/* "cohere.embed-v4:0", also behind a region: "us.cohere.embed-v4:0". */
static enum sl_ai_embed_form form_of_bedrock(sl_str model)
{
    return sl_str_find_str(model, SL_STR("cohere.")) != SIZE_MAX ? SL_AI_EMBED_BEDROCK_COHERE
                                                                 : SL_AI_EMBED_TITAN;
}

enum sl_ai_embed_form sl_ai_embed_target_form(const struct sl_ai_target *t)
{
    switch (t->vendor->dialect) {
    case SL_AI_GEMINI:
        return sl_str_starts(t->vendor->id, SL_STR("vertex")) ? SL_AI_EMBED_VERTEX
                                                              : SL_AI_EMBED_GEMINI;
    case SL_AI_BEDROCK:
        return form_of_bedrock(t->model);
    case SL_AI_COHERE:
        return SL_AI_EMBED_COHERE;
    case SL_AI_OLLAMA:
        return SL_AI_EMBED_OLLAMA;
    case SL_AI_OPENAI_CHAT:
    case SL_AI_OPENAI_RESPONSES:
    case SL_AI_OPENAI_COMPLETIONS:
    case SL_AI_ANTHROPIC:
    case SL_AI_DIALECT_COUNT:
        return form_of_vendor(t->vendor->id);
    }
    sl_panic(__FILE__, __LINE__, "embed: bad dialect");
}

/* ------------------------------------------------------------------ tasks */

static const char *task_word(const struct encoder *e)
{
    enum sl_ai_embed_task task = e->rq->task;
    if (task == SL_AI_EMBED_TASK_UNSAID)
        task = (e->form->takes & NEEDS_TASK) != 0 ? SL_AI_EMBED_TASK_DOCUMENT : task;
    if (task == SL_AI_EMBED_TASK_UNSAID)
        return "";
    switch (e->which) {
    case SL_AI_EMBED_VOYAGE:
        return words[task].voyage;
    case SL_AI_EMBED_JINA:
        return words[task].jina;
    case SL_AI_EMBED_NOMIC:
        return words[task].nomic;
    case SL_AI_EMBED_NVIDIA:
        return words[task].nvidia;
    case SL_AI_EMBED_COHERE:
    case SL_AI_EMBED_BEDROCK_COHERE:
        return words[task].cohere;
    case SL_AI_EMBED_GEMINI:
    case SL_AI_EMBED_VERTEX:
        return words[task].gemini;
    case SL_AI_EMBED_OPENAI:
    case SL_AI_EMBED_MISTRAL:
    case SL_AI_EMBED_OLLAMA:
    case SL_AI_EMBED_TITAN:
    case SL_AI_EMBED_FORM_COUNT:
        break;
    }
    return "";
}

/* ------------------------------------------------------------------ what cannot be put */

static bool takes(const struct encoder *e, unsigned what)
{
    return (e->form->takes & what) != 0;
}

static bool has_images(const struct sl_ai_embed_request *rq)
{
    for (size_t i = 0; i < rq->count; i++)
        if (rq->inputs[i].image.n != 0)
            return true;
    return false;
}

static sl_rc check(struct encoder *e)
{
    const struct sl_ai_embed_request *rq = e->rq;
    if (rq->count > 1 && takes(e, ONE))
        return sl_ai_refuse(&e->w, "input",
                            "must be one text: the chosen model takes one per request");
    if (has_images(rq) && !takes(e, IMAGES))
        return sl_ai_refuse(&e->w, "input", "has an image, which the chosen model does not take");
    for (size_t i = 0; i < rq->count; i++)
        if (rq->inputs[i].tokens_json.n != 0 && !takes(e, TOKENS))
            return sl_ai_refuse(&e->w, "input",
                                "must be texts: the chosen model does not take token ids");
    if (rq->encoding == SL_AI_EMBED_OTHER && e->form->encoding[0] == '\0')
        return sl_ai_refuse(&e->w, "encoding_format",
                            "must be float or base64 for the chosen model");
    return SL_OK;
}

/* ------------------------------------------------------------------ flat forms */

static void write_input(struct encoder *e, const struct sl_ai_embed_input *in, bool as_objects)
{
    struct sl_jsonw *w = &e->w.w;
    if (in->tokens_json.n != 0) {
        sl_jsonw_raw(w, in->tokens_json);
    } else if (!as_objects) {
        sl_jsonw_str(w, in->text);
    } else {
        bool is_image = in->image.n != 0;
        sl_jsonw_object(w);
        sl_jsonw_key_str(w, is_image ? SL_STR("image") : SL_STR("text"),
                         is_image ? in->image : in->text);
        sl_jsonw_end(w);
    }
}

static void write_inputs(struct encoder *e)
{
    bool as_objects = has_images(e->rq);
    sl_jsonw_key(&e->w.w, sl_cstr(e->form->inputs));
    if (takes(e, ONE)) {
        write_input(e, &e->rq->inputs[0], as_objects);
        return;
    }
    sl_jsonw_array(&e->w.w);
    for (size_t i = 0; i < e->rq->count; i++)
        write_input(e, &e->rq->inputs[i], as_objects);
    sl_jsonw_end(&e->w.w);
}

/* Cohere: {content: [{type, text}]} or an image_url in it. */
static void write_cohere_content(struct sl_jsonw *w, const struct sl_ai_embed_input *in)
{
    bool is_image = in->image.n != 0;
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("content"));
    sl_jsonw_array(w);
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), is_image ? SL_STR("image_url") : SL_STR("text"));
    if (is_image) {
        sl_jsonw_key(w, SL_STR("image_url"));
        sl_jsonw_object(w);
        sl_jsonw_key_str(w, SL_STR("url"), in->image);
        sl_jsonw_end(w);
    } else {
        sl_jsonw_key_str(w, SL_STR("text"), in->text);
    }
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void write_cohere_inputs(struct encoder *e)
{
    sl_jsonw_key(&e->w.w, SL_STR("inputs"));
    sl_jsonw_array(&e->w.w);
    for (size_t i = 0; i < e->rq->count; i++)
        write_cohere_content(&e->w.w, &e->rq->inputs[i]);
    sl_jsonw_end(&e->w.w);
}

static sl_rc write_task(struct encoder *e)
{
    const char *word = task_word(e);
    bool has_place = e->form->task[0] != '\0';
    if (has_place && word[0] != '\0') {
        sl_jsonw_key_str(&e->w.w, sl_cstr(e->form->task), sl_cstr(word));
        return SL_OK;
    }
    return e->rq->task != SL_AI_EMBED_TASK_UNSAID ? sl_ai_drop(&e->w, "input_type") : SL_OK;
}

static sl_rc write_dimensions(struct encoder *e)
{
    if (e->rq->dimensions < 0)
        return SL_OK;
    if (e->form->dimensions[0] == '\0')
        return sl_ai_refuse(&e->w, "dimensions", "cannot be chosen for this model");
    sl_jsonw_key_i64(&e->w.w, sl_cstr(e->form->dimensions), e->rq->dimensions);
    return SL_OK;
}

/* Numbers are every vendor's own way; base64 is made here where a vendor has none. */
static void write_encoding(struct encoder *e)
{
    const struct sl_ai_embed_request *rq = e->rq;
    bool has_float_only = sl_ai_vendor_has(e->w.t->vendor, SL_AI_QUIRK_EMBEDDINGS_FLOAT_ONLY);
    bool is_base64 = rq->encoding == SL_AI_EMBED_BASE64 && !has_float_only;
    sl_str word = rq->encoding == SL_AI_EMBED_OTHER ? rq->encoding_name
                  : is_base64                       ? SL_STR("base64")
                                                    : SL_STR("float");
    bool is_plain = rq->encoding != SL_AI_EMBED_OTHER && !is_base64;
    if (e->form->encoding[0] == '\0' || (is_plain && !takes(e, ENCODINGS)))
        return;
    sl_jsonw_key(&e->w.w, sl_cstr(e->form->encoding));
    if (takes(e, ENCODINGS))
        sl_jsonw_array(&e->w.w);
    sl_jsonw_str(&e->w.w, word);
    if (takes(e, ENCODINGS))
        sl_jsonw_end(&e->w.w);
}

static sl_rc write_user(struct encoder *e)
{
    bool is_taken =
        e->which == SL_AI_EMBED_OPENAI && !sl_ai_vendor_drops(e->w.t->vendor, SL_STR("user"));
    if (e->rq->user.n == 0)
        return SL_OK;
    if (!is_taken)
        return sl_ai_drop(&e->w, "user");
    sl_jsonw_key_str(&e->w.w, SL_STR("user"), e->rq->user);
    return SL_OK;
}

/* In the vendor's own form, and for a client of OpenAI's that may know its vendor. */
static sl_rc write_extra(struct encoder *e)
{
    bool passes = e->rq->form == e->which || (takes(e, EXTRA) && e->rq->form == SL_AI_EMBED_OPENAI);
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < e->rq->extra.n && rc == SL_OK; i++) {
        const struct sl_pair *p = &e->rq->extra.v[i];
        if (passes && !sl_ai_vendor_drops(e->w.t->vendor, p->name))
            sl_jsonw_key_raw(&e->w.w, p->name, p->value);
        else
            rc = sl_ai_drop_member(&e->w, p->name);
    }
    return rc;
}

static sl_rc write_flat(struct encoder *e)
{
    sl_rc rc;
    if (!takes(e, NO_MODEL))
        sl_jsonw_key_str(&e->w.w, SL_STR("model"), e->w.t->model);
    if (e->which == SL_AI_EMBED_COHERE && has_images(e->rq))
        write_cohere_inputs(e);
    else
        write_inputs(e);
    rc = write_dimensions(e);
    if (rc == SL_OK)
        rc = write_task(e);
    write_encoding(e);
    return rc;
}

/* ------------------------------------------------------------------ Gemini and Vertex AI */

static sl_rc write_gemini_part(struct encoder *e, const struct sl_ai_embed_input *in)
{
    struct sl_jsonw *w = &e->w.w;
    sl_str type, base64;
    if (in->image.n == 0) {
        sl_jsonw_key_str(w, SL_STR("text"), in->text);
        return SL_OK;
    }
    if (!sl_ai_data_url(e->w.a, in->image, &type, &base64))
        return sl_ai_refuse(&e->w, "input", "must have images as data: URLs for the chosen model");
    sl_jsonw_key(w, SL_STR("inlineData"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("mimeType"), type);
    sl_jsonw_key_str(w, SL_STR("data"), base64);
    sl_jsonw_end(w);
    return SL_OK;
}

static sl_rc write_gemini_request(struct encoder *e, const struct sl_ai_embed_input *in)
{
    struct sl_jsonw *w = &e->w.w;
    sl_rc rc;
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("model"), e->resource);
    sl_jsonw_key(w, SL_STR("content"));
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("parts"));
    sl_jsonw_array(w);
    sl_jsonw_object(w);
    rc = write_gemini_part(e, in);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    if (in->title.n != 0)
        sl_jsonw_key_str(w, SL_STR("title"), in->title);
    if (rc == SL_OK)
        rc = write_task(e);
    if (rc == SL_OK)
        rc = write_dimensions(e);
    sl_jsonw_end(w);
    return rc;
}

static sl_rc write_vertex_instance(struct encoder *e, const struct sl_ai_embed_input *in)
{
    sl_rc rc;
    sl_jsonw_object(&e->w.w);
    sl_jsonw_key_str(&e->w.w, SL_STR("content"), in->text);
    if (in->title.n != 0)
        sl_jsonw_key_str(&e->w.w, SL_STR("title"), in->title);
    rc = write_task(e);
    sl_jsonw_end(&e->w.w);
    return rc;
}

static sl_rc write_vertex_parameters(struct encoder *e)
{
    sl_rc rc;
    if (e->rq->dimensions < 0)
        return SL_OK;
    sl_jsonw_key(&e->w.w, SL_STR("parameters"));
    sl_jsonw_object(&e->w.w);
    rc = write_dimensions(e);
    sl_jsonw_end(&e->w.w);
    return rc;
}

static sl_rc write_google(struct encoder *e)
{
    bool is_vertex = e->which == SL_AI_EMBED_VERTEX;
    sl_rc rc = SL_OK;
    e->resource = sl_fmt(e->w.a, "models/%.*s", SL_STRF(e->w.t->model));
    sl_jsonw_key(&e->w.w, sl_cstr(e->form->inputs));
    sl_jsonw_array(&e->w.w);
    for (size_t i = 0; i < e->rq->count && rc == SL_OK; i++)
        rc = is_vertex ? write_vertex_instance(e, &e->rq->inputs[i])
                       : write_gemini_request(e, &e->rq->inputs[i]);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_end(&e->w.w);
    return is_vertex ? write_vertex_parameters(e) : SL_OK;
}

/* ------------------------------------------------------------------ entry */

sl_rc sl_ai_embed_encode(const struct sl_ai_embed_request *rq, const struct sl_ai_target *t,
                         struct sl_strbuf *out, struct sl_ai_receipt *receipt, struct sl_diag *d)
{
    enum sl_ai_embed_form which = sl_ai_embed_target_form(t);
    struct encoder e = {
        .rq = rq,
        .which = which,
        .form = &forms[which],
        .w = {.t = t, .receipt = receipt, .a = receipt->arena, .d = d},
    };
    bool is_google = which == SL_AI_EMBED_GEMINI || which == SL_AI_EMBED_VERTEX;
    sl_rc rc = check(&e);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_init(&e.w.w, out);
    sl_jsonw_object(&e.w.w);
    rc = is_google ? write_google(&e) : write_flat(&e);
    if (rc == SL_OK)
        rc = write_user(&e);
    if (rc == SL_OK)
        rc = write_extra(&e);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_end(&e.w.w);
    return SL_OK;
}
