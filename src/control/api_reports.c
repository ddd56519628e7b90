/*
 * Reports: what was used, by whom and how, step by step, from the sums of this node's ledger; as JSON or CSV.
 */
#include "base/clock.h"
#include "base/money.h"
#include "base/num.h"
#include "base/str.h"
#include "control/api_int.h"
#include "control/api_window.h"
#include "store/rollup_read.h"

enum { GROUPS_DEFAULT = 50, GROUPS_MAX = 1000, FILTERS_MAX = 16 };

/* ------------------------------------------------------------------ what a row tells */

enum kind { COUNT, MONEY, MILLIS }; /* MILLIS: of microseconds */
enum source { SUM, PROMPT, COMPLETION, CLASS, MEAN_TOOK, TOOK, FIRST_BYTE };

static const struct metric {
    const char *name;
    enum kind kind;
    enum source source;
    unsigned which; /* sum, class of tokens, or per mille */
} metrics[] = {
    {"requests", COUNT, SUM, SL_SUM_REQUESTS},
    {"errors", COUNT, SUM, SL_SUM_ERRORS},
    {"failures", COUNT, SUM, SL_SUM_FAILURES},
    {"request_bytes", COUNT, SUM, SL_SUM_REQUEST_BYTES},
    {"response_bytes", COUNT, SUM, SL_SUM_RESPONSE_BYTES},
    {"prompt_tokens", COUNT, PROMPT, 0},
    {"completion_tokens", COUNT, COMPLETION, 0},
#define X(ID, name, side, fallback, text) {"tokens_" #name, COUNT, CLASS, SL_AI_BUCKET_##ID},
#include "ai/usage_bucket.def"
#undef X
    {"cost_usd", MONEY, SUM, SL_SUM_COST},
    {"cost_unknown", COUNT, SUM, SL_SUM_COST_UNKNOWN},
    {"wasted_usd", MONEY, SUM, SL_SUM_WASTED},
    {"mean_ms", MILLIS, MEAN_TOOK, 0},
    {"p50_ms", MILLIS, TOOK, 500},
    {"p95_ms", MILLIS, TOOK, 950},
    {"p99_ms", MILLIS, TOOK, 990},
    {"first_byte_p50_ms", MILLIS, FIRST_BYTE, 500},
    {"first_byte_p95_ms", MILLIS, FIRST_BYTE, 950},
    {"first_byte_p99_ms", MILLIS, FIRST_BYTE, 990},
};

static const enum source sides[SL_AI_BUCKET_COUNT] = {
#define X(ID, name, side, fallback, text) side,
#include "ai/usage_bucket.def"
#undef X
};

static int64_t tokens_of(const struct sl_rollup_cell *cell, enum source side)
{
    int64_t sum = 0;
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        sum = sides[i] == side ? sl_add_sat_i64(sum, cell->sums[SL_SUM_TOKENS + i]) : sum;
    return sum;
}

static int64_t value_of(const struct metric *m, const struct sl_rollup_cell *cell)
{
    switch (m->source) {
    case SUM:
        return cell->sums[m->which];
    case PROMPT:
    case COMPLETION:
        return tokens_of(cell, m->source);
    case CLASS:
        return cell->sums[SL_SUM_TOKENS + m->which];
    case MEAN_TOOK:
        return cell->sums[SL_SUM_TOOK_US] / SL_MAX(cell->sums[SL_SUM_REQUESTS], 1);
    case TOOK:
        return (int64_t)sl_hist_lazy_percentile(&cell->took, m->which);
    case FIRST_BYTE:
        return (int64_t)sl_hist_lazy_percentile(&cell->first_byte, m->which);
    }
    sl_panic(__FILE__, __LINE__, "no such source");
}

/* ------------------------------------------------------------------ what is asked for */

#define TEXT_SCHEMA "{\"type\":\"string\"}"

const struct sl_api_parameter sl_api_report_parameters[] = {
    {"group", TEXT_SCHEMA,
     "What rows are by, separated by commas: `service`, `version`, `route`, `consumer`, `team`, "
     "`model`, `target`, `vendor`, `status`, `outcome`. Left out: everything together."},
    {"since", "{\"type\":\"string\",\"default\":\"24h\"}",
     "From when: a span before now, or a time (RFC 3339)."},
    {"until", TEXT_SCHEMA, "Until when, likewise; now, when left out."},
    {"step", TEXT_SCHEMA,
     "Also step by step: `auto`, `day`, `week`, `month`, or whole minutes that a day is made of "
     "(`1m`, `15m`, `1h`). The first step begins at or before `since`."},
    {"time_zone", "{\"type\":\"string\",\"default\":\"UTC\"}",
     "Whose days, weeks and months: a name (`Europe/Berlin`) or an offset (`+02:00`)."},
    {"order", "{\"type\":\"string\",\"default\":\"-requests\"}",
     "Any member that is a number; `-` puts the greatest first."},
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":50}",
     "How many rows at most; `total` is of all."},
    {"fields", TEXT_SCHEMA, "Only these numbers, separated by commas."},
    {"format", "{\"enum\":[\"json\",\"csv\"]}", "Or by the header Accept: `text/csv`."},
#define X(ID, name, help) {#name, TEXT_SCHEMA, "Only of these, separated by commas: " help "."},
#include "store/rollup_dimension.def"
#undef X
    {NULL, NULL, NULL},
};

struct report {
    struct sl_call *c;
    struct sl_window window;
    struct sl_rollup_query query;
    struct sl_rollup_result result;
    bool is_shown[SL_LEN(metrics)];
    const struct metric *order;
    bool is_descending, is_csv;
    size_t limit;
};

static bool refuse(struct report *r, const char *name, const char *must)
{
    sl_call_fail(r->c, SL_E_BAD_REQUEST, sl_fmt(r->c->a, "query parameter '%s': %s", name, must).p);
    return false;
}

static const struct metric *find_metric(sl_str name)
{
    for (size_t i = 0; i < SL_LEN(metrics); i++) {
        if (sl_str_eq(name, sl_cstr(metrics[i].name)))
            return &metrics[i];
    }
    return NULL;
}

static bool read_group(struct report *r)
{
    sl_str rest = sl_call_query(r->c, "group"), name;
    while (rest.n != 0 && sl_str_split(&rest, ',', &name)) {
        size_t i = 0;
        while (i < SL_DIM_COUNT && !sl_str_eq(name, sl_dimension_names[i]))
            i++;
        if (i == SL_DIM_COUNT)
            return refuse(r, "group",
                          "must be some of service, version, route, consumer, team, model, "
                          "target, vendor, status, outcome");
        r->query.group |= 1u << i;
    }
    return true;
}

static bool read_filters(struct report *r)
{
    for (size_t i = 0; i < SL_DIM_COUNT; i++) {
        sl_str rest = sl_call_query(r->c, sl_dimension_names[i].p), value;
        if (rest.p == NULL)
            continue;
        do {
            if (r->query.filter_count == FILTERS_MAX)
                return refuse(r, sl_dimension_names[i].p, "these are too many filters");
            (void)sl_str_split(&rest, ',', &value); /* an empty one is a value too */
            r->query.filters[r->query.filter_count++] =
                (struct sl_rollup_filter){(enum sl_dimension)i, value};
        } while (rest.n != 0);
    }
    return true;
}

static bool read_fields(struct report *r)
{
    sl_str rest = sl_call_query(r->c, "fields"), name;
    for (size_t i = 0; i < SL_LEN(metrics); i++)
        r->is_shown[i] = rest.p == NULL;
    while (rest.n != 0 && sl_str_split(&rest, ',', &name)) {
        const struct metric *m = find_metric(name);
        if (m == NULL)
            return refuse(r, "fields", "must be names of numbers in the answer");
        r->is_shown[m - metrics] = true;
    }
    return true;
}

static bool read_order(struct report *r)
{
    sl_str order = sl_call_query(r->c, "order");
    if (order.p == NULL)
        order = SL_STR("-requests");
    r->is_descending = order.n != 0 && order.p[0] == '-';
    r->order = find_metric(sl_str_from(order, r->is_descending));
    if (r->order == NULL)
        return refuse(r, "order", "must be the name of a number in the answer, or '-' and it");
    return sl_call_limit(r->c, GROUPS_DEFAULT, GROUPS_MAX, &r->limit);
}

static bool read_format(struct report *r)
{
    sl_str format = sl_call_query(r->c, "format");
    sl_str accept = sl_headers_get_id(r->c->rq->headers, SL_H_ACCEPT);
    if (format.p != NULL && !sl_str_eq(format, SL_STR("json")) && !sl_str_eq(format, SL_STR("csv")))
        return refuse(r, "format", "must be json or csv");
    r->is_csv = format.p != NULL ? sl_str_eq(format, SL_STR("csv"))
                                 : sl_str_istarts(accept, SL_STR("text/csv"));
    return true;
}

/* A '+' that was not encoded has become a space. */
static sl_str zone_text(struct sl_call *c)
{
    sl_str text = sl_call_query(c, "time_zone");
    if (text.n == 0 || text.p[0] != ' ')
        return text;
    return sl_fmt(c->a, "+%.*s", SL_STRF(sl_str_from(text, 1)));
}

static bool read_window(struct report *r)
{
    struct sl_call *c = r->c;
    const struct sl_window_query q = {.since = sl_call_query(c, "since"),
                                      .until = sl_call_query(c, "until"),
                                      .step = sl_call_query(c, "step"),
                                      .time_zone = zone_text(c)};
    if (sl_window_read(&q, sl_clock_wall_us(), c->a, &r->window, c->d) != SL_OK) {
        struct sl_problem p = c->d->problems[0];
        c->d->count = 0;
        return refuse(r, sl_arena_dup(c->a, p.path).p, sl_arena_dup(c->a, p.message).p);
    }
    r->query.edges_s = r->window.edges_s;
    r->query.edge_count = r->window.edge_count;
    return true;
}

/* ------------------------------------------------------------------ the best rows */

static bool is_before(const struct report *r, const struct sl_rollup_group *a,
                      const struct sl_rollup_group *b)
{
    int64_t x = value_of(r->order, &a->total), y = value_of(r->order, &b->total);
    if (x != y)
        return r->is_descending ? x > y : x < y;
    for (size_t i = 0; i < SL_DIM_COUNT; i++) {
        int order = sl_str_cmp(a->dims[i], b->dims[i]);
        if (order != 0)
            return order < 0;
    }
    return false;
}

/* Down from `at` in a heap of n whose top is the last of them in order. */
static void sift(const struct report *r, struct sl_rollup_group **v, size_t at, size_t n)
{
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && is_before(r, v[child], v[child + 1]))
            child++;
        if (!is_before(r, v[at], v[child]))
            return;
        struct sl_rollup_group *g = v[at];
        v[at] = v[child];
        v[child] = g;
        at = child;
    }
}

static void sort_groups(const struct report *r)
{
    struct sl_rollup_group **v = r->result.groups;
    size_t n = r->result.group_count;
    for (size_t i = n / 2; i-- != 0;)
        sift(r, v, i, n);
    for (size_t i = n; i-- > 1;) {
        struct sl_rollup_group *g = v[0];
        v[0] = v[i];
        v[i] = g;
        sift(r, v, 0, i);
    }
}

/* ------------------------------------------------------------------ JSON */

static void add_value(struct sl_strbuf *out, const struct metric *m, int64_t v)
{
    switch (m->kind) {
    case COUNT:
        sl_strbuf_add_i64(out, v);
        return;
    case MONEY:
        sl_money_add(out, v);
        return;
    case MILLIS:
        sl_strbuf_addf(out, "%lld.%03d", (long long)(v / 1000), (int)(v % 1000));
        return;
    }
}

static void write_value(struct sl_jsonw *w, const struct metric *m, int64_t v)
{
    struct sl_strbuf money = {0};
    switch (m->kind) {
    case COUNT:
        sl_jsonw_i64(w, v);
        return;
    case MONEY:
        sl_money_add(&money, v);
        sl_jsonw_str(w, sl_strbuf_str(&money));
        sl_strbuf_fini(&money);
        return;
    case MILLIS:
        sl_jsonw_decimal(w, v, 3);
        return;
    }
}

static void write_metrics(const struct report *r, struct sl_jsonw *w,
                          const struct sl_rollup_cell *cell)
{
    static const struct sl_rollup_cell nothing;
    for (size_t i = 0; i < SL_LEN(metrics); i++) {
        if (!r->is_shown[i])
            continue;
        sl_jsonw_key(w, sl_cstr(metrics[i].name));
        write_value(w, &metrics[i], value_of(&metrics[i], cell != NULL ? cell : &nothing));
    }
}

static sl_str time_of(const struct report *r, size_t edge)
{
    return sl_window_time(&r->window, r->window.edges_s[edge], r->c->a);
}

static void write_steps(const struct report *r, struct sl_jsonw *w, const struct sl_rollup_group *g)
{
    sl_jsonw_key(w, SL_STR("steps"));
    sl_jsonw_array(w);
    for (size_t i = 0; i + 1 < r->window.edge_count; i++) {
        const struct sl_rollup_cell *cell = g->steps != NULL ? g->steps[i] : NULL;
        if (r->window.edge_count == 2)
            cell = &g->total;
        sl_jsonw_object(w);
        sl_jsonw_key_str(w, SL_STR("time"), time_of(r, i));
        write_metrics(r, w, cell);
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

static void write_group(const struct report *r, struct sl_jsonw *w, const struct sl_rollup_group *g)
{
    sl_jsonw_object(w);
    for (size_t i = 0; i < SL_DIM_COUNT; i++) {
        if (g != &r->result.total && (r->query.group & 1u << i) != 0)
            sl_jsonw_key_str(w, sl_dimension_names[i], g->dims[i]);
    }
    write_metrics(r, w, &g->total);
    if (r->window.step.n != 0)
        write_steps(r, w, g);
    sl_jsonw_end(w);
}

static size_t shown_groups(const struct report *r)
{
    return r->query.group != 0 ? SL_MIN(r->result.group_count, r->limit) : 0;
}

static void write_json(const struct report *r, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("since"), sl_window_time(&r->window, r->result.from_s, r->c->a));
    sl_jsonw_key_str(&w, SL_STR("until"), sl_window_time(&r->window, r->result.to_s, r->c->a));
    sl_jsonw_key_str(&w, SL_STR("time_zone"), r->window.time_zone);
    if (r->window.step.n != 0)
        sl_jsonw_key_str(&w, SL_STR("step"), r->window.step);
    sl_jsonw_key_i64(&w, SL_STR("row_count"),
                     r->query.group != 0 ? (int64_t)r->result.group_count : 0);
    sl_jsonw_key(&w, SL_STR("rows"));
    sl_jsonw_array(&w);
    for (size_t i = 0; i < shown_groups(r); i++)
        write_group(r, &w, r->result.groups[i]);
    sl_jsonw_end(&w);
    sl_jsonw_key(&w, SL_STR("total"));
    write_group(r, &w, &r->result.total);
    sl_jsonw_end(&w);
}

/* What /openapi.json says of it. */
const char sl_api_report_schema[] =
    "{\"type\":\"object\",\"required\":[\"since\",\"until\",\"time_zone\",\"row_count\",\"rows\","
    "\"total\"],\"properties\":{\"since\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"until\":{\"type\":\"string\",\"format\":\"date-time\"},\"time_zone\":{\"type\":\"string\"},"
    "\"step\":{\"type\":\"string\"},\"row_count\":{\"type\":\"integer\",\"description\":"
    "\"Of all rows, also those beyond the limit.\"},\"rows\":{\"type\":\"array\",\"items\":{"
    "\"$ref\":\"#/components/schemas/ReportRow\"}},\"total\":{\"$ref\":"
    "\"#/components/schemas/ReportRow\"}}}";

void sl_api_report_row_schema(struct sl_strbuf *out)
{
    static const char *const types[] = {[COUNT] = "{\"type\":\"integer\"}",
                                        [MONEY] = "{\"type\":\"string\"}",
                                        [MILLIS] = "{\"type\":\"number\"}"};
    sl_strbuf_add(out, SL_STR("{\"type\":\"object\",\"additionalProperties\":false,"
                              "\"properties\":{\"time\":{\"type\":\"string\",\"format\":"
                              "\"date-time\",\"description\":\"When a step begins.\"}"));
    for (size_t i = 0; i < SL_DIM_COUNT; i++)
        sl_strbuf_addf(out, ",\"%s\":{\"type\":\"string\"}", sl_dimension_names[i].p);
    for (size_t i = 0; i < SL_LEN(metrics); i++)
        sl_strbuf_addf(out, ",\"%s\":%s", metrics[i].name, types[metrics[i].kind]);
    sl_strbuf_add(out, SL_STR(",\"steps\":{\"type\":\"array\",\"items\":{\"$ref\":"
                              "\"#/components/schemas/ReportRow\"}}}}"));
}

/* ------------------------------------------------------------------ CSV */

/* RFC 4180; a text that a spreadsheet would run gets a quote before it. */
static void add_csv_text(struct sl_strbuf *out, sl_str text)
{
    bool is_formula = text.n != 0 && strchr("=+-@\t\r", text.p[0]) != NULL;
    sl_strbuf_add_char(out, '"');
    if (is_formula)
        sl_strbuf_add_char(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            sl_strbuf_add_char(out, '"');
        sl_strbuf_add_char(out, text.p[i]);
    }
    sl_strbuf_add_char(out, '"');
}

/* A comma before every cell of a line but the first one. */
static void comma(struct sl_strbuf *out)
{
    if (out->n != 0 && out->p[out->n - 1] != '\n')
        sl_strbuf_add_char(out, ',');
}

static void add_csv_head(const struct report *r, struct sl_strbuf *out)
{
    if (r->window.step.n != 0)
        sl_strbuf_add(out, SL_STR("time"));
    for (size_t i = 0; i < SL_DIM_COUNT; i++) {
        if ((r->query.group & 1u << i) == 0)
            continue;
        comma(out);
        sl_strbuf_add(out, sl_dimension_names[i]);
    }
    for (size_t i = 0; i < SL_LEN(metrics); i++) {
        if (!r->is_shown[i])
            continue;
        comma(out);
        sl_strbuf_add(out, sl_cstr(metrics[i].name));
    }
    sl_strbuf_add(out, SL_STR("\r\n"));
}

static void add_csv_line(const struct report *r, struct sl_strbuf *out,
                         const struct sl_rollup_group *g, size_t step)
{
    static const struct sl_rollup_cell nothing;
    const struct sl_rollup_cell *cell = &g->total;
    if (r->window.step.n != 0) {
        sl_strbuf_add(out, time_of(r, step));
        if (r->window.edge_count > 2)
            cell = g->steps != NULL && g->steps[step] != NULL ? g->steps[step] : &nothing;
    }
    for (size_t i = 0; i < SL_DIM_COUNT; i++) {
        if ((r->query.group & 1u << i) == 0)
            continue;
        comma(out);
        add_csv_text(out, g->dims[i]);
    }
    for (size_t i = 0; i < SL_LEN(metrics); i++) {
        if (!r->is_shown[i])
            continue;
        comma(out);
        add_value(out, &metrics[i], value_of(&metrics[i], cell));
    }
    sl_strbuf_add(out, SL_STR("\r\n"));
}

/* Without a group the one row is the total. */
static void write_csv(const struct report *r, struct sl_strbuf *out)
{
    size_t groups = r->query.group != 0 ? shown_groups(r) : 1;
    size_t steps = r->window.step.n != 0 ? r->window.edge_count - 1 : 1;
    add_csv_head(r, out);
    for (size_t i = 0; i < groups; i++) {
        const struct sl_rollup_group *g =
            r->query.group != 0 ? r->result.groups[i] : &r->result.total;
        for (size_t step = 0; step < steps; step++)
            add_csv_line(r, out, g, step);
    }
}

/* ------------------------------------------------------------------ the operation */

static void answer(struct report *r)
{
    struct sl_strbuf out;
    sl_strbuf_init(&out, r->c->a, 0);
    sort_groups(r);
    if (r->is_csv)
        write_csv(r, &out);
    else
        write_json(r, &out);
    sl_call_json(r->c, 200, sl_strbuf_str(&out));
    if (r->is_csv) {
        r->c->answer->type = SL_STR("text/csv; charset=utf-8; header=present");
        sl_call_header(r->c, "content-disposition", SL_STR("attachment; filename=\"report.csv\""));
    }
}

/* Dimensions of the operator are not told. Behind the filters of the query, of which none is a consumer. */
static bool restrict_to(struct report *r, const struct sl_report_scope *scope)
{
    enum {
        OPEN = 1 << SL_DIM_SERVICE | 1 << SL_DIM_VERSION | 1 << SL_DIM_MODEL | 1 << SL_DIM_STATUS |
               1 << SL_DIM_OUTCOME
    };
    unsigned open = OPEN | (scope->by_consumer ? 1u << SL_DIM_CONSUMER : 0);
    SL_ASSERT(scope->consumers.n <= SL_ROLLUP_FILTERS_MAX - FILTERS_MAX);
    if ((r->query.group & ~open) != 0)
        return refuse(r, "group",
                      scope->by_consumer
                          ? "must be some of consumer, service, version, model, status, outcome"
                          : "must be some of service, version, model, status, outcome");
    for (size_t i = 0; i < scope->consumers.n; i++)
        r->query.filters[r->query.filter_count++] =
            (struct sl_rollup_filter){SL_DIM_CONSUMER, scope->consumers.v[i]};
    return true;
}

/* Of nobody: without a filter it would be of everybody. */
static void report_nothing(struct report *r)
{
    if (!read_fields(r) || !read_order(r) || !read_format(r) || !read_window(r))
        return;
    r->result.from_s = r->window.edges_s[0];
    r->result.to_s = r->window.edges_s[r->window.edge_count - 1];
    answer(r);
}

static void report(struct report *r)
{
    struct sl_call *c = r->c;
    struct sl_db *db;
    if (!read_fields(r) || !read_order(r) || !read_format(r) || !read_window(r) ||
        !sl_call_ledger(c, &db))
        return;
    sl_rc rc = sl_rollup_read(db, &r->query, sl_clock_wall_us() / 1000000, c->a, &r->result, c->d);
    sl_db_close(db);
    if (rc == SL_OK) {
        answer(r);
    } else if (rc == SL_E_INVALID || rc == SL_E_LIMIT) {
        sl_str why = c->d->problems[0].message;
        c->d->count = 0;
        (void)refuse(r, "step", sl_arena_dup(c->a, why).p);
    } else {
        sl_call_fail(c, SL_E_STORE, NULL);
    }
}

void sl_api_reports(struct sl_call *c)
{
    struct report *r = sl_arena_new_of(c->a, struct report);
    r->c = c;
    if (sl_call_check_query(c, sl_api_report_parameters) && read_group(r) && read_filters(r))
        report(r);
    sl_call_zip(c);
}

void sl_call_report(struct sl_call *c, const struct sl_report_scope *scope,
                    const struct sl_api_parameter *known)
{
    struct report *r = sl_arena_new_of(c->a, struct report);
    r->c = c;
    if (!sl_call_check_query(c, known) || !read_group(r) || !read_filters(r) ||
        !restrict_to(r, scope))
        return;
    if (scope->consumers.n != 0)
        report(r);
    else
        report_nothing(r);
    sl_call_zip(c);
}
