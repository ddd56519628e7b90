#include "control/reindex.h"
#include "base/str.h"
#include "control/change.h"

static const sl_str setting = SL_STR_INIT("indexed_members");

/* All that is indexed, as text: it differs when the tables do. */
static sl_str tables_text(struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        const char *const *member = sl_resource_types[i]->indexed;
        for (; member != NULL && *member != NULL; member++)
            sl_strbuf_addf(&b, "%s.%s ", sl_resource_types[i]->kind, *member);
    }
    return b.n != 0 ? sl_strbuf_str(&b) : SL_STR("");
}

struct ids {
    struct sl_arena *a;
    sl_str *v;
    size_t n, cap;
};

static bool note_id(const struct sl_row_head *head, void *arg)
{
    struct ids *ids = arg;
    if (ids->n == ids->cap) {
        sl_str *v = sl_arena_array(ids->a, sl_str, 2 * ids->cap + 64);
        if (ids->n != 0)
            memcpy(v, ids->v, ids->n * sizeof(*v));
        ids->v = v;
        ids->cap = 2 * ids->cap + 64;
    }
    ids->v[ids->n++] = sl_arena_dup(ids->a, head->id);
    return true;
}

static sl_rc index_row(struct sl_work *w, const struct sl_resource_type *type, sl_str id)
{
    struct sl_work of_row = *w;
    struct sl_node *spec = NULL, *status = NULL;
    struct sl_row row;
    of_row.a = sl_arena_new("reindexing", SL_MIB(256));
    sl_rc rc = sl_work_fail(w, sl_row_by_id(w->tx, sl_cstr(type->kind), id, of_row.a, &row));
    if (rc == SL_OK)
        rc = sl_change_parse(&of_row, row.spec, &spec);
    if (rc == SL_OK)
        rc = sl_change_parse(&of_row, row.status, &status);
    if (rc == SL_OK)
        rc = sl_change_index(&of_row, type, &row, spec, status);
    sl_arena_free(of_row.a);
    return rc;
}

/* Their ids first: a row is written while no other is being read. */
static sl_rc index_kind(struct sl_work *w, const struct sl_resource_type *type)
{
    struct ids ids = {.a = sl_arena_new("ids", SL_MIB(1024))};
    sl_rc rc = sl_work_fail(w, sl_row_heads_each(w->tx, sl_cstr(type->kind), note_id, &ids));
    for (size_t i = 0; i < ids.n && rc == SL_OK; i++)
        rc = index_row(w, type, ids.v[i]);
    sl_arena_free(ids.a);
    return rc;
}

sl_rc sl_reindex(struct sl_work *w)
{
    sl_str now = tables_text(w->a), before;
    sl_rc rc = sl_setting_get(w->tx, setting, w->a, &before);
    if (rc == SL_OK && sl_str_eq(before, now))
        return SL_OK;
    if (rc == SL_E_NOTFOUND)
        rc = SL_OK;
    for (size_t i = 0; sl_resource_types[i] != NULL && rc == SL_OK; i++) {
        if (sl_resource_types[i]->indexed != NULL)
            rc = index_kind(w, sl_resource_types[i]);
    }
    return rc == SL_OK ? sl_setting_put(w->tx, setting, now) : rc;
}
