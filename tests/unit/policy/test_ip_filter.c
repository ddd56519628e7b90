#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_ip_filter;

static struct fake_exchange f;

TEST(ip_filter, deny_wins_over_allow_and_nobody_else_comes_in)
{
    static const struct {
        const char *ip;
        enum sl_verdict verdict;
    } cases[] = {
        {"10.2.0.1", SL_PASS},        {"10.1.0.1", SL_FAIL},    {"11.0.0.1", SL_FAIL},
        {"::ffff:10.2.0.1", SL_PASS}, {"2001:db8::1", SL_PASS}, {"2001:db9::1", SL_FAIL},
    };
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_ip_filter,
                                   "{allow: [10.0.0.0/8, '2001:db8::/32'], deny: [10.1.0.0/16]}");
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        fake_exchange_again(&f);
        fake_client(&f, cases[i].ip);
        EXPECT_EQ(cases[i].verdict, fake_request(&f, &sl_policy_ip_filter, c));
    }
    fake_exchange_fini(&f);
}

TEST(ip_filter, the_refusal_is_403_and_names_the_address)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_ip_filter, "{deny: [192.0.2.1]}");
    EXPECT_EQ(SL_FAIL, fake_request(&f, &sl_policy_ip_filter, c));
    EXPECT_EQ(SL_E_DENIED, f.x.failed);
    EXPECT_STR("this request came from 192.0.2.1", f.x.hint);
    fake_client(&f, "192.0.2.2");
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_ip_filter, c));
    fake_exchange_fini(&f);
}

TEST(ip_filter, what_is_no_network_is_refused)
{
    fake_exchange_init(&f);
    (void)fake_refusal(&f, &sl_policy_ip_filter, "{allow: [10.0.0.1/8]}");
    EXPECT_STR("allow", f.diag.problems[0].path);
    (void)fake_refusal(&f, &sl_policy_ip_filter, "{deny: [example.com]}");
    EXPECT_STR("deny", f.diag.problems[0].path);
    (void)fake_refusal(&f, &sl_policy_ip_filter, "{}");
    fake_exchange_fini(&f);
}
