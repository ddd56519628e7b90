#include "control/filed.h"
#include "base/hash.h"
#include "base/str.h"
#include "control/change.h"
#include "control/tree.h"
#include "snapshot/document.h"

#include <stdlib.h>

static const char actor[] = "file";

/* ------------------------------------------------------------------ one */

/* As long as a ULID, and always the same. */
static sl_str id_of(const struct sl_resource_type *type, sl_str name, struct sl_arena *a)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char text[SL_ID_BYTES];
    uint64_t bits = sl_hash_seeded(name.p, name.n, sl_hash_str(sl_cstr(type->kind)));
    for (size_t i = 0; i < SL_ID_BYTES; i++) {
        text[i] = digits[bits & 31];
        bits = bits >> 5 | bits << 59;
    }
    text[0] = '0';
    return sl_arena_dup(a, sl_str_of(text, SL_ID_BYTES));
}

static const struct sl_node *spec_of(const struct sl_resource_type *type,
                                     const struct sl_node *item, struct sl_arena *a)
{
    return type->from_file != NULL ? type->from_file(item, a) : item;
}

static sl_str name_of(const struct sl_resource_type *type, const struct sl_node *item,
                      struct sl_arena *a)
{
    if (item->kind != SL_NODE_MAP)
        return (sl_str){0};
    if (type->key != NULL)
        return type->key(spec_of(type, item, a), a);
    return sl_tree_text(item, "name");
}

static sl_str status_of(const struct sl_resource_type *type)
{
    return type->effect == SL_EFFECT_ON_RELEASE ? SL_STR("{\"state\":\"published\"}")
                                                : SL_STR("{}");
}

/* In the full form, without shorthands, in which secrets are found; then without them. */
static struct sl_node *shown(struct sl_work *w, const struct sl_resource_type *type,
                             const struct sl_node *item)
{
    struct sl_diag *d = sl_arena_new_of(w->a, struct sl_diag);
    struct sl_documents docs = {.arena = w->a, .d = d};
    sl_diag_init(d, w->a);
    struct sl_item full =
        sl_document_item(&docs, type->noun, spec_of(type, item, w->a), SL_STR(""));
    SL_ASSERT(!full.is_bad); /* it is served: it was read before */
    return sl_change_mask(w->control, type, full.node, w->a);
}

static struct sl_row row_of(struct sl_work *w, const struct sl_resource_type *type, sl_str name,
                            const struct sl_node *item)
{
    struct sl_arena *a = w->a;
    const struct sl_node *spec = shown(w, type, item);
    return (struct sl_row){
        .id = id_of(type, name, a),
        .kind = sl_cstr(type->kind),
        .name = sl_arena_dup(a, name),
        .workspace = type->is_global ? SL_STR("") : SL_STR("default"),
        .team = SL_STR(""),
        .spec = sl_tree_json(spec, a),
        .status = status_of(type),
        .created_by = sl_cstr(actor),
        .updated_by = sl_cstr(actor),
        .origin = sl_fmt(a, "%.*s:%u", SL_STRF(item->file), item->line),
    };
}

/* ------------------------------------------------------------------ all of a noun */

struct entry {
    struct sl_row place; /* name and id only: what it is sorted by */
    const struct sl_node *item;
    const struct sl_row_query *query;
};

struct gathering {
    struct sl_work *w;
    const struct sl_filed_query *query;
    struct entry *entries;
    size_t n, room;
    struct sl_row *rows;
    size_t count;
    sl_rc rc;
};

bool sl_row_is_before(const struct sl_row *a, const struct sl_row *b,
                      const struct sl_row_query *query)
{
    const struct sl_row *first = query->is_descending ? b : a,
                        *second = query->is_descending ? a : b;
    bool is_by_created = query->order == SL_ROWS_BY_CREATED;
    int64_t x = is_by_created ? first->created_us : first->updated_us;
    int64_t y = is_by_created ? second->created_us : second->updated_us;
    if (query->order == SL_ROWS_BY_NAME)
        return sl_str_cmp(first->name, second->name) < 0;
    return x != y ? x < y : sl_str_cmp(first->id, second->id) < 0;
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (sl_row_is_before(&x->place, &y->place, x->query))
        return -1;
    return sl_row_is_before(&y->place, &x->place, x->query);
}

static bool is_behind(const struct sl_row *row, const struct sl_row_query *query)
{
    struct sl_row after = {.name = query->after_text,
                           .id = query->after_text,
                           .created_us = query->after_us,
                           .updated_us = query->after_us};
    return !query->has_after || sl_row_is_before(&after, row, query);
}

static void add(struct gathering *g, const struct sl_node *item)
{
    struct sl_arena *a = g->w->a;
    const struct sl_resource_type *type = g->query->type;
    sl_str name = name_of(type, item, a), key = g->query->key;
    bool is_wanted = key.p == NULL || sl_str_eq(name, key) || sl_str_eq(id_of(type, name, a), key);
    if (name.n == 0 || !is_wanted)
        return;
    if (g->n == g->room) {
        g->room = SL_MAX(2 * g->room, (size_t)64);
        struct entry *bigger = sl_arena_array(a, struct entry, g->room);
        if (g->n != 0)
            memcpy(bigger, g->entries, g->n * sizeof(*bigger));
        g->entries = bigger;
    }
    struct entry e = {.place = {.name = name}, .item = item, .query = g->query->rows};
    if (g->query->rows->order != SL_ROWS_BY_NAME)
        e.place.id = id_of(type, name, a);
    if (is_behind(&e.place, g->query->rows))
        g->entries[g->n++] = e;
}

static void gather(const struct sl_node *document, void *arg)
{
    struct gathering *g = arg;
    const struct sl_node *list = sl_node_get(document, sl_cstr(g->query->type->noun->name));
    if (list == NULL || list->kind != SL_NODE_LIST)
        return;
    for (const struct sl_node *n = list->children; n != NULL; n = n->next)
        add(g, n);
}

static bool is_in_store(struct gathering *g, sl_str name)
{
    struct sl_row row;
    sl_rc rc = sl_row_by_name(g->w->tx, sl_cstr(g->query->type->kind), name, g->w->a, &row);
    if (rc != SL_OK && rc != SL_E_NOTFOUND)
        g->rc = rc;
    return rc == SL_OK;
}

static void choose(void *arg)
{
    struct gathering *g = arg;
    const struct sl_filed_query *query = g->query;
    if (g->n == 0)
        return;
    qsort(g->entries, g->n, sizeof(*g->entries), compare);
    g->rows = sl_arena_array(g->w->a, struct sl_row, SL_MIN(query->limit, g->n));
    for (size_t i = 0; i < g->n && g->count < query->limit && g->rc == SL_OK; i++) {
        const struct entry *e = &g->entries[i];
        struct sl_row row = row_of(g->w, query->type, e->place.name, e->item);
        if (query->is_wanted(&row, query->arg) && !is_in_store(g, row.name))
            g->rows[g->count++] = row;
    }
}

sl_rc sl_filed_list(struct sl_work *w, const struct sl_filed_query *query, struct sl_row **ret,
                    size_t *ret_n)
{
    const struct sl_control_config *config = &w->control->config;
    struct gathering g = {.w = w, .query = query};
    if (query->type->effect != SL_EFFECT_NONE && config->ops != NULL && config->ops->files != NULL)
        config->ops->files(config->ctx, gather, choose, &g);
    *ret = g.rows;
    *ret_n = g.count;
    return g.rc;
}

static bool is_any(const struct sl_row *row, void *arg)
{
    (void)row, (void)arg;
    return true;
}

sl_rc sl_filed_find(struct sl_work *w, const struct sl_resource_type *type, sl_str key,
                    struct sl_row *ret)
{
    struct sl_row_query by_name = {.order = SL_ROWS_BY_NAME};
    struct sl_filed_query query = {
        .type = type, .key = key, .rows = &by_name, .is_wanted = is_any, .limit = 1};
    struct sl_row *rows;
    size_t n;
    sl_rc rc = sl_filed_list(w, &query, &rows, &n);
    if (rc == SL_OK && n == 0)
        return SL_E_NOTFOUND;
    if (rc == SL_OK)
        *ret = rows[0];
    return rc;
}
