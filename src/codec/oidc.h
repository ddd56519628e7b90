/**
 * oidc: the messages of a relying party of OpenID Connect: the authorization code flow with PKCE (Core 1.0 and
 * Discovery 1.0; RFC 7636, S256; RFC 9207). What is asked and what was answered, no I/O.
 *
 * Answers are any bytes. Functions that judge them return false with a static reason in *ret_why; texts
 * are in the arena given.
 */
#pragma once
#include "codec/jwt.h"

enum {
    SL_OIDC_DOCUMENT_BYTES_MAX = 256 * 1024,
    SL_OIDC_SUBJECT_BYTES_MAX = 255, /* Core, 2 */
    SL_OIDC_SKEW_S = 60,             /* clocks may differ by that */
};

/** What a provider says of itself (Discovery, 3). */
struct sl_oidc_metadata {
    sl_str issuer, authorization_endpoint, token_endpoint, jwks_uri;
    sl_str userinfo_endpoint;    /* p == NULL: none */
    bool takes_basic;            /* the client's secret as HTTP Basic; else in the form */
    bool names_issuer_in_answer; /* RFC 9207: an answer without `iss` is another's */
};

/** https, or http to this machine itself: nobody in between reads or changes what is asked and answered. */
bool sl_oidc_url_is_safe(sl_str url);
/** Where an issuer's metadata stands. */
sl_str sl_oidc_metadata_url(sl_str issuer, struct sl_arena *a);
bool sl_oidc_metadata_parse(sl_str json, sl_str issuer, struct sl_arena *a,
                            struct sl_oidc_metadata *ret, const char **ret_why) SL_CHECKED;

struct sl_oidc_request {
    sl_str client_id, redirect_uri, state, nonce, verifier;
    struct sl_strs scopes; /* "openid" is added */
};
/** Where the browser is sent. */
sl_str sl_oidc_authorize_url(const struct sl_oidc_metadata *m, const struct sl_oidc_request *rq,
                             struct sl_arena *a);

struct sl_oidc_exchange {
    sl_str client_id, secret; /* no secret: a public client */
    sl_str code, redirect_uri, verifier;
};
/** The form for the token endpoint. */
sl_str sl_oidc_token_form(const struct sl_oidc_metadata *m, const struct sl_oidc_exchange *e,
                          struct sl_arena *a);
/** The Authorization field beside it; p == NULL: none. */
sl_str sl_oidc_authorization(const struct sl_oidc_metadata *m, const struct sl_oidc_exchange *e,
                             struct sl_arena *a);

struct sl_oidc_tokens {
    sl_str id_token, access_token; /* access_token may be empty */
};
bool sl_oidc_tokens_parse(sl_str json, struct sl_arena *a, struct sl_oidc_tokens *ret,
                          const char **ret_why) SL_CHECKED;
/** The code of an error answer (RFC 6749, 5.2): letters and '_' only; empty: it has none. */
sl_str sl_oidc_error_code(sl_str json, struct sl_arena *a);

struct sl_oidc_expected {
    sl_str issuer, client_id, nonce;
    int64_t now_s;
};
/** NULL: the claims are for us, now, and of this sign-in; else what is wrong. */
const char *sl_oidc_check(const struct sl_jwt *t, const struct sl_oidc_expected *expected);

/** A claim by name, or by a path with dots ("realm_access.roles") when there is none of that name. */
const struct sl_json *sl_oidc_claim(const struct sl_json *claims, sl_str path);
