/**
 * resolve: names to addresses by c-ares, on the worker's loop, with a cache per worker.
 *
 * A and AAAA, in the order of RFC 6724; the TTL of the answer is honoured within [SL_RESOLVE_TTL_MIN_US, _MAX_US]; failures are
 * cached for SL_RESOLVE_NEGATIVE_US; when a name that was known fails, the last good addresses are
 * served (stale on error) and asked for again. /etc/hosts and "localhost" are answered. Concurrent
 * requests for a name share one query. At most SL_RESOLVE_NAMES_MAX names are kept (least recently used go)
 * and as many asked for at a time. Truncated answers are asked for again over TCP. Names follow
 * /etc/resolv.conf, with its search domains, as it is when the resolver is made.
 *
 * One thread, the loop's, owns a resolver and its lookups.
 */
#pragma once
#include "net/addr.h"
#include "net/loop.h"

#define SL_RESOLVE_TTL_MIN_US SL_SECONDS(1)
#define SL_RESOLVE_TTL_MAX_US SL_SECONDS(300)
#define SL_RESOLVE_NEGATIVE_US SL_SECONDS(2)
#define SL_RESOLVE_TIMEOUT_US SL_SECONDS(5)
enum { SL_RESOLVE_NAMES_MAX = 4096, SL_RESOLVE_ADDRS_MAX = 16 };

struct sl_resolver;

/** NULL when the system's configuration cannot be read. */
struct sl_resolver *sl_resolver_new(struct sl_loop *l) SL_CHECKED;
/** Lookups that still wait are let go without a word. Accepts NULL. */
void sl_resolver_free(struct sl_resolver *r);

/** A question; embedded in who asks. Zeroed before use. */
struct sl_lookup {
    struct sl_link waiting;
    struct sl_task *task; /* woken with SL_WHY_RESOLVED */
    sl_rc rc;             /* SL_E_AGAIN while waiting, SL_OK, SL_E_RESOLVE */
    struct sl_addr addrs[SL_RESOLVE_ADDRS_MAX];
    size_t count;
    bool is_stale; /* the last good addresses: asking again failed */
    uint16_t port; /* for the addresses */
};

/**
 * Ask for `host` (a name or a numeric address without brackets), ports set to `port`. Returns SL_OK or SL_E_RESOLVE at
 * once when known (nobody is woken then), else SL_E_AGAIN and later wakes `task`.
 */
sl_rc sl_resolve(struct sl_resolver *r, struct sl_lookup *q, sl_str host, uint16_t port,
                 struct sl_task *task) SL_CHECKED;
/** Accepts a zeroed or answered lookup. */
void sl_resolve_cancel(struct sl_lookup *q);
