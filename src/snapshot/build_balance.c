/*
 * The tables that balancers walk: the order of turns, and the ring of consistent hashing.
 */
#include "base/hash.h"
#include "snapshot/build_int.h"

#include <stdlib.h>

enum {
    WHEEL_SIZE_MAX = 4096,
    RING_SIZE_MAX = 1 << 18,
    RING_POINTS = 128, /* of an endpoint of weight 1: shares come out within about 10 % */
};

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Weights as small as they can be with the same ratios, scaled down where the wheel would be too large. */
static size_t reduce_weights(const struct sl_upstream *u, int64_t *weights)
{
    uint32_t divisor = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < u->endpoint_count; i++)
        divisor = common_divisor(u->endpoints[i].weight, divisor);
    for (size_t i = 0; i < u->endpoint_count; i++) {
        weights[i] = divisor != 0 ? u->endpoints[i].weight / divisor : 0;
        sum += (uint64_t)weights[i];
    }
    if (sum <= WHEEL_SIZE_MAX)
        return sum;
    uint64_t scaled_sum = 0;
    for (size_t i = 0; i < u->endpoint_count; i++) {
        int64_t scaled = weights[i] * WHEEL_SIZE_MAX / (int64_t)sum;
        weights[i] = weights[i] != 0 ? SL_MAX(scaled, (int64_t)1) : 0;
        scaled_sum += (uint64_t)weights[i];
    }
    return scaled_sum;
}

/* Smooth weighted round robin: whoever is owed most goes next, and pays for it. */
static uint32_t take_turn(const int64_t *weights, int64_t *owed, size_t n, int64_t sum)
{
    size_t best = 0;
    for (size_t i = 0; i < n; i++) {
        owed[i] += weights[i];
        if (owed[i] > owed[best])
            best = i;
    }
    owed[best] -= sum;
    return (uint32_t)best;
}

void sl_build_wheel(struct sl_upstream *u, struct sl_arena *a)
{
    size_t n = u->endpoint_count;
    int64_t *weights = sl_new_array(int64_t, n), *owed = sl_new_array(int64_t, n);
    size_t size = reduce_weights(u, weights);
    uint32_t *wheel = sl_arena_array(a, uint32_t, size);
    for (size_t i = 0; i < size; i++)
        wheel[i] = take_turn(weights, owed, n, (int64_t)size);
    u->wheel = wheel;
    u->wheel_size = size;
    sl_free(weights);
    sl_free(owed);
}

static int compare_points(const void *a, const void *b)
{
    const struct sl_ring_point *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->endpoint > y->endpoint) - (x->endpoint < y->endpoint);
}

static size_t points_of(const struct sl_endpoint *e, unsigned shift)
{
    size_t points = (size_t)e->weight * RING_POINTS >> shift;
    return e->weight != 0 ? SL_MAX(points, (size_t)1) : 0;
}

static size_t count_points(const struct sl_upstream *u, unsigned shift)
{
    size_t n = 0;
    for (size_t i = 0; i < u->endpoint_count; i++)
        n += points_of(&u->endpoints[i], shift);
    return n;
}

/*
 * An endpoint's points depend on its URL alone, so that one that comes or goes moves its own share of
 * the keys only. Large weights are halved for all at once, to change as seldom as possible.
 */
void sl_build_ring(struct sl_upstream *u, struct sl_arena *a)
{
    unsigned shift = 0;
    while (count_points(u, shift) > RING_SIZE_MAX)
        shift++;
    struct sl_ring_point *ring = sl_arena_array(a, struct sl_ring_point, count_points(u, shift));
    size_t n = 0;
    for (size_t i = 0; i < u->endpoint_count; i++) {
        const struct sl_endpoint *e = &u->endpoints[i];
        for (size_t k = 0; k < points_of(e, shift); k++)
            ring[n++] = (struct sl_ring_point){.hash = sl_hash_seeded(e->url.p, e->url.n, k),
                                               .endpoint = (uint32_t)i};
    }
    if (n != 0)
        qsort(ring, n, sizeof(*ring), compare_points);
    u->ring = ring;
    u->ring_size = n;
}
