/*
 * room: whatever fills the memory of an exchange is an error to the client, and never ends the program.
 * Every client's dialect to every vendor's, with requests whose every part is long or frequent, in arenas
 * of many sizes. There is nothing to compare: a plain allocation that finds no room aborts.
 */
#include "base/str.h"
#include "tests/unit/ai/call_fixture.h"

static const char *const vendors[] = {"openai",      "custom-openai", "anthropic",    "gemini",
                                      "aws-bedrock", "cohere-v2",     "ollama-native"};

/* `%s` stands for a long text. */
static const struct {
    enum sl_ai_dialect client;
    const char *before, *each, *after;
} requests[] = {
    {SL_AI_OPENAI_CHAT,
     "{\"model\":\"m\",\"max_tokens\":9,\"%s\":1,\"audio\":{},\"metadata\":{\"a\":\"%s\"},\"messages\":[",
     "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":"
     "{\"url\":\"data:image/png;base64,AAAA\"}}]},"
     "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c:%d\",\"type\":\"function\",\"function\":{\"name\":\"f\","
     "\"arguments\":\"x\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c:%d\",\"content\":\"r\"},",
     "{\"role\":\"user\",\"content\":\"end\"}]}"},
    {SL_AI_OPENAI_CHAT,
     "{\"model\":\"m\",\"%s\":1,\"functions\":[{\"name\":\"f\"}],\"metadata\":{\"a\":\"%s\"},\"messages\":[",
     "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"%d\",\"function_call\":{\"name\":"
     "\"f\",\"arguments\":\"x\"}},{\"role\":\"function\",\"name\":\"f\",\"content\":\"r%d\"},",
     "{\"role\":\"user\",\"content\":\"end\"}]}"},
    {SL_AI_ANTHROPIC, "{\"model\":\"m\",\"max_tokens\":9,\"%s\":1,\"system\":\"%s\",\"messages\":[",
     "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"c:%d\","
     "\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"c:%d\"}]},",
     "{\"role\":\"user\",\"content\":\"end\"}]}"},
    {SL_AI_OPENAI_RESPONSES, "{\"model\":\"m\",\"%s\":1,\"instructions\":\"%s\",\"input\":[",
     "{\"role\":\"user\",\"content\":\"a\"},{\"type\":\"function_call\",\"call_id\":\"c:%d\",\"name\":\"f\","
     "\"arguments\":\"\"},{\"type\":\"function_call_output\",\"call_id\":\"c:%d\",\"output\":\"r\"},",
     "{\"role\":\"user\",\"content\":\"end\"}]}"},
    {SL_AI_GEMINI,
     "{\"model\":\"m\",\"%s\":1,\"systemInstruction\":{\"parts\":[{\"text\":\"%s\"}]},\"contents\":[",
     "{\"role\":\"user\",\"parts\":[{\"text\":\"a\"}]},{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"id\":\"c%d\","
     "\"name\":\"f\",\"args\":{}}}]},{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"id\":\"c%d\",\"name\":\"f\","
     "\"response\":{}}}]},",
     "{\"role\":\"user\",\"parts\":[{\"text\":\"end\"}]}]}"},
    {SL_AI_COHERE, "{\"model\":\"m\",\"%s\":1,\"documents\":[\"%s\"],\"messages\":[",
     "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"tool_plan\":\"p\",\"tool_calls\":[{\"id\":"
     "\"c:%d\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},{\"role\":\"tool\","
     "\"tool_call_id\":\"c:%d\",\"content\":[{\"type\":\"document\",\"document\":{\"data\":\"r\"}}]},",
     "{\"role\":\"user\",\"content\":\"end\"}]}"},
    {SL_AI_OLLAMA, "{\"model\":\"m\",\"%s\":1,\"options\":{\"x\":\"%s\"},\"messages\":[",
     "{\"role\":\"user\",\"content\":\"a\",\"images\":[\"AA-A\"]},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":"
     "\"c:%d\",\"function\":{\"name\":\"f\",\"arguments\":{}}}]},{\"role\":\"tool\",\"tool_call_id\":\"c:%d\","
     "\"content\":\"r\"},",
     "{\"role\":\"user\",\"content\":\"end\"}]}"},
};

enum { LONG_BYTES = 20000, EACH_COUNT = 120 };

static sl_str body_of(size_t i, struct sl_arena *a)
{
    char *text = sl_arena_alloc(a, LONG_BYTES + 1);
    struct sl_strbuf b;

    memset(text, 'n', LONG_BYTES);
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_addf(&b, requests[i].before, text, text);
    for (int k = 0; k < EACH_COUNT; k++)
        sl_strbuf_addf(&b, requests[i].each, k, k);
    sl_strbuf_add(&b, sl_cstr(requests[i].after));
    return sl_strbuf_str(&b);
}

/* What the gate does: the same arena for all of it, of which a quarter, at most, is kept. */
static sl_rc ask(const struct call_fixture *from, enum sl_ai_dialect client, sl_str body,
                 size_t limit, bool is_strict)
{
    struct call_fixture f = *from;
    sl_rc rc;

    f.a = sl_arena_new("exchange", limit);
    sl_arena_keep(f.a, limit / 4);
    sl_diag_init(&f.d, f.a);
    sl_headers_init(&f.client, f.a);
    f.target.is_strict = is_strict;
    rc = sl_ai_call_read(SL_AI_CHAT, client, body, f.a, &f.call, &f.d);
    if (rc == SL_OK)
        rc = sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d);
    sl_chain_fini(&f.wire.body);
    sl_arena_free(f.a);
    return rc;
}

static bool is_told(sl_rc rc)
{
    return rc == SL_OK || rc == SL_E_LIMIT || rc == SL_E_NOMEM || rc == SL_E_AI_UNSUPPORTED ||
           rc == SL_E_AI_BAD_BODY;
}

TEST(room, a_full_arena_is_an_error_in_every_pair)
{
    for (size_t i = 0; i < SL_LEN(requests); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(8));
        sl_str body = body_of(i, a);
        for (size_t v = 0; v < SL_LEN(vendors); v++) {
            struct call_fixture f;
            fixture_init(&f, vendors[v]);
            for (size_t limit = SL_KIB(96); limit < SL_MIB(2); limit += limit / 9)
                EXPECT(is_told(ask(&f, requests[i].client, body, limit, false)));
            EXPECT(is_told(ask(&f, requests[i].client, body, SL_MIB(4), true)));
            fixture_fini(&f);
        }
        sl_arena_free(a);
    }
}

TEST(room, a_refused_member_may_have_any_length)
{
    struct call_fixture f;
    struct sl_arena *a = sl_arena_new("test", SL_MIB(8));
    sl_str body = body_of(0, a);

    fixture_init(&f, "anthropic");
    f.target.is_strict = true;
    EXPECT_EQ(SL_OK, sl_ai_call_read(SL_AI_CHAT, SL_AI_OPENAI_CHAT, body, f.a, &f.call, &f.d));
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT(f.d.count > 0 && f.d.problems[0].path.n <= 1024);
    fixture_fini(&f);
    sl_arena_free(a);
}

TEST(room, x1_members_without_number_meet_the_limit_of_memory)
{
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b,
                  SL_STR("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]"));
    for (int i = 0; i < 10000; i++)
        sl_strbuf_addf(&b, ",\"x%d\":%d", i, i);
    sl_strbuf_add(&b, SL_STR("}"));
    for (size_t kib = 64; kib < 4096; kib += 32) {
        struct call_fixture f;
        fixture_init(&f, "anthropic");
        struct sl_arena *a = sl_arena_new("small", SL_KIB(kib));
        if (sl_ai_call_read(SL_AI_CHAT, SL_AI_OPENAI_CHAT, sl_strbuf_str(&b), f.a, &f.call, &f.d) ==
            SL_OK)
            (void)!sl_ai_call_write(&f.call, &f.target, &f.client, a, f.pool, &f.wire, &f.d);
        sl_chain_fini(&f.wire.body);
        sl_arena_free(a);
        fixture_fini(&f);
    }
    sl_strbuf_fini(&b);
}
