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
