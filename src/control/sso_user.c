#include "control/sso_user.h"
#include "base/str.h"
#include "control/tree.h"
#include "store/identity.h"

enum { NAME_BYTES_MAX = 64, DISPLAY_NAME_BYTES_MAX = 128, EMAIL_BYTES_MAX = 254 };

/* ------------------------------------------------------------------ may they? */

static bool has_text(const struct sl_strs *list, sl_str text)
{
    for (size_t i = 0; i < list->n; i++) {
        if (sl_str_eq(list->v[i], text))
            return true;
    }
    return false;
}

static bool is_in_allowed_group(const struct sl_strs *allowed, const struct sl_strs *groups)
{
    bool is_in = allowed->n == 0;
    for (size_t i = 0; i < groups->n && !is_in; i++)
        is_in = has_text(allowed, groups->v[i]);
    return is_in;
}

/* An address that nobody has checked proves nothing. */
static bool is_of_allowed_domain(const struct sl_strs *domains, const struct sl_sso_person *p)
{
    size_t at = sl_str_rfind(p->email, '@');
    if (domains->n == 0)
        return true;
    if (!p->is_email_verified || at == SIZE_MAX)
        return false;
    for (size_t i = 0; i < domains->n; i++) {
        if (sl_str_ieq(domains->v[i], sl_str_from(p->email, at + 1)))
            return true;
    }
    return false;
}

static enum sl_sso_failure check_person(const struct sl_sso_call *c, const struct sl_sso_person *p)
{
    const struct sl_identity_provider_config *config = &c->provider->config;
    if (!is_in_allowed_group(&config->allowed_groups, &p->groups))
        return sl_sso_fail(c, SL_SSO_NOT_ALLOWED, "the user is in none of allowed_groups");
    if (!is_of_allowed_domain(&config->email_domains, p))
        return sl_sso_fail(c, SL_SSO_NOT_ALLOWED,
                           "the user has no verified mail address in one of email_domains");
    return SL_SSO_DONE;
}

/* ------------------------------------------------------------------ what they may do */

static bool is_granted(const struct sl_sso_grant *g, const struct sl_sso_person *p)
{
    return g->group.n == 0 || has_text(&p->groups, g->group);
}

static void put_given(struct sl_arena *a, struct sl_node *n, const char *name, sl_str text)
{
    if (text.n != 0)
        sl_tree_put_str(a, n, name, text);
}

static struct sl_node *grants_of(const struct sl_sso_call *c, const struct sl_sso_person *p)
{
    const struct sl_list_of *rows = &c->provider->config.grants;
    struct sl_tree_tail grants = sl_tree_tail(c->a);
    for (size_t i = 0; i < rows->n; i++) {
        const struct sl_sso_grant *g = &((const struct sl_sso_grant *)rows->v)[i];
        if (!is_granted(g, p))
            continue;
        struct sl_node *n = sl_tree_map(c->a);
        sl_tree_put_str(c->a, n, "role", g->role);
        put_given(c->a, n, "workspace", g->workspace);
        put_given(c->a, n, "team", g->team);
        sl_tree_add(&grants, n);
    }
    return grants.list;
}

/* ------------------------------------------------------------------ the user */

struct admission {
    const struct sl_sso_call *c;
    const struct sl_sso_person *p;
    const struct sl_resource_type *type;
    struct sl_work w;
};

static enum sl_sso_failure failed(sl_rc rc)
{
    return rc == SL_E_STORE || rc == SL_E_UNCERTAIN ? SL_SSO_STORE : SL_SSO_CLAIMS;
}

static enum sl_sso_failure make_user(struct admission *m, struct sl_row *ret)
{
    struct sl_change change;
    struct sl_arena *a = m->c->a;
    struct sl_node *body = sl_tree_map(a);
    sl_tree_put_str(a, body, "name", m->p->name);
    if (m->p->display_name.n <= DISPLAY_NAME_BYTES_MAX)
        put_given(a, body, "display_name", m->p->display_name);
    if (m->p->email.n <= EMAIL_BYTES_MAX)
        put_given(a, body, "email", m->p->email);
    sl_tree_put(body, SL_STR("grants"), grants_of(m->c, m->p));
    sl_rc rc = sl_change_create(&m->w, m->type, body, &change);
    if (rc != SL_OK)
        return failed(rc);
    *ret = change.row;
    return SL_SSO_DONE;
}

static enum sl_sso_failure link_user(struct admission *m, const struct sl_row *user)
{
    sl_rc rc =
        sl_identity_link_insert(m->w.tx, m->c->provider->id, m->p->subject, user->id, m->w.now_us);
    return sl_work_fail(&m->w, rc) == SL_OK ? SL_SSO_DONE : SL_SSO_STORE;
}

/* An address serves as a name only when the provider has checked it: else one writes another's into one's profile. */
static enum sl_sso_failure check_name(struct admission *m)
{
    bool is_email = sl_str_eq(m->c->provider->config.username_claim, SL_STR("email"));
    if (m->p->name.n == 0 || m->p->name.n > NAME_BYTES_MAX)
        return sl_sso_fail(m->c, SL_SSO_CLAIMS,
                           "the username_claim is missing, no text, or too long");
    if (is_email && !m->p->is_email_verified)
        return sl_sso_fail(m->c, SL_SSO_CLAIMS, "the mail address is not verified");
    return SL_SSO_DONE;
}

/* Somebody who comes for the first time. */
static enum sl_sso_failure meet(struct admission *m, struct sl_row *ret)
{
    const struct sl_identity_provider_config *config = &m->c->provider->config;
    enum sl_sso_failure failure = check_name(m);
    if (failure != SL_SSO_DONE)
        return failure;
    sl_rc rc = sl_row_by_name(m->w.tx, sl_cstr(m->type->kind), m->p->name, m->c->a, ret);
    if (rc != SL_OK && rc != SL_E_NOTFOUND)
        return SL_SSO_STORE;
    if (rc == SL_OK && !config->link_users)
        return sl_sso_fail(m->c, SL_SSO_NAME_TAKEN, "link_users is not set");
    if (rc == SL_E_NOTFOUND && !config->create_users)
        return sl_sso_fail(m->c, SL_SSO_UNKNOWN_USER, "create_users is not set");
    if (rc == SL_E_NOTFOUND)
        failure = make_user(m, ret);
    return failure == SL_SSO_DONE ? link_user(m, ret) : failure;
}

static enum sl_sso_failure find_user(struct admission *m, struct sl_row *ret)
{
    sl_str id = {0};
    sl_rc rc = sl_identity_link_find(m->w.tx, m->c->provider->id, m->p->subject, m->c->a, &id);
    if (rc == SL_E_NOTFOUND)
        return meet(m, ret);
    if (rc == SL_OK)
        rc = sl_row_by_id(m->w.tx, sl_cstr(m->type->kind), id, m->c->a, ret);
    return rc == SL_OK ? SL_SSO_DONE : SL_SSO_STORE;
}

/* Who has left a group has no longer what it gave. */
static enum sl_sso_failure renew_grants(struct admission *m, struct sl_row *user)
{
    const struct sl_identity_provider_config *config = &m->c->provider->config;
    struct sl_change change;
    struct sl_node *spec = NULL, *patch = sl_tree_map(m->c->a);
    if (sl_change_parse(&m->w, user->spec, &spec) != SL_OK)
        return SL_SSO_STORE;
    if (sl_tree_is_true(spec, "disabled"))
        return sl_sso_fail(m->c, SL_SSO_DISABLED, "the user is disabled");
    if (config->grants.n == 0 || config->keep_grants)
        return SL_SSO_DONE;
    sl_tree_put(patch, SL_STR("grants"), grants_of(m->c, m->p));
    sl_rc rc = sl_change_patch(&m->w, m->type, user, patch, &change);
    if (rc != SL_OK)
        return failed(rc);
    *user = change.row;
    return SL_SSO_DONE;
}

enum sl_sso_failure sl_sso_admit(const struct sl_sso_call *c, const struct sl_sso_person *person,
                                 struct sl_row *ret_user)
{
    struct sl_actor *actor =
        sl_actor_almighty(c->a, sl_fmt(c->a, "sso:%.*s", SL_STRF(c->provider->config.name)).p);
    actor->remote = c->from.remote;
    actor->request_id = c->from.request_id;
    struct admission m = {
        .c = c,
        .p = person,
        .type = sl_resource_type_by_kind(SL_STR("user")),
        .w = {.control = c->control, .a = c->a, .d = c->d, .actor = actor, .is_dry = c->is_dry},
    };
    enum sl_sso_failure failure = check_person(c, person);
    if (failure != SL_SSO_DONE)
        return failure;
    if (sl_work_begin(&m.w) != SL_OK)
        return SL_SSO_STORE;
    failure = find_user(&m, ret_user);
    if (failure == SL_SSO_DONE)
        failure = renew_grants(&m, ret_user);
    if (failure != SL_SSO_DONE) {
        sl_work_undo(&m.w);
        return failure;
    }
    return sl_work_commit(&m.w) == SL_OK ? SL_SSO_DONE : SL_SSO_STORE;
}
