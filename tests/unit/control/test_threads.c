/*
 * Several control threads, and another node that follows, at once; runs under ThreadSanitizer, too.
 */
#include "base/clock.h"
#include "base/str.h"
#include "control/follow.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#include <pthread.h>
#include <unistd.h>

enum { THREADS = 3, CREATED = 12, WAIT_US = 60 * 1000000 };

struct hand {
    struct bench b; /* the control plane is that of all */
    int number, wrong;
};

static void *work(void *arg)
{
    struct hand *h = arg;
    for (int i = 0; i < CREATED; i++) {
        sl_str body = sl_fmt(h->b.a, "{\"name\":\"c-%d-%d\"}", h->number, i);
        h->wrong += bench_call(&h->b, "POST", "/api/v1/consumers", body.p).status != 201;
        h->wrong += bench_call(&h->b, "GET", "/api/v1/consumers?limit=5", NULL).status != 200;
        h->wrong += bench_call(&h->b, "GET", "/api/v1/nodes", NULL).status != 200;
    }
    return NULL;
}

static void begin(struct hand *h, const struct bench *of, int number)
{
    *h = (struct hand){.b = *of, .number = number};
    h->b.a = sl_arena_new("hand", SL_MIB(64));
    sl_headers_init(&h->b.headers, h->b.a);
}

TEST(control_threads, change_at_once_and_another_node_follows_to_the_last_change)
{
    struct bench one, two;
    struct hand hands[THREADS];
    pthread_t threads[THREADS];
    struct sl_follower *follower;
    bench_init(&one);
    bench_join(&two, &one);
    EXPECT_EQ(SL_OK, sl_follower_start(two.control, &follower));
    for (int i = 0; i < THREADS; i++)
        begin(&hands[i], &one, i); /* before the first of them changes anything */
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_create(&threads[i], NULL, work, &hands[i]));
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        EXPECT_EQ(0, hands[i].wrong);
        sl_arena_free(hands[i].b.a);
    }
    EXPECT_EQ(THREADS * CREATED, one.published);
    sl_usec until_us = sl_clock_mono_us() + WAIT_US;
    while (atomic_load(&two.control->served_change) != atomic_load(&one.control->served_change)) {
        EXPECT(sl_clock_mono_us() < until_us);
        usleep(1000);
    }
    sl_follower_stop(follower);
    EXPECT_STRS(one.document, two.document);
    bench_leave(&two);
    bench_fini(&one);
}
