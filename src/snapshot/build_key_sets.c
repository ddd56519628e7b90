/*
 * Key sets: where they are, and the keys that were found there last.
 */
#include "base/str.h"
#include "codec/oidc.h"
#include "snapshot/build_int.h"
#include "snapshot/key_set.h"

static bool check(struct sl_build *b, const struct sl_item *item, const struct sl_key_set_config *c)
{
    if (!sl_oidc_url_is_safe(c->url)) {
        (void)sl_item_fail(b->d, item, SL_STR("url"),
                           "must be an https URL, or an http URL of this machine (localhost)");
        return false;
    }
    if (c->authorization.n != 0 && !sl_header_is_valid(SL_STR("authorization"), c->authorization)) {
        (void)sl_item_fail(b->d, item, SL_STR("authorization"), "must be the value of a field");
        return false;
    }
    return true;
}

/* A set that was never fetched has none. */
static struct sl_jwks known_keys(struct sl_build *b, const struct sl_key_set *set)
{
    struct sl_key_set_view view;
    struct sl_jwks keys;
    sl_key_set_look(set->state, b->a, &view);
    return view.text.n != 0 && sl_jwks_parse(view.text, b->a, &keys) ? keys : (struct sl_jwks){0};
}

/* How often somebody else's server is asked is not for people without rights to say. */
static void slow_down(struct sl_key_set *set)
{
    static const sl_usec least_us = SL_SECONDS(SL_KEY_SET_PORTAL_PAUSE_S);
    set->refresh_us = SL_MAX(set->refresh_us, least_us);
    set->pause_us = SL_MAX(set->pause_us, least_us);
}

static const struct sl_key_set *build_set(struct sl_build *b, const struct sl_item *item)
{
    const struct sl_key_set_config *c = item->config;
    struct sl_key_set *set = sl_arena_new_of(b->a, struct sl_key_set);
    if (!check(b, item, c))
        return NULL;
    *set = (struct sl_key_set){.name = c->name,
                               .url = c->url,
                               .authorization = c->authorization,
                               .ca = c->ca,
                               .refresh_us = c->refresh_us,
                               .pause_us = c->pause_us,
                               .is_of_portal = c->owner.n != 0};
    if (set->is_of_portal)
        slow_down(set);
    set->state = sl_key_set_state(b->states, set, b->a, &set->identity);
    set->keys = known_keys(b, set);
    return set;
}

void sl_build_key_sets(struct sl_build *b, const struct sl_items *items)
{
    struct sl_map names;
    sl_build_names(b, items, NULL, &names);
    if (items->n > SL_KEY_SETS_MAX) {
        (void)sl_item_fail(b->d, &items->v[SL_KEY_SETS_MAX], SL_STR("name"),
                           "is one key set too many: %d are the most", SL_KEY_SETS_MAX);
        return;
    }
    const struct sl_key_set **v = sl_arena_array(b->a, const struct sl_key_set *, items->n);
    for (size_t i = 0; i < items->n; i++) {
        const struct sl_key_set *set = items->v[i].is_bad ? NULL : build_set(b, &items->v[i]);
        if (set == NULL)
            continue;
        v[b->s->key_set_count++] = set;
        (void)sl_map_put(&b->key_sets, set->name, (void *)set); /* names are unique */
    }
    b->s->key_sets = v;
}
