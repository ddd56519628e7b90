#include "store/usage.h"
#include "base/str.h"
#include "store/migrate.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

static struct sl_db *ledger(struct scratch *s)
{
    struct sl_db *db;
    scratch_init(s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(s, "usage.db"), &db, &s->diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_usage, &s->diag));
    return db;
}

static int64_t number(struct sl_db *db, const char *sql)
{
    struct sl_query *q = sl_db_query(db, sql);
    EXPECT(sl_query_row(q));
    int64_t v = sl_query_i64_at(q, 0);
    EXPECT_EQ(SL_OK, sl_query_end(q));
    return v;
}

TEST(usage, keeps_an_unknown_cost_apart_from_none_u10)
{
    struct scratch s;
    struct sl_db *db = ledger(&s);
    struct sl_record unknown = scratch_record(&s, 1), free = scratch_record(&s, 0);
    unknown.cost_nusd = -1;
    scratch_insert(db, &unknown);
    scratch_insert(db, &free);
    EXPECT_EQ(1, number(db, "SELECT count(*) FROM usage WHERE cost_nusd IS NULL"));
    EXPECT_EQ(1, number(db, "SELECT count(*) FROM usage WHERE cost_nusd = 0"));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(usage, has_all_that_a_cost_is_derived_from)
{
    struct scratch s;
    struct sl_db *db = ledger(&s);
    struct sl_record r = scratch_record(&s, 5);
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        r.usage.tokens[i] = 100 + (int64_t)i;
    for (size_t i = 0; i < SL_AI_UNIT_COUNT; i++)
        r.usage.units[i] = 200 + (int64_t)i;
    r.service_tier = SL_STR("flex");
    r.price_as_of = 1767000000;
    scratch_insert(db, &r);
#define X(ID, name, side, fallback, text) \
    EXPECT_EQ(r.usage.name, number(db, "SELECT tokens_" #name " FROM usage"));
#include "ai/usage_bucket.def"
#undef X
#define X(ID, counted, price, pico_usd, role, text) \
    EXPECT_EQ(r.usage.counted, number(db, "SELECT units_" #counted " FROM usage"));
#include "ai/usage_unit.def"
#undef X
    EXPECT_EQ(1, number(db, "SELECT count(*) FROM usage WHERE service_tier = 'flex' AND "
                            "price_as_of = 1767000000 AND model = 'gpt-4o' AND vendor = 'openai' "
                            "AND usage_source = 'reported'"));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(usage, tells_of_failed_attempts_u14)
{
    struct scratch s;
    struct sl_db *db = ledger(&s);
    struct sl_record r = scratch_record(&s, 5);
    const struct sl_ai_usage wasted = {.output = 9, .source = SL_AI_USAGE_ESTIMATED};
    struct sl_record_attempt attempts[] = {
        {.target = SL_STR("a/x"), .status = 503, .rc = SL_E_AI_VENDOR_OVERLOAD},
        {.target = SL_STR("a/x"), .rc = SL_E_AI_STREAM_CUT, .wasted_nusd = 90, .usage = &wasted},
        {.target = SL_STR("b/y"), .status = 200},
    };
    r.attempts = attempts;
    r.attempt_count = SL_LEN(attempts);
    scratch_insert(db, &r);
    EXPECT_EQ(5, number(db, "SELECT cost_nusd FROM usage"));
    EXPECT_EQ(90, number(db, "SELECT wasted_nusd FROM usage"));
    EXPECT_EQ(3, number(db, "SELECT json_array_length(attempts) FROM usage"));
    EXPECT_EQ(9, number(db, "SELECT json_extract(attempts, '$[1].tokens_output') FROM usage"));
    EXPECT_EQ(503, number(db, "SELECT json_extract(attempts, '$[0].status') FROM usage"));
    sl_db_close(db);
    scratch_fini(&s);
}
