/**
 * gate_int: the gate's own seams: phase functions and what they share. Never leaves this folder.
 */
#pragma once
#include "gate/exchange.h"
#include "gate/worker.h"

enum {
    SL_REPLAY_BODY_BYTES = 64 * 1024,
    SL_ERROR_BODY_BYTES = 64 * 1024,
    SL_ATTEMPT_ARENA_BYTES =
        256 * 1024, /* what an attempt and an error answer need at most, bodies aside */
    SL_AI_BODY_BYTES = 32 << 20
};

/* exchange.c */
void sl_exchange_begin(void *worker, struct sl_inbound *in);
/** Account for it now (AI: before the answer's last byte): fills and submits the record, once. */
void sl_exchange_settle(struct sl_exchange *x);
/** The record is safe: let the answer end. */
void sl_exchange_finish(struct sl_exchange *x);
/** Arm the phase's timer: at `due_us`, but never after the deadline. */
void sl_exchange_timer(struct sl_exchange *x, sl_usec due_us);

/** The largest body that is taken from this request's client. */
size_t sl_body_limit(const struct sl_exchange *x);

/* Phase functions: the next phase, or the same to wait. */
enum sl_phase sl_phase_route(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_phase_request(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_phase_body(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_phase_dispatch(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_phase_send(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_phase_recv(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_phase_response(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_phase_deliver(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_phase_fault(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_phase_settle(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_phase_end(struct sl_exchange *x, uint32_t why);

/* respond.c */
/** Forget what an earlier attempt left in the answer's pipe. */
void sl_exchange_reset_answer(struct sl_exchange *x);

/* request.c */
/** Make x->runs from the route's policies. */
void sl_policies_begin(struct sl_exchange *x);
/** Run the response hooks of what ran. SL_PASS or SL_FAIL. */
enum sl_verdict sl_policies_respond(struct sl_exchange *x);
void sl_policies_settle(struct sl_exchange *x);

/* forward.c: heads on their way to an upstream and back */
/** A copy of x->req's fields with room for more; `to` may be x->req.headers itself. */
void sl_forward_copy_headers(struct sl_exchange *x, struct sl_headers *to);
/** Fields of x->req for an upstream: hop-by-hop dropped, forwarding fields set. */
void sl_forward_request_headers(struct sl_exchange *x, struct sl_head *out, bool is_upgrade);
/** Set Via: the client's, and us behind it. */
void sl_forward_via(struct sl_exchange *x, struct sl_headers *out);
/** Did the request pass this gateway before, as its Via says? */
bool sl_forward_came_through_us(const struct sl_exchange *x);
/** x->res from the upstream's head: hop-by-hop dropped. */
void sl_forward_response_head(struct sl_exchange *x, const struct sl_head *res, bool is_upgrade);
/** Put x->add_headers, x-request-id and so on onto x->res. */
void sl_forward_answer_headers(struct sl_exchange *x);
/** Walk X-Forwarded-For from the right over trusted proxies; or take it from the admin API's relay (worker.h, relay_secret). */
void sl_forward_client_address(struct sl_exchange *x);

/* canary.c */
/** Where the route's service has one: the release that serves this client. May change the route. */
void sl_canary_choose(struct sl_exchange *x);

/* hold.c: answers' bodies that a policy must see first */
/** x->res is there. True: the body is held back, if that is not over already; its bytes and end wake x. */
bool sl_hold_begin(struct sl_exchange *x);
/** Is all of it there, or too much? Then it is held no more. */
bool sl_hold_is_over(struct sl_exchange *x);
/** The attempt has failed: as if nothing had been held. */
void sl_hold_forget(struct sl_exchange *x);
/** The exchange settles: what it held of the worker's share is free. */
void sl_hold_release(struct sl_exchange *x);

/* dispatch.c (REST) */
enum sl_phase sl_rest_dispatch(struct sl_exchange *x);
enum sl_phase sl_rest_send(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_rest_recv(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_rest_deliver(struct sl_exchange *x, uint32_t why);

/** A policy refused the upstream's answer: the attempt was none the less one. */
void sl_rest_refused(struct sl_exchange *x);
/** Give the upstream's counts back. */
void sl_rest_fini(struct sl_exchange *x);

/* ai_*.c */
enum sl_phase sl_ai_take_body(struct sl_exchange *x);
enum sl_phase sl_ai_dispatch(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_ai_send(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_ai_recv(struct sl_exchange *x, uint32_t why);
enum sl_phase sl_ai_deliver(struct sl_exchange *x, uint32_t why);
/** The client left: cancel, or go on to read the vendor to its end (U13). */
enum sl_phase sl_ai_abandon(struct sl_exchange *x);
/** GET /v1/models. */
enum sl_phase sl_ai_models(struct sl_exchange *x);
/** Is no vendor asked? Then sl_ai_models() answers. */
bool sl_ai_is_answered_here(enum sl_ai_operation operation);
void sl_ai_fill_record(struct sl_exchange *x);
/** Everything an AI exchange holds besides arena memory. */
void sl_ai_fini(struct sl_exchange *x);

/* attempts: shared by REST and AI */
/** Begin an attempt record; returns its index (the last one when the list is full). */
void sl_attempt_begin(struct sl_exchange *x, sl_str target, sl_str key_label);
void sl_attempt_end(struct sl_exchange *x, uint16_t status, sl_rc rc);
/** Start x->outbound towards `e`; zeroes it first. */
void sl_attempt_start(struct sl_exchange *x, const struct sl_endpoint *e, struct sl_pipe *body,
                      struct sl_pipe *answer);
/** Stop the attempt's connection and timer and give its counts back. Idempotent. */
void sl_attempt_cancel(struct sl_exchange *x);

/* fault.c */
/** The error answer as problem+json or in the AI dialect; sets x->res and x->reply_body. */
void sl_fault_answer(struct sl_exchange *x);
