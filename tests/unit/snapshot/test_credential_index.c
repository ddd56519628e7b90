#include "snapshot/credential_index.h"
#include "tests/test.h"

enum { MANY = 3000 };

static struct sl_credential many[MANY];

/* Hashes that begin alike for eight in a row, so that places are taken. */
static void make_many(void)
{
    memset(many, 0, sizeof(many));
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t place = i / 8;
        memcpy(many[i].key_hash, &place, sizeof(place));
        memcpy(many[i].key_hash + 28, &i, sizeof(i));
    }
}

TEST(credential_index, finds_what_was_put_and_nothing_else)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    struct sl_credential_index x = {0};
    uint8_t other[32] = {0};
    make_many();
    EXPECT(sl_credential_index_get(&x, other) == NULL);
    sl_credential_index_reserve(&x, a, MANY);
    for (size_t i = 0; i < MANY; i++)
        EXPECT(sl_credential_index_put(&x, &many[i]) == NULL);
    for (size_t i = 0; i < MANY; i++)
        EXPECT(sl_credential_index_get(&x, many[i].key_hash) == &many[i]);
    other[28] = 1;
    other[0] = 1;
    EXPECT(sl_credential_index_get(&x, other) == NULL);
    EXPECT_EQ(4096, x.cap); /* 3/4 of it are 3072 */
    sl_arena_free(a);
}

TEST(credential_index, the_first_one_with_a_hash_stays)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_credential_index x = {0};
    make_many();
    struct sl_credential same = many[1];
    sl_credential_index_reserve(&x, a, 2);
    EXPECT(sl_credential_index_put(&x, &many[1]) == NULL);
    EXPECT(sl_credential_index_put(&x, &same) == &many[1]);
    EXPECT(sl_credential_index_get(&x, same.key_hash) == &many[1]);
    sl_arena_free(a);
}

TEST(credential_index, without_entries_has_none)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_credential_index x = {0};
    const uint8_t hash[32] = {0};
    sl_credential_index_reserve(&x, a, 0);
    EXPECT(sl_credential_index_get(&x, hash) == NULL);
    sl_arena_free(a);
}
