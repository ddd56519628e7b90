/*
 * test_gemini: the dialect's paths, requests and answers, as client and as vendor
 * (cases U7 U8 T2 T4 X1 X4 X8 X9 X10 E10, checklist 2 4 7 18 23 24 32).
 */
#include "ai/gemini_int.h"
#include "base/err.h"
#include "tests/unit/ai/call_fixture.h"

#define A SL_AI_ANTHROPIC
#define G SL_AI_GEMINI
#define O SL_AI_OPENAI_CHAT

static bool has(sl_str text, const char *part)
{
    return sl_str_find_str(text, sl_cstr(part)) != SIZE_MAX;
}

static void expect_inside(const char *wanted, sl_str got)
{
    if (!has(got, wanted))
        print_error("wanted %s\nin     %.*s\n", wanted, SL_STRF(got));
    EXPECT(has(got, wanted));
}

static void expect_json(sl_str text)
{
    struct sl_jsonscan_info info;
    EXPECT_EQ(SL_OK, sl_jsonscan(text, NULL, NULL, 0, NULL, &info));
}

/* ------------------------------------------------------------------ the request line */

TEST(gemini, the_path_names_model_and_method)
{
    static const struct {
        const char *rest, *query, *model;
        enum sl_ai_operation operation;
        bool is_stream, is_array, has_many;
    } rows[] = {
        {"/gemini-2.5-pro:generateContent", "", "gemini-2.5-pro", SL_AI_CHAT, false, false, false},
        {"/m:streamGenerateContent", "alt=sse", "m", SL_AI_CHAT, true, false, false},
        {"/m:streamGenerateContent", "key=k&alt=sse", "m", SL_AI_CHAT, true, false, false},
        {"/m:streamGenerateContent", "", "m", SL_AI_CHAT, true, true, false},
        {"/m:streamGenerateContent", "alt=json", "m", SL_AI_CHAT, true, true, false},
        {"/openai/gpt-4o:generateContent", "", "openai/gpt-4o", SL_AI_CHAT, false, false, false},
        {"/openai%2Fgpt-4o:generateContent", "", "openai/gpt-4o", SL_AI_CHAT, false, false, false},
        {"/ollama/llama3:8b:generateContent", "", "ollama/llama3:8b", SL_AI_CHAT, false, false,
         false},
        {"/ollama/llama3%3A8b:generateContent", "", "ollama/llama3:8b", SL_AI_CHAT, false, false,
         false},
        {"/m:countTokens", "", "m", SL_AI_COUNT_TOKENS, false, false, false},
        {"/e:embedContent", "", "e", SL_AI_EMBEDDINGS, false, false, false},
        {"/e:batchEmbedContents", "", "e", SL_AI_EMBEDDINGS, false, false, true},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_ai_line line;
    struct sl_diag d;

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_diag_init(&d, a);
        EXPECT_EQ(SL_OK, sl_ai_line_read(SL_AI_CHAT, G, sl_cstr(rows[i].rest),
                                         sl_cstr(rows[i].query), a, &line, &d));
        EXPECT_STR(rows[i].model, line.model);
        EXPECT_EQ(rows[i].operation, line.operation);
        EXPECT_EQ(rows[i].is_stream, line.is_stream);
        EXPECT_EQ(rows[i].is_array, line.is_array);
        EXPECT_EQ(rows[i].has_many, line.has_many);
    }
    sl_arena_free(a);
}

TEST(gemini, other_methods_and_names_do_not_exist)
{
    static const struct {
        const char *rest;
        sl_rc rc;
    } rows[] = {
        {"", SL_E_NO_ROUTE},
        {"/", SL_E_NO_ROUTE},
        {"/m", SL_E_NO_ROUTE},
        {"/m:", SL_E_NO_ROUTE},
        {"/m:predict", SL_E_NO_ROUTE},
        {"/m:GenerateContent", SL_E_NO_ROUTE},
        {":generateContent", SL_E_AI_BAD_BODY},
        {"/:generateContent", SL_E_AI_BAD_BODY},
        {"/%zz:generateContent", SL_E_AI_BAD_BODY},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_ai_line line;
    struct sl_diag d;

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_diag_init(&d, a);
        EXPECT_EQ(rows[i].rc,
                  sl_ai_line_read(SL_AI_CHAT, G, sl_cstr(rows[i].rest), SL_STR(""), a, &line, &d));
        EXPECT_EQ(1, d.count);
    }
    sl_arena_free(a);
}

TEST(gemini, versions_are_read_from_names)
{
    static const struct {
        const char *model;
        unsigned version;
    } rows[] = {
        {"gemini-2.5-pro", 25},
        {"gemini-2.0-flash", 20},
        {"gemini-3-pro-preview", 30},
        {"gemini-3.1-flash-lite", 31},
        {"models/gemini-1.5-pro", 15},
        {"gemini-flash-latest", 30},
        {"gemini-", 0},
        {"gemma-3", 0},
        {"claude-sonnet-4-5", 0},
        {"", 0},
        {"gemini-9", 90},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_EQ(rows[i].version, sl_ai_gemini_version(sl_cstr(rows[i].model)));
}

/* ------------------------------------------------------------------ requests */

struct cell {
    enum sl_ai_dialect client;
    const char *vendor, *model;
    const char *members; /* of the client's body, behind what it must have */
    const char *wanted;  /* in the vendor's body */
    const char *dropped; /* the receipt; NULL: nothing */
};

struct result {
    struct sl_arena *a;
    struct sl_diag d;
    sl_str body, dropped;
    sl_rc rc;
};

static const char *body_of(struct sl_arena *a, enum sl_ai_dialect client, const char *members)
{
    bool has_turns = strstr(members, "\"messages\"") != NULL || strstr(members, "\"contents\"");
    const char *turns = client == G
                            ? "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]"
                            : "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
    return sl_fmt(a, "{\"model\":\"alias\"%s%s%s%s%s}", client == A ? ",\"max_tokens\":100" : "",
                  has_turns ? "" : ",", has_turns ? "" : turns, members[0] != '\0' ? "," : "",
                  members)
        .p;
}

static struct result encode(const struct cell *c)
{
    struct result r = {.a = sl_arena_new("test", SL_MIB(64))};
    struct sl_ai_target t = {.vendor = sl_ai_vendor_find(sl_cstr(c->vendor)),
                             .model = sl_cstr(c->model),
                             .cap_max_tokens = -1};
    struct sl_ai_receipt receipt = {.arena = r.a};
    struct sl_ai_request rq;
    struct sl_strbuf out;

    EXPECT(t.vendor != NULL);
    sl_diag_init(&r.d, r.a);
    sl_strbuf_init(&out, r.a, 0);
    r.rc = sl_ai_dialect_find(c->client)->decode_request(
        sl_cstr(body_of(r.a, c->client, c->members)), NULL, r.a, &rq, &r.d);
    if (r.rc == SL_OK)
        r.rc = sl_ai_dialect_find(t.vendor->dialect)->encode_request(&rq, &t, &out, &receipt, &r.d);
    r.body = sl_strbuf_str(&out);
    r.dropped = receipt.dropped;
    return r;
}

static void check_cells(const struct cell *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct result r = encode(&cells[i]);
        if (r.rc != SL_OK)
            print_error("%s: %.*s\n", cells[i].members,
                        SL_STRF(sl_problem_text(&r.d.problems[0], r.a)));
        EXPECT_EQ(SL_OK, r.rc);
        expect_json(r.body);
        expect_inside(cells[i].wanted, r.body);
        EXPECT_STR(cells[i].dropped != NULL ? cells[i].dropped : "", r.dropped);
        sl_arena_free(r.a);
    }
}

#define V2 "gemini", "gemini-2.0-flash"
#define V25 "gemini", "gemini-2.5-flash"
#define V25P "gemini", "gemini-2.5-pro"
#define V3 "gemini", "gemini-3-flash-preview"
#define V3P "gemini", "gemini-3-pro-preview"
#define TOOL_F                                                                              \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\"," \
    "\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},"     \
    "\"additionalProperties\":false}}}]"
#define FORMAT                                                                       \
    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\"," \
    "\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"}}}}}"

#define JSON_ANSWER(member, object, number)                                                               \
    ",{\"name\":\"json_answer\",\"description\":\"Give your answer by calling this function.\",\"" member \
    "\":{\"type\":\"" object "\",\"properties\":{\"a\":{\"type\":\"" number "\"}}}}"

static const struct cell members_to_gemini[] = {
    {O, V25, "", "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]", NULL},
    {O, V25, "\"max_completion_tokens\":9", "\"maxOutputTokens\":9", NULL},
    {O, V25, "\"temperature\":0.70,\"top_p\":0.9,\"seed\":5",
     "\"generationConfig\":{\"temperature\":0.70,\"topP\":0.9,\"seed\":5}", NULL},
    {O, V25, "\"temperature\":3", "\"temperature\":2", "temperature:clamped"},
    {O, V25, "\"n\":2,\"presence_penalty\":1,\"frequency_penalty\":0.5",
     "\"presencePenalty\":1,\"frequencyPenalty\":0.5,\"candidateCount\":2", NULL},
    {O, V25, "\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"]",
     "\"stopSequences\":[\"a\",\"b\",\"c\",\"d\",\"e\"]", "stop:clamped"},
    {O, V25, "\"logprobs\":true,\"top_logprobs\":3", "\"responseLogprobs\":true,\"logprobs\":3",
     NULL},
    {O, V25, "\"user\":\"u\",\"logit_bias\":{\"1\":2},\"future\":1", "contents",
     "logit_bias,user,future"},
    {O, V25, "\"modalities\":[\"image\",\"text\"]", "\"responseModalities\":[\"TEXT\",\"IMAGE\"]",
     NULL},
    {O, V25, "\"service_tier\":\"flex\"", "\"serviceTier\":\"flex\"", NULL},
    {O, V25, "\"service_tier\":\"priority\"", "\"serviceTier\":\"priority\"", NULL},
    {O, V25, "\"service_tier\":\"scale\"", "\"generationConfig\":{}}", "service_tier"},
    {O, V25, "\"service_tier\":\"default\"", "\"serviceTier\":\"standard\"", NULL},
    {O, V25, TOOL_F,
     "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"description\":\"d\","
     "\"parametersJsonSchema\":{\"type\":\"object\"",
     NULL},
    {O, V2, TOOL_F,
     "\"parameters\":{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"type\":\"STRING\"}}}}]}]", NULL},
    {O, V2,
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{"
     "\"type\":\"object\",\"properties\":{}}}}]",
     "{\"functionDeclarations\":[{\"name\":\"f\"}]}", NULL},
    {O, V25, TOOL_F ",\"tool_choice\":\"required\"",
     "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"ANY\"}}", NULL},
    {O, V25, TOOL_F ",\"tool_choice\":\"none\"", "{\"mode\":\"NONE\"}", NULL},
    {O, V25, TOOL_F ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
     "{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"f\"]}", NULL},
    {O, V25, TOOL_F ",\"parallel_tool_calls\":false", "functionDeclarations",
     "parallel_tool_calls"},
    {O, V25, FORMAT,
     "\"responseMimeType\":\"application/json\",\"responseJsonSchema\":{\"type\":\"object\"", NULL},
    {O, V2, FORMAT, "\"responseSchema\":{\"type\":\"OBJECT\"", NULL},
    /* models before 3 refuse both together: the answer is a call, too */
    {O, V25, FORMAT "," TOOL_F, JSON_ANSWER("parametersJsonSchema", "object", "number") "]}]",
     NULL},
    {O, V25, FORMAT "," TOOL_F, "{\"mode\":\"ANY\"}", NULL},
    {O, V2, FORMAT "," TOOL_F, JSON_ANSWER("parameters", "OBJECT", "NUMBER") "]}]", NULL},
    {O, V25, FORMAT "," TOOL_F ",\"tool_choice\":\"none\"",
     "{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"json_answer\"]}", NULL},
    /* but where it cannot be one */
    {O, V25,
     FORMAT "," TOOL_F ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
     "{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"f\"]}", "response_format"},
    {O, V25, "\"response_format\":{\"type\":\"json_object\"}," TOOL_F, "functionDeclarations",
     "response_format"},
    {O, V25,
     "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{"
     "\"type\":\"array\"}}}," TOOL_F,
     "functionDeclarations", "response_format"},
    {O, V25, FORMAT ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"json_answer\"}}]",
     "[{\"functionDeclarations\":[{\"name\":\"json_answer\"}]}]", "response_format"},
    {O, V3, FORMAT "," TOOL_F, "responseJsonSchema", NULL},
    {O, V25, "\"response_format\":{\"type\":\"json_object\"}",
     "\"responseMimeType\":\"application/json\"}", NULL},
    {O, V25, "\"reasoning_effort\":\"low\"",
     "\"thinkingConfig\":{\"includeThoughts\":true,\"thinkingBudget\":2048}", NULL},
    {O, V25, "\"reasoning_effort\":\"max\"", "\"thinkingBudget\":24576", NULL},
    {O, V25P, "\"reasoning_effort\":\"max\"", "\"thinkingBudget\":32768", NULL},
    {O, V25, "\"reasoning_effort\":\"none\"", "\"thinkingConfig\":{\"thinkingBudget\":0}", NULL},
    {O, V25P, "\"reasoning_effort\":\"none\"", "\"thinkingConfig\":{\"thinkingBudget\":128}", NULL},
    {O, V3, "\"reasoning_effort\":\"medium\"",
     "{\"includeThoughts\":true,\"thinkingLevel\":\"MEDIUM\"}", NULL},
    {O, V3, "\"reasoning_effort\":\"none\"", "{\"thinkingLevel\":\"MINIMAL\"}", NULL},
    {O, V3P, "\"reasoning_effort\":\"none\"", "{\"thinkingLevel\":\"LOW\"}", NULL},
    {O, V3P, "\"reasoning_effort\":\"xhigh\"", "\"thinkingLevel\":\"HIGH\"", NULL},
    {O, V2, "\"reasoning_effort\":\"low\"", "contents", "reasoning_effort"},
    {A, V25, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":3000},\"top_k\":40",
     "\"topK\":40,\"maxOutputTokens\":100,\"thinkingConfig\":{\"includeThoughts\":true,"
     "\"thinkingBudget\":3000}",
     NULL},
    {A, V25,
     "\"system\":[{\"type\":\"text\",\"text\":\"be brief\",\"cache_control\":{\"type\":"
     "\"ephemeral\"}}]",
     "\"systemInstruction\":{\"parts\":[{\"text\":\"be brief\"}]}", "cache_control"},
};

TEST(gemini, x10_members_of_others_reach_it_or_are_listed)
{
    check_cells(members_to_gemini, SL_LEN(members_to_gemini));
}

#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define TWO_CALLS                                                                                \
    "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":" \
    "{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1.0}\"}},{\"id\":\"c2\",\"type\":\"function\","  \
    "\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]}"
#define TOOL(id, text) "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"" text "\"}"

static const struct cell turns_to_gemini[] = {
    /* results in one content, in the order of the calls, by name, as objects */
    {O, V25,
     "\"messages\":[" USER("a") "," TWO_CALLS "," TOOL("c2", "[1]") "," TOOL(
         "c1", "{\\\"x\\\":1.0}") "," USER("b") "]",
     "{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1.0}}},"
     "{\"functionCall\":{\"name\":\"g\",\"args\":{}}}]},{\"role\":\"user\",\"parts\":["
     "{\"functionResponse\":{\"name\":\"f\",\"response\":{\"x\":1.0}}},{\"functionResponse\":"
     "{\"name\":\"g\",\"response\":{\"output\":\"[1]\"}}}]},{\"role\":\"user\",\"parts\":["
     "{\"text\":\"b\"}]}",
     NULL},
    /* from 3 on with ids; a call that it did not make itself has no signature */
    {O, V3, "\"messages\":[" USER("a") "," TWO_CALLS "," TOOL("c1", "x") "," TOOL("c2", "y") "]",
     "{\"functionCall\":{\"id\":\"c1\",\"name\":\"f\",\"args\":{\"a\":1.0}},\"thoughtSignature\":"
     "\"skip_thought_signature_validator\"},{\"functionCall\":{\"id\":\"c2\",\"name\":\"g\","
     "\"args\":{}}}]}",
     NULL},
    {A, V25,
     "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":["
     "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\","
     "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"is_error\":true,"
     "\"content\":\"no\"}]}]",
     "\"response\":{\"error\":\"no\"}", NULL},
    /* 8.4: images in results */
    {A, V25,
     "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":["
     "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\","
     "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":"
     "\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AAAA\"}}]}"
     "]}]",
     "{\"name\":\"f\",\"response\":{\"output\":\"\"}}}]},{\"role\":\"user\",\"parts\":["
     "{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}}]}",
     NULL},
    {A, V3,
     "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":["
     "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\","
     "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":"
     "\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AAAA\"}}]}"
     "]}]",
     "\"response\":{\"output\":\"\"},\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\","
     "\"data\":\"AAAA\"}}]}",
     NULL},
    /* X9, 24: data URLs, sound, files */
    {O, V25,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
     "{\"url\":\"data:image/JPG;charset=x;BASE64,AA-_\",\"detail\":\"low\"}},{\"type\":"
     "\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}},{\"type\":\"file\","
     "\"file\":{\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,JVBE\"}}]}]",
     "[{\"inlineData\":{\"mimeType\":\"image/jpeg\",\"data\":\"AA+/\"}},{\"inlineData\":"
     "{\"mimeType\":\"audio/wav\",\"data\":\"AAAA\"}},{\"inlineData\":{\"mimeType\":"
     "\"application/pdf\",\"data\":\"JVBE\"}}]",
     "filename,image_url.detail"},
    {O, V3,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
     "{\"url\":\"data:image/png;base64,AAAA\",\"detail\":\"high\"}}]}]",
     "\"mediaResolution\":{\"level\":\"MEDIA_RESOLUTION_HIGH\"}", NULL},
    {O, V25,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
     "{\"url\":\"https://www.youtube.com/watch?v=x\"}}]}]",
     "\"fileUri\":\"https://www.youtube.com/watch?v=x\"", NULL},
};

TEST(gemini, conversations_of_others_are_brought_into_its_form)
{
    check_cells(turns_to_gemini, SL_LEN(turns_to_gemini));
}

#define CONTENTS(parts) "\"contents\":[{\"role\":\"user\",\"parts\":[" parts "]}]"
#define TOOLED                                                                                    \
    "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"a\"}]},{\"role\":\"model\","         \
    "\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"x\":1.0}}},{\"functionCall\":"      \
    "{\"name\":\"f\",\"args\":{\"x\":2}}}]},{\"role\":\"user\",\"parts\":[{\"functionResponse\":" \
    "{\"name\":\"f\",\"response\":{\"output\":\"one\"}}},{\"functionResponse\":{\"name\":\"f\","  \
    "\"response\":{\"error\":\"two\"}}}]}]"

#define RETURNED(value)                                                                              \
    "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"a\"}]},{\"role\":\"model\",\"parts\":[" \
    "{\"functionCall\":{\"name\":\"f\",\"args\":{}}}]},{\"role\":\"user\",\"parts\":["               \
    "{\"functionResponse\":{\"name\":\"f\",\"response\":{\"result\":" value "}}}]}]"

#define CALLED_AS(id)                                                                                \
    "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"a\"}]},{\"role\":\"model\",\"parts\":[" \
    "{\"functionCall\":{\"id\":\"" id                                                                \
    "\",\"name\":\"f\",\"args\":{}}}]},{\"role\":\"user\",\"parts\":"                                \
    "[{\"functionResponse\":{\"id\":\"" id                                                           \
    "\",\"name\":\"f\",\"response\":{\"result\":\"r\"}}}]}]"

static const struct cell from_gemini[] = {
    /* what was spelt for a vendor of another alphabet is the vendor's own again */
    {G, "openai", "m", CALLED_AS("sl64_YS5i"), "\"tool_calls\":[{\"id\":\"a.b\"", NULL},
    {G, "openai", "m", CALLED_AS("sl64_YS5i"), "\"tool_call_id\":\"a.b\"", NULL},
    /* what Google's SDKs make of what a function returns: one that returns nothing says so */
    {G, "openai", "m", RETURNED("null"), "\"content\":\"null\"", NULL},
    {G, "openai", "m", RETURNED("\"\""), "\"content\":\"\"", NULL},
    {G, "openai", "m", RETURNED("[1.0]"), "\"content\":\"[1.0]\"", NULL},
    {G, "openai", "m", "\"system_instruction\":{\"parts\":[{\"text\":\"s\"}]}",
     "\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"hi\"}]",
     NULL},
    {G, "openai", "m",
     "\"generationConfig\":{\"temperature\":0.70,\"topP\":0.5,\"topK\":3,\"maxOutputTokens\":9,"
     "\"candidateCount\":2,\"stopSequences\":[\"x\"],\"seed\":1}",
     "\"n\":2,\"temperature\":0.70,\"seed\":1,\"stop\":[\"x\"],\"max_completion_tokens\":9",
     "top_k"},
    {G, "openai", "m", "\"generation_config\":{\"max_output_tokens\":9}",
     "\"max_completion_tokens\":9", NULL},
    {G, "openai", "m",
     "\"generationConfig\":{\"responseMimeType\":\"application/json\",\"responseSchema\":{\"type\":"
     "\"OBJECT\",\"properties\":{\"a\":{\"type\":\"STRING\",\"nullable\":true}},"
     "\"propertyOrdering\":[\"a\"]}}",
     "\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"]}}}",
     NULL},
    {G, "openai", "m", "\"generationConfig\":{\"responseMimeType\":\"application/json\"}",
     "\"response_format\":{\"type\":\"json_object\"}", NULL},
    {G, "openai", "m", "\"generationConfig\":{\"thinkingConfig\":{\"thinkingLevel\":\"HIGH\"}}",
     "\"reasoning_effort\":\"high\"", NULL},
    {G, "anthropic", "m",
     "\"generationConfig\":{\"thinkingConfig\":{\"includeThoughts\":true,\"thinkingBudget\":2048}}",
     "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}", NULL},
    {G, "anthropic", "m", "\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0}}",
     "\"thinking\":{\"type\":\"disabled\"}", NULL},
    {G, "openai", "m",
     "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":\"OBJECT\","
     "\"properties\":{\"a\":{\"type\":\"ARRAY\",\"items\":{\"type\":\"INTEGER\"}}}}},{\"name\":"
     "\"g\",\"parametersJsonSchema\":{\"type\":\"object\"}}]}],\"toolConfig\":"
     "{\"functionCallingConfig\":{\"mode\":\"ANY\",\"allowedFunctionNames\":[\"g\"]}}",
     "\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"items\":"
     "{\"type\":\"integer\"}}}}}},{\"type\":\"function\",\"function\":{\"name\":\"g\","
     "\"parameters\":{\"type\":\"object\"}}}]",
     NULL},
    {G, "openai", "m", "\"safetySettings\":[],\"labels\":{\"a\":\"b\"}", "messages",
     "safetySettings,labels"},
    {G, "openai", "m", "\"generationConfig\":{\"speechConfig\":{}}", "messages",
     "generationConfig.speechConfig"},
    {G, "openai", "m", "\"generationConfig\":{\"responseModalities\":[\"TEXT\"]}", "messages",
     NULL},
    /* calls without ids: results go to the calls in order */
    {G, "anthropic", "m", TOOLED, "\"name\":\"f\",\"input\":{\"x\":1.0}}", NULL},
    {G, "anthropic", "m", TOOLED,
     "\"is_error\":true,\"content\":[{\"type\":\"text\",\"text\":\"two\"}]}]}]", NULL},
    {G, "anthropic", "m",
     CONTENTS("{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AA-_\"}}"),
     "{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AA+/\"}", NULL},
    {G, "openai", "m",
     CONTENTS("{\"inline_data\":{\"mime_type\":\"audio/mpeg\",\"data\":\"AAAA\"}}"),
     "\"input_audio\":{\"data\":\"AAAA\",\"format\":\"mp3\"}", NULL},
    {G, "openai", "m",
     CONTENTS("{\"fileData\":{\"mimeType\":\"image/png\",\"fileUri\":\"https://x/y.png\"}}"),
     "\"image_url\":{\"url\":\"https://x/y.png\"}", NULL},
    {G, V25, CONTENTS("{\"fileData\":{\"mimeType\":\"audio/wav\",\"fileUri\":\"gs://b/x\"}}"),
     "{\"mimeType\":\"audio/wav\",\"fileUri\":\"gs://b/x\"}", NULL},
};

TEST(gemini, its_requests_reach_others_or_are_listed)
{
    check_cells(from_gemini, SL_LEN(from_gemini));
}

#define ONLY(names)                                                                               \
    "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"ANY\",\"allowedFunctionNames\":" names \
    "}}"

static const struct {
    struct cell cell;
    sl_rc rc;
    const char *path;
} bad[] = {
    {{G, "openai", "m", "\"contents\":[]"}, SL_E_AI_BAD_BODY, "contents"},
    {{G, "openai", "m", "\"contents\":[{\"role\":\"king\"}]"},
     SL_E_AI_BAD_BODY,
     "contents[0].role"},
    {{G, "openai", "m", CONTENTS("5")}, SL_E_AI_BAD_BODY, "contents[0].parts[0]"},
    {{G, "openai", "m", CONTENTS("{\"inlineData\":{\"mimeType\":\"image/png\"}}")},
     SL_E_AI_BAD_BODY,
     "contents[0].parts[0].inlineData.data"},
    {{G, "openai", "m", CONTENTS("{\"functionCall\":{\"args\":{}}}")},
     SL_E_AI_BAD_BODY,
     "contents[0].parts[0].functionCall.name"},
    {{G, "openai", "m", "\"generationConfig\":{\"maxOutputTokens\":-1}"},
     SL_E_AI_BAD_BODY,
     "generationConfig.maxOutputTokens"},
    {{G, "openai", "m", "\"generationConfig\":{\"temperature\":\"hot\"}"},
     SL_E_AI_BAD_BODY,
     "generationConfig.temperature"},
    {{G, "openai", "m", "\"generationConfig\":7"}, SL_E_AI_BAD_BODY, "generationConfig"},
    {{G, "openai", "m", "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"MAYBE\"}}"},
     SL_E_AI_BAD_BODY,
     "toolConfig.functionCallingConfig.mode"},
    {{G, "openai", "m", ONLY("{\"f\":1}")},
     SL_E_AI_BAD_BODY,
     "toolConfig.functionCallingConfig.allowedFunctionNames"},
    {{G, "openai", "m", ONLY("[1]")},
     SL_E_AI_BAD_BODY,
     "toolConfig.functionCallingConfig.allowedFunctionNames"},
    {{G, "openai", "m", "\"cachedContent\":\"cachedContents/1\""},
     SL_E_AI_UNSUPPORTED,
     "cachedContent"},
    {{G, "anthropic", "m", "\"generationConfig\":{\"responseModalities\":[\"IMAGE\"]}"},
     SL_E_AI_UNSUPPORTED,
     "generationConfig.responseModalities"},
    {{G, "openai", "m", "\"tools\":[{\"googleSearch\":{}}]"}, SL_E_AI_UNSUPPORTED, "tools[0].type"},
    {{O, V25, "\"modalities\":[\"audio\"]"}, SL_E_AI_UNSUPPORTED, "modalities"},
    {{O, V25,
      "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
      "\"https://x/y.png\"}}]}]"},
     SL_E_AI_UNSUPPORTED,
     "messages[0]"},
    {{O, V25, "\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"c\"}}]"},
     SL_E_AI_UNSUPPORTED,
     "tools[0].type"},
    {{O, V2,
      "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":[1]}}]"},
     SL_E_AI_BAD_BODY,
     "tools[0].function.parameters"},
};

TEST(gemini, what_cannot_be_put_is_refused_by_its_place)
{
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct result r = encode(&bad[i].cell);
        if (bad[i].rc != r.rc)
            print_error("%s\n", bad[i].cell.members);
        EXPECT_EQ(bad[i].rc, r.rc);
        EXPECT_STR(bad[i].path, r.d.problems[0].path);
        sl_arena_free(r.a);
    }
}

TEST(gemini, x1_members_that_nobody_knows_are_all_listed_wherever_they_stand)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    for (int i = 0; i < 20; i++)
        sl_strbuf_addf(&b, "\"a%d\":%d,", i, i);
    sl_strbuf_add(&b,
                  SL_STR("\"generationConfig\":{\"x\":0,\"y\":1,\"z\":2},\"tail\":1,\"last\":2"));
    sl_strbuf_add_char(&b, '\0');
    struct cell c = {G, "openai", "m", b.p, "messages", NULL};
    struct result r = encode(&c);
    EXPECT_EQ(SL_OK, r.rc);
    expect_inside("a0,a1,a2,", r.dropped);
    expect_inside("a19,generationConfig.x,generationConfig.y,generationConfig.z,tail,last",
                  r.dropped);
    sl_arena_free(r.a);
    sl_arena_free(a);
}

/* ------------------------------------------------------------------ X1: through it untouched */

static void read_as_gemini(struct call_fixture *f, const char *rest, const char *query,
                           const char *body)
{
    struct sl_ai_line line;
    EXPECT_EQ(SL_OK,
              sl_ai_line_read(SL_AI_CHAT, G, sl_cstr(rest), sl_cstr(query), f->a, &line, &f->d));
    EXPECT_EQ(SL_OK, sl_ai_call_read_line(&line, G, sl_cstr(body), NULL, f->a, &f->call, &f->d));
}

static sl_str write_as_gemini(struct call_fixture *f, const char *rest, const char *query,
                              const char *body)
{
    read_as_gemini(f, rest, query, body);
    sl_chain_fini(&f->wire.body);
    EXPECT_EQ(SL_OK,
              sl_ai_call_write(&f->call, &f->target, &f->client, f->a, f->pool, &f->wire, &f->d));
    return sl_chain_flatten(&f->wire.body, f->a);
}

#define RAW_BODY                                                                                      \
    "{ \"contents\":[{\"parts\":[{\"text\":\"a\",\"new\":1e400}]}], \"future\":12345678901234567890," \
    "\"generationConfig\":{\"topK\":1.10}}"

TEST(gemini, x1_bodies_pass_untouched_and_the_model_stands_in_the_path)
{
    static const struct {
        const char *rest, *query, *model, *path;
    } rows[] = {
        {"/m:generateContent", "", "gemini-2.5-pro", "/v1/models/gemini-2.5-pro:generateContent"},
        {"/m:streamGenerateContent", "alt=sse", "models/x",
         "/v1/models/x:streamGenerateContent?alt=sse"},
        {"/m:streamGenerateContent", "", "x", "/v1/models/x:streamGenerateContent?alt=sse"},
        {"/m:generateContent", "key=secret", "tunedModels/a b",
         "/v1/tunedModels/a%20b:generateContent"},
        {"/m:countTokens", "", "x?y", "/v1/models/x%3Fy:countTokens"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, "gemini");
        f.target.model = sl_cstr(rows[i].model);
        EXPECT_STR(RAW_BODY, write_as_gemini(&f, rows[i].rest, rows[i].query, RAW_BODY));
        EXPECT_STR(rows[i].path, f.wire.path);
        EXPECT_STR("secret", sl_headers_find(&f.wire.headers, SL_STR("x-goog-api-key"))->value);
        EXPECT(sl_headers_find(&f.wire.headers, SL_STR("authorization")) == NULL);
        fixture_fini(&f);
    }
}

TEST(gemini, a_cap_is_put_into_the_configuration_as_the_client_spells_it)
{
    static const struct {
        const char *body, *wanted;
    } rows[] = {
        {"{\"contents\":[]}", "{\"generationConfig\":{\"maxOutputTokens\":7},\"contents\":[]}"},
        {"{\"contents\":[],\"generationConfig\":{}}",
         "{\"contents\":[],\"generationConfig\":{\"maxOutputTokens\":7}}"},
        {"{\"contents\":[],\"generationConfig\":{\"topK\":1}}",
         "{\"contents\":[],\"generationConfig\":{\"maxOutputTokens\":7,\"topK\":1}}"},
        {"{\"contents\":[],\"generation_config\":{\"top_k\":1}}",
         "{\"contents\":[],\"generation_config\":{\"max_output_tokens\":7,\"top_k\":1}}"},
        {"{\"contents\":[],\"generation_config\":{\"max_output_tokens\":1}}",
         "{\"contents\":[],\"generation_config\":{\"max_output_tokens\":1}}"},
        {"{\"contents\":[],\"generationConfig\":{\"maxOutputTokens\":9}}",
         "{\"contents\":[],\"generationConfig\":{\"maxOutputTokens\":9}}"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, "gemini");
        f.target.cap_max_tokens = 7;
        EXPECT_STR(rows[i].wanted, write_as_gemini(&f, "/m:generateContent", "", rows[i].body));
        fixture_fini(&f);
    }
}

TEST(gemini, a_body_without_contents_or_with_a_bad_limit_is_refused)
{
    static const char *const bodies[] = {
        "{}",
        "{\"contents\":null}",
        "{\"contents\":{}}",
        "[]",
        "{\"contents\":[],\"generationConfig\":{\"maxOutputTokens\":\"x\"}}",
        "{\"contents\":[],\"contents\":[]}",
    };
    for (size_t i = 0; i < SL_LEN(bodies); i++) {
        struct sl_ai_line line = {.operation = SL_AI_CHAT, .model = SL_STR("m")};
        struct call_fixture f;
        fixture_init(&f, "gemini");
        EXPECT_EQ(SL_E_AI_BAD_BODY,
                  sl_ai_call_read_line(&line, G, sl_cstr(bodies[i]), NULL, f.a, &f.call, &f.d));
        fixture_fini(&f);
    }
}

/* ------------------------------------------------------------------ answers that pass */

#define CHUNK(parts, more)                                   \
    "data: {\"candidates\":[{\"content\":{\"parts\":[" parts \
    "],\"role\":\"model\"},\"index\":0" more "}]"
#define USAGE(prompt, out)                                                                  \
    ",\"usageMetadata\":{\"promptTokenCount\":" prompt ",\"candidatesTokenCount\":" out "," \
    "\"thoughtsTokenCount\":7,\"toolUsePromptTokenCount\":100,\"promptTokensDetails\":["    \
    "{\"modality\":\"TEXT\",\"tokenCount\":4},{\"modality\":\"AUDIO\",\"tokenCount\":2},"   \
    "{\"modality\":\"AUDIO\",\"tokenCount\":4}]},\"modelVersion\":\"real\",\"new\":1.10}\r\n\r\n"
#define ASK "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}"
#define STREAM                                                                           \
    CHUNK("{\"text\":\"Gr\\u00fc\\u00dfe\"}", "")                                        \
    USAGE("10", "1")                                                                     \
    CHUNK("{\"text\":\"\",\"thoughtSignature\":\"c2ln\"}", ",\"finishReason\":\"STOP\"") \
    USAGE("10", "5")

static void open_gemini(struct call_fixture *f, const char *query, bool is_stream,
                        const char *shown)
{
    fixture_init(f, "gemini");
    (void)write_as_gemini(f, is_stream ? "/m:streamGenerateContent" : "/m:generateContent", query,
                          ASK);
    fixture_open(f, is_stream, shown);
}

TEST(gemini, x1_a_stream_passes_but_for_the_models_name)
{
    static const size_t steps[] = {1, 2, 7, 64, 100000};
    for (size_t i = 0; i < SL_LEN(steps); i++) {
        struct call_fixture f;
        open_gemini(&f, "alt=sse", true, NULL);
        fixture_feed(&f, SL_STR(STREAM), steps[i]);
        EXPECT_STR(STREAM, fixture_finish(&f, true));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
    struct call_fixture f;
    open_gemini(&f, "alt=sse", true, "m");
    fixture_feed(&f, SL_STR(STREAM), 9);
    sl_str text = fixture_finish(&f, true);
    EXPECT(has(text, "\"modelVersion\":\"m\",\"new\":1.10}"));
    EXPECT(!has(text, "\"real\""));
    fixture_fini(&f);
}

TEST(gemini, u7_thoughts_and_tool_prompts_are_counted)
{
    struct call_fixture f;
    open_gemini(&f, "alt=sse", true, NULL);
    fixture_feed(&f, SL_STR(STREAM), 50);
    (void)fixture_finish(&f, true);
    struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
    EXPECT_EQ(SL_AI_USAGE_REPORTED, u.source);
    EXPECT_EQ(104, u.input); /* 10 - 6 of sound + 100 */
    EXPECT_EQ(6, u.input_audio);
    EXPECT_EQ(5, u.output);
    EXPECT_EQ(7, u.reasoning);
    EXPECT_STR("STOP", sl_ai_relay_state(f.relay)->native_stop);
    EXPECT_STR("real", sl_ai_relay_state(f.relay)->vendor_model);
    EXPECT_EQ(9, sl_ai_relay_state(f.relay)->text_bytes);
    fixture_fini(&f);
}

TEST(gemini, u8_of_counts_that_grow_the_last_one_holds)
{
    struct call_fixture f;
    open_gemini(&f, "alt=sse", true, NULL);
    for (int i = 1; i <= 3; i++)
        fixture_feed(
            &f,
            sl_fmt(f.a,
                   "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]}%s}],"
                   "\"usageMetadata\":{\"promptTokenCount\":10,\"toolUsePromptTokenCount\":2,"
                   "\"candidatesTokenCount\":%d,\"totalTokenCount\":%d}}\n\n",
                   i == 3 ? ",\"finishReason\":\"STOP\"" : "", 4 * i, 12 + 4 * i),
            17);
    (void)fixture_finish(&f, true);
    struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
    EXPECT_EQ(12, u.input);
    EXPECT_EQ(12, u.output);
    fixture_fini(&f);
}

TEST(gemini, t7_an_empty_text_with_a_signature_is_no_content)
{
    struct call_fixture f;
    open_gemini(&f, "alt=sse", true, NULL);
    fixture_feed(&f, SL_STR(CHUNK("{\"text\":\"\",\"thoughtSignature\":\"c2ln\"}", "") "}\n\n"), 9);
    EXPECT(!sl_ai_relay_state(f.relay)->has_content);
    fixture_feed(&f, SL_STR(CHUNK("{\"functionCall\":{\"name\":\"f\"}}", "") "}\n\n"), 9);
    EXPECT(sl_ai_relay_state(f.relay)->has_content);
    fixture_fini(&f);
}

TEST(gemini, t4_a_stream_without_a_reason_to_stop_is_cut)
{
    struct call_fixture f;
    open_gemini(&f, "alt=sse", true, NULL);
    fixture_feed(&f, SL_STR(CHUNK("{\"text\":\"a\"}", "") "}\n\n"), 9);
    (void)fixture_finish(&f, true);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    fixture_fini(&f);
}

TEST(gemini, a_blocked_prompt_is_a_whole_answer)
{
    static const char *const blocked =
        "data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{"
        "\"promptTokenCount\":5}}\n\n";
    struct call_fixture f;
    open_gemini(&f, "alt=sse", true, NULL);
    fixture_feed(&f, sl_cstr(blocked), 9);
    EXPECT_STR(blocked, fixture_finish(&f, true));
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    EXPECT_EQ(SL_AI_STOP_FILTER, sl_ai_relay_state(f.relay)->stop);
    fixture_fini(&f);
}

TEST(gemini, t6_an_error_in_place_of_a_chunk_is_a_failure_with_its_delay)
{
    struct call_fixture f;
    open_gemini(&f, "alt=sse", true, NULL);
    fixture_feed(
        &f,
        SL_STR("data: {\"error\":{\"code\":429,\"message\":\"check your plan and billing\","
               "\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"retryDelay\":\"37s\"}]}}"
               "\n\n"),
        9);
    EXPECT_STR("", fixture_finish(&f, true));
    EXPECT_EQ(SL_AI_FAULT_RATE, sl_ai_relay_state(f.relay)->fault.class_);
    EXPECT_EQ(SL_SECONDS(37), sl_ai_relay_state(f.relay)->fault.retry_after_us);
    fixture_fini(&f);
}

TEST(gemini, whole_answers_pass_and_counts_of_tokens_too)
{
    static const struct {
        const char *rest, *ask, *body;
    } rows[] = {
        {"/m:generateContent", ASK, "{\"candidates\":[{\"content\":{}}],\"x\":1e5}"},
        {"/m:generateContent", ASK, "{\"promptFeedback\":{\"blockReason\":\"OTHER\"}}"},
        {"/m:countTokens", ASK, "{\"totalTokens\": 31}"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, "gemini");
        (void)write_as_gemini(&f, rows[i].rest, "", rows[i].ask);
        fixture_open(&f, false, "m");
        fixture_feed(&f, sl_cstr(rows[i].body), 3);
        EXPECT_STR(rows[i].body, fixture_finish(&f, true));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
}

/* ------------------------------------------------------------------ T2: streams as an array */

TEST(gemini, t2_a_client_without_events_gets_one_array)
{
    static const size_t steps[] = {1, 7, 100000};
    for (size_t i = 0; i < SL_LEN(steps); i++) {
        struct call_fixture f;
        open_gemini(&f, "", true, "m");
        EXPECT_STR("application/json", sl_ai_relay_content_type(f.relay));
        EXPECT_STR("\n", sl_ai_heartbeat(&f.call));
        fixture_feed(&f, SL_STR(STREAM), steps[i]);
        sl_str text = fixture_finish(&f, true);
        EXPECT(sl_str_starts(text, SL_STR("[{\"candidates\":")));
        EXPECT(sl_str_ends(text, SL_STR("}]\n")));
        expect_json(text);
        expect_inside("\"thoughtSignature\":\"c2ln\"", text);
        expect_inside("\"finishReason\":\"STOP\"", text);
        fixture_fini(&f);
    }
}

TEST(gemini, t4_the_last_element_of_a_broken_array_is_the_error)
{
    struct sl_ai_fault fault = sl_ai_fault_of(SL_E_AI_STREAM_CUT, SL_STR("broke"));
    struct call_fixture f;
    open_gemini(&f, "", true, "m");
    fixture_feed(&f, SL_STR(CHUNK("{\"text\":\"a\"}", "") "}\n\n"), 9);
    sl_ai_relay_write_fault(f.relay, &fault, &f.out);
    sl_str text = fixture_text(&f);
    expect_json(text);
    expect_inside(",\n{\"error\":{\"code\":", text);
    fixture_fini(&f);

    open_gemini(&f, "", true, "m");
    sl_ai_relay_write_fault(f.relay, &fault, &f.out);
    text = fixture_text(&f);
    expect_json(text);
    EXPECT(sl_str_starts(text, SL_STR("[{\"error\":")));
    fixture_fini(&f);
}

TEST(gemini, t2_an_array_from_the_vendor_is_read_like_its_events)
{
    struct call_fixture f;
    open_gemini(&f, "alt=sse", true, "m");
    fixture_open(&f, false, "m"); /* it ignored what was asked */
    fixture_feed(&f,
                 SL_STR("[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n,\n"
                        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"b\"}]},"
                        "\"finishReason\":\"STOP\"}]}]"),
                 5);
    sl_str text = fixture_finish(&f, true);
    EXPECT(sl_ai_relay_state(f.relay)->is_complete);
    expect_inside("{\"text\":\"a\"}", text);
    expect_inside("{\"text\":\"b\"}", text);
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ E10: errors */

TEST(gemini, e10_errors_of_the_gateway_have_googles_form)
{
    static const struct {
        sl_rc rc;
        uint16_t vendor_status;
        const char *wanted;
    } rows[] = {
        {SL_E_AI_BAD_BODY, 0,
         "{\"error\":{\"code\":400,\"message\":\"m\",\"status\":\"INVALID_ARGUMENT\"}}"},
        {SL_E_UNAUTHENTICATED, 0, "\"code\":401,\"message\":\"m\",\"status\":\"UNAUTHENTICATED\""},
        {SL_E_MODEL_UNKNOWN, 0, "\"code\":404,\"message\":\"m\",\"status\":\"NOT_FOUND\""},
        {SL_E_AI_VENDOR_RATE, 429, "\"status\":\"RESOURCE_EXHAUSTED\""},
        {SL_E_AI_VENDOR_OVERLOAD, 503, "\"code\":503,\"message\":\"m\",\"status\":\"UNAVAILABLE\""},
        {SL_E_DEADLINE, 0, "\"status\":\"DEADLINE_EXCEEDED\""},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_fault f = sl_ai_fault_of(rows[i].rc, SL_STR("m"));
        f.vendor_status = rows[i].vendor_status;
        expect_inside(rows[i].wanted, sl_ai_fault_body(&f, G, SL_STR("r"), a));
    }
    struct sl_ai_fault f = sl_ai_fault_of(SL_E_AI_VENDOR_RATE, SL_STR("m"));
    f.retry_after_us = SL_MS(36500);
    expect_inside("\"retryDelay\":\"37s\"", sl_ai_fault_body(&f, G, SL_STR("r"), a));
    sl_arena_free(a);
}

TEST(gemini, e6_e10_googles_errors_are_understood)
{
    static const struct {
        uint16_t status;
        const char *body;
        enum sl_ai_fault_class class_;
        sl_usec retry_after_us;
    } rows[] = {
        {400,
         "{\"error\":{\"code\":400,\"message\":\"API key not valid.\",\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}",
         SL_AI_FAULT_AUTH, -1},
        {400, "[{\"error\":{\"code\":400,\"message\":\"bad\",\"status\":\"INVALID_ARGUMENT\"}}]",
         SL_AI_FAULT_REQUEST, -1},
        {400, "{\"error\":{\"code\":400,\"message\":\"x\",\"status\":\"FAILED_PRECONDITION\"}}",
         SL_AI_FAULT_REQUEST, -1},
        {401, "{\"error\":{\"code\":401,\"message\":\"x\",\"status\":\"UNAUTHENTICATED\"}}",
         SL_AI_FAULT_AUTH, -1},
        {403, "{\"error\":{\"code\":403,\"message\":\"x\",\"status\":\"PERMISSION_DENIED\"}}",
         SL_AI_FAULT_AUTH, -1},
        {404,
         "{\"error\":{\"code\":404,\"message\":\"models/x is not found\",\"status\":\"NOT_FOUND\"}}",
         SL_AI_FAULT_REQUEST, -1},
        {429,
         "{\"error\":{\"code\":429,\"message\":\"Resource has been exhausted (e.g. check quota).\",\"status\":\"RESOURCE_EXHAUSTED\"}}",
         SL_AI_FAULT_RATE, -1},
        {429,
         "{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, please check your plan and billing details.\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"violations\":[]},{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"37s\"}]}}",
         SL_AI_FAULT_RATE, SL_SECONDS(37)},
        {500, "{\"error\":{\"code\":500,\"message\":\"x\",\"status\":\"INTERNAL\"}}",
         SL_AI_FAULT_OVERLOAD, -1},
        {503, "{\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}",
         SL_AI_FAULT_OVERLOAD, -1},
        {504, "{\"error\":{\"code\":504,\"message\":\"x\",\"status\":\"DEADLINE_EXCEEDED\"}}",
         SL_AI_FAULT_OVERLOAD, -1},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_head head = {.status = rows[i].status};
        struct sl_ai_fault f;
        sl_headers_init(&head.headers, a);
        sl_ai_fault_read(sl_ai_vendor_find(SL_STR("gemini")), &head, sl_cstr(rows[i].body), 0, a,
                         &f);
        EXPECT_EQ(rows[i].class_, f.class_);
        EXPECT_EQ(rows[i].retry_after_us, f.retry_after_us);
    }
    sl_arena_free(a);
}
