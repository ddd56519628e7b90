/*
 * Certificates of listeners, by name and by what handshakes ask for.
 */
#include "base/enc.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/crypto.h"
#include "snapshot/build_int.h"

/* Reading one takes longer than all else here: whoever is not changed outlives the snapshot. */
struct shared {
    struct sl_certificate *certificate;
};

static void shared_fini(void *block)
{
    sl_certificate_unref(((struct shared *)block)->certificate);
}

static sl_str identity_of(struct sl_build *b, const struct sl_certificate_config *c)
{
    uint8_t hash[SL_SHA256_BYTES];
    struct sl_strbuf all, hex;
    sl_strbuf_init(&all, b->scratch, 0);
    sl_strbuf_init(&hex, b->a, 0);
    sl_strbuf_addf(&all, "%zu %zu ", c->certificate.n, c->private_key.n);
    sl_strbuf_add(&all, c->certificate);
    sl_strbuf_add(&all, c->private_key);
    for (size_t i = 0; i < c->server_names.n; i++)
        sl_strbuf_addf(&all, " %.*s", SL_STRF(c->server_names.v[i]));
    sl_sha256(sl_strbuf_str(&all), hash);
    sl_enc_hex(&hex, sl_str_of((const char *)hash, sizeof(hash)));
    return sl_strbuf_str(&hex);
}

static struct sl_certificate *read(struct sl_build *b, const struct sl_item *item)
{
    const struct sl_certificate_config *c = item->config;
    const struct sl_certificate_source from = {
        .chain_pem = c->certificate, .key_pem = c->private_key, .names = c->server_names};
    struct shared *shared = sl_state_get(b->states, "certificate", identity_of(b, c),
                                         sizeof(*shared), NULL, shared_fini, b->a);
    size_t before = b->d->count;
    if (shared->certificate == NULL &&
        sl_certificate_new(&from, &shared->certificate, b->d) != SL_OK)
        sl_item_adopt(b->d, before, item, SL_STR(""));
    return shared->certificate;
}

void sl_build_certificates(struct sl_build *b, const struct sl_items *items)
{
    struct sl_named_certificate *v = sl_arena_array(b->a, struct sl_named_certificate, items->n);
    struct sl_certificate_set *set = sl_arena_new_of(b->a, struct sl_certificate_set);
    struct sl_map names;
    size_t n = 0;
    sl_certificate_set_init(set, b->a);
    sl_build_names(b, items, NULL, &names);
    for (size_t i = 0; i < items->n; i++) {
        struct sl_certificate *c = items->v[i].is_bad ? NULL : read(b, &items->v[i]);
        if (c == NULL)
            continue;
        const struct sl_certificate_config *config = items->v[i].config;
        v[n++] = (struct sl_named_certificate){config->name, c};
        sl_certificate_set_add(set, c);
    }
    b->s->named_certificates = v;
    b->s->named_certificate_count = n;
    b->s->certificates = set;
}
