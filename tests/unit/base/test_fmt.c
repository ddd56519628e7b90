#include "base/fmt.h"
#include "tests/test.h"

static struct sl_arena *arena(void)
{
    return sl_arena_new("test", 100000);
}

TEST(fmt, http_date_is_the_example_of_rfc_9110)
{
    struct sl_arena *a = arena();
    EXPECT_STR("Sun, 06 Nov 1994 08:49:37 GMT", sl_fmt_http_date(a, 784111777));
    EXPECT_STR("Thu, 01 Jan 1970 00:00:00 GMT", sl_fmt_http_date(a, 0));
    EXPECT_STR("Wed, 31 Dec 1969 23:59:59 GMT", sl_fmt_http_date(a, -1));
    EXPECT_STR("Thu, 29 Feb 2024 00:00:00 GMT", sl_fmt_http_date(a, 1709164800));
    sl_arena_free(a);
}

TEST(fmt, rfc3339_shows_only_the_decimals_it_needs)
{
    struct sl_arena *a = arena();
    EXPECT_STR("1994-11-06T08:49:37Z", sl_fmt_rfc3339(a, 784111777000000));
    EXPECT_STR("1994-11-06T08:49:37.250Z", sl_fmt_rfc3339(a, 784111777250000));
    EXPECT_STR("1994-11-06T08:49:37.000001Z", sl_fmt_rfc3339(a, 784111777000001));
    EXPECT_STR("1969-12-31T23:59:59.999999Z", sl_fmt_rfc3339(a, -1));
    sl_arena_free(a);
}

TEST(fmt, instants_outside_four_digit_years_become_the_nearest_inside)
{
    struct sl_arena *a = arena();
    EXPECT_STR("9999-12-31T23:59:59.999999Z", sl_fmt_rfc3339(a, INT64_MAX));
    EXPECT_STR("0000-01-01T00:00:00Z", sl_fmt_rfc3339(a, INT64_MIN));
    EXPECT_STR("Fri, 31 Dec 9999 23:59:59 GMT", sl_fmt_http_date(a, INT64_MAX));
    sl_arena_free(a);
}

TEST(fmt, every_day_of_a_thousand_years_goes_there_and_back)
{
    struct sl_civil last = sl_civil_from_days(-200001);
    for (int64_t days = -200000; days < 200000; days++) {
        struct sl_civil date = sl_civil_from_days(days);
        EXPECT(sl_civil_is_valid(date));
        EXPECT_EQ(days, sl_civil_to_days(date));
        EXPECT(date.day == last.day + 1 || date.day == 1);
        last = date;
    }
}

TEST(fmt, reads_rfc3339_with_offsets_and_decimals)
{
    static const struct {
        const char *text;
        int64_t want_us;
    } rows[] = {{"1970-01-01T00:00:00Z", 0},
                {"1994-11-06T08:49:37Z", 784111777000000},
                {"1994-11-06t09:49:37.25+01:00", 784111777250000},
                {"1994-11-05T21:19:37-11:30", 784111777000000},
                {"1969-12-31T23:59:59.9999999z", -1},
                {"2016-12-31T23:59:60Z", 1483228800000000}};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        int64_t us = 0;
        EXPECT(sl_parse_rfc3339(sl_cstr(rows[i].text), &us));
        EXPECT_EQ(rows[i].want_us, us);
    }
}

TEST(fmt, refuses_every_prefix_of_a_time_and_what_is_no_date)
{
    static const char *const bad[] = {
        "2023-02-29T00:00:00Z",      "2023-13-01T00:00:00Z",    "2023-00-01T00:00:00Z",
        "2023-01-01T24:00:00Z",      "2023-01-01T00:60:00Z",    "2023-01-01T00:00:61Z",
        "2023-01-01 00:00:00Z",      "2023-1-01T00:00:00Z",     "2023-01-01T00:00:00",
        "2023-01-01T00:00:00.Z",     "2023-01-01T00:00:00Z ",   "+023-01-01T00:00:00Z",
        "2023-01-01T00:00:00+24:00", "2023-01-01T00:00:00+0100"};
    const sl_str whole = SL_STR("1994-11-06T09:49:37.25+01:00");
    int64_t us;
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_parse_rfc3339(sl_cstr(bad[i]), &us));
    for (size_t n = 0; n < whole.n; n++)
        EXPECT(!sl_parse_rfc3339(sl_str_head(whole, n), &us));
}
