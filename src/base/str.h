/**
 * str: what one does with borrowed bytes. No allocation, no locale: case means ASCII case.
 */
#pragma once
#include "base/base.h"

static inline sl_str sl_str_of(const char *p, size_t n)
{
    return (sl_str){p, n};
}

/** A NUL-terminated string as sl_str; NULL gives the empty string. */
static inline sl_str sl_cstr(const char *z)
{
    return (sl_str){z, z != NULL ? strlen(z) : 0};
}

static inline bool sl_str_eq(sl_str a, sl_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline char sl_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/** Equal but for ASCII case. */
bool sl_str_ieq(sl_str a, sl_str b);
/** Byte order, shorter first; as memcmp. */
int sl_str_cmp(sl_str a, sl_str b);
bool sl_str_starts(sl_str s, sl_str prefix);
bool sl_str_istarts(sl_str s, sl_str prefix);
bool sl_str_ends(sl_str s, sl_str suffix);

/** `s` from `at` on; empty when `at` is beyond its end. */
static inline sl_str sl_str_from(sl_str s, size_t at)
{
    if (s.n == 0)
        return s; /* s.p may be NULL, to which nothing can be added, not even 0 */
    return at >= s.n ? (sl_str){s.p + s.n, 0} : (sl_str){s.p + at, s.n - at};
}

/** The first `n` bytes of `s`, or all of it. */
static inline sl_str sl_str_head(sl_str s, size_t n)
{
    return (sl_str){s.p, s.n < n ? s.n : n};
}

/** Without leading and trailing spaces and tabs. */
sl_str sl_str_trim(sl_str s);
/** Without any leading and trailing white space (also line ends). */
sl_str sl_str_trim_all(sl_str s);

/** Position of the first `c` at or after `from`, or SIZE_MAX. */
size_t sl_str_find(sl_str s, char c, size_t from);
/** Position of the last `c`, or SIZE_MAX. */
size_t sl_str_rfind(sl_str s, char c);
/** Position of the first `needle`, or SIZE_MAX. */
size_t sl_str_find_str(sl_str s, sl_str needle);

/**
 * Take the part before `sep` off the front of *rest, and the separator with it. Returns false when
 * *rest had p == NULL (all parts were taken). "a,,b" gives "a", "", "b"; "" gives one empty part.
 */
bool sl_str_split(sl_str *rest, char sep, sl_str *ret_part);

/** The same bytes? Takes the same time wherever they differ; for secrets. */
bool sl_str_eq_secret(sl_str a, sl_str b);
