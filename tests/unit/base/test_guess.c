#include "base/guess.h"
#include "base/str.h"
#include "tests/test.h"

static sl_str guess(const char *typed)
{
    static const char *const names[] = {"orders", "order-items", "users", "ab"};
    struct sl_guess g;
    sl_guess_init(&g, sl_cstr(typed));
    for (size_t i = 0; i < SL_LEN(names); i++)
        sl_guess_consider(&g, sl_cstr(names[i]));
    return g.best.p != NULL ? g.best : SL_STR("none");
}

TEST(guess, the_nearest_name_wins_when_it_is_near_enough)
{
    EXPECT_STR("orders", guess("ordrs"));
    EXPECT_STR("orders", guess("odrers"));
    EXPECT_STR("users", guess("user"));
    EXPECT_STR("order-items", guess("orders-items"));
    EXPECT_STR("ab", guess("a"));
    EXPECT_STR("none", guess("xy"));
    EXPECT_STR("none", guess("payments"));
}

TEST(guess, names_beyond_the_limit_are_not_guessed_at)
{
    char name[SL_GUESS_BYTES_MAX + 2];
    struct sl_guess g;
    memset(name, 'a', sizeof(name));
    for (size_t n = SL_GUESS_BYTES_MAX; n <= SL_GUESS_BYTES_MAX + 1; n++) {
        sl_guess_init(&g, sl_str_of(name, n - 1));
        sl_guess_consider(&g, sl_str_of(name, n));
        EXPECT_EQ(n <= SL_GUESS_BYTES_MAX, g.best.p != NULL);
    }
}
