#include "net/wheel.h"
#include "tests/test.h"

enum { MANY = 2000 };

static sl_usec due_of(const struct sl_link *link)
{
    return SL_CONTAINER(link, struct sl_timer, slot)->due_us;
}

static int drain(struct sl_link *due)
{
    int n = 0;
    while (sl_list_pop_front(due) != NULL)
        n++;
    return n;
}

static int advance(struct sl_wheel *w, sl_usec now_us)
{
    struct sl_link due;
    sl_list_init(&due);
    sl_wheel_advance(w, now_us, &due);
    return drain(&due);
}

TEST(wheel, a_timer_is_due_at_its_millisecond_rounded_up)
{
    struct sl_wheel w;
    struct sl_timer t = {.due_us = SL_MS(10) + 1};
    sl_wheel_init(&w, 0);
    sl_wheel_add(&w, &t);
    EXPECT_EQ(SL_MS(11), sl_wheel_next_us(&w));
    EXPECT_EQ(0, advance(&w, SL_MS(11) - 1));
    EXPECT_EQ(1, advance(&w, SL_MS(11)));
}

TEST(wheel, spans_of_every_length_are_due_in_time)
{
    static const sl_usec spans_us[] = {
        SL_MS(1),
        SL_MS(63),
        SL_MS(64),
        SL_MS(65),
        SL_MS(4095),
        SL_MS(4096),
        SL_MS(4097),
        SL_SECONDS(300),
        SL_SECONDS(86400),
        SL_SECONDS(864000),
        SL_SECONDS(31536000),
        SL_SECONDS(3153600000),
    };
    static const sl_usec starts_us[] = {0, SL_MS(1), SL_MS(63), SL_MS(4095), SL_SECONDS(68719476)};

    for (size_t i = 0; i < SL_LEN(spans_us) * SL_LEN(starts_us); i++) {
        sl_usec start_us = starts_us[i / SL_LEN(spans_us)];
        struct sl_timer t = {.due_us = start_us + spans_us[i % SL_LEN(spans_us)]};
        struct sl_wheel w;
        sl_wheel_init(&w, start_us);
        sl_wheel_add(&w, &t);
        EXPECT_EQ(0, advance(&w, t.due_us - SL_MS(1)));
        EXPECT_EQ(t.due_us, sl_wheel_next_us(&w));
        EXPECT_EQ(1, advance(&w, t.due_us));
        EXPECT_EQ(INT64_MAX, sl_wheel_next_us(&w));
    }
}

TEST(wheel, the_end_of_time_has_a_slot)
{
    struct sl_wheel w;
    struct sl_timer t = {.due_us = INT64_MAX};
    sl_wheel_init(&w, 0);
    sl_wheel_add(&w, &t);
    EXPECT_EQ(0, advance(&w, SL_SECONDS(1000000)));
    EXPECT(sl_timer_is_running(&t));
    sl_list_remove(&t.slot);
}

TEST(wheel, next_is_never_later_than_the_earliest_timer)
{
    struct sl_wheel w;
    struct sl_timer t = {.due_us = SL_SECONDS(100) + SL_MS(7)};
    sl_wheel_init(&w, SL_MS(5));
    sl_wheel_add(&w, &t);
    sl_usec next_us;
    int steps = 0;
    while ((next_us = sl_wheel_next_us(&w)) < t.due_us) {
        EXPECT_EQ(0, advance(&w, next_us));
        steps++;
    }
    EXPECT_EQ(t.due_us, next_us);
    EXPECT(steps < SL_WHEEL_LEVELS);
    EXPECT_EQ(1, advance(&w, next_us));
}

TEST(wheel, a_stopped_timer_leaves_no_wake_up_behind)
{
    struct sl_wheel w;
    struct sl_timer t = {.due_us = SL_MS(500)};
    sl_wheel_init(&w, 0);
    sl_wheel_add(&w, &t);
    sl_list_remove(&t.slot);
    EXPECT_EQ(INT64_MAX, sl_wheel_next_us(&w));
}

TEST(wheel, an_overdue_timer_is_due_at_once)
{
    struct sl_wheel w;
    struct sl_timer t = {.due_us = -5};
    sl_wheel_init(&w, SL_SECONDS(1));
    sl_wheel_add(&w, &t);
    EXPECT_EQ(0, sl_wheel_next_us(&w));
    EXPECT_EQ(1, advance(&w, SL_SECONDS(1)));
}

TEST(wheel, many_timers_are_due_in_order_and_in_time)
{
    static struct sl_timer timers[MANY];
    struct sl_wheel w;
    struct sl_link due, *link;
    uint32_t random = 12345;
    int seen = 0;

    sl_list_init(&due);
    sl_wheel_init(&w, SL_MS(777));
    for (int i = 0; i < MANY; i++) {
        random = random * 1103515245 + 12345;
        timers[i] = (struct sl_timer){.due_us = SL_MS(778 + random % 300000)};
        sl_wheel_add(&w, &timers[i]);
    }
    for (sl_usec now_us = SL_MS(778), last_us = 0; now_us <= SL_MS(301000); now_us += SL_MS(37)) {
        sl_wheel_advance(&w, now_us, &due);
        while ((link = sl_list_pop_front(&due)) != NULL) {
            EXPECT(due_of(link) >= last_us);
            EXPECT(due_of(link) <= now_us);
            EXPECT(due_of(link) > now_us - SL_MS(37));
            last_us = due_of(link);
            seen++;
        }
    }
    EXPECT_EQ(MANY, seen);
}
