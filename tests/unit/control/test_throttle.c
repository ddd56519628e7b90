#include "control/throttle.h"
#include "base/strbuf.h"
#include "tests/test.h"

static const sl_str who = SL_STR_INIT("name:alice");

static void fail_times(struct sl_throttle *t, int n, sl_usec now_us)
{
    for (int i = 0; i < n; i++)
        sl_throttle_failed(t, who, now_us);
}

TEST(throttle, the_first_failures_are_free_and_then_the_pause_doubles)
{
    struct sl_throttle *t = sl_throttle_new();
    fail_times(t, SL_THROTTLE_FREE, 0);
    EXPECT_EQ(0, sl_throttle_wait(t, who, 0));
    fail_times(t, 1, 0);
    EXPECT_EQ(SL_SECONDS(1), sl_throttle_wait(t, who, 0));
    EXPECT_EQ(SL_SECONDS(1) / 2, sl_throttle_wait(t, who, SL_SECONDS(1) / 2));
    EXPECT_EQ(0, sl_throttle_wait(t, who, SL_SECONDS(1)));
    fail_times(t, 1, SL_SECONDS(1));
    EXPECT_EQ(SL_SECONDS(2), sl_throttle_wait(t, who, SL_SECONDS(1)));
    fail_times(t, 100, SL_SECONDS(9));
    EXPECT_EQ(SL_THROTTLE_PAUSE_MAX_US, sl_throttle_wait(t, who, SL_SECONDS(9)));
    sl_throttle_free(t);
}

TEST(throttle, a_success_forgets_and_others_do_not_wait)
{
    struct sl_throttle *t = sl_throttle_new();
    fail_times(t, SL_THROTTLE_FREE + 3, 0);
    EXPECT_EQ(0, sl_throttle_wait(t, SL_STR("name:bob"), 0));
    sl_throttle_forget(t, who);
    sl_throttle_forget(t, SL_STR("name:carol"));
    EXPECT_EQ(0, sl_throttle_wait(t, who, 0));
    fail_times(t, 1, 0);
    EXPECT_EQ(0, sl_throttle_wait(t, who, 0));
    sl_throttle_free(t);
}

TEST(throttle, remembers_so_many_and_forgets_the_oldest)
{
    struct sl_throttle *t = sl_throttle_new();
    struct sl_strbuf name = {0};
    fail_times(t, SL_THROTTLE_FREE + 1, 0);
    for (int i = 0; i < SL_THROTTLE_ENTRIES; i++) {
        sl_strbuf_clear(&name);
        sl_strbuf_addf(&name, "ip:%d", i);
        sl_throttle_failed(t, sl_strbuf_str(&name), 0);
    }
    EXPECT_EQ(0, sl_throttle_wait(t, who, 0));
    sl_strbuf_fini(&name);
    sl_throttle_free(t);
}

TEST(throttle, so_many_are_taken_per_minute_and_the_next_waits_for_its_share)
{
    struct sl_throttle *t = sl_throttle_new();
    sl_usec now_us = SL_SECONDS(1000);
    for (int i = 0; i < 30; i++)
        EXPECT_EQ(0, sl_throttle_take(t, who, 30, now_us));
    EXPECT_EQ(SL_SECONDS(2), sl_throttle_take(t, who, 30, now_us));
    EXPECT_EQ(SL_SECONDS(1), sl_throttle_take(t, who, 30, now_us + SL_SECONDS(1)));
    EXPECT_EQ(0, sl_throttle_take(t, SL_STR("try bob"), 30, now_us));
    EXPECT_EQ(0, sl_throttle_take(t, who, 30, now_us + SL_SECONDS(2)));
    EXPECT_EQ(SL_SECONDS(2), sl_throttle_take(t, who, 30, now_us + SL_SECONDS(2)));
    EXPECT_EQ(0, sl_throttle_take(t, who, 30, now_us + SL_SECONDS(600)));
    sl_throttle_free(t);
}
