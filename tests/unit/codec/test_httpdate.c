#include "codec/httpdate.h"

#include "tests/test.h"

TEST(httpdate, all_three_forms_mean_the_same_instant)
{
    static const sl_str texts[] = {
        SL_STR_INIT("Sun, 06 Nov 1994 08:49:37 GMT"),
        SL_STR_INIT("Sunday, 06-Nov-94 08:49:37 GMT"),
        SL_STR_INIT("Sun Nov  6 08:49:37 1994"),
        SL_STR_INIT(" Sun, 06 Nov 1994 08:49:37 GMT\t"),
    };
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        int64_t unix_s = 0;
        EXPECT(sl_httpdate_parse(texts[i], &unix_s));
        EXPECT_EQ(784111777, unix_s);
    }
}

TEST(httpdate, calendars_are_known)
{
    static const struct {
        sl_str text;
        int64_t unix_s;
    } rows[] = {
        {SL_STR_INIT("Thu, 01 Jan 1970 00:00:00 GMT"), 0},
        {SL_STR_INIT("Thu, 29 Feb 2024 23:59:59 GMT"), 1709251199},
        {SL_STR_INIT("Tue, 29 Feb 2000 00:00:00 GMT"), 951782400},
        {SL_STR_INIT("Thu Nov 26 00:00:00 2026"), 1795651200},
        {SL_STR_INIT("Friday, 01-Jan-27 00:00:00 GMT"), 1798761600},
        {SL_STR_INIT("Mon, 01 Jan 1601 00:00:00 GMT"), -11644473600},
        {SL_STR_INIT("Fri, 31 Dec 9999 23:59:60 GMT"), 253402300800},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        int64_t unix_s = 0;
        EXPECT(sl_httpdate_parse(rows[i].text, &unix_s));
        EXPECT_EQ(rows[i].unix_s, unix_s);
    }
}

TEST(httpdate, malformed_dates_are_refused)
{
    static const sl_str texts[] = {
        SL_STR_INIT(""),
        SL_STR_INIT("now"),
        SL_STR_INIT("Sun, 06 Nov 1994 08:49:37"),
        SL_STR_INIT("Sun, 06 Nov 1994 08:49:37 UTC"),
        SL_STR_INIT("Sun, 06 Nov 1994 08:49:37 GMTx"),
        SL_STR_INIT("Sun, 6 Nov 1994 08:49:37 GMT"),
        SL_STR_INIT("Sun, 06 nov 1994 08:49:37 GMT"),
        SL_STR_INIT("Sun, 31 Nov 1994 08:49:37 GMT"),
        SL_STR_INIT("Sun, 00 Nov 1994 08:49:37 GMT"),
        SL_STR_INIT("Wed, 29 Feb 2023 00:00:00 GMT"),
        SL_STR_INIT("Wed, 29 Feb 1900 00:00:00 GMT"),
        SL_STR_INIT("Sun, 06 Nov 1994 24:00:00 GMT"),
        SL_STR_INIT("Sun, 06 Nov 1994 08:60:00 GMT"),
        SL_STR_INIT("Sun, 06 Nov 1994 08:00:61 GMT"),
        SL_STR_INIT("Xyz, 06 Nov 1994 08:49:37 GMT"),
        SL_STR_INIT("784111777"),
    };
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        int64_t unix_s;
        EXPECT(!sl_httpdate_parse(texts[i], &unix_s));
    }
}

TEST(httpdate, a_date_cut_anywhere_is_refused)
{
    static const sl_str texts[] = {
        SL_STR_INIT("Sun, 06 Nov 1994 08:49:37 GMT"),
        SL_STR_INIT("Sunday, 06-Nov-94 08:49:37 GMT"),
        SL_STR_INIT("Sun Nov  6 08:49:37 1994"),
    };
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        for (size_t n = 0; n < texts[i].n; n++) {
            int64_t unix_s;
            EXPECT(!sl_httpdate_parse((sl_str){texts[i].p, n}, &unix_s));
        }
    }
}

struct delay {
    sl_str text;
    bool is_valid;
    sl_usec us;
};

static void expect_delays(const struct delay *rows, size_t n,
                          bool (*parse)(sl_str text, int64_t now_unix_s, sl_usec *ret))
{
    for (size_t i = 0; i < n; i++) {
        sl_usec us = -1;
        bool is_valid = parse(rows[i].text, 784111000, &us);
        if (is_valid != rows[i].is_valid || (is_valid && us != rows[i].us))
            fail_msg("%s: wanted %d %lld, got %d %lld", rows[i].text.p, rows[i].is_valid,
                     (long long)rows[i].us, is_valid, (long long)us);
    }
}

TEST(httpdate, retry_after_is_seconds_or_a_date)
{
    static const struct delay rows[] = {
        {SL_STR_INIT("0"), true, 0},
        {SL_STR_INIT("120"), true, SL_SECONDS(120)},
        {SL_STR_INIT("1.5"), true, 1500000},
        {SL_STR_INIT(" 7 "), true, SL_SECONDS(7)},
        {SL_STR_INIT("0.0000019"), true, 1},
        {SL_STR_INIT("99999999999999999999999"), true, INT64_MAX},
        {SL_STR_INIT("Sun, 06 Nov 1994 08:49:37 GMT"), true, SL_SECONDS(777)},
        {SL_STR_INIT("Sun, 06 Nov 1984 08:49:37 GMT"), true, 0},
        {SL_STR_INIT(""), false, 0},
        {SL_STR_INIT("-1"), false, 0},
        {SL_STR_INIT("+1"), false, 0},
        {SL_STR_INIT("1."), false, 0},
        {SL_STR_INIT(".5"), false, 0},
        {SL_STR_INIT("1s"), false, 0},
        {SL_STR_INIT("soon"), false, 0},
    };
    expect_delays(rows, SL_LEN(rows), sl_retry_after_parse);
}

TEST(httpdate, resets_come_in_the_forms_of_the_vendors)
{
    static const struct delay rows[] = {
        {SL_STR_INIT("1m2.5s"), true, 62500000},
        {SL_STR_INIT("20ms"), true, 20000},
        {SL_STR_INIT("6m0s"), true, SL_SECONDS(360)},
        {SL_STR_INIT("6h"), true, SL_SECONDS(21600)},
        {SL_STR_INIT("1d1h"), true, SL_SECONDS(90000)},
        {SL_STR_INIT("7.66s"), true, 7660000},
        {SL_STR_INIT("17"), true, SL_SECONDS(17)},
        {SL_STR_INIT("0.25"), true, 250000},
        {SL_STR_INIT("1000000000"), true, SL_SECONDS(215889000)},
        {SL_STR_INIT("1000000000000"), true, SL_SECONDS(215889000)},
        {SL_STR_INIT("1994-11-06T08:49:37Z"), true, SL_SECONDS(777)},
        {SL_STR_INIT("1994-11-06T09:49:37.5+01:00"), true, SL_SECONDS(777)},
        {SL_STR_INIT("1994-11-06T08:19:37-00:30"), true, SL_SECONDS(777)},
        {SL_STR_INIT("1984-11-06T08:49:37Z"), true, 0},
        {SL_STR_INIT("99999999999999999999d1h"), true, INT64_MAX},
        {SL_STR_INIT(""), false, 0},
        {{0}, false, 0},
        {SL_STR_INIT("-5s"), false, 0},
        {SL_STR_INIT("5x"), false, 0},
        {SL_STR_INIT("s"), false, 0},
        {SL_STR_INIT("5s5"), false, 0},
        {SL_STR_INIT("1m 2s"), false, 0},
        {SL_STR_INIT("1994-11-06T08:49:37"), false, 0},
        {SL_STR_INIT("1994-13-06T08:49:37Z"), false, 0},
    };
    expect_delays(rows, SL_LEN(rows), sl_reset_parse);
}
