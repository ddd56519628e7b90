#include "ai/provider.h"

#include "ai/catalog.h"
#include "ai/dialect.h"
#include "base/str.h"
#include "tests/test.h"

static const struct sl_ai_vendor *vendor(const char *id)
{
    const struct sl_ai_vendor *v = sl_ai_vendor_find(sl_cstr(id));

    EXPECT(v != NULL);
    return v;
}

TEST(provider, ids_are_sorted_and_unique)
{
    for (size_t i = 1; sl_ai_vendor_at(i) != NULL; i++)
        EXPECT(sl_str_cmp(sl_ai_vendor_at(i - 1)->id, sl_ai_vendor_at(i)->id) < 0);
}

TEST(provider, every_row_is_found_and_complete)
{
    size_t i = 0;

    for (const struct sl_ai_vendor *v; (v = sl_ai_vendor_at(i)) != NULL; i++) {
        EXPECT(sl_ai_vendor_find(v->id) == v);
        EXPECT(v->name.n > 0);
        EXPECT(sl_ai_vendor_path(v, SL_AI_PATH_CHAT).n > 0 ||
               sl_ai_vendor_path(v, SL_AI_PATH_EMBEDDINGS).n > 0 ||
               sl_ai_vendor_path(v, SL_AI_PATH_IMAGES).n > 0 ||
               sl_ai_dialect_find(v->dialect)->write_path != NULL);
        EXPECT(v->dialect != SL_AI_ANTHROPIC || v->headers.n > 0);
        EXPECT_EQ(v->dialect == SL_AI_ANTHROPIC, v->usage == SL_AI_USAGE_ANTHROPIC);
        EXPECT(!sl_ai_vendor_has(v, SL_AI_QUIRK_STREAM_USAGE) ||
               !sl_ai_vendor_has(v, SL_AI_QUIRK_NO_STREAM_OPTIONS));
    }
    EXPECT(i >= 125);
}

TEST(provider, every_known_vendor_that_speaks_a_public_dialect_has_a_row)
{
    static const struct {
        const char *id;
        bool is_listed;
    } rows[] = {
#define LISTED(id) {id, true},
#define OTHER(id, why) {id, false},
#include "tests/unit/ai/vendor_id.def"
#undef OTHER
#undef LISTED
    };

    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_EQ(rows[i].is_listed, sl_ai_vendor_find(sl_cstr(rows[i].id)) != NULL);
    EXPECT_EQ(161, SL_LEN(rows));
}

TEST(provider, only_local_vendors_speak_plain_http)
{
    const struct sl_ai_vendor *v;

    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++) {
        bool is_local = sl_ai_vendor_has(v, SL_AI_QUIRK_LOCAL);
        if (v->base_url.n == 0)
            continue;
        EXPECT(
            sl_str_starts(v->base_url, is_local ? SL_STR("http://127.0.0.1") : SL_STR("https://")));
        EXPECT(!sl_str_ends(v->base_url, SL_STR("/")));
    }
}

TEST(provider, paths_begin_with_a_slash_or_are_not_offered)
{
    const struct sl_ai_vendor *v;

    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++)
        for (int p = SL_AI_PATH_CHAT; p < SL_AI_PATH_COUNT; p++) {
            sl_str path = sl_ai_vendor_path(v, (enum sl_ai_path)p);
            EXPECT(path.n == 0 || path.p[0] == '/');
        }
}

TEST(provider, a_catalogue_name_has_models)
{
    const struct sl_ai_vendor *v;

    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++)
        EXPECT(v->catalog.n == 0 || sl_ai_catalog_model_count(v->catalog) > 0);
}

TEST(provider, a_vendor_of_the_catalogue_names_its_models)
{
    const struct sl_ai_vendor *v;

    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++)
        EXPECT(v->catalog.n > 0 || sl_ai_catalog_model_count(v->id) == 0);
}

TEST(provider, members_have_the_names_that_the_vendor_gives_them)
{
    const struct sl_ai_vendor *mistral = vendor("mistral");

    EXPECT_STR("random_seed", sl_ai_vendor_name_of(mistral, SL_STR("seed")));
    EXPECT_STR("see", sl_ai_vendor_name_of(mistral, SL_STR("see")));
    EXPECT_STR("", sl_ai_vendor_name_of(mistral, SL_STR("")));
    EXPECT_STR("seed", sl_ai_vendor_name_of(vendor("openai"), SL_STR("seed")));
}

TEST(provider, a_row_without_paths_has_its_dialects)
{
    const struct sl_ai_vendor *openai = vendor("openai"), *anthropic = vendor("anthropic");

    EXPECT_STR("/chat/completions", sl_ai_vendor_path(openai, SL_AI_PATH_CHAT));
    EXPECT_STR("/embeddings", sl_ai_vendor_path(openai, SL_AI_PATH_EMBEDDINGS));
    EXPECT_STR("/models", sl_ai_vendor_path(openai, SL_AI_PATH_MODELS));
    EXPECT_STR("/messages", sl_ai_vendor_path(anthropic, SL_AI_PATH_CHAT));
    EXPECT_STR("", sl_ai_vendor_path(anthropic, SL_AI_PATH_EMBEDDINGS));
    EXPECT_STR("/models", sl_ai_vendor_path(anthropic, SL_AI_PATH_MODELS));
}

TEST(provider, a_row_may_name_a_path_or_deny_it)
{
    EXPECT_STR("/v1/embeddings", sl_ai_vendor_path(vendor("perplexity"), SL_AI_PATH_EMBEDDINGS));
    EXPECT_STR("", sl_ai_vendor_path(vendor("perplexity"), SL_AI_PATH_MODELS));
    EXPECT_STR("/v1/messages", sl_ai_vendor_path(vendor("custom-anthropic"), SL_AI_PATH_CHAT));
}

TEST(provider, images_are_where_a_row_says)
{
    EXPECT_STR("/images/generations", sl_ai_vendor_path(vendor("openai"), SL_AI_PATH_IMAGES));
    EXPECT_STR("/images/text2img", sl_ai_vendor_path(vendor("zhinao-360"), SL_AI_PATH_IMAGES));
    EXPECT_STR("", sl_ai_vendor_path(vendor("groq"), SL_AI_PATH_IMAGES));
    EXPECT_STR("/images/generations", sl_ai_vendor_path(vendor("recraft"), SL_AI_PATH_IMAGES));
    EXPECT_STR("", sl_ai_vendor_path(vendor("recraft"), SL_AI_PATH_CHAT));
}

TEST(provider, members_that_a_vendor_refuses_are_whole_words)
{
    const struct sl_ai_vendor *groq = vendor("groq");

    EXPECT(sl_ai_vendor_drops(groq, SL_STR("logprobs")));
    EXPECT(sl_ai_vendor_drops(groq, SL_STR("n")));
    EXPECT(sl_ai_vendor_drops(groq, SL_STR("verbosity")));
    EXPECT(!sl_ai_vendor_drops(groq, SL_STR("logit")));
    EXPECT(!sl_ai_vendor_drops(groq, SL_STR("")));
    EXPECT(!sl_ai_vendor_drops(vendor("openai"), SL_STR("n")));
    EXPECT(!sl_ai_vendor_drops(vendor("openai"), SL_STR("")));
}

TEST(provider, further_surfaces_belong_to_the_row_before)
{
    const struct sl_ai_vendor *main, *v;
    size_t n = 0;

    for (size_t i = 0; (main = sl_ai_vendor_at(i)) != NULL; i++) {
        EXPECT(!main->is_further);
        for (v = main; (v = sl_ai_vendor_next(v)) != NULL; n++) {
            EXPECT(sl_str_eq(v->id, main->id));
            EXPECT(v->is_further && v->dialect != main->dialect);
            EXPECT(v->root.n == 0 || (v->root.p[0] == '/' && !sl_str_ends(v->root, SL_STR("/"))));
            EXPECT_EQ(0, v->base_url.n);
        }
    }
    EXPECT(n > 0);
}

TEST(provider, an_unknown_id_is_not_found)
{
    EXPECT(sl_ai_vendor_find(SL_STR("OpenAI")) == NULL);
    EXPECT(sl_ai_vendor_find(SL_STR("")) == NULL);
}

TEST(provider, vendors_count_as_their_row_says)
{
    EXPECT_EQ(SL_AI_USAGE_XAI, vendor("xai")->usage);
    EXPECT_EQ(SL_AI_USAGE_GROQ, vendor("groq")->usage);
    EXPECT_EQ(SL_AI_USAGE_OPENAI, vendor("demo")->usage);
    EXPECT_EQ(SL_AI_MAX_COMPLETION_TOKENS, vendor("openai")->max_tokens_field);
    EXPECT_EQ(SL_AI_MAX_TOKENS, vendor("together")->max_tokens_field);
}
