#include "app/seeds.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "snapshot/budget.h"
#include "store/usage.h"

static void seed_budget(const struct sl_record_charge *spent, void *arg)
{
    struct sl_state_registry *states = arg;
    struct sl_arena *a = sl_arena_new("seed", SL_KIB(16));
    sl_spend_seed(states, spent->budget, spent->subject, spent->window_start_s, spent->cost_nusd);
    sl_spend_seed(states, sl_budget_tokens_identity(spent->budget, a), spent->subject,
                  spent->window_start_s, spent->tokens);
    sl_arena_free(a);
}

/* Periods older than a month and a bit are over. */
sl_rc sl_seeds_take(struct sl_state_registry *states, sl_str data_dir, struct sl_diag *d)
{
    enum { DAYS = 32, DAY_S = 86400 };
    struct sl_db *db;
    if (!sl_spend_is_unseeded(states))
        return SL_OK;
    sl_rc rc = sl_db_open_to_read(sl_fmt(d->arena, "%.*s/usage.db", SL_STRF(data_dir)).p, &db, d);
    if (rc != SL_OK)
        return rc;
    rc = sl_usage_budgets_each(db, sl_clock_wall_us() / 1000000 - (int64_t)DAYS * DAY_S,
                               seed_budget, states);
    sl_db_close(db);
    if (rc != SL_OK)
        return sl_diag_fail(d, rc, "gateway.data_dir",
                            "the spent budgets cannot be read from usage.db");
    sl_spend_seeded(states);
    return SL_OK;
}
