#include "net/pipe.h"

static void wake_reader(struct sl_pipe *p)
{
    if (p->reader != NULL)
        sl_task_wake(p->loop, p->reader, SL_WHY_PIPE_IN);
}

static void wake_writer(struct sl_pipe *p)
{
    if (p->writer != NULL)
        sl_task_wake(p->loop, p->writer, SL_WHY_PIPE_OUT);
}

/* The writer has said its last word. */
static bool is_settled(const struct sl_pipe *p)
{
    return p->is_ended || p->broken != SL_OK;
}

void sl_pipe_init(struct sl_pipe *p, struct sl_loop *l, struct sl_chunk_pool *pool,
                  size_t limit_bytes)
{
    SL_ASSERT(limit_bytes > 0);
    *p = (struct sl_pipe){.loop = l, .limit_bytes = limit_bytes};
    sl_chain_init(&p->chain, pool);
}

void sl_pipe_fini(struct sl_pipe *p)
{
    sl_chain_fini(&p->chain);
    p->reader = p->writer = NULL;
}

size_t sl_pipe_room(struct sl_pipe *p)
{
    if (p->is_closed)
        return p->limit_bytes;
    p->is_starved = p->chain.bytes >= p->limit_bytes;
    return p->is_starved ? 0 : p->limit_bytes - p->chain.bytes;
}

/* Count `n` bytes in. False when the reader wants none: they are dropped. */
static bool take_in(struct sl_pipe *p, size_t n)
{
    SL_ASSERT(!is_settled(p));
    p->total_bytes += n;
    if (n == 0 || p->is_closed)
        return false;
    wake_reader(p);
    return true;
}

void sl_pipe_push(struct sl_pipe *p, struct sl_chunk *c, sl_str bytes)
{
    if (take_in(p, bytes.n))
        sl_chain_add(&p->chain, c, bytes);
}

void sl_pipe_push_copy(struct sl_pipe *p, sl_str bytes)
{
    if (take_in(p, bytes.n))
        sl_chain_add_copy(&p->chain, bytes);
}

void sl_pipe_push_static(struct sl_pipe *p, sl_str bytes)
{
    if (take_in(p, bytes.n))
        sl_chain_add_static(&p->chain, bytes);
}

void sl_pipe_push_chain(struct sl_pipe *p, struct sl_chain *from)
{
    if (take_in(p, from->bytes))
        sl_chain_move(&p->chain, from, SIZE_MAX);
    else
        sl_chain_clear(from);
}

void sl_pipe_end(struct sl_pipe *p)
{
    if (is_settled(p))
        return;
    p->is_ended = true;
    wake_reader(p);
}

void sl_pipe_break(struct sl_pipe *p, sl_rc rc)
{
    SL_ASSERT(rc != SL_OK);
    if (is_settled(p))
        return;
    p->broken = rc;
    wake_reader(p);
}

void sl_pipe_took(struct sl_pipe *p)
{
    if (!p->is_starved || p->chain.bytes >= p->limit_bytes)
        return;
    p->is_starved = false;
    wake_writer(p);
}

void sl_pipe_close(struct sl_pipe *p)
{
    if (p->is_closed)
        return;
    p->is_closed = true;
    p->is_starved = false;
    sl_chain_clear(&p->chain);
    if (!is_settled(p))
        wake_writer(p);
}

static size_t move_bytes(struct sl_pipe *from, struct sl_pipe *to)
{
    size_t moved = 0, room;
    while (from->chain.bytes != 0 && (room = sl_pipe_room(to)) != 0)
        moved += sl_chain_move(&to->chain, &from->chain, room);
    return moved;
}

static void pass_the_end(struct sl_pipe *from, struct sl_pipe *to)
{
    if (from->broken != SL_OK)
        sl_pipe_break(to, from->broken);
    if (!from->is_ended || is_settled(to))
        return;
    to->trailers = from->trailers;
    sl_pipe_end(to);
}

size_t sl_pipe_forward(struct sl_pipe *from, struct sl_pipe *to)
{
    if (to->is_closed) {
        sl_pipe_close(from);
        return 0;
    }
    size_t moved = move_bytes(from, to);
    if (moved != 0) {
        (void)take_in(to, moved); /* not closed: it counts and wakes */
        sl_pipe_took(from);
    }
    if (from->chain.bytes == 0)
        pass_the_end(from, to);
    return moved;
}
