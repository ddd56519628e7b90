/*
 * budget: what may be spent on models per period, by whom. What is spent is in the ledgers of the nodes
 * (control/api_budgets).
 */
#include "control/change.h"

const struct sl_resource_type sl_resource_budget = {
    .kind = "budget",
    .noun = &sl_nouns[SL_NOUN_BUDGETS],
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
};
