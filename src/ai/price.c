#include "ai/price.h"

enum { STANDARD_PERMILLE = 1000, MINUTES_A_DAY = 24 * 60, SECONDS_A_DAY = 86400 };

enum role { FEE, EXTRA, INSTEAD };

struct unit {
    int32_t pico_usd;
    enum role role;
};

struct tier_name {
    sl_str name;
    enum sl_ai_service_tier tier;
};

/* What is owed so far, in pico-USD: the service tier scales tokens only. */
struct bill {
    __int128 tokens_pico;
    __int128 units_pico;
    bool is_priced; /* something that was counted had a price */
};

static const uint8_t fallbacks[] = {
#define X(ID, name, side, fallback, text) SL_AI_BUCKET_##fallback,
#include "ai/usage_bucket.def"
#undef X
};

static const struct unit units[] = {
#define X(ID, counted, price, pico_usd, role, text) {pico_usd, role},
#include "ai/usage_unit.def"
#undef X
};

static const struct tier_name tier_names[] = {
#define X(name, tier) {SL_STR_INIT(name), SL_AI_TIER_##tier},
#include "ai/service_tier.def"
#undef X
};

void sl_ai_price_init(struct sl_ai_price *p)
{
    *p = (struct sl_ai_price){0};
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        p->base.musd[i] = SL_AI_PRICE_UNKNOWN;
    for (size_t i = 0; i < SL_AI_UNIT_COUNT; i++)
        p->units[i] = SL_AI_PRICE_UNKNOWN;
}

enum sl_ai_service_tier sl_ai_service_tier_of(sl_str name)
{
    for (size_t i = 0; i < SL_LEN(tier_names); i++)
        if (sl_str_ieq(name, tier_names[i].name))
            return tier_names[i].tier;
    return SL_AI_TIER_STANDARD;
}

static int minute_of_day(int64_t now_s)
{
    int64_t second = now_s % SECONDS_A_DAY;

    return (int)((second < 0 ? second + SECONDS_A_DAY : second) / 60);
}

static bool in_window(const struct sl_ai_price_rule *r, int minute)
{
    if (r->start_min == r->before_min)
        return true;
    if (r->start_min < r->before_min)
        return minute >= r->start_min && minute < r->before_min;
    return minute >= r->start_min || minute < r->before_min;
}

static bool rule_holds(const struct sl_ai_price_rule *r, int64_t prompt_tokens, int64_t now_s)
{
    SL_ASSERT(r->start_min <= MINUTES_A_DAY && r->before_min <= MINUTES_A_DAY);

    if (r->above_tokens != 0 && prompt_tokens <= r->above_tokens)
        return false;
    if (r->from_s != 0 && now_s < r->from_s)
        return false;
    if (r->until_s != 0 && now_s >= r->until_s)
        return false;
    return in_window(r, minute_of_day(now_s));
}

static const struct sl_ai_price_rule *last_rule(const struct sl_ai_price *p, int64_t prompt_tokens,
                                                int64_t now_s)
{
    for (size_t i = p->rules_n; i > 0; i--)
        if (rule_holds(&p->rules[i - 1], prompt_tokens, now_s))
            return &p->rules[i - 1];
    return NULL;
}

static void keep_media(struct sl_ai_rates *rates, const struct sl_ai_rates *base)
{
    static const enum sl_ai_bucket media[] = {SL_AI_BUCKET_INPUT_AUDIO, SL_AI_BUCKET_OUTPUT_AUDIO,
                                              SL_AI_BUCKET_INPUT_IMAGE, SL_AI_BUCKET_OUTPUT_IMAGE};

    for (size_t i = 0; i < SL_LEN(media); i++)
        if (rates->musd[media[i]] < 0)
            rates->musd[media[i]] = base->musd[media[i]];
}

/* Rounded up, so that a derived price is never below the true one. */
static void derive_anthropic_writes(struct sl_ai_rates *rates)
{
    if (rates->input < 0)
        return;
    if (rates->cache_write_5m < 0)
        rates->cache_write_5m = (rates->input * 5 + 3) / 4;
    if (rates->cache_write_1h < 0)
        rates->cache_write_1h = rates->input * 2;
}

/* Every fallback stands before the buckets that use it, so one pass resolves chains. */
static void fall_back(struct sl_ai_rates *rates)
{
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        if (rates->musd[i] < 0)
            rates->musd[i] = rates->musd[fallbacks[i]];
}

void sl_ai_price_rates(const struct sl_ai_price *p, int64_t prompt_tokens, int64_t now_s,
                       struct sl_ai_rates *ret)
{
    const struct sl_ai_price_rule *rule = last_rule(p, prompt_tokens, now_s);

    *ret = rule != NULL ? rule->rates : p->base;
    keep_media(ret, &p->base);
    if (p->has_anthropic_cache)
        derive_anthropic_writes(ret);
    fall_back(ret);
}

static bool has_token_price(const struct sl_ai_rates *rates)
{
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        if (rates->musd[i] >= 0)
            return true;
    return false;
}

/* 128 bits hold the sum of all products at their limits, and that times any permille. */
static __int128 product(int64_t count, int64_t price)
{
    SL_ASSERT(count >= 0);
    SL_ASSERT(price >= 0 && price <= SL_AI_PRICE_MAX);
    return (__int128)count * price;
}

static sl_rc bill_tokens(struct bill *b, const struct sl_ai_rates *rates,
                         const struct sl_ai_usage *u)
{
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++) {
        if (u->tokens[i] == 0)
            continue;
        if (rates->musd[i] < 0)
            return SL_E_AI_PRICE_UNKNOWN;
        b->tokens_pico += product(u->tokens[i], rates->musd[i]);
        b->is_priced = true;
    }
    return SL_OK;
}

/* Bill the units of one role that have a price; true when one was counted but has none. */
static bool bill_units(struct bill *b, const struct sl_ai_price *p, const struct sl_ai_usage *u,
                       enum role role)
{
    bool lacks_price = false;

    for (size_t i = 0; i < SL_AI_UNIT_COUNT; i++) {
        if (units[i].role != role || u->units[i] == 0)
            continue;
        if (p->units[i] < 0) {
            lacks_price = true;
            continue;
        }
        b->units_pico += product(u->units[i], p->units[i]) * units[i].pico_usd;
        b->is_priced |= role != FEE;
    }
    return lacks_price;
}

static sl_rc bill_all(struct bill *b, const struct sl_ai_price *p, const struct sl_ai_usage *u,
                      int64_t now_s)
{
    struct sl_ai_rates rates;
    int64_t tokens = sl_ai_usage_total(u);

    sl_ai_price_rates(p, sl_ai_usage_prompt_total(u), now_s, &rates);
    (void)bill_units(b, p, u, FEE); /* an unknown fee is none */
    if (bill_units(b, p, u, EXTRA))
        return SL_E_AI_PRICE_UNKNOWN;
    if (tokens > 0 && has_token_price(&rates))
        return bill_tokens(b, &rates, u);

    bool lacks_price = bill_units(b, p, u, INSTEAD);
    return !b->is_priced && (lacks_price || tokens > 0) ? SL_E_AI_PRICE_UNKNOWN : SL_OK;
}

/* ------------------------------------------------------------------ regions */

static bool is_dearer_in_regions(sl_str vendor, sl_str model)
{
    static const sl_str before[] = {SL_STR_INIT("claude-3"), SL_STR_INIT("claude-opus-4@"),
                                    SL_STR_INIT("claude-opus-4-1"),
                                    SL_STR_INIT("claude-sonnet-4@")};

    if (!sl_str_eq(vendor, SL_STR("vertex-ai")) || !sl_str_starts(model, SL_STR("claude-")))
        return false;
    for (size_t i = 0; i < SL_LEN(before); i++)
        if (sl_str_starts(model, before[i]))
            return false;
    return true;
}

static void add_tenth(struct sl_ai_rates *rates)
{
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        if (rates->musd[i] > 0)
            rates->musd[i] += (rates->musd[i] + 9) / 10;
}

const struct sl_ai_price *sl_ai_price_in(const struct sl_ai_price *p, sl_str vendor, sl_str region,
                                         sl_str model, struct sl_arena *a)
{
    struct sl_ai_price *copy;
    struct sl_ai_price_rule *rules;

    if (p == NULL || region.n == 0 || sl_str_eq(region, SL_STR("global")) ||
        !is_dearer_in_regions(vendor, model))
        return p;
    copy = sl_arena_new_of(a, struct sl_ai_price);
    rules = sl_arena_array(a, struct sl_ai_price_rule, p->rules_n);
    *copy = *p;
    copy->rules = rules;
    add_tenth(&copy->base);
    for (size_t i = 0; i < p->rules_n; i++) {
        rules[i] = p->rules[i];
        add_tenth(&rules[i].rates);
    }
    return copy;
}

/* ------------------------------------------------------------------ costs */

static uint16_t permille_of(const struct sl_ai_price *p, enum sl_ai_service_tier tier)
{
    if (tier == SL_AI_TIER_STANDARD)
        return STANDARD_PERMILLE;
    if (p->tier_permille[tier] == 0 && tier != SL_AI_TIER_PRIORITY)
        return STANDARD_PERMILLE;
    return p->tier_permille[tier];
}

/* nano = pico * permille / 1000 / 1000, rounded once. */
static int64_t total_nusd(const struct bill *b, uint16_t permille)
{
    const __int128 divisor = 1000 * STANDARD_PERMILLE;
    __int128 scaled = b->tokens_pico * permille + b->units_pico * STANDARD_PERMILLE;
    __int128 nusd = (scaled + divisor / 2) / divisor;

    return nusd > INT64_MAX ? INT64_MAX : (int64_t)nusd;
}

sl_rc sl_ai_cost(const struct sl_ai_price *p, const struct sl_ai_usage *u, int64_t now_s,
                 enum sl_ai_service_tier tier, int64_t *ret_nusd)
{
    SL_ASSERT(tier < SL_AI_TIER_COUNT);

    if (u->has_reported_cost) {
        *ret_nusd = u->reported_cost_nusd;
        return SL_OK;
    }
    if (p == NULL || permille_of(p, tier) == 0)
        return SL_E_AI_PRICE_UNKNOWN;

    struct bill bill = {0};
    sl_rc rc = bill_all(&bill, p, u, now_s);
    if (rc != SL_OK)
        return rc;

    *ret_nusd = total_nusd(&bill, permille_of(p, tier));
    return SL_OK;
}
