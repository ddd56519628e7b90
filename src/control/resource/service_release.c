/*
 * Between a draft and its release: somebody asks, others approve, a time comes. Whatever changes the draft
 * meanwhile takes all of that back: what was approved is what is released.
 *
 * What waits for a time is a row of kind "schedule" named like its service, so that looking for what is due
 * costs nothing where nothing waits; the service's status says the same to people.
 */
#include "base/fmt.h"
#include "base/log.h"
#include "base/str.h"
#include "control/actor.h"
#include "control/identity.h"
#include "control/resource/service_int.h"

#define SCHEDULE SL_STR("schedule")

const struct sl_field sl_service_publication_fields[] = {
    SL_SERVICE_REASON(struct sl_service_publication),
    SL_FIELD_TIME(struct sl_service_publication, at, .example = "2026-07-01T06:00:00Z",
                  .help = "When; left out: now."),
    SL_FIELD_END,
};

static int64_t time_of(const struct sl_node *n, const char *name)
{
    int64_t us;
    return n != NULL && sl_parse_rfc3339(sl_tree_text(n, name), &us) ? us : 0;
}

static sl_str text_of(const struct sl_node *n, const char *name)
{
    sl_str text = sl_tree_text(n, name);
    return text.p != NULL ? text : SL_STR("");
}

void sl_service_forget_plans(struct sl_change *c)
{
    (void)sl_tree_take(c->status, SL_STR("pending")); /* mostly there is none */
    (void)sl_tree_take(c->status, SL_STR("scheduled"));
}

/* ------------------------------------------------------------------ schedule */

static sl_rc forget_schedule(struct sl_work *w, sl_str service)
{
    struct sl_row row;
    sl_rc rc = sl_row_by_name(w->tx, SCHEDULE, service, w->a, &row);
    if (rc == SL_OK)
        rc = sl_row_delete(w->tx, row.id);
    return rc == SL_E_NOTFOUND ? SL_OK : sl_work_fail(w, rc);
}

static sl_rc insert_schedule(struct sl_change *c, int64_t at_us)
{
    struct sl_work *w = c->work;
    struct sl_row row = sl_work_row(w, &c->row, SCHEDULE, c->row.name, SL_STR("{}"));
    row.updated_us = at_us; /* when it is due */
    sl_rc rc = forget_schedule(w, c->row.name);
    return rc == SL_OK ? sl_work_fail(w, sl_row_insert(w->tx, &row)) : rc;
}

static sl_rc schedule(struct sl_change *c, const struct sl_service_release *r, int64_t at_us)
{
    struct sl_arena *a = c->work->a;
    struct sl_node *plan = sl_tree_map(a);
    sl_tree_put(plan, SL_STR("at"), sl_tree_time(a, at_us));
    sl_tree_put_str(a, plan, "by", r->requested_by.n != 0 ? r->requested_by : c->work->actor->name);
    sl_tree_put_str(a, plan, "reason", r->reason);
    if (r->approved_by != NULL)
        sl_tree_put(plan, SL_STR("approved_by"), sl_tree_copy(a, r->approved_by));
    (void)sl_tree_take(c->status, SL_STR("pending")); /* it is done with */
    sl_tree_put(c->status, SL_STR("scheduled"), plan);
    sl_rc rc = insert_schedule(c, at_us);
    return rc == SL_OK ? sl_change_save(c) : rc;
}

static sl_rc release_or_schedule(struct sl_change *c, const struct sl_service_release *r,
                                 int64_t at_us)
{
    if (at_us > c->work->now_us)
        return schedule(c, r, at_us);
    sl_service_forget_plans(c);
    return sl_service_release(c, c->spec, r);
}

/* ------------------------------------------------------------------ approval */

static int64_t approvals_of(const struct sl_node *workspace)
{
    return workspace != NULL ? sl_service_number(workspace, "approvals") : 0;
}

static sl_rc request(struct sl_change *c, const struct sl_service_publication *p,
                     struct sl_node *checks)
{
    struct sl_arena *a = c->work->a;
    struct sl_node *pending = sl_tree_map(a);
    sl_tree_put_str(a, pending, "requested_by", c->work->actor->name);
    sl_tree_put_str(a, pending, "user", c->work->actor->user);
    sl_tree_put(pending, SL_STR("requested_at"), sl_tree_time(a, c->work->now_us));
    sl_tree_put_str(a, pending, "reason", p->reason);
    if (p->at != 0)
        sl_tree_put(pending, SL_STR("at"), sl_tree_time(a, p->at * SL_SECONDS(1)));
    sl_tree_put(pending, SL_STR("approved_by"), sl_tree_list(a));
    sl_tree_put(pending, SL_STR("checks"), checks);
    sl_tree_put(c->status, SL_STR("pending"), pending);
    return sl_change_save(c);
}

sl_rc sl_service_publish(struct sl_change *c, const void *args)
{
    const struct sl_service_publication *p = args;
    int64_t at_us = p->at * SL_SECONDS(1);
    struct sl_node *workspace, *checks = NULL;
    sl_rc rc = sl_service_workspace(c, &workspace);
    if (rc == SL_OK)
        rc = sl_service_check_rules(c, workspace, &checks);
    if (rc != SL_OK)
        return rc;
    if (at_us != 0 && at_us <= c->work->now_us)
        return sl_change_fail(c, "at", "must be in the future");
    if (approvals_of(workspace) > 0)
        return request(c, p, checks);
    struct sl_service_release r = {.reason = p->reason, .checks = checks};
    return release_or_schedule(c, &r, at_us);
}

static bool is_author(const struct sl_change *c, const struct sl_node *pending)
{
    const struct sl_actor *actor = c->work->actor;
    return sl_str_eq(actor->name, text_of(pending, "requested_by")) ||
           (actor->user.n != 0 && sl_str_eq(actor->user, text_of(pending, "user")));
}

static bool has_approved(const struct sl_change *c, const struct sl_node *list)
{
    for (const struct sl_node *n = list->children; n != NULL; n = n->next) {
        if (sl_str_eq(n->text, c->work->actor->name))
            return true;
    }
    return false;
}

static sl_rc check_approver(struct sl_change *c, const struct sl_node *pending,
                            const struct sl_node *workspace)
{
    bool may_self = workspace != NULL && sl_tree_is_true(workspace, "self_approval");
    if (!may_self && is_author(c, pending))
        return sl_diag_fail(c->work->d, SL_E_DENIED, "",
                            "who asked for a release does not approve it");
    if (has_approved(c, sl_node_get(pending, SL_STR("approved_by"))))
        return sl_change_conflict(c, "you have approved it already");
    return SL_OK;
}

sl_rc sl_service_approve(struct sl_change *c, const void *args)
{
    struct sl_arena *a = c->work->a;
    const struct sl_node *pending = sl_node_get(c->status, SL_STR("pending"));
    struct sl_node *workspace, *checks = NULL;
    (void)args;
    sl_rc rc = sl_service_workspace(c, &workspace);
    if (rc == SL_OK)
        rc = check_approver(c, pending, workspace);
    if (rc == SL_OK)
        rc = sl_service_check_rules(c, workspace, &checks);
    if (rc != SL_OK)
        return rc;
    struct sl_node *now = sl_tree_copy(a, pending);
    struct sl_node *list = sl_tree_take(now, SL_STR("approved_by"));
    sl_tree_push(list, sl_tree_str(a, c->work->actor->name));
    sl_tree_put(now, SL_STR("approved_by"), list);
    sl_tree_put(c->status, SL_STR("pending"), now);
    if ((int64_t)list->child_count < approvals_of(workspace))
        return sl_change_save(c);
    struct sl_service_release r = {.reason = text_of(now, "reason"),
                                   .checks = checks,
                                   .requested_by = text_of(now, "requested_by"),
                                   .approved_by = list};
    return release_or_schedule(c, &r, time_of(now, "at"));
}

sl_rc sl_service_withdraw(struct sl_change *c, const void *args)
{
    const struct sl_service_reason *r = args;
    sl_service_forget_plans(c);
    if (r->reason.n != 0)
        sl_tree_put_str(c->work->a, c->status, "reason", r->reason);
    sl_rc rc = forget_schedule(c->work, c->row.name);
    return rc == SL_OK ? sl_change_save(c) : rc;
}

/* ------------------------------------------------------------------ the time has come */

static sl_rc publish_due(struct sl_change *c, const void *args)
{
    const struct sl_node *plan = sl_node_get(c->status, SL_STR("scheduled"));
    struct sl_node *workspace, *checks = NULL;
    (void)args;
    sl_rc rc = sl_service_workspace(c, &workspace);
    if (rc == SL_OK)
        rc = sl_service_check_rules(c, workspace, &checks);
    if (rc != SL_OK)
        return rc;
    struct sl_service_release r = {
        .reason = text_of(plan, "reason"), .checks = checks, .requested_by = text_of(plan, "by")};
    const struct sl_node *approved = sl_node_get(plan, SL_STR("approved_by"));
    if (approved != NULL)
        r.approved_by = sl_tree_copy(c->work->a, approved);
    sl_service_forget_plans(c);
    return sl_service_release(c, c->spec, &r);
}

/* What went wrong is for people to see; it is not tried again. */
static sl_rc note_failure(struct sl_change *c, const void *args)
{
    const sl_str *why = args;
    sl_service_forget_plans(c);
    sl_tree_put_str(c->work->a, c->status, "reason",
                    sl_fmt(c->work->a, "it was not published when its time came: %.*s",
                           SL_STRF(sl_str_head(*why, 500))));
    return sl_change_save(c);
}

struct due {
    struct sl_arena *a;
    int64_t now_us;
    struct sl_tree_tail services;
};

static bool note_due(const struct sl_row *row, void *arg)
{
    struct due *d = arg;
    if (row->updated_us <= d->now_us)
        sl_tree_add(&d->services, sl_tree_str(d->a, sl_arena_dup(d->a, row->name)));
    return true;
}

/* It may have been withdrawn, changed, deleted, or be done by another node. */
static sl_rc find_planned(struct sl_work *w, sl_str service, int64_t now_us, struct sl_row *ret,
                          bool *ret_is_due)
{
    struct sl_row plan;
    struct sl_node *status = NULL;
    *ret_is_due = false;
    sl_rc rc = sl_row_by_name(w->tx, SCHEDULE, service, w->a, &plan);
    if (rc == SL_OK)
        rc = sl_row_delete(w->tx, plan.id);
    if (rc == SL_OK)
        rc = sl_row_by_name(w->tx, SL_STR("service"), service, w->a, ret);
    if (rc == SL_OK)
        rc = sl_change_parse(w, ret->status, &status);
    if (rc == SL_OK) {
        int64_t at_us = time_of(sl_node_get(status, SL_STR("scheduled")), "at");
        *ret_is_due = at_us != 0 && at_us <= now_us;
    }
    return rc == SL_E_NOTFOUND ? SL_OK : rc;
}

static sl_rc act(struct sl_work *w, const struct due *d, sl_str service,
                 sl_rc (*run)(struct sl_change *, const void *), const sl_str *why)
{
    const struct sl_action action = {.name = "publish", .run = run};
    struct sl_row row;
    struct sl_change c;
    bool is_due = false;
    sl_rc rc = sl_work_begin(w);
    if (rc != SL_OK)
        return rc;
    rc = find_planned(w, service, d->now_us, &row, &is_due);
    if (rc == SL_OK && is_due)
        rc = sl_change_run(w, &sl_resource_service, &row, &action, why, &c);
    if (rc == SL_OK)
        return sl_work_commit(w);
    sl_work_undo(w);
    return rc;
}

static void publish_one(struct sl_control *control, const struct due *due, sl_str service)
{
    struct sl_arena *a = due->a;
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    struct sl_work w = {
        .control = control, .a = a, .d = d, .actor = sl_actor_almighty(a, "schedule")};
    sl_diag_init(d, a);
    sl_rc rc = act(&w, due, service, publish_due, NULL);
    if (rc == SL_OK || rc == SL_E_STORE)
        return; /* done; or it is tried again */
    sl_str why = d->count != 0 ? d->problems[0].message : sl_cstr(sl_err_info(rc)->text);
    sl_log(control->config.log, WARN, "scheduled release failed", SL_KV_STR("service", service),
           SL_KV_STR("why", why));
    sl_diag_init(d, a);
    rc = act(&w, due, service, note_failure, &why);
    if (rc != SL_OK)
        sl_log(control->config.log, WARN, "scheduled release kept", SL_KV_STR("service", service),
               SL_KV_ERR("reason", rc));
}

void sl_control_tick(struct sl_control *control, int64_t now_us)
{
    struct sl_arena *a = sl_arena_new("schedule", SL_MIB(512));
    const struct sl_row_query query = {.kind = SCHEDULE};
    struct due d = {.a = a, .now_us = now_us, .services = sl_tree_tail(a)};
    struct sl_tx *tx;
    bool is_open = atomic_load(&control->is_open); /* pairs with sl_control_connect */
    if (is_open && sl_store_read(control->store, &tx) == SL_OK) {
        sl_rc rc = sl_rows_each(tx, &query, note_due, &d);
        sl_tx_rollback(tx);
        for (const struct sl_node *n = d.services.list->children; n != NULL && rc == SL_OK;
             n = n->next)
            publish_one(control, &d, n->text);
    }
    sl_arena_free(a);
}
