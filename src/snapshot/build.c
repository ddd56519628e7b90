#include "snapshot/build_int.h"

#include <stdatomic.h>

#include "base/hash.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <stdio.h>

/* ------------------------------------------------------------------ names and references */

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static bool is_name(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_name_byte(s.p[i]))
            return false;
    }
    return s.n != 0;
}

/* "orders" or, with a version, "orders@v2" */
static sl_str full_name(struct sl_build *b, const struct sl_item *item, sl_str name,
                        const char *version)
{
    const struct sl_node *v = version != NULL ? sl_node_get(item->node, sl_cstr(version)) : NULL;
    return v == NULL || v->text.n == 0 ? sl_arena_dup(b->a, name)
                                       : sl_fmt(b->a, "%.*s@%.*s", SL_STRF(name), SL_STRF(v->text));
}

static void add_name(struct sl_build *b, struct sl_item *item, const char *version,
                     struct sl_map *ret)
{
    const struct sl_node *name = sl_node_get(item->node, SL_STR("name"));
    if (name == NULL || name->text.n == 0)
        return; /* the field table has told */
    if (!is_name(name->text)) {
        (void)sl_item_fail(b->d, item, SL_STR("name"),
                           "must have letters, digits, '-', '_' and '.' only");
        item->is_bad = true;
    }
    sl_str full = full_name(b, item, name->text, version);
    const struct sl_item *first = sl_map_get(ret, full);
    if (first != NULL) {
        (void)sl_item_fail(b->d, item, SL_STR("name"), "'%.*s' is defined already, at %.*s:%u",
                           SL_STRF(full), SL_STRF(first->node->file), first->node->line);
        item->is_bad = true;
        return;
    }
    (void)sl_map_put(ret, full, item); /* there was none */
}

void sl_build_names(struct sl_build *b, const struct sl_items *items, const char *version,
                    struct sl_map *ret)
{
    sl_map_init(ret, b->scratch, 0);
    sl_map_reserve(ret, items->n);
    for (size_t i = 0; i < items->n; i++)
        add_name(b, &items->v[i], version, ret);
}

void sl_build_undefined(struct sl_build *b, const struct sl_item *item, sl_str path,
                        const char *noun, sl_str name, const struct sl_map *known)
{
    struct sl_guess g;
    size_t at = 0;
    sl_str key;
    void *value;
    sl_guess_init(&g, name);
    while (sl_map_next(known, &at, &key, &value))
        sl_guess_consider(&g, key);
    if (g.best.p != NULL)
        (void)sl_item_fail(b->d, item, path, "%s '%.*s' is not defined; did you mean '%.*s'?", noun,
                           SL_STRF(name), SL_STRF(g.best));
    else
        (void)sl_item_fail(b->d, item, path, "%s '%.*s' is not defined", noun, SL_STRF(name));
}

/* ------------------------------------------------------------------ hash */

/* Pre-order over a tree of bounded depth; members of maps add up, so that their order is nothing. */
struct hash_level {
    const struct sl_node *node, *child;
    uint64_t sum;
};

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t pair[2] = {a, b};
    return sl_hash(pair, sizeof(pair));
}

static uint64_t hash_head(const struct sl_node *n)
{
    return mix((uint64_t)n->kind, sl_hash_str(n->text));
}

static void add_child_hash(struct hash_level *parent, const struct sl_node *child, uint64_t hash)
{
    if (child->kind == SL_NODE_NULL && parent->node->kind == SL_NODE_MAP)
        return; /* not given */
    if (parent->node->kind == SL_NODE_MAP)
        parent->sum += mix(sl_hash_str(child->key), hash);
    else
        parent->sum = mix(parent->sum, hash);
}

/* Each node's own, ports and folders, is no part of it when the root is a document. */
static uint64_t hash_node(const struct sl_node *root, bool is_document)
{
    struct hash_level levels[SL_NODE_DEPTH_MAX + 1];
    size_t depth = 0;
    levels[0] = (struct hash_level){.node = root, .child = root->children, .sum = hash_head(root)};
    for (;;) {
        struct hash_level *l = &levels[depth];
        if (l->child != NULL) {
            const struct sl_node *n = l->child;
            l->child = n->next;
            if (is_document && depth == 0 && sl_str_eq(n->key, SL_STR("gateway")))
                continue;
            if (n->hash != 0) {
                add_child_hash(l, n, n->hash);
                continue;
            }
            SL_ASSERT(depth < SL_NODE_DEPTH_MAX);
            levels[++depth] =
                (struct hash_level){.node = n, .child = n->children, .sum = hash_head(n)};
            continue;
        }
        if (depth-- == 0)
            return l->sum;
        add_child_hash(&levels[depth], l->node, l->sum);
    }
}

uint64_t sl_node_hash(const struct sl_node *n)
{
    return hash_node(n, false);
}

void sl_documents_hash(const struct sl_node *const *documents, size_t n, char ret[17])
{
    uint64_t hash = 0;
    for (size_t i = 0; i < n; i++) {
        if (documents[i]->kind != SL_NODE_NULL)
            hash = mix(hash, hash_node(documents[i], true));
    }
    for (size_t i = 0; i < 16; i++)
        ret[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
    ret[16] = '\0';
}

/* ------------------------------------------------------------------ gateway */

/* Is TLS spoken of for this listener? It must then be served, whatever else is said. */
static bool has_tls(const struct sl_item *item, size_t listener)
{
    const struct sl_node *all = sl_node_get(item->node, SL_STR("listeners"));
    const struct sl_node *one = all != NULL && all->kind == SL_NODE_LIST ? all->children : all;
    for (size_t i = 0; i < listener && one != NULL; i++)
        one = one->next;
    const struct sl_node *tls = sl_node_get(one, SL_STR("tls"));
    return tls != NULL && tls->kind != SL_NODE_NULL;
}

static void check_addresses(const struct sl_item *item, const struct sl_gateway_config *c,
                            struct sl_arena *a, struct sl_diag *d)
{
    const struct sl_listener_config *listeners = c->listeners.v;
    struct sl_addr addr;
    for (size_t i = 0; i < c->listeners.n; i++) {
        if (sl_addr_parse(listeners[i].address, &addr) != SL_OK)
            (void)sl_item_fail(d, item, sl_fmt(a, "listeners[%zu].address", i),
                               "must be IP:PORT, [IPv6]:PORT, :PORT or unix:/path");
        for (size_t k = 0; k < i; k++) {
            if (sl_str_eq(listeners[i].address, listeners[k].address))
                (void)sl_item_fail(d, item, sl_fmt(a, "listeners[%zu].address", i),
                                   "is that of listeners[%zu] already", k);
        }
        const struct sl_listener_tls_config *tls = &listeners[i].tls;
        if (tls->certs.n == 0 && !tls->sni_only && has_tls(item, i))
            (void)sl_item_fail(d, item, sl_fmt(a, "listeners[%zu].tls", i),
                               "needs 'certs', or 'sni_only: true', to serve TLS");
        if (tls->certs.n != 0 && tls->sni_only)
            (void)sl_item_fail(d, item, sl_fmt(a, "listeners[%zu].tls.sni_only", i),
                               "is for listeners without 'certs'");
        if (tls->require_client_cert && tls->client_ca.n == 0)
            (void)sl_item_fail(d, item, sl_fmt(a, "listeners[%zu].tls.require_client_cert", i),
                               "needs 'client_ca'");
    }
    if (c->admin.enabled && sl_addr_parse(c->admin.address, &addr) != SL_OK)
        (void)sl_item_fail(d, item, SL_STR("admin.address"),
                           "must be IP:PORT, [IPv6]:PORT, :PORT or unix:/path");
}

static void add_default_listener(struct sl_gateway_config *c, struct sl_arena *a)
{
    struct sl_listener_config *l = sl_arena_new_of(a, struct sl_listener_config);
    l->address = SL_STR(":8080");
    c->listeners = (struct sl_list_of){.v = l, .n = 1};
}

sl_rc sl_gateway_read(const struct sl_node *const *documents, size_t n, struct sl_arena *a,
                      struct sl_gateway_config *ret, struct sl_diag *d)
{
    struct sl_documents docs = {.v = documents, .n = n, .arena = a, .d = d};
    size_t before = d->count + d->dropped;
    struct sl_items items = sl_documents_read(&docs, SL_NOUN_GATEWAY);
    struct sl_gateway_config c = {0};
    if (items.n != 0)
        c = *(const struct sl_gateway_config *)items.v[0].config;
    else
        sl_field_defaults(sl_gateway_fields, &c, a);
    if (items.n != 0 && !items.v[0].is_bad)
        check_addresses(&items.v[0], &c, a, d);
    if (d->count + d->dropped != before)
        return SL_E_CONFIG;
    if (c.listeners.n == 0)
        add_default_listener(&c, a);
    *ret = c;
    return SL_OK;
}

static void check_fetch_from(struct sl_build *b, const struct sl_item *item,
                             const struct sl_strs *nets)
{
    struct sl_cidr net;
    for (size_t i = 0; i < nets->n; i++) {
        if (!sl_cidr_parse(nets->v[i], &net))
            (void)sl_item_fail(b->d, item, sl_fmt(b->a, "admin.fetch_from[%zu]", i),
                               "must be a network, such as 10.0.0.0/8, or an address");
    }
}

static void build_trusted_proxies(struct sl_build *b, const struct sl_item *item,
                                  const struct sl_strs *nets)
{
    struct sl_cidr *v = sl_arena_array(b->a, struct sl_cidr, nets->n);
    for (size_t i = 0; i < nets->n; i++) {
        if (!sl_cidr_parse(nets->v[i], &v[i]))
            (void)sl_item_fail(b->d, item, sl_fmt(b->a, "trusted_proxies[%zu]", i),
                               "must be a network, such as 10.0.0.0/8, or an address");
    }
    b->s->trusted_proxies = v;
    b->s->trusted_proxy_count = nets->n;
}

/* ---- our name in Via ---- */

struct node_name {
    char text[24];
};

static void name_node(void *block)
{
    struct node_name *name = block;
    uint32_t n;
    sl_rand_os(&n, sizeof(n));
    (void)snprintf(name->text, sizeof(name->text), "sluice-%08x", n); /* it fits */
}

/* Its own for each process, so that gateways behind one another do not take each other for themselves. */
static sl_str own_name(struct sl_build *b)
{
    const struct node_name *name = sl_state_get(b->states, "node name", (sl_str){0},
                                                sizeof(struct node_name), name_node, NULL, b->a);
    return sl_cstr(name->text);
}

static sl_str via_of(struct sl_build *b, const struct sl_items *items,
                     const struct sl_gateway_config *c)
{
    if (c->via.n == 0)
        return own_name(b);
    if (!sl_header_is_valid(c->via, (sl_str){0}))
        (void)sl_item_fail(b->d, &items->v[0], SL_STR("via"),
                           "must be a token: letters, digits, '-', '_' and '.'");
    return c->via;
}

static void build_gateway(struct sl_build *b)
{
    struct sl_items items = sl_documents_read(&b->docs, SL_NOUN_GATEWAY);
    struct sl_gateway_config *c = sl_arena_new_of(b->a, struct sl_gateway_config);
    if (items.n == 0)
        sl_field_defaults(sl_gateway_fields, c, b->a);
    else
        c = items.v[0].config;
    b->s->via = via_of(b, &items, c);
    b->s->unknown_price = (enum sl_unknown_price)c->unknown_price;
    if (items.n == 0 || items.v[0].is_bad)
        return;
    build_trusted_proxies(b, &items.v[0], &c->trusted_proxies);
    check_fetch_from(b, &items.v[0], &c->admin.fetch_from);
    check_addresses(&items.v[0], c, b->a, b->d);
}

/* ------------------------------------------------------------------ the whole */

static void build_global_policies(struct sl_build *b)
{
    struct sl_items entries = sl_documents_list(&b->docs, SL_STR("policies"), SL_STR("type"));
    b->global = sl_build_policies(b, &entries, SL_AT_GLOBAL, SL_STR("global"), true);
}

static void build_all(struct sl_build *b)
{
    static const struct {
        enum sl_noun_index noun;
        void (*build)(struct sl_build *b, const struct sl_items *items);
        bool is_copied; /* nothing that is built borrows from the configs */
    } parts[] = {       /* what is referred to comes first */
                 {SL_NOUN_UPSTREAMS, sl_build_upstreams},
                 {SL_NOUN_CERTIFICATES, sl_build_certificates},
                 {SL_NOUN_KEY_SETS, sl_build_key_sets},
                 {SL_NOUN_CONSUMERS, sl_build_consumers, .is_copied = true},
                 {SL_NOUN_PLANS, sl_build_plans},
                 {SL_NOUN_VENDORS, sl_build_vendors},
                 {SL_NOUN_PRICES, sl_build_prices},
                 {SL_NOUN_ACCOUNTS, sl_build_accounts},
                 {SL_NOUN_MODELS, sl_build_models},
                 {SL_NOUN_PROMPTS, sl_build_prompts},
                 {SL_NOUN_BUDGETS, sl_build_budgets},
                 {SL_NOUN_SERVICES, sl_build_services},
                 {SL_NOUN_SUBSCRIPTIONS, sl_build_subscriptions}};
    sl_documents_check(&b->docs);
    build_gateway(b);
    build_global_policies(b);
    for (size_t i = 0; i < SL_LEN(parts); i++) {
        struct sl_documents docs = b->docs;
        if (parts[i].is_copied)
            docs.arena = b->scratch;
        struct sl_items items = sl_documents_read(&docs, parts[i].noun);
        parts[i].build(b, &items);
    }
}

static bool is_above(const struct sl_problem *a, const struct sl_problem *b)
{
    int files = sl_str_cmp(a->file, b->file);
    if (files != 0)
        return files < 0;
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* People read a file from its top: insertion sort of what this build found (<= SL_DIAG_MAX). */
static void sort_problems(struct sl_diag *d, size_t from)
{
    for (size_t i = from + 1; i < d->count; i++) {
        struct sl_problem p = d->problems[i];
        size_t at = i;
        for (; at > from && is_above(&p, &d->problems[at - 1]); at--)
            d->problems[at] = d->problems[at - 1];
        d->problems[at] = p;
    }
}

static struct sl_map *new_map(struct sl_arena *a)
{
    struct sl_map *m = sl_arena_new_of(a, struct sl_map);
    sl_map_init(m, a, 0);
    return m;
}

static struct sl_snapshot *snapshot_new(uint64_t version)
{
    struct sl_arena *a = sl_arena_new("snapshot", SL_SNAPSHOT_BYTES_MAX);
    struct sl_snapshot *s = sl_arena_new_of(a, struct sl_snapshot);
    atomic_init(&s->refs, 1);
    s->arena = a;
    s->version = version;
    s->models = new_map(a);
    s->prices = new_map(a);
    return s;
}

sl_rc sl_snapshot_build(const struct sl_node *const *documents, size_t n,
                        const struct sl_policy_type *const *types, struct sl_state_registry *states,
                        uint64_t version, struct sl_snapshot **ret, struct sl_diag *d)
{
    struct sl_snapshot *s = snapshot_new(version);
    struct sl_build b = {
        .a = s->arena,
        .scratch = sl_arena_new("snapshot build", SL_SNAPSHOT_BYTES_MAX),
        .s = s,
        .d = d,
        .docs = {.v = documents, .n = n, .arena = s->arena, .d = d},
        .types = types,
        .states = states,
    };
    size_t first = d->count, before = first + d->dropped;
    b.docs.scratch = b.scratch;
    sl_map_init(&b.vendors, b.scratch, 0);
    sl_map_init(&b.upstreams, b.scratch, 0);
    sl_map_init(&b.accounts, b.scratch, 0);
    sl_map_init(&b.tls_clients, b.scratch, 0);
    sl_map_init(&b.key_sets, b.scratch, 0);
    sl_map_init(&b.consumers, b.scratch, 0);
    sl_map_init(&b.plans, b.scratch, 0);
    sl_map_init(&b.prompts, b.scratch, 0);
    sl_map_init(&b.zones, b.scratch, 0);
    build_all(&b);
    sl_documents_hash(documents, n, s->hash);
    sl_arena_free(b.scratch);
    if (d->count + d->dropped != before) {
        sort_problems(d, first);
        sl_snapshot_unref(s);
        return SL_E_CONFIG;
    }
    *ret = s;
    return SL_OK;
}
