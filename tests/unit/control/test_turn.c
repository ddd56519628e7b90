#include "control/turn.h"
#include "tests/test.h"

#define NOW INT64_C(1767225600000000)

TEST(turn, is_one_threads_until_it_ends)
{
    struct sl_turn t = {0};
    EXPECT(sl_turn_take(&t, NOW));
    EXPECT(!sl_turn_take(&t, NOW));
    EXPECT(!sl_turn_take(&t, NOW + SL_SECONDS(600))); /* however long it takes */
    EXPECT_EQ(NOW + SL_SECONDS(600) + SL_TURN_PAUSE_US, sl_turn_next_us(&t, NOW + SL_SECONDS(600)));
}

TEST(turn, comes_again_a_pause_after_its_end)
{
    struct sl_turn t = {0};
    EXPECT(sl_turn_take(&t, NOW));
    sl_turn_end(&t, NOW + SL_SECONDS(600));
    EXPECT(!sl_turn_take(&t, NOW + SL_SECONDS(600)));
    EXPECT_EQ(NOW + SL_SECONDS(600) + SL_TURN_PAUSE_US, sl_turn_next_us(&t, NOW + SL_SECONDS(600)));
    EXPECT(!sl_turn_take(&t, NOW + SL_SECONDS(600) + SL_TURN_PAUSE_US - 1));
    EXPECT(sl_turn_take(&t, NOW + SL_SECONDS(600) + SL_TURN_PAUSE_US));
}

TEST(turn, is_not_lost_when_the_clock_is_set_back)
{
    struct sl_turn t = {0};
    EXPECT(sl_turn_take(&t, NOW));
    sl_turn_end(&t, NOW);
    EXPECT(sl_turn_take(&t, NOW - SL_SECONDS(3600)));
}
