/*
 * budget: so much money or so many tokens per day, week, month or in all (cases U10, U12), where it is
 * attached. Those of the noun `budgets` are kept by the policy of that name.
 *
 * Before a request goes out, the most that it may cost is held; when it is over, what it did cost is
 * spent instead. Spent and held together never pass the amount, over all workers. A budget is
 * settled in the period in which its request began.
 */
#include "policy/policy_int.h"

struct budget_policy {
    struct sl_budget_config config;
    struct sl_budget budget; /* compiled */
};

static sl_rc budget_compile(void *config, sl_str identity, struct sl_state_registry *states,
                            struct sl_arena *a, struct sl_diag *d)
{
    struct budget_policy *c = config;
    return sl_budget_compile(&c->config, identity, SL_SPEND_SUBJECTS_MAX, states, a, &c->budget, d);
}

static enum sl_verdict budget_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct budget_policy *c = config;
    return sl_budget_hold(x, &c->budget, state);
}

static void budget_on_settle(struct sl_exchange *x, const void *config, void *state)
{
    const struct budget_policy *c = config;
    sl_budget_settle(x, &c->budget, state);
}

/* Spent is what is over; what running requests hold is not there for others either. */
static void budget_count(const void *config, const struct sl_limit_query *q,
                         struct sl_limit_count *ret)
{
    const struct budget_policy *c = config;
    const struct sl_budget *b = &c->budget;
    int64_t now_s = q->wall_us / 1000000, limit = b->money != NULL ? b->amount_nusd : b->tokens;

    *ret = (struct sl_limit_count){.unit = b->money != NULL ? "usd" : "tokens",
                                   .period = sl_budget_periods[b->period],
                                   .limit = limit};
    if (b->key != SL_BUDGET_CONSUMER && b->key != SL_BUDGET_GLOBAL) {
        ret->counted_by = sl_budget_keys[b->key];
        return;
    }
    sl_str subject = b->key == SL_BUDGET_GLOBAL ? SL_STR("*") : q->consumer;
    struct sl_spend_sums sums = sl_spend_look(b->money != NULL ? b->money : b->spent_tokens,
                                              subject, sl_budget_began(b, now_s));
    ret->used = sums.spent;
    ret->remaining = SL_MAX(limit - sums.spent - sums.held, (int64_t)0);
    ret->resets_at_us = sl_budget_next(b, now_s) * 1000000;
}

const struct sl_policy_type sl_policy_budget = {
    .name = "budget",
    .summary = "Limit what callers may spend on models per day, week, month or in all.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE | SL_AT_CONSUMER,
    .order = SL_ORDER_QUOTA,
    .is_ai_only = true,
    .fields = sl_budget_policy_fields,
    .config_size = sizeof(struct budget_policy),
    .state_size = sizeof(struct sl_budget_hold),
    .compile = budget_compile,
    .on_request = budget_on_request,
    .on_settle = budget_on_settle,
    .count = budget_count,
};
