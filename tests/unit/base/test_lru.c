#include "base/lru.h"
#include "tests/test.h"

struct item {
    struct sl_lru_entry entry;
    int evictions;
};

static void count_eviction(struct sl_lru_entry *e, void *arg)
{
    int *total = arg;
    SL_CONTAINER(e, struct item, entry)->evictions++;
    (*total)++;
}

static struct item item(const char *key)
{
    return (struct item){.entry = {.key = sl_cstr(key)}};
}

TEST(lru, evicts_the_one_unused_for_longest)
{
    struct item a = item("a"), b = item("b"), c = item("c");
    struct sl_lru l;
    int total = 0;
    sl_lru_init(&l, 2, 0, count_eviction, &total);
    sl_lru_put(&l, &a.entry);
    sl_lru_put(&l, &b.entry);
    EXPECT(sl_lru_get(&l, SL_STR("a")) == &a.entry);
    EXPECT(sl_lru_oldest(&l) == &b.entry);
    sl_lru_put(&l, &c.entry);
    EXPECT_EQ(1, b.evictions);
    EXPECT(sl_lru_get(&l, SL_STR("b")) == NULL);
    EXPECT_EQ(2, sl_lru_count(&l));
    sl_lru_fini(&l);
    EXPECT_EQ(3, total);
}

TEST(lru, a_namesake_replaces_and_evicts_only_its_predecessor)
{
    struct item old = item("a"), other = item("b"), young = item("a");
    struct sl_lru l;
    int total = 0;
    sl_lru_init(&l, 2, 0, count_eviction, &total);
    sl_lru_put(&l, &old.entry);
    sl_lru_put(&l, &other.entry);
    sl_lru_put(&l, &young.entry);
    EXPECT_EQ(1, old.evictions);
    EXPECT_EQ(1, total);
    EXPECT(sl_lru_get(&l, SL_STR("a")) == &young.entry);
    sl_lru_fini(&l);
}

TEST(lru, what_is_removed_is_not_evicted)
{
    struct item a = item("a");
    struct sl_lru l;
    int total = 0;
    sl_lru_init(&l, 1, 0, count_eviction, &total);
    sl_lru_put(&l, &a.entry);
    sl_lru_remove(&l, &a.entry);
    EXPECT(sl_lru_oldest(&l) == NULL);
    sl_lru_fini(&l);
    EXPECT_EQ(0, total);
}
