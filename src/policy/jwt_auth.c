/*
 * jwt_auth: who calls, by a token that somebody we know has signed (RFC 7519).
 *
 * A claim names the credential, whose key says by which algorithm the signature must be; only then the rest of
 * the claims is believed. The token never goes upstream (I1).
 */
#include "codec/cookie.h"
#include "codec/jwt.h"
#include "policy/policy_int.h"
#include "snapshot/key_set.h"

struct jwt_auth_config {
    struct sl_strs headers;
    sl_str query, cookie, key_claim;
    sl_usec clock_skew_us, max_lifetime_us;
    bool requires_expiry, optional;
    struct sl_strs issuers, audiences;
};

static const struct sl_field jwt_auth_fields[] = {
    SL_FIELD_STRS(struct jwt_auth_config, headers, .min = "1", .max = "16",
                  .dflt = "[authorization]", .example = "[authorization, x-token]",
                  .help = "Header fields that may carry the token, behind `Bearer` or alone; the "
                          "first that is there counts. In `authorization` it stands behind "
                          "`Bearer`. All are removed before the request goes upstream."),
    SL_FIELD_STR(struct jwt_auth_config, query, .max = "64", .example = "jwt",
                 .help = "Query parameter that may carry it when no header does; removed, too. "
                         "URLs get into browsers' histories and logs of others."),
    SL_FIELD_STR(struct jwt_auth_config, cookie, .max = "64", .example = "session",
                 .help = "Cookie that may carry it when neither does."),
    SL_FIELD_STR(
        struct jwt_auth_config, key_claim, .dflt = "iss", .min = "1", .max = "64", .example = "sub",
        .help = "The claim whose text is the `key_id` of the caller's credential. When there "
                "is no such claim, the member of the token's header, such as `kid`."),
    SL_FIELD_SPAN(struct jwt_auth_config, clock_skew_us, "clock_skew", .dflt = "60s", .min = "0s",
                  .max = "10m",
                  .help = "How far the clocks of those who sign may be from ours, for `exp` and "
                          "`nbf`."),
    SL_FIELD_BOOL(struct jwt_auth_config, requires_expiry, .dflt = "true",
                  .help = "Refuse tokens without an end (`exp`)."),
    SL_FIELD_SPAN(struct jwt_auth_config, max_lifetime_us, "max_lifetime", .dflt = "0s",
                  .min = "0s", .max = "3650d",
                  .help = "Refuse tokens that are good for longer, from `iat` to `exp`. 0: any."),
    SL_FIELD_STRS(struct jwt_auth_config, issuers, .max = "64",
                  .help = "`iss` must be one of these. Left out: what the credential says.",
                  .example = "[\"https://login.example.com\"]"),
    SL_FIELD_STRS(struct jwt_auth_config, audiences, .max = "64",
                  .help = "`aud` must have one of these. Left out: what the credential says.",
                  .example = "[orders]"),
    SL_FIELD_BOOL(struct jwt_auth_config, optional, .dflt = "false",
                  .help = "Let callers without a token pass, as nobody, or to the next policy that "
                          "knows callers: what is not three parts with dots is no token. A wrong "
                          "token is refused all the same."),
    SL_FIELD_END,
};

static sl_rc jwt_auth_compile(void *config, sl_str identity, struct sl_state_registry *states,
                              struct sl_arena *a, struct sl_diag *d)
{
    const struct jwt_auth_config *c = config;
    (void)identity, (void)states, (void)a;
    return sl_header_names_check(&c->headers, d);
}

/* ------------------------------------------------------------------ the token */

static sl_str in_headers(const struct jwt_auth_config *c, const struct sl_headers *h)
{
    for (size_t i = 0; i < c->headers.n; i++) {
        const struct sl_header *f = sl_headers_find(h, c->headers.v[i]);
        if (f == NULL)
            continue;
        sl_str token = sl_bearer(f->value);
        if (token.n == 0 && f->id != SL_H_AUTHORIZATION)
            token = f->value;
        if (token.n != 0)
            return token;
    }
    return (sl_str){0};
}

/* key_auth may have taken the field out already. */
static sl_str find_token(const struct jwt_auth_config *c, struct sl_exchange *x)
{
    sl_str token = in_headers(c, &x->req.headers);
    if (token.n == 0)
        token = in_headers(c, &x->in->req.headers);
    if (token.n == 0)
        token = sl_query_parameter(x, c->query);
    if (token.n == 0 && c->cookie.n != 0)
        (void)sl_cookie_get(&x->req.headers, c->cookie, &token);
    return token;
}

/* Has it the form of one? Bearer may stand before an API key as well, for the policy behind this one. */
static bool has_form_of_token(sl_str token)
{
    size_t first = sl_str_find(token, '.', 0);
    return first != SIZE_MAX && sl_str_find(token, '.', first + 1) != SIZE_MAX;
}

static enum sl_verdict refuse(struct sl_exchange *x, const char *why)
{
    sl_answer_header(x, SL_STR("www-authenticate"),
                     SL_STR("Bearer realm=\"sluice\", error=\"invalid_token\""));
    return sl_fail_hint(x, SL_E_UNAUTHENTICATED, why, SL_STR("get a new token from who issues it"));
}

static enum sl_verdict ask_for_token(struct sl_exchange *x)
{
    sl_answer_header(x, SL_STR("www-authenticate"), SL_STR("Bearer realm=\"sluice\""));
    return sl_fail_hint(x, SL_E_UNAUTHENTICATED, "no token was sent",
                        SL_STR("send it as 'Authorization: Bearer TOKEN'"));
}

/* ------------------------------------------------------------------ the caller */

static const struct sl_credential *find_credential(const struct jwt_auth_config *c,
                                                   const struct sl_exchange *x,
                                                   const struct sl_jwt *t)
{
    uint8_t hash[SL_SHA256_BYTES];
    sl_str id = sl_jwt_text(t, c->key_claim);
    if (id.n == 0)
        id = sl_json_text(sl_json_get(t->header, c->key_claim));
    if (id.n == 0)
        return NULL;
    sl_credential_id_hash(SL_CREDENTIAL_JWT, id, hash);
    const struct sl_credential *found = sl_snapshot_credential(x->snapshot, hash);
    return found != NULL && found->kind == SL_CREDENTIAL_JWT ? found : NULL;
}

/* Keys of a set change at their issuer: a token of one that is not known yet has it fetched, for those that follow. */
static const char *check_signature(const struct sl_credential_proof *proof, const struct sl_jwt *t,
                                   int64_t now_s)
{
    const struct sl_key_set *set = proof->key_set;
    enum sl_jwt_signed is_signed = SL_JWT_WRONG;
    if (set == NULL &&
        sl_credential_proof_verifies(proof, now_s, t->alg, t->signed_bytes, t->signature))
        is_signed = SL_JWT_SIGNED;
    else if (set != NULL && (proof->key.alg == SL_JWS_ANY || proof->key.alg == t->alg))
        is_signed = sl_jwt_signed_by(t, &set->keys);
    if (is_signed == SL_JWT_NO_KEY)
        sl_key_set_want(set);
    return is_signed == SL_JWT_SIGNED ? NULL : sl_jwt_signed_why(is_signed);
}

/* What the policy wants of claims, and what the credential does. NULL: all is well. */
static const char *check_claims(const struct jwt_auth_config *c, const struct sl_exchange *x,
                                const struct sl_jwt *t, const struct sl_credential_proof *proof)
{
    struct sl_jwt_rules rules = {
        .now_s = sl_wall_seconds(x),
        .skew_s = c->clock_skew_us / SL_SECONDS(1),
        .lifetime_max_s = c->max_lifetime_us / SL_SECONDS(1),
        .needs_expiry = c->requires_expiry,
        .issuers = c->issuers,
        .audiences = c->audiences,
    };
    const char *why = sl_jwt_check(t, &rules);
    sl_str issuer = proof->issuer, audience = proof->audience;
    if (why != NULL)
        return why;
    rules.issuers = (struct sl_strs){.v = &issuer, .n = issuer.n != 0};
    rules.audiences = (struct sl_strs){.v = &audience, .n = audience.n != 0};
    return sl_jwt_check(t, &rules);
}

static enum sl_verdict judge(const struct jwt_auth_config *c, struct sl_exchange *x, sl_str token)
{
    struct sl_jwt t;
    const char *why;
    if (!sl_jwt_parse(token, x->arena, &t, &why))
        return refuse(x, why);
    const struct sl_credential *credential = find_credential(c, x, &t);
    if (credential == NULL)
        return refuse(x, "the token names nobody that is known");
    why = check_signature(credential->proof, &t, sl_wall_seconds(x));
    if (why == NULL)
        why = check_claims(c, x, &t, credential->proof);
    return why != NULL ? refuse(x, why) : sl_credential_admit(x, credential);
}

static void remove_token(const struct jwt_auth_config *c, struct sl_exchange *x)
{
    for (size_t i = 0; i < c->headers.n; i++)
        (void)sl_headers_remove(&x->req.headers, c->headers.v[i]);
    sl_query_drop(x, c->query);
    if (c->cookie.n != 0)
        sl_cookie_drop(&x->req.headers, c->cookie, x->arena);
}

static enum sl_verdict jwt_auth_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct jwt_auth_config *c = config;
    sl_str token = find_token(c, x);
    (void)state;

    if (c->optional && !has_form_of_token(token))
        return SL_PASS;
    remove_token(c, x);
    if (x->consumer != NULL) /* known by another policy already */
        return SL_PASS;
    if (token.n == 0)
        return ask_for_token(x);
    return judge(c, x, token);
}

static const char *const told[] = {"headers", "key_claim", "issuers", "audiences", NULL};

const struct sl_policy_type sl_policy_jwt_auth = {
    .name = "jwt_auth",
    .summary = "Know callers by signed tokens (JWT), and refuse those without one.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE,
    .order = SL_ORDER_AUTHN,
    .narrowest_wins = true,
    .identifies = 1 << SL_CREDENTIAL_JWT,
    .told = told,
    .fields = jwt_auth_fields,
    .config_size = sizeof(struct jwt_auth_config),
    .compile = jwt_auth_compile,
    .on_request = jwt_auth_on_request,
};
