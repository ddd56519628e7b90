/**
 * ai_exchange: what an exchange on an AI route carries besides: the call, its candidates, the current
 * attempt's relay, and the reservation. Lives in the exchange's arena.
 */
#pragma once
#include "ai/call.h"
#include "gate/exchange.h"

enum { SL_AI_RESTRICTIONS_MAX = 16, SL_AI_CANDIDATES_MAX = 64 };

/** One (target, key) pair that may be tried. */
struct sl_ai_candidate {
    const struct sl_model_target *target;
    const struct sl_account_key *key; /* NULL: the vendor needs none */
    uint32_t tries;
    bool is_out; /* not again in this exchange */
};

struct sl_ai_exchange {
    struct sl_ai_call call;
    sl_str arm_route;                   /* in reports, of a prompt on trial; empty: the route's */
    const struct sl_model_route *route; /* a made-up one for "vendor/model" */
    struct sl_ai_candidate *candidates; /* in the order of trying */
    size_t candidate_count, candidate_room;
    struct sl_ai_candidate *current;
    const struct sl_model_target *served; /* the target whose answer counts */
    struct sl_ai_times times;             /* of this request, for who tells them */
    struct {
        sl_model_filter *allows;
        const void *config;
    } restrictions[SL_AI_RESTRICTIONS_MAX];
    size_t restriction_count;
    bool caps_output;
    bool is_over_context; /* the fallback for long prompts is in use */
    /* the attempt */
    struct sl_ai_target target;
    struct sl_ai_wire wire;
    struct sl_pipe request; /* the vendor's request body */
    struct sl_pipe answer;  /* the vendor's bytes */
    struct sl_ai_relay *relay;
    struct sl_chain held; /* the client's bytes before commit */
    struct sl_chain error_body;
    bool is_stream_answer; /* the vendor streams, and so do we */
    bool is_gathering;     /* the vendor streams, and the client wants it whole (T15) */
    bool is_head_sent;     /* the client's stream has begun (also by a heartbeat) */
    bool is_committed;     /* content went to the client: no other attempt */
    bool is_relay_finished;
    bool has_paused;
    bool awaits_token;                   /* a candidate's access token is on its way */
    enum sl_token_trouble token_trouble; /* why a candidate has none */
    uint64_t token_turn;                 /* of the access token that the attempt is made with */
    bool is_breaker_open;                /* a candidate is usable but for its endpoint's breaker */
    bool is_draining;                    /* the client is gone; the vendor is read to its end */
    uint64_t received_mark;              /* of the idle timer */
    sl_usec received_at_us;
    sl_usec last_sent_us; /* to the client: for heartbeats */
    sl_usec attempt_began_us, first_token_us;
    struct sl_ai_fault fault; /* of the last attempt, or our own */
    uint32_t rate_tries;
    /* Responses that outlive their request (ai_responses.c) */
    sl_str bound_account; /* only this one can go on from previous_response_id; empty: any */
    size_t own_items_at;  /* in the input's items: behind those of the conversation before */
    bool is_placed;       /* who keeps the response is known to all */
    bool is_kept;         /* and so is the rest of what is kept of it */
    int64_t wall_s;       /* Unix seconds of the look at the candidates */
    int64_t earliest_us;  /* when the first cooling candidate may be used again */
    struct sl_ai_usage usage;
};

/** The fault that the client is told: the vendor's last one, or one made from x->failed. */
struct sl_ai_fault sl_ai_exchange_fault(struct sl_exchange *x);
/** RESPONSE of an AI answer: begin the client's stream, or hold a whole answer until it is settled. */
enum sl_phase sl_ai_commit(struct sl_exchange *x);

/** COUNT_TOKENS: may the gateway's own estimate stand for what the vendor did not say? */
bool sl_ai_may_estimate(const struct sl_exchange *x, const struct sl_ai_fault *fault);
/** Answer with the estimate, marked as one. Goes to RESPONSE, or to FAULT for a request without messages. */
enum sl_phase sl_ai_estimate(struct sl_exchange *x);

/* ai_coding.c */
/** Undo the Content-Encoding of the request's body. False: x has failed. */
bool sl_ai_undo_coding(struct sl_exchange *x, sl_str *body);

/* ai_fields.c */
/** Pass fields of a vendor's answer on to the client: request ids, rates, when to come back. */
void sl_ai_pass_fields(struct sl_exchange *x, const struct sl_headers *from);

/* ai_prompt.c */
/** The chat that a prompt makes of the request: REQUEST; or FAULT, for x has failed. */
enum sl_phase sl_ai_take_prompt(struct sl_exchange *x, sl_str body, sl_str *ret_chat);

/* ai_responses.c */
/** Put the conversation of previous_response_id into the call. False: x has failed. */
bool sl_ai_take_previous(struct sl_exchange *x);
/** Is there a candidate that can go on from it? False: x has failed. */
bool sl_ai_check_bound(struct sl_exchange *x);
/** Keep the response, as soon as that can be done and if it is wanted. */
void sl_ai_keep_response(struct sl_exchange *x);
/** /v1/responses/{id}: an answer of our own, or candidates to ask (DISPATCH). */
enum sl_phase sl_ai_stored(struct sl_exchange *x);
/** The vendor has deleted what the request named. */
void sl_ai_forget_response(struct sl_exchange *x);

/* ai_targets.c */
/** The candidates of one account, for a model that nobody publishes. */
void sl_ai_resolve_account(struct sl_exchange *x, const struct sl_account *account, sl_str model);
/** The route of a public name, an alias, "account/model" or a model of a catalogue; NULL: there is none. */
const struct sl_model_route *sl_ai_find_route(struct sl_exchange *x, sl_str name);
/** Let x fail, for there is no such model. */
void sl_ai_fail_unknown(struct sl_exchange *x, sl_str name);
/** Resolve the model's name, and choose its targets when all is known that they depend on. False: x has failed. */
bool sl_ai_resolve(struct sl_exchange *x);
/**
 * List the candidates: the targets of the rule that takes the request, else the route's own; what goes on from a
 * response that an account keeps has those of that account, wherever in the route they stand. Once; then nothing.
 */
void sl_ai_choose_targets(struct sl_exchange *x);
/** Rule out what the policies do not allow (I7). False: nothing is left. */
bool sl_ai_restrict_candidates(struct sl_exchange *x);
/** The next candidate that may be used now, or NULL: *ret_wait_us until one may be (-1: none ever). */
struct sl_ai_candidate *sl_ai_next_candidate(struct sl_exchange *x, sl_usec *ret_wait_us);
/** Learn from a failed attempt: mark keys and endpoints, rule candidates out. True: another attempt may be made. */
bool sl_ai_learn(struct sl_exchange *x, const struct sl_ai_fault *fault);
void sl_ai_learn_success(struct sl_exchange *x);
/** How long to pause before trying `c`: 0 for one that was not tried yet. */
sl_usec sl_ai_pause(struct sl_exchange *x, const struct sl_ai_candidate *c);
/** Is a cooldown that ends in `wait_us` waited for, rather than told to the client? */
bool sl_ai_is_worth_waiting(const struct sl_exchange *x, sl_usec wait_us);
/** Worst-case cost of the call over its candidates; -1: a price is unknown. */
int64_t sl_ai_cost_estimate(struct sl_exchange *x);
int64_t sl_ai_output_estimate(const struct sl_exchange *x, const struct sl_model_target *t);
