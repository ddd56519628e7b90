/**
 * alerting: two threads of a node: one looks at the numbers of its own ledger that alerts have limits for, the
 * other posts what is to be told to webhooks.
 *
 * An alert is ok, pending (wrong, for less than its `for`) or firing. When it begins to fire and when that is
 * over, a message for each of its webhooks is written to DATA_DIR/alerts.db in the transaction that has the
 * new state, and posted from there: signed as Standard Webhooks says, tried again at growing intervals
 * (sl_alerting_backoff_s) until an answer of 2xx, a 410 or the last attempt. So each is told at
 * least once, over restarts; the receiver tells repetitions by webhook-id.
 */
#pragma once
#include "control/control.h"
#include "store/alerts.h"
#include "store/rollup_read.h"

enum {
    SL_ALERTING_LOOK_MS = 2000,
    SL_ALERTING_KEPT_DAYS = 30, /* deliveries */
    SL_WEBHOOK_TIMEOUT_S = 10,
    SL_WEBHOOK_ATTEMPTS_MAX = 8
};

struct sl_webhook_config {
    sl_str name, url, signing_key, description;
    struct sl_strs events;
    bool disabled;
};
extern const struct sl_field sl_webhook_fields[];

/** In the order of the noun's table. */
enum sl_alert_metric {
    SL_ALERT_ERROR_RATE,
    SL_ALERT_FAILURE_RATE,
    SL_ALERT_REQUESTS,
    SL_ALERT_ERRORS,
    SL_ALERT_FAILURES,
    SL_ALERT_P50,
    SL_ALERT_P95,
    SL_ALERT_P99,
    SL_ALERT_COST,
    SL_ALERT_TOKENS,
    SL_ALERT_BUDGET_PERCENT,
    SL_ALERT_CERTIFICATE_DAYS
};

struct sl_alert_config {
    sl_str name, threshold, description, budget;
    int metric, comparison; /* as in the noun's table */
    sl_usec window_us, for_us;
    int64_t min_requests;
    struct sl_pairs filters;
    struct sl_strs webhooks;
    bool disabled;
};
extern const struct sl_field sl_alert_fields[];

bool sl_alert_event_is_known(sl_str event);
/** In millionths. */
bool sl_alert_threshold(const struct sl_alert_config *c, int64_t *ret_micro) SL_CHECKED;
/** Its filters; the edges are the caller's. NULL, or the name that is no dimension. */
const char *sl_alert_query(const struct sl_alert_config *c, struct sl_rollup_query *ret);
/** Is it about a number that no report has (control/alert_measure)? */
bool sl_alert_is_measured(const struct sl_alert_config *c);
/** The number of a report that it is about, in millionths; 0 when that has none. */
int64_t sl_alert_value(const struct sl_alert_config *c, const struct sl_rollup_cell *cell);
/** What becomes of `state` when the number is `value_micro` now. The event to tell, or NULL. */
const char *sl_alert_step(const struct sl_alert_config *c, bool is_wrong, int64_t now_us,
                          struct sl_alert_state *state);

/** "v1,<base64>": of "<id>.<timestamp>.<body>". */
sl_str sl_webhook_sign(sl_str secret, sl_str id, int64_t unix_s, sl_str body, struct sl_arena *a);
/** Seconds until the attempt behind the `attempts`-th one; 0: there is none. */
int64_t sl_webhook_backoff_s(int64_t attempts);

struct sl_alerting;

/** Borrows `c`, which must outlive it. What is wrong is in `d`. */
sl_rc sl_alerting_start(struct sl_control *c, struct sl_alerting **ret,
                        struct sl_diag *d) SL_CHECKED;
/** Accepts NULL. */
void sl_alerting_stop(struct sl_alerting *g);

/** Look at every alert once. `alerts` is alerts.db. For the thread, and for tests. */
sl_rc sl_alerting_look(struct sl_control *c, struct sl_db *alerts, int64_t now_us) SL_CHECKED;
