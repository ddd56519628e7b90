#include "gate/balance.h"
#include "tests/test.h"

#include <stdatomic.h>

enum { N = 4 };
static const struct sl_breaker breaker = {.failures_in_row = 3,
                                          .eject_us = SL_SECONDS(10),
                                          .eject_max_us = SL_SECONDS(40),
                                          .eject_max_percent = 50};

struct pool {
    struct sl_endpoint_state states[N];
    struct sl_endpoint endpoints[N];
    struct sl_upstream_state state;
    struct sl_ring_point ring[N * 100];
    struct sl_upstream u;
    struct sl_rand rand;
};

static const uint32_t wheel[] = {0, 1, 2, 3};

static struct pool *pool_new(enum sl_balancer how)
{
    struct pool *p = sl_new(struct pool);
    for (uint32_t i = 0; i < N; i++)
        p->endpoints[i] = (struct sl_endpoint){.weight = 1, .state = &p->states[i]};
    for (uint32_t i = 0; i < SL_LEN(p->ring); i++)
        p->ring[i] = (struct sl_ring_point){.hash = (uint64_t)i * (UINT64_MAX / SL_LEN(p->ring)),
                                            .endpoint = i % N};
    p->u = (struct sl_upstream){.balancer = how,
                                .endpoints = p->endpoints,
                                .endpoint_count = N,
                                .wheel = wheel,
                                .wheel_size = N,
                                .ring = p->ring,
                                .ring_size = SL_LEN(p->ring),
                                .breaker = breaker,
                                .state = &p->state};
    sl_rand_seed(&p->rand, 7);
    return p;
}

static size_t choose(struct pool *p, uint64_t hash, uint64_t tried, sl_usec now_us)
{
    const struct sl_endpoint *e = sl_balance_choose(&p->u, hash, tried, &p->rand, now_us);
    return e != NULL ? (size_t)(e - p->endpoints) : SIZE_MAX;
}

static void fail_times(struct pool *p, size_t i, int n, sl_usec now_us)
{
    for (int k = 0; k < n; k++) {
        sl_endpoint_begin(&p->states[i]);
        sl_endpoint_end(&p->states[i], &breaker, true, -1, now_us);
    }
}

TEST(balance, round_robin_is_exact_over_a_cycle)
{
    struct pool *p = pool_new(SL_BALANCE_ROUND_ROBIN);
    size_t counts[N] = {0};
    for (int i = 0; i < 400; i++)
        counts[choose(p, 0, 0, 1)]++;
    for (int i = 0; i < N; i++)
        EXPECT_EQ(100, counts[i]);
    sl_free(p);
}

TEST(balance, the_same_hash_takes_the_same_endpoint_and_only_its_keys_move_when_it_fails)
{
    struct pool *p = pool_new(SL_BALANCE_HASH);
    size_t before[1000], moved = 0;
    for (uint64_t i = 0; i < 1000; i++)
        before[i] = choose(p, i * 0x9e3779b97f4a7c15u, 0, 1);
    fail_times(p, 2, 3, 1);
    for (uint64_t i = 0; i < 1000; i++) {
        size_t now = choose(p, i * 0x9e3779b97f4a7c15u, 0, 1);
        EXPECT(now != 2);
        moved += now != before[i];
        EXPECT(before[i] == 2 || now == before[i]);
    }
    EXPECT(moved > 0 && moved < 400);
    sl_free(p);
}

TEST(balance, least_request_prefers_the_idle_one_of_two)
{
    struct pool *p = pool_new(SL_BALANCE_LEAST_REQUEST);
    for (size_t i = 1; i < N; i++)
        atomic_store(&p->states[i].active, 100);
    size_t idle = 0;
    for (int i = 0; i < 1000; i++)
        idle += choose(p, 0, 0, 1) == 0;
    EXPECT(idle > 400); /* it is in half of all pairs */
    sl_free(p);
}

TEST(balance, ewma_avoids_the_slow_one)
{
    struct pool *p = pool_new(SL_BALANCE_EWMA);
    for (size_t i = 0; i < N; i++) {
        sl_endpoint_begin(&p->states[i]);
        sl_endpoint_end(&p->states[i], &breaker, false, i == 3 ? SL_SECONDS(2) : SL_MS(1), 1);
    }
    for (int i = 0; i < 200; i++)
        EXPECT(choose(p, 0, 0, 1) != 3);
    sl_free(p);
}

TEST(balance, what_was_tried_is_avoided_until_nothing_else_is_left)
{
    struct pool *p = pool_new(SL_BALANCE_ROUND_ROBIN);
    for (int i = 0; i < 20; i++)
        EXPECT_EQ(3, choose(p, 0, 7, 1));
    EXPECT(choose(p, 0, 15, 1) != SIZE_MAX);
    sl_free(p);
}

TEST(balance, a_drained_endpoint_gets_nothing)
{
    struct pool *p = pool_new(SL_BALANCE_ROUND_ROBIN);
    p->endpoints[1].weight = 0;
    for (int i = 0; i < 40; i++)
        EXPECT(choose(p, 0, 0, 1) != 1);
    for (int i = 0; i < N; i++)
        p->endpoints[i].weight = 0;
    EXPECT_EQ(SIZE_MAX, choose(p, 0, 0, 1));
    sl_free(p);
}

TEST(breaker, ejects_after_failures_in_a_row_and_not_before)
{
    struct pool *p = pool_new(SL_BALANCE_ROUND_ROBIN);
    fail_times(p, 0, 2, 1);
    EXPECT(sl_endpoint_admits(&p->states[0], 1, false));
    sl_endpoint_begin(&p->states[0]);
    sl_endpoint_end(&p->states[0], &breaker, false, -1, 1); /* a success in between */
    fail_times(p, 0, 2, 1);
    EXPECT(sl_endpoint_admits(&p->states[0], 1, false));
    fail_times(p, 0, 1, 1);
    EXPECT(!sl_endpoint_admits(&p->states[0], 1, false));
    EXPECT_EQ(0, atomic_load(&p->states[0].active));
    sl_free(p);
}

TEST(breaker, e8_lets_exactly_one_probe_through_when_the_pause_is_over)
{
    struct pool *p = pool_new(SL_BALANCE_ROUND_ROBIN);
    sl_usec later_us = SL_SECONDS(10) + 2;
    fail_times(p, 0, 3, 1);
    EXPECT(sl_endpoint_admits(&p->states[0], later_us, true));
    for (int i = 0; i < 50; i++)
        EXPECT(!sl_endpoint_admits(&p->states[0], later_us, true));
    sl_endpoint_begin(&p->states[0]);
    sl_endpoint_end(&p->states[0], &breaker, false, -1, later_us);
    EXPECT(sl_endpoint_admits(&p->states[0], later_us, true));
    EXPECT(sl_endpoint_admits(&p->states[0], later_us, true));
    sl_free(p);
}

TEST(breaker, a_failed_probe_doubles_the_pause_up_to_its_limit)
{
    static const sl_usec pauses_us[] = {SL_SECONDS(10), SL_SECONDS(20), SL_SECONDS(40),
                                        SL_SECONDS(40)};
    struct pool *p = pool_new(SL_BALANCE_ROUND_ROBIN);
    sl_usec now_us = 1;
    fail_times(p, 0, 3, now_us);
    for (size_t i = 0; i < SL_LEN(pauses_us); i++) {
        EXPECT(!sl_endpoint_admits(&p->states[0], now_us + pauses_us[i] - 1, true));
        now_us += pauses_us[i];
        EXPECT(sl_endpoint_admits(&p->states[0], now_us, true));
        fail_times(p, 0, 1, now_us);
    }
    sl_free(p);
}

TEST(breaker, when_too_many_are_out_all_serve)
{
    struct pool *p = pool_new(SL_BALANCE_ROUND_ROBIN);
    size_t counts[N] = {0};
    for (size_t i = 0; i < 3; i++)
        fail_times(p, i, 3, 1);
    for (int i = 0; i < 40; i++)
        counts[choose(p, 0, 0, 1)]++;
    for (int i = 0; i < N; i++)
        EXPECT_EQ(10, counts[i]);
    sl_free(p);
}

TEST(health, an_endpoint_that_active_checks_call_down_gets_nothing)
{
    struct pool *p = pool_new(SL_BALANCE_ROUND_ROBIN);
    atomic_store(&p->states[3].is_down, true);
    for (int i = 0; i < 40; i++)
        EXPECT(choose(p, 0, 0, 1) != 3);
    sl_free(p);
}
