#include "codec/crypto.h"
#include "base/enc.h"
#include "tests/test.h"

static void expect_hex(const char *want, const uint8_t *digest, size_t n)
{
    struct sl_strbuf b = {0};
    sl_enc_hex(&b, sl_digest_str(digest, n));
    EXPECT_STR(want, sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

TEST(crypto, gives_the_digests_of_fips_180)
{
    uint8_t d[SL_SHA256_BYTES];
    sl_sha256(SL_STR("abc"), d);
    expect_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", d, sizeof(d));
    sl_sha256((sl_str){NULL, 0}, d);
    expect_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", d, sizeof(d));
    sl_sha1(SL_STR("abc"), d);
    expect_hex("a9993e364706816aba3e25717850c26c9cd0d89d", d, SL_SHA1_BYTES);
}

TEST(crypto, parts_in_a_row_are_one_text)
{
    uint8_t whole[SL_SHA256_BYTES], parts[SL_SHA256_BYTES];
    sl_str pieces[] = {SL_STR("a"), {NULL, 0}, SL_STR("bc")};
    sl_sha256(SL_STR("abc"), whole);
    sl_sha256_parts(pieces, SL_LEN(pieces), parts);
    EXPECT_EQ(0, memcmp(whole, parts, sizeof(whole)));
}

TEST(crypto, gives_the_hmacs_of_rfc_4231)
{
    uint8_t d[SL_SHA256_BYTES];
    char long_key[131];
    memset(long_key, 0xaa, sizeof(long_key));
    sl_hmac_sha256(SL_STR("Jefe"), SL_STR("what do ya want for nothing?"), d);
    expect_hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", d, sizeof(d));
    sl_hmac_sha256((sl_str){long_key, sizeof(long_key)},
                   SL_STR("Test Using Larger Than Block-Size Key - Hash Key First"), d);
    expect_hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", d, sizeof(d));
    sl_hmac_sha256((sl_str){NULL, 0}, (sl_str){NULL, 0}, d);
    expect_hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", d, sizeof(d));
}
