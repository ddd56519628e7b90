/**
 * rollup_int: what the writing and the reading of sums share: the rows of tables rollup and rollup_series as text
 * for statements, and as cells.
 */
#pragma once
#include "store/rollup.h"

/** Read the row of a query whose columns from `at` are the sums and the two histograms into `into`, adding. */
sl_rc sl_rollup_add_row(struct sl_query *q, int at, struct sl_arena *a,
                        struct sl_rollup_cell *into) SL_CHECKED;
