/*
 * policy: a policy that holds for everything. Those of services, routes and consumers stand in theirs.
 */
#include "control/compose.h"

struct policy_config {
    sl_str name, type;
    bool enabled;
    const struct sl_node *config;
};

static const struct sl_field policy_fields[] = {
    SL_FIELD_STR(struct policy_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique; also the name of its counters.", .example = "everybody"),
    SL_FIELD_STR(struct policy_config, type, .required = true, .min = "1", .max = "64",
                 .help = "The type of the policy.", .example = "rate_limit"),
    SL_FIELD_BOOL(struct policy_config, enabled, .dflt = "true", .help = "Whether it counts."),
    SL_FIELD_NODE(struct policy_config, config,
                  .help = "The type's own members, such as `{limit: 100, window: 1m}`."),
    SL_FIELD_END,
};

static const struct sl_noun policy_noun = {
    .name = "policies",
    .summary = "Policies that hold for everything.",
    .fields = policy_fields,
    .size = sizeof(struct policy_config),
    .is_list = true,
};

static sl_rc policy_check(struct sl_change *c)
{
    const struct sl_node *config = sl_node_get(c->spec, SL_STR("config"));
    if (!c->is_delete && config != NULL && config->kind != SL_NODE_MAP &&
        config->kind != SL_NODE_NULL)
        return sl_change_fail(c, "config", "must be an object");
    return SL_OK;
}

/* As in a file: the type's members beside the common ones. */
static sl_rc policy_compose(struct sl_composer *c, const struct sl_row *row, struct sl_node *spec)
{
    struct sl_node *config = sl_tree_take(spec, SL_STR("config"));
    (void)row;
    for (struct sl_node *n = config != NULL ? config->children : NULL, *next; n != NULL; n = next) {
        next = n->next;
        if (sl_node_get(spec, n->key) == NULL)
            sl_tree_put(spec, n->key, n);
    }
    sl_compose_add(c, SL_NOUN_COUNT, spec);
    return SL_OK;
}

const struct sl_resource_type sl_resource_policy = {
    .kind = "policy",
    .noun = &policy_noun,
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .check = policy_check,
    .compose = policy_compose,
};
