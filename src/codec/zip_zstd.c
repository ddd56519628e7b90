/*
 * zstd by its reference decoder. Windows above 8 MiB are refused, as RFC 9659 has it, and so are the
 * formats of before RFC 8878, which many builds of the library would still decode.
 */
#include "codec/zip_int.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/err.h"

enum { WINDOW_LOG_MAX = 23 };

struct state {
    ZSTD_DStream *z;
    bool is_in_frame;
};

static void *zstd_open(enum sl_zip_coding coding)
{
    (void)coding;
    ZSTD_DStream *z = ZSTD_createDStream();
    if (z == NULL)
        return NULL;
    (void)ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    struct state *s = sl_new(struct state);
    s->z = z;
    return s;
}

static void zstd_close(void *state)
{
    struct state *s = state;
    (void)ZSTD_freeDStream(s->z);
    sl_free(s);
}

/* The first byte of a frame, or of a skippable one (RFC 8878, section 3.1); older formats have others. */
static bool may_begin_frame(char c)
{
    return c == (char)(ZSTD_MAGICNUMBER & 0xff) ||
           ((unsigned char)c & 0xf0) == (ZSTD_MAGIC_SKIPPABLE_START & 0xf0);
}

/* One call; what it returns is 0 at the end of a frame. */
static size_t decompress_some(ZSTD_DStream *s, struct sl_unzip_io *io)
{
    ZSTD_inBuffer in = {io->in, io->in_n, 0};
    ZSTD_outBuffer out = {io->out, io->out_n, 0};
    size_t code = ZSTD_decompressStream(s, &out, &in);
    io->in += in.pos;
    io->in_n -= in.pos;
    io->out += out.pos;
    io->out_n -= out.pos;
    return code;
}

static sl_rc rc_of(size_t code)
{
    ZSTD_ErrorCode error = ZSTD_getErrorCode(code);
    bool is_limit =
        error == ZSTD_error_memory_allocation || error == ZSTD_error_frameParameter_windowTooLarge;
    return is_limit ? SL_E_LIMIT : SL_E_SYNTAX;
}

static sl_rc zstd_step(void *state, struct sl_unzip_io *io)
{
    struct state *s = state;
    if (io->in_n != 0 && !s->is_in_frame && !may_begin_frame(io->in[0]))
        return SL_E_SYNTAX;
    size_t code, before;
    s->is_in_frame = s->is_in_frame || io->in_n != 0;
    do {
        before = io->in_n + io->out_n;
        code = decompress_some(s->z, io);
        if (ZSTD_isError(code))
            return rc_of(code);
    } while (code != 0 && io->in_n != 0 && io->out_n != 0 && io->in_n + io->out_n < before);
    s->is_in_frame = s->is_in_frame && code != 0;
    return code == 0 ? SL_OK : SL_E_AGAIN;
}

const struct sl_unzip_type sl_unzip_zstd = {zstd_open, zstd_close, zstd_step};
