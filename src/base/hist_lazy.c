#include "base/hist_lazy.h"

enum { SUBS = 1 << SL_HIST_SUB_BITS };

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t *octave_of(struct sl_hist_lazy *h, struct sl_arena *a, size_t i)
{
    if (h->octaves[i] == NULL)
        h->octaves[i] = sl_arena_array(a, uint64_t, SUBS);
    return h->octaves[i];
}

static void add_to_bucket(struct sl_hist_lazy *h, struct sl_arena *a, size_t bucket, uint64_t n)
{
    uint64_t *count = &octave_of(h, a, bucket / SUBS)[bucket % SUBS];
    *count = add_saturated(*count, n);
}

void sl_hist_lazy_add(struct sl_hist_lazy *h, struct sl_arena *a, uint64_t value, uint64_t n)
{
    add_to_bucket(h, a, sl_hist_bucket(value), n);
}

void sl_hist_lazy_merge(struct sl_hist_lazy *into, struct sl_arena *a,
                        const struct sl_hist_lazy *from)
{
    for (size_t i = 0; i < SL_HIST_OCTAVES; i++) {
        if (from->octaves[i] == NULL)
            continue;
        uint64_t *counts = octave_of(into, a, i);
        for (size_t j = 0; j < SUBS; j++)
            counts[j] = add_saturated(counts[j], from->octaves[i][j]);
    }
}

uint64_t sl_hist_lazy_count(const struct sl_hist_lazy *h)
{
    uint64_t total = 0;
    for (size_t i = 0; i < SL_HIST_OCTAVES; i++) {
        for (size_t j = 0; h->octaves[i] != NULL && j < SUBS; j++)
            total = add_saturated(total, h->octaves[i][j]);
    }
    return total;
}

uint64_t sl_hist_lazy_percentile(const struct sl_hist_lazy *h, unsigned permille)
{
    SL_ASSERT(permille <= 1000);
    uint64_t total = sl_hist_lazy_count(h), seen = 0;
    uint64_t rank = (uint64_t)(((unsigned __int128)total * permille + 999) / 1000);
    for (size_t i = 0; i < SL_HIST_OCTAVES; i++) {
        for (size_t j = 0; h->octaves[i] != NULL && j < SUBS; j++) {
            seen = add_saturated(seen, h->octaves[i][j]);
            if (seen != 0 && seen >= rank)
                return sl_hist_bucket_max(i * SUBS + j);
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ the text */

/* One pair behind others, if there are any. */
static void write_pair(struct sl_strbuf *out, bool is_first, uint64_t step, uint64_t n)
{
    if (!is_first)
        sl_strbuf_add_char(out, ' ');
    sl_strbuf_add_u64(out, step);
    if (n == 1)
        return;
    sl_strbuf_add_char(out, ':');
    sl_strbuf_add_u64(out, n);
}

void sl_hist_lazy_write(const struct sl_hist_lazy *h, struct sl_strbuf *out)
{
    size_t before = 0, start = out->n;
    for (size_t i = 0; i < SL_HIST_OCTAVES; i++) {
        for (size_t j = 0; h->octaves[i] != NULL && j < SUBS; j++) {
            if (h->octaves[i][j] == 0)
                continue;
            write_pair(out, out->n == start, i * SUBS + j - before, h->octaves[i][j]);
            before = i * SUBS + j;
        }
    }
}

/* Digits at *p, as a number that does not pass `max`. This is read a hundred thousand times for one report. */
static bool take_number(const char **p, const char *end, uint64_t max, uint64_t *ret)
{
    const char *from = *p;
    uint64_t v = 0;
    for (; *p != end && **p >= '0' && **p <= '9'; ++*p) {
        if (__builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(**p - '0'), &v) || v > max)
            return false;
    }
    *ret = v;
    return *p != from;
}

bool sl_hist_lazy_read(struct sl_hist_lazy *h, struct sl_arena *a, sl_str text)
{
    const char *p = text.p, *end = text.p + text.n;
    uint64_t bucket = 0, step, n;
    while (p != end) {
        n = 1;
        if (!take_number(&p, end, SL_HIST_BUCKETS - 1 - bucket, &step))
            return false;
        if (p != end && *p == ':' && (++p, !take_number(&p, end, UINT64_MAX, &n)))
            return false;
        bucket += step;
        add_to_bucket(h, a, (size_t)bucket, n);
        if (p != end && (*p != ' ' || ++p == end))
            return false;
    }
    return true;
}
