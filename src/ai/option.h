/**
 * option: what differs from account to account in a vendor's row: {resource} in its base URL,
 * {api_version=2024-10-21} in its paths. The part behind '=' is the default. {key} and {model} are no
 * options: they are filled in with each request.
 *
 * Options stand in base URLs, roots, paths and header values.
 */
#pragma once
#include "ai/provider.h"

/** The options of all the vendor's surfaces, each once: name -> default, which may be empty. In `a`. */
struct sl_pairs sl_ai_options_of(const struct sl_ai_vendor *v, struct sl_arena *a);
/** May `value` be an option's? Letters, digits and "._~-", at least one. */
bool sl_ai_option_is_valid(sl_str value);
/** The rows of the vendor, to be changed; the empty one at the end is there too. In `a`. */
struct sl_ai_vendor *sl_ai_vendor_copy(const struct sl_ai_vendor *v, struct sl_arena *a);
/** Fill the options of all rows in; those that are neither given nor have a default become empty. */
void sl_ai_options_fill(struct sl_ai_vendor *v, const struct sl_pairs *given, struct sl_arena *a);
/** `text` with {name} replaced by `value`, percent-encoded: for {model} in a path. */
sl_str sl_ai_option_put(sl_str text, sl_str name, sl_str value, struct sl_arena *a);
