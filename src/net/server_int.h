/**
 * server_int: what server.c (listeners, connections, inbounds), server_h1.c (HTTP/1 on one connection)
 * and server_inbound.c (what the gate asks for) share.
 */
#pragma once
#include "net/server.h"
#include "net/wire_int.h"

enum {
    SL_SERVER_ACCEPTS_PER_RUN = 64,
    SL_SERVER_SPARES_MAX = 256, /* connections and inbounds kept for reuse, each */
};

#define SL_SERVER_ACCEPT_PAUSE_US SL_MS(100) /* when out of descriptors */
#define SL_SERVER_LINGER_US SL_SECONDS(2)    /* for a client to read our last answer */
#define SL_SERVER_LINGER_BYTES SL_MIB(8)     /* that it may send meanwhile */

struct sl_listener {
    struct sl_link link;
    struct sl_task task;
    struct sl_watch watch;
    struct sl_timer pause;
    struct sl_server *server;
    struct sl_tls_server *tls; /* holds a reference; NULL: plain */
    uint32_t id;               /* of sl_server_set_listeners; 0: it stays */
    bool is_full;              /* waits for a connection to close */
};

struct sl_server {
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_server_config config;
    const struct sl_server_ops *ops;
    void *ctx;
    const struct sl_certificate_set *certificates; /* for new handshakes; NULL: none */
    struct sl_link listeners, connections;
    bool is_starved;
    size_t connection_count;
    struct sl_link spare_connections, spare_inbounds;
    size_t spare_connection_count, spare_inbound_count;
    size_t inbound_count; /* not yet released */
    bool is_draining;
    int64_t date_s; /* that date_line tells */
    struct sl_strbuf date_line;
    struct sl_strbuf head; /* the one that is being written */
};

enum sl_server_state {
    SL_CONN_HANDSHAKE,
    SL_CONN_HEAD,   /* idle, or in the middle of a head */
    SL_CONN_BUSY,   /* `in` is being answered */
    SL_CONN_DRAIN,  /* answered; the rest of the request body is dropped */
    SL_CONN_LINGER, /* our direction is closed; what comes is dropped */
    SL_CONN_CLOSED,
};

struct sl_server_conn {
    struct sl_task task;
    struct sl_link link;
    struct sl_server *server;
    struct sl_stream stream;
    struct sl_timer timer;
    struct sl_peer peer;
    struct sl_wire_out out;
    struct sl_backlog backlog;
    struct sl_server_inbound *in;
    sl_usec read_due_us, write_due_us; /* 0: none. The timer is only moved when it would be late */
    sl_usec head_us;                   /* first byte of the head that is coming in */
    uint64_t written_before, read_before; /* at the last look at the deadlines */
    size_t dropped_bytes;
    uint32_t refs; /* the open connection and its inbounds */
    uint32_t request_count;
    enum sl_server_state state;
    bool has_fin;    /* the client's direction is closed */
    bool must_close; /* no further request is taken */
};

struct sl_server_inbound {
    struct sl_inbound pub;
    struct sl_link spare;
    struct sl_server_conn *conn; /* holds a reference */
    struct sl_h1_body decoder;
    uint64_t body_limit;
    struct sl_chunk
        *piece;        /* what comes of the body is read into it while there is room; may be NULL */
    bool is_attached;  /* the connection still serves it */
    bool is_released;  /* the gate is done with it */
    bool is_body_over; /* complete, or broken */
    bool wants_body;   /* the gate does; 100 Continue was sent where it had to be */
    bool has_response;
    bool is_probed; /* the half-closed client was sent something that it answers to if it left */
    bool is_line_begun; /* that was SL_SERVER_LINE_START of the next head */
    bool is_tunnel;
    bool may_keep_alive; /* as the response head says */
};

/** What every response begins with, whatever it will be. */
#define SL_SERVER_LINE_START SL_STR("HTTP/1.1 ")

/* server.c */
struct sl_server_inbound *sl_server_inbound_new(struct sl_server_conn *c);
/** The connection is done with its inbound: unhook the pipes; the memory goes when it is released. */
void sl_server_detach(struct sl_server_conn *c);
/** Close now; the inbound, if any, is detached, nobody is told. Accepts a closed one. */
void sl_server_close(struct sl_server_conn *c, bool with_reset);
/** The client is gone: tell the gate, close. */
void sl_server_lost(struct sl_server_conn *c);
/** The response cannot be completed: tell the gate, close so that the client cannot take it for complete. */
void sl_server_cut(struct sl_server_conn *c);
void sl_server_wake_owner(const struct sl_server_inbound *in, uint32_t why);
/** Released and detached: its memory goes at the end of the tick. */
void sl_server_inbound_bury(struct sl_server_inbound *in);
/** Start the timer for the earlier deadline. */
void sl_server_arm(struct sl_server_conn *c);
/** "Date: ...\r\n" of now. */
sl_str sl_server_date_line(struct sl_server *s);

/* server_h1.c */
void sl_server_h1_run(struct sl_task *t, uint32_t why);
/** No more of the request body is taken; the connection closes behind the response. */
void sl_server_h1_break_body(struct sl_server_conn *c, sl_rc rc);
