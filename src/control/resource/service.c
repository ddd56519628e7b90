/*
 * service: the unit of publishing. What people edit is a draft; traffic sees the live *release*: a copy
 * that `publish` makes and `rollback` brings back. A service with a version has the key "name@version",
 * so that versions stand side by side.
 */
#include "base/num.h"
#include "base/str.h"
#include "control/actor.h"
#include "control/apilint.h"
#include "control/resource/service_int.h"

enum { DIFF_MAX = 200 };

static sl_str service_key(const struct sl_node *spec, struct sl_arena *a)
{
    sl_str name = sl_tree_text(spec, "name"), version = sl_tree_text(spec, "version");
    return version.n == 0 ? name : sl_fmt(a, "%.*s@%.*s", SL_STRF(name), SL_STRF(version));
}

static const struct sl_field service_state[] = {
    {.kind = SL_FIELD_KIND_STR,
     .name = "state",
     .help = "`draft` (never published), `published` or `offline`."},
    {.kind = SL_FIELD_KIND_INT, .name = "live_release", .help = "The release that traffic sees."},
    {.kind = SL_FIELD_KIND_INT, .name = "last_release", .help = "The newest one."},
    {.kind = SL_FIELD_KIND_BOOL,
     .name = "has_draft",
     .help = "Was it changed since the live release?"},
    {.kind = SL_FIELD_KIND_NODE,
     .name = "pending",
     .help = "The release that somebody asked for: `{requested_by, requested_at, reason, at, "
             "approved_by, checks}`."},
    {.kind = SL_FIELD_KIND_NODE,
     .name = "scheduled",
     .help = "The release that comes by itself: `{at, by, reason, approved_by}`."},
    {.kind = SL_FIELD_KIND_INT,
     .name = "canary_release",
     .help = "The release that some callers see."},
    {.kind = SL_FIELD_KIND_NODE,
     .name = "canary",
     .help = "Who, and since when: `{percent, header, value, began_at}`."},
    {.kind = SL_FIELD_KIND_INT,
     .name = "offline_release",
     .help = "The release that was live when it was taken offline; `online` brings it back."},
    {.kind = SL_FIELD_KIND_STR,
     .name = "lifecycle",
     .help = "`deprecated` or `retired`; `active` or left out: neither."},
    {.kind = SL_FIELD_KIND_STR,
     .name = "deprecated_at",
     .help = "Since when callers are told (Deprecation)."},
    {.kind = SL_FIELD_KIND_STR,
     .name = "sunset_at",
     .help = "When it stops, or stopped, working (Sunset); from then on: 410."},
    {.kind = SL_FIELD_KIND_STR, .name = "retired_at", .help = "When somebody retired it."},
    {.kind = SL_FIELD_KIND_STR, .name = "successor", .help = "Where callers should go instead."},
    {.kind = SL_FIELD_KIND_STR, .name = "documentation", .help = "Where people read about it."},
    {.kind = SL_FIELD_KIND_STR,
     .name = "reason",
     .help = "Why it was deprecated, retired, reinstated or taken offline, whatever was last."},
    SL_FIELD_END,
};

int64_t sl_service_number(const struct sl_node *status, const char *name)
{
    const struct sl_node *n = sl_node_get(status, sl_cstr(name));
    int64_t v = 0;
    return n != NULL && n->kind == SL_NODE_NUMBER && sl_num_i64(n->text, &v) ? v : 0;
}

static sl_str release_key(struct sl_arena *a, sl_str service, int64_t number)
{
    return sl_fmt(a, "%.*s:%lld", SL_STRF(service), (long long)number);
}

sl_rc sl_service_find_release(struct sl_change *c, int64_t number, struct sl_node **ret_spec)
{
    struct sl_row row;
    struct sl_work *w = c->work;
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("release"), release_key(w->a, c->row.name, number),
                              w->a, &row);
    if (rc == SL_E_NOTFOUND)
        return sl_change_fail(c, "release", "there is no release %lld of this service",
                              (long long)number);
    return rc == SL_OK ? sl_change_parse(w, row.spec, ret_spec) : sl_work_fail(w, rc);
}

/* ------------------------------------------------------------------ drafts */

static void put_state(struct sl_change *c, const char *state)
{
    sl_tree_put_str(c->work->a, c->status, "state", sl_cstr(state));
}

static void put_has_draft(struct sl_change *c, bool has_draft)
{
    sl_tree_put(c->status, SL_STR("has_draft"), sl_tree_bool(c->work->a, has_draft));
}

static sl_rc service_check(struct sl_change *c)
{
    int64_t live = sl_service_number(c->status, "live_release");
    if (!c->is_delete && sl_node_get(c->spec, SL_STR("canary")) != NULL)
        return sl_change_fail(c, "canary", "is for files; the action 'canary' does it here");
    if (c->is_delete)
        return live == 0 ? SL_OK : sl_change_conflict(c, "it is published; take it offline first");
    if (c->before == NULL)
        put_state(c, "draft");
    else if (!sl_tree_eq(c->spec, c->before_spec))
        sl_service_forget_plans(c);
    if (live == 0) {
        put_has_draft(c, true);
        return SL_OK;
    }
    struct sl_node *release = NULL;
    sl_rc rc = sl_service_find_release(c, live, &release);
    if (rc == SL_OK)
        put_has_draft(c, !sl_tree_eq(sl_node_get(release, SL_STR("config")), c->spec));
    return rc;
}

/* ------------------------------------------------------------------ publish */

static sl_rc insert_release(struct sl_change *c, int64_t number, struct sl_node *spec)
{
    struct sl_work *w = c->work;
    struct sl_row row =
        sl_work_row(w, &c->row, SL_STR("release"), release_key(w->a, c->row.name, number),
                    sl_tree_json(spec, w->a));
    struct sl_ref of = {SL_STR("service"), c->row.name};
    sl_rc rc = sl_row_insert(w->tx, &row);
    if (rc == SL_OK)
        rc = sl_refs_set(w->tx, row.id, &of, 1);
    return sl_work_fail(w, rc);
}

/* With handles in place of secrets: people read it. */
static struct sl_node *difference(struct sl_change *c, const struct sl_node *before,
                                  const struct sl_node *after)
{
    struct sl_control *control = c->work->control;
    struct sl_arena *a = c->work->a;
    return sl_tree_diff(a, before != NULL ? sl_change_mask(control, c->type, before, a) : NULL,
                        sl_change_mask(control, c->type, after, a), DIFF_MAX);
}

sl_rc sl_service_check_alive(struct sl_change *c)
{
    return sl_service_is_retired(c->status)
               ? sl_change_conflict(c, "it is retired; reinstate it first")
               : SL_OK;
}

sl_rc sl_service_keep_release(struct sl_change *c, const struct sl_node *config,
                              const struct sl_service_release *how, int64_t *ret_number)
{
    struct sl_arena *a = c->work->a;
    int64_t number = sl_service_number(c->status, "last_release") + 1,
            live = sl_service_number(c->status, "live_release");
    struct sl_node *before = NULL, *spec = sl_tree_map(a);
    sl_rc rc = sl_service_check_alive(c);
    if (rc == SL_OK && live != 0)
        rc = sl_service_find_release(c, live, &before);
    if (rc != SL_OK)
        return rc;
    sl_tree_put_str(a, spec, "service", c->row.name);
    sl_tree_put(spec, SL_STR("number"), sl_tree_i64(a, number));
    sl_tree_put_str(a, spec, "reason", how->reason);
    if (how->restores != 0)
        sl_tree_put(spec, SL_STR("restores"), sl_tree_i64(a, how->restores));
    if (how->requested_by.n != 0)
        sl_tree_put_str(a, spec, "requested_by", how->requested_by);
    if (how->approved_by != NULL)
        sl_tree_put(spec, SL_STR("approved_by"), sl_tree_copy(a, how->approved_by));
    if (how->checks != NULL)
        sl_tree_put(spec, SL_STR("checks"), how->checks);
    sl_tree_put(spec, SL_STR("config"), sl_tree_copy(a, config));
    sl_tree_put(spec, SL_STR("diff"), difference(c, sl_node_get(before, SL_STR("config")), config));
    rc = insert_release(c, number, spec);
    sl_tree_put(c->status, SL_STR("last_release"), sl_tree_i64(a, number));
    *ret_number = number;
    return rc;
}

sl_rc sl_service_go_live(struct sl_change *c, const struct sl_node *config, int64_t number,
                         sl_str reason)
{
    sl_rc rc = sl_service_tell(c, config, number, reason);
    if (rc != SL_OK)
        return rc;
    put_state(c, "published");
    put_has_draft(c, !sl_tree_eq(config, c->spec));
    sl_service_forget_canary(c->status);
    sl_tree_put(c->status, SL_STR("live_release"), sl_tree_i64(c->work->a, number));
    c->work->must_publish = true;
    return sl_change_save(c);
}

sl_rc sl_service_release(struct sl_change *c, const struct sl_node *config,
                         const struct sl_service_release *how)
{
    int64_t number = 0;
    sl_rc rc = sl_service_keep_release(c, config, how, &number);
    return rc == SL_OK ? sl_service_go_live(c, config, number, how->reason) : rc;
}

const struct sl_field sl_service_reason_fields[] = {SL_SERVICE_REASON(struct sl_service_reason),
                                                    SL_FIELD_END};

/* Errors are told like problems of the resource; what is less goes with the release. */
sl_rc sl_service_check_rules(struct sl_change *c, const struct sl_node *workspace,
                             struct sl_node **ret)
{
    struct sl_apilint lint;
    sl_rc rc = sl_service_lint(c, workspace, &lint);
    if (rc != SL_OK)
        return rc;
    for (const struct sl_node *n = lint.findings->children; n != NULL; n = n->next) {
        sl_str rule = sl_tree_text(n, "rule"), where = sl_tree_text(n, "where"),
               detail = sl_tree_text(n, "detail");
        if (sl_str_eq(sl_tree_text(n, "severity"), SL_STR("error")))
            rc = sl_change_fail(c, "", "%.*s%s%.*s: %.*s", SL_STRF(rule), where.n != 0 ? ", " : "",
                                SL_STRF(where), SL_STRF(detail));
    }
    *ret = sl_apilint_node(&lint, c->work->a);
    return rc;
}

static sl_rc serve_again(struct sl_change *c, const struct sl_node *release, sl_str reason,
                         int64_t number)
{
    const struct sl_service_release how = {.reason = reason, .restores = number};
    return sl_service_release(c, sl_node_get(release, SL_STR("config")), &how);
}

struct rollback_args {
    sl_str reason;
    int64_t release;
};

static const struct sl_field rollback_fields[] = {
    SL_SERVICE_REASON(struct rollback_args),
    SL_FIELD_INT(struct rollback_args, release, .min = "1",
                 .help = "The release to bring back; left out: the one before the live one."),
    SL_FIELD_END,
};

static sl_rc rollback(struct sl_change *c, const void *args)
{
    const struct rollback_args *r = args;
    struct sl_node *old = NULL;
    int64_t live = sl_service_number(c->status, "live_release");
    int64_t number = r->release != 0 ? r->release : live - 1;
    sl_rc rc = sl_service_find_release(c, number, &old);
    return rc == SL_OK ? serve_again(c, old, r->reason, number) : rc;
}

static sl_rc take_offline(struct sl_change *c, const void *args)
{
    const struct sl_service_reason *r = args;
    int64_t live = sl_service_number(c->status, "live_release");
    put_state(c, "offline");
    sl_service_forget_canary(c->status);
    put_has_draft(c, true);
    sl_tree_put(c->status, SL_STR("live_release"), sl_tree_i64(c->work->a, 0));
    sl_tree_put(c->status, SL_STR("offline_release"), sl_tree_i64(c->work->a, live));
    if (r->reason.n != 0)
        sl_tree_put_str(c->work->a, c->status, "reason", r->reason);
    c->work->must_publish = true;
    return sl_change_save(c);
}

/* The draft is not looked at: what was served is served again. */
static sl_rc put_online(struct sl_change *c, const void *args)
{
    const struct sl_service_reason *r = args;
    struct sl_node *old = NULL;
    int64_t number = sl_service_number(c->status, "offline_release");
    sl_rc rc = sl_service_find_release(c, number, &old);
    return rc == SL_OK ? serve_again(c, old, r->reason, number) : rc;
}

/* ------------------------------------------------------------------ when */

static bool is_live(const struct sl_node *status)
{
    return sl_service_number(status, "live_release") != 0;
}

static bool is_not_live(const struct sl_node *status)
{
    return !is_live(status);
}

static bool was_live(const struct sl_node *status)
{
    return sl_service_number(status, "offline_release") != 0;
}

static bool has_earlier(const struct sl_node *status)
{
    return sl_service_number(status, "last_release") > (is_live(status) ? 1 : 0);
}

static bool is_tried(const struct sl_node *status)
{
    return sl_service_number(status, "canary_release") != 0;
}

static bool is_asked_for(const struct sl_node *status)
{
    return sl_node_get(status, SL_STR("pending")) != NULL;
}

static bool is_waiting(const struct sl_node *status)
{
    return is_asked_for(status) || sl_node_get(status, SL_STR("scheduled")) != NULL;
}

static bool is_for_release(const struct sl_node *status)
{
    return sl_tree_is_true(status, "has_draft") && !is_waiting(status);
}

static bool is_alive(const struct sl_node *status)
{
    return !sl_service_is_retired(status);
}

enum {
    DRAFT,
    LIVE,
    NOT_LIVE,
    WAS_LIVE,
    EARLIER,
    TRIED,
    ASKED_FOR,
    WAITING,
    ENDING,
    ALIVE,
    RETIRED
};

static const struct sl_condition conditions[] = {
    [DRAFT] = {is_for_release, "its draft waits for nothing"},
    [LIVE] = {is_live, "it is not published"},
    [NOT_LIVE] = {is_not_live, "it is published already"},
    [WAS_LIVE] = {was_live, "it was never published; publish it"},
    [EARLIER] = {has_earlier, "there is no release to go back to"},
    [TRIED] = {is_tried, "no release is tried"},
    [ASKED_FOR] = {is_asked_for, "nobody has asked for a release"},
    [WAITING] = {is_waiting, "it waits for nothing: nobody asked, and no time is set"},
    [ENDING] = {sl_service_is_ending, "it is neither deprecated nor retired"},
    [ALIVE] = {is_alive, "it is retired; reinstate it first"},
    [RETIRED] = {sl_service_is_retired, "it is not retired"},
    {0},
};

#define WHEN(condition) SL_CONDITION(condition)
#define ACTION(name_, run_, type, fields_, needs_, awaits_, summary_)            \
    {                                                                            \
        .name = name_, .summary = summary_, .needs = needs_, .awaited = awaits_, \
        .fields = fields_, .size = sizeof(type), .run = run_                     \
    }
#define SIMPLE(name_, run_, needs_, awaits_, summary_)                                       \
    ACTION(name_, run_, struct sl_service_reason, sl_service_reason_fields, needs_, awaits_, \
           summary_)

/* Those of one kind together, what is used most first. */
static const struct sl_action service_actions[] = {
    SIMPLE("approve", sl_service_approve, WHEN(ASKED_FOR), WHEN(ASKED_FOR),
           "Approve the release that somebody else has asked for."),
    ACTION(
        "publish", sl_service_publish, struct sl_service_publication, sl_service_publication_fields,
        WHEN(ALIVE), WHEN(DRAFT),
        "Make the draft a release and serve it, on every worker at once, or at a time; where the "
        "workspace wants approval, ask for it."),
    SIMPLE("withdraw", sl_service_withdraw, WHEN(WAITING), WHEN(WAITING),
           "Take back the request for a release, or its time."),
    ACTION("canary", sl_service_try, struct sl_service_trial, sl_service_trial_fields,
           WHEN(LIVE) | WHEN(ALIVE), 0,
           "Serve some callers the draft, or another release, and all others what is live; again, "
           "to change who."),
    SIMPLE("promote", sl_service_promote, WHEN(TRIED), WHEN(TRIED),
           "Serve all callers the release that is tried."),
    SIMPLE("abandon", sl_service_abandon, WHEN(TRIED), WHEN(TRIED),
           "Serve all callers what is live: the release that was tried stays a release."),
    ACTION("rollback", rollback, struct rollback_args, rollback_fields, WHEN(EARLIER) | WHEN(ALIVE),
           0, "Serve an earlier release again, as a new one."),
    SIMPLE("online", put_online, WHEN(NOT_LIVE) | WHEN(WAS_LIVE) | WHEN(ALIVE),
           WHEN(NOT_LIVE) | WHEN(WAS_LIVE),
           "Serve again what was served before it was taken offline, as a new release."),
    SIMPLE("offline", take_offline, WHEN(LIVE), 0,
           "Serve it no more. The draft and the releases stay."),
    ACTION("deprecate", sl_service_deprecate, struct sl_service_deprecation,
           sl_service_deprecation_fields, WHEN(LIVE) | WHEN(ALIVE), 0,
           "Tell callers that its end comes: Deprecation, Sunset and Link in each answer."),
    ACTION("retire", sl_service_retire, struct sl_service_retirement, sl_service_retirement_fields,
           WHEN(LIVE) | WHEN(ALIVE), 0, "End it: 410 with a Link to the successor."),
    SIMPLE("reinstate", sl_service_reinstate, WHEN(ENDING), WHEN(RETIRED),
           "Take deprecation and retirement back."),
    {.name = "compare",
     .summary = "What is different between two versions of an API, and what of it breaks callers.",
     .fields = sl_service_compare_fields,
     .size = sizeof(struct sl_service_comparison),
     .is_query = true,
     .run = sl_service_compare},
    {.name = "check",
     .summary = "What the rules for releases say of the draft.",
     .is_query = true,
     .run = sl_service_run_checks},
    {0},
};

/* ------------------------------------------------------------------ deletion */

struct parts {
    struct sl_arena *a;
    struct sl_tree_tail ids;
};

static bool note_part(const struct sl_row *row, void *arg)
{
    struct parts *r = arg;
    if (sl_str_eq(row->kind, SL_STR("release")) || sl_str_eq(row->kind, SL_STR("document")) ||
        sl_str_eq(row->kind, SL_SERVICE_NEWS))
        sl_tree_add(&r->ids, sl_tree_str(r->a, sl_arena_dup(r->a, row->id)));
    return true;
}

/* Releases, what was new in them, and documents go with their service; the audit trail keeps what they were. */
static sl_rc service_changed(struct sl_change *c)
{
    struct sl_work *w = c->work;
    struct parts r = {.a = w->a, .ids = sl_tree_tail(w->a)};
    struct sl_ref target = {SL_STR("service"), c->row.name};
    if (!c->is_delete)
        return SL_OK;
    sl_rc rc = sl_refs_each(w->tx, &target, note_part, &r);
    for (const struct sl_node *n = r.ids.list->children; n != NULL && rc == SL_OK; n = n->next)
        rc = sl_row_delete(w->tx, n->text);
    return sl_work_fail(w, rc);
}

/* ------------------------------------------------------------------ compose */

sl_rc sl_service_release_config(struct sl_composer *c, const struct sl_row *service, int64_t number,
                                struct sl_node **ret)
{
    struct sl_row release;
    sl_rc rc = sl_row_by_name(c->tx, SL_STR("release"), release_key(c->a, service->name, number),
                              c->a, &release);
    if (rc != SL_OK)
        return sl_diag_fail(c->d, rc, "release", "release %lld of %.*s cannot be read",
                            (long long)number, SL_STRF(service->name));
    struct sl_node *tree = sl_compose_parse(c, service, release.spec);
    *ret = tree != NULL ? sl_tree_take(tree, SL_STR("config")) : NULL;
    return *ret != NULL ? SL_OK : c->rc != SL_OK ? c->rc : SL_E_INTERNAL;
}

static sl_rc service_compose(struct sl_composer *c, const struct sl_row *row, struct sl_node *spec)
{
    const struct sl_node *status = sl_compose_parse(c, row, row->status);
    int64_t live = sl_service_number(status, "live_release");
    struct sl_node *config = NULL;
    (void)spec; /* the draft */
    if (live == 0)
        return c->rc;
    sl_rc rc = sl_service_release_config(c, row, live, &config);
    if (rc == SL_OK)
        rc = sl_change_unseal(c->control, &sl_resource_service, row->id, config, c->a, &config,
                              c->d);
    if (rc == SL_OK)
        rc = sl_service_compose_lifecycle(c, status, config);
    if (rc == SL_OK)
        rc = sl_service_compose_canary(c, row, status, config);
    if (rc == SL_OK)
        sl_compose_add(c, SL_NOUN_SERVICES, config);
    return rc;
}

static const struct sl_reference service_references[] = {
    {"upstream", "upstream"}, {"prompts[]", "prompt"}, {"team", "team"}, {NULL, NULL}};

static const char *const indexed_members[] = {"kind",         "visibility",       "domain",
                                              "status.state", "status.lifecycle", NULL};

const struct sl_resource_type sl_resource_service = {
    .kind = "service",
    .indexed = indexed_members,
    .noun = &sl_nouns[SL_NOUN_SERVICES],
    .state = service_state,
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_ON_RELEASE,
    .references = service_references,
    .key = service_key,
    .actions = service_actions,
    .conditions = conditions,
    .check = service_check,
    .changed = service_changed,
    .compose = service_compose,
};
