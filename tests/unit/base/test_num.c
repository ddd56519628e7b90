#include "base/num.h"
#include "tests/test.h"

TEST(num, u64_takes_digits_only_up_to_the_maximum)
{
    static const char *const bad[] = {"",    " 1",  "1 ",  "+1",  "-1",
                                      "1.0", "0x1", "256", "1e2", "99999999999999999999999"};
    uint64_t v = 7;
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_num_u64(sl_cstr(bad[i]), 255, &v));
    EXPECT_EQ(7, v);
    EXPECT(sl_num_u64(SL_STR("0255"), 255, &v));
    EXPECT_EQ(255, v);
    EXPECT(sl_num_u64(SL_STR("18446744073709551615"), UINT64_MAX, &v));
    EXPECT(v == UINT64_MAX);
    EXPECT(!sl_num_u64(SL_STR("18446744073709551616"), UINT64_MAX, &v));
}

TEST(num, i64_reaches_both_ends_and_no_further)
{
    int64_t v = 0;
    EXPECT(sl_num_i64(SL_STR("-9223372036854775808"), &v));
    EXPECT(v == INT64_MIN);
    EXPECT(sl_num_i64(SL_STR("9223372036854775807"), &v));
    EXPECT(v == INT64_MAX);
    EXPECT(!sl_num_i64(SL_STR("9223372036854775808"), &v));
    EXPECT(!sl_num_i64(SL_STR("-9223372036854775809"), &v));
    EXPECT(!sl_num_i64(SL_STR("-"), &v));
    EXPECT(!sl_num_i64(SL_STR("--1"), &v));
}

TEST(num, hex_takes_both_cases_and_no_prefix)
{
    uint64_t v = 0;
    EXPECT(sl_num_hex(SL_STR("fFff"), 0xffff, &v));
    EXPECT_EQ(0xffff, v);
    EXPECT(!sl_num_hex(SL_STR("10000"), 0xffff, &v));
    EXPECT(!sl_num_hex(SL_STR("0x1"), 0xffff, &v));
    EXPECT(!sl_num_hex(SL_STR("g"), 0xffff, &v));
    EXPECT(!sl_num_hex(SL_STR(""), 0xffff, &v));
    EXPECT(!sl_num_hex(SL_STR("10000000000000000"), UINT64_MAX, &v));
}

TEST(num, decimal_is_exact_at_its_scale)
{
    static const struct {
        const char *text;
        int64_t want;
    } good[] = {{"0", 0}, {"-1.25", -1250}, {"1.250", 1250}, {"007.1", 7100}, {"-0.001", -1}};
    static const char *const bad[] = {"",    ".5",   "1.",   "1.2345", "1.0000",
                                      "1,5", "1.-5", "1..5", "-"};
    int64_t v = 0;
    for (size_t i = 0; i < SL_LEN(good); i++) {
        EXPECT(sl_num_decimal(sl_cstr(good[i].text), 3, &v));
        EXPECT_EQ(good[i].want, v);
    }
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_num_decimal(sl_cstr(bad[i]), 3, &v));
    EXPECT(!sl_num_decimal(SL_STR("9223372036854775.808"), 3, &v));
    EXPECT(sl_num_decimal(SL_STR("-9223372036854775.808"), 3, &v));
    EXPECT(v == INT64_MIN);
}

TEST(num, rounded_takes_what_a_machine_wrote)
{
    static const struct {
        const char *text;
        int64_t want;
    } good[] = {{"0", 0},           {"12", 12000},
                {"1.2345", 1235},   {"1.2344999", 1234},
                {"-1.2345", -1235}, {"1.5e2", 150000},
                {"1.5E+2", 150000}, {"25e-4", 3},
                {"4.9e-4", 0},      {"5e-4", 1},
                {"9e-9999", 0},     {"0e9999", 0},
                {"0.0", 0},         {"00012.0", 12000},
                {"9.9996", 10000},  {"0.123456789012345678901234567890", 123}};
    static const char *const bad[] = {"",   "-",  "1.",   ".5",      "e5",  "1e",    "1e+", "1e1.5",
                                      "1x", "1e", "1e5e", "1e12345", "NaN", "1e-+2", "1 ",  "1e19"};
    int64_t v = -7;
    for (size_t i = 0; i < SL_LEN(good); i++) {
        EXPECT(sl_num_rounded(sl_cstr(good[i].text), 3, &v));
        EXPECT_EQ(good[i].want, v);
    }
    v = -7;
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_num_rounded(sl_cstr(bad[i]), 3, &v));
    EXPECT_EQ(-7, v);
}

TEST(num, rounding_does_not_pass_the_largest_number)
{
    int64_t v = 0;
    EXPECT(sl_num_rounded(SL_STR("9223372036854775807.4"), 0, &v));
    EXPECT_EQ(INT64_MAX, v);
    EXPECT(!sl_num_rounded(SL_STR("9223372036854775807.5"), 0, &v));
    EXPECT(sl_num_rounded(SL_STR("-9223372036854775807.5"), 0, &v));
    EXPECT(v == INT64_MIN);
}
