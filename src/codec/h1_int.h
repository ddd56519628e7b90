/**
 * h1_int: what the parser of heads (h1.c) and the decoder of bodies (h1_body.c) share.
 */
#pragma once
#include "codec/h1.h"

/** `given` with its zero members, or all when it is NULL, replaced by the defaults. */
struct sl_h1_limits sl_h1_limits_or_default(const struct sl_h1_limits *given);

/**
 * Read a trailer section that ends with an empty line into *ret (initialised), without what must not
 * come in trailers. The fields borrow `text`. SL_E_BAD_REQUEST or SL_E_LIMIT with *ret_why.
 */
sl_rc sl_h1_parse_trailers(sl_str text, const struct sl_h1_limits *limits, struct sl_headers *ret,
                           const char **ret_why) SL_CHECKED;
