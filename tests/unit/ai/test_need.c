#include "ai/need.h"
#include "tests/unit/ai/call_fixture.h"

enum {
    STREAM = 1 << SL_AI_NEED_STREAM,
    TOOLS = 1 << SL_AI_NEED_TOOLS,
    IMAGES = 1 << SL_AI_NEED_IMAGES,
    DOCUMENTS = 1 << SL_AI_NEED_DOCUMENTS,
    AUDIO = 1 << SL_AI_NEED_AUDIO,
    FORMAT = 1 << SL_AI_NEED_STRUCTURED_OUTPUT,
    REASONING = 1 << SL_AI_NEED_REASONING
};

#define TEXT "{\"role\":\"user\",\"content\":\"hi\"}"
#define CHAT(more) "{\"model\":\"m\",\"messages\":[" TEXT "]" more "}"
#define PART(part) "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[" part "]}]}"
#define CLAUDE(more) "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[" TEXT "]" more "}"
#define CLAUDE_PART(part) \
    "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[" part "]}]}"
#define GEMINI(part, more) \
    "{\"model\":\"m\",\"contents\":[{\"role\":\"user\",\"parts\":[" part "]}]" more "}"
#define INPUT(part) "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[" part "]}]}"

static const struct {
    enum sl_ai_dialect dialect;
    uint32_t wanted;
    const char *body;
} chats[] = {
    {SL_AI_OPENAI_CHAT, 0, CHAT("")},
    {SL_AI_OPENAI_CHAT, STREAM, CHAT(",\"stream\":true")},
    {SL_AI_OPENAI_CHAT, 0, CHAT(",\"tools\":[],\"stream\":false")},
    {SL_AI_OPENAI_CHAT, TOOLS,
     CHAT(",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]")},
    {SL_AI_OPENAI_CHAT, FORMAT, CHAT(",\"response_format\":{\"type\":\"json_object\"}")},
    {SL_AI_OPENAI_CHAT, FORMAT,
     CHAT(",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\","
          "\"schema\":{\"type\":\"object\"}}}")},
    {SL_AI_OPENAI_CHAT, 0, CHAT(",\"response_format\":{\"type\":\"text\"}")},
    {SL_AI_OPENAI_CHAT, REASONING, CHAT(",\"reasoning_effort\":\"low\"")},
    {SL_AI_OPENAI_CHAT, 0, CHAT(",\"reasoning_effort\":\"none\"")},
    {SL_AI_OPENAI_CHAT, IMAGES,
     PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a/b.png\"}}")},
    {SL_AI_OPENAI_CHAT, AUDIO,
     PART("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}}")},
    {SL_AI_OPENAI_CHAT, DOCUMENTS,
     PART("{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":"
          "\"data:application/pdf;base64,AAAA\"}}")},
    {SL_AI_OPENAI_CHAT, 0, PART("{\"type\":\"text\",\"text\":\"an image_url, type: image\"}")},
    {SL_AI_OPENAI_CHAT, STREAM, /* what cannot be decoded is its vendor's to refuse */
     "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":7,\"content\":[{\"type\":"
     "\"image_url\"}]}]}"},
    {SL_AI_ANTHROPIC, 0, CLAUDE("")},
    {SL_AI_ANTHROPIC, REASONING, CLAUDE(",\"thinking\":{\"type\":\"adaptive\"}")},
    {SL_AI_ANTHROPIC, 0, CLAUDE(",\"thinking\":{\"type\":\"disabled\"}")},
    {SL_AI_ANTHROPIC, IMAGES,
     CLAUDE_PART("{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://a/b\"}}")},
    {SL_AI_ANTHROPIC, DOCUMENTS,
     CLAUDE_PART("{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":"
                 "\"application/pdf\",\"data\":\"AAAA\"}}")},
    {SL_AI_ANTHROPIC, IMAGES, /* what a tool has found is read as well */
     CLAUDE_PART(
         "{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"image\","
         "\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AAAA\"}}]}")},
    {SL_AI_ANTHROPIC, 0, /* the arguments of a call are no content */
     "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[" TEXT
     ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\","
     "\"input\":{\"type\":\"image\"}}]}]}"},
    {SL_AI_GEMINI, IMAGES,
     GEMINI("{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}}", "")},
    {SL_AI_GEMINI, AUDIO,
     GEMINI("{\"inlineData\":{\"mimeType\":\"audio/wav\",\"data\":\"AAAA\"}}", "")},
    {SL_AI_GEMINI, FORMAT | REASONING,
     GEMINI("{\"text\":\"hi\"}",
            ",\"generationConfig\":{\"responseMimeType\":\"application/json\",\"thinkingConfig\":"
            "{\"thinkingBudget\":-1}}")},
    {SL_AI_GEMINI, 0,
     GEMINI("{\"text\":\"hi\"}",
            ",\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0}}")},
    {SL_AI_OPENAI_RESPONSES, IMAGES,
     INPUT("{\"type\":\"input_image\",\"image_url\":\"https://a/b.png\"}")},
    {SL_AI_OPENAI_RESPONSES, DOCUMENTS,
     INPUT("{\"type\":\"input_file\",\"file_url\":\"https://a/b.pdf\"}")},
    {SL_AI_OPENAI_RESPONSES, FORMAT | REASONING,
     "{\"model\":\"m\",\"input\":\"hi\",\"reasoning\":{\"effort\":\"high\"},\"text\":{\"format\":"
     "{\"type\":\"json_object\"}}}"},
    {SL_AI_OLLAMA, STREAM | IMAGES,
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\",\"images\":[\"AAAA\"]}]}"},
    {SL_AI_OLLAMA, FORMAT | REASONING,
     CHAT(",\"stream\":false,\"format\":\"json\",\"think\":true")},
};

TEST(need, a_chat_needs_the_same_in_every_dialect)
{
    for (size_t i = 0; i < SL_LEN(chats); i++) {
        struct call_fixture f;
        fixture_init(&f, "openai");
        fixture_read(&f, chats[i].dialect, chats[i].body);
        uint32_t needs = sl_ai_call_needs(&f.call, UINT32_MAX, f.a);
        if (needs != chats[i].wanted)
            print_message("%s\n", chats[i].body);
        EXPECT_EQ(chats[i].wanted, needs);
        fixture_fini(&f);
    }
}

TEST(need, what_was_read_for_its_needs_is_written_as_if_it_had_not_been)
{
    for (size_t i = 0; i < SL_LEN(chats); i++) {
        struct call_fixture f, g;
        struct sl_diag d;
        fixture_init(&f, "openai");
        fixture_init(&g, "openai");
        fixture_read(&f, chats[i].dialect, chats[i].body);
        fixture_read(&g, chats[i].dialect, chats[i].body);
        (void)sl_ai_call_needs(&f.call, UINT32_MAX, f.a);
        sl_diag_init(&d, f.a);
        sl_rc rc = sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &d);
        EXPECT_EQ(sl_ai_call_write(&g.call, &g.target, &g.client, g.a, g.pool, &g.wire, &d), rc);
        if (rc == SL_OK) {
            sl_str one = sl_chain_flatten(&f.wire.body, f.a);
            EXPECT(sl_str_eq(one, sl_chain_flatten(&g.wire.body, g.a)));
        }
        fixture_fini(&f);
        fixture_fini(&g);
    }
}

TEST(need, what_the_scan_has_found_is_told_without_decoding)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    fixture_read(&f, SL_AI_OPENAI_CHAT,
                 CHAT(",\"stream\":true,\"response_format\":{\"type\":\"json_object\"}"));
    EXPECT_EQ(STREAM, sl_ai_call_needs(&f.call, STREAM, f.a));
    EXPECT(f.call.decoded == NULL);
    EXPECT_EQ(STREAM | FORMAT, sl_ai_call_needs(&f.call, FORMAT, f.a));
    EXPECT(f.call.decoded != NULL);
    fixture_fini(&f);
}

/* Else a request of many parts, which needs no translation, would go no further. */
TEST(need, what_takes_much_memory_to_decode_leaves_half_of_it)
{
    struct call_fixture f;
    struct sl_strbuf b;
    fixture_init(&f, "openai");
    sl_strbuf_init(&b, f.a, 0);
    sl_strbuf_add(&b, SL_STR("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":["));
    for (int i = 0; i < 100000; i++)
        sl_strbuf_addf(&b, "%s{\"type\":\"text\",\"text\":\"a\"}", i != 0 ? "," : "");
    sl_strbuf_add(&b, SL_STR("]}]}"));
    sl_strbuf_add_char(&b, '\0');
    fixture_read(&f, SL_AI_OPENAI_CHAT, sl_strbuf_str(&b).p);
    size_t left = sl_arena_left(f.a);
    (void)sl_ai_call_needs(&f.call, UINT32_MAX, f.a);
    EXPECT(sl_arena_left(f.a) >= left / 2);
    fixture_fini(&f);
}

TEST(need, metadata_is_the_object_of_the_body)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    fixture_read(&f, SL_AI_OPENAI_CHAT, CHAT(",\"metadata\":{\"a\":\"b\"}"));
    EXPECT_STR("{\"a\":\"b\"}", sl_ai_call_metadata(&f.call));
    fixture_read(&f, SL_AI_OPENAI_CHAT, CHAT(",\"metadata\":[]"));
    EXPECT_STR("", sl_ai_call_metadata(&f.call));
    fixture_read(&f, SL_AI_OPENAI_CHAT, CHAT(""));
    EXPECT_STR("", sl_ai_call_metadata(&f.call));
    fixture_fini(&f);
}
