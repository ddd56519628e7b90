#include "store/sqlite.h"
#include "base/str.h"
#include "store/sqlite_usage.h"

#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>

struct query {
    struct sl_query base;
    sqlite3_stmt *stmt; /* NULL: it could not be prepared */
};

struct database {
    struct sl_db base;
    sqlite3 *handle;
};

static sqlite3 *handle_of(const struct sl_db *db)
{
    return SL_CONTAINER(db, const struct database, base)->handle;
}

static sqlite3_stmt *stmt_of(struct sl_query *q)
{
    return SL_CONTAINER(q, struct query, base)->stmt;
}

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

static sl_str error_text(const struct sl_db *db)
{
    return sl_cstr(sqlite3_errmsg(handle_of(db)));
}

static sl_rc exec(struct sl_db *db, const char *sql)
{
    return rc_of(sqlite3_exec(handle_of(db), sql, NULL, NULL, NULL));
}

/* ------------------------------------------------------------------ open and close */

static sl_rc open_file(const char *path, bool is_to_read, struct sl_db **ret, struct sl_diag *d)
{
    /* the query finds out whether it is a database at all, which opening does not */
    const char *first =
        is_to_read ? "SELECT count(*) FROM sqlite_schema;"
                   : "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;";
    int flags = is_to_read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    struct database *db = sl_new(struct database);
    db->base.driver = &sl_db_sqlite;
    db->base.name = sl_strdup(sl_cstr(path));
    sl_rc rc = rc_of(sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL));
    if (rc == SL_OK) {
        (void)sqlite3_extended_result_codes(db->handle, 1); /* only better messages */
        (void)sqlite3_busy_timeout(db->handle, SL_DB_BUSY_MS);
        rc = sl_sqlite_usage_add(db->handle) ? exec(&db->base, first) : SL_E_NOMEM;
    }
    if (rc != SL_OK) {
        (void)sl_db_fail(&db->base, rc, d);
        sl_db_close(&db->base);
        return rc;
    }
    *ret = &db->base;
    return SL_OK;
}

static void close_file(struct sl_db *db)
{
    (void)sqlite3_close(handle_of(db));
    sl_free(SL_CONTAINER(db, struct database, base));
}

/* ------------------------------------------------------------------ transactions */

static sl_rc begin(struct sl_db *db, enum sl_db_mode mode)
{
    return exec(db, mode == SL_DB_READ ? "BEGIN" : "BEGIN IMMEDIATE");
}

static sl_rc commit(struct sl_db *db)
{
    return exec(db, "COMMIT");
}

static void rollback(struct sl_db *db)
{
    if (sqlite3_get_autocommit(handle_of(db)))
        return;
    sl_rc rc = exec(db, "ROLLBACK");
    (void)rc; /* what cannot be undone now is undone at the next opening */
}

static int64_t changes(const struct sl_db *db)
{
    return sqlite3_changes64(handle_of(db));
}

static sl_rc version(struct sl_db *db, int64_t *ret)
{
    struct sl_query *q = sl_db_query(db, "PRAGMA user_version");
    int64_t found = 0;
    if (sl_query_row(q))
        found = sl_query_i64_at(q, 0);
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK)
        *ret = found;
    return rc;
}

static sl_rc set_version(struct sl_db *db, int64_t to)
{
    char sql[64];
    snprintf(sql, sizeof(sql), "PRAGMA user_version=%lld", (long long)to);
    return exec(db, sql);
}

static sl_rc announce(struct sl_db *db)
{
    (void)db;
    return SL_OK;
}

static void listen_to(struct sl_db *db)
{
    (void)db;
}

static bool wait_for(struct sl_db *db, int wake_fd, int timeout_ms)
{
    struct pollfd fd = {.fd = wake_fd, .events = POLLIN};
    (void)db;
    (void)poll(&fd, 1, timeout_ms); /* however it ends: nothing was announced */
    return false;
}

/* ------------------------------------------------------------------ queries */

static struct sl_query *query_new(struct sl_db *db, const char *sql)
{
    struct query *q = sl_new(struct query);
    q->base.rc = rc_of(
        sqlite3_prepare_v3(handle_of(db), sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL));
    return &q->base;
}

static void query_free(struct sl_query *q)
{
    (void)sqlite3_finalize(stmt_of(q)); /* tells the last step's failure again */
    sl_free(SL_CONTAINER(q, struct query, base));
}

static sl_rc bind_text(struct sl_query *q, int at, sl_str text)
{
    return rc_of(sqlite3_bind_text64(stmt_of(q), at, text.p != NULL ? text.p : "", text.n,
                                     SQLITE_STATIC, SQLITE_UTF8));
}

static sl_rc bind_i64(struct sl_query *q, int at, int64_t v)
{
    return rc_of(sqlite3_bind_int64(stmt_of(q), at, v));
}

static sl_rc bind_null(struct sl_query *q, int at)
{
    return rc_of(sqlite3_bind_null(stmt_of(q), at));
}

static sl_rc row(struct sl_query *q, bool *ret_is_row)
{
    int code = sqlite3_step(stmt_of(q));
    *ret_is_row = code == SQLITE_ROW;
    return rc_of(code);
}

static int64_t i64_at(struct sl_query *q, int column)
{
    return sqlite3_column_int64(stmt_of(q), column);
}

static sl_str text_at(struct sl_query *q, int column)
{
    const char *p = (const char *)sqlite3_column_text(stmt_of(q), column);
    return (sl_str){p, p != NULL ? (size_t)sqlite3_column_bytes(stmt_of(q), column) : 0};
}

static bool is_null_at(struct sl_query *q, int column)
{
    return sqlite3_column_type(stmt_of(q), column) == SQLITE_NULL;
}

static void end(struct sl_query *q)
{
    if (stmt_of(q) == NULL)
        return;
    (void)sqlite3_reset(stmt_of(q)); /* tells what the step told */
    (void)sqlite3_clear_bindings(stmt_of(q));
}

const struct sl_db_driver sl_db_sqlite = {
    .open = open_file,
    .close = close_file,
    .error = error_text,
    .exec = exec,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .changes = changes,
    .version = version,
    .set_version = set_version,
    .announce = announce,
    .listen = listen_to,
    .wait = wait_for,
    .query_new = query_new,
    .query_free = query_free,
    .bind_text = bind_text,
    .bind_i64 = bind_i64,
    .bind_null = bind_null,
    .row = row,
    .i64_at = i64_at,
    .text_at = text_at,
    .is_null_at = is_null_at,
    .end = end,
};
