#include "codec/zip.h"
#include "base/err.h"
#include "tests/test.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

enum { TEXT_BYTES = 100000 };

/* Text that shrinks, but not to nothing. */
static sl_str make_text(struct sl_strbuf *b)
{
    for (unsigned i = 0; b->n < TEXT_BYTES; i++)
        sl_strbuf_addf(b, "event %u: %x\n", i, i * 2654435761U);
    return sl_strbuf_str(b);
}

static void deflate_text(sl_str text, int window_bits, struct sl_strbuf *out)
{
    z_stream z = {0};
    EXPECT_EQ(Z_OK, deflateInit2(&z, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY));
    size_t room = deflateBound(&z, text.n);
    z.next_in = (z_const Bytef *)(uintptr_t)text.p;
    z.avail_in = (uInt)text.n;
    z.next_out = (Bytef *)sl_strbuf_room(out, room);
    z.avail_out = (uInt)room;
    EXPECT_EQ(Z_STREAM_END, deflate(&z, Z_FINISH));
    out->n += z.total_out;
    deflateEnd(&z);
}

static void encode(enum sl_zip_coding coding, sl_str text, struct sl_strbuf *out)
{
    size_t room = text.n + 1000;
    switch (coding) {
    case SL_ZIP_GZIP:
        sl_gzip(text, 6, out);
        return;
    case SL_ZIP_DEFLATE:
        deflate_text(text, 15, out);
        return;
    case SL_ZIP_BR:
        EXPECT(BrotliEncoderCompress(5, 18, BROTLI_MODE_TEXT, text.n, (const uint8_t *)text.p,
                                     &room, (uint8_t *)sl_strbuf_room(out, room)));
        out->n += room;
        return;
    case SL_ZIP_ZSTD:
        out->n += ZSTD_compress(sl_strbuf_room(out, room), room, text.p, text.n, 3);
        return;
    case SL_ZIP_CODINGS:
        break;
    }
}

/* Decode `in`, fed in pieces of `step`, through a buffer of `cap`. */
static sl_rc decode(enum sl_zip_coding coding, sl_str in, size_t step, size_t cap,
                    const struct sl_unzip_limits *limits, struct sl_strbuf *out)
{
    struct sl_unzip *z = sl_unzip_new(coding, limits);
    char *buf = sl_calloc(1, cap);
    sl_rc rc = SL_OK;
    size_t n;
    for (size_t at = 0; at < in.n && rc == SL_OK; at += step) {
        sl_str piece = sl_str_head(sl_str_from(in, at), step);
        do {
            rc = sl_unzip_read(z, &piece, buf, cap, &n);
            sl_strbuf_add(out, (sl_str){buf, n});
        } while (rc == SL_OK && n == cap);
        if (rc == SL_OK)
            EXPECT_EQ(0, piece.n);
    }
    if (rc == SL_OK)
        rc = sl_unzip_finish(z);
    else
        EXPECT_EQ(rc, sl_unzip_finish(z));
    sl_free(buf);
    sl_unzip_free(z);
    return rc;
}

TEST(zip, decodes_what_the_encoders_wrote_however_it_is_chopped)
{
    static const size_t steps[] = {1, 7, 1000, 1000000}, caps[] = {1, 100, 16384, 1000000};
    struct sl_strbuf text = {0};
    (void)make_text(&text);
    for (int c = 0; c < SL_ZIP_CODINGS; c++) {
        struct sl_strbuf packed = {0};
        encode((enum sl_zip_coding)c, sl_strbuf_str(&text), &packed);
        EXPECT(packed.n < text.n / 2);
        for (size_t i = 0; i < SL_LEN(steps); i++) {
            struct sl_strbuf out = {0};
            EXPECT_EQ(SL_OK, decode((enum sl_zip_coding)c, sl_strbuf_str(&packed), steps[i],
                                    caps[i], NULL, &out));
            EXPECT_STRS(sl_strbuf_str(&text), sl_strbuf_str(&out));
            sl_strbuf_clear(&out);
            EXPECT_EQ(SL_OK, decode((enum sl_zip_coding)c, sl_strbuf_str(&packed), steps[i],
                                    caps[SL_LEN(caps) - 1 - i], NULL, &out));
            EXPECT_STRS(sl_strbuf_str(&text), sl_strbuf_str(&out));
            sl_strbuf_fini(&out);
        }
        sl_strbuf_fini(&packed);
    }
    sl_strbuf_fini(&text);
}

TEST(zip, notices_that_the_input_is_cut)
{
    for (int c = 0; c < SL_ZIP_CODINGS; c++) {
        struct sl_strbuf packed = {0}, out = {0};
        encode((enum sl_zip_coding)c, SL_STR("hello, hello, hello"), &packed);
        for (size_t n = 0; n < packed.n; n++) {
            EXPECT_EQ(SL_E_UPSTREAM_TRUNCATED,
                      decode((enum sl_zip_coding)c, sl_str_head(sl_strbuf_str(&packed), n), 5, 100,
                             NULL, &out));
        }
        EXPECT_EQ(SL_OK, decode((enum sl_zip_coding)c, sl_strbuf_str(&packed), 5, 100, NULL, &out));
        sl_strbuf_fini(&packed);
        sl_strbuf_fini(&out);
    }
}

TEST(zip, refuses_malformed_input_and_bytes_behind_the_end)
{
    for (int c = 0; c < SL_ZIP_CODINGS; c++) {
        struct sl_strbuf packed = {0}, out = {0};
        EXPECT_EQ(SL_E_SYNTAX,
                  decode((enum sl_zip_coding)c, SL_STR("\xff\xff\xff\xff\xff\xff\xff\xff"), 8, 100,
                         NULL, &out));
        encode((enum sl_zip_coding)c, SL_STR("hello"), &packed);
        sl_strbuf_add(&packed, SL_STR("xxxxxxxxxxxx"));
        EXPECT_EQ(SL_E_SYNTAX,
                  decode((enum sl_zip_coding)c, sl_strbuf_str(&packed), 3, 100, NULL, &out));
        sl_strbuf_fini(&packed);
        sl_strbuf_fini(&out);
    }
}

TEST(zip, members_and_frames_in_a_row_are_one_text)
{
    static const enum sl_zip_coding repeatable[] = {SL_ZIP_GZIP, SL_ZIP_ZSTD};
    for (size_t i = 0; i < SL_LEN(repeatable); i++) {
        struct sl_strbuf packed = {0}, out = {0};
        encode(repeatable[i], SL_STR("one "), &packed);
        encode(repeatable[i], SL_STR("two"), &packed);
        EXPECT_EQ(SL_OK, decode(repeatable[i], sl_strbuf_str(&packed), 3, 100, NULL, &out));
        EXPECT_STR("one two", sl_strbuf_str(&out));
        sl_strbuf_fini(&packed);
        sl_strbuf_fini(&out);
    }
}

TEST(zip, takes_deflate_without_its_wrapper)
{
    struct sl_strbuf packed = {0}, out = {0};
    deflate_text(SL_STR("bare, bare, bare"), -15, &packed);
    EXPECT_EQ(SL_OK, decode(SL_ZIP_DEFLATE, sl_strbuf_str(&packed), 1, 100, NULL, &out));
    EXPECT_STR("bare, bare, bare", sl_strbuf_str(&out));
    sl_strbuf_fini(&packed);
    sl_strbuf_fini(&out);
}

TEST(zip, limits_the_decoded_bytes)
{
    struct sl_unzip_limits limits = {.out_bytes_max = TEXT_BYTES / 2};
    struct sl_strbuf text = {0};
    (void)make_text(&text);
    for (int c = 0; c < SL_ZIP_CODINGS; c++) {
        struct sl_strbuf packed = {0}, out = {0};
        encode((enum sl_zip_coding)c, sl_strbuf_str(&text), &packed);
        EXPECT_EQ(SL_E_LIMIT,
                  decode((enum sl_zip_coding)c, sl_strbuf_str(&packed), 1000, 1000, &limits, &out));
        EXPECT(out.n <= limits.out_bytes_max + 1000);
        sl_strbuf_fini(&packed);
        sl_strbuf_fini(&out);
    }
    sl_strbuf_fini(&text);
}

/* 3 MiB of zeros: beyond the ratio and the bytes that are free of it. */
TEST(zip, limits_the_ratio)
{
    char *zeros = sl_calloc(3, SL_UNZIP_FREE_BYTES);
    sl_str bomb = {zeros, 3 * SL_UNZIP_FREE_BYTES};
    for (int c = 0; c < SL_ZIP_CODINGS; c++) {
        struct sl_strbuf packed = {0}, out = {0};
        struct sl_unzip_limits lax = {.ratio_max = 10000000};
        encode((enum sl_zip_coding)c, bomb, &packed);
        EXPECT_EQ(SL_E_LIMIT, decode((enum sl_zip_coding)c, sl_strbuf_str(&packed), 1000000, 16384,
                                     NULL, &out));
        EXPECT(out.n <= 2 * SL_UNZIP_FREE_BYTES);
        sl_strbuf_clear(&out);
        EXPECT_EQ(SL_OK, decode((enum sl_zip_coding)c, sl_strbuf_str(&packed), 1000000, 16384, &lax,
                                &out));
        EXPECT_EQ(bomb.n, out.n);
        sl_strbuf_fini(&packed);
        sl_strbuf_fini(&out);
    }
    sl_free(zeros);
}

TEST(zip, limits_the_window_of_zstd)
{
    /* A frame header (RFC 8878, section 3.1.1.1) with a window of 16 MiB. */
    struct sl_strbuf out = {0};
    sl_str frame = SL_STR("\x28\xb5\x2f\xfd\x00\x70\x01\x00\x00");
    EXPECT_EQ(SL_E_LIMIT, decode(SL_ZIP_ZSTD, frame, 100, 100, NULL, &out));
    frame = SL_STR("\x28\xb5\x2f\xfd\x00\x68\x01\x00\x00");
    EXPECT_EQ(SL_OK, decode(SL_ZIP_ZSTD, frame, 100, 100, NULL, &out));
    sl_strbuf_fini(&out);
}

TEST(zip, refuses_the_formats_of_zstd_before_its_standard)
{
    static const sl_str magics[] = {
        SL_STR_INIT("\x27\xb5\x2f\xfd\x00"),
        SL_STR_INIT("\x25\xb5\x2f\xfd\x00"),
        SL_STR_INIT("\xfd\x2f\xb5\x1e\x00"),
    };
    struct sl_strbuf out = {0};
    for (size_t i = 0; i < SL_LEN(magics); i++)
        EXPECT_EQ(SL_E_SYNTAX, decode(SL_ZIP_ZSTD, magics[i], 1, 100, NULL, &out));
    sl_strbuf_fini(&out);
}

TEST(zip, knows_codings_by_name)
{
    enum sl_zip_coding coding = SL_ZIP_CODINGS;
    EXPECT(sl_zip_coding_of(SL_STR("BR"), &coding) && coding == SL_ZIP_BR);
    EXPECT(sl_zip_coding_of(SL_STR("x-gzip"), &coding) && coding == SL_ZIP_GZIP);
    EXPECT(sl_zip_coding_of(SL_STR("deflate"), &coding) && coding == SL_ZIP_DEFLATE);
    EXPECT(sl_zip_coding_of(SL_STR("zstd"), &coding) && coding == SL_ZIP_ZSTD);
    EXPECT(!sl_zip_coding_of(SL_STR("identity"), &coding));
    EXPECT(!sl_zip_coding_of(SL_STR("gzip, br"), &coding));
    EXPECT_STR("gzip", sl_zip_coding_name(SL_ZIP_GZIP));
}

TEST(zip, gzip_stops_at_the_strbufs_limit)
{
    struct sl_strbuf out;
    sl_strbuf_init(&out, NULL, 10);
    sl_gzip(SL_STR("hello, hello, hello"), 1, &out);
    EXPECT(out.is_full);
    EXPECT_EQ(0, out.n);
    sl_strbuf_fini(&out);
}
