/*
 * The client against raw upstreams. Numbers in names are those of the cases in docs (HTTP traffic and
 * operation).
 */
#include "net/client.h"
#include "net/client_int.h"
#include "net/server.h"
#include "tests/test.h"
#include "tests/unit/net/certs.h"
#include "tests/unit/net/rawpeer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct rig {
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_resolver *resolver;
    struct sl_client *client;
    struct sl_origin origin;
    struct rawpeer peer; /* the upstream's end of the newest connection */
    int listen_fd;
    uint16_t port;
};

/* One outbound and its owner. */
struct call {
    struct sl_task task;
    struct rig *rig;
    struct sl_outbound o;
    struct sl_pipe body, answer;
    struct sl_strbuf got; /* of the answer */
    bool is_slow;         /* leaves the answer in its pipe */
    bool has_head, is_ended;
    int wakes, dones;
};

static void open_rig(struct rig *r)
{
    *r = (struct rig){.loop = sl_loop_new(), .pool = sl_chunk_pool_new()};
    r->resolver = sl_resolver_new(r->loop);
    r->client = sl_client_new(r->loop, r->pool, r->resolver, NULL);
    r->listen_fd = raw_listen(&r->port);
    r->origin = (struct sl_origin){
        .key = SL_STR("http://up"), .host = SL_STR("127.0.0.1"), .port = r->port};
}

static void close_rig(struct rig *r)
{
    raw_close(&r->peer);
    sl_client_free(r->client);
    sl_resolver_free(r->resolver);
    sl_loop_free(r->loop);
    EXPECT_EQ(0, sl_chunk_pool_in_use(r->pool));
    sl_chunk_pool_free(r->pool);
    close(r->listen_fd);
}

static void call_run(struct sl_task *t, uint32_t why)
{
    struct call *c = SL_CONTAINER(t, struct call, task);
    c->wakes++;
    c->dones += (why & SL_WHY_DONE) != 0;
    c->has_head = c->o.has_head;
    c->is_ended = c->o.is_ended;
    while (!c->is_slow && c->answer.chain.bytes != 0) {
        sl_str front = sl_chain_front(&c->answer.chain);
        sl_strbuf_add(&c->got, front);
        sl_chain_consume(&c->answer.chain, front.n);
    }
    if (!c->is_slow)
        sl_pipe_took(&c->answer);
}

static void prepare(struct call *c, struct rig *r, const char *method, const char *target)
{
    *c = (struct call){.rig = r, .task.run = call_run};
    sl_pipe_init(&c->body, r->loop, r->pool, SL_PIPE_LIMIT_BYTES);
    sl_pipe_init(&c->answer, r->loop, r->pool, SL_PIPE_LIMIT_BYTES);
    c->answer.reader = &c->task;
    c->o.owner = &c->task;
    c->o.origin = &r->origin;
    c->o.arena = sl_arena_new("call", SL_MIB(1));
    c->o.answer = &c->answer;
    c->o.may_reuse = true;
    c->o.req.version = 11;
    c->o.req.method = sl_cstr(method);
    c->o.req.method_id = sl_method_of(c->o.req.method);
    c->o.req.target = sl_cstr(target);
    c->o.req.authority = SL_STR("up");
    sl_headers_init(&c->o.req.headers, c->o.arena);
}

static void prepare_body(struct call *c, struct rig *r, enum sl_body_kind kind, uint64_t bytes)
{
    prepare(c, r, "POST", "/");
    c->o.req.body_kind = kind;
    c->o.req.body_bytes = bytes;
    c->o.body = &c->body;
}

static void finish(struct call *c)
{
    sl_outbound_cancel(&c->o);
    sl_task_cancel(&c->task);
    sl_pipe_fini(&c->body);
    sl_pipe_fini(&c->answer);
    sl_strbuf_fini(&c->got);
    sl_loop_tick(c->rig->loop, 0); /* what was closed goes before the arena that it may refer to */
    sl_arena_free(c->o.arena);
}

static void start(struct call *c)
{
    sl_outbound_start(c->rig->client, &c->o);
}

/* GET / on a connection that the upstream has accepted; its head has arrived there. */
static void start_accepted(struct call *c, struct rig *r)
{
    prepare(c, r, "GET", "/");
    start(c);
    EXPECT(raw_accept(&r->peer, r->loop, r->listen_fd));
    EXPECT(raw_await(&r->peer, "\r\n\r\n"));
}

static bool await_end(struct call *c)
{
    return raw_await_flag(c->rig->loop, &c->is_ended);
}

static bool await_head(struct call *c)
{
    return raw_await_flag(c->rig->loop, &c->has_head);
}

static size_t idle_count(struct rig *r)
{
    size_t idle, busy;
    sl_client_counts(r->client, &idle, &busy);
    return idle;
}

static size_t busy_count(struct rig *r)
{
    size_t idle, busy;
    sl_client_counts(r->client, &idle, &busy);
    return busy;
}

static sl_str pattern(void)
{
    static char text[SL_MIB(1)];
    if (text[0] == '\0')
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = (char)('0' + i % 10);
    return (sl_str){text, sizeof(text)};
}

static const char HELLO[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

TEST(client, sends_a_request_and_reads_its_answer)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    prepare(&c, &r, "GET", "/a?b=c");
    sl_headers_add(&c.o.req.headers, SL_STR("X-A"), SL_STR("1"));
    start(&c);
    EXPECT_EQ(0, c.wakes);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    EXPECT_STR("GET /a?b=c HTTP/1.1\r\nHost: up\r\nX-A: 1\r\n\r\n", sl_cstr(r.peer.got));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&c));
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
    finish(&c);
    close_rig(&r);
}

TEST(client, reads_answers_chopped_at_every_byte)
{
    static const char text[] = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n"
                               "0\r\nX-Sum: 42\r\n\r\n";
    struct rig r;
    open_rig(&r);
    for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
        struct call c;
        prepare(&c, &r, "GET", "/");
        start(&c);
        EXPECT(cut != 1 || raw_accept(&r.peer, r.loop, r.listen_fd));
        EXPECT(raw_await(&r.peer, "\r\n\r\n"));
        raw_forget(&r.peer);
        EXPECT(raw_send(&r.peer, (sl_str){text, cut}));
        sl_loop_tick(r.loop, SL_MS(1));
        EXPECT(raw_send(&r.peer, (sl_str){text + cut, sizeof(text) - 1 - cut}));
        EXPECT(await_end(&c));
        EXPECT_STR("abcde", sl_strbuf_str(&c.got));
        EXPECT_EQ(103, c.o.informational->head.status);
        EXPECT_EQ(1, c.answer.trailers->n);
        EXPECT_STR("42", c.answer.trailers->v[0].value);
        EXPECT_EQ(cut != 1, c.o.was_reused);
        finish(&c);
    }
    EXPECT_EQ(1, idle_count(&r));
    close_rig(&r);
}

TEST(client, reads_an_answer_one_byte_at_a_time)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    start_accepted(&c, &r);
    for (size_t i = 0; i < sizeof(HELLO) - 1; i++)
        EXPECT(raw_send(&r.peer, (sl_str){HELLO + i, 1}));
    EXPECT(await_end(&c));
    EXPECT_STR("hello", sl_strbuf_str(&c.got));
    finish(&c);
    close_rig(&r);
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
        struct rig r;
        struct call c;
        char length[64];
        open_rig(&r);
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", sizes[i]);
        prepare_body(&c, &r, SL_BODY_LENGTH, sizes[i]);
        start(&c);
        EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
        push_all(&c, sl_str_head(pattern(), sizes[i]));
        EXPECT(raw_await(&r.peer, "\r\n\r\n"));
        EXPECT_EQ(1, raw_count(&r.peer, length));
        EXPECT(raw_await_bytes(&r.peer, c.o.head_sent_bytes + sizes[i]));
        EXPECT(memcmp(r.peer.got + c.o.head_sent_bytes, pattern().p, sizes[i]) == 0);
        EXPECT(raw_say(&r.peer, HELLO));
        EXPECT(await_end(&c));
        EXPECT_EQ(sizes[i], c.o.sent_bytes);
        EXPECT_EQ(1, idle_count(&r));
        finish(&c);
        close_rig(&r);
    }
}

TEST(client, sends_bodies_in_chunks)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    prepare_body(&c, &r, SL_BODY_CHUNKED, 0);
    start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "Transfer-Encoding: chunked\r\n\r\n"));
    sl_pipe_push_static(&c.body, SL_STR("abc"));
    EXPECT(raw_await(&r.peer, "\r\n\r\n3\r\nabc\r\n"));
    EXPECT(!c.o.is_request_sent);
    sl_pipe_push_static(&c.body, SL_STR("de"));
    sl_pipe_end(&c.body);
    EXPECT(raw_await(&r.peer, "abc\r\n2\r\nde\r\n0\r\n\r\n"));
    EXPECT_EQ(5, c.o.sent_bytes);
    finish(&c);
    close_rig(&r);
}

TEST(client, reads_bodies_of_all_sizes_in_all_framings)
{
    static const char *const heads[] = {"Content-Length: %zu\r\n\r\n",
                                        "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", "\r\n"};
    for (size_t i = 0; i < SL_LEN(sizes) * 3; i++) {
        struct rig r;
        struct call c;
        size_t n = sizes[i / 3], framing = i % 3;
        char head[128];
        open_rig(&r);
        start_accepted(&c, &r);
        snprintf(head, sizeof(head), heads[framing], n);
        EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\n"));
        EXPECT(raw_say(&r.peer, head));
        EXPECT(raw_send(&r.peer, sl_str_head(pattern(), n)));
        if (framing == 1)
            EXPECT(raw_say(&r.peer, n != 0 ? "\r\n0\r\n\r\n" : "\r\n"));
        if (framing == 2)
            raw_shut(&r.peer);
        EXPECT(await_end(&c));
        EXPECT_EQ(SL_OK, c.o.rc);
        EXPECT_EQ(n, c.got.n);
        EXPECT(n == 0 || memcmp(c.got.p, pattern().p, n) == 0);
        EXPECT_EQ(framing != 2, idle_count(&r));
        finish(&c);
        close_rig(&r);
    }
}

TEST(client, case_26_a_slow_reader_holds_the_upstream_back)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    start_accepted(&c, &r);
    c.is_slow = true;
    EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n"));
    for (int i = 0; i < 50; i++) {
        send(r.peer.fd, pattern().p, SL_MIB(1), MSG_DONTWAIT);
        sl_loop_tick(r.loop, SL_MS(1));
    }
    EXPECT(c.o.received_bytes < SL_KIB(128));
    EXPECT(sl_chunk_pool_in_use(r.pool) < SL_MIB(1));
    c.is_slow = false;
    sl_task_wake(r.loop, &c.task, SL_WHY_PIPE_IN);
    raw_pass(r.loop, 20);
    EXPECT(c.o.received_bytes > SL_KIB(200));
    finish(&c);
    close_rig(&r);
}

TEST(client, many_small_events_that_wait_pin_few_chunks)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    start_accepted(&c, &r);
    c.is_slow = true;
    EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 600; i++)
        EXPECT(raw_say(&r.peer, "a\r\n0123456789\r\n"));
    raw_pass(r.loop, 2);
    EXPECT_EQ(6000, c.answer.chain.bytes);
    EXPECT(sl_chunk_pool_in_use(r.pool) <= 3 * SL_CHUNK_BYTES);
    finish(&c);
    close_rig(&r);
}

TEST(client, an_idle_connection_is_small)
{
    EXPECT(sizeof(struct sl_client_conn) < 1024);
}

TEST(client, uses_the_connection_used_last)
{
    struct rig r;
    struct call a, b, third;
    struct rawpeer first;
    open_rig(&r);
    start_accepted(&a, &r);
    first = r.peer;
    start_accepted(&b, &r);
    EXPECT(raw_say(&first, HELLO));
    EXPECT(await_end(&a));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&b));
    EXPECT_EQ(2, idle_count(&r));
    raw_forget(&r.peer);
    prepare(&third, &r, "GET", "/third");
    start(&third);
    EXPECT(raw_await(&r.peer, "/third"));
    EXPECT_EQ(1, idle_count(&r));
    EXPECT_EQ(1, busy_count(&r));
    finish(&a);
    finish(&b);
    finish(&third);
    raw_close(&first);
    close_rig(&r);
}

TEST(client, takes_a_fresh_connection_when_it_must)
{
    struct rig r;
    struct call a, b;
    open_rig(&r);
    start_accepted(&a, &r);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&a));
    raw_close(&r.peer);
    prepare(&b, &r, "GET", "/");
    b.o.may_reuse = false;
    start(&b);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&b));
    EXPECT(!b.o.was_reused);
    finish(&a);
    finish(&b);
    close_rig(&r);
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
        struct rig r;
        struct call c;
        open_rig(&r);
        start_accepted(&c, &r);
        EXPECT(raw_say(&r.peer, cases[i].answer));
        EXPECT(await_end(&c));
        EXPECT_EQ(SL_OK, c.o.rc);
        EXPECT_EQ(cases[i].idle, idle_count(&r));
        finish(&c);
        close_rig(&r);
    }
}

TEST(client, case_18_an_answer_to_head_with_a_body_spoils_the_connection)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    prepare(&c, &r, "HEAD", "/");
    start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT_EQ(0, c.got.n);
    EXPECT_EQ(0, idle_count(&r));
    finish(&c);
    close_rig(&r);
}

TEST(client, closes_an_idle_connection_on_any_byte_and_on_its_end)
{
    for (int i = 0; i < 2; i++) {
        struct rig r;
        struct call c;
        open_rig(&r);
        start_accepted(&c, &r);
        EXPECT(raw_say(&r.peer, HELLO));
        EXPECT(await_end(&c));
        EXPECT_EQ(1, idle_count(&r));
        if (i == 0)
            EXPECT(raw_say(&r.peer, "?"));
        else
            raw_shut(&r.peer);
        raw_pass(r.loop, 5);
        EXPECT_EQ(0, idle_count(&r));
        EXPECT(raw_await_end(&r.peer));
        finish(&c);
        close_rig(&r);
    }
}

TEST(client, closes_idle_connections_in_time_and_on_demand)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    r.origin.idle_timeout_us = SL_MS(30);
    for (int i = 0; i < 2; i++) {
        start_accepted(&c, &r);
        EXPECT(raw_say(&r.peer, HELLO));
        EXPECT(await_end(&c));
        EXPECT_EQ(1, idle_count(&r));
        if (i == 1)
            sl_client_close_idle(r.client);
        EXPECT(raw_await_end(&r.peer));
        EXPECT_EQ(0, idle_count(&r));
        finish(&c);
        raw_close(&r.peer);
    }
    close_rig(&r);
}

TEST(client, keeps_no_more_idle_connections_than_allowed)
{
    struct rig r;
    struct call a, b;
    struct rawpeer first;
    open_rig(&r);
    r.origin.idle_max = 1;
    start_accepted(&a, &r);
    first = r.peer;
    start_accepted(&b, &r);
    EXPECT(raw_say(&first, HELLO));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&a) && await_end(&b));
    EXPECT_EQ(1, idle_count(&r));
    finish(&a);
    finish(&b);
    raw_close(&first);
    close_rig(&r);
}

TEST(client, case_23_a_connection_that_died_idle_in_the_same_tick_is_replaced)
{
    struct rig r;
    struct call a, b;
    open_rig(&r);
    start_accepted(&a, &r);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&a));
    raw_close(&r.peer); /* the loop has not heard of it when the next one starts */
    prepare(&b, &r, "GET", "/");
    start(&b);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&b));
    EXPECT_EQ(SL_OK, b.o.rc);
    EXPECT(!b.o.was_reused);
    finish(&a);
    finish(&b);
    close_rig(&r);
}

TEST(client, case_23_says_that_a_reused_connection_was_closed_before_any_byte)
{
    struct rig r;
    struct call a, b;
    open_rig(&r);
    start_accepted(&a, &r);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&a));
    prepare(&b, &r, "GET", "/b");
    start(&b);
    EXPECT(raw_await(&r.peer, "/b"));
    raw_close(&r.peer);
    EXPECT(await_end(&b));
    EXPECT_EQ(SL_E_UPSTREAM_CLOSED, b.o.rc);
    EXPECT(b.o.was_reused && b.o.head_sent_bytes != 0);
    EXPECT_EQ(0, b.o.received_bytes);
    finish(&a);
    finish(&b);
    close_rig(&r);
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
        struct rig r;
        struct call c;
        open_rig(&r);
        start_accepted(&c, &r);
        EXPECT(raw_say(&r.peer, cases[i].answer));
        raw_shut(&r.peer);
        EXPECT(await_end(&c));
        EXPECT_EQ(cases[i].rc, c.o.rc);
        EXPECT(c.o.why != NULL);
        EXPECT_EQ(c.o.has_head ? c.o.rc : SL_OK, c.answer.broken);
        EXPECT(!c.answer.is_ended);
        EXPECT_EQ(0, idle_count(&r) + busy_count(&r));
        finish(&c);
        close_rig(&r);
    }
}

TEST(client, case_22_tells_a_reset)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    start_accepted(&c, &r);
    EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"));
    EXPECT(await_head(&c));
    raw_reset(&r.peer);
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_UPSTREAM_RESET, c.o.rc);
    EXPECT_EQ(SL_E_UPSTREAM_RESET, c.answer.broken);
    EXPECT_STR("hel", sl_strbuf_str(&c.got));
    finish(&c);
    close_rig(&r);
}

TEST(client, limits_the_head_of_the_answer)
{
    struct rig r;
    struct call c;
    char line[1000];
    open_rig(&r);
    start_accepted(&c, &r);
    EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\n"));
    memset(line, 'a', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    for (int i = 0; i < 100 && !c.is_ended; i++)
        raw_say(&r.peer, line);
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_UPSTREAM_PROTOCOL, c.o.rc);
    finish(&c);
    close_rig(&r);
}

TEST(client, case_19_lists_interim_responses_up_to_a_limit)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    start_accepted(&c, &r);
    for (int i = 0; i < SL_CLIENT_INFORMATIONAL_MAX; i++)
        EXPECT(raw_say(&r.peer, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"));
    raw_pass(r.loop, 2);
    EXPECT(!c.has_head && c.wakes > 0);
    int count = 0;
    for (struct sl_informational *i = c.o.informational; i != NULL; i = i->next)
        count++;
    EXPECT_EQ(SL_CLIENT_INFORMATIONAL_MAX, count);
    EXPECT(raw_say(&r.peer, "HTTP/1.1 103 Early Hints\r\n\r\n"));
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_UPSTREAM_PROTOCOL, c.o.rc);
    finish(&c);
    close_rig(&r);
}

TEST(client, case_20_takes_an_early_answer_and_stops_sending)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    prepare_body(&c, &r, SL_BODY_LENGTH, 10000000);
    start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT(!c.o.is_request_sent);
    EXPECT_STR("hello", sl_strbuf_str(&c.got));
    EXPECT_EQ(0, idle_count(&r));
    EXPECT(c.body.reader == NULL);
    finish(&c);
    close_rig(&r);
}

TEST(client, case_20_takes_an_early_answer_from_who_reads_no_further)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    prepare_body(&c, &r, SL_BODY_LENGTH, 10000000);
    start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "\r\n\r\n"));
    send(r.peer.fd, HELLO, sizeof(HELLO) - 1, 0);
    for (int i = 0; i < 20; i++)
        sl_pipe_push_copy(&c.body, sl_str_head(pattern(), 65536));
    raw_close(&r.peer);
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT_STR("hello", sl_strbuf_str(&c.got));
    finish(&c);
    close_rig(&r);
}

TEST(client, a_request_body_that_breaks_ends_the_exchange)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    prepare_body(&c, &r, SL_BODY_CHUNKED, 0);
    start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    sl_pipe_push_static(&c.body, SL_STR("abc"));
    sl_pipe_break(&c.body, SL_E_CANCELLED);
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_CANCELLED, c.o.rc);
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, raw_count(&r.peer, "0\r\n\r\n"));
    finish(&c);
    close_rig(&r);
}

TEST(client, a_request_body_of_another_length_ends_the_exchange)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    prepare_body(&c, &r, SL_BODY_LENGTH, 5);
    start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    sl_pipe_push_static(&c.body, SL_STR("abc"));
    sl_pipe_end(&c.body);
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_INTERNAL, c.o.rc);
    finish(&c);
    close_rig(&r);
}

TEST(client, says_that_a_connection_was_refused)
{
    struct rig r;
    struct call c;
    uint16_t port;
    int fd;
    open_rig(&r);
    fd = raw_listen(&port);
    close(fd);
    r.origin.port = port;
    prepare(&c, &r, "GET", "/");
    start(&c);
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_CONNECT, c.o.rc);
    EXPECT(!c.o.is_connected);
    EXPECT_EQ(0, c.o.head_sent_bytes);
    finish(&c);
    close_rig(&r);
}

TEST(client, case_27_a_connection_that_is_not_answered_times_out)
{
    struct rig r;
    struct call c;
    struct rawpeer fill[2] = {{0}};
    uint16_t port;
    open_rig(&r);
    int fd = raw_listen(&port);
    listen(fd, 0); /* one waits in the queue, the next ones' SYNs are dropped */
    raw_connect(&fill[0], r.loop, port);
    r.origin.port = port;
    prepare(&c, &r, "GET", "/");
    c.o.connect_timeout_us = SL_MS(60);
    start(&c);
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_CONNECT_TIMEOUT, c.o.rc);
    finish(&c);
    raw_close(&fill[0]);
    close(fd);
    close_rig(&r);
}

TEST(client, says_that_a_name_has_no_address)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    r.origin.host = SL_STR("no such name");
    prepare(&c, &r, "GET", "/");
    start(&c);
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_RESOLVE, c.o.rc);
    finish(&c);
    close_rig(&r);
}

TEST(client, tries_the_addresses_of_a_name_in_turn)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    r.origin.host = SL_STR("localhost"); /* ::1 first on most machines; nobody listens there */
    prepare(&c, &r, "GET", "/");
    start(&c);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    finish(&c);
    close_rig(&r);
}

TEST(client, case_43_outbounds_queue_fairly_beyond_the_limit_of_connections)
{
    struct rig r;
    struct call c[4];
    open_rig(&r);
    r.origin.connections_max = 1;
    start_accepted(&c[0], &r);
    static const char *const targets[] = {"", "/first", "/second", "/third"};
    for (int i = 1; i < 4; i++) {
        prepare(&c[i], &r, "GET", targets[i]);
        start(&c[i]);
    }
    c[2].o.may_reuse = false;
    raw_pass(r.loop, 5);
    EXPECT_EQ(1, busy_count(&r));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(raw_await(&r.peer, "/first"));
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&c[1]));
    raw_close(&r.peer);
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "/second"));
    finish(&c[3]); /* leaves the queue */
    finish(&c[2]);
    EXPECT_EQ(0, busy_count(&r) + idle_count(&r));
    finish(&c[1]);
    finish(&c[0]);
    close_rig(&r);
}

TEST(client, a_failed_connection_lets_the_next_in_the_queue_try)
{
    struct rig r;
    struct call a, b;
    open_rig(&r);
    r.origin.connections_max = 1;
    start_accepted(&a, &r);
    prepare(&b, &r, "GET", "/b");
    start(&b);
    raw_close(&r.peer);
    EXPECT(await_end(&a));
    EXPECT(raw_accept(&r.peer, r.loop, r.listen_fd));
    EXPECT(raw_await(&r.peer, "/b"));
    finish(&a);
    finish(&b);
    close_rig(&r);
}

static void tunnel(struct rig *r, struct call *c)
{
    prepare(c, r, "GET", "/ws");
    sl_headers_add(&c->o.req.headers, SL_STR("Connection"), SL_STR("upgrade"));
    sl_headers_add(&c->o.req.headers, SL_STR("Upgrade"), SL_STR("x"));
    c->o.req.wants_upgrade = true;
    start(c);
    EXPECT(raw_accept(&r->peer, r->loop, r->listen_fd));
    EXPECT(raw_await(&r->peer, "Upgrade: x\r\n\r\n"));
}

TEST(client, case_21_a_tunnel_carries_raw_bytes_and_half_closes)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    tunnel(&r, &c);
    EXPECT(raw_say(&r.peer, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                            "Upgrade: x\r\n\r\nearly"));
    EXPECT(await_head(&c));
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
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT_EQ(0, idle_count(&r) + busy_count(&r));
    finish(&c);
    close_rig(&r);
}

TEST(client, case_13_after_a_refused_upgrade_the_connection_stays_http)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    tunnel(&r, &c);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_OK, c.o.rc);
    EXPECT_EQ(1, idle_count(&r));
    finish(&c);
    close_rig(&r);
}

TEST(client, case_28_cancelling_closes_at_once_in_every_state)
{
    static const char *const answers[] = {NULL, "", "HTTP/1.1 2",
                                          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"};
    for (size_t i = 0; i < SL_LEN(answers); i++) {
        struct rig r;
        struct call c;
        open_rig(&r);
        if (answers[i] == NULL) {
            prepare(&c, &r, "GET", "/");
            start(&c);
        } else {
            start_accepted(&c, &r);
            EXPECT(raw_say(&r.peer, answers[i]));
            raw_pass(r.loop, 2);
        }
        sl_outbound_cancel(&c.o);
        EXPECT_EQ(0, busy_count(&r));
        EXPECT(c.answer.writer == NULL);
        if (answers[i] != NULL)
            EXPECT(raw_await_end(&r.peer));
        EXPECT_EQ(0, c.dones);
        finish(&c);
        close_rig(&r);
    }
}

TEST(client, cancelling_what_never_started_or_has_ended_is_nothing)
{
    struct rig r;
    struct call c;
    struct sl_outbound zeroed = {0};
    open_rig(&r);
    sl_outbound_cancel(&zeroed);
    start_accepted(&c, &r);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&c));
    sl_outbound_cancel(&c.o);
    EXPECT_EQ(1, idle_count(&r));
    finish(&c);
    close_rig(&r);
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
    struct rig r;
    struct call c;
    open_rig(&r);
    start_accepted(&c, &r);
    c.task.run = cancelling_run;
    EXPECT(raw_say(&r.peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"));
    EXPECT(await_end(&c));
    EXPECT_EQ(0, busy_count(&r));
    EXPECT(raw_await_end(&r.peer));
    finish(&c);
    close_rig(&r);
}

TEST(client, no_memory_for_the_head_of_the_answer_is_an_error)
{
    struct rig r;
    struct call c;
    open_rig(&r);
    start_accepted(&c, &r);
    while (sl_arena_left(c.o.arena) > 16)
        EXPECT(sl_arena_try_raw(c.o.arena, SL_MIN(sl_arena_left(c.o.arena) - 16, 4096)) != NULL);
    EXPECT(raw_say(&r.peer, HELLO));
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_NOMEM, c.o.rc);
    finish(&c);
    close_rig(&r);
}

/* TLS: our own server is the upstream. */

struct tls_rig {
    struct rig r;
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

static void open_tls_rig(struct tls_rig *x, const char *tls_name)
{
    *x = (struct tls_rig){.gate.run = gate_run, .certs = certs_new()};
    struct cert_files files = certs_issue(x->certs, "DNS:up.example", 30);
    struct sl_tls_identity identity = {.cert_path = files.cert_path, .key_path = files.key_path};
    struct sl_tls_server_config server = {.identities = &identity, .identity_count = 1};
    struct sl_tls_client_config client = {.ca_path = certs_ca_path(x->certs)};
    EXPECT_EQ(SL_OK, sl_tls_server_new(&server, &x->server_tls, NULL));
    EXPECT_EQ(SL_OK, sl_tls_client_new(&client, &x->client_tls, NULL));
    open_rig(&x->r);
    x->server = sl_server_new(x->r.loop, x->r.pool, NULL, &gate_ops, x);
    EXPECT_EQ(SL_OK, sl_server_listen(x->server, dup(x->r.listen_fd), x->server_tls));
    x->r.origin.tls = x->client_tls;
    x->r.origin.tls_name = sl_cstr(tls_name);
}

static void close_tls_rig(struct tls_rig *x)
{
    sl_client_close_idle(x->r.client);
    raw_pass(x->r.loop, 5);
    sl_server_abort_all(x->server);
    raw_pass(x->r.loop, 2);
    sl_server_free(x->server);
    close_rig(&x->r);
    sl_tls_server_unref(x->server_tls);
    sl_tls_client_unref(x->client_tls);
    certs_free(x->certs);
}

TEST(client, case_40_speaks_tls_and_keeps_the_connection)
{
    struct tls_rig x;
    open_tls_rig(&x, "up.example");
    for (int i = 0; i < 3; i++) {
        struct call c;
        prepare(&c, &x.r, "GET", "/");
        start(&c);
        EXPECT(await_end(&c));
        EXPECT_EQ(SL_OK, c.o.rc);
        EXPECT_STR("hello", sl_strbuf_str(&c.got));
        EXPECT_EQ(i != 0, c.o.was_reused);
        finish(&c);
    }
    EXPECT_EQ(1, idle_count(&x.r));
    close_tls_rig(&x);
}

TEST(client, case_40_refuses_a_certificate_for_another_name)
{
    struct tls_rig x;
    struct call c;
    open_tls_rig(&x, "other.example");
    prepare(&c, &x.r, "GET", "/");
    start(&c);
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_TLS, c.o.rc);
    EXPECT(c.o.why != NULL && c.o.why[0] != '\0');
    EXPECT_EQ(0, c.o.head_sent_bytes);
    finish(&c);
    close_tls_rig(&x);
}

TEST(client, a_tls_handshake_that_stalls_times_out)
{
    struct tls_rig x;
    struct call c;
    open_tls_rig(&x, "up.example");
    uint16_t port;
    int fd = raw_listen(&port);
    x.r.origin.port = port;
    prepare(&c, &x.r, "GET", "/");
    c.o.connect_timeout_us = SL_MS(60);
    start(&c);
    EXPECT(raw_accept(&x.r.peer, x.r.loop, fd));
    EXPECT(await_end(&c));
    EXPECT_EQ(SL_E_CONNECT_TIMEOUT, c.o.rc);
    finish(&c);
    close(fd);
    close_tls_rig(&x);
}
