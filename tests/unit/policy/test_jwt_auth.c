#include "base/enc.h"
#include "codec/crypto.h"
#include "codec/jwt.h"
#include "snapshot/key_set.h"
#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_jwt_auth;
extern const struct sl_policy_type sl_policy_key_auth;

static const sl_str secret = SL_STR_INIT("0123456789abcdef0123456789abcdef");
static struct fake_exchange f;
static struct sl_credential_proof proof;

/* The fake's clock stands at 1767225600. */
static const char good[] =
    "{\"iss\":\"https://login\",\"sub\":\"s\",\"aud\":\"orders\",\"exp\":1767225700}";

static struct sl_credential *knows(const char *id)
{
    struct sl_credential *c = fake_credential(&f, id, "alice");
    proof = (struct sl_credential_proof){
        .key = {.kind = SL_KEY_SECRET, .alg = SL_JWS_HS256, .secret = secret}};
    c->kind = SL_CREDENTIAL_JWT;
    c->proof = &proof;
    sl_credential_id_hash(SL_CREDENTIAL_JWT, sl_cstr(id), c->key_hash);
    return c;
}

static void setup(void)
{
    fake_exchange_init(&f);
    (void)knows("https://login");
    fake_credential(&f, "sl-key", "bob");
}

static const char *sign(const char *header, const char *claims, sl_str key)
{
    struct sl_strbuf b;
    uint8_t digest[SL_SHA256_BYTES];
    sl_strbuf_init(&b, f.arena, 0);
    sl_enc_base64url(&b, sl_cstr(header));
    sl_strbuf_add_char(&b, '.');
    sl_enc_base64url(&b, sl_cstr(claims));
    sl_hmac_sha256(key, sl_strbuf_str(&b), digest);
    sl_strbuf_add_char(&b, '.');
    sl_enc_base64url(&b, sl_digest_str(digest, sizeof(digest)));
    return sl_arena_dup(f.arena, sl_strbuf_str(&b)).p;
}

static const char *token_of(const char *claims)
{
    return sign("{\"alg\":\"HS256\"}", claims, secret);
}

static void bearer(const char *token)
{
    fake_header(&f, "authorization", sl_fmt(f.arena, "Bearer %s", token).p);
}

static enum sl_verdict call(const char *yaml)
{
    return fake_request(&f, &sl_policy_jwt_auth, fake_configure(&f, &sl_policy_jwt_auth, yaml));
}

TEST(jwt_auth, a_token_is_known_and_never_goes_upstream_i1)
{
    setup();
    bearer(token_of(good));
    EXPECT_EQ(SL_PASS, call(""));
    EXPECT_STR("alice", f.x.consumer->name);
    EXPECT_EQ(0, f.x.req.headers.n);
    fake_exchange_fini(&f);
}

TEST(jwt_auth, it_may_stand_in_another_field_a_parameter_or_a_cookie)
{
    setup();
    const char *yaml = "{headers: [x-token], query: jwt, cookie: t}\n";
    fake_header(&f, "x-token", token_of(good));
    EXPECT_EQ(SL_PASS, call(yaml));
    EXPECT_EQ(0, f.x.req.headers.n);
    fake_exchange_again(&f);
    fake_target(&f, "GET", sl_fmt(f.arena, "/?a=1&jwt=%s", token_of(good)).p);
    EXPECT_EQ(SL_PASS, call(yaml));
    EXPECT_STR("a=1", f.x.req.query);
    fake_exchange_again(&f);
    fake_header(&f, "cookie", sl_fmt(f.arena, "a=1; t=%s; b=2", token_of(good)).p);
    EXPECT_EQ(SL_PASS, call(yaml));
    EXPECT_STR("a=1; b=2", fake_upstream(&f, "cookie"));
    fake_exchange_fini(&f);
}

TEST(jwt_auth, a_claim_or_the_header_names_the_credential)
{
    setup();
    (void)knows("client-7");
    bearer(token_of("{\"azp\":\"client-7\",\"exp\":1767225700}"));
    EXPECT_EQ(SL_PASS, call("key_claim: azp\n"));
    fake_exchange_again(&f);
    bearer(sign("{\"alg\":\"HS256\",\"kid\":\"client-7\"}", "{\"exp\":1767225700}", secret));
    EXPECT_EQ(SL_PASS, call("key_claim: kid\n"));
    fake_exchange_again(&f);
    bearer(token_of(good));
    EXPECT_EQ(SL_FAIL, call("key_claim: azp\n"));
    fake_exchange_fini(&f);
}

TEST(jwt_auth, the_secret_before_counts_until_its_time_is_over)
{
    setup();
    proof.former = proof.key;
    proof.key.secret = SL_STR("another secret, of more than 32 bytes");
    proof.former_until = 1767225601;
    bearer(token_of(good));
    EXPECT_EQ(SL_PASS, call(""));
    fake_exchange_again(&f);
    proof.former_until = 1767225600;
    bearer(token_of(good));
    EXPECT_EQ(SL_FAIL, call(""));
    fake_exchange_fini(&f);
}

TEST(jwt_auth, what_is_not_right_is_401_with_a_challenge)
{
    setup();
    const char *const tokens[] = {
        "",
        "sl-key",
        "a.b.c",
        token_of("{\"iss\":\"https://login\"}"),                    /* no end */
        token_of("{\"iss\":\"https://login\",\"exp\":1767225540}"), /* over */
        token_of("{\"iss\":\"https://login\",\"exp\":1767225700,\"nbf\":1767225661}"),
        token_of("{\"iss\":\"https://else\",\"exp\":1767225700}"),
        token_of("{\"iss\":[\"https://login\"],\"exp\":1767225700}"),
        sign("{\"alg\":\"HS256\"}", good, SL_STR("another secret, of more than 32 bytes")),
        sign("{\"alg\":\"none\"}", good, secret),
        sign("{\"alg\":\"HS512\"}", good, secret),
        sign("{\"alg\":\"RS256\"}", good, secret),
    };
    for (size_t i = 0; i < SL_LEN(tokens); i++) {
        fake_exchange_again(&f);
        if (tokens[i][0] != '\0')
            bearer(tokens[i]);
        EXPECT_EQ(SL_FAIL, call(""));
        EXPECT_EQ(SL_E_UNAUTHENTICATED, f.x.failed);
        EXPECT(
            sl_str_starts(fake_answer(&f, "www-authenticate"), SL_STR("Bearer realm=\"sluice\"")));
        EXPECT(f.x.consumer == NULL);
    }
    fake_exchange_fini(&f);
}

TEST(jwt_auth, the_policy_and_the_credential_say_who_may_issue_and_for_whom)
{
    setup();
    bearer(token_of(good));
    EXPECT_EQ(SL_PASS, call("{issuers: ['https://login'], audiences: [orders, more]}\n"));
    fake_exchange_again(&f);
    bearer(token_of(good));
    EXPECT_EQ(SL_FAIL, call("audiences: [stock]\n"));
    fake_exchange_again(&f);
    bearer(token_of(good));
    EXPECT_EQ(SL_FAIL, call("issuers: [x]\n"));
    fake_exchange_again(&f);
    bearer(token_of(good));
    proof.audience = SL_STR("stock");
    EXPECT_EQ(SL_FAIL, call(""));
    proof.audience = SL_STR("orders");
    proof.issuer = SL_STR("x");
    fake_exchange_again(&f);
    bearer(token_of(good));
    EXPECT_EQ(SL_FAIL, call(""));
    fake_exchange_fini(&f);
}

/* RFC 7515, A.3: an ES256 token of "joe", who expired long ago, without `kid`; the second one names "k2". */
static const char es256[] =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKT"
    "UJqPP3-Kg6NU1Q";

/* With this token: why it is refused, and whether the keys are to be fetched. */
static bool is_wanted_after(struct sl_key_set *set, const char *token, const char *want_why)
{
    fake_exchange_again(&f);
    atomic_store(&set->state->is_wanted, false);
    bearer(token);
    EXPECT_EQ(SL_FAIL, call(""));
    EXPECT_EQ(SL_E_UNAUTHENTICATED, f.x.failed);
    EXPECT_STR(want_why, sl_cstr(f.x.reason));
    return atomic_load(&set->state->is_wanted);
}

TEST(jwt_auth, a_key_set_is_fetched_again_for_keys_that_are_not_in_it_and_for_no_forgery)
{
    static struct sl_key_set_state fetched;
    struct sl_key_set set = {.state = &fetched};
    setup();
    (void)knows("joe");
    proof = (struct sl_credential_proof){.key_set = &set};
    EXPECT(sl_jwks_parse(SL_STR("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":"
                                "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
                                "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}"),
                         f.arena, &set.keys));
    const char *of_k1 = sign("{\"alg\":\"ES256\",\"kid\":\"k1\"}", "{\"iss\":\"joe\"}", secret);
    const char *of_k2 = sign("{\"alg\":\"ES256\",\"kid\":\"k2\"}", "{\"iss\":\"joe\"}", secret);
    EXPECT(!is_wanted_after(&set, es256, "the token has expired"));
    EXPECT(!is_wanted_after(&set, of_k1, "the token's signature is wrong"));
    EXPECT(is_wanted_after(&set, of_k2, "the token's key is not known"));
    proof.key.alg = SL_JWS_RS256; /* the credential's word counts */
    EXPECT(!is_wanted_after(&set, es256, "the token's signature is wrong"));
    proof.key.alg = SL_JWS_ANY;
    struct sl_jwk many[SL_JWT_KEYS_TRIED + 1];
    const struct sl_jwks one = set.keys;
    for (size_t i = 0; i < SL_LEN(many); i++)
        many[i] = one.v[0];
    set.keys = (struct sl_jwks){many, SL_LEN(many)};
    EXPECT(!is_wanted_after(&set, es256, sl_jwt_signed_why(SL_JWT_TOO_MANY)));
    set.keys.n = 0;
    EXPECT(is_wanted_after(&set, es256, "the token's key is not known"));
    fake_exchange_fini(&f);
}

TEST(jwt_auth, e11_a_credential_that_may_not_be_used_any_more_is_403)
{
    setup();
    f.credentials[0].is_disabled = true;
    bearer(token_of(good));
    EXPECT_EQ(SL_FAIL, call(""));
    EXPECT_EQ(SL_E_DENIED, f.x.failed);
    fake_exchange_fini(&f);
}

TEST(jwt_auth, optional_leaves_other_credentials_to_the_policy_behind_it)
{
    setup();
    EXPECT_EQ(SL_PASS, call("optional: true\n"));
    EXPECT(f.x.consumer == NULL);
    fake_exchange_again(&f);
    bearer("sl-key");
    EXPECT_EQ(SL_PASS, call("optional: true\n"));
    EXPECT_EQ(SL_PASS,
              fake_request(&f, &sl_policy_key_auth, fake_configure(&f, &sl_policy_key_auth, "")));
    EXPECT_STR("bob", f.x.consumer->name);
    fake_exchange_again(&f);
    bearer(sign("{\"alg\":\"none\"}", good, secret));
    EXPECT_EQ(SL_FAIL, call("optional: true\n"));
    fake_exchange_fini(&f);
}

TEST(jwt_auth, the_id_of_a_token_is_no_key)
{
    setup();
    bearer("https://login");
    EXPECT_EQ(SL_FAIL,
              fake_request(&f, &sl_policy_key_auth, fake_configure(&f, &sl_policy_key_auth, "")));
    EXPECT(fake_refusal(&f, &sl_policy_jwt_auth, "headers: ['a b']\n").n != 0);
    fake_exchange_fini(&f);
}
