/*
 * Descriptions of APIs that are as large as they may be: comparing them ends in time, and leaves memory to who asks.
 */
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/json.h"
#include "control/apidiff.h"
#include "tests/test.h"

static const struct sl_node *read_api(struct sl_arena *a, sl_str json)
{
    const struct sl_node *n = NULL;
    struct sl_diag d;
    sl_diag_init(&d, a);
    EXPECT_EQ(SL_OK, sl_json_to_node(json, SL_STR(""), a, &d, &n));
    return n;
}

/* An object schema with so many members, each of which is required. */
static void add_schema(struct sl_strbuf *b, const char *prefix, size_t n)
{
    sl_strbuf_add(b, SL_STR("{\"type\":\"object\",\"required\":[\"\""));
    for (size_t i = 0; i < n; i++)
        sl_strbuf_addf(b, ",\"%s%zu\"", prefix, i);
    sl_strbuf_add(b, SL_STR("],\"properties\":{\"\":{}"));
    for (size_t i = 0; i < n; i++)
        sl_strbuf_addf(b, ",\"%s%zu\":{}", prefix, i);
    sl_strbuf_add(b, SL_STR("}}"));
}

static sl_str with_schema(struct sl_arena *a, const char *prefix, size_t n)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(
        &b, SL_STR("{\"operations\":[{\"id\":\"a\",\"method\":\"POST\",\"path\":\"/a\",\"request\":"
                   "{\"content\":{\"a/b\":{\"properties\":{"));
    for (int i = 0; i < 20; i++)
        sl_strbuf_addf(&b, "\"%0200d\":{\"properties\":{", i);
    sl_strbuf_add(&b, SL_STR("\"x\":"));
    add_schema(&b, prefix, n);
    for (int i = 0; i < 20; i++)
        sl_strbuf_add(&b, SL_STR("}}"));
    sl_strbuf_add(&b, SL_STR("}}}}}]}"));
    return sl_strbuf_str(&b);
}

TEST(apidiff, schemas_that_are_all_different_are_compared_as_far_as_memory_and_time_go)
{
    static const size_t sizes[] = {3000, 30000};
    for (size_t i = 0; i < SL_LEN(sizes); i++) {
        struct sl_arena *a = sl_arena_new("texts", SL_MIB(64)),
                        *told = sl_arena_new("told", SL_MIB(64));
        struct sl_apidiff d;
        sl_apidiff(read_api(a, with_schema(a, "a", sizes[i])),
                   read_api(a, with_schema(a, "b", sizes[i])), told, &d);
        EXPECT(d.is_cut);
        EXPECT_EQ(i == 0, d.total > 3000);
        for (const struct sl_node *n = d.changes->children; n != NULL; n = n->next)
            EXPECT(sl_node_get(n, SL_STR("where"))->text.n <= 520);
        sl_arena_free(told);
        sl_arena_free(a);
    }
}

/* As many operations as are compared, with paths as long as they may be. */
static sl_str with_paths(struct sl_arena *a, char first)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    EXPECT(sl_strbuf_room(&b, SL_MIB(32)) != NULL);
    sl_strbuf_add(&b, SL_STR("{\"operations\":[{\"method\":\"GET\",\"path\":\"/\"}"));
    for (int i = 1; i < SL_APIDIFF_OPERATIONS_MAX; i++)
        sl_strbuf_addf(&b, ",{\"method\":\"GET\",\"path\":\"/%c%01020d\"}", first, i);
    sl_strbuf_add(&b, SL_STR("]}"));
    return sl_strbuf_str(&b);
}

/* As much as is told, and no more: else who publishes would decide whether there is memory to go on. */
TEST(apidiff, comparing_takes_little_of_the_memory_of_who_asks)
{
    struct sl_arena *a = sl_arena_new("texts", SL_MIB(256)),
                    *told = sl_arena_new("told", SL_MIB(4));
    struct sl_apidiff d;
    sl_apidiff(read_api(a, with_paths(a, 'a')), read_api(a, with_paths(a, 'b')), told, &d);
    EXPECT(d.is_cut);
    EXPECT_EQ(SL_APIDIFF_CHANGES_MAX, d.changes->child_count);
    sl_arena_free(told);
    sl_arena_free(a);
}
