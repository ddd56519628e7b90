#include "store/nodes.h"
#include "base/str.h"

static sl_rc put(struct sl_db *db, const struct sl_node_state *s)
{
    struct sl_query *q = sl_db_query(
        db, "INSERT INTO node (id, hash, change, seen_us, detail) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, change = excluded.change,"
            " seen_us = excluded.seen_us, detail = excluded.detail");
    sl_query_text(q, 1, s->id);
    sl_query_text(q, 2, s->hash);
    sl_query_i64(q, 3, s->change);
    sl_query_i64(q, 4, s->seen_us);
    sl_query_text(q, 5, s->detail);
    return sl_query_run(q);
}

static sl_rc prune(struct sl_db *db, int64_t before_us)
{
    struct sl_query *q = sl_db_query(db, "DELETE FROM node WHERE seen_us < ?");
    sl_query_i64(q, 1, before_us);
    return sl_query_run(q);
}

sl_rc sl_node_state_put(struct sl_db *db, const struct sl_node_state *s, int64_t before_us)
{
    sl_rc rc = sl_db_begin_aside(db);
    if (rc != SL_OK)
        return rc;
    rc = put(db, s);
    if (rc == SL_OK)
        rc = prune(db, before_us);
    if (rc == SL_OK)
        rc = sl_db_commit(db);
    if (rc != SL_OK)
        sl_db_rollback(db);
    return rc;
}

sl_rc sl_node_states_each(struct sl_tx *tx, void (*visit)(const struct sl_node_state *s, void *arg),
                          void *arg)
{
    struct sl_query *q =
        sl_tx_query(tx, "SELECT id, hash, change, seen_us, detail FROM node ORDER BY id");
    while (sl_query_row(q)) {
        struct sl_node_state s = {.id = sl_query_text_at(q, 0),
                                  .hash = sl_query_text_at(q, 1),
                                  .change = sl_query_i64_at(q, 2),
                                  .seen_us = sl_query_i64_at(q, 3),
                                  .detail = sl_query_text_at(q, 4)};
        visit(&s, arg);
    }
    return sl_query_end(q);
}
