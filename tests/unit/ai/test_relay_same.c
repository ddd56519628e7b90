/* test_relay_same: answers in the client's own dialect (cases U1 U2 T2 T3 T4 T6 T7 T8 T14 X11 X13). */
#include "ai/relay_int.h"
#include "base/err.h"
#include "tests/unit/ai/call_fixture.h"

#define CHUNK_HEAD \
    "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"real\","
#define ROLE            \
    "data: " CHUNK_HEAD \
    "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]"
#define HELLO           \
    "data: " CHUNK_HEAD \
    "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"H\\u00e9llo\"},\"finish_reason\":null}]"
#define STOP \
    "data: " CHUNK_HEAD "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]"
#define COUNTS "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}"
#define USAGE "data: " CHUNK_HEAD "\"choices\":[]," COUNTS "}\n\n"
#define END "}\n\n"
#define DONE "data: [DONE]\n\n"

#define ASKS "{\"model\":\"m\",\"stream\":true,\"messages\":[]}"
#define ASKS_USAGE \
    "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"messages\":[]}"

static const size_t steps[] = {1, 2, 3, 7, 64, 100000};

static void open_stream(struct call_fixture *f, const char *vendor, const char *body,
                        const char *shown)
{
    fixture_init(f, vendor);
    (void)fixture_write(f, f->target.vendor->dialect, body);
    fixture_open(f, true, shown);
}

/* Every way of cutting the stream gives the same bytes. */
static void expect_relayed(const char *vendor, const char *body, const char *shown, const char *in,
                           const char *want)
{
    for (size_t i = 0; i < SL_LEN(steps); i++) {
        struct call_fixture f;
        open_stream(&f, vendor, body, shown);
        fixture_feed(&f, sl_cstr(in), steps[i]);
        EXPECT_STR(want, fixture_finish(&f, true));
        EXPECT(!sl_ai_relay_state(f.relay)->has_failed);
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
}

TEST(relay_same, u1_hidden_usage_leaves_no_trace)
{
    expect_relayed("openai", ASKS, NULL,
                   ROLE ",\"usage\":null" END HELLO
                        ",\"usage\":null,\"obfuscation\":\"xy\"" END STOP
                        ", \"usage\": null" END USAGE DONE,
                   ROLE END HELLO ",\"obfuscation\":\"xy\"" END STOP END DONE);
}

TEST(relay_same, t8_a_mark_behind_a_skipped_event_does_not_begin_the_clients_stream)
{
    expect_relayed("openai", ASKS, NULL,
                   "data: {bad}\n\n\xef\xbb\xbf"
                   "data: {worse}\n\n" HELLO END STOP END DONE,
                   ":\xef\xbb\xbf"
                   "data: {worse}\n\n" HELLO END STOP END DONE);
}

TEST(relay_same, u1_the_ledger_has_the_exact_usage)
{
    struct call_fixture f;
    open_stream(&f, "openai", ASKS, NULL);
    fixture_feed(&f, SL_STR(HELLO END STOP END USAGE DONE), 10);
    struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
    EXPECT_EQ(SL_AI_USAGE_REPORTED, u.source);
    EXPECT_EQ(9, u.input);
    EXPECT_EQ(2, u.output);
    fixture_fini(&f);
}

/* Models that draw may cost by the image; those of them that count tokens cost by these. */
TEST(relay_same, u2_images_are_counted_whether_tokens_are_or_not)
{
    static const char usage[] = ",\"usage\":{\"input_tokens\":9,\"output_tokens\":4160}}";

    for (int has_usage = 0; has_usage < 2; has_usage++) {
        struct call_fixture f;
        fixture_init(&f, "openai");
        (void)fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"prompt\":\"a cat\"}");
        f.call.operation = SL_AI_IMAGES;
        fixture_open(&f, false, NULL);
        fixture_feed(
            &f, SL_STR("{\"created\":1,\"data\":[{\"url\":\"a\"},{\"b64_json\":\"AAAA\"},7]"), 5);
        fixture_feed(&f, has_usage != 0 ? sl_cstr(usage) : SL_STR("}"), 5);
        (void)fixture_finish(&f, true);
        struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
        EXPECT_EQ(SL_AI_USAGE_REPORTED, u.source);
        EXPECT_EQ(2, u.images);
        EXPECT_EQ(has_usage != 0 ? 4160 : 0, u.output);
        fixture_fini(&f);
    }
}

TEST(relay_same, u1_without_injection_nothing_is_stripped)
{
    expect_relayed("mistral", ASKS, NULL, HELLO ",\"usage\":null" END STOP "," COUNTS END DONE,
                   HELLO ",\"usage\":null" END STOP "," COUNTS END DONE);
}

TEST(relay_same, u2_usage_comes_once_and_right_before_done)
{
    static const char *const streams[] = {
        HELLO END STOP END USAGE DONE,
        HELLO END STOP END USAGE USAGE DONE,
        HELLO END USAGE STOP END USAGE DONE,
        HELLO END STOP END USAGE,
    };
    for (size_t i = 0; i < SL_LEN(streams); i++)
        expect_relayed("openai", ASKS_USAGE, NULL, streams[i], HELLO END STOP END USAGE DONE);
}

TEST(relay_same, u2_usage_in_the_last_choice_is_split_off)
{
    expect_relayed("openai", ASKS_USAGE, NULL, HELLO END STOP "," COUNTS END DONE,
                   HELLO END STOP ",\"usage\":null" END USAGE DONE);
}

TEST(relay_same, t2_line_ends_comments_and_marks_are_understood)
{
    static const char *const streams[] = {
        ": ping\n\n" HELLO "}\r\n\r\n" STOP "}\r\n\r\n"
        "data: [DONE]\r\n\r\n",
        HELLO "}\r\r" STOP "}\r\r"
              "data:[DONE]\r\r\n",
        "id: 1\nretry: 5\n" HELLO END STOP END DONE,
    };
    for (size_t i = 0; i < SL_LEN(streams); i++)
        expect_relayed("openai", ASKS, NULL, streams[i], streams[i]);
    expect_relayed("openai", ASKS, NULL, "\xef\xbb\xbf" HELLO END STOP END DONE,
                   HELLO END STOP END DONE);
}

TEST(relay_same, t2_data_on_several_lines_is_rewritten_on_several)
{
    expect_relayed(
        "openai", ASKS, "m", "data: {\"model\":\"real\",\ndata: \"choices\":[]}\n\n" STOP END DONE,
        "data: {\"model\":\"m\",\ndata: \"choices\":[]}\n\n"
        "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" DONE);
}

TEST(relay_same, t3_a_missing_done_is_added)
{
    expect_relayed("openai", ASKS, NULL, HELLO END STOP END, HELLO END STOP END DONE);
    expect_relayed("openai", ASKS, NULL, HELLO END STOP END "data: [DONE]",
                   HELLO END STOP END DONE);
}

TEST(relay_same, t4_a_cut_is_never_success)
{
    static const struct {
        const char *in;
        bool is_clean;
    } rows[] = {{HELLO END, true},
                {HELLO END STOP END, false},
                {HELLO END "data: {\"cho", true},
                {"", true}};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        open_stream(&f, "openai", ASKS, NULL);
        fixture_feed(&f, sl_cstr(rows[i].in), 5);
        sl_str text = fixture_finish(&f, rows[i].is_clean);
        const struct sl_ai_relay_state *st = sl_ai_relay_state(f.relay);
        EXPECT(st->has_failed && !st->is_complete);
        EXPECT_EQ(SL_AI_FAULT_STREAM, st->fault.class_);
        EXPECT_EQ(SL_E_AI_STREAM_CUT, st->fault.rc);
        EXPECT_EQ(SIZE_MAX, sl_str_find_str(text, SL_STR("[DONE]")));
        fixture_fini(&f);
    }
}

TEST(relay_same, t4_the_terminal_error_is_an_event_and_no_done)
{
    struct call_fixture f;
    open_stream(&f, "openai", ASKS, NULL);
    fixture_feed(&f, SL_STR(HELLO END), 1000);
    sl_strbuf_clear(&f.text);
    struct sl_ai_fault fault = sl_ai_fault_of(SL_E_AI_STREAM_CUT, SL_STR("cut"));
    sl_ai_relay_write_fault(f.relay, &fault, &f.out);
    sl_str text = fixture_text(&f);
    EXPECT(sl_str_starts(text, SL_STR("data: {\"error\":")));
    EXPECT(sl_str_find_str(text, SL_STR("upstream_stream_interrupted")) != SIZE_MAX);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(text, SL_STR("[DONE]")));
    fixture_fini(&f);
}

TEST(relay_same, t6_an_error_as_first_event_is_a_failure)
{
    static const struct {
        const char *vendor, *in;
        enum sl_ai_fault_class class_;
    } rows[] = {
        {"openai",
         "data: {\"error\":{\"message\":\"slow down\",\"type\":\"requests\",\"code\":\"rate_limit_exceeded\"}}\n\n",
         SL_AI_FAULT_RATE},
        {"groq",
         "event: error\ndata: {\"error\":{\"message\":\"x\",\"type\":\"server_error\"}}\n\n",
         SL_AI_FAULT_OVERLOAD},
        {"anthropic",
         "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
         SL_AI_FAULT_OVERLOAD},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        open_stream(&f, rows[i].vendor,
                    "{\"model\":\"m\",\"max_tokens\":5,\"stream\":true,\"messages\":[]}", NULL);
        fixture_feed(&f, sl_cstr(rows[i].in), 9);
        EXPECT(sl_ai_relay_state(f.relay)->has_failed);
        EXPECT(!sl_ai_relay_state(f.relay)->has_content);
        EXPECT_EQ(rows[i].class_, sl_ai_relay_state(f.relay)->fault.class_);
        EXPECT_STR("", fixture_text(&f));
        fixture_fini(&f);
    }
}

TEST(relay_same, t6_an_error_as_the_body_of_a_200_is_a_failure)
{
    static const char *const bodies[] = {
        "{\"error\":{\"message\":\"m\",\"code\":429}}",
        "{\"object\":\"error\",\"message\":\"m\",\"code\":429}",
        "{\"choices\":null,\"base_resp\":{\"status_code\":1008,\"status_msg\":\"insufficient balance\"}}",
        "{\"choices\":[{\"error\":{\"message\":\"m\"}}]}",
        "{\"detail\":\"m\"}",
        "{}",
        "<html>",
        "",
    };
    for (size_t i = 0; i < SL_LEN(bodies); i++) {
        struct call_fixture f;
        fixture_init(&f, "openrouter");
        (void)fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"messages\":[]}");
        fixture_open(&f, false, NULL);
        fixture_feed(&f, sl_cstr(bodies[i]), 4);
        EXPECT_STR("", fixture_finish(&f, true));
        EXPECT(sl_ai_relay_state(f.relay)->has_failed);
        fixture_fini(&f);
    }
}

TEST(relay_same, t7_only_content_commits)
{
    static const struct {
        const char *delta;
        bool is_content;
    } rows[] = {
        {"{\"role\":\"assistant\"}", false},
        {"{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", false},
        {"{\"content\":null,\"tool_calls\":[]}", false},
        {"{}", false},
        {"{\"content\":\" \"}", true},
        {"{\"content\":[{\"type\":\"thinking\"}]}", true},
        {"{\"reasoning_content\":\"hm\"}", true},
        {"{\"reasoning\":\"hm\"}", true},
        {"{\"refusal\":\"no\"}", true},
        {"{\"audio\":{\"id\":\"a\"}}", true},
        {"{\"function_call\":{\"name\":\"f\"}}", true},
        {"{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}", true},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        open_stream(&f, "openai", ASKS, NULL);
        sl_str event = sl_fmt(f.a, "data: {\"choices\":[{\"delta\":%s}]}\n\n", rows[i].delta);
        fixture_feed(&f, event, event.n);
        EXPECT_EQ(rows[i].is_content, sl_ai_relay_state(f.relay)->has_content);
        fixture_fini(&f);
    }
}

TEST(relay_same, t8_one_malformed_event_is_dropped_and_counted)
{
    struct call_fixture f;
    open_stream(&f, "openai", ASKS, NULL);
    fixture_feed(&f, SL_STR(HELLO END "data: {\"choices\":[{]\n\n" STOP END DONE), 8);
    EXPECT_STR(HELLO END STOP END DONE, fixture_finish(&f, true));
    EXPECT_EQ(1, sl_ai_relay_state(f.relay)->bad_events);
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    fixture_fini(&f);
}

TEST(relay_same, t8_two_in_a_row_are_a_broken_stream)
{
    struct call_fixture f;
    open_stream(&f, "openai", ASKS, NULL);
    fixture_feed(&f, SL_STR(HELLO END "data: {\n\ndata: }\n\n" STOP END DONE), 8);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    EXPECT_STR(HELLO END, fixture_text(&f));
    fixture_fini(&f);
}

TEST(relay_same, x13_every_event_shows_the_model_asked_for)
{
    expect_relayed(
        "openai", ASKS_USAGE, "sho\"wn",
        "data: {\"model\":\"real\",\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1}}\n\n" DONE,
        "data: {\"model\":\"sho\\\"wn\",\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n"
        "data: {\"model\":\"sho\\\"wn\",\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n" DONE);
}

TEST(relay_same, x13_a_whole_body_shows_the_model_asked_for)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    (void)fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"messages\":[]}");
    fixture_open(&f, false, "m");
    fixture_feed(
        &f,
        SL_STR(
            "\n\n{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"length\"}],\"model\":\"real-2026\"," COUNTS
            ",\"service_tier\":\"flex\"}"),
        6);
    EXPECT_STR(
        "\n\n{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"length\"}],\"model\":\"m\"," COUNTS
        ",\"service_tier\":\"flex\"}",
        fixture_finish(&f, true));
    const struct sl_ai_relay_state *st = sl_ai_relay_state(f.relay);
    EXPECT_STR("real-2026", st->vendor_model);
    EXPECT_STR("flex", st->service_tier);
    EXPECT_STR("length", st->native_stop);
    EXPECT_EQ(SL_AI_STOP_LENGTH, st->stop);
    EXPECT_EQ(2, sl_ai_relay_usage(f.relay).output);
    fixture_fini(&f);
}

TEST(relay_same, a_mark_that_grows_with_each_event_keeps_its_beginning_and_little_memory)
{
    enum { KEPT = 256 };
    static char name[2 * KEPT];
    struct call_fixture f;
    memset(name, 'm', sizeof(name));
    open_stream(&f, "openai", ASKS, NULL);
    size_t before = sl_arena_used(f.a);
    for (size_t n = 1; n <= sizeof(name); n++) {
        sl_ai_relay_mark(f.relay, SL_AI_MARK_MODEL, (sl_str){name, n});
        EXPECT_EQ(SL_MIN(n, (size_t)KEPT), sl_ai_relay_state(f.relay)->vendor_model.n);
    }
    size_t grown = sl_arena_used(f.a) - before;
    EXPECT(grown >= KEPT && grown <= 2 * KEPT + 64);
    sl_ai_relay_mark(f.relay, SL_AI_MARK_MODEL, SL_STR("short"));
    sl_ai_relay_mark(f.relay, SL_AI_MARK_MODEL, SL_STR(""));
    EXPECT_STR("short", sl_ai_relay_state(f.relay)->vendor_model);
    EXPECT_EQ(before + grown, sl_arena_used(f.a));
    fixture_fini(&f);
}

TEST(relay_same, a_mark_for_which_there_is_no_memory_stays_as_it_was)
{
    struct call_fixture f;
    open_stream(&f, "openai", ASKS, NULL);
    sl_ai_relay_mark(f.relay, SL_AI_MARK_TIER, SL_STR("flex"));
    sl_arena_keep(f.a, SIZE_MAX);
    sl_ai_relay_mark(f.relay, SL_AI_MARK_TIER, SL_STR("priority"));
    EXPECT_STR("flex", sl_ai_relay_state(f.relay)->service_tier);
    fixture_fini(&f);
}

#define AN_START \
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"real\",\"content\":[],\"usage\":{\"input_tokens\":100,\"cache_creation_input_tokens\":20,\"cache_read_input_tokens\":300,\"output_tokens\":1}}}\n\n"
#define AN_BLOCK \
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
#define AN_TEXT \
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello there\"}}\n\n"
#define AN_BLOCK_STOP \
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
#define AN_DELTA \
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":50}}\n\n"
#define AN_STOP "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
#define AN_ASKS "{\"model\":\"m\",\"max_tokens\":100,\"stream\":true,\"messages\":[]}"

TEST(relay_same, u4_anthropic_usage_is_merged_not_added)
{
    struct call_fixture f;
    open_stream(&f, "anthropic", AN_ASKS, NULL);
    fixture_feed(&f, SL_STR(AN_START AN_BLOCK AN_TEXT AN_BLOCK_STOP AN_DELTA AN_STOP), 11);
    struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
    EXPECT_EQ(100, u.input);
    EXPECT_EQ(20, u.cache_write_5m);
    EXPECT_EQ(300, u.cache_read);
    EXPECT_EQ(50, u.output);
    EXPECT_EQ(SL_AI_STOP_END, sl_ai_relay_state(f.relay)->stop);
    fixture_fini(&f);
}

/* What a stream of Messages with these counts in its first and its last event amounts to. */
static struct sl_ai_usage usage_of_messages(const char *first, const char *last)
{
    struct call_fixture f;
    open_stream(&f, "anthropic", AN_ASKS, NULL);
    sl_str in =
        sl_fmt(f.a,
               "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":"
               "\"msg_1\",\"model\":\"real\",\"content\":[]%s}}\n\n" AN_BLOCK AN_TEXT AN_BLOCK_STOP
               "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"
               "\"stop_reason\":\"end_turn\"},\"usage\":{%s}}\n\n" AN_STOP,
               first, last);
    fixture_feed(&f, in, 11);
    struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
    fixture_fini(&f);
    return u;
}

TEST(relay_same, u4_counts_in_the_last_event_alone_suffice)
{
    struct sl_ai_usage u = usage_of_messages(
        "", "\"input_tokens\":100,\"cache_read_input_tokens\":300,\"output_tokens\":50");
    EXPECT_EQ(SL_AI_USAGE_REPORTED, u.source);
    EXPECT_EQ(100, u.input);
    EXPECT_EQ(300, u.cache_read);
    EXPECT_EQ(50, u.output);
}

TEST(relay_same, u4_counts_that_come_again_replace_the_first)
{
    struct sl_ai_usage u = usage_of_messages(
        ",\"usage\":{\"input_tokens\":100,\"cache_read_input_tokens\":300,\"output_tokens\":1}",
        "\"input_tokens\":90,\"cache_read_input_tokens\":310,\"output_tokens\":50");
    EXPECT_EQ(90, u.input);
    EXPECT_EQ(310, u.cache_read);
    EXPECT_EQ(50, u.output);
}

TEST(relay_same, t3_a_missing_message_stop_is_added)
{
    expect_relayed("anthropic", AN_ASKS, NULL, AN_START AN_BLOCK AN_TEXT AN_BLOCK_STOP AN_DELTA,
                   AN_START AN_BLOCK AN_TEXT AN_BLOCK_STOP AN_DELTA AN_STOP);
}

TEST(relay_same, t7_anthropic_commits_with_the_first_text)
{
    struct call_fixture f;
    open_stream(&f, "anthropic", AN_ASKS, NULL);
    fixture_feed(&f, SL_STR(AN_START "event: ping\ndata: {\"type\":\"ping\"}\n\n" AN_BLOCK), 1000);
    EXPECT(!sl_ai_relay_state(f.relay)->has_content);
    fixture_feed(&f, SL_STR(AN_TEXT), 1000);
    EXPECT(sl_ai_relay_state(f.relay)->has_content);
    fixture_fini(&f);
}

TEST(relay_same, u13_of_a_stream_left_early_the_output_is_estimated)
{
    struct call_fixture f;
    open_stream(&f, "anthropic", AN_ASKS, NULL);
    fixture_feed(&f, SL_STR(AN_START AN_BLOCK AN_TEXT), 1000);
    struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
    EXPECT_EQ(SL_AI_USAGE_ESTIMATED, u.source);
    EXPECT_EQ(100, u.input);
    EXPECT_EQ(3, u.output);
    fixture_fini(&f);
}

TEST(relay_same, u3_without_any_usage_both_sides_are_estimated)
{
    struct call_fixture f;
    open_stream(&f, "openai", ASKS, NULL);
    fixture_feed(&f, SL_STR(HELLO END STOP END DONE), 1000);
    struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
    EXPECT_EQ(SL_AI_USAGE_ESTIMATED, u.source);
    EXPECT_EQ(f.call.input_tokens_estimate, u.input);
    EXPECT_EQ(2, u.output); /* 7 bytes */
    EXPECT_EQ(1, u.requests);
    fixture_fini(&f);
}

TEST(relay_same, unchanged_bytes_are_referenced)
{
    struct call_fixture f;
    open_stream(&f, "openai", ASKS, NULL);
    static const char in[] = HELLO END;
    struct sl_chunk *c = sl_chunk_new(f.pool, sizeof(in));
    memcpy(c->data, in, sizeof(in) - 1);
    c->used = sizeof(in) - 1;
    sl_ai_relay_feed(f.relay, c, (sl_str){c->data, c->used}, &f.out);
    EXPECT(f.out.head != NULL && f.out.head->p == c->data && f.out.head->next == NULL);
    sl_chunk_unref(c);
    fixture_fini(&f);
}
