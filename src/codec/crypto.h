/**
 * crypto: digests, and signatures with RSA, elliptic curves and Ed25519, by OpenSSL. What is secret is compared with sl_str_eq_secret (base/str.h); digests
 * become text with sl_enc_hex (base/enc.h). No state, any thread.
 */
#pragma once
#include "base/strbuf.h"

enum { SL_SHA1_BYTES = 20, SL_SHA256_BYTES = 32, SL_DIGEST_BYTES_MAX = 64 };

enum sl_digest { SL_DIGEST_SHA1, SL_DIGEST_SHA256, SL_DIGEST_SHA384, SL_DIGEST_SHA512 };

/** FIPS 180-4. */
void sl_sha256(sl_str bytes, uint8_t ret[SL_SHA256_BYTES]);
/** The digest of `n` parts in a row, such as the slices of a body. */
void sl_sha256_parts(const sl_str *parts, size_t n, uint8_t ret[SL_SHA256_BYTES]);
/** RFC 2104 with SHA-256; the key may have any length. */
void sl_hmac_sha256(sl_str key, sl_str bytes, uint8_t ret[SL_SHA256_BYTES]);
/** RFC 2104 with any digest. Its number of bytes. */
size_t sl_hmac(enum sl_digest digest, sl_str key, sl_str bytes, uint8_t ret[SL_DIGEST_BYTES_MAX]);
/** Broken as a signature; only for protocols that name it (the WebSocket handshake, RFC 6455). */
void sl_sha1(sl_str bytes, uint8_t ret[SL_SHA1_BYTES]);

/** Is `pem` a private RSA key (PKCS #8 or PKCS #1) without a passphrase? */
bool sl_rsa_is_private_key(sl_str pem);
/** Append the RS256 signature of `bytes` (RFC 7518, 3.3): PKCS #1 v1.5 with SHA-256. False: no such key. */
bool sl_rs256_sign(sl_str pem, sl_str bytes, struct sl_strbuf *ret) SL_CHECKED;

/** What keys of signatures are: a secret that both sides share, or the public half of one of these. */
enum sl_key_kind {
    SL_KEY_SECRET,
    SL_KEY_RSA,
    SL_KEY_P256,
    SL_KEY_P384,
    SL_KEY_P521,
    SL_KEY_ED25519
};

enum {
    SL_RSA_BITS_MIN = 2048,
    SL_RSA_BITS_MAX = 8192
}; /* RFC 7518, 3.3; and what checking may cost */

/** Opaque; immutable, any thread. */
struct sl_public_key;

/** From PEM ("BEGIN PUBLIC KEY"). NULL: it is none, or of a kind or size that is not taken. */
struct sl_public_key *sl_public_key_pem(sl_str pem, enum sl_key_kind *ret_kind);
/** From a modulus and an exponent, big-endian. */
struct sl_public_key *sl_public_key_rsa(sl_str modulus, sl_str exponent);
/** From coordinates, big-endian and of the curve's length; Ed25519 has `x` only. NULL: no point of the curve. */
struct sl_public_key *sl_public_key_point(enum sl_key_kind kind, sl_str x, sl_str y);
/** The same for the same key, however it was written. */
void sl_public_key_digest(const struct sl_public_key *key, uint8_t ret[SL_SHA256_BYTES]);
/** Accepts NULL. */
void sl_public_key_free(struct sl_public_key *key);
/**
 * Is that the signature of `bytes`, in the form of RFC 7518: RSA as PKCS #1 v1.5 or, `is_pss`, PSS with a
 * salt as long as the digest; curves as r and s in a row? Ed25519 needs no digest.
 */
bool sl_public_key_verify(const struct sl_public_key *key, enum sl_digest digest, bool is_pss,
                          sl_str bytes, sl_str signature);

/** A digest as bytes for sl_enc_hex and the like. */
static inline sl_str sl_digest_str(const uint8_t *digest, size_t n)
{
    return (sl_str){(const char *)digest, n};
}
