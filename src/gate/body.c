/*
 * BODY: the whole request body, for those who must see all of it (AI) or may have to send it again.
 * DISPATCH, SEND, RECV and DELIVER: which of the two roads, REST or AI, goes on.
 */
#include "gate/gate_int.h"

static enum sl_phase too_large(struct sl_exchange *x)
{
    x->in->finish_then_close = true;
    (void)sl_fail(x, SL_E_BODY_TOO_LARGE, "the request body is larger than allowed here");
    return SL_PHASE_FAULT;
}

enum {
    GATHER_MIN_BYTES = SL_CHUNK_BYTES, /* smaller bodies mostly come in one read */
    GATHER_MAX_BYTES = 4 << 20,
    GATHER_FACTOR = 32, /* memory for a body is at most that many times what has come of it */
    COPY_BYTES = 4096,  /* less than that of a chunk pins more than it is */
    GATHER_SLACK_BYTES =
        64, /* so that a read which has all of it is short: then nothing else is there */
};

/* Is it worth while to have the rest of the body read into one piece? Not on the word of its length alone. */
static bool may_gather(const struct sl_exchange *x)
{
    uint64_t all = x->req.body_kind == SL_BODY_LENGTH ? x->req.body_bytes : 0;
    size_t here = x->body.bytes + x->in->request.chain.bytes;
    return !x->is_body_gathered && all > GATHER_MIN_BYTES && all <= GATHER_MAX_BYTES &&
           here < all && here >= all / GATHER_FACTOR;
}

static void copy_out(struct sl_chunk *to, struct sl_chain *from)
{
    for (const struct sl_span *s = from->head; s != NULL; s = s->next) {
        memcpy(to->data + to->used, s->p, s->n);
        to->used += (uint32_t)s->n;
    }
    sl_chain_clear(from);
}

/* From now on the body lies in one piece, and its rest is read to where it is to be. */
static void gather(struct sl_exchange *x)
{
    struct sl_chunk *piece =
        sl_chunk_new(x->worker->pool, (size_t)x->req.body_bytes + GATHER_SLACK_BYTES);
    copy_out(piece, &x->body);
    copy_out(piece, &x->in->request.chain);
    sl_chain_add(&x->body, piece, (sl_str){piece->data, piece->used});
    sl_inbound_gather(x->in, piece);
    sl_chunk_unref(piece);
    x->is_body_gathered = true;
}

/* A body that is small and here as a whole stays, perhaps for as long as a stream is silent, in no more than it is. */
static void keep_small(struct sl_chain *to, struct sl_chain *from)
{
    sl_str bytes = {from->head->p, from->head->n};
    struct sl_chunk *c = sl_chunk_of(to->pool, bytes);
    sl_chain_add(to, c, (sl_str){c->data, c->used});
    sl_chunk_unref(c);
    sl_chain_consume(from, bytes.n);
}

/* Small slices are copied: each would pin a whole chunk of the worker's (a peer that dribbles its body). */
static void keep(struct sl_chain *to, struct sl_chain *from, bool is_whole)
{
    if (is_whole && to->bytes == 0 && from->head != NULL && from->head->n == from->bytes &&
        from->bytes < COPY_BYTES) {
        keep_small(to, from);
        return;
    }
    while (from->head != NULL) {
        struct sl_span *s = from->head;
        sl_str bytes = {s->p, s->n};
        bool pins_others = s->chunk != NULL && s->chunk->cap == SL_CHUNK_BYTES;
        if (s->chunk == NULL || (s->n < COPY_BYTES && pins_others))
            sl_chain_add_copy(to, bytes);
        else
            sl_chain_add(to, s->chunk, bytes);
        sl_chain_consume(from, bytes.n);
    }
}

size_t sl_body_limit(const struct sl_exchange *x)
{
    size_t limit =
        x->worker->config.ai_body_bytes != 0 ? x->worker->config.ai_body_bytes : SL_AI_BODY_BYTES;
    return (size_t)SL_MIN((uint64_t)limit, x->body_limit);
}

enum sl_phase sl_phase_body(struct sl_exchange *x, uint32_t why)
{
    struct sl_pipe *p = &x->in->request;
    (void)why;
    if (x->body.pool == NULL)
        sl_chain_init(&x->body, x->worker->pool);
    if (x->req.body_kind == SL_BODY_LENGTH && x->req.body_bytes > sl_body_limit(x))
        return too_large(x);
    p->reader = &x->task;
    sl_inbound_want_body(x->in);
    if (may_gather(x))
        gather(x);
    keep(&x->body, &p->chain, p->is_ended);
    sl_pipe_took(p);
    if (x->body.bytes > sl_body_limit(x))
        return too_large(x);
    if (p->broken != SL_OK) {
        (void)sl_fail(x, p->broken, "the request body could not be read");
        return SL_PHASE_FAULT;
    }
    if (!p->is_ended && x->req.body_kind != SL_BODY_NONE)
        return SL_PHASE_BODY;
    x->is_body_buffered = true;
    return x->route->handler == SL_HANDLER_AI ? sl_ai_take_body(x) : SL_PHASE_REQUEST;
}

static bool is_ai(const struct sl_exchange *x)
{
    return x->route->handler == SL_HANDLER_AI;
}

enum sl_phase sl_phase_dispatch(struct sl_exchange *x, uint32_t why)
{
    if (x->waits_for == SL_WAIT_TIMER && (why & SL_WHY_TIMER) == 0)
        return SL_PHASE_DISPATCH; /* pausing before a retry */
    x->waits_for = SL_WAIT_NONE;
    if (sl_arena_left(x->arena) < SL_ATTEMPT_ARENA_BYTES) {
        (void)sl_fail(x, SL_E_NOMEM, "the request has used up its memory");
        return SL_PHASE_FAULT;
    }
    return is_ai(x) ? sl_ai_dispatch(x, why) : sl_rest_dispatch(x);
}

enum sl_phase sl_phase_send(struct sl_exchange *x, uint32_t why)
{
    return is_ai(x) ? sl_ai_send(x, why) : sl_rest_send(x, why);
}

enum sl_phase sl_phase_recv(struct sl_exchange *x, uint32_t why)
{
    return is_ai(x) ? sl_ai_recv(x, why) : sl_rest_recv(x, why);
}

enum sl_phase sl_phase_deliver(struct sl_exchange *x, uint32_t why)
{
    return is_ai(x) ? sl_ai_deliver(x, why) : sl_rest_deliver(x, why);
}
