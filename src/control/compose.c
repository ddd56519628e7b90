#include "control/compose.h"
#include "base/str.h"
#include "codec/json.h"
#include "snapshot/build.h"

enum {
    POLICIES = SL_NOUN_COUNT,
    FEW_ROWS = 100 /* that are read one by one; else all are */
};

/* ------------------------------------------------------------------ one resource */

void sl_compose_add(struct sl_composer *c, enum sl_noun_index noun, struct sl_node *item)
{
    c->piece = (struct sl_piece){.list = noun, .item = item};
}

void sl_compose_add_keys(struct sl_composer *c, sl_str consumer, struct sl_node *keys)
{
    c->piece = (struct sl_piece){.item = keys, .consumer = consumer};
}

static sl_str file_of(const struct sl_row *row, struct sl_arena *a)
{
    return sl_fmt(a, "%.*s/%.*s", SL_STRF(row->kind), SL_STRF(row->name));
}

static const struct sl_node *read_tree(struct sl_composer *c, const struct sl_row *row, sl_str json)
{
    const struct sl_node *tree = NULL;
    sl_rc rc = sl_json_to_node(sl_arena_dup(c->a, json), file_of(row, c->a), c->a, c->d, &tree);
    if (rc != SL_OK && c->rc == SL_OK)
        c->rc = rc;
    return rc == SL_OK ? tree : NULL;
}

struct sl_node *sl_compose_parse(struct sl_composer *c, const struct sl_row *row, sl_str json)
{
    const struct sl_node *tree = read_tree(c, row, json);
    return tree != NULL ? sl_tree_copy(c->a, tree) : NULL;
}

/* The spec as it was given, with its secrets open. What waits for a release is not looked at. */
static sl_rc open_spec(struct sl_composer *c, const struct sl_resource_type *type,
                       const struct sl_row *row, struct sl_node **ret)
{
    if (type->effect == SL_EFFECT_ON_RELEASE)
        return SL_OK;
    const struct sl_node *spec = read_tree(c, row, row->spec);
    return spec != NULL ? sl_change_unseal(c->control, type, row->id, spec, c->a, ret, c->d)
                        : c->rc;
}

/* What the row gives, in c->piece. */
static sl_rc compose_row(struct sl_composer *c, const struct sl_resource_type *type,
                         const struct sl_row *row)
{
    struct sl_node *spec = NULL;
    c->piece = (struct sl_piece){0};
    c->is_of_others = false;
    sl_rc rc = open_spec(c, type, row, &spec);
    if (rc != SL_OK)
        return rc;
    if (type->compose != NULL)
        return type->compose(c, row, spec);
    sl_compose_add(c, (enum sl_noun_index)(type->noun - sl_nouns), spec);
    return SL_OK;
}

/* ------------------------------------------------------------------ into the document */

/* A consumer of the document. */
struct owner {
    struct sl_node *item;
    struct sl_tree_tail keys; /* its list, once others are added to those of the part */
};

/* What is below it is shared. */
static struct sl_node *shallow_copy(struct sl_composer *c, const struct sl_node *n)
{
    struct sl_node *copy = sl_arena_new_of(c->document, struct sl_node);
    *copy = *n;
    return copy;
}

static void add_item(struct sl_composer *c, size_t list, const struct sl_node *item, sl_str name)
{
    struct sl_node *copy = shallow_copy(c, item);
    if (c->lists[list].list == NULL)
        c->lists[list] = sl_tree_tail(c->document);
    sl_tree_add(&c->lists[list], copy);
    if (list != SL_NOUN_CONSUMERS)
        return;
    struct owner *owner = sl_arena_new_of(c->owners_arena, struct owner);
    owner->item = copy;
    (void)sl_map_put(&c->owners, name, owner); /* names are unique */
}

/* The members are shared: those beside the keys are linked anew when one of them goes. */
static void own_keys(struct sl_composer *c, struct owner *owner)
{
    struct sl_node *item = owner->item, *rest = item->children, **end = &rest;
    const struct sl_node *had = sl_node_get(item, SL_STR("keys"));
    owner->keys = sl_tree_tail(c->document);
    for (const struct sl_node *key = had != NULL ? had->children : NULL; key != NULL;
         key = key->next)
        sl_tree_add(&owner->keys, shallow_copy(c, key));
    for (const struct sl_node *n = item->children; had != NULL && n != NULL; n = n->next) {
        if (n == had)
            continue;
        *end = shallow_copy(c, n);
        end = &(*end)->next;
    }
    if (had != NULL)
        *end = NULL;
    owner->keys.list->file = item->file;
    owner->keys.list->key = SL_STR("keys");
    owner->keys.list->next = rest;
    item->children = owner->keys.list;
    item->hash = 0; /* it is another one now */
    item->child_count += had == NULL;
}

static void add_keys(struct sl_composer *c, sl_str consumer, const struct sl_node *keys)
{
    struct owner *owner = sl_map_get(&c->owners, consumer);
    if (owner == NULL)
        return;
    if (owner->keys.list == NULL)
        own_keys(c, owner);
    for (const struct sl_node *key = keys->children; key != NULL; key = key->next)
        sl_tree_add(&owner->keys, shallow_copy(c, key));
}

static void place(struct sl_composer *c, const struct sl_part *p)
{
    if (p->consumer.p != NULL)
        add_keys(c, p->consumer, p->item);
    else if (p->item != NULL)
        add_item(c, p->list, p->item, p->name);
}

/* ------------------------------------------------------------------ all resources */

struct kind {
    struct sl_composer *c;
    const struct sl_resource_type *type;
    size_t missing;
    size_t at[FEW_ROWS]; /* places of the parts that are not there, and the ids of their rows */
    sl_str ids[FEW_ROWS];
};

/* NULL with c->rc set. One that is of other rows, too, is found by no row. */
static struct sl_part *make_part(struct sl_composer *c, const struct sl_resource_type *type,
                                 const struct sl_row *row)
{
    sl_rc rc = compose_row(c, type, row);
    if (c->rc == SL_OK)
        c->rc = rc;
    struct sl_part *p = c->rc == SL_OK ? sl_part_new(row, &c->piece) : NULL;
    if (p != NULL && c->is_of_others)
        p->head.revision = -1;
    sl_arena_reset(c->a);
    return p;
}

static bool take_row(const struct sl_row *row, void *arg)
{
    struct kind *k = arg;
    struct sl_composer *c = k->c;
    struct sl_row_head head = {
        .id = row->id, .revision = row->revision, .updated_us = row->updated_us};
    struct sl_part *p = sl_parts_find(&c->before, &head);
    p = p != NULL ? sl_part_ref(p) : make_part(c, k->type, row);
    if (p != NULL)
        sl_parts_add(c->parts, p);
    return c->rc == SL_OK;
}

static sl_rc take_rows(struct kind *k)
{
    struct sl_row_query query = {.kind = sl_cstr(k->type->kind)};
    return sl_rows_each(k->c->tx, &query, take_row, k);
}

static bool take_head(const struct sl_row_head *head, void *arg)
{
    struct kind *k = arg;
    struct sl_composer *c = k->c;
    struct sl_part *p = sl_parts_find(&c->before, head);
    if (p == NULL && k->missing == FEW_ROWS)
        return false;
    if (p == NULL) {
        k->at[k->missing] = sl_parts_count(c->parts);
        k->ids[k->missing++] = sl_arena_dup(c->owners_arena, head->id);
    }
    sl_parts_add(c->parts, p != NULL ? sl_part_ref(p) : NULL);
    return true;
}

static sl_rc take_missing(struct kind *k)
{
    struct sl_composer *c = k->c;
    struct sl_row row;
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < k->missing && rc == SL_OK; i++) {
        rc = sl_row_by_id(c->tx, sl_cstr(k->type->kind), k->ids[i], c->owners_arena, &row);
        if (rc == SL_OK)
            sl_parts_put(c->parts, k->at[i], make_part(c, k->type, &row));
        if (rc == SL_OK)
            rc = c->rc;
    }
    return rc;
}

/* Which rows are other ones than before is asked first; when they are many, for all. */
static sl_rc take_kind(struct kind *k)
{
    struct sl_composer *c = k->c;
    size_t first = sl_parts_count(c->parts);
    if (c->before.table == NULL)
        return take_rows(k);
    sl_rc rc = sl_row_heads_each(c->tx, sl_cstr(k->type->kind), take_head, k);
    if (rc != SL_OK || k->missing < FEW_ROWS)
        return rc == SL_OK ? take_missing(k) : rc;
    sl_parts_cut(c->parts, first);
    return take_rows(k);
}

static void compose_all(struct sl_composer *c)
{
    for (size_t i = 0; sl_resource_types[i] != NULL && c->rc == SL_OK; i++) {
        struct kind k = {.c = c, .type = sl_resource_types[i]};
        if (k.type->effect == SL_EFFECT_NONE)
            continue;
        sl_rc rc = take_kind(&k);
        if (c->rc == SL_OK)
            c->rc = rc;
    }
    for (size_t i = 0; c->rc == SL_OK && i < sl_parts_count(c->parts); i++)
        place(c, sl_parts_at(c->parts, i));
}

static const struct sl_node *document_of(struct sl_composer *c)
{
    struct sl_node *document = sl_tree_map(c->document);
    document->file = SL_STR("store");
    for (size_t i = 0; i <= POLICIES; i++) {
        sl_str name = i == POLICIES ? SL_STR("policies") : sl_cstr(sl_nouns[i].name);
        if (c->lists[i].list != NULL)
            sl_tree_put(document, name, c->lists[i].list);
    }
    return document;
}

static void drop_parts(void *arg)
{
    sl_parts_unref(arg);
}

static void begin(struct sl_composer *c)
{
    struct sl_control *control = c->control;
    c->a = sl_arena_new("composed resource", SL_MIB(2048));
    c->owners_arena = sl_arena_new("composing", SL_MIB(2048));
    c->document = sl_arena_new("composed resources", SL_MIB(2048));
    c->parts = sl_parts_new();
    sl_arena_defer(c->document, drop_parts, c->parts);
    sl_map_init(&c->owners, NULL, 0);
    pthread_mutex_lock(&control->parts_lock);
    sl_parts_search_init(&c->before, control->parts != NULL ? sl_parts_ref(control->parts) : NULL);
    pthread_mutex_unlock(&control->parts_lock);
}

static void end(struct sl_composer *c)
{
    sl_parts_unref(c->before.table);
    sl_parts_search_fini(&c->before);
    sl_map_fini(&c->owners);
    sl_arena_free(c->owners_arena);
    sl_arena_free(c->a);
    if (c->rc != SL_OK)
        sl_arena_free(c->document);
}

sl_rc sl_compose(struct sl_control *control, struct sl_tx *tx, struct sl_composed *ret,
                 struct sl_diag *d)
{
    struct sl_composer c = {.control = control, .tx = tx, .d = d};
    int64_t change = 0;
    begin(&c);
    compose_all(&c);
    if (c.rc == SL_OK)
        c.rc = sl_store_change(tx, &change);
    if (c.rc == SL_OK)
        *ret = (struct sl_composed){
            .arena = c.document, .document = document_of(&c), .change = change, .parts = c.parts};
    end(&c);
    return c.rc;
}

void sl_compose_adopt(struct sl_control *control, struct sl_parts *parts)
{
    pthread_mutex_lock(&control->parts_lock);
    struct sl_parts *before = control->parts;
    control->parts = parts;
    pthread_mutex_unlock(&control->parts_lock);
    sl_parts_unref(before);
}

/* ------------------------------------------------------------------ one draft */

/* What the draft refers to and the gateway knows: its upstream. */
static sl_rc add_referred(struct sl_composer *c, struct sl_change *change)
{
    struct sl_ref *refs;
    size_t n = sl_resource_refs(change->type, change->spec, c->a, &refs);
    for (size_t i = 0; i < n; i++) {
        const struct sl_resource_type *type = sl_resource_type_by_kind(refs[i].kind);
        struct sl_row row;
        if (type->effect != SL_EFFECT_AT_ONCE)
            continue;
        sl_rc rc = sl_row_by_name(c->tx, refs[i].kind, refs[i].name, c->a, &row);
        if (rc == SL_OK)
            rc = compose_row(c, type, &row);
        if (rc != SL_OK)
            return rc;
        if (c->piece.item != NULL && c->piece.consumer.p == NULL)
            add_item(c, c->piece.list, c->piece.item, row.name);
    }
    return SL_OK;
}

static sl_rc compile(struct sl_composer *c)
{
    const struct sl_node *document = document_of(c);
    struct sl_state_registry *states = sl_state_registry_new();
    struct sl_snapshot *s = NULL;
    sl_rc rc = sl_snapshot_build(&document, 1, c->control->config.policies, states, 1, &s, c->d);
    sl_snapshot_unref(s);
    sl_state_registry_free(states);
    return rc == SL_OK ? rc : SL_E_INVALID;
}

sl_rc sl_compose_check_draft(struct sl_change *change)
{
    struct sl_work *w = change->work;
    struct sl_composer c = {.control = w->control,
                            .tx = w->tx,
                            .a = w->a,
                            .d = w->d,
                            .document = w->a,
                            .owners_arena = w->a,
                            .is_of_draft = true};
    sl_map_init(&c.owners, c.a, 0);
    sl_rc rc = add_referred(&c, change);
    const struct sl_node *tree = read_tree(&c, &change->row, change->row.spec);
    struct sl_node *spec = NULL;
    if (rc == SL_OK && tree == NULL)
        rc = c.rc;
    if (rc == SL_OK)
        rc = sl_change_unseal(w->control, change->type, change->row.id, tree, c.a, &spec, c.d);
    if (rc != SL_OK)
        return rc;
    add_item(&c, (size_t)(change->type->noun - sl_nouns), spec, change->row.name);
    return compile(&c);
}
