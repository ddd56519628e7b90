#include "snapshot/budget.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

/* A build without the policy: what is wrong is told all the same. */

TEST(budgets, say_what_they_limit_and_whose_they_are)
{
    struct built t = build_text("budgets:\n"
                                "  - {name: a, amount: 5}\n"
                                "  - {name: a, tokens: 5}\n"
                                "  - {name: b}\n"
                                "  - {name: c, amount: 1, per: global, subject: x}\n"
                                "  - {name: d, amount: 1, time_zone: Mars/Base}\n"
                                "  - {name: e, amount: 1, period: year}\n");
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT(has_problem_at(&t, "budgets[1].name", "'a' is defined already"));
    EXPECT(has_problem_at(&t, "budgets[2].amount", "must be given, or 'tokens'"));
    EXPECT(has_problem_at(&t, "budgets[3].subject", "must be left out"));
    EXPECT(has_problem_at(&t, "budgets[4].time_zone", "must be UTC"));
    EXPECT(has_problem_at(&t, "budgets[5].period", ""));
    built_free(&t);
}

static struct built build_many(int each, int named)
{
    struct sl_strbuf yaml = {0};
    sl_strbuf_add(&yaml, SL_STR("budgets:\n"));
    for (int i = 0; i < each; i++)
        sl_strbuf_addf(&yaml, "  - {name: e%d, amount: 1, per: team}\n", i);
    for (int i = 0; i < named; i++)
        sl_strbuf_addf(&yaml, "  - {name: n%d, amount: 1, subject: c%d}\n", i, i / 4);
    sl_strbuf_add_char(&yaml, '\0');
    struct built t = build_text(yaml.p);
    sl_strbuf_fini(&yaml);
    return t;
}

TEST(budgets, a_request_counts_for_so_many_at_most_but_there_may_be_more)
{
    struct built t = build_many(8, 400);
    EXPECT_EQ(SL_OK, t.rc);
    built_free(&t);
    t = build_many(9, 4);
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT(has_problem_at(&t, "budgets[12].per", "more than 12 budgets"));
    built_free(&t);
}
