/**
 * client_int: what client.c (outbounds), client_pool.c (connections per origin), client_dial.c (a name to a connected
 * stream) and client_h1.c (one exchange) share.
 */
#pragma once
#include "net/client.h"
#include "net/wire_int.h"

enum {
    SL_CLIENT_BUCKETS = 256,
    SL_CLIENT_SPARES_MAX = 256,       /* connections kept for reuse of their memory */
    SL_CLIENT_CONNECTIONS_MAX = 1024, /* per origin, unless it says otherwise */
    SL_CLIENT_IDLE_MAX = 64,
    SL_CLIENT_QUEUE_MAX = 1024, /* outbounds that wait for one origin, unless it says otherwise */
    SL_CLIENT_INFORMATIONAL_MAX = 16, /* of one response */
};

#define SL_CLIENT_CONNECT_TIMEOUT_US SL_SECONDS(5)
#define SL_CLIENT_IDLE_TIMEOUT_US SL_SECONDS(55)
#define SL_CLIENT_QUEUE_TIMEOUT_US SL_SECONDS(5)

/** The connections of one origin. It lives while it has connections or outbounds that wait for one. */
struct sl_client_pool {
    struct sl_client_pool *next; /* in its bucket */
    struct sl_client *client;
    struct sl_task task;   /* ends waits that took too long */
    struct sl_timer timer; /* of the first in the queue */
    char *key;             /* owned */
    size_t key_bytes;
    struct sl_link idle;  /* connections, last used first */
    struct sl_link queue; /* outbounds, first come first */
    uint32_t connection_count, idle_count;
    uint32_t queue_count;
    uint32_t connections_max, idle_max, queue_max;
    sl_usec idle_timeout_us, queue_timeout_us;
};

struct sl_client {
    struct sl_loop *loop;
    struct sl_chunk_pool *chunks;
    struct sl_resolver *resolver;
    struct sl_h1_limits h1;
    struct sl_client_pool *buckets[SL_CLIENT_BUCKETS];
    struct sl_link spares;
    size_t spare_count, idle_count, busy_count;
    struct sl_strbuf head; /* the one that is being written */
};

enum sl_client_state {
    SL_UP_NEW,
    SL_UP_RESOLVE,
    SL_UP_CONNECT,
    SL_UP_HANDSHAKE,
    SL_UP_HEAD, /* the request goes out, a response head is awaited */
    SL_UP_BODY,
    SL_UP_TUNNEL,
    SL_UP_IDLE, /* in its pool */
    SL_UP_CLOSED,
};

/** What only connecting needs. */
struct sl_dial {
    struct sl_lookup lookup;
    size_t next;    /* address to try */
    sl_usec due_us; /* of all of it */
    sl_rc failure;  /* of the last address tried */
};

struct sl_client_conn {
    struct sl_task task;
    struct sl_link link; /* pool's idle list, or client's spares */
    struct sl_client *client;
    struct sl_client_pool *pool;
    struct sl_outbound *o;
    struct sl_dial *dial;
    struct sl_stream stream;
    struct sl_timer timer;
    struct sl_wire_out out;
    struct sl_backlog backlog;
    struct sl_h1_body decoder;
    struct sl_addr address;
    sl_usec due_us;        /* of connecting, or of idleness; 0: none */
    uint64_t written_base; /* of the stream, when this exchange began */
    size_t head_bytes;     /* of the request */
    enum sl_client_state state;
    uint8_t informational_count;
    bool has_served; /* an exchange before this one */
    bool has_fin;    /* the upstream's direction is closed */
    bool has_excess; /* bytes came behind the response */
    bool is_deaf;    /* writing failed: only what it still answered is of interest */
};

/* client_pool.c */
/** Give `o` an idle connection, a new one, or a place in the queue. */
void sl_pool_checkout(struct sl_client *cl, struct sl_outbound *o);
/** A clean connection without an outbound: to the next in the queue, or idle. */
void sl_pool_checkin(struct sl_client_conn *c);
/** Close now, in any state; its outbound, if any, was unhooked. A queued outbound may take its place. */
void sl_pool_close(struct sl_client_conn *c);
/** An outbound left the queue: the pool may have become useless. */
void sl_pool_unqueue(struct sl_client *cl, struct sl_outbound *o);
void sl_pool_close_idle(struct sl_client *cl);

/* client.c */
/** The exchange is over: write the results, let go of the pipes, wake the owner. */
void sl_outbound_settle(struct sl_client_conn *c, sl_rc rc, const char *why);
/** Take the pipes off the connection. */
void sl_outbound_unhook(struct sl_client_conn *c);
/** One that never got a connection has failed. */
void sl_outbound_fail_queued(struct sl_outbound *o, sl_rc rc);
/** Settle with a failure and close. */
void sl_outbound_fail(struct sl_client_conn *c, sl_rc rc, const char *why);
void sl_client_conn_run(struct sl_task *t, uint32_t why);

/* client_dial.c */
void sl_dial_begin(struct sl_client_conn *c);
/** Go on after `why`; when connected, c->state is SL_UP_HEAD. */
void sl_dial_run(struct sl_client_conn *c, uint32_t why);
void sl_dial_free(struct sl_client_conn *c);

/* client_h1.c */
/** Send the request of c->o on a connected stream. */
void sl_client_h1_begin(struct sl_client_conn *c);
void sl_client_h1_run(struct sl_client_conn *c);
