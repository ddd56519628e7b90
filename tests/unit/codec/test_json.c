#include "codec/json.h"
#include "base/err.h"
#include "tests/test.h"

static const struct sl_json *parse(const char *text, struct sl_arena *a)
{
    const struct sl_json *v = NULL;
    struct sl_jsonscan_info info;
    EXPECT_EQ(SL_OK, sl_json_parse(sl_cstr(text), a, &v, &info));
    return v;
}

TEST(json, gives_values_by_name_and_in_order)
{
    struct sl_arena *a = sl_arena_new("test", 100000);
    const struct sl_json *v = parse("{\"a\":{\"b\":[1,\"x\\u0000y\",true,null,false]},\"a\":2}", a);
    const struct sl_json *b = sl_json_get(sl_json_get(v, SL_STR("a")), SL_STR("b"));
    EXPECT_EQ(SL_JSON_ARRAY, sl_json_kind(b));
    EXPECT_EQ(5, sl_json_count(b));
    EXPECT_STRS(SL_STR("x\0y"), sl_json_text(sl_json_at(b, 1)));
    EXPECT(sl_json_is_true(sl_json_at(b, 2)));
    EXPECT_EQ(SL_JSON_NULL, sl_json_kind(sl_json_at(b, 3)));
    EXPECT_EQ(SL_JSON_FALSE, sl_json_kind(sl_json_at(b, 4)));
    EXPECT(sl_json_at(b, 5) == NULL);
    struct sl_json_cursor c = sl_json_each(v);
    sl_str name;
    int64_t n = 0;
    EXPECT_EQ(SL_JSON_OBJECT, sl_json_kind(sl_json_next(&c, &name)));
    EXPECT_STR("a", name);
    EXPECT(sl_json_i64(sl_json_next(&c, &name), &n));
    EXPECT_EQ(2, n);
    EXPECT(sl_json_next(&c, &name) == NULL);
    sl_arena_free(a);
}

TEST(json, answers_for_a_value_that_is_not_there)
{
    int64_t n = 7;
    struct sl_json_cursor c = sl_json_each(NULL);
    EXPECT_EQ(SL_JSON_NONE, sl_json_kind(NULL));
    EXPECT(sl_json_get(NULL, SL_STR("a")) == NULL);
    EXPECT(sl_json_at(NULL, 0) == NULL);
    EXPECT_EQ(0, sl_json_count(NULL));
    EXPECT(sl_json_text(NULL).p == NULL);
    EXPECT(sl_json_number(NULL).p == NULL);
    EXPECT(!sl_json_i64(NULL, &n));
    EXPECT(!sl_json_is_true(NULL));
    EXPECT(sl_json_next(&c, NULL) == NULL);
    EXPECT_EQ(7, n);
}

TEST(json, writes_back_what_it_read_with_numbers_and_order_kept)
{
    static const char *const texts[] = {
        "{\"z\":1e400,\"a\":12345678901234567890,\"z\":1.10,\"n\":-0,\"e\":[],\"o\":{},\"l\":[[],{\"a\":[null]}]}",
        "[[[1],2],3]",
        "\"a\\\"\xc3\xa9\\u0000\"",
        "1E+2",
        "true",
        "null",
        "{}",
        "[]",
    };
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        struct sl_arena *a = sl_arena_new("test", 100000);
        struct sl_strbuf b;
        struct sl_jsonw w;
        sl_strbuf_init(&b, a, 0);
        sl_jsonw_init(&w, &b);
        sl_json_write(parse(texts[i], a), &w);
        EXPECT_STR(texts[i], sl_strbuf_str(&b));
        sl_arena_free(a);
    }
}

TEST(json, the_deepest_text_comes_back)
{
    char text[2 * SL_JSONSCAN_DEPTH + 1] = {0};
    memset(text, '[', SL_JSONSCAN_DEPTH);
    memset(text + SL_JSONSCAN_DEPTH, ']', SL_JSONSCAN_DEPTH);
    struct sl_arena *a = sl_arena_new("test", 100000);
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    sl_json_write(parse(text, a), &w);
    EXPECT_STR(text, sl_strbuf_str(&b));
    sl_arena_free(a);
}

TEST(json, refuses_bad_texts_depth_and_lone_surrogates)
{
    struct sl_arena *a = sl_arena_new("test", 100000);
    const struct sl_json *v = NULL;
    struct sl_jsonscan_info info;
    char deep[SL_JSONSCAN_DEPTH + 1];
    memset(deep, '[', sizeof(deep));
    EXPECT_EQ(SL_E_SYNTAX, sl_json_parse(SL_STR("{\"a\":}"), a, &v, &info));
    EXPECT_EQ(5, info.error_at);
    EXPECT_EQ(SL_E_SYNTAX, sl_json_parse((sl_str){NULL, 0}, a, &v, &info));
    EXPECT_EQ(SL_E_LIMIT, sl_json_parse((sl_str){deep, sizeof(deep)}, a, &v, &info));
    EXPECT_EQ(SL_E_SYNTAX, sl_json_parse(SL_STR("[\"\\ud800\"]"), a, &v, &info));
    EXPECT(info.reason != NULL);
    EXPECT(v == NULL);
    sl_arena_free(a);
}

TEST(json, stops_at_the_arenas_limit)
{
    struct sl_arena *a = sl_arena_new("test", 200);
    const struct sl_json *v = NULL;
    struct sl_jsonscan_info info;
    char text[401];
    memset(text, ' ', sizeof(text));
    text[0] = '[';
    text[400] = ']';
    EXPECT_EQ(SL_E_LIMIT, sl_json_parse((sl_str){text, sizeof(text)}, a, &v, &info));
    EXPECT_STR("too large for its memory limit", sl_cstr(info.reason));
    sl_arena_free(a);
}

struct loaded {
    struct sl_arena *a;
    struct sl_diag d;
    const struct sl_node *root;
    sl_rc rc;
};

static struct loaded *load(const char *text)
{
    struct sl_arena *a = sl_arena_new("test", 200000);
    struct loaded *l = sl_arena_new_of(a, struct loaded);
    l->a = a;
    sl_diag_init(&l->d, a);
    l->rc = sl_json_to_node(sl_cstr(text), SL_STR("x.json"), a, &l->d, &l->root);
    return l;
}

TEST(json, becomes_nodes_with_their_places)
{
    struct loaded *l = load("{\n  \"a\": [1.50, \"\xc3\xa9\\n\", true,\n    null],\n  \"b\": {}}");
    EXPECT_EQ(SL_OK, l->rc);
    const struct sl_node *list = sl_node_get(l->root, SL_STR("a"));
    EXPECT_EQ(SL_NODE_LIST, list->kind);
    EXPECT_EQ(4, list->child_count);
    EXPECT_EQ(2, list->line);
    EXPECT_EQ(8, list->column);
    const struct sl_node *n = list->children;
    EXPECT_EQ(SL_NODE_NUMBER, n->kind);
    EXPECT_STR("1.50", n->text);
    n = n->next;
    EXPECT_STR("\xc3\xa9\n", n->text);
    EXPECT(n->is_quoted);
    n = n->next;
    EXPECT_EQ(SL_NODE_BOOL, n->kind);
    EXPECT_EQ(22, n->column); /* characters, not bytes */
    n = n->next;
    EXPECT_EQ(SL_NODE_NULL, n->kind);
    EXPECT_EQ(3, n->line);
    EXPECT_EQ(5, n->column);
    EXPECT_EQ(SL_NODE_MAP, sl_node_get(l->root, SL_STR("b"))->kind);
    EXPECT_STR("x.json", n->file);
    sl_arena_free(l->a);
}

TEST(json, names_the_place_of_what_is_wrong_in_a_file)
{
    static const struct {
        const char *text;
        const char *problem;
    } rows[] = {
        {"{\n \"a\": 1,\n}", "x.json:3:1: expected a member name in quotes"},
        {"", "x.json:1:1: unexpected end"},
        {"{\"a\":1,\n \"b\":2, \"\\u0061\":3}",
         "x.json:2:18: a: is given twice; it is already in line 1: remove one of them"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct loaded *l = load(rows[i].text);
        EXPECT_EQ(SL_E_CONFIG, l->rc);
        EXPECT_EQ(1, l->d.count);
        EXPECT_STR(rows[i].problem, sl_problem_text(&l->d.problems[0], l->a));
        sl_arena_free(l->a);
    }
}

TEST(json, limits_the_depth_and_the_memory_of_files)
{
    char text[2 * SL_NODE_DEPTH_MAX + 3] = {0};
    memset(text, '[', SL_NODE_DEPTH_MAX + 1);
    memset(text + SL_NODE_DEPTH_MAX + 1, ']', SL_NODE_DEPTH_MAX + 1);
    struct loaded *l = load(text);
    EXPECT_EQ(SL_E_LIMIT, l->rc);
    sl_arena_free(l->a);
    text[2 * SL_NODE_DEPTH_MAX + 1] = '\0';
    l = load(text + 1);
    EXPECT_EQ(SL_OK, l->rc);
    struct sl_arena *small = sl_arena_new("test", 100);
    EXPECT_EQ(SL_E_LIMIT, sl_json_to_node(sl_cstr(text + 1), SL_STR("x"), small, &l->d, &l->root));
    sl_arena_free(small);
    sl_arena_free(l->a);
}
