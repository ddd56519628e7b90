#include "net/client.h"

#include "net/client_int.h"

struct sl_client *sl_client_new(struct sl_loop *l, struct sl_chunk_pool *pool,
                                struct sl_resolver *resolver, const struct sl_client_config *config)
{
    struct sl_client *cl = sl_new(struct sl_client);
    cl->loop = l;
    cl->chunks = pool;
    cl->resolver = resolver;
    cl->h1 = config != NULL ? config->h1 : sl_h1_default_limits;
    if (cl->h1.head_bytes == 0)
        cl->h1.head_bytes = sl_h1_default_limits.head_bytes;
    sl_list_init(&cl->spares);
    return cl;
}

static void client_free(void *arg)
{
    struct sl_client *cl = arg;
    struct sl_link *i;
    while ((i = sl_list_pop_front(&cl->spares)) != NULL)
        sl_free(SL_CONTAINER(i, struct sl_client_conn, link));
    sl_strbuf_fini(&cl->head);
    sl_free(cl);
}

void sl_client_free(struct sl_client *cl)
{
    if (cl == NULL)
        return;
    SL_ASSERT(cl->busy_count == 0);
    sl_pool_close_idle(cl);
    sl_loop_bury(cl->loop, client_free, cl);
}

void sl_client_counts(const struct sl_client *cl, size_t *ret_idle, size_t *ret_busy)
{
    *ret_idle = cl->idle_count;
    *ret_busy = cl->busy_count;
}

void sl_client_close_idle(struct sl_client *cl)
{
    sl_pool_close_idle(cl);
}

/* Outbounds */

static void forget_results(struct sl_outbound *o)
{
    o->has_head = o->is_ended = false;
    o->rc = SL_OK;
    o->why = NULL;
    o->informational = NULL;
    o->was_reused = o->is_connected = o->is_request_sent = false;
    o->sent_bytes = o->head_sent_bytes = o->received_bytes = 0;
    o->connected_us = o->sent_us = o->first_byte_us = o->ended_us = 0;
    o->address.len = 0;
    o->queued = (struct sl_link){0};
    o->connection = NULL;
}

void sl_outbound_start(struct sl_client *cl, struct sl_outbound *o)
{
    SL_ASSERT(o->arena != NULL);
    SL_ASSERT(o->answer != NULL);
    forget_results(o);
    o->client = cl;
    o->started_us = sl_loop_now(cl->loop);
    sl_pool_checkout(cl, o);
}

void sl_outbound_unhook(struct sl_client_conn *c)
{
    struct sl_outbound *o = c->o;
    if (o->body != NULL && o->body->reader == &c->task)
        o->body->reader = NULL;
    if (o->answer->writer == &c->task)
        o->answer->writer = NULL;
    o->connection = NULL;
    c->o = NULL;
    sl_wire_out_reset(&c->out);
}

void sl_outbound_cancel(struct sl_outbound *o)
{
    struct sl_client_conn *c = o->connection;
    if (sl_list_is_linked(&o->queued))
        sl_pool_unqueue(o->client, o);
    if (c == NULL)
        return;
    sl_outbound_unhook(c);
    sl_pool_close(c);
}

void sl_outbound_settle(struct sl_client_conn *c, sl_rc rc, const char *why)
{
    struct sl_outbound *o = c->o;
    o->rc = rc;
    o->why = why;
    o->is_ended = true;
    o->ended_us = sl_loop_now(c->client->loop);
    if (rc != SL_OK && o->has_head)
        sl_pipe_break(o->answer, rc);
    sl_outbound_unhook(c);
    if (o->owner != NULL)
        sl_task_wake(c->client->loop, o->owner, SL_WHY_DONE);
}

void sl_outbound_fail_queued(struct sl_outbound *o, sl_rc rc)
{
    struct sl_loop *l = o->client->loop;
    o->rc = rc;
    o->is_ended = true;
    o->ended_us = sl_loop_now(l);
    if (o->owner != NULL)
        sl_task_wake(l, o->owner, SL_WHY_DONE);
}

void sl_outbound_fail(struct sl_client_conn *c, sl_rc rc, const char *why)
{
    sl_outbound_settle(c, rc, why);
    sl_pool_close(c);
}

/* The task of a connection */

/* Nothing may come on an idle connection but its end. */
static bool is_still_idle(struct sl_client_conn *c)
{
    struct sl_chunk *chunk;
    sl_str bytes;
    return !sl_stream_may_read(&c->stream) ||
           sl_wire_read(&c->stream, c->client->chunks, &chunk, &bytes) == SL_IO_WAIT;
}

/* One that died while it was idle is replaced before anything is sent. */
static void start(struct sl_client_conn *c)
{
    struct sl_outbound *o = c->o;
    if (!c->has_served) {
        sl_dial_begin(c);
        return;
    }
    if (is_still_idle(c)) {
        sl_client_h1_begin(c);
        return;
    }
    sl_outbound_unhook(c);
    sl_pool_close(c);
    sl_pool_checkout(o->client, o);
}

static void run_idle(struct sl_client_conn *c)
{
    bool is_expired = sl_loop_now(c->client->loop) >= c->due_us;
    if (is_expired || !is_still_idle(c))
        sl_pool_close(c);
}

static bool is_dialing(const struct sl_client_conn *c)
{
    return c->state == SL_UP_RESOLVE || c->state == SL_UP_CONNECT || c->state == SL_UP_HANDSHAKE;
}

static bool is_exchanging(const struct sl_client_conn *c)
{
    return c->state == SL_UP_HEAD || c->state == SL_UP_BODY || c->state == SL_UP_TUNNEL;
}

void sl_client_conn_run(struct sl_task *t, uint32_t why)
{
    struct sl_client_conn *c = SL_CONTAINER(t, struct sl_client_conn, task);
    if ((why & SL_WHY_WRITE) != 0 || c->stream.tls != NULL)
        c->out.is_blocked = false;
    if (c->state == SL_UP_IDLE) {
        run_idle(c);
    } else if ((why & SL_WHY_START) != 0) {
        start(c);
    } else if (is_dialing(c)) {
        sl_dial_run(c, why);
        if (c->state == SL_UP_HEAD)
            sl_client_h1_begin(c);
    }
    if (is_exchanging(c) && c->o != NULL)
        sl_client_h1_run(c);
    if (c->state != SL_UP_CLOSED)
        sl_wire_set_deadline(c->client->loop, &c->timer, &c->task, c->due_us);
}
