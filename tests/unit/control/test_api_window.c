#include "control/api_window.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/str.h"
#include "tests/test.h"

struct asked {
    struct sl_arena *a;
    struct sl_diag d;
    struct sl_window w;
    sl_rc rc;
};

/* At 2026-03-30T10:20:30Z, the day after Berlin's clocks went forward. */
static void ask(struct asked *q, const char *since, const char *until, const char *step,
                const char *zone)
{
    int64_t now_us = 0;
    const struct sl_window_query query = {sl_cstr(since), sl_cstr(until), sl_cstr(step),
                                          sl_cstr(zone)};
    EXPECT(sl_parse_rfc3339(SL_STR("2026-03-30T10:20:30Z"), &now_us));
    q->a = sl_arena_new("test", SL_MIB(4));
    sl_diag_init(&q->d, q->a);
    q->rc = sl_window_read(&query, now_us, q->a, &q->w, &q->d);
}

static void expect_time(struct asked *q, size_t edge, const char *want)
{
    EXPECT_STR(want, sl_window_time(&q->w, q->w.edges_s[edge], q->a));
}

TEST(window, without_steps_is_the_last_day_to_whole_minutes)
{
    struct asked q;
    ask(&q, NULL, NULL, NULL, NULL);
    EXPECT_EQ(SL_OK, q.rc);
    EXPECT_EQ(2, q.w.edge_count);
    expect_time(&q, 0, "2026-03-29T10:20:00Z");
    expect_time(&q, 1, "2026-03-30T10:21:00Z");
    sl_arena_free(q.a);
}

TEST(window, steps_begin_where_clocks_say_so)
{
    struct asked q;
    ask(&q, "2h", NULL, "1h", "+05:30");
    EXPECT_EQ(SL_OK, q.rc);
    EXPECT_EQ(4, q.w.edge_count);
    expect_time(&q, 0, "2026-03-30T13:00:00+05:30");
    expect_time(&q, 2, "2026-03-30T15:00:00+05:30");
    expect_time(&q, 3, "2026-03-30T15:51:00+05:30"); /* the last one ends now */
    sl_arena_free(q.a);
}

TEST(window, weeks_begin_on_monday_and_months_on_their_first)
{
    struct asked q;
    ask(&q, "2026-03-11T12:00:00Z", NULL, "week", "UTC");
    EXPECT_EQ(SL_OK, q.rc);
    expect_time(&q, 0, "2026-03-09T00:00:00Z");
    expect_time(&q, 1, "2026-03-16T00:00:00Z");
    sl_arena_free(q.a);
    ask(&q, "2025-11-30T12:00:00Z", NULL, "month", "UTC");
    EXPECT_EQ(SL_OK, q.rc);
    EXPECT_EQ(6, q.w.edge_count);
    expect_time(&q, 0, "2025-11-01T00:00:00Z");
    expect_time(&q, 2, "2026-01-01T00:00:00Z");
    expect_time(&q, 4, "2026-03-01T00:00:00Z");
    sl_arena_free(q.a);
}

TEST(window, a_day_may_have_23_hours)
{
    struct asked q;
    ask(&q, "2026-03-28T12:00:00Z", NULL, "day", "Europe/Berlin");
    if (q.rc != SL_OK) { /* a system without the database says so */
        EXPECT_STR("time_zone", q.d.problems[0].path);
        sl_arena_free(q.a);
        return;
    }
    expect_time(&q, 0, "2026-03-28T00:00:00+01:00");
    expect_time(&q, 1, "2026-03-29T00:00:00+01:00");
    expect_time(&q, 2, "2026-03-30T00:00:00+02:00");
    EXPECT_EQ(23 * 3600, q.w.edges_s[2] - q.w.edges_s[1]);
    sl_arena_free(q.a);
}

TEST(window, auto_chooses_what_a_chart_can_show)
{
    static const struct {
        const char *since, *step;
    } rows[] = {{"1h", "1m"},  {"6h", "5m"},    {"24h", "15m"},   {"5d", "1h"},
                {"30d", "6h"}, {"100d", "day"}, {"800d", "week"}, {"3000d", "month"}};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct asked q;
        ask(&q, rows[i].since, NULL, "auto", NULL);
        EXPECT_EQ(SL_OK, q.rc);
        EXPECT_STR(rows[i].step, q.w.step);
        EXPECT(q.w.edge_count <= 125);
        sl_arena_free(q.a);
    }
}

TEST(window, refuses_and_names_the_parameter)
{
    static const struct {
        const char *since, *until, *step, *zone, *named;
    } rows[] = {
        {"yesterday", NULL, NULL, NULL, "since"},
        {"-1h", NULL, NULL, NULL, "since"},
        {"99999999999d", NULL, NULL, NULL, "since"},
        {"1h", "soon", NULL, NULL, "until"},
        {"1h", "2h", NULL, NULL, "until"},
        {"1h", NULL, "7m", NULL, "step"},
        {"1h", NULL, "30s", NULL, "step"},
        {"1h", NULL, "2d", NULL, "step"},
        {"1h", NULL, "0m", NULL, "step"},
        {"30d", NULL, "1m", NULL, "step"},
        {"1h", NULL, NULL, "Mars/Olympus", "time_zone"},
        {"1h", NULL, NULL, "../../etc/passwd", "time_zone"},
        {"1h", NULL, NULL, "/etc/localtime", "time_zone"},
        {"1h", NULL, NULL, "Europe", "time_zone"},
        {"1h", NULL, NULL, "+25:00", "time_zone"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct asked q;
        ask(&q, rows[i].since, rows[i].until, rows[i].step, rows[i].zone);
        EXPECT_EQ(SL_E_BAD_REQUEST, q.rc);
        EXPECT_STR(rows[i].named, q.d.problems[0].path);
        sl_arena_free(q.a);
    }
}
