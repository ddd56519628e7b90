/**
 * balance: which endpoint of an upstream takes the next attempt, and what its outcome teaches.
 *
 * State is shared by all workers (sl_endpoint_state); a choice is a few relaxed loads. An endpoint is
 * out when active checks say so, or after breaker.failures_in_row failures for a pause that doubles;
 * when the pause is over exactly one request probes it (half-open). Never more than
 * breaker.eject_max_percent are out at once: beyond that all serve (panic mode).
 */
#pragma once
#include "base/rand.h"
#include "snapshot/snapshot.h"

enum {
    SL_PROBE_US = 5 * 1000000
}; /* a probe that does not report back in this time is forgotten */

/** The endpoint may be used at `now_us`. Claims the probe of a half-open one when `claims`. */
bool sl_endpoint_admits(struct sl_endpoint_state *s, sl_usec now_us, bool claims);
void sl_endpoint_begin(struct sl_endpoint_state *s);
/** `latency_us` < 0: not measured. `is_failure`: the endpoint's fault, not the caller's. */
void sl_endpoint_end(struct sl_endpoint_state *s, const struct sl_breaker *b, bool is_failure,
                     sl_usec latency_us, sl_usec now_us);
/** Ended without anything learned (the client left). */
void sl_endpoint_forget(struct sl_endpoint_state *s);

/**
 * Choose for one attempt; `hash` is used by SL_BALANCE_HASH; endpoints in `tried` (bit i) are avoided
 * while there are others. NULL: all are drained (weight 0) or there are none.
 */
const struct sl_endpoint *sl_balance_choose(const struct sl_upstream *u, uint64_t hash,
                                            uint64_t tried, struct sl_rand *rand, sl_usec now_us);
