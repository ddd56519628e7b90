#include "coder.h"

#include <stdlib.h>

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

struct coder {
    enum coding coding;
    z_stream gzip;
    BrotliEncoderState *br;
    ZSTD_CStream *zstd;
};

enum { ROOM = 16384, GZIP_WINDOW = 15 + 16 };

struct coder *coder_new(enum coding coding)
{
    if (coding == CODING_NONE)
        return NULL;
    struct coder *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    c->coding = coding;
    if (coding == CODING_GZIP)
        (void)deflateInit2(&c->gzip, 6, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY);
    else if (coding == CODING_BR)
        c->br = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    else
        c->zstd = ZSTD_createCStream();
    return c;
}

static void put_gzip(struct coder *c, struct span in, bool is_last, struct buf *out)
{
    c->gzip.next_in = (Bytef *)(uintptr_t)in.p;
    c->gzip.avail_in = (uInt)in.n;
    do {
        buf_reserve(out, ROOM);
        c->gzip.next_out = (Bytef *)out->p + out->n;
        c->gzip.avail_out = ROOM;
        (void)deflate(&c->gzip, is_last ? Z_FINISH : Z_SYNC_FLUSH);
        out->n += ROOM - c->gzip.avail_out;
    } while (c->gzip.avail_out == 0);
}

static void put_br(struct coder *c, struct span in, bool is_last, struct buf *out)
{
    const uint8_t *next_in = (const uint8_t *)in.p;
    size_t left = in.n;
    BrotliEncoderOperation op = is_last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH;
    do {
        buf_reserve(out, ROOM);
        uint8_t *next_out = (uint8_t *)out->p + out->n;
        size_t room = ROOM;
        if (!BrotliEncoderCompressStream(c->br, op, &left, &next_in, &room, &next_out, NULL))
            abort();
        out->n += ROOM - room;
    } while (left != 0 || BrotliEncoderHasMoreOutput(c->br));
}

static void put_zstd(struct coder *c, struct span in, bool is_last, struct buf *out)
{
    ZSTD_inBuffer src = {in.p, in.n, 0};
    size_t left;
    do {
        buf_reserve(out, ROOM);
        ZSTD_outBuffer dst = {out->p + out->n, ROOM, 0};
        left = ZSTD_compressStream2(c->zstd, &dst, &src, is_last ? ZSTD_e_end : ZSTD_e_flush);
        if (ZSTD_isError(left))
            abort();
        out->n += dst.pos;
    } while (left != 0);
}

void coder_put(struct coder *c, struct span in, bool is_last, struct buf *out)
{
    switch (c->coding) {
    case CODING_NONE:
        return;
    case CODING_GZIP:
        put_gzip(c, in, is_last, out);
        return;
    case CODING_BR:
        put_br(c, in, is_last, out);
        return;
    case CODING_ZSTD:
        put_zstd(c, in, is_last, out);
        return;
    }
}

void coder_free(struct coder *c)
{
    if (c == NULL)
        return;
    if (c->coding == CODING_GZIP)
        (void)deflateEnd(&c->gzip);
    if (c->br != NULL)
        BrotliEncoderDestroyInstance(c->br);
    if (c->zstd != NULL)
        ZSTD_freeCStream(c->zstd);
    free(c);
}

const char *coding_name(enum coding coding)
{
    static const char *const names[] = {"identity", "gzip", "br", "zstd"};
    return names[coding];
}
