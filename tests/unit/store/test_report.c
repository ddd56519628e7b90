#include "store/report.h"
#include "base/money.h"
#include "base/num.h"
#include "base/rand.h"
#include "base/str.h"
#include "codec/json.h"
#include "store/migrate.h"
#include "store/rollup.h"
#include "store/usage.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

#include <stdio.h>

#define T0_US INT64_C(1767225600000000) /* 2026-01-01 */
#define NOW_US (T0_US + INT64_C(10) * 86400 * 1000000)

/* As the writer does: the request, and its part of the sums. */
static void insert(struct sl_db *db, struct sl_rollup *rollup, const struct sl_record *r)
{
    scratch_insert(db, r);
    EXPECT_EQ(SL_OK, sl_rollup_add(rollup, db, r, NOW_US / 1000000));
}

static struct sl_db *empty_ledger(struct scratch *s, struct sl_rollup **ret_rollup)
{
    static const struct sl_rollup_keep ever;
    struct sl_db *db;
    scratch_init(s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(s, "usage.db"), &db, &s->diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_usage, &s->diag));
    EXPECT_EQ(SL_OK, sl_db_begin(db));
    *ret_rollup = sl_rollup_new(&ever);
    return db;
}

static void finish(struct sl_db *db, struct sl_rollup *rollup)
{
    EXPECT_EQ(SL_OK, sl_rollup_flush(rollup, db, NOW_US / 1000000));
    EXPECT_EQ(SL_OK, sl_db_commit(db));
    sl_rollup_free(rollup);
}

/* Two priced requests, one whose price is unknown, one REST request that failed, one of long before. */
static struct sl_db *ledger(struct scratch *s)
{
    struct sl_rollup *rollup;
    struct sl_db *db = empty_ledger(s, &rollup);
    struct sl_record first = scratch_record(s, 1), second = scratch_record(s, 2),
                     unknown = scratch_record(s, 3), before = scratch_record(s, 5);
    struct sl_record rest = {.request_id = SL_STR("r4"),
                             .wall_us = first.wall_us,
                             .service = SL_STR("orders"),
                             .status = 502,
                             .outcome = SL_OUTCOME_UPSTREAM_ERROR};
    first.cost_nusd = 999999999;
    unknown.cost_nusd = -1;
    unknown.model = SL_STR("new");
    before.wall_us -= 1000000;
    insert(db, rollup, &first);
    insert(db, rollup, &second);
    insert(db, rollup, &unknown);
    insert(db, rollup, &rest);
    insert(db, rollup, &before);
    finish(db, rollup);
    return db;
}

static sl_str report(struct scratch *s, struct sl_db *db, enum sl_report_group group, bool is_json)
{
    struct sl_strbuf b;
    struct sl_report_options o = {
        .since_us = T0_US, .now_us = NOW_US, .group = group, .is_json = is_json};
    sl_strbuf_init(&b, s->arena, 0);
    EXPECT_EQ(SL_OK, sl_report_write(db, &o, &b, &s->diag));
    return sl_strbuf_str(&b);
}

static void expect_has(sl_str text, sl_str part)
{
    if (sl_str_find_str(text, part) != SIZE_MAX)
        return;
    print_error("no '%.*s' in:\n%.*s\n", SL_STRF(part), SL_STRF(text));
    fail();
}

TEST(report, sums_money_exactly_and_counts_what_has_no_price)
{
    struct scratch s;
    struct sl_db *db = ledger(&s);
    sl_str json = report(&s, db, SL_REPORT_MODEL, true);
    expect_has(json, SL_STR("{\"name\":\"main/gpt-4o\",\"requests\":2,\"errors\":0,"
                            "\"prompt_tokens\":16,\"cached_tokens\":2,\"completion_tokens\":4,"));
    expect_has(json, SL_STR("\"cost_usd\":\"1.000000001\",\"cost_unknown\":0,"));
    expect_has(json, SL_STR("\"name\":\"main/new\",\"requests\":1"));
    expect_has(json, SL_STR("\"cost_usd\":\"0\",\"cost_unknown\":1,"));
    expect_has(json, SL_STR("\"total\":{\"name\":\"TOTAL\",\"requests\":4,\"errors\":1,"));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(report, groups_by_every_noun)
{
    static const struct {
        enum sl_report_group group;
        const char *name;
    } rows[] = {
        {SL_REPORT_MODEL, "\"name\":\"-\",\"requests\":1,\"errors\":1"},
        {SL_REPORT_CONSUMER, "\"name\":\"acme\",\"requests\":3"},
        {SL_REPORT_SERVICE, "\"name\":\"orders\",\"requests\":1,\"errors\":1"},
        {SL_REPORT_ROUTE, "\"name\":\"chat\",\"requests\":3"},
        {SL_REPORT_VENDOR, "\"name\":\"openai\",\"requests\":3"},
        {SL_REPORT_DAY, "\"name\":\"2026-01-01\",\"requests\":4"},
        {SL_REPORT_HOUR, "\"name\":\"2026-01-01T00:00:00Z\",\"requests\":4"},
        {SL_REPORT_MINUTE, "\"name\":\"2026-01-01T00:00:00Z\",\"requests\":4"},
    };
    struct scratch s;
    struct sl_db *db = ledger(&s);
    for (size_t i = 0; i < SL_LEN(rows); i++)
        expect_has(report(&s, db, rows[i].group, true), sl_cstr(rows[i].name));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(report, is_a_table_with_the_dearest_first)
{
    struct scratch s;
    struct sl_db *db = ledger(&s);
    sl_str table = report(&s, db, SL_REPORT_SERVICE, false), line;
    EXPECT(sl_str_split(&table, '\n', &line));
    EXPECT(sl_str_starts(line, SL_STR("SERVICE ")));
    EXPECT(sl_str_split(&table, '\n', &line));
    EXPECT(sl_str_starts(line, SL_STR("ai ")));
    EXPECT(sl_str_split(&table, '\n', &line));
    EXPECT(sl_str_starts(line, SL_STR("orders ")));
    EXPECT(sl_str_split(&table, '\n', &line));
    EXPECT(sl_str_starts(line, SL_STR("TOTAL ")));
    expect_has(line, SL_STR(" 1.000000001 "));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(report, of_a_database_that_is_not_ready_says_so)
{
    struct scratch s;
    struct sl_db *db;
    struct sl_strbuf b = {0};
    struct sl_report_options o = {0};
    scratch_init(&s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&s, "usage.db"), &db, &s.diag));
    EXPECT_EQ(SL_E_UNSUPPORTED, sl_report_write(db, &o, &b, &s.diag));
    EXPECT_EQ(1, s.diag.count);
    sl_db_close(db);
    scratch_fini(&s);
}

/* ------------------------------------------------------------------ the same as reading every request */

enum { REQUESTS = 1000, MINUTES = 60 * 24 * 3 };

/* All kinds of requests, spread over three days. */
static struct sl_record some_request(struct scratch *s, struct sl_rand *rand, unsigned i)
{
    static const char *const consumers[] = {"", "shop", "desk"}, *const services[] = {"ai", "chat"},
                             *const models[] = {"gpt-4o", "mini", "main/gpt-4o"};
    struct sl_record r = scratch_record(s, i);
    r.wall_us = T0_US + (int64_t)sl_rand_below(rand, MINUTES) * 60000000 + (int64_t)i % 60000000;
    r.consumer = sl_cstr(consumers[sl_rand_below(rand, SL_LEN(consumers))]);
    r.service = sl_cstr(services[sl_rand_below(rand, SL_LEN(services))]);
    r.route = sl_fmt(s->arena, "r%u", (unsigned)sl_rand_below(rand, 5));
    r.model_route = sl_cstr(models[sl_rand_below(rand, SL_LEN(models))]);
    r.outcome = sl_rand_below(rand, 4) == 0 ? SL_OUTCOME_UPSTREAM_ERROR : SL_OUTCOME_OK;
    r.took_us = (int64_t)sl_rand_below(rand, 5000000);
    r.cost_nusd = (int64_t)sl_rand_below(rand, 5000000000) - 1;
    r.usage.reasoning = (int64_t)sl_rand_below(rand, 1000);
    r.usage.input_audio = (int64_t)sl_rand_below(rand, 1000);
    if (sl_rand_below(rand, 5) == 0)
        r.account = r.model = r.vendor = r.model_route = SL_STR(""); /* no AI traffic */
    return r;
}

struct exact {
    int64_t requests, errors, prompt, cached, completion, cost_nusd, unknown, p95_us;
};

/* What a group's requests come to when each is read. */
static struct exact read_each(struct sl_db *db, const char *name_sql, sl_str name)
{
    char sql[1200];
    snprintf(
        sql, sizeof(sql),
        "SELECT count(*), sum(outcome != 'ok'), sum(tokens_input + tokens_cache_read + "
        "tokens_cache_write_5m + tokens_cache_write_1h + tokens_input_audio + "
        "tokens_input_image), sum(tokens_cache_read), sum(tokens_output + tokens_reasoning + "
        "tokens_output_audio + tokens_output_image), coalesce(sum(cost_nusd), 0), "
        "sum(cost_nusd IS NULL), (SELECT took_us FROM usage WHERE %s = ?1 ORDER BY took_us LIMIT "
        "1 OFFSET (SELECT (count(*) * 950 + 999) / 1000 - 1 FROM usage WHERE %s = ?1)) "
        "FROM usage WHERE %s = ?1",
        name_sql, name_sql, name_sql);
    struct sl_query *q = sl_db_query(db, sql);
    sl_query_text(q, 1, name);
    EXPECT(sl_query_row(q));
    struct exact e = {
        .requests = sl_query_i64_at(q, 0),
        .errors = sl_query_i64_at(q, 1),
        .prompt = sl_query_i64_at(q, 2),
        .cached = sl_query_i64_at(q, 3),
        .completion = sl_query_i64_at(q, 4),
        .cost_nusd = sl_query_i64_at(q, 5),
        .unknown = sl_query_i64_at(q, 6),
        .p95_us = sl_query_i64_at(q, 7),
    };
    EXPECT_EQ(SL_OK, sl_query_end(q));
    return e;
}

/* A number with `scale` digits behind the point. */
static int64_t number(const struct sl_node *row, const char *member, unsigned scale)
{
    const struct sl_node *n = sl_node_get(row, sl_cstr(member));
    int64_t v = -1;
    EXPECT(n != NULL && sl_num_decimal(n->text, scale, &v));
    return v;
}

static int64_t whole(const struct sl_node *row, const char *member)
{
    return number(row, member, 0);
}

static void expect_same(struct scratch *s, const struct sl_node *row, const struct exact *e)
{
    struct sl_strbuf cost;
    sl_strbuf_init(&cost, s->arena, 0);
    sl_money_add(&cost, e->cost_nusd);
    EXPECT_EQ(e->requests, whole(row, "requests"));
    EXPECT_EQ(e->errors, whole(row, "errors"));
    EXPECT_EQ(e->prompt, whole(row, "prompt_tokens"));
    EXPECT_EQ(e->cached, whole(row, "cached_tokens"));
    EXPECT_EQ(e->completion, whole(row, "completion_tokens"));
    EXPECT_EQ(e->unknown, whole(row, "cost_unknown"));
    EXPECT(sl_str_eq(sl_strbuf_str(&cost), sl_node_get(row, SL_STR("cost_usd"))->text));
    int64_t p95_us = number(row, "p95_ms", 3);
    EXPECT(p95_us >= e->p95_us);
    EXPECT(p95_us <= e->p95_us * 17 / 16 + 1);
}

TEST(report, says_what_reading_every_request_says)
{
    static const struct {
        enum sl_report_group group;
        const char *name_sql;
    } cases[] = {
        {SL_REPORT_MODEL,
         "(CASE WHEN account = '' THEN '-' "
         "WHEN model_route IN ('', account || '/' || model) THEN account || '/' || "
         "model ELSE model_route || ' (' || account || '/' || model || ')' END)"},
        {SL_REPORT_CONSUMER, "(CASE WHEN consumer = '' THEN '-' ELSE consumer END)"},
        {SL_REPORT_SERVICE, "service"},
        {SL_REPORT_ROUTE, "route"},
        {SL_REPORT_VENDOR, "(CASE WHEN vendor = '' THEN '-' ELSE vendor END)"},
        {SL_REPORT_DAY, "date(wall_us / 1000000, 'unixepoch')"},
        {SL_REPORT_HOUR, "strftime('%Y-%m-%dT%H:00:00Z', wall_us / 1000000, 'unixepoch')"},
        {SL_REPORT_MINUTE, "strftime('%Y-%m-%dT%H:%M:00Z', wall_us / 1000000, 'unixepoch')"},
    };
    struct scratch s;
    struct sl_rollup *rollup;
    struct sl_db *db = empty_ledger(&s, &rollup);
    struct sl_rand rand;
    sl_rand_seed(&rand, 7);
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct sl_record r = some_request(&s, &rand, i);
        insert(db, rollup, &r);
    }
    finish(db, rollup);
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        const struct sl_node *body = NULL;
        EXPECT_EQ(SL_OK, sl_json_to_node(report(&s, db, cases[i].group, true), SL_STR("report"),
                                         s.arena, &s.diag, &body));
        EXPECT_EQ(REQUESTS, whole(sl_node_get(body, SL_STR("total")), "requests"));
        const struct sl_node *row = sl_node_get(body, SL_STR("rows"))->children;
        EXPECT(row != NULL);
        for (size_t n = 0; row != NULL && n < 50; row = row->next, n++) {
            struct exact e =
                read_each(db, cases[i].name_sql, sl_node_get(row, SL_STR("name"))->text);
            expect_same(&s, row, &e);
        }
    }
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(report, of_times_has_all_steps_of_a_long_time)
{
    struct scratch s;
    struct sl_rollup *rollup;
    struct sl_db *db = empty_ledger(&s, &rollup);
    struct sl_record first = scratch_record(&s, 1), last = scratch_record(&s, 2);
    first.wall_us = T0_US;
    last.wall_us = NOW_US; /* ten days: 14,400 minutes later */
    insert(db, rollup, &first);
    insert(db, rollup, &last);
    finish(db, rollup);
    sl_str json = report(&s, db, SL_REPORT_MINUTE, true);
    expect_has(json, SL_STR("\"name\":\"2026-01-01T00:00:00Z\",\"requests\":1"));
    expect_has(json, SL_STR("\"name\":\"2026-01-11T00:00:00Z\",\"requests\":1"));
    expect_has(json, SL_STR("\"total\":{\"name\":\"TOTAL\",\"requests\":2"));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(report, of_minutes_that_are_not_kept_any_more_begins_with_those_that_are)
{
    static const struct sl_rollup_keep keep = {.tier_s = {7200, 7200, 86400 * 20, 0}};
    struct scratch s;
    struct sl_rollup *rollup;
    struct sl_db *db = empty_ledger(&s, &rollup);
    sl_rollup_free(rollup);
    rollup = sl_rollup_new(&keep);
    struct sl_record first = scratch_record(&s, 1), last = scratch_record(&s, 2);
    last.wall_us = NOW_US - 60000000;
    insert(db, rollup, &first);
    insert(db, rollup, &last);
    finish(db, rollup);
    expect_has(report(&s, db, SL_REPORT_MINUTE, true), SL_STR("\"name\":\"TOTAL\",\"requests\":1"));
    expect_has(report(&s, db, SL_REPORT_HOUR, true), SL_STR("\"name\":\"TOTAL\",\"requests\":2"));
    sl_db_close(db);
    scratch_fini(&s);
}
