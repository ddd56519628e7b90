/*
 * The end of a service's life, in steps with dates. `deprecate` announces it (RFC 9745, RFC 8594), `retire`
 * comes to it (410), `reinstate` takes both back. The dates are in the status, not in the draft: they hold
 * for the live release at once, and for every one that follows.
 */
#include "base/fmt.h"
#include "base/str.h"
#include "control/resource/service_int.h"

static const char *const lifecycle_members[] = {
    "lifecycle", "deprecated_at", "sunset_at", "retired_at", "successor", "documentation", NULL};

#define SUCCESSOR_HELP                                                              \
    "Where callers should go: the key of another service, a URL, or a path of the " \
    "gateway. Sent as Link."
#define DOCUMENTATION_HELP "Where people read about it. Sent as Link."

const struct sl_field sl_service_deprecation_fields[] = {
    SL_SERVICE_REASON(struct sl_service_deprecation),
    SL_FIELD_TIME(struct sl_service_deprecation, deprecated_at, .example = "2026-01-01T00:00:00Z",
                  .help = "When it was or will be deprecated; left out: now, or as it was."),
    SL_FIELD_TIME(struct sl_service_deprecation, sunset_at, .example = "2026-07-01T00:00:00Z",
                  .help = "When it stops working: from then on the answer is 410. Left out: no "
                          "date is set."),
    SL_FIELD_STR(struct sl_service_deprecation, successor, .max = "2048", .help = SUCCESSOR_HELP),
    SL_FIELD_URL(struct sl_service_deprecation, documentation, .max = "2048",
                 .help = DOCUMENTATION_HELP),
    SL_FIELD_END,
};

const struct sl_field sl_service_retirement_fields[] = {
    SL_SERVICE_REASON(struct sl_service_retirement),
    SL_FIELD_STR(struct sl_service_retirement, successor, .max = "2048", .help = SUCCESSOR_HELP),
    SL_FIELD_URL(struct sl_service_retirement, documentation, .max = "2048",
                 .help = DOCUMENTATION_HELP),
    SL_FIELD_BOOL(struct sl_service_retirement, without_notice,
                  .help = "Also when it was never deprecated, or its sunset is still to come."),
    SL_FIELD_END,
};

/* ------------------------------------------------------------------ what the status says */

static int64_t time_of(const struct sl_node *status, const char *name)
{
    int64_t us;
    return sl_parse_rfc3339(sl_tree_text(status, name), &us) ? us : 0;
}

static void put_time(struct sl_change *c, const char *name, int64_t unix_us)
{
    if (unix_us != 0)
        sl_tree_put(c->status, sl_cstr(name), sl_tree_time(c->work->a, unix_us));
    else
        (void)sl_tree_take(c->status,
                           sl_cstr(name)); /* none is meant, whether there was one or not */
}

static void put_text(struct sl_change *c, const char *name, sl_str text)
{
    if (text.n != 0)
        sl_tree_put_str(c->work->a, c->status, name, text);
}

bool sl_service_is_retired(const struct sl_node *status)
{
    return time_of(status, "retired_at") != 0;
}

bool sl_service_is_ending(const struct sl_node *status)
{
    return time_of(status, "deprecated_at") != 0;
}

/* ------------------------------------------------------------------ successors */

static bool is_reference(sl_str successor)
{
    return successor.n != 0 &&
           (successor.p[0] == '/' || sl_str_find_str(successor, SL_STR("://")) != SIZE_MAX);
}

/* They stand between <> in an answer's head. */
static sl_rc check_link(struct sl_change *c, const char *name, sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '"')
            return sl_change_fail(c, name, "must be without spaces, <, > and \"");
    }
    return SL_OK;
}

static sl_rc check_successor(struct sl_change *c, sl_str successor)
{
    struct sl_row row;
    if (successor.n == 0 || is_reference(successor))
        return check_link(c, "successor", successor);
    if (sl_str_eq(successor, c->row.name))
        return sl_change_fail(c, "successor", "must be another service than this one");
    sl_rc rc = sl_row_by_name(c->work->tx, SL_STR("service"), successor, c->work->a, &row);
    if (rc == SL_E_NOTFOUND)
        return sl_change_fail(c, "successor",
                              "there is no service '%.*s'; a URL begins with http:// or https://",
                              SL_STRF(successor));
    return sl_work_fail(c->work, rc);
}

static sl_rc put_links(struct sl_change *c, sl_str successor, sl_str documentation)
{
    sl_rc rc = check_successor(c, successor);
    if (rc == SL_OK)
        rc = check_link(c, "documentation", documentation);
    put_text(c, "successor", successor);
    put_text(c, "documentation", documentation);
    return rc;
}

/* ------------------------------------------------------------------ actions */

static sl_rc save(struct sl_change *c, const char *lifecycle, sl_str reason)
{
    sl_tree_put_str(c->work->a, c->status, "lifecycle", sl_cstr(lifecycle));
    put_text(c, "reason", reason);
    c->work->must_publish = true;
    return sl_change_save(c);
}

sl_rc sl_service_deprecate(struct sl_change *c, const void *args)
{
    const struct sl_service_deprecation *d = args;
    int64_t now_us = c->work->now_us, at_us = d->deprecated_at * SL_SECONDS(1);
    int64_t sunset_us = d->sunset_at * SL_SECONDS(1);
    if (at_us == 0)
        at_us = time_of(c->status, "deprecated_at");
    if (at_us == 0)
        at_us = now_us;
    if (sunset_us != 0 && sunset_us <= now_us)
        return sl_change_fail(c, "sunset_at", "must be in the future; 'retire' ends it now");
    if (sunset_us != 0 && sunset_us < at_us)
        return sl_change_fail(c, "sunset_at", "must not be before deprecated_at");
    put_time(c, "deprecated_at", at_us);
    put_time(c, "sunset_at", sunset_us);
    sl_rc rc = put_links(c, d->successor, d->documentation);
    return rc == SL_OK ? save(c, "deprecated", d->reason) : rc;
}

/* Callers were told, and the day has come. */
static sl_rc check_notice(struct sl_change *c)
{
    sl_str sunset = sl_tree_text(c->status, "sunset_at");
    if (!sl_service_is_ending(c->status))
        return sl_change_conflict(c, "it was never deprecated; callers were not told. "
                                     "'without_notice' retires it all the same");
    if (time_of(c->status, "sunset_at") > c->work->now_us)
        return sl_change_conflict(c,
                                  "callers were told that it works until %.*s; "
                                  "'without_notice' retires it all the same",
                                  SL_STRF(sunset));
    return SL_OK;
}

sl_rc sl_service_retire(struct sl_change *c, const void *args)
{
    const struct sl_service_retirement *r = args;
    int64_t now_us = c->work->now_us, told_us = time_of(c->status, "deprecated_at");
    int64_t sunset_us = time_of(c->status, "sunset_at");
    sl_rc rc = r->without_notice ? SL_OK : check_notice(c);
    if (rc != SL_OK)
        return rc;
    put_time(c, "deprecated_at", told_us == 0 || told_us > now_us ? now_us : told_us);
    put_time(c, "sunset_at", sunset_us == 0 || sunset_us > now_us ? now_us : sunset_us);
    put_time(c, "retired_at", now_us);
    rc = put_links(c, r->successor, r->documentation);
    return rc == SL_OK ? save(c, "retired", r->reason) : rc;
}

sl_rc sl_service_reinstate(struct sl_change *c, const void *args)
{
    const struct sl_service_reason *r = args;
    for (size_t i = 0; lifecycle_members[i] != NULL; i++)
        (void)sl_tree_take(c->status, sl_cstr(lifecycle_members[i])); /* not all are there */
    return save(c, "active", r->reason);
}

/* ------------------------------------------------------------------ compose */

/* The path below which all of the service's routes stand, as far as one can tell. */
static sl_str public_path(struct sl_composer *c, const struct sl_node *config)
{
    sl_str prefix = sl_tree_text(config, "prefix"), path = sl_tree_text(config, "path");
    if (path.n != 0 && path.p[0] != '/')
        path = (sl_str){0};
    path = sl_str_head(path, sl_str_find(path, '{', 0));
    if (sl_str_ends(path, SL_STR("/*")))
        path = sl_str_head(path, path.n - 1);
    return prefix.n + path.n == 0 ? SL_STR("/")
                                  : sl_fmt(c->a, "%.*s%.*s", SL_STRF(prefix), SL_STRF(path));
}

static sl_str public_host(const struct sl_node *config)
{
    const struct sl_node *hosts = sl_node_get(config, SL_STR("hosts"));
    bool has = hosts != NULL && hosts->children != NULL && hosts->children->text.n != 0 &&
               hosts->children->text.p[0] != '*';
    return has ? hosts->children->text : (sl_str){0};
}

/* The successor as callers find it now; nothing while it is not published. */
static sl_rc resolve_successor(struct sl_composer *c, sl_str key, sl_str *ret)
{
    struct sl_row row;
    struct sl_node *config = NULL;
    *ret = key;
    if (key.n == 0 || is_reference(key))
        return SL_OK;
    *ret = (sl_str){0};
    c->is_of_others = true;
    sl_rc rc = sl_row_by_name(c->tx, SL_STR("service"), key, c->a, &row);
    if (rc != SL_OK)
        return rc == SL_E_NOTFOUND ? SL_OK : rc;
    int64_t live = sl_service_number(sl_compose_parse(c, &row, row.status), "live_release");
    if (live == 0 || c->rc != SL_OK)
        return c->rc;
    rc = sl_service_release_config(c, &row, live, &config);
    if (rc != SL_OK)
        return rc;
    sl_str host = public_host(config), path = public_path(c, config);
    *ret = sl_fmt(c->a, "%s%.*s%.*s", host.n != 0 ? "//" : "", SL_STRF(host), SL_STRF(path));
    return SL_OK;
}

static bool is_retirement(const struct sl_node *policy)
{
    return sl_str_eq(sl_tree_text(policy, "type"), SL_STR("retire"));
}

/* The service's own policies but those that would say something else about its end. */
static struct sl_tree_tail policies_of(struct sl_composer *c, struct sl_node *config)
{
    struct sl_tree_tail all = sl_tree_tail(c->a);
    struct sl_node *own = sl_tree_take(config, SL_STR("policies"));
    for (struct sl_node *p = own != NULL ? own->children : NULL, *next; p != NULL; p = next) {
        next = p->next;
        if (!is_retirement(p))
            sl_tree_add(&all, p);
    }
    return all;
}

sl_rc sl_service_compose_lifecycle(struct sl_composer *c, const struct sl_node *status,
                                   struct sl_node *config)
{
    static const char *const copied[] = {"deprecated_at", "sunset_at", "documentation"};
    sl_str successor;
    if (!sl_service_is_ending(status))
        return SL_OK;
    sl_rc rc = resolve_successor(c, sl_tree_text(status, "successor"), &successor);
    if (rc != SL_OK)
        return rc;
    struct sl_node *policy = sl_tree_map(c->a);
    sl_tree_put_str(c->a, policy, "type", SL_STR("retire"));
    sl_tree_put_str(c->a, policy, "name", SL_STR("lifecycle"));
    for (size_t i = 0; i < SL_LEN(copied); i++) {
        sl_str text = sl_tree_text(status, copied[i]);
        if (text.n != 0)
            sl_tree_put_str(c->a, policy, copied[i], text);
    }
    if (successor.n != 0)
        sl_tree_put_str(c->a, policy, "successor", successor);
    struct sl_tree_tail all = policies_of(c, config);
    sl_tree_add(&all, policy);
    sl_tree_put(config, SL_STR("policies"), all.list);
    return SL_OK;
}
