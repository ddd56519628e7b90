/*
 * Server and client together, as the gate uses them: the pipes of an inbound are those of an outbound,
 * so that no task stands between the two sockets. A raw client on one side, a raw upstream on the other.
 */
#include "net/client.h"
#include "base/err.h"
#include "net/server.h"
#include "tests/test.h"
#include "tests/unit/net/rawpeer.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct rig {
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_resolver *resolver;
    struct sl_client *client;
    struct sl_server *server;
    struct sl_origin origin;
    struct rawpeer user, up;
    int listen_fd;
    uint16_t port;
    int open_count;
};

struct exchange {
    struct sl_task task;
    struct rig *rig;
    struct sl_inbound *in;
    struct sl_outbound o;
    bool has_response;
};

static void send_out(struct exchange *x)
{
    x->o.owner = &x->task;
    x->o.origin = &x->rig->origin;
    x->o.arena = x->in->arena;
    x->o.req = x->in->req;
    x->o.body = &x->in->request;
    x->o.answer = &x->in->response;
    x->o.may_reuse = true;
    sl_inbound_want_body(x->in);
    sl_outbound_start(x->rig->client, &x->o);
}

static void answer(struct exchange *x)
{
    x->has_response = true;
    if (x->o.has_head && x->o.res.status == 101) {
        sl_inbound_tunnel(x->in, &x->o.res);
        sl_outbound_tunnel(&x->o, &x->in->request);
    } else if (x->o.has_head) {
        sl_inbound_respond(x->in, &x->o.res);
    } else {
        struct sl_head res = {.version = 11, .status = sl_err_info(x->o.rc)->status};
        sl_headers_init(&res.headers, x->in->arena);
        sl_inbound_respond(x->in, &res);
        sl_pipe_end(&x->in->response);
    }
}

static void exchange_run(struct sl_task *t, uint32_t why)
{
    struct exchange *x = SL_CONTAINER(t, struct exchange, task);
    if ((why & SL_WHY_START) != 0)
        send_out(x);
    if (!x->has_response && (x->o.has_head || x->o.is_ended) && !x->in->is_gone)
        answer(x);
    if (!x->in->is_gone && !x->in->is_sent && !x->in->is_cut)
        return;
    sl_outbound_cancel(&x->o);
    x->rig->open_count--;
    sl_inbound_release(x->in);
}

static void begin(void *ctx, struct sl_inbound *in)
{
    struct exchange *x = sl_arena_new_of(in->arena, struct exchange);
    x->task.run = exchange_run;
    x->rig = ctx;
    x->in = in;
    in->owner = &x->task;
    x->rig->open_count++;
    sl_task_wake(in->loop, &x->task, SL_WHY_START);
}

static const struct sl_server_ops ops = {.begin = begin};

static void open_rig(struct rig *r)
{
    uint16_t up_port;
    *r = (struct rig){.loop = sl_loop_new(), .pool = sl_chunk_pool_new()};
    r->resolver = sl_resolver_new(r->loop);
    r->client = sl_client_new(r->loop, r->pool, r->resolver, NULL);
    r->server = sl_server_new(r->loop, r->pool, NULL, &ops, r);
    EXPECT_EQ(SL_OK, sl_server_listen(r->server, raw_listen(&r->port), NULL));
    r->listen_fd = raw_listen(&up_port);
    r->origin =
        (struct sl_origin){.key = SL_STR("up"), .host = SL_STR("127.0.0.1"), .port = up_port};
    raw_connect(&r->user, r->loop, r->port);
}

static void close_rig(struct rig *r)
{
    raw_close(&r->user);
    raw_close(&r->up);
    sl_server_abort_all(r->server);
    raw_pass(r->loop, 3);
    EXPECT_EQ(0, r->open_count);
    sl_server_free(r->server);
    sl_client_free(r->client);
    sl_resolver_free(r->resolver);
    sl_loop_free(r->loop);
    EXPECT_EQ(0, sl_chunk_pool_in_use(r->pool));
    sl_chunk_pool_free(r->pool);
    close(r->listen_fd);
}

/* The user's request has arrived at the upstream. */
static void pass_request(struct rig *r, const char *request, const char *last)
{
    EXPECT(raw_say(&r->user, request));
    EXPECT(raw_accept(&r->up, r->loop, r->listen_fd));
    EXPECT(raw_await(&r->up, last));
}

static char *megabyte(void)
{
    static char text[1 << 20];
    memset(text, 'x', sizeof(text));
    return text;
}

#define GET "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

TEST(proxy, passes_bodies_both_ways)
{
    struct rig r;
    open_rig(&r);
    pass_request(&r, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n", "\r\n\r\n");
    size_t head_bytes = r.up.got_bytes;
    EXPECT(raw_send(&r.user, (sl_str){megabyte(), SL_MIB(1)}));
    EXPECT(raw_await_bytes(&r.up, head_bytes + SL_MIB(1)));
    EXPECT(raw_say(&r.up, "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n"));
    EXPECT(raw_send(&r.up, (sl_str){megabyte(), SL_MIB(1)}));
    EXPECT(raw_await_bytes(&r.user, SL_MIB(1) + 20));
    EXPECT(raw_say(&r.user, GET));
    raw_forget(&r.up);
    EXPECT(raw_await(&r.up, GET)); /* on the connection kept */
    close_rig(&r);
}

TEST(proxy, case_36_passes_each_event_on_when_it_comes)
{
    struct rig r;
    open_rig(&r);
    pass_request(&r, GET, "\r\n\r\n");
    EXPECT(raw_say(&r.up, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 10; i++) {
        EXPECT(raw_say(&r.up, "9\r\ndata: x\n\n\r\n"));
        EXPECT(raw_await(&r.user, "9\r\ndata: x\n\n\r\n"));
        raw_forget(&r.user);
        EXPECT_EQ(0, sl_chunk_pool_in_use(r.pool));
    }
    EXPECT(raw_say(&r.up, "0\r\n\r\n"));
    EXPECT(raw_await(&r.user, "0\r\n\r\n"));
    close_rig(&r);
}

TEST(proxy, case_26_a_slow_client_holds_the_upstream_back)
{
    struct rig r;
    open_rig(&r);
    pass_request(&r, GET, "\r\n\r\n");
    EXPECT(raw_say(&r.up, "HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n"));
    size_t sent = 0;
    for (int i = 0; i < 100; i++) {
        ssize_t n = send(r.up.fd, megabyte(), SL_MIB(1), MSG_DONTWAIT);
        sent += n > 0 ? (size_t)n : 0;
        sl_loop_tick(r.loop, SL_MS(1));
        EXPECT(sl_chunk_pool_in_use(r.pool) < SL_MIB(1));
    }
    EXPECT(sent < SL_MIB(30));
    EXPECT(raw_await_bytes(&r.user, sent));
    close_rig(&r);
}

TEST(proxy, case_28_a_client_that_leaves_ends_the_upstream_at_once)
{
    struct rig r;
    open_rig(&r);
    pass_request(&r, GET, "\r\n\r\n");
    EXPECT(raw_say(&r.up, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"));
    EXPECT(raw_await(&r.user, "x\r\n"));
    raw_close(&r.user);
    raw_pass(r.loop, 20);
    raw_receive(&r.up);
    EXPECT(r.up.is_at_end);
    close_rig(&r);
}

TEST(proxy, case_22_a_truncated_answer_stays_incomplete)
{
    struct rig r;
    open_rig(&r);
    pass_request(&r, GET, "\r\n\r\n");
    EXPECT(raw_say(&r.up, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"));
    raw_close(&r.up);
    EXPECT(raw_await_end(&r.user));
    EXPECT_EQ(1, raw_count(&r.user, "1\r\nx\r\n"));
    EXPECT_EQ(0, raw_count(&r.user, "0\r\n\r\n"));
    close_rig(&r);
}

TEST(proxy, case_22_a_reset_of_the_client_breaks_the_request_upstream)
{
    struct rig r;
    open_rig(&r);
    pass_request(&r, "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
                 "1\r\nx\r\n");
    raw_reset(&r.user);
    EXPECT(raw_await_end(&r.up));
    EXPECT_EQ(0, raw_count(&r.up, "0\r\n\r\n"));
    close_rig(&r);
}

TEST(proxy, case_20_passes_an_early_answer_on)
{
    struct rig r;
    open_rig(&r);
    pass_request(&r, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc", "abc");
    EXPECT(raw_say(&r.up, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
    EXPECT(raw_await(&r.user, "\r\n\r\nno"));
    EXPECT(raw_await_end(&r.up));
    close_rig(&r);
}

TEST(proxy, case_21_tunnels_through_with_half_closes)
{
    struct rig r;
    open_rig(&r);
    pass_request(&r, "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
                 "\r\n\r\n");
    EXPECT(raw_say(&r.up, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                          "Upgrade: x\r\n\r\nfirst down"));
    EXPECT(raw_await(&r.user, "\r\n\r\nfirst down"));
    EXPECT(raw_say(&r.user, "first up"));
    EXPECT(raw_await(&r.up, "first up"));
    raw_shut(&r.user);
    EXPECT(raw_await_end(&r.up));
    EXPECT(raw_say(&r.up, "last down"));
    EXPECT(raw_await(&r.user, "last down"));
    EXPECT_EQ(1, r.open_count);
    raw_shut(&r.up);
    EXPECT(raw_await_end(&r.user));
    raw_pass(r.loop, 3);
    EXPECT_EQ(0, r.open_count);
    EXPECT_EQ(0, sl_server_connection_count(r.server));
    close_rig(&r);
}

TEST(proxy, case_13_no_tunnel_begins_in_the_middle_of_a_request)
{
    struct rig r;
    open_rig(&r);
    pass_request(&r,
                 "POST /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n"
                 "Content-Length: 5\r\n\r\nabc",
                 "\r\n\r\nabc");
    EXPECT(raw_say(&r.up, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                          "Upgrade: x\r\n\r\n"));
    EXPECT(raw_await(&r.user, "HTTP/1.1 502 "));
    EXPECT(raw_await_end(&r.up));
    close_rig(&r);
}

TEST(proxy, an_upstream_that_is_not_there_is_a_502)
{
    struct rig r;
    open_rig(&r);
    r.origin.port = 1;
    EXPECT(raw_say(&r.user, GET));
    EXPECT(raw_await(&r.user, "HTTP/1.1 502 "));
    close_rig(&r);
}

/* Anything may happen to anybody at any time: nothing leaks, nothing hangs, other users are served. */
static void misbehave(struct rig *r, unsigned *seed)
{
    static const char text[] = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "5\r\nhello\r\n0\r\n\r\n" GET;
    static const char reply[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "5\r\nhello\r\n0\r\n\r\n";
    struct rawpeer user, up = {0};
    raw_connect(&user, r->loop, r->port);
    raw_send(&user, (sl_str){text, (size_t)rand_r(seed) % sizeof(text)});
    sl_loop_tick(r->loop, 0);
    int fd = accept4(r->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        up = (struct rawpeer){.loop = r->loop, .fd = fd, .got = sl_calloc(1, 1), .cap = 1};
        raw_send(&up, (sl_str){reply, (size_t)rand_r(seed) % sizeof(reply)});
    }
    if (rand_r(seed) % 2)
        sl_loop_tick(r->loop, 0);
    if (rand_r(seed) % 2)
        raw_reset(&user);
    if (up.loop != NULL && rand_r(seed) % 2)
        raw_reset(&up);
    sl_loop_tick(r->loop, 0);
    raw_close(&user);
    raw_close(&up);
}

TEST(proxy, survives_peers_that_stop_anywhere)
{
    struct rig r;
    unsigned seed = 42;
    open_rig(&r);
    for (int i = 0; i < 1000; i++)
        misbehave(&r, &seed);
    raw_pass(r.loop, 20);
    EXPECT_EQ(0, r.open_count);
    sl_client_close_idle(r.client);
    for (int fd; (fd = accept4(r.listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0;)
        close(fd);
    pass_request(&r, GET, "\r\n\r\n");
    EXPECT(raw_say(&r.up, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    EXPECT(raw_await(&r.user, "\r\n\r\nok"));
    close_rig(&r);
}
