#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_cors;

static struct fake_exchange f;

static const void *setup(const char *yaml)
{
    fake_exchange_init(&f);
    return fake_configure(&f, &sl_policy_cors, yaml);
}

static enum sl_verdict preflight(const void *c, const char *origin)
{
    fake_exchange_again(&f);
    fake_target(&f, "OPTIONS", "/a");
    fake_header(&f, "Origin", origin);
    fake_header(&f, "Access-Control-Request-Method", "PUT");
    enum sl_verdict verdict = fake_request(&f, &sl_policy_cors, c);
    EXPECT_EQ(SL_PASS, fake_response(&f, &sl_policy_cors, c));
    return verdict;
}

static void call(const void *c, const char *origin)
{
    fake_exchange_again(&f);
    if (origin != NULL)
        fake_header(&f, "Origin", origin);
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_cors, c));
}

static sl_str field(const char *name)
{
    const struct sl_header *h = sl_headers_find(&f.x.res.headers, sl_cstr(name));
    return h != NULL ? h->value : (sl_str){0};
}

TEST(cors, a_preflight_is_answered_before_anybody_is_asked_for_a_key_http55)
{
    const void *c = setup("{origins: [https://app.example.com], methods: [GET, PUT], max_age: 5m}");
    EXPECT(sl_policy_cors.order < SL_ORDER_AUTHN);
    EXPECT_EQ(SL_REPLY, preflight(c, "https://app.example.com"));
    EXPECT_EQ(204, f.x.res.status);
    EXPECT_EQ(SL_BODY_NONE, f.x.res.body_kind);
    EXPECT_STR("https://app.example.com", field("access-control-allow-origin"));
    EXPECT_STR("GET, PUT", field("access-control-allow-methods"));
    EXPECT_STR("accept, authorization, content-type, x-api-key",
               field("access-control-allow-headers"));
    EXPECT_STR("300", field("access-control-max-age"));
    EXPECT_STR("", field("access-control-allow-credentials"));
    EXPECT(sl_headers_has_token(&f.x.res.headers, SL_H_VARY, SL_STR("origin")));
    EXPECT(sl_headers_has_token(&f.x.res.headers, SL_H_VARY,
                                SL_STR("access-control-request-headers")));
    fake_exchange_fini(&f);
}

TEST(cors, origins_compare_as_wholes_http55)
{
    static const struct {
        const char *origin;
        enum sl_verdict verdict;
    } cases[] = {
        {"https://app.example.com", SL_REPLY},
        {"https://APP.example.com", SL_REPLY},
        {"http://app.example.com", SL_FAIL},
        {"https://app.example.com:8443", SL_FAIL},
        {"https://app.example.com.evil.org", SL_FAIL},
        {"https://xapp.example.com", SL_FAIL},
        {"https://a.sub.example.org", SL_REPLY},
        {"https://a.b.sub.example.org", SL_REPLY},
        {"https://sub.example.org", SL_FAIL},
        {"https://.sub.example.org", SL_FAIL},
        {"https://evilsub.example.org", SL_FAIL},
        {"https://evil.org/.sub.example.org", SL_FAIL},
        {"https://evil.org?.sub.example.org", SL_FAIL},
        {"https://u@x.sub.example.org", SL_FAIL},
        {"https://a.sub.example.org.evil.org", SL_FAIL},
        {"http://a.sub.example.org", SL_FAIL},
        {"https://a.port.example:8443", SL_REPLY},
        {"https://a.port.example", SL_FAIL},
        {"null", SL_FAIL},
        {"https://appXexample.com", SL_FAIL},
    };
    const void *c = setup("{origins: [https://app.example.com, 'https://*.sub.example.org', "
                          "'https://*.port.example:8443']}");
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        EXPECT_EQ(cases[i].verdict, preflight(c, cases[i].origin));
        EXPECT_EQ(cases[i].verdict == SL_REPLY, field("access-control-allow-origin").n != 0);
    }
    EXPECT_EQ(SL_E_DENIED, f.x.failed);
    EXPECT(f.x.hint.n != 0);
    fake_exchange_fini(&f);
}

TEST(cors, the_null_origin_must_be_listed_http55)
{
    const void *c = setup("{origins: ['*']}");
    EXPECT_EQ(SL_REPLY, preflight(c, "https://any.example"));
    EXPECT_EQ(SL_FAIL, preflight(c, "null"));
    fake_exchange_fini(&f);
    c = setup("{origins: ['null']}");
    EXPECT_EQ(SL_REPLY, preflight(c, "null"));
    fake_exchange_fini(&f);
}

TEST(cors, an_answer_says_who_may_read_it_and_varies_by_origin_http55)
{
    const void *c = setup("{origins: [https://app.example.com], credentials: true, "
                          "expose_headers: [x-request-id]}");
    call(c, "https://app.example.com");
    EXPECT(sl_headers_add(&f.x.res.headers, SL_STR("Access-Control-Allow-Origin"), SL_STR("*")));
    EXPECT(sl_headers_add(&f.x.res.headers, SL_STR("Vary"), SL_STR("Accept")));
    EXPECT_EQ(SL_PASS, fake_response(&f, &sl_policy_cors, c));
    EXPECT_STR("https://app.example.com", field("access-control-allow-origin"));
    EXPECT_STR("true", field("access-control-allow-credentials"));
    EXPECT_STR("x-request-id", field("access-control-expose-headers"));
    EXPECT(sl_headers_has_token(&f.x.res.headers, SL_H_VARY, SL_STR("accept")));
    EXPECT(sl_headers_has_token(&f.x.res.headers, SL_H_VARY, SL_STR("origin")));
    fake_exchange_fini(&f);
}

TEST(cors, an_answer_for_no_page_or_a_foreign_one_varies_too_http55)
{
    static const char *const origins[] = {NULL, "https://evil.example"};
    const void *c = setup("{origins: [https://app.example.com]}");
    for (size_t i = 0; i < SL_LEN(origins); i++) {
        call(c, origins[i]);
        EXPECT_EQ(SL_PASS, fake_response(&f, &sl_policy_cors, c));
        EXPECT_STR("", field("access-control-allow-origin"));
        EXPECT_STR("origin", field("vary"));
    }
    fake_exchange_fini(&f);
}

TEST(cors, options_that_are_no_preflight_go_on)
{
    const void *c = setup("{origins: [https://app.example.com]}");
    fake_target(&f, "OPTIONS", "/a");
    fake_header(&f, "Origin", "https://app.example.com");
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_cors, c));
    fake_exchange_fini(&f);
}

TEST(cors, dangerous_configurations_are_refused_http55)
{
    static const char *const bad[][2] = {
        {"{origins: ['*'], credentials: true}", "origins"},
        {"{origins: [https://a.example], credentials: true, allow_headers: ['*']}",
         "allow_headers"},
        {"{origins: [https://a.example], credentials: true, methods: ['*']}", "methods"},
        {"{origins: [https://a.example], credentials: true, expose_headers: ['*']}",
         "expose_headers"},
        {"{origins: [a.example]}", "origins"},
        {"{origins: [https://a.example/]}", "origins"},
        {"{origins: ['https://*']}", "origins"},
        {"{origins: ['https://a*.example']}", "origins"},
        {"{origins: ['https://*.*.example']}", "origins"},
        {"{origins: [https://a.example], methods: ['GET, PUT']}", "methods"},
        {"{}", "origins"},
    };
    fake_exchange_init(&f);
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        (void)fake_refusal(&f, &sl_policy_cors, bad[i][0]);
        EXPECT_STR(bad[i][1], f.diag.problems[0].path);
    }
    fake_exchange_fini(&f);
}
