#include "snapshot/budget.h"
#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_budget;

enum { CENT_NUSD = 10000000 };
#define DAY_US (86400LL * 1000000)

static struct fake_exchange f;

static void setup(void)
{
    fake_exchange_init(&f);
    f.cost_estimate_nusd = 5 * CENT_NUSD;
}

static enum sl_verdict call(const void *c, const char *consumer)
{
    fake_exchange_again(&f);
    fake_consumer(&f, consumer);
    return fake_request(&f, &sl_policy_budget, c);
}

static void settle(const void *c, int64_t cost_nusd)
{
    f.x.record.cost_nusd = cost_nusd;
    fake_settle(&f, &sl_policy_budget, c);
}

static bool hint_has(const char *text)
{
    return sl_str_find_str(f.x.hint, sl_cstr(text)) != SIZE_MAX;
}

TEST(budget, u12_what_is_held_counts_and_settling_frees_the_rest)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 1}");
    for (int i = 0; i < 20; i++) /* all at once: none is settled */
        EXPECT_EQ(SL_PASS, call(c, "alice"));
    void *last = f.state;
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    EXPECT_EQ(SL_E_BUDGET, f.x.failed);
    EXPECT_EQ(SL_SECONDS(1), f.x.retry_after_us); /* running requests may free it */
    EXPECT(hint_has("of 1 USD per month for each consumer, 0 USD are spent, 1 USD held"));
    settle(c, 0); /* of the refused one: nothing */
    EXPECT_EQ(0, f.x.record.charge_count);

    f.state = last;
    settle(c, 2 * CENT_NUSD);
    EXPECT_EQ(SL_FAIL, call(c, "alice")); /* 3 cents are free, 5 are needed */
    f.cost_estimate_nusd = 3 * CENT_NUSD;
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    fake_exchange_fini(&f);
}

TEST(budget, the_ledger_is_told_what_was_spent)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 1, period: day}");
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    f.x.record.usage.input = 10;
    f.x.record.usage.output = 5;
    settle(c, CENT_NUSD);
    EXPECT_EQ(1, f.x.record.charge_count);
    const struct sl_record_charge *charge = &f.x.record.charges[0];
    EXPECT_STR("service/orders/budget", charge->budget);
    EXPECT_STR("alice", charge->subject);
    EXPECT_EQ(1767225600, charge->window_start_s);
    EXPECT_EQ(CENT_NUSD, charge->cost_nusd);
    EXPECT_EQ(15, charge->tokens);
    settle(c, CENT_NUSD); /* once only */
    EXPECT_EQ(1, f.x.record.charge_count);
    fake_exchange_fini(&f);
}

TEST(budget, a_spent_budget_says_when_it_begins_anew)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 0.05, period: day}");
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    settle(c, 5 * CENT_NUSD);
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    EXPECT_EQ(DAY_US, f.x.retry_after_us);
    EXPECT(hint_has("begins anew at 2026-01-02T00:00:00Z"));
    EXPECT_EQ(SL_PASS, call(c, "bob"));
    f.wall_us += DAY_US;
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    fake_exchange_fini(&f);
}

TEST(budget, months_begin_on_their_first_day_in_utc)
{
    setup();
    f.wall_us += 30 * DAY_US; /* 31 January */
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 0.05, period: month}");
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    settle(c, 5 * CENT_NUSD);
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    EXPECT(hint_has("begins anew at 2026-02-01T00:00:00Z"));
    f.wall_us += DAY_US;
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    settle(c, CENT_NUSD);
    EXPECT_EQ(1769904000, f.x.record.charges[0].window_start_s);
    fake_exchange_fini(&f);
}

TEST(budget, a_request_that_ends_after_midnight_is_settled_where_it_began)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 0.05, period: day}");
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    f.wall_us += DAY_US;
    settle(c, 5 * CENT_NUSD);
    EXPECT_EQ(1767225600, f.x.record.charges[0].window_start_s);
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    fake_exchange_fini(&f);
}

TEST(budget, a_total_never_begins_anew)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 0.05, period: total}");
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    settle(c, 5 * CENT_NUSD);
    f.wall_us += 4000 * DAY_US;
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    EXPECT_EQ(0, f.x.retry_after_us);
    EXPECT(!hint_has("anew"));
    fake_exchange_fini(&f);
}

TEST(budget, e11_the_refusal_is_402_where_that_is_configured)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 0.01, status: '402'}");
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    EXPECT_EQ(402, sl_err_info(f.x.failed)->status);
    fake_exchange_fini(&f);
}

TEST(budget, all_share_a_global_budget)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 0.05, key: global}");
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    EXPECT_EQ(SL_FAIL, call(c, "bob"));
    fake_exchange_fini(&f);
}

TEST(budget, callers_without_a_name_share_one)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 0.05, key: credential}");
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_budget, c));
    fake_client(&f, "192.0.2.9");
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    fake_exchange_fini(&f);
}

TEST(budget, u10_an_unknown_price_is_not_free)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 1, ceiling: 0.6}");
    f.cost_estimate_nusd = -1;
    f.snapshot.unknown_price = SL_PRICE_DENY;
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    EXPECT_EQ(SL_E_AI_PRICE_UNKNOWN, f.x.failed);
    EXPECT(f.x.hint.n != 0);

    f.snapshot.unknown_price = SL_PRICE_CEILING;
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    settle(c, -1);
    EXPECT_EQ(60 * CENT_NUSD, f.x.record.charges[0].cost_nusd);
    EXPECT_EQ(SL_FAIL, call(c, "alice"));

    f.snapshot.unknown_price = SL_PRICE_ALLOW;
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    settle(c, -1);
    EXPECT_EQ(0, f.x.record.charge_count);
    fake_exchange_fini(&f);
}

TEST(budget, u12_the_output_is_capped_unless_told_otherwise)
{
    setup();
    EXPECT_EQ(SL_PASS, call(fake_configure(&f, &sl_policy_budget, "{amount: 1}"), "alice"));
    EXPECT(f.is_output_capped);
    EXPECT_EQ(SL_PASS,
              call(fake_configure(&f, &sl_policy_budget, "{amount: 1, cap_output: false}"), "bob"));
    EXPECT(!f.is_output_capped);
    fake_exchange_fini(&f);
}

TEST(budget, the_ledgers_sums_come_back_after_a_restart)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 1, period: day}");
    sl_str budget = SL_STR("service/orders/budget");
    sl_spend_seed(f.states, budget, SL_STR("alice"), 1767225600 - 86400, 100 * CENT_NUSD);
    EXPECT_EQ(SL_PASS, call(c, "alice")); /* that was yesterday */
    settle(c, 0);
    sl_spend_seed(f.states, budget, SL_STR("alice"), 1767225600, 96 * CENT_NUSD);
    sl_spend_seed(f.states, SL_STR("no/such"), SL_STR("alice"), 1767225600, 96 * CENT_NUSD);
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    EXPECT_EQ(SL_PASS, call(c, "bob"));
    fake_exchange_fini(&f);
}

static struct sl_limit_count count_of(const void *c, const char *consumer)
{
    struct sl_limit_count count;
    struct sl_limit_query q = {.consumer = sl_cstr(consumer), .wall_us = f.wall_us};
    sl_policy_budget.count(c, &q, &count);
    return count;
}

TEST(budget, tells_what_is_spent_and_what_is_left)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 1, period: day}");
    EXPECT_EQ(0, count_of(c, "alice").used);
    EXPECT_EQ(100 * CENT_NUSD, count_of(c, "alice").remaining);
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    EXPECT_EQ(0, count_of(c, "alice").used); /* held by the running request */
    EXPECT(count_of(c, "alice").remaining < 100 * CENT_NUSD);
    settle(c, 30 * CENT_NUSD);
    struct sl_limit_count count = count_of(c, "alice");
    EXPECT_STR("usd", sl_cstr(count.unit));
    EXPECT_STR("day", sl_cstr(count.period));
    EXPECT_EQ(30 * CENT_NUSD, count.used);
    EXPECT_EQ(70 * CENT_NUSD, count.remaining);
    EXPECT_EQ(SL_SECONDS(1767225600LL + 86400), count.resets_at_us);
    EXPECT_EQ(0, count_of(c, "bob").used);
    f.wall_us += SL_SECONDS(86400);
    EXPECT_EQ(0, count_of(c, "alice").used);
    c = fake_configure(&f, &sl_policy_budget, "{amount: 1, key: credential}");
    EXPECT_STR("credential", sl_cstr(count_of(c, "alice").counted_by));
    fake_exchange_fini(&f);
}

TEST(budget, tokens_are_held_and_spent_as_money_is)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{tokens: 1000, period: day}");
    f.tokens_estimate = 600;
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    void *first = f.state;
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    EXPECT(hint_has("of 1000 tokens per day for each consumer, 0 tokens are spent, 600 tokens "
                    "held by running requests, this one may cost 600 tokens"));
    f.state = first;
    f.x.record.usage.input = 400;
    settle(c, CENT_NUSD);
    EXPECT_EQ(400, f.x.record.charges[0].tokens);
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    fake_exchange_fini(&f);
}

TEST(budget, what_is_refused_for_tokens_holds_no_money)
{
    setup();
    const void *c = fake_configure(&f, &sl_policy_budget, "{amount: 0.05, tokens: 10}");
    f.tokens_estimate = 11;
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    f.tokens_estimate = 10;
    EXPECT_EQ(SL_PASS, call(c, "alice")); /* all of the money */
    fake_exchange_fini(&f);
}

TEST(budget, a_budget_limits_something)
{
    setup();
    EXPECT(sl_str_find_str(fake_refusal(&f, &sl_policy_budget, "{period: day}"),
                           SL_STR("must be given, or 'tokens'")) != SIZE_MAX);
    EXPECT(sl_str_find_str(fake_refusal(&f, &sl_policy_budget, "{amount: 1, time_zone: Mars}"),
                           SL_STR("must be UTC, an offset")) != SIZE_MAX);
    fake_exchange_fini(&f);
}

TEST(budget, weeks_begin_on_monday_by_the_clocks_of_the_place)
{
    setup(); /* Thursday, 1 January 2026 */
    const void *c =
        fake_configure(&f, &sl_policy_budget, "{amount: 0.05, period: week, time_zone: '+02:00'}");
    EXPECT_EQ(SL_PASS, call(c, "alice"));
    settle(c, 5 * CENT_NUSD);
    EXPECT_EQ(1767225600 - 3 * 86400 - 7200, f.x.record.charges[0].window_start_s);
    EXPECT_EQ(SL_FAIL, call(c, "alice"));
    EXPECT(hint_has("begins anew at 2026-01-04T22:00:00Z"));
    fake_exchange_fini(&f);
}

TEST(budget, teams_services_and_models_have_budgets)
{
    setup();
    f.service.name = SL_STR("orders");
    f.model = SL_STR("fast");
    struct sl_consumer_extra extra = {.team = SL_STR("red"), .workspace = SL_STR("retail")};
    const char *const keys[][2] = {
        {"team", "red"}, {"workspace", "retail"}, {"service", "orders"}, {"model", "fast"}};
    for (size_t i = 0; i < SL_LEN(keys); i++) {
        const void *c = fake_configure(&f, &sl_policy_budget,
                                       sl_fmt(f.arena, "{amount: 1, key: %s}", keys[i][0]).p);
        fake_exchange_again(&f);
        fake_consumer(&f, "alice");
        f.consumers[0].extra = &extra;
        f.x.consumer = &f.consumers[0];
        EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_budget, c));
        settle(c, CENT_NUSD);
        EXPECT_STR(keys[i][1], f.x.record.charges[0].subject);
    }
    fake_exchange_fini(&f);
}

/* ------------------------------------------------------------------ those of the noun */

extern const struct sl_policy_type sl_policy_budgets;

static struct sl_budget compiled(const struct sl_budget_config *c)
{
    struct sl_budget b;
    EXPECT_EQ(SL_OK, sl_budget_compile(c, sl_budget_identity(c, f.arena), SL_SPEND_SUBJECTS_MAX,
                                       f.states, f.arena, &b, &f.diag));
    return b;
}

static void index_init(struct sl_budgets *all)
{
    *all = (struct sl_budgets){0};
    for (size_t i = 0; i < SL_BUDGET_KEY_COUNT; i++)
        sl_map_init(&all->by_key[i].named, f.arena, 0);
}

TEST(budgets, of_a_name_bind_that_one_only_and_those_without_bind_each)
{
    setup();
    struct sl_budgets all;
    index_init(&all);
    struct sl_budget_config named = {.name = SL_STR("a"),
                                     .subject = SL_STR("alice"),
                                     .amount_nusd = 10 * CENT_NUSD},
                            each = {.name = SL_STR("e"), .amount_nusd = 15 * CENT_NUSD};
    struct sl_budget of_alice = compiled(&named), of_each = compiled(&each);
    const struct sl_budget *list[] = {&of_alice}, *without[] = {&of_each};
    struct sl_budget_list alice = {list, 1};
    all.by_key[SL_BUDGET_CONSUMER].each = without;
    all.by_key[SL_BUDGET_CONSUMER].each_count = 1;
    EXPECT(sl_map_put(&all.by_key[SL_BUDGET_CONSUMER].named, SL_STR("alice"), &alice) == NULL);
    for (int i = 0; i < 3; i++) {
        fake_exchange_again(&f);
        fake_consumer(&f, "bob");
        EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_budgets, &all));
    }
    for (int i = 0; i < 2; i++) {
        fake_exchange_again(&f);
        fake_consumer(&f, "alice");
        EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_budgets, &all));
    }
    fake_exchange_again(&f);
    fake_consumer(&f, "alice");
    EXPECT_EQ(SL_FAIL, fake_request(&f, &sl_policy_budgets, &all));
    EXPECT(hint_has("'a': of 0.1 USD per day for consumer 'alice'"));
    fake_settle(&f, &sl_policy_budgets, &all); /* what the other one held is free again */
    EXPECT_EQ(0, f.x.record.charge_count);
    fake_exchange_again(&f);
    fake_consumer(&f, "bob");
    EXPECT_EQ(SL_FAIL, fake_request(&f, &sl_policy_budgets, &all));
    EXPECT(hint_has("'e': of 0.15 USD per day for each consumer"));
    fake_exchange_fini(&f);
}

TEST(budgets, charge_the_ledger_once_each_under_names_of_their_own)
{
    setup();
    struct sl_budgets all;
    index_init(&all);
    struct sl_budget_config c = {
        .name = SL_STR("all"), .key = SL_BUDGET_GLOBAL, .amount_nusd = 10 * CENT_NUSD};
    struct sl_budget global = compiled(&c);
    const struct sl_budget *each[] = {&global};
    all.by_key[SL_BUDGET_GLOBAL].each = each;
    all.by_key[SL_BUDGET_GLOBAL].each_count = 1;
    fake_exchange_again(&f);
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_budgets, &all));
    f.x.record.cost_nusd = CENT_NUSD;
    fake_settle(&f, &sl_policy_budgets, &all);
    EXPECT_EQ(1, f.x.record.charge_count);
    EXPECT_STR("budgets/all/global", f.x.record.charges[0].budget);
    EXPECT_STR("*", f.x.record.charges[0].subject);
    fake_exchange_fini(&f);
}
