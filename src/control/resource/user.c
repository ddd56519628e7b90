/*
 * user: a person who administers. What they may do comes from grants: a role, everywhere, in a workspace,
 * or for a team. Passwords are hashes in a table of their own (store/identity.h).
 */
#include "base/str.h"
#include "control/actor.h"
#include "control/change.h"
#include "control/identity.h"
#include "control/password.h"
#include "control/resource/view_int.h"
#include "control/tree.h"
#include "store/identity.h"

struct grant_config {
    sl_str role, workspace, team;
};

struct user_config {
    sl_str name, display_name, email, password;
    struct sl_list_of grants; /* struct grant_config */
    bool disabled;
};

static const struct sl_field grant_fields[] = {
    SL_FIELD_STR(struct grant_config, role, .required = true, .min = "1", .max = "64",
                 .help = "The role.", .example = "editor"),
    SL_FIELD_STR(struct grant_config, workspace, .max = "64",
                 .help = "Only in this workspace; left out: everywhere."),
    SL_FIELD_STR(struct grant_config, team, .max = "64",
                 .help = "Only for what this team (or one below it) owns."),
    SL_FIELD_END,
};

static const struct sl_field user_fields[] = {
    SL_FIELD_STR(struct user_config, name, .required = true, .min = "1", .max = "64",
                 .help = "What one logs in with. Unique.", .example = "alice"),
    SL_FIELD_STR(struct user_config, display_name, .max = "128", .help = "The name for people."),
    SL_FIELD_STR(struct user_config, email, .max = "254", .help = "Where to write to."),
    SL_FIELD_LIST(struct user_config, grants, .fields = grant_fields, .max = "100",
                  .item_size = sizeof(struct grant_config), .help = "What the user may do."),
    SL_FIELD_SECRET(struct user_config, password, .min = "12", .max = "1024",
                    .help =
                        "Of one that is made: the first password, kept as its hash. Later only the "
                        "same is taken; `set-password` changes it. Left out: who signs in with "
                        "a provider needs none."),
    SL_FIELD_BOOL(struct user_config, disabled, .help = "Refuse to log in; sessions end."),
    SL_FIELD_END,
};

static const struct sl_noun user_noun = {
    .name = "users",
    .summary = "People who administer the gateway.",
    .fields = user_fields,
    .size = sizeof(struct user_config),
    .is_list = true,
};

/* Nobody grants more than they have. */
static sl_rc check_grant(struct sl_change *c, const struct grant_config *g)
{
    struct sl_strs patterns;
    sl_rc rc = sl_role_patterns(c->work->tx, g->role, c->work->a, &patterns);
    if (rc != SL_OK)
        return sl_work_fail(c->work, rc);
    for (size_t i = 0; i < patterns.n; i++) {
        if (!sl_actor_covers(c->work->actor, patterns.v[i], g->workspace, g->team))
            return sl_diag_fail(c->work->d, SL_E_DENIED, "grants",
                                "the role '%.*s' has '%.*s', which you have not yourself there",
                                SL_STRF(g->role), SL_STRF(patterns.v[i]));
    }
    return SL_OK;
}

/* Also of what the user has now: an administrator is not locked out by somebody who is none. */
static sl_rc check_grants_of(struct sl_change *c, const struct sl_node *spec)
{
    sl_rc rc = SL_OK;
    const struct sl_node *list = sl_node_get(spec, SL_STR("grants"));
    for (const struct sl_node *n = list != NULL ? list->children : NULL; n != NULL && rc == SL_OK;
         n = n->next) {
        struct grant_config g = {.role = sl_tree_text(n, "role"),
                                 .workspace = sl_tree_text(n, "workspace"),
                                 .team = sl_tree_text(n, "team")};
        rc = check_grant(c, &g);
    }
    return rc;
}

/* ------------------------------------------------------------------ who registered by themselves */

static const struct sl_field user_state[] = {
    {.kind = SL_FIELD_KIND_STR,
     .name = "state",
     .help = "Of who registered by themselves: `requested`, `approved`."},
    {.kind = SL_FIELD_KIND_STR, .name = "reason", .help = "What for, as they said."},
    SL_FIELD_END,
};

static bool is_requested(const struct sl_node *status)
{
    return sl_str_eq(sl_tree_text(status, "state"), SL_STR("requested"));
}

static void set_approved(struct sl_change *c)
{
    sl_tree_put_str(c->work->a, c->status, "state", SL_STR("approved"));
}

static sl_rc approve(struct sl_change *c, const void *args)
{
    (void)args; /* it has none */
    if (!is_requested(c->before_status))
        return sl_change_conflict(c, "this user waits for no approval");
    set_approved(c);
    (void)sl_tree_take(c->spec, SL_STR("disabled"));
    return sl_change_save(c);
}

static sl_rc user_check(struct sl_change *c)
{
    bool is_self = c->before != NULL && sl_str_eq(c->row.id, c->work->actor->user_id);
    if (is_self && (c->is_delete || sl_tree_is_true(c->spec, "disabled")))
        return sl_change_conflict(c, "you cannot lock yourself out");
    if (!c->is_delete && is_requested(c->status) && !sl_tree_is_true(c->spec, "disabled"))
        set_approved(c);
    sl_rc rc = c->is_delete ? SL_OK : check_grants_of(c, c->spec);
    return rc == SL_OK && c->before != NULL ? check_grants_of(c, c->before_spec) : rc;
}

static sl_rc user_changed(struct sl_change *c)
{
    if (c->is_delete)
        return sl_views_forget(c->work, c->row.name);
    if (!sl_tree_is_true(c->spec, "disabled"))
        return SL_OK;
    return sl_work_fail(c->work, sl_sessions_delete_of(c->work->tx, c->row.id, SL_STR("")));
}

/* ------------------------------------------------------------------ set-password */

struct password_args {
    sl_str password;
};

static const struct sl_field password_fields[] = {
    SL_FIELD_SECRET(struct password_args, password, .required = true, .min = "12", .max = "1024",
                    .help = "The new password.", .example = "a long sentence that only you know"),
    SL_FIELD_END,
};

static sl_rc set_password(struct sl_change *c, const void *args)
{
    const struct password_args *p = args;
    sl_rc rc = check_grants_of(c, c->before_spec);
    return rc == SL_OK ? sl_identity_set_password(c->work, c->row.id, p->password) : rc;
}

/* A file that is applied again still has it; who may not set the password learns nothing of it either. */
static sl_rc check_same_password(struct sl_change *c, sl_str password)
{
    bool is_same = false;
    sl_rc rc = check_grants_of(c, c->before_spec);
    if (rc == SL_OK)
        rc = sl_identity_is_password(c->work, c->row.id, password, &is_same);
    return rc == SL_OK && !is_same ? sl_change_fail(c, "password", "is changed with set-password")
                                   : rc;
}

/* With who is made comes a first password: else somebody new would be there, and nobody in, when the second call fails. */
static sl_rc user_hash(struct sl_change *c)
{
    const struct sl_actor *actor = c->work->actor;
    struct sl_node *given = c->is_delete ? NULL : sl_tree_take(c->spec, SL_STR("password"));
    if (given == NULL)
        return SL_OK;
    if (!sl_actor_may(actor, SL_STR("users:set-password"), SL_STR(""), SL_STR("")))
        return sl_diag_fail(c->work->d, SL_E_DENIED, "password",
                            "needs the permission users:set-password");
    if (c->work->password_count++ == SL_PASSWORDS_MAX)
        return sl_change_fail(c, "password", "is one too many: one call may bring %d passwords",
                              SL_PASSWORDS_MAX);
    if (c->before != NULL)
        return check_same_password(c, given->text);
    return sl_identity_set_password(c->work, c->row.id, given->text);
}

static const struct sl_action user_actions[] = {
    {.name = "approve",
     .summary = "Let somebody who registered by themselves log in.",
     .run = approve},
    {.name = "set-password",
     .summary = "Set the password; the user's sessions end.",
     .fields = password_fields,
     .size = sizeof(struct password_args),
     .run = set_password},
    {0},
};

static const struct sl_reference user_references[] = {{"grants[].role", "role"},
                                                      {"grants[].workspace", "workspace"},
                                                      {"grants[].team", "team"},
                                                      {NULL, NULL}};

static const char *const indexed_members[] = {"disabled", "status.state", NULL};

const struct sl_resource_type sl_resource_user = {
    .kind = "user",
    .indexed = indexed_members,
    .noun = &user_noun,
    .state = user_state,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .is_private = true,
    .references = user_references,
    .actions = user_actions,
    .hash = user_hash,
    .check = user_check,
    .changed = user_changed,
};
