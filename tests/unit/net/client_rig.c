#include "tests/unit/net/client_rig.h"

#include "base/err.h"
#include "base/num.h"
#include "tests/test.h"

#include <unistd.h>

void client_rig_open(struct client_rig *r)
{
    *r = (struct client_rig){.loop = sl_loop_new(), .pool = sl_chunk_pool_new()};
    r->resolver = sl_resolver_new(r->loop);
    r->client = sl_client_new(r->loop, r->pool, r->resolver, NULL);
    r->listen_fd = raw_listen(&r->port);
    r->origin = (struct sl_origin){
        .key = SL_STR("http://up"), .host = SL_STR("127.0.0.1"), .port = r->port};
}

void client_rig_close(struct client_rig *r)
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

void call_prepare(struct call *c, struct client_rig *r, const char *method, const char *target)
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

void call_prepare_body(struct call *c, struct client_rig *r, enum sl_body_kind kind, uint64_t bytes)
{
    call_prepare(c, r, "POST", "/");
    c->o.req.body_kind = kind;
    c->o.req.body_bytes = bytes;
    c->o.body = &c->body;
}

void call_finish(struct call *c)
{
    sl_outbound_cancel(&c->o);
    sl_task_cancel(&c->task);
    sl_pipe_fini(&c->body);
    sl_pipe_fini(&c->answer);
    sl_strbuf_fini(&c->got);
    sl_loop_tick(c->rig->loop, 0); /* what was closed goes before the arena that it may refer to */
    sl_arena_free(c->o.arena);
}

void call_start(struct call *c)
{
    sl_outbound_start(c->rig->client, &c->o);
}

/* GET / on a connection that the upstream has accepted; its head has arrived there. */
void call_start_accepted(struct call *c, struct client_rig *r)
{
    call_prepare(c, r, "GET", "/");
    call_start(c);
    EXPECT(raw_accept(&r->peer, r->loop, r->listen_fd));
    EXPECT(raw_await(&r->peer, "\r\n\r\n"));
}

bool call_await_end(struct call *c)
{
    return raw_await_flag(c->rig->loop, &c->is_ended);
}

bool call_await_head(struct call *c)
{
    return raw_await_flag(c->rig->loop, &c->has_head);
}

size_t client_rig_idle(struct client_rig *r)
{
    size_t idle, busy;
    sl_client_counts(r->client, &idle, &busy);
    return idle;
}

size_t client_rig_busy(struct client_rig *r)
{
    size_t idle, busy;
    sl_client_counts(r->client, &idle, &busy);
    return busy;
}

sl_str client_rig_pattern(void)
{
    static char text[SL_MIB(1)];
    if (text[0] == '\0')
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = (char)('0' + i % 10);
    return (sl_str){text, sizeof(text)};
}
