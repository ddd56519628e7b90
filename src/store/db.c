#include "store/db.h"
#include "base/str.h"
#include "store/postgres.h"
#include "store/sqlite.h"

bool sl_db_is_url(sl_str where)
{
    return sl_str_starts(where, SL_STR("postgresql://")) ||
           sl_str_starts(where, SL_STR("postgres://"));
}

static const struct sl_db_driver *driver_of(const char *where)
{
    return sl_db_is_url(sl_cstr(where)) ? &sl_db_postgres : &sl_db_sqlite;
}

sl_rc sl_db_open(const char *where, struct sl_db **ret, struct sl_diag *d)
{
    return driver_of(where)->open(where, false, ret, d);
}

sl_rc sl_db_open_to_read(const char *where, struct sl_db **ret, struct sl_diag *d)
{
    return driver_of(where)->open(where, true, ret, d);
}

static void free_query(struct sl_query *q)
{
    if (q == NULL)
        return;
    sl_free(q->sql);
    q->db->driver->query_free(q);
}

void sl_db_close(struct sl_db *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < db->query_count; i++)
        free_query(db->queries[i]);
    free_query(db->failed);
    sl_free(db->name);
    db->driver->close(db);
}

bool sl_db_is_postgres(const struct sl_db *db)
{
    return db->driver == &sl_db_postgres;
}

sl_str sl_db_error(const struct sl_db *db)
{
    return db->driver->error(db);
}

sl_rc sl_db_fail(const struct sl_db *db, sl_rc rc, struct sl_diag *d)
{
    return sl_diag_fail_at(d, rc, sl_cstr(db->name), 0, 0, (sl_str){0}, "%.*s",
                           SL_STRF(sl_db_error(db)));
}

/* ------------------------------------------------------------------ transactions */

sl_rc sl_db_exec(struct sl_db *db, const char *sql)
{
    return db->driver->exec(db, sql);
}

sl_rc sl_db_begin(struct sl_db *db)
{
    return db->driver->begin(db, SL_DB_WRITE);
}

sl_rc sl_db_begin_read(struct sl_db *db)
{
    return db->driver->begin(db, SL_DB_READ);
}

sl_rc sl_db_begin_aside(struct sl_db *db)
{
    return db->driver->begin(db, SL_DB_ASIDE);
}

sl_rc sl_db_commit(struct sl_db *db)
{
    return db->driver->commit(db);
}

void sl_db_rollback(struct sl_db *db)
{
    db->driver->rollback(db);
}

int64_t sl_db_changes(const struct sl_db *db)
{
    return db->driver->changes(db);
}

sl_rc sl_db_version(struct sl_db *db, int64_t *ret)
{
    return db->driver->version(db, ret);
}

sl_rc sl_db_set_version(struct sl_db *db, int64_t version)
{
    return db->driver->set_version(db, version);
}

sl_rc sl_db_announce(struct sl_db *db)
{
    return db->driver->announce(db);
}

void sl_db_listen(struct sl_db *db)
{
    db->driver->listen(db);
}

bool sl_db_wait(struct sl_db *db, int wake_fd, int timeout_ms)
{
    return db->driver->wait(db, wake_fd, timeout_ms);
}

/* ------------------------------------------------------------------ queries */

static struct sl_query *find_query(const struct sl_db *db, const char *sql)
{
    for (size_t i = 0; i < db->query_count; i++) {
        if (strcmp(db->queries[i]->sql, sql) == 0)
            return db->queries[i];
    }
    return NULL;
}

/* The place of the one whose use is the longest ago; nobody reads of it now. */
static struct sl_query **oldest_unused(struct sl_db *db)
{
    struct sl_query **oldest = NULL;
    for (size_t i = 0; i < db->query_count; i++) {
        struct sl_query **at = &db->queries[i];
        if (!(*at)->is_in_use && (oldest == NULL || (*at)->used < (*oldest)->used))
            oldest = at;
    }
    SL_ASSERT(oldest != NULL); /* we nest but a few */
    return oldest;
}

static void keep_query(struct sl_db *db, struct sl_query *q)
{
    if (db->query_count < SL_DB_QUERIES_MAX) {
        db->queries[db->query_count++] = q;
        return;
    }
    struct sl_query **place = oldest_unused(db);
    if (db->driver->query_forget != NULL)
        db->driver->query_forget(*place);
    free_query(*place);
    *place = q;
}

static struct sl_query *make_query(struct sl_db *db, const char *sql)
{
    free_query(db->failed);
    db->failed = NULL;
    struct sl_query *q = db->driver->query_new(db, sql);
    q->db = db;
    q->sql = sl_strdup(sl_cstr(sql));
    if (q->rc == SL_OK)
        keep_query(db, q);
    else
        db->failed = q; /* tried again the next time */
    return q;
}

struct sl_query *sl_db_query(struct sl_db *db, const char *sql)
{
    struct sl_query *q = find_query(db, sql);
    if (q == NULL)
        q = make_query(db, sql);
    q->used = ++db->uses;
    q->is_in_use = true;
    return q;
}

void sl_query_many(struct sl_query *q)
{
    q->is_many = true;
}

void sl_query_text(struct sl_query *q, int at, sl_str text)
{
    if (q->rc == SL_OK)
        q->rc = q->db->driver->bind_text(q, at, text);
}

void sl_query_i64(struct sl_query *q, int at, int64_t v)
{
    if (q->rc == SL_OK)
        q->rc = q->db->driver->bind_i64(q, at, v);
}

void sl_query_null(struct sl_query *q, int at)
{
    if (q->rc == SL_OK)
        q->rc = q->db->driver->bind_null(q, at);
}

bool sl_query_row(struct sl_query *q)
{
    bool is_row = false;
    if (q->rc == SL_OK)
        q->rc = q->db->driver->row(q, &is_row);
    return is_row && q->rc == SL_OK;
}

int64_t sl_query_i64_at(struct sl_query *q, int column)
{
    return q->db->driver->i64_at(q, column);
}

sl_str sl_query_text_at(struct sl_query *q, int column)
{
    return q->db->driver->text_at(q, column);
}

bool sl_query_is_null_at(struct sl_query *q, int column)
{
    return q->db->driver->is_null_at(q, column);
}

sl_rc sl_query_end(struct sl_query *q)
{
    sl_rc rc = q->rc;
    q->db->driver->end(q);
    q->is_many = false;
    q->is_in_use = false;
    if (q != q->db->failed)
        q->rc = SL_OK;
    return rc;
}

sl_rc sl_query_run(struct sl_query *q)
{
    while (sl_query_row(q)) {
    }
    return sl_query_end(q);
}
