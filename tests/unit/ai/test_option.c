#include "ai/option.h"

#include "base/str.h"
#include "tests/test.h"

static const struct sl_ai_vendor *vendor(const char *id)
{
    const struct sl_ai_vendor *v = sl_ai_vendor_find(sl_cstr(id));
    SL_ASSERT(v != NULL);
    return v;
}

TEST(option, each_option_of_a_vendor_is_named_once_with_its_default)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_pairs o = sl_ai_options_of(vendor("azure-openai"), a);
    EXPECT_EQ(2, o.n);
    EXPECT_STR("resource", o.v[0].name);
    EXPECT_STR("", o.v[0].value);
    EXPECT_STR("api_version", o.v[1].name);
    EXPECT_STR("2024-10-21", o.v[1].value);
    EXPECT_EQ(0, sl_ai_options_of(vendor("openai"), a).n);
    sl_arena_free(a);
}

TEST(option, they_are_filled_in_everywhere_but_key_and_model)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_pair given[] = {{SL_STR("resource"), SL_STR("contoso")}};
    const struct sl_pairs pairs = {given, 1};
    struct sl_ai_vendor *v = sl_ai_vendor_copy(vendor("azure-openai"), a);
    sl_ai_options_fill(v, &pairs, a);
    EXPECT_STR("https://contoso.openai.azure.com/openai", v->base_url);
    EXPECT_STR("/deployments/{model}/chat/completions?api-version=2024-10-21",
               sl_ai_vendor_path(v, SL_AI_PATH_CHAT));
    EXPECT(sl_ai_vendor_next(v) == &v[1]);
    EXPECT(sl_ai_vendor_next(&v[1]) == NULL);
    EXPECT_STR("https://{resource}.openai.azure.com/openai", vendor("azure-openai")->base_url);
    sl_arena_free(a);
}

TEST(option, values_have_no_characters_that_mean_something_in_a_url)
{
    static const char *const bad[] = {"", "a/b", "a b", "a?b", "a#", "a@b", "a:1", "%41", "a\r\n"};
    EXPECT(sl_ai_option_is_valid(SL_STR("dbc-1.cloud.example_~2")));
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_ai_option_is_valid(sl_cstr(bad[i])));
}

TEST(option, a_model_is_escaped_in_a_path)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    sl_str path = SL_STR("/d/{model}/x/{model}?{other}");
    EXPECT_STR("/d/gpt%2F4%3F/x/gpt%2F4%3F?{other}",
               sl_ai_option_put(path, SL_STR("model"), SL_STR("gpt/4?"), a));
    EXPECT_STR("/plain", sl_ai_option_put(SL_STR("/plain"), SL_STR("model"), SL_STR("m"), a));
    EXPECT_STR("/{open", sl_ai_option_put(SL_STR("/{open"), SL_STR("model"), SL_STR("m"), a));
    sl_arena_free(a);
}

TEST(option, every_text_of_every_vendor_is_whole_when_its_options_are_given)
{
    const struct sl_ai_vendor *v;
    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
        struct sl_pairs o = sl_ai_options_of(v, a);
        struct sl_ai_vendor *own = sl_ai_vendor_copy(v, a);
        for (size_t k = 0; k < o.n; k++)
            o.v[k].value = SL_STR("x");
        sl_ai_options_fill(own, &o, a);
        EXPECT(sl_str_find(own->base_url, '{', 0) == SIZE_MAX);
        EXPECT(sl_str_find(own->headers, '{', 0) == SIZE_MAX);
        EXPECT_EQ(0, sl_ai_options_of(own, a).n);
        sl_arena_free(a);
    }
}
