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
    uint64_t total_bytes; /* ever pushed */
    const struct sl_headers *trailers; /* set before the end; may be NULL */
    struct sl_task *reader, *writer;
};

void sl_pipe_init(struct sl_pipe *p, struct sl_loop *l, struct sl_chunk_pool *pool,
                  size_t limit_bytes);
/** Drops what is in it. Accepts a zeroed pipe. */
void sl_pipe_fini(struct sl_pipe *p);

/** Room for the writer; 0 when full (and then the writer will be woken when there is room). */
size_t sl_pipe_room(struct sl_pipe *p);
void sl_pipe_push(struct sl_pipe *p, struct sl_chunk *c, sl_str bytes);
void sl_pipe_push_copy(struct sl_pipe *p, sl_str bytes);
void sl_pipe_push_static(struct sl_pipe *p, sl_str bytes);
/** Moves all of `from`. */
void sl_pipe_push_chain(struct sl_pipe *p, struct sl_chain *from);
/** Clean end. */
void sl_pipe_end(struct sl_pipe *p);
/** The writer failed: the reader must not take this for a complete body. */
void sl_pipe_break(struct sl_pipe *p, sl_rc rc);

/** The reader took `n` bytes off p->chain (with sl_chain_consume or _move): tell the writer. */
void sl_pipe_took(struct sl_pipe *p);
/** The reader wants no more: drops what is there. */
void sl_pipe_close(struct sl_pipe *p);
/** Move what is there (up to `to`'s limit) on to another pipe, with its end or break. Returns bytes moved. */
size_t sl_pipe_forward(struct sl_pipe *from, struct sl_pipe *to);

/** Everything was read and the end was clean. */
static inline bool sl_pipe_is_finished(const struct sl_pipe *p)
{
    return p->is_ended && p->chain.bytes == 0;
}
