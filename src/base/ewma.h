/**
 * ewma: an average that forgets. A sample's weight depends on the time since the one before, so
 * that bursts of samples do not drown what came between. One thread owns it; zero is "no samples".
 *
 * The decay is 1 / (1 + x + x*x/2) with x = elapsed / tau, which is close to exp(-x), falls
 * without end as that does, and needs no libm.
 */
#pragma once
#include "base/base.h"

struct sl_ewma {
    double value;
    sl_usec at_us; /* of the last sample */
    bool has_sample;
};

/** Add a sample at `now_us`; after `tau_us` (> 0) without samples an old value weighs about a third. */
void sl_ewma_add(struct sl_ewma *e, double sample, sl_usec now_us, sl_usec tau_us);
/**
 * The same, but a sample above the average becomes it at once: fast to see trouble, slow to forget
 * it. For latencies in load balancing.
 */
void sl_ewma_add_peak(struct sl_ewma *e, double sample, sl_usec now_us, sl_usec tau_us);
