/**
 * busy: how much of the machine the process takes and how many requests it ends, over the last seconds: of
 * samples that somebody takes about every second. One thread at a time; the counters it reads are the workers'.
 */
#pragma once
#include "gate/worker.h"

enum { SL_BUSY_SAMPLES = 11 };
#define SL_BUSY_EVERY_US SL_SECONDS(1)

struct sl_busy_sample {
    sl_usec at_us;     /* monotonic */
    int64_t cpu_us;    /* that all threads took since the start */
    uint64_t requests; /* that ended since then */
};

/** Zeroed: no sample yet. */
struct sl_busy {
    struct sl_busy_sample v[SL_BUSY_SAMPLES]; /* a ring */
    size_t n, next;
};

/** What is so between the oldest and the newest sample. */
struct sl_busy_rates {
    sl_usec over_us;        /* 0: there are no two samples */
    int64_t cpu_permille;   /* of one core: 2000 are two */
    int64_t requests_milli; /* a second, in thousandths */
};

/** The process as it is now. */
struct sl_busy_sample sl_busy_look(struct sl_worker *const *workers, size_t n, sl_usec now_us);
/** Take a sample, unless the one before is younger than SL_BUSY_EVERY_US. */
void sl_busy_note(struct sl_busy *b, const struct sl_busy_sample *s);
struct sl_busy_rates sl_busy_rates(const struct sl_busy *b);
