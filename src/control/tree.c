#include "control/tree.h"

#include "base/fmt.h"
#include "base/str.h"
#include "codec/json.h"

/* Every recursion here goes down a tree whose depth a parser has bounded. */

static struct sl_node *new_node(struct sl_arena *a, enum sl_node_kind kind)
{
    struct sl_node *n = sl_arena_new_of(a, struct sl_node);
    n->kind = kind;
    return n;
}

struct sl_node *sl_tree_map(struct sl_arena *a)
{
    return new_node(a, SL_NODE_MAP);
}

struct sl_node *sl_tree_list(struct sl_arena *a)
{
    return new_node(a, SL_NODE_LIST);
}

struct sl_node *sl_tree_str(struct sl_arena *a, sl_str text)
{
    struct sl_node *n = new_node(a, SL_NODE_STRING);
    n->text = text;
    n->is_quoted = true;
    return n;
}

struct sl_node *sl_tree_i64(struct sl_arena *a, int64_t v)
{
    struct sl_node *n = new_node(a, SL_NODE_NUMBER);
    n->text = sl_fmt(a, "%lld", (long long)v);
    return n;
}

struct sl_node *sl_tree_bool(struct sl_arena *a, bool v)
{
    struct sl_node *n = new_node(a, SL_NODE_BOOL);
    n->text = v ? SL_STR("true") : SL_STR("false");
    return n;
}

struct sl_node *sl_tree_time(struct sl_arena *a, int64_t unix_us)
{
    return unix_us == 0 ? new_node(a, SL_NODE_NULL) : sl_tree_str(a, sl_fmt_rfc3339(a, unix_us));
}

/* ------------------------------------------------------------------ members and elements */

/* The link that leads to the member, or the one at the end. */
static struct sl_node **link_of(struct sl_node *map, sl_str key)
{
    struct sl_node **at = &map->children;
    while (*at != NULL && !sl_str_eq((*at)->key, key))
        at = &(*at)->next;
    return at;
}

void sl_tree_put(struct sl_node *map, sl_str key, struct sl_node *value)
{
    struct sl_node **at = link_of(map, key), *old = *at;
    SL_ASSERT(map->kind == SL_NODE_MAP);
    map->child_count += old == NULL;
    value->key = key;
    value->next = old != NULL ? old->next : NULL;
    *at = value;
}

void sl_tree_put_str(struct sl_arena *a, struct sl_node *map, const char *key, sl_str text)
{
    sl_tree_put(map, sl_cstr(key), sl_tree_str(a, text));
}

struct sl_node *sl_tree_take(struct sl_node *map, sl_str key)
{
    struct sl_node **at = link_of(map, key), *old = *at;
    if (old == NULL)
        return NULL;
    *at = old->next;
    old->next = NULL;
    map->child_count--;
    return old;
}

void sl_tree_push(struct sl_node *list, struct sl_node *value)
{
    struct sl_node **at = &list->children;
    SL_ASSERT(list->kind == SL_NODE_LIST);
    while (*at != NULL)
        at = &(*at)->next;
    value->next = NULL;
    *at = value;
    list->child_count++;
}

struct sl_tree_tail sl_tree_tail(struct sl_arena *a)
{
    struct sl_node *list = sl_tree_list(a);
    return (struct sl_tree_tail){.list = list, .end = &list->children};
}

void sl_tree_add(struct sl_tree_tail *t, struct sl_node *value)
{
    value->next = NULL;
    *t->end = value;
    t->end = &value->next;
    t->list->child_count++;
}

sl_str sl_tree_text(const struct sl_node *map, const char *key)
{
    const struct sl_node *n = sl_node_get(map, sl_cstr(key));
    return n != NULL && n->kind == SL_NODE_STRING ? n->text : (sl_str){NULL, 0};
}

bool sl_tree_is_true(const struct sl_node *map, const char *key)
{
    const struct sl_node *n = sl_node_get(map, sl_cstr(key));
    return n != NULL && n->kind == SL_NODE_BOOL && sl_str_eq(n->text, SL_STR("true"));
}

/* ------------------------------------------------------------------ whole trees */

struct sl_node *sl_tree_copy(struct sl_arena *a, const struct sl_node *n)
{
    struct sl_node *copy = sl_arena_new_of(a, struct sl_node), **end = &copy->children;
    *copy = *n;
    copy->hash = 0; /* copies are changed */
    copy->next = NULL;
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        *end = sl_tree_copy(a, c);
        end = &(*end)->next;
    }
    *end = NULL;
    return copy;
}

struct sl_node *sl_tree_try_copy(struct sl_arena *a, const struct sl_node *n)
{
    struct sl_node *copy = sl_arena_try_alloc(a, sizeof(*copy)), **end;
    if (copy == NULL)
        return NULL;
    *copy = *n;
    copy->hash = 0;
    copy->next = copy->children = NULL;
    end = &copy->children;
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        *end = sl_tree_try_copy(a, c);
        if (*end == NULL)
            return NULL;
        end = &(*end)->next;
    }
    return copy;
}

struct sl_node *sl_tree_copy_given(struct sl_arena *a, const struct sl_node *n)
{
    struct sl_node *copy = sl_arena_new_of(a, struct sl_node), **end = &copy->children;
    *copy = *n;
    copy->next = NULL;
    copy->child_count = 0;
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        if (n->kind == SL_NODE_MAP && c->kind == SL_NODE_NULL)
            continue;
        *end = sl_tree_copy_given(a, c);
        end = &(*end)->next;
        copy->child_count++;
    }
    *end = NULL;
    return copy;
}

struct sl_node *sl_tree_merge(struct sl_arena *a, const struct sl_node *target,
                              const struct sl_node *patch)
{
    if (patch->kind != SL_NODE_MAP)
        return sl_tree_copy(a, patch);
    struct sl_node *merged =
        target != NULL && target->kind == SL_NODE_MAP ? sl_tree_copy(a, target) : sl_tree_map(a);
    for (const struct sl_node *c = patch->children; c != NULL; c = c->next) {
        if (c->kind == SL_NODE_NULL)
            (void)sl_tree_take(merged, c->key); /* absent already, perhaps */
        else
            sl_tree_put(merged, c->key, sl_tree_merge(a, sl_node_get(merged, c->key), c));
    }
    return merged;
}

static size_t count_given(const struct sl_node *map)
{
    size_t n = 0;
    for (const struct sl_node *c = map->children; c != NULL; c = c->next)
        n += c->kind != SL_NODE_NULL;
    return n;
}

static bool are_maps_equal(const struct sl_node *a, const struct sl_node *b)
{
    if (count_given(a) != count_given(b))
        return false;
    for (const struct sl_node *c = a->children; c != NULL; c = c->next) {
        if (c->kind != SL_NODE_NULL && !sl_tree_eq(c, sl_node_get(b, c->key)))
            return false;
    }
    return true;
}

bool sl_tree_eq(const struct sl_node *a, const struct sl_node *b)
{
    if (a == NULL || b == NULL || a->kind != b->kind)
        return a == b;
    if (a->kind == SL_NODE_MAP)
        return are_maps_equal(a, b);
    if (a->kind != SL_NODE_LIST)
        return sl_str_eq(a->text, b->text);
    const struct sl_node *x = a->children, *y = b->children;
    while (x != NULL && y != NULL && sl_tree_eq(x, y)) {
        x = x->next;
        y = y->next;
    }
    return x == NULL && y == NULL;
}

/* ------------------------------------------------------------------ JSON */

void sl_tree_write(const struct sl_node *n, struct sl_jsonw *w)
{
    sl_json_write_node(n, w);
}

sl_str sl_tree_json(const struct sl_node *n, struct sl_arena *a)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    sl_tree_write(n, &w);
    return sl_strbuf_str(&b);
}

/* ------------------------------------------------------------------ differences */

struct differ {
    struct sl_arena *a;
    struct sl_tree_tail found;
    size_t max;
};

static void add_difference(struct differ *d, sl_str path, const struct sl_node *before,
                           const struct sl_node *after)
{
    if (d->found.list->child_count == d->max)
        return;
    struct sl_node *row = sl_tree_map(d->a);
    sl_tree_put_str(d->a, row, "path", path);
    if (before != NULL)
        sl_tree_put(row, SL_STR("before"), sl_tree_copy(d->a, before));
    if (after != NULL)
        sl_tree_put(row, SL_STR("after"), sl_tree_copy(d->a, after));
    sl_tree_add(&d->found, row);
}

static const struct sl_node *given(const struct sl_node *n)
{
    return n != NULL && n->kind == SL_NODE_NULL ? NULL : n;
}

static void compare(struct differ *d, sl_str path, const struct sl_node *before,
                    const struct sl_node *after)
{
    static const struct sl_node nothing = {.kind = SL_NODE_MAP};
    bool is_map = (before == NULL || before->kind == SL_NODE_MAP) &&
                  (after == NULL || after->kind == SL_NODE_MAP);
    if (!is_map || (path.n != 0 && (before == NULL || after == NULL))) {
        if (!sl_tree_eq(before, after))
            add_difference(d, path, before, after);
        return;
    }
    const struct sl_node *b = before != NULL ? before : &nothing,
                         *n = after != NULL ? after : &nothing;
    const char *dot = path.n != 0 ? "." : "";
    for (const struct sl_node *c = b->children; c != NULL; c = c->next)
        compare(d, sl_fmt(d->a, "%.*s%s%.*s", SL_STRF(path), dot, SL_STRF(c->key)), given(c),
                given(sl_node_get(n, c->key)));
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        if (sl_node_get(b, c->key) == NULL)
            compare(d, sl_fmt(d->a, "%.*s%s%.*s", SL_STRF(path), dot, SL_STRF(c->key)), NULL,
                    given(c));
    }
}

struct sl_node *sl_tree_diff(struct sl_arena *a, const struct sl_node *before,
                             const struct sl_node *after, size_t max)
{
    struct differ d = {.a = a, .found = sl_tree_tail(a), .max = max};
    compare(&d, SL_STR(""), before, after);
    return d.found.list;
}
