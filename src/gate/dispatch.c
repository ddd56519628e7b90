/*
 * REST: DISPATCH, SEND, RECV and DELIVER. Choose an endpoint, send, and let the bytes of both bodies
 * flow between the two connections without touching them. What may be sent again, and when, is decided
 * here (cases-http 20-24, 27).
 */
#include "base/hash.h"
#include "base/num.h"
#include "codec/cookie.h"
#include "codec/httpdate.h"
#include "gate/balance.h"
#include "gate/gate_int.h"

enum {
    RETRIES_ALWAYS = 3, /* the retry budget never forbids this many at once */
    RETRY_AFTER_MAX_S = 86400
};
#define RETRY_AFTER_WAITED_US SL_SECONDS(2) /* longer ones are told to the client */

static const struct sl_upstream *upstream_of(const struct sl_exchange *x)
{
    return x->route->service->upstream;
}

static sl_usec or_else(sl_usec own_us, sl_usec inherited_us)
{
    return own_us != 0 ? own_us : inherited_us;
}

static struct sl_timeouts timeouts_of(const struct sl_exchange *x)
{
    const struct sl_timeouts *r = &x->route->timeouts, *u = &upstream_of(x)->timeouts;
    return (struct sl_timeouts){
        .connect_us = or_else(r->connect_us, u->connect_us),
        .send_us = or_else(r->send_us, u->send_us),
        .first_byte_us = or_else(r->first_byte_us, u->first_byte_us),
        .idle_us = or_else(r->idle_us, u->idle_us),
        .total_us = or_else(r->total_us, u->total_us),
        .tunnel_idle_us = or_else(r->tunnel_idle_us, u->tunnel_idle_us),
    };
}

/* ------------------------------------------------------------------ DISPATCH */

static sl_str hash_input(struct sl_exchange *x, const struct sl_upstream *u)
{
    sl_str value = {0};
    switch (u->hash_on) {
    case SL_HASH_ON_HEADER: {
        const struct sl_header *h = sl_headers_find(&x->in->req.headers, u->hash_name);
        return h != NULL ? h->value : (sl_str){0};
    }
    case SL_HASH_ON_COOKIE:
        (void)sl_cookie_get(&x->in->req.headers, u->hash_name, &value);
        return value;
    case SL_HASH_ON_QUERY:
        (void)sl_query_get(x->in->req.query, u->hash_name, &value);
        return value;
    case SL_HASH_ON_PATH:
        return x->path;
    case SL_HASH_ON_CONSUMER:
        return sl_exchange_subject(x);
    case SL_HASH_ON_CLIENT_IP:
        break;
    }
    return sl_exchange_client_ip(x);
}

static uint64_t hash_of(struct sl_exchange *x, const struct sl_upstream *u)
{
    if (u->balancer != SL_BALANCE_HASH)
        return 0;
    sl_str input = hash_input(x, u);
    if (input.n == 0)
        input = sl_exchange_client_ip(x);
    return sl_hash(input.p, input.n);
}

static sl_str target_path(struct sl_exchange *x, const struct sl_endpoint *e)
{
    sl_str path = x->path;
    if (x->route->strips_prefix)
        path = sl_str_from(path, x->match.matched_path_bytes);
    bool needs_slash = path.n == 0 || path.p[0] != '/';
    if (e->base_path.n == 0 && !needs_slash && !x->req.has_query)
        return path;
    return sl_fmt(x->arena, "%.*s%s%.*s%s%.*s", SL_STRF(e->base_path), needs_slash ? "/" : "",
                  SL_STRF(path), x->req.has_query ? "?" : "", SL_STRF(x->req.query));
}

/* Only WebSocket: an h2c upgrade would smuggle requests past every policy. */
static bool is_upgrade_allowed(const struct sl_exchange *x)
{
    return x->req.wants_upgrade && x->route->allows_upgrade && x->req.body_kind == SL_BODY_NONE &&
           sl_headers_has_token(&x->in->req.headers, SL_H_UPGRADE, SL_STR("websocket"));
}

static void make_request(struct sl_exchange *x, const struct sl_endpoint *e)
{
    struct sl_outbound *o = &x->outbound;
    bool is_upgrade = is_upgrade_allowed(x);
    *o = (struct sl_outbound){.may_reuse = !x->needs_fresh,
                              .connect_timeout_us = timeouts_of(x).connect_us};
    sl_forward_request_headers(x, &o->req, is_upgrade);
    o->req.wants_upgrade = is_upgrade;
    o->req.target = target_path(x, e);
    if (!x->route->preserves_host || o->req.authority.n == 0)
        o->req.authority = e->authority;
}

static struct sl_pipe *request_body(struct sl_exchange *x)
{
    if (x->req.body_kind == SL_BODY_NONE)
        return NULL;
    if (!x->is_body_buffered) {
        sl_inbound_want_body(x->in);
        return &x->in->request;
    }
    sl_pipe_fini(&x->attempt_body);
    sl_pipe_init(&x->attempt_body, x->loop, x->worker->pool, SIZE_MAX);
    for (const struct sl_span *s = x->body.head; s != NULL; s = s->next)
        sl_pipe_push(&x->attempt_body, s->chunk, (sl_str){s->p, s->n});
    sl_pipe_end(&x->attempt_body);
    return &x->attempt_body;
}

enum sl_phase sl_rest_dispatch(struct sl_exchange *x)
{
    const struct sl_upstream *u = upstream_of(x);
    struct sl_timeouts t = timeouts_of(x);
    if (x->deadline_us == 0 && t.total_us != 0)
        x->deadline_us = x->began_us + t.total_us;
    const struct sl_endpoint *e =
        sl_balance_choose(u, hash_of(x, u), x->tried, &x->worker->rand, sl_now(x));
    if (e == NULL) {
        (void)sl_fail(x, SL_E_NO_TARGET, "the upstream has no usable endpoint");
        return SL_PHASE_FAULT;
    }
    size_t i = (size_t)(e - u->endpoints);
    if (i < 64)
        x->tried |= 1ull << i;
    if (!x->is_upstream_counted)
        atomic_fetch_add_explicit(&u->state->active, 1, memory_order_relaxed);
    x->is_upstream_counted = true;
    if (x->attempts != 0)
        sl_exchange_reset_answer(x);
    make_request(x, e);
    sl_attempt_begin(x, e->url, (sl_str){0});
    sl_attempt_start(x, e, request_body(x), &x->in->response);
    x->progress_mark = 0;
    x->progress_us = sl_now(x);
    sl_exchange_timer(x, sl_now(x) + SL_MIN(t.send_us, t.first_byte_us));
    return SL_PHASE_SEND;
}

void sl_rest_fini(struct sl_exchange *x)
{
    if (x->is_upstream_counted)
        atomic_fetch_sub_explicit(&upstream_of(x)->state->active, 1, memory_order_relaxed);
    if (x->is_retry_counted)
        atomic_fetch_sub_explicit(&upstream_of(x)->state->retrying, 1, memory_order_relaxed);
    x->is_upstream_counted = x->is_retry_counted = false;
}

/* ------------------------------------------------------------------ SEND and RECV */

static bool is_status_retried(const struct sl_retry *r, uint16_t status)
{
    for (size_t i = 0; i < r->on_status_count; i++) {
        if (r->on_statuses[i] == status)
            return true;
    }
    return false;
}

static bool takes_from_budget(struct sl_exchange *x)
{
    const struct sl_upstream *u = upstream_of(x);
    uint32_t active = atomic_load_explicit(&u->state->active, memory_order_relaxed);
    uint32_t allowed = SL_MAX(active * u->retry.budget_percent / 100, (uint32_t)RETRIES_ALWAYS);
    if (x->is_retry_counted)
        return true;
    if (atomic_fetch_add_explicit(&u->state->retrying, 1, memory_order_relaxed) >= allowed) {
        atomic_fetch_sub_explicit(&u->state->retrying, 1, memory_order_relaxed);
        return false;
    }
    x->is_retry_counted = true;
    return true;
}

static bool has_key(const struct sl_exchange *x)
{
    return sl_headers_find_id(&x->in->req.headers, SL_H_IDEMPOTENCY_KEY) != NULL;
}

/* The connection takes bytes off the pipe before it writes them: the pipe itself knows. */
static bool is_body_untouched(const struct sl_exchange *x)
{
    const struct sl_pipe *p = &x->in->request;
    return p->total_bytes == p->chain.bytes;
}

/* May the same request go out again, given what of it has reached the upstream? */
static bool is_replayable(const struct sl_exchange *x)
{
    const struct sl_outbound *o = &x->outbound;
    bool is_body_whole =
        x->req.body_kind == SL_BODY_NONE || x->is_body_buffered || is_body_untouched(x);
    bool was_untouched = o->head_sent_bytes == 0;
    bool is_safe = sl_method_is_idempotent(x->req.method_id) || has_key(x) ||
                   (upstream_of(x)->retry.retries_non_idempotent && o->received_bytes == 0);
    return is_body_whole && (was_untouched || is_safe) && !x->req.wants_upgrade;
}

/* A kept-alive connection that the upstream had closed meanwhile: not the endpoint's failure. */
static bool was_stale(const struct sl_exchange *x)
{
    const struct sl_outbound *o = &x->outbound;
    return o->was_reused && o->received_bytes == 0 && !x->needs_fresh &&
           (o->rc == SL_E_UPSTREAM_CLOSED || o->rc == SL_E_UPSTREAM_RESET);
}

/* Does the endpoint answer for it? A client that is slow, malformed or gone must not eject it. */
static bool is_upstreams_fault(const struct sl_exchange *x, uint16_t status, sl_rc rc)
{
    const struct sl_outbound *o = &x->outbound;
    if (rc == SL_OK)
        return status >= 500;
    if (rc == SL_E_DEADLINE)
        return o->is_request_sent && !o->has_head;
    return sl_err_info(rc)->fault == SL_FAULT_UPSTREAM;
}

static void end_attempt(struct sl_exchange *x, uint16_t status, sl_rc rc, bool is_failure)
{
    const struct sl_outbound *o = &x->outbound;
    sl_attempt_end(x, status, rc);
    if (x->is_endpoint_counted) {
        sl_usec latency_us =
            o->first_byte_us > o->started_us ? o->first_byte_us - o->started_us : -1;
        sl_endpoint_end(x->endpoint->state, &upstream_of(x)->breaker, is_failure, latency_us,
                        sl_now(x));
    }
    x->is_endpoint_counted = false;
    sl_attempt_cancel(x);
}

static bool has_untried(const struct sl_exchange *x)
{
    return upstream_of(x)->endpoint_count > x->attempts;
}

/* How long the endpoint asks to be left alone (RFC 9110, 10.2.3); 0: it does not say. */
static sl_usec retry_after(const struct sl_exchange *x)
{
    sl_str value = sl_headers_get_id(&x->outbound.res.headers, SL_H_RETRY_AFTER);
    uint64_t seconds;
    int64_t at_s;
    if (sl_num_u64(value, RETRY_AFTER_MAX_S, &seconds))
        return SL_SECONDS((sl_usec)seconds);
    if (!sl_httpdate_parse(value, &at_s))
        return 0;
    int64_t left_s = at_s - sl_wall_seconds(x);
    return SL_SECONDS(SL_MIN(SL_MAX(left_s, (int64_t)0), (int64_t)RETRY_AFTER_MAX_S));
}

/* Is there another endpoint, or can this one be waited for? Else its answer is the answer. */
static bool is_soon_enough(const struct sl_exchange *x)
{
    sl_usec wait_us = retry_after(x);
    bool is_in_time = x->deadline_us == 0 || sl_now(x) + wait_us < x->deadline_us;
    return has_untried(x) || (wait_us <= RETRY_AFTER_WAITED_US && is_in_time);
}

static enum sl_phase pause_then_retry(struct sl_exchange *x, sl_usec least_us)
{
    const struct sl_retry *r = &upstream_of(x)->retry;
    x->retries++;
    sl_usec limit_us = r->backoff_us << SL_MIN(x->retries - 1, 16u);
    limit_us = SL_MIN(limit_us, r->backoff_max_us);
    if (has_untried(x) || (limit_us <= 0 && least_us <= 0))
        return SL_PHASE_DISPATCH;
    sl_usec jitter_us = (sl_usec)sl_rand_below(&x->worker->rand, (uint64_t)limit_us + 1);
    x->waits_for = SL_WAIT_TIMER;
    sl_exchange_timer(x, sl_now(x) + least_us + jitter_us + 1);
    return SL_PHASE_DISPATCH;
}

/* The attempt failed before anything went to the client. */
static enum sl_phase failed_attempt(struct sl_exchange *x, uint16_t status, sl_rc rc,
                                    const char *why)
{
    bool is_stale = status == 0 && was_stale(x), may_replay = is_replayable(x);
    if (is_stale && may_replay) {
        x->needs_fresh = true;
        x->tried = 0;
        end_attempt(x, status, rc, false);
        return SL_PHASE_DISPATCH;
    }
    bool may_retry = may_replay && x->retries < upstream_of(x)->retry.attempts &&
                     rc != SL_E_DEADLINE && takes_from_budget(x);
    end_attempt(x, status, rc, !is_stale && is_upstreams_fault(x, status, rc));
    if (may_retry)
        return pause_then_retry(x, 0);
    (void)sl_fail(x, rc, why != NULL ? why : sl_err_info(rc)->text);
    return SL_PHASE_FAULT;
}

static bool is_past_deadline(const struct sl_exchange *x)
{
    return x->deadline_us != 0 && sl_now(x) >= x->deadline_us;
}

/* The client has not sent the rest of its body yet: its silence is its own. */
static bool awaits_client(const struct sl_exchange *x)
{
    const struct sl_pipe *body = x->outbound.body;
    return body == &x->in->request && body->chain.bytes == 0 && !body->is_ended;
}

/* Looks as often as the first byte may take: from the end of the request on, that is to be exact. */
static enum sl_phase sending_timer(struct sl_exchange *x, const struct sl_timeouts *t)
{
    struct sl_outbound *o = &x->outbound;
    sl_usec now_us = sl_now(x);
    uint64_t progress = o->sent_bytes + o->head_sent_bytes + o->is_connected;
    bool is_silent = progress == x->progress_mark && o->is_connected && !awaits_client(x);
    if (is_silent && now_us >= x->progress_us + t->send_us)
        return failed_attempt(x, 0, SL_E_UPSTREAM_TIMEOUT, "the upstream takes no bytes");
    if (!is_silent)
        x->progress_us = now_us;
    x->progress_mark = progress;
    sl_exchange_timer(x, SL_MIN(x->progress_us + t->send_us, now_us + t->first_byte_us));
    return x->phase;
}

/* Progress re-arms it; silence fails the attempt. */
static enum sl_phase on_timer(struct sl_exchange *x)
{
    struct sl_outbound *o = &x->outbound;
    struct sl_timeouts t = timeouts_of(x);
    sl_usec now_us = sl_now(x);
    if (is_past_deadline(x))
        return failed_attempt(x, 0, SL_E_DEADLINE, NULL);
    if (!o->is_request_sent)
        return sending_timer(x, &t);
    sl_usec due_us = o->sent_us + t.first_byte_us;
    if (now_us >= due_us)
        return failed_attempt(x, 0, SL_E_UPSTREAM_TIMEOUT, NULL);
    sl_exchange_timer(x, due_us);
    return x->phase;
}

static void forward_informational(struct sl_exchange *x)
{
    struct sl_informational *i;
    while ((i = x->outbound.informational) != NULL) {
        x->outbound.informational = i->next;
        if (i->head.status == 100)
            continue; /* between the upstream and us */
        sl_headers_drop_hop_by_hop(&i->head.headers, false);
        sl_inbound_inform(x->in, &i->head);
    }
}

enum sl_phase sl_rest_send(struct sl_exchange *x, uint32_t why)
{
    struct sl_outbound *o = &x->outbound;
    forward_informational(x);
    if (o->has_head)
        return SL_PHASE_RECV;
    if (o->is_ended) {
        if (x->in->request.broken != SL_OK && o->rc == x->in->request.broken) {
            (void)sl_fail(x, x->in->request.broken, "the request body could not be read");
            return SL_PHASE_FAULT;
        }
        return failed_attempt(x, 0, o->rc, o->why);
    }
    return why & SL_WHY_TIMER ? on_timer(x) : SL_PHASE_SEND;
}

static enum sl_phase lost_while_held(struct sl_exchange *x, sl_rc rc)
{
    struct sl_outbound *o = &x->outbound;
    sl_hold_forget(x);
    return failed_attempt(x, o->res.status, rc, rc == o->rc ? o->why : NULL);
}

static void hold_timer(struct sl_exchange *x)
{
    x->progress_mark = x->outbound.received_bytes;
    sl_exchange_timer(x, sl_now(x) + timeouts_of(x).idle_us);
}

/* A policy must see the whole body before the head goes out. */
static enum sl_phase hold(struct sl_exchange *x, uint32_t why)
{
    struct sl_outbound *o = &x->outbound;
    if (sl_hold_is_over(x)) {
        sl_timer_stop(&x->timer);
        return SL_PHASE_RESPONSE;
    }
    if (o->is_ended && o->rc != SL_OK)
        return lost_while_held(x, o->rc);
    if ((why & SL_WHY_TIMER) == 0)
        return SL_PHASE_RECV;
    if (is_past_deadline(x))
        return lost_while_held(x, SL_E_DEADLINE);
    if (o->received_bytes == x->progress_mark)
        return lost_while_held(x, SL_E_IDLE_TIMEOUT);
    hold_timer(x);
    return SL_PHASE_RECV;
}

enum sl_phase sl_rest_recv(struct sl_exchange *x, uint32_t why)
{
    struct sl_outbound *o = &x->outbound;
    const struct sl_retry *r = &upstream_of(x)->retry;
    if (x->hold == SL_HOLD_WAITS)
        return hold(x, why);
    sl_timer_stop(&x->timer);
    if (is_status_retried(r, o->res.status) && is_replayable(x) && x->retries < r->attempts &&
        is_soon_enough(x) && takes_from_budget(x)) {
        sl_usec least_us = retry_after(x);
        end_attempt(x, o->res.status, SL_OK, true);
        return pause_then_retry(x, least_us);
    }
    sl_forward_response_head(x, &o->res, o->res.status == 101);
    if (!sl_hold_begin(x))
        return SL_PHASE_RESPONSE;
    hold_timer(x);
    return hold(x, 0); /* it may have ended, or failed, together with its head */
}

/* ------------------------------------------------------------------ DELIVER */

static void end_answered(struct sl_exchange *x, sl_rc rc)
{
    uint16_t status = x->outbound.res.status;
    x->record.upstream_us = sl_now(x) - x->outbound.started_us;
    x->record.first_byte_us = x->outbound.first_byte_us - x->began_us;
    end_attempt(x, status, rc, is_upstreams_fault(x, status, rc));
}

void sl_rest_refused(struct sl_exchange *x)
{
    end_answered(x, SL_OK);
}

static enum sl_phase delivered(struct sl_exchange *x, sl_rc rc)
{
    end_answered(x, rc);
    if (rc != SL_OK)
        (void)sl_fail(x, rc,
                      rc == SL_E_TUNNEL_IDLE ? "the tunnel was idle" : "the answer broke off");
    return SL_PHASE_SETTLE;
}

static enum sl_phase deliver_timer(struct sl_exchange *x)
{
    struct sl_outbound *o = &x->outbound;
    bool waits_for_client = x->in->response.is_starved || o->is_ended;
    sl_rc rc = is_past_deadline(x) ? SL_E_DEADLINE : SL_E_IDLE_TIMEOUT;
    if (rc == SL_E_IDLE_TIMEOUT && (waits_for_client || o->received_bytes != x->progress_mark)) {
        x->progress_mark = o->received_bytes;
        sl_exchange_timer(x, sl_now(x) + timeouts_of(x).idle_us);
        return SL_PHASE_DELIVER;
    }
    sl_outbound_cancel(o);
    sl_pipe_break(&x->in->response,
                  rc); /* what was received still goes out; then the server cuts */
    return delivered(x, rc);
}

/* Bytes that came from either side of a tunnel, or went to it. */
static uint64_t tunnel_bytes(const struct sl_exchange *x)
{
    return x->outbound.received_bytes + x->outbound.sent_bytes + x->in->request.total_bytes +
           x->in->sent_bytes;
}

/* A tunnel has no end of its own when a peer has vanished: silence for long enough is one. */
static enum sl_phase tunnel_timer(struct sl_exchange *x)
{
    uint64_t bytes = tunnel_bytes(x);
    if (bytes != x->progress_mark) {
        x->progress_mark = bytes;
        sl_exchange_timer(x, sl_now(x) + timeouts_of(x).tunnel_idle_us);
        return SL_PHASE_DELIVER;
    }
    sl_outbound_cancel(&x->outbound);
    sl_pipe_break(&x->in->response, SL_E_TUNNEL_IDLE);
    return delivered(x, SL_E_TUNNEL_IDLE);
}

enum sl_phase sl_rest_deliver(struct sl_exchange *x, uint32_t why)
{
    struct sl_outbound *o = &x->outbound;
    if (x->in->is_cut && !(o->is_ended && o->rc != SL_OK))
        return delivered(x, SL_E_INTERNAL);
    if (o->is_ended && o->rc != SL_OK)
        return delivered(x, o->rc); /* the broken pipe makes the server cut the answer */
    if (o->is_ended && x->in->is_sent)
        return delivered(x, SL_OK);
    bool is_tunnel = x->res.status == 101;
    if (why & SL_WHY_TIMER)
        return is_tunnel ? tunnel_timer(x) : deliver_timer(x);
    if (!sl_timer_is_running(&x->timer)) {
        struct sl_timeouts t = timeouts_of(x);
        x->progress_mark = is_tunnel ? tunnel_bytes(x) : o->received_bytes;
        sl_exchange_timer(x, sl_now(x) + (is_tunnel ? t.tunnel_idle_us : t.idle_us));
    }
    return SL_PHASE_DELIVER;
}
