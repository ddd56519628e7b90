#include "like.h"
#include "errors.h"

/* Members of a request, as they stand in a body, that a vendor refuses. */
static const struct {
    enum like like;
    const char *text;
} refused[] = {
    {LIKE_DEEPSEEK, "\"developer\""}, {LIKE_DEEPSEEK, "\"max_completion_tokens\""},
    {LIKE_DEEPSEEK, "\"strict\""},    {LIKE_GROQ, "\"logprobs\""},
    {LIKE_GROQ, "\"logit_bias\""},    {LIKE_GROQ, "\"store\""},
    {LIKE_GROQ, "\"max_tokens\""},    {LIKE_MISTRAL, "\"seed\""},
    {LIKE_MISTRAL, "\"user\":"},      {LIKE_MISTRAL, "\"stream_options\""},
    {LIKE_MISTRAL, "\"developer\""},  {LIKE_QWEN, "\"reasoning_effort\""},
};

/* MiniMax's codes for the statuses of others. */
static const struct {
    int status, code;
} codes[] = {{401, 1004}, {402, 1008}, {429, 1002}, {400, 2013}};

static bool has_refused(const struct request *rq, const struct scenario *sc)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if ((int32_t)refused[i].like == sc->like &&
            memmem(rq->body.p, rq->body.n, refused[i].text, strlen(refused[i].text)) != NULL)
            return true;
    return false;
}

/* A deployment is asked for with a version and a key field of its own. */
static bool is_no_azure(const struct request *rq, const struct scenario *sc)
{
    return sc->like == LIKE_AZURE &&
           (request_query(rq, "api-version").n == 0 || request_header(rq, "api-key").n == 0);
}

static void put_base_resp(struct reply *r, const struct buf *fields)
{
    struct buf out = {0};
    int code = 1013;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].status == r->sc.status)
            code = codes[i].code;
    buf_fmt(&out,
            "{\"id\":\"x\",\"choices\":null,\"base_resp\":{\"status_code\":%d,"
            "\"status_msg\":\"refused\"}}",
            code);
    reply_whole(r, 200, "application/json", fields, buf_view(&out));
    buf_free(&out);
}

bool like_refuses(const struct request *rq, struct ask *q, struct reply *r, struct buf *fields)
{
    (void)q;
    if (r->sc.like == LIKE_MINIMAX && r->sc.status != 0)
        put_base_resp(r, fields);
    else if (has_refused(rq, &r->sc) || is_no_azure(rq, &r->sc))
        openai_error(r, 400, ERROR_UNKNOWN_FIELD, fields);
    else
        return false;
    return true;
}

/* Of each vendor: how it names requests, and what else its answers carry. */
static const struct {
    enum like like;
    const char *id, *lines;
} own_fields[] = {
    {LIKE_OPENAI, "x-request-id",
     "openai-version: 2020-10-01\r\nopenai-processing-ms: 5\r\nopenai-organization: org-mock\r\n"
     "openai-project: proj-mock\r\ncf-ray: mock-FRA\r\nset-cookie: __cf_bm=mock; path=/\r\n"},
    {LIKE_AZURE, "apim-request-id",
     "x-request-id: req_azure\r\nx-ms-region: West Europe\r\nx-ms-rai-invoked: true\r\n"
     "x-ms-deployment-name: mock-deployment\r\nazureml-model-session: d-mock\r\n"},
    {LIKE_GROQ, "x-request-id",
     "x-groq-region: mock\r\ncf-ray: mock-FRA\r\nset-cookie: __cf_bm=mock; path=/\r\n"},
    {LIKE_MISTRAL, "mistral-correlation-id",
     "x-kong-request-id: kong-mock\r\nx-envoy-upstream-service-time: 5\r\n"
     "x-ratelimit-limit-req-minute: 60\r\nx-ratelimit-remaining-req-minute: 59\r\n"
     "x-ratelimit-tokens-query-cost: 14\r\n"},
};

void like_put_fields(const struct request *rq, const struct scenario *sc, struct buf *fields)
{
    const char *id = "x-request-id", *lines = "";
    for (size_t i = 0; i < sizeof own_fields / sizeof own_fields[0]; i++)
        if ((int32_t)own_fields[i].like == sc->like)
            id = own_fields[i].id, lines = own_fields[i].lines;
    buf_fmt(fields, "%s: req_%llu\r\n%s", id, (unsigned long long)rq->number, lines);
}

void like_begin_stream(struct sse *s)
{
    const struct scenario *sc = &s->r->sc;
    if (sc->like == LIKE_DEEPSEEK)
        reply_piece(s->r, SPAN(": keep-alive\n\n"), false);
    if (sc->like == LIKE_OPENROUTER)
        reply_piece(s->r, SPAN(": OPENROUTER PROCESSING\n\n"), false);
    if (sc->like == LIKE_AZURE)
        sse_event(s, NULL,
                  SPAN("{\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\","
                       "\"prompt_filter_results\":[{\"prompt_index\":0,"
                       "\"content_filter_results\":{}}]}"));
}

void like_begin_body(const struct scenario *sc, struct buf *out)
{
    if (sc->like == LIKE_DEEPSEEK)
        buf_str(out, "\n\n   \n");
}
