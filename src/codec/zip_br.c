/*
 * br by Google's decoder. Large windows (above 16 MiB) are off, as RFC 7932 has it.
 */
#include "codec/zip_int.h"

#include <brotli/decode.h>

#include "base/err.h"

static void *br_open(enum sl_zip_coding coding)
{
    (void)coding;
    return BrotliDecoderCreateInstance(NULL, NULL, NULL);
}

static void br_close(void *state)
{
    BrotliDecoderDestroyInstance(state);
}

static sl_rc br_step(void *state, struct sl_unzip_io *io)
{
    const uint8_t *in = (const uint8_t *)io->in;
    uint8_t *out = (uint8_t *)io->out;
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state, &io->in_n, &in, &io->out_n, &out, NULL);
    io->in = (const char *)in;
    io->out = (char *)out;
    switch (result) {
    case BROTLI_DECODER_RESULT_SUCCESS:
        return SL_OK;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
    case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return SL_E_AGAIN;
    case BROTLI_DECODER_RESULT_ERROR:
        break;
    }
    return SL_E_SYNTAX;
}

const struct sl_unzip_type sl_unzip_br = {br_open, br_close, br_step};
