#include "snapshot/state.h"

#include <pthread.h>

#include "base/strbuf.h"
#include "tests/test.h"

struct block {
    int value;
};

static int inits, finis;

static void count_init(void *b)
{
    ((struct block *)b)->value = 40 + ++inits;
}

static void count_fini(void *b)
{
    (void)b;
    finis++;
}

static struct block *get(struct sl_state_registry *r, const char *kind, const char *identity,
                         struct sl_arena *holder)
{
    return sl_state_get(r, kind, sl_cstr(identity), sizeof(struct block), NULL, NULL, holder);
}

TEST(state, a_block_is_found_by_kind_and_identity)
{
    struct sl_state_registry *r = sl_state_registry_new();
    struct sl_arena *a = sl_arena_new("a", SL_MIB(1));
    struct block *b = get(r, "x", "one", a);
    EXPECT_EQ(0, b->value);
    EXPECT_EQ(0, (uintptr_t)b % 64);
    EXPECT(get(r, "x", "one", a) == b);
    EXPECT(get(r, "x", "two", a) != b);
    EXPECT(get(r, "y", "one", a) != b);
    sl_arena_free(a);
    sl_state_registry_free(r);
}

TEST(state, a_block_lives_as_long_as_any_holder)
{
    struct sl_state_registry *r = sl_state_registry_new();
    struct sl_arena *a = sl_arena_new("a", SL_MIB(1)), *b = sl_arena_new("b", SL_MIB(1));
    get(r, "x", "one", a)->value = 7;
    EXPECT_EQ(7, get(r, "x", "one", b)->value);
    sl_arena_free(a);
    a = sl_arena_new("a", SL_MIB(1));
    EXPECT_EQ(7, get(r, "x", "one", a)->value);
    sl_arena_free(b);
    sl_arena_free(a);
    a = sl_arena_new("a", SL_MIB(1));
    EXPECT_EQ(0, get(r, "x", "one", a)->value); /* the last holder had gone: a new one */
    sl_arena_free(a);
    sl_state_registry_free(r);
}

TEST(state, init_and_fini_run_once_for_a_block)
{
    struct sl_state_registry *r = sl_state_registry_new();
    struct sl_arena *a = sl_arena_new("a", SL_MIB(1));
    struct block *b = NULL;
    inits = finis = 0;
    for (int i = 0; i < 3; i++)
        b = sl_state_get(r, "x", SL_STR("i"), sizeof(*b), count_init, count_fini, a);
    EXPECT_EQ(41, b->value);
    EXPECT_EQ(0, finis);
    sl_arena_free(a);
    EXPECT_EQ(1, inits);
    EXPECT_EQ(1, finis);
    sl_state_registry_free(r);
}

static void list(sl_str identity, void *block, void *arg)
{
    sl_strbuf_addf(arg, "%.*s=%d ", SL_STRF(identity), ((struct block *)block)->value);
}

TEST(state, each_visits_one_kind_in_the_order_of_making)
{
    struct sl_state_registry *r = sl_state_registry_new();
    struct sl_arena *a = sl_arena_new("a", SL_MIB(1));
    struct sl_strbuf out = {0};
    get(r, "x", "b", a)->value = 1;
    get(r, "y", "c", a)->value = 2;
    get(r, "x", "a", a)->value = 3;
    sl_state_each(r, "x", list, &out);
    EXPECT_STR("b=1 a=3 ", sl_strbuf_str(&out));
    sl_strbuf_fini(&out);
    sl_arena_free(a);
    sl_state_registry_free(r);
}

TEST(state, kinds_and_identities_do_not_run_into_each_other)
{
    struct sl_state_registry *r = sl_state_registry_new();
    struct sl_arena *a = sl_arena_new("a", SL_MIB(1));
    EXPECT(get(r, "ab", "c", a) != get(r, "a", "bc", a));
    sl_arena_free(a);
    sl_state_registry_free(r);
}

static void *hold_and_give_back(void *registry)
{
    for (int i = 0; i < 200; i++) {
        struct sl_arena *a = sl_arena_new("thread", SL_MIB(1));
        (void)get(registry, "x", i % 2 ? "odd" : "even", a);
        sl_arena_free(a);
    }
    return NULL;
}

TEST(state, references_come_back_from_any_thread)
{
    pthread_t threads[4];
    struct sl_state_registry *r = sl_state_registry_new();
    for (size_t i = 0; i < SL_LEN(threads); i++)
        EXPECT_EQ(0, pthread_create(&threads[i], NULL, hold_and_give_back, r));
    for (size_t i = 0; i < SL_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    sl_state_registry_free(r); /* asserts that nothing is left */
}

TEST(state, a_registry_that_is_not_there_can_be_freed)
{
    sl_state_registry_free(NULL);
}
