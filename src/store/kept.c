#include "store/kept.h"
#include "base/num.h"
#include "base/str.h"

/* ------------------------------------------------------------------ the number of the last one */

static sl_rc read_last(struct sl_db *db, int64_t *ret)
{
    struct sl_query *q =
        sl_db_query(db, "SELECT value FROM setting WHERE name = 'kept_response_seq'");
    int64_t last = 0;
    bool is_good = sl_query_row(q) && sl_num_i64(sl_query_text_at(q, 0), &last);
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK && !is_good)
        rc = SL_E_SYNTAX;
    if (rc == SL_OK)
        *ret = last;
    return rc;
}

static sl_rc raise_last(struct sl_db *db, size_t by)
{
    struct sl_query *q =
        sl_db_query(db, "UPDATE setting SET value = CAST(CAST(value AS BIGINT) + ? AS TEXT)"
                        " WHERE name = 'kept_response_seq'");
    sl_query_i64(q, 1, (int64_t)by);
    return sl_query_run(q);
}

/* ------------------------------------------------------------------ writing */

/* What was deleted stays so, however late a put comes. */
static sl_rc put(struct sl_db *db, sl_str writer, const struct sl_kept *row, int64_t seq)
{
    struct sl_query *q = sl_db_query(
        db, "INSERT INTO kept_response (seq, owner, id, writer, written_us, bytes, sealed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (owner, id) DO UPDATE SET seq = excluded.seq, writer = excluded.writer,"
            " written_us = excluded.written_us, bytes = excluded.bytes, sealed = excluded.sealed"
            " WHERE kept_response.sealed <> '' OR excluded.sealed = ''");
    sl_query_i64(q, 1, seq);
    sl_query_text(q, 2, row->owner);
    sl_query_text(q, 3, row->id);
    sl_query_text(q, 4, writer);
    sl_query_i64(q, 5, row->written_us);
    sl_query_i64(q, 6, row->bytes);
    sl_query_text(q, 7, row->sealed);
    return sl_query_run(q);
}

/* The one who raises the number first is the only one until it commits: numbers become visible in their order. */
static sl_rc put_all(struct sl_db *db, sl_str writer, const struct sl_kept *rows, size_t n)
{
    int64_t last = 0;
    sl_rc rc = raise_last(db, n);
    if (rc == SL_OK)
        rc = read_last(db, &last);
    for (size_t i = 0; i < n && rc == SL_OK; i++)
        rc = put(db, writer, &rows[i], last - (int64_t)(n - 1 - i));
    return rc;
}

/* Ends the transaction that was begun. */
static sl_rc finish(struct sl_db *db, sl_rc rc)
{
    if (rc == SL_OK)
        rc = sl_db_commit(db);
    if (rc != SL_OK)
        sl_db_rollback(db);
    return rc;
}

sl_rc sl_kept_write(struct sl_db *db, sl_str writer, const struct sl_kept *rows, size_t n)
{
    sl_rc rc = sl_db_begin(db);
    return rc == SL_OK ? finish(db, put_all(db, writer, rows, n)) : rc;
}

/* ------------------------------------------------------------------ looking */

static sl_rc tell(struct sl_db *db, sl_str writer, int64_t after, sl_kept_fn *fn, void *arg)
{
    struct sl_query *q =
        sl_db_query(db, "SELECT owner, id, sealed, written_us, bytes FROM kept_response"
                        " WHERE seq > ? AND writer <> ? ORDER BY seq");
    sl_query_many(q);
    sl_query_i64(q, 1, after);
    sl_query_text(q, 2, writer);
    while (sl_query_row(q)) {
        struct sl_kept row = {.owner = sl_query_text_at(q, 0),
                              .id = sl_query_text_at(q, 1),
                              .sealed = sl_query_text_at(q, 2),
                              .written_us = sl_query_i64_at(q, 3),
                              .bytes = sl_query_i64_at(q, 4)};
        fn(&row, arg);
    }
    return sl_query_end(q);
}

sl_rc sl_kept_look(struct sl_db *db, sl_str writer, int64_t *seen, sl_kept_fn *fn, void *arg)
{
    int64_t last = 0;
    sl_rc rc = sl_db_begin_read(db);
    if (rc != SL_OK)
        return rc;
    rc = read_last(db, &last);
    if (rc == SL_OK && last != *seen)
        rc = tell(db, writer, last < *seen ? 0 : *seen, fn, arg);
    if (rc == SL_OK)
        *seen = last;
    sl_db_rollback(db);
    return rc;
}

/* ------------------------------------------------------------------ forgetting */

/* The newest ones stay, up to the bound. */
#define DELETE_EXCESS(OF)                                                                       \
    "DELETE FROM kept_response WHERE seq IN (SELECT seq FROM (SELECT seq, SUM(bytes) OVER (" OF \
    " ORDER BY seq DESC) AS bytes_until FROM kept_response) AS newest"                          \
    " WHERE bytes_until > CAST(? AS BIGINT))"

static sl_rc delete_by(struct sl_db *db, const char *sql, int64_t bound)
{
    struct sl_query *q = sl_db_query(db, sql);
    sl_query_i64(q, 1, bound);
    return sl_query_run(q);
}

/* Each owner's first, so that nobody's push out another's. */
static sl_rc prune(struct sl_db *db, const struct sl_kept_limits *limits)
{
    sl_rc rc = delete_by(db, "DELETE FROM kept_response WHERE written_us < ?", limits->before_us);
    if (rc == SL_OK)
        rc = delete_by(db, DELETE_EXCESS("PARTITION BY owner"), limits->owner_bytes);
    if (rc == SL_OK)
        rc = delete_by(db, DELETE_EXCESS(""), limits->bytes);
    return rc;
}

sl_rc sl_kept_prune(struct sl_db *db, const struct sl_kept_limits *limits)
{
    sl_rc rc = sl_db_begin(db);
    return rc == SL_OK ? finish(db, prune(db, limits)) : rc;
}
