#include "gate/balance.h"

#include <math.h>
#include <stdatomic.h>

#define LOAD(p) atomic_load_explicit((p), memory_order_relaxed)
#define STORE(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)

enum { EWMA_DECAY_US = 10 * 1000000, TRIED_BITS = 64 };

/* ------------------------------------------------------------------ one endpoint */

static bool claim_probe(struct sl_endpoint_state *s, sl_usec now_us)
{
    int64_t until_us = LOAD(&s->probe_at_us);
    if (until_us > now_us)
        return false; /* somebody is probing */
    return atomic_compare_exchange_strong_explicit(&s->probe_at_us, &until_us, now_us + SL_PROBE_US,
                                                   memory_order_relaxed, memory_order_relaxed);
}

bool sl_endpoint_admits(struct sl_endpoint_state *s, sl_usec now_us, bool claims)
{
    if (LOAD(&s->is_down))
        return false;
    int64_t out_until_us = LOAD(&s->ejected_until_us);
    if (out_until_us == 0)
        return true;
    if (out_until_us > now_us)
        return false;
    return claims ? claim_probe(s, now_us) : LOAD(&s->probe_at_us) <= now_us;
}

void sl_endpoint_begin(struct sl_endpoint_state *s)
{
    atomic_fetch_add_explicit(&s->active, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->requests, 1, memory_order_relaxed);
}

void sl_endpoint_forget(struct sl_endpoint_state *s)
{
    atomic_fetch_sub_explicit(&s->active, 1, memory_order_relaxed);
}

static void eject(struct sl_endpoint_state *s, const struct sl_breaker *b, sl_usec now_us)
{
    uint32_t before = atomic_fetch_add_explicit(&s->ejections, 1, memory_order_relaxed);
    sl_usec pause_us = b->eject_us;
    for (uint32_t i = 0; i < before && pause_us < b->eject_max_us; i++)
        pause_us *= 2;
    STORE(&s->ejected_until_us, now_us + SL_MIN(pause_us, b->eject_max_us));
    STORE(&s->probe_at_us, 0);
}

static void failed(struct sl_endpoint_state *s, const struct sl_breaker *b, sl_usec now_us)
{
    atomic_fetch_add_explicit(&s->errors, 1, memory_order_relaxed);
    uint32_t in_row = atomic_fetch_add_explicit(&s->failures_in_row, 1, memory_order_relaxed) + 1;
    int64_t out_until_us = LOAD(&s->ejected_until_us);
    bool is_failed_probe = out_until_us != 0 && out_until_us <= now_us;
    if (b->failures_in_row != 0 &&
        (is_failed_probe || (out_until_us == 0 && in_row >= b->failures_in_row)))
        eject(s, b, now_us);
}

static void succeeded(struct sl_endpoint_state *s)
{
    if (LOAD(&s->failures_in_row) != 0)
        STORE(&s->failures_in_row, 0);
    if (LOAD(&s->ejected_until_us) != 0) {
        STORE(&s->ejected_until_us, 0);
        STORE(&s->ejections, 0);
        STORE(&s->probe_at_us, 0);
    }
}

/* Peak-sensitive: a slow answer counts at once, fast ones make up for it over EWMA_DECAY_US. */
static void learn_latency(struct sl_endpoint_state *s, sl_usec latency_us, sl_usec now_us)
{
    int64_t old_us = LOAD(&s->ewma_us), at_us = LOAD(&s->ewma_at_us);
    int64_t next_us = latency_us;
    if (latency_us < old_us) {
        double keep = exp(-(double)(now_us - at_us) / EWMA_DECAY_US);
        next_us = (int64_t)((double)old_us * keep + (double)latency_us * (1.0 - keep));
    }
    STORE(&s->ewma_us, next_us);
    STORE(&s->ewma_at_us, now_us);
}

void sl_endpoint_end(struct sl_endpoint_state *s, const struct sl_breaker *b, bool is_failure,
                     sl_usec latency_us, sl_usec now_us)
{
    sl_endpoint_forget(s);
    if (is_failure)
        failed(s, b, now_us);
    else
        succeeded(s);
    if (latency_us >= 0)
        learn_latency(s, latency_us, now_us);
}

/* ------------------------------------------------------------------ the choice */

static bool is_tried(uint64_t tried, size_t i)
{
    return i < TRIED_BITS && (tried >> i) & 1;
}

/* How strict a pass over the endpoints is: first the good ones, then whatever there is. */
enum strictness { FRESH_AND_IN, FRESH, ANY, STRICTNESS_COUNT };

static bool is_eligible(const struct sl_upstream *u, size_t i, uint64_t tried, sl_usec now_us,
                        enum strictness how)
{
    const struct sl_endpoint *e = &u->endpoints[i];
    if (e->weight == 0)
        return false;
    if (how <= FRESH && is_tried(tried, i))
        return false;
    return how != FRESH_AND_IN || sl_endpoint_admits(e->state, now_us, false);
}

static bool is_panic(const struct sl_upstream *u, sl_usec now_us)
{
    size_t out = 0, n = 0;
    for (size_t i = 0; i < u->endpoint_count; i++) {
        n += u->endpoints[i].weight != 0;
        out += u->endpoints[i].weight != 0 &&
               !sl_endpoint_admits(u->endpoints[i].state, now_us, false);
    }
    return n != 0 && out * 100 > n * u->breaker.eject_max_percent;
}

static const struct sl_endpoint *by_turn(const struct sl_upstream *u, uint64_t tried,
                                         sl_usec now_us, enum strictness how)
{
    uint64_t turn = atomic_fetch_add_explicit(&u->state->turn, 1, memory_order_relaxed);
    for (size_t k = 0; k < u->wheel_size; k++) {
        size_t i = u->wheel[(turn + k) % u->wheel_size];
        if (is_eligible(u, i, tried, now_us, how))
            return &u->endpoints[i];
    }
    return NULL;
}

static const struct sl_endpoint *by_hash(const struct sl_upstream *u, uint64_t hash, uint64_t tried,
                                         sl_usec now_us, enum strictness how)
{
    size_t lo = 0, hi = u->ring_size;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (u->ring[mid].hash < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (size_t k = 0; k < u->ring_size; k++) {
        size_t i = u->ring[(lo + k) % u->ring_size].endpoint;
        if (is_eligible(u, i, tried, now_us, how))
            return &u->endpoints[i];
    }
    return NULL;
}

static double load_of(const struct sl_upstream *u, size_t i)
{
    const struct sl_endpoint *e = &u->endpoints[i];
    double active = (double)LOAD(&e->state->active) + 1.0;
    double cost = u->balancer == SL_BALANCE_EWMA ? (double)LOAD(&e->state->ewma_us) + 1.0 : 1.0;
    return active * cost / e->weight;
}

static size_t nth_eligible(const struct sl_upstream *u, size_t nth, uint64_t tried, sl_usec now_us,
                           enum strictness how)
{
    for (size_t i = 0; i < u->endpoint_count; i++) {
        if (is_eligible(u, i, tried, now_us, how) && nth-- == 0)
            return i;
    }
    return SIZE_MAX;
}

/* Power of two choices: two at random, the less loaded one. */
static const struct sl_endpoint *by_load(const struct sl_upstream *u, uint64_t tried,
                                         struct sl_rand *rand, sl_usec now_us, enum strictness how)
{
    size_t n = 0;
    for (size_t i = 0; i < u->endpoint_count; i++)
        n += is_eligible(u, i, tried, now_us, how);
    if (n == 0)
        return NULL;
    size_t a = sl_rand_below(rand, n), b = n > 1 ? sl_rand_below(rand, n - 1) : 0;
    b += n > 1 && b >= a;
    size_t first = nth_eligible(u, a, tried, now_us, how),
           second = nth_eligible(u, b, tried, now_us, how);
    if (first == SIZE_MAX || second == SIZE_MAX) /* another worker changed the view meanwhile */
        return NULL;
    return &u->endpoints[load_of(u, second) < load_of(u, first) ? second : first];
}

static const struct sl_endpoint *choose(const struct sl_upstream *u, uint64_t hash, uint64_t tried,
                                        struct sl_rand *rand, sl_usec now_us, enum strictness how)
{
    switch (u->balancer) {
    case SL_BALANCE_ROUND_ROBIN:
        return by_turn(u, tried, now_us, how);
    case SL_BALANCE_HASH:
        return by_hash(u, hash, tried, now_us, how);
    case SL_BALANCE_LEAST_REQUEST:
    case SL_BALANCE_EWMA:
        return by_load(u, tried, rand, now_us, how);
    }
    return NULL;
}

const struct sl_endpoint *sl_balance_choose(const struct sl_upstream *u, uint64_t hash,
                                            uint64_t tried, struct sl_rand *rand, sl_usec now_us)
{
    for (enum strictness how = is_panic(u, now_us) ? FRESH : FRESH_AND_IN; how < STRICTNESS_COUNT;
         how++) {
        const struct sl_endpoint *e = choose(u, hash, tried, rand, now_us, how);
        if (e == NULL)
            continue;
        if (how != FRESH_AND_IN || sl_endpoint_admits(e->state, now_us, true))
            return e;
        e = choose(u, hash, tried | (1ull << SL_MIN((size_t)(e - u->endpoints), (size_t)63)), rand,
                   now_us, how);
        if (e != NULL && sl_endpoint_admits(e->state, now_us, true))
            return e;
    }
    return NULL;
}
