#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_token_limit;

static struct fake_exchange f;

static enum sl_verdict call(const void *c, int64_t estimate)
{
    fake_exchange_again(&f);
    fake_consumer(&f, "alice");
    f.tokens_estimate = estimate;
    return fake_request(&f, &sl_policy_token_limit, c);
}

static void settle(const void *c, int64_t input, int64_t output)
{
    f.x.record.usage.input = input;
    f.x.record.usage.output = output;
    fake_settle(&f, &sl_policy_token_limit, c);
}

TEST(token_limit, the_estimate_admits_and_the_usage_corrects_u15)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_token_limit, "{limit: 1000, window: 1m}");
    EXPECT_EQ(SL_PASS, call(c, 800));
    EXPECT_STR("\"service-tokens\";q=1000;w=60", fake_answer(&f, "ratelimit-policy"));
    EXPECT_STR("\"service-tokens\";r=200;t=48", fake_answer(&f, "ratelimit"));
    void *first = f.state;
    EXPECT_EQ(SL_FAIL, call(c, 800)); /* while the first one runs */
    EXPECT_EQ(SL_E_TOKEN_LIMITED, f.x.failed);
    EXPECT_EQ(SL_SECONDS(36), f.x.retry_after_us);
    EXPECT(sl_str_find_str(f.x.hint, SL_STR("800 tokens: try again in 36s")) != SIZE_MAX);
    settle(c, 0, 0); /* the refused one changes nothing */

    f.state = first;
    settle(c, 100, 50);
    EXPECT_EQ(SL_PASS, call(c, 800));
    EXPECT_STR("\"service-tokens\";r=50;t=57", fake_answer(&f, "ratelimit"));
    fake_exchange_fini(&f);
}

TEST(token_limit, tokens_beyond_the_estimate_must_be_waited_for_u15)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_token_limit, "{limit: 1000, window: 1m}");
    EXPECT_EQ(SL_PASS, call(c, 100));
    settle(c, 500, 1500);
    EXPECT_EQ(SL_FAIL, call(c, 1));
    EXPECT(f.x.retry_after_us > SL_SECONDS(60));
    f.now_us += SL_SECONDS(61);
    EXPECT_EQ(SL_PASS, call(c, 1));
    fake_exchange_fini(&f);
}

TEST(token_limit, an_estimate_beyond_the_limit_shuts_nobody_out)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_token_limit, "{limit: 1000}");
    EXPECT_EQ(SL_PASS, call(c, 4096));
    settle(c, 20, 30);
    EXPECT_EQ(SL_FAIL, call(c, 4096));
    f.now_us += SL_SECONDS(3);
    EXPECT_EQ(SL_PASS, call(c, 4096));
    fake_exchange_fini(&f);
}

TEST(token_limit, prompt_and_completion_can_be_counted_alone)
{
    static const struct {
        const char *yaml, *left;
    } cases[] = {
        {"{limit: 1000, counts: total}", "\"service-tokens\";r=698;t=19"},
        {"{limit: 1000, counts: prompt}", "\"service-tokens\";r=898;t=7"},
        {"{limit: 1000, counts: completion}", "\"service-tokens\";r=799;t=13"},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        fake_exchange_init(&f);
        const void *c = fake_configure(&f, &sl_policy_token_limit, cases[i].yaml);
        EXPECT_EQ(SL_PASS, call(c, 500));
        settle(c, 101, 200);
        EXPECT_EQ(SL_PASS, call(c, 1));
        EXPECT_STR(cases[i].left, fake_answer(&f, "ratelimit"));
        fake_exchange_fini(&f);
    }
}

TEST(token_limit, models_can_be_counted_apart)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_token_limit, "{limit: 10, per_model: true}");
    f.model = SL_STR("fast");
    EXPECT_EQ(SL_PASS, call(c, 10));
    EXPECT_EQ(SL_FAIL, call(c, 10));
    f.model = SL_STR("smart");
    EXPECT_EQ(SL_PASS, call(c, 10));
    fake_exchange_fini(&f);
}

TEST(token_limit, bad_configurations_name_the_member)
{
    static const char *const bad[][2] = {
        {"{}", "limit"},
        {"{limit: 1, counts: words}", "counts"},
        {"{limit: 1, key: who}", "key"},
        {"{limit: 1, name: 'a\\b'}", "name"},
        {"{limit: 1, window: 10ms}", "window"},
    };
    fake_exchange_init(&f);
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        (void)fake_refusal(&f, &sl_policy_token_limit, bad[i][0]);
        EXPECT_STR(bad[i][1], f.diag.problems[0].path);
    }
    fake_exchange_fini(&f);
}

TEST(token_limit, tells_what_is_left_unless_each_model_counts_apart)
{
    struct sl_limit_count count;
    struct sl_limit_query q = {.consumer = SL_STR("alice")};
    fake_exchange_init(&f);
    q.now_us = f.now_us;
    const void *c = fake_configure(&f, &sl_policy_token_limit, "{limit: 1000}");
    sl_policy_token_limit.count(c, &q, &count);
    EXPECT_STR("tokens", sl_cstr(count.unit));
    EXPECT_EQ(0, count.used);
    EXPECT_EQ(1000, count.remaining);
    EXPECT_EQ(SL_SECONDS(60), count.window_us);
    c = fake_configure(&f, &sl_policy_token_limit, "{limit: 1000, per_model: true}");
    sl_policy_token_limit.count(c, &q, &count);
    EXPECT_STR("model", sl_cstr(count.counted_by));
    fake_exchange_fini(&f);
}
