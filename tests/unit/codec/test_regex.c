#include "codec/regex.h"

#include "base/err.h"
#include "base/str.h"
#include "tests/test.h"

struct compiled {
    struct sl_arena *a;
    const struct sl_regex *r;
    sl_rc rc;
    sl_str why;
    size_t at;
};

static struct compiled compile(sl_str pattern, enum sl_regex_how how)
{
    struct compiled c = {.a = sl_arena_new("test", SL_MIB(1))};
    c.rc = sl_regex_compile(pattern, how, c.a, &c.r, &c.why, &c.at);
    return c;
}

static bool matches(const char *pattern, enum sl_regex_how how, sl_str subject)
{
    struct compiled c = compile(sl_cstr(pattern), how);
    EXPECT_EQ(SL_OK, c.rc);
    bool is_match = sl_regex_match(c.r, subject, NULL, 0);
    sl_arena_free(c.a);
    return is_match;
}

TEST(regex, matches_anywhere_at_the_beginning_or_the_whole)
{
    EXPECT(matches("b+", SL_REGEX_SEARCH, SL_STR("abbc")));
    EXPECT(!matches("b+", SL_REGEX_BEGIN, SL_STR("abbc")));
    EXPECT(matches("ab", SL_REGEX_BEGIN, SL_STR("abbc")));
    EXPECT(!matches("ab", SL_REGEX_WHOLE, SL_STR("abbc")));
    EXPECT(matches("a|ab", SL_REGEX_WHOLE, SL_STR("ab")));
    EXPECT(matches("", SL_REGEX_WHOLE, (sl_str){NULL, 0}));
}

TEST(regex, a_dollar_is_the_very_end)
{
    EXPECT(!matches("^a$", SL_REGEX_SEARCH, SL_STR("a\n")));
    EXPECT(!matches("a", SL_REGEX_WHOLE, SL_STR("a\n")));
}

TEST(regex, bytes_are_bytes)
{
    EXPECT(matches("^.{3}$", SL_REGEX_SEARCH, SL_STR("\xff\x00z")));
}

TEST(regex, groups_borrow_the_subject)
{
    struct compiled c = compile(SL_STR("(a)(b)?(c)"), SL_REGEX_SEARCH);
    sl_str subject = SL_STR("xac"), groups[6];
    EXPECT(sl_regex_match(c.r, subject, groups, SL_LEN(groups)));
    EXPECT_STR("ac", groups[0]);
    EXPECT(groups[1].p == subject.p + 1);
    EXPECT(groups[2].p == NULL);
    EXPECT_STR("c", groups[3]);
    EXPECT(groups[4].p == NULL && groups[5].p == NULL);
    sl_arena_free(c.a);
}

TEST(regex, more_groups_than_are_reported_do_no_harm)
{
    char pattern[4 * 40 + 1];
    sl_str groups[SL_REGEX_GROUPS_MAX];
    for (size_t i = 0; i < 40; i++)
        memcpy(pattern + 4 * i, "(a?)", 4);
    struct compiled c = compile(sl_str_of(pattern, 4 * 40), SL_REGEX_SEARCH);
    EXPECT(sl_regex_match(c.r, SL_STR("aaaaaaaaaaaaaaaaaaaa"), groups, SL_LEN(groups)));
    EXPECT_STR("aaaaaaaaaaaaaaaaaaaa", groups[0]);
    EXPECT_STR("a", groups[15]);
    sl_arena_free(c.a);
}

TEST(regex, a_bad_pattern_is_refused_with_its_place)
{
    struct compiled c = compile(SL_STR("a(b"), SL_REGEX_SEARCH);
    EXPECT_EQ(SL_E_SYNTAX, c.rc);
    EXPECT_EQ(3, c.at);
    EXPECT_STR("missing closing parenthesis", c.why);
    sl_arena_free(c.a);
}

TEST(regex, a_pattern_has_a_length_limit)
{
    static char pattern[SL_REGEX_PATTERN_BYTES_MAX + 1];
    memset(pattern, 'a', sizeof(pattern));
    for (size_t n = SL_REGEX_PATTERN_BYTES_MAX; n <= sizeof(pattern); n++) {
        struct compiled c = compile(sl_str_of(pattern, n), SL_REGEX_SEARCH);
        EXPECT_EQ(n <= SL_REGEX_PATTERN_BYTES_MAX ? SL_OK : SL_E_LIMIT, c.rc);
        sl_arena_free(c.a);
    }
}

TEST(regex, endless_backtracking_ends_without_a_match)
{
    EXPECT(!matches("^(a+)+$", SL_REGEX_SEARCH,
                    SL_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")));
    EXPECT(!matches("(*NO_JIT)^(a+)+$", SL_REGEX_SEARCH,
                    SL_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")));
}

TEST(regex, a_pattern_cannot_raise_the_limits)
{
    EXPECT(!matches("(*LIMIT_MATCH=4000000000)^(a+)+$", SL_REGEX_SEARCH,
                    SL_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")));
}

TEST(regex, what_could_stop_in_the_middle_of_a_character_or_read_as_unicode_is_refused)
{
    struct compiled c = compile(SL_STR("a\\Cb"), SL_REGEX_SEARCH),
                    u = compile(SL_STR("(*UTF)a"), SL_REGEX_SEARCH);
    EXPECT_EQ(SL_E_SYNTAX, c.rc);
    EXPECT_EQ(SL_E_SYNTAX, u.rc);
    sl_arena_free(c.a);
    sl_arena_free(u.a);
}
