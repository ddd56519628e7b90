#include "store/rollup.h"
#include "base/str.h"
#include "store/rollup_extent.h"
#include "store/rollup_int.h"
#include "store/usage.h"

#include <stdlib.h>

/* Beyond, a batch goes to the database at once: each becomes a cell for each view and tier. */
enum { RAW_MAX = 4000, ARENA_BYTES = 1 << 30, KEY_BYTES_MAX = 8 * 1024 };

const sl_str sl_dimension_names[SL_DIM_COUNT] = {
#define X(ID, name, help) SL_STR_INIT(#name),
#include "store/rollup_dimension.def"
#undef X
};

#define BIT(ID) 1u << SL_DIM_##ID
const unsigned sl_rollup_views[SL_VIEW_COUNT] = {
#define X(ID, number, dimensions) dimensions,
#include "store/rollup_view.def"
#undef X
};
#undef BIT

const int sl_rollup_view_numbers[SL_VIEW_COUNT] = {
#define X(ID, number, dimensions) number,
#include "store/rollup_view.def"
#undef X
};

const int64_t sl_rollup_tier_s[SL_TIER_COUNT] = {
#define X(ID, number, seconds, keep) seconds,
#include "store/rollup_tier.def"
#undef X
};

const int sl_rollup_tier_numbers[SL_TIER_COUNT] = {
#define X(ID, number, seconds, keep) number,
#include "store/rollup_tier.def"
#undef X
};

const char *const sl_rollup_keep_names[SL_TIER_COUNT] = {
#define X(ID, number, seconds, keep) #keep,
#include "store/rollup_tier.def"
#undef X
};

struct dims {
    sl_str v[SL_DIM_COUNT];
};

/* What the dimensions are made of, where they are not it already. */
struct like {
    uint16_t status;
    enum sl_outcome outcome;
    enum sl_ai_usage_source source;
    sl_str account, model, model_route;
};

/* What came in a minute for one combination of all dimensions. */
struct raw {
    struct dims dims;
    struct like like; /* of its first request */
    int64_t minute_s;
    struct sl_rollup_cell cell;
};

/* A row to be. The key is compared as bytes. */
struct cell_key {
    int64_t start_s, series;
    int32_t tier, view;
};

struct row {
    struct cell_key key;
    struct sl_rollup_cell cell;
};

struct series {
    int64_t id, last_day;
};

struct sl_rollup {
    struct sl_rollup_keep keep;
    struct sl_arena *batch; /* what is not in the database yet */
    struct sl_strbuf key;   /* of what is looked for */
    struct sl_map raws;     /* -> struct raw */
    size_t raw_count;
    struct raw *latest; /* the one that was added to last: requests come in runs that are alike */

    struct sl_arena *known; /* what is in rollup_series */
    struct sl_map series;   /* key of view and dimensions -> struct series */
    size_t series_counts[SL_VIEW_COUNT];
    struct sl_rollup_extents extents;
    int64_t newest_s; /* no minute's rows begin later */
    bool is_loaded, is_keep_told;
};

/* ------------------------------------------------------------------ cells */

void sl_rollup_cell_merge(struct sl_rollup_cell *into, struct sl_arena *a,
                          const struct sl_rollup_cell *from)
{
    for (size_t i = 0; i < SL_SUM_COUNT; i++)
        into->sums[i] = sl_add_sat_i64(into->sums[i], from->sums[i]);
    sl_hist_lazy_merge(&into->took, a, &from->took);
    sl_hist_lazy_merge(&into->first_byte, a, &from->first_byte);
}

static void add_record(struct sl_rollup_cell *cell, struct sl_arena *a, const struct sl_record *r)
{
#define X(ID, column, value) \
    cell->sums[SL_SUM_##ID] = sl_add_sat_i64(cell->sums[SL_SUM_##ID], value);
#include "store/rollup_sum.def"
#undef X
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        cell->sums[SL_SUM_TOKENS + i] =
            sl_add_sat_i64(cell->sums[SL_SUM_TOKENS + i], r->usage.tokens[i]);
    sl_hist_lazy_add(&cell->took, a, (uint64_t)SL_MAX(r->took_us, 0), 1);
    if (r->first_byte_us > 0)
        sl_hist_lazy_add(&cell->first_byte, a, (uint64_t)r->first_byte_us, 1);
}

/* ------------------------------------------------------------------ what a request is of */

/*
 * Only what somebody answered: names of models that do not exist are a client's invention, and there is no end
 * of them.
 */
static sl_str model_name(const struct sl_record *r)
{
    bool is_known = r->outcome == SL_OUTCOME_OK || r->usage.source != SL_AI_USAGE_NONE;
    return r->model.n == 0 || is_known ? r->model : SL_STR("(unknown)");
}

/* Asked for as account/model, or nothing that has a name. */
static bool is_direct(const struct sl_record *r)
{
    sl_str name = r->model_route, account = r->account;
    return name.n == 0 || (name.n == account.n + 1 + r->model.n && sl_str_starts(name, account) &&
                           name.p[account.n] == '/' && sl_str_ends(name, r->model));
}

static struct dims dims_of(const struct sl_record *r, struct sl_arena *a)
{
    sl_str target = r->account.n != 0
                        ? sl_fmt(a, "%.*s/%.*s", SL_STRF(r->account), SL_STRF(model_name(r)))
                        : SL_STR("");
    return (struct dims){{
        [SL_DIM_SERVICE] = r->service,
        [SL_DIM_VERSION] = r->service_version,
        [SL_DIM_ROUTE] = r->route,
        [SL_DIM_CONSUMER] = r->consumer,
        [SL_DIM_TEAM] = r->team,
        [SL_DIM_MODEL] = is_direct(r) ? target : r->model_route,
        [SL_DIM_TARGET] = target,
        [SL_DIM_VENDOR] = r->vendor,
        [SL_DIM_STATUS] = sl_fmt(a, "%u", (unsigned)r->status),
        [SL_DIM_OUTCOME] = sl_usage_outcome_name(r->outcome),
    }};
}

/*
 * Bytes that only these dimensions have: each with its length before it. Valid until the next one, unless it is
 * copied.
 */
static sl_str key_of(struct sl_rollup *u, int64_t number, const struct dims *dims, unsigned mask)
{
    sl_strbuf_clear(&u->key);
    sl_strbuf_add(&u->key, (sl_str){(const char *)&number, sizeof(number)});
    for (size_t i = 0; i < SL_DIM_COUNT; i++) {
        sl_str v = (mask & 1u << i) != 0 ? dims->v[i] : (sl_str){0};
        sl_strbuf_add(&u->key, (sl_str){(const char *)&v.n, sizeof(v.n)});
        sl_strbuf_add(&u->key, v);
    }
    return sl_strbuf_str(&u->key);
}

/* ------------------------------------------------------------------ series */

static const char insert_series_sql[] = "INSERT INTO rollup_series (view, last_day"
#define X(ID, name, help) ", " #name
#include "store/rollup_dimension.def"
#undef X
                                        ") VALUES (?, ?"
#define X(ID, name, help) ", ?"
#include "store/rollup_dimension.def"
#undef X
                                        ") RETURNING id";

/* SL_VIEW_COUNT: it is another program's. */
static size_t view_of(int64_t number)
{
    size_t view = 0;
    while (view < SL_VIEW_COUNT && sl_rollup_view_numbers[view] != number)
        view++;
    return view;
}

static void remember(struct sl_rollup *u, sl_str key, size_t view, struct series s)
{
    struct series *known = sl_arena_new_of(u->known, struct series);
    *known = s;
    (void)sl_map_put(&u->series, sl_arena_dup(u->known, key), known);
    u->series_counts[view]++;
}

static sl_rc load_series(struct sl_rollup *u, struct sl_db *db)
{
    struct sl_query *q = sl_db_query(db, "SELECT id, view, last_day"
#define X(ID, name, help) ", " #name
#include "store/rollup_dimension.def"
#undef X
                                         " FROM rollup_series");
    while (sl_query_row(q)) {
        struct dims dims;
        size_t view = view_of(sl_query_i64_at(q, 1));
        for (size_t i = 0; i < SL_DIM_COUNT; i++)
            dims.v[i] = sl_query_text_at(q, 3 + (int)i);
        if (view != SL_VIEW_COUNT)
            remember(u, key_of(u, (int64_t)view, &dims, SL_DIM_ALL), view,
                     (struct series){sl_query_i64_at(q, 0), sl_query_i64_at(q, 2)});
    }
    return sl_query_end(q);
}

static sl_rc insert_series(struct sl_rollup *u, struct sl_db *db, size_t view,
                           const struct dims *dims, sl_str key, int64_t day)
{
    struct sl_query *q = sl_db_query(db, insert_series_sql);
    struct series made = {.last_day = day};
    sl_query_i64(q, 1, sl_rollup_view_numbers[view]);
    sl_query_i64(q, 2, day);
    for (size_t i = 0; i < SL_DIM_COUNT; i++)
        sl_query_text(q, 3 + (int)i,
                      (sl_rollup_views[view] & 1u << i) != 0 ? dims->v[i] : SL_STR(""));
    if (sl_query_row(q))
        made.id = sl_query_i64_at(q, 0);
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK)
        remember(u, key, view, made);
    return rc;
}

/* So that a series is taken out only when nothing can be of it any more. */
static sl_rc touch_series(struct sl_db *db, struct series *s, int64_t day)
{
    struct sl_query *q = sl_db_query(db, "UPDATE rollup_series SET last_day = ? WHERE id = ?");
    sl_query_i64(q, 1, day);
    sl_query_i64(q, 2, s->id);
    s->last_day = day;
    return sl_query_run(q);
}

static const struct dims *other_dims(void)
{
    static const struct dims other = {{
#define X(ID, name, help) SL_STR_INIT("(other)"),
#include "store/rollup_dimension.def"
#undef X
    }};
    return &other;
}

static sl_rc find_series(struct sl_rollup *u, struct sl_db *db, size_t view,
                         const struct dims *dims, int64_t day, int64_t *ret_id)
{
    unsigned mask = sl_rollup_views[view];
    sl_str key = key_of(u, (int64_t)view, dims, mask);
    struct series *s = sl_map_get(&u->series, key);
    if (s == NULL && u->series_counts[view] >= SL_ROLLUP_SERIES_MAX) {
        dims = other_dims();
        key = key_of(u, (int64_t)view, dims, mask);
        s = sl_map_get(&u->series, key);
    }
    sl_rc rc = SL_OK;
    if (s == NULL)
        rc = insert_series(u, db, view, dims, key, day);
    else if (s->last_day < day)
        rc = touch_series(db, s, day);
    if (rc != SL_OK)
        return rc;
    s = sl_map_get(&u->series, key);
    *ret_id = s->id;
    return SL_OK;
}

/* ------------------------------------------------------------------ rows */

static const char select_sql[] = "SELECT "
#define X(ID, column, value) #column ", "
#include "store/rollup_sum.def"
#undef X
#define X(ID, name, side, fallback, text) "tokens_" #name ", "
#include "ai/usage_bucket.def"
#undef X
                                 "took, first_byte FROM rollup WHERE tier = ? AND view = ? "
                                 "AND start_s = ? AND series = ?";

static const char replace_sql[] = "INSERT OR REPLACE INTO rollup (tier, view, start_s, series"
#define X(ID, column, value) ", " #column
#include "store/rollup_sum.def"
#undef X
#define X(ID, name, side, fallback, text) ", tokens_" #name
#include "ai/usage_bucket.def"
#undef X
                                  ", took, first_byte) VALUES (?, ?, ?, ?"
#define X(...) ", ?"
#include "store/rollup_sum.def"
#include "ai/usage_bucket.def"
#undef X
                                  ", ?, ?)";

sl_rc sl_rollup_add_row(struct sl_query *q, int at, struct sl_arena *a, struct sl_rollup_cell *into)
{
    for (int i = 0; i < SL_SUM_COUNT; i++)
        into->sums[i] = sl_add_sat_i64(into->sums[i], sl_query_i64_at(q, at + i));
    bool is_good =
        sl_hist_lazy_read(&into->took, a, sl_query_text_at(q, at + SL_SUM_COUNT)) &&
        sl_hist_lazy_read(&into->first_byte, a, sl_query_text_at(q, at + SL_SUM_COUNT + 1));
    return is_good ? SL_OK : SL_E_SYNTAX;
}

static void bind_key(struct sl_query *q, const struct cell_key *key)
{
    sl_query_i64(q, 1, sl_rollup_tier_numbers[key->tier]);
    sl_query_i64(q, 2, sl_rollup_view_numbers[key->view]);
    sl_query_i64(q, 3, key->start_s);
    sl_query_i64(q, 4, key->series);
}

/* Add what the database has of the row already. */
static sl_rc add_stored(struct sl_rollup *u, struct sl_db *db, struct row *row)
{
    struct sl_query *q = sl_db_query(db, select_sql);
    sl_rc rc = SL_OK;
    bind_key(q, &row->key);
    if (sl_query_row(q))
        rc = sl_rollup_add_row(q, 0, u->batch, &row->cell);
    sl_rc ended = sl_query_end(q);
    return ended != SL_OK ? ended : rc;
}

static sl_rc write_row(struct sl_rollup *u, struct sl_db *db, struct row *row)
{
    struct sl_strbuf took, first_byte;
    struct sl_query *q = sl_db_query(db, replace_sql);
    sl_strbuf_init(&took, u->batch, 0);
    sl_strbuf_init(&first_byte, u->batch, 0);
    sl_hist_lazy_write(&row->cell.took, &took);
    sl_hist_lazy_write(&row->cell.first_byte, &first_byte);
    bind_key(q, &row->key);
    for (int i = 0; i < SL_SUM_COUNT; i++)
        sl_query_i64(q, 5 + i, row->cell.sums[i]);
    sl_query_text(q, 5 + SL_SUM_COUNT, sl_strbuf_str(&took));
    sl_query_text(q, 6 + SL_SUM_COUNT, sl_strbuf_str(&first_byte));
    return sl_query_run(q);
}

/* As the table has them, so that rows that are written one after another are neighbours. */
static int compare_rows(const void *a, const void *b)
{
    const struct cell_key *x = &(*(const struct row *const *)a)->key;
    const struct cell_key *y = &(*(const struct row *const *)b)->key;
    const int64_t differences[] = {x->tier - y->tier, x->view - y->view, x->start_s - y->start_s,
                                   x->series - y->series};
    for (size_t i = 0; i < SL_LEN(differences); i++) {
        if (differences[i] != 0)
            return differences[i] < 0 ? -1 : 1;
    }
    return 0;
}

static struct row **sort_rows(const struct sl_map *rows, struct sl_arena *a)
{
    struct row **sorted = sl_arena_array(a, struct row *, rows->n);
    sl_str key;
    void *v;
    for (size_t at = 0, n = 0; sl_map_next(rows, &at, &key, &v);)
        sorted[n++] = v;
    qsort(sorted, rows->n, sizeof(*sorted), compare_rows);
    return sorted;
}

/* What came, with what the database has of it. */
static sl_rc update_row(struct sl_rollup *u, struct sl_db *db, struct row *row)
{
    bool is_new = row->key.tier == SL_TIER_MINUTE && row->key.start_s > u->newest_s;
    sl_rc rc = is_new ? SL_OK : add_stored(u, db, row);
    return rc == SL_OK ? write_row(u, db, row) : rc;
}

typedef sl_rc row_fn(struct sl_rollup *u, struct sl_db *db, struct row *row);

static sl_rc each_row(struct sl_rollup *u, struct sl_db *db, const struct sl_map *rows, row_fn *fn)
{
    struct row **sorted = sort_rows(rows, u->batch);
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < rows->n && rc == SL_OK; i++)
        rc = fn(u, db, sorted[i]);
    return rc;
}

/* ------------------------------------------------------------------ a batch */

static bool is_kept(const struct sl_rollup *u, size_t tier, int64_t start_s, int64_t now_s)
{
    int64_t keep_s = u->keep.tier_s[tier];
    return keep_s == 0 || start_s + sl_rollup_tier_s[tier] > now_s - keep_s;
}

/* Are the rows of this time made already, so that others are not made into it any more? */
static bool is_made(const struct sl_rollup *u, size_t tier, size_t view, int64_t start_s)
{
    return tier == SL_TIER_MINUTE || start_s < u->extents.of[tier][view].until_s;
}

/* Is a request of this minute to be added to the tier? Also to what is not kept when longer rows are made of it. */
static bool is_wanted(const struct sl_rollup *u, size_t tier, size_t view, int64_t minute_s,
                      int64_t now_s)
{
    int64_t start_s = sl_rollup_floor(tier, minute_s);
    if (!is_made(u, tier, view, start_s))
        return false;
    return is_kept(u, tier, start_s, now_s) ||
           (tier + 1 < SL_TIER_COUNT &&
            !is_made(u, tier + 1, view, sl_rollup_floor(tier + 1, minute_s)));
}

static struct row *find_or_add_row(struct sl_map *rows, struct sl_arena *a,
                                   const struct cell_key *key)
{
    struct row *row = sl_map_get(rows, (sl_str){(const char *)key, sizeof(*key)});
    if (row != NULL)
        return row;
    row = sl_arena_new_of(a, struct row);
    row->key = *key;
    (void)sl_map_put(rows, (sl_str){(const char *)&row->key, sizeof(row->key)}, row);
    return row;
}

/* What came in a minute, into a row of each view and tier. */
static sl_rc fold(struct sl_rollup *u, struct sl_db *db, struct sl_map *rows, const struct raw *raw,
                  int64_t now_s)
{
    for (size_t view = 0; view < SL_VIEW_COUNT; view++) {
        struct cell_key key = {.view = (int32_t)view};
        sl_rc rc = find_series(u, db, view, &raw->dims, now_s / sl_rollup_tier_s[SL_TIER_DAY],
                               &key.series);
        if (rc != SL_OK)
            return rc;
        for (size_t tier = 0; tier < SL_TIER_COUNT; tier++) {
            key.tier = (int32_t)tier;
            key.start_s = sl_rollup_floor(tier, raw->minute_s);
            if (is_wanted(u, tier, view, raw->minute_s, now_s))
                sl_rollup_cell_merge(&find_or_add_row(rows, u->batch, &key)->cell, u->batch,
                                     &raw->cell);
        }
    }
    return SL_OK;
}

static void reset_batch(struct sl_rollup *u)
{
    sl_arena_reset(u->batch);
    sl_map_init(&u->raws, u->batch, 0);
    u->raw_count = 0;
    u->latest = NULL;
}

/* Readers must know what there is not any more. */
static sl_rc tell_keep(struct sl_rollup *u, struct sl_db *db)
{
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < SL_TIER_COUNT && rc == SL_OK; i++) {
        struct sl_query *q = sl_db_query(db, "UPDATE rollup_state SET value = ? WHERE name = ?");
        sl_query_i64(q, 1, u->keep.tier_s[i]);
        sl_query_text(q, 2, sl_cstr(sl_rollup_keep_names[i]));
        rc = sl_query_run(q);
    }
    u->is_keep_told = rc == SL_OK;
    return rc;
}

/* The first view's: each has all requests. */
static sl_rc load_newest(struct sl_rollup *u, struct sl_db *db)
{
    struct sl_query *q = sl_db_query(db, "SELECT start_s FROM rollup WHERE tier = ? AND view = ? "
                                         "ORDER BY start_s DESC LIMIT 1");
    sl_query_i64(q, 1, sl_rollup_tier_numbers[SL_TIER_MINUTE]);
    sl_query_i64(q, 2, sl_rollup_view_numbers[0]);
    u->newest_s = sl_query_row(q) ? sl_query_i64_at(q, 0) : INT64_MIN;
    return sl_query_end(q);
}

static sl_rc load(struct sl_rollup *u, struct sl_db *db, int64_t now_s)
{
    sl_rc rc = sl_rollup_extents_begin(db, now_s, &u->extents);
    if (rc == SL_OK)
        rc = load_series(u, db);
    if (rc == SL_OK)
        rc = load_newest(u, db);
    u->is_loaded = rc == SL_OK;
    return rc;
}

static sl_rc prepare(struct sl_rollup *u, struct sl_db *db, int64_t now_s)
{
    sl_rc rc = u->is_loaded ? SL_OK : load(u, db, now_s);
    return rc == SL_OK && !u->is_keep_told ? tell_keep(u, db) : rc;
}

/* Rows behind this are new in the next batch. */
static void note_newest(struct sl_rollup *u)
{
    sl_str key;
    void *v;
    for (size_t at = 0; sl_map_next(&u->raws, &at, &key, &v);)
        u->newest_s = SL_MAX(u->newest_s, ((const struct raw *)v)->minute_s);
}

sl_rc sl_rollup_flush(struct sl_rollup *u, struct sl_db *db, int64_t now_s)
{
    struct sl_map rows;
    sl_str key;
    void *v;
    sl_rc rc = prepare(u, db, now_s);
    sl_map_init(&rows, u->batch, 0);
    for (size_t at = 0; rc == SL_OK && sl_map_next(&u->raws, &at, &key, &v);)
        rc = fold(u, db, &rows, v, now_s);
    if (rc == SL_OK)
        rc = each_row(u, db, &rows, update_row);
    note_newest(u);
    reset_batch(u);
    if (rc != SL_OK)
        sl_rollup_forget(u);
    return rc;
}

static struct dims keep_dims(struct dims dims, struct sl_arena *a)
{
    for (size_t i = 0; i < SL_DIM_COUNT; i++)
        dims.v[i] = sl_arena_dup(a, dims.v[i]);
    return dims;
}

/* Does the request belong to `raw`? A cheap look; false may be wrong. */
static bool is_alike(const struct raw *raw, const struct sl_record *r, int64_t minute_s)
{
    const struct like *of = &raw->like;
    return raw->minute_s == minute_s && of->status == r->status && of->outcome == r->outcome &&
           of->source == r->usage.source && sl_str_eq(of->account, r->account) &&
           sl_str_eq(of->model, r->model) && sl_str_eq(of->model_route, r->model_route) &&
           sl_str_eq(raw->dims.v[SL_DIM_SERVICE], r->service) &&
           sl_str_eq(raw->dims.v[SL_DIM_VERSION], r->service_version) &&
           sl_str_eq(raw->dims.v[SL_DIM_ROUTE], r->route) &&
           sl_str_eq(raw->dims.v[SL_DIM_CONSUMER], r->consumer) &&
           sl_str_eq(raw->dims.v[SL_DIM_TEAM], r->team) &&
           sl_str_eq(raw->dims.v[SL_DIM_VENDOR], r->vendor);
}

static struct raw *find_or_add_raw(struct sl_rollup *u, const struct sl_record *r, int64_t minute_s)
{
    struct dims dims = dims_of(r, u->batch);
    sl_str key = key_of(u, minute_s, &dims, SL_DIM_ALL);
    struct raw *raw = sl_map_get(&u->raws, key);
    if (raw != NULL)
        return raw;
    raw = sl_arena_new_of(u->batch, struct raw);
    raw->dims = keep_dims(dims, u->batch);
    raw->minute_s = minute_s;
    raw->like = (struct like){.status = r->status,
                              .outcome = r->outcome,
                              .source = r->usage.source,
                              .account = sl_arena_dup(u->batch, r->account),
                              .model = sl_arena_dup(u->batch, r->model),
                              .model_route = sl_arena_dup(u->batch, r->model_route)};
    (void)sl_map_put(&u->raws, sl_arena_dup(u->batch, key), raw);
    u->raw_count++;
    return raw;
}

sl_rc sl_rollup_add(struct sl_rollup *u, struct sl_db *db, const struct sl_record *r, int64_t now_s)
{
    int64_t minute_s = sl_rollup_floor(SL_TIER_MINUTE, r->wall_us / 1000000);
    if (u->latest == NULL || !is_alike(u->latest, r, minute_s))
        u->latest = find_or_add_raw(u, r, minute_s);
    add_record(&u->latest->cell, u->batch, r);
    return u->raw_count < RAW_MAX ? SL_OK : sl_rollup_flush(u, db, now_s);
}

/* ------------------------------------------------------------------ longer rows of shorter ones */

/* A tier and view whose next rows are due. */
struct due {
    enum sl_rollup_tier tier;
    enum sl_rollup_view view;
    int64_t from_s, until_s; /* from what is made to what could be */
};

static bool find_due(const struct sl_rollup *u, int64_t now_s, struct due *ret)
{
    for (size_t tier = SL_TIER_MINUTE + 1; tier < SL_TIER_COUNT; tier++) {
        for (size_t view = 0; view < SL_VIEW_COUNT; view++) {
            *ret = (struct due){tier, view, u->extents.of[tier][view].until_s,
                                sl_rollup_extents_due(&u->extents, tier, view, now_s)};
            if (ret->from_s < ret->until_s)
                return true;
        }
    }
    return false;
}

bool sl_rollup_is_behind(const struct sl_rollup *u, int64_t now_s)
{
    struct due due;
    return !u->is_loaded || find_due(u, now_s, &due);
}

/* The time of the first shorter rows that are not in longer ones; `until_s`: there are none before. */
static sl_rc first_due(struct sl_db *db, const struct due *due, int64_t *ret_s)
{
    struct sl_query *q = sl_db_query(db, "SELECT start_s FROM rollup WHERE tier = ? AND view = ? "
                                         "AND start_s >= ? ORDER BY start_s LIMIT 1");
    sl_query_i64(q, 1, sl_rollup_tier_numbers[due->tier - 1]);
    sl_query_i64(q, 2, sl_rollup_view_numbers[due->view]);
    sl_query_i64(q, 3, due->from_s);
    *ret_s = sl_query_row(q) ? sl_rollup_floor(due->tier, sl_query_i64_at(q, 0)) : due->until_s;
    *ret_s = SL_MIN(*ret_s, due->until_s);
    return sl_query_end(q);
}

static sl_rc read_shorter(struct sl_rollup *u, struct sl_db *db, const struct due *due,
                          int64_t start_s, struct sl_map *rows)
{
    struct cell_key key = {
        .tier = (int32_t)due->tier, .view = (int32_t)due->view, .start_s = start_s};
    struct sl_query *q = sl_rollup_query_rows(db, due->tier - 1, due->view, start_s,
                                              start_s + sl_rollup_tier_s[due->tier]);
    sl_rc rc = SL_OK;
    while (rc == SL_OK && sl_query_row(q)) {
        key.series = sl_query_i64_at(q, 1);
        rc = sl_rollup_add_row(q, 2, u->batch, &find_or_add_row(rows, u->batch, &key)->cell);
    }
    sl_rc ended = sl_query_end(q);
    return rc != SL_OK ? rc : ended;
}

static sl_rc make_rows(struct sl_rollup *u, struct sl_db *db, const struct due *due,
                       int64_t start_s)
{
    struct sl_map rows;
    sl_map_init(&rows, u->batch, 0);
    sl_rc rc = read_shorter(u, db, due, start_s, &rows);
    return rc == SL_OK ? each_row(u, db, &rows, write_row) : rc;
}

static sl_rc close_one(struct sl_rollup *u, struct sl_db *db, const struct due *due)
{
    int64_t start_s;
    sl_rc rc = first_due(db, due, &start_s);
    if (rc != SL_OK || start_s == due->until_s)
        return rc == SL_OK ? sl_rollup_extents_move(&u->extents, db, due->tier, due->view, start_s)
                           : rc;
    rc = make_rows(u, db, due, start_s);
    return rc == SL_OK ? sl_rollup_extents_move(&u->extents, db, due->tier, due->view,
                                                start_s + sl_rollup_tier_s[due->tier])
                       : rc;
}

sl_rc sl_rollup_close(struct sl_rollup *u, struct sl_db *db, int64_t now_s)
{
    struct due due;
    SL_ASSERT(u->raw_count == 0); /* flushed */
    sl_rc rc = prepare(u, db, now_s);
    if (rc == SL_OK && find_due(u, now_s, &due))
        rc = close_one(u, db, &due);
    reset_batch(u);
    if (rc != SL_OK)
        sl_rollup_forget(u);
    return rc;
}

/* ------------------------------------------------------------------ lifetime */

struct sl_rollup *sl_rollup_new(const struct sl_rollup_keep *keep)
{
    struct sl_rollup *u = sl_new(struct sl_rollup);
    u->keep = *keep;
    u->batch = sl_arena_new("rollup batch", ARENA_BYTES);
    u->known = sl_arena_new("rollup series", ARENA_BYTES);
    sl_rollup_forget(u);
    return u;
}

void sl_rollup_free(struct sl_rollup *u)
{
    if (u == NULL)
        return;
    sl_strbuf_fini(&u->key);
    sl_arena_free(u->batch);
    sl_arena_free(u->known);
    sl_free(u);
}

void sl_rollup_forget(struct sl_rollup *u)
{
    reset_batch(u);
    sl_arena_reset(u->known);
    sl_map_init(&u->series, u->known, 0);
    memset(u->series_counts, 0, sizeof(u->series_counts));
    u->is_loaded = u->is_keep_told = false;
}

/* ------------------------------------------------------------------ from before */

static bool find_outcome(sl_str name, enum sl_outcome *ret)
{
    for (enum sl_outcome i = SL_OUTCOME_OK; i <= SL_OUTCOME_CANCELLED; i++) {
        if (!sl_str_eq(name, sl_usage_outcome_name(i)))
            continue;
        *ret = i;
        return true;
    }
    return false;
}

static const char old_rows_sql[] =
    "SELECT rowid, wall_us, status, took_us, first_byte_us, request_bytes, response_bytes, "
    "coalesce(cost_nusd, -1), usage_source <> 'none', wasted_nusd, service, service_version, "
    "route, consumer, vendor, account, model, model_route, outcome"
#define X(ID, name, side, fallback, text) ", tokens_" #name
#include "ai/usage_bucket.def"
#undef X
    " FROM usage WHERE rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ?";

/* As much of the record as sums are made of; what was wasted is in *attempt. */
static struct sl_record old_record(struct sl_query *q, struct sl_record_attempt *attempt)
{
    enum { NUMBERS = 10, TEXTS = 9 };
    *attempt = (struct sl_record_attempt){.wasted_nusd = sl_query_i64_at(q, 9)};
    struct sl_record r = {
        .wall_us = sl_query_i64_at(q, 1),
        .status = (uint16_t)sl_query_i64_at(q, 2),
        .took_us = sl_query_i64_at(q, 3),
        .first_byte_us = sl_query_i64_at(q, 4),
        .request_bytes = (uint64_t)sl_query_i64_at(q, 5),
        .response_bytes = (uint64_t)sl_query_i64_at(q, 6),
        .cost_nusd = sl_query_i64_at(q, 7),
        .attempts = attempt,
        .attempt_count = 1,
    };
    sl_str *const texts[TEXTS - 1] = {&r.service, &r.service_version, &r.route, &r.consumer,
                                      &r.vendor,  &r.account,         &r.model, &r.model_route};
    for (size_t i = 0; i < SL_LEN(texts); i++)
        *texts[i] = sl_query_text_at(q, NUMBERS + (int)i);
    if (!find_outcome(sl_query_text_at(q, NUMBERS + TEXTS - 1), &r.outcome))
        r.outcome = SL_OUTCOME_GATEWAY_ERROR;
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        r.usage.tokens[i] = sl_query_i64_at(q, NUMBERS + TEXTS + (int)i);
    r.usage.source = sl_query_i64_at(q, 8) != 0 ? SL_AI_USAGE_REPORTED : SL_AI_USAGE_NONE;
    return r;
}

static sl_rc read_state(struct sl_db *db, const char *name, int64_t *ret)
{
    struct sl_query *q = sl_db_query(db, "SELECT value FROM rollup_state WHERE name = ?");
    sl_query_text(q, 1, sl_cstr(name));
    *ret = sl_query_row(q) ? sl_query_i64_at(q, 0) : 0;
    return sl_query_end(q);
}

static sl_rc add_old(struct sl_rollup *u, struct sl_db *db, int64_t *after, int64_t last,
                     int64_t now_s)
{
    struct sl_query *q = sl_db_query(db, old_rows_sql);
    sl_rc rc = SL_OK;
    int64_t next = last;
    size_t n = 0;
    sl_query_i64(q, 1, *after);
    sl_query_i64(q, 2, last);
    sl_query_i64(q, 3, SL_ROLLUP_BACKFILL);
    while (rc == SL_OK && sl_query_row(q)) {
        struct sl_record_attempt attempt;
        struct sl_record r = old_record(q, &attempt);
        rc = sl_rollup_add(u, db, &r, now_s);
        if (++n == SL_ROLLUP_BACKFILL)
            next = sl_query_i64_at(q, 0);
    }
    sl_rc ended = sl_query_end(q);
    if (rc == SL_OK)
        rc = ended;
    *after = next;
    return rc == SL_OK ? sl_rollup_flush(u, db, now_s) : rc;
}

sl_rc sl_rollup_backfill(struct sl_rollup *u, struct sl_db *db, int64_t now_s, bool *ret_is_done)
{
    int64_t after = 0, last = 0;
    sl_rc rc = read_state(db, "added_rowid", &after);
    if (rc == SL_OK)
        rc = read_state(db, "last_rowid", &last);
    if (rc != SL_OK)
        return rc;
    *ret_is_done = after >= last;
    if (*ret_is_done)
        return SL_OK;
    rc = add_old(u, db, &after, last, now_s);
    if (rc != SL_OK)
        return rc;
    struct sl_query *q =
        sl_db_query(db, "UPDATE rollup_state SET value = ? WHERE name = 'added_rowid'");
    sl_query_i64(q, 1, after);
    return sl_query_run(q);
}
