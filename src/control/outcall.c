#include "control/outcall.h"
#include "base/str.h"
#include "base/strbuf.h"

struct call {
    struct sl_outcall *o;
    struct sl_task task;
    struct sl_timer timer;
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_resolver *resolver;
    struct sl_client *client;
    struct sl_outbound out;
    struct sl_pipe body, answer;
    struct sl_strbuf got;
    bool is_over, is_late;
};

static void run(struct sl_task *t, uint32_t why)
{
    struct call *c = SL_CONTAINER(t, struct call, task);
    while (c->answer.chain.bytes != 0) {
        sl_str front = sl_chain_front(&c->answer.chain);
        sl_strbuf_add(&c->got, front); /* what is beyond the limit is dropped */
        sl_chain_consume(&c->answer.chain, front.n);
    }
    sl_pipe_took(&c->answer);
    c->is_late = c->is_late || (why & SL_WHY_TIMER) != 0;
    c->is_over = c->is_late || c->out.is_ended;
}

static void begin(struct call *c, struct sl_arena *a)
{
    c->task.run = run;
    c->pool = sl_chunk_pool_new();
    c->resolver = sl_resolver_new(c->loop);
    c->client = sl_client_new(c->loop, c->pool, c->resolver, NULL);
    sl_strbuf_init(&c->got, a,
                   c->o->answer_max != 0 ? c->o->answer_max : (size_t)SL_OUTCALL_BODY_BYTES_MAX);
    sl_pipe_init(&c->body, c->loop, c->pool, SL_MAX(c->o->body.n, (size_t)SL_PIPE_LIMIT_BYTES));
    sl_pipe_init(&c->answer, c->loop, c->pool, SL_PIPE_LIMIT_BYTES);
    c->answer.reader = &c->task;
    c->out = (struct sl_outbound){.owner = &c->task,
                                  .origin = c->o->origin,
                                  .arena = a,
                                  .req = c->o->req,
                                  .admits = c->o->admits,
                                  .admits_arg = c->o->admits_arg,
                                  .body = &c->body,
                                  .answer = &c->answer};
    c->out.req.body_kind = c->o->body.n != 0 ? SL_BODY_LENGTH : SL_BODY_NONE;
    c->out.req.body_bytes = c->o->body.n;
    if (c->o->body.n != 0)
        sl_pipe_push_static(&c->body, c->o->body);
    sl_pipe_end(&c->body);
    sl_timer_start(c->loop, &c->timer, &c->task, SL_WHY_TIMER,
                   sl_loop_now(c->loop) + c->o->timeout_us);
    sl_outbound_start(c->client, &c->out);
}

static void end(struct call *c)
{
    sl_timer_stop(&c->timer);
    sl_outbound_cancel(&c->out);
    sl_task_cancel(&c->task);
    sl_pipe_fini(&c->body);
    sl_pipe_fini(&c->answer);
    sl_client_free(c->client);
    sl_loop_tick(c->loop, 0); /* what was closed goes now */
    sl_resolver_free(c->resolver);
    sl_loop_free(c->loop);
    sl_chunk_pool_free(c->pool);
}

sl_rc sl_outcall_run(struct sl_outcall *o, struct sl_arena *a)
{
    struct call *c = sl_arena_new_of(a, struct call);
    c->o = o;
    c->loop = sl_loop_new();
    if (c->loop == NULL)
        return SL_E_IO;
    begin(c, a);
    sl_usec began_us = sl_loop_now(c->loop);
    while (!c->is_over)
        sl_loop_tick(c->loop, -1);
    o->took_us = sl_loop_now(c->loop) - began_us;
    o->res = c->out.res;
    o->answer = sl_strbuf_str(&c->got);
    o->is_cut = c->got.is_full;
    o->why = c->out.why;
    sl_rc rc = c->is_late && !c->out.is_ended ? SL_E_UPSTREAM_TIMEOUT : c->out.rc;
    end(c);
    return rc;
}
