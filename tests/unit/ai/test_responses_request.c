/*
 * Requests in the Responses dialect: to the vendors of the other dialects and from their clients (cases X2,
 * X5, X6, X8, X9, X10; items 7, 8, 26, 27 and 36 of the checklist).
 */
#include "ai/dialect.h"
#include "ai/effort.h"
#include "tests/unit/ai/call_fixture.h"

#define A SL_AI_ANTHROPIC
#define O SL_AI_OPENAI_CHAT
#define R SL_AI_OPENAI_RESPONSES
#define THINKS (SL_AI_MODEL_REASONING | SL_AI_MODEL_REASONING_BUDGET)

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

static const char *input_of(enum sl_ai_dialect client)
{
    return client == R ? ",\"input\":\"hi\""
                       : ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
}

static const char *body_of(struct sl_arena *a, enum sl_ai_dialect client, const char *members)
{
    bool has_input = strstr(members, client == R ? "\"input\":" : "\"messages\":") != NULL;

    return sl_fmt(a, "{\"model\":\"alias\"%s%s%s%s}", client == A ? ",\"max_tokens\":100" : "",
                  has_input ? "" : input_of(client), members[0] != '\0' ? "," : "", members)
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

static bool has(sl_str text, const char *part)
{
    return sl_str_find_str(text, sl_cstr(part)) != SIZE_MAX;
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
        if (!has(r.body, cells[i].wanted))
            print_error("wanted %s\nin     %.*s\n", cells[i].wanted, SL_STRF(r.body));
        EXPECT(has(r.body, cells[i].wanted));
        EXPECT_STR(cells[i].dropped != NULL ? cells[i].dropped : "", r.dropped);
        sl_arena_free(r.a);
    }
}

/* ------------------------------------------------------------------ X10: members of a Responses client */

#define TOOL_F \
    "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}]"
#define TEXT_FORMAT                                                                  \
    "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"strict\":true," \
    "\"schema\":{\"type\":\"object\"}}}"

static const struct cell to_chat[] = {
    {R, "openai", 0, "", "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]", NULL},
    {R, "openai", 0, "\"instructions\":\"be brief\"",
     "\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},{\"role\":\"user\"", NULL},
    {R, "openai", 0, "\"max_output_tokens\":7", "\"max_completion_tokens\":7", NULL},
    {R, "deepseek", 0, "\"max_output_tokens\":7", "\"max_tokens\":7", NULL},
    {R, "openai", 0, "\"temperature\":0.70,\"top_p\":0.9", "\"top_p\":0.9,\"temperature\":0.70",
     NULL},
    {R, "openai", 0, "\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"}",
     "\"reasoning_effort\":\"low\"", NULL},
    {R, "openai", 0, "\"reasoning\":{\"summary\":\"auto\"}", "m", NULL},
    {R, "openai", 0, TEXT_FORMAT,
     "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":"
     "{\"type\":\"object\"},\"strict\":true}}",
     NULL},
    {R, "openai", 0,
     "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"description\":\"why\","
     "\"schema\":{\"type\":\"object\"}}}",
     "\"json_schema\":{\"name\":\"n\",\"description\":\"why\",\"schema\":{\"type\":\"object\"}}",
     NULL},
    {R, "openai", 0, "\"text\":{\"format\":{\"type\":\"text\"},\"verbosity\":\"low\"}",
     "\"verbosity\":\"low\"", NULL},
    {R, "deepseek", 0, "\"text\":{\"verbosity\":\"low\"},\"prompt_cache_key\":\"k\"", "m",
     "verbosity,prompt_cache_key"},
    {R, "openai", 0, "\"prompt_cache_key\":\"k\"", "\"prompt_cache_key\":\"k\"", NULL},
    {R, "openai", 0, "\"safety_identifier\":\"s\",\"user\":\"u\"", "\"user\":\"s\"", NULL},
    {R, "openai", 0, "\"metadata\":{\"a\":\"1\"}", "\"metadata\":{\"a\":\"1\"}", NULL},
    {R, "openai", 0, "\"service_tier\":\"flex\"", "\"service_tier\":\"flex\"", NULL},
    {R, "openai", 0, "\"store\":false,\"truncation\":\"disabled\",\"background\":false", "m", NULL},
    {R, "openai", 0, "\"include\":[\"reasoning.encrypted_content\"]", "m", NULL},
    {R, "openai", 0, "\"include\":[\"web_search_call.results\"],\"truncation\":\"auto\"", "m",
     "include,truncation"},
    {R, "openai", 0, "\"include\":[\"message.output_text.logprobs\"],\"top_logprobs\":2",
     "\"logprobs\":true,\"top_logprobs\":2", NULL},
    {R, "openai", 0, "\"top_logprobs\":2", "\"logprobs\":true,\"top_logprobs\":2", NULL},
    {R, "openai", 0, "\"top_logprobs\":0", "\"top_logprobs\":0", NULL},
    {R, "groq", 0, "\"include\":[\"message.output_text.logprobs\"],\"top_logprobs\":2", "m",
     "logprobs,top_logprobs"},
    {R, "openai", 0, "\"max_tool_calls\":3,\"future\":{\"a\":1}", "m", "max_tool_calls,future"},
    {R, "openai", 0, "\"stream\":true,\"stream_options\":{\"include_obfuscation\":false}",
     "\"stream\":true,\"stream_options\":{\"include_usage\":true}", NULL},
    {R, "openai", 0, TOOL_F,
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":"
     "\"object\"}}}]",
     NULL},
    {R, "openai", 0,
     "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{},\"strict\":true}]",
     "\"strict\":true", NULL},
    {R, "openai", 0,
     "\"tools\":[{\"type\":\"custom\",\"name\":\"c\",\"format\":{\"type\":\"grammar\","
     "\"syntax\":\"lark\",\"definition\":\"d\"}}]",
     "\"custom\":{\"name\":\"c\",\"format\":{\"type\":\"grammar\",\"grammar\":{\"definition\":"
     "\"d\",\"syntax\":\"lark\"}}}",
     NULL},
    {R, "openai", 0, TOOL_F ",\"tool_choice\":\"required\",\"parallel_tool_calls\":false",
     "\"parallel_tool_calls\":false", NULL},
    {R, "openai", 0, TOOL_F ",\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"}",
     "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", NULL},
    {R, "openai", 0,
     TOOL_F ",\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"auto\",\"tools\":"
            "[{\"type\":\"function\",\"name\":\"f\"}]}",
     "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"auto\",\"tools\":"
     "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}}",
     NULL},
};

TEST(responses_request, x10_members_reach_chat_completions_or_are_listed)
{
    check_cells(to_chat, SL_LEN(to_chat));
}

static const struct cell to_anthropic[] = {
    {R, "anthropic", 0, "", "\"max_tokens\":4096", NULL},
    {R, "anthropic", 0, "\"instructions\":\"be brief\"",
     "\"system\":[{\"type\":\"text\",\"text\":\"be brief\"}]", NULL},
    {R, "anthropic", 0, "\"max_output_tokens\":7", "\"max_tokens\":7,", NULL},
    {R, "anthropic", THINKS, "\"reasoning\":{\"effort\":\"high\"}", "\"budget_tokens\":16384",
     NULL},
    {R, "anthropic", SL_AI_MODEL_JSON_SCHEMA, TEXT_FORMAT,
     "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}",
     NULL},
    {R, "anthropic", SL_AI_MODEL_TOOLS, TEXT_FORMAT,
     "\"tool_choice\":{\"type\":\"tool\",\"name\":\"json_answer\"}", NULL},
    {R, "anthropic", 0, TOOL_F ",\"tool_choice\":\"required\",\"parallel_tool_calls\":false",
     "\"tool_choice\":{\"type\":\"any\",\"disable_parallel_tool_use\":true}", NULL},
    {R, "anthropic", 0, "\"metadata\":{\"a\":\"1\"},\"text\":{\"verbosity\":\"low\"}", "m",
     "metadata,verbosity"},
    {R, "anthropic", 0, "\"user\":\"u\"", "\"metadata\":{\"user_id\":\"u\"}", NULL},
};

TEST(responses_request, x10_members_reach_anthropic_or_are_listed)
{
    check_cells(to_anthropic, SL_LEN(to_anthropic));
}

/* ------------------------------------------------------------------ X10: members for a Responses vendor */

#define V "custom-responses"

static const struct cell from_chat[] = {
    {O, V, 0, "",
     "\"input\":[{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":"
     "\"input_text\",\"text\":\"hi\"}]}]",
     NULL},
    {O, V, 0, "", "\"store\":false", NULL},
    {O, V, THINKS, "", "\"store\":false,\"include\":[\"reasoning.encrypted_content\"]", NULL},
    {O, V, 0, "\"max_tokens\":700", "\"max_output_tokens\":700", NULL},
    {O, V, 0, "\"max_tokens\":7", "\"max_output_tokens\":16", "max_tokens:clamped"},
    {O, V, 0, "\"reasoning_effort\":\"high\"", "\"reasoning\":{\"effort\":\"high\"}", NULL},
    {O, V, SL_AI_MODEL_TOOLS, "\"reasoning_effort\":\"high\"", "m", "reasoning_effort"},
    {O, V, 0, "\"verbosity\":\"low\"", "\"text\":{\"verbosity\":\"low\"}", NULL},
    {O, V, 0,
     "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":"
     "{\"a\":1.0},\"strict\":true}}",
     "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":{\"a\":1.0},"
     "\"strict\":true}}",
     NULL},
    {O, V, 0,
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\"}}]",
     "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"description\":\"d\",\"parameters\":"
     "{\"type\":\"object\",\"properties\":{}},\"strict\":false}]",
     NULL},
    {O, V, 0,
     "\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"c\",\"format\":{\"type\":\"grammar\","
     "\"grammar\":{\"syntax\":\"lark\",\"definition\":\"d\"}}}}],\"tool_choice\":{\"type\":"
     "\"custom\",\"custom\":{\"name\":\"c\"}}",
     "\"tools\":[{\"type\":\"custom\",\"name\":\"c\",\"format\":{\"type\":\"grammar\",\"syntax\":"
     "\"lark\",\"definition\":\"d\"}}],\"tool_choice\":{\"type\":\"custom\",\"name\":\"c\"}",
     NULL},
    {O, V, 0,
     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":{\"type\":"
     "\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{\"type\":\"function\","
     "\"function\":{\"name\":\"f\"}}]}}",
     "\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"required\",\"tools\":[{\"type\":"
     "\"function\",\"name\":\"f\"}]}",
     NULL},
    {O, V, 0, "\"stop\":\"END\",\"seed\":1,\"logit_bias\":{\"1\":2},\"presence_penalty\":1", "m",
     "stop,seed,presence_penalty,logit_bias"},
    {O, V, 0, "\"logprobs\":true,\"top_logprobs\":3",
     "\"store\":false,\"include\":[\"message.output_text.logprobs\"]}", NULL},
    {O, V, 0, "\"logprobs\":true,\"top_logprobs\":3", "\"top_logprobs\":3", NULL},
    {O, V, 0, "\"logprobs\":false", "\"store\":false}", NULL},
    {O, V, SL_AI_MODEL_NO_TEMPERATURE, "\"temperature\":1", "m", "temperature"},
    {O, V, 0, "\"user\":\"u\"", "\"safety_identifier\":\"u\"", NULL},
    {O, V, 0, "\"stream\":true,\"stream_options\":{\"include_usage\":true}", "\"stream\":true",
     NULL},
    {A, V, 0, "\"system\":\"s\"", "\"instructions\":\"s\"", NULL},
    {A, V, 0, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}",
     "\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"}", NULL},
    {A, V, 0, "\"top_k\":3", "m", "top_k"},
    {A, V, 0, "\"metadata\":{\"user_id\":\"u\"}", "\"safety_identifier\":\"u\"", NULL},
};

/* What is to be included of tools that the vendor runs stands beside what we ask for, in one member. */
static const struct cell included[] = {
    {R, V, THINKS, "\"include\":[\"file_search_call.results\",\"reasoning.encrypted_content\"]",
     "\"include\":[\"reasoning.encrypted_content\",\"file_search_call.results\"]}", NULL},
    {R, V, 0, "\"include\":[\"file_search_call.results\"]",
     "\"include\":[\"file_search_call.results\"]}", NULL},
    {R, "openai", 0, "\"include\":[\"file_search_call.results\"]", "m", "include"},
};

TEST(responses_request, x10_what_is_to_be_included_is_said_once)
{
    check_cells(included, SL_LEN(included));
}

TEST(responses_request, x10_what_openais_dialects_have_alike_crosses_between_them)
{
#define KEPT "\"prompt_cache_retention\":\"24h\",\"prompt_cache_options\":{\"mode\":\"explicit\"}"
    static const char lost[] = "prompt_cache_retention,prompt_cache_options";
    static const struct cell rows[] = {
        {R, "openai", 0, KEPT, KEPT, NULL},   {R, "deepseek", 0, KEPT, "m", lost},
        {R, "anthropic", 0, KEPT, "m", lost}, {O, V, 0, KEPT, "m", lost},
        {A, "openai", 0, KEPT, "m", lost},
    };
    struct call_fixture f;
    check_cells(rows, SL_LEN(rows));
    fixture_init(&f, "openai");
    while (sl_ai_target_dialect(&f.target) != R)
        f.target.vendor = sl_ai_vendor_next(f.target.vendor);
    EXPECT(has(fixture_write(&f, O, body_of(f.a, O, KEPT)), KEPT));
    EXPECT_STR("", f.wire.dropped_params);
    struct sl_ai_vendor own = *sl_ai_vendor_find(SL_STR("anthropic"));
    own.quirks |= SL_AI_QUIRK_DEVELOPER_ROLE;
    f.target.vendor = &own;
    EXPECT(!has(fixture_write(&f, O, body_of(f.a, O, KEPT)), KEPT));
    EXPECT_STR(lost, f.wire.dropped_params);
    fixture_fini(&f);
#undef KEPT
}

static const struct cell home_tools[] = {
    {R, V, 0, TOOL_F, "\"parameters\":{\"type\":\"object\"}}]", NULL},
};

TEST(responses_request, c36_who_is_strict_by_default_is_not_told_so_or_otherwise)
{
    check_cells(home_tools, SL_LEN(home_tools));
}

TEST(responses_request, x10_other_clients_members_reach_responses_or_are_listed)
{
    check_cells(from_chat, SL_LEN(from_chat));
}

/* ------------------------------------------------------------------ items */

#define ITEMS(items) "\"input\":[" items "]"
#define SAYS(role, text) "{\"type\":\"message\",\"role\":\"" role "\",\"content\":\"" text "\"}"
#define CALL(id, args)                                                                   \
    "{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"" id "\",\"name\":\"f\"," \
    "\"arguments\":\"" args "\"}"
#define OUTPUT(id, output) \
    "{\"type\":\"function_call_output\",\"call_id\":\"" id "\",\"output\":" output "}"
#define PNG "data:image/png;base64,iVBORw0KGgo="

static const struct cell items[] = {
    /* item 6: a turn with text and a call loses neither */
    {R, "openai", 0,
     ITEMS(SAYS("user", "a") "," SAYS("assistant", "b") "," CALL("c1", "{}") "," OUTPUT("c1",
                                                                                        "\"r\"")),
     "{\"role\":\"assistant\",\"content\":\"b\",\"tool_calls\":[{\"id\":\"c1\",\"type\":"
     "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\","
     "\"tool_call_id\":\"c1\",\"content\":\"r\"}",
     NULL},
    {R, "anthropic", 0,
     ITEMS("{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"},{\"type\":"
           "\"input_image\",\"image_url\":\"" PNG "\",\"detail\":\"auto\"}]}"),
     "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":"
     "\"iVBORw0KGgo=\"}}",
     NULL},
    {R, "openai", 0,
     ITEMS(
         "{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"https://a/b\"},"
         "{\"type\":\"input_file\",\"filename\":\"a.pdf\",\"file_data\":"
         "\"data:application/pdf;base64,AAAA\"},{\"type\":\"input_audio\",\"input_audio\":"
         "{\"data\":\"AA\",\"format\":\"wav\"}}]}"),
     "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a/b\"}},{\"type\":\"file\",\"file\":"
     "{\"file_data\":\"data:application/pdf;base64,AAAA\",\"filename\":\"a.pdf\"}},{\"type\":"
     "\"input_audio\",\"input_audio\":{\"data\":\"AA\",\"format\":\"wav\"}}]",
     NULL},
    /* X9: an image in a tool's result */
    {R, "anthropic", 0,
     ITEMS(SAYS("user", "a") "," CALL("c1", "{}") "," OUTPUT(
         "c1", "[{\"type\":\"input_text\",\"text\":\"t\"},{\"type\":\"input_image\",\"image_url\":"
               "\"" PNG "\"}]")),
     "{\"type\":\"tool_result\",\"tool_use_id\":\"c1\",\"content\":[{\"type\":\"text\",\"text\":"
     "\"t\"},{\"type\":\"image\",\"source\":{\"type\":\"base64\"",
     NULL},
    {R, "openai", 0,
     ITEMS(SAYS("user", "a") ",{\"type\":\"custom_tool_call\",\"call_id\":\"c1\",\"name\":\"q\","
                             "\"input\":\"SELECT\"},{\"type\":\"custom_tool_call_output\","
                             "\"call_id\":\"c1\",\"output\":\"r\"}"),
     "\"type\":\"custom\",\"custom\":{\"name\":\"q\",\"input\":\"SELECT\"}", NULL},
    {R, "openai", 0, ITEMS(SAYS("developer", "d") "," SAYS("system", "s") "," SAYS("user", "a")),
     "{\"role\":\"developer\",\"content\":\"d\\n\\ns\"}", NULL},
    {R, "openai", 0,
     ITEMS(SAYS("user", "a") ",{\"type\":\"message\",\"id\":\"msg_1\",\"status\":\"completed\","
                             "\"role\":\"assistant\",\"phase\":\"final_answer\",\"content\":"
                             "[{\"type\":\"output_text\",\"text\":\"b\",\"annotations\":[]},"
                             "{\"type\":\"refusal\",\"refusal\":\"c\"}]}," SAYS("user", "d")),
     "{\"role\":\"assistant\",\"content\":\"b\\nc\"}", NULL},
    /* from Chat Completions */
    {O, V, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
     "\"" PNG "\"}}]},{\"role\":\"assistant\",\"content\":\"b\",\"tool_calls\":[{\"id\":\"c1\","
     "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1.0}\"}}]},"
     "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"r\"}]",
     "\"input\":[{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_image\","
     "\"image_url\":\"" PNG
     "\",\"detail\":\"auto\"}]},{\"type\":\"message\",\"role\":\"assistant\","
     "\"content\":[{\"type\":\"output_text\",\"text\":\"b\"}]},{\"type\":\"function_call\","
     "\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1.0}\"},{\"type\":"
     "\"function_call_output\",\"call_id\":\"c1\",\"output\":\"r\"}]",
     NULL},
    {A, V, 0,
     "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":"
     "[{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\","
     "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"is_error\":true,\"content\":"
     "[{\"type\":\"text\",\"text\":\"bad\"}]}]}]",
     "{\"type\":\"function_call_output\",\"call_id\":\"t1\",\"output\":\"Error: bad\"}", NULL},
};

TEST(responses_request, items_become_messages_and_messages_items)
{
    check_cells(items, SL_LEN(items));
}

/* ------------------------------------------------------------------ X9: images of answers */

#define DRAWN                                                          \
    SAYS("user", "draw")                                               \
    ",{\"type\":\"image_generation_call\",\"id\":\"ig_1\",\"status\":" \
    "\"completed\",\"output_format\":\"webp\",\"result\":\"AAAA\"}," SAYS("user", "again")

static const struct cell drawn[] = {
    {R, "gemini", 0, ITEMS(DRAWN),
     "{\"role\":\"model\",\"parts\":[{\"inlineData\":{\"mimeType\":\"image/webp\",\"data\":\"AAAA\"}}]}",
     NULL},
    {R, "custom-responses", 0, ITEMS(DRAWN),
     "{\"type\":\"image_generation_call\",\"id\":\"ig_1\",\"status\":\"completed\",\"output_format\":"
     "\"webp\",\"result\":\"AAAA\"}",
     NULL},
    {R, "anthropic", 0, ITEMS(DRAWN), "again", "images"},
    {R, "openai", 0, ITEMS(DRAWN), "again", "images"},
    {R, "aws-bedrock", 0, ITEMS(DRAWN), "again", "images"},
    {R, "cohere-v2", 0, ITEMS(DRAWN), "again", "images"},
    {R, "ollama-native", 0, ITEMS(DRAWN), "again", "images"},
};

TEST(responses_request, x9_images_of_answers_go_on_where_the_vendor_takes_them)
{
    check_cells(drawn, SL_LEN(drawn));
}

/* ------------------------------------------------------------------ X6: reasoning */

#define REASONING(id, encrypted)                                                         \
    "{\"type\":\"reasoning\",\"id\":\"" id "\",\"summary\":[{\"type\":\"summary_text\"," \
    "\"text\":\"why\"}],\"encrypted_content\":\"" encrypted "\"}"

static const struct cell reasoning[] = {
    /* what OpenAI encrypted comes back to it through the clients of other dialects */
    {O, V, THINKS,
     "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\","
     "\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"why\",\"signature\":"
     "\"rs_1.gAAA\"}]}]",
     "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[{\"type\":\"summary_text\",\"text\":"
     "\"why\"}],\"encrypted_content\":\"gAAA\"}",
     NULL},
    {A, V, THINKS,
     "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":"
     "[{\"type\":\"text\",\"text\":\"b\"},{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":"
     "\"rs_1.gAAA\"}]}]",
     "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"encrypted_content\":\"gAAA\"},"
     "{\"type\":\"message\",\"role\":\"assistant\"",
     NULL},
};

TEST(responses_request, x6_a_signature_comes_back_to_its_maker)
{
    check_cells(reasoning, SL_LEN(reasoning));
}

TEST(responses_request, x6_nobody_gets_what_another_vendor_signed)
{
    static const struct cell cells[] = {
        {R, "anthropic", THINKS,
         ITEMS(SAYS("user", "a") "," REASONING("rs_1", "gAAA") "," SAYS("assistant", "b")), "b",
         NULL},
        {O, V, THINKS,
         "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":"
         "\"b\",\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"why\",\"signature\":"
         "\"SIG=\"}]}]",
         "b", NULL},
    };

    for (size_t i = 0; i < SL_LEN(cells); i++) {
        struct result r = encode(&cells[i], false);
        EXPECT_EQ(SL_OK, r.rc);
        EXPECT(!has(r.body, "why"));
        EXPECT(!has(r.body, "gAAA") && !has(r.body, "SIG"));
        sl_arena_free(r.a);
    }
}

/* ------------------------------------------------------------------ what the vendor keeps */

#define NAMED "{\"type\":\"item_reference\",\"id\":\"fc_1\"}"
#define CUSTOM_OUTPUT "{\"type\":\"custom_tool_call_output\",\"call_id\":\"c1\",\"output\":\"r\"}"
#define FUNCTION_OUTPUT "{\"type\":\"function_call_output\",\"call_id\":\"c1\",\"output\":\"r\"}"

/* What stands in a message is a part of it: taken for an item, it could name what the gateway did not look at. */
#define STRANGE(role, part) "{\"type\":\"message\",\"role\":\"" role "\",\"content\":[" part "]}"
#define PICTURE "{\"type\":\"input_image\",\"image_url\":\"https://h/a.png\",\"detail\":\"low\"}"

static const struct cell strange[] = {
    {R, V, 0, ITEMS(STRANGE("assistant", NAMED) "," SAYS("user", "q")),
     STRANGE("assistant", NAMED) ",", NULL},
    {R, V, 0, ITEMS(STRANGE("assistant", PICTURE) "," SAYS("user", "q")),
     STRANGE("assistant", PICTURE) ",", NULL},
};

static const struct cell kept[] = {
    {R, V, 0, ITEMS(NAMED "," OUTPUT("c1", "\"r\"")), "\"input\":[" NAMED "," FUNCTION_OUTPUT "]",
     NULL},
    {R, V, 0, ITEMS(NAMED "," CUSTOM_OUTPUT), "\"input\":[" NAMED "," CUSTOM_OUTPUT "]", NULL},
    {R, V, 0, "\"previous_response_id\":\"resp_1\"," ITEMS(CUSTOM_OUTPUT),
     "\"input\":[" CUSTOM_OUTPUT "],\"previous_response_id\":\"resp_1\"", NULL},
    {R, V, 0, "\"conversation\":\"conv_1\"," ITEMS(OUTPUT("c1", "\"r\"")),
     "\"input\":[" FUNCTION_OUTPUT "],\"conversation\":\"conv_1\"", NULL},
};

#define PHASED(phase, text)                                                                        \
    "{\"type\":\"message\",\"role\":\"assistant\",\"phase\":\"" phase "\",\"content\":[{\"type\":" \
    "\"output_text\",\"text\":\"" text "\"}]}"

static const struct cell phases[] = {
    {R, V, 0,
     ITEMS(SAYS("user", "q") "," PHASED("commentary", "a") "," PHASED("final_answer", "b")),
     PHASED("commentary", "a") "," PHASED("final_answer", "b"), NULL},
    {R, "anthropic", 0,
     ITEMS(SAYS("user", "q") "," PHASED("commentary", "a") "," PHASED("final_answer",
                                                                      "b") "," SAYS("user", "r")),
     "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]", NULL},
};

TEST(responses_request, a_message_keeps_its_phase_in_a_request_that_is_written_anew)
{
    check_cells(phases, SL_LEN(phases));
}

TEST(responses_request, a_part_of_a_message_does_not_become_an_item)
{
    check_cells(strange, SL_LEN(strange));
}

TEST(responses_request, what_the_vendor_keeps_is_named_in_a_request_that_is_written_anew)
{
    check_cells(kept, SL_LEN(kept));
}

/* ------------------------------------------------------------------ refusals, with their place */

static const struct {
    struct cell cell;
    sl_rc rc;
    const char *place;
} refusals[] = {
    {{R, "openai", 0, "\"previous_response_id\":\"resp_1\"", NULL, NULL},
     SL_E_AI_UNSUPPORTED,
     "previous_response_id"},
    {{R, "anthropic", 0, "\"conversation\":\"conv_1\"", NULL, NULL},
     SL_E_AI_UNSUPPORTED,
     "conversation"},
    {{R, "openai", 0, "\"prompt\":{\"id\":\"p\"}", NULL, NULL}, SL_E_AI_UNSUPPORTED, "prompt"},
    {{R, "openai", 0, "\"background\":true", NULL, NULL}, SL_E_AI_UNSUPPORTED, "background"},
    {{R, "openai", 0, "\"tools\":[{\"type\":\"web_search\"}]", NULL, NULL},
     SL_E_AI_UNSUPPORTED,
     "tools[0].type"},
    {{R, "openai", 0,
      "\"tools\":[{\"type\":\"custom\",\"name\":\"c\"},{\"type\":\"mcp\",\"server_label\":\"s\"}]",
      NULL, NULL},
     SL_E_AI_UNSUPPORTED,
     "tools[1].type"},
    {{R, "openai", 0, TOOL_F ",\"tool_choice\":{\"type\":\"file_search\"}", NULL, NULL},
     SL_E_AI_UNSUPPORTED,
     "tool_choice"},
    {{R, "openai", 0, ITEMS(SAYS("user", "a") ",{\"type\":\"web_search_call\",\"id\":\"ws_1\"}"),
      NULL, NULL},
     SL_E_AI_UNSUPPORTED,
     "input[1]"},
    {{R, "openai", 0, ITEMS(SAYS("user", "a") "," NAMED), NULL, NULL},
     SL_E_AI_UNSUPPORTED,
     "input[1].id"},
    {{R, "gemini", 0, ITEMS(NAMED), NULL, NULL}, SL_E_AI_UNSUPPORTED, "input[0].id"},
    {{R, "ollama-native", 0, ITEMS(NAMED "," OUTPUT("c1", "\"r\"")), NULL, NULL},
     SL_E_AI_UNSUPPORTED,
     "input[0].id"},
    {{R, "openai", 0, ITEMS(SAYS("user", "a") "," CALL("c1", "{}") "," SAYS("user", "b")), NULL,
      NULL},
     SL_E_AI_BAD_BODY,
     "input[1]"},
    {{R, "openai", 0, ITEMS(SAYS("user", "a") "," OUTPUT("c9", "\"r\"")), NULL, NULL},
     SL_E_AI_BAD_BODY,
     "input[1]"},
    {{R, "openai", 0, "\"input\":[]", NULL, NULL}, SL_E_AI_BAD_BODY, "input"},
    {{R, "openai", 0, "\"input\":7", NULL, NULL}, SL_E_AI_BAD_BODY, "input"},
    {{R, "openai", 0, ITEMS("7"), NULL, NULL}, SL_E_AI_BAD_BODY, "input[0]"},
    {{R, "openai", 0, ITEMS("{\"role\":\"clown\",\"content\":\"a\"}"), NULL, NULL},
     SL_E_AI_BAD_BODY,
     "input[0].role"},
    {{R, "openai", 0, ITEMS("{\"role\":\"user\",\"content\":[{\"type\":\"input_image\"}]}"), NULL,
      NULL},
     SL_E_AI_BAD_BODY,
     "input[0].content[0].image_url"},
    {{R, "openai", 0,
      ITEMS("{\"role\":\"user\",\"content\":[{\"type\":\"input_file\",\"file_data\":\"x\"}]}"),
      NULL, NULL},
     SL_E_AI_BAD_BODY,
     "input[0].content[0].file_data"},
    {{R, "openai", 0, ITEMS("{\"type\":\"function_call\",\"name\":\"f\"}"), NULL, NULL},
     SL_E_AI_BAD_BODY,
     "input[0].call_id"},
    {{R, "openai", 0, "\"text\":{\"format\":{\"type\":\"xml\"}}", NULL, NULL},
     SL_E_AI_BAD_BODY,
     "text.format"},
    {{R, "openai", 0,
      "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":\"s\"}}", NULL,
      NULL},
     SL_E_AI_BAD_BODY,
     "text.format.schema"},
    {{R, "openai", 0, "\"instructions\":\"a\",\"instructions\":\"b\"", NULL, NULL},
     SL_E_AI_BAD_BODY,
     "instructions"},
    {{R, "openai", 0, "\"reasoning\":{\"effort\":\"huge\"}", NULL, NULL},
     SL_E_AI_BAD_BODY,
     "reasoning.effort"},
    {{R, "openai", 0, "\"tools\":[{\"name\":\"f\"}]", NULL, NULL},
     SL_E_AI_BAD_BODY,
     "tools[0].type"},
    {{R, "openai", 0, "\"store\":\"yes\"", NULL, NULL}, SL_E_AI_BAD_BODY, "store"},
    {{O, V, 0, "\"n\":2", NULL, NULL}, SL_E_AI_UNSUPPORTED, "n"},
    {{O, V, 0, "\"modalities\":[\"audio\"]", NULL, NULL}, SL_E_AI_UNSUPPORTED, "modalities"},
    {{A, V, 0,
      "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":"
      "\"file\",\"file_id\":\"f\"}}]}]",
      NULL, NULL},
     SL_E_AI_UNSUPPORTED,
     "messages[0]"},
};

TEST(responses_request, what_cannot_be_put_to_a_vendor_is_refused_with_its_place)
{
    for (size_t i = 0; i < SL_LEN(refusals); i++) {
        struct result r = encode(&refusals[i].cell, false);
        if (r.rc != refusals[i].rc)
            print_error("%s\n", refusals[i].cell.members);
        EXPECT_EQ(refusals[i].rc, r.rc);
        EXPECT_STR(refusals[i].place, r.d.problems[0].path);
        sl_arena_free(r.a);
    }
}

/* ------------------------------------------------------------------ X1: the same dialect passes */

TEST(responses_request, x1_every_byte_reaches_a_vendor_of_the_dialect)
{
    static const char body[] =
        "{ \"input\" : [ {\"type\":\"message\", \"role\":\"user\",\"content\":\"h\\u00e9\"} ],\"model\""
        ": \"%s\" , \"future\":{\"a\":1e400,\"b\":12345678901234567890,\"c\":1.10},"
        "\"tools\":[{\"type\":\"web_search\"}],\"previous_response_id\":\"resp_1\" }";
    struct call_fixture f;

    fixture_init(&f, V);
    EXPECT_STR(sl_fmt(f.a, body, "real").p, fixture_write(&f, R, sl_fmt(f.a, body, "m").p));
    EXPECT_STR("/v1/responses", f.wire.path);
    EXPECT_STR("", f.wire.dropped_params);
    fixture_fini(&f);
}

TEST(responses_request, a_cap_is_put_in_where_the_client_set_no_limit)
{
    struct call_fixture f;

    fixture_init(&f, V);
    f.target.cap_max_tokens = 99;
    EXPECT_STR("{\"max_output_tokens\":99,\"model\":\"real\",\"input\":\"a\"}",
               fixture_write(&f, R, "{\"model\":\"m\",\"input\":\"a\"}"));
    EXPECT_STR(
        "{\"model\":\"real\",\"input\":\"a\",\"max_output_tokens\":99}",
        fixture_write(&f, R, "{\"model\":\"m\",\"input\":\"a\",\"max_output_tokens\":null}"));
    EXPECT_STR("{\"model\":\"real\",\"input\":\"a\",\"max_output_tokens\":5}",
               fixture_write(&f, R, "{\"model\":\"m\",\"input\":\"a\",\"max_output_tokens\":5}"));
    fixture_fini(&f);
}

TEST(responses_request, the_call_says_what_it_leaves_behind)
{
    static const struct {
        const char *members, *previous;
        bool is_stored, has_side_effects;
    } rows[] = {
        {"", "", true, false},
        {",\"store\":false", "", false, false},
        {",\"store\":true", "", true, true},
        {",\"store\":null,\"background\":true", "", true, true},
        {",\"previous_response_id\":\"resp_1\"", "resp_1", true, false},
        {",\"previous_response_id\":null", "", true, false},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, V);
        fixture_read(&f, R, sl_fmt(f.a, "{\"model\":\"m\",\"input\":\"a\"%s}", rows[i].members).p);
        EXPECT_STR(rows[i].previous, f.call.previous_id);
        EXPECT_EQ(rows[i].is_stored, f.call.is_stored);
        EXPECT_EQ(rows[i].has_side_effects, f.call.has_side_effects);
        fixture_fini(&f);
    }
}
