#include "base/rand.h"
#include "tests/test.h"

TEST(rand, the_same_seed_gives_the_same_numbers)
{
    struct sl_rand a, b, c;
    sl_rand_seed(&a, 1);
    sl_rand_seed(&b, 1);
    sl_rand_seed(&c, 2);
    uint64_t first = sl_rand_u64(&a);
    EXPECT(first == sl_rand_u64(&b));
    EXPECT(first != sl_rand_u64(&c));
}

TEST(rand, is_xoshiro256_star_star)
{
    struct sl_rand r = {.s = {1, 2, 3, 4}};
    EXPECT_EQ(11520, sl_rand_u64(&r));
    EXPECT_EQ(0, sl_rand_u64(&r));
    EXPECT_EQ(1509978240, sl_rand_u64(&r));
}

TEST(rand, below_reaches_every_value_about_equally_and_none_above)
{
    struct sl_rand r;
    int counts[10] = {0};
    sl_rand_seed(&r, 7);
    for (int i = 0; i < 100000; i++)
        counts[sl_rand_below(&r, 10)]++;
    for (size_t i = 0; i < SL_LEN(counts); i++)
        EXPECT(counts[i] > 9500 && counts[i] < 10500);
    EXPECT_EQ(0, sl_rand_below(&r, 1));
}

TEST(rand, bytes_fills_exactly_what_it_is_given)
{
    struct sl_rand r;
    unsigned char b[20] = {0};
    sl_rand_seed(&r, 7);
    sl_rand_bytes(&r, b, 13);
    unsigned any = 0;
    for (size_t i = 0; i < 13; i++)
        any |= b[i];
    EXPECT(any != 0);
    for (size_t i = 13; i < sizeof(b); i++)
        EXPECT_EQ(0, b[i]);
}

TEST(rand, the_systems_seeds_differ)
{
    struct sl_rand a, b;
    sl_rand_seed_os(&a);
    sl_rand_seed_os(&b);
    EXPECT(memcmp(&a, &b, sizeof(a)) != 0);
}
