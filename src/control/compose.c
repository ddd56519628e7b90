#include "control/compose.h"
#include "base/str.h"
#include "codec/json.h"
#include "snapshot/build.h"

enum { POLICIES = SL_NOUN_COUNT };

void sl_compose_add(struct sl_composer *c, enum sl_noun_index noun, struct sl_node *item)
{
    if (c->lists[noun].list == NULL)
        c->lists[noun] = sl_tree_tail(c->a);
    sl_tree_add(&c->lists[noun], item);
}

struct sl_node *sl_compose_consumer(struct sl_composer *c, sl_str key)
{
    return sl_map_get(&c->consumers, key);
}

static sl_str file_of(const struct sl_row *row, struct sl_arena *a)
{
    return sl_fmt(a, "%.*s/%.*s", SL_STRF(row->kind), SL_STRF(row->name));
}

struct sl_node *sl_compose_parse(struct sl_composer *c, const struct sl_row *row, sl_str json)
{
    const struct sl_node *tree = NULL;
    sl_rc rc = sl_json_to_node(sl_arena_dup(c->a, json), file_of(row, c->a), c->a, c->d, &tree);
    if (rc != SL_OK && c->rc == SL_OK)
        c->rc = rc;
    return rc == SL_OK ? sl_tree_copy(c->a, tree) : NULL;
}

/* ------------------------------------------------------------------ all resources */

struct part {
    struct sl_composer *c;
    const struct sl_resource_type *type;
};

static sl_rc compose_row(struct sl_composer *c, const struct sl_resource_type *type,
                         const struct sl_row *row)
{
    struct sl_node *spec = sl_compose_parse(c, row, row->spec);
    if (spec == NULL)
        return c->rc;
    sl_rc rc = sl_change_unseal(c->control, type, row->id, spec, c->a, &spec, c->d);
    if (rc != SL_OK)
        return rc;
    if (type->compose != NULL)
        return type->compose(c, row, spec);
    sl_compose_add(c, (enum sl_noun_index)(type->noun - sl_nouns), spec);
    return SL_OK;
}

static bool compose_next(const struct sl_row *row, void *arg)
{
    struct part *p = arg;
    sl_rc rc = compose_row(p->c, p->type, row);
    if (p->c->rc == SL_OK)
        p->c->rc = rc;
    return p->c->rc == SL_OK;
}

static void compose_all(struct sl_composer *c)
{
    for (size_t i = 0; sl_resource_types[i] != NULL && c->rc == SL_OK; i++) {
        struct part p = {.c = c, .type = sl_resource_types[i]};
        struct sl_row_query query = {.kind = sl_cstr(p.type->kind)};
        if (p.type->effect == SL_EFFECT_NONE)
            continue;
        sl_rc rc = sl_rows_each(c->tx, &query, compose_next, &p);
        if (c->rc == SL_OK)
            c->rc = rc;
    }
}

static const struct sl_node *document_of(struct sl_composer *c)
{
    struct sl_node *document = sl_tree_map(c->a);
    document->file = SL_STR("store");
    for (size_t i = 0; i <= POLICIES; i++) {
        sl_str name = i == POLICIES ? SL_STR("policies") : sl_cstr(sl_nouns[i].name);
        if (c->lists[i].list != NULL)
            sl_tree_put(document, name, c->lists[i].list);
    }
    return document;
}

sl_rc sl_compose(struct sl_control *control, struct sl_tx *tx, struct sl_composed *ret,
                 struct sl_diag *d)
{
    struct sl_composer c = {.control = control,
                            .tx = tx,
                            .a = sl_arena_new("composed resources", SL_MIB(2048)),
                            .d = d};
    int64_t change = 0;
    sl_map_init(&c.consumers, c.a, 0);
    compose_all(&c);
    if (c.rc == SL_OK)
        c.rc = sl_store_change(tx, &change);
    if (c.rc != SL_OK) {
        sl_arena_free(c.a);
        return c.rc;
    }
    *ret = (struct sl_composed){.arena = c.a, .document = document_of(&c), .change = change};
    return SL_OK;
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
    struct sl_composer c = {
        .control = w->control, .tx = w->tx, .a = w->a, .d = w->d, .is_of_draft = true};
    sl_map_init(&c.consumers, c.a, 0);
    sl_rc rc = add_referred(&c, change);
    struct sl_node *spec = sl_compose_parse(&c, &change->row, change->row.spec);
    if (rc == SL_OK && spec == NULL)
        rc = c.rc;
    if (rc == SL_OK)
        rc = sl_change_unseal(w->control, change->type, change->row.id, spec, c.a, &spec, c.d);
    if (rc != SL_OK)
        return rc;
    sl_compose_add(&c, (enum sl_noun_index)(change->type->noun - sl_nouns), spec);
    return compile(&c);
}
