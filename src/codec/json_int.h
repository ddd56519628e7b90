/**
 * json_int: what the readers of JSON text (jsonscan, jsonrange, jsonstring) share.
 */
#pragma once
#include "base/num.h"
#include "codec/jsonrange.h"

/* \u006d: the most that one decoded byte can take. */
enum { SL_JSON_ESCAPED_BYTES = 6 };

static inline bool sl_json_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Most often there is nothing, or one space. */
static inline const char *sl_json_skip_space(const char *p, const char *end)
{
    while (p < end && (unsigned char)*p <= ' ' &&
           (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

static inline enum sl_json_kind sl_json_kind_of(char first)
{
    switch (first) {
    case '{':
        return SL_JSON_OBJECT;
    case '[':
        return SL_JSON_ARRAY;
    case '"':
        return SL_JSON_STRING;
    case 't':
        return SL_JSON_TRUE;
    case 'f':
        return SL_JSON_FALSE;
    case 'n':
        return SL_JSON_NULL;
    default:
        return first == '-' || sl_json_is_digit(first) ? SL_JSON_NUMBER : SL_JSON_NONE;
    }
}

/* The UTF-16 unit of "\uXXXX" at `p`, or -1. */
static inline int32_t sl_json_unit_at(const char *p, const char *end)
{
    if (end - p < SL_JSON_ESCAPED_BYTES || p[0] != '\\' || p[1] != 'u')
        return -1;
    int32_t unit = 0;
    for (int i = 2; i < SL_JSON_ESCAPED_BYTES; i++) {
        int digit = sl_num_hex_digit(p[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static inline bool sl_json_is_high(int32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static inline bool sl_json_is_low(int32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* What the one-letter escapes stand for; 0: no such escape. */
static const char sl_json_letter_values[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static inline char sl_json_letter_value(char c)
{
    return sl_json_letter_values[(unsigned char)c];
}

static inline bool sl_json_has_escape(sl_str inside)
{
    return inside.n != 0 && memchr(inside.p, '\\', inside.n) != NULL;
}

/** Decode the inside of a string into `out`, which has room for inside.n bytes. Returns the length. */
size_t sl_json_decode(sl_str inside, char *out);
