/*
 * REQUEST and RESPONSE: the policies of an exchange. The chain is the route's (global, service and
 * route, merged when the snapshot was compiled) and, once a policy has said who calls, the consumer's.
 */
#include "gate/gate_int.h"

static struct sl_policy_run *new_runs(struct sl_exchange *x, size_t n)
{
    return sl_arena_array(x->arena, struct sl_policy_run, n);
}

void sl_policies_begin(struct sl_exchange *x)
{
    const struct sl_policies *p = &x->route->policies;
    if (p->n == 0)
        return;
    x->runs = new_runs(x, p->n);
    x->run_count = p->n;
    for (size_t i = 0; i < p->n; i++)
        x->runs[i].policy = &p->v[i];
}

static bool are_replacing(const struct sl_policies *add, const struct sl_policy_type *type)
{
    if (!type->narrowest_wins)
        return false;
    for (size_t i = 0; i < add->n; i++) {
        if (add->v[i].type == type)
            return true;
    }
    return false;
}

/* Merge narrower policies behind what has run: by order, those that are there first among equals. */
static void add_policies(struct sl_exchange *x, const struct sl_policies *add)
{
    if (add->n == 0)
        return;
    struct sl_policy_run *merged = new_runs(x, x->run_count + add->n);
    size_t n = 0, at = 0, from = x->run_at;
    for (; n < x->run_at; n++)
        merged[n] = x->runs[n];
    while (from < x->run_count || at < add->n) {
        bool is_routes =
            at == add->n ||
            (from < x->run_count && x->runs[from].policy->type->order <= add->v[at].type->order);
        if (!is_routes)
            merged[n++] = (struct sl_policy_run){.policy = &add->v[at++]};
        else if (are_replacing(add, x->runs[from].policy->type))
            from++;
        else
            merged[n++] = x->runs[from++];
    }
    x->runs = merged;
    x->run_count = n;
}

static bool is_for_service(const struct sl_credential_limits *limits, sl_str service)
{
    for (size_t i = 0; i < limits->services.n; i++)
        if (sl_str_eq(limits->services.v[i], service))
            return true;
    return limits->services.n == 0;
}

/* A key may be good for less than its consumer is. */
static bool admit_credential(struct sl_exchange *x)
{
    const struct sl_credential_limits *limits =
        x->credential != NULL ? x->credential->limits : NULL;
    if (limits == NULL)
        return true;
    if (!is_for_service(limits, x->route->service->name)) {
        (void)sl_fail_hint(x, SL_E_DENIED, "this key is not for this service",
                           SL_STR("use another key of yours, or ask for one"));
        return false;
    }
    add_policies(x, &limits->policies);
    return true;
}

/* We know who calls: may they, and what else holds for them? False: sl_fail was called. */
static bool admit_consumer(struct sl_exchange *x)
{
    const struct sl_service *service = x->route->service;
    const struct sl_subscription *s =
        sl_map_get(&sl_consumer_extra(x->consumer)->subscriptions, service->name);
    if (s == NULL && service->is_for_subscribers)
        (void)sl_fail_hint(x, SL_E_DENIED, "this needs a subscription to the service",
                           SL_STR("ask the owner of the service for one"));
    else if (s != NULL && s->is_suspended)
        (void)sl_fail_hint(x, SL_E_DENIED, "the subscription to this service is suspended",
                           SL_STR("ask the owner of the service"));
    if (x->failed != SL_OK)
        return false;
    add_policies(x, &sl_consumer_extra(x->consumer)->policies);
    if (s != NULL)
        add_policies(x, &s->policies);
    return admit_credential(x);
}

static bool needs_body_first(const struct sl_exchange *x, const struct sl_policy *policy)
{
    const struct sl_policy_type *type = policy->type;
    const struct sl_operation *op = x->route->operation;
    bool is_described = op != NULL && op->bodies.n != 0 && x->req.body_kind != SL_BODY_NONE;
    if (x->is_body_buffered)
        return false;
    if (type->wants_body != NULL && type->wants_body(x, policy->config))
        return true;
    return x->route->handler == SL_HANDLER_AI ? type->order >= SL_ORDER_BODY
                                              : type->wants_operation && is_described;
}

static enum sl_verdict run_one(struct sl_exchange *x, struct sl_policy_run *run)
{
    const struct sl_policy_type *type = run->policy->type;
    if (run->state == NULL && type->state_size != 0)
        run->state = sl_arena_alloc(x->arena, type->state_size);
    run->has_run = true;
    return type->on_request != NULL ? type->on_request(x, run->policy->config, run->state)
                                    : SL_PASS;
}

/* Small bodies are taken whole when the request may have to be sent again. */
static bool is_worth_buffering(const struct sl_exchange *x)
{
    return x->req.body_kind == SL_BODY_LENGTH && x->req.body_bytes <= SL_REPLAY_BODY_BYTES &&
           x->route->service->upstream->retry.attempts != 0;
}

static enum sl_phase after_policies(struct sl_exchange *x)
{
    if (x->route->handler == SL_HANDLER_DOCUMENT) {
        (void)sl_reply(x, 200, x->route->document_type, x->route->document);
        return SL_PHASE_RESPONSE;
    }
    if (x->is_body_buffered)
        return SL_PHASE_DISPATCH;
    bool is_ai = x->route->handler == SL_HANDLER_AI;
    return is_ai || is_worth_buffering(x) ? SL_PHASE_BODY : SL_PHASE_DISPATCH;
}

enum sl_phase sl_phase_request(struct sl_exchange *x, uint32_t why)
{
    if (x->waits_for == SL_WAIT_POLICY && (why & SL_WHY_AWAIT) == 0)
        return SL_PHASE_REQUEST;
    x->waits_for = SL_WAIT_NONE;
    while (x->run_at < x->run_count) {
        struct sl_policy_run *run = &x->runs[x->run_at];
        if (needs_body_first(x, run->policy))
            return SL_PHASE_BODY;
        bool was_known = x->consumer != NULL;
        switch (run_one(x, run)) {
        case SL_PASS:
            x->run_at++;
            if (!was_known && x->consumer != NULL && !admit_consumer(x))
                return SL_PHASE_FAULT;
            break;
        case SL_REPLY:
            x->run_at++;
            return SL_PHASE_RESPONSE;
        case SL_FAIL:
            return SL_PHASE_FAULT;
        case SL_AWAIT:
            x->waits_for = SL_WAIT_POLICY;
            return SL_PHASE_REQUEST;
        }
    }
    if (x->route->service->is_for_subscribers && x->consumer == NULL) {
        (void)sl_fail_hint(x, SL_E_UNAUTHENTICATED, "this service is for subscribers only",
                           SL_STR("send the API key of a subscriber"));
        return SL_PHASE_FAULT;
    }
    return after_policies(x);
}

enum sl_verdict sl_policies_respond(struct sl_exchange *x)
{
    for (size_t i = x->run_count; i-- > 0;) {
        struct sl_policy_run *run = &x->runs[i];
        const struct sl_policy_type *type = run->policy->type;
        if (!run->has_run || type->on_response == NULL)
            continue;
        if (type->on_response(x, run->policy->config, run->state) == SL_FAIL)
            return SL_FAIL;
    }
    return SL_PASS;
}

void sl_policies_settle(struct sl_exchange *x)
{
    for (size_t i = x->run_count; i-- > 0;) {
        struct sl_policy_run *run = &x->runs[i];
        if (run->has_run && run->policy->type->on_settle != NULL)
            run->policy->type->on_settle(x, run->policy->config, run->state);
    }
}
