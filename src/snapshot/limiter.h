/**
 * limiter: how much of a limit each of many keys has used, shared by all workers and surviving reloads
 * (snapshot/state.h). One key is one GCRA instant (base/gcra.h) in a table of fixed size.
 *
 * Together all threads never admit more for a key than one thread would. A key that is in the table
 * costs one compare-exchange; a new one takes the guard of its bucket for a few instructions.
 *
 * Peers choose keys, so the table is bounded: a key has a seeded hash and a bucket of
 * SL_LIMITER_BUCKET_KEYS places; when all are taken, the newcomer takes the place of the key that is
 * least ahead: an expired one before a live one. It goes on from that key's instant instead of from
 * nothing, so that driving keys out of the table gives nobody more than the limit. Newcomers may
 * thus have less than their limit while far more keys are active than the table has room for:
 * sl_limiter_evictions counts that.
 *
 * Memory is touched as keys come: 128 bytes per bucket of four expected keys.
 */
#pragma once
#include "base/gcra.h"
#include "snapshot/state.h"

enum { SL_LIMITER_BUCKET_KEYS = 7, SL_LIMITER_KEYS_MAX = 1 << 24 };

struct sl_limiter;

/** What a take found. */
struct sl_limiter_answer {
    sl_usec wait_us;   /* 0: it was spent; SL_GCRA_NEVER: more than the burst was asked for */
    uint32_t left;     /* what could be spent now */
    sl_usec refill_us; /* until the whole burst is there again */
};

/**
 * The table of `identity` with room for `keys` keys, 1 .. SL_LIMITER_KEYS_MAX; held by `holder`.
 * Another number of keys is another table: the counts begin anew. Control threads.
 */
struct sl_limiter *sl_limiter_get(struct sl_state_registry *states, sl_str identity, uint32_t keys,
                                  struct sl_arena *holder) SL_CHECKED;

/** Try to spend `n` of `key` at `now_us` (monotonic). Any thread. */
struct sl_limiter_answer sl_limiter_take(struct sl_limiter *l, const struct sl_gcra *g, sl_str key,
                                         uint32_t n, sl_usec now_us);
/** Correct what was spent: `n` more (past the limit if need be), or -n fewer. Any thread. */
void sl_limiter_settle(struct sl_limiter *l, const struct sl_gcra *g, sl_str key, int64_t n,
                       sl_usec now_us);
/** What a take would find, without spending: `wait_us` is 0. Any thread. */
struct sl_limiter_answer sl_limiter_look(const struct sl_limiter *l, const struct sl_gcra *g,
                                         sl_str key, sl_usec now_us);
/** How many keys lost their place while they were still ahead. Any thread. */
uint64_t sl_limiter_evictions(const struct sl_limiter *l);
