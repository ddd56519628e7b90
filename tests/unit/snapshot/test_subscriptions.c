#include "base/str.h"
#include "snapshot/build.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

#define BASE                                                             \
    "services: [{name: orders, url: \"http://10.0.0.1:1\", path: /a}]\n" \
    "consumers: [{name: alice}, {name: bob}]\n"                          \
    "plans: [{name: gold, policies: [{type: limit, rate: 5}]}, {name: free}]\n"

static const struct sl_subscription *subscription_of(const struct built *t, size_t consumer,
                                                     const char *service)
{
    return sl_map_get(&sl_consumer_extra(t->s->consumers[consumer])->subscriptions,
                      sl_cstr(service));
}

TEST(subscriptions, give_each_subscriber_the_policies_of_the_plan_to_count_for_itself)
{
    struct built t = build_text(BASE "subscriptions:\n"
                                     "  - {consumer: alice, service: orders, plan: gold}\n"
                                     "  - {consumer: bob, service: orders, plan: gold}\n"
                                     "  - {consumer: bob, service: later, plan: free}\n");
    EXPECT_EQ(SL_OK, t.rc);
    const struct sl_subscription *alice = subscription_of(&t, 0, "orders"),
                                 *bob = subscription_of(&t, 1, "orders");
    EXPECT_STR("gold", alice->plan);
    EXPECT_EQ(1, alice->policies.n);
    EXPECT_STR("subscription/alice/orders/limit", alice->policies.v[0].identity);
    EXPECT_STR("subscription/bob/orders/limit", bob->policies.v[0].identity);
    EXPECT_EQ(0, subscription_of(&t, 1, "later")->policies.n);
    EXPECT(subscription_of(&t, 0, "later") == NULL);
    built_free(&t);
}

TEST(subscriptions, that_are_suspended_are_known_as_such)
{
    struct built t = build_text(
        BASE "subscriptions: [{consumer: alice, service: orders, plan: free, suspended: true}]\n");
    EXPECT_EQ(SL_OK, t.rc);
    EXPECT(subscription_of(&t, 0, "orders")->is_suspended);
    built_free(&t);
}

TEST(subscriptions, tell_what_is_not_defined_and_what_is_there_twice)
{
    struct built t = build_text(BASE "subscriptions:\n"
                                     "  - {consumer: alica, service: orders, plan: gold}\n"
                                     "  - {consumer: bob, service: orders, plan: golf}\n"
                                     "  - {consumer: bob, service: x, plan: free}\n"
                                     "  - {consumer: bob, service: x, plan: free}\n");
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT(has_problem(&t, 5, 16, "subscriptions[0].consumer", "did you mean 'alice'?"));
    EXPECT(has_problem(&t, 6, 44, "subscriptions[1].plan", "did you mean 'gold'?"));
    EXPECT(has_problem(&t, 8, 30, "subscriptions[3].service", "already"));
    built_free(&t);
}

TEST(subscriptions, a_bad_plan_is_told_once_however_many_have_it)
{
    struct built t = build_text("consumers: [{name: a}, {name: b}]\n"
                                "plans: [{name: gold, policies: [{type: nothing}]}]\n"
                                "subscriptions:\n"
                                "  - {consumer: a, service: x, plan: gold}\n"
                                "  - {consumer: b, service: x, plan: gold}\n");
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT_EQ(1, t.d->count);
    built_free(&t);
}

TEST(subscriptions, a_service_for_subscribers_needs_a_policy_that_knows_callers)
{
    struct built t = build_text("services: [{name: o, url: \"http://10.0.0.1:1\","
                                " subscribers_only: true}]\n");
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT(has_problem(&t, 1, 66, "services[0].subscribers_only", "key_auth"));
    built_free(&t);
}

TEST(versions, of_a_service_stand_side_by_side)
{
    struct built t =
        build_text("services:\n"
                   "  - {name: o, version: v1, url: \"http://10.0.0.1:1\", path: /v1}\n"
                   "  - {name: o, version: v2, url: \"http://10.0.0.1:2\", path: /v2}\n"
                   "  - {name: p, version: v1, url: \"http://10.0.0.1:3\", path: /p}\n");
    EXPECT_EQ(SL_OK, t.rc);
    EXPECT_EQ(3, t.s->upstream_count);
    EXPECT_STR("o@v1", t.s->routes[0].name);
    EXPECT_STR("o@v2", t.s->routes[1].name);
    EXPECT_STR("p", t.s->routes[2].name);
    EXPECT_STR("o", t.s->routes[1].service->name);
    EXPECT_STR("v2", t.s->routes[1].service->version);
    built_free(&t);
}

TEST(versions, are_different)
{
    struct built t = build_text("services:\n"
                                "  - {name: o, version: v1, url: \"http://10.0.0.1:1\", path: /1}\n"
                                "  - {name: o, version: v1, url: \"http://10.0.0.1:2\", path: /2}\n"
                                "  - {name: p, url: \"http://10.0.0.1:2\", path: /3}\n"
                                "  - {name: p, url: \"http://10.0.0.1:2\", path: /4}\n");
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT(has_problem(&t, 3, 12, "services[1].name", "'o@v1' is defined already"));
    EXPECT(has_problem(&t, 5, 12, "services[3].name", "'p' is defined already"));
    built_free(&t);
}
