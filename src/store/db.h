/**
 * db: a database and its prepared statements, whatever engine keeps it: SQLite for the path of a file
 * (store/sqlite.c), PostgreSQL for a URL that begins with postgresql:// or postgres:// (store/postgres.c).
 *
 * A commit that returned is on the disk. May block: for SL_DB_BUSY_MS while another process writes to the
 * file, or while a server does not answer. One thread at a time uses a database and its queries.
 *
 *     struct sl_query *q = sl_db_query(db, "SELECT name FROM t WHERE id = ?");
 *     sl_query_i64(q, 1, id);
 *     while (sl_query_row(q))
 *         use(sl_query_text_at(q, 0));
 *     return sl_query_end(q);
 *
 * SQL that both engines are to run is portable: TEXT and BIGINT, '?' for parameters (in no literal), ON
 * CONFLICT, row values. Texts compare as bytes.
 *
 * The first failure of a query sticks until sl_query_end() tells it; the calls between do nothing
 * then. Errors: SL_E_IO (disk full or broken, server away), SL_E_AGAIN (locked by another for too long),
 * SL_E_CONFLICT (a constraint), SL_E_SYNTAX (no database, or a damaged one), SL_E_INTERNAL (wrong
 * SQL and the like). sl_db_error() has the engine's words for the last one. After a failure inside of
 * a transaction the only thing to do is to roll it back: PostgreSQL refuses everything else.
 *
 * A connection to a server that was lost is made anew by the next sl_db_begin*(), at most every
 * SL_DB_RETRY_MS.
 */
#pragma once
#include "base/diag.h"

enum { SL_DB_BUSY_MS = 5000, SL_DB_QUERIES_MAX = 128, SL_DB_RETRY_MS = 500 };

struct sl_db;
struct sl_query;

/** Is it the URL of a server, not the path of a file? */
bool sl_db_is_url(sl_str where);

/** Open, and make a file if missing (mode 0600 by the umask's leave). The reason of a failure is in `d`. */
sl_rc sl_db_open(const char *where, struct sl_db **ret, struct sl_diag *d) SL_CHECKED;
/** The same without the right to write; a file must exist. */
sl_rc sl_db_open_to_read(const char *where, struct sl_db **ret, struct sl_diag *d) SL_CHECKED;
/** Accepts NULL. */
void sl_db_close(struct sl_db *db);

/** Is it PostgreSQL? For the few statements that are not portable. */
bool sl_db_is_postgres(const struct sl_db *db);
/** The engine's words for the last failure; valid until the next call. */
sl_str sl_db_error(const struct sl_db *db);
/** Record them as a problem of the database and return `rc`. A URL is named without its password. */
sl_rc sl_db_fail(const struct sl_db *db, sl_rc rc, struct sl_diag *d);

/** Run statements that give no rows. */
sl_rc sl_db_exec(struct sl_db *db, const char *sql) SL_CHECKED;
/** Begin a transaction that will write: the only one of all processes. */
sl_rc sl_db_begin(struct sl_db *db) SL_CHECKED;
/** Begin one that reads from one consistent state. */
sl_rc sl_db_begin_read(struct sl_db *db) SL_CHECKED;
/** Begin one that writes rows which nobody else does; on a server it waits for no other writer. */
sl_rc sl_db_begin_aside(struct sl_db *db) SL_CHECKED;
/** SL_E_UNCERTAIN: the server went away and may have committed or not. */
sl_rc sl_db_commit(struct sl_db *db) SL_CHECKED;
/** Undo; also when there is no transaction any more. */
void sl_db_rollback(struct sl_db *db);
/** Rows that the last INSERT, UPDATE or DELETE changed. */
int64_t sl_db_changes(const struct sl_db *db);

/** The number of the schema's last step; 0 for an empty database. */
sl_rc sl_db_version(struct sl_db *db, int64_t *ret) SL_CHECKED;
/** Within a transaction that writes. */
sl_rc sl_db_set_version(struct sl_db *db, int64_t version) SL_CHECKED;

/** Within a transaction: tell those who listen, when it is committed. Does nothing for a file. */
sl_rc sl_db_announce(struct sl_db *db) SL_CHECKED;
/** Listen from now on, over connections made anew, too. Nobody announces anything of a file. */
void sl_db_listen(struct sl_db *db);
/**
 * Wait for an announcement, for `wake_fd` to be readable, or for the time to pass. True: something was
 * announced. Not within a transaction.
 */
bool sl_db_wait(struct sl_db *db, int wake_fd, int timeout_ms);

/**
 * The statement of this text, prepared once and kept; of SL_DB_QUERIES_MAX that are kept the one whose use
 * is the longest ago makes room. Never NULL. It must not be in use already; it is until sl_query_end, and
 * must not be used again after that.
 */
struct sl_query *sl_db_query(struct sl_db *db, const char *sql);
/** Before its first row, within a transaction: a server is to send rows as they are asked for, not all at once. */
void sl_query_many(struct sl_query *q);
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
