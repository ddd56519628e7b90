/*
 * The client against raw upstreams. Numbers in names are those of the cases in docs (HTTP traffic and
 * operation).
 */
#include "base/err.h"
#include "net/client_int.h"
#include "tests/test.h"
#include "tests/unit/net/certs.h"
#include "tests/unit/net/client_rig.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

TEST(client, sends_a_request_and_reads_its_answer)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_prepare(&c, &r, "GET", "/a?b=c");
    sl_headers_add(&c.o.req.headers, SL_STR("X-A"), SL_STR("1"));
    call_start(&c);
    EXPECT_EQ(0, c.wakes);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    EXPECT_STR("GET /a?b=c HTTP/1.1\r\nHost: up\r\nX-A: 1\r\n\r\n", sl_cstr(r.peer.got));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT_EQ(200, c.o.res.status);
    EXPECT_STR("hello", sl_strbuf_str(&c.got));
    EXPECT(c.answer.is_ended);
    EXPECT(c.o.is_connected && c.o.is_request_sent && !c.o.was_reused);
    EXPECT_EQ(r.peer.got_bytes, c.o.head_sent_bytes);
    EXPECT_EQ(sizeof(HELLO) - 1, c.o.received_bytes);
    EXPECT_EQ(r.port, sl_addr_port(&c.o.address));
    EXPECT(c.o.started_us <= c.o.connected_us && c.o.connected_us <= c.o.sent_us);
    EXPECT(c.o.sent_us <= c.o.first_byte_us && c.o.first_byte_us <= c.o.ended_us);
    EXPECT_EQ(1, c.dones);
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, reads_answers_chopped_at_every_byte)
{
    static const char text[] = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n"
                               "0\r\nX-Sum: 42\r\n\r\n";
    struct client_rig r;
    client_rig_open(&r);
    for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
        struct call c;
        call_prepare(&c, &r, "GET", "/");
        call_start(&c);
        EXPECT(cut != 1 || raw_accept(&r.peer, r.loop, r.listen_fd));
        EXPECT(raw_await(&r.peer, "\r\n\r\n"));
        raw_forget(&r.peer);
        EXPECT(raw_send(&r.peer, (sl_str){text, cut}));
        sl_loop_tick(r.loop, SL_MS(1));
        EXPECT(raw_send(&r.peer, (sl_str){text + cut, sizeof(text) - 1 - cut}));
        EXPECT(call_await_end(&c));
        EXPECT_STR("abcde", sl_strbuf_str(&c.got));
        EXPECT_EQ(103, c.o.informational->head.status);
        EXPECT_EQ(1, c.answer.trailers->n);
        EXPECT_STR("42", c.answer.trailers->v[0].value);
        EXPECT_EQ(cut != 1, c.o.was_reused);
        call_finish(&c);
    }
    EXPECT_EQ(1, client_rig_idle(&r));
    client_rig_close(&r);
}

TEST(client, reads_an_answer_one_byte_at_a_time)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_start_accepted(&c, &r);
    for (size_t i = 0; i < sizeof(HELLO) - 1; i++)
        EXPECT(raw_send(&r.peer, (sl_str){&HELLO[i], 1}));
    EXPECT(call_await_end(&c));
    EXPECT_STR("hello", sl_strbuf_str(&c.got));
    call_finish(&c);
    client_rig_close(&r);
}

static const size_t sizes[] = {0, 1, 16383, 16384, 16385, 65536, 1 << 20};

/* Pushes as the pipe has room. */
static void push_all(struct call *c, sl_str bytes)
{
    while (bytes.n != 0) {
        sl_str part = sl_str_head(bytes, sl_pipe_room(&c->body));
        if (part.n != 0)
            sl_pipe_push_copy(&c->body, part);
        bytes = sl_str_from(bytes, part.n);
        raw_receive(&c->rig->peer);
        sl_loop_tick(c->rig->loop, part.n == 0 ? SL_MS(1) : 0);
    }
    sl_pipe_end(&c->body);
}

TEST(client, sends_bodies_of_all_sizes_with_a_length)
{
    for (size_t i = 0; i < SL_LEN(sizes); i++) {
        struct client_rig r;
        struct call c;
        char length[64];
        client_rig_open(&r);
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", sizes[i]);
        call_prepare_body(&c, &r, SL_BODY_LENGTH, sizes[i]);
        call_start(&c);
        EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
        push_all(&c, sl_str_head(client_rig_pattern(), sizes[i]));
        EXPECT(raw_await(&r.peer, "\r\n\r\n"));
        EXPECT_EQ(1, raw_count(&r.peer, length));
        EXPECT(raw_await_bytes(&r.peer, c.o.head_sent_bytes + sizes[i]));
        EXPECT(memcmp(r.peer.got + c.o.head_sent_bytes, client_rig_pattern().p, sizes[i]) == 0);
        EXPECT(raw_say(&r.peer, HELLO));
        EXPECT(call_await_end(&c));
        EXPECT_EQ(sizes[i], c.o.sent_bytes);
        EXPECT_EQ(1, client_rig_idle(&r));
        call_finish(&c);
        client_rig_close(&r);
    }
}

TEST(client, sends_bodies_in_chunks)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_prepare_body(&c, &r, SL_BODY_CHUNKED, 0);
    call_start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "Transfer-Encoding: chunked\r\n\r\n"));
    sl_pipe_push_static(&c.body, SL_STR("abc"));
    EXPECT(raw_await(&r.peer, "\r\n\r\n3\r\nabc\r\n"));
    EXPECT(!c.o.is_request_sent);
    sl_pipe_push_static(&c.body, SL_STR("de"));
    sl_pipe_end(&c.body);
    EXPECT(raw_await(&r.peer, "abc\r\n2\r\nde\r\n0\r\n\r\n"));
    EXPECT_EQ(5, c.o.sent_bytes);
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, reads_bodies_of_all_sizes_in_all_framings)
{
    static const char *const heads[] = {"Content-Length: %zu\r\n\r\n",
                                        "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", "\r\n"};
    for (size_t i = 0; i < SL_LEN(sizes) * 3; i++) {
        struct client_rig r;
        struct call c;
        size_t n = sizes[i / 3], framing = i % 3;
        char head[128];
        client_rig_open(&r);
        call_start_accepted(&c, &r);
        snprintf(head, sizeof(head), heads[framing], n);
        EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\n"));
        EXPECT(raw_say(&r.peer, head));
        EXPECT(raw_send(&r.peer, sl_str_head(client_rig_pattern(), n)));
        if (framing == 1)
            EXPECT(raw_say(&r.peer, n != 0 ? "\r\n0\r\n\r\n" : "\r\n"));
        if (framing == 2)
            raw_shut(&r.peer);
        EXPECT(call_await_end(&c));
        EXPECT_EQ(SL_OK, c.o.rc);
        EXPECT_EQ(n, c.got.n);
        EXPECT(n == 0 || memcmp(c.got.p, client_rig_pattern().p, n) == 0);
        EXPECT_EQ(framing != 2, client_rig_idle(&r));
        call_finish(&c);
        client_rig_close(&r);
    }
}

TEST(client, case_26_a_slow_reader_holds_the_upstream_back)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_start_accepted(&c, &r);
    c.is_slow = true;
    EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n"));
    for (int i = 0; i < 50; i++) {
        send(r.peer.fd, client_rig_pattern().p, SL_MIB(1), MSG_DONTWAIT);
        sl_loop_tick(r.loop, SL_MS(1));
    }
    EXPECT(c.o.received_bytes < SL_KIB(128));
    EXPECT(sl_chunk_pool_in_use(r.pool) < SL_MIB(1));
    c.is_slow = false;
    sl_task_wake(r.loop, &c.task, SL_WHY_PIPE_IN);
    raw_pass(r.loop, 20);
    EXPECT(c.o.received_bytes > SL_KIB(200));
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, many_small_events_that_wait_pin_few_chunks)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_start_accepted(&c, &r);
    c.is_slow = true;
    EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 600; i++)
        EXPECT(raw_say(&r.peer, "a\r\n0123456789\r\n"));
    raw_pass(r.loop, 2);
    EXPECT_EQ(6000, c.answer.chain.bytes);
    EXPECT(sl_chunk_pool_in_use(r.pool) <= 3 * SL_CHUNK_BYTES);
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, an_idle_connection_is_small)
{
    EXPECT(sizeof(struct sl_client_conn) < 1024);
}

TEST(client, uses_the_connection_used_last)
{
    struct client_rig r;
    struct call a, b, third;
    struct rawpeer first;
    client_rig_open(&r);
    call_start_accepted(&a, &r);
    first = r.peer;
    call_start_accepted(&b, &r);
    EXPECT(raw_say(&first, HELLO));
    EXPECT(call_await_end(&a));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&b));
    EXPECT_EQ(2, client_rig_idle(&r));
    raw_forget(&r.peer);
    call_prepare(&third, &r, "GET", "/third");
    call_start(&third);
    EXPECT(raw_await(&r.peer, "/third"));
    EXPECT_EQ(1, client_rig_idle(&r));
    EXPECT_EQ(1, client_rig_busy(&r));
    call_finish(&a);
    call_finish(&b);
    call_finish(&third);
    raw_close(&first);
    client_rig_close(&r);
}

TEST(client, takes_a_fresh_connection_when_it_must)
{
    struct client_rig r;
    struct call a, b;
    client_rig_open(&r);
    call_start_accepted(&a, &r);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&a));
    raw_close(&r.peer);
    call_prepare(&b, &r, "GET", "/");
    b.o.may_reuse = false;
    call_start(&b);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&b));
    EXPECT(!b.o.was_reused);
    call_finish(&a);
    call_finish(&b);
    client_rig_close(&r);
}

struct reuse_case {
    const char *answer;
    size_t idle;
};

TEST(client, keeps_only_connections_that_are_clean)
{
    static const struct reuse_case cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1},
        {"HTTP/1.1 204 No Content\r\n\r\n", 1},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 1},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nexcess", 0},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabexcess", 0},
        {"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct client_rig r;
        struct call c;
        client_rig_open(&r);
        call_start_accepted(&c, &r);
        EXPECT(raw_say(&r.peer, cases[i].answer));
        EXPECT(call_await_end(&c));
        EXPECT_EQ(SL_OK, c.o.rc);
        EXPECT_EQ(cases[i].idle, client_rig_idle(&r));
        call_finish(&c);
        client_rig_close(&r);
    }
}

TEST(client, case_18_an_answer_to_head_with_a_body_spoils_the_connection)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_prepare(&c, &r, "HEAD", "/");
    call_start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT_EQ(0, c.got.n);
    EXPECT_EQ(0, client_rig_idle(&r));
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, closes_an_idle_connection_on_any_byte_and_on_its_end)
{
    for (int i = 0; i < 2; i++) {
        struct client_rig r;
        struct call c;
        client_rig_open(&r);
        call_start_accepted(&c, &r);
        EXPECT(raw_say(&r.peer, HELLO));
        EXPECT(call_await_end(&c));
        EXPECT_EQ(1, client_rig_idle(&r));
        if (i == 0)
            EXPECT(raw_say(&r.peer, "?"));
        else
            raw_shut(&r.peer);
        raw_pass(r.loop, 5);
        EXPECT_EQ(0, client_rig_idle(&r));
        EXPECT(raw_await_end(&r.peer));
        call_finish(&c);
        client_rig_close(&r);
    }
}

TEST(client, closes_idle_connections_in_time_and_on_demand)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    r.origin.idle_timeout_us = SL_MS(30);
    for (int i = 0; i < 2; i++) {
        call_start_accepted(&c, &r);
        EXPECT(raw_say(&r.peer, HELLO));
        EXPECT(call_await_end(&c));
        EXPECT_EQ(1, client_rig_idle(&r));
        if (i == 1)
            sl_client_close_idle(r.client);
        EXPECT(raw_await_end(&r.peer));
        EXPECT_EQ(0, client_rig_idle(&r));
        call_finish(&c);
        raw_close(&r.peer);
    }
    client_rig_close(&r);
}

TEST(client, keeps_no_more_idle_connections_than_allowed)
{
    struct client_rig r;
    struct call a, b;
    struct rawpeer first;
    client_rig_open(&r);
    r.origin.idle_max = 1;
    call_start_accepted(&a, &r);
    first = r.peer;
    call_start_accepted(&b, &r);
    EXPECT(raw_say(&first, HELLO));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&a) && call_await_end(&b));
    EXPECT_EQ(1, client_rig_idle(&r));
    call_finish(&a);
    call_finish(&b);
    raw_close(&first);
    client_rig_close(&r);
}

TEST(client, case_27_a_queue_has_a_length)
{
    struct client_rig r;
    struct call first, second, third;
    client_rig_open(&r);
    r.origin.connections_max = 1;
    r.origin.queue_max = 1;
    call_start_accepted(&first, &r);
    call_prepare(&second, &r, "GET", "/2");
    call_start(&second);
    call_prepare(&third, &r, "GET", "/3");
    call_start(&third);
    EXPECT(call_await_end(&third));
    EXPECT_EQ(SL_E_POOL_FULL, third.o.rc);
    EXPECT(!second.is_ended);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&first));
    EXPECT(raw_say(&r.peer, HELLO)); /* the connection is the second's now */
    EXPECT(call_await_end(&second));
    EXPECT_EQ(SL_OK, second.o.rc);
    call_finish(&first);
    call_finish(&second);
    call_finish(&third);
    client_rig_close(&r);
}

TEST(client, case_27_waiting_for_a_connection_has_an_end)
{
    struct client_rig r;
    struct call first, late, later;
    client_rig_open(&r);
    r.origin.connections_max = 1;
    r.origin.queue_timeout_us = SL_MS(40);
    call_start_accepted(&first, &r);
    call_prepare(&late, &r, "GET", "/2");
    call_start(&late);
    r.origin.queue_timeout_us = SL_MS(60);
    call_prepare(&later, &r, "GET", "/3");
    call_start(&later);
    EXPECT(call_await_end(&late));
    EXPECT_EQ(SL_E_POOL_TIMEOUT, late.o.rc);
    EXPECT(!later.is_ended);
    EXPECT(call_await_end(&later));
    EXPECT_EQ(SL_E_POOL_TIMEOUT, later.o.rc);
    EXPECT(later.o.ended_us - later.o.started_us >= SL_MS(60));
    EXPECT(raw_say(&r.peer, HELLO)); /* the first is not hurt */
    EXPECT(call_await_end(&first));
    EXPECT_EQ(SL_OK, first.o.rc);
    call_finish(&first);
    call_finish(&late);
    call_finish(&later);
    client_rig_close(&r);
}

TEST(client, one_that_leaves_the_queue_makes_room_in_it)
{
    struct client_rig r;
    struct call first, second, third;
    client_rig_open(&r);
    r.origin.connections_max = 1;
    r.origin.queue_max = 1;
    call_start_accepted(&first, &r);
    call_prepare(&second, &r, "GET", "/2");
    call_start(&second);
    call_finish(&second);
    call_prepare(&third, &r, "GET", "/3");
    call_start(&third);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&first));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&third));
    EXPECT_EQ(SL_OK, third.o.rc);
    call_finish(&first);
    call_finish(&third);
    client_rig_close(&r);
}

TEST(client, case_23_a_connection_that_died_idle_in_the_same_tick_is_replaced)
{
    struct client_rig r;
    struct call a, b;
    client_rig_open(&r);
    call_start_accepted(&a, &r);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&a));
    raw_close(&r.peer); /* the loop has not heard of it when the next one starts */
    call_prepare(&b, &r, "GET", "/");
    call_start(&b);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&b));
    EXPECT_EQ(SL_OK, b.o.rc);
    EXPECT(!b.o.was_reused);
    call_finish(&a);
    call_finish(&b);
    client_rig_close(&r);
}

TEST(client, case_23_says_that_a_reused_connection_was_closed_before_any_byte)
{
    struct client_rig r;
    struct call a, b;
    client_rig_open(&r);
    call_start_accepted(&a, &r);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&a));
    call_prepare(&b, &r, "GET", "/b");
    call_start(&b);
    EXPECT(raw_await(&r.peer, "/b"));
    raw_close(&r.peer);
    EXPECT(call_await_end(&b));
    EXPECT_EQ(SL_E_UPSTREAM_CLOSED, b.o.rc);
    EXPECT(b.o.was_reused && b.o.head_sent_bytes != 0);
    EXPECT_EQ(0, b.o.received_bytes);
    call_finish(&a);
    call_finish(&b);
    client_rig_close(&r);
}

struct failure_case {
    const char *answer;
    sl_rc rc;
};

TEST(client, case_22_tells_truncated_from_malformed_answers)
{
    static const struct failure_case cases[] = {
        {"", SL_E_UPSTREAM_CLOSED},
        {"HTTP/1.1 200 OK\r\nContent-Le", SL_E_UPSTREAM_TRUNCATED},
        {"HTTP/1.1 103 Hints\r\n\r\n", SL_E_UPSTREAM_TRUNCATED},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", SL_E_UPSTREAM_TRUNCATED},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
         SL_E_UPSTREAM_TRUNCATED},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n",
         SL_E_UPSTREAM_PROTOCOL},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
         SL_E_UPSTREAM_PROTOCOL},
        {"SSH-2.0-OpenSSH\r\n\r\n", SL_E_UPSTREAM_PROTOCOL},
        {"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
         SL_E_UPSTREAM_PROTOCOL},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct client_rig r;
        struct call c;
        client_rig_open(&r);
        call_start_accepted(&c, &r);
        EXPECT(raw_say(&r.peer, cases[i].answer));
        raw_shut(&r.peer);
        EXPECT(call_await_end(&c));
        EXPECT_EQ(cases[i].rc, c.o.rc);
        EXPECT(c.o.why != NULL);
        EXPECT_EQ(c.o.has_head ? c.o.rc : SL_OK, c.answer.broken);
        EXPECT(!c.answer.is_ended);
        EXPECT_EQ(0, client_rig_idle(&r) + client_rig_busy(&r));
        call_finish(&c);
        client_rig_close(&r);
    }
}

TEST(client, case_22_tells_a_reset)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_start_accepted(&c, &r);
    EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"));
    EXPECT(call_await_head(&c));
    raw_reset(&r.peer);
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_UPSTREAM_RESET, c.o.rc);
    EXPECT_EQ(SL_E_UPSTREAM_RESET, c.answer.broken);
    EXPECT_STR("hel", sl_strbuf_str(&c.got));
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, limits_the_head_of_the_answer)
{
    struct client_rig r;
    struct call c;
    char line[1000];
    client_rig_open(&r);
    call_start_accepted(&c, &r);
    EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\n"));
    memset(line, 'a', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    for (int i = 0; i < 100 && !c.is_ended; i++)
        raw_say(&r.peer, line);
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_UPSTREAM_PROTOCOL, c.o.rc);
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, case_19_lists_interim_responses_up_to_a_limit)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_start_accepted(&c, &r);
    for (int i = 0; i < SL_CLIENT_INFORMATIONAL_MAX; i++)
        EXPECT(raw_say(&r.peer, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"));
    raw_pass(r.loop, 2);
    EXPECT(!c.has_head && c.wakes > 0);
    int count = 0;
    for (struct sl_informational *i = c.o.informational; i != NULL; i = i->next)
        count++;
    EXPECT_EQ(SL_CLIENT_INFORMATIONAL_MAX, count);
    EXPECT(raw_say(&r.peer, "HTTP/1.1 103 Early Hints\r\n\r\n"));
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_UPSTREAM_PROTOCOL, c.o.rc);
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, case_20_takes_an_early_answer_and_stops_sending)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_prepare_body(&c, &r, SL_BODY_LENGTH, 10000000);
    call_start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT(!c.o.is_request_sent);
    EXPECT_STR("hello", sl_strbuf_str(&c.got));
    EXPECT_EQ(0, client_rig_idle(&r));
    EXPECT(c.body.reader == NULL);
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, case_20_takes_an_early_answer_from_who_reads_no_further)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_prepare_body(&c, &r, SL_BODY_LENGTH, 10000000);
    call_start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    send(r.peer.fd, HELLO, sizeof(HELLO) - 1, 0);
    for (int i = 0; i < 20; i++)
        sl_pipe_push_copy(&c.body, sl_str_head(client_rig_pattern(), 65536));
    raw_close(&r.peer);
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT_STR("hello", sl_strbuf_str(&c.got));
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, a_request_body_that_breaks_ends_the_exchange)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_prepare_body(&c, &r, SL_BODY_CHUNKED, 0);
    call_start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    sl_pipe_push_static(&c.body, SL_STR("abc"));
    sl_pipe_break(&c.body, SL_E_CANCELLED);
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_CANCELLED, c.o.rc);
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, raw_count(&r.peer, "0\r\n\r\n"));
    call_finish(&c);
    client_rig_close(&r);
}

TEST(client, a_request_body_of_another_length_ends_the_exchange)
{
    struct client_rig r;
    struct call c;
    client_rig_open(&r);
    call_prepare_body(&c, &r, SL_BODY_LENGTH, 5);
    call_start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    sl_pipe_push_static(&c.body, SL_STR("abc"));
    sl_pipe_end(&c.body);
    EXPECT(call_await_end(&c));
    EXPECT_EQ(SL_E_INTERNAL, c.o.rc);
    call_finish(&c);
    client_rig_close(&r);
}
