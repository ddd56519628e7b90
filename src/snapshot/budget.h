/**
 * budget: so much money or so many tokens per period, compiled: of a policy `budget` and of the noun
 * `budgets`. What is spent of it is in snapshot/spend.h.
 *
 * The budgets of the noun have an index by whose they are, so that a request costs the same however
 * many there are.
 */
#pragma once
#include "base/map.h"
#include "snapshot/resource.h"
#include "snapshot/spend.h"
#include "snapshot/zone.h"

/** How many budgets of the noun one request may count for. */
enum { SL_BUDGETS_PER_REQUEST = 12 };

struct sl_budget {
    sl_str name;                           /* for people; empty: a policy's */
    sl_str identity;                       /* of the ledger's rows */
    int64_t amount_nusd, tokens;           /* 0: not limited */
    struct sl_spend *money, *spent_tokens; /* NULL: not limited */
    enum sl_budget_period period;
    struct sl_zone zone;
    enum sl_budget_key key;
    sl_str subject; /* whose; empty: each has its own */
    bool is_402, caps_output;
    int64_t ceiling_nusd;
};

/** Those of one key. */
struct sl_budget_index {
    const struct sl_budget *const *each; /* without a subject */
    size_t each_count;
    struct sl_map named; /* subject -> struct sl_budget_list */
};

struct sl_budget_list {
    const struct sl_budget **v;
    size_t n;
};

struct sl_budgets {
    struct sl_budget_index by_key[SL_BUDGET_KEY_COUNT];
};

/** What `c` says, without what is spent of it. Its texts are borrowed, or in `a`. */
sl_rc sl_budget_read(const struct sl_budget_config *c, sl_str identity, struct sl_arena *a,
                     struct sl_budget *ret, struct sl_diag *d) SL_CHECKED;
/** With it; `subjects`: how many may have an account (snapshot/spend.h). */
sl_rc sl_budget_compile(const struct sl_budget_config *c, sl_str identity, size_t subjects,
                        struct sl_state_registry *states, struct sl_arena *a, struct sl_budget *ret,
                        struct sl_diag *d) SL_CHECKED;

/** The beginning of the period of `now_s`, and of the one behind it (0: never); 0 for all time. */
int64_t sl_budget_began(const struct sl_budget *b, int64_t now_s);
int64_t sl_budget_next(const struct sl_budget *b, int64_t now_s);

/** The identity of the tokens of what counts money under `identity`. */
sl_str sl_budget_tokens_identity(sl_str identity, struct sl_arena *a);
/** Under which a budget of the noun counts. */
sl_str sl_budget_identity(const struct sl_budget_config *c, struct sl_arena *a);
