#include "control/resource.h"
#include "base/str.h"
#include "control/tree.h"
#include "snapshot/registry.h"
#include "store/rows.h"

static bool holds(const struct sl_resource_type *type, size_t i, const struct sl_node *status)
{
    return type->conditions[i].holds(status);
}

const char *sl_resource_refusal(const struct sl_resource_type *type, const struct sl_action *action,
                                const struct sl_node *status)
{
    for (size_t i = 0; type->conditions != NULL && type->conditions[i].holds != NULL; i++) {
        if ((action->needs & SL_CONDITION(i)) != 0 && !holds(type, i, status))
            return type->conditions[i].otherwise;
    }
    return NULL;
}

bool sl_resource_awaits(const struct sl_resource_type *type, const struct sl_action *action,
                        const struct sl_node *status)
{
    uint32_t missing = action->awaited;
    for (size_t i = 0; type->conditions != NULL && type->conditions[i].holds != NULL; i++) {
        if ((missing & SL_CONDITION(i)) != 0 && holds(type, i, status))
            missing &= ~SL_CONDITION(i);
    }
    return action->awaited != 0 && missing == 0;
}

const struct sl_resource_type *sl_resource_type_by_kind(sl_str kind)
{
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        if (sl_str_eq(kind, sl_cstr(sl_resource_types[i]->kind)))
            return sl_resource_types[i];
    }
    return NULL;
}

const struct sl_resource_type *sl_resource_type_by_plural(sl_str plural)
{
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        if (sl_str_eq(plural, sl_cstr(sl_resource_types[i]->noun->name)))
            return sl_resource_types[i];
    }
    return NULL;
}

/* ------------------------------------------------------------------ references */

void sl_resource_each_at(const struct sl_node *root, const char *path,
                         void (*visit)(const struct sl_node *n, void *arg), void *arg)
{
    size_t n = strcspn(path, ".[");
    const struct sl_node *member = n != 0 ? sl_node_get(root, sl_str_of(path, n)) : root;
    path += n;
    if (member == NULL || member->kind == SL_NODE_NULL)
        return;
    if (path[0] == '\0') {
        visit(member, arg);
    } else if (path[0] == '.') {
        sl_resource_each_at(member, path + 1, visit, arg);
    } else { /* "[]": the tables' paths are short, so is the recursion */
        const char *rest = path + 2 + (path[2] == '.');
        for (const struct sl_node *c = member->children; c != NULL && member->kind == SL_NODE_LIST;
             c = c->next)
            sl_resource_each_at(c, rest, visit, arg);
    }
}

struct ref_list {
    struct sl_arena *a;
    struct sl_ref *v;
    size_t n, cap;
    sl_str kind;
};

static void add_ref(const struct sl_node *n, void *arg)
{
    struct ref_list *l = arg;
    if (n->kind != SL_NODE_STRING || n->text.n == 0)
        return;
    if (l->n == l->cap) {
        struct sl_ref *v = sl_arena_array(l->a, struct sl_ref, 2 * l->cap + 8);
        if (l->n != 0)
            memcpy(v, l->v, l->n * sizeof(*v));
        l->v = v;
        l->cap = 2 * l->cap + 8;
    }
    l->v[l->n++] = (struct sl_ref){.kind = l->kind, .name = n->text};
}

size_t sl_resource_refs(const struct sl_resource_type *type, const struct sl_node *spec,
                        struct sl_arena *a, struct sl_ref **ret)
{
    struct ref_list l = {.a = a};
    for (const struct sl_reference *r = type->references; r != NULL && r->path != NULL; r++) {
        l.kind = sl_cstr(r->kind);
        sl_resource_each_at(spec, r->path, add_ref, &l);
    }
    *ret = l.v;
    return l.n;
}

sl_str sl_reference_filter(const struct sl_reference *r, struct sl_arena *a)
{
    struct sl_strbuf name;
    sl_strbuf_init(&name, a, 0);
    for (const char *p = r->path; *p != '\0'; p++)
        if (*p != '[' && *p != ']')
            sl_strbuf_add_char(&name, *p);
    return sl_strbuf_str(&name);
}

/* ------------------------------------------------------------------ indexed members */

static const sl_str of_status = SL_STR_INIT("status.");

static const struct sl_node *member_at(const struct sl_node *spec, const struct sl_node *status,
                                       sl_str member)
{
    return sl_str_starts(member, of_status) ? sl_node_get(status, sl_str_from(member, of_status.n))
                                            : sl_node_get(spec, member);
}

size_t sl_resource_values(const struct sl_resource_type *type, const struct sl_node *spec,
                          const struct sl_node *status, struct sl_arena *a, struct sl_ref **ret)
{
    size_t n = 0, count = 0;
    while (type->indexed != NULL && type->indexed[count] != NULL)
        count++;
    *ret = sl_arena_array(a, struct sl_ref, count);
    for (size_t i = 0; i < count; i++) {
        const struct sl_node *value = member_at(spec, status, sl_cstr(type->indexed[i]));
        bool is_scalar = value != NULL && value->text.n != 0; /* lists and maps have no text */
        if (is_scalar)
            (*ret)[n++] =
                (struct sl_ref){sl_fmt(a, "%s.%s", type->kind, type->indexed[i]), value->text};
    }
    return n;
}

sl_str sl_resource_indexed(const struct sl_resource_type *type, bool is_of_status, sl_str member,
                           struct sl_arena *a)
{
    sl_str full = is_of_status ? sl_fmt(a, "status.%.*s", SL_STRF(member)) : member;
    for (size_t i = 0; type->indexed != NULL && type->indexed[i] != NULL; i++) {
        if (sl_str_eq(full, sl_cstr(type->indexed[i])))
            return sl_fmt(a, "%s.%.*s", type->kind, SL_STRF(full));
    }
    return (sl_str){0};
}

/* ------------------------------------------------------------------ secrets */

struct editor {
    const struct sl_policy_type *const *policies;
    struct sl_arena *a;
    struct sl_node *(*edit)(struct sl_node *secret, void *arg);
    void *arg;
};

static void edit_map(const struct editor *e, const struct sl_field *fields, struct sl_node *map);

/* A list of policies, each with the fields of its type. */
static void edit_policies(const struct editor *e, struct sl_node *list)
{
    for (struct sl_node *n = list->children; n != NULL; n = n->next) {
        const struct sl_policy_type *type =
            sl_policy_type_find(e->policies, sl_tree_text(n, "type"));
        if (type != NULL)
            edit_map(e, type->fields, n);
    }
}

static void edit_member(const struct editor *e, const struct sl_field *f, struct sl_node *map,
                        struct sl_node *member)
{
    if (f->kind == SL_FIELD_KIND_SECRET && member->kind == SL_NODE_STRING) {
        sl_str key = member->key;
        sl_tree_put(map, key, e->edit(member, e->arg));
    } else if (f->kind == SL_FIELD_KIND_OBJECT) {
        edit_map(e, f->fields, member);
    } else if (f->kind == SL_FIELD_KIND_LIST && member->kind == SL_NODE_LIST) {
        for (struct sl_node *n = member->children; n != NULL; n = n->next)
            edit_map(e, f->fields, n);
    } else if (f->kind == SL_FIELD_KIND_NODE && member->kind == SL_NODE_LIST) {
        edit_policies(e, member);
    } else if (f->kind == SL_FIELD_KIND_NODE) { /* the members of one policy, beside its type */
        const struct sl_policy_type *type =
            sl_policy_type_find(e->policies, sl_tree_text(map, "type"));
        if (type != NULL)
            edit_map(e, type->fields, member);
    }
}

static void edit_map(const struct editor *e, const struct sl_field *fields, struct sl_node *map)
{
    if (map->kind != SL_NODE_MAP)
        return;
    for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++) {
        /* the map is a copy of ours, made by sl_tree_copy below */
        struct sl_node *member = (struct sl_node *)sl_node_get(map, sl_cstr(f->name));
        if (member != NULL)
            edit_member(e, f, map, member);
    }
}

struct sl_node *sl_resource_edit_secrets(const struct sl_resource_type *type,
                                         const struct sl_policy_type *const *policies,
                                         const struct sl_node *spec, struct sl_arena *a,
                                         struct sl_node *(*edit)(struct sl_node *secret, void *arg),
                                         void *arg)
{
    struct editor e = {.policies = policies, .a = a, .edit = edit, .arg = arg};
    struct sl_node *copy = sl_tree_copy(a, spec);
    edit_map(&e, type->noun->fields, copy);
    if (type->embedded == NULL)
        return copy;
    struct sl_node *inner = (struct sl_node *)sl_node_get(copy, sl_cstr(type->embedded));
    if (inner != NULL)
        edit_map(&e, sl_resource_type_by_kind(sl_cstr(type->embedded_kind))->noun->fields, inner);
    return copy;
}
