#include "codec/jwt.h"
#include "base/enc.h"
#include "base/num.h"
#include "base/str.h"

static const struct sl_json *decode(sl_str part, struct sl_arena *a)
{
    struct sl_strbuf b;
    const struct sl_json *v;
    struct sl_jsonscan_info info;
    sl_strbuf_init(&b, a, SL_JWT_BYTES_MAX);
    if (!sl_dec_base64url(&b, part) || b.is_full ||
        sl_json_parse(sl_strbuf_str(&b), a, &v, &info) != SL_OK)
        return NULL;
    return sl_json_kind(v) == SL_JSON_OBJECT ? v : NULL;
}

static bool split(sl_str token, sl_str parts[3])
{
    for (size_t i = 0; i < 3; i++)
        if (!sl_str_split(&token, '.', &parts[i]) || parts[i].n == 0)
            return false;
    return token.p == NULL;
}

bool sl_jwt_parse(sl_str token, struct sl_arena *a, struct sl_jwt *ret, const char **ret_why)
{
    sl_str parts[3];
    struct sl_strbuf signature;
    sl_strbuf_init(&signature, a, SL_JWT_BYTES_MAX);
    *ret_why = "the token is not three parts of base64url with a dot between them";
    if (token.n > SL_JWT_BYTES_MAX || !split(token, parts) ||
        !sl_dec_base64url(&signature, parts[2]) || signature.is_full)
        return false;
    *ret_why = "the token's header or claims are no JSON object";
    struct sl_jwt t = {.header = decode(parts[0], a), .claims = decode(parts[1], a)};
    if (t.header == NULL || t.claims == NULL)
        return false;
    *ret_why = "the token's algorithm is none that is taken";
    t.alg = sl_jws_alg_by_name(sl_json_text(sl_json_get(t.header, SL_STR("alg"))));
    if (t.alg == SL_JWS_ANY)
        return false;
    *ret_why = "the token needs an extension (crit) that is not known";
    if (sl_json_get(t.header, SL_STR("crit")) != NULL)
        return false;
    t.kid = sl_json_text(sl_json_get(t.header, SL_STR("kid")));
    t.signed_bytes = sl_str_head(token, parts[0].n + 1 + parts[1].n);
    t.signature = sl_strbuf_str(&signature);
    *ret = t;
    return true;
}

sl_str sl_jwt_text(const struct sl_jwt *t, sl_str claim)
{
    return sl_json_text(sl_json_get(t->claims, claim));
}

/* ------------------------------------------------------------------ claims */

enum { DATE_NONE, DATE_BAD, DATE_GOOD };

/* A NumericDate may have parts of a second (RFC 7519, 2), which do not matter here. */
static int date_of(const struct sl_jwt *t, const char *name, int64_t *ret)
{
    const struct sl_json *v = sl_json_get(t->claims, sl_cstr(name));
    if (v == NULL)
        return DATE_NONE;
    return sl_num_rounded(sl_json_number(v), 0, ret) ? DATE_GOOD : DATE_BAD;
}

static bool contains(const struct sl_strs *list, sl_str text)
{
    for (size_t i = 0; i < list->n; i++)
        if (text.p != NULL && sl_str_eq(list->v[i], text))
            return true;
    return false;
}

static bool is_for(const struct sl_jwt *t, const struct sl_strs *audiences)
{
    const struct sl_json *aud = sl_json_get(t->claims, SL_STR("aud")), *item;
    struct sl_json_cursor c = sl_json_each(aud);
    if (contains(audiences, sl_json_text(aud)))
        return true;
    while (sl_json_kind(aud) == SL_JSON_ARRAY && (item = sl_json_next(&c, NULL)) != NULL)
        if (contains(audiences, sl_json_text(item)))
            return true;
    return false;
}

static const char *check_times(const struct sl_jwt *t, const struct sl_jwt_rules *r)
{
    int64_t exp = 0, nbf = 0, iat = 0;
    int has_exp = date_of(t, "exp", &exp), has_nbf = date_of(t, "nbf", &nbf),
        has_iat = date_of(t, "iat", &iat);
    if (has_exp == DATE_BAD || has_nbf == DATE_BAD || has_iat == DATE_BAD)
        return "a time of the token is no number of seconds";
    if (has_exp == DATE_NONE && (r->needs_expiry || r->lifetime_max_s != 0))
        return "the token has no end (exp)";
    if (has_exp == DATE_GOOD && exp <= r->now_s - r->skew_s)
        return "the token has expired";
    if (has_nbf == DATE_GOOD && nbf > r->now_s + r->skew_s)
        return "the token is not good yet (nbf)";
    if (r->lifetime_max_s == 0)
        return NULL;
    if (has_iat != DATE_GOOD)
        return "the token does not say when it was made (iat)";
    if (iat > r->now_s + r->skew_s)
        return "the token was made in the future (iat)";
    return iat < 0 || exp - iat > r->lifetime_max_s ? "the token is good for too long" : NULL;
}

/* A signature with a secret would make everybody who checks one an issuer. */
static bool is_named(const struct sl_jwt *t, const struct sl_jwk *key)
{
    return key->kind != SL_KEY_SECRET && (t->kid.n == 0 || sl_str_eq(t->kid, key->kid));
}

/* Counted first: whether a token is taken does not hang on the order of the keys. */
enum sl_jwt_signed sl_jwt_signed_by(const struct sl_jwt *t, const struct sl_jwks *keys)
{
    const struct sl_jwk *tried[SL_JWT_KEYS_TRIED];
    enum sl_jwt_signed otherwise = SL_JWT_NO_KEY;
    size_t n = 0;
    for (size_t i = 0; i < keys->n; i++) {
        if (!is_named(t, &keys->v[i]))
            continue;
        if (t->kid.n != 0)
            otherwise = SL_JWT_WRONG;
        if (!sl_jwk_is_for(&keys->v[i], t->alg))
            continue;
        if (n == SL_LEN(tried))
            return SL_JWT_TOO_MANY;
        tried[n++] = &keys->v[i];
    }
    for (size_t i = 0; i < n; i++)
        if (sl_jws_verify(t->alg, tried[i], t->signed_bytes, t->signature))
            return SL_JWT_SIGNED;
    return otherwise;
}

const char *sl_jwt_signed_why(enum sl_jwt_signed is_signed)
{
    static const char *const texts[] = {
        [SL_JWT_SIGNED] = "",
        [SL_JWT_WRONG] = "the token's signature is wrong",
        [SL_JWT_NO_KEY] = "the token's key is not known",
        [SL_JWT_TOO_MANY] =
            "the token names no key (kid), and its issuer has too many to try them all",
    };
    return texts[is_signed];
}

const char *sl_jwt_check(const struct sl_jwt *t, const struct sl_jwt_rules *rules)
{
    const char *why = check_times(t, rules);
    if (why != NULL)
        return why;
    if (rules->issuers.n != 0 && !contains(&rules->issuers, sl_jwt_text(t, SL_STR("iss"))))
        return "the token is of another issuer (iss)";
    if (rules->audiences.n != 0 && !is_for(t, &rules->audiences))
        return "the token is for somebody else (aud)";
    return NULL;
}
