#include "control/key_sets.h"
#include "base/str.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"
#include "tests/unit/snapshot/build_text.h"

static sl_str problem_of(struct bench *b, const struct sl_key_set *set)
{
    struct sl_diag d;
    sl_diag_init(&d, b->a);
    EXPECT_EQ(SL_E_INVALID, sl_key_sets_fetch(b->control, set, b->a, &d));
    return d.problems[0].message;
}

TEST(key_sets, that_change_all_the_time_are_served_seldom_and_those_of_a_new_set_soon)
{
    static const struct {
        struct sl_key_set_news news;
        bool is_any_under_way;
        int now_ms;
        bool is_due;
    } rows[] = {
        {{0}, false, 99000, false},
        {{SL_MS(1000), 0, false}, false, 1000, true}, /* the first ones */
        {{SL_MS(1000), 0, false}, true, 1000, false},
        {{SL_MS(1000), 0, false}, true, 1500, true},
        {{SL_MS(5000), SL_MS(1000), false}, false, 10999, false},
        {{SL_MS(5000), SL_MS(1000), false}, false, 11000, true},
        {{SL_MS(10900), SL_MS(1000), false}, true, 11000, false},
        {{SL_MS(60000), SL_MS(1000), false}, false, 60000, true},
        {{SL_MS(5000), SL_MS(1000), true}, false, 5000, true},
        {{SL_MS(5000), SL_MS(1000), true}, true, 5000, false},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_EQ(rows[i].is_due, sl_key_set_news_are_due(&rows[i].news, rows[i].is_any_under_way,
                                                          SL_MS(rows[i].now_ms)));
}

TEST(key_sets, of_the_portal_are_not_fetched_from_networks_that_operators_have_named)
{
    sl_str nets[] = {SL_STR("127.0.0.0/8")};
    struct bench b;
    bench_init(&b);
    b.control->config.fetch_from = (struct sl_strs){.v = nets, .n = 1};
    struct built t = build_text("key-sets:\n"
                                "  - {name: own, url: \"http://127.0.0.1:1/\"}\n"
                                "  - {name: p, owner: eve, url: \"http://127.0.0.1:1/\"}\n");
    EXPECT_EQ(SL_OK, t.rc);
    sl_str own = problem_of(&b, t.s->key_sets[0]), portal = problem_of(&b, t.s->key_sets[1]);
    EXPECT(sl_str_find_str(own, SL_STR("may not be connected to")) == SIZE_MAX);
    EXPECT(sl_str_find_str(portal, SL_STR("may not be connected to")) != SIZE_MAX);
    built_free(&t);
    bench_fini(&b);
}
