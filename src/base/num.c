#include "base/num.h"
#include "base/str.h"

/* Appends one digit of base `radix` to *v, or says that it would pass `max`. */
static bool push_digit(uint64_t *v, uint64_t radix, uint64_t digit, uint64_t max)
{
    uint64_t grown;
    if (__builtin_mul_overflow(*v, radix, &grown) || __builtin_add_overflow(grown, digit, &grown) ||
        grown > max)
        return false;
    *v = grown;
    return true;
}

static bool push_decimals(uint64_t *v, sl_str digits, uint64_t max)
{
    for (size_t i = 0; i < digits.n; i++) {
        char c = digits.p[i];
        if (c < '0' || c > '9' || !push_digit(v, 10, (uint64_t)(c - '0'), max))
            return false;
    }
    return true;
}

bool sl_num_u64(sl_str s, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;
    if (s.n == 0 || !push_decimals(&v, s, max))
        return false;
    *ret = v;
    return true;
}

static bool take_minus(sl_str *s)
{
    if (s->n == 0 || s->p[0] != '-')
        return false;
    *s = sl_str_from(*s, 1);
    return true;
}

/* The largest magnitude of an int64_t with that sign. */
static uint64_t magnitude_max(bool is_negative)
{
    return (uint64_t)INT64_MAX + (is_negative ? 1 : 0);
}

static int64_t with_sign(uint64_t magnitude, bool is_negative)
{
    return (int64_t)(is_negative ? 0 - magnitude : magnitude);
}

bool sl_num_i64(sl_str s, int64_t *ret)
{
    uint64_t v;
    bool is_negative = take_minus(&s);
    if (!sl_num_u64(s, magnitude_max(is_negative), &v))
        return false;
    *ret = with_sign(v, is_negative);
    return true;
}

bool sl_num_hex(sl_str s, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        int digit = sl_num_hex_digit(s.p[i]);
        if (digit < 0 || !push_digit(&v, 16, (uint64_t)digit, max))
            return false;
    }
    if (s.n == 0)
        return false;
    *ret = v;
    return true;
}

bool sl_num_decimal(sl_str s, unsigned scale, int64_t *ret)
{
    SL_ASSERT(scale <= SL_NUM_SCALE_MAX);
    bool is_negative = take_minus(&s);
    uint64_t max = magnitude_max(is_negative), v = 0;
    size_t point = sl_str_find(s, '.', 0);
    sl_str whole = sl_str_head(s, point);
    sl_str fraction = point == SIZE_MAX ? (sl_str){NULL, 0} : sl_str_from(s, point + 1);

    if (whole.n == 0 || (point != SIZE_MAX && fraction.n == 0) || fraction.n > scale)
        return false;
    if (!push_decimals(&v, whole, max) || !push_decimals(&v, fraction, max))
        return false;
    for (size_t i = fraction.n; i < scale; i++) {
        if (!push_digit(&v, 10, 0, max))
            return false;
    }
    *ret = with_sign(v, is_negative);
    return true;
}
