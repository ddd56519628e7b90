#include "base/utf8.h"
#include "tests/test.h"

TEST(utf8, accepts_every_kind_of_sequence_at_its_ends)
{
    static const char *const good[] = {"",
                                       "abcdefghijklmnop",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "12345678\xc3\xa4 2345678"};
    for (size_t i = 0; i < SL_LEN(good); i++)
        EXPECT(sl_utf8_is_valid(sl_cstr(good[i])));
}

TEST(utf8, says_how_far_it_is_valid)
{
    static const struct {
        const char *text;
        size_t want;
    } rows[] = {{"ab\x80", 2},           {"ab\xc0\xaf", 2},        {"a\xc1\xbf", 1},
                {"\xe0\x9f\xbf", 0},     {"\xed\xa0\x80", 0},      {"\xf0\x8f\xbf\xbf", 0},
                {"\xf4\x90\x80\x80", 0}, {"\xf5\x80\x80\x80", 0},  {"\xff", 0},
                {"12345678\xc3", 8},     {"123456789\xe2\x82", 9}, {"\xc3\xa4\xc3(", 2}};
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_EQ(rows[i].want, sl_utf8_valid_prefix(sl_cstr(rows[i].text)));
}

TEST(utf8, a_text_cut_inside_a_character_is_valid_up_to_it)
{
    const sl_str s = SL_STR("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    for (size_t n = 0; n <= s.n; n++)
        EXPECT_EQ(want[n], sl_utf8_valid_prefix(sl_str_head(s, n)));
}

TEST(utf8, lossy_puts_one_replacement_for_each_maximal_subpart)
{
    struct sl_strbuf b = {0};
    sl_utf8_add_lossy(&b, SL_STR("a\xf1\x80\x80\xe1\x80\xc2"
                                 "b\x80"
                                 "c\x80\xbf"
                                 "d"));
    EXPECT_STR("a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
               "b\xef\xbf\xbd"
               "c\xef\xbf\xbd\xef\xbf\xbd"
               "d",
               sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}
