/** ws: a WebSocket that sends back what it gets (RFC 6455). */
#pragma once
#include "buf.h"

/** Append the Sec-WebSocket-Accept value for `key`. */
void ws_accept(struct span key, struct buf *out);
/**
 * Take one whole frame from `in` and append the answer. Returns the bytes used; 0: incomplete.
 * `*ret_is_end`: a close frame, an unmasked or an oversized one; close after sending.
 */
size_t ws_feed(struct span in, struct buf *out, bool *ret_is_end);
