#include "base/ewma.h"
#include "tests/test.h"

enum { TAU_US = 1000000 };

TEST(ewma, the_first_sample_is_the_average)
{
    struct sl_ewma e = {0};
    sl_ewma_add(&e, 50, 123, TAU_US);
    EXPECT_EQ(50, e.value);
}

TEST(ewma, an_old_value_weighs_less_the_longer_ago_it_was)
{
    struct sl_ewma soon = {0}, late = {0};
    sl_ewma_add(&soon, 100, 0, TAU_US);
    sl_ewma_add(&soon, 0, TAU_US, TAU_US);
    EXPECT(soon.value > 39.9 && soon.value < 40.1); /* 1 / (1 + 1 + 1/2) */
    sl_ewma_add(&late, 100, 0, TAU_US);
    sl_ewma_add(&late, 0, 100LL * TAU_US, TAU_US);
    EXPECT(late.value < 1);
}

TEST(ewma, samples_at_the_same_instant_count_little)
{
    struct sl_ewma e = {0};
    sl_ewma_add(&e, 100, 0, TAU_US);
    for (int i = 0; i < 1000; i++)
        sl_ewma_add(&e, 0, 1, TAU_US);
    EXPECT(e.value > 99);
}

TEST(ewma, a_clock_that_steps_back_changes_nothing)
{
    struct sl_ewma e = {0};
    sl_ewma_add(&e, 100, 1000, TAU_US);
    sl_ewma_add(&e, 0, 10, TAU_US);
    EXPECT_EQ(100, e.value);
    EXPECT_EQ(1000, e.at_us);
}

TEST(ewma, a_peak_is_taken_at_once_and_forgotten_slowly)
{
    struct sl_ewma e = {0};
    sl_ewma_add_peak(&e, 10, 0, TAU_US);
    sl_ewma_add_peak(&e, 1000, 1, TAU_US);
    EXPECT_EQ(1000, e.value);
    sl_ewma_add_peak(&e, 10, TAU_US / 10, TAU_US);
    EXPECT(e.value > 800 && e.value < 1000);
}
