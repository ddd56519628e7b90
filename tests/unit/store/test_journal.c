#include "store/journal.h"
#include "base/str.h"
#include "store/migrate.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

struct journal_test {
    struct scratch s;
    struct sl_db *db;
    struct sl_journal *journal;
};

static void begin(struct journal_test *t)
{
    scratch_init(&t->s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&t->s, "t.db"), &t->db, &t->s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(t->db, &sl_schema_usage, &t->s.diag));
    t->journal = sl_journal_new(t->s.dir, NULL);
}

static void end(struct journal_test *t)
{
    sl_journal_free(t->journal);
    sl_db_close(t->db);
    scratch_fini(&t->s);
}

static void append(struct journal_test *t, const char *name, unsigned from, unsigned until)
{
    struct sl_strbuf b = {0};
    scratch_frames(&t->s, from, until, &b);
    scratch_append(&t->s, name, sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

static void commit(struct journal_test *t)
{
    EXPECT_EQ(SL_OK, sl_db_begin(t->db));
    EXPECT_EQ(SL_OK, sl_journal_save(t->journal, t->db));
    EXPECT_EQ(SL_OK, sl_db_commit(t->db));
    sl_journal_settle(t->journal);
}

/* "r0 r1 " and so on: what one round finds, settled. */
static sl_str take_all(struct journal_test *t)
{
    struct sl_record r;
    sl_str frame;
    struct sl_strbuf ids;
    sl_strbuf_init(&ids, t->s.arena, 0);
    EXPECT_EQ(SL_OK, sl_journal_scan(t->journal));
    while (sl_journal_next(t->journal, &r, &frame)) {
        sl_strbuf_add(&ids, r.request_id);
        sl_strbuf_add_char(&ids, ' ');
    }
    commit(t);
    return sl_strbuf_str(&ids);
}

TEST(journal, is_read_over_files_in_the_order_of_their_start)
{
    struct journal_test t;
    begin(&t);
    append(&t, "w1-90-0.journal", 3, 4);
    append(&t, "w0-100-1.journal", 2, 3);
    append(&t, "w0-100-0.journal", 0, 2);
    append(&t, "notes.txt", 7, 8);
    append(&t, "wx-1-0.journal", 8, 9);
    EXPECT_STR("r3 r0 r1 r2 ", take_all(&t));
    EXPECT_STR("", take_all(&t));
    end(&t);
}

TEST(journal, waits_for_the_rest_of_a_record_at_every_byte)
{
    struct journal_test t;
    struct sl_strbuf b = {0};
    begin(&t);
    scratch_frames(&t.s, 0, 1, &b);
    for (size_t i = 0; i < b.n; i++) {
        EXPECT_STR("", take_all(&t));
        scratch_append(&t.s, "w0-100-0.journal", (sl_str){b.p + i, 1});
    }
    EXPECT_STR("r0 ", take_all(&t));
    EXPECT_EQ(0, sl_journal_stats(t.journal).gaps);
    sl_strbuf_fini(&b);
    end(&t);
}

TEST(journal, skips_damage_to_the_next_record_and_counts_it)
{
    struct journal_test t;
    struct sl_strbuf b = {0};
    begin(&t);
    scratch_frames(&t.s, 0, 3, &b);
    size_t length = b.n / 3;
    b.p[length + 30] ^= 1;
    scratch_append(&t.s, "w0-100-0.journal", SL_STR("SLR but not really"));
    scratch_append(&t.s, "w0-100-0.journal", sl_strbuf_str(&b));
    EXPECT_STR("r0 r2 ", take_all(&t));
    EXPECT_EQ(2, sl_journal_stats(t.journal).gaps);
    EXPECT_EQ(18 + length, sl_journal_stats(t.journal).skipped_bytes);
    sl_strbuf_fini(&b);
    end(&t);
}

TEST(journal, finds_the_records_behind_a_damaged_length)
{
    struct journal_test t;
    struct sl_strbuf b = {0};
    begin(&t);
    scratch_frames(&t.s, 0, 2, &b);
    b.p[9] = (char)0x70; /* now longer than what follows */
    scratch_append(&t.s, "w0-100-0.journal", sl_strbuf_str(&b));
    EXPECT_STR("", take_all(&t));
    append(&t, "w0-100-1.journal", 5, 6);
    EXPECT_STR("r1 r5 ", take_all(&t));
    sl_strbuf_fini(&b);
    end(&t);
}

TEST(journal, passes_the_torn_end_of_a_file_that_will_not_grow)
{
    struct journal_test t;
    struct sl_strbuf b = {0};
    begin(&t);
    scratch_frames(&t.s, 0, 2, &b);
    scratch_append(&t.s, "w0-100-0.journal", sl_str_head(sl_strbuf_str(&b), b.n - 5));
    EXPECT_STR("r0 ", take_all(&t));
    append(&t, "w0-200-0.journal", 2, 3); /* the worker's next process */
    EXPECT_STR("r2 ", take_all(&t));
    EXPECT_EQ(1, sl_journal_stats(t.journal).gaps);
    EXPECT(!scratch_has(&t.s, "w0-100-0.journal"));
    sl_strbuf_fini(&b);
    end(&t);
}

TEST(journal, goes_on_where_it_was_after_a_restart)
{
    struct journal_test t;
    begin(&t);
    append(&t, "w0-100-0.journal", 0, 2);
    EXPECT_STR("r0 r1 ", take_all(&t));
    append(&t, "w0-100-0.journal", 2, 3);
    sl_journal_free(t.journal);
    t.journal = sl_journal_new(t.s.dir, NULL);
    EXPECT_EQ(SL_OK, sl_journal_load(t.journal, t.db));
    EXPECT_STR("r2 ", take_all(&t));
    end(&t);
}

TEST(journal, reads_again_what_a_failed_transaction_had)
{
    struct journal_test t;
    struct sl_record r;
    sl_str frame;
    begin(&t);
    append(&t, "w0-100-0.journal", 0, 2);
    EXPECT_EQ(SL_OK, sl_journal_scan(t.journal));
    EXPECT(sl_journal_next(t.journal, &r, &frame));
    sl_journal_go_back(t.journal);
    EXPECT_STR("r0 r1 ", take_all(&t));
    end(&t);
}

TEST(journal, removes_files_that_are_read_and_superseded_and_their_rows)
{
    struct journal_test t;
    begin(&t);
    append(&t, "w0-100-0.journal", 0, 1);
    append(&t, "w1-101-0.journal", 1, 2);
    EXPECT_STR("r0 r1 ", take_all(&t));
    EXPECT(scratch_has(&t.s, "w0-100-0.journal"));
    append(&t, "w0-100-1.journal", 2, 3);
    EXPECT_STR("r2 ", take_all(&t));
    EXPECT(!scratch_has(&t.s, "w0-100-0.journal"));
    EXPECT(scratch_has(&t.s, "w1-101-0.journal"));
    append(&t, "w0-70000000-0.journal", 3, 4); /* a later process, with one worker less */
    EXPECT_STR("r3 ", take_all(&t));
    EXPECT(!scratch_has(&t.s, "w1-101-0.journal"));
    EXPECT_STR("", take_all(&t));
    struct sl_query *q = sl_db_query(t.db, "SELECT count(*) FROM journal_file");
    EXPECT(sl_query_row(q));
    EXPECT_EQ(1, sl_query_i64_at(q, 0));
    EXPECT_EQ(SL_OK, sl_query_end(q));
    EXPECT_EQ(3, sl_journal_stats(t.journal).files_removed);
    end(&t);
}

TEST(journal, leaves_a_file_that_its_writer_still_holds)
{
    struct journal_test t;
    begin(&t);
    append(&t, "w0-100-0.journal", 0, 1);
    int fd = open(scratch_path(&t.s, "w0-100-0.journal"), O_WRONLY | O_APPEND | O_CLOEXEC);
    EXPECT_EQ(0, flock(fd, LOCK_SH));
    append(&t, "w0-200-0.journal", 1, 2);
    EXPECT_STR("r0 r1 ", take_all(&t));
    EXPECT(scratch_has(&t.s, "w0-100-0.journal"));
    close(fd);
    EXPECT_STR("", take_all(&t));
    EXPECT(!scratch_has(&t.s, "w0-100-0.journal"));
    end(&t);
}

TEST(journal, leaves_an_empty_file_that_was_made_just_now)
{
    struct journal_test t;
    begin(&t);
    scratch_append(&t.s, "w0-100-0.journal", (sl_str){"", 0});
    append(&t, "w0-200-0.journal", 1, 2);
    EXPECT_STR("r1 ", take_all(&t));
    EXPECT(scratch_has(&t.s, "w0-100-0.journal"));
    end(&t);
}

TEST(journal, is_not_behind_when_all_is_read)
{
    struct journal_test t;
    begin(&t);
    EXPECT(!sl_journal_is_behind(t.journal));
    append(&t, "w0-100-0.journal", 0, 1);
    EXPECT_EQ(SL_OK, sl_journal_scan(t.journal));
    EXPECT(sl_journal_is_behind(t.journal));
    EXPECT_STR("r0 ", take_all(&t));
    EXPECT(!sl_journal_is_behind(t.journal));
    end(&t);
}
