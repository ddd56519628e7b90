/*
 * What callers of a service prove themselves with: the policies of its routes that know callers, as this node serves
 * them, each with those of its members that a caller must know.
 */
#include "base/str.h"
#include "control/api_portal_int.h"
#include "snapshot/credential.h"
#include "snapshot/snapshot.h"

static const struct sl_field *field_of(const struct sl_policy_type *type, const char *name)
{
    const struct sl_field *f = type->fields;
    while (strcmp(f->name, name) != 0)
        f++;
    return f;
}

static struct sl_node *list_of(struct sl_arena *a, const struct sl_strs *texts)
{
    struct sl_tree_tail tail = sl_tree_tail(a);
    for (size_t i = 0; i < texts->n; i++)
        sl_tree_add(&tail, sl_tree_str(a, sl_arena_dup(a, texts->v[i])));
    return tail.list;
}

/* Texts are the snapshot's, which is given back. */
static void put_member(struct sl_arena *a, struct sl_node *n, const struct sl_policy *p,
                       const char *name)
{
    const struct sl_field *f = field_of(p->type, name);
    const char *at = (const char *)p->config + f->offset;
    if (f->kind == SL_FIELD_KIND_STRS)
        sl_tree_put(n, sl_cstr(name), list_of(a, (const struct sl_strs *)at));
    else if (f->kind == SL_FIELD_KIND_BOOL)
        sl_tree_put(n, sl_cstr(name), sl_tree_bool(a, *(const bool *)at));
    else if (((const sl_str *)at)->n != 0)
        sl_tree_put_str(a, n, name, sl_arena_dup(a, *(const sl_str *)at));
}

static struct sl_node *describe(struct sl_arena *a, const struct sl_policy *p, int kind)
{
    struct sl_node *n = sl_tree_map(a);
    sl_tree_put_str(a, n, "type", sl_cstr(sl_credential_kinds[kind]));
    for (const char *const *name = p->type->told; name != NULL && *name != NULL; name++)
        put_member(a, n, p, *name);
    return n;
}

/* Of each kind the first. */
static void add_kinds(struct sl_arena *a, const struct sl_policies *policies, uint32_t *told,
                      struct sl_tree_tail *tail)
{
    for (size_t i = 0; i < policies->n; i++) {
        const struct sl_policy *p = &policies->v[i];
        uint32_t untold = p->type->identifies & ~*told;
        for (int kind = 0; kind < SL_CREDENTIAL_KIND_COUNT; kind++)
            if ((untold >> kind & 1) != 0)
                sl_tree_add(tail, describe(a, p, kind));
        *told |= untold;
    }
}

void sl_portal_put_proofs(struct sl_call *c, struct sl_node *body, sl_str key)
{
    struct sl_snapshot *s = sl_portal_served(c);
    struct sl_tree_tail tail = sl_tree_tail(c->a);
    uint32_t told = 0;
    for (size_t i = 0; s != NULL && i < s->route_count; i++) {
        if (sl_portal_is_of(s->routes[i].service, key))
            add_kinds(c->a, &s->routes[i].policies, &told, &tail);
    }
    sl_snapshot_unref(s);
    sl_tree_put(body, SL_STR("credentials"), tail.list);
}
