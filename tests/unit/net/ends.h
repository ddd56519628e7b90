/**
 * ends: the two ends of a TCP connection over loopback as streams on one loop, for tests.
 */
#pragma once
#include "net/addr.h"
#include "net/stream.h"

struct end {
    struct sl_stream stream;
    struct sl_task task; /* counts its runs in `runs` */
    uint32_t why;        /* all reasons so far */
    int runs;
};

struct ends {
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct end client, server;
};

/** Connected, plain unless contexts are given. */
void ends_open(struct ends *e, struct sl_tls_server *server, struct sl_tls_client *client,
               const char *name);
/** The same, where the server presents one of *certificates. */
void ends_open_presenting(struct ends *e, struct sl_tls_server *server,
                          const struct sl_certificate_set *const *certificates,
                          struct sl_tls_client *client, const char *name);
/** Small buffers in the kernel, so that a few hundred kilobytes fill them. */
void ends_narrow(struct ends *e);
void ends_close(struct ends *e);
/** Ticks until both handshakes are over; what they came to. */
void ends_handshake(struct ends *e, enum sl_io *ret_client, enum sl_io *ret_server);
/** Ticks until a read is not WAIT (at most a few seconds). */
enum sl_io end_read(struct ends *e, struct end *from, char *buf, size_t cap, size_t *ret_n);
/** Write all of `text`. */
enum sl_io end_write(struct ends *e, struct end *to, sl_str text);
