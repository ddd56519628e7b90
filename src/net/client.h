/**
 * client: HTTP requests out. One client per worker owns the connection pools; an *outbound* is one
 * request on one connection (one attempt), the same for HTTP/1 now and HTTP/2 later.
 *
 * Pools are keyed by sl_origin.key, so they survive a reload of the configuration. A connection goes
 * back to its pool only after a complete, clean exchange. Retrying is the gate's decision; the
 * outbound says what it needs for that: how many bytes were sent and received, whether the connection
 * was a reused one.
 *
 * Both pipes may be those of an inbound: a proxied body then needs no task between the sockets.
 *
 * How an attempt fails: SL_E_POOL_FULL and _POOL_TIMEOUT (no connection to be had), SL_E_RESOLVE, _CONNECT (refused, unreachable), _CONNECT_TIMEOUT, _TLS;
 * _UPSTREAM_CLOSED (before any byte of the response), _UPSTREAM_RESET, _UPSTREAM_PROTOCOL,
 * _UPSTREAM_TRUNCATED (in the middle of it), _NOMEM (the arena's limit); or with what `body` broke.
 * From the head on, the same rc breaks the answer pipe. Waiting for an answer has no limit here:
 * timers behind the connect are the gate's.
 */
#pragma once
#include "codec/h1.h"
#include "net/pipe.h"
#include "net/resolve.h"
#include "net/tls.h"

/** Where to connect; immutable; part of a snapshot. */
struct sl_origin {
    sl_str key;  /* all that makes connections interchangeable: scheme, host, port, TLS settings */
    sl_str host; /* name or numeric address */
    uint16_t port;
    struct sl_tls_client *tls; /* NULL: plain; borrowed from the snapshot */
    sl_str tls_name;           /* SNI and certificate name; empty: host */
    uint32_t connections_max;  /* per worker; 0: 1024; beyond it outbounds queue */
    uint32_t idle_max;         /* kept per worker; 0: 64 */
    uint32_t queue_max;        /* outbounds that wait, per worker; 0: 1024 */
    sl_usec queue_timeout_us;  /* how long one waits; 0: 5 s */
    sl_usec idle_timeout_us;   /* 0: 55 s */
};

/** May it be connected to? */
typedef bool sl_addr_filter(const struct sl_addr *address, const void *arg);

struct sl_client_config {
    struct sl_h1_limits h1;
};

struct sl_client;
struct sl_client *sl_client_new(struct sl_loop *l, struct sl_chunk_pool *pool,
                                struct sl_resolver *resolver,
                                const struct sl_client_config *config) SL_CHECKED;
/**
 * Closes idle connections; all outbounds must have ended. The last of it goes at the end of the tick; the
 * pool must live until then. Accepts NULL.
 */
void sl_client_free(struct sl_client *c);

struct sl_informational {
    struct sl_informational *next;
    struct sl_head head;
};

struct sl_outbound {
    /* set by the gate before start; must stay valid until the outbound has ended */
    struct sl_task *owner;
    const struct sl_origin *origin;
    struct sl_arena *arena; /* response head and trailers go here */
    struct sl_head req;   /* body_kind/body_bytes say how `body` is framed; Host is req.authority */
    struct sl_pipe *body; /* request body, read by the connection; NULL: none */
    struct sl_pipe
        *answer; /* response body, written by the connection; its limit is the read-ahead */
    sl_usec connect_timeout_us; /* name, connect and TLS together, all addresses; 0: 5 s */
    bool may_reuse;             /* false: a fresh connection (a retry after a stale one) */
    sl_addr_filter *admits;     /* asked for each address of the name; NULL: all are good */
    const void *admits_arg;
    /* results, written before the owner is woken */
    bool has_head;   /* SL_WHY_HEAD: `res` is there */
    bool is_ended;   /* SL_WHY_DONE: complete or failed; nothing more will come */
    sl_rc rc;        /* when ended: SL_OK or why it failed */
    const char *why; /* static detail of rc; may be NULL */
    struct sl_head res;
    struct sl_informational *informational; /* 1xx but 101, oldest first; the gate takes them off */
    struct sl_addr address;                 /* connected to */
    bool was_reused;                        /* on a connection that had served another request */
    bool is_connected;
    bool is_request_sent;     /* all of it */
    uint64_t sent_bytes;      /* body */
    uint64_t head_sent_bytes; /* any byte of the head went out */
    uint64_t received_bytes;  /* any byte of the response (head included) */
    sl_usec started_us, connected_us, sent_us, first_byte_us, ended_us;
    /* the client's own */
    struct sl_client *client;
    struct sl_link queued;
    sl_usec queue_due_us;
    struct sl_client_conn *connection;
};

/**
 * Begin. The owner is woken with SL_WHY_HEAD, SL_WHY_DONE; nothing happens before this tick's next task.
 * Beyond origin->connections_max it waits its turn (first come, first served), and fails when the queue is
 * full or its turn does not come in time.
 */
void sl_outbound_start(struct sl_client *c, struct sl_outbound *o);
/**
 * Give up: closes the connection (unless the exchange was complete), wakes nobody. Pipes are left as they are
 * but unhooked. Accepts a zeroed or ended outbound.
 */
void sl_outbound_cancel(struct sl_outbound *o);
/**
 * Go on after a 101 (res.status, asked for by req.wants_upgrade): `answer` has been raw since; from now
 * on the bytes of `body` are sent raw. Ends are half-closes; SL_WHY_DONE when both directions have ended.
 */
void sl_outbound_tunnel(struct sl_outbound *o, struct sl_pipe *body);
/** Idle and busy connections of all pools, for metrics. */
void sl_client_counts(const struct sl_client *c, size_t *ret_idle, size_t *ret_busy);
/** Close idle connections (draining). */
void sl_client_close_idle(struct sl_client *c);
