/*
 * AI: BODY, DISPATCH, SEND, RECV, RESPONSE and DELIVER: one attempt machine for all dialects:
 * connect -> sent -> headers -> before commit -> committed. Retry and fallback are legal only before
 * the commit (the first content for the client); after it a failure ends in the dialect's own
 * terminal error event, never in a clean end.
 */
#include "gate/ai_exchange.h"
#include "ai/embed.h"
#include "base/money.h"
#include "gate/balance.h"
#include "gate/gate_int.h"

enum {
    ANSWER_LIMIT_BYTES = 32 << 20,
    LINGER_MS = 50,
    STREAM_FIELDS = 4, /* of a stream's head that are not of the answer's own */
    MORE_FIELDS = 8,   /* that most vendors and we add to an answer */
    PAGE_BYTES = 200,  /* of a body that is no error of the dialect, for the log */
};
#define DRAIN_LOOK_US SL_MS(100) /* how often an answer without a client asks whether to go on */

/* ------------------------------------------------------------------ BODY */

static enum sl_phase bad_body(struct sl_exchange *x, sl_rc rc, const struct sl_diag *d)
{
    static const char reason[] = "the request body is not valid for this endpoint";
    if (d->count == 0) {
        (void)sl_fail(x, rc, reason);
        return SL_PHASE_FAULT;
    }
    x->ai->fault = sl_ai_fault_of_request(rc, d, x->arena);
    (void)sl_fail_hint(x, rc, reason, x->ai->fault.message);
    return SL_PHASE_FAULT;
}

static void note_request(struct sl_exchange *x)
{
    struct sl_record *r = &x->record;
    r->is_ai = true;
    r->is_stream = x->ai->call.is_stream;
    r->model_asked = x->ai->call.model;
    r->model_route = x->ai->route->name;
    r->cost_nusd = 0;
}

/* The chunk that holds the body as it came, in one piece; else NULL. */
static struct sl_chunk *chunk_of(const struct sl_exchange *x, sl_str body)
{
    const struct sl_span *s = x->body.head;
    return s != NULL && s->p == body.p && s->n == body.n ? s->chunk : NULL;
}

enum sl_phase sl_ai_take_body(struct sl_exchange *x)
{
    enum sl_ai_operation operation = (enum sl_ai_operation)x->route->ai_operation;
    struct sl_diag diag, *d = &diag; /* too large to be kept for the life of a stream */
    sl_diag_init(d, x->arena);
    x->ai = sl_arena_new_of(x->arena, struct sl_ai_exchange);
    x->ai->call.operation = operation;
    if (operation == SL_AI_STORED || (operation != SL_AI_SHOW && sl_ai_is_answered_here(operation)))
        return SL_PHASE_REQUEST;
    sl_str body = x->body.bytes != 0 ? sl_chain_flatten(&x->body, x->arena) : SL_STR("");
    if (body.p == NULL) {
        (void)sl_fail(x, SL_E_NOMEM, "no memory for the request body");
        return SL_PHASE_FAULT;
    }
    if (!sl_ai_undo_coding(x, &body))
        return SL_PHASE_FAULT;
    if (x->route->prompt != NULL && sl_ai_take_prompt(x, body, &body) == SL_PHASE_FAULT)
        return SL_PHASE_FAULT;
    const struct sl_ai_prompt *prompt = x->ai->call.prompt;
    enum sl_ai_dialect dialect = (enum sl_ai_dialect)x->route->ai_dialect;
    struct sl_ai_line line;
    sl_rc rc =
        sl_ai_line_read(operation, dialect, sl_str_from(x->path, x->match.matched_path_bytes),
                        x->req.query, x->arena, &line, d);
    const struct sl_ai_recall_body known =
        sl_worker_recall(x->worker, x->consumer, chunk_of(x, body));
    if (rc == SL_OK)
        rc = sl_ai_call_read_line(&line, dialect, body, &known, x->arena, &x->ai->call, d);
    x->ai->call.prompt = prompt; /* reading has begun the call anew */
    if (rc != SL_OK)
        return bad_body(x, rc, d);
    if (sl_ai_is_answered_here(operation))
        return SL_PHASE_REQUEST;
    if (!sl_ai_take_previous(x) || !sl_ai_resolve(x))
        return SL_PHASE_FAULT;
    note_request(x);
    return SL_PHASE_REQUEST;
}

/* ------------------------------------------------------------------ for policies */

sl_str sl_exchange_model(const struct sl_exchange *x)
{
    return x->ai != NULL && x->ai->route != NULL ? x->ai->route->name : (sl_str){0};
}

/* Nobody bills a count, or what was billed when it was made. */
static bool is_free(const struct sl_exchange *x)
{
    return x->ai == NULL || x->ai->call.operation == SL_AI_COUNT_TOKENS ||
           x->ai->call.operation == SL_AI_STORED;
}

int64_t sl_exchange_tokens_estimate(struct sl_exchange *x)
{
    if (is_free(x) || x->ai->route == NULL)
        return 0;
    int64_t output = 0;
    sl_ai_choose_targets(x);
    if (x->ai->candidate_count == 0)
        return 0;
    for (size_t i = 0; i < x->ai->candidate_count; i++)
        output = SL_MAX(output, sl_ai_output_estimate(x, x->ai->candidates[i].target));
    return sl_add_sat_i64(x->ai->call.input_tokens_estimate, output);
}

int64_t sl_exchange_cost_estimate(struct sl_exchange *x)
{
    return !is_free(x) && x->ai->route != NULL ? sl_ai_cost_estimate(x) : 0;
}

void sl_exchange_cap_output(struct sl_exchange *x)
{
    if (x->ai != NULL)
        x->ai->caps_output = true;
}

void sl_exchange_restrict_models(struct sl_exchange *x, sl_model_filter *allows, const void *config)
{
    struct sl_ai_exchange *ai = x->ai;
    if (ai == NULL)
        return;
    SL_ASSERT(ai->restriction_count < SL_AI_RESTRICTIONS_MAX);
    ai->restrictions[ai->restriction_count].allows = allows;
    ai->restrictions[ai->restriction_count++].config = config;
}

struct sl_ai_fault sl_ai_exchange_fault(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    if (ai != NULL && ai->fault.class_ != SL_AI_FAULT_NONE && ai->fault.rc == x->failed)
        return ai->fault;
    sl_str message = x->hint.n != 0 ? x->hint : sl_cstr(x->reason);
    return sl_ai_fault_of(x->failed, message);
}

/* ------------------------------------------------------------------ DISPATCH */

static enum sl_phase fail_with(struct sl_exchange *x, sl_rc rc, const char *reason)
{
    (void)sl_fail(x, rc, reason);
    return SL_PHASE_FAULT;
}

/* The last fault is what the client is told, but a dead key of ours is never the client's 401 (E6). */
static enum sl_phase give_up(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_ai_fault *f = &ai->fault;
    if (ai->is_head_sent)
        return SL_PHASE_DELIVER; /* the stream has begun: it ends with the fault */
    if (sl_ai_may_estimate(x, f))
        return sl_ai_estimate(x);
    bool is_keys = f->class_ == SL_AI_FAULT_AUTH || f->class_ == SL_AI_FAULT_CREDIT ||
                   f->class_ == SL_AI_FAULT_CLOCK;
    if (is_keys || f->class_ == SL_AI_FAULT_NONE)
        return fail_with(x, SL_E_AI_KEYS_DEAD, "no vendor key of this gateway is usable");
    if (f->retry_after_us > 0)
        x->retry_after_us = f->retry_after_us;
    x->hint = f->message;
    return fail_with(x, f->rc, sl_err_info(f->rc)->text);
}

static enum sl_phase nobody_left(struct sl_exchange *x, sl_usec wait_us)
{
    struct sl_ai_exchange *ai = x->ai;
    if (wait_us < 0 && x->attempts != 0)
        return give_up(x);
    if (sl_ai_may_estimate(x, &ai->fault))
        return sl_ai_estimate(x);
    if (wait_us < 0 && ai->is_breaker_open)
        return fail_with(x, SL_E_BREAKER_OPEN,
                         "every target of this model is failing; it is probed again soon");
    if (wait_us < 0 && ai->token_trouble != SL_TOKEN_AWAITED)
        return fail_with(x, SL_E_AI_TOKEN,
                         ai->token_trouble == SL_TOKEN_REFUSED
                             ? "the token endpoint of this vendor refuses the gateway's credential"
                             : "the token endpoint of this vendor gives no token");
    if (wait_us < 0)
        return fail_with(x, SL_E_AI_KEYS_DEAD, "no vendor key of this gateway is usable");
    if (sl_ai_is_worth_waiting(x, wait_us)) {
        x->waits_for = SL_WAIT_TIMER;
        sl_exchange_timer(x, sl_now(x) + wait_us);
        return SL_PHASE_DISPATCH;
    }
    ai->fault = sl_ai_fault_of(
        SL_E_AI_COOLING, SL_STR("every target is rate limited by its vendor; try again later"));
    x->retry_after_us = wait_us;
    return give_up(x);
}

static bool refuse_by_rules(struct sl_exchange *x)
{
    sl_str name = sl_str_head(x->ai->route->name, 200);
    (void)sl_fail_hint(x, SL_E_AI_NO_RULE, sl_err_info(SL_E_AI_NO_RULE)->text,
                       sl_fmt(x->arena,
                              "The model '%.*s' serves only some requests, and this is none of "
                              "them: no rule takes what it asks for, or who asks.",
                              SL_STRF(name)));
    return false;
}

/* Before the first attempt: who may be asked at all. False: x has failed. */
static bool settle_targets(struct sl_exchange *x)
{
    sl_ai_choose_targets(x);
    if (!sl_ai_check_bound(x))
        return false;
    if (x->ai->candidate_count == 0)
        return refuse_by_rules(x);
    if (!sl_ai_restrict_candidates(x))
        (void)sl_fail(x, SL_E_MODEL_DENIED, "no target of this model is allowed for this key");
    return x->failed == SL_OK;
}

static void reset_attempt(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    sl_attempt_cancel(x);
    sl_ai_relay_free(ai->relay);
    ai->relay = NULL;
    ai->is_relay_finished = false;
    sl_chain_fini(&ai->wire.body);
    sl_chain_fini(&ai->held);
    sl_chain_fini(&ai->error_body);
    sl_pipe_fini(&ai->request);
    sl_pipe_fini(&ai->answer);
}

/* The request says so itself, or the model's route does. */
static bool is_strict(const struct sl_exchange *x)
{
    const struct sl_header *said = sl_headers_find(&x->in->req.headers, SL_STR("x-sluice-strict"));
    return said != NULL ? sl_str_ieq(said->value, SL_STR("true")) : x->ai->route->is_strict;
}

/* The key itself, or the token that it is good for. */
static sl_str key_of(struct sl_exchange *x, const struct sl_account_key *key)
{
    sl_str token;
    if (key == NULL)
        return (sl_str){0};
    if (key->source == NULL)
        return key->secret;
    return sl_access_token_get(key->source->token, sl_now(x), x->arena, &token, &x->ai->token_turn)
               ? token
               : (sl_str){0};
}

static void describe_target(struct sl_exchange *x, const struct sl_ai_candidate *c)
{
    struct sl_ai_exchange *ai = x->ai;
    const struct sl_account *account = c->target->account;
    sl_str model = sl_account_model_name(account, c->target->model);
    const struct sl_ai_surface *surface =
        sl_ai_surface_for(&account->surfaces, &ai->call, model, c->target->info);
    bool caps = ai->caps_output && ai->call.max_tokens < 0 && ai->call.operation == SL_AI_CHAT;
    ai->target = (struct sl_ai_target){
        .vendor = surface->row,
        .base_url_path = surface->base_path,
        .authority = account->endpoint.authority,
        .region = account->region,
        .now_unix_s = sl_wall_seconds(x) +
                      atomic_load_explicit(&account->state->clock_ahead_s, memory_order_relaxed),
        .model = model,
        .model_info = c->target->info,
        .key = key_of(x, c->key),
        .is_token = c->key != NULL && c->key->source != NULL,
        .no_stream_options = atomic_load_explicit(&account->state->no_stream_options_until_us,
                                                  memory_order_relaxed) > sl_now(x),
        .streaming = c->target->streaming,
        .is_strict = is_strict(x),
        .cap_max_tokens = caps ? sl_ai_output_estimate(x, c->target) : -1,
    };
}

static void add_request_fields(struct sl_exchange *x, struct sl_headers *h)
{
    const struct sl_headers *from = &x->in->req.headers;
    for (uint32_t i = 0; i < from->n; i++) {
        if (from->v[i].id == SL_H_TRACEPARENT || from->v[i].id == SL_H_TRACESTATE)
            (void)sl_headers_add(h, from->v[i].name, from->v[i].value);
    }
    sl_forward_via(x, h);
    (void)sl_headers_set_id(h, SL_H_USER_AGENT, SL_STR("sluice"));
    (void)sl_headers_set_id(h, SL_H_X_REQUEST_ID, x->request_id);
}

static void make_outbound(struct sl_exchange *x, const struct sl_account *account)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_outbound *o = &x->outbound;
    bool is_stored = ai->call.operation == SL_AI_STORED;
    *o = (struct sl_outbound){.may_reuse = !x->needs_fresh,
                              .connect_timeout_us = ai->route->timeouts.connect_us};
    o->req = (struct sl_head){
        .method = is_stored ? x->req.method : SL_STR("POST"),
        .method_id = is_stored ? x->req.method_id : SL_METHOD_POST,
        .target = ai->wire.path,
        .authority = account->endpoint.authority,
        .version = 11,
        .headers = ai->wire.headers,
        .body_kind =
            is_stored && x->req.method_id != SL_METHOD_POST ? SL_BODY_NONE : SL_BODY_LENGTH,
        .body_bytes = ai->wire.body.bytes,
    };
    add_request_fields(x, &o->req.headers);
}

/* Does this client get keep-alives in silence? */
static bool beats(const struct sl_exchange *x)
{
    return x->ai->route->heartbeat_us != 0 && x->ai->call.is_stream;
}

/* The client has heard nothing since then. */
static sl_usec quiet_since(const struct sl_exchange *x)
{
    return x->ai->is_head_sent ? x->ai->last_sent_us : x->began_us;
}

/* When something is due before the first content: the first token, or a keep-alive. */
static sl_usec before_content_due(const struct sl_exchange *x)
{
    const struct sl_ai_exchange *ai = x->ai;
    sl_usec due_us = ai->attempt_began_us + ai->route->timeouts.first_token_us;
    return beats(x) ? SL_MIN(due_us, quiet_since(x) + ai->route->heartbeat_us) : due_us;
}

static enum sl_phase begin_attempt(struct sl_exchange *x, struct sl_ai_candidate *c)
{
    struct sl_ai_exchange *ai = x->ai;
    const struct sl_account *account = c->target->account;
    sl_str label = c->key != NULL ? c->key->label : (sl_str){0};
    sl_attempt_begin(
        x, sl_fmt(x->arena, "%.*s/%.*s", SL_STRF(account->name), SL_STRF(c->target->model)), label);
    make_outbound(x, account);
    sl_pipe_init(&ai->request, x->loop, x->worker->pool, SIZE_MAX);
    sl_pipe_init(&ai->answer, x->loop, x->worker->pool, x->worker->config.server.pipe_bytes);
    ai->answer.reader = &x->task;
    sl_pipe_push_chain(&ai->request, &ai->wire.body);
    sl_pipe_end(&ai->request);
    ai->attempt_began_us = sl_now(x);
    ai->received_mark = 0;
    sl_attempt_start(x, &account->endpoint, &ai->request, &ai->answer);
    sl_exchange_timer(x, before_content_due(x));
    return SL_PHASE_SEND;
}

/* A vendor that cannot do what was asked is passed over; the last reason is kept for the client. */
static bool encode(struct sl_exchange *x, struct sl_ai_candidate *c)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_diag diag, *d = &diag; /* too large to be kept for the life of a stream */
    sl_diag_init(d, x->arena);
    describe_target(x, c);
    sl_rc rc = sl_ai_call_write(&ai->call, &ai->target, &x->in->req.headers, x->arena,
                                x->worker->pool, &ai->wire, d);
    if (rc == SL_OK)
        return true;
    if (x->attempts == 0) /* a vendor's own failure is better told than this */
        ai->fault = sl_ai_fault_of_request(rc, d, x->arena);
    for (size_t i = 0; i < ai->candidate_count; i++) /* another key cannot do it either */
        ai->candidates[i].is_out |= ai->candidates[i].target == c->target;
    return false;
}

/* The probe of a half-open endpoint is claimed when the attempt begins: one who pauses would lose it. */
static bool may_begin(struct sl_exchange *x, const struct sl_ai_candidate *c)
{
    return sl_endpoint_admits(c->target->account->endpoint.state, sl_now(x), true);
}

enum sl_phase sl_ai_dispatch(struct sl_exchange *x, uint32_t why)
{
    struct sl_ai_exchange *ai = x->ai;
    (void)why;
    if (sl_ai_is_answered_here(ai->call.operation))
        return sl_ai_models(x);
    if (ai->call.operation == SL_AI_STORED && ai->route == NULL) {
        enum sl_phase next = sl_ai_stored(x);
        if (next != SL_PHASE_DISPATCH)
            return next;
        note_request(x);
    }
    if (x->deadline_us == 0) {
        x->deadline_us = x->began_us + ai->route->timeouts.total_us;
        if (!settle_targets(x))
            return SL_PHASE_FAULT;
    }
    if (sl_now(x) >= x->deadline_us)
        return ai->is_head_sent
                   ? SL_PHASE_DELIVER
                   : fail_with(x, SL_E_DEADLINE, "the request's total time is used up");
    for (;;) {
        sl_usec wait_us;
        struct sl_ai_candidate *c = sl_ai_next_candidate(x, &wait_us);
        if (c == NULL && wait_us < 0 && x->attempts == 0 && ai->fault.class_ == SL_AI_FAULT_REQUEST)
            return give_up(x); /* no target can do what was asked */
        if (c == NULL)
            return nobody_left(x, wait_us);
        sl_usec pause_us = ai->has_paused || x->needs_fresh ? 0 : sl_ai_pause(x, c);
        ai->has_paused = pause_us != 0;
        if (pause_us != 0) {
            x->waits_for = SL_WAIT_TIMER;
            sl_exchange_timer(x, sl_now(x) + pause_us);
            return SL_PHASE_DISPATCH;
        }
        ai->current = c;
        if (!encode(x, c)) {
            if (sl_ai_may_estimate(x, &ai->fault))
                return sl_ai_estimate(x); /* of the model asked for, not another one's count */
            continue;
        }
        if (may_begin(x, c))
            return begin_attempt(x, c);
        sl_chain_fini(&ai->wire.body);
    }
}

/* ------------------------------------------------------------------ failed attempts */

/* Our own limits (memory, connections) say nothing about the target. */
static bool is_targets_fault(const struct sl_ai_fault *f)
{
    bool is_class = f->class_ == SL_AI_FAULT_OVERLOAD || f->class_ == SL_AI_FAULT_STREAM;
    return is_class && sl_err_info(f->rc)->fault == SL_FAULT_UPSTREAM;
}

/* Tokens of an answer that nobody got are recorded, and not charged to the caller (U14). */
static void note_waste(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    if (ai->relay == NULL || x->record.attempt_count == 0)
        return;
    struct sl_record_attempt *at = &x->record.attempts[x->record.attempt_count - 1];
    const struct sl_ai_relay_state *st = sl_ai_relay_state(ai->relay);
    if (st->events == 0 && st->usage.source == SL_AI_USAGE_NONE)
        return;
    struct sl_ai_usage *usage = sl_arena_new_of(x->arena, struct sl_ai_usage);
    *usage = sl_ai_relay_usage(ai->relay);
    at->usage = usage;
    if (sl_ai_cost(ai->current->target->price, usage, sl_wall_seconds(x), SL_AI_TIER_STANDARD,
                   &at->wasted_nusd) != SL_OK)
        at->wasted_nusd = -1;
}

static void end_endpoint(struct sl_exchange *x, bool is_failure)
{
    const struct sl_account *account = x->ai->current->target->account;
    const struct sl_outbound *o = &x->outbound;
    if (!x->is_endpoint_counted)
        return;
    sl_usec latency_us = o->first_byte_us > o->started_us ? o->first_byte_us - o->started_us : -1;
    sl_endpoint_end(account->endpoint.state, &account->breaker, is_failure, latency_us, sl_now(x));
    x->is_endpoint_counted = false;
}

static enum sl_phase failed(struct sl_exchange *x, const struct sl_ai_fault *fault)
{
    struct sl_ai_exchange *ai = x->ai;
    ai->fault = *fault;
    sl_attempt_end(x, x->outbound.has_head ? x->outbound.res.status : 0, fault->rc);
    note_waste(x);
    end_endpoint(x, is_targets_fault(fault));
    bool may_go_on = sl_ai_learn(x, fault);
    reset_attempt(x);
    return may_go_on && fault->rc != SL_E_DEADLINE ? SL_PHASE_DISPATCH : give_up(x);
}

static enum sl_phase failed_rc(struct sl_exchange *x, sl_rc rc)
{
    struct sl_ai_fault f = sl_ai_fault_of(rc, sl_cstr(sl_err_info(rc)->text));
    if (f.class_ == SL_AI_FAULT_NONE || f.class_ == SL_AI_FAULT_REQUEST)
        f.class_ = SL_AI_FAULT_OVERLOAD;
    return failed(x, &f);
}

/* A kept-alive connection that the vendor had closed meanwhile (E9): again, on a fresh one, for free. */
static bool retry_stale(struct sl_exchange *x)
{
    const struct sl_outbound *o = &x->outbound;
    bool is_stale = o->was_reused && o->received_bytes == 0 && !x->needs_fresh &&
                    (o->rc == SL_E_UPSTREAM_CLOSED || o->rc == SL_E_UPSTREAM_RESET);
    if (!is_stale)
        return false;
    sl_attempt_end(x, 0, o->rc);
    if (x->is_endpoint_counted)
        sl_endpoint_forget(x->endpoint->state);
    x->is_endpoint_counted = false;
    x->ai->fault =
        sl_ai_fault_of(o->rc, sl_cstr(sl_err_info(o->rc)->text)); /* should nobody be left */
    reset_attempt(x);
    x->needs_fresh = true;
    return true;
}

/* ------------------------------------------------------------------ SEND and RECV */

static void send_heartbeat(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    sl_pipe_push_static(&x->in->response, sl_ai_heartbeat(&ai->call));
    ai->last_sent_us = sl_now(x);
}

static void begin_stream(struct sl_exchange *x, sl_str content_type)
{
    x->res = (struct sl_head){.status = 200, .version = 11, .body_kind = SL_BODY_CHUNKED};
    sl_headers_init(&x->res.headers, x->arena);
    sl_headers_expect(&x->res.headers, x->add_headers.n + STREAM_FIELDS);
    (void)sl_headers_add_id(&x->res.headers, SL_H_CONTENT_TYPE, content_type);
    (void)sl_headers_add(&x->res.headers, SL_STR("cache-control"), SL_STR("no-cache"));
}

/* Silence before the first content: the stream begins with keep-alives; failover stays possible (T12). */
static void begin_with_heartbeat(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    begin_stream(x, sl_ai_call_stream_type(&ai->call));
    if (sl_policies_respond(x) ==
        SL_FAIL) { /* it will fail the real answer too, with a proper status */
        x->failed = SL_OK;
        ai->last_sent_us = sl_now(x);
        return;
    }
    sl_forward_answer_headers(x);
    sl_inbound_respond(x->in, &x->res);
    ai->is_head_sent = x->is_committed = true;
    send_heartbeat(x);
}

static enum sl_phase before_content_timer(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    sl_usec now_us = sl_now(x);
    if (now_us >= x->deadline_us)
        return failed_rc(x, SL_E_DEADLINE);
    if (now_us >= ai->attempt_began_us + ai->route->timeouts.first_token_us)
        return failed_rc(x, SL_E_AI_FIRST_TOKEN);
    if (beats(x) && now_us - quiet_since(x) >= ai->route->heartbeat_us) {
        if (ai->is_head_sent)
            send_heartbeat(x);
        else
            begin_with_heartbeat(x);
    }
    sl_exchange_timer(x, before_content_due(x));
    return x->phase;
}

static bool is_success(const struct sl_exchange *x)
{
    return x->outbound.res.status >= 200 && x->outbound.res.status < 300;
}

static void open_relay(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    const struct sl_headers *h = &x->outbound.res.headers;
    sl_str type = sl_headers_get_id(h, SL_H_CONTENT_TYPE);
    bool is_vendor_streaming = sl_ai_is_stream_type(ai->target.vendor, type);
    ai->is_stream_answer = is_vendor_streaming && ai->call.is_stream;
    ai->is_gathering = is_vendor_streaming && !ai->call.is_stream;
    struct sl_ai_relay_config config = {
        .call = &ai->call,
        .target = &ai->target,
        .wire = &ai->wire,
        .shown_model = ai->route->shows_real_model ? (sl_str){0} : ai->call.model,
        .request_id = x->request_id,
        .now_unix_s = sl_wall_seconds(x),
        .content_encoding = sl_headers_get_id(h, SL_H_CONTENT_ENCODING),
        .body_limit = ANSWER_LIMIT_BYTES,
        .is_stream = is_vendor_streaming,
        .times = &ai->times,
        .wants_id = ai->call.operation == SL_AI_EMBEDDINGS &&
                    sl_ai_embed_wants_id(sl_headers_get_id(&x->req.headers, SL_H_USER_AGENT)),
    };
    ai->times.began_us = x->began_us;
    ai->relay = sl_ai_relay_new(&config, x->arena);
    sl_chain_init(&ai->held, x->worker->pool);
}

enum sl_phase sl_ai_send(struct sl_exchange *x, uint32_t why)
{
    struct sl_outbound *o = &x->outbound;
    if (o->has_head) {
        if (is_success(x))
            open_relay(x);
        return SL_PHASE_RECV;
    }
    if (o->is_ended)
        return retry_stale(x) ? SL_PHASE_DISPATCH : failed_rc(x, o->rc);
    return why & SL_WHY_TIMER ? before_content_timer(x) : SL_PHASE_SEND;
}

/* Some proxies show the request that they did not understand. */
static bool repeats_key(const struct sl_exchange *x, sl_str text)
{
    sl_str key = x->ai->target.key;
    return key.n != 0 && sl_str_find_str(text, key) != SIZE_MAX;
}

/* A page of a proxy on the way says nothing to clients; to operators it does (E10). */
static void log_page(const struct sl_exchange *x, sl_str body, const struct sl_ai_fault *f)
{
    sl_str text = sl_str_trim_all(body);
    bool is_page = text.n != 0 && text.p[0] != '{' && text.p[0] != '[';
    if (!is_page || f->class_ == SL_AI_FAULT_AUTH || repeats_key(x, text))
        return; /* a refusal of the key may have a part of it */
    sl_log(x->worker->config.log, WARN, "a vendor's error is not in its dialect",
           SL_KV_STR("request_id", x->request_id),
           SL_KV_STR("account", x->ai->current->target->account->name),
           SL_KV_U64("status", f->vendor_status), SL_KV_STR("body", sl_str_head(text, PAGE_BYTES)));
}

/* The vendor refused: take its error body, as much as is reasonable, and understand it. */
static enum sl_phase read_refusal(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_outbound *o = &x->outbound;
    if (ai->error_body.pool == NULL)
        sl_chain_init(&ai->error_body, x->worker->pool);
    sl_chain_move(&ai->error_body, &ai->answer.chain,
                  SL_ERROR_BODY_BYTES - SL_MIN(ai->error_body.bytes, (size_t)SL_ERROR_BODY_BYTES));
    bool is_full = ai->error_body.bytes >= SL_ERROR_BODY_BYTES;
    sl_pipe_took(&ai->answer);
    if (!o->is_ended && !is_full)
        return SL_PHASE_RECV;
    struct sl_ai_fault f;
    sl_str body = sl_chain_flatten(&ai->error_body, x->arena);
    sl_ai_fault_read(ai->target.vendor, &o->res, body, sl_wall_seconds(x), x->arena, &f);
    log_page(x, body, &f);
    f.message = sl_arena_dup(x->arena, f.message); /* the chain it may point into goes away */
    return failed(x, &f);
}

/* Feed what has come, as long as the client's side has room. */
static void pump(struct sl_exchange *x, struct sl_chain *out)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_chain *q = &ai->answer.chain;
    const struct sl_ai_relay_state *st = sl_ai_relay_state(ai->relay);
    bool may_block = ai->is_committed;
    while (q->head != NULL && !st->has_failed &&
           (!may_block || sl_pipe_room(&x->in->response) != 0)) {
        struct sl_span *s = q->head;
        ai->times.now_us = sl_now(x);
        sl_ai_relay_feed(ai->relay, s->chunk, (sl_str){s->p, s->n}, out);
        sl_chain_consume(q, s->n);
        if (may_block && !ai->is_draining && out->bytes != 0) {
            sl_pipe_push_chain(&x->in->response, out);
            ai->last_sent_us = sl_now(x);
        }
        if (!may_block && ai->is_stream_answer && st->has_content)
            break; /* commit first */
    }
    sl_pipe_took(&ai->answer);
}

static bool is_answer_over(const struct sl_ai_exchange *ai)
{
    return ai->answer.chain.bytes == 0 && (ai->answer.is_ended || ai->answer.broken != SL_OK);
}

static void finish_relay(struct sl_exchange *x, struct sl_chain *out)
{
    struct sl_ai_exchange *ai = x->ai;
    if (ai->is_relay_finished)
        return;
    ai->is_relay_finished = true;
    ai->times.now_us = sl_now(x);
    sl_ai_relay_finish(ai->relay, ai->answer.is_ended && ai->answer.broken == SL_OK, out);
}

static void add_sluice_fields(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    sl_answer_header(x, SL_STR("x-sluice-model"), ai->target.model);
    sl_answer_header(x, SL_STR("x-sluice-provider"), ai->current->target->account->name);
    sl_answer_header(x, SL_STR("x-sluice-attempts"), sl_fmt(x->arena, "%u", x->attempts));
    if (ai->wire.dropped_params.n != 0)
        sl_answer_header(x, SL_STR("x-sluice-dropped-params"), ai->wire.dropped_params);
}

static void answer_head(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    sl_headers_expect(&x->add_headers, MORE_FIELDS);
    sl_ai_pass_fields(x, &x->outbound.res.headers);
    add_sluice_fields(x);
    begin_stream(x, sl_ai_relay_content_type(ai->relay));
}

static void note_progress(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    if (x->outbound.received_bytes == ai->received_mark)
        return;
    ai->received_mark = x->outbound.received_bytes;
    ai->received_at_us = sl_now(x);
}

/* A stream that is gathered has its first token behind it: from there on it may only not fall silent. */
static enum sl_phase gather_on(struct sl_exchange *x, uint32_t why)
{
    struct sl_ai_exchange *ai = x->ai;
    sl_usec now_us = sl_now(x);
    note_progress(x);
    if ((why & SL_WHY_TIMER) && now_us >= x->deadline_us)
        return failed_rc(x, SL_E_DEADLINE);
    sl_usec due_us = ai->received_at_us + ai->route->timeouts.idle_us;
    if (now_us >= due_us)
        return failed_rc(x, SL_E_IDLE_TIMEOUT);
    sl_exchange_timer(x, due_us);
    return SL_PHASE_RECV;
}

/* It is whole but for the end of the body: a moment for that, so that the connection can be kept. */
static bool may_linger(struct sl_exchange *x, uint32_t why)
{
    if ((why & SL_WHY_TIMER) || x->outbound.is_ended)
        return false;
    sl_exchange_timer(x, sl_now(x) + SL_MS(LINGER_MS));
    return true;
}

static bool is_answer_there(const struct sl_ai_exchange *ai, const struct sl_ai_relay_state *st)
{
    if (ai->is_stream_answer)
        return st->has_content || st->is_complete;
    return ai->is_relay_finished || (ai->is_gathering && st->is_complete);
}

enum sl_phase sl_ai_recv(struct sl_exchange *x, uint32_t why)
{
    struct sl_ai_exchange *ai = x->ai;
    if (!is_success(x)) {
        enum sl_phase next = read_refusal(x);
        return next == SL_PHASE_RECV && (why & SL_WHY_TIMER) ? before_content_timer(x) : next;
    }
    const struct sl_ai_relay_state *st = sl_ai_relay_state(ai->relay);
    pump(x, &ai->held);
    if (is_answer_over(ai) && !st->has_failed)
        finish_relay(x, &ai->held);
    if (st->has_failed)
        return failed(x, &st->fault);
    if (ai->held.bytes > ANSWER_LIMIT_BYTES)
        return failed_rc(x, SL_E_AI_STREAM_CUT);
    if (is_answer_there(ai, st)) {
        if (ai->is_gathering && may_linger(x, why))
            return SL_PHASE_RECV;
        answer_head(x);
        return SL_PHASE_RESPONSE;
    }
    if (ai->is_gathering && st->has_content)
        return gather_on(x, why);
    return why & SL_WHY_TIMER ? before_content_timer(x) : SL_PHASE_RECV;
}

/* ------------------------------------------------------------------ RESPONSE */

/* What it cost, as far as is known now. */
static void account(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_record *r = &x->record;
    const struct sl_ai_relay_state *st = sl_ai_relay_state(ai->relay);
    ai->served = ai->current->target;
    if (ai->call.operation == SL_AI_STORED) /* it was paid when it was made */
        return;
    if (st->bad_events != 0)
        sl_log(x->worker->config.log, WARN, "events of a vendor's stream were no JSON",
               SL_KV_STR("request_id", x->request_id),
               SL_KV_STR("account", ai->served->account->name),
               SL_KV_U64("events", st->bad_events));
    r->usage = sl_ai_relay_usage(ai->relay);
    r->service_tier = st->service_tier;
    r->vendor_model = st->vendor_model;
    r->stop = st->native_stop;
    if (sl_ai_cost(ai->served->price, &r->usage, x->began_wall_s,
                   sl_ai_service_tier_of(st->service_tier), &r->cost_nusd) != SL_OK)
        r->cost_nusd = -1;
}

static enum sl_phase whole_answer(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    account(x);
    if (x->record.cost_nusd >= 0) {
        struct sl_strbuf b;
        sl_strbuf_init(&b, x->arena, 0);
        sl_money_add(&b, x->record.cost_nusd);
        (void)sl_headers_set(&x->res.headers, SL_STR("x-sluice-cost-usd"), sl_strbuf_str(&b));
    }
    x->res.body_kind = SL_BODY_LENGTH;
    x->res.body_bytes = ai->held.bytes;
    sl_pipe_push_chain(&x->in->response, &ai->held);
    sl_attempt_end(x, x->outbound.res.status, SL_OK);
    end_endpoint(x, false);
    sl_ai_learn_success(x);
    return SL_PHASE_SETTLE;
}

enum sl_phase sl_ai_commit(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    sl_ai_keep_response(x); /* before the client knows its id */
    if (ai->call.operation == SL_AI_STORED)
        sl_ai_forget_response(x);
    if (!ai->is_stream_answer && !ai->is_head_sent)
        return whole_answer(x);
    ai->is_committed = true;
    sl_timer_stop(&x->timer); /* DELIVER has its own */
    ai->first_token_us = sl_now(x);
    x->record.first_byte_us = ai->first_token_us - x->began_us;
    if (!ai->is_head_sent) {
        x->is_committed = ai->is_head_sent = true;
        sl_inbound_respond(x->in, &x->res);
    }
    x->in->response.writer = &x->task;
    sl_pipe_push_chain(&x->in->response, &ai->held);
    ai->last_sent_us = sl_now(x);
    ai->received_mark = x->outbound.received_bytes;
    ai->received_at_us = sl_now(x);
    return SL_PHASE_DELIVER;
}

/* ------------------------------------------------------------------ DELIVER */

/* After the commit: the dialect's terminal error event, then a cut, never a clean end (T4). */
static enum sl_phase end_with_fault(struct sl_exchange *x, const struct sl_ai_fault *fault)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_chain out;
    ai->fault = *fault;
    sl_chain_init(&out, x->worker->pool);
    if (ai->relay != NULL) {
        sl_ai_relay_write_fault(ai->relay, fault, &out);
        account(x);
    } else {
        sl_ai_call_fault_event(&ai->call, fault, 0, x->request_id, x->arena, &out);
    }
    sl_pipe_push_chain(&x->in->response, &out);
    sl_chain_fini(&out);
    (void)sl_fail(x, fault->rc, "the vendor's stream broke off");
    x->is_cut = true;
    sl_attempt_end(x, x->outbound.has_head ? x->outbound.res.status : 0, fault->rc);
    if (ai->current != NULL)
        end_endpoint(x, is_targets_fault(fault));
    return SL_PHASE_SETTLE;
}

static enum sl_phase cut(struct sl_exchange *x, sl_rc rc)
{
    struct sl_ai_fault f = sl_ai_fault_of(rc, sl_cstr(sl_err_info(rc)->text));
    f.class_ = SL_AI_FAULT_STREAM;
    return end_with_fault(x, &f);
}

static enum sl_phase delivered(struct sl_exchange *x)
{
    account(x);
    sl_attempt_end(x, x->outbound.res.status, SL_OK);
    end_endpoint(x, false);
    sl_ai_learn_success(x);
    return SL_PHASE_SETTLE;
}

static enum sl_phase deliver_timer(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    sl_usec now_us = sl_now(x), idle_us = ai->route->timeouts.idle_us,
            beat_us = ai->route->heartbeat_us;
    bool waits_for_client = x->in->response.is_starved && ai->answer.chain.bytes != 0;
    if (ai->is_draining && (x->worker->is_stopping || now_us >= x->deadline_us))
        return delivered(x);
    if (now_us >= x->deadline_us)
        return cut(x, SL_E_DEADLINE);
    if (!waits_for_client && now_us - ai->received_at_us >= idle_us)
        return cut(x, SL_E_IDLE_TIMEOUT);
    if (beat_us != 0 && !waits_for_client && now_us - ai->last_sent_us >= beat_us)
        send_heartbeat(x);
    sl_usec due_us = waits_for_client ? now_us + idle_us : ai->received_at_us + idle_us;
    if (beat_us != 0)
        due_us = SL_MIN(due_us, ai->last_sent_us + beat_us);
    if (ai->is_draining)
        due_us = SL_MIN(due_us, now_us + DRAIN_LOOK_US);
    sl_exchange_timer(x, SL_MAX(due_us, now_us + SL_MS(10)));
    return SL_PHASE_DELIVER;
}

enum sl_phase sl_ai_deliver(struct sl_exchange *x, uint32_t why)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_chain out;
    if (ai->relay == NULL) /* the head went out with a keep-alive, then every attempt failed */
        return end_with_fault(x, &ai->fault);
    const struct sl_ai_relay_state *st = sl_ai_relay_state(ai->relay);
    note_progress(x);
    sl_chain_init(&out, x->worker->pool);
    pump(x, &out);
    if (is_answer_over(ai) && !st->has_failed)
        finish_relay(x, &out);
    sl_ai_keep_response(x); /* the last event goes out after this */
    if (ai->is_draining)
        sl_chain_fini(&out);
    else if (out.bytes != 0)
        sl_pipe_push_chain(&x->in->response, &out);
    sl_chain_fini(&out);
    if (st->has_failed)
        return ai->is_draining ? delivered(x) : end_with_fault(x, &st->fault);
    if (st->is_complete && (x->outbound.is_ended || ai->is_relay_finished))
        return delivered(x);
    if (st->is_complete) { /* a moment for the end of the body, so that the connection can be kept */
        if (why & SL_WHY_TIMER)
            return delivered(x);
        sl_exchange_timer(x, sl_now(x) + SL_MS(LINGER_MS));
        return SL_PHASE_DELIVER;
    }
    if ((why & SL_WHY_TIMER) || !sl_timer_is_running(&x->timer))
        return deliver_timer(x);
    return SL_PHASE_DELIVER;
}

enum sl_phase sl_ai_abandon(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    bool has_answer = ai->relay != NULL && x->phase == SL_PHASE_DELIVER;
    if (has_answer && ai->route->drains_on_disconnect && !x->worker->is_stopping) {
        ai->is_draining = true;
        x->deadline_us = SL_MIN(x->deadline_us, sl_now(x) + ai->route->drain_us);
        sl_exchange_timer(x, sl_now(x) + DRAIN_LOOK_US);
        return SL_PHASE_DELIVER;
    }
    if (ai->relay != NULL)
        account(x);
    sl_attempt_end(x, x->outbound.has_head ? x->outbound.res.status : 0, SL_E_CANCELLED);
    sl_attempt_cancel(x);
    return SL_PHASE_SETTLE;
}

/* ------------------------------------------------------------------ the end */

void sl_ai_fill_record(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_record *r = &x->record;
    if (ai->arm_route.n != 0)
        r->route = ai->arm_route;
    if (ai->current == NULL)
        return;
    const struct sl_model_target *t = ai->served != NULL ? ai->served : ai->current->target;
    r->vendor = t->account->vendor->id;
    r->account = t->account->name;
    r->model = t->model;
    r->key_label = ai->current->key != NULL ? ai->current->key->label : (sl_str){0};
    if (x->attempts != 0) /* else no vendor was asked: none can do what the request wants */
        r->upstream_us = sl_now(x) - ai->attempt_began_us;
}

void sl_ai_fini(struct sl_exchange *x)
{
    if (x->ai != NULL)
        reset_attempt(x);
}
