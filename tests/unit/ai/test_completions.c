/* test_completions: the legacy dialect of prompts, passing and bridged to conversations. */
#include "ai/dialect.h"
#include "tests/unit/ai/call_fixture.h"

static const struct sl_ai_vendor *surface_of(const char *vendor, enum sl_ai_dialect dialect)
{
    const struct sl_ai_vendor *v = sl_ai_vendor_find(sl_cstr(vendor));
    while (v != NULL && v->dialect != dialect)
        v = sl_ai_vendor_next(v);
    SL_ASSERT(v != NULL);
    return v;
}

/* ------------------------------------------------------------------ requests */

TEST(completions, x1_a_vendor_that_has_them_gets_the_clients_bytes)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    f.target.vendor = surface_of("openai", SL_AI_OPENAI_COMPLETIONS);
    EXPECT_STR(
        "{ \"model\":\"real\",\"prompt\":[\"a\",\"b\"],\"suffix\":\"s\",\"echo\":true,\"best_of\":2,"
        "\"x\":1e400}",
        fixture_write(&f, SL_AI_OPENAI_COMPLETIONS,
                      "{ \"model\":\"m\",\"prompt\":[\"a\",\"b\"],\"suffix\":\"s\",\"echo\":true,"
                      "\"best_of\":2,\"x\":1e400}"));
    EXPECT_STR("/v1/completions", f.wire.path);
    EXPECT(!f.wire.is_crossed);
    fixture_fini(&f);
}

TEST(completions, u1_usage_of_a_stream_is_asked_for_and_hidden)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    f.target.vendor = surface_of("openai", SL_AI_OPENAI_COMPLETIONS);
    EXPECT_STR(
        "{\"stream_options\":{\"include_usage\":true},\"model\":\"real\",\"prompt\":\"a\",\"stream\":true}",
        fixture_write(&f, SL_AI_OPENAI_COMPLETIONS,
                      "{\"model\":\"m\",\"prompt\":\"a\",\"stream\":true}"));
    EXPECT(f.wire.has_hidden_usage);
    fixture_open(&f, true, "m");
    fixture_feed(&f,
                 SL_STR("data: {\"id\":\"cmpl-1\",\"choices\":[{\"text\":\"hi\",\"index\":0,"
                        "\"finish_reason\":null}],\"model\":\"real\",\"usage\":null}\n\n"
                        "data: {\"id\":\"cmpl-1\",\"choices\":[{\"text\":\"\",\"index\":0,"
                        "\"finish_reason\":\"length\"}],\"model\":\"real\",\"usage\":null}\n\n"
                        "data: {\"id\":\"cmpl-1\",\"choices\":[],\"model\":\"real\",\"usage\":{"
                        "\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}\n\n"
                        "data: [DONE]\n\n"),
                 11);
    EXPECT_STR("data: {\"id\":\"cmpl-1\",\"choices\":[{\"text\":\"hi\",\"index\":0,"
               "\"finish_reason\":null}],\"model\":\"m\"}\n\n"
               "data: {\"id\":\"cmpl-1\",\"choices\":[{\"text\":\"\",\"index\":0,"
               "\"finish_reason\":\"length\"}],\"model\":\"m\"}\n\n"
               "data: [DONE]\n\n",
               fixture_finish(&f, true));
    EXPECT(sl_ai_relay_state(f.relay)->has_content);
    EXPECT_EQ(SL_AI_STOP_LENGTH, sl_ai_relay_state(f.relay)->stop);
    EXPECT_EQ(3, sl_ai_relay_usage(f.relay).input);
    EXPECT_EQ(1, sl_ai_relay_usage(f.relay).output);
    fixture_fini(&f);
}

TEST(completions, others_get_the_prompt_as_a_message)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    EXPECT_STR("{\"model\":\"real\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],"
               "\"temperature\":0.70,\"stop\":[\"x\"],\"max_completion_tokens\":9}",
               fixture_write(
                   &f, SL_AI_OPENAI_COMPLETIONS,
                   "{\"model\":\"m\",\"prompt\":[\"a\"],\"max_tokens\":9,\"temperature\":0.70,"
                   "\"stop\":\"x\",\"echo\":false,\"suffix\":null,\"best_of\":2,\"logprobs\":3}"));
    EXPECT_STR("best_of,logprobs", f.wire.dropped_params);
    EXPECT_STR("/v1/chat/completions", f.wire.path);
    fixture_fini(&f);
}

TEST(completions, x10_the_best_of_one_is_no_loss)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    (void)fixture_write(&f, SL_AI_OPENAI_COMPLETIONS,
                        "{\"model\":\"m\",\"prompt\":\"a\",\"best_of\":1,\"n\":1}");
    EXPECT_STR("", f.wire.dropped_params);
    (void)fixture_write(&f, SL_AI_OPENAI_COMPLETIONS,
                        "{\"model\":\"m\",\"prompt\":\"a\",\"best_of\":2}");
    EXPECT_STR("best_of", f.wire.dropped_params);
    fixture_fini(&f);
}

TEST(completions, without_a_limit_it_is_sixteen_tokens_at_every_vendor)
{
    static const struct {
        const char *vendor, *limit;
    } rows[] = {
        {"openai", "\"max_completion_tokens\":16"},
        {"anthropic", "\"max_tokens\":16"},
        {"gemini", "\"maxOutputTokens\":16"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, rows[i].vendor);
        sl_str sent =
            fixture_write(&f, SL_AI_OPENAI_COMPLETIONS, "{\"model\":\"m\",\"prompt\":\"a\"}");
        EXPECT(sl_str_find_str(sent, sl_cstr(rows[i].limit)) != SIZE_MAX);
        fixture_fini(&f);
    }
}

TEST(completions, the_limit_of_the_model_may_be_lower_than_the_default)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    f.target.cap_max_tokens = 8;
    sl_str sent = fixture_write(&f, SL_AI_OPENAI_COMPLETIONS, "{\"model\":\"m\",\"prompt\":\"a\"}");
    EXPECT(sl_str_find_str(sent, SL_STR("\"max_tokens\":8")) != SIZE_MAX);
    fixture_fini(&f);
}

TEST(completions, what_a_conversation_cannot_do_is_refused)
{
    static const struct {
        const char *body, *path;
        sl_rc rc;
    } rows[] = {
        {"{\"model\":\"m\",\"prompt\":[\"a\",\"b\"]}", "prompt", SL_E_AI_UNSUPPORTED},
        {"{\"model\":\"m\",\"prompt\":[1,2]}", "prompt", SL_E_AI_UNSUPPORTED},
        {"{\"model\":\"m\",\"prompt\":[[1],[2]]}", "prompt", SL_E_AI_UNSUPPORTED},
        {"{\"model\":\"m\",\"prompt\":\"a\",\"suffix\":\"s\"}", "suffix", SL_E_AI_UNSUPPORTED},
        {"{\"model\":\"m\",\"prompt\":\"a\",\"echo\":true}", "echo", SL_E_AI_UNSUPPORTED},
        {"{\"model\":\"m\",\"prompt\":\"a\",\"n\":2}", "n", SL_E_AI_UNSUPPORTED},
        {"{\"model\":\"m\"}", "prompt", SL_E_AI_BAD_BODY},
        {"{\"model\":\"m\",\"prompt\":{}}", "prompt", SL_E_AI_BAD_BODY},
        {"{\"model\":\"m\",\"prompt\":[]}", "prompt", SL_E_AI_BAD_BODY},
        {"{\"model\":\"m\",\"prompt\":\"\"}", "prompt", SL_E_AI_BAD_BODY},
        {"{\"model\":\"m\",\"prompt\":\"a\",\"echo\":1}", "echo", SL_E_AI_BAD_BODY},
        {"{\"model\":\"m\",\"prompt\":\"a\",\"suffix\":1}", "suffix", SL_E_AI_BAD_BODY},
        {"{\"model\":\"m\",\"prompt\":\"a\",\"stream_options\":1}", "stream_options",
         SL_E_AI_BAD_BODY},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, "anthropic");
        fixture_read(&f, SL_AI_OPENAI_COMPLETIONS, rows[i].body);
        EXPECT_EQ(rows[i].rc,
                  sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
        EXPECT_STR(rows[i].path, f.d.problems[0].path);
        fixture_fini(&f);
    }
}

/* ------------------------------------------------------------------ answers */

static const char anthropic_stream[] =
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":"
    "\"message\",\"role\":\"assistant\",\"model\":\"real\",\"content\":[],\"usage\":{\"input_tokens\":3,"
    "\"output_tokens\":1}}}\n\n"
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{"
    "\"type\":\"thinking\",\"thinking\":\"\"}}\n\n"
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
    "\"thinking_delta\",\"thinking\":\"hmm\"}}\n\n"
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{"
    "\"type\":\"text\",\"text\":\"\"}}\n\n"
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
    "\"text_delta\",\"text\":\"hi \\\"you\\\"\"}}\n\n"
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n"
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"},"
    "\"usage\":{\"output_tokens\":5}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

#define DETAILS \
    ",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0}}}"

#define CHUNK \
    "data: {\"id\":\"cmpl-req1\",\"object\":\"text_completion\",\"created\":1700000000,\"model\":\"m\","

TEST(completions, a_stream_of_another_dialect_comes_as_text_chunks_whatever_the_pieces)
{
    for (size_t step = 1; step < sizeof(anthropic_stream); step = step < 40 ? step + 1 : step * 2) {
        struct call_fixture f;
        fixture_init(&f, "anthropic");
        fixture_write(&f, SL_AI_OPENAI_COMPLETIONS,
                      "{\"model\":\"m\",\"prompt\":\"a\",\"stream\":true,\"stream_options\":{"
                      "\"include_usage\":true}}");
        fixture_open(&f, true, "m");
        fixture_feed(&f, sl_cstr(anthropic_stream), step);
        EXPECT_STR(
            CHUNK
            "\"choices\":[{\"text\":\"hi \\\"you\\\"\",\"index\":0,\"logprobs\":null,"
            "\"finish_reason\":null}],\"usage\":null}\n\n" CHUNK
            "\"choices\":[{\"text\":\"\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"length\"}],"
            "\"usage\":null}\n\n" CHUNK
            "\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8" DETAILS
            "\n\n"
            "data: [DONE]\n\n",
            fixture_finish(&f, true));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
}

TEST(completions, t4_a_cut_stream_ends_in_an_error_and_not_in_done)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    fixture_write(&f, SL_AI_OPENAI_COMPLETIONS,
                  "{\"model\":\"m\",\"prompt\":\"a\",\"stream\":true}");
    fixture_open(&f, true, "m");
    fixture_feed(&f, sl_str_head(sl_cstr(anthropic_stream), sizeof(anthropic_stream) - 60), 50);
    (void)fixture_finish(&f, false);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    sl_ai_relay_write_fault(f.relay, &sl_ai_relay_state(f.relay)->fault, &f.out);
    sl_str all = fixture_text(&f);
    EXPECT(sl_str_find_str(all, SL_STR("data: {\"error\":{")) != SIZE_MAX);
    EXPECT(sl_str_find_str(all, SL_STR("[DONE]")) == SIZE_MAX);
    fixture_fini(&f);
}

TEST(completions, a_whole_answer_of_another_dialect_is_a_text_completion)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    fixture_write(&f, SL_AI_OPENAI_COMPLETIONS, "{\"model\":\"m\",\"prompt\":\"a\"}");
    fixture_open(&f, false, "m");
    fixture_feed(
        &f,
        SL_STR(
            "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"real\","
            "\"content\":[{\"type\":\"text\",\"text\":\"hi\"},{\"type\":\"tool_use\",\"id\":\"t\","
            "\"name\":\"f\",\"input\":{}}],\"stop_reason\":\"end_turn\",\"usage\":{"
            "\"input_tokens\":3,\"output_tokens\":5}}"),
        17);
    EXPECT_STR(
        "{\"id\":\"cmpl-req1\",\"object\":\"text_completion\",\"created\":1700000000,\"model\":\"m\","
        "\"choices\":[{\"text\":\"hi\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8" DETAILS,
        fixture_finish(&f, true));
    fixture_fini(&f);
}

TEST(completions, t15_a_streamed_answer_is_gathered_for_a_client_that_wants_it_whole)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    f.target.vendor = surface_of("openai", SL_AI_OPENAI_COMPLETIONS);
    fixture_write(&f, SL_AI_OPENAI_COMPLETIONS, "{\"model\":\"m\",\"prompt\":\"a\",\"n\":2}");
    fixture_open(&f, true, "m");
    fixture_feed(
        &f,
        SL_STR(
            "data: {\"id\":\"cmpl-1\",\"model\":\"real\",\"choices\":[{\"text\":\"a\",\"index\":0},"
            "{\"text\":\"b\",\"index\":1}]}\n\n"
            "data: {\"id\":\"cmpl-1\",\"choices\":[{\"text\":\"c\",\"index\":0,"
            "\"finish_reason\":\"stop\"}]}\n\n"
            "data: {\"choices\":[{\"text\":\"d\",\"index\":1,\"finish_reason\":"
            "\"content_filter\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n"),
        13);
    EXPECT_STR(
        "{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":1700000000,\"model\":\"m\","
        "\"choices\":[{\"text\":\"ac\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"stop\"},"
        "{\"text\":\"bd\",\"index\":1,\"logprobs\":null,\"finish_reason\":\"content_filter\"}],"
        "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3" DETAILS,
        fixture_finish(&f, true));
    fixture_fini(&f);
}

TEST(completions, a_conversation_is_no_prompt)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    f.target.vendor = surface_of("openai", SL_AI_OPENAI_COMPLETIONS);
    fixture_read(&f, SL_AI_OPENAI_CHAT,
                 "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}");
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    fixture_fini(&f);
}
