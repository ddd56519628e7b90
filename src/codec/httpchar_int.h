/**
 * httpchar: which bytes may stand where in HTTP/1 (RFC 9110, 5.6.2 and 5.5; RFC 3986), as one table.
 */
#pragma once
#include "base/base.h"

enum {
    CHAR_TOKEN = 1,       /* methods, field names */
    CHAR_UNDERSCORE = 2,  /* a token byte too, but aliases '-' for CGI-like servers */
    CHAR_VALUE = 4,       /* field values: HTAB, SP, VCHAR, obs-text */
    CHAR_TARGET = 8,      /* request targets: visible ASCII but '#' */
    CHAR_HOST = 16,       /* host names: unreserved of RFC 3986 */
    CHAR_HEX = 32,        /* either case */
    CHAR_UNRESERVED = 64, /* never need an escape in a URI */
};

extern const uint8_t sl_httpchar[256];

static inline bool sl_httpchar_is(char c, uint8_t kinds)
{
    return (sl_httpchar[(unsigned char)c] & kinds) != 0;
}

/** The first byte at or after `p` that is not of `kinds`, or `end`. */
static inline const char *sl_httpchar_skip(const char *p, const char *end, uint8_t kinds)
{
    while (p < end && sl_httpchar_is(*p, kinds))
        p++;
    return p;
}

static inline bool sl_httpchar_all(sl_str s, uint8_t kinds)
{
    return s.n == 0 || sl_httpchar_skip(s.p, s.p + s.n, kinds) == s.p + s.n;
}

/** The value of a hex digit; only for bytes of CHAR_HEX. */
static inline unsigned sl_httpchar_hex(char c)
{
    return (unsigned)((c & 0xf) + (c >= 'A' ? 9 : 0));
}
