#include "base/gcra.h"
#include "tests/test.h"

#include <pthread.h>

enum { SECOND_US = 1000000, THREADS = 8, TRIES = 20000 };

TEST(gcra, allows_the_burst_then_tells_how_long_to_wait)
{
    struct sl_gcra g = sl_gcra_make(10, SECOND_US, 3); /* 10/s, burst 3 */
    sl_usec now_us = 50 * SECOND_US;
    int64_t tat = 0;

    for (int i = 0; i < 3; i++)
        EXPECT_EQ(0, sl_gcra_take(&g, &tat, 1, now_us));

    EXPECT_EQ(100000, sl_gcra_take(&g, &tat, 1, now_us));
    EXPECT(sl_gcra_take(&g, &tat, 1, now_us + 99999) > 0);
    EXPECT_EQ(0, sl_gcra_take(&g, &tat, 1, now_us + 100000));
}

TEST(gcra, a_refusal_does_not_spend)
{
    struct sl_gcra g = sl_gcra_make(1, SECOND_US, 1);
    int64_t tat = 0;
    EXPECT_EQ(0, sl_gcra_take(&g, &tat, 1, 0));

    int64_t before = tat;
    EXPECT(sl_gcra_take(&g, &tat, 1, 10) > 0);
    EXPECT_EQ(before, tat);
}

TEST(gcra, an_idle_key_does_not_save_up_more_than_its_burst)
{
    struct sl_gcra g = sl_gcra_make(10, SECOND_US, 2);
    sl_usec now_us = 3600LL * SECOND_US;
    int64_t tat = 0;
    EXPECT_EQ(0, sl_gcra_take(&g, &tat, 2, now_us));
    EXPECT(sl_gcra_take(&g, &tat, 1, now_us) > 0);
}

TEST(gcra, more_than_the_burst_never_succeeds)
{
    struct sl_gcra g = sl_gcra_make(10, SECOND_US, 2);
    int64_t tat = 0;
    EXPECT(sl_gcra_take(&g, &tat, 3, 0) == SL_GCRA_NEVER);
    EXPECT(sl_gcra_take(&g, &tat, UINT32_MAX, 0) == SL_GCRA_NEVER);
    EXPECT_EQ(0, tat);
}

TEST(gcra, never_allows_more_than_asked_in_a_window_when_it_does_not_divide)
{
    struct sl_gcra g = sl_gcra_make(90000000, 60LL * SECOND_US, 1000000); /* tokens per minute */
    uint64_t taken = 0;
    int64_t tat = 0;
    for (sl_usec now_us = 0; now_us < 60LL * SECOND_US; now_us += 10000)
        taken += sl_gcra_take(&g, &tat, 10000, now_us) == 0 ? 10000 : 0;
    EXPECT(taken <= 90000000 + 1000000);
    EXPECT(taken >= 59000000);
}

TEST(gcra, the_longest_limits_do_not_overflow)
{
    struct sl_gcra g = sl_gcra_make(1, INT64_MAX, UINT32_MAX);
    int64_t tat = 0;
    sl_usec now_us = 1000000LL * SECOND_US;
    EXPECT_EQ(0, sl_gcra_take(&g, &tat, 1, now_us));
    EXPECT(sl_gcra_take(&g, &tat, 1, now_us) > 0);
}

TEST(gcra, tells_what_is_left_and_when_it_is_full_again)
{
    struct sl_gcra g = sl_gcra_make(10, SECOND_US, 5);
    int64_t tat = 0;
    EXPECT_EQ(5, sl_gcra_left(&g, tat, SECOND_US));
    EXPECT_EQ(0, sl_gcra_refill_us(tat, SECOND_US));
    EXPECT_EQ(0, sl_gcra_take(&g, &tat, 3, SECOND_US));
    EXPECT_EQ(2, sl_gcra_left(&g, tat, SECOND_US));
    EXPECT_EQ(300000, sl_gcra_refill_us(tat, SECOND_US));
    EXPECT_EQ(3, sl_gcra_left(&g, tat, SECOND_US + 100000));
}

TEST(gcra, settling_gives_back_or_charges_beyond_the_limit)
{
    struct sl_gcra g = sl_gcra_make(10, SECOND_US, 5);
    _Atomic int64_t tat = 0;
    EXPECT_EQ(0, sl_gcra_take_atomic(&g, &tat, 5, SECOND_US));
    sl_gcra_settle_atomic(&g, &tat, -2, SECOND_US);
    EXPECT_EQ(2, sl_gcra_left(&g, tat, SECOND_US));
    sl_gcra_settle_atomic(&g, &tat, 12, SECOND_US); /* 10 over */
    EXPECT_EQ(0, sl_gcra_left(&g, tat, SECOND_US));
    EXPECT_EQ(1100000, sl_gcra_take_atomic(&g, &tat, 1, SECOND_US));
    sl_gcra_settle_atomic(&g, &tat, -INT64_MAX, SECOND_US);
    EXPECT_EQ(5, sl_gcra_left(&g, tat, SECOND_US));
}

struct shared {
    struct sl_gcra limit;
    _Atomic int64_t tat;
    _Atomic int64_t now_us;
    _Atomic int64_t allowed;
};

static void *take_many(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < TRIES; i++) {
        sl_usec now_us = atomic_fetch_add(&s->now_us, 10);
        if (sl_gcra_take_atomic(&s->limit, &s->tat, 1, now_us) == 0)
            atomic_fetch_add(&s->allowed, 1);
    }
    return NULL;
}

TEST(gcra, eight_threads_together_get_exactly_the_limit)
{
    struct shared s = {.limit = sl_gcra_make(1000, SECOND_US, 100)};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_create(&threads[i], NULL, take_many, &s));
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_join(threads[i], NULL));
    /* 1.6 s have passed: 100 at once and one per millisecond */
    EXPECT(s.allowed <= 100 + 1600);
    EXPECT(s.allowed >= 100 + 1600 - 1);
}

static void *take_at_one_instant(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < TRIES; i++) {
        if (sl_gcra_take_atomic(&s->limit, &s->tat, 1, SECOND_US) == 0)
            atomic_fetch_add(&s->allowed, 1);
    }
    return NULL;
}

TEST(gcra, eight_threads_at_one_instant_get_the_burst_to_the_last_event)
{
    struct shared s = {.limit = sl_gcra_make(1000, SECOND_US, 50000)};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_create(&threads[i], NULL, take_at_one_instant, &s));
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_join(threads[i], NULL));
    EXPECT_EQ(50000, s.allowed);
}
