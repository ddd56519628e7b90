/*
 * Answers that cross dialects, where the request or a limit matters; the rest is in test_transcripts.c.
 */
#include "ai/dialect.h"
#include "ai/effort.h"
#include "ai/stop.h"
#include "ai/tool_args.h"
#include "base/utf8.h"
#include "tests/test.h"

#include <stdio.h>

struct pipe {
    struct sl_arena *a;
    struct sl_ai_request request;
    struct sl_ai_target target;
    struct sl_ai_decoder *decoder;
    struct sl_ai_encoder *encoder;
    struct sl_strbuf out;
};

static void pipe_init(struct pipe *p, enum sl_ai_dialect vendor, const char *vendor_id,
                      enum sl_ai_dialect client, enum sl_ai_format format, bool is_stream)
{
    struct sl_ai_decoder_config dc = {.request = &p->request, .target = &p->target};
    struct sl_ai_encoder_config ec = {
        .is_stream = is_stream, .request_id = SL_STR("R"), .shown_model = SL_STR("shown")};

    *p = (struct pipe){.a = sl_arena_new("test", SL_MIB(256))};
    p->request.format = format;
    p->target.vendor = sl_ai_vendor_find(sl_cstr(vendor_id));
    p->decoder = sl_ai_decoder_new(vendor, &dc, p->a);
    p->encoder = sl_ai_encoder_new(client, &ec, p->a);
    sl_strbuf_init(&p->out, p->a, 0);
}

static void drain(struct pipe *p)
{
    struct sl_ai_event ev;

    while (sl_ai_decoder_next(p->decoder, &ev))
        sl_ai_encoder_put(p->encoder, &ev, &p->out);
}

static void feed(struct pipe *p, const char *data)
{
    sl_ai_decoder_feed(p->decoder, (sl_str){0}, sl_cstr(data));
    drain(p);
}

static bool has(const struct pipe *p, const char *text)
{
    return sl_str_find_str(sl_strbuf_str(&p->out), sl_cstr(text)) != SIZE_MAX;
}

/* ------------------------------------------------------------------ X8: a tool that stands for a format */

static const char *const json_tool[] = {
    "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\"}}",
    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":"
    "\"t\",\"name\":\"json_answer\",\"input\":{}}}",
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\","
    "\"partial_json\":\"{\\\"a\\\":\"}}",
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\","
    "\"partial_json\":\"1}\"}}",
    "{\"type\":\"content_block_stop\",\"index\":0}",
    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"}}",
    "{\"type\":\"message_stop\"}",
};

TEST(dialect_answer, x8_a_tool_in_place_of_a_format_comes_back_as_content)
{
    for (int is_stream = 0; is_stream < 2; is_stream++) {
        struct pipe p;
        pipe_init(&p, SL_AI_ANTHROPIC, "anthropic", SL_AI_OPENAI_CHAT, SL_AI_FORMAT_JSON,
                  is_stream != 0);
        for (size_t i = 0; i < SL_LEN(json_tool); i++)
            feed(&p, json_tool[i]);
        EXPECT(
            has(&p, is_stream ? "\"content\":\"{\\\"a\\\":\"" : "\"content\":\"{\\\"a\\\":1}\""));
        EXPECT(has(&p, "\"finish_reason\":\"stop\""));
        EXPECT(!has(&p, "tool_calls"));
        EXPECT(has(&p, "\"model\":\"shown\""));
        sl_arena_free(p.a);
    }
}

/* Gemini before 3, which refuses functions beside a format. */
TEST(dialect_answer, x8_geminis_call_in_place_of_a_format_comes_back_as_content)
{
    static const char calls[] =
        "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"json_answer\","
        "\"args\":{\"a\":1.0}}}]},\"finishReason\":\"STOP\"}]}";
    struct sl_ai_tool f = {.name = SL_STR("f")};

    for (int is_stream = 0; is_stream < 2; is_stream++)
        for (int has_schema = 0; has_schema < 2; has_schema++) {
            struct pipe p;
            pipe_init(&p, SL_AI_GEMINI, "gemini", SL_AI_OPENAI_CHAT, SL_AI_FORMAT_SCHEMA,
                      is_stream != 0);
            p.target.model = SL_STR("gemini-2.5-flash");
            p.request.tools = &f;
            p.request.format_schema_json =
                has_schema ? SL_STR("{\"type\":\"object\"}") : SL_STR("{\"type\":\"array\"}");
            feed(&p, calls);
            sl_ai_decoder_finish(p.decoder, true);
            drain(&p);
            EXPECT_EQ(has_schema, has(&p, "\"content\":\"{\\\"a\\\":1.0}\""));
            EXPECT_EQ(has_schema, has(&p, "\"finish_reason\":\"stop\""));
            EXPECT_EQ(!has_schema, has(&p, "json_answer"));
            sl_arena_free(p.a);
        }
}

TEST(dialect_answer, a_tool_of_that_name_is_a_tool_when_no_format_was_asked)
{
    struct pipe p;

    pipe_init(&p, SL_AI_ANTHROPIC, "anthropic", SL_AI_OPENAI_CHAT, SL_AI_FORMAT_UNSET, true);
    for (size_t i = 0; i < SL_LEN(json_tool); i++)
        feed(&p, json_tool[i]);
    EXPECT(has(&p, "\"finish_reason\":\"tool_calls\""));
    sl_arena_free(p.a);
}

/* ------------------------------------------------------------------ X4: why it ended */

#define CHUNK(delta, more) \
    "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{" delta "}" more "}]}"

/* `wanted` is in what the client gets, streamed and whole. */
static void expect_stop(enum sl_ai_dialect client, const char *delta, const char *end,
                        const char *wanted)
{
    for (int is_stream = 0; is_stream < 2; is_stream++) {
        struct pipe p;
        pipe_init(&p, SL_AI_OPENAI_CHAT, "custom-openai", client, SL_AI_FORMAT_UNSET,
                  is_stream != 0);
        feed(&p, delta);
        feed(&p, end);
        feed(&p, "[DONE]");
        if (!has(&p, wanted))
            print_error("%s is not in %.*s\n", wanted, SL_STRF(sl_strbuf_str(&p.out)));
        EXPECT(has(&p, wanted));
        sl_arena_free(p.a);
    }
}

TEST(dialect_answer, x4_a_refusal_is_a_content_filter_for_clients_that_have_none)
{
    static const struct {
        enum sl_ai_dialect client;
        const char *wanted;
    } rows[] = {
        {SL_AI_GEMINI, "\"finishReason\":\"SAFETY\""},
        {SL_AI_ANTHROPIC, "\"stop_reason\":\"refusal\""},
        {SL_AI_COHERE, "\"finish_reason\":\"ERROR_TOXIC\""},
        {SL_AI_OLLAMA, "\"done_reason\":\"content_filter\""},
        {SL_AI_OPENAI_COMPLETIONS, "\"finish_reason\":\"content_filter\""},
        {SL_AI_OPENAI_CHAT, "\"finish_reason\":\"stop\""},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        expect_stop(rows[i].client, CHUNK("\"refusal\":\"No.\"", ""),
                    CHUNK("", ",\"finish_reason\":\"stop\""), rows[i].wanted);
}

TEST(dialect_answer, x4_the_first_vendors_own_word_says_more)
{
    static const char *const words[] = {"pause_turn", "model_context_window_exceeded"};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    for (size_t i = 0; i < SL_LEN(words); i++)
        expect_stop(SL_AI_ANTHROPIC, CHUNK("\"content\":\"Hi\"", ""),
                    sl_fmt(a,
                           CHUNK("", ",\"finish_reason\":\"%s\",\"native_finish_reason\":\"%s\""),
                           i == 0 ? "stop" : "length", words[i])
                        .p,
                    sl_fmt(a, "\"stop_reason\":\"%s\"", words[i]).p);
    sl_arena_free(a);
}

TEST(dialect_answer, x4_anthropics_word_in_place_of_openais_is_understood)
{
    expect_stop(SL_AI_ANTHROPIC, CHUNK("\"content\":\"Hi\"", ""),
                CHUNK("", ",\"finish_reason\":\"pause_turn\""), "\"stop_reason\":\"pause_turn\"");
}

TEST(dialect_answer, x4_a_call_is_waited_for_whatever_else_is_said)
{
    static const char call[] = CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{"
                                     "\"name\":\"f\",\"arguments\":\"{}\"}}]",
                                     "");

    expect_stop(
        SL_AI_ANTHROPIC, call,
        CHUNK("", ",\"finish_reason\":\"tool_calls\",\"native_finish_reason\":\"pause_turn\""),
        "\"stop_reason\":\"tool_use\"");
}

TEST(dialect_answer, x4_calls_that_did_not_come_are_none)
{
    expect_stop(SL_AI_ANTHROPIC, CHUNK("\"content\":\"Hi\"", ""),
                CHUNK("", ",\"finish_reason\":\"tool_calls\""), "\"stop_reason\":\"end_turn\"");
}

/* ------------------------------------------------------------------ gathered into a whole answer */

static void expect_gathered(enum sl_ai_dialect vendor, const char *vendor_id,
                            enum sl_ai_dialect client, const char *const *events, size_t n,
                            const char *wanted)
{
    struct pipe p;

    pipe_init(&p, vendor, vendor_id, client, SL_AI_FORMAT_UNSET, false);
    for (size_t i = 0; i < n; i++)
        feed(&p, events[i]);
    if (!has(&p, wanted))
        print_error("%s is not in\n%.*s\n", wanted, (int)p.out.n, p.out.p);
    EXPECT(has(&p, wanted));
    sl_arena_free(p.a);
}

#define PIECE(delta, rest) "{\"choices\":[{\"index\":0,\"delta\":{" delta "}" rest "}]}"
#define TOKENS(list, token) \
    ",\"logprobs\":{\"" list "\":[{\"token\":\"" token "\",\"logprob\":-0.5}]}"
#define TOKEN(token) "{\"token\":\"" token "\",\"logprob\":-0.5}"

TEST(dialect_answer, the_probabilities_of_all_pieces_are_kept)
{
    static const char *const events[] = {
        PIECE("\"content\":\"a\"", TOKENS("content", "a")),
        PIECE("\"content\":\"\"", TOKENS("content", "half a character")),
        PIECE("\"content\":\"b\"", TOKENS("content", "b")),
        PIECE("\"refusal\":\"no\"", TOKENS("refusal", "no")),
        PIECE("", ",\"finish_reason\":\"stop\""),
        "[DONE]",
    };

    expect_gathered(SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_CHAT, events, SL_LEN(events),
                    "\"logprobs\":{\"content\":[" TOKEN("a") "," TOKEN(
                        "half a character") "," TOKEN("b") "],\"refusal\":[" TOKEN("no") "]}");
}

TEST(dialect_answer, a_first_token_without_text_has_its_probability_too)
{
    static const char *const events[] = {
        PIECE("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null",
              TOKENS("content", "half")),
        PIECE("\"content\":\"b\"", TOKENS("content", "b")),
        PIECE("", ",\"finish_reason\":\"stop\""),
        "[DONE]",
    };

    expect_gathered(SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_CHAT, events, SL_LEN(events),
                    "\"logprobs\":{\"content\":[" TOKEN("half") "," TOKEN("b") "]");
    expect_gathered(SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_RESPONSES, events, SL_LEN(events),
                    "\"logprobs\":[" TOKEN("half") "," TOKEN("b") "],\"text\":\"b\"");
}

TEST(dialect_answer, a_last_token_without_text_has_its_probability_too)
{
    static const char *const alone[] = {
        PIECE("\"content\":\"\"", TOKENS("content", "half")),
        PIECE("", ",\"finish_reason\":\"length\""),
        "[DONE]",
    };

    expect_gathered(SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_CHAT, alone, SL_LEN(alone),
                    "\"logprobs\":{\"content\":[" TOKEN("half") "]");
    expect_gathered(SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_RESPONSES, alone, SL_LEN(alone),
                    "\"logprobs\":[" TOKEN("half") "],\"text\":\"\"");
}

TEST(dialect_answer, probabilities_in_another_form_are_kept_as_they_are)
{
    static const char *const events[] = {
        PIECE("\"content\":\"a\"", ",\"logprobs\":{\"token_logprobs\":[-1]}"),
        PIECE("", ",\"finish_reason\":\"stop\""),
        "[DONE]",
    };

    expect_gathered(SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_CHAT, events, SL_LEN(events),
                    "\"logprobs\":{\"token_logprobs\":[-1]}");
}

#define CALL "\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":"

TEST(dialect_answer, nothing_that_comes_in_the_middle_of_a_call_is_lost)
{
    static const char *const events[] = {
        PIECE(CALL "\"{\"}}]", ""),
        PIECE("\"reasoning_content\":\"hm\"", ""),
        PIECE("\"content\":\"text\"", ""),
        PIECE("\"refusal\":\"no\"", ""),
        PIECE(CALL "\"}\"}}]", ""),
        PIECE("", ",\"finish_reason\":\"tool_calls\""),
        "[DONE]",
    };

    expect_gathered(
        SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_CHAT, events, SL_LEN(events),
        "\"content\":\"text\",\"refusal\":\"no\",\"reasoning_content\":\"hm\","
        "\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\","
        "\"arguments\":\"{}\"}}]");
}

TEST(dialect_answer, probabilities_behind_an_open_call_are_kept)
{
    static const char *const events[] = {
        PIECE("\"content\":\"a\"", TOKENS("content", "a")),
        PIECE(CALL "\"{\"}}]", ""),
        PIECE("\"content\":\"b\"", TOKENS("content", "b")),
        PIECE("\"content\":\"c\"", TOKENS("content", "c")),
        PIECE("\"refusal\":\"no\"", TOKENS("refusal", "no")),
        PIECE(CALL "\"}\"}}]", ""),
        PIECE("", ",\"finish_reason\":\"tool_calls\""),
        "[DONE]",
    };

    expect_gathered(SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_CHAT, events, SL_LEN(events),
                    "\"logprobs\":{\"content\":[" TOKEN("a") "," TOKEN("b") "," TOKEN(
                        "c") "],\"refusal\":[" TOKEN("no") "]}");
}

/* ------------------------------------------------------------------ probabilities in Responses */

static const char *const likely_chat[] = {
    PIECE("\"content\":\"a\"", TOKENS("content", "a")),
    PIECE("\"content\":\"\"", TOKENS("content", "half a character")),
    PIECE("\"content\":\"b\"", TOKENS("content", "b")),
    PIECE("", ",\"finish_reason\":\"stop\""),
    "[DONE]",
};
#define ALL_TOKENS TOKEN("a") "," TOKEN("half a character") "," TOKEN("b")

TEST(dialect_answer, a_whole_response_has_the_probabilities_of_its_text)
{
    expect_gathered(SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_RESPONSES, likely_chat,
                    SL_LEN(likely_chat), "\"logprobs\":[" ALL_TOKENS "],\"text\":\"ab\"");
}

TEST(dialect_answer, deltas_of_a_response_have_the_probabilities_since_the_last_one)
{
    static const char *const wanted[] = {
        "\"delta\":\"a\",\"logprobs\":[" TOKEN("a") "]",
        "\"delta\":\"b\",\"logprobs\":[" TOKEN("half a character") "," TOKEN("b") "]",
        "\"logprobs\":[" ALL_TOKENS "],\"text\":\"ab\"",
    };
    struct pipe p;

    pipe_init(&p, SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_RESPONSES, SL_AI_FORMAT_UNSET, true);
    for (size_t i = 0; i < SL_LEN(likely_chat); i++)
        feed(&p, likely_chat[i]);
    for (size_t i = 0; i < SL_LEN(wanted); i++)
        EXPECT(has(&p, wanted[i]));
    sl_arena_free(p.a);
}

/* Tokens without text, of a vendor that never comes to a text: nothing of them is half told. */
TEST(dialect_answer, too_many_probabilities_fail_the_answer)
{
    enum { TOKEN_BYTES = 1 << 20, COUNT = (int)(SL_AI_KEPT_BYTES / TOKEN_BYTES) + 1 };
    struct pipe p;
    sl_str x;

    pipe_init(&p, SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_RESPONSES, SL_AI_FORMAT_UNSET, true);
    x = sl_fmt(p.a, PIECE("\"content\":\"\"", TOKENS("content", "%0*d")), TOKEN_BYTES, 0);
    for (int i = 0; i < COUNT; i++)
        feed(&p, x.p);
    feed(&p, PIECE("\"content\":\"a\"", ""));
    EXPECT(has(&p, "too large"));
    EXPECT(!has(&p, "0000"));
    sl_arena_free(p.a);
}

/* ------------------------------------------------------------------ phases of messages */

#define MESSAGE_ITEM(phase, content)                                                            \
    "\"item\":{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"phase\":\"" phase \
    "\",\"content\":[" content "]}}"
#define SAID_IN(index, phase, text)                                        \
    "{\"type\":\"response.output_item.added\",\"output_index\":" index     \
    "," MESSAGE_ITEM(phase, ""),                                           \
        "{\"type\":\"response.output_text.delta\",\"output_index\":" index \
        ",\"content_index\":0,\"delta\":\"" text "\"}",                    \
        "{\"type\":\"response.output_item.done\",\"output_index\":" index  \
        "," MESSAGE_ITEM(phase, "{\"type\":\"output_text\",\"text\":\"" text "\"}")
#define PHASE_OUT(phase) "\"role\":\"assistant\",\"phase\":\"" phase "\",\"content\":["

static const char *const phased[] = {
    SAID_IN("0", "commentary", "Looking."),
    SAID_IN("1", "final_answer", "Done."),
    "{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[]}}",
};
/* Without deltas: all of it stands in the items that are done. */
static const char *const phased_at_once[] = {
    "{\"type\":\"response.output_item.done\",\"output_index\":0," MESSAGE_ITEM(
        "commentary", "{\"type\":\"output_text\",\"text\":\"Looking.\"}"),
    "{\"type\":\"response.output_item.done\",\"output_index\":1," MESSAGE_ITEM(
        "final_answer", "{\"type\":\"output_text\",\"text\":\"Done.\"}"),
    "{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[]}}",
};

TEST(dialect_answer, a_message_keeps_its_phase_in_an_answer_that_is_written_anew)
{
    static const char first[] =
        PHASE_OUT("commentary") "{\"type\":\"output_text\",\"annotations\":[],"
                                "\"logprobs\":[],\"text\":\"Looking.\"}]}";
    static const char second[] =
        PHASE_OUT("final_answer") "{\"type\":\"output_text\",\"annotations\":[],"
                                  "\"logprobs\":[],\"text\":\"Done.\"}]}";

    expect_gathered(SL_AI_OPENAI_RESPONSES, "custom-responses", SL_AI_OPENAI_RESPONSES, phased,
                    SL_LEN(phased), first);
    expect_gathered(SL_AI_OPENAI_RESPONSES, "custom-responses", SL_AI_OPENAI_RESPONSES, phased,
                    SL_LEN(phased), second);
    expect_gathered(SL_AI_OPENAI_RESPONSES, "custom-responses", SL_AI_OPENAI_RESPONSES,
                    phased_at_once, SL_LEN(phased_at_once), second);
    expect_gathered(SL_AI_OPENAI_RESPONSES, "custom-responses", SL_AI_OPENAI_CHAT, phased,
                    SL_LEN(phased), "\"content\":\"Looking.Done.\"");
}

TEST(dialect_answer, a_message_of_a_stream_says_its_phase_from_the_beginning)
{
    struct pipe p;

    pipe_init(&p, SL_AI_OPENAI_RESPONSES, "custom-responses", SL_AI_OPENAI_RESPONSES,
              SL_AI_FORMAT_UNSET, true);
    for (size_t i = 0; i < SL_LEN(phased); i++)
        feed(&p, phased[i]);
    EXPECT(has(&p, "\"status\":\"in_progress\"," PHASE_OUT("commentary") "]"));
    EXPECT(has(&p, "\"status\":\"in_progress\"," PHASE_OUT("final_answer") "]"));
    sl_arena_free(p.a);
}

#define TEXT_DELTA(text, tokens)                                                                        \
    "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"" text \
    "\",\"logprobs\":[" tokens "]}"
#define TEXT_PART(tokens) \
    "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[" tokens "],\"text\":\"ab\"}"
#define PART_DONE(tokens)                                                                                  \
    "{\"type\":\"response.content_part.done\",\"output_index\":0,\"content_index\":0,\"part\":" TEXT_PART( \
        tokens) "}"
#define RESPONSE_DONE(tokens)                                                                    \
    "{\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\"," \
    "\"output\":[{\"type\":\"message\",\"id\":\"msg_1\",\"content\":[" TEXT_PART(tokens) "]}]}}"

TEST(dialect_answer, the_probabilities_of_a_response_come_once_wherever_they_stand)
{
    static const char *const in_deltas[] = {
        TEXT_DELTA("a", TOKEN("a")), TEXT_DELTA("", TOKEN("half a character")),
        TEXT_DELTA("b", TOKEN("b")), PART_DONE(ALL_TOKENS), RESPONSE_DONE(ALL_TOKENS)};
    static const char *const in_the_part[] = {TEXT_DELTA("a", TOKEN("a")), TEXT_DELTA("b", ""),
                                              PART_DONE(ALL_TOKENS), RESPONSE_DONE(ALL_TOKENS)};
    static const char *const at_the_end[] = {RESPONSE_DONE(ALL_TOKENS)};
    static const char wanted[] = "\"logprobs\":{\"content\":[" ALL_TOKENS "],\"refusal\":null}";
    static const enum sl_ai_dialect client = SL_AI_OPENAI_CHAT;

    expect_gathered(SL_AI_OPENAI_RESPONSES, "openai", client, in_deltas, SL_LEN(in_deltas), wanted);
    expect_gathered(SL_AI_OPENAI_RESPONSES, "openai", client, in_the_part, SL_LEN(in_the_part),
                    wanted);
    expect_gathered(SL_AI_OPENAI_RESPONSES, "openai", client, at_the_end, SL_LEN(at_the_end),
                    wanted);
}

#define BLOCK_OF(block) "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":" block "}"
#define DELTA_OF(delta) "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":" delta "}"

TEST(dialect_answer, a_block_that_passes_unread_grows_by_its_deltas)
{
    static const struct {
        const char *block, *first, *second, *wanted;
    } rows[] = {
        {BLOCK_OF(
             "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}"),
         DELTA_OF("{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"q\\\":\"}"),
         DELTA_OF("{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}"),
         "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{\"q\":1}}"},
        {BLOCK_OF("{\"type\":\"server_tool_use\",\"id\":\"s\",\"input\":{}}"),
         DELTA_OF("{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"q\\\":\"}"),
         DELTA_OF("{\"type\":\"compaction_delta\",\"content\":\"no part of it\"}"),
         "{\"type\":\"server_tool_use\",\"id\":\"s\",\"input\":{\"_invalid_json\":\"{\\\"q\\\":\"}}"},
        {BLOCK_OF("{\"type\":\"compaction\",\"content\":null}"),
         DELTA_OF("{\"type\":\"compaction_delta\",\"content\":\"so \"}"),
         DELTA_OF("{\"type\":\"compaction_delta\",\"content\":\"far\"}"),
         "{\"type\":\"compaction\",\"content\":\"so far\"}"},
        {BLOCK_OF("{\"type\":\"web_search_tool_result\",\"content\":[]}"),
         DELTA_OF("{\"type\":\"input_json_delta\",\"partial_json\":\"\"}"), DELTA_OF("{}"),
         "{\"type\":\"web_search_tool_result\",\"content\":[]}"},
        {BLOCK_OF("{\"type\":\"future\",\"a\":[1]}"), DELTA_OF("{\"type\":\"future_delta\"}"),
         DELTA_OF("{}"), "{\"type\":\"future\",\"a\":[1]}"},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const char *const events[] = {
            "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\"}}",
            rows[i].block,
            rows[i].first,
            rows[i].second,
            "{\"type\":\"content_block_stop\",\"index\":0}",
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"pause_turn\"}}",
            "{\"type\":\"message_stop\"}",
        };
        expect_gathered(SL_AI_ANTHROPIC, "anthropic", SL_AI_ANTHROPIC, events, SL_LEN(events),
                        rows[i].wanted);
    }
}

TEST(dialect_answer, what_names_no_type_is_no_block)
{
    static const char *const events[] = {
        "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\"}}",
        "{\"type\":\"content_block_start\",\"index\":0}",
        DELTA_OF("{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":\"}"),
        "{\"type\":\"content_block_stop\",\"index\":0}",
        BLOCK_OF("{\"type\":\"text\",\"text\":\"hi\"}"),
        "{\"type\":\"content_block_stop\",\"index\":0}",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}",
        "{\"type\":\"message_stop\"}",
    };

    expect_gathered(SL_AI_ANTHROPIC, "anthropic", SL_AI_ANTHROPIC, events, SL_LEN(events),
                    "\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]");
}

/* ------------------------------------------------------------------ images */

static const char drawn[] =
    "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"id\":\"ig_1\",\"type\":"
    "\"image_generation_call\",\"status\":\"completed\",\"output_format\":\"webp\",\"result\":"
    "\"AAAA\",\"revised_prompt\":\"a cat\"}}";
static const char drawn_end[] =
    "{\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\","
    "\"output\":[]}}";

TEST(dialect_answer, x9_an_image_of_openais_tool_reaches_clients_of_every_dialect)
{
    static const struct {
        enum sl_ai_dialect client;
        const char *wanted;
    } rows[] = {
        {SL_AI_OPENAI_CHAT, "{\"url\":\"data:image/webp;base64,AAAA\"}"},
        {SL_AI_GEMINI, "{\"inlineData\":{\"mimeType\":\"image/webp\",\"data\":\"AAAA\"}}"},
        {SL_AI_ANTHROPIC, "[An image (image/webp, about 3 bytes) is left out"},
        {SL_AI_OPENAI_RESPONSES, "\"revised_prompt\":\"a cat\""},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct pipe p;
        pipe_init(&p, SL_AI_OPENAI_RESPONSES, "custom-responses", rows[i].client,
                  SL_AI_FORMAT_UNSET, true);
        p.request.dialect = rows[i].client;
        feed(&p, drawn);
        feed(&p, drawn_end);
        EXPECT(has(&p, rows[i].wanted));
        sl_arena_free(p.a);
    }
}

/* ------------------------------------------------------------------ limits */

static void expect_streamed(enum sl_ai_dialect dialect, const char *vendor_id,
                            const char *const *events, size_t n, const char *wanted)
{
    struct pipe p;

    pipe_init(&p, dialect, vendor_id, dialect, SL_AI_FORMAT_UNSET, true);
    for (size_t i = 0; i < n; i++)
        feed(&p, events[i]);
    EXPECT(has(&p, wanted));
    EXPECT(sl_utf8_is_valid(sl_strbuf_str(&p.out)));
    sl_arena_free(p.a);
}

/* The two bytes that came are not the first two of the whole text, whose second is half a character. */
TEST(dialect_answer, a_text_that_differs_from_its_deltas_is_not_cut_within_a_character)
{
    static const char *const events[] = {
        "{\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"model\":\"m\"}}",
        "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,"
        "\"delta\":\"ab\"}",
        "{\"type\":\"response.output_text.done\",\"output_index\":0,\"content_index\":0,"
        "\"text\":\"a\u00e4c\"}",
    };

    expect_streamed(SL_AI_OPENAI_RESPONSES, "custom-responses", events, SL_LEN(events), "\"ab\"");
}

TEST(dialect_answer, x7_a_thought_keeps_the_vendors_id)
{
    static const char *const events[] = {
        "{\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"model\":\"m\"}}",
        "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"reasoning\","
        "\"id\":\"rs_9\",\"summary\":[]}}",
        "{\"type\":\"response.reasoning_summary_text.delta\",\"output_index\":0,\"item_id\":\"rs_9\","
        "\"summary_index\":0,\"delta\":\"Hm\"}",
    };

    expect_streamed(SL_AI_OPENAI_RESPONSES, "custom-responses", events, SL_LEN(events),
                    "\"item_id\":\"rs_9\"");
}

TEST(dialect_answer, x6_nothing_is_added_to_a_thought_that_is_redacted)
{
    static const char *const events[] = {
        "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\"}}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
        "\"redacted_thinking\",\"data\":\"opaque\"}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\","
        "\"signature\":\"sig\"}}",
        "{\"type\":\"content_block_stop\",\"index\":0}",
    };

    expect_streamed(SL_AI_ANTHROPIC, "anthropic", events, SL_LEN(events), "\"data\":\"opaque\"}");
}

TEST(dialect_answer, too_many_tool_calls_break_it)
{
    struct pipe p;
    char data[256];

    pipe_init(&p, SL_AI_OPENAI_CHAT, "openai", SL_AI_ANTHROPIC, SL_AI_FORMAT_UNSET, true);
    for (int i = 0; i <= SL_AI_CALLS_MAX; i++) {
        EXPECT(!has(&p, "event: error"));
        snprintf(data, sizeof(data),
                 "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%d,\"id\":\"c%d\","
                 "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}",
                 i, i);
        feed(&p, data);
    }
    EXPECT(has(&p, "has too many tool calls"));
    sl_arena_free(p.a);
}

TEST(dialect_answer, a_whole_answer_has_a_limit)
{
    struct sl_ai_event ev = {.kind = SL_AI_EV_DELTA, .part = SL_AI_TEXT};
    struct sl_ai_event start = {.kind = SL_AI_EV_START}, stop = {.kind = SL_AI_EV_END};
    struct pipe p;
    char text[4096];

    memset(text, 'x', sizeof(text));
    ev.text = sl_str_of(text, sizeof(text));
    pipe_init(&p, SL_AI_ANTHROPIC, "anthropic", SL_AI_OPENAI_CHAT, SL_AI_FORMAT_UNSET, false);
    sl_ai_encoder_put(p.encoder, &start, &p.out);
    for (size_t n = 0; n <= SL_AI_KEPT_BYTES; n += sizeof(text)) {
        EXPECT(!sl_ai_encoder_is_full(p.encoder));
        sl_ai_encoder_put(p.encoder, &ev, &p.out);
    }
    sl_ai_encoder_put(p.encoder, &stop, &p.out);
    EXPECT(sl_ai_encoder_is_full(p.encoder));
    EXPECT_EQ(0, p.out.n);
    sl_arena_free(p.a);
}

TEST(dialect_answer, choices_beyond_the_limit_are_ignored)
{
    struct pipe p;

    pipe_init(&p, SL_AI_OPENAI_CHAT, "openai", SL_AI_OPENAI_CHAT, SL_AI_FORMAT_UNSET, true);
    feed(&p, "{\"choices\":[{\"index\":15,\"delta\":{\"content\":\"in\"}}]}");
    feed(&p, "{\"choices\":[{\"index\":16,\"delta\":{\"content\":\"out\"}}]}");
    EXPECT(has(&p, "\"in\""));
    EXPECT(!has(&p, "\"out\""));
    sl_arena_free(p.a);
}

/* ------------------------------------------------------------------ events keep their promises */

TEST(dialect_answer, nothing_follows_the_end)
{
    struct sl_ai_event ev;
    struct pipe p;

    pipe_init(&p, SL_AI_OPENAI_CHAT, "openai", SL_AI_ANTHROPIC, SL_AI_FORMAT_UNSET, true);
    feed(&p, "{\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}");
    feed(&p, "[DONE] and more");
    sl_ai_decoder_feed(p.decoder, (sl_str){0}, SL_STR("{\"error\":{\"message\":\"late\"}}"));
    EXPECT(!sl_ai_decoder_next(p.decoder, &ev));
    sl_ai_decoder_finish(p.decoder, false);
    EXPECT(!sl_ai_decoder_next(p.decoder, &ev));
    sl_arena_free(p.a);
}

TEST(dialect_answer, an_unclean_end_is_a_cut_even_after_the_finish_reason)
{
    struct pipe p;

    pipe_init(&p, SL_AI_OPENAI_CHAT, "openai", SL_AI_ANTHROPIC, SL_AI_FORMAT_UNSET, true);
    feed(&p, "{\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}");
    sl_ai_decoder_finish(p.decoder, false);
    drain(&p);
    EXPECT(has(&p, "event: error"));
    EXPECT(!has(&p, "message_stop"));
    sl_arena_free(p.a);
}

/* ------------------------------------------------------------------ tables */

TEST(tool_args, x2_become_an_object_and_come_back)
{
    static const struct {
        const char *text, *object, *back;
    } rows[] = {
        {"", "{}", "{}"},
        {"null", "{}", "{}"},
        {" {\"a\": 1.0} ", "{\"a\": 1.0}", "{\"a\": 1.0}"},
        /* one line, for a stream may be lines of JSON */
        {"{\n\"a\":\r\n[\"b\\n\"]}", "{ \"a\":  [\"b\\n\"]}", "{ \"a\":  [\"b\\n\"]}"},
        {"[1]", "{\"_invalid_json\":\"[1]\"}", "[1]"},
        {"{\"a\":", "{\"_invalid_json\":\"{\\\"a\\\":\"}", "{\"a\":"},
        {"{\"_invalid_json\":\"x\",\"b\":1}", "{\"_invalid_json\":\"x\",\"b\":1}",
         "{\"_invalid_json\":\"x\",\"b\":1}"},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_strbuf b;
        sl_strbuf_init(&b, a, 0);
        sl_ai_args_add_object(&b, sl_cstr(rows[i].text));
        EXPECT_STR(rows[i].object, sl_strbuf_str(&b));
        EXPECT_STR(rows[i].back, sl_ai_args_text(a, sl_strbuf_str(&b)));
    }
    sl_arena_free(a);
}

TEST(stop, x4_every_reason_has_a_word_in_both_dialects)
{
    for (int stop = SL_AI_STOP_NONE; stop <= SL_AI_STOP_BROKEN; stop++) {
        EXPECT(sl_ai_stop_name(SL_AI_OPENAI_CHAT, (enum sl_ai_stop)stop).n != 0);
        EXPECT(sl_ai_stop_name(SL_AI_ANTHROPIC, (enum sl_ai_stop)stop).n != 0);
    }
    EXPECT_EQ(SL_AI_STOP_END, sl_ai_stop_of(SL_AI_OPENAI_CHAT, SL_STR("brand_new")));
}

TEST(effort, a_budget_is_the_smallest_effort_that_covers_it)
{
    EXPECT_EQ(SL_AI_EFFORT_NONE, sl_ai_effort_of_budget(0));
    EXPECT_EQ(SL_AI_EFFORT_MINIMAL, sl_ai_effort_of_budget(1024));
    EXPECT_EQ(SL_AI_EFFORT_LOW, sl_ai_effort_of_budget(1025));
    EXPECT_EQ(SL_AI_EFFORT_MAX, sl_ai_effort_of_budget(INT64_MAX));
    for (int e = SL_AI_EFFORT_NONE; e <= SL_AI_EFFORT_MAX; e++)
        EXPECT_EQ(e, sl_ai_effort_of(sl_ai_effort_name((enum sl_ai_effort)e)));
}
