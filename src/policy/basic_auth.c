/*
 * basic_auth: who calls, by user name and password (RFC 7617).
 *
 * "NAME:PASSWORD" is looked up by its SHA-256 among the consumers' credentials, so that a guess costs as
 * little as a right one, whatever is sent; passwords are as good as keys therefore (the admin API makes
 * them at random, files must have long ones). The field never goes upstream (I1).
 */
#include "base/enc.h"
#include "codec/crypto.h"
#include "policy/policy_int.h"

enum { TOKEN_BYTES_MAX = 2048 };

struct basic_auth_config {
    sl_str realm;
    bool optional;
    sl_str challenge; /* compiled */
};

static const struct sl_field basic_auth_fields[] = {
    SL_FIELD_STR(struct basic_auth_config, realm, .dflt = "sluice", .min = "1", .max = "128",
                 .help = "What browsers show when they ask for the password."),
    SL_FIELD_BOOL(struct basic_auth_config, optional, .dflt = "false",
                  .help =
                      "Let callers without a password pass, as nobody, or to the next policy that "
                      "knows callers. A wrong password is refused all the same."),
    SL_FIELD_END,
};

static sl_rc basic_auth_compile(void *config, sl_str identity, struct sl_state_registry *states,
                                struct sl_arena *a, struct sl_diag *d)
{
    struct basic_auth_config *c = config;
    (void)identity, (void)states;

    for (size_t i = 0; i < c->realm.n; i++) {
        unsigned char byte = (unsigned char)c->realm.p[i];
        if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\')
            return sl_diag_fail(d, SL_E_CONFIG, "realm",
                                "must be ASCII text without quotes or backslashes");
    }
    c->challenge = sl_fmt(a, "Basic realm=\"%.*s\", charset=\"UTF-8\"", SL_STRF(c->realm));
    return SL_OK;
}

/* What stands behind the scheme, in any case (RFC 9110, 11.1); key_auth may have taken the field out already. */
static sl_str token_of(const struct sl_exchange *x)
{
    static const sl_str scheme = SL_STR_INIT("basic ");
    sl_str value = sl_headers_get_id(&x->req.headers, SL_H_AUTHORIZATION);
    if (value.n == 0)
        value = sl_headers_get_id(&x->in->req.headers, SL_H_AUTHORIZATION);
    return sl_str_istarts(value, scheme) ? sl_str_trim(sl_str_from(value, scheme.n)) : (sl_str){0};
}

static enum sl_verdict refuse(struct sl_exchange *x, const struct basic_auth_config *c,
                              const char *why, sl_str hint)
{
    sl_answer_header(x, SL_STR("www-authenticate"), c->challenge);
    return sl_fail_hint(x, SL_E_UNAUTHENTICATED, why, hint);
}

static const struct sl_credential *find(const struct sl_exchange *x, sl_str token)
{
    struct sl_strbuf pair;
    uint8_t hash[SL_SHA256_BYTES];
    const struct sl_credential *found = NULL;
    sl_strbuf_init(&pair, x->arena, 0);
    if (token.n <= TOKEN_BYTES_MAX && sl_dec_base64(&pair, token) && !pair.is_full) {
        sl_sha256(sl_strbuf_str(&pair), hash);
        found = sl_snapshot_credential(x->snapshot, hash);
    }
    return found != NULL && found->kind == SL_CREDENTIAL_BASIC ? found : NULL;
}

static enum sl_verdict basic_auth_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct basic_auth_config *c = config;
    sl_str token = token_of(x);
    (void)state;

    if (token.n != 0)
        (void)sl_headers_remove(&x->req.headers, SL_STR("authorization"));
    if (x->consumer != NULL) /* known by another policy already */
        return SL_PASS;
    if (token.n == 0)
        return c->optional ? SL_PASS
                           : refuse(x, c, "no user name and password were sent",
                                    SL_STR("send them as 'Authorization: Basic ...' (RFC 7617)"));
    const struct sl_credential *credential = find(x, token);
    return credential != NULL
               ? sl_credential_admit(x, credential)
               : refuse(
                     x, c, "the user name or the password is wrong",
                     SL_STR("check both for a typing error; the password may have been replaced"));
}

const struct sl_policy_type sl_policy_basic_auth = {
    .name = "basic_auth",
    .summary = "Know callers by user name and password (HTTP Basic), and refuse those without.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE,
    .order = SL_ORDER_AUTHN,
    .narrowest_wins = true,
    .identifies = 1 << SL_CREDENTIAL_BASIC,
    .fields = basic_auth_fields,
    .config_size = sizeof(struct basic_auth_config),
    .compile = basic_auth_compile,
    .on_request = basic_auth_on_request,
};
