/**
 * httpdate: HTTP dates (RFC 9110, 5.6.7) in all three forms, and the delays vendors ask for.
 */
#pragma once
#include "base/base.h"

/**
 * IMF-fixdate, RFC 850 and asctime forms to Unix seconds. False when malformed. The day of the week
 * must be one but need not fit; two-digit years are 1970 to 2069.
 */
bool sl_httpdate_parse(sl_str text, int64_t *ret_unix_s);
/** Retry-After: seconds (also fractional) or a date, as a delay from `now_unix_s`; never negative, saturating. */
bool sl_retry_after_parse(sl_str text, int64_t now_unix_s, sl_usec *ret_delay_us);
/**
 * x-ratelimit-reset-* and its kin: "1m2.5s", "20ms", "6h", plain seconds, an epoch (seconds or
 * milliseconds: numbers from 10^9 and 10^11 on), or an RFC 3339 time, as a delay from `now_unix_s`;
 * never negative, saturating. False when malformed.
 */
bool sl_reset_parse(sl_str text, int64_t now_unix_s, sl_usec *ret_delay_us);
