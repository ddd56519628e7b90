/**
 * nodes: what the nodes that share a store said of themselves. Each writes its own row, on a connection of its
 * own, so that it waits for no writer.
 */
#pragma once
#include "store/store.h"

struct sl_node_state {
    sl_str id, hash;
    int64_t change, seen_us;
    sl_str detail; /* a JSON object */
};

/** Write one's own row, and take out those not seen since `before_us`. A transaction of its own. */
sl_rc sl_node_state_put(struct sl_db *db, const struct sl_node_state *s,
                        int64_t before_us) SL_CHECKED;
/** Visit all, by id; the texts live for the call. */
sl_rc sl_node_states_each(struct sl_tx *tx, void (*visit)(const struct sl_node_state *s, void *arg),
                          void *arg) SL_CHECKED;
