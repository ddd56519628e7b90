#include "control/part.h"
#include "base/str.h"
#include "snapshot/build.h"

#include <stdalign.h>
#include <stdatomic.h>

/* ------------------------------------------------------------------ one */

/* How much a tree takes, and where its copy goes: nodes first, texts behind them. */
struct room {
    size_t nodes, bytes;
    struct sl_node *next_node;
    char *next_byte;
};

/* Down a tree whose depth a parser has bounded, as in control/tree.c. */
static void measure(struct room *r, const struct sl_node *n, sl_str file)
{
    r->nodes++;
    r->bytes += n->text.n + n->key.n + (n->file.p != file.p ? n->file.n : 0);
    for (const struct sl_node *c = n->children; c != NULL; c = c->next)
        measure(r, c, n->file);
}

static sl_str put_text(struct room *r, sl_str text)
{
    if (text.p == NULL)
        return text;
    sl_str copy = {r->next_byte, text.n};
    if (text.n != 0)
        memcpy(r->next_byte, text.p, text.n);
    r->next_byte += text.n;
    return copy;
}

/* Parent and child name the same file: one text serves both. */
static struct sl_node *put_node(struct room *r, const struct sl_node *n, sl_str file, sl_str copied)
{
    struct sl_node *copy = r->next_node++, **end = &copy->children;
    *copy = *n;
    copy->text = put_text(r, n->text);
    copy->key = put_text(r, n->key);
    copy->file = n->file.p == file.p ? copied : put_text(r, n->file);
    copy->next = NULL;
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        *end = put_node(r, c, n->file, copy->file);
        end = &(*end)->next;
    }
    *end = NULL;
    return copy;
}

/* The item, or each of the keys that it is a list of. */
static const struct sl_node *hashed(struct sl_node *item)
{
    for (struct sl_node *n = item->children; n != NULL; n = n->next)
        n->hash = sl_node_hash(n);
    item->hash = sl_node_hash(item);
    return item;
}

struct sl_part *sl_part_new(const struct sl_row *row, const struct sl_piece *piece)
{
    struct room r = {.bytes = row->id.n + row->name.n + piece->consumer.n};
    if (piece->item != NULL)
        measure(&r, piece->item, (sl_str){0});
    _Static_assert(sizeof(struct sl_part) % alignof(struct sl_node) == 0, "nodes stand behind it");
    struct sl_part *p = (struct sl_part *)sl_new_array(
        char, sizeof(*p) + r.nodes * sizeof(struct sl_node) + r.bytes);
    r.next_node = (struct sl_node *)(p + 1);
    r.next_byte = (char *)(r.next_node + r.nodes);
    atomic_init(&p->refs, 1);
    p->head = (struct sl_row_head){
        .id = put_text(&r, row->id), .revision = row->revision, .updated_us = row->updated_us};
    p->name = put_text(&r, row->name);
    p->consumer = put_text(&r, piece->consumer);
    p->list = piece->list;
    if (piece->item != NULL)
        p->item = hashed(put_node(&r, piece->item, (sl_str){0}, (sl_str){0}));
    return p;
}

struct sl_part *sl_part_ref(struct sl_part *p)
{
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

void sl_part_unref(struct sl_part *p)
{
    /* release: what others did with it is done; acquire: for who frees it */
    if (p != NULL && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
        sl_free(p);
}

/* ------------------------------------------------------------------ many */

struct sl_parts {
    _Atomic uint32_t refs;
    struct sl_part **v;
    size_t n, cap;
};

struct sl_parts *sl_parts_new(void)
{
    struct sl_parts *t = sl_new(struct sl_parts);
    atomic_init(&t->refs, 1);
    return t;
}

struct sl_parts *sl_parts_ref(struct sl_parts *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void sl_parts_unref(struct sl_parts *t)
{
    /* as in sl_part_unref */
    if (t == NULL || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    sl_parts_cut(t, 0);
    sl_free(t->v);
    sl_free(t);
}

void sl_parts_add(struct sl_parts *t, struct sl_part *p)
{
    if (t->n == t->cap) {
        size_t cap = SL_MAX(2 * t->cap, (size_t)64);
        struct sl_part **v = sl_new_array(struct sl_part *, cap);
        if (t->n != 0)
            memcpy((void *)v, (const void *)t->v, t->n * sizeof(*v));
        sl_free(t->v);
        t->v = v;
        t->cap = cap;
    }
    t->v[t->n++] = p;
}

void sl_parts_put(struct sl_parts *t, size_t i, struct sl_part *p)
{
    SL_ASSERT(i < t->n && t->v[i] == NULL);
    t->v[i] = p;
}

void sl_parts_cut(struct sl_parts *t, size_t n)
{
    while (t->n > n)
        sl_part_unref(t->v[--t->n]);
}

size_t sl_parts_count(const struct sl_parts *t)
{
    return t->n;
}

const struct sl_part *sl_parts_at(const struct sl_parts *t, size_t i)
{
    SL_ASSERT(i < t->n);
    return t->v[i];
}

/* ------------------------------------------------------------------ looking up */

void sl_parts_search_init(struct sl_parts_search *s, struct sl_parts *table)
{
    *s = (struct sl_parts_search){.table = table};
}

void sl_parts_search_fini(struct sl_parts_search *s)
{
    sl_map_fini(&s->by_id);
}

static void index_all(struct sl_parts_search *s)
{
    const struct sl_parts *t = s->table;
    sl_map_reserve(&s->by_id, t->n);
    for (size_t i = 0; i < t->n; i++)
        (void)sl_map_put(&s->by_id, t->v[i]->head.id, &t->v[i]); /* ids are unique */
}

/* The place of the row's part; NULL: it had none. */
static struct sl_part **place_of(struct sl_parts_search *s, sl_str id)
{
    const struct sl_parts *t = s->table;
    if (s->at < t->n && sl_str_eq(t->v[s->at]->head.id, id))
        return &t->v[s->at];
    if (s->by_id.n == 0)
        index_all(s);
    return sl_map_get(&s->by_id, id);
}

struct sl_part *sl_parts_find(struct sl_parts_search *s, const struct sl_row_head *head)
{
    if (s->table == NULL || s->table->n == 0)
        return NULL;
    struct sl_part **place = place_of(s, head->id);
    if (place == NULL)
        return NULL;
    s->at = (size_t)(place - s->table->v) + 1;
    const struct sl_row_head *had = &(*place)->head;
    bool is_same = had->revision == head->revision && had->updated_us == head->updated_us;
    return is_same ? *place : NULL;
}
