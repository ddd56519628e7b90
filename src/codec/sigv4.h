/**
 * sigv4: AWS Signature Version 4, the signing side (AWS4-HMAC-SHA256, in the Authorization field).
 *
 * What is signed: method, path, query, the given fields, the digest of the body. The path is taken
 * as it goes over the wire, that is percent-encoded once, and encoded again for the canonical form,
 * which is what every service but S3 wants ("/model/a%3A0" is signed as "/model/a%253A0").
 *
 * Pure: the time is an argument. Texts in the arena given. Any thread. The secret is never copied
 * into an arena.
 */
#pragma once
#include "codec/header.h"

enum { SL_SIGV4_FIELDS_MAX = 64 };

struct sl_sigv4_key {
    sl_str id, secret;
    sl_str session_token; /* of temporary credentials; empty: none */
};

struct sl_sigv4_scope {
    sl_str region, service; /* "eu-central-1", "bedrock" */
    int64_t now_unix_s;     /* servers allow some minutes of difference */
};

struct sl_sigv4_request {
    sl_str method;
    sl_str path;                      /* as sent; empty means "/" */
    sl_str query;                     /* as sent, without '?' */
    const struct sl_headers *headers; /* to be signed, all of them: host, x-amz-date, ... */
    sl_str body_sha256;               /* in lower-case hexadecimal */
};

/** "20150830T123600Z": the value of x-amz-date. */
sl_str sl_sigv4_date(struct sl_arena *a, int64_t unix_s);
/** The text whose digest is signed, for tests and for people who look for a difference. */
sl_str sl_sigv4_canonical(const struct sl_sigv4_request *rq, struct sl_arena *a);
/** The value of Authorization. Empty for more than SL_SIGV4_FIELDS_MAX fields, and at the arena's limit. */
sl_str sl_sigv4_authorization(const struct sl_sigv4_scope *scope, const struct sl_sigv4_key *key,
                              const struct sl_sigv4_request *rq, struct sl_arena *a);
/**
 * Complete a head: add x-amz-date, x-amz-content-sha256, with a session token x-amz-security-token,
 * and Authorization, which signs `host` and of the head's fields Content-Type and all x-amz-*.
 * rq->headers is the head; false at a limit.
 */
bool sl_sigv4_sign(const struct sl_sigv4_scope *scope, const struct sl_sigv4_key *key,
                   const struct sl_sigv4_request *rq, sl_str host,
                   struct sl_headers *head) SL_CHECKED;
/** "ID:SECRET" or "ID:SECRET:TOKEN", borrowed; false for anything else. */
bool sl_sigv4_key_parse(sl_str text, struct sl_sigv4_key *ret) SL_CHECKED;
