/**
 * httpsig: requests that are signed with a shared secret, as draft-cavage-http-signatures-12 has them (and Kong's
 * hmac-auth, whose words `username` and `request-line` are known too):
 *
 *     Authorization: Signature keyId="shop",algorithm="hmac-sha256",headers="(request-target) date digest",
 *                    signature="<base64>"
 *
 * Pure. Texts are in the arena given, or borrowed. Functions that judge return false with a static reason in
 * *ret_why.
 */
#pragma once
#include "codec/header.h"
#include "codec/jwk.h"

enum { SL_HTTPSIG_BYTES_MAX = 8192, SL_HTTPSIG_FIELDS_MAX = 32 };

struct sl_httpsig {
    sl_str key_id, algorithm;             /* algorithm may be empty */
    sl_str fields[SL_HTTPSIG_FIELDS_MAX]; /* what is signed, in order; as written */
    size_t field_count;
    sl_str signature;        /* bytes */
    sl_str created, expires; /* as written; p == NULL: not there */
};

/** What stands behind `Signature` or `hmac`, in any case; p == NULL: another scheme. */
sl_str sl_httpsig_of(sl_str authorization);
/** Any bytes. Parameters that are not known are left out, as the draft wants; none may come twice. */
bool sl_httpsig_parse(sl_str parameters, struct sl_arena *a, struct sl_httpsig *ret,
                      const char **ret_why) SL_CHECKED;
/** Is that signed? In any case of letters; `request-line` counts as `(request-target)`. */
bool sl_httpsig_covers(const struct sl_httpsig *s, sl_str field);
/** What was signed, of the request as it was received. False: a field that is named is not there. */
bool sl_httpsig_base(const struct sl_httpsig *s, const struct sl_head *rq, struct sl_arena *a,
                     sl_str *ret, const char **ret_why) SL_CHECKED;
/** "hmac-sha256" and its kin; without a name, or with "hs2019", what the key is for. SL_JWS_ANY: none of these. */
enum sl_jws_alg sl_httpsig_alg(sl_str name, const struct sl_jwk *key);

/** All values of a field, as one (RFC 9110, 5.2); p == NULL when it is not there. */
sl_str sl_httpsig_field(const struct sl_headers *h, sl_str name, struct sl_arena *a);
/**
 * Has a `Digest` (RFC 3230: "SHA-256=<base64>") or `Content-Digest` (RFC 9530: "sha-256=:<base64>:") the SHA-256
 * of these parts in a row?
 */
bool sl_digest_field_fits(sl_str value, const sl_str *parts, size_t n);
