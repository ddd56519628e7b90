/* Run these with -Db_sanitize=thread too: they are about what all workers share. */
#include "snapshot/limiter.h"
#include "snapshot/spend.h"
#include "tests/fake_exchange.h"
#include "tests/test.h"

#include <pthread.h>

extern const struct sl_policy_type sl_policy_budget, sl_policy_rate_limit;

enum { THREADS = 8, CENT_NUSD = 10000000 };

/* A worker: its own exchange over the states that all share. */
struct worker {
    pthread_t thread;
    struct fake_exchange f;
    const void *config;
    struct sl_limiter *limiter;
    int number, admitted, refused;
};

static struct worker workers[THREADS];

static void start_all(void *(*run)(void *))
{
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_create(&workers[i].thread, NULL, run, &workers[i]));
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(0, pthread_join(workers[i].thread, NULL));
}

static void open_all(const struct sl_policy_type *type, const char *yaml)
{
    memset(workers, 0, sizeof(workers));
    for (int i = 0; i < THREADS; i++) {
        struct worker *w = &workers[i];
        w->number = i;
        if (i == 0)
            fake_exchange_init(&w->f);
        else
            fake_exchange_join(&w->f, &workers[0].f);
        if (type != NULL)
            w->config = fake_configure(&w->f, type, yaml);
    }
}

static void close_all(void)
{
    for (int i = THREADS; i-- > 0;)
        fake_exchange_fini(&workers[i].f);
}

static int admitted_by_all(void)
{
    int sum = 0;
    for (int i = 0; i < THREADS; i++)
        sum += workers[i].admitted;
    return sum;
}

/* ------------------------------------------------------------------ rate_limit */

static void *call_often(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < 4000; i++) {
        fake_exchange_again(&w->f);
        w->admitted += fake_request(&w->f, &sl_policy_rate_limit, w->config) == SL_PASS;
    }
    return NULL;
}

TEST(rate_limit_threads, all_workers_together_admit_exactly_the_burst_http48)
{
    open_all(&sl_policy_rate_limit, "{limit: 1000, window: 1d}");
    start_all(call_often);
    EXPECT_EQ(1000, admitted_by_all());
    close_all();
}

/* ------------------------------------------------------------------ limiter */

enum { KEYS = 64, ROUNDS = 200 };

static const struct sl_gcra ten_a_day = {.cost_ns = 8640000000000, .slack_ns = 86400000000000};

/* Every thread asks for every key in the same order, so that all add the same key at the same time. */
static void *ask_for_many(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < ROUNDS; i++) {
        for (uint32_t k = 0; k < KEYS; k++) {
            uint32_t key = k | (uint32_t)i / 20 << 16; /* others from time to time */
            struct sl_limiter_answer r = sl_limiter_take(
                w->limiter, &ten_a_day, sl_str_of((const char *)&key, sizeof(key)), 1, 1000);
            w->admitted += r.wait_us == 0;
        }
    }
    return NULL;
}

static void share_limiter(uint32_t keys)
{
    for (int i = 0; i < THREADS; i++)
        workers[i].limiter =
            sl_limiter_get(workers[i].f.states, SL_STR("l"), keys, workers[i].f.arena);
}

TEST(limiter_threads, keys_that_all_threads_add_at_once_have_one_limit_http48)
{
    open_all(NULL, NULL);
    share_limiter(65536);
    start_all(ask_for_many);
    EXPECT_EQ(10 * KEYS * ROUNDS / 20, admitted_by_all());
    EXPECT_EQ(0, sl_limiter_evictions(workers[0].limiter));
    close_all();
}

TEST(limiter_threads, a_table_that_is_too_small_admits_less_and_never_more_http48)
{
    open_all(NULL, NULL);
    share_limiter(4); /* one bucket */
    start_all(ask_for_many);
    EXPECT(admitted_by_all() > 0);
    EXPECT(admitted_by_all() <= 10 * KEYS * ROUNDS / 20);
    EXPECT(sl_limiter_evictions(workers[0].limiter) > 0);
    close_all();
}

/* ------------------------------------------------------------------ budget */

static _Atomic int64_t committed_nusd, most_nusd; /* by the test's own count */

static void note(int64_t nusd)
{
    int64_t now = atomic_fetch_add(&committed_nusd, nusd) + nusd, most = atomic_load(&most_nusd);
    while (now > most && !atomic_compare_exchange_weak(&most_nusd, &most, now))
        ;
}

/* Estimated 5 cents, really 2: held until another request of this worker has been tried too. */
static void *spend(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < 2000; i++) {
        fake_exchange_again(&w->f);
        if (fake_request(&w->f, &sl_policy_budget, w->config) != SL_PASS) {
            w->refused++;
            continue;
        }
        note(5 * CENT_NUSD);
        w->admitted++;
        w->f.x.record.cost_nusd = 2 * CENT_NUSD;
        note(-3 * CENT_NUSD); /* before it is settled: our own count must never be ahead */
        fake_settle(&w->f, &sl_policy_budget, w->config);
    }
    return NULL;
}

TEST(budget_threads, spent_and_held_never_pass_the_amount_u12)
{
    open_all(&sl_policy_budget, "{amount: 10, key: global}");
    atomic_store(&committed_nusd, 0);
    atomic_store(&most_nusd, 0);
    for (int i = 0; i < THREADS; i++)
        workers[i].f.cost_estimate_nusd = 5 * CENT_NUSD;
    start_all(spend);
    EXPECT(atomic_load(&most_nusd) <= 1000LL * CENT_NUSD);
    EXPECT_EQ(admitted_by_all() * 2LL * CENT_NUSD, atomic_load(&committed_nusd));
    EXPECT_EQ(498, admitted_by_all()); /* the 499th finds 4 cents */
    close_all();
}

static void *hold_all(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < 100; i++) {
        fake_exchange_again(&w->f);
        w->admitted += fake_request(&w->f, &sl_policy_budget, w->config) == SL_PASS;
    }
    return NULL;
}

TEST(budget_threads, requests_in_flight_are_at_most_what_the_amount_pays_for_u12)
{
    open_all(&sl_policy_budget, "{amount: 1, key: global}");
    for (int i = 0; i < THREADS; i++)
        workers[i].f.cost_estimate_nusd = 5 * CENT_NUSD;
    start_all(hold_all);
    EXPECT_EQ(20, admitted_by_all());
    close_all();
}

/* ------------------------------------------------------------------ spend */

enum { DAYS = 200, TRIES = 3 };

static pthread_barrier_t midnight;
static struct sl_spend *daily;

static void *spend_daily(void *arg)
{
    struct worker *w = arg;
    for (int64_t day = 1; day <= DAYS; day++) {
        pthread_barrier_wait(&midnight);
        for (int i = 0; i < TRIES; i++) {
            struct sl_spend_hold hold = {0};
            struct sl_spend_window *window = sl_spend_window(daily, SL_STR("alice"), day);
            w->admitted += sl_spend_hold(window, 1, THREADS, &hold);
            sl_spend_settle(&hold, 1);
        }
    }
    return NULL;
}

TEST(spend_threads, a_new_window_begins_once_for_all)
{
    open_all(NULL, NULL);
    daily = sl_spend_get(workers[0].f.states, SL_STR("daily"), SL_SPEND_SUBJECTS_MAX,
                         workers[0].f.arena);
    EXPECT_EQ(0, pthread_barrier_init(&midnight, NULL, THREADS));
    start_all(spend_daily);
    EXPECT_EQ(THREADS * DAYS, admitted_by_all());
    struct sl_spend_sums last = sl_spend_sums(sl_spend_window(daily, SL_STR("alice"), DAYS));
    EXPECT_EQ(THREADS, last.spent);
    EXPECT_EQ(0, last.held);
    pthread_barrier_destroy(&midnight);
    close_all();
}
