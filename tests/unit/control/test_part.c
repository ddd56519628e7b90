#include "control/part.h"
#include "base/str.h"
#include "codec/json.h"
#include "control/tree.h"
#include "snapshot/build.h"
#include "tests/test.h"

static const struct sl_row row = {
    .id = SL_STR_INIT("01A"), .name = SL_STR_INIT("one"), .revision = 3, .updated_us = 7};

static struct sl_node *parsed(struct sl_arena *a, const char *json)
{
    struct sl_diag d;
    const struct sl_node *n = NULL;
    sl_diag_init(&d, a);
    EXPECT_EQ(SL_OK, sl_json_to_node(sl_cstr(json), SL_STR("consumer/one"), a, &d, &n));
    return sl_tree_copy(a, n);
}

static struct sl_part *part(const char *id, int64_t revision)
{
    struct sl_row r = row;
    struct sl_piece nothing = {0};
    r.id = sl_cstr(id);
    r.revision = revision;
    return sl_part_new(&r, &nothing);
}

static struct sl_part *found(struct sl_parts_search *s, const char *id, int64_t revision,
                             int64_t updated_us)
{
    struct sl_row_head head = {.id = sl_cstr(id), .revision = revision, .updated_us = updated_us};
    return sl_parts_find(s, &head);
}

TEST(part, outlives_what_it_was_made_of)
{
    struct sl_arena *a = sl_arena_new("part", SL_MIB(1)), *kept = sl_arena_new("kept", SL_MIB(1));
    struct sl_piece piece = {.list = 4,
                             .item = parsed(a, "{\"a\":[1,true,{\"b\":\"\"}],\"c\":null}"),
                             .consumer = sl_arena_dup(a, SL_STR("acme"))};
    struct sl_part *p = sl_part_new(&row, &piece);
    sl_arena_free(a);
    EXPECT_STR("{\"a\":[1,true,{\"b\":\"\"}],\"c\":null}", sl_tree_json(p->item, kept));
    EXPECT_STR("consumer/one", p->item->file);
    EXPECT_STR("consumer/one", p->item->children->children->file);
    EXPECT_STR("acme", p->consumer);
    EXPECT_STR("one", p->name);
    EXPECT_EQ(4, p->list);
    sl_part_unref(p);
    sl_arena_free(kept);
}

TEST(part, is_found_by_just_the_state_of_its_row)
{
    struct sl_parts *t = sl_parts_new();
    struct sl_parts_search s;
    sl_parts_add(t, part("01A", 3));
    sl_parts_add(t, part("01B", 1));
    sl_parts_search_init(&s, t);
    EXPECT(found(&s, "01A", 3, 7) == sl_parts_at(t, 0));
    EXPECT(found(&s, "01B", 2, 7) == NULL);
    EXPECT(found(&s, "01B", 1, 8) == NULL);
    EXPECT(found(&s, "01C", 1, 7) == NULL);
    EXPECT(found(&s, "01A", 3, 7) == sl_parts_at(t, 0)); /* out of order */
    EXPECT(found(&s, "01B", 1, 7) == sl_parts_at(t, 1));
    sl_parts_search_fini(&s);
    sl_parts_unref(t);
}

TEST(part, nothing_is_found_in_no_table_and_in_an_empty_one)
{
    struct sl_parts *t = sl_parts_new();
    struct sl_parts_search none, empty;
    sl_parts_search_init(&none, NULL);
    sl_parts_search_init(&empty, t);
    EXPECT(found(&none, "01A", 3, 7) == NULL);
    EXPECT(found(&empty, "01A", 3, 7) == NULL);
    sl_parts_search_fini(&none);
    sl_parts_search_fini(&empty);
    sl_parts_unref(t);
}

TEST(part, belongs_to_each_table_that_has_it)
{
    struct sl_parts *one = sl_parts_new(), *two = sl_parts_new();
    struct sl_part *p = part("01A", 3);
    sl_parts_add(one, p);
    sl_parts_add(two, NULL); /* its place first */
    sl_parts_put(two, 0, sl_part_ref(p));
    sl_parts_unref(one);
    EXPECT_STR("01A", sl_parts_at(two, 0)->head.id);
    sl_parts_cut(two, 0);
    EXPECT_EQ(0, sl_parts_count(two));
    sl_parts_unref(two);
}

static sl_str hash_of(struct sl_node *item, struct sl_arena *a)
{
    char hash[17];
    struct sl_node *document = sl_tree_map(a), *list = sl_tree_list(a);
    const struct sl_node *all = document;
    sl_tree_push(list, item);
    sl_tree_put(document, SL_STR("consumers"), list);
    sl_documents_hash(&all, 1, hash);
    return sl_arena_dup(a, sl_cstr(hash));
}

TEST(part, has_the_hash_of_what_it_was_made_of)
{
    struct sl_arena *a = sl_arena_new("part", SL_MIB(1));
    struct sl_piece piece = {.item = parsed(a, "{\"gateway\":[1,true,{\"b\":\"\"}],\"c\":7}")};
    struct sl_part *p = sl_part_new(&row, &piece);
    struct sl_node *item = sl_arena_new_of(a, struct sl_node), *copy = sl_tree_copy(a, p->item);
    *item = *p->item;
    EXPECT(item->hash != 0);
    EXPECT_EQ(0, copy->hash); /* it may be changed */
    EXPECT_STRS(hash_of(piece.item, a), hash_of(item, a));
    EXPECT_STRS(hash_of(item, a), hash_of(copy, a));
    sl_part_unref(p);
    sl_arena_free(a);
}
