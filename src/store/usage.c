#include "store/usage.h"
#include "base/str.h"
#include "codec/jsonw.h"

sl_str sl_usage_outcome_name(enum sl_outcome outcome)
{
    switch (outcome) {
    case SL_OUTCOME_OK:
        return SL_STR("ok");
    case SL_OUTCOME_CLIENT_ERROR:
        return SL_STR("client_error");
    case SL_OUTCOME_UPSTREAM_ERROR:
        return SL_STR("upstream_error");
    case SL_OUTCOME_GATEWAY_ERROR:
        return SL_STR("gateway_error");
    case SL_OUTCOME_CANCELLED:
        return SL_STR("cancelled");
    }
    sl_panic(__FILE__, __LINE__, "no such outcome");
}

sl_str sl_usage_source_name(enum sl_ai_usage_source source)
{
    switch (source) {
    case SL_AI_USAGE_NONE:
        return SL_STR("none");
    case SL_AI_USAGE_REPORTED:
        return SL_STR("reported");
    case SL_AI_USAGE_ESTIMATED:
        return SL_STR("estimated");
    }
    sl_panic(__FILE__, __LINE__, "no such source of usage");
}

sl_str sl_usage_error_label(sl_rc rc)
{
    return rc != SL_OK ? sl_cstr(sl_err_info(rc)->label) : (sl_str){0};
}

int64_t sl_usage_wasted(const struct sl_record *r)
{
    int64_t sum = 0;
    for (size_t i = 0; i < r->attempt_count; i++)
        sum = sl_add_sat_i64(sum, SL_MAX(r->attempts[i].wasted_nusd, 0));
    return sum;
}

/* ---- attempts as JSON ---- */

static void member(struct sl_jsonw *w, sl_str name, int64_t v)
{
    if (v != 0)
        sl_jsonw_key_i64(w, name, v);
}

static void write_usage(struct sl_jsonw *w, const struct sl_ai_usage *u)
{
    if (u->source == SL_AI_USAGE_NONE)
        return;
    sl_jsonw_key_str(w, SL_STR("usage_source"), sl_usage_source_name(u->source));
#define X(ID, name, side, fallback, text) member(w, SL_STR("tokens_" #name), u->name);
#include "ai/usage_bucket.def"
#undef X
#define X(ID, counted, price, pico_usd, role, text) \
    member(w, SL_STR("units_" #counted), u->counted);
#include "ai/usage_unit.def"
#undef X
}

static void write_attempt(struct sl_jsonw *w, const struct sl_record_attempt *at)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("target"), at->target);
    if (at->key_label.n != 0)
        sl_jsonw_key_str(w, SL_STR("key"), at->key_label);
    member(w, SL_STR("status"), at->status);
    if (at->rc != SL_OK)
        sl_jsonw_key_str(w, SL_STR("error"), sl_usage_error_label(at->rc));
    member(w, SL_STR("started_us"), at->started_us);
    member(w, SL_STR("took_us"), at->took_us);
    member(w, SL_STR("wasted_nusd"), at->wasted_nusd);
    if (at->usage != NULL)
        write_usage(w, at->usage);
    sl_jsonw_end(w);
}

void sl_usage_write_attempts(const struct sl_record *r, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    if (r->attempt_count == 0 || (r->attempt_count == 1 && !r->is_ai))
        return;
    sl_jsonw_init(&w, out);
    sl_jsonw_array(&w);
    for (size_t i = 0; i < r->attempt_count; i++)
        write_attempt(&w, &r->attempts[i]);
    sl_jsonw_end(&w);
}

void sl_usage_write_phases(const struct sl_record *r, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    for (size_t i = 0; i < SL_LEN(r->phase_us) && sl_record_phase_name(i) != NULL; i++)
        member(&w, sl_cstr(sl_record_phase_name(i)), r->phase_us[i]);
    sl_jsonw_end(&w);
}

/* ---- budgets ---- */

static sl_rc tell_budgets(struct sl_query *q, sl_usage_budget_fn *fn, void *arg)
{
    while (sl_query_row(q)) {
        struct sl_record_charge spent = {.budget = sl_query_text_at(q, 0),
                                         .subject = sl_query_text_at(q, 1),
                                         .window_start_s = sl_query_i64_at(q, 2),
                                         .cost_nusd = sl_query_i64_at(q, 3),
                                         .tokens = sl_query_i64_at(q, 4)};
        fn(&spent, arg);
    }
    return sl_query_end(q);
}

sl_rc sl_usage_budgets_each(struct sl_db *db, int64_t since_s, sl_usage_budget_fn *fn, void *arg)
{
    struct sl_query *q =
        sl_db_query(db, "SELECT budget, subject, window_start_s, cost_nusd, tokens "
                        "FROM budget_spent WHERE window_start_s >= ? OR window_start_s = 0");
    sl_query_i64(q, 1, since_s);
    return tell_budgets(q, fn, arg);
}

sl_rc sl_usage_budget_each(struct sl_db *db, const struct sl_usage_budget_query *query,
                           sl_usage_budget_fn *fn, void *arg)
{
    struct sl_query *q = sl_db_query(
        db, "SELECT budget, subject, window_start_s, cost_nusd, tokens FROM budget_spent "
            "WHERE budget = ? AND window_start_s = ? AND (? OR subject = ?) "
            "ORDER BY cost_nusd DESC, tokens DESC, subject LIMIT ?");
    sl_query_text(q, 1, query->budget);
    sl_query_i64(q, 2, query->window_start_s);
    sl_query_i64(q, 3, query->subject.p == NULL);
    sl_query_text(q, 4, query->subject.p != NULL ? query->subject : SL_STR(""));
    sl_query_i64(q, 5, query->limit);
    return tell_budgets(q, fn, arg);
}
