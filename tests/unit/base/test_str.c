#include "base/str.h"
#include "tests/test.h"

static const sl_str nothing; /* p == NULL */

TEST(str, the_null_string_is_the_empty_string)
{
    EXPECT(sl_str_eq(nothing, SL_STR("")));
    EXPECT(sl_str_ieq(nothing, SL_STR("")));
    EXPECT(sl_str_eq_secret(nothing, SL_STR("")));
    EXPECT_EQ(0, sl_str_cmp(nothing, SL_STR("")));
    EXPECT(sl_str_starts(nothing, nothing) && sl_str_ends(nothing, nothing));
    EXPECT_EQ(0, sl_str_trim_all(nothing).n);
    EXPECT_EQ(0, sl_str_from(nothing, 5).n);
    EXPECT(sl_str_find(nothing, 'a', 0) == SIZE_MAX && sl_str_rfind(nothing, 'a') == SIZE_MAX);
    EXPECT(sl_str_find_str(nothing, SL_STR("a")) == SIZE_MAX);
}

TEST(str, compares_by_bytes_with_the_shorter_first)
{
    EXPECT(sl_str_cmp(SL_STR("a"), SL_STR("b")) < 0);
    EXPECT(sl_str_cmp(SL_STR("ab"), SL_STR("a")) > 0);
    EXPECT(sl_str_cmp(SL_STR("a\xff"), SL_STR("a\x01")) > 0);
    EXPECT_EQ(0, sl_str_cmp(SL_STR("a\0b"), SL_STR("a\0b")));
}

TEST(str, case_means_ascii_case)
{
    EXPECT(sl_str_ieq(SL_STR("Content-TYPE"), SL_STR("content-type")));
    EXPECT(!sl_str_ieq(SL_STR("\xc3\x84"), SL_STR("\xc3\xa4")));
    EXPECT(!sl_str_ieq(SL_STR("@["), SL_STR("`{")));
    EXPECT(sl_str_istarts(SL_STR("BEARER x"), SL_STR("bearer ")));
    EXPECT(!sl_str_starts(SL_STR("BEARER x"), SL_STR("bearer ")));
    EXPECT(sl_str_ends(SL_STR("a.yaml"), SL_STR(".yaml")));
    EXPECT(!sl_str_ends(SL_STR("yaml"), SL_STR(".yaml")));
}

TEST(str, cuts_never_leave_the_string)
{
    EXPECT_STR("c", sl_str_from(SL_STR("abc"), 2));
    EXPECT_STR("", sl_str_from(SL_STR("abc"), 4));
    EXPECT_STR("ab", sl_str_head(SL_STR("abc"), 2));
    EXPECT_STR("abc", sl_str_head(SL_STR("abc"), 9));
}

TEST(str, trims_blanks_or_all_white_space)
{
    EXPECT_STR("a b", sl_str_trim(SL_STR(" \ta b\t ")));
    EXPECT_STR("a\n", sl_str_trim(SL_STR(" a\n")));
    EXPECT_STR("a", sl_str_trim_all(SL_STR("\r\n\v\f a \n")));
    EXPECT_STR("", sl_str_trim(SL_STR("  ")));
    EXPECT_EQ(1, sl_str_trim_all(SL_STR(" \0 ")).n);
}

TEST(str, finds_the_first_and_the_last)
{
    EXPECT_EQ(1, sl_str_find(SL_STR("abab"), 'b', 0));
    EXPECT_EQ(3, sl_str_find(SL_STR("abab"), 'b', 2));
    EXPECT(sl_str_find(SL_STR("abab"), 'b', 4) == SIZE_MAX);
    EXPECT_EQ(3, sl_str_rfind(SL_STR("abab"), 'b'));
    EXPECT_EQ(2, sl_str_find_str(SL_STR("aab"), SL_STR("b")));
    EXPECT_EQ(0, sl_str_find_str(SL_STR("aab"), SL_STR("")));
}

TEST(str, split_gives_empty_parts_too)
{
    static const char *const want[] = {"a", "", "b", ""};
    sl_str rest = SL_STR("a,,b,"), part;
    for (size_t i = 0; i < SL_LEN(want); i++) {
        EXPECT(sl_str_split(&rest, ',', &part));
        EXPECT_STR(want[i], part);
    }
    EXPECT(!sl_str_split(&rest, ',', &part));
    rest = SL_STR("");
    EXPECT(sl_str_split(&rest, ',', &part));
    EXPECT(!sl_str_split(&rest, ',', &part));
}

TEST(str, secrets_compare_equal_only_when_they_are)
{
    EXPECT(sl_str_eq_secret(SL_STR("abc"), SL_STR("abc")));
    EXPECT(!sl_str_eq_secret(SL_STR("abc"), SL_STR("abd")));
    EXPECT(!sl_str_eq_secret(SL_STR("abc"), SL_STR("ab")));
}
