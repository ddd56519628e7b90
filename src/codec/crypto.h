/**
 * crypto: digests by OpenSSL. What is secret is compared with sl_str_eq_secret (base/str.h); digests
 * become text with sl_enc_hex (base/enc.h). No state, any thread.
 */
#pragma once
#include "base/base.h"

enum { SL_SHA1_BYTES = 20, SL_SHA256_BYTES = 32 };

/** FIPS 180-4. */
void sl_sha256(sl_str bytes, uint8_t ret[SL_SHA256_BYTES]);
/** The digest of `n` parts in a row, such as the slices of a body. */
void sl_sha256_parts(const sl_str *parts, size_t n, uint8_t ret[SL_SHA256_BYTES]);
/** RFC 2104 with SHA-256; the key may have any length. */
void sl_hmac_sha256(sl_str key, sl_str bytes, uint8_t ret[SL_SHA256_BYTES]);
/** Broken as a signature; only for protocols that name it (the WebSocket handshake, RFC 6455). */
void sl_sha1(sl_str bytes, uint8_t ret[SL_SHA1_BYTES]);

/** A digest as bytes for sl_enc_hex and the like. */
static inline sl_str sl_digest_str(const uint8_t *digest, size_t n)
{
    return (sl_str){(const char *)digest, n};
}
