#include "control/apilint.h"
#include "base/str.h"
#include "control/apidiff.h"
#include "control/tree.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define GOOD                                                                                                 \
    "{\"name\":\"o\",\"title\":\"O\",\"summary\":\"s\",\"url\":\"http://127.0.0.1:1\",\"operations\":[{"     \
    "\"id\":\"listOrders\",\"method\":\"GET\",\"path\":\"/orders/{Id}\",\"summary\":\"s\",\"tags\":[\"t\"]," \
    "\"responses\":{\"200\":{}},\"parameters\":[{\"in\":\"query\",\"name\":\"q\",\"schema\":{\"type\":"      \
    "\"string\"}}]}]}"

TEST(apilint, what_is_missing_is_found_with_its_rule_and_severity)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(
        &b, 201, "POST", "/api/v1/services",
        "{\"name\":\"bad\",\"url\":\"http://127.0.0.1:1\",\"operations\":[{\"id\":\"Bad_1\","
        "\"method\":\"GET\",\"path\":\"/Bad/\",\"parameters\":[{\"in\":\"query\",\"name\":"
        "\"q\"}]}]}");
    const struct sl_node *r = bench_want(&b, 200, "POST", "/api/v1/services/bad/check", NULL);
    EXPECT_STR("0", bench_text(r, "errors"));
    EXPECT_STR("4", bench_text(r, "warnings"));
    EXPECT_STR("5", bench_text(r, "infos"));
    (void)bench_want(&b, 201, "POST", "/api/v1/services", GOOD);
    r = bench_want(&b, 200, "POST", "/api/v1/services/o/check", NULL);
    const struct sl_node *findings = sl_node_get(r, SL_STR("findings"));
    EXPECT_EQ(2, findings->child_count);
    EXPECT_STR("owner", sl_tree_text(findings->children, "rule"));
    EXPECT_STR("authentication", sl_tree_text(findings->children->next, "rule"));
    bench_fini(&b);
}

TEST(apilint, a_workspace_says_what_keeps_a_service_from_being_published)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/services", GOOD);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 422, "PATCH", "/api/v1/workspaces/default",
                     "{\"release_rules\":{\"owner\":\"fatal\"}}");
    (void)bench_want(&b, 422, "PATCH", "/api/v1/workspaces/default",
                     "{\"release_rules\":{\"beauty\":\"error\"}}");
    (void)bench_want(&b, 200, "PATCH", "/api/v1/workspaces/default",
                     "{\"release_rules\":{\"owner\":\"error\",\"authentication\":\"off\"}}");
    const struct sl_node *r = bench_want(&b, 422, "POST", "/api/v1/services/o/publish", NULL);
    EXPECT_STR("owner: a team owns the service",
               bench_text(sl_node_get(r, SL_STR("errors"))->children, "detail"));
    EXPECT_EQ(0, b.published);
    (void)bench_want(&b, 200, "PATCH", "/api/v1/workspaces/default", "{\"release_rules\":null}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    r = bench_want(&b, 200, "GET", "/api/v1/releases/o:1", NULL);
    EXPECT_STR("1", bench_text(r, "checks.warnings"));
    bench_fini(&b);
}

TEST(apilint, what_breaks_callers_of_the_live_release_is_found)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/services", GOOD);
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/compare", NULL);
    (void)bench_want(&b, 422, "POST", "/api/v1/services/o/compare", "{\"with\":\"none\"}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/services/o",
                     "{\"operations\":[{\"id\":\"x\",\"method\":\"GET\",\"path\":\"/other\"}]}");
    const struct sl_node *r = bench_want(&b, 200, "POST", "/api/v1/services/o/compare", NULL);
    EXPECT_STR("1", bench_text(r, "breaking"));
    EXPECT_STR("2", bench_text(r, "total"));
    r = bench_want(&b, 200, "POST", "/api/v1/services/o/check", NULL);
    bool is_found = false;
    for (const struct sl_node *n = sl_node_get(r, SL_STR("findings"))->children; n != NULL;
         n = n->next)
        is_found = is_found || sl_str_eq(sl_tree_text(n, "rule"), SL_STR("breaking_change"));
    EXPECT(is_found);
    bench_fini(&b);
}

TEST(apilint, what_cannot_be_compared_may_break_callers)
{
    struct sl_arena *a = sl_arena_new("lint", SL_MIB(64));
    struct sl_node *live = sl_tree_map(a), *spec = sl_tree_map(a);
    struct sl_tree_tail many = sl_tree_tail(a);
    struct sl_apilint l = {.live = live};
    for (int i = 0; i <= SL_APIDIFF_OPERATIONS_MAX; i++)
        sl_tree_add(&many, sl_tree_map(a));
    sl_tree_put(live, SL_STR("operations"), many.list);
    sl_tree_put(spec, SL_STR("operations"), sl_tree_list(a));
    sl_apilint(&l, spec, a);
    bool is_found = false;
    for (const struct sl_node *n = l.findings->children; n != NULL; n = n->next)
        is_found = is_found || sl_str_eq(sl_tree_text(n, "rule"), SL_STR("breaking_change"));
    EXPECT(is_found);
    sl_arena_free(a);
}

TEST(apilint, a_readme_is_html_without_what_could_run)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(
        &b, 201, "POST", "/api/v1/services",
        "{\"name\":\"o\",\"url\":\"http://127.0.0.1:1\",\"readme\":\"# O\\n\\n<script>x</script>\"}");
    const struct sl_node *r = bench_want(&b, 200, "GET", "/api/v1/readme?service=o", NULL);
    EXPECT_STR("<h2>O</h2>\n<!-- raw HTML omitted -->\n", bench_text(r, "html"));
    (void)bench_want(&b, 400, "GET", "/api/v1/readme", NULL);
    (void)bench_want(&b, 404, "GET", "/api/v1/readme?service=none", NULL);
    r = bench_want(&b, 200, "POST", "/api/v1/markdown", "{\"text\":\"*a*\"}");
    EXPECT_STR("<p><em>a</em></p>\n", bench_text(r, "html"));
    (void)bench_want(&b, 422, "POST", "/api/v1/markdown", "{}");
    bench_fini(&b);
}
