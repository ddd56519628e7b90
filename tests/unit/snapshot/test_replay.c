#include "snapshot/replay.h"
#include "base/str.h"
#include "tests/test.h"

#include <pthread.h>
#include <stdatomic.h>

enum { NOW = 1767225600, THREADS = 4, SHOWN = 20000 };

static struct sl_arena *a;
static struct sl_state_registry *registry;

static struct sl_replay *begin(uint32_t signatures)
{
    a = sl_arena_new("test", SL_MIB(16));
    registry = sl_state_registry_new();
    return sl_replay_get(registry, SL_STR("test"), signatures, a);
}

static void end(void)
{
    sl_arena_free(a);
    sl_state_registry_free(registry);
}

static enum sl_replay_seen seen(struct sl_replay *r, unsigned n, int64_t end_s, int64_t now_s)
{
    return sl_replay_show(r, (sl_str){(const char *)&n, sizeof(n)}, end_s, now_s);
}

static bool show(struct sl_replay *r, unsigned n, int64_t end_s, int64_t now_s)
{
    return seen(r, n, end_s, now_s) == SL_REPLAY_NEW;
}

TEST(replay, a_signature_is_new_once_until_its_end)
{
    struct sl_replay *r = begin(SL_REPLAY_MIN);
    EXPECT(show(r, 1, NOW + 10, NOW));
    EXPECT(!show(r, 1, NOW + 10, NOW));
    EXPECT(!show(r, 1, NOW + 10, NOW + 9));
    EXPECT(show(r, 2, NOW + 10, NOW));
    EXPECT(show(r, 1, NOW + 20, NOW + 10)); /* whoever takes that time is asked no more */
    end();
}

TEST(replay, what_is_remembered_survives_a_reload_and_not_another_size)
{
    struct sl_replay *r = begin(SL_REPLAY_MIN);
    EXPECT(show(r, 1, NOW + 10, NOW));
    EXPECT(sl_replay_get(registry, SL_STR("test"), SL_REPLAY_MIN, a) == r);
    EXPECT(sl_replay_get(registry, SL_STR("else"), SL_REPLAY_MIN, a) != r);
    EXPECT(show(sl_replay_get(registry, SL_STR("test"), SL_REPLAY_MAX, a), 1, NOW + 10, NOW));
    end();
}

TEST(replay, as_many_as_are_asked_for_have_a_place)
{
    struct sl_replay *r = begin(1 << 16);
    for (unsigned i = 0; i < 1 << 16; i++)
        EXPECT_EQ(SL_REPLAY_NEW, seen(r, i, NOW + 10, NOW));
    for (unsigned i = 0; i < 1 << 16; i++)
        EXPECT_EQ(SL_REPLAY_AGAIN, seen(r, i, NOW + 10, NOW));
    end();
}

/* Whoever dates requests as late as they may be gets no one else's forgotten. */
TEST(replay, none_is_forgotten_before_its_end_however_many_come_and_whatever_they_end)
{
    struct sl_replay *r = begin(SL_REPLAY_MIN);
    unsigned full = 0;
    for (unsigned i = 0; i < SL_REPLAY_MIN / 2; i++)
        EXPECT_EQ(SL_REPLAY_NEW, seen(r, i, NOW + 10, NOW));
    for (unsigned i = SL_REPLAY_MIN; i < 20 * SL_REPLAY_MIN; i++)
        full += seen(r, i, NOW + 600, NOW) == SL_REPLAY_FULL;
    EXPECT(full > 17 * SL_REPLAY_MIN);
    for (unsigned i = 0; i < SL_REPLAY_MIN / 2; i++)
        EXPECT_EQ(SL_REPLAY_AGAIN, seen(r, i, NOW + 10, NOW + 9));
    EXPECT_EQ(SL_REPLAY_NEW, seen(r, 0, NOW + 20, NOW + 10)); /* its place is free then */
    end();
}

static struct sl_replay *shared;
static atomic_uint taken;

static void *show_all(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < SHOWN; i++)
        if (show(shared, i, NOW + 10, NOW))
            atomic_fetch_add(&taken, 1);
    return NULL;
}

TEST(replay, of_many_threads_at_most_one_is_told_that_it_is_new)
{
    pthread_t threads[THREADS];
    shared = begin(16 * SHOWN);
    atomic_store(&taken, 0);
    for (size_t i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_create(&threads[i], NULL, show_all, NULL));
    for (size_t i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_join(threads[i], NULL));
    EXPECT(atomic_load(&taken) <= SHOWN);
    EXPECT(atomic_load(&taken) > SHOWN * 9 / 10);
    end();
}
