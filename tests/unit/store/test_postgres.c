/*
 * What only a server does; runs with tools/with-postgres.
 */
#include "base/str.h"
#include "store/db.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

#include <sys/eventfd.h>
#include <unistd.h>

static struct sl_db *open_one(struct scratch *s, const char *where)
{
    struct sl_db *db;
    EXPECT_EQ(SL_OK, sl_db_open(where, &db, &s->diag));
    return db;
}

/* End the connection of `db` behind its back, as a restart of the server does. */
static void cut(struct sl_db *db, struct sl_db *by)
{
    struct sl_query *q = sl_db_query(db, "SELECT pg_backend_pid()");
    int64_t pid = sl_query_row(q) ? sl_query_i64_at(q, 0) : 0;
    EXPECT_EQ(SL_OK, sl_query_end(q));
    q = sl_db_query(by, "SELECT pg_terminate_backend(CAST(? AS INTEGER), 5000)");
    sl_query_i64(q, 1, pid);
    EXPECT_EQ(SL_OK, sl_query_run(q));
}

TEST(postgres, connects_anew_when_the_server_ended_the_connection)
{
    struct scratch s;
    scratch_init(&s);
    const char *where = scratch_db(&s, "t.db");
    struct sl_db *db = open_one(&s, where), *other = open_one(&s, where);
    EXPECT_EQ(SL_OK, sl_db_exec(db, "CREATE TABLE t (id BIGINT)"));
    cut(db, other);
    EXPECT_EQ(SL_OK, sl_db_begin(db));
    EXPECT_EQ(SL_OK, sl_query_run(sl_db_query(db, "INSERT INTO t VALUES (1)")));
    cut(db, other);
    EXPECT_EQ(SL_E_IO, sl_query_run(sl_db_query(db, "INSERT INTO t VALUES (2)")));
    sl_db_rollback(db);
    EXPECT_EQ(SL_OK, sl_db_begin(db));
    EXPECT_EQ(SL_OK, sl_query_run(sl_db_query(db, "INSERT INTO t VALUES (3)")));
    cut(db, other);
    EXPECT_EQ(SL_E_UNCERTAIN, sl_db_commit(db));
    EXPECT_EQ(SL_OK, sl_db_begin_read(db));
    struct sl_query *q = sl_db_query(db, "SELECT count(*) FROM t");
    EXPECT(sl_query_row(q));
    EXPECT_EQ(0, sl_query_i64_at(q, 0));
    EXPECT_EQ(SL_OK, sl_query_end(q));
    sl_db_close(db);
    sl_db_close(other);
    scratch_fini(&s);
}

TEST(postgres, tells_those_who_listen_when_it_is_committed)
{
    struct scratch s;
    scratch_init(&s);
    const char *where = scratch_db(&s, "t.db");
    struct sl_db *db = open_one(&s, where), *listener = open_one(&s, where);
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sl_db_listen(listener);
    EXPECT_EQ(SL_OK, sl_db_begin(db));
    EXPECT_EQ(SL_OK, sl_db_announce(db));
    EXPECT(!sl_db_wait(listener, wake, 50));
    EXPECT_EQ(SL_OK, sl_db_commit(db));
    EXPECT(sl_db_wait(listener, wake, 10000));
    cut(listener, db);
    EXPECT(!sl_db_wait(listener, wake, 0));
    EXPECT_EQ(SL_OK, sl_db_begin_read(listener)); /* connects, and listens again */
    sl_db_rollback(listener);
    EXPECT_EQ(SL_OK, sl_db_begin(db));
    EXPECT_EQ(SL_OK, sl_db_announce(db));
    EXPECT_EQ(SL_OK, sl_db_commit(db));
    EXPECT(sl_db_wait(listener, wake, 10000));
    close(wake);
    sl_db_close(db);
    sl_db_close(listener);
    scratch_fini(&s);
}

TEST(postgres, takes_a_text_that_it_cannot_hold_for_one_that_is_nowhere)
{
    struct scratch s;
    scratch_init(&s);
    struct sl_db *db = open_one(&s, scratch_db(&s, "t.db"));
    EXPECT_EQ(SL_OK, sl_db_exec(db, "CREATE TABLE t (name TEXT NOT NULL)"));
    const sl_str bad[] = {SL_STR("a\0b"), SL_STR("\xff")};
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct sl_query *q = sl_db_query(db, "SELECT 1 FROM t WHERE name = ?");
        sl_query_text(q, 1, bad[i]);
        EXPECT(!sl_query_row(q));
        EXPECT_EQ(SL_OK, sl_query_end(q));
        q = sl_db_query(db, "INSERT INTO t VALUES (?)");
        sl_query_text(q, 1, bad[i]);
        EXPECT_EQ(SL_E_CONFLICT, sl_query_run(q));
    }
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(postgres, that_is_not_there_is_named_without_its_password)
{
    struct scratch s;
    struct sl_db *db = NULL;
    scratch_init(&s);
    EXPECT_EQ(SL_E_IO, sl_db_open("postgresql://me:secret@127.0.0.1:1/base", &db, &s.diag));
    EXPECT_STR("postgresql://127.0.0.1:1/base", s.diag.problems[0].file);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(s.diag.problems[0].message, SL_STR("secret")));
    EXPECT(db == NULL);
    scratch_fini(&s);
}
