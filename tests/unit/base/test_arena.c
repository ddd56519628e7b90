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

TEST(arena, gives_of_what_was_kept_when_it_is_time)
{
    struct sl_arena *a = sl_arena_new("test", 1000);
    sl_arena_keep(a, 400);
    EXPECT(sl_arena_try_alloc(a, 600) != NULL);
    EXPECT(sl_arena_try_alloc(a, 16) == NULL);
    sl_arena_spend_kept(a, 100);
    sl_arena_spend_kept(a, 200);
    EXPECT(sl_arena_left(a) <= 300 && sl_arena_left(a) >= 280);
    EXPECT(sl_arena_try_alloc(a, 256) != NULL);
    EXPECT(sl_arena_try_alloc(a, 64) == NULL);
    EXPECT(sl_arena_alloc(a, 64) != NULL);
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

#ifndef __SANITIZE_ADDRESS__ /* whose pieces are blocks of their own */
TEST(arena, the_last_piece_grows_and_shrinks_where_it_is)
{
    struct sl_arena *a = sl_arena_new("test", 4096);
    char *p = sl_arena_try_raw(a, 100), *other;
    size_t used = sl_arena_used(a);
    EXPECT(sl_arena_try_extend(a, p, 100, 300));
    EXPECT(sl_arena_used(a) >= 300);
    sl_arena_trim(a, p, 300, 100);
    EXPECT_EQ(used, sl_arena_used(a));
    other = sl_arena_try_raw(a, 16);
    EXPECT(other >= p + 100);
    EXPECT(!sl_arena_try_extend(a, p, 100, 300)); /* no longer the last */
    sl_arena_trim(a, p, 100, 10);
    EXPECT(sl_arena_try_raw(a, 16) == other + 16);
    sl_arena_free(a);
}

TEST(arena, a_piece_that_does_not_fit_leaves_the_rest_of_the_block_to_others)
{
    struct sl_arena *a = sl_arena_new("test", 1 << 20);
    char *first = sl_arena_try_raw(a, 11000), *small;
    char *large = sl_arena_try_raw(a, 8000);
    memset(large, 'x', 8000);
    EXPECT(large < first || large >= first + 11000);
    small = sl_arena_try_raw(a, 200);
    EXPECT(small == first + 11008);
    EXPECT(!sl_arena_try_extend(a, large, 8000, 8100));
    EXPECT(sl_arena_try_extend(a, small, 200, 400));
    sl_arena_reset(a);
    EXPECT(sl_arena_try_raw(a, 11000) == first); /* the first block is the one that stays */
    sl_arena_free(a);
}

TEST(arena, nothing_grows_beyond_the_limit_or_its_block)
{
    struct sl_arena *a = sl_arena_new("test", 1000), *large = sl_arena_new("test", 1 << 20);
    char *p = sl_arena_try_raw(a, 900), *q = sl_arena_try_raw(large, 900);
    EXPECT(!sl_arena_try_extend(a, p, 900, 1100));
    EXPECT(!sl_arena_try_extend(a, p, 900, SIZE_MAX));
    EXPECT(!sl_arena_try_extend(large, q, 900, 100000));
    EXPECT(!sl_arena_try_extend(large, NULL, 0, 16));
    sl_arena_keep(a, 100);
    EXPECT(!sl_arena_try_extend(a, p, 900, 950)); /* that is kept for the plain forms */
    sl_arena_free(a);
    sl_arena_free(large);
}
#endif

TEST(arena, what_was_emptied_is_used_as_a_new_one)
{
    struct sl_arena *a = sl_arena_new("test", 1000);
    EXPECT(sl_arena_try_raw(a, 900) != NULL);
    sl_arena_empty(a);
    EXPECT_EQ(0u, sl_arena_used(a));
    EXPECT(sl_arena_try_alloc(a, 900) != NULL);
    sl_arena_free(a);
}
