#include "store/audit.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

#include <stdlib.h>

struct fixture {
    struct scratch s;
    struct sl_store *store;
    struct sl_tx *tx;
};

static void begin(struct fixture *f)
{
    scratch_init(&f->s);
    EXPECT_EQ(SL_OK, sl_store_open(scratch_db(&f->s, "c.db"), &f->store, &f->s.diag));
    EXPECT_EQ(SL_OK, sl_store_write(f->store, &f->tx));
    for (int i = 1; i <= 4; i++) {
        struct sl_audit e = {.at_us = i,
                             .actor = SL_STR("user:alice"),
                             .remote = SL_STR("::1"),
                             .action = SL_STR("service.update"),
                             .kind = SL_STR("service"),
                             .subject_id = i % 2 != 0 ? SL_STR("odd") : SL_STR("even"),
                             .subject = SL_STR("orders"),
                             .after = SL_STR("{}")};
        EXPECT_EQ(SL_OK, sl_audit_append(f->tx, &e));
    }
}

static void end(struct fixture *f)
{
    sl_tx_rollback(f->tx);
    sl_store_close(f->store);
    scratch_fini(&f->s);
}

static bool note(const struct sl_audit *e, void *arg)
{
    sl_strbuf_addf(arg, "%lld ", (long long)e->seq);
    return true;
}

static sl_str seqs(struct fixture *f, const struct sl_audit_query *q)
{
    struct sl_strbuf out;
    sl_strbuf_init(&out, f->s.arena, 0);
    EXPECT_EQ(SL_OK, sl_audit_each(f->tx, q, note, &out));
    return sl_strbuf_str(&out);
}

TEST(audit, is_listed_both_ways_and_by_subject)
{
    struct fixture f;
    begin(&f);
    struct sl_audit_query q = {0};
    EXPECT_STR("4 3 2 1 ", seqs(&f, &q));
    q.before_seq = 3;
    EXPECT_STR("2 1 ", seqs(&f, &q));
    q = (struct sl_audit_query){.is_ascending = true, .after_seq = 1, .subject_id = SL_STR("odd")};
    EXPECT_STR("3 ", seqs(&f, &q));
    end(&f);
}

/* How SQLite finds the entries that fit, in this order. */
static sl_str plan_of(struct fixture *f, const char *where, const char *order)
{
    sl_str sql =
        sl_fmt(f->s.arena, "EXPLAIN QUERY PLAN SELECT seq, before FROM audit WHERE %s ORDER BY %s",
               where, order);
    struct sl_query *q = sl_tx_query(f->tx, sql.p);
    sl_str plan = sl_query_row(q) ? sl_arena_dup(f->s.arena, sl_query_text_at(q, 3)) : (sl_str){0};
    EXPECT_EQ(SL_OK, sl_query_end(q));
    return plan;
}

TEST(audit, has_an_index_for_each_filter)
{
    static const char *const columns[] = {"subject_id", "actor", "kind", "action", "subject"};
    struct fixture f;
    begin(&f);
    for (size_t i = 0; i < SL_LEN(columns) && getenv("SLUICE_TEST_POSTGRES") == NULL; i++) {
        sl_str where = sl_fmt(f.s.arena, "seq < 9 AND %s = 'x'", columns[i]);
        EXPECT(sl_str_find_str(plan_of(&f, where.p, "seq DESC"),
                               sl_fmt(f.s.arena, "(%s=?", columns[i])) != SIZE_MAX);
    }
    end(&f);
}

TEST(audit, finds_a_span_of_time_by_its_index_and_in_its_order)
{
    static const struct {
        const char *where, *found;
    } cases[] = {
        {"seq < 9 AND at_us >= 5", "audit_by_time (at_us>?)"},
        {"seq < 9 AND at_us < 5", "audit_by_time (at_us<?)"},
        {"(at_us, seq) < ((SELECT c.at_us FROM audit c WHERE c.seq = 9), 9) AND at_us >= 5",
         "audit_by_time (at_us>? AND (at_us,seq)<(?,?))"},
    };
    struct fixture f;
    begin(&f);
    for (size_t i = 0; i < SL_LEN(cases) && getenv("SLUICE_TEST_POSTGRES") == NULL; i++) {
        sl_str plan = plan_of(&f, cases[i].where, "at_us DESC, seq DESC");
        EXPECT_STR(sl_fmt(f.s.arena, "SEARCH audit USING INDEX %s", cases[i].found).p, plan);
    }
    end(&f);
}

/* Entry 5 is of a node whose clock is behind: it was written last, and has the time of the second. */
TEST(audit, pages_of_a_span_of_time_have_each_entry_once_whatever_the_clocks_said)
{
    struct fixture f;
    begin(&f);
    const struct sl_audit late = {.at_us = 2, .actor = SL_STR("user:bob"), .kind = SL_STR("user")};
    EXPECT_EQ(SL_OK, sl_audit_append(f.tx, &late));
    struct sl_audit_query q = {.since_us = 1, .until_us = 4};
    EXPECT_STR("3 5 2 1 ", seqs(&f, &q));
    q.before_seq = 3;
    EXPECT_STR("5 2 1 ", seqs(&f, &q));
    q.before_seq = 5;
    EXPECT_STR("2 1 ", seqs(&f, &q));
    q.before_seq = 1;
    EXPECT_STR("", seqs(&f, &q));
    q = (struct sl_audit_query){.since_us = 2, .actor = SL_STR("user:alice"), .before_seq = 4};
    EXPECT_STR("3 2 ", seqs(&f, &q));
    end(&f);
}

TEST(audit, is_narrowed_by_who_what_and_when)
{
    struct fixture f;
    begin(&f);
    const struct sl_audit other = {.at_us = 9,
                                   .actor = SL_STR("user:bob"),
                                   .action = SL_STR("user.create"),
                                   .kind = SL_STR("user"),
                                   .subject = SL_STR("carol")};
    EXPECT_EQ(SL_OK, sl_audit_append(f.tx, &other));
    const struct {
        struct sl_audit_query query;
        const char *seqs;
    } cases[] = {
        {{.actor = SL_STR("user:bob")}, "5 "},
        {{.kind = SL_STR("service")}, "4 3 2 1 "},
        {{.action = SL_STR("user.create"), .subject = SL_STR("carol")}, "5 "},
        {{.actor = SL_STR("user:bob"), .kind = SL_STR("service")}, ""},
        {{.since_us = 3, .until_us = 9}, "4 3 "},
        {{.subject = SL_STR("orders' OR 1=1")}, ""},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_STR(cases[i].seqs, seqs(&f, &cases[i].query));
    end(&f);
}

TEST(audit, a_chain_that_nobody_touched_is_whole)
{
    struct fixture f;
    int64_t broken = -1, count = -1;
    begin(&f);
    EXPECT_EQ(SL_OK, sl_audit_verify(f.tx, &broken, &count));
    EXPECT_EQ(0, broken);
    EXPECT_EQ(4, count);
    end(&f);
}

TEST(audit, a_row_that_was_changed_or_taken_out_breaks_the_chain_there)
{
    static const struct {
        const char *tampering;
        int64_t broken;
    } cases[] = {
        {"UPDATE audit SET actor = 'user:bob' WHERE seq = 2", 2},
        {"UPDATE audit SET after = '{ }' WHERE seq = 3", 3},
        {"UPDATE audit SET at_us = 9 WHERE seq = 1", 1},
        {"DELETE FROM audit WHERE seq = 2", 2},
        {"DELETE FROM audit WHERE seq = 1", 1},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct fixture f;
        int64_t broken = -1, count;
        begin(&f);
        EXPECT_EQ(SL_OK, sl_query_run(sl_tx_query(f.tx, cases[i].tampering)));
        EXPECT_EQ(SL_OK, sl_audit_verify(f.tx, &broken, &count));
        EXPECT_EQ(cases[i].broken, broken);
        end(&f);
    }
}

static void expect_chain(struct fixture *f, int64_t want_broken, int64_t want_count)
{
    int64_t broken = -1, count = -1;
    EXPECT_EQ(SL_OK, sl_audit_verify(f->tx, &broken, &count));
    EXPECT_EQ(want_broken, broken);
    EXPECT_EQ(want_count, count);
}

TEST(audit, whose_front_was_cut_off_is_whole_from_there)
{
    const struct sl_audit next = {.at_us = 9, .action = SL_STR("x"), .kind = SL_STR("x")};
    struct sl_audit_query all = {.is_ascending = true};
    struct sl_audit_cut cut;
    struct fixture f;
    begin(&f);
    EXPECT_EQ(SL_OK, sl_audit_cut(f.tx, 3, 100, &cut)); /* entry i is of time i */
    EXPECT_EQ(2, cut.count);
    EXPECT_EQ(2, cut.seq);
    EXPECT_EQ(64, strlen(cut.hash));
    EXPECT_STR("3 4 ", seqs(&f, &all));
    expect_chain(&f, 0, 2);
    EXPECT_EQ(SL_OK, sl_audit_append(f.tx, &next));
    expect_chain(&f, 0, 3);
    EXPECT_EQ(SL_OK, sl_audit_cut(f.tx, 3, 100, &cut)); /* nothing more */
    EXPECT_EQ(0, cut.count);
    expect_chain(&f, 0, 3);
    EXPECT_EQ(SL_OK, sl_audit_cut(f.tx, 4, 100, &cut)); /* a second cut goes on from the first */
    EXPECT_EQ(3, cut.seq);
    expect_chain(&f, 0, 2);
    EXPECT_EQ(SL_OK, sl_query_run(sl_tx_query(f.tx, "DELETE FROM audit WHERE seq = 4")));
    expect_chain(&f, 4, 2);
    end(&f);
}

TEST(audit, is_cut_in_parts_and_keeps_its_newest_entry)
{
    struct sl_audit_cut cut;
    struct fixture f;
    begin(&f);
    EXPECT_EQ(SL_OK, sl_audit_cut(f.tx, INT64_MAX, 1, &cut));
    EXPECT_EQ(1, cut.seq);
    expect_chain(&f, 0, 3);
    EXPECT_EQ(SL_OK, sl_audit_cut(f.tx, INT64_MAX, 100, &cut));
    EXPECT_EQ(3, cut.seq);
    EXPECT_EQ(2, cut.count);
    expect_chain(&f, 0, 1);
    EXPECT_EQ(SL_OK, sl_audit_cut(f.tx, INT64_MAX, 100, &cut));
    EXPECT_EQ(0, cut.count);
    end(&f);
}
