/*
 * account: credentials with an AI vendor. Its keys are sealed in the store.
 */
#include "control/resource.h"

const struct sl_resource_type sl_resource_account = {
    .kind = "account",
    .noun = &sl_nouns[SL_NOUN_ACCOUNTS],
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
};
