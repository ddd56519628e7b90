/**
 * rollup_int: what the writing and the reading of sums share: the rows of tables rollup and rollup_series as text
 * for statements, and as cells.
 */
#pragma once
#include "store/rollup.h"

/** How long each tier is kept, in table rollup_state. */
extern const char *const sl_rollup_keep_names[SL_TIER_COUNT];

/** Rows of [from, to): start_s, series, and what sl_rollup_add_row reads, by rising start and series. */
struct sl_query *sl_rollup_query_rows(struct sl_db *db, enum sl_rollup_tier tier,
                                      enum sl_rollup_view view, int64_t from_s, int64_t to_s);
/** Read the row of a query whose columns from `at` are the sums and the two histograms into `into`, adding. */
sl_rc sl_rollup_add_row(struct sl_query *q, int at, struct sl_arena *a,
                        struct sl_rollup_cell *into) SL_CHECKED;
