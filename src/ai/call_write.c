/*
 * call: write the vendor's request: its body by splices (call_splice.c) where the vendor speaks the
 * client's dialect, else through the hub (ai/ai.h); its path, its headers, its signature.
 */
#include "ai/call_write_int.h"

#include "ai/count.h"
#include "ai/custom_tool.h"
#include "ai/dialect.h"
#include "ai/embed.h"
#include "ai/operation.h"
#include "ai/option.h"
#include "ai/request_int.h"
#include "ai/rerank.h"
#include "ai/signature.h"
#include "base/enc.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "codec/sigv4.h"

enum {
    OWN_MEMBERS_BYTES = 256, /* what a vendor's form may have that the client's has not */
    USUAL_FIELDS = 8,        /* of a request, with those that the gate adds */
};

/* ------------------------------------------------------------------ usage of streams */

bool sl_ai_has_stream_options(enum sl_ai_dialect dialect)
{
    return dialect == SL_AI_OPENAI_CHAT || dialect == SL_AI_OPENAI_COMPLETIONS;
}

bool sl_ai_takes_stream_options(const struct sl_ai_writing *w)
{
    bool is_stream_taken_away = w->streams_otherwise && !w->call->is_stream;
    return !is_stream_taken_away && sl_ai_has_stream_options(sl_ai_target_dialect(w->t)) &&
           !w->t->no_stream_options &&
           !sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_NO_STREAM_OPTIONS) &&
           !sl_ai_vendor_drops(w->t->vendor, SL_STR("stream_options"));
}

bool sl_ai_hides_usage(const struct sl_ai_writing *w)
{
    return w->call->is_stream && !w->call->wants_usage && sl_ai_takes_stream_options(w) &&
           !sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_USAGE_ALWAYS);
}

/* ------------------------------------------------------------------ through the hub */

/* A request for a count has no limit of output, which the hub's readers of requests ask for. */
static sl_str with_limit(struct sl_ai_writing *w)
{
    const struct sl_ai_call *call = w->call;
    if (call->operation != SL_AI_COUNT_TOKENS || call->max_tokens >= 0 ||
        call->dialect != SL_AI_ANTHROPIC)
        return call->body;
    sl_str head = sl_str_head(call->body, call->body_at),
           rest = sl_str_from(call->body, call->body_at);
    struct sl_strbuf b;
    sl_strbuf_init(&b, w->a, 0);
    sl_strbuf_addf(&b, "%.*s\"max_tokens\":%lld,", SL_STRF(head),
                   (long long)SL_AI_MAX_TOKENS_DEFAULT);
    sl_strbuf_add(&b, rest);
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

/* Gemini's requests for a count may have the request around the members of it. */
static sl_str wrapped_request(const struct sl_ai_call *call)
{
    static const sl_str names[] = {SL_STR_INIT("generateContentRequest")};
    struct sl_jsonscan_info info;
    struct sl_json_range r = {0};
    if (call->operation != SL_AI_COUNT_TOKENS || call->dialect != SL_AI_GEMINI ||
        sl_jsonscan(call->body, NULL, names, SL_LEN(names), &r, &info) != SL_OK ||
        r.kind != SL_JSON_OBJECT)
        return (sl_str){0};
    return sl_json_range_text(call->body, &r);
}

static sl_str body_to_decode(struct sl_ai_writing *w)
{
    sl_str wrapped = wrapped_request(w->call);
    return wrapped.n != 0 ? wrapped : with_limit(w);
}

static sl_rc decode_once(struct sl_ai_writing *w)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(w->call->dialect);
    struct sl_ai_request *rq;
    sl_str body;
    sl_rc rc;
    if (w->call->decoded != NULL)
        return SL_OK;
    if (ops == NULL)
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "", "this dialect cannot be translated");
    rq = sl_arena_new_of(w->a, struct sl_ai_request);
    body = body_to_decode(w);
    rc =
        ops->decode_request(body, body.p == w->call->body.p ? w->call->cuts : NULL, w->a, rq, w->d);
    rq->operation = w->call->operation;
    if (rc != SL_OK)
        return rc;
    if (w->call->line.model.n != 0) { /* it was said in the path */
        rq->model = w->call->model;
        rq->is_stream = w->call->line.is_stream;
    }
    w->call->decoded = rq;
    return SL_OK;
}

const struct sl_ai_request *sl_ai_call_decode(struct sl_ai_call *call, struct sl_arena *a,
                                              struct sl_diag *d)
{
    struct sl_ai_writing w = {.call = call, .a = a, .d = d};
    return decode_once(&w) == SL_OK ? call->decoded : NULL;
}

/* The client set no limit, its dialect's own default is above the one that this target is to have. */
static bool needs_cap(const struct sl_ai_writing *w, const struct sl_ai_request *rq)
{
    return w->call->max_tokens < 0 && w->t->cap_max_tokens > 0 &&
           rq->max_tokens > w->t->cap_max_tokens;
}

/*
 * The decoded request serves all attempts: one that streams otherwise, or is capped, has its own copy of
 * the top.
 */
static const struct sl_ai_request *request_of(struct sl_ai_writing *w)
{
    const struct sl_ai_request *decoded = sl_ai_signature_restore(w->call->decoded, w->t, w->a);
    if (decoded == NULL || (!w->streams_otherwise && !needs_cap(w, decoded)))
        return decoded;
    struct sl_ai_request *rq = sl_arena_new_of(w->a, struct sl_ai_request);
    *rq = *decoded;
    if (w->streams_otherwise)
        rq->is_stream = w->call->is_stream;
    if (needs_cap(w, decoded))
        rq->max_tokens = w->t->cap_max_tokens;
    return rq;
}

static sl_rc encode_chat(struct sl_ai_writing *w, struct sl_strbuf *out,
                         struct sl_ai_receipt *receipt)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(sl_ai_target_dialect(w->t));
    if (ops == NULL)
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "model",
                            "this model is not offered by this endpoint");
    sl_rc rc = decode_once(w);
    if (rc != SL_OK)
        return rc;
    const struct sl_ai_request *rq = request_of(w);
    if (rq == NULL)
        return sl_diag_fail(w->d, SL_E_LIMIT, "", "is too large");
    rc = sl_ai_custom_bridge(&rq, w->t, receipt, w->a, w->d);
    if (rc == SL_OK)
        rc = sl_ai_keep_room(rq, w->a, w->d);
    return rc != SL_OK ? rc : ops->encode_request(rq, w->t, out, receipt, w->d);
}

static sl_rc encode_count(struct sl_ai_writing *w, struct sl_strbuf *out,
                          struct sl_ai_receipt *receipt)
{
    struct sl_strbuf chat;
    sl_strbuf_init(&chat, w->a, 0);
    sl_rc rc = encode_chat(w, &chat, receipt);
    if (rc != SL_OK)
        return rc;
    out->is_full |= chat.is_full;
    sl_strbuf_add(out, sl_ai_count_request(w->t->vendor, sl_strbuf_str(&chat), w->t->model, w->a));
    receipt->dropped = (sl_str){0}; /* of what is no input */
    return SL_OK;
}

static sl_rc decode_embeddings(struct sl_ai_writing *w)
{
    struct sl_ai_embed_request *rq;
    if (w->call->embed != NULL)
        return SL_OK;
    rq = sl_arena_new_of(w->a, struct sl_ai_embed_request);
    sl_rc rc = sl_ai_embed_decode(sl_ai_embed_client_form(w->call->dialect), w->call->line.has_many,
                                  w->call->body, w->a, rq, w->d);
    if (rc == SL_OK)
        w->call->embed = rq;
    return rc;
}

static sl_rc encode_embeddings(struct sl_ai_writing *w, struct sl_strbuf *out,
                               struct sl_ai_receipt *receipt)
{
    sl_rc rc = decode_embeddings(w);
    return rc == SL_OK ? sl_ai_embed_encode(w->call->embed, w->t, out, receipt, w->d) : rc;
}

static sl_rc decode_rerank(struct sl_ai_writing *w)
{
    struct sl_ai_rerank_request *rq;
    if (w->call->rerank != NULL)
        return SL_OK;
    rq = sl_arena_new_of(w->a, struct sl_ai_rerank_request);
    sl_rc rc = sl_ai_rerank_decode(w->call->body, w->a, rq, w->d);
    if (rc == SL_OK)
        w->call->rerank = rq;
    return rc;
}

static sl_rc encode_rerank(struct sl_ai_writing *w, struct sl_strbuf *out,
                           struct sl_ai_receipt *receipt)
{
    sl_rc rc = decode_rerank(w);
    return rc == SL_OK ? sl_ai_rerank_encode(w->call->rerank, w->t, out, receipt, w->d) : rc;
}

static sl_rc encode_none(struct sl_ai_writing *w, struct sl_strbuf *out,
                         struct sl_ai_receipt *receipt)
{
    (void)out, (void)receipt;
    return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "model",
                        "this model is not offered by this endpoint");
}

typedef sl_rc encode_fn(struct sl_ai_writing *w, struct sl_strbuf *out,
                        struct sl_ai_receipt *receipt);
static encode_fn *const encoders[SL_AI_OPERATION_COUNT] = {
#define X(ID, PATH, ANSWER, ENCODE, ...) [SL_AI_##ID] = encode_##ENCODE,
#include "ai/operation.def"
#undef X
};

static sl_rc encode(struct sl_ai_writing *w, struct sl_strbuf *out, struct sl_ai_receipt *receipt)
{
    return encoders[w->call->operation](w, out, receipt);
}

static sl_rc write_translated(struct sl_ai_writing *w)
{
    struct sl_ai_receipt receipt = {.arena = w->a, .is_strict = w->t->is_strict};
    struct sl_strbuf out;
    sl_strbuf_init(&out, w->a, 0);
    size_t body_n = w->call->body.n;
    (void)!sl_strbuf_room(&out, body_n + body_n / 16 + OWN_MEMBERS_BYTES); /* or not much longer */
    sl_rc rc = encode(w, &out, &receipt);
    if (rc != SL_OK)
        return rc;
    if (out.is_full)
        return sl_diag_fail(w->d, SL_E_AI_BAD_BODY, "",
                            "the request is too large to be translated");
    sl_chain_add_static(&w->wire->body, sl_strbuf_str(&out));
    w->wire->dropped_params = receipt.dropped;
    w->wire->has_hidden_usage = sl_ai_hides_usage(w);
    w->wire->is_crossed = true;
    return SL_OK;
}

/* Does the vendor want another form than the client's? */
static bool is_foreign(const struct sl_ai_writing *w)
{
    enum sl_ai_dialect client = w->call->dialect;
    if (w->call->operation == SL_AI_RERANK) /* documents and scores, whoever asks for them */
        return true;
    if (w->call->operation ==
        SL_AI_EMBEDDINGS) /* Gemini's requests name the model again and again */
        return client == SL_AI_GEMINI ||
               sl_ai_embed_client_form(client) != sl_ai_embed_target_form(w->t);
    if (sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_PLAIN_COUNT) && wrapped_request(w->call).n != 0)
        return true;
    return w->wire->dialect != client || w->call->is_prompt || sl_ai_call_needs_hub(w);
}

/* A dialect with one path for one text and another for several is always given a list. */
static sl_rc prepare(struct sl_ai_writing *w)
{
    if (w->call->operation != SL_AI_EMBEDDINGS || !is_foreign(w))
        return SL_OK;
    sl_rc rc = decode_embeddings(w);
    w->call->line.has_many = true;
    return rc;
}

/* ------------------------------------------------------------------ path and headers */

/* A dialect that names the model in its path. */
static sl_rc write_own_path(struct sl_ai_writing *w, const struct sl_ai_dialect_ops *ops)
{
    sl_str path;
    sl_rc rc = ops->write_path(w->call, w->t, w->a, &path, w->d);
    if (rc == SL_OK)
        w->wire->path = sl_fmt(w->a, "%.*s%.*s", SL_STRF(w->t->base_url_path), SL_STRF(path));
    return rc;
}

static sl_rc write_path(struct sl_ai_writing *w)
{
    const struct sl_ai_vendor *v = w->t->vendor;
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(w->wire->dialect);
    if (ops != NULL && ops->write_path != NULL)
        return write_own_path(w, ops);
    sl_str path = sl_ai_vendor_path(v, sl_ai_operations[w->call->operation].path);
    if (w->call->operation == SL_AI_CHAT && w->call->is_stream &&
        v->paths[SL_AI_PATH_STREAM].n != 0)
        path = v->paths[SL_AI_PATH_STREAM];
    if (path.n == 0)
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "model",
                            "this vendor does not offer this endpoint");
    path = sl_ai_option_put(path, SL_STR("model"), w->t->model, w->a);
    w->wire->path = sl_fmt(w->a, "%.*s%.*s", SL_STRF(w->t->base_url_path), SL_STRF(path));
    return SL_OK;
}

/*
 * What the client may say to the vendor; everything else of its head stays here (I1). Organization and
 * project go with a key, and the key is the gateway's.
 */
static const struct {
    enum sl_header_id id;
    enum sl_ai_dialect dialect; /* of client and vendor */
} passing[] = {
    {SL_H_ANTHROPIC_VERSION, SL_AI_ANTHROPIC},
    {SL_H_ANTHROPIC_BETA, SL_AI_ANTHROPIC},
};

static void pass_client_headers(struct sl_ai_writing *w, const struct sl_headers *from)
{
    for (size_t i = 0; i < SL_LEN(passing); i++) {
        sl_str value = sl_headers_get_id(from, passing[i].id);
        bool is_in_body =
            passing[i].id == SL_H_ANTHROPIC_VERSION && w->t->vendor->body_version.n != 0;
        is_in_body |= passing[i].id == SL_H_ANTHROPIC_BETA &&
                      sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_BETA_IN_BODY);
        if (value.n != 0 && !is_in_body && passing[i].dialect == w->call->dialect &&
            passing[i].dialect == sl_ai_target_dialect(w->t))
            (void)sl_headers_add_id(&w->wire->headers, passing[i].id, value);
    }
}

/* "name: scheme {key}" */
static void add_own_key(struct sl_ai_writing *w)
{
    static const sl_str place = SL_STR_INIT("{key}");
    sl_str row = w->t->vendor->auth_header;
    size_t colon = sl_str_find(row, ':', 0), at = sl_str_find_str(row, place);
    SL_ASSERT(colon != SIZE_MAX && at != SIZE_MAX && at > colon);
    sl_str before = sl_str_from(sl_str_head(row, at), colon + 1);
    while (before.n != 0 && before.p[0] == ' ')
        before = sl_str_from(before, 1);
    (void)sl_headers_add(&w->wire->headers, sl_str_head(row, colon),
                         sl_fmt(w->a, "%.*s%.*s%.*s", SL_STRF(before), SL_STRF(w->t->key),
                                SL_STRF(sl_str_from(row, at + place.n))));
}

static void add_bearer(struct sl_ai_writing *w)
{
    (void)sl_headers_add_id(&w->wire->headers, SL_H_AUTHORIZATION,
                            sl_fmt(w->a, "Bearer %.*s", SL_STRF(w->t->key)));
}

static void add_key(struct sl_ai_writing *w)
{
    struct sl_headers *h = &w->wire->headers;
    struct sl_sigv4_key aws;
    if (w->t->key.n == 0)
        return;
    if (w->t->is_token) {
        add_bearer(w);
        return;
    }
    if (w->t->vendor->auth_header.n != 0) {
        add_own_key(w);
        return;
    }
    switch (w->t->vendor->auth) {
    case SL_AI_AUTH_BEARER:
        add_bearer(w);
        return;
    case SL_AI_AUTH_X_API_KEY:
        (void)sl_headers_add_id(h, SL_H_X_API_KEY, w->t->key);
        return;
    case SL_AI_AUTH_API_KEY:
        (void)sl_headers_add(h, SL_STR("api-key"), w->t->key);
        return;
    case SL_AI_AUTH_GOOG_KEY:
        (void)sl_headers_add(h, SL_STR("x-goog-api-key"), w->t->key);
        return;
    case SL_AI_AUTH_AWS:
        if (!sl_sigv4_key_parse(w->t->key, &aws))
            add_bearer(w);
        return; /* else see sign_aws() */
    }
    sl_panic(__FILE__, __LINE__, "call: bad auth");
}

/* The row's headers, but for what the client gave itself. */
static void add_vendor_headers(struct sl_ai_writing *w)
{
    sl_str rest = w->t->vendor->headers, row;
    while (sl_str_split(&rest, '\n', &row)) {
        size_t colon = sl_str_find(row, ':', 0);
        sl_str name = sl_str_head(row, colon);
        if (colon != SIZE_MAX && sl_headers_find(&w->wire->headers, name) == NULL)
            (void)sl_headers_add(&w->wire->headers, name, sl_str_trim(sl_str_from(row, colon + 1)));
    }
}

static void write_headers(struct sl_ai_writing *w, const struct sl_headers *client)
{
    struct sl_headers *h = &w->wire->headers;
    sl_headers_init(h, w->a);
    sl_headers_expect(h, USUAL_FIELDS);
    add_key(w);
    (void)sl_headers_add_id(h, SL_H_CONTENT_TYPE, SL_STR("application/json"));
    (void)sl_headers_add_id(h, SL_H_ACCEPT,
                            w->call->is_stream ? sl_ai_stream_type(w->t->vendor)
                                               : SL_STR("application/json"));
    (void)sl_headers_add_id(h, SL_H_ACCEPT_ENCODING, SL_STR("identity"));
    pass_client_headers(w, client);
    add_vendor_headers(w);
    if (sl_ai_target_dialect(w->t) == SL_AI_ANTHROPIC && w->t->vendor->body_version.n == 0 &&
        sl_headers_find_id(h, SL_H_ANTHROPIC_VERSION) == NULL)
        (void)sl_headers_add_id(h, SL_H_ANTHROPIC_VERSION, SL_STR("2023-06-01"));
}

/* What a vendor keeps is asked for, or deleted, without a body. */
static sl_rc write_stored(struct sl_ai_writing *w)
{
    if (w->wire->dialect != SL_AI_OPENAI_RESPONSES)
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "id", "this vendor keeps no responses");
    sl_rc rc = write_path(w);
    if (rc == SL_OK)
        w->wire->path =
            sl_fmt(w->a, "%.*s%.*s", SL_STRF(w->wire->path), SL_STRF(w->call->stored_path));
    return rc;
}

static bool is_streamed(const struct sl_ai_call *call, const struct sl_ai_target *t)
{
    if (call->operation != SL_AI_CHAT)
        return call->is_stream;
    switch (t->streaming) {
    case SL_AI_STREAM_AS_ASKED:
        return call->is_stream;
    case SL_AI_STREAM_ALWAYS:
        return true;
    case SL_AI_STREAM_NEVER:
        return false;
    }
    sl_panic(__FILE__, __LINE__, "call: bad streaming");
}

static sl_rc write_request(struct sl_ai_writing *w)
{
    sl_rc rc = prepare(w);
    if (rc == SL_OK)
        rc = write_path(w);
    if (rc != SL_OK)
        return rc;
    return is_foreign(w) ? write_translated(w) : sl_ai_call_splice(w);
}

static sl_str body_sha256(struct sl_ai_writing *w)
{
    uint8_t digest[SL_SHA256_BYTES];
    struct sl_strbuf hex;
    size_t n = 0;
    for (const struct sl_span *s = w->wire->body.head; s != NULL; s = s->next)
        n++;
    sl_str *parts = sl_arena_array(w->a, sl_str, n);
    n = 0;
    for (const struct sl_span *s = w->wire->body.head; s != NULL; s = s->next)
        parts[n++] = (sl_str){s->p, s->n};
    sl_sha256_parts(parts, n, digest);
    sl_strbuf_init(&hex, w->a, 0);
    sl_enc_hex(&hex, sl_digest_str(digest, sizeof(digest)));
    return sl_strbuf_str(&hex);
}

/* Last of all, for host, path and body must be what is sent. */
static sl_rc sign_aws(struct sl_ai_writing *w)
{
    struct sl_sigv4_key key;
    if (w->t->is_token || w->t->vendor->auth != SL_AI_AUTH_AWS ||
        !sl_sigv4_key_parse(w->t->key, &key))
        return SL_OK;
    const struct sl_sigv4_scope scope = {.region = w->t->region,
                                         .service = w->t->vendor->aws_service,
                                         .now_unix_s = w->t->now_unix_s};
    size_t question = sl_str_find(w->wire->path, '?', 0);
    const struct sl_sigv4_request rq = {
        .method = SL_STR("POST"),
        .path = sl_str_head(w->wire->path, question),
        .query = question != SIZE_MAX ? sl_str_from(w->wire->path, question + 1) : (sl_str){0},
        .headers = &w->wire->headers,
        .body_sha256 = body_sha256(w)};
    if (!sl_sigv4_sign(&scope, &key, &rq, w->t->authority, &w->wire->headers))
        return sl_diag_fail(w->d, SL_E_LIMIT, "", "the request cannot be signed");
    return SL_OK;
}

sl_rc sl_ai_call_write(struct sl_ai_call *call, const struct sl_ai_target *target,
                       const struct sl_headers *client_headers, struct sl_arena *a,
                       struct sl_chunk_pool *pool, struct sl_ai_wire *ret, struct sl_diag *d)
{
    struct sl_ai_wire wire = {.dialect = sl_ai_target_dialect(target)};
    struct sl_ai_writing w = {
        .call = call, .t = target, .client = client_headers, .a = a, .d = d, .wire = &wire};
    sl_chain_init(&wire.body, pool);
    struct sl_ai_call asked;
    if (is_streamed(call, target) != call->is_stream) {
        asked = *call;
        asked.is_stream = !call->is_stream;
        w.call = &asked;
        w.streams_otherwise = true;
    }
    sl_rc rc = call->operation == SL_AI_STORED ? write_stored(&w) : write_request(&w);
    call->decoded = w.call->decoded;
    if (rc != SL_OK)
        return rc;
    write_headers(&w, client_headers);
    rc = sign_aws(&w);
    *ret = wire;
    return rc;
}
