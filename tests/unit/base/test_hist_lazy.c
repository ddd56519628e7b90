#include "base/hist_lazy.h"
#include "base/str.h"
#include "tests/test.h"

static sl_str text_of(const struct sl_hist_lazy *h, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_hist_lazy_write(h, &b);
    return sl_strbuf_str(&b);
}

TEST(hist_lazy, has_the_percentiles_of_a_full_one)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    struct sl_hist *full = sl_new(struct sl_hist);
    struct sl_hist_lazy lazy = {0};
    for (uint64_t v = 1; v < 1ULL << 41; v = v * 5 / 3 + 1) {
        sl_hist_add(full, v);
        sl_hist_lazy_add(&lazy, a, v, 1);
    }
    EXPECT_EQ(sl_hist_count(full), sl_hist_lazy_count(&lazy));
    for (unsigned permille = 0; permille <= 1000; permille += 50)
        EXPECT_EQ(sl_hist_percentile(full, permille), sl_hist_lazy_percentile(&lazy, permille));
    sl_free(full);
    sl_arena_free(a);
}

TEST(hist_lazy, comes_back_from_its_text)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    struct sl_hist_lazy h = {0}, got = {0};
    sl_hist_lazy_add(&h, a, 3, 1);
    sl_hist_lazy_add(&h, a, 4, 3);
    sl_hist_lazy_add(&h, a, UINT64_MAX, 2);
    EXPECT_STR("3 1:3 587:2", text_of(&h, a));
    EXPECT(sl_hist_lazy_read(&got, a, text_of(&h, a)));
    EXPECT_STRS(text_of(&h, a), text_of(&got, a));
    EXPECT(sl_hist_lazy_read(&got, a, text_of(&h, a))); /* adds */
    EXPECT_EQ(12, sl_hist_lazy_count(&got));
    sl_arena_free(a);
}

TEST(hist_lazy, empty_is_an_empty_text_and_no_percentile)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    struct sl_hist_lazy h = {0};
    EXPECT_STR("", text_of(&h, a));
    EXPECT(sl_hist_lazy_read(&h, a, SL_STR("")));
    EXPECT_EQ(0, sl_hist_lazy_percentile(&h, 990));
    sl_arena_free(a);
}

TEST(hist_lazy, refuses_what_is_no_text_of_it)
{
    static const char *const bad[] = {"x",   "1:",
                                      ":1",  "1 ",
                                      " 1",  "1  2",
                                      "592", "591 1",
                                      "-1",  "1:18446744073709551616",
                                      "1,2", "99999999999999999999999"};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct sl_hist_lazy h = {0};
        if (sl_hist_lazy_read(&h, a, sl_cstr(bad[i])))
            print_error("accepted '%s'\n", bad[i]);
        EXPECT(!sl_hist_lazy_read(&h, a, sl_cstr(bad[i])));
    }
    sl_arena_free(a);
}

TEST(hist_lazy, counts_stay_at_the_end)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    struct sl_hist_lazy h = {0};
    sl_hist_lazy_add(&h, a, 5, UINT64_MAX);
    sl_hist_lazy_add(&h, a, 5, 7);
    sl_hist_lazy_add(&h, a, 500, 7);
    EXPECT_EQ(UINT64_MAX, sl_hist_lazy_count(&h));
    EXPECT_EQ(5, sl_hist_lazy_percentile(&h, 990));
    sl_arena_free(a);
}
