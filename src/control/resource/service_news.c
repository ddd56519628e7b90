/*
 * What was new for callers when a release went live: a small row of kind "news" for each time, so that people who
 * use services read what changed at the cost of what they read, and never that of what was published. It says
 * what the comparison of releases says, of operations and what they take and give: never who published, or where
 * the service runs.
 *
 * A release that more people may find than the one before is told as a first one: what was before was not theirs.
 */
#include "base/fmt.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "control/apidiff.h"
#include "control/resource/service_int.h"
#include "control/settings.h"

enum {
    OPERATIONS_MAX = 50, /* that are told each; all are counted */
    DETAILS_MAX = 4,     /* of one */
    TEXT_BYTES_MAX = 200,
    READ_BYTES = SL_MIB(160), /* of memory for the release before ... */
    MADE_BYTES = SL_MIB(64),  /* ... and for what is told, which is short */
    KEPT_OF_SERVICE = 200,
    FORGOTTEN_MAX = 100, /* each time: more than come */
};

static sl_str brief(sl_str text)
{
    sl_str head = sl_str_head(text, TEXT_BYTES_MAX);
    return sl_str_head(head, sl_utf8_valid_prefix(head));
}

static void put_brief(struct sl_arena *a, struct sl_node *to, const char *name, sl_str text)
{
    if (text.n != 0)
        sl_tree_put_str(a, to, name, brief(text));
}

static bool is_equal(sl_str text, const char *other)
{
    return sl_str_eq(text, sl_cstr(other));
}

/* ------------------------------------------------------------------ by operation */

/* What is told of one operation: changes that stand one after the other. */
struct group {
    const struct sl_node *first, *end; /* of the changes; the end is not of them */
    bool is_breaking;
    sl_str kind;
};

static struct group group_at(const struct sl_node *first)
{
    struct group g = {.first = first, .kind = sl_tree_text(first, "kind")};
    const struct sl_node *n = first;
    for (; n != NULL && sl_str_eq(sl_tree_text(n, "operation"), sl_tree_text(first, "operation"));
         n = n->next) {
        g.is_breaking = g.is_breaking || is_equal(sl_tree_text(n, "level"), "breaking");
        if (is_equal(sl_tree_text(n, "kind"), "deprecated"))
            g.kind = sl_tree_text(n, "kind");
    }
    g.end = n;
    return g;
}

static const struct {
    const char *kind, *count;
} kinds[] = {{"added", "added"},
             {"removed", "removed"},
             {"deprecated", "deprecated"},
             {"changed", "changed"}};

struct counts {
    int64_t of[SL_LEN(kinds)], breaking;
};

static void count(struct counts *counts, const struct group *g)
{
    counts->breaking += g->is_breaking;
    for (size_t i = 0; i < SL_LEN(kinds); i++)
        counts->of[i] += is_equal(g->kind, kinds[i].kind);
}

struct telling {
    struct sl_arena *a;
    const struct sl_node *before, *after;
    struct sl_tree_tail told;
    size_t n;
};

/* Is it called so: "GET /orders"? */
static bool is_called(const struct sl_node *operation, sl_str name)
{
    sl_str method = sl_tree_text(operation, "method"), path = sl_tree_text(operation, "path");
    return name.n == method.n + 1 + path.n && sl_str_starts(name, method) &&
           sl_str_eq(sl_str_from(name, method.n + 1), path);
}

/* There may be many, of which few are told: no index is made of them. */
static const struct sl_node *find_operation(const struct sl_node *config, sl_str name)
{
    const struct sl_node *list = sl_node_get(config, SL_STR("operations"));
    const struct sl_node *n = list != NULL ? list->children : NULL;
    while (n != NULL && !is_called(n, name))
        n = n->next;
    return n;
}

/* As it is, or was. */
static const struct sl_node *operation_of(const struct telling *t, sl_str name)
{
    const struct sl_node *n = find_operation(t->after, name);
    return n != NULL ? n : find_operation(t->before, name);
}

static struct sl_node *details_of(struct sl_arena *a, const struct group *g)
{
    struct sl_tree_tail list = sl_tree_tail(a);
    size_t told = 0;
    for (const struct sl_node *n = g->first; n != g->end && told < DETAILS_MAX; n = n->next) {
        if (!is_equal(sl_tree_text(n, "kind"), "changed"))
            continue;
        struct sl_node *one = sl_tree_map(a);
        bool is_breaking = is_equal(sl_tree_text(n, "level"), "breaking");
        sl_tree_put(one, SL_STR("is_breaking"), sl_tree_bool(a, is_breaking));
        put_brief(a, one, "where", sl_tree_text(n, "where"));
        put_brief(a, one, "detail", sl_tree_text(n, "detail"));
        sl_tree_add(&list, one);
        told++;
    }
    return list.list;
}

static void tell_operation(struct telling *t, const struct group *g)
{
    static const char *const of_operation[] = {"id", "method", "path", "summary"};
    if (t->n++ >= OPERATIONS_MAX)
        return;
    const struct sl_node *operation = operation_of(t, sl_tree_text(g->first, "operation"));
    struct sl_node *one = sl_tree_map(t->a), *details = details_of(t->a, g);
    sl_tree_put_str(t->a, one, "change", g->kind);
    sl_tree_put(one, SL_STR("is_breaking"), sl_tree_bool(t->a, g->is_breaking));
    for (size_t i = 0; i < SL_LEN(of_operation) && operation != NULL; i++)
        put_brief(t->a, one, of_operation[i], sl_tree_text(operation, of_operation[i]));
    if (details->child_count != 0)
        sl_tree_put(one, SL_STR("details"), details);
    sl_tree_add(&t->told, one);
}

/* Those that break callers first: there may be more than are told. */
static struct counts tell_operations(struct telling *t, const struct sl_apidiff *d)
{
    struct counts counts = {0};
    for (int is_breaking = 1; is_breaking >= 0; is_breaking--) {
        for (const struct sl_node *n = d->changes->children; n != NULL;) {
            struct group g = group_at(n);
            if (g.is_breaking == (is_breaking == 1)) {
                tell_operation(t, &g);
                count(&counts, &g);
            }
            n = g.end;
        }
    }
    return counts;
}

static void put_difference(struct sl_arena *a, struct sl_node *news, const struct sl_node *before,
                           const struct sl_node *after)
{
    struct telling t = {.a = a, .before = before, .after = after, .told = sl_tree_tail(a)};
    struct sl_apidiff d;
    sl_apidiff(before, after, a, &d);
    struct counts counts = tell_operations(&t, &d);
    struct sl_node *of = sl_tree_map(a);
    for (size_t i = 0; i < SL_LEN(kinds); i++)
        sl_tree_put(of, sl_cstr(kinds[i].count), sl_tree_i64(a, counts.of[i]));
    sl_tree_put(of, SL_STR("breaking"), sl_tree_i64(a, counts.breaking));
    sl_tree_put(news, SL_STR("counts"), of);
    sl_tree_put(news, SL_STR("is_cut"), sl_tree_bool(a, d.is_cut || t.n > OPERATIONS_MAX));
    sl_tree_put(news, SL_STR("operations"), t.told.list);
}

/* ------------------------------------------------------------------ who may find it */

static int reach_of(const struct sl_node *config)
{
    static const char *const visibilities[] = {"private", "workspace", "public"};
    for (size_t i = 1; i < SL_LEN(visibilities); i++) {
        if (is_equal(sl_tree_text(config, "visibility"), visibilities[i]))
            return (int)i;
    }
    return 0;
}

/* What callers had before; NULL: nothing, or it takes too much memory. */
static sl_rc read_before(const struct sl_change *c, struct sl_arena *a, const struct sl_node **ret)
{
    int64_t live = sl_service_number(c->status, "live_release"),
            was = sl_service_number(c->status, "offline_release");
    struct sl_work w = *c->work;
    struct sl_row row;
    const struct sl_node *release = NULL;
    *ret = NULL;
    if (live == 0 && was == 0)
        return SL_OK;
    w.a = a;
    w.d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(w.d, a);
    sl_arena_keep(a, SL_MIB(1));
    sl_str name = sl_fmt(a, "%.*s:%lld", SL_STRF(c->row.name), (long long)(live != 0 ? live : was));
    sl_rc rc = sl_row_by_name(w.tx, SL_STR("release"), name, a, &row);
    if (rc == SL_OK)
        rc = sl_json_to_node(row.spec, SL_STR(""), a, w.d, &release);
    if (rc == SL_OK)
        *ret = sl_node_get(release, SL_STR("config"));
    if (rc == SL_E_STORE)
        return rc;
    if (rc != SL_OK)
        sl_log(c->work->control->config.log, WARN, "release is not compared for the portal",
               SL_KV_STR("service", c->row.name), SL_KV_ERR("reason", rc));
    return SL_OK;
}

/* ------------------------------------------------------------------ the row */

struct forgetting {
    struct sl_arena *a;
    size_t spared; /* that are passed first */
    size_t n;
    sl_str ids[FORGOTTEN_MAX];
};

static bool note_old(const struct sl_row *row, void *arg)
{
    struct forgetting *f = arg;
    if (f->spared > 0)
        f->spared--;
    else
        f->ids[f->n++] = sl_arena_dup(f->a, row->id);
    return f->n < FORGOTTEN_MAX;
}

/* But for the first `spared` that are found. */
static sl_rc forget(struct sl_work *w, const struct sl_row_query *query, size_t spared)
{
    struct forgetting f = {.a = w->a, .spared = spared};
    sl_rc rc = sl_rows_each(w->tx, query, note_old, &f);
    for (size_t i = 0; i < f.n && rc == SL_OK; i++)
        rc = sl_row_delete(w->tx, f.ids[i]);
    return rc;
}

/* The newest of a service, which says who may find it, goes by its age only: with it nothing is left to tell. */
static sl_rc forget_old(struct sl_work *w, sl_str service)
{
    struct sl_settings settings;
    struct sl_row_query old = {.kind = SL_SERVICE_NEWS, .order = SL_ROWS_BY_CREATED};
    struct sl_row_query of_service = {.kind = SL_SERVICE_NEWS,
                                      .order = SL_ROWS_BY_CREATED,
                                      .is_descending = true,
                                      .target_kind = SL_STR("service"),
                                      .target = service};
    sl_rc rc = sl_settings_read(w->tx, w->a, &settings);
    old.created.until_us = w->now_us - settings.changelog_kept_us;
    if (rc == SL_OK)
        rc = forget(w, &old, 0);
    return rc == SL_OK ? forget(w, &of_service, KEPT_OF_SERVICE) : rc;
}

static sl_rc insert(const struct sl_change *c, sl_str spec)
{
    struct sl_work *w = c->work;
    struct sl_ref of = {SL_STR("service"), c->row.name};
    struct sl_row row = sl_work_row(w, &c->row, SL_SERVICE_NEWS, SL_STR(""), spec);
    row.name = row.id;
    sl_rc rc = sl_row_insert(w->tx, &row);
    if (rc == SL_OK)
        rc = sl_refs_set(w->tx, row.id, &of, 1);
    return rc == SL_OK ? forget_old(w, c->row.name) : rc;
}

/* Callers must go elsewhere. */
static void put_move(struct sl_arena *a, struct sl_node *news, const struct sl_node *before,
                     const struct sl_node *after)
{
    sl_str was = sl_tree_text(before, "prefix"), is = sl_tree_text(after, "prefix");
    if (sl_str_eq(was, is))
        return;
    struct sl_node *move = sl_tree_map(a);
    sl_tree_put_str(a, move, "before", brief(was));
    sl_tree_put_str(a, move, "after", brief(is));
    sl_tree_put(news, SL_STR("prefix"), move);
}

static sl_str news_of(const struct sl_change *c, struct sl_arena *a, const struct sl_node *before,
                      const struct sl_node *config, int64_t number, sl_str reason)
{
    struct sl_node *news = sl_tree_map(a);
    bool is_first = before == NULL || reach_of(config) > reach_of(before);
    sl_str visibility = sl_tree_text(config, "visibility");
    sl_tree_put_str(a, news, "service", c->row.name);
    sl_tree_put(news, SL_STR("number"), sl_tree_i64(a, number));
    sl_tree_put_str(a, news, "reason", reason);
    sl_tree_put_str(a, news, "visibility", visibility);
    put_brief(a, news, "title", sl_tree_text(config, "title"));
    sl_tree_put(news, SL_STR("is_first"), sl_tree_bool(a, is_first));
    if (!is_first) {
        put_difference(a, news, before, config);
        put_move(a, news, before, config);
    }
    return sl_tree_json(news, a);
}

sl_rc sl_service_tell(const struct sl_change *c, const struct sl_node *config, int64_t number,
                      sl_str reason)
{
    struct sl_arena *read = sl_arena_new("release before", READ_BYTES);
    struct sl_arena *a = sl_arena_new("news", MADE_BYTES);
    const struct sl_node *before = NULL;
    sl_rc rc = read_before(c, read, &before);
    if (rc == SL_OK)
        rc = insert(c, news_of(c, a, before, config, number, reason));
    sl_arena_free(a);
    sl_arena_free(read);
    return sl_work_fail(c->work, rc);
}
