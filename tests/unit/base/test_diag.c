#include "base/diag.h"
#include "tests/test.h"

TEST(diag, a_problem_is_one_line_with_what_is_known_of_its_place)
{
    struct sl_arena *a = sl_arena_new("test", 1 << 16);
    struct sl_diag d;
    sl_diag_init(&d, a);
    EXPECT(sl_diag_is_clean(&d));
    EXPECT_EQ(SL_E_CONFIG, sl_diag_fail_at(&d, SL_E_CONFIG, SL_STR("f.yaml"), 3, 7, SL_STR("a.b"),
                                           "must be %d", 5));
    EXPECT_EQ(SL_E_IO, sl_diag_fail(&d, SL_E_IO, "x", "cannot"));
    EXPECT_EQ(SL_E_IO, sl_diag_fail(&d, SL_E_IO, "", "cannot"));
    EXPECT_STR("f.yaml:3:7: a.b: must be 5", sl_problem_text(&d.problems[0], a));
    EXPECT_STR("x: cannot", sl_problem_text(&d.problems[1], a));
    EXPECT_STR("cannot", sl_problem_text(&d.problems[2], a));
    EXPECT(!sl_diag_is_clean(&d));
    sl_arena_free(a);
}

TEST(diag, what_stands_in_a_message_is_kept_beside_it)
{
    struct sl_arena *a = sl_arena_new("test", 1 << 16);
    struct sl_diag d;
    sl_diag_init(&d, a);
    (void)sl_diag_fail(&d, SL_E_IO, "", "100 %% of '%.*s' %s: %d, %lld, %zu %.1f", 2, "abc", "x",
                       -1, 1LL << 40, (size_t)7, 0.5);
    const struct sl_problem *p = &d.problems[0];
    EXPECT_STR("100 % of 'ab' x: -1, 1099511627776, 7 0.5", p->message);
    EXPECT_EQ(SL_DIAG_PARAMS_MAX, p->param_count);
    EXPECT_STR("ab", p->params[0]);
    EXPECT_STR("x", p->params[1]);
    EXPECT_STR("-1", p->params[2]);
    EXPECT_STR("1099511627776", p->params[3]);
    static sl_str nothing; /* has no bytes anywhere */
    (void)sl_diag_fail(&d, SL_E_IO, "", "%.*s|%.1f|%c|%d", SL_STRF(nothing), 0.25, 'x', 1);
    EXPECT_EQ(2, d.problems[1].param_count); /* what it does not read ends it */
    EXPECT_STR("", d.problems[1].params[0]);
    EXPECT_STR("0.2", d.problems[1].params[1]);
    sl_arena_free(a);
}

TEST(diag, keeps_its_maximum_and_counts_the_rest)
{
    struct sl_arena *a = sl_arena_new("test", 1 << 16);
    struct sl_diag d;
    sl_diag_init(&d, a);
    for (int i = 0; i < SL_DIAG_MAX + 3; i++)
        EXPECT_EQ(SL_E_SYNTAX, sl_diag_fail(&d, SL_E_SYNTAX, "p", "no"));
    EXPECT_EQ(SL_DIAG_MAX, d.count);
    EXPECT_EQ(3, d.dropped);
    sl_arena_free(a);
}

TEST(diag, long_messages_are_cut)
{
    static char text[2000];
    struct sl_arena *a = sl_arena_new("test", 1 << 16);
    struct sl_diag d;
    sl_diag_init(&d, a);
    memset(text, 'a', sizeof(text) - 1);
    EXPECT_EQ(SL_E_SYNTAX, sl_diag_fail(&d, SL_E_SYNTAX, "p", "%s", text));
    EXPECT_EQ(511, d.problems[0].message.n);
    sl_arena_free(a);
}

TEST(diag, long_params_are_cut_as_messages_are_between_characters)
{
    static char text[2001], wide[2001]; /* of one byte, and a character of three bytes each */
    struct sl_arena *a = sl_arena_new("test", 1 << 16);
    struct sl_diag d;
    sl_diag_init(&d, a);
    memset(text, 'a', sizeof(text) - 1);
    for (size_t i = 0; i + 3 < sizeof(wide); i += 3)
        memcpy(wide + i, "\xE2\x82\xAC", 3);
    (void)sl_diag_fail(&d, SL_E_SYNTAX, "p", "%s%.*s", text, 2000, text);
    (void)sl_diag_fail(&d, SL_E_SYNTAX, "p", "a%s", wide);
    (void)sl_diag_fail(&d, SL_E_SYNTAX, "p", "%.*s", 512, wide);
    EXPECT_EQ(511, d.problems[0].params[0].n);
    EXPECT_EQ(511, d.problems[0].params[1].n);
    EXPECT_EQ(510, d.problems[1].params[0].n);
    EXPECT_EQ(511, d.problems[1].message.n);
    EXPECT_EQ(510, d.problems[2].message.n);
    EXPECT_EQ(510, d.problems[2].params[0].n);
    sl_arena_free(a);
}

TEST(diag, params_without_room_are_empty_and_the_message_stands)
{
    struct sl_arena *a = sl_arena_new("test", 1 << 16);
    struct sl_diag d;
    sl_diag_init(&d, a);
    sl_arena_keep(a, 1 << 16);
    EXPECT(sl_arena_try_dup(a, SL_STR("x")).p == NULL);
    EXPECT_EQ(SL_E_SYNTAX, sl_diag_fail(&d, SL_E_SYNTAX, "p", "'%s' %d %.1f", "text", 7, 0.5));
    EXPECT_STR("'text' 7 0.5", d.problems[0].message);
    EXPECT_EQ(3, d.problems[0].param_count);
    for (size_t i = 0; i < 3; i++)
        EXPECT(d.problems[0].params[i].p != NULL && d.problems[0].params[i].n == 0);
    sl_arena_free(a);
}
