/**
 * usage: the ledger: one row per request, and what budgets have spent. Amounts are nano-USD.
 *
 * Schema: schema/001_usage.sql and later. Rows are inserted by the one writer (store/writer) and never changed.
 * A request that is there already is left alone: inserting is idempotent. What a new one adds to its
 * budgets goes with its batch (store/charge).
 */
#pragma once
#include "snapshot/telemetry.h"
#include "store/db.h"

/**
 * Insert the record's row, within the caller's transaction; its charges are the caller's, when it is new.
 * *ret_is_new: false when the request was there already. Errors as in store/db.h.
 */
sl_rc sl_usage_insert(struct sl_db *db, const struct sl_record *r, bool *ret_is_new) SL_CHECKED;

sl_str sl_usage_outcome_name(enum sl_outcome outcome);
/** What failed attempts cost, as far as it is known: nano-USD. */
int64_t sl_usage_wasted(const struct sl_record *r);

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
