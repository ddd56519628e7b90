/** http: reads one HTTP/1.1 request out of a connection's bytes (RFC 9112). */
#pragma once
#include "mock.h"

enum http_result { HTTP_MORE, HTTP_READY, HTTP_BAD };

/** What is known of a request that is still arriving. Zero at its start. */
struct http_reader {
    size_t need; // bytes of the whole message once its length is known; less is not worth a look
    bool said_continue;
};

/**
 * Try to read a request from `in`. READY: `*ret` borrows from `in` and from `body` (where a chunked
 * body is put together), `*ret_used` are its bytes. `*ret_continue`: the client waits for a 100.
 */
enum http_result http_read(struct http_reader *h, struct span in, struct buf *body,
                           struct request *ret, size_t *ret_used, bool *ret_continue);
