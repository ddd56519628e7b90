/*
 * Budgets: checked, and indexed by whose they are; the policy `budgets` keeps them for every AI request.
 */
#include "base/str.h"
#include "snapshot/budget.h"
#include "snapshot/build_int.h"
#include "snapshot/registry.h"

struct building {
    struct sl_build *b;
    struct sl_budgets *index;
    const struct sl_budget **each[SL_BUDGET_KEY_COUNT];
    size_t longest[SL_BUDGET_KEY_COUNT]; /* list of a subject */
};

static struct sl_budget_list *list_of(struct building *g, const struct sl_budget *budget,
                                      size_t room)
{
    struct sl_map *named = &g->index->by_key[budget->key].named;
    struct sl_budget_list *list = sl_map_get(named, budget->subject);
    if (list != NULL)
        return list;
    list = sl_arena_new_of(g->b->a, struct sl_budget_list);
    list->v = sl_arena_array(g->b->a, const struct sl_budget *, room);
    (void)sl_map_put(named, budget->subject, list); /* there was none */
    return list;
}

/* The most that one request can count for. */
static size_t most(const struct building *g)
{
    size_t sum = 0;
    for (size_t key = 0; key < SL_BUDGET_KEY_COUNT; key++)
        sum += g->index->by_key[key].each_count + g->longest[key];
    return sum;
}

static void add(struct building *g, const struct sl_item *item, const struct sl_budget *budget)
{
    struct sl_budget_index *index = &g->index->by_key[budget->key];
    if (budget->subject.n == 0) {
        g->each[budget->key][index->each_count++] = budget;
    } else {
        struct sl_budget_list *list = list_of(g, budget, SL_BUDGETS_PER_REQUEST + 1);
        list->v[list->n++] = budget;
        g->longest[budget->key] = SL_MAX(g->longest[budget->key], list->n);
    }
    if (most(g) > SL_BUDGETS_PER_REQUEST)
        (void)sl_item_fail(g->b->d, item, SL_STR("per"),
                           "makes more than %d budgets that one request may count for",
                           SL_BUDGETS_PER_REQUEST);
}

static void build_one(struct building *g, const struct sl_item *item)
{
    const struct sl_budget_config *c = item->config;
    struct sl_build *b = g->b;
    size_t before = b->d->count;
    bool is_one = c->subject.n != 0 || c->key == SL_BUDGET_GLOBAL;
    if (c->key == SL_BUDGET_GLOBAL && c->subject.n != 0) {
        (void)sl_item_fail(b->d, item, SL_STR("subject"), "must be left out: `global` has none");
        return;
    }
    struct sl_budget *budget = sl_arena_new_of(b->a, struct sl_budget);
    sl_rc rc = sl_budget_compile(c, sl_budget_identity(c, b->a), is_one ? 1 : SL_SPEND_SUBJECTS_MAX,
                                 b->states, b->a, budget, b->d);
    sl_item_adopt(b->d, before, item, SL_STR(""));
    if (rc == SL_OK && !c->disabled && most(g) <= SL_BUDGETS_PER_REQUEST)
        add(g, item, budget);
}

/* Behind the other global ones, as a policy that nobody attaches. */
static void attach(struct sl_build *b, const struct sl_budgets *index)
{
    const struct sl_policy_type *type = sl_policy_type_find(b->types, SL_STR("budgets"));
    struct sl_policies *all = &b->global;
    if (type == NULL)
        return; /* a program without policies */
    struct sl_policy *v = sl_arena_array(b->a, struct sl_policy, all->n + 1);
    if (all->n != 0)
        memcpy(v, all->v, all->n * sizeof(*v));
    v[all->n] = (struct sl_policy){.type = type, .config = index, .identity = SL_STR("budgets")};
    *all = (struct sl_policies){.v = v, .n = all->n + 1};
}

void sl_build_budgets(struct sl_build *b, const struct sl_items *items)
{
    struct building g = {.b = b, .index = sl_arena_new_of(b->a, struct sl_budgets)};
    struct sl_map names;
    sl_build_names(b, items, NULL, &names);
    for (size_t key = 0; key < SL_BUDGET_KEY_COUNT; key++) {
        struct sl_budget_index *index = &g.index->by_key[key];
        sl_map_init(&index->named, b->a, 0);
        g.each[key] = sl_arena_array(b->a, const struct sl_budget *, SL_BUDGETS_PER_REQUEST + 1);
        index->each = g.each[key];
    }
    for (size_t i = 0; i < items->n; i++) {
        if (!items->v[i].is_bad)
            build_one(&g, &items->v[i]);
    }
    if (items->n != 0)
        attach(b, g.index);
}
