#include "snapshot/vendor_key.h"
#include "base/err.h"
#include "tests/test.h"

enum { NOW_US = 1000, WALL_S = 500 };

static enum sl_key_standing standing_of(const struct sl_account_key *k, int64_t *ret_until_us)
{
    return sl_account_key_standing(k, NOW_US, WALL_S, ret_until_us);
}

TEST(vendor_key, what_was_learned_decides_and_says_until_when)
{
    static const struct {
        int64_t cools_us, dead_us;
        uint32_t dead_class;
        enum sl_key_standing want;
        int64_t until_us;
    } rows[] = {
        {0, 0, 0, SL_KEY_READY, 0},
        {NOW_US, NOW_US, SL_AI_FAULT_AUTH, SL_KEY_READY, 0}, /* both are over at this instant */
        {NOW_US + 1, 0, 0, SL_KEY_COOLING, NOW_US + 1},
        {0, NOW_US + 2, SL_AI_FAULT_AUTH, SL_KEY_REFUSED, NOW_US + 2},
        {0, NOW_US + 2, SL_AI_FAULT_CREDIT, SL_KEY_NO_CREDIT, NOW_US + 2},
        {NOW_US + 9, NOW_US + 2, SL_AI_FAULT_AUTH, SL_KEY_REFUSED, NOW_US + 2},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_key_state learned = {.cools_until_us = rows[i].cools_us,
                                       .dead_until_us = rows[i].dead_us,
                                       .dead_class = rows[i].dead_class};
        struct sl_account_key key = {.state = &learned};
        int64_t until_us = -1;
        EXPECT_EQ(rows[i].want, standing_of(&key, &until_us));
        EXPECT_EQ(rows[i].until_us, until_us);
    }
}

TEST(vendor_key, what_is_configured_comes_first)
{
    struct sl_key_state learned = {.cools_until_us = NOW_US + 1, .dead_until_us = NOW_US + 1};
    struct sl_account_key key = {.state = &learned, .expires_at = WALL_S};
    int64_t until_us;
    EXPECT_EQ(SL_KEY_EXPIRED, standing_of(&key, &until_us));
    EXPECT_EQ(0, until_us);
    key.is_disabled = true;
    EXPECT_EQ(SL_KEY_DISABLED, standing_of(&key, &until_us));
    key = (struct sl_account_key){.state = &learned, .expires_at = WALL_S + 1};
    EXPECT_EQ(SL_KEY_REFUSED, standing_of(&key, &until_us));
}

TEST(vendor_key, a_credential_without_a_token_cannot_be_used)
{
    struct sl_key_state learned = {0};
    struct sl_access_token token = {.expires_us = NOW_US};
    struct sl_account_key key = {.state = &learned, .token = &token};
    int64_t until_us;
    EXPECT_EQ(SL_KEY_NO_TOKEN, standing_of(&key, &until_us));
    token.expires_us = NOW_US + 1;
    EXPECT_EQ(SL_KEY_READY, standing_of(&key, &until_us));
}

TEST(vendor_key, keeps_the_last_failure_whole)
{
    static const struct sl_key_failure rows[] = {
        {.at_s = 1, .rc = SL_E_AI_VENDOR_RATE, .status = 429},
        {.at_s = 4102444800, .rc = SL_E_CONNECT_TIMEOUT, .status = 0},
        {.at_s = 1800000000, .rc = SL_E_AI_KEYS_DEAD, .status = 999},
    };
    struct sl_key_state learned = {0};
    EXPECT_EQ(0, sl_key_failure_of(&learned).at_s);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_key_failed(&learned, &rows[i]);
        struct sl_key_failure f = sl_key_failure_of(&learned);
        EXPECT_EQ(rows[i].at_s, f.at_s);
        EXPECT_EQ(rows[i].rc, f.rc);
        EXPECT_EQ(rows[i].status, f.status);
        EXPECT_EQ(i + 1, learned.errors);
    }
}
