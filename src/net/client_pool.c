/*
 * The connections of a client, by origin. Idle ones are used last in, first out, so that those which
 * are not needed grow old and go.
 */
#include "base/str.h"
#include "net/client_int.h"

/* ---- the queue ---- */

static struct sl_outbound *first_queued(struct sl_client_pool *p)
{
    return sl_list_is_empty(&p->queue) ? NULL
                                       : SL_CONTAINER(p->queue.next, struct sl_outbound, queued);
}

/* One timer for all: who came first is due first, but for a change of the configuration between. */
static void await_first(struct sl_client_pool *p)
{
    struct sl_outbound *first = first_queued(p);
    if (first != NULL)
        sl_timer_start(p->client->loop, &p->timer, &p->task, SL_WHY_TIMER, first->queue_due_us);
    else
        sl_timer_stop(&p->timer);
}

static void enqueue(struct sl_client_pool *p, struct sl_outbound *o)
{
    o->queue_due_us = sl_loop_now(p->client->loop) + p->queue_timeout_us;
    sl_list_push_back(&p->queue, &o->queued);
    if (p->queue_count++ == 0)
        await_first(p);
}

static void dequeue(struct sl_client_pool *p, struct sl_outbound *o)
{
    bool is_first = o == first_queued(p);
    sl_list_remove(&o->queued);
    p->queue_count--;
    if (is_first)
        await_first(p);
}

static void run_queue(struct sl_task *t, uint32_t why)
{
    struct sl_client_pool *p = SL_CONTAINER(t, struct sl_client_pool, task);
    struct sl_outbound *o;
    (void)why;
    while ((o = first_queued(p)) != NULL && o->queue_due_us <= sl_loop_now(p->client->loop)) {
        dequeue(p, o);
        sl_outbound_fail_queued(o, SL_E_POOL_TIMEOUT);
    }
}

/* ---- pools ---- */

/* FNV-1a: keys are short and not chosen by peers. */
static size_t bucket_of(sl_str key)
{
    uint64_t h = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < key.n; i++)
        h = (h ^ (unsigned char)key.p[i]) * 0x100000001b3ULL;
    return (size_t)((h ^ h >> 32) % SL_CLIENT_BUCKETS);
}

static sl_str key_of(const struct sl_client_pool *p)
{
    return (sl_str){p->key, p->key_bytes};
}

static struct sl_client_pool *find(struct sl_client *cl, sl_str key)
{
    struct sl_client_pool *p = cl->buckets[bucket_of(key)];
    while (p != NULL && !sl_str_eq(key_of(p), key))
        p = p->next;
    return p;
}

static struct sl_client_pool *add(struct sl_client *cl, sl_str key)
{
    struct sl_client_pool **bucket = &cl->buckets[bucket_of(key)];
    struct sl_client_pool *p = sl_new(struct sl_client_pool);
    p->key = sl_strdup(key);
    p->key_bytes = key.n;
    p->next = *bucket;
    p->client = cl;
    p->task.run = run_queue;
    sl_list_init(&p->idle);
    sl_list_init(&p->queue);
    *bucket = p;
    return p;
}

/* The limits are those of the newest configuration. */
static struct sl_client_pool *pool_of(struct sl_client *cl, const struct sl_origin *origin)
{
    struct sl_client_pool *p = find(cl, origin->key);
    if (p == NULL)
        p = add(cl, origin->key);
    p->connections_max = origin->connections_max != 0 ? origin->connections_max
                                                      : (uint32_t)SL_CLIENT_CONNECTIONS_MAX;
    p->idle_max = origin->idle_max != 0 ? origin->idle_max : (uint32_t)SL_CLIENT_IDLE_MAX;
    p->idle_timeout_us =
        origin->idle_timeout_us != 0 ? origin->idle_timeout_us : SL_CLIENT_IDLE_TIMEOUT_US;
    p->queue_max = origin->queue_max != 0 ? origin->queue_max : (uint32_t)SL_CLIENT_QUEUE_MAX;
    p->queue_timeout_us =
        origin->queue_timeout_us != 0 ? origin->queue_timeout_us : SL_CLIENT_QUEUE_TIMEOUT_US;
    return p;
}

static void drop_if_useless(struct sl_client *cl, struct sl_client_pool *p)
{
    if (p->connection_count != 0 || !sl_list_is_empty(&p->queue))
        return;
    struct sl_client_pool **at = &cl->buckets[bucket_of(key_of(p))];
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    sl_timer_stop(&p->timer);
    sl_task_cancel(&p->task);
    sl_free(p->key);
    sl_loop_bury(cl->loop, sl_free, p);
}

static struct sl_client_conn *connection_take(struct sl_client *cl)
{
    struct sl_link *spare = sl_list_pop_front(&cl->spares);
    if (spare == NULL)
        return sl_new(struct sl_client_conn);
    cl->spare_count--;
    struct sl_client_conn *c = SL_CONTAINER(spare, struct sl_client_conn, link);
    *c = (struct sl_client_conn){0};
    return c;
}

static void connection_recycle(void *arg)
{
    struct sl_client_conn *c = arg;
    struct sl_client *cl = c->client;
    if (cl->spare_count >= SL_CLIENT_SPARES_MAX) {
        sl_free(c);
        return;
    }
    sl_list_push_front(&cl->spares, &c->link);
    cl->spare_count++;
}

static struct sl_client_conn *connection_new(struct sl_client *cl, struct sl_client_pool *p)
{
    struct sl_client_conn *c = connection_take(cl);
    c->task.run = sl_client_conn_run;
    c->client = cl;
    c->pool = p;
    sl_wire_out_init(&c->out, cl->chunks);
    p->connection_count++;
    cl->busy_count++;
    return c;
}

static void assign(struct sl_client_conn *c, struct sl_outbound *o)
{
    c->o = o;
    o->connection = c;
    o->was_reused = c->has_served;
    sl_task_wake(c->client->loop, &c->task, SL_WHY_START);
}

static struct sl_client_conn *newest_idle(struct sl_client_pool *p)
{
    return sl_list_is_empty(&p->idle) ? NULL
                                      : SL_CONTAINER(p->idle.next, struct sl_client_conn, link);
}

static void leave_idle(struct sl_client_conn *c)
{
    sl_list_remove(&c->link);
    c->pool->idle_count--;
    c->client->idle_count--;
    c->client->busy_count++;
    c->due_us = 0;
    c->state = SL_UP_HEAD;
}

static void enter_idle(struct sl_client_conn *c)
{
    struct sl_client *cl = c->client;
    sl_list_push_front(&c->pool->idle, &c->link);
    c->pool->idle_count++;
    cl->idle_count++;
    cl->busy_count--;
    c->state = SL_UP_IDLE;
    c->due_us = sl_loop_now(cl->loop) + c->pool->idle_timeout_us;
    sl_wire_set_deadline(cl->loop, &c->timer, &c->task, c->due_us);
    if (sl_stream_may_read(&c->stream)) /* what came behind the response, or its end */
        sl_task_wake(cl->loop, &c->task, SL_WHY_READ);
}

/* Close, without looking at who waits. */
static void close_connection(struct sl_client_conn *c)
{
    struct sl_client *cl = c->client;
    if (c->state == SL_UP_IDLE)
        leave_idle(c);
    cl->busy_count--;
    c->pool->connection_count--;
    c->pool = NULL;
    c->state = SL_UP_CLOSED;
    sl_dial_free(c);
    sl_stream_close(&c->stream, false);
    sl_timer_stop(&c->timer);
    sl_task_cancel(&c->task);
    sl_wire_out_fini(&c->out);
    sl_backlog_fini(&c->backlog);
    sl_loop_bury(cl->loop, connection_recycle, c);
}

/* Idle connections do not stand in the way of one who needs a fresh one. */
static bool make_room(struct sl_client_pool *p)
{
    if (p->connection_count < p->connections_max)
        return true;
    if (sl_list_is_empty(&p->idle))
        return false;
    close_connection(SL_CONTAINER(p->idle.prev, struct sl_client_conn, link));
    return true;
}

static bool try_checkout(struct sl_client *cl, struct sl_client_pool *p, struct sl_outbound *o)
{
    struct sl_client_conn *c = o->may_reuse ? newest_idle(p) : NULL;
    if (c != NULL)
        leave_idle(c);
    else if (make_room(p))
        c = connection_new(cl, p);
    if (c != NULL)
        assign(c, o);
    return c != NULL;
}

void sl_pool_checkout(struct sl_client *cl, struct sl_outbound *o)
{
    struct sl_client_pool *p = pool_of(cl, o->origin);
    if (sl_list_is_empty(&p->queue) && try_checkout(cl, p, o))
        return;
    if (p->queue_count < p->queue_max)
        enqueue(p, o);
    else
        sl_outbound_fail_queued(o, SL_E_POOL_FULL);
}

static void serve_queue(struct sl_client *cl, struct sl_client_pool *p)
{
    struct sl_outbound *o;
    while ((o = first_queued(p)) != NULL && try_checkout(cl, p, o))
        dequeue(p, o);
}

void sl_pool_checkin(struct sl_client_conn *c)
{
    c->has_served = true;
    if (c->pool->idle_count >= c->pool->idle_max && sl_list_is_empty(&c->pool->queue)) {
        sl_pool_close(c);
        return;
    }
    enter_idle(c);
    serve_queue(c->client, c->pool);
}

void sl_pool_close(struct sl_client_conn *c)
{
    struct sl_client_pool *p = c->pool;
    if (c->state == SL_UP_CLOSED)
        return;
    close_connection(c);
    serve_queue(c->client, p);
    drop_if_useless(c->client, p);
}

void sl_pool_unqueue(struct sl_client *cl, struct sl_outbound *o)
{
    struct sl_client_pool *p = find(cl, o->origin->key);
    dequeue(p, o);
    drop_if_useless(cl, p);
}

static void close_idle(struct sl_client *cl, struct sl_client_pool *p)
{
    while (!sl_list_is_empty(&p->idle))
        close_connection(newest_idle(p));
    drop_if_useless(cl, p);
}

void sl_pool_close_idle(struct sl_client *cl)
{
    for (size_t i = 0; i < SL_CLIENT_BUCKETS; i++) {
        for (struct sl_client_pool *p = cl->buckets[i], *next; p != NULL; p = next) {
            next = p->next;
            close_idle(cl, p);
        }
    }
}
