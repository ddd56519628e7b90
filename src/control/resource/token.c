/*
 * token: a credential for the admin API, of a user; it may do what the user may and its scopes allow. The
 * text is shown once; the store has its hash.
 */
#include "base/str.h"
#include "control/actor.h"
#include "control/change.h"
#include "control/identity.h"
#include "control/tree.h"

enum { SCOPE_BYTES_MAX = 128 };

struct token_config {
    sl_str name, user;
    struct sl_strs scopes;
    int64_t expires;
    bool disabled;
};

static const struct sl_field token_fields[] = {
    SL_FIELD_STR(struct token_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique.", .example = "ci"),
    SL_FIELD_STR(struct token_config, user, .max = "64",
                 .help = "Whose rights it has; left out: yours."),
    SL_FIELD_STRS(struct token_config, scopes, .max = "100",
                  .help = "Permissions that it is limited to, as in roles. Left out: none but what "
                          "the user's grants say.",
                  .example = "[\"services:*\"]"),
    SL_FIELD_TIME(struct token_config, expires, .help = "From then on it is refused."),
    SL_FIELD_BOOL(struct token_config, disabled, .help = "Refuse it."),
    SL_FIELD_END,
};

static const struct sl_field token_state[] = {
    {.kind = SL_FIELD_KIND_STR, .name = "prefix", .help = "The first characters of the token."},
    {.kind = SL_FIELD_KIND_TIME,
     .name = "last_used_at",
     .help = "When it was last used, to the minute. Not there: never."},
    {.kind = SL_FIELD_KIND_STR, .name = "last_used_from", .help = "From which address."},
    SL_FIELD_END,
};

static const struct sl_noun token_noun = {
    .name = "tokens",
    .summary = "Credentials for the admin API.",
    .fields = token_fields,
    .size = sizeof(struct token_config),
    .is_list = true,
};

static sl_rc check_scopes(struct sl_change *c, const struct token_config *config)
{
    for (size_t i = 0; i < config->scopes.n; i++) {
        if (config->scopes.v[i].n > SCOPE_BYTES_MAX)
            return sl_change_fail(c, "scopes", "a permission must be at most %d bytes long",
                                  SCOPE_BYTES_MAX);
        if (!sl_permission_is_valid(config->scopes.v[i]))
            return sl_change_fail(c, "scopes", "'%.*s' is no permission",
                                  SL_STRF(config->scopes.v[i]));
    }
    return SL_OK;
}

/* A token speaks for its user: only for oneself, unless one may do everything anyway. */
static sl_rc check_owner(struct sl_change *c)
{
    const struct sl_actor *actor = c->work->actor;
    bool is_own = sl_str_eq(sl_tree_text(c->spec, "user"), actor->user);
    if (!is_own && !sl_actor_may(actor, SL_STR("*:*"), SL_STR(""), SL_STR("")))
        return sl_diag_fail(c->work->d, SL_E_DENIED, "user",
                            "only an administrator makes tokens for others");
    if (actor->has_scopes)
        return sl_diag_fail(c->work->d, SL_E_DENIED, "",
                            "a token with scopes cannot make or change tokens");
    return SL_OK;
}

static sl_rc token_check(struct sl_change *c)
{
    if (c->is_delete)
        return SL_OK;
    if (sl_tree_text(c->spec, "user").n == 0) {
        if (c->work->actor->user.n == 0)
            return sl_change_fail(c, "user", "must name the user whose token it is");
        sl_tree_put_str(c->work->a, c->spec, "user", c->work->actor->user);
    }
    sl_rc rc = check_owner(c);
    return rc == SL_OK ? check_scopes(c, c->config) : rc;
}

static sl_rc token_changed(struct sl_change *c)
{
    return c->is_delete || c->before != NULL ? SL_OK : sl_identity_new_token(c);
}

static sl_rc rotate(struct sl_change *c, const void *args)
{
    (void)args;
    sl_rc rc = check_owner(c);
    return rc == SL_OK ? sl_identity_new_token(c) : rc;
}

static const struct sl_action token_actions[] = {
    {.name = "rotate", .summary = "Make a new text for it; the old one ends.", .run = rotate},
    {0},
};

static const struct sl_reference token_references[] = {{"user", "user"}, {NULL, NULL}};

static const char *const indexed_members[] = {"disabled", NULL};

const struct sl_resource_type sl_resource_token = {
    .kind = "token",
    .indexed = indexed_members,
    .noun = &token_noun,
    .state = token_state,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .is_private = true,
    .references = token_references,
    .actions = token_actions,
    .check = token_check,
    .changed = token_changed,
};
