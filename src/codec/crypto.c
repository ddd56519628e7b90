/* EVP looks the algorithm up by its name for every digest, which takes longer than a short one itself. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "codec/crypto.h"

#include <limits.h>
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
