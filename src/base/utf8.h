/**
 * utf8: is it UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF)? Pure.
 */
#pragma once
#include "base/strbuf.h"

/** Length of the longest prefix of `s` that is valid UTF-8. */
size_t sl_utf8_valid_prefix(sl_str s);

static inline bool sl_utf8_is_valid(sl_str s)
{
    return sl_utf8_valid_prefix(s) == s.n;
}

/**
 * Bytes to take off the front of `s` (which is not empty) as one unit: a whole character, or, when
 * *ret_is_valid is false, what Unicode calls a maximal subpart: one U+FFFD stands for it.
 */
size_t sl_utf8_step(sl_str s, bool *ret_is_valid);

/** Append `s` with every ill-formed part replaced by U+FFFD. */
void sl_utf8_add_lossy(struct sl_strbuf *b, sl_str s);
