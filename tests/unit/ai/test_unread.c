/*
 * What stands deeper in a request than the decoders look is in the receipt (ai/unread.def).
 */
#include "ai/dialect.h"
#include "tests/unit/ai/call_fixture.h"

#define O SL_AI_OPENAI_CHAT
#define A SL_AI_ANTHROPIC
#define R SL_AI_OPENAI_RESPONSES
#define G SL_AI_GEMINI
#define C SL_AI_COHERE
#define L SL_AI_OLLAMA

struct cell {
    enum sl_ai_dialect client;
    const char *vendor;
    const char *body; /* ' for " */
    const char *dropped;
    const char *wanted; /* in the vendor's body; NULL: anything */
};

#define USER "{'role':'user','content':'hi'}"
#define CHAT(messages, more) "{'model':'m','messages':[" messages "]" more "}"
#define SAID(role, part) CHAT("{'role':'" role "','content':[" part "]}", ",'max_tokens':99")
#define TOOL(more) ",'tools':[{'name':'f','input_schema':{'type':'object'}" more "}]"
#define FUNCTION(more) ",'tools':[{'type':'function','function':{'name':'f'" more "}}]"
#define INPUT(items, more) "{'model':'m','input':[{'role':'user','content':'hi'}" items "]" more "}"
#define PARTS(parts, more) "{'contents':[{'role':'user','parts':[" parts "]}]" more "}"
#define FORMAT                                                                                  \
    ",'response_format':{'type':'json_schema','json_schema':{'name':'n','description':'what','" \
    "schema':{'type':'object'}}}"
#define TEXT "{'text':'hi'}"
#define MARK "'cache_control':{'type':'ephemeral'}"
#define RESULT(more)                                                                             \
    "{'model':'m','max_tokens':99,'messages':[" USER ",{'role':'assistant','content':[{'type':'" \
    "tool_use','id':'c','name':'f','input':{}}]},{'role':'user','content':[{'type':'tool_"       \
    "result','tool_use_id':'c'" more "}]}]" TOOL("") "}"
#define PICTURE "{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'"

static const struct cell cells[] = {
    /* Chat Completions */
    {O, "anthropic", CHAT("{'role':'user','content':'hi','x':1}", ""), "messages.x", NULL},
    {O, "anthropic", CHAT("{'role':'user','content':[{'type':'text','text':'a','x':1}]}", ""),
     "messages.content.x", NULL},
    {O, "gemini", CHAT("{'role':'user','content':[" PICTURE ",'x':1}}]}", ""),
     "messages.content.image_url.x", NULL},
    {O, "anthropic",
     CHAT(USER ",{'role':'assistant','content':'a','annotations':[{'type':'x'}]}," USER, ""),
     "messages.annotations", NULL},
    {O, "anthropic", CHAT(USER, FUNCTION(",'x':1")), "tools.function.x", NULL},
    {O, "openai", CHAT(USER, FUNCTION(",'x':1")), "tools.function.x",
     NULL}, /* written anew: lost, too */
    {O, "anthropic", CHAT(USER, FUNCTION("," MARK)), "", "'cache_control'"},
    {O, "cohere-v2", CHAT(USER, FUNCTION("," MARK)), "cache_control", NULL},
    {O, "custom-responses", CHAT(USER, FORMAT), "", "'description':'what'"},
    {O, "openai", CHAT(USER, FORMAT), "", "'description':'what'"},
    {O, "anthropic", CHAT(USER, FORMAT), "response_format.description", NULL},
    {O, "ollama-native", CHAT("{'role':'user','content':[" PICTURE ",'detail':'low'}}]}", ""),
     "image_url.detail", NULL},
    {O, "ollama-native", CHAT("{'role':'user','content':[" PICTURE ",'detail':'auto'}}]}", ""), "",
     NULL},
    {O, "gemini",
     CHAT(USER ",{'role':'assistant','content':'a','images':[" PICTURE "}}]}," USER, ""), "",
     "'inlineData'"},
    {O, "anthropic",
     CHAT(USER ",{'role':'assistant','content':'a','images':[" PICTURE "}}]}," USER, ""), "images",
     NULL},
    {O, "anthropic", CHAT(USER ",{'role':'assistant','content':'a','reasoning':'t'}," USER, ""),
     "messages.thinking", NULL},
    /* what says nothing is not told of, whatever its name */
    {O, "anthropic",
     CHAT("{'role':'user','content':'hi','a':null,'b':[],'c':{},'d':'','e':false}", ""), "", NULL},
    /* Messages */
    {A, "openai", SAID("user", "{'type':'text','text':'a','citations':[{}]}"),
     "messages.content.citations", NULL},
    {A, "openai",
     CHAT(USER,
          ",'max_tokens':99" TOOL(",'defer_loading':true,'x':1,'eager_input_streaming':false")),
     "tools.defer_loading,tools.x", NULL},
    {A, "openai", CHAT(USER, ",'max_tokens':99,'metadata':{'user_id':'u','x':1}"), "metadata.x",
     NULL},
    {A, "openai", CHAT(USER, ",'max_tokens':99,'output_config':{'effort':'low','x':1}"),
     "output_config.x", NULL},
    {A, "openai", RESULT(",'content':'r','x':1"), "messages.content.x", NULL},
    {A, "openai", RESULT(",'content':[{'type':'text','text':'r','x':1}]"),
     "messages.content.content.x", NULL},
    {A, "openai", RESULT(",'content':'r'," MARK), "cache_control", NULL},
    {A, "gemini", RESULT(",'content':[{'type':'text','text':'r'," MARK "}]"), "cache_control",
     NULL},
    {A, "custom-responses", RESULT(",'content':'r'," MARK), "cache_control", NULL},
    /* twice: once; of objects of other types nothing is known */
    {A, "openai",
     CHAT("{'role':'user','content':'a','x':1},{'role':'user','content':'a','x':2}",
          ",'max_tokens':99"),
     "messages.x", NULL},
    {A, "anthropic", SAID("user", "{'type':'new','x':1},{'type':'text','text':'a'}"), "", "'x':1"},
    /* Responses */
    {R, "anthropic", INPUT("", ",'reasoning':{'effort':'low','context':'x'}"), "reasoning.context",
     NULL},
    {R, "anthropic",
     INPUT(",{'role':'user','content':[{'type':'input_text','text':'a','x':1}]}", ""),
     "input.content.x", NULL},
    {R, "openai", INPUT("", ",'tools':[{'type':'function','name':'f','x':1}]"), "tools.x", NULL},
    {R, "openai",
     INPUT("",
           ",'text':{'format':{'type':'json_schema','name':'n','description':'what','schema':{}}}"),
     "", "'description':'what'"},
    /* Gemini: what a part says besides stays at Google */
    {G, "openai", PARTS("{'text':'hi','partMetadata':{'a':1}}", ""), "contents.parts.partMetadata",
     NULL},
    {G, "gemini", PARTS("{'text':'hi','partMetadata':{'a':1}}", ""), "", "'partMetadata'"},
    {G, "openai",
     PARTS(TEXT, ",'tools':[{'function_declarations':[{'name':'f','behavior':'NON_BLOCKING'}]}]"),
     "tools.functionDeclarations.behavior", NULL},
    {G, "openai", PARTS(TEXT, ",'tool_config':{'retrieval_config':{'a':1}}"),
     "toolConfig.retrieval_config", NULL},
    {G, "openai",
     PARTS(
         TEXT,
         ",'tool_config':{'function_calling_config':{'mode':'AUTO','stream_function_call_arguments':true}}"),
     "toolConfig.functionCallingConfig.stream_function_call_arguments", NULL},
    {G, "gemini",
     PARTS("{'inlineData':{'mimeType':'application/pdf','data':'AAAA','displayName':'a.pdf'}}", ""),
     "", "'displayName':'a.pdf'"},
    /* Cohere, Ollama */
    {C, "openai", CHAT(USER, ",'documents':[{'id':'d','data':{'text':'x'}}]"), "documents.id",
     NULL},
    {C, "openai",
     CHAT(USER ",{'role':'assistant','content':'a','citations':[{'start':0}]}," USER, ""),
     "messages.citations", NULL},
    {L, "openai", CHAT("{'role':'user','content':'hi','x':1}", ""), "messages.x", NULL},
};

static sl_rc cross(const struct cell *c, bool is_strict, struct sl_arena *a, sl_str *ret_body,
                   sl_str *ret_dropped)
{
    struct sl_ai_target t = {.vendor = sl_ai_vendor_find(sl_cstr(c->vendor)),
                             .model = SL_STR("m"),
                             .cap_max_tokens = -1};
    struct sl_ai_receipt receipt = {.arena = a, .is_strict = is_strict};
    struct sl_ai_request rq;
    struct sl_strbuf out;
    struct sl_diag d;
    sl_rc rc;

    sl_diag_init(&d, a);
    sl_strbuf_init(&out, a, 0);
    rc = sl_ai_dialect_find(c->client)->decode_request(fixture_json(a, c->body), NULL, a, &rq, &d);
    if (rc == SL_OK)
        rc = sl_ai_dialect_find(t.vendor->dialect)->encode_request(&rq, &t, &out, &receipt, &d);
    if (rc != SL_OK && !is_strict)
        print_error("%s: %.*s\n", c->body, SL_STRF(sl_problem_text(&d.problems[0], a)));
    *ret_body = sl_strbuf_str(&out);
    *ret_dropped = receipt.dropped;
    return rc;
}

TEST(unread, x10_what_stands_deeper_is_listed)
{
    for (size_t i = 0; i < SL_LEN(cells); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
        sl_str body, dropped;
        EXPECT_EQ(SL_OK, cross(&cells[i], false, a, &body, &dropped));
        if (!sl_str_eq(sl_cstr(cells[i].dropped), dropped))
            print_error("%s\n", cells[i].body);
        EXPECT_STR(cells[i].dropped, dropped);
        if (cells[i].wanted != NULL)
            EXPECT(sl_str_find_str(body, fixture_json(a, cells[i].wanted)) != SIZE_MAX);
        sl_arena_free(a);
    }
}

TEST(unread, x10_where_it_is_strict_it_is_refused)
{
    static const struct cell c = {A, "openai", CHAT(USER, ",'max_tokens':99" TOOL(",'x':1")), "",
                                  NULL};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    sl_str body, dropped;

    EXPECT_EQ(SL_E_AI_UNSUPPORTED, cross(&c, true, a, &body, &dropped));
    sl_arena_free(a);
}

/* Names are the client's: neither many nor long ones make the header long, and none breaks it. */
TEST(unread, x10_names_are_few_and_short)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    struct cell c = {O, "anthropic", NULL, NULL, NULL};
    struct sl_strbuf b;
    sl_str body, dropped;

    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(
        &b, SL_STR("{'model':'m','messages':[{'role':'user','content':'hi','a,b':1,'\\r\\nx':1"));
    for (int i = 0; i < 1000; i++)
        sl_strbuf_addf(&b, ",'name_%d':1", i);
    sl_strbuf_add(&b, SL_STR("}]}"));
    sl_strbuf_add_char(&b, '\0');
    c.body = b.p;
    EXPECT_EQ(SL_OK, cross(&c, false, a, &body, &dropped));
    EXPECT(dropped.n > 500 && dropped.n < 1100);
    EXPECT(sl_str_find(dropped, '\n', 0) == SIZE_MAX && sl_str_find(dropped, '\r', 0) == SIZE_MAX);
    EXPECT(sl_str_find_str(dropped, SL_STR("a,b")) == SIZE_MAX);
    sl_arena_free(a);
}

/* Each name is compared with all that are listed, but not as many of them as a body can hold. */
TEST(unread, x10_what_is_very_many_is_not_looked_at_to_its_end)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    struct cell c = {O, "anthropic", NULL, NULL, NULL};
    struct sl_strbuf b;
    sl_str body, dropped;

    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("{'model':'m','messages':[{'role':'user','content':'hi'"));
    for (int i = 0; i < 50; i++)
        sl_strbuf_addf(&b, ",'name_%d':1", i);
    for (int i = 0; i < 10000; i++)
        sl_strbuf_add(&b, SL_STR(",'name_49':1"));
    sl_strbuf_add(&b, SL_STR(",'last':1}]}"));
    sl_strbuf_add_char(&b, '\0');
    c.body = b.p;
    EXPECT_EQ(SL_OK, cross(&c, false, a, &body, &dropped));
    EXPECT(sl_str_find_str(dropped, SL_STR("messages.name_49")) != SIZE_MAX);
    EXPECT(sl_str_find_str(dropped, SL_STR("messages.last")) == SIZE_MAX);
    sl_arena_free(a);
}
