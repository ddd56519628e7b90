/*
 * test_relay_cross: answers that change their dialect, or become a stream or whole, on the way
 * (cases U5 T2 T3 T4 T6 T8 T15); and answers in a content coding (T14). The mappings themselves are tested
 * with the transcripts.
 */
#include "base/err.h"
#include "codec/jsonscan.h"
#include "codec/zip.h"
#include "tests/unit/ai/call_fixture.h"

#define AN_START                                                                             \
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"," \
    "\"model\":\"real\",\"content\":[],\"usage\":{\"input_tokens\":100,"                     \
    "\"cache_creation_input_tokens\":20,\"cache_read_input_tokens\":300,\"output_tokens\":1}}}\n\n"
#define AN_BLOCK                                                                         \
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"" \
    "content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
#define AN_TEXT                                                                          \
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"" \
    "delta\":{\"type\":\"text_delta\",\"text\":\"Hello there\"}}\n\n"
#define AN_BLOCK_STOP \
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
#define AN_DELTA                                                                          \
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":" \
    "\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":50}}\n\n"
#define AN_STOP "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
#define AN_ALL AN_START AN_BLOCK AN_TEXT AN_BLOCK_STOP AN_DELTA AN_STOP

#define OA_ALL                                                                                    \
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"real\"," \
    "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_"   \
    "reason\":null}]}\n\n"                                                                        \
    "data: {\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_"    \
    "reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":420,\"completion_tokens\":2,\"prompt_"      \
    "tokens_details\":{\"cached_tokens\":300}}}\n\ndata: [DONE]\n\n"

#define MESSAGES "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define ASKS "{\"model\":\"m\"," MESSAGES
#define ASKS_STREAM "{\"model\":\"m\",\"stream\":true," MESSAGES
#define ASKS_USAGE \
    "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}," MESSAGES

struct crossing {
    const char *vendor;
    enum sl_ai_dialect client;
    const char *asks;
};

static const struct crossing to_openai = {"anthropic", SL_AI_OPENAI_CHAT, ASKS_USAGE};
static const struct crossing to_anthropic = {"openai", SL_AI_ANTHROPIC, ASKS_STREAM};

static void open_crossing(struct call_fixture *f, const struct crossing *c, bool is_stream)
{
    fixture_init(f, c->vendor);
    (void)fixture_write(f, c->client, c->asks);
    fixture_open(f, is_stream, "m");
}

static bool has(sl_str text, const char *part)
{
    return sl_str_find_str(text, sl_cstr(part)) != SIZE_MAX;
}

static sl_str relayed(struct call_fixture *f, const struct crossing *c, const char *in, size_t step)
{
    open_crossing(f, c, true);
    fixture_feed(f, sl_cstr(in), step);
    return fixture_finish(f, true);
}

TEST(relay_cross, t2_every_cut_gives_the_same_bytes)
{
    static const struct {
        const struct crossing *crossing;
        const char *in;
    } rows[] = {{&to_openai, AN_ALL}, {&to_anthropic, OA_ALL}};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture whole, cut;
        sl_str want = relayed(&whole, rows[i].crossing, rows[i].in, SIZE_MAX / 2);
        EXPECT(sl_ai_relay_state(whole.relay)->is_complete);
        for (size_t step = 1; step < 40; step += 3) {
            EXPECT_STRS(want, relayed(&cut, rows[i].crossing, rows[i].in, step));
            fixture_fini(&cut);
        }
        fixture_fini(&whole);
    }
}

TEST(relay_cross, a_stream_of_messages_becomes_one_of_chat_completions)
{
    struct call_fixture f;
    sl_str text = relayed(&f, &to_openai, AN_ALL, 50);
    EXPECT(has(text, "\"content\":\"Hello there\""));
    EXPECT(has(text, "\"model\":\"m\""));
    EXPECT(!has(text, "\"real\""));
    EXPECT(has(text, "\"finish_reason\":\"stop\""));
    EXPECT(sl_str_ends(text, SL_STR("data: [DONE]\n\n")));
    fixture_fini(&f);
}

TEST(relay_cross, u5_usage_is_inclusive_for_one_and_exclusive_for_the_other)
{
    struct call_fixture f;
    sl_str text = relayed(&f, &to_openai, AN_ALL, 50);
    EXPECT(has(text, "\"prompt_tokens\":420"));
    EXPECT(has(text, "\"cached_tokens\":300"));
    struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
    EXPECT_EQ(SL_AI_USAGE_REPORTED, u.source);
    EXPECT_EQ(100, u.input);
    EXPECT_EQ(50, u.output);
    fixture_fini(&f);
    text = relayed(&f, &to_anthropic, OA_ALL, 50);
    EXPECT(has(text, "\"input_tokens\":120"));
    EXPECT(has(text, "\"cache_read_input_tokens\":300"));
    EXPECT_EQ(120, sl_ai_relay_usage(f.relay).input);
    fixture_fini(&f);
}

TEST(relay_cross, marks_are_taken_from_what_the_vendor_says)
{
    struct call_fixture f;
    (void)relayed(&f, &to_openai, AN_ALL, 50);
    const struct sl_ai_relay_state *st = sl_ai_relay_state(f.relay);
    EXPECT_STR("real", st->vendor_model);
    EXPECT_STR("end_turn", st->native_stop);
    EXPECT_EQ(SL_AI_STOP_END, st->stop);
    EXPECT_EQ(11, st->text_bytes);
    EXPECT(st->has_content);
    fixture_fini(&f);
}

TEST(relay_cross, t7_what_comes_before_the_text_does_not_commit)
{
    struct call_fixture f;
    open_crossing(&f, &to_openai, true);
    fixture_feed(&f, SL_STR(AN_START AN_BLOCK), 7);
    EXPECT(!sl_ai_relay_state(f.relay)->has_content);
    fixture_feed(&f, SL_STR(AN_TEXT), 7);
    EXPECT(sl_ai_relay_state(f.relay)->has_content);
    fixture_fini(&f);
}

TEST(relay_cross, t3_a_stop_reason_and_a_clean_end_suffice)
{
    struct call_fixture f;
    sl_str text = relayed(&f, &to_openai, AN_START AN_BLOCK AN_TEXT AN_BLOCK_STOP AN_DELTA, 50);
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    EXPECT(sl_str_ends(text, SL_STR("data: [DONE]\n\n")));
    fixture_fini(&f);
}

TEST(relay_cross, t4_a_cut_is_never_success)
{
    static const struct crossing *const crossings[] = {&to_openai, &to_anthropic};
    static const char *const in[] = {AN_START AN_BLOCK AN_TEXT,
                                     "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n"};
    for (size_t i = 0; i < SL_LEN(crossings); i++) {
        struct call_fixture f;
        sl_str text = relayed(&f, crossings[i], in[i], 50);
        EXPECT(sl_ai_relay_state(f.relay)->has_failed);
        EXPECT(!sl_ai_relay_state(f.relay)->is_complete);
        EXPECT_EQ(SL_AI_FAULT_STREAM, sl_ai_relay_state(f.relay)->fault.class_);
        EXPECT(!has(text, "[DONE]") && !has(text, "message_stop"));
        fixture_fini(&f);
    }
}

TEST(relay_cross, t6_an_error_before_content_is_a_failure_without_output)
{
    struct call_fixture f;
    sl_str text = relayed(
        &f, &to_openai,
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        9);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    EXPECT_EQ(SL_AI_FAULT_OVERLOAD, sl_ai_relay_state(f.relay)->fault.class_);
    EXPECT_STR("Overloaded", sl_ai_relay_state(f.relay)->fault.message);
    EXPECT_STR("", text);
    fixture_fini(&f);
}

TEST(relay_cross, t8_one_malformed_event_is_skipped)
{
    struct call_fixture f;
    sl_str text =
        relayed(&f, &to_openai,
                AN_START AN_BLOCK "data: {\"type\"\n\n" AN_TEXT AN_BLOCK_STOP AN_DELTA AN_STOP, 50);
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    EXPECT(has(text, "Hello there"));
    fixture_fini(&f);
}

TEST(relay_cross, t15_a_stream_for_a_client_that_wants_it_whole)
{
    static const struct crossing whole = {"anthropic", SL_AI_ANTHROPIC, ASKS};
    struct call_fixture f;
    sl_str text = relayed(&f, &whole, AN_ALL, 50);
    struct sl_jsonscan_info info;
    EXPECT_EQ(SL_OK, sl_jsonscan(text, NULL, NULL, 0, NULL, &info));
    EXPECT(has(text, "\"text\":\"Hello there\""));
    EXPECT(has(text, "\"stop_reason\":\"end_turn\""));
    EXPECT(sl_str_starts(sl_ai_relay_content_type(f.relay), SL_STR("application/json")));
    fixture_fini(&f);
}

TEST(relay_cross, t15_what_only_openais_form_has_survives_the_gathering)
{
    static const struct crossing gathered = {"openai", SL_AI_OPENAI_CHAT, ASKS};
    struct call_fixture f;
    sl_str text = relayed(
        &f, &gathered,
        "data: {\"id\":\"c1\",\"model\":\"m\",\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,"
        "\"delta\":{\"content\":\"a\"},\"logprobs\":{\"content\":[{\"token\":\"a\"}]}}]}\n\n"
        "data: {\"id\":\"c1\",\"model\":\"m\",\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,"
        "\"delta\":{\"content\":\"b\"},\"logprobs\":{\"content\":[{\"token\":\"b\"}]},"
        "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        50);
    EXPECT(has(text, "\"content\":\"ab\""));
    EXPECT(has(text, "\"system_fingerprint\":\"fp_1\""));
    EXPECT(has(text, "[{\"token\":\"a\"},{\"token\":\"b\"}]"));
    fixture_fini(&f);
}

TEST(relay_cross, t15_a_whole_answer_for_a_client_that_wants_a_stream)
{
    static const struct crossing same = {"openai", SL_AI_OPENAI_CHAT, ASKS_USAGE};
    struct call_fixture f;
    open_crossing(&f, &same, false);
    fixture_feed(
        &f,
        SL_STR(
            "{\"id\":\"c1\",\"object\":\"chat.completion\",\"model\":\"real\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}"),
        50);
    sl_str text = fixture_finish(&f, true);
    EXPECT(sl_str_starts(text, SL_STR("data: {")));
    EXPECT(has(text, "\"content\":\"Hi\""));
    EXPECT(sl_str_ends(text, SL_STR("data: [DONE]\n\n")));
    EXPECT(sl_str_starts(sl_ai_relay_content_type(f.relay), SL_STR("text/event-stream")));
    fixture_fini(&f);
}

/* Item 38 of the checklist: what was asked for is not what is billed. */
TEST(relay_cross, u11_the_tier_is_the_answers)
{
    static const struct {
        struct crossing crossing;
        const char *body, *tier;
    } rows[] = {
        {{"openai", SL_AI_ANTHROPIC, ASKS},
         "{\"id\":\"c1\",\"model\":\"real\",\"service_tier\":\"flex\",\"choices\":[{\"index\":0,"
         "\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}",
         "flex"},
        {{"anthropic", SL_AI_OPENAI_CHAT, ASKS},
         "{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"real\",\"content\":[{"
         "\"type\":\"text\",\"text\":\"Hi\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":"
         "1,\"output_tokens\":1,\"service_tier\":\"priority\"}}",
         "priority"},
        {{"gemini", SL_AI_OPENAI_CHAT, ASKS},
         "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]},\"finishReason\":\"STOP\"}],"
         "\"usageMetadata\":{\"promptTokenCount\":1,\"trafficType\":\"ON_DEMAND_FLEX\"}}",
         "ON_DEMAND_FLEX"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        open_crossing(&f, &rows[i].crossing, false);
        fixture_feed(&f, sl_cstr(rows[i].body), 50);
        (void)fixture_finish(&f, true);
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        EXPECT_STR(rows[i].tier, sl_ai_relay_state(f.relay)->service_tier);
        fixture_fini(&f);
    }
}

TEST(relay_cross, t6_an_error_body_for_a_client_that_wants_a_stream_is_a_failure)
{
    struct call_fixture f;
    open_crossing(&f, &to_openai, false);
    fixture_feed(
        &f,
        SL_STR("{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"m\"}}"),
        50);
    EXPECT_STR("", fixture_finish(&f, true));
    EXPECT_EQ(SL_AI_FAULT_RATE, sl_ai_relay_state(f.relay)->fault.class_);
    fixture_fini(&f);
}

TEST(relay_cross, a_request_whose_messages_the_vendor_takes_otherwise_goes_through_the_hub)
{
    struct call_fixture f;
    fixture_init(&f, "nvidia"); /* content_must_be_string */
    sl_str text = fixture_write(
        &f, SL_AI_OPENAI_CHAT,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}]}");
    EXPECT(has(text, "\"content\":\"a\""));
    EXPECT(has(text, "\"model\":\"real\""));
    fixture_fini(&f);
}

TEST(relay_cross, strict_refuses_what_has_no_word_in_the_other_dialect)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    fixture_read(
        &f, SL_AI_OPENAI_CHAT,
        "{\"model\":\"m\",\"seed\":1,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}");
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("seed", f.wire.dropped_params);
    sl_chain_fini(&f.wire.body);
    f.target.is_strict = true;
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ content codings */

static void open_coded(struct call_fixture *f, const char *coding)
{
    fixture_init(f, "anthropic");
    (void)fixture_write(f, SL_AI_ANTHROPIC, ASKS_STREAM);
    f->content_encoding = sl_cstr(coding);
    fixture_open(f, true, NULL);
}

TEST(relay_same, t14_a_compressed_stream_is_undone_as_it_comes)
{
    struct sl_strbuf packed = {0};
    sl_gzip(SL_STR(AN_ALL), 6, &packed);
    for (size_t step = 1; step < packed.n + 7; step += 5) {
        struct call_fixture f;
        open_coded(&f, "gzip");
        fixture_feed(&f, sl_strbuf_str(&packed), step);
        EXPECT_STR(AN_ALL, fixture_finish(&f, true));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
    sl_strbuf_fini(&packed);
}

TEST(relay_same, t14_what_cannot_be_undone_is_a_failure)
{
    static const char *const codings[] = {"gzip", "br", "zstd", "snappy"};
    for (size_t i = 0; i < SL_LEN(codings); i++) {
        struct call_fixture f;
        open_coded(&f, codings[i]);
        fixture_feed(&f, SL_STR("\xff\xff no such coding at all \xff\xff"), 100);
        EXPECT_STR("", fixture_finish(&f, true));
        EXPECT(sl_ai_relay_state(f.relay)->has_failed);
        fixture_fini(&f);
    }
}

TEST(relay_same, t14_a_compressed_stream_that_is_cut_off_is_cut)
{
    struct sl_strbuf packed = {0};
    struct call_fixture f;
    sl_gzip(SL_STR(AN_START AN_BLOCK AN_TEXT AN_BLOCK_STOP AN_DELTA), 6, &packed);
    open_coded(&f, "gzip");
    fixture_feed(&f, sl_str_head(sl_strbuf_str(&packed), packed.n - 4), 100);
    (void)fixture_finish(&f, true);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    fixture_fini(&f);
    sl_strbuf_fini(&packed);
}

TEST(relay_same, a_whole_answer_has_a_limit)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    (void)fixture_write(&f, SL_AI_OPENAI_CHAT, ASKS);
    f.body_limit = 100;
    fixture_open(&f, false, NULL);
    for (int i = 0; i < 11; i++)
        fixture_feed(&f, SL_STR("          "), 10);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    EXPECT_STR("the vendor's answer is too large", sl_ai_relay_state(f.relay)->fault.message);
    fixture_fini(&f);
}

/* 1 MB of blanks is 1 KB of gzip. */
TEST(relay_same, i6_what_was_compressed_counts_as_large_as_it_is)
{
    static char blanks[SL_MIB(1)];
    struct sl_strbuf packed = {0};
    struct call_fixture f;
    memset(blanks, ' ', sizeof(blanks));
    sl_gzip((sl_str){blanks, sizeof(blanks)}, 6, &packed);
    EXPECT(packed.n < 10000);
    fixture_init(&f, "openai");
    (void)fixture_write(&f, SL_AI_OPENAI_CHAT, ASKS);
    f.body_limit = 100000;
    f.content_encoding = SL_STR("gzip");
    fixture_open(&f, false, NULL);
    fixture_feed(&f, sl_strbuf_str(&packed), 500);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    EXPECT_STR("the vendor's answer is too large", sl_ai_relay_state(f.relay)->fault.message);
    fixture_fini(&f);
    sl_strbuf_fini(&packed);
}

TEST(relay_same, t12_silence_is_filled_with_what_each_dialect_ignores)
{
    static const struct {
        enum sl_ai_dialect client;
        const char *heartbeat;
    } rows[] = {
        {SL_AI_OPENAI_CHAT, ": keep-alive\n\n"},
        {SL_AI_OPENAI_RESPONSES, ": keep-alive\n\n"},
        {SL_AI_ANTHROPIC, "event: ping\ndata: {\"type\": \"ping\"}\n\n"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_call call = {.dialect = rows[i].client};
        EXPECT_STR(rows[i].heartbeat, sl_ai_heartbeat(&call));
    }
}
