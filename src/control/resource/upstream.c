/*
 * upstream: where services run. Takes effect at once: endpoints come and go with deployments, not with releases.
 */
#include "control/resource.h"

const struct sl_resource_type sl_resource_upstream = {
    .kind = "upstream",
    .noun = &sl_nouns[SL_NOUN_UPSTREAMS],
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
};
