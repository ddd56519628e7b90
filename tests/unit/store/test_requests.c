#include "store/requests.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/usage.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

/* Five requests r1..r5; r4 failed, r5 is bob's and has no known cost. */
static struct sl_db *ledger(struct scratch *s)
{
    struct sl_db *db;
    bool is_new;
    scratch_init(s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(s, "usage.db"), &db, &s->diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_usage, &s->diag));
    for (unsigned i = 1; i <= 5; i++) {
        struct sl_record r = scratch_record(s, i);
        r.wall_us -= i % 2; /* two at the same instant */
        if (i == 4)
            r.outcome = SL_OUTCOME_UPSTREAM_ERROR;
        if (i == 5) {
            r.consumer = SL_STR("bob");
            r.cost_nusd = -1;
        }
        EXPECT_EQ(SL_OK, sl_usage_insert(db, &r, &is_new));
    }
    return db;
}

static sl_str requests(struct scratch *s, struct sl_db *db, const struct sl_request_query *q,
                       struct sl_request_place *ret_last, bool *ret_has_more)
{
    struct sl_strbuf out;
    struct sl_jsonw w;
    sl_strbuf_init(&out, s->arena, 0);
    sl_jsonw_init(&w, &out);
    sl_jsonw_array(&w);
    EXPECT_EQ(SL_OK, sl_requests_write(db, q, &w, s->arena, ret_last, ret_has_more, &s->diag));
    sl_jsonw_end(&w);
    return sl_strbuf_str(&out);
}

/* "r5 r4 " */
static sl_str ids(struct scratch *s, sl_str json)
{
    static const sl_str key = SL_STR_INIT("\"id\":\"");
    struct sl_strbuf out;
    sl_strbuf_init(&out, s->arena, 0);
    for (size_t at; (at = sl_str_find_str(json, key)) != SIZE_MAX;) {
        json = sl_str_from(json, at + key.n);
        sl_strbuf_addf(&out, "%.*s ", SL_STRF(sl_str_head(json, sl_str_find(json, '"', 0))));
    }
    return sl_strbuf_str(&out);
}

TEST(requests, come_newest_first_page_by_page_without_gap_or_repetition)
{
    struct scratch s;
    struct sl_db *db = ledger(&s);
    struct sl_request_place last;
    bool has_more;
    struct sl_request_query q = {.limit = 10};
    sl_str all = ids(&s, requests(&s, db, &q, &last, &has_more));
    EXPECT_STR("r5 r4 r3 r2 r1 ", all);
    EXPECT(!has_more);
    struct sl_strbuf paged;
    sl_strbuf_init(&paged, s.arena, 0);
    q.limit = 1;
    do {
        sl_strbuf_add(&paged, ids(&s, requests(&s, db, &q, &last, &has_more)));
        q.before_us = last.us;
        q.before_id = last.id;
    } while (has_more);
    EXPECT_STRS(all, sl_strbuf_str(&paged));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(requests, are_filtered)
{
    struct scratch s;
    struct sl_db *db = ledger(&s);
    struct sl_request_place last;
    bool has_more;
    struct sl_request_query failed = {.limit = 9, .has_failed = true},
                            bob = {.limit = 9, .consumer = SL_STR("bob")},
                            nobody = {.limit = 9, .service = SL_STR("none")};
    EXPECT_STR("r4 ", ids(&s, requests(&s, db, &failed, &last, &has_more)));
    EXPECT_STR("r5 ", ids(&s, requests(&s, db, &bob, &last, &has_more)));
    EXPECT_STR("[]", requests(&s, db, &nobody, &last, &has_more));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(requests, a_cost_that_is_not_known_is_not_nothing)
{
    struct scratch s;
    struct sl_db *db = ledger(&s);
    struct sl_request_place last;
    bool has_more;
    struct sl_request_query q = {.limit = 2};
    sl_str json = requests(&s, db, &q, &last, &has_more);
    EXPECT(sl_str_find_str(json, SL_STR("\"cost_usd\":null")) != SIZE_MAX);
    EXPECT(sl_str_find_str(json, SL_STR("\"cost_usd\":\"0.000000004\"")) != SIZE_MAX);
    EXPECT(sl_str_find_str(json, SL_STR("\"prompt_tokens\":8,\"completion_tokens\":2")) !=
           SIZE_MAX);
    sl_db_close(db);
    scratch_fini(&s);
}
