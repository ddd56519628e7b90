/* What a provider of OpenID Connect may answer: any bytes. The first byte says where. */
#include "base/str.h"
#include "codec/oidc.h"

static void metadata(sl_str text, struct sl_arena *a)
{
    struct sl_oidc_metadata m;
    const char *why = NULL;
    if (!sl_oidc_metadata_parse(text, SL_STR("https://op.example"), a, &m, &why)) {
        SL_ASSERT(why != NULL);
        return;
    }
    SL_ASSERT(sl_oidc_url_is_safe(m.authorization_endpoint));
    SL_ASSERT(sl_oidc_url_is_safe(m.token_endpoint) && sl_oidc_url_is_safe(m.jwks_uri));
    const struct sl_oidc_request rq = {.client_id = text, .state = text};
    SL_ASSERT(sl_str_starts(sl_oidc_authorize_url(&m, &rq, a), m.authorization_endpoint));
}

static void tokens(sl_str text, struct sl_arena *a)
{
    struct sl_oidc_tokens t;
    const char *why = NULL;
    if (sl_oidc_tokens_parse(text, a, &t, &why))
        SL_ASSERT(t.id_token.n != 0);
    (void)sl_oidc_error_code(text, a);
}

static void claims(sl_str text, struct sl_arena *a)
{
    struct sl_jwt t;
    const char *why = NULL;
    const struct sl_oidc_expected expected = {SL_STR_INIT("https://op.example"), SL_STR_INIT("us"),
                                              SL_STR_INIT("N"), 1700000000};
    if (sl_jwt_parse(text, a, &t, &why) && sl_oidc_check(&t, &expected) == NULL)
        SL_ASSERT(sl_json_text(sl_oidc_claim(t.claims, SL_STR("sub"))).n != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(16));
    sl_str text = {(const char *)data + (n != 0), n - (n != 0)};
    if (n != 0 && data[0] % 3 == 0)
        metadata(text, a);
    else if (n != 0 && data[0] % 3 == 1)
        tokens(text, a);
    else if (n != 0)
        claims(text, a);
    sl_arena_free(a);
    return 0;
}
