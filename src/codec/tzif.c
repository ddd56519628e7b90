#include "codec/tzif.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/str.h"

enum { HEAD_BYTES = 44, OFFSET_S_MAX = 26 * 3600, DAY_S = 86400, RULE_HOURS_MAX = 167 };

struct head {
    char version;
    uint64_t is_ut, is_std, leaps, changes, types, chars;
};

/* ------------------------------------------------------------------ the file */

static uint32_t get_u32(const char *p)
{
    const uint8_t *b = (const uint8_t *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t get_i64(const char *p)
{
    return (int64_t)((uint64_t)get_u32(p) << 32 | get_u32(p + 4));
}

static bool take_head(sl_str *rest, struct head *ret)
{
    if (rest->n < HEAD_BYTES || memcmp(rest->p, "TZif", 4) != 0)
        return false;
    const char *p = rest->p + 20;
    *ret = (struct head){.version = rest->p[4],
                         .is_ut = get_u32(p),
                         .is_std = get_u32(p + 4),
                         .leaps = get_u32(p + 8),
                         .changes = get_u32(p + 12),
                         .types = get_u32(p + 16),
                         .chars = get_u32(p + 20)};
    *rest = sl_str_from(*rest, HEAD_BYTES);
    return true;
}

/* All counts are of 32 bits: nothing here can overflow. */
static uint64_t block_bytes(const struct head *h, uint64_t time_bytes)
{
    return h->changes * (time_bytes + 1) + h->types * 6 + h->chars + h->leaps * (time_bytes + 4) +
           h->is_std + h->is_ut;
}

static bool is_offset(int64_t offset_s)
{
    return offset_s >= -OFFSET_S_MAX && offset_s <= OFFSET_S_MAX;
}

static sl_rc take_changes(sl_str block, const struct head *h, struct sl_arena *a, struct sl_zone *z)
{
    const char *times = block.p, *kinds = times + h->changes * 8, *types = kinds + h->changes;
    int64_t *changes_s = sl_arena_array(a, int64_t, h->changes);
    int32_t *offsets_s = sl_arena_array(a, int32_t, h->changes);
    if (h->types == 0)
        return SL_E_SYNTAX;
    z->first_offset_s = (int32_t)get_u32(types);
    for (size_t i = 0; i < h->changes; i++) {
        uint8_t kind = (uint8_t)kinds[i];
        changes_s[i] = get_i64(times + i * 8);
        if (kind >= h->types || (i != 0 && changes_s[i] <= changes_s[i - 1]))
            return SL_E_SYNTAX;
        offsets_s[i] = (int32_t)get_u32(types + (size_t)kind * 6);
        if (!is_offset(offsets_s[i]))
            return SL_E_SYNTAX;
    }
    z->changes_s = changes_s;
    z->offsets_s = offsets_s;
    z->change_count = h->changes;
    return is_offset(z->first_offset_s) ? SL_OK : SL_E_SYNTAX;
}

/* ------------------------------------------------------------------ the rule at its end */

static bool take_char(sl_str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = sl_str_from(*s, 1);
    return true;
}

static bool take_number(sl_str *s, int64_t max, int64_t *ret)
{
    int64_t v = 0;
    size_t n = 0;
    for (; n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9'; n++)
        v = v * 10 + (s->p[n] - '0');
    *s = sl_str_from(*s, n);
    *ret = v;
    return n != 0 && v <= max;
}

/* "CET" or "<+03>" */
static bool take_name(sl_str *s)
{
    bool is_quoted = take_char(s, '<');
    size_t n = 0;
    while (n < s->n &&
           (is_quoted ? s->p[n] != '>' : (s->p[n] | 0x20) >= 'a' && (s->p[n] | 0x20) <= 'z'))
        n++;
    *s = sl_str_from(*s, n);
    return n != 0 && (!is_quoted || take_char(s, '>'));
}

/* [+-]h[:m[:s]] */
static bool take_time(sl_str *s, int64_t *ret_s)
{
    int64_t hours, minutes = 0, seconds = 0;
    bool is_negative = take_char(s, '-');
    if (!is_negative)
        (void)take_char(s, '+');
    if (!take_number(s, RULE_HOURS_MAX, &hours))
        return false;
    if (take_char(s, ':') && !take_number(s, 59, &minutes))
        return false;
    if (take_char(s, ':') && !take_number(s, 59, &seconds))
        return false;
    int64_t v = hours * 3600 + minutes * 60 + seconds;
    *ret_s = is_negative ? -v : v;
    return true;
}

/* West is positive there. */
static bool take_offset(sl_str *s, int32_t *ret_s)
{
    int64_t v;
    if (!take_time(s, &v) || !is_offset(v))
        return false;
    *ret_s = (int32_t)-v;
    return true;
}

/* ",M3.5.0/2" */
static bool take_day(sl_str *s, struct sl_zone_rule_day *ret)
{
    int64_t month, week, weekday;
    if (!take_char(s, ',') || !take_char(s, 'M') || !take_number(s, 12, &month) ||
        !take_char(s, '.') || !take_number(s, 5, &week) || !take_char(s, '.') ||
        !take_number(s, 6, &weekday) || month == 0 || week == 0)
        return false;
    *ret = (struct sl_zone_rule_day){(int)month, (int)week, (int)weekday, 2 * 3600};
    return !take_char(s, '/') || take_time(s, &ret->time_s);
}

static bool take_rule(sl_str s, struct sl_zone *z)
{
    if (s.n == 0)
        return true;
    if (!take_name(&s) || !take_offset(&s, &z->rule_offset_s))
        return false;
    z->has_rule = true;
    if (s.n == 0)
        return true;
    z->has_summer = true;
    z->summer_offset_s = z->rule_offset_s + 3600;
    if (!take_name(&s) || (s.n != 0 && s.p[0] != ',' && !take_offset(&s, &z->summer_offset_s)))
        return false;
    return take_day(&s, &z->summer_begins) && take_day(&s, &z->summer_ends) && s.n == 0;
}

sl_rc sl_tzif_read(sl_str bytes, struct sl_arena *a, struct sl_zone *ret)
{
    struct head h;
    struct sl_zone z = {0};
    if (bytes.n > SL_TZIF_BYTES_MAX || !take_head(&bytes, &h) || block_bytes(&h, 4) > bytes.n)
        return SL_E_SYNTAX;
    if (h.version < '2')
        return SL_E_UNSUPPORTED;
    bytes = sl_str_from(bytes, (size_t)block_bytes(&h, 4));
    if (!take_head(&bytes, &h) || block_bytes(&h, 8) > bytes.n)
        return SL_E_SYNTAX;
    sl_rc rc = take_changes(bytes, &h, a, &z);
    if (rc != SL_OK)
        return rc;
    sl_str rule = sl_str_from(bytes, (size_t)block_bytes(&h, 8));
    if (rule.n < 2 || rule.p[0] != '\n' || rule.p[rule.n - 1] != '\n')
        return SL_E_SYNTAX;
    if (!take_rule((sl_str){rule.p + 1, rule.n - 2}, &z))
        return SL_E_UNSUPPORTED;
    *ret = z;
    return SL_OK;
}

bool sl_zone_fixed(sl_str text, struct sl_zone *ret)
{
    int64_t hours, minutes;
    bool is_west = text.n != 0 && text.p[0] == '-';
    *ret = (struct sl_zone){.has_rule = true};
    if (sl_str_eq(text, SL_STR("UTC")) || sl_str_eq(text, SL_STR("Z")))
        return true;
    if (text.n < 5 || !(is_west || text.p[0] == '+') || (text.n == 6) != (text.p[3] == ':'))
        return false;
    sl_str h = {text.p + 1, 2}, m = sl_str_from(text, text.n - 2);
    if (text.n > 6 || !take_number(&h, 23, &hours) || !take_number(&m, 59, &minutes) || h.n != 0 ||
        m.n != 0)
        return false;
    ret->rule_offset_s = (int32_t)(hours * 3600 + minutes * 60) * (is_west ? -1 : 1);
    return true;
}

/* ------------------------------------------------------------------ asking it */

/* Local seconds since 1970 when the rule's day of that year comes. */
static int64_t instant_of(const struct sl_zone_rule_day *day, int64_t year)
{
    int64_t first = sl_civil_to_days((struct sl_civil){year, day->month, 1});
    int64_t next = day->month == 12 ? sl_civil_to_days((struct sl_civil){year + 1, 1, 1})
                                    : sl_civil_to_days((struct sl_civil){year, day->month + 1, 1});
    int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int64_t at = first + (day->weekday - weekday + 7) % 7 + (int64_t)(day->week - 1) * 7;
    while (at >= next)
        at -= 7;
    return at * DAY_S + day->time_s;
}

static int32_t rule_offset(const struct sl_zone *z, int64_t at_s)
{
    if (!z->has_summer)
        return z->rule_offset_s;
    int64_t local_s = at_s + z->rule_offset_s;
    int64_t days = local_s / DAY_S - (local_s % DAY_S < 0);
    int64_t year = sl_civil_from_days(days).year;
    int64_t begins_s = instant_of(&z->summer_begins, year) - z->rule_offset_s;
    int64_t ends_s = instant_of(&z->summer_ends, year) - z->summer_offset_s;
    bool is_summer =
        begins_s < ends_s ? at_s >= begins_s && at_s < ends_s : at_s >= begins_s || at_s < ends_s;
    return is_summer ? z->summer_offset_s : z->rule_offset_s;
}

int32_t sl_zone_offset_s(const struct sl_zone *z, int64_t at_s)
{
    size_t from = 0, until = z->change_count; /* how many changes came by then */
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        if (z->changes_s[middle] <= at_s)
            from = middle + 1;
        else
            until = middle;
    }
    if (from == z->change_count && z->has_rule)
        return rule_offset(z, at_s);
    return from == 0 ? z->first_offset_s : z->offsets_s[from - 1];
}
