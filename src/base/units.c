#include "base/units.h"
#include "base/num.h"
#include "base/str.h"

enum { FRACTION_DIGITS = 6, FRACTION = 1000000 };

struct unit {
    sl_str name;
    int64_t factor;
};

/* Largest first: the writers take the first one that divides. */
static const struct unit spans[] = {
    {SL_STR_INIT("d"), 86400000000}, {SL_STR_INIT("h"), 3600000000}, {SL_STR_INIT("m"), 60000000},
    {SL_STR_INIT("s"), 1000000},     {SL_STR_INIT("ms"), 1000},      {SL_STR_INIT("us"), 1},
};

static const struct unit sizes[] = {
    {SL_STR_INIT("TiB"), 1LL << 40}, {SL_STR_INIT("TB"), 1000000000000},
    {SL_STR_INIT("GiB"), 1LL << 30}, {SL_STR_INIT("GB"), 1000000000},
    {SL_STR_INIT("MiB"), 1LL << 20}, {SL_STR_INIT("MB"), 1000000},
    {SL_STR_INIT("KiB"), 1LL << 10}, {SL_STR_INIT("KB"), 1000},
    {SL_STR_INIT("B"), 1},           {SL_STR_INIT(""), 1}, /* plain bytes */
};

static size_t number_length(sl_str s)
{
    size_t n = 0;
    while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.'))
        n++;
    return n;
}

static const struct unit *find_unit(const struct unit *units, size_t count, sl_str name)
{
    for (size_t i = 0; i < count; i++) {
        if (sl_str_eq(units[i].name, name))
            return &units[i];
    }
    return NULL;
}

static bool parse(const struct unit *units, size_t count, sl_str s, int64_t *ret)
{
    size_t digits = number_length(s);
    const struct unit *u = find_unit(units, count, sl_str_from(s, digits));
    sl_str number = sl_str_head(s, digits);
    int64_t whole, scaled;

    if (u == NULL)
        return false;
    if (sl_num_i64(number, &whole))
        return !__builtin_mul_overflow(whole, u->factor, ret);
    if (!sl_num_decimal(number, FRACTION_DIGITS, &scaled))
        return false;

    __int128 product = (__int128)scaled * u->factor;
    if (product % FRACTION != 0 || product / FRACTION > INT64_MAX)
        return false;
    *ret = (int64_t)(product / FRACTION);
    return true;
}

bool sl_units_span(sl_str s, sl_usec *ret)
{
    sl_usec span_us;
    if (!parse(spans, SL_LEN(spans), s, &span_us))
        return false;
    *ret = span_us;
    return true;
}

bool sl_units_size(sl_str s, uint64_t *ret)
{
    int64_t bytes;
    if (!parse(sizes, SL_LEN(sizes), s, &bytes))
        return false;
    *ret = (uint64_t)bytes;
    return true;
}

/* The largest unit of which `amount` is a multiple; NULL for 0 and when there is none. */
static const struct unit *exact_unit(const struct unit *units, size_t count, uint64_t amount)
{
    for (size_t i = 0; i < count && amount != 0; i++) {
        if (amount % (uint64_t)units[i].factor == 0)
            return &units[i];
    }
    return NULL;
}

void sl_units_add_span(struct sl_strbuf *b, sl_usec span_us)
{
    SL_ASSERT(span_us >= 0);
    const struct unit *u = exact_unit(spans, SL_LEN(spans), (uint64_t)span_us);
    sl_strbuf_add_i64(b, u != NULL ? span_us / u->factor : 0);
    sl_strbuf_add(b, u != NULL ? u->name : SL_STR("s"));
}

void sl_units_add_size(struct sl_strbuf *b, uint64_t bytes)
{
    const struct unit *u = exact_unit(sizes, SL_LEN(sizes), bytes);
    if (u == NULL || u->factor == 1) {
        sl_strbuf_add_u64(b, bytes);
        return;
    }
    sl_strbuf_add_u64(b, bytes / (uint64_t)u->factor);
    sl_strbuf_add(b, u->name);
}
