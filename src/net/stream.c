#include "net/stream.h"
#include "net/tls_int.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    IOV_MAX_PER_WRITE = 64,
    COPY_BYTES = 4096, /* so little is rather copied together than described to the kernel */
};

static void close_with_reset(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)); /* then it is a FIN */
    close(fd);
}

sl_rc sl_stream_open(struct sl_stream *s, struct sl_loop *l, int fd, struct sl_tls *tls,
                     struct sl_task *task)
{
    *s = (struct sl_stream){.loop = l, .tls = tls};
    if (sl_loop_watch(l, &s->watch, fd, task) != SL_OK) {
        sl_tls_free(tls);
        close(fd);
        *s = (struct sl_stream){0};
        return SL_E_IO;
    }
    s->watch.is_readable = true; /* perhaps: the first request often comes right behind the SYN */
    if (tls != NULL)
        sl_tls_attach(tls, &s->watch);
    return SL_OK;
}

enum sl_io sl_stream_handshake(struct sl_stream *s)
{
    return s->tls == NULL ? SL_IO_OK : sl_tls_handshake(s->tls, &s->error);
}

/* A read that came up short emptied the socket, and what comes later is a new event; but an end that
 * was reported together with the bytes is not reported again. */
static enum sl_io read_plain(struct sl_stream *s, char *buf, size_t cap, size_t *ret_n)
{
    ssize_t n;
    do {
        n = recv(s->watch.fd, buf, cap, 0);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        s->watch.is_readable = (size_t)n == cap || s->watch.is_at_end;
        *ret_n = (size_t)n;
        return SL_IO_OK;
    }
    s->watch.is_readable = false;
    if (n == 0)
        return SL_IO_EOF;
    if (errno == EAGAIN)
        return SL_IO_WAIT;
    s->error = errno;
    return SL_IO_ERROR;
}

enum sl_io sl_stream_read(struct sl_stream *s, char *buf, size_t cap, size_t *ret_n)
{
    SL_ASSERT(cap > 0);
    enum sl_io io = s->tls != NULL ? sl_tls_read(s->tls, buf, cap, ret_n, &s->error)
                                   : read_plain(s, buf, cap, ret_n);
    if (io == SL_IO_OK)
        s->read_bytes += *ret_n;
    return io;
}

bool sl_stream_may_read(const struct sl_stream *s)
{
    return s->tls != NULL ? sl_tls_may_read(s->tls) : s->watch.is_readable;
}

/* send() with one piece costs a good deal less than sendmsg() with several. */
static ssize_t send_little(int fd, const struct sl_chain *q)
{
    char copy[COPY_BYTES];
    size_t n = 0;
    if (q->head->next == NULL)
        return send(fd, q->head->p, q->head->n, MSG_NOSIGNAL);
    for (const struct sl_span *s = q->head; s != NULL; n += s->n, s = s->next)
        memcpy(copy + n, s->p, s->n);
    return send(fd, copy, n, MSG_NOSIGNAL);
}

static ssize_t send_much(int fd, const struct sl_chain *q, size_t max_bytes)
{
    struct iovec iov[IOV_MAX_PER_WRITE];
    struct msghdr m = {.msg_iov = iov};
    m.msg_iovlen = (size_t)sl_chain_iov(q, iov, IOV_MAX_PER_WRITE, max_bytes);
    return sendmsg(fd, &m, MSG_NOSIGNAL);
}

/* One call; OK also when the kernel took only a part. */
static enum sl_io write_plain(struct sl_stream *s, const struct sl_chain *q, size_t max_bytes,
                              size_t *ret_n)
{
    bool is_little = q->bytes <= COPY_BYTES && q->bytes <= max_bytes;
    ssize_t n;
    do {
        n = is_little ? send_little(s->watch.fd, q) : send_much(s->watch.fd, q, max_bytes);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        *ret_n = (size_t)n;
        return SL_IO_OK;
    }
    if (errno == EAGAIN)
        return SL_IO_WAIT;
    s->error = errno;
    return SL_IO_ERROR;
}

enum sl_io sl_stream_write(struct sl_stream *s, struct sl_chain *q, size_t max_bytes)
{
    SL_ASSERT(!s->is_shut);
    size_t left = SL_MIN(max_bytes, q->bytes), n;
    while (left != 0) {
        enum sl_io io = s->tls != NULL ? sl_tls_write(s->tls, q, left, &n, &s->error)
                                       : write_plain(s, q, left, &n);
        if (io != SL_IO_OK)
            return io;
        sl_chain_consume(q, n);
        s->written_bytes += n;
        left -= SL_MIN(n, left); /* TLS finishes a record that it had begun */
    }
    return SL_IO_OK;
}

void sl_stream_shutdown(struct sl_stream *s)
{
    if (s->is_shut)
        return;
    s->is_shut = true;
    if (s->tls != NULL)
        sl_tls_shutdown(s->tls);
    (void)shutdown(s->watch.fd, SHUT_WR); /* ENOTCONN: the peer was faster */
}

void sl_stream_close(struct sl_stream *s, bool with_reset)
{
    if (s->loop == NULL)
        return;
    int fd = s->watch.fd;
    sl_loop_unwatch(s->loop, &s->watch);
    sl_tls_free(s->tls);
    if (with_reset)
        close_with_reset(fd);
    else
        close(fd);
    s->tls = NULL;
    s->loop = NULL;
}
