/**
 * spend: what has been spent of a budget, and what running requests hold of it, shared by all workers
 * and surviving reloads (snapshot/state.h). The ledger's sums are put into new ones by sl_spend_seed,
 * before they are served; what was held when a program ended is free again. Units are the owner's:
 * nano-USD, or tokens.
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
    int64_t spent;
    int64_t held; /* by running requests */
};

/** What one request holds. Zeroed: nothing. */
struct sl_spend_hold {
    struct sl_spend_window *window;
    int64_t start_s;
    int64_t amount;
};

/**
 * What is spent under `identity`, held by `holder`. `subjects`: how many there may be, always the same
 * for an identity. Control threads, one at a time, as they build snapshots.
 */
struct sl_spend *sl_spend_get(struct sl_state_registry *states, sl_str identity, size_t subjects,
                              struct sl_arena *holder) SL_CHECKED;

/**
 * The sums of `subject` in the window that began at `start_s` (Unix seconds); NULL when there are too
 * many subjects. A beginning older than both windows known (the clock stepped back) gives the older
 * one. Valid as long as the budget. Any thread.
 */
struct sl_spend_window *sl_spend_window(struct sl_spend *s, sl_str subject, int64_t start_s);

/**
 * Hold `amount` (>= 0) if spent and held stay within `limit`. False: they would not, or the limit is
 * reached already. Any thread.
 */
bool sl_spend_hold(struct sl_spend_window *w, int64_t amount, int64_t limit,
                   struct sl_spend_hold *ret) SL_CHECKED;
/**
 * Spend `amount` instead of what was held, which is not held any more. May pass the limit, when a
 * request cost more than it held. Accepts a zeroed hold. Any thread.
 */
void sl_spend_settle(struct sl_spend_hold *h, int64_t amount);
struct sl_spend_sums sl_spend_sums(const struct sl_spend_window *w);
/** The sums of the subject's window that began then, all 0 when it has none. Any thread. */
struct sl_spend_sums sl_spend_look(const struct sl_spend *s, sl_str subject, int64_t start_s);

/** Are there new ones, which have to be seeded before they are served? Control threads. */
bool sl_spend_is_unseeded(struct sl_state_registry *states);
/**
 * Add what the ledger knows as spent to those that are new; does nothing when none has that identity.
 * Control threads.
 */
void sl_spend_seed(struct sl_state_registry *states, sl_str identity, sl_str subject,
                   int64_t start_s, int64_t amount);
/** The ledger has told all that it knows. */
void sl_spend_seeded(struct sl_state_registry *states);
