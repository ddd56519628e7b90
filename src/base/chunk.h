/**
 * chunk: the bytes of bodies. A chunk is a refcounted buffer; a chain is a queue of slices of
 * chunks. Bytes are never copied on their way through the gateway: only references move.
 *
 * Chunks, chains and their pool belong to one worker thread. The pool keeps free chunks for reuse
 * (up to a bound) and must outlive them. Slices are immutable once in a chain; the unused tail of a
 * chunk may still be filled by whoever owns the chunk (the reader of a connection).
 */
#pragma once
#include "base/arena.h"

struct iovec;

enum { SL_CHUNK_BYTES = 16384 };

struct sl_chunk {
    uint32_t refs;
    uint32_t cap;
    uint32_t used; /* filled so far, by the one who fills it */
    struct sl_chunk_pool *pool;
    struct sl_chunk *next_free;
    char data[];
};

struct sl_chunk_pool;
struct sl_chunk_pool *sl_chunk_pool_new(void) SL_CHECKED;
/** All chunks must have been given back. Accepts NULL. */
void sl_chunk_pool_free(struct sl_chunk_pool *pool);
/** Bytes of chunks that are in use now: those that somebody but the pool refers to. */
size_t sl_chunk_pool_in_use(const struct sl_chunk_pool *pool);

/** One reference, empty, room for at least `min_bytes` (0: the usual SL_CHUNK_BYTES). */
struct sl_chunk *sl_chunk_new(struct sl_chunk_pool *pool, size_t min_bytes) SL_CHECKED;
/** One reference, with a copy of `bytes` and no room for more: for the little that stays long. */
struct sl_chunk *sl_chunk_of(struct sl_chunk_pool *pool, sl_str bytes) SL_CHECKED;
struct sl_chunk *sl_chunk_ref(struct sl_chunk *c);
/** Accepts NULL. */
void sl_chunk_unref(struct sl_chunk *c);

/**
 * The chunk that all readers of this worker share, with room for at least `min_room` bytes
 * (<= SL_CHUNK_BYTES): fill from c->data + c->used on, add to c->used, put slices into chains.
 * Borrowed until the next call. So connections own no read buffers, and bytes that are consumed at once
 * never leave one warm chunk; a slice that stays pins up to SL_CHUNK_BYTES.
 */
struct sl_chunk *sl_chunk_pool_fill(struct sl_chunk_pool *pool, size_t min_room) SL_CHECKED;

struct sl_span {
    struct sl_span *next;
    struct sl_chunk *chunk; /* holds a reference; NULL: memory that outlives the chain */
    const char *p;
    size_t n;
};

struct sl_chain {
    struct sl_chunk_pool *pool;
    struct sl_span *head, *tail;
    size_t bytes;
};

void sl_chain_init(struct sl_chain *q, struct sl_chunk_pool *pool);
/** Drops what is in it. Accepts a zeroed chain. */
void sl_chain_fini(struct sl_chain *q);
#define sl_chain_clear(q) sl_chain_fini(q)

/** Add a slice of `c`; the chain takes its own reference. Adjacent slices are merged. */
void sl_chain_add(struct sl_chain *q, struct sl_chunk *c, sl_str bytes);
/** Add bytes that outlive the chain (static text, the exchange's arena). */
void sl_chain_add_static(struct sl_chain *q, sl_str bytes);
/** Add a copy of `bytes`. */
void sl_chain_add_copy(struct sl_chain *q, sl_str bytes);
/** The same in the chunk that readers share (sl_chunk_pool_fill): for what is written at once, as a rule. */
void sl_chain_add_shared(struct sl_chain *q, sl_str bytes);
/** Move up to `max` bytes from the front of `from` to the end of `to`. Returns how many. */
size_t sl_chain_move(struct sl_chain *to, struct sl_chain *from, size_t max);
/** Drop `n` bytes (n <= q->bytes) from the front. */
void sl_chain_consume(struct sl_chain *q, size_t n);

/** The first contiguous slice; empty when the chain is. */
static inline sl_str sl_chain_front(const struct sl_chain *q)
{
    return q->head != NULL ? (sl_str){q->head->p, q->head->n} : (sl_str){NULL, 0};
}

/** Fill up to `max` iovecs with at most `max_bytes` bytes from the front. Returns how many. */
int sl_chain_iov(const struct sl_chain *q, struct iovec *iov, int max, size_t max_bytes);
/** All bytes in one piece: the slice itself when there is one, else a copy in `a`; p == NULL at its limit. */
sl_str sl_chain_flatten(const struct sl_chain *q, struct sl_arena *a);
