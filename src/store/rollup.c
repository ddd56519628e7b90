#include "store/rollup.h"
#include "base/str.h"
#include "store/rollup_int.h"
#include "store/usage.h"

/* Beyond, a batch goes to the database at once: each becomes a cell for each view and tier. */
enum { RAW_MAX = 1000, ARENA_BYTES = 1 << 30, KEY_BYTES_MAX = 8 * 1024 };

const sl_str sl_dimension_names[SL_DIM_COUNT] = {
#define X(ID, name, help) SL_STR_INIT(#name),
#include "store/rollup_dimension.def"
#undef X
};

#define BIT(ID) 1u << SL_DIM_##ID
const unsigned sl_rollup_views[SL_VIEW_COUNT] = {
#define X(ID, dimensions) dimensions,
#include "store/rollup_view.def"
#undef X
};
#undef BIT

const int64_t sl_rollup_tier_s[SL_TIER_COUNT] = {60, 3600, 86400};

static const char *const keep_names[SL_TIER_COUNT] = {"keep_minute_s", "keep_hour_s", "keep_day_s"};

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
    struct sl_map raws;     /* -> struct raw */
    size_t raw_count;
    struct raw *latest; /* the one that was added to last: requests come in runs that are alike */

    struct sl_arena *known; /* what is in rollup_series */
    struct sl_map series;   /* key of view and dimensions -> struct series */
    size_t series_counts[SL_VIEW_COUNT];
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

/* A text that only these dimensions have: each with its length before it. */
static sl_str key_of(struct sl_arena *a, int64_t number, const struct dims *dims, unsigned mask)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add_i64(&b, number);
    for (size_t i = 0; i < SL_DIM_COUNT; i++) {
        sl_str v = (mask & 1u << i) != 0 ? dims->v[i] : (sl_str){0};
        sl_strbuf_add_char(&b, ' ');
        sl_strbuf_add_u64(&b, v.n);
        sl_strbuf_add_char(&b, ':');
        sl_strbuf_add(&b, v);
    }
    return sl_strbuf_str(&b);
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

static void remember(struct sl_rollup *u, sl_str key, int64_t view, struct series s)
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
        int64_t view = sl_query_i64_at(q, 1);
        for (size_t i = 0; i < SL_DIM_COUNT; i++)
            dims.v[i] = sl_query_text_at(q, 3 + (int)i);
        if (view >= 0 && view < SL_VIEW_COUNT)
            remember(u, key_of(u->batch, view, &dims, SL_DIM_ALL), view,
                     (struct series){sl_query_i64_at(q, 0), sl_query_i64_at(q, 2)});
    }
    sl_rc rc = sl_query_end(q);
    u->is_loaded = rc == SL_OK;
    return rc;
}

static sl_rc insert_series(struct sl_rollup *u, struct sl_db *db, size_t view,
                           const struct dims *dims, sl_str key, int64_t day)
{
    struct sl_query *q = sl_db_query(db, insert_series_sql);
    struct series made = {.last_day = day};
    sl_query_i64(q, 1, (int64_t)view);
    sl_query_i64(q, 2, day);
    for (size_t i = 0; i < SL_DIM_COUNT; i++)
        sl_query_text(q, 3 + (int)i,
                      (sl_rollup_views[view] & 1u << i) != 0 ? dims->v[i] : SL_STR(""));
    if (sl_query_row(q))
        made.id = sl_query_i64_at(q, 0);
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK)
        remember(u, key, (int64_t)view, made);
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
    sl_str key = key_of(u->batch, (int64_t)view, dims, mask);
    struct series *s = sl_map_get(&u->series, key);
    if (s == NULL && u->series_counts[view] >= SL_ROLLUP_SERIES_MAX) {
        dims = other_dims();
        key = key_of(u->batch, (int64_t)view, dims, mask);
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
    sl_query_i64(q, 1, key->tier);
    sl_query_i64(q, 2, key->view);
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
    sl_rc rc = add_stored(u, db, row);
    if (rc != SL_OK)
        return rc;
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

/* ------------------------------------------------------------------ a batch */

static bool is_kept(const struct sl_rollup *u, size_t tier, int64_t start_s, int64_t now_s)
{
    int64_t keep_s = u->keep.tier_s[tier];
    return keep_s == 0 || start_s + sl_rollup_tier_s[tier] > now_s - keep_s;
}

static int64_t floor_to(int64_t v, int64_t step)
{
    int64_t rest = v % step;
    return v - (rest < 0 ? rest + step : rest);
}

static void fold_into(struct sl_map *rows, struct sl_arena *a, const struct cell_key *key,
                      const struct sl_rollup_cell *cell)
{
    sl_str bytes = {(const char *)key, sizeof(*key)};
    struct row *row = sl_map_get(rows, bytes);
    if (row == NULL) {
        row = sl_arena_new_of(a, struct row);
        row->key = *key;
        (void)sl_map_put(rows, (sl_str){(const char *)&row->key, sizeof(row->key)}, row);
    }
    sl_rollup_cell_merge(&row->cell, a, cell);
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
            key.start_s = floor_to(raw->minute_s, sl_rollup_tier_s[tier]);
            if (is_kept(u, tier, key.start_s, now_s))
                fold_into(rows, u->batch, &key, &raw->cell);
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
        sl_query_text(q, 2, sl_cstr(keep_names[i]));
        rc = sl_query_run(q);
    }
    u->is_keep_told = rc == SL_OK;
    return rc;
}

static sl_rc prepare(struct sl_rollup *u, struct sl_db *db)
{
    sl_rc rc = u->is_loaded ? SL_OK : load_series(u, db);
    return rc == SL_OK && !u->is_keep_told ? tell_keep(u, db) : rc;
}

sl_rc sl_rollup_flush(struct sl_rollup *u, struct sl_db *db, int64_t now_s)
{
    struct sl_map rows;
    sl_str key;
    void *v;
    sl_rc rc = prepare(u, db);
    sl_map_init(&rows, u->batch, 0);
    for (size_t at = 0; rc == SL_OK && sl_map_next(&u->raws, &at, &key, &v);)
        rc = fold(u, db, &rows, v, now_s);
    for (size_t at = 0; rc == SL_OK && sl_map_next(&rows, &at, &key, &v);)
        rc = write_row(u, db, v);
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
    sl_str key = key_of(u->batch, minute_s, &dims, SL_DIM_ALL);
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
    (void)sl_map_put(&u->raws, key, raw);
    u->raw_count++;
    return raw;
}

sl_rc sl_rollup_add(struct sl_rollup *u, struct sl_db *db, const struct sl_record *r, int64_t now_s)
{
    int64_t minute_s = floor_to(r->wall_us / 1000000, sl_rollup_tier_s[SL_TIER_MINUTE]);
    if (u->latest == NULL || !is_alike(u->latest, r, minute_s))
        u->latest = find_or_add_raw(u, r, minute_s);
    add_record(&u->latest->cell, u->batch, r);
    return u->raw_count < RAW_MAX ? SL_OK : sl_rollup_flush(u, db, now_s);
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

/* As much of the record as sums are made of. */
static struct sl_record old_record(struct sl_query *q)
{
    enum { NUMBERS = 10, TEXTS = 9 };
    struct sl_record r = {
        .wall_us = sl_query_i64_at(q, 1),
        .status = (uint16_t)sl_query_i64_at(q, 2),
        .took_us = sl_query_i64_at(q, 3),
        .first_byte_us = sl_query_i64_at(q, 4),
        .request_bytes = (uint64_t)sl_query_i64_at(q, 5),
        .response_bytes = (uint64_t)sl_query_i64_at(q, 6),
        .cost_nusd = sl_query_i64_at(q, 7),
        .attempts[0].wasted_nusd = sl_query_i64_at(q, 9),
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
        struct sl_record r = old_record(q);
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
