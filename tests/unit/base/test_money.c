#include "base/money.h"
#include "tests/test.h"

TEST(money, reads_decimal_dollars_exactly_and_writes_them_back)
{
    static const struct {
        const char *text;
        int64_t nusd;
    } rows[] = {{"0", 0},
                {"0.25", 250000000},
                {"3", 3000000000},
                {"-0.000000001", -1},
                {"9223372036.854775807", INT64_MAX},
                {"-9223372036.854775808", INT64_MIN}};
    struct sl_strbuf b = {0};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        int64_t nusd = 0;
        EXPECT(sl_money_parse(sl_cstr(rows[i].text), &nusd));
        EXPECT_EQ(rows[i].nusd, nusd);
        sl_strbuf_clear(&b);
        sl_money_add(&b, nusd);
        EXPECT_STR(rows[i].text, sl_strbuf_str(&b));
    }
    sl_strbuf_fini(&b);
}

TEST(money, refuses_signs_of_currency_tenth_decimals_and_overflow)
{
    static const char *const bad[] = {"",  "$1", "1.0000000001", "1e3", "9223372036.854775808",
                                      "1 "};
    int64_t nusd;
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_money_parse(sl_cstr(bad[i]), &nusd));
}

TEST(money, cost_is_tokens_times_price_rounded_half_up)
{
    int64_t nusd = 0;
    EXPECT(sl_money_cost(1000, 2500000, &nusd)); /* 1000 tokens at 2.50 $/M */
    EXPECT_EQ(2500000, nusd);
    EXPECT(sl_money_cost(1, 499, &nusd));
    EXPECT_EQ(0, nusd);
    EXPECT(sl_money_cost(1, 500, &nusd));
    EXPECT_EQ(1, nusd);
    EXPECT(!sl_money_cost(INT64_MAX, INT64_MAX, &nusd));
    EXPECT(!sl_money_cost(-1, 1, &nusd));
}

TEST(money, a_sum_over_classes_is_rounded_once)
{
    struct sl_money_sum sum = {0};
    int64_t nusd = 0;
    for (int i = 0; i < 4; i++)
        sl_money_sum_add(&sum, 1, 250); /* each alone would round to 0 */
    EXPECT(sl_money_sum_nusd(&sum, &nusd));
    EXPECT_EQ(1, nusd);
    sl_money_sum_add_nusd(&sum, 41);
    EXPECT(sl_money_sum_nusd(&sum, &nusd));
    EXPECT_EQ(42, nusd);
}

TEST(money, an_invalid_sum_stays_invalid)
{
    struct sl_money_sum sum = {0};
    int64_t nusd = 5;
    sl_money_sum_add(&sum, -1, 1);
    sl_money_sum_add(&sum, 1, 1000);
    EXPECT(!sl_money_sum_nusd(&sum, &nusd));
    EXPECT_EQ(5, nusd);

    struct sl_money_sum huge = {0};
    for (int i = 0; i < 3; i++)
        sl_money_sum_add(&huge, INT64_MAX, INT64_MAX);
    EXPECT(!sl_money_sum_nusd(&huge, &nusd));
}

TEST(money, the_largest_amount_fits_and_one_more_does_not)
{
    struct sl_money_sum sum = {0};
    int64_t nusd = 0;
    sl_money_sum_add_nusd(&sum, INT64_MAX);
    sl_money_sum_add(&sum, 499, 1);
    EXPECT(sl_money_sum_nusd(&sum, &nusd));
    EXPECT(nusd == INT64_MAX);
    sl_money_sum_add(&sum, 1, 1);
    EXPECT(!sl_money_sum_nusd(&sum, &nusd));
}
