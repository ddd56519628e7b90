/*
 * key-set: keys of somebody who signs tokens, which stand at a URL (control/key_sets). Its status is what the node
 * that is asked knows; `refresh` fetches them now.
 */
#include "base/str.h"
#include "codec/oidc.h"
#include "control/change.h"
#include "control/key_sets.h"
#include "control/tree.h"
#include "snapshot/snapshot.h"

enum { MICRO = 1000000 };

static const struct sl_field key_set_state[] = {
    {.kind = SL_FIELD_KIND_INT, .name = "keys", .help = "How many there are that can be used."},
    {.kind = SL_FIELD_KIND_STRS, .name = "key_ids", .help = "Their names (`kid`)."},
    {.kind = SL_FIELD_KIND_TIME, .name = "fetched_at", .help = "When they were fetched last."},
    {.kind = SL_FIELD_KIND_TIME,
     .name = "tried_at",
     .help = "When the node that is asked tried last, since its start."},
    {.kind = SL_FIELD_KIND_STR,
     .name = "problem",
     .help = "Why that failed; the keys that were fetched before stay in use."},
    SL_FIELD_END,
};

static void put_keys(struct sl_arena *a, const struct sl_jwks *keys, struct sl_node *status)
{
    struct sl_tree_tail ids = sl_tree_tail(a);
    for (size_t i = 0; i < keys->n; i++)
        if (keys->v[i].kid.n != 0)
            sl_tree_add(&ids, sl_tree_str(a, sl_arena_dup(a, keys->v[i].kid)));
    sl_tree_put(status, SL_STR("keys"), sl_tree_i64(a, (int64_t)keys->n));
    sl_tree_put(status, SL_STR("key_ids"), ids.list);
}

static void put_time(struct sl_arena *a, struct sl_node *status, const char *name, int64_t at_s)
{
    if (at_s != 0)
        sl_tree_put(status, sl_cstr(name), sl_tree_time(a, at_s * MICRO));
}

static void key_set_live(struct sl_work *w, sl_str key, struct sl_node *status)
{
    struct sl_snapshot *holder;
    struct sl_key_set_view view;
    const struct sl_key_set *set = sl_key_sets_find(w->control, key, &holder);
    if (set != NULL) {
        sl_key_set_look(set->state, w->a, &view);
        put_keys(w->a, &set->keys, status);
        put_time(w->a, status, "fetched_at", view.fetched_s);
        put_time(w->a, status, "tried_at", view.tried_s);
        if (view.why.n != 0)
            sl_tree_put_str(w->a, status, "problem", view.why);
    }
    sl_snapshot_unref(holder);
}

static sl_rc key_set_check(struct sl_change *c)
{
    const struct sl_key_set_config *config = c->config;
    if (c->is_delete || sl_oidc_url_is_safe(config->url))
        return SL_OK;
    return sl_change_fail(c, "url",
                          "must be an https URL, or an http URL of this machine (localhost)");
}

static sl_rc refresh(struct sl_change *c, const void *args)
{
    struct sl_work *w = c->work;
    struct sl_snapshot *holder;
    const struct sl_key_set *set = sl_key_sets_find(w->control, c->row.name, &holder);
    (void)args;
    sl_rc rc = set != NULL ? sl_key_sets_fetch(w->control, set, w->a, w->d)
                           : sl_change_conflict(c, "this node does not serve it");
    sl_snapshot_unref(holder);
    if (rc != SL_OK)
        return rc;
    c->reveal = sl_tree_map(w->a);
    struct sl_node *status = sl_tree_map(w->a);
    key_set_live(w, c->row.name, status);
    sl_tree_put(c->reveal, SL_STR("status"), status);
    return SL_OK;
}

static const struct sl_action key_set_actions[] = {
    {.name = "refresh",
     .summary = "Fetch the keys now, on the node that is asked; answers with what it has then.",
     .is_outside = true,
     .run = refresh},
    {0},
};

static const struct sl_secret_route key_set_secret_route = {.at = "authorization",
                                                            .goes_to = {"url", "ca"}};

const struct sl_resource_type sl_resource_key_set = {
    .kind = "key-set",
    .noun = &sl_nouns[SL_NOUN_KEY_SETS],
    .state = key_set_state,
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .secret_route = &key_set_secret_route,
    .actions = key_set_actions,
    .check = key_set_check,
    .live = key_set_live,
};
