#include "ai/call_int.h"
/* test_call: requests read and written (cases U1 U2 U3 U12 X1 X11 I1 I6). */
#include "ai/dialect.h"
#include "base/err.h"
#include "codec/jsonscan.h"
#include "tests/unit/ai/call_fixture.h"

static sl_rc read_body(struct call_fixture *f, enum sl_ai_dialect dialect, sl_str body)
{
    return sl_ai_call_read(SL_AI_CHAT, dialect, body, f->a, &f->call, &f->d);
}

static void expect_written(const char *vendor, enum sl_ai_dialect client, const char *body,
                           const char *want)
{
    struct call_fixture f;
    fixture_init(&f, vendor);
    EXPECT_STR(want, fixture_write(&f, client, body));
    fixture_fini(&f);
}

static void expect_openai(const char *vendor, const char *body, const char *want)
{
    expect_written(vendor, SL_AI_OPENAI_CHAT, body, want);
}

/* ------------------------------------------------------------------ reading */

TEST(call, reads_what_routing_and_limits_need)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    fixture_read(
        &f, SL_AI_OPENAI_CHAT,
        "{\"mod\\u0065l\":\"gpt\\u002d5\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
        "\"max_tokens\":10,\"max_completion_tokens\":20,\"user\":\"u1\",\"tools\":[{}],\"messages\":[]}");
    EXPECT_STR("gpt-5", f.call.model);
    EXPECT(f.call.is_stream);
    EXPECT(f.call.wants_usage);
    EXPECT_EQ(20, f.call.max_tokens);
    EXPECT_STR("u1", f.call.user);
    EXPECT(f.call.has_tools);
    fixture_fini(&f);
}

TEST(call, null_means_not_said)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    fixture_read(
        &f, SL_AI_OPENAI_CHAT,
        "{\"model\":\"m\",\"stream\":null,\"stream_options\":null,\"max_tokens\":null,\"user\":null,\"tools\":null}");
    EXPECT(!f.call.is_stream && !f.call.wants_usage && !f.call.has_tools);
    EXPECT_EQ(-1, f.call.max_tokens);
    EXPECT_STR("", f.call.user);
    fixture_fini(&f);
}

TEST(call, reads_the_user_of_an_anthropic_request)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    fixture_read(
        &f, SL_AI_ANTHROPIC,
        "{\"model\":\"m\",\"max_tokens\":0,\"metadata\":{\"user_id\":\"u2\"},\"messages\":[]}");
    EXPECT_STR("u2", f.call.user);
    EXPECT_EQ(0, f.call.max_tokens);
    fixture_fini(&f);
}

TEST(call, i6_what_is_not_clear_is_refused_by_name)
{
    static const struct {
        const char *body, *message;
    } rows[] = {
        {"", "the body is not valid JSON at byte 0: unexpected end"},
        {"[]", "the body must be a JSON object"},
        {"{}", "model: you must provide a model parameter"},
        {"{\"model\":null}", "model: you must provide a model parameter"},
        {"{\"model\":\"\"}", "model: you must provide a model parameter"},
        {"{\"model\":5}", "model: must be a string"},
        {"{\"model\":\"a\",\"model\":\"b\"}", "the member \"model\" occurs more than once"},
        {"{\"model\":\"a\",\"mod\\u0065l\":\"b\"}",
         "the member \"mod\\u0065l\" occurs more than once"},
        {"{\"model\":\"a\",\"Model\":\"b\"}",
         "a member's name differs from a known one only in upper and lower case"},
        {"{\"model\":\"a\",\"stream\":1}", "stream: must be true or false"},
        {"{\"model\":\"a\",\"stream\":true,\"stream_options\":{\"include_usage\":\"x\"}}",
         "stream_options.include_usage: must be true or false"},
        {"{\"model\":\"a\",\"max_tokens\":-1}", "max_tokens: must be an integer, 0 or more"},
        {"{\"model\":\"a\",\"max_completion_tokens\":1e3}",
         "max_completion_tokens: must be an integer, 0 or more"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, "openai");
        EXPECT_EQ(SL_E_AI_BAD_BODY, read_body(&f, SL_AI_OPENAI_CHAT, sl_cstr(rows[i].body)));
        EXPECT_STR(rows[i].message, sl_problem_text(&f.d.problems[0], f.a));
        fixture_fini(&f);
    }
}

TEST(call, i6_invalid_utf8_and_deep_nesting_are_refused)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    EXPECT_EQ(SL_E_AI_BAD_BODY, read_body(&f, SL_AI_OPENAI_CHAT, SL_STR("{\"model\":\"\xff\"}")));
    char deep[10000];
    memset(deep, '[', sizeof(deep));
    memcpy(deep, "{\"model\":", 9);
    EXPECT_EQ(SL_E_AI_BAD_BODY, read_body(&f, SL_AI_OPENAI_CHAT, (sl_str){deep, sizeof(deep)}));
    fixture_fini(&f);
}

TEST(call, i6_every_cut_of_a_request_is_refused)
{
    static const char body[] =
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"messages\":[{\"role\":\"user\",\"content\":\"h\\u00e9\"}]}";
    for (size_t n = 0; n < sizeof(body) - 1; n++) {
        struct call_fixture f;
        fixture_init(&f, "openai");
        EXPECT_EQ(SL_E_AI_BAD_BODY, read_body(&f, SL_AI_OPENAI_CHAT, (sl_str){body, n}));
        fixture_fini(&f);
    }
}

TEST(call, a_models_name_has_a_limit)
{
    for (size_t n = SL_AI_MODEL_NAME_MAX; n <= SL_AI_MODEL_NAME_MAX + 1; n++) {
        struct call_fixture f;
        struct sl_strbuf b = {0};
        fixture_init(&f, "openai");
        sl_strbuf_add(&b, SL_STR("{\"model\":\""));
        for (size_t i = 0; i < n; i++)
            sl_strbuf_add_char(&b, 'm');
        sl_strbuf_add(&b, SL_STR("\",\"messages\":[]}"));
        EXPECT_EQ(n <= SL_AI_MODEL_NAME_MAX ? SL_OK : SL_E_AI_BAD_BODY,
                  read_body(&f, SL_AI_OPENAI_CHAT, sl_strbuf_str(&b)));
        sl_strbuf_fini(&b);
        fixture_fini(&f);
    }
}

/* Wherever the memory of a request ends, the request does: never the program. */
/* ------------------------------------------------------------------ the estimate */

static int64_t estimate(sl_str body)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    EXPECT_EQ(SL_OK, read_body(&f, SL_AI_OPENAI_CHAT, body));
    int64_t tokens = f.call.input_tokens_estimate;
    fixture_fini(&f);
    return tokens;
}

TEST(call, the_estimate_counts_texts_and_tools)
{
    int64_t one = estimate(SL_STR(
        "{\"model\":\"m\",\"messages\":[\"The gateway stands before services and models.\"]}"));
    int64_t two = estimate(
        SL_STR("{\"model\":\"m\",\"messages\":[\"The gateway stands before services and models.\"],"
               "\"tools\":[{\"name\":\"get_weather\"}]}"));
    EXPECT(one >= 7 && one <= 11);
    EXPECT(two >= one + 5 && two <= one + 15);
    EXPECT_EQ(0, estimate(SL_STR("{\"model\":\"m\"}")));
}

/* It is made while the body is scanned; walking the members again says the same. */
TEST(call, the_estimate_is_that_of_the_members_texts)
{
    static const char *const bodies[] = {
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello \\\"you\\\" \\u00e4\"}],\"user\":\"x y z\"}",
        "{\"messages\":[],\"model\":\"m\",\"system\":\"Be kind to all of them.\",\"metadata\":{\"a\":\"b c d\"}}",
        "{\"model\":\"m\",\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\" : {\"url\":\"http://x/y\"}}]}]}",
        "{\"model\":\"m\",\"input\":[1,2,3,44],\"messages\":[{\"content\":null}],\"tools\":[{\"name\":\"f\"}]}",
        "{\"model\":\"m\",\"instructions\":\"One two three\",\"messages\":\"four five\",\"input\":{\"source\":[\"six\"]}}",
        "{\"model\":\"m\",\"messages\":[\"\",\"\",{\"\":\"\"}]}",
    };
    for (size_t i = 0; i < SL_LEN(bodies); i++) {
        struct call_fixture f;
        fixture_init(&f, "openai");
        if (read_body(&f, SL_AI_OPENAI_CHAT, sl_cstr(bodies[i])) == SL_OK)
            EXPECT_EQ(sl_ai_call_tokens(&f.call, SL_AI_TOKENS_SAMPLED),
                      f.call.input_tokens_estimate);
        else
            EXPECT_EQ(4, i); /* messages are no list there */
        fixture_fini(&f);
    }
}

TEST(call, the_estimate_does_not_take_pictures_for_text)
{
    struct sl_strbuf b = {0};
    sl_strbuf_add(
        &b,
        SL_STR(
            "{\"model\":\"m\",\"messages\":[{\"content\":[{\"image_url\":{\"url\":\"data:image/png;base64,"));
    for (int i = 0; i < 100000; i++)
        sl_strbuf_add(&b, SL_STR("iVBORw0K"));
    sl_strbuf_add(&b, SL_STR("\"}}]}]}"));
    int64_t tokens = estimate(sl_strbuf_str(&b));
    EXPECT(tokens >= 1000 && tokens < 1100);
    sl_strbuf_fini(&b);
}

TEST(call, the_estimate_takes_long_prose_for_text)
{
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b, SL_STR("{\"model\":\"m\",\"messages\":[{\"content\":\""));
    for (int i = 0; i < 1000; i++)
        sl_strbuf_add(&b, SL_STR("so it \\\"goes\\\" on "));
    sl_strbuf_add(&b, SL_STR("\"}]}"));
    int64_t tokens = estimate(sl_strbuf_str(&b));
    EXPECT(tokens >= 4000 && tokens < 5000);
    sl_strbuf_fini(&b);
}

/* ------------------------------------------------------------------ writing: the same dialect */

TEST(call, x1_unknown_members_pass_byte_for_byte)
{
    expect_openai(
        "openai",
        "{ \"a\" : 1e400, \"b\":12345678901234567890,\"c\":1.10,\"z\":1,\"z\":2,\n\"model\" : \"m\" ,\"messages\":[{\"x\":null}], \"n\\u0075ll\":null }",
        "{ \"a\" : 1e400, \"b\":12345678901234567890,\"c\":1.10,\"z\":1,\"z\":2,\n\"model\" : \"real\" ,\"messages\":[{\"x\":null}], \"n\\u0075ll\":null }");
}

TEST(call, x1_a_request_that_needs_no_change_is_one_span_of_the_original)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    f.target.model = SL_STR("m");
    fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"messages\":[]}");
    EXPECT(f.wire.body.head->p == f.call.body.p && f.wire.body.head->next == NULL);
    fixture_fini(&f);
}

/* Spaces, order, numbers and escapes of a schema are nobody's business. */
TEST(call, x1_schemas_of_tools_are_translated_as_they_were_written)
{
#define SCHEMA                                                                                    \
    "{ \"type\" : \"object\", \"properties\": {\"a\": {\"type\": \"number\", \"minimum\": 1.50, " \
    "\"description\": \"caf\\u00e9\"}} }"
    static const struct {
        enum sl_ai_dialect client;
        const char *vendor, *body, *want;
    } cases[] = {
        {SL_AI_OPENAI_CHAT, "anthropic",
         "{\"model\":\"m\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":" SCHEMA
         "}}],"
         "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
         "\"input_schema\":" SCHEMA "}"},
        {SL_AI_ANTHROPIC, "openai",
         "{\"model\":\"m\",\"max_tokens\":5,\"tools\":[{\"name\":\"f\",\"input_schema\":" SCHEMA
         "}],"
         "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
         "\"parameters\":" SCHEMA "}"},
        {SL_AI_OPENAI_RESPONSES, "anthropic",
         "{\"model\":\"m\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":" SCHEMA
         "}],\"input\":\"hi\"}",
         "\"input_schema\":" SCHEMA "}"},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct call_fixture f;
        fixture_init(&f, cases[i].vendor);
        sl_str got = fixture_write(&f, cases[i].client, cases[i].body);
        if (sl_str_find_str(got, sl_cstr(cases[i].want)) == SIZE_MAX)
            print_error("%zu: %.*s\n", i, SL_STRF(got));
        EXPECT(sl_str_find_str(got, sl_cstr(cases[i].want)) != SIZE_MAX);
        fixture_fini(&f);
    }
#undef SCHEMA
}

TEST(call, u1_usage_is_asked_for_behind_the_clients_back)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"{\"model\":\"m\",\"stream\":true}",
         "{\"stream_options\":{\"include_usage\":true},\"model\":\"real\",\"stream\":true}"},
        {"{\"model\":\"m\",\"stream\":true,\"stream_options\":null}",
         "{\"model\":\"real\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
        {"{\"model\":\"m\",\"stream\":true,\"stream_options\":{ }}",
         "{\"model\":\"real\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
        {"{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"x\":1}}",
         "{\"model\":\"real\",\"stream\":true,\"stream_options\":{\"include_usage\":true,\"x\":1}}"},
        {"{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":false}}",
         "{\"model\":\"real\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, "openai");
        EXPECT_STR(rows[i].want, fixture_write(&f, SL_AI_OPENAI_CHAT, rows[i].in));
        EXPECT(f.wire.has_hidden_usage);
        fixture_fini(&f);
    }
}

TEST(call, u1_usage_is_never_asked_for_without_a_stream)
{
    expect_openai("openai", "{\"model\":\"m\",\"stream\":false}",
                  "{\"model\":\"real\",\"stream\":false}");
    expect_openai("openai", "{\"model\":\"m\"}", "{\"model\":\"real\"}");
}

TEST(call, u2_what_the_client_asked_for_is_not_hidden)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    EXPECT_STR(
        "{\"model\":\"real\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
        fixture_write(
            &f, SL_AI_OPENAI_CHAT,
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"));
    EXPECT(!f.wire.has_hidden_usage);
    fixture_fini(&f);
}

TEST(call, u3_a_vendor_that_refuses_stream_options_gets_none)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    f.target.no_stream_options = true;
    EXPECT_STR(
        "{\"model\":\"real\",\"stream\":true}",
        fixture_write(
            &f, SL_AI_OPENAI_CHAT,
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"));
    EXPECT(!f.wire.has_hidden_usage);
    fixture_fini(&f);
    expect_openai("mistral", "{\"stream_options\":{},\"stream\":true,\"model\":\"m\"}",
                  "{\"stream\":true,\"model\":\"real\"}");
}

TEST(call, the_output_limit_has_the_vendors_name)
{
    expect_openai("openai", "{\"model\":\"m\",\"max_tokens\":5}",
                  "{\"model\":\"real\",\"max_completion_tokens\":5}");
    expect_openai("deepseek", "{\"model\":\"m\",\"max_completion_tokens\":5}",
                  "{\"model\":\"real\",\"max_tokens\":5}");
    expect_openai("deepseek", "{\"max_completion_tokens\":5, \"max_tokens\":6,\"model\":\"m\"}",
                  "{\"max_tokens\":6,\"model\":\"real\"}");
    expect_openai("deepseek", "{\"model\":\"m\",\"max_tokens\":null,\"max_completion_tokens\":5}",
                  "{\"model\":\"real\",\"max_tokens\":5}");
    expect_openai("openai", "{\"model\":\"m\",\"max_tokens\":5,\"max_completion_tokens\":null}",
                  "{\"model\":\"real\",\"max_completion_tokens\":5}");
    expect_openai("openai", "{\"model\":\"m\",\"max_completion_tokens\":5 , \"max_tokens\" : 6 }",
                  "{\"model\":\"real\",\"max_completion_tokens\":5 }");
}

TEST(call, u12_a_cap_is_put_in_where_the_client_gave_none)
{
    static const struct {
        const char *vendor;
        enum sl_ai_dialect dialect;
        const char *in, *want;
    } rows[] = {
        {"openai", SL_AI_OPENAI_CHAT, "{\"model\":\"m\"}",
         "{\"max_completion_tokens\":77,\"model\":\"real\"}"},
        {"deepseek", SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"max_tokens\":null}",
         "{\"model\":\"real\",\"max_tokens\":77}"},
        {"deepseek", SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"max_completion_tokens\":null}",
         "{\"model\":\"real\",\"max_tokens\":77}"},
        {"deepseek", SL_AI_OPENAI_CHAT,
         "{\"model\":\"m\",\"max_tokens\":null,\"max_completion_tokens\":null}",
         "{\"model\":\"real\",\"max_tokens\":77}"},
        {"deepseek", SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"max_tokens\":5}",
         "{\"model\":\"real\",\"max_tokens\":5}"},
        {"anthropic", SL_AI_ANTHROPIC, "{\"model\":\"m\"}",
         "{\"max_tokens\":77,\"model\":\"real\"}"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, rows[i].vendor);
        f.target.cap_max_tokens = 77;
        EXPECT_STR(rows[i].want, fixture_write(&f, rows[i].dialect, rows[i].in));
        fixture_fini(&f);
    }
}

TEST(call, members_that_the_vendor_refuses_are_removed_and_named)
{
    static const struct {
        const char *in, *want, *dropped;
    } rows[] = {
        {"{\"logprobs\":true,\"model\":\"m\"}", "{\"model\":\"real\"}", "logprobs"},
        {"{\"model\":\"m\",\"logprobs\":true}", "{\"model\":\"real\"}", "logprobs"},
        {"{\"model\":\"m\" , \"seed\":1 ,\n\"logit_bias\":{}, \"seed\":2}", "{\"model\":\"real\"}",
         "seed,logit_bias,seed"},
        {"{\"seed\":1,\"a\":2,\"logprobs\":null,\"b\":3,\"seed\":4,\"model\":\"m\"}",
         "{\"a\":2,\"b\":3,\"model\":\"real\"}", "seed,seed"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        struct sl_ai_vendor v;
        fixture_init(&f, "openai");
        v = *f.target.vendor;
        v.drops = SL_STR("logprobs logit_bias seed");
        f.target.vendor = &v;
        sl_rc rc =
            sl_ai_call_read(SL_AI_CHAT, SL_AI_OPENAI_CHAT, sl_cstr(rows[i].in), f.a, &f.call, &f.d);
        if (rc == SL_OK) {
            EXPECT_STR(rows[i].want, fixture_write(&f, SL_AI_OPENAI_CHAT, rows[i].in));
            EXPECT_STR(rows[i].dropped, f.wire.dropped_params);
        }
        fixture_fini(&f);
    }
}

TEST(call, strict_refuses_what_would_be_dropped)
{
    struct call_fixture f;
    fixture_init(&f, "groq");
    f.target.is_strict = true;
    fixture_read(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"logprobs\":true}");
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("this vendor does not take logprobs", f.d.problems[0].message);
    fixture_fini(&f);
}

TEST(call, x10_what_holds_anyway_is_left_out_without_a_word)
{
    struct call_fixture f;
    fixture_init(&f, "cerebras");
    f.target.is_strict = true;
    EXPECT_STR("{\"model\":\"real\"}",
               fixture_write(&f, SL_AI_OPENAI_CHAT,
                             "{\"model\":\"m\",\"store\":false,\"logprobs\":false,"
                             "\"service_tier\":\"auto\",\"presence_penalty\":0,"
                             "\"parallel_tool_calls\":true}"));
    EXPECT_STR("", f.wire.dropped_params);
    fixture_read(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"store\":true}");
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    fixture_fini(&f);
}

TEST(call, what_changes_the_meaning_is_refused)
{
    struct call_fixture f;
    fixture_init(&f, "groq");
    fixture_read(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"n\":2}");
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    f.target.vendor = sl_ai_vendor_find(SL_STR("perplexity"));
    fixture_read(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"tools\":[{}]}");
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    fixture_fini(&f);
}

TEST(call, x10_strict_tools_are_listed_where_the_vendor_has_none)
{
    static const struct {
        const char *strict, *dropped;
    } rows[] = {{"true", "tools.strict"}, {"false", ""}, {"null", ""}};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, "deepseek");
        sl_str in =
            sl_fmt(f.a,
                   "{\"model\":\"m\",\"tools\":[{\"function\":{\"name\":\"f\",\"strict\":%s}},{"
                   "\"function\":{\"strict\":%s,\"name\":\"g\"}}]}",
                   rows[i].strict, rows[i].strict);
        EXPECT_STR("{\"model\":\"real\",\"tools\":[{\"function\":{\"name\":\"f\"}},{\"function\":{"
                   "\"name\":\"g\"}}]}",
                   fixture_write(&f, SL_AI_OPENAI_CHAT, in.p));
        EXPECT_STR(rows[i].dropped, f.wire.dropped_params);
        fixture_fini(&f);
    }
}

TEST(call, quirks_are_splices)
{
    expect_openai(
        "deepseek",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"developer\",\"content\":\"developer\"},{\"role\":\"user\"},{\"role\":\"developer\"}]}",
        "{\"model\":\"real\",\"messages\":[{\"role\":\"system\",\"content\":\"developer\"},{\"role\":\"user\"},{\"role\":\"system\"}]}");
    expect_openai("openai", "{\"model\":\"m\",\"messages\":[{\"role\":\"developer\"}]}",
                  "{\"model\":\"real\",\"messages\":[{\"role\":\"developer\"}]}");
    expect_openai(
        "deepseek",
        "{\"model\":\"m\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true}},{\"function\":{\"strict\":false,\"name\":\"g\"}}]}",
        "{\"model\":\"real\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"function\":{\"name\":\"g\"}}]}");
    expect_openai("mistral", "{\"model\":\"m\",\"seed\":7}",
                  "{\"model\":\"real\",\"random_seed\":7}");
    expect_openai("moonshot-intl", "{\"model\":\"m\",\"temperature\":1.5}",
                  "{\"model\":\"real\",\"temperature\":1}");
    expect_openai("moonshot-intl", "{\"model\":\"m\",\"temperature\":0.50}",
                  "{\"model\":\"real\",\"temperature\":0.50}");
    expect_openai(
        "zai",
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"tools\":[{}]}",
        "{\"tool_stream\":true,\"model\":\"real\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"tools\":[{}]}");
}

TEST(call, x10_the_effort_is_asked_for_in_the_vendors_spelling)
{
    expect_openai("alibaba-cn", "{\"model\":\"m\",\"reasoning_effort\":\"low\",\"n\":1}",
                  "{\"model\":\"real\",\"enable_thinking\":true,\"n\":1}");
    expect_openai(
        "deepseek", "{\"model\":\"m\",\"n\":1,\"reasoning_effort\" : \"xhigh\"}",
        "{\"model\":\"real\",\"n\":1,\"thinking\":{\"type\":\"enabled\"},\"reasoning_effort\":\"max\"}");
    expect_openai("zhipu", "{\"model\":\"m\",\"reasoning_effort\":\"none\"}",
                  "{\"model\":\"real\",\"thinking\":{\"type\":\"disabled\"}}");
    /* where the vendor has OpenAI's word, none, or the client writes the vendor's own */
    expect_openai("groq", "{\"model\":\"m\",\"reasoning_effort\":\"low\"}",
                  "{\"model\":\"real\",\"reasoning_effort\":\"low\"}");
    expect_openai("nebius", "{\"model\":\"m\",\"reasoning_effort\":\"low\"}",
                  "{\"model\":\"real\",\"reasoning_effort\":\"low\"}");
    expect_openai("alibaba-cn", "{\"model\":\"m\",\"enable_thinking\":false}",
                  "{\"model\":\"real\",\"enable_thinking\":false}");
    expect_openai("alibaba-cn", "{\"model\":\"m\",\"reasoning_effort\":7}",
                  "{\"model\":\"real\",\"reasoning_effort\":7}");
}

TEST(call, more_edits_than_the_first_table_holds)
{
    struct sl_strbuf in = {0}, want = {0};
    sl_strbuf_add(&in, SL_STR("{\"model\":\"m\",\"messages\":["));
    sl_strbuf_add(&want, SL_STR("{\"model\":\"real\",\"messages\":["));
    for (int i = 0; i < 100; i++) {
        sl_strbuf_add(&in, SL_STR("{\"role\":\"developer\"},"));
        sl_strbuf_add(&want, SL_STR("{\"role\":\"system\"},"));
    }
    sl_strbuf_add(&in, SL_STR("1]}"));
    sl_strbuf_add(&want, SL_STR("1]}"));
    sl_strbuf_add_char(&in, '\0');
    sl_strbuf_add_char(&want, '\0');
    expect_openai("deepseek", in.p, want.p);
    sl_strbuf_fini(&in);
    sl_strbuf_fini(&want);
}

/* ------------------------------------------------------------------ path and headers */

TEST(call, the_path_is_the_accounts_and_the_vendors)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    fixture_write(&f, SL_AI_ANTHROPIC, "{\"model\":\"m\"}");
    EXPECT_STR("/v1/messages", f.wire.path);
    sl_chain_fini(&f.wire.body);
    EXPECT_EQ(SL_OK,
              sl_ai_call_read(SL_AI_COUNT_TOKENS, SL_AI_ANTHROPIC,
                              SL_STR("{\"model\":\"m\",\"messages\":[]}"), f.a, &f.call, &f.d));
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("/v1/messages/count_tokens", f.wire.path);
    fixture_fini(&f);
}

TEST(call, azure_names_the_deployment_in_the_path)
{
    struct call_fixture f;
    fixture_init(&f, "azure-openai");
    f.target.base_url_path = SL_STR("/openai");
    f.target.model = SL_STR("my deployment");
    (void)fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"messages\":[]}");
    EXPECT(sl_str_starts(
        f.wire.path, SL_STR("/openai/deployments/my%20deployment/chat/completions?api-version=")));
    EXPECT_STR("secret", sl_headers_find(&f.wire.headers, SL_STR("api-key"))->value);
    EXPECT(sl_headers_find_id(&f.wire.headers, SL_H_AUTHORIZATION) == NULL);
    fixture_fini(&f);
}

TEST(call, a_vendors_own_key_field_and_required_fields_are_sent)
{
    struct call_fixture f;
    fixture_init(&f, "clarifai");
    (void)fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"messages\":[]}");
    EXPECT_STR("Key secret", sl_headers_get_id(&f.wire.headers, SL_H_AUTHORIZATION));
    fixture_fini(&f);
    fixture_init(&f, "snowflake-cortex");
    (void)fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"messages\":[]}");
    EXPECT_STR(
        "PROGRAMMATIC_ACCESS_TOKEN",
        sl_headers_find(&f.wire.headers, SL_STR("x-snowflake-authorization-token-type"))->value);
    EXPECT_STR("Bearer secret", sl_headers_get_id(&f.wire.headers, SL_H_AUTHORIZATION));
    fixture_fini(&f);
}

TEST(call, x12_tokens_are_not_counted_by_a_billed_completion)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    EXPECT_EQ(SL_OK,
              sl_ai_call_read(SL_AI_COUNT_TOKENS, SL_AI_ANTHROPIC,
                              SL_STR("{\"model\":\"m\",\"messages\":[]}"), f.a, &f.call, &f.d));
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    fixture_fini(&f);
}

static void give_client_headers(struct call_fixture *f)
{
    static const char *const fields[][2] = {
        {"authorization", "Bearer caller"},
        {"x-api-key", "caller"},
        {"cookie", "caller"},
        {"x-goog-api-key", "caller"},
        {"api-key", "caller"},
        {"anthropic-version", "2026-10-21"},
        {"anthropic-beta", "b1"},
        {"openai-organization", "org"},
    };
    for (size_t i = 0; i < SL_LEN(fields); i++)
        EXPECT(sl_headers_add(&f->client, sl_cstr(fields[i][0]), sl_cstr(fields[i][1])));
}

static bool has_value(const struct sl_headers *h, const char *part)
{
    for (uint32_t i = 0; i < h->n; i++)
        if (sl_str_find_str(h->v[i].value, sl_cstr(part)) != SIZE_MAX)
            return true;
    return false;
}

TEST(call, i1_the_callers_credentials_stay_here)
{
    static const char *const vendors[] = {"openai", "anthropic"};
    for (size_t i = 0; i < SL_LEN(vendors); i++) {
        struct call_fixture f;
        fixture_init(&f, vendors[i]);
        give_client_headers(&f);
        fixture_write(&f, f.target.vendor->dialect, "{\"model\":\"m\"}");
        EXPECT(!has_value(&f.wire.headers, "caller"));
        EXPECT(has_value(&f.wire.headers, "secret"));
        fixture_fini(&f);
    }
}

TEST(call, i1_the_key_goes_where_the_vendor_wants_it)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    give_client_headers(&f);
    fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\"}");
    EXPECT_STR("Bearer secret", sl_headers_get_id(&f.wire.headers, SL_H_AUTHORIZATION));
    EXPECT_STR("", sl_headers_get_id(&f.wire.headers, SL_H_OPENAI_ORGANIZATION));
    EXPECT_STR("", sl_headers_get_id(&f.wire.headers, SL_H_ANTHROPIC_BETA));
    EXPECT_STR("identity", sl_headers_get_id(&f.wire.headers, SL_H_ACCEPT_ENCODING));
    f.target.vendor = sl_ai_vendor_find(SL_STR("anthropic"));
    fixture_write(&f, SL_AI_ANTHROPIC, "{\"model\":\"m\"}");
    EXPECT_STR("secret", sl_headers_get_id(&f.wire.headers, SL_H_X_API_KEY));
    EXPECT_STR("2026-10-21", sl_headers_get_id(&f.wire.headers, SL_H_ANTHROPIC_VERSION));
    EXPECT_STR("b1", sl_headers_get_id(&f.wire.headers, SL_H_ANTHROPIC_BETA));
    EXPECT_STR("", sl_headers_get_id(&f.wire.headers, SL_H_OPENAI_ORGANIZATION));
    fixture_fini(&f);
}

TEST(call, the_version_has_a_default)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    fixture_write(&f, SL_AI_ANTHROPIC, "{\"model\":\"m\"}");
    EXPECT_STR("2023-06-01", sl_headers_get_id(&f.wire.headers, SL_H_ANTHROPIC_VERSION));
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ embeddings */

static void open_embeddings(struct call_fixture *f, const char *vendor, const char *body)
{
    fixture_init(f, vendor);
    EXPECT_EQ(SL_OK, sl_ai_call_read(SL_AI_EMBEDDINGS, SL_AI_OPENAI_CHAT, sl_cstr(body), f->a,
                                     &f->call, &f->d));
    EXPECT_EQ(SL_OK,
              sl_ai_call_write(&f->call, &f->target, &f->client, f->a, f->pool, &f->wire, &f->d));
}

TEST(call, x11_embeddings_pass_as_they_are)
{
    struct call_fixture f;
    open_embeddings(&f, "openai",
                    "{\"model\":\"m\",\"input\":[\"a\"],\"encoding_format\":\"base64\"}");
    EXPECT_STR("/v1/embeddings", f.wire.path);
    EXPECT_STR("{\"model\":\"real\",\"input\":[\"a\"],\"encoding_format\":\"base64\"}",
               sl_chain_flatten(&f.wire.body, f.a));
    EXPECT_EQ(SL_AI_EMBEDDINGS, f.call.operation);
    fixture_fini(&f);
}

TEST(call, x11_numbers_become_base64_for_a_client_that_asked_so)
{
    struct call_fixture f;
    struct sl_ai_vendor v;
    fixture_init(&f, "openai");
    v = *f.target.vendor;
    v.quirks |= SL_AI_QUIRK_EMBEDDINGS_FLOAT_ONLY;
    f.target.vendor = &v;
    EXPECT_EQ(SL_OK, sl_ai_call_read(
                         SL_AI_EMBEDDINGS, SL_AI_OPENAI_CHAT,
                         SL_STR("{\"model\":\"m\",\"input\":\"a\",\"encoding_format\":\"base64\"}"),
                         f.a, &f.call, &f.d));
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("{\"model\":\"real\",\"input\":\"a\",\"encoding_format\":\"float\"}",
               sl_chain_flatten(&f.wire.body, f.a));
    fixture_open(&f, false, "m");
    fixture_feed(
        &f,
        SL_STR(
            "{\"data\":[{\"index\":0,\"embedding\":[1, -2.5,0.1e0]},{\"index\":1,\"embedding\":[]}],\"model\":\"real\",\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}"),
        13);
    /* 0000803f 000020c0 cdcccc3d */
    EXPECT_STR(
        "{\"data\":[{\"index\":0,\"embedding\":\"AACAPwAAIMDNzMw9\"},{\"index\":1,\"embedding\":\"\"}],\"model\":\"m\",\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}",
        fixture_finish(&f, true));
    EXPECT_EQ(3, sl_ai_relay_usage(f.relay).input);
    EXPECT_EQ(SL_AI_USAGE_REPORTED, sl_ai_relay_usage(f.relay).source);
    fixture_fini(&f);
}

/* A vendor that is not known for it gives numbers too: what was asked for is what comes. */
TEST(call, x11_numbers_become_base64_whoever_gives_them)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    EXPECT_EQ(SL_OK, sl_ai_call_read(
                         SL_AI_EMBEDDINGS, SL_AI_OPENAI_CHAT,
                         SL_STR("{\"model\":\"m\",\"input\":\"a\",\"encoding_format\":\"base64\"}"),
                         f.a, &f.call, &f.d));
    EXPECT_EQ(SL_OK, sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("{\"model\":\"real\",\"input\":\"a\",\"encoding_format\":\"base64\"}",
               sl_chain_flatten(&f.wire.body, f.a));
    fixture_open(&f, false, "m");
    fixture_feed(
        &f, SL_STR("{\"data\":[{\"index\":0,\"embedding\":[1, -2.5,0.1e0]}],\"model\":\"real\"}"),
        13);
    EXPECT_STR("{\"data\":[{\"index\":0,\"embedding\":\"AACAPwAAIMDNzMw9\"}],\"model\":\"m\"}",
               fixture_finish(&f, true));
    fixture_fini(&f);
}

TEST(call, u16_embeddings_without_usage_are_estimated)
{
    struct call_fixture f;
    open_embeddings(&f, "openai", "{\"model\":\"m\",\"input\":\"0123456789abcdef\"}");
    fixture_open(&f, false, NULL);
    fixture_feed(&f, SL_STR("{\"data\":[{\"embedding\":[1]}]}"), 100);
    fixture_finish(&f, true);
    struct sl_ai_usage u = sl_ai_relay_usage(f.relay);
    EXPECT_EQ(SL_AI_USAGE_ESTIMATED, u.source);
    EXPECT_EQ(5, u.input);
    EXPECT_EQ(0, u.output);
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ streams or not (T15) */

struct streaming_row {
    const char *vendor;
    enum sl_ai_dialect client;
    enum sl_ai_streaming how;
    const char *body, *want;
};

static const struct streaming_row streaming_rows[] = {
    {"openai", SL_AI_OPENAI_CHAT, SL_AI_STREAM_ALWAYS, "{\"model\":\"m\",\"messages\":[]}",
     "{\"stream\":true,\"stream_options\":{\"include_usage\":true},\"model\":\"real\",\"messages\":[]}"},
    {"openai", SL_AI_OPENAI_CHAT, SL_AI_STREAM_ALWAYS,
     "{\"model\":\"m\",\"stream\":false,\"messages\":[]}",
     "{\"stream_options\":{\"include_usage\":true},\"model\":\"real\",\"stream\":true,\"messages\":[]}"},
    {"openai", SL_AI_OPENAI_CHAT, SL_AI_STREAM_ALWAYS,
     "{\"model\":\"m\",\"stream\":null,\"messages\":[]}",
     "{\"stream_options\":{\"include_usage\":true},\"model\":\"real\",\"stream\":true,\"messages\":[]}"},
    {"openai", SL_AI_OPENAI_CHAT, SL_AI_STREAM_NEVER,
     "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"messages\":[]}",
     "{\"model\":\"real\",\"stream\":false,\"messages\":[]}"},
    {"openai", SL_AI_OPENAI_CHAT, SL_AI_STREAM_NEVER, "{\"model\":\"m\",\"messages\":[]}",
     "{\"model\":\"real\",\"messages\":[]}"},
    {"anthropic", SL_AI_ANTHROPIC, SL_AI_STREAM_ALWAYS,
     "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[]}",
     "{\"stream\":true,\"model\":\"real\",\"max_tokens\":9,\"messages\":[]}"},
    {"anthropic", SL_AI_ANTHROPIC, SL_AI_STREAM_NEVER,
     "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":[]}",
     "{\"model\":\"real\",\"max_tokens\":9,\"stream\":false,\"messages\":[]}"},
};

TEST(call, t15_a_vendor_is_asked_for_a_stream_always_or_never)
{
    for (size_t i = 0; i < SL_LEN(streaming_rows); i++) {
        const struct streaming_row *row = &streaming_rows[i];
        struct call_fixture f;
        fixture_init(&f, row->vendor);
        f.target.streaming = row->how;
        EXPECT_STR(row->want, fixture_write(&f, row->client, row->body));
        fixture_fini(&f);
    }
}

TEST(call, t15_a_translated_request_too_and_the_next_attempt_is_as_asked)
{
    static const char body[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    f.target.streaming = SL_AI_STREAM_ALWAYS;
    sl_str text = fixture_write(&f, SL_AI_OPENAI_CHAT, body);
    EXPECT(sl_str_find_str(text, SL_STR("\"stream\":true")) != SIZE_MAX);
    EXPECT(!f.call.is_stream);
    EXPECT(f.call.decoded != NULL && !f.call.decoded->is_stream);
    EXPECT_STR("text/event-stream", sl_headers_get_id(&f.wire.headers, SL_H_ACCEPT));
    fixture_fini(&f);
}
