/**
 * node_load: how busy this node is, for the admin API: as a member of what it says of itself. Control threads,
 * one at a time.
 */
#pragma once
#include "codec/jsonw.h"
#include "gate/busy.h"
#include "snapshot/resource.h"

struct sl_node_load {
    struct sl_busy busy;
    struct sl_worker *const *workers; /* borrowed */
    size_t worker_count;
    const struct sl_limits_config *limits; /* borrowed */
    int64_t started_us;
};

/** Every second or so: look at the process. */
void sl_node_load_tick(struct sl_node_load *l);
/** Write the members `uptime_s`, `load` and `workers`. */
void sl_node_load_write(const struct sl_node_load *l, struct sl_jsonw *w);
