/*
 * test_tolerance: what "OpenAI-compatible" vendors really send (wire-formats 9 and 11, "Seen on real
 * vendors"). Each stream goes to a client of the same dialect and to one of another, cut at many places,
 * and must come out right in both.
 */
#include "base/err.h"
#include "tests/unit/ai/call_fixture.h"

#define HEAD "{\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":"
#define TEXT(text) "data: " HEAD "{\"content\":\"" text "\"},\"finish_reason\":null}]}\n\n"
#define STOP "data: " HEAD "{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE "data: [DONE]\n\n"
#define MESSAGES "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define ASKS "{\"model\":\"m\"," MESSAGES
#define ASKS_STREAM "{\"model\":\"m\",\"stream\":true," MESSAGES

static const size_t steps[] = {1, 2, 3, 5, 8, 13, 64, 1000000};
static const enum sl_ai_dialect clients[] = {SL_AI_OPENAI_CHAT, SL_AI_ANTHROPIC};

static bool has(sl_str text, const char *part)
{
    return sl_str_find_str(text, sl_cstr(part)) != SIZE_MAX;
}

static sl_str relay_stream(struct call_fixture *f, const char *vendor, enum sl_ai_dialect client,
                           sl_str in, size_t step)
{
    fixture_init(f, vendor);
    (void)fixture_write(f, client, ASKS_STREAM);
    fixture_open(f, true, "m");
    fixture_feed(f, in, step);
    return fixture_finish(f, true);
}

/* The answer is whole and has the parts, in this order, whoever asks and however it is cut. */
static void expect_stream(const char *vendor, const char *in, const char *const *parts)
{
    for (size_t c = 0; c < SL_LEN(clients); c++)
        for (size_t i = 0; i < SL_LEN(steps); i++) {
            struct call_fixture f;
            sl_str out = relay_stream(&f, vendor, clients[c], sl_cstr(in), steps[i]);
            const struct sl_ai_relay_state *s = sl_ai_relay_state(f.relay);
            EXPECT(s->is_complete && !s->has_failed);
            EXPECT_EQ(0, s->bad_events);
            for (size_t k = 0; parts[k] != NULL; k++) {
                size_t at = sl_str_find_str(out, sl_cstr(parts[k]));
                if (at == SIZE_MAX)
                    print_error("%s is not in\n%.*s\n", parts[k], SL_STRF(out));
                EXPECT(at != SIZE_MAX);
                out = sl_str_from(out, at);
            }
            fixture_fini(&f);
        }
}

#define EXPECT_STREAM(vendor, in, ...) \
    expect_stream(vendor, in, (const char *const[]){__VA_ARGS__, NULL})

/* ------------------------------------------------------------------ lines */

TEST(tolerance, comments_are_no_events)
{
    EXPECT_STREAM("openrouter",
                  ": OPENROUTER PROCESSING\n\n" TEXT("One") ": keep-alive\n\n" TEXT("Two")
                      STOP DONE,
                  "One", "Two");
}

TEST(tolerance, data_may_come_without_a_space)
{
    EXPECT_STREAM("vllm",
                  "data:" HEAD
                  "{\"content\":\"One\"},\"finish_reason\":\"stop\"}]}\n\ndata:[DONE]\n\n",
                  "One");
}

TEST(tolerance, lines_may_end_with_cr_and_lf)
{
    EXPECT_STREAM("vllm",
                  "data: " HEAD
                  "{\"content\":\"One\"},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n",
                  "One");
}

TEST(tolerance, done_may_be_missing)
{
    EXPECT_STREAM("huggingface", TEXT("One") STOP, "One");
}

TEST(tolerance, done_may_have_text_behind_it)
{
    EXPECT_STREAM("groq", TEXT("One") STOP "data: [DONE] {\"x\":1}\n\n", "One");
}

TEST(tolerance, nothing_counts_behind_done)
{
    for (size_t c = 0; c < SL_LEN(clients); c++) {
        struct call_fixture f;
        sl_str out = relay_stream(&f, "custom-openai", clients[c],
                                  SL_STR(TEXT("One") STOP DONE TEXT("late")), 3);
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        EXPECT(has(out, "One") && !has(out, "late"));
        fixture_fini(&f);
    }
}

TEST(tolerance, characters_may_be_cut_anywhere)
{
    EXPECT_STREAM("openai", TEXT("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80") STOP DONE,
                  "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
}

/* ------------------------------------------------------------------ chunks */

TEST(tolerance, the_first_chunk_may_have_no_choices)
{
    EXPECT_STREAM(
        "azure-openai",
        "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{}}]}\n\n"
        "data: {\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"One\"},\"content_filter_results\":{\"hate\":{\"filtered\":false}},\"finish_reason\":null}]}\n\n" STOP
            DONE,
        "One");
}

TEST(tolerance, content_may_be_null_and_the_reason_empty)
{
    EXPECT_STREAM("custom-openai",
                  "data: " HEAD
                  "{\"role\":\"assistant\",\"content\":null},\"finish_reason\":\"\"}]}\n\n"
                  "data: " HEAD "{\"content\":\"One\"},\"finish_reason\":\"\"}]}\n\n" STOP DONE,
                  "One");
}

TEST(tolerance, usage_may_come_with_the_finish)
{
    for (size_t c = 0; c < SL_LEN(clients); c++) {
        struct call_fixture f;
        (void)relay_stream(
            &f, "deepseek", clients[c],
            SL_STR(TEXT(
                "One") "data: " HEAD
                       "{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"prompt_cache_hit_tokens\":4,\"prompt_cache_miss_tokens\":5}}\n\n" DONE),
            7);
        struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
        EXPECT_EQ(5, u.input);
        EXPECT_EQ(4, u.cache_read);
        EXPECT_EQ(2, u.output);
        fixture_fini(&f);
    }
}

TEST(tolerance, usage_may_follow_the_finish)
{
    for (size_t c = 0; c < SL_LEN(clients); c++) {
        struct call_fixture f;
        (void)relay_stream(
            &f, "openai", clients[c],
            SL_STR(
                TEXT("One") STOP
                "data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n" DONE),
            7);
        EXPECT_EQ(9, sl_ai_relay_usage(f.relay).input);
        EXPECT_EQ(2, sl_ai_relay_usage(f.relay).output);
        fixture_fini(&f);
    }
}

TEST(tolerance, the_reason_may_come_with_the_last_text)
{
    EXPECT_STREAM("mistral",
                  TEXT("One") "data: " HEAD
                              "{\"content\":\"Two\"},\"finish_reason\":\"stop\"}]}\n\n" DONE,
                  "One", "Two");
}

TEST(tolerance, half_a_surrogate_breaks_nothing)
{
    EXPECT_STREAM("custom-openai", TEXT("One \\ud83d") TEXT("Two") STOP DONE, "One", "Two");
}

/* ------------------------------------------------------------------ reasoning */

TEST(tolerance, reasoning_has_several_names)
{
    static const char *const names[] = {"reasoning_content", "reasoning", "reasoning_text"};
    for (size_t i = 0; i < SL_LEN(names); i++) {
        struct call_fixture f;
        struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
        sl_str in = sl_fmt(a, "data: " HEAD "{\"%s\":\"Hmm\"},\"finish_reason\":null}]}\n\n%s",
                           names[i], TEXT("One") STOP DONE);
        sl_str out = relay_stream(&f, "chutes", SL_AI_ANTHROPIC, in, 5);
        EXPECT(has(out, "\"thinking_delta\",\"thinking\":\"Hmm\""));
        EXPECT(has(out, "\"text_delta\",\"text\":\"One\""));
        fixture_fini(&f);
        sl_arena_free(a);
    }
}

TEST(tolerance, reasoning_under_two_names_is_one)
{
    struct call_fixture f;
    sl_str out = relay_stream(
        &f, "chutes", SL_AI_ANTHROPIC,
        SL_STR(
            "data: " HEAD
            "{\"reasoning_content\":\"Hmm\",\"reasoning\":\"Hmm\"},\"finish_reason\":null}]}\n\n" TEXT(
                "One") STOP DONE),
        5);
    size_t at = sl_str_find_str(out, SL_STR("Hmm"));
    EXPECT(at != SIZE_MAX && sl_str_find_str(sl_str_from(out, at + 3), SL_STR("Hmm")) == SIZE_MAX);
    fixture_fini(&f);
}

TEST(tolerance, reasoning_may_come_as_details_only)
{
    struct call_fixture f;
    sl_str out = relay_stream(
        &f, "minimax-cn", SL_AI_ANTHROPIC,
        SL_STR(
            "data: " HEAD
            "{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"Hmm\"},{\"type\":\"reasoning.summary\",\"summary\":\" so\"}]},\"finish_reason\":null}]}\n\n" TEXT(
                "One") STOP DONE),
        5);
    EXPECT(has(out, "Hmm") && has(out, " so") && has(out, "\"text\":\"One\""));
    fixture_fini(&f);
}

TEST(tolerance, thoughts_in_tags_are_thoughts_where_the_vendor_is_known_for_it)
{
    static const char in[] =
        TEXT("<thi") TEXT("nk>Hm") TEXT("m</think>") TEXT("\\n\\nOne") STOP DONE;
    struct call_fixture f;
    sl_str out = relay_stream(&f, "custom-openai", SL_AI_ANTHROPIC, sl_cstr(in), 9);
    EXPECT(has(out, "\"text\":\"<thi\"")); /* not asked for: text is text */
    fixture_fini(&f);
    for (size_t c = 0; c < SL_LEN(clients); c++) {
        struct sl_ai_vendor own = *sl_ai_vendor_find(SL_STR("custom-openai"));
        own.quirks |= SL_AI_QUIRK_THINK_TAGS;
        fixture_init(&f, "custom-openai");
        f.target.vendor = &own;
        (void)fixture_write(&f, clients[c], ASKS_STREAM);
        fixture_open(&f, true, "m");
        fixture_feed(&f, sl_cstr(in), 9);
        out = fixture_finish(&f, true);
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        EXPECT(!has(out, "think>"));
        EXPECT(has(out, clients[c] == SL_AI_ANTHROPIC ? "\"thinking\":\"Hm\""
                                                      : "\"reasoning_content\":\"Hm\""));
        EXPECT(has(out, "One"));
        fixture_fini(&f);
    }
}

/* ------------------------------------------------------------------ tools */

#define CALL(call) "data: " HEAD "{\"tool_calls\":[" call "]},\"finish_reason\":null}]}\n\n"
#define STOP_TOOLS "data: " HEAD "{},\"finish_reason\":\"tool_calls\"}]}\n\n"

/* As an Anthropic client sees it: the names and arguments of the calls, in order. */
static void expect_calls(const char *vendor, const char *in, const char *const *parts)
{
    for (size_t i = 0; i < SL_LEN(steps); i++) {
        struct call_fixture f;
        sl_str out = relay_stream(&f, vendor, SL_AI_ANTHROPIC, sl_cstr(in), steps[i]);
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        for (size_t k = 0; parts[k] != NULL; k++) {
            size_t at = sl_str_find_str(out, sl_cstr(parts[k]));
            if (at == SIZE_MAX)
                print_error("%s is not in\n%.*s\n", parts[k], SL_STRF(out));
            EXPECT(at != SIZE_MAX);
            out = sl_str_from(out, at + strlen(parts[k]));
        }
        EXPECT(!has(out, "\"type\":\"tool_use\""));
        fixture_fini(&f);
    }
}

#define EXPECT_CALLS(vendor, in, ...) \
    expect_calls(vendor, in, (const char *const[]){__VA_ARGS__, NULL})

TEST(tolerance, calls_may_have_no_index)
{
    EXPECT_CALLS("mistral",
                 CALL("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}")
                     STOP_TOOLS DONE,
                 "\"name\":\"f\"", "\"stop_reason\":\"tool_use\"");
}

TEST(tolerance, fragments_may_have_neither_index_nor_id)
{
    static const char in[] =
        CALL("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"}}")
            CALL("{\"function\":{\"arguments\":\":1}\"}}")
                CALL("{\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}")
                    STOP_TOOLS DONE;
    struct call_fixture f;
    fixture_init(&f, "mistral");
    (void)fixture_write(&f, SL_AI_ANTHROPIC, ASKS);
    fixture_open(&f, true, "m");
    fixture_feed(&f, sl_cstr(in), 7);
    sl_str out = fixture_finish(&f, true);
    EXPECT(has(
        out,
        "\"name\":\"f\",\"input\":{\"x\":1}},{\"type\":\"tool_use\",\"id\":\"b\",\"name\":\"g\""));
    fixture_fini(&f);
}

TEST(tolerance, two_calls_may_have_the_same_index)
{
    EXPECT_CALLS(
        "cerebras",
        CALL(
            "{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}")
            CALL(
                "{\"index\":0,\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{\\\"y\\\":2}\"}}")
                STOP_TOOLS DONE,
        "\"name\":\"f\"", "x", "\"name\":\"g\"", "y");
}

TEST(tolerance, id_and_name_may_be_repeated_or_empty)
{
    EXPECT_CALLS(
        "custom-openai",
        CALL(
            "{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"}}")
            CALL("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\":1\"}}")
                CALL("{\"index\":0,\"id\":\"\",\"function\":{\"name\":\"\",\"arguments\":\"}\"}}")
                    STOP_TOOLS DONE,
        "\"name\":\"f\"", "\"stop_reason\":\"tool_use\"");
}

/* {"city":"Zürich \u001b \"x\""}: escaped as it stands in a string, and cut after every character. */
TEST(tolerance, x2_arguments_in_thirty_pieces_are_put_together_exactly)
{
    static const char arguments[] = "{\"city\":\"Z\\u00fcrich \\u001b \\\"x\\\"\"}";
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_strbuf in;
    struct call_fixture f;
    sl_strbuf_init(&in, a, 0);
    sl_strbuf_add(&in, SL_STR(CALL("{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{"
                                   "\"name\":\"f\",\"arguments\":\"\"}}")));
    for (size_t i = 0; i + 1 < sizeof(arguments); i++) {
        char c = arguments[i];
        sl_strbuf_add(&in, sl_fmt(a,
                                  "data: " HEAD "{\"tool_calls\":[{\"index\":0,\"function\":{"
                                  "\"arguments\":\"%s%c\"}}]},\"finish_reason\":null}]}\n\n",
                                  c == '"' || c == '\\' ? "\\" : "", c));
    }
    sl_strbuf_add(&in, SL_STR(STOP_TOOLS DONE));

    fixture_init(&f, "openai");
    (void)fixture_write(&f, SL_AI_ANTHROPIC, ASKS);
    fixture_open(&f, true, "m");
    fixture_feed(&f, sl_strbuf_str(&in), 7);
    sl_str out = fixture_finish(&f, true);
    EXPECT(sl_str_find_str(out, sl_fmt(a, "\"input\":%s", arguments)) != SIZE_MAX);
    fixture_fini(&f);
    sl_arena_free(a);
}

TEST(tolerance, arguments_may_be_an_object)
{
    EXPECT_CALLS(
        "custom-openai",
        CALL("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":1}}}")
            STOP_TOOLS DONE,
        "\"name\":\"f\"", "x", "\"stop_reason\":\"tool_use\"");
}

TEST(tolerance, arguments_may_be_empty_or_null)
{
    EXPECT_CALLS("databricks",
                 CALL("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}")
                     STOP_TOOLS DONE,
                 "\"name\":\"f\"", "\"stop_reason\":\"tool_use\"");
    EXPECT_CALLS(
        "cohere",
        CALL("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"null\"}}")
            STOP_TOOLS DONE,
        "\"name\":\"f\"", "\"stop_reason\":\"tool_use\"");
}

TEST(tolerance, x4_a_text_behind_a_call_does_not_hide_the_call)
{
    EXPECT_CALLS(
        "vllm",
        CALL("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}")
            TEXT("so") STOP DONE,
        "\"name\":\"f\"", "so", "\"stop_reason\":\"tool_use\"");
}

TEST(tolerance, x4_calls_with_the_reason_stop_are_calls)
{
    EXPECT_CALLS(
        "vllm",
        CALL("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}")
            STOP DONE,
        "\"name\":\"f\"", "\"stop_reason\":\"tool_use\"");
}

/* ------------------------------------------------------------------ errors inside of a 200 */

static void expect_error_stream(const char *vendor, const char *in, enum sl_ai_fault_class class_)
{
    for (size_t c = 0; c < SL_LEN(clients); c++)
        for (size_t i = 0; i < SL_LEN(steps); i++) {
            struct call_fixture f;
            sl_str out = relay_stream(&f, vendor, clients[c], sl_cstr(in), steps[i]);
            const struct sl_ai_relay_state *s = sl_ai_relay_state(f.relay);
            if (!s->has_failed || s->fault.class_ != class_)
                print_error("%s: %s\n", vendor, in);
            EXPECT(s->has_failed && !s->is_complete);
            EXPECT_EQ(class_, s->fault.class_);
            EXPECT(!has(out, "[DONE]") && !has(out, "message_stop"));
            fixture_fini(&f);
        }
}

static void expect_error_body(const char *vendor, const char *in, enum sl_ai_fault_class class_)
{
    for (size_t c = 0; c < SL_LEN(clients); c++) {
        struct call_fixture f;
        fixture_init(&f, vendor);
        (void)fixture_write(&f, clients[c], ASKS);
        fixture_open(&f, false, "m");
        fixture_feed(&f, sl_cstr(in), 5);
        EXPECT_STR("", fixture_finish(&f, true));
        const struct sl_ai_relay_state *s = sl_ai_relay_state(f.relay);
        if (!s->has_failed || s->fault.class_ != class_)
            print_error("%s: %s\n", vendor, in);
        EXPECT(s->has_failed);
        EXPECT_EQ(class_, s->fault.class_);
        fixture_fini(&f);
    }
}

TEST(tolerance, an_error_in_the_middle_of_a_stream_is_one)
{
    expect_error_stream(
        "openai", TEXT("One") "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\"}}\n\n",
        SL_AI_FAULT_OVERLOAD);
    expect_error_stream(
        "groq",
        TEXT(
            "One") "event: error\ndata: {\"error\":{\"message\":\"m\",\"type\":\"rate_limit_exceeded\"}}\n\n",
        SL_AI_FAULT_RATE);
    expect_error_stream(
        "openrouter",
        TEXT(
            "One") "data: {\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\",\"error\":{\"code\":429,\"message\":\"m\"}}]}\n\n",
        SL_AI_FAULT_RATE);
    expect_error_stream(
        "minimax-cn",
        TEXT("One") "data: {\"base_resp\":{\"status_code\":1002,\"status_msg\":\"m\"}}\n\n",
        SL_AI_FAULT_RATE);
    expect_error_stream(
        "vllm",
        TEXT(
            "One") "data: {\"object\":\"error\",\"message\":\"m\",\"type\":\"rate_limit_exceeded\"}\n\n",
        SL_AI_FAULT_RATE);
}

/* ------------------------------------------------------------------ Azure's content filters */

#define FILTERED "\"content_filter_results\":{\"hate\":{\"filtered\":true,\"severity\":\"high\"}}"
#define PROLOGUE                                                                      \
    "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\"," \
    "\"prompt_filter_results\":[{\"prompt_index\":0," FILTERED "}]}\n\n"
#define ANNOTATED                                                                                        \
    "data: {\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,\"finish_reason\":null," FILTERED \
    ",\"content_filter_offsets\":{\"check_offset\":44}}]}\n\n"

static sl_str relay_body(struct call_fixture *f, const char *vendor, enum sl_ai_dialect client,
                         const char *in)
{
    fixture_init(f, vendor);
    (void)fixture_write(f, client, ASKS);
    fixture_open(f, false, "m");
    fixture_feed(f, sl_cstr(in), 5);
    return fixture_finish(f, true);
}

TEST(tolerance, c33_annotations_of_content_filters_cross_as_nothing_and_pass_as_they_are)
{
    static const char in[] = PROLOGUE TEXT("One") ANNOTATED TEXT("Two") STOP ANNOTATED DONE;
    struct call_fixture f;
    for (size_t i = 0; i < SL_LEN(steps); i++) {
        sl_str out = relay_stream(&f, "azure-openai", SL_AI_ANTHROPIC, sl_cstr(in), steps[i]);
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        EXPECT(!has(out, "filter") && has(out, "\"stop_reason\":\"end_turn\""));
        fixture_fini(&f);
        out = relay_stream(&f, "azure-openai", SL_AI_OPENAI_CHAT, sl_cstr(in), steps[i]);
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        EXPECT(has(out, "\"prompt_filter_results\":[{\"prompt_index\":0," FILTERED "}]"));
        EXPECT(has(out, FILTERED ",\"content_filter_offsets\":{\"check_offset\":44}"));
        fixture_fini(&f);
    }
}

TEST(tolerance, c33_an_answer_that_azure_filters_has_the_reason_content_filter)
{
    static const char stream[] =
        PROLOGUE TEXT("One") "data: {\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,"
                             "\"finish_reason\":\"content_filter\"," FILTERED
                             ",\"delta\":{}}]}\n\n" DONE;
    static const char body[] =
        "{\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,"
        "\"finish_reason\":\"content_filter\"," FILTERED ",\"message\":{\"role\":\"assistant\"}}]}";
    struct call_fixture f;
    EXPECT(has(relay_stream(&f, "azure-openai", SL_AI_ANTHROPIC, sl_cstr(stream), 7),
               "\"stop_reason\":\"refusal\""));
    fixture_fini(&f);
    EXPECT(has(relay_body(&f, "azure-openai", SL_AI_ANTHROPIC, body),
               "\"content\":[],\"stop_reason\":\"refusal\""));
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    fixture_fini(&f);
    EXPECT(has(relay_body(&f, "azure-openai", SL_AI_OPENAI_CHAT, body), FILTERED));
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    fixture_fini(&f);
}

TEST(tolerance, c33_azures_filter_as_the_body_of_a_200_is_a_content_policy)
{
    static const char filter[] =
        "{\"error\":{\"message\":\"The response was filtered\",\"type\":null,\"param\":\"prompt\","
        "\"code\":\"content_filter\",\"status\":400,\"innererror\":{\"code\":"
        "\"ResponsibleAIPolicyViolation\",\"content_filter_result\":{\"hate\":{\"filtered\":true}}}}}";
    static const char *const vendors[] = {"azure-openai", "azure-openai-v1"};
    struct call_fixture f;
    for (size_t i = 0; i < SL_LEN(vendors); i++) {
        expect_error_body(vendors[i], filter, SL_AI_FAULT_CONTENT);
        fixture_init(&f, vendors[i]);
        sl_str in = sl_fmt(f.a, "data: %s\n\n", filter);
        expect_error_stream(vendors[i], sl_fmt(f.a, "%s%.*s", TEXT("One"), SL_STRF(in)).p,
                            SL_AI_FAULT_CONTENT);
        expect_error_stream(vendors[i], in.p, SL_AI_FAULT_CONTENT);
        fixture_fini(&f);
    }
}

TEST(tolerance, an_error_as_the_body_of_a_200_is_one)
{
    expect_error_body(
        "minimax-cn",
        "{\"id\":\"x\",\"choices\":null,\"base_resp\":{\"status_code\":1008,\"status_msg\":\"insufficient balance\"}}",
        SL_AI_FAULT_CREDIT);
    expect_error_body("minimax-cn", "{\"base_resp\":{\"status_code\":1002,\"status_msg\":\"m\"}}",
                      SL_AI_FAULT_RATE);
    expect_error_body("openrouter", "{\"error\":{\"code\":402,\"message\":\"m\"}}",
                      SL_AI_FAULT_CREDIT);
    expect_error_body(
        "openrouter",
        "{\"id\":\"c\",\"model\":\"x\",\"choices\":[{\"error\":{\"code\":429,\"message\":\"m\"}}]}",
        SL_AI_FAULT_RATE);
    expect_error_body("baidu-qianfan", "{\"error_code\":17,\"error_msg\":\"m\",\"id\":\"a\"}",
                      SL_AI_FAULT_CREDIT);
    expect_error_body("iflytek-spark", "{\"code\":10013,\"message\":\"m\",\"sid\":\"a\"}",
                      SL_AI_FAULT_OVERLOAD);
    expect_error_body(
        "cloudflare-workers-ai",
        "{\"success\":false,\"errors\":[{\"code\":7003,\"message\":\"m\"}],\"result\":null}",
        SL_AI_FAULT_OVERLOAD);
}

TEST(tolerance, a_code_of_zero_is_no_error)
{
    struct call_fixture f;
    fixture_init(&f, "minimax-cn");
    (void)fixture_write(&f, SL_AI_ANTHROPIC, ASKS);
    fixture_open(&f, false, "m");
    fixture_feed(
        &f,
        SL_STR(
            "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"One\"},\"finish_reason\":\"stop\"}],\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}}"),
        7);
    EXPECT(has(fixture_finish(&f, true), "One"));
    EXPECT(!sl_ai_relay_state(f.relay)->has_failed);
    fixture_fini(&f);
}

TEST(tolerance, blanks_may_come_before_a_body)
{
    for (size_t c = 0; c < SL_LEN(clients); c++) {
        struct call_fixture f;
        fixture_init(&f, "deepseek");
        (void)fixture_write(&f, clients[c], ASKS);
        fixture_open(&f, false, "m");
        fixture_feed(
            &f,
            SL_STR(
                "\n\n   \n{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"One\"},\"finish_reason\":\"stop\"}]}\n"),
            2);
        EXPECT(has(fixture_finish(&f, true), "One"));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
}
