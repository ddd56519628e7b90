#include "base/ring.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { CACHE_LINE = 64 };

/*
 * head and tail count records for ever and wrap with size_t; the slot is the low bits. Each side
 * keeps the last value that it saw of the other's counter on its own cache line and looks again
 * only when that says "full" or "empty".
 */
struct sl_ring {
    size_t mask, record_bytes;
    unsigned char *records;

    _Alignas(CACHE_LINE) _Atomic size_t head; /* next to fill: the producer's */
    size_t tail_seen;

    _Alignas(CACHE_LINE) _Atomic size_t tail; /* next to take: the consumer's */
    size_t head_seen;
};

struct sl_ring *sl_ring_new(size_t slots, size_t record_bytes)
{
    SL_ASSERT(slots > 0 && (slots & (slots - 1)) == 0);
    SL_ASSERT(record_bytes > 0);
    struct sl_ring *r = aligned_alloc(CACHE_LINE, sizeof(*r));
    if (r == NULL)
        sl_panic(__FILE__, __LINE__, "out of memory");
    memset(r, 0, sizeof(*r));
    r->mask = slots - 1;
    r->record_bytes = record_bytes;
    r->records = sl_calloc(slots, record_bytes);
    return r;
}

void sl_ring_free(struct sl_ring *r)
{
    if (r == NULL)
        return;
    sl_free(r->records);
    free(r);
}

static unsigned char *slot(struct sl_ring *r, size_t at)
{
    return r->records + (at & r->mask) * r->record_bytes;
}

bool sl_ring_push(struct sl_ring *r, const void *record)
{
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed); /* our own */
    if (head - r->tail_seen > r->mask) {
        /* pairs with the release in pop: the slot has been read */
        r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
        if (head - r->tail_seen > r->mask)
            return false;
    }
    memcpy(slot(r, head), record, r->record_bytes);
    /* pairs with the acquire in pop: the record is complete */
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
    return true;
}

bool sl_ring_pop(struct sl_ring *r, void *ret_record)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed); /* our own */
    if (tail == r->head_seen) {
        /* pairs with the release in push */
        r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
        if (tail == r->head_seen)
            return false;
    }
    memcpy(ret_record, slot(r, tail), r->record_bytes);
    /* pairs with the acquire in push: the slot is free */
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
    return true;
}

/* The tail first: it never passes the head, so the difference cannot go below zero. */
size_t sl_ring_count(const struct sl_ring *r)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    return SL_MIN(head - tail, r->mask + 1);
}
