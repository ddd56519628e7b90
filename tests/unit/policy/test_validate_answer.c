#include "codec/json.h"
#include "codec/jsonschema.h"
#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_validate;

static struct fake_exchange f;
static struct sl_chunk_pool *pool;
static struct sl_body pet[1], text[1];
static struct sl_response responses[3];
static struct sl_operation operation;

static const struct sl_schema *schema(const char *json)
{
    const struct sl_node *n = NULL;
    const struct sl_schema *s = NULL;
    struct sl_schema_set *set = sl_schema_set_new(NULL, f.arena, &f.diag);
    EXPECT_EQ(SL_OK, sl_json_to_node(sl_cstr(json), SL_STR(""), f.arena, &f.diag, &n));
    EXPECT_EQ(SL_OK, sl_schema_add(set, n, SL_STR("s"), &s));
    EXPECT_EQ(SL_OK, sl_schema_set_end(set));
    return s;
}

/* An upstream has answered: 200 with a pet, 4XX with text, 201 with whatever. */
static const void *begin(const char *yaml, uint16_t status, const char *type, const char *body)
{
    fake_exchange_init(&f);
    const void *config = fake_configure(&f, &sl_policy_validate, yaml);
    pet[0] = (struct sl_body){
        .media_type = SL_STR("application/json"),
        .schema = schema("{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{\"name\":{"
                         "\"type\":\"string\"}}}")};
    text[0] = (struct sl_body){.media_type = SL_STR("text/*")};
    responses[0] = (struct sl_response){.status = SL_STR("4XX"), .bodies = {.v = text, .n = 1}};
    responses[1] = (struct sl_response){.status = SL_STR("200"), .bodies = {.v = pet, .n = 1}};
    responses[2] = (struct sl_response){.status = SL_STR("201")};
    operation = (struct sl_operation){.responses = responses, .response_count = 3};
    f.route.operation = &operation;
    f.x.outbound.owner = &f.x.task;
    f.x.res.status = status;
    f.x.res.body_kind = SL_BODY_CHUNKED;
    if (type[0] != '\0')
        EXPECT(sl_headers_add_id(&f.x.res.headers, SL_H_CONTENT_TYPE, sl_cstr(type)));
    pool = sl_chunk_pool_new();
    sl_chain_init(&f.in.response.chain, pool);
    sl_chain_add_copy(&f.in.response.chain, sl_cstr(body));
    f.x.hold = SL_HOLD_WHOLE;
    return config;
}

static void end(void)
{
    sl_chain_fini(&f.in.response.chain);
    sl_chunk_pool_free(pool);
    fake_exchange_fini(&f);
}

static enum sl_verdict judge(const void *config)
{
    return fake_response(&f, &sl_policy_validate, config);
}

TEST(validate_answer, is_left_alone_unless_that_is_wanted)
{
    const void *c = begin("{}", 200, "application/json", "{}");
    EXPECT_EQ(0, sl_policy_validate.answer_bytes(&f.x, c));
    EXPECT_EQ(SL_PASS, judge(c));
    EXPECT_EQ(SL_ANSWER_UNASKED, f.x.record.answer_check);
    end();
}

TEST(validate_answer, keeps_to_what_is_described_or_is_refused_with_each_fault)
{
    static const struct {
        uint16_t status;
        const char *type, *body, *errors;
    } rows[] = {
        {200, "application/json; charset=utf-8", "{\"name\":\"Rex\"}", ""},
        {201, "anything/else", "x", ""},
        {404, "text/plain", "{", ""},
        {304, "", "", ""},
        {200, "application/json", "{\"name\":7}",
         "[{\"in\":\"body\",\"pointer\":\"/name\",\"detail\":\"must be a string\"}]"},
        {200, "text/html", "<p>",
         "[{\"in\":\"header\",\"name\":\"content-type\",\"pointer\":\"\",\"detail\":\"is of no type "
         "that is described\"}]"},
        {200, "", "x",
         "[{\"in\":\"header\",\"name\":\"content-type\",\"pointer\":\"\",\"detail\":\"is of no type "
         "that is described\"}]"},
        {404, "application/json", "{}",
         "[{\"in\":\"header\",\"name\":\"content-type\",\"pointer\":\"\",\"detail\":\"is of no type "
         "that is described\"}]"},
        {500, "text/plain", "no",
         "[{\"in\":\"status\",\"pointer\":\"\",\"detail\":\"500 is not described\"}]"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const void *c = begin("{responses: refuse}", rows[i].status, rows[i].type, rows[i].body);
        bool is_good = rows[i].errors[0] == '\0';
        EXPECT_EQ(is_good ? SL_PASS : SL_FAIL, judge(c));
        EXPECT_STR(rows[i].errors, f.x.errors);
        EXPECT_EQ(is_good ? SL_OK : SL_E_RESPONSE_INVALID, f.x.failed);
        end();
    }
}

TEST(validate_answer, that_is_empty_is_no_json)
{
    const void *c = begin("{responses: refuse}", 200, "application/json", "");
    EXPECT_EQ(SL_FAIL, judge(c));
    EXPECT_EQ(SL_ANSWER_FAULTY, f.x.record.answer_check);
    end();
    c = begin("{responses: refuse}", 200, "application/json", "");
    fake_target(&f, "HEAD", "/");
    EXPECT_EQ(SL_PASS, judge(c));
    end();
}

TEST(validate_answer, the_rest_goes_by_default)
{
    const void *c = begin("{responses: refuse}", 503, "application/json", "{\"name\":\"x\"}");
    responses[0] = (struct sl_response){.status = SL_STR("default"), .bodies = {.v = pet, .n = 1}};
    EXPECT_EQ(SL_PASS, judge(c));
    EXPECT_EQ(SL_ANSWER_FITS, f.x.record.answer_check);
    end();
}

TEST(validate_answer, a_report_lets_it_through_and_says_so)
{
    const void *c = begin("{responses: report}", 200, "application/json", "{}");
    sl_answer_header(&f.x, SL_STR("x-sluice-validation"), SL_STR("request; faults=2"));
    EXPECT_EQ(SL_PASS, judge(c));
    EXPECT_STR("request; faults=2, response; faults=1", fake_answer(&f, "x-sluice-validation"));
    EXPECT_EQ(SL_ANSWER_FAULTY, f.x.record.answer_check);
    end();
}

TEST(validate_answer, what_cannot_be_looked_at_passes_and_is_counted)
{
    const void *c = begin("{responses: report}", 200, "application/json", "{}");
    f.x.hold = SL_HOLD_TOO_LONG;
    EXPECT_EQ(SL_PASS, judge(c));
    EXPECT_STR("response; unchecked", fake_answer(&f, "x-sluice-validation"));
    EXPECT_EQ(SL_ANSWER_UNCHECKED, f.x.record.answer_check);
    end();
    c = begin("{responses: refuse}", 200, "application/json", "{}");
    EXPECT(sl_headers_add_id(&f.x.res.headers, SL_H_CONTENT_ENCODING, SL_STR("gzip")));
    EXPECT_EQ(0, sl_policy_validate.answer_bytes(&f.x, c));
    EXPECT_EQ(SL_PASS, judge(c));
    EXPECT_EQ(SL_ANSWER_UNCHECKED, f.x.record.answer_check);
    end();
}

TEST(validate_answer, only_bodies_with_a_schema_are_held_back)
{
    const void *c = begin("{responses: refuse, body_max: 5KiB}", 200, "application/json", "");
    EXPECT_EQ(5120, sl_policy_validate.answer_bytes(&f.x, c));
    f.x.res.status = 404;
    EXPECT_EQ(0, sl_policy_validate.answer_bytes(&f.x, c));
    f.x.res.status = 200;
    f.x.res.body_kind = SL_BODY_NONE;
    EXPECT_EQ(0, sl_policy_validate.answer_bytes(&f.x, c));
    end();
}

TEST(validate_answer, of_the_gateway_itself_is_not_checked)
{
    const void *c = begin("{responses: refuse}", 500, "text/plain", "no");
    f.x.outbound.owner = NULL;
    EXPECT_EQ(SL_PASS, judge(c));
    f.x.outbound.owner = &f.x.task;
    f.x.failed = SL_E_UPSTREAM_CLOSED;
    EXPECT_EQ(SL_PASS, judge(c));
    EXPECT_EQ(SL_ANSWER_UNASKED, f.x.record.answer_check);
    end();
}

TEST(validate_answer, is_asked_for_without_compression)
{
    const void *c = begin("{responses: refuse}", 200, "", "");
    fake_header(&f, "accept-encoding", "gzip, br");
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_validate, c));
    EXPECT_STR("identity", fake_upstream(&f, "accept-encoding"));
    end();
}
