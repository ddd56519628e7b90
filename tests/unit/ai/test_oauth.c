#include "ai/oauth.h"

#include "base/enc.h"
#include "base/strbuf.h"
#include "codec/json.h"
#include "codec/crypto.h"
#include "tests/rsa_key.h"
#include "tests/test.h"

#define ACCOUNT(more) "{\"type\":\"service_account\",\"project_id\":\"p\"," more "\"x\":1}"
#define EMAIL "\"client_email\":\"s@p.iam.gserviceaccount.com\","
#define KEY "\"private_key\":\"" RSA_KEY_JSON "\",\"private_key_id\":\"kid1\","

static struct sl_arena *arena;

static struct sl_ai_oauth parsed(const char *key)
{
    struct sl_ai_oauth c;
    const char *why;
    arena = sl_arena_new("test", SL_MIB(1));
    EXPECT(sl_ai_oauth_is(sl_cstr(key)));
    EXPECT(sl_ai_oauth_parse(sl_cstr(key), arena, &c, &why));
    EXPECT(why == NULL);
    return c;
}

static sl_str decoded(sl_str part)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, arena, 0);
    EXPECT(sl_dec_base64url(&b, part));
    return sl_strbuf_str(&b);
}

TEST(oauth, a_service_account_signs_what_google_asks_for)
{
    struct sl_ai_oauth c = parsed(ACCOUNT(EMAIL KEY));
    sl_str form = sl_ai_oauth_form(&c, 1700000000, arena), header, claims;
    static const sl_str head =
        SL_STR_INIT("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=");
    EXPECT_STR("https://oauth2.googleapis.com/token", c.url);
    EXPECT_STR("s@p.iam.gserviceaccount.com", c.name);
    EXPECT(sl_str_starts(form, head));
    sl_str jwt = sl_str_from(form, head.n), rest = jwt;
    EXPECT(sl_str_split(&rest, '.', &header));
    EXPECT(sl_str_split(&rest, '.', &claims));
    EXPECT_STR("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"kid1\"}", decoded(header));
    EXPECT_STR("{\"iss\":\"s@p.iam.gserviceaccount.com\","
               "\"scope\":\"https://www.googleapis.com/auth/cloud-platform\","
               "\"aud\":\"https://oauth2.googleapis.com/token\",\"iat\":1700000000,"
               "\"exp\":1700003600}",
               decoded(claims));
    struct sl_strbuf signature;
    sl_strbuf_init(&signature, arena, 0);
    EXPECT(sl_rs256_sign(SL_STR(RSA_KEY_PEM), sl_str_head(jwt, jwt.n - rest.n - 1), &signature));
    EXPECT_EQ(1, sl_str_eq(sl_strbuf_str(&signature), decoded(rest)));
    sl_arena_free(arena);
}

TEST(oauth, client_credentials_are_a_form_for_the_tenants_endpoint)
{
    struct sl_ai_oauth c = parsed("{\"type\":\"client_credentials\",\"tenant_id\":\"t-1\","
                                  "\"client_id\":\"app\",\"client_secret\":\"a&b=c~\"}");
    EXPECT_STR("https://login.microsoftonline.com/t-1/oauth2/v2.0/token", c.url);
    EXPECT_STR("grant_type=client_credentials&client_id=app&client_secret=a%26b%3Dc~"
               "&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default",
               sl_ai_oauth_form(&c, 0, arena));
    sl_arena_free(arena);
    c = parsed("{\"type\":\"client_credentials\",\"token_uri\":\"http://a/t\",\"scope\":\"all\","
               "\"client_id\":\"app\",\"client_secret\":\"s\"}");
    EXPECT_STR("http://a/t", c.url);
    EXPECT(sl_str_ends(sl_ai_oauth_form(&c, 0, arena), SL_STR("&scope=all")));
    sl_arena_free(arena);
}

TEST(oauth, a_users_own_login_is_refreshed)
{
    struct sl_ai_oauth c = parsed("{\"type\":\"authorized_user\",\"client_id\":\"i\","
                                  "\"client_secret\":\"s\",\"refresh_token\":\"1//r\"}");
    EXPECT_STR("https://oauth2.googleapis.com/token", c.url);
    EXPECT_STR("grant_type=refresh_token&client_id=i&client_secret=s&refresh_token=1%2F%2Fr",
               sl_ai_oauth_form(&c, 0, arena));
    sl_arena_free(arena);
}

static struct sl_head head_of(const struct sl_ai_oauth *c, sl_str *ret_form)
{
    *ret_form = sl_ai_oauth_form(c, 0, arena);
    return sl_ai_oauth_head(c, *ret_form, arena);
}

TEST(oauth, a_service_key_of_sap_names_where_to_ask)
{
    struct sl_ai_oauth c = parsed("{\"type\":\"sap_service_key\",\"clientid\":\"sb-1!b2|x\","
                                  "\"clientsecret\":\"s$\",\"url\":\"https://a.sap.example\"}");
    sl_str form;
    struct sl_head head = head_of(&c, &form);
    EXPECT_STR("https://a.sap.example/oauth/token", c.url);
    EXPECT_STR("grant_type=client_credentials&client_id=sb-1%21b2%7Cx&client_secret=s%24", form);
    EXPECT_STR("POST", head.method);
    EXPECT_EQ(form.n, head.body_bytes);
    EXPECT(sl_headers_find_id(&head.headers, SL_H_AUTHORIZATION) == NULL);
    sl_arena_free(arena);
}

TEST(oauth, a_token_of_github_is_exchanged_with_a_get)
{
    struct sl_ai_oauth c =
        parsed("{\"type\":\"github_copilot\",\"user\":\"octocat\",\"oauth_token\":\"ghu_1\"}");
    sl_str form;
    struct sl_head head = head_of(&c, &form);
    EXPECT_STR("https://api.github.com/copilot_internal/v2/token", c.url);
    EXPECT_STR("octocat", c.name);
    EXPECT_EQ(0, form.n);
    EXPECT_STR("GET", head.method);
    EXPECT_EQ(SL_BODY_NONE, head.body_kind);
    EXPECT_STR("token ghu_1", sl_headers_get_id(&head.headers, SL_H_AUTHORIZATION));
    EXPECT(sl_headers_find_id(&head.headers, SL_H_CONTENT_TYPE) == NULL);
    sl_arena_free(arena);
}

TEST(oauth, a_token_that_would_be_two_fields_is_not_sent)
{
    struct sl_ai_oauth c =
        parsed("{\"type\":\"github_copilot\",\"user\":\"u\",\"oauth_token\":\"g\\r\\nx: y\"}");
    sl_str form;
    struct sl_head head = head_of(&c, &form);
    EXPECT(sl_headers_find_id(&head.headers, SL_H_AUTHORIZATION) == NULL);
    sl_arena_free(arena);
}

TEST(oauth, what_is_wrong_with_a_credential_is_said)
{
    static const struct {
        const char *key, *why;
    } rows[] = {
        {"{", "no JSON"},
        {"{}", "no known type"},
        {"{\"type\":7}", "no known type"},
        {"{\"type\":\"external_account\"}", "no known type"},
        {ACCOUNT(KEY), "client_email"},
        {ACCOUNT(EMAIL), "private_key"},
        {ACCOUNT(EMAIL "\"private_key\":\"x\","), "no RSA key"},
        {"{\"type\":\"client_credentials\",\"client_secret\":\"s\"}", "client_id"},
        {"{\"type\":\"client_credentials\",\"client_id\":\"i\"}", "client_secret"},
        {"{\"type\":\"client_credentials\",\"client_id\":\"i\",\"client_secret\":\"s\"}",
         "tenant_id"},
        {"{\"type\":\"authorized_user\",\"client_id\":\"i\"}", "refresh_token"},
        {"{\"type\":\"github_copilot\",\"oauth_token\":\"t\"}", "user"},
        {"{\"type\":\"github_copilot\",\"user\":\"u\"}", "oauth_token"},
        {"{\"type\":\"sap_service_key\",\"clientid\":\"i\",\"clientsecret\":\"s\"}", "url"},
    };
    arena = sl_arena_new("test", SL_MIB(1));
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_oauth c;
        const char *why = NULL;
        EXPECT(!sl_ai_oauth_parse(sl_cstr(rows[i].key), arena, &c, &why));
        EXPECT(strstr(why, rows[i].why) != NULL);
    }
    EXPECT(!sl_ai_oauth_is(SL_STR("sk-1")));
    EXPECT(!sl_ai_oauth_is(SL_STR("")));
    sl_arena_free(arena);
}

TEST(oauth, an_answer_is_a_token_or_a_reason)
{
    static const struct {
        uint16_t status;
        const char *body, *token, *error;
        int64_t expires_s;
        bool is_refused;
    } rows[] = {
        {200, "{\"access_token\":\"ya29.x\",\"expires_in\":3599,\"token_type\":\"Bearer\"}",
         "ya29.x", "", 3599, false},
        {200, "{\"access_token\":\"a\",\"expires_in\":\"86399\"}", "a", "", 86399, false},
        {200, "{\"access_token\":\"a\"}", "a", "", 300, false},
        {200, "{\"access_token\":\"a\",\"expires_in\":-5}", "a", "", 300, false},
        {200, "{\"access_token\":\"a\",\"expires_in\":99999999999}", "a", "", 86400, false},
        {200, "{\"token\":\"tid=1;exp=2\",\"expires_at\":1800,\"refresh_in\":1500}", "tid=1;exp=2",
         "", 1500, false},
        {401, "{\"message\":\"Bad credentials\",\"status\":\"401\"}", "", "Bad credentials", 0,
         true},
        {200, "{\"access_token\":\"a\\r\\nx: y\"}", "", "neither", 0, false},
        {200, "{\"access_token\":\"\"}", "", "neither", 0, false},
        {200, "", "", "neither", 0, false},
        {200, "[]", "", "neither", 0, false},
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT Signature.\"}", "",
         "invalid_grant: Invalid JWT Signature.", 0, true},
        {401,
         "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client "
         "secret provided.\\r\\nTrace ID: 1\"}",
         "", "invalid_client: AADSTS7000215: Invalid client secret provided.", 0, true},
        {429, "{\"error\":\"slow_down\"}", "", "slow_down", 0, false},
        {503, "<html>", "", "neither", 0, false},
    };
    arena = sl_arena_new("test", SL_MIB(1));
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_oauth_answer r =
            sl_ai_oauth_read(rows[i].status, sl_cstr(rows[i].body), arena);
        EXPECT_STR(rows[i].token, r.token);
        if (rows[i].error[0] != '\0')
            EXPECT(sl_str_find_str(r.error, sl_cstr(rows[i].error)) != SIZE_MAX);
        else
            EXPECT_EQ(0, r.error.n);
        EXPECT_EQ(rows[i].expires_s, r.expires_s);
        EXPECT_EQ(rows[i].is_refused, r.is_refused);
    }
    sl_arena_free(arena);
}

TEST(oauth, a_token_that_is_too_long_for_a_header_is_none)
{
    struct sl_strbuf body = {0};
    arena = sl_arena_new("test", SL_MIB(1));
    sl_strbuf_add(&body, SL_STR("{\"access_token\":\""));
    for (int i = 0; i <= SL_AI_OAUTH_TOKEN_BYTES_MAX; i++)
        sl_strbuf_add_char(&body, 'x');
    sl_strbuf_add(&body, SL_STR("\"}"));
    EXPECT_EQ(0, sl_ai_oauth_read(200, sl_strbuf_str(&body), arena).token.n);
    sl_strbuf_fini(&body);
    sl_arena_free(arena);
}
