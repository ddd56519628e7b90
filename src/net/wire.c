#include "net/wire_int.h"

#include "base/err.h"
#include "base/str.h"

enum sl_io sl_wire_read_into(struct sl_stream *s, struct sl_chunk *c, sl_str *ret)
{
    char *at = c->data + c->used;
    size_t n = 0;
    enum sl_io io = sl_stream_read(s, at, c->cap - c->used, &n);
    if (io != SL_IO_OK)
        return io;
    c->used += (uint32_t)n;
    *ret = (sl_str){at, n};
    return SL_IO_OK;
}

enum sl_io sl_wire_read(struct sl_stream *s, struct sl_chunk_pool *pool,
                        struct sl_chunk **ret_chunk, sl_str *ret)
{
    *ret_chunk = sl_chunk_pool_fill(pool, SL_WIRE_READ_MIN_BYTES);
    return sl_wire_read_into(s, *ret_chunk, ret);
}

/* A slice of the usual chunks pins all of one, and others' bytes with it; a large one is its body's own. */
static bool pins_others(const struct sl_chunk *c)
{
    return c->cap == SL_CHUNK_BYTES;
}

void sl_wire_push(struct sl_pipe *p, struct sl_chunk *c, sl_str bytes)
{
    bool is_waiting = p->chain.bytes != 0;
    if (c == NULL || (is_waiting && bytes.n < SL_WIRE_COMPACT_BYTES && pins_others(c)))
        sl_pipe_push_copy(p, bytes);
    else
        sl_pipe_push(p, c, bytes);
}

/* Bytes that wait */

static void close_gap(struct sl_backlog *b)
{
    if (b->at == 0)
        return;
    memmove(b->text.p, b->text.p + b->at, b->text.n - b->at);
    b->text.n -= b->at;
    b->at = 0;
}

void sl_backlog_add(struct sl_backlog *b, sl_str bytes)
{
    if (bytes.n == 0)
        return;
    close_gap(b);
    sl_strbuf_add(&b->text, bytes);
}

void sl_backlog_take(struct sl_backlog *b, size_t n)
{
    if (n == 0)
        return;
    b->at += n;
    b->scanned = 0;
    if (sl_backlog_is_empty(b))
        sl_backlog_fini(b);
}

void sl_backlog_fini(struct sl_backlog *b)
{
    sl_strbuf_fini(&b->text);
    *b = (struct sl_backlog){0};
}

/* A message on its way out */

void sl_wire_out_init(struct sl_wire_out *o, struct sl_chunk_pool *pool)
{
    *o = (struct sl_wire_out){0};
    sl_chain_init(&o->queue, pool);
}

void sl_wire_out_fini(struct sl_wire_out *o)
{
    sl_chain_fini(&o->queue);
}

void sl_wire_out_reset(struct sl_wire_out *o)
{
    *o = (struct sl_wire_out){.queue = o->queue, .is_blocked = o->is_blocked};
}

void sl_wire_out_start(struct sl_wire_out *o, enum sl_body_kind kind, uint64_t body_bytes,
                       struct sl_pipe *body)
{
    sl_wire_out_reset(o);
    o->is_started = true;
    o->kind = kind;
    o->body = body;
    o->left_bytes = kind == SL_BODY_LENGTH ? body_bytes : 0;
}

void sl_wire_out_probe(struct sl_wire_out *o)
{
    if (o->is_started && !o->is_complete && !o->has_batch && o->kind == SL_BODY_CHUNKED)
        sl_chain_add_static(&o->queue, SL_STR("0"));
}

static void add_trailers(struct sl_wire_out *o, const struct sl_headers *trailers)
{
    struct sl_strbuf text;
    sl_strbuf_init(&text, o->arena, 0);
    for (uint32_t i = 0; i < trailers->n; i++) {
        sl_strbuf_add(&text, trailers->v[i].name);
        sl_strbuf_add(&text, SL_STR(": "));
        sl_strbuf_add(&text, trailers->v[i].value);
        sl_strbuf_add(&text, SL_STR("\r\n"));
    }
    if (!text.is_full)
        sl_chain_add_static(&o->queue, sl_strbuf_str(&text));
}

static void add_last_chunk(struct sl_wire_out *o)
{
    sl_chain_add_static(&o->queue, SL_STR("0\r\n"));
    if (o->arena != NULL && o->body->trailers != NULL)
        add_trailers(o, o->body->trailers);
    sl_chain_add_static(&o->queue, SL_STR("\r\n"));
}

static void add_batch(struct sl_wire_out *o, size_t n, bool is_last)
{
    bool is_chunked = o->kind == SL_BODY_CHUNKED;
    if (is_chunked && n != 0)
        sl_chain_add_static(&o->queue,
                            (sl_str){o->size_line, sl_h1_write_chunk_size(n, o->size_line)});
    (void)sl_chain_move(&o->queue, &o->body->chain, n);

    size_t framed_bytes = o->queue.bytes;
    if (is_chunked && n != 0)
        sl_chain_add_static(&o->queue, SL_STR("\r\n"));
    if (is_chunked && is_last)
        add_last_chunk(o);
    o->has_batch = true;
    o->batch_bytes = n;
    o->batch_tail_bytes = o->queue.bytes - framed_bytes;
}

/* All that was announced is here, or the writer says so. */
static bool is_last_batch(const struct sl_wire_out *o, size_t n)
{
    if (n != o->body->chain.bytes)
        return false;
    return o->body->is_ended || (o->kind == SL_BODY_LENGTH && n == o->left_bytes);
}

/* Frame what the pipe holds. AGAIN: nothing is there. */
static sl_rc compose(struct sl_wire_out *o)
{
    struct sl_pipe *p = o->body;
    if (p == NULL) {
        o->is_complete = true;
        return o->kind == SL_BODY_LENGTH && o->left_bytes != 0 ? SL_E_INTERNAL : SL_OK;
    }
    size_t n = SL_MIN(p->chain.bytes, (size_t)SL_WIRE_BATCH_BYTES);
    bool is_last = is_last_batch(o, n);
    if (n == 0 && !is_last)
        return p->broken != SL_OK ? p->broken : SL_E_AGAIN;
    if (o->kind == SL_BODY_LENGTH && (n > o->left_bytes || (is_last && n != o->left_bytes)))
        return SL_E_INTERNAL;

    add_batch(o, n, is_last);
    o->left_bytes -= o->kind == SL_BODY_LENGTH ? n : 0;
    o->is_complete = is_last;
    sl_pipe_took(p);
    return SL_OK;
}

static enum sl_io write_queue(struct sl_wire_out *o, struct sl_stream *s)
{
    enum sl_io io = sl_stream_write(s, &o->queue, SIZE_MAX);
    o->is_blocked = io == SL_IO_WAIT;
    if (o->queue.bytes == 0) {
        o->done_bytes += o->batch_bytes;
        o->batch_bytes = o->batch_tail_bytes = 0;
        o->has_batch = false;
    }
    return io;
}

static enum sl_flush state_when_empty(const struct sl_wire_out *o, sl_rc rc)
{
    if (rc != SL_OK && rc != SL_E_AGAIN)
        return SL_FLUSH_BROKEN;
    return o->is_started && o->is_complete ? SL_FLUSH_COMPLETE : SL_FLUSH_IDLE;
}

enum sl_flush sl_wire_flush(struct sl_wire_out *o, struct sl_stream *s, sl_rc *ret_rc)
{
    if (o->is_blocked)
        return SL_FLUSH_WAIT;
    for (int i = 0; i < SL_WIRE_BATCHES_PER_RUN; i++) {
        sl_rc rc = SL_E_AGAIN;
        if (o->is_started && !o->is_complete && !o->has_batch)
            rc = *ret_rc = compose(o);
        if (o->queue.bytes == 0)
            return state_when_empty(o, rc);
        enum sl_io io = write_queue(o, s);
        if (io != SL_IO_OK)
            return io == SL_IO_WAIT ? SL_FLUSH_WAIT : SL_FLUSH_ERROR;
        if (o->is_started && o->is_complete)
            return SL_FLUSH_COMPLETE;
    }
    return SL_FLUSH_YIELD;
}

uint64_t sl_wire_sent(const struct sl_wire_out *o)
{
    size_t waiting =
        o->queue.bytes > o->batch_tail_bytes ? o->queue.bytes - o->batch_tail_bytes : 0;
    return o->done_bytes + o->batch_bytes - SL_MIN(waiting, o->batch_bytes);
}

void sl_wire_set_deadline(struct sl_loop *l, struct sl_timer *timer, struct sl_task *task,
                          sl_usec due_us)
{
    if (due_us == 0 || (sl_timer_is_running(timer) && timer->due_us <= due_us))
        return;
    sl_timer_start(l, timer, task, SL_WHY_TIMER, due_us);
}
