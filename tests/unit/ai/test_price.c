#include "ai/catalog.h"
#include "ai/price.h"

#include "tests/test.h"

enum { HOUR_S = 3600, MARK = -77 };

#define DAY_2027 INT64_C(1798761600) /* 2027-01-01T00:00:00Z */
#define MTOK INT64_C(1000000)
#define USD INT64_C(1000000000) /* in nano-USD */

static struct sl_ai_price plain(int64_t input, int64_t output)
{
    struct sl_ai_price p;

    sl_ai_price_init(&p);
    p.base.input = input;
    p.base.output = output;
    return p;
}

static int64_t cost_at(const struct sl_ai_price *p, struct sl_ai_usage u, int64_t now_s)
{
    int64_t nusd = MARK;

    EXPECT_EQ(SL_OK, sl_ai_cost(p, &u, now_s, SL_AI_TIER_STANDARD, &nusd));
    return nusd;
}

static int64_t cost(const struct sl_ai_price *p, struct sl_ai_usage u)
{
    return cost_at(p, u, 0);
}

static void expect_unknown(const struct sl_ai_price *p, struct sl_ai_usage u)
{
    int64_t nusd = MARK;

    EXPECT_EQ(SL_E_AI_PRICE_UNKNOWN, sl_ai_cost(p, &u, 0, SL_AI_TIER_STANDARD, &nusd));
    EXPECT_EQ(MARK, nusd);
}

static const struct sl_ai_price *catalog_price(sl_str vendor, sl_str name)
{
    struct sl_ai_model m = {0};

    EXPECT(sl_ai_catalog_find(vendor, name, &m));
    EXPECT(m.price != NULL);
    return m.price;
}

TEST(price, buckets_are_summed_exactly_and_rounded_once)
{
    static const struct {
        int64_t price, tokens, want_nusd;
    } rows[] = {
        {2500000, 1000000, 2500000000}, /* 2.5 dollars per million */
        {499, 1, 0},                    /* 0.499 nano-USD */
        {500, 1, 1},                    /* a half is rounded up */
        {1499, 1, 1},
        {1, 1000, 1},
        {0, 1000000, 0},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_price p = plain(rows[i].price, 0);
        EXPECT_EQ(rows[i].want_nusd, cost(&p, (struct sl_ai_usage){.input = rows[i].tokens}));
    }
}

TEST(price, parts_below_a_nano_dollar_add_up_before_rounding)
{
    struct sl_ai_price p = plain(400, 400);

    EXPECT_EQ(1, cost(&p, (struct sl_ai_usage){.input = 1, .output = 1}));
}

TEST(price, u10_unknown_is_not_free)
{
    struct sl_ai_price p = plain(1000000, SL_AI_PRICE_UNKNOWN);

    expect_unknown(NULL, (struct sl_ai_usage){.input = 1}); /* U10 */
    expect_unknown(&p, (struct sl_ai_usage){.input = 1, .output = 1});
    EXPECT_EQ(1000, cost(&p, (struct sl_ai_usage){.input = 1})); /* not needed: not missed */
}

TEST(price, a_reported_cost_wins_even_without_a_price)
{
    struct sl_ai_price p = plain(1000000, 1000000);
    struct sl_ai_usage u = {.input = 5, .has_reported_cost = true, .reported_cost_nusd = 42};

    EXPECT_EQ(42, cost(&p, u));
    EXPECT_EQ(42, cost(NULL, u));
}

TEST(price, unknown_prices_of_text_fall_back)
{
    struct sl_ai_price p = plain(3, 15);
    struct sl_ai_rates r;

    sl_ai_price_rates(&p, 0, 0, &r);
    EXPECT_EQ(3, r.cache_read);
    EXPECT_EQ(3, r.cache_write_5m);
    EXPECT_EQ(3, r.cache_write_1h);
    EXPECT_EQ(15, r.reasoning);
    EXPECT_EQ(3, r.input_audio);
    EXPECT_EQ(3, r.input_image);
    EXPECT_EQ(SL_AI_PRICE_UNKNOWN, r.output_audio);
    EXPECT_EQ(SL_AI_PRICE_UNKNOWN, r.output_image);
}

TEST(price, a_long_write_falls_back_to_the_short_one)
{
    struct sl_ai_price p = plain(3, 15);
    struct sl_ai_rates r;

    p.base.cache_write_5m = 4;
    sl_ai_price_rates(&p, 0, 0, &r);
    EXPECT_EQ(4, r.cache_write_1h);
}

TEST(price, u6_anthropic_writes_cost_a_quarter_more_or_double)
{
    struct sl_ai_price p = plain(3 * MTOK, 15 * MTOK);
    p.has_anthropic_cache = true;

    /* U6: 10 x 1.25 + 5 x 2 of 3 micro-USD */
    struct sl_ai_usage u = {.cache_write_5m = 10, .cache_write_1h = 5};
    EXPECT_EQ(67500, cost(&p, u));
}

TEST(price, a_known_write_price_is_not_derived)
{
    struct sl_ai_price p = plain(3 * MTOK, 15 * MTOK);
    p.has_anthropic_cache = true;
    p.base.cache_write_5m = 0;

    EXPECT_EQ(0, cost(&p, (struct sl_ai_usage){.cache_write_5m = 10}));
}

TEST(price, a_derived_price_is_rounded_up)
{
    struct sl_ai_price p = plain(1, 1);
    struct sl_ai_rates r;

    p.has_anthropic_cache = true;
    sl_ai_price_rates(&p, 0, 0, &r);
    EXPECT_EQ(2, r.cache_write_5m);
}

static const struct sl_ai_price_rule steps[] = {
    {.above_tokens = 1000, .rates = {.musd = {20, 2, -1, -1, 200, -1, -1, -1, -1, -1}}},
    {.above_tokens = 5000, .rates = {.musd = {30, 3, -1, -1, 300, -1, -1, -1, -1, -1}}},
};

TEST(price, u11_a_size_step_starts_above_its_bound_and_counts_the_cache)
{
    static const struct {
        int64_t prompt, want;
    } rows[] = {{0, 10}, {999, 10}, {1000, 10}, {1001, 20}, {5000, 20}, {5001, 30}};
    struct sl_ai_price p = plain(10, 100);
    struct sl_ai_rates r;

    p.rules = steps;
    p.rules_n = SL_LEN(steps);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_ai_price_rates(&p, rows[i].prompt, 0, &r);
        EXPECT_EQ(rows[i].want, r.input);
    }
}

TEST(price, u11_a_size_step_prices_the_whole_request)
{
    struct sl_ai_price p = plain(10 * MTOK, 100 * MTOK);
    static const struct sl_ai_price_rule step = {
        .above_tokens = 1000,
        .rates = {
            .musd = {20 * MTOK, 2 * MTOK, -1, -1, 200 * MTOK, -1, -1, -1, -1, -1},
        }};
    p.rules = &step;
    p.rules_n = 1;

    /* U11: 200 x 20 + 801 x 2 + 1 x 200 micro-USD; 801 of the prompt are cached */
    struct sl_ai_usage u = {.input = 200, .cache_read = 801, .output = 1};
    EXPECT_EQ((200 * 20 + 801 * 2 + 200) * 1000, cost(&p, u));
}

TEST(price, c39_a_region_makes_steps_of_size_dearer_too)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_ai_price p = plain(10 * MTOK, 100 * MTOK);
    struct sl_ai_rates r;
    p.rules = steps;
    p.rules_n = SL_LEN(steps);
    sl_ai_price_rates(&p, 1001, 0, &r);
    int64_t global = r.input;
    sl_ai_price_rates(sl_ai_price_in(&p, SL_STR("vertex-ai"), SL_STR("europe-west1"),
                                     SL_STR("claude-sonnet-4-5@20250929"), a),
                      1001, 0, &r);
    EXPECT(global > 0 && r.input == global + (global + 9) / 10);
    sl_ai_price_rates(&p, 1001, 0, &r);
    EXPECT_EQ(global, r.input); /* the price given is not touched */
    sl_arena_free(a);
}

TEST(price, a_rule_keeps_the_base_prices_of_media)
{
    struct sl_ai_price p = plain(10, 100);
    struct sl_ai_rates r;

    p.base.output_image = 999;
    p.base.cache_write_5m = 1;
    p.rules = steps;
    p.rules_n = SL_LEN(steps);
    sl_ai_price_rates(&p, 1001, 0, &r);
    EXPECT_EQ(999, r.output_image);
    EXPECT_EQ(20, r.cache_write_5m); /* text falls back within the rule */
}

TEST(price, a_window_may_pass_midnight)
{
    static const struct sl_ai_price_rule night = {
        .start_min = 23 * 60,
        .before_min = 60,
        .rates = {.musd = {1, -1, -1, -1, 1, -1, -1, -1, -1, -1}}};
    static const struct {
        int64_t second, want;
    } rows[] = {{23 * HOUR_S - 1, 10}, {23 * HOUR_S, 1},  {0, 1},
                {HOUR_S - 1, 1},       {HOUR_S, 10},      {-1, 1},
                {-HOUR_S, 1},          {-HOUR_S - 1, 10}, {86400 + HOUR_S, 10}};
    struct sl_ai_price p = plain(10, 10);
    struct sl_ai_rates r;

    p.rules = &night;
    p.rules_n = 1;
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_ai_price_rates(&p, 0, rows[i].second, &r);
        EXPECT_EQ(rows[i].want, r.input);
    }
}

TEST(price, a_rule_ends_before_its_until)
{
    static const struct sl_ai_price_rule sale = {
        .from_s = 100, .until_s = 200, .rates = {.musd = {1, -1, -1, -1, 1, -1, -1, -1, -1, -1}}};
    static const struct {
        int64_t now_s, want;
    } rows[] = {{99, 10}, {100, 1}, {199, 1}, {200, 10}};
    struct sl_ai_price p = plain(10, 10);
    struct sl_ai_rates r;

    p.rules = &sale;
    p.rules_n = 1;
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_ai_price_rates(&p, 0, rows[i].now_s, &r);
        EXPECT_EQ(rows[i].want, r.input);
    }
}

TEST(price, deepseek_costs_double_in_its_peak_hours)
{
    static const struct {
        int64_t second, want;
    } rows[] = {{HOUR_S - 1, 220000},  {HOUR_S, 440000},     {4 * HOUR_S - 1, 440000},
                {4 * HOUR_S, 220000},  {6 * HOUR_S, 440000}, {10 * HOUR_S - 1, 440000},
                {10 * HOUR_S, 220000}, {23 * HOUR_S, 220000}};
    const struct sl_ai_price *p = catalog_price(SL_STR("deepseek"), SL_STR("deepseek-v4-flash"));
    struct sl_ai_rates r;

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_ai_price_rates(p, 100, DAY_2027 + rows[i].second, &r);
        EXPECT_EQ(rows[i].want, r.input);
    }
}

TEST(price, gemini_flash_doubles_with_the_year_2027)
{
    const struct sl_ai_price *p = catalog_price(SL_STR("gemini"), SL_STR("gemini-3.6-flash"));
    struct sl_ai_usage u = {.input = MTOK};

    EXPECT_EQ(USD * 3 / 4, cost_at(p, u, DAY_2027 - 1));
    EXPECT_EQ(USD * 3 / 2, cost_at(p, u, DAY_2027));
}

TEST(price, u9_the_same_usage_costs_the_same_however_it_arrived)
{
    const struct sl_ai_price *p = catalog_price(SL_STR("anthropic"), SL_STR("claude-sonnet-4-5"));
    struct sl_ai_counts whole = {0}, start = {0}, delta = {0};
    struct sl_ai_usage streamed, at_once;

    sl_ai_counts_set(&whole, SL_AI_COUNTER_PROMPT, 1234567);
    sl_ai_counts_set(&whole, SL_AI_COUNTER_CACHED, 89);
    sl_ai_counts_set(&whole, SL_AI_COUNTER_COMPLETION, 777);
    sl_ai_counts_set(&start, SL_AI_COUNTER_PROMPT, 1234567);
    sl_ai_counts_set(&start, SL_AI_COUNTER_CACHED, 89);
    sl_ai_counts_set(&start, SL_AI_COUNTER_COMPLETION, 1);
    sl_ai_counts_set(&delta, SL_AI_COUNTER_COMPLETION, 777);
    sl_ai_counts_merge(&start, &delta);
    sl_ai_usage_from_counts(SL_AI_USAGE_ANTHROPIC, &whole, &at_once);
    sl_ai_usage_from_counts(SL_AI_USAGE_ANTHROPIC, &start, &streamed);

    EXPECT_EQ(cost(p, at_once), cost(p, streamed)); /* U9 */
    EXPECT(cost(p, at_once) > 0);
}

TEST(price, u11_service_tiers_scale_tokens)
{
    static const struct {
        enum sl_ai_service_tier tier;
        uint16_t permille;
        int64_t want;
    } rows[] = {{SL_AI_TIER_STANDARD, 0, 3},
                {SL_AI_TIER_FLEX, 500, 2}, /* 1.5 nano-USD, a half up, once */
                {SL_AI_TIER_FLEX, 0, 3},   /* factor unknown: the ceiling */
                {SL_AI_TIER_BATCH, 800, 2},
                {SL_AI_TIER_PRIORITY, 2000, 6}};
    struct sl_ai_usage u = {.input = 3};

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_price p = plain(1000, 1000);
        int64_t nusd;
        p.tier_permille[rows[i].tier] = rows[i].permille;
        EXPECT_EQ(SL_OK, sl_ai_cost(&p, &u, 0, rows[i].tier, &nusd));
        EXPECT_EQ(rows[i].want, nusd);
    }
}

TEST(price, an_unknown_priority_price_is_unknown)
{
    struct sl_ai_price p = plain(1000, 1000);
    struct sl_ai_usage u = {.input = 3};
    int64_t nusd = MARK;

    EXPECT_EQ(SL_E_AI_PRICE_UNKNOWN, sl_ai_cost(&p, &u, 0, SL_AI_TIER_PRIORITY, &nusd));
}

TEST(price, tier_names_are_read_without_case)
{
    EXPECT_EQ(SL_AI_TIER_FLEX, sl_ai_service_tier_of(SL_STR("flex")));
    EXPECT_EQ(SL_AI_TIER_PRIORITY, sl_ai_service_tier_of(SL_STR("ON_DEMAND_PRIORITY")));
    EXPECT_EQ(SL_AI_TIER_BATCH, sl_ai_service_tier_of(SL_STR("batch")));
    EXPECT_EQ(SL_AI_TIER_STANDARD, sl_ai_service_tier_of(SL_STR("")));
    EXPECT_EQ(SL_AI_TIER_STANDARD, sl_ai_service_tier_of(SL_STR("on_demand")));
}

TEST(price, units_are_billed_by_their_own_price)
{
    static const struct {
        enum sl_ai_unit unit;
        int64_t count, price, want_nusd;
    } rows[] = {
        {SL_AI_UNIT_SEARCHES, 3, 2000000, 6000000}, /* 2 dollars per 1000 */
        {SL_AI_UNIT_IMAGES, 2, 40000000, 80000000}, /* 0.04 dollars each */
        {SL_AI_UNIT_PAGES, 10, 1000000, 10000000},
        {SL_AI_UNIT_SECONDS, 1500, 100000, 150000},        /* 1.5 s at 0.0001 dollars */
        {SL_AI_UNIT_CHARACTERS, 1000, 15000000, 15000000}, /* 15 dollars per million */
        {SL_AI_UNIT_REQUESTS, 1, 5000000, 5000000},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_price p;
        struct sl_ai_usage u = {0};
        sl_ai_price_init(&p);
        p.units[rows[i].unit] = rows[i].price;
        u.units[rows[i].unit] = rows[i].count;
        EXPECT_EQ(rows[i].want_nusd, cost(&p, u));
    }
}

TEST(price, what_is_counted_in_tokens_is_not_billed_again_by_unit)
{
    struct sl_ai_price p = plain(1000, 1000);
    p.image_nusd = 40000000;

    EXPECT_EQ(5, cost(&p, (struct sl_ai_usage){.output = 5, .images = 1}));
    EXPECT_EQ(40000000, cost(&p, (struct sl_ai_usage){.images = 1}));
}

TEST(price, a_model_billed_by_unit_ignores_tokens)
{
    struct sl_ai_price p;
    sl_ai_price_init(&p);
    p.image_nusd = 7;

    EXPECT_EQ(7, cost(&p, (struct sl_ai_usage){.input = 50, .images = 1}));
    expect_unknown(&p, (struct sl_ai_usage){.input = 50});
    expect_unknown(&p, (struct sl_ai_usage){.pages = 1});
}

TEST(price, searches_need_a_price_and_fees_do_not)
{
    struct sl_ai_price p = plain(1000, 1000);

    expect_unknown(&p, (struct sl_ai_usage){.input = 1, .searches = 1});
    EXPECT_EQ(1, cost(&p, (struct sl_ai_usage){.input = 1, .requests = 1}));
    p.search_nusd = 10;
    p.request_nusd = 5;
    EXPECT_EQ(16, cost(&p, (struct sl_ai_usage){.input = 1, .searches = 1, .requests = 1}));
}

TEST(price, a_fee_alone_does_not_price_tokens)
{
    struct sl_ai_price p;
    sl_ai_price_init(&p);
    p.request_nusd = 5;

    expect_unknown(&p, (struct sl_ai_usage){.input = 1, .requests = 1});
}

TEST(price, nothing_used_costs_nothing)
{
    struct sl_ai_price p = plain(1000, 1000);

    EXPECT_EQ(0, cost(&p, (struct sl_ai_usage){0}));
}

TEST(price, the_largest_cost_saturates)
{
    struct sl_ai_price p = plain(SL_AI_PRICE_MAX, SL_AI_PRICE_MAX);
    struct sl_ai_usage u = {.input = INT64_MAX, .output = INT64_MAX};
    int64_t nusd;

    p.tier_permille[SL_AI_TIER_PRIORITY] = UINT16_MAX;
    EXPECT_EQ(SL_OK, sl_ai_cost(&p, &u, 0, SL_AI_TIER_PRIORITY, &nusd));
    EXPECT_EQ(INT64_MAX, nusd);
}
