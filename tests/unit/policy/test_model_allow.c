#include "base/map.h"
#include "tests/fake_exchange.h"
#include "tests/test.h"

#include <stdio.h>

extern const struct sl_policy_type sl_policy_model_allow;

static struct fake_exchange f;
static struct sl_map models;

/* "fast" goes to openai/gpt-4o-mini, and falls back to other/llama. */
static const void *setup(const char *yaml)
{
    static const struct sl_account openai = {.name = SL_STR_INIT("openai")};
    static const struct sl_account other = {.name = SL_STR_INIT("other")};
    static const struct sl_model_target targets[] = {
        {.account = &openai, .model = SL_STR_INIT("gpt-4o-mini")},
        {.account = &other, .model = SL_STR_INIT("llama")},
    };
    static struct sl_model_route fast = {
        .name = SL_STR_INIT("fast"), .targets = targets, .target_count = 2};
    fake_exchange_init(&f);
    sl_map_init(&models, f.arena, 0);
    (void)sl_map_put(&models, fast.name, &fast);
    f.snapshot.models = &models;
    return fake_configure(&f, &sl_policy_model_allow, yaml);
}

static enum sl_verdict ask(const void *c, const char *model)
{
    fake_exchange_again(&f);
    f.model = sl_cstr(model);
    return fake_request(&f, &sl_policy_model_allow, c);
}

static bool may(const char *name, bool is_target)
{
    return f.filter(f.filter_config, sl_cstr(name), is_target);
}

TEST(model_allow, i7_an_allowed_public_name_takes_in_its_targets)
{
    const void *c = setup("{allow: [fast]}");
    EXPECT_EQ(SL_PASS, ask(c, "fast"));
    EXPECT(may("openai/gpt-4o-mini", true));
    EXPECT(may("other/llama", true));
    EXPECT_EQ(SL_FAIL, ask(c, "openai/gpt-4o-mini"));
    EXPECT_EQ(SL_E_MODEL_DENIED, f.x.failed);
    EXPECT(f.x.hint.n != 0);
    EXPECT(f.filter == NULL);
    fake_exchange_fini(&f);
}

TEST(model_allow, i7_a_fallback_that_is_not_allowed_is_not_used)
{
    const void *c = setup("{allow: ['openai/*']}");
    EXPECT_EQ(SL_PASS, ask(c, "fast"));
    EXPECT(may("openai/gpt-4o-mini", true));
    EXPECT(!may("other/llama", true));
    EXPECT_EQ(SL_PASS, ask(c, "openai/o3"));
    EXPECT_EQ(SL_FAIL, ask(c, "other/llama"));
    fake_exchange_fini(&f);
}

TEST(model_allow, i7_deny_wins_for_names_and_targets)
{
    const void *c = setup("{allow: [fast, '*'], deny: ['*llama*']}");
    EXPECT_EQ(SL_PASS, ask(c, "fast"));
    EXPECT(may("openai/gpt-4o-mini", true));
    EXPECT(!may("other/llama", true));
    EXPECT_EQ(SL_FAIL, ask(c, "other/llama"));
    fake_exchange_fini(&f);
    c = setup("{deny: [fast]}");
    EXPECT_EQ(SL_FAIL, ask(c, "fast"));
    EXPECT_EQ(SL_PASS, ask(c, "other/llama"));
    fake_exchange_fini(&f);
}

TEST(model_allow, i7_a_name_without_any_usable_target_is_403)
{
    const void *c = setup("{deny: ['openai/*', 'other/*']}");
    EXPECT_EQ(SL_FAIL, ask(c, "fast"));
    EXPECT_EQ(SL_E_MODEL_DENIED, f.x.failed);
    fake_exchange_fini(&f);
}

TEST(model_allow, i7_a_list_of_models_names_only_those_that_may_be_used)
{
    const void *c = setup("{allow: ['openai/*'], deny: ['*-preview']}");
    EXPECT_EQ(SL_PASS, ask(c, ""));
    EXPECT(may("fast", false));
    EXPECT(may("openai/gpt-4o", false));
    EXPECT(!may("openai/o1-preview", false));
    EXPECT(!may("other/llama", false));
    fake_exchange_fini(&f);
}

TEST(model_allow, models_of_many_targets_take_little_memory)
{
    static const struct sl_account other = {.name = SL_STR_INIT("other")};
    static struct sl_model_target targets[1000];
    static struct sl_model_route wide = {
        .name = SL_STR_INIT("wide"), .targets = targets, .target_count = SL_LEN(targets)};
    const void *c = setup("{deny: ['other/*']}");
    for (size_t i = 0; i < SL_LEN(targets); i++)
        targets[i] = (struct sl_model_target){.account = &other, .model = SL_STR("llama")};
    (void)sl_map_put(&models, wide.name, &wide);
    EXPECT_EQ(SL_PASS, ask(c, ""));
    size_t used = sl_arena_used(f.arena);
    EXPECT(!may("wide", false));
    EXPECT(sl_arena_used(f.arena) - used < 1024);
    fake_exchange_fini(&f);
}

TEST(model_allow, stars_stand_for_any_text)
{
    static const struct {
        const char *pattern, *name;
        bool is_match;
    } cases[] = {
        {"a", "a", true},         {"a", "ab", false},
        {"*", "x", true},         {"a*", "a", true},
        {"a*c", "abbc", true},    {"a*c", "abcd", false},
        {"*a*b", "xaybab", true}, {"a**b", "ab", true},
        {"*aab", "aaaab", true},  {"*/o3", "openai/o3", true},
        {"a.c", "abc", false},    {"A", "a", false},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        char yaml[64];
        snprintf(yaml, sizeof(yaml), "{allow: ['%s']}", cases[i].pattern);
        const void *c = setup(yaml);
        EXPECT_EQ(cases[i].is_match ? SL_PASS : SL_FAIL, ask(c, cases[i].name));
        fake_exchange_fini(&f);
    }
}
