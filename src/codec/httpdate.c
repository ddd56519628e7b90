#include "codec/httpdate.h"

#include "base/str.h"

enum { DAY_S = 86400 };

/* A plain number is a delay below the first of these, then an epoch: in seconds, in milliseconds. */
#define EPOCH_FROM SL_SECONDS(1000000000)
#define EPOCH_MS_FROM SL_SECONDS(100000000000)

/** Text that is taken off the front; every take_ returns false, and what was taken is lost, on a mismatch. */
struct scan {
    const char *p, *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take(struct scan *s, const char *literal)
{
    size_t n = strlen(literal);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, literal, n) != 0)
        return false;
    s->p += n;
    return true;
}

static bool take_digits(struct scan *s, int count, int *ret)
{
    int v = 0;
    for (int i = 0; i < count; i++, s->p++) {
        if (s->p == s->end || !is_digit(*s->p))
            return false;
        v = v * 10 + (*s->p - '0');
    }
    *ret = v;
    return true;
}

/** Take one of `names`; its index, or -1. */
static int take_name(struct scan *s, const char *const *names, int n)
{
    for (int i = 0; i < n; i++) {
        if (take(s, names[i]))
            return i;
    }
    return -1;
}

static const char *const short_days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char *const long_days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct civil {
    int year, month, day; /* month 1 to 12 */
    int hour, minute, second;
};

static bool take_month(struct scan *s, struct civil *t)
{
    t->month = take_name(s, months, SL_LEN(months)) + 1;
    return t->month != 0;
}

static bool take_clock(struct scan *s, struct civil *t)
{
    return take_digits(s, 2, &t->hour) && take(s, ":") && take_digits(s, 2, &t->minute) &&
           take(s, ":") && take_digits(s, 2, &t->second);
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_possible(const struct civil *t)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (t->month < 1 || t->month > 12 || t->day < 1)
        return false;
    if (t->day > days[t->month - 1] + (t->month == 2 && is_leap(t->year)))
        return false;
    return t->hour < 24 && t->minute < 60 && t->second <= 60; /* 60: a leap second */
}

/** Days since 1970-01-01 of the Gregorian calendar, counted in years that begin in March. */
static int64_t days_of(const struct civil *t)
{
    int64_t year = t->year - (t->month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (t->month + (t->month > 2 ? -3 : 9)) + 2) / 5 + t->day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t seconds_of(const struct civil *t)
{
    return days_of(t) * DAY_S + t->hour * 3600 + t->minute * 60 + t->second;
}

/** "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool take_imf(struct scan s, struct civil *t)
{
    return take_name(&s, short_days, SL_LEN(short_days)) >= 0 && take(&s, ", ") &&
           take_digits(&s, 2, &t->day) && take(&s, " ") && take_month(&s, t) && take(&s, " ") &&
           take_digits(&s, 4, &t->year) && take(&s, " ") && take_clock(&s, t) && take(&s, " GMT") &&
           s.p == s.end;
}

/** "Sunday, 06-Nov-94 08:49:37 GMT": 70 to 99 are of the last century, the rest of this one. */
static bool take_rfc850(struct scan s, struct civil *t)
{
    bool is_one = take_name(&s, long_days, SL_LEN(long_days)) >= 0 && take(&s, ", ") &&
                  take_digits(&s, 2, &t->day) && take(&s, "-") && take_month(&s, t) &&
                  take(&s, "-") && take_digits(&s, 2, &t->year) && take(&s, " ") &&
                  take_clock(&s, t) && take(&s, " GMT") && s.p == s.end;
    t->year += t->year >= 70 ? 1900 : 2000;
    return is_one;
}

/** "Sun Nov  6 08:49:37 1994" */
static bool take_asctime(struct scan s, struct civil *t)
{
    return take_name(&s, short_days, SL_LEN(short_days)) >= 0 && take(&s, " ") &&
           take_month(&s, t) && take(&s, " ") && take_digits(&s, take(&s, " ") ? 1 : 2, &t->day) &&
           take(&s, " ") && take_clock(&s, t) && take(&s, " ") && take_digits(&s, 4, &t->year) &&
           s.p == s.end;
}

static struct scan scan_of(sl_str text)
{
    text = sl_str_trim(text);
    if (text.n == 0)
        text.p = ""; /* nothing may be added to a null pointer, not even zero */
    return (struct scan){text.p, text.p + text.n};
}

bool sl_httpdate_parse(sl_str text, int64_t *ret_unix_s)
{
    struct civil t = {0};
    struct scan s = scan_of(text);
    if (!take_imf(s, &t) && !take_rfc850(s, &t) && !take_asctime(s, &t))
        return false;
    if (!is_possible(&t))
        return false;
    *ret_unix_s = seconds_of(&t);
    return true;
}

/** A decimal number of units of `unit_us`, in microseconds; saturates. */
static bool take_decimal(struct scan *s, int64_t unit_us, int64_t *ret_us)
{
    int64_t whole = 0, fraction_us = 0;
    if (s->p == s->end || !is_digit(*s->p))
        return false;
    for (; s->p < s->end && is_digit(*s->p); s->p++) {
        if (__builtin_mul_overflow(whole, 10, &whole))
            whole = INT64_MAX;
        whole = sl_add_sat_i64(whole, *s->p - '0');
    }
    if (s->end - s->p >= 2 && s->p[0] == '.' && is_digit(s->p[1])) {
        int64_t place_us = unit_us;
        for (s->p++; s->p < s->end && is_digit(*s->p); s->p++)
            fraction_us += (place_us /= 10) * (*s->p - '0');
    }
    if (__builtin_mul_overflow(whole, unit_us, &whole))
        whole = INT64_MAX;
    *ret_us = sl_add_sat_i64(whole, fraction_us);
    return true;
}

static sl_usec delay_until(int64_t at_unix_s, int64_t now_unix_s)
{
    sl_usec delay_us;
    if (at_unix_s <= now_unix_s)
        return 0;
    if (__builtin_mul_overflow(at_unix_s - now_unix_s, SL_SECONDS(1), &delay_us))
        return INT64_MAX;
    return delay_us;
}

bool sl_retry_after_parse(sl_str text, int64_t now_unix_s, sl_usec *ret_delay_us)
{
    int64_t delay_us, at_unix_s;
    struct scan s = scan_of(text);
    if (take_decimal(&s, SL_SECONDS(1), &delay_us) && s.p == s.end) {
        *ret_delay_us = delay_us;
        return true;
    }
    if (!sl_httpdate_parse(text, &at_unix_s))
        return false;
    *ret_delay_us = delay_until(at_unix_s, now_unix_s);
    return true;
}

/** "Z" or "+01:30"; west is negative. */
static bool take_zone(struct scan *s, int *ret_east_s)
{
    int hours, minutes;
    *ret_east_s = 0;
    if (take(s, "Z"))
        return true;
    bool is_west = s->p < s->end && *s->p == '-';
    if (!take(s, is_west ? "-" : "+") || !take_digits(s, 2, &hours) || !take(s, ":") ||
        !take_digits(s, 2, &minutes))
        return false;
    *ret_east_s = (hours * 60 + minutes) * (is_west ? -60 : 60);
    return hours < 24 && minutes < 60;
}

/** "2026-11-23T09:00:00.25Z" (RFC 3339); the fraction does not count. */
static bool take_timestamp(struct scan s, int64_t *ret_unix_s)
{
    struct civil t = {0};
    int64_t ignored_us;
    int east_s;
    if (!take_digits(&s, 4, &t.year) || !take(&s, "-") || !take_digits(&s, 2, &t.month) ||
        !take(&s, "-") || !take_digits(&s, 2, &t.day) || !take(&s, "T") || !take_clock(&s, &t))
        return false;
    if (take(&s, ".") && !take_decimal(&s, 1, &ignored_us))
        return false;
    if (!take_zone(&s, &east_s) || s.p != s.end || !is_possible(&t))
        return false;
    *ret_unix_s = seconds_of(&t) - east_s;
    return true;
}

/** Parts such as "1m" and "2.5s", in any order, at least one. */
static bool take_span(struct scan s, sl_usec *ret_us)
{
    static const struct {
        const char *name;
        sl_usec us;
    } units[] = {
        {"ms", SL_MS(1)},        {"s", SL_SECONDS(1)},     {"m", SL_SECONDS(60)},
        {"h", SL_SECONDS(3600)}, {"d", SL_SECONDS(86400)},
    };
    sl_usec sum_us = 0;
    do {
        struct scan number = s;
        int64_t part_us;
        size_t unit = 0;
        if (!take_decimal(&s, 1, &part_us))
            return false;
        while (unit < SL_LEN(units) && !take(&s, units[unit].name))
            unit++;
        if (unit == SL_LEN(units) || !take_decimal(&number, units[unit].us, &part_us))
            return false;
        sum_us = sl_add_sat_i64(sum_us, part_us);
    } while (s.p != s.end);
    *ret_us = sum_us;
    return true;
}

bool sl_reset_parse(sl_str text, int64_t now_unix_s, sl_usec *ret_delay_us)
{
    int64_t number_us, at_unix_s;
    struct scan s = scan_of(text), plain = s;
    if (take_decimal(&plain, SL_SECONDS(1), &number_us) && plain.p == plain.end) {
        if (number_us < EPOCH_FROM)
            *ret_delay_us = number_us;
        else
            *ret_delay_us = delay_until(
                number_us / SL_SECONDS(number_us < EPOCH_MS_FROM ? 1 : 1000), now_unix_s);
        return true;
    }
    if (!take_timestamp(s, &at_unix_s))
        return take_span(s, ret_delay_us);
    *ret_delay_us = delay_until(at_unix_s, now_unix_s);
    return true;
}
