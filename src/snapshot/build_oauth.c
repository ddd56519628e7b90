/*
 * Keys of accounts that are credentials of OAuth: where their access tokens come from.
 */
#include "base/enc.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "snapshot/build_int.h"

/* By all of the credential: two accounts with the same one share its token. */
static struct sl_access_token *token_of(struct sl_build *b, sl_str credential)
{
    uint8_t digest[SL_SHA256_BYTES];
    struct sl_strbuf hex;
    sl_sha256(credential, digest);
    sl_strbuf_init(&hex, b->a, 0);
    sl_enc_hex(&hex, sl_digest_str(digest, sizeof(digest)));
    return sl_state_get(b->states, "access_token", sl_strbuf_str(&hex),
                        sizeof(struct sl_access_token), NULL, NULL, b->a);
}

const struct sl_token_source *sl_build_token_source(struct sl_build *b, const struct sl_item *item,
                                                    sl_str path, sl_str account, sl_str key)
{
    static const struct sl_upstream_tls_config tls = {.verify = true};
    static const struct sl_pool_config pool = {0};
    struct sl_token_source *s = sl_arena_new_of(b->a, struct sl_token_source);
    const char *why;
    if (!sl_ai_oauth_is(key))
        return NULL;
    if (!sl_ai_oauth_parse(key, b->a, &s->credential, &why)) {
        (void)sl_item_fail(b->d, item, path, "%s", why);
        return NULL;
    }
    if (!sl_build_endpoint(b, item, path, SL_STR("token"), s->credential.url, &tls, &pool,
                           &s->endpoint))
        return NULL;
    s->target = s->endpoint.base_path.n != 0 ? s->endpoint.base_path : SL_STR("/");
    s->account = account;
    s->token = token_of(b, key);
    return s;
}

static size_t gather(const struct sl_snapshot *s, const struct sl_token_source **v)
{
    size_t n = 0;
    for (size_t i = 0; i < s->account_count; i++)
        for (size_t k = 0; k < s->accounts[i]->key_count; k++)
            if (s->accounts[i]->keys[k].source != NULL) {
                if (v != NULL)
                    v[n] = s->accounts[i]->keys[k].source;
                n++;
            }
    return n;
}

void sl_build_token_sources(struct sl_build *b)
{
    b->s->token_source_count = gather(b->s, NULL);
    b->s->token_sources =
        sl_arena_array(b->a, const struct sl_token_source *, b->s->token_source_count);
    (void)gather(b->s, b->s->token_sources);
}
