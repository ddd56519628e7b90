#include "snapshot/replay.h"
#include "base/hash.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { PLACES = 8, LINE_BYTES = 64, MARK_BITS = 32 };

/* A mark in the upper half, the end in the lower one; 0: free. */
struct bucket {
    _Alignas(LINE_BYTES) _Atomic uint64_t places[PLACES];
};

struct sl_replay {
    struct bucket *buckets;
    uint64_t bucket_count, seed;
};

/* Its pages come when they are touched. */
static void make_buckets(struct sl_replay *r, uint32_t signatures)
{
    r->bucket_count = (signatures + PLACES - 1) / PLACES;
    size_t bytes = r->bucket_count * sizeof(struct bucket);
    r->buckets = aligned_alloc(LINE_BYTES, bytes);
    SL_ASSERT(r->buckets != NULL);
    memset(r->buckets, 0, bytes);
    sl_rand_os(&r->seed, sizeof(r->seed));
}

static void fini(void *block)
{
    struct sl_replay *r = block;
    free(r->buckets);
}

struct sl_replay *sl_replay_get(struct sl_state_registry *states, sl_str identity,
                                uint32_t signatures, struct sl_arena *holder)
{
    SL_ASSERT(signatures >= SL_REPLAY_MIN && signatures <= SL_REPLAY_MAX);
    sl_str full = sl_fmt(holder, "%u/%.*s", signatures, SL_STRF(identity));
    struct sl_replay *r =
        sl_state_get(states, "replay", full, sizeof(struct sl_replay), NULL, fini, holder);
    if (r->buckets == NULL)
        make_buckets(r, signatures);
    return r;
}

/* ------------------------------------------------------------------ one bucket */

static bool is_live(uint64_t place, uint32_t now_s)
{
    return (uint32_t)place > now_s;
}

static bool has(struct bucket *b, uint32_t mark, uint32_t now_s, size_t but)
{
    for (size_t i = 0; i < PLACES; i++) {
        uint64_t place = atomic_load_explicit(&b->places[i], memory_order_seq_cst);
        if (i != but && place >> MARK_BITS == mark && is_live(place, now_s))
            return true;
    }
    return false;
}

/* That which ends first: one that has ended, as a rule; of equal ones any, lest the newest always makes room. */
static size_t choose(struct bucket *b, uint32_t mark, uint64_t *ret_place)
{
    size_t chosen = mark % PLACES;
    *ret_place = atomic_load_explicit(&b->places[chosen], memory_order_seq_cst);
    for (size_t i = 0; i < PLACES; i++) {
        uint64_t place = atomic_load_explicit(&b->places[i], memory_order_seq_cst);
        if ((uint32_t)place < (uint32_t)*ret_place) {
            chosen = i;
            *ret_place = place;
        }
    }
    return chosen;
}

/*
 * First it is put there, then looked for once more: of two threads that put the same mark into two places at
 * once, each sees the other's, for the order of these steps is the same for all.
 */
static bool put(struct bucket *b, uint32_t mark, uint32_t end_s, uint32_t now_s)
{
    for (;;) {
        uint64_t before, after = (uint64_t)mark << MARK_BITS | end_s;
        if (has(b, mark, now_s, PLACES))
            return false;
        size_t at = choose(b, mark, &before);
        if (atomic_compare_exchange_strong_explicit(&b->places[at], &before, after,
                                                    memory_order_seq_cst, memory_order_seq_cst))
            return !has(b, mark, now_s, at);
    }
}

bool sl_replay_is_new(struct sl_replay *r, sl_str signature, int64_t end_s, int64_t now_s)
{
    uint64_t hash = sl_hash_seeded(signature.p, signature.n, r->seed);
    struct bucket *b = &r->buckets[(hash >> MARK_BITS) * r->bucket_count >> MARK_BITS];
    SL_ASSERT(now_s >= 0 && end_s > now_s && end_s <= UINT32_MAX);
    return put(b, (uint32_t)hash, (uint32_t)end_s, (uint32_t)now_s);
}
