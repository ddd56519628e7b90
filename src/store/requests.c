#include "store/requests.h"
#include "ai/usage.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "base/id.h"
#include "base/money.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/usage_block.h"

enum {
    SKIPPED_PER_LOOKED = 16
}; /* requests of blocks whose filter alone was read, for the price of one */

/* How far the time in an id may be from the start of its request. */
enum { BEGAN_BEFORE_S = 600, BEGAN_BEHIND_S = 10 };

#define PROMPT_TOKENS                                                                     \
    "tokens_input + tokens_cache_read + tokens_cache_write_5m + tokens_cache_write_1h + " \
    "tokens_input_audio + tokens_input_image"
#define COMPLETION_TOKENS \
    "tokens_output + tokens_reasoning + tokens_output_audio + tokens_output_image"

enum kind { TEXT, NUMBER, TIME, MONEY, FLAG, JSON };

struct column {
    const char *column, *name;
    enum kind kind;
};

/* The first two are where a page ends. */
static const struct column brief[] = {
    {"wall_us", "time", TIME},
    {"request_id", "id", TEXT},
    {"client_ip", "client_ip", TEXT},
    {"method", "method", TEXT},
    {"host", "host", TEXT},
    {"path", "path", TEXT},
    {"service", "service", TEXT},
    {"service_version", "service_version", TEXT},
    {"route", "route", TEXT},
    {"consumer", "consumer", TEXT},
    {"credential", "credential", TEXT},
    {"status", "status", NUMBER},
    {"outcome", "outcome", TEXT},
    {"error", "error", TEXT},
    {"took_us", "took_us", NUMBER},
    {"first_byte_us", "first_byte_us", NUMBER},
    {"request_bytes", "request_bytes", NUMBER},
    {"response_bytes", "response_bytes", NUMBER},
    {"model_asked", "model", TEXT},
    {"account", "account", TEXT},
    {"vendor_model", "vendor_model", TEXT},
    {"attempt_count", "attempts", NUMBER},
    {PROMPT_TOKENS, "prompt_tokens", NUMBER},
    {COMPLETION_TOKENS, "completion_tokens", NUMBER},
    {"cost_nusd", "cost_usd", MONEY},
};

/* Of one request, besides; `attempts` is the list then, its number the member above. */
static const struct column more[] = {
    {"team", "team", TEXT},
    {"user_agent", "user_agent", TEXT},
    {"reason", "reason", TEXT},
    {"upstream_us", "upstream_us", NUMBER},
    {"coalesce(phases_us, '{}')", "phases_us", JSON},
    {"coalesce(attempts, '[]')", "attempt_list", JSON},
    {"is_ai", "is_ai", FLAG},
    {"is_stream", "is_stream", FLAG},
    {"model_route", "model_route", TEXT},
    {"model_rule", "model_rule", TEXT},
    {"rule_reason", "rule_reason", TEXT},
    {"vendor", "vendor", TEXT},
    {"model", "served_model", TEXT},
    {"key_label", "key", TEXT},
    {"stop", "stop", TEXT},
    {"service_tier", "service_tier", TEXT},
    {"usage_source", "usage_source", TEXT},
    {"is_inconsistent", "is_usage_inconsistent", FLAG},
#define X(ID, name, side, fallback, text) {"tokens_" #name, "tokens_" #name, NUMBER},
#include "ai/usage_bucket.def"
#undef X
#define X(ID, counted, price, pico_usd, role, text) {"units_" #counted, "units_" #counted, NUMBER},
#include "ai/usage_unit.def"
#undef X
    {"reserved_nusd", "reserved_usd", MONEY},
    {"reported_nusd", "reported_usd", MONEY},
    {"wasted_nusd", "wasted_usd", MONEY},
    {"price_as_of * 1000000", "price_as_of", TIME},
};

static const char *const filter_columns[SL_REQUEST_FILTER_COUNT] = {
#define X(ID, name, column, help) column,
#include "store/request_filter.def"
#undef X
};

/* Columns that blocks have filters of. */
static const struct {
    unsigned number;
    const char *column;
} block_filters[] = {
#define X(number, column, value) {number, #column},
#include "store/usage_filter.def"
#undef X
};

static const char *const flag_conditions[SL_REQUEST_FLAG_COUNT] = {
#define X(ID, name, condition, help) condition,
#include "store/request_flag.def"
#undef X
};

/* ------------------------------------------------------------------ members */

static void write_money(struct sl_query *q, int at, struct sl_jsonw *w)
{
    struct sl_strbuf amount = {0};
    if (sl_query_is_null_at(q, at)) {
        sl_jsonw_null(w);
        return;
    }
    sl_money_add(&amount, sl_query_i64_at(q, at));
    sl_jsonw_str(w, sl_strbuf_str(&amount));
    sl_strbuf_fini(&amount);
}

static void write_member(struct sl_query *q, int at, const struct column *c, struct sl_arena *a,
                         struct sl_jsonw *w)
{
    sl_jsonw_key(w, sl_cstr(c->name));
    switch (c->kind) {
    case TEXT:
        sl_jsonw_str(w, sl_query_text_at(q, at));
        return;
    case NUMBER:
        sl_jsonw_i64(w, sl_query_i64_at(q, at));
        return;
    case TIME:
        sl_jsonw_str(w, sl_fmt_rfc3339(a, sl_query_i64_at(q, at)));
        return;
    case MONEY:
        write_money(q, at, w);
        return;
    case FLAG:
        sl_jsonw_bool(w, sl_query_i64_at(q, at) != 0);
        return;
    case JSON: /* ours, written by store/usage */
        sl_jsonw_raw(w, sl_query_text_at(q, at));
        return;
    }
}

static void write_members(struct sl_query *q, int from, const struct column *columns, size_t n,
                          struct sl_arena *a, struct sl_jsonw *w)
{
    for (size_t i = 0; i < n; i++)
        write_member(q, from + (int)i, &columns[i], a, w);
}

static void add_columns(struct sl_strbuf *sql, const struct column *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sl_strbuf_addf(sql, ", %s", columns[i].column);
}

/* ------------------------------------------------------------------ many */

/* Where a look ends: newest first, at an instant that is still looked at; of a tail, at a row. */
struct bounds {
    int64_t from_us, until_row;
    bool is_cut;
};

/* False: no request of a block with this filter fits. */
static bool may_fit(const struct sl_request_query *query, sl_str filter)
{
    for (size_t i = 0; i < SL_REQUEST_FILTER_COUNT; i++) {
        sl_str wanted = query->filters[i];
        for (size_t k = 0; wanted.n != 0 && k < SL_LEN(block_filters); k++) {
            if (strcmp(block_filters[k].column, filter_columns[i]) == 0 &&
                !sl_usage_filter_may_have(filter,
                                          sl_usage_filter_hash(block_filters[k].number, wanted)))
                return false;
        }
    }
    return true;
}

/* Blocks, the latest end first: what begins later than the next one's end is in those before it. */
static sl_rc bound_by_time(struct sl_db *db, const struct sl_request_query *query,
                           struct bounds *ret)
{
    int64_t looked = 0, before_us = query->before_us != 0 ? query->before_us : INT64_MAX;
    if (query->until_us != 0)
        before_us = SL_MIN(before_us, query->until_us);
    struct sl_query *q =
        sl_db_query(db, "SELECT last_us, requests, filter FROM usage_block WHERE last_us >= ? AND "
                        "first_us <= ? ORDER BY last_us DESC");
    sl_query_i64(q, 1, query->since_us);
    sl_query_i64(q, 2, before_us);
    while (sl_query_row(q)) {
        int64_t last_us = sl_query_i64_at(q, 0), n = sl_query_i64_at(q, 1);
        ret->is_cut = looked >= query->look_max && last_us < before_us - 1;
        if (ret->is_cut) {
            ret->from_us = last_us + 1;
            break;
        }
        looked += may_fit(query, sl_query_text_at(q, 2)) ? n : n / SKIPPED_PER_LOOKED + 1;
    }
    return sl_query_end(q);
}

static sl_rc last_row(struct sl_db *db, int64_t *ret)
{
    struct sl_query *q =
        sl_db_query(db, "SELECT coalesce(max(first_row + requests) - 1, 0) FROM usage_block");
    *ret = sl_query_row(q) ? sl_query_i64_at(q, 0) : 0;
    return sl_query_end(q);
}

static sl_rc bound_by_row(struct sl_db *db, const struct sl_request_query *query,
                          struct bounds *ret)
{
    int64_t last, most = sl_add_sat_i64(query->after_row, query->look_max);
    sl_rc rc = last_row(db, &last);
    ret->is_cut = rc == SL_OK && last > most;
    ret->until_row = rc == SL_OK ? SL_MIN(last, most) : 0;
    return rc;
}

static sl_rc bounds_of(struct sl_db *db, const struct sl_request_query *query, struct bounds *ret)
{
    *ret = (struct bounds){.from_us = query->since_us, .until_row = INT64_MAX};
    if (query->look_max == 0)
        return SL_OK;
    return query->is_tail ? bound_by_row(db, query, ret) : bound_by_time(db, query, ret);
}

/* The texts of filters are parameters; numbers are ours and stand in the statement. */
static sl_str statement(const struct sl_request_query *query, const struct bounds *bounds,
                        struct sl_arena *a)
{
    struct sl_strbuf sql;
    long long before_us = query->before_us != 0 ? query->before_us : INT64_MAX;
    sl_strbuf_init(&sql, a, 0);
    sl_strbuf_add(&sql, SL_STR("SELECT rowid"));
    add_columns(&sql, brief, SL_LEN(brief));
    if (query->is_tail)
        sl_strbuf_addf(&sql, " FROM usage WHERE rowid > %lld AND rowid <= %lld",
                       (long long)query->after_row, (long long)bounds->until_row);
    else
        sl_strbuf_addf(&sql,
                       " FROM usage WHERE wall_us <= %lld AND (wall_us, request_id) < (%lld, ?)",
                       before_us, before_us); /* the first chooses blocks */
    for (size_t i = 0; i < SL_REQUEST_FILTER_COUNT; i++) {
        if (query->filters[i].p != NULL)
            sl_strbuf_addf(&sql, " AND %s = ?", filter_columns[i]);
    }
    if (bounds->from_us != 0)
        sl_strbuf_addf(&sql, " AND wall_us >= %lld", (long long)bounds->from_us);
    if (query->until_us != 0)
        sl_strbuf_addf(&sql, " AND wall_us < %lld", (long long)query->until_us);
    if (query->min_took_us != 0)
        sl_strbuf_addf(&sql, " AND took_us >= %lld", (long long)query->min_took_us);
    for (size_t i = 0; i < SL_REQUEST_FLAG_COUNT; i++) {
        if (query->flags[i])
            sl_strbuf_addf(&sql, " AND %s", flag_conditions[i]);
    }
    sl_strbuf_add(&sql, query->is_tail ? SL_STR(" ORDER BY rowid")
                                       : SL_STR(" ORDER BY wall_us DESC, request_id DESC"));
    sl_strbuf_add_char(&sql, '\0');
    return sl_strbuf_str(&sql);
}

static struct sl_query *begin(struct sl_db *db, const struct sl_request_query *query,
                              const struct bounds *bounds, struct sl_arena *a)
{
    struct sl_query *q = sl_db_query(db, statement(query, bounds, a).p);
    int at = 1;
    if (!query->is_tail)
        sl_query_text(q, at++, query->before_id);
    for (size_t i = 0; i < SL_REQUEST_FILTER_COUNT; i++) {
        if (query->filters[i].p != NULL)
            sl_query_text(q, at++, query->filters[i]);
    }
    return q;
}

static struct sl_request_place place_of(struct sl_query *q, struct sl_arena *a)
{
    return (struct sl_request_place){.row = sl_query_i64_at(q, 0),
                                     .us = sl_query_i64_at(q, 1),
                                     .id = sl_arena_dup(a, sl_query_text_at(q, 2)),
                                     .is_there = true};
}

/* What fits is told: go on where the look ended, not behind the last that fitted. */
static void end_of_look(const struct sl_request_query *query, const struct bounds *bounds,
                        struct sl_request_place *ret_last, bool *ret_has_more)
{
    *ret_has_more = bounds->is_cut;
    if (query->is_tail || bounds->is_cut)
        *ret_last = (struct sl_request_place){.us = bounds->from_us,
                                              .row = SL_MAX(bounds->until_row, query->after_row),
                                              .is_there = true,
                                              .is_cut = bounds->is_cut};
}

sl_rc sl_requests_write(struct sl_db *db, const struct sl_request_query *query, struct sl_jsonw *w,
                        struct sl_arena *a, struct sl_request_place *ret_last, bool *ret_has_more,
                        struct sl_diag *d)
{
    struct bounds bounds;
    sl_rc rc = sl_db_check_schema(db, &sl_schema_usage, d);
    if (rc != SL_OK)
        return rc;
    rc = bounds_of(db, query, &bounds);
    if (rc != SL_OK)
        return sl_db_fail(db, rc, d);
    struct sl_query *q = begin(db, query, &bounds, a);
    size_t n = 0;
    *ret_has_more = false;
    *ret_last = (struct sl_request_place){0};
    while (sl_query_row(q)) {
        if (n++ == query->limit) {
            *ret_has_more = true;
            break;
        }
        sl_jsonw_object(w);
        write_members(q, 1, brief, SL_LEN(brief), a, w);
        sl_jsonw_end(w);
        *ret_last = place_of(q, a);
    }
    rc = sl_query_end(q);
    if (rc == SL_OK && !*ret_has_more && query->look_max != 0)
        end_of_look(query, &bounds, ret_last, ret_has_more);
    return rc == SL_OK ? rc : sl_db_fail(db, rc, d);
}

sl_rc sl_requests_last_row(struct sl_db *db, int64_t *ret_row, struct sl_diag *d)
{
    sl_rc rc = sl_db_check_schema(db, &sl_schema_usage, d);
    if (rc != SL_OK)
        return rc;
    rc = last_row(db, ret_row);
    return rc == SL_OK ? rc : sl_db_fail(db, rc, d);
}

/* ------------------------------------------------------------------ one */

struct span {
    int64_t from_us, until_us;
};

static const struct span always = {INT64_MIN, INT64_MAX};

/* When a request with this id can have begun, if no clock was set meanwhile: ids have their time in them. */
static struct span span_of(sl_str id)
{
    struct sl_id parsed;
    if (!sl_id_parse(id, &parsed))
        return always;
    int64_t made_us = sl_id_time_ms(&parsed) * 1000;
    return (struct span){made_us - (int64_t)SL_SECONDS(BEGAN_BEFORE_S),
                         made_us + (int64_t)SL_SECONDS(BEGAN_BEHIND_S)};
}

/* The order is the one that chooses blocks by time. */
static sl_str statement_of_one(struct sl_arena *a)
{
    struct sl_strbuf sql;
    sl_strbuf_init(&sql, a, 0);
    sl_strbuf_add(&sql, SL_STR("SELECT rowid"));
    add_columns(&sql, brief, SL_LEN(brief));
    add_columns(&sql, more, SL_LEN(more));
    sl_strbuf_add(&sql, SL_STR(" FROM usage WHERE request_id = ? AND wall_us >= ? AND wall_us <= ? "
                               "ORDER BY wall_us DESC LIMIT 1"));
    sl_strbuf_add_char(&sql, '\0');
    return sl_strbuf_str(&sql);
}

static sl_rc write_one(struct sl_db *db, sl_str id, struct span span, struct sl_jsonw *w,
                       struct sl_arena *a)
{
    struct sl_query *q = sl_db_query(db, statement_of_one(a).p);
    sl_query_text(q, 1, id);
    sl_query_i64(q, 2, span.from_us);
    sl_query_i64(q, 3, span.until_us);
    bool is_there = sl_query_row(q);
    if (is_there) {
        sl_jsonw_object(w);
        write_members(q, 1, brief, SL_LEN(brief), a, w);
        write_members(q, 1 + (int)SL_LEN(brief), more, SL_LEN(more), a, w);
        sl_jsonw_end(w);
    }
    sl_rc rc = sl_query_end(q);
    return rc == SL_OK && !is_there ? SL_E_NOTFOUND : rc;
}

sl_rc sl_request_write(struct sl_db *db, sl_str id, struct sl_jsonw *w, struct sl_arena *a,
                       struct sl_diag *d)
{
    struct span span = span_of(id);
    sl_rc rc = sl_db_check_schema(db, &sl_schema_usage, d);
    if (rc != SL_OK)
        return rc;
    rc = write_one(db, id, span, w, a);
    if (rc == SL_E_NOTFOUND && span.from_us != always.from_us)
        rc = write_one(db, id, always, w, a);
    return rc == SL_OK || rc == SL_E_NOTFOUND ? rc : sl_db_fail(db, rc, d);
}
