#include "base/strbuf.h"
#include "tests/test.h"

#include <limits.h>
#include <stdio.h>

TEST(strbuf, appends_texts_numbers_and_formats)
{
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b, SL_STR("a"));
    sl_strbuf_add(&b, (sl_str){NULL, 0});
    sl_strbuf_add_char(&b, ' ');
    sl_strbuf_add_u64(&b, UINT64_MAX);
    sl_strbuf_add_char(&b, ' ');
    sl_strbuf_add_i64(&b, INT64_MIN);
    sl_strbuf_addf(&b, " %s %d", "b", 0);
    EXPECT_STR("a 18446744073709551615 -9223372036854775808 b 0", sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

TEST(strbuf, an_empty_append_to_an_empty_buffer_is_no_failure)
{
    struct sl_strbuf b = {0};
    EXPECT(sl_strbuf_room(&b, 0) != NULL);
    EXPECT(!b.is_full);
    sl_strbuf_fini(&b);
}

TEST(strbuf, drops_what_passes_its_limit_and_everything_after)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, NULL, 4);
    sl_strbuf_add(&b, SL_STR("abcd"));
    EXPECT(!b.is_full);
    sl_strbuf_add(&b, SL_STR("e"));
    EXPECT(b.is_full);
    sl_strbuf_clear(&b);
    sl_strbuf_add(&b, SL_STR("abc"));
    sl_strbuf_add(&b, SL_STR("de"));
    sl_strbuf_add(&b, SL_STR("f"));
    EXPECT_STR("abc", sl_strbuf_str(&b));
    EXPECT(sl_strbuf_room(&b, 1) == NULL);
    sl_strbuf_fini(&b);
}

TEST(strbuf, is_full_at_the_limit_of_its_arena)
{
    struct sl_arena *a = sl_arena_new("test", 1000);
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    for (int i = 0; i < 1001; i++)
        sl_strbuf_add_char(&b, 'x');
    EXPECT(b.is_full);
    EXPECT(b.n >= 256 && b.n < 1000);
    sl_arena_free(a);
}

TEST(strbuf, a_size_that_overflows_is_refused)
{
    struct sl_strbuf b = {0};
    sl_strbuf_add_char(&b, 'x');
    EXPECT(sl_strbuf_room(&b, SIZE_MAX) == NULL);
    EXPECT(b.is_full);
    sl_strbuf_fini(&b);
}

TEST(strbuf, fmt_gives_a_text_with_a_nul_behind_it)
{
    struct sl_arena *a = sl_arena_new("test", 1000);
    sl_str s = sl_fmt(a, "%d-%.*s", 7, SL_STRF(SL_STR("ab")));
    EXPECT_STR("7-ab", s);
    EXPECT_EQ(0, s.p[s.n]);
    sl_arena_free(a);
}

/* The same call of both: what sl_fmt formats itself must be what printf makes of it. */
#define EXPECT_AS_PRINTF(...)                              \
    do {                                                   \
        char want[4096];                                   \
        int n = snprintf(want, sizeof(want), __VA_ARGS__); \
        sl_str got = sl_fmt(a, __VA_ARGS__);               \
        EXPECT_EQ(n, got.n);                               \
        EXPECT_STR(want, got);                             \
        EXPECT_EQ('\0', got.p[got.n]);                     \
    } while (0)

TEST(strbuf, formats_as_printf_does)
{
    struct sl_arena *a = sl_arena_new("test", 1 << 20);
    sl_str long_text = sl_fmt(a, "%0300d", 7), cut = {"ab\0cd", 5}, none = {0};
    EXPECT_AS_PRINTF("plain");
    EXPECT_AS_PRINTF("%s", "");
    EXPECT_AS_PRINTF("%s/%s: %%", "a", "b");
    EXPECT_AS_PRINTF("%.*s|%.*s|%.*s", SL_STRF(cut), SL_STRF(none), 1, "xyz");
    EXPECT_AS_PRINTF("%.*s", -1, "all of it");
    EXPECT_AS_PRINTF("%d %d %u %u", INT_MIN, INT_MAX, 0u, UINT_MAX);
    EXPECT_AS_PRINTF("%lld %lld", LLONG_MIN, LLONG_MAX);
    EXPECT_AS_PRINTF("%s %5d %-3s| %zu %llu %c", "then what only printf knows", 42, "x", (size_t)9,
                     ULLONG_MAX, 'c');
    EXPECT_AS_PRINTF("%.*s!", SL_STRF(sl_str_head(long_text, 254)));
    EXPECT_AS_PRINTF("%.*s!", SL_STRF(sl_str_head(long_text, 255)));
    EXPECT_AS_PRINTF("%s%.*s", "x", SL_STRF(long_text));
    sl_arena_free(a);
}
