#include "gate/busy.h"
#include "tests/test.h"

static void note(struct sl_busy *b, int64_t at_s, int64_t cpu_ms, uint64_t requests)
{
    const struct sl_busy_sample s = {
        .at_us = SL_SECONDS(at_s), .cpu_us = SL_MS(cpu_ms), .requests = requests};
    sl_busy_note(b, &s);
}

TEST(busy, there_are_no_rates_before_the_second_sample)
{
    struct sl_busy b = {0};
    EXPECT_EQ(0, sl_busy_rates(&b).over_us);
    note(&b, 100, 5000, 7);
    EXPECT_EQ(0, sl_busy_rates(&b).over_us);
    EXPECT_EQ(0, sl_busy_rates(&b).requests_milli);
    note(&b, 102, 8000, 10);
    struct sl_busy_rates r = sl_busy_rates(&b);
    EXPECT_EQ(SL_SECONDS(2), r.over_us);
    EXPECT_EQ(1500, r.cpu_permille);
    EXPECT_EQ(1500, r.requests_milli);
}

TEST(busy, rates_are_of_the_last_samples_only)
{
    struct sl_busy b = {0};
    int64_t at_s = 1;
    for (; at_s <= 50; at_s++)
        note(&b, at_s, 0, 0);
    for (; at_s <= 50 + SL_BUSY_SAMPLES; at_s++)
        note(&b, at_s, (at_s - 51) * 500, (uint64_t)(at_s - 51) * 40);
    struct sl_busy_rates r = sl_busy_rates(&b);
    EXPECT_EQ(SL_SECONDS(SL_BUSY_SAMPLES - 1), r.over_us);
    EXPECT_EQ(500, r.cpu_permille);
    EXPECT_EQ(40000, r.requests_milli);
}

TEST(busy, samples_that_come_too_soon_do_not_count)
{
    struct sl_busy b = {0};
    note(&b, 1, 0, 0);
    const struct sl_busy_sample soon = {.at_us = SL_SECONDS(2) - 1, .requests = 1000};
    sl_busy_note(&b, &soon);
    EXPECT_EQ(1, b.n);
    note(&b, 2, 0, 5);
    EXPECT_EQ(2, b.n);
    EXPECT_EQ(5000, sl_busy_rates(&b).requests_milli);
}

TEST(busy, the_process_says_what_it_takes)
{
    const struct sl_worker_config config = {0};
    struct sl_worker *w = sl_worker_new(&config);
    struct sl_record r = {0};
    struct sl_busy_sample s = sl_busy_look(&w, 1, 42);
    EXPECT_EQ(42, s.at_us);
    EXPECT_EQ(0, s.requests);
    sl_metrics_record(w->metrics, &r);
    sl_metrics_record(w->metrics, &r);
    struct sl_busy_sample later = sl_busy_look(&w, 1, 43);
    EXPECT_EQ(2, later.requests);
    EXPECT(later.cpu_us >= s.cpu_us);
    sl_worker_free(w);
}
