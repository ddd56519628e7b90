/**
 * num: numbers from text, strictly. No spaces, no leading '+', no locale; the whole text must be the
 * number, without an exponent but where said. Leading zeros are allowed. Overflow is a failure, never a wrap.
 *
 * Every function returns false, and leaves *ret alone, when the text is not such a number.
 */
#pragma once
#include "base/base.h"

enum { SL_NUM_SCALE_MAX = 18 };

/** Decimal digits, at most `max`. */
bool sl_num_u64(sl_str s, uint64_t max, uint64_t *ret) SL_CHECKED;
/** Decimal digits with an optional leading '-'. */
bool sl_num_i64(sl_str s, int64_t *ret) SL_CHECKED;
/** Hexadecimal digits of either case, without "0x", at most `max`. */
bool sl_num_hex(sl_str s, uint64_t max, uint64_t *ret) SL_CHECKED;
/**
 * A decimal fraction as an exact integer: "-1.25" at scale 3 is -1250. More than `scale` digits
 * behind the point are refused, even zeros; so are "1." and ".5". `scale` <= SL_NUM_SCALE_MAX.
 */
bool sl_num_decimal(sl_str s, unsigned scale, int64_t *ret) SL_CHECKED;
/**
 * The same for numbers that a machine wrote, as JSON has them: an exponent is allowed (at most four
 * digits), and what is finer than `scale` is rounded, a half away from zero: "7.25e-7" at 8 is 73.
 */
bool sl_num_rounded(sl_str s, unsigned scale, int64_t *ret) SL_CHECKED;

/** The value of one hexadecimal digit, or -1. */
static inline int sl_num_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
