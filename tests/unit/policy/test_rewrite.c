#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_rewrite;

static struct fake_exchange f;

static enum sl_verdict call(const char *yaml, const char *target)
{
    const void *c = fake_configure(&f, &sl_policy_rewrite, yaml);
    fake_exchange_again(&f);
    fake_target(&f, "GET", target);
    f.x.match.matched_path_bytes = 3;
    return fake_request(&f, &sl_policy_rewrite, c);
}

TEST(rewrite, paths_are_replaced_by_prefix_pattern_or_as_a_whole)
{
    static const char *const cases[][3] = {
        {"{prefix: /v1/orders, to: /orders}", "/v1/orders/7", "/orders/7"},
        {"{prefix: /v1/orders, to: /orders}", "/v1/orders", "/orders"},
        {"{prefix: /v1/orders, to: /orders}", "/v1/ordersX", "/v1/ordersX"},
        {"{prefix: /v1/orders, to: /orders}", "/v2/orders", "/v2/orders"},
        {"{prefix: /v1, to: /}", "/v1", "/"},
        {"{prefix: /v1, to: /}", "/v1/a", "/a"},
        {"{prefix: /v1/, to: /x/}", "/v1/a/", "/x/a/"},
        {"{prefix: /, to: /api}", "/a", "/api/a"},
        {"{prefix: /, to: /api}", "/", "/api/"},
        {"{regex: '^/u/([^/]+)/(.*)$', to: /$2/of/$1}", "/u/bob/cart", "/cart/of/bob"},
        {"{regex: '^/u/([^/]+)$', to: /$$1/$1}", "/u/b$1", "/$1/b$1"},
        {"{regex: '^/a(x)?$', to: /b/$1}", "/a", "/b/"},
        {"{regex: '^/a$', to: /b}", "/c", "/c"},
        {"{to: /fixed}", "/any", "/fixed"},
        {"{query_set: {a: b}}", "/same", "/same"},
    };
    fake_exchange_init(&f);
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        EXPECT_EQ(SL_PASS, call(cases[i][0], cases[i][1]));
        EXPECT_STR(cases[i][2], f.x.path);
        EXPECT_EQ(strcmp(cases[i][1], cases[i][2]) == 0 ? 3 : 0, f.x.match.matched_path_bytes);
    }
    fake_exchange_fini(&f);
}

TEST(rewrite, a_new_path_is_normalised_again_http31)
{
    fake_exchange_init(&f);
    EXPECT_EQ(SL_PASS, call("{regex: '^/a/(.*)/(.*)$', to: /b/$1./$2}", "/a/x/y"));
    EXPECT_STR("/b/x./y", f.x.path);
    EXPECT_EQ(SL_PASS, call("{regex: '^/a/([.]?)(.*)$', to: /b/c/.$1/$2}", "/a/.y"));
    EXPECT_STR("/b/y", f.x.path); /* the dots met: resolved here, not by the upstream */
    EXPECT_EQ(SL_FAIL, call("{regex: '^/a/([.]?)(.*)$', to: /.$1/$2}", "/a/.y"));
    EXPECT_EQ(SL_E_BAD_REQUEST, f.x.failed);
    EXPECT(f.x.hint.n != 0);
    EXPECT_EQ(SL_FAIL, call("{regex: '^/a/(.*)%(.*)$', to: /b/$1%}", "/a/x%20"));
    fake_exchange_fini(&f);
}

TEST(rewrite, captures_are_never_read_as_references_or_escapes)
{
    fake_exchange_init(&f);
    EXPECT_EQ(SL_PASS, call("{regex: '^/(.*)/(.*)$', to: /x/$1-$2}", "/$2/$1%2541"));
    EXPECT_STR("/x/$2-$1%2541", f.x.path);
    fake_exchange_fini(&f);
}

TEST(rewrite, the_query_keeps_what_is_not_named_byte_for_byte_http32)
{
    fake_exchange_init(&f);
    EXPECT_EQ(SL_PASS, call("{query_remove: [debug], query_set: {source: 'a b', k: v}}",
                            "/p?a=%20&debug&b=+;x&debug=1&source=old&a=2&source=x"));
    EXPECT_STR("a=%20&b=+;x&source=a%20b&a=2&k=v", f.x.req.query);
    EXPECT_EQ(SL_PASS, call("{query_remove: [debug]}", "/p?debug=1"));
    EXPECT(!f.x.req.has_query);
    EXPECT_EQ(SL_PASS, call("{query_set: {a: b}}", "/p"));
    EXPECT(f.x.req.has_query);
    EXPECT_STR("a=b", f.x.req.query);
    fake_exchange_fini(&f);
}

TEST(rewrite, the_host_can_be_changed)
{
    fake_exchange_init(&f);
    EXPECT_EQ(SL_PASS, call("{host: 'orders.internal:8080'}", "/"));
    EXPECT_STR("orders.internal:8080", f.x.req.authority);
    fake_exchange_fini(&f);
}

TEST(rewrite, bad_configurations_name_the_member)
{
    static const char *const bad[][2] = {
        {"{prefix: /a, regex: a, to: /}", "regex"},
        {"{prefix: /a}", "to"},
        {"{prefix: /a, to: b}", "to"},
        {"{to: '/a/../b'}", "to"},
        {"{to: '/a?b'}", "to"},
        {"{prefix: a, to: /}", "prefix"},
        {"{regex: '(', to: /}", "regex"},
        {"{regex: a, to: /$x}", "to"},
        {"{regex: a, to: /$}", "to"},
        {"{host: 'a b'}", "host"},
    };
    fake_exchange_init(&f);
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        (void)fake_refusal(&f, &sl_policy_rewrite, bad[i][0]);
        EXPECT_STR(bad[i][1], f.diag.problems[0].path);
    }
    fake_exchange_fini(&f);
}
