/*
 * AWS Bedrock: InvokeModel and InvokeModelWithResponseStream for Anthropic's models. After AWS's "Anthropic
 * Claude Messages API": the body is Anthropic's, with anthropic_version and without model and stream.
 */
#include "errors.h"
#include "pick.h"

static bool is_streamed(struct span path)
{
    return span_ends(path, "/invoke-with-response-stream");
}

bool bedrock_is_invoke(const struct request *rq)
{
    return span_ends(rq->path, "/invoke") || is_streamed(rq->path);
}

static bool is_known_beta(struct span beta)
{
    return span_is(beta, "\"interleaved-thinking-2025-05-14\"") ||
           span_is(beta, "\"context-1m-2025-08-07\"");
}

static const char *wrong_with(const struct request *rq)
{
    struct pick it;
    struct span beta;
    if (rq->body.n < 2 || rq->body.p[0] != '{')
        return "Malformed input request, please reformat your input and try again.";
    if (!span_is(pick_raw(pick_get(rq->body, "anthropic_version")), "bedrock-2023-05-31"))
        return "anthropic_version: Field required";
    if (pick_get(rq->body, "model").n != 0 || pick_get(rq->body, "stream").n != 0)
        return "Malformed input request: extraneous key [model] or [stream] is not permitted";
    if (pick_enter(&it, pick_get(rq->body, "anthropic_beta")))
        while (pick_element(&it, &beta))
            if (!is_known_beta(beta))
                return "invalid beta flag";
    if (request_header(rq, "anthropic-beta").n != 0 ||
        request_header(rq, "anthropic-version").n != 0)
        return "betas and versions stand in the body";
    return NULL;
}

const char *bedrock_invoke(struct request *rq, struct reply *r)
{
    struct buf body = {0};
    const char *wrong = wrong_with(rq);
    struct span path = rq->path;
    if (wrong != NULL)
        return wrong;
    r->is_framed = is_streamed(path);
    (void)span_cut(&path, '/');
    (void)span_cut(&path, '/');
    buf_str(&body, "{\"model\":\"");
    span_unescape(span_cut(&path, '/'), &body);
    buf_fmt(&body, "\",\"stream\":%s,", r->is_framed ? "true" : "false");
    buf_span(&body, (struct span){rq->body.p + 1, rq->body.n - 1});
    rq->body = buf_view(&body);
    if (rq->headers_n < HEADERS_MAX)
        rq->headers[rq->headers_n++] =
            (struct header){SPAN("anthropic-version"), SPAN("2023-06-01")};
    anthropic_answer(rq, r);
    buf_free(&body);
    return NULL;
}
