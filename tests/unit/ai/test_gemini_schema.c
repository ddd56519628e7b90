/*
 * test_gemini_schema: JSON Schemas in Google's words (checklist 22).
 */
#include "ai/gemini_int.h"
#include "base/err.h"
#include "base/str.h"
#include "tests/test.h"

static void expect_json(sl_str text)
{
    struct sl_jsonscan_info info;

    EXPECT_EQ(SL_OK, sl_jsonscan(text, NULL, NULL, 0, NULL, &info));
}

static const struct {
    const char *json, *google;
} schemas[] = {
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":1}},"
     "\"required\":[\"a\",\"gone\"],\"additionalProperties\":false,\"$schema\":\"x\"}",
     "{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"type\":\"INTEGER\",\"minimum\":1}},"
     "\"required\":[\"a\"]}"},
    {"{\"type\":[\"string\",\"null\"]}", "{\"type\":\"STRING\",\"nullable\":true}"},
    {"{\"type\":[\"string\",\"number\"]}",
     "{\"anyOf\":[{\"type\":\"STRING\"},{\"type\":\"NUMBER\"}]}"},
    {"{\"const\":\"x\"}", "{\"enum\":[\"x\"],\"type\":\"STRING\"}"},
    {"{\"enum\":[\"a\",null]}", "{\"enum\":[\"a\"],\"type\":\"STRING\",\"nullable\":true}"},
    {"{\"type\":\"integer\",\"enum\":[1,2]}", "{\"enum\":[\"1\",\"2\"],\"type\":\"STRING\"}"},
    {"{\"anyOf\":[{\"type\":\"string\",\"maxLength\":3},{\"type\":\"null\"}]}",
     "{\"type\":\"STRING\",\"maxLength\":3,\"nullable\":true}"},
    {"{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"},{\"type\":\"null\"}]}",
     "{\"anyOf\":[{\"type\":\"STRING\"},{\"type\":\"INTEGER\"}],\"nullable\":true}"},
    {"{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":"
     "[\"a\"]},{\"properties\":{\"b\":{\"type\":\"boolean\"}},\"required\":[\"b\"]}]}",
     "{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"type\":\"STRING\"},\"b\":{\"type\":"
     "\"BOOLEAN\"}},\"required\":[\"a\",\"b\"]}"},
    {"{\"type\":\"array\"}", "{\"type\":\"ARRAY\",\"items\":{\"type\":\"STRING\"}}"},
    {"{\"type\":\"string\",\"format\":\"uri\"}", "{\"type\":\"STRING\"}"},
    {"{\"type\":\"string\",\"format\":\"date-time\"}",
     "{\"type\":\"STRING\",\"format\":\"date-time\"}"},
    {"{\"$ref\":\"#/$defs/N\",\"description\":\"own\",\"$defs\":{\"N\":{\"type\":\"string\","
     "\"description\":\"its\"}}}",
     "{\"type\":\"STRING\",\"description\":\"own\"}"},
    {"{\"$ref\":\"#/definitions/a~1b~0c\",\"definitions\":{\"a/b~c\":{\"type\":\"number\"}}}",
     "{\"type\":\"NUMBER\"}"},
    {"{\"$ref\":\"http://elsewhere\"}", "{}"},
    {"{\"$ref\":\"#/$defs/gone\"}", "{}"},
    {"{\"type\":\"object\",\"properties\":{\"x\":true}}",
     "{\"type\":\"OBJECT\",\"properties\":{\"x\":{}}}"},
    {"{}", "{}"},
};

TEST(gemini_schema, c22_a_json_schema_becomes_googles)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    for (size_t i = 0; i < SL_LEN(schemas); i++) {
        struct sl_strbuf b;
        struct sl_jsonw w;
        sl_strbuf_init(&b, a, 0);
        sl_jsonw_init(&w, &b);
        EXPECT(sl_ai_gemini_write_schema(&w, sl_cstr(schemas[i].json), a));
        EXPECT_STR(schemas[i].google, sl_strbuf_str(&b));
    }
    sl_arena_free(a);
}

TEST(gemini_schema, c22_recursion_in_schemas_ends)
{
    static const char *const circles[] = {
        "{\"type\":\"object\",\"properties\":{\"child\":{\"$ref\":\"#\"}}}",
        "{\"$ref\":\"#\"}",
        "{\"allOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
        "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":"
        "\"#/$defs/a\"}}}",
        /* each level doubles: as many schemas as there may be, then any object */
        "{\"anyOf\":[{\"$ref\":\"#/$defs/a\"},{\"$ref\":\"#/$defs/a\"},{\"$ref\":\"#/$defs/a\"}],"
        "\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}}}",
    };
    for (size_t i = 0; i < SL_LEN(circles); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
        struct sl_strbuf b;
        struct sl_jsonw w;
        sl_strbuf_init(&b, a, 0);
        sl_jsonw_init(&w, &b);
        EXPECT(sl_ai_gemini_write_schema(&w, sl_cstr(circles[i]), a));
        EXPECT(!b.is_full && b.n < SL_MIB(4));
        expect_json(sl_strbuf_str(&b));
        sl_arena_free(a);
    }
}

TEST(gemini_schema, what_is_no_schema_is_refused)
{
    static const char *const bad[] = {"", "[]", "true", "{", "\"object\""};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct sl_strbuf b;
        struct sl_jsonw w;
        sl_strbuf_init(&b, a, 0);
        sl_jsonw_init(&w, &b);
        EXPECT(!sl_ai_gemini_write_schema(&w, sl_cstr(bad[i]), a));
        EXPECT_EQ(0, b.n);
    }
    sl_arena_free(a);
}

static sl_str written(struct sl_arena *a, sl_str schema)
{
    struct sl_strbuf b;
    struct sl_jsonw w;

    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    EXPECT(sl_ai_gemini_write_schema(&w, schema, a));
    expect_json(sl_strbuf_str(&b));
    return sl_strbuf_str(&b);
}

/* Each would take as long as there are definitions; what is left over then may be anything. */
TEST(gemini_schema, c22_references_take_a_bounded_time)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    struct sl_strbuf refs, defs;
    sl_str out;

    sl_strbuf_init(&refs, a, 0);
    sl_strbuf_init(&defs, a, 0);
    for (int i = 0; i < 2000; i++) {
        sl_strbuf_addf(&refs, "%s{\"$ref\":\"#/$defs/1999\"}", i == 0 ? "" : ",");
        sl_strbuf_addf(&defs, "%s\"%d\":{\"type\":\"string\"}", i == 0 ? "" : ",", i);
    }
    out = written(a, sl_fmt(a, "{\"anyOf\":[%.*s],\"$defs\":{%.*s}}", SL_STRF(sl_strbuf_str(&refs)),
                            SL_STRF(sl_strbuf_str(&defs))));
    EXPECT(sl_str_starts(out, SL_STR("{\"anyOf\":[{\"type\":\"STRING\"},")));
    EXPECT(sl_str_ends(out, SL_STR(",{\"type\":\"OBJECT\"}]}")));
    sl_arena_free(a);
}

TEST(gemini_schema, c22_required_names_take_a_bounded_time)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    struct sl_strbuf names, map;
    sl_str out;

    sl_strbuf_init(&names, a, 0);
    sl_strbuf_init(&map, a, 0);
    for (int i = 0; i < 2000; i++) {
        sl_strbuf_addf(&names, "%s\"%d\"", i == 0 ? "" : ",", i);
        sl_strbuf_addf(&map, "%s\"%d\":{}", i == 0 ? "" : ",", i);
    }
    out = written(a, sl_fmt(a, "{\"properties\":{%.*s},\"required\":[%.*s]}",
                            SL_STRF(sl_strbuf_str(&map)), SL_STRF(sl_strbuf_str(&names))));
    EXPECT(sl_str_find_str(out, SL_STR("\"1999\":{}},\"required\":[\"0\",\"1\",")) != SIZE_MAX);
    EXPECT(!sl_str_ends(out, SL_STR(",\"1999\"]}")));
    sl_arena_free(a);
}
