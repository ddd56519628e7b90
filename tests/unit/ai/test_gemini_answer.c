/* test_gemini_answer: what an answer says besides its text, from Gemini and for its clients. */
#include "tests/unit/ai/call_fixture.h"

/* An OpenAI vendor's stream as a client of Gemini's dialect has it, whole or streamed. */
static sl_str crossed(struct call_fixture *f, const char *stream, bool is_stream)
{
    sl_str path = is_stream ? SL_STR("/m:streamGenerateContent") : SL_STR("/m:generateContent");
    struct sl_ai_line line;

    fixture_init(f, "openai");
    EXPECT_EQ(SL_OK, sl_ai_line_read(SL_AI_CHAT, SL_AI_GEMINI, path, SL_STR("alt=sse"), f->a, &line,
                                     &f->d));
    EXPECT_EQ(SL_OK,
              sl_ai_call_read_line(&line, SL_AI_GEMINI,
                                   SL_STR("{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}"), NULL,
                                   f->a, &f->call, &f->d));
    EXPECT_EQ(SL_OK,
              sl_ai_call_write(&f->call, &f->target, &f->client, f->a, f->pool, &f->wire, &f->d));
    fixture_open(f, true, "m");
    fixture_feed(f, sl_cstr(stream), 7);
    return fixture_finish(f, true);
}

static void expect_in(sl_str text, const char *part)
{
    if (sl_str_find_str(text, sl_cstr(part)) == SIZE_MAX)
        print_error("no %s in\n%.*s\n", part, SL_STRF(text));
    EXPECT(sl_str_find_str(text, sl_cstr(part)) != SIZE_MAX);
}

#define CHUNK(delta, more)                                                                        \
    "data: {\"id\":\"c\",\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":{" delta "}" more \
    "}]}\n\n"
#define CITED(from, to, url, title)                                                             \
    CHUNK("\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"start_index\":" from \
          ",\"end_index\":" to ",\"url\":\"" url "\",\"title\":\"" title "\"}}]",               \
          "")
#define END CHUNK("", ",\"finish_reason\":\"stop\"") "data: [DONE]\n\n"

/* ------------------------------------------------------------------ sources */

#define GROUNDED                                \
    CHUNK("\"content\":\"Gr\xc3\xbc\xc3\x9f"    \
          "e: \"",                              \
          "")                                   \
    CHUNK("\"content\":\"it rains.\"", "")      \
    CITED("7", "16", "https://a.example/", "A") \
    CITED("0", "5", "https://b.example/", "B")  \
    CITED("0", "16", "https://a.example/", "A") END
#define METADATA                                                                                   \
    "\"groundingMetadata\":{\"groundingChunks\":[{\"web\":{\"uri\":\"https://a.example/\","        \
    "\"title\":\"A\"}},{\"web\":{\"uri\":\"https://b.example/\",\"title\":\"B\"}}],"               \
    "\"groundingSupports\":[{\"segment\":{\"startIndex\":9,\"endIndex\":18,\"text\":"              \
    "\"it rains.\"},\"groundingChunkIndices\":[0]},{\"segment\":{\"startIndex\":0,\"endIndex\":7," \
    "\"text\":\"Gr\xc3\xbc\xc3\x9f"                                                                \
    "e\"},\"groundingChunkIndices\":[1]},{\"segment\":{"                                           \
    "\"startIndex\":0,\"endIndex\":18,\"text\":\"Gr\xc3\xbc\xc3\x9f"                               \
    "e: it rains.\"},"                                                                             \
    "\"groundingChunkIndices\":[0]}]}"

TEST(gemini_answer, sources_are_grounding_that_counts_bytes)
{
    for (int is_stream = 0; is_stream < 2; is_stream++) {
        struct call_fixture f;
        expect_in(crossed(&f, GROUNDED, is_stream), "\"finishReason\":\"STOP\"," METADATA);
        fixture_fini(&f);
    }
}

TEST(gemini_answer, positions_beyond_the_text_end_with_it)
{
    struct call_fixture f;
    expect_in(crossed(&f,
                      CHUNK("\"content\":\"\xc3\xbc\"", "")
                          CITED("5", "900", "https://a.example/", "A")
                              CITED("-1", "1", "https://b.example/", "B") END,
                      true),
              "\"groundingSupports\":[{\"segment\":{\"startIndex\":2,\"endIndex\":2,\"text\":\"\"},"
              "\"groundingChunkIndices\":[0]},{\"segment\":{\"startIndex\":0,\"endIndex\":2,"
              "\"text\":\"\xc3\xbc\"},\"groundingChunkIndices\":[1]}]");
    fixture_fini(&f);
}

TEST(gemini_answer, sources_have_a_limit)
{
    struct call_fixture f;
    struct sl_strbuf b = {0};
    sl_str said;
    size_t n = 0;
    sl_strbuf_add(&b, SL_STR(CHUNK("\"content\":\"x\"", "")));
    for (int i = 0; i < 300; i++)
        sl_strbuf_addf(&b, CITED("0", "1", "https://%d.example/", "A"), i);
    sl_strbuf_add(&b, SL_STR(END));
    sl_strbuf_add(&b, sl_str_of("", 1));
    said = crossed(&f, b.p, true);
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    for (size_t at; (at = sl_str_find_str(said, SL_STR("\"uri\""))) != SIZE_MAX; n++)
        said = sl_str_from(said, at + 1);
    EXPECT_EQ(256, n);
    fixture_fini(&f);
    sl_strbuf_fini(&b);
}

/* The last chunk has the signature as well as the sources: these belong to the text that it closes. */
TEST(gemini_answer, grounding_of_a_signed_text_is_anthropics_citations)
{
    struct call_fixture f;
    fixture_init(&f, "gemini");
    (void)fixture_write(&f, SL_AI_ANTHROPIC,
                        "{\"model\":\"m\",\"stream\":true,\"max_tokens\":9,\"messages\":[{\"role\":"
                        "\"user\",\"content\":\"hi\"}]}");
    fixture_open(&f, true, "m");
    fixture_feed(&f,
                 SL_STR("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]}}]}\n\n"
                        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\","
                        "\"thoughtSignature\":\"c2ln\"}]},\"finishReason\":\"STOP\","
                        "\"groundingMetadata\":{\"groundingChunks\":[{\"web\":{\"uri\":"
                        "\"https://a.example/\",\"title\":\"A\"}}],\"groundingSupports\":[{"
                        "\"segment\":{\"endIndex\":1},\"groundingChunkIndices\":[0]}]}}]}\n\n"),
                 7);
    sl_str said = fixture_finish(&f, true);
    expect_in(said, "\"type\":\"citations_delta\",\"citation\":{\"type\":"
                    "\"web_search_result_location\",\"cited_text\":\"\",\"url\":"
                    "\"https://a.example/\",\"title\":\"A\"");
    expect_in(said, "\"type\":\"redacted_thinking\"");
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ probabilities */

#define LIKELY(text, rest)                                                             \
    CHUNK("\"content\":\"" text "\"", ",\"logprobs\":{\"content\":[{\"token\":\"" text \
                                      "\",\"bytes\":null," rest "}],\"refusal\":null}")
#define PROBABLE                                                                        \
    LIKELY("a", "\"logprob\":-0.5,\"top_logprobs\":[{\"token\":\"a\",\"logprob\":-0.5," \
                "\"bytes\":[97]},{\"token\":\"b\",\"logprob\":-1.5e0}]")                \
    LIKELY("b", "\"logprob\":-0.25,\"top_logprobs\":[]") END
#define TOP_A                                                                      \
    "{\"candidates\":[{\"token\":\"a\",\"logProbability\":-0.5},{\"token\":\"b\"," \
    "\"logProbability\":-1.5e0}]}"
#define CHOSEN_A "{\"token\":\"a\",\"logProbability\":-0.5}"
#define CHOSEN_B "{\"token\":\"b\",\"logProbability\":-0.25}"

TEST(gemini_answer, probabilities_go_with_their_chunk_and_whole_answers_have_all)
{
    struct call_fixture f;
    sl_str said = crossed(&f, PROBABLE, true);
    expect_in(said, "\"parts\":[{\"text\":\"a\"}]},\"logprobsResult\":{\"topCandidates\":[" TOP_A
                    "],\"chosenCandidates\":[" CHOSEN_A "]}");
    expect_in(said, "\"parts\":[{\"text\":\"b\"}]},\"logprobsResult\":{\"topCandidates\":["
                    "{\"candidates\":[]}],\"chosenCandidates\":[" CHOSEN_B "]}");
    expect_in(said, "\"finishReason\":\"STOP\",\"avgLogprobs\":-0.375,");
    fixture_fini(&f);
    expect_in(crossed(&f, PROBABLE, false),
              "\"finishReason\":\"STOP\",\"logprobsResult\":{\"topCandidates\":[" TOP_A
              ",{\"candidates\":[]}],\"chosenCandidates\":[" CHOSEN_A "," CHOSEN_B
              "]},\"avgLogprobs\":-0.375,");
    fixture_fini(&f);
}

TEST(gemini_answer, probabilities_that_are_none_are_left_out)
{
    static const char *const streams[] = {
        CHUNK("\"content\":\"a\"", ",\"logprobs\":{\"content\":null}") END,
        CHUNK("\"content\":\"a\"", ",\"logprobs\":[7]") END,
        CHUNK("\"content\":\"a\"", "") END,
    };
    for (size_t i = 0; i < SL_LEN(streams); i++) {
        struct call_fixture f;
        sl_str said = crossed(&f, streams[i], false);
        expect_in(said, "\"text\":\"a\"");
        EXPECT(sl_str_find_str(said, SL_STR("ogprobs")) == SIZE_MAX);
        fixture_fini(&f);
    }
    struct call_fixture f;
    expect_in(
        crossed(&f, LIKELY("a", "\"logprob\":\"x\"") LIKELY("b", "\"logprob\":-1e999") END, false),
        "\"avgLogprobs\":0,");
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ more than one choice */

#define CANDIDATE(index, text, more) \
    "{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"" text "\"}]}" more index "}"
#define FIRST "" /* as Google leaves it out */
#define SECOND ",\"index\":1"
#define STOPPED ",\"finishReason\":\"STOP\""
#define OF(candidates) "{\"candidates\":[" candidates "],\"modelVersion\":\"real\"}"
#define SSE(candidates) "data: " OF(candidates) "\n\n"

static void ask_for_two(struct call_fixture *f, bool is_stream)
{
    static const char *const asks[] = {
        "{\"model\":\"m\",\"n\":2,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
        "{\"model\":\"m\",\"n\":2,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":"
        "\"hi\"}]}"};

    fixture_init(f, "gemini");
    expect_in(fixture_write(f, SL_AI_OPENAI_CHAT, asks[is_stream]), "\"candidateCount\":2");
    fixture_open(f, is_stream, "m");
}

TEST(gemini_answer, candidates_are_the_choices_of_a_whole_answer)
{
    struct call_fixture f;
    ask_for_two(&f, false);
    fixture_feed(&f,
                 SL_STR(OF(CANDIDATE(FIRST, "one", STOPPED) "," CANDIDATE(
                     SECOND, "two", ",\"finishReason\":\"MAX_TOKENS\""))),
                 9);
    sl_str said = fixture_finish(&f, true);
    expect_in(said, "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"one\"");
    expect_in(said, "\"finish_reason\":\"stop\",\"native_finish_reason\":\"STOP\"},{\"index\":1,");
    expect_in(said, "\"content\":\"two\"");
    expect_in(said, "\"finish_reason\":\"length\",\"native_finish_reason\":\"MAX_TOKENS\"}]");
    fixture_fini(&f);
}

TEST(gemini_answer, candidates_are_the_choices_of_a_stream)
{
    static const char *const streams[] = {
        SSE(CANDIDATE(FIRST, "one", "") "," CANDIDATE(SECOND, "two", ""))
            SSE(CANDIDATE(FIRST, "", STOPPED) "," CANDIDATE(SECOND, "", STOPPED)),
        /* one after the other */
        SSE(CANDIDATE(FIRST, "one", STOPPED)) SSE(CANDIDATE(SECOND, "two", STOPPED)),
    };
    for (size_t i = 0; i < SL_LEN(streams); i++) {
        struct call_fixture f;
        ask_for_two(&f, true);
        fixture_feed(&f, sl_cstr(streams[i]), 9);
        sl_str said = fixture_finish(&f, true);
        expect_in(said, "{\"index\":0,\"delta\":{\"content\":\"one\"}");
        expect_in(said, "{\"index\":1,\"delta\":{\"content\":\"two\"}");
        expect_in(said, "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"");
        expect_in(said, "{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"");
        expect_in(said, "data: [DONE]");
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
}
