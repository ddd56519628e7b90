/*
 * The exchange machine: the one place where phases change. Each phase function runs to completion and
 * names the next phase; an exchange that waits returns to the loop and is woken by what it waits for.
 */
#include "gate/exchange.h"
#include "gate/gate_int.h"

typedef enum sl_phase phase_fn(struct sl_exchange *x, uint32_t why);

static phase_fn *const phases[SL_PHASE_COUNT] = {
    [SL_PHASE_ROUTE] = sl_phase_route,       [SL_PHASE_REQUEST] = sl_phase_request,
    [SL_PHASE_BODY] = sl_phase_body,         [SL_PHASE_DISPATCH] = sl_phase_dispatch,
    [SL_PHASE_SEND] = sl_phase_send,         [SL_PHASE_RECV] = sl_phase_recv,
    [SL_PHASE_RESPONSE] = sl_phase_response, [SL_PHASE_DELIVER] = sl_phase_deliver,
    [SL_PHASE_FAULT] = sl_phase_fault,       [SL_PHASE_SETTLE] = sl_phase_settle,
    [SL_PHASE_END] = sl_phase_end,
};

static void enter(struct sl_exchange *x, enum sl_phase next)
{
    sl_usec now_us = sl_now(x);
    x->phase_us[x->phase] += now_us - x->phase_began_us;
    x->phase_began_us = now_us;
    x->phase = next;
}

/* The client left: before SETTLE there is nobody to serve any more. */
static enum sl_phase abandoned(struct sl_exchange *x)
{
    x->failed = SL_E_CANCELLED;
    x->reason = "client went away";
    if (x->ai != NULL)
        return sl_ai_abandon(x);
    sl_attempt_cancel(x);
    return SL_PHASE_SETTLE;
}

static void run(struct sl_task *t, uint32_t why)
{
    struct sl_exchange *x = SL_CONTAINER(t, struct sl_exchange, task);
    if ((why & SL_WHY_GONE) && x->phase < SL_PHASE_SETTLE && x->failed != SL_E_CANCELLED)
        enter(x, abandoned(x));
    for (;;) {
        enum sl_phase now = x->phase;
        bool is_last = now == SL_PHASE_END;
        enum sl_phase next = phases[now](x, why);
        if (next == now) {
            return; /* it waits, or END has given x back: x may be gone */
        }
        SL_ASSERT(!is_last);
        enter(x, next);
        why = 0;
    }
}

void sl_exchange_begin(void *ctx, struct sl_inbound *in)
{
    struct sl_worker *w = ctx;
    struct sl_exchange *x = sl_arena_new_of(in->arena, struct sl_exchange);
    x->task.run = run;
    x->worker = w;
    x->loop = in->loop;
    x->arena = in->arena;
    x->in = in;
    x->lease = sl_lease_take(w);
    x->snapshot = x->lease != NULL ? x->lease->snapshot : NULL;
    x->began_us = in->began_us;
    x->began_wall_s = sl_loop_wall_us(in->loop) / 1000000;
    x->phase_began_us = sl_now(x);
    x->req = in->req;
    x->client = in->peer->remote;
    x->body_limit = UINT64_MAX;
    sl_headers_init(&x->add_headers, x->arena);
    in->owner = &x->task;
    in->user = x;
    atomic_fetch_add_explicit(&w->exchanges, 1, memory_order_relaxed);
    sl_task_wake(x->loop, &x->task, SL_WHY_START);
}

void sl_exchange_timer(struct sl_exchange *x, sl_usec due_us)
{
    if (x->deadline_us != 0)
        due_us = SL_MIN(due_us, x->deadline_us);
    sl_timer_start(x->loop, &x->timer, &x->task, SL_WHY_TIMER, due_us);
}

enum sl_verdict sl_fail(struct sl_exchange *x, sl_rc rc, const char *reason)
{
    SL_ASSERT(rc != SL_OK);
    x->failed = rc;
    x->reason = reason;
    return SL_FAIL;
}

enum sl_verdict sl_fail_hint(struct sl_exchange *x, sl_rc rc, const char *reason, sl_str hint)
{
    x->hint = hint;
    return sl_fail(x, rc, reason);
}

enum sl_verdict sl_reply(struct sl_exchange *x, uint16_t status, sl_str content_type, sl_str body)
{
    x->res = (struct sl_head){
        .status = status, .version = 11, .body_kind = SL_BODY_LENGTH, .body_bytes = body.n};
    sl_headers_init(&x->res.headers, x->arena);
    if (content_type.n != 0)
        (void)sl_headers_add_id(&x->res.headers, SL_H_CONTENT_TYPE,
                                content_type); /* arena is fresh */
    x->reply_body = body;
    return SL_REPLY;
}

void sl_answer_header(struct sl_exchange *x, sl_str name, sl_str value)
{
    (void)sl_headers_set(&x->add_headers, name,
                         value); /* at the arena's limit the answer lacks it */
}

sl_str sl_exchange_client_ip(struct sl_exchange *x)
{
    if (x->record.client_ip.n == 0)
        x->record.client_ip = sl_addr_ip(&x->client, x->arena);
    return x->record.client_ip;
}

sl_str sl_exchange_subject(struct sl_exchange *x)
{
    if (x->consumer != NULL)
        return x->consumer->name;
    if (x->credential != NULL)
        return x->credential->name;
    return sl_exchange_client_ip(x);
}

const struct sl_record *sl_exchange_record(const struct sl_exchange *x)
{
    return &x->record;
}

void sl_exchange_charge(struct sl_exchange *x, const struct sl_record_charge *charge)
{
    struct sl_record *r = &x->record;
    if (r->charge_count == 0)
        r->charges = sl_arena_array(x->arena, struct sl_record_charge, SL_RECORD_BUDGETS_MAX);
    if (r->charge_count < SL_RECORD_BUDGETS_MAX)
        r->charges[r->charge_count++] = *charge;
}

/* ------------------------------------------------------------------ the end */

static enum sl_outcome outcome_of(const struct sl_exchange *x)
{
    if (x->failed == SL_E_CANCELLED)
        return SL_OUTCOME_CANCELLED;
    if (x->failed != SL_OK) {
        switch (sl_err_info(x->failed)->fault) {
        case SL_FAULT_CLIENT:
            return SL_OUTCOME_CLIENT_ERROR;
        case SL_FAULT_UPSTREAM:
            return SL_OUTCOME_UPSTREAM_ERROR;
        case SL_FAULT_GATEWAY:
        case SL_FAULT_OPERATOR:
            return SL_OUTCOME_GATEWAY_ERROR;
        }
    }
    if (x->res.status >= 500)
        return SL_OUTCOME_UPSTREAM_ERROR;
    return x->res.status >= 400 ? SL_OUTCOME_CLIENT_ERROR : SL_OUTCOME_OK;
}

static void fill_who(const struct sl_exchange *x, struct sl_record *r)
{
    if (x->route != NULL) {
        r->route = x->route->name;
        r->service = x->route->service->name;
        r->service_version = x->route->service->version;
    }
    if (x->consumer != NULL) {
        r->consumer = x->consumer->name;
        r->team = sl_consumer_extra(x->consumer)->team;
    }
    if (x->credential != NULL)
        r->credential = x->credential->name;
}

static void fill_record(struct sl_exchange *x)
{
    struct sl_record *r = &x->record;
    sl_usec now_us = sl_now(x);
    enter(x, x->phase); /* this phase's time up to now */
    r->request_id = x->request_id;
    r->took_us = now_us - x->began_us;
    r->wall_us = sl_loop_wall_us(x->loop) - r->took_us;
    (void)sl_exchange_client_ip(x);
    r->method = x->in->req.method;
    r->host = x->host;
    r->path = x->path.n != 0 ? x->path : x->in->req.path;
    r->user_agent = sl_headers_get_id(&x->in->req.headers, SL_H_USER_AGENT);
    fill_who(x, r);
    r->status = x->failed == SL_E_CANCELLED && !x->is_committed ? 499 : x->res.status;
    r->rc = (int16_t)x->failed;
    r->reason = sl_cstr(x->reason);
    r->outcome = outcome_of(x);
    r->request_bytes = x->in->received_bytes;
    r->response_bytes = SL_MAX(x->in->sent_bytes, x->in->response.total_bytes);
    for (size_t i = 0; i < SL_PHASE_COUNT && i < SL_LEN(r->phase_us); i++)
        r->phase_us[i] = x->phase_us[i];
    if (x->ai != NULL)
        sl_ai_fill_record(x);
}

void sl_exchange_settle(struct sl_exchange *x)
{
    if (x->is_settled)
        return;
    x->is_settled = true;
    fill_record(x);
    sl_hold_release(x);
    sl_policies_settle(x);
    if (!x->record.is_metered)
        return;
    sl_meter_add(&x->worker->meter, &x->record);
    sl_metrics_record(x->worker->metrics, &x->record);
    sl_worker_access_log(x->worker, &x->record);
}

/* Nothing more will go to this client. */
static bool is_over(const struct sl_exchange *x)
{
    return x->in->is_gone || x->in->is_sent || x->in->is_cut;
}

enum sl_phase sl_phase_settle(struct sl_exchange *x, uint32_t why)
{
    (void)why;
    sl_timer_stop(&x->timer);
    sl_attempt_cancel(x);
    sl_exchange_settle(x);
    if (is_over(x) || x->failed == SL_E_CANCELLED)
        return SL_PHASE_END;
    sl_list_push_back(&x->worker->finishing, &x->finishing);
    return SL_PHASE_END;
}

void sl_exchange_finish(struct sl_exchange *x)
{
    if (!x->is_committed) {
        x->is_committed = true;
        sl_inbound_respond(x->in, &x->res);
    }
    if (x->is_cut)
        sl_pipe_break(&x->in->response, x->failed);
    else
        sl_pipe_end(&x->in->response);
    sl_task_wake(x->loop, &x->task, SL_WHY_PIPE_OUT);
}

static void give_back(struct sl_exchange *x)
{
    struct sl_worker *w = x->worker;
    struct sl_inbound *in = x->in;
    sl_list_remove(&x->finishing);
    sl_timer_stop(&x->timer);
    sl_ai_fini(x);
    sl_rest_fini(x);
    sl_chain_fini(&x->body);
    sl_pipe_fini(&x->attempt_body);
    sl_task_cancel(&x->task);
    sl_lease_give(w, x->lease);
    atomic_fetch_sub_explicit(&w->exchanges, 1, memory_order_relaxed);
    sl_inbound_release(in); /* x lived in its arena */
}

enum sl_phase sl_phase_end(struct sl_exchange *x, uint32_t why)
{
    (void)why;
    bool is_waiting = sl_list_is_linked(&x->finishing); /* the tick's end lets the answer go */
    if (is_over(x) || (x->failed == SL_E_CANCELLED && !is_waiting))
        give_back(x);
    return SL_PHASE_END;
}
