/*
 * Numbers as JSON writes them, compared digit by digit: nothing is rounded, so that 0.1 is a multiple of 0.1 and
 * 9007199254740993 is more than 9007199254740992.
 */
#include "base/num.h"
#include "base/str.h"
#include "codec/jsonschema.h"

enum { EXPONENT_MAX = 1000000, UNIT_SCALE = 9, SHIFT_MAX = 400 };

/* 0.d1d2d3... * 10^exponent, without leading zeros; digits may have the point in between. */
struct number {
    bool is_negative, is_zero;
    sl_str digits;
    int64_t exponent;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Far beyond what a double has; two such numbers may count as equal. */
static int64_t read_exponent(sl_str s)
{
    int64_t e = 0;
    bool is_negative = s.n != 0 && s.p[0] == '-';
    s = sl_str_from(s, s.n != 0 && (s.p[0] == '-' || s.p[0] == '+'));
    for (size_t i = 0; i < s.n && e < EXPONENT_MAX; i++)
        e = e * 10 + (s.p[i] - '0');
    return is_negative ? -e : e;
}

static struct number read_number(sl_str s)
{
    struct number n = {.is_negative = s.n != 0 && s.p[0] == '-'};
    s = sl_str_from(s, n.is_negative);
    size_t e_at = 0;
    while (e_at < s.n && (s.p[e_at] | 0x20) != 'e')
        e_at++;
    sl_str mantissa = sl_str_head(s, e_at);
    size_t point = SL_MIN(sl_str_find(mantissa, '.', 0), mantissa.n), first = 0;
    while (first < mantissa.n && (mantissa.p[first] == '0' || mantissa.p[first] == '.'))
        first++;
    n.is_zero = first == mantissa.n;
    n.digits = sl_str_from(mantissa, first);
    n.exponent = first <= point ? (int64_t)(point - first) : -(int64_t)(first - point - 1);
    n.exponent += e_at < s.n ? read_exponent(sl_str_from(s, e_at + 1)) : 0;
    n.is_negative = n.is_negative && !n.is_zero;
    return n;
}

/* The next digit, 0 behind the last. */
static char next_digit(sl_str *digits)
{
    if (digits->n != 0 && !is_digit(digits->p[0]))
        *digits = sl_str_from(*digits, 1);
    if (digits->n == 0)
        return '0';
    char c = digits->p[0];
    *digits = sl_str_from(*digits, 1);
    return c;
}

static int compare_sizes(const struct number *a, const struct number *b)
{
    sl_str x = a->digits, y = b->digits;
    if (a->is_zero || b->is_zero)
        return (int)b->is_zero - (int)a->is_zero;
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    while (x.n != 0 || y.n != 0) {
        char p = next_digit(&x), q = next_digit(&y);
        if (p != q)
            return p < q ? -1 : 1;
    }
    return 0;
}

int sl_json_number_cmp(sl_str a, sl_str b)
{
    struct number x = read_number(a), y = read_number(b);
    if (x.is_negative != y.is_negative)
        return x.is_negative ? -1 : 1;
    int order = compare_sizes(&x, &y);
    return x.is_negative ? -order : order;
}

bool sl_json_number_is_whole(sl_str s)
{
    struct number n = read_number(s);
    int64_t at = 0;
    for (sl_str d = n.digits; d.n != 0; at++) {
        if (next_digit(&d) != '0' && at >= n.exponent)
            return false;
    }
    return true;
}

bool sl_json_number_is_multiple(sl_str s, sl_str unit)
{
    int64_t divisor;
    struct number n = read_number(s);
    if (!sl_num_rounded(unit, UNIT_SCALE, &divisor) || divisor <= 0 ||
        divisor > INT64_MAX / 10 - 10)
        return false;
    int64_t whole = n.exponent + UNIT_SCALE, rest = 0, at = 0;
    if (whole > SHIFT_MAX)
        return false;
    sl_str d = n.digits;
    for (; at < whole; at++)
        rest = (rest * 10 + (next_digit(&d) - '0')) % divisor;
    for (; d.n != 0;) {
        if (next_digit(&d) != '0')
            return false; /* finer than any unit */
    }
    return rest == 0;
}
