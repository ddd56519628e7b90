/*
 * Sessions, and what one may ask and change about oneself.
 */
#include "base/str.h"
#include "control/api_int.h"
#include "control/identity.h"
#include "control/password.h"
#include "control/settings.h"

struct login_args {
    sl_str name, password;
};

const struct sl_field sl_api_login_fields[] = {
    SL_FIELD_STR(struct login_args, name, .required = true, .min = "1", .max = "64",
                 .help = "The user."),
    SL_FIELD_SECRET(struct login_args, password, .required = true, .min = "1", .max = "1024",
                    .help = "The password."),
    SL_FIELD_END,
};

struct password_args {
    sl_str current, password;
};

const struct sl_field sl_api_password_fields[] = {
    SL_FIELD_SECRET(struct password_args, current, .required = true, .min = "1", .max = "1024",
                    .help = "The password now."),
    SL_FIELD_SECRET(struct password_args, password, .required = true, .min = "12", .max = "1024",
                    .help = "The new one."),
    SL_FIELD_END,
};

/* False when it was answered. */
static bool read_args(struct sl_call *c, const struct sl_field *fields, void *args)
{
    struct sl_node *body;
    if (!sl_call_body(c, false, &body))
        return false;
    if (sl_field_read(fields, args, body, SL_STR(""), c->a, c->d) == SL_OK)
        return true;
    sl_call_fail(c, SL_E_INVALID, NULL);
    return false;
}

static void refuse_login(struct sl_call *c, sl_rc rc, const struct sl_login *login)
{
    sl_call_fail(c, rc, rc == SL_E_UNAUTHENTICATED ? "the name or the password is wrong" : NULL);
    if (rc == SL_E_THROTTLED)
        sl_call_header(c, "retry-after",
                       sl_fmt(c->a, "%lld",
                              (long long)((login->wait_us + SL_SECONDS(1) - 1) / SL_SECONDS(1))));
}

/*
 * The cookie cannot be read by scripts and is not sent along from other sites. A form of another site
 * cannot log somebody in either: bodies are JSON, which needs a preflight that nobody answers.
 */
void sl_api_login(struct sl_call *c)
{
    struct login_args args = {0};
    struct sl_login login = {0};
    const struct sl_came_from from =
        sl_came_from(c->rq->remote, c->rq->request_id, c->rq->headers, c->a);
    if (!read_args(c, sl_api_login_fields, &args))
        return;
    sl_rc rc = sl_identity_login(c->control, args.name, args.password, &from, c->a, &login);
    if (rc != SL_OK) {
        refuse_login(c, rc, &login);
        return;
    }
    struct sl_node *body = sl_tree_map(c->a);
    sl_tree_put_str(c->a, body, "user", login.user);
    sl_tree_put_str(c->a, body, "csrf_token", login.csrf);
    sl_tree_put(body, SL_STR("expires_at"), sl_tree_time(c->a, login.expires_us));
    sl_call_tree(c, 200, body);
    sl_call_begin_session(c, &login);
}

void sl_call_begin_session(struct sl_call *c, const struct sl_login *login)
{
    sl_call_header(c, "set-cookie",
                   sl_fmt(c->a,
                          "sluice_session=%.*s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld",
                          SL_STRF(login->cookie), (long long)(login->max_us / SL_SECONDS(1))));
}

void sl_call_forget_session(struct sl_call *c)
{
    sl_call_header(c, "set-cookie",
                   SL_STR("sluice_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
}

void sl_api_logout(struct sl_call *c)
{
    sl_rc rc = sl_identity_logout(c->control, &c->actor, c->a);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, NULL);
        return;
    }
    c->answer->status = 204;
    sl_call_forget_session(c);
}

static struct sl_node *list_of(struct sl_arena *a, const struct sl_strs *texts)
{
    struct sl_tree_tail t = sl_tree_tail(a);
    for (size_t i = 0; i < texts->n; i++)
        sl_tree_add(&t, sl_tree_str(a, texts->v[i]));
    return t.list;
}

static struct sl_node *show_grant(struct sl_arena *a, const struct sl_grant *g)
{
    struct sl_node *n = sl_tree_map(a);
    sl_tree_put_str(a, n, "role", g->role);
    sl_tree_put(n, SL_STR("permissions"), list_of(a, &g->patterns));
    if (g->workspace.n != 0)
        sl_tree_put_str(a, n, "workspace", g->workspace);
    if (g->is_of_team)
        sl_tree_put(n, SL_STR("teams"), list_of(a, &g->teams));
    return n;
}

/* Where it is only a hint, a store that is away is no reason to fail. */
static bool must_change_password(struct sl_call *c)
{
    struct sl_tx *tx;
    bool must = false;
    if (c->actor.session_hash.n == 0 || sl_store_read(c->control->store, &tx) != SL_OK)
        return false;
    sl_rc rc = sl_identity_has_printed_password(tx, c->actor.user_id, c->a, &must);
    sl_tx_rollback(tx);
    return rc == SL_OK && must;
}

/* What the installation is called; a store that is away is no reason to fail here either. */
static sl_str title_of(struct sl_call *c)
{
    struct sl_tx *tx;
    struct sl_settings settings = {0};
    if (sl_store_read(c->control->store, &tx) != SL_OK)
        return SL_STR("");
    sl_rc rc = sl_settings_read(tx, c->a, &settings);
    sl_tx_rollback(tx);
    return rc == SL_OK ? settings.title : SL_STR("");
}

void sl_api_me(struct sl_call *c)
{
    sl_str title = title_of(c);
    struct sl_arena *a = c->a;
    struct sl_node *body = sl_tree_map(a);
    struct sl_tree_tail grants = sl_tree_tail(a);
    sl_tree_put_str(a, body, "actor", c->actor.name);
    sl_tree_put_str(a, body, "user", c->actor.user);
    for (size_t i = 0; i < c->actor.grant_count; i++)
        sl_tree_add(&grants, show_grant(a, &c->actor.grants[i]));
    sl_tree_put(body, SL_STR("grants"), grants.list);
    if (c->actor.has_scopes)
        sl_tree_put(body, SL_STR("scopes"), list_of(a, &c->actor.scopes));
    if (c->actor.csrf.n != 0)
        sl_tree_put_str(a, body, "csrf_token", c->actor.csrf);
    if (title.n != 0)
        sl_tree_put_str(a, body, "installation", title);
    if (must_change_password(c))
        sl_tree_put(body, SL_STR("must_change_password"), sl_tree_bool(a, true));
    sl_call_tree(c, 200, body);
}

void sl_api_my_password(struct sl_call *c)
{
    struct password_args args = {0};
    struct sl_work w;
    if (!read_args(c, sl_api_password_fields, &args))
        return;
    if (c->actor.session_hash.n == 0) {
        sl_call_fail(c, SL_E_DENIED, "only a session changes its user's password");
        return;
    }
    sl_str user = sl_str_from(c->actor.name, SL_STR("user:").n); /* whose the session is */
    sl_passwords_add(&c->passwords, user, args.current, c->a);
    sl_passwords_add(&c->passwords, SL_STR(""), args.password, c->a);
    if (!sl_call_write(c, &w))
        return;
    sl_rc rc = sl_identity_change_password(&w, args.current, args.password);
    if (rc == SL_OK)
        rc = sl_work_commit(&w);
    else
        sl_work_undo(&w);
    if (rc == SL_OK)
        c->answer->status = 204;
    else
        sl_call_fail(c, rc, NULL);
}
