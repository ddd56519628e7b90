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
    void *block;            /* has them; zero bytes, whose pages come when they are touched */
    struct bucket *buckets; /* on lines of their own */
    uint64_t bucket_count, seed;
};

/* Twice as many places as are asked for: of 10^15 buckets with two choices one overflows then. */
static void make_buckets(struct sl_replay *r, uint32_t signatures)
{
    r->bucket_count = (2 * (uint64_t)signatures + PLACES - 1) / PLACES;
    r->block = calloc(r->bucket_count + 1, sizeof(struct bucket));
    SL_ASSERT(r->block != NULL);
    r->buckets =
        (struct bucket *)(((uintptr_t)r->block + LINE_BYTES - 1) & ~(uintptr_t)(LINE_BYTES - 1));
    sl_rand_os(&r->seed, sizeof(r->seed));
}

static void fini(void *block)
{
    struct sl_replay *r = block;
    free(r->block);
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

/* ------------------------------------------------------------------ the places of one mark */

enum { CHOICES = 2, NOWHERE = CHOICES * PLACES };

struct shown {
    struct bucket *buckets[CHOICES]; /* may be the same one */
    uint32_t mark, now_s;
};

static _Atomic uint64_t *place_at(const struct shown *s, size_t i)
{
    return &s->buckets[i / PLACES]->places[i % PLACES];
}

static uint64_t look(const struct shown *s, size_t i)
{
    return atomic_load_explicit(place_at(s, i), memory_order_seq_cst);
}

static bool is_live(const struct shown *s, uint64_t place)
{
    return (uint32_t)place > s->now_s;
}

static bool has(const struct shown *s, const _Atomic uint64_t *but)
{
    for (size_t i = 0; i < NOWHERE; i++) {
        uint64_t place = look(s, i);
        if (place_at(s, i) != but && place >> MARK_BITS == s->mark && is_live(s, place))
            return true;
    }
    return false;
}

/* One that has ended or was never taken, in the bucket that has more of them; never one that lives. */
static size_t choose(const struct shown *s, uint64_t *ret_place)
{
    size_t found = NOWHERE, most = 0;
    for (size_t b = 0; b < CHOICES; b++) {
        size_t first = NOWHERE, count = 0;
        uint64_t first_place = 0;
        for (size_t i = b * PLACES; i < (b + 1) * PLACES; i++) {
            uint64_t place = look(s, i);
            if (is_live(s, place))
                continue;
            if (count++ == 0) {
                first = i;
                first_place = place;
            }
        }
        if (count > most) {
            most = count;
            found = first;
            *ret_place = first_place;
        }
    }
    return found;
}

/*
 * First it is put there, then looked for once more: of two threads that put the same mark into two places at
 * once, each sees the other's, for the order of these steps is the same for all.
 */
static enum sl_replay_seen put(const struct shown *s, uint32_t end_s)
{
    for (;;) {
        uint64_t before = 0, after = (uint64_t)s->mark << MARK_BITS | end_s;
        if (has(s, NULL))
            return SL_REPLAY_AGAIN;
        size_t at = choose(s, &before);
        if (at == NOWHERE)
            return SL_REPLAY_FULL;
        if (atomic_compare_exchange_strong_explicit(place_at(s, at), &before, after,
                                                    memory_order_seq_cst, memory_order_seq_cst))
            return has(s, place_at(s, at)) ? SL_REPLAY_AGAIN : SL_REPLAY_NEW;
    }
}

static struct bucket *bucket_of(const struct sl_replay *r, uint64_t hash)
{
    return &r->buckets[(hash >> MARK_BITS) * r->bucket_count >> MARK_BITS];
}

enum sl_replay_seen sl_replay_show(struct sl_replay *r, sl_str signature, int64_t end_s,
                                   int64_t now_s)
{
    uint64_t hash = sl_hash_seeded(signature.p, signature.n, r->seed),
             other = sl_hash_seeded(signature.p, signature.n, ~r->seed);
    SL_ASSERT(now_s >= 0 && end_s > now_s && end_s <= UINT32_MAX);
    const struct shown s = {.buckets = {bucket_of(r, hash), bucket_of(r, other)},
                            .mark = (uint32_t)hash,
                            .now_s = (uint32_t)now_s};
    return put(&s, (uint32_t)end_s);
}
