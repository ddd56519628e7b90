/**
 * alert_measure: the numbers of alerts that no report has: how much of a budget is used, and how long
 * certificates are good for. Blocks.
 */
#pragma once
#include "control/control.h"
#include "snapshot/budget.h"
#include "store/db.h"

struct sl_row;

/** The largest of some numbers, or the smallest, in millionths. */
struct sl_alert_number {
    bool is_there;
    int64_t value_micro;
    sl_str subject; /* whose it is */
};

/** A budget of the store or of files, by its key, with its row. SL_E_NOTFOUND. Needs w's transaction. */
sl_rc sl_budget_find(struct sl_work *w, sl_str key, struct sl_row *ret_row,
                     struct sl_budget *ret) SL_CHECKED;

/** Percent used by who has used most of it in its period; nobody's when it is gone. */
sl_rc sl_alert_budget_percent(struct sl_work *w, struct sl_db *ledger, sl_str key, int64_t now_s,
                              struct sl_alert_number *ret) SL_CHECKED;
/** Days until the first of the certificates that are served, or shown to upstreams, expires. */
void sl_alert_certificate_days(struct sl_control *c, int64_t now_s, struct sl_arena *a,
                               struct sl_alert_number *ret);
