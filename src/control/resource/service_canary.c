/*
 * A release on trial: some callers see it, all others the live one. Its share is changed, it becomes the live
 * one, or it is given up; each takes effect at once, and requests in flight end where they began.
 */
#include "base/str.h"
#include "control/resource/service_int.h"

const struct sl_field sl_service_trial_fields[] = {
    SL_SERVICE_REASON(struct sl_service_trial),
    SL_FIELD_INT(struct sl_service_trial, release, .min = "1",
                 .help =
                     "The release to try. Left out: that which is tried already, else the draft, "
                     "which becomes a release."),
    SL_FIELD_INT(struct sl_service_trial, percent, .dflt = "0", .min = "0", .max = "100",
                 .help = "Of the clients, by their address: each stays with its release."),
    SL_FIELD_STR(struct sl_service_trial, header, .max = "128",
                 .help = "And requests that have this field.", .example = "x-canary"),
    SL_FIELD_STR(struct sl_service_trial, value, .max = "256",
                 .help = "With this value; left out: any."),
    SL_FIELD_END,
};

void sl_service_forget_canary(struct sl_node *status)
{
    (void)sl_tree_take(status, SL_STR("canary_release")); /* mostly there is none */
    (void)sl_tree_take(status, SL_STR("canary"));
}

static sl_rc save(struct sl_change *c, sl_str reason)
{
    if (reason.n != 0)
        sl_tree_put_str(c->work->a, c->status, "reason", reason);
    c->work->must_publish = true;
    return sl_change_save(c);
}

/* What nobody has approved reaches nobody. */
static sl_rc release_draft(struct sl_change *c, sl_str reason, int64_t *ret_number)
{
    struct sl_service_release how = {.reason = reason};
    struct sl_node *workspace;
    sl_rc rc = sl_service_workspace(c, &workspace);
    if (rc == SL_OK && workspace != NULL && sl_service_number(workspace, "approvals") > 0)
        return sl_change_conflict(c, "releases need approval here: name a 'release' that has it");
    if (rc == SL_OK)
        rc = sl_service_check_rules(c, workspace, &how.checks);
    return rc == SL_OK ? sl_service_keep_release(c, c->spec, &how, ret_number) : rc;
}

static sl_rc choose_release(struct sl_change *c, const struct sl_service_trial *t,
                            int64_t *ret_number)
{
    struct sl_node *old = NULL;
    int64_t tried = sl_service_number(c->status, "canary_release");
    *ret_number = t->release != 0 ? t->release : tried;
    if (*ret_number == 0)
        return release_draft(c, t->reason, ret_number);
    return sl_service_find_release(c, *ret_number, &old);
}

/* It goes on when only its share is another one: what was seen of it counts on. */
static struct sl_node *beginning(struct sl_change *c, int64_t number)
{
    const struct sl_node *before = sl_node_get(c->status, SL_STR("canary"));
    sl_str began = before != NULL ? sl_tree_text(before, "began_at") : (sl_str){0};
    bool is_same = sl_service_number(c->status, "canary_release") == number && began.n != 0;
    return is_same ? sl_tree_str(c->work->a, began) : sl_tree_time(c->work->a, c->work->now_us);
}

sl_rc sl_service_try(struct sl_change *c, const void *args)
{
    const struct sl_service_trial *t = args;
    struct sl_arena *a = c->work->a;
    int64_t number = 0, live = sl_service_number(c->status, "live_release");
    if (t->percent == 0 && t->header.n == 0)
        return sl_change_fail(c, "percent", "must be given, or 'header': else nobody would see it");
    sl_rc rc = choose_release(c, t, &number);
    if (rc == SL_OK && number == live)
        rc = sl_change_conflict(c, "release %lld is the live one", (long long)number);
    if (rc != SL_OK)
        return rc;
    struct sl_node *who = sl_tree_map(a);
    sl_tree_put(who, SL_STR("percent"), sl_tree_i64(a, t->percent));
    sl_tree_put(who, SL_STR("began_at"), beginning(c, number));
    if (t->header.n != 0)
        sl_tree_put_str(a, who, "header", t->header);
    if (t->value.n != 0)
        sl_tree_put_str(a, who, "value", t->value);
    sl_tree_put(c->status, SL_STR("canary_release"), sl_tree_i64(a, number));
    sl_tree_put(c->status, SL_STR("canary"), who);
    return save(c, t->reason);
}

sl_rc sl_service_promote(struct sl_change *c, const void *args)
{
    const struct sl_service_reason *r = args;
    struct sl_node *release = NULL;
    int64_t number = sl_service_number(c->status, "canary_release");
    sl_rc rc = sl_service_find_release(c, number, &release);
    if (rc == SL_OK && r->reason.n != 0)
        sl_tree_put_str(c->work->a, c->status, "reason", r->reason);
    if (rc != SL_OK)
        return rc;
    sl_str reason = r->reason.n != 0 ? r->reason : sl_tree_text(release, "reason");
    return sl_service_go_live(c, sl_node_get(release, SL_STR("config")), number, reason);
}

sl_rc sl_service_abandon(struct sl_change *c, const void *args)
{
    const struct sl_service_reason *r = args;
    sl_service_forget_canary(c->status);
    return save(c, r->reason);
}

sl_rc sl_service_compose_canary(struct sl_composer *c, const struct sl_row *row,
                                const struct sl_node *status, struct sl_node *config)
{
    int64_t number = sl_service_number(status, "canary_release");
    const struct sl_node *who = sl_node_get(status, SL_STR("canary"));
    struct sl_node *tried = NULL;
    if (number == 0 || who == NULL)
        return SL_OK;
    sl_rc rc = sl_service_release_config(c, row, number, &tried);
    if (rc == SL_OK)
        rc = sl_change_unseal(c->control, &sl_resource_service, row->id, tried, c->a, &tried, c->d);
    if (rc == SL_OK)
        rc = sl_service_compose_lifecycle(c, status, tried);
    if (rc != SL_OK)
        return rc;
    struct sl_node *canary = sl_tree_copy(c->a, who);
    (void)sl_tree_take(canary, SL_STR("began_at")); /* older ones have none */
    sl_tree_put(canary, SL_STR("service"), tried);
    sl_tree_put(config, SL_STR("canary"), canary);
    return SL_OK;
}
