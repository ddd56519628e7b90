#include "store/store.h"
#include "base/num.h"
#include "base/str.h"
#include "store/migrate.h"

#include <pthread.h>

struct sl_tx {
    struct sl_store *store;
    struct sl_db *db;
    bool is_write, is_busy;
};

struct sl_store {
    char *where;
    struct sl_tx writer;
    pthread_mutex_t writing; /* held by the transaction that writes */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t is_free;
    struct sl_tx readers[SL_STORE_READERS_MAX];
};

sl_rc sl_store_open(const char *where, struct sl_store **ret, struct sl_diag *d)
{
    struct sl_db *db;
    sl_rc rc = sl_db_open(where, &db, d);
    if (rc != SL_OK)
        return rc;
    rc = sl_db_migrate(db, &sl_schema_control, d);
    if (rc != SL_OK) {
        sl_db_close(db);
        return rc;
    }
    struct sl_store *s = sl_new(struct sl_store);
    s->where = sl_strdup(sl_cstr(where));
    s->writer = (struct sl_tx){.store = s, .db = db, .is_write = true};
    pthread_mutex_init(&s->writing, NULL);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->is_free, NULL);
    *ret = s;
    return SL_OK;
}

void sl_store_close(struct sl_store *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < SL_STORE_READERS_MAX; i++) {
        SL_ASSERT(!s->readers[i].is_busy);
        sl_db_close(s->readers[i].db);
    }
    sl_db_close(s->writer.db);
    pthread_cond_destroy(&s->is_free);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->writing);
    sl_free(s->where);
    sl_free(s);
}

/* ------------------------------------------------------------------ begin and end */

/* A free reader, rather one that is open already. */
static struct sl_tx *find_reader(struct sl_store *s)
{
    struct sl_tx *unopened = NULL;
    for (size_t i = 0; i < SL_STORE_READERS_MAX; i++) {
        struct sl_tx *tx = &s->readers[i];
        if (!tx->is_busy && tx->db != NULL)
            return tx;
        if (!tx->is_busy)
            unopened = tx;
    }
    return unopened;
}

static struct sl_tx *take_reader(struct sl_store *s)
{
    struct sl_tx *tx;
    pthread_mutex_lock(&s->lock);
    while ((tx = find_reader(s)) == NULL)
        pthread_cond_wait(&s->is_free, &s->lock);
    tx->is_busy = true;
    tx->store = s;
    pthread_mutex_unlock(&s->lock);
    return tx;
}

static void give_reader(struct sl_tx *tx)
{
    struct sl_store *s = tx->store;
    pthread_mutex_lock(&s->lock);
    tx->is_busy = false;
    pthread_cond_signal(&s->is_free);
    pthread_mutex_unlock(&s->lock);
}

static void end(struct sl_tx *tx)
{
    if (tx->is_write)
        pthread_mutex_unlock(&tx->store->writing);
    else
        give_reader(tx);
}

static sl_rc open_reader(struct sl_tx *tx)
{
    struct sl_arena *a = sl_arena_new("store", SL_KIB(64));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    sl_rc rc = sl_db_open_to_read(tx->store->where, &tx->db, d);
    sl_arena_free(a);
    return rc;
}

sl_rc sl_store_read(struct sl_store *s, struct sl_tx **ret)
{
    struct sl_tx *tx = take_reader(s);
    sl_rc rc = tx->db == NULL ? open_reader(tx) : SL_OK;
    if (rc == SL_OK)
        rc = sl_db_begin_read(tx->db);
    if (rc != SL_OK) {
        give_reader(tx);
        return rc;
    }
    *ret = tx;
    return SL_OK;
}

sl_rc sl_store_write(struct sl_store *s, struct sl_tx **ret)
{
    pthread_mutex_lock(&s->writing);
    sl_rc rc = sl_db_begin(s->writer.db);
    if (rc != SL_OK) {
        pthread_mutex_unlock(&s->writing);
        return rc;
    }
    *ret = &s->writer;
    return SL_OK;
}

void sl_store_hold(struct sl_store *s)
{
    pthread_mutex_lock(&s->writing);
}

void sl_store_release(struct sl_store *s)
{
    pthread_mutex_unlock(&s->writing);
}

sl_rc sl_tx_commit(struct sl_tx *tx)
{
    sl_rc rc = sl_db_commit(tx->db);
    if (rc != SL_OK)
        sl_db_rollback(tx->db);
    end(tx);
    return rc;
}

void sl_tx_rollback(struct sl_tx *tx)
{
    if (tx == NULL)
        return;
    sl_db_rollback(tx->db);
    end(tx);
}

/* ------------------------------------------------------------------ within */

struct sl_query *sl_tx_query(struct sl_tx *tx, const char *sql)
{
    return sl_db_query(tx->db, sql);
}

sl_str sl_tx_error(const struct sl_tx *tx)
{
    return sl_db_error(tx->db);
}

int64_t sl_tx_changes(const struct sl_tx *tx)
{
    return sl_db_changes(tx->db);
}

sl_rc sl_tx_count_change(struct sl_tx *tx)
{
    sl_rc rc = sl_query_run(
        sl_tx_query(tx, "UPDATE setting SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT)"
                        " WHERE name = 'change'"));
    return rc == SL_OK ? sl_db_announce(tx->db) : rc;
}

sl_rc sl_store_change(struct sl_tx *tx, int64_t *ret)
{
    struct sl_query *q = sl_tx_query(tx, "SELECT value FROM setting WHERE name = 'change'");
    int64_t change = 0;
    bool is_good = sl_query_row(q) && sl_num_i64(sl_query_text_at(q, 0), &change);
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK && !is_good)
        rc = SL_E_SYNTAX;
    if (rc == SL_OK)
        *ret = change;
    return rc;
}

/* ------------------------------------------------------------------ settings */

sl_rc sl_setting_get(struct sl_tx *tx, sl_str name, struct sl_arena *a, sl_str *ret)
{
    struct sl_query *q = sl_tx_query(tx, "SELECT value FROM setting WHERE name = ?");
    sl_str value = {0};
    sl_query_text(q, 1, name);
    if (sl_query_row(q))
        value = sl_arena_dup(a, sl_query_text_at(q, 0));
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK && value.p == NULL)
        return SL_E_NOTFOUND;
    if (rc == SL_OK)
        *ret = value;
    return rc;
}

sl_rc sl_setting_put(struct sl_tx *tx, sl_str name, sl_str value)
{
    struct sl_query *q =
        sl_tx_query(tx, "INSERT INTO setting (name, value) VALUES (?, ?)"
                        " ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    sl_query_text(q, 1, name);
    sl_query_text(q, 2, value);
    return sl_query_run(q);
}
