/**
 * hist_lazy: a histogram of base/hist that takes memory only for the powers of two that it has values in, for
 * many at once; and its text. Zero-initialise. One thread owns it.
 *
 * The text is " "-separated pairs `STEP` or `STEP:COUNT` by rising bucket: how far behind the one before, how
 * often (1 when left out): "95 1:3 20" is one value in bucket 95, three in 96, one in 116.
 */
#pragma once
#include "base/hist.h"
#include "base/strbuf.h"

enum { SL_HIST_OCTAVES = SL_HIST_BUCKETS >> SL_HIST_SUB_BITS };

struct sl_hist_lazy {
    uint64_t *octaves[SL_HIST_OCTAVES]; /* each 1 << SL_HIST_SUB_BITS counts, or NULL */
};

/** Count `n` of `value`; memory comes from `a`. Sums stay at UINT64_MAX. */
void sl_hist_lazy_add(struct sl_hist_lazy *h, struct sl_arena *a, uint64_t value, uint64_t n);
void sl_hist_lazy_merge(struct sl_hist_lazy *into, struct sl_arena *a,
                        const struct sl_hist_lazy *from);
uint64_t sl_hist_lazy_count(const struct sl_hist_lazy *h);
/** As sl_hist_percentile. */
uint64_t sl_hist_lazy_percentile(const struct sl_hist_lazy *h, unsigned permille);

void sl_hist_lazy_write(const struct sl_hist_lazy *h, struct sl_strbuf *out);
/** Add what the text has. False, with some of it added, when it is no such text. */
bool sl_hist_lazy_read(struct sl_hist_lazy *h, struct sl_arena *a, sl_str text) SL_CHECKED;
