#include "codec/jsonschema.h"
#include "base/str.h"
#include "tests/test.h"

struct schemas {
    struct sl_arena *a;
    struct sl_diag d;
    const struct sl_schema *root;
    sl_rc rc;
};

static const struct sl_node *node(struct schemas *s, const char *json)
{
    const struct sl_node *n = NULL;
    EXPECT_EQ(SL_OK, sl_json_to_node(sl_cstr(json), SL_STR(""), s->a, &s->d, &n));
    return n;
}

static void begin(struct schemas *s, const char *schema, const char *named)
{
    *s = (struct schemas){.a = sl_arena_new("test", SL_MIB(256))};
    sl_diag_init(&s->d, s->a);
    struct sl_schema_set *set =
        sl_schema_set_new(named != NULL ? node(s, named) : NULL, s->a, &s->d);
    s->rc = sl_schema_add(set, node(s, schema), SL_STR("s"), &s->root);
    if (s->rc == SL_OK)
        s->rc = sl_schema_set_end(set);
}

static void end(struct schemas *s)
{
    sl_arena_free(s->a);
}

/* "" when it fits, else "POINTER MESSAGE" of the first fault. */
static sl_str verdict(struct schemas *s, sl_str json)
{
    const struct sl_json *v = NULL;
    struct sl_jsonscan_info info;
    struct sl_schema_report report = {.arena = s->a, .seed = 1};
    EXPECT_EQ(SL_OK, sl_json_parse(json, s->a, &v, &info));
    bool fits = sl_schema_check(s->root, v, &report);
    EXPECT_EQ(fits, report.n == 0);
    return fits ? SL_STR("")
                : sl_fmt(s->a, "%.*s %.*s", SL_STRF(report.faults[0].pointer),
                         SL_STRF(report.faults[0].message));
}

static const struct row {
    const char *schema, *value, *verdict;
} rows[] = {
    {"true", "1", ""},
    {"false", "1", " is not allowed"},
    {"{}", "null", ""},
    {"{\"type\":\"integer\"}", "1", ""},
    {"{\"type\":\"integer\"}", "1.0", ""},
    {"{\"type\":\"integer\"}", "1e2", ""},
    {"{\"type\":\"integer\"}", "1.5", " must be an integer"},
    {"{\"type\":\"integer\"}", "15e-1", " must be an integer"},
    {"{\"type\":\"number\"}", "1", ""},
    {"{\"type\":[\"string\",\"null\"]}", "null", ""},
    {"{\"type\":[\"string\",\"null\"]}", "1", " must be null or a string"},
    {"{\"type\":\"boolean\"}", "false", ""},
    {"{\"type\":\"object\"}", "[]", " must be an object"},
    {"{\"enum\":[1,\"a\",{\"b\":[2]}]}", "{\"b\":[2.0]}", ""},
    {"{\"enum\":[1,\"a\"]}", "\"b\"", " must be one of [1,\"a\"]"},
    {"{\"const\":null}", "null", ""},
    {"{\"const\":1}", "2", " must be 1"},
    {"{\"minimum\":1,\"maximum\":3}", "3", ""},
    {"{\"minimum\":1}", "0.999999999999999999999999", " must be at least 1"},
    {"{\"maximum\":9007199254740992}", "9007199254740993", " must be at most 9007199254740992"},
    {"{\"exclusiveMinimum\":1}", "1", " must be more than 1"},
    {"{\"exclusiveMaximum\":1}", "1.0", " must be less than 1"},
    {"{\"multipleOf\":0.01}", "19.99", ""},
    {"{\"multipleOf\":0.01}", "19.999", " must be a multiple of 0.01"},
    {"{\"multipleOf\":3}", "-9", ""},
    {"{\"type\":\"integer\",\"format\":\"int32\"}", "2147483648", " must fit into 32 bits"},
    {"{\"minLength\":2}", "\"\xc3\xa9\"", " must have at least 2 characters"},
    {"{\"maxLength\":1}", "\"\xc3\xa9\"", ""},
    {"{\"pattern\":\"^a+$\"}", "\"aab\"", " must match the pattern ^a+$"},
    {"{\"format\":\"date\"}", "\"2026-02-29\"", " must be a date, such as 2026-01-31"},
    {"{\"format\":\"date-time\"}", "\"2026-02-28T00:00:00Z\"", ""},
    {"{\"format\":\"uuid\"}", "\"123e4567-e89b-12d3-a456-426614174000\"", ""},
    {"{\"format\":\"uuid\"}", "\"123e4567\"", " must be a UUID"},
    {"{\"format\":\"email\"}", "\"a@b\"", ""},
    {"{\"format\":\"email\"}", "\"@b\"", " must be an e-mail address"},
    {"{\"format\":\"ipv4\"}", "\"::1\"", " must be an IPv4 address"},
    {"{\"format\":\"uri\"}", "\"/a\"", " must be a URI with its scheme"},
    {"{\"format\":\"colour\"}", "\"red\"", ""},
    {"{\"items\":{\"type\":\"string\"}}", "[\"a\",1]", "/1 must be a string"},
    {"{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}", "[\"a\",1]", "/1 is not allowed"},
    {"{\"minItems\":1}", "[]", " must have at least 1 elements"},
    {"{\"maxItems\":1}", "[1,2]", " must have at most 1 elements"},
    {"{\"uniqueItems\":true}", "[1,{\"a\":1},{\"a\":1.0}]", " must not have an element twice"},
    {"{\"contains\":{\"const\":2}}", "[1,2]", ""},
    {"{\"contains\":{\"const\":2}}", "[1]",
     " must have at least 1 elements of the kind that is wanted"},
    {"{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":1}", "/a must be a string"},
    {"{\"required\":[\"a/b\"]}", "{}", "/a~1b is required"},
    {"{\"properties\":{\"a\":true},\"additionalProperties\":false}", "{\"a\":1,\"b\":2}",
     "/b is not allowed here"},
    {"{\"additionalProperties\":{\"type\":\"integer\"}}", "{\"b\":\"x\"}", "/b must be an integer"},
    {"{\"patternProperties\":{\"^x-\":{\"type\":\"string\"}},\"additionalProperties\":false}",
     "{\"x-a\":\"\"}", ""},
    {"{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}", " has a name that is not allowed: ab"},
    {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}", "/b is required"},
    {"{\"minProperties\":1}", "{}", " must have at least 1 members"},
    {"{\"maxProperties\":1}", "{\"a\":1,\"b\":1}", " must have at most 1 members"},
    {"{\"properties\":{\"a\":true}}", "{\"a\":1,\"a\":2}", " has a name twice: a"},
    {"{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "3", " must be at most 2"},
    {"{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":2}]}", "1", " fits none of the alternatives"},
    {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "2",
     " fits more than one of the alternatives"},
    {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "1", ""},
    {"{\"not\":{\"type\":\"string\"}}", "\"a\"", " is of the kind that is excluded"},
    {"{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},\"else\":{\"required\":[\"c\"]}}",
     "{\"a\":1}", "/b is required"},
    {"{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},\"else\":{\"required\":[\"c\"]}}",
     "{}", "/c is required"},
    {"{\"nullable\":true,\"unknown\":{}}", "1", ""},
};

TEST(jsonschema, each_keyword_does_what_it_says)
{
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct schemas s;
        begin(&s, rows[i].schema, NULL);
        EXPECT_EQ(SL_OK, s.rc);
        EXPECT_STR(rows[i].verdict, verdict(&s, sl_cstr(rows[i].value)));
        end(&s);
    }
}

TEST(jsonschema, a_named_schema_may_contain_itself)
{
    struct schemas s;
    begin(
        &s, "{\"$ref\":\"#/schemas/Tree\"}",
        "{\"Tree\":{\"type\":\"object\",\"required\":[\"v\"],\"properties\":{\"kids\":{\"items\":{"
        "\"$ref\":\"#/schemas/Tree\"}}}}}");
    EXPECT_EQ(SL_OK, s.rc);
    EXPECT_STR("", verdict(&s, SL_STR("{\"v\":1,\"kids\":[{\"v\":1,\"kids\":[]}]}")));
    EXPECT_STR("/kids/0/kids/0/v is required",
               verdict(&s, SL_STR("{\"v\":1,\"kids\":[{\"v\":1,\"kids\":[{}]}]}")));
    EXPECT_EQ(1u << SL_SCHEMA_OBJECT, sl_schema_types(s.root));
    end(&s);
}

TEST(jsonschema, one_that_would_be_checked_before_itself_is_refused)
{
    static const char *const circles[] = {
        "{\"A\":{\"$ref\":\"#/schemas/A\"}}",
        "{\"A\":{\"allOf\":[{\"$ref\":\"#/schemas/B\"}]},\"B\":{\"anyOf\":[true,{\"not\":{\"$ref\":"
        "\"#/schemas/A\"}}]}}",
    };
    for (size_t i = 0; i < SL_LEN(circles); i++) {
        struct schemas s;
        begin(&s, "{\"$ref\":\"#/schemas/A\"}", circles[i]);
        EXPECT_EQ(SL_E_CONFIG, s.rc);
        end(&s);
    }
}

TEST(jsonschema, a_schema_that_is_none_is_refused_with_its_place)
{
    static const struct {
        const char *schema, *path;
    } bad[] = {
        {"3", "s"},
        {"{\"type\":\"text\"}", "s.type"},
        {"{\"pattern\":\"(\"}", "s.pattern"},
        {"{\"minLength\":-1}", "s.minLength"},
        {"{\"minimum\":\"1\"}", "s.minimum"},
        {"{\"multipleOf\":0}", "s.multipleOf"},
        {"{\"allOf\":{}}", "s.allOf"},
        {"{\"required\":\"a\"}", "s.required"},
        {"{\"properties\":{\"a\":{\"items\":1}}}", "s.properties.a.items"},
        {"{\"$ref\":\"#/schemas/None\"}", "s.$ref"},
        {"{\"$ref\":\"http://a.example/x\"}", "s.$ref"},
    };
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct schemas s;
        begin(&s, bad[i].schema, "{}");
        EXPECT_EQ(SL_E_CONFIG, s.rc);
        EXPECT_STR(bad[i].path, s.d.problems[0].path);
        end(&s);
    }
}

TEST(jsonschema, what_costs_too_much_does_not_pass)
{
    struct schemas s;
    struct sl_strbuf b = {0};
    begin(&s, "{\"uniqueItems\":true}", NULL);
    sl_strbuf_add(&b, SL_STR("[0"));
    for (int i = 1; i < 3000; i++)
        sl_strbuf_addf(&b, ",%d", i);
    sl_strbuf_add(&b, SL_STR("]"));
    EXPECT_STR(" is too complicated to be checked", verdict(&s, sl_strbuf_str(&b)));
    end(&s);
    begin(
        &s, "{\"$ref\":\"#/schemas/A\"}",
        "{\"A\":{\"items\":{\"anyOf\":[{\"$ref\":\"#/schemas/A\"},{\"$ref\":\"#/schemas/A\"},false]},"
        "\"minItems\":1}}");
    sl_strbuf_clear(&b);
    for (int i = 0; i < 60; i++)
        sl_strbuf_add_char(&b, '[');
    for (int i = 0; i < 60; i++)
        sl_strbuf_add_char(&b, ']');
    EXPECT(sl_str_ends(verdict(&s, sl_strbuf_str(&b)), SL_STR("is too complicated to be checked")));
    end(&s);
    sl_strbuf_fini(&b);
}

TEST(jsonschema, at_most_so_many_faults_are_told)
{
    struct schemas s;
    struct sl_strbuf b = {0};
    const struct sl_json *v = NULL;
    struct sl_jsonscan_info info;
    begin(&s, "{\"items\":{\"type\":\"string\"}}", NULL);
    sl_strbuf_add(&b, SL_STR("[0"));
    for (int i = 1; i < 100; i++)
        sl_strbuf_add(&b, SL_STR(",0"));
    sl_strbuf_add(&b, SL_STR("]"));
    struct sl_schema_report report = {.arena = s.a};
    EXPECT_EQ(SL_OK, sl_json_parse(sl_strbuf_str(&b), s.a, &v, &info));
    EXPECT(!sl_schema_check(s.root, v, &report));
    EXPECT_EQ(SL_SCHEMA_FAULTS_MAX, report.n);
    end(&s);
    sl_strbuf_fini(&b);
}

TEST(jsonschema, numbers_are_compared_exactly)
{
    static const struct {
        const char *a, *b;
        int order;
    } pairs[] = {
        {"1", "1.000", 0},
        {"0", "-0.0", 0},
        {"1e3", "1000", 0},
        {"0.001", "1e-3", 0},
        {"10", "9", 1},
        {"-10", "-9", -1},
        {"1e400", "1e399", 1},
        {"0", "1e-400", -1},
        {"-1", "0", -1},
        {"0.10", "0.1", 0},
        {"123.45", "123.46", -1},
        {"1E+2", "100", 0},
        {"9007199254740993", "9007199254740992", 1},
    };
    for (size_t i = 0; i < SL_LEN(pairs); i++) {
        EXPECT_EQ(pairs[i].order, sl_json_number_cmp(sl_cstr(pairs[i].a), sl_cstr(pairs[i].b)));
        EXPECT_EQ(-pairs[i].order, sl_json_number_cmp(sl_cstr(pairs[i].b), sl_cstr(pairs[i].a)));
    }
}
