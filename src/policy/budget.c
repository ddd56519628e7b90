/*
 * budget: so many dollars per day, month or in all (cases U10, U12).
 *
 * Before a request goes out, the most that it may cost is held; when it is over, what it did cost is
 * spent instead. Spent and held together never pass the amount, over all workers. A budget is
 * settled in the window in which its request began.
 */
#include "base/fmt.h"
#include "base/money.h"
#include "policy/policy_int.h"
#include "snapshot/spend.h"

enum { DAY_S = 86400 };

enum period { PERIOD_DAY, PERIOD_MONTH, PERIOD_TOTAL };
enum key { KEY_CONSUMER, KEY_CREDENTIAL, KEY_GLOBAL };
enum status { STATUS_429, STATUS_402 };

static const char *const periods[] = {"day", "month", "total", NULL};
static const char *const keys[] = {"consumer", "credential", "global", NULL};
static const char *const statuses[] = {"429", "402", NULL};

struct budget_config {
    int64_t amount_nusd;
    int period, key, status;
    bool cap_output;
    int64_t ceiling_nusd;
    /* compiled */
    sl_str identity;
    struct sl_spend *spend;
};

struct budget_state {
    struct sl_spend_hold hold;
    sl_str subject;
    bool is_held;
};

static const struct sl_field budget_fields[] = {
    SL_FIELD_MONEY(struct budget_config, amount_nusd, "amount", .required = true, .min = "0.000001",
                   .example = "25", .unit = "USD",
                   .help = "What may be spent per `period` for each `key`."),
    SL_FIELD_ENUM(struct budget_config, period, .dflt = "month", .values = periods,
                  .help = "When it begins anew: every day or month at 00:00 UTC, or never."),
    SL_FIELD_ENUM(struct budget_config, key, .dflt = "consumer", .values = keys,
                  .help = "Whose budget it is: each consumer's or credential's own (callers "
                          "without one share one), or one for all."),
    SL_FIELD_ENUM(struct budget_config, status, .dflt = "429", .values = statuses,
                  .help = "HTTP status of the refusal: 429, which clients know how to wait for, "
                          "or 402 Payment Required, which none repeats."),
    SL_FIELD_BOOL(struct budget_config, cap_output, .dflt = "true",
                  .help =
                      "Send the output that was reckoned with as the limit of output tokens "
                      "when the caller named none, so that no answer costs more than was held."),
    SL_FIELD_MONEY(struct budget_config, ceiling_nusd, "ceiling", .dflt = "1", .min = "0.000001",
                   .unit = "USD",
                   .help = "What a request to a model without a known price is taken to cost, "
                           "where the gateway's `unknown_price` is `ceiling`."),
    SL_FIELD_END,
};

static sl_rc budget_compile(void *config, sl_str identity, struct sl_state_registry *states,
                            struct sl_arena *a, struct sl_diag *d)
{
    struct budget_config *c = config;
    (void)d;

    c->identity = sl_arena_dup(a, identity);
    c->spend = sl_spend_get(states, identity, a);
    return SL_OK;
}

/* ------------------------------------------------------------------ windows */

static int64_t first_of_month(struct sl_civil date, int months_later)
{
    int month = date.month - 1 + months_later;
    struct sl_civil first = {.year = date.year + month / 12, .month = month % 12 + 1, .day = 1};
    return sl_civil_to_days(first) * DAY_S;
}

/* The beginning of the window `later` windows after the one of now; 0 for all time. */
static int64_t window_start(const struct budget_config *c, int64_t now_s, int later)
{
    int64_t day = now_s / DAY_S;
    switch ((enum period)c->period) {
    case PERIOD_DAY:
        return (day + later) * DAY_S;
    case PERIOD_MONTH:
        return first_of_month(sl_civil_from_days(day), later);
    case PERIOD_TOTAL:
        return 0;
    }
    sl_panic(__FILE__, __LINE__, "no such period");
}

static sl_str subject_of(const struct budget_config *c, const struct sl_exchange *x)
{
    switch ((enum key)c->key) {
    case KEY_CONSUMER:
        return x->consumer != NULL ? x->consumer->name : SL_STR("");
    case KEY_CREDENTIAL:
        return x->credential != NULL ? x->credential->name : SL_STR("");
    case KEY_GLOBAL:
        return SL_STR("*");
    }
    sl_panic(__FILE__, __LINE__, "no such key");
}

/* ------------------------------------------------------------------ refusals */

static void say_sums(struct sl_strbuf *b, const struct sl_spend_sums *sums, int64_t cost_nusd)
{
    sl_money_add(b, sums->spent_nusd);
    sl_strbuf_add(b, SL_STR(" USD are spent, "));
    sl_money_add(b, sums->held_nusd);
    sl_strbuf_add(b, SL_STR(" USD held by running requests, this one may cost "));
    sl_money_add(b, cost_nusd);
    sl_strbuf_add(b, SL_STR(" USD"));
}

static sl_str budget_hint(const struct budget_config *c, struct sl_exchange *x,
                          const struct sl_spend_sums *sums, int64_t cost_nusd, int64_t reset_s)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, x->arena, 0);
    sl_strbuf_add(&b, SL_STR("of "));
    sl_money_add(&b, c->amount_nusd);
    sl_strbuf_addf(&b, " USD per %s for each %s, ", periods[c->period], keys[c->key]);
    say_sums(&b, sums, cost_nusd);
    if (reset_s == 0)
        return sl_strbuf_str(&b);
    sl_strbuf_add(&b, SL_STR("; it begins anew at "));
    sl_fmt_add_rfc3339(&b, reset_s * 1000000);
    return sl_strbuf_str(&b);
}

/* What running requests hold may be free soon; what is spent only in the next window. */
static sl_usec retry_after(const struct budget_config *c, const struct sl_exchange *x,
                           const struct sl_spend_sums *sums, int64_t cost_nusd, int64_t reset_s)
{
    if (sl_add_sat_i64(sums->spent_nusd, cost_nusd) <= c->amount_nusd)
        return SL_SECONDS(1);
    return reset_s != 0 ? SL_SECONDS(reset_s - sl_wall_seconds(x)) : 0;
}

static enum sl_verdict refuse(struct sl_exchange *x, const struct budget_config *c,
                              const struct sl_spend_window *w, int64_t cost_nusd)
{
    struct sl_spend_sums sums = sl_spend_sums(w);
    bool is_total = c->period == PERIOD_TOTAL;
    int64_t reset_s = is_total ? 0 : window_start(c, sl_wall_seconds(x), 1);
    x->retry_after_us = retry_after(c, x, &sums, cost_nusd, reset_s);
    return sl_fail_hint(x, c->status == STATUS_402 ? SL_E_BUDGET_UNPAID : SL_E_BUDGET,
                        "the budget is exceeded", budget_hint(c, x, &sums, cost_nusd, reset_s));
}

/* ------------------------------------------------------------------ hooks */

/* What to hold for a model without a known price (U10); -1: nothing may be. */
static int64_t unknown_cost(const struct budget_config *c, const struct sl_exchange *x)
{
    switch (x->snapshot->unknown_price) {
    case SL_PRICE_ALLOW:
        return 0;
    case SL_PRICE_DENY:
        return -1;
    case SL_PRICE_CEILING:
        return c->ceiling_nusd;
    }
    sl_panic(__FILE__, __LINE__, "no such rule for unknown prices");
}

static enum sl_verdict hold(struct sl_exchange *x, const struct budget_config *c,
                            struct budget_state *s, int64_t cost_nusd)
{
    int64_t start_s = window_start(c, sl_wall_seconds(x), 0);
    s->subject = subject_of(c, x);
    struct sl_spend_window *w = sl_spend_window(c->spend, s->subject, start_s);
    if (w == NULL)
        return sl_fail_hint(x, SL_E_OVERLOADED, "too many callers have budgets",
                            SL_STR("ask the operator of this gateway"));
    if (!sl_spend_hold(w, cost_nusd, c->amount_nusd, &s->hold))
        return refuse(x, c, w, cost_nusd);
    s->is_held = true;
    if (c->cap_output)
        sl_exchange_cap_output(x);
    return SL_PASS;
}

static enum sl_verdict budget_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct budget_config *c = config;
    int64_t cost_nusd = sl_exchange_cost_estimate(x);
    if (cost_nusd < 0)
        cost_nusd = unknown_cost(c, x);
    if (cost_nusd < 0)
        return sl_fail_hint(x, SL_E_AI_PRICE_UNKNOWN, "the model's price is not known",
                            SL_STR("choose a model with a known price, or let the operator set "
                                   "one; a budget cannot be kept without"));
    return hold(x, c, state, cost_nusd);
}

static void budget_on_settle(struct sl_exchange *x, const void *config, void *state)
{
    const struct budget_config *c = config;
    struct budget_state *s = state;
    const struct sl_record *r = sl_exchange_record(x);
    if (!s->is_held)
        return;
    struct sl_record_charge charge = {
        .budget = c->identity,
        .subject = s->subject,
        .window_start_s = s->hold.start_s,
        .cost_nusd =
            r->cost_nusd >= 0 ? r->cost_nusd : s->hold.nusd, /* unknown: all that was held */
        .tokens = sl_ai_usage_total(&r->usage),
    };
    sl_spend_settle(&s->hold, charge.cost_nusd);
    s->is_held = false;
    if (charge.cost_nusd != 0 || charge.tokens != 0)
        sl_exchange_charge(x, &charge);
}

/* Spent is what is over; what running requests hold is not there for others either. */
static void budget_count(const void *config, const struct sl_limit_query *q,
                         struct sl_limit_count *ret)
{
    const struct budget_config *c = config;
    int64_t now_s = q->wall_us / 1000000;

    *ret = (struct sl_limit_count){
        .unit = "usd", .period = periods[c->period], .limit = c->amount_nusd};
    if (c->key == KEY_CREDENTIAL) {
        ret->counted_by = keys[c->key];
        return;
    }
    sl_str subject = c->key == KEY_GLOBAL ? SL_STR("*") : q->consumer;
    struct sl_spend_sums sums = sl_spend_look(c->spend, subject, window_start(c, now_s, 0));
    ret->used = sums.spent_nusd;
    ret->remaining = SL_MAX(c->amount_nusd - sums.spent_nusd - sums.held_nusd, (int64_t)0);
    if (c->period != PERIOD_TOTAL)
        ret->resets_at_us = window_start(c, now_s, 1) * 1000000;
}

const struct sl_policy_type sl_policy_budget = {
    .name = "budget",
    .summary = "Limit what callers may spend on models per day, per month or in all.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE | SL_AT_CONSUMER,
    .order = SL_ORDER_QUOTA,
    .is_ai_only = true,
    .fields = budget_fields,
    .config_size = sizeof(struct budget_config),
    .state_size = sizeof(struct budget_state),
    .compile = budget_compile,
    .on_request = budget_on_request,
    .on_settle = budget_on_settle,
    .count = budget_count,
};
