/**
 * rollup_read: sums for reports: by some of the dimensions, step by step in time. Reads only; blocks on the
 * database.
 *
 * The times of a report are instants ("edges"); between each two of them is a step, whose sums come from
 * the coarsest rows that fit into it, and where it begins or ends within such a row from finer ones.
 * The first and the last edge are moved outwards to the rows that are still kept.
 */
#pragma once
#include "base/diag.h"
#include "store/rollup.h"

enum {
    SL_ROLLUP_STEPS_MAX = 5000,
    SL_ROLLUP_FILTERS_MAX = 128,
    SL_ROLLUP_CELLS_MAX = 100000 /* groups with something, times steps, in memory at once */
};

struct sl_rollup_filter {
    enum sl_dimension dimension;
    sl_str value; /* several of one dimension: any of them */
};

struct sl_rollup_query {
    const int64_t *edges_s; /* rising Unix seconds; at least two */
    size_t edge_count;
    unsigned group; /* bits 1 << SL_DIM_* */
    struct sl_rollup_filter filters[SL_ROLLUP_FILTERS_MAX];
    size_t filter_count;
};

struct sl_rollup_group {
    sl_str dims[SL_DIM_COUNT]; /* of the query's group; others are empty */
    struct sl_rollup_cell total;
    struct sl_rollup_cell *
        *steps; /* edge_count - 1 of them; NULL: nothing; NULL with one step only */
};

struct sl_rollup_result {
    int64_t from_s, to_s;            /* what the sums are of */
    struct sl_rollup_group **groups; /* in no order */
    size_t group_count;
    struct sl_rollup_group total;
};

/**
 * When the first row of a tier begins that is kept: Unix seconds; INT64_MAX when there is none. A step as long as the
 * tier's rows may begin there.
 */
sl_rc sl_rollup_first(struct sl_db *db, enum sl_rollup_tier tier, int64_t now_s,
                      int64_t *ret_s) SL_CHECKED;

/**
 * SL_E_LIMIT: more than SL_ROLLUP_CELLS_MAX, SL_E_UNSUPPORTED: the database is of another program, or
 * a step is shorter than the rows that are kept of its time; SL_E_INVALID then. What is wrong is in `d`.
 */
sl_rc sl_rollup_read(struct sl_db *db, const struct sl_rollup_query *query, int64_t now_s,
                     struct sl_arena *a, struct sl_rollup_result *ret,
                     struct sl_diag *d) SL_CHECKED;
