#include "control/control.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "control/actor.h"
#include "control/change.h"
#include "control/compose.h"
#include "control/identity.h"
#include "control/throttle.h"
#include "control/tree.h"

/* ------------------------------------------------------------------ open */

static sl_rc open_parts(struct sl_control *c, struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("control", SL_KIB(64));
    const char *key = c->config.master_key_path;
    if (key == NULL)
        key = sl_fmt(a, "%s/master.key", c->config.dir).p;
    sl_rc rc = sl_vault_open(key, &c->vault, d);
    if (rc == SL_OK)
        rc = sl_store_open(c->config.store != NULL ? c->config.store
                                                   : sl_fmt(a, "%s/control.db", c->config.dir).p,
                           &c->store, d);
    sl_arena_free(a);
    return rc;
}

/* The one workspace that every installation has. */
static sl_rc add_default_workspace(struct sl_work *w)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(SL_STR("workspace"));
    struct sl_row row;
    struct sl_change c;
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("workspace"), SL_STR("default"), w->a, &row);
    if (rc != SL_E_NOTFOUND)
        return rc;
    struct sl_node *body = sl_tree_map(w->a);
    sl_tree_put_str(w->a, body, "name", SL_STR("default"));
    sl_tree_put_str(w->a, body, "title", SL_STR("Default"));
    return sl_change_create(w, type, body, &c);
}

static struct sl_node *role_body(struct sl_arena *a, const struct sl_builtin_role *role)
{
    struct sl_node *body = sl_tree_map(a), *permissions = sl_tree_list(a);
    sl_tree_put_str(a, body, "name", sl_cstr(role->name));
    sl_tree_put_str(a, body, "description", sl_cstr(role->summary));
    for (sl_str rest = sl_cstr(role->permissions), one; sl_str_split(&rest, ' ', &one);)
        sl_tree_push(permissions, sl_tree_str(a, one));
    sl_tree_put(body, SL_STR("permissions"), permissions);
    return body;
}

/* As this program has them, whatever an older one wrote. */
static sl_rc put_builtin_roles(struct sl_work *w)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(SL_STR("role"));
    sl_rc rc = SL_OK;
    for (const struct sl_builtin_role *r = sl_builtin_roles; r->name != NULL && rc == SL_OK; r++) {
        struct sl_change c;
        struct sl_row row;
        rc = sl_row_by_name(w->tx, SL_STR("role"), sl_cstr(r->name), w->a, &row);
        if (rc == SL_E_NOTFOUND)
            rc = sl_change_create(w, type, role_body(w->a, r), &c);
        else if (rc == SL_OK)
            rc = sl_change_replace(w, type, &row, role_body(w->a, r), &c);
    }
    return rc;
}

static sl_rc fill(struct sl_control *c, struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("first rows", SL_MIB(4));
    struct sl_work w = {.control = c, .a = a, .d = d, .actor = sl_actor_almighty(a, "system")};
    sl_rc rc = sl_work_begin(&w);
    if (rc == SL_OK) {
        rc = add_default_workspace(&w);
        if (rc == SL_OK)
            rc = put_builtin_roles(&w);
        if (rc == SL_OK)
            rc = sl_work_commit(&w);
        else
            sl_work_undo(&w);
    }
    if (rc != SL_OK && sl_diag_is_clean(d))
        (void)sl_diag_fail(d, rc, "control.db", "cannot be filled");
    sl_arena_free(a);
    return rc;
}

sl_rc sl_control_open(const struct sl_control_config *config, struct sl_control **ret,
                      struct sl_diag *d)
{
    struct sl_control *c = sl_new(struct sl_control);
    c->config = *config;
    c->throttle = sl_throttle_new();
    sl_rc rc = open_parts(c, d);
    if (rc == SL_OK)
        rc = fill(c, d);
    if (rc != SL_OK) {
        sl_control_close(c);
        return rc;
    }
    *ret = c;
    return SL_OK;
}

void sl_control_close(struct sl_control *c)
{
    if (c == NULL)
        return;
    sl_store_close(c->store);
    sl_vault_free(c->vault);
    sl_throttle_free(c->throttle);
    sl_free(c);
}

sl_rc sl_control_compose(struct sl_control *c, struct sl_composed *ret, struct sl_diag *d)
{
    struct sl_tx *tx;
    sl_rc rc = sl_store_read(c->store, &tx);
    if (rc != SL_OK)
        return sl_diag_fail(d, rc, "control.db", "cannot be read");
    rc = sl_compose(c, tx, ret, d);
    sl_tx_rollback(tx);
    return rc;
}

/* ------------------------------------------------------------------ work */

sl_rc sl_work_begin(struct sl_work *w)
{
    w->now_us = sl_clock_wall_us();
    w->must_publish = false;
    sl_rand_seed_os(&w->rand);
    sl_rc rc = sl_store_write(w->control->store, &w->tx);
    return rc == SL_OK ? rc : SL_E_STORE;
}

void sl_work_undo(struct sl_work *w)
{
    sl_tx_rollback(w->tx);
    w->tx = NULL;
}

sl_rc sl_work_fail(struct sl_work *w, sl_rc rc)
{
    if (rc == SL_OK)
        return rc;
    sl_log(w->control->config.log, ERROR, "store failed", SL_KV_ERR("reason", rc),
           SL_KV_STR("error", sl_tx_error(w->tx)));
    return sl_diag_fail(w->d, SL_E_STORE, "", "the store failed: %.*s; nothing was changed",
                        SL_STRF(sl_cstr(sl_err_info(rc)->text)));
}

static sl_rc prepare(struct sl_work *w)
{
    const struct sl_control_config *config = &w->control->config;
    struct sl_composed composed = {0};
    sl_rc rc = sl_compose(w->control, w->tx, &composed, w->d);
    if (rc != SL_OK)
        return rc;
    rc = config->ops->prepare(config->ctx, &composed, w->d);
    if (rc != SL_OK)
        sl_arena_free(composed.arena);
    return rc == SL_E_CONFIG ? SL_E_INVALID : rc;
}

sl_rc sl_work_commit(struct sl_work *w)
{
    const struct sl_control_config *config = &w->control->config;
    bool is_prepared = false;
    sl_rc rc = SL_OK;
    if (w->must_publish && config->ops != NULL) {
        rc = prepare(w);
        is_prepared = rc == SL_OK;
    }
    bool is_kept = rc == SL_OK && !w->is_dry;
    if (is_kept) {
        rc = sl_tx_commit(w->tx);
        w->tx = NULL;
        if (rc == SL_E_UNCERTAIN)
            rc = sl_diag_fail(w->d, rc, "", "%s", sl_err_info(rc)->text);
        else if (rc != SL_OK)
            rc = sl_diag_fail(w->d, SL_E_STORE, "", "the store failed: nothing was changed");
    } else {
        sl_work_undo(w);
    }
    if (is_prepared)
        config->ops->finish(config->ctx, is_kept && rc == SL_OK);
    return rc;
}
