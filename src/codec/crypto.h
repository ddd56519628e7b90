/**
 * crypto: digests, and signatures with RSA, by OpenSSL. What is secret is compared with sl_str_eq_secret (base/str.h); digests
 * become text with sl_enc_hex (base/enc.h). No state, any thread.
 */
#pragma once
#include "base/strbuf.h"

enum { SL_SHA1_BYTES = 20, SL_SHA256_BYTES = 32 };

/** FIPS 180-4. */
void sl_sha256(sl_str bytes, uint8_t ret[SL_SHA256_BYTES]);
/** The digest of `n` parts in a row, such as the slices of a body. */
void sl_sha256_parts(const sl_str *parts, size_t n, uint8_t ret[SL_SHA256_BYTES]);
/** RFC 2104 with SHA-256; the key may have any length. */
void sl_hmac_sha256(sl_str key, sl_str bytes, uint8_t ret[SL_SHA256_BYTES]);
/** Broken as a signature; only for protocols that name it (the WebSocket handshake, RFC 6455). */
void sl_sha1(sl_str bytes, uint8_t ret[SL_SHA1_BYTES]);

/** Is `pem` a private RSA key (PKCS #8 or PKCS #1) without a passphrase? */
bool sl_rsa_is_private_key(sl_str pem);
/** Append the RS256 signature of `bytes` (RFC 7518, 3.3): PKCS #1 v1.5 with SHA-256. False: no such key. */
bool sl_rs256_sign(sl_str pem, sl_str bytes, struct sl_strbuf *ret) SL_CHECKED;

/** A digest as bytes for sl_enc_hex and the like. */
static inline sl_str sl_digest_str(const uint8_t *digest, size_t n)
{
    return (sl_str){(const char *)digest, n};
}
