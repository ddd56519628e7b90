#include "control/api.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/json.h"
#include "codec/url.h"
#include "control/api_int.h"
#include "control/api_portal_int.h"
#include "control/api_window.h"
#include "control/filed.h"
#include "control/identity.h"
#include "control/password.h"
#include "control/refusals.h"

#define ROOT "/api/v1"
enum { SEGMENTS_MAX = 4 };

const struct sl_api_route sl_api_routes[] = {
    {SL_METHOD_GET, "/openapi.json", SL_API_PUBLIC, NULL, "This API's description (OpenAPI 3.1).",
     NULL, sl_api_openapi},
    {SL_METHOD_POST, "/login", SL_API_PUBLIC, NULL,
     "Begin a session: sets a cookie, answers with the token that changes must carry.",
     sl_api_login_fields, sl_api_login},
    {SL_METHOD_GET, "/sso", SL_API_PUBLIC, NULL,
     "Identity providers that one may sign in with, for sign-in pages.", NULL, sl_api_sso, NULL,
     sl_api_sso_schema},
    {SL_METHOD_GET, "/sso/{name}/start", SL_API_PUBLIC, NULL,
     "Sign in with one: sends the browser there.", NULL, sl_api_sso_start,
     sl_api_sso_start_parameters, .success = 303},
    {SL_METHOD_GET, "/sso/{name}/callback", SL_API_PUBLIC, NULL,
     "Where it sends the browser back to: begins a session, as `/login` does.", NULL,
     sl_api_sso_callback, sl_api_sso_callback_parameters, .success = 303},
    {SL_METHOD_POST, "/sso/check", SL_API_EVERYWHERE, "identity-providers:update",
     "Try an identity provider before it is saved: asks it what it says of itself, and tells whom "
     "somebody's claims would make of them here. Changes nothing.",
     sl_api_sso_check_fields, sl_api_sso_check, .answer = sl_api_sso_check_schema},
    {SL_METHOD_POST, "/logout", SL_API_SELF, NULL, "End the session.", NULL, sl_api_logout,
     .success = 204},
    {SL_METHOD_GET, "/me", SL_API_SELF, NULL, "Who asks, and what they may do.", NULL, sl_api_me},
    {SL_METHOD_POST, "/me/password", SL_API_SELF, NULL,
     "Change one's own password; other sessions end.", sl_api_password_fields, sl_api_my_password,
     .success = 204},
    {SL_METHOD_GET, "/me/tokens", SL_API_SELF, NULL, "One's own API tokens, by name.", NULL,
     sl_api_my_tokens, .answer = sl_api_my_tokens_schema},
    {SL_METHOD_POST, "/me/tokens", SL_API_SELF, NULL,
     "Make an API token for oneself; its text is in the answer, and never again.",
     sl_api_my_token_fields, sl_api_make_my_token, .answer = sl_api_my_token_schema,
     .success = 201},
    {SL_METHOD_DELETE, "/me/tokens/{name}", SL_API_SELF, NULL, "Revoke one of one's own tokens.",
     NULL, sl_api_revoke_my_token},
    {SL_METHOD_GET, "/sessions", SL_API_OWN, "sessions:read",
     "Sessions that have not ended, the newest first.", NULL, sl_api_sessions,
     sl_api_session_parameters, sl_api_sessions_schema},
    {SL_METHOD_DELETE, "/sessions/{id}", SL_API_OWN, "sessions:delete", "End a session at once.",
     NULL, sl_api_end_session},
    {SL_METHOD_POST, "/apply", SL_API_SELF, NULL,
     "Create and change many resources at once, in the form of files: all or nothing. Each needs its "
     "own permission.",
     sl_api_apply_fields, sl_api_apply},
    {SL_METHOD_GET, "/export", SL_API_SELF, NULL,
     "Everything that one may read, in the form of files; secrets as handles.", NULL,
     sl_api_export},
    {SL_METHOD_POST, "/import/openapi", 0, "services:create",
     "Make a version of a service, as a draft, from an OpenAPI document; says what was made and what "
     "was not taken as it stands.",
     sl_api_import_fields, sl_api_import},
    {SL_METHOD_GET, "/readme", 0, "services:read",
     "The readme of a service (`service`: its key) as HTML that may be put into a page.", NULL,
     sl_api_readme},
    {SL_METHOD_POST, "/markdown", SL_API_SELF, NULL,
     "A text as a readme would show it: HTML that may be put into a page.", sl_api_markdown_fields,
     sl_api_markdown},
    {SL_METHOD_GET, "/audit", SL_API_EVERYWHERE, "audit:read", "Who changed what; newest first.",
     NULL, sl_api_audit, sl_api_audit_parameters},
    {SL_METHOD_GET, "/audit/verify", SL_API_EVERYWHERE, "audit:read",
     "Check the chain of hashes from its beginning.", NULL, sl_api_audit_verify},
    {SL_METHOD_GET, "/audit/export", SL_API_EVERYWHERE, "audit:read",
     "The whole trail, oldest first, as lines of JSON.", NULL, sl_api_audit_export},
    {SL_METHOD_GET, "/nodes", 0, "nodes:read",
     "The nodes: the configuration each serves, and how busy it is.", NULL, sl_api_nodes, NULL,
     sl_api_nodes_schema},
    {SL_METHOD_GET, "/about", SL_API_EVERYWHERE, "nodes:read",
     "This node: version, place of its data, database, memory, and what its files say, without "
     "secrets.",
     NULL, sl_api_this_node, NULL, sl_api_this_node_schema},
    {SL_METHOD_GET, "/backups", SL_API_EVERYWHERE, "backups:read",
     "The backups of the store that this node has made, the newest first.", NULL, sl_api_backups,
     NULL, sl_api_backups_schema},
    {SL_METHOD_POST, "/backups", SL_API_EVERYWHERE, "backups:create",
     "Make a backup of the store now, into this node's data directory; answers when it is there.",
     NULL, sl_api_make_backup, NULL, sl_api_backup_schema, .success = 201},
    {SL_METHOD_GET, "/backups/{name}", SL_API_EVERYWHERE, "backups:read", "One of them.", NULL,
     sl_api_backup, NULL, sl_api_backup_schema},
    {SL_METHOD_GET, "/backups/{name}/download", SL_API_EVERYWHERE, "backups:download",
     "The file: lines of JSON, for `sluice restore`. It has everything, secrets sealed; the key that "
     "opens them is not in it.",
     NULL, sl_api_download_backup},
    {SL_METHOD_DELETE, "/backups/{name}", SL_API_EVERYWHERE, "backups:delete", "Delete one.", NULL,
     sl_api_delete_backup},
    {SL_METHOD_GET, "/policy-types", 0, "catalogue:read",
     "The types of policies, each with the JSON Schema of its members.", NULL, sl_api_policy_types},
    {SL_METHOD_GET, "/catalogue/vendors", 0, "catalogue:read",
     "The AI vendors that the program knows.", NULL, sl_api_vendors},
    {SL_METHOD_GET, "/catalogue/models", 0, "catalogue:read",
     "The models that the program knows, of one vendor or all: searched, in order, page by page.",
     NULL, sl_api_catalogue, sl_api_catalogue_parameters, sl_api_catalogue_schema},
    {SL_METHOD_GET, "/usage", 0, "usage:read",
     "Requests, errors, tokens and money by `group` (model, consumer, service, route, vendor, day, "
     "hour, minute) `since` a span or time (24h).",
     NULL, sl_api_usage},
    {SL_METHOD_GET, "/subscriptions/{id}/usage", 0, "subscriptions:read",
     "What the limits of a subscription's plan have counted on this node, and what is left.", NULL,
     sl_api_limits, NULL, sl_api_limits_schema},
    {SL_METHOD_GET, "/accounts/{id}/keys", 0, "accounts:read",
     "What this node knows of an account's keys: which are used, cool down or are refused, since when and "
     "why.",
     NULL, sl_api_keys, NULL, sl_api_keys_schema},
    {SL_METHOD_GET, "/upstreams/{id}/endpoints", 0, "upstreams:read",
     "How the endpoints of an upstream stand with this node: which are used, which rest and until when, how many "
     "requests they had and how many failed.",
     NULL, sl_api_upstream_endpoints, NULL, sl_api_endpoints_schema},
    {SL_METHOD_GET, "/services/{id}/endpoints", 0, "services:read",
     "The same of what a service's live release sends its requests to.", NULL,
     sl_api_service_endpoints, NULL, sl_api_endpoints_schema},
    {SL_METHOD_GET, "/endpoints", 0, "services:read",
     "The same of several services at once; those that are not there are left out.", NULL,
     sl_api_services_endpoints, sl_api_services_endpoints_parameters,
     sl_api_services_endpoints_schema},
    {SL_METHOD_POST, "/explain", 0, "services:read",
     "Which route of this node would take a request, and what would be done with it; nothing is sent.",
     sl_api_explain_fields, sl_api_explain, NULL, sl_api_explain_schema},
    {SL_METHOD_GET, "/reports", 0, "usage:read",
     "What was used, by any of the dimensions, step by step in time: requests, errors, latencies, "
     "tokens, money.",
     NULL, sl_api_reports, sl_api_report_parameters, sl_api_report_schema},
    {SL_METHOD_GET, "/budgets/{id}/usage", 0, "budgets:read",
     "What was spent of a budget in this period on this node, what is left, and when it begins anew; who "
     "spent most comes first.",
     NULL, sl_api_budget_usage, sl_api_budget_usage_parameters},
    {SL_METHOD_GET, "/alert-states", 0, "alerts:read",
     "Which alerts are ok, pending or firing on this node, since when, and their numbers.", NULL,
     sl_api_alert_states},
    {SL_METHOD_GET, "/deliveries", 0, "webhooks:read",
     "What webhooks were told by this node, newest first, and what came of it.", NULL,
     sl_api_deliveries, sl_api_delivery_parameters},
    {SL_METHOD_POST, "/deliveries/resend", 0, "webhooks:resend",
     "Post a message again, now, as if for the first time.", sl_api_resend_fields, sl_api_resend},
    {SL_METHOD_GET, "/requests", 0, "usage:read",
     "Single requests, newest first, or those that came since the last look.", NULL,
     sl_api_requests, sl_api_request_parameters},
    {SL_METHOD_GET, "/requests/{id}", 0, "usage:read",
     "All that is known of one request: its phases, attempts, tokens by class, cost.", NULL,
     sl_api_request},
    {SL_METHOD_POST, "/playground/call", 0, "playground:call",
     "Pass a request on to this node's data plane and stream its answer: `path`, `method` (POST), `host`; "
     "headers as `gateway-NAME`.",
     NULL, sl_api_playground},
    {SL_METHOD_GET, "/portal", SL_API_GUEST, NULL,
     "How the portal looks: title, colours, texts, where its logo is.", NULL, sl_portal_look,
     sl_portal_look_parameters, sl_portal_look_schema},
    {SL_METHOD_GET, "/portal/logo", SL_API_GUEST, NULL, "Its logo: the picture.", NULL,
     sl_portal_logo, sl_portal_logo_parameters},
    {SL_METHOD_POST, "/portal/registrations", SL_API_PUBLIC, NULL,
     "Ask for a user of one's own, where `self_registration` of the portal allows it; it may log in "
     "once somebody has approved it.",
     sl_portal_registration_fields, sl_portal_register, NULL, sl_portal_registration_schema},
    {SL_METHOD_GET, "/portal/services", SL_API_GUEST, NULL,
     "The catalogue: published services that one may find.", NULL, sl_portal_services,
     sl_portal_service_parameters, sl_portal_list_schema},
    {SL_METHOD_GET, "/portal/services/{id}", SL_API_GUEST, NULL,
     "One of them: readme as HTML, operations, versions, changes, plans.", NULL, sl_portal_service},
    {SL_METHOD_GET, "/portal/services/{id}/changes", SL_API_GUEST, NULL,
     "What was new of it for callers, the newest first.", NULL, sl_portal_service_changes,
     sl_portal_service_changes_parameters, sl_portal_changes_schema},
    {SL_METHOD_GET, "/portal/changes", SL_API_GUEST, NULL,
     "What was new for callers of all services that one may find, the newest first.", NULL,
     sl_portal_changes, sl_portal_changes_parameters, sl_portal_changes_schema},
    {SL_METHOD_GET, "/portal/changes.atom", SL_API_GUEST, NULL, "The same as an Atom feed.", NULL,
     sl_portal_feed},
    {SL_METHOD_GET, "/portal/services/{id}/openapi", SL_API_GUEST, NULL,
     "Its OpenAPI document, with the gateway's address.", NULL, sl_portal_openapi},
    {SL_METHOD_GET, "/portal/services/{id}/operations", SL_API_GUEST, NULL,
     "Its operations with the schemas of their bodies.", NULL, sl_portal_operations, NULL,
     sl_portal_operations_schema},
    {SL_METHOD_POST, "/portal/services/{id}/call", SL_API_SELF, NULL,
     "Try it: pass a request on to this node's data plane, if this service takes it there, and stream "
     "the answer; headers as `gateway-NAME`, a body of at most 1 MiB.",
     NULL, sl_portal_call, sl_portal_call_parameters},
    {SL_METHOD_GET, "/portal/applications", SL_API_SELF, NULL,
     "One's own applications and those of one's teams.", NULL, sl_portal_applications, NULL,
     sl_portal_list_schema},
    {SL_METHOD_POST, "/portal/applications", SL_API_SELF, NULL,
     "Make an application: the consumer `<user>.<name>`.", sl_portal_application_fields,
     sl_portal_make_application, .success = 201},
    {SL_METHOD_GET, "/portal/applications/{id}", SL_API_SELF, NULL,
     "One of them, with its credentials and subscriptions.", NULL, sl_portal_application},
    {SL_METHOD_GET, "/portal/applications/{id}/usage", SL_API_SELF, NULL,
     "What it used and what that cost, as `/reports` has it, by `service`, `version`, `model`, "
     "`status` and `outcome`.",
     NULL, sl_portal_usage, sl_portal_usage_parameters, sl_api_report_schema},
    {SL_METHOD_GET, "/portal/usage", SL_API_SELF, NULL,
     "The same of all of one's own applications together, also by `consumer`, which is the "
     "application.",
     NULL, sl_portal_all_usage, sl_portal_all_usage_parameters, sl_api_report_schema},
    {SL_METHOD_POST, "/portal/applications/{id}/credentials", SL_API_SELF, NULL,
     "Make a credential of it, `<application>.<name>`: a key, a password, or what checks signed tokens or "
     "requests. A key or secret that is made is in this answer, once.",
     sl_portal_credential_fields, sl_portal_make_credential, .success = 201},
    {SL_METHOD_POST, "/portal/credentials/{id}/rotate", SL_API_SELF, NULL,
     "Make a new key or secret, or take a new public key; the one before works for a while still.",
     sl_portal_rotate_fields, sl_portal_rotate},
    {SL_METHOD_POST, "/portal/credentials/{id}/disable", SL_API_SELF, NULL,
     "Refuse it from now on.", NULL, sl_portal_disable},
    {SL_METHOD_DELETE, "/portal/credentials/{id}", SL_API_SELF, NULL, "Remove it.", NULL,
     sl_portal_remove},
    {SL_METHOD_POST, "/portal/subscriptions", SL_API_SELF, NULL,
     "Subscribe an application to a service under a plan that is offered.",
     sl_portal_subscription_fields, sl_portal_subscribe, .success = 201},
    {SL_METHOD_GET, "/portal/subscriptions/{id}/usage", SL_API_SELF, NULL,
     "What the limits of a subscription have counted, and what is left.", NULL, sl_portal_limits,
     NULL, sl_api_limits_schema},
    {SL_METHOD_POST, "/portal/subscriptions/{id}/end", SL_API_SELF, NULL, "End a subscription.",
     NULL, sl_portal_end},
    {.path = NULL},
};

bool sl_api_is_ours(sl_str path)
{
    sl_str root = SL_STR(ROOT);
    return sl_str_starts(path, root) && (path.n == root.n || path.p[root.n] == '/');
}

/* ------------------------------------------------------------------ requests */

sl_str sl_call_query(struct sl_call *c, const char *name)
{
    sl_str raw;
    struct sl_strbuf b;
    if (!sl_query_get(c->rq->query, sl_cstr(name), &raw))
        return (sl_str){NULL, 0};
    sl_strbuf_init(&b, c->a, 0);
    for (size_t i = 0; i < raw.n; i++) /* as forms write it */
        sl_strbuf_add_char(&b, raw.p[i] == '+' ? ' ' : raw.p[i]);
    sl_str text = sl_strbuf_str(&b);
    struct sl_strbuf decoded;
    sl_strbuf_init(&decoded, c->a, 0);
    if (!sl_dec_percent(&decoded, text))
        return text.p != NULL ? text : SL_STR("");
    return decoded.p != NULL ? sl_strbuf_str(&decoded) : SL_STR("");
}

static bool is_known(const struct sl_api_parameter *known, sl_str name)
{
    while (known->name != NULL && !sl_str_eq(name, sl_cstr(known->name)))
        known++;
    return known->name != NULL;
}

bool sl_call_check_query(struct sl_call *c, const struct sl_api_parameter *known)
{
    sl_str rest = c->rq->query, pair;
    while (rest.n != 0 && sl_str_split(&rest, '&', &pair)) {
        sl_str name = sl_str_head(pair, sl_str_find(pair, '=', 0));
        if (name.n == 0 || is_known(known, name))
            continue;
        sl_call_fail(c, SL_E_BAD_REQUEST,
                     sl_fmt(c->a, "there is no query parameter '%.*s'", SL_STRF(name)).p);
        return false;
    }
    return true;
}

bool sl_call_refuse(struct sl_call *c, const char *name, const char *must)
{
    (void)sl_diag_fail(c->d, SL_E_BAD_REQUEST, "", "query parameter '%s': %s", name, must);
    sl_call_fail(c, SL_E_BAD_REQUEST, NULL);
    return false;
}

bool sl_call_limit(struct sl_call *c, uint32_t dflt, uint32_t most, size_t *ret)
{
    uint64_t n = dflt;
    sl_str text = sl_call_query(c, "limit");
    if (text.p != NULL && !(sl_num_u64(text, most, &n) && n != 0))
        return sl_call_refuse(c, "limit", sl_fmt(c->a, "must be 1 to %u", most).p);
    *ret = (size_t)n;
    return true;
}

bool sl_call_moment(struct sl_call *c, const char *name, int64_t *ret_us)
{
    sl_str text = sl_call_query(c, name);
    return text.p == NULL || sl_window_instant(text, sl_clock_wall_us(), ret_us) ||
           sl_call_refuse(c, name, "must be a span before now, such as 24h, or a time (RFC 3339)");
}

bool sl_call_is_dry(struct sl_call *c)
{
    return sl_str_eq(sl_call_query(c, "dry_run"), SL_STR("true"));
}

static bool is_json(sl_str type)
{
    sl_str essence = sl_str_trim(sl_str_head(type, sl_str_find(type, ';', 0)));
    return sl_str_ieq(essence, SL_STR("application/json")) ||
           sl_str_ieq(essence, SL_STR("application/merge-patch+json"));
}

bool sl_call_body(struct sl_call *c, bool may_be_empty, struct sl_node **ret)
{
    const struct sl_node *body = NULL;
    if (c->rq->body.n == 0 && may_be_empty) {
        *ret = sl_tree_map(c->a);
        return true;
    }
    if (!is_json(sl_headers_get_id(c->rq->headers, SL_H_CONTENT_TYPE))) {
        sl_call_fail(c, SL_E_MEDIA_TYPE, "send 'Content-Type: application/json'");
        return false;
    }
    sl_rc rc = sl_json_to_node(c->rq->body, SL_STR(""), c->a, c->d, &body);
    if (rc != SL_OK) {
        const struct sl_problem *p = &c->d->problems[0];
        sl_str where = sl_fmt(c->a, "the body is not good JSON: line %u, column %u: %.*s", p->line,
                              p->column, SL_STRF(p->message));
        c->d->count = 0;
        sl_call_fail(c, rc == SL_E_LIMIT ? SL_E_LIMIT : SL_E_SYNTAX, where.p);
        return false;
    }
    *ret = sl_tree_copy(c->a, body);
    return true;
}

static struct sl_work work_of(struct sl_call *c)
{
    return (struct sl_work){.control = c->control,
                            .a = c->a,
                            .d = c->d,
                            .actor = &c->actor,
                            .passwords = c->passwords,
                            .is_dry = sl_call_is_dry(c)};
}

bool sl_call_read(struct sl_call *c, struct sl_work *ret)
{
    *ret = work_of(c);
    ret->now_us = sl_clock_wall_us();
    if (sl_store_read(c->control->store, &ret->tx) == SL_OK)
        return true;
    sl_call_fail(c, SL_E_STORE, NULL);
    return false;
}

bool sl_call_write(struct sl_call *c, struct sl_work *ret)
{
    sl_passwords_prepare(c->passwords, c->control->store, c->control->config.password_cost, c->a);
    *ret = work_of(c);
    if (sl_work_begin(ret) == SL_OK)
        return true;
    sl_call_fail(c, SL_E_STORE, NULL);
    return false;
}

sl_rc sl_call_find(struct sl_call *c, struct sl_work *w, const char *kind, sl_str key,
                   struct sl_row *ret)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(sl_cstr(kind));
    sl_str permission = sl_fmt(c->a, "%s:read", type->noun->name);
    sl_rc rc = sl_change_find(w, type, key, ret);
    if (rc == SL_E_NOTFOUND)
        rc = sl_filed_find(w, type, key, ret);
    if (rc == SL_OK && !sl_actor_may(&c->actor, permission, ret->workspace, ret->team))
        rc = SL_E_NOTFOUND; /* what one may not see is not there */
    return rc;
}

/* ------------------------------------------------------------------ which operation */

struct path {
    sl_str segments[SEGMENTS_MAX];
    size_t n;
};

/* The segments below the root, decoded. False when there are too many or one is malformed. */
static bool split_path(struct sl_call *c, struct path *ret)
{
    sl_str rest = sl_str_from(c->rq->path, sizeof(ROOT) - 1), segment;
    rest = sl_str_from(rest, rest.n != 0);
    ret->n = 0;
    while (rest.n != 0 && sl_str_split(&rest, '/', &segment)) {
        struct sl_strbuf b;
        sl_strbuf_init(&b, c->a, 0);
        if (ret->n == SEGMENTS_MAX || segment.n == 0 || !sl_dec_percent(&b, segment))
            return false;
        ret->segments[ret->n++] = sl_strbuf_str(&b);
    }
    return true;
}

static const struct sl_action *find_action(const struct sl_resource_type *type, sl_str name)
{
    for (const struct sl_action *a = type->actions; a != NULL && a->name != NULL; a++) {
        if (sl_str_eq(name, sl_cstr(a->name)))
            return a;
    }
    return NULL;
}

/* The verbs of a method: on the list and on one. `permission` is the verb's in permissions. */
static const struct verb {
    enum sl_verb verb;
    enum sl_method method;
    const char *name; /* of the method */
    bool is_of_one;
    const char *permission, *id, *summary;
    void (*run)(struct sl_call *c);
} verbs[] = {
    {SL_VERB_LIST, SL_METHOD_GET, "GET", false, "read", "list", "List.", sl_api_list},
    {SL_VERB_CREATE, SL_METHOD_POST, "POST", false, "create", "create", "Create.", sl_api_create},
    {SL_VERB_GET, SL_METHOD_GET, "GET", true, "read", "get", "Get one.", sl_api_get},
    {SL_VERB_REPLACE, SL_METHOD_PUT, "PUT", true, "update", "replace", "Replace.", sl_api_replace},
    {SL_VERB_PATCH, SL_METHOD_PATCH, "PATCH", true, "update", "patch",
     "Change members (JSON Merge Patch).", sl_api_patch},
    {SL_VERB_DELETE, SL_METHOD_DELETE, "DELETE", true, "delete", "delete", "Delete.",
     sl_api_delete},
};

struct operation {
    enum sl_api_access access;
    sl_str permission;
    void (*run)(struct sl_call *c);
    sl_str allow; /* when the path is known and the method is not */
};

static enum sl_method method_of(const struct sl_api_request *rq)
{
    return rq->method_id == SL_METHOD_HEAD ? SL_METHOD_GET : rq->method_id;
}

static void allow(struct operation *op, struct sl_arena *a, const char *method)
{
    op->allow = sl_fmt(a, "%.*s%s%s", SL_STRF(op->allow), op->allow.n != 0 ? ", " : "", method);
}

static const char *method_name(enum sl_method m)
{
    size_t i = 0;
    while (verbs[i].method != m)
        i++;
    return verbs[i].name; /* the verbs have every method of the routes */
}

/* "/requests/{id}", "/subscriptions/{id}/usage": that segment, decoded, is the key. */
static bool is_at(struct sl_call *c, const struct sl_api_route *r, sl_str path)
{
    sl_str want = sl_cstr(r->path);
    size_t brace = sl_str_find(want, '{', 0);
    struct sl_strbuf key;
    if (brace == SIZE_MAX)
        return sl_str_eq(path, want);
    sl_str rest = sl_str_from(path, brace);
    sl_str segment = sl_str_head(rest, sl_str_find(rest, '/', 0));
    sl_str behind = sl_str_from(want, sl_str_find(want, '}', brace) + 1);
    sl_strbuf_init(&key, c->a, 0);
    if (!sl_str_starts(path, sl_str_head(want, brace)) || segment.n == 0 ||
        !sl_str_eq(sl_str_from(rest, segment.n), behind) || !sl_dec_percent(&key, segment))
        return false;
    c->key = sl_strbuf_str(&key);
    return true;
}

static struct operation find_route(struct sl_call *c)
{
    struct operation op = {0};
    sl_str path = sl_str_from(c->rq->path, sizeof(ROOT) - 1);
    for (const struct sl_api_route *r = sl_api_routes; r->path != NULL; r++) {
        if (!is_at(c, r, path))
            continue;
        if (r->method == method_of(c->rq))
            return (struct operation){
                .access = r->access, .permission = sl_cstr(r->permission), .run = r->run};
        allow(&op, c->a, method_name(r->method));
    }
    return op;
}

/* What may be one's own is judged by whose it is (sl_actor_own); here, whether one has anything to do with such things. */
static sl_str permission_of(struct sl_call *c, const struct verb *v)
{
    return sl_fmt(c->a, "%s:%s", c->type->noun->name, c->type->has_own ? "read" : v->permission);
}

static struct operation find_verb(struct sl_call *c, bool is_of_one)
{
    struct operation op = {0};
    for (size_t i = 0; i < SL_LEN(verbs); i++) {
        const struct verb *v = &verbs[i];
        if (v->is_of_one != is_of_one || (c->type->verbs & v->verb) == 0)
            continue;
        if (v->method == method_of(c->rq))
            return (struct operation){.permission = permission_of(c, v), .run = v->run};
        allow(&op, c->a, v->name);
    }
    return op;
}

static struct operation find_act(struct sl_call *c, sl_str name)
{
    struct operation op = {0};
    c->action = find_action(c->type, name);
    if (c->action == NULL)
        return op;
    if (c->rq->method_id == SL_METHOD_POST)
        return (struct operation){.permission =
                                      sl_fmt(c->a, "%s:%s", c->type->noun->name, c->action->name),
                                  .run = sl_api_act};
    allow(&op, c->a, "POST");
    return op;
}

static struct operation find_operation(struct sl_call *c)
{
    struct path path;
    struct operation op = find_route(c);
    if (op.run != NULL || op.allow.n != 0)
        return op;
    if (!split_path(c, &path) || path.n == 0 || path.n > 3)
        return op;
    c->type = sl_resource_type_by_plural(path.segments[0]);
    if (c->type == NULL)
        return op;
    c->key = path.n > 1 ? path.segments[1] : (sl_str){0};
    return path.n == 3 ? find_act(c, path.segments[2]) : find_verb(c, path.n == 2);
}

/* ------------------------------------------------------------------ one call */

static bool may_where(const struct sl_actor *actor, const struct operation *op)
{
    return op->access == SL_API_EVERYWHERE
               ? sl_actor_may(actor, op->permission, (sl_str){0}, (sl_str){0})
               : sl_actor_may_somewhere(actor, op->permission);
}

/* May they? False when it was answered. */
static bool admit(struct sl_call *c, const struct operation *op)
{
    const char *why;
    struct sl_claim claim = {.headers = c->rq->headers,
                             .is_local = c->rq->is_local,
                             .is_safe = method_of(c->rq) == SL_METHOD_GET,
                             .remote = c->rq->remote,
                             .request_id = c->rq->request_id};
    if (op->access == SL_API_PUBLIC)
        return true;
    sl_rc rc = sl_identity_authenticate(c->control, &claim, c->a, &c->actor, &why);
    if (rc == SL_E_UNAUTHENTICATED && op->access == SL_API_GUEST) {
        c->actor = (struct sl_actor){.remote = c->rq->remote};
        return true;
    }
    if (rc != SL_OK) {
        sl_call_fail(c, rc, why);
        return false;
    }
    bool may = op->access == SL_API_SELF || op->access == SL_API_OWN ||
               op->access == SL_API_GUEST || (op->permission.n != 0 && may_where(&c->actor, op));
    if (!may) {
        (void)sl_diag_fail(c->d, SL_E_DENIED, "", "this needs the permission %.*s",
                           SL_STRF(op->permission));
        sl_call_fail(c, SL_E_DENIED, NULL);
    }
    return may;
}

/* Who is known and may not: the audit trail tells of those who try. */
static void note_refusal(struct sl_call *c)
{
    if (c->answer->status != 403 || c->actor.name.n == 0)
        return;
    const struct sl_refusal refusal = {
        .action = "access.refused",
        .kind = "operation",
        .actor = c->actor.name,
        .remote = c->rq->remote,
        .request_id = c->rq->request_id,
        .subject = sl_fmt(c->a, "%.*s %.*s", SL_STRF(c->rq->method), SL_STRF(c->rq->path)),
        .status = c->answer->status};
    sl_refusals_note(c->control->refusals, &refusal, sl_clock_wall_us());
}

void sl_api_handle(struct sl_control *control, const struct sl_api_request *rq, struct sl_arena *a,
                   struct sl_api_answer *ret)
{
    struct sl_call c = {.control = control,
                        .rq = rq,
                        .a = a,
                        .d = sl_arena_new_of(a, struct sl_diag),
                        .answer = ret};
    *ret = (struct sl_api_answer){0};
    sl_diag_init(c.d, a);
    struct operation op = find_operation(&c);
    bool is_closed = !atomic_load(&control->is_open) && op.run != sl_api_openapi;
    if (op.run != NULL && is_closed) {
        sl_call_fail(
            &c, SL_E_STORE,
            "the store cannot be reached; traffic goes on with the last good configuration");
    } else if (op.run != NULL) {
        if (admit(&c, &op))
            op.run(&c);
    } else if (op.allow.n != 0) {
        sl_call_fail(&c, SL_E_METHOD, NULL);
        sl_call_header(&c, "allow", op.allow);
    } else {
        sl_call_fail(&c, SL_E_NOTFOUND,
                     "there is nothing at this path; GET /api/v1/openapi.json lists all");
    }
    note_refusal(&c);
    sl_call_header(&c, "x-request-id", rq->request_id);
    if (!sl_call_has_header(&c, "cache-control"))
        sl_call_header(&c, "cache-control", SL_STR("no-store"));
}

/* ------------------------------------------------------------------ all operations */

static void visit_verbs(const struct sl_resource_type *type,
                        void (*visit)(const struct sl_api_operation *op, void *arg),
                        struct sl_arena *a, void *arg)
{
    for (size_t i = 0; i < SL_LEN(verbs); i++) {
        const struct verb *v = &verbs[i];
        if ((type->verbs & v->verb) == 0)
            continue;
        struct sl_api_operation op = {
            .method = v->name,
            .path = sl_fmt(a, ROOT "/%s%s", type->noun->name, v->is_of_one ? "/{key}" : ""),
            .id = sl_fmt(a, "%s.%s", type->noun->name, v->id),
            .permission = sl_fmt(a, "%s:%s", type->noun->name, v->permission),
            .summary = v->summary,
            .type = type,
            .verb = v->verb,
        };
        visit(&op, arg);
    }
}

static void visit_actions(const struct sl_resource_type *type,
                          void (*visit)(const struct sl_api_operation *op, void *arg),
                          struct sl_arena *a, void *arg)
{
    for (const struct sl_action *act = type->actions; act != NULL && act->name != NULL; act++) {
        struct sl_api_operation op = {
            .method = "POST",
            .path = sl_fmt(a, ROOT "/%s/{key}/%s", type->noun->name, act->name),
            .id = sl_fmt(a, "%s.%s", type->noun->name, act->name),
            .permission = sl_fmt(a, "%s:%s", type->noun->name, act->name),
            .summary = act->summary,
            .type = type,
            .body = act->fields,
            .is_outside = act->is_outside || act->is_query,
        };
        visit(&op, arg);
    }
}

/* "/me/password" -> "me.password", "/requests/{id}" -> "requests.get", "/subscriptions/{id}/usage" -> "subscriptions.usage" */
static sl_str id_of(const struct sl_api_route *r, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_str rest = sl_str_from(sl_cstr(r->path), 1), segment = {0};
    sl_strbuf_init(&b, a, 0);
    while (rest.n != 0 && sl_str_split(&rest, '/', &segment)) {
        if (segment.p[0] != '{')
            sl_strbuf_addf(&b, "%s%.*s", b.n != 0 ? "." : "", SL_STRF(segment));
    }
    if (segment.p[0] == '{')
        sl_strbuf_add(&b, r->method == SL_METHOD_DELETE ? SL_STR(".delete") : SL_STR(".get"));
    else if (r != sl_api_routes && strcmp(r[-1].path, r->path) == 0) /* the path's second method */
        sl_strbuf_add(&b, SL_STR(".create"));
    return sl_strbuf_str(&b);
}

void sl_api_each(void (*visit)(const struct sl_api_operation *op, void *arg), struct sl_arena *a,
                 void *arg)
{
    for (const struct sl_api_route *r = sl_api_routes; r->path != NULL; r++) {
        struct sl_api_operation op = {
            .method = method_name(r->method),
            .path = sl_fmt(a, ROOT "%s", r->path),
            .id = id_of(r, a),
            .access = r->access,
            .permission = sl_cstr(r->permission),
            .summary = r->summary,
            .body = r->body,
            .parameters = r->parameters,
            .answer = r->answer,
            .success = r->success,
        };
        visit(&op, arg);
    }
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        visit_verbs(sl_resource_types[i], visit, a, arg);
        visit_actions(sl_resource_types[i], visit, a, arg);
    }
}
