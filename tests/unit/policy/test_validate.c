#include "codec/json.h"
#include "codec/jsonschema.h"
#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_validate;

static struct fake_exchange f;
static struct sl_parameter parameters[4];
static struct sl_body bodies[2];
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

static const void *begin(const char *yaml)
{
    fake_exchange_init(&f);
    const void *config = fake_configure(&f, &sl_policy_validate, yaml);
    parameters[0] =
        (struct sl_parameter){.name = SL_STR("ids"),
                              .place = SL_IN_QUERY,
                              .is_exploded = true,
                              .schema = schema("{\"type\":\"array\",\"items\":{\"type\":"
                                               "\"integer\"},\"maxItems\":2}")};
    parameters[1] = (struct sl_parameter){.name = SL_STR("x-mode"),
                                          .place = SL_IN_HEADER,
                                          .schema = schema("{\"enum\":[\"a\",\"b\"]}")};
    parameters[2] = (struct sl_parameter){.name = SL_STR("sid"),
                                          .place = SL_IN_COOKIE,
                                          .is_required = true,
                                          .schema = schema("{\"type\":\"string\"}")};
    parameters[3] =
        (struct sl_parameter){.name = SL_STR("flags"),
                              .place = SL_IN_QUERY,
                              .schema = schema("{\"type\":\"array\",\"items\":{\"type\":"
                                               "\"boolean\"}}")};
    bodies[0] = (struct sl_body){.media_type = SL_STR("application/json"),
                                 .schema = schema("{\"type\":\"object\"}")};
    bodies[1] = (struct sl_body){.media_type = SL_STR("text/*")};
    operation = (struct sl_operation){
        .parameters = parameters, .parameter_count = 4, .bodies = {.v = bodies, .n = 2}};
    f.route.operation = &operation;
    fake_header(&f, "cookie", "sid=1");
    return config;
}

static enum sl_verdict ask(const void *config, const char *target)
{
    fake_target(&f, "GET", target);
    return fake_request(&f, &sl_policy_validate, config);
}

TEST(validate, lists_are_repeated_or_have_commas)
{
    const void *c = begin("{}");
    EXPECT_EQ(SL_PASS, ask(c, "/a?ids=1&ids=2&flags=true,false"));
    EXPECT_EQ(SL_FAIL, ask(c, "/a?ids=1,2"));
    EXPECT_STR(
        "[{\"in\":\"query\",\"name\":\"ids\",\"pointer\":\"/0\",\"detail\":\"must be an integer\"}]",
        f.x.errors);
    fake_exchange_fini(&f);
}

TEST(validate, each_fault_is_told_with_its_place)
{
    const void *c = begin("{}");
    fake_header(&f, "x-mode", "c");
    EXPECT_EQ(SL_FAIL, ask(c, "/a?ids=1&ids=2&ids=3&flags=%74rue,no"));
    EXPECT_EQ(SL_E_REQUEST_INVALID, f.x.failed);
    EXPECT_STR(
        "[{\"in\":\"query\",\"name\":\"ids\",\"pointer\":\"\",\"detail\":\"must have at most 2 "
        "elements\"},{\"in\":\"header\",\"name\":\"x-mode\",\"pointer\":\"\",\"detail\":\"must be "
        "one of [\\\"a\\\",\\\"b\\\"]\"},{\"in\":\"query\",\"name\":\"flags\",\"pointer\":\"/1\","
        "\"detail\":\"must be true or false\"}]",
        f.x.errors);
    fake_exchange_fini(&f);
}

TEST(validate, what_is_required_must_be_there)
{
    const void *c = begin("{}");
    parameters[2].name = SL_STR("other");
    EXPECT_EQ(SL_FAIL, ask(c, "/a"));
    EXPECT_STR(
        "[{\"in\":\"cookie\",\"name\":\"other\",\"pointer\":\"\",\"detail\":\"is required\"}]",
        f.x.errors);
    fake_exchange_fini(&f);
}

TEST(validate, unknown_queries_pass_unless_they_must_not)
{
    const void *c = begin("{}");
    EXPECT_EQ(SL_PASS, ask(c, "/a?more=1"));
    fake_exchange_fini(&f);
    c = begin("{unknown_queries: false}");
    EXPECT_EQ(SL_FAIL, ask(c, "/a?more=1"));
    fake_exchange_fini(&f);
}

TEST(validate, a_report_lets_it_through)
{
    const void *c = begin("{parameters: report}");
    EXPECT_EQ(SL_PASS, ask(c, "/a?ids=x"));
    EXPECT_STR("request; faults=1", fake_answer(&f, "x-sluice-validation"));
    fake_exchange_fini(&f);
    c = begin("{parameters: off}");
    EXPECT_EQ(SL_PASS, ask(c, "/a?ids=x"));
    EXPECT_STR("", fake_answer(&f, "x-sluice-validation"));
    fake_exchange_fini(&f);
}

TEST(validate, a_route_that_is_no_operation_is_left_alone)
{
    const void *c = begin("{}");
    f.route.operation = NULL;
    EXPECT_EQ(SL_PASS, ask(c, "/a?ids=x"));
    fake_exchange_fini(&f);
}

TEST(validate, a_query_full_of_one_name_is_refused)
{
    const void *c = begin("{}");
    struct sl_strbuf b;
    sl_strbuf_init(&b, f.arena, 0);
    sl_strbuf_add(&b, SL_STR("/a?ids=1"));
    for (int i = 0; i < 200; i++)
        sl_strbuf_add(&b, SL_STR("&ids=1"));
    sl_strbuf_add_char(&b, '\0');
    EXPECT_EQ(SL_FAIL, ask(c, b.p));
    fake_exchange_fini(&f);
}
