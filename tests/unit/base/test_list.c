#include "base/list.h"
#include "tests/test.h"

TEST(list, gives_links_back_in_order)
{
    struct sl_link head, a = {0}, b = {0}, c = {0};
    sl_list_init(&head);
    EXPECT(sl_list_is_empty(&head));
    sl_list_push_back(&head, &b);
    sl_list_push_back(&head, &c);
    sl_list_push_front(&head, &a);
    EXPECT(sl_list_pop_front(&head) == &a);
    EXPECT(!sl_list_is_linked(&a));
    EXPECT(sl_list_pop_front(&head) == &b);
    EXPECT(sl_list_pop_front(&head) == &c);
    EXPECT(sl_list_pop_front(&head) == NULL);
}

TEST(list, removing_what_is_in_no_list_does_nothing)
{
    struct sl_link head, a = {0};
    sl_list_init(&head);
    sl_list_remove(&a);
    sl_list_push_back(&head, &a);
    sl_list_remove(&a);
    sl_list_remove(&a);
    EXPECT(sl_list_is_empty(&head));
}
