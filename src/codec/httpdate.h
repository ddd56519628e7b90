/**
 * httpdate: HTTP dates (RFC 9110, 5.6.7) in all three forms, and the delays vendors ask for.
 */
#pragma once
#include "base/base.h"

/** IMF-fixdate, RFC 850 and asctime forms to Unix seconds. False when malformed. */
bool sl_httpdate_parse(sl_str text, int64_t *ret_unix_s);
/** Retry-After: seconds (also fractional) or a date, as a delay from `now_unix_s`; never negative. False when malformed. */
bool sl_retry_after_parse(sl_str text, int64_t now_unix_s, sl_usec *ret_delay_us);
/** "1m2.5s", "20ms", "6h", plain seconds, or an epoch (seconds or milliseconds) in the future: x-ratelimit-reset-*. */
bool sl_reset_parse(sl_str text, int64_t now_unix_s, sl_usec *ret_delay_us);
