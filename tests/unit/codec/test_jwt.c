#include "codec/jwt.h"

#include "base/enc.h"
#include "base/str.h"
#include "tests/test.h"

/* RFC 7515, A.1: its key, and its token. */
static const char rfc_key[] =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1"
    "Z9CAow";
static const char rfc_token[] =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0"
    "dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/* RFC 7515, A.3: the key of ES256, and its token. */
static const char ec_key[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
static const char ec_token[] =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfK"
    "TUJqPP3-Kg6NU1Q";

/* RFC 8037, A.2 and A.4: Ed25519. */
static const char ed_key[] =
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
static const char ed_bytes[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
static const char ed_signature[] =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

static struct sl_arena *a;
static const char *why;

static sl_str bytes_of(const char *text)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    EXPECT(sl_dec_base64url(&b, sl_cstr(text)));
    return sl_strbuf_str(&b);
}

static struct sl_jwk key_of(const char *json)
{
    struct sl_jwk k = {0};
    EXPECT(sl_jwk_parse(sl_cstr(json), a, &k));
    return k;
}

static struct sl_jwk rfc_secret(void)
{
    return (struct sl_jwk){.kind = SL_KEY_SECRET, .secret = bytes_of(rfc_key)};
}

static bool is_signed_by(const char *token, const struct sl_jwk *k)
{
    struct sl_jwt t;
    EXPECT(sl_jwt_parse(sl_cstr(token), a, &t, &why));
    return sl_jws_verify(t.alg, k, t.signed_bytes, t.signature);
}

static void setup(void)
{
    a = sl_arena_new("test", SL_MIB(4));
}

TEST(jwt, tokens_of_the_rfcs_are_good_and_no_other_key_takes_them)
{
    setup();
    struct sl_jwk secret = rfc_secret(), ec = key_of(ec_key), ed = key_of(ed_key);
    EXPECT(is_signed_by(rfc_token, &secret));
    EXPECT(is_signed_by(ec_token, &ec));
    EXPECT(!is_signed_by(ec_token, &secret));
    EXPECT(!is_signed_by(rfc_token, &ec));
    EXPECT(!is_signed_by(ec_token, &ed));
    EXPECT_STR("k1", ec.kid);
    EXPECT(sl_jws_verify(SL_JWS_EDDSA, &ed, sl_cstr(ed_bytes), bytes_of(ed_signature)));
    EXPECT(!sl_jws_verify(SL_JWS_EDDSA, &ed, SL_STR("other"), bytes_of(ed_signature)));
    sl_arena_free(a);
}

TEST(jwt, a_key_is_pinned_to_its_kind_and_to_the_algorithm_that_it_names)
{
    setup();
    struct sl_jwk secret = rfc_secret();
    secret.alg = SL_JWS_HS512;
    EXPECT(!is_signed_by(rfc_token, &secret));
    secret.alg = SL_JWS_HS256;
    EXPECT(is_signed_by(rfc_token, &secret));
    struct sl_jwk ec = key_of(ec_key);
    ec.alg = SL_JWS_ES384;
    EXPECT(!is_signed_by(ec_token, &ec));
    for (int alg = SL_JWS_ANY; alg < SL_JWS_COUNT;
         alg++) /* of other kinds: never, whatever is sent */
        if (alg == SL_JWS_ANY || sl_jws_alg_kind((enum sl_jws_alg)alg) != SL_KEY_P256) {
            ec.alg = SL_JWS_ANY;
            EXPECT(!sl_jws_verify((enum sl_jws_alg)alg, &ec, SL_STR("x"), SL_STR("y")));
        }
    sl_arena_free(a);
}

TEST(jwt, a_changed_or_cut_signature_is_wrong)
{
    setup();
    struct sl_jwk ec = key_of(ec_key);
    struct sl_jwt t;
    EXPECT(sl_jwt_parse(sl_cstr(ec_token), a, &t, &why));
    for (size_t i = 0; i < t.signature.n; i++) {
        sl_str changed = sl_arena_dup(a, t.signature);
        ((char *)changed.p)[i] ^= 1;
        EXPECT(!sl_jws_verify(t.alg, &ec, t.signed_bytes, changed));
        EXPECT(!sl_jws_verify(t.alg, &ec, t.signed_bytes, sl_str_head(t.signature, i)));
    }
    sl_arena_free(a);
}

TEST(jwt, cut_anywhere_it_is_no_good_token)
{
    setup();
    struct sl_jwk secret = rfc_secret();
    for (size_t cut = 0; cut < sizeof(rfc_token) - 1; cut++) {
        struct sl_jwt t;
        if (sl_jwt_parse(sl_str_head(sl_cstr(rfc_token), cut), a, &t, &why))
            EXPECT(!sl_jws_verify(t.alg, &secret, t.signed_bytes, t.signature));
    }
    sl_arena_free(a);
}

TEST(jwt, what_is_no_token_is_refused_with_the_reason)
{
    static const char *const rows[] = {
        "",
        "..",
        "e30.e30.AA",                 /* no algorithm */
        "eyJhbGciOiJub25lIn0.e30.AA", /* none */
        "eyJhbGciOiJub25lIn0.e30.",
        "eyJhbGciOiJIUzI1NiJ9.e30.AA.AA",
        "eyJhbGciOiJIUzI1NiJ9.W10.AA",                     /* claims: [] */
        "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiZXhwIl19.e30.AA", /* crit */
        "eyJhbGciOiJoczI1NiJ9.e30.AA",                     /* hs256 */
        "eyJhbGciOiJIUzI1NiJ9=.e30.AA",
        "eyJhbGciOlsiSFMyNTYiXX0.e30.AA",
    };
    setup();
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_jwt t;
        why = NULL;
        EXPECT(!sl_jwt_parse(sl_cstr(rows[i]), a, &t, &why));
        EXPECT(why != NULL);
    }
    sl_arena_free(a);
}

static const char *check(const char *claims, const struct sl_jwt_rules *rules)
{
    struct sl_jsonscan_info info;
    struct sl_jwt t = {.alg = SL_JWS_HS256};
    EXPECT_EQ(SL_OK, sl_json_parse(sl_cstr(claims), a, &t.claims, &info));
    return sl_jwt_check(&t, rules);
}

TEST(jwt, times_are_checked_with_a_skew)
{
    static const struct {
        const char *claims;
        bool is_good;
    } rows[] = {
        {"{\"exp\":1000}", true},
        {"{\"exp\":951}", true},
        {"{\"exp\":950}", false},
        {"{\"exp\":1e3}", true},
        {"{\"exp\":1000.5}", true},
        {"{\"exp\":\"1000\"}", false},
        {"{\"exp\":null}", false},
        {"{\"exp\":1e999}", false},
        {"{\"exp\":9223372036854775807}", true},
        {"{\"exp\":2000,\"nbf\":1050}", true},
        {"{\"exp\":2000,\"nbf\":1051}", false},
        {"{\"exp\":2000,\"nbf\":true}", false},
        {"{}", false},
    };
    const struct sl_jwt_rules rules = {.now_s = 1000, .skew_s = 50, .needs_expiry = true};
    setup();
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_EQ(rows[i].is_good, check(rows[i].claims, &rules) == NULL);
    sl_arena_free(a);
}

TEST(jwt, a_token_may_be_good_for_too_long)
{
    const struct sl_jwt_rules rules = {.now_s = 1000, .skew_s = 5, .lifetime_max_s = 100};
    setup();
    EXPECT(check("{\"iat\":990,\"exp\":1090}", &rules) == NULL);
    EXPECT(check("{\"iat\":990,\"exp\":1091}", &rules) != NULL);
    EXPECT(check("{\"iat\":1006,\"exp\":1007}", &rules) != NULL);
    EXPECT(check("{\"iat\":-9223372036854775807,\"exp\":9223372036854775807}", &rules) != NULL);
    EXPECT(check("{\"exp\":1007}", &rules) != NULL);
    EXPECT(check("{\"iat\":990}", &rules) != NULL);
    sl_arena_free(a);
}

TEST(jwt, issuer_and_audience_must_be_among_those_wanted)
{
    sl_str names[] = {SL_STR("a"), SL_STR("b")};
    const struct sl_jwt_rules rules = {.issuers = {.v = names, .n = 2},
                                       .audiences = {.v = names, .n = 2}};
    setup();
    EXPECT(check("{\"iss\":\"a\",\"aud\":\"b\"}", &rules) == NULL);
    EXPECT(check("{\"iss\":\"b\",\"aud\":[\"x\",\"a\"]}", &rules) == NULL);
    EXPECT(check("{\"iss\":\"c\",\"aud\":\"b\"}", &rules) != NULL);
    EXPECT(check("{\"iss\":[\"a\"],\"aud\":\"b\"}", &rules) != NULL);
    EXPECT(check("{\"iss\":\"a\",\"aud\":[]}", &rules) != NULL);
    EXPECT(check("{\"iss\":\"a\",\"aud\":{\"a\":\"a\"}}", &rules) != NULL);
    EXPECT(check("{\"iss\":\"a\"}", &rules) != NULL);
    EXPECT(check("{}", &rules) != NULL);
    sl_arena_free(a);
}

TEST(jwk, keys_that_are_none_or_weak_or_for_something_else_are_refused)
{
    static const char *const rows[] = {
        "",
        "{}",
        "[]",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", /* 17 bits */
        "{\"kty\":\"RSA\",\"e\":\"AQAB\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}", /* not on the curve */
        "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"RS256\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"none\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
    };
    setup();
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_jwk k;
        EXPECT(!sl_jwk_parse(sl_cstr(rows[i]), a, &k));
    }
    sl_arena_free(a);
}

TEST(jwk, a_set_leaves_out_what_it_does_not_know)
{
    struct sl_jwks set;
    setup();
    EXPECT(sl_jwks_parse(
        SL_STR("{\"keys\":[{\"kty\":\"oct\"},7,{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
               "\"kid\":\"e\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"),
        a, &set));
    EXPECT_EQ(1, set.n);
    EXPECT_STR("e", set.v[0].kid);
    EXPECT(sl_jwks_parse(SL_STR("{\"keys\":[]}"), a, &set));
    EXPECT_EQ(0, set.n);
    EXPECT(!sl_jwks_parse(SL_STR("{\"keys\":{}}"), a, &set));
    EXPECT(!sl_jwks_parse(SL_STR("{"), a, &set));
    sl_arena_free(a);
}

#define ED(kid)                                                                                                 \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"kid\":\"" kid \
    "\"}"

TEST(jwk, a_set_is_reduced_to_the_keys_that_can_be_used_and_fit_in)
{
    sl_str text = {0};
    setup();
    EXPECT(sl_jwks_reduce(
        SL_STR(
            "{\"at\":1,\"keys\":[{\"kty\":\"oct\"},{\"x5c\":[\"long\"],\"use\":\"sig\",\"kid\":\"e\\\"1\","
            "\"crv\":\"Ed25519\", \"kty\":\"OKP\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},7," ED(
                "2") "]}"),
        1024, a, &text));
    EXPECT_STR("{\"keys\":[" ED("e\\\"1") "," ED("2") "]}", text);
    EXPECT(sl_jwks_reduce(text, 1024, a, &text)); /* what is reduced stays as it is */
    EXPECT_STR("{\"keys\":[" ED("e\\\"1") "," ED("2") "]}", text);
    EXPECT(sl_jwks_reduce(text, text.n - 3, a, &text)); /* not the first and half of the second */
    EXPECT_STR("{\"keys\":[" ED("e\\\"1") "]}", text);
    EXPECT(sl_jwks_reduce(text, 12, a, &text));
    EXPECT_STR("{\"keys\":[]}", text);
    EXPECT(!sl_jwks_reduce(SL_STR("{\"keys\":{}}"), 1024, a, &text));
    EXPECT(!sl_jwks_reduce(SL_STR("{"), 1024, a, &text));
    sl_arena_free(a);
}

TEST(jwk, a_set_of_too_many_keys_is_reduced_to_the_first_of_them)
{
    struct sl_strbuf json = {0};
    struct sl_jwks set;
    sl_str text = {0};
    setup();
    sl_strbuf_add(&json, SL_STR("{\"keys\":["));
    for (int i = 0; i <= SL_JWKS_MAX; i++)
        sl_strbuf_add(&json, i != 0 ? SL_STR("," ED("x")) : SL_STR(ED("first")));
    sl_strbuf_add(&json, SL_STR("]}"));
    EXPECT(sl_jwks_reduce(sl_strbuf_str(&json), SL_KIB(64), a, &text));
    EXPECT(sl_jwks_parse(text, a, &set));
    EXPECT_EQ(SL_JWKS_MAX, set.n);
    EXPECT_STR("first", set.v[0].kid);
    EXPECT_EQ(SL_JWKS_MAX * sizeof(ED("x")) - 1 + 4 + 11, text.n);
    sl_strbuf_fini(&json);
    sl_arena_free(a);
}
