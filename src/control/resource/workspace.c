/*
 * workspace: a tenant: what belongs to it is administered by its own people. `default` is always there.
 */
#include "base/str.h"
#include "control/change.h"

struct workspace_config {
    sl_str name, title, description;
};

static const struct sl_field workspace_fields[] = {
    SL_FIELD_STR(struct workspace_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique.", .example = "retail"),
    SL_FIELD_STR(struct workspace_config, title, .max = "128", .help = "Its name for people."),
    SL_FIELD_STR(struct workspace_config, description, .max = "2048", .help = "What it is for."),
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
    return SL_OK;
}

const struct sl_resource_type sl_resource_workspace = {
    .kind = "workspace",
    .noun = &workspace_noun,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .check = workspace_check,
};
