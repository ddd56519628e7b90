/*
 * What is no chat: counting tokens and, below, what further vendors do with embeddings and rankings. After
 * their public API references. Scenarios ride in the model's name as everywhere.
 */
#include "ask.h"
#include "errors.h"
#include "pick.h"
#include "sse.h"

#include <stdio.h>

enum { DIMENSIONS = 4, INPUTS_MAX = 4096, TOKENS_PER_TEXT = 5 };

static void put_error(const struct request *rq, struct reply *r, int status, enum error_kind kind,
                      struct buf *fields)
{
    struct buf body = {0};
    if (span_starts(rq->path, "/v1/messages")) {
        anthropic_error(r, status, kind, fields);
    } else if (span_is(rq->path, "/v2/embed") || span_is(rq->path, "/v2/rerank")) {
        buf_fmt(&body, "{\"id\":\"e1\",\"message\":\"cohere says %d\"}", status);
        reply_whole(r, status, "application/json", fields, buf_view(&body));
        buf_free(&body);
    } else {
        openai_error(r, status, kind, fields);
    }
}

static bool refuse(struct request *rq, struct reply *r, bool is_understood, struct buf *fields)
{
    const struct scenario *sc = &r->sc;
    enum error_kind kind = (enum error_kind)sc->error;
    if (!is_understood)
        put_error(rq, r, 400, ERROR_INVALID, fields);
    else if (sc->status != 0)
        put_error(rq, r, sc->status, kind != 0 ? kind : error_for_status(sc->status), fields);
    else
        return false;
    return true;
}

/* --- counting (Anthropic, OpenAI's Responses) --- */

/* max_tokens and the like are refused, as by the vendors. */
static bool may_count(const struct ask *q)
{
    return q->max_tokens == 0 && !q->is_stream && q->messages.n != 0;
}

static void put_count(const struct request *rq, struct ask *q, struct reply *r, struct buf *out)
{
    (void)rq;
    ask_claim(q, r);
    r->claim.completion = 0;
    buf_fmt(out, "{\"input_tokens\":%lld}", (long long)r->claim.prompt);
}

static bool may_count_responses(const struct request *rq)
{
    return pick_get(rq->body, "max_output_tokens").n == 0 && pick_get(rq->body, "stream").n == 0 &&
           pick_get(rq->body, "store").n == 0;
}

static void put_responses_count(const struct request *rq, struct ask *q, struct reply *r,
                                struct buf *out)
{
    (void)rq;
    ask_claim(q, r);
    r->claim.completion = 0;
    buf_fmt(out, "{\"object\":\"response.input_tokens\",\"input_tokens\":%lld}",
            (long long)r->claim.prompt);
}

/* --- vectors --- */

/* The i-th text gets [i, 0.5, -0.25, ...], as long as was asked for: exact in float. */
void other_put_vector(int64_t i, int64_t dimensions, struct buf *out)
{
    buf_fmt(out, "[%lld", (long long)i);
    for (int64_t k = 1; k < dimensions; k++)
        buf_str(out, k % 2 != 0 ? ",0.5" : ",-0.25");
    buf_str(out, "]");
}

static int64_t dimensions_of(const struct request *rq, const char *name)
{
    return span_number(pick_get(rq->body, name), DIMENSIONS);
}

static int64_t count_of(struct span list)
{
    struct pick it;
    struct span v;
    int64_t n = 0;
    if (!pick_enter(&it, list))
        return list.n != 0;
    while (n < INPUTS_MAX && pick_element(&it, &v))
        n++;
    return n;
}

static void claim_texts(struct reply *r, int64_t count)
{
    r->claim.prompt = r->sc.prompt != 0 ? r->sc.prompt : count * TOKENS_PER_TEXT;
}

static void put_vectors(int64_t count, int64_t dimensions, struct buf *out)
{
    buf_str(out, "[");
    for (int64_t i = 0; i < count; i++) {
        buf_str(out, &","[i == 0]);
        other_put_vector(i, dimensions, out);
    }
    buf_str(out, "]");
}

/* Voyage: numbers, from the last to the first, with their indexes; a total of tokens only. */
static void put_voyage(const struct request *rq, struct ask *q, struct reply *r, struct buf *out)
{
    int64_t count = count_of(q->input);
    claim_texts(r, count);
    buf_str(out, "{\"object\":\"list\",\"data\":[");
    for (int64_t i = count - 1; i >= 0; i--) {
        buf_fmt(out,
                "%s{\"object\":\"embedding\",\"index\":%lld,\"embedding\":", &","[i == count - 1],
                (long long)i);
        other_put_vector(i, dimensions_of(rq, "output_dimension"), out);
        buf_str(out, "}");
    }
    buf_fmt(out, "],\"model\":\"%.*s\",\"usage\":{\"total_tokens\":%lld}}", SPANF(q->model),
            (long long)r->claim.prompt);
}

static void put_nomic(const struct request *rq, struct ask *q, struct reply *r, struct buf *out)
{
    int64_t count = count_of(pick_get(rq->body, "texts"));
    claim_texts(r, count);
    buf_str(out, "{\"embeddings\":");
    put_vectors(count, dimensions_of(rq, "dimensionality"), out);
    buf_fmt(out, ",\"model\":\"%.*s\",\"usage\":{\"prompt_tokens\":%lld,\"total_tokens\":%lld}}",
            SPANF(q->model), (long long)r->claim.prompt, (long long)r->claim.prompt);
}

static bool may_embed_cohere(const struct request *rq)
{
    bool has_inputs =
        count_of(pick_get(rq->body, "texts")) != 0 || count_of(pick_get(rq->body, "inputs")) != 0;
    return has_inputs && pick_get(rq->body, "input_type").n != 0 &&
           count_of(pick_get(rq->body, "embedding_types")) == 1;
}

static void put_cohere_embed(const struct request *rq, struct ask *q, struct reply *r,
                             struct buf *out)
{
    int64_t count = count_of(pick_get(rq->body, "texts")) + count_of(pick_get(rq->body, "inputs"));
    (void)q;
    claim_texts(r, count);
    buf_str(out, "{\"id\":\"c1\",\"embeddings\":{\"float\":");
    put_vectors(count, dimensions_of(rq, "output_dimension"), out);
    buf_fmt(out,
            "},\"texts\":[],\"meta\":{\"api_version\":{\"version\":\"2\"},\"billed_units\":{"
            "\"input_tokens\":%lld}},\"response_type\":\"embeddings_by_type\"}",
            (long long)r->claim.prompt);
}

/* --- rankings --- */

static bool may_rank(const struct request *rq)
{
    return pick_get(rq->body, "query").n != 0;
}

/* The last document is the best, the others follow; 1/2, 1/3, 1/4, ... */
static void put_ranking(const struct request *rq, const char *documents, const char *top,
                        const char *score, struct buf *out)
{
    int64_t count = count_of(pick_get(rq->body, documents));
    int64_t shown = span_number(pick_get(rq->body, top), count);
    buf_str(out, "[");
    for (int64_t i = 0; i < count && i < shown; i++)
        buf_fmt(out, "%s{\"index\":%lld,\"%s\":%.6f}", &","[i == 0], (long long)(count - 1 - i),
                score, 1.0 / (double)(i + 2));
    buf_str(out, "]");
}

static void put_cohere_rerank(const struct request *rq, struct ask *q, struct reply *r,
                              struct buf *out)
{
    (void)q, (void)r;
    buf_str(out, "{\"id\":\"rr1\",\"results\":");
    put_ranking(rq, "documents", "top_n", "relevance_score", out);
    buf_str(
        out,
        ",\"meta\":{\"api_version\":{\"version\":\"2\"},\"billed_units\":{\"search_units\":1}}}");
}

static void put_jina_rerank(const struct request *rq, struct ask *q, struct reply *r,
                            struct buf *out)
{
    claim_texts(r, count_of(pick_get(rq->body, "documents")));
    buf_fmt(out,
            "{\"model\":\"%.*s\",\"usage\":{\"total_tokens\":%lld},\"results\":", SPANF(q->model),
            (long long)r->claim.prompt);
    put_ranking(rq, "documents", "top_n", "relevance_score", out);
    buf_str(out, "}");
}

static void put_voyage_rerank(const struct request *rq, struct ask *q, struct reply *r,
                              struct buf *out)
{
    claim_texts(r, count_of(pick_get(rq->body, "documents")));
    buf_str(out, "{\"object\":\"list\",\"data\":");
    put_ranking(rq, "documents", "top_k", "relevance_score", out);
    buf_fmt(out, ",\"model\":\"%.*s\",\"usage\":{\"total_tokens\":%lld}}", SPANF(q->model),
            (long long)r->claim.prompt);
}

static void put_tei_rerank(const struct request *rq, struct ask *q, struct reply *r,
                           struct buf *out)
{
    (void)q, (void)r;
    put_ranking(rq, "texts", "top_n", "score", out);
}

/* --- moderations --- */

static void put_moderation(const struct request *rq, struct ask *q, struct reply *r,
                           struct buf *out)
{
    bool is_bad = pick_raw(q->input).n != 0 && span_starts(pick_raw(q->input), "kill");
    (void)rq, (void)r;
    buf_fmt(out,
            "{\"id\":\"modr-1\",\"model\":\"%.*s\",\"results\":[{\"flagged\":%s,"
            "\"categories\":{\"violence\":%s},\"category_scores\":{\"violence\":0.5}}]}",
            SPANF(q->model), is_bad ? "true" : "false", is_bad ? "true" : "false");
}

/* --- images --- */

static bool may_draw(const struct request *rq)
{
    return pick_raw(pick_get(rq->body, "prompt")).n != 0;
}

/* As gpt-image's: the picture in the answer, tokens under names of their own. */
static void put_image(const struct request *rq, struct ask *q, struct reply *r, struct buf *out)
{
    (void)rq, (void)q;
    buf_str(out, "{\"created\":1763890000,\"data\":[{\"b64_json\":\"iVBORw0KGgo=\"}");
    for (int64_t i = 1; i < r->sc.images; i++)
        buf_str(out, ",{\"b64_json\":\"iVBORw0KGgo=\"}");
    if (r->sc.usage == USAGE_NONE) {
        buf_str(out, "]}");
        return;
    }
    buf_fmt(out,
            "],\"usage\":{\"input_tokens\":%d,\"output_tokens\":4160,\"total_tokens\":%d,"
            "\"input_tokens_details\":{\"text_tokens\":%d,\"image_tokens\":0}}}",
            r->sc.prompt, r->sc.prompt + 4160, r->sc.prompt);
}

/* --- prompts (OpenAI's legacy completions) --- */

static void put_prompt_chunk(const struct ask *q, const char *text, const char *finish,
                             struct buf *out)
{
    out->n = 0;
    buf_fmt(
        out,
        "{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":1700000000,\"model\":\"%.*s\","
        "\"choices\":[{\"text\":\"%s\",\"index\":0,\"logprobs\":null,\"finish_reason\":",
        SPANF(q->model), text);
    buf_fmt(out, finish != NULL ? "\"%s\"}]" : "null}]", finish);
}

static void put_prompt_usage(const struct reply *r, struct buf *out)
{
    buf_fmt(out,
            ",\"usage\":{\"prompt_tokens\":%lld,\"completion_tokens\":%lld,\"total_tokens\":%lld}}",
            (long long)r->claim.prompt, (long long)r->claim.completion,
            (long long)(r->claim.prompt + r->claim.completion));
}

static void put_late_error(struct sse *s)
{
    struct buf body = {0};
    openai_error_body(ERROR_SERVER, &body);
    sse_event(s, NULL, buf_view(&body));
    buf_free(&body);
}

static void stream_prompt(struct ask *q, struct reply *r, struct buf *out)
{
    struct sse s = {.r = r, .put_error = put_late_error};
    char text[32];
    sse_begin(&s, NULL);
    for (int64_t i = 0; i < ask_chunks(q, &r->sc); i++) {
        (void)snprintf(text, sizeof text, "tok%lld ", (long long)i + 1);
        put_prompt_chunk(q, text, NULL, out);
        buf_str(out, q->include_usage ? ",\"usage\":null}" : "}");
        sse_event(&s, NULL, buf_view(out));
    }
    put_prompt_chunk(q, "", ask_is_limited(q, &r->sc) ? "length" : "stop", out);
    buf_str(out, q->include_usage ? ",\"usage\":null}" : "}");
    sse_event(&s, NULL, buf_view(out));
    if (q->include_usage) {
        out->n = 0;
        buf_str(out, "{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"choices\":[]");
        put_prompt_usage(r, out);
        sse_event(&s, NULL, buf_view(out));
    }
    sse_event(&s, NULL, SPAN("[DONE]"));
    sse_end(&s);
    out->n = 0;
}

static void put_prompt(const struct request *rq, struct ask *q, struct reply *r, struct buf *out)
{
    struct buf text = {0};
    (void)rq;
    ask_claim(q, r);
    if (q->is_stream) {
        stream_prompt(q, r, out);
        return;
    }
    for (int64_t i = 0; i < ask_chunks(q, &r->sc); i++)
        buf_fmt(&text, "tok%lld ", (long long)i + 1);
    buf_put(&text, "", 1);
    put_prompt_chunk(q, text.p, ask_is_limited(q, &r->sc) ? "length" : "stop", out);
    put_prompt_usage(r, out);
    buf_free(&text);
}

/* --- entry --- */

static const struct row {
    const char *path;
    bool (*may)(const struct ask *q);      // NULL: any
    bool (*has)(const struct request *rq); // NULL: nothing more is required
    bool needs_no_model;
    void (*put)(const struct request *rq, struct ask *q, struct reply *r, struct buf *out);
} rows[] = {
    {.path = "/v1/messages/count_tokens", .may = may_count, .put = put_count},
    {.path = "/v1/responses/input_tokens", .has = may_count_responses, .put = put_responses_count},
    {.path = "/v2/embed", .has = may_embed_cohere, .put = put_cohere_embed},
    {.path = "/voyage/v1/embeddings", .put = put_voyage},
    {.path = "/nomic/v1/embedding/text", .put = put_nomic},
    {.path = "/v2/rerank", .has = may_rank, .put = put_cohere_rerank},
    {.path = "/v1/rerank", .has = may_rank, .put = put_jina_rerank},
    {.path = "/voyage/v1/rerank", .has = may_rank, .put = put_voyage_rerank},
    {.path = "/tei/rerank", .has = may_rank, .needs_no_model = true, .put = put_tei_rerank},
    {.path = "/v1/completions", .put = put_prompt},
    {.path = "/v1/images/generations", .has = may_draw, .put = put_image},
    {.path = "/v1/moderations", .needs_no_model = true, .put = put_moderation},
};

static void answer(const struct row *row, struct request *rq, struct reply *r)
{
    struct ask q;
    struct buf fields = {0}, out = {0};
    bool is_understood = ask_read(rq, r, &q) || row->needs_no_model;
    if (!span_is(rq->method, "POST") || (row->may != NULL && !row->may(&q)) ||
        (row->has != NULL && !row->has(rq)))
        is_understood = false;
    if (!refuse(rq, r, is_understood, &fields)) {
        row->put(rq, &q, r, &out);
        if (!r->is_stream)
            reply_whole(r, 200, "application/json", &fields, buf_view(&out));
    }
    buf_free(&out);
    buf_free(&fields);
    ask_free(&q);
}

bool other_answer(struct request *rq, struct reply *r)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!span_is(rq->path, rows[i].path))
            continue;
        answer(&rows[i], rq, r);
        return true;
    }
    return false;
}
