#include "codec/oidc.h"
#include "base/enc.h"
#include "base/str.h"
#include "codec/url.h"

static sl_str text_at(const struct sl_json *v, const char *name)
{
    return sl_json_text(sl_json_get(v, sl_cstr(name)));
}

static const struct sl_json *parse(sl_str json, struct sl_arena *a)
{
    const struct sl_json *v;
    struct sl_jsonscan_info info;
    bool is_good =
        json.n <= SL_OIDC_DOCUMENT_BYTES_MAX && sl_json_parse(json, a, &v, &info) == SL_OK;
    return is_good && sl_json_kind(v) == SL_JSON_OBJECT ? v : NULL;
}

/* ------------------------------------------------------------------ what a provider says of itself */

static bool is_own_host(sl_str host)
{
    return sl_str_eq(host, SL_STR("localhost")) || sl_str_eq(host, SL_STR("127.0.0.1")) ||
           sl_str_eq(host, SL_STR("::1"));
}

bool sl_oidc_url_is_safe(sl_str url)
{
    struct sl_url u;
    const char *why;
    return sl_url_parse(url, &u, &why) == SL_OK &&
           (sl_str_eq(u.scheme, SL_STR("https")) || is_own_host(u.host));
}

/* Discovery, 4.1: behind the issuer without the slash at its end. */
sl_str sl_oidc_metadata_url(sl_str issuer, struct sl_arena *a)
{
    bool has_slash = sl_str_ends(issuer, SL_STR("/"));
    return sl_fmt(a, "%.*s/.well-known/openid-configuration",
                  SL_STRF(sl_str_head(issuer, issuer.n - has_slash)));
}

static bool lists(const struct sl_json *v, const char *name, const char *text)
{
    const struct sl_json *item;
    struct sl_json_cursor c = sl_json_each(sl_json_get(v, sl_cstr(name)));
    while ((item = sl_json_next(&c, NULL)) != NULL) {
        if (sl_str_eq(sl_json_text(item), sl_cstr(text)))
            return true;
    }
    return false;
}

static const char *endpoints_fault(const struct sl_oidc_metadata *m)
{
    const sl_str urls[] = {m->authorization_endpoint, m->token_endpoint, m->jwks_uri};
    for (size_t i = 0; i < SL_LEN(urls); i++) {
        if (urls[i].n == 0)
            return "the metadata lacks authorization_endpoint, token_endpoint or jwks_uri";
        if (!sl_oidc_url_is_safe(urls[i]))
            return "an endpoint of the metadata is no https URL";
    }
    return m->userinfo_endpoint.n != 0 && !sl_oidc_url_is_safe(m->userinfo_endpoint)
               ? "an endpoint of the metadata is no https URL"
               : NULL;
}

bool sl_oidc_metadata_parse(sl_str json, sl_str issuer, struct sl_arena *a,
                            struct sl_oidc_metadata *ret, const char **ret_why)
{
    static const char methods[] = "token_endpoint_auth_methods_supported";
    const struct sl_json *v = parse(json, a);
    *ret_why = "the metadata is no JSON object";
    if (v == NULL)
        return false;
    *ret = (struct sl_oidc_metadata){
        .issuer = text_at(v, "issuer"),
        .authorization_endpoint = text_at(v, "authorization_endpoint"),
        .token_endpoint = text_at(v, "token_endpoint"),
        .jwks_uri = text_at(v, "jwks_uri"),
        .userinfo_endpoint = text_at(v, "userinfo_endpoint"),
        /* Discovery, 3: the default when nothing is said */
        .takes_basic = sl_json_count(sl_json_get(v, sl_cstr(methods))) == 0 ||
                       lists(v, methods, "client_secret_basic"),
        .names_issuer_in_answer = sl_json_is_true(
            sl_json_get(v, SL_STR("authorization_response_iss_parameter_supported"))),
    };
    *ret_why = "the metadata is of another issuer"; /* Discovery, 4.3 */
    if (!sl_str_eq(ret->issuer, issuer))
        return false;
    *ret_why = endpoints_fault(ret);
    return *ret_why == NULL;
}

/* ------------------------------------------------------------------ what is asked */

static void add(struct sl_strbuf *b, const char *name, sl_str value)
{
    sl_strbuf_addf(b, "&%s=", name);
    sl_enc_percent(b, value);
}

static sl_str scope_of(const struct sl_strs *scopes, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("openid"));
    for (size_t i = 0; i < scopes->n; i++) {
        if (!sl_str_eq(scopes->v[i], SL_STR("openid")))
            sl_strbuf_addf(&b, " %.*s", SL_STRF(scopes->v[i]));
    }
    return sl_strbuf_str(&b);
}

/* RFC 7636, 4.2 */
static sl_str challenge_of(sl_str verifier, struct sl_arena *a)
{
    uint8_t digest[SL_SHA256_BYTES];
    struct sl_strbuf b;
    sl_sha256(verifier, digest);
    sl_strbuf_init(&b, a, 0);
    sl_enc_base64url(&b, sl_digest_str(digest, sizeof(digest)));
    return sl_strbuf_str(&b);
}

sl_str sl_oidc_authorize_url(const struct sl_oidc_metadata *m, const struct sl_oidc_request *rq,
                             struct sl_arena *a)
{
    struct sl_strbuf b;
    bool has_query = sl_str_find(m->authorization_endpoint, '?', 0) != SIZE_MAX;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, m->authorization_endpoint);
    sl_strbuf_addf(&b, "%sresponse_type=code", has_query ? "&" : "?");
    add(&b, "client_id", rq->client_id);
    add(&b, "redirect_uri", rq->redirect_uri);
    add(&b, "scope", scope_of(&rq->scopes, a));
    add(&b, "state", rq->state);
    add(&b, "nonce", rq->nonce);
    add(&b, "code_challenge", challenge_of(rq->verifier, a));
    add(&b, "code_challenge_method", SL_STR("S256"));
    return sl_strbuf_str(&b);
}

sl_str sl_oidc_token_form(const struct sl_oidc_metadata *m, const struct sl_oidc_exchange *e,
                          struct sl_arena *a)
{
    struct sl_strbuf b;
    bool is_basic = m->takes_basic && e->secret.n != 0;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("grant_type=authorization_code"));
    add(&b, "code", e->code);
    add(&b, "redirect_uri", e->redirect_uri);
    add(&b, "code_verifier", e->verifier);
    if (!is_basic)
        add(&b, "client_id", e->client_id);
    if (!is_basic && e->secret.n != 0)
        add(&b, "client_secret", e->secret);
    return sl_strbuf_str(&b);
}

/* RFC 6749, 2.3.1: both parts are encoded before they are joined. */
sl_str sl_oidc_authorization(const struct sl_oidc_metadata *m, const struct sl_oidc_exchange *e,
                             struct sl_arena *a)
{
    struct sl_strbuf pair, b;
    if (!m->takes_basic || e->secret.n == 0)
        return (sl_str){0};
    sl_strbuf_init(&pair, a, 0);
    sl_enc_percent(&pair, e->client_id);
    sl_strbuf_add_char(&pair, ':');
    sl_enc_percent(&pair, e->secret);
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("Basic "));
    sl_enc_base64(&b, sl_strbuf_str(&pair));
    return sl_strbuf_str(&b);
}

/* ------------------------------------------------------------------ what is answered */

static bool is_header_text(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
            return false;
    }
    return true;
}

bool sl_oidc_tokens_parse(sl_str json, struct sl_arena *a, struct sl_oidc_tokens *ret,
                          const char **ret_why)
{
    const struct sl_json *v = parse(json, a);
    *ret_why = "the token endpoint's answer is no JSON object";
    if (v == NULL)
        return false;
    *ret = (struct sl_oidc_tokens){text_at(v, "id_token"), text_at(v, "access_token")};
    *ret_why = "the token endpoint's answer has no id_token";
    return ret->id_token.n != 0 && is_header_text(ret->access_token);
}

sl_str sl_oidc_error_code(sl_str json, struct sl_arena *a)
{
    enum { CODE_BYTES_MAX = 64 };
    sl_str code = text_at(parse(json, a), "error");
    for (size_t i = 0; i < code.n; i++) {
        char c = sl_lower(code.p[i]);
        if (!((c >= 'a' && c <= 'z') || c == '_'))
            return (sl_str){0};
    }
    return code.n <= CODE_BYTES_MAX ? code : (sl_str){0};
}

/* ------------------------------------------------------------------ the id token */

/* Core, 3.1.3.7: steps 4 and 5. */
static bool is_for_another_party(const struct sl_jwt *t, sl_str client_id)
{
    const struct sl_json *aud = sl_json_get(t->claims, SL_STR("aud")),
                         *azp = sl_json_get(t->claims, SL_STR("azp"));
    if (azp != NULL)
        return !sl_str_eq(sl_json_text(azp), client_id);
    return sl_json_kind(aud) == SL_JSON_ARRAY && sl_json_count(aud) > 1;
}

const char *sl_oidc_check(const struct sl_jwt *t, const struct sl_oidc_expected *expected)
{
    sl_str issuer = expected->issuer, client_id = expected->client_id;
    const struct sl_jwt_rules rules = {
        .now_s = expected->now_s,
        .skew_s = SL_OIDC_SKEW_S,
        .needs_expiry = true,
        .issuers = {&issuer, 1},
        .audiences = {&client_id, 1},
    };
    const char *why = sl_jwt_check(t, &rules);
    sl_str subject = sl_jwt_text(t, SL_STR("sub"));
    if (why != NULL)
        return why;
    if (is_for_another_party(t, client_id))
        return "the token was made for another party (azp)";
    if (!sl_str_eq_secret(sl_jwt_text(t, SL_STR("nonce")), expected->nonce))
        return "the token is of another sign-in (nonce)";
    return subject.n == 0 || subject.n > SL_OIDC_SUBJECT_BYTES_MAX
               ? "the token does not say who it is of (sub)"
               : NULL;
}

const struct sl_json *sl_oidc_claim(const struct sl_json *claims, sl_str path)
{
    const struct sl_json *v = sl_json_get(claims, path);
    sl_str step;
    if (v != NULL || sl_str_find(path, '.', 0) == SIZE_MAX)
        return v;
    for (v = claims; v != NULL && sl_str_split(&path, '.', &step);)
        v = sl_json_get(v, step);
    return v;
}
