/*
 * Google Vertex AI, what is not in gemini.c: Anthropic's models, the OpenAI-compatible endpoint, vectors.
 * After Google's "Use Claude models", "Call MaaS APIs for open models" and "Get text embeddings".
 *
 *     .../publishers/anthropic/models/{model}:rawPredict | :streamRawPredict
 *     .../publishers/anthropic/models/count-tokens:rawPredict
 *     .../publishers/mistralai/models/{model}:rawPredict | :streamRawPredict
 *     .../endpoints/openapi/chat/completions
 *     .../publishers/google/models/{model}:predict
 */
#include "control.h"
#include "errors.h"
#include "pick.h"

static const char publisher[] = "/publishers/anthropic/models/",
                  mistral[] = "/publishers/mistralai/models/";

/* Behind the publisher: the model and, behind the last colon, the method. */
static bool split(struct span path, struct span *ret_model, struct span *ret_method)
{
    const char *at = memmem(path.p, path.n, publisher, sizeof publisher - 1);
    if (at == NULL)
        return false;
    at += sizeof publisher - 1;
    size_t left = (size_t)(path.p + path.n - at);
    const char *colon = memrchr(at, ':', left);
    if (colon == NULL)
        return false;
    *ret_model = (struct span){at, (size_t)(colon - at)};
    *ret_method = (struct span){colon + 1, left - (size_t)(colon + 1 - at)};
    return span_is(*ret_method, "rawPredict") || span_is(*ret_method, "streamRawPredict");
}

/* Google's own refusal, where the model's maker is not asked at all. */
static void refuse(struct reply *r, const char *message)
{
    struct buf body = {0};
    buf_fmt(&body,
            "[{\"error\":{\"code\":400,\"message\":\"%s\",\"status\":\"INVALID_ARGUMENT\"}}]",
            message);
    reply_whole(r, 400, "application/json; charset=UTF-8", NULL, buf_view(&body));
    buf_free(&body);
}

static const char *wrong_with(const struct request *rq, bool is_count, bool is_stream)
{
    bool asks_for_stream = span_is(pick_get(rq->body, "stream"), "true");
    if (!span_is(pick_raw(pick_get(rq->body, "anthropic_version")), "vertex-2023-10-16"))
        return "anthropic_version: Input should be 'vertex-2023-10-16'";
    if (is_count != (pick_get(rq->body, "model").n != 0))
        return is_count ? "model: Field required" : "model: Extra inputs are not permitted";
    if (asks_for_stream != is_stream)
        return "stream: does not fit to the method";
    return NULL;
}

/* The request as the maker of the model has it. */
static void ask_maker(struct request *rq, struct reply *r, struct span model, bool is_count)
{
    struct buf body = {0};
    if (is_count) {
        buf_span(&body, rq->body);
    } else {
        buf_str(&body, "{\"model\":\"");
        span_unescape(model, &body);
        buf_str(&body, "\",");
        buf_span(&body, (struct span){rq->body.p + 1, rq->body.n - 1});
    }
    rq->body = buf_view(&body);
    rq->path = span_of(is_count ? "/v1/messages/count_tokens" : "/v1/messages");
    if (rq->headers_n < HEADERS_MAX)
        rq->headers[rq->headers_n++] =
            (struct header){SPAN("anthropic-version"), SPAN("2023-06-01")};
    if (!is_count)
        anthropic_answer(rq, r);
    else if (!other_answer(rq, r))
        refuse(r, "cannot be counted");
    buf_free(&body);
}

static void answer_claude(struct request *rq, struct reply *r, struct span model,
                          struct span method)
{
    bool is_count = span_is(model, "count-tokens");
    const char *wrong = wrong_with(rq, is_count, span_is(method, "streamRawPredict"));
    if (wrong == NULL && (rq->body.n == 0 || rq->body.p[0] != '{'))
        wrong = "the body is no object";
    if (wrong != NULL)
        refuse(r, wrong);
    else
        ask_maker(rq, r, model, is_count);
}

/* Mistral's own API, but for the path. */
static void answer_mistral(struct request *rq, struct reply *r)
{
    bool is_stream = span_ends(rq->path, ":streamRawPredict");
    if (span_is(pick_get(rq->body, "stream"), "true") != is_stream) {
        refuse(r, "stream: does not fit to the method");
        return;
    }
    rq->path = SPAN("/v1/chat/completions");
    openai_answer(rq, r);
}

/* --- vectors: the i-th text gets [i, 0.5, -0.25, ...], as long as was asked for --- */

static void put_prediction(int64_t i, int64_t dims, struct buf *out)
{
    buf_fmt(out, "%s{\"embeddings\":{\"values\":[%lld", &","[i == 0], (long long)i);
    for (int64_t d = 1; d < dims; d++)
        buf_str(out, d % 2 == 1 ? ",0.5" : ",-0.25");
    buf_str(out, "],\"statistics\":{\"truncated\":false,\"token_count\":5}}}");
}

static void answer_predict(struct request *rq, struct reply *r)
{
    struct pick it;
    struct span instance;
    struct buf out = {0};
    int64_t i = 0,
            dims =
                span_number(pick_get(pick_get(rq->body, "parameters"), "outputDimensionality"), 4);
    if (!pick_enter(&it, pick_get(rq->body, "instances"))) {
        refuse(r, "instances: Field required");
        return;
    }
    buf_str(&out, "{\"predictions\":[");
    while (pick_element(&it, &instance))
        put_prediction(i++, dims, &out);
    buf_str(&out, "]}");
    reply_whole(r, 200, "application/json; charset=UTF-8", NULL, buf_view(&out));
    buf_free(&out);
}

/* --- entry --- */

bool vertex_answer(struct request *rq, struct reply *r)
{
    struct span model, method;
    if (!span_starts(rq->path, "/v1/projects/") || !span_is(rq->method, "POST"))
        return false;
    if (split(rq->path, &model, &method))
        answer_claude(rq, r, model, method);
    else if (memmem(rq->path.p, rq->path.n, mistral, sizeof mistral - 1) != NULL)
        answer_mistral(rq, r);
    else if (span_ends(rq->path, ":predict"))
        answer_predict(rq, r);
    else
        return false;
    return true;
}
