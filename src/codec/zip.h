/**
 * zip: content codings (RFC 9110, section 8.4.1): gzip, deflate, br (RFC 7932) and zstd (RFC 8878).
 *
 * Decoding is incremental: bytes in, bytes out into the caller's buffer, as often as needed.
 *
 *     do {
 *         rc = sl_unzip_read(z, &in, buf, sizeof(buf), &n);
 *         use(buf, n);
 *     } while (rc == SL_OK && n == sizeof(buf));      then feed more, or sl_unzip_finish(z)
 *
 * Bombs end at a size or a ratio. The window of br is at most 16 MiB, of zstd 8 MiB (RFC 9659): that is
 * the memory of a decoder. The libraries take it from the heap. A decoder is owned by one thread.
 */
#pragma once
#include "base/strbuf.h"

enum sl_zip_coding { SL_ZIP_GZIP, SL_ZIP_DEFLATE, SL_ZIP_BR, SL_ZIP_ZSTD, SL_ZIP_CODINGS };

/* Defaults of the limits. The ratio counts only beyond SL_UNZIP_FREE_BYTES: short texts may shrink much. */
#define SL_UNZIP_OUT_BYTES SL_MIB(64)
#define SL_UNZIP_FREE_BYTES SL_MIB(1)
enum { SL_UNZIP_RATIO = 200 };

struct sl_unzip_limits {
    size_t out_bytes_max; /* of the decoded text; 0: SL_UNZIP_OUT_BYTES */
    size_t ratio_max;     /* decoded to encoded; 0: SL_UNZIP_RATIO */
};

/** The coding of one element of Content-Encoding ("gzip", "x-gzip", "br", ...), in any case. */
bool sl_zip_coding_of(sl_str name, enum sl_zip_coding *ret);
/** The name, as in Content-Encoding. */
sl_str sl_zip_coding_name(enum sl_zip_coding coding);

struct sl_unzip;
/** `limits` may be NULL. NULL when there is no memory. */
struct sl_unzip *sl_unzip_new(enum sl_zip_coding coding,
                              const struct sl_unzip_limits *limits) SL_CHECKED;
/** Accepts NULL. */
void sl_unzip_free(struct sl_unzip *z);

/**
 * Decode from the front of *in, which is moved on, into out[0 .. cap). *ret_n < cap means that all of
 * *in was read and all that can be decoded of it was. After an error nothing more is decoded: SL_E_SYNTAX
 * (malformed, or bytes behind the end), SL_E_LIMIT (a limit of sl_unzip_limits); *ret_n is set then too.
 * Several gzip members or zstd frames in a row are one text.
 */
sl_rc sl_unzip_read(struct sl_unzip *z, sl_str *in, char *out, size_t cap,
                    size_t *ret_n) SL_CHECKED;
/** No more bytes come. SL_E_UPSTREAM_TRUNCATED when the text is not complete, or had not begun. */
sl_rc sl_unzip_finish(const struct sl_unzip *z) SL_CHECKED;

/** Append the whole of `in`, compressed as one gzip member, level 1 (fast) to 9. See out->is_full. */
void sl_gzip(sl_str in, int level, struct sl_strbuf *out);
