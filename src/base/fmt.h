/**
 * fmt: instants as text, and back. Proleptic Gregorian calendar in UTC; no libc time functions, no
 * locale, no clock; any thread.
 *
 * Texts have four-digit years: instants outside the years 0000 to 9999 are written as the nearest
 * one inside. (HTTP dates are parsed by codec/httpdate.)
 */
#pragma once
#include "base/strbuf.h"

/** A day of the calendar: month 1..12, day 1..31. */
struct sl_civil {
    int64_t year;
    int month, day;
};

/** The date that is `days` after 1970-01-01, and the other way. */
struct sl_civil sl_civil_from_days(int64_t days);
int64_t sl_civil_to_days(struct sl_civil date);
/** Does the month have that day? */
bool sl_civil_is_valid(struct sl_civil date);

/** RFC 9110 section 5.6.7, IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT". */
sl_str sl_fmt_http_date(struct sl_arena *a, int64_t unix_s);
void sl_fmt_add_http_date(struct sl_strbuf *b, int64_t unix_s);

/** RFC 3339 in UTC with as many of 0, 3 or 6 decimals as needed: "1994-11-06T08:49:37.250Z". */
sl_str sl_fmt_rfc3339(struct sl_arena *a, int64_t unix_us);
void sl_fmt_add_rfc3339(struct sl_strbuf *b, int64_t unix_us);

/**
 * RFC 3339 with any offset. Decimals below a microsecond are dropped; a leap second (":60") counts
 * as the first second of the next minute. False, and *ret_unix_us alone, when it is not one.
 */
bool sl_parse_rfc3339(sl_str s, int64_t *ret_unix_us) SL_CHECKED;
