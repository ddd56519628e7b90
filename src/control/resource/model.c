/*
 * model: a model route: a public name and the targets that serve it.
 */
#include "control/resource.h"

/* Who asks may stand in a file, as accounts may not: that they exist is checked with what is to be served. */
static const struct sl_reference model_references[] = {
    {"targets[].account", "account"},
    {"rules[].targets[].account", "account"},
    {"rules[].when.consumers[]", "consumer", .is_loose = true},
    {"rules[].when.plans[]", "plan", .is_loose = true},
    {NULL, NULL}};

const struct sl_resource_type sl_resource_model = {
    .kind = "model",
    .noun = &sl_nouns[SL_NOUN_MODELS],
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .references = model_references,
};
