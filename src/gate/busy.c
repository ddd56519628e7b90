#include "gate/busy.h"

#include <sys/resource.h>

enum { MILLI = 1000, MICRO = 1000000 };

static int64_t micros(const struct timeval *t)
{
    return (int64_t)t->tv_sec * MICRO + t->tv_usec;
}

struct sl_busy_sample sl_busy_look(struct sl_worker *const *workers, size_t n, sl_usec now_us)
{
    struct sl_busy_sample s = {.at_us = now_us};
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) == 0)
        s.cpu_us = micros(&used.ru_utime) + micros(&used.ru_stime);
    for (size_t i = 0; i < n; i++)
        s.requests += sl_metrics_finished(workers[i]->metrics);
    return s;
}

static const struct sl_busy_sample *newest(const struct sl_busy *b)
{
    return &b->v[(b->next + SL_BUSY_SAMPLES - 1) % SL_BUSY_SAMPLES];
}

void sl_busy_note(struct sl_busy *b, const struct sl_busy_sample *s)
{
    if (b->n != 0 && s->at_us - newest(b)->at_us < SL_BUSY_EVERY_US)
        return;
    b->v[b->next] = *s;
    b->next = (b->next + 1) % SL_BUSY_SAMPLES;
    if (b->n < SL_BUSY_SAMPLES)
        b->n++;
}

struct sl_busy_rates sl_busy_rates(const struct sl_busy *b)
{
    if (b->n < 2)
        return (struct sl_busy_rates){0};
    const struct sl_busy_sample *new = newest(b),
                                *old = &b->v[b->n == SL_BUSY_SAMPLES ? b->next : 0];
    sl_usec over_us = new->at_us - old->at_us;
    return (struct sl_busy_rates){
        .over_us = over_us,
        .cpu_permille = (new->cpu_us - old->cpu_us) * MILLI / over_us,
        .requests_milli =
            (int64_t)((__int128)(new->requests - old->requests) * MILLI * MICRO / over_us),
    };
}
