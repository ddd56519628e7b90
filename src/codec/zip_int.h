/**
 * zip_int: one decoder of codec/zip: a library behind four functions.
 */
#pragma once
#include "codec/zip.h"

/** Bytes in and out of one step; both are moved on. */
struct sl_unzip_io {
    const char *in;
    size_t in_n;
    char *out;
    size_t out_n;
};

struct sl_unzip_type {
    /** The decoder's state, or NULL when there is no memory. */
    void *(*open)(enum sl_zip_coding coding);
    void (*close)(void *state);
    /**
     * Decode until the input or the room is used up, or a member ends. SL_OK at its end (input after
     * that begins the next one), SL_E_AGAIN when it needs more bytes or room, SL_E_SYNTAX, SL_E_LIMIT.
     */
    sl_rc (*step)(void *state, struct sl_unzip_io *io);
};

extern const struct sl_unzip_type sl_unzip_zlib, sl_unzip_br, sl_unzip_zstd;
