/**
 * cookie: values from the Cookie field, and without some (RFC 6265, 5.4).
 */
#pragma once
#include "codec/header.h"

/** The first cookie `name` (case matters), without surrounding quotes. False when absent. */
bool sl_cookie_get(const struct sl_headers *h, sl_str name, sl_str *ret_value);
/** Take every cookie `name` out. */
void sl_cookie_drop(struct sl_headers *h, sl_str name, struct sl_arena *a);
