#include "store/report.h"
#include "base/fmt.h"
#include "base/money.h"
#include "base/str.h"
#include "codec/jsonw.h"
#include "store/migrate.h"
#include "store/rollup_read.h"

#include <stdlib.h>

#define REPORT_BYTES SL_MIB(512)

struct row {
    sl_str name;
    int64_t requests, errors, prompt, cached, completion, cost_nusd, unknown, p95_us;
};

static const char *const titles[] = {"MODEL",  "CONSUMER", "SERVICE", "ROUTE",
                                     "VENDOR", "DAY",      "HOUR",    "MINUTE"};

/* ------------------------------------------------------------------ rows */

struct report {
    struct sl_db *db;
    const struct sl_report_options *o;
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_map cells; /* name -> struct sl_rollup_cell */
    struct sl_rollup_cell total;
    struct row *rows;
    size_t n;
};

static int64_t tokens_of(const struct sl_rollup_cell *cell, bool is_prompt)
{
    int64_t n = 0;
#define PROMPT true
#define COMPLETION false
#define X(ID, name, side, fallback, text) \
    if ((side) == is_prompt)              \
        n = sl_add_sat_i64(n, cell->sums[SL_SUM_TOKENS + SL_AI_BUCKET_##ID]);
#include "ai/usage_bucket.def"
#undef X
#undef COMPLETION
#undef PROMPT
    return n;
}

static struct row row_of(sl_str name, const struct sl_rollup_cell *cell)
{
    return (struct row){
        .name = name,
        .requests = cell->sums[SL_SUM_REQUESTS],
        .errors = cell->sums[SL_SUM_ERRORS],
        .prompt = tokens_of(cell, true),
        .cached = cell->sums[SL_SUM_TOKENS + SL_AI_BUCKET_CACHE_READ],
        .completion = tokens_of(cell, false),
        .cost_nusd = cell->sums[SL_SUM_COST],
        .unknown = cell->sums[SL_SUM_COST_UNKNOWN],
        .p95_us = (int64_t)sl_hist_lazy_percentile(&cell->took, 950),
    };
}

/* Several groups may have one name: "gpt" asked for as such, and as "main/gpt". */
static void add_cell(struct report *r, sl_str name, const struct sl_rollup_cell *cell)
{
    struct sl_rollup_cell *sum = sl_map_get(&r->cells, name);
    if (cell->sums[SL_SUM_REQUESTS] == 0)
        return;
    if (sum == NULL) {
        sum = sl_arena_new_of(r->a, struct sl_rollup_cell);
        (void)sl_map_put(&r->cells, name, sum); /* there was none */
    }
    sl_rollup_cell_merge(sum, r->a, cell);
    sl_rollup_cell_merge(&r->total, r->a, cell);
}

static int dearest_first(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (a->cost_nusd != b->cost_nusd)
        return a->cost_nusd > b->cost_nusd ? -1 : 1;
    if (a->requests != b->requests)
        return a->requests > b->requests ? -1 : 1;
    return sl_str_cmp(a->name, b->name);
}

static void sort_rows(struct report *r)
{
    sl_str name;
    void *cell;
    r->rows = sl_arena_array(r->a, struct row, r->cells.n);
    for (size_t at = 0; sl_map_next(&r->cells, &at, &name, &cell);)
        r->rows[r->n++] = row_of(name, cell);
    if (r->n > 1)
        qsort(r->rows, r->n, sizeof(*r->rows), dearest_first);
    r->n = SL_MIN(r->n, (size_t)SL_REPORT_ROWS_MAX);
}

/* ------------------------------------------------------------------ groups */

#define BIT(ID) (1u << SL_DIM_##ID)

/* Of those that are times, how long each is. */
static const struct {
    unsigned dims;
    enum sl_rollup_tier tier;
    size_t name_bytes; /* of the beginning as RFC 3339 */
} groups[] = {
    [SL_REPORT_MODEL] = {.dims = BIT(MODEL) | BIT(TARGET)},
    [SL_REPORT_CONSUMER] = {.dims = BIT(CONSUMER)},
    [SL_REPORT_SERVICE] = {.dims = BIT(SERVICE)},
    [SL_REPORT_ROUTE] = {.dims = BIT(ROUTE)},
    [SL_REPORT_VENDOR] = {.dims = BIT(VENDOR)},
    [SL_REPORT_DAY] = {.tier = SL_TIER_DAY, .name_bytes = sizeof("2026-01-01") - 1},
    [SL_REPORT_HOUR] = {.tier = SL_TIER_HOUR, .name_bytes = sizeof("2026-01-01T00:00:00Z") - 1},
    [SL_REPORT_MINUTE] = {.tier = SL_TIER_MINUTE, .name_bytes = sizeof("2026-01-01T00:00:00Z") - 1},
};

static sl_str model_name(struct report *r, const struct sl_rollup_group *g)
{
    sl_str model = g->dims[SL_DIM_MODEL], target = g->dims[SL_DIM_TARGET];
    if (target.n == 0)
        return SL_STR("-");
    if (model.n == 0 || sl_str_eq(model, target))
        return target;
    return sl_fmt(r->a, "%.*s (%.*s)", SL_STRF(model), SL_STRF(target));
}

static sl_str name_of(struct report *r, const struct sl_rollup_group *g)
{
    if (r->o->group == SL_REPORT_MODEL)
        return model_name(r, g);
    for (size_t i = 0; i < SL_DIM_COUNT; i++) {
        if (g->dims[i].n != 0)
            return g->dims[i];
    }
    return SL_STR("-");
}

static sl_rc read_names(struct report *r)
{
    enum { MINUTE_S = 60 };
    int64_t since_s = r->o->since_us / 1000000, now_s = r->o->now_us / 1000000;
    const int64_t edges_s[] = {since_s - since_s % MINUTE_S, now_s - now_s % MINUTE_S + MINUTE_S};
    struct sl_rollup_query q = {
        .edges_s = edges_s, .edge_count = 2, .group = groups[r->o->group].dims};
    struct sl_rollup_result result;
    if (edges_s[0] >= edges_s[1])
        return SL_OK;
    sl_rc rc = sl_rollup_read(r->db, &q, now_s, r->a, &result, r->d);
    for (size_t i = 0; rc == SL_OK && i < result.group_count; i++)
        add_cell(r, name_of(r, result.groups[i]), &result.groups[i]->total);
    return rc;
}

/* ------------------------------------------------------------------ times */

/* `n` steps from `from_s` on. */
static sl_rc read_steps(struct report *r, int64_t from_s, int64_t step_s, size_t n)
{
    int64_t *edges_s = sl_arena_array(r->a, int64_t, n + 1);
    struct sl_rollup_query q = {.edges_s = edges_s, .edge_count = n + 1};
    struct sl_rollup_result result;
    for (size_t i = 0; i <= n; i++)
        edges_s[i] = from_s + (int64_t)i * step_s;
    sl_rc rc = sl_rollup_read(r->db, &q, r->o->now_us / 1000000, r->a, &result, r->d);
    const struct sl_rollup_group *total = &result.total;
    for (size_t i = 0; rc == SL_OK && i < n; i++) {
        const struct sl_rollup_cell *cell = n == 1                 ? &total->total
                                            : total->steps != NULL ? total->steps[i]
                                                                   : NULL;
        sl_str name = sl_fmt_rfc3339(r->a, edges_s[i] * 1000000);
        if (cell != NULL)
            add_cell(r, sl_str_head(name, groups[r->o->group].name_bytes), cell);
    }
    return rc;
}

static sl_rc read_times(struct report *r)
{
    enum sl_rollup_tier tier = groups[r->o->group].tier;
    int64_t step_s = sl_rollup_tier_s[tier], now_s = r->o->now_us / 1000000, first_s;
    sl_rc rc = sl_rollup_first(r->db, tier, now_s, &first_s);
    if (rc != SL_OK)
        return sl_db_fail(r->db, rc, r->d);
    int64_t since_s = r->o->since_us / 1000000;
    int64_t at_s = SL_MAX(first_s, since_s - since_s % step_s);
    while (rc == SL_OK && at_s <= now_s) {
        int64_t n = SL_MIN((now_s - at_s) / step_s + 1, (int64_t)SL_ROLLUP_STEPS_MAX);
        rc = read_steps(r, at_s, step_s, (size_t)n);
        at_s += n * step_s;
    }
    return rc;
}

/* ------------------------------------------------------------------ writing */

static void write_line(const struct row *r, struct sl_strbuf *out)
{
    struct sl_strbuf cost = {0};
    sl_money_add(&cost, r->cost_nusd);
    sl_strbuf_addf(out, "%-32.*s %9lld %7lld %11lld %11lld %11lld %16.*s %8lld %9.1f\n",
                   SL_STRF(r->name), (long long)r->requests, (long long)r->errors,
                   (long long)r->prompt, (long long)r->cached, (long long)r->completion,
                   SL_STRF(sl_strbuf_str(&cost)), (long long)r->unknown,
                   (double)r->p95_us / 1000.0);
    sl_strbuf_fini(&cost);
}

static void write_titles(enum sl_report_group group, struct sl_strbuf *out)
{
    sl_strbuf_addf(out, "%-32s %9s %7s %11s %11s %11s %16s %8s %9s\n", titles[group], "REQUESTS",
                   "ERRORS", "PROMPT", "CACHED", "COMPLETION", "COST USD", "UNKNOWN", "P95 MS");
}

static void write_object(const struct row *r, struct sl_jsonw *w)
{
    struct sl_strbuf cost = {0};
    sl_money_add(&cost, r->cost_nusd);
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("name"), r->name);
    sl_jsonw_key_i64(w, SL_STR("requests"), r->requests);
    sl_jsonw_key_i64(w, SL_STR("errors"), r->errors);
    sl_jsonw_key_i64(w, SL_STR("prompt_tokens"), r->prompt);
    sl_jsonw_key_i64(w, SL_STR("cached_tokens"), r->cached);
    sl_jsonw_key_i64(w, SL_STR("completion_tokens"), r->completion);
    sl_jsonw_key_str(w, SL_STR("cost_usd"), sl_strbuf_str(&cost));
    sl_jsonw_key_i64(w, SL_STR("cost_unknown"), r->unknown);
    sl_jsonw_key(w, SL_STR("p95_ms"));
    sl_jsonw_decimal(w, r->p95_us, 3);
    sl_jsonw_end(w);
    sl_strbuf_fini(&cost);
}

static void write_table(const struct report *r, const struct row *total, struct sl_strbuf *out)
{
    write_titles(r->o->group, out);
    for (size_t i = 0; i < r->n; i++)
        write_line(&r->rows[i], out);
    write_line(total, out);
}

static void write_json(const struct report *r, const struct row *total, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("rows"));
    sl_jsonw_array(&w);
    for (size_t i = 0; i < r->n; i++)
        write_object(&r->rows[i], &w);
    sl_jsonw_end(&w);
    sl_jsonw_key(&w, SL_STR("total"));
    write_object(total, &w);
    sl_jsonw_end(&w);
    sl_strbuf_add_char(out, '\n');
}

sl_rc sl_report_write(struct sl_db *db, const struct sl_report_options *o, struct sl_strbuf *out,
                      struct sl_diag *d)
{
    sl_rc rc = sl_db_check_schema(db, &sl_schema_usage, d);
    if (rc != SL_OK)
        return rc;
    struct sl_arena *a = sl_arena_new("report", REPORT_BYTES);
    struct report r = {.db = db, .o = o, .a = a, .d = d};
    sl_map_init(&r.cells, a, 0);
    rc = groups[o->group].dims != 0 ? read_names(&r) : read_times(&r);
    if (rc == SL_OK) {
        sort_rows(&r);
        struct row total = row_of(SL_STR("TOTAL"), &r.total);
        (o->is_json ? write_json : write_table)(&r, &total, out);
    }
    sl_arena_free(a);
    return rc;
}
