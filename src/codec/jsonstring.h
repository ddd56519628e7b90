/**
 * jsonstring: the strings of a JSON text. `raw` is always the string with its quotes, out of a text that
 * sl_jsonscan accepted. No state, any thread.
 */
#pragma once
#include "base/arena.h"

/** Is the string, decoded, `want`? False when `raw` is no string. */
bool sl_json_string_eq(sl_str raw, sl_str want);
/**
 * The value of a string: without escapes *ret is the inside of `raw` itself, else a copy in `a`. Lone
 * surrogates become U+FFFD. SL_E_SYNTAX when `raw` is no string, SL_E_LIMIT when `a` is at its limit.
 */
sl_rc sl_json_string_decode(sl_str raw, struct sl_arena *a, sl_str *ret) SL_CHECKED;
