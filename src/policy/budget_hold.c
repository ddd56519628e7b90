/*
 * budget_hold: one request and one budget: hold the most that it may cost, settle what it did.
 */
#include "base/fmt.h"
#include "base/money.h"
#include "policy/policy_int.h"

/* ------------------------------------------------------------------ refusals */

/* What stands in the way: a unit's limit, its sums and what the request may take. */
struct shortage {
    bool is_money;
    int64_t limit, wanted;
    struct sl_spend_sums sums;
};

static void add_amount(struct sl_strbuf *b, const struct shortage *s, int64_t amount)
{
    if (s->is_money)
        sl_money_add(b, amount);
    else
        sl_strbuf_addf(b, "%lld", (long long)amount);
    sl_strbuf_add(b, s->is_money ? SL_STR(" USD") : SL_STR(" tokens"));
}

static void add_limit(struct sl_strbuf *b, const struct sl_budget *budget, const struct shortage *s)
{
    if (budget->name.n != 0)
        sl_strbuf_addf(b, "'%.*s': ", SL_STRF(budget->name));
    sl_strbuf_add(b, SL_STR("of "));
    add_amount(b, s, s->limit);
    sl_strbuf_addf(b, " per %s for ", sl_budget_periods[budget->period]);
    if (budget->subject.n != 0)
        sl_strbuf_addf(b, "%s '%.*s'", sl_budget_keys[budget->key], SL_STRF(budget->subject));
    else
        sl_strbuf_addf(b, "each %s", sl_budget_keys[budget->key]);
}

static sl_str budget_hint(const struct sl_budget *budget, struct sl_exchange *x,
                          const struct shortage *s, int64_t reset_s)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, x->arena, 0);
    add_limit(&b, budget, s);
    sl_strbuf_add(&b, SL_STR(", "));
    add_amount(&b, s, s->sums.spent);
    sl_strbuf_add(&b, SL_STR(" are spent, "));
    add_amount(&b, s, s->sums.held);
    sl_strbuf_add(&b, SL_STR(" held by running requests, this one may cost "));
    add_amount(&b, s, s->wanted);
    if (reset_s == 0)
        return sl_strbuf_str(&b);
    sl_strbuf_add(&b, SL_STR("; it begins anew at "));
    sl_fmt_add_rfc3339(&b, reset_s * 1000000);
    return sl_strbuf_str(&b);
}

/* What running requests hold may be free soon; what is spent only in the next period. */
static sl_usec retry_after(const struct sl_exchange *x, const struct shortage *s, int64_t reset_s)
{
    if (sl_add_sat_i64(s->sums.spent, s->wanted) <= s->limit)
        return SL_SECONDS(1);
    return reset_s != 0 ? SL_SECONDS(reset_s - sl_wall_seconds(x)) : 0;
}

static enum sl_verdict refuse(struct sl_exchange *x, const struct sl_budget *budget,
                              const struct shortage *s)
{
    int64_t reset_s = sl_budget_next(budget, sl_wall_seconds(x));
    x->retry_after_us = retry_after(x, s, reset_s);
    return sl_fail_hint(x, budget->is_402 ? SL_E_BUDGET_UNPAID : SL_E_BUDGET,
                        "the budget is exceeded", budget_hint(budget, x, s, reset_s));
}

/* ------------------------------------------------------------------ holding */

/* What to hold for a model without a known price (U10); -1: nothing may be. */
static int64_t unknown_cost(const struct sl_budget *budget, const struct sl_exchange *x)
{
    switch (x->snapshot->unknown_price) {
    case SL_PRICE_ALLOW:
        return 0;
    case SL_PRICE_DENY:
        return -1;
    case SL_PRICE_CEILING:
        return budget->ceiling_nusd;
    }
    sl_panic(__FILE__, __LINE__, "no such rule for unknown prices");
}

static enum sl_verdict hold(struct sl_exchange *x, const struct sl_budget *budget,
                            struct sl_spend *spend, struct shortage *s, sl_str subject,
                            int64_t began_s, struct sl_spend_hold *ret)
{
    struct sl_spend_window *w = sl_spend_window(spend, subject, began_s);
    if (w == NULL)
        return sl_fail_hint(x, SL_E_OVERLOADED, "too many callers have budgets",
                            SL_STR("ask the operator of this gateway"));
    if (sl_spend_hold(w, s->wanted, s->limit, ret))
        return SL_PASS;
    s->sums = sl_spend_sums(w);
    return refuse(x, budget, s);
}

static enum sl_verdict hold_money(struct sl_exchange *x, const struct sl_budget *budget,
                                  struct sl_budget_hold *h)
{
    struct shortage s = {.is_money = true, .limit = budget->amount_nusd};
    s.wanted = sl_exchange_cost_estimate(x);
    if (s.wanted < 0)
        s.wanted = unknown_cost(budget, x);
    if (s.wanted < 0)
        return sl_fail_hint(x, SL_E_AI_PRICE_UNKNOWN, "the model's price is not known",
                            SL_STR("choose a model with a known price, or let the operator set "
                                   "one; a budget cannot be kept without"));
    return hold(x, budget, budget->money, &s, h->subject, h->began_s, &h->money);
}

static enum sl_verdict hold_tokens(struct sl_exchange *x, const struct sl_budget *budget,
                                   struct sl_budget_hold *h)
{
    struct shortage s = {.limit = budget->tokens, .wanted = sl_exchange_tokens_estimate(x)};
    return hold(x, budget, budget->spent_tokens, &s, h->subject, h->began_s, &h->tokens);
}

static sl_str subject_of(const struct sl_budget *budget, const struct sl_exchange *x)
{
    return budget->subject.n != 0 ? budget->subject : sl_budget_subject(budget->key, x);
}

enum sl_verdict sl_budget_hold(struct sl_exchange *x, const struct sl_budget *budget,
                               struct sl_budget_hold *h)
{
    enum sl_verdict verdict = SL_PASS;
    *h = (struct sl_budget_hold){.subject = subject_of(budget, x),
                                 .began_s = sl_budget_began(budget, sl_wall_seconds(x))};
    if (budget->money != NULL)
        verdict = hold_money(x, budget, h);
    if (verdict == SL_PASS && budget->spent_tokens != NULL)
        verdict = hold_tokens(x, budget, h);
    if (verdict != SL_PASS) {
        sl_spend_settle(&h->money, 0);
        return verdict;
    }
    h->is_held = true;
    if (budget->caps_output)
        sl_exchange_cap_output(x);
    return SL_PASS;
}

void sl_budget_settle(struct sl_exchange *x, const struct sl_budget *budget,
                      struct sl_budget_hold *h)
{
    const struct sl_record *r = sl_exchange_record(x);
    if (!h->is_held)
        return;
    struct sl_record_charge charge = {
        .budget = budget->identity,
        .subject = h->subject,
        .window_start_s = h->began_s,
        .cost_nusd =
            r->cost_nusd >= 0 ? r->cost_nusd : h->money.amount, /* unknown: all that was held */
        .tokens = sl_ai_usage_total(&r->usage),
    };
    sl_spend_settle(&h->money, charge.cost_nusd);
    sl_spend_settle(&h->tokens, charge.tokens);
    h->is_held = false;
    if (charge.cost_nusd != 0 || charge.tokens != 0)
        sl_exchange_charge(x, &charge);
}

/* ------------------------------------------------------------------ whose */

sl_str sl_budget_subject(enum sl_budget_key key, const struct sl_exchange *x)
{
    const struct sl_consumer *consumer = x->consumer;
    switch (key) {
    case SL_BUDGET_CONSUMER:
        return consumer != NULL ? consumer->name : SL_STR("");
    case SL_BUDGET_CREDENTIAL:
        return x->credential != NULL ? x->credential->name : SL_STR("");
    case SL_BUDGET_GLOBAL:
        return SL_STR("*");
    case SL_BUDGET_TEAM:
        return consumer != NULL ? sl_consumer_extra(consumer)->team : SL_STR("");
    case SL_BUDGET_WORKSPACE:
        return consumer != NULL ? sl_consumer_extra(consumer)->workspace : SL_STR("");
    case SL_BUDGET_SERVICE:
        return x->route->service->name;
    case SL_BUDGET_MODEL:
        return sl_exchange_model(x);
    case SL_BUDGET_KEY_COUNT:
        break;
    }
    sl_panic(__FILE__, __LINE__, "no such key");
}
