/*
 * Consumers and their credentials.
 */
#include "base/enc.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "snapshot/build_int.h"

static void fail_member(struct sl_build *b, const struct sl_item *item, sl_str path,
                        const char *member, const char *why)
{
    (void)sl_item_fail(b->d, item, sl_fmt(b->a, "%.*s.%s", SL_STRF(path), member), "%s", why);
}

/* A key or a password: its hash is what finds it and proves it. */
static bool read_hashed(struct sl_build *b, const struct sl_item *item, sl_str path,
                        const struct sl_consumer_key_config *c, struct sl_credential *ret)
{
    bool is_basic = ret->kind == SL_CREDENTIAL_BASIC;
    if ((c->key.n != 0) == (c->key_sha256.n != 0)) {
        (void)sl_item_fail(b->d, item, path, "needs either 'key' or 'key_sha256'");
        return false;
    }
    if (is_basic && c->username.n == 0) {
        fail_member(b, item, path, "username", "is needed for HTTP Basic");
        return false;
    }
    if (sl_str_find(c->username, ':', 0) != SIZE_MAX) {
        fail_member(b, item, path, "username", "must not have a colon, for it ends the name");
        return false;
    }
    if (c->key.n != 0) {
        const sl_str parts[] = {c->username, SL_STR(":"), c->key};
        sl_sha256_parts(is_basic ? parts : &c->key, is_basic ? SL_LEN(parts) : 1, ret->key_hash);
        return true;
    }
    if (!sl_dec_hex_to(ret->key_hash, sizeof(ret->key_hash), c->key_sha256)) {
        fail_member(b, item, path, "key_sha256", "must be 64 hexadecimal digits");
        return false;
    }
    return true;
}

static bool read_signing(struct sl_build *b, const struct sl_item *item, sl_str path,
                         const struct sl_consumer_key_config *c, struct sl_credential *ret)
{
    struct sl_credential_proof *proof = sl_arena_new_of(b->a, struct sl_credential_proof);
    const char *member = NULL, *why = sl_credential_proof_read(c, b->a, proof, &member);
    if (why != NULL) {
        fail_member(b, item, path, member, why);
        return false;
    }
    if (c->key_set.n != 0) {
        proof->key_set = sl_map_get(&b->key_sets, c->key_set);
        if (proof->key_set == NULL) {
            sl_build_undefined(b, item, sl_fmt(b->a, "%.*s.key_set", SL_STRF(path)), "key set",
                               c->key_set, &b->key_sets);
            return false;
        }
    }
    ret->proof = proof;
    sl_credential_id_hash((enum sl_credential_kind)ret->kind, c->key_id, ret->key_hash);
    return true;
}

static bool read_key(struct sl_build *b, const struct sl_item *item, sl_str path,
                     const struct sl_consumer_key_config *c, struct sl_credential *ret)
{
    enum sl_credential_kind kind = sl_credential_kind_of(c);
    ret->kind = (uint8_t)kind;
    return sl_credential_is_found_by_id(kind) ? read_signing(b, item, path, c, ret)
                                              : read_hashed(b, item, path, c, ret);
}

/* ---- what a key is restricted to: policies of its own, made of its members */

static struct sl_node *new_node(struct sl_build *b, const struct sl_node *at,
                                enum sl_node_kind kind, sl_str key, sl_str text)
{
    struct sl_node *n = sl_arena_new_of(b->a, struct sl_node);
    *n = (struct sl_node){.kind = kind,
                          .file = at->file,
                          .line = at->line,
                          .column = at->column,
                          .key = key,
                          .text = text};
    return n;
}

/* {type: TYPE, allow: LIST} */
static struct sl_node *policy_node(struct sl_build *b, const char *type, const struct sl_node *list)
{
    struct sl_node *map = new_node(b, list, SL_NODE_MAP, (sl_str){0}, (sl_str){0});
    struct sl_node *allow = sl_arena_new_of(b->a, struct sl_node);
    *allow = *list;
    allow->key = SL_STR("allow");
    allow->next = NULL;
    map->children = new_node(b, list, SL_NODE_STRING, SL_STR("type"), sl_cstr(type));
    map->children->next = allow;
    map->child_count = 2;
    return map;
}

static bool are_networks(struct sl_build *b, const struct sl_item *item, sl_str path,
                         const struct sl_strs *networks)
{
    struct sl_cidr cidr;
    size_t problems = b->d->count + b->d->dropped;
    for (size_t i = 0; i < networks->n; i++)
        if (!sl_cidr_parse(networks->v[i], &cidr))
            (void)sl_item_fail(b->d, item, sl_fmt(b->a, "%.*s.networks[%zu]", SL_STRF(path), i),
                               "must be a network, such as 10.0.0.0/8, or an address");
    return problems == b->d->count + b->d->dropped;
}

static const struct sl_credential_limits *build_limits(struct sl_build *b,
                                                       const struct sl_item *item, sl_str path,
                                                       const struct sl_consumer_key_config *c,
                                                       sl_str name)
{
    const struct sl_node *key = sl_node_at(item->node, path);
    struct sl_node *models = NULL, *networks = NULL;
    if (c->services.n == 0 && c->models.n == 0 && c->networks.n == 0)
        return NULL;
    struct sl_credential_limits *limits = sl_arena_new_of(b->a, struct sl_credential_limits);
    limits->services = c->services;
    if (c->models.n != 0)
        models = policy_node(b, "model_allow", sl_node_get(key, SL_STR("models")));
    if (c->networks.n != 0 && are_networks(b, item, path, &c->networks))
        networks = policy_node(b, "ip_filter", sl_node_get(key, SL_STR("networks")));
    struct sl_node *list = new_node(b, key, SL_NODE_LIST, (sl_str){0}, (sl_str){0});
    list->children = networks != NULL ? networks : models;
    if (networks != NULL)
        networks->next = models;
    list->child_count = (networks != NULL) + (models != NULL);
    struct sl_items entries = sl_document_entries(
        &b->docs, list, sl_fmt(b->a, "%.*s.%.*s", SL_STRF(item->path), SL_STRF(path)),
        SL_STR("type"));
    limits->policies = sl_build_policies(b, &entries, SL_AT_CONSUMER,
                                         sl_fmt(b->a, "credential/%.*s", SL_STRF(name)), true);
    return limits;
}

/* "consumer/key", for each of perhaps a million. */
static sl_str full_name(struct sl_arena *a, sl_str consumer, sl_str key)
{
    char *p = sl_arena_alloc(a, consumer.n + 1 + key.n + 1);
    memcpy(p, consumer.p, consumer.n);
    p[consumer.n] = '/';
    if (key.n != 0)
        memcpy(p + consumer.n + 1, key.p, key.n);
    return (sl_str){p, consumer.n + 1 + key.n};
}

static void build_key(struct sl_build *b, const struct sl_item *item, size_t index,
                      const struct sl_consumer_key_config *c, const struct sl_consumer *consumer)
{
    sl_str path = sl_document_path(b->scratch, "keys", index);
    struct sl_credential *credential = b->next_credential++;
    sl_str label = c->name.n != 0 ? c->name : sl_fmt(b->scratch, "%zu", index + 1);
    *credential = (struct sl_credential){
        .name = full_name(b->a, consumer->name, label),
        .consumer = consumer,
        .expires_at = c->expires,
        .is_disabled = c->disabled,
    };
    if (!read_key(b, item, path, c, credential))
        return;
    credential->limits = build_limits(b, item, path, c, credential->name);
    const struct sl_credential *other = sl_credential_index_put(&b->s->credentials, credential);
    if (other != NULL)
        (void)sl_item_fail(b->d, item, path, "is the same %s as '%.*s'",
                           sl_credential_is_found_by_id((enum sl_credential_kind)credential->kind)
                               ? "key_id"
                               : "key",
                           SL_STRF(other->name));
}

static sl_str find_tag(const struct sl_pairs *tags, sl_str name)
{
    for (size_t i = 0; i < tags->n; i++) {
        if (sl_str_eq(tags->v[i].name, name))
            return tags->v[i].value;
    }
    return (sl_str){0};
}

static struct sl_pairs keep_tags(struct sl_build *b, const struct sl_pairs *tags)
{
    struct sl_pair *v = tags->n != 0 ? sl_arena_array(b->a, struct sl_pair, tags->n) : NULL;
    for (size_t i = 0; i < tags->n; i++)
        v[i] = (struct sl_pair){sl_arena_dup(b->a, tags->v[i].name),
                                sl_arena_dup(b->a, tags->v[i].value)};
    return (struct sl_pairs){.v = v, .n = tags->n};
}

static struct sl_consumer_extra *new_extra(struct sl_build *b)
{
    struct sl_consumer_extra *extra = sl_arena_new_of(b->a, struct sl_consumer_extra);
    sl_map_init(&extra->subscriptions, b->a, 0);
    return extra;
}

/* Its own, to be changed. */
static struct sl_consumer_extra *extra_of(struct sl_build *b, struct sl_consumer *consumer)
{
    const struct sl_consumer_extra *before = consumer->extra;
    if (before != NULL && !before->is_shared)
        return consumer->extra;
    consumer->extra = new_extra(b);
    if (before != NULL) {
        *consumer->extra = *before;
        consumer->extra->is_shared = false;
    }
    return consumer->extra;
}

static bool are_same(const struct sl_pairs *a, const struct sl_pairs *b)
{
    size_t i = 0;
    while (a->n == b->n && i < a->n && sl_str_eq(a->v[i].name, b->v[i].name) &&
           sl_str_eq(a->v[i].value, b->v[i].value))
        i++;
    return a->n == b->n && i == a->n;
}

/* A million of one workspace have the same ones. */
static void put_tags(struct sl_build *b, struct sl_consumer *consumer, const struct sl_pairs *tags)
{
    if (b->tagged == NULL || !are_same(&b->tagged->tags, tags)) {
        b->tagged = new_extra(b);
        b->tagged->is_shared = true;
        b->tagged->tags = keep_tags(b, tags);
        b->tagged->team = find_tag(&b->tagged->tags, SL_STR("team"));
        b->tagged->workspace = find_tag(&b->tagged->tags, SL_STR("workspace"));
    }
    consumer->extra = b->tagged;
}

/* Plain keys leave nothing but a hash; of the others the snapshot borrows services, keys and names. */
static bool is_plain(const struct sl_consumer_key_config *c)
{
    return c->services.n == 0 && c->models.n == 0 && c->networks.n == 0 &&
           !sl_credential_is_found_by_id(sl_credential_kind_of(c));
}

/* The config as it was read, which goes after the build; or, where something is borrowed from it, read to stay. */
static const struct sl_consumer_config *config_of(struct sl_build *b, const struct sl_item *item)
{
    const struct sl_consumer_config *c = item->config;
    const struct sl_consumer_key_config *keys = c->keys.v;
    size_t i = 0;
    while (i < c->keys.n && is_plain(&keys[i]))
        i++;
    if (i == c->keys.n)
        return c;
    return sl_document_item(&b->docs, &sl_nouns[SL_NOUN_CONSUMERS], item->node, item->path).config;
}

static void put_policies(struct sl_build *b, const struct sl_item *item,
                         const struct sl_consumer_config *c, struct sl_consumer *consumer)
{
    struct sl_documents docs = b->docs;
    struct sl_items entries = sl_document_entries(
        &docs, c->policies, sl_fmt(b->scratch, "%.*s.policies", SL_STRF(item->path)),
        SL_STR("type"));
    struct sl_policies policies = sl_build_policies(
        b, &entries, SL_AT_CONSUMER, sl_fmt(b->scratch, "consumer/%.*s", SL_STRF(c->name)), true);
    if (policies.n != 0)
        extra_of(b, consumer)->policies = policies;
}

static struct sl_consumer *build_consumer(struct sl_build *b, const struct sl_item *item)
{
    const struct sl_consumer_config *c = config_of(b, item);
    const struct sl_consumer_key_config *keys = c->keys.v;
    struct sl_consumer *consumer = b->next_consumer++;
    *consumer = (struct sl_consumer){.name = sl_arena_dup(b->a, c->name)};
    if (c->tags.n != 0)
        put_tags(b, consumer, &c->tags);
    (void)sl_map_put(&b->consumers, consumer->name,
                     consumer); /* a second one is a problem already */
    if (c->policies != NULL)
        put_policies(b, item, c, consumer);
    for (size_t i = 0; i < c->keys.n; i++)
        build_key(b, item, i, &keys[i], consumer);
    return consumer;
}

/* A map that grows leaves what it was in the arena, and each thing of its own is rounded up: there may be a million. */
static void reserve(struct sl_build *b, const struct sl_items *items)
{
    size_t keys = 0;
    for (size_t i = 0; i < items->n; i++) {
        const struct sl_consumer_config *c = items->v[i].config;
        keys += items->v[i].is_bad ? 0 : c->keys.n;
    }
    b->next_consumer = sl_arena_array(b->a, struct sl_consumer, items->n);
    b->next_credential = sl_arena_array(b->a, struct sl_credential, keys);
    sl_map_reserve(&b->consumers, items->n);
    sl_credential_index_reserve(&b->s->credentials, b->a, keys);
}

void sl_build_consumers(struct sl_build *b, const struct sl_items *items)
{
    struct sl_map names;
    const struct sl_consumer **v = sl_arena_array(b->a, const struct sl_consumer *, items->n);
    sl_build_names(b, items, NULL, &names);
    reserve(b, items);
    for (size_t i = 0; i < items->n; i++) {
        if (!items->v[i].is_bad)
            v[b->s->consumer_count++] = build_consumer(b, &items->v[i]);
    }
    b->s->consumers = v;
}

/* ------------------------------------------------------------------ plans and subscriptions */

static struct sl_policies plan_policies(struct sl_build *b, const struct sl_item *plan,
                                        sl_str place)
{
    const struct sl_plan_config *c = plan->config;
    struct sl_items entries = sl_document_entries(
        &b->docs, c->policies, sl_fmt(b->a, "%.*s.policies", SL_STRF(plan->path)), SL_STR("type"));
    return sl_build_policies(b, &entries, SL_AT_CONSUMER, place, true);
}

void sl_build_plans(struct sl_build *b, const struct sl_items *items)
{
    struct sl_map names;
    sl_build_names(b, items, NULL, &names);
    for (size_t i = 0; i < items->n; i++) {
        const struct sl_plan_config *c = items->v[i].config;
        size_t problems = b->d->count + b->d->dropped;
        if (!items->v[i]
                 .is_bad) /* once for itself, so that nobody's subscription tells its problems */
            (void)plan_policies(b, &items->v[i], sl_fmt(b->a, "plan/%.*s", SL_STRF(c->name)));
        if (b->d->count + b->d->dropped != problems)
            items->v[i].is_bad = true;
        if (c->name.n != 0)
            (void)sl_map_put(&b->plans, c->name,
                             &items->v[i]); /* a second one is a problem already */
    }
}

static void build_subscription(struct sl_build *b, const struct sl_item *item)
{
    const struct sl_subscription_config *c = item->config;
    struct sl_consumer *consumer = sl_map_get(&b->consumers, c->consumer);
    const struct sl_item *plan = sl_map_get(&b->plans, c->plan);
    if (consumer == NULL)
        sl_build_undefined(b, item, SL_STR("consumer"), "consumer", c->consumer, &b->consumers);
    if (plan == NULL)
        sl_build_undefined(b, item, SL_STR("plan"), "plan", c->plan, &b->plans);
    if (consumer == NULL || plan == NULL || plan->is_bad)
        return;
    struct sl_subscription *s = sl_arena_new_of(b->a, struct sl_subscription);
    *s = (struct sl_subscription){
        .service = c->service, .plan = c->plan, .is_suspended = c->suspended};
    s->policies = plan_policies(
        b, plan, sl_fmt(b->a, "subscription/%.*s/%.*s", SL_STRF(c->consumer), SL_STRF(c->service)));
    if (sl_map_put(&extra_of(b, consumer)->subscriptions, s->service, s) != NULL)
        (void)sl_item_fail(b->d, item, SL_STR("service"), "'%.*s' has a subscription to it already",
                           SL_STRF(c->consumer));
}

/* To a service that is not served (yet, or any more) one may be subscribed. */
void sl_build_subscriptions(struct sl_build *b, const struct sl_items *items)
{
    for (size_t i = 0; i < items->n; i++) {
        if (!items->v[i].is_bad)
            build_subscription(b, &items->v[i]);
    }
}
