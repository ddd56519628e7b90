#include "snapshot/endpoint.h"
#include "tests/test.h"

TEST(endpoint, stands_as_workers_and_checks_have_learned)
{
    static const struct {
        uint32_t weight;
        bool is_down;
        int64_t ejected_until_us;
        enum sl_endpoint_standing want;
        int64_t want_until_us;
    } rows[] = {
        {1, false, 0, SL_ENDPOINT_UP, 0},       {1, false, 1001, SL_ENDPOINT_EJECTED, 1001},
        {1, false, 1000, SL_ENDPOINT_TRIED, 0}, {1, true, 0, SL_ENDPOINT_DOWN, 0},
        {1, true, 1001, SL_ENDPOINT_DOWN, 0},   {0, true, 1001, SL_ENDPOINT_DRAINED, 0},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_endpoint_state s = {.ejected_until_us = rows[i].ejected_until_us,
                                      .is_down = rows[i].is_down};
        struct sl_endpoint e = {.weight = rows[i].weight, .state = &s};
        int64_t until_us = -1;
        EXPECT_EQ(rows[i].want, sl_endpoint_standing(&e, 1000, &until_us));
        EXPECT_EQ(rows[i].want_until_us, until_us);
    }
}
