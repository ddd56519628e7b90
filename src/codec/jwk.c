#include "codec/jwk.h"
#include "base/enc.h"
#include "base/str.h"
#include "codec/jsonw.h"

#include <stdlib.h>

static const struct algorithm {
    const char *name;
    enum sl_key_kind kind;
    enum sl_digest digest;
    bool is_pss;
} algorithms[] = {
#define X(ID, name, kind, digest, is_pss) \
    [SL_JWS_##ID] = {name, SL_KEY_##kind, SL_DIGEST_##digest, is_pss},
#include "codec/jws_alg.def"
#undef X
};

enum sl_jws_alg sl_jws_alg_by_name(sl_str name)
{
    for (int i = SL_JWS_ANY + 1; i < SL_JWS_COUNT; i++)
        if (sl_str_eq(name, sl_cstr(algorithms[i].name)))
            return (enum sl_jws_alg)i;
    return SL_JWS_ANY;
}

const char *sl_jws_alg_name(enum sl_jws_alg alg)
{
    SL_ASSERT(alg > SL_JWS_ANY && alg < SL_JWS_COUNT);
    return algorithms[alg].name;
}

enum sl_key_kind sl_jws_alg_kind(enum sl_jws_alg alg)
{
    SL_ASSERT(alg > SL_JWS_ANY && alg < SL_JWS_COUNT);
    return algorithms[alg].kind;
}

/* ------------------------------------------------------------------ reading */

static sl_str bytes_of(const struct sl_json *v, const char *name, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    return sl_dec_base64url(&b, sl_json_text_of(v, name)) && !b.is_full ? sl_strbuf_str(&b)
                                                                        : (sl_str){0};
}

static bool curve_by_name(sl_str type, sl_str name, enum sl_key_kind *ret)
{
    static const struct {
        const char *type, *name;
        enum sl_key_kind kind;
    } names[] = {
        {"EC", "P-256", SL_KEY_P256},
        {"EC", "P-384", SL_KEY_P384},
        {"EC", "P-521", SL_KEY_P521},
        {"OKP", "Ed25519", SL_KEY_ED25519},
    };
    for (size_t i = 0; i < SL_LEN(names); i++)
        if (sl_str_eq(type, sl_cstr(names[i].type)) && sl_str_eq(name, sl_cstr(names[i].name))) {
            *ret = names[i].kind;
            return true;
        }
    return false;
}

static struct sl_public_key *read_key(const struct sl_json *v, struct sl_arena *a,
                                      enum sl_key_kind *ret)
{
    sl_str type = sl_json_text_of(v, "kty");
    if (sl_str_eq(type, SL_STR("RSA"))) {
        *ret = SL_KEY_RSA;
        return sl_public_key_rsa(bytes_of(v, "n", a), bytes_of(v, "e", a));
    }
    if (!curve_by_name(type, sl_json_text_of(v, "crv"), ret))
        return NULL;
    return sl_public_key_point(*ret, bytes_of(v, "x", a), bytes_of(v, "y", a));
}

static void free_key(void *key)
{
    sl_public_key_free(key);
}

/* Takes `key`. */
static void keep(struct sl_jwk *ret, struct sl_public_key *key, enum sl_key_kind kind,
                 struct sl_arena *a)
{
    sl_arena_defer(a, free_key, key);
    *ret = (struct sl_jwk){.kind = kind, .key = key};
}

static bool is_for_signatures(const struct sl_json *v)
{
    sl_str use = sl_json_text_of(v, "use");
    return use.n == 0 || sl_str_eq(use, SL_STR("sig"));
}

bool sl_jwk_read(const struct sl_json *v, struct sl_arena *a, struct sl_jwk *ret)
{
    enum sl_key_kind kind;
    sl_str alg = sl_json_text_of(v, "alg");
    enum sl_jws_alg pinned = sl_jws_alg_by_name(alg);
    if (!is_for_signatures(v) || (alg.n != 0 && pinned == SL_JWS_ANY))
        return false;
    struct sl_public_key *key = read_key(v, a, &kind);
    if (key == NULL)
        return false;
    keep(ret, key, kind, a);
    ret->alg = pinned;
    ret->kid = sl_json_text_of(v, "kid");
    return pinned == SL_JWS_ANY || sl_jws_alg_kind(pinned) == kind;
}

bool sl_jwk_parse(sl_str text, struct sl_arena *a, struct sl_jwk *ret)
{
    const struct sl_json *v;
    struct sl_jsonscan_info info;
    enum sl_key_kind kind;
    text = sl_str_trim(text);
    if (sl_str_starts(text, SL_STR("{")))
        return sl_json_parse(text, a, &v, &info) == SL_OK && sl_jwk_read(v, a, ret);
    struct sl_public_key *key = sl_public_key_pem(text, &kind);
    if (key != NULL)
        keep(ret, key, kind, a);
    return key != NULL;
}

bool sl_jwks_parse(sl_str json, struct sl_arena *a, struct sl_jwks *ret)
{
    const struct sl_json *v, *item;
    struct sl_jsonscan_info info;
    if (sl_json_parse(json, a, &v, &info) != SL_OK)
        return false;
    const struct sl_json *list = sl_json_get(v, SL_STR("keys"));
    if (sl_json_kind(list) != SL_JSON_ARRAY)
        return false;
    struct sl_jwk *keys = sl_arena_array(a, struct sl_jwk, SL_JWKS_MAX);
    struct sl_json_cursor c = sl_json_each(list);
    size_t n = 0;
    while (n < SL_JWKS_MAX && (item = sl_json_next(&c, NULL)) != NULL)
        n += sl_jwk_read(item, a, &keys[n]);
    *ret = (struct sl_jwks){keys, n};
    return true;
}

/* ------------------------------------------------------------------ reducing */

/* What read_key looks at, and the name and algorithm. */
static const char *const members[] = {"kty", "crv", "n", "e", "x", "y", "kid", "alg"};

static sl_str reduced_key(const struct sl_json *v, struct sl_arena *a)
{
    struct sl_strbuf out;
    struct sl_jsonw w;
    sl_strbuf_init(&out, a, 0);
    sl_jsonw_init(&w, &out);
    sl_jsonw_object(&w);
    for (size_t i = 0; i < SL_LEN(members); i++) {
        sl_str text = sl_json_text_of(v, members[i]);
        if (text.n == 0)
            continue;
        sl_jsonw_key(&w, sl_cstr(members[i]));
        sl_jsonw_str(&w, text);
    }
    sl_jsonw_end(&w);
    return out.is_full ? (sl_str){0} : sl_strbuf_str(&out);
}

bool sl_jwks_reduce(sl_str json, size_t max_bytes, struct sl_arena *a, sl_str *ret)
{
    static const sl_str head = SL_STR("{\"keys\":["), tail = SL_STR("]}");
    const struct sl_json *v, *item;
    struct sl_jsonscan_info info;
    struct sl_jwk key;
    struct sl_strbuf out;
    size_t n = 0;
    SL_ASSERT(max_bytes >= head.n + tail.n);
    if (sl_json_parse(json, a, &v, &info) != SL_OK ||
        sl_json_kind(sl_json_get(v, SL_STR("keys"))) != SL_JSON_ARRAY)
        return false;
    sl_strbuf_init(&out, a, max_bytes);
    sl_strbuf_add(&out, head);
    struct sl_json_cursor c = sl_json_each(sl_json_get(v, SL_STR("keys")));
    while (n < SL_JWKS_MAX && (item = sl_json_next(&c, NULL)) != NULL) {
        sl_str one = sl_jwk_read(item, a, &key) ? reduced_key(item, a) : (sl_str){0};
        if (one.n == 0 || out.n + 1 + one.n + tail.n > max_bytes)
            continue;
        sl_strbuf_add(&out, n++ != 0 ? SL_STR(",") : SL_STR(""));
        sl_strbuf_add(&out, one);
    }
    sl_strbuf_add(&out, tail);
    *ret = sl_strbuf_str(&out);
    return !out.is_full;
}

/* ------------------------------------------------------------------ comparing */

struct key_digest {
    uint8_t bytes[SL_SHA256_BYTES];
};

/* The name stands last: all before it has a fixed length. */
static struct key_digest digest_of(const struct sl_jwk *key)
{
    struct key_digest ret;
    uint8_t material[SL_SHA256_BYTES], alg = (uint8_t)key->alg;
    SL_ASSERT(key->kind != SL_KEY_SECRET);
    sl_public_key_digest(key->key, material);
    const sl_str parts[] = {sl_digest_str(material, sizeof(material)), sl_digest_str(&alg, 1),
                            key->kid};
    sl_sha256_parts(parts, SL_LEN(parts), ret.bytes);
    return ret;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, SL_SHA256_BYTES);
}

void sl_jwks_digest(const struct sl_jwks *keys, uint8_t ret[SL_SHA256_BYTES])
{
    struct key_digest all[SL_JWKS_MAX];
    SL_ASSERT(keys->n <= SL_LEN(all));
    for (size_t i = 0; i < keys->n; i++)
        all[i] = digest_of(&keys->v[i]);
    qsort(all, keys->n, sizeof(all[0]), by_bytes);
    sl_sha256(sl_digest_str(all[0].bytes, keys->n * sizeof(all[0])), ret);
}

/* ------------------------------------------------------------------ checking */

bool sl_jwk_is_for(const struct sl_jwk *key, enum sl_jws_alg alg)
{
    return alg != SL_JWS_ANY && sl_jws_alg_kind(alg) == key->kind &&
           (key->alg == SL_JWS_ANY || key->alg == alg);
}

bool sl_jws_verify(enum sl_jws_alg alg, const struct sl_jwk *key, sl_str bytes, sl_str signature)
{
    uint8_t digest[SL_DIGEST_BYTES_MAX];
    if (!sl_jwk_is_for(key, alg))
        return false;
    const struct algorithm *with = &algorithms[alg];
    if (key->kind != SL_KEY_SECRET)
        return sl_public_key_verify(key->key, with->digest, with->is_pss, bytes, signature);
    size_t n = sl_hmac(with->digest, key->secret, bytes, digest);
    return sl_str_eq_secret(sl_digest_str(digest, n), signature);
}
