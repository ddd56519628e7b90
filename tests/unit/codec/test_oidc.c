#include "codec/oidc.h"

#include "base/enc.h"
#include "base/str.h"
#include "tests/test.h"

static struct sl_arena *a;
static const char *why;

static void begin(void)
{
    a = sl_arena_new("test", SL_MIB(8));
    why = NULL;
}

#define ENDPOINTS                                                  \
    "\"authorization_endpoint\":\"https://op.example/authorize\"," \
    "\"token_endpoint\":\"https://op.example/token\",\"jwks_uri\":\"https://op.example/keys\""

static struct sl_oidc_metadata metadata_of(const char *more)
{
    struct sl_oidc_metadata m = {0};
    sl_str json = sl_fmt(a, "{\"issuer\":\"https://op.example\"," ENDPOINTS "%s}", more);
    EXPECT(sl_oidc_metadata_parse(json, SL_STR("https://op.example"), a, &m, &why));
    return m;
}

TEST(oidc, metadata_stands_below_the_issuer)
{
    begin();
    EXPECT_STR("https://op.example/.well-known/openid-configuration",
               sl_oidc_metadata_url(SL_STR("https://op.example"), a));
    EXPECT_STR("https://op.example/realms/a/.well-known/openid-configuration",
               sl_oidc_metadata_url(SL_STR("https://op.example/realms/a/"), a));
    sl_arena_free(a);
}

TEST(oidc, only_urls_that_nobody_can_read_along_are_taken)
{
    static const char *const good[] = {"https://op.example/x", "http://localhost:1/x",
                                       "http://127.0.0.1/", "http://[::1]:3/x"};
    static const char *const bad[] = {"http://op.example/",
                                      "javascript:alert(1)",
                                      "",
                                      "//op.example",
                                      "http://127.0.0.1.evil.example/",
                                      "http://localhost@evil.example/",
                                      "https://op.example/\r\nx"};
    for (size_t i = 0; i < SL_LEN(good); i++)
        EXPECT(sl_oidc_url_is_safe(sl_cstr(good[i])));
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_oidc_url_is_safe(sl_cstr(bad[i])));
}

TEST(oidc, metadata_is_of_the_issuer_and_complete)
{
    static const struct {
        const char *json, *why;
    } rows[] = {
        {"[]", "the metadata is no JSON object"},
        {"{", "the metadata is no JSON object"},
        {"{\"issuer\":\"https://op.example/\"," ENDPOINTS "}", "the metadata is of another issuer"},
        {"{" ENDPOINTS "}", "the metadata is of another issuer"},
        {"{\"issuer\":\"https://op.example\"}",
         "the metadata lacks authorization_endpoint, token_endpoint or jwks_uri"},
        {"{\"issuer\":\"https://op.example\",\"authorization_endpoint\":\"javascript:x\","
         "\"token_endpoint\":\"https://op.example/t\",\"jwks_uri\":\"https://op.example/k\"}",
         "an endpoint of the metadata is no https URL"},
        {"{\"issuer\":\"https://op.example\"," ENDPOINTS
         ",\"userinfo_endpoint\":\"http://op.example/u\"}",
         "an endpoint of the metadata is no https URL"},
    };
    struct sl_oidc_metadata m;
    begin();
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        EXPECT(!sl_oidc_metadata_parse(sl_cstr(rows[i].json), SL_STR("https://op.example"), a, &m,
                                       &why));
        EXPECT_STR(rows[i].why, sl_cstr(why));
    }
    m = metadata_of("");
    EXPECT(m.takes_basic && !m.names_issuer_in_answer);
    m = metadata_of(",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"],"
                    "\"authorization_response_iss_parameter_supported\":true");
    EXPECT(!m.takes_basic && m.names_issuer_in_answer);
    sl_arena_free(a);
}

TEST(oidc, metadata_has_a_limit)
{
    struct sl_oidc_metadata m;
    struct sl_strbuf b;
    begin();
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("{\"issuer\":\"https://op.example\"," ENDPOINTS "}"));
    while (b.n < SL_OIDC_DOCUMENT_BYTES_MAX)
        sl_strbuf_add_char(&b, ' ');
    EXPECT(sl_oidc_metadata_parse(sl_strbuf_str(&b), SL_STR("https://op.example"), a, &m, &why));
    sl_strbuf_add_char(&b, ' ');
    EXPECT(!sl_oidc_metadata_parse(sl_strbuf_str(&b), SL_STR("https://op.example"), a, &m, &why));
    sl_arena_free(a);
}

/* The verifier and its challenge are those of RFC 7636, appendix B. */
TEST(oidc, a_browser_is_sent_with_what_the_flow_needs)
{
    begin();
    sl_str scopes[] = {SL_STR("openid"), SL_STR("email")};
    const struct sl_oidc_request rq = {
        .client_id = SL_STR("a&b"),
        .redirect_uri = SL_STR("https://gw.example/cb"),
        .state = SL_STR("S"),
        .nonce = SL_STR("N"),
        .verifier = SL_STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        .scopes = {scopes, SL_LEN(scopes)},
    };
    struct sl_oidc_metadata m = metadata_of("");
    EXPECT_STR("https://op.example/authorize?response_type=code&client_id=a%26b"
               "&redirect_uri=https%3A%2F%2Fgw.example%2Fcb&scope=openid%20email&state=S&nonce=N"
               "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
               "&code_challenge_method=S256",
               sl_oidc_authorize_url(&m, &rq, a));
    m.authorization_endpoint = SL_STR("https://op.example/authorize?tenant=1");
    EXPECT(sl_str_starts(sl_oidc_authorize_url(&m, &rq, a),
                         SL_STR("https://op.example/authorize?tenant=1&response_type=code&")));
    sl_arena_free(a);
}

TEST(oidc, a_secret_is_sent_in_one_place_only)
{
    begin();
    struct sl_oidc_exchange e = {.client_id = SL_STR("id"),
                                 .secret = SL_STR("a:b c"),
                                 .code = SL_STR("c/1"),
                                 .redirect_uri = SL_STR("https://gw/cb"),
                                 .verifier = SL_STR("v")};
    struct sl_oidc_metadata m = metadata_of("");
    const char form[] = "grant_type=authorization_code&code=c%2F1"
                        "&redirect_uri=https%3A%2F%2Fgw%2Fcb&code_verifier=v";
    EXPECT_STR(form, sl_oidc_token_form(&m, &e, a));
    EXPECT_STR("Basic aWQ6YSUzQWIlMjBj", sl_oidc_authorization(&m, &e, a)); /* id:a%3Ab%20c */
    m.takes_basic = false;
    EXPECT_STR(sl_fmt(a, "%s&client_id=id&client_secret=a%%3Ab%%20c", form).p,
               sl_oidc_token_form(&m, &e, a));
    EXPECT_EQ(0, sl_oidc_authorization(&m, &e, a).n);
    e.secret = (sl_str){0};
    m.takes_basic = true;
    EXPECT_STR(sl_fmt(a, "%s&client_id=id", form).p, sl_oidc_token_form(&m, &e, a));
    EXPECT_EQ(0, sl_oidc_authorization(&m, &e, a).n);
    sl_arena_free(a);
}

TEST(oidc, answers_of_the_token_endpoint_are_read_with_care)
{
    struct sl_oidc_tokens t;
    begin();
    EXPECT(
        sl_oidc_tokens_parse(SL_STR("{\"id_token\":\"x\",\"access_token\":\"y\"}"), a, &t, &why));
    EXPECT_STR("x", t.id_token);
    EXPECT_STR("y", t.access_token);
    EXPECT(!sl_oidc_tokens_parse(SL_STR("{\"access_token\":\"y\"}"), a, &t, &why));
    EXPECT(!sl_oidc_tokens_parse(SL_STR("{\"id_token\":1}"), a, &t, &why));
    EXPECT(!sl_oidc_tokens_parse(SL_STR("{\"id_token\":\"x\",\"access_token\":\"a\\r\\nb\"}"), a,
                                 &t, &why));
    EXPECT_STR("invalid_grant", sl_oidc_error_code(SL_STR("{\"error\":\"invalid_grant\"}"), a));
    EXPECT_EQ(0, sl_oidc_error_code(SL_STR("{\"error\":\"<b>\"}"), a).n);
    EXPECT_EQ(0, sl_oidc_error_code(SL_STR("no"), a).n);
    sl_arena_free(a);
}

/* ------------------------------------------------------------------ the id token */

static struct sl_jwt token_of(const char *header, const char *claims)
{
    struct sl_jwt t = {0};
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_enc_base64url(&b, sl_cstr(header));
    sl_strbuf_add_char(&b, '.');
    sl_enc_base64url(&b, sl_cstr(claims));
    sl_strbuf_add(&b, SL_STR(".AAAA"));
    EXPECT(sl_jwt_parse(sl_strbuf_str(&b), a, &t, &why));
    return t;
}

/* What it says about them at second 1,000. */
static const char *check(const char *claims)
{
    const struct sl_oidc_expected expected = {.issuer = SL_STR("https://op.example"),
                                              .client_id = SL_STR("us"),
                                              .nonce = SL_STR("N"),
                                              .now_s = 1000};
    struct sl_jwt t = token_of("{\"alg\":\"RS256\"}", claims);
    const char *fault = sl_oidc_check(&t, &expected);
    return fault != NULL ? fault : "";
}

#define CLAIMS(aud, nonce, sub, exp)                                                         \
    "{\"iss\":\"https://op.example\",\"aud\":" aud ",\"nonce\":\"" nonce "\",\"sub\":\"" sub \
    "\",\"exp\":" exp "}"

TEST(oidc, claims_are_for_us_now_and_of_this_sign_in)
{
    static const struct {
        const char *claims, *fault;
    } rows[] = {
        {CLAIMS("\"us\"", "N", "s", "1001"), ""},
        {CLAIMS("[\"us\"]", "N", "s", "1001"), ""},
        {CLAIMS("\"us\"", "N", "s", "941"), ""}, /* clocks differ */
        {CLAIMS("\"us\"", "N", "s", "940"), "the token has expired"},
        {CLAIMS("[\"us\",\"them\"],\"azp\":\"us\"", "N", "s", "1001"), ""},
        {CLAIMS("[\"us\",\"them\"]", "N", "s", "1001"),
         "the token was made for another party (azp)"},
        {CLAIMS("\"us\",\"azp\":\"them\"", "N", "s", "1001"),
         "the token was made for another party (azp)"},
        {CLAIMS("\"us\",\"azp\":null", "N", "s", "1001"),
         "the token was made for another party (azp)"},
        {CLAIMS("\"them\"", "N", "s", "1001"), "the token is for somebody else (aud)"},
        {CLAIMS("\"us\"", "M", "s", "1001"), "the token is of another sign-in (nonce)"},
        {CLAIMS("\"us\"", "", "s", "1001"), "the token is of another sign-in (nonce)"},
        {CLAIMS("\"us\"", "N", "", "1001"), "the token does not say who it is of (sub)"},
        {"{\"iss\":\"https://op.example\",\"aud\":\"us\",\"nonce\":\"N\",\"sub\":\"s\"}",
         "the token has no end (exp)"},
        {"{\"iss\":\"https://op.example/\",\"aud\":\"us\",\"nonce\":\"N\",\"sub\":\"s\",\"exp\":1001}",
         "the token is of another issuer (iss)"},
    };
    begin();
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_STR(rows[i].fault, sl_cstr(check(rows[i].claims)));
    sl_arena_free(a);
}

TEST(oidc, a_shared_secret_signs_nothing)
{
    begin();
    struct sl_jwt t = token_of("{\"alg\":\"HS256\"}", "{}");
    uint8_t digest[SL_SHA256_BYTES];
    const struct sl_jwk key = {.kind = SL_KEY_SECRET,
                               .secret = SL_STR("0123456789abcdef0123456789abcdef")};
    const struct sl_jwks keys = {&key, 1};
    sl_hmac_sha256(key.secret, t.signed_bytes, digest);
    t.signature = sl_digest_str(digest, sizeof(digest));
    EXPECT(sl_jws_verify(t.alg, &key, t.signed_bytes, t.signature)); /* it is one */
    EXPECT_EQ(SL_JWT_NO_KEY, sl_jwt_signed_by(&t, &keys));
    sl_arena_free(a);
}

/* RFC 7515, A.3: an ES256 token without `kid`. */
static struct sl_jwt example_token(void)
{
    struct sl_jwt t;
    EXPECT(sl_jwt_parse(
        SL_STR(
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leG"
            "FtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw"
            "5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
        a, &t, &why));
    return t;
}

static struct sl_jwks example_keys(void)
{
    struct sl_jwks keys;
    EXPECT(sl_jwks_parse(SL_STR("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":"
                                "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
                                "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}"),
                         a, &keys));
    return keys;
}

TEST(oidc, a_signature_is_of_the_key_with_its_id)
{
    begin();
    struct sl_jwks keys = example_keys();
    struct sl_jwt t = example_token();
    EXPECT_EQ(SL_JWT_SIGNED, sl_jwt_signed_by(&t, &keys));
    t.kid = SL_STR("k1");
    EXPECT_EQ(SL_JWT_SIGNED, sl_jwt_signed_by(&t, &keys));
    t.signed_bytes.n--;
    EXPECT_EQ(SL_JWT_WRONG, sl_jwt_signed_by(&t, &keys));
    t.signed_bytes.n++;
    t.alg = SL_JWS_RS256; /* the key is for others */
    EXPECT_EQ(SL_JWT_WRONG, sl_jwt_signed_by(&t, &keys));
    t.alg = SL_JWS_ES256;
    t.kid = SL_STR("k2");
    EXPECT_EQ(SL_JWT_NO_KEY, sl_jwt_signed_by(&t, &keys));
    t.kid = (sl_str){0};
    keys.n = 0;
    EXPECT_EQ(SL_JWT_NO_KEY, sl_jwt_signed_by(&t, &keys));
    sl_arena_free(a);
}

TEST(oidc, a_token_without_a_kid_is_not_tried_with_all_keys_there_are)
{
    struct sl_jwk many[SL_JWKS_MAX];
    begin();
    struct sl_jwks keys = {many, SL_JWT_KEYS_TRIED};
    struct sl_jwt t = example_token();
    for (size_t i = 0; i < SL_LEN(many); i++)
        many[i] = example_keys().v[0];
    EXPECT_EQ(SL_JWT_SIGNED, sl_jwt_signed_by(&t, &keys));
    keys.n++;
    EXPECT_EQ(SL_JWT_TOO_MANY, sl_jwt_signed_by(&t, &keys));
    EXPECT(sl_str_find_str(sl_cstr(sl_jwt_signed_why(SL_JWT_TOO_MANY)), SL_STR("(kid)")) !=
           SIZE_MAX);
    keys.n = SL_JWKS_MAX;
    for (size_t i = SL_JWT_KEYS_TRIED; i < SL_LEN(many); i++)
        many[i].alg = SL_JWS_RS256; /* keys of other algorithms cost nothing */
    EXPECT_EQ(SL_JWT_SIGNED, sl_jwt_signed_by(&t, &keys));
    for (size_t i = 0; i < SL_LEN(many); i++)
        many[i].alg = SL_JWS_ANY;
    many[SL_JWKS_MAX - 1].kid = t.kid = SL_STR("k64");
    EXPECT_EQ(SL_JWT_SIGNED, sl_jwt_signed_by(&t, &keys));
    sl_arena_free(a);
}

TEST(oidc, claims_are_found_by_name_or_by_path)
{
    const struct sl_json *v;
    struct sl_jsonscan_info info;
    begin();
    EXPECT_EQ(SL_OK,
              sl_json_parse(SL_STR("{\"a\":{\"b\":{\"c\":\"1\"}},\"a.b\":\"2\",\"d\":\"3\"}"), a,
                            &v, &info));
    EXPECT_STR("3", sl_json_text(sl_oidc_claim(v, SL_STR("d"))));
    EXPECT_STR("2", sl_json_text(sl_oidc_claim(v, SL_STR("a.b"))));
    EXPECT_STR("1", sl_json_text(sl_oidc_claim(v, SL_STR("a.b.c"))));
    EXPECT(sl_oidc_claim(v, SL_STR("a.b.c.")) == NULL);
    EXPECT(sl_oidc_claim(v, SL_STR("d.e")) == NULL);
    EXPECT(sl_oidc_claim(v, SL_STR(".")) == NULL);
    EXPECT(sl_oidc_claim(NULL, SL_STR("d")) == NULL);
    sl_arena_free(a);
}
