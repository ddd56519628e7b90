#include "base/fmt.h"
#include "base/str.h"

enum { DAY_S = 86400, SECOND_US = 1000000 };

static const int64_t MIN_S = -62167219200; /* 0000-01-01T00:00:00Z */
static const int64_t MAX_S = 253402300799; /* 9999-12-31T23:59:59Z */

static const char weekdays[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct instant {
    struct sl_civil date;
    int weekday; /* 0: Thursday, as 1970-01-01 was */
    int hour, minute, second;
};

/* Rounds towards minus infinity, as calendars need before 1970. */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/*
 * Years are counted from 1 March, so that the leap day is the last of its year; 400 of them have
 * 146097 days, and the months' lengths from March on follow (153 * m + 2) / 5.
 */
struct sl_civil sl_civil_from_days(int64_t days)
{
    int64_t since = days + 719468; /* 0000-03-01 */
    int64_t era = floor_div(since, 146097);
    int64_t day_of_era = since - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    return (struct sl_civil){.year = era * 400 + year_of_era + (month <= 2),
                             .month = month,
                             .day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1)};
}

int64_t sl_civil_to_days(struct sl_civil date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t march_month = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t day_of_year = (153 * march_month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool sl_civil_is_valid(struct sl_civil date)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    return date.day <= lengths[date.month - 1] + (date.month == 2 && is_leap(date.year));
}

static int64_t clamp(int64_t v, int64_t min, int64_t max)
{
    return v < min ? min : SL_MIN(v, max);
}

static struct instant split(int64_t unix_s)
{
    int64_t days = floor_div(unix_s, DAY_S);
    int second = (int)(unix_s - days * DAY_S);
    return (struct instant){.date = sl_civil_from_days(days),
                            .weekday = (int)(days - floor_div(days, 7) * 7),
                            .hour = second / 3600,
                            .minute = second / 60 % 60,
                            .second = second % 60};
}

static void add_digits(struct sl_strbuf *b, int64_t v, size_t width)
{
    char digits[8];
    SL_ASSERT(width <= sizeof(digits));
    for (size_t i = width; i-- != 0; v /= 10)
        digits[i] = (char)('0' + v % 10);
    sl_strbuf_add(b, (sl_str){digits, width});
}

static void add_time_of_day(struct sl_strbuf *b, const struct instant *t)
{
    add_digits(b, t->hour, 2);
    sl_strbuf_add_char(b, ':');
    add_digits(b, t->minute, 2);
    sl_strbuf_add_char(b, ':');
    add_digits(b, t->second, 2);
}

void sl_fmt_add_http_date(struct sl_strbuf *b, int64_t unix_s)
{
    struct instant t = split(clamp(unix_s, MIN_S, MAX_S));
    sl_strbuf_add(b, sl_cstr(weekdays[t.weekday]));
    sl_strbuf_add(b, SL_STR(", "));
    add_digits(b, t.date.day, 2);
    sl_strbuf_add_char(b, ' ');
    sl_strbuf_add(b, sl_cstr(months[t.date.month - 1]));
    sl_strbuf_add_char(b, ' ');
    add_digits(b, t.date.year, 4);
    sl_strbuf_add_char(b, ' ');
    add_time_of_day(b, &t);
    sl_strbuf_add(b, SL_STR(" GMT"));
}

sl_str sl_fmt_http_date(struct sl_arena *a, int64_t unix_s)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_fmt_add_http_date(&b, unix_s);
    return sl_strbuf_str(&b);
}

static void add_decimals(struct sl_strbuf *b, int64_t us)
{
    if (us == 0)
        return;
    sl_strbuf_add_char(b, '.');
    if (us % 1000 == 0)
        add_digits(b, us / 1000, 3);
    else
        add_digits(b, us, 6);
}

void sl_fmt_add_rfc3339(struct sl_strbuf *b, int64_t unix_us)
{
    int64_t us = clamp(unix_us, MIN_S * SECOND_US, MAX_S * SECOND_US + SECOND_US - 1);
    int64_t unix_s = floor_div(us, SECOND_US);
    struct instant t = split(unix_s);
    add_digits(b, t.date.year, 4);
    sl_strbuf_add_char(b, '-');
    add_digits(b, t.date.month, 2);
    sl_strbuf_add_char(b, '-');
    add_digits(b, t.date.day, 2);
    sl_strbuf_add_char(b, 'T');
    add_time_of_day(b, &t);
    add_decimals(b, us - unix_s * SECOND_US);
    sl_strbuf_add_char(b, 'Z');
}

sl_str sl_fmt_rfc3339(struct sl_arena *a, int64_t unix_us)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_fmt_add_rfc3339(&b, unix_us);
    return sl_strbuf_str(&b);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes exactly `width` digits off the front; they must be at most `max`. */
static bool take_digits(sl_str *s, size_t width, int max, int *ret)
{
    int v = 0;
    if (s->n < width)
        return false;
    for (size_t i = 0; i < width; i++) {
        if (!is_digit(s->p[i]))
            return false;
        v = v * 10 + (s->p[i] - '0');
    }
    *s = sl_str_from(*s, width);
    *ret = v;
    return v <= max;
}

static bool take_char(sl_str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = sl_str_from(*s, 1);
    return true;
}

static bool take_date(sl_str *s, int64_t *ret_days)
{
    int year, month, day;
    if (!take_digits(s, 4, 9999, &year) || !take_char(s, '-') || !take_digits(s, 2, 12, &month) ||
        !take_char(s, '-') || !take_digits(s, 2, 31, &day))
        return false;
    struct sl_civil date = {.year = year, .month = month, .day = day};
    if (!sl_civil_is_valid(date))
        return false;
    *ret_days = sl_civil_to_days(date);
    return true;
}

/* ".250" -> 250000; digits beyond the sixth are read and dropped. */
static bool take_decimals(sl_str *s, int64_t *ret_us)
{
    int64_t us = 0, weight = SECOND_US / 10;
    *ret_us = 0;
    if (!take_char(s, '.'))
        return true;
    if (s->n == 0 || !is_digit(s->p[0]))
        return false;
    for (; s->n != 0 && is_digit(s->p[0]); weight /= 10) {
        us += (s->p[0] - '0') * weight;
        *s = sl_str_from(*s, 1);
    }
    *ret_us = us;
    return true;
}

static bool take_time_of_day(sl_str *s, int64_t *ret_us)
{
    int hour, minute, second;
    int64_t decimals_us;
    if (!take_digits(s, 2, 23, &hour) || !take_char(s, ':') || !take_digits(s, 2, 59, &minute) ||
        !take_char(s, ':') || !take_digits(s, 2, 60, &second) || !take_decimals(s, &decimals_us))
        return false;
    *ret_us = (hour * 3600LL + minute * 60LL + second) * SECOND_US + decimals_us;
    return true;
}

static bool take_offset(sl_str *s, int64_t *ret_us)
{
    int hour, minute;
    *ret_us = 0;
    if (take_char(s, 'Z') || take_char(s, 'z'))
        return true;
    bool is_east = take_char(s, '+');
    if ((!is_east && !take_char(s, '-')) || !take_digits(s, 2, 23, &hour) || !take_char(s, ':') ||
        !take_digits(s, 2, 59, &minute))
        return false;
    int64_t offset_us = (hour * 3600LL + minute * 60LL) * SECOND_US;
    *ret_us = is_east ? offset_us : -offset_us;
    return true;
}

bool sl_parse_rfc3339(sl_str s, int64_t *ret_unix_us)
{
    int64_t days, time_us, offset_us;
    if (!take_date(&s, &days) || !(take_char(&s, 'T') || take_char(&s, 't')) ||
        !take_time_of_day(&s, &time_us) || !take_offset(&s, &offset_us) || s.n != 0)
        return false;
    *ret_unix_us = days * DAY_S * SECOND_US + time_us - offset_us;
    return true;
}
