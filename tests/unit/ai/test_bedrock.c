/*
 * bedrock: where its requests go, how they are signed, and what its refusals mean (cases E6 E10).
 */
#include "base/err.h"
#include "codec/awsevent.h"
#include "tests/unit/ai/call_fixture.h"

#define MESSAGES "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define ASKS "{\"model\":\"m\"," MESSAGES
#define ASKS_STREAM "{\"model\":\"m\",\"stream\":true," MESSAGES
#define KEY "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static void setup(struct call_fixture *f, const char *model, const char *key)
{
    fixture_init(f, "aws-bedrock");
    f->target.base_url_path = (sl_str){0};
    f->target.authority = SL_STR("bedrock-runtime.eu-central-1.amazonaws.com");
    f->target.region = SL_STR("eu-central-1");
    f->target.now_unix_s = 1440938160;
    f->target.model = sl_cstr(model);
    f->target.key = sl_cstr(key);
}

TEST(bedrock, the_path_names_the_model_encoded_once)
{
    static const struct {
        const char *model, *asks, *path;
    } rows[] = {
        {"anthropic.claude-x-v1:0", ASKS, "/model/anthropic.claude-x-v1%3A0/converse"},
        {"anthropic.claude-x-v1:0", ASKS_STREAM,
         "/model/anthropic.claude-x-v1%3A0/converse-stream"},
        {"arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/ab12cd", ASKS,
         "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Aapplication-inference-profile"
         "%2Fab12cd/converse"},
        {"a b/../c?d#e", ASKS, "/model/a%20b%2F..%2Fc%3Fd%23e/converse"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        setup(&f, rows[i].model, KEY);
        (void)fixture_write(&f, SL_AI_OPENAI_CHAT, rows[i].asks);
        EXPECT_STR(rows[i].path, f.wire.path);
        fixture_fini(&f);
    }
}

static sl_str field(const struct call_fixture *f, const char *name)
{
    const struct sl_header *h = sl_headers_find(&f->wire.headers, sl_cstr(name));
    return h != NULL ? h->value : (sl_str){0};
}

/* Made with @smithy/signature-v4 5.7.5 for the body that is asserted. */
TEST(bedrock, requests_are_signed_as_they_are_sent)
{
    struct call_fixture f;
    setup(&f, "anthropic.claude-x-v1:0", KEY ":TOKEN==");
    EXPECT_STR("{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}],"
               "\"inferenceConfig\":{}}",
               fixture_write(&f, SL_AI_OPENAI_CHAT, ASKS_STREAM));
    EXPECT_STR("20150830T123600Z", field(&f, "x-amz-date"));
    EXPECT_STR("TOKEN==", field(&f, "x-amz-security-token"));
    EXPECT_STR("b6fff0df2bce132e3ae65a48f7e36f8e452ccf78e220512c6fb609d755d88f3e",
               field(&f, "x-amz-content-sha256"));
    EXPECT_STR("application/vnd.amazon.eventstream", field(&f, "accept"));
    EXPECT_STR(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-central-1/bedrock/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, "
        "Signature=0307b153e410e641c6716b85c2325c0c5ef4a76d42fbc7f06393506818bd8532",
        field(&f, "authorization"));
    fixture_fini(&f);
}

TEST(bedrock, the_path_of_a_base_url_is_signed_too)
{
    struct call_fixture f;
    setup(&f, "m", KEY);
    (void)fixture_write(&f, SL_AI_OPENAI_CHAT, ASKS);
    sl_str direct = field(&f, "authorization");
    f.target.base_url_path = SL_STR("/proxy");
    (void)fixture_write(&f, SL_AI_OPENAI_CHAT, ASKS);
    EXPECT_STR("/proxy/model/m/converse", f.wire.path);
    EXPECT(!sl_str_eq(direct, field(&f, "authorization")));
    fixture_fini(&f);
}

TEST(bedrock, an_api_key_is_a_bearer_token)
{
    struct call_fixture f;
    setup(&f, "m", "ABSKQmVkcm9ja0FQSUtleQ==");
    (void)fixture_write(&f, SL_AI_OPENAI_CHAT, ASKS);
    EXPECT_STR("Bearer ABSKQmVkcm9ja0FQSUtleQ==", field(&f, "authorization"));
    EXPECT_STR("", field(&f, "x-amz-date"));
    fixture_fini(&f);
}

TEST(bedrock, other_operations_are_not_offered)
{
    struct call_fixture f;
    setup(&f, "m", KEY);
    EXPECT_EQ(SL_OK,
              sl_ai_call_read(SL_AI_MODERATIONS, SL_AI_OPENAI_CHAT,
                              SL_STR("{\"model\":\"m\",\"input\":\"x\"}"), f.a, &f.call, &f.d));
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    fixture_fini(&f);
}

TEST(bedrock, e10_refusals_mean_what_their_type_says)
{
    static const struct {
        uint16_t status;
        const char *type, *body;
        enum sl_ai_fault_class class_;
        uint16_t openai, anthropic; /* what the clients get */
        const char *message;
    } rows[] = {
        {429, "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/",
         "{\"message\":\"Too many tokens, please wait before trying again.\"}", SL_AI_FAULT_RATE,
         429, 429, "Too many tokens, please wait before trying again."},
        {400, "ServiceQuotaExceededException", "{\"message\":\"m\"}", SL_AI_FAULT_RATE, 429, 429,
         "m"},
        {429, "ModelNotReadyException", "{\"message\":\"m\"}", SL_AI_FAULT_RATE, 429, 429, "m"},
        {408, "ModelTimeoutException", "{\"message\":\"m\"}", SL_AI_FAULT_OVERLOAD, 504, 504, "m"},
        {424, "ModelErrorException", "{\"message\":\"m\"}", SL_AI_FAULT_OVERLOAD, 503, 529, "m"},
        {500, "InternalServerException", "{\"message\":\"m\"}", SL_AI_FAULT_OVERLOAD, 500, 529,
         "m"},
        {503, "ServiceUnavailableException", "{\"Message\":\"m\"}", SL_AI_FAULT_OVERLOAD, 503, 529,
         "m"},
        {400, "ValidationException", "{\"message\":\"Input is too long for requested model.\"}",
         SL_AI_FAULT_CONTEXT, 400, 400, "Input is too long for requested model."},
        {400, "ValidationException",
         "{\"message\":\"Invocation of model ID x with on-demand throughput isn\\u2019t "
         "supported.\"}",
         SL_AI_FAULT_REQUEST, 400, 400,
         "Invocation of model ID x with on-demand throughput isn\xe2\x80\x99t supported."},
        {404, "ResourceNotFoundException", "{\"message\":\"m\"}", SL_AI_FAULT_REQUEST, 404, 404,
         "m"},
        {403, "AccessDeniedException", "{\"Message\":\"m\"}", SL_AI_FAULT_AUTH, 502, 502, "m"},
        {403, "UnrecognizedClientException",
         "{\"message\":\"The security token included in the request is invalid.\"}",
         SL_AI_FAULT_AUTH, 502, 502, "The security token included in the request is invalid."},
        {403, NULL, "{\"__type\":\"com.amazon.coral.service#InvalidSignatureException\"}",
         SL_AI_FAULT_AUTH, 502, 502, "the vendor answered with status 403"},
        {403, NULL, "", SL_AI_FAULT_AUTH, 502, 502, "the vendor answered with status 403"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
        struct sl_head head = {.status = rows[i].status};
        struct sl_ai_fault f;
        sl_headers_init(&head.headers, a);
        if (rows[i].type != NULL)
            EXPECT(
                sl_headers_add(&head.headers, SL_STR("x-amzn-ErrorType"), sl_cstr(rows[i].type)));
        sl_ai_fault_read(sl_ai_vendor_find(SL_STR("aws-bedrock")), &head, sl_cstr(rows[i].body), 0,
                         a, &f);
        EXPECT_EQ(rows[i].class_, f.class_);
        EXPECT_EQ(rows[i].openai, sl_ai_fault_status(&f, SL_AI_OPENAI_CHAT));
        EXPECT_EQ(rows[i].anthropic, sl_ai_fault_status(&f, SL_AI_ANTHROPIC));
        EXPECT_STR(rows[i].message, f.message);
        sl_arena_free(a);
    }
}

/* Before any content an exception is a refusal like another: a fallback is still possible (T6, T7). */
TEST(bedrock, t6_an_exception_before_content_leaves_the_choice)
{
    const struct sl_awsevent_header start[] = {
        {SL_STR(":event-type"), SL_AWSEVENT_STRING, 0, SL_STR("messageStart")},
        {SL_STR(":message-type"), SL_AWSEVENT_STRING, 0, SL_STR("event")},
    };
    const struct sl_awsevent_header exception[] = {
        {SL_STR(":exception-type"), SL_AWSEVENT_STRING, 0, SL_STR("throttlingException")},
        {SL_STR(":message-type"), SL_AWSEVENT_STRING, 0, SL_STR("exception")},
    };
    struct sl_strbuf stream = {0};
    struct call_fixture f;
    EXPECT(sl_awsevent_write(&stream, start, SL_LEN(start), SL_STR("{\"role\":\"assistant\"}")));
    EXPECT(sl_awsevent_write(&stream, exception, SL_LEN(exception), SL_STR("{\"message\":\"m\"}")));
    setup(&f, "m", KEY);
    (void)fixture_write(&f, SL_AI_OPENAI_CHAT, ASKS_STREAM);
    fixture_open(&f, true, NULL);
    fixture_feed(&f, sl_strbuf_str(&stream), 7);
    const struct sl_ai_relay_state *marks = sl_ai_relay_state(f.relay);
    EXPECT(marks->has_failed && !marks->has_content);
    EXPECT_EQ(SL_AI_FAULT_RATE, marks->fault.class_);
    fixture_fini(&f);
    sl_strbuf_fini(&stream);
}

/* X8: the tool that stands for a format comes back as content, whole and streamed. */
TEST(bedrock, x8_a_tool_in_place_of_a_format_comes_back_as_content)
{
    struct call_fixture f;
    setup(&f, "anthropic.claude-x", KEY);
    (void)fixture_write(
        &f, SL_AI_OPENAI_CHAT,
        "{\"model\":\"m\",\"response_format\":{\"type\":\"json_object\"}," MESSAGES);
    fixture_open(&f, false, NULL);
    fixture_feed(
        &f,
        SL_STR("{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":[{\"toolUse\":"
               "{\"toolUseId\":\"t\",\"name\":\"json_answer\",\"input\":{\"a\":1.0}}}]}},"
               "\"stopReason\":\"tool_use\",\"usage\":{\"inputTokens\":1,"
               "\"outputTokens\":2,\"totalTokens\":3}}"),
        50);
    sl_str text = fixture_finish(&f, true);
    EXPECT(sl_str_find_str(text, SL_STR("\"content\":\"{\\\"a\\\":1.0}\"")) != SIZE_MAX);
    EXPECT(sl_str_find_str(text, SL_STR("\"finish_reason\":\"stop\"")) != SIZE_MAX);
    EXPECT(sl_str_find_str(text, SL_STR("tool_calls")) == SIZE_MAX);
    fixture_fini(&f);
}
