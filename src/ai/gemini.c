/*
 * gemini: the dialect's table; its errors, its paths (wire-formats 3.6, 3.7).
 *
 *     /v1beta/models/{model}:{method}      the model may be escaped, and may hold slashes and colons
 */
#include "ai/gemini_int.h"
#include "ai/answer_int.h"
#include "ai/embed.h"
#include "ai/operation.h"
#include "ai/relay_int.h"

#include "base/enc.h"
#include "base/str.h"
#include "codec/url.h"

/* ------------------------------------------------------------------ errors */

static sl_str word_of(uint16_t status)
{
    static const struct {
        uint16_t status;
        sl_str word;
    } rows[] = {
        {401, SL_STR_INIT("UNAUTHENTICATED")},   {402, SL_STR_INIT("RESOURCE_EXHAUSTED")},
        {403, SL_STR_INIT("PERMISSION_DENIED")}, {404, SL_STR_INIT("NOT_FOUND")},
        {409, SL_STR_INIT("ABORTED")},           {429, SL_STR_INIT("RESOURCE_EXHAUSTED")},
        {499, SL_STR_INIT("CANCELLED")},         {500, SL_STR_INIT("INTERNAL")},
        {501, SL_STR_INIT("UNIMPLEMENTED")},     {504, SL_STR_INIT("DEADLINE_EXCEEDED")},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++)
        if (rows[i].status == status)
            return rows[i].word;
    return status < 500 ? SL_STR("INVALID_ARGUMENT") : SL_STR("UNAVAILABLE");
}

/* There is no Retry-After in this dialect. */
static void write_retry_info(struct sl_jsonw *w, sl_usec retry_after_us)
{
    struct sl_strbuf delay = {0};

    sl_strbuf_add_i64(&delay, (retry_after_us + SL_SECONDS(1) - 1) / SL_SECONDS(1));
    sl_strbuf_add_char(&delay, 's');
    sl_jsonw_key(w, SL_STR("details"));
    sl_jsonw_array(w);
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("@type"), SL_STR("type.googleapis.com/google.rpc.RetryInfo"));
    sl_jsonw_key_str(w, SL_STR("retryDelay"), sl_strbuf_str(&delay));
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    sl_strbuf_fini(&delay);
}

static void error_body(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    uint16_t status = sl_ai_fault_status(f, SL_AI_GEMINI);
    struct sl_jsonw w;

    (void)request_id; /* it is in a header */
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("error"));
    sl_jsonw_object(&w);
    sl_jsonw_key_i64(&w, SL_STR("code"), status);
    sl_jsonw_key_str(&w, SL_STR("message"), sl_ai_fault_message(f));
    sl_jsonw_key_str(&w, SL_STR("status"), word_of(status));
    if (f->retry_after_us > 0)
        write_retry_info(&w, f->retry_after_us);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
}

static void error_event(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    sl_strbuf_add(out, SL_STR("data: "));
    error_body(f, request_id, out);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

/* ------------------------------------------------------------------ paths */

static const struct {
    sl_str name;
    enum sl_ai_operation operation;
    bool is_stream, has_many;
} methods[] = {
    {SL_STR_INIT("generateContent"), SL_AI_CHAT, false, false},
    {SL_STR_INIT("streamGenerateContent"), SL_AI_CHAT, true, false},
    {SL_STR_INIT("countTokens"), SL_AI_COUNT_TOKENS, false, false},
    {SL_STR_INIT("embedContent"), SL_AI_EMBEDDINGS, false, false},
    {SL_STR_INIT("batchEmbedContents"), SL_AI_EMBEDDINGS, false, true},
};

/* "/NAME:method", NAME as the client wrote it. */
static sl_rc read_line(sl_str rest, sl_str query, struct sl_arena *a, struct sl_ai_line *ret,
                       struct sl_diag *d)
{
    size_t colon = sl_str_rfind(rest, ':');
    sl_str method = colon != SIZE_MAX ? sl_str_from(rest, colon + 1) : (sl_str){0};
    sl_str name = sl_str_head(rest, colon), alt = {0};
    struct sl_strbuf model;
    size_t i = 0;

    if (sl_str_starts(name, SL_STR("/")))
        name = sl_str_from(name, 1);
    sl_strbuf_init(&model, a, 0);
    while (i < SL_LEN(methods) && !sl_str_eq(methods[i].name, method))
        i++;
    if (i == SL_LEN(methods))
        return sl_diag_fail(d, SL_E_NO_ROUTE, "", "there is no such method");
    if (name.n == 0 || !sl_dec_percent(&model, name) || model.is_full)
        return sl_diag_fail(d, SL_E_AI_BAD_BODY, "model", "is not a name of a model");
    (void)sl_query_get(query, SL_STR("alt"), &alt); /* absent: empty */
    ret->operation = methods[i].operation;
    ret->is_stream = methods[i].is_stream;
    ret->has_many = methods[i].has_many;
    ret->is_array = methods[i].is_stream && !sl_str_eq(alt, SL_STR("sse"));
    ret->model = sl_strbuf_str(&model);
    return SL_OK;
}

static sl_str embedding_method(const struct sl_ai_call *call, const struct sl_ai_target *t)
{
    if (sl_ai_embed_target_form(t) == SL_AI_EMBED_VERTEX)
        return SL_STR("predict");
    return call->line.has_many ? SL_STR("batchEmbedContents") : SL_STR("embedContent");
}

static sl_str method_of(const struct sl_ai_call *call, const struct sl_ai_target *t)
{
    return call->operation == SL_AI_EMBEDDINGS
               ? embedding_method(call, t)
               : sl_ai_operations[call->operation].gemini[call->is_stream];
}

/* Names are escaped but for slashes, which are those of "tunedModels/x". */
static void add_model(struct sl_strbuf *b, sl_str model)
{
    sl_str part;
    bool is_first = true;

    while (sl_str_split(&model, '/', &part)) {
        if (!is_first)
            sl_strbuf_add_char(b, '/');
        sl_enc_percent(b, part);
        is_first = false;
    }
}

static sl_rc write_path(const struct sl_ai_call *call, const struct sl_ai_target *t,
                        struct sl_arena *a, sl_str *ret, struct sl_diag *d)
{
    sl_str method = method_of(call, t), model = t->model;
    sl_str collection = sl_ai_vendor_path(t->vendor, sl_ai_operations[call->operation].path);
    struct sl_strbuf b;

    if (method.n == 0 || collection.n == 0)
        return sl_diag_fail(d, SL_E_AI_UNSUPPORTED, "model",
                            "this vendor does not offer this endpoint");
    if (sl_str_starts(model, SL_STR("models/")))
        model = sl_str_from(model, SL_STR("models/").n);
    if (sl_str_starts(model, SL_STR("tunedModels/")))
        collection = (sl_str){0};
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_addf(&b, "%.*s/", SL_STRF(collection));
    add_model(&b, model);
    sl_strbuf_addf(&b, ":%.*s", SL_STRF(method));
    *ret = sl_strbuf_str(&b);
    return SL_OK;
}

const struct sl_ai_dialect_ops sl_ai_gemini = {
    .dialect = SL_AI_GEMINI,
    .name = SL_STR_INIT("gemini"),
    .peek = sl_ai_peek_gemini,
    .read_line = read_line,
    .write_path = write_path,
    .decode_request = sl_ai_gemini_decode_request,
    .encode_request = sl_ai_gemini_encode_request,
    .error_event = error_event,
    .error_body = error_body,
    .decoder = &sl_ai_gemini_decoder,
    .encoder = &sl_ai_gemini_encoder,
};
