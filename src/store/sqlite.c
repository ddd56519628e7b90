#include "store/sqlite.h"
#include "base/str.h"

#include <sqlite3.h>

struct sl_query {
    struct sl_db *db;
    sqlite3_stmt *stmt; /* NULL: it could not be prepared */
    sl_rc rc;
};

struct sl_db {
    sqlite3 *handle;
    char *path;
    struct sl_query queries[SL_DB_QUERIES_MAX];
    size_t query_count;
};

static sl_rc rc_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return SL_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return SL_E_AGAIN;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
        return SL_E_IO;
    case SQLITE_CONSTRAINT:
        return SL_E_CONFLICT;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return SL_E_SYNTAX;
    }
    return SL_E_INTERNAL;
}

sl_str sl_db_error(const struct sl_db *db)
{
    return sl_cstr(sqlite3_errmsg(db->handle));
}

sl_rc sl_db_fail(const struct sl_db *db, sl_rc rc, struct sl_diag *d)
{
    return sl_diag_fail_at(d, rc, sl_cstr(db->path), 0, 0, (sl_str){0}, "%.*s",
                           SL_STRF(sl_db_error(db)));
}

static sl_rc open_with(const char *path, int flags, const char *pragmas, struct sl_db **ret,
                       struct sl_diag *d)
{
    struct sl_db *db = sl_new(struct sl_db);
    db->path = sl_strdup(sl_cstr(path));
    int code = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    sl_rc rc = rc_of(code);
    if (rc == SL_OK) {
        (void)sqlite3_extended_result_codes(db->handle, 1); /* only better messages */
        (void)sqlite3_busy_timeout(db->handle, SL_DB_BUSY_MS);
        rc = sl_db_exec(db, pragmas);
    }
    if (rc != SL_OK) {
        (void)sl_db_fail(db, rc, d);
        sl_db_close(db);
        return rc;
    }
    *ret = db;
    return SL_OK;
}

sl_rc sl_db_open(const char *path, struct sl_db **ret, struct sl_diag *d)
{
    return open_with(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
                     ret, d);
}

sl_rc sl_db_open_to_read(const char *path, struct sl_db **ret, struct sl_diag *d)
{
    /* the query finds out whether it is a database at all, which opening does not */
    return open_with(path, SQLITE_OPEN_READONLY, "SELECT count(*) FROM sqlite_schema;", ret, d);
}

void sl_db_close(struct sl_db *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < db->query_count; i++)
        (void)sqlite3_finalize(db->queries[i].stmt); /* tells the last step's failure again */
    (void)sqlite3_close(db->handle);
    sl_free(db->path);
    sl_free(db);
}

sl_rc sl_db_exec(struct sl_db *db, const char *sql)
{
    return rc_of(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

sl_rc sl_db_begin(struct sl_db *db)
{
    return sl_db_exec(db, "BEGIN IMMEDIATE");
}

sl_rc sl_db_commit(struct sl_db *db)
{
    return sl_db_exec(db, "COMMIT");
}

void sl_db_rollback(struct sl_db *db)
{
    if (sqlite3_get_autocommit(db->handle))
        return;
    sl_rc rc = sl_db_exec(db, "ROLLBACK");
    (void)rc; /* what cannot be undone now is undone at the next opening */
}

int64_t sl_db_changes(const struct sl_db *db)
{
    return sqlite3_changes64(db->handle);
}

struct sl_query *sl_db_query(struct sl_db *db, const char *sql)
{
    for (size_t i = 0; i < db->query_count; i++) {
        if (strcmp(sqlite3_sql(db->queries[i].stmt), sql) == 0)
            return &db->queries[i];
    }
    SL_ASSERT(db->query_count < SL_DB_QUERIES_MAX);
    struct sl_query *q = &db->queries[db->query_count];
    *q = (struct sl_query){.db = db};
    q->rc =
        rc_of(sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL));
    if (q->rc == SL_OK)
        db->query_count++; /* a failed one is forgotten, and tried again the next time */
    return q;
}

static void note(struct sl_query *q, int code)
{
    if (q->rc == SL_OK)
        q->rc = rc_of(code);
}

void sl_query_text(struct sl_query *q, int at, sl_str text)
{
    if (q->rc == SL_OK)
        note(q, sqlite3_bind_text64(q->stmt, at, text.p != NULL ? text.p : "", text.n,
                                    SQLITE_STATIC, SQLITE_UTF8));
}

void sl_query_i64(struct sl_query *q, int at, int64_t v)
{
    if (q->rc == SL_OK)
        note(q, sqlite3_bind_int64(q->stmt, at, v));
}

void sl_query_null(struct sl_query *q, int at)
{
    if (q->rc == SL_OK)
        note(q, sqlite3_bind_null(q->stmt, at));
}

bool sl_query_row(struct sl_query *q)
{
    if (q->rc != SL_OK)
        return false;
    int code = sqlite3_step(q->stmt);
    note(q, code);
    return code == SQLITE_ROW;
}

int64_t sl_query_i64_at(struct sl_query *q, int column)
{
    return sqlite3_column_int64(q->stmt, column);
}

sl_str sl_query_text_at(struct sl_query *q, int column)
{
    const char *p = (const char *)sqlite3_column_text(q->stmt, column);
    return (sl_str){p, p != NULL ? (size_t)sqlite3_column_bytes(q->stmt, column) : 0};
}

bool sl_query_is_null_at(struct sl_query *q, int column)
{
    return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

sl_rc sl_query_end(struct sl_query *q)
{
    sl_rc rc = q->rc;
    q->rc = SL_OK;
    if (q->stmt == NULL)
        return rc;
    (void)sqlite3_reset(q->stmt); /* tells what the step told */
    (void)sqlite3_clear_bindings(q->stmt);
    return rc;
}

sl_rc sl_query_run(struct sl_query *q)
{
    while (sl_query_row(q)) {
    }
    return sl_query_end(q);
}
