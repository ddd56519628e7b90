/*
 * test_relay_alike: events that are answered without being read, because they are like the one before.
 * A stream in single bytes has none of these, so that it tells what is right.
 */
#include "ai/relay_int.h"
#include "base/str.h"
#include "tests/unit/ai/call_fixture.h"

#define ASKS \
    "{\"model\":\"m\",\"stream\":true,\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define ASKS_ON "{\"model\":\"m\",\"stream\":true,\"prompt\":\"hi\"}"

struct crossing {
    const char *vendor;
    enum sl_ai_dialect client;
    const char *shown; /* NULL: as the vendor has it */
    const char *begin, *before, *after, *end;
};

#define OA_BEGIN                                                                                  \
    "data: {\"id\":\"c1\",\"created\":1,\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":{" \
    "\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"obfuscation\":\"ab\"}\n\n"
#define OA_BEFORE                                                                                 \
    "data: {\"id\":\"c1\",\"created\":1,\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":{" \
    "\"content\":\""
#define OA_AFTER "\"},\"finish_reason\":null}],\"obfuscation\":\"a%zu\"}\n\n"
#define OA_END                                                                                    \
    "data: {\"id\":\"c1\",\"created\":1,\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":{" \
    "},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
#define AN_BEGIN                                                                             \
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"," \
    "\"model\":\"real\",\"content\":[],\"usage\":{\"input_tokens\":1}}}\n\n"                 \
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\""     \
    "content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
#define AN_BEFORE                                                                        \
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"" \
    "delta\":{\"type\":\"text_delta\",\"text\":\""
#define AN_AFTER "\"}}\n\n"
#define AN_END                                                                            \
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"  \
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":" \
    "\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":50}}\n\n"          \
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
#define OLLAMA_BEFORE                                                                    \
    "{\"model\":\"real\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":" \
    "\"assistant\",\"content\":\""
#define OLLAMA_AFTER "\"},\"done\":false}\n"
#define OLLAMA_END                                                                       \
    "{\"model\":\"real\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":" \
    "\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"eval_count\":3}\n"

#define OC_BEFORE "data: {\"id\":\"c1\",\"created\":1,\"choices\":[{\"text\":\""
#define OC_AFTER "\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}],\"model\":\"real\"}\n\n"
#define OC_END                                                                                        \
    "data: {\"id\":\"c1\",\"created\":1,\"choices\":[{\"text\":\"\",\"index\":0,\"logprobs\":null,\"" \
    "finish_reason\":\"stop\"}],\"model\":\"real\"}\n\ndata: [DONE]\n\n"
#define CO_BEGIN                                                                                          \
    "event: message-start\ndata: {\"id\":\"c1\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content" \
    "\":[],\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}},\"type\":\"message-start\"}\n\n"       \
    "event: content-start\ndata: {\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"text\",\""  \
    "text\":\"\"}}},\"type\":\"content-start\"}\n\n"
#define CO_BEFORE \
    "event: content-delta\ndata: {\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\""
#define CO_AFTER "\"}}},\"type\":\"content-delta\"}\n\n"
#define CO_END                                                                                      \
    "event: content-end\ndata: {\"index\":0,\"type\":\"content-end\"}\n\nevent: message-end\n"      \
    "data: {\"delta\":{\"finish_reason\":\"COMPLETE\",\"usage\":{\"tokens\":{\"input_tokens\":2,\"" \
    "output_tokens\":9}}},\"type\":\"message-end\"}\n\n"

static const struct crossing crossings[] = {
    {"openai", SL_AI_OPENAI_CHAT, NULL, OA_BEGIN, OA_BEFORE, OA_AFTER, OA_END},
    {"openai", SL_AI_OPENAI_CHAT, "a longer name", OA_BEGIN, OA_BEFORE, OA_AFTER, OA_END},
    {"openai", SL_AI_ANTHROPIC, "m", OA_BEGIN, OA_BEFORE, OA_AFTER, OA_END},
    {"anthropic", SL_AI_ANTHROPIC, "m", AN_BEGIN, AN_BEFORE, AN_AFTER, AN_END},
    {"anthropic", SL_AI_OPENAI_CHAT, "m", AN_BEGIN, AN_BEFORE, AN_AFTER, AN_END},
    {"ollama-native", SL_AI_OLLAMA, "m", "", OLLAMA_BEFORE, OLLAMA_AFTER, OLLAMA_END},
    {"ollama-native", SL_AI_OPENAI_CHAT, "m", "", OLLAMA_BEFORE, OLLAMA_AFTER, OLLAMA_END},
    {"openai", SL_AI_OPENAI_COMPLETIONS, NULL, "", OC_BEFORE, OC_AFTER, OC_END},
    {"openai", SL_AI_OPENAI_COMPLETIONS, "m", "", OC_BEFORE, OC_AFTER, OC_END},
    {"cohere", SL_AI_COHERE, "m", CO_BEGIN, CO_BEFORE, CO_AFTER, CO_END},
};

/* What is said in other members than the text of an answer. */
static const struct crossing sayings[] = {
    {"openai", SL_AI_OPENAI_CHAT, "m", OA_BEGIN,
     "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{"
     "\"name\":\"f\",\"arguments\":\"",
     "\"}}]}}]}\n\n", OA_END},
    {"openai", SL_AI_OPENAI_CHAT, "m", OA_BEGIN,
     "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"function_call\":{\"arguments\":\"",
     "\"}}}]}\n\n", OA_END},
    {"openai", SL_AI_OPENAI_CHAT, "m", OA_BEGIN,
     "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"hm\",\"reasoning_content\":\"",
     "\"}}]}\n\n", OA_END},
    {"anthropic", SL_AI_ANTHROPIC, "m", AN_BEGIN,
     "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
     "\"input_json_delta\",\"partial_json\":\"",
     AN_AFTER, AN_END},
    {"anthropic", SL_AI_ANTHROPIC, "m", AN_BEGIN,
     "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{"
     "\"type\":\"tool_use\",\"id\":\"t\",\"input\":{\"a\":1},\"name\":\"",
     AN_AFTER, AN_END},
    {"cohere", SL_AI_COHERE, "m", CO_BEGIN,
     "event: tool-plan-delta\ndata: {\"type\":\"tool-plan-delta\",\"delta\":{\"message\":{\"tool_plan\":\"",
     "\"}}}\n\n", CO_END},
    {"cohere", SL_AI_COHERE, "m", CO_BEGIN,
     "event: tool-call-delta\ndata: {\"type\":\"tool-call-delta\",\"index\":0,\"delta\":{\"message\":{"
     "\"tool_calls\":{\"function\":{\"arguments\":\"",
     "\"}}}}}\n\n", CO_END},
    {"ollama-native", SL_AI_OLLAMA, "m", "",
     "{\"model\":\"real\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"",
     OLLAMA_AFTER, OLLAMA_END},
    {"ollama-native", SL_AI_OLLAMA, "m", "",
     "{\"model\":\"real\",\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\""
     "arguments\":{\"a\":1}}}],\"thinking\":\"",
     OLLAMA_AFTER, OLLAMA_END},
};

/* Insides of JSON strings. Some look like what stands around them, in the event or in the answer. */
static const char *const texts[] = {
    "",
    "Hello",
    " there",
    "a \\\"quote\\\", a \\\\ and a line\\n\\t\\r\\b\\f",
    "caf\xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x98\x80",
    "caf\\u00e9",
    "\\ud83d\\ude00 and \\/ and \\u001f",
    "",
    "text",
    "content",
    "delta",
    "real",
    "x",
    "\x7f",
    " a long text that goes on for more than the look at thirty-two bytes at a time \\\" takes in, "
    "twice over, and then some more of it, up to its end",
    ".",
};

static bool is_own(const char *text)
{
    return text[0] == '\0' || strchr(text, '\\') != NULL;
}

static void add_text(struct sl_strbuf *b, const struct crossing *c, const char *text, size_t i)
{
    sl_strbuf_add(b, sl_cstr(c->before));
    sl_strbuf_add(b, sl_cstr(text));
    sl_str after = sl_cstr(c->after);
    size_t hole = sl_str_find_str(after, SL_STR("%zu"));
    sl_strbuf_add(b, sl_str_head(after, hole));
    if (hole == SIZE_MAX)
        return;
    sl_strbuf_addf(b, "%zu", i);
    sl_strbuf_add(b, sl_str_from(after, hole + 3));
}

static void open_stream(struct call_fixture *f, const struct crossing *c)
{
    fixture_init(f, c->vendor);
    const struct sl_ai_vendor *v = f->target.vendor;
    while (v != NULL && v->dialect != c->client)
        v = sl_ai_vendor_next(v);
    f->target.vendor = v != NULL ? v : f->target.vendor;
    (void)fixture_write(f, c->client, c->client == SL_AI_OPENAI_COMPLETIONS ? ASKS_ON : ASKS);
    fixture_open(f, true, c->shown);
}

static void expect_the_same(struct call_fixture *whole, struct call_fixture *cut)
{
    const struct sl_ai_relay_state *a = sl_ai_relay_state(whole->relay),
                                   *b = sl_ai_relay_state(cut->relay);
    sl_str want = fixture_text(cut), got = fixture_text(whole);
    EXPECT(want.n != 0);
    EXPECT_STRS(want, got);
    EXPECT_EQ(b->events, a->events);
    EXPECT_EQ(b->text_bytes, a->text_bytes);
    EXPECT_EQ(b->has_content, a->has_content);
    EXPECT_EQ(b->is_complete, a->is_complete);
    EXPECT_EQ(b->bad_events, a->bad_events);
}

/* The whole stream in pieces of `step` bytes, against the same in single bytes. Returns how much text was counted. */
static uint64_t compare(const struct crossing *c, sl_str stream, size_t step)
{
    struct call_fixture whole, cut;
    open_stream(&whole, c);
    open_stream(&cut, c);
    fixture_feed(&whole, stream, step);
    fixture_feed(&cut, stream, 1);
    (void)fixture_finish(&whole, true);
    (void)fixture_finish(&cut, true);
    EXPECT(sl_ai_relay_state(whole.relay)->is_complete);
    expect_the_same(&whole, &cut);
    uint64_t counted = sl_ai_relay_state(whole.relay)->text_bytes;
    fixture_fini(&whole);
    fixture_fini(&cut);
    return counted;
}

TEST(relay_alike, t2_what_is_not_read_becomes_the_same)
{
    static const size_t steps[] = {SIZE_MAX / 2, 4096, 700, 250, 64};
    for (size_t i = 0; i < SL_LEN(crossings); i++) {
        const struct crossing *c = &crossings[i];
        struct sl_strbuf b = {0};
        sl_strbuf_add(&b, sl_cstr(c->begin));
        for (size_t k = 0; k < SL_LEN(texts); k++)
            add_text(&b, c, texts[k], k);
        sl_strbuf_add(&b, sl_cstr(c->end));
        for (size_t k = 0; k < SL_LEN(steps); k++)
            (void)compare(c, sl_strbuf_str(&b), steps[k]);
        sl_strbuf_fini(&b);
    }
}

static void compare_repeated(const struct crossing *c, const char *text, size_t times)
{
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b, sl_cstr(c->begin));
    for (size_t k = 0; k < times; k++)
        add_text(&b, c, text, 0);
    sl_strbuf_add(&b, sl_cstr(c->end));
    EXPECT(compare(c, sl_strbuf_str(&b), SIZE_MAX / 2) >= times * strlen(text));
    sl_strbuf_fini(&b);
}

TEST(relay_alike, u1_events_that_are_equal_are_all_counted)
{
    enum { TIMES = 40 };
    for (size_t i = 0; i < SL_LEN(crossings); i++)
        compare_repeated(&crossings[i], "so", TIMES);
    for (size_t i = 0; i < SL_LEN(sayings); i++)
        compare_repeated(&sayings[i], "so", TIMES);
}

TEST(relay_alike, u1_of_reasoning_under_two_names_the_one_that_says_something_is_counted)
{
    static const char *const pairs[][2] = {{"a", "a"}, {"bc", "bc"}, {"", "def"},
                                           {"", "g"},  {"hi", ""},   {"jk", "jk"},
                                           {"", "l"},  {"m", "m"},   {"", ""}};
    const struct crossing *c = &crossings[1];
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b, SL_STR(OA_BEGIN));
    for (size_t i = 0; i < SL_LEN(pairs); i++)
        sl_strbuf_addf(&b,
                       "data: {\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":{"
                       "\"reasoning\":\"%s\",\"reasoning_content\":\"%s\"}}]}\n\n",
                       pairs[i][0], pairs[i][1]);
    sl_strbuf_add(&b, SL_STR(OA_END));
    EXPECT_EQ(13, compare(c, sl_strbuf_str(&b), SIZE_MAX / 2));
    sl_strbuf_fini(&b);
}

/* Each event in a piece of its own, as vendors send them; other things come between. */
TEST(relay_alike, t2_what_comes_between_is_read)
{
    static const struct {
        size_t crossing;
        const char *between;
    } rows[] = {
        {1, ": a comment\n\n"},
        {1,
         "data: {\"id\":\"c1\",\"created\":1,\"model\":\"real\",\"choices\":[{\"index\":1,"
         "\"delta\":{\"content\":\"other\"},\"finish_reason\":null}],\"obfuscation\":\"z\"}\n\n"},
        {2,
         "data: {\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":["
         "{\"index\":0,\"id\":\"call_1\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n"},
        {2, "data: {\"id\":\"c1\",\"model\":\"real\",\"choices\":[{\"index\":0,\"delta\":{"
            "\"reasoning_content\":\"hm\"}}]}\n\n"},
        {3, "event: ping\ndata: {\"type\":\"ping\"}\n\n"},
        {4, "event: ping\ndata: {\"type\":\"ping\"}\n\n"},
        {4, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"},
        {4, "data: [1]\n\n"},
        {5, "\n"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct crossing *c = &crossings[rows[i].crossing];
        struct sl_strbuf b = {0};
        sl_strbuf_add(&b, sl_cstr(c->begin));
        for (size_t k = 0; k < 6; k++) {
            add_text(&b, c, "so", k);
            add_text(&b, c, " on", k);
            if (k == 2 || k == 4)
                sl_strbuf_add(&b, sl_cstr(rows[i].between));
        }
        sl_strbuf_add(&b, sl_cstr(c->end));
        (void)compare(c, sl_strbuf_str(&b), SIZE_MAX / 2);
        sl_strbuf_fini(&b);
    }
}

static void must_not_be_read(struct sl_ai_relay *r, const struct sl_sse_event *ev,
                             struct sl_chain *out)
{
    (void)r;
    (void)ev;
    (void)out;

    EXPECT(!"an event was read");
}

/* All this is for nothing if events are read after all. */
TEST(relay_alike, texts_behind_the_second_are_not_read)
{
    for (size_t i = 0; i < SL_LEN(crossings); i++) {
        const struct crossing *c = &crossings[i];
        if (c->client == SL_AI_OPENAI_CHAT &&
            sl_str_eq(sl_cstr(c->vendor), SL_STR("ollama-native")))
            continue; /* its decoder does not offer it */
        struct call_fixture f;
        struct sl_strbuf b = {0};
        open_stream(&f, c);
        sl_strbuf_add(&b, sl_cstr(c->begin));
        add_text(&b, c, "zero", 0); /* opens the block, which is more than a text */
        add_text(&b, c, " and one", 1);
        fixture_feed(&f, sl_strbuf_str(&b), SIZE_MAX / 2);
        sl_strbuf_clear(&b);

        struct sl_ai_relay_mode blind = *f.relay->mode;
        blind.event = must_not_be_read;
        f.relay->mode = &blind;
        size_t texts_fed = 0;
        for (size_t k = 0; k < SL_LEN(texts); k++)
            if (!is_own(texts[k])) {
                add_text(&b, c, texts[k], k);
                texts_fed++;
            }
        add_text(&b, c, "a \\\"quote\\\" and a line\\n", 77);
        uint64_t before = sl_ai_relay_state(f.relay)->events;
        fixture_feed(&f, sl_strbuf_str(&b), SIZE_MAX / 2);
        EXPECT_EQ(before + texts_fed + 1, sl_ai_relay_state(f.relay)->events);
        sl_strbuf_fini(&b);
        fixture_fini(&f);
    }
}

/* A stream that begins with an empty text commits with the first one that is none (T7). */
TEST(relay_alike, t7_a_text_behind_an_empty_one_is_content)
{
    const struct crossing *c = &crossings[5];
    struct call_fixture f;
    struct sl_strbuf b = {0};
    open_stream(&f, c);
    add_text(&b, c, "", 0);
    fixture_feed(&f, sl_strbuf_str(&b), SIZE_MAX / 2);
    EXPECT(!sl_ai_relay_state(f.relay)->has_content);
    sl_strbuf_clear(&b);
    add_text(&b, c, "now", 1);
    fixture_feed(&f, sl_strbuf_str(&b), SIZE_MAX / 2);
    EXPECT(sl_ai_relay_state(f.relay)->has_content);
    sl_strbuf_fini(&b);
    fixture_fini(&f);
}
