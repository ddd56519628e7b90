#include "codec/sigv4.h"
#include "base/strbuf.h"
#include "tests/test.h"

/* The names and values of AWS's published test suite for Signature Version 4. */
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SUITE_TIME INT64_C(1440938160) /* 2015-08-30T12:36:00Z */

static const struct sl_sigv4_key suite_key = {
    .id = SL_STR_INIT("AKIDEXAMPLE"),
    .secret = SL_STR_INIT("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
};

static const struct sl_sigv4_scope suite_scope = {
    .region = SL_STR_INIT("us-east-1"),
    .service = SL_STR_INIT("service"),
    .now_unix_s = SUITE_TIME,
};

static struct sl_headers fields_of(struct sl_arena *a, const char *const (*v)[2], size_t n)
{
    struct sl_headers h;
    sl_headers_init(&h, a);
    for (size_t i = 0; i < n; i++)
        EXPECT(sl_headers_add(&h, sl_cstr(v[i][0]), sl_cstr(v[i][1])));
    return h;
}

static struct sl_headers suite_fields(struct sl_arena *a)
{
    static const char *const v[][2] = {{"Host", "example.amazonaws.com"},
                                       {"X-Amz-Date", "20150830T123600Z"}};
    return fields_of(a, v, SL_LEN(v));
}

static sl_str signature(sl_str authorization)
{
    size_t at = sl_str_find_str(authorization, SL_STR("Signature="));
    return sl_str_from(authorization, at + sizeof("Signature=") - 1);
}

TEST(sigv4, agrees_with_the_test_suite_of_aws)
{
    static const struct {
        const char *name, *method, *path, *query, *signature;
    } rows[] = {
        {"get-vanilla", "GET", "/", "",
         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"post-vanilla", "POST", "/", "",
         "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
        {"get-vanilla-query-order-key-case", "GET", "/", "Param2=value2&Param1=value1",
         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        {"get-unreserved", "GET",
         "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "",
         "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
        {"get-utf8", "GET", "/\xe1\x88\xb4", "",
         "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
        {"get-vanilla-utf8-query", "GET", "/", "\xe1\x88\xb4=bar",
         "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
        {"get-vanilla-utf8-query, encoded", "GET", "/", "%E1%88%b4=bar",
         "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
        {"get-slashes", "GET", "//", "",
         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"get-relative", "GET", "/example/..", "",
         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        /* of @smithy/signature-v4 5.7.5, for there is no such row in the suite */
        {"dots and slashes", "GET", "/a/./b/../c//d/", "",
         "07fc47830311f547240f25f97c1565bd7a705059e39e5d0c3e0c5287c2c4bcfc"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
        struct sl_headers h = suite_fields(a);
        struct sl_sigv4_request rq = {.method = sl_cstr(rows[i].method),
                                      .path = sl_cstr(rows[i].path),
                                      .query = sl_cstr(rows[i].query),
                                      .headers = &h,
                                      .body_sha256 = SL_STR(EMPTY_SHA256)};
        sl_str got = sl_sigv4_authorization(&suite_scope, &suite_key, &rq, a);
        EXPECT_STR(rows[i].signature, signature(got));
        sl_arena_free(a);
    }
}

TEST(sigv4, writes_the_authorization_field)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_headers h = suite_fields(a);
    struct sl_sigv4_request rq = {.method = SL_STR("GET"),
                                  .path = SL_STR("/"),
                                  .headers = &h,
                                  .body_sha256 = SL_STR(EMPTY_SHA256)};
    EXPECT_STR("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
               "SignedHeaders=host;x-amz-date, "
               "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
               sl_sigv4_authorization(&suite_scope, &suite_key, &rq, a));
    sl_arena_free(a);
}

TEST(sigv4, brings_fields_into_their_canonical_form)
{
    static const char *const v[][2] = {{"My-Header2", " \"a   b   c\" "},
                                       {"My-Header1", "value4"},
                                       {"My-header1", "  value1 "},
                                       {"Host", "h"},
                                       {"My-Header1", "a\t \t b"}};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_headers h = fields_of(a, v, SL_LEN(v));
    struct sl_sigv4_request rq = {
        .method = SL_STR("GET"), .headers = &h, .body_sha256 = SL_STR("abc")};
    EXPECT_STR("GET\n/\n\n"
               "host:h\nmy-header1:value4,value1,a b\nmy-header2:\"a b c\"\n\n"
               "host;my-header1;my-header2\nabc",
               sl_sigv4_canonical(&rq, a));
    sl_arena_free(a);
}

TEST(sigv4, sorts_a_query_by_name_and_value_and_encodes_it_once)
{
    static const struct {
        const char *query, *canonical;
    } rows[] = {
        {"", ""},
        {"b&a", "a=&b="},
        {"a=2&a=1&A=3", "A=3&a=1&a=2"},
        {"a=b=c", "a=b%3Dc"},
        {"a=x%2fy%20z", "a=x%2Fy%20z"},
        {"a=%zz", "a=%25zz"},
        {"&&a=1&", "a=1"},
        {"a+b=1", "a%2Bb=1"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
        struct sl_headers none;
        sl_headers_init(&none, a);
        struct sl_sigv4_request rq = {
            .method = SL_STR("GET"), .query = sl_cstr(rows[i].query), .headers = &none};
        sl_str want = sl_fmt(a, "GET\n/\n%s\n\n\n", rows[i].canonical);
        EXPECT_STRS(want, sl_sigv4_canonical(&rq, a));
        sl_arena_free(a);
    }
}

/* What goes over the wire is encoded once, what is signed twice (every service but S3). */
TEST(sigv4, encodes_the_path_a_second_time)
{
    static const struct {
        const char *path, *canonical;
    } rows[] = {
        {"/model/global.amazon.nova-2-lite-v1%3A0/converse-stream",
         "/model/global.amazon.nova-2-lite-v1%253A0/converse-stream"},
        {"/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse",
         "/model/arn%253Aaws%253Abedrock%253Aus-east-1%253A1%253Ainference-profile%252Fx/converse"},
        {"", "/"},
        {"/..", "/"},
        {"/../../a", "/a"},
        {"/a b", "/a%20b"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
        struct sl_headers none;
        sl_headers_init(&none, a);
        struct sl_sigv4_request rq = {
            .method = SL_STR("POST"), .path = sl_cstr(rows[i].path), .headers = &none};
        EXPECT_STRS(sl_fmt(a, "POST\n%s\n\n\n\n", rows[i].canonical), sl_sigv4_canonical(&rq, a));
        sl_arena_free(a);
    }
}

/* Made with @smithy/signature-v4 5.7.5, which is what AWS's own SDK signs with. */
TEST(sigv4, signs_a_head_as_the_sdk_of_aws_does)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    const struct sl_sigv4_scope scope = {
        .region = SL_STR("eu-central-1"), .service = SL_STR("bedrock"), .now_unix_s = SUITE_TIME};
    const struct sl_sigv4_key key = {.id = suite_key.id,
                                     .secret = suite_key.secret,
                                     .session_token = SL_STR("IQoJb3JpZ2luX2VjEXAMPLE//token==")};
    struct sl_headers h;
    sl_headers_init(&h, a);
    EXPECT(sl_headers_add_id(&h, SL_H_CONTENT_TYPE, SL_STR("application/json")));
    EXPECT(sl_headers_add_id(&h, SL_H_ACCEPT, SL_STR("not signed")));
    struct sl_sigv4_request rq = {
        .method = SL_STR("POST"),
        .path = SL_STR("/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Aapplication-"
                       "inference-profile%2Fab12cd/converse-stream"),
        .headers = &h,
        .body_sha256 = SL_STR("5e4ce7b36ba37b78a5d5f9fd08e6b7b54ba6879d651aa46ec9e1d6fa24ebe30a")};
    EXPECT(
        sl_sigv4_sign(&scope, &key, &rq, SL_STR("bedrock-runtime.eu-central-1.amazonaws.com"), &h));
    EXPECT_STR(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-central-1/bedrock/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, "
        "Signature=d85b49b5b34a47d244cc22e7bae30d45f0ed9ba83d093a674af10cd16c3c60a8",
        sl_headers_get_id(&h, SL_H_AUTHORIZATION));
    EXPECT_STR("20150830T123600Z", sl_headers_find(&h, SL_STR("x-amz-date"))->value);
    EXPECT_STR("IQoJb3JpZ2luX2VjEXAMPLE//token==",
               sl_headers_find(&h, SL_STR("x-amz-security-token"))->value);
    sl_arena_free(a);
}

/* A second attempt of the same head must not sign what the first one left there. */
TEST(sigv4, signing_again_replaces)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_headers h;
    sl_headers_init(&h, a);
    struct sl_sigv4_request rq = {.method = SL_STR("POST"),
                                  .path = SL_STR("/"),
                                  .headers = &h,
                                  .body_sha256 = SL_STR(EMPTY_SHA256)};
    EXPECT(sl_sigv4_sign(&suite_scope, &suite_key, &rq, SL_STR("h"), &h));
    sl_str first = sl_headers_get_id(&h, SL_H_AUTHORIZATION);
    EXPECT(sl_sigv4_sign(&suite_scope, &suite_key, &rq, SL_STR("h"), &h));
    EXPECT_STRS(first, sl_headers_get_id(&h, SL_H_AUTHORIZATION));
    EXPECT_EQ(3, h.n);
    sl_arena_free(a);
}

TEST(sigv4, refuses_what_does_not_fit)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_headers h;
    char secret[300];
    memset(secret, 's', sizeof(secret));
    sl_headers_init(&h, a);
    for (size_t i = 0; i < SL_SIGV4_FIELDS_MAX; i++)
        EXPECT(sl_headers_add(&h, SL_STR("x-amz-a"), SL_STR("b")));
    struct sl_sigv4_request rq = {.method = SL_STR("GET"), .headers = &h};
    EXPECT(sl_sigv4_authorization(&suite_scope, &suite_key, &rq, a).n != 0);
    EXPECT(!sl_sigv4_sign(&suite_scope, &suite_key, &rq, SL_STR("h"), &h));
    h.n = 1;
    const struct sl_sigv4_key no_secret = {.id = SL_STR("A")};
    const struct sl_sigv4_key long_secret = {.id = SL_STR("A"), .secret = {secret, 257}};
    const struct sl_sigv4_key longest = {.id = SL_STR("A"), .secret = {secret, 256}};
    EXPECT_EQ(0, sl_sigv4_authorization(&suite_scope, &no_secret, &rq, a).n);
    EXPECT_EQ(0, sl_sigv4_authorization(&suite_scope, &long_secret, &rq, a).n);
    EXPECT(sl_sigv4_authorization(&suite_scope, &longest, &rq, a).n != 0);
    sl_arena_free(a);
}

TEST(sigv4, writes_dates_of_all_times)
{
    static const struct {
        int64_t unix_s;
        const char *date;
    } rows[] = {
        {SUITE_TIME, "20150830T123600Z"},
        {0, "19700101T000000Z"},
        {-1, "19691231T235959Z"},
        {951827696, "20000229T123456Z"},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_STR(rows[i].date, sl_sigv4_date(a, rows[i].unix_s));
    sl_arena_free(a);
}

TEST(sigv4, tells_an_access_key_from_an_api_key)
{
    static const struct {
        const char *text, *id, *secret, *token; /* id NULL: none */
    } rows[] = {
        {"AKIDEXAMPLE:wJalr/+=", "AKIDEXAMPLE", "wJalr/+=", ""},
        {"ASIA1:s:IQoJb3//==", "ASIA1", "s", "IQoJb3//=="},
        {"ABSKQmVkcm9ja0FQSUtleS1hYmM=", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
        {":", NULL, NULL, NULL},
        {"AKID:", NULL, NULL, NULL},
        {":secret", NULL, NULL, NULL},
        {"akid:secret", NULL, NULL, NULL},
        {"AKID:s:", NULL, NULL, NULL},
        {"AKID:s:t:u", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_sigv4_key key = {0};
        EXPECT_EQ(rows[i].id != NULL, sl_sigv4_key_parse(sl_cstr(rows[i].text), &key));
        EXPECT_STR(rows[i].id, key.id);
        EXPECT_STR(rows[i].secret, key.secret);
        EXPECT_STR(rows[i].token, key.session_token);
    }
}
