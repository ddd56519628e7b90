#include "control/alerting.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/migrate.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define SECOND INT64_C(1000000)

TEST(webhook, is_signed_as_standard_webhooks_says)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    /* The example of the specification. */
    EXPECT_STR("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
               sl_webhook_sign(SL_STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                               SL_STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
                               SL_STR("{\"test\": 2432232314}"), a));
    sl_arena_free(a);
}

TEST(webhook, waits_longer_from_attempt_to_attempt_and_then_gives_up)
{
    int64_t before_s = 0, n = 1;
    for (int64_t wait_s; (wait_s = sl_webhook_backoff_s(n)) != 0; n++) {
        EXPECT(wait_s > before_s);
        before_s = wait_s;
    }
    EXPECT_EQ(SL_WEBHOOK_ATTEMPTS_MAX, n);
    EXPECT_EQ(0, sl_webhook_backoff_s(0));
    EXPECT_EQ(0, sl_webhook_backoff_s(-1));
    EXPECT_EQ(0, sl_webhook_backoff_s(INT64_MAX));
}

TEST(alert, fires_when_it_was_wrong_for_long_enough_and_resolves_once)
{
    const struct sl_alert_config c = {.for_us = 10 * SECOND};
    struct sl_alert_state s = {0};
    EXPECT(sl_alert_step(&c, false, 1 * SECOND, &s) == NULL);
    EXPECT_EQ(1 * SECOND, s.since_us);
    EXPECT(sl_alert_step(&c, true, 2 * SECOND, &s) == NULL);
    EXPECT_EQ(SL_ALERT_PENDING, s.phase);
    EXPECT(sl_alert_step(&c, false, 3 * SECOND, &s) == NULL); /* not for long enough */
    EXPECT_EQ(SL_ALERT_OK, s.phase);
    EXPECT(sl_alert_step(&c, true, 4 * SECOND, &s) == NULL);
    EXPECT(sl_alert_step(&c, true, 13 * SECOND, &s) == NULL);
    EXPECT_STR("alert.firing", sl_cstr(sl_alert_step(&c, true, 14 * SECOND, &s)));
    EXPECT(sl_alert_step(&c, true, 99 * SECOND, &s) == NULL);
    EXPECT_EQ(14 * SECOND, s.since_us);
    EXPECT_STR("alert.resolved", sl_cstr(sl_alert_step(&c, false, 100 * SECOND, &s)));
    EXPECT(sl_alert_step(&c, false, 101 * SECOND, &s) == NULL);
    EXPECT_EQ(100 * SECOND, s.since_us);
}

TEST(alert, without_a_for_fires_at_once)
{
    const struct sl_alert_config c = {0};
    struct sl_alert_state s = {0};
    EXPECT_STR("alert.firing", sl_cstr(sl_alert_step(&c, true, SECOND, &s)));
}

TEST(alert, numbers_are_millionths_of_what_people_write)
{
    static const int64_t want[] = {250000,  125000,           8000000, 2000000, 1000000,
                                   5119000, INT64_C(5119000), 5119000, 1500000, 3000000};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_rollup_cell cell = {.sums = {[SL_SUM_REQUESTS] = 8,
                                           [SL_SUM_ERRORS] = 2,
                                           [SL_SUM_FAILURES] = 1,
                                           [SL_SUM_COST] = 1500000000,
                                           [SL_SUM_TOKENS] = 1,
                                           [SL_SUM_TOKENS + 4] = 2}};
    sl_hist_lazy_add(&cell.took, a, 5000, 8);
    for (int i = 0; i < (int)SL_LEN(want); i++) {
        const struct sl_alert_config c = {.metric = i};
        EXPECT_EQ(want[i], sl_alert_value(&c, &cell));
    }
    const struct sl_alert_config rate = {.metric = 0};
    EXPECT_EQ(0, sl_alert_value(&rate, &(struct sl_rollup_cell){0})); /* of nothing */
    sl_arena_free(a);
}

/* A ledger with four requests of now, two of which failed. */
static void add_requests(struct bench *b)
{
    static const struct sl_rollup_keep ever;
    struct sl_rollup *u = sl_rollup_new(&ever);
    struct sl_db *db;
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&b->s, "usage.db"), &db, &b->s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_usage, &b->s.diag));
    for (unsigned i = 0; i < 4; i++) {
        struct sl_record r = scratch_record(&b->s, i);
        r.wall_us = sl_clock_wall_us();
        r.outcome = i % 2 ? SL_OUTCOME_UPSTREAM_ERROR : SL_OUTCOME_OK;
        EXPECT_EQ(SL_OK, sl_rollup_add(u, db, &r, r.wall_us / SECOND));
    }
    EXPECT_EQ(SL_OK, sl_rollup_flush(u, db, sl_clock_wall_us() / SECOND));
    sl_rollup_free(u);
    sl_db_close(db);
}

static struct sl_db *open_alerts(struct bench *b)
{
    struct sl_db *db;
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&b->s, "alerts.db"), &db, &b->s.diag));
    EXPECT_EQ(SL_OK, sl_alerts_migrate(db, &b->s.diag));
    return db;
}

static void make_webhook(struct bench *b, const char *name, const char *events)
{
    (void)bench_want(b, 201, "POST", "/api/v1/webhooks",
                     sl_fmt(b->a,
                            "{\"name\":\"%s\",\"url\":\"https://hooks.example/x\",\"signing_key\":"
                            "\"0123456789abcdef\",\"events\":%s}",
                            name, events)
                         .p);
}

TEST(alerting, tells_the_webhooks_that_want_to_hear_of_it_once)
{
    struct bench b;
    bench_init(&b);
    add_requests(&b);
    struct sl_db *db = open_alerts(&b);
    make_webhook(&b, "all", "[]");
    make_webhook(&b, "resolved-only", "[\"alert.resolved\"]");
    make_webhook(&b, "other", "[]");
    (void)bench_want(&b, 201, "POST", "/api/v1/alerts",
                     "{\"name\":\"errors\",\"metric\":\"error_rate\",\"threshold\":\"0.4\","
                     "\"filters\":{\"service\":\"ai\"},\"webhooks\":[\"all\",\"resolved-only\"]}");
    (void)bench_want(&b, 201, "POST", "/api/v1/alerts",
                     "{\"name\":\"few\",\"metric\":\"error_rate\",\"threshold\":\"0.4\","
                     "\"min_requests\":5}");
    int64_t now_us = sl_clock_wall_us();
    EXPECT_EQ(SL_OK, sl_alerting_look(b.control, db, now_us));
    EXPECT_EQ(SL_OK, sl_alerting_look(b.control, db, now_us + SECOND));
    const struct sl_node *states = bench_want(&b, 200, "GET", "/api/v1/alert-states", NULL);
    const struct sl_node *first = sl_node_get(states, SL_STR("items"))->children;
    EXPECT_STR("errors", bench_text(first, "alert"));
    EXPECT_STR("firing", bench_text(first, "state"));
    EXPECT_STR("0.5", bench_text(first, "value"));
    EXPECT_STR("ok", bench_text(first->next, "state"));
    const struct sl_node *told = bench_want(&b, 200, "GET", "/api/v1/deliveries", NULL);
    const struct sl_node *delivery = sl_node_get(told, SL_STR("items"))->children;
    EXPECT_STR("all", bench_text(delivery, "webhook"));
    EXPECT(delivery->next == NULL);
    EXPECT_STR("alert.firing", bench_text(delivery, "body.type"));
    EXPECT_STR("0.4", bench_text(delivery, "body.data.threshold"));
    EXPECT_STR("ai", bench_text(delivery, "body.data.filters.service"));
    /* Long after, nothing is wrong any more. */
    EXPECT_EQ(SL_OK, sl_alerting_look(b.control, db, now_us + 30 * SECOND));
    EXPECT_EQ(SL_OK, sl_alerting_look(b.control, db, now_us + 3600 * SECOND));
    told = bench_want(&b, 200, "GET", "/api/v1/deliveries?webhook=resolved-only", NULL);
    delivery = sl_node_get(told, SL_STR("items"))->children;
    EXPECT_STR("alert.resolved", bench_text(delivery, "event"));
    sl_db_close(db);
    bench_fini(&b);
}

TEST(alerting, resends_what_is_asked_for)
{
    struct bench b;
    bench_init(&b);
    struct sl_db *db = open_alerts(&b);
    struct sl_delivery v = {.id = SL_STR("d1"),
                            .webhook = SL_STR("w"),
                            .event = SL_STR("e"),
                            .body = SL_STR("{}"),
                            .created_us = 1,
                            .next_us = 1};
    EXPECT_EQ(SL_OK, sl_delivery_insert(db, &v));
    v.state = SL_STR("failed");
    v.attempts = 8;
    EXPECT_EQ(SL_OK, sl_delivery_update(db, &v));
    EXPECT_EQ(SL_E_NOTFOUND, sl_delivery_due(db, INT64_MAX, b.a, &v));
    (void)bench_want(&b, 404, "POST", "/api/v1/deliveries/resend", "{\"id\":\"d2\"}");
    (void)bench_want(&b, 422, "POST", "/api/v1/deliveries/resend", "{}");
    (void)bench_want(&b, 200, "POST", "/api/v1/deliveries/resend", "{\"id\":\"d1\"}");
    EXPECT_EQ(SL_OK, sl_delivery_due(db, INT64_MAX, b.a, &v));
    EXPECT_EQ(0, v.attempts);
    sl_db_close(db);
    bench_fini(&b);
}

/* d0 to d8: of two webhooks in turn, every third failed, the others wait. */
static void add_deliveries(struct sl_db *db, struct sl_arena *a)
{
    for (int i = 0; i < 9; i++) {
        struct sl_delivery v = {.id = sl_fmt(a, "d%d", i),
                                .webhook = i % 2 != 0 ? SL_STR("odd") : SL_STR("even"),
                                .event = SL_STR("e"),
                                .body = SL_STR("{}"),
                                .created_us = 1};
        EXPECT_EQ(SL_OK, sl_delivery_insert(db, &v));
        v.state = SL_STR("failed");
        EXPECT(i % 3 != 0 || sl_delivery_update(db, &v) == SL_OK);
    }
}

static sl_str ids_of(const struct sl_node *page, struct sl_arena *a)
{
    struct sl_strbuf out;
    sl_strbuf_init(&out, a, 0);
    for (const struct sl_node *n = sl_node_get(page, SL_STR("items"))->children; n != NULL;
         n = n->next)
        sl_strbuf_addf(&out, "%s ", sl_fmt(a, "%.*s", SL_STRF(bench_text(n, "id"))).p);
    return sl_strbuf_str(&out);
}

TEST(deliveries, are_narrowed_by_state_and_webhook_page_by_page)
{
    static const struct {
        const char *query, *ids, *next;
    } rows[] = {
        {"", "d8 d7 d6 d5 d4 d3 d2 d1 d0 ", ""},
        {"?state=failed", "d6 d3 d0 ", ""},
        {"?state=pending&webhook=odd", "d7 d5 d1 ", ""},
        {"?webhook=even&limit=2", "d8 d6 ", "d6"},
        {"?webhook=even&limit=2&cursor=d6", "d4 d2 ", "d2"},
        {"?state=failed&limit=2", "d6 d3 ", "d3"},
        {"?state=failed&limit=2&cursor=d3", "d0 ", ""},
        {"?state=delivered", "", ""},
        {"?webhook=nobody", "", ""},
    };
    struct bench b;
    bench_init(&b);
    struct sl_db *db = open_alerts(&b);
    add_deliveries(db, b.a);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct sl_node *page =
            bench_want(&b, 200, "GET", sl_fmt(b.a, "/api/v1/deliveries%s", rows[i].query).p, NULL);
        EXPECT_STR(rows[i].ids, ids_of(page, b.a));
        EXPECT_STR(rows[i].next, bench_text(page, "next_cursor"));
    }
    (void)bench_want(&b, 400, "GET", "/api/v1/deliveries?state=lost", NULL);
    sl_db_close(db);
    bench_fini(&b);
}

TEST(deliveries, are_found_by_an_index_in_their_order)
{
    static const char *const rows[][2] = {
        {"webhook = ?", "delivery_by_webhook (webhook=?)"},
        {"state = ?", "delivery_by_state (state=?)"},
        {"state = ? AND id < ?", "delivery_by_state (state=? AND id<?)"},
    };
    struct bench b;
    bench_init(&b);
    struct sl_db *db = open_alerts(&b);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_str sql = sl_fmt(b.a,
                            "EXPLAIN QUERY PLAN SELECT id, body FROM delivery WHERE %s "
                            "ORDER BY id DESC LIMIT 9",
                            rows[i][0]);
        struct sl_query *q = sl_db_query(db, sql.p);
        EXPECT(sl_query_row(q));
        EXPECT_STR(sl_fmt(b.a, "SEARCH delivery USING INDEX %s", rows[i][1]).p,
                   sl_query_text_at(q, 3));
        EXPECT(!sl_query_row(q));
        EXPECT_EQ(SL_OK, sl_query_end(q));
    }
    sl_db_close(db);
    bench_fini(&b);
}

TEST(alert, refuses_what_it_cannot_look_at)
{
    static const struct {
        const char *body, *pointer;
    } rows[] = {
        {"\"metric\":\"colour\",\"threshold\":\"1\"", "/metric"},
        {"\"metric\":\"errors\",\"threshold\":\"many\"", "/threshold"},
        {"\"metric\":\"errors\",\"threshold\":\"0.1234567\"", "/threshold"},
        {"\"metric\":\"errors\",\"threshold\":\"1\",\"filters\":{\"colour\":\"red\"}", "/filters"},
        {"\"metric\":\"errors\",\"threshold\":\"1\",\"window\":\"5s\"", "/window"},
        {"\"metric\":\"errors\",\"threshold\":\"1\",\"webhooks\":[\"nobody\"]", "/webhooks/0"},
    };
    struct bench b;
    bench_init(&b);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct sl_node *n = bench_want(&b, 422, "POST", "/api/v1/alerts",
                                             sl_fmt(b.a, "{\"name\":\"a\",%s}", rows[i].body).p);
        EXPECT_STR(rows[i].pointer,
                   bench_text(sl_node_get(n, SL_STR("errors"))->children, "pointer"));
    }
    (void)bench_want(&b, 422, "POST", "/api/v1/webhooks",
                     "{\"name\":\"w\",\"url\":\"ftp://x/\",\"signing_key\":\"0123456789abcdef\"}");
    (void)bench_want(&b, 422, "POST", "/api/v1/webhooks",
                     "{\"name\":\"w\",\"url\":\"https://x/\",\"signing_key\":\"0123456789abcdef\","
                     "\"events\":[\"lunch\"]}");
    make_webhook(&b, "w", "[]");
    struct sl_api_answer a = bench_call(&b, "GET", "/api/v1/webhooks/w", NULL);
    EXPECT(sl_str_find_str(a.body, SL_STR("0123456789abcdef")) == SIZE_MAX);
    bench_fini(&b);
}

TEST(alert, keeps_the_budget_that_it_names_from_being_deleted)
{
    struct bench b;
    bench_init(&b);
    const struct sl_node *budget =
        bench_want(&b, 201, "POST", "/api/v1/budgets",
                   "{\"name\":\"all\",\"per\":\"global\",\"period\":\"month\",\"amount\":\"10\"}");
    sl_str by_id = sl_fmt(b.a,
                          "{\"name\":\"x\",\"metric\":\"budget_percent\",\"threshold\":\"80\","
                          "\"budget\":\"%.*s\"}",
                          SL_STRF(bench_text(budget, "id")));
    (void)bench_want(&b, 422, "POST", "/api/v1/alerts", by_id.p);
    (void)bench_want(
        &b, 201, "POST", "/api/v1/alerts",
        "{\"name\":\"nearly\",\"metric\":\"budget_percent\",\"threshold\":\"80\",\"budget\":\"all\"}");
    bench_header(&b, "if-match", SL_STR("*"));
    const struct sl_node *problem = bench_want(&b, 409, "DELETE", "/api/v1/budgets/all", NULL);
    EXPECT_STR("alert 'nearly' still depends on it", bench_text(problem, "detail"));
    (void)bench_want(&b, 204, "DELETE", "/api/v1/alerts/nearly", NULL);
    (void)bench_want(&b, 204, "DELETE", "/api/v1/budgets/all", NULL);
    bench_fini(&b);
}
