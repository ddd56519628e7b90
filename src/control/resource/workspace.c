/*
 * workspace: a tenant: what belongs to it is administered by its own people. `default` is always there.
 */
#include "base/str.h"
#include "control/apilint.h"
#include "control/change.h"

struct workspace_config {
    sl_str name, title, description;
    struct sl_pairs release_rules;
    int64_t approvals;
    bool self_approval, portal_is_public;
    sl_str gateway_url;
};

static const struct sl_field workspace_fields[] = {
    SL_FIELD_STR(struct workspace_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique.", .example = "retail"),
    SL_FIELD_STR(struct workspace_config, title, .max = "128", .help = "Its name for people."),
    SL_FIELD_STR(struct workspace_config, description, .max = "2048", .help = "What it is for."),
    SL_FIELD_MAP(struct workspace_config, release_rules,
                 .help =
                     "Severities of the rules that services are checked against before they are "
                     "released: a map from rule to `off`, `info`, `warning` or `error`. An error "
                     "keeps a service from being published.",
                 .example = "{operation_summary: error, owner: off}"),
    SL_FIELD_INT(struct workspace_config, approvals, .dflt = "0", .min = "0", .max = "5",
                 .help = "How many people must approve (`services:approve`) before a service is "
                         "published. Going back needs none."),
    SL_FIELD_BOOL(struct workspace_config, self_approval,
                  .help = "May who asked for a release be one of them?"),
    SL_FIELD_BOOL(struct workspace_config, portal_is_public,
                  .help = "Show its public services in the portal API also to people who have not "
                          "signed in."),
    SL_FIELD_URL(struct workspace_config, gateway_url, .max = "2048",
                 .help = "Where consumers reach the gateway, for the documents that they see. Left "
                         "out: this node's listener.",
                 .example = "https://api.example.com"),
    SL_FIELD_END,
};

static const struct sl_noun workspace_noun = {
    .name = "workspaces",
    .summary = "Tenants: what belongs to one is administered by its own people.",
    .fields = workspace_fields,
    .size = sizeof(struct workspace_config),
    .is_list = true,
};

static sl_rc workspace_check(struct sl_change *c)
{
    if (c->is_delete && sl_str_eq(c->row.name, SL_STR("default")))
        return sl_change_conflict(c, "the workspace 'default' always stays");
    const struct workspace_config *w = c->config;
    for (size_t i = 0; w != NULL && i < w->release_rules.n; i++) {
        const struct sl_pair *p = &w->release_rules.v[i];
        if (!sl_apilint_knows(p->name, p->value))
            return sl_change_fail(c, "release_rules",
                                  "'%.*s: %.*s' is no rule with a severity; rules are in the "
                                  "reference, severities off, info, warning and error",
                                  SL_STRF(p->name), SL_STRF(p->value));
    }
    return SL_OK;
}

const struct sl_resource_type sl_resource_workspace = {
    .kind = "workspace",
    .noun = &workspace_noun,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .check = workspace_check,
};
