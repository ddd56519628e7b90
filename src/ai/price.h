/**
 * price: what a model's tokens and other units cost, and what a request cost.
 *
 * Prices of tokens are int64 micro-USD per million tokens (2.5 dollars are 2500000; one token then
 * costs that many pico-USD). SL_AI_PRICE_UNKNOWN (-1) is "not known", which is never zero: a
 * request that needs an unknown price has an unknown cost. Costs are int64 nano-USD, summed exactly
 * in pico-USD and rounded once, a half up. No floating point.
 *
 * A bucket whose price is unknown takes that of its fallback (ai/usage_bucket.def): cached input
 * and cache writes the input price, the long-lived write the short one's, reasoning the output
 * price. Where `has_anthropic_cache` is set, an unknown price of a write is 1.25 times (5 minutes)
 * or 2 times (1 hour) the input price instead.
 *
 * Rules replace the base prices. A rule holds when all its conditions do: the whole prompt,
 * cached or not, is above `above_tokens` (then the whole request has the rule's prices, not only
 * the part above), the date is in [from_s, until_s), the time of day (UTC) is in the window. The last
 * rule that holds wins. Text prices that it does not name fall back within the rule; prices of
 * media that it does not name stay the base's.
 *
 * Values only; the catalogue's prices are constants of the program. Pure: `now_s` is a parameter.
 * Any thread.
 */
#pragma once
#include "ai/usage.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define SL_AI_PRICE_UNKNOWN INT64_C(-1)
/** The largest price: a million dollars per million tokens, a thousand dollars per unit. */
#define SL_AI_PRICE_MAX INT64_C(1000000000000)

/** Prices by bucket, micro-USD per million tokens. */
struct sl_ai_rates {
    union {
        int64_t musd[SL_AI_BUCKET_COUNT]; /* by enum sl_ai_bucket; the same as the names below */
        struct {
#define X(ID, name, side, fallback, text) int64_t name;
#include "ai/usage_bucket.def"
#undef X
        };
    };
};

struct sl_ai_price_rule {
    int64_t above_tokens;           /* 0: any size */
    int64_t from_s, until_s;        /* Unix seconds; 0: open */
    uint16_t start_min, before_min; /* minutes of the UTC day; the window may pass midnight;
                                       equal: the whole day */
    struct sl_ai_rates rates;
};

enum sl_ai_service_tier {
    SL_AI_TIER_STANDARD = 0,
    SL_AI_TIER_FLEX,
    SL_AI_TIER_BATCH,
    SL_AI_TIER_PRIORITY,
    SL_AI_TIER_COUNT
};

/** Make one with sl_ai_price_init(): a zeroed price is free of charge. */
struct sl_ai_price {
    struct sl_ai_rates base;
    const struct sl_ai_price_rule *rules; /* borrowed */
    size_t rules_n;
    union {
        int64_t units[SL_AI_UNIT_COUNT]; /* by enum sl_ai_unit; the same as the names below */
        struct {
#define X(ID, counted, price, pico_usd, role, text) int64_t price;
#include "ai/usage_unit.def"
#undef X
        };
    };
    uint16_t tier_permille[SL_AI_TIER_COUNT]; /* of the standard price; 0: not known */
    bool has_anthropic_cache;
};

/** Everything unknown, no rules. */
void sl_ai_price_init(struct sl_ai_price *p);

/**
 * The tier that a response names ("flex", "priority"); the standard tier for what is not in
 * ai/service_tier.def. Read it from the response: a vendor may serve another tier than was asked.
 */
enum sl_ai_service_tier sl_ai_service_tier_of(sl_str name);

/** The prices that hold for a prompt of `prompt_tokens` in all at `now_s`, fallbacks filled in. */
void sl_ai_price_rates(const struct sl_ai_price *p, int64_t prompt_tokens, int64_t now_s,
                       struct sl_ai_rates *ret);

/**
 * The catalogue's price `p` of a vendor's model (NULL: none) as it is in `region`: the catalogue has those of the
 * region "global", and Vertex AI takes a tenth more in all others for Claude since 4.5. `p` itself where nothing
 * differs, else a copy in `a`, rounded up.
 */
const struct sl_ai_price *sl_ai_price_in(const struct sl_ai_price *p, sl_str vendor, sl_str region,
                                         sl_str model, struct sl_arena *a);

/**
 * The cost of `u` in nano-USD at `now_s` (Unix seconds, when the request began).
 *
 * A cost that the vendor reported wins over `p` (which may be NULL: no price). Tokens are billed by
 * bucket when the model has any token price; images, pages, seconds and characters only otherwise,
 * so that what a vendor counts both ways is paid once. Requests and searches come on top. `tier`
 * scales tokens; where a tier's factor is not known, flex and batch cost the standard price (a
 * ceiling) and priority is unknown. A usage without counts costs 0: look at its `source` first.
 *
 * SL_E_AI_PRICE_UNKNOWN when a needed price is; *ret_nusd is then unchanged. A cost beyond int64
 * is INT64_MAX. Counts are >= 0 and prices <= SL_AI_PRICE_MAX, as their makers guarantee.
 */
sl_rc sl_ai_cost(const struct sl_ai_price *p, const struct sl_ai_usage *u, int64_t now_s,
                 enum sl_ai_service_tier tier, int64_t *ret_nusd) SL_CHECKED;
