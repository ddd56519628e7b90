/*
 * Clients of Ollama's chat and completion: what vendors of each dialect are asked, what passes between Ollama
 * and Ollama, and the errors. What the answers look like is in tests/transcripts.
 */
#include "ai/dialect.h"
#include "tests/unit/ai/call_fixture.h"

#define USER "{\"role\":\"user\",\"content\":\"hi\"}"
#define ASK(members) "{\"model\":\"m\",\"messages\":[" USER "]" members "}"
#define CALLS                                                                                 \
    USER ",{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":" \
         "\"f\",\"arguments\":{\"a\":1}}},{\"function\":{\"name\":\"g\",\"arguments\":{}}},"  \
         "{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":2}}}]}"
#define RESULT(member, text) "{\"role\":\"tool\"" member ",\"content\":\"" text "\"}"

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
    {"custom-openai", ASK(""), "\"stream\":true", NULL},
    {"custom-openai", ASK(",\"stream\":false"), "!\"stream\":true", NULL},
    {"custom-openai", ASK(",\"options\":{\"num_predict\":5,\"top_p\":0.9,\"stop\":[\"a\"]}"),
     "\"stop\":[\"a\"]", NULL},
    {"custom-openai", ASK(",\"options\":{\"num_predict\":5}"), "\"max_tokens\":5", NULL},
    {"custom-openai", ASK(",\"options\":{\"num_predict\":-1}"), "!max_tokens", NULL},
    {"custom-openai", ASK(",\"options\":{\"num_ctx\":9,\"min_p\":0.1},\"keep_alive\":0"),
     "!num_ctx", "options.num_ctx,options.min_p,keep_alive"},
    {"custom-openai", ASK(",\"format\":\"json\""), "\"response_format\":{\"type\":\"json_object\"}",
     NULL},
    {"custom-openai", ASK(",\"format\":{\"type\":\"object\"}"), "\"type\":\"json_schema\"", NULL},
    {"custom-openai", ASK(",\"format\":\"\""), "!format", NULL},
    {"openai", ASK(",\"think\":\"high\""), "\"reasoning_effort\":\"high\"", NULL},
    {"openai", ASK(",\"think\":true"), "\"reasoning_effort\":\"medium\"", NULL},
    {"anthropic", ASK(",\"think\":false"), "\"thinking\":{\"type\":\"disabled\"}", NULL},
    {"custom-openai",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"images\":[\"/9j/AA==\"]}]}",
     "data:image/jpeg;base64,/9j/AA==", NULL},
    {"anthropic",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"images\":[\"iVBORw0KGgo=\"]}]}",
     "\"media_type\":\"image/png\",\"data\":\"iVBORw0KGgo=\"", NULL},
    {"gemini", "{\"model\":\"m\",\"prompt\":\"why\",\"system\":\"be brief\"}",
     "\"parts\":[{\"text\":\"why\"}]", NULL},
    {"anthropic", "{\"model\":\"m\",\"prompt\":\"why\",\"system\":\"be brief\"}",
     "\"system\":[{\"type\":\"text\",\"text\":\"be brief\"}]", NULL},
    {"ollama-native", "{\"model\":\"m\",\"prompt\":\"why\",\"options\":{\"min_p\":0.1}}",
     "\"messages\":[{\"role\":\"user\",\"content\":\"why\"}]", NULL},
    {"ollama-native", "{\"model\":\"m\",\"prompt\":\"why\",\"options\":{\"min_p\":0.1}}",
     "\"min_p\":0.1", NULL},
    {"custom-openai",
     "{\"model\":\"m\",\"messages\":[" CALLS "," RESULT(",\"tool_name\":\"g\"", "1") "," RESULT(
         ",\"tool_name\":\"f\"", "2") "," RESULT(",\"tool_name\":\"f\"", "3") "]}",
     "\"tool_call_id\":\"call_1_1\",\"name\":\"g\",\"content\":\"1\"},{\"role\":\"tool\",\"tool_call_id\":"
     "\"call_1_0\",\"name\":\"f\",\"content\":\"2\"},{\"role\":\"tool\",\"tool_call_id\":\"call_1_2\",\"name\":"
     "\"f\",\"content\":\"3\"}",
     NULL},
    {"custom-openai",
     "{\"model\":\"m\",\"messages\":[" CALLS
     "," RESULT("", "1") "," RESULT("", "2") "," RESULT("", "3") "]}",
     "\"tool_call_id\":\"call_1_1\",\"content\":\"2\"", NULL},
};

TEST(ollama, x10_members_reach_every_vendor_or_are_listed)
{
    for (size_t i = 0; i < SL_LEN(cells); i++) {
        const char *wanted = cells[i].wanted;
        bool is_absent = wanted[0] == '!';
        struct call_fixture f;
        fixture_init(&f, cells[i].vendor);
        sl_str body = fixture_write(&f, SL_AI_OLLAMA, cells[i].asks);
        if (has(body, wanted + is_absent) == is_absent)
            print_error("%s\nwanted %s\nin     %.*s\n", cells[i].asks, wanted, SL_STRF(body));
        EXPECT(has(body, wanted + is_absent) != is_absent);
        EXPECT_STR(cells[i].dropped != NULL ? cells[i].dropped : "", f.wire.dropped_params);
        fixture_fini(&f);
    }
}

static const struct {
    const char *asks, *path;
    sl_rc rc;
} bad[] = {
    {"{\"model\":\"m\"}", "messages", SL_E_AI_BAD_BODY},
    {"{\"messages\":[" USER "]}", "model", SL_E_AI_BAD_BODY},
    {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[]}]}", "messages[0].content",
     SL_E_AI_BAD_BODY},
    {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\",\"images\":[\"http://a\"]}]}",
     "messages[0].images[0]", SL_E_AI_BAD_BODY},
    {"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\",\"images\":[\"\\n\"]}]}",
     "messages[0].images[0]", SL_E_AI_BAD_BODY},
    {"{\"model\":\"m\",\"messages\":[" USER
     "],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":\"x\"}}]}",
     "tools[0].function.parameters", SL_E_AI_BAD_BODY},
    {"{\"model\":\"m\",\"messages\":[" USER "],\"options\":{\"top_k\":1,\"top_k\":2}}",
     "options.top_k", SL_E_AI_BAD_BODY},
    {"{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]}",
     "messages[0].tool_calls[0].function.name", SL_E_AI_BAD_BODY},
    {ASK(",\"format\":\"xml\""), "format", SL_E_AI_BAD_BODY},
    {ASK(",\"think\":1"), "think", SL_E_AI_BAD_BODY},
    {ASK(",\"options\":[]"), "options", SL_E_AI_BAD_BODY},
    {ASK(",\"options\":{\"num_predict\":\"x\"}"), "options.num_predict", SL_E_AI_BAD_BODY},
    {ASK(",\"options\":{\"temperature\":\"x\"}"), "options.temperature", SL_E_AI_BAD_BODY},
    {"{\"model\":\"m\",\"prompt\":\"a\",\"suffix\":\"b\"}", "suffix", SL_E_AI_UNSUPPORTED},
    {"{\"model\":\"m\",\"prompt\":\"a\",\"raw\":true}", "raw", SL_E_AI_UNSUPPORTED},
    {"{\"model\":\"m\",\"prompt\":7}", "prompt", SL_E_AI_BAD_BODY},
};

TEST(ollama, x9_what_is_wrong_is_named_with_its_place)
{
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
        struct sl_ai_request rq;
        struct sl_diag d;
        sl_diag_init(&d, a);
        EXPECT_EQ(bad[i].rc, sl_ai_ollama.decode_request(sl_cstr(bad[i].asks), NULL, a, &rq, &d));
        EXPECT_EQ(1, d.count);
        EXPECT_STR(bad[i].path, d.problems[0].path);
        sl_arena_free(a);
    }
}

TEST(ollama, more_calls_than_one_answer_may_have_are_refused)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    struct sl_ai_request rq;
    struct sl_strbuf b;
    struct sl_diag d;
    sl_diag_init(&d, a);
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_addf(&b, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[");
    for (int i = 0; i <= SL_AI_CALLS_MAX; i++)
        sl_strbuf_addf(&b, "%s{\"function\":{\"name\":\"f\",\"arguments\":{}}}", &","[i == 0]);
    sl_strbuf_addf(&b, "]}]}");
    EXPECT_EQ(SL_E_AI_BAD_BODY, sl_ai_ollama.decode_request(sl_strbuf_str(&b), NULL, a, &rq, &d));
    EXPECT_STR("messages[0].tool_calls[256]", d.problems[0].path);
    sl_arena_free(a);
}

/* A client chooses how many ids are to be made: in any arena they end in an error, not in the process. */
TEST(ollama, ids_of_calls_stop_at_the_memory_of_the_request)
{
    enum { MESSAGES = 40 };
    struct sl_strbuf b = {0};
    sl_strbuf_addf(&b, "{\"model\":\"m\",\"messages\":[");
    for (int m = 0; m < MESSAGES; m++) {
        sl_strbuf_addf(&b, "%s{\"role\":\"assistant\",\"tool_calls\":[", &","[m == 0]);
        for (int i = 0; i < SL_AI_CALLS_MAX; i++)
            sl_strbuf_addf(&b, "%s{\"function\":{\"name\":\"f\"}}", &","[i == 0]);
        sl_strbuf_addf(&b, "]}");
    }
    sl_strbuf_addf(&b, "]}");
    bool was_read = false, was_refused = false;
    for (size_t bytes = SL_MIB(1); !was_read; bytes += 16 * 1024) {
        struct sl_arena *a = sl_arena_new("test", bytes);
        struct sl_ai_request rq;
        struct sl_diag d;
        sl_arena_keep(a, 4096); /* for what is said of it */
        sl_diag_init(&d, a);
        sl_rc rc = sl_ai_ollama.decode_request(sl_strbuf_str(&b), NULL, a, &rq, &d);
        EXPECT(rc == SL_OK || rc == SL_E_LIMIT);
        was_read = rc == SL_OK;
        was_refused |= rc == SL_E_LIMIT;
        sl_arena_free(a);
    }
    EXPECT(was_refused);
    sl_strbuf_fini(&b);
}

/* ------------------------------------------------------------------ Ollama to Ollama */

static const struct {
    const char *asks, *wanted;
} capped[] = {
    {ASK(""), "{\"options\":{\"num_predict\":77},\"model\":\"real\",\"messages\":[" USER "]}"},
    {ASK(",\"options\":{}"),
     "{\"model\":\"real\",\"messages\":[" USER "],\"options\":{\"num_predict\":77}}"},
    {ASK(",\"options\":{\"x\":1}"),
     "{\"model\":\"real\",\"messages\":[" USER "],\"options\":{\"num_predict\":77,\"x\":1}}"},
    {ASK(",\"options\":{\"num_predict\":-1}"),
     "{\"model\":\"real\",\"messages\":[" USER "],\"options\":{\"num_predict\":77}}"},
    {ASK(",\"options\":{\"num_predict\":5}"),
     "{\"model\":\"real\",\"messages\":[" USER "],\"options\":{\"num_predict\":5}}"},
};

TEST(ollama, x1_a_request_to_ollama_passes_but_for_the_model_and_the_cap)
{
    for (size_t i = 0; i < SL_LEN(capped); i++) {
        struct call_fixture f;
        fixture_init(&f, "ollama-native");
        f.target.cap_max_tokens = 77;
        EXPECT_STR(capped[i].wanted, fixture_write(&f, SL_AI_OLLAMA, capped[i].asks));
        EXPECT(!f.wire.is_crossed);
        fixture_fini(&f);
    }
}

TEST(ollama, t15_a_vendor_that_must_not_stream_is_told_so)
{
    struct call_fixture f;
    fixture_init(&f, "ollama-native");
    f.target.streaming = SL_AI_STREAM_NEVER;
    EXPECT(has(fixture_write(&f, SL_AI_OLLAMA, ASK("")), "\"stream\":false"));
    EXPECT(f.call.is_stream);
    fixture_fini(&f);
}

#define LINE(said, rest)                                                                                     \
    "{\"model\":\"shown\",\"created_at\":\"2026-11-20T08:15:30Z\",\"message\":{\"role\":\"assistant\"," said \
    "}," rest "}\n"
#define SAYS(text) LINE("\"content\":\"" text "\"", "\"done\":false")
#define END                                                                         \
    LINE("\"content\":\"\"",                                                        \
         "\"done_reason\":\"length\",\"done\":true,\"prompt_eval_count\":5,\"eval_" \
         "count\":2")

TEST(ollama, x1_a_stream_of_ollamas_passes_byte_for_byte_and_is_counted)
{
    static const char stream[] =
        SAYS("Hi ") SAYS("you") LINE("\"content\":\"\",\"thinking\":\"hm\"", "\"done\":false") END;
    for (size_t step = 1; step < 40; step++) {
        struct call_fixture f;
        fixture_init(&f, "ollama-native");
        (void)fixture_write(&f, SL_AI_OLLAMA, ASK(""));
        fixture_open(&f, true, "shown");
        fixture_feed(&f, sl_cstr(stream), step);
        EXPECT_STR(stream, fixture_finish(&f, true));
        EXPECT_STR("application/x-ndjson", sl_ai_relay_content_type(f.relay));
        const struct sl_ai_relay_state *s = sl_ai_relay_state(f.relay);
        EXPECT(s->is_complete && s->has_content);
        EXPECT_EQ(SL_AI_STOP_LENGTH, s->stop);
        EXPECT_EQ(8, s->text_bytes);
        EXPECT_EQ(5, s->usage.input);
        EXPECT_EQ(2, s->usage.output);
        fixture_fini(&f);
    }
}

TEST(ollama, a_last_line_without_its_end_gets_one)
{
    static const char stream[] = SAYS("Hi") END;
    struct call_fixture f;
    fixture_init(&f, "ollama-native");
    (void)fixture_write(&f, SL_AI_OLLAMA, ASK(""));
    fixture_open(&f, true, "shown");
    fixture_feed(&f, sl_str_head(sl_cstr(stream), sizeof(stream) - 2), 9);
    EXPECT_STR(stream, fixture_finish(&f, true));
    fixture_fini(&f);
}

TEST(ollama, t4_a_stream_that_says_error_or_breaks_off_has_failed)
{
    static const char *const streams[] = {SAYS("Hi"), SAYS("Hi") "{\"error\":\"it broke\"}\n"};
    for (size_t i = 0; i < SL_LEN(streams); i++) {
        struct call_fixture f;
        fixture_init(&f, "ollama-native");
        (void)fixture_write(&f, SL_AI_OLLAMA, ASK(""));
        fixture_open(&f, true, NULL);
        fixture_feed(&f, sl_cstr(streams[i]), 7);
        EXPECT(!has(fixture_finish(&f, true), "error"));
        const struct sl_ai_relay_state *s = sl_ai_relay_state(f.relay);
        EXPECT(s->has_failed && !s->is_complete);
        sl_ai_relay_write_fault(f.relay, &s->fault, &f.out);
        EXPECT(has(fixture_text(&f), i == 0 ? "{\"error\":\"the vendor's stream broke off\"}\n"
                                            : "{\"error\":\"it broke\"}\n"));
        fixture_fini(&f);
    }
}

TEST(ollama, a_completion_has_its_text_in_response)
{
    static const char answer[] =
        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
        "\"content\":\"Because.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,"
        "\"completion_tokens\":2}}";
    struct call_fixture f;
    fixture_init(&f, "custom-openai");
    (void)fixture_write(&f, SL_AI_OLLAMA, "{\"model\":\"m\",\"prompt\":\"why\",\"stream\":false}");
    fixture_open(&f, false, "shown");
    fixture_feed(&f, sl_cstr(answer), 20);
    sl_str got = fixture_finish(&f, true);
    EXPECT(has(got, "{\"model\":\"shown\","));
    EXPECT(has(got, "\"response\":\"Because.\",\"done\":true,\"done_reason\":\"stop\","
                    "\"prompt_eval_count\":3,\"eval_count\":2}"));
    fixture_fini(&f);
}

TEST(ollama, what_keeps_a_stream_alive_is_a_line_that_says_nothing)
{
    const struct sl_ai_call call = {.dialect = SL_AI_OLLAMA, .is_stream = true};
    struct sl_jsonscan_info info;
    sl_str line = sl_ai_heartbeat(&call);
    EXPECT_EQ('\n', line.p[line.n - 1]);
    EXPECT_EQ(SL_OK, sl_jsonscan(sl_str_head(line, line.n - 1), NULL, NULL, 0, NULL, &info));
    EXPECT(has(line, "\"content\":\"\"") && has(line, "\"done\":false"));
}

TEST(ollama, errors_are_texts)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_ai_fault f = sl_ai_fault_of(SL_E_AI_BAD_BODY, SL_STR("no \"model\""));
    EXPECT_STR("{\"error\":\"no \\\"model\\\"\"}",
               sl_ai_fault_body(&f, SL_AI_OLLAMA, SL_STR("r1"), a));
    sl_arena_free(a);
}
