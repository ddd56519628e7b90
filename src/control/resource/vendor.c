/*
 * vendor: an AI vendor that the program does not know.
 */
#include "control/resource.h"

const struct sl_resource_type sl_resource_vendor = {
    .kind = "vendor",
    .noun = &sl_nouns[SL_NOUN_VENDORS],
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
};
