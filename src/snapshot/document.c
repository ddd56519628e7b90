#include "snapshot/document.h"
#include "base/num.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_BYTES = 512 };

static const sl_str global_policies = SL_STR_INIT("policies");

/* ------------------------------------------------------------------ places */

static const struct sl_node *child_at(const struct sl_node *list, sl_str digits)
{
    uint64_t index;
    if (list->kind != SL_NODE_LIST || !sl_num_u64(digits, UINT32_MAX, &index))
        return NULL;
    const struct sl_node *n = list->children;
    while (n != NULL && index-- != 0)
        n = n->next;
    return n;
}

static bool is_name_byte(char c)
{
    return c != '.' && c != '[' && c != ']';
}

/* Take "name", "[3]" with what separates it from the next one. */
static sl_str take_step(sl_str *path, bool *ret_is_index)
{
    *ret_is_index = path->p[0] == '[';
    *path = sl_str_from(*path, path->p[0] == '[' || path->p[0] == '.');
    size_t n = 0;
    while (n < path->n && is_name_byte(path->p[n]))
        n++;
    sl_str step = sl_str_head(*path, n);
    *path = sl_str_from(*path, *ret_is_index ? n + 1 : n);
    return step;
}

const struct sl_node *sl_node_at(const struct sl_node *node, sl_str path)
{
    while (path.n != 0 && node != NULL) {
        bool is_index;
        sl_str step = take_step(&path, &is_index);
        const struct sl_node *next = is_index ? child_at(node, step) : sl_node_get(node, step);
        if (next == NULL)
            break;
        node = next;
    }
    return node;
}

static sl_str join(struct sl_arena *a, sl_str path, sl_str below)
{
    bool needs_dot = path.n != 0 && below.n != 0 && below.p[0] != '[';
    return sl_fmt(a, "%.*s%s%.*s", SL_STRF(path), needs_dot ? "." : "", SL_STRF(below));
}

sl_rc sl_item_fail(struct sl_diag *d, const struct sl_item *item, sl_str path, const char *fmt, ...)
{
    if (d->count ==
        SL_DIAG_MAX) { /* not recorded any more: looking for the place would be lost work */
        d->dropped++;
        return SL_E_CONFIG;
    }
    const struct sl_node *at = sl_node_at(item->node, path);
    va_list args;
    va_start(args, fmt);
    sl_rc rc = sl_diag_vfail_at(d, SL_E_CONFIG, at->file, at->line, at->column,
                                join(d->arena, item->path, path), fmt, args);
    va_end(args);
    return rc;
}

void sl_item_adopt(struct sl_diag *d, size_t from, const struct sl_item *item, sl_str path)
{
    const struct sl_node *base = sl_node_at(item->node, path);
    sl_str base_path = join(d->arena, item->path, path);
    for (size_t i = from; i < d->count; i++) {
        struct sl_problem *p = &d->problems[i];
        if (p->file.n != 0)
            continue;
        const struct sl_node *at = sl_node_at(base, p->path);
        p->file = sl_arena_dup(d->arena, at->file);
        p->line = at->line;
        p->column = at->column;
        p->path = join(d->arena, base_path, p->path);
    }
}

/* ------------------------------------------------------------------ documents */

static bool is_noun(sl_str name)
{
    for (size_t i = 0; i < SL_NOUN_COUNT; i++) {
        if (sl_str_eq(name, sl_cstr(sl_nouns[i].name)))
            return true;
    }
    return sl_str_eq(name, global_policies);
}

static void fail_member(const struct sl_documents *docs, const struct sl_node *n)
{
    struct sl_guess g;
    sl_guess_init(&g, n->key);
    for (size_t i = 0; i < SL_NOUN_COUNT; i++)
        sl_guess_consider(&g, sl_cstr(sl_nouns[i].name));
    sl_guess_consider(&g, global_policies);
    (void)sl_diag_fail_at(docs->d, SL_E_CONFIG, n->file, n->line, n->column, n->key,
                          "unknown member '%.*s'; %s%.*s%s", SL_STRF(n->key),
                          g.best.p != NULL ? "did you mean '"
                                           : "known here: gateway, services, "
                                             "upstreams, consumers, plans, "
                                             "subscriptions, vendors, accounts, models, "
                                             "prices, policies",
                          SL_STRF(g.best), g.best.p != NULL ? "'?" : "");
}

void sl_documents_check(const struct sl_documents *docs)
{
    for (size_t i = 0; i < docs->n; i++) {
        const struct sl_node *doc = docs->v[i];
        if (doc->kind != SL_NODE_MAP && doc->kind != SL_NODE_NULL)
            (void)sl_diag_fail_at(docs->d, SL_E_CONFIG, doc->file, doc->line, doc->column,
                                  SL_STR(""), "must be a map, such as 'services: [...]'");
        for (const struct sl_node *n = doc->children; n != NULL && doc->kind == SL_NODE_MAP;
             n = n->next) {
            if (!is_noun(n->key))
                fail_member(docs, n);
        }
    }
}

/* ------------------------------------------------------------------ shorthands */

static struct sl_arena *scratch_of(const struct sl_documents *docs)
{
    return docs->scratch != NULL ? docs->scratch : docs->arena;
}

static struct sl_node *copy_node(struct sl_arena *a, const struct sl_node *n)
{
    struct sl_node *copy = sl_arena_new_of(a, struct sl_node);
    *copy = *n;
    return copy;
}

/* `text` as {key: text} */
static struct sl_node *wrap(struct sl_arena *a, const struct sl_node *text, sl_str key)
{
    struct sl_node *map = copy_node(a, text), *member = copy_node(a, text);
    member->key = key;
    member->next = NULL;
    map->kind = SL_NODE_MAP;
    map->children = member;
    map->child_count = 1;
    return map;
}

/* A copy of a list's or map's children, in which `edit` may replace each. */
static struct sl_node *map_children(struct sl_arena *a, const struct sl_node *parent,
                                    struct sl_node *(*edit)(struct sl_arena *a,
                                                            const struct sl_node *child,
                                                            const void *arg),
                                    const void *arg)
{
    struct sl_node *copy = copy_node(a, parent), **tail = &copy->children;
    for (const struct sl_node *n = parent->children; n != NULL; n = n->next) {
        *tail = edit(a, n, arg);
        tail = &(*tail)->next;
    }
    *tail = NULL;
    return copy;
}

static struct sl_node *wrap_if_string(struct sl_arena *a, const struct sl_node *n, const void *key)
{
    return n->kind == SL_NODE_STRING ? wrap(a, n, *(const sl_str *)key) : copy_node(a, n);
}

/* Where in an item a list stands: "rules[].targets" is `below` "rules[].", at its member "targets". */
struct level {
    const char *const (*shorts)[2];
    sl_str below;
};

static struct sl_node *expand_member(struct sl_arena *a, const struct sl_node *n, const void *arg);

static struct sl_node *expand_list_item(struct sl_arena *a, const struct sl_node *n,
                                        const void *arg)
{
    return n->kind == SL_NODE_MAP ? map_children(a, n, expand_member, arg) : copy_node(a, n);
}

static struct sl_node *expand_member(struct sl_arena *a, const struct sl_node *n, const void *arg)
{
    const struct level *at = arg;
    for (const char *const(*shorts)[2] = at->shorts;
         n->kind == SL_NODE_LIST && (*shorts)[0] != NULL; shorts++) {
        sl_str path = sl_cstr((*shorts)[0]), key = sl_cstr((*shorts)[1]);
        if (!sl_str_starts(path, at->below))
            continue;
        sl_str name = sl_str_from(path, at->below.n);
        if (sl_str_eq(n->key, name))
            return map_children(a, n, wrap_if_string, &key);
        size_t end = sl_str_find_str(name, SL_STR("[]."));
        if (end == SIZE_MAX || !sl_str_eq(n->key, sl_str_head(name, end)))
            continue;
        const struct level inner = {at->shorts, sl_str_head(path, at->below.n + end + 3)};
        return map_children(a, n, expand_list_item, &inner);
    }
    return copy_node(a, n);
}

static bool has_string(const struct sl_node *list)
{
    const struct sl_node *n = list->kind == SL_NODE_LIST ? list->children : NULL;
    while (n != NULL && n->kind != SL_NODE_STRING)
        n = n->next;
    return n != NULL;
}

static bool uses_shorthand(const struct sl_node *map, const char *const (*shorts)[2])
{
    for (; (*shorts)[0] != NULL; shorts++) {
        sl_str path = sl_cstr((*shorts)[0]);
        size_t end = sl_str_find_str(path, SL_STR("[]."));
        const struct sl_node *list = sl_node_get(map, sl_str_head(path, end));
        if (list != NULL && (end != SIZE_MAX || has_string(list)))
            return true;
    }
    return false;
}

static const struct sl_node *expand(struct sl_arena *a, const struct sl_node *n,
                                    const struct sl_noun *noun)
{
    if (noun->shorthands == NULL || n->kind != SL_NODE_MAP || !uses_shorthand(n, noun->shorthands))
        return n;
    const struct level top = {.shorts = noun->shorthands};
    return map_children(a, n, expand_member, &top);
}

/* ------------------------------------------------------------------ items */

static void read_item(const struct sl_documents *docs, const struct sl_noun *noun,
                      const struct sl_node *node, sl_str path, struct sl_item *item)
{
    item->node = expand(scratch_of(docs), node, noun);
    item->path = path;
    item->config = sl_arena_alloc(docs->arena, noun->size);
    item->is_bad =
        sl_field_read(noun->fields, item->config, item->node, path, docs->arena, docs->d) != SL_OK;
}

struct sl_item sl_document_item(const struct sl_documents *docs, const struct sl_noun *noun,
                                const struct sl_node *node, sl_str path)
{
    struct sl_item item;
    read_item(docs, noun, node, path, &item);
    return item;
}

static size_t count_items(const struct sl_documents *docs, sl_str name)
{
    size_t n = 0;
    for (size_t i = 0; i < docs->n; i++) {
        const struct sl_node *list = sl_node_get(docs->v[i], name);
        n += list != NULL ? SL_MAX(list->child_count, (size_t)1) : 0;
    }
    return n;
}

static struct sl_items new_items(const struct sl_documents *docs, sl_str name)
{
    size_t n = count_items(docs, name);
    return (struct sl_items){.v = n != 0 ? sl_arena_array(scratch_of(docs), struct sl_item, n)
                                         : NULL};
}

static bool is_list(const struct sl_documents *docs, const struct sl_node *n, sl_str path)
{
    if (n == NULL || n->kind == SL_NODE_NULL)
        return false;
    if (n->kind == SL_NODE_LIST)
        return true;
    (void)sl_diag_fail_at(docs->d, SL_E_CONFIG, n->file, n->line, n->column, path,
                          "must be a list");
    return false;
}

/* Of each of perhaps a million: printf is dear. */
sl_str sl_document_path(struct sl_arena *a, const char *list, size_t index)
{
    char digits[24];
    size_t at = sizeof(digits), n = strlen(list);
    digits[--at] = ']';
    do
        digits[--at] = (char)('0' + index % 10);
    while ((index /= 10) != 0);
    digits[--at] = '[';
    char *path = sl_arena_alloc(a, n + sizeof(digits) - at + 1); /* as sl_fmt, with a NUL */
    memcpy(path, list, n);
    memcpy(path + n, digits + at, sizeof(digits) - at);
    return (sl_str){path, n + sizeof(digits) - at};
}

static void read_list(const struct sl_documents *docs, const struct sl_noun *noun,
                      const struct sl_node *list, struct sl_items *items)
{
    size_t index = 0;
    for (const struct sl_node *n = list->children; n != NULL; n = n->next, index++)
        read_item(docs, noun, n, sl_document_path(scratch_of(docs), noun->name, index),
                  &items->v[items->n++]);
}

static void read_map(const struct sl_documents *docs, const struct sl_noun *noun,
                     const struct sl_node *map, struct sl_items *items)
{
    struct sl_item *item = &items->v[items->n];
    read_item(docs, noun, map, sl_cstr(noun->name), item);
    if (items->n++ != 0)
        (void)sl_item_fail(docs->d, item, SL_STR(""), "is given a second time; keep one");
}

struct sl_items sl_documents_read(const struct sl_documents *docs, enum sl_noun_index index)
{
    const struct sl_noun *noun = &sl_nouns[index];
    sl_str name = sl_cstr(noun->name);
    struct sl_items items = new_items(docs, name);
    for (size_t i = 0; i < docs->n; i++) {
        const struct sl_node *n = sl_node_get(docs->v[i], name);
        if (noun->is_list && is_list(docs, n, name))
            read_list(docs, noun, n, &items);
        else if (!noun->is_list && n != NULL && n->kind != SL_NODE_NULL)
            read_map(docs, noun, n, &items);
    }
    return items;
}

static void add_entries(const struct sl_documents *docs, const struct sl_node *list, sl_str path,
                        sl_str shorthand, struct sl_items *items)
{
    size_t index = 0;
    if (!is_list(docs, list, path))
        return;
    for (const struct sl_node *n = list->children; n != NULL; n = n->next)
        items->v[items->n++] = (struct sl_item){
            .node = wrap_if_string(scratch_of(docs), n, &shorthand),
            .path = sl_fmt(scratch_of(docs), "%.*s[%zu]", SL_STRF(path), index++),
        };
}

struct sl_items sl_documents_list(const struct sl_documents *docs, sl_str name, sl_str shorthand)
{
    struct sl_items items = new_items(docs, name);
    for (size_t i = 0; i < docs->n; i++)
        add_entries(docs, sl_node_get(docs->v[i], name), name, shorthand, &items);
    return items;
}

struct sl_items sl_document_entries(const struct sl_documents *docs, const struct sl_node *list,
                                    sl_str path, sl_str shorthand)
{
    struct sl_items items = {0};
    if (list == NULL)
        return items;
    items.v = sl_arena_array(scratch_of(docs), struct sl_item, list->child_count);
    add_entries(docs, list, path, shorthand, &items);
    return items;
}
