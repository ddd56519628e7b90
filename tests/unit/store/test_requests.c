#include "store/requests.h"
#include "base/id.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/usage.h"
#include "store/usage_block.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

/* Five requests r1..r5; r4 failed, r5 is bob's and has no known cost. */
static struct sl_db *ledger(struct scratch *s)
{
    struct sl_db *db;
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
        scratch_insert(db, &r);
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
    struct sl_request_query failed = {.limit = 9, .flags[SL_REQUEST_IS_FAILED] = true},
                            bob = {.limit = 9, .filters[SL_REQUEST_CONSUMER] = SL_STR("bob")},
                            nobody = {.limit = 9, .filters[SL_REQUEST_SERVICE] = SL_STR("none")};
    EXPECT_STR("r4 ", ids(&s, requests(&s, db, &failed, &last, &has_more)));
    EXPECT_STR("r5 ", ids(&s, requests(&s, db, &bob, &last, &has_more)));
    EXPECT_STR("[]", requests(&s, db, &nobody, &last, &has_more));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(requests, are_filtered_by_status_time_and_latency_and_all_together)
{
    static const struct {
        struct sl_request_query q;
        const char *want;
    } rows[] = {
        {{.filters[SL_REQUEST_STATUS] = SL_STR_INIT("200")}, "r5 r4 r3 r2 r1 "},
        {{.filters[SL_REQUEST_STATUS] = SL_STR_INIT("20")}, ""},
        {{.filters[SL_REQUEST_OUTCOME] = SL_STR_INIT("upstream_error")}, "r4 "},
        {{.since_us = 1767225600000004}, "r5 r4 "},
        {{.until_us = 1767225600000002}, "r1 "},
        {{.min_took_us = 1001}, ""},
        {{.min_took_us = 1000, .filters[SL_REQUEST_VENDOR] = SL_STR_INIT("openai")},
         "r5 r4 r3 r2 r1 "},
        {{.filters[SL_REQUEST_CONSUMER] = SL_STR_INIT("acme"), .since_us = 1767225600000004},
         "r4 "},
        {{.filters[SL_REQUEST_MODEL] = SL_STR_INIT("' OR 1=1 --")}, ""},
        {{.filters[SL_REQUEST_VERSION] = SL_STR_INIT("v9")}, ""},
        {{.flags[SL_REQUEST_IS_COST] = true}, "r4 r3 r2 r1 "},
        {{.flags[SL_REQUEST_IS_TOKENS] = true}, "r5 r4 r3 r2 r1 "},
        {{.flags[SL_REQUEST_IS_TOKENS] = true, .flags[SL_REQUEST_IS_FAILED] = true}, "r4 "},
    };
    struct scratch s;
    struct sl_db *db = ledger(&s);
    struct sl_request_place last;
    bool has_more;
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_request_query q = rows[i].q;
        q.limit = 9;
        EXPECT_STR(rows[i].want, ids(&s, requests(&s, db, &q, &last, &has_more)));
    }
    sl_db_close(db);
    scratch_fini(&s);
}

/* Requests about a second apart, in some dozens of blocks; every 250th had status 503. */
enum { MANY = 3000, RARE = 250 };

static struct sl_db *long_ledger(struct scratch *s)
{
    struct sl_db *db;
    scratch_init(s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(s, "usage.db"), &db, &s->diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_usage, &s->diag));
    for (unsigned i = 1; i <= MANY; i++) {
        struct sl_record r = scratch_record(s, i);
        r.wall_us += (int64_t)i * 1000000 - (int64_t)(i % 7) * 3000000; /* blocks overlap */
        r.status = i % RARE == 0 ? 503 : 200;
        scratch_insert(db, &r);
    }
    return db;
}

/* All pages one after another; *ret_calls: how many, *ret_empty: of them with nothing. */
static sl_str paged(struct scratch *s, struct sl_db *db, struct sl_request_query q,
                    size_t *ret_calls, size_t *ret_empty)
{
    struct sl_strbuf all;
    struct sl_request_place last;
    bool has_more = true;
    sl_strbuf_init(&all, s->arena, 0);
    *ret_calls = *ret_empty = 0;
    while (has_more && *ret_calls < MANY) {
        sl_str page = ids(s, requests(s, db, &q, &last, &has_more));
        sl_strbuf_add(&all, page);
        ++*ret_calls;
        *ret_empty += page.n == 0;
        EXPECT(!has_more || q.is_tail || q.before_us == 0 || last.us <= q.before_us);
        q.before_us = last.us;
        q.before_id = last.id;
        q.after_row = last.row;
    }
    EXPECT(!has_more);
    return sl_strbuf_str(&all);
}

TEST(requests, a_look_is_bounded_and_goes_on_without_gap_or_repetition)
{
    static const struct {
        struct sl_request_query q;
        size_t calls_min, empty_min;
    } rows[] = {
        {{.filters[SL_REQUEST_STATUS] = SL_STR_INIT("503")}, 8, 1},
        {{.filters[SL_REQUEST_STATUS] = SL_STR_INIT("404")}, 8, 1},
        {{.filters[SL_REQUEST_CONSUMER] = SL_STR_INIT("nobody")}, 1, 1}, /* filters know it */
        {{.filters[SL_REQUEST_STATUS] = SL_STR_INIT("503"), .is_tail = true}, 8, 1},
        {{.since_us = 1767225600000000 + 1000000000,
          .until_us = 1767225600000000 + 2000000000,
          .filters[SL_REQUEST_STATUS] = SL_STR_INIT("503")},
         2,
         1},
        {{.limit = 7}, MANY / 7, 0},
        {{.limit = MANY}, 8, 0}, /* none may be missing where one look ends and the next begins */
        {{.limit = MANY, .is_tail = true}, 8, 0},
    };
    struct scratch s;
    struct sl_db *db = long_ledger(&s);
    size_t calls, empty;
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_request_query q = rows[i].q;
        q.limit = q.limit != 0 ? q.limit : MANY;
        sl_str all = paged(&s, db, q, &calls, &empty);
        q.look_max = 200;
        EXPECT_STRS(all, paged(&s, db, q, &calls, &empty));
        EXPECT(calls >= rows[i].calls_min);
        EXPECT(empty >= rows[i].empty_min);
    }
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(requests, a_look_makes_headway_where_all_began_at_one_instant)
{
    struct scratch s;
    struct sl_db *db = ledger(&s);
    size_t calls, empty;
    struct sl_request_query q = {
        .limit = 1, .look_max = 1, .filters[SL_REQUEST_STATUS] = SL_STR("200")};
    EXPECT_STR("r5 r4 r3 r2 r1 ", paged(&s, db, q, &calls, &empty));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(requests, a_tail_has_what_came_since_however_long_ago_it_began)
{
    struct scratch s;
    struct sl_db *db = ledger(&s);
    struct sl_request_place last;
    struct sl_request_query q = {.limit = 2, .is_tail = true};
    bool has_more;
    EXPECT_STR("r1 r2 ", ids(&s, requests(&s, db, &q, &last, &has_more)));
    EXPECT(has_more && last.is_there);
    EXPECT_EQ(SL_OK, sl_requests_last_row(db, &q.after_row, &s.diag));
    EXPECT_STR("", ids(&s, requests(&s, db, &q, &last, &has_more)));
    EXPECT(!last.is_there);
    struct sl_record late = scratch_record(&s, 77);
    late.wall_us = 1;
    scratch_insert(db, &late);
    EXPECT_STR("r77 ", ids(&s, requests(&s, db, &q, &last, &has_more)));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(request, has_its_phases_attempts_and_tokens)
{
    static const char *const parts[] = {"\"phases_us\":{\"route\":12,\"send\":700}",
                                        "\"attempt_list\":[{\"target\":\"main/gpt-4o\"",
                                        "\"tokens_input\":7",
                                        "\"cost_usd\":\"0.000000042\"",
                                        "\"path\":\"/v1/chat\"",
                                        "\"reason\":\"refused\"",
                                        "\"is_ai\":true",
                                        "\"error\":\"rate_limited\""};
    struct scratch s;
    struct sl_strbuf out;
    struct sl_jsonw w;
    struct sl_db *db = ledger(&s);
    struct sl_record r = scratch_record(&s, 42);
    r.phase_us[0] = 12;
    r.phase_us[4] = 700;
    r.path = SL_STR("/v1/chat");
    r.reason = SL_STR("refused");
    r.rc = SL_E_RATE_LIMITED;
    struct sl_record_attempt attempt = {.target = SL_STR("main/gpt-4o"), .status = 200};
    r.attempts = &attempt;
    r.attempt_count = 1;
    scratch_insert(db, &r);
    sl_strbuf_init(&out, s.arena, 0);
    sl_jsonw_init(&w, &out);
    EXPECT_EQ(SL_OK, sl_request_write(db, SL_STR("r42"), &w, s.arena, &s.diag));
    for (size_t i = 0; i < SL_LEN(parts); i++) {
        if (sl_str_find_str(sl_strbuf_str(&out), sl_cstr(parts[i])) == SIZE_MAX)
            print_error("no %s in %.*s\n", parts[i], SL_STRF(sl_strbuf_str(&out)));
        EXPECT(sl_str_find_str(sl_strbuf_str(&out), sl_cstr(parts[i])) != SIZE_MAX);
    }
    EXPECT_EQ(SL_E_NOTFOUND, sl_request_write(db, SL_STR("r99"), &w, s.arena, &s.diag));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(requests, one_is_found_by_its_id_also_when_clocks_were_set)
{
    struct scratch s;
    struct sl_jsonw w;
    struct sl_strbuf out = {0};
    struct sl_rand rand;
    struct sl_db *db = ledger(&s);
    sl_rand_seed(&rand, 1);
    for (int64_t hours = 0; hours < 3; hours++) {
        struct sl_record r = scratch_record(&s, 100);
        struct sl_id id = sl_id_make((r.wall_us + hours * 3600000000) / 1000, &rand);
        r.request_id = sl_id_str(&id);
        scratch_insert(db, &r);
        sl_jsonw_init(&w, &out);
        EXPECT_EQ(SL_OK, sl_request_write(db, r.request_id, &w, s.arena, &s.diag));
        EXPECT(sl_str_find_str(sl_strbuf_str(&out), r.request_id) != SIZE_MAX);
        sl_strbuf_clear(&out);
    }
    sl_strbuf_fini(&out);
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
