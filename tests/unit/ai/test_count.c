/* test_count: counting tokens without an answer (X12). */
#include "ai/count.h"
#include "tests/unit/ai/call_fixture.h"

static const char chat[] =
    "{\"model\":\"m\",\"max_tokens\":9,\"system\":\"Be brief.\",\"messages\":[{\"role\":\"user\","
    "\"content\":\"Hi\"}],\"stream\":true,\"temperature\":1,\"tools\":[]}";

TEST(count, x12_a_counter_gets_what_is_input_and_nothing_else)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    EXPECT_STR("{\"model\":\"m\",\"system\":\"Be brief.\",\"messages\":[{\"role\":\"user\","
               "\"content\":\"Hi\"}],\"tools\":[]}",
               sl_ai_count_request(sl_ai_vendor_find(SL_STR("anthropic")), sl_cstr(chat),
                                   SL_STR("x"), f.a));
    EXPECT_STR("{\"generateContentRequest\":{\"model\":\"models/x\",\"contents\":[1]}}",
               sl_ai_count_request(sl_ai_vendor_find(SL_STR("gemini")),
                                   SL_STR("{\"contents\":[1]}"), SL_STR("x"), f.a));
    EXPECT_STR("{\"input\":{\"converse\":{\"messages\":[1]}}}",
               sl_ai_count_request(sl_ai_vendor_find(SL_STR("aws-bedrock")),
                                   SL_STR("{\"messages\":[1],\"inferenceConfig\":{}}"), SL_STR("x"),
                                   f.a));
    EXPECT_STR("{\"model\":\"x\",\"input\":\"Hi\"}",
               sl_ai_count_request(sl_ai_vendor_find(SL_STR("custom-responses")),
                                   SL_STR("{\"model\":\"x\",\"input\":\"Hi\",\"store\":false}"),
                                   SL_STR("x"), f.a));
    EXPECT_STR("{\"contents\":[1]}",
               sl_ai_count_request(sl_ai_vendor_find(SL_STR("vertex-ai")),
                                   SL_STR("{\"contents\":[1]}"), SL_STR("x"), f.a));
    EXPECT_EQ(
        0, sl_ai_count_request(sl_ai_vendor_find(SL_STR("openai")), sl_cstr(chat), SL_STR("x"), f.a)
               .n);
    fixture_fini(&f);
}

TEST(count, each_dialects_number_is_read_and_written)
{
    static const struct {
        enum sl_ai_dialect dialect;
        const char *body;
    } rows[] = {
        {SL_AI_ANTHROPIC, "{\"input_tokens\":42}"},
        {SL_AI_GEMINI, "{\"totalTokens\":42}"},
        {SL_AI_BEDROCK, "{\"inputTokens\":42}"},
        {SL_AI_OPENAI_RESPONSES, "{\"object\":\"response.input_tokens\",\"input_tokens\":42}"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_strbuf b = {0};
        int64_t tokens = 0;
        EXPECT(sl_ai_count_read(rows[i].dialect, sl_cstr(rows[i].body), &tokens));
        EXPECT_EQ(42, tokens);
        sl_ai_count_write(rows[i].dialect, 42, &b);
        EXPECT_STR(rows[i].body, sl_strbuf_str(&b));
        sl_strbuf_fini(&b);
    }
}

TEST(count, what_is_no_number_is_no_count)
{
    static const char *const bad[] = {"",
                                      "null",
                                      "{}",
                                      "{\"input_tokens\":\"42\"}",
                                      "{\"input_tokens\":-1}",
                                      "{\"input_tokens\":1.5}",
                                      "{\"input_tokens\":99999999999999999999}",
                                      "{\"input_tokens\":42",
                                      "[42]"};
    int64_t tokens = 7;
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_ai_count_read(SL_AI_ANTHROPIC, sl_cstr(bad[i]), &tokens));
    EXPECT(!sl_ai_count_read(SL_AI_OPENAI_CHAT, SL_STR("{\"input_tokens\":1}"), &tokens));
    EXPECT_EQ(7, tokens);
}

static int64_t estimate(struct call_fixture *f, const char *body)
{
    EXPECT_EQ(SL_OK, sl_ai_call_read(SL_AI_COUNT_TOKENS, SL_AI_ANTHROPIC, sl_cstr(body), f->a,
                                     &f->call, &f->d));
    return sl_ai_count_estimate(&f->call);
}

TEST(count, x12_the_estimate_knows_messages_system_tools_and_pictures)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    int64_t one = estimate(&f, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
                               "\"What is the weather in Berlin?\"}]}");
    EXPECT(one >= 8 && one <= 14); /* Claude: 14, with its own marks */
    int64_t with_system =
        estimate(&f, "{\"model\":\"m\",\"system\":\"You are a helpful assistant.\",\"messages\":[{"
                     "\"role\":\"user\",\"content\":\"What is the weather in Berlin?\"}]}");
    EXPECT(with_system >= one + 5 && with_system <= one + 9);
    int64_t with_image = estimate(
        &f, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            "\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://a.example/b\"}}]}]}");
    EXPECT(with_image > 1000 && with_image < 1100);
    fixture_fini(&f);
}

TEST(count, a_request_without_messages_is_refused_here)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    EXPECT_EQ(SL_E_AI_BAD_BODY, sl_ai_call_read(SL_AI_COUNT_TOKENS, SL_AI_ANTHROPIC,
                                                SL_STR("{\"model\":\"m\"}"), f.a, &f.call, &f.d));
    EXPECT_STR("messages", f.d.problems[0].path);
    fixture_fini(&f);
}

TEST(count, x12_a_vendor_of_another_dialect_counts_for_the_client)
{
    struct call_fixture f;
    fixture_init(&f, "aws-bedrock");
    f.target.base_url_path = SL_STR("");
    f.target.authority = SL_STR("bedrock-runtime.eu-central-1.amazonaws.com");
    (void)estimate(&f, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("/model/real/count-tokens", f.wire.path);
    EXPECT_STR("{\"input\":{\"converse\":{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":"
               "\"Hi\"}]}]}}}",
               sl_chain_flatten(&f.wire.body, f.a));
    fixture_open(&f, false, NULL);
    fixture_feed(&f, SL_STR("{\"inputTokens\":42}"), 5);
    EXPECT_STR("{\"input_tokens\":42}", fixture_finish(&f, true));
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    EXPECT_EQ(SL_AI_USAGE_NONE, sl_ai_relay_usage(f.relay).source);
    fixture_open(&f, false, NULL);
    fixture_feed(&f, SL_STR("{\"message\":\"no\"}"), 5);
    (void)fixture_finish(&f, true);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    fixture_fini(&f);
}

TEST(count, nobody_pays_for_a_count)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    (void)estimate(&f, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    fixture_open(&f, false, NULL);
    fixture_feed(&f, SL_STR("{\"input_tokens\":42}"), 5);
    EXPECT_STR("{\"input_tokens\":42}", fixture_finish(&f, true));
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    EXPECT_EQ(SL_AI_USAGE_NONE, sl_ai_relay_usage(f.relay).source);
    fixture_fini(&f);
}

TEST(count, x12_openais_counter_counts_for_clients_of_two_dialects)
{
    static const struct {
        enum sl_ai_dialect client;
        const char *asked, *sent, *answer;
    } rows[] = {
        {SL_AI_OPENAI_RESPONSES, "{\"model\":\"m\",\"input\":\"Hi\",\"future\":1}",
         "{\"model\":\"real\",\"input\":\"Hi\",\"future\":1}",
         "{\"object\":\"response.input_tokens\",\"input_tokens\":42}"},
        {SL_AI_ANTHROPIC, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
         "{\"model\":\"real\",\"input\":[{\"type\":\"message\",\"role\":\"user\","
         "\"content\":[{\"type\":\"input_text\",\"text\":\"Hi\"}]}]}",
         "{\"input_tokens\":42}"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, "custom-responses");
        EXPECT_EQ(SL_OK, sl_ai_call_read(SL_AI_COUNT_TOKENS, rows[i].client, sl_cstr(rows[i].asked),
                                         f.a, &f.call, &f.d));
        EXPECT_EQ(SL_OK,
                  sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
        EXPECT(sl_str_ends(f.wire.path, SL_STR("/responses/input_tokens")));
        EXPECT_STR(rows[i].sent, sl_chain_flatten(&f.wire.body, f.a));
        fixture_open(&f, false, NULL);
        fixture_feed(&f, SL_STR("{\"object\":\"response.input_tokens\",\"input_tokens\":42}"), 5);
        EXPECT_STR(rows[i].answer, fixture_finish(&f, true));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        EXPECT_EQ(SL_AI_USAGE_NONE, sl_ai_relay_usage(f.relay).source);
        fixture_open(&f, false, NULL);
        fixture_feed(&f, SL_STR("{\"object\":\"response\"}"), 5);
        (void)fixture_finish(&f, true);
        EXPECT(sl_ai_relay_state(f.relay)->has_failed);
        fixture_fini(&f);
    }
}

TEST(count, x12_the_estimate_counts_items_of_input_as_messages)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    static const char *const bodies[] = {
        "{\"model\":\"m\",\"input\":\"Hi\"}",
        "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"Hi\"},"
        "{\"role\":\"user\",\"content\":\"Hi\"}]}",
    };
    int64_t before = 0;
    for (size_t i = 0; i < SL_LEN(bodies); i++) {
        EXPECT_EQ(SL_OK, sl_ai_call_read(SL_AI_COUNT_TOKENS, SL_AI_OPENAI_RESPONSES,
                                         sl_cstr(bodies[i]), f.a, &f.call, &f.d));
        int64_t tokens = sl_ai_count_estimate(&f.call);
        EXPECT(tokens > before && tokens < before + 10);
        before = tokens;
    }
    fixture_fini(&f);
}
