/**
 * store: the control plane's database: transactions over a small pool of connections.
 *
 * One transaction writes at a time; any number read beside it, each from a consistent state. The rows
 * are the business of store/rows.h (resources), store/identity.h (who may do what) and store/audit.h.
 * Any thread; every call may block. What a commit returned is on the disk.
 */
#pragma once
#include "store/db.h"

enum { SL_STORE_READERS_MAX = 8 };

struct sl_store;
struct sl_tx;

/** Open (or make) the database, of a file or of a server (store/db.h), and bring its schema up to date. */
sl_rc sl_store_open(const char *where, struct sl_store **ret, struct sl_diag *d) SL_CHECKED;
/** No transaction may be open. Accepts NULL. */
void sl_store_close(struct sl_store *s);

/** Wait for a connection and begin. Every transaction is ended by one of the three below. */
sl_rc sl_store_read(struct sl_store *s, struct sl_tx **ret) SL_CHECKED;
sl_rc sl_store_write(struct sl_store *s, struct sl_tx **ret) SL_CHECKED;
/** Keep this process's writers out, waiting for one that is at work; the transactions of others go on. */
void sl_store_hold(struct sl_store *s);
void sl_store_release(struct sl_store *s);
/** Ends it in any case; what failed to be committed was undone. */
sl_rc sl_tx_commit(struct sl_tx *tx) SL_CHECKED;
/** Undo and end. Accepts NULL. */
void sl_tx_rollback(struct sl_tx *tx);

/** A statement, as sl_db_query. Portable SQL only. */
struct sl_query *sl_tx_query(struct sl_tx *tx, const char *sql);
/** The database's words for the last failure. */
sl_str sl_tx_error(const struct sl_tx *tx);
/** Rows that the last statement changed. */
int64_t sl_tx_changes(const struct sl_tx *tx);
/**
 * What reaches the traffic was changed: count the change, now, and tell other nodes of it when it is
 * committed.
 */
sl_rc sl_tx_count_change(struct sl_tx *tx) SL_CHECKED;

/** The number of the last change. */
sl_rc sl_store_change(struct sl_tx *tx, int64_t *ret) SL_CHECKED;

/** A single value by its name; SL_E_NOTFOUND. In `a`. */
sl_rc sl_setting_get(struct sl_tx *tx, sl_str name, struct sl_arena *a, sl_str *ret) SL_CHECKED;
sl_rc sl_setting_put(struct sl_tx *tx, sl_str name, sl_str value) SL_CHECKED;
