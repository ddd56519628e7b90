#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_body_limit;

static struct fake_exchange f;

static enum sl_verdict call(enum sl_body_kind kind, uint64_t bytes)
{
    f.x.req.body_kind = kind;
    f.x.req.body_bytes = bytes;
    return fake_request(&f, &sl_policy_body_limit,
                        fake_configure(&f, &sl_policy_body_limit, "{limit: 1KiB}"));
}

TEST(body_limit, a_body_that_says_it_is_too_large_is_not_even_asked_for_http17)
{
    fake_exchange_init(&f);
    EXPECT_EQ(SL_PASS, call(SL_BODY_LENGTH, 1024));
    EXPECT_EQ(1024, f.inbound_limit);
    fake_exchange_again(&f);
    EXPECT_EQ(SL_FAIL, call(SL_BODY_LENGTH, 1025));
    EXPECT_EQ(SL_E_BODY_TOO_LARGE, f.x.failed);
    EXPECT_STR("at most 1KiB", f.x.hint);
    EXPECT(sl_policy_body_limit.order < SL_ORDER_BODY);
    fake_exchange_fini(&f);
}

TEST(body_limit, a_body_of_unknown_length_is_limited_on_its_way)
{
    fake_exchange_init(&f);
    EXPECT_EQ(SL_PASS, call(SL_BODY_CHUNKED, 0));
    EXPECT_EQ(1024, f.x.body_limit);
    EXPECT_EQ(1024, f.inbound_limit);
    fake_exchange_fini(&f);
}

TEST(body_limit, the_smallest_limit_holds)
{
    fake_exchange_init(&f);
    f.x.body_limit = 10;
    EXPECT_EQ(SL_PASS, call(SL_BODY_CHUNKED, 0));
    EXPECT_EQ(10, f.inbound_limit);
    fake_exchange_fini(&f);
}
