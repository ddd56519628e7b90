/*
 * What people want to know before they release: what is different, what breaks callers, what rules say.
 */
#include "base/str.h"
#include "control/actor.h"
#include "control/apidiff.h"
#include "control/apilint.h"
#include "control/resource/service_int.h"

const struct sl_field sl_service_compare_fields[] = {
    SL_FIELD_STR(struct sl_service_comparison, with, .max = "256",
                 .help =
                     "Key of the service that comes after this one. Left out: this one's draft, "
                     "compared with its live release."),
    SL_FIELD_END,
};

/* The live release's configuration; NULL: there is none. */
sl_rc sl_service_live_config(struct sl_change *c, struct sl_node **ret)
{
    struct sl_work *w = c->work;
    struct sl_composer composer = {.control = w->control, .tx = w->tx, .a = w->a, .d = w->d};
    int64_t live = sl_service_number(c->status, "live_release");
    *ret = NULL;
    return live != 0 ? sl_service_release_config(&composer, &c->row, live, ret) : SL_OK;
}

static sl_rc other_spec(struct sl_change *c, sl_str key, struct sl_node **ret)
{
    struct sl_work *w = c->work;
    struct sl_row row;
    sl_rc rc = sl_change_find(w, c->type, key, &row);
    if (rc == SL_OK && !sl_actor_may(w->actor, SL_STR("services:read"), row.workspace, row.team))
        rc = SL_E_NOTFOUND;
    if (rc == SL_E_NOTFOUND)
        return sl_change_fail(c, "with", "there is no service '%.*s'", SL_STRF(key));
    return rc == SL_OK ? sl_change_parse(w, row.spec, ret) : sl_work_fail(w, rc);
}

sl_rc sl_service_compare(struct sl_change *c, const void *args)
{
    const struct sl_service_comparison *with = args;
    struct sl_arena *a = c->work->a;
    struct sl_node *before = c->spec, *after = c->spec;
    struct sl_apidiff d;
    sl_rc rc =
        with->with.n != 0 ? other_spec(c, with->with, &after) : sl_service_live_config(c, &before);
    if (rc != SL_OK)
        return rc;
    if (before == NULL)
        return sl_change_conflict(c,
                                  "it has no live release to compare with; name another service");
    sl_apidiff(before, after, a, &d);
    c->reveal = sl_apidiff_tree(&d, a);
    return SL_OK;
}

sl_rc sl_service_workspace(struct sl_change *c, struct sl_node **ret)
{
    struct sl_work *w = c->work;
    struct sl_row row;
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("workspace"), c->row.workspace, w->a, &row);
    *ret = NULL;
    if (rc == SL_E_NOTFOUND)
        return SL_OK;
    return rc == SL_OK ? sl_change_parse(w, row.spec, ret) : sl_work_fail(w, rc);
}

sl_rc sl_service_lint(struct sl_change *c, const struct sl_node *workspace, struct sl_apilint *ret)
{
    struct sl_node *live = NULL;
    sl_rc rc = sl_service_live_config(c, &live);
    *ret = (struct sl_apilint){
        .policies = c->work->control->config.policies,
        .severities = workspace != NULL ? sl_node_get(workspace, SL_STR("release_rules")) : NULL,
        .live = live};
    if (rc == SL_OK)
        sl_apilint(ret, c->spec, c->work->a);
    return rc;
}

sl_rc sl_service_run_checks(struct sl_change *c, const void *args)
{
    struct sl_node *workspace;
    struct sl_apilint lint;
    (void)args;
    sl_rc rc = sl_service_workspace(c, &workspace);
    if (rc == SL_OK)
        rc = sl_service_lint(c, workspace, &lint);
    if (rc == SL_OK)
        c->reveal = sl_apilint_node(&lint, c->work->a);
    return rc;
}
