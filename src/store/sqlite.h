/**
 * sqlite: a database file and its prepared statements. The one place that knows SQLite.
 *
 * Opened in WAL mode with synchronous=FULL: a commit that returned is on the disk. May block for
 * SL_DB_BUSY_MS while another process writes. One thread at a time uses a database and its queries.
 *
 *     struct sl_query *q = sl_db_query(db, "SELECT name FROM t WHERE id = ?");
 *     sl_query_i64(q, 1, id);
 *     while (sl_query_row(q))
 *         use(sl_query_text_at(q, 0));
 *     return sl_query_end(q);
 *
 * The first failure of a query sticks until sl_query_end() tells it; the calls between do nothing
 * then. Errors: SL_E_IO (disk full or broken), SL_E_AGAIN (locked by another for too long),
 * SL_E_CONFLICT (a constraint), SL_E_SYNTAX (no database, or a damaged one), SL_E_INTERNAL (wrong
 * SQL and the like). sl_db_error() has SQLite's words for the last one.
 */
#pragma once
#include "base/diag.h"

enum { SL_DB_BUSY_MS = 5000, SL_DB_QUERIES_MAX = 128 };

struct sl_db;
struct sl_query;

/** Open, and make if missing (mode 0600 by the umask's leave). The reason of a failure is in `d`. */
sl_rc sl_db_open(const char *path, struct sl_db **ret, struct sl_diag *d) SL_CHECKED;
/** The same without the right to write; the file must exist. */
sl_rc sl_db_open_to_read(const char *path, struct sl_db **ret, struct sl_diag *d) SL_CHECKED;
/** Accepts NULL. */
void sl_db_close(struct sl_db *db);

/** SQLite's words for the last failure; valid until the next call. */
sl_str sl_db_error(const struct sl_db *db);
/** Record them as a problem of the file and return `rc`. */
sl_rc sl_db_fail(const struct sl_db *db, sl_rc rc, struct sl_diag *d);

/** Run statements that give no rows. */
sl_rc sl_db_exec(struct sl_db *db, const char *sql) SL_CHECKED;
/** Begin a transaction that will write. */
sl_rc sl_db_begin(struct sl_db *db) SL_CHECKED;
sl_rc sl_db_commit(struct sl_db *db) SL_CHECKED;
/** Undo; also when there is no transaction any more. */
void sl_db_rollback(struct sl_db *db);
/** Rows that the last INSERT, UPDATE or DELETE changed. */
int64_t sl_db_changes(const struct sl_db *db);

/**
 * The statement of this text, prepared once and kept; at most SL_DB_QUERIES_MAX different ones. Never
 * NULL. It must not be in use already.
 */
struct sl_query *sl_db_query(struct sl_db *db, const char *sql);
/** Bind parameter `at` (from 1). Texts must live until sl_query_end. */
void sl_query_text(struct sl_query *q, int at, sl_str text);
void sl_query_i64(struct sl_query *q, int at, int64_t v);
void sl_query_null(struct sl_query *q, int at);
/** Go to the next row. False at the end and after a failure. */
bool sl_query_row(struct sl_query *q) SL_CHECKED;
/** A column (from 0) of the row; texts are valid until the next sl_query_row or sl_query_end. */
int64_t sl_query_i64_at(struct sl_query *q, int column);
sl_str sl_query_text_at(struct sl_query *q, int column);
bool sl_query_is_null_at(struct sl_query *q, int column);
/** Make it ready for the next use. Tells how this one went. */
sl_rc sl_query_end(struct sl_query *q) SL_CHECKED;
/** Run it to its end. */
sl_rc sl_query_run(struct sl_query *q) SL_CHECKED;
