/*
 * Any bytes into codec/zip: the first chooses the coding, the second how to chop. Whole and chopped must
 * give the same text and the same end, within the limits; and what sl_gzip writes must come back.
 *
 * Allowed: a limit may be noticed sooner or later, and zstd's library is stricter with some malformed
 * frames, and laxer with windows, when it gets a frame in one piece.
 */
#include "base/err.h"
#include "base/str.h"
#include "codec/zip.h"

static const struct sl_unzip_limits limits = {.out_bytes_max = 1 << 16};

struct outcome {
    struct sl_strbuf text;
    sl_rc rc;
};

static struct outcome decode(enum sl_zip_coding coding, sl_str in, size_t step, size_t cap)
{
    struct outcome o = {.rc = SL_OK};
    struct sl_unzip *z = sl_unzip_new(coding, &limits);
    char buf[4096];
    size_t n;
    for (size_t at = 0; at < in.n && o.rc == SL_OK; at += step) {
        sl_str piece = sl_str_head(sl_str_from(in, at), step);
        do {
            o.rc = sl_unzip_read(z, &piece, buf, cap, &n);
            sl_strbuf_add(&o.text, (sl_str){buf, n});
        } while (o.rc == SL_OK && n == cap);
        SL_ASSERT(o.rc != SL_OK || piece.n == 0);
    }
    if (o.rc == SL_OK)
        o.rc = sl_unzip_finish(z);
    SL_ASSERT(o.text.n <= limits.out_bytes_max + cap);
    sl_unzip_free(z);
    return o;
}

static void check_round_trip(sl_str text)
{
    struct sl_strbuf packed = {0};
    sl_gzip(text, 1, &packed);
    struct outcome back = decode(SL_ZIP_GZIP, sl_strbuf_str(&packed), 50, 64);
    SL_ASSERT(back.rc == SL_OK);
    SL_ASSERT(sl_str_eq(text, sl_strbuf_str(&back.text)));
    sl_strbuf_fini(&packed);
    sl_strbuf_fini(&back.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    enum sl_zip_coding coding = (enum sl_zip_coding)(data[0] % SL_ZIP_CODINGS);
    sl_str in = {(const char *)data + 2, size - 2};
    struct outcome whole = decode(coding, in, size, 4096);
    struct outcome chopped = decode(coding, in, 1 + data[1] % 64, 1 + data[1]);
    bool is_limited = whole.rc == SL_E_LIMIT || chopped.rc == SL_E_LIMIT;
    SL_ASSERT(whole.rc == chopped.rc || is_limited || coding == SL_ZIP_ZSTD);
    if (whole.rc == SL_OK && chopped.rc == SL_OK)
        SL_ASSERT(sl_str_eq(sl_strbuf_str(&whole.text), sl_strbuf_str(&chopped.text)));
    sl_strbuf_fini(&whole.text);
    sl_strbuf_fini(&chopped.text);
    check_round_trip(in);
    return 0;
}
