/*
 * The Gemini dialect: generateContent, streamGenerateContent, countTokens, on AI Studio's paths and on
 * Vertex's. After the API references of Google.
 *
 *     /v1beta/models/{model}:{method}                                           AI Studio
 *     /v1/projects/{p}/locations/{l}/publishers/google/models/{model}:{method}  Vertex
 *
 * As the real one does from version 3 on, it refuses histories whose calls lost their signatures, and at
 * any version results that do not answer the calls before them.
 */
#include "ask.h"
#include "errors.h"
#include "pick.h"
#include "sse.h"

#include <stdio.h>

struct answer {
    struct sse sse;
    struct reply *r;
    struct ask *q;
    struct buf event; // scratch
    int64_t sent;     // visible tokens so far
    bool is_array;    // a stream without alt=sse
    bool has_element;
};

static void put_vendor_fields(const struct request *rq, struct buf *fields)
{
    buf_fmt(fields,
            "x-gemini-service-tier: standard\r\nserver-timing: gfet4t7; dur=5\r\n"
            "x-request-number: %llu\r\n",
            (unsigned long long)rq->number);
}

/* --- usage --- */

static void put_usage(const struct answer *a, int64_t visible, struct buf *out)
{
    const struct claim *c = &a->r->claim;
    const struct scenario *sc = &a->r->sc;
    int64_t prompt = c->prompt + c->cached;
    if (sc->usage == USAGE_INVALID) {
        buf_str(out, "\"usageMetadata\":{\"promptTokenCount\":\"many\",\"totalTokenCount\":-1}");
        return;
    }
    buf_fmt(out, "\"usageMetadata\":{\"promptTokenCount\":%lld,", (long long)prompt);
    if (visible >= 0)
        buf_fmt(out, "\"candidatesTokenCount\":%lld,", (long long)visible);
    if (c->cached != 0)
        buf_fmt(out, "\"cachedContentTokenCount\":%lld,",
                (long long)(c->cached + (sc->usage == USAGE_WRONG ? prompt : 0)));
    if (c->reasoning != 0)
        buf_fmt(out, "\"thoughtsTokenCount\":%lld,", (long long)c->reasoning);
    buf_fmt(out,
            "\"totalTokenCount\":%lld,\"promptTokensDetails\":[{\"modality\":\"TEXT\","
            "\"tokenCount\":%lld}]}",
            (long long)(prompt + (visible > 0 ? visible : 0) + c->reasoning), (long long)prompt);
}

/* --- parts --- */

static void put_signature(const struct answer *a, struct buf *out)
{
    char text[32];
    int n = snprintf(text, sizeof text, "sig_%016llx", (unsigned long long)a->q->hash);
    buf_str(out, ",\"thoughtSignature\":\"");
    buf_base64(out, text, (size_t)n);
    buf_str(out, "\"");
}

static void put_text_part(const struct answer *a, int64_t i, bool is_thought, struct buf *out)
{
    buf_str(out, "{\"text\":\"");
    ask_text(a->q, &a->r->sc, i, out);
    buf_str(out, is_thought ? "\",\"thought\":true}" : "\"}");
}

static void put_image_part(int64_t i, struct buf *out)
{
    buf_str(out, "{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"");
    ask_image(i, out);
    buf_str(out, "\"}}");
}

/* Only the first of parallel calls is signed. Names before 3 have no ids. */
static void put_call_part(const struct answer *a, int64_t tool, struct buf *out)
{
    struct span args = ask_arguments(&a->r->sc);
    bool has_args = a->r->sc.args == ARGS_OBJECT;
    buf_str(out, "{\"functionCall\":{");
    if (span_starts(a->q->model, "gemini-3"))
        buf_fmt(out, "\"id\":\"fc_%08llx_%lld\",", (unsigned long long)(a->q->hash & 0xffffffff),
                (long long)tool);
    buf_fmt(out, "\"name\":\"%.*s\"", SPANF(ask_tool_name(a->q, tool)));
    if (has_args)
        buf_fmt(out, ",\"args\":%.*s", SPANF(args));
    buf_str(out, "}");
    if (tool == 0)
        put_signature(a, out);
    buf_str(out, "}");
}

static const char *finish_of(const struct answer *a)
{
    const struct scenario *sc = &a->r->sc;
    if (sc->finish[0] != '\0')
        return sc->finish;
    if (sc->refusal)
        return "SAFETY";
    return ask_is_limited(a->q, sc) ? "MAX_TOKENS" : "STOP";
}

/* --- sources --- */

/*
 * What a search has found: the i-th source supports the i-th token. Segments count bytes, and a zero is left
 * out, as everywhere in Google's JSON.
 */
static void put_grounding(const struct answer *a, struct buf *out)
{
    const struct scenario *sc = &a->r->sc;
    int64_t at = 0;
    if (sc->citations == 0)
        return;
    buf_str(out,
            ",\"groundingMetadata\":{\"searchEntryPoint\":{\"renderedContent\":\"<div></div>\"},"
            "\"groundingChunks\":[");
    for (int64_t i = 0; i < sc->citations; i++)
        buf_fmt(out, "%s{\"web\":{\"uri\":\"https://example.com/%lld\",\"title\":\"source %lld\"}}",
                &","[i == 0], (long long)i, (long long)i);
    buf_str(out, "],\"groundingSupports\":[");
    for (int64_t i = 0; i < sc->citations; i++) {
        struct buf token = {0};
        ask_text(a->q, sc, i, &token);
        buf_fmt(out, "%s{\"segment\":{", &","[i == 0]);
        if (at != 0)
            buf_fmt(out, "\"startIndex\":%lld,", (long long)at);
        at += (int64_t)token.n;
        buf_fmt(out, "\"endIndex\":%lld,\"text\":\"%.*s\"},\"groundingChunkIndices\":[%lld]}",
                (long long)at, (int)token.n, token.p, (long long)i);
        buf_free(&token);
    }
    buf_str(out, "],\"webSearchQueries\":[\"what is asked\"]}");
}

/* --- chunks --- */

static void put_tail(const struct answer *a, int64_t visible, bool has_usage, struct buf *out)
{
    if (has_usage) {
        buf_str(out, ",");
        put_usage(a, visible, out);
    }
    buf_fmt(out, ",\"modelVersion\":\"%.*s\",\"responseId\":\"rs%016llx\"}",
            SPANF(ask_model(a->q, &a->r->sc)), (unsigned long long)a->q->hash);
}

static void begin_chunk(struct answer *a)
{
    a->event.n = 0;
    buf_str(&a->event, "{\"candidates\":[{\"content\":{\"parts\":[");
}

static void send_chunk(struct answer *a, const char *finish)
{
    int usage = a->r->sc.usage;
    bool has_usage = usage != USAGE_NONE && (usage != USAGE_WITH_LAST || finish != NULL);
    buf_str(&a->event, "],\"role\":\"model\"}");
    if (finish != NULL)
        buf_fmt(&a->event, ",\"finishReason\":\"%s\"", finish);
    if (finish != NULL)
        put_grounding(a, &a->event);
    buf_str(&a->event, ",\"index\":0}]");
    put_tail(a, a->sent != 0 ? a->sent : -1, has_usage, &a->event);
    if (!a->is_array) {
        sse_event(&a->sse, NULL, buf_view(&a->event));
        return;
    }
    struct buf piece = {0};
    buf_str(&piece, a->has_element ? ",\r\n" : "[");
    buf_span(&piece, buf_view(&a->event));
    reply_piece(a->r, buf_view(&piece), true);
    buf_free(&piece);
    a->has_element = true;
}

static void put_late_error(const struct reply *r, struct buf *out)
{
    enum error_kind kind = (enum error_kind)r->sc.error;
    gemini_error_body(kind != ERROR_BY_STATUS ? kind : ERROR_UNAVAILABLE, 0, &r->sc, out);
}

static void put_stream_error(struct sse *s)
{
    struct buf body = {0};
    put_late_error(s->r, &body);
    sse_event(s, NULL, buf_view(&body));
    buf_free(&body);
}

static void send_parts(struct answer *a)
{
    const struct scenario *sc = &a->r->sc;
    int64_t chunks = ask_chunks(a->q, sc);
    for (int64_t i = 0; i < sc->reasoning; i++) {
        begin_chunk(a);
        put_text_part(a, i, true, &a->event);
        send_chunk(a, NULL);
    }
    for (int64_t i = 0; i < chunks; i++) {
        a->sent++;
        begin_chunk(a);
        put_text_part(a, i, false, &a->event);
        send_chunk(a, NULL);
    }
    for (int64_t i = 0; i < sc->images; i++) {
        begin_chunk(a);
        put_image_part(i, &a->event);
        send_chunk(a, NULL);
    }
    if (sc->tools == 0)
        return;
    begin_chunk(a);
    for (int64_t i = 0; i < sc->tools; i++) {
        buf_str(&a->event, &","[i == 0]);
        put_call_part(a, i, &a->event);
    }
    send_chunk(a, NULL);
}

/* The last chunk: an empty text, with the signature of a text that was thought about. */
static void send_end(struct answer *a)
{
    a->sent = a->r->claim.completion - a->r->claim.reasoning;
    begin_chunk(a);
    buf_str(&a->event, "{\"text\":\"\"");
    if (a->r->sc.reasoning != 0 && a->r->sc.tools == 0)
        put_signature(a, &a->event);
    buf_str(&a->event, "}");
    send_chunk(a, finish_of(a));
}

static void answer_stream(struct answer *a, const struct buf *fields)
{
    if (a->r->sc.line_end == LINE_LF)
        a->r->sc.line_end = LINE_CRLF; // as Google's servers do
    if (a->is_array)
        reply_head(a->r, 200, "application/json; charset=UTF-8", fields, -1);
    else
        sse_begin(&a->sse, fields);
    send_parts(a);
    if (a->r->sc.fault != FAULT_NO_TERMINAL)
        send_end(a);
    if (a->is_array)
        reply_piece(a->r, SPAN("\r\n]\r\n"), false);
    reply_end(a->r, NULL);
}

static void put_whole(struct answer *a, struct buf *out)
{
    const struct scenario *sc = &a->r->sc;
    int64_t chunks = ask_chunks(a->q, sc), parts = 0;
    buf_str(out, "{\"candidates\":[{\"content\":{\"parts\":[");
    if (sc->reasoning != 0) {
        buf_str(out, "{\"text\":\"");
        for (int64_t i = 0; i < sc->reasoning; i++)
            ask_text(a->q, sc, i, out);
        buf_str(out, "\",\"thought\":true}");
        parts++;
    }
    if (chunks != 0) {
        buf_fmt(out, "%s{\"text\":\"", parts++ != 0 ? "," : "");
        for (int64_t i = 0; i < chunks; i++)
            ask_text(a->q, sc, i, out);
        buf_str(out, "\"");
        if (sc->reasoning != 0 && sc->tools == 0)
            put_signature(a, out);
        buf_str(out, "}");
    }
    for (int64_t i = 0; i < sc->images; i++) {
        buf_str(out, &","[parts++ == 0]);
        put_image_part(i, out);
    }
    for (int64_t i = 0; i < sc->tools; i++) {
        buf_str(out, &","[parts++ == 0]);
        put_call_part(a, i, out);
    }
    buf_fmt(out, "],\"role\":\"model\"},\"finishReason\":\"%s\"", finish_of(a));
    put_grounding(a, out);
    buf_str(out, ",\"index\":0}]");
    put_tail(a, a->r->claim.completion - a->r->claim.reasoning, sc->usage != USAGE_NONE, out);
}

static void answer_whole(struct answer *a, const struct buf *fields)
{
    struct buf out = {0};
    if (a->r->sc.fault == FAULT_ERROR)
        put_late_error(a->r, &out);
    else
        put_whole(a, &out);
    if (a->r->sc.fault == FAULT_BADJSON)
        out.n /= 2;
    reply_whole(a->r, 200, "application/json; charset=UTF-8", fields, buf_view(&out));
    buf_free(&out);
}

/* --- what the real one checks --- */

static bool is_dummy_signature(struct span s)
{
    return span_is(s, "skip_thought_signature_validator") ||
           span_is(s, "context_engineering_is_the_way_to_go");
}

/* Ours begin with "sig_"; in base64 that is "c2lnX". */
static bool is_signature(struct span s)
{
    return (span_starts(s, "c2lnX") && s.n % 4 == 0) || is_dummy_signature(s);
}

/* What the calls of one content ask for, and what the next one answers. */
struct pending {
    struct span names[64];
    size_t n;
};

static const char *check_model_part(const struct ask *q, struct span part, struct pending *calls)
{
    struct span call = pick_get(part, "functionCall");
    struct span signature = pick_raw(pick_get(part, "thoughtSignature"));
    if (signature.n != 0 && !is_signature(signature))
        return "Thought signature is not valid";
    if (call.n == 0)
        return NULL;
    if (calls->n == 0 && signature.n == 0 && span_starts(q->model, "gemini-3"))
        return "Function call is missing a thought_signature in functionCall parts.";
    if (calls->n < 64)
        calls->names[calls->n++] = pick_get(call, "name");
    return NULL;
}

static const char *check_results(struct span parts, const struct pending *calls)
{
    struct pick it;
    struct span part;
    size_t n = 0;
    if (pick_enter(&it, parts)) {
        while (pick_element(&it, &part)) {
            struct span response = pick_get(part, "functionResponse");
            struct span object = pick_get(response, "response");
            if (response.n == 0)
                continue;
            if (n < calls->n && !span_equal(pick_get(response, "name"), calls->names[n]))
                return "function response name does not match the function call";
            if (object.n == 0 || *object.p != '{')
                return "Invalid value at 'function_response.response' (type.googleapis.com/"
                       "google.protobuf.Struct)";
            n++;
        }
    }
    if (n != calls->n)
        return "Please ensure that the number of function response parts is equal to the number of "
               "function call parts of the function call turn.";
    return NULL;
}

static const char *check_content(const struct ask *q, struct span content, bool is_vertex,
                                 struct pending *calls)
{
    struct pick it;
    struct span part, role = pick_get(content, "role"), parts = pick_get(content, "parts");
    const char *wrong = NULL;
    if (is_vertex && role.n == 0)
        return "Please use a valid role: user, model.";
    bool is_model = span_is(role, "\"model\"");
    if (!is_model || calls->n != 0)
        wrong = check_results(parts, calls);
    calls->n = 0;
    if (!is_model || wrong != NULL || !pick_enter(&it, parts))
        return wrong;
    while (wrong == NULL && pick_element(&it, &part))
        wrong = check_model_part(q, part, calls);
    return wrong;
}

static const char *check_contents(const struct ask *q, bool is_vertex)
{
    struct pending calls = {.n = 0};
    struct pick it;
    struct span content;
    const char *wrong = NULL;
    if (!pick_enter(&it, q->messages))
        return "contents is not specified";
    while (wrong == NULL && pick_element(&it, &content))
        wrong = check_content(q, content, is_vertex, &calls);
    return wrong;
}

static void refuse_with(struct reply *r, const char *message, struct buf *fields)
{
    struct buf body = {0};
    buf_fmt(&body, "{\"error\":{\"code\":400,\"message\":\"%s\",\"status\":\"INVALID_ARGUMENT\"}}",
            message);
    reply_whole(r, 400, "application/json; charset=UTF-8", fields, buf_view(&body));
    buf_free(&body);
}

/* --- methods --- */

static bool refuse(struct ask *q, struct reply *r, bool is_understood, bool is_vertex,
                   struct buf *fields)
{
    const struct scenario *sc = &r->sc;
    enum error_kind kind = (enum error_kind)sc->error;
    const char *wrong = is_understood ? check_contents(q, is_vertex) : NULL;
    if (!is_understood)
        gemini_error(r, 400, ERROR_INVALID, fields);
    else if (sc->status != 0)
        gemini_error(r, sc->status, kind != 0 ? kind : error_for_status(sc->status), fields);
    else if (sc->error != 0 && sc->fault != FAULT_ERROR)
        gemini_error(r, 0, kind, fields);
    else if (wrong != NULL)
        refuse_with(r, wrong, fields);
    else
        return false;
    return true;
}

static void count_tokens(const struct reply *r, struct buf *out)
{
    buf_fmt(out,
            "{\"totalTokens\":%lld,\"promptTokensDetails\":[{\"modality\":\"TEXT\","
            "\"tokenCount\":%lld}]}",
            (long long)r->claim.prompt, (long long)r->claim.prompt);
}

/* --- vectors --- */

static void put_embedding(struct span request, int64_t i, struct buf *out)
{
    enum { DIMENSIONS = 4 };
    buf_str(out, "{\"values\":");
    other_put_vector(i, span_number(pick_get(request, "outputDimensionality"), DIMENSIONS), out);
    buf_str(out, "}");
}

/* Each request of a batch names the model again, as the real one wants it. */
static bool put_embeddings(struct span body, struct buf *out)
{
    struct pick it;
    struct span request;
    int64_t i = 0;
    if (!pick_enter(&it, pick_get(body, "requests")))
        return false;
    buf_str(out, "{\"embeddings\":[");
    for (; pick_element(&it, &request); i++) {
        if (pick_get(request, "model").n == 0 || pick_get(request, "content").n == 0)
            return false;
        buf_str(out, &","[i == 0]);
        put_embedding(request, i, out);
    }
    buf_str(out, "]}");
    return i != 0;
}

static void answer_vectors(struct request *rq, struct reply *r, struct span model, bool is_many)
{
    struct buf fields = {0}, out = {0};
    struct ask q;
    bool is_valid = is_many || pick_get(rq->body, "content").n != 0;
    (void)ask_read_gemini(rq, r, model, false, &q); // for the scenario
    put_vendor_fields(rq, &fields);
    if (is_many)
        is_valid = put_embeddings(rq->body, &out);
    else if (is_valid) {
        buf_str(&out, "{\"embedding\":");
        put_embedding(rq->body, 0, &out);
        buf_str(&out, "}");
    }
    if (r->sc.status != 0)
        gemini_error(r, r->sc.status, error_for_status(r->sc.status), &fields);
    else if (!is_valid)
        refuse_with(r, "EmbedContentRequest.content contains an empty Part.", &fields);
    else
        reply_whole(r, 200, "application/json; charset=UTF-8", &fields, buf_view(&out));
    buf_free(&out);
    buf_free(&fields);
    ask_free(&q);
}

static void answer_method(struct request *rq, struct reply *r, struct span model,
                          struct span method, bool is_vertex)
{
    bool is_many = span_is(method, "batchEmbedContents");
    if (is_many || span_is(method, "embedContent")) {
        answer_vectors(rq, r, model, is_many);
        return;
    }
    struct buf fields = {0}, out = {0};
    struct ask q;
    bool is_stream = span_is(method, "streamGenerateContent");
    bool is_understood = ask_read_gemini(rq, r, model, is_stream, &q);
    struct answer a = {.sse = {.r = r, .put_error = put_stream_error}, .r = r, .q = &q};
    a.is_array = is_stream && !span_is(request_query(rq, "alt"), "sse");
    put_vendor_fields(rq, &fields);
    if (!refuse(&q, r, is_understood, is_vertex, &fields)) {
        ask_claim(&q, r);
        if (span_is(method, "countTokens")) {
            count_tokens(r, &out);
            reply_whole(r, 200, "application/json; charset=UTF-8", &fields, buf_view(&out));
        } else if (is_stream) {
            answer_stream(&a, &fields);
        } else {
            answer_whole(&a, &fields);
        }
    }
    buf_free(&a.event);
    buf_free(&out);
    buf_free(&fields);
    ask_free(&q);
}

static bool is_method(struct span s)
{
    return span_is(s, "generateContent") || span_is(s, "streamGenerateContent") ||
           span_is(s, "countTokens") || span_is(s, "embedContent") ||
           span_is(s, "batchEmbedContents");
}

/* Behind the last "/models/": the name and, behind the last colon, the method. */
static bool split_path(struct span path, struct span *ret_model, struct span *ret_method)
{
    static const char tag[] = "/models/";
    const char *at = path.p, *end = path.p + path.n, *found = NULL;
    while ((at = memmem(at, (size_t)(end - at), tag, sizeof tag - 1)) != NULL)
        found = at += sizeof tag - 1;
    if (found == NULL)
        return false;
    const char *colon = memrchr(found, ':', (size_t)(end - found));
    if (colon == NULL)
        return false;
    *ret_model = (struct span){found, (size_t)(colon - found)};
    *ret_method = (struct span){colon + 1, (size_t)(end - colon - 1)};
    return true;
}

bool gemini_is_path(const struct request *rq)
{
    struct span model, method;
    return span_is(rq->method, "POST") && split_path(rq->path, &model, &method) &&
           is_method(method);
}

void gemini_answer(struct request *rq, struct reply *r)
{
    struct span model, method;
    if (split_path(rq->path, &model, &method))
        answer_method(rq, r, model, method, span_starts(rq->path, "/v1/projects/"));
}

void gemini_refuse_key(struct request *rq, struct reply *r)
{
    struct buf fields = {0};
    put_vendor_fields(rq, &fields);
    if (span_starts(rq->path, "/v1/projects/"))
        gemini_error(r, 401, ERROR_PERMISSION, &fields);
    else
        gemini_error(r, 400, ERROR_AUTH, &fields);
    buf_free(&fields);
}
