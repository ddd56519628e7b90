#include "base/node.h"
#include "tests/test.h"

TEST(node, get_finds_members_of_maps_only)
{
    struct sl_node b = {.kind = SL_NODE_NULL, .key = SL_STR_INIT("b")};
    struct sl_node a = {.kind = SL_NODE_NULL, .key = SL_STR_INIT("a"), .next = &b};
    struct sl_node map = {.kind = SL_NODE_MAP, .children = &a, .child_count = 2};
    struct sl_node list = {.kind = SL_NODE_LIST, .children = &a, .child_count = 2};
    EXPECT(sl_node_get(&map, SL_STR("b")) == &b);
    EXPECT(sl_node_get(&map, SL_STR("c")) == NULL);
    EXPECT(sl_node_get(&list, SL_STR("b")) == NULL);
    EXPECT(sl_node_get(NULL, SL_STR("b")) == NULL);
}
