#include "control/resource.h"
#include "base/str.h"
#include "codec/json.h"
#include "control/tree.h"
#include "store/rows.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

static const struct sl_node *parse(struct sl_arena *a, const char *text)
{
    const struct sl_node *n = NULL;
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    EXPECT_EQ(SL_OK, sl_json_to_node(sl_cstr(text), SL_STR(""), a, d, &n));
    return n;
}

TEST(resource, types_have_names_of_their_own_and_known_references)
{
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        const struct sl_resource_type *t = sl_resource_types[i];
        EXPECT(sl_resource_type_by_kind(sl_cstr(t->kind)) == t);
        EXPECT(sl_resource_type_by_plural(sl_cstr(t->noun->name)) == t);
        for (const struct sl_reference *r = t->references; r != NULL && r->path != NULL; r++)
            EXPECT(sl_resource_type_by_kind(sl_cstr(r->kind)) != NULL);
    }
    EXPECT(sl_resource_type_by_kind(SL_STR("nothing")) == NULL);
    EXPECT(sl_resource_type_by_plural(SL_STR("")) == NULL);
}

TEST(resource, references_are_found_in_lists_too)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_ref *refs;
    const struct sl_resource_type *model = sl_resource_type_by_kind(SL_STR("model"));
    size_t n = sl_resource_refs(model,
                                parse(a, "{\"name\":\"fast\",\"targets\":[{\"account\":\"x\"},"
                                         "{\"model\":\"y/z\"},{\"account\":\"w\"}]}"),
                                a, &refs);
    EXPECT_EQ(2, n);
    EXPECT_STR("x", refs[0].name);
    EXPECT_STR("account", refs[1].kind);
    EXPECT_STR("w", refs[1].name);
    EXPECT_EQ(0, sl_resource_refs(model, parse(a, "{\"targets\":7}"), a, &refs));
    sl_arena_free(a);
}

static struct sl_node *star(struct sl_node *secret, void *arg)
{
    (void)secret;
    return sl_tree_str(arg, SL_STR("*"));
}

TEST(resource, secrets_are_edited_where_they_are_and_nowhere_else)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    const struct sl_resource_type *account = sl_resource_type_by_kind(SL_STR("account"));
    const char *text = "{\"name\":\"a\",\"vendor\":\"openai\",\"keys\":[{\"key\":\"k1\","
                       "\"label\":\"l\"},{\"label\":\"none\",\"key\":\"k2\"}]}";
    const struct sl_node *spec = parse(a, text);
    EXPECT_STR(
        "{\"name\":\"a\",\"vendor\":\"openai\",\"keys\":[{\"key\":\"*\",\"label\":\"l\"},"
        "{\"label\":\"none\",\"key\":\"*\"}]}",
        sl_tree_json(sl_resource_edit_secrets(account, bench_policies, spec, a, star, a), a));
    EXPECT_STR(text, sl_tree_json(spec, a));
    sl_arena_free(a);
}
