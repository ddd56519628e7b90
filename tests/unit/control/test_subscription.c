#include "base/str.h"
#include "control/api.h"
#include "control/tree.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define SUBSCRIBE \
    "{\"consumer\":\"shop\",\"service\":\"orders\",\"plan\":\"gold\",\"reason\":\"r\"}"

static void begin(struct bench *b, const char *approval)
{
    bench_init(b);
    (void)bench_want(b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"orders\",\"version\":\"v1\",\"url\":\"http://127.0.0.1:1\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/consumers", "{\"name\":\"shop\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/plans",
                     sl_fmt(b->a, "{\"name\":\"gold\",\"approval\":\"%s\"}", approval).p);
    (void)bench_want(b, 201, "POST", "/api/v1/roles",
                     "{\"name\":\"asker\",\"permissions\":[\"subscriptions:create\","
                     "\"subscriptions:read\",\"subscriptions:update\"]}");
    (void)bench_want(b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"dev\",\"grants\":[{\"role\":\"asker\"}]}");
    (void)bench_want(b, 200, "POST", "/api/v1/users/dev/set-password",
                     "{\"password\":\"a long password\"}");
}

static bool is_composed(const struct bench *b)
{
    return sl_str_find_str(b->document, SL_STR("\"subscriptions\"")) != SIZE_MAX;
}

TEST(subscription, waits_for_approval_when_the_plan_says_so)
{
    struct bench b;
    begin(&b, "manual");
    bench_login(&b, "dev", "a long password");
    const struct sl_node *n = bench_want(&b, 201, "POST", "/api/v1/subscriptions", SUBSCRIBE);
    EXPECT_STR("requested", bench_text(n, "status.state"));
    EXPECT(!is_composed(&b));
    (void)bench_want(&b, 403, "POST", "/api/v1/subscriptions/shop:orders/approve", NULL);
    b.is_local = true;
    bench_no_headers(&b);
    n = bench_want(&b, 200, "POST", "/api/v1/subscriptions/shop:orders/approve",
                   "{\"reason\":\"fine\"}");
    EXPECT_STR("approved", bench_text(n, "status.state"));
    EXPECT_STR("local", bench_text(n, "status.decided_by"));
    EXPECT_STR("fine", bench_text(n, "status.decision"));
    EXPECT(is_composed(&b));
    bench_fini(&b);
}

TEST(subscription, counts_at_once_when_nobody_must_approve)
{
    struct bench b;
    begin(&b, "auto");
    bench_login(&b, "dev", "a long password");
    const struct sl_node *n = bench_want(&b, 201, "POST", "/api/v1/subscriptions", SUBSCRIBE);
    EXPECT_STR("approved", bench_text(n, "status.state"));
    EXPECT(is_composed(&b));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(b.document, SL_STR("reason")));
    bench_fini(&b);
}

TEST(subscription, to_another_plan_is_a_new_request)
{
    struct bench b;
    begin(&b, "manual");
    (void)bench_want(&b, 201, "POST", "/api/v1/plans", "{\"name\":\"iron\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/subscriptions",
                     "{\"consumer\":\"shop\",\"service\":\"orders\",\"plan\":\"iron\"}");
    bench_login(&b, "dev", "a long password");
    bench_header(&b, "if-match", SL_STR("*"));
    const struct sl_node *n =
        bench_want(&b, 200, "PATCH", "/api/v1/subscriptions/shop:orders", "{\"reason\":\"still\"}");
    EXPECT_STR("approved", bench_text(n, "status.state"));
    n = bench_want(&b, 200, "PATCH", "/api/v1/subscriptions/shop:orders", "{\"plan\":\"gold\"}");
    EXPECT_STR("requested", bench_text(n, "status.state"));
    EXPECT(!is_composed(&b));
    bench_fini(&b);
}

TEST(subscription, goes_through_its_states_and_no_others)
{
    static const struct {
        const char *action;
        int status;
    } steps[] = {{"resume", 409},  {"approve", 409}, {"suspend", 200},
                 {"suspend", 409}, {"approve", 409}, {"resume", 200},
                 {"end", 200},     {"end", 409},     {"resume", 409}};
    struct bench b;
    begin(&b, "auto");
    (void)bench_want(&b, 201, "POST", "/api/v1/subscriptions", SUBSCRIBE);
    for (size_t i = 0; i < SL_LEN(steps); i++) {
        (void)bench_want(&b, (uint16_t)steps[i].status, "POST",
                         sl_fmt(b.a, "/api/v1/subscriptions/shop:orders/%s", steps[i].action).p,
                         NULL);
        if (strcmp(steps[i].action, "suspend") == 0)
            EXPECT(sl_str_find_str(b.document, SL_STR("\"suspended\":true")) != SIZE_MAX);
    }
    EXPECT(!is_composed(&b));
    bench_fini(&b);
}

TEST(subscription, needs_a_service_a_consumer_and_a_plan)
{
    static const char *const bodies[] = {
        "{\"consumer\":\"shop\",\"service\":\"nothing\",\"plan\":\"gold\"}",
        "{\"consumer\":\"nobody\",\"service\":\"orders\",\"plan\":\"gold\"}",
        "{\"consumer\":\"shop\",\"service\":\"orders\",\"plan\":\"lead\"}",
        "{\"consumer\":\"shop\",\"service\":\"order\",\"plan\":\"gold\"}",
    };
    struct bench b;
    begin(&b, "auto");
    for (size_t i = 0; i < SL_LEN(bodies); i++)
        (void)bench_want(&b, 422, "POST", "/api/v1/subscriptions", bodies[i]);
    (void)bench_want(&b, 201, "POST", "/api/v1/subscriptions", SUBSCRIBE);
    (void)bench_want(&b, 409, "POST", "/api/v1/subscriptions", SUBSCRIBE);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 409, "DELETE", "/api/v1/plans/gold", NULL);
    bench_fini(&b);
}
