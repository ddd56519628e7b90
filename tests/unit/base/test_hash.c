#include "base/hash.h"
#include "tests/test.h"

TEST(hash, values_are_xxh3_and_stay_the_same)
{
    EXPECT(sl_hash_str(SL_STR("")) == 0x2d06800538d394c2); /* the algorithm's published vector */
    EXPECT(sl_hash(NULL, 0) == 0x2d06800538d394c2);
    EXPECT(sl_hash_str(SL_STR("a")) != sl_hash_str(SL_STR("b")));
}

TEST(hash, another_seed_gives_other_values)
{
    EXPECT(sl_hash_seeded("key", 3, 0) == sl_hash("key", 3));
    EXPECT(sl_hash_seeded("key", 3, 1) != sl_hash("key", 3));
}
