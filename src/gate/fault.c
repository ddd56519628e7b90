/*
 * FAULT: errors of the gateway's own making: problem+json (RFC 9457) on REST routes, the dialect's own
 * shape on AI routes; Proxy-Status (RFC 9209) says that it was us.
 */
#include "codec/jsonw.h"
#include "gate/ai_exchange.h"
#include "gate/gate_int.h"

enum { KEPT_BYTES = 64 * 1024 }; /* for what policies add to the answer, and the record of it */

static void add_problem_members(struct sl_exchange *x, const struct sl_err_info *e,
                                struct sl_jsonw *w)
{
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("type"));
    sl_jsonw_str(w, sl_fmt(x->arena, "urn:sluice:problem:%s", e->label));
    sl_jsonw_key(w, SL_STR("title"));
    sl_jsonw_str(w, sl_cstr(e->text));
    sl_jsonw_key(w, SL_STR("status"));
    sl_jsonw_i64(w, e->status);
    sl_jsonw_key(w, SL_STR("detail"));
    sl_jsonw_str(w, sl_cstr(x->reason));
    sl_jsonw_key(w, SL_STR("reason"));
    sl_jsonw_str(w, sl_cstr(e->label));
    if (x->hint.n != 0) {
        sl_jsonw_key(w, SL_STR("hint"));
        sl_jsonw_str(w, x->hint);
    }
    if (x->errors.n != 0)
        sl_jsonw_key_raw(w, SL_STR("errors"), x->errors);
    sl_jsonw_key(w, SL_STR("request_id"));
    sl_jsonw_str(w, x->request_id);
    sl_jsonw_end(w);
}

static struct sl_strbuf write_problem(struct sl_exchange *x, const struct sl_err_info *e)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, x->arena, 0);
    sl_jsonw_init(&w, &b);
    add_problem_members(x, e, &w);
    return b;
}

/* Without the list of what is wrong where there is no room for it. */
static sl_str problem_body(struct sl_exchange *x, const struct sl_err_info *e)
{
    struct sl_strbuf b = write_problem(x, e);
    if (b.is_full) {
        x->errors = (sl_str){0};
        b = write_problem(x, e);
    }
    return sl_strbuf_str(&b);
}

/* Who is to blame (E11). A content filter refuses what is neither malformed nor unlucky: its word is its own. */
static sl_str origin_of(sl_rc rc)
{
    if (rc == SL_E_AI_CONTENT)
        return SL_STR("guardrail");
    switch (sl_err_info(rc)->fault) {
    case SL_FAULT_CLIENT:
        return SL_STR("client");
    case SL_FAULT_UPSTREAM:
        return SL_STR("upstream");
    case SL_FAULT_GATEWAY:
    case SL_FAULT_OPERATOR:
        return SL_STR("gateway");
    }
    return SL_STR("gateway");
}

static void fault_headers(struct sl_exchange *x, const struct sl_err_info *e)
{
    sl_answer_header(x, SL_STR("x-sluice-error-origin"), origin_of(x->failed));
    sl_answer_header(x, SL_STR("x-sluice-error-code"), sl_cstr(e->label));
    sl_answer_header(x, SL_STR("cache-control"), SL_STR("no-store"));
    if (e->fault == SL_FAULT_UPSTREAM)
        sl_answer_header(x, SL_STR("proxy-status"), sl_fmt(x->arena, "sluice; error=%s", e->label));
    bool is_at_limit = e->fault == SL_FAULT_GATEWAY && e->status == 503;
    sl_usec wait_us = x->retry_after_us != 0 || !is_at_limit ? x->retry_after_us : SL_SECONDS(1);
    if (wait_us > 0) {
        int64_t seconds = (wait_us + SL_SECONDS(1) - 1) / SL_SECONDS(1);
        sl_answer_header(x, SL_STR("retry-after"), sl_fmt(x->arena, "%lld", (long long)seconds));
    }
}

void sl_fault_answer(struct sl_exchange *x)
{
    const struct sl_err_info *e = sl_err_info(x->failed);
    bool is_ai = x->route != NULL && x->route->handler == SL_HANDLER_AI && x->route->prompt == NULL;
    sl_arena_spend_kept(x->arena, KEPT_BYTES); /* the request may have used up all the rest */
    if (is_ai) {
        struct sl_ai_fault fault = sl_ai_exchange_fault(x);
        enum sl_ai_dialect dialect = (enum sl_ai_dialect)x->route->ai_dialect;
        if (x->outbound.has_head) /* the last attempt's (E10) */
            sl_ai_pass_fields(x, &x->outbound.res.headers);
        (void)sl_reply(x, sl_ai_fault_status(&fault, dialect), SL_STR("application/json"),
                       sl_ai_fault_body(&fault, dialect, x->request_id, x->arena));
    } else {
        (void)sl_reply(x, e->status, SL_STR("application/problem+json"), problem_body(x, e));
    }
    fault_headers(x, e);
}

enum sl_phase sl_phase_fault(struct sl_exchange *x, uint32_t why)
{
    (void)why;
    sl_timer_stop(&x->timer);
    sl_attempt_cancel(x);
    sl_fault_answer(x);
    return SL_PHASE_RESPONSE;
}
