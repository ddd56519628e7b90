#include "ai/usage.h"

#include "ai/answer_int.h"
#include "base/err.h"
#include "tests/test.h"

enum { COUNTERS_MAX = 8 };

struct number {
    const char *path;
    int64_t value;
};

struct row {
    const char *what;
    enum sl_ai_usage_flavour flavour;
    struct number numbers[COUNTERS_MAX];
    struct sl_ai_usage want; /* the token buckets only */
};

static struct sl_ai_counts counts_of(enum sl_ai_usage_flavour flavour, const struct number *numbers)
{
    struct sl_ai_counts c = {0};

    for (size_t i = 0; i < COUNTERS_MAX && numbers[i].path != NULL; i++)
        EXPECT(sl_ai_counts_put(&c, flavour, sl_cstr(numbers[i].path), numbers[i].value));
    return c;
}

static struct sl_ai_usage usage_of(enum sl_ai_usage_flavour flavour, const struct number *numbers)
{
    struct sl_ai_counts c = counts_of(flavour, numbers);
    struct sl_ai_usage u;

    sl_ai_usage_from_counts(flavour, &c, &u);
    return u;
}

/* clang-format off */
static const struct row rows[] = {
    {"OpenAI: cached, written and reasoning are inside", SL_AI_USAGE_OPENAI,
     {{"prompt_tokens", 1000}, {"prompt_tokens_details.cached_tokens", 300},
      {"prompt_tokens_details.cache_write_tokens", 200}, {"completion_tokens", 90},
      {"completion_tokens_details.reasoning_tokens", 40}, {"total_tokens", 1090}},
     {.input = 500, .cache_read = 300, .cache_write_5m = 200, .output = 50, .reasoning = 40}},
    {"OpenAI: the 12 h write is the long one", SL_AI_USAGE_OPENAI,
     {{"prompt_tokens", 100}, {"prompt_tokens_details.cache_write_tokens", 60},
      {"prompt_tokens_details.cache_write_tokens_details.ttl_30m_tokens", 20},
      {"prompt_tokens_details.cache_write_tokens_details.ttl_12h_tokens", 40}},
     {.input = 40, .cache_write_5m = 20, .cache_write_1h = 40}},
    {"OpenAI: audio both ways", SL_AI_USAGE_OPENAI,
     {{"prompt_tokens", 100}, {"prompt_tokens_details.audio_tokens", 70},
      {"completion_tokens", 50}, {"completion_tokens_details.audio_tokens", 45}},
     {.input = 30, .input_audio = 70, .output = 5, .output_audio = 45}},
    {"OpenAI embeddings: a lone total is prompt", SL_AI_USAGE_OPENAI,
     {{"total_tokens", 12}}, {.input = 12}},
    {"images", SL_AI_USAGE_OPENAI_MEDIA,
     {{"input_tokens", 50}, {"input_tokens_details.image_tokens", 40}, {"output_tokens", 4160},
      {"output_tokens_details.image_tokens", 4160}},
     {.input = 10, .input_image = 40, .output_image = 4160}},
    {"Responses", SL_AI_USAGE_RESPONSES,
     {{"input_tokens", 420}, {"input_tokens_details.cached_tokens", 300}, {"output_tokens", 9},
      {"output_tokens_details.reasoning_tokens", 4}},
     {.input = 120, .cache_read = 300, .output = 5, .reasoning = 4}},
    {"xAI: reasoning is outside the completion", SL_AI_USAGE_XAI,
     {{"prompt_tokens", 10}, {"completion_tokens", 5},
      {"completion_tokens_details.reasoning_tokens", 100}, {"total_tokens", 115}},
     {.input = 10, .output = 5, .reasoning = 100}},
    {"xAI: inside, when the total says so", SL_AI_USAGE_XAI,
     {{"prompt_tokens", 10}, {"completion_tokens", 105},
      {"completion_tokens_details.reasoning_tokens", 100}, {"total_tokens", 115}},
     {.input = 10, .output = 5, .reasoning = 100}},
    {"DeepSeek: hit and miss", SL_AI_USAGE_DEEPSEEK,
     {{"prompt_tokens", 100}, {"prompt_cache_hit_tokens", 64}, {"prompt_cache_miss_tokens", 36},
      {"completion_tokens", 7}},
     {.input = 36, .cache_read = 64, .output = 7}},
    {"DeepSeek without prompt_tokens", SL_AI_USAGE_DEEPSEEK,
     {{"prompt_cache_hit_tokens", 64}, {"prompt_cache_miss_tokens", 36}},
     {.input = 36, .cache_read = 64}},
    {"Kimi: cached_tokens without details", SL_AI_USAGE_KIMI,
     {{"prompt_tokens", 100}, {"cached_tokens", 25}, {"completion_tokens", 3}},
     {.input = 75, .cache_read = 25, .output = 3}},
    {"Groq counts as OpenAI", SL_AI_USAGE_GROQ,
     {{"prompt_tokens", 8}, {"completion_tokens", 2}}, {.input = 8, .output = 2}},
    {"Perplexity: reasoning is outside", SL_AI_USAGE_PERPLEXITY,
     {{"prompt_tokens", 8}, {"completion_tokens", 2}, {"reasoning_tokens", 30}, {"total_tokens", 10}},
     {.input = 8, .output = 2, .reasoning = 30}},
    {"Anthropic: the cache is outside, thinking inside", SL_AI_USAGE_ANTHROPIC,
     {{"input_tokens", 100}, {"cache_creation_input_tokens", 20}, {"cache_read_input_tokens", 300},
      {"output_tokens", 50}, {"output_tokens_details.thinking_tokens", 10}},
     {.input = 100, .cache_read = 300, .cache_write_5m = 20, .output = 40, .reasoning = 10}},
    {"Anthropic: written with two lives (U6)", SL_AI_USAGE_ANTHROPIC,
     {{"input_tokens", 1}, {"cache_creation_input_tokens", 15},
      {"cache_creation.ephemeral_5m_input_tokens", 10}, {"cache_creation.ephemeral_1h_input_tokens", 5}},
     {.input = 1, .cache_write_5m = 10, .cache_write_1h = 5}},
    {"Gemini: thoughts outside, tools' prompt is input", SL_AI_USAGE_GEMINI,
     {{"promptTokenCount", 100}, {"cachedContentTokenCount", 30}, {"toolUsePromptTokenCount", 11},
      {"candidatesTokenCount", 20}, {"thoughtsTokenCount", 400}, {"totalTokenCount", 531}},
     {.input = 81, .cache_read = 30, .output = 20, .reasoning = 400}},
    {"Gemini: cached audio is not audio again", SL_AI_USAGE_GEMINI,
     {{"promptTokenCount", 100}, {"promptTokensDetails[modality=AUDIO].tokenCount", 80},
      {"cachedContentTokenCount", 50}, {"cacheTokensDetails[modality=AUDIO].tokenCount", 45},
      {"candidatesTokenCount", 1290}, {"candidatesTokensDetails[modality=IMAGE].tokenCount", 1290}},
     {.input = 15, .input_audio = 35, .cache_read = 50, .output_image = 1290}},
    {"Bedrock", SL_AI_USAGE_BEDROCK,
     {{"inputTokens", 10}, {"cacheReadInputTokens", 20}, {"cacheWriteInputTokens", 30},
      {"cacheDetails[ttl=1h].inputTokens", 30}, {"outputTokens", 4}},
     {.input = 10, .cache_read = 20, .cache_write_1h = 30, .output = 4}},
    {"Cohere: what is billed replaces what was counted", SL_AI_USAGE_COHERE,
     {{"tokens.input_tokens", 900}, {"tokens.output_tokens", 70}, {"billed_units.input_tokens", 12},
      {"billed_units.output_tokens", 65}},
     {.input = 12, .output = 65}},
    {"Ollama without a prompt count", SL_AI_USAGE_OLLAMA, {{"eval_count", 5}}, {.output = 5}},
};
/* clang-format on */

TEST(usage, every_flavour_gives_disjoint_buckets)
{
    for (size_t r = 0; r < SL_LEN(rows); r++) {
        struct sl_ai_usage u = usage_of(rows[r].flavour, rows[r].numbers);
        for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++) {
            if (u.tokens[i] != rows[r].want.tokens[i])
                print_error("%s: bucket %zu\n", rows[r].what, i);
            EXPECT_EQ(rows[r].want.tokens[i], u.tokens[i]);
        }
        EXPECT(!u.is_inconsistent);
        EXPECT_EQ(SL_AI_USAGE_REPORTED, u.source);
        EXPECT_EQ(1, u.requests);
    }
}

TEST(usage, totals_hold_every_bucket_of_their_side)
{
    struct number anthropic[COUNTERS_MAX] = {{"input_tokens", 100},
                                             {"cache_creation_input_tokens", 20},
                                             {"cache_read_input_tokens", 300},
                                             {"output_tokens", 50}};
    struct sl_ai_usage u = usage_of(SL_AI_USAGE_ANTHROPIC, anthropic);

    EXPECT_EQ(420, sl_ai_usage_prompt_total(&u)); /* U5 */
    EXPECT_EQ(50, sl_ai_usage_completion_total(&u));
    EXPECT_EQ(470, sl_ai_usage_total(&u));
}

TEST(usage, u4_a_later_report_replaces_and_never_adds)
{
    struct number start[COUNTERS_MAX] = {{"input_tokens", 100},
                                         {"cache_creation_input_tokens", 20},
                                         {"cache_read_input_tokens", 300},
                                         {"output_tokens", 1}};
    struct number delta[COUNTERS_MAX] = {{"output_tokens", 50}, {"input_tokens", 100}};
    struct sl_ai_counts c = counts_of(SL_AI_USAGE_ANTHROPIC, start);
    struct sl_ai_counts later = counts_of(SL_AI_USAGE_ANTHROPIC, delta);
    struct sl_ai_usage u;

    sl_ai_counts_merge(&c, &later);
    sl_ai_usage_from_counts(SL_AI_USAGE_ANTHROPIC, &c, &u);

    EXPECT_EQ(100, u.input); /* U4 */
    EXPECT_EQ(20, u.cache_write_5m);
    EXPECT_EQ(300, u.cache_read);
    EXPECT_EQ(50, u.output);
}

TEST(usage, merging_into_nothing_gives_the_later_report)
{
    struct number delta[COUNTERS_MAX] = {{"output_tokens", 50}, {"input_tokens", 100}};
    struct sl_ai_counts later = counts_of(SL_AI_USAGE_ANTHROPIC, delta), c = {0};

    sl_ai_counts_merge(&c, &later);
    EXPECT_EQ(50, c.v[SL_AI_COUNTER_COMPLETION]);
    EXPECT_EQ(100, c.v[SL_AI_COUNTER_PROMPT]);
    EXPECT(!sl_ai_counts_has(&c, SL_AI_COUNTER_CACHED));
}

TEST(usage, no_counts_is_nothing_known)
{
    struct sl_ai_counts none = {0};
    struct sl_ai_usage u = {.input = 7};

    sl_ai_usage_from_counts(SL_AI_USAGE_OPENAI, &none, &u);
    EXPECT_EQ(SL_AI_USAGE_NONE, u.source);
    EXPECT_EQ(0, sl_ai_usage_total(&u));
    EXPECT_EQ(0, u.requests);
}

TEST(usage, u5_contradictions_are_marked_and_never_negative)
{
    static const struct {
        enum sl_ai_usage_flavour flavour;
        struct number numbers[COUNTERS_MAX];
        int64_t input, output;
    } bad[] = {
        {SL_AI_USAGE_OPENAI,
         {{"prompt_tokens", 10}, {"prompt_tokens_details.cached_tokens", 30}},
         0,
         0},
        {SL_AI_USAGE_OPENAI,
         {{"completion_tokens", 3}, {"completion_tokens_details.reasoning_tokens", 30}},
         0,
         0},
        {SL_AI_USAGE_ANTHROPIC,
         {{"input_tokens", 1},
          {"cache_creation_input_tokens", 15},
          {"cache_creation.ephemeral_1h_input_tokens", 20}},
         1,
         0},
    };

    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct sl_ai_usage u = usage_of(bad[i].flavour, bad[i].numbers);
        EXPECT(u.is_inconsistent);
        EXPECT_EQ(bad[i].input, u.input);
        EXPECT_EQ(bad[i].output, u.output);
        for (size_t b = 0; b < SL_AI_BUCKET_COUNT; b++)
            EXPECT(u.tokens[b] >= 0);
    }
}

TEST(usage, u5_what_is_written_for_a_client_is_read_again_the_same)
{
    static const struct {
        enum sl_ai_usage_flavour flavour;
        const char *root; /* where the counts stand in an answer */
        void (*write)(struct sl_jsonw *w, const struct sl_ai_usage *u);
    } dialects[] = {
        {SL_AI_USAGE_OPENAI, "usage", sl_ai_usage_write_openai},
        {SL_AI_USAGE_RESPONSES, "usage", sl_ai_usage_write_responses},
        {SL_AI_USAGE_ANTHROPIC, "usage", sl_ai_usage_write_anthropic},
        {SL_AI_USAGE_GEMINI, "usageMetadata", sl_ai_usage_write_gemini},
    };
    static const struct sl_ai_usage usages[] = {
        {.input = 100, .cache_read = 300, .output = 50},
        {.input = 7, .output = 0},
        {.input = 0, .cache_read = 12, .output = 3, .reasoning = 40},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));

    for (size_t k = 0; k < SL_LEN(dialects); k++)
        for (size_t i = 0; i < SL_LEN(usages); i++) {
            struct sl_ai_counts counts = {0};
            struct sl_ai_usage back;
            struct sl_strbuf b;
            struct sl_jsonw w;
            const struct sl_json *answer;
            struct sl_jsonscan_info info;
            sl_strbuf_init(&b, a, 0);
            sl_jsonw_init(&w, &b);
            sl_jsonw_object(&w);
            sl_jsonw_key(&w, sl_cstr(dialects[k].root));
            dialects[k].write(&w, &usages[i]);
            sl_jsonw_end(&w);
            EXPECT_EQ(SL_OK, sl_json_parse(sl_strbuf_str(&b), a, &answer, &info));
            EXPECT(sl_ai_counts_read(&counts, dialects[k].flavour, answer));
            sl_ai_usage_from_counts(dialects[k].flavour, &counts, &back);
            EXPECT_EQ(usages[i].input, back.input);
            EXPECT_EQ(usages[i].cache_read, back.cache_read);
            EXPECT_EQ(usages[i].output, back.output);
            EXPECT_EQ(usages[i].reasoning, back.reasoning);
        }
    sl_arena_free(a);
}

TEST(usage, u6_a_wrong_breakdown_of_writes_yields_to_the_total)
{
    struct number numbers[COUNTERS_MAX] = {{"cache_creation_input_tokens", 15},
                                           {"cache_creation.ephemeral_5m_input_tokens", 10},
                                           {"cache_creation.ephemeral_1h_input_tokens", 4}};
    struct sl_ai_usage u = usage_of(SL_AI_USAGE_ANTHROPIC, numbers);

    EXPECT(u.is_inconsistent);
    EXPECT_EQ(11, u.cache_write_5m);
    EXPECT_EQ(4, u.cache_write_1h);
}

TEST(usage, media_never_exceed_what_is_not_cached)
{
    struct number numbers[COUNTERS_MAX] = {{"prompt_tokens", 100},
                                           {"prompt_tokens_details.audio_tokens", 80},
                                           {"prompt_tokens_details.cached_tokens", 50}};
    struct sl_ai_usage u = usage_of(SL_AI_USAGE_OPENAI, numbers);

    EXPECT_EQ(100, sl_ai_usage_prompt_total(&u));
    EXPECT_EQ(50, u.input_audio);
}

TEST(usage, a_peers_number_is_brought_into_bounds)
{
    struct sl_ai_counts c = {0};

    sl_ai_counts_set(&c, SL_AI_COUNTER_PROMPT, -5);
    sl_ai_counts_set(&c, SL_AI_COUNTER_COMPLETION, INT64_MAX);
    EXPECT_EQ(0, c.v[SL_AI_COUNTER_PROMPT]);
    EXPECT_EQ(SL_AI_COUNT_MAX, c.v[SL_AI_COUNTER_COMPLETION]);
}

TEST(usage, the_largest_counts_do_not_overflow)
{
    struct sl_ai_counts c = {0};
    struct sl_ai_usage u;

    for (int i = 0; i < SL_AI_COUNTER_COUNT; i++)
        sl_ai_counts_set(&c, (enum sl_ai_counter)i, INT64_MAX);
    for (int f = 0; f < SL_AI_USAGE_FLAVOUR_COUNT; f++) {
        sl_ai_usage_from_counts((enum sl_ai_usage_flavour)f, &c, &u);
        EXPECT(sl_ai_usage_total(&u) > 0);
    }
}

TEST(usage, paths_of_another_flavour_are_not_taken)
{
    struct sl_ai_counts c = {0};

    EXPECT(!sl_ai_counts_put(&c, SL_AI_USAGE_ANTHROPIC, SL_STR("prompt_tokens"), 1));
    EXPECT(!sl_ai_counts_put(&c, SL_AI_USAGE_OPENAI, SL_STR("input_tokens"), 1));
    EXPECT_EQ(0, c.present);
}

TEST(usage, a_flavour_has_the_roots_of_its_base_first)
{
    sl_str root;

    EXPECT(sl_ai_usage_root(SL_AI_USAGE_GROQ, 0, &root));
    EXPECT_STR("usage", root);
    EXPECT(sl_ai_usage_root(SL_AI_USAGE_GROQ, 1, &root));
    EXPECT_STR("x_groq.usage", root);
    EXPECT(!sl_ai_usage_root(SL_AI_USAGE_GROQ, 2, &root));
}

TEST(usage, every_flavour_has_roots_and_paths)
{
    for (int f = 0; f < SL_AI_USAGE_FLAVOUR_COUNT; f++) {
        sl_str root;
        EXPECT(sl_ai_usage_root((enum sl_ai_usage_flavour)f, 0, &root));
        EXPECT(sl_ai_usage_path_next((enum sl_ai_usage_flavour)f, NULL) != NULL);
    }
}

TEST(usage, scaled_counters_say_their_decimals)
{
    EXPECT_EQ(0, sl_ai_counter_scale(SL_AI_COUNTER_PROMPT));
    EXPECT_EQ(3, sl_ai_counter_scale(SL_AI_COUNTER_SECONDS_MILLI));
    EXPECT_EQ(9, sl_ai_counter_scale(SL_AI_COUNTER_COST_NUSD));
}

TEST(usage, numbers_are_read_at_the_counters_scale)
{
    struct sl_ai_counts c = {0};

    EXPECT(sl_ai_counts_set_text(&c, SL_AI_COUNTER_PROMPT, SL_STR("12.0")));
    EXPECT(sl_ai_counts_set_text(&c, SL_AI_COUNTER_SECONDS_MILLI, SL_STR("1.5")));
    EXPECT(sl_ai_counts_set_text(&c, SL_AI_COUNTER_COST_NUSD, SL_STR("7.25e-05")));
    EXPECT(!sl_ai_counts_set_text(&c, SL_AI_COUNTER_COMPLETION, SL_STR("null")));
    EXPECT_EQ(12, c.v[SL_AI_COUNTER_PROMPT]);
    EXPECT_EQ(1500, c.v[SL_AI_COUNTER_SECONDS_MILLI]);
    EXPECT_EQ(72500, c.v[SL_AI_COUNTER_COST_NUSD]);
    EXPECT(!sl_ai_counts_has(&c, SL_AI_COUNTER_COMPLETION));
}

TEST(usage, a_reported_cost_is_kept)
{
    struct number numbers[COUNTERS_MAX] = {{"prompt_tokens", 10}, {"cost", 1234}};
    struct sl_ai_usage u = usage_of(SL_AI_USAGE_OPENAI, numbers);

    EXPECT(u.has_reported_cost);
    EXPECT_EQ(1234, u.reported_cost_nusd);
}
