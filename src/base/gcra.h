/**
 * gcra: token-bucket rate limiting in one 64-bit word (Generic Cell Rate Algorithm).
 *
 * A limit of `count` events per `window_us` with a burst of `burst` is two numbers; the whole state
 * of one key is one instant (the "theoretical arrival time", in nanoseconds), so a million keys cost
 * 8 MB. A new key's state is 0.
 *
 * Pure: no clock, no allocation, no locks. The caller passes `now_us` and owns the state word. The
 * plain functions are for one thread; the _atomic ones let any number of threads share a word, and
 * together they never allow more than one thread would.
 */
#pragma once
#include "base/base.h"

#include <stdatomic.h>

/** What a take returns when no waiting helps: it asks for more than the burst. */
#define SL_GCRA_NEVER INT64_MAX

struct sl_gcra {
    int64_t cost_ns;  /* time that one event uses up; rounded up, at least 1 */
    int64_t slack_ns; /* how far ahead of now the state may run: burst * cost_ns, at most 2^61 */
};

/** Build a limit. All must be > 0 (validated by the configuration's field table). */
struct sl_gcra sl_gcra_make(uint32_t count, sl_usec window_us, uint32_t burst);

/**
 * Try to spend `n` events at `now_us`.
 *
 * Returns 0 and advances *tat if allowed. Otherwise returns the wait in microseconds until the same
 * call would succeed, or SL_GCRA_NEVER, and leaves *tat alone.
 */
sl_usec sl_gcra_take(const struct sl_gcra *g, int64_t *tat, uint32_t n, sl_usec now_us) SL_CHECKED;
/** The same on a shared word. */
sl_usec sl_gcra_take_atomic(const struct sl_gcra *g, _Atomic int64_t *tat, uint32_t n,
                            sl_usec now_us) SL_CHECKED;

/**
 * Correct what a take has spent once the real amount is known: `n` more events (they are spent even
 * if the limit is passed, and must be waited for), or -n fewer.
 */
void sl_gcra_settle_atomic(const struct sl_gcra *g, _Atomic int64_t *tat, int64_t n,
                           sl_usec now_us);

/** How many events could be spent now. */
uint32_t sl_gcra_left(const struct sl_gcra *g, int64_t tat, sl_usec now_us);
/** Until the whole burst is there again, in microseconds. */
sl_usec sl_gcra_refill_us(int64_t tat, sl_usec now_us);
