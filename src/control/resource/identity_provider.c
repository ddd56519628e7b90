/*
 * identity-provider: somebody who vouches for users: single sign-on with OpenID Connect (control/sso).
 */
#include "base/str.h"
#include "codec/oidc.h"
#include "codec/url.h"
#include "control/actor.h"
#include "control/sso.h"

static const struct sl_field grant_fields[] = {
    SL_FIELD_STR(struct sl_sso_grant, group, .max = "256",
                 .help = "Of who is in this group; left out: of everybody.",
                 .example = "gateway-admins"),
    SL_FIELD_STR(struct sl_sso_grant, role, .required = true, .min = "1", .max = "64",
                 .help = "The role.", .example = "editor"),
    SL_FIELD_STR(struct sl_sso_grant, workspace, .max = "64",
                 .help = "Only in this workspace; left out: everywhere."),
    SL_FIELD_STR(struct sl_sso_grant, team, .max = "64",
                 .help = "Only for what this team (or one below it) owns."),
    SL_FIELD_END,
};

const struct sl_field sl_identity_provider_fields[] = {
    SL_FIELD_STR(struct sl_identity_provider_config, name, .required = true, .min = "1",
                 .max = "64",
                 .help = "Unique; letters, digits, '-' and '_'. Part of the URL that the provider "
                         "sends browsers back to: `/api/v1/sso/NAME/callback`.",
                 .example = "corp"),
    SL_FIELD_STR(struct sl_identity_provider_config, title, .max = "64",
                 .help = "The name on the sign-in page. Left out: `name`.",
                 .example = "Example Corp."),
    SL_FIELD_URL(struct sl_identity_provider_config, issuer, .required = true,
                 .help = "The provider's issuer, letter by letter. Below it stands "
                         "`/.well-known/openid-configuration`. https, but for one on this machine; "
                         "addresses of private networks need `gateway.admin.fetch_from`.",
                 .example = "https://login.example.com/realms/corp"),
    SL_FIELD_STR(struct sl_identity_provider_config, client_id, .required = true, .min = "1",
                 .max = "256", .help = "As which client the gateway is registered there.",
                 .example = "sluice"),
    SL_FIELD_SECRET(struct sl_identity_provider_config, client_secret, .min = "1", .max = "1024",
                    .help = "The client's secret. Left out: a public client."),
    SL_FIELD_STRS(struct sl_identity_provider_config, scopes, .dflt = "[profile, email]",
                  .max = "16", .help = "What is asked for beside `openid`.",
                  .example = "[profile, email, groups]"),
    SL_FIELD_URL(struct sl_identity_provider_config, public_url,
                 .help = "Where browsers reach this console, without a path. Left out: `http://` "
                         "and the host of the request.",
                 .example = "https://gateway.example.com"),
    SL_FIELD_STR(struct sl_identity_provider_config, username_claim, .dflt = "preferred_username",
                 .min = "1", .max = "128",
                 .help = "The claim that names the user when they come for the first time. Later "
                         "they are known by `sub`. `email` must be verified there.",
                 .example = "email"),
    SL_FIELD_STR(struct sl_identity_provider_config, groups_claim, .dflt = "groups", .min = "1",
                 .max = "128",
                 .help =
                     "The claim with the user's groups: a text or a list; dots lead into objects.",
                 .example = "realm_access.roles"),
    SL_FIELD_STRS(struct sl_identity_provider_config, allowed_groups, .max = "100",
                  .help = "Only who is in one of these may sign in. Left out: everybody whom the "
                          "provider lets in.",
                  .example = "[gateway-users]"),
    SL_FIELD_STRS(struct sl_identity_provider_config, email_domains, .max = "100",
                  .help = "Only who has a verified mail address there may sign in.",
                  .example = "[example.com]"),
    SL_FIELD_LIST(struct sl_identity_provider_config, grants, .fields = grant_fields, .max = "100",
                  .item_size = sizeof(struct sl_sso_grant),
                  .help = "What users may do, by their groups. With rows here a user's grants are "
                          "set anew at each sign-in."),
    SL_FIELD_BOOL(struct sl_identity_provider_config, keep_grants,
                  .help = "Set the grants of a user only when they are made."),
    SL_FIELD_BOOL(struct sl_identity_provider_config, create_users,
                  .help = "Make a user of who comes for the first time."),
    SL_FIELD_BOOL(struct sl_identity_provider_config, link_users,
                  .help =
                      "Take who comes for the first time for the user of that name, if there is "
                      "one. Only where nobody chooses their name themselves."),
    SL_FIELD_BOOL(struct sl_identity_provider_config, disabled,
                  .help = "Nobody signs in with it; sessions go on."),
    SL_FIELD_END,
};

static const struct sl_noun identity_provider_noun = {
    .name = "identity-providers",
    .summary = "Who vouches for users: single sign-on with OpenID Connect.",
    .fields = sl_identity_provider_fields,
    .size = sizeof(struct sl_identity_provider_config),
    .is_list = true,
};

static bool is_path_name(sl_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = sl_lower(name.p[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

static bool is_origin(sl_str url)
{
    struct sl_url u;
    const char *why;
    return sl_url_parse(url, &u, &why) == SL_OK && !u.has_query &&
           (u.path.n == 0 || sl_str_eq(u.path, SL_STR("/")));
}

static bool is_scope(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
            return false;
    }
    return s.n != 0;
}

static sl_rc check_spec(struct sl_change *c, const struct sl_identity_provider_config *config)
{
    if (!is_path_name(config->name))
        return sl_change_fail(c, "name", "must be letters, digits, '-' and '_'");
    if (!sl_oidc_url_is_safe(config->issuer))
        return sl_change_fail(c, "issuer",
                              "must be an https URL, or an http URL of this machine (localhost)");
    if (config->public_url.n != 0 && !is_origin(config->public_url))
        return sl_change_fail(c, "public_url", "must be a URL without a path");
    for (size_t i = 0; i < config->scopes.n; i++) {
        if (!is_scope(config->scopes.v[i]))
            return sl_change_fail(c, sl_fmt(c->work->a, "scopes[%zu]", i).p,
                                  "must be printable ASCII without spaces");
    }
    return SL_OK;
}

/* Who says who vouches for users can become any of them. */
static sl_rc identity_provider_check(struct sl_change *c)
{
    if (!sl_actor_covers(c->work->actor, SL_STR("*:*"), SL_STR(""), SL_STR("")))
        return sl_diag_fail(c->work->d, SL_E_DENIED, "",
                            "only who may do everything everywhere says who vouches for users");
    return c->is_delete ? SL_OK : check_spec(c, c->config);
}

static const struct sl_reference references[] = {{"grants[].role", "role"},
                                                 {"grants[].workspace", "workspace"},
                                                 {"grants[].team", "team"},
                                                 {NULL, NULL}};

const struct sl_resource_type sl_resource_identity_provider = {
    .kind = "identity-provider",
    .noun = &identity_provider_noun,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .is_private = true,
    .references = references,
    .check = identity_provider_check,
};
