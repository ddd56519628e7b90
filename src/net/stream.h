/**
 * stream: bytes both ways over a connected socket, plain or TLS. Non-blocking; after WAIT the
 * stream's task is woken by the loop when it is worth trying again.
 */
#pragma once
#include "base/chunk.h"
#include "net/loop.h"
#include "net/tls.h"

enum sl_io { SL_IO_OK, SL_IO_WAIT, SL_IO_EOF, SL_IO_ERROR };

struct sl_stream {
    struct sl_loop *loop;
    struct sl_watch watch;
    struct sl_tls *tls;                 /* NULL: plain */
    bool is_shut;                       /* our direction is closed */
    int error;                          /* errno of the last SL_IO_ERROR; 0: TLS, see tls */
    uint64_t read_bytes, written_bytes; /* on the application's side of TLS */
};

/** Takes `fd` (closed by _close) and registers it. `tls` may be NULL; taken too. Both are taken also on failure. */
sl_rc sl_stream_open(struct sl_stream *s, struct sl_loop *l, int fd, struct sl_tls *tls,
                     struct sl_task *task) SL_CHECKED;
/** TLS: go on with the handshake. OK when done (always for plain streams). */
enum sl_io sl_stream_handshake(struct sl_stream *s);
/** Read at most `cap` bytes; OK means *ret_n > 0. EOF of TLS without close_notify is ERROR. */
enum sl_io sl_stream_read(struct sl_stream *s, char *buf, size_t cap, size_t *ret_n);
/**
 * May a read give something now? False after a read came up short, until the next SL_WHY_READ: saves
 * the read that would only say WAIT. Ask it after every wake, whatever the reason was.
 */
bool sl_stream_may_read(const struct sl_stream *s);
/** Write from the front of `q` and consume what was written; at most `max_bytes`. OK when all of that went. */
enum sl_io sl_stream_write(struct sl_stream *s, struct sl_chain *q, size_t max_bytes);
/** Close our direction: TLS close_notify and FIN. */
void sl_stream_shutdown(struct sl_stream *s);
/** Unwatch and close. `with_reset` sends RST instead of FIN. Accepts a closed stream. */
void sl_stream_close(struct sl_stream *s, bool with_reset);
