/**
 * jwt: signed tokens (RFC 7519 in the compact form of RFC 7515): HEADER.CLAIMS.SIGNATURE.
 *
 * Taking a token apart says nothing about its truth: what it claims counts after sl_jws_verify (codec/jwk.h)
 * with a key of whom it names, and sl_jwt_check. Encrypted tokens, detached payloads and critical extensions are
 * refused. Pure: the time is an argument. Texts in the arena given, and borrowed from the token.
 */
#pragma once
#include "base/diag.h"
#include "base/field.h"
#include "codec/jwk.h"

enum { SL_JWT_BYTES_MAX = 16 * 1024 };

struct sl_jwt {
    enum sl_jws_alg alg;
    sl_str kid; /* may be empty */
    const struct sl_json *header, *claims;
    sl_str signed_bytes, signature;
};

/** Any bytes. False with a static reason in *ret_why. */
bool sl_jwt_parse(sl_str token, struct sl_arena *a, struct sl_jwt *ret,
                  const char **ret_why) SL_CHECKED;
/** A claim that is text; p == NULL when it is missing or none. */
sl_str sl_jwt_text(const struct sl_jwt *t, sl_str claim);

enum { SL_JWT_KEYS_TRIED = 8 };

enum sl_jwt_signed {
    SL_JWT_SIGNED,
    SL_JWT_WRONG,  /* the key that it names says no */
    SL_JWT_NO_KEY, /* it is of none of these: another look at the issuer's keys may help */
    SL_JWT_TOO_MANY /* it may be of more than SL_JWT_KEYS_TRIED, which would cost too much: none is tried */
};

/**
 * Is it signed with one of these public keys that is for its algorithm: with that which it names by `kid`, else any;
 * never by a shared secret?
 */
enum sl_jwt_signed sl_jwt_signed_by(const struct sl_jwt *t, const struct sl_jwks *keys);
/** Why it is not, for the caller; static. */
const char *sl_jwt_signed_why(enum sl_jwt_signed is_signed);

/** What claims must be. */
struct sl_jwt_rules {
    int64_t now_s, skew_s;
    int64_t lifetime_max_s;            /* from `iat` to `exp`; 0: any */
    bool needs_expiry;                 /* `exp` must be there */
    struct sl_strs issuers, audiences; /* `iss` and `aud` must be one of these; none: any */
};

/** NULL: all is well; else what is not, in a static text for the caller. */
const char *sl_jwt_check(const struct sl_jwt *t, const struct sl_jwt_rules *rules);
