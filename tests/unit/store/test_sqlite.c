#include "store/db.h"
#include "base/str.h"
#include "store/store.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

static struct sl_db *open_new(struct scratch *s)
{
    struct sl_db *db;
    scratch_init(s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(s, "t.db"), &db, &s->diag));
    EXPECT_EQ(SL_OK, sl_db_exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT"));
    return db;
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

TEST(sqlite, gives_back_what_was_bound)
{
    struct scratch s;
    struct sl_db *db = open_new(&s);
    EXPECT_EQ(SL_OK, insert(db, INT64_MIN, SL_STR("a\0b")));
    EXPECT_EQ(1, sl_db_changes(db));
    EXPECT_EQ(SL_OK, insert(db, 7, (sl_str){0}));
    struct sl_query *q = sl_db_query(db, "SELECT id, name FROM t ORDER BY id");
    EXPECT(sl_query_row(q));
    EXPECT_EQ(INT64_MIN, sl_query_i64_at(q, 0));
    EXPECT_STRS(SL_STR("a\0b"), sl_query_text_at(q, 1));
    EXPECT(sl_query_row(q));
    EXPECT(sl_query_is_null_at(q, 1));
    EXPECT(!sl_query_row(q));
    EXPECT_EQ(SL_OK, sl_query_end(q));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(sqlite, tells_a_failure_once_and_goes_on)
{
    struct scratch s;
    struct sl_db *db = open_new(&s);
    EXPECT_EQ(SL_OK, insert(db, 1, SL_STR("x")));
    EXPECT_EQ(SL_E_CONFLICT, insert(db, 1, SL_STR("y")));
    EXPECT_EQ(SL_OK, insert(db, 2, SL_STR("y")));
    EXPECT_EQ(SL_E_INTERNAL, sl_query_run(sl_db_query(db, "SELECT x FROM nowhere")));
    EXPECT_STR("no such table: nowhere", sl_db_error(db));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(sqlite, forgets_a_transaction_that_is_rolled_back)
{
    struct scratch s;
    struct sl_db *db = open_new(&s);
    EXPECT_EQ(SL_OK, sl_db_begin(db));
    EXPECT_EQ(SL_OK, insert(db, 1, SL_STR("x")));
    sl_db_rollback(db);
    sl_db_rollback(db); /* there is none any more */
    EXPECT_EQ(SL_OK, insert(db, 1, SL_STR("y")));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(sqlite, names_the_file_that_it_cannot_open)
{
    struct scratch s;
    struct sl_db *db = NULL;
    scratch_init(&s);
    EXPECT_EQ(SL_E_IO, sl_db_open("/nowhere/at/all.db", &db, &s.diag));
    EXPECT_STR("/nowhere/at/all.db", s.diag.problems[0].file);
    scratch_append(&s, "text.db", SL_STR("this is a text and no database, whatever its name says"));
    EXPECT_EQ(SL_E_SYNTAX, sl_db_open(scratch_path(&s, "text.db"), &db, &s.diag));
    EXPECT_EQ(SL_E_IO, sl_db_open_to_read(scratch_path(&s, "missing.db"), &db, &s.diag));
    EXPECT(db == NULL);
    scratch_fini(&s);
}

TEST(sqlite, that_is_read_only_refuses_to_write)
{
    struct scratch s;
    struct sl_db *db = open_new(&s), *reader;
    EXPECT_EQ(SL_OK, sl_db_open_to_read(scratch_path(&s, "t.db"), &reader, &s.diag));
    EXPECT_EQ(SL_E_IO, insert(reader, 1, SL_STR("x")));
    sl_db_close(reader);
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(sqlite, store_tells_why_it_cannot_be_opened)
{
    struct scratch s;
    struct sl_store *store;
    scratch_init(&s);
    scratch_append(&s, "no.db", SL_STR("this is not a database, and long enough to be looked at"));
    EXPECT_EQ(SL_E_SYNTAX, sl_store_open(scratch_path(&s, "no.db"), &store, &s.diag));
    EXPECT_EQ(SL_E_IO, sl_store_open(scratch_path(&s, "no/c.db"), &store, &s.diag));
    EXPECT_EQ(2, s.diag.count);
    scratch_fini(&s);
}
