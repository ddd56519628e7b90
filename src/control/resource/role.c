/*
 * role: a set of permissions with a name. The built-in ones (control/role.def) are rows, too, but only a
 * new version of the program changes them.
 */
#include "base/str.h"
#include "control/actor.h"
#include "control/change.h"

struct role_config {
    sl_str name, description;
    struct sl_strs permissions;
};

static const struct sl_field role_fields[] = {
    SL_FIELD_STR(struct role_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique.", .example = "publisher"),
    SL_FIELD_STR(struct role_config, description, .max = "2048", .help = "Who should have it."),
    SL_FIELD_STRS(struct role_config, permissions, .required = true, .min = "1", .max = "200",
                  .help = "What it allows, as `<noun>:<verb>`; `*` stands for any.",
                  .example = "[\"services:*\", \"releases:read\"]"),
    SL_FIELD_END,
};

static const struct sl_noun role_noun = {
    .name = "roles",
    .summary = "Sets of permissions, to be granted to users.",
    .fields = role_fields,
    .size = sizeof(struct role_config),
    .is_list = true,
};

static sl_rc check_permissions(struct sl_change *c, const struct role_config *config)
{
    const struct sl_strs *p = &config->permissions;
    for (size_t i = 0; i < p->n; i++) {
        if (!sl_permission_is_valid(p->v[i]))
            return sl_change_fail(c, "permissions",
                                  "'%.*s' is no permission; write <noun>:<verb>, such as "
                                  "services:read",
                                  SL_STRF(p->v[i]));
        if (!sl_actor_covers(c->work->actor, p->v[i], SL_STR(""), SL_STR("")))
            return sl_diag_fail(c->work->d, SL_E_DENIED, "permissions",
                                "you have not '%.*s' yourself", SL_STRF(p->v[i]));
    }
    return SL_OK;
}

static sl_rc role_check(struct sl_change *c)
{
    bool is_system = sl_str_eq(c->work->actor->name, SL_STR("system"));
    if (!is_system && sl_role_builtin(c->row.name).p != NULL)
        return sl_change_conflict(c, "the role '%.*s' is built in", SL_STRF(c->row.name));
    return c->is_delete ? SL_OK : check_permissions(c, c->config);
}

const struct sl_resource_type sl_resource_role = {
    .kind = "role",
    .noun = &role_noun,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .is_private = true,
    .check = role_check,
};
