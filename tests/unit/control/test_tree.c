#include "control/tree.h"
#include "base/str.h"
#include "codec/json.h"
#include "tests/test.h"

static const struct sl_node *parse(struct sl_arena *a, const char *text)
{
    const struct sl_node *n = NULL;
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    EXPECT_EQ(SL_OK, sl_json_to_node(sl_cstr(text), SL_STR(""), a, d, &n));
    return n;
}

TEST(tree, merges_as_rfc_7396_says)
{
    static const char *const cases[][3] = {
        /* the examples of its appendix */
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_STR(cases[i][2],
                   sl_tree_json(sl_tree_merge(a, parse(a, cases[i][0]), parse(a, cases[i][1])), a));
    sl_arena_free(a);
}

TEST(tree, compares_values_and_not_their_order_or_nulls)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    EXPECT(sl_tree_eq(parse(a, "{\"a\":1,\"b\":[1,2]}"), parse(a, "{\"b\":[1,2],\"a\":1}")));
    EXPECT(sl_tree_eq(parse(a, "{\"a\":1,\"b\":null}"), parse(a, "{\"a\":1}")));
    EXPECT(!sl_tree_eq(parse(a, "{\"a\":[1,2]}"), parse(a, "{\"a\":[2,1]}")));
    EXPECT(!sl_tree_eq(parse(a, "{\"a\":1}"), parse(a, "{\"a\":\"1\"}")));
    EXPECT(!sl_tree_eq(parse(a, "{\"a\":1}"), parse(a, "{\"b\":1}")));
    EXPECT(!sl_tree_eq(parse(a, "[1]"), parse(a, "[1,2]")));
    EXPECT(!sl_tree_eq(parse(a, "{}"), NULL));
    sl_arena_free(a);
}

TEST(tree, writes_numbers_as_json_has_them_and_the_rest_as_strings)
{
    static const char *const numbers[][2] = {
        {"1", "1"},       {"-0.5", "-0.5"}, {"1e9", "1e9"},       {"1.5E-3", "1.5E-3"},
        {"0", "0"},       {"01", "\"01\""}, {"0x10", "\"0x10\""}, {".5", "\".5\""},
        {"1.", "\"1.\""}, {"+1", "\"+1\""}, {"", "\"\""},         {"1e", "\"1e\""},
        {"-", "\"-\""},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    for (size_t i = 0; i < SL_LEN(numbers); i++) {
        struct sl_node n = {.kind = SL_NODE_NUMBER, .text = sl_cstr(numbers[i][0])};
        EXPECT_STR(numbers[i][1], sl_tree_json(&n, a));
    }
    sl_arena_free(a);
}

TEST(tree, tells_what_differs_by_its_path)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    const struct sl_node *before = parse(a, "{\"a\":1,\"b\":{\"c\":2,\"d\":3},\"e\":[1],\"g\":0}"),
                         *after = parse(a, "{\"a\":1,\"b\":{\"c\":4,\"d\":3},\"e\":[2],\"f\":5}");
    EXPECT_STR("[{\"path\":\"b.c\",\"before\":2,\"after\":4},"
               "{\"path\":\"e\",\"before\":[1],\"after\":[2]},"
               "{\"path\":\"g\",\"before\":0},{\"path\":\"f\",\"after\":5}]",
               sl_tree_json(sl_tree_diff(a, before, after, 10), a));
    EXPECT_EQ(2, sl_tree_diff(a, before, after, 2)->child_count);
    EXPECT_EQ(0, sl_tree_diff(a, before, before, 10)->child_count);
    EXPECT_EQ(4, sl_tree_diff(a, NULL, before, 10)->child_count);
    sl_arena_free(a);
}

TEST(tree, members_are_put_taken_and_kept_in_place)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_node *n = sl_tree_copy(a, parse(a, "{\"a\":1,\"b\":2,\"c\":null}"));
    sl_tree_put_str(a, n, "a", SL_STR("x"));
    sl_tree_put(n, SL_STR("d"), sl_tree_bool(a, true));
    EXPECT_STR("{\"a\":\"x\",\"b\":2,\"c\":null,\"d\":true}", sl_tree_json(n, a));
    EXPECT(sl_tree_take(n, SL_STR("b")) != NULL);
    EXPECT(sl_tree_take(n, SL_STR("b")) == NULL);
    EXPECT_EQ(3, n->child_count);
    EXPECT_STR("{\"a\":\"x\",\"d\":true}", sl_tree_json(sl_tree_copy_given(a, n), a));
    sl_arena_free(a);
}
