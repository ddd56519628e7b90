#include "snapshot/credential.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "snapshot/resource.h"

static const struct kind {
    const char *name;
    bool is_found_by_id;
    const char *is_disabled, *has_expired;
} kinds[] = {
#define X(ID, name, is_found_by_id, is_disabled, has_expired) \
    [SL_CREDENTIAL_##ID] = {name, is_found_by_id, is_disabled, has_expired},
#include "snapshot/credential_kind.def"
#undef X
};

const char *const sl_credential_kinds[] = {
#define X(ID, name, is_found_by_id, is_disabled, has_expired) [SL_CREDENTIAL_##ID] = name,
#include "snapshot/credential_kind.def"
#undef X
    NULL};

const char *const sl_credential_algorithms[] = {[SL_JWS_ANY] = "any",
#define X(ID, name, kind, digest, is_pss) [SL_JWS_##ID] = name,
#include "codec/jws_alg.def"
#undef X
                                                NULL};

bool sl_credential_is_found_by_id(enum sl_credential_kind kind)
{
    return kinds[kind].is_found_by_id;
}

const char *sl_credential_disabled_text(enum sl_credential_kind kind)
{
    return kinds[kind].is_disabled;
}

const char *sl_credential_expired_text(enum sl_credential_kind kind)
{
    return kinds[kind].has_expired;
}

/* NUL bytes are in no field of a request; a password's pair with one in front has no name. */
void sl_credential_id_hash(enum sl_credential_kind kind, sl_str id, uint8_t ret[32])
{
    const sl_str parts[] = {SL_STR("\0"), sl_cstr(kinds[kind].name), SL_STR("\0"), id};
    sl_sha256_parts(parts, SL_LEN(parts), ret);
}

enum sl_credential_kind sl_credential_kind_of(const struct sl_consumer_key_config *c)
{
    return c->type == SL_CREDENTIAL_API_KEY && c->username.n != 0
               ? SL_CREDENTIAL_BASIC
               : (enum sl_credential_kind)c->type;
}

/* ------------------------------------------------------------------ what is signed with */

static const char *read_secret(const struct sl_consumer_key_config *c,
                               struct sl_credential_proof *ret, const char **ret_member)
{
    enum sl_jws_alg alg = c->algorithm != SL_JWS_ANY ? (enum sl_jws_alg)c->algorithm : SL_JWS_HS256;
    *ret_member = "algorithm";
    if (sl_jws_alg_kind(alg) != SL_KEY_SECRET)
        return c->type == SL_CREDENTIAL_HMAC ? "must be HS256, HS384 or HS512"
                                             : "needs a 'public_key'";
    *ret_member = "key";
    if (c->key.n < SL_JWK_SECRET_BYTES_MIN)
        return "must have at least 32 bytes, to sign with (RFC 7518, 3.2)";
    ret->key = (struct sl_jwk){.kind = SL_KEY_SECRET, .alg = alg, .secret = c->key};
    return NULL;
}

static const char *read_public_key(const struct sl_consumer_key_config *c, struct sl_arena *a,
                                   struct sl_credential_proof *ret, const char **ret_member)
{
    enum sl_jws_alg alg = (enum sl_jws_alg)c->algorithm;
    *ret_member = "public_key";
    if (!sl_jwk_parse(c->public_key, a, &ret->key))
        return "must be a public key as PEM ('-----BEGIN PUBLIC KEY-----') or JWK: RSA of 2048 to "
               "8192 bits, P-256, P-384, P-521 or Ed25519";
    *ret_member = "algorithm";
    if (alg != SL_JWS_ANY && sl_jws_alg_kind(alg) != ret->key.kind)
        return "is not one of that kind of key";
    if (alg != SL_JWS_ANY)
        ret->key.alg = alg;
    return NULL;
}

static const char *read_algorithm_of_set(const struct sl_consumer_key_config *c,
                                         struct sl_credential_proof *ret, const char **ret_member)
{
    enum sl_jws_alg alg = (enum sl_jws_alg)c->algorithm;
    *ret_member = "algorithm";
    if (alg != SL_JWS_ANY && sl_jws_alg_kind(alg) == SL_KEY_SECRET)
        return "is for a secret, and a key set has public keys";
    ret->key.alg = alg;
    return NULL;
}

static const char *read_key(const struct sl_consumer_key_config *c, struct sl_arena *a,
                            struct sl_credential_proof *ret, const char **ret_member)
{
    *ret_member = "public_key";
    if (c->type == SL_CREDENTIAL_HMAC)
        return c->public_key.n == 0 && c->key_set.n == 0
                   ? read_secret(c, ret, ret_member)
                   : "is for tokens; requests are signed with a secret";
    if ((c->key.n != 0) + (c->public_key.n != 0) + (c->key_set.n != 0) != 1)
        return "or a secret is needed, or a key_set, and only one of them";
    if (c->key_set.n != 0)
        return read_algorithm_of_set(c, ret, ret_member);
    return c->key.n != 0 ? read_secret(c, ret, ret_member) : read_public_key(c, a, ret, ret_member);
}

/* The same with the key before in the place of the key. */
static const char *read_former(const struct sl_consumer_key_config *c, struct sl_arena *a,
                               struct sl_credential_proof *ret, const char **ret_member)
{
    struct sl_consumer_key_config before = *c;
    struct sl_credential_proof proof = {0};
    if (c->former_until == 0 || (c->former_key.n == 0 && c->former_public_key.n == 0))
        return NULL;
    before.key = c->former_key;
    before.public_key = c->former_public_key;
    const char *why = read_key(&before, a, &proof, ret_member);
    if (why != NULL) {
        *ret_member = c->former_key.n != 0 ? "former_key" : "former_public_key";
        return why;
    }
    ret->former = proof.key;
    ret->former_until = c->former_until;
    return NULL;
}

const char *sl_credential_proof_read(const struct sl_consumer_key_config *c, struct sl_arena *a,
                                     struct sl_credential_proof *ret, const char **ret_member)
{
    *ret = (struct sl_credential_proof){.issuer = c->issuer, .audience = c->audience};
    *ret_member = "key_id";
    if (c->key_id.n == 0)
        return "is needed: what a token or signature names it by";
    const char *why = read_key(c, a, ret, ret_member);
    return why != NULL ? why : read_former(c, a, ret, ret_member);
}

bool sl_credential_proof_verifies(const struct sl_credential_proof *proof, int64_t now_s,
                                  enum sl_jws_alg alg, sl_str bytes, sl_str signature)
{
    return sl_jws_verify(alg, &proof->key, bytes, signature) ||
           (now_s < proof->former_until && sl_jws_verify(alg, &proof->former, bytes, signature));
}
