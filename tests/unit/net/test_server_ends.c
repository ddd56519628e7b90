/*
 * How requests and connections end before their time: clients that leave, limits, deadlines, draining;
 * tunnels and TLS.
 */
#include "base/err.h"
#include "net/server_int.h"
#include "tests/test.h"
#include "tests/unit/net/certs.h"
#include "tests/unit/net/server_rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

TEST(server, case_28_tells_at_once_that_a_waiting_client_has_closed)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    raw_close(&r.peer);
    server_rig_await_gone(&r);
    server_rig_close(&r);
}

TEST(server, case_28_tells_that_a_client_has_reset)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    raw_reset(&r.peer);
    server_rig_await_gone(&r);
    server_rig_close(&r);
}

TEST(server, case_28_tells_while_the_response_is_held_back)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/len/52428800")));
    raw_pass(r.loop, 20);
    raw_close(&r.peer);
    server_rig_await_gone(&r);
    server_rig_close(&r);
}

TEST(server, case_28_tells_while_the_request_body_is_held_back)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.pipe_bytes = 16384});
    EXPECT(raw_say(&r.peer, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n"));
    EXPECT(raw_send(&r.peer, sl_str_head(server_rig_pattern(), 60000)));
    raw_pass(r.loop, 20);
    EXPECT(r.held->in->received_bytes < 60000);
    raw_shut(&r.peer);
    server_rig_await_gone(&r);
    EXPECT_EQ(SL_E_CANCELLED, r.request_broken);
    server_rig_close(&r);
}

TEST(server, a_body_that_ends_too_early_is_a_client_gone)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.half_close_ok = true});
    EXPECT(raw_say(&r.peer, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"));
    raw_shut(&r.peer);
    server_rig_await_gone(&r);
    EXPECT_EQ(SL_E_CANCELLED, r.request_broken);
    EXPECT_EQ(3, r.received_bytes);
    server_rig_close(&r);
}

TEST(server, cases_21_and_28_begin_the_answer_of_a_half_closed_client_and_notice_that_it_left)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.half_close_ok = true});
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_shut(&r.peer);
    EXPECT(raw_await(&r.peer, "HTTP/1.1 "));
    EXPECT_EQ(9, r.peer.got_bytes);
    raw_pass(r.loop, 10);
    EXPECT(!r.is_gone);
    server_rig_close(&r);

    server_rig_open(&r, &(struct sl_server_config){.half_close_ok = true});
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    raw_close(&r.peer); /* and nothing is answered */
    server_rig_await_gone(&r);
    server_rig_close(&r);
}

TEST(server, cases_21_and_28_hold_in_the_middle_of_a_chunked_answer)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.half_close_ok = true});
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    handler_begin_chunks(r.held);
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    raw_shut(&r.peer);
    EXPECT(raw_await(&r.peer, "\r\n\r\n0"));
    EXPECT(!r.is_gone);
    sl_pipe_push_static(&r.held->in->response, SL_STR("abc"));
    sl_pipe_end(&r.held->in->response);
    EXPECT(raw_await_end(&r.peer));
    EXPECT_STR("03\r\nabc\r\n0\r\n\r\n", server_rig_body(&r.peer));
    server_rig_close(&r);

    server_rig_open(&r, &(struct sl_server_config){.half_close_ok = true});
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    handler_begin_chunks(r.held);
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    raw_close(&r.peer);
    server_rig_await_gone(&r);
    server_rig_close(&r);
}

TEST(server, case_21_answers_behind_a_half_close_when_configured)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.half_close_ok = true});
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_shut(&r.peer);
    raw_pass(r.loop, 10);
    EXPECT(!r.is_gone);
    handler_answer(r.held, 200, "still here");
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(1, raw_count(&r.peer, "HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(1, raw_count(&r.peer, "still here"));
    EXPECT_EQ(0, sl_server_connection_count(r.server));
    server_rig_close(&r);
}

TEST(server, serves_pipelined_requests_before_the_fin)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold") GET("/hold")));
    raw_shut(&r.peer);
    raw_pass(r.loop, 5);
    EXPECT(!r.is_gone);
    handler_answer(r.held, 200, "first");
    EXPECT(raw_await(&r.peer, "first"));
    server_rig_await_gone(&r); /* the second one's turn: nobody waits for it */
    EXPECT_EQ(2, r.begun);
    server_rig_close(&r);
}

struct bad_case {
    const char *request;
    int status;
};

TEST(server, cases_1_to_16_refuse_with_the_right_status_and_close)
{
    static const struct bad_case cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nExpect: coffee\r\nContent-Length: 1\r\n\r\n", 417},
        {"POST /hold HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na", 400},
        {"POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 67108865\r\n\r\n", 413},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct server_rig r;
        char status[32];
        server_rig_open(&r, NULL);
        snprintf(status, sizeof(status), "HTTP/1.1 %d ", cases[i].status);
        server_rig_ask(&r, cases[i].request, status);
        EXPECT(raw_say(&r.peer, GET("/hello")));
        EXPECT(raw_await_end(&r.peer));
        EXPECT(!r.peer.is_reset);
        EXPECT_EQ(1, raw_count(&r.peer, "HTTP/1.1 "));
        EXPECT_EQ(1, raw_count(&r.peer, "Connection: close"));
        EXPECT_EQ(1, r.begun);
        server_rig_close(&r);
    }
}

static void refuse_flood(const char *first, const char *more, const char *status)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, first));
    for (int i = 0; i < 200 && !r.peer.is_at_end && raw_count(&r.peer, status) == 0; i++) {
        raw_say(&r.peer, more);
        raw_receive(&r.peer);
    }
    EXPECT(raw_await(&r.peer, status));
    EXPECT(raw_await_end(&r.peer));
    server_rig_close(&r);
}

TEST(server, case_16_refuses_heads_that_do_not_end)
{
    char line[1000];
    memset(line, 'a', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    refuse_flood("GET /", line, "HTTP/1.1 414 ");
    memcpy(line, "X: ", 3);
    memcpy(line + sizeof(line) - 3, "\r\n", 2);
    refuse_flood("GET / HTTP/1.1\r\nHost: a\r\n", line, "HTTP/1.1 431 ");
}

TEST(server, empty_lines_in_front_of_a_request_are_skipped)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, "\r\n\r\n" GET("/hello"), "hello");
    raw_forget(&r.peer);
    server_rig_ask(&r, "\r", "");
    server_rig_ask(&r, "\n" GET("/hello"), "hello");
    server_rig_close(&r);
}

TEST(server, a_policy_lowers_the_body_limit)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, "POST /limit HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n01234567890",
                   "HTTP/1.1 413 ");
    EXPECT(raw_await_end(&r.peer));
    raw_close(&r.peer);
    raw_connect(&r.peer, r.loop, r.port);
    server_rig_ask(
        &r, "POST /limit HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "");
    server_rig_ask(&r, "8\r\n01234567\r\n", "HTTP/1.1 413 ");
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(SL_E_BODY_TOO_LARGE, r.request_broken);
    server_rig_close(&r);
}

TEST(server, case_26_a_slow_head_meets_a_deadline_for_all_of_it)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.head_timeout_us = SL_MS(60)});
    for (int i = 0; i < 20 && r.begun == 0; i++) {
        raw_say(&r.peer, i == 0 ? "G" : "E");
        raw_pass(r.loop, 10);
    }
    EXPECT(raw_await(&r.peer, "HTTP/1.1 408 "));
    EXPECT(raw_await_end(&r.peer));
    server_rig_close(&r);
}

TEST(server, a_slow_head_behind_a_pipelined_request_meets_it_too)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.head_timeout_us = SL_MS(40)});
    server_rig_ask(&r, GET("/hello") "GET", "hello");
    EXPECT(raw_await(&r.peer, "HTTP/1.1 408 "));
    server_rig_close(&r);
}

TEST(server, an_idle_connection_is_closed_without_a_word)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.idle_timeout_us = SL_MS(40)});
    server_rig_ask(&r, GET("/hello"), "hello");
    raw_forget(&r.peer);
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, r.peer.got_bytes);
    server_rig_close(&r);
}

TEST(server, a_stalled_body_times_out)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.body_timeout_us = SL_MS(40)});
    server_rig_ask(&r, "POST /want HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
                   "HTTP/1.1 408 ");
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(SL_E_REQUEST_TIMEOUT, r.request_broken);
    server_rig_close(&r);
}

TEST(server, a_body_that_keeps_coming_does_not_time_out)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.body_timeout_us = SL_MS(60)});
    EXPECT(raw_say(&r.peer, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"));
    for (int i = 0; i < 10; i++) {
        raw_pass(r.loop, 15);
        EXPECT(raw_say(&r.peer, "x"));
    }
    EXPECT(raw_await(&r.peer, "xxxxxxxxxx"));
    server_rig_close(&r);
}

TEST(server, a_client_that_takes_no_bytes_is_reset)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.write_timeout_us = SL_MS(60)});
    EXPECT(raw_say(&r.peer, GET("/len/52428800")));
    server_rig_await_gone(&r);
    EXPECT(raw_await_end(&r.peer));
    EXPECT(r.peer.is_reset);
    server_rig_close(&r);
}

TEST(server, case_21_a_tunnel_carries_raw_bytes_and_half_closes)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.idle_timeout_us = SL_MS(30)});
    server_rig_ask(
        &r, "GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nearly",
        "early");
    EXPECT_EQ(1, raw_count(&r.peer, "HTTP/1.1 101 Switching Protocols\r\n"));
    EXPECT_EQ(0, raw_count(&r.peer, "Content-Length"));
    raw_pass(r.loop, 60);
    server_rig_ask(&r, "raw bytes", "raw bytes");
    EXPECT(raw_say(&r.peer, "last"));
    raw_shut(&r.peer);
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(1, raw_count(&r.peer, "last"));
    raw_pass(r.loop, 2);
    EXPECT(r.is_sent && !r.is_gone);
    server_rig_close(&r);
}

TEST(server, a_tunnel_in_the_middle_of_a_request_is_refused)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, "GET /tunnel HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"));
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, r.peer.got_bytes);
    handler_finish(r.held);
    server_rig_close(&r);
}

TEST(server, a_tunnel_that_is_reset_is_a_client_gone)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(
        &r, "GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "101");
    raw_reset(&r.peer);
    server_rig_await_gone(&r);
    server_rig_close(&r);
}

TEST(server, case_30_draining_closes_idle_and_answers_the_rest_with_close)
{
    struct server_rig r;
    struct rawpeer idle;
    server_rig_open(&r, NULL);
    raw_connect(&idle, r.loop, r.port);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    EXPECT_EQ(2, sl_server_connection_count(r.server));
    sl_server_drain(r.server);
    EXPECT(raw_await_end(&idle));
    EXPECT_EQ(1, sl_server_connection_count(r.server));
    handler_answer(r.held, 200, "bye");
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(1, raw_count(&r.peer, "Connection: close"));
    raw_close(&r.peer);
    raw_pass(r.loop, 2);
    EXPECT_EQ(0, sl_server_connection_count(r.server));
    raw_close(&idle);
    server_rig_close(&r);
}

TEST(server, accepting_pauses_at_the_limit_of_connections)
{
    struct server_rig r;
    struct rawpeer second;
    server_rig_open(&r, &(struct sl_server_config){.connections_max = 1});
    server_rig_ask(&r, GET("/hello"), "hello");
    raw_connect(&second, r.loop, r.port);
    EXPECT(raw_say(&second, GET("/hello")));
    raw_pass(r.loop, 20);
    raw_receive(&second);
    EXPECT_EQ(0, second.got_bytes);
    raw_close(&r.peer);
    EXPECT(raw_await(&second, "hello"));
    raw_close(&second);
    server_rig_close(&r);
}

TEST(server, case_50_accepting_pauses_without_descriptors_and_recovers)
{
    struct server_rig r;
    struct rlimit before, none;
    server_rig_open(&r, NULL);
    getrlimit(RLIMIT_NOFILE, &before);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    EXPECT(raw_say(&r.peer, GET("/hello")));
    raw_pass(r.loop, 20);
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(0, sl_server_connection_count(r.server));
    EXPECT(raw_await(&r.peer, "hello"));
    server_rig_close(&r);
}

TEST(server, aborting_all_resets_every_connection)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    sl_server_abort_all(r.server);
    EXPECT(raw_await_end(&r.peer));
    EXPECT(r.peer.is_reset);
    server_rig_await_gone(&r);
    server_rig_close(&r);
}

TEST(server, reads_and_writes_once_for_a_request)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, GET("/hello"), "hello");
    struct sl_server_conn *c =
        SL_CONTAINER(r.server->connections.next, struct sl_server_conn, link);
    EXPECT(!sl_stream_may_read(&c->stream));
    sl_usec due_us = c->timer.due_us;
    raw_pass(r.loop, 3);
    server_rig_ask(&r, GET("/hello"), "hello");
    EXPECT_EQ(due_us, c->timer.due_us);
    EXPECT_EQ(1, r.server->spare_inbound_count + r.server->inbound_count);
    server_rig_close(&r);
}

/* TLS: a client of ours on the other side. */

struct tls_user {
    struct sl_task task;
    struct sl_stream stream;
    struct sl_tls_client *tls;
    struct sl_chain to_send;
    char got[4096];
    size_t got_bytes;
    bool has_answer, is_at_end;
};

static void tls_user_read(struct tls_user *u)
{
    size_t n;
    enum sl_io io;
    while ((io = sl_stream_read(&u->stream, u->got + u->got_bytes,
                                sizeof(u->got) - 1 - u->got_bytes, &n)) == SL_IO_OK)
        u->got_bytes += n;
    u->is_at_end |= io != SL_IO_WAIT;
    u->has_answer |= strstr(u->got, "\r\n\r\nhello") != NULL;
}

static void tls_user_run(struct sl_task *t, uint32_t why)
{
    struct tls_user *u = SL_CONTAINER(t, struct tls_user, task);
    (void)why;
    if (sl_stream_handshake(&u->stream) != SL_IO_OK)
        return;
    (void)sl_stream_write(&u->stream, &u->to_send, SIZE_MAX);
    tls_user_read(u);
}

static void tls_user_open(struct tls_user *u, struct server_rig *r, struct certs *certs,
                          const char *text)
{
    struct sl_tls_client_config config = {.ca_path = certs_ca_path(certs)};
    struct sl_addr a;
    int fd;
    *u = (struct tls_user){.task.run = tls_user_run};
    sl_chain_init(&u->to_send, r->pool);
    sl_chain_add_static(&u->to_send, sl_cstr(text));
    EXPECT_EQ(SL_OK, sl_tls_client_new(&config, &u->tls, NULL));
    EXPECT_EQ(SL_OK, sl_addr_from_ip(SL_STR("127.0.0.1"), r->port, &a));
    EXPECT_EQ(SL_OK, sl_sock_connect(&a, &fd));
    struct sl_tls *session = sl_tls_connect(u->tls, fd, SL_STR("a.example"));
    EXPECT_EQ(SL_OK, sl_stream_open(&u->stream, r->loop, fd, session, &u->task));
}

static void tls_user_close(struct tls_user *u)
{
    sl_stream_close(&u->stream, false);
    sl_task_cancel(&u->task);
    sl_chain_fini(&u->to_send);
    sl_tls_client_unref(u->tls);
}

static struct sl_tls_server *tls_server(struct certs *certs, const char *names)
{
    struct cert_files files = certs_issue(certs, names, 30);
    struct sl_tls_identity identity = {.cert_path = files.cert_path, .key_path = files.key_path};
    struct sl_tls_server_config config = {.identities = &identity, .identity_count = 1};
    struct sl_tls_server *tls = NULL;
    EXPECT_EQ(SL_OK, sl_tls_server_new(&config, &tls, NULL));
    return tls;
}

TEST(server, case_40_serves_tls_and_takes_new_certificates)
{
    struct certs *certs = certs_new();
    struct sl_tls_server *old = tls_server(certs, "DNS:b.example");
    struct sl_tls_server *new = tls_server(certs, "DNS:a.example");
    struct tls_user u;
    struct server_rig r;
    server_rig_open_tls(&r, NULL, old);

    tls_user_open(&u, &r, certs, GET("/hello")); /* it wants a.example */
    raw_pass(r.loop, 30);
    EXPECT_EQ(0, r.begun);
    tls_user_close(&u);

    struct sl_server_listen listen = {.id = 1, .fd = -1, .tls = new};
    EXPECT_EQ(SL_OK, sl_server_set_listeners(r.server, &listen, 1));
    tls_user_open(&u, &r, certs, GET("/hello"));
    EXPECT(raw_await_flag(r.loop, &u.has_answer));
    EXPECT(!u.is_at_end);
    tls_user_close(&u);

    sl_tls_server_unref(old);
    sl_tls_server_unref(new);
    certs_free(certs);
    server_rig_close(&r);
}

TEST(server, case_44_a_listener_that_goes_serves_who_waits_in_it)
{
    struct server_rig r;
    struct rawpeer early = {0}, established = {0};
    uint16_t port;
    server_rig_open(&r, NULL);
    int fd = raw_listen(&port);
    struct sl_server_listen both[] = {{.id = 1, .fd = -1}, {.id = 2, .fd = fd}};
    EXPECT_EQ(SL_OK, sl_server_set_listeners(r.server, both, 2));
    raw_connect(&established, r.loop, port);
    raw_pass(r.loop, 20);
    raw_connect(&early, r.loop, port); /* the loop has not seen it when the listener goes */
    EXPECT_EQ(SL_OK, sl_server_set_listeners(r.server, both, 1));
    EXPECT(raw_say(&early, GET("/hello")));
    EXPECT(raw_say(&established, GET("/hello")));
    EXPECT(raw_await(&early, "hello"));
    EXPECT(raw_await(&established, "hello"));
    raw_close(&early);
    raw_close(&established);
    server_rig_close(&r);
}

TEST(server, case_44_a_server_that_drains_opens_no_listener)
{
    struct server_rig r;
    uint16_t port;
    server_rig_open(&r, NULL);
    int fd = raw_listen(&port);
    sl_server_drain(r.server);
    struct sl_server_listen more = {.id = 2, .fd = fd};
    EXPECT_EQ(SL_OK, sl_server_set_listeners(r.server, &more, 1));
    EXPECT(fcntl(fd, F_GETFD) == -1); /* closed */
    server_rig_close(&r);
}

TEST(server, case_28_a_tls_client_that_leaves_is_gone_at_once)
{
    struct certs *certs = certs_new();
    struct sl_tls_server *tls = tls_server(certs, "DNS:a.example");
    struct tls_user u;
    struct server_rig r;
    server_rig_open_tls(&r, NULL, tls);
    tls_user_open(&u, &r, certs, GET("/hold"));
    raw_pass(r.loop, 30);
    EXPECT_EQ(1, r.begun);
    tls_user_close(&u);
    server_rig_await_gone(&r);
    sl_tls_server_unref(tls);
    certs_free(certs);
    server_rig_close(&r);
}

TEST(server, a_tls_handshake_that_stalls_is_closed)
{
    struct certs *certs = certs_new();
    struct sl_tls_server *tls = tls_server(certs, "DNS:a.example");
    struct server_rig r;
    server_rig_open_tls(&r, &(struct sl_server_config){.tls_timeout_us = SL_MS(40)}, tls);
    raw_connect(&r.peer, r.loop, r.port);
    EXPECT(raw_say(&r.peer, "\x16\x03\x01"));
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, sl_server_connection_count(r.server));
    sl_tls_server_unref(tls);
    certs_free(certs);
    server_rig_close(&r);
}

TEST(server, case_40_plain_text_on_a_tls_listener_is_closed)
{
    struct certs *certs = certs_new();
    struct sl_tls_server *tls = tls_server(certs, "DNS:a.example");
    struct server_rig r;
    server_rig_open_tls(&r, NULL, tls);
    raw_connect(&r.peer, r.loop, r.port);
    EXPECT(raw_say(&r.peer, GET("/hello")));
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, r.begun);
    sl_tls_server_unref(tls);
    certs_free(certs);
    server_rig_close(&r);
}
