/*
 * Accounts with vendors, prices and model routes.
 */
#include "ai/option.h"
#include "base/enc.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "snapshot/build_int.h"

#include <stdlib.h>

/* ------------------------------------------------------------------ vendors */

static const struct sl_ai_vendor *find_vendor(struct sl_build *b, const struct sl_item *item,
                                              sl_str id)
{
    const struct sl_ai_vendor *v = sl_map_get(&b->vendors, id);
    struct sl_guess g;
    size_t at = 0;
    sl_str name;
    void *own;
    if (v == NULL)
        v = sl_ai_vendor_find(id);
    if (v != NULL)
        return v;
    sl_guess_init(&g, id);
    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++)
        sl_guess_consider(&g, v->id);
    while (sl_map_next(&b->vendors, &at, &name, &own))
        sl_guess_consider(&g, name);
    if (g.best.p != NULL)
        (void)sl_item_fail(b->d, item, SL_STR("vendor"), "is not known; did you mean '%.*s'?",
                           SL_STRF(g.best));
    else
        (void)sl_item_fail(b->d, item, SL_STR("vendor"),
                           "is not known; describe it under 'vendors', or use 'custom-openai' with "
                           "a base_url");
    return NULL;
}

/* ------------------------------------------------------------------ prices */

/* Dollars with at most six decimals, as micro-dollars. */
static int64_t to_musd(struct sl_build *b, const struct sl_item *item, sl_str path, int64_t nusd)
{
    if (nusd % 1000 != 0)
        (void)sl_item_fail(b->d, item, path, "must have at most 6 decimals");
    return nusd / 1000;
}

static void build_rates(struct sl_build *b, const struct sl_item *item, sl_str path,
                        const struct sl_rates_config *c, struct sl_ai_rates *ret)
{
    const struct sl_node *map = sl_node_at(item->node, path);
    const char *dot = path.n != 0 ? "." : "";
#define X(ID, name, side, fallback, text)               \
    ret->name = sl_node_get(map, SL_STR(#name)) == NULL \
                    ? SL_AI_PRICE_UNKNOWN               \
                    : to_musd(b, item, sl_fmt(b->a, "%.*s%s" #name, SL_STRF(path), dot), c->name);
#include "ai/usage_bucket.def"
#undef X
}

static void build_price_tiers(struct sl_build *b, const struct sl_item *item,
                              const struct sl_price_config *c, struct sl_ai_price *ret)
{
    const struct sl_price_tier_config *tiers = c->tiers.v;
    struct sl_ai_price_rule *rules = sl_arena_array(b->a, struct sl_ai_price_rule, c->tiers.n);
    for (size_t i = 0; i < c->tiers.n; i++) {
        rules[i] = (struct sl_ai_price_rule){.above_tokens = tiers[i].above_tokens,
                                             .from_s = tiers[i].from,
                                             .until_s = tiers[i].until};
        build_rates(b, item, sl_fmt(b->a, "tiers[%zu]", i), &tiers[i].rates, &rules[i].rates);
    }
    ret->rules = rules;
    ret->rules_n = c->tiers.n;
}

static int64_t unit_price(const struct sl_item *item, sl_str name, int64_t nusd)
{
    return sl_node_get(item->node, name) != NULL ? nusd : SL_AI_PRICE_UNKNOWN;
}

static struct sl_ai_price *make_price(struct sl_build *b, const struct sl_item *item,
                                      const struct sl_ai_vendor *vendor)
{
    const struct sl_price_config *c = item->config;
    struct sl_ai_price *p = sl_arena_new_of(b->a, struct sl_ai_price);
    sl_ai_price_init(p);
    build_rates(b, item, SL_STR(""), &c->rates, &p->base);
    p->request_nusd = unit_price(item, SL_STR("request"), c->request);
    p->search_nusd = unit_price(item, SL_STR("search"), c->search);
    p->image_nusd = unit_price(item, SL_STR("image"), c->image);
    p->page_nusd = unit_price(item, SL_STR("page"), c->page);
    p->tier_permille[SL_AI_TIER_FLEX] = (uint16_t)(c->flex_percent * 10);
    p->tier_permille[SL_AI_TIER_BATCH] = (uint16_t)(c->batch_percent * 10);
    p->tier_permille[SL_AI_TIER_PRIORITY] = (uint16_t)(c->priority_percent * 10);
    p->has_anthropic_cache = vendor->dialect == SL_AI_ANTHROPIC;
    build_price_tiers(b, item, c, p);
    return p;
}

static void build_price(struct sl_build *b, const struct sl_item *item)
{
    const struct sl_price_config *c = item->config;
    const struct sl_ai_vendor *vendor = find_vendor(b, item, c->vendor);
    if (vendor == NULL)
        return;
    sl_str key = sl_fmt(b->a, "%.*s/%.*s", SL_STRF(vendor->id), SL_STRF(c->model));
    if (sl_map_put(b->s->prices, key, make_price(b, item, vendor)) != NULL)
        (void)sl_item_fail(b->d, item, SL_STR("model"), "'%.*s' has a price already", SL_STRF(key));
}

void sl_build_prices(struct sl_build *b, const struct sl_items *items)
{
    for (size_t i = 0; i < items->n; i++) {
        if (!items->v[i].is_bad)
            build_price(b, &items->v[i]);
    }
}

/* ------------------------------------------------------------------ accounts */

enum { LABEL_TAIL_BYTES = 4, LABEL_MIN_BYTES = 12 };

/* The last four characters, unless they would be too much of the key. */
static sl_str label_of(struct sl_build *b, const struct sl_account_key_config *c, size_t index,
                       const struct sl_token_source *source)
{
    if (c->label.n != 0)
        return c->label;
    if (source != NULL)
        return source->credential.name;
    if (sl_ai_oauth_is(c->key)) /* a bad one */
        return (sl_str){0};
    if (c->key.n < LABEL_MIN_BYTES)
        return sl_fmt(b->a, "key %zu", index + 1);
    return sl_fmt(b->a, "\xe2\x80\xa6%.*s", LABEL_TAIL_BYTES,
                  c->key.p + c->key.n - LABEL_TAIL_BYTES);
}

static sl_str key_identity(struct sl_build *b, const struct sl_account *account, sl_str key)
{
    uint8_t digest[SL_SHA256_BYTES];
    struct sl_strbuf hex;
    sl_sha256(key, digest);
    sl_strbuf_init(&hex, b->a, 0);
    sl_enc_hex(&hex, sl_digest_str(digest, 8)); /* tells keys apart; does not give them away */
    return sl_fmt(b->a, "%.*s/%.*s", SL_STRF(account->name), SL_STRF(sl_strbuf_str(&hex)));
}

/* By order; equal ones stay as they are: insertion sort of a short list. */
static void sort_keys(struct sl_account_key *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct sl_account_key key = v[i];
        size_t at = i;
        for (; at > 0 && v[at - 1].order > key.order; at--)
            v[at] = v[at - 1];
        v[at] = key;
    }
}

static void build_account_keys(struct sl_build *b, const struct sl_item *item,
                               const struct sl_account_config *c, struct sl_account *account)
{
    const struct sl_account_key_config *keys = c->keys.v;
    account->keys = sl_arena_array(b->a, struct sl_account_key, c->keys.n);
    account->key_count = c->keys.n;
    for (size_t i = 0; i < c->keys.n; i++) {
        const struct sl_token_source *source = sl_build_token_source(
            b, item, sl_fmt(b->a, "keys[%zu]", i), account->name, keys[i].key);
        account->keys[i] = (struct sl_account_key){
            .source = source,
            .token = source != NULL ? source->token : NULL,
            .index = (uint32_t)i,
            .expires_at = keys[i].expires,
            .is_disabled = keys[i].disabled,
            .secret = keys[i].key,
            .label = label_of(b, &keys[i], i, source),
            .weight = (uint32_t)keys[i].weight,
            .order = (uint32_t)keys[i].order,
            .state = sl_state_get(b->states, "account_key", key_identity(b, account, keys[i].key),
                                  sizeof(struct sl_key_state), NULL, NULL, b->a),
        };
    }
    sort_keys(account->keys, account->key_count);
}

static sl_str path_of_url(sl_str url)
{
    static const sl_str colon = SL_STR_INIT("://");
    size_t at = sl_str_find_str(url, colon);
    size_t slash = at != SIZE_MAX ? sl_str_find(url, '/', at + colon.n) : SIZE_MAX;
    return slash != SIZE_MAX ? sl_str_from(url, slash) : (sl_str){0};
}

/* It becomes part of a host name and of what is signed. */
static bool is_region(sl_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return text.n != 0;
}

static void check_region(struct sl_build *b, const struct sl_item *item,
                         const struct sl_account *account)
{
    if (account->region.n != 0 && !is_region(account->region))
        (void)sl_item_fail(b->d, item, SL_STR("region"),
                           "must be of lower-case letters, digits and hyphens");
    else if (account->region.n == 0 && account->vendor->auth == SL_AI_AUTH_AWS)
        (void)sl_item_fail(b->d, item, SL_STR("region"),
                           "is missing; '%.*s' needs one, such as 'us-east-1'",
                           SL_STRF(account->vendor->id));
}

static bool build_account_endpoint(struct sl_build *b, const struct sl_item *item,
                                   const struct sl_account_config *c, struct sl_account *account)
{
    sl_str url = c->base_url.n != 0 ? c->base_url : account->vendor->base_url;
    sl_str owner = sl_fmt(b->a, "account:%.*s", SL_STRF(c->name));
    if (url.n == 0) {
        (void)sl_item_fail(b->d, item, SL_STR("base_url"), "is missing; '%.*s' has none of its own",
                           SL_STRF(account->vendor->id));
        return false;
    }
    if (!sl_build_endpoint(b, item, SL_STR("base_url"), owner, url, &c->tls, &c->pool,
                           &account->endpoint))
        return false;
    account->surfaces = sl_ai_surfaces_make(account->vendor, path_of_url(account->vendor->base_url),
                                            account->endpoint.base_path, b->a);
    return true;
}

static void check_account(struct sl_build *b, const struct sl_item *item,
                          const struct sl_account *account)
{
    if (account->key_count == 0 && !sl_ai_vendor_has(account->vendor, SL_AI_QUIRK_KEY_OPTIONAL))
        (void)sl_item_fail(b->d, item, SL_STR("keys"),
                           "is missing; '%.*s' needs a key, such as [\"${env:NAME}\"]",
                           SL_STRF(account->vendor->id));
}

/* ---- what the account adds to its vendor's row ---- */

static void check_options(struct sl_build *b, const struct sl_item *item,
                          const struct sl_account_config *c, const struct sl_pairs *known)
{
    for (size_t i = 0; i < c->options.n; i++) {
        const struct sl_pair *o = &c->options.v[i];
        sl_str path = sl_fmt(b->a, "options.%.*s", SL_STRF(o->name));
        bool is_known = false;
        for (size_t k = 0; k < known->n; k++)
            is_known |= sl_str_eq(known->v[k].name, o->name);
        if (!is_known)
            (void)sl_item_fail(b->d, item, path, "is no option of '%.*s'", SL_STRF(c->vendor));
        else if (!sl_ai_option_is_valid(o->value))
            (void)sl_item_fail(b->d, item, path,
                               "may have letters, digits, '.', '_', '~' and '-' only");
    }
}

/* The region is an option like others, with a member of its own. */
static struct sl_pairs options_of(const struct sl_account_config *c, struct sl_arena *a)
{
    struct sl_pairs all = {.v = sl_arena_array(a, struct sl_pair, c->options.n + 1)};
    for (size_t i = 0; i < c->options.n; i++)
        all.v[all.n++] = c->options.v[i];
    if (c->region.n != 0)
        all.v[all.n++] = (struct sl_pair){SL_STR("region"), c->region};
    return all;
}

static bool is_given(const struct sl_pairs *pairs, sl_str name)
{
    for (size_t i = 0; i < pairs->n; i++)
        if (sl_str_eq(pairs->v[i].name, name))
            return true;
    return false;
}

/* With a base_url of one's own, what only the vendor's has is not needed. */
static bool is_needed(const struct sl_account_config *c, const struct sl_ai_vendor *vendor,
                      const struct sl_pair *option, struct sl_arena *a)
{
    sl_str place = sl_fmt(a, "{%.*s}", SL_STRF(option->name));
    bool is_in_base = sl_str_find_str(vendor->base_url, place) != SIZE_MAX;
    bool is_said = is_given(&c->options, option->name) ||
                   (c->region.n != 0 && sl_str_eq(option->name, SL_STR("region")));
    return option->value.n == 0 && !is_said && !(is_in_base && c->base_url.n != 0);
}

static void fail_missing(struct sl_build *b, const struct sl_item *item,
                         const struct sl_ai_vendor *vendor, sl_str option)
{
    if (sl_str_eq(option, SL_STR("region")))
        (void)sl_item_fail(b->d, item, SL_STR("region"),
                           "is missing; '%.*s' needs one, such as 'us-east-1'",
                           SL_STRF(vendor->id));
    else
        (void)sl_item_fail(b->d, item, sl_fmt(b->a, "options.%.*s", SL_STRF(option)),
                           "is missing; '%.*s' is at %.*s", SL_STRF(vendor->id),
                           SL_STRF(vendor->base_url));
}

static const struct sl_ai_vendor *vendor_of_account(struct sl_build *b, const struct sl_item *item,
                                                    const struct sl_account_config *c)
{
    const struct sl_ai_vendor *vendor = find_vendor(b, item, c->vendor);
    if (vendor == NULL)
        return NULL;
    struct sl_pairs known = sl_ai_options_of(vendor, b->a);
    struct sl_ai_vendor *own = sl_ai_vendor_copy(vendor, b->a);
    bool is_complete = true;
    check_options(b, item, c, &known);
    for (size_t i = 0; i < known.n; i++) {
        if (!is_needed(c, vendor, &known.v[i], b->a))
            continue;
        fail_missing(b, item, vendor, known.v[i].name);
        is_complete = false;
    }
    struct sl_pairs given = options_of(c, b->a);
    if (own->global_url.n != 0 && sl_str_eq(c->region, SL_STR("global")))
        own->base_url = own->global_url;
    sl_ai_options_fill(own, &given, b->a);
    for (struct sl_ai_vendor *row = own; c->auth != 0 && row->id.n != 0; row++) {
        row->auth = (enum sl_ai_auth)(c->auth - 1);
        row->auth_header = (sl_str){0};
    }
    return is_complete ? own : NULL;
}

static const struct sl_map *build_deployments(struct sl_build *b, const struct sl_pairs *pairs)
{
    struct sl_map *map;
    if (pairs->n == 0)
        return NULL;
    map = sl_arena_new_of(b->a, struct sl_map);
    sl_map_init(map, b->a, 0);
    for (size_t i = 0; i < pairs->n; i++)
        (void)sl_map_put(map, pairs->v[i].name, &pairs->v[i].value);
    return map;
}

static struct sl_account *build_account(struct sl_build *b, const struct sl_item *item)
{
    const struct sl_account_config *c = item->config;
    struct sl_account *account = sl_arena_new_of(b->a, struct sl_account);
    const struct sl_ai_vendor *vendor = vendor_of_account(b, item, c);
    if (vendor == NULL)
        return NULL;
    bool is_said = sl_node_get(item->node, SL_STR("serves_unlisted")) != NULL;
    *account = (struct sl_account){
        .name = c->name,
        .vendor = vendor,
        .region = c->region,
        .deployments = build_deployments(b, &c->deployments),
        .breaker = sl_build_breaker(&c->breaker),
        .streaming = (enum sl_ai_streaming)c->stream,
        .forget_us = c->forget_us,
        .serves_unlisted =
            is_said ? c->serves_unlisted
                    : vendor->catalog.n == 0 || sl_ai_catalog_model_count(vendor->catalog) == 0,
        .state = sl_state_get(b->states, "account", c->name, sizeof(struct sl_account_state), NULL,
                              NULL, b->a),
    };
    build_account_keys(b, item, c, account);
    check_account(b, item, account);
    check_region(b, item, account);
    return build_account_endpoint(b, item, c, account) ? account : NULL;
}

static struct sl_account *bad_account(struct sl_build *b, sl_str name)
{
    struct sl_account *account = sl_arena_new_of(b->a, struct sl_account);
    account->name = name;
    return account;
}

void sl_build_accounts(struct sl_build *b, const struct sl_items *items)
{
    struct sl_map names;
    const struct sl_account **v = sl_arena_array(b->a, const struct sl_account *, items->n);
    size_t at = 0;
    sl_str name;
    void *value;
    sl_build_names(b, items, NULL, &names);
    for (size_t i = 0; i < items->n; i++) {
        struct sl_account *account = items->v[i].is_bad ? NULL : build_account(b, &items->v[i]);
        if (account == NULL)
            continue;
        v[b->s->account_count++] = account;
        (void)sl_map_put(&b->accounts, account->name, account); /* names are unique */
    }
    while (sl_map_next(&names, &at, &name, &value)) { /* bad ones count as defined */
        if (sl_map_get(&b->accounts, name) == NULL)
            (void)sl_map_put(&b->accounts, name, bad_account(b, name));
    }
    b->s->accounts = v;
    sl_build_token_sources(b);
}

/* ------------------------------------------------------------------ model routes */

/* "account/model", when the account is not named apart */
static bool split_target(struct sl_build *b, const struct sl_item *item, sl_str path,
                         sl_str *account, sl_str *model)
{
    if (account->n != 0)
        return true;
    size_t slash = sl_str_find(*model, '/', 0);
    if (slash == SIZE_MAX || slash == 0 || slash + 1 == model->n) {
        (void)sl_item_fail(b->d, item, path,
                           "must name an account, as in 'openai/gpt-4o' or {account: openai, "
                           "model: gpt-4o}");
        return false;
    }
    *account = sl_str_head(*model, slash);
    *model = sl_str_from(*model, slash + 1);
    return true;
}

static bool build_target(struct sl_build *b, const struct sl_item *item, sl_str path,
                         sl_str account_name, sl_str model, struct sl_model_target *ret)
{
    if (!split_target(b, item, path, &account_name, &model))
        return false;
    const struct sl_account *account = sl_map_get(&b->accounts, account_name);
    if (account == NULL) {
        sl_build_undefined(b, item, path, "account", account_name, &b->accounts);
        return false;
    }
    if (account->vendor == NULL) /* a bad account: told already */
        return false;
    struct sl_ai_model *info = sl_arena_new_of(b->a, struct sl_ai_model);
    bool is_known = sl_ai_catalog_find(account->vendor->catalog, model, info);
    *ret = (struct sl_model_target){
        .account = account,
        .model = model,
        .info = is_known ? info : NULL,
        .price = sl_account_price(b->s, account, model, b->a),
        .weight = 1,
        .context_tokens = is_known ? info->context_tokens : 0,
        .streaming = account->streaming,
    };
    return true;
}

static void sort_targets(struct sl_model_target *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct sl_model_target target = v[i];
        size_t at = i;
        for (; at > 0 && v[at - 1].order > target.order; at--)
            v[at] = v[at - 1];
        v[at] = target;
    }
}

const struct sl_model_target *sl_build_targets(struct sl_build *b, const struct sl_item *item,
                                               sl_str path, const struct sl_list_of *list,
                                               size_t *ret_n)
{
    const struct sl_target_config *configs = list->v;
    struct sl_model_target *v = sl_arena_array(b->a, struct sl_model_target, list->n);
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct sl_target_config *c = &configs[i];
        struct sl_model_target *t = &v[n];
        sl_str place =
            sl_fmt(b->a, "%.*s[%zu].%s", SL_STRF(path), i, c->account.n != 0 ? "account" : "model");
        if (!build_target(b, item, place, c->account, c->model, t))
            continue;
        t->weight = (uint32_t)c->weight;
        t->order = (uint32_t)c->order;
        if (c->stream != 0)
            t->streaming = (enum sl_ai_streaming)(c->stream - 1);
        n++;
    }
    sort_targets(v, n);
    *ret_n = n;
    return v;
}

static void build_context_fallback(struct sl_build *b, const struct sl_item *item,
                                   const struct sl_model_config *c, struct sl_model_route *r)
{
    struct sl_model_target *t = sl_arena_new_of(b->a, struct sl_model_target);
    if (c->context_fallback.n != 0 && build_target(b, item, SL_STR("context_fallback"),
                                                   (sl_str){NULL, 0}, c->context_fallback, t))
        r->context_fallback = t;
}

static void publish(struct sl_build *b, const struct sl_item *item, sl_str path, sl_str name,
                    struct sl_model_route *r)
{
    const struct sl_model_route *other = sl_map_put(b->s->models, name, r);
    if (other != NULL)
        (void)sl_item_fail(b->d, item, path, "'%.*s' is a name of the model '%.*s' already",
                           SL_STRF(name), SL_STRF(other->name));
}

static struct sl_model_route *build_model(struct sl_build *b, const struct sl_item *item)
{
    const struct sl_model_config *c = item->config;
    struct sl_model_route *r = sl_arena_new_of(b->a, struct sl_model_route);
    *r = (struct sl_model_route){
        .name = c->name,
        .aliases = c->aliases,
        .timeouts = {.connect_us = c->timeouts.connect_us,
                     .first_token_us = c->timeouts.first_token_us,
                     .idle_us = c->timeouts.idle_us,
                     .total_us = c->timeouts.total_us},
        .attempts_max = (uint32_t)c->attempts,
        .is_strict = c->strict,
        .no_fallback = c->no_fallback,
        .shows_real_model = c->show_real_model,
        .drains_on_disconnect = c->drain_on_disconnect,
        .drain_us = c->drain_us,
        .caps_max_tokens = c->cap_max_tokens,
        .heartbeat_us = c->heartbeat_us,
    };
    publish(b, item, SL_STR("name"), r->name, r);
    for (size_t i = 0; i < r->aliases.n; i++)
        publish(b, item, sl_fmt(b->a, "aliases[%zu]", i), r->aliases.v[i], r);
    r->targets = sl_build_targets(b, item, SL_STR("targets"), &c->targets, &r->target_count);
    sl_build_model_rules(b, item, c, r);
    build_context_fallback(b, item, c, r);
    return r;
}

void sl_build_models(struct sl_build *b, const struct sl_items *items)
{
    const struct sl_model_route **v = sl_arena_array(b->a, const struct sl_model_route *, items->n);
    for (size_t i = 0; i < items->n; i++) {
        if (!items->v[i].is_bad)
            v[b->s->model_route_count++] = build_model(b, &items->v[i]);
    }
    b->s->model_routes = v;
}
