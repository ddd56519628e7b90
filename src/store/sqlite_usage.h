/**
 * sqlite_usage: the SQL table `usage`, one row per request, made of the ledger's blocks (store/usage_block)
 * for whoever reads them. SQLite's virtual table interface; it stands in no schema: each connection has it.
 *
 * Columns: request_id, those of usage_column.def, tokens_* and units_* by the rows of ai/usage_bucket.def and
 * ai/usage_unit.def, attempts and phases_us (JSON). The rowid numbers the requests in the order of coming.
 * Conditions on the rowid and on wall_us choose blocks by their range, `column = value` of the columns of
 * usage_filter.def by their filters; all are checked again row by row by SQLite. ORDER BY rowid and
 * ORDER BY wall_us DESC [, request_id DESC] need no sorting: a page of the newest requests reads the newest
 * blocks.
 */
#pragma once
#include "base/base.h"

struct sqlite3;

/** Give the connection the table. False: no memory. */
bool sl_sqlite_usage_add(struct sqlite3 *handle) SL_CHECKED;
