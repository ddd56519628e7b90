#include "base/arena.h"
#include "tests/test.h"

static void append_digit(void *arg)
{
    int *digits = arg;
    digits[0] = digits[0] * 10 + digits[1]++;
}

TEST(arena, an_array_of_nothing_is_no_failure_also_as_the_first)
{
    struct sl_arena *a = sl_arena_new("test", 1000);
    EXPECT(sl_arena_try_alloc(a, 0) != NULL);
    sl_arena_free(a);
    a = sl_arena_new("test", 1000);
    EXPECT(sl_arena_array(a, int, 0) != NULL);
    sl_arena_free(a);
}

TEST(arena, refuses_what_would_pass_its_limit_and_stays_usable)
{
    struct sl_arena *a = sl_arena_new("test", 1000);
    EXPECT(sl_arena_try_alloc(a, 1001) == NULL);
    EXPECT(sl_arena_try_alloc(a, SIZE_MAX) == NULL);
    EXPECT(sl_arena_try_alloc(a, 1000) != NULL);
    EXPECT(sl_arena_try_alloc(a, 1) == NULL);
    sl_arena_reset(a);
    EXPECT(sl_arena_try_alloc(a, 1000) != NULL);
    sl_arena_free(a);
}

TEST(arena, keeps_room_that_only_the_plain_forms_may_use)
{
    struct sl_arena *a = sl_arena_new("test", 1000);
    sl_arena_keep(a, 100);
    sl_arena_keep(a, 50);
    EXPECT_EQ(900, sl_arena_left(a));
    EXPECT(sl_arena_try_alloc(a, 901) == NULL);
    EXPECT(sl_arena_try_alloc(a, 880) != NULL);
    EXPECT(sl_arena_try_alloc(a, 32) == NULL);
    EXPECT(sl_arena_try_dup(a, SL_STR("0123456789012345678901234567890")).p == NULL);
    EXPECT(sl_arena_alloc(a, 64) != NULL);
    EXPECT_EQ(0, sl_arena_left(a));
    EXPECT_STR("abc", sl_arena_dup(a, SL_STR("abc")));
    sl_arena_reset(a);
    EXPECT_EQ(1000, sl_arena_left(a));
    sl_arena_free(a);
}

TEST(arena, runs_deferred_functions_newest_first)
{
    struct sl_arena *a = sl_arena_new("test", 1000);
    int digits[2] = {0, 1};
    sl_arena_defer(a, append_digit, digits);
    sl_arena_defer(a, append_digit, digits);
    sl_arena_free(a);
    EXPECT_EQ(12, digits[0]);
}

TEST(arena, gives_zeroed_and_aligned_memory_after_a_reset)
{
    struct sl_arena *a = sl_arena_new("test", 100000);
    for (size_t round = 0; round < 2; round++) {
        for (size_t n = 1; n < 100; n++) {
            unsigned char *p = sl_arena_alloc(a, n);
            EXPECT_EQ(0, p[0] | p[n - 1]);
            EXPECT_EQ(0, (uintptr_t)p % 8);
            memset(p, 0xff, n);
        }
        sl_arena_reset(a);
    }
    sl_arena_free(a);
}

TEST(arena, dup_ends_with_a_nul_that_is_not_counted)
{
    struct sl_arena *a = sl_arena_new("test", 100);
    sl_str s = sl_arena_dup(a, SL_STR("abc"));
    EXPECT_EQ(3, s.n);
    EXPECT_EQ(0, s.p[3]);
    sl_arena_free(a);
}
