#include "control/apidiff.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "tests/test.h"

struct pair {
    struct sl_arena *a;
    struct sl_diag d;
    struct sl_apidiff diff;
};

static const struct sl_node *node(struct pair *p, sl_str json)
{
    const struct sl_node *n = NULL;
    EXPECT_EQ(SL_OK, sl_json_to_node(json, SL_STR(""), p->a, &p->d, &n));
    return n;
}

static sl_str compare(struct pair *p, sl_str before, sl_str after)
{
    *p = (struct pair){.a = sl_arena_new("test", SL_MIB(64))};
    sl_diag_init(&p->d, p->a);
    sl_apidiff(node(p, before), node(p, after), p->a, &p->diff);
    return sl_apidiff_text(&p->diff, p->a);
}

static void end(struct pair *p)
{
    sl_arena_free(p->a);
}

/* One operation with these members. */
static sl_str operation(struct sl_arena *a, const char *members)
{
    return sl_fmt(a,
                  "{\"operations\":[{\"id\":\"a\",\"method\":\"POST\",\"path\":\"/a/{x}\"%s%s}]}",
                  members[0] != '\0' ? "," : "", members);
}

static const struct {
    const char *before, *after, *first_line;
} rows[] = {
    {"", "", "0 changes, 0 of them breaking"},
    {"", "\"deprecated\":true", "         POST /a/{x}: is deprecated now"},
    {"", "\"parameters\":[{\"in\":\"query\",\"name\":\"q\",\"required\":true}]",
     "BREAKING POST /a/{x}, query q: was added, and is required"},
    {"", "\"parameters\":[{\"in\":\"query\",\"name\":\"q\"}]",
     "         POST /a/{x}, query q: was added"},
    {"\"parameters\":[{\"in\":\"query\",\"name\":\"q\"}]", "",
     "         POST /a/{x}, query q: was removed"},
    {"\"parameters\":[{\"in\":\"query\",\"name\":\"q\"}]",
     "\"parameters\":[{\"in\":\"query\",\"name\":\"q\",\"required\":true}]",
     "BREAKING POST /a/{x}, query q: is required now"},
    {"\"request\":{}", "\"request\":{\"required\":true}",
     "BREAKING POST /a/{x}, body: is required now"},
    {"\"request\":{\"content\":{\"a/b\":{}}}", "\"request\":{\"content\":{}}",
     "BREAKING POST /a/{x}, body.a/b: the media type was removed"},
    {"\"responses\":{\"200\":{}}", "\"responses\":{}",
     "BREAKING POST /a/{x}, response 200: was removed"},
    {"\"responses\":{\"404\":{}}", "\"responses\":{}",
     "         POST /a/{x}, response 404: was removed"},
};

TEST(apidiff, each_change_of_an_operation_is_named)
{
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct pair p;
        struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
        sl_str text = compare(&p, operation(a, rows[i].before), operation(a, rows[i].after));
        EXPECT_STR(rows[i].first_line, sl_str_head(text, sl_str_find(text, '\n', 0)));
        end(&p);
        sl_arena_free(a);
    }
}

/* The same change of a schema is good in one direction and bad in the other. */
static const struct {
    const char *before, *after;
    bool breaks_sent, breaks_received;
} schemas[] = {
    {"{\"type\":\"string\"}", "{\"type\":[\"string\",\"null\"]}", false, true},
    {"{\"type\":\"number\"}", "{\"type\":\"integer\"}", true, false},
    {"{\"enum\":[1,2]}", "{\"enum\":[1]}", true, false},
    {"{\"enum\":[1]}", "{\"enum\":[1,2]}", false, true},
    {"{}", "{\"enum\":[1]}", true, false},
    {"{\"maximum\":3}", "{\"maximum\":2}", true, false},
    {"{\"minLength\":1}", "{}", false, true},
    {"{}", "{\"pattern\":\"a\"}", true, false},
    {"{\"properties\":{\"a\":{}}}", "{\"properties\":{\"a\":{}},\"required\":[\"a\"]}", true,
     false},
    {"{\"properties\":{\"a\":{}},\"required\":[\"a\"]}", "{\"properties\":{\"a\":{}}}", false,
     true},
    {"{\"properties\":{\"a\":{}}}", "{\"properties\":{}}", false, true},
    {"{}", "{\"properties\":{\"a\":{}},\"required\":[\"a\"]}", true, false},
    {"{\"items\":{\"type\":\"integer\"}}", "{\"items\":{\"type\":\"number\"}}", false, true},
    {"{\"oneOf\":[{},{}]}", "{\"oneOf\":[{}]}", true, false},
    {"{}", "{\"additionalProperties\":false}", true, false},
};

TEST(apidiff, callers_may_send_more_and_get_less)
{
    for (size_t i = 0; i < SL_LEN(schemas); i++) {
        struct pair p;
        struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
        static const char sent[] = "\"request\":{\"content\":{\"a/b\":%s}}";
        static const char received[] = "\"responses\":{\"200\":{\"content\":{\"a/b\":%s}}}";
        (void)compare(&p, operation(a, sl_fmt(a, sent, schemas[i].before).p),
                      operation(a, sl_fmt(a, sent, schemas[i].after).p));
        EXPECT_EQ(schemas[i].breaks_sent, p.diff.breaking == 1);
        EXPECT_EQ(1, p.diff.total);
        end(&p);
        (void)compare(&p, operation(a, sl_fmt(a, received, schemas[i].before).p),
                      operation(a, sl_fmt(a, received, schemas[i].after).p));
        if (schemas[i].breaks_received)
            EXPECT_EQ(1, p.diff.breaking);
        else
            EXPECT_EQ(0, p.diff.breaking);
        end(&p);
        sl_arena_free(a);
    }
}

TEST(apidiff, operations_are_found_by_method_and_path_whatever_parameters_are_called)
{
    struct pair p;
    sl_str text =
        compare(&p,
                SL_STR("{\"operations\":[{\"id\":\"a\",\"method\":\"GET\",\"path\":\"/a/{id}\"},{"
                       "\"id\":\"b\",\"method\":\"GET\",\"path\":\"/b\"}]}"),
                SL_STR("{\"operations\":[{\"id\":\"a\",\"method\":\"GET\",\"path\":\"/a/{key}\"},{"
                       "\"id\":\"c\",\"method\":\"PUT\",\"path\":\"/b\"}]}"));
    EXPECT_STR(
        "BREAKING GET /b: the operation was removed\n         PUT /b: the operation was added\n2 "
        "changes, 1 of them breaking\n",
        text);
    end(&p);
}

TEST(apidiff, schemas_that_contain_themselves_are_compared_once)
{
    struct pair p;
    static const char spec[] =
        "{\"operations\":[{\"id\":\"a\",\"method\":\"GET\",\"path\":\"/a\",\"request\":{\"content\":{\"a/b\":"
        "{\"$ref\":\"#/schemas/T\"}}}}],\"schemas\":{\"T\":{\"properties\":{\"v\":{\"type\":\"%s\"},\"t\":{"
        "\"$ref\":\"#/schemas/T\"}}}}}";
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    (void)compare(&p, sl_fmt(a, spec, "string"), sl_fmt(a, spec, "integer"));
    EXPECT_EQ(1, p.diff.total);
    EXPECT(!p.diff.is_cut);
    end(&p);
    sl_arena_free(a);
}

TEST(apidiff, there_is_an_end_to_the_changes_that_are_listed)
{
    struct pair p;
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b, SL_STR("{\"operations\":["));
    for (int i = 0; i < 1500; i++)
        sl_strbuf_addf(&b, "%s{\"id\":\"o%d\",\"method\":\"GET\",\"path\":\"/%d\"}", i ? "," : "",
                       i, i);
    sl_strbuf_add(&b, SL_STR("]}"));
    (void)compare(&p, sl_strbuf_str(&b), SL_STR("{}"));
    EXPECT_EQ(1500, p.diff.breaking);
    EXPECT_EQ(SL_APIDIFF_CHANGES_MAX, p.diff.changes->child_count);
    EXPECT(p.diff.is_cut);
    end(&p);
    sl_strbuf_fini(&b);
}

TEST(apidiff, services_of_too_many_operations_are_not_compared)
{
    struct sl_arena *a = sl_arena_new("texts", SL_MIB(64));
    struct sl_strbuf b;
    struct pair p = {0};
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("{\"operations\":[{}"));
    for (int i = 0; i < SL_APIDIFF_OPERATIONS_MAX; i++)
        sl_strbuf_add(&b, SL_STR(",{}"));
    sl_strbuf_add(&b, SL_STR("]}"));
    (void)compare(&p, sl_strbuf_str(&b), SL_STR("{\"operations\":[]}"));
    EXPECT(p.diff.is_cut);
    EXPECT_EQ(0, p.diff.total);
    end(&p);
    sl_arena_free(a);
}

TEST(apidiff, values_are_cut_between_characters)
{
    struct pair p = {0};
    struct sl_arena *a = sl_arena_new("texts", SL_MIB(1));
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    for (int i = 0; i < 200; i++)
        sl_strbuf_add(&b, SL_STR("\xe4\xb8\xad"));
    sl_str schema = sl_fmt(a, "\"request\":{\"content\":{\"a/b\":{\"const\":\"%.*s\"}}}",
                           SL_STRF(sl_strbuf_str(&b)));
    sl_str text =
        compare(&p, operation(a, "\"request\":{\"content\":{\"a/b\":{}}}"), operation(a, schema.p));
    EXPECT_EQ(1, p.diff.total);
    EXPECT(sl_utf8_is_valid(text));
    end(&p);
    sl_arena_free(a);
}
