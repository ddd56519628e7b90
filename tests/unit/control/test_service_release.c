#include "base/fmt.h"
#include "base/str.h"
#include "control/identity.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define SERVICE "{\"name\":\"o\",\"url\":\"http://127.0.0.1:1\",\"path\":\"/a\"}"

static void begin(struct bench *b, const char *workspace)
{
    bench_init(b);
    bench_header(b, "if-match", SL_STR("*"));
    (void)bench_want(b, 200, "PATCH", "/api/v1/workspaces/default", workspace);
    (void)bench_want(b, 201, "POST", "/api/v1/services", SERVICE);
}

static void be(struct bench *b, const char *name)
{
    sl_str body = sl_fmt(b->a, "{\"name\":\"%s\",\"grants\":[{\"role\":\"editor\"}]}", name);
    sl_str path = sl_fmt(b->a, "/api/v1/users/%s/set-password", name);
    b->is_local = true;
    bench_no_headers(b);
    (void)bench_want(b, 201, "POST", "/api/v1/users", body.p);
    (void)bench_want(b, 200, "POST", path.p, "{\"password\":\"correct horse battery\"}");
    bench_login(b, name, "correct horse battery");
}

TEST(service_release, where_approval_is_needed_nothing_is_served_without_it)
{
    struct bench b;
    begin(&b, "{\"approvals\":2}");
    be(&b, "author");
    const struct sl_node *r =
        bench_want(&b, 200, "POST", "/api/v1/services/o/publish", "{\"reason\":\"new\"}");
    EXPECT_STR("draft", bench_text(r, "status.state"));
    EXPECT_STR("user:author", bench_text(r, "status.pending.requested_by"));
    EXPECT_EQ(0, b.published);
    (void)bench_want(&b, 403, "POST", "/api/v1/services/o/approve", NULL); /* one's own */
    be(&b, "first");
    r = bench_want(&b, 200, "POST", "/api/v1/services/o/approve", NULL);
    EXPECT_STR("draft", bench_text(r, "status.state"));
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/approve", NULL); /* twice */
    be(&b, "second");
    r = bench_want(&b, 200, "POST", "/api/v1/services/o/approve", NULL);
    EXPECT_STR("published", bench_text(r, "status.state"));
    EXPECT(sl_node_get(sl_node_get(r, SL_STR("status")), SL_STR("pending")) == NULL);
    EXPECT_EQ(1, b.published);
    r = bench_want(&b, 200, "GET", "/api/v1/releases/o:1", NULL);
    EXPECT_STR("user:author", bench_text(r, "requested_by"));
    EXPECT_STR("new", bench_text(r, "reason"));
    EXPECT_EQ(2, sl_node_get(r, SL_STR("approved_by"))->child_count);
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/approve", NULL);
    bench_fini(&b);
}

TEST(service_release, a_change_of_the_draft_takes_the_request_back)
{
    struct bench b;
    begin(&b, "{\"approvals\":1,\"self_approval\":true}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    (void)bench_want(&b, 200, "PATCH", "/api/v1/services/o", "{\"path\":\"/b\"}");
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/approve", NULL);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/approve", NULL);
    EXPECT(sl_str_find_str(b.document, SL_STR("\"path\":\"/b\"")) != SIZE_MAX);
    bench_fini(&b);
}

TEST(service_release, a_request_is_withdrawn)
{
    struct bench b;
    begin(&b, "{\"approvals\":1}");
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/withdraw", NULL);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/withdraw", "{\"reason\":\"not yet\"}");
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/approve", NULL);
    bench_fini(&b);
}

TEST(service_release, going_back_needs_no_approval)
{
    struct bench b;
    begin(&b, "{\"approvals\":0}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    (void)bench_want(&b, 200, "PATCH", "/api/v1/workspaces/default", "{\"approvals\":1}");
    const struct sl_node *r = bench_want(&b, 200, "POST", "/api/v1/services/o/rollback", NULL);
    EXPECT_STR("3", bench_text(r, "status.live_release"));
    bench_fini(&b);
}

/* ------------------------------------------------------------------ schedule */

enum { FAR_S = 4102444800 }; /* 2100-01-01 */

static void plan(struct bench *b)
{
    (void)bench_want(b, 200, "POST", "/api/v1/services/o/publish",
                     "{\"at\":\"2100-01-01T00:00:00Z\",\"reason\":\"then\"}");
}

/* The status has a time that is far away; what is due is known by the row. */
TEST(service_release, nothing_is_published_before_its_time)
{
    struct bench b;
    begin(&b, "{\"approvals\":0}");
    plan(&b);
    sl_control_tick(b.control, (FAR_S - 1) * SL_SECONDS(1));
    EXPECT_EQ(0, b.published);
    const struct sl_node *r = bench_want(&b, 200, "GET", "/api/v1/services/o", NULL);
    EXPECT_STR("2100-01-01T00:00:00Z", bench_text(r, "status.scheduled.at"));
    EXPECT_STR("draft", bench_text(r, "status.state"));
    (void)bench_want(&b, 422, "POST", "/api/v1/services/o/publish",
                     "{\"at\":\"2020-01-01T00:00:00Z\"}");
    bench_fini(&b);
}

TEST(service_release, when_its_time_comes_it_is_published_once)
{
    struct bench b;
    begin(&b, "{\"approvals\":0}");
    plan(&b);
    sl_control_tick(b.control, (FAR_S + 1) * SL_SECONDS(1));
    EXPECT_EQ(1, b.published);
    const struct sl_node *r = bench_want(&b, 200, "GET", "/api/v1/releases/o:1", NULL);
    EXPECT_STR("then", bench_text(r, "reason"));
    EXPECT_STR("schedule", bench_text(r, "created_by"));
    EXPECT_STR("local", bench_text(r, "requested_by"));
    sl_control_tick(b.control, (FAR_S + 2) * SL_SECONDS(1));
    EXPECT_EQ(1, b.published);
    bench_fini(&b);
}

TEST(service_release, what_cannot_be_published_then_says_why)
{
    struct bench b;
    begin(&b, "{\"approvals\":0}");
    plan(&b);
    b.must_refuse = true;
    sl_control_tick(b.control, (FAR_S + 1) * SL_SECONDS(1));
    EXPECT_EQ(0, b.published);
    const struct sl_node *r = bench_want(&b, 200, "GET", "/api/v1/services/o", NULL);
    EXPECT_STR("it was not published when its time came: is refused by the test",
               bench_text(r, "status.reason"));
    sl_control_tick(b.control, (FAR_S + 2) * SL_SECONDS(1));
    EXPECT_EQ(0, b.published);
    bench_fini(&b);
}

TEST(service_release, what_is_withdrawn_or_changed_is_not_published_later)
{
    struct bench b;
    begin(&b, "{\"approvals\":0}");
    plan(&b);
    (void)bench_want(&b, 200, "PATCH", "/api/v1/services/o", "{\"path\":\"/b\"}");
    const struct sl_node *r = bench_want(&b, 200, "GET", "/api/v1/services/o", NULL);
    EXPECT(sl_node_get(sl_node_get(r, SL_STR("status")), SL_STR("scheduled")) == NULL);
    sl_control_tick(b.control, (FAR_S + 1) * SL_SECONDS(1));
    EXPECT_EQ(0, b.published);
    plan(&b);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/withdraw", NULL);
    sl_control_tick(b.control, (FAR_S + 1) * SL_SECONDS(1));
    EXPECT_EQ(0, b.published);
    (void)bench_want(&b, 204, "DELETE", "/api/v1/services/o", NULL);
    bench_fini(&b);
}

/* ------------------------------------------------------------------ on trial */

TEST(service_release, some_callers_see_a_release_that_becomes_the_live_one_or_not)
{
    struct bench b;
    begin(&b, "{\"approvals\":0}");
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/canary", "{\"percent\":5}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    (void)bench_want(&b, 200, "PATCH", "/api/v1/services/o", "{\"path\":\"/b\"}");
    (void)bench_want(&b, 422, "POST", "/api/v1/services/o/canary", "{}");
    const struct sl_node *r = bench_want(&b, 200, "POST", "/api/v1/services/o/canary",
                                         "{\"percent\":5,\"header\":\"x-canary\"}");
    EXPECT_STR("1", bench_text(r, "status.live_release"));
    EXPECT_STR("2", bench_text(r, "status.canary_release"));
    EXPECT(
        sl_str_find_str(
            b.document,
            SL_STR("\"path\":\"/a\",\"canary\":{\"percent\":5,\"header\":\"x-canary\",\"service\":{"
                   "\"name\":\"o\",\"url\":\"http://127.0.0.1:1\",\"path\":\"/b\"}}")) != SIZE_MAX);
    sl_str began = sl_arena_dup(b.a, bench_text(r, "status.canary.began_at"));
    EXPECT(began.n > 10);
    r = bench_want(&b, 200, "POST", "/api/v1/services/o/canary", "{\"percent\":50}");
    EXPECT(sl_str_eq(began, bench_text(r, "status.canary.began_at"))); /* only its share changed */
    EXPECT_STR("2", bench_text(r, "status.canary_release"));
    EXPECT_STR("50", bench_text(r, "status.canary.percent"));
    r = bench_want(&b, 200, "POST", "/api/v1/services/o/promote", NULL);
    EXPECT_STR("2", bench_text(r, "status.live_release"));
    EXPECT_STR("false", bench_text(r, "status.has_draft"));
    EXPECT(sl_str_find_str(b.document, SL_STR("canary")) == SIZE_MAX);
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/promote", NULL);
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/abandon", NULL);
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/canary", "{\"percent\":5,\"release\":2}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/canary", "{\"percent\":5,\"release\":1}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/abandon", NULL);
    EXPECT(sl_str_find_str(b.document, SL_STR("canary")) == SIZE_MAX);
    (void)bench_want(&b, 422, "PATCH", "/api/v1/services/o", "{\"canary\":{\"percent\":5}}");
    bench_fini(&b);
}

TEST(service_release, what_nobody_has_approved_is_tried_on_nobody)
{
    struct bench b;
    begin(&b, "{\"approvals\":0}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    (void)bench_want(&b, 200, "PATCH", "/api/v1/workspaces/default", "{\"approvals\":1}");
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/canary", "{\"percent\":5}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/canary", "{\"percent\":5,\"release\":1}");
    bench_fini(&b);
}
