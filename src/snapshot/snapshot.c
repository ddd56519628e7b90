#include "snapshot/snapshot.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <stdatomic.h>

struct sl_snapshot *sl_snapshot_ref(struct sl_snapshot *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

/* The last holder must see what the others did: release here, acquire there. */
void sl_snapshot_unref(struct sl_snapshot *s)
{
    if (s != NULL && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
        sl_arena_free(s->arena);
}

const struct sl_account *sl_snapshot_account(const struct sl_snapshot *s, sl_str name,
                                             sl_str *ret_model)
{
    size_t slash = sl_str_find(name, '/', 0);
    if (slash == SIZE_MAX || slash + 1 == name.n)
        return NULL;
    sl_str owner = sl_str_head(name, slash);
    const struct sl_account *found = NULL;
    for (size_t i = 0; i < s->account_count; i++) {
        const struct sl_account *account = s->accounts[i];
        bool is_named = sl_str_eq(account->name, owner);
        if (is_named || (found == NULL && sl_str_eq(account->vendor->id, owner)))
            found = account;
        if (is_named)
            break;
    }
    if (found != NULL)
        *ret_model = sl_str_from(name, slash + 1);
    return found;
}

enum { PRICE_KEY_BYTES = 512 }; /* longer names have no row */

sl_str sl_account_model_name(const struct sl_account *account, sl_str model)
{
    const sl_str *name =
        account->deployments != NULL ? sl_map_get(account->deployments, model) : NULL;
    return name != NULL ? *name : model;
}

const struct sl_ai_price *sl_snapshot_price(const struct sl_snapshot *s,
                                            const struct sl_ai_vendor *vendor, sl_str model)
{
    char key[PRICE_KEY_BYTES];
    struct sl_ai_model info;
    size_t n = vendor->id.n + 1 + model.n;
    if (s->prices->n != 0 && model.n != 0 && n <= sizeof(key)) {
        memcpy(key, vendor->id.p, vendor->id.n);
        key[vendor->id.n] = '/';
        memcpy(key + vendor->id.n + 1, model.p, model.n);
        const struct sl_ai_price *own = sl_map_get(s->prices, sl_str_of(key, n));
        if (own != NULL)
            return own;
    }
    return sl_ai_catalog_find(vendor->catalog, model, &info) ? info.price : NULL;
}

const struct sl_ai_price *sl_account_price(const struct sl_snapshot *s,
                                           const struct sl_account *account, sl_str model,
                                           struct sl_arena *a)
{
    const struct sl_ai_vendor *vendor = account->vendor;
    const struct sl_ai_price *p = sl_snapshot_price(s, vendor, model);
    struct sl_ai_model info;
    bool is_catalogs = sl_ai_catalog_find(vendor->catalog, model, &info) && info.price == p;
    return is_catalogs ? sl_ai_price_in(p, vendor->catalog, account->region, model, a) : p;
}

const struct sl_credential *sl_snapshot_credential(const struct sl_snapshot *s,
                                                   const uint8_t key_hash[32])
{
    return sl_credential_index_get(&s->credentials, key_hash);
}

struct sl_certificate *sl_snapshot_certificate(const struct sl_snapshot *s, sl_str name)
{
    for (size_t i = 0; i < s->named_certificate_count; i++) {
        if (sl_str_eq(s->named_certificates[i].name, name))
            return s->named_certificates[i].certificate;
    }
    return NULL;
}

const struct sl_subscription *sl_snapshot_subscription(const struct sl_snapshot *s, sl_str consumer,
                                                       sl_str service)
{
    for (size_t i = 0; i < s->consumer_count; i++) {
        if (sl_str_eq(s->consumers[i]->name, consumer))
            return sl_map_get(&sl_consumer_extra(s->consumers[i])->subscriptions, service);
    }
    return NULL;
}

const char *sl_balancer_name(enum sl_balancer b)
{
    switch (b) {
    case SL_BALANCE_ROUND_ROBIN:
        return "round robin";
    case SL_BALANCE_LEAST_REQUEST:
        return "least request";
    case SL_BALANCE_HASH:
        return "consistent hash";
    case SL_BALANCE_EWMA:
        return "ewma";
    }
    return "";
}

bool sl_canary_is_asked_for(const struct sl_canary *c, const struct sl_headers *h)
{
    const struct sl_header *field = c->header.n != 0 ? sl_headers_find(h, c->header) : NULL;
    return field != NULL && (c->value.n == 0 || sl_str_eq(field->value, c->value));
}
