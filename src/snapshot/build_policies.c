/*
 * Policies: each is compiled once at its place; the chain of a route is the global ones, its
 * service's and its own, sorted by the types' order.
 */
#include "base/str.h"
#include "snapshot/build_int.h"
#include "snapshot/registry.h"

static const struct {
    enum sl_policy_level level;
    const char *name;
} levels[] = {{SL_AT_GLOBAL, "globally"},
              {SL_AT_SERVICE, "to a service"},
              {SL_AT_ROUTE, "to a route"},
              {SL_AT_CONSUMER, "to a consumer"}};

static sl_str member_text(const struct sl_item *entry, sl_str name)
{
    const struct sl_node *n = sl_node_get(entry->node, name);
    return n != NULL && n->kind == SL_NODE_STRING ? n->text : (sl_str){NULL, 0};
}

static const struct sl_policy_type *type_of(struct sl_build *b, const struct sl_item *entry)
{
    sl_str name = member_text(entry, SL_STR("type"));
    struct sl_guess g;
    if (name.n == 0) {
        (void)sl_item_fail(b->d, entry, SL_STR("type"),
                           "must be a map with a 'type', such as {type: key_auth}");
        return NULL;
    }
    const struct sl_policy_type *type = sl_policy_type_find(b->types, name);
    if (type != NULL && !type->is_internal)
        return type;
    sl_guess_init(&g, name);
    for (size_t i = 0; b->types[i] != NULL; i++) {
        if (!b->types[i]->is_internal)
            sl_guess_consider(&g, sl_cstr(b->types[i]->name));
    }
    (void)sl_item_fail(b->d, entry, SL_STR("type"), "there is no policy '%.*s'%s%.*s%s",
                       SL_STRF(name), g.best.p != NULL ? "; did you mean '" : "", SL_STRF(g.best),
                       g.best.p != NULL ? "'?" : "");
    return NULL;
}

static bool check_place(struct sl_build *b, const struct sl_item *entry,
                        const struct sl_policy_type *type, uint32_t level, bool is_ai)
{
    if (type->is_ai_only && !is_ai) {
        (void)sl_item_fail(b->d, entry, SL_STR("type"), "'%s' is for AI services only", type->name);
        return false;
    }
    for (size_t i = 0; i < SL_LEN(levels) && (type->levels & level) == 0; i++) {
        if (levels[i].level != level)
            continue;
        (void)sl_item_fail(b->d, entry, SL_STR("type"), "'%s' cannot be attached %s", type->name,
                           levels[i].name);
        return false;
    }
    return true;
}

static bool has_field(const struct sl_policy_type *type, sl_str name)
{
    for (const struct sl_field *f = type->fields; f->kind != SL_FIELD_KIND_END; f++) {
        if (sl_str_eq(sl_cstr(f->name), name))
            return true;
    }
    return false;
}

/* The members that every policy has, unless its type has one of that name itself. */
static bool is_common(const struct sl_policy_type *type, sl_str name)
{
    static const sl_str common[] = {SL_STR_INIT("type"), SL_STR_INIT("name"),
                                    SL_STR_INIT("enabled")};
    for (size_t i = 0; i < SL_LEN(common); i++) {
        if (sl_str_eq(name, common[i]))
            return !has_field(type, name);
    }
    return false;
}

/* The entry's map with the type's own members only. */
static const struct sl_node *own_members(struct sl_build *b, const struct sl_policy_type *type,
                                         const struct sl_node *map)
{
    struct sl_node *copy = sl_arena_new_of(b->a, struct sl_node), **tail = &copy->children;
    *copy = *map;
    copy->child_count = 0;
    for (const struct sl_node *n = map->children; n != NULL; n = n->next) {
        if (is_common(type, n->key))
            continue;
        struct sl_node *member = sl_arena_new_of(b->a, struct sl_node);
        *member = *n;
        *tail = member;
        tail = &member->next;
        copy->child_count++;
    }
    *tail = NULL;
    return copy;
}

static bool is_disabled(const struct sl_item *entry)
{
    const struct sl_node *n = sl_node_get(entry->node, SL_STR("enabled"));
    return n != NULL && n->kind == SL_NODE_BOOL && sl_str_eq(n->text, SL_STR("false"));
}

/* "service/orders/rate_limit" or, with a name, "service/orders/rate_limit/burst" */
static sl_str identity_of(struct sl_build *b, const struct sl_item *entry, sl_str place,
                          const struct sl_policy_type *type)
{
    sl_str name = member_text(entry, SL_STR("name"));
    return sl_fmt(b->a, "%.*s/%s%s%.*s", SL_STRF(place), type->name, name.n != 0 ? "/" : "",
                  SL_STRF(name));
}

static bool is_taken(const struct sl_policies *p, sl_str identity)
{
    for (size_t i = 0; i < p->n; i++) {
        if (sl_str_eq(p->v[i].identity, identity))
            return true;
    }
    return false;
}

static bool compile(struct sl_build *b, const struct sl_item *entry, struct sl_policy *policy)
{
    const struct sl_policy_type *type = policy->type;
    const struct sl_node *members = own_members(b, type, entry->node);
    void *config = sl_arena_alloc(b->a, type->config_size);
    size_t before = b->d->count;
    if (sl_field_read(type->fields, config, members, entry->path, b->a, b->d) != SL_OK)
        return false;
    sl_rc rc = SL_OK;
    if (type->compile != NULL)
        rc = type->compile(config, policy->identity, b->states, b->a, b->d);
    sl_item_adopt(b->d, before, entry, SL_STR(""));
    policy->config = config;
    return rc == SL_OK;
}

static void add_policy(struct sl_build *b, const struct sl_item *entry, uint32_t level,
                       sl_str place, bool is_ai, struct sl_policies *ret, struct sl_policy *v)
{
    const struct sl_policy_type *type = type_of(b, entry);
    if (type == NULL || !check_place(b, entry, type, level, is_ai))
        return;
    struct sl_policy policy = {.type = type, .identity = identity_of(b, entry, place, type)};
    if (is_taken(ret, policy.identity)) {
        (void)sl_item_fail(b->d, entry, SL_STR("type"),
                           "'%s' is here twice; give each its own 'name'", type->name);
        return;
    }
    if (compile(b, entry, &policy) && !is_disabled(entry))
        v[ret->n++] = policy;
}

/* By order; equal ones stay as they are: insertion sort of a short list. */
static void sort(struct sl_policy *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct sl_policy p = v[i];
        size_t at = i;
        for (; at > 0 && v[at - 1].type->order > p.type->order; at--)
            v[at] = v[at - 1];
        v[at] = p;
    }
}

struct sl_policies sl_build_policies(struct sl_build *b, const struct sl_items *entries,
                                     uint32_t level, sl_str place, bool is_ai)
{
    struct sl_policy *v = sl_arena_array(b->a, struct sl_policy, entries->n);
    struct sl_policies ret = {.v = v};
    for (size_t i = 0; i < entries->n; i++)
        add_policy(b, &entries->v[i], level, place, is_ai, &ret, v);
    sort(v, ret.n);
    return ret;
}

/* Does a narrower level than `level` have one, where only the narrowest counts? */
static bool is_replaced(const struct sl_policies *all, size_t n, size_t level,
                        const struct sl_policy_type *type)
{
    for (size_t i = level + 1; i < n && type->narrowest_wins; i++) {
        for (size_t k = 0; k < all[i].n; k++) {
            if (all[i].v[k].type == type)
                return true;
        }
    }
    return false;
}

struct sl_policies sl_build_chain(struct sl_build *b, const struct sl_policies *all, size_t n,
                                  bool is_ai)
{
    size_t count = 0, used = 0;
    for (size_t i = 0; i < n; i++)
        count += all[i].n;
    struct sl_policy *v = sl_arena_array(b->a, struct sl_policy, count);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < all[i].n; k++) {
            const struct sl_policy *p = &all[i].v[k];
            bool fits = is_ai || !p->type->is_ai_only;
            if (fits && !is_replaced(all, n, i, p->type))
                v[used++] = *p;
        }
    }
    sort(v, used);
    return (struct sl_policies){.v = v, .n = used};
}
