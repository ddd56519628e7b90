#include "control/follow.h"
#include "base/num.h"
#include "base/str.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

static const char consumer[] = "{\"name\":\"acme\"}";

TEST(follow, takes_what_another_node_has_committed_and_nothing_else)
{
    struct bench one, two;
    bench_init(&one);
    bench_join(&two, &one);
    EXPECT_EQ(SL_OK, sl_follow(two.control, &two.s.diag));
    EXPECT_EQ(1, two.published); /* what the store had at the beginning */
    bench_want(&one, 201, "POST", "/api/v1/consumers", consumer);
    EXPECT_EQ(SL_OK, sl_follow(one.control, &one.s.diag));
    EXPECT_EQ(1, one.published); /* its own change is served already */
    EXPECT_EQ(SL_OK, sl_follow(two.control, &two.s.diag));
    EXPECT_EQ(SL_OK, sl_follow(two.control, &two.s.diag));
    EXPECT_EQ(2, two.published);
    EXPECT_STRS(one.document, two.document);
    bench_want(&one, 201, "POST", "/api/v1/users",
               "{\"name\":\"bob\"}"); /* no traffic knows users */
    EXPECT_EQ(SL_OK, sl_follow(two.control, &two.s.diag));
    EXPECT_EQ(2, two.published);
    bench_leave(&two);
    bench_fini(&one);
}

TEST(follow, does_not_take_what_does_not_compile_here_until_it_changes)
{
    struct bench one, two;
    bench_init(&one);
    bench_join(&two, &one);
    bench_want(&one, 201, "POST", "/api/v1/consumers", consumer);
    two.must_refuse = true;
    EXPECT_EQ(SL_E_CONFIG, sl_follow(two.control, &two.s.diag));
    EXPECT_EQ(1, two.s.diag.count);
    EXPECT_EQ(0, two.published);
    EXPECT_EQ(atomic_load(&one.control->served_change), atomic_load(&two.control->refused_change));
    bench_want(&one, 201, "POST", "/api/v1/consumers", "{\"name\":\"other\"}");
    EXPECT_EQ(SL_OK, sl_follow(two.control, &two.s.diag));
    EXPECT_EQ(1, two.published);
    bench_leave(&two);
    bench_fini(&one);
}

TEST(follow, a_change_that_was_undone_is_no_change)
{
    struct bench one;
    bench_init(&one);
    bench_want(&one, 201, "POST", "/api/v1/consumers", consumer);
    int64_t served = atomic_load(&one.control->served_change);
    bench_want(&one, 201, "POST", "/api/v1/consumers?dry_run=true", "{\"name\":\"dry\"}");
    one.must_refuse = true;
    bench_want(&one, 422, "POST", "/api/v1/consumers", "{\"name\":\"bad\"}");
    EXPECT_EQ(served, atomic_load(&one.control->served_change));
    EXPECT_EQ(SL_OK, sl_follow(one.control, &one.s.diag));
    EXPECT_EQ(1, one.published);
    bench_fini(&one);
}

TEST(follow, a_node_with_another_master_key_is_told_so)
{
    struct bench one;
    bench_init(&one);
    struct sl_control_config config = one.control->config;
    struct sl_control *other;
    config.master_key_path = scratch_path(&one.s, "other.key");
    EXPECT_EQ(SL_E_DENIED, sl_control_open(&config, &other, &one.s.diag));
    EXPECT_STR("master.key", one.s.diag.problems[0].path);
    bench_fini(&one);
}

TEST(follow, an_api_without_its_store_answers_503)
{
    struct bench one;
    bench_init(&one);
    struct sl_control *open = one.control;
    struct sl_diag d;
    sl_diag_init(&d, one.a);
    EXPECT_EQ(SL_OK, sl_control_new(&open->config, &one.control, &d));
    bench_want(&one, 503, "GET", "/api/v1/consumers", NULL);
    bench_want(&one, 503, "POST", "/api/v1/login", "{\"name\":\"a\",\"password\":\"b\"}");
    bench_want(&one, 200, "GET", "/api/v1/openapi.json", NULL);
    EXPECT_EQ(SL_OK, sl_control_connect(one.control, &d));
    bench_want(&one, 200, "GET", "/api/v1/consumers", NULL);
    sl_control_close(one.control);
    one.control = open;
    bench_fini(&one);
}

TEST(follow, nodes_are_listed_with_what_they_serve)
{
    struct bench one;
    bench_init(&one);
    bench_want(&one, 201, "POST", "/api/v1/consumers", consumer);
    const struct sl_node *list = bench_want(&one, 200, "GET", "/api/v1/nodes", NULL);
    const struct sl_node *node = sl_node_get(list, SL_STR("items"))->children;
    EXPECT_STR("bench", bench_text(node, "name"));
    EXPECT_STR("serving", bench_text(node, "state"));
    EXPECT_STR("false", bench_text(node, "has_drift"));
    EXPECT(node->next == NULL);
    int64_t before = 0, after = 0;
    EXPECT(sl_num_i64(bench_text(list, "change"), &before));
    bench_header(&one, "if-match", SL_STR("*"));
    bench_want(&one, 204, "DELETE", "/api/v1/consumers/acme", NULL);
    list = bench_want(&one, 200, "GET", "/api/v1/nodes", NULL);
    EXPECT(sl_num_i64(bench_text(list, "change"), &after));
    EXPECT(after > before);
    bench_fini(&one);
}
