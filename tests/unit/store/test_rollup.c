#include "store/rollup_read.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/retention.h"
#include "store/usage.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

enum { DAY_S = 86400 };
#define T0 INT64_C(1767225600) /* 2026-01-01 */

struct ledger {
    struct scratch s;
    struct sl_db *db;
    struct sl_rollup *rollup;
    int64_t now_s;
    unsigned count;
};

static void ledger_init(struct ledger *l, const struct sl_rollup_keep *keep)
{
    static const struct sl_rollup_keep ever;
    *l = (struct ledger){.now_s = T0 + 10 * DAY_S};
    scratch_init(&l->s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&l->s, "usage.db"), &l->db, &l->s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(l->db, &sl_schema_usage, &l->s.diag));
    l->rollup = sl_rollup_new(keep != NULL ? keep : &ever);
}

static void ledger_fini(struct ledger *l)
{
    sl_rollup_free(l->rollup);
    sl_db_close(l->db);
    scratch_fini(&l->s);
}

/* A request `after_s` seconds after T0 that took `took_us`. */
static struct sl_record request(struct ledger *l, int64_t after_s, int64_t took_us)
{
    struct sl_record r = scratch_record(&l->s, ++l->count);
    r.wall_us = (T0 + after_s) * 1000000;
    r.took_us = took_us;
    r.cost_nusd = 100;
    return r;
}

static void add(struct ledger *l, const struct sl_record *r)
{
    EXPECT_EQ(SL_OK, sl_rollup_add(l->rollup, l->db, r, l->now_s));
}

static void flush(struct ledger *l)
{
    EXPECT_EQ(SL_OK, sl_rollup_flush(l->rollup, l->db, l->now_s));
}

static void add_at(struct ledger *l, int64_t after_s, int64_t took_us)
{
    struct sl_record r = request(l, after_s, took_us);
    add(l, &r);
}

static int64_t number(struct ledger *l, const char *sql)
{
    struct sl_query *q = sl_db_query(l->db, sql);
    EXPECT(sl_query_row(q));
    int64_t v = sl_query_i64_at(q, 0);
    EXPECT_EQ(SL_OK, sl_query_end(q));
    return v;
}

static struct sl_rollup_result read(struct ledger *l, const struct sl_rollup_query *q)
{
    struct sl_rollup_result result;
    EXPECT_EQ(SL_OK, sl_rollup_read(l->db, q, l->now_s, l->s.arena, &result, &l->s.diag));
    return result;
}

/* All requests of [T0 + from, T0 + to). */
static struct sl_rollup_cell total(struct ledger *l, int64_t from_s, int64_t to_s)
{
    const int64_t edges_s[] = {T0 + from_s, T0 + to_s};
    struct sl_rollup_query q = {.edges_s = edges_s, .edge_count = 2};
    return read(l, &q).total.total;
}

static const struct sl_rollup_group *group(const struct sl_rollup_result *r, enum sl_dimension dim,
                                           const char *value)
{
    for (size_t i = 0; i < r->group_count; i++) {
        if (sl_str_eq(r->groups[i]->dims[dim], sl_cstr(value)))
            return r->groups[i];
    }
    return NULL;
}

TEST(rollup, adds_up_requests_over_several_transactions)
{
    struct ledger l;
    ledger_init(&l, NULL);
    for (int batch = 0; batch < 3; batch++) {
        for (int i = 0; i < 10; i++)
            add_at(&l, 60 * i, 1000 * (i + 1));
        flush(&l);
    }
    struct sl_rollup_cell t = total(&l, 0, 3600);
    EXPECT_EQ(30, t.sums[SL_SUM_REQUESTS]);
    EXPECT_EQ(3000, t.sums[SL_SUM_COST]);
    EXPECT_EQ(30 * 7, t.sums[SL_SUM_TOKENS + SL_AI_BUCKET_INPUT]);
    uint64_t p50 = sl_hist_lazy_percentile(&t.took, 500);
    EXPECT(p50 >= 5000 && p50 <= 5000 * 17 / 16);
    uint64_t p99 = sl_hist_lazy_percentile(&t.took, 990);
    EXPECT(p99 >= 10000 && p99 <= 10000 * 17 / 16);
    ledger_fini(&l);
}

TEST(rollup, edges_within_days_and_hours_are_exact_to_the_minute)
{
    struct ledger l;
    ledger_init(&l, NULL);
    for (int minute = 0; minute < 4 * 24 * 60; minute += 7)
        add_at(&l, minute * 60, 1);
    flush(&l);
    for (int64_t from = 0; from < 3 * DAY_S; from += 60 * 997) {
        for (int64_t to = from + 60; to < 4 * DAY_S; to += 60 * 1499) {
            int64_t want = (to + 419) / 420 - (from + 419) / 420;
            EXPECT_EQ(want, total(&l, from, to).sums[SL_SUM_REQUESTS]);
        }
    }
    ledger_fini(&l);
}

TEST(rollup, steps_have_what_began_in_them)
{
    struct ledger l;
    const int64_t edges_s[] = {T0, T0 + 3600, T0 + 7200, T0 + 7260, T0 + 2 * DAY_S};
    struct sl_rollup_query q = {.edges_s = edges_s, .edge_count = 5, .group = 1u << SL_DIM_SERVICE};
    ledger_init(&l, NULL);
    add_at(&l, 0, 1);
    add_at(&l, 3599, 1);
    add_at(&l, 7200, 1);
    add_at(&l, 7260, 1);
    add_at(&l, DAY_S, 1);
    flush(&l);
    struct sl_rollup_result r = read(&l, &q);
    EXPECT_EQ(1, r.group_count);
    const struct sl_rollup_group *g = group(&r, SL_DIM_SERVICE, "ai");
    EXPECT_EQ(2, g->steps[0]->sums[SL_SUM_REQUESTS]);
    EXPECT(g->steps[1] == NULL);
    EXPECT_EQ(1, g->steps[2]->sums[SL_SUM_REQUESTS]);
    EXPECT_EQ(2, g->steps[3]->sums[SL_SUM_REQUESTS]);
    EXPECT_EQ(2, r.total.steps[3]->sums[SL_SUM_REQUESTS]);
    EXPECT_EQ(5, g->total.sums[SL_SUM_REQUESTS]);
    ledger_fini(&l);
}

static void add_various(struct ledger *l)
{
    for (int i = 0; i < 60; i++) {
        struct sl_record r = request(l, i, 1);
        r.service = i % 2 ? SL_STR("a") : SL_STR("b");
        r.consumer = i % 3 ? SL_STR("x") : SL_STR("y");
        r.team = i % 3 ? SL_STR("red") : SL_STR("blue");
        r.model_route = SL_STR("fast");
        r.status = i % 5 ? 200 : 502;
        r.outcome = i % 5 ? SL_OUTCOME_OK : SL_OUTCOME_UPSTREAM_ERROR;
        add(l, &r);
    }
    flush(l);
}

TEST(rollup, every_dimension_groups_and_filters_alone_and_together)
{
    static const struct {
        enum sl_dimension dim;
        const char *value;
        int64_t want;
    } rows[] = {
        {SL_DIM_SERVICE, "a", 30},     {SL_DIM_ROUTE, "chat", 60},
        {SL_DIM_CONSUMER, "y", 20},    {SL_DIM_TEAM, "red", 40},
        {SL_DIM_MODEL, "fast", 60},    {SL_DIM_TARGET, "main/gpt-4o", 60},
        {SL_DIM_VENDOR, "openai", 60}, {SL_DIM_STATUS, "502", 12},
        {SL_DIM_OUTCOME, "ok", 48},
    };
    const int64_t edges_s[] = {T0, T0 + 3600};
    struct ledger l;
    ledger_init(&l, NULL);
    add_various(&l);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_rollup_query by = {
            .edges_s = edges_s, .edge_count = 2, .group = 1u << rows[i].dim};
        struct sl_rollup_result r = read(&l, &by);
        EXPECT_EQ(60, r.total.total.sums[SL_SUM_REQUESTS]);
        EXPECT_EQ(rows[i].want, group(&r, rows[i].dim, rows[i].value)->total.sums[SL_SUM_REQUESTS]);
        by.group = 0;
        by.filters[by.filter_count++] =
            (struct sl_rollup_filter){rows[i].dim, sl_cstr(rows[i].value)};
        EXPECT_EQ(rows[i].want, read(&l, &by).total.total.sums[SL_SUM_REQUESTS]);
    }
    ledger_fini(&l);
}

TEST(rollup, filters_of_one_dimension_are_any_and_of_several_all)
{
    const int64_t edges_s[] = {T0, T0 + 3600};
    struct ledger l;
    ledger_init(&l, NULL);
    add_various(&l);
    struct sl_rollup_query q = {.edges_s = edges_s,
                                .edge_count = 2,
                                .group = 1u << SL_DIM_SERVICE | 1u << SL_DIM_STATUS,
                                .filters = {{SL_DIM_CONSUMER, SL_STR("y")},
                                            {SL_DIM_SERVICE, SL_STR("a")},
                                            {SL_DIM_SERVICE, SL_STR("none")}},
                                .filter_count = 3};
    struct sl_rollup_result r = read(&l, &q);
    EXPECT_EQ(10, r.total.total.sums[SL_SUM_REQUESTS]); /* every sixth */
    EXPECT_EQ(2, r.group_count);
    EXPECT_EQ(2, group(&r, SL_DIM_STATUS, "502")->total.sums[SL_SUM_FAILURES]);
    EXPECT_EQ(2, r.total.total.sums[SL_SUM_ERRORS]);
    ledger_fini(&l);
}

TEST(rollup, late_requests_are_in_their_own_time)
{
    struct ledger l;
    ledger_init(&l, NULL);
    add_at(&l, 5 * DAY_S, 1);
    flush(&l);
    add_at(&l, 30, 1); /* five days late */
    flush(&l);
    EXPECT_EQ(1, total(&l, 0, 60).sums[SL_SUM_REQUESTS]);
    EXPECT_EQ(1, total(&l, 0, DAY_S).sums[SL_SUM_REQUESTS]);
    EXPECT_EQ(2, total(&l, 0, 6 * DAY_S).sums[SL_SUM_REQUESTS]);
    ledger_fini(&l);
}

TEST(rollup, what_an_undone_transaction_had_is_not_there_and_can_come_again)
{
    struct ledger l;
    ledger_init(&l, NULL);
    EXPECT_EQ(SL_OK, sl_db_begin(l.db));
    add_at(&l, 0, 1);
    flush(&l);
    sl_db_rollback(l.db);
    sl_rollup_forget(l.rollup);
    EXPECT_EQ(0, number(&l, "SELECT count(*) FROM rollup_series"));
    EXPECT_EQ(SL_OK, sl_db_begin(l.db));
    add_at(&l, 0, 1);
    flush(&l);
    EXPECT_EQ(SL_OK, sl_db_commit(l.db));
    EXPECT_EQ(1, total(&l, 0, 60).sums[SL_SUM_REQUESTS]);
    ledger_fini(&l);
}

TEST(rollup, sums_stay_at_the_largest_number)
{
    struct ledger l;
    ledger_init(&l, NULL);
    struct sl_record r = request(&l, 0, 1);
    r.cost_nusd = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        add(&l, &r);
        flush(&l);
    }
    EXPECT_EQ(INT64_MAX, total(&l, 0, 60).sums[SL_SUM_COST]);
    EXPECT_EQ(3, total(&l, 0, 60).sums[SL_SUM_REQUESTS]);
    ledger_fini(&l);
}

TEST(rollup, more_combinations_than_there_may_be_are_added_up_as_other)
{
    struct ledger l;
    ledger_init(&l, NULL);
    EXPECT_EQ(SL_OK, sl_db_begin(l.db));
    for (int i = 0; i < SL_ROLLUP_SERIES_MAX + 50; i++) {
        struct sl_record r = request(&l, 0, 1);
        r.route = sl_fmt(l.s.arena, "route-%d", i);
        add(&l, &r);
    }
    flush(&l);
    EXPECT_EQ(SL_OK, sl_db_commit(l.db));
    EXPECT_EQ(SL_ROLLUP_SERIES_MAX + 1,
              number(&l, "SELECT count(*) FROM rollup_series WHERE view = 1"));
    const int64_t edges_s[] = {T0, T0 + 60};
    struct sl_rollup_query q = {.edges_s = edges_s, .edge_count = 2, .group = 1u << SL_DIM_ROUTE};
    struct sl_rollup_result r = read(&l, &q);
    EXPECT_EQ(50, group(&r, SL_DIM_ROUTE, "(other)")->total.sums[SL_SUM_REQUESTS]);
    EXPECT_EQ(SL_ROLLUP_SERIES_MAX + 50, r.total.total.sums[SL_SUM_REQUESTS]);
    ledger_fini(&l);
}

TEST(rollup, models_that_clients_invent_are_one)
{
    struct ledger l;
    ledger_init(&l, NULL);
    for (int i = 0; i < 20; i++) {
        struct sl_record r = request(&l, 0, 1);
        r.model = sl_fmt(l.s.arena, "invented-%d", i);
        r.model_route = sl_fmt(l.s.arena, "main/invented-%d", i);
        r.usage = (struct sl_ai_usage){0};
        r.outcome = SL_OUTCOME_CLIENT_ERROR;
        r.status = 404;
        add(&l, &r);
    }
    flush(&l);
    EXPECT_EQ(1, number(&l, "SELECT count(*) FROM rollup_series WHERE view = 3"));
    EXPECT_EQ(1, number(&l, "SELECT count(*) FROM rollup_series WHERE view = 3 "
                            "AND model = 'main/(unknown)'"));
    ledger_fini(&l);
}

TEST(rollup, of_requests_from_before_is_made_once_and_in_parts)
{
    struct ledger l;
    bool is_done = false;
    int parts = 0;
    ledger_init(&l, NULL);
    EXPECT_EQ(SL_OK, sl_db_begin(l.db));
    for (int i = 0; i < SL_ROLLUP_BACKFILL * 2 + 10; i++) {
        struct sl_record r = request(&l, i, 2000);
        scratch_insert(l.db, &r);
    }
    EXPECT_EQ(SL_OK, sl_db_exec(l.db, "UPDATE rollup_state SET value = "
                                      "(SELECT max(rowid) FROM usage) WHERE name = 'last_rowid'"));
    EXPECT_EQ(SL_OK, sl_db_commit(l.db));
    for (; !is_done; parts++)
        EXPECT_EQ(SL_OK, sl_rollup_backfill(l.rollup, l.db, l.now_s, &is_done));
    EXPECT_EQ(4, parts); /* two full ones, the rest, and the look that finds none */
    struct sl_rollup_cell t = total(&l, 0, DAY_S);
    EXPECT_EQ(SL_ROLLUP_BACKFILL * 2 + 10, t.sums[SL_SUM_REQUESTS]);
    EXPECT_EQ((SL_ROLLUP_BACKFILL * 2 + 10) * 7, t.sums[SL_SUM_TOKENS + SL_AI_BUCKET_INPUT]);
    EXPECT_EQ(SL_ROLLUP_BACKFILL * 2 + 10, sl_hist_lazy_count(&t.took));
    EXPECT_EQ(SL_OK, sl_rollup_backfill(l.rollup, l.db, l.now_s, &is_done));
    EXPECT_EQ(SL_ROLLUP_BACKFILL * 2 + 10, total(&l, 0, DAY_S).sums[SL_SUM_REQUESTS]);
    ledger_fini(&l);
}

/* ------------------------------------------------------------------ longer rows of shorter ones */

/* One that writes since T0, whose sums of that day are made directly; now is two days later. */
static void ledger_init_running(struct ledger *l, const struct sl_rollup_keep *keep)
{
    ledger_init(l, keep);
    l->now_s = T0;
    flush(l);
    l->now_s = T0 + 2 * DAY_S;
}

static int close_all(struct ledger *l)
{
    int n = 0;
    for (; sl_rollup_is_behind(l->rollup, l->now_s); n++)
        EXPECT_EQ(SL_OK, sl_rollup_close(l->rollup, l->db, l->now_s));
    return n;
}

/* Of what a request each seven minutes has, any two edges. */
static void expect_each_seven(struct ledger *l, int64_t until_s)
{
    for (int64_t from = 0; from < until_s; from += 60 * 397) {
        for (int64_t to = from + 60; to < until_s; to += 60 * 1499)
            EXPECT_EQ((to + 419) / 420 - (from + 419) / 420,
                      total(l, from, to).sums[SL_SUM_REQUESTS]);
    }
}

TEST(rollup, longer_rows_are_made_when_their_time_is_over)
{
    struct ledger l;
    ledger_init_running(&l, NULL);
    for (int minute = 0; minute < 2 * 24 * 60; minute += 7)
        add_at(&l, minute * 60, 1000);
    flush(&l);
    EXPECT_EQ(0, number(&l, "SELECT count(*) FROM rollup WHERE tier <> 0"));
    expect_each_seven(&l, 2 * DAY_S);
    EXPECT(close_all(&l) > 0);
    EXPECT(number(&l, "SELECT count(*) FROM rollup WHERE tier = 3 AND view = 0") > 180);
    EXPECT_EQ(47, number(&l, "SELECT count(*) FROM rollup WHERE tier = 1 AND view = 0"));
    EXPECT_EQ(1, number(&l, "SELECT count(*) FROM rollup WHERE tier = 2 AND view = 0"));
    expect_each_seven(&l, 2 * DAY_S);
    struct sl_rollup_cell both_days = total(&l, 0, 2 * DAY_S);
    EXPECT_EQ(2 * DAY_S / 420 + 1, sl_hist_lazy_count(&both_days.took));
    EXPECT_EQ(0, close_all(&l));
    ledger_fini(&l);
}

TEST(rollup, what_comes_when_longer_rows_are_made_is_added_to_them)
{
    struct ledger l;
    ledger_init_running(&l, NULL);
    add_at(&l, 3600, 1000);
    flush(&l);
    close_all(&l);
    for (int64_t minute = 0; minute < 2 * 24 * 60; minute += 7)
        add_at(&l, minute * 60, 1000);
    flush(&l);
    EXPECT_EQ(0, close_all(&l));
    EXPECT_EQ(2 * DAY_S / 420 + 2, total(&l, 0, 2 * DAY_S).sums[SL_SUM_REQUESTS]);
    EXPECT_EQ(DAY_S / 420 + 2, total(&l, 0, DAY_S).sums[SL_SUM_REQUESTS]);
    EXPECT_EQ(9 + 1, total(&l, 3600, 7200).sums[SL_SUM_REQUESTS]);
    ledger_fini(&l);
}

TEST(rollup, a_closing_that_was_undone_comes_again)
{
    struct ledger l;
    ledger_init_running(&l, NULL);
    for (int i = 0; i < 100; i++)
        add_at(&l, i * 600, 1000);
    flush(&l);
    EXPECT_EQ(SL_OK, sl_db_begin(l.db));
    close_all(&l);
    sl_db_rollback(l.db);
    sl_rollup_forget(l.rollup);
    EXPECT(close_all(&l) > 0);
    EXPECT_EQ(100, total(&l, 0, DAY_S).sums[SL_SUM_REQUESTS]);
    EXPECT_EQ(6, total(&l, 3600, 7200).sums[SL_SUM_REQUESTS]);
    ledger_fini(&l);
}

TEST(rollup, an_idle_time_costs_one_look_for_each_view_and_tier)
{
    struct ledger l;
    ledger_init_running(&l, NULL);
    l.now_s = T0 + 3000 * (int64_t)DAY_S;
    EXPECT_EQ(SL_VIEW_COUNT * (SL_TIER_COUNT - 1), close_all(&l));
    ledger_fini(&l);
}

/* A ledger of before there were quarters, and views of one service: each request is in all of its rows. */
static void make_schema_3(struct ledger *l)
{
    struct sl_record r = request(l, 1800, 1000);
    add(l, &r);
    flush(l);
    EXPECT_EQ(SL_OK, sl_db_exec(l->db, "DELETE FROM rollup WHERE tier = 3 OR view > 4;"
                                       "DELETE FROM rollup_series WHERE view > 4;"
                                       "DROP TABLE rollup_extent;"
                                       "DELETE FROM rollup_state WHERE name = 'keep_quarter_s';"
                                       "PRAGMA user_version = 3"));
    sl_rollup_forget(l->rollup);
    EXPECT_EQ(SL_OK, sl_db_migrate(l->db, &sl_schema_usage, &l->s.diag));
}

TEST(rollup, an_older_ledger_goes_on_where_it_was)
{
    const int64_t edges_s[] = {T0, T0 + DAY_S, T0 + 3 * DAY_S};
    struct sl_rollup_query q = {.edges_s = edges_s, .edge_count = 3, .group = 1u << SL_DIM_SERVICE};
    struct ledger l;
    ledger_init(&l, NULL);
    l.now_s = T0 + 3500;
    make_schema_3(&l);
    EXPECT_EQ(1, total(&l, 0, 3600).sums[SL_SUM_REQUESTS]); /* before anything is written */
    add_at(&l, 3540, 1000);                                 /* in the hour that runs */
    flush(&l);
    l.now_s = T0 + 2 * DAY_S;
    add_at(&l, 5 * 3600, 1000);
    add_at(&l, DAY_S + 3600, 1000);
    flush(&l);
    for (int i = 0; i < 2; i++, close_all(&l)) {
        EXPECT_EQ(2, total(&l, 0, 3600).sums[SL_SUM_REQUESTS]);
        EXPECT_EQ(1, total(&l, 1800, 2700).sums[SL_SUM_REQUESTS]);
        EXPECT_EQ(4, total(&l, 0, 2 * DAY_S).sums[SL_SUM_REQUESTS]);
        struct sl_rollup_result r = read(&l, &q);
        const struct sl_rollup_group *g = group(&r, SL_DIM_SERVICE, "ai");
        EXPECT_EQ(3, g->steps[0]->sums[SL_SUM_REQUESTS]);
        EXPECT_EQ(1, g->steps[1]->sums[SL_SUM_REQUESTS]);
    }
    ledger_fini(&l);
}

/* ------------------------------------------------------------------ retention */

static const struct sl_ledger_keep keep = {
    .records_us = SL_SECONDS(3 * DAY_S), .rollups.tier_s = {DAY_S, DAY_S, 5 * DAY_S, 100 * DAY_S}};

static void add_days(struct ledger *l)
{
    for (int day = 0; day < 10; day++) {
        struct sl_record r = request(l, day * DAY_S + 3 * 3600 + 65, 1);
        scratch_insert(l->db, &r);
        add(l, &r);
    }
    flush(l);
}

TEST(retention, takes_out_what_is_older_and_nothing_else)
{
    struct ledger l;
    bool has_more = true, has_series = true;
    ledger_init(&l, NULL);
    add_days(&l);
    EXPECT_EQ(SL_OK, sl_retention_step(l.db, &keep, l.now_s * 1000000, &has_more, &has_series));
    EXPECT(!has_more && !has_series);
    EXPECT_EQ(3, number(&l, "SELECT count(*) FROM usage"));
    EXPECT_EQ(1, number(&l, "SELECT count(*) FROM rollup WHERE tier = 0 AND view = 0"));
    EXPECT_EQ(5, number(&l, "SELECT count(*) FROM rollup WHERE tier = 1 AND view = 0"));
    EXPECT_EQ(10, number(&l, "SELECT count(*) FROM rollup WHERE tier = 2 AND view = 0"));
    ledger_fini(&l);
}

TEST(retention, takes_out_series_that_nothing_is_of_any_more)
{
    struct ledger l;
    bool has_more, has_series = false;
    ledger_init(&l, NULL);
    add_days(&l);
    EXPECT(number(&l, "SELECT count(*) FROM rollup_series") > 0);
    int64_t later_us = (l.now_s + 200 * DAY_S) * 1000000;
    EXPECT_EQ(SL_OK, sl_retention_step(l.db, &keep, later_us, &has_more, &has_series));
    EXPECT(has_series);
    EXPECT_EQ(0, number(&l, "SELECT count(*) FROM rollup_series"));
    EXPECT_EQ(0, number(&l, "SELECT count(*) FROM rollup"));
    ledger_fini(&l);
}

TEST(retention, of_a_database_that_is_too_large_takes_the_oldest_requests)
{
    struct ledger l;
    bool has_more, has_series;
    struct sl_ledger_keep small = {.max_bytes = 4096};
    ledger_init(&l, NULL);
    add_days(&l);
    EXPECT_EQ(SL_OK, sl_retention_step(l.db, &small, l.now_s * 1000000, &has_more, &has_series));
    EXPECT_EQ(0, number(&l, "SELECT count(*) FROM usage"));
    EXPECT_EQ(10, total(&l, 0, 10 * DAY_S).sums[SL_SUM_REQUESTS]);
    ledger_fini(&l);
}

TEST(retention, late_requests_do_not_come_back_into_what_was_taken_out)
{
    struct ledger l;
    ledger_init(&l, &keep.rollups);
    add_at(&l, 0, 1);
    flush(&l);
    EXPECT_EQ(0, number(&l, "SELECT count(*) FROM rollup WHERE tier <> 2"));
    EXPECT_EQ(1, number(&l, "SELECT count(*) FROM rollup WHERE tier = 2 AND view = 0"));
    ledger_fini(&l);
}

TEST(retention, a_report_begins_where_the_sums_that_are_kept_begin)
{
    const int64_t edges_s[] = {T0 + 2 * DAY_S + 3600 * 7, T0 + 10 * DAY_S};
    const int64_t hours_s[] = {T0 + 6 * DAY_S + 90, T0 + 6 * DAY_S + 3600, T0 + 10 * DAY_S};
    struct sl_rollup_query q = {.edges_s = edges_s, .edge_count = 2};
    struct sl_rollup_result r;
    struct ledger l;
    ledger_init(&l, &keep.rollups);
    add_days(&l);
    r = read(&l, &q); /* eight days ago: by day */
    EXPECT_EQ(T0 + 2 * DAY_S, r.from_s);
    EXPECT_EQ(8, r.total.total.sums[SL_SUM_REQUESTS]);
    q = (struct sl_rollup_query){.edges_s = hours_s, .edge_count = 3}; /* four: by hour */
    r = read(&l, &q);
    EXPECT_EQ(T0 + 6 * DAY_S, r.from_s);
    EXPECT_EQ(4, r.total.total.sums[SL_SUM_REQUESTS]);
    const int64_t minutes_s[] = {hours_s[0], hours_s[0] + 60, hours_s[2]};
    q.edges_s = minutes_s;
    EXPECT_EQ(SL_E_INVALID, sl_rollup_read(l.db, &q, l.now_s, l.s.arena, &r, &l.s.diag));
    EXPECT(sl_str_find_str(l.s.diag.problems[0].message, SL_STR("by hour")) != SIZE_MAX);
    ledger_fini(&l);
}

TEST(retention, keeps_rows_that_longer_ones_are_still_to_be_made_of)
{
    struct sl_ledger_keep soon = keep;
    bool has_more, has_series;
    struct ledger l;
    soon.rollups.tier_s[SL_TIER_MINUTE] = 60;
    ledger_init_running(&l, &soon.rollups);
    add_at(&l, 3600, 1000);
    flush(&l);
    EXPECT_EQ(SL_OK, sl_retention_step(l.db, &soon, l.now_s * 1000000, &has_more, &has_series));
    EXPECT_EQ(1, total(&l, 0, DAY_S).sums[SL_SUM_REQUESTS]);
    close_all(&l);
    EXPECT_EQ(SL_OK, sl_retention_step(l.db, &soon, l.now_s * 1000000, &has_more, &has_series));
    EXPECT_EQ(0, number(&l, "SELECT count(*) FROM rollup WHERE tier = 0"));
    EXPECT_EQ(1, total(&l, 0, DAY_S).sums[SL_SUM_REQUESTS]);
    ledger_fini(&l);
}
