#include "gate/token_keeper.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/strbuf.h"
#include "base/thread.h"

#include <pthread.h>

enum { ARENA_BYTES = 1 << 20, ANSWER_BYTES = 64 * 1024, DOUBLINGS_MAX = 6 };
#define TIMEOUT_US SL_SECONDS(10)
#define LOOK_US SL_SECONDS(1)  /* how often refusals of vendors are looked for */
#define AGAIN_US SL_SECONDS(3) /* a token that was refused at once is not the last one's fault */

struct sl_token_keeper {
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
    struct keeping *keepings;
    size_t keeping_count;
};

/* One credential's token. Lives as long as the snapshot is the current one. */
struct keeping {
    struct sl_task task;
    struct sl_timer timer;
    struct sl_token_keeper *keeper;
    const struct sl_token_source *source;
    struct sl_arena *arena;
    struct sl_outbound outbound;
    struct sl_pipe body, answer;
    struct sl_strbuf got;
    sl_usec due_us, asked_us;
    uint32_t failures; /* in a row */
    bool is_asking;
};

/* ------------------------------------------------------------------ when */

static void sleep_until_due(struct keeping *k)
{
    struct sl_loop *l = k->keeper->loop;
    sl_timer_start(l, &k->timer, &k->task, SL_WHY_TIMER,
                   SL_MIN(k->due_us, sl_loop_now(l) + LOOK_US));
}

static bool is_refused_by_vendor(const struct keeping *k)
{
    const struct sl_access_token *t = k->source->token;
    uint64_t refused = atomic_load_explicit(&t->refused_turn, memory_order_relaxed);
    return refused != 0 && refused == atomic_load_explicit(&t->turn, memory_order_relaxed) &&
           sl_loop_now(k->keeper->loop) >= k->asked_us + AGAIN_US;
}

static bool is_due(const struct keeping *k)
{
    return sl_loop_now(k->keeper->loop) >= k->due_us || is_refused_by_vendor(k);
}

/* ------------------------------------------------------------------ asking */

static void stop_asking(struct keeping *k)
{
    sl_timer_stop(&k->timer);
    sl_outbound_cancel(&k->outbound);
    sl_pipe_fini(&k->body);
    sl_pipe_fini(&k->answer);
    sl_arena_reset(k->arena);
    k->is_asking = false;
}

static void make_request(struct keeping *k, sl_str form)
{
    k->outbound = (struct sl_outbound){
        .owner = &k->task,
        .origin = &k->source->endpoint.origin,
        .arena = k->arena,
        .body = &k->body,
        .answer = &k->answer,
        .may_reuse = false,
        .req = sl_ai_oauth_head(&k->source->credential, form, k->arena),
    };
    k->outbound.req.target = k->source->target;
    k->outbound.req.authority = k->source->endpoint.authority;
}

static void ask(struct keeping *k)
{
    struct sl_token_keeper *p = k->keeper;
    sl_str form = sl_ai_oauth_form(&k->source->credential, sl_loop_wall_us(p->loop) / SL_SECONDS(1),
                                   k->arena);
    k->is_asking = true;
    k->asked_us = sl_loop_now(p->loop);
    sl_strbuf_init(&k->got, k->arena, ANSWER_BYTES);
    sl_pipe_init(&k->body, p->loop, p->pool, SIZE_MAX);
    sl_pipe_init(&k->answer, p->loop, p->pool, ANSWER_BYTES);
    k->answer.reader = &k->task;
    sl_pipe_push_static(&k->body, form);
    sl_pipe_end(&k->body);
    make_request(k, form);
    sl_outbound_start(p->client, &k->outbound);
    sl_timer_start(p->loop, &k->timer, &k->task, SL_WHY_TIMER2, k->asked_us + TIMEOUT_US);
}

/* ------------------------------------------------------------------ what came */

static void take(struct keeping *k, const struct sl_ai_oauth_answer *answer)
{
    struct sl_access_token *t = k->source->token;
    sl_access_token_put(t, answer->token, sl_loop_now(k->keeper->loop),
                        SL_SECONDS(answer->expires_s));
    k->failures = 0;
    k->due_us = atomic_load_explicit(&t->refresh_us, memory_order_relaxed);
}

static void fail(struct keeping *k, enum sl_token_trouble trouble, sl_str reason)
{
    struct sl_token_keeper *p = k->keeper;
    sl_usec most_us = SL_SECONDS(1) << SL_MIN(k->failures, (uint32_t)DOUBLINGS_MAX);
    sl_usec pause_us = most_us - (sl_usec)sl_rand_below(&p->rand, (uint64_t)most_us / 4 + 1);
    k->failures++;
    k->due_us = sl_loop_now(p->loop) + pause_us;
    atomic_store_explicit(&k->source->token->trouble, trouble, memory_order_relaxed);
    sl_log(
        p->log, WARN, "no access token for a vendor", SL_KV_STR("account", k->source->account),
        SL_KV_STR("credential", k->source->credential.name),
        SL_KV_STR("endpoint", k->source->endpoint.url), SL_KV_STR("reason", reason),
        SL_KV_BOOL("has_old_one", sl_access_token_holds(k->source->token, sl_loop_now(p->loop))));
}

static void judge(struct keeping *k, bool is_late)
{
    const struct sl_outbound *o = &k->outbound;
    struct sl_ai_oauth_answer answer;
    if (is_late) {
        fail(k, SL_TOKEN_UNREACHABLE, SL_STR("it did not answer in time"));
    } else if (o->rc != SL_OK) {
        fail(k, SL_TOKEN_UNREACHABLE, sl_cstr(o->why != NULL ? o->why : sl_err_info(o->rc)->text));
    } else {
        answer = sl_ai_oauth_read(o->res.status, sl_strbuf_str(&k->got), k->arena);
        if (answer.token.n != 0)
            take(k, &answer);
        else
            fail(k, answer.is_refused ? SL_TOKEN_REFUSED : SL_TOKEN_UNREACHABLE, answer.error);
    }
}

static void gather(struct keeping *k)
{
    while (k->answer.chain.bytes != 0) {
        sl_str front = sl_chain_front(&k->answer.chain);
        sl_strbuf_add(&k->got, front); /* what is beyond the limit is no token's */
        sl_chain_consume(&k->answer.chain, front.n);
    }
    sl_pipe_took(&k->answer);
}

static void run_keeping(struct sl_task *t, uint32_t why)
{
    struct keeping *k = SL_CONTAINER(t, struct keeping, task);
    if (k->is_asking) {
        bool is_late = (why & SL_WHY_TIMER2) != 0;
        gather(k);
        if (!is_late && !k->outbound.is_ended)
            return;
        judge(k, is_late && !k->outbound.is_ended);
        stop_asking(k);
        sleep_until_due(k);
    } else if (is_due(k)) {
        ask(k);
    } else {
        sleep_until_due(k);
    }
}

/* ------------------------------------------------------------------ snapshots */

static void drop_keepings(struct sl_token_keeper *p)
{
    for (size_t i = 0; i < p->keeping_count; i++) {
        struct keeping *k = &p->keepings[i];
        sl_timer_stop(&k->timer);
        if (k->is_asking)
            stop_asking(k);
        sl_task_cancel(&k->task);
        sl_arena_free(k->arena);
    }
    if (p->keepings != NULL)
        sl_loop_bury(p->loop, sl_free, p->keepings);
    p->keepings = NULL;
    p->keeping_count = 0;
}

/* Accounts may share a credential. */
static bool is_kept(const struct sl_token_keeper *p, const struct sl_token_source *source)
{
    for (size_t i = 0; i < p->keeping_count; i++)
        if (p->keepings[i].source->token == source->token)
            return true;
    return false;
}

static void keep(struct sl_token_keeper *p, const struct sl_token_source *source)
{
    struct keeping *k = &p->keepings[p->keeping_count++];
    *k = (struct keeping){.keeper = p, .source = source, .task.run = run_keeping};
    k->arena = sl_arena_new("access token", ARENA_BYTES);
    k->due_us = atomic_load_explicit(&source->token->refresh_us, memory_order_relaxed);
    sl_task_wake(p->loop, &k->task, SL_WHY_START);
}

static void control_run(struct sl_task *t, uint32_t why)
{
    struct sl_token_keeper *p = SL_CONTAINER(t, struct sl_token_keeper, control);
    (void)why;
    /* pairs with sl_token_keeper_publish */
    struct sl_snapshot *s = atomic_exchange_explicit(&p->next, NULL, memory_order_acq_rel);
    if (s == NULL)
        return;
    drop_keepings(p);
    sl_snapshot_unref(p->snapshot);
    p->snapshot = s;
    p->keepings = sl_new_array(struct keeping, s->token_source_count);
    for (size_t i = 0; i < s->token_source_count; i++)
        if (!is_kept(p, s->token_sources[i]))
            keep(p, s->token_sources[i]);
}

/* ------------------------------------------------------------------ the thread */

static void *run_thread(void *arg)
{
    struct sl_token_keeper *p = arg;
    sl_loop_run(p->loop);
    drop_keepings(p);
    sl_loop_tick(p->loop, 0);
    return NULL;
}

struct sl_token_keeper *sl_token_keeper_new(struct sl_log *log)
{
    static const struct sl_client_config config = {0};
    struct sl_token_keeper *p = sl_new(struct sl_token_keeper);
    p->log = log;
    p->loop = sl_loop_new();
    p->pool = sl_chunk_pool_new();
    p->resolver = sl_resolver_new(p->loop);
    p->client = sl_client_new(p->loop, p->pool, p->resolver, &config);
    p->control.run = control_run;
    sl_rand_seed_os(&p->rand);
    return p;
}

sl_rc sl_token_keeper_start(struct sl_token_keeper *p)
{
    p->is_started = sl_thread_start(&p->thread, run_thread, p);
    return p->is_started ? SL_OK : SL_E_IO;
}

void sl_token_keeper_free(struct sl_token_keeper *p)
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

void sl_token_keeper_publish(struct sl_token_keeper *p, struct sl_snapshot *s)
{
    sl_snapshot_unref(atomic_exchange_explicit(&p->next, sl_snapshot_ref(s), memory_order_acq_rel));
    sl_loop_post(p->loop, &p->control, SL_WHY_POST);
}
