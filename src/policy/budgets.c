/*
 * budgets: keeps the budgets of the noun for every AI request: those of its consumer, credential, team,
 * workspace, service and model, found by their names. Its configuration is the index that the build
 * makes (snapshot/build_budgets.c).
 *
 * A request is held by all of them or goes nowhere.
 */
#include "policy/policy_int.h"

struct budgets_state {
    const struct sl_budget *budgets[SL_BUDGETS_PER_REQUEST];
    struct sl_budget_hold holds[SL_BUDGETS_PER_REQUEST];
    size_t n;
};

static enum sl_verdict hold_all(struct sl_exchange *x, const struct sl_budget *const *v, size_t n,
                                struct budgets_state *s)
{
    for (size_t i = 0; i < n; i++) {
        SL_ASSERT(s->n < SL_BUDGETS_PER_REQUEST);
        if (sl_budget_hold(x, v[i], &s->holds[s->n]) != SL_PASS)
            return SL_FAIL;
        s->budgets[s->n++] = v[i];
    }
    return SL_PASS;
}

static enum sl_verdict hold_key(struct sl_exchange *x, const struct sl_budget_index *index,
                                enum sl_budget_key key, struct budgets_state *s)
{
    if (hold_all(x, index->each, index->each_count, s) != SL_PASS)
        return SL_FAIL;
    const struct sl_budget_list *named = sl_map_get(&index->named, sl_budget_subject(key, x));
    return named != NULL ? hold_all(x, named->v, named->n, s) : SL_PASS;
}

static enum sl_verdict budgets_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct sl_budgets *all = config;
    enum sl_verdict verdict = SL_PASS;
    for (size_t key = 0; key < SL_BUDGET_KEY_COUNT && verdict == SL_PASS; key++)
        verdict = hold_key(x, &all->by_key[key], (enum sl_budget_key)key, state);
    return verdict;
}

static void budgets_on_settle(struct sl_exchange *x, const void *config, void *state)
{
    struct budgets_state *s = state;
    (void)config;
    for (size_t i = 0; i < s->n; i++)
        sl_budget_settle(x, s->budgets[i], &s->holds[i]);
}

static const struct sl_field no_fields[] = {SL_FIELD_END};

const struct sl_policy_type sl_policy_budgets = {
    .name = "budgets",
    .summary = "Keeps the budgets of the noun.",
    .levels = SL_AT_GLOBAL,
    .order = SL_ORDER_QUOTA,
    .is_ai_only = true,
    .is_internal = true,
    .fields = no_fields,
    .config_size = sizeof(struct sl_budgets),
    .state_size = sizeof(struct budgets_state),
    .on_request = budgets_on_request,
    .on_settle = budgets_on_settle,
};
