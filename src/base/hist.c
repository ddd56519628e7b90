#include "base/hist.h"

enum { SUBS = 1 << SL_HIST_SUB_BITS };

size_t sl_hist_bucket(uint64_t value)
{
    uint64_t max = (1ULL << SL_HIST_MAX_BITS) - 1;
    uint64_t v = SL_MIN(value, max);
    if (v < SUBS)
        return (size_t)v;
    unsigned shift = 63 - (unsigned)__builtin_clzll(v) - SL_HIST_SUB_BITS;
    return (size_t)(shift * SUBS + (v >> shift));
}

uint64_t sl_hist_bucket_max(size_t bucket)
{
    if (bucket < 2 * SUBS)
        return bucket;
    unsigned shift = (unsigned)(bucket / SUBS - 1);
    return ((uint64_t)(bucket - shift * SUBS + 1) << shift) - 1;
}

/* Only one thread writes, so a plain load and store do; relaxed, as no other memory hangs on it. */
static void increase(_Atomic uint64_t *word, uint64_t by)
{
    uint64_t v = atomic_load_explicit(word, memory_order_relaxed);
    atomic_store_explicit(word, v + by, memory_order_relaxed);
}

static uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

void sl_hist_add(struct sl_hist *h, uint64_t value)
{
    increase(&h->counts[sl_hist_bucket(value)], 1);
    increase(&h->sum, value);
}

void sl_hist_merge(struct sl_hist *into, const struct sl_hist *from)
{
    for (size_t i = 0; i < SL_HIST_BUCKETS; i++) {
        uint64_t n = load(&from->counts[i]);
        if (n != 0)
            increase(&into->counts[i], n);
    }
    increase(&into->sum, load(&from->sum));
}

uint64_t sl_hist_count(const struct sl_hist *h)
{
    return sl_hist_count_upto(h, UINT64_MAX);
}

uint64_t sl_hist_sum(const struct sl_hist *h)
{
    return load(&h->sum);
}

uint64_t sl_hist_count_upto(const struct sl_hist *h, uint64_t value)
{
    uint64_t total = 0;
    for (size_t i = 0, last = sl_hist_bucket(value); i <= last; i++)
        total += load(&h->counts[i]);
    return total;
}

uint64_t sl_hist_percentile(const struct sl_hist *h, unsigned permille)
{
    SL_ASSERT(permille <= 1000);
    uint64_t total = sl_hist_count(h), seen = 0;
    uint64_t rank = (uint64_t)(((unsigned __int128)total * permille + 999) / 1000);
    for (size_t i = 0; i < SL_HIST_BUCKETS && total != 0; i++) {
        seen += load(&h->counts[i]);
        if (seen >= SL_MAX(rank, (uint64_t)1))
            return sl_hist_bucket_max(i);
    }
    return 0;
}
