#include "base/clock.h"
#include "base/str.h"
#include "control/api.h"
#include "store/migrate.h"
#include "store/rollup.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

/* A ledger with one request of each, two minutes ago. */
static void bench_with_requests_of(struct bench *b, const char *const *consumers, size_t n)
{
    static const struct sl_rollup_keep ever;
    struct sl_rollup *u = sl_rollup_new(&ever);
    struct sl_db *db;
    bench_init(b);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&b->s, "usage.db"), &db, &b->s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_usage, &b->s.diag));
    for (size_t i = 0; i < n; i++) {
        struct sl_record r = scratch_record(&b->s, (unsigned)i);
        r.wall_us = sl_clock_wall_us() - SL_SECONDS(120);
        r.consumer = sl_cstr(consumers[i]);
        r.took_us = 2000;
        r.cost_nusd = 500000000;
        EXPECT_EQ(SL_OK, sl_rollup_add(u, db, &r, r.wall_us / 1000000));
    }
    EXPECT_EQ(SL_OK, sl_rollup_flush(u, db, sl_clock_wall_us() / 1000000));
    sl_rollup_free(u);
    sl_db_close(db);
}

/* acme's two, and one each of two that no spreadsheet may run. */
static void bench_with_requests(struct bench *b)
{
    static const char *const consumers[] = {"acme", "acme", "=1+1", "say \"hi\", bob"};
    bench_with_requests_of(b, consumers, SL_LEN(consumers));
}

TEST(reports, have_rows_and_a_total)
{
    struct bench b;
    bench_with_requests(&b);
    const struct sl_node *n =
        bench_want(&b, 200, "GET", "/api/v1/reports?group=consumer,service&since=1h", NULL);
    EXPECT_STR("3", bench_text(n, "row_count"));
    EXPECT_STR("4", bench_text(n, "total.requests"));
    EXPECT_STR("2", bench_text(n, "total.cost_usd"));
    EXPECT_STR("32", bench_text(n, "total.prompt_tokens"));
    EXPECT_STR("28", bench_text(n, "total.tokens_input"));
    const struct sl_node *first = sl_node_get(n, SL_STR("rows"))->children;
    EXPECT_STR("acme", bench_text(first, "consumer"));
    EXPECT_STR("ai", bench_text(first, "service"));
    EXPECT_STR("2", bench_text(first, "requests"));
    EXPECT_STR("2.047", bench_text(first, "p99_ms"));
    bench_fini(&b);
}

TEST(reports, show_only_the_fields_and_rows_asked_for_in_the_order_asked_for)
{
    struct bench b;
    bench_with_requests(&b);
    const struct sl_node *n = bench_want(
        &b, 200, "GET",
        "/api/v1/reports?group=consumer&fields=requests,cost_usd&order=requests&limit=1&step=auto",
        NULL);
    const struct sl_node *rows = sl_node_get(n, SL_STR("rows"));
    EXPECT_STR("3", bench_text(n, "row_count"));
    EXPECT_STR("=1+1", bench_text(rows->children, "consumer"));
    EXPECT(rows->children->next == NULL);
    EXPECT(sl_node_get(rows->children, SL_STR("p99_ms")) == NULL);
    size_t steps = 0, requests = 0;
    const struct sl_node *step = sl_node_get(rows->children, SL_STR("steps"))->children;
    for (; step != NULL; step = step->next, steps++)
        requests += sl_str_eq(bench_text(step, "requests"), SL_STR("1"));
    EXPECT(steps >= 96); /* also those without a request */
    EXPECT_EQ(1, requests);
    bench_fini(&b);
}

TEST(reports, as_csv_hold_no_formula)
{
    struct bench b;
    bench_with_requests(&b);
    struct sl_api_answer a = bench_call(
        &b, "GET", "/api/v1/reports?group=consumer&fields=requests,mean_ms&format=csv", NULL);
    EXPECT_EQ(200, a.status);
    EXPECT(sl_str_starts(a.type, SL_STR("text/csv")));
    EXPECT_STR("consumer,requests,mean_ms\r\n\"acme\",2,2.000\r\n\"'=1+1\",1,2.000\r\n"
               "\"say \"\"hi\"\", bob\",1,2.000\r\n",
               a.body);
    bench_header(&b, "accept", SL_STR("text/csv"));
    a = bench_call(&b, "GET", "/api/v1/reports?fields=requests", NULL);
    EXPECT_STR("requests\r\n4\r\n", a.body);
    bench_fini(&b);
}

TEST(reports, filter_by_any_of_several_values)
{
    struct bench b;
    bench_with_requests(&b);
    const struct sl_node *n =
        bench_want(&b, 200, "GET", "/api/v1/reports?consumer=acme,%3D1%2B1", NULL);
    EXPECT_STR("3", bench_text(n, "total.requests"));
    n = bench_want(&b, 200, "GET", "/api/v1/reports?consumer=", NULL);
    EXPECT_STR("0", bench_text(n, "total.requests"));
    bench_fini(&b);
}

TEST(reports, refuse_what_they_do_not_know)
{
    static const char *const bad[] = {
        "group=colour",
        "order=colour",
        "fields=colour",
        "limit=0",
        "limit=1001",
        "format=xml",
        "since=x",
        "step=7m",
        "time_zone=x",
        "colour=red",
        "consumer=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
    };
    struct bench b;
    bench_with_requests(&b);
    for (size_t i = 0; i < SL_LEN(bad); i++)
        (void)bench_want(&b, 400, "GET", sl_fmt(b.a, "/api/v1/reports?%s", bad[i]).p, NULL);
    bench_fini(&b);
}

/* ------------------------------------------------------------------ the portal's */

#define P "/api/v1/portal"

static void add_user(struct bench *b, const char *name, const char *grants)
{
    (void)bench_want(b, 201, "POST", "/api/v1/users",
                     sl_fmt(b->a, "{\"name\":\"%s\",\"grants\":%s}", name, grants).p);
    (void)bench_want(b, 200, "POST", sl_fmt(b->a, "/api/v1/users/%s/set-password", name).p,
                     "{\"password\":\"a long password\"}");
}

static void expect_requests(struct bench *b, const char *n, const char *query)
{
    const struct sl_node *report =
        bench_want(b, 200, "GET", sl_fmt(b->a, P "/usage?since=1h%s", query).p, NULL);
    EXPECT_STR(n, bench_text(report, "total.requests"));
}

/* ann has two applications and shares her team's; nobody's requests and bob's are not hers. */
static void bench_of_ann(struct bench *b)
{
    static const char *const consumers[] = {"ann.shop", "ann.shop", "ann.app",  "bob.shop",
                                            "",         "ours",     "bob.shop", "ann"};
    bench_with_requests_of(b, consumers, SL_LEN(consumers));
    (void)bench_want(b, 201, "POST", "/api/v1/teams", "{\"name\":\"buyers\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/roles",
                     "{\"name\":\"none\",\"permissions\":[\"nothing:read\"]}");
    (void)bench_want(b, 201, "POST", "/api/v1/consumers",
                     "{\"name\":\"ours\",\"team\":\"buyers\"}");
    add_user(b, "ann", "[{\"role\":\"none\",\"team\":\"buyers\"}]");
    add_user(b, "bob", "[]");
    bench_login(b, "ann", "a long password");
    (void)bench_want(b, 201, "POST", P "/applications", "{\"name\":\"shop\"}");
    (void)bench_want(b, 201, "POST", P "/applications", "{\"name\":\"app\"}");
}

TEST(reports, of_the_portal_tell_of_all_that_is_ones_own_and_of_nothing_else)
{
    struct bench b;
    bench_of_ann(&b);
    const struct sl_node *n =
        bench_want(&b, 200, "GET", P "/usage?group=consumer&since=1h&step=auto", NULL);
    EXPECT_STR("4", bench_text(n, "total.requests"));
    EXPECT_STR("2", bench_text(n, "total.cost_usd"));
    EXPECT_STR("3", bench_text(n, "row_count"));
    const struct sl_node *first = sl_node_get(n, SL_STR("rows"))->children;
    EXPECT_STR("ann.shop", bench_text(first, "consumer"));
    EXPECT(sl_node_get(first, SL_STR("steps")) != NULL);
    expect_requests(&b, "2", "&application=ann.shop");
    expect_requests(&b, "3", "&application=ann.shop,ours,ann.shop");
    expect_requests(&b, "4", "&service=ai");
    expect_requests(&b, "0", "&service=other");
    (void)bench_want(&b, 404, "GET", P "/usage?application=bob.shop", NULL);
    (void)bench_want(&b, 404, "GET", P "/usage?application=ann.shop,bob.shop", NULL);
    (void)bench_want(&b, 400, "GET", P "/usage?consumer=bob.shop", NULL);
    (void)bench_want(&b, 400, "GET", P "/usage?group=vendor", NULL);
    struct sl_api_answer a = bench_call(
        &b, "GET", P "/usage?group=consumer&fields=requests,cost_usd&format=csv&since=1h", NULL);
    EXPECT_STR("consumer,requests,cost_usd\r\n\"ann.shop\",2,1\r\n\"ann.app\",1,0.5\r\n"
               "\"ours\",1,0.5\r\n",
               a.body);
    bench_fini(&b);
}

TEST(reports, of_the_portal_are_empty_for_who_has_nothing)
{
    struct bench b;
    bench_of_ann(&b);
    bench_no_headers(&b);
    bench_login(&b, "bob", "a long password"); /* whose application of that name is not his */
    const struct sl_node *n = bench_want(&b, 200, "GET", P "/usage?group=consumer&step=auto", NULL);
    EXPECT_STR("0", bench_text(n, "total.requests"));
    EXPECT_STR("0", bench_text(n, "row_count"));
    EXPECT(sl_node_get(sl_node_get(n, SL_STR("total")), SL_STR("steps")) != NULL);
    EXPECT_EQ(200, bench_call(&b, "GET", P "/usage?format=csv", NULL).status);
    bench_fini(&b);
}
