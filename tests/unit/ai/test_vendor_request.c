/*
 * vendor_request: requests for the dialects that only vendors speak (cases X2 X5 X8 X9 X10), table by table.
 */
#include "ai/dialect.h"
#include "ai/ids.h"
#include "codec/jsonscan.h"
#include "tests/test.h"

#define A SL_AI_ANTHROPIC
#define O SL_AI_OPENAI_CHAT

struct cell {
    enum sl_ai_dialect client;
    const char *vendor, *model;
    uint32_t flags;      /* of the model; 0: the catalogue does not know it */
    const char *members; /* of the client's body, behind model */
    const char *wanted;  /* in the vendor's body; with a '!' in front: not in it */
    const char *dropped; /* the receipt; NULL: nothing */
};

struct result {
    struct sl_arena *a;
    struct sl_diag d;
    sl_str body, dropped;
    sl_rc rc;
};

static const char *body_of(struct sl_arena *a, const struct cell *c)
{
    bool has_messages = c->client == SL_AI_GEMINI || strstr(c->members, "\"messages\"") != NULL;
    bool has_limit = strstr(c->members, "max_tokens") != NULL;

    return sl_fmt(a, "{\"model\":\"alias\"%s%s%s%s}",
                  c->client == A && !has_limit ? ",\"max_tokens\":100" : "",
                  has_messages ? "" : ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]",
                  c->members[0] != '\0' ? "," : "", c->members)
        .p;
}

static struct result encode(const struct cell *c, bool is_strict)
{
    struct result r = {.a = sl_arena_new("test", SL_MIB(64))};
    struct sl_ai_model *model = sl_arena_new_of(r.a, struct sl_ai_model);
    struct sl_ai_target t = {
        .vendor = sl_ai_vendor_find(sl_cstr(c->vendor)),
        .model = sl_cstr(c->model),
        .cap_max_tokens = -1,
        .is_strict = is_strict,
    };
    struct sl_ai_receipt receipt = {.arena = r.a, .is_strict = is_strict};
    struct sl_ai_request rq;
    struct sl_strbuf out;

    EXPECT(t.vendor != NULL);
    sl_diag_init(&r.d, r.a);
    sl_strbuf_init(&out, r.a, 0);
    model->flags = c->flags;
    model->max_output_tokens = 64000;
    model->context_tokens = 32768;
    if (c->flags != 0)
        t.model_info = model;
    r.rc = sl_ai_dialect_find(c->client)->decode_request(sl_cstr(body_of(r.a, c)), NULL, r.a, &rq,
                                                         &r.d);
    if (r.rc == SL_OK)
        r.rc = sl_ai_dialect_find(t.vendor->dialect)->encode_request(&rq, &t, &out, &receipt, &r.d);
    r.body = sl_strbuf_str(&out);
    r.dropped = receipt.dropped;
    return r;
}

static void expect_wanted(const char *wanted, sl_str got)
{
    bool is_denied = wanted[0] == '!';
    bool is_there = sl_str_find_str(got, sl_cstr(wanted + is_denied)) != SIZE_MAX;

    if (is_there == is_denied)
        print_error("wanted %s\nin     %.*s\n", wanted, SL_STRF(got));
    EXPECT(is_there != is_denied);
}

static void check_cells(const struct cell *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct result r = encode(&cells[i], false);
        struct sl_jsonscan_info info;
        if (r.rc != SL_OK)
            print_error("%s: %.*s\n", cells[i].members,
                        SL_STRF(sl_problem_text(&r.d.problems[0], r.a)));
        EXPECT_EQ(SL_OK, r.rc);
        EXPECT_EQ(SL_OK, sl_jsonscan(r.body, NULL, NULL, 0, NULL, &info));
        expect_wanted(cells[i].wanted, r.body);
        EXPECT_STR(cells[i].dropped != NULL ? cells[i].dropped : "", r.dropped);
        sl_arena_free(r.a);
    }
}

struct refusal {
    enum sl_ai_dialect client;
    const char *vendor, *model, *members;
    sl_rc rc;
    const char *place;
};

static void check_refusals(const struct refusal *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct cell c = {
            rows[i].client, rows[i].vendor, rows[i].model, 0, rows[i].members, "", NULL};
        struct result r = encode(&c, false);
        if (r.rc != rows[i].rc)
            print_error("%s\n", rows[i].members);
        EXPECT_EQ(rows[i].rc, r.rc);
        EXPECT_EQ(1, r.d.count);
        EXPECT_STR(rows[i].place, r.d.problems[0].path);
        sl_arena_free(r.a);
    }
}

/* ------------------------------------------------------------------ Bedrock */

#define BEDROCK "aws-bedrock"
#define CLAUDE "us.anthropic.claude-opus-4-1-20250805-v1:0"
#define NOVA "amazon.nova-2-lite-v1:0"
#define GPT "openai.gpt-oss-120b-1:0"
#define LLAMA "us.meta.llama3-3-70b-instruct-v1:0"

#define THINKS (SL_AI_MODEL_REASONING | SL_AI_MODEL_REASONING_BUDGET)
#define ADAPTS (SL_AI_MODEL_REASONING | SL_AI_MODEL_ADAPTIVE_THINKING)
#define TOOL_F                                                                                 \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":" \
    "\"object\"}}}]"
#define FORMAT                                                                       \
    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\"," \
    "\"schema\":{\"type\":\"object\"}}}"
#define CALL(id, name, args)                                                  \
    "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name \
    "\",\"arguments\":\"" args "\"}}"

static const struct cell bedrock_members[] = {
    {O, BEDROCK, CLAUDE, 0, "",
     "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}],\"inferenceConfig\":{}}",
     NULL},
    {O, BEDROCK, CLAUDE, 0, "\"stream\":true", "!stream", NULL},
    {O, BEDROCK, CLAUDE, 0, "\"max_tokens\":7", "\"inferenceConfig\":{\"maxTokens\":7}", NULL},
    {A, BEDROCK, CLAUDE, 0, "\"max_tokens\":7", "\"inferenceConfig\":{\"maxTokens\":7}", NULL},
    {O, BEDROCK, CLAUDE, 0, "\"temperature\":0.70", "{\"temperature\":0.70}", NULL},
    {O, BEDROCK, CLAUDE, 0, "\"temperature\":1.5", "{\"temperature\":1}", "temperature:clamped"},
    {O, BEDROCK, CLAUDE, 0, "\"top_p\":0.9", "{\"topP\":0.9}", NULL},
    {O, BEDROCK, CLAUDE, 0, "\"temperature\":1,\"top_p\":0.9", "{\"temperature\":1}", "top_p"},
    {O, BEDROCK, LLAMA, 0, "\"temperature\":1,\"top_p\":0.9", "\"temperature\":1,\"topP\":0.9",
     NULL},
    {O, BEDROCK, CLAUDE, SL_AI_MODEL_NO_TEMPERATURE, "\"temperature\":1", "!temperature",
     "temperature"},
    {O, BEDROCK, CLAUDE, 0, "\"stop\":[\"END\",\" \"]",
     "\"stopSequences\":[\"END\"]},\"additionalModelResponseFieldPaths\":[\"/stop_sequence\"]",
     "stop:clamped"},
    {O, BEDROCK, NOVA, 0, "\"stop\":\"END\"", "!additionalModelResponseFieldPaths", NULL},
    {O, BEDROCK, CLAUDE, 0, "\"top_k\":40", "\"additionalModelRequestFields\":{\"top_k\":40}",
     NULL},
    {O, BEDROCK, NOVA, 0, "\"top_k\":40",
     "\"additionalModelRequestFields\":{\"inferenceConfig\":{\"topK\":40}}", NULL},
    {O, BEDROCK, LLAMA, 0, "\"top_k\":40", "!40", "top_k"},
    {O, BEDROCK, CLAUDE, 0,
     "\"n\":1,\"seed\":1,\"logit_bias\":{\"1\":2},\"presence_penalty\":1,"
     "\"frequency_penalty\":0.5,\"logprobs\":true,\"top_logprobs\":3",
     "!penalty", "seed,presence_penalty,frequency_penalty,logit_bias,logprobs,top_logprobs"},
    {O, BEDROCK, CLAUDE, 0, "\"store\":true,\"future\":{\"a\":1}", "!store", "store,future"},
    {O, BEDROCK, CLAUDE, 0, "\"service_tier\":\"priority\"",
     "\"serviceTier\":{\"type\":\"priority\"}", NULL},
    {O, BEDROCK, CLAUDE, 0, "\"service_tier\":\"auto\"", "!serviceTier", NULL},
    {O, BEDROCK, CLAUDE, 0, "\"service_tier\":\"scale\"", "!serviceTier", "service_tier"},
    {O, BEDROCK, CLAUDE, 0, "\"user\":\"u-1\"", "\"requestMetadata\":{\"user\":\"u-1\"}", NULL},
    {O, BEDROCK, CLAUDE, 0, "\"user\":\"u{1}\"", "!requestMetadata", "user"},
    {O, BEDROCK, CLAUDE, 0, "\"metadata\":{\"a\":\"b c\"}", "\"requestMetadata\":{\"a\":\"b c\"}",
     NULL},
    {O, BEDROCK, CLAUDE, 0, "\"metadata\":{\"a\":\"b\"},\"user\":\"u\"",
     "\"requestMetadata\":{\"a\":\"b\"}", "user"},
    {O, BEDROCK, CLAUDE, 0, "\"metadata\":{\"a\":\"{}\"}", "!requestMetadata", "metadata"},
};

static const struct cell bedrock_thinking[] = {
    {O, BEDROCK, CLAUDE, THINKS, "\"reasoning_effort\":\"medium\"",
     "\"additionalModelRequestFields\":{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":8192"
     "}}",
     NULL},
    /* budget < maxTokens, and the client's limit meant the answer */
    {O, BEDROCK, CLAUDE, THINKS, "\"reasoning_effort\":\"low\",\"max_tokens\":500",
     "\"maxTokens\":2548", NULL},
    {A, BEDROCK, CLAUDE, THINKS,
     "\"max_tokens\":5000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}",
     "\"maxTokens\":5000},\"additionalModelRequestFields\":{\"thinking\":{\"type\":\"enabled\","
     "\"budget_tokens\":2000}}",
     NULL},
    {O, BEDROCK, CLAUDE, THINKS, "\"reasoning_effort\":\"max\",\"max_tokens\":64000",
     "\"budget_tokens\":32000", NULL},
    {O, BEDROCK, CLAUDE, ADAPTS, "\"reasoning_effort\":\"high\"",
     "\"thinking\":{\"type\":\"adaptive\"}},\"outputConfig\":{\"effort\":\"high\"}", NULL},
    {O, BEDROCK, CLAUDE, THINKS, "\"reasoning_effort\":\"none\"",
     "\"thinking\":{\"type\":\"disabled\"}", NULL},
    {O, BEDROCK, CLAUDE, THINKS, "\"reasoning_effort\":\"low\",\"temperature\":1,\"top_k\":4",
     "!temperature", "temperature,top_k"},
    {O, BEDROCK, CLAUDE, SL_AI_MODEL_TOOLS, "\"reasoning_effort\":\"low\"", "!thinking",
     "reasoning_effort"},
    {O, BEDROCK, NOVA, THINKS, "\"reasoning_effort\":\"low\",\"max_tokens\":9",
     "\"maxTokens\":9},\"additionalModelRequestFields\":{\"reasoningConfig\":{\"type\":\"enabled\""
     ",\"maxReasoningEffort\":\"low\"}}",
     NULL},
    {O, BEDROCK, NOVA, THINKS,
     "\"reasoning_effort\":\"high\",\"max_tokens\":9,\"temperature\":1,\"top_p\":1",
     "\"inferenceConfig\":{}", "max_tokens,temperature,top_p"},
    {O, BEDROCK, GPT, THINKS, "\"reasoning_effort\":\"xhigh\"",
     "\"additionalModelRequestFields\":{\"reasoning_effort\":\"high\"}", NULL},
    {O, BEDROCK, LLAMA, 0, "\"reasoning_effort\":\"low\"", "!effort", "reasoning_effort"},
    {O, BEDROCK, "arn:aws:bedrock:eu-central-1:1:inference-profile/eu.anthropic.claude-x", THINKS,
     "\"reasoning_effort\":\"low\"", "\"budget_tokens\":2048", NULL},
};

static const struct cell bedrock_tools[] = {
    {O, BEDROCK, CLAUDE, 0, TOOL_F,
     "\"toolConfig\":{\"tools\":[{\"toolSpec\":{\"name\":\"f\",\"inputSchema\":{\"json\":{\"type\":"
     "\"object\"}}}}]}",
     NULL},
    {O, BEDROCK, CLAUDE, 0,
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\"}}]",
     "{\"name\":\"f\",\"description\":\"d\",\"inputSchema\":{\"json\":{\"type\":\"object\","
     "\"properties\":{}}}}",
     NULL},
    {O, BEDROCK, CLAUDE, 0, TOOL_F ",\"tool_choice\":\"auto\"", "\"toolChoice\":{\"auto\":{}}",
     NULL},
    {O, BEDROCK, CLAUDE, 0, TOOL_F ",\"tool_choice\":\"required\"", "\"toolChoice\":{\"any\":{}}",
     NULL},
    {O, BEDROCK, CLAUDE, 0,
     TOOL_F ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
     "\"toolChoice\":{\"tool\":{\"name\":\"f\"}}", NULL},
    {A, BEDROCK, CLAUDE, 0,
     "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],\"tool_choice\":{"
     "\"type\":\"tool\",\"name\":\"f\"}",
     "\"toolChoice\":{\"tool\":{\"name\":\"f\"}}", NULL},
    {O, BEDROCK, CLAUDE, 0, TOOL_F ",\"tool_choice\":\"none\"", "!toolConfig", NULL},
    {O, BEDROCK, GPT, 0,
     TOOL_F ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
     "\"toolChoice\":{\"any\":{}}", "tool_choice"},
    {O, BEDROCK, LLAMA, 0, TOOL_F ",\"tool_choice\":\"required\"", "\"toolChoice\":{\"auto\":{}}",
     "tool_choice"},
    {O, BEDROCK, CLAUDE, THINKS,
     TOOL_F ",\"tool_choice\":\"required\",\"reasoning_effort\":\"low\"",
     "\"toolChoice\":{\"auto\":{}}", "tool_choice"},
    {O, BEDROCK, CLAUDE, 0, TOOL_F ",\"parallel_tool_calls\":false", "toolSpec",
     "parallel_tool_calls"},
    {O, BEDROCK, CLAUDE, 0,
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"function\","
     "\"function\":{\"name\":\"g\"}}],\"tool_choice\":{\"type\":\"allowed_tools\","
     "\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{"
     "\"name\":\"g\"}}]}}",
     "\"tools\":[{\"toolSpec\":{\"name\":\"g\",\"inputSchema\":{\"json\":{\"type\":\"object\","
     "\"properties\":{}}}}}],\"toolChoice\":{\"any\":{}}",
     NULL},
    /* tools in the history need a toolConfig, and its choice cannot be none */
    {O, BEDROCK, CLAUDE, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"tool_calls\":[" CALL(
         "c1", "f",
         "{}") "," CALL("c2", "f",
                        "") "]},{\"role\":\"tool\",\"tool_call_id\":\"c1\","
                            "\"content\":\"a\"},{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"\"}]",
     "{\"toolConfig\":{\"tools\":[{\"toolSpec\":{\"name\":\"f\",\"inputSchema\":{\"json\":{\"type\":"
     "\"object\",\"properties\":{}}}}}]},\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":"
     "\"q\"}]},{\"role\":\"assistant\",\"content\":[{\"toolUse\":{\"toolUseId\":\"c1\",\"name\":"
     "\"f\",\"input\":{}}},{\"toolUse\":{\"toolUseId\":\"c2\",\"name\":\"f\",\"input\":{}}}]},{"
     "\"role\":\"user\",\"content\":[{\"toolResult\":{\"toolUseId\":\"c1\",\"content\":[{\"text\":"
     "\"a\"}]}},{\"toolResult\":{\"toolUseId\":\"c2\",\"content\":[{\"text\":\"...\"}]}}]}]",
     NULL},
    {O, BEDROCK, CLAUDE, 0,
     TOOL_F ",\"tool_choice\":\"none\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{"
            "\"role\":\"assistant\",\"tool_calls\":[" CALL(
                "c1", "f", "{}") "]},{\"role\":\"tool\","
                                 "\"tool_call_id\":\"c1\",\"content\":\"a\"}]",
     "\"toolChoice\":{\"auto\":{}}", "tool_choice"},
    {A, BEDROCK, CLAUDE, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":[{"
     "\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\","
     "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"is_error\":true,\"content\":"
     "\"no\"}]}]",
     "\"toolUseId\":\"t\",\"status\":\"error\",\"content\":[{\"text\":\"no\"}]", NULL},
};

static const struct cell bedrock_formats[] = {
    {O, BEDROCK, CLAUDE, SL_AI_MODEL_JSON_SCHEMA, FORMAT,
     "\"outputConfig\":{\"textFormat\":{\"type\":\"json_schema\",\"structure\":{\"jsonSchema\":{"
     "\"schema\":\"{\\\"type\\\":\\\"object\\\"}\",\"name\":\"n\"}}}}",
     NULL},
    {O, BEDROCK, CLAUDE, 0, FORMAT,
     "\"toolConfig\":{\"tools\":[{\"toolSpec\":{\"name\":\"json_answer\",\"description\":\"Give "
     "your answer by calling this tool.\",\"inputSchema\":{\"json\":{\"type\":\"object\"}}}}],"
     "\"toolChoice\":{\"tool\":{\"name\":\"json_answer\"}}}",
     NULL},
    {O, BEDROCK, NOVA, SL_AI_MODEL_JSON_SCHEMA, FORMAT, "json_answer", NULL},
    {O, BEDROCK, CLAUDE, SL_AI_MODEL_JSON_SCHEMA, "\"response_format\":{\"type\":\"json_object\"}",
     "json_answer", NULL},
    {O, BEDROCK, CLAUDE, 0, FORMAT "," TOOL_F, "\"toolChoice\":{\"any\":{}}", NULL},
};

static const struct cell bedrock_messages[] = {
    {O, BEDROCK, CLAUDE, 0,
     "\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"developer\",\"content\":"
     "\"d\"},{\"role\":\"assistant\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b \"}"
     "]",
     "{\"system\":[{\"text\":\"s\"},{\"text\":\"d\"}],\"messages\":[{\"role\":\"user\",\"content\":"
     "[{\"text\":\"...\"}]},{\"role\":\"assistant\",\"content\":[{\"text\":\"a\"},{\"text\":\"b\"}]"
     "}]",
     NULL},
    {A, BEDROCK, CLAUDE, 0,
     "\"system\":[{\"type\":\"text\",\"text\":\"s\",\"cache_control\":{\"type\":\"ephemeral\","
     "\"ttl\":\"1h\"}}]",
     "\"system\":[{\"text\":\"s\"},{\"cachePoint\":{\"type\":\"default\",\"ttl\":\"1h\"}}]", NULL},
    {A, BEDROCK, CLAUDE, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\","
     "\"cache_control\":{\"type\":\"ephemeral\"}},{\"type\":\"text\",\"text\":\"b\"}]}]",
     "[{\"text\":\"a\"},{\"cachePoint\":{\"type\":\"default\"}},{\"text\":\"b\"}]", NULL},
    {A, BEDROCK, LLAMA, 0,
     "\"system\":[{\"type\":\"text\",\"text\":\"s\",\"cache_control\":{\"type\":\"ephemeral\"}}]",
     "!cachePoint", "cache_control"},
    {A, BEDROCK, CLAUDE, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":[{"
     "\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"sig==\"},{\"type\":"
     "\"redacted_thinking\",\"data\":\"cg==\"},{\"type\":\"text\",\"text\":\"a\"}]},{\"role\":"
     "\"user\",\"content\":\"r\"}]",
     "\"content\":[{\"reasoningContent\":{\"reasoningText\":{\"text\":\"t\",\"signature\":\"sig==\""
     "}}},{\"reasoningContent\":{\"redactedContent\":\"cg==\"}},{\"text\":\"a\"}]",
     NULL},
    {A, BEDROCK, NOVA, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":[{"
     "\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"sig==\"}]},{\"role\":\"user\","
     "\"content\":\"r\"}]",
     "{\"role\":\"assistant\",\"content\":[{\"text\":\"...\"}]}", NULL},
    /* X9 */
    {O, BEDROCK, CLAUDE, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
     "\"data:image/JPG;charset=x;BASE64,_-8 A\"}}]}]",
     "[{\"image\":{\"format\":\"jpeg\",\"source\":{\"bytes\":\"/+8A\"}}}]", NULL},
    {A, BEDROCK, CLAUDE, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"title\":\"A/B__report "
     " (1).pdf\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":"
     "\"JVBERg==\"}},{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":"
     "\"text/plain\",\"data\":\"plain\"}}]}]",
     "[{\"document\":{\"format\":\"pdf\",\"name\":\"A B report (1) pdf\",\"source\":{\"bytes\":"
     "\"JVBERg==\"}}},{\"document\":{\"format\":\"txt\",\"name\":\"document 2\",\"source\":{"
     "\"bytes\":\"cGxhaW4=\"}}},{\"text\":\"...\"}]",
     NULL},
    {A, BEDROCK, CLAUDE, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":[{"
     "\"type\":\"tool_use\",\"id\":\"a.b\",\"name\":\"f\",\"input\":{\"x\":1.0}}]},{\"role\":"
     "\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"a.b\",\"content\":[{"
     "\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":"
     "\"AAAA\"}}]}]}]",
     "\"input\":{\"x\":1.0}}}]},{\"role\":\"user\",\"content\":[{\"toolResult\":{\"toolUseId\":"
     "\"sl64_YS5i\",\"content\":[{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"AAAA\"}}}]",
     NULL},
    {O, BEDROCK, CLAUDE, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":"
     "\"text\",\"tool_calls\":[" CALL("c1", "f",
                                      "{\\\"a\\\":") "]},{\"role\":\"tool\","
                                                     "\"tool_call_id\":\"c1\",\"content\":\"r\"}]",
     "\"content\":[{\"text\":\"text\"},{\"toolUse\":{\"toolUseId\":\"c1\",\"name\":\"f\",\"input\":"
     "{\"_invalid_json\":\"{\\\"a\\\":\"}}}]",
     NULL},
};

TEST(vendor_request, x10_members_for_bedrock)
{
    check_cells(bedrock_members, SL_LEN(bedrock_members));
}

TEST(vendor_request, x6_thinking_for_bedrock)
{
    check_cells(bedrock_thinking, SL_LEN(bedrock_thinking));
}

TEST(vendor_request, x3_tools_for_bedrock)
{
    check_cells(bedrock_tools, SL_LEN(bedrock_tools));
}

TEST(vendor_request, x8_formats_for_bedrock)
{
    check_cells(bedrock_formats, SL_LEN(bedrock_formats));
}

TEST(vendor_request, x5_messages_for_bedrock)
{
    check_cells(bedrock_messages, SL_LEN(bedrock_messages));
}

/* Of five markers the last four count most. */
TEST(vendor_request, bedrock_takes_four_cache_points)
{
#define MARKED(t) \
    "{\"type\":\"text\",\"text\":\"" t "\",\"cache_control\":{\"type\":\"ephemeral\"}}"
    const struct cell c = {A,
                           BEDROCK,
                           CLAUDE,
                           0,
                           "\"messages\":[{\"role\":\"user\",\"content\":[" MARKED("a") "," MARKED(
                               "b") "," MARKED("c") "," MARKED("d") "," MARKED("e") "]}]",
                           "[{\"text\":\"a\"},{\"text\":\"b\"},{\"cachePoint\"",
                           NULL};
    check_cells(&c, 1);
}

#define SAID_ALOUD                                                                                  \
    "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":null," \
    "\"audio\":{\"id\":\"audio_1\"}},{\"role\":\"user\",\"content\":\"b\"}]"

TEST(vendor_request, x9_what_was_said_aloud_is_named_to_who_keeps_it_alone)
{
    static const char *const others[] = {BEDROCK,     "anthropic",     "gemini",
                                         "cohere-v2", "ollama-native", "custom-responses"};
    static const struct cell home[] = {
        {O, "openai", "m", 0, SAID_ALOUD, "\"content\":null,\"audio\":{\"id\":\"audio_1\"}}", NULL},
        {O, "openai", "m", 0,
         "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":"
         "\"t\",\"audio\":null}]",
         "!audio", NULL},
    };
    for (size_t i = 0; i < SL_LEN(others); i++) {
        const struct refusal row = {O,          others[i],           "m",
                                    SAID_ALOUD, SL_E_AI_UNSUPPORTED, "messages[1]"};
        check_refusals(&row, 1);
    }
    check_cells(home, SL_LEN(home));
}

TEST(vendor_request, what_bedrock_cannot_do_is_refused)
{
    static const struct refusal rows[] = {
        {O, BEDROCK, CLAUDE, "\"n\":2", SL_E_AI_UNSUPPORTED, "n"},
        {O, BEDROCK, CLAUDE, "\"web_search_options\":{}", SL_E_AI_UNSUPPORTED,
         "web_search_options"},
        {O, BEDROCK, CLAUDE, "\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"x\"}}]",
         SL_E_AI_UNSUPPORTED, "tools[0].type"},
        {A, BEDROCK, CLAUDE, "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"w\"}]",
         SL_E_AI_UNSUPPORTED, "tools[0].type"},
        /* X9: not fetched */
        {O, BEDROCK, CLAUDE,
         "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{"
         "\"url\":\"https://x/y.png\"}}]}]",
         SL_E_AI_UNSUPPORTED, "messages[0]"},
        {SL_AI_GEMINI, BEDROCK, CLAUDE,
         "\"contents\":[{\"parts\":[{\"fileData\":{\"mimeType\":\"image/png\",\"fileUri\":\"https://x/"
         "y\"}}]}]",
         SL_E_AI_UNSUPPORTED, "contents[0]"},
        {O, BEDROCK, CLAUDE,
         "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{"
         "\"url\":\"data:image/tiff;base64,AAAA\"}}]}]",
         SL_E_AI_UNSUPPORTED, "messages[0]"},
        {O, BEDROCK, CLAUDE,
         "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{"
         "\"data\":\"AAAA\",\"format\":\"wav\"}}]}]",
         SL_E_AI_UNSUPPORTED, "messages[0]"},
        {O, BEDROCK, CLAUDE, "\"messages\":[{\"role\":\"user\",\"content\":\" \"}]",
         SL_E_AI_BAD_BODY, "messages"},
        {O, BEDROCK, CLAUDE,
         "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"tool\",\"tool_call_id\":"
         "\"c\",\"content\":\"r\"}]",
         SL_E_AI_BAD_BODY, "messages[1]"},
    };
    check_refusals(rows, SL_LEN(rows));
}

TEST(vendor_request, strict_refuses_what_would_be_dropped)
{
    const struct cell c = {O, BEDROCK, CLAUDE, 0, "\"seed\":1", "", NULL};
    struct result r = encode(&c, true);
    EXPECT_EQ(SL_E_AI_UNSUPPORTED, r.rc);
    EXPECT_STR("seed", r.d.problems[0].path);
    sl_arena_free(r.a);
}

TEST(vendor_request, x10_what_a_format_is_for_is_told_or_listed)
{
#define SAID "\"name\":\"n\",\"description\":\"why\",\"schema\":{\"type\":\"object\"}"
#define OF_CHAT "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{" SAID "}}"
    static const char lost[] = "response_format.description";
    static const struct cell rows[] = {
        {O, "nvidia", "m", 0, OF_CHAT, SAID, NULL},
        {O, "custom-responses", "m", 0, OF_CHAT, SAID, NULL},
        {O, "anthropic", "m", 0, OF_CHAT, "!why", lost},
        {O, BEDROCK, "m", 0, OF_CHAT, "!why", lost},
        {O, "cohere-v2", "m", 0, OF_CHAT, "!why", lost},
        {O, "gemini", "m", 0, OF_CHAT, "!why", lost},
        {O, "ollama-native", "m", 0, OF_CHAT, "!why", lost},
    };
    check_cells(rows, SL_LEN(rows));
}

/* Claude refuses them. */
TEST(vendor_request, x10_stops_of_blanks_are_left_out_and_listed)
{
    static const struct cell rows[] = {
        {O, "anthropic", "m", 0, "\"stop\":\"\\n\"", "!stop_sequences", "stop"},
        {O, "anthropic", "m", 0, "\"stop\":[\" \",\"END\"]", "\"stop_sequences\":[\"END\"]",
         "stop:clamped"},
        {O, BEDROCK, CLAUDE, 0, "\"stop\":[\" \",\"END\"]", "\"stopSequences\":[\"END\"]",
         "stop:clamped"},
        {O, "anthropic", "m", 0, "\"stop\":[]", "!stop", NULL},
    };
    check_cells(rows, SL_LEN(rows));
}

/* Libraries write out what holds anyway: n: 1, store: false. */
TEST(vendor_request, x10_what_holds_anyway_is_no_loss)
{
    static const char *const vendors[] = {BEDROCK,     "anthropic",        "gemini",
                                          "cohere-v2", "custom-responses", "ollama-native",
                                          "cerebras"};
    static const char members[] =
        "\"store\":false,\"n\":1,\"logprobs\":false,\"logit_bias\":{},\"presence_penalty\":0,"
        "\"frequency_penalty\":0.0,\"service_tier\":\"auto\",\"parallel_tool_calls\":true,"
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]";
    static const struct refusal said[] = {
        {O, "anthropic", "m", "\"store\":true", SL_E_AI_UNSUPPORTED, "store"},
        {O, "anthropic", "m", "\"presence_penalty\":0.1", SL_E_AI_UNSUPPORTED, "presence_penalty"},
        {O, "anthropic", "m", "\"logit_bias\":{\"1\":1}", SL_E_AI_UNSUPPORTED, "logit_bias"},
        {O, "cohere-v2", "m", "\"service_tier\":\"flex\"", SL_E_AI_UNSUPPORTED, "service_tier"},
    };
    for (size_t i = 0; i < SL_LEN(vendors); i++) {
        const struct cell c = {O, vendors[i], "m", 0, members, "", NULL};
        struct result r = encode(&c, true);
        if (r.rc != SL_OK)
            print_error("%s\n", vendors[i]);
        EXPECT_EQ(SL_OK, r.rc);
        EXPECT_STR("", r.dropped);
        sl_arena_free(r.a);
    }
    for (size_t i = 0; i < SL_LEN(said); i++) {
        const struct cell c = {O, said[i].vendor, "m", 0, said[i].members, "", NULL};
        struct result r = encode(&c, true);
        EXPECT_EQ(said[i].rc, r.rc);
        EXPECT_STR(said[i].place, r.d.problems[0].path);
        sl_arena_free(r.a);
    }
}

/* ------------------------------------------------------------------ Cohere */

#define COHERE "cohere-v2"
#define COMMAND "command-a-03-2025"
#define PREFIX "{\"model\":\"command-a-03-2025\",\"stream\":false,"

static const struct cell cohere_members[] = {
    {O, COHERE, COMMAND, 0, "",
     PREFIX "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}]}",
     NULL},
    {O, COHERE, COMMAND, 0, "\"stream\":true,\"stream_options\":{\"include_usage\":true}",
     "\"stream\":true", NULL},
    {O, COHERE, COMMAND, 0, "\"max_tokens\":7,\"stop\":[\"a\",\"b\"]",
     "\"max_tokens\":7,\"stop_sequences\":[\"a\",\"b\"]", NULL},
    {O, COHERE, COMMAND, 0, "\"temperature\":0.70,\"top_p\":0.9,\"top_k\":4,\"seed\":1",
     "\"temperature\":0.70,\"p\":0.9,\"k\":4,\"seed\":1", NULL},
    {O, COHERE, COMMAND, 0, "\"frequency_penalty\":0.5,\"presence_penalty\":1.5",
     "\"frequency_penalty\":0.5,\"presence_penalty\":1}", "presence_penalty:clamped"},
    {O, COHERE, COMMAND, 0, "\"frequency_penalty\":-1", "\"frequency_penalty\":0}",
     "frequency_penalty:clamped"},
    {O, COHERE, COMMAND, 0, "\"logprobs\":true,\"top_logprobs\":2", "\"logprobs\":true",
     "top_logprobs"},
    {O, COHERE, COMMAND, 0,
     "\"user\":\"u\",\"metadata\":{\"a\":\"b\"},\"service_tier\":\"flex\",\"logit_bias\":{\"1\":1}",
     "!user_id", "logit_bias,user,service_tier,metadata"},
    {O, COHERE, COMMAND, 0, "\"response_format\":{\"type\":\"json_object\"}",
     "\"response_format\":{\"type\":\"json_object\"}", NULL},
    {O, COHERE, COMMAND, 0, FORMAT,
     "\"response_format\":{\"type\":\"json_object\",\"json_schema\":{\"type\":\"object\"}}", NULL},
    {O, COHERE, COMMAND, THINKS, "\"reasoning_effort\":\"low\"",
     "\"thinking\":{\"type\":\"enabled\"}", NULL},
    {A, COHERE, COMMAND, 0, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}",
     "\"thinking\":{\"type\":\"enabled\",\"token_budget\":2000}", NULL},
    {O, COHERE, COMMAND, THINKS, "\"reasoning_effort\":\"none\"",
     "\"thinking\":{\"type\":\"disabled\"}", NULL},
    {O, COHERE, COMMAND, SL_AI_MODEL_TOOLS, "\"reasoning_effort\":\"low\"", "!thinking",
     "reasoning_effort"},
    {O, COHERE, COMMAND, SL_AI_MODEL_TOOLS, "\"reasoning_effort\":\"none\"", "!thinking", NULL},
};

static const struct cell cohere_tools[] = {
    {O, COHERE, COMMAND, 0, TOOL_F,
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":"
     "\"object\"}}}],\"messages\"",
     NULL},
    {O, COHERE, COMMAND, 0, TOOL_F ",\"tool_choice\":\"auto\"", "!tool_choice", NULL},
    {O, COHERE, COMMAND, 0, TOOL_F ",\"tool_choice\":\"none\"", "\"tool_choice\":\"NONE\"", NULL},
    {O, COHERE, COMMAND, 0, TOOL_F ",\"tool_choice\":\"required\"", "\"tool_choice\":\"REQUIRED\"",
     NULL},
    /* named: no other tool is shown */
    {O, COHERE, COMMAND, 0,
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"function\","
     "\"function\":{\"name\":\"g\",\"strict\":true}}],\"tool_choice\":{\"type\":\"function\","
     "\"function\":{\"name\":\"g\"}}",
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"g\",\"parameters\":{\"type\":"
     "\"object\",\"properties\":{}}}}],\"strict_tools\":true,\"tool_choice\":\"REQUIRED\"",
     NULL},
    {O, COHERE, COMMAND, 0, TOOL_F ",\"parallel_tool_calls\":false", "\"f\"",
     "parallel_tool_calls"},
    {O, COHERE, COMMAND, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"t\","
     "\"tool_calls\":[" CALL("c.1", "f",
                             "") "]},{\"role\":\"tool\",\"tool_call_id\":\"c.1\","
                                 "\"content\":\"\"},{\"role\":\"user\",\"content\":\"r\"}]",
     "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"t\"}],\"tool_calls\":[{"
     "\"type\":\"function\",\"id\":\"c.1\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{"
     "\"role\":\"tool\",\"tool_call_id\":\"c.1\",\"content\":[{\"type\":\"text\",\"text\":\"...\"}]}"
     ",{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"r\"}]}",
     NULL},
    {A, COHERE, COMMAND, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":[{"
     "\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"sig==\"},{\"type\":\"tool_use\","
     "\"id\":\"c\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":"
     "\"tool_result\",\"tool_use_id\":\"c\",\"content\":\"r\"}]}]",
     "{\"role\":\"assistant\",\"tool_calls\":[", "messages.thinking"},
};

static const struct cell cohere_messages[] = {
    {O, COHERE, COMMAND, 0,
     "\"messages\":[{\"role\":\"developer\",\"content\":\"s\"},{\"role\":\"user\",\"content\":[{"
     "\"type\":\"text\",\"text\":\"q\"},{\"type\":\"image_url\",\"image_url\":{\"url\":"
     "\"https://x/y.png\",\"detail\":\"low\"}},{\"type\":\"image_url\",\"image_url\":{\"url\":"
     "\"data:image/png;base64,AAAA\"}}]}]",
     "[{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"s\"}]},{\"role\":\"user\","
     "\"content\":[{\"type\":\"text\",\"text\":\"q\"},{\"type\":\"image_url\",\"image_url\":{"
     "\"url\":\"https://x/y.png\",\"detail\":\"low\"}},{\"type\":\"image_url\",\"image_url\":{"
     "\"url\":\"data:image/png;base64,AAAA\"}}]}]",
     NULL},
    {A, COHERE, COMMAND, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"title\":\"T\","
     "\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"plain\"}}]}]",
     "\"documents\":[{\"data\":{\"title\":\"T\",\"text\":\"plain\"}}],\"messages\":[{\"role\":"
     "\"user\",\"content\":[{\"type\":\"text\",\"text\":\"...\"}]}]",
     NULL},
    {A, COHERE, COMMAND, 0,
     "\"system\":[{\"type\":\"text\",\"text\":\"s\",\"cache_control\":{\"type\":\"ephemeral\"}}]",
     "!cache", "cache_control"},
};

TEST(vendor_request, x10_members_for_cohere)
{
    check_cells(cohere_members, SL_LEN(cohere_members));
}

TEST(vendor_request, x3_tools_for_cohere)
{
    check_cells(cohere_tools, SL_LEN(cohere_tools));
}

TEST(vendor_request, x5_messages_for_cohere)
{
    check_cells(cohere_messages, SL_LEN(cohere_messages));
}

TEST(vendor_request, what_cohere_cannot_do_is_refused)
{
    static const struct refusal rows[] = {
        {O, COHERE, COMMAND, "\"n\":2", SL_E_AI_UNSUPPORTED, "n"},
        {A, COHERE, COMMAND,
         "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{"
         "\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"JVBERg==\"}}]}]",
         SL_E_AI_UNSUPPORTED, "messages[0]"},
        {O, COHERE, COMMAND, "\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"x\"}}]",
         SL_E_AI_UNSUPPORTED, "tools[0].type"},
    };
    check_refusals(rows, SL_LEN(rows));
}

/* ------------------------------------------------------------------ Ollama */

#define OLLAMA "ollama-native"
#define IMAGE_OF(detail)                                                                            \
    "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":" \
    "\"data:image/png;base64,AAAA\",\"detail\":\"" detail "\"}}]}]"
#define NUM_CTX "\"options\":{\"num_ctx\":8192"

static const struct cell ollama_members[] = {
    {O, OLLAMA, "qwen3", 0, "",
     "{\"model\":\"qwen3\",\"stream\":false,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
     "\"options\":{}}",
     NULL},
    {O, OLLAMA, "qwen3", 0, "\"stream\":true", "\"stream\":true", NULL},
    {O, OLLAMA, "qwen3", 0, IMAGE_OF("low"), "\"images\":[\"AAAA\"]", "image_url.detail"},
    {O, OLLAMA, "qwen3", 0, IMAGE_OF("auto"), "\"images\":[\"AAAA\"]", NULL},
    {O, OLLAMA, "qwen3", 0,
     "\"max_tokens\":7,\"temperature\":0.70,\"top_p\":0.9,\"top_k\":4,\"seed\":1,"
     "\"presence_penalty\":-1,\"frequency_penalty\":2,\"stop\":\"END\"",
     "\"options\":{\"num_predict\":7,\"temperature\":0.70,\"top_p\":0.9,\"top_k\":4,\"seed\":1,"
     "\"presence_penalty\":-1,\"frequency_penalty\":2,\"stop\":[\"END\"]}}",
     NULL},
    /* 35: as large a context as the prompt needs, and not more than the model has */
    {O, OLLAMA, "qwen3", SL_AI_MODEL_TOOLS, "", NUM_CTX "}", NULL},
    {O, OLLAMA, "qwen3", SL_AI_MODEL_TOOLS, "\"max_tokens\":9000", "\"num_ctx\":16384", NULL},
    {O, OLLAMA, "qwen3", SL_AI_MODEL_TOOLS, "\"max_tokens\":60000", "\"num_ctx\":32768", NULL},
    {O, OLLAMA, "qwen3", SL_AI_MODEL_TOOLS, "\"max_tokens\":9223372036854775807",
     "\"num_ctx\":32768", NULL},
    {O, OLLAMA, "qwen3", 0, "\"response_format\":{\"type\":\"json_object\"}", "\"format\":\"json\"",
     NULL},
    {O, OLLAMA, "qwen3", 0, FORMAT, "\"format\":{\"type\":\"object\"}", NULL},
    {O, OLLAMA, "qwen3", 0, "\"reasoning_effort\":\"high\"", "\"think\":true", NULL},
    {O, OLLAMA, "qwen3", 0, "\"reasoning_effort\":\"none\"", "\"think\":false", NULL},
    {O, OLLAMA, "gpt-oss:20b", 0, "\"reasoning_effort\":\"xhigh\"", "\"think\":\"high\"", NULL},
    {O, OLLAMA, "llama3.2", SL_AI_MODEL_TOOLS, "\"reasoning_effort\":\"high\"", "!think",
     "reasoning_effort"},
    {O, OLLAMA, "qwen3", 0, "\"user\":\"u\",\"logprobs\":true,\"top_logprobs\":2",
     "\"logprobs\":true,\"top_logprobs\":2", "user"},
    {O, OLLAMA, "qwen3", 0, TOOL_F,
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":"
     "\"object\"}}}]",
     NULL},
    {O, OLLAMA, "qwen3", 0, TOOL_F ",\"tool_choice\":\"none\"", "!tools", NULL},
    {O, OLLAMA, "qwen3", 0, TOOL_F ",\"tool_choice\":\"required\"", "\"tools\"", "tool_choice"},
};

static const struct cell ollama_messages[] = {
    {O, OLLAMA, "qwen3", 0,
     "\"messages\":[{\"role\":\"system\",\"content\":\"a\"},{\"role\":\"system\",\"content\":\"b\"},"
     "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"q\"},{\"type\":\"image_url\","
     "\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}},{\"type\":\"text\",\"text\":\"r\"}]}]",
     "[{\"role\":\"system\",\"content\":\"a\\nb\"},{\"role\":\"user\",\"content\":\"q\\nr\","
     "\"images\":[\"AAAA\"]}]",
     NULL},
    /* no ids: results are known by the name of their call */
    {O, OLLAMA, "qwen3", 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"tool_calls\":[" CALL(
         "c1", "f",
         "{\\\"a\\\":1.0}") "," CALL("c2", "g",
                                     "") "]},{\"role\":\"tool\","
                                         "\"tool_call_id\":\"c1\",\"content\":\"x\"},{\"role\":\"tool\",\"tool_call_id\":\"c2\","
                                         "\"content\":\"y\"}]",
     "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\","
     "\"arguments\":{\"a\":1.0}}},{\"function\":{\"name\":\"g\",\"arguments\":{}}}]},{\"role\":"
     "\"tool\",\"content\":\"x\",\"tool_name\":\"f\"},{\"role\":\"tool\",\"content\":\"y\","
     "\"tool_name\":\"g\"}]",
     NULL},
    /* and of two of one name by their order */
    {O, OLLAMA, "qwen3", 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"tool_calls\":[" CALL(
         "c1", "f", "") "," CALL("c2", "f", "") "]},{\"role\":\"tool\",\"tool_call_id\":\"c2\","
                                                "\"content\":\"y\"},{\"role\":\"tool\","
                                                "\"tool_call_id\":\"c1\",\"content\":\"x\"}]",
     "{\"role\":\"tool\",\"content\":\"x\",\"tool_name\":\"f\"},{\"role\":\"tool\",\"content\":\"y\","
     "\"tool_name\":\"f\"}]",
     NULL},
    {A, OLLAMA, "qwen3", 0,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":"
     "\"text\",\"media_type\":\"text/plain\",\"data\":\"plain\"}},{\"type\":\"text\",\"text\":"
     "\"q\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\","
     "\"signature\":\"sig==\"},{\"type\":\"text\",\"text\":\"a\"}]},{\"role\":\"user\",\"content\":"
     "\"r\"}]",
     "[{\"role\":\"user\",\"content\":\"plain\\nq\"},{\"role\":\"assistant\",\"content\":\"a\"},{"
     "\"role\":\"user\",\"content\":\"r\"}]",
     "messages.thinking"},
};

TEST(vendor_request, x10_members_for_ollama)
{
    check_cells(ollama_members, SL_LEN(ollama_members));
}

TEST(vendor_request, x5_messages_for_ollama)
{
    check_cells(ollama_messages, SL_LEN(ollama_messages));
}

TEST(vendor_request, what_ollama_cannot_do_is_refused)
{
    static const struct refusal rows[] = {
        {O, OLLAMA, "qwen3", "\"n\":2", SL_E_AI_UNSUPPORTED, "n"},
        {O, OLLAMA, "qwen3",
         "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{"
         "\"url\":\"https://x/y.png\"}}]}]",
         SL_E_AI_UNSUPPORTED, "messages[0]"},
    };
    check_refusals(rows, SL_LEN(rows));
}

/* ------------------------------------------------------------------ citations */

#define CITED                                                                                      \
    "{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":" \
    "\"a\"},\"citations\":{\"enabled\":true}}"
#define CITED_ONCE "\"messages\":[{\"role\":\"user\",\"content\":[" CITED "]}]"
#define CITED_RESULT                                                                            \
    "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":[" \
    "{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\","    \
    "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"c\",\"content\":[" CITED "]}]}]"
#define UNCITED                                                                                  \
    "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":" \
    "\"text\",\"media_type\":\"text/plain\",\"data\":\"a\"},\"citations\":{\"enabled\":false}}]}]"

static const struct cell citations[] = {
    {A, "anthropic", "m", 0, CITED_ONCE, ",\"citations\":{\"enabled\":true}}", NULL},
    {A, "anthropic", "m", 0, CITED_RESULT, ",\"citations\":{\"enabled\":true}}", NULL},
    {A, BEDROCK, CLAUDE, 0, CITED_ONCE, ",\"citations\":{\"enabled\":true}}", NULL},
    {A, COHERE, COMMAND, 0, CITED_ONCE, "\"documents\":[{\"data\":{\"text\":\"a\"}}]", NULL},
    {A, "openai", "m", 0, CITED_ONCE, "!citations", "citations"},
    {A, "openai", "m", 0, CITED_RESULT, "!citations", "citations"},
    {A, "openai", "m", 0, UNCITED, "!citations", NULL},
    {A, "gemini", "m", 0, CITED_ONCE, "!citations", "citations"},
    {A, "ollama-native", "m", 0, CITED_ONCE, "!citations", "citations"},
};

TEST(vendor_request, x10_citations_of_documents_are_asked_for_or_listed)
{
    check_cells(citations, SL_LEN(citations));
}

TEST(vendor_request, strict_refuses_a_document_whose_citations_would_be_dropped)
{
    static const char *const vendors[] = {"openai", "gemini", "ollama-native"};

    for (size_t i = 0; i < SL_LEN(vendors); i++) {
        const struct cell c = {A, vendors[i], "m", 0, CITED_ONCE, "", NULL};
        struct result r = encode(&c, true);
        EXPECT_EQ(SL_E_AI_UNSUPPORTED, r.rc);
        EXPECT_STR("citations", r.d.problems[0].path);
        sl_arena_free(r.a);
    }
}

/* ------------------------------------------------------------------ what results and documents hold */

#define RESULT_OF(more, content)                                                                 \
    "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":[{" \
    "\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\","      \
    "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\"" more ",\"content\":" content  \
    "}]}]"
#define NO RESULT_OF(",\"is_error\":true", "\"no\"")
#define PNG                                                                             \
    "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\"," \
    "\"data\":\"AAAA\"}}"
#define PLAIN(more)                                                                       \
    "{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\"," \
    "\"data\":\"plain\"}" more "}"
#define ITS_OWN "{\"type\":\"tool_reference\",\"tool_name\":\"t\"}"
#define NAMED PLAIN(",\"title\":\"T\",\"context\":\"C\"")
#define ASKED(part) "\"messages\":[{\"role\":\"user\",\"content\":[" part "]}]"
#define R_VENDOR "custom-responses"

#define SHOWN_IN_ERROR \
    RESULT_OF(",\"is_error\":true", "[{\"type\":\"text\",\"text\":\"no\"}," PNG "]")

static const struct cell results[] = {
    /* an error says so, in a member or in the text */
    {A, "openai", "gpt-5", 0, NO, "\"content\":\"Error: no\"", NULL},
    {A, R_VENDOR, "m", 0, NO, "\"output\":\"Error: no\"", NULL},
    {A, "gemini", "gemini-2.5-pro", 0, NO, "\"response\":{\"error\":\"no\"}", NULL},
    {A, COHERE, COMMAND, 0, NO,
     "\"content\":[{\"type\":\"text\",\"text\":\"Error:\"},{\"type\":\"text\",\"text\":\"no\"}]",
     NULL},
    {A, COHERE, COMMAND, 0, RESULT_OF(",\"is_error\":true", "[]"),
     "\"content\":[{\"type\":\"text\",\"text\":\"Error:\"}]", NULL},
    {A, OLLAMA, "qwen3", 0, NO, "\"content\":\"Error: no\",\"tool_name\":\"f\"", NULL},
    {A, BEDROCK, "meta.llama3-1-8b-instruct-v1:0", 0, NO,
     "\"content\":[{\"text\":\"Error:\"},{\"text\":\"no\"}]", NULL},
    /* an image stands in the result, or in a message behind it */
    {A, COHERE, COMMAND, 0, RESULT_OF("", "[{\"type\":\"text\",\"text\":\"r\"}," PNG "]"),
     "\"content\":[{\"type\":\"text\",\"text\":\"r\"}]},{\"role\":\"user\",\"content\":[{\"type\":"
     "\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}]",
     NULL},
    {A, COHERE, COMMAND, 0, RESULT_OF("", "[" PNG "]"),
     "\"content\":[{\"type\":\"text\",\"text\":\"...\"}]},{\"role\":\"user\",\"content\":[{"
     "\"type\":\"image_url\"",
     NULL},
    {A, OLLAMA, "qwen3", 0, RESULT_OF("", "[" PNG "]"), "\"images\":[\"AAAA\"]", NULL},
    {A, COHERE, COMMAND, 0, RESULT_OF("", "[" PLAIN("") "]"),
     "\"tool_call_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"plain\"}]", NULL},
    {A, OLLAMA, "qwen3", 0, RESULT_OF("", "[" PLAIN("") "]"), "\"content\":\"plain\"", NULL},
    {A, "anthropic", CLAUDE, 0, SHOWN_IN_ERROR,
     "\"is_error\":true,\"content\":[{\"type\":\"text\",\"text\":\"no\"}]}," PNG "]}", NULL},
    /* what only the client's dialect knows is told as it was written */
    {A, "openai", "gpt-5", 0, RESULT_OF("", "[" ITS_OWN "]"),
     "{\\\"type\\\":\\\"tool_reference\\\"", NULL},
    {A, COHERE, COMMAND, 0, RESULT_OF("", "[" ITS_OWN "]"), "{\\\"type\\\":\\\"tool_reference\\\"",
     NULL},
    {A, OLLAMA, "qwen3", 0, RESULT_OF("", "[" ITS_OWN "]"), "{\\\"type\\\":\\\"tool_reference\\\"",
     NULL},
    {A, BEDROCK, NOVA, 0, RESULT_OF("", "[" ITS_OWN "]"), "{\\\"type\\\":\\\"tool_reference\\\"",
     NULL},
};

#define CONTENT(blocks)                                                                           \
    "{\"type\":\"document\",\"title\":\"T\",\"source\":{\"type\":\"content\",\"content\":" blocks \
    "}}"
#define ONE_TWO "[{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"text\",\"text\":\"two\"}]"

static const struct cell documents[] = {
    {A, "anthropic", CLAUDE, 0, ASKED(CONTENT(ONE_TWO)), CONTENT(ONE_TWO), NULL},
    {A, "anthropic", CLAUDE, 0, RESULT_OF("", "[" CONTENT(ONE_TWO) "]"), CONTENT(ONE_TWO), NULL},
    {A, "openai", "gpt-5", 0, ASKED(CONTENT(ONE_TWO)), "one\\ntwo", "title"},
    {A, "openai", "gpt-5", 0, ASKED(CONTENT("\"plain\"")), "\"plain\"", "title"},
    {A, BEDROCK, NOVA, 0, ASKED(CONTENT(ONE_TWO)), "\"name\":\"T\"", NULL},
    {A, COHERE, COMMAND, 0, ASKED(CONTENT(ONE_TWO)), "one\\ntwo", NULL},
    {SL_AI_GEMINI, "openai", "gpt-5", 0,
     "\"contents\":[{\"parts\":[{\"inlineData\":{\"mimeType\":\"application/pdf\",\"data\":\"JVBERg==\","
     "\"displayName\":\"T.pdf\"}}]}]",
     "\"filename\":\"T.pdf\"", NULL},
    {O, "gemini", "gemini-2.5-pro", 0,
     ASKED("{\"type\":\"file\",\"file\":{\"filename\":\"T.pdf\",\"file_data\":\"data:application/"
           "pdf;base64,JVBERg==\"}}"),
     "JVBERg==", "filename"},
    {A, "anthropic", CLAUDE, 0, ASKED(NAMED), "\"title\":\"T\",\"context\":\"C\"", NULL},
    {A, BEDROCK, CLAUDE, 0, ASKED(NAMED), "\"name\":\"T\"", NULL},
    {A, BEDROCK, CLAUDE, 0, ASKED(NAMED), "\"context\":\"C\"", NULL},
    {A, COHERE, COMMAND, 0, ASKED(NAMED), "\"title\":\"T\"", "context"},
    {A, "openai", "gpt-5", 0, ASKED(NAMED), "plain", "title,context"},
    {A, R_VENDOR, "m", 0, ASKED(NAMED), "plain", "title,context"},
    {A, "gemini", "gemini-2.5-pro", 0, ASKED(NAMED), "plain", "title,context"},
    {A, OLLAMA, "qwen3", 0, ASKED(NAMED), "plain", "title,context"},
    {A, "openai", "gpt-5", 0, RESULT_OF("", "[" NAMED "]"), "plain", "title,context"},
    {A, "openai", "gpt-5", 0,
     ASKED("{\"type\":\"document\",\"title\":\"T.pdf\",\"source\":{\"type\":\"base64\","
           "\"media_type\":\"application/pdf\",\"data\":\"JVBERg==\"}}"),
     "\"filename\":\"T.pdf\"", NULL},
};

#define MARK ",\"cache_control\":{\"type\":\"ephemeral\"}"

static const struct cell marks[] = {
    {A, OLLAMA, "qwen3", 0, ASKED(PLAIN(MARK)), "!cache", "cache_control"},
    {A, OLLAMA, "qwen3", 0, "\"system\":[{\"type\":\"text\",\"text\":\"s\"" MARK "}]", "!cache",
     "cache_control"},
    {A, OLLAMA, "qwen3", 0,
     "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}" MARK "}]", "!cache",
     "cache_control"},
    {A, COHERE, COMMAND, 0,
     "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}" MARK "}]", "!cache",
     "cache_control"},
    {A, COHERE, COMMAND, 0, ASKED(PLAIN(MARK)), "!cache", "cache_control"},
};

#define FOUND(more)                                                                                 \
    "{\"type\":\"search_result\",\"source\":\"https://a.example/x\",\"title\":\"T\",\"content\":[{" \
    "\"type\":\"text\",\"text\":\"one\"},{\"type\":\"text\",\"text\":\"two\"}]" more "}"
#define FOUND_TEXT "Search result: T\\nSource: https://a.example/x\\n\\none\\ntwo"
#define CITING ",\"citations\":{\"enabled\":true}"

static const struct cell searches[] = {
    {A, "anthropic", CLAUDE, 0, ASKED(FOUND(CITING MARK)), "[" FOUND(CITING MARK) "]", NULL},
    {A, "anthropic", CLAUDE, 0, RESULT_OF("", "[" FOUND(CITING) "]"), "[" FOUND(CITING) "]", NULL},
    {A, "openai", "gpt-5", 0, ASKED(FOUND("")), FOUND_TEXT, NULL},
    {A, "openai", "gpt-5", 0, ASKED(FOUND(CITING)), FOUND_TEXT, "citations"},
    {A, "openai", "gpt-5", 0, RESULT_OF("", "[" FOUND(CITING) "]"), FOUND_TEXT, "citations"},
    {A, R_VENDOR, "m", 0, ASKED(FOUND("")), "\"type\":\"input_text\",\"text\":\"" FOUND_TEXT, NULL},
    {A, R_VENDOR, "m", 0, RESULT_OF("", "[" FOUND("") "]"), FOUND_TEXT, NULL},
    {A, "gemini", "gemini-2.5-pro", 0, ASKED(FOUND(CITING)), FOUND_TEXT, "citations"},
    {A, "gemini", "gemini-2.5-pro", 0, RESULT_OF("", "[" FOUND("") "]"), FOUND_TEXT, NULL},
    {A, COHERE, COMMAND, 0, ASKED(FOUND(CITING)), FOUND_TEXT, "citations"},
    {A, COHERE, COMMAND, 0, RESULT_OF("", "[" FOUND("") "]"), FOUND_TEXT, NULL},
    {A, OLLAMA, "qwen3", 0, ASKED(FOUND("")), FOUND_TEXT, NULL},
    {A, OLLAMA, "qwen3", 0, RESULT_OF("", "[" FOUND("") "]"), FOUND_TEXT, NULL},
    {A, BEDROCK, NOVA, 0, ASKED(FOUND(CITING)), FOUND_TEXT, "citations"},
    {A, BEDROCK, NOVA, 0, RESULT_OF("", "[" FOUND("") "]"), FOUND_TEXT, NULL},
};

TEST(vendor_request, x5_search_results_reach_every_vendor_with_title_and_source)
{
    check_cells(searches, SL_LEN(searches));
}

TEST(vendor_request, x5_results_reach_every_vendor_with_all_they_hold)
{
    check_cells(results, SL_LEN(results));
}

TEST(vendor_request, x9_what_is_said_of_a_document_reaches_the_vendor_or_is_listed)
{
    check_cells(documents, SL_LEN(documents));
}

TEST(vendor_request, c28_cache_marks_of_a_vendor_without_them_are_listed)
{
    check_cells(marks, SL_LEN(marks));
}

/* Without what the vendor keeps under that name the answer would be another one. */
TEST(vendor_request, x1_a_cache_that_another_vendor_keeps_is_refused)
{
#define G SL_AI_GEMINI
#define KEPT(name) "\"contents\":[{\"parts\":[{\"text\":\"q\"}]}],\"" name "\":\"cachedContents/x\""
    static const struct refusal rows[] = {
        {G, "openai", "gpt-5", KEPT("cachedContent"), SL_E_AI_UNSUPPORTED, "cachedContent"},
        {G, R_VENDOR, "m", KEPT("cachedContent"), SL_E_AI_UNSUPPORTED, "cachedContent"},
        {G, "anthropic", CLAUDE, KEPT("cachedContent"), SL_E_AI_UNSUPPORTED, "cachedContent"},
        {G, BEDROCK, NOVA, KEPT("cachedContent"), SL_E_AI_UNSUPPORTED, "cachedContent"},
        {G, COHERE, COMMAND, KEPT("cachedContent"), SL_E_AI_UNSUPPORTED, "cachedContent"},
        {G, OLLAMA, "qwen3", KEPT("cached_content"), SL_E_AI_UNSUPPORTED, "cached_content"},
    };
    check_refusals(rows, SL_LEN(rows));
}
