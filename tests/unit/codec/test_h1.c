#include "codec/h1.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "tests/test.h"

#include <stdio.h>

#define HOST "Host: a\r\n"
#define END "\r\n"

/** A copy on the heap, so that the sanitizer sees reads behind the head. */
static char *exact_copy(sl_str s)
{
    char *copy = malloc(s.n + 1);
    memcpy(copy, s.p, s.n);
    return realloc(copy, s.n != 0 ? s.n : 1);
}

struct parsed {
    struct sl_arena *arena;
    char *bytes;
    struct sl_head head;
    const char *why;
    sl_rc rc;
};

static struct parsed request_with(sl_str text, const struct sl_h1_limits *limits)
{
    struct parsed p = {.arena = sl_arena_new("test", SL_KIB(256)), .bytes = exact_copy(text)};
    p.rc = sl_h1_parse_request(sl_str_of(p.bytes, text.n), limits, p.arena, &p.head, &p.why);
    if ((p.rc != SL_OK) != (p.why != NULL))
        fail_msg("a reason is given exactly when the head is refused: %.*s", SL_STRF(text));
    return p;
}

static struct parsed request(sl_str text)
{
    return request_with(text, NULL);
}

static struct parsed response(sl_str text, enum sl_method method)
{
    struct parsed p = {.arena = sl_arena_new("test", SL_KIB(256)), .bytes = exact_copy(text)};
    p.rc = sl_h1_parse_response(sl_str_of(p.bytes, text.n), NULL, method, p.arena, &p.head, &p.why);
    return p;
}

static void done(struct parsed *p)
{
    free(p->bytes);
    sl_arena_free(p->arena);
}

struct refusal {
    sl_str text;
    sl_rc rc;
};
#define REFUSED(text, rc)            \
    {                                \
        SL_STR_INIT(text), SL_E_##rc \
    }
#define BAD(text) REFUSED(text, BAD_REQUEST)

static void expect_refused(const struct refusal *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct parsed p = request(rows[i].text);
        if (p.rc != rows[i].rc)
            fail_msg("wanted %d, got %d for: %.*s", rows[i].rc, p.rc, SL_STRF(rows[i].text));
        done(&p);
    }
}

static void expect_responses_refused(const sl_str *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct parsed p = response(texts[i], SL_METHOD_GET);
        if (p.rc != SL_E_UPSTREAM_PROTOCOL)
            fail_msg("wanted %d, got %d for: %.*s", SL_E_UPSTREAM_PROTOCOL, p.rc,
                     SL_STRF(texts[i]));
        done(&p);
    }
}

#define POST "POST / HTTP/1.1\r\n" HOST
#define GET "GET / HTTP/1.1\r\n" HOST

/* The end of a head */

TEST(h1, a_head_ends_at_its_first_empty_line_wherever_it_is_cut)
{
    sl_str text = SL_STR(GET "Accept: */*\r\n" END "GET / HTTP/1.1\r\n" HOST END);
    size_t want = sizeof(GET "Accept: */*\r\n" END) - 1;
    for (size_t cut = 0; cut <= text.n; cut++) {
        size_t scanned = 0, n = sl_h1_head_end(sl_str_head(text, cut), &scanned);
        EXPECT_EQ(cut < want ? 0 : want, n);
        EXPECT(scanned <= cut);
        EXPECT_EQ(want, sl_h1_head_end(text, &scanned));
    }
}

TEST(h1, a_head_is_found_byte_by_byte)
{
    sl_str text = SL_STR(GET "A: b\r\n" END);
    size_t scanned = 0;
    for (size_t n = 0; n < text.n; n++)
        EXPECT_EQ(0, sl_h1_head_end(sl_str_head(text, n), &scanned));
    EXPECT_EQ(text.n, sl_h1_head_end(text, &scanned));
    EXPECT(scanned >= text.n - 4);
}

TEST(h1, a_head_with_bare_line_feeds_is_found_so_that_it_can_be_refused)
{
    size_t scanned = 0;
    EXPECT_EQ(16, sl_h1_head_end(SL_STR("GET / HTTP/1.1\n\nabc"), &scanned));
    scanned = 0;
    EXPECT_EQ(17, sl_h1_head_end(SL_STR("GET / HTTP/1.1\n\r\nabc"), &scanned));
    scanned = 0;
    EXPECT_EQ(0, sl_h1_head_end(SL_STR("GET / HTTP/1.1\n\r\r\nabc"), &scanned));
}

/* Requests that are taken */

TEST(h1, a_request_is_taken_apart)
{
    struct parsed p =
        request(SL_STR("POST /a/b?c=d&e HTTP/1.1\r\nhost: ex.org:81\r\nX-A:  b c \t\r\n"
                       "X-Empty:\r\nContent-Length: 12\r\n" END));
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_STR("POST", p.head.method);
    EXPECT_EQ(SL_METHOD_POST, p.head.method_id);
    EXPECT_STR("/a/b?c=d&e", p.head.target);
    EXPECT_STR("/a/b", p.head.path);
    EXPECT_STR("c=d&e", p.head.query);
    EXPECT(p.head.has_query);
    EXPECT_STR("ex.org:81", p.head.authority);
    EXPECT_EQ(11, p.head.version);
    EXPECT_EQ(4, p.head.headers.n);
    EXPECT_STR("host", p.head.headers.v[0].name);
    EXPECT_STR("b c", p.head.headers.v[1].value);
    EXPECT_STR("", p.head.headers.v[2].value);
    EXPECT_EQ(SL_H_CONTENT_LENGTH, p.head.headers.v[3].id);
    EXPECT_EQ(SL_BODY_LENGTH, p.head.body_kind);
    EXPECT_EQ(12, p.head.body_bytes);
    EXPECT(p.head.keep_alive);
    done(&p);
}

TEST(h1, an_empty_query_is_told_from_none)
{
    struct parsed none = request(SL_STR("GET /a HTTP/1.1\r\n" HOST END));
    struct parsed empty = request(SL_STR("GET /a? HTTP/1.1\r\n" HOST END));
    EXPECT(!none.head.has_query);
    EXPECT(empty.head.has_query);
    EXPECT_EQ(0, empty.head.query.n);
    EXPECT_STR("/a", empty.head.path);
    done(&none);
    done(&empty);
}

TEST(h1, case_32_queries_are_kept_byte_for_byte)
{
    struct parsed p = request(SL_STR("GET /a?b=1&b=2;c=+&d=&?%zz HTTP/1.1\r\n" HOST END));
    EXPECT_STR("b=1&b=2;c=+&d=&?%zz", p.head.query);
    done(&p);
}

TEST(h1, case_30_persistence_follows_version_and_connection)
{
    static const struct {
        sl_str text;
        bool keep_alive;
    } rows[] = {
        {SL_STR_INIT("GET / HTTP/1.1\r\n" HOST END), true},
        {SL_STR_INIT("GET / HTTP/1.1\r\n" HOST "Connection: Close\r\n" END), false},
        {SL_STR_INIT("GET / HTTP/1.1\r\n" HOST "Connection: keep-alive, close\r\n" END), false},
        {SL_STR_INIT("GET / HTTP/1.1\r\n" HOST "Connection: a\r\nConnection: close\r\n" END),
         false},
        {SL_STR_INIT("GET / HTTP/1.0\r\n" END), false},
        {SL_STR_INIT("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n" END), true},
        {SL_STR_INIT("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n" END), false},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct parsed p = request(rows[i].text);
        EXPECT_EQ(SL_OK, p.rc);
        EXPECT_EQ(rows[i].keep_alive, p.head.keep_alive);
        done(&p);
    }
}

TEST(h1, an_upgrade_is_wanted_when_connection_names_it)
{
    struct parsed yes = request(SL_STR(GET "Connection: Upgrade\r\nUpgrade: websocket\r\n" END));
    struct parsed no = request(SL_STR(GET "Upgrade: websocket\r\n" END));
    struct parsed old =
        request(SL_STR("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" END));
    EXPECT(yes.head.wants_upgrade);
    EXPECT(!no.head.wants_upgrade);
    EXPECT(!old.head.wants_upgrade);
    done(&yes);
    done(&no);
    done(&old);
}

/* Cases 1-4: framing */

TEST(h1, case_01_length_together_with_transfer_encoding_is_refused)
{
    static const struct refusal rows[] = {
        BAD(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END),
        BAD(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END),
        BAD(POST "Transfer-Encoding: chunked\r\nX: y\r\ncontent-LENGTH: 0\r\n" END),
    };
    expect_refused(rows, SL_LEN(rows));
}

TEST(h1, case_01_a_response_with_length_and_transfer_encoding_is_refused)
{
    static const sl_str texts[] = {
        SL_STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n" END),
        SL_STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n" END),
        SL_STR_INIT("HTTP/1.1 304 A\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n" END),
    };
    expect_responses_refused(texts, SL_LEN(texts));
}

TEST(h1, case_02_more_than_one_content_length_is_refused)
{
    static const struct refusal rows[] = {
        BAD(POST "Content-Length: 1\r\nContent-Length: 2\r\n" END),
        BAD(POST "Content-Length: 1\r\nContent-Length: 1\r\n" END),
        BAD(POST "Content-Length: 1, 1\r\n" END),
        BAD(POST "Content-Length: 1, 2\r\n" END),
        BAD(POST "Content-Length: 1\r\nContent-Length:\r\n" END),
    };
    expect_refused(rows, SL_LEN(rows));
}

TEST(h1, case_02_a_response_may_repeat_its_length_but_not_contradict_it)
{
    static const sl_str texts[] = {
        SL_STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n" END),
        SL_STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 05\r\n" END),
        SL_STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n" END),
    };
    expect_responses_refused(texts, SL_LEN(texts));

    struct parsed p = response(
        SL_STR("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n" END), SL_METHOD_GET);
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_EQ(5, p.head.body_bytes);
    EXPECT_EQ(1, p.head.headers.n);
    done(&p);
}

TEST(h1, case_03_content_length_that_is_not_a_plain_number_is_refused)
{
    static const struct refusal rows[] = {
        BAD(POST "Content-Length:\r\n" END),
        BAD(POST "Content-Length: +1\r\n" END),
        BAD(POST "Content-Length: -1\r\n" END),
        BAD(POST "Content-Length: 0x1\r\n" END),
        BAD(POST "Content-Length: 1_0\r\n" END),
        BAD(POST "Content-Length: 1Z\r\n" END),
        BAD(POST "Content-Length: Z1\r\n" END),
        BAD(POST "Content-Length: 1 1\r\n" END),
        BAD(POST "Content-Length: 1;\r\n" END),
        BAD(POST "Content-Length: 1.0\r\n" END),
        BAD(POST "Content-Length: 9223372036854775808\r\n" END),
        BAD(POST "Content-Length: 18446744073709551617\r\n" END),
        BAD(POST "Content-Length: 00000000000000000001\r\n" END),
    };
    expect_refused(rows, SL_LEN(rows));
}

TEST(h1, case_03_the_largest_length_is_taken)
{
    struct parsed p = request(SL_STR(POST "Content-Length: 9223372036854775807\r\n" END));
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_EQ(INT64_MAX, p.head.body_bytes);
    done(&p);
}

TEST(h1, case_04_transfer_encoding_other_than_chunked_is_refused)
{
    static const struct refusal rows[] = {
        BAD(POST "Transfer-Encoding: ,chunked\r\n" END),
        BAD(POST "Transfer-Encoding: chunked,\r\n" END),
        BAD(POST "Transfer-Encoding:\r\n" END),
        BAD(POST "Transfer-Encoding: identity\r\n" END),
        BAD(POST "Transfer-Encoding: xchunked\r\n" END),
        BAD(POST "Transfer-Encoding: chunkedx\r\n" END),
        BAD(POST "Transfer-Encoding: \"chunked\"\r\n" END),
        BAD(POST "Transfer-Encoding: chunked;q=1\r\n" END),
        BAD(POST "Transfer-Encoding: chunked, identity\r\n" END),
        BAD(POST "Transfer-Encoding: chunked, chunked\r\n" END),
        BAD(POST "Transfer-Encoding: \x0b"
                 "chunked\r\n" END),
        BAD(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END),
        BAD(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" END),
        REFUSED(POST "Transfer-Encoding: gzip, chunked\r\n" END, TRANSFER_CODING),
        BAD("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n" END),
    };
    expect_refused(rows, SL_LEN(rows));
}

TEST(h1, case_04_chunked_is_known_in_any_case)
{
    struct parsed p = request(SL_STR(POST "Transfer-Encoding: ChunKed \r\n" END));
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_EQ(SL_BODY_CHUNKED, p.head.body_kind);
    done(&p);
}

TEST(h1, case_04_a_response_with_another_coding_is_refused)
{
    static const sl_str texts[] = {
        SL_STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n" END),
        SL_STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n" END),
        SL_STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n" END),
        SL_STR_INIT("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n" END),
    };
    expect_responses_refused(texts, SL_LEN(texts));
}

/* Case 5, 8, 15: field lines */

TEST(h1, case_05_malformed_header_lines_are_refused)
{
    static const struct refusal rows[] = {
        BAD(GET "X : y\r\n" END),
        BAD(GET "X\t: y\r\n" END),
        BAD("GET / HTTP/1.1\r\n Host: a\r\n" END),
        BAD("GET / HTTP/1.1\r\n\tHost: a\r\n" END),
        BAD(GET "X: y\r\n z\r\n" END),
        BAD(GET "X: y\r\n\tz\r\n" END),
        BAD(GET ": y\r\n" END),
        BAD(GET "X\r\n" END),
        BAD(GET "X y\r\n" END),
        BAD(GET "X: \0y\r\n" END),
        BAD(GET "X: a\ry\r\n" END),
        BAD(GET "X: a\r\r\n" END),
        BAD(GET "X: a\ny: b\r\n" END),
        BAD(GET "X: long enough for sixteen at once \x01 and more behind it\r\n" END),
        BAD(GET "X: \x7f\r\n" END),
        BAD(GET "X@: y\r\n" END),
        BAD(GET "X\x80: y\r\n" END),
        BAD(GET "X(: y\r\n" END),
        BAD(GET "X\0: y\r\n" END),
        BAD(GET "\r\nX: y\r\n" END),
    };
    expect_refused(rows, SL_LEN(rows));
}

TEST(h1, case_05_each_control_character_in_a_value_is_refused_at_each_place)
{
    char text[] = GET "X: 0123456789012345678901234567890123456789\r\n" END;
    size_t first = sizeof(GET "X: ") - 1;
    for (size_t at = 0; at < 40; at++) {
        for (int c = 0; c < 256; c++) {
            char old = text[first + at];
            text[first + at] = (char)c;
            struct parsed p = request(sl_str_of(text, sizeof(text) - 1));
            bool is_bad = (c < 0x20 && c != '\t') || c == 0x7f;
            EXPECT_EQ(is_bad ? SL_E_BAD_REQUEST : SL_OK, p.rc);
            done(&p);
            text[first + at] = old;
        }
    }
}

TEST(h1, case_08_bare_line_feeds_are_refused)
{
    static const struct refusal rows[] = {
        BAD("GET / HTTP/1.1\nHost: a\n\n"),
        BAD("GET / HTTP/1.1\r\nHost: a\n\r\n"),
        BAD("GET / HTTP/1.1\nHost: a\r\n\r\n"),
        BAD("GET / HTTP/1.1\r\nHost: a\r\n\n"),
        BAD("\r\n\r\n"),
        BAD("\r\n"),
        BAD(""),
    };
    expect_refused(rows, SL_LEN(rows));
}

TEST(h1, case_08_a_response_with_bare_line_feeds_is_refused)
{
    static const sl_str texts[] = {
        SL_STR_INIT("HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
        SL_STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n"),
        SL_STR_INIT("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
    };
    expect_responses_refused(texts, SL_LEN(texts));
}

TEST(h1, case_15_names_with_an_underscore_are_dropped)
{
    struct parsed p = request(SL_STR(POST "X_Forwarded_For: 1.2.3.4\r\nX-A: b\r\n" END));
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_EQ(2, p.head.headers.n);
    EXPECT_EQ(SL_BODY_NONE, p.head.body_kind);
    done(&p);
}

TEST(h1, case_15_framing_spelled_with_underscores_is_refused)
{
    static const char *const lines[] = {"transfer_encoding: chunked\r\n", "Content_Length: 7\r\n",
                                        "CONTENT_LENGTH: 7\r\n"};
    for (size_t i = 0; i < SL_LEN(lines); i++) {
        char text[256];
        int n = snprintf(text, sizeof(text), "%s%s%s", POST, lines[i], END);
        struct parsed p = request((sl_str){text, (size_t)n});
        EXPECT_EQ(SL_E_BAD_REQUEST, p.rc);
        done(&p);
    }
}

/* Case 9: the request line */

TEST(h1, case_09_malformed_request_lines_are_refused)
{
    static const struct refusal rows[] = {
        BAD("GET  / HTTP/1.1\r\n" HOST END),
        BAD("GET /  HTTP/1.1\r\n" HOST END),
        BAD(" GET / HTTP/1.1\r\n" HOST END),
        BAD("GET\t/ HTTP/1.1\r\n" HOST END),
        BAD("GET /\tHTTP/1.1\r\n" HOST END),
        BAD("GET /a b HTTP/1.1\r\n" HOST END),
        BAD("GET /a#b HTTP/1.1\r\n" HOST END),
        BAD("GET /a?b#c HTTP/1.1\r\n" HOST END),
        BAD("GET /\x80 HTTP/1.1\r\n" HOST END),
        BAD("GET /0123456789012345\xc3\xa4 HTTP/1.1\r\n" HOST END),
        BAD("GET /\x01 HTTP/1.1\r\n" HOST END),
        BAD("GET /\x7f HTTP/1.1\r\n" HOST END),
        BAD("GET /\0 HTTP/1.1\r\n" HOST END),
        BAD("GET / http/1.1\r\n" HOST END),
        BAD("GET / HTTP/1.10\r\n" HOST END),
        BAD("GET / HTTP/01.1\r\n" HOST END),
        BAD("GET / HTTP/1\r\n" HOST END),
        BAD("GET / HTTP/1.\r\n" HOST END),
        BAD("GET / HTTP/0.9\r\n" HOST END),
        BAD("GET / HTTP/1.1 \r\n" HOST END),
        BAD("GET / HTTP/1.1x\r\n" HOST END),
        BAD("GET /\r\n" HOST END),
        BAD("GET\r\n" HOST END),
        BAD("GET / \r\n" HOST END),
        BAD("G@T / HTTP/1.1\r\n" HOST END),
        BAD("G(T) / HTTP/1.1\r\n" HOST END),
        BAD("GET / HTTP/1.1\r" HOST END),
        BAD("G / H\r\n\r\n"),
        REFUSED("GET / HTTP/2.0\r\n" HOST END, HTTP_VERSION),
        REFUSED("PRI * HTTP/2.0\r\n\r\n", HTTP_VERSION),
        REFUSED("GET / HTTP/3.0\r\n" HOST END, HTTP_VERSION),
    };
    expect_refused(rows, SL_LEN(rows));
}

TEST(h1, case_09_later_minor_versions_are_spoken_to_as_1_1)
{
    struct parsed p = request(SL_STR("GET / HTTP/1.2\r\n" HOST END));
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_EQ(11, p.head.version);
    done(&p);
}

TEST(h1, case_09_unknown_methods_are_for_the_route_to_judge)
{
    struct parsed p = request(SL_STR("PROP-FIND!  / HTTP/1.1\r\n" HOST END));
    EXPECT_EQ(SL_E_BAD_REQUEST, p.rc);
    done(&p);
    p = request(SL_STR("PROP-FIND! / HTTP/1.1\r\n" HOST END));
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_EQ(SL_METHOD_OTHER, p.head.method_id);
    EXPECT_STR("PROP-FIND!", p.head.method);
    done(&p);
}

/* Case 10: host and target forms */

TEST(h1, case_10_host_must_be_one_and_well_formed)
{
    static const struct refusal rows[] = {
        BAD("GET / HTTP/1.1\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nHost: c\r\n" END),
        BAD("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost:\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: a b\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: a,b\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: user@a\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: user:pass@a\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: a/b\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: a:b\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: a:65536\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: a:\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: [::1\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: [zz]\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: [::1]a\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: a%2fb\r\n" END),
        BAD("GET / HTTP/1.1\r\nHost: http://a\r\n" END),
        BAD("GET http://b/ HTTP/1.1\r\n" END),
        BAD("GET http://b/ HTTP/1.1\r\nHost:\r\n" END),
        BAD("GET http://b/ HTTP/1.1\r\nHost: a,b\r\n" END),
    };
    expect_refused(rows, SL_LEN(rows));
}

TEST(h1, case_10_http_1_0_may_leave_host_out)
{
    struct parsed p = request(SL_STR("GET / HTTP/1.0\r\n" END));
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_EQ(0, p.head.authority.n);
    done(&p);
}

TEST(h1, case_10_an_absolute_target_wins_over_host)
{
    struct parsed p = request(SL_STR("GET HTTP://b:81/c?d HTTP/1.1\r\nX: y\r\nHost: a\r\n" END));
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_STR("b:81", p.head.authority);
    EXPECT_STR("b:81", sl_headers_get_id(&p.head.headers, SL_H_HOST));
    EXPECT_STR("/c?d", p.head.target);
    EXPECT_STR("/c", p.head.path);
    EXPECT_STR("d", p.head.query);
    done(&p);
}

TEST(h1, case_10_an_absolute_target_without_a_path_means_the_root)
{
    static const struct {
        sl_str text;
        const char *target, *path;
    } rows[] = {
        {SL_STR_INIT("GET http://b HTTP/1.1\r\n" HOST END), "/", "/"},
        {SL_STR_INIT("GET https://b?c=/d HTTP/1.1\r\n" HOST END), "/?c=/d", "/"},
        {SL_STR_INIT("GET https://b? HTTP/1.1\r\n" HOST END), "/?", "/"},
        {SL_STR_INIT("GET https://b/? HTTP/1.1\r\n" HOST END), "/?", "/"},
        {SL_STR_INIT("OPTIONS http://b HTTP/1.1\r\n" HOST END), "*", "*"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct parsed p = request(rows[i].text);
        EXPECT_EQ(SL_OK, p.rc);
        EXPECT_STR(rows[i].target, p.head.target);
        EXPECT_STR(rows[i].path, p.head.path);
        EXPECT_STR("b", p.head.authority);
        done(&p);
    }
}

TEST(h1, case_10_other_target_forms_are_refused)
{
    static const struct refusal rows[] = {
        BAD("GET * HTTP/1.1\r\n" HOST END),
        BAD("OPTIONS *? HTTP/1.1\r\n" HOST END),
        BAD("GET a HTTP/1.1\r\n" HOST END),
        BAD("GET ?a HTTP/1.1\r\n" HOST END),
        BAD("GET ftp://b/ HTTP/1.1\r\n" HOST END),
        BAD("GET http:/b HTTP/1.1\r\n" HOST END),
        BAD("GET http:/// HTTP/1.1\r\n" HOST END),
        BAD("GET http://u@b/ HTTP/1.1\r\n" HOST END),
        BAD("GET http://b,c/ HTTP/1.1\r\n" HOST END),
        BAD("GET http://b\\c/ HTTP/1.1\r\n" HOST END),
        BAD("CONNECT / HTTP/1.1\r\n" HOST END),
        BAD("CONNECT b HTTP/1.1\r\n" HOST END),
        BAD("CONNECT b:0 HTTP/1.1\r\n" HOST END),
        BAD("CONNECT http://b:1/ HTTP/1.1\r\n" HOST END),
        BAD("GET b:443 HTTP/1.1\r\n" HOST END),
    };
    expect_refused(rows, SL_LEN(rows));
}

TEST(h1, case_10_connect_and_options_of_the_server_are_understood)
{
    struct parsed connect = request(SL_STR("CONNECT b:443 HTTP/1.1\r\n" HOST END));
    EXPECT_EQ(SL_METHOD_CONNECT, connect.head.method_id);
    EXPECT_STR("b:443", connect.head.authority);
    EXPECT_EQ(0, connect.head.path.n);
    done(&connect);

    struct parsed options = request(SL_STR("OPTIONS * HTTP/1.1\r\n" HOST END));
    EXPECT_EQ(SL_OK, options.rc);
    EXPECT_STR("*", options.head.target);
    done(&options);
}

/* Case 16: limits */

TEST(h1, case_16_a_head_at_its_limits_is_taken_and_one_beyond_is_refused)
{
    sl_str text = SL_STR("GET /12345 HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n");
    static const struct {
        struct sl_h1_limits limits;
        sl_rc rc;
    } rows[] = {
        {{.head_bytes = 38}, SL_OK},  {{.head_bytes = 37}, SL_E_HEAD_TOO_LARGE},
        {{.target_bytes = 6}, SL_OK}, {{.target_bytes = 5}, SL_E_URI_TOO_LONG},
        {{.field_count = 2}, SL_OK},  {{.field_count = 1}, SL_E_HEAD_TOO_LARGE},
    };
    EXPECT_EQ(38, text.n);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct parsed p = request_with(text, &rows[i].limits);
        EXPECT_EQ(rows[i].rc, p.rc);
        done(&p);
    }
}

TEST(h1, case_16_dropped_fields_count_too)
{
    struct parsed p = request_with(SL_STR(GET "a_b: c\r\na_b: c\r\n" END),
                                   &(struct sl_h1_limits){.field_count = 2});
    EXPECT_EQ(SL_E_HEAD_TOO_LARGE, p.rc);
    done(&p);
}

TEST(h1, case_16_the_default_limits_hold)
{
    static char text[40000];
    size_t n = sizeof(GET) - 1;
    memcpy(text, GET, n);
    for (int i = 0; i < 100; i++, n += 6)
        memcpy(text + n, "A: b\r\n", 6);
    memcpy(text + n, "\r\n", 2);
    struct parsed p = request(sl_str_of(text, n + 2));
    EXPECT_EQ(SL_E_HEAD_TOO_LARGE, p.rc);
    done(&p);

    memset(text, 'a', sizeof(text));
    memcpy(text, "GET /", 5);
    memcpy(text + 8197, " HTTP/1.1\r\n" HOST END, sizeof(" HTTP/1.1\r\n" HOST END));
    p = request(sl_str_of(text, 8197 + sizeof(" HTTP/1.1\r\n" HOST END) - 1));
    EXPECT_EQ(SL_E_URI_TOO_LONG, p.rc);
    done(&p);
}

TEST(h1, case_16_connection_options_are_bounded)
{
    char text[200] = GET "Connection: ";
    size_t first = strlen(text);
    for (size_t n = 32; n <= 33; n++) {
        size_t at = first;
        for (size_t i = 0; i < n; i++, at += 2)
            memcpy(text + at, "a,", 2);
        memcpy(text + at, "\r\n\r\n", 4);
        struct parsed p = request(sl_str_of(text, at + 4));
        EXPECT_EQ(n == 32 ? SL_OK : SL_E_BAD_REQUEST, p.rc);
        done(&p);
    }
}

TEST(h1, case_16_an_arena_at_its_limit_is_no_crash)
{
    struct sl_arena *a = sl_arena_new("test", 64);
    struct sl_head head;
    const char *why = NULL;
    EXPECT_EQ(SL_E_NOMEM, sl_h1_parse_request(SL_STR(GET END), NULL, a, &head, &why));
    sl_arena_free(a);
}

/* Case 17: expectations */

TEST(h1, case_17_an_expectation_is_100_continue_or_refused)
{
    struct parsed p = request(SL_STR(POST "Content-Length: 1\r\nExpect: 100-Continue\r\n" END));
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT(p.head.expects_continue);
    done(&p);

    p = request(SL_STR("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n" END));
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT(!p.head.expects_continue);
    done(&p);

    static const struct refusal rows[] = {
        REFUSED(POST "Expect: magic\r\n" END, EXPECTATION),
        REFUSED(POST "Expect:\r\n" END, EXPECTATION),
        REFUSED(POST "Expect: 100-continue, magic\r\n" END, EXPECTATION),
    };
    expect_refused(rows, SL_LEN(rows));
}

/* Responses */

TEST(h1, a_response_is_taken_apart)
{
    struct parsed p =
        response(SL_STR("HTTP/1.1 404 Not  Here\r\nX_Y: z\r\nTransfer-Encoding: chunked\r\n" END),
                 SL_METHOD_GET);
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_EQ(404, p.head.status);
    EXPECT_STR("Not  Here", p.head.reason);
    EXPECT_EQ(2, p.head.headers.n);
    EXPECT_EQ(SL_BODY_CHUNKED, p.head.body_kind);
    EXPECT(p.head.keep_alive);
    done(&p);
}

TEST(h1, a_reason_phrase_may_be_empty_and_its_space_missing)
{
    struct parsed p = response(SL_STR("HTTP/1.1 200 \r\nContent-Length: 0\r\n" END), SL_METHOD_GET);
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_EQ(200, p.head.status);
    done(&p);
    p = response(SL_STR("HTTP/1.0 200\r\n" END), SL_METHOD_GET);
    EXPECT_EQ(SL_OK, p.rc);
    EXPECT_EQ(10, p.head.version);
    EXPECT_EQ(0, p.head.reason.n);
    done(&p);
}

TEST(h1, malformed_responses_are_refused)
{
    static const sl_str texts[] = {
        SL_STR_INIT("HTTP/1.1 20 OK\r\n" END),
        SL_STR_INIT("HTTP/1.1 2000 OK\r\n" END),
        SL_STR_INIT("HTTP/1.1 099 OK\r\n" END),
        SL_STR_INIT("HTTP/1.1 2xx OK\r\n" END),
        SL_STR_INIT("HTTP/1.1  200 OK\r\n" END),
        SL_STR_INIT("HTTP/1.1\r\n" END),
        SL_STR_INIT("HTTP/1.1 2\r\n" END),
        SL_STR_INIT("HTTP/2 200 OK\r\n" END),
        SL_STR_INIT("HTTP/2.0 200 OK\r\n" END),
        SL_STR_INIT("http/1.1 200 OK\r\n" END),
        SL_STR_INIT("ICY 200 OK\r\n" END),
        SL_STR_INIT("HTTP/1.1 200 O\0K\r\n" END),
        SL_STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n" END),
        SL_STR_INIT("HTTP/1.1 200 OK\r\nX : y\r\n" END),
        SL_STR_INIT("HTTP/1.1 200 OK\r\nX: y\r\n z\r\n" END),
        SL_STR_INIT("<html>\r\n" END),
        SL_STR_INIT("HTTP\r\n\r\n"),
    };
    expect_responses_refused(texts, SL_LEN(texts));
}

TEST(h1, case_18_the_body_of_a_response_depends_on_status_and_method)
{
    static const struct {
        sl_str text;
        enum sl_method method;
        enum sl_body_kind kind;
        bool keep_alive;
    } rows[] = {
        {SL_STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" END), SL_METHOD_GET, SL_BODY_LENGTH,
         true},
        {SL_STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" END), SL_METHOD_HEAD, SL_BODY_NONE,
         true},
        {SL_STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" END), SL_METHOD_HEAD,
         SL_BODY_NONE, true},
        {SL_STR_INIT("HTTP/1.1 204 No\r\nContent-Length: 5\r\n" END), SL_METHOD_GET, SL_BODY_NONE,
         true},
        {SL_STR_INIT("HTTP/1.1 304 No\r\nContent-Length: 5\r\n" END), SL_METHOD_GET, SL_BODY_NONE,
         true},
        {SL_STR_INIT("HTTP/1.1 101 Up\r\n" END), SL_METHOD_GET, SL_BODY_NONE, true},
        {SL_STR_INIT("HTTP/1.1 103 Early\r\n" END), SL_METHOD_GET, SL_BODY_NONE, true},
        {SL_STR_INIT("HTTP/1.1 200 OK\r\n" END), SL_METHOD_GET, SL_BODY_CLOSE, false},
        {SL_STR_INIT("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" END), SL_METHOD_GET,
         SL_BODY_CLOSE, false},
        {SL_STR_INIT("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n" END),
         SL_METHOD_GET, SL_BODY_LENGTH, true},
        {SL_STR_INIT("HTTP/1.1 200 OK\r\n" END), SL_METHOD_CONNECT, SL_BODY_NONE, true},
        {SL_STR_INIT("HTTP/1.1 407 No\r\nContent-Length: 2\r\n" END), SL_METHOD_CONNECT,
         SL_BODY_LENGTH, true},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct parsed p = response(rows[i].text, rows[i].method);
        EXPECT_EQ(SL_OK, p.rc);
        EXPECT_EQ(rows[i].kind, p.head.body_kind);
        EXPECT_EQ(rows[i].keep_alive, p.head.keep_alive);
        done(&p);
    }
}

/* Writing */

static void expect_written(const char *want, struct sl_strbuf *out)
{
    EXPECT_STR(want, sl_strbuf_str(out));
    sl_strbuf_fini(out);
}

TEST(h1, a_request_is_written_with_our_host_and_framing)
{
    struct parsed p = request(
        SL_STR("POST /a?b HTTP/1.1\r\nX-First: 1\r\nHost: a\r\nContent-Length: 5\r\n"
               "Connection: upgrade\r\nX-Long-Name-Here: a value that is long enough\r\n" END));
    p.head.authority = SL_STR("up:8080");
    struct sl_strbuf out = {0};
    sl_h1_write_request(&p.head, true, &out);
    expect_written("POST /a?b HTTP/1.1\r\nHost: up:8080\r\nX-First: 1\r\nConnection: upgrade\r\n"
                   "X-Long-Name-Here: a value that is long enough\r\nContent-Length: 5\r\n\r\n",
                   &out);
    p.head.body_kind = SL_BODY_CHUNKED;
    sl_h1_write_request(&p.head, false, &out);
    expect_written("POST /a?b HTTP/1.1\r\nHost: up:8080\r\nX-First: 1\r\n"
                   "X-Long-Name-Here: a value that is long enough\r\nTransfer-Encoding: chunked\r\n"
                   "Connection: close\r\n\r\n",
                   &out);
    done(&p);
}

TEST(h1, case_18_responses_are_framed_by_status_and_body)
{
    static const struct {
        struct sl_head head;
        const char *want;
    } rows[] = {
        {{.status = 200, .body_kind = SL_BODY_LENGTH, .body_bytes = 18446744073709551615u},
         "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"},
        {{.status = 200, .body_kind = SL_BODY_LENGTH},
         "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
        {{.status = 200, .body_kind = SL_BODY_CHUNKED},
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {{.status = 200, .body_kind = SL_BODY_CLOSE},
         "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"},
        {{.status = 200, .body_kind = SL_BODY_NONE, .body_bytes = 7},
         "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"},
        {{.status = 304, .body_kind = SL_BODY_LENGTH}, "HTTP/1.1 304 Not Modified\r\n\r\n"},
        {{.status = 204, .body_kind = SL_BODY_LENGTH, .body_bytes = 7},
         "HTTP/1.1 204 No Content\r\n\r\n"},
        {{.status = 103, .body_kind = SL_BODY_CHUNKED}, "HTTP/1.1 103 Early Hints\r\n\r\n"},
        {{.status = 299, .body_kind = SL_BODY_NONE}, "HTTP/1.1 299 \r\n\r\n"},
        {{.status = 200, .reason = SL_STR_INIT("Fine")}, "HTTP/1.1 200 Fine\r\n\r\n"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_strbuf out = {0};
        sl_h1_write_response(&rows[i].head, true, &out);
        expect_written(rows[i].want, &out);
    }
}

TEST(h1, a_closing_response_says_so_once)
{
    struct parsed p =
        response(SL_STR("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n" END),
                 SL_METHOD_GET);
    struct sl_strbuf out = {0};
    sl_h1_write_response(&p.head, false, &out);
    expect_written("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n", &out);
    done(&p);
}

TEST(h1, the_longest_head_of_our_own_fits_its_reservation)
{
    struct sl_head head = {.method = SL_STR_INIT("G"),
                           .target = SL_STR_INIT("/"),
                           .body_kind = SL_BODY_LENGTH,
                           .body_bytes = UINT64_MAX};
    struct sl_arena *a = sl_arena_new("test", SL_KIB(4));
    struct sl_strbuf out;
    sl_strbuf_init(&out, a, 0);
    sl_h1_write_request(&head, false, &out);
    EXPECT(out.n <= out.cap);
    for (uint16_t status = 100; status < 1000; status++) {
        head.status = status;
        sl_strbuf_clear(&out);
        sl_h1_write_response(&head, false, &out);
        EXPECT(out.n <= 64 + 96);
    }
    sl_arena_free(a);
}

TEST(h1, a_full_buffer_is_told)
{
    struct sl_strbuf out;
    struct sl_head head = {.status = 200};
    sl_strbuf_init(&out, NULL, 16);
    sl_h1_write_response(&head, true, &out);
    EXPECT(out.is_full);
    EXPECT_EQ(0, out.n);
    sl_strbuf_fini(&out);
}

TEST(h1, chunk_sizes_are_written_in_lower_case_hex)
{
    static const struct {
        uint64_t n;
        const char *want;
    } rows[] = {
        {0, "0\r\n"},   {1, "1\r\n"},         {15, "f\r\n"},
        {16, "10\r\n"}, {0x1a2b, "1a2b\r\n"}, {UINT64_MAX, "ffffffffffffffff\r\n"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        char out[20];
        size_t n = sl_h1_write_chunk_size(rows[i].n, out);
        EXPECT_STR(rows[i].want, sl_str_of(out, n));
    }
}
