/*
 * plan: what a subscription grants: limits, quotas, budgets, models, as the policies of its requests. A plan
 * says whether somebody must approve who subscribes to it.
 */
#include "control/resource.h"

const struct sl_resource_type sl_resource_plan = {
    .kind = "plan",
    .noun = &sl_nouns[SL_NOUN_PLANS],
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
};
