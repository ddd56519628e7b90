/*
 * What every engine does. tools/with-postgres runs these and those of the rows once more.
 */
#include "store/db.h"
#include "base/str.h"
#include "store/migrate.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

static struct sl_db *open_new(struct scratch *s, const char **ret_where)
{
    struct sl_db *db;
    scratch_init(s);
    *ret_where = scratch_db(s, "t.db");
    EXPECT_EQ(SL_OK, sl_db_open(*ret_where, &db, &s->diag));
    EXPECT_EQ(SL_OK, sl_db_exec(db, "CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, name TEXT)"));
    return db;
}

static void close_it(struct scratch *s, struct sl_db *db)
{
    sl_db_close(db);
    scratch_fini(s);
}

static sl_rc insert(struct sl_db *db, int64_t id, sl_str name)
{
    struct sl_query *q = sl_db_query(db, "INSERT INTO t VALUES (?, ?)");
    sl_query_i64(q, 1, id);
    if (name.n != 0)
        sl_query_text(q, 2, name);
    else
        sl_query_null(q, 2);
    return sl_query_run(q);
}

static int64_t count(struct sl_db *db)
{
    struct sl_query *q = sl_db_query(db, "SELECT count(*) FROM t");
    int64_t n = sl_query_row(q) ? sl_query_i64_at(q, 0) : -1;
    EXPECT_EQ(SL_OK, sl_query_end(q));
    return n;
}

TEST(db, gives_back_what_was_bound)
{
    struct scratch s;
    const char *where;
    struct sl_db *db = open_new(&s, &where);
    EXPECT_EQ(SL_OK, insert(db, INT64_MIN, SL_STR("\xc3\xbc '\"\\ ?")));
    EXPECT_EQ(1, sl_db_changes(db));
    EXPECT_EQ(SL_OK, insert(db, INT64_MAX, (sl_str){0}));
    struct sl_query *q = sl_db_query(db, "SELECT id, name FROM t ORDER BY id");
    EXPECT(sl_query_row(q));
    EXPECT_EQ(INT64_MIN, sl_query_i64_at(q, 0));
    EXPECT_STRS(SL_STR("\xc3\xbc '\"\\ ?"), sl_query_text_at(q, 1));
    EXPECT(sl_query_row(q));
    EXPECT_EQ(INT64_MAX, sl_query_i64_at(q, 0));
    EXPECT(sl_query_is_null_at(q, 1));
    EXPECT(!sl_query_row(q));
    EXPECT_EQ(SL_OK, sl_query_end(q));
    close_it(&s, db);
}

TEST(db, tells_a_failure_once_and_goes_on_after_the_rollback)
{
    struct scratch s;
    const char *where;
    struct sl_db *db = open_new(&s, &where);
    EXPECT_EQ(SL_OK, insert(db, 1, SL_STR("x")));
    EXPECT_EQ(SL_OK, sl_db_begin(db));
    EXPECT_EQ(SL_OK, insert(db, 2, SL_STR("y")));
    EXPECT_EQ(SL_E_CONFLICT, insert(db, 1, SL_STR("y")));
    sl_db_rollback(db);
    EXPECT_EQ(SL_OK, insert(db, 2, SL_STR("y")));
    EXPECT_EQ(SL_E_INTERNAL, sl_query_run(sl_db_query(db, "SELECT x FROM nowhere")));
    EXPECT(sl_db_error(db).n != 0);
    EXPECT_EQ(2, count(db));
    close_it(&s, db);
}

TEST(db, forgets_a_transaction_that_is_rolled_back)
{
    struct scratch s;
    const char *where;
    struct sl_db *db = open_new(&s, &where);
    EXPECT_EQ(SL_OK, sl_db_begin(db));
    EXPECT_EQ(SL_OK, insert(db, 1, SL_STR("x")));
    sl_db_rollback(db);
    sl_db_rollback(db); /* there is none any more */
    EXPECT_EQ(0, count(db));
    EXPECT_EQ(SL_OK, sl_db_begin_aside(db));
    EXPECT_EQ(SL_OK, insert(db, 1, SL_STR("y")));
    EXPECT_EQ(SL_OK, sl_db_commit(db));
    EXPECT_EQ(1, count(db));
    close_it(&s, db);
}

TEST(db, compares_texts_as_bytes)
{
    static const char *const sorted[] = {"B", "_", "a", "b", "\xc3\xa4"};
    struct scratch s;
    const char *where;
    struct sl_db *db;
    scratch_init(&s);
    where = scratch_db(&s, "t.db");
    EXPECT_EQ(SL_OK, sl_db_open(where, &db, &s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_control, &s.diag));
    for (size_t i = SL_LEN(sorted); i-- > 0;) {
        struct sl_query *q = sl_db_query(db, "INSERT INTO setting VALUES (?, '')");
        sl_query_text(q, 1, sl_cstr(sorted[i]));
        EXPECT_EQ(SL_OK, sl_query_run(q));
    }
    struct sl_query *q = sl_db_query(db, "SELECT name FROM setting WHERE value = '' ORDER BY name");
    for (size_t i = 0; i < SL_LEN(sorted); i++) {
        EXPECT(sl_query_row(q));
        EXPECT_STR(sorted[i], sl_query_text_at(q, 0));
    }
    EXPECT(!sl_query_row(q));
    EXPECT_EQ(SL_OK, sl_query_end(q));
    close_it(&s, db);
}

TEST(db, reads_many_rows_one_after_the_other_and_may_stop)
{
    enum { ROWS = 1201 };
    struct scratch s;
    const char *where;
    struct sl_db *db = open_new(&s, &where);
    EXPECT_EQ(SL_OK, sl_db_begin(db));
    for (int i = 0; i < ROWS; i++)
        EXPECT_EQ(SL_OK, insert(db, i, SL_STR("x")));
    EXPECT_EQ(SL_OK, sl_db_commit(db));
    EXPECT_EQ(SL_OK, sl_db_begin_read(db));
    const int stops[] = {ROWS, 500, 501, 1, ROWS};
    for (size_t k = 0; k < SL_LEN(stops); k++) {
        struct sl_query *q = sl_db_query(db, "SELECT id FROM t WHERE id >= ? ORDER BY id");
        int64_t n = 0;
        sl_query_i64(q, 1, 0);
        sl_query_many(q);
        for (; n < stops[k] && sl_query_row(q); n++)
            EXPECT_EQ(n, sl_query_i64_at(q, 0));
        EXPECT_EQ(stops[k], n);
        if (n == ROWS)
            EXPECT(!sl_query_row(q));
        EXPECT_EQ(SL_OK, sl_query_end(q));
    }
    sl_db_rollback(db);
    close_it(&s, db);
}

static int64_t number_by_text_of_its_own(struct sl_db *db, struct scratch *s, int i)
{
    struct sl_query *q =
        sl_db_query(db, sl_fmt(s->arena, "SELECT count(*) + %d FROM t WHERE id >= ?", i).p);
    sl_query_i64(q, 1, 0);
    int64_t n = sl_query_row(q) ? sl_query_i64_at(q, 0) : -1;
    EXPECT_EQ(SL_OK, sl_query_end(q));
    return n;
}

TEST(db, runs_more_different_texts_than_it_keeps_and_takes_none_that_is_read)
{
    enum { TEXTS = 300 };
    struct scratch s;
    const char *where;
    struct sl_db *db = open_new(&s, &where);
    EXPECT_EQ(SL_OK, insert(db, 1, SL_STR("x")));
    EXPECT_EQ(SL_OK, insert(db, 2, SL_STR("y")));
    EXPECT_EQ(SL_OK, sl_db_begin_read(db));
    struct sl_query *q = sl_db_query(db, "SELECT name FROM t ORDER BY id");
    EXPECT(sl_query_row(q));
    for (int i = 0; i < 2 * TEXTS; i++) /* the second time those before must work still */
        EXPECT_EQ(2 + i % TEXTS, number_by_text_of_its_own(db, &s, i % TEXTS));
    EXPECT_STR("x", sl_query_text_at(q, 0));
    EXPECT(sl_query_row(q));
    EXPECT_STR("y", sl_query_text_at(q, 0));
    EXPECT(!sl_query_row(q));
    EXPECT_EQ(SL_OK, sl_query_end(q));
    sl_db_rollback(db);
    EXPECT_EQ(2, count(db));
    close_it(&s, db);
}

TEST(db, that_is_read_only_refuses_to_write)
{
    struct scratch s;
    const char *where;
    struct sl_db *db = open_new(&s, &where), *reader;
    EXPECT_EQ(SL_OK, sl_db_open_to_read(where, &reader, &s.diag));
    EXPECT_EQ(SL_E_IO, insert(reader, 1, SL_STR("x")));
    EXPECT_EQ(0, count(reader));
    sl_db_close(reader);
    close_it(&s, db);
}

TEST(db, is_brought_up_to_date_once_and_refused_when_it_is_newer)
{
    struct scratch s;
    const char *where;
    struct sl_db *db = open_new(&s, &where);
    int64_t version = -1;
    EXPECT_EQ(SL_OK, sl_db_version(db, &version));
    EXPECT_EQ(0, version);
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_control, &s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_control, &s.diag));
    EXPECT_EQ(SL_OK, sl_db_version(db, &version));
    EXPECT_EQ(sl_schema_control.count, version);
    EXPECT_EQ(SL_OK, sl_db_begin(db));
    EXPECT_EQ(SL_OK, sl_db_set_version(db, 1000));
    EXPECT_EQ(SL_OK, sl_db_commit(db));
    EXPECT_EQ(SL_E_UNSUPPORTED, sl_db_migrate(db, &sl_schema_control, &s.diag));
    EXPECT_EQ(1, s.diag.count);
    close_it(&s, db);
}
