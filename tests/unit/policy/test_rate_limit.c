#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_rate_limit;

static struct fake_exchange f;

static enum sl_verdict call(const void *c)
{
    fake_exchange_again(&f);
    return fake_request(&f, &sl_policy_rate_limit, c);
}

static enum sl_verdict call_as(const void *c, const char *consumer)
{
    fake_exchange_again(&f);
    fake_consumer(&f, consumer);
    return fake_request(&f, &sl_policy_rate_limit, c);
}

TEST(rate_limit, the_burst_passes_then_429_says_when_http48)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_rate_limit, "limit: 60\nwindow: 1m\nburst: 2\n");
    EXPECT_EQ(SL_PASS, call(c));
    EXPECT_STR("\"service\";q=60;w=60", fake_answer(&f, "RateLimit-Policy"));
    EXPECT_STR("\"service\";r=1;t=1", fake_answer(&f, "RateLimit"));
    EXPECT_EQ(SL_PASS, call(c));
    EXPECT_STR("\"service\";r=0;t=2", fake_answer(&f, "RateLimit"));
    EXPECT_EQ(SL_FAIL, call(c));
    EXPECT_EQ(SL_E_RATE_LIMITED, f.x.failed);
    EXPECT_EQ(SL_SECONDS(1), f.x.retry_after_us);
    EXPECT_STR("\"service\";r=0;t=2", fake_answer(&f, "RateLimit"));
    EXPECT_STR("limit 'service' for each consumer: try again in 1s", f.x.hint);
    f.now_us += SL_SECONDS(1);
    EXPECT_EQ(SL_PASS, call(c));
    EXPECT_EQ(SL_FAIL, call(c));
    fake_exchange_fini(&f);
}

TEST(rate_limit, no_double_burst_at_the_edge_of_a_window_http48)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_rate_limit, "limit: 10\nwindow: 10s\n");
    int admitted = 0;
    for (int i = 0; i < 40; i++, f.now_us += SL_MS(50)) /* 2 s: the burst and one a second */
        admitted += call(c) == SL_PASS;
    EXPECT_EQ(11, admitted);
    fake_exchange_fini(&f);
}

TEST(rate_limit, the_wall_clock_may_jump_http48)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_rate_limit, "limit: 1\nwindow: 1h\n");
    EXPECT_EQ(SL_PASS, call(c));
    f.wall_us += 86400LL * 1000000;
    EXPECT_EQ(SL_FAIL, call(c));
    f.wall_us -= 2 * 86400LL * 1000000;
    EXPECT_EQ(SL_FAIL, call(c));
    fake_exchange_fini(&f);
}

TEST(rate_limit, consumers_are_counted_apart_and_nobody_by_address)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_rate_limit, "limit: 1\nwindow: 1h\n");
    EXPECT_EQ(SL_PASS, call_as(c, "alice"));
    EXPECT_EQ(SL_FAIL, call_as(c, "alice"));
    EXPECT_EQ(SL_PASS, call_as(c, "bob"));
    EXPECT_EQ(SL_PASS, call(c));
    EXPECT_EQ(SL_FAIL, call(c));
    fake_client(&f, "192.0.2.2");
    EXPECT_EQ(SL_PASS, call(c));
    fake_exchange_fini(&f);
}

TEST(rate_limit, an_ipv6_subscriber_is_one_caller)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_rate_limit, "{limit: 1, window: 1h, key: ip}\n");
    fake_client(&f, "2001:db8::1");
    EXPECT_EQ(SL_PASS, call_as(c, "alice"));
    fake_client(&f, "2001:db8::2");
    EXPECT_EQ(SL_FAIL, call_as(c, "bob"));
    fake_client(&f, "2001:db8:0:1::1");
    EXPECT_EQ(SL_PASS, call_as(c, "bob"));
    fake_exchange_fini(&f);
}

TEST(rate_limit, a_header_may_be_the_key)
{
    fake_exchange_init(&f);
    const void *c =
        fake_configure(&f, &sl_policy_rate_limit, "{limit: 1, key: 'header:x-tenant'}\n");
    for (int i = 0; i < 2; i++) {
        fake_exchange_again(&f);
        fake_header(&f, "X-Tenant", i == 0 ? "a" : "b");
        EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_rate_limit, c));
    }
    fake_exchange_fini(&f);
}

TEST(rate_limit, route_and_global_are_one_counter)
{
    static const char *const keys[] = {"{limit: 1, key: route}", "{limit: 1, key: global}"};
    for (size_t i = 0; i < SL_LEN(keys); i++) {
        fake_exchange_init(&f);
        const void *c = fake_configure(&f, &sl_policy_rate_limit, keys[i]);
        EXPECT_EQ(SL_PASS, call_as(c, "alice"));
        EXPECT_EQ(SL_FAIL, call_as(c, "bob"));
        fake_exchange_fini(&f);
    }
}

TEST(rate_limit, counts_survive_a_reload)
{
    fake_exchange_init(&f);
    EXPECT_EQ(SL_PASS, call(fake_configure(&f, &sl_policy_rate_limit, "{limit: 1, window: 1h}")));
    EXPECT_EQ(SL_FAIL, call(fake_configure(&f, &sl_policy_rate_limit, "{limit: 1, window: 1h}")));
    fake_exchange_fini(&f);
}

TEST(rate_limit, several_limits_share_the_answers_fields)
{
    fake_exchange_init(&f);
    const void *a =
        fake_configure(&f, &sl_policy_rate_limit, "{limit: 5, window: 500ms, name: short}");
    const void *b =
        fake_configure(&f, &sl_policy_rate_limit, "{limit: 9, window: 1h, keys_max: 9}");
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_rate_limit, a));
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_rate_limit, b));
    EXPECT_STR("\"short\";q=5, \"service\";q=9;w=3600", fake_answer(&f, "ratelimit-policy"));
    EXPECT_STR("\"short\";r=4;t=1, \"service\";r=8;t=400", fake_answer(&f, "ratelimit"));
    fake_exchange_fini(&f);
}

TEST(rate_limit, bad_configurations_name_the_member)
{
    static const char *const bad[][2] = {
        {"{}", "limit"},
        {"{limit: 0}", "limit"},
        {"{limit: 1, key: who}", "key"},
        {"{limit: 1, key: 'header:'}", "key"},
        {"{limit: 1, name: 'a\"b'}", "name"},
        {"{limit: 1, keys_max: 99999999}", "keys_max"},
    };
    fake_exchange_init(&f);
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        (void)fake_refusal(&f, &sl_policy_rate_limit, bad[i][0]);
        EXPECT_STR(bad[i][1], f.diag.problems[0].path);
    }
    fake_exchange_fini(&f);
}

static struct sl_limit_count count_of(const void *c, const char *consumer)
{
    struct sl_limit_count count;
    struct sl_limit_query q = {
        .consumer = sl_cstr(consumer), .now_us = f.now_us, .wall_us = f.wall_us};
    sl_policy_rate_limit.count(c, &q, &count);
    return count;
}

TEST(rate_limit, tells_what_a_consumer_has_used_without_using_it)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_rate_limit, "limit: 10\nwindow: 10s\n");
    EXPECT_EQ(0, count_of(c, "alice").used);
    EXPECT_EQ(0, count_of(c, "alice").resets_at_us);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(SL_PASS, call_as(c, "alice"));
    for (int i = 0; i < 2; i++) {
        struct sl_limit_count count = count_of(c, "alice");
        EXPECT_STR("requests", sl_cstr(count.unit));
        EXPECT_EQ(10, count.limit);
        EXPECT_EQ(10, count.burst);
        EXPECT_EQ(3, count.used);
        EXPECT_EQ(7, count.remaining);
        EXPECT_EQ(f.wall_us + SL_SECONDS(3), count.resets_at_us);
    }
    EXPECT_EQ(0, count_of(c, "bob").used);
    f.now_us += SL_SECONDS(1);
    EXPECT_EQ(2, count_of(c, "alice").used);
    fake_exchange_fini(&f);
}

TEST(rate_limit, says_by_what_it_counts_when_not_by_consumer)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_rate_limit, "limit: 1\nkey: ip\n");
    EXPECT_STR("ip", sl_cstr(count_of(c, "alice").counted_by));
    c = fake_configure(&f, &sl_policy_rate_limit, "limit: 1\nkey: \"header:x-tenant\"\n");
    EXPECT_STR("header", sl_cstr(count_of(c, "alice").counted_by));
    c = fake_configure(&f, &sl_policy_rate_limit, "limit: 2\nwindow: 1h\nkey: global\n");
    EXPECT_EQ(SL_PASS, call_as(c, "bob"));
    EXPECT(count_of(c, "alice").counted_by == NULL);
    EXPECT_EQ(1, count_of(c, "alice").used);
    fake_exchange_fini(&f);
}
