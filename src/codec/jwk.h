/**
 * jwk: keys that check signed tokens: as JSON (RFC 7517), as sets of them, as PEM, and as shared secrets.
 *
 * A key is for the algorithms of its kind only (codec/jws_alg.def), and for one of them when it names it.
 * Keys live as long as the arena they were read into. Immutable then; any thread.
 */
#pragma once
#include "codec/crypto.h"
#include "codec/json.h"

enum sl_jws_alg {
    SL_JWS_ANY = 0, /* of a key: all of its kind */
#define X(ID, name, kind, digest, is_pss) SL_JWS_##ID,
#include "codec/jws_alg.def"
#undef X
    SL_JWS_COUNT
};

enum { SL_JWKS_MAX = 64, SL_JWK_SECRET_BYTES_MIN = 32 }; /* RFC 7518, 3.2 */

struct sl_jwk {
    enum sl_key_kind kind;
    enum sl_jws_alg alg;
    sl_str kid;                      /* may be empty */
    sl_str secret;                   /* SL_KEY_SECRET */
    const struct sl_public_key *key; /* the others */
};

struct sl_jwks {
    const struct sl_jwk *v;
    size_t n;
};

/** SL_JWS_ANY for a name that is no algorithm, such as "none". */
enum sl_jws_alg sl_jws_alg_by_name(sl_str name);
const char *sl_jws_alg_name(enum sl_jws_alg alg);
enum sl_key_kind sl_jws_alg_kind(enum sl_jws_alg alg);

/** A public key as JSON. False: none of those we know, one that is not for signatures, or not a good one. */
bool sl_jwk_read(const struct sl_json *v, struct sl_arena *a, struct sl_jwk *ret) SL_CHECKED;
/** A public key as people paste it: PEM, or JSON. */
bool sl_jwk_parse(sl_str text, struct sl_arena *a, struct sl_jwk *ret) SL_CHECKED;
/**
 * A set: {"keys": [...]}. Keys of other kinds and uses are left out, as RFC 7517, 5 wants; so are those beyond
 * SL_JWKS_MAX. False: it is no set.
 */
bool sl_jwks_parse(sl_str json, struct sl_arena *a, struct sl_jwks *ret) SL_CHECKED;

/**
 * The same set with nothing but what sl_jwks_parse takes of it, in few words, in `a`: at most `max_bytes`; keys that
 * do not fit in are left out. False: it is no set.
 */
bool sl_jwks_reduce(sl_str json, size_t max_bytes, struct sl_arena *a, sl_str *ret) SL_CHECKED;

/** The same for the same public keys with the same names and algorithms, in any order. */
void sl_jwks_digest(const struct sl_jwks *keys, uint8_t ret[SL_SHA256_BYTES]);

/** May it be used with `alg`? */
bool sl_jwk_is_for(const struct sl_jwk *key, enum sl_jws_alg alg);
/** Is it the signature of `bytes` by `key` with `alg`, and may the key be used with that? */
bool sl_jws_verify(enum sl_jws_alg alg, const struct sl_jwk *key, sl_str bytes, sl_str signature);
