#include "tests/unit/net/ends.h"
#include "base/str.h"

#include <sys/socket.h>
#include <unistd.h>

enum { TICKS_MAX = 200, BACKLOG = 8, NARROW_BYTES = 65536 };

static void must(bool ok, const char *what)
{
    if (!ok)
        sl_panic(__FILE__, __LINE__, what);
}

static void count_run(struct sl_task *t, uint32_t why)
{
    struct end *e = SL_CONTAINER(t, struct end, task);
    e->runs++;
    e->why |= why;
}

static int accept_one(int listener)
{
    struct sl_addr remote;
    int fd = -1;
    for (int i = 0; i < TICKS_MAX && sl_sock_accept(listener, &remote, &fd) != SL_OK; i++)
        usleep(1000);
    return fd;
}

static void connect_pair(int *ret_client, int *ret_server)
{
    struct sl_addr addr;
    int listener;
    must(sl_addr_parse(SL_STR("127.0.0.1:0"), &addr) == SL_OK, "parse");
    must(sl_sock_listen(&addr, BACKLOG, &listener) == SL_OK, "listen");
    must(sl_sock_local(listener, &addr) == SL_OK, "local");
    must(sl_sock_connect(&addr, ret_client) == SL_OK, "connect");
    *ret_server = accept_one(listener);
    must(*ret_server >= 0, "accept");
    close(listener);
}

void ends_open_presenting(struct ends *e, struct sl_tls_server *server,
                          const struct sl_certificate_set *const *certificates,
                          struct sl_tls_client *client, const char *name)
{
    int client_fd, server_fd;
    *e = (struct ends){.loop = sl_loop_new(), .pool = sl_chunk_pool_new()};
    e->client.task.run = e->server.task.run = count_run;
    connect_pair(&client_fd, &server_fd);
    struct sl_tls *c = client != NULL ? sl_tls_connect(client, client_fd, sl_cstr(name)) : NULL;
    struct sl_tls *s = server != NULL ? sl_tls_accept(server, certificates, server_fd) : NULL;
    must(sl_stream_open(&e->client.stream, e->loop, client_fd, c, &e->client.task) == SL_OK,
         "open");
    must(sl_stream_open(&e->server.stream, e->loop, server_fd, s, &e->server.task) == SL_OK,
         "open");
}

void ends_open(struct ends *e, struct sl_tls_server *server, struct sl_tls_client *client,
               const char *name)
{
    ends_open_presenting(e, server, NULL, client, name);
}

void ends_narrow(struct ends *e)
{
    int bytes = NARROW_BYTES;
    must(setsockopt(e->client.stream.watch.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) == 0,
         "SO_SNDBUF");
    must(setsockopt(e->server.stream.watch.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) == 0,
         "SO_RCVBUF");
}

void ends_close(struct ends *e)
{
    sl_task_cancel(&e->client.task);
    sl_task_cancel(&e->server.task);
    sl_stream_close(&e->client.stream, false);
    sl_stream_close(&e->server.stream, false);
    sl_chunk_pool_free(e->pool);
    sl_loop_free(e->loop);
}

void ends_handshake(struct ends *e, enum sl_io *ret_client, enum sl_io *ret_server)
{
    enum sl_io c = SL_IO_WAIT, s = SL_IO_WAIT;
    for (int i = 0; i < TICKS_MAX && (c == SL_IO_WAIT || s == SL_IO_WAIT); i++) {
        if (c == SL_IO_WAIT)
            c = sl_stream_handshake(&e->client.stream);
        if (s == SL_IO_WAIT)
            s = sl_stream_handshake(&e->server.stream);
        sl_loop_tick(e->loop, SL_MS(1));
    }
    *ret_client = c;
    *ret_server = s;
}

enum sl_io end_read(struct ends *e, struct end *from, char *buf, size_t cap, size_t *ret_n)
{
    enum sl_io io = SL_IO_WAIT;
    for (int i = 0; i < TICKS_MAX && io == SL_IO_WAIT; i++) {
        if (sl_stream_may_read(&from->stream))
            io = sl_stream_read(&from->stream, buf, cap, ret_n);
        if (io == SL_IO_WAIT)
            sl_loop_tick(e->loop, SL_MS(10));
    }
    return io;
}

enum sl_io end_write(struct ends *e, struct end *to, sl_str text)
{
    struct sl_chain q;
    sl_chain_init(&q, e->pool);
    sl_chain_add_copy(&q, text);
    enum sl_io io = sl_stream_write(&to->stream, &q, SIZE_MAX);
    sl_chain_fini(&q);
    return io;
}
