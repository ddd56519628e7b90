/* EVP looks the algorithm up by its name for every digest, which takes longer than a short one itself. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "codec/crypto.h"
#include "base/str.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

void sl_sha256_parts(const sl_str *parts, size_t n, uint8_t ret[SL_SHA256_BYTES])
{
    SHA256_CTX ctx;
    int is_good = SHA256_Init(&ctx);
    for (size_t i = 0; i < n; i++)
        is_good &= SHA256_Update(&ctx, parts[i].p, parts[i].n);
    is_good &= SHA256_Final(ret, &ctx);
    SL_ASSERT(is_good == 1);
    OPENSSL_cleanse(&ctx, sizeof(ctx)); /* keys are digested with it */
}

void sl_sha256(sl_str bytes, uint8_t ret[SL_SHA256_BYTES])
{
    sl_sha256_parts(&bytes, 1, ret);
}

void sl_sha1(sl_str bytes, uint8_t ret[SL_SHA1_BYTES])
{
    SHA_CTX ctx;
    int is_good = SHA1_Init(&ctx) & SHA1_Update(&ctx, bytes.p, bytes.n) & SHA1_Final(ret, &ctx);
    SL_ASSERT(is_good == 1);
}

static const EVP_MD *digest_of(enum sl_digest digest)
{
    switch (digest) {
    case SL_DIGEST_SHA1:
        return EVP_sha1();
    case SL_DIGEST_SHA256:
        return EVP_sha256();
    case SL_DIGEST_SHA384:
        return EVP_sha384();
    case SL_DIGEST_SHA512:
        return EVP_sha512();
    }
    sl_panic(__FILE__, __LINE__, "no such digest");
}

size_t sl_hmac(enum sl_digest digest, sl_str key, sl_str bytes, uint8_t ret[SL_DIGEST_BYTES_MAX])
{
    unsigned n = 0;
    SL_ASSERT(key.n <= INT_MAX);
    const uint8_t *done = HMAC(digest_of(digest), key.p != NULL ? key.p : "", (int)key.n,
                               (const unsigned char *)bytes.p, bytes.n, ret, &n);
    SL_ASSERT(done != NULL);
    return n;
}

void sl_hmac_sha256(sl_str key, sl_str bytes, uint8_t ret[SL_SHA256_BYTES])
{
    uint8_t digest[SL_DIGEST_BYTES_MAX];
    memcpy(ret, digest, sl_hmac(SL_DIGEST_SHA256, key, bytes, digest));
}

/* ------------------------------------------------------------------ RSA */

enum { SIGNATURE_BYTES_MAX = 2048 }; /* of a key of 16,384 bits, the longest that OpenSSL takes */

static EVP_PKEY *read_key(sl_str pem)
{
    EVP_PKEY *key = NULL;
    const unsigned char *p = (const unsigned char *)pem.p;
    size_t n = pem.n;
    OSSL_DECODER_CTX *ctx =
        OSSL_DECODER_CTX_new_for_pkey(&key, "PEM", NULL, "RSA", EVP_PKEY_KEYPAIR, NULL, NULL);
    int is_good = ctx != NULL && n != 0 ? OSSL_DECODER_from_data(ctx, &p, &n) : 0;
    OSSL_DECODER_CTX_free(ctx);
    if (is_good == 1)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

bool sl_rsa_is_private_key(sl_str pem)
{
    EVP_PKEY *key = read_key(pem);
    EVP_PKEY_free(key);
    return key != NULL;
}

static bool sign(EVP_PKEY *key, sl_str bytes, struct sl_strbuf *ret)
{
    unsigned char signature[SIGNATURE_BYTES_MAX];
    size_t n = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                   EVP_DigestSign(ctx, signature, &n, (const unsigned char *)bytes.p, bytes.n) == 1;
    EVP_MD_CTX_free(ctx);
    if (is_good)
        sl_strbuf_add(ret, (sl_str){(const char *)signature, n});
    return is_good;
}

bool sl_rs256_sign(sl_str pem, sl_str bytes, struct sl_strbuf *ret)
{
    EVP_PKEY *key = read_key(pem);
    bool is_good = key != NULL && sign(key, bytes, ret);
    EVP_PKEY_free(key);
    return is_good;
}

/* ------------------------------------------------------------------ public keys */

enum { COORDINATE_BYTES_MAX = 66, EXPONENT_BYTES_MAX = 8, RSA_BYTES_MAX = SL_RSA_BITS_MAX / 8 };

/* Of each curve, by enum sl_key_kind. */
static const struct curve {
    const char *group;
    size_t coordinate_bytes;
} curves[] = {
    [SL_KEY_P256] = {"P-256", 32},
    [SL_KEY_P384] = {"P-384", 48},
    [SL_KEY_P521] = {"P-521", 66},
    [SL_KEY_ED25519] = {NULL, 32},
};

static EVP_PKEY *pkey_of(const struct sl_public_key *key)
{
    return (EVP_PKEY *)key; /* OpenSSL counts references in it, with atomics */
}

static bool kind_of_curve(EVP_PKEY *key, enum sl_key_kind *ret)
{
    static const struct {
        const char *name; /* as OpenSSL calls it */
        enum sl_key_kind kind;
    } names[] = {
        {"prime256v1", SL_KEY_P256}, {"secp384r1", SL_KEY_P384}, {"secp521r1", SL_KEY_P521}};
    char group[32];
    size_t n;
    if (EVP_PKEY_get_group_name(key, group, sizeof(group), &n) != 1)
        return false;
    for (size_t i = 0; i < SL_LEN(names); i++)
        if (strcmp(group, names[i].name) == 0) {
            *ret = names[i].kind;
            return true;
        }
    return false;
}

static bool kind_of(EVP_PKEY *key, enum sl_key_kind *ret)
{
    if (EVP_PKEY_is_a(key, "RSA")) {
        *ret = SL_KEY_RSA;
        return EVP_PKEY_get_bits(key) >= SL_RSA_BITS_MIN &&
               EVP_PKEY_get_bits(key) <= SL_RSA_BITS_MAX;
    }
    if (EVP_PKEY_is_a(key, "ED25519")) {
        *ret = SL_KEY_ED25519;
        return true;
    }
    return EVP_PKEY_is_a(key, "EC") && kind_of_curve(key, ret);
}

struct sl_public_key *sl_public_key_pem(sl_str pem, enum sl_key_kind *ret_kind)
{
    EVP_PKEY *key = NULL;
    const unsigned char *p = (const unsigned char *)pem.p;
    size_t n = pem.n;
    OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(&key, "PEM", "SubjectPublicKeyInfo", NULL,
                                                          EVP_PKEY_PUBLIC_KEY, NULL, NULL);
    int is_good = ctx != NULL && n != 0 ? OSSL_DECODER_from_data(ctx, &p, &n) : 0;
    OSSL_DECODER_CTX_free(ctx);
    if (is_good == 1 && kind_of(key, ret_kind))
        return (struct sl_public_key *)key;
    EVP_PKEY_free(key);
    return NULL;
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *builder)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

static BIGNUM *number(sl_str bytes)
{
    return BN_bin2bn((const unsigned char *)bytes.p, (int)bytes.n, NULL);
}

struct sl_public_key *sl_public_key_rsa(sl_str modulus, sl_str exponent)
{
    enum sl_key_kind kind;
    EVP_PKEY *key = NULL;
    if (modulus.n == 0 || modulus.n > RSA_BYTES_MAX + 1 || exponent.n == 0 ||
        exponent.n > EXPONENT_BYTES_MAX)
        return NULL;
    BIGNUM *n = number(modulus), *e = number(exponent);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (n != NULL && e != NULL && builder != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        key = key_from("RSA", builder);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    if (key != NULL && kind_of(key, &kind))
        return (struct sl_public_key *)key;
    EVP_PKEY_free(key);
    return NULL;
}

static EVP_PKEY *curve_key(const struct curve *curve, sl_str x, sl_str y)
{
    unsigned char point[1 + 2 * COORDINATE_BYTES_MAX] = {4}; /* uncompressed: SEC 1, 2.3.3 */
    EVP_PKEY *key = NULL;
    memcpy(point + 1, x.p, x.n);
    memcpy(point + 1 + x.n, y.p, y.n);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) ==
            1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + x.n + y.n) ==
            1)
        key = key_from("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

struct sl_public_key *sl_public_key_point(enum sl_key_kind kind, sl_str x, sl_str y)
{
    SL_ASSERT(kind >= SL_KEY_P256 && kind <= SL_KEY_ED25519);
    const struct curve *curve = &curves[kind];
    if (x.n != curve->coordinate_bytes)
        return NULL;
    if (kind == SL_KEY_ED25519)
        return (struct sl_public_key *)EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                                   (const unsigned char *)x.p, x.n);
    return y.n == x.n ? (struct sl_public_key *)curve_key(curve, x, y) : NULL;
}

void sl_public_key_digest(const struct sl_public_key *key, uint8_t ret[SL_SHA256_BYTES])
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(pkey_of(key), &der);
    SL_ASSERT(n > 0); /* it was checked when it was read */
    sl_sha256((sl_str){(const char *)der, (size_t)n}, ret);
    OPENSSL_free(der);
}

void sl_public_key_free(struct sl_public_key *key)
{
    EVP_PKEY_free(pkey_of(key));
}

/* r and s in a row as the DER that OpenSSL wants. Its length; 0: they are none. */
static size_t der_of(const struct curve *curve, sl_str signature, unsigned char *ret, size_t max)
{
    size_t n = curve->coordinate_bytes;
    ECDSA_SIG *pair = signature.n == 2 * n ? ECDSA_SIG_new() : NULL;
    BIGNUM *r = pair != NULL ? number(sl_str_head(signature, n)) : NULL;
    BIGNUM *s = pair != NULL ? number(sl_str_from(signature, n)) : NULL;
    int length = 0;
    if (r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        length = i2d_ECDSA_SIG(pair, NULL);
        if (length > 0 && (size_t)length <= max)
            length = i2d_ECDSA_SIG(pair, &ret);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    return length > 0 && (size_t)length <= max ? (size_t)length : 0;
}

static bool verify(EVP_PKEY *key, const EVP_MD *digest, bool is_pss, sl_str bytes, sl_str signature)
{
    EVP_PKEY_CTX *settings = NULL; /* belongs to ctx */
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_good = ctx != NULL && EVP_DigestVerifyInit(ctx, &settings, digest, NULL, key) == 1;
    if (is_good && is_pss)
        is_good = EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) == 1;
    is_good = is_good && EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n,
                                          (const unsigned char *)bytes.p, bytes.n) == 1;
    EVP_MD_CTX_free(ctx);
    return is_good;
}

bool sl_public_key_verify(const struct sl_public_key *key, enum sl_digest digest, bool is_pss,
                          sl_str bytes, sl_str signature)
{
    enum sl_key_kind kind;
    unsigned char der[2 * COORDINATE_BYTES_MAX + 16];
    EVP_PKEY *pkey = pkey_of(key);
    if (!kind_of(pkey, &kind))
        return false;
    if (kind == SL_KEY_ED25519)
        return verify(pkey, NULL, false, bytes, signature);
    if (kind != SL_KEY_RSA) {
        size_t n = der_of(&curves[kind], signature, der, sizeof(der));
        signature = (sl_str){(const char *)der, n};
    }
    return signature.n != 0 &&
           verify(pkey, digest_of(digest), kind == SL_KEY_RSA && is_pss, bytes, signature);
}
