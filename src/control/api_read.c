/*
 * GET: one resource, and lists of them.
 */
#include "base/enc.h"
#include "base/num.h"
#include "base/str.h"
#include "control/api_int.h"
#include "control/filed.h"
#include "control/filter.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 500, FIELDS_MAX = 32, FILTERS_MAX = 16 };

static sl_str read_permission(struct sl_call *c)
{
    return sl_fmt(c->a, "%s:read", c->type->noun->name);
}

/* ------------------------------------------------------------------ one */

static void show(struct sl_call *c, struct sl_work *w, const struct sl_row *row)
{
    struct sl_node *body;
    if (!sl_actor_may(&c->actor, read_permission(c), row->workspace, row->team)) {
        sl_call_fail(c, SL_E_NOTFOUND, NULL); /* what one may not see is not there */
        return;
    }
    sl_rc rc = sl_change_render(w, c->type, row, NULL, &body);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, "the stored resource is damaged");
        return;
    }
    sl_change_tell_actions(w, c->type, row, body);
    sl_str tag = sl_call_etag(c, row->revision);
    if (c->type->live == NULL && sl_headers_know_tag(c->rq->headers, tag))
        c->answer->status = 304;
    else
        sl_call_tree(c, 200, body);
}

static void fail_get(struct sl_call *c, sl_rc rc)
{
    if (rc == SL_E_NOTFOUND)
        (void)sl_diag_fail(c->d, rc, "", "there is no %s '%.*s'", c->type->kind, SL_STRF(c->key));
    sl_call_fail(c, rc, NULL);
}

void sl_api_get(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = sl_change_find(&w, c->type, c->key, &row);
    if (rc == SL_E_NOTFOUND)
        rc = sl_filed_find(&w, c->type, c->key, &row);
    if (rc == SL_OK)
        show(c, &w, &row);
    else
        fail_get(c, rc);
    sl_tx_rollback(w.tx);
}

/* ------------------------------------------------------------------ what is asked for */

struct listing {
    struct sl_call *c;
    struct sl_work w;
    struct sl_row_query query;
    struct sl_filter filters[FILTERS_MAX];
    size_t filter_count;
    sl_str search;
    sl_str fields[FIELDS_MAX];
    size_t field_count;
    size_t limit;
    struct sl_row *rows;
    size_t n;
    bool has_more;
    sl_str permission;
    sl_rc rc;
};

static bool fail_parameter(struct sl_call *c, sl_str name, const char *why)
{
    return sl_call_refuse(c, sl_fmt(c->a, "%.*s", SL_STRF(name)).p, why);
}

static bool set_limit(struct listing *l, sl_str name, sl_str value)
{
    uint64_t limit;
    if (!sl_num_u64(value, LIMIT_MAX, &limit) || limit == 0)
        return fail_parameter(l->c, name, "must be 1 to 500");
    l->limit = (size_t)limit;
    return true;
}

static const struct {
    const char *name;
    enum sl_row_order order;
} sorts[] = {{"key", SL_ROWS_BY_NAME},
             {"name", SL_ROWS_BY_NAME},
             {"created_at", SL_ROWS_BY_CREATED},
             {"updated_at", SL_ROWS_BY_UPDATED}};

static bool set_sort(struct listing *l, sl_str name, sl_str value)
{
    bool is_descending = value.n != 0 && value.p[0] == '-';
    for (size_t i = 0; i < SL_LEN(sorts); i++) {
        if (!sl_str_eq(sl_str_from(value, is_descending), sl_cstr(sorts[i].name)))
            continue;
        l->query.order = sorts[i].order;
        l->query.is_descending = is_descending;
        return true;
    }
    return fail_parameter(l->c, name,
                          "must be key, created_at or updated_at, with '-' for the reverse");
}

static bool set_fields(struct listing *l, sl_str name, sl_str value)
{
    sl_str one;
    while (sl_str_split(&value, ',', &one)) {
        if (l->field_count == FIELDS_MAX)
            return fail_parameter(l->c, name, "has too many members");
        l->fields[l->field_count++] = one;
    }
    return true;
}

/* A cursor is where the page before ended: order, time and text. */
static sl_str cursor_of(struct listing *l, const struct sl_row *row)
{
    struct sl_strbuf text, out;
    bool is_by_name = l->query.order == SL_ROWS_BY_NAME;
    int64_t us = l->query.order == SL_ROWS_BY_CREATED ? row->created_us : row->updated_us;
    sl_str key = is_by_name ? row->name : row->id;
    sl_strbuf_init(&text, l->c->a, 0);
    sl_strbuf_init(&out, l->c->a, 0);
    sl_strbuf_addf(&text, "%d%c %lld %.*s", (int)l->query.order, l->query.is_descending ? '-' : '+',
                   is_by_name ? 0LL : (long long)us, SL_STRF(key));
    sl_enc_base64url(&out, sl_strbuf_str(&text));
    return sl_strbuf_str(&out);
}

static bool set_cursor(struct listing *l, sl_str name, sl_str value)
{
    struct sl_strbuf text;
    sl_str rest, head = {0}, us = {0};
    char order[3] = {(char)('0' + (int)l->query.order), l->query.is_descending ? '-' : '+', '\0'};
    sl_strbuf_init(&text, l->c->a, 0);
    bool is_good = sl_dec_base64url(&text, value);
    rest = sl_strbuf_str(&text);
    is_good = is_good && rest.p != NULL && sl_str_split(&rest, ' ', &head) && rest.p != NULL &&
              sl_str_split(&rest, ' ', &us) && rest.p != NULL && sl_num_i64(us, &l->query.after_us);
    if (!is_good || !sl_str_eq(head, sl_cstr(order)))
        return fail_parameter(l->c, name, "is not a cursor of this list in this order");
    l->query.has_after = true;
    l->query.after_text = rest;
    return true;
}

/* A member that refers to another resource is looked up in the index of references; also `grants.team`, of grants[].team. */
static bool set_reference(struct listing *l, sl_str name, sl_str value)
{
    for (const struct sl_reference *r = l->c->type->references; r != NULL && r->path != NULL; r++) {
        if (!sl_str_eq(name, sl_reference_filter(r, l->c->a)) || l->query.target.p != NULL)
            continue;
        l->query.target_kind = sl_cstr(r->kind);
        l->query.target = value;
        return true;
    }
    return false;
}

/* Brackets come as they are, or percent-encoded. */
static sl_str decoded(struct listing *l, sl_str name)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, l->c->a, 0);
    return sl_dec_percent(&b, name) ? sl_strbuf_str(&b) : name;
}

/* The store then finds rows of a rare value by its index; each still has to match. */
static void set_hint(struct listing *l, const struct sl_filter *f)
{
    if (f->op != SL_FILTER_EQ || f->of == SL_FILTER_OF_ROW || f->value.n == 0 ||
        l->query.hint.name.p != NULL)
        return;
    sl_str kind = sl_resource_indexed(l->c->type, f->of == SL_FILTER_OF_STATUS,
                                      sl_cstr(f->field->name), l->c->a);
    if (kind.p != NULL)
        l->query.hint = (struct sl_ref){kind, f->value};
}

static bool set_filter(struct listing *l, sl_str raw_name, sl_str value)
{
    struct sl_filter f;
    sl_str name = decoded(l, raw_name);
    if (sl_str_find(name, '.', 0) != SIZE_MAX && set_reference(l, name, value))
        return true;
    const char *why = sl_filter_read(l->c->type, name, value, &f);
    if (why != NULL)
        return fail_parameter(l->c, name, why);
    if (f.op == SL_FILTER_EQ && f.of == SL_FILTER_OF_SPEC &&
        set_reference(l, sl_cstr(f.field->name), value))
        return true;
    if (l->filter_count == FILTERS_MAX)
        return fail_parameter(l->c, name, "is one filter too many");
    sl_filter_narrow(&f, &l->query);
    set_hint(l, &f);
    l->filters[l->filter_count++] = f;
    return true;
}

static bool set_workspace(struct listing *l, sl_str name, sl_str value)
{
    (void)name;
    l->query.workspace = value;
    return true;
}

static bool set_search(struct listing *l, sl_str name, sl_str value)
{
    (void)name;
    l->query.search = l->search = value;
    return true;
}

static const struct {
    const char *name;
    bool is_late; /* needs the order */
    bool (*set)(struct listing *l, sl_str name, sl_str value);
} parameters[] = {
    {"limit", false, set_limit},         {"sort", false, set_sort}, {"fields", false, set_fields},
    {"workspace", false, set_workspace}, {"q", false, set_search},  {"cursor", true, set_cursor},
};

static bool set_parameter(struct listing *l, sl_str name, bool is_late)
{
    sl_str value = sl_call_query(l->c, sl_arena_dup(l->c->a, name).p);
    for (size_t i = 0; i < SL_LEN(parameters); i++) {
        if (sl_str_eq(name, sl_cstr(parameters[i].name)))
            return parameters[i].is_late != is_late || parameters[i].set(l, name, value);
    }
    return is_late || set_filter(l, name, value);
}

static bool set_parameters(struct listing *l, bool is_late)
{
    sl_str rest = l->c->rq->query, pair;
    while (rest.n != 0 && sl_str_split(&rest, '&', &pair)) {
        sl_str name = sl_str_head(pair, sl_str_find(pair, '=', 0));
        if (name.n != 0 && !set_parameter(l, name, is_late))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ which rows */

static bool matches(struct listing *l, const struct sl_row *row)
{
    struct sl_node *spec = NULL, *status = NULL;
    struct sl_work w = l->w;
    bool is_match = true;
    if (l->filter_count == 0)
        return true;
    w.a = sl_arena_new("filter", SL_MIB(256)); /* most rows are forgotten again */
    sl_rc rc = sl_change_parse(&w, row->spec, &spec);
    if (rc == SL_OK)
        rc = sl_change_parse(&w, row->status, &status);
    for (size_t i = 0; i < l->filter_count && is_match; i++)
        is_match = rc == SL_OK && sl_filter_matches(&l->filters[i], row, spec, status);
    sl_arena_free(w.a);
    return is_match;
}

static sl_str kept(struct listing *l, sl_str text)
{
    sl_str copy = sl_arena_try_dup(l->c->a, text);
    if (copy.p == NULL)
        l->rc = SL_E_LIMIT;
    return copy;
}

static bool is_wanted(struct listing *l, const struct sl_row *row)
{
    return sl_actor_may(&l->c->actor, l->permission, row->workspace, row->team) &&
           (l->search.n == 0 || sl_str_find_str(row->name, l->search) != SIZE_MAX) &&
           matches(l, row);
}

static bool collect(const struct sl_row *row, void *arg)
{
    struct listing *l = arg;
    if (!is_wanted(l, row))
        return true;
    if (l->n == l->limit) {
        l->has_more = true;
        return false;
    }
    struct sl_row *copy = &l->rows[l->n++];
    *copy = *row;
    sl_str *texts[] = {&copy->id,   &copy->kind,   &copy->name,       &copy->workspace, &copy->team,
                       &copy->spec, &copy->status, &copy->created_by, &copy->updated_by};
    for (size_t i = 0; i < SL_LEN(texts); i++)
        *texts[i] = kept(l, *texts[i]);
    return l->rc == SL_OK;
}

/* ------------------------------------------------------------------ those of files */

static bool refers(struct listing *l, const struct sl_row *row)
{
    struct sl_node *spec;
    struct sl_ref *refs;
    if (l->query.target.p == NULL)
        return true;
    if (sl_change_parse(&l->w, row->spec, &spec) != SL_OK)
        return false;
    size_t n = sl_resource_refs(l->c->type, spec, l->c->a, &refs);
    for (size_t i = 0; i < n; i++) {
        if (sl_str_eq(refs[i].kind, l->query.target_kind) &&
            sl_str_eq(refs[i].name, l->query.target))
            return true;
    }
    return false;
}

static bool is_wanted_of_file(const struct sl_row *row, void *arg)
{
    struct listing *l = arg;
    bool is_near = l->query.workspace.p == NULL || sl_str_eq(row->workspace, l->query.workspace);
    return is_near && is_wanted(l, row) && refers(l, row);
}

/* Two lists in order become one, of at most `limit`. */
static void merge(struct listing *l, const struct sl_row *filed, size_t n)
{
    struct sl_row *all = sl_arena_array(l->c->a, struct sl_row, l->limit);
    size_t i = 0, k = 0, count = 0;
    while (count < l->limit && (i < l->n || k < n)) {
        bool is_filed = i == l->n || (k < n && sl_row_is_before(&filed[k], &l->rows[i], &l->query));
        all[count++] = is_filed ? filed[k++] : l->rows[i++];
    }
    l->has_more = l->has_more || i < l->n || k < n;
    l->rows = all;
    l->n = count;
}

static sl_rc add_filed(struct listing *l)
{
    struct sl_filed_query query = {.type = l->c->type,
                                   .rows = &l->query,
                                   .is_wanted = is_wanted_of_file,
                                   .arg = l,
                                   .limit = l->limit + 1};
    struct sl_row *rows;
    size_t n;
    sl_rc rc = sl_filed_list(&l->w, &query, &rows, &n);
    if (rc == SL_OK && n != 0)
        merge(l, rows, n);
    return rc;
}

/* ------------------------------------------------------------------ the answer */

static struct sl_node *chosen(struct listing *l, struct sl_node *item)
{
    if (l->field_count == 0) {
        if (l->c->type->large != NULL)
            (void)sl_tree_take(item, sl_cstr(l->c->type->large)); /* it need not be there */
        return item;
    }
    struct sl_node *out = sl_tree_map(l->c->a);
    for (size_t i = 0; i < l->field_count; i++) {
        struct sl_node *n = sl_tree_take(item, l->fields[i]);
        if (n != NULL)
            sl_tree_put(out, l->fields[i], n);
    }
    return out;
}

static void answer(struct listing *l)
{
    struct sl_call *c = l->c;
    struct sl_node *body = sl_tree_map(c->a);
    struct sl_tree_tail items = sl_tree_tail(c->a);
    for (size_t i = 0; i < l->n && l->rc == SL_OK; i++) {
        struct sl_node *item = NULL;
        l->rc = sl_change_render(&l->w, c->type, &l->rows[i], NULL, &item);
        if (l->rc == SL_OK)
            sl_tree_add(&items, chosen(l, item));
    }
    sl_tree_put(body, SL_STR("items"), items.list);
    if (l->has_more)
        sl_tree_put_str(c->a, body, "next_cursor", cursor_of(l, &l->rows[l->n - 1]));
    if (l->rc == SL_OK)
        sl_call_tree(c, 200, body);
    else
        sl_call_fail(c, l->rc, NULL);
}

void sl_api_list(struct sl_call *c)
{
    struct listing *l = sl_arena_new_of(c->a, struct listing);
    *l = (struct listing){.c = c,
                          .query = {.kind = sl_cstr(c->type->kind)},
                          .limit = LIMIT_DEFAULT,
                          .permission = read_permission(c)};
    if (!set_parameters(l, false) || !set_parameters(l, true) || !sl_call_read(c, &l->w))
        return;
    l->rows = sl_arena_array(c->a, struct sl_row, l->limit);
    sl_rc rc = sl_work_fail(&l->w, sl_rows_each(l->w.tx, &l->query, collect, l));
    if (rc == SL_OK)
        rc = sl_work_fail(&l->w, add_filed(l));
    sl_tx_rollback(l->w.tx);
    if (l->rc == SL_OK)
        l->rc = rc;
    answer(l);
}
