/* kept: answers that outlive their process, and what other nodes learn of them (case X7). */
#include "store/kept.h"
#include "base/strbuf.h"
#include "store/migrate.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

struct fixture {
    struct scratch s;
    struct sl_db *db;
    struct sl_strbuf seen; /* "id=sealed " of each row told */
};

static void begin(struct fixture *f)
{
    scratch_init(&f->s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_db(&f->s, "c.db"), &f->db, &f->s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(f->db, &sl_schema_control, &f->s.diag));
    sl_strbuf_init(&f->seen, f->s.arena, 0);
}

static void end(struct fixture *f)
{
    sl_db_close(f->db);
    scratch_fini(&f->s);
}

static struct sl_kept row(const char *id, const char *sealed, int64_t written_us)
{
    return (struct sl_kept){.owner = SL_STR("consumer:alice"),
                            .id = sl_cstr(id),
                            .sealed = sl_cstr(sealed),
                            .written_us = written_us,
                            .bytes = 10};
}

static void write(struct fixture *f, const char *writer, const char *id, const char *sealed,
                  int64_t written_us)
{
    const struct sl_kept one = row(id, sealed, written_us);
    EXPECT_EQ(SL_OK, sl_kept_write(f->db, sl_cstr(writer), &one, 1));
}

static sl_rc prune(struct fixture *f, int64_t before_us, int64_t owner_bytes, int64_t bytes)
{
    const struct sl_kept_limits limits = {before_us, owner_bytes, bytes};
    return sl_kept_prune(f->db, &limits);
}

static void note(const struct sl_kept *row, void *arg)
{
    sl_strbuf_addf(arg, "%.*s=%.*s ", SL_STRF(row->id), SL_STRF(row->sealed));
}

static sl_str look(struct fixture *f, const char *writer, int64_t *seen)
{
    sl_strbuf_clear(&f->seen);
    EXPECT_EQ(SL_OK, sl_kept_look(f->db, sl_cstr(writer), seen, note, &f->seen));
    return sl_strbuf_str(&f->seen);
}

TEST(kept, a_new_process_learns_all_and_then_what_is_new)
{
    struct fixture f;
    int64_t seen = 0;
    begin(&f);
    write(&f, "first", "resp_1", "a", 1);
    write(&f, "first", "resp_2", "b", 2);
    EXPECT_STR("resp_1=a resp_2=b ", look(&f, "second", &seen));
    EXPECT_STR("", look(&f, "second", &seen));
    write(&f, "first", "resp_3", "c", 3);
    write(&f, "second", "resp_4", "d", 4);
    EXPECT_STR("resp_3=c ", look(&f, "second", &seen));
    end(&f);
}

TEST(kept, a_batch_is_told_in_its_order_and_the_last_word_counts)
{
    struct fixture f;
    int64_t seen = 0;
    const struct sl_kept rows[] = {row("resp_1", "a", 1), row("resp_2", "b", 1),
                                   row("resp_1", "", 2)};
    begin(&f);
    EXPECT_EQ(SL_OK, sl_kept_write(f.db, SL_STR("first"), rows, SL_LEN(rows)));
    EXPECT_STR("resp_2=b resp_1= ", look(&f, "second", &seen));
    end(&f);
}

TEST(kept, what_was_deleted_does_not_come_back_with_a_late_put)
{
    struct fixture f;
    int64_t seen = 0;
    begin(&f);
    write(&f, "first", "resp_1", "a", 1);
    write(&f, "second", "resp_1", "", 2);
    write(&f, "first", "resp_1", "b", 3);
    EXPECT_STR("resp_1= ", look(&f, "third", &seen));
    write(&f, "first", "resp_1", "", 4); /* again */
    EXPECT_STR("resp_1= ", look(&f, "third", &seen));
    write(&f, "first", "resp_2", "c", 5); /* others go on */
    write(&f, "second", "resp_2", "d", 6);
    EXPECT_STR("resp_2=d ", look(&f, "third", &seen));
    end(&f);
}

TEST(kept, owners_do_not_meet)
{
    struct fixture f;
    int64_t seen = 0;
    struct sl_kept other = row("resp_1", "b", 1);
    other.owner = SL_STR("consumer:bob");
    begin(&f);
    write(&f, "first", "resp_1", "a", 1);
    EXPECT_EQ(SL_OK, sl_kept_write(f.db, SL_STR("first"), &other, 1));
    EXPECT_STR("resp_1=a resp_1=b ", look(&f, "second", &seen));
    end(&f);
}

TEST(kept, what_is_old_and_what_is_too_much_goes)
{
    struct fixture f;
    int64_t seen = 0;
    begin(&f);
    for (int i = 1; i <= 5; i++)
        write(&f, "first", sl_fmt(f.s.arena, "resp_%d", i).p, "x", i);
    EXPECT_EQ(SL_OK, prune(&f, 2, 1000, 1000));
    EXPECT_STR("resp_2=x resp_3=x resp_4=x resp_5=x ", look(&f, "second", &seen));
    EXPECT_EQ(SL_OK, prune(&f, 2, 1000, 20));
    seen = 0;
    EXPECT_STR("resp_4=x resp_5=x ", look(&f, "second", &seen));
    EXPECT_EQ(SL_OK, prune(&f, 2, 1000, 9));
    seen = 0;
    EXPECT_STR("", look(&f, "second", &seen));
    write(&f, "first", "resp_6", "x", 6); /* numbers go on where nothing is left */
    EXPECT_STR("resp_6=x ", look(&f, "second", &seen));
    end(&f);
}

TEST(kept, nobodys_push_out_anothers)
{
    struct fixture f;
    int64_t seen = 0;
    struct sl_kept other = row("resp_b", "b", 1);
    other.owner = SL_STR("consumer:bob");
    begin(&f);
    EXPECT_EQ(SL_OK, sl_kept_write(f.db, SL_STR("first"), &other, 1));
    for (int i = 1; i <= 5; i++)
        write(&f, "first", sl_fmt(f.s.arena, "resp_%d", i).p, "x", i);
    EXPECT_EQ(SL_OK, prune(&f, 0, 25, 30));
    EXPECT_STR("resp_b=b resp_4=x resp_5=x ", look(&f, "second", &seen));
    EXPECT_EQ(SL_OK, prune(&f, 0, 25, 20)); /* of all, the oldest goes */
    seen = 0;
    EXPECT_STR("resp_4=x resp_5=x ", look(&f, "second", &seen));
    EXPECT_EQ(SL_OK, prune(&f, 0, 9, 20));
    seen = 0;
    EXPECT_STR("", look(&f, "second", &seen));
    end(&f);
}

TEST(kept, a_store_that_began_anew_tells_all)
{
    struct fixture f;
    int64_t seen = 1000;
    begin(&f);
    write(&f, "first", "resp_1", "a", 1);
    EXPECT_STR("resp_1=a ", look(&f, "second", &seen));
    EXPECT_EQ(1, seen);
    end(&f);
}

TEST(kept, a_store_that_fails_says_so)
{
    struct fixture f;
    int64_t seen = 0;
    const struct sl_kept one = row("resp_1", "a", 1);
    begin(&f);
    EXPECT_EQ(SL_OK, sl_db_exec(f.db, "DROP TABLE kept_response"));
    EXPECT(sl_kept_write(f.db, SL_STR("first"), &one, 1) != SL_OK);
    EXPECT(prune(&f, 1, 1000, 1) != SL_OK);
    EXPECT_EQ(SL_OK, sl_kept_look(f.db, SL_STR("second"), &seen, note, &f.seen)); /* nothing new */
    end(&f);
}
