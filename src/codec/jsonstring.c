#include "codec/jsonstring.h"

#include "base/err.h"
#include "base/str.h"
#include "codec/bytescan.h"
#include "codec/json_int.h"

/* UTF-8 of a scalar value; lone surrogates become U+FFFD. Returns the end of what was written. */
static char *put_rune(char *out, uint32_t rune)
{
    if (rune >= 0xd800 && rune <= 0xdfff)
        rune = 0xfffd;
    if (rune < 0x80) {
        *out++ = (char)rune;
    } else if (rune < 0x800) {
        *out++ = (char)(0xc0 | rune >> 6);
        *out++ = (char)(0x80 | (rune & 0x3f));
    } else {
        if (rune < 0x10000) {
            *out++ = (char)(0xe0 | rune >> 12);
        } else {
            *out++ = (char)(0xf0 | rune >> 18);
            *out++ = (char)(0x80 | (rune >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (rune >> 6 & 0x3f));
        *out++ = (char)(0x80 | (rune & 0x3f));
    }
    return out;
}

/* Decode the escape at *p, step over it, and return the end of what was written. */
static char *decode_escape(const char **p, const char *end, char *out)
{
    int32_t unit = sl_json_unit_at(*p, end);
    if (unit < 0) {
        *out = end - *p >= 2 ? sl_json_letter_value((*p)[1]) : 0;
        *p += SL_MIN(2, end - *p);
        return out + 1;
    }
    *p += SL_JSON_ESCAPED_BYTES;
    int32_t low = sl_json_is_high(unit) ? sl_json_unit_at(*p, end) : -1;
    if (!sl_json_is_low(low))
        return put_rune(out, (uint32_t)unit);
    *p += SL_JSON_ESCAPED_BYTES;
    return put_rune(out, 0x10000 + ((uint32_t)(unit - 0xd800) << 10 | (uint32_t)(low - 0xdc00)));
}

/* Decode whole steps as long as that much is left, which is the room that is left, too. */
static char *decode_steps(const char **from, const char *end, char *out)
{
    const char *p = *from;
    while (end - p >= SL_SCAN_STEP) {
        unsigned n = sl_scan_backslash_step(p);
        memcpy(out, p, SL_SCAN_STEP);
        p += n;
        out += n;
        if (n == SL_SCAN_STEP)
            continue;
        char letter = end - p >= 2 ? sl_json_letter_value(p[1]) : 0;
        if (letter == 0)
            break;
        *out++ = letter;
        p += 2;
    }
    *from = p;
    return out;
}

size_t sl_json_decode(sl_str inside, char *out)
{
    const char *p = inside.p, *end = inside.p + inside.n;
    char *start = out;
    while (out = decode_steps(&p, end, out), p < end) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        size_t n = (size_t)((escape != NULL ? escape : end) - p);
        memcpy(out, p, n);
        out += n;
        p += n;
        if (p < end)
            out = decode_escape(&p, end, out);
    }
    return (size_t)(out - start);
}

/* The inside of a string, or p == NULL. */
static sl_str unquote(sl_str raw)
{
    if (raw.n < 2 || raw.p[0] != '"' || raw.p[raw.n - 1] != '"')
        return (sl_str){NULL, 0};
    return (sl_str){raw.p + 1, raw.n - 2};
}

bool sl_json_string_eq(sl_str raw, sl_str want)
{
    sl_str inside = unquote(raw);
    if (inside.p == NULL || inside.n < want.n || inside.n > want.n * SL_JSON_ESCAPED_BYTES)
        return false;
    if (!sl_json_has_escape(inside))
        return sl_str_eq(inside, want);
    const char *p = inside.p, *end = inside.p + inside.n;
    size_t at = 0;
    while (p < end) {
        char piece[4];
        size_t n = 1;
        piece[0] = *p;
        if (*p == '\\')
            n = (size_t)(decode_escape(&p, end, piece) - piece);
        else
            p++;
        if (want.n - at < n || memcmp(want.p + at, piece, n) != 0)
            return false;
        at += n;
    }
    return at == want.n;
}

sl_rc sl_json_string_decode(sl_str raw, struct sl_arena *a, sl_str *ret)
{
    sl_str inside = unquote(raw);
    if (inside.p == NULL)
        return SL_E_SYNTAX;
    if (!sl_json_has_escape(inside)) {
        *ret = inside;
        return SL_OK;
    }
    char *out = sl_arena_try_raw(a, inside.n);
    if (out == NULL)
        return SL_E_LIMIT;
    *ret = (sl_str){out, sl_json_decode(inside, out)};
    return SL_OK;
}
