#include "codec/awsevent.h"
#include "base/crc32.h"
#include "base/enc.h"
#include "base/err.h"
#include "tests/test.h"

static void add_unhexed(struct sl_strbuf *b, const char *hex)
{
    EXPECT(sl_dec_hex(b, sl_cstr(hex)));
}

/* Every message as one line: "name=kind:value ...|payload". */
static void note(struct sl_strbuf *log, const struct sl_awsevent *ev)
{
    struct sl_awsevent_header h;
    sl_str rest = ev->headers;
    while (sl_awsevent_next_header(&rest, &h)) {
        sl_strbuf_addf(log, "%.*s=%d:%lld", SL_STRF(h.name), (int)h.kind, (long long)h.number);
        sl_enc_json(log, h.bytes);
        sl_strbuf_add_char(log, ' ');
    }
    sl_strbuf_addf(log, "|%.*s\n", SL_STRF(ev->payload));
}

/* Feed a heap copy that is gone afterwards, so that the sanitizer sees borrowed bytes. */
static sl_rc feed(struct sl_awsevents *s, sl_str bytes, struct sl_strbuf *log,
                  struct sl_strbuf *raws)
{
    struct sl_awsevent ev;
    char *copy = sl_calloc(1, bytes.n + 1);
    sl_rc rc;
    memcpy(copy, bytes.p, bytes.n);
    sl_awsevents_feed(s, (sl_str){copy, bytes.n});
    while ((rc = sl_awsevents_next(s, &ev)) == SL_OK) {
        note(log, &ev);
        sl_strbuf_add(raws, ev.raw);
    }
    sl_free(copy);
    return rc;
}

static sl_rc parse(sl_str text, size_t first, size_t step, struct sl_strbuf *log)
{
    struct sl_awsevents s = {0};
    struct sl_strbuf raws = {0};
    sl_rc rc = first != 0 ? feed(&s, sl_str_head(text, first), log, &raws) : SL_E_AGAIN;
    for (size_t at = first; at < text.n && rc == SL_E_AGAIN; at += step)
        rc = feed(&s, sl_str_head(sl_str_from(text, at), step), log, &raws);
    if (rc == SL_E_AGAIN)
        rc = sl_awsevents_finish(&s);
    EXPECT(sl_str_starts(text, sl_strbuf_str(&raws)));
    EXPECT(rc != SL_OK || raws.n == text.n);
    sl_awsevents_fini(&s);
    sl_strbuf_fini(&raws);
    return rc;
}

static const char *const log_of_stream =
    ":event-type=7:0\"messageStart\" :content-type=7:0\"application/json\" "
    ":message-type=7:0\"event\" |{\"role\":\"assistant\"}\n"
    "|\n"
    "t=0:0\"\" f=1:0\"\" b=2:-1\"\" s=3:-32768\"\" i=4:2147483647\"\" "
    "l=5:-9223372036854775808\"\" y=6:0\"\\u0000\xc3\xbf\" x=7:0\"\" d=8:1440938160000\"\" "
    "u=9:0\"0123456789abcdef\" |p\n";

static void write_stream(struct sl_strbuf *out)
{
    const struct sl_awsevent_header start[] = {
        {SL_STR(":event-type"), SL_AWSEVENT_STRING, 0, SL_STR("messageStart")},
        {SL_STR(":content-type"), SL_AWSEVENT_STRING, 0, SL_STR("application/json")},
        {SL_STR(":message-type"), SL_AWSEVENT_STRING, 0, SL_STR("event")},
    };
    const struct sl_awsevent_header all[] = {
        {SL_STR("t"), SL_AWSEVENT_TRUE, 0, {0}},
        {SL_STR("f"), SL_AWSEVENT_FALSE, 0, {0}},
        {SL_STR("b"), SL_AWSEVENT_INT8, -1, {0}},
        {SL_STR("s"), SL_AWSEVENT_INT16, INT16_MIN, {0}},
        {SL_STR("i"), SL_AWSEVENT_INT32, INT32_MAX, {0}},
        {SL_STR("l"), SL_AWSEVENT_INT64, INT64_MIN, {0}},
        {SL_STR("y"), SL_AWSEVENT_BYTES_VALUE, 0, SL_STR("\0\xc3\xbf")},
        {SL_STR("x"), SL_AWSEVENT_STRING, 0, {0}},
        {SL_STR("d"), SL_AWSEVENT_TIMESTAMP, 1440938160000, {0}},
        {SL_STR("u"), SL_AWSEVENT_UUID, 0, SL_STR("0123456789abcdef")},
    };
    EXPECT(sl_awsevent_write(out, start, SL_LEN(start), SL_STR("{\"role\":\"assistant\"}")));
    EXPECT(sl_awsevent_write(out, NULL, 0, (sl_str){0}));
    EXPECT(sl_awsevent_write(out, all, SL_LEN(all), SL_STR("p")));
}

/* The vectors of AWS's specification of the format: a message without headers, one with a header of each kind. */
TEST(awsevent, reads_and_writes_the_vectors_of_aws)
{
    static const struct {
        const char *hex, *log;
    } rows[] = {
        {"000000100000000005c248eb7d98c8ff", "|\n"},
        {"0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936", "|{'foo':'bar'}\n"},
        {"0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e"
         "7b27666f6f273a27626172277d8d9c08b1",
         "content-type=7:0\"application/json\" |{'foo':'bar'}\n"},
        {"0000002d0000001041c424b80a6576656e742d74797065040000a00c7b27666f6f273a27626172277d36f480"
         "a0",
         "event-type=4:40972\"\" |{'foo':'bar'}\n"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_strbuf message = {0}, log = {0};
        add_unhexed(&message, rows[i].hex);
        EXPECT_EQ(SL_OK, parse(sl_strbuf_str(&message), message.n, 1, &log));
        EXPECT_STR(rows[i].log, sl_strbuf_str(&log));
        sl_strbuf_fini(&message);
        sl_strbuf_fini(&log);
    }
}

TEST(awsevent, writes_the_vector_of_aws)
{
    const struct sl_awsevent_header h = {SL_STR("event-type"), SL_AWSEVENT_INT32, 40972, {0}};
    struct sl_strbuf want = {0}, got = {0};
    add_unhexed(&want, "0000002d0000001041c424b80a6576656e742d74797065040000a00c7b27666f6f273a2762"
                       "6172277d36f480a0");
    EXPECT(sl_awsevent_write(&got, &h, 1, SL_STR("{'foo':'bar'}")));
    EXPECT_STRS(sl_strbuf_str(&want), sl_strbuf_str(&got));
    sl_strbuf_fini(&want);
    sl_strbuf_fini(&got);
}

TEST(awsevent, t2_gives_the_same_messages_however_they_are_cut)
{
    struct sl_strbuf stream = {0};
    write_stream(&stream);
    for (size_t first = 0; first <= stream.n; first++) {
        for (size_t step = 1; step < 5; step++) {
            struct sl_strbuf log = {0};
            EXPECT_EQ(SL_OK, parse(sl_strbuf_str(&stream), first, step, &log));
            EXPECT_STR(log_of_stream, sl_strbuf_str(&log));
            sl_strbuf_fini(&log);
        }
    }
    sl_strbuf_fini(&stream);
}

TEST(awsevent, t2_finds_every_flipped_bit)
{
    struct sl_strbuf stream = {0};
    write_stream(&stream);
    for (size_t bit = 0; bit < stream.n * 8; bit++) {
        struct sl_strbuf log = {0};
        stream.p[bit / 8] = (char)(stream.p[bit / 8] ^ 1 << bit % 8);
        EXPECT_EQ(SL_E_SYNTAX, parse(sl_strbuf_str(&stream), stream.n, 1, &log));
        stream.p[bit / 8] = (char)(stream.p[bit / 8] ^ 1 << bit % 8);
        EXPECT(sl_str_starts(sl_cstr(log_of_stream), sl_strbuf_str(&log)));
        sl_strbuf_fini(&log);
    }
    sl_strbuf_fini(&stream);
}

TEST(awsevent, t4_a_stream_that_ends_inside_of_a_message_is_cut)
{
    struct sl_strbuf stream = {0};
    size_t borders = 0;
    write_stream(&stream);
    for (size_t n = 0; n <= stream.n; n++) {
        struct sl_strbuf log = {0};
        sl_rc rc = parse(sl_str_head(sl_strbuf_str(&stream), n), n, 1, &log);
        EXPECT(rc == SL_OK || rc == SL_E_UPSTREAM_TRUNCATED);
        borders += rc == SL_OK;
        sl_strbuf_fini(&log);
    }
    EXPECT_EQ(4, borders);
    sl_strbuf_fini(&stream);
}

static void add_u32(struct sl_strbuf *b, uint32_t v)
{
    const char bytes[] = {(char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};
    sl_strbuf_add(b, (sl_str){bytes, sizeof(bytes)});
}

/* A message whose checksums are right, whatever it says. */
static void forge(struct sl_strbuf *b, uint32_t total, uint32_t headers, sl_str rest)
{
    add_u32(b, total);
    add_u32(b, headers);
    add_u32(b, sl_crc32((sl_str){b->p, 8}));
    sl_strbuf_add(b, rest);
    add_u32(b, sl_crc32(sl_strbuf_str(b)));
}

TEST(awsevent, refuses_lengths_and_headers_that_do_not_fit)
{
    static const struct {
        uint32_t total, headers;
        sl_str rest;
        sl_rc rc;
    } rows[] = {
        {0, 0, {NULL, 0}, SL_E_SYNTAX},
        {15, 0, {NULL, 0}, SL_E_SYNTAX},
        {16, 1, {NULL, 0}, SL_E_SYNTAX},
        {20, UINT32_MAX, SL_STR_INIT("abcd"), SL_E_SYNTAX},
        {(24 << 20) + 1, 0, {NULL, 0}, SL_E_LIMIT},
        {24 << 20, 0, {NULL, 0}, SL_E_UPSTREAM_TRUNCATED},
        {UINT32_MAX, 0, {NULL, 0}, SL_E_LIMIT},
        {1 << 20, (128 << 10) + 1, {NULL, 0}, SL_E_LIMIT},
        {1 << 20, 128 << 10, {NULL, 0}, SL_E_UPSTREAM_TRUNCATED},
        {17, 1, SL_STR_INIT("\0"), SL_E_SYNTAX},             /* no name */
        {18, 2, SL_STR_INIT("\1a"), SL_E_SYNTAX},            /* no kind */
        {18, 2, SL_STR_INIT("\5a"), SL_E_SYNTAX},            /* name is cut */
        {19, 3, SL_STR_INIT("\1a\12"), SL_E_SYNTAX},         /* unknown kind */
        {19, 3, SL_STR_INIT("\1a\2"), SL_E_SYNTAX},          /* no number */
        {21, 5, SL_STR_INIT("\1a\7\0\1"), SL_E_SYNTAX},      /* text is cut */
        {22, 6, SL_STR_INIT("\1a\7\377\377x"), SL_E_SYNTAX}, /* and longer than the message */
        {20, 4, SL_STR_INIT("\1a\7\0"), SL_E_SYNTAX},        /* its length is cut */
        {22, 6, SL_STR_INIT("\1a\11abc"), SL_E_SYNTAX},      /* UUID is cut */
        {19, 3, SL_STR_INIT("\1a\0"), SL_OK},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        for (size_t step = 1; step < 64; step += 62) {
            struct sl_strbuf message = {0}, log = {0};
            forge(&message, rows[i].total, rows[i].headers, rows[i].rest);
            EXPECT_EQ(rows[i].rc, parse(sl_strbuf_str(&message), 0, step, &log));
            sl_strbuf_fini(&message);
            sl_strbuf_fini(&log);
        }
    }
}

TEST(awsevent, stays_broken)
{
    struct sl_awsevents s = {0};
    struct sl_awsevent ev;
    struct sl_strbuf good = {0};
    EXPECT(sl_awsevent_write(&good, NULL, 0, (sl_str){0}));
    sl_awsevents_feed(&s, SL_STR("not a message of this kind"));
    EXPECT_EQ(SL_E_SYNTAX, sl_awsevents_next(&s, &ev));
    sl_awsevents_feed(&s, sl_strbuf_str(&good));
    EXPECT_EQ(SL_E_SYNTAX, sl_awsevents_next(&s, &ev));
    EXPECT_EQ(SL_E_UPSTREAM_TRUNCATED, sl_awsevents_finish(&s));
    sl_awsevents_fini(&s);
    sl_strbuf_fini(&good);
}

TEST(awsevent, obeys_a_limit_of_its_own)
{
    struct sl_strbuf message = {0};
    EXPECT(sl_awsevent_write(&message, NULL, 0, SL_STR("12345678")));
    for (size_t limit = 23; limit <= 24; limit++) {
        struct sl_awsevents s = {.event_bytes_max = limit};
        struct sl_awsevent ev;
        sl_awsevents_feed(&s, sl_strbuf_str(&message));
        EXPECT_EQ(limit == 24 ? SL_OK : SL_E_LIMIT, sl_awsevents_next(&s, &ev));
        sl_awsevents_fini(&s);
    }
    sl_strbuf_fini(&message);
}

TEST(awsevent, finds_texts_by_name)
{
    struct sl_strbuf stream = {0};
    struct sl_awsevents s = {0};
    struct sl_awsevent ev;
    write_stream(&stream);
    sl_awsevents_feed(&s, sl_strbuf_str(&stream));
    EXPECT_EQ(SL_OK, sl_awsevents_next(&s, &ev));
    EXPECT_STR("messageStart", sl_awsevent_text(&ev, SL_STR(":event-type")));
    EXPECT_STR("", sl_awsevent_text(&ev, SL_STR(":exception-type")));
    EXPECT_EQ(SL_OK, sl_awsevents_next(&s, &ev));
    EXPECT_EQ(SL_OK, sl_awsevents_next(&s, &ev));
    EXPECT_STR("", sl_awsevent_text(&ev, SL_STR("y"))); /* bytes are no text */
    sl_awsevents_fini(&s);
    sl_strbuf_fini(&stream);
}

TEST(awsevent, writes_nothing_that_cannot_be_read)
{
    char name[300];
    memset(name, 'n', sizeof(name));
    const struct sl_awsevent_header bad[] = {
        {{NULL, 0}, SL_AWSEVENT_TRUE, 0, {0}},
        {{name, 256}, SL_AWSEVENT_TRUE, 0, {0}},
        {SL_STR("u"), SL_AWSEVENT_UUID, 0, SL_STR("short")},
        {SL_STR("s"), SL_AWSEVENT_STRING, 0, {name, 32768}},
    };
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct sl_strbuf out = {0};
        EXPECT(!sl_awsevent_write(&out, &bad[i], 1, (sl_str){0}));
        EXPECT_EQ(0, out.n);
        sl_strbuf_fini(&out);
    }
    struct sl_strbuf small = {.limit_bytes = 20};
    EXPECT(!sl_awsevent_write(&small, NULL, 0, SL_STR("12345")));
    EXPECT_EQ(0, small.n);
    sl_strbuf_fini(&small);
}
