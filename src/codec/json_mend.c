/*
 * json: halves of surrogate pairs, which some writers leave behind when they cut a text between them.
 */
#include "base/num.h"
#include "base/str.h"
#include "codec/json.h"

enum { ESCAPE_BYTES = 6 }; /* \uXXXX */

static const sl_str replacement = SL_STR_INIT("\\ufffd");

/* The code unit of an escape that begins at `at`; -1: there is none. */
static int unit_at(sl_str s, size_t at)
{
    uint64_t unit;
    if (at + ESCAPE_BYTES > s.n || s.p[at] != '\\' || s.p[at + 1] != 'u' ||
        !sl_num_hex((sl_str){s.p + at + 2, 4}, 0xFFFF, &unit))
        return -1;
    return (int)unit;
}

static bool is_high(int unit)
{
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(int unit)
{
    return unit >= 0xDC00 && unit < 0xE000;
}

/* How many bytes at the backslash `at` belong together; *ret_is_half: they are half of a pair. */
static size_t escape_bytes(sl_str s, size_t at, bool *ret_is_half)
{
    int unit = unit_at(s, at);
    bool is_pair = is_high(unit) && is_low(unit_at(s, at + ESCAPE_BYTES));
    *ret_is_half = (is_high(unit) && !is_pair) || is_low(unit);
    if (unit < 0)
        return 2; /* another escape: its second byte may be a backslash */
    return is_pair ? 2 * ESCAPE_BYTES : ESCAPE_BYTES;
}

sl_str sl_json_mend(sl_str json, struct sl_arena *a)
{
    struct sl_strbuf out;
    size_t from = 0, at = 0;
    bool is_half;
    sl_strbuf_init(&out, a, 0);
    while ((at = sl_str_find(json, '\\', at)) != SIZE_MAX) {
        size_t n = escape_bytes(json, at, &is_half);
        if (is_half) {
            sl_strbuf_add(&out, (sl_str){json.p + from, at - from});
            sl_strbuf_add(&out, replacement);
            from = at + n;
        }
        at += n;
    }
    if (from == 0)
        return json;
    sl_strbuf_add(&out, sl_str_from(json, from));
    return out.is_full ? json : sl_strbuf_str(&out);
}
