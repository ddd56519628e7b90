/**
 * hist: how values (microseconds, bytes, tokens) are distributed; 16 buckets per power of two, so
 * that a percentile is at most 1/16 too high. Fixed size (about 5 KB), never allocates.
 *
 * One thread adds; any thread may read or merge at any time and sees each bucket as of some recent
 * moment. Zero-initialise.
 */
#pragma once
#include "base/base.h"

#include <stdatomic.h>

enum {
    SL_HIST_SUB_BITS = 4,
    SL_HIST_MAX_BITS = 40, /* larger values count as 2^40 - 1: 12 days of microseconds, 1 TiB */
    SL_HIST_BUCKETS = (SL_HIST_MAX_BITS - SL_HIST_SUB_BITS + 1) << SL_HIST_SUB_BITS
};

struct sl_hist {
    _Atomic uint64_t counts[SL_HIST_BUCKETS];
    _Atomic uint64_t sum;
};

/** By the owning thread. */
void sl_hist_add(struct sl_hist *h, uint64_t value);
/** Add all of `from` to `into`, which the calling thread owns. */
void sl_hist_merge(struct sl_hist *into, const struct sl_hist *from);

uint64_t sl_hist_count(const struct sl_hist *h);
uint64_t sl_hist_sum(const struct sl_hist *h);
/** How many values were at most `value`, to a bucket's precision. */
uint64_t sl_hist_count_upto(const struct sl_hist *h, uint64_t value);
/** The value that `permille` (0..1000) of all do not pass: 500 is the median, 990 p99. 0 if empty. */
uint64_t sl_hist_percentile(const struct sl_hist *h, unsigned permille);

/** Which of the SL_HIST_BUCKETS a value falls into, and the largest value of one. */
size_t sl_hist_bucket(uint64_t value);
uint64_t sl_hist_bucket_max(size_t bucket);
