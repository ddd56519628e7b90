/*
 * Connecting, queueing, tunnels, cancelling, TLS.
 */
#include "base/err.h"
#include "net/client_int.h"
#include "net/server.h"
#include "tests/test.h"
#include "tests/unit/net/certs.h"
#include "tests/unit/net/client_rig.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

TEST(client, says_that_a_connection_was_refused)
{
    struct client_rig r;
    struct call c;
    uint16_t port;
    int fd;
    client_rig_open(&r);
    fd = raw_listen(&port);
    close(fd);
    r.origin.port = port;
    call_prepare(&c, &r, "GET", "/");
    call_start(&c);
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_CONNECT, c.o.rc);
    EXPECT(!c.o.is_connected);
    EXPECT_EQ(0, c.o.head_sent_bytes);
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, case_27_a_connection_that_is_not_answered_times_out)
{
    struct client_rig r;
    struct call c;
    struct rawpeer fill[2] = {{0}};
    uint16_t port;
    client_rig_open(&r);
    int fd = raw_listen(&port);
    listen(fd, 0); /* one waits in the queue, the next ones' SYNs are dropped */
    raw_connect(&fill[0], r.loop, port);
    r.origin.port = port;
    call_prepare(&c, &r, "GET", "/");
    c.o.connect_timeout_us = SL_MS(60);
    call_start(&c);
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_CONNECT_TIMEOUT, c.o.rc);
    call_finish(&c);
    raw_close(&fill[0]);
    close(fd);
    client_rig_close(&r);
}

TEST(client, says_that_a_name_has_no_address)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    r.origin.host = SL_STR("no such name");
    call_prepare(&c, &r, "GET", "/");
    call_start(&c);
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_RESOLVE, c.o.rc);
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, tries_the_addresses_of_a_name_in_turn)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    r.origin.host = SL_STR("localhost"); /* ::1 first on most machines; nobody listens there */
    call_prepare(&c, &r, "GET", "/");
    call_start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, case_43_outbounds_queue_fairly_beyond_the_limit_of_connections)
{
    struct client_rig r;
    struct call c[4];
    client_rig_open(&r);
    r.origin.connections_max = 1;
    call_start_accepted(&c[0], &r);
    static const char *const targets[] = {"", "/first", "/second", "/third"};
    for (int i = 1; i < 4; i++) {
        call_prepare(&c[i], &r, "GET", targets[i]);
        call_start(&c[i]);
    }
    c[2].o.may_reuse = false;
    raw_pass(r.loop, 5);
    EXPECT_EQ(1, client_rig_busy(&r));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(raw_await(&r.peer, "/first"));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&c[1]));
    raw_close(&r.peer);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "/second"));
    call_finish(&c[3]); /* leaves the queue */
    call_finish(&c[2]);
    EXPECT_EQ(0, client_rig_busy(&r) + client_rig_idle(&r));
    call_finish(&c[1]);
    call_finish(&c[0]);
    client_rig_close(&r);
}

TEST(client, a_failed_connection_lets_the_next_in_the_queue_try)
{
    struct client_rig r;
    struct call a, b;
    client_rig_open(&r);
    r.origin.connections_max = 1;
    call_start_accepted(&a, &r);
    call_prepare(&b, &r, "GET", "/b");
    call_start(&b);
    raw_close(&r.peer);
    EXPECT(call_await_end(&a));
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "/b"));
    call_finish(&a);
    call_finish(&b);
    client_rig_close(&r);
}

static void tunnel(struct client_rig *r, struct call *c)
{
    call_prepare(c, r, "GET", "/ws");
    sl_headers_add(&c->o.req.headers, SL_STR("Connection"), SL_STR("upgrade"));
    sl_headers_add(&c->o.req.headers, SL_STR("Upgrade"), SL_STR("x"));
    c->o.req.wants_upgrade = true;
    call_start(c);
    EXPECT(raw_accept(&r->peer, r->loop, r->listen_fd));
    EXPECT(raw_await(&r->peer, "Upgrade: x\r\n\r\n"));
}

TEST(client, case_21_a_tunnel_carries_raw_bytes_and_half_closes)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    tunnel(&r, &c);
    EXPECT(raw_say(&r.peer, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                            "Upgrade: x\r\n\r\nearly"));
    EXPECT(call_await_head(&c));
    EXPECT_EQ(101, c.o.res.status);
    sl_outbound_tunnel(&c.o, &c.body);
    sl_pipe_push_static(&c.body, SL_STR("raw up"));
    EXPECT(raw_await(&r.peer, "\r\n\r\nraw up"));
    EXPECT(raw_say(&r.peer, " raw down"));
    raw_shut(&r.peer);
    raw_pass(r.loop, 5);
    EXPECT_STR("early raw down", sl_strbuf_str(&c.got));
    EXPECT(c.answer.is_ended && !c.is_ended);
    sl_pipe_push_static(&c.body, SL_STR(", last"));
    sl_pipe_end(&c.body);
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(1, raw_count(&r.peer, "raw up, last"));
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT_EQ(0, client_rig_idle(&r) + client_rig_busy(&r));
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, case_13_after_a_refused_upgrade_the_connection_stays_http)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    tunnel(&r, &c);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT_EQ(1, client_rig_idle(&r));
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, case_28_cancelling_closes_at_once_in_every_state)
{
    static const char *const answers[] = {NULL, "", "HTTP/1.1 2",
                                          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"};
    for (size_t i = 0; i < SL_LEN(answers); i++) {
        struct client_rig r;
        struct call c;
        client_rig_open(&r);
        if (answers[i] == NULL) {
            call_prepare(&c, &r, "GET", "/");
            call_start(&c);
        } else {
            call_start_accepted(&c, &r);
            EXPECT(raw_say(&r.peer, answers[i]));
            raw_pass(r.loop, 2);
        }
        sl_outbound_cancel(&c.o);
        EXPECT_EQ(0, client_rig_busy(&r));
        EXPECT(c.answer.writer == NULL);
        if (answers[i] != NULL)
            EXPECT(raw_await_end(&r.peer));
        EXPECT_EQ(0, c.dones);
        call_finish(&c);
        client_rig_close(&r);
    }
}

TEST(client, cancelling_what_never_started_or_has_ended_is_nothing)
{
    struct client_rig r;
    struct call c;
    struct sl_outbound zeroed = {0};
    client_rig_open(&r);
    sl_outbound_cancel(&zeroed);
    call_start_accepted(&c, &r);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&c));
    sl_outbound_cancel(&c.o);
    EXPECT_EQ(1, client_rig_idle(&r));
    call_finish(&c);
    client_rig_close(&r);
}

static void cancelling_run(struct sl_task *t, uint32_t why)
{
    struct call *c = SL_CONTAINER(t, struct call, task);
    c->is_ended = true;
    sl_outbound_cancel(&c->o);
    (void)why;
}

TEST(client, cancelling_in_the_tick_of_the_head_is_safe)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_start_accepted(&c, &r);
    c.task.run = cancelling_run;
    EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"));
    EXPECT(call_await_end(&c));
    EXPECT_EQ(0, client_rig_busy(&r));
    EXPECT(raw_await_end(&r.peer));
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, no_memory_for_the_head_of_the_answer_is_an_error)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_start_accepted(&c, &r);
    while (sl_arena_left(c.o.arena) > 16)
        EXPECT(sl_arena_try_raw(c.o.arena, SL_MIN(sl_arena_left(c.o.arena) - 16, 4096)) != NULL);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_NOMEM, c.o.rc);
    call_finish(&c);
    client_rig_close(&r);
}

/* TLS: our own server is the upstream. */

struct tls_rig {
    struct client_rig r;
    struct certs *certs;
    struct sl_tls_server *server_tls;
    struct sl_tls_client *client_tls;
    struct sl_server *server;
    struct sl_task gate;
    struct sl_inbound *in;
};

static void gate_run(struct sl_task *t, uint32_t why)
{
    struct tls_rig *x = SL_CONTAINER(t, struct tls_rig, gate);
    struct sl_head res = {.version = 11, .status = 200, .body_kind = SL_BODY_LENGTH};
    if ((why & SL_WHY_START) != 0) {
        res.body_bytes = 5;
        sl_headers_init(&res.headers, x->in->arena);
        sl_inbound_respond(x->in, &res);
        sl_pipe_push_static(&x->in->response, SL_STR("hello"));
        sl_pipe_end(&x->in->response);
    }
    if ((why & (SL_WHY_DONE | SL_WHY_GONE)) != 0)
        sl_inbound_release(x->in);
}

static void gate_begin(void *ctx, struct sl_inbound *in)
{
    struct tls_rig *x = ctx;
    x->in = in;
    in->owner = &x->gate;
    EXPECT(in->peer->tls != NULL);
    sl_task_wake(in->loop, &x->gate, SL_WHY_START);
}

static const struct sl_server_ops gate_ops = {.begin = gate_begin};

static void tls_rig_open(struct tls_rig *x, const char *tls_name)
{
    *x = (struct tls_rig){.gate.run = gate_run, .certs = certs_new()};
    struct cert_files files = certs_issue(x->certs, "DNS:up.example", 30);
    struct sl_tls_identity identity = {.cert_path = files.cert_path, .key_path = files.key_path};
    struct sl_tls_server_config server = {.identities = &identity, .identity_count = 1};
    struct sl_tls_client_config client = {.ca_path = certs_ca_path(x->certs)};
    EXPECT_EQ(SL_OK, sl_tls_server_new(&server, &x->server_tls, NULL));
    EXPECT_EQ(SL_OK, sl_tls_client_new(&client, &x->client_tls, NULL));
    client_rig_open(&x->r);
    x->server = sl_server_new(x->r.loop, x->r.pool, NULL, &gate_ops, x);
    EXPECT_EQ(SL_OK, sl_server_listen(x->server, dup(x->r.listen_fd), x->server_tls));
    x->r.origin.tls = x->client_tls;
    x->r.origin.tls_name = sl_cstr(tls_name);
}

static void tls_rig_close(struct tls_rig *x)
{
    sl_client_close_idle(x->r.client);
    raw_pass(x->r.loop, 5);
    sl_server_abort_all(x->server);
    raw_pass(x->r.loop, 2);
    sl_server_free(x->server);
    client_rig_close(&x->r);
    sl_tls_server_unref(x->server_tls);
    sl_tls_client_unref(x->client_tls);
    certs_free(x->certs);
}

TEST(client, case_40_speaks_tls_and_keeps_the_connection)
{
    struct tls_rig x;
    tls_rig_open(&x, "up.example");
    for (int i = 0; i < 3; i++) {
        struct call c;
        call_prepare(&c, &x.r, "GET", "/");
        call_start(&c);
        EXPECT(call_await_end(&c));
        EXPECT_EQ(SL_OK, c.o.rc);
        EXPECT_STR("hello", sl_strbuf_str(&c.got));
        EXPECT_EQ(i != 0, c.o.was_reused);
        call_finish(&c);
    }
    EXPECT_EQ(1, client_rig_idle(&x.r));
    tls_rig_close(&x);
}

TEST(client, case_40_refuses_a_certificate_for_another_name)
{
    struct tls_rig x;
    struct call c;
    tls_rig_open(&x, "other.example");
    call_prepare(&c, &x.r, "GET", "/");
    call_start(&c);
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_TLS, c.o.rc);
    EXPECT(c.o.why != NULL && c.o.why[0] != '\0');
    EXPECT_EQ(0, c.o.head_sent_bytes);
    call_finish(&c);
    tls_rig_close(&x);
}

TEST(client, a_tls_handshake_that_stalls_times_out)
{
    struct tls_rig x;
    struct call c;
    tls_rig_open(&x, "up.example");
    uint16_t port;
    int fd = raw_listen(&port);
    x.r.origin.port = port;
    call_prepare(&c, &x.r, "GET", "/");
    c.o.connect_timeout_us = SL_MS(60);
    call_start(&c);
    EXPECT(raw_accept(&x.r.peer, x.r.loop, fd));
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_CONNECT_TIMEOUT, c.o.rc);
    call_finish(&c);
    close(fd);
    tls_rig_close(&x);
}
