/*
 * Which vendor, model and key an AI request may use: the candidates, in the order of trying, and what
 * each failure teaches (cases E1-E8).
 */
#include "base/map.h"
#include "base/num.h"
#include "gate/ai_exchange.h"
#include "gate/balance.h"
#include "gate/gate_int.h"
#include "snapshot/model_rule.h"

#define LOAD(p) atomic_load_explicit((p), memory_order_relaxed)

enum { OVERLOAD_TRIES_MAX = 3, RATE_TRIES_MAX = 4 };
#define TOKEN_LOOK_US SL_MS(5) /* while the first token of a credential is on its way */
#define COOL_FIRST_US SL_MS(500)
#define COOL_MAX_US SL_SECONDS(600)
#define DEAD_AUTH_US SL_SECONDS(300)
#define DEAD_CREDIT_US SL_SECONDS(600)
#define WAIT_MAX_US \
    SL_SECONDS(2) /* longer cooldowns are told to the client instead of waited for */
#define BACKOFF_FIRST_US SL_MS(100)

static const struct sl_model_route defaults = {
    .timeouts = {.connect_us = SL_SECONDS(5),
                 .first_token_us = SL_SECONDS(60),
                 .idle_us = SL_SECONDS(30),
                 .total_us = SL_SECONDS(600)},
    .attempts_max = 6,
    .heartbeat_us = SL_SECONDS(15),
};

/* ------------------------------------------------------------------ resolving */

/* "vendor/model": a route of one target, made for this request. `info` NULL: not in the catalogue. */
static const struct sl_model_route *route_of(struct sl_exchange *x,
                                             const struct sl_account *account, sl_str model,
                                             const struct sl_ai_model *info)
{
    struct sl_model_target *t = sl_arena_new_of(x->arena, struct sl_model_target);
    struct sl_model_route *r = sl_arena_new_of(x->arena, struct sl_model_route);
    *t = (struct sl_model_target){
        .account = account,
        .model = model,
        .info = info,
        .price = sl_account_price(x->snapshot, account, model, x->arena),
        .weight = 1,
        .context_tokens = info != NULL ? info->context_tokens : 0,
        .streaming = account->streaming,
    };
    *r = defaults;
    r->name = sl_fmt(x->arena, "%.*s/%.*s", SL_STRF(account->name), SL_STRF(model));
    r->targets = t;
    r->target_count = 1;
    return r;
}

static const struct sl_model_route *route_for(struct sl_exchange *x,
                                              const struct sl_account *account, sl_str model)
{
    struct sl_ai_model *info = sl_arena_new_of(x->arena, struct sl_ai_model);
    bool is_known = sl_ai_catalog_find(account->vendor->catalog, model, info);
    if (!is_known && !account->serves_unlisted)
        return NULL;
    return route_of(x, account, model, is_known ? info : NULL);
}

/* A bare name that no route publishes: the first account whose vendor's catalogue lists it. */
static const struct sl_model_route *route_by_catalogue(struct sl_exchange *x, sl_str model)
{
    for (size_t i = 0; i < x->snapshot->account_count; i++) {
        struct sl_ai_model info;
        const struct sl_account *account = x->snapshot->accounts[i];
        if (sl_ai_catalog_find(account->vendor->catalog, model, &info))
            return route_for(x, account, model);
    }
    return NULL;
}

const struct sl_model_route *sl_ai_find_route(struct sl_exchange *x, sl_str name)
{
    const struct sl_model_route *r = sl_map_get(x->snapshot->models, name);
    if (r != NULL)
        return r;
    sl_str model;
    const struct sl_account *account = sl_snapshot_account(x->snapshot, name, &model);
    return account != NULL ? route_for(x, account, model) : route_by_catalogue(x, name);
}

static void add_candidate(struct sl_ai_exchange *ai, const struct sl_model_target *t,
                          const struct sl_account_key *key)
{
    size_t most = ai->is_over_context ? SL_AI_CANDIDATES_MAX * 2 : SL_AI_CANDIDATES_MAX;
    if (ai->candidate_count == most)
        return;
    SL_ASSERT(ai->candidate_count < ai->candidate_room);
    ai->candidates[ai->candidate_count++] = (struct sl_ai_candidate){.target = t, .key = key};
}

static void swap(size_t *a, size_t *b)
{
    size_t t = *a;
    *a = *b;
    *b = t;
}

/* Put a weighted random choice of order[from..to) at its front, then of the rest, and so on. */
static void shuffle(struct sl_rand *rand, size_t *order, size_t from, size_t to,
                    uint32_t (*weight)(const void *ctx, size_t i), const void *ctx)
{
    for (; from + 1 < to; from++) {
        uint64_t sum = 0;
        for (size_t i = from; i < to; i++)
            sum += weight(ctx, order[i]);
        if (sum == 0)
            return;
        uint64_t at = sl_rand_below(rand, sum);
        for (size_t i = from; i < to; i++) {
            uint32_t w = weight(ctx, order[i]);
            if (at < w) {
                swap(&order[from], &order[i]);
                break;
            }
            at -= w;
        }
    }
}

static uint32_t key_weight(const void *ctx, size_t i)
{
    return ((const struct sl_account *)ctx)->keys[i].weight;
}

static uint32_t target_weight(const void *ctx, size_t i)
{
    return ((const struct sl_model_target *)ctx)[i].weight;
}

static void add_target(struct sl_exchange *x, const struct sl_model_target *t)
{
    const struct sl_account *account = t->account;
    if (account->key_count == 0) {
        add_candidate(x->ai, t, NULL);
        return;
    }
    size_t n = SL_MIN(account->key_count, (size_t)SL_AI_CANDIDATES_MAX),
           order[SL_AI_CANDIDATES_MAX];
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && account->keys[to].order == account->keys[from].order; to++)
            ;
        shuffle(&x->worker->rand, order, from, to, key_weight, account);
    }
    for (size_t i = 0; i < n; i++)
        add_candidate(x->ai, t, &account->keys[order[i]]);
}

static size_t candidates_of(const struct sl_model_target *t)
{
    return SL_MAX(SL_MIN(t->account->key_count, (size_t)SL_AI_CANDIDATES_MAX), (size_t)1);
}

/* Exactly what add_candidate may be asked for: most routes have one target with one key. */
static size_t candidate_room(const struct sl_model_route *r, const struct sl_model_target *targets,
                             size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count && n < SL_AI_CANDIDATES_MAX; i++)
        n += candidates_of(&targets[i]);
    n = SL_MIN(n, (size_t)SL_AI_CANDIDATES_MAX);
    return n + (r->context_fallback != NULL ? candidates_of(r->context_fallback) : 0);
}

/* Only one account can go on from what it keeps. */
static bool is_elsewhere(const struct sl_ai_exchange *ai, const struct sl_model_target *t)
{
    return ai->bound_account.n != 0 && !sl_str_eq(t->account->name, ai->bound_account);
}

/* Both switch off what the route would do; neither brings back what it does not. */
static bool is_first_choice_only(const struct sl_exchange *x)
{
    const struct sl_header *said =
        sl_headers_find(&x->in->req.headers, SL_STR("x-sluice-no-fallback"));
    return x->ai->route->no_fallback || (said != NULL && sl_str_ieq(said->value, SL_STR("true")));
}

static uint32_t attempts_max(const struct sl_exchange *x)
{
    const struct sl_header *said =
        sl_headers_find(&x->in->req.headers, SL_STR("x-sluice-max-attempts"));
    uint64_t n, most = x->ai->route->attempts_max;
    return (uint32_t)(said != NULL && sl_num_u64(said->value, most, &n) ? n : most);
}

static void list_candidates(struct sl_exchange *x, const struct sl_model_target *targets,
                            size_t count)
{
    const struct sl_model_route *r = x->ai->route;
    size_t n = 0, order[SL_AI_CANDIDATES_MAX];
    x->ai->candidate_room = candidate_room(r, targets, count);
    x->ai->candidates = sl_arena_array(x->arena, struct sl_ai_candidate, x->ai->candidate_room);
    for (size_t i = 0; i < count && n < SL_AI_CANDIDATES_MAX; i++) {
        if (!is_elsewhere(x->ai, &targets[i]))
            order[n++] = i;
    }
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && targets[order[to]].order == targets[order[from]].order; to++)
            ;
        shuffle(&x->worker->rand, order, from, to, target_weight, targets);
    }
    size_t used = n > 1 && is_first_choice_only(x) ? 1 : n;
    for (size_t i = 0; i < used; i++)
        add_target(x, &targets[order[i]]);
}

/* ------------------------------------------------------------------ rules */

static const struct sl_model_rule *choose_rule(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_model_facts facts = {
        .call = &ai->call,
        .arena = x->arena,
        .input_tokens = ai->call.input_tokens_estimate,
        .dialect = ai->call.dialect,
        .consumer = x->consumer,
        .service = x->route->service->name,
        .user = ai->call.user,
        .metadata = sl_ai_call_metadata(&ai->call),
        .headers = &x->in->req.headers,
        .now_s = sl_wall_seconds(x),
    };
    const struct sl_model_rule *rule = sl_model_rule_choose(ai->route, &facts);
    x->record.model_rule = rule != NULL ? rule->name : (sl_str){0};
    x->record.rule_reason = rule != NULL ? rule->words : SL_STR("no rule holds");
    return rule;
}

static bool has_bound(const struct sl_ai_exchange *ai, const struct sl_model_target *targets,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_elsewhere(ai, &targets[i]))
            return true;
    }
    return false;
}

/* The first rule with a target at the bound account; NULL: the route's own targets have one, or nothing has. */
static const struct sl_model_rule *bound_rule(const struct sl_ai_exchange *ai)
{
    const struct sl_model_route *r = ai->route;
    if (has_bound(ai, r->targets, r->target_count))
        return NULL;
    for (size_t i = 0; i < r->rule_count; i++) {
        if (has_bound(ai, r->rules[i].targets, r->rules[i].target_count))
            return &r->rules[i];
    }
    return NULL;
}

/* What an account keeps goes on there, also where the rules lead elsewhere. */
static const struct sl_model_rule *choose_bound_rule(struct sl_exchange *x)
{
    const struct sl_ai_exchange *ai = x->ai;
    const struct sl_model_rule *rule = choose_rule(x);
    const struct sl_model_route *r = ai->route;
    if (ai->bound_account.n == 0 || (rule != NULL ? has_bound(ai, rule->targets, rule->target_count)
                                                  : has_bound(ai, r->targets, r->target_count)))
        return rule;
    rule = bound_rule(ai);
    x->record.model_rule = rule != NULL ? rule->name : (sl_str){0};
    x->record.rule_reason = SL_STR("the previous response is kept there");
    return rule;
}

void sl_ai_choose_targets(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    const struct sl_model_route *r = ai->route;
    if (ai->candidates != NULL)
        return;
    const struct sl_model_rule *rule = r->rule_count != 0 ? choose_bound_rule(x) : NULL;
    if (rule != NULL)
        list_candidates(x, rule->targets, rule->target_count);
    else
        list_candidates(x, r->targets, r->target_count);
}

void sl_ai_fail_unknown(struct sl_exchange *x, sl_str name)
{
    (void)sl_fail_hint(
        x, SL_E_MODEL_UNKNOWN, "there is no such model",
        sl_fmt(x->arena,
               "The model '%.*s' does not exist here. GET /v1/models lists what you may use.",
               SL_STRF(sl_str_head(name, 200))));
}

bool sl_ai_resolve(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    ai->route = sl_ai_find_route(x, ai->call.model);
    if (ai->route == NULL) {
        sl_ai_fail_unknown(x, ai->call.model);
        return false;
    }
    /* a signature over the body says who calls only after it was read */
    if (!ai->route->asks_who || x->consumer != NULL)
        sl_ai_choose_targets(x);
    return true;
}

void sl_ai_resolve_account(struct sl_exchange *x, const struct sl_account *account, sl_str model)
{
    x->ai->route = route_of(x, account, model, NULL);
    sl_ai_choose_targets(x);
}

static bool has_any(const struct sl_ai_exchange *ai)
{
    for (size_t i = 0; i < ai->candidate_count; i++) {
        if (!ai->candidates[i].is_out)
            return true;
    }
    return false;
}

bool sl_ai_restrict_candidates(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    for (size_t i = 0; i < ai->candidate_count; i++) {
        const struct sl_model_target *t = ai->candidates[i].target;
        sl_str name = sl_fmt(x->arena, "%.*s/%.*s", SL_STRF(t->account->name), SL_STRF(t->model));
        for (size_t k = 0; k < ai->restriction_count; k++) {
            if (!ai->restrictions[k].allows(ai->restrictions[k].config, name, true))
                ai->candidates[i].is_out = true;
        }
    }
    return has_any(ai);
}

/* ------------------------------------------------------------------ choosing */

/* When an access token is looked for again; or never, while there is none to be had. */
static int64_t token_at(struct sl_ai_exchange *ai, const struct sl_access_token *t, sl_usec now_us)
{
    enum sl_token_trouble trouble = (enum sl_token_trouble)LOAD(&t->trouble);
    ai->awaits_token |= trouble == SL_TOKEN_AWAITED;
    ai->token_trouble = trouble;
    return trouble == SL_TOKEN_AWAITED ? now_us + TOKEN_LOOK_US : INT64_MAX;
}

/* When the candidate may be used: 0 now, an instant, or INT64_MAX for a dead key. */
static int64_t usable_at(struct sl_ai_exchange *ai, const struct sl_ai_candidate *c, sl_usec now_us)
{
    int64_t until_us;
    if (c->key == NULL)
        return 0;
    switch (sl_account_key_standing(c->key, now_us, ai->wall_s, &until_us)) {
    case SL_KEY_READY:
        return 0;
    case SL_KEY_COOLING:
        return until_us;
    case SL_KEY_NO_TOKEN:
        return token_at(ai, c->key->token, now_us);
    case SL_KEY_REFUSED:
    case SL_KEY_NO_CREDIT:
    case SL_KEY_EXPIRED:
    case SL_KEY_DISABLED:
    case SL_KEY_STANDING_COUNT:
        break;
    }
    return INT64_MAX;
}

static struct sl_ai_candidate *pick(struct sl_exchange *x, bool wants_fresh)
{
    struct sl_ai_exchange *ai = x->ai;
    sl_usec now_us = sl_now(x);
    for (size_t i = 0; i < ai->candidate_count; i++) {
        struct sl_ai_candidate *c = &ai->candidates[i];
        if (c->is_out || (wants_fresh && c->tries != 0) || usable_at(ai, c, now_us) != 0)
            continue;
        if (sl_endpoint_admits(c->target->account->endpoint.state, now_us, false))
            return c;
    }
    return NULL;
}

struct sl_ai_candidate *sl_ai_next_candidate(struct sl_exchange *x, sl_usec *ret_wait_us)
{
    struct sl_ai_exchange *ai = x->ai;
    sl_usec now_us = sl_now(x);
    ai->awaits_token = false;
    ai->token_trouble = SL_TOKEN_AWAITED;
    ai->wall_s = sl_wall_seconds(x);
    struct sl_ai_candidate *c = pick(x, true);
    if (c == NULL)
        c = pick(x, false);
    int64_t earliest_us = INT64_MAX;
    for (size_t i = 0; c == NULL && i < ai->candidate_count; i++) {
        if (!ai->candidates[i].is_out)
            earliest_us = SL_MIN(earliest_us, usable_at(ai, &ai->candidates[i], now_us));
    }
    ai->is_breaker_open = c == NULL && earliest_us == 0;
    ai->earliest_us = earliest_us == 0 || earliest_us == INT64_MAX ? 0 : earliest_us;
    *ret_wait_us = ai->earliest_us != 0 ? ai->earliest_us - now_us : -1;
    return c;
}

/* ------------------------------------------------------------------ learning */

static void raise_to(_Atomic int64_t *at, int64_t value)
{
    int64_t old = LOAD(at);
    while (old < value && !atomic_compare_exchange_weak_explicit(
                              at, &old, value, memory_order_relaxed, memory_order_relaxed))
        ;
}

static void cool(struct sl_exchange *x, const struct sl_account_key *key,
                 const struct sl_ai_fault *fault)
{
    if (key == NULL)
        return;
    uint32_t in_row =
        atomic_fetch_add_explicit(&key->state->rate_errors_in_row, 1, memory_order_relaxed);
    sl_usec pause_us = fault->retry_after_us;
    if (pause_us < 0) {
        sl_usec most_us = SL_MIN(COOL_FIRST_US << SL_MIN(in_row, 10u), SL_SECONDS(30));
        pause_us =
            most_us / 2 + (sl_usec)sl_rand_below(&x->worker->rand, (uint64_t)most_us / 2 + 1);
    }
    raise_to(&key->state->cools_until_us, sl_now(x) + SL_MIN(pause_us, COOL_MAX_US));
}

static void kill_key(struct sl_exchange *x, struct sl_ai_candidate *c,
                     const struct sl_ai_fault *fault, sl_usec span_us)
{
    c->is_out = true;
    if (c->key == NULL)
        return;
    for (size_t i = 0; i < x->ai->candidate_count; i++) {
        if (x->ai->candidates[i].key == c->key)
            x->ai->candidates[i].is_out = true;
    }
    if (c->key->source != NULL &&
        fault->class_ == SL_AI_FAULT_AUTH) { /* the next token may be good */
        atomic_store_explicit(&c->key->source->token->refused_turn, x->ai->token_turn,
                              memory_order_relaxed);
        return;
    }
    raise_to(&c->key->state->dead_until_us, sl_now(x) + span_us);
    atomic_store_explicit(&c->key->state->dead_class, (uint32_t)fault->class_,
                          memory_order_relaxed);
}

/* A longer context window, when the route names a target for that (E5). */
static bool use_larger_context(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    if (ai->is_over_context || ai->route->context_fallback == NULL || is_first_choice_only(x) ||
        is_elsewhere(ai, ai->route->context_fallback))
        return false;
    ai->is_over_context = true;
    for (size_t i = 0; i < ai->candidate_count; i++)
        ai->candidates[i].is_out = true;
    add_target(x, ai->route->context_fallback);
    return sl_ai_restrict_candidates(x);
}

static void mark_same_target(struct sl_ai_exchange *ai, const struct sl_ai_candidate *c)
{
    for (size_t i = 0; i < ai->candidate_count; i++) {
        if (ai->candidates[i].target == c->target && &ai->candidates[i] != c)
            ai->candidates[i]
                .tries++; /* another key of a sick target comes after healthy targets */
    }
}

/* Clocks that agree well enough: what is wrong with the signature is something else. */
#define CLOCK_NEAR_S 120

/* The vendor has told its time: sign for that one. */
static bool learn_clock(struct sl_exchange *x, struct sl_ai_candidate *c,
                        const struct sl_ai_fault *fault)
{
    int64_t off_s = fault->vendor_unix_s - x->ai->target.now_unix_s;
    if (fault->vendor_unix_s == 0 || (off_s > -CLOCK_NEAR_S && off_s < CLOCK_NEAR_S))
        return false;
    c->tries--;
    atomic_store_explicit(&c->target->account->state->clock_ahead_s,
                          fault->vendor_unix_s - sl_wall_seconds(x), memory_order_relaxed);
    return true;
}

static void note_failure(struct sl_exchange *x, const struct sl_account_key *key,
                         const struct sl_ai_fault *fault)
{
    const struct sl_key_failure f = {
        .at_s = sl_wall_seconds(x), .rc = fault->rc, .status = fault->vendor_status};
    if (key != NULL)
        sl_key_failed(key->state, &f);
}

bool sl_ai_learn(struct sl_exchange *x, const struct sl_ai_fault *fault)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_ai_candidate *c = ai->current;
    c->tries++;
    note_failure(x, c->key, fault);
    bool may_go_on = x->attempts < attempts_max(x);
    switch (fault->class_) {
    case SL_AI_FAULT_NONE:
    case SL_AI_FAULT_REQUEST:
    case SL_AI_FAULT_CONTENT:
        return false;
    case SL_AI_FAULT_CONTEXT:
        return may_go_on && use_larger_context(x);
    case SL_AI_FAULT_AUTH:
        kill_key(x, c, fault, DEAD_AUTH_US);
        return may_go_on;
    case SL_AI_FAULT_CREDIT:
        kill_key(x, c, fault, DEAD_CREDIT_US);
        return may_go_on;
    case SL_AI_FAULT_RATE:
        cool(x, c->key, fault);
        return may_go_on && ++ai->rate_tries < RATE_TRIES_MAX;
    case SL_AI_FAULT_OVERLOAD:
    case SL_AI_FAULT_STREAM:
        if (ai->call.has_side_effects && x->outbound.is_request_sent)
            return false; /* it may have been done, and would be done twice (E12) */
        mark_same_target(ai, c);
        c->is_out = fault->no_retry || c->tries >= OVERLOAD_TRIES_MAX;
        return may_go_on;
    case SL_AI_FAULT_NO_STREAM_OPTIONS:
        c->tries--;
        atomic_store_explicit(&c->target->account->state->no_stream_options_until_us,
                              sl_now(x) + c->target->account->forget_us, memory_order_relaxed);
        return !ai->target.no_stream_options;
    case SL_AI_FAULT_CLOCK:
        if (learn_clock(x, c, fault))
            return true;
        kill_key(x, c, fault, DEAD_AUTH_US);
        return may_go_on;
    }
    return false;
}

void sl_ai_learn_success(struct sl_exchange *x)
{
    const struct sl_account_key *key = x->ai->current->key;
    if (key == NULL)
        return;
    atomic_fetch_add_explicit(&key->state->requests, 1, memory_order_relaxed);
    if (LOAD(&key->state->rate_errors_in_row) != 0)
        atomic_store_explicit(&key->state->rate_errors_in_row, 0, memory_order_relaxed);
}

/* How long to pause before the next attempt: nothing for a fresh candidate, else jittered backoff. */
sl_usec sl_ai_pause(struct sl_exchange *x, const struct sl_ai_candidate *c)
{
    if (c->tries == 0)
        return 0;
    uint64_t most_us = (uint64_t)BACKOFF_FIRST_US << SL_MIN(x->attempts, 6u);
    return (sl_usec)sl_rand_below(&x->worker->rand, most_us) + 1;
}

bool sl_ai_is_worth_waiting(const struct sl_exchange *x, sl_usec wait_us)
{
    bool is_in_time = x->deadline_us == 0 || sl_now(x) + wait_us < x->deadline_us;
    return (x->attempts != 0 || x->ai->awaits_token) && wait_us >= 0 && wait_us <= WAIT_MAX_US &&
           is_in_time;
}

/* ------------------------------------------------------------------ estimates */

int64_t sl_ai_output_estimate(const struct sl_exchange *x, const struct sl_model_target *t)
{
    enum { OUTPUT_TOKENS_UNSAID = 4096 };
    const struct sl_ai_exchange *ai = x->ai;
    if (ai->call.operation != SL_AI_CHAT)
        return 0;
    if (ai->call.max_tokens >= 0)
        return ai->call.max_tokens;
    bool is_known = t->info != NULL && t->info->max_output_tokens > 0;
    return is_known ? SL_MIN(t->info->max_output_tokens, (int64_t)OUTPUT_TOKENS_UNSAID)
                    : OUTPUT_TOKENS_UNSAID;
}

static bool is_priced_by_search(const struct sl_ai_price *p)
{
    return p != NULL && p->base.input == SL_AI_PRICE_UNKNOWN && p->search_nusd >= 0;
}

static int64_t cost_on(const struct sl_exchange *x, const struct sl_model_target *t)
{
    struct sl_ai_usage u = {.source = SL_AI_USAGE_ESTIMATED};
    u.input = x->ai->call.input_tokens_estimate;
    u.output = sl_ai_output_estimate(x, t);
    if (x->ai->call.operation == SL_AI_RERANK && is_priced_by_search(t->price)) {
        u.input = 0;
        u.searches = 1;
    }
    u.images = x->ai->call.images;
    u.requests = 1;
    int64_t cost_nusd;
    sl_rc rc = sl_ai_cost(t->price, &u, sl_wall_seconds(x), SL_AI_TIER_STANDARD, &cost_nusd);
    return rc == SL_OK ? cost_nusd : -1;
}

int64_t sl_ai_cost_estimate(struct sl_exchange *x)
{
    int64_t most_nusd = 0;
    sl_ai_choose_targets(x);
    for (size_t i = 0; i < x->ai->candidate_count; i++) {
        int64_t cost_nusd = cost_on(x, x->ai->candidates[i].target);
        if (cost_nusd < 0)
            return -1;
        most_nusd = SL_MAX(most_nusd, cost_nusd);
    }
    if (x->ai->route->context_fallback == NULL)
        return most_nusd;
    int64_t larger_nusd = cost_on(x, x->ai->route->context_fallback);
    return larger_nusd < 0 ? -1 : SL_MAX(most_nusd, larger_nusd);
}
