#include "ai/oauth.h"

#include "base/enc.h"
#include "base/num.h"
#include "base/strbuf.h"
#include "codec/crypto.h"
#include "codec/json.h"

enum {
    LIFE_S = 3600,            /* of a JWT: Google takes no longer ones */
    EXPIRES_UNSAID_S = 300,   /* of a token */
    EXPIRES_MAX_S = 24 * 3600 /* it is asked for again before that */
};

static const struct grant {
    sl_str type, url, id, secret, scope, fields, header;
    const char *no_id, *no_secret; /* what is said about a credential that lacks it */
} grants[] = {
#define X(ID, type, url, id, secret, scope, fields, header)        \
    {SL_STR_INIT(type),   SL_STR_INIT(url),   SL_STR_INIT(id),     \
     SL_STR_INIT(secret), SL_STR_INIT(scope), SL_STR_INIT(fields), \
     SL_STR_INIT(header), "has no " id,       "lacks its secret: " secret},
#include "ai/oauth_grant.def"
#undef X
};

/* ------------------------------------------------------------------ the credential */

static sl_str member(const struct sl_ai_oauth *c, sl_str name)
{
    sl_str text = sl_json_text(sl_json_get(c->members, name));
    return text.n != 0 ? text : (sl_str){0};
}

/* `text` with each {name} filled in by `value`, percent-encoded, {+name} as it is; false where there is none. */
static bool fill(const struct sl_ai_oauth *c, sl_str text,
                 sl_str (*value)(const struct sl_ai_oauth *c, sl_str name), struct sl_strbuf *out)
{
    size_t at = 0, open, close;
    while ((open = sl_str_find(text, '{', at)) != SIZE_MAX &&
           (close = sl_str_find(text, '}', open)) != SIZE_MAX) {
        bool is_plain = text.p[open + 1] == '+';
        sl_str name = {text.p + open + 1 + is_plain, close - open - 1 - is_plain};
        sl_str with = value(c, name);
        if (with.n == 0)
            return false;
        sl_strbuf_add(out, (sl_str){text.p + at, open - at});
        if (is_plain)
            sl_strbuf_add(out, with);
        else
            sl_enc_percent(out, with);
        at = close + 1;
    }
    sl_strbuf_add(out, sl_str_from(text, at));
    return !out->is_full;
}

bool sl_ai_oauth_is(sl_str key)
{
    sl_str text = sl_str_trim_all(key);
    return text.n != 0 && text.p[0] == '{';
}

static bool find_grant(struct sl_ai_oauth *c)
{
    sl_str type = member(c, SL_STR("type"));
    for (size_t i = 0; i < SL_LEN(grants); i++) {
        c->grant = (enum sl_ai_oauth_grant)i;
        if (sl_str_eq(type, grants[i].type))
            return true;
    }
    return false;
}

static bool find_url(struct sl_ai_oauth *c, struct sl_arena *a)
{
    struct sl_strbuf url;
    c->url = member(c, SL_STR("token_uri"));
    if (c->url.n != 0)
        return true;
    sl_strbuf_init(&url, a, 0);
    bool is_whole = fill(c, grants[c->grant].url, member, &url);
    c->url = sl_strbuf_str(&url);
    return is_whole;
}

bool sl_ai_oauth_parse(sl_str key, struct sl_arena *a, struct sl_ai_oauth *ret,
                       const char **ret_why)
{
    struct sl_ai_oauth c = {0};
    struct sl_jsonscan_info info;
    sl_str secret;
    *ret_why = NULL;
    if (sl_json_parse(key, a, &c.members, &info) != SL_OK)
        *ret_why = "is no JSON, though it begins like it";
    else if (!find_grant(&c))
        *ret_why = "is of no known type; there are service_account, authorized_user, "
                   "client_credentials, sap_service_key and github_copilot";
    else if ((c.name = member(&c, grants[c.grant].id)).n == 0)
        *ret_why = grants[c.grant].no_id;
    else if ((secret = member(&c, grants[c.grant].secret)).n == 0)
        *ret_why = grants[c.grant].no_secret;
    else if (c.grant == SL_AI_OAUTH_SERVICE_ACCOUNT && !sl_rsa_is_private_key(secret))
        *ret_why = "has a private_key that is no RSA key in PEM";
    else if (!find_url(&c, a))
        *ret_why = c.grant == SL_AI_OAUTH_SAP_SERVICE_KEY ? "has neither token_uri nor url"
                                                          : "has neither token_uri nor tenant_id";
    *ret = c;
    return *ret_why == NULL;
}

/* ------------------------------------------------------------------ the request */

static sl_str scope_of(const struct sl_ai_oauth *c)
{
    sl_str scope = member(c, SL_STR("scope"));
    return scope.n != 0 ? scope : grants[c->grant].scope;
}

static void add_part(struct sl_strbuf *jwt, struct sl_strbuf *json)
{
    if (jwt->n != 0)
        sl_strbuf_add_char(jwt, '.');
    sl_enc_base64url(jwt, sl_strbuf_str(json));
    sl_strbuf_clear(json);
}

static void write_header(const struct sl_ai_oauth *c, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    sl_str id = member(c, SL_STR("private_key_id"));
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("alg"), SL_STR("RS256"));
    sl_jsonw_key_str(&w, SL_STR("typ"), SL_STR("JWT"));
    if (id.n != 0)
        sl_jsonw_key_str(&w, SL_STR("kid"), id);
    sl_jsonw_end(&w);
}

static void write_claims(const struct sl_ai_oauth *c, int64_t now_unix_s, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("iss"), c->name);
    sl_jsonw_key_str(&w, SL_STR("scope"), scope_of(c));
    sl_jsonw_key_str(&w, SL_STR("aud"), c->url);
    sl_jsonw_key_i64(&w, SL_STR("iat"), now_unix_s);
    sl_jsonw_key_i64(&w, SL_STR("exp"), now_unix_s + LIFE_S);
    sl_jsonw_end(&w);
}

/* A signed JWT: RFC 7523, as Google's "OAuth 2.0 for server to server applications" wants it. */
static sl_str assertion(const struct sl_ai_oauth *c, int64_t now_unix_s, struct sl_arena *a)
{
    struct sl_strbuf jwt, json, signature;
    sl_strbuf_init(&jwt, a, 0);
    sl_strbuf_init(&json, a, 0);
    sl_strbuf_init(&signature, a, 0);
    write_header(c, &json);
    add_part(&jwt, &json);
    write_claims(c, now_unix_s, &json);
    add_part(&jwt, &json);
    if (!sl_rs256_sign(member(c, SL_STR("private_key")), sl_strbuf_str(&jwt), &signature))
        return (sl_str){0};
    add_part(&jwt, &signature);
    return sl_strbuf_str(&jwt);
}

static sl_str field(const struct sl_ai_oauth *c, sl_str name)
{
    return sl_str_eq(name, SL_STR("scope")) ? scope_of(c) : member(c, name);
}

sl_str sl_ai_oauth_form(const struct sl_ai_oauth *c, int64_t now_unix_s, struct sl_arena *a)
{
    static const sl_str place = SL_STR_INIT("{assertion}");
    sl_str fields = grants[c->grant].fields;
    size_t at = sl_str_find_str(fields, place);
    struct sl_strbuf form;
    sl_strbuf_init(&form, a, 0);
    if (at == SIZE_MAX)
        return fill(c, fields, field, &form) ? sl_strbuf_str(&form) : (sl_str){0};
    sl_str jwt = assertion(c, now_unix_s, a);
    sl_strbuf_add(&form, sl_str_head(fields, at));
    sl_strbuf_add(&form, jwt); /* base64url and dots: nothing to encode */
    return jwt.n != 0 && !form.is_full ? sl_strbuf_str(&form) : (sl_str){0};
}

static void add_authorization(const struct sl_ai_oauth *c, struct sl_headers *h, struct sl_arena *a)
{
    struct sl_strbuf value;
    sl_strbuf_init(&value, a, 0);
    if (grants[c->grant].header.n != 0 && fill(c, grants[c->grant].header, member, &value) &&
        sl_header_is_valid(SL_STR("authorization"), sl_strbuf_str(&value)))
        (void)sl_headers_add_id(h, SL_H_AUTHORIZATION, sl_strbuf_str(&value));
}

struct sl_head sl_ai_oauth_head(const struct sl_ai_oauth *c, sl_str form, struct sl_arena *a)
{
    bool is_post = grants[c->grant].fields.n != 0;
    struct sl_head head = {.method = is_post ? SL_STR("POST") : SL_STR("GET"),
                           .method_id = is_post ? SL_METHOD_POST : SL_METHOD_GET,
                           .version = 11,
                           .body_kind = is_post ? SL_BODY_LENGTH : SL_BODY_NONE,
                           .body_bytes = form.n};
    sl_headers_init(&head.headers, a);
    (void)sl_headers_add_id(&head.headers, SL_H_USER_AGENT, SL_STR("sluice"));
    (void)sl_headers_add_id(&head.headers, SL_H_ACCEPT, SL_STR("application/json"));
    (void)sl_headers_add_id(&head.headers, SL_H_ACCEPT_ENCODING, SL_STR("identity"));
    if (is_post)
        (void)sl_headers_add_id(&head.headers, SL_H_CONTENT_TYPE,
                                SL_STR("application/x-www-form-urlencoded"));
    add_authorization(c, &head.headers, a);
    return head;
}

/* ------------------------------------------------------------------ the answer */

/* OAuth's member, or GitHub's, which is when to come again. */
static const struct sl_json *expiry_member(const struct sl_json *answer)
{
    const struct sl_json *v = sl_json_get(answer, SL_STR("expires_in"));
    return v != NULL ? v : sl_json_get(answer, SL_STR("refresh_in"));
}

/* Some write the number as a text. */
static int64_t expiry_of(const struct sl_json *answer)
{
    const struct sl_json *v = expiry_member(answer);
    sl_str text = sl_json_text(v);
    uint64_t seconds = 0;
    int64_t number = 0;
    if (text.n != 0 && sl_num_u64(text, EXPIRES_MAX_S, &seconds))
        return (int64_t)seconds;
    if (!sl_json_i64(v, &number) || number <= 0)
        return EXPIRES_UNSAID_S;
    return SL_MIN(number, (int64_t)EXPIRES_MAX_S);
}

/* It becomes the value of a header field. */
static bool is_token(sl_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~')
            return false;
    return text.n != 0 && text.n <= SL_AI_OAUTH_TOKEN_BYTES_MAX;
}

static void read_error(const struct sl_json *answer, struct sl_arena *a,
                       struct sl_ai_oauth_answer *ret)
{
    sl_str error = sl_json_text(sl_json_get(answer, SL_STR("error")));
    sl_str text = sl_json_text(sl_json_get(answer, SL_STR("error_description")));
    sl_str line = sl_str_head(text, sl_str_find(text, '\r', 0)); /* Entra adds ids of its own */
    line = sl_str_head(line, sl_str_find(line, '\n', 0));
    if (error.n == 0) /* GitHub's */
        error = sl_json_text(sl_json_get(answer, SL_STR("message")));
    if (error.n == 0)
        ret->error = SL_STR("the token endpoint sent neither a token nor an error");
    else
        ret->error =
            sl_fmt(a, "%.*s%s%.*s", SL_STRF(sl_str_head(error, 64)), line.n != 0 ? ": " : "",
                   SL_STRF(sl_str_head(line, SL_AI_OAUTH_ERROR_BYTES_MAX - 80)));
}

struct sl_ai_oauth_answer sl_ai_oauth_read(uint16_t status, sl_str body, struct sl_arena *a)
{
    struct sl_ai_oauth_answer ret = {0};
    struct sl_jsonscan_info info;
    const struct sl_json *answer = NULL;
    if (sl_json_parse(body, a, &answer, &info) != SL_OK)
        answer = NULL;
    sl_str token = sl_json_text(sl_json_get(answer, SL_STR("access_token")));
    if (token.n == 0)
        token = sl_json_text(sl_json_get(answer, SL_STR("token"))); /* GitHub's */
    ret.is_refused = status >= 400 && status < 500 && status != 408 && status != 429;
    if (status / 100 == 2 && is_token(token)) {
        ret.token = token;
        ret.expires_s = expiry_of(answer);
        return ret;
    }
    read_error(answer, a, &ret);
    return ret;
}
