#include "store/report.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/usage.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

static void insert(struct sl_db *db, const struct sl_record *r)
{
    bool is_new;
    EXPECT_EQ(SL_OK, sl_usage_insert(db, r, &is_new));
    EXPECT(is_new);
}

/* Two priced requests, one whose price is unknown, one REST request that failed, one of long before. */
static struct sl_db *ledger(struct scratch *s)
{
    struct sl_db *db;
    scratch_init(s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(s, "usage.db"), &db, &s->diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_usage, &s->diag));
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
    insert(db, &first);
    insert(db, &second);
    insert(db, &unknown);
    insert(db, &rest);
    insert(db, &before);
    return db;
}

static sl_str report(struct scratch *s, struct sl_db *db, enum sl_report_group group, bool is_json)
{
    struct sl_strbuf b;
    struct sl_report_options o = {.since_us = 1767225600000000, .group = group, .is_json = is_json};
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
