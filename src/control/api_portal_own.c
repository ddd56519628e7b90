/*
 * What people do for themselves in the portal: applications, their keys and subscriptions. Each change is a
 * change of a resource like any other, by the person who asked: checked, audited, published. What the
 * person owns was looked up first; only then is the right to that one change added to theirs.
 */
#include "base/str.h"
#include "codec/crypto.h"
#include "codec/url.h"
#include "control/api_portal_int.h"
#include "snapshot/credential.h"
#include "snapshot/key_set.h"
#include "snapshot/snapshot.h"

enum {
    APPLICATIONS_MAX = 100,
    PARTS_MAX = 500,
    SUBSCRIPTIONS_MAX = 1000,
    KEY_SETS_MAX = 5,
    TOLD_LEAST_BYTES = SL_MIB(8)
};

static const struct sl_resource_type *type_of(const char *kind)
{
    return sl_resource_type_by_kind(sl_cstr(kind));
}

/* ------------------------------------------------------------------ who owns what */

static bool owns(const struct sl_actor *actor, const struct sl_row *row, const struct sl_node *spec)
{
    sl_str owner = sl_tree_text(spec, "owner");
    return (owner.n != 0 && sl_str_eq(owner, actor->user)) || sl_portal_is_in_team(actor, row);
}

static sl_rc find_application(struct sl_call *c, struct sl_work *w, sl_str name, struct sl_row *ret,
                              struct sl_node **ret_spec)
{
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("consumer"), name, w->a, ret);
    if (rc == SL_OK)
        rc = sl_change_parse(w, ret->spec, ret_spec);
    if (rc == SL_OK && !owns(&c->actor, ret, *ret_spec))
        rc = SL_E_NOTFOUND;
    return rc;
}

/* A credential or subscription (c->key) of an application of theirs. */
static sl_rc find_part(struct sl_call *c, struct sl_work *w, const char *kind, struct sl_row *ret,
                       struct sl_node **ret_spec)
{
    struct sl_row application;
    struct sl_node *spec = NULL;
    sl_rc rc = sl_row_by_name(w->tx, sl_cstr(kind), c->key, w->a, ret);
    if (rc == SL_OK)
        rc = sl_change_parse(w, ret->spec, ret_spec);
    return rc == SL_OK
               ? find_application(c, w, sl_tree_text(*ret_spec, "consumer"), &application, &spec)
               : rc;
}

/* The actor with the right to do one thing more. */
static const struct sl_actor *with(struct sl_call *c, const char *permission)
{
    return sl_actor_with(&c->actor, permission, c->a);
}

/* ------------------------------------------------------------------ what is shown */

struct rows {
    struct sl_arena *a;
    struct sl_row *v;
    size_t n, max;
    bool is_full; /* the rows are too large to be answered */
};

/* False when memory lacks. */
static bool copy_row(const struct sl_row *row, struct sl_arena *a, struct sl_row *ret)
{
    *ret = (struct sl_row){.name = row->name,
                           .workspace = row->workspace,
                           .team = row->team,
                           .spec = row->spec,
                           .status = row->status,
                           .created_us = row->created_us};
    sl_str *const texts[] = {&ret->name, &ret->workspace, &ret->team, &ret->spec, &ret->status};
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        *texts[i] = sl_arena_try_dup(a, *texts[i]);
        if (texts[i]->p == NULL)
            return false;
    }
    return true;
}

static bool collect(const struct sl_row *row, void *arg)
{
    struct rows *r = arg;
    for (size_t i = 0; i < r->n; i++) {
        if (sl_str_eq(r->v[i].name, row->name))
            return true;
    }
    if (!copy_row(row, r->a, &r->v[r->n])) {
        r->is_full = true;
        return false;
    }
    return ++r->n < r->max;
}

/* Rows of a kind that refer to something, beside those that are there. */
static sl_rc add_rows(struct sl_work *w, const char *kind, const char *target_kind, sl_str target,
                      struct rows *r)
{
    struct sl_row_query query = {
        .kind = sl_cstr(kind), .target_kind = sl_cstr(target_kind), .target = target};
    if (r->n == r->max)
        return SL_OK;
    sl_rc rc = sl_work_fail(w, sl_rows_each(w->tx, &query, collect, r));
    if (rc == SL_OK && r->is_full)
        rc = sl_diag_fail(w->d, SL_E_LIMIT, "", "what is yours is too large to be listed");
    return rc;
}

/* Half of the memory is left to what is made of the rows. */
static struct rows rows_of(struct sl_work *w, size_t max)
{
    sl_arena_keep(w->a, sl_arena_left(w->a) / 2);
    return (struct rows){.a = w->a, .v = sl_arena_array(w->a, struct sl_row, max), .max = max};
}

static sl_rc own_applications(struct sl_call *c, struct sl_work *w, struct rows *r)
{
    sl_rc rc = add_rows(w, "consumer", "user", c->actor.user, r);
    for (size_t i = 0; i < c->actor.grant_count; i++) {
        const struct sl_grant *g = &c->actor.grants[i];
        for (size_t k = 0; g->is_of_team && k < g->teams.n && rc == SL_OK; k++)
            rc = add_rows(w, "consumer", "team", g->teams.v[k], r);
    }
    return rc;
}

/* Of a key that is made it is enough to say nothing; and keys at a URL are there, or they are not. */
static void complete_credential(struct sl_work *w, const struct sl_row *row,
                                const struct sl_node *spec, struct sl_node *n)
{
    enum sl_credential_kind kind =
        sl_tree_text(spec, "username").n != 0 ? SL_CREDENTIAL_BASIC : SL_CREDENTIAL_API_KEY;
    if (sl_tree_text(spec, "type").n == 0)
        sl_tree_put_str(w->a, n, "type", sl_cstr(sl_credential_kinds[kind]));
    if (sl_tree_text(spec, "public_key").n != 0)
        sl_tree_put(n, SL_STR("has_public_key"), sl_tree_bool(w->a, true));
    if (!sl_str_eq(sl_tree_text(spec, "key_set"), row->name))
        return;
    struct sl_node *state = sl_tree_map(w->a);
    type_of("key-set")->live(w, row->name, state);
    if (sl_tree_text(state, "problem").n != 0) /* why is for operators: it tells what is where */
        sl_tree_put_str(w->a, state, "problem", SL_STR("cannot be fetched"));
    sl_tree_put(n, SL_STR("key_set"), state);
}

/* What people see of a row of theirs. */
struct form {
    const char *kind;
    const char *of_spec[8], *of_status[4]; /* end with NULL */
    void (*complete)(struct sl_work *w, const struct sl_row *row, const struct sl_node *spec,
                     struct sl_node *n);
};

/* Its plan may be gone, or have no title: its name stands for it. */
static void complete_subscription(struct sl_work *w, const struct sl_row *row,
                                  const struct sl_node *spec, struct sl_node *n)
{
    struct sl_row plan;
    struct sl_node *is = NULL;
    (void)row;
    if (sl_row_by_name(w->tx, SL_STR("plan"), sl_tree_text(spec, "plan"), w->a, &plan) == SL_OK &&
        sl_change_parse(w, plan.spec, &is) == SL_OK && sl_tree_text(is, "title").n != 0)
        sl_tree_put_str(w->a, n, "plan_title", sl_tree_text(is, "title"));
}

static const struct form application_form = {.kind = "consumer",
                                             .of_spec = {"name", "owner", "team"}};
static const struct form credential_form = {
    .kind = "credential",
    .of_spec = {"name", "type", "username", "key_id", "audience", "expires", "disabled"},
    .of_status = {"prefix", "former_until"},
    .complete = complete_credential};
static const struct form subscription_form = {.kind = "subscription",
                                              .of_spec = {"service", "plan", "reason"},
                                              .of_status = {"state", "decision", "decided_at"},
                                              .complete = complete_subscription};

static struct sl_node *show(struct sl_work *w, const struct sl_row *row, const struct form *form)
{
    struct sl_node *n = sl_tree_map(w->a), *spec = NULL, *status = NULL;
    sl_tree_put_str(w->a, n, "key", row->name);
    if (sl_change_parse(w, row->spec, &spec) == SL_OK)
        sl_portal_copy(w->a, n, spec, form->of_spec);
    if (sl_change_parse(w, row->status, &status) == SL_OK)
        sl_portal_copy(w->a, n, status, form->of_status);
    if (form->complete != NULL)
        form->complete(w, row, spec, n);
    sl_tree_put(n, SL_STR("created_at"), sl_tree_time(w->a, row->created_us));
    return n;
}

struct told {
    sl_str service;
    struct sl_node *of; /* with its versions */
    struct told *next;
};

/* Services that were looked up for one answer. */
struct lookups {
    struct told *known;
    struct sl_portal_budget budget;
};

/* What a subscription's service is called, and whether it ends: told once for all of one's own. Memory comes first. */
static void put_versions(struct sl_call *c, struct sl_work *w, struct sl_node *subscription,
                         struct lookups *lookups)
{
    sl_str service = sl_tree_text(subscription, "service");
    struct told *t = lookups->known;
    while (t != NULL && !sl_str_eq(t->service, service))
        t = t->next;
    if (sl_arena_left(w->a) < TOLD_LEAST_BYTES || service.n == 0)
        return;
    if (t == NULL) {
        t = sl_arena_new_of(w->a, struct told);
        *t = (struct told){.service = service, .of = sl_tree_map(w->a), .next = lookups->known};
        lookups->known = t;
        if (sl_portal_put_versions(c, w, t->of, service, &lookups->budget) != SL_OK)
            return; /* it is as if there were none */
    }
    static const char *const versions[] = {"versions", NULL};
    sl_portal_copy(w->a, subscription, t->of, versions);
}

static sl_rc put_parts(struct sl_call *c, struct sl_work *w, struct sl_node *body,
                       const struct form *form, sl_str application, struct lookups *lookups)
{
    struct rows r = rows_of(w, PARTS_MAX);
    struct sl_tree_tail tail = sl_tree_tail(w->a);
    sl_rc rc = add_rows(w, form->kind, "consumer", application, &r);
    for (size_t i = 0; i < r.n; i++) {
        struct sl_node *n = show(w, &r.v[i], form);
        put_versions(c, w, n, lookups);
        sl_tree_add(&tail, n);
    }
    sl_tree_put(body, sl_fmt(w->a, "%ss", form->kind), tail.list);
    return rc;
}

static void fail(struct sl_call *c, sl_rc rc)
{
    sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "there is nothing of that name that is yours" : NULL);
}

void sl_portal_applications(struct sl_call *c)
{
    struct sl_work w;
    if (!sl_portal_admit(c) || !sl_call_read(c, &w))
        return;
    struct rows r = rows_of(&w, APPLICATIONS_MAX);
    struct sl_tree_tail tail = sl_tree_tail(c->a);
    struct sl_node *body = sl_tree_map(c->a);
    struct lookups lookups = {.budget = SL_PORTAL_BUDGET};
    sl_rc rc = own_applications(c, &w, &r);
    for (size_t i = 0; i < r.n; i++) {
        struct sl_node *n = show(&w, &r.v[i], &application_form);
        if (rc == SL_OK)
            rc = put_parts(c, &w, n, &subscription_form, r.v[i].name, &lookups);
        sl_tree_add(&tail, n);
    }
    sl_tx_rollback(w.tx);
    sl_tree_put(body, SL_STR("items"), tail.list);
    if (rc == SL_OK)
        sl_call_tree(c, 200, body);
    else
        fail(c, rc);
}

void sl_portal_application(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_node *spec = NULL, *body = NULL;
    struct lookups lookups = {.budget = SL_PORTAL_BUDGET};
    if (!sl_portal_admit(c) || !sl_call_read(c, &w))
        return;
    sl_rc rc = find_application(c, &w, c->key, &row, &spec);
    if (rc == SL_OK) {
        body = show(&w, &row, &application_form);
        rc = put_parts(c, &w, body, &credential_form, row.name, &lookups);
    }
    if (rc == SL_OK)
        rc = put_parts(c, &w, body, &subscription_form, row.name, &lookups);
    sl_tx_rollback(w.tx);
    if (rc == SL_OK)
        sl_call_tree(c, 200, body);
    else
        fail(c, rc);
}

static bool is_over(const struct sl_node *subscription)
{
    sl_str state = sl_tree_text(subscription, "state");
    return sl_str_eq(state, SL_STR("ended")) || sl_str_eq(state, SL_STR("rejected"));
}

sl_rc sl_portal_subscribed(struct sl_call *c, struct sl_work *w, struct sl_node **ret)
{
    struct rows r = rows_of(w, APPLICATIONS_MAX), parts = rows_of(w, SUBSCRIPTIONS_MAX);
    struct sl_tree_tail tail = sl_tree_tail(w->a);
    sl_rc rc = c->actor.user.n != 0 ? own_applications(c, w, &r) : SL_OK;
    for (size_t i = 0; i < r.n && rc == SL_OK; i++)
        rc = add_rows(w, "subscription", "consumer", r.v[i].name, &parts);
    for (size_t i = 0; i < parts.n && rc == SL_OK; i++) {
        const struct sl_node *n = show(w, &parts.v[i], &subscription_form);
        if (!is_over(n))
            sl_tree_add(&tail, sl_tree_str(w->a, sl_tree_text(n, "service")));
    }
    *ret = tail.list;
    return rc;
}

/* ------------------------------------------------------------------ usage */

/* Of both: when, in what order and form. */
#define REPORT_PARAMETERS                                                                  \
    {"since", "{\"type\":\"string\",\"default\":\"24h\"}", "As in `/reports`."},           \
        {"until", "{\"type\":\"string\"}", "As in `/reports`."},                           \
        {"step", "{\"type\":\"string\"}", "As in `/reports`."},                            \
        {"time_zone", "{\"type\":\"string\",\"default\":\"UTC\"}", "As in `/reports`."},   \
        {"order", "{\"type\":\"string\",\"default\":\"-requests\"}", "As in `/reports`."}, \
        {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":50}",  \
         "As in `/reports`."},                                                             \
        {"fields", "{\"type\":\"string\"}", "As in `/reports`."},                          \
        {"format", "{\"enum\":[\"json\",\"csv\"]}", "As in `/reports`."}, {NULL, NULL, NULL},

const struct sl_api_parameter sl_portal_usage_parameters[] = {
    {"group", "{\"type\":\"string\"}",
     "What rows are by, separated by commas: `service`, `version`, `model`, `status`, `outcome`."},
    REPORT_PARAMETERS};

const struct sl_api_parameter sl_portal_all_usage_parameters[] = {
    {"application", "{\"type\":\"string\"}",
     "Only of these of one's own, separated by commas. Left out: of all."},
    {"group", "{\"type\":\"string\"}",
     "What rows are by, separated by commas: `consumer` (the application), `service`, `version`, "
     "`model`, `status`, `outcome`."},
    {"service", "{\"type\":\"string\"}", "As in `/reports`."},
    {"version", "{\"type\":\"string\"}", "As in `/reports`."},
    {"model", "{\"type\":\"string\"}", "As in `/reports`."},
    {"status", "{\"type\":\"string\"}", "As in `/reports`."},
    REPORT_PARAMETERS};

void sl_portal_usage(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_node *spec = NULL;
    if (!sl_portal_admit(c) || !sl_call_read(c, &w))
        return;
    sl_rc rc = find_application(c, &w, c->key, &row, &spec);
    sl_tx_rollback(w.tx);
    if (rc == SL_OK)
        sl_call_report(
            c,
            &(struct sl_report_scope){.consumers = {.v = &row.name, .n = 1}, .by_consumer = false},
            sl_portal_usage_parameters);
    else
        fail(c, rc);
}

static bool is_among(const struct sl_strs *names, sl_str name)
{
    size_t i = 0;
    while (i < names->n && !sl_str_eq(names->v[i], name))
        i++;
    return i < names->n;
}

/* Of one's own those that are asked for; SL_E_NOTFOUND when one of them is not among them. */
static sl_rc choose(struct sl_call *c, struct sl_strs *own)
{
    struct sl_strs chosen = {.v = sl_arena_array(c->a, sl_str, own->n + 1)};
    sl_str rest = sl_call_query(c, "application"), name;
    if (rest.n == 0)
        return SL_OK;
    while (rest.n != 0 && sl_str_split(&rest, ',', &name)) {
        if (!is_among(own, name))
            return SL_E_NOTFOUND;
        if (!is_among(&chosen, name))
            chosen.v[chosen.n++] = name;
    }
    *own = chosen;
    return SL_OK;
}

void sl_portal_all_usage(struct sl_call *c)
{
    struct sl_work w;
    if (!sl_portal_admit(c) || !sl_call_read(c, &w))
        return;
    struct rows r = rows_of(&w, APPLICATIONS_MAX);
    sl_rc rc = own_applications(c, &w, &r);
    sl_tx_rollback(w.tx);
    struct sl_report_scope scope = {.consumers = {.v = sl_arena_array(c->a, sl_str, r.n + 1)},
                                    .by_consumer = true};
    for (size_t i = 0; i < r.n; i++)
        scope.consumers.v[scope.consumers.n++] = r.v[i].name;
    if (rc == SL_OK)
        rc = choose(c, &scope.consumers);
    if (rc == SL_OK)
        sl_call_report(c, &scope, sl_portal_all_usage_parameters);
    else
        fail(c, rc);
}

void sl_portal_limits(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_node *spec = NULL;
    if (!sl_portal_admit(c) || !sl_call_read(c, &w))
        return;
    sl_rc rc = find_part(c, &w, "subscription", &row, &spec);
    sl_tx_rollback(w.tx);
    if (rc == SL_OK)
        sl_call_tree(
            c, 200,
            sl_call_limits(c, sl_tree_text(spec, "consumer"), sl_tree_text(spec, "service")));
    else
        fail(c, rc);
}

/* ------------------------------------------------------------------ changes */

/* The body, read; the work begun. False when it was answered. */
static bool begin(struct sl_call *c, const struct sl_field *fields, void *args, struct sl_work *w)
{
    struct sl_node *body;
    if (!sl_portal_admit(c) ||
        !sl_call_body(c, fields == NULL || fields == sl_portal_rotate_fields, &body))
        return false;
    if (fields != NULL && sl_field_read(fields, args, body, SL_STR(""), c->a, c->d) != SL_OK) {
        sl_call_fail(c, SL_E_INVALID, NULL);
        return false;
    }
    return sl_call_write(c, w);
}

static void settle(struct sl_call *c, struct sl_work *w, sl_rc rc, uint16_t status,
                   struct sl_node *body, struct sl_node *reveal)
{
    struct sl_node *secret = reveal != NULL ? sl_tree_take(reveal, SL_STR("secret")) : NULL;
    if (rc == SL_E_NOTFOUND) {
        sl_work_undo(w);
        fail(c, rc);
    } else if (sl_call_settle(c, w, rc)) {
        if (secret != NULL && !w->is_dry)
            sl_tree_put(body, SL_STR("secret"), secret);
        sl_call_tree(c, status, body);
    }
}

static sl_rc count_up(struct sl_work *w, const char *path, size_t n, size_t max)
{
    return n < max
               ? SL_OK
               : sl_diag_fail(w->d, SL_E_CONFLICT, path, "there are %zu already, which is all", n);
}

struct application_args {
    sl_str name, team;
};

const struct sl_field sl_portal_application_fields[] = {
    SL_FIELD_STR(struct application_args, name, .required = true, .min = "1", .max = "32",
                 .help = "Its name behind one's own.", .example = "shop"),
    SL_FIELD_STR(struct application_args, team, .max = "64",
                 .help = "A team of one's own that it is to belong to."),
    SL_FIELD_END,
};

static sl_rc check_team(struct sl_call *c, sl_str team)
{
    const struct sl_row row = {.workspace = SL_STR("default"), .team = team};
    if (team.n == 0 || sl_portal_is_in_team(&c->actor, &row))
        return SL_OK;
    return sl_diag_fail(c->d, SL_E_INVALID, "team", "must be a team that you are in");
}

void sl_portal_make_application(struct sl_call *c)
{
    struct application_args args = {0};
    struct sl_work w;
    struct sl_change made = {0};
    if (!begin(c, sl_portal_application_fields, &args, &w))
        return;
    struct sl_node *spec = sl_tree_map(c->a);
    struct rows r = rows_of(&w, APPLICATIONS_MAX);
    sl_tree_put_str(c->a, spec, "name",
                    sl_fmt(c->a, "%.*s.%.*s", SL_STRF(c->actor.user), SL_STRF(args.name)));
    sl_tree_put_str(c->a, spec, "owner", c->actor.user);
    if (args.team.n != 0)
        sl_tree_put_str(c->a, spec, "team", args.team);
    sl_rc rc = check_team(c, args.team);
    if (rc == SL_OK)
        rc = add_rows(&w, "consumer", "user", c->actor.user, &r);
    if (rc == SL_OK)
        rc = count_up(&w, "name", r.n, APPLICATIONS_MAX);
    w.actor = with(c, "consumers:create");
    if (rc == SL_OK)
        rc = sl_change_create(&w, type_of("consumer"), spec, &made);
    settle(c, &w, rc, 201, rc == SL_OK ? show(&w, &made.row, &application_form) : NULL, NULL);
}

struct credential_args {
    sl_str name;
    int64_t expires;
    int type; /* enum sl_credential_kind */
    sl_str username, public_key, jwks_url, key_id;
};

const struct sl_field sl_portal_credential_fields[] = {
    SL_FIELD_STR(struct credential_args, name, .required = true, .min = "1", .max = "24",
                 .help = "Its name behind the application's: letters of ASCII, digits, '.', '_' "
                         "and '-'.",
                 .example = "laptop"),
    SL_FIELD_TIME(struct credential_args, expires, .help = "From then on it is refused."),
    SL_FIELD_ENUM(struct credential_args, type, .dflt = "api_key", .values = sl_credential_kinds,
                  .help = "What the service takes, see its `credentials`."),
    SL_FIELD_STR(struct credential_args, username, .max = "128",
                 .help = "Of a `basic`: the user name; left out: the application's name."),
    SL_FIELD_STR(struct credential_args, public_key, .max = "16384",
                 .help = "Of a `jwt`: the key that checks its tokens, as PEM or JWK. Left out, as "
                         "`jwks_url`: a secret is made."),
    SL_FIELD_URL(struct credential_args, jwks_url, .max = "2048",
                 .help = "Of a `jwt`: or where the keys of who signs them are (JWKS), at a "
                         "public address."),
    SL_FIELD_STR(struct credential_args, key_id, .max = "256",
                 .help =
                     "With `jwks_url`: the issuer that tokens name, a URL that the `jwks_url` is "
                     "below. Left out: the credential's own name, as for all others. In both "
                     "cases the `aud` of tokens must be the answer's `audience`, the "
                     "credential's name."),
    SL_FIELD_END,
};

/* As all servers read it, and without a slash at the end. */
static bool read_path(const struct sl_url *u, struct sl_arena *a, sl_str *ret)
{
    const char *why;
    sl_str path = u->path.n != 0 ? u->path : SL_STR("/");
    if (sl_path_normalise(path, SL_PATH_REJECT, a, &path, &why) != SL_OK)
        return false;
    *ret = sl_str_head(path, path.n - sl_str_ends(path, SL_STR("/")));
    return true;
}

/* Is it below the issuer's path, or that behind /.well-known/NAME (RFC 8414, 3.1)? */
static bool is_below(sl_str keys, sl_str issuer)
{
    static const sl_str well_known = SL_STR("/.well-known/");
    if (sl_str_starts(keys, issuer) && (keys.n == issuer.n || keys.p[issuer.n] == '/'))
        return true;
    size_t end = sl_str_find(keys, '/', well_known.n);
    return sl_str_starts(keys, well_known) && end != SIZE_MAX &&
           sl_str_eq(sl_str_from(keys, end), issuer);
}

/*
 * Who publishes the keys is the issuer: nobody takes the name of somebody else. A host may be of many issuers, each
 * with a path of its own; keys that stand beside those are not of one of them.
 */
static bool publishes(sl_str issuer, sl_str keys, struct sl_arena *a)
{
    struct sl_url i, k;
    const char *why;
    sl_str of_issuer, of_keys;
    return sl_url_parse(issuer, &i, &why) == SL_OK && sl_url_parse(keys, &k, &why) == SL_OK &&
           !i.has_query && sl_str_eq(i.scheme, k.scheme) && sl_str_ieq(i.host, k.host) &&
           sl_url_port(&i) == sl_url_port(&k) && read_path(&i, a, &of_issuer) &&
           read_path(&k, a, &of_keys) && is_below(of_keys, of_issuer);
}

static bool is_taken(struct sl_call *c, sl_str key_id)
{
    uint8_t hash[SL_SHA256_BYTES];
    struct sl_snapshot *s = sl_portal_served(c);
    sl_credential_id_hash(SL_CREDENTIAL_JWT, key_id, hash);
    bool is = s != NULL && sl_snapshot_credential(s, hash) != NULL;
    sl_snapshot_unref(s);
    return is;
}

/* Names stand in samples, headers and logs: nothing in them means anything there. */
static bool is_plain(sl_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char p = sl_lower(name.p[i]);
        if (!((p >= 'a' && p <= 'z') || (p >= '0' && p <= '9') || p == '.' || p == '_' || p == '-'))
            return false;
    }
    return true;
}

static sl_rc check_credential(struct sl_call *c, const struct credential_args *args)
{
    bool is_token = args->type == SL_CREDENTIAL_JWT;
    if (!is_plain(args->name))
        return sl_diag_fail(c->d, SL_E_INVALID, "name",
                            "may have letters of ASCII, digits, '.', '_' and '-' only");
    if (args->username.n != 0 && args->type != SL_CREDENTIAL_BASIC)
        return sl_diag_fail(c->d, SL_E_INVALID, "username", "is for the type basic");
    if (args->public_key.n != 0 && (!is_token || args->jwks_url.n != 0))
        return sl_diag_fail(c->d, SL_E_INVALID, "public_key",
                            "is for the type jwt, and not beside a jwks_url");
    if (args->jwks_url.n != 0 && !is_token)
        return sl_diag_fail(c->d, SL_E_INVALID, "jwks_url", "is for the type jwt");
    if (args->key_id.n != 0 && !publishes(args->key_id, args->jwks_url, c->a))
        return sl_diag_fail(c->d, SL_E_INVALID, "key_id",
                            "must be a URL that the jwks_url is below: the same scheme, host and "
                            "port, and its path begins with that of the issuer");
    if (args->key_id.n != 0 && is_taken(c, args->key_id))
        return sl_diag_fail(c->d, SL_E_CONFLICT, "key_id", "is another one's already");
    return SL_OK;
}

/* Sets of the portal: all, and those of one person. */
struct key_sets {
    struct sl_work *w;
    sl_str owner;
    size_t all, own;
    sl_rc rc;
};

static bool count_key_set(const struct sl_row *row, void *arg)
{
    struct key_sets *n = arg;
    struct sl_node *spec = NULL;
    n->rc = sl_change_parse(n->w, row->spec, &spec);
    sl_str owner = n->rc == SL_OK ? sl_tree_text(spec, "owner") : (sl_str){0};
    n->all += owner.n != 0;
    n->own += owner.n != 0 && sl_str_eq(owner, n->owner);
    return n->rc == SL_OK;
}

/* Those keys are fetched by every node, again and again: nobody has many, and operators have room in any case. */
static sl_rc count_key_sets(struct sl_call *c, struct sl_work *w)
{
    const struct sl_row_query query = {.kind = SL_STR("key-set")};
    struct key_sets n = {.w = w, .owner = c->actor.user};
    sl_rc rc = sl_work_fail(w, sl_rows_each(w->tx, &query, count_key_set, &n));
    if (rc == SL_OK)
        rc = n.rc;
    if (rc != SL_OK)
        return rc;
    if (n.own >= KEY_SETS_MAX)
        return sl_diag_fail(w->d, SL_E_CONFLICT, "jwks_url",
                            "you have %zu credentials with keys at a URL already, which is all",
                            n.own);
    if (n.all >= SL_KEY_SETS_PORTAL_MAX)
        return sl_diag_fail(w->d, SL_E_CONFLICT, "jwks_url",
                            "people have %zu credentials with keys at a URL already, which is all; "
                            "give a public_key instead, or ask an operator",
                            n.all);
    return SL_OK;
}

static sl_rc make_key_set(struct sl_call *c, struct sl_work *w, struct sl_node *credential,
                          sl_str url)
{
    struct sl_change made = {0};
    struct sl_node *spec = sl_tree_map(c->a);
    sl_str name = sl_tree_text(credential, "name");
    sl_rc rc = count_key_sets(c, w);
    if (rc != SL_OK)
        return rc;
    sl_tree_put_str(c->a, spec, "name", name);
    sl_tree_put_str(c->a, spec, "url", url);
    sl_tree_put_str(c->a, spec, "owner", c->actor.user);
    sl_tree_put_str(c->a, spec, "workspace", sl_tree_text(credential, "workspace"));
    sl_tree_put_str(c->a, credential, "key_set", name);
    /* tokens that an issuer of many makes for others are not this application's */
    sl_tree_put_str(c->a, credential, "audience", name);
    w->actor = with(c, "key-sets:create");
    return sl_change_create(w, type_of("key-set"), spec, &made);
}

static struct sl_node *credential_of(struct sl_call *c, const struct sl_row *application,
                                     const struct credential_args *args)
{
    struct sl_arena *a = c->a;
    struct sl_node *n = sl_tree_map(a);
    enum sl_credential_kind kind = (enum sl_credential_kind)args->type;
    sl_str name = sl_fmt(a, "%.*s.%.*s", SL_STRF(application->name), SL_STRF(args->name));
    sl_tree_put_str(a, n, "name", name);
    sl_tree_put_str(a, n, "consumer", application->name);
    sl_tree_put_str(a, n, "workspace", application->workspace);
    sl_tree_put_str(a, n, "type", sl_cstr(sl_credential_kinds[kind]));
    if (args->expires != 0)
        sl_tree_put(n, SL_STR("expires"), sl_tree_time(a, args->expires * 1000000));
    if (kind == SL_CREDENTIAL_BASIC)
        sl_tree_put_str(a, n, "username",
                        args->username.n != 0 ? args->username : application->name);
    if (sl_credential_is_found_by_id(kind))
        sl_tree_put_str(a, n, "key_id", args->key_id.n != 0 ? args->key_id : name);
    if (args->public_key.n != 0)
        sl_tree_put_str(a, n, "public_key", args->public_key);
    return n;
}

void sl_portal_make_credential(struct sl_call *c)
{
    struct credential_args args = {0};
    struct sl_work w;
    struct sl_row row;
    struct sl_change made = {0};
    struct sl_node *spec = NULL, *body = NULL;
    if (!begin(c, sl_portal_credential_fields, &args, &w))
        return;
    struct rows r = rows_of(&w, PARTS_MAX);
    sl_rc rc = find_application(c, &w, c->key, &row, &spec);
    if (rc == SL_OK)
        rc = add_rows(&w, "credential", "consumer", row.name, &r);
    if (rc == SL_OK)
        rc = count_up(&w, "name", r.n, PARTS_MAX);
    if (rc == SL_OK)
        rc = check_credential(c, &args);
    if (rc == SL_OK)
        body = credential_of(c, &row, &args);
    if (rc == SL_OK && args.jwks_url.n != 0)
        rc = make_key_set(c, &w, body, args.jwks_url);
    w.actor = with(c, "credentials:create");
    if (rc == SL_OK)
        rc = sl_change_create(&w, type_of("credential"), body, &made);
    settle(c, &w, rc, 201, rc == SL_OK ? show(&w, &made.row, &credential_form) : NULL, made.reveal);
}

struct rotate_args {
    sl_str overlap, public_key;
};

const struct sl_field sl_portal_rotate_fields[] = {
    SL_FIELD_STR(struct rotate_args, overlap, .dflt = "1d", .max = "16",
                 .help = "How long the key before works still: 0s to 90d."),
    SL_FIELD_STR(struct rotate_args, public_key, .max = "16384",
                 .help = "Of a `jwt` with a public key: the new one."),
    SL_FIELD_END,
};

static const struct sl_action *find_action(const struct sl_resource_type *type, const char *name)
{
    const struct sl_action *a = type->actions;
    while (strcmp(a->name, name) != 0)
        a++;
    return a;
}

/* An action of a credential or subscription that is theirs. */
static sl_rc act(struct sl_call *c, struct sl_work *w, const char *kind, const char *name,
                 const struct sl_node *body, struct sl_change *made)
{
    const struct sl_resource_type *type = type_of(kind);
    struct sl_row row;
    struct sl_node *spec = NULL;
    sl_rc rc = find_part(c, w, kind, &row, &spec);
    w->actor = with(c, sl_fmt(c->a, "%s:%s", type->noun->name, name).p);
    return rc == SL_OK ? sl_change_act(w, type, &row, find_action(type, name), body, made) : rc;
}

void sl_portal_rotate(struct sl_call *c)
{
    struct rotate_args args = {0};
    struct sl_work w;
    struct sl_change made = {0};
    struct sl_node *body = sl_tree_map(c->a);
    if (!begin(c, sl_portal_rotate_fields, &args, &w))
        return;
    sl_tree_put_str(c->a, body, "overlap", args.overlap);
    if (args.public_key.n != 0)
        sl_tree_put_str(c->a, body, "public_key", args.public_key);
    sl_rc rc = act(c, &w, "credential", "rotate", body, &made);
    settle(c, &w, rc, 200, rc == SL_OK ? show(&w, &made.row, &credential_form) : NULL, made.reveal);
}

void sl_portal_disable(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_change made = {0};
    struct sl_node *spec = NULL, *patch = sl_tree_map(c->a);
    if (!begin(c, NULL, NULL, &w))
        return;
    sl_tree_put(patch, SL_STR("disabled"), sl_tree_bool(c->a, true));
    sl_rc rc = find_part(c, &w, "credential", &row, &spec);
    w.actor = with(c, "credentials:update");
    if (rc == SL_OK)
        rc = sl_change_patch(&w, type_of("credential"), &row, patch, &made);
    settle(c, &w, rc, 200, rc == SL_OK ? show(&w, &made.row, &credential_form) : NULL, NULL);
}

/* With the set of its keys, which was made for it. */
static sl_rc remove_credential(struct sl_call *c, struct sl_work *w)
{
    struct sl_row row, set;
    struct sl_change made = {0};
    struct sl_node *spec = NULL;
    sl_rc rc = find_part(c, w, "credential", &row, &spec);
    w->actor = with(c, "credentials:delete");
    if (rc == SL_OK)
        rc = sl_change_delete(w, type_of("credential"), &row, &made);
    if (rc != SL_OK || !sl_str_eq(sl_tree_text(spec, "key_set"), row.name))
        return rc;
    w->actor = with(c, "key-sets:delete");
    rc = sl_row_by_name(w->tx, SL_STR("key-set"), row.name, w->a, &set);
    return rc == SL_OK ? sl_change_delete(w, type_of("key-set"), &set, &made) : rc;
}

void sl_portal_remove(struct sl_call *c)
{
    struct sl_work w;
    if (!begin(c, NULL, NULL, &w))
        return;
    sl_rc rc = remove_credential(c, &w);
    if (rc == SL_E_NOTFOUND) {
        sl_work_undo(&w);
        fail(c, rc);
    } else if (sl_call_settle(c, &w, rc)) {
        c->answer->status = 204;
    }
}

/* ------------------------------------------------------------------ subscriptions */

struct subscription_args {
    sl_str application, service, plan, reason;
};

const struct sl_field sl_portal_subscription_fields[] = {
    SL_FIELD_STR(struct subscription_args, application, .required = true, .min = "1", .max = "64",
                 .help = "One's own.", .example = "ann.shop"),
    SL_FIELD_STR(struct subscription_args, service, .required = true, .min = "1", .max = "256",
                 .help = "The key of a service in the catalogue; it is for all its versions.",
                 .example = "orders@v1"),
    SL_FIELD_STR(struct subscription_args, plan, .required = true, .min = "1", .max = "64",
                 .help = "One that is offered.", .example = "gold"),
    SL_FIELD_STR(struct subscription_args, reason, .max = "2048", .help = "What for."),
    SL_FIELD_END,
};

static sl_rc check_wish(struct sl_call *c, struct sl_work *w, const struct subscription_args *args,
                        struct sl_row *ret_service)
{
    struct sl_row application;
    struct sl_node *spec = NULL;
    const struct sl_node *config = NULL;
    sl_rc rc = find_application(c, w, args->application, &application, &spec);
    if (rc == SL_E_NOTFOUND)
        return sl_diag_fail(c->d, SL_E_INVALID, "application", "must be an application of yours");
    if (rc == SL_OK)
        rc = sl_portal_find_service(c, w, args->service, ret_service, &config);
    if (rc == SL_E_NOTFOUND)
        return sl_diag_fail(c->d, SL_E_INVALID, "service", "must be a service of the catalogue");
    if (rc == SL_OK)
        rc = sl_change_parse(w, ret_service->status, &spec);
    if (rc == SL_OK && sl_str_eq(sl_tree_text(spec, "lifecycle"), SL_STR("retired")))
        return sl_diag_fail(c->d, SL_E_INVALID, "service", "must be one that is not retired");
    if (rc == SL_OK)
        rc = sl_portal_check_plan(w, args->plan, ret_service->workspace);
    if (rc == SL_E_NOTFOUND)
        return sl_diag_fail(c->d, SL_E_INVALID, "plan", "must be a plan that is offered");
    return rc;
}

void sl_portal_subscribe(struct sl_call *c)
{
    struct subscription_args args = {0};
    struct sl_work w;
    struct sl_row service;
    struct sl_change made = {0};
    struct sl_node *body = sl_tree_map(c->a);
    if (!begin(c, sl_portal_subscription_fields, &args, &w))
        return;
    sl_rc rc = check_wish(c, &w, &args, &service);
    if (rc == SL_OK) {
        sl_str name = sl_str_head(service.name, sl_str_find(service.name, '@', 0));
        sl_tree_put_str(c->a, body, "consumer", args.application);
        sl_tree_put_str(c->a, body, "service", name);
        sl_tree_put_str(c->a, body, "plan", args.plan);
        sl_tree_put_str(c->a, body, "workspace", service.workspace);
        if (args.reason.n != 0)
            sl_tree_put_str(c->a, body, "reason", args.reason);
        w.actor = with(c, "subscriptions:create");
        rc = sl_change_create(&w, type_of("subscription"), body, &made);
    }
    settle(c, &w, rc, 201, rc == SL_OK ? show(&w, &made.row, &subscription_form) : NULL, NULL);
}

void sl_portal_end(struct sl_call *c)
{
    struct sl_work w;
    struct sl_change made = {0};
    if (!begin(c, NULL, NULL, &w))
        return;
    sl_rc rc = act(c, &w, "subscription", "end", sl_tree_map(c->a), &made);
    settle(c, &w, rc, 200, rc == SL_OK ? show(&w, &made.row, &subscription_form) : NULL, NULL);
}
