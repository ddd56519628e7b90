#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_basic_auth;
extern const struct sl_policy_type sl_policy_key_auth;

static struct fake_exchange f;

static void setup(void)
{
    fake_exchange_init(&f);
    fake_credential(&f, "alice:p:w\xc3\xa4", "alice")->kind = SL_CREDENTIAL_BASIC;
    fake_credential(&f, "bob:key", "bob");
}

static enum sl_verdict call(const struct sl_policy_type *type, const char *yaml)
{
    return fake_request(&f, type, fake_configure(&f, type, yaml));
}

TEST(basic_auth, a_password_is_known_and_never_goes_upstream_i1)
{
    static const char *const values[] = {"Basic YWxpY2U6cDp3w6Q=", "basic  YWxpY2U6cDp3w6Q="};
    for (size_t i = 0; i < SL_LEN(values); i++) {
        setup();
        fake_header(&f, "Authorization", values[i]);
        EXPECT_EQ(SL_PASS, call(&sl_policy_basic_auth, ""));
        EXPECT_STR("alice", f.x.consumer->name);
        EXPECT_EQ(0, f.x.req.headers.n);
        fake_exchange_fini(&f);
    }
}

TEST(basic_auth, what_is_not_right_is_401_with_a_challenge)
{
    static const char *const values[] = {
        NULL,
        "Bearer YWxpY2U6cDp3w6Q=",
        "Basic YWxpY2U6cDp3w6Q", /* no padding */
        "Basic YWxpY2U6cDp3",    /* another password */
        "Basic !!!",
        "Basic Ym9iOmtleQ==", /* the text of an API key that is none of Basic */
    };
    for (size_t i = 0; i < SL_LEN(values); i++) {
        setup();
        if (values[i] != NULL)
            fake_header(&f, "authorization", values[i]);
        EXPECT_EQ(SL_FAIL, call(&sl_policy_basic_auth, "realm: our house\n"));
        EXPECT_EQ(SL_E_UNAUTHENTICATED, f.x.failed);
        EXPECT_STR("Basic realm=\"our house\", charset=\"UTF-8\"",
                   fake_answer(&f, "www-authenticate"));
        EXPECT(f.x.consumer == NULL);
        fake_exchange_fini(&f);
    }
}

TEST(basic_auth, e11_a_password_that_may_not_be_used_any_more_is_403)
{
    setup();
    f.credentials[0].is_disabled = true;
    fake_header(&f, "authorization", "Basic YWxpY2U6cDp3w6Q=");
    EXPECT_EQ(SL_FAIL, call(&sl_policy_basic_auth, ""));
    EXPECT_EQ(SL_E_DENIED, f.x.failed);
    fake_exchange_fini(&f);
}

TEST(basic_auth, optional_lets_nobody_pass_but_not_a_wrong_password)
{
    setup();
    EXPECT_EQ(SL_PASS, call(&sl_policy_basic_auth, "optional: true\n"));
    EXPECT(f.x.consumer == NULL);
    fake_exchange_again(&f);
    fake_header(&f, "authorization", "Basic YWxpY2U6cDp3");
    EXPECT_EQ(SL_FAIL, call(&sl_policy_basic_auth, "optional: true\n"));
    fake_exchange_fini(&f);
}

TEST(basic_auth, who_is_known_already_needs_no_password_and_a_password_is_no_key)
{
    setup();
    f.x.consumer = &f.consumers[0];
    EXPECT_EQ(SL_PASS, call(&sl_policy_basic_auth, ""));
    fake_exchange_again(&f);
    f.x.consumer = NULL;
    fake_header(&f, "x-api-key", "alice:p:w\xc3\xa4");
    EXPECT_EQ(SL_FAIL, call(&sl_policy_key_auth, ""));
    EXPECT_EQ(SL_E_UNAUTHENTICATED, f.x.failed);
    fake_exchange_fini(&f);
}

TEST(basic_auth, a_realm_that_would_break_the_field_is_refused)
{
    setup();
    EXPECT(fake_refusal(&f, &sl_policy_basic_auth, "realm: 'a\"b'\n").n != 0);
    fake_exchange_fini(&f);
}
