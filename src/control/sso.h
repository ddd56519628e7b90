/**
 * sso: single sign-on with OpenID Connect: the authorization code flow with PKCE (codec/oidc).
 *
 * Between its start and its end nothing is kept here: what belongs to a sign-in (state, nonce, verifier, where to
 * go then) is sealed in a cookie of the browser that began it, so that any node may end it, and another
 * browser cannot. Providers are asked by control threads, at most SL_SSO_WAITING_MAX at a time, with a
 * limit of time and size.
 */
#pragma once
#include "control/fetched.h"
#include "control/identity.h"

enum {
    SL_SSO_WAITING_MAX = 2, /* of the SL_API_THREADS that everybody shares */
    SL_SSO_TRYING_MAX = 1,  /* of those: for sl_sso_discover */
    SL_SSO_TIMEOUT_S = 5,   /* of each request to a provider */
    SL_SSO_LIFE_S = 600,    /* from the start to the end */
    SL_SSO_PATH_BYTES_MAX = 512
};

struct sl_identity_provider_config {
    sl_str name, title, issuer, client_id, client_secret;
    struct sl_strs scopes;
    sl_str public_url, username_claim, groups_claim;
    struct sl_strs allowed_groups, email_domains;
    struct sl_list_of grants; /* struct sl_sso_grant */
    bool create_users, link_users, keep_grants, disabled;
};
/** With the grant `role` to who is in `group`; empty: to everybody. */
struct sl_sso_grant {
    sl_str group, role, workspace, team;
};
extern const struct sl_field sl_identity_provider_fields[];

enum sl_sso_failure {
    SL_SSO_DONE = 0,
#define X(NAME, code, text) SL_SSO_##NAME,
#include "control/sso_failure.def"
#undef X
};
const char *sl_sso_failure_code(enum sl_sso_failure f);
const char *sl_sso_failure_text(enum sl_sso_failure f);

/** Of one node: copies of documents, and who waits. */
struct sl_sso;
struct sl_sso *sl_sso_new(void) SL_CHECKED;
/** Accepts NULL. */
void sl_sso_free(struct sl_sso *s);

/** A provider that is not disabled, its secret in clear. SL_E_NOTFOUND, SL_E_STORE. */
struct sl_sso_provider {
    sl_str id;
    struct sl_identity_provider_config config;
};
sl_rc sl_sso_find(struct sl_control *c, sl_str name, struct sl_arena *a, struct sl_diag *d,
                  struct sl_sso_provider *ret) SL_CHECKED;

/** A place of our own to go to afterwards: a path, not another site. */
bool sl_sso_path_is_own(sl_str path);

struct sl_sso_call {
    struct sl_control *control;
    const struct sl_sso_provider *provider;
    struct sl_arena *a;
    struct sl_diag *d; /* what is wrong, for the log */
    struct sl_came_from from;
    bool is_dry; /* find out what would be, change nothing */
};

/** What the provider says of itself, asked anew when it was not lately; with how many keys of it we can use. */
struct sl_oidc_metadata;
enum sl_sso_failure sl_sso_discover(const struct sl_sso_call *c, struct sl_oidc_metadata *ret,
                                    size_t *ret_keys);

struct sl_sso_start {
    sl_str redirect_uri, return_to; /* in */
    sl_str location, cookie;        /* out */
};
enum sl_sso_failure sl_sso_start(const struct sl_sso_call *c, struct sl_sso_start *s);

struct sl_sso_end {
    sl_str cookie, code, state, error, issuer; /* in: of the request; p == NULL: not there */
    sl_str return_to;                          /* out, as soon as the cookie is known to be ours */
    struct sl_login login;                     /* out */
};
enum sl_sso_failure sl_sso_end(const struct sl_sso_call *c, struct sl_sso_end *e);

/** Returns `f`; `why` is for the log. */
enum sl_sso_failure sl_sso_fail(const struct sl_sso_call *c, enum sl_sso_failure f,
                                const char *why);
