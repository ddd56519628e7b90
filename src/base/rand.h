/**
 * rand: random numbers for load balancing, jitter, sampling and ids: xoshiro256**, one state per
 * thread. Whoever sees some of its numbers can compute the others: secrets (keys, nonces, tokens)
 * come from sl_rand_os.
 */
#pragma once
#include "base/base.h"

struct sl_rand {
    uint64_t s[4]; /* never all zero: seed before use */
};

/** Reproducible: the same seed gives the same numbers (tests). */
void sl_rand_seed(struct sl_rand *r, uint64_t seed);
/** Unpredictable at the start; reads the operating system's generator once. */
void sl_rand_seed_os(struct sl_rand *r);

uint64_t sl_rand_u64(struct sl_rand *r);
/** Uniform in 0 .. n-1, without bias; n > 0. */
uint64_t sl_rand_below(struct sl_rand *r, uint64_t n);
void sl_rand_bytes(struct sl_rand *r, void *p, size_t n);

/** Fit for secrets: bytes from getrandom(2). Panics if the system has none. */
void sl_rand_os(void *p, size_t n);
