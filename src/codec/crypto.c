#include "codec/crypto.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* These digests are in every provider of OpenSSL: that one of them fails is a broken installation. */
static void digest_parts(const EVP_MD *type, const sl_str *parts, size_t n, uint8_t *ret)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    SL_ASSERT(ctx != NULL);
    int is_good = EVP_DigestInit_ex(ctx, type, NULL);
    for (size_t i = 0; i < n; i++)
        is_good &= EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
    is_good &= EVP_DigestFinal_ex(ctx, ret, NULL);
    SL_ASSERT(is_good == 1);
    EVP_MD_CTX_free(ctx);
}

void sl_sha256_parts(const sl_str *parts, size_t n, uint8_t ret[SL_SHA256_BYTES])
{
    digest_parts(EVP_sha256(), parts, n, ret);
}

void sl_sha256(sl_str bytes, uint8_t ret[SL_SHA256_BYTES])
{
    digest_parts(EVP_sha256(), &bytes, 1, ret);
}

void sl_sha1(sl_str bytes, uint8_t ret[SL_SHA1_BYTES])
{
    digest_parts(EVP_sha1(), &bytes, 1, ret);
}

void sl_hmac_sha256(sl_str key, sl_str bytes, uint8_t ret[SL_SHA256_BYTES])
{
    SL_ASSERT(key.n <= INT_MAX);
    const uint8_t *done = HMAC(EVP_sha256(), key.p != NULL ? key.p : "", (int)key.n,
                               (const unsigned char *)bytes.p, bytes.n, ret, NULL);
    SL_ASSERT(done != NULL);
}
