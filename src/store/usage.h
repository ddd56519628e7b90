/**
 * usage: the ledger: one row per request, and what budgets have spent. Amounts are nano-USD.
 *
 * Schema: schema/001_usage.sql and later. Requests are kept in blocks (store/usage_block), written by the one
 * writer (store/writer); statements read them as table `usage` (store/sqlite_usage). What a request adds to its
 * budgets goes with its batch (store/charge).
 */
#pragma once
#include "snapshot/telemetry.h"
#include "store/db.h"

/* ---- what a record is as columns of table `usage` (usage_column.def) ---- */

sl_str sl_usage_outcome_name(enum sl_outcome outcome);
sl_str sl_usage_source_name(enum sl_ai_usage_source source);
/** Of an error of base/err.def; empty for SL_OK. */
sl_str sl_usage_error_label(sl_rc rc);
/** What failed attempts cost, as far as it is known: nano-USD. */
int64_t sl_usage_wasted(const struct sl_record *r);
/** A JSON array, an object for each attempt; nothing when there is nothing to tell: no AI, and not more than one. */
void sl_usage_write_attempts(const struct sl_record *r, struct sl_strbuf *out);
/** A JSON object, {"route": 12, ...}: the phases that took time, in microseconds. */
void sl_usage_write_phases(const struct sl_record *r, struct sl_strbuf *out);

/* ---- what budgets have spent ---- */

/** What a budget's subject spent in the window that began at `window_start_s`. */
typedef void sl_usage_budget_fn(const struct sl_record_charge *spent, void *arg);

/**
 * Tell of every budget window that began at or after `since_s` (Unix seconds) or is of all time: how a gateway that
 * starts learns what is spent. The texts live for the call only.
 */
sl_rc sl_usage_budgets_each(struct sl_db *db, int64_t since_s, sl_usage_budget_fn *fn,
                            void *arg) SL_CHECKED;

/** What one budget's subjects spent in one window. */
struct sl_usage_budget_query {
    sl_str budget;
    int64_t window_start_s;
    sl_str subject; /* p == NULL: all, those who spent most first */
    int64_t limit;
};
sl_rc sl_usage_budget_each(struct sl_db *db, const struct sl_usage_budget_query *query,
                           sl_usage_budget_fn *fn, void *arg) SL_CHECKED;
