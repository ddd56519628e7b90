/**
 * alerts: the memory of a node's alerts and of what it tells webhooks (DATA_DIR/alerts.db): the state of each
 * alert, and a log of deliveries from which what could not be delivered is tried again. Blocks on the database.
 */
#pragma once
#include "store/db.h"

enum sl_alert_phase { SL_ALERT_OK, SL_ALERT_PENDING, SL_ALERT_FIRING };
extern const char *const sl_alert_phase_names[];

struct sl_alert_state {
    sl_str alert;
    enum sl_alert_phase phase;
    int64_t since_us;
    int64_t value_micro; /* millionths */
    int64_t seen_us;
};

/** Bring the schema of alerts.db up to date. */
sl_rc sl_alerts_migrate(struct sl_db *db, struct sl_diag *d) SL_CHECKED;

/** What is known of the alert; zeroed (ok, of nothing) when nothing is. */
sl_rc sl_alert_state_get(struct sl_db *db, sl_str alert, struct sl_alert_state *ret) SL_CHECKED;
sl_rc sl_alert_state_put(struct sl_db *db, const struct sl_alert_state *s) SL_CHECKED;
/** Visit all by name; texts live for the call. */
sl_rc sl_alert_states_each(struct sl_db *db,
                           void (*visit)(const struct sl_alert_state *s, void *arg),
                           void *arg) SL_CHECKED;
/** Forget those that nobody has looked at since: their alerts are gone. */
sl_rc sl_alert_states_prune(struct sl_db *db, int64_t before_us) SL_CHECKED;

struct sl_delivery {
    sl_str id, webhook, event, body, state, error;
    int64_t attempts, created_us, next_us, delivered_us, status;
};

sl_rc sl_delivery_insert(struct sl_db *db, const struct sl_delivery *v) SL_CHECKED;
/** Write what an attempt came to: state, attempts, next_us, delivered_us, status, error. */
sl_rc sl_delivery_update(struct sl_db *db, const struct sl_delivery *v) SL_CHECKED;
/** The one that is due longest; SL_E_NOTFOUND: none is. Texts in `a`. */
sl_rc sl_delivery_due(struct sl_db *db, int64_t now_us, struct sl_arena *a,
                      struct sl_delivery *ret) SL_CHECKED;
/** Try it again now, from the beginning. SL_E_NOTFOUND. */
sl_rc sl_delivery_resend(struct sl_db *db, sl_str id, int64_t now_us) SL_CHECKED;

struct sl_delivery_query {
    sl_str webhook, state; /* empty: any */
    sl_str before;         /* ids below this; empty: all */
    size_t limit;
};
/** Visit deliveries, newest first. */
sl_rc sl_deliveries_each(struct sl_db *db, const struct sl_delivery_query *query,
                         void (*visit)(const struct sl_delivery *v, void *arg),
                         void *arg) SL_CHECKED;
/** Forget those from before. */
sl_rc sl_deliveries_prune(struct sl_db *db, int64_t before_us) SL_CHECKED;
