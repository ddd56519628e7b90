/**
 * filed: resources that stand in configuration files, for the admin API to show beside those of the store:
 * as rows with an `origin`, which nobody can change but in the file. Secrets are masked.
 */
#pragma once
#include "control/control.h"
#include "store/rows.h"

struct sl_filed_query {
    const struct sl_resource_type *type;
    sl_str key;                      /* only the one with this key or id; p == NULL: all */
    const struct sl_row_query *rows; /* order and place; its other conditions are `is_wanted`'s */
    bool (*is_wanted)(const struct sl_row *row, void *arg);
    void *arg;
    size_t limit;
};

/**
 * Those that are wanted, in order, at most `limit`, in w->a; not those that the store has, too. Needs w's
 * transaction.
 */
sl_rc sl_filed_list(struct sl_work *w, const struct sl_filed_query *query, struct sl_row **ret,
                    size_t *ret_n) SL_CHECKED;
/** The one with this key (or id); SL_E_NOTFOUND. */
sl_rc sl_filed_find(struct sl_work *w, const struct sl_resource_type *type, sl_str key,
                    struct sl_row *ret) SL_CHECKED;
/** Does `a` come before `b` in this order? */
bool sl_row_is_before(const struct sl_row *a, const struct sl_row *b,
                      const struct sl_row_query *query);
