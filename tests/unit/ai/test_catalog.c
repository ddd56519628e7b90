#include "ai/catalog.h"

#include "base/str.h"
#include "tests/test.h"

TEST(catalog, a_model_has_limits_abilities_and_prices)
{
    struct sl_ai_model m;

    EXPECT(sl_ai_catalog_find(SL_STR("anthropic"), SL_STR("claude-opus-4-8"), &m));
    EXPECT_STR("anthropic", m.vendor);
    EXPECT_STR("claude-opus-4-8", m.name);
    EXPECT_EQ(SL_AI_MODE_CHAT, m.mode);
    EXPECT_EQ(SL_AI_MODEL_ACTIVE, m.status);
    EXPECT(m.context_tokens > 100000);
    EXPECT((m.flags & SL_AI_MODEL_VISION) != 0);
    EXPECT((m.flags & SL_AI_MODEL_NO_TEMPERATURE) != 0);
    EXPECT((m.flags & SL_AI_MODEL_ADAPTIVE_THINKING) != 0);
    EXPECT_EQ(5000000, m.price->base.input);
    EXPECT_EQ(6250000, m.price->base.cache_write_5m);
    EXPECT_EQ(10000000, m.price->base.cache_write_1h);
    EXPECT_EQ(500, m.price->tier_permille[SL_AI_TIER_BATCH]);
    EXPECT(m.price->has_anthropic_cache);
    EXPECT(m.source.n > 0);
    EXPECT_EQ(7, m.as_of.n);
}

TEST(catalog, a_budget_model_is_not_adaptive)
{
    struct sl_ai_model m;

    EXPECT(sl_ai_catalog_find(SL_STR("anthropic"), SL_STR("claude-sonnet-4-5"), &m));
    EXPECT((m.flags & SL_AI_MODEL_REASONING_BUDGET) != 0);
    EXPECT((m.flags & SL_AI_MODEL_ADAPTIVE_THINKING) == 0);
}

TEST(catalog, what_is_not_there_is_not_found)
{
    static const char *const names[][2] = {
        {"anthropic", "claude-opus-4-8-20991231"}, /* date suffixes are not stripped */
        {"anthropic", "Claude-Opus-4-8"},
        {"anthropic", ""},
        {"anthropic", "models/"},
        {"", "claude-opus-4-8"},
        {"zzz", "claude-opus-4-8"},
    };
    struct sl_ai_model m = {.context_tokens = -7};

    for (size_t i = 0; i < SL_LEN(names); i++)
        EXPECT(!sl_ai_catalog_find(sl_cstr(names[i][0]), sl_cstr(names[i][1]), &m));
    EXPECT_EQ(-7, m.context_tokens);
}

TEST(catalog, geminis_resource_form_is_an_alias)
{
    struct sl_ai_model m;

    EXPECT(sl_ai_catalog_find(SL_STR("gemini"), SL_STR("models/gemini-3.6-flash"), &m));
    EXPECT_STR("gemini-3.6-flash", m.name);
}

TEST(catalog, every_row_is_found_by_its_own_name)
{
    size_t models = 0;

    for (size_t v = 0; v < sl_ai_catalog_vendor_count(); v++) {
        sl_str vendor = sl_ai_catalog_vendor(v);
        struct sl_ai_model m, found;
        EXPECT(sl_ai_catalog_model_count(vendor) > 0);
        for (size_t i = 0; sl_ai_catalog_model(vendor, i, &m); i++, models++) {
            EXPECT(sl_ai_catalog_find(vendor, m.name, &found));
            EXPECT_STRS(m.name, found.name);
            EXPECT(m.price == found.price);
        }
    }
    EXPECT(models > 2000);
}

static void expect_rates(const struct sl_ai_rates *rates)
{
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        EXPECT(rates->musd[i] >= SL_AI_PRICE_UNKNOWN && rates->musd[i] <= SL_AI_PRICE_MAX);
}

TEST(catalog, every_price_is_within_bounds)
{
    for (size_t v = 0; v < sl_ai_catalog_vendor_count(); v++) {
        struct sl_ai_model m;
        for (size_t i = 0; sl_ai_catalog_model(sl_ai_catalog_vendor(v), i, &m); i++) {
            if (m.price == NULL)
                continue;
            EXPECT(!m.is_maybe_free);
            expect_rates(&m.price->base);
            for (size_t r = 0; r < m.price->rules_n; r++)
                expect_rates(&m.price->rules[r].rates);
        }
    }
}

TEST(catalog, regional_profiles_cost_a_tenth_more_than_global_ones)
{
    static const char *const regional[] = {"us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                                           "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"};
    struct sl_ai_model m;
    EXPECT(sl_ai_catalog_find(SL_STR("aws-bedrock"),
                              SL_STR("global.anthropic.claude-sonnet-4-5-20250929-v1:0"), &m));
    EXPECT_EQ(3000000, m.price->base.input);
    EXPECT_EQ(15000000, m.price->base.output);
    for (size_t i = 0; i < SL_LEN(regional); i++) {
        EXPECT(sl_ai_catalog_find(SL_STR("aws-bedrock"), sl_cstr(regional[i]), &m));
        EXPECT_EQ(3300000, m.price->base.input);
        EXPECT_EQ(16500000, m.price->base.output);
    }
}

TEST(catalog, a_zero_in_the_source_is_not_taken_for_free)
{
    size_t maybe_free = 0;

    for (size_t v = 0; v < sl_ai_catalog_vendor_count(); v++) {
        struct sl_ai_model m;
        for (size_t i = 0; sl_ai_catalog_model(sl_ai_catalog_vendor(v), i, &m); i++)
            maybe_free += m.is_maybe_free && m.price == NULL;
    }
    EXPECT(maybe_free > 100);
}

TEST(catalog, a_rerank_model_is_billed_by_search)
{
    struct sl_ai_model m;
    struct sl_ai_usage u = {.searches = 2};
    int64_t nusd;

    EXPECT(sl_ai_catalog_find(SL_STR("cohere"), SL_STR("rerank-v3.5"), &m));
    EXPECT_EQ(SL_AI_MODE_RERANK, m.mode);
    EXPECT_EQ(SL_OK, sl_ai_cost(m.price, &u, 0, SL_AI_TIER_STANDARD, &nusd));
    EXPECT_EQ(4000000, nusd);
}

TEST(catalog, iterating_an_unknown_vendor_ends_at_once)
{
    struct sl_ai_model m;

    EXPECT_EQ(0, sl_ai_catalog_model_count(SL_STR("nobody")));
    EXPECT(!sl_ai_catalog_model(SL_STR("nobody"), 0, &m));
}

TEST(catalog, words_and_flags_name_each_other)
{
    EXPECT_STR("audio_transcription", sl_ai_mode_name(SL_AI_MODE_AUDIO_TRANSCRIPTION));
    EXPECT_EQ(0, sl_ai_model_flag_of(SL_STR("flies")));
    for (size_t i = 0; i < SL_AI_MODEL_FLAG_COUNT; i++)
        EXPECT_EQ(1u << i, sl_ai_model_flag_of(sl_ai_model_flag_name(i)));
}
