/**
 * spend: what has been spent of a budget, and what running requests hold of it, shared by all workers
 * and surviving reloads (snapshot/state.h). After a restart the ledger's sums are put in by
 * sl_spend_seed; what was held then is free again.
 *
 * One budget has accounts, one per subject ("alice"), and each account the sums of its newest two
 * windows of time (UTC days, months; 0 for all time), named by their beginning. Spent and held
 * together are one number, changed by compare-exchange: all threads together never admit beyond the
 * limit (case U12). Subjects are the operator's (consumers, credentials), never a peer's choice, and
 * bounded by SL_SPEND_SUBJECTS_MAX.
 */
#pragma once
#include "snapshot/state.h"

enum { SL_SPEND_SUBJECTS_MAX = 65536 };

struct sl_spend;
struct sl_spend_window;

struct sl_spend_sums {
    int64_t spent_nusd;
    int64_t held_nusd; /* by running requests */
};

/** What one request holds. Zeroed: nothing. */
struct sl_spend_hold {
    struct sl_spend_window *window;
    int64_t start_s;
    int64_t nusd;
};

/** The budget of `identity`, held by `holder`. Control threads. */
struct sl_spend *sl_spend_get(struct sl_state_registry *states, sl_str identity,
                              struct sl_arena *holder) SL_CHECKED;

/**
 * The sums of `subject` in the window that began at `start_s` (Unix seconds); NULL when there are too
 * many subjects. A beginning older than both windows known (the clock stepped back) gives the older
 * one. Valid as long as the budget. Any thread.
 */
struct sl_spend_window *sl_spend_window(struct sl_spend *s, sl_str subject, int64_t start_s);

/**
 * Hold `nusd` (>= 0) if spent and held stay within `limit_nusd`. False: they would not, or the limit
 * is reached already. Any thread.
 */
bool sl_spend_hold(struct sl_spend_window *w, int64_t nusd, int64_t limit_nusd,
                   struct sl_spend_hold *ret) SL_CHECKED;
/**
 * Spend `nusd` instead of what was held, which is not held any more. May pass the limit, when a
 * request cost more than it held. Accepts a zeroed hold. Any thread.
 */
void sl_spend_settle(struct sl_spend_hold *h, int64_t nusd);
struct sl_spend_sums sl_spend_sums(const struct sl_spend_window *w);
/** The sums of the subject's window that began then, all 0 when it has none. Any thread. */
struct sl_spend_sums sl_spend_look(const struct sl_spend *s, sl_str subject, int64_t start_s);

/**
 * Add what the ledger knows as spent. Before the workers serve; does nothing when no snapshot has
 * such a budget. Control threads.
 */
void sl_spend_seed(struct sl_state_registry *states, sl_str identity, sl_str subject,
                   int64_t start_s, int64_t nusd);
