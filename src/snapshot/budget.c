#include "snapshot/budget.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/calendar.h"

static const struct sl_calendar_step steps[] = {
    [SL_BUDGET_DAY] = {.by = SL_BY_DAY},
    [SL_BUDGET_WEEK] = {.by = SL_BY_WEEK},
    [SL_BUDGET_MONTH] = {.by = SL_BY_MONTH},
};

sl_str sl_budget_tokens_identity(sl_str identity, struct sl_arena *a)
{
    return sl_fmt(a, "%.*s#tokens", SL_STRF(identity));
}

/* Another key counts something else: it begins anew. */
sl_str sl_budget_identity(const struct sl_budget_config *c, struct sl_arena *a)
{
    return sl_fmt(a, "budgets/%.*s/%s%s%.*s", SL_STRF(c->name), sl_budget_keys[c->key],
                  c->subject.n != 0 ? "/" : "", SL_STRF(c->subject));
}

sl_rc sl_budget_read(const struct sl_budget_config *c, sl_str identity, struct sl_arena *a,
                     struct sl_budget *ret, struct sl_diag *d)
{
    *ret = (struct sl_budget){
        .name = c->name,
        .identity = sl_arena_dup(a, identity),
        .amount_nusd = c->amount_nusd,
        .tokens = c->tokens,
        .period = (enum sl_budget_period)c->period,
        .key = (enum sl_budget_key)c->key,
        .subject = c->subject,
        .is_402 = c->status == SL_BUDGET_STATUS_402,
        .caps_output = c->cap_output,
        .ceiling_nusd = c->ceiling_nusd,
    };
    if (c->amount_nusd == 0 && c->tokens == 0)
        return sl_diag_fail(d, SL_E_CONFIG, "amount", "must be given, or 'tokens'");
    if (sl_zone_load(c->time_zone, a, &ret->zone) != SL_OK)
        return sl_diag_fail(d, SL_E_CONFIG, "time_zone", SL_ZONE_RULE);
    return SL_OK;
}

sl_rc sl_budget_compile(const struct sl_budget_config *c, sl_str identity, size_t subjects,
                        struct sl_state_registry *states, struct sl_arena *a, struct sl_budget *ret,
                        struct sl_diag *d)
{
    sl_rc rc = sl_budget_read(c, identity, a, ret, d);
    if (rc != SL_OK)
        return rc;
    if (c->amount_nusd != 0)
        ret->money = sl_spend_get(states, identity, subjects, a);
    if (c->tokens != 0)
        ret->spent_tokens =
            sl_spend_get(states, sl_budget_tokens_identity(identity, a), subjects, a);
    return SL_OK;
}

int64_t sl_budget_began(const struct sl_budget *b, int64_t now_s)
{
    return b->period == SL_BUDGET_TOTAL ? 0 : sl_calendar_begin(&b->zone, &steps[b->period], now_s);
}

int64_t sl_budget_next(const struct sl_budget *b, int64_t now_s)
{
    return b->period == SL_BUDGET_TOTAL ? 0 : sl_calendar_next(&b->zone, &steps[b->period], now_s);
}
