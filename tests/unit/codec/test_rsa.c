#include "codec/crypto.h"

#include "base/enc.h"
#include "base/str.h"
#include "tests/rsa_key.h"
#include "tests/test.h"

static const sl_str pem = SL_STR_INIT(RSA_KEY_PEM);

TEST(rsa, signs_as_another_implementation_does)
{
    struct sl_strbuf signature = {0}, text = {0};
    EXPECT(sl_rs256_sign(pem, SL_STR("header.claims"), &signature));
    sl_enc_base64url(&text, sl_strbuf_str(&signature));
    EXPECT_STR("YML4xzjShRtDdnJ5OsO12bjAofc8E67D97WfjkUsshav94o-21ZeWB-h9VtbX8OX2L0ci-1O-qQWueLt"
               "LFo10HoHs1FEszB15ra7FRPE_ttVXsw1EVbrTLo1t-obanMglyFWNeVf__G8fl1WpoQZ-Y8EnQmDhb-t"
               "pV8SqpaSwK9wGDyj4DtiOK3F3whEJX_IqkV_w5tgnAiQVFRNk25hP4xgOQ7xpIvRPVepDDjfMuYMJtGh"
               "B2MUrAYqwh7jpVNMk3hFCDPFtYL6GghXG-MeskFDuI7jcQ3Wlanj8ecO8lywzqjLVVUeBHE6beCV2Lxi"
               "qJ346vYeBmxl--H1xb6YdA",
               sl_strbuf_str(&text));
    sl_strbuf_fini(&signature);
    sl_strbuf_fini(&text);
}

TEST(rsa, what_is_no_private_key_of_rsa_is_told_apart)
{
    static const char *const rows[] = {
        "",
        "x",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
        /* of an elliptic curve */
        "-----BEGIN PRIVATE KEY-----\n"
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtGcykeVjeVReWM5S\n"
        "lpDIugSBZ7h2O+GRKywv4LByqQ+hRANCAAQSf9kbS08cA++CV1DoDgaaHQYRYGpY\n"
        "G2ACFjmMVmCUzS7D42jSPgYAP3HMO943twffjnngRYg+bpjrikW+y1Ex\n"
        "-----END PRIVATE KEY-----\n",
    };
    struct sl_strbuf signature = {0};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        EXPECT(!sl_rsa_is_private_key(sl_cstr(rows[i])));
        EXPECT(!sl_rs256_sign(sl_cstr(rows[i]), SL_STR("x"), &signature));
    }
    EXPECT_EQ(0, signature.n);
    EXPECT(sl_rsa_is_private_key(pem));
    for (size_t cut = 0; cut < pem.n - 30; cut++)
        EXPECT(!sl_rsa_is_private_key(sl_str_head(pem, cut)));
}
