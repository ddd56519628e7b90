#include "control/control.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/markdown.h"
#include "control/actor.h"
#include "control/change.h"
#include "control/compose.h"
#include "control/described.h"
#include "control/identity.h"
#include "control/key_sets.h"
#include "control/part.h"
#include "control/refusals.h"
#include "control/reindex.h"
#include "control/sso.h"
#include "control/throttle.h"
#include "control/tree.h"

/* ------------------------------------------------------------------ open */

const char *sl_control_where(const struct sl_control *c, struct sl_arena *a)
{
    return c->config.store != NULL ? c->config.store : sl_fmt(a, "%s/control.db", c->config.dir).p;
}

struct sl_snapshot *sl_control_snapshot(struct sl_control *c)
{
    const struct sl_publish_ops *ops = c->config.ops;
    return ops != NULL && ops->snapshot != NULL ? ops->snapshot(c->config.ctx) : NULL;
}

static sl_rc open_vault(struct sl_control *c, struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("control", SL_KIB(64));
    const char *key = c->config.master_key_path;
    if (key == NULL)
        key = sl_fmt(a, "%s/master.key", c->config.dir).p;
    sl_rc rc = sl_vault_open(key, &c->vault, d);
    sl_arena_free(a);
    return rc;
}

static sl_rc open_store(struct sl_control *c, struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("control", SL_KIB(64));
    sl_rc rc = sl_store_open(sl_control_where(c, a), &c->store, d);
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

/*
 * A sealed text in the store tells whether this node's key is the one that opens its secrets: on another
 * machine it may have been made anew.
 */
static sl_rc check_key(struct sl_work *w)
{
    static const sl_str name = SL_STR_INIT("key_check");
    const struct sl_vault *vault = w->control->vault;
    struct sl_strbuf text;
    sl_str sealed;
    sl_strbuf_init(&text, w->a, 0);
    sl_rc rc = sl_setting_get(w->tx, name, w->a, &sealed);
    if (rc == SL_E_NOTFOUND) {
        sl_vault_seal(vault, name, name, &text);
        return sl_setting_put(w->tx, name, sl_strbuf_str(&text));
    }
    if (rc == SL_OK && sl_vault_unseal(vault, sealed, name, &text) != SL_OK)
        return sl_diag_fail(
            w->d, SL_E_DENIED, "master.key",
            "is not the key that the secrets in this store are sealed with: copy the "
            "file from another node (or from the backup), or name it in "
            "SLUICE_MASTER_KEY_FILE");
    return rc;
}

static sl_rc fill(struct sl_control *c, struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("first rows", SL_MIB(4));
    struct sl_work w = {.control = c, .a = a, .d = d, .actor = sl_actor_almighty(a, "system")};
    sl_rc rc = sl_work_begin(&w);
    if (rc == SL_OK) {
        rc = check_key(&w);
        if (rc == SL_OK)
            rc = add_default_workspace(&w);
        if (rc == SL_OK)
            rc = put_builtin_roles(&w);
        if (rc == SL_OK)
            rc = sl_reindex(&w);
        if (rc == SL_OK)
            rc = sl_work_commit(&w);
        else
            sl_work_undo(&w);
    }
    if (rc != SL_OK && sl_diag_is_clean(d))
        (void)sl_diag_fail(d, rc, "gateway.store", "cannot be filled");
    sl_arena_free(a);
    return rc;
}

sl_rc sl_control_new(const struct sl_control_config *config, struct sl_control **ret,
                     struct sl_diag *d)
{
    struct sl_control *c = sl_new(struct sl_control);
    c->config = *config;
    if (config->log != NULL)
        c->file_log_level = sl_log_get_level(config->log);
    pthread_mutex_init(&c->parts_lock, NULL);
    sl_markdown_init();
    c->throttle = sl_throttle_new();
    c->sso = sl_sso_new();
    c->key_sets = sl_key_sets_new();
    c->described = sl_described_new();
    c->refusals = sl_refusals_new();
    atomic_init(&c->served_change, -1);
    atomic_init(&c->refused_change, -1);
    sl_rc rc = open_vault(c, d);
    if (rc != SL_OK) {
        sl_control_close(c);
        return rc;
    }
    *ret = c;
    return SL_OK;
}

sl_rc sl_control_connect(struct sl_control *c, struct sl_diag *d)
{
    sl_rc rc = open_store(c, d);
    if (rc != SL_OK)
        return rc;
    rc = fill(c, d);
    if (rc == SL_OK) {
        atomic_store(&c->is_open, true);
        return SL_OK;
    }
    sl_store_close(c->store);
    c->store = NULL;
    return rc;
}

sl_rc sl_control_open(const struct sl_control_config *config, struct sl_control **ret,
                      struct sl_diag *d)
{
    struct sl_control *c;
    sl_rc rc = sl_control_new(config, &c, d);
    if (rc != SL_OK)
        return rc;
    rc = sl_control_connect(c, d);
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
    sl_parts_unref(c->parts);
    pthread_mutex_destroy(&c->parts_lock);
    sl_key_sets_free(c->key_sets);
    sl_refusals_free(c->refusals);
    sl_described_free(c->described);
    sl_store_close(c->store);
    sl_vault_free(c->vault);
    sl_throttle_free(c->throttle);
    sl_sso_free(c->sso);
    sl_free(c);
}

sl_rc sl_control_compose(struct sl_control *c, struct sl_composed *ret, struct sl_diag *d)
{
    struct sl_tx *tx;
    sl_rc rc = sl_store_read(c->store, &tx);
    if (rc != SL_OK)
        return sl_diag_fail(d, rc, "gateway.store", "cannot be read");
    rc = sl_compose(c, tx, ret, d);
    sl_tx_rollback(tx);
    if (rc == SL_OK)
        sl_compose_adopt(c, sl_parts_ref(ret->parts));
    return rc;
}

/* ------------------------------------------------------------------ work */

sl_rc sl_work_begin(struct sl_work *w)
{
    w->now_us = sl_clock_wall_us();
    w->must_publish = false;
    w->password_count = 0;
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

/* *ret_change: number of the change that it makes; *ret_parts: to be adopted when it is committed. */
static sl_rc prepare(struct sl_work *w, int64_t *ret_change, struct sl_parts **ret_parts)
{
    const struct sl_control_config *config = &w->control->config;
    struct sl_composed composed = {0};
    sl_rc rc = sl_work_fail(w, sl_tx_count_change(w->tx));
    if (rc == SL_OK)
        rc = sl_compose(w->control, w->tx, &composed, w->d);
    if (rc != SL_OK)
        return rc;
    *ret_change = composed.change;
    *ret_parts = sl_parts_ref(composed.parts);
    rc = config->ops->prepare(config->ctx, &composed, w->d);
    if (rc != SL_OK)
        sl_arena_free(composed.arena);
    return rc == SL_E_CONFIG ? SL_E_INVALID : rc;
}

static sl_rc keep(struct sl_work *w)
{
    sl_rc rc = sl_tx_commit(w->tx);
    w->tx = NULL;
    if (rc == SL_E_UNCERTAIN)
        return sl_diag_fail(w->d, rc, "", "%s", sl_err_info(rc)->text);
    return rc == SL_OK
               ? rc
               : sl_diag_fail(w->d, SL_E_STORE, "", "the store failed: nothing was changed");
}

/* Before it is committed, so that the follower of the store does not take our own change for another's. */
static sl_rc keep_change(struct sl_work *w, int64_t change)
{
    int64_t before = atomic_exchange(&w->control->served_change, change);
    sl_rc rc = keep(w);
    if (rc != SL_OK)
        atomic_store(&w->control->served_change, before);
    return rc;
}

sl_rc sl_work_commit(struct sl_work *w)
{
    const struct sl_control_config *config = &w->control->config;
    struct sl_parts *parts = NULL;
    bool is_prepared = false;
    int64_t change = 0;
    sl_rc rc = SL_OK;
    if (w->must_publish && config->ops != NULL) {
        rc = prepare(w, &change, &parts);
        is_prepared = rc == SL_OK;
    }
    bool is_kept = rc == SL_OK && !w->is_dry;
    if (is_kept)
        rc = is_prepared ? keep_change(w, change) : keep(w);
    else
        sl_work_undo(w);
    if (is_prepared)
        config->ops->finish(config->ctx, is_kept && rc == SL_OK);
    if (is_prepared && is_kept && rc == SL_OK)
        sl_compose_adopt(w->control, parts);
    else
        sl_parts_unref(parts);
    return rc;
}
