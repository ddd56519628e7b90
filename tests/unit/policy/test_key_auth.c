#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_key_auth;

static struct fake_exchange f;

static void setup(void)
{
    fake_exchange_init(&f);
    fake_credential(&f, "sk-alice", "alice");
}

static enum sl_verdict call(const char *yaml)
{
    return fake_request(&f, &sl_policy_key_auth, fake_configure(&f, &sl_policy_key_auth, yaml));
}

TEST(key_auth, a_key_is_read_from_every_usual_field_and_never_goes_upstream_i1)
{
    static const char *const fields[][2] = {
        {"Authorization", "Bearer sk-alice"},
        {"authorization", "bearer  sk-alice"},
        {"X-Api-Key", "sk-alice"},
        {"api-key", "sk-alice"},
        {"x-goog-api-key", "sk-alice"},
    };
    for (size_t i = 0; i < SL_LEN(fields); i++) {
        setup();
        fake_header(&f, fields[i][0], fields[i][1]);
        EXPECT_EQ(SL_PASS, call(""));
        EXPECT_STR("alice", f.x.consumer->name);
        EXPECT_STR("alice/key", f.x.credential->name);
        EXPECT_EQ(0, f.x.req.headers.n);
        fake_exchange_fini(&f);
    }
}

TEST(key_auth, all_fields_that_may_carry_a_key_are_removed_i1)
{
    setup();
    fake_header(&f, "x-api-key", "sk-alice");
    fake_header(&f, "authorization", "Basic dTpw");
    fake_header(&f, "x-goog-api-key", "other");
    fake_header(&f, "accept", "*/*");
    EXPECT_EQ(SL_PASS, call(""));
    EXPECT_EQ(1, f.x.req.headers.n);
    EXPECT_STR("*/*", fake_upstream(&f, "accept"));
    fake_exchange_fini(&f);
}

TEST(key_auth, a_key_in_the_query_counts_only_where_it_is_configured_and_is_removed_i1)
{
    setup();
    fake_target(&f, "GET", "/a?x=1&key=sk%2Dalice&y=%20");
    EXPECT_EQ(SL_FAIL, call(""));
    fake_exchange_again(&f);
    fake_target(&f, "GET", "/a?x=1&key=sk%2Dalice&y=%20");
    EXPECT_EQ(SL_PASS, call("query: key\n"));
    EXPECT_STR("x=1&y=%20", f.x.req.query);
    fake_exchange_again(&f);
    fake_target(&f, "GET", "/a?key=sk-alice");
    EXPECT_EQ(SL_PASS, call("query: key\n"));
    EXPECT(!f.x.req.has_query);
    fake_exchange_fini(&f);
}

TEST(key_auth, no_key_and_a_wrong_key_are_401_e11)
{
    setup();
    EXPECT_EQ(SL_FAIL, call(""));
    EXPECT_EQ(SL_E_UNAUTHENTICATED, f.x.failed);
    EXPECT_STR("no API key was sent", sl_cstr(f.x.reason));
    EXPECT_STR("send your key as 'authorization: Bearer KEY'", f.x.hint);
    EXPECT_STR("Bearer realm=\"sluice\"", fake_answer(&f, "www-authenticate"));

    fake_exchange_again(&f);
    fake_header(&f, "authorization", "Bearer sk-mallory");
    EXPECT_EQ(SL_FAIL, call(""));
    EXPECT_EQ(SL_E_UNAUTHENTICATED, f.x.failed);
    EXPECT_STR("Bearer realm=\"sluice\", error=\"invalid_token\"",
               fake_answer(&f, "WWW-Authenticate"));
    EXPECT(f.x.consumer == NULL);
    EXPECT(f.x.hint.n != 0);
    fake_exchange_fini(&f);
}

TEST(key_auth, a_blocked_key_is_403_and_says_why_e11)
{
    setup();
    fake_credential(&f, "sk-off", "bob")->is_disabled = true;
    fake_credential(&f, "sk-old", "bob")->expires_at = f.wall_us / 1000000;
    fake_credential(&f, "sk-new", "bob")->expires_at = f.wall_us / 1000000 + 1;

    fake_header(&f, "x-api-key", "sk-off");
    EXPECT_EQ(SL_FAIL, call(""));
    EXPECT_EQ(SL_E_DENIED, f.x.failed);
    EXPECT_STR("the API key is disabled", sl_cstr(f.x.reason));
    EXPECT_STR("bob", f.x.consumer->name); /* the record names who it was */

    fake_exchange_again(&f);
    fake_header(&f, "x-api-key", "sk-old");
    EXPECT_EQ(SL_FAIL, call(""));
    EXPECT_EQ(SL_E_DENIED, f.x.failed);
    EXPECT_STR("the API key has expired", sl_cstr(f.x.reason));

    fake_exchange_again(&f);
    fake_header(&f, "x-api-key", "sk-new");
    EXPECT_EQ(SL_PASS, call(""));
    fake_exchange_fini(&f);
}

TEST(key_auth, optional_lets_nobody_pass_but_no_wrong_key)
{
    setup();
    EXPECT_EQ(SL_PASS, call("optional: true\n"));
    EXPECT(f.x.consumer == NULL);
    fake_header(&f, "x-api-key", "wrong");
    EXPECT_EQ(SL_FAIL, call("optional: true\n"));
    fake_exchange_fini(&f);
}

TEST(key_auth, only_the_configured_fields_are_read_and_removed)
{
    setup();
    fake_header(&f, "authorization", "Bearer of-the-service");
    fake_header(&f, "x-team-key", "sk-alice");
    EXPECT_EQ(SL_PASS, call("headers: [x-team-key]\n"));
    EXPECT_STR("Bearer of-the-service", fake_upstream(&f, "authorization"));
    EXPECT_STR("", fake_upstream(&f, "x-team-key"));
    fake_exchange_fini(&f);
}

TEST(key_auth, what_is_no_field_name_is_refused)
{
    setup();
    sl_str why = fake_refusal(&f, &sl_policy_key_auth, "headers: ['a b']\n");
    EXPECT(sl_str_find_str(why, SL_STR("'a b' is none")) != SIZE_MAX);
    fake_exchange_fini(&f);
}

TEST(key_auth, gemini_clients_may_send_the_key_in_the_query_and_it_goes_no_further_i1)
{
    static const struct sl_route gemini = {.handler = SL_HANDLER_AI, .ai_dialect = SL_AI_GEMINI};
    static const struct sl_route openai = {.handler = SL_HANDLER_AI,
                                           .ai_dialect = SL_AI_OPENAI_CHAT};
    setup();
    f.x.route = &gemini;
    fake_target(&f, "POST", "/v1beta/models/m:streamGenerateContent?alt=sse&key=sk-alice");
    EXPECT_EQ(SL_PASS, call(""));
    EXPECT_STR("alice", f.x.consumer->name);
    EXPECT_STR("alt=sse", f.x.req.query);

    fake_exchange_again(&f);
    f.x.route = &gemini;
    fake_header(&f, "x-goog-api-key", "sk-alice");
    fake_target(&f, "POST", "/v1beta/models/m:generateContent?key=other");
    EXPECT_EQ(SL_PASS, call(""));
    EXPECT(!f.x.req.has_query);

    fake_exchange_again(&f);
    f.x.route = &openai;
    fake_target(&f, "POST", "/v1/chat/completions?key=sk-alice");
    EXPECT_EQ(SL_FAIL, call(""));
    fake_exchange_fini(&f);
}
