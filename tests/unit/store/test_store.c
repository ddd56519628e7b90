#include "store/store.h"
#include "base/str.h"
#include "store/nodes.h"
#include "store/rows.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

#include <pthread.h>

static struct sl_row a_row(const char *id, const char *name)
{
    return (struct sl_row){.id = sl_cstr(id),
                           .kind = SL_STR("service"),
                           .name = sl_cstr(name),
                           .revision = 1,
                           .spec = SL_STR("{}"),
                           .status = SL_STR("{}")};
}

static int64_t change_of(struct sl_store *store)
{
    struct sl_tx *tx;
    int64_t change = -1;
    EXPECT_EQ(SL_OK, sl_store_read(store, &tx));
    EXPECT_EQ(SL_OK, sl_store_change(tx, &change));
    sl_tx_rollback(tx);
    return change;
}

TEST(store, readers_see_the_state_of_their_beginning)
{
    struct scratch s;
    struct sl_store *store;
    struct sl_tx *old, *tx;
    int64_t n = -1;
    struct sl_row row = a_row("1", "one");
    scratch_init(&s);
    EXPECT_EQ(SL_OK, sl_store_open(scratch_db(&s, "c.db"), &store, &s.diag));
    EXPECT_EQ(SL_OK, sl_store_read(store, &old));
    EXPECT_EQ(SL_OK, sl_rows_count(old, SL_STR("service"), &n));
    EXPECT_EQ(SL_OK, sl_store_write(store, &tx));
    EXPECT_EQ(SL_OK, sl_row_insert(tx, &row));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
    EXPECT_EQ(SL_OK, sl_rows_count(old, SL_STR("service"), &n));
    EXPECT_EQ(0, n);
    sl_tx_rollback(old);
    EXPECT_EQ(SL_OK, sl_store_read(store, &tx));
    EXPECT_EQ(SL_OK, sl_rows_count(tx, SL_STR("service"), &n));
    EXPECT_EQ(1, n);
    sl_tx_rollback(tx);
    sl_store_close(store);
    scratch_fini(&s);
}

TEST(store, counts_the_changes_that_are_committed)
{
    struct scratch s;
    struct sl_store *store;
    struct sl_tx *tx;
    int64_t change = -1;
    scratch_init(&s);
    const char *where = scratch_db(&s, "c.db");
    EXPECT_EQ(SL_OK, sl_store_open(where, &store, &s.diag));
    EXPECT_EQ(0, change_of(store));
    EXPECT_EQ(SL_OK, sl_store_write(store, &tx));
    EXPECT_EQ(SL_OK, sl_tx_count_change(tx));
    EXPECT_EQ(SL_OK, sl_store_change(tx, &change));
    EXPECT_EQ(1, change);
    sl_tx_rollback(tx);
    EXPECT_EQ(0, change_of(store));
    EXPECT_EQ(SL_OK, sl_store_write(store, &tx));
    EXPECT_EQ(SL_OK, sl_tx_count_change(tx));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
    EXPECT_EQ(1, change_of(store));
    sl_store_close(store);
    EXPECT_EQ(SL_OK, sl_store_open(where, &store, &s.diag));
    EXPECT_EQ(1, change_of(store));
    sl_store_close(store);
    scratch_fini(&s);
}

TEST(store, keeps_single_values)
{
    struct scratch s;
    struct sl_store *store;
    struct sl_tx *tx;
    sl_str value;
    scratch_init(&s);
    EXPECT_EQ(SL_OK, sl_store_open(scratch_db(&s, "c.db"), &store, &s.diag));
    EXPECT_EQ(SL_OK, sl_store_write(store, &tx));
    EXPECT_EQ(SL_E_NOTFOUND, sl_setting_get(tx, SL_STR("a"), s.arena, &value));
    EXPECT_EQ(SL_OK, sl_setting_put(tx, SL_STR("a"), SL_STR("1")));
    EXPECT_EQ(SL_OK, sl_setting_put(tx, SL_STR("a"), SL_STR("2")));
    EXPECT_EQ(SL_OK, sl_setting_get(tx, SL_STR("a"), s.arena, &value));
    EXPECT_STR("2", value);
    sl_tx_rollback(tx);
    sl_store_close(store);
    scratch_fini(&s);
}

struct seen_nodes {
    struct sl_arena *a;
    sl_str text;
};

static void note_node(const struct sl_node_state *n, void *arg)
{
    struct seen_nodes *seen = arg;
    seen->text = sl_fmt(seen->a, "%.*s%.*s:%.*s:%lld:%.*s ", SL_STRF(seen->text), SL_STRF(n->id),
                        SL_STRF(n->hash), (long long)n->change, SL_STRF(n->detail));
}

TEST(store, knows_the_nodes_that_were_seen_lately)
{
    struct scratch s;
    struct sl_store *store;
    struct sl_db *db;
    struct sl_tx *tx;
    scratch_init(&s);
    const char *where = scratch_db(&s, "c.db");
    struct seen_nodes seen = {.a = s.arena};
    const struct sl_node_state states[] = {
        {SL_STR("old"), SL_STR("h0"), 1, 100, SL_STR("{}")},
        {SL_STR("b"), SL_STR("h1"), 2, 200, SL_STR("{}")},
        {SL_STR("a"), SL_STR("h1"), 2, 300, SL_STR("{}")},
        {SL_STR("b"), SL_STR("h2"), 3, 400, SL_STR("{\"x\":1}")},
    };
    EXPECT_EQ(SL_OK, sl_store_open(where, &store, &s.diag));
    EXPECT_EQ(SL_OK, sl_db_open(where, &db, &s.diag));
    EXPECT_EQ(SL_OK, sl_store_write(store, &tx)); /* another writer is at work */
    if (!sl_db_is_postgres(db))
        sl_tx_rollback(tx); /* a file has one writer */
    for (size_t i = 0; i < SL_LEN(states); i++)
        EXPECT_EQ(SL_OK, sl_node_state_put(db, &states[i], states[i].seen_us - 250));
    if (sl_db_is_postgres(db))
        sl_tx_rollback(tx);
    EXPECT_EQ(SL_OK, sl_store_read(store, &tx));
    EXPECT_EQ(SL_OK, sl_node_states_each(tx, note_node, &seen));
    sl_tx_rollback(tx);
    EXPECT_STR("a:h1:2:{} b:h2:3:{\"x\":1} ", seen.text);
    sl_db_close(db);
    sl_store_close(store);
    scratch_fini(&s);
}

struct crowd {
    struct sl_store *store;
    int64_t seen;
};

static void *read_often(void *arg)
{
    struct crowd *c = arg;
    for (int i = 0; i < 50; i++) {
        struct sl_tx *tx;
        if (sl_store_read(c->store, &tx) != SL_OK)
            return NULL;
        sl_rc rc = sl_rows_count(tx, SL_STR("service"), &c->seen);
        sl_tx_rollback(tx);
        if (rc != SL_OK)
            return NULL;
    }
    return c;
}

TEST(store, more_readers_than_connections_wait_for_each_other)
{
    enum { THREADS = 2 * SL_STORE_READERS_MAX };
    struct scratch s;
    struct crowd crowd[THREADS] = {0};
    pthread_t threads[THREADS];
    scratch_init(&s);
    EXPECT_EQ(SL_OK, sl_store_open(scratch_db(&s, "c.db"), &crowd[0].store, &s.diag));
    for (int i = 0; i < THREADS; i++) {
        crowd[i].store = crowd[0].store;
        EXPECT_EQ(0, pthread_create(&threads[i], NULL, read_often, &crowd[i]));
    }
    for (int i = 0; i < THREADS; i++) {
        void *done = NULL;
        pthread_join(threads[i], &done);
        EXPECT(done == &crowd[i]);
    }
    sl_store_close(crowd[0].store);
    scratch_fini(&s);
}
