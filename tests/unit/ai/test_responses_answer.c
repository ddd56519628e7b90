/*
 * Answers in the Responses dialect, as they pass and as they cross (cases X1, X2, X4, X7, T3, T4, T6, T8, T15,
 * U5, U7, E10). The transcripts in tests/transcripts/responses say the rest.
 */
#include "ai/dialect.h"
#include "base/err.h"
#include "codec/sse.h"
#include "tests/unit/ai/call_fixture.h"

#define R SL_AI_OPENAI_RESPONSES
#define ASKS "{\"model\":\"m\",\"input\":\"hi\",\"stream\":true}"
#define ASKS_WHOLE "{\"model\":\"m\",\"input\":\"hi\"}"

#define EVENT(type, number, members) \
    "event: " type "\ndata: {\"type\":\"" type "\",\"sequence_number\":" number members "}\n\n"
#define RESPONSE(status, model, more)                                               \
    ",\"response\":{\"id\":\"resp_9\",\"object\":\"response\",\"status\":\"" status \
    "\",\"model\":\"" model "\",\"future\":1.10" more "}"
#define CREATED(model) EVENT("response.created", "0", RESPONSE("in_progress", model, ""))
#define ADDED                                                                             \
    EVENT("response.output_item.added", "1",                                              \
          ",\"output_index\":0,\"item\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":" \
          "\"assistant\",\"content\":[]}")
#define DELTA                                                                        \
    EVENT("response.output_text.delta", "2",                                         \
          ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":" \
          "\"H\\u00e9llo\",\"obfuscation\":\"x\"")
#define FUTURE EVENT("response.something_new", "3", ",\"a\":[1e400]")
#define USAGE                                                                            \
    ",\"usage\":{\"input_tokens\":420,\"input_tokens_details\":{\"cached_tokens\":300}," \
    "\"output_tokens\":50,\"output_tokens_details\":{\"reasoning_tokens\":20},"          \
    "\"total_tokens\":470},\"service_tier\":\"flex\""
#define MESSAGE                                                                   \
    ",\"output\":[{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\"," \
    "\"content\":[{\"type\":\"output_text\",\"text\":\"H\\u00e9llo\",\"annotations\":[]}]}]"
#define COMPLETED(model) \
    EVENT("response.completed", "4", RESPONSE("completed", model, MESSAGE USAGE))

static const size_t steps[] = {1, 2, 3, 7, 64, 100000};

static bool has(sl_str text, const char *part)
{
    return sl_str_find_str(text, sl_cstr(part)) != SIZE_MAX;
}

static void open_answer(struct call_fixture *f, const char *vendor, enum sl_ai_dialect client,
                        const char *asks, bool is_stream, const char *shown)
{
    fixture_init(f, vendor);
    (void)fixture_write(f, client, asks);
    fixture_open(f, is_stream, shown);
}

/* ------------------------------------------------------------------ X1: the same dialect passes */

TEST(responses_answer, x1_a_stream_passes_but_for_the_models_name)
{
    for (size_t i = 0; i < SL_LEN(steps); i++) {
        struct call_fixture f;
        open_answer(&f, "custom-responses", R, ASKS, true, "shown");
        fixture_feed(&f, SL_STR(CREATED("real") ADDED DELTA FUTURE COMPLETED("real")), steps[i]);
        EXPECT_STR(CREATED("shown") ADDED DELTA FUTURE COMPLETED("shown"),
                   fixture_finish(&f, true));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        EXPECT(!sl_ai_relay_state(f.relay)->has_failed);
        fixture_fini(&f);
    }
}

TEST(responses_answer, x1_a_whole_answer_passes_but_for_the_models_name)
{
#define BODY(model)                                                                         \
    "{ \"id\":\"resp_9\",\"object\":\"response\",\"status\":\"completed\",\"error\":null, " \
    "\"model\" : \"" model "\",\"future\":1.10" MESSAGE USAGE " }"
    struct call_fixture f;

    open_answer(&f, "custom-responses", R, ASKS_WHOLE, false, "shown");
    fixture_feed(&f, SL_STR(BODY("real")), 10);
    EXPECT_STR(BODY("shown"), fixture_finish(&f, true));
    EXPECT_STR("real", sl_ai_relay_state(f.relay)->vendor_model);
    fixture_fini(&f);
}

TEST(responses_answer, u5_the_ledger_reads_the_usage_of_what_passes)
{
    struct call_fixture f;
    struct sl_ai_usage u;

    open_answer(&f, "custom-responses", R, ASKS, true, NULL);
    fixture_feed(&f, SL_STR(CREATED("real") DELTA COMPLETED("real")), 10);
    u = sl_ai_relay_usage(f.relay);
    EXPECT_EQ(SL_AI_USAGE_REPORTED, u.source);
    EXPECT_EQ(120, u.input);
    EXPECT_EQ(300, u.cache_read);
    EXPECT_EQ(30, u.output);
    EXPECT_EQ(20, u.reasoning);
    EXPECT_STR("flex", sl_ai_relay_state(f.relay)->service_tier);
    EXPECT_STR("completed", sl_ai_relay_state(f.relay)->native_stop);
    fixture_fini(&f);
}

TEST(responses_answer, t7_announcements_do_not_commit)
{
    static const struct {
        const char *event;
        bool commits;
    } rows[] = {
        {CREATED("real") ADDED, false},
        {EVENT("response.output_item.added", "1",
               ",\"output_index\":0,\"item\":{\"type\":\"reasoning\",\"id\":\"rs_1\"}"),
         false},
        {EVENT("response.output_item.added", "1",
               ",\"output_index\":0,\"item\":{\"type\":\"function_call\",\"id\":\"fc_1\"}"),
         true},
        {DELTA, true},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        open_answer(&f, "custom-responses", R, ASKS, true, NULL);
        fixture_feed(&f, sl_cstr(rows[i].event), 100000);
        EXPECT_EQ(rows[i].commits, sl_ai_relay_state(f.relay)->has_content);
        fixture_fini(&f);
    }
}

/* ------------------------------------------------------------------ failures */

static const struct {
    const char *event, *code;
    enum sl_ai_fault_class class_;
} failures[] = {
    {EVENT("error", "0", ",\"code\":\"rate_limit_exceeded\",\"message\":\"Slow.\",\"param\":null"),
     "rate_limit_exceeded", SL_AI_FAULT_RATE},
    {EVENT("response.failed", "1",
           RESPONSE("failed", "real",
                    ",\"error\":{\"code\":\"server_error\",\"message\":\"Broke.\"}")),
     "server_error", SL_AI_FAULT_OVERLOAD},
    {EVENT("response.failed", "1",
           RESPONSE("failed", "real",
                    ",\"error\":{\"code\":\"invalid_prompt\",\"message\":\"No.\"}")),
     "invalid_prompt", SL_AI_FAULT_CONTENT},
    {"data: {\"error\":{\"message\":\"No credit\",\"type\":\"insufficient_quota\",\"code\":"
     "\"insufficient_quota\"}}\n\n",
     "insufficient_quota", SL_AI_FAULT_CREDIT},
};

TEST(responses_answer, t6_an_error_before_content_is_a_failure_without_output)
{
    static const enum sl_ai_dialect clients[] = {R, SL_AI_OPENAI_CHAT};
    static const char *const asks[] = {ASKS, "{\"model\":\"m\",\"stream\":true,\"messages\":"
                                             "[{\"role\":\"user\",\"content\":\"a\"}]}"};

    for (size_t i = 0; i < SL_LEN(failures) * SL_LEN(clients); i++) {
        struct call_fixture f;
        const struct sl_ai_relay_state *st;
        open_answer(&f, "custom-responses", clients[i % 2], asks[i % 2], true, NULL);
        st = sl_ai_relay_state(f.relay);
        fixture_feed(&f, sl_cstr(failures[i / 2].event), 7);
        EXPECT(st->has_failed);
        EXPECT_EQ(failures[i / 2].class_, st->fault.class_);
        EXPECT_STR(failures[i / 2].code, st->fault.code);
        EXPECT_STR("", fixture_text(&f));
        fixture_fini(&f);
    }
}

TEST(responses_answer, t4_what_passed_ends_with_an_error_of_the_next_number)
{
    struct call_fixture f;
    struct sl_ai_fault fault = sl_ai_fault_of(SL_E_AI_STREAM_CUT, SL_STR("broke off"));

    open_answer(&f, "custom-responses", R, ASKS, true, NULL);
    fixture_feed(&f, SL_STR(CREATED("real") ADDED DELTA), 10);
    sl_ai_relay_write_fault(f.relay, &fault, &f.out);
    EXPECT_STR(CREATED("real") ADDED DELTA
               "event: error\ndata: {\"type\":\"error\",\"sequence_number\":3,\"code\":"
               "\"upstream_stream_interrupted\",\"message\":\"broke off\",\"param\":null}\n\n",
               fixture_text(&f));
    fixture_fini(&f);
}

#define CHAT_CHUNK(delta) \
    "data: {\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":" delta "}]}\n\n"

TEST(responses_answer, t4_what_crossed_ends_as_failed_with_the_next_number)
{
    struct call_fixture f;
    struct sl_ai_fault fault = sl_ai_fault_of(SL_E_AI_STREAM_CUT, SL_STR("broke off"));
    sl_str text;

    open_answer(&f, "openai", R, ASKS, true, "shown");
    fixture_feed(&f, SL_STR(CHAT_CHUNK("{\"content\":\"Hel\"}")), 10);
    sl_ai_relay_write_fault(f.relay, &fault, &f.out);
    text = fixture_text(&f);
    EXPECT(has(text, "\"type\":\"response.output_text.delta\",\"sequence_number\":4,"));
    EXPECT(has(text, "event: response.failed\ndata: {\"type\":\"response.failed\","
                     "\"sequence_number\":5,"));
    EXPECT(has(text, "\"status\":\"failed\",\"error\":{\"code\":\"upstream_stream_interrupted\","
                     "\"message\":\"broke off\"}"));
    EXPECT(!has(text, "response.completed"));
    fixture_fini(&f);
}

TEST(responses_answer, t4_our_account_is_no_business_of_the_clients)
{
    struct call_fixture f;
    struct sl_ai_fault fault = {.class_ = SL_AI_FAULT_AUTH,
                                .rc = SL_E_AI_VENDOR_AUTH,
                                .vendor_status = 401,
                                .message = SL_STR("key sk-1 is dead"),
                                .retry_after_us = -1};

    open_answer(&f, "openai", R, ASKS, true, NULL);
    fixture_feed(&f, SL_STR(CHAT_CHUNK("{\"content\":\"a\"}")), 10);
    sl_ai_relay_write_fault(f.relay, &fault, &f.out);
    EXPECT(!has(fixture_text(&f), "sk-1"));
    fixture_fini(&f);
}

TEST(responses_answer, t3_a_stream_without_its_last_event_was_cut)
{
    static const char *const asks[] = {ASKS, ASKS_WHOLE};

    for (size_t i = 0; i < SL_LEN(asks); i++) {
        struct call_fixture f;
        open_answer(&f, "custom-responses", R, asks[i], true, NULL);
        fixture_feed(&f, SL_STR(CREATED("real") ADDED DELTA), 10);
        (void)fixture_finish(&f, true);
        EXPECT(sl_ai_relay_state(f.relay)->has_failed);
        EXPECT_EQ(SL_E_AI_STREAM_CUT, sl_ai_relay_state(f.relay)->fault.rc);
        fixture_fini(&f);
    }
}

TEST(responses_answer, t8_one_bad_event_is_skipped_and_two_are_the_end)
{
    for (int bad = 1; bad <= 2; bad++) {
        struct call_fixture f;
        open_answer(&f, "custom-responses", R, ASKS, true, NULL);
        fixture_feed(&f, SL_STR(CREATED("real")), 100);
        for (int i = 0; i < bad; i++)
            fixture_feed(&f, SL_STR("data: {\"type\":\n\n"), 100);
        fixture_feed(&f, SL_STR(DELTA COMPLETED("real")), 100);
        (void)fixture_finish(&f, true);
        EXPECT_EQ(bad == 2, sl_ai_relay_state(f.relay)->has_failed);
        fixture_fini(&f);
    }
}

static const char *const bad_bodies[] = {
    "{\"id\":\"resp_1\",\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"m\"},"
    "\"output\":[]}",
    "{\"error\":{\"message\":\"m\",\"type\":\"server_error\"}}",
    "{\"object\":\"response\"}",
    "[]",
    "<html>",
    "",
};

TEST(responses_answer, t6_an_error_as_the_body_of_a_200_is_a_failure)
{
    static const struct {
        enum sl_ai_dialect client;
        const char *asks;
    } rows[] = {
        {R, ASKS_WHOLE},
        {R, ASKS},
        {SL_AI_OPENAI_CHAT,
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"},
    };

    for (size_t i = 0; i < SL_LEN(bad_bodies) * SL_LEN(rows); i++) {
        struct call_fixture f;
        open_answer(&f, "custom-responses", rows[i % 3].client, rows[i % 3].asks, false, NULL);
        fixture_feed(&f, sl_cstr(bad_bodies[i / 3]), 7);
        EXPECT_STR("", fixture_finish(&f, true));
        EXPECT(sl_ai_relay_state(f.relay)->has_failed);
        fixture_fini(&f);
    }
}

/* ------------------------------------------------------------------ X7: the bridge */

TEST(responses_answer, x7_a_response_echoes_its_request_as_it_was_written)
{
    struct call_fixture f;
    sl_str text;

    open_answer(
        &f, "openai", R,
        "{\"model\":\"m\",\"input\":\"hi\",\"metadata\":{\"a\" : \"1\"},\"temperature\":0.70,"
        "\"instructions\":\"be \\u0062rief\",\"store\":false,\"tools\":[{\"type\":"
        "\"function\",\"name\":\"f\",\"parameters\":null}],\"max_output_tokens\":50,"
        "\"future\":1,\"user\":null}",
        false, "shown");
    fixture_feed(&f,
                 SL_STR("{\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,\"message\":"
                        "{\"role\":\"assistant\",\"content\":\"a\"},\"finish_reason\":\"stop\"}],"
                        "\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1}}"),
                 100);
    text = fixture_finish(&f, true);
    EXPECT(has(text, "\"model\":\"shown\""));
    EXPECT(has(text, "\"metadata\":{\"a\" : \"1\"}"));
    EXPECT(has(text, "\"temperature\":0.70"));
    EXPECT(has(text, "\"instructions\":\"be \\u0062rief\""));
    EXPECT(has(text, "\"store\":false"));
    EXPECT(has(text, "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":null}]"));
    EXPECT(has(text, "\"max_output_tokens\":50"));
    EXPECT(has(text, "\"top_p\":1,"));
    EXPECT(!has(text, "future") && !has(text, "\"user\""));
    fixture_fini(&f);
}

static sl_str chat_stop(struct call_fixture *f, const char *reason, const char *delta)
{
    open_answer(f, "openai", R, ASKS_WHOLE, false, NULL);
    fixture_feed(
        f,
        sl_fmt(f->a,
               "{\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,\"message\":%s,"
               "\"finish_reason\":\"%s\"}]}",
               delta, reason),
        100);
    return fixture_finish(f, true);
}

TEST(responses_answer, x4_the_status_says_why_it_ended)
{
#define CALLS                                                                            \
    "{\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\"," \
    "\"arguments\":\"\"}}]}"
    static const struct {
        const char *reason, *delta, *wanted;
    } rows[] = {
        {"stop", "{\"content\":\"a\"}",
         "\"status\":\"completed\",\"error\":null,\"incomplete_details\":null"},
        {"tool_calls", CALLS, "\"status\":\"completed\",\"error\":null"},
        {"length", "{\"content\":\"a\"}",
         "\"status\":\"incomplete\",\"error\":null,\"incomplete_details\":{\"reason\":"
         "\"max_output_tokens\"}"},
        {"content_filter", "{\"content\":\"a\"}",
         "\"incomplete_details\":{\"reason\":\"content_filter\"}"},
        {"error", "{\"content\":\"a\"}", "\"status\":\"failed\",\"error\":{\"code\":"},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        sl_str text = chat_stop(&f, rows[i].reason, rows[i].delta);
        if (!has(text, rows[i].wanted))
            print_error("%s: %.*s\n", rows[i].reason, SL_STRF(text));
        EXPECT(has(text, rows[i].wanted));
        fixture_fini(&f);
    }
}

TEST(responses_answer, x2_a_call_without_arguments_has_an_empty_object)
{
    struct call_fixture f;

    EXPECT(has(chat_stop(&f, "stop", CALLS), "\"name\":\"f\",\"arguments\":\"{}\""));
    fixture_fini(&f);
}

TEST(responses_answer, x7_numbers_rise_by_one_and_indexes_fit)
{
    struct call_fixture f;
    struct sl_sse sse = {0};
    struct sl_sse_event ev;
    int64_t number = 0;

    open_answer(&f, "openai", R, ASKS, true, NULL);
    fixture_feed(&f,
                 SL_STR(CHAT_CHUNK("{\"reasoning_content\":\"why\"}") CHAT_CHUNK(
                     "{\"content\":\"Hel\"}") CHAT_CHUNK("{\"content\":\"lo\"}")
                            CHAT_CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":"
                                       "{\"name\":\"f\",\"arguments\":\"{}\"}}]}")
                                CHAT_CHUNK("{},\"finish_reason\":\"stop\"") "data: [DONE]\n\n"),
                 10);
    sl_str text = sl_arena_dup(f.a, fixture_finish(&f, true));
    sl_sse_feed(&sse, text);
    for (; sl_sse_next(&sse, &ev) == SL_OK; number++) {
        struct sl_jsonscan_info info;
        struct sl_json_range m[2];
        static const sl_str names[] = {SL_STR_INIT("sequence_number"), SL_STR_INIT("type")};
        int64_t got;
        EXPECT_EQ(SL_OK, sl_jsonscan(ev.data, NULL, names, 2, m, &info));
        EXPECT(sl_json_range_i64(ev.data, &m[0], &got));
        EXPECT_EQ(number, got);
        EXPECT(sl_json_range_text_eq(ev.data, &m[1], ev.event));
    }
    EXPECT_EQ(20, number);
    EXPECT(has(text, "\"output_index\":2,\"item\":{\"id\":\"fc_"));
    sl_sse_fini(&sse);
    fixture_fini(&f);
}

TEST(responses_answer, each_part_of_a_message_is_a_block)
{
    struct call_fixture f;
    sl_str text;

    open_answer(
        &f, "custom-responses", SL_AI_ANTHROPIC,
        "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":[{\"role\":\"user\","
        "\"content\":\"a\"}]}",
        true, NULL);
    fixture_feed(&f,
                 SL_STR("data: {\"type\":\"response.output_text.delta\",\"delta\":\"One\"}\n\n"
                        "data: {\"type\":\"response.content_part.done\",\"part\":{\"type\":"
                        "\"output_text\",\"text\":\"One\"}}\n\n"
                        "data: {\"type\":\"response.output_text.delta\",\"content_index\":1,"
                        "\"delta\":\"Two\"}\n\n" COMPLETED("real")),
                 9);
    text = fixture_finish(&f, true);
    EXPECT(has(text, "{\"type\":\"content_block_start\",\"index\":1,"));
    EXPECT(has(text, "\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"Two\"}"));
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ limits */

TEST(responses_answer, an_answer_of_endless_items_is_cut)
{
    struct call_fixture f;

    open_answer(
        &f, "custom-responses", SL_AI_OPENAI_CHAT,
        "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        true, NULL);
    for (int i = 0; i < 1100 && !sl_ai_relay_state(f.relay)->has_failed; i++)
        fixture_feed(&f,
                     sl_fmt(f.a,
                            "data: {\"type\":\"response.output_text.delta\",\"output_index\":%d,"
                            "\"delta\":\"a\"}\n\n",
                            i),
                     1000);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    EXPECT_EQ(SL_E_AI_STREAM_CUT, sl_ai_relay_state(f.relay)->fault.rc);
    fixture_fini(&f);
}

TEST(responses_answer, numbers_that_are_none_do_no_harm)
{
    static const char *const events[] = {
        "data: {\"type\":\"response.output_text.delta\",\"output_index\":-1,\"content_index\":\"x\","
        "\"delta\":\"a\"}\n\n",
        "data: {\"type\":\"response.output_item.done\",\"output_index\":99999999999999999999,"
        "\"item\":{\"type\":\"function_call\"}}\n\n",
        "data: {\"type\":\"response.output_item.done\",\"item\":[]}\n\n",
        "data: {\"type\":\"response.completed\",\"response\":7}\n\n",
    };

    for (size_t i = 0; i < SL_LEN(events); i++) {
        struct call_fixture f;
        open_answer(
            &f, "custom-responses", SL_AI_ANTHROPIC,
            "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":[{\"role\":\"user\","
            "\"content\":\"a\"}]}",
            true, NULL);
        fixture_feed(&f, sl_cstr(events[i]), 9);
        (void)fixture_finish(&f, true);
        fixture_fini(&f);
    }
}
