/*
 * Clients of Cohere's v2 chat: what vendors of each dialect are asked, what passes between Cohere and Cohere,
 * and the errors. What the answers look like is in tests/transcripts.
 */
#include "ai/dialect.h"
#include "ai/frames.h"
#include "codec/jsonscan.h"
#include "tests/unit/ai/call_fixture.h"

#define USER "{\"role\":\"user\",\"content\":\"hi\"}"
#define ASK(members) "{\"model\":\"m\",\"messages\":[" USER "]" members "}"
#define TOOL(rest)                                                                                  \
    "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}" rest \
    "}}"
#define CALLED                                                                                  \
    USER ",{\"role\":\"assistant\",\"tool_plan\":\"look\",\"tool_calls\":[{\"id\":\"c1\","      \
         "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}" \
         "]},{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":"

static bool has(sl_str text, const char *part)
{
    return sl_str_find_str(text, sl_cstr(part)) != SIZE_MAX;
}

struct cell {
    const char *vendor, *asks;
    const char *wanted;  /* in the vendor's body; begins with '!': not in it */
    const char *dropped; /* the receipt; NULL: nothing */
};

static const struct cell cells[] = {
    {"custom-openai", ASK(",\"p\":0.9,\"k\":4"), "\"top_p\":0.9", "top_k"},
    {"custom-openai", ASK(",\"stop_sequences\":[\"a\"]"), "\"stop\":[\"a\"]", NULL},
    {"custom-openai", ASK(",\"seed\":7,\"logprobs\":true"), "\"logprobs\":true", NULL},
    {"openai", ASK(",\"tools\":[" TOOL("") "],\"strict_tools\":true"), "\"strict\":true", NULL},
    {"openai", ASK(",\"strict_tools\":true,\"tools\":[" TOOL("") "]"), "\"strict\":true", NULL},
    {"custom-openai", ASK(",\"tools\":[" TOOL("") "],\"tool_choice\":\"REQUIRED\""),
     "\"tool_choice\":\"required\"", NULL},
    {"custom-openai", ASK(",\"tools\":[" TOOL("") "],\"tool_choice\":\"NONE\""),
     "\"tool_choice\":\"none\"", NULL},
    {"custom-openai", ASK(",\"response_format\":{\"type\":\"json_object\"}"),
     "\"response_format\":{\"type\":\"json_object\"}", NULL},
    {"custom-openai",
     ASK(",\"response_format\":{\"type\":\"json_object\",\"json_schema\":{\"type\":\"object\"}}"),
     "\"type\":\"json_schema\"", NULL},
    {"openai", ASK(",\"thinking\":{\"type\":\"enabled\"}"), "\"reasoning_effort\":\"medium\"",
     NULL},
    {"custom-openai", ASK(",\"safety_mode\":\"STRICT\",\"citation_options\":{\"mode\":\"OFF\"}"),
     "!safety", "safety_mode,citation_options"},
    {"custom-openai", "{\"model\":\"m\",\"messages\":[" CALLED "\"r\"}]}",
     "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"r\"}", "messages.thinking"},
    {"custom-openai",
     "{\"model\":\"m\",\"messages\":[" CALLED
     "[{\"type\":\"document\",\"document\":{\"id\":\"d\",\"data\":{\"k\":\"v\"}}}]}]}",
     "\"content\":\"{\\\"k\\\":\\\"v\\\"}\"", "messages.thinking,messages.content.document.id"},
    {"anthropic", ASK(",\"documents\":[{\"id\":\"d\",\"data\":{\"title\":\"T\",\"text\":\"x\"}}]"),
     "{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"text\","
     "\"media_type\":\"text/plain\",\"data\":\"x\"},\"title\":\"T\"},{\"type\":\"text\"",
     "documents.id"},
    {"anthropic", ASK(",\"documents\":[{\"data\":{\"title\":\"T\",\"text\":\"x\",\"n\":1}}]"),
     "\"data\":\"{\\\"title\\\":\\\"T\\\",\\\"text\\\":\\\"x\\\",\\\"n\\\":1}\"},\"title\":\"T\"",
     NULL},
    {"anthropic", ASK(",\"documents\":[\"x\"]"), "\"data\":\"x\"}},{\"type\":\"text\"", NULL},
    {"anthropic", ASK(",\"thinking\":{\"type\":\"enabled\",\"token_budget\":2000}"),
     "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}", NULL},
    {"anthropic", "{\"model\":\"m\",\"messages\":[" CALLED "\"r\"}]}",
     "{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{\"a\":1}}",
     "messages.thinking"},
    {"gemini", ASK(",\"max_tokens\":5,\"k\":4"), "\"topK\":4", NULL},
    {"gemini",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\","
     "\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]"
     "}]}",
     "\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}", NULL},
    {"ollama-native", ASK(",\"max_tokens\":5,\"p\":0.5"), "\"num_predict\":5", NULL},
};

TEST(cohere, x10_members_reach_every_vendor_or_are_listed)
{
    for (size_t i = 0; i < SL_LEN(cells); i++) {
        const char *wanted = cells[i].wanted;
        bool is_absent = wanted[0] == '!';
        struct call_fixture f;
        fixture_init(&f, cells[i].vendor);
        sl_str body = fixture_write(&f, SL_AI_COHERE, cells[i].asks);
        if (has(body, wanted + is_absent) == is_absent)
            print_error("%s\nwanted %s\nin     %.*s\n", cells[i].asks, wanted, SL_STRF(body));
        EXPECT(has(body, wanted + is_absent) != is_absent);
        EXPECT_STR(cells[i].dropped != NULL ? cells[i].dropped : "", f.wire.dropped_params);
        fixture_fini(&f);
    }
}

/* ------------------------------------------------------------------ bad requests */

static const struct {
    const char *asks, *path;
} bad[] = {
    {"{\"model\":\"m\"}", "messages"},
    {"{\"messages\":[" USER "]}", "model"},
    {"{\"model\":\"m\",\"messages\":[]}", "messages"},
    {"{\"model\":\"m\",\"messages\":[1]}", "messages[0]"},
    {"{\"model\":\"m\",\"messages\":[{\"role\":\"bot\",\"content\":\"x\"}]}", "messages[0].role"},
    {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":7}]}", "messages[0].content"},
    {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"thinking\","
     "\"thinking\":\"t\"}]}]}",
     "messages[0].content[0].type"},
    {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
     "\"image_url\":{\"url\":\"data:x\"}}]}]}",
     "messages[0].content[0].image_url.url"},
    {"{\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}",
     "messages[0].tool_call_id"},
    {ASK(",\"documents\":{}"), "documents"},
    {ASK(",\"documents\":[\"a\",7]"), "documents[1]"},
    {ASK(",\"documents\":[{\"data\":[]}]"), "documents[0].data"},
    {"{\"model\":\"m\",\"documents\":[\"a\"],\"messages\":[{\"role\":\"system\",\"content\":\"x\"}]}",
     "documents"},
    {ASK(",\"tool_choice\":\"auto\""), "tool_choice"},
    {ASK(",\"strict_tools\":1"), "strict_tools"},
    {ASK(",\"tools\":[{\"type\":\"function\"}]"), "tools[0].function.name"},
    {ASK(",\"response_format\":{\"type\":\"xml\"}"), "response_format"},
    {ASK(",\"response_format\":{\"type\":\"json_object\",\"json_schema\":\"y\"}"),
     "response_format.json_schema"},
    {ASK(",\"thinking\":{\"type\":\"maybe\"}"), "thinking"},
    {ASK(",\"thinking\":{\"type\":\"enabled\",\"token_budget\":-1}"), "thinking.token_budget"},
    {ASK(",\"max_tokens\":-1"), "max_tokens"},
    {ASK(",\"stop_sequences\":[1]"), "stop_sequences[0]"},
};

TEST(cohere, x9_what_is_wrong_is_named_with_its_place)
{
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
        struct sl_ai_request rq;
        struct sl_diag d;
        sl_diag_init(&d, a);
        EXPECT_EQ(SL_E_AI_BAD_BODY,
                  sl_ai_cohere.decode_request(sl_cstr(bad[i].asks), NULL, a, &rq, &d));
        EXPECT_EQ(1, d.count);
        EXPECT_STR(bad[i].path, d.problems[0].path);
        sl_arena_free(a);
    }
}

/* ------------------------------------------------------------------ Cohere to Cohere */

TEST(cohere, x1_a_request_to_cohere_passes_but_for_the_model)
{
    struct call_fixture f;
    fixture_init(&f, "cohere-v2");
    sl_str body = fixture_write(
        &f, SL_AI_COHERE, ASK(",  \"x_new\":[1.0],\"documents\":[{\"data\":{\"a\":\"\\u0062\"}}]"));
    EXPECT_STR("{\"model\":\"real\",\"messages\":[" USER
               "],  \"x_new\":[1.0],\"documents\":[{\"data\":"
               "{\"a\":\"\\u0062\"}}]}",
               body);
    EXPECT(!f.wire.is_crossed);
    EXPECT_STR("/v1/v2/chat", f.wire.path);
    fixture_fini(&f);
}

TEST(cohere, the_cap_of_a_target_becomes_its_limit)
{
    struct call_fixture f;
    fixture_init(&f, "cohere-v2");
    f.target.cap_max_tokens = 77;
    EXPECT(has(fixture_write(&f, SL_AI_COHERE, ASK("")), "\"max_tokens\":77,"));
    fixture_fini(&f);
}

#define EVENT(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"," rest "}\n\n"
#define START \
    EVENT("message-start", "\"id\":\"a1\",\"delta\":{\"message\":{\"role\":\"assistant\"}}")
#define BEGIN              \
    EVENT("content-start", \
          "\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"text\",\"text\":\"\"}}}")
#define SAYS(text)         \
    EVENT("content-delta", \
          "\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"" text "\"}}}")
#define END                                                                           \
    EVENT("message-end",                                                              \
          "\"delta\":{\"finish_reason\":\"MAX_TOKENS\",\"usage\":{\"billed_units\":{" \
          "\"input_tokens\":5,\"output_tokens\":2},\"tokens\":{\"input_tokens\":50,"  \
          "\"output_tokens\":4},\"cached_tokens\":3}}")

static void open_same(struct call_fixture *f, bool is_stream)
{
    fixture_init(f, "cohere-v2");
    (void)fixture_write(f, SL_AI_COHERE, is_stream ? ASK(",\"stream\":true") : ASK(""));
    fixture_open(f, is_stream, "shown");
}

TEST(cohere, x1_a_stream_of_coheres_passes_byte_for_byte_and_is_counted)
{
    static const char stream[] = START BEGIN SAYS("Hi ") SAYS("you") SAYS("\\u00fc") END;
    for (size_t step = 1; step < 40; step++) {
        struct call_fixture f;
        open_same(&f, true);
        fixture_feed(&f, sl_cstr(stream), step);
        EXPECT_STR(stream, fixture_finish(&f, true));
        const struct sl_ai_relay_state *s = sl_ai_relay_state(f.relay);
        EXPECT(s->is_complete && s->has_content);
        EXPECT_EQ(SL_AI_STOP_LENGTH, s->stop);
        EXPECT_EQ(9, s->text_bytes);
        EXPECT_EQ(5, s->usage.input);
        EXPECT_EQ(3, s->usage.cache_read);
        EXPECT_EQ(2, s->usage.output);
        fixture_fini(&f);
    }
}

TEST(cohere, t4_a_stream_that_says_error_or_breaks_off_has_failed)
{
    static const char *const streams[] = {
        START BEGIN SAYS("Hi"),
        START BEGIN SAYS("Hi") "data: {\"message\":\"it broke\"}\n\n",
        START EVENT("message-end",
                    "\"delta\":{\"finish_reason\":\"ERROR\",\"error\":\"it broke\"}"),
        START EVENT("message-end", "\"delta\":{\"finish_reason\":\"TIMEOUT\"}"),
    };
    for (size_t i = 0; i < SL_LEN(streams); i++) {
        struct call_fixture f;
        open_same(&f, true);
        fixture_feed(&f, sl_cstr(streams[i]), 7);
        sl_str out = fixture_finish(&f, true);
        const struct sl_ai_relay_state *s = sl_ai_relay_state(f.relay);
        EXPECT(s->has_failed && !s->is_complete);
        EXPECT(!has(out, "message-end"));
        if (has(sl_cstr(streams[i]), "it broke"))
            EXPECT_STR("it broke", s->fault.message);
        sl_ai_relay_write_fault(f.relay, &s->fault, &f.out);
        EXPECT(has(fixture_text(&f), "\"finish_reason\":\"ERROR\"}}\n\n"));
        fixture_fini(&f);
    }
}

TEST(cohere, x1_a_whole_answer_passes_and_is_counted)
{
    static const char answer[] =
        "{\"id\":\"a1\",\"finish_reason\":\"TOOL_CALL\",\"message\":{\"role\":\"assistant\",\"tool_plan\":\"plan\","
        "\"content\":[{\"type\":\"text\",\"text\":\"abc\"}],\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\","
        "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"usage\":{\"tokens\":{\"input_tokens\":5,"
        "\"output_tokens\":2}},\"x_new\":1.0}";
    struct call_fixture f;
    open_same(&f, false);
    fixture_feed(&f, sl_cstr(answer), 11);
    EXPECT_STR(answer, fixture_finish(&f, true));
    EXPECT_EQ(SL_AI_STOP_TOOL, sl_ai_relay_state(f.relay)->stop);
    EXPECT_EQ(10, sl_ai_relay_state(f.relay)->text_bytes);
    EXPECT_EQ(5, sl_ai_relay_state(f.relay)->usage.input);
    fixture_fini(&f);
}

TEST(cohere, e1_a_body_that_is_an_error_has_failed)
{
    static const char *const bodies[] = {
        "{\"id\":\"x\",\"message\":\"no such thing\"}",
        "{\"id\":\"x\",\"finish_reason\":\"ERROR\",\"message\":{\"role\":\"assistant\"}}", "{}",
        "[]"};
    for (size_t i = 0; i < SL_LEN(bodies); i++) {
        struct call_fixture f;
        open_same(&f, false);
        fixture_feed(&f, sl_cstr(bodies[i]), 5);
        EXPECT_EQ(0, fixture_finish(&f, true).n);
        EXPECT(sl_ai_relay_state(f.relay)->has_failed);
        fixture_fini(&f);
    }
}

#define SAID(text, logprob)                                                                       \
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"real\",\"choices\":[{" \
    "\"index\":0,\"delta\":{\"content\":\"" text                                                  \
    "\"},\"logprobs\":{\"content\":[{\"token\":\"t\","                                            \
    "\"logprob\":" logprob "}]}}]}\n\n"

/* Half a letter is a token without text. */
TEST(cohere, each_event_has_the_probabilities_of_one_piece)
{
    static const char stream[] =
        SAID("a", "-0.5") SAID("", "-0.75") SAID("", "-1.5") SAID("b", "-2.5");
    struct call_fixture f;
    struct sl_ai_frames frames = {.framing = SL_AI_FRAMING_SSE};
    struct sl_sse_event ev;
    struct sl_jsonscan_info info;
    fixture_init(&f, "custom-openai");
    (void)fixture_write(&f, SL_AI_COHERE, ASK(",\"stream\":true,\"logprobs\":true"));
    fixture_open(&f, true, NULL);
    fixture_feed(&f, sl_cstr(stream), 50);
    sl_str got = fixture_finish(&f, false);
    sl_ai_frames_feed(&frames, got);
    while (sl_ai_frames_next(&frames, &ev) == SL_OK)
        EXPECT_EQ(SL_OK, sl_jsonscan(ev.data, NULL, NULL, 0, NULL, &info));
    sl_ai_frames_fini(&frames);
    static const char *const numbers[] = {"-0.5", "-0.75", "-1.5", "-2.5"};
    for (size_t i = 0; i < SL_LEN(numbers); i++)
        EXPECT(has(got, numbers[i]));
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ what goes round */

/* A thought's signature comes back to its maker through a client that echoes what it got. */
TEST(cohere, x6_a_signed_thought_is_given_back_to_its_maker)
{
    static const char answer[] =
        "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"real\",\"content\":[{\"type\":"
        "\"thinking\",\"thinking\":\"hm\",\"signature\":\"c2ln\"},{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":"
        "\"f\",\"input\":{}}],\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}";
    struct call_fixture f, again;
    struct sl_json_range message, content, calls;
    fixture_init(&f, "anthropic");
    (void)fixture_write(&f, SL_AI_COHERE, ASK(""));
    fixture_open(&f, false, NULL);
    fixture_feed(&f, sl_cstr(answer), 50);
    sl_str got = fixture_finish(&f, true);
    struct sl_json_range top = sl_json_range_top(got);
    EXPECT(sl_json_range_get(got, &top, SL_STR("message"), &message));
    EXPECT(sl_json_range_get(got, &message, SL_STR("content"), &content));
    EXPECT(sl_json_range_get(got, &message, SL_STR("tool_calls"), &calls));
    fixture_init(&again, "anthropic");
    sl_str asks = sl_fmt(again.a,
                         "{\"model\":\"m\",\"messages\":[" USER
                         ",{\"role\":\"assistant\",\"content\":%.*s,\"tool_calls\":%.*s},"
                         "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"r\"}]}",
                         SL_STRF(sl_json_range_text(got, &content)),
                         SL_STRF(sl_json_range_text(got, &calls)));
    sl_str body = fixture_write(&again, SL_AI_COHERE, asks.p);
    EXPECT(has(body, "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"c2ln\"}"));
    fixture_fini(&f);
    fixture_fini(&again);
}

TEST(cohere, errors_have_coheres_form)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_ai_fault f = sl_ai_fault_of(SL_E_AI_BAD_BODY, SL_STR("no \"model\""));
    EXPECT_STR("{\"id\":\"r1\",\"message\":\"no \\\"model\\\"\"}",
               sl_ai_fault_body(&f, SL_AI_COHERE, SL_STR("r1"), a));
    EXPECT_EQ(400, sl_ai_fault_status(&f, SL_AI_COHERE));
    sl_arena_free(a);
}
