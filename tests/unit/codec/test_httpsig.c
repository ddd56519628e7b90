#include "codec/httpsig.h"

#include "base/enc.h"
#include "base/str.h"
#include "codec/h1.h"
#include "tests/test.h"

static struct sl_arena *a;
static const char *why;
static struct sl_httpsig s;

static void begin(void)
{
    a = sl_arena_new("test", SL_MIB(4));
}

static bool parse(const char *text)
{
    why = NULL;
    return sl_httpsig_parse(sl_cstr(text), a, &s, &why);
}

/* The request of draft-cavage-http-signatures-12, appendix C. */
static struct sl_head request(void)
{
    static const char head[] = "POST /foo?param=value&pet=dog HTTP/1.1\r\n"
                               "Host: example.com\r\n"
                               "Date: Sun, 05 Jan 2014 21:31:40 GMT\r\n"
                               "Content-Type: application/json\r\n"
                               "Digest: SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\r\n"
                               "X-Twice:  a \r\n"
                               "X-Twice: b\r\n"
                               "X-Empty:\r\n"
                               "Content-Length: 18\r\n\r\n";
    struct sl_head h;
    struct sl_h1_limits limits = {0};
    EXPECT_EQ(SL_OK, sl_h1_parse_request(sl_cstr(head), &limits, a, &h, &why));
    return h;
}

static const char *base_of(const char *headers)
{
    struct sl_head h = request();
    sl_str base = {0};
    EXPECT(parse(
        sl_fmt(a, "keyId=\"k\",signature=\"AAAA\",created=1402170695,headers=\"%s\"", headers).p));
    return sl_httpsig_base(&s, &h, a, &base, &why) ? sl_arena_dup(a, base).p : NULL;
}

TEST(httpsig, schemes_are_known_in_any_case)
{
    EXPECT_STR("keyId=1", sl_httpsig_of(SL_STR("signature   keyId=1 ")));
    EXPECT_STR("username=1", sl_httpsig_of(SL_STR("HMAC username=1")));
    EXPECT(sl_httpsig_of(SL_STR("Bearer x")).p == NULL);
    EXPECT(sl_httpsig_of(SL_STR("Signature")).p == NULL);
    EXPECT(sl_httpsig_of((sl_str){0}).p == NULL);
}

TEST(httpsig, parameters_are_read_in_any_order)
{
    begin();
    EXPECT(parse("keyId=\"a b=,c\",algorithm=\"hmac-sha256\", headers=\"(request-target) Date\" ,"
                 "created=1402170695 ,unknown=\"x\",signature=\"AQID\""));
    EXPECT_STR("a b=,c", s.key_id);
    EXPECT_STR("hmac-sha256", s.algorithm);
    EXPECT_STR("1402170695", s.created);
    EXPECT(s.expires.p == NULL);
    EXPECT_STR("\x01\x02\x03", s.signature);
    EXPECT_EQ(2, s.field_count);
    EXPECT(sl_httpsig_covers(&s, SL_STR("date")));
    EXPECT(sl_httpsig_covers(&s, SL_STR("(request-target)")));
    EXPECT(!sl_httpsig_covers(&s, SL_STR("host")));
    EXPECT(parse("username=\"k\",signature=\"AQID\"")); /* Kong's word; and only the date */
    EXPECT_STR("k", s.key_id);
    EXPECT_EQ(1, s.field_count);
    EXPECT(sl_httpsig_covers(&s, SL_STR("date")));
    sl_arena_free(a);
}

TEST(httpsig, what_is_no_signature_is_refused)
{
    static const char *const bad[] = {
        "",
        "keyId",
        "keyId=",
        "keyId=\"k\"",
        "keyId=\"k\",signature=\"\"",
        "keyId=\"k\",signature=\"A\"",
        "keyId=\"k\",signature=\"AAA\xff\"",
        "keyId=\"\",signature=\"AAAA\"",
        "keyId=\"k\",signature=\"AAAA",
        "keyId=\"k\",signature=\"AAAA\",",
        "keyId=\"k\" signature=\"AAAA\"",
        "keyId=\"k\",,signature=\"AAAA\"",
        "=\"k\",signature=\"AAAA\"",
        "keyId=\"k\\\"x\",signature=\"AAAA\"",
        "keyId=\"k\",keyId=\"l\",signature=\"AAAA\"",
        "keyId=\"k\",username=\"l\",signature=\"AAAA\"",
        "keyId=\"k\",signature=\"AAAA\",headers=\"\"",
        "keyId=\"k\",signature=\"AAAA\",headers=\"date  host\"",
        "keyId=\"k\",signature=\"AAAA\",headers=\"date DATE\"",
        "keyId=\"k\",signature=\"AAAA\",headers=\" date\"",
    };
    begin();
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        EXPECT(!parse(bad[i]));
        EXPECT(why != NULL);
    }
    sl_arena_free(a);
}

TEST(httpsig, a_signature_chopped_anywhere_is_none_or_a_shorter_one)
{
    static const char text[] = "keyId=\"k\",headers=\"date\",signature=\"AAAA\"";
    begin();
    for (size_t n = 0; n < sizeof(text) - 1; n++)
        EXPECT(!sl_httpsig_parse(sl_str_of(text, n), a, &s, &why));
    EXPECT(parse(text));
    sl_arena_free(a);
}

TEST(httpsig, its_size_and_its_fields_have_limits)
{
    struct sl_strbuf b;
    begin();
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("keyId=\"k\",signature=\"AAAA\",headers=\"h0"));
    for (int i = 1; i < SL_HTTPSIG_FIELDS_MAX; i++)
        sl_strbuf_addf(&b, " h%d", i);
    EXPECT(parse(sl_fmt(a, "%.*s\"", SL_STRF(sl_strbuf_str(&b))).p));
    EXPECT(!parse(sl_fmt(a, "%.*s more\"", SL_STRF(sl_strbuf_str(&b))).p));
    sl_strbuf_clear(&b);
    sl_strbuf_add(&b, SL_STR("keyId=\"k\",signature=\"AAAA\",x=\""));
    while (b.n < SL_HTTPSIG_BYTES_MAX - 1)
        sl_strbuf_add_char(&b, 'x');
    sl_strbuf_add_char(&b, '"');
    EXPECT(sl_httpsig_parse(sl_strbuf_str(&b), a, &s, &why));
    sl_strbuf_add_char(&b, ' ');
    EXPECT(!sl_httpsig_parse(sl_strbuf_str(&b), a, &s, &why));
    sl_arena_free(a);
}

/* Appendix C.2 and C.3, and Kong's request-line. */
TEST(httpsig, what_is_signed_is_written_as_the_draft_says)
{
    begin();
    EXPECT_STR("(request-target): post /foo?param=value&pet=dog\nhost: example.com\n"
               "date: Sun, 05 Jan 2014 21:31:40 GMT",
               sl_cstr(base_of("(request-target) host date")));
    EXPECT_STR("(created): 1402170695\n"
               "digest: SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\ncontent-length: 18",
               sl_cstr(base_of("(created) digest Content-Length")));
    EXPECT_STR("date: Sun, 05 Jan 2014 21:31:40 GMT\nPOST /foo?param=value&pet=dog HTTP/1.1",
               sl_cstr(base_of("date request-line")));
    EXPECT_STR("x-twice: a, b\nx-empty: ", sl_cstr(base_of("x-twice x-empty")));
    EXPECT(base_of("date x-missing") == NULL);
    EXPECT(base_of("(expires)") == NULL);
    sl_arena_free(a);
}

TEST(httpsig, the_key_says_what_is_meant_by_no_algorithm)
{
    const struct sl_jwk key = {.kind = SL_KEY_SECRET, .alg = SL_JWS_HS512};
    EXPECT_EQ(SL_JWS_HS512, sl_httpsig_alg(SL_STR(""), &key));
    EXPECT_EQ(SL_JWS_HS512, sl_httpsig_alg(SL_STR("hs2019"), &key));
    EXPECT_EQ(SL_JWS_HS256, sl_httpsig_alg(SL_STR("HMAC-SHA256"), &key));
    EXPECT_EQ(SL_JWS_ANY, sl_httpsig_alg(SL_STR("hmac-sha1"), &key));
    EXPECT_EQ(SL_JWS_ANY, sl_httpsig_alg(SL_STR("HS256"), &key));
}

/* RFC 3230 and RFC 9530 of {"hello": "world"}, as the draft and the RFC have it. */
TEST(httpsig, digests_of_bodies_are_known_in_both_forms)
{
    const sl_str parts[] = {SL_STR("{\"hello\": "), SL_STR("\"world\"}")};
    const sl_str other[] = {SL_STR("{\"hello\": \"moon\"}")};
    sl_str digest = SL_STR("SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=");
    EXPECT(sl_digest_field_fits(digest, parts, 2));
    EXPECT(!sl_digest_field_fits(digest, other, 1));
    EXPECT(!sl_digest_field_fits(digest, NULL, 0));
    EXPECT(sl_digest_field_fits(
        SL_STR("sha-512=:AA==:, sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"), parts,
        2));
    EXPECT(!sl_digest_field_fits(SL_STR("sha-512=:AA==:"), parts, 2));
    EXPECT(!sl_digest_field_fits(SL_STR("SHA-256="), parts, 2));
    EXPECT(!sl_digest_field_fits(SL_STR("SHA-256=:"), parts, 2));
    EXPECT(!sl_digest_field_fits(SL_STR("SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBA=="),
                                 parts, 2));
    EXPECT(!sl_digest_field_fits(SL_STR(""), parts, 2));
    EXPECT(sl_digest_field_fits(SL_STR("SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
                                NULL, 0));
}
