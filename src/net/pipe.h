/**
 * pipe: a body on its way between two tasks: a chain with a limit. A full pipe is the one
 * back-pressure signal of the gateway: who writes stops reading its socket until there is room.
 *
 * One writer task, one reader task, one loop. Waking: more bytes, end and break wake the reader
 * (SL_WHY_PIPE_IN); room after having been full, and closing by the reader, wake the writer
 * (SL_WHY_PIPE_OUT). Either task may be NULL (nobody is woken) and may change at any time.
 */
#pragma once
#include "base/chunk.h"
#include "codec/header.h"
#include "net/loop.h"

enum { SL_PIPE_LIMIT_BYTES = 64 * 1024 };

struct sl_pipe {
    struct sl_loop *loop;
    struct sl_chain chain;
    size_t limit_bytes;   /* the writer stops at or above; one push may pass it */
    bool is_ended;        /* the writer has written all of it, cleanly */
    bool is_closed;       /* the reader wants no more; pushed bytes are dropped */
    bool is_starved;      /* the writer found it full and waits for room */
    sl_rc broken;         /* not SL_OK: the writer failed; bytes before that are still there */
    uint64_t total_bytes; /* ever pushed, dropped ones too */
    const struct sl_headers *trailers; /* set before the end; may be NULL */
    struct sl_task *reader, *writer;
};

void sl_pipe_init(struct sl_pipe *p, struct sl_loop *l, struct sl_chunk_pool *pool,
                  size_t limit_bytes);
/** Drops what is in it. Accepts a zeroed pipe. */
void sl_pipe_fini(struct sl_pipe *p);

/**
 * Room for the writer; 0 when full (and then the writer will be woken when there is room). A closed
 * pipe always has room: what goes in is dropped.
 */
size_t sl_pipe_room(struct sl_pipe *p);
/** Push: not after the end or a break. The chunk stays the caller's; the pipe takes a reference of its own. */
void sl_pipe_push(struct sl_pipe *p, struct sl_chunk *c, sl_str bytes);
void sl_pipe_push_copy(struct sl_pipe *p, sl_str bytes);
void sl_pipe_push_static(struct sl_pipe *p, sl_str bytes);
/** Moves all of `from`. */
void sl_pipe_push_chain(struct sl_pipe *p, struct sl_chain *from);
/** Clean end. What comes first, end or break, stays; later ones change nothing. */
void sl_pipe_end(struct sl_pipe *p);
/** The writer failed: the reader must not take this for a complete body. */
void sl_pipe_break(struct sl_pipe *p, sl_rc rc);

/** The reader took bytes off p->chain (with sl_chain_consume or _move): tell the writer if it waits for room. */
void sl_pipe_took(struct sl_pipe *p);
/** The reader wants no more: drops what is there. Wakes the writer unless that has ended or broken the pipe. */
void sl_pipe_close(struct sl_pipe *p);
/**
 * Move what is there (up to `to`'s limit) on to another pipe, and then its end (with trailers) or
 * break. The other way round, a closed `to` closes `from`. Returns bytes moved.
 */
size_t sl_pipe_forward(struct sl_pipe *from, struct sl_pipe *to);

/** Everything was read and the end was clean. */
static inline bool sl_pipe_is_finished(const struct sl_pipe *p)
{
    return p->is_ended && p->chain.bytes == 0;
}
