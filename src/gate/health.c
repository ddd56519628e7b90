#include "gate/health.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ARENA_BYTES = 1 << 20, ANSWER_BYTES = 64 * 1024 };

struct sl_prober {
    pthread_t thread;
    bool is_started;
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_resolver *resolver;
    struct sl_client *client;
    struct sl_log *log;
    struct sl_rand rand;
    struct sl_task control;
    struct sl_snapshot *_Atomic next;
    struct sl_snapshot *snapshot;
    struct check *checks;
    size_t check_count;
};

/* One endpoint's check. Lives as long as the snapshot is the current one. */
struct check {
    struct sl_task task;
    struct sl_timer timer;
    struct sl_prober *prober;
    const struct sl_upstream *upstream;
    const struct sl_endpoint *endpoint;
    struct sl_arena *arena;
    struct sl_outbound outbound;
    struct sl_pipe answer;
    bool is_asking;
};

static void judge(struct check *c, bool is_good)
{
    const struct sl_health_check *h = &c->upstream->health;
    struct sl_endpoint_state *s = c->endpoint->state;
    bool was_down = atomic_load_explicit(&s->is_down, memory_order_relaxed);
    if (is_good != was_down) { /* agrees with what we think: the run of contradictions ends */
        atomic_store_explicit(&s->probes_in_row, 0, memory_order_relaxed);
        return;
    }
    uint32_t in_row = atomic_fetch_add_explicit(&s->probes_in_row, 1, memory_order_relaxed) + 1;
    if (in_row < (was_down ? h->healthy_after : h->unhealthy_after))
        return;
    atomic_store_explicit(&s->probes_in_row, 0, memory_order_relaxed);
    atomic_store_explicit(&s->is_down, !is_good, memory_order_relaxed);
    sl_log(c->prober->log, WARN, "endpoint changed its health",
           SL_KV_STR("upstream", c->upstream->name), SL_KV_STR("endpoint", c->endpoint->url),
           SL_KV_BOOL("is_up", is_good));
}

static void stop_asking(struct check *c)
{
    sl_outbound_cancel(&c->outbound);
    sl_pipe_fini(&c->answer);
    sl_arena_reset(c->arena);
    c->is_asking = false;
}

static void ask(struct check *c)
{
    struct sl_prober *p = c->prober;
    const struct sl_health_check *h = &c->upstream->health;
    c->is_asking = true;
    sl_pipe_init(&c->answer, p->loop, p->pool, ANSWER_BYTES);
    c->answer.reader = &c->task;
    c->outbound = (struct sl_outbound){
        .owner = &c->task,
        .origin = &c->endpoint->origin,
        .arena = c->arena,
        .answer = &c->answer,
        .connect_timeout_us = h->timeout_us,
        .may_reuse = true,
        .req = {.method = SL_STR("GET"),
                .method_id = SL_METHOD_GET,
                .target = h->path,
                .authority = c->endpoint->authority,
                .version = 11},
    };
    sl_headers_init(&c->outbound.req.headers, c->arena);
    (void)sl_headers_add_id(&c->outbound.req.headers, SL_H_USER_AGENT, SL_STR("sluice-health"));
    sl_outbound_start(p->client, &c->outbound);
    sl_timer_start(p->loop, &c->timer, &c->task, SL_WHY_TIMER2,
                   sl_loop_now(p->loop) + h->timeout_us);
}

static void rest(struct check *c)
{
    struct sl_prober *p = c->prober;
    sl_usec interval_us = c->upstream->health.interval_us;
    sl_usec jitter_us = (sl_usec)sl_rand_below(&p->rand, (uint64_t)interval_us / 10 + 1);
    sl_timer_start(p->loop, &c->timer, &c->task, SL_WHY_TIMER,
                   sl_loop_now(p->loop) + interval_us - jitter_us);
}

static bool is_status_good(const struct check *c)
{
    const struct sl_health_check *h = &c->upstream->health;
    return c->outbound.has_head && c->outbound.res.status >= h->status_min &&
           c->outbound.res.status <= h->status_max;
}

static void run_check(struct sl_task *t, uint32_t why)
{
    struct check *c = SL_CONTAINER(t, struct check, task);
    sl_chain_clear(&c->answer.chain);
    if (c->is_asking)
        sl_pipe_took(&c->answer);
    bool is_late = c->is_asking && (why & SL_WHY_TIMER2);
    if (c->is_asking && (is_late || c->outbound.is_ended)) {
        bool is_good = !is_late && c->outbound.rc == SL_OK && is_status_good(c);
        stop_asking(c);
        judge(c, is_good);
        rest(c);
    } else if (!c->is_asking && (why & SL_WHY_TIMER)) {
        ask(c);
    }
}

static void drop_checks(struct sl_prober *p)
{
    for (size_t i = 0; i < p->check_count; i++) {
        struct check *c = &p->checks[i];
        sl_timer_stop(&c->timer);
        if (c->is_asking)
            stop_asking(c);
        sl_task_cancel(&c->task);
        sl_arena_free(c->arena);
    }
    if (p->checks != NULL)
        sl_loop_bury(p->loop, sl_free, p->checks);
    p->checks = NULL;
    p->check_count = 0;
}

static size_t count_checked(const struct sl_snapshot *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->upstream_count; i++)
        n += s->upstreams[i]->health.is_on ? s->upstreams[i]->endpoint_count : 0;
    return n;
}

/* Nobody asks any more: an old verdict must not stay. */
static void forget_verdicts(const struct sl_upstream *u)
{
    for (size_t i = 0; i < u->endpoint_count; i++) {
        atomic_store_explicit(&u->endpoints[i].state->is_down, false, memory_order_relaxed);
        atomic_store_explicit(&u->endpoints[i].state->probes_in_row, 0, memory_order_relaxed);
    }
}

static void add_checks(struct sl_prober *p, const struct sl_upstream *u)
{
    if (!u->health.is_on)
        forget_verdicts(u);
    for (size_t i = 0; u->health.is_on && i < u->endpoint_count; i++) {
        struct check *c = &p->checks[p->check_count++];
        *c = (struct check){.prober = p, .upstream = u, .endpoint = &u->endpoints[i]};
        c->task.run = run_check;
        c->arena = sl_arena_new("health check", ARENA_BYTES);
        sl_usec first_us = (sl_usec)sl_rand_below(
            &p->rand, (uint64_t)SL_MIN(u->health.interval_us, SL_SECONDS(1)) + 1);
        sl_timer_start(p->loop, &c->timer, &c->task, SL_WHY_TIMER, sl_loop_now(p->loop) + first_us);
    }
}

static void control_run(struct sl_task *t, uint32_t why)
{
    struct sl_prober *p = SL_CONTAINER(t, struct sl_prober, control);
    (void)why;
    /* pairs with sl_prober_publish */
    struct sl_snapshot *s = atomic_exchange_explicit(&p->next, NULL, memory_order_acq_rel);
    if (s == NULL)
        return;
    drop_checks(p);
    sl_snapshot_unref(p->snapshot);
    p->snapshot = s;
    p->checks = sl_new_array(struct check, count_checked(s));
    for (size_t i = 0; i < s->upstream_count; i++)
        add_checks(p, s->upstreams[i]);
}

static void *run_thread(void *arg)
{
    struct sl_prober *p = arg;
    sl_loop_run(p->loop);
    drop_checks(p);
    sl_loop_tick(p->loop, 0);
    return NULL;
}

struct sl_prober *sl_prober_new(struct sl_log *log)
{
    static const struct sl_client_config config = {0};
    struct sl_prober *p = sl_new(struct sl_prober);
    p->log = log;
    p->loop = sl_loop_new();
    p->pool = sl_chunk_pool_new();
    p->resolver = sl_resolver_new(p->loop);
    p->client = sl_client_new(p->loop, p->pool, p->resolver, &config);
    p->control.run = control_run;
    sl_rand_seed_os(&p->rand);
    return p;
}

sl_rc sl_prober_start(struct sl_prober *p)
{
    p->is_started = sl_thread_start(&p->thread, run_thread, p);
    return p->is_started ? SL_OK : SL_E_IO;
}

void sl_prober_free(struct sl_prober *p)
{
    if (p == NULL)
        return;
    if (p->is_started) {
        sl_loop_stop(p->loop);
        pthread_join(p->thread, NULL);
    }
    sl_client_free(p->client);
    sl_resolver_free(p->resolver);
    sl_loop_tick(p->loop, 0);
    sl_loop_free(p->loop);
    sl_chunk_pool_free(p->pool);
    sl_snapshot_unref(p->snapshot);
    sl_snapshot_unref(atomic_load_explicit(&p->next, memory_order_acquire));
    sl_free(p);
}

void sl_prober_publish(struct sl_prober *p, struct sl_snapshot *s)
{
    sl_snapshot_unref(atomic_exchange_explicit(&p->next, sl_snapshot_ref(s), memory_order_acq_rel));
    sl_loop_post(p->loop, &p->control, SL_WHY_POST);
}
