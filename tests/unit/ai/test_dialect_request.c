/*
 * Requests that cross dialects: members, conversations, refusals (cases X2, X5, X8, X9, X10).
 */
#include "ai/dialect.h"
#include "ai/ids.h"
#include "tests/unit/ai/call_fixture.h"

#define A SL_AI_ANTHROPIC
#define O SL_AI_OPENAI_CHAT

struct cell {
    enum sl_ai_dialect client;
    const char *vendor;
    uint32_t flags;      /* of the model; 0: the catalogue does not know it */
    const char *members; /* of the client's body, behind model */
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
    bool has_messages = strstr(members, "\"messages\"") != NULL;

    return sl_fmt(a, "{\"model\":\"alias\"%s%s%s%s}",
                  client == A && strstr(members, "max_tokens") == NULL ? ",\"max_tokens\":100" : "",
                  has_messages ? "" : ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]",
                  members[0] != '\0' ? "," : "", members)
        .p;
}

static struct result encode(const struct cell *c, bool is_strict)
{
    struct result r = {.a = sl_arena_new("test", SL_MIB(64))};
    struct sl_ai_model *model = sl_arena_new_of(r.a, struct sl_ai_model);
    struct sl_ai_target t = {
        .vendor = sl_ai_vendor_find(sl_cstr(c->vendor)),
        .model = SL_STR("m"),
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
    if (c->flags != 0)
        t.model_info = model;
    r.rc = sl_ai_dialect_find(c->client)->decode_request(
        sl_cstr(body_of(r.a, c->client, c->members)), NULL, r.a, &rq, &r.d);
    if (r.rc == SL_OK)
        r.rc = sl_ai_dialect_find(t.vendor->dialect)->encode_request(&rq, &t, &out, &receipt, &r.d);
    r.body = sl_strbuf_str(&out);
    r.dropped = receipt.dropped;
    return r;
}

static void expect_inside(const char *wanted, sl_str got)
{
    if (sl_str_find_str(got, sl_cstr(wanted)) == SIZE_MAX)
        print_error("wanted %s\nin     %.*s\n", wanted, SL_STRF(got));
    EXPECT(sl_str_find_str(got, sl_cstr(wanted)) != SIZE_MAX);
}

static void expect_json(sl_str text)
{
    struct sl_jsonscan_info info;

    EXPECT_EQ(SL_OK, sl_jsonscan(text, NULL, NULL, 0, NULL, &info));
}

static void check_cells(const struct cell *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct result r = encode(&cells[i], false);
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

/* ------------------------------------------------------------------ X10: members */

#define THINKS (SL_AI_MODEL_REASONING | SL_AI_MODEL_REASONING_BUDGET)
#define ADAPTS (SL_AI_MODEL_REASONING | SL_AI_MODEL_ADAPTIVE_THINKING)
#define TOOL_F \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}]"
#define FORMAT \
    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}"

static const struct cell to_anthropic[] = {
    {O, "anthropic", 0, "", "\"model\":\"m\",\"max_tokens\":4096", NULL},
    {O, "anthropic", THINKS, "", "\"max_tokens\":64000", NULL},
    {A, "anthropic", THINKS,
     "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":9223372036854775807}",
     "\"max_tokens\":64000", NULL},
    {O, "anthropic", 0, "\"max_tokens\":7", "\"max_tokens\":7,", NULL},
    {O, "anthropic", 0, "\"max_tokens\":7,\"max_completion_tokens\":9", "\"max_tokens\":9", NULL},
    {O, "anthropic", 0, "\"temperature\":0.70", "\"temperature\":0.70", NULL},
    {O, "anthropic", 0, "\"temperature\":1.5", "\"temperature\":1", "temperature:clamped"},
    {O, "anthropic", SL_AI_MODEL_NO_TEMPERATURE, "\"temperature\":1", "m", "temperature"},
    {O, "anthropic", 0, "\"top_p\":0.9", "\"top_p\":0.9", NULL},
    {O, "anthropic", 0, "\"temperature\":1,\"top_p\":0.9", "\"temperature\":1", "top_p"},
    {O, "anthropic", 0, "\"top_k\":40", "\"top_k\":40", NULL},
    {O, "anthropic", 0, "\"n\":1,\"seed\":1,\"logit_bias\":{\"1\":2}", "m", "seed,logit_bias"},
    {O, "anthropic", 0,
     "\"presence_penalty\":1,\"frequency_penalty\":0.5,\"logprobs\":true,"
     "\"top_logprobs\":3",
     "m", "presence_penalty,frequency_penalty,logprobs,top_logprobs"},
    {O, "anthropic", 0, "\"logprobs\":false,\"seed\":null", "m", NULL},
    {O, "anthropic", 0, "\"stop\":\"END\"", "\"stop_sequences\":[\"END\"]", NULL},
    {O, "anthropic", 0, "\"stop\":[\"a\",\" \\n\",\"b\",\"c\",\"d\",\"e\"]",
     "\"stop_sequences\":[\"a\",\"b\",\"c\",\"d\",\"e\"]", "stop:clamped"},
    {O, "anthropic", 0, "\"user\":\"u1\"", "\"metadata\":{\"user_id\":\"u1\"}", NULL},
    {O, "anthropic", 0, "\"safety_identifier\":\"s\",\"user\":\"u\"",
     "\"metadata\":{\"user_id\":\"s\"}", NULL},
    {O, "anthropic", 0, "\"service_tier\":\"default\"", "\"service_tier\":\"standard_only\"", NULL},
    {O, "anthropic", 0, "\"service_tier\":\"flex\"", "m", "service_tier"},
    {O, "anthropic", 0, "\"store\":true,\"future\":{\"a\":1}", "m", "store,future"},
    {O, "anthropic", 0, "\"modalities\":[\"text\"]", "m", NULL},
    {O, "anthropic", 0, "\"stream\":true,\"stream_options\":{\"include_usage\":true}",
     "\"stream\":true", NULL},
    {O, "anthropic", 0, TOOL_F,
     "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]", NULL},
    {O, "anthropic", 0, TOOL_F ",\"tool_choice\":\"required\"",
     "\"tool_choice\":{\"type\":\"any\"}", NULL},
    {O, "anthropic", 0, TOOL_F ",\"tool_choice\":\"none\"", "\"tool_choice\":{\"type\":\"none\"}",
     NULL},
    {O, "anthropic", 0,
     TOOL_F ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
     "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}", NULL},
    {O, "anthropic", 0, TOOL_F ",\"parallel_tool_calls\":false",
     "\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true}", NULL},
    {O, "anthropic", THINKS, TOOL_F ",\"tool_choice\":\"required\",\"reasoning_effort\":\"low\"",
     "\"tool_choice\":{\"type\":\"auto\"}", "tool_choice"},
    {O, "anthropic", THINKS,
     TOOL_F
     ",\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\","
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}},\"reasoning_effort\":"
     "\"low\"",
     "\"tool_choice\":{\"type\":\"auto\"}", "tool_choice"},
    {O, "anthropic", 0, "\"messages\":[{\"role\":\"user\",\"name\":\"ann\",\"content\":\"hi\"}]",
     "\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]", "messages.name"},
    {O, "anthropic", THINKS, "\"reasoning_effort\":\"high\"",
     "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":16384}", NULL},
    {O, "anthropic", THINKS, "\"reasoning_effort\":\"medium\",\"max_tokens\":500",
     "\"max_tokens\":8692", NULL},
    {O, "anthropic", THINKS, "\"reasoning_effort\":\"max\"", "\"budget_tokens\":32000", NULL},
    {O, "anthropic", THINKS, "\"reasoning_effort\":\"low\",\"temperature\":1", "enabled",
     "temperature"},
    {O, "anthropic", THINKS, "\"reasoning_effort\":\"none\"",
     "\"thinking\":{\"type\":\"disabled\"}", NULL},
    {O, "anthropic", ADAPTS, "\"reasoning_effort\":\"minimal\"",
     "\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"low\"}", NULL},
    {O, "anthropic", SL_AI_MODEL_TOOLS, "\"reasoning_effort\":\"low\"", "m", "reasoning_effort"},
    {O, "anthropic", SL_AI_MODEL_JSON_SCHEMA, FORMAT,
     "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}",
     NULL},
    {O, "anthropic", SL_AI_MODEL_TOOLS, FORMAT,
     "\"tool_choice\":{\"type\":\"tool\",\"name\":\"json_answer\"}", NULL},
    {O, "anthropic", SL_AI_MODEL_TOOLS, FORMAT "," TOOL_F, "\"tool_choice\":{\"type\":\"any\"}",
     NULL},
    {O, "anthropic", THINKS, FORMAT ",\"reasoning_effort\":\"low\"",
     "\"tool_choice\":{\"type\":\"auto\"}", NULL},
    {O, "anthropic", 0, "\"response_format\":{\"type\":\"json_object\"}",
     "\"name\":\"json_answer\"", NULL},
};

TEST(dialect_request, x10_openai_members_reach_anthropic_or_are_listed)
{
    check_cells(to_anthropic, SL_LEN(to_anthropic));
}

/* A turn of which a vendor takes nothing vanishes, and the user's beside it are one. */
#define ONLY_THOUGHT                                                                                  \
    "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":["       \
    "{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"},{\"type\":\"redacted_thinking\"," \
    "\"data\":\"d\"}]},{\"role\":\"user\",\"content\":\"b\"}]"
#define A_AND_B "{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}"

static const struct cell to_openai[] = {
    {A, "openai", 0, "", "\"max_completion_tokens\":100", NULL},
    {A, "deepseek", 0, "", "\"max_tokens\":100", NULL},
    {A, "openai", 0, "\"system\":\"be brief\"",
     "\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"}", NULL},
    {A, "openai", 0,
     "\"system\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":"
     "\"b\",\"cache_control\":{\"type\":\"ephemeral\"}}]",
     "\"content\":\"a\\n\\nb\"", "cache_control"},
    {A, "openai", 0, "\"temperature\":0.5,\"top_p\":0.5,\"top_k\":3",
     "\"top_p\":0.5,\"temperature\":0.5", "top_k"},
    {A, "openai", 0, "\"stop_sequences\":[\"a\",\"b\",\"c\",\"d\",\"e\"]",
     "\"stop\":[\"a\",\"b\",\"c\",\"d\"]", "stop:clamped"},
    {A, "openai", 0, "\"metadata\":{\"user_id\":\"u\"}", "\"user\":\"u\"", NULL},
    {A, "mistral", 0, "\"metadata\":{\"user_id\":\"u\"}", "m", "user"},
    {A, "openai", 0, "\"service_tier\":\"auto\"", "m", NULL},
    {A, "openai", 0, "\"service_tier\":\"standard_only\"", "\"service_tier\":\"default\"", NULL},
    {A, "openai", 0, "\"stream\":true",
     "\"stream\":true,\"stream_options\":{\"include_usage\":true}", NULL},
    {A, "openai", 0, "\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{}}]",
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
     "\"parameters\":{}}}]",
     NULL},
    {A, "openai", 0,
     "\"tools\":[{\"name\":\"f\",\"input_schema\":{}}],\"tool_choice\":"
     "{\"type\":\"any\",\"disable_parallel_tool_use\":true}",
     "\"tool_choice\":\"required\"", NULL},
    {A, "openai", 0,
     "\"tools\":[{\"name\":\"f\",\"input_schema\":{}}],\"tool_choice\":"
     "{\"type\":\"tool\",\"name\":\"f\",\"disable_parallel_tool_use\":true}",
     "\"parallel_tool_calls\":false", NULL},
    {A, "openai", 0, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}",
     "\"reasoning_effort\":\"low\"", NULL},
    {A, "deepseek", 0, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}",
     "\"thinking\":{\"type\":\"enabled\"}", NULL},
    {A, "openai", SL_AI_MODEL_TOOLS, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}",
     "m", "reasoning_effort"},
    {A, "openai", 0, "\"thinking\":{\"type\":\"disabled\"}", "m", NULL},
    {A, "openai", 0,
     "\"output_config\":{\"effort\":\"xhigh\",\"format\":{\"type\":\"json_schema\","
     "\"schema\":{\"a\":1.0}}}",
     "\"json_schema\":{\"name\":\"answer\",\"schema\":{\"a\":1.0}}", NULL},
    {A, "openai", 0, "\"speed\":\"fast\"", "m", "speed"},
    {A, "openai", 0, ONLY_THOUGHT, "[{\"role\":\"user\",\"content\":[" A_AND_B "]}]",
     "messages.thinking"},
    {A, "cohere-v2", 0, ONLY_THOUGHT, "[{\"role\":\"user\",\"content\":[" A_AND_B "]}]",
     "messages.thinking"},
    {A, "ollama-native", 0, ONLY_THOUGHT, "[{\"role\":\"user\",\"content\":\"a\\nb\"}]",
     "messages.thinking"},
};

TEST(dialect_request, x10_anthropic_members_reach_openai_or_are_listed)
{
    check_cells(to_openai, SL_LEN(to_openai));
}

TEST(dialect_request, strict_refuses_what_would_be_dropped)
{
    const struct cell tables[] = {
        {O, "anthropic", 0, "\"seed\":1", NULL, "seed"},
        {O, "anthropic", 0, "\"future\":1", NULL, "future"},
        {O, "anthropic", 0, "\"temperature\":2", NULL, "temperature:clamped"},
        {A, "openai", 0, "\"top_k\":1", NULL, "top_k"},
    };

    for (size_t i = 0; i < SL_LEN(tables); i++) {
        struct result r = encode(&tables[i], true);
        EXPECT_EQ(SL_E_AI_UNSUPPORTED, r.rc);
        EXPECT_STR(tables[i].dropped, r.d.problems[0].path);
        sl_arena_free(r.a);
    }
}

TEST(dialect_request, x6_thoughts_of_others_are_left_out_and_listed_also_where_it_is_strict)
{
    const struct cell c = {A, "openai", 0, ONLY_THOUGHT, NULL, NULL};
    struct result r = encode(&c, true);

    EXPECT_EQ(SL_OK, r.rc);
    EXPECT_STR("messages.thinking", r.dropped);
    sl_arena_free(r.a);
}

/* ------------------------------------------------------------------ X5: conversations */

#define CALL(id)                                                                   \
    "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"" id "\"," \
    "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1.0}\"}}]}"
#define RESULT(id) "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"r\"}"
#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"

static const struct cell conversations[] = {
    {O, "anthropic", 0, "\"messages\":[" USER("a") "," USER("b") "]",
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
     "{\"type\":\"text\",\"text\":\"b\"}]}]",
     NULL},
    {O, "anthropic", 0,
     "\"messages\":[{\"role\":\"developer\",\"content\":\"s1\"}," USER(
         "a") ",{\"role\":\"system\",\"content\":\"s2\"}]",
     "\"system\":[{\"type\":\"text\",\"text\":\"s1\"},{\"type\":\"text\",\"text\":\"s2\"}]", NULL},
    {O, "anthropic", 0,
     "\"messages\":[" USER("a") "," CALL("c1") "," USER("b") "," RESULT("c1") "]",
     "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"c1\",\"content\":"
     "[{\"type\":\"text\",\"text\":\"r\"}]},{\"type\":\"text\",\"text\":\"b\"}]}",
     NULL},
    {O, "anthropic", 0, "\"messages\":[" USER("a") "," CALL("call:1 x") "," RESULT("call:1 x") "]",
     "{\"type\":\"tool_use\",\"id\":\"sl64_Y2FsbDoxIHg\",\"name\":\"f\",\"input\":{\"a\":1.0}}",
     NULL},
    {O, "anthropic", 0, "\"messages\":[{\"role\":\"assistant\",\"content\":\"hello  \"}]",
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"...\"}]},"
     "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"hello\"}]}]",
     NULL},
    {O, "anthropic", 0,
     "\"messages\":[" USER("a") ",{\"role\":\"assistant\",\"content\":\"  \"}," USER("b") "]",
     "\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}]", NULL},
    {O, "anthropic", 0,
     "\"messages\":[" USER(
         "a") ",{\"role\":\"assistant\",\"content\":\"x\","
              "\"reasoning_content\":\"t\",\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"t\","
              "\"signature\":\"s\"},{\"type\":\"redacted_thinking\",\"data\":\"d\"}]}]",
     "[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"},{\"type\":"
     "\"redacted_thinking\",\"data\":\"d\"},{\"type\":\"text\",\"text\":\"x\"}]",
     NULL},
    {O, "anthropic", 0,
     "\"messages\":[" USER("a") ",{\"role\":\"assistant\",\"content\":\"x\","
                                "\"reasoning_content\":\"t\"}]",
     "\"content\":[{\"type\":\"text\",\"text\":\"x\"}]", "messages.thinking"},
    {O, "anthropic", 0,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
     "\"image_url\":{\"url\":\"data:image/JPG;charset=x;BASE64,AA-_\"}}]}]",
     "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/jpeg\",\"data\":"
     "\"AA+/\"}}",
     NULL},
    {O, "anthropic", 0,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
     "\"image_url\":{\"url\":\"https://x/y.png\",\"detail\":\"low\"}}]}]",
     "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x/y.png\"}}",
     "image_url.detail"},
    {O, "anthropic", 0,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":"
     "{\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,JVBE\"}}]}]",
     "{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\","
     "\"data\":\"JVBE\"},\"title\":\"a.pdf\"}",
     NULL},
    {O, "anthropic", 0,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
     "\"x\",\"prompt_cache_breakpoint\":{\"mode\":\"explicit\",\"ttl\":\"12h\"}}]}]",
     "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}", NULL},
    {A, "openai", 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\","
     "\"content\":[{\"type\":\"text\",\"text\":\"t\"},{\"type\":\"tool_use\",\"id\":\"sl64_Y2FsbDoxIHg\","
     "\"name\":\"f\",\"input\":{\"z\":1,\"a\":12345678901234567890}}]},{\"role\":\"user\",\"content\":"
     "[{\"type\":\"tool_result\",\"tool_use_id\":\"sl64_Y2FsbDoxIHg\",\"is_error\":true,\"content\":"
     "\"no\"},{\"type\":\"text\",\"text\":\"and\"}]}]",
     "{\"role\":\"assistant\",\"content\":\"t\",\"tool_calls\":[{\"id\":\"call:1 x\",\"type\":"
     "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"z\\\":1,\\\"a\\\":12345678901234567890}"
     "\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"call:1 x\",\"content\":\"Error: no\"},{\"role\":"
     "\"user\",\"content\":\"and\"}",
     NULL},
    {A, "openai", 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\","
     "\"content\":[{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"f\",\"input\":{\"_invalid_json\":"
     "\"zone=\"}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"c\","
     "\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\","
     "\"data\":\"AAAA\"}}]}]}]",
     "\"arguments\":\"zone=\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"\"},"
     "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
     "\"data:image/png;base64,AAAA\"}}]}",
     NULL},
    {A, "deepseek", 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\","
     "\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"\"},{\"type\":\"text\","
     "\"text\":\"x\"}]}]",
     "\"content\":\"x\",\"reasoning_content\":\"t\"", NULL},
};

TEST(dialect_request, x6_signatures_do_not_go_to_another_vendor)
{
    static const struct cell cell = {
        A,
        "openai",
        0,
        "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":"
        "[{\"type\":\"thinking\",\"thinking\":\"private\",\"signature\":\"c2lnbmVk\"},"
        "{\"type\":\"redacted_thinking\",\"data\":\"b3BhcXVl\"},{\"type\":\"text\",\"text\":\"x\"}]},"
        "{\"role\":\"user\",\"content\":\"b\"}]",
        NULL,
        NULL};
    static const char *const hidden[] = {"private", "c2lnbmVk", "b3BhcXVl"};
    struct result r = encode(&cell, false);
    EXPECT_EQ(SL_OK, r.rc);
    for (size_t i = 0; i < SL_LEN(hidden); i++)
        EXPECT(sl_str_find_str(r.body, sl_cstr(hidden[i])) == SIZE_MAX);
    sl_arena_free(r.a);
}

TEST(dialect_request, x5_conversations_are_brought_into_order)
{
    check_cells(conversations, SL_LEN(conversations));
}

static const struct {
    struct cell cell;
    sl_rc rc;
    const char *path;
} bad[] = {
    {{O, "anthropic", 0, "\"n\":2"}, SL_E_AI_UNSUPPORTED, "n"},
    {{O, "anthropic", 0, "\"web_search_options\":{}"}, SL_E_AI_UNSUPPORTED, "web_search_options"},
    {{O, "anthropic", 0, "\"modalities\":[\"audio\"]"}, SL_E_AI_UNSUPPORTED, "modalities"},
    {{O, "anthropic", 0, "\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"c\"}}]"},
     SL_E_AI_UNSUPPORTED,
     "tools[0].type"},
    {{A, "openai", 0, "\"tools\":[{\"type\":\"web_search_20260318\",\"name\":\"web_search\"}]"},
     SL_E_AI_UNSUPPORTED,
     "tools[0].type"},
    {{O, "anthropic", 0, "\"messages\":[]"}, SL_E_AI_BAD_BODY, "messages"},
    {{O, "anthropic", 0, "\"messages\":[" USER(" ") "]"}, SL_E_AI_BAD_BODY, "messages"},
    {{O, "anthropic", 0, "\"messages\":[" USER("a") "," RESULT("c") "]"},
     SL_E_AI_BAD_BODY,
     "messages[1]"},
    {{O, "anthropic", 0, "\"messages\":[" USER("a") "," CALL("c") "]"},
     SL_E_AI_BAD_BODY,
     "messages[1]"},
    {{O, "anthropic", 0,
      "\"messages\":[" USER("a") "," CALL("c") "," CALL("c") "," RESULT("c") "]"},
     SL_E_AI_BAD_BODY,
     "messages[2]"},
    {{O, "anthropic", 0,
      "\"messages\":[" USER("a") "," CALL("c") "," RESULT("c") "," RESULT("c") "]"},
     SL_E_AI_BAD_BODY,
     "messages[3]"},
    {{O, "anthropic", 0,
      "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
      "\"x\"},{\"type\":\"image_url\",\"image_url\":{\"url\":5}}]}]"},
     SL_E_AI_BAD_BODY,
     "messages[0].content[1].image_url.url"},
    {{O, "anthropic", 0,
      "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
      "\"image_url\":{\"url\":\"data:image/png,raw\"}}]}]"},
     SL_E_AI_BAD_BODY,
     "messages[0].content[0].image_url.url"},
    {{O, "anthropic", 0, "\"messages\":[{\"role\":\"king\",\"content\":\"x\"}]"},
     SL_E_AI_BAD_BODY,
     "messages[0].role"},
    {{O, "anthropic", 0, "\"max_tokens\":-1"}, SL_E_AI_BAD_BODY, "max_tokens"},
    {{O, "anthropic", 0, "\"temperature\":\"hot\""}, SL_E_AI_BAD_BODY, "temperature"},
    {{O, "anthropic", 0, "\"reasoning_effort\":\"huge\""}, SL_E_AI_BAD_BODY, "reasoning_effort"},
    {{O, "anthropic", 0, "\"stop\":[1]"}, SL_E_AI_BAD_BODY, "stop[0]"},
    {{O, "anthropic", 0,
      "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":"
      "{\"file_id\":\"file-1\"}}]}]"},
     SL_E_AI_UNSUPPORTED,
     "messages[0]"},
    {{O, "anthropic", 0,
      "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\","
      "\"input_audio\":{\"data\":\"AA\",\"format\":\"wav\"}}]}]"},
     SL_E_AI_UNSUPPORTED,
     "messages[0]"},
    {{A, "openai", 0, "\"max_tokens\":null"}, SL_E_AI_BAD_BODY, "max_tokens"},
    {{A, "ollama-native", 0,
      "\"messages\":[" USER(
          "a") ",{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\",\"id\":"
               "\"c\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"assistant\",\"content\":[{\"type\":"
               "\"tool_result\",\"tool_use_id\":\"c\",\"content\":\"r\"}]}]"},
     SL_E_AI_BAD_BODY,
     "messages[1]"},
    {{A, "ollama-native", 0,
      "\"messages\":[" USER(
          "a") ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":"
               "\"c\",\"name\":\"f\",\"input\":{}},{\"type\":\"tool_result\",\"tool_use_id\":\"c\","
               "\"content\":\"r\"}]}]"},
     SL_E_AI_BAD_BODY,
     "messages[1]"},
    {{A, "openai", 0,
      "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":"
      "{\"type\":\"url\"}}]}]"},
     SL_E_AI_BAD_BODY,
     "messages[0].content[0].source.url"},
};

TEST(dialect_request, x5_what_cannot_be_put_to_the_vendor_is_refused_by_its_place)
{
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct result r = encode(&bad[i].cell, false);
        if (bad[i].rc != r.rc)
            print_error("%s\n", bad[i].cell.members);
        EXPECT_EQ(bad[i].rc, r.rc);
        EXPECT_STR(bad[i].path, r.d.problems[0].path);
        sl_arena_free(r.a);
    }
}

/* ------------------------------------------------------------------ limits and ids */

TEST(dialect_request, only_the_last_four_cache_markers_are_sent)
{
    enum { MARKS = 6 };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("\"messages\":[{\"role\":\"user\",\"content\":["));
    for (int i = 0; i < MARKS; i++)
        sl_strbuf_addf(&b, "%s{\"type\":\"text\",\"text\":\"t%d\",\"cache_control\":{}}",
                       i == 0 ? "" : ",", i);
    sl_strbuf_add(&b, SL_STR("]}]"));
    sl_strbuf_add_char(&b, '\0');
    struct cell c = {O, "anthropic", 0, b.p};

    struct result r = encode(&c, false);
    EXPECT_EQ(SL_OK, r.rc);
    expect_inside("{\"type\":\"text\",\"text\":\"t1\"},", r.body);
    expect_inside("\"t2\",\"cache_control\"", r.body);
    expect_inside("\"t5\",\"cache_control\"", r.body);
    sl_arena_free(r.a);
    sl_arena_free(a);
}

TEST(dialect_request, a_turn_may_have_only_so_many_calls)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("\"messages\":[" USER("a")));
    for (int i = 0; i <= SL_AI_CALLS_MAX; i++)
        sl_strbuf_addf(&b,
                       ",{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c%d\",\"function\":"
                       "{\"name\":\"f\",\"arguments\":\"\"}}]}",
                       i);
    sl_strbuf_add(&b, SL_STR("]"));
    sl_strbuf_add_char(&b, '\0');
    struct cell c = {O, "anthropic", 0, b.p};

    struct result r = encode(&c, false);
    EXPECT_EQ(SL_E_AI_BAD_BODY, r.rc);
    EXPECT_STR("messages[1]", r.d.problems[0].path);
    sl_arena_free(r.a);
    sl_arena_free(a);
}

TEST(dialect_request, the_same_request_gives_the_same_bytes)
{
    struct result one = encode(&conversations[3], false);
    struct result two = encode(&conversations[3], false);

    EXPECT_STRS(one.body, two.body);
    sl_arena_free(one.a);
    sl_arena_free(two.a);
}

TEST(ids, x5_fit_every_vendor_and_come_back)
{
    static const char *const ids[] = {"call_1", "functions.f:0", "a b", "\xc3\xa9", "sl64_x"};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));

    for (size_t i = 0; i < SL_LEN(ids); i++) {
        sl_str portable = sl_ai_id_portable(a, sl_cstr(ids[i]), SL_AI_TOOL_ID_BYTES);
        EXPECT(portable.n <= SL_AI_TOOL_ID_BYTES);
        EXPECT_STR(ids[i], sl_ai_id_original(a, portable));
    }
    char big[100];
    memset(big, 'x', sizeof(big));
    sl_str hashed = sl_ai_id_portable(a, sl_str_of(big, sizeof(big)), SL_AI_TOOL_ID_BYTES);
    EXPECT_EQ(36, hashed.n);
    EXPECT_STRS(hashed, sl_ai_id_portable(a, sl_str_of(big, sizeof(big)), SL_AI_TOOL_ID_BYTES));
    EXPECT_EQ(9, sl_ai_id_nine(a, hashed).n);
    EXPECT_STR("abcDEF123", sl_ai_id_nine(a, SL_STR("abcDEF123")));
    sl_arena_free(a);
}

/* Each has it in its own place, unchanged; fetched is nothing (the gateway cannot). */
TEST(dialect_request, x9_a_large_picture_arrives_byte_for_byte_at_every_vendor)
{
    static const char *const vendors[] = {"openai",      "anthropic",     "gemini",
                                          "aws-bedrock", "ollama-native", "cohere-v2"};
    enum { PICTURE = 4000000 };
    struct sl_strbuf picture = {0}, body = {0};
    for (size_t i = 0; i < PICTURE; i++)
        sl_strbuf_add(&picture, sl_str_head(sl_str_from(SL_STR("iVBORw0KGgo/+"), i % 13), 1));
    sl_strbuf_add(&body,
                  SL_STR("{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\","
                         "\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
                         "\"data:image/png;base64,"));
    sl_strbuf_add(&body, sl_strbuf_str(&picture));
    sl_strbuf_add(&body, SL_STR("\"}}]}]}"));
    sl_strbuf_add(&body, (sl_str){"", 1});
    for (size_t i = 0; i < SL_LEN(vendors); i++) {
        struct call_fixture f;
        fixture_init(&f, vendors[i]);
        sl_str sent = fixture_write(&f, SL_AI_OPENAI_CHAT, sl_strbuf_str(&body).p);
        EXPECT(sl_str_find_str(sent, sl_strbuf_str(&picture)) != SIZE_MAX);
        fixture_fini(&f);
    }
    sl_strbuf_fini(&picture);
    sl_strbuf_fini(&body);
}
