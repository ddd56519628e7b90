/*
 * The routes of single sign-on. Two of them are walked by browsers, not by programs: they answer with where to go,
 * and when it came to nothing that is the sign-in page with a code (sso_failure.def) that it explains.
 */
#include "base/str.h"
#include "codec/cookie.h"
#include "control/api_int.h"
#include "control/sso.h"

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
    *ret = (struct sl_sso_call){.control = c->control,
                                .provider = provider,
                                .a = c->a,
                                .d = c->d,
                                .remote = c->rq->remote,
                                .request_id = c->rq->request_id};
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
