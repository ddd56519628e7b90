/* Tokens, keys and sets of keys: any bytes. The first byte says which. */
#include "codec/jwt.h"

static void token(sl_str text, struct sl_arena *a)
{
    const struct sl_jwt_rules rules = {
        .now_s = 1700000000, .skew_s = 60, .lifetime_max_s = 3600, .needs_expiry = true};
    const struct sl_jwk key = {.kind = SL_KEY_SECRET,
                               .secret = SL_STR("0123456789abcdef0123456789abcdef")};
    struct sl_jwt t;
    const char *why = NULL;
    if (!sl_jwt_parse(text, a, &t, &why)) {
        SL_ASSERT(why != NULL);
        return;
    }
    SL_ASSERT(t.alg > SL_JWS_ANY && t.alg < SL_JWS_COUNT);
    SL_ASSERT(t.signed_bytes.n < text.n);
    (void)sl_jwt_check(&t, &rules);
    (void)sl_jws_verify(t.alg, &key, t.signed_bytes, t.signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(8));
    sl_str text = {(const char *)data + (n != 0), n - (n != 0)};
    struct sl_jwk key;
    struct sl_jwks set;
    if (n == 0)
        goto done;
    if (data[0] % 3 == 0)
        token(text, a);
    else if (data[0] % 3 == 1 && sl_jwk_parse(text, a, &key))
        (void)sl_public_key_verify(key.key, SL_DIGEST_SHA256, false, text, text);
    else if (data[0] % 3 == 2 && sl_jwks_parse(text, a, &set))
        SL_ASSERT(set.n <= SL_JWKS_MAX);
done:
    sl_arena_free(a);
    return 0;
}
