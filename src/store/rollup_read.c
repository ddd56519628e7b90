#include "store/rollup_read.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/rollup_extent.h"
#include "store/rollup_int.h"

struct series {
    int64_t id;
    struct sl_rollup_group *group;
};

struct reading {
    struct sl_db *db;
    const struct sl_rollup_query *query;
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_rollup_result *result;
    size_t steps;
    enum sl_rollup_view view;
    int64_t kept_from_s[SL_TIER_COUNT]; /* rows that begin then or later are there */
    struct sl_rollup_extents extents;

    struct series *series; /* those that pass the filters, by rising id */
    size_t series_count;
    struct sl_map groups;
    size_t cells;
};

/* ------------------------------------------------------------------ which rows there are */

static sl_rc read_kept(struct sl_db *db, enum sl_rollup_tier tier, int64_t now_s, int64_t *ret_s)
{
    struct sl_query *q = sl_db_query(db, "SELECT value FROM rollup_state WHERE name = ?");
    int64_t keep_s = 0;
    sl_query_text(q, 1, sl_cstr(sl_rollup_keep_names[tier]));
    if (sl_query_row(q))
        keep_s = sl_query_i64_at(q, 0);
    *ret_s = keep_s != 0 ? now_s - keep_s : INT64_MIN;
    return sl_query_end(q);
}

static sl_rc read_keep(struct reading *r, int64_t now_s)
{
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < SL_TIER_COUNT && rc == SL_OK; i++)
        rc = read_kept(r->db, (enum sl_rollup_tier)i, now_s, &r->kept_from_s[i]);
    return rc;
}

static unsigned wanted(const struct sl_rollup_query *query)
{
    unsigned mask = query->group;
    for (size_t i = 0; i < query->filter_count; i++)
        mask |= 1u << query->filters[i].dimension;
    return mask;
}

/* One that has what is asked for, and all requests of that time. */
static enum sl_rollup_view choose_view(const struct reading *r)
{
    unsigned mask = wanted(r->query);
    for (size_t i = 0; i < SL_VIEW_COUNT; i++) {
        if ((mask & ~sl_rollup_views[i]) == 0 &&
            r->extents.of[SL_TIER_MINUTE][i].since_s <= r->query->edges_s[0])
            return (enum sl_rollup_view)i;
    }
    return SL_VIEW_ALL;
}

/* ------------------------------------------------------------------ series and groups */

static struct sl_rollup_cell **new_steps(struct reading *r)
{
    return r->steps > 1 ? sl_arena_array(r->a, struct sl_rollup_cell *, r->steps) : NULL;
}

static struct sl_rollup_group *group_of(struct reading *r, const sl_str *dims)
{
    struct sl_strbuf key;
    sl_strbuf_init(&key, r->a, 0);
    for (size_t i = 0; i < SL_DIM_COUNT; i++) {
        sl_str v = (r->query->group & 1u << i) != 0 ? dims[i] : (sl_str){0};
        sl_strbuf_add_u64(&key, v.n);
        sl_strbuf_add_char(&key, ':');
        sl_strbuf_add(&key, v);
    }
    struct sl_rollup_group *g = sl_map_get(&r->groups, sl_strbuf_str(&key));
    if (g != NULL)
        return g;
    g = sl_arena_new_of(r->a, struct sl_rollup_group);
    for (size_t i = 0; i < SL_DIM_COUNT; i++)
        g->dims[i] = (r->query->group & 1u << i) != 0 ? sl_arena_dup(r->a, dims[i]) : SL_STR("");
    (void)sl_map_put(&r->groups, sl_strbuf_str(&key), g);
    return g;
}

/* " AND consumer IN (?, ?)" for each dimension that is filtered by */
static void add_filter(struct sl_strbuf *sql, const struct sl_rollup_query *query, size_t dim)
{
    size_t n = 0;
    for (size_t i = 0; i < query->filter_count; i++)
        n += query->filters[i].dimension == dim;
    if (n != 0)
        sl_strbuf_addf(sql, " AND %.*s IN (?", SL_STRF(sl_dimension_names[dim]));
    for (size_t i = 1; i < n; i++)
        sl_strbuf_add(sql, SL_STR(", ?"));
    if (n != 0)
        sl_strbuf_add_char(sql, ')');
}

/* Of the view's series those that pass the filters; `what` are columns. */
static struct sl_query *query_series(struct reading *r, const char *what, const char *order)
{
    const struct sl_rollup_query *query = r->query;
    struct sl_strbuf sql;
    sl_strbuf_init(&sql, r->a, 0);
    sl_strbuf_addf(&sql, "SELECT %s FROM rollup_series WHERE view = ?", what);
    for (size_t dim = 0; dim < SL_DIM_COUNT; dim++)
        add_filter(&sql, query, dim);
    sl_strbuf_addf(&sql, "%s", order);
    struct sl_query *q = sl_db_query(r->db, sl_strbuf_str(&sql).p);
    int at = 1;
    sl_query_i64(q, at++, sl_rollup_view_numbers[r->view]);
    for (size_t dim = 0; dim < SL_DIM_COUNT; dim++) {
        for (size_t i = 0; i < query->filter_count; i++) {
            if (query->filters[i].dimension == dim)
                sl_query_text(q, at++, query->filters[i].value);
        }
    }
    return q;
}

static sl_rc count_series(struct reading *r, size_t *ret)
{
    struct sl_query *q = query_series(r, "count(*)", "");
    *ret = sl_query_row(q) ? (size_t)sl_query_i64_at(q, 0) : 0;
    return sl_query_end(q);
}

static const char series_columns[] = "id"
#define X(ID, name, help) ", " #name
#include "store/rollup_dimension.def"
#undef X
    ;

static sl_rc read_series(struct reading *r)
{
    size_t n = 0;
    sl_rc rc = count_series(r, &n);
    if (rc != SL_OK)
        return rc;
    struct sl_query *q = query_series(r, series_columns, " ORDER BY id");
    r->series = sl_arena_array(r->a, struct series, n);
    while (r->series_count < n && sl_query_row(q)) {
        sl_str dims[SL_DIM_COUNT];
        for (size_t i = 0; i < SL_DIM_COUNT; i++)
            dims[i] = sl_query_text_at(q, 1 + (int)i);
        r->series[r->series_count++] =
            (struct series){.id = sl_query_i64_at(q, 0), .group = group_of(r, dims)};
    }
    return sl_query_end(q);
}

static struct sl_rollup_group *find_group(const struct reading *r, int64_t id)
{
    size_t from = 0, until = r->series_count;
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        if (r->series[middle].id == id)
            return r->series[middle].group;
        if (r->series[middle].id < id)
            from = middle + 1;
        else
            until = middle;
    }
    return NULL; /* it is not wanted, or came after the series were read */
}

/* ------------------------------------------------------------------ adding up */

static size_t step_of(const struct reading *r, int64_t start_s)
{
    const int64_t *edges = r->query->edges_s;
    size_t from = 0, until = r->steps - 1; /* the last step that begins at or before it */
    while (from < until) {
        size_t middle = until - (until - from) / 2;
        if (edges[middle] <= start_s)
            from = middle;
        else
            until = middle - 1;
    }
    return from;
}

/* NULL: that would be too many. */
static struct sl_rollup_cell *step_cell(struct reading *r, struct sl_rollup_group *g, size_t step)
{
    if (g->steps == NULL)
        g->steps = new_steps(r);
    if (g->steps[step] == NULL && r->cells++ < SL_ROLLUP_CELLS_MAX)
        g->steps[step] = sl_arena_new_of(r->a, struct sl_rollup_cell);
    return g->steps[step];
}

/* Into its step only: what steps come to is added up once, at the end. */
static sl_rc add_row(struct reading *r, struct sl_query *q)
{
    struct sl_rollup_group *g = find_group(r, sl_query_i64_at(q, 1));
    if (g == NULL)
        return SL_OK;
    struct sl_rollup_cell *cell =
        r->steps == 1 ? &g->total : step_cell(r, g, step_of(r, sl_query_i64_at(q, 0)));
    return cell != NULL ? sl_rollup_add_row(q, 2, r->a, cell) : SL_E_LIMIT;
}

/* Both in the order of add_row. */
static const char range_sql[] = "SELECT start_s, series"
#define X(ID, column, value) ", " #column
#include "store/rollup_sum.def"
#undef X
#define X(ID, name, side, fallback, text) ", tokens_" #name
#include "ai/usage_bucket.def"
#undef X
                                ", took, first_byte FROM rollup WHERE tier = ? AND view = ? "
                                "AND start_s >= ? AND start_s < ? ORDER BY start_s, series";
static const char one_sql[] = "SELECT start_s, series"
#define X(ID, column, value) ", " #column
#include "store/rollup_sum.def"
#undef X
#define X(ID, name, side, fallback, text) ", tokens_" #name
#include "ai/usage_bucket.def"
#undef X
                              ", took, first_byte FROM rollup WHERE tier = ? AND view = ? "
                              "AND start_s = ? AND series = ?";

static struct sl_query *query_rows(struct sl_db *db, const char *sql, enum sl_rollup_tier tier,
                                   enum sl_rollup_view view, int64_t third, int64_t fourth)
{
    struct sl_query *q = sl_db_query(db, sql);
    sl_query_i64(q, 1, sl_rollup_tier_numbers[tier]);
    sl_query_i64(q, 2, sl_rollup_view_numbers[view]);
    sl_query_i64(q, 3, third);
    sl_query_i64(q, 4, fourth);
    return q;
}

struct sl_query *sl_rollup_query_rows(struct sl_db *db, enum sl_rollup_tier tier,
                                      enum sl_rollup_view view, int64_t from_s, int64_t to_s)
{
    return query_rows(db, range_sql, tier, view, from_s, to_s);
}

static sl_rc add_rows(struct reading *r, struct sl_query *q)
{
    sl_rc rc = SL_OK;
    while (rc == SL_OK && sl_query_row(q))
        rc = add_row(r, q);
    sl_rc ended = sl_query_end(q);
    return rc != SL_OK ? rc : ended;
}

/* A row that is looked up costs about as much as reading this many that nobody wants. */
enum { LOOKUP_ROWS = 4 };

/* Are the few series that are wanted better looked up, one by one, than found among all rows? Judged by one instant. */
static sl_rc is_lookup(struct reading *r, enum sl_rollup_tier tier, int64_t at_s, bool *ret)
{
    *ret = false;
    if (r->query->filter_count == 0)
        return SL_OK;
    struct sl_query *q =
        sl_db_query(r->db, "SELECT count(*) FROM rollup WHERE tier = ? AND view = ? "
                           "AND start_s = ?");
    sl_query_i64(q, 1, sl_rollup_tier_numbers[tier]);
    sl_query_i64(q, 2, sl_rollup_view_numbers[r->view]);
    sl_query_i64(q, 3, at_s);
    *ret = sl_query_row(q) && (uint64_t)sl_query_i64_at(q, 0) > r->series_count * LOOKUP_ROWS;
    return sl_query_end(q);
}

static sl_rc look_up(struct reading *r, enum sl_rollup_tier tier, int64_t at_s)
{
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < r->series_count && rc == SL_OK; i++)
        rc = add_rows(r, query_rows(r->db, one_sql, tier, r->view, at_s, r->series[i].id));
    return rc;
}

static sl_rc read_rows(struct reading *r, enum sl_rollup_tier tier, int64_t from_s, int64_t to_s)
{
    int64_t size_s = sl_rollup_tier_s[tier];
    bool is_few;
    sl_rc rc = is_lookup(r, tier, to_s - size_s, &is_few);
    if (rc == SL_OK && !is_few)
        return add_rows(r, sl_rollup_query_rows(r->db, tier, r->view, from_s, to_s));
    for (int64_t at_s = from_s; at_s < to_s && rc == SL_OK; at_s += size_s)
        rc = look_up(r, tier, at_s);
    return rc;
}

/* ------------------------------------------------------------------ from when to when */

/* Of the first view: each has all requests. INT64_MAX: there is none. */
static sl_rc first_row(struct sl_db *db, enum sl_rollup_tier tier, int64_t from_s, int64_t *ret_s)
{
    struct sl_query *q =
        sl_db_query(db, "SELECT start_s FROM rollup WHERE tier = ? AND view = ? AND "
                        "start_s >= ? ORDER BY start_s LIMIT 1");
    sl_query_i64(q, 1, sl_rollup_tier_numbers[tier]);
    sl_query_i64(q, 2, sl_rollup_view_numbers[0]);
    sl_query_i64(q, 3, from_s);
    *ret_s = sl_query_row(q) ? sl_query_i64_at(q, 0) : INT64_MAX;
    return sl_query_end(q);
}

sl_rc sl_rollup_first(struct sl_db *db, enum sl_rollup_tier tier, int64_t now_s, int64_t *ret_s)
{
    int64_t kept_s;
    sl_rc rc = read_kept(db, tier, now_s, &kept_s);
    if (rc == SL_OK)
        rc = first_row(db, tier, sl_rollup_ceil(tier, SL_MAX(kept_s, (int64_t)0)), ret_s);
    for (enum sl_rollup_tier i = tier; rc == SL_OK && *ret_s == INT64_MAX && i-- != SL_TIER_MINUTE;)
        rc = first_row(db, i, 0, ret_s); /* they are not made of shorter ones yet */
    if (rc == SL_OK && *ret_s != INT64_MAX)
        *ret_s = sl_rollup_floor(tier, *ret_s);
    return rc;
}

/* Are there rows of this tier from then on? The coarsest ones are all that there is. */
static bool is_kept(const struct reading *r, size_t tier, int64_t from_s)
{
    return tier == SL_TIER_DAY ||
           sl_rollup_floor((enum sl_rollup_tier)tier, from_s) >= r->kept_from_s[tier];
}

/* The finest rows that are kept of the time of an edge. */
static enum sl_rollup_tier finest(const struct reading *r, int64_t at_s)
{
    enum sl_rollup_tier tier = SL_TIER_MINUTE;
    while (!is_kept(r, tier, at_s))
        tier++;
    return tier;
}

/* [from, to) by rows of `tier` as far as there are any, and the rest by shorter ones. */
static sl_rc cover(struct reading *r, enum sl_rollup_tier tier, int64_t from_s, int64_t to_s)
{
    const struct sl_rollup_extent *made = &r->extents.of[tier][r->view];
    if (from_s >= to_s)
        return SL_OK;
    if (tier == SL_TIER_MINUTE)
        return read_rows(r, tier, from_s, to_s);
    int64_t first_s = SL_MAX(from_s, SL_MIN(made->since_s, to_s));
    int64_t inner_from_s = sl_rollup_ceil(tier, first_s);
    int64_t inner_to_s = sl_rollup_floor(tier, SL_MIN(to_s, made->until_s));
    if (inner_from_s >= inner_to_s)
        return cover(r, tier - 1, from_s, to_s);
    sl_rc rc = cover(r, tier - 1, from_s, inner_from_s);
    if (rc == SL_OK)
        rc = read_rows(r, tier, inner_from_s, inner_to_s);
    return rc == SL_OK ? cover(r, tier - 1, inner_to_s, to_s) : rc;
}

/* The coarsest rows that no inner edge cuts. */
static enum sl_rollup_tier coarsest(const struct reading *r)
{
    enum sl_rollup_tier tier = SL_TIER_DAY;
    for (size_t i = 1; i < r->steps; i++) {
        while (tier != SL_TIER_MINUTE && r->query->edges_s[i] % sl_rollup_tier_s[tier] != 0)
            tier--;
    }
    return tier;
}

static sl_rc read_range(struct reading *r)
{
    const struct sl_rollup_query *query = r->query;
    int64_t from_s = query->edges_s[0], to_s = query->edges_s[r->steps];
    enum sl_rollup_tier tier = coarsest(r), first = finest(r, from_s);
    if (first > tier)
        return sl_diag_fail(r->d, SL_E_INVALID, "step",
                            "of a time this long ago only sums by %s are kept: take a longer step, "
                            "or a later beginning",
                            first == SL_TIER_DAY ? "day (UTC)" : "hour");
    r->result->from_s = sl_rollup_floor(first, from_s);
    r->result->to_s = sl_rollup_ceil(finest(r, to_s), to_s);
    return cover(r, tier, r->result->from_s, r->result->to_s);
}

/* ------------------------------------------------------------------ the result */

static bool has_any(const struct sl_rollup_group *g)
{
    return g->total.sums[SL_SUM_REQUESTS] != 0;
}

static void add_up_steps(struct reading *r, struct sl_rollup_group *g)
{
    for (size_t i = 0; i < r->steps && g->steps != NULL; i++) {
        if (g->steps[i] != NULL)
            sl_rollup_cell_merge(&g->total, r->a, g->steps[i]);
    }
}

static sl_rc add_to_total(struct reading *r, const struct sl_rollup_group *g)
{
    struct sl_rollup_group *total = &r->result->total;
    sl_rollup_cell_merge(&total->total, r->a, &g->total);
    for (size_t i = 0; i < r->steps && g->steps != NULL; i++) {
        struct sl_rollup_cell *cell = g->steps[i] != NULL ? step_cell(r, total, i) : NULL;
        if (cell != NULL)
            sl_rollup_cell_merge(cell, r->a, g->steps[i]);
        else if (g->steps[i] != NULL)
            return SL_E_LIMIT;
    }
    return SL_OK;
}

static sl_rc collect(struct reading *r)
{
    struct sl_rollup_result *result = r->result;
    sl_str key;
    void *v;
    sl_rc rc = SL_OK;
    result->groups = sl_arena_array(r->a, struct sl_rollup_group *, r->groups.n);
    for (size_t at = 0; rc == SL_OK && sl_map_next(&r->groups, &at, &key, &v);) {
        struct sl_rollup_group *g = v;
        add_up_steps(r, g);
        if (!has_any(g))
            continue;
        result->groups[result->group_count++] = g;
        rc = add_to_total(r, g);
    }
    for (size_t i = 0; i < SL_DIM_COUNT; i++)
        result->total.dims[i] = SL_STR("");
    return rc;
}

static sl_rc read_all(struct reading *r, int64_t now_s)
{
    sl_rc rc = read_keep(r, now_s);
    if (rc == SL_OK)
        rc = sl_rollup_extents_read(r->db, &r->extents);
    if (rc == SL_OK) {
        r->view = choose_view(r);
        rc = read_series(r);
    }
    if (rc == SL_OK)
        rc = read_range(r);
    return rc == SL_OK ? collect(r) : rc;
}

sl_rc sl_rollup_read(struct sl_db *db, const struct sl_rollup_query *query, int64_t now_s,
                     struct sl_arena *a, struct sl_rollup_result *ret, struct sl_diag *d)
{
    struct reading r = {
        .db = db, .query = query, .a = a, .d = d, .result = ret, .steps = query->edge_count - 1};
    SL_ASSERT(query->edge_count >= 2 && r.steps <= SL_ROLLUP_STEPS_MAX);
    *ret = (struct sl_rollup_result){0};
    sl_map_init(&r.groups, a, 0);
    sl_rc rc = sl_db_check_schema(db, &sl_schema_usage, d);
    if (rc != SL_OK)
        return rc;
    rc = sl_db_begin_read(db);
    if (rc == SL_OK)
        rc = read_all(&r, now_s);
    sl_db_rollback(db);
    if (rc == SL_E_LIMIT)
        return sl_diag_fail(d, rc, "step", "these are more than %d groups and steps",
                            SL_ROLLUP_CELLS_MAX);
    return rc == SL_OK || rc == SL_E_INVALID ? rc : sl_db_fail(db, rc, d);
}
