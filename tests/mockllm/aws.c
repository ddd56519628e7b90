#include "aws.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <zlib.h>

enum { DIGEST_SIZE = 32, HEX_SIZE = 64, SIGNED_MAX = 32, SKEW_S = 300, KEY_SIZE = 512 };

/* --- digests --- */

static void put_hex(struct buf *out, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_fmt(out, "%02x", p[i]);
}

static void put_sha256(struct buf *out, struct span s)
{
    uint8_t digest[DIGEST_SIZE];
    unsigned n = sizeof digest;
    if (EVP_Digest(s.n != 0 ? s.p : "", s.n, digest, &n, EVP_sha256(), NULL) != 1)
        abort();
    put_hex(out, digest, sizeof digest);
}

static void hmac(const void *key, size_t key_n, struct span text, uint8_t ret[DIGEST_SIZE])
{
    unsigned n = DIGEST_SIZE;
    if (HMAC(EVP_sha256(), key, (int)key_n, (const unsigned char *)text.p, text.n, ret, &n) == NULL)
        abort();
}

/* --- Authorization: AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request, ... --- */

struct authorization {
    struct span id, date, region, service, end; // of Credential
    struct span scope;                          // Credential without the id
    struct span names, signature;
};

static struct span trimmed(struct span s)
{
    while (s.n != 0 && (*s.p == ' ' || *s.p == '\t'))
        s.p++, s.n--;
    while (s.n != 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static void read_credential(struct span s, struct authorization *a)
{
    a->id = span_cut(&s, '/');
    a->scope = s;
    a->date = span_cut(&s, '/');
    a->region = span_cut(&s, '/');
    a->service = span_cut(&s, '/');
    a->end = s;
}

static bool read_authorization(struct span field, struct authorization *a)
{
    static const char algorithm[] = "AWS4-HMAC-SHA256 ";
    if (!span_starts(field, algorithm))
        return false;
    field = (struct span){field.p + sizeof algorithm - 1, field.n - (sizeof algorithm - 1)};
    while (field.n != 0) {
        struct span value = trimmed(span_cut(&field, ','));
        struct span name = span_cut(&value, '=');
        if (span_is(name, "Credential"))
            read_credential(value, a);
        else if (span_is(name, "SignedHeaders"))
            a->names = value;
        else if (span_is(name, "Signature"))
            a->signature = value;
    }
    return a->names.n != 0 && a->signature.n == HEX_SIZE && span_is(a->end, "aws4_request") &&
           a->region.n != 0;
}

/* --- the canonical request --- */

/* Every byte of the path as it came but unreserved ones and '/': what is encoded is so twice. */
static void put_encoded(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~/", c) != NULL);
        if (is_plain)
            buf_put(out, &s.p[i], 1);
        else
            buf_fmt(out, "%%%02X", c);
    }
}

static bool is_name_signed(struct span names, struct span name)
{
    while (names.n != 0) {
        struct span one = span_cut(&names, ';');
        if (one.n == name.n && strncasecmp(one.p, name.p, one.n) == 0)
            return true;
    }
    return false;
}

/* Host, the date and all of Amazon's own fields must be signed. */
static bool is_enough_signed(const struct request *rq, struct span names)
{
    for (size_t i = 0; i < rq->headers_n; i++) {
        struct span name = rq->headers[i].name;
        bool must = span_is_nocase(name, "host") || span_is_nocase(name, "content-type") ||
                    (name.n > 6 && strncasecmp(name.p, "x-amz-", 6) == 0);
        if (must && !is_name_signed(names, name))
            return false;
    }
    return is_name_signed(names, SPAN("host")) && is_name_signed(names, SPAN("x-amz-date"));
}

/* The names stand in their order already, or the signature is wrong. */
static void put_signed_headers(const struct request *rq, struct span names, struct buf *out)
{
    while (names.n != 0) {
        struct span name = span_cut(&names, ';');
        char text[NAME_SIZE];
        name_set(text, sizeof text, name);
        buf_fmt(out, "%s:", text);
        buf_span(out, trimmed(request_header(rq, text)));
        buf_str(out, "\n");
    }
}

static void put_canonical(const struct request *rq, const struct authorization *a, struct buf *out)
{
    buf_span(out, rq->method);
    buf_str(out, "\n");
    put_encoded(out, rq->path);
    buf_str(out, "\n");
    buf_span(out, rq->query); // Bedrock has none
    buf_str(out, "\n");
    put_signed_headers(rq, a->names, out);
    buf_str(out, "\n");
    buf_span(out, a->names);
    buf_str(out, "\n");
    put_sha256(out, rq->body);
}

static void sign(const struct request *rq, const struct authorization *a, struct span secret,
                 struct buf *out)
{
    struct buf canonical = {0}, text = {0};
    uint8_t key[DIGEST_SIZE];
    char seed[KEY_SIZE];
    put_canonical(rq, a, &canonical);
    buf_str(&text, "AWS4-HMAC-SHA256\n");
    buf_span(&text, request_header(rq, "x-amz-date"));
    buf_str(&text, "\n");
    buf_span(&text, a->scope);
    buf_str(&text, "\n");
    put_sha256(&text, buf_view(&canonical));

    int n = snprintf(seed, sizeof seed, "AWS4%.*s", SPANF(secret));
    hmac(seed, (size_t)n, a->date, key);
    hmac(key, sizeof key, a->region, key);
    hmac(key, sizeof key, a->service, key);
    hmac(key, sizeof key, SPAN("aws4_request"), key);
    hmac(key, sizeof key, buf_view(&text), key);
    put_hex(out, key, sizeof key);
    buf_free(&canonical);
    buf_free(&text);
}

/* --- the verdict --- */

static int64_t two(struct span s, size_t at)
{
    return span_number((struct span){s.p + at, 2}, -1);
}

/* "20150830T123600Z" */
static int64_t clock_ahead_s;

void aws_set_clock(int64_t ahead_s)
{
    clock_ahead_s = ahead_s;
}

int64_t aws_now_s(void)
{
    return (int64_t)(wall_ms() / 1000) + clock_ahead_s;
}

static bool is_now(struct span s)
{
    if (s.n != 16 || s.p[8] != 'T' || s.p[15] != 'Z')
        return false;
    struct tm t = {.tm_year = (int)(two(s, 0) * 100 + two(s, 2) - 1900),
                   .tm_mon = (int)two(s, 4) - 1,
                   .tm_mday = (int)two(s, 6),
                   .tm_hour = (int)two(s, 9),
                   .tm_min = (int)two(s, 11),
                   .tm_sec = (int)two(s, 13)};
    int64_t ahead_s = (int64_t)timegm(&t) - aws_now_s();
    return ahead_s >= -SKEW_S && ahead_s <= SKEW_S;
}

static bool is_body_hash_right(const struct request *rq)
{
    struct span said = request_header(rq, "x-amz-content-sha256");
    struct buf hex = {0};
    put_sha256(&hex, rq->body);
    bool is_right = said.n == 0 || span_equal(said, buf_view(&hex));
    buf_free(&hex);
    return is_right;
}

enum aws_verdict aws_verify(const struct request *rq, const char *service,
                            struct span (*secret_of)(struct span id), struct span *ret_id)
{
    struct authorization a = {0};
    struct span field = request_header(rq, "authorization");
    struct span date = request_header(rq, "x-amz-date");
    struct buf signature = {0};
    if (field.n == 0)
        return AWS_NO_TOKEN;
    if (!read_authorization(field, &a) || !is_enough_signed(rq, a.names))
        return AWS_INCOMPLETE;
    *ret_id = a.id;
    struct span token = secret_of(a.id);
    struct span secret = span_cut(&token, ':');
    if (secret.n == 0 || !span_equal(token, request_header(rq, "x-amz-security-token")))
        return AWS_UNKNOWN_KEY;
    if (!is_now(date))
        return AWS_EXPIRED;
    if (!span_is(a.service, service) || date.n < 8 ||
        !span_equal(a.date, (struct span){date.p, 8}) || !is_body_hash_right(rq))
        return AWS_BAD_SIGNATURE;
    sign(rq, &a, secret, &signature);
    bool is_right = span_equal(buf_view(&signature), a.signature);
    buf_free(&signature);
    return is_right ? AWS_GOOD : AWS_BAD_SIGNATURE;
}

/* --- event streams --- */

static void put_u32(struct buf *out, uint32_t v)
{
    const uint8_t bytes[] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    buf_put(out, bytes, sizeof bytes);
}

static void put_header(struct buf *out, const char *name, const char *value)
{
    enum { STRING = 7 };
    size_t n = strlen(name), value_n = strlen(value);
    const uint8_t before[] = {(uint8_t)n};
    const uint8_t between[] = {STRING, (uint8_t)(value_n >> 8), (uint8_t)value_n};
    buf_put(out, before, sizeof before);
    buf_put(out, name, n);
    buf_put(out, between, sizeof between);
    buf_put(out, value, value_n);
}

static uint32_t crc_of(const struct buf *b, size_t from)
{
    return (uint32_t)crc32(0, (const Bytef *)b->p + from, (uInt)(b->n - from));
}

void aws_message(struct buf *out, const char *message_type, const char *type_name, const char *type,
                 struct span payload)
{
    enum { OVERHEAD = 16 };
    struct buf headers = {0};
    size_t from = out->n;
    put_header(&headers, type_name, type);
    put_header(&headers, ":content-type", "application/json");
    put_header(&headers, ":message-type", message_type);
    put_u32(out, (uint32_t)(headers.n + payload.n + OVERHEAD));
    put_u32(out, (uint32_t)headers.n);
    put_u32(out, crc_of(out, from));
    buf_span(out, buf_view(&headers));
    buf_span(out, payload);
    put_u32(out, crc_of(out, from));
    buf_free(&headers);
}
