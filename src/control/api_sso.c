/*
 * The routes of single sign-on. Two of them are walked by browsers, not by programs: they answer with where to go,
 * and when it came to nothing that is the sign-in page with a code (sso_failure.def) that it explains.
 */
#include "base/str.h"
#include "codec/cookie.h"
#include "control/api_int.h"
#include "control/saying.h"
#include "control/sso.h"
#include "control/sso_user.h"
#include "codec/oidc.h"

#define COOKIE "sluice_sso"
#define COOKIE_PATH "/api/v1/sso"

const struct sl_api_parameter sl_api_sso_start_parameters[] = {
    {"return_to", "{\"type\":\"string\",\"default\":\"/\"}",
     "The path to go to when it is done, such as `/portal/`."},
    {NULL, NULL, NULL},
};

const struct sl_api_parameter sl_api_sso_callback_parameters[] = {
    {"code", "{\"type\":\"string\"}", "From the provider."},
    {"state", "{\"type\":\"string\"}", "As it was given to the provider."},
    {"iss", "{\"type\":\"string\"}", "The provider's issuer (RFC 9207)."},
    {"error", "{\"type\":\"string\"}", "Why it refuses."},
    {NULL, NULL, NULL},
};

const char sl_api_sso_schema[] =
    "{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":\"array\","
    "\"items\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"name\",\"title\","
    "\"start\"],\"properties\":{\"name\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
    "\"start\":{\"type\":\"string\",\"description\":\"The path to send the browser to.\"}}}}}}";

/* ------------------------------------------------------------------ the list */

struct listing {
    struct sl_call *c;
    struct sl_work *w;
    struct sl_tree_tail items;
    sl_rc rc;
};

static bool list(const struct sl_row *row, void *arg)
{
    struct listing *l = arg;
    struct sl_arena *a = l->c->a;
    struct sl_node *spec = NULL, *n = sl_tree_map(a);
    l->rc = sl_change_parse(l->w, sl_arena_dup(a, row->spec), &spec);
    if (l->rc != SL_OK || sl_tree_is_true(spec, "disabled"))
        return l->rc == SL_OK;
    sl_str name = sl_tree_text(spec, "name"), title = sl_tree_text(spec, "title");
    sl_tree_put_str(a, n, "name", name);
    sl_tree_put_str(a, n, "title", title.n != 0 ? title : name);
    sl_tree_put_str(a, n, "start", sl_fmt(a, COOKIE_PATH "/%.*s/start", SL_STRF(name)));
    sl_tree_add(&l->items, n);
    return true;
}

void sl_api_sso(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row_query query = {.kind = SL_STR("identity-provider")};
    if (!sl_call_read(c, &w))
        return;
    struct listing l = {.c = c, .w = &w, .items = sl_tree_tail(c->a)};
    sl_rc rc = sl_rows_each(w.tx, &query, list, &l);
    sl_work_undo(&w);
    if (rc != SL_OK || l.rc != SL_OK) {
        sl_call_fail(c, SL_E_STORE, NULL);
        return;
    }
    struct sl_node *body = sl_tree_map(c->a);
    sl_tree_put(body, SL_STR("items"), l.items.list);
    sl_call_tree(c, 200, body);
}

/* ------------------------------------------------------------------ where to go */

static void go_to(struct sl_call *c, sl_str location)
{
    c->answer->status = 303;
    sl_call_header(c, "location", location);
    sl_call_header(c, "cache-control", SL_STR("no-store"));
    sl_call_header(c, "referrer-policy", SL_STR("no-referrer")); /* the callback's URL has a code */
}

static void set_cookie(struct sl_call *c, sl_str redirect_uri, sl_str value, int max_age_s)
{
    bool is_secure = sl_str_starts(redirect_uri, SL_STR("https://"));
    sl_call_header(
        c, "set-cookie",
        sl_fmt(c->a, COOKIE "=%.*s; Path=" COOKIE_PATH "; HttpOnly; SameSite=Lax; Max-Age=%d%s",
               SL_STRF(value), max_age_s, is_secure ? "; Secure" : ""));
}

/* To the sign-in page of where one wanted to go. */
static void go_back(struct sl_call *c, const struct sl_sso_call *call, sl_str return_to,
                    enum sl_sso_failure failure)
{
    bool is_portal = sl_str_starts(return_to, SL_STR("/portal"));
    sl_str why = call->d->count != 0 ? sl_problem_text(&call->d->problems[call->d->count - 1], c->a)
                                     : (sl_str){0};
    sl_log(c->control->config.log, WARN, "single sign-on failed",
           SL_KV_STR("provider", call->provider->config.name),
           SL_KV_STR("reason", sl_cstr(sl_sso_failure_text(failure))), SL_KV_STR("detail", why),
           SL_KV_STR("remote", c->rq->remote), SL_KV_STR("request_id", c->rq->request_id));
    go_to(c, sl_fmt(c->a, "%s?sso_error=%s", is_portal ? "/portal/login" : "/login",
                    sl_sso_failure_code(failure)));
}

/* False when it was answered. */
static bool prepare(struct sl_call *c, struct sl_sso_provider *provider, struct sl_sso_call *ret)
{
    sl_rc rc = sl_sso_find(c->control, c->key, c->a, c->d, provider);
    if (rc != SL_OK) {
        sl_call_fail(c, rc,
                     rc == SL_E_NOTFOUND ? "there is no such identity provider, or it is disabled"
                                         : NULL);
        return false;
    }
    *ret = (struct sl_sso_call){
        .control = c->control,
        .provider = provider,
        .a = c->a,
        .d = c->d,
        .from = sl_came_from(c->rq->remote, c->rq->request_id, c->rq->headers, c->a)};
    return true;
}

/* A host that lies is one that the provider does not know: it sends browsers to registered URLs only. */
static sl_str redirect_uri_of(struct sl_call *c, const struct sl_identity_provider_config *config)
{
    sl_str url = config->public_url;
    sl_str origin = url.n != 0 ? sl_str_head(url, url.n - sl_str_ends(url, SL_STR("/")))
                               : sl_fmt(c->a, "http://%.*s", SL_STRF(c->rq->authority));
    return sl_fmt(c->a, "%.*s" COOKIE_PATH "/%.*s/callback", SL_STRF(origin),
                  SL_STRF(config->name));
}

void sl_api_sso_start(struct sl_call *c)
{
    struct sl_sso_provider provider;
    struct sl_sso_call call;
    sl_str return_to = sl_call_query(c, "return_to");
    struct sl_sso_start s = {.return_to = return_to.n != 0 ? return_to : SL_STR("/")};
    if (!sl_call_check_query(c, sl_api_sso_start_parameters))
        return;
    if (!sl_sso_path_is_own(s.return_to)) {
        sl_call_fail(c, SL_E_BAD_REQUEST,
                     "query parameter 'return_to': must be a path of this site");
        return;
    }
    if (!prepare(c, &provider, &call))
        return;
    s.redirect_uri = redirect_uri_of(c, &provider.config);
    enum sl_sso_failure failure = sl_sso_start(&call, &s);
    if (failure != SL_SSO_DONE) {
        go_back(c, &call, s.return_to, failure);
        return;
    }
    go_to(c, s.location);
    set_cookie(c, s.redirect_uri, s.cookie, SL_SSO_LIFE_S);
}

void sl_api_sso_callback(struct sl_call *c)
{
    struct sl_sso_provider provider;
    struct sl_sso_call call;
    struct sl_sso_end e = {.code = sl_call_query(c, "code"),
                           .state = sl_call_query(c, "state"),
                           .error = sl_call_query(c, "error"),
                           .issuer = sl_call_query(c, "iss"),
                           .return_to = SL_STR("/")};
    (void)sl_cookie_get(c->rq->headers, SL_STR(COOKIE), &e.cookie); /* empty: none */
    if (!prepare(c, &provider, &call))
        return;
    enum sl_sso_failure failure = sl_sso_end(&call, &e);
    if (failure == SL_SSO_DONE) {
        go_to(c, e.return_to);
        sl_call_begin_session(c, &e.login);
    } else {
        go_back(c, &call, e.return_to, failure);
    }
    set_cookie(c, redirect_uri_of(c, &provider.config), (sl_str){0}, 0);
}

/* ------------------------------------------------------------------ trying one */

struct check_body {
    struct sl_identity_provider_config provider;
    const struct sl_node *claims;
};

const struct sl_field sl_api_sso_check_fields[] = {
    SL_FIELD_OBJECT(struct check_body, provider, .fields = sl_identity_provider_fields,
                    .required = true, .help = "As it would be saved."),
    SL_FIELD_NODE(struct check_body, claims,
                  .help = "What a token of somebody says: who would they be here?"),
    SL_FIELD_END,
};

const char sl_api_sso_check_schema[] =
    "{\"type\":\"object\",\"required\":[\"callback_url\",\"discovery\"],\"properties\":{"
    "\"callback_url\":{\"type\":\"string\",\"description\":\"What is to be registered at the "
    "provider.\"},\"discovery\":{\"type\":\"object\",\"required\":[\"url\",\"is_good\"],"
    "\"properties\":{\"url\":{\"type\":\"string\"},\"is_good\":{\"type\":\"boolean\"},\"keys\":{"
    "\"type\":\"integer\",\"description\":\"How many of its keys can be used.\"},\"detail\":{\"type\":"
    "\"string\",\"description\":\"What is wrong.\"},\"code\":{\"type\":\"string\",\"description\":\"Of that sentence.\"},\"params\":{\"type\":\"object\",\"description\":\"What stands in it.\"}}},\"sign_in\":{\"type\":\"object\",\"required\":["
    "\"is_admitted\"],\"properties\":{\"is_admitted\":{\"type\":\"boolean\"},\"reason\":{\"type\":"
    "\"string\"},\"detail\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},\"params\":{\"type\":\"object\"},\"user\":{\"type\":\"string\"},\"is_new\":{\"type\":"
    "\"boolean\",\"description\":\"The user would be made.\"},\"groups\":{\"type\":\"array\",\"items\":{"
    "\"type\":\"string\"}},\"grants\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}}}";

static void put_given(struct sl_arena *a, struct sl_node *n, const char *name, sl_str text)
{
    if (text.n != 0)
        sl_tree_put_str(a, n, name, text);
}

/* The call with problems of its own. */
static struct sl_sso_call apart(const struct sl_sso_call *call)
{
    struct sl_sso_call copy = *call;
    copy.d = sl_arena_new_of(call->a, struct sl_diag);
    sl_diag_init(copy.d, call->a);
    return copy;
}

static void put_detail(const struct sl_sso_call *call, struct sl_node *n)
{
    if (call->d->count == 0)
        return;
    sl_str said = call->d->problems[call->d->count - 1].message;
    struct sl_node *params = sl_tree_map(call->a);
    struct sl_said s;
    sl_str name;
    sl_tree_put_str(call->a, n, "detail", said);
    if (!sl_saying_read(said, &s))
        return;
    sl_tree_put_str(call->a, n, "code", sl_cstr(s.code));
    for (size_t i = 0; i < s.n && sl_str_split(&s.names, ' ', &name); i++)
        sl_tree_put(params, name, sl_tree_str(call->a, s.params[i]));
    if (s.n != 0)
        sl_tree_put(n, SL_STR("params"), params);
}

static struct sl_node *try_discovery(const struct sl_sso_call *outer)
{
    struct sl_sso_call call = apart(outer);
    struct sl_arena *a = call.a;
    struct sl_node *n = sl_tree_map(a);
    struct sl_oidc_metadata m;
    size_t keys;
    bool is_good = sl_sso_discover(&call, &m, &keys) == SL_SSO_DONE;
    sl_tree_put_str(a, n, "url", sl_oidc_metadata_url(call.provider->config.issuer, a));
    sl_tree_put(n, SL_STR("is_good"), sl_tree_bool(a, is_good));
    put_given(a, n, "authorization_endpoint", m.authorization_endpoint);
    put_given(a, n, "token_endpoint", m.token_endpoint);
    put_given(a, n, "userinfo_endpoint", m.userinfo_endpoint);
    put_given(a, n, "jwks_uri", m.jwks_uri);
    sl_tree_put(n, SL_STR("keys"), sl_tree_i64(a, (int64_t)keys));
    put_detail(&call, n);
    return n;
}

/* Nothing was changed: who is not there now would have been made. */
static bool is_there(struct sl_call *c, sl_str id)
{
    struct sl_work w = {.control = c->control, .a = c->a, .d = c->d};
    struct sl_row row;
    if (sl_store_read(c->control->store, &w.tx) != SL_OK)
        return false;
    sl_rc rc = sl_row_by_id(w.tx, SL_STR("user"), id, c->a, &row);
    sl_tx_rollback(w.tx);
    return rc == SL_OK;
}

static void put_user(struct sl_call *c, const struct sl_row *user, struct sl_node *n)
{
    struct sl_work w = {.control = c->control, .a = c->a, .d = c->d};
    struct sl_node *spec = NULL;
    if (sl_change_parse(&w, user->spec, &spec) != SL_OK)
        return;
    const struct sl_node *grants = sl_node_get(spec, SL_STR("grants"));
    sl_tree_put_str(c->a, n, "user", user->name);
    sl_tree_put(n, SL_STR("is_new"), sl_tree_bool(c->a, !is_there(c, user->id)));
    sl_tree_put(n, SL_STR("grants"),
                grants != NULL ? sl_tree_copy(c->a, grants) : sl_tree_list(c->a));
}

static enum sl_sso_failure try_claims(const struct sl_sso_call *call, const struct sl_node *claims,
                                      struct sl_sso_person *p, struct sl_row *ret_user)
{
    const struct sl_json *v[2] = {NULL, NULL};
    struct sl_jsonscan_info info;
    *p = (struct sl_sso_person){0};
    if (sl_json_parse(sl_tree_json(claims, call->a), call->a, &v[0], &info) != SL_OK ||
        sl_json_kind(v[0]) != SL_JSON_OBJECT)
        return sl_sso_fail(call, SL_SSO_CLAIMS, "claims must be a JSON object");
    sl_sso_person_of(call, v, p);
    if (p->subject.n == 0 || p->subject.n > SL_OIDC_SUBJECT_BYTES_MAX)
        return sl_sso_fail(call, SL_SSO_CLAIMS, "the claim sub is missing, no text, or too long");
    return sl_sso_admit(call, p, ret_user);
}

static struct sl_node *try_sign_in(struct sl_call *c, const struct sl_sso_call *outer,
                                   const struct sl_node *claims)
{
    struct sl_sso_call call = apart(outer);
    struct sl_arena *a = c->a;
    struct sl_node *n = sl_tree_map(a);
    struct sl_tree_tail groups = sl_tree_tail(a);
    struct sl_sso_person p;
    struct sl_row user;
    enum sl_sso_failure failure = try_claims(&call, claims, &p, &user);
    sl_tree_put(n, SL_STR("is_admitted"), sl_tree_bool(a, failure == SL_SSO_DONE));
    for (size_t i = 0; i < p.groups.n; i++)
        sl_tree_add(&groups, sl_tree_str(a, p.groups.v[i]));
    sl_tree_put(n, SL_STR("groups"), groups.list);
    put_given(a, n, "email", p.email);
    put_given(a, n, "display_name", p.display_name);
    if (failure == SL_SSO_DONE) {
        put_user(c, &user, n);
        return n;
    }
    put_given(a, n, "user", p.name);
    sl_tree_put_str(a, n, "reason", sl_cstr(sl_sso_failure_code(failure)));
    put_detail(&call, n);
    return n;
}

void sl_api_sso_check(struct sl_call *c)
{
    struct check_body body = {0};
    struct sl_sso_provider provider, saved;
    struct sl_node *tree, *out = sl_tree_map(c->a);
    struct sl_diag *d = sl_arena_new_of(c->a, struct sl_diag);
    if (!sl_call_body(c, false, &tree))
        return;
    if (sl_field_read(sl_api_sso_check_fields, &body, tree, SL_STR(""), c->a, c->d) != SL_OK) {
        sl_call_fail(c, SL_E_INVALID, NULL);
        return;
    }
    sl_diag_init(d, c->a);
    provider = (struct sl_sso_provider){.config = body.provider};
    if (sl_sso_find(c->control, body.provider.name, c->a, d, &saved) == SL_OK)
        provider.id = saved.id; /* whom it knows already are known */
    struct sl_sso_call call = {
        .control = c->control,
        .provider = &provider,
        .a = c->a,
        .d = c->d,
        .from = sl_came_from(c->rq->remote, c->rq->request_id, c->rq->headers, c->a),
        .is_dry = true};
    sl_tree_put_str(c->a, out, "callback_url", redirect_uri_of(c, &provider.config));
    sl_tree_put(out, SL_STR("discovery"), try_discovery(&call));
    if (body.claims != NULL)
        sl_tree_put(out, SL_STR("sign_in"), try_sign_in(c, &call, body.claims));
    sl_call_tree(c, 200, out);
}
