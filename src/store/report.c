#include "store/report.h"
#include "base/money.h"
#include "base/str.h"
#include "codec/jsonw.h"
#include "store/migrate.h"

struct row {
    sl_str name;
    int64_t requests, errors, prompt, cached, completion, cost_nusd, unknown, p95_us;
};

/* One statement for each grouping: names of columns cannot be parameters. */
#define REPORT(expression)                                                                      \
    "WITH ranked AS (SELECT " expression " AS name, *, "                                        \
    "  percent_rank() OVER (PARTITION BY " expression " ORDER BY took_us) AS place "            \
    "  FROM usage WHERE wall_us >= ?1) "                                                        \
    "SELECT name, count(*), sum(outcome != 'ok'), "                                             \
    "  sum(tokens_input + tokens_cache_read + tokens_cache_write_5m + tokens_cache_write_1h + " \
    "      tokens_input_audio + tokens_input_image), "                                          \
    "  sum(tokens_cache_read), "                                                                \
    "  sum(tokens_output + tokens_reasoning + tokens_output_audio + tokens_output_image), "     \
    "  coalesce(sum(cost_nusd), 0), sum(cost_nusd IS NULL), "                                   \
    "  coalesce(max(CASE WHEN place <= 0.95 THEN took_us END), 0) "                             \
    "FROM ranked GROUP BY name ORDER BY 7 DESC, 2 DESC LIMIT 1000"

static const char *const queries[] = {
    [SL_REPORT_MODEL] =
        REPORT("(CASE WHEN account = '' THEN '-' "
               "WHEN model_route IN ('', account || '/' || model) THEN account || '/' || model "
               "ELSE model_route || ' (' || account || '/' || model || ')' END)"),
    [SL_REPORT_CONSUMER] = REPORT("(CASE WHEN consumer = '' THEN '-' ELSE consumer END)"),
    [SL_REPORT_SERVICE] = REPORT("(CASE WHEN service = '' THEN '-' ELSE service END)"),
    [SL_REPORT_ROUTE] = REPORT("(CASE WHEN route = '' THEN '-' ELSE route END)"),
    [SL_REPORT_VENDOR] = REPORT("(CASE WHEN vendor = '' THEN '-' ELSE vendor END)"),
    [SL_REPORT_DAY] = REPORT("date(wall_us / 1000000, 'unixepoch')"),
    [SL_REPORT_HOUR] = REPORT("strftime('%Y-%m-%dT%H:00:00Z', wall_us / 1000000, 'unixepoch')"),
    [SL_REPORT_MINUTE] = REPORT("strftime('%Y-%m-%dT%H:%M:00Z', wall_us / 1000000, 'unixepoch')"),
};

static const char *const titles[] = {"MODEL",  "CONSUMER", "SERVICE", "ROUTE",
                                     "VENDOR", "DAY",      "HOUR",    "MINUTE"};

static struct row read_row(struct sl_query *q)
{
    return (struct row){
        .name = sl_query_text_at(q, 0),
        .requests = sl_query_i64_at(q, 1),
        .errors = sl_query_i64_at(q, 2),
        .prompt = sl_query_i64_at(q, 3),
        .cached = sl_query_i64_at(q, 4),
        .completion = sl_query_i64_at(q, 5),
        .cost_nusd = sl_query_i64_at(q, 6),
        .unknown = sl_query_i64_at(q, 7),
        .p95_us = sl_query_i64_at(q, 8),
    };
}

static void add_up(struct row *total, const struct row *r)
{
    total->requests += r->requests;
    total->errors += r->errors;
    total->prompt += r->prompt;
    total->cached += r->cached;
    total->completion += r->completion;
    total->cost_nusd = sl_add_sat_i64(total->cost_nusd, r->cost_nusd);
    total->unknown += r->unknown;
    total->p95_us = SL_MAX(total->p95_us, r->p95_us);
}

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

static sl_rc write_table(struct sl_query *q, enum sl_report_group group, struct sl_strbuf *out)
{
    struct row total = {.name = SL_STR("TOTAL")};
    write_titles(group, out);
    while (sl_query_row(q)) {
        struct row r = read_row(q);
        write_line(&r, out);
        add_up(&total, &r);
    }
    write_line(&total, out);
    return sl_query_end(q);
}

static sl_rc write_json(struct sl_query *q, struct sl_strbuf *out)
{
    struct row total = {.name = SL_STR("TOTAL")};
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("rows"));
    sl_jsonw_array(&w);
    while (sl_query_row(q)) {
        struct row r = read_row(q);
        write_object(&r, &w);
        add_up(&total, &r);
    }
    sl_jsonw_end(&w);
    sl_jsonw_key(&w, SL_STR("total"));
    write_object(&total, &w);
    sl_jsonw_end(&w);
    sl_strbuf_add_char(out, '\n');
    return sl_query_end(q);
}

sl_rc sl_report_write(struct sl_db *db, const struct sl_report_options *o, struct sl_strbuf *out,
                      struct sl_diag *d)
{
    sl_rc rc = sl_db_check_schema(db, &sl_schema_usage, d);
    if (rc != SL_OK)
        return rc;
    struct sl_query *q = sl_db_query(db, queries[o->group]);
    sl_query_i64(q, 1, o->since_us);
    rc = o->is_json ? write_json(q, out) : write_table(q, o->group, out);
    return rc == SL_OK ? rc : sl_db_fail(db, rc, d);
}
