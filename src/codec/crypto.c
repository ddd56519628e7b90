/* EVP looks the algorithm up by its name for every digest, which takes longer than a short one itself. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "codec/crypto.h"

#include <limits.h>
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

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

void sl_hmac_sha256(sl_str key, sl_str bytes, uint8_t ret[SL_SHA256_BYTES])
{
    SL_ASSERT(key.n <= INT_MAX);
    const uint8_t *done = HMAC(EVP_sha256(), key.p != NULL ? key.p : "", (int)key.n,
                               (const unsigned char *)bytes.p, bytes.n, ret, NULL);
    SL_ASSERT(done != NULL);
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
