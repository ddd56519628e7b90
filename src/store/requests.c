#include "store/requests.h"
#include "base/fmt.h"
#include "base/money.h"
#include "base/str.h"
#include "store/migrate.h"

enum kind { TEXT, NUMBER, TIME, MONEY };

/* The first two are where a page ends. */
static const struct {
    const char *column, *name;
    enum kind kind;
} columns[] = {
    {"wall_us", "time", TIME},
    {"request_id", "id", TEXT},
    {"client_ip", "client_ip", TEXT},
    {"method", "method", TEXT},
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
    {"tokens_input + tokens_cache_read + tokens_cache_write_5m + tokens_cache_write_1h + "
     "tokens_input_audio + tokens_input_image",
     "prompt_tokens", NUMBER},
    {"tokens_output + tokens_reasoning + tokens_output_audio + tokens_output_image",
     "completion_tokens", NUMBER},
    {"cost_nusd", "cost_usd", MONEY},
};

static sl_str statement(struct sl_arena *a)
{
    struct sl_strbuf sql;
    sl_strbuf_init(&sql, a, 0);
    sl_strbuf_add(&sql, SL_STR("SELECT "));
    for (size_t i = 0; i < SL_LEN(columns); i++)
        sl_strbuf_addf(&sql, "%s%s", i == 0 ? "" : ", ", columns[i].column);
    sl_strbuf_add(&sql, SL_STR(" FROM usage WHERE (wall_us, request_id) < (?1, ?2)"
                               " AND (?3 = '' OR service = ?3) AND (?4 = '' OR consumer = ?4)"
                               " AND (?5 = '' OR model_asked = ?5) AND (?6 = 0 OR outcome != 'ok')"
                               " ORDER BY wall_us DESC, request_id DESC"));
    sl_strbuf_add_char(&sql, '\0');
    return sl_strbuf_str(&sql);
}

static void write_money(struct sl_query *q, int column, struct sl_jsonw *w)
{
    struct sl_strbuf cost = {0};
    if (sl_query_is_null_at(q, column)) {
        sl_jsonw_null(w);
        return;
    }
    sl_money_add(&cost, sl_query_i64_at(q, column));
    sl_jsonw_str(w, sl_strbuf_str(&cost));
    sl_strbuf_fini(&cost);
}

static void write_member(struct sl_query *q, int column, struct sl_arena *a, struct sl_jsonw *w)
{
    sl_jsonw_key(w, sl_cstr(columns[column].name));
    switch (columns[column].kind) {
    case TEXT:
        sl_jsonw_str(w, sl_query_text_at(q, column));
        return;
    case NUMBER:
        sl_jsonw_i64(w, sl_query_i64_at(q, column));
        return;
    case TIME:
        sl_jsonw_str(w, sl_fmt_rfc3339(a, sl_query_i64_at(q, column)));
        return;
    case MONEY:
        write_money(q, column, w);
        return;
    }
}

static struct sl_query *begin(struct sl_db *db, const struct sl_request_query *query,
                              const char *sql)
{
    struct sl_query *q = sl_db_query(db, sql);
    sl_query_i64(q, 1, query->before_us != 0 ? query->before_us : INT64_MAX);
    sl_query_text(q, 2, query->before_id);
    sl_query_text(q, 3, query->service);
    sl_query_text(q, 4, query->consumer);
    sl_query_text(q, 5, query->model);
    sl_query_i64(q, 6, query->has_failed);
    return q;
}

sl_rc sl_requests_write(struct sl_db *db, const struct sl_request_query *query, struct sl_jsonw *w,
                        struct sl_arena *a, struct sl_request_place *ret_last, bool *ret_has_more,
                        struct sl_diag *d)
{
    sl_rc rc = sl_db_check_schema(db, &sl_schema_usage, d);
    if (rc != SL_OK)
        return rc;
    struct sl_query *q = begin(db, query, statement(a).p);
    size_t n = 0;
    *ret_has_more = false;
    while (sl_query_row(q)) {
        if (n++ == query->limit) {
            *ret_has_more = true;
            break;
        }
        sl_jsonw_object(w);
        for (size_t i = 0; i < SL_LEN(columns); i++)
            write_member(q, (int)i, a, w);
        sl_jsonw_end(w);
        *ret_last = (struct sl_request_place){.us = sl_query_i64_at(q, 0),
                                              .id = sl_arena_dup(a, sl_query_text_at(q, 1))};
    }
    rc = sl_query_end(q);
    return rc == SL_OK ? rc : sl_db_fail(db, rc, d);
}
