#include "codec/h1.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "tests/test.h"

/** A copy on the heap, so that the sanitizer sees reads behind the head. */
static char *exact_copy(sl_str s)
{
    char *copy = malloc(s.n + 1);
    memcpy(copy, s.p, s.n);
    return realloc(copy, s.n != 0 ? s.n : 1);
}

struct decoded {
    struct sl_arena *arena;
    struct sl_h1_body body;
    struct sl_strbuf data;
    const char *why;
    sl_rc rc;
    size_t left; /* bytes behind the body */
};

/** Feed all of `text` in pieces of `step` bytes. */
static struct decoded decode(struct sl_head head, sl_str text, size_t step,
                             const struct sl_h1_limits *limits)
{
    struct decoded d = {.arena = sl_arena_new("test", SL_KIB(64))};
    sl_h1_body_init(&d.body, &head, limits, d.arena);
    size_t at = 0;
    while (at < text.n && !d.body.is_done && d.rc == SL_OK) {
        char *piece = exact_copy(sl_str_head(sl_str_from(text, at), step));
        sl_str in = {piece, SL_MIN(step, text.n - at)}, data;
        size_t given = in.n;
        while (in.n != 0 && !d.body.is_done && d.rc == SL_OK) {
            d.rc = sl_h1_body_feed(&d.body, &in, &data, &d.why);
            if (d.rc == SL_OK)
                sl_strbuf_add(&d.data, data);
        }
        at += given - in.n;
        free(piece);
    }
    d.left = text.n - at;
    return d;
}

static void decoded_done(struct decoded *d)
{
    sl_strbuf_fini(&d->data);
    sl_arena_free(d->arena);
}

static const struct sl_head chunked = {.body_kind = SL_BODY_CHUNKED};

TEST(h1, chunks_are_decoded_wherever_they_are_cut)
{
    sl_str text = SL_STR("5;ext=\"a b\"\r\nhello\r\n006\r\n world\r\nA\r\n0123456789\r\n0\r\n"
                         "X-Sum: 7\r\nY:z\r\n\r\nNEXT");
    for (size_t step = 1; step <= text.n; step++) {
        struct decoded d = decode(chunked, text, step, NULL);
        EXPECT_EQ(SL_OK, d.rc);
        EXPECT(d.body.is_done);
        EXPECT_STR("hello world0123456789", sl_strbuf_str(&d.data));
        EXPECT_EQ(2, d.body.trailers.n);
        EXPECT_STR("7", d.body.trailers.v[0].value);
        EXPECT_EQ(4, d.left);
        EXPECT_EQ(SL_OK, sl_h1_body_eof(&d.body));
        decoded_done(&d);
    }
}

TEST(h1, case_06_malformed_chunks_are_refused)
{
    static const sl_str texts[] = {
        SL_STR_INIT("0x5\r\nhello\r\n0\r\n\r\n"),
        SL_STR_INIT("5_0\r\n"),
        SL_STR_INIT("+5\r\nhello\r\n"),
        SL_STR_INIT("-5\r\nhello\r\n"),
        SL_STR_INIT(" 5\r\nhello\r\n"),
        SL_STR_INIT("\t5\r\nhello\r\n"),
        SL_STR_INIT("5 \r\nhello\r\n"),
        SL_STR_INIT("5 ;a\r\nhello\r\n"),
        SL_STR_INIT("5g\r\nhello\r\n"),
        SL_STR_INIT("\r\nhello\r\n"),
        SL_STR_INIT(";a\r\nhello\r\n"),
        SL_STR_INIT("10000000000000000\r\n"),
        SL_STR_INIT("ffffffffffffffff\r\n"),
        SL_STR_INIT("8000000000000000\r\n"),
        SL_STR_INIT("00000000000000005\r\nhello\r\n"),
        SL_STR_INIT("5\nhello\r\n"),
        SL_STR_INIT("5\rhello\r\n"),
        SL_STR_INIT("5;a\nhello\r\n"),
        SL_STR_INIT("5;a\rb\r\nhello\r\n"),
        SL_STR_INIT("5;\0\r\nhello\r\n"),
        SL_STR_INIT("5\r\nhello\n0\r\n\r\n"),
        SL_STR_INIT("5\r\nhello0\r\n\r\n"),
        SL_STR_INIT("5\r\nhelloworld\r\n"),
        SL_STR_INIT("5\r\nhello\rx\n0\r\n\r\n"),
        SL_STR_INIT("5\r\nhello\r\n\r\n0\r\n\r\n"),
        SL_STR_INIT("0\r\n\rx"),
    };
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        for (size_t step = 1; step <= texts[i].n; step += texts[i].n - 1) {
            struct decoded d = decode(chunked, texts[i], step, NULL);
            if (d.rc != SL_E_BAD_REQUEST || d.why == NULL)
                fail_msg("not refused: %.*s", SL_STRF(texts[i]));
            decoded_done(&d);
        }
    }
}

TEST(h1, case_06_the_largest_chunk_size_is_taken)
{
    struct decoded d = decode(chunked, SL_STR("7fffffffffffffff\r\nabc"), 1, NULL);
    EXPECT_EQ(SL_OK, d.rc);
    EXPECT_EQ(INT64_MAX - 3, d.body.left);
    EXPECT_STR("abc", sl_strbuf_str(&d.data));
    EXPECT_EQ(SL_E_UPSTREAM_TRUNCATED, sl_h1_body_eof(&d.body));
    decoded_done(&d);
}

TEST(h1, case_06_extensions_of_many_small_chunks_are_bounded_together)
{
    struct sl_h1_limits limits = {.chunk_ext_bytes = 6};
    sl_str text = SL_STR("1;a\r\nx\r\n1;b\r\ny\r\n1;cc\r\nz\r\n0\r\n\r\n");
    struct decoded d = decode(chunked, text, 3, &limits);
    EXPECT_EQ(SL_E_LIMIT, d.rc);
    decoded_done(&d);

    limits.chunk_ext_bytes = 7;
    d = decode(chunked, text, 3, &limits);
    EXPECT_EQ(SL_OK, d.rc);
    EXPECT_STR("xyz", sl_strbuf_str(&d.data));
    decoded_done(&d);
}

TEST(h1, case_07_trailers_lose_what_steers_the_message)
{
    struct decoded d =
        decode(chunked,
               SL_STR("0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: b\r\n"
                      "Authorization: x\r\nSet-Cookie: a=b\r\nCache-Control: no-store\r\n"
                      "If-None-Match: *\r\nTrailer: x\r\nTE: x\r\nX_Y: z\r\nRange: x\r\n"
                      "Location: /\r\nContent-Type: text/html\r\nWWW-Authenticate: x\r\n"
                      "Grpc-Status: 0\r\n\r\n"),
               4, NULL);
    EXPECT_EQ(SL_OK, d.rc);
    EXPECT_EQ(1, d.body.trailers.n);
    EXPECT_STR("Grpc-Status", d.body.trailers.v[0].name);
    decoded_done(&d);
}

TEST(h1, case_07_malformed_trailers_are_refused)
{
    static const sl_str texts[] = {
        SL_STR_INIT("0\r\n\n"),
        SL_STR_INIT("0\r\nA: b\n\r\n"),
        SL_STR_INIT("0\r\nA: b\n\n\r\n"),
        SL_STR_INIT("0\r\n A: b\r\n\r\n"),
        SL_STR_INIT("0\r\nA : b\r\n\r\n"),
        SL_STR_INIT("0\r\nA\r\n\r\n"),
        SL_STR_INIT("0\r\nA: \0\r\n\r\n"),
        SL_STR_INIT("0\r\nA: b\rc\r\n\r\n"),
        SL_STR_INIT("0\r\n: b\r\n\r\n"),
    };
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        struct decoded d = decode(chunked, texts[i], 1, NULL);
        if (d.rc != SL_E_BAD_REQUEST)
            fail_msg("not refused: %.*s", SL_STRF(texts[i]));
        decoded_done(&d);
    }
}

TEST(h1, case_07_trailers_are_limited_in_bytes_and_number)
{
    sl_str text = SL_STR("0\r\nA: b\r\nC: d\r\n\r\n");
    static const struct {
        struct sl_h1_limits limits;
        sl_rc rc;
    } rows[] = {
        {{.trailer_bytes = 14}, SL_OK},
        {{.trailer_bytes = 13}, SL_E_LIMIT},
        {{.field_count = 2}, SL_OK},
        {{.field_count = 1}, SL_E_LIMIT},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct decoded d = decode(chunked, text, 5, &rows[i].limits);
        EXPECT_EQ(rows[i].rc, d.rc);
        decoded_done(&d);
    }
}

TEST(h1, case_29_a_body_of_declared_length_yields_no_byte_more)
{
    struct sl_head head = {.body_kind = SL_BODY_LENGTH, .body_bytes = 5};
    for (size_t step = 1; step <= 12; step++) {
        struct decoded d = decode(head, SL_STR("helloGET / "), step, NULL);
        EXPECT_STR("hello", sl_strbuf_str(&d.data));
        EXPECT(d.body.is_done);
        EXPECT_EQ(6, d.left);
        decoded_done(&d);
    }
}

TEST(h1, a_body_of_no_bytes_is_done_at_once)
{
    struct sl_head none = {.body_kind = SL_BODY_NONE};
    struct sl_head empty = {.body_kind = SL_BODY_LENGTH};
    struct decoded a = decode(none, SL_STR("x"), 1, NULL), b = decode(empty, SL_STR("x"), 1, NULL);
    EXPECT(a.body.is_done && b.body.is_done);
    EXPECT_EQ(1, a.left);
    EXPECT_EQ(1, b.left);
    decoded_done(&a);
    decoded_done(&b);
}

TEST(h1, case_22_only_a_body_without_framing_ends_with_the_connection)
{
    struct sl_head until_close = {.body_kind = SL_BODY_CLOSE};
    struct sl_head five = {.body_kind = SL_BODY_LENGTH, .body_bytes = 5};
    struct decoded a = decode(until_close, SL_STR("abc"), 2, NULL);
    struct decoded b = decode(five, SL_STR("abc"), 2, NULL);
    struct decoded c = decode(chunked, SL_STR("3\r\nabc\r\n0\r\n"), 2, NULL);
    EXPECT_EQ(SL_OK, sl_h1_body_eof(&a.body));
    EXPECT(a.body.is_done);
    EXPECT_EQ(SL_E_UPSTREAM_TRUNCATED, sl_h1_body_eof(&b.body));
    EXPECT_EQ(SL_E_UPSTREAM_TRUNCATED, sl_h1_body_eof(&c.body));
    decoded_done(&a);
    decoded_done(&b);
    decoded_done(&c);
}
