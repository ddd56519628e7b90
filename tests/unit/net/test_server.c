/*
 * The server against raw clients. The gate is a scripted one: the path says what it does. Numbers in
 * names are those of the cases in docs (HTTP traffic and operation).
 */
#include "net/server.h"
#include "net/server_int.h"
#include "tests/test.h"
#include "tests/unit/net/certs.h"
#include "tests/unit/net/rawpeer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct rig {
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_server *server;
    struct rawpeer peer;
    uint16_t port;
    struct handler *held; /* newest of /hold and friends */
    int begun, released;
    bool is_gone, is_done, is_sent, is_cut;
    sl_rc request_broken;
    uint64_t received_bytes, sent_bytes;
};

/* One request in the scripted gate. */
struct handler {
    struct sl_task task;
    struct rig *rig;
    struct sl_inbound *in;
    size_t left_bytes; /* of a generated body */
    bool has_response;
    bool is_echo;
};

static void finish(struct handler *h)
{
    struct rig *r = h->rig;
    r->sent_bytes = h->in->sent_bytes;
    r->received_bytes = h->in->received_bytes;
    r->request_broken = h->in->request.broken;
    r->released++;
    if (r->held == h)
        r->held = NULL;
    sl_inbound_release(h->in);
}

static struct sl_head head_of(struct handler *h, uint16_t status, enum sl_body_kind kind,
                              uint64_t bytes)
{
    struct sl_head res = {.version = 11, .status = status, .body_kind = kind, .body_bytes = bytes};
    sl_headers_init(&res.headers, h->in->arena);
    return res;
}

static void respond(struct handler *h, uint16_t status, enum sl_body_kind kind, uint64_t bytes)
{
    struct sl_head res = head_of(h, status, kind, bytes);
    h->has_response = true;
    sl_inbound_respond(h->in, &res);
}

static void answer_text(struct handler *h, uint16_t status, const char *text)
{
    respond(h, status, SL_BODY_LENGTH, strlen(text));
    sl_pipe_push_static(&h->in->response, sl_cstr(text));
    sl_pipe_end(&h->in->response);
}

/* Text of the pattern "0123456789..." that all bodies have. */
static sl_str pattern(void)
{
    static char text[SL_MIB(1) + 10];
    if (text[0] == '\0')
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = (char)('0' + i % 10);
    return (sl_str){text, SL_MIB(1)};
}

static void generate(struct handler *h)
{
    struct sl_pipe *p = &h->in->response;
    size_t room;
    while (h->left_bytes != 0 && !p->is_closed && (room = sl_pipe_room(p)) != 0) {
        size_t at = p->total_bytes % 10, n = SL_MIN(SL_MIN(room, h->left_bytes), SL_MIB(1));
        sl_pipe_push_copy(p, (sl_str){pattern().p + at, n});
        h->left_bytes -= n;
    }
    if (h->left_bytes == 0)
        sl_pipe_end(p);
}

static bool path_starts(struct handler *h, const char *prefix)
{
    return sl_str_starts(h->in->req.path, sl_cstr(prefix));
}

static bool path_is(struct handler *h, const char *path)
{
    return sl_str_eq(h->in->req.path, sl_cstr(path));
}

static void generate_as(struct handler *h, const char *prefix, enum sl_body_kind kind)
{
    h->left_bytes = strtoul(h->in->req.path.p + strlen(prefix), NULL, 10);
    h->in->response.writer = &h->task;
    respond(h, 200, kind, h->left_bytes);
    generate(h);
}

static void echo(struct handler *h)
{
    h->is_echo = true;
    h->in->request.reader = &h->task;
    h->in->response.writer = &h->task;
    sl_inbound_want_body(h->in);
    respond(h, 200, h->in->req.body_kind == SL_BODY_LENGTH ? SL_BODY_LENGTH : SL_BODY_CHUNKED,
            h->in->req.body_bytes);
}

static void inform(struct handler *h)
{
    struct sl_head hints = head_of(h, 103, SL_BODY_NONE, 0);
    sl_headers_add(&hints.headers, SL_STR("Link"), SL_STR("</a>"));
    sl_inbound_inform(h->in, &hints);
    sl_inbound_inform(h->in, &hints);
    answer_text(h, 200, "informed");
}

static void send_trailers(struct handler *h)
{
    static struct sl_headers trailers;
    sl_headers_init(&trailers, h->in->arena);
    sl_headers_add(&trailers, SL_STR("X-Sum"), SL_STR("42"));
    respond(h, 200, SL_BODY_CHUNKED, 0);
    sl_pipe_push_static(&h->in->response, SL_STR("body"));
    h->in->response.trailers = &trailers;
    sl_pipe_end(&h->in->response);
}

static void tunnel(struct handler *h)
{
    struct sl_head res = head_of(h, 101, SL_BODY_NONE, 0);
    sl_headers_add(&res.headers, SL_STR("Connection"), SL_STR("upgrade"));
    sl_headers_add(&res.headers, SL_STR("Upgrade"), SL_STR("x"));
    h->has_response = h->is_echo = true;
    sl_inbound_tunnel(h->in, &res);
    h->in->request.reader = &h->task;
    h->in->response.writer = &h->task;
}

static void break_off(struct handler *h, enum sl_body_kind kind)
{
    respond(h, 200, kind, 10);
    sl_pipe_push_static(&h->in->response, SL_STR("5byte"));
    sl_pipe_break(&h->in->response, SL_E_UPSTREAM_TRUNCATED);
}

static void start(struct handler *h)
{
    if (h->in->bad != SL_OK) {
        answer_text(h, sl_err_info(h->in->bad)->status, "refused");
    } else if (path_is(h, "/hello")) {
        answer_text(h, 200, "hello");
    } else if (path_starts(h, "/len/")) {
        generate_as(h, "/len/", SL_BODY_LENGTH);
    } else if (path_starts(h, "/chunked/")) {
        generate_as(h, "/chunked/", SL_BODY_CHUNKED);
    } else if (path_starts(h, "/close/")) {
        generate_as(h, "/close/", SL_BODY_CLOSE);
    } else if (path_is(h, "/echo")) {
        echo(h);
    } else if (path_is(h, "/inform")) {
        inform(h);
    } else if (path_is(h, "/trailers")) {
        send_trailers(h);
    } else if (path_is(h, "/tunnel")) {
        tunnel(h);
    } else if (path_is(h, "/short")) {
        respond(h, 200, SL_BODY_LENGTH, 10);
        sl_pipe_push_static(&h->in->response, SL_STR("5byte"));
        sl_pipe_end(&h->in->response);
    } else if (path_is(h, "/long")) {
        respond(h, 200, SL_BODY_LENGTH, 3);
        sl_pipe_push_static(&h->in->response, SL_STR("5byte"));
        sl_pipe_end(&h->in->response);
    } else if (path_is(h, "/break/len")) {
        break_off(h, SL_BODY_LENGTH);
    } else if (path_is(h, "/break/chunked")) {
        break_off(h, SL_BODY_CHUNKED);
    } else if (path_is(h, "/break/close")) {
        break_off(h, SL_BODY_CLOSE);
    } else if (path_is(h, "/204")) {
        respond(h, 204, SL_BODY_LENGTH, 5);
    } else if (path_is(h, "/304")) {
        respond(h, 304, SL_BODY_CHUNKED, 0);
    } else if (path_is(h, "/empty")) {
        respond(h, 200, SL_BODY_NONE, 0);
        sl_pipe_end(&h->in->response);
    } else if (path_is(h, "/last")) {
        h->in->finish_then_close = true;
        answer_text(h, 200, "last");
    } else if (path_is(h, "/deny")) {
        answer_text(h, 401, "deny");
    } else if (path_is(h, "/abort")) {
        sl_inbound_abort(h->in);
        finish(h);
    } else if (path_is(h, "/release")) {
        finish(h);
    } else if (path_is(h, "/limit")) {
        sl_inbound_limit_body(h->in, 10);
        h->in->request.reader = &h->task;
        sl_inbound_want_body(h->in);
    } else if (path_is(h, "/want")) {
        sl_inbound_want_body(h->in);
    }
}

static void take_request(struct handler *h)
{
    struct sl_pipe *p = &h->in->request;
    if (h->is_echo)
        sl_pipe_forward(p, &h->in->response);
    else if (p->broken != SL_OK && !h->has_response)
        answer_text(h, sl_err_info(p->broken)->status, "refused");
}

static void handler_run(struct sl_task *t, uint32_t why)
{
    struct handler *h = SL_CONTAINER(t, struct handler, task);
    if ((why & SL_WHY_START) != 0)
        start(h);
    if (h->in->owner == NULL)
        return;
    if (h->left_bytes != 0)
        generate(h);
    take_request(h);
    if ((why & (SL_WHY_GONE | SL_WHY_DONE)) == 0)
        return;
    h->rig->is_gone |= h->in->is_gone;
    h->rig->is_sent |= h->in->is_sent;
    h->rig->is_cut |= h->in->is_cut;
    h->rig->is_done |= (why & SL_WHY_DONE) != 0;
    finish(h);
}

static void begin(void *ctx, struct sl_inbound *in)
{
    struct rig *r = ctx;
    struct handler *h = sl_arena_new_of(in->arena, struct handler);
    h->task.run = handler_run;
    h->rig = r;
    h->in = in;
    in->owner = &h->task;
    in->request.reader = &h->task;
    r->held = h;
    r->begun++;
    sl_task_wake(in->loop, &h->task, SL_WHY_START);
}

static const struct sl_server_ops ops = {.begin = begin};

static void open_tls_rig(struct rig *r, const struct sl_server_config *config,
                         struct sl_tls_server *tls)
{
    *r = (struct rig){.loop = sl_loop_new(), .pool = sl_chunk_pool_new()};
    r->server = sl_server_new(r->loop, r->pool, config, &ops, r);
    int fd = raw_listen(&r->port);
    EXPECT_EQ(SL_OK, sl_server_listen(r->server, fd, tls));
}

static void open_rig(struct rig *r, const struct sl_server_config *config)
{
    open_tls_rig(r, config, NULL);
    raw_connect(&r->peer, r->loop, r->port);
}

static void close_rig(struct rig *r)
{
    raw_close(&r->peer);
    sl_server_abort_all(r->server);
    for (int i = 0; i < 3; i++)
        sl_loop_tick(r->loop, 0);
    EXPECT_EQ(r->begun, r->released);
    EXPECT_EQ(0, sl_server_connection_count(r->server));
    sl_server_free(r->server);
    sl_loop_free(r->loop);
    EXPECT_EQ(0, sl_chunk_pool_in_use(r->pool));
    sl_chunk_pool_free(r->pool);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

/* A request, and what comes back until `last`. */
static void ask(struct rig *r, const char *request, const char *last)
{
    EXPECT(raw_say(&r->peer, request));
    EXPECT(raw_await(&r->peer, last));
}

static sl_str body_of(const struct rawpeer *p)
{
    const char *at = memmem(p->got, p->got_bytes, "\r\n\r\n", 4);
    EXPECT(at != NULL);
    return (sl_str){at + 4, (size_t)(p->got + p->got_bytes - at - 4)};
}

static size_t hex_of(sl_str *s)
{
    size_t v = strtoul(s->p, NULL, 16), line = sl_str_find(*s, '\n', 0);
    EXPECT(line != SIZE_MAX);
    *s = sl_str_from(*s, line + 1);
    return v;
}

/* The length of a chunked body whose data is the pattern; it must be complete. */
static size_t check_chunked(sl_str s)
{
    size_t total = 0, n;
    while ((n = hex_of(&s)) != 0) {
        EXPECT(s.n >= n + 2);
        EXPECT(memcmp(s.p, pattern().p + total % 10, n) == 0);
        total += n;
        s = sl_str_from(s, n + 2);
    }
    EXPECT_STR("\r\n", s);
    return total;
}

TEST(server, answers_and_keeps_the_connection)
{
    struct rig r;
    open_rig(&r, NULL);
    for (int i = 0; i < 3; i++) {
        ask(&r, GET("/hello"), "hello");
        EXPECT_EQ(1, raw_count(&r.peer, "HTTP/1.1 200 OK\r\n"));
        EXPECT_EQ(1, raw_count(&r.peer, "Content-Length: 5\r\n"));
        EXPECT_EQ(1, raw_count(&r.peer, "Date: "));
        EXPECT_EQ(0, raw_count(&r.peer, "Connection:"));
        raw_forget(&r.peer);
    }
    raw_pass(r.loop, 2);
    EXPECT_EQ(3, r.released);
    EXPECT(r.is_sent);
    EXPECT_EQ(1, sl_server_connection_count(r.server));
    close_rig(&r);
}

TEST(server, takes_requests_chopped_at_every_byte)
{
    static const char text[] =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n" GET("/hello");
    for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
        struct rig r;
        open_rig(&r, NULL);
        EXPECT(raw_send(&r.peer, (sl_str){text, cut}));
        sl_loop_tick(r.loop, SL_MS(1));
        EXPECT(raw_send(&r.peer, (sl_str){text + cut, sizeof(text) - 1 - cut}));
        EXPECT(raw_await(&r.peer, "\r\n\r\nhello"));
        EXPECT_EQ(2, raw_count(&r.peer, "HTTP/1.1 200 OK"));
        EXPECT_EQ(1, raw_count(&r.peer, "0\r\n\r\n"));
        close_rig(&r);
    }
}

TEST(server, takes_requests_one_byte_at_a_time)
{
    static const char text[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    struct rig r;
    open_rig(&r, NULL);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        EXPECT(raw_send(&r.peer, (sl_str){text + i, 1}));
    EXPECT(raw_await(&r.peer, "\r\n\r\nabc"));
    close_rig(&r);
}

TEST(server, case_29_answers_a_hundred_pipelined_requests_in_order)
{
    struct sl_strbuf text = {0};
    struct rig r;
    open_rig(&r, NULL);
    for (int i = 0; i < 100; i++)
        sl_strbuf_addf(&text, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n%03d", i);
    EXPECT(raw_send(&r.peer, sl_strbuf_str(&text)));
    EXPECT(raw_await(&r.peer, "\r\n\r\n099"));
    const char *at = r.peer.got;
    for (int i = 0; i < 100; i++) {
        char want[16];
        snprintf(want, sizeof(want), "\r\n\r\n%03d", i);
        at = strstr(at, want);
        EXPECT(at != NULL);
    }
    raw_pass(r.loop, 2);
    EXPECT_EQ(100, r.released);
    sl_strbuf_fini(&text);
    close_rig(&r);
}

TEST(server, begins_a_pipelined_request_only_after_the_answer_before_it)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold") GET("/hello")));
    raw_pass(r.loop, 10);
    EXPECT_EQ(1, r.begun);
    answer_text(r.held, 200, "first");
    EXPECT(raw_await(&r.peer, "hello"));
    EXPECT_EQ(2, r.begun);
    close_rig(&r);
}

TEST(server, reads_no_further_when_too_much_is_pipelined)
{
    struct rig r;
    struct sl_strbuf text = {0};
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    for (int i = 0; i < 20000; i++)
        sl_strbuf_add(&text, sl_cstr(GET("/hello")));
    send(r.peer.fd, text.p, text.n, MSG_DONTWAIT);
    raw_pass(r.loop, 20);
    struct sl_server_inbound *in = SL_CONTAINER(r.held->in, struct sl_server_inbound, pub);
    EXPECT(in->conn->backlog.text.n <= 32768 + 16384);
    sl_strbuf_fini(&text);
    close_rig(&r);
}

static const size_t sizes[] = {0, 1, 16383, 16384, 16385, 65536, 1 << 20};

TEST(server, sends_bodies_of_all_sizes_with_a_length)
{
    for (size_t i = 0; i < SL_LEN(sizes); i++) {
        struct rig r;
        char request[128], length[64];
        open_rig(&r, NULL);
        snprintf(request, sizeof(request), GET("/len/%zu"), sizes[i]);
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", sizes[i]);
        ask(&r, request, "\r\n\r\n");
        sl_str head = {r.peer.got, (size_t)(body_of(&r.peer).p - r.peer.got)};
        EXPECT(raw_await_bytes(&r.peer, head.n + sizes[i]));
        EXPECT_EQ(1, raw_count(&r.peer, length));
        EXPECT_EQ(sizes[i], body_of(&r.peer).n);
        EXPECT(memcmp(body_of(&r.peer).p, pattern().p, sizes[i]) == 0);
        raw_pass(r.loop, 2);
        EXPECT_EQ(sizes[i], r.sent_bytes);
        close_rig(&r);
    }
}

TEST(server, sends_bodies_of_all_sizes_in_chunks)
{
    for (size_t i = 0; i < SL_LEN(sizes); i++) {
        struct rig r;
        char request[128];
        open_rig(&r, NULL);
        snprintf(request, sizeof(request), GET("/chunked/%zu"), sizes[i]);
        ask(&r, request, "0\r\n\r\n");
        EXPECT_EQ(1, raw_count(&r.peer, "Transfer-Encoding: chunked\r\n"));
        EXPECT_EQ(sizes[i], check_chunked(body_of(&r.peer)));
        raw_pass(r.loop, 2);
        EXPECT_EQ(sizes[i], r.sent_bytes);
        close_rig(&r);
    }
}

TEST(server, echoes_bodies_of_all_sizes_in_both_framings)
{
    for (size_t i = 0; i < SL_LEN(sizes); i++) {
        struct rig r;
        struct sl_strbuf text = {0};
        open_rig(&r, NULL);
        sl_strbuf_addf(&text, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
                       sizes[i]);
        sl_strbuf_add(&text, sl_str_head(pattern(), sizes[i]));
        EXPECT(raw_send(&r.peer, sl_strbuf_str(&text)));
        EXPECT(raw_await(&r.peer, "\r\n\r\n"));
        EXPECT(raw_await_bytes(&r.peer, sizes[i] + r.peer.got_bytes - body_of(&r.peer).n));
        EXPECT(memcmp(body_of(&r.peer).p, pattern().p, sizes[i]) == 0);

        raw_forget(&r.peer);
        sl_strbuf_clear(&text);
        sl_strbuf_add(&text, SL_STR("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                                    "chunked\r\n\r\n"));
        if (sizes[i] != 0)
            sl_strbuf_addf(&text, "%zx\r\n%.*s\r\n", sizes[i], (int)sizes[i], pattern().p);
        sl_strbuf_add(&text, SL_STR("0\r\n\r\n"));
        EXPECT(raw_send(&r.peer, sl_strbuf_str(&text)));
        EXPECT(raw_await(&r.peer, "0\r\n\r\n"));
        EXPECT_EQ(sizes[i], check_chunked(body_of(&r.peer)));
        sl_strbuf_fini(&text);
        close_rig(&r);
    }
}

TEST(server, case_26_a_client_that_reads_slowly_holds_the_writer_back)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/len/52428800")));
    for (int i = 0; i < 50; i++)
        sl_loop_tick(r.loop, SL_MS(1));
    EXPECT(sl_chunk_pool_in_use(r.pool) < SL_MIB(1));
    EXPECT(r.held->left_bytes > SL_MIB(30));
    EXPECT(raw_await_bytes(&r.peer, 52428800));
    close_rig(&r);
}

TEST(server, case_26_a_gate_that_reads_slowly_holds_the_client_back)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 52428800\r\n\r\n"));
    for (int i = 0; i < 50; i++) {
        send(r.peer.fd, pattern().p, SL_MIB(1), MSG_DONTWAIT);
        sl_loop_tick(r.loop, SL_MS(1));
    }
    EXPECT(sl_chunk_pool_in_use(r.pool) < SL_MIB(1));
    EXPECT(r.held->in->received_bytes < SL_KIB(100));
    close_rig(&r);
}

TEST(server, many_small_reads_that_wait_pin_few_chunks)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"));
    for (int i = 0; i < 600; i++)
        EXPECT(raw_send(&r.peer, sl_str_head(pattern(), 100)));
    raw_pass(r.loop, 2);
    EXPECT_EQ(60000, r.held->in->received_bytes);
    EXPECT(sl_chunk_pool_in_use(r.pool) <= 6 * SL_CHUNK_BYTES);
    close_rig(&r);
}

TEST(server, an_idle_connection_is_small)
{
    EXPECT(sizeof(struct sl_server_conn) < 1024);
    EXPECT(sizeof(struct sl_server_inbound) < 2048);
}

TEST(server, case_17_says_100_only_when_the_gate_wants_the_body)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT(raw_say(&r.peer, "abc"));
    EXPECT(raw_await(&r.peer, "\r\n\r\nabc"));
    EXPECT_EQ(1, raw_count(&r.peer, "100 Continue"));
    close_rig(&r);
}

TEST(server, case_17_refuses_without_100_and_closes)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "POST /deny HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
        "deny");
    EXPECT_EQ(0, raw_count(&r.peer, "100 Continue"));
    EXPECT_EQ(1, raw_count(&r.peer, "Connection: close"));
    EXPECT(raw_await_end(&r.peer));
    EXPECT(!r.peer.is_reset);
    close_rig(&r);
}

TEST(server, case_17_needs_no_100_when_the_body_is_there)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r,
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "\r\n\r\nabc");
    EXPECT_EQ(0, raw_count(&r.peer, "100 Continue"));
    close_rig(&r);
}

TEST(server, drops_a_small_unread_body_and_goes_on)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "POST /deny HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", "deny");
    EXPECT(raw_send(&r.peer, sl_str_head(pattern(), 1000)));
    ask(&r, GET("/hello"), "hello");
    EXPECT_EQ(0, raw_count(&r.peer, "Connection: close"));
    close_rig(&r);
}

TEST(server, drops_an_unread_chunked_body_and_goes_on)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "POST /deny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "deny");
    EXPECT(raw_say(&r.peer, "3\r\nabc\r\n0\r\n\r\n"));
    ask(&r, GET("/hello"), "hello");
    close_rig(&r);
}

TEST(server, closes_behind_a_large_unread_body)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "POST /deny HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", "deny");
    EXPECT_EQ(1, raw_count(&r.peer, "Connection: close"));
    EXPECT(raw_send(&r.peer, sl_str_head(pattern(), 500000)));
    EXPECT(raw_await_end(&r.peer));
    EXPECT(!r.peer.is_reset);
    close_rig(&r);
}

TEST(server, closes_when_an_unread_chunked_body_turns_out_large)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "POST /deny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "deny");
    EXPECT(raw_say(&r.peer, "20000\r\n"));
    EXPECT(raw_send(&r.peer, sl_str_head(pattern(), 0x20000)));
    EXPECT(raw_await_end(&r.peer));
    EXPECT(!r.peer.is_reset);
    EXPECT_EQ(1, r.begun);
    close_rig(&r);
}

TEST(server, case_20_sends_the_response_while_the_body_still_comes)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "3\r\nabc\r\n");
    ask(&r, "2\r\nde\r\n", "2\r\nde\r\n");
    ask(&r, "0\r\n\r\n", "0\r\n\r\n");
    ask(&r, GET("/hello"), "\r\n\r\nhello");
    close_rig(&r);
}

TEST(server, case_18_head_204_and_304_have_no_body)
{
    static const char *const requests[] = {
        "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD /chunked/5 HTTP/1.1\r\nHost: a\r\n\r\n",
        GET("/204"),
        GET("/304"),
    };
    for (size_t i = 0; i < SL_LEN(requests); i++) {
        struct rig r;
        open_rig(&r, NULL);
        ask(&r, requests[i], "\r\n\r\n");
        EXPECT_EQ(0, body_of(&r.peer).n);
        EXPECT_EQ(i == 0, raw_count(&r.peer, "Content-Length: 5"));
        EXPECT_EQ(i == 1, raw_count(&r.peer, "Transfer-Encoding"));
        raw_forget(&r.peer);
        ask(&r, GET("/hello"), "\r\n\r\nhello");
        EXPECT_EQ(1, raw_count(&r.peer, "HTTP/1.1"));
        close_rig(&r);
    }
}

TEST(server, a_response_without_body_says_so)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, GET("/empty"), "Content-Length: 0\r\n");
    ask(&r, GET("/hello"), "hello");
    close_rig(&r);
}

TEST(server, http_1_0_gets_a_body_delimited_by_the_close)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "GET /chunked/5 HTTP/1.0\r\nConnection: keep-alive\r\nHost: a\r\n\r\n",
        "\r\n\r\n01234");
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, raw_count(&r.peer, "Transfer-Encoding"));
    EXPECT_EQ(1, raw_count(&r.peer, "Connection: close"));
    close_rig(&r);
}

TEST(server, http_1_0_keeps_the_connection_when_asked)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\nHost: a\r\n\r\n", "hello");
    EXPECT_EQ(1, raw_count(&r.peer, "Connection: keep-alive\r\n"));
    ask(&r, "GET /empty HTTP/1.0\r\nHost: a\r\n\r\n", "Content-Length: 0\r\n");
    EXPECT(raw_await_end(&r.peer));
    close_rig(&r);
}

TEST(server, case_30_closes_when_the_client_or_the_gate_asks)
{
    static const char *const requests[] = {
        "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", GET("/last"),
        GET("/close/5")};
    for (size_t i = 0; i < SL_LEN(requests); i++) {
        struct rig r;
        open_rig(&r, NULL);
        EXPECT(raw_say(&r.peer, requests[i]));
        EXPECT(raw_await_end(&r.peer));
        EXPECT(!r.peer.is_reset);
        EXPECT_EQ(1, raw_count(&r.peer, "Connection: close\r\n"));
        close_rig(&r);
    }
}

TEST(server, case_30_closes_after_the_last_allowed_request)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.requests_per_connection = 2});
    ask(&r, GET("/hello"), "hello");
    EXPECT_EQ(0, raw_count(&r.peer, "Connection: close"));
    ask(&r, GET("/hello"), "Connection: close");
    EXPECT(raw_await_end(&r.peer));
    close_rig(&r);
}

TEST(server, case_19_informs_11_clients_only)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, GET("/inform"), "informed");
    EXPECT_EQ(2, raw_count(&r.peer, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"));
    raw_forget(&r.peer);
    ask(&r, "GET /inform HTTP/1.0\r\nHost: a\r\n\r\n", "informed");
    EXPECT_EQ(0, raw_count(&r.peer, "103"));
    close_rig(&r);
}

TEST(server, case_7_sends_trailers_to_who_takes_them)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "GET /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n", "0\r\nX-Sum: 42\r\n\r\n");
    raw_forget(&r.peer);
    ask(&r, GET("/trailers"), "0\r\n\r\n");
    EXPECT_EQ(0, raw_count(&r.peer, "X-Sum"));
    close_rig(&r);
}

TEST(server, case_22_a_broken_body_is_never_completed)
{
    static const char *const paths[] = {GET("/break/len"), GET("/break/chunked"), GET("/short"),
                                        GET("/break/close"), GET("/long")};
    for (size_t i = 0; i < SL_LEN(paths); i++) {
        struct rig r;
        open_rig(&r, NULL);
        EXPECT(raw_say(&r.peer, paths[i]));
        EXPECT(raw_await_end(&r.peer));
        EXPECT_EQ(0, raw_count(&r.peer, "0\r\n\r\n"));
        EXPECT_EQ(i == 3, r.peer.is_reset);
        raw_pass(r.loop, 2);
        EXPECT(r.is_cut && r.is_done && !r.is_sent && !r.is_gone);
        close_rig(&r);
    }
}

TEST(server, an_aborted_or_forgotten_request_closes_the_connection)
{
    static const char *const paths[] = {GET("/abort"), GET("/release")};
    for (size_t i = 0; i < SL_LEN(paths); i++) {
        struct rig r;
        open_rig(&r, NULL);
        EXPECT(raw_say(&r.peer, paths[i]));
        EXPECT(raw_await_end(&r.peer));
        EXPECT_EQ(0, r.peer.got_bytes);
        close_rig(&r);
    }
}

TEST(server, an_inbound_may_be_released_before_its_response_is_sent)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 2);
    answer_text(r.held, 200, "early");
    finish(r.held);
    EXPECT(raw_await(&r.peer, "early"));
    ask(&r, GET("/hello"), "hello");
    close_rig(&r);
}

static void await_gone(struct rig *r)
{
    EXPECT(raw_await_flag(r->loop, &r->is_gone));
    EXPECT_EQ(0, sl_server_connection_count(r->server));
}

TEST(server, case_28_tells_at_once_that_a_waiting_client_has_closed)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    raw_close(&r.peer);
    await_gone(&r);
    close_rig(&r);
}

TEST(server, case_28_tells_that_a_client_has_reset)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    raw_reset(&r.peer);
    await_gone(&r);
    close_rig(&r);
}

TEST(server, case_28_tells_while_the_response_is_held_back)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/len/52428800")));
    raw_pass(r.loop, 20);
    raw_close(&r.peer);
    await_gone(&r);
    close_rig(&r);
}

TEST(server, case_28_tells_while_the_request_body_is_held_back)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.pipe_bytes = 16384});
    EXPECT(raw_say(&r.peer, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n"));
    EXPECT(raw_send(&r.peer, sl_str_head(pattern(), 60000)));
    raw_pass(r.loop, 20);
    EXPECT(r.held->in->received_bytes < 60000);
    raw_shut(&r.peer);
    await_gone(&r);
    EXPECT_EQ(SL_E_CANCELLED, r.request_broken);
    close_rig(&r);
}

TEST(server, a_body_that_ends_too_early_is_a_client_gone)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.half_close_ok = true});
    EXPECT(raw_say(&r.peer, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"));
    raw_shut(&r.peer);
    await_gone(&r);
    EXPECT_EQ(SL_E_CANCELLED, r.request_broken);
    EXPECT_EQ(3, r.received_bytes);
    close_rig(&r);
}

TEST(server, case_21_answers_behind_a_half_close_when_configured)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.half_close_ok = true});
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_shut(&r.peer);
    raw_pass(r.loop, 10);
    EXPECT(!r.is_gone);
    answer_text(r.held, 200, "still here");
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(1, raw_count(&r.peer, "still here"));
    EXPECT_EQ(0, sl_server_connection_count(r.server));
    close_rig(&r);
}

TEST(server, serves_pipelined_requests_before_the_fin)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold") GET("/hold")));
    raw_shut(&r.peer);
    raw_pass(r.loop, 5);
    EXPECT(!r.is_gone);
    answer_text(r.held, 200, "first");
    EXPECT(raw_await(&r.peer, "first"));
    await_gone(&r); /* the second one's turn: nobody waits for it */
    EXPECT_EQ(2, r.begun);
    close_rig(&r);
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
        struct rig r;
        char status[32];
        open_rig(&r, NULL);
        snprintf(status, sizeof(status), "HTTP/1.1 %d ", cases[i].status);
        ask(&r, cases[i].request, status);
        EXPECT(raw_say(&r.peer, GET("/hello")));
        EXPECT(raw_await_end(&r.peer));
        EXPECT(!r.peer.is_reset);
        EXPECT_EQ(1, raw_count(&r.peer, "HTTP/1.1 "));
        EXPECT_EQ(1, raw_count(&r.peer, "Connection: close"));
        EXPECT_EQ(1, r.begun);
        close_rig(&r);
    }
}

static void refuse_flood(const char *first, const char *more, const char *status)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, first));
    for (int i = 0; i < 200 && !r.peer.is_at_end && raw_count(&r.peer, status) == 0; i++) {
        raw_say(&r.peer, more);
        raw_receive(&r.peer);
    }
    EXPECT(raw_await(&r.peer, status));
    EXPECT(raw_await_end(&r.peer));
    close_rig(&r);
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
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "\r\n\r\n" GET("/hello"), "hello");
    raw_forget(&r.peer);
    ask(&r, "\r", "");
    ask(&r, "\n" GET("/hello"), "hello");
    close_rig(&r);
}

TEST(server, a_policy_lowers_the_body_limit)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "POST /limit HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n01234567890",
        "HTTP/1.1 413 ");
    EXPECT(raw_await_end(&r.peer));
    raw_close(&r.peer);
    raw_connect(&r.peer, r.loop, r.port);
    ask(&r, "POST /limit HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "");
    ask(&r, "8\r\n01234567\r\n", "HTTP/1.1 413 ");
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(SL_E_BODY_TOO_LARGE, r.request_broken);
    close_rig(&r);
}

TEST(server, case_26_a_slow_head_meets_a_deadline_for_all_of_it)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.head_timeout_us = SL_MS(60)});
    for (int i = 0; i < 20 && r.begun == 0; i++) {
        raw_say(&r.peer, i == 0 ? "G" : "E");
        raw_pass(r.loop, 10);
    }
    EXPECT(raw_await(&r.peer, "HTTP/1.1 408 "));
    EXPECT(raw_await_end(&r.peer));
    close_rig(&r);
}

TEST(server, a_slow_head_behind_a_pipelined_request_meets_it_too)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.head_timeout_us = SL_MS(40)});
    ask(&r, GET("/hello") "GET", "hello");
    EXPECT(raw_await(&r.peer, "HTTP/1.1 408 "));
    close_rig(&r);
}

TEST(server, an_idle_connection_is_closed_without_a_word)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.idle_timeout_us = SL_MS(40)});
    ask(&r, GET("/hello"), "hello");
    raw_forget(&r.peer);
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, r.peer.got_bytes);
    close_rig(&r);
}

TEST(server, a_stalled_body_times_out)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.body_timeout_us = SL_MS(40)});
    ask(&r, "POST /want HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", "HTTP/1.1 408 ");
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(SL_E_REQUEST_TIMEOUT, r.request_broken);
    close_rig(&r);
}

TEST(server, a_body_that_keeps_coming_does_not_time_out)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.body_timeout_us = SL_MS(60)});
    EXPECT(raw_say(&r.peer, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"));
    for (int i = 0; i < 10; i++) {
        raw_pass(r.loop, 15);
        EXPECT(raw_say(&r.peer, "x"));
    }
    EXPECT(raw_await(&r.peer, "xxxxxxxxxx"));
    close_rig(&r);
}

TEST(server, a_client_that_takes_no_bytes_is_reset)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.write_timeout_us = SL_MS(60)});
    EXPECT(raw_say(&r.peer, GET("/len/52428800")));
    await_gone(&r);
    EXPECT(raw_await_end(&r.peer));
    EXPECT(r.peer.is_reset);
    close_rig(&r);
}

TEST(server, case_21_a_tunnel_carries_raw_bytes_and_half_closes)
{
    struct rig r;
    open_rig(&r, &(struct sl_server_config){.idle_timeout_us = SL_MS(30)});
    ask(&r, "GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nearly",
        "early");
    EXPECT_EQ(1, raw_count(&r.peer, "HTTP/1.1 101 Switching Protocols\r\n"));
    EXPECT_EQ(0, raw_count(&r.peer, "Content-Length"));
    raw_pass(r.loop, 60);
    ask(&r, "raw bytes", "raw bytes");
    EXPECT(raw_say(&r.peer, "last"));
    raw_shut(&r.peer);
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(1, raw_count(&r.peer, "last"));
    raw_pass(r.loop, 2);
    EXPECT(r.is_sent && !r.is_gone);
    close_rig(&r);
}

TEST(server, a_tunnel_that_is_reset_is_a_client_gone)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, "GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "101");
    raw_reset(&r.peer);
    await_gone(&r);
    close_rig(&r);
}

TEST(server, case_30_draining_closes_idle_and_answers_the_rest_with_close)
{
    struct rig r;
    struct rawpeer idle;
    open_rig(&r, NULL);
    raw_connect(&idle, r.loop, r.port);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    EXPECT_EQ(2, sl_server_connection_count(r.server));
    sl_server_drain(r.server);
    EXPECT(raw_await_end(&idle));
    EXPECT_EQ(1, sl_server_connection_count(r.server));
    answer_text(r.held, 200, "bye");
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(1, raw_count(&r.peer, "Connection: close"));
    raw_close(&r.peer);
    raw_pass(r.loop, 2);
    EXPECT_EQ(0, sl_server_connection_count(r.server));
    raw_close(&idle);
    close_rig(&r);
}

TEST(server, accepting_pauses_at_the_limit_of_connections)
{
    struct rig r;
    struct rawpeer second;
    open_rig(&r, &(struct sl_server_config){.connections_max = 1});
    ask(&r, GET("/hello"), "hello");
    raw_connect(&second, r.loop, r.port);
    EXPECT(raw_say(&second, GET("/hello")));
    raw_pass(r.loop, 20);
    raw_receive(&second);
    EXPECT_EQ(0, second.got_bytes);
    raw_close(&r.peer);
    EXPECT(raw_await(&second, "hello"));
    raw_close(&second);
    close_rig(&r);
}

TEST(server, case_50_accepting_pauses_without_descriptors_and_recovers)
{
    struct rig r;
    struct rlimit before, none;
    open_rig(&r, NULL);
    getrlimit(RLIMIT_NOFILE, &before);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    EXPECT(raw_say(&r.peer, GET("/hello")));
    raw_pass(r.loop, 20);
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(0, sl_server_connection_count(r.server));
    EXPECT(raw_await(&r.peer, "hello"));
    close_rig(&r);
}

TEST(server, aborting_all_resets_every_connection)
{
    struct rig r;
    open_rig(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    sl_server_abort_all(r.server);
    EXPECT(raw_await_end(&r.peer));
    EXPECT(r.peer.is_reset);
    await_gone(&r);
    close_rig(&r);
}

TEST(server, reads_and_writes_once_for_a_request)
{
    struct rig r;
    open_rig(&r, NULL);
    ask(&r, GET("/hello"), "hello");
    struct sl_server_conn *c =
        SL_CONTAINER(r.server->connections.next, struct sl_server_conn, link);
    EXPECT(!sl_stream_may_read(&c->stream));
    sl_usec due_us = c->timer.due_us;
    raw_pass(r.loop, 3);
    ask(&r, GET("/hello"), "hello");
    EXPECT_EQ(due_us, c->timer.due_us);
    EXPECT_EQ(1, r.server->spare_inbound_count + r.server->inbound_count);
    close_rig(&r);
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

static void tls_user_open(struct tls_user *u, struct rig *r, struct certs *certs, const char *text)
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
    struct rig r;
    open_tls_rig(&r, NULL, old);

    tls_user_open(&u, &r, certs, GET("/hello")); /* it wants a.example */
    raw_pass(r.loop, 30);
    EXPECT_EQ(0, r.begun);
    tls_user_close(&u);

    sl_server_set_tls(r.server, new);
    tls_user_open(&u, &r, certs, GET("/hello"));
    EXPECT(raw_await_flag(r.loop, &u.has_answer));
    EXPECT(!u.is_at_end);
    tls_user_close(&u);

    sl_tls_server_unref(old);
    sl_tls_server_unref(new);
    certs_free(certs);
    close_rig(&r);
}

TEST(server, case_28_a_tls_client_that_leaves_is_gone_at_once)
{
    struct certs *certs = certs_new();
    struct sl_tls_server *tls = tls_server(certs, "DNS:a.example");
    struct tls_user u;
    struct rig r;
    open_tls_rig(&r, NULL, tls);
    tls_user_open(&u, &r, certs, GET("/hold"));
    raw_pass(r.loop, 30);
    EXPECT_EQ(1, r.begun);
    tls_user_close(&u);
    await_gone(&r);
    sl_tls_server_unref(tls);
    certs_free(certs);
    close_rig(&r);
}

TEST(server, a_tls_handshake_that_stalls_is_closed)
{
    struct certs *certs = certs_new();
    struct sl_tls_server *tls = tls_server(certs, "DNS:a.example");
    struct rig r;
    open_tls_rig(&r, &(struct sl_server_config){.tls_timeout_us = SL_MS(40)}, tls);
    raw_connect(&r.peer, r.loop, r.port);
    EXPECT(raw_say(&r.peer, "\x16\x03\x01"));
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, sl_server_connection_count(r.server));
    sl_tls_server_unref(tls);
    certs_free(certs);
    close_rig(&r);
}

TEST(server, case_40_plain_text_on_a_tls_listener_is_closed)
{
    struct certs *certs = certs_new();
    struct sl_tls_server *tls = tls_server(certs, "DNS:a.example");
    struct rig r;
    open_tls_rig(&r, NULL, tls);
    raw_connect(&r.peer, r.loop, r.port);
    EXPECT(raw_say(&r.peer, GET("/hello")));
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, r.begun);
    sl_tls_server_unref(tls);
    certs_free(certs);
    close_rig(&r);
}
