#include "tests/unit/net/server_rig.h"

#include "base/err.h"
#include "base/num.h"
#include "tests/test.h"

#include <unistd.h>

void handler_finish(struct handler *h)
{
    struct server_rig *r = h->rig;
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

void handler_answer(struct handler *h, uint16_t status, const char *text)
{
    respond(h, status, SL_BODY_LENGTH, strlen(text));
    sl_pipe_push_static(&h->in->response, sl_cstr(text));
    sl_pipe_end(&h->in->response);
}

void handler_begin_chunks(struct handler *h)
{
    respond(h, 200, SL_BODY_CHUNKED, 0);
}

/* Text of the server_rig_pattern "0123456789..." that all bodies have. */
sl_str server_rig_pattern(void)
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
        sl_pipe_push_copy(p, (sl_str){server_rig_pattern().p + at, n});
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
    uint64_t bytes = 0;
    EXPECT(sl_num_u64(sl_str_from(h->in->req.path, strlen(prefix)), SL_MIB(64), &bytes));
    h->left_bytes = bytes;
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
    handler_answer(h, 200, "informed");
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
        handler_answer(h, sl_err_info(h->in->bad)->status, "refused");
    } else if (path_is(h, "/hello")) {
        handler_answer(h, 200, "hello");
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
        handler_answer(h, 200, "last");
    } else if (path_is(h, "/deny")) {
        handler_answer(h, 401, "deny");
    } else if (path_is(h, "/abort")) {
        sl_inbound_abort(h->in);
        handler_finish(h);
    } else if (path_is(h, "/release")) {
        handler_finish(h);
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
        handler_answer(h, sl_err_info(p->broken)->status, "refused");
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
    handler_finish(h);
}

static void begin(void *ctx, struct sl_inbound *in)
{
    struct server_rig *r = ctx;
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

void server_rig_open_tls(struct server_rig *r, const struct sl_server_config *config,
                         struct sl_tls_server *tls)
{
    *r = (struct server_rig){.loop = sl_loop_new(), .pool = sl_chunk_pool_new()};
    r->server = sl_server_new(r->loop, r->pool, config, &ops, r);
    int fd = raw_listen(&r->port);
    EXPECT_EQ(SL_OK, sl_server_set_listeners(
                         r->server, &(struct sl_server_listen){.id = 1, .fd = fd, .tls = tls}, 1));
}

void server_rig_open(struct server_rig *r, const struct sl_server_config *config)
{
    server_rig_open_tls(r, config, NULL);
    raw_connect(&r->peer, r->loop, r->port);
}

void server_rig_close(struct server_rig *r)
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

/* A request, and what comes back until `last`. */
void server_rig_ask(struct server_rig *r, const char *request, const char *last)
{
    EXPECT(raw_say(&r->peer, request));
    EXPECT(raw_await(&r->peer, last));
}

sl_str server_rig_body(const struct rawpeer *p)
{
    const char *at = memmem(p->got, p->got_bytes, "\r\n\r\n", 4);
    EXPECT(at != NULL);
    return (sl_str){at + 4, (size_t)(p->got + p->got_bytes - at - 4)};
}

static size_t hex_of(sl_str *s)
{
    uint64_t v = 0;
    size_t line = sl_str_find(*s, '\n', 0);
    EXPECT(line != SIZE_MAX);
    EXPECT(sl_num_hex(sl_str_head(*s, line - 1), SIZE_MAX, &v));
    *s = sl_str_from(*s, line + 1);
    return v;
}

/* The length of a chunked body whose data is the server_rig_pattern; it must be complete. */
size_t server_rig_check_chunked(sl_str s)
{
    size_t total = 0, n;
    while ((n = hex_of(&s)) != 0) {
        EXPECT(s.n >= n + 2);
        EXPECT(memcmp(s.p, server_rig_pattern().p + total % 10, n) == 0);
        total += n;
        s = sl_str_from(s, n + 2);
    }
    EXPECT_STR("\r\n", s);
    return total;
}

void server_rig_await_gone(struct server_rig *r)
{
    EXPECT(raw_await_flag(r->loop, &r->is_gone));
    EXPECT_EQ(0, sl_server_connection_count(r->server));
}
