#include "base/map.h"
#include "tests/test.h"

#include <stdio.h>

enum { MANY = 5000 };

static char keys[MANY][8];

static sl_str key(size_t i)
{
    snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
    return sl_cstr(keys[i]);
}

TEST(map, a_zeroed_map_is_empty_and_usable)
{
    struct sl_map m = {0};
    EXPECT(sl_map_get(&m, SL_STR("a")) == NULL);
    EXPECT(sl_map_remove(&m, SL_STR("a")) == NULL);
    EXPECT(sl_map_put(&m, SL_STR(""), keys) == NULL);
    EXPECT(sl_map_get(&m, SL_STR("")) == keys);
    sl_map_fini(&m);
}

TEST(map, put_returns_what_it_replaces)
{
    struct sl_map m = {0};
    int one, two;
    EXPECT(sl_map_put(&m, SL_STR("a"), &one) == NULL);
    EXPECT(sl_map_put(&m, SL_STR("a"), &two) == &one);
    EXPECT(sl_map_get(&m, SL_STR("a")) == &two);
    EXPECT_EQ(1, m.n);
    sl_map_fini(&m);
}

TEST(map, finds_the_others_after_every_removal)
{
    struct sl_map m = {0};
    for (size_t i = 0; i < MANY; i++)
        sl_map_put(&m, key(i), keys[i]);
    for (size_t i = 0; i < MANY; i += 2)
        EXPECT(sl_map_remove(&m, key(i)) == keys[i]);
    for (size_t i = 0; i < MANY; i++)
        EXPECT(sl_map_get(&m, key(i)) == (i % 2 == 0 ? NULL : keys[i]));
    EXPECT_EQ(MANY / 2, m.n);
    sl_map_fini(&m);
}

TEST(map, keeps_a_quarter_of_its_slots_free)
{
    struct sl_map m = {0};
    for (size_t i = 0; i < 12; i++)
        sl_map_put(&m, key(i), keys[i]);
    EXPECT_EQ(16, m.cap);
    sl_map_put(&m, key(12), keys[12]);
    EXPECT_EQ(32, m.cap);
    sl_map_fini(&m);
}

TEST(map, visits_every_entry_once_also_in_an_arena)
{
    struct sl_arena *a = sl_arena_new("test", 1 << 20);
    struct sl_map m;
    size_t at = 0, count = 0;
    sl_str k;
    void *v;
    sl_map_init(&m, a, 42);
    sl_map_reserve(&m, 100);
    for (size_t i = 0; i < 100; i++)
        sl_map_put(&m, key(i), keys[i]);
    while (sl_map_next(&m, &at, &k, &v)) {
        EXPECT(k.p == v);
        count++;
    }
    EXPECT_EQ(100, count);
    sl_map_fini(&m);
    sl_arena_free(a);
}
