#include "base/num.h"
#include "base/str.h"

enum { EXPONENT_MAX = 9999 };

/* A number as written: digits before and behind the point, and the power of ten. */
struct written {
    sl_str whole, fraction;
    int64_t exponent;
};

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

static bool take_exponent(sl_str *s, int64_t *ret)
{
    size_t at = SL_MIN(sl_str_find(*s, 'e', 0), sl_str_find(*s, 'E', 0));
    if (at == SIZE_MAX)
        return true;

    sl_str digits = sl_str_from(*s, at + 1);
    bool is_negative = take_minus(&digits);
    uint64_t v;
    if (!is_negative && digits.n != 0 && digits.p[0] == '+')
        digits = sl_str_from(digits, 1);
    if (!sl_num_u64(digits, EXPONENT_MAX, &v))
        return false;
    *s = sl_str_head(*s, at);
    *ret = with_sign(v, is_negative);
    return true;
}

static bool is_digits(sl_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n != 0;
}

static bool take_written(sl_str s, struct written *ret)
{
    if (!take_exponent(&s, &ret->exponent))
        return false;
    size_t point = sl_str_find(s, '.', 0);
    ret->whole = sl_str_head(s, point);
    ret->fraction = point == SIZE_MAX ? (sl_str){NULL, 0} : sl_str_from(s, point + 1);
    return is_digits(ret->whole) && (point == SIZE_MAX || is_digits(ret->fraction));
}

/* The digit `i` places from the left; zeros follow the last. */
static uint64_t digit_at(const struct written *w, int64_t i)
{
    size_t at = (size_t)i;
    if (at < w->whole.n)
        return (uint64_t)(w->whole.p[at] - '0');
    at -= w->whole.n;
    return at < w->fraction.n ? (uint64_t)(w->fraction.p[at] - '0') : 0;
}

bool sl_num_rounded(sl_str s, unsigned scale, int64_t *ret)
{
    SL_ASSERT(scale <= SL_NUM_SCALE_MAX);
    struct written w = {0};
    bool is_negative = take_minus(&s);
    if (!take_written(s, &w))
        return false;

    uint64_t max = magnitude_max(is_negative), v = 0;
    int64_t kept = (int64_t)w.whole.n + w.exponent + (int64_t)scale;
    for (int64_t i = 0; i < kept; i++) {
        if (!push_digit(&v, 10, digit_at(&w, i), max))
            return false;
    }
    if (kept >= 0 && digit_at(&w, kept) >= 5 && !push_digit(&v, 1, 1, max))
        return false;
    *ret = with_sign(v, is_negative);
    return true;
}
