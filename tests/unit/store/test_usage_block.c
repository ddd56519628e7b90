#include "store/usage_block.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/retention.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

#include <stdlib.h>

enum { MANY = 4000 };

struct bench {
    struct scratch s;
    struct sl_db *db;
    struct sl_usage_blocks *blocks;
};

static void begin(struct bench *b)
{
    scratch_init(&b->s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&b->s, "usage.db"), &b->db, &b->s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(b->db, &sl_schema_usage, &b->s.diag));
    b->blocks = sl_usage_blocks_new();
}

static void end(struct bench *b)
{
    sl_usage_blocks_free(b->blocks);
    sl_db_close(b->db);
    scratch_fini(&b->s);
}

static void add(struct bench *b, const struct sl_record *r)
{
    struct sl_strbuf frame = {0};
    sl_record_encode(r, &frame);
    EXPECT_EQ(SL_OK, sl_usage_blocks_add(b->blocks, b->db, r, sl_strbuf_str(&frame)));
    sl_strbuf_fini(&frame);
}

static void write_rest(struct bench *b)
{
    EXPECT_EQ(SL_OK, sl_usage_blocks_write(b->blocks, b->db));
}

static int64_t number(struct bench *b, const char *sql)
{
    struct sl_query *q = sl_db_query(b->db, sql);
    EXPECT(sl_query_row(q));
    int64_t v = sl_query_i64_at(q, 0);
    EXPECT_EQ(SL_OK, sl_query_end(q));
    return v;
}

/* Column 0 of all rows, each with a space behind it. */
static sl_str texts(struct bench *b, const char *sql)
{
    struct sl_strbuf out;
    struct sl_query *q = sl_db_query(b->db, sql);
    sl_strbuf_init(&out, b->s.arena, 0);
    while (sl_query_row(q)) {
        sl_strbuf_add(&out, sl_query_text_at(q, 0));
        sl_strbuf_add_char(&out, ' ');
    }
    EXPECT_EQ(SL_OK, sl_query_end(q));
    return sl_strbuf_str(&out);
}

/* Requests of ten consumers that began up to `span_us` before they were written down. */
static void add_many(struct bench *b, int64_t n, int64_t span_us)
{
    struct sl_rand rand;
    sl_rand_seed(&rand, 7);
    for (int64_t i = 0; i < n; i++) {
        struct sl_record r = scratch_record(&b->s, (unsigned)i);
        r.wall_us = 1767225600000000 + i * 1000 - (int64_t)sl_rand_below(&rand, (uint64_t)span_us);
        r.wall_us -= r.wall_us % 100; /* some at the same instant */
        r.consumer = sl_fmt(b->s.arena, "c%d", (int)(i / (n / 10)));
        add(b, &r);
    }
    write_rest(b);
}

TEST(usage_block, newest_first_is_the_order_of_time_though_blocks_overlap)
{
    struct bench b;
    begin(&b);
    add_many(&b, MANY, 3000000);
    EXPECT(number(&b, "SELECT count(*) FROM usage_block") > 5);
    EXPECT_EQ(MANY, number(&b, "SELECT count(*) FROM usage"));
    struct sl_query *q = sl_db_query(
        b.db, "SELECT wall_us, request_id FROM usage ORDER BY wall_us DESC, request_id DESC");
    int64_t before = INT64_MAX, n = 0;
    char id[16] = "";
    for (; sl_query_row(q); n++) {
        int64_t us = sl_query_i64_at(q, 0);
        sl_str text = sl_query_text_at(q, 1);
        EXPECT(us < before || (us == before && sl_str_cmp(text, sl_cstr(id)) < 0));
        before = us;
        memcpy(id, text.p, text.n);
        id[text.n] = '\0';
    }
    EXPECT_EQ(SL_OK, sl_query_end(q));
    EXPECT_EQ(MANY, n);
    EXPECT_EQ(MANY, number(&b, "SELECT count(DISTINCT request_id) FROM usage"));
    end(&b);
}

TEST(usage_block, ranges_and_filters_find_what_a_walk_finds)
{
    static const char *const conditions[] = {
        "consumer = 'c3'",
        "consumer = 'nobody'",
        "consumer = 'C3' COLLATE NOCASE",
        "consumer = ''",
        "request_id = 'r777'",
        "request_id IN ('r1', 'r3999', 'r4000')",
        "wall_us >= 1767225602000000 AND wall_us < 1767225602100000",
        "wall_us = 1767225602000000",
        "wall_us > 'text'",
        "rowid > 3990",
        "rowid <= 5",
        "rowid = 700 AND consumer = 'c0'",
        "rowid > 100.5 AND rowid < 103",
        "rowid > NULL",
        "consumer = 'c9' AND wall_us < 1767225602000000",
        "consumer = 3",
    };
    struct bench b;
    begin(&b);
    add_many(&b, MANY, 3000000);
    for (size_t i = 0; i < SL_LEN(conditions); i++) {
        /* the unary plus keeps a condition from the table */
        sl_str fast = sl_fmt(b.s.arena, "SELECT count(*) FROM usage WHERE %s", conditions[i]);
        sl_str slow = sl_fmt(
            b.s.arena,
            "SELECT count(*) FROM (SELECT +rowid AS rowid, +wall_us AS wall_us, +consumer AS "
            "consumer, +request_id AS request_id FROM usage LIMIT -1) WHERE %s",
            conditions[i]);
        EXPECT_EQ(number(&b, slow.p), number(&b, fast.p));
    }
    EXPECT_EQ(MANY / 10, number(&b, "SELECT count(*) FROM usage WHERE consumer = 'c3'"));
    EXPECT_EQ(2, number(&b, "SELECT count(*) FROM usage WHERE request_id IN ('r1', 'r3999', 'x')"));
    EXPECT_STR("r3999 r3998 ",
               texts(&b, "SELECT request_id FROM usage WHERE rowid > 3998 ORDER BY rowid DESC"));
    EXPECT_STR("r99 r100 ",
               texts(&b, "SELECT request_id FROM usage WHERE rowid > 99 ORDER BY rowid LIMIT 2"));
    end(&b);
}

TEST(usage_block, a_filter_knows_its_values_and_few_others)
{
    struct bench b;
    int wrong = 0;
    begin(&b);
    add_many(&b, 2000, 1);
    struct sl_query *q = sl_db_query(b.db, "SELECT filter, first_row, requests FROM usage_block");
    while (sl_query_row(q)) {
        sl_str filter = sl_query_text_at(q, 0);
        int64_t first = sl_query_i64_at(q, 1) - 1, n = sl_query_i64_at(q, 2);
        for (int64_t i = first; i < first + n; i++)
            EXPECT(sl_usage_filter_may_have(
                filter, sl_usage_filter_hash(1, sl_fmt(b.s.arena, "r%d", (int)i))));
        for (int i = 0; i < 1000; i++)
            wrong += sl_usage_filter_may_have(filter,
                                              sl_usage_filter_hash(1, sl_fmt(b.s.arena, "x%d", i)));
        EXPECT(filter.n <= 64 + (size_t)n * 4);
    }
    EXPECT_EQ(SL_OK, sl_query_end(q));
    EXPECT(wrong <= 30 * number(&b, "SELECT count(*) FROM usage_block")); /* 3 of 100 at the most */
    EXPECT(sl_usage_filter_may_have((sl_str){0}, 1));                     /* one that has none */
    end(&b);
}

TEST(usage_block, few_at_a_time_go_to_the_block_that_came_last)
{
    struct bench b;
    begin(&b);
    for (unsigned i = 0; i < 200; i++) {
        struct sl_record r = scratch_record(&b.s, i);
        add(&b, &r);
        write_rest(&b);
        if (i % 50 == 0) { /* a restart */
            sl_usage_blocks_free(b.blocks);
            b.blocks = sl_usage_blocks_new();
        }
    }
    EXPECT_EQ(200, number(&b, "SELECT count(DISTINCT request_id) FROM usage"));
    EXPECT(number(&b, "SELECT count(*) FROM usage_block") <= 6);
    EXPECT(number(&b, "SELECT max(length(data)) FROM usage_block") <=
           SL_USAGE_REWRITE_BYTES + 1024);
    EXPECT_EQ(200, number(&b, "SELECT max(first_row + requests) - 1 FROM usage_block"));
    end(&b);
}

TEST(usage_block, is_not_of_more_time_than_retention_may_be_late)
{
    struct bench b;
    begin(&b);
    for (unsigned i = 0; i < 10; i++) {
        struct sl_record r = scratch_record(&b.s, i);
        r.wall_us = 1767225600000000 + (int64_t)i * 1000000 * 1200;
        add(&b, &r);
        write_rest(&b);
    }
    EXPECT_EQ(4, number(&b, "SELECT count(*) FROM usage_block"));
    EXPECT(number(&b, "SELECT max(last_us - first_us) FROM usage_block") <
           (int64_t)SL_USAGE_BLOCK_SPAN_S * 1000000);
    end(&b);
}

TEST(usage_block, an_undone_transaction_leaves_nothing)
{
    struct bench b;
    begin(&b);
    struct sl_record first = scratch_record(&b.s, 0), second = scratch_record(&b.s, 1);
    add(&b, &first);
    write_rest(&b);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(SL_OK, sl_db_begin(b.db));
        add(&b, &second);
        write_rest(&b);
        if (i == 2)
            break;
        sl_db_rollback(b.db);
        sl_usage_blocks_forget(b.blocks);
        EXPECT_STR("r0 ", texts(&b, "SELECT request_id FROM usage"));
    }
    EXPECT_EQ(SL_OK, sl_db_commit(b.db));
    EXPECT_STR("r0 r1 ", texts(&b, "SELECT request_id FROM usage"));
    end(&b);
}

TEST(usage_block, numbers_are_not_used_again_when_retention_took_all)
{
    struct bench b;
    struct sl_ledger_keep keep = {.records_us = 1000000};
    bool has_more, has_series;
    begin(&b);
    add_many(&b, 100, 1);
    EXPECT_EQ(SL_OK, sl_retention_step(b.db, &keep, 1867225600000000, &has_more, &has_series));
    sl_usage_blocks_forget(b.blocks);
    EXPECT_EQ(0, number(&b, "SELECT count(*) FROM usage"));
    struct sl_record r = scratch_record(&b.s, 5);
    add(&b, &r);
    write_rest(&b);
    EXPECT_EQ(101, number(&b, "SELECT rowid FROM usage"));
    end(&b);
}

TEST(usage_block, damage_is_told_and_nothing_is_written_to_it)
{
    struct bench b;
    begin(&b);
    struct sl_record r = scratch_record(&b.s, 0);
    add(&b, &r);
    write_rest(&b);
    EXPECT_EQ(SL_OK,
              sl_db_exec(b.db, "UPDATE usage_block SET data = substr(data, 1, length(data) - 1)"));
    struct sl_query *q = sl_db_query(b.db, "SELECT request_id FROM usage");
    EXPECT(!sl_query_row(q));
    EXPECT_EQ(SL_E_SYNTAX, sl_query_end(q));
    q = sl_db_query(b.db, "SELECT request_id FROM usage ORDER BY wall_us DESC");
    EXPECT(!sl_query_row(q));
    EXPECT_EQ(SL_E_SYNTAX, sl_query_end(q));

    sl_usage_blocks_forget(b.blocks);
    struct sl_record next = scratch_record(&b.s, 1);
    add(&b, &next);
    write_rest(&b);
    EXPECT_STR("r1 ", texts(&b, "SELECT request_id FROM usage WHERE rowid > 1"));
    end(&b);
}

TEST(usage_block, the_table_is_for_reading)
{
    struct bench b;
    begin(&b);
    struct sl_record r = scratch_record(&b.s, 0);
    add(&b, &r);
    write_rest(&b);
    EXPECT(sl_db_exec(b.db, "DELETE FROM usage") != SL_OK);
    EXPECT(sl_db_exec(b.db, "UPDATE usage SET status = 1") != SL_OK);
    EXPECT_STR("r0 ", texts(&b, "SELECT request_id FROM usage"));
    end(&b);
}

/* What the program before blocks left: each column comes through, and in its place among those of now. */
TEST(usage_block, requests_from_before_there_were_blocks_are_kept_whole)
{
    const struct sl_schema second = {sl_schema_usage.steps, 2};
    struct bench b;
    scratch_init(&b.s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&b.s, "usage.db"), &b.db, &b.s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(b.db, &second, &b.s.diag));
    EXPECT_EQ(
        SL_OK,
        sl_db_exec(
            b.db,
            "INSERT INTO usage SELECT 'old', 1767225600000000, '1.2.3.4', 's', 'v', 'r', 'acme', "
            "'k', 'POST', 200, 'ok', '', 1, 2, 1500, 3, 900, 1, 0, 'asked', 'fast', 'openai', 'main', "
            "'gpt-4o', 'vm', 'kl', 'stop', 'flex', 'reported', 0, 25, 6, NULL, 7, 8, 1, "
            "'[{\"target\":\"a\"}]', 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, "
            "'h', '/p', 'ua', 'why', 'team', '{\"route\":1}'"));
    EXPECT_EQ(SL_OK, sl_db_migrate(b.db, &sl_schema_usage, &b.s.diag));
    b.blocks = sl_usage_blocks_new();
    struct sl_record r = scratch_record(&b.s, 7);
    r.wall_us = 1767225600000001;
    add(&b, &r);
    write_rest(&b);
    EXPECT_STR("r7 old ",
               texts(&b, "SELECT request_id FROM usage ORDER BY wall_us DESC, request_id DESC"));
    EXPECT_STR(
        "old ",
        texts(&b,
              "SELECT request_id FROM usage WHERE consumer = 'acme' AND model_asked = 'asked'"));
    EXPECT_EQ(
        1,
        number(
            &b,
            "SELECT reported_nusd IS NULL AND cost_nusd = 25 AND phases_us = '{\"route\":1}' AND "
            "attempts = '[{\"target\":\"a\"}]' AND team = 'team' AND reason = 'why' AND "
            "tokens_output_image = 20 AND units_requests = 21 AND units_characters = 26 AND "
            "key_label = 'kl' AND wasted_nusd = 8 AND host = 'h' AND is_ai = 1 "
            "FROM usage WHERE rowid = 1"));
    EXPECT_EQ(2, number(&b, "SELECT max(rowid) FROM usage"));
    end(&b);
}
