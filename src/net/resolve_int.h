/**
 * resolve_int: what tests of net/resolve need besides resolve.h.
 */
#pragma once
#include "net/resolve.h"

/** Ask these servers ("127.0.0.1:5353", comma-separated) instead of the system's. SL_E_SYNTAX. */
sl_rc sl_resolver_set_servers(struct sl_resolver *r, const char *servers) SL_CHECKED;
/** Names in the cache. */
size_t sl_resolver_count(const struct sl_resolver *r);
/** Let all that is known run out now, as if its time to live were over. */
void sl_resolver_expire(struct sl_resolver *r);
