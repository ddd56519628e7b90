/*
 * apply and export: resources in the form of configuration files, many at once. An apply is one
 * transaction: all of it, or nothing.
 */
#include "base/map.h"
#include "base/str.h"
#include "control/api_int.h"

enum { DIFF_MAX = 100, ITEMS_MAX = 200000 };

struct apply_config {
    const struct sl_node *documents;
    bool publish, prune;
    sl_str reason;
};

const struct sl_field sl_api_apply_fields[] = {
    SL_FIELD_NODE(struct apply_config, documents, .required = true,
                  .help = "A list of documents as configuration files have them: maps of nouns to "
                          "lists. `gateway` is left out: a node reads it from its file."),
    SL_FIELD_BOOL(struct apply_config, publish, .dflt = "true",
                  .help = "Publish the services that were created or changed."),
    SL_FIELD_BOOL(struct apply_config, prune,
                  .help = "Delete what the documents do not have, of the nouns that are in them."),
    SL_FIELD_STR(struct apply_config, reason, .max = "2048", .help = "Why; kept with releases."),
    SL_FIELD_END,
};

struct apply {
    struct sl_call *c;
    struct sl_work w;
    struct apply_config config;
    struct sl_tree_tail results;
    struct sl_map seen; /* "kind/key" of everything in the documents */
};

/* ------------------------------------------------------------------ results and problems */

static struct sl_node *add_result(struct apply *ap, const struct sl_resource_type *type, sl_str key,
                                  const char *action)
{
    struct sl_arena *a = ap->c->a;
    struct sl_node *row = sl_tree_map(a);
    sl_tree_put_str(a, row, "kind", sl_cstr(type->kind));
    sl_tree_put_str(a, row, "key", key);
    sl_tree_put_str(a, row, "action", sl_cstr(action));
    sl_tree_add(&ap->results, row);
    return row;
}

static struct sl_node *diff_of(struct apply *ap, const struct sl_change *ch)
{
    struct sl_control *control = ap->c->control;
    struct sl_arena *a = ap->c->a;
    return sl_tree_diff(
        a, ch->before_spec != NULL ? sl_change_mask(control, ch->type, ch->before_spec, a) : NULL,
        sl_change_mask(control, ch->type, ch->spec, a), DIFF_MAX);
}

/* Problems so far are of one resource: say which, as the compiler of the whole does. */
static void place_problems(struct apply *ap, size_t from, const struct sl_resource_type *type,
                           sl_str key, size_t index)
{
    struct sl_diag *d = ap->c->d;
    struct sl_arena *a = ap->c->a;
    for (size_t i = from; i < d->count; i++) {
        struct sl_problem *p = &d->problems[i];
        if (p->file.n != 0)
            continue;
        p->file = sl_fmt(a, "%s/%.*s", type->kind, SL_STRF(key));
        p->path = sl_fmt(a, "%s[%zu]%s%.*s", type->noun->name, index, p->path.n != 0 ? "." : "",
                         SL_STRF(p->path));
    }
}

/* ------------------------------------------------------------------ one item */

static sl_str key_of(const struct sl_resource_type *type, const struct sl_node *item,
                     struct sl_arena *a)
{
    return type->key != NULL ? type->key(item, a) : sl_tree_text(item, "name");
}

static sl_rc act(struct apply *ap, const struct sl_resource_type *type, const struct sl_row *row,
                 const char *name, struct sl_change *ret)
{
    struct sl_arena *a = ap->c->a;
    struct sl_node *body = sl_tree_map(a);
    const struct sl_action *action = type->actions;
    while (strcmp(action->name, name) != 0)
        action++;
    sl_tree_put_str(a, body, "reason", ap->config.reason);
    return sl_change_act(&ap->w, type, row, action, body, ret);
}

static sl_rc publish(struct apply *ap, const struct sl_resource_type *type,
                     const struct sl_row *row)
{
    struct sl_change ch;
    struct sl_node *status = NULL;
    sl_rc rc = sl_change_parse(&ap->w, row->status, &status);
    if (rc != SL_OK || !sl_tree_is_true(status, "has_draft"))
        return rc;
    rc = act(ap, type, row, "publish", &ch);
    if (rc == SL_OK)
        (void)add_result(ap, type, row->name, "published");
    return rc;
}

static sl_rc put_item(struct apply *ap, const struct sl_resource_type *type,
                      const struct sl_node *item, sl_str key)
{
    struct sl_row row;
    struct sl_change *ch = sl_arena_new_of(ap->c->a, struct sl_change);
    sl_rc rc = sl_row_by_name(ap->w.tx, sl_cstr(type->kind), key, ap->c->a, &row);
    bool is_new = rc == SL_E_NOTFOUND;
    if (rc != SL_OK && !is_new)
        return sl_work_fail(&ap->w, rc);
    rc = is_new ? sl_change_create(&ap->w, type, item, ch)
                : sl_change_replace(&ap->w, type, &row, item, ch);
    if (rc != SL_OK)
        return rc;
    const char *did = is_new ? "created" : ch->is_unchanged ? "unchanged" : "updated";
    struct sl_node *result = add_result(ap, type, key, did);
    if (!ch->is_unchanged)
        sl_tree_put(result, SL_STR("diff"), diff_of(ap, ch));
    if (ch->reveal != NULL && !ap->w.is_dry)
        sl_tree_put_str(ap->c->a, result, "secret", sl_tree_text(ch->reveal, "secret"));
    return type->effect == SL_EFFECT_ON_RELEASE && ap->config.publish ? publish(ap, type, &ch->row)
                                                                      : SL_OK;
}

static sl_rc put_list(struct apply *ap, const struct sl_resource_type *type,
                      const struct sl_node *list)
{
    size_t index = 0;
    sl_rc rc = SL_OK;
    for (const struct sl_node *n = list->children; n != NULL && rc == SL_OK; n = n->next, index++) {
        struct sl_arena *a = ap->c->a;
        size_t before = ap->c->d->count;
        const struct sl_node *item = type->from_file != NULL ? type->from_file(n, a) : n;
        sl_str key = key_of(type, item, a);
        rc = put_item(ap, type, item, key);
        place_problems(ap, before, type, key, index);
        (void)sl_map_put(&ap->seen, sl_fmt(a, "%s/%.*s", type->kind, SL_STRF(key)), ap);
    }
    return rc;
}

/* ------------------------------------------------------------------ what is there too much */

struct surplus {
    struct apply *ap;
    const struct sl_resource_type *type;
    struct sl_tree_tail keys;
};

/* What is another user's own is no surplus: no document of this one can have it. */
static bool may_know(const struct surplus *s, const struct sl_row *row)
{
    sl_str read = sl_fmt(s->ap->c->a, "%s:read", s->type->noun->name);
    return !s->type->has_own || sl_actor_may(&s->ap->c->actor, read, row->workspace, row->team);
}

static bool note_surplus(const struct sl_row *row, void *arg)
{
    struct surplus *s = arg;
    struct sl_arena *a = s->ap->c->a;
    sl_str name = sl_fmt(a, "%.*s/%.*s", SL_STRF(row->kind), SL_STRF(row->name));
    if (sl_map_get(&s->ap->seen, name) == NULL && may_know(s, row))
        sl_tree_add(&s->keys, sl_tree_str(a, sl_arena_dup(a, row->name)));
    return true;
}

static sl_rc delete_one(struct apply *ap, const struct sl_resource_type *type, sl_str key)
{
    struct sl_row row;
    struct sl_node *status = NULL;
    struct sl_change *ch = sl_arena_new_of(ap->c->a, struct sl_change);
    sl_rc rc =
        sl_work_fail(&ap->w, sl_row_by_name(ap->w.tx, sl_cstr(type->kind), key, ap->c->a, &row));
    if (rc == SL_OK)
        rc = sl_change_parse(&ap->w, row.status, &status);
    if (rc == SL_OK && sl_str_eq(sl_tree_text(status, "state"), SL_STR("published")) &&
        type->effect == SL_EFFECT_ON_RELEASE) {
        rc = act(ap, type, &row, "offline", ch);
        row = ch->row;
    }
    if (rc == SL_OK)
        rc = sl_change_delete(&ap->w, type, &row, ch);
    if (rc == SL_OK)
        (void)add_result(ap, type, key, "deleted");
    return rc;
}

static bool is_in_documents(const struct apply *ap, const struct sl_resource_type *type)
{
    for (const struct sl_node *doc = ap->config.documents->children; doc != NULL; doc = doc->next) {
        if (sl_node_get(doc, sl_cstr(type->noun->name)) != NULL)
            return true;
    }
    return false;
}

static sl_rc prune(struct apply *ap, const struct sl_resource_type *type)
{
    struct surplus s = {.ap = ap, .type = type, .keys = sl_tree_tail(ap->c->a)};
    struct sl_row_query query = {.kind = sl_cstr(type->kind)};
    if (!is_in_documents(ap, type))
        return SL_OK;
    sl_rc rc = sl_work_fail(&ap->w, sl_rows_each(ap->w.tx, &query, note_surplus, &s));
    for (const struct sl_node *n = s.keys.list->children; n != NULL && rc == SL_OK; n = n->next)
        rc = delete_one(ap, type, n->text);
    return rc;
}

/* What refers to others goes first. */
static sl_rc prune_all(struct apply *ap)
{
    size_t n = 0;
    sl_rc rc = SL_OK;
    while (sl_resource_types[n] != NULL)
        n++;
    while (n-- > 0 && rc == SL_OK) {
        if ((sl_resource_types[n]->verbs & SL_VERB_DELETE) != 0)
            rc = prune(ap, sl_resource_types[n]);
    }
    return rc;
}

/* ------------------------------------------------------------------ the whole */

static sl_rc put_all(struct apply *ap)
{
    sl_rc rc = SL_OK;
    for (size_t i = 0; sl_resource_types[i] != NULL && rc == SL_OK; i++) {
        const struct sl_resource_type *type = sl_resource_types[i];
        const struct sl_node *doc = ap->config.documents->children;
        for (; doc != NULL && rc == SL_OK; doc = doc->next) {
            const struct sl_node *list = sl_node_get(doc, sl_cstr(type->noun->name));
            if (list != NULL && list->kind == SL_NODE_LIST)
                rc = put_list(ap, type, list);
        }
    }
    return rc;
}

static void check_member(struct apply *ap, size_t index, const struct sl_node *n)
{
    const struct sl_resource_type *type = sl_resource_type_by_plural(n->key);
    struct sl_diag *d = ap->c->d;
    const char *path = sl_fmt(ap->c->a, "documents[%zu].%.*s", index, SL_STRF(n->key)).p;
    if (sl_str_eq(n->key, SL_STR("gateway")) || n->kind == SL_NODE_NULL)
        return;
    if (type == NULL || (type->verbs & SL_VERB_CREATE) == 0)
        (void)sl_diag_fail(d, SL_E_INVALID, path, "is no noun that can be applied");
    else if (n->kind != SL_NODE_LIST)
        (void)sl_diag_fail(d, SL_E_INVALID, path, "must be a list");
    else if (n->child_count > ITEMS_MAX)
        (void)sl_diag_fail(d, SL_E_INVALID, path, "has more than %d items", ITEMS_MAX);
}

static bool check_documents(struct apply *ap)
{
    const struct sl_node *list = ap->config.documents;
    size_t index = 0;
    if (list->kind != SL_NODE_LIST)
        (void)sl_diag_fail(ap->c->d, SL_E_INVALID, "documents", "must be a list");
    for (const struct sl_node *doc = list->kind == SL_NODE_LIST ? list->children : NULL;
         doc != NULL; doc = doc->next, index++) {
        if (doc->kind != SL_NODE_MAP && doc->kind != SL_NODE_NULL)
            (void)sl_diag_fail(ap->c->d, SL_E_INVALID, sl_fmt(ap->c->a, "documents[%zu]", index).p,
                               "must be an object");
        for (const struct sl_node *n = doc->children; n != NULL && doc->kind == SL_NODE_MAP;
             n = n->next)
            check_member(ap, index, n);
    }
    return sl_diag_is_clean(ap->c->d);
}

static bool read_config(struct apply *ap)
{
    struct sl_node *body;
    if (!sl_call_body(ap->c, false, &body))
        return false;
    bool is_good = sl_field_read(sl_api_apply_fields, &ap->config, body, SL_STR(""), ap->c->a,
                                 ap->c->d) == SL_OK &&
                   check_documents(ap);
    if (!is_good)
        sl_call_fail(ap->c, SL_E_INVALID, NULL);
    return is_good;
}

static void foresee_users(struct apply *ap)
{
    for (const struct sl_node *doc = ap->config.documents->children; doc != NULL; doc = doc->next) {
        const struct sl_node *list = sl_node_get(doc, SL_STR("users"));
        if (list == NULL || list->kind != SL_NODE_LIST)
            continue;
        for (const struct sl_node *user = list->children; user != NULL; user = user->next)
            sl_call_foresee_user(ap->c, user, sl_tree_text(user, "name"));
    }
}

void sl_api_apply(struct sl_call *c)
{
    struct apply *ap = sl_arena_new_of(c->a, struct apply);
    ap->c = c;
    ap->results = sl_tree_tail(c->a);
    sl_map_init(&ap->seen, c->a, 0);
    if (!read_config(ap))
        return;
    foresee_users(ap);
    if (!sl_call_write(c, &ap->w))
        return;
    sl_rc rc = put_all(ap);
    if (rc == SL_OK && ap->config.prune)
        rc = prune_all(ap);
    if (rc == SL_OK)
        rc = sl_work_commit(&ap->w);
    else
        sl_work_undo(&ap->w);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, NULL);
        return;
    }
    struct sl_node *body = sl_tree_map(c->a);
    sl_tree_put(body, SL_STR("results"), ap->results.list);
    sl_call_tree(c, 200, body);
}

/* ------------------------------------------------------------------ export */

struct export
{
    struct sl_call *c;
    struct sl_work w;
    const struct sl_resource_type *type;
    struct sl_tree_tail list;
    sl_rc rc;
};

static bool export_row(const struct sl_row *row, void *arg)
{
    struct export *e = arg;
    struct sl_arena *a = e->c->a;
    struct sl_node *spec = NULL;
    sl_str read = sl_fmt(a, "%s:read", e->type->noun->name);
    if (!sl_actor_may(&e->c->actor, read, row->workspace, row->team))
        return true;
    e->rc = sl_change_parse(&e->w, sl_arena_dup(a, row->spec), &spec);
    if (e->rc != SL_OK)
        return false;
    spec = sl_change_mask(e->c->control, e->type, spec, a);
    if (e->type->to_file != NULL)
        spec = e->type->to_file(spec, a);
    if (row->workspace.n != 0 && !sl_str_eq(row->workspace, SL_STR("default")))
        sl_tree_put_str(a, spec, "workspace", sl_arena_dup(a, row->workspace));
    sl_tree_add(&e->list, spec);
    return true;
}

void sl_api_export(struct sl_call *c)
{
    struct export e = {.c = c};
    struct sl_node *document = sl_tree_map(c->a);
    if (!sl_call_read(c, &e.w))
        return;
    for (size_t i = 0; sl_resource_types[i] != NULL && e.rc == SL_OK; i++) {
        struct sl_row_query query = {.kind = sl_cstr(sl_resource_types[i]->kind)};
        e.type = sl_resource_types[i];
        e.list = sl_tree_tail(c->a);
        if (e.type->is_private || (e.type->verbs & SL_VERB_CREATE) == 0)
            continue;
        sl_rc rc = sl_work_fail(&e.w, sl_rows_each(e.w.tx, &query, export_row, &e));
        e.rc = e.rc != SL_OK ? e.rc : rc;
        if (e.list.list->child_count != 0)
            sl_tree_put(document, sl_cstr(e.type->noun->name), e.list.list);
    }
    sl_tx_rollback(e.w.tx);
    if (e.rc == SL_OK)
        sl_call_tree(c, 200, document);
    else
        sl_call_fail(c, e.rc, NULL);
}
