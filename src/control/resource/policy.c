/*
 * policy: a policy that holds for everything. Those of services, routes and consumers stand in theirs.
 */
#include "base/str.h"
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

/* In a file the type's members stand beside the common ones. */
static struct sl_node *policy_to_file(struct sl_node *spec, struct sl_arena *a)
{
    struct sl_node *config = sl_tree_take(spec, SL_STR("config"));
    (void)a;
    for (struct sl_node *n = config != NULL ? config->children : NULL, *next; n != NULL; n = next) {
        next = n->next;
        if (sl_node_get(spec, n->key) == NULL)
            sl_tree_put(spec, n->key, n);
    }
    return spec;
}

/* "key_auth" is short for {type: key_auth}; a policy without a name has its type's. */
static const struct sl_node *policy_from_file(const struct sl_node *item, struct sl_arena *a)
{
    static const char *const common[] = {"name", "type", "enabled", "workspace"};
    struct sl_node *spec = sl_tree_map(a), *config = sl_tree_copy(a, item);
    if (item->kind == SL_NODE_STRING)
        sl_tree_put_str(a, spec, "type", item->text);
    for (size_t i = 0; i < SL_LEN(common) && item->kind == SL_NODE_MAP; i++) {
        struct sl_node *n = sl_tree_take(config, sl_cstr(common[i]));
        if (n != NULL)
            sl_tree_put(spec, n->key, n);
    }
    if (sl_node_get(spec, SL_STR("name")) == NULL)
        sl_tree_put_str(a, spec, "name", sl_tree_text(spec, "type"));
    if (item->kind == SL_NODE_MAP && config->child_count != 0)
        sl_tree_put(spec, SL_STR("config"), config);
    return spec;
}

static sl_rc policy_compose(struct sl_composer *c, const struct sl_row *row, struct sl_node *spec)
{
    (void)row;
    sl_compose_add(c, SL_NOUN_COUNT, policy_to_file(spec, c->a));
    return SL_OK;
}

const struct sl_resource_type sl_resource_policy = {
    .kind = "policy",
    .noun = &policy_noun,
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .check = policy_check,
    .from_file = policy_from_file,
    .to_file = policy_to_file,
    .compose = policy_compose,
};
