/*
 * gzip and deflate by zlib.
 *
 * "deflate" is the zlib format (RFC 9110, section 8.4.1.2), but some send the bare one. The first byte
 * tells: the zlib format's has 8 in its low half, which no bare stream of an encoder begins with.
 */
#include "codec/zip_int.h"

#include <limits.h>
#include <zlib.h>

#include "base/err.h"

enum { WINDOW_BITS = 15, GZIP = 16, MEM_LEVEL = 8 };

struct state {
    z_stream z;
    enum sl_zip_coding coding;
    bool has_begun; /* the format is known */
    bool is_at_end;
};

static void *zlib_open(enum sl_zip_coding coding)
{
    struct state *s = sl_new(struct state);
    s->coding = coding;
    if (inflateInit2(&s->z, coding == SL_ZIP_GZIP ? WINDOW_BITS + GZIP : WINDOW_BITS) == Z_OK)
        return s;
    sl_free(s);
    return NULL;
}

static void zlib_close(void *state)
{
    struct state *s = state;
    (void)inflateEnd(&s->z);
    sl_free(s);
}

/* Before the first byte of a member. */
static void begin(struct state *s, const struct sl_unzip_io *io)
{
    if (io->in_n == 0)
        return;
    if (s->is_at_end)
        (void)inflateReset(&s->z);
    if (!s->has_begun && s->coding == SL_ZIP_DEFLATE && (io->in[0] & 0x0f) != Z_DEFLATED)
        (void)inflateReset2(&s->z, -WINDOW_BITS);
    s->has_begun = true;
    s->is_at_end = false;
}

static sl_rc inflate_some(struct state *s, struct sl_unzip_io *io)
{
    uInt in_n = (uInt)SL_MIN(io->in_n, (size_t)UINT_MAX);
    uInt out_n = (uInt)SL_MIN(io->out_n, (size_t)UINT_MAX);
    s->z.next_in = (z_const Bytef *)(uintptr_t)io->in;
    s->z.avail_in = in_n;
    s->z.next_out = (Bytef *)io->out;
    s->z.avail_out = out_n;
    int code = inflate(&s->z, Z_NO_FLUSH);
    io->in += in_n - s->z.avail_in;
    io->in_n -= in_n - s->z.avail_in;
    io->out += out_n - s->z.avail_out;
    io->out_n -= out_n - s->z.avail_out;
    if (code == Z_STREAM_END)
        return SL_OK;
    if (code == Z_MEM_ERROR)
        return SL_E_LIMIT;
    return code == Z_OK || code == Z_BUF_ERROR ? SL_E_AGAIN : SL_E_SYNTAX;
}

static sl_rc zlib_step(void *state, struct sl_unzip_io *io)
{
    struct state *s = state;
    begin(s, io);
    sl_rc rc;
    size_t before;
    do {
        before = io->in_n + io->out_n;
        rc = inflate_some(s, io);
    } while (rc == SL_E_AGAIN && io->in_n != 0 && io->out_n != 0 && io->in_n + io->out_n < before);
    s->is_at_end = rc == SL_OK;
    return rc;
}

const struct sl_unzip_type sl_unzip_zlib = {zlib_open, zlib_close, zlib_step};

void sl_gzip(sl_str in, int level, struct sl_strbuf *out)
{
    z_stream z = {0};
    SL_ASSERT(level >= 1 && level <= 9);
    SL_ASSERT(in.n <= UINT_MAX);
    if (deflateInit2(&z, level, Z_DEFLATED, WINDOW_BITS + GZIP, MEM_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        out->is_full = true;
        return;
    }
    size_t bound = deflateBound(&z, (uLong)in.n);
    char *room = bound <= UINT_MAX ? sl_strbuf_room(out, bound) : NULL;
    if (room != NULL) {
        z.next_in = (z_const Bytef *)(uintptr_t)in.p;
        z.avail_in = (uInt)in.n;
        z.next_out = (Bytef *)room;
        z.avail_out = (uInt)bound;
        int code = deflate(&z, Z_FINISH);
        SL_ASSERT(code == Z_STREAM_END); /* the room is what zlib said it needs at most */
        out->n += bound - z.avail_out;
    }
    (void)deflateEnd(&z);
}
