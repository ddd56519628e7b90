/**
 * tls_int: what net/stream needs of a TLS connection. The stream owns the descriptor; reads and
 * writes mean as in stream.h, with the flags of the connection's watch kept up to date.
 */
#pragma once
#include "net/stream.h"

/** The watch of the descriptor; before anything else. */
void sl_tls_attach(struct sl_tls *t, struct sl_watch *watch);
/** SL_IO_ERROR sets *ret_errno: 0 for a failure of TLS itself (see sl_tls_error). */
enum sl_io sl_tls_handshake(struct sl_tls *t, int *ret_errno);
enum sl_io sl_tls_read(struct sl_tls *t, char *buf, size_t cap, size_t *ret_n, int *ret_errno);
/** Write from the front of `q`, at most `max_bytes`, without consuming it. OK means *ret_n > 0. */
enum sl_io sl_tls_write(struct sl_tls *t, const struct sl_chain *q, size_t max_bytes, size_t *ret_n,
                        int *ret_errno);
bool sl_tls_may_read(const struct sl_tls *t);
/** Send close_notify, as far as the socket takes it now. */
void sl_tls_shutdown(struct sl_tls *t);
