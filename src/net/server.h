/**
 * server: HTTP requests in. A server accepts connections on one worker's loop and turns each request
 * into an *inbound*, the same for HTTP/1 now and HTTP/2 later; the gate answers it.
 *
 * Life of an inbound: the connection parses a head, makes the inbound in a fresh arena and calls
 * ops->begin (which must only set up and wake its own task). The gate reads `req`, takes the body from
 * `request` (after sl_inbound_want_body), answers with sl_inbound_respond and the `response` pipe,
 * and at last calls sl_inbound_release, exactly once. The server frees it when the response went out
 * or the client is gone, whichever the gate has been told of, and after release. A release without
 * a response closes the connection.
 *
 * A client that closes its direction while a response is pending counts as gone: who hangs up does
 * exactly that first, and upstream work must end at once. With config.half_close_ok it may have done no more
 * than that, and is sent the first bytes of its response: one that has left answers them with a reset.
 * Requests that were pipelined before the FIN are served first.
 *
 * Pipelined requests are begun one after the other, when the one before was answered completely.
 * Everything a peer chooses is limited by sl_server_config.
 */
#pragma once
#include "codec/h1.h"
#include "net/addr.h"
#include "net/pipe.h"
#include "net/tls.h"

struct sl_server;
struct sl_inbound;

struct sl_server_config {
    struct sl_h1_limits h1;
    uint64_t body_bytes;              /* 413 beyond; default 64 MiB; a policy may lower it */
    sl_usec head_timeout_us;          /* the whole head, from its first byte; default 10 s -> 408 */
    sl_usec idle_timeout_us;          /* between requests; default 75 s -> close */
    sl_usec body_timeout_us;          /* between two reads of a request body; default 30 s -> 408 */
    sl_usec write_timeout_us;         /* a client that takes no bytes; default 60 s -> reset */
    sl_usec tls_timeout_us;           /* handshake; default 10 s */
    uint32_t requests_per_connection; /* default 100000, then Connection: close */
    uint32_t connections_max;         /* per worker; default 32768: beyond it accepting pauses */
    size_t pipe_bytes;                /* default SL_PIPE_LIMIT_BYTES */
    size_t arena_bytes;               /* limit of one exchange's arena; default 96 MiB */
    bool half_close_ok;               /* a client's FIN while a response is pending is no hang-up */
    size_t
        drain_bytes; /* of an unread request body, read and dropped to keep the connection; default 64 KiB */
};
/** What zero members of a configuration mean. */
extern const struct sl_server_config sl_server_defaults;

struct sl_peer {
    struct sl_addr remote, local;
    const struct sl_tls *tls; /* NULL: plain */
};

/** Events of one inbound go to its owner task (SL_WHY_*). */
struct sl_inbound {
    /* set by the server, read-only for the gate */
    struct sl_loop *loop;
    struct sl_server *server;
    struct sl_arena *arena; /* dies with the inbound */
    struct sl_chunk_pool *pool;
    struct sl_head req;
    const struct sl_peer *peer;
    sl_usec began_us; /* first byte of the head */
    sl_rc
        bad; /* not SL_OK: the head could not be taken: answer with this error; the connection will close */
    const char *bad_why;
    struct sl_pipe
        request; /* body from the client; broken with SL_E_BAD_REQUEST, _LIMIT, _REQUEST_TIMEOUT, _CANCELLED */
    bool is_gone;      /* the client went away (SL_WHY_GONE) */
    bool is_sent;      /* all of the response was given to the kernel (SL_WHY_DONE) */
    bool is_cut;       /* the response broke off by our doing: its pipe broke or its length was not
                          true (SL_WHY_DONE, is_sent false); the connection is closed */
    bool is_committed; /* the first byte of the final response head was written or is about to be */
    uint64_t received_bytes, sent_bytes; /* of the bodies, without the framing of chunks */
    /* set by the gate */
    struct sl_task *owner;
    struct sl_pipe response; /* body to the client; the server reads it after respond */
    bool finish_then_close;  /* answer, then close */
    void *user;              /* the gate's */
};

struct sl_server_ops {
    /** A request came in: set in->owner, wake it. Never NULL. */
    void (*begin)(void *ctx, struct sl_inbound *in);
};

struct sl_server *sl_server_new(struct sl_loop *l, struct sl_chunk_pool *pool,
                                const struct sl_server_config *config,
                                const struct sl_server_ops *ops, void *ctx) SL_CHECKED;
/**
 * All connections must be closed (see sl_server_drain) and all inbounds released. The last of it goes at
 * the end of the tick; the pool must live until then. Accepts NULL.
 */
void sl_server_free(struct sl_server *s);
/** Accept on `fd` (taken; listening, non-blocking), with TLS when `tls` is not NULL (a reference is taken). */
sl_rc sl_server_listen(struct sl_server *s, int fd, struct sl_tls_server *tls) SL_CHECKED;
/** One of the listeners that a server is to have. */
struct sl_server_listen {
    uint32_t id;               /* never 0; the same listener has the same */
    int fd;                    /* of a new one: as for sl_server_listen; -1: it is there already */
    struct sl_tls_server *tls; /* NULL: plain; borrowed */
};
/**
 * Have exactly these `n` listeners besides those of sl_server_listen: new ones are opened, those that are
 * there have their certificates replaced from the next connection on, and others are closed when the
 * connections that wait in them are taken. Established connections go on in any case. The first failure
 * is returned; the rest is done all the same. A server that drains takes none.
 */
sl_rc sl_server_set_listeners(struct sl_server *s, const struct sl_server_listen *v,
                              size_t n) SL_CHECKED;
/**
 * Handshakes from now on present one of these, when it serves the name, before a listener's own. Borrowed,
 * until others are set; NULL: none.
 */
void sl_server_set_certificates(struct sl_server *s, const struct sl_certificate_set *set);
/** Stop accepting, close idle connections, answer the rest with Connection: close. */
void sl_server_drain(struct sl_server *s);
/** Reset every connection now. */
void sl_server_abort_all(struct sl_server *s);
/** Did the system refuse the last connection for want of descriptors or memory? Accepting is tried again soon. */
bool sl_server_is_starved(const struct sl_server *s);
size_t sl_server_connection_count(const struct sl_server *s);

/**
 * Let the body in: sends 100 Continue when the client expects it. Idempotent. Bytes that come without
 * being asked for wait in the pipe, up to its limit.
 */
void sl_inbound_want_body(struct sl_inbound *in);
/**
 * Read what is still to come of the body straight into `piece`, behind what was filled of it, as long as it
 * has room: so that a body of known length lies in one piece. The inbound takes a reference of its own.
 */
void sl_inbound_gather(struct sl_inbound *in, struct sl_chunk *piece);
/** Send an informational response (103); HTTP/1.1 clients only. Before respond. */
void sl_inbound_inform(struct sl_inbound *in, const struct sl_head *res);
/**
 * Commit the final response head (copied). The body follows from in->response until its end; by
 * res->body_kind: LENGTH (body_bytes must come true, else the connection is reset), CHUNKED, CLOSE or
 * NONE. For HTTP/1.0 clients CHUNKED becomes CLOSE. HEAD and bodyless statuses drop the body.
 * Hop-by-hop fields are the server's own business: Connection, Date are added here. Trailers of
 * in->response go out with CHUNKED when the request had TE: trailers.
 */
void sl_inbound_respond(struct sl_inbound *in, const struct sl_head *res);
/**
 * Answer 101 with `res` and turn both pipes into raw bytes: in->request is what the client sends,
 * in->response what it gets; ends are half-closes. Only when the request body is complete, else this aborts.
 * SL_WHY_DONE when both directions have ended.
 */
void sl_inbound_tunnel(struct sl_inbound *in, const struct sl_head *res);
/** The response cannot be completed: close so that the client cannot take it for complete. */
void sl_inbound_abort(struct sl_inbound *in);
/** The gate is done with `in` and will not touch it again. */
void sl_inbound_release(struct sl_inbound *in);
/** A lower limit for this request's body (a policy); the pipe breaks with SL_E_BODY_TOO_LARGE beyond it. */
void sl_inbound_limit_body(struct sl_inbound *in, uint64_t bytes);
