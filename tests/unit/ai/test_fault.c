/* test_fault: what refusals mean and how clients see them (cases U3 E1 E5 E6 E10). */
#include "ai/call.h"
#include "base/err.h"
#include "tests/test.h"

enum { NOW_S = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

struct fault_fixture {
    struct sl_arena *a;
    struct sl_head head;
    struct sl_ai_fault f;
};

static void setup(struct fault_fixture *x)
{
    memset(x, 0, sizeof(*x));
    x->a = sl_arena_new("test", SL_MIB(4));
    sl_headers_init(&x->head.headers, x->a);
}

static void read_fault(struct fault_fixture *x, const char *vendor, uint16_t status,
                       const char *body)
{
    x->head.status = status;
    sl_ai_fault_read(sl_ai_vendor_find(sl_cstr(vendor)), &x->head, sl_cstr(body), NOW_S, x->a,
                     &x->f);
}

/* ------------------------------------------------------------------ meaning */

struct refusal {
    const char *vendor;
    uint16_t status;
    const char *body;
    enum sl_ai_fault_class class_;
    sl_rc rc;
};

#define OA(message, type, code)                                                                   \
    "{\"error\":{\"message\":\"" message "\",\"type\":\"" type "\",\"param\":null,\"code\":" code \
    "}}"
#define AN(message, type)                                                         \
    "{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" message \
    "\"},\"request_id\":\"r\"}"

static void expect_meaning(const struct refusal *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct fault_fixture x;
        setup(&x);
        read_fault(&x, rows[i].vendor, rows[i].status, rows[i].body);
        if (x.f.class_ != rows[i].class_ || x.f.rc != rows[i].rc)
            print_error("row %zu: %u %s\n", i, rows[i].status, rows[i].body);
        EXPECT_EQ(rows[i].class_, x.f.class_);
        EXPECT_EQ(rows[i].rc, x.f.rc);
        sl_arena_free(x.a);
    }
}

TEST(fault, e5_faults_of_the_request_are_its_own)
{
    static const struct refusal rows[] = {
        {"openai", 400, OA("bad", "invalid_request_error", "null"), SL_AI_FAULT_REQUEST,
         SL_E_AI_VENDOR_REQUEST},
        {"openai", 404, OA("no model", "invalid_request_error", "\"model_not_found\""),
         SL_AI_FAULT_REQUEST, SL_E_AI_VENDOR_REQUEST},
        {"mistral", 422,
         "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\",\"type\":\"missing\"}]}",
         SL_AI_FAULT_REQUEST, SL_E_AI_VENDOR_REQUEST},
        {"cohere", 400, "{\"message\":\"invalid request\"}", SL_AI_FAULT_REQUEST,
         SL_E_AI_VENDOR_REQUEST},
        {"anthropic", 400, AN("messages: empty", "invalid_request_error"), SL_AI_FAULT_REQUEST,
         SL_E_AI_VENDOR_REQUEST},
        {"openai", 405, "", SL_AI_FAULT_REQUEST, SL_E_AI_VENDOR_REQUEST},
        {"openai", 415, "", SL_AI_FAULT_REQUEST, SL_E_AI_VENDOR_REQUEST},
    };
    expect_meaning(rows, SL_LEN(rows));
}

TEST(fault, e5_a_full_context_and_a_content_policy_are_recognised)
{
    static const struct refusal rows[] = {
        {"openai", 400, OA("m", "invalid_request_error", "\"context_length_exceeded\""),
         SL_AI_FAULT_CONTEXT, SL_E_AI_CONTEXT},
        {"anthropic", 400,
         AN("prompt is too long: 210000 tokens > 200000 maximum", "invalid_request_error"),
         SL_AI_FAULT_CONTEXT, SL_E_AI_CONTEXT},
        {"vllm", 400,
         "{\"object\":\"error\",\"message\":\"This model's maximum context length is 4096 tokens\",\"type\":\"BadRequestError\",\"code\":400}",
         SL_AI_FAULT_CONTEXT, SL_E_AI_CONTEXT},
        {"openai", 400, OA("m", "invalid_request_error", "\"content_policy_violation\""),
         SL_AI_FAULT_CONTENT, SL_E_AI_CONTENT},
        {"openai", 400, OA("m", "x", "\"content_filter\""), SL_AI_FAULT_CONTENT, SL_E_AI_CONTENT},
    };
    expect_meaning(rows, SL_LEN(rows));
}

TEST(fault, e6_dead_keys_and_empty_accounts_are_ours)
{
    static const struct refusal rows[] = {
        {"openai", 401,
         OA("Incorrect API key provided: sk-1", "invalid_request_error", "\"invalid_api_key\""),
         SL_AI_FAULT_AUTH, SL_E_AI_VENDOR_AUTH},
        {"openai", 401, OA("You didn't provide an API key.", "invalid_request_error", "null"),
         SL_AI_FAULT_AUTH, SL_E_AI_VENDOR_AUTH},
        {"openai", 403, OA("no", "invalid_request_error", "null"), SL_AI_FAULT_AUTH,
         SL_E_AI_VENDOR_AUTH},
        {"groq", 401, "", SL_AI_FAULT_AUTH, SL_E_AI_VENDOR_AUTH},
        {"anthropic", 403, AN("no", "permission_error"), SL_AI_FAULT_AUTH, SL_E_AI_VENDOR_AUTH},
        {"cohere", 498, "{\"message\":\"invalid api token\"}", SL_AI_FAULT_AUTH,
         SL_E_AI_VENDOR_AUTH},
        {"openai", 402, "", SL_AI_FAULT_CREDIT, SL_E_AI_VENDOR_QUOTA},
        {"openai", 429,
         OA("You exceeded your current quota", "insufficient_quota", "\"insufficient_quota\""),
         SL_AI_FAULT_CREDIT, SL_E_AI_VENDOR_QUOTA},
        {"openai", 400, OA("m", "invalid_request_error", "\"billing_hard_limit_reached\""),
         SL_AI_FAULT_CREDIT, SL_E_AI_VENDOR_QUOTA},
        {"openai", 429,
         OA("You exceeded your current quota, please check your plan and billing details.",
            "requests", "null"),
         SL_AI_FAULT_CREDIT, SL_E_AI_VENDOR_QUOTA},
        {"deepseek", 429, OA("Insufficient Balance", "unknown_error", "null"), SL_AI_FAULT_CREDIT,
         SL_E_AI_VENDOR_QUOTA},
        {"anthropic", 400,
         AN("Your credit balance is too low to access the API", "invalid_request_error"),
         SL_AI_FAULT_CREDIT, SL_E_AI_VENDOR_QUOTA},
        {"anthropic", 429,
         "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"m\",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}",
         SL_AI_FAULT_CREDIT, SL_E_AI_VENDOR_QUOTA},
        {"mistral", 403, "{\"message\":\"Your quota is used up\"}", SL_AI_FAULT_CREDIT,
         SL_E_AI_VENDOR_QUOTA},
    };
    expect_meaning(rows, SL_LEN(rows));
}

TEST(fault, rates_and_overloads_are_the_vendors)
{
    static const struct refusal rows[] = {
        {"openai", 429, OA("m", "tokens", "\"rate_limit_exceeded\""), SL_AI_FAULT_RATE,
         SL_E_AI_VENDOR_RATE},
        {"openai", 429, OA("m", "invalid_request_error", "null"), SL_AI_FAULT_RATE,
         SL_E_AI_VENDOR_RATE},
        {"openai", 429, "", SL_AI_FAULT_RATE, SL_E_AI_VENDOR_RATE},
        {"anthropic", 429, AN("m", "rate_limit_error"), SL_AI_FAULT_RATE, SL_E_AI_VENDOR_RATE},
        {"anthropic", 529, AN("Overloaded", "overloaded_error"), SL_AI_FAULT_OVERLOAD,
         SL_E_AI_VENDOR_OVERLOAD},
        {"openai", 500, OA("m", "server_error", "null"), SL_AI_FAULT_OVERLOAD,
         SL_E_AI_VENDOR_OVERLOAD},
        {"openai", 503, OA("m", "invalid_request_error", "null"), SL_AI_FAULT_OVERLOAD,
         SL_E_AI_VENDOR_OVERLOAD},
        {"openai", 408, "", SL_AI_FAULT_OVERLOAD, SL_E_AI_VENDOR_OVERLOAD},
        {"openai", 502, "<html><body>Bad Gateway 10.0.0.1</body></html>", SL_AI_FAULT_OVERLOAD,
         SL_E_AI_VENDOR_OVERLOAD},
        {"openai", 504, "", SL_AI_FAULT_OVERLOAD, SL_E_AI_VENDOR_OVERLOAD},
        {"openrouter", 200, "{\"error\":{\"message\":\"m\",\"code\":429}}", SL_AI_FAULT_RATE,
         SL_E_AI_VENDOR_RATE},
    };
    expect_meaning(rows, SL_LEN(rows));
}

TEST(fault, u3_a_refusal_of_stream_options_is_learned_from)
{
    static const struct refusal rows[] = {
        {"custom-openai", 400,
         OA("Unknown parameter: 'stream_options'.", "invalid_request_error", "null"),
         SL_AI_FAULT_NO_STREAM_OPTIONS, SL_E_AI_VENDOR_REQUEST},
        {"custom-openai", 400, OA("json: unknown field \\\"include_usage\\\"", "x", "null"),
         SL_AI_FAULT_NO_STREAM_OPTIONS, SL_E_AI_VENDOR_REQUEST},
        {"custom-openai", 422,
         "{\"detail\":[{\"loc\":[\"body\",\"stream_options\"],\"msg\":\"Extra inputs are not permitted\"}]}",
         SL_AI_FAULT_NO_STREAM_OPTIONS, SL_E_AI_VENDOR_REQUEST},
        {"custom-openai", 400, "{\"error\":{\"message\":\"bad\",\"param\":\"stream_options\"}}",
         SL_AI_FAULT_NO_STREAM_OPTIONS, SL_E_AI_VENDOR_REQUEST},
    };
    expect_meaning(rows, SL_LEN(rows));
}

TEST(fault, a_signature_of_a_wrong_time_is_told_apart)
{
    static const struct refusal rows[] = {
        {"aws-bedrock", 403,
         "{\"message\":\"Signature expired: 20261127T010000Z is now earlier than 20261127T015500Z\"}",
         SL_AI_FAULT_CLOCK, SL_E_AI_VENDOR_AUTH},
        {"aws-bedrock", 403,
         "{\"message\":\"Signature not yet current: 20261127T030000Z is still later than\"}",
         SL_AI_FAULT_CLOCK, SL_E_AI_VENDOR_AUTH},
        {"aws-bedrock", 403, "{\"message\":\"The request signature we calculated does not match\"}",
         SL_AI_FAULT_AUTH, SL_E_AI_VENDOR_AUTH},
    };
    expect_meaning(rows, SL_LEN(rows));
}

TEST(fault, the_time_at_the_vendor_is_read_where_signatures_depend_on_it)
{
    static const char expired[] = "{\"message\":\"Signature expired: x\"}";
    struct fault_fixture x;
    setup(&x);
    read_fault(&x, "aws-bedrock", 403, expired);
    EXPECT_EQ(0, x.f.vendor_unix_s);
    EXPECT(sl_headers_add_id(&x.head.headers, SL_H_DATE, SL_STR("Sun, 06 Nov 1994 08:49:37 GMT")));
    read_fault(&x, "aws-bedrock", 403, expired);
    EXPECT_EQ(784111777, x.f.vendor_unix_s);
    sl_arena_free(x.a);
}

TEST(fault, e10_a_vendors_numbers_say_more_than_the_status)
{
    static const struct refusal rows[] = {
        {"zhipu", 429, OA("m", "", "\"1113\""), SL_AI_FAULT_CREDIT, SL_E_AI_VENDOR_QUOTA},
        {"zhipu", 429, OA("m", "", "\"1302\""), SL_AI_FAULT_RATE, SL_E_AI_VENDOR_RATE},
        {"zhipu", 400, OA("m", "", "\"1002\""), SL_AI_FAULT_AUTH, SL_E_AI_VENDOR_AUTH},
        {"zhipu", 400, OA("m", "", "\"1261\""), SL_AI_FAULT_CONTEXT, SL_E_AI_CONTEXT},
        {"minimax-cn", 200, "{\"base_resp\":{\"status_code\":1008,\"status_msg\":\"m\"}}",
         SL_AI_FAULT_CREDIT, SL_E_AI_VENDOR_QUOTA},
        {"minimax-cn", 200, "{\"base_resp\":{\"status_code\":1002,\"status_msg\":\"m\"}}",
         SL_AI_FAULT_RATE, SL_E_AI_VENDOR_RATE},
        {"minimax-intl", 200, "{\"base_resp\":{\"status_code\":1039,\"status_msg\":\"m\"}}",
         SL_AI_FAULT_RATE, SL_E_AI_VENDOR_RATE},
        {"minimax-cn", 200, "{\"base_resp\":{\"status_code\":2013,\"status_msg\":\"m\"}}",
         SL_AI_FAULT_REQUEST, SL_E_AI_VENDOR_REQUEST},
        {"baidu-qianfan", 200, "{\"error_code\":17,\"error_msg\":\"m\"}", SL_AI_FAULT_CREDIT,
         SL_E_AI_VENDOR_QUOTA},
        {"baidu-qianfan", 200, "{\"error_code\":336503,\"error_msg\":\"m\"}", SL_AI_FAULT_RATE,
         SL_E_AI_VENDOR_RATE},
        {"baidu-qianfan", 200, "{\"error_code\":110,\"error_msg\":\"m\"}", SL_AI_FAULT_AUTH,
         SL_E_AI_VENDOR_AUTH},
        /* the same numbers are nothing elsewhere */
        {"openai", 400, OA("m", "", "\"1113\""), SL_AI_FAULT_REQUEST, SL_E_AI_VENDOR_REQUEST},
        {"moonshot-cn", 429, OA("m", "exceeded_current_quota_error", "null"), SL_AI_FAULT_CREDIT,
         SL_E_AI_VENDOR_QUOTA},
        {"moonshot-cn", 429, OA("m", "engine_overloaded_error", "null"), SL_AI_FAULT_RATE,
         SL_E_AI_VENDOR_RATE},
        {"alibaba-cn", 429, OA("m", "", "\"Throttling.RateQuota\""), SL_AI_FAULT_RATE,
         SL_E_AI_VENDOR_RATE},
        {"alibaba-cn", 400, OA("m", "", "\"Arrearage\""), SL_AI_FAULT_CREDIT, SL_E_AI_VENDOR_QUOTA},
        {"tencent-hunyuan", 200,
         "{\"Response\":{\"Error\":{\"Code\":\"AuthFailure\",\"Message\":\"m\"}}}",
         SL_AI_FAULT_OVERLOAD, SL_E_AI_VENDOR_OVERLOAD},
    };
    expect_meaning(rows, SL_LEN(rows));
}

/* ------------------------------------------------------------------ texts */

TEST(fault, the_texts_of_all_shapes_are_found)
{
    static const struct {
        const char *body, *message, *type, *code, *param;
    } rows[] = {
        {"{\"error\":{\"message\":\"a \\u00e9\",\"type\":\"t\",\"code\":\"c\",\"param\":\"p\"}}",
         "a \xc3\xa9", "t", "c", "p"},
        {"{\"error\":\"just text\"}", "just text", "", "", ""},
        {"{\"object\":\"error\",\"message\":\"m\",\"type\":\"t\",\"code\":\"3000\"}", "m", "t",
         "3000", ""},
        {"{\"title\":\"Not Found\",\"status\":404}", "Not Found", "", "", ""},
        {"[{\"error\":{\"code\":400,\"message\":\"m\",\"status\":\"INVALID_ARGUMENT\"}}]", "m",
         "INVALID_ARGUMENT", "", ""},
        {"{\"detail\":[{\"msg\":\"first\"},{\"msg\":\"second\"}]}", "first", "", "", ""},
        {"{\"base_resp\":{\"status_code\":1008,\"status_msg\":\"no\"}}", "no", "", "1008", ""},
        {"{\"error_code\":336003,\"error_msg\":\"m\"}", "m", "", "336003", ""},
        {"{\"success\":false,\"errors\":[{\"code\":7003,\"message\":\"m\"}],\"result\":null}", "m",
         "", "7003", ""},
        {"{\"choices\":[{\"error\":{\"code\":\"x\",\"message\":\"m\"}}]}", "m", "", "x", ""},
        {"{\"errors\":[],\"choices\":[]}", "the vendor answered with status 400", "", "", ""},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct fault_fixture x;
        setup(&x);
        read_fault(&x, "openai", 400, rows[i].body);
        EXPECT_STR(rows[i].message, x.f.message);
        EXPECT_STR(rows[i].type, x.f.type);
        EXPECT_STR(rows[i].code, x.f.code);
        EXPECT_STR(rows[i].param, x.f.param);
        sl_arena_free(x.a);
    }
}

TEST(fault, e10_a_page_for_people_is_not_passed_on)
{
    static const char *const bodies[] = {
        "<html>secret</html>", "upstream secret", "", "{\"error\":", "\xff", "[]", "{}", "null"};
    for (size_t i = 0; i < SL_LEN(bodies); i++) {
        struct fault_fixture x;
        setup(&x);
        read_fault(&x, "openai", 502, bodies[i]);
        EXPECT_STR("the vendor answered with status 502", x.f.message);
        sl_arena_free(x.a);
    }
}

TEST(fault, a_long_message_is_cut_between_characters)
{
    struct fault_fixture x;
    struct sl_strbuf b = {0};
    setup(&x);
    sl_strbuf_add(&b, SL_STR("{\"error\":{\"message\":\"x"));
    for (int i = 0; i < 5000; i++)
        sl_strbuf_add(&b, SL_STR("\xc3\xa9"));
    sl_strbuf_add(&b, SL_STR("\"}}"));
    sl_strbuf_add_char(&b, '\0');
    read_fault(&x, "openai", 400, b.p);
    EXPECT_EQ(2047, x.f.message.n);
    sl_strbuf_fini(&b);
    sl_arena_free(x.a);
}

/* ------------------------------------------------------------------ when to come back */

struct field {
    const char *name, *value;
};

static sl_usec retry_after(const struct field *fields, size_t n, const char *body)
{
    struct fault_fixture x;
    setup(&x);
    for (size_t i = 0; i < n && fields[i].name != NULL; i++)
        EXPECT(sl_headers_add(&x.head.headers, sl_cstr(fields[i].name), sl_cstr(fields[i].value)));
    read_fault(&x, "openai", 429, body);
    sl_arena_free(x.a);
    return x.f.retry_after_us;
}

TEST(fault, e1_every_spelling_of_the_delay_is_understood)
{
    static const struct {
        struct field fields[4];
        const char *body;
        sl_usec want_us;
    } rows[] = {
        {{{NULL, NULL}}, "", -1},
        {{{"retry-after", "7"}}, "", SL_SECONDS(7)},
        {{{"Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT"}}, "", SL_SECONDS(10)},
        {{{"retry-after-ms", "250"}}, "", SL_MS(250)},
        {{{"retry-after-ms", "1500.5"}, {"retry-after", "9"}}, "", 1500500},
        {{{"retry-after", "soon"}}, "", -1},
        {{{"x-ratelimit-reset-requests", "1m2.5s"}}, "", 62500000},
        {{{"x-ratelimit-reset-requests", "20ms"}, {"x-ratelimit-reset-tokens", "6s"}},
         "",
         SL_SECONDS(6)},
        {{{"x-ratelimit-reset-requests", "1h"},
          {"x-ratelimit-remaining-requests", "99"},
          {"x-ratelimit-reset-tokens", "6s"},
          {"x-ratelimit-remaining-tokens", "0"}},
         "",
         SL_SECONDS(6)},
        {{{"anthropic-ratelimit-tokens-reset", "1994-11-06T08:50:00Z"}}, "", SL_SECONDS(23)},
        {{{"anthropic-ratelimit-tokens-reset", "1994-11-06T08:00:00Z"}}, "", 0},
        {{{NULL, NULL}},
         "{\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":\"q\"},{\"@type\":\"RetryInfo\",\"retryDelay\":\"37s\"}]}}",
         SL_SECONDS(37)},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_EQ(rows[i].want_us,
                  retry_after(rows[i].fields, SL_LEN(rows[i].fields), rows[i].body));
}

TEST(fault, a_reset_is_no_delay_unless_the_rate_is_the_fault)
{
    struct fault_fixture x;
    setup(&x);
    EXPECT(sl_headers_add(&x.head.headers, SL_STR("x-ratelimit-reset-requests"), SL_STR("6s")));
    read_fault(&x, "openai", 500, "");
    EXPECT_EQ(-1, x.f.retry_after_us);
    sl_arena_free(x.a);
}

TEST(fault, e1_a_quota_that_says_when_it_is_full_again_is_a_rate)
{
    static const char *const fields[] = {"retry-after", "retry-after-ms"};
    for (size_t i = 0; i < SL_LEN(fields); i++) {
        struct fault_fixture x;
        setup(&x);
        EXPECT(sl_headers_add(&x.head.headers, sl_cstr(fields[i]), SL_STR("9")));
        read_fault(&x, "gemini", 429,
                   "{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota, please "
                   "check your plan and billing details\",\"status\":\"RESOURCE_EXHAUSTED\"}}");
        EXPECT_EQ(SL_AI_FAULT_RATE, x.f.class_);
        EXPECT(x.f.retry_after_us > 0);
        sl_arena_free(x.a);
    }
}

TEST(fault, x_should_retry_false_is_obeyed)
{
    struct fault_fixture x;
    setup(&x);
    EXPECT(sl_headers_add(&x.head.headers, SL_STR("X-Should-Retry"), SL_STR("false")));
    read_fault(&x, "openai", 500, "");
    EXPECT(x.f.no_retry);
    sl_arena_free(x.a);
}

/* ------------------------------------------------------------------ for the client */

TEST(fault, e10_statuses_are_those_of_the_clients_dialect)
{
    static const struct {
        const char *vendor;
        uint16_t status;
        const char *body;
        uint16_t openai, anthropic;
        const char *openai_type, *anthropic_type;
    } rows[] = {
        {"openai", 400, "", 400, 400, "invalid_request_error", "invalid_request_error"},
        {"openai", 401, "", 502, 502, "server_error", "api_error"},
        {"openai", 402, "", 429, 429, "insufficient_quota", "rate_limit_error"},
        {"openai", 403, "", 502, 502, "server_error", "api_error"},
        {"openai", 404, "", 404, 404, "invalid_request_error", "invalid_request_error"},
        {"openai", 408, "", 504, 504, "server_error", "overloaded_error"},
        {"openai", 409, "", 409, 409, "invalid_request_error", "invalid_request_error"},
        {"openai", 413, "", 413, 413, "invalid_request_error", "invalid_request_error"},
        {"openai", 422, "", 422, 422, "invalid_request_error", "invalid_request_error"},
        {"openai", 429, "", 429, 429, "rate_limit_error", "rate_limit_error"},
        {"openai", 429, OA("m", "insufficient_quota", "null"), 429, 429, "insufficient_quota",
         "rate_limit_error"},
        {"openai", 400, OA("m", "x", "\"context_length_exceeded\""), 400, 400,
         "invalid_request_error", "invalid_request_error"},
        {"openai", 400, OA("m", "x", "\"content_filter\""), 400, 400, "invalid_request_error",
         "invalid_request_error"},
        {"openai", 500, "", 500, 529, "server_error", "overloaded_error"},
        {"openai", 502, "<html>", 502, 529, "server_error", "overloaded_error"},
        {"openai", 503, "", 503, 529, "server_error", "overloaded_error"},
        {"openai", 504, "", 504, 504, "server_error", "overloaded_error"},
        {"anthropic", 529, AN("Overloaded", "overloaded_error"), 503, 529, "server_error",
         "overloaded_error"},
        {"anthropic", 529, "", 503, 529, "server_error", "overloaded_error"},
        {"anthropic", 401, AN("invalid x-api-key", "authentication_error"), 502, 502,
         "server_error", "api_error"},
        {"anthropic", 504, AN("m", "timeout_error"), 504, 504, "server_error", "overloaded_error"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct fault_fixture x;
        setup(&x);
        read_fault(&x, rows[i].vendor, rows[i].status, rows[i].body);
        if (rows[i].openai != sl_ai_fault_status(&x.f, SL_AI_OPENAI_CHAT))
            print_error("row %zu\n", i);
        EXPECT_EQ(rows[i].openai, sl_ai_fault_status(&x.f, SL_AI_OPENAI_CHAT));
        EXPECT_EQ(rows[i].anthropic, sl_ai_fault_status(&x.f, SL_AI_ANTHROPIC));
        sl_str want = sl_fmt(x.a, "\"type\":\"%s\"", rows[i].openai_type);
        EXPECT(sl_str_find_str(sl_ai_fault_body(&x.f, SL_AI_OPENAI_CHAT, SL_STR("r1"), x.a),
                               want) != SIZE_MAX);
        want = sl_fmt(x.a, "\"type\":\"%s\"", rows[i].anthropic_type);
        EXPECT(sl_str_find_str(sl_ai_fault_body(&x.f, SL_AI_ANTHROPIC, SL_STR("r1"), x.a), want) !=
               SIZE_MAX);
        sl_arena_free(x.a);
    }
}

TEST(fault, e10_statuses_of_our_own_faults)
{
    static const struct {
        sl_rc rc;
        uint16_t openai, anthropic;
    } rows[] = {
        {SL_E_AI_BAD_BODY, 400, 400},   {SL_E_MODEL_UNKNOWN, 404, 404},
        {SL_E_MODEL_DENIED, 403, 403},  {SL_E_UNAUTHENTICATED, 401, 401},
        {SL_E_AI_COOLING, 429, 429},    {SL_E_AI_KEYS_DEAD, 502, 502},
        {SL_E_NO_TARGET, 503, 529},     {SL_E_OVERLOADED, 503, 529},
        {SL_E_CONNECT, 502, 502},       {SL_E_UPSTREAM_TIMEOUT, 504, 504},
        {SL_E_AI_STREAM_CUT, 502, 502}, {SL_E_DEADLINE, 504, 504},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_fault f = sl_ai_fault_of(rows[i].rc, SL_STR("m"));
        EXPECT_EQ(rows[i].openai, sl_ai_fault_status(&f, SL_AI_OPENAI_CHAT));
        EXPECT_EQ(rows[i].anthropic, sl_ai_fault_status(&f, SL_AI_ANTHROPIC));
        EXPECT_EQ(-1, f.retry_after_us);
    }
}

TEST(fault, e6_what_the_vendor_says_of_our_account_is_not_told)
{
    static const struct {
        uint16_t status;
        const char *body;
    } rows[] = {
        {401, OA("Incorrect API key provided: sk-secret", "invalid_request_error",
                 "\"invalid_api_key\"")},
        {429, OA("sk-secret has no quota", "insufficient_quota", "\"insufficient_quota\"")},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct fault_fixture x;
        setup(&x);
        read_fault(&x, "openai", rows[i].status, rows[i].body);
        EXPECT(sl_str_find_str(x.f.message, SL_STR("sk-secret")) != SIZE_MAX); /* for the log */
        EXPECT_EQ(SIZE_MAX,
                  sl_str_find_str(sl_ai_fault_body(&x.f, SL_AI_OPENAI_CHAT, SL_STR("r"), x.a),
                                  SL_STR("secret")));
        EXPECT_EQ(SIZE_MAX,
                  sl_str_find_str(sl_ai_fault_body(&x.f, SL_AI_ANTHROPIC, SL_STR("r"), x.a),
                                  SL_STR("secret")));
        sl_arena_free(x.a);
    }
}

TEST(fault, t4_events_have_the_dialects_shape)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_chunk_pool *pool = sl_chunk_pool_new();
    struct sl_ai_fault f = sl_ai_fault_of(SL_E_AI_STREAM_CUT, SL_STR("broke \"off\""));
    struct sl_chain out;
    sl_chain_init(&out, pool);
    sl_ai_fault_event(&f, SL_AI_OPENAI_CHAT, SL_STR("r"), a, &out);
    EXPECT_STR(
        "data: {\"error\":{\"message\":\"broke \\\"off\\\"\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_stream_interrupted\"}}\n\n",
        sl_chain_flatten(&out, a));
    sl_chain_clear(&out);
    sl_ai_fault_event(&f, SL_AI_ANTHROPIC, SL_STR("r"), a, &out);
    EXPECT_STR(
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"broke \\\"off\\\"\"},\"request_id\":\"r\"}\n\n",
        sl_chain_flatten(&out, a));
    sl_chain_fini(&out);
    sl_chunk_pool_free(pool);
    sl_arena_free(a);
}

TEST(fault, e10_clients_of_cohere_get_its_two_members)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_ai_fault f = sl_ai_fault_of(SL_E_AI_UNSUPPORTED, SL_STR("is \"not\" taken"));
    EXPECT_STR("{\"id\":\"r\",\"message\":\"is \\\"not\\\" taken\"}",
               sl_ai_fault_body(&f, SL_AI_COHERE, SL_STR("r"), a));
    sl_arena_free(a);
}
