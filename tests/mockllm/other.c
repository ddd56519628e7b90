/*
 * What is no chat: counting tokens and, below, what further vendors do with embeddings and rankings. After
 * their public API references. Scenarios ride in the model's name as everywhere.
 */
#include "ask.h"
#include "errors.h"

static void put_error(struct request *rq, struct reply *r, int status, enum error_kind kind,
                      struct buf *fields)
{
    if (span_starts(rq->path, "/v1/messages"))
        anthropic_error(r, status, kind, fields);
    else
        openai_error(r, status, kind, fields);
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

/* --- counting (Anthropic) --- */

/* max_tokens and the like are refused, as by the vendor. */
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

/* --- entry --- */

static const struct row {
    const char *path;
    bool (*may)(const struct ask *q); // NULL: whatever has a model
    void (*put)(const struct request *rq, struct ask *q, struct reply *r, struct buf *out);
} rows[] = {
    {"/v1/messages/count_tokens", may_count, put_count},
};

static void answer(const struct row *row, struct request *rq, struct reply *r)
{
    struct ask q;
    struct buf fields = {0}, out = {0};
    bool is_understood = ask_read(rq, r, &q) && span_is(rq->method, "POST");
    if (!refuse(rq, r, is_understood && (row->may == NULL || row->may(&q)), &fields)) {
        row->put(rq, &q, r, &out);
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
