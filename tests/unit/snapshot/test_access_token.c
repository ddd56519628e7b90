#include "snapshot/access_token.h"

#include "base/str.h"
#include "tests/test.h"

#include <pthread.h>

TEST(access_token, holds_until_a_little_before_its_end)
{
    struct sl_arena *a = sl_arena_new("test", SL_KIB(64));
    struct sl_access_token *t = sl_arena_new_of(a, struct sl_access_token);
    sl_str token;
    uint64_t turn;
    EXPECT(!sl_access_token_holds(t, 0));
    EXPECT(!sl_access_token_get(t, 0, a, &token, &turn));
    sl_access_token_put(t, SL_STR("abcdefghi"), SL_SECONDS(1000), SL_SECONDS(3600));
    EXPECT(sl_access_token_get(t, SL_SECONDS(1000), a, &token, &turn));
    EXPECT_STR("abcdefghi", token);
    EXPECT_EQ(1, turn);
    EXPECT(sl_access_token_holds(t, SL_SECONDS(4579)));
    EXPECT(!sl_access_token_holds(t, SL_SECONDS(4580)));
    EXPECT_EQ(SL_SECONDS(4300), atomic_load(&t->refresh_us));
    sl_access_token_put(t, SL_STR("next"), SL_SECONDS(4300), SL_SECONDS(10));
    EXPECT(sl_access_token_get(t, SL_SECONDS(4300), a, &token, &turn));
    EXPECT_STR("next", token);
    EXPECT_EQ(2, turn);
    EXPECT(atomic_load(&t->refresh_us) < atomic_load(&t->expires_us));
    EXPECT(!sl_access_token_holds(t, SL_SECONDS(4309)));
    sl_arena_free(a);
}

enum { TURNS = 4000, BYTES = 300 };

/* A token is one letter again and again: a torn one would have two. */
static void *write_tokens(void *arg)
{
    char text[BYTES];
    for (int i = 0; i < TURNS; i++) {
        memset(text, 'a' + i % 26, sizeof(text));
        sl_access_token_put(arg, (sl_str){text, (size_t)(1 + i % BYTES)}, 0, SL_SECONDS(1000));
    }
    return NULL;
}

TEST(access_token, readers_never_see_half_a_token)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_access_token *t = sl_arena_new_of(a, struct sl_access_token);
    struct sl_arena *copies = sl_arena_new("copies", SL_MIB(1));
    pthread_t writer;
    uint64_t turn = 0;
    sl_access_token_put(t, SL_STR("aaa"), 0, SL_SECONDS(1000));
    EXPECT_EQ(0, pthread_create(&writer, NULL, write_tokens, t));
    while (turn < TURNS) {
        sl_str token;
        EXPECT(sl_access_token_get(t, 0, copies, &token, &turn));
        for (size_t i = 1; i < token.n; i++)
            EXPECT_EQ(token.p[0], token.p[i]);
        sl_arena_reset(copies);
    }
    pthread_join(writer, NULL);
    sl_arena_free(copies);
    sl_arena_free(a);
}
