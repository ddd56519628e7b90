#include "gate/worker.h"
#include "base/clock.h"
#include "gate/gate_int.h"

#include <unistd.h>

enum { STOP_TICKS = 200 }; /* of 10 ms at most */

static const struct sl_server_ops ops = {.begin = sl_exchange_begin};

struct sl_lease *sl_lease_take(struct sl_worker *w)
{
    if (w->lease != NULL)
        w->lease->uses++;
    return w->lease;
}

static void lease_drop(struct sl_lease *lease)
{
    sl_snapshot_unref(lease->snapshot);
    sl_free(lease);
}

void sl_lease_give(struct sl_worker *w, struct sl_lease *lease)
{
    (void)w;
    if (lease == NULL)
        return;
    SL_ASSERT(lease->uses > 0);
    if (--lease->uses == 0 && !lease->is_current)
        lease_drop(lease);
}

static void lease_retire(struct sl_lease *lease)
{
    if (lease == NULL)
        return;
    lease->is_current = false;
    if (lease->uses == 0)
        lease_drop(lease);
}

static void take_snapshot(struct sl_worker *w)
{
    /* pairs with the exchange in sl_worker_publish: the snapshot's content is visible */
    struct sl_snapshot *s = atomic_exchange_explicit(&w->next_snapshot, NULL, memory_order_acq_rel);
    if (s == NULL)
        return;
    sl_server_set_certificates(w->server, s->certificates); /* those of the one before may go now */
    lease_retire(w->lease);
    w->lease = sl_new(struct sl_lease);
    *w->lease = (struct sl_lease){.snapshot = s, .is_current = true};
    atomic_store_explicit(&w->snapshot_version, s->version, memory_order_release);
}

static void listeners_free(struct sl_worker_listeners *l)
{
    for (size_t i = 0; i < l->n; i++)
        sl_tls_server_unref(l->v[i].tls);
    sl_free(l);
}

/* Each change counts, in the order they were made: one may open what the next one keeps. */
static struct sl_worker_listeners *pull_listeners(struct sl_worker *w)
{
    /* pairs with the exchange in sl_worker_set_listeners: the contents are visible */
    struct sl_worker_listeners *newest =
        atomic_exchange_explicit(&w->next_listeners, NULL, memory_order_acquire);
    struct sl_worker_listeners *oldest = NULL;
    while (newest != NULL) {
        struct sl_worker_listeners *older = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    return oldest;
}

static void take_listeners(struct sl_worker *w)
{
    for (struct sl_worker_listeners *l = pull_listeners(w), *next; l != NULL; l = next) {
        next = l->next;
        if (sl_server_set_listeners(w->server, l->v, l->n) != SL_OK)
            sl_log(w->config.log, ERROR, "a worker cannot accept on a listener",
                   SL_KV_U64("worker", w->config.index));
        listeners_free(l);
    }
}

static void drop_listeners(struct sl_worker *w)
{
    for (struct sl_worker_listeners *l = pull_listeners(w), *next; l != NULL; l = next) {
        next = l->next;
        for (size_t i = 0; i < l->n; i++) {
            if (l->v[i].fd >= 0)
                close(l->v[i].fd);
        }
        listeners_free(l);
    }
}

void sl_worker_set_listeners(struct sl_worker *w, const struct sl_server_listen *v, size_t n)
{
    struct sl_worker_listeners *l = sl_calloc(1, sizeof(*l) + n * sizeof(*v));
    l->n = n;
    for (size_t i = 0; i < n; i++) {
        l->v[i] = v[i];
        if (v[i].tls != NULL)
            (void)sl_tls_server_ref(v[i].tls);
    }
    l->next = atomic_load_explicit(&w->next_listeners, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&w->next_listeners, &l->next, l,
                                                  memory_order_release, memory_order_relaxed)) {
    }
    sl_loop_post(w->loop, &w->control, SL_WHY_POST);
}

static void begin_drain(struct sl_worker *w)
{
    if (w->is_drain_begun)
        return;
    w->is_drain_begun = true;
    sl_server_drain(w->server);
    sl_client_close_idle(w->client);
}

#define RECALL_LOOK_US (SL_AI_RECALL_AGE_US / 5)

static void look_at_recall(struct sl_worker *w)
{
    if (sl_ai_recall_age(w->recall, sl_loop_now(w->loop)))
        sl_timer_start(w->loop, &w->recall_age, &w->control, SL_WHY_TIMER,
                       sl_loop_now(w->loop) + RECALL_LOOK_US);
}

struct sl_ai_recall_body sl_worker_recall(struct sl_worker *w, const struct sl_consumer *consumer,
                                          struct sl_chunk *chunk)
{
    if (chunk != NULL && !sl_timer_is_running(&w->recall_age))
        sl_timer_start(w->loop, &w->recall_age, &w->control, SL_WHY_TIMER,
                       sl_loop_now(w->loop) + RECALL_LOOK_US);
    return (struct sl_ai_recall_body){
        .recall = w->recall,
        .chunk = chunk,
        .owner = consumer != NULL ? consumer->name : (sl_str){NULL, 0},
        .now_us = sl_loop_now(w->loop),
    };
}

static void control_run(struct sl_task *t, uint32_t why)
{
    struct sl_worker *w = SL_CONTAINER(t, struct sl_worker, control);
    if ((why & SL_WHY_TIMER) != 0)
        look_at_recall(w);
    take_listeners(w);
    take_snapshot(w);
    if (atomic_load_explicit(&w->is_draining, memory_order_acquire))
        begin_drain(w);
}

void sl_worker_access_log(struct sl_worker *w, const struct sl_record *r)
{
    if (w->config.access_log != NULL)
        sl_record_json(r, &w->access_lines);
}

static void flush_access_lines(struct sl_worker *w)
{
    if (w->access_lines.n == 0)
        return;
    sl_log_line(w->config.access_log, sl_strbuf_str(&w->access_lines));
    sl_strbuf_clear(&w->access_lines);
}

static void tell_pause(const struct sl_worker *w, bool is_paused)
{
    if (is_paused)
        sl_log(w->config.log, WARN, "no more file descriptors: new connections wait",
               SL_KV_U64("worker", w->config.index));
    else
        sl_log(w->config.log, INFO, "file descriptors again: connections are accepted",
               SL_KV_U64("worker", w->config.index));
}

/* What runs out is said when it does and when it is there again; metrics have it in between. */
static void publish_troubles(struct sl_worker *w)
{
    bool is_paused = sl_server_is_starved(w->server);
    if (is_paused != atomic_load_explicit(&w->is_accept_paused, memory_order_relaxed))
        tell_pause(w, is_paused);
    atomic_store_explicit(&w->is_accept_paused, is_paused, memory_order_relaxed);
    atomic_store_explicit(&w->is_journal_failing, w->meter.is_failing, memory_order_relaxed);
    atomic_store_explicit(&w->dropped_records, w->meter.dropped, memory_order_relaxed);
}

/* Records first, then the ends of the answers that wait for them. */
static void tick_end(struct sl_tick_hook *hook)
{
    struct sl_worker *w = SL_CONTAINER(hook, struct sl_worker, tick);
    (void)sl_meter_flush(
        &w->meter); /* a full disk must not stop traffic: the meter keeps and reports */
    struct sl_link *link;
    while ((link = sl_list_pop_front(&w->finishing)) != NULL)
        sl_exchange_finish(SL_CONTAINER(link, struct sl_exchange, finishing));
    flush_access_lines(w);
    publish_troubles(w);
    atomic_store_explicit(&w->connections, (uint32_t)sl_server_connection_count(w->server),
                          memory_order_relaxed);
}

struct sl_worker *sl_worker_new(const struct sl_worker_config *config)
{
    struct sl_worker *w = sl_new(struct sl_worker);
    w->config = *config;
    w->loop = sl_loop_new();
    w->pool = sl_chunk_pool_new();
    w->resolver = sl_resolver_new(w->loop);
    w->client = sl_client_new(w->loop, w->pool, w->resolver, &config->client);
    w->server = sl_server_new(w->loop, w->pool, &config->server, &ops, w);
    w->metrics = sl_metrics_new();
    w->recall = sl_ai_recall_new();
    w->control.run = control_run;
    w->tick.run = tick_end;
    sl_rand_seed_os(&w->rand);
    sl_list_init(&w->finishing);
    sl_meter_init(&w->meter, config->journal_dir, config->index, sl_clock_wall_us(), config->log);
    sl_loop_at_tick_end(w->loop, &w->tick);
    return w;
}

void sl_worker_free(struct sl_worker *w)
{
    if (w == NULL)
        return;
    drop_listeners(w);
    sl_server_free(w->server);
    sl_client_free(w->client);
    sl_resolver_free(w->resolver);
    take_snapshot(w);
    lease_retire(w->lease);
    sl_meter_fini(&w->meter);
    sl_strbuf_fini(&w->access_lines);
    sl_metrics_free(w->metrics);
    sl_ai_recall_free(w->recall);
    sl_timer_stop(&w->recall_age);
    sl_loop_free(w->loop);
    sl_chunk_pool_free(w->pool);
    sl_free(w);
}

void sl_worker_run(struct sl_worker *w)
{
    take_listeners(w);
    take_snapshot(w);
    sl_loop_run(w->loop);
    w->is_stopping = true;
    sl_server_abort_all(w->server);
    for (int i = 0; i < STOP_TICKS && sl_worker_exchanges(w) != 0; i++)
        sl_loop_tick(w->loop, SL_MS(10)); /* what was cut settles */
    (void)sl_meter_flush(&w->meter);
    flush_access_lines(w);
}

void sl_worker_publish(struct sl_worker *w, struct sl_snapshot *s)
{
    struct sl_snapshot *unused =
        atomic_exchange_explicit(&w->next_snapshot, sl_snapshot_ref(s), memory_order_acq_rel);
    sl_snapshot_unref(unused);
    sl_loop_post(w->loop, &w->control, SL_WHY_POST);
}

void sl_worker_drain(struct sl_worker *w)
{
    atomic_store_explicit(&w->is_draining, true, memory_order_release); /* pairs with control_run */
    sl_loop_post(w->loop, &w->control, SL_WHY_POST);
}

void sl_worker_shed(struct sl_worker *w, bool is_shedding)
{
    atomic_store_explicit(&w->is_shedding, is_shedding, memory_order_relaxed);
}

void sl_worker_stop(struct sl_worker *w)
{
    sl_loop_stop(w->loop);
}

size_t sl_worker_exchanges(const struct sl_worker *w)
{
    return atomic_load_explicit(&w->exchanges, memory_order_relaxed);
}

size_t sl_worker_connections(const struct sl_worker *w)
{
    return atomic_load_explicit(&w->connections, memory_order_relaxed);
}
