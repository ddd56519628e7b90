#include "snapshot/document.h"

#include "base/str.h"
#include "codec/yaml.h"
#include "tests/test.h"

struct read {
    struct sl_arena *a;
    struct sl_diag *d;
    const struct sl_node *root;
};

static struct read parse(const char *yaml)
{
    struct read t = {.a = sl_arena_new("test", SL_MIB(8))};
    const struct sl_node *list = NULL;
    t.d = sl_arena_new_of(t.a, struct sl_diag);
    sl_diag_init(t.d, t.a);
    EXPECT_EQ(SL_OK, sl_yaml_parse(sl_cstr(yaml), SL_STR("f.yaml"), t.a, t.d, &list));
    t.root = list->children;
    return t;
}

TEST(node_at, leads_to_the_node_or_as_far_as_there_is_one)
{
    static const struct {
        const char *path;
        uint32_t line, column;
    } cases[] = {{"", 1, 1},          {"a", 2, 3},        {"a.b", 2, 6}, {"a.c[1]", 3, 10},
                 {"a.c[1].d", 3, 14}, {"a.c[9].d", 3, 6}, {"x.y", 1, 1}, {"a.b.c", 2, 6},
                 {"a[0]", 2, 3},      {"a.c[z]", 3, 6}};
    struct read t = parse("a:\n  b: 1\n  c: [1, {d: 2}]\n");
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        const struct sl_node *n = sl_node_at(t.root, sl_cstr(cases[i].path));
        EXPECT_EQ(cases[i].line, n->line);
        EXPECT_EQ(cases[i].column, n->column);
    }
    sl_arena_free(t.a);
}

TEST(item_adopt, gives_a_place_to_problems_that_have_none)
{
    struct read t = parse("limits:\n  rate: 1\n");
    struct sl_item item = {.node = t.root, .path = SL_STR("policies[0]")};
    (void)sl_diag_fail_at(t.d, SL_E_CONFIG, SL_STR("other"), 9, 9, SL_STR("x"), "has a place");
    size_t from = t.d->count - 1;
    (void)sl_diag_fail(t.d, SL_E_CONFIG, "rate", "must be odd");
    sl_item_adopt(t.d, from, &item, SL_STR("limits"));
    EXPECT_STR("other", t.d->problems[0].file);
    EXPECT_STR("policies[0].limits.rate", t.d->problems[1].path);
    EXPECT_STR("f.yaml", t.d->problems[1].file);
    EXPECT_EQ(2, t.d->problems[1].line);
    sl_arena_free(t.a);
}
