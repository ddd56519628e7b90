#include "base/hist.h"
#include "tests/test.h"

static struct sl_hist *new_hist(void)
{
    return sl_new(struct sl_hist);
}

TEST(hist, small_values_are_exact)
{
    struct sl_hist *h = new_hist();
    for (uint64_t v = 1; v <= 20; v++)
        sl_hist_add(h, v);
    EXPECT_EQ(10, sl_hist_percentile(h, 500));
    EXPECT_EQ(20, sl_hist_percentile(h, 1000));
    EXPECT_EQ(1, sl_hist_percentile(h, 0));
    EXPECT_EQ(210, sl_hist_sum(h));
    EXPECT_EQ(20, sl_hist_count(h));
    EXPECT_EQ(7, sl_hist_count_upto(h, 7));
    sl_free(h);
}

TEST(hist, a_percentile_is_never_below_and_at_most_a_sixteenth_above)
{
    for (uint64_t v = 1; v < 1ULL << SL_HIST_MAX_BITS; v = v * 9 / 8 + 1) {
        struct sl_hist *h = new_hist();
        sl_hist_add(h, v);
        uint64_t got = sl_hist_percentile(h, 990);
        EXPECT(got >= v && got - v <= v / 16);
        EXPECT_EQ(1, sl_hist_count_upto(h, v));
        sl_free(h);
    }
}

TEST(hist, values_beyond_its_range_count_in_the_last_bucket)
{
    struct sl_hist *h = new_hist();
    sl_hist_add(h, UINT64_MAX);
    sl_hist_add(h, 1ULL << SL_HIST_MAX_BITS);
    EXPECT_EQ((1ULL << SL_HIST_MAX_BITS) - 1, sl_hist_percentile(h, 1000));
    EXPECT_EQ(2, h->counts[SL_HIST_BUCKETS - 1]);
    sl_free(h);
}

TEST(hist, an_empty_one_has_percentiles_of_zero)
{
    struct sl_hist *h = new_hist();
    EXPECT_EQ(0, sl_hist_percentile(h, 990));
    sl_free(h);
}

TEST(hist, merging_adds_counts_and_sums)
{
    struct sl_hist *a = new_hist(), *b = new_hist();
    sl_hist_add(a, 1);
    sl_hist_add(b, 3);
    sl_hist_add(b, 1000000);
    sl_hist_merge(a, b);
    EXPECT_EQ(3, sl_hist_count(a));
    EXPECT_EQ(1000004, sl_hist_sum(a));
    EXPECT_EQ(3, sl_hist_percentile(a, 500));
    sl_free(a);
    sl_free(b);
}
