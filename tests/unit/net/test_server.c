/*
 * The server against raw clients. The gate is a scripted one: the path says what it does. Numbers in
 * names are those of the cases in docs (HTTP traffic and operation).
 */
#include "base/err.h"
#include "net/server_int.h"
#include "tests/test.h"
#include "tests/unit/net/certs.h"
#include "tests/unit/net/server_rig.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

TEST(server, answers_and_keeps_the_connection)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    for (int i = 0; i < 3; i++) {
        server_rig_ask(&r, GET("/hello"), "hello");
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
    server_rig_close(&r);
}

TEST(server, takes_requests_chopped_at_every_byte)
{
    static const char text[] =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n" GET("/hello");
    for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
        struct server_rig r;
        server_rig_open(&r, NULL);
        EXPECT(raw_send(&r.peer, (sl_str){text, cut}));
        sl_loop_tick(r.loop, SL_MS(1));
        EXPECT(raw_send(&r.peer, (sl_str){text + cut, sizeof(text) - 1 - cut}));
        EXPECT(raw_await(&r.peer, "\r\n\r\nhello"));
        EXPECT_EQ(2, raw_count(&r.peer, "HTTP/1.1 200 OK"));
        EXPECT_EQ(1, raw_count(&r.peer, "0\r\n\r\n"));
        server_rig_close(&r);
    }
}

TEST(server, takes_requests_one_byte_at_a_time)
{
    static const char text[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    struct server_rig r;
    server_rig_open(&r, NULL);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        EXPECT(raw_send(&r.peer, (sl_str){text + i, 1}));
    EXPECT(raw_await(&r.peer, "\r\n\r\nabc"));
    server_rig_close(&r);
}

TEST(server, case_29_answers_a_hundred_pipelined_requests_in_order)
{
    struct sl_strbuf text = {0};
    struct server_rig r;
    server_rig_open(&r, NULL);
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
    server_rig_close(&r);
}

TEST(server, begins_a_pipelined_request_only_after_the_answer_before_it)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold") GET("/hello")));
    raw_pass(r.loop, 10);
    EXPECT_EQ(1, r.begun);
    handler_answer(r.held, 200, "first");
    EXPECT(raw_await(&r.peer, "hello"));
    EXPECT_EQ(2, r.begun);
    server_rig_close(&r);
}

TEST(server, reads_no_further_when_too_much_is_pipelined)
{
    struct server_rig r;
    struct sl_strbuf text = {0};
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 5);
    for (int i = 0; i < 20000; i++)
        sl_strbuf_add(&text, sl_cstr(GET("/hello")));
    send(r.peer.fd, text.p, text.n, MSG_DONTWAIT);
    raw_pass(r.loop, 20);
    struct sl_server_inbound *in = SL_CONTAINER(r.held->in, struct sl_server_inbound, pub);
    EXPECT(in->conn->backlog.text.n <= 32768 + 16384);
    sl_strbuf_fini(&text);
    server_rig_close(&r);
}

static const size_t sizes[] = {0, 1, 16383, 16384, 16385, 65536, 1 << 20};

TEST(server, sends_bodies_of_all_sizes_with_a_length)
{
    for (size_t i = 0; i < SL_LEN(sizes); i++) {
        struct server_rig r;
        char request[128], length[64];
        server_rig_open(&r, NULL);
        snprintf(request, sizeof(request), GET("/len/%zu"), sizes[i]);
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", sizes[i]);
        server_rig_ask(&r, request, "\r\n\r\n");
        sl_str head = {r.peer.got, (size_t)(server_rig_body(&r.peer).p - r.peer.got)};
        EXPECT(raw_await_bytes(&r.peer, head.n + sizes[i]));
        EXPECT_EQ(1, raw_count(&r.peer, length));
        EXPECT_EQ(sizes[i], server_rig_body(&r.peer).n);
        EXPECT(memcmp(server_rig_body(&r.peer).p, server_rig_pattern().p, sizes[i]) == 0);
        raw_pass(r.loop, 2);
        EXPECT_EQ(sizes[i], r.sent_bytes);
        server_rig_close(&r);
    }
}

TEST(server, sends_bodies_of_all_sizes_in_chunks)
{
    for (size_t i = 0; i < SL_LEN(sizes); i++) {
        struct server_rig r;
        char request[128];
        server_rig_open(&r, NULL);
        snprintf(request, sizeof(request), GET("/chunked/%zu"), sizes[i]);
        server_rig_ask(&r, request, "0\r\n\r\n");
        EXPECT_EQ(1, raw_count(&r.peer, "Transfer-Encoding: chunked\r\n"));
        EXPECT_EQ(sizes[i], server_rig_check_chunked(server_rig_body(&r.peer)));
        raw_pass(r.loop, 2);
        EXPECT_EQ(sizes[i], r.sent_bytes);
        server_rig_close(&r);
    }
}

TEST(server, echoes_bodies_of_all_sizes_in_both_framings)
{
    for (size_t i = 0; i < SL_LEN(sizes); i++) {
        struct server_rig r;
        struct sl_strbuf text = {0};
        server_rig_open(&r, NULL);
        sl_strbuf_addf(&text, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
                       sizes[i]);
        sl_strbuf_add(&text, sl_str_head(server_rig_pattern(), sizes[i]));
        EXPECT(raw_send(&r.peer, sl_strbuf_str(&text)));
        EXPECT(raw_await(&r.peer, "\r\n\r\n"));
        EXPECT(raw_await_bytes(&r.peer, sizes[i] + r.peer.got_bytes - server_rig_body(&r.peer).n));
        EXPECT(memcmp(server_rig_body(&r.peer).p, server_rig_pattern().p, sizes[i]) == 0);

        raw_forget(&r.peer);
        sl_strbuf_clear(&text);
        sl_strbuf_add(&text, SL_STR("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                                    "chunked\r\n\r\n"));
        if (sizes[i] != 0)
            sl_strbuf_addf(&text, "%zx\r\n%.*s\r\n", sizes[i], (int)sizes[i],
                           server_rig_pattern().p);
        sl_strbuf_add(&text, SL_STR("0\r\n\r\n"));
        EXPECT(raw_send(&r.peer, sl_strbuf_str(&text)));
        EXPECT(raw_await(&r.peer, "0\r\n\r\n"));
        EXPECT_EQ(sizes[i], server_rig_check_chunked(server_rig_body(&r.peer)));
        sl_strbuf_fini(&text);
        server_rig_close(&r);
    }
}

TEST(server, case_26_a_client_that_reads_slowly_holds_the_writer_back)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/len/52428800")));
    for (int i = 0; i < 50; i++)
        sl_loop_tick(r.loop, SL_MS(1));
    EXPECT(sl_chunk_pool_in_use(r.pool) < SL_MIB(1));
    EXPECT(r.held->left_bytes > SL_MIB(30));
    EXPECT(raw_await_bytes(&r.peer, 52428800));
    server_rig_close(&r);
}

TEST(server, case_26_a_gate_that_reads_slowly_holds_the_client_back)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 52428800\r\n\r\n"));
    for (int i = 0; i < 50; i++) {
        send(r.peer.fd, server_rig_pattern().p, SL_MIB(1), MSG_DONTWAIT);
        sl_loop_tick(r.loop, SL_MS(1));
    }
    EXPECT(sl_chunk_pool_in_use(r.pool) < SL_MIB(1));
    EXPECT(r.held->in->received_bytes < SL_KIB(100));
    server_rig_close(&r);
}

TEST(server, many_small_reads_that_wait_pin_few_chunks)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"));
    for (int i = 0; i < 600; i++)
        EXPECT(raw_send(&r.peer, sl_str_head(server_rig_pattern(), 100)));
    raw_pass(r.loop, 2);
    EXPECT_EQ(60000, r.held->in->received_bytes);
    EXPECT(sl_chunk_pool_in_use(r.pool) <= 6 * SL_CHUNK_BYTES);
    server_rig_close(&r);
}

TEST(server, reads_a_body_into_the_piece_that_the_gate_has_made)
{
    enum { BODY = 40000, FIRST = 1000, STEP = 777 };
    struct server_rig r;
    server_rig_open(&r, NULL);
    sl_str body = sl_str_head(server_rig_pattern(), BODY);
    EXPECT(raw_say(&r.peer, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n"));
    EXPECT(raw_send(&r.peer, sl_str_head(body, FIRST)));
    raw_pass(r.loop, 5);
    struct sl_chunk *piece = sl_chunk_new(r.pool, BODY + 100);
    struct sl_pipe *request = &r.held->in->request;
    EXPECT_EQ(FIRST, request->chain.bytes);
    sl_chain_consume(&request->chain, FIRST);
    memcpy(piece->data, body.p, FIRST);
    piece->used = FIRST;
    sl_inbound_gather(r.held->in, piece);
    for (sl_str rest = sl_str_from(body, FIRST); rest.n != 0;) {
        sl_str step = sl_str_head(rest, STEP);
        EXPECT(raw_send(&r.peer, step));
        rest = sl_str_from(rest, step.n);
        raw_pass(r.loop, 1);
    }
    EXPECT(raw_say(&r.peer,
                   GET("/hold"))); /* has no room in the piece, and belongs to nobody's body */
    raw_pass(r.loop, 5);
    EXPECT_EQ(BODY - FIRST, request->chain.head->n);
    EXPECT(request->chain.head->p == piece->data + FIRST);
    EXPECT(memcmp(piece->data, body.p, BODY) == 0);
    sl_chunk_unref(piece);
    handler_answer(r.held, 200, "first");
    EXPECT(raw_await(&r.peer, "first"));
    raw_pass(r.loop, 5);
    handler_answer(r.held, 200, "second");
    EXPECT(raw_await(&r.peer, "second"));
    server_rig_close(&r);
}

TEST(server, an_idle_connection_is_small)
{
    EXPECT(sizeof(struct sl_server_conn) < 1024);
    EXPECT(sizeof(struct sl_server_inbound) < 2048);
}

TEST(server, case_17_says_100_only_when_the_gate_wants_the_body)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(
        &r, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT(raw_say(&r.peer, "abc"));
    EXPECT(raw_await(&r.peer, "\r\n\r\nabc"));
    EXPECT_EQ(1, raw_count(&r.peer, "100 Continue"));
    server_rig_close(&r);
}

TEST(server, case_17_refuses_without_100_and_closes)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(
        &r, "POST /deny HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
        "deny");
    EXPECT_EQ(0, raw_count(&r.peer, "100 Continue"));
    EXPECT_EQ(1, raw_count(&r.peer, "Connection: close"));
    EXPECT(raw_await_end(&r.peer));
    EXPECT(!r.peer.is_reset);
    server_rig_close(&r);
}

TEST(server, case_17_needs_no_100_when_the_body_is_there)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(
        &r,
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "\r\n\r\nabc");
    EXPECT_EQ(0, raw_count(&r.peer, "100 Continue"));
    server_rig_close(&r);
}

TEST(server, drops_a_small_unread_body_and_goes_on)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, "POST /deny HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", "deny");
    EXPECT(raw_send(&r.peer, sl_str_head(server_rig_pattern(), 1000)));
    server_rig_ask(&r, GET("/hello"), "hello");
    EXPECT_EQ(0, raw_count(&r.peer, "Connection: close"));
    server_rig_close(&r);
}

TEST(server, drops_an_unread_chunked_body_and_goes_on)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, "POST /deny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
                   "deny");
    EXPECT(raw_say(&r.peer, "3\r\nabc\r\n0\r\n\r\n"));
    server_rig_ask(&r, GET("/hello"), "hello");
    server_rig_close(&r);
}

TEST(server, closes_behind_a_large_unread_body)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, "POST /deny HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", "deny");
    EXPECT_EQ(1, raw_count(&r.peer, "Connection: close"));
    EXPECT(raw_send(&r.peer, sl_str_head(server_rig_pattern(), 500000)));
    EXPECT(raw_await_end(&r.peer));
    EXPECT(!r.peer.is_reset);
    server_rig_close(&r);
}

TEST(server, closes_when_an_unread_chunked_body_turns_out_large)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, "POST /deny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
                   "deny");
    EXPECT(raw_say(&r.peer, "20000\r\n"));
    EXPECT(raw_send(&r.peer, sl_str_head(server_rig_pattern(), 0x20000)));
    EXPECT(raw_await_end(&r.peer));
    EXPECT(!r.peer.is_reset);
    EXPECT_EQ(1, r.begun);
    server_rig_close(&r);
}

TEST(server, case_20_sends_the_response_while_the_body_still_comes)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(
        &r, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "3\r\nabc\r\n");
    server_rig_ask(&r, "2\r\nde\r\n", "2\r\nde\r\n");
    server_rig_ask(&r, "0\r\n\r\n", "0\r\n\r\n");
    server_rig_ask(&r, GET("/hello"), "\r\n\r\nhello");
    server_rig_close(&r);
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
        struct server_rig r;
        server_rig_open(&r, NULL);
        server_rig_ask(&r, requests[i], "\r\n\r\n");
        EXPECT_EQ(0, server_rig_body(&r.peer).n);
        EXPECT_EQ(i == 0, raw_count(&r.peer, "Content-Length: 5"));
        EXPECT_EQ(i == 1, raw_count(&r.peer, "Transfer-Encoding"));
        raw_forget(&r.peer);
        server_rig_ask(&r, GET("/hello"), "\r\n\r\nhello");
        EXPECT_EQ(1, raw_count(&r.peer, "HTTP/1.1"));
        server_rig_close(&r);
    }
}

TEST(server, a_response_without_body_says_so)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, GET("/empty"), "Content-Length: 0\r\n");
    server_rig_ask(&r, GET("/hello"), "hello");
    server_rig_close(&r);
}

TEST(server, http_1_0_gets_a_body_delimited_by_the_close)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, "GET /chunked/5 HTTP/1.0\r\nConnection: keep-alive\r\nHost: a\r\n\r\n",
                   "\r\n\r\n01234");
    EXPECT(raw_await_end(&r.peer));
    EXPECT_EQ(0, raw_count(&r.peer, "Transfer-Encoding"));
    EXPECT_EQ(1, raw_count(&r.peer, "Connection: close"));
    server_rig_close(&r);
}

TEST(server, http_1_0_keeps_the_connection_when_asked)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\nHost: a\r\n\r\n", "hello");
    EXPECT_EQ(1, raw_count(&r.peer, "Connection: keep-alive\r\n"));
    server_rig_ask(&r, "GET /empty HTTP/1.0\r\nHost: a\r\n\r\n", "Content-Length: 0\r\n");
    EXPECT(raw_await_end(&r.peer));
    server_rig_close(&r);
}

TEST(server, case_30_closes_when_the_client_or_the_gate_asks)
{
    static const char *const requests[] = {
        "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", GET("/last"),
        GET("/close/5")};
    for (size_t i = 0; i < SL_LEN(requests); i++) {
        struct server_rig r;
        server_rig_open(&r, NULL);
        EXPECT(raw_say(&r.peer, requests[i]));
        EXPECT(raw_await_end(&r.peer));
        EXPECT(!r.peer.is_reset);
        EXPECT_EQ(1, raw_count(&r.peer, "Connection: close\r\n"));
        server_rig_close(&r);
    }
}

TEST(server, case_30_closes_after_the_last_allowed_request)
{
    struct server_rig r;
    server_rig_open(&r, &(struct sl_server_config){.requests_per_connection = 2});
    server_rig_ask(&r, GET("/hello"), "hello");
    EXPECT_EQ(0, raw_count(&r.peer, "Connection: close"));
    server_rig_ask(&r, GET("/hello"), "Connection: close");
    EXPECT(raw_await_end(&r.peer));
    server_rig_close(&r);
}

TEST(server, case_19_informs_11_clients_only)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, GET("/inform"), "informed");
    EXPECT_EQ(2, raw_count(&r.peer, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"));
    raw_forget(&r.peer);
    server_rig_ask(&r, "GET /inform HTTP/1.0\r\nHost: a\r\n\r\n", "informed");
    EXPECT_EQ(0, raw_count(&r.peer, "103"));
    server_rig_close(&r);
}

TEST(server, case_7_sends_trailers_to_who_takes_them)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    server_rig_ask(&r, "GET /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n",
                   "0\r\nX-Sum: 42\r\n\r\n");
    raw_forget(&r.peer);
    server_rig_ask(&r, GET("/trailers"), "0\r\n\r\n");
    EXPECT_EQ(0, raw_count(&r.peer, "X-Sum"));
    server_rig_close(&r);
}

TEST(server, case_22_a_broken_body_is_never_completed)
{
    static const char *const paths[] = {GET("/break/len"), GET("/break/chunked"), GET("/short"),
                                        GET("/break/close"), GET("/long")};
    for (size_t i = 0; i < SL_LEN(paths); i++) {
        struct server_rig r;
        server_rig_open(&r, NULL);
        EXPECT(raw_say(&r.peer, paths[i]));
        EXPECT(raw_await_end(&r.peer));
        EXPECT_EQ(0, raw_count(&r.peer, "0\r\n\r\n"));
        EXPECT_EQ(i == 3, r.peer.is_reset);
        raw_pass(r.loop, 2);
        EXPECT(r.is_cut && r.is_done && !r.is_sent && !r.is_gone);
        server_rig_close(&r);
    }
}

TEST(server, an_aborted_or_forgotten_request_closes_the_connection)
{
    static const char *const paths[] = {GET("/abort"), GET("/release")};
    for (size_t i = 0; i < SL_LEN(paths); i++) {
        struct server_rig r;
        server_rig_open(&r, NULL);
        EXPECT(raw_say(&r.peer, paths[i]));
        EXPECT(raw_await_end(&r.peer));
        EXPECT_EQ(0, r.peer.got_bytes);
        server_rig_close(&r);
    }
}

TEST(server, an_inbound_may_be_released_before_its_response_is_sent)
{
    struct server_rig r;
    server_rig_open(&r, NULL);
    EXPECT(raw_say(&r.peer, GET("/hold")));
    raw_pass(r.loop, 2);
    handler_answer(r.held, 200, "early");
    handler_finish(r.held);
    EXPECT(raw_await(&r.peer, "early"));
    server_rig_ask(&r, GET("/hello"), "hello");
    server_rig_close(&r);
}
