/*
 * Upstreams: endpoints with their origins, shared state and TLS contexts.
 */
#include "base/num.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "snapshot/build_int.h"

/* ------------------------------------------------------------------ TLS */

static void give_back_client(void *client)
{
    sl_tls_client_unref(client);
}

struct shared_client {
    struct sl_tls_client *client;
};

static void shared_client_fini(void *block)
{
    sl_tls_client_unref(((struct shared_client *)block)->client);
}

static struct sl_tls_client *new_client(struct sl_build *b, const struct sl_item *item,
                                        const struct sl_tls_client_config *config)
{
    struct sl_tls_client *client = NULL;
    size_t before = b->d->count;
    if (sl_tls_client_new(config, &client, b->d) != SL_OK)
        sl_item_adopt(b->d, before, item, SL_STR("")); /* its own paths begin with "tls." */
    return client;
}

/* Settings without files cannot change behind our back: such a context outlives the snapshot. */
static struct sl_tls_client *lasting_client(struct sl_build *b, const struct sl_item *item,
                                            sl_str settings,
                                            const struct sl_tls_client_config *config)
{
    struct shared_client *shared = sl_state_get(b->states, "tls_client", settings, sizeof(*shared),
                                                NULL, shared_client_fini, b->a);
    if (shared->client == NULL)
        shared->client = new_client(b, item, config);
    return shared->client;
}

static void note_files(struct sl_build *b, const struct sl_upstream_tls_config *c)
{
    const sl_str paths[] = {c->ca, c->cert, c->key};
    struct sl_strs *files = &b->s->tls_files;
    sl_str *v = sl_arena_array(b->a, sl_str, files->n + SL_LEN(paths));
    if (files->n != 0)
        memcpy(v, files->v, files->n * sizeof(*v));
    files->v = v;
    for (size_t i = 0; i < SL_LEN(paths); i++) {
        if (paths[i].n != 0)
            v[files->n++] = paths[i];
    }
}

static struct sl_tls_client *client_for(struct sl_build *b, const struct sl_item *item,
                                        sl_str settings, const struct sl_upstream_tls_config *c)
{
    struct sl_tls_client_config config = {.skips_verification = !c->verify,
                                          .ca_path = c->ca,
                                          .cert_path = c->cert,
                                          .key_path = c->key};
    struct sl_tls_client *client = sl_map_get(&b->tls_clients, settings);
    if (client != NULL)
        return client;
    if (c->ca.n == 0 && c->cert.n == 0 && c->key.n == 0) {
        client = lasting_client(b, item, settings, &config);
    } else {
        client = new_client(b, item, &config);
        note_files(b, c);
        if (client != NULL)
            sl_arena_defer(b->a, give_back_client, client);
    }
    if (client != NULL)
        (void)sl_map_put(&b->tls_clients, settings, client); /* there was none */
    return client;
}

/* ------------------------------------------------------------------ endpoints */

static sl_str bracketed(struct sl_arena *a, const struct sl_url *u)
{
    return u->is_ipv6 ? sl_fmt(a, "[%.*s]", SL_STRF(u->host)) : u->host;
}

static sl_str authority_of(struct sl_arena *a, const struct sl_url *u)
{
    sl_str host = bracketed(a, u);
    bool is_usual = u->port == 0 || u->port == (sl_str_eq(u->scheme, SL_STR("https")) ? 443 : 80);
    return is_usual ? host : sl_fmt(a, "%.*s:%u", SL_STRF(host), u->port);
}

static sl_str settings_of(struct sl_arena *a, const struct sl_upstream_tls_config *c)
{
    return sl_fmt(a, "verify=%d ca=%.*s cert=%.*s key=%.*s", c->verify, SL_STRF(c->ca),
                  SL_STRF(c->cert), SL_STRF(c->key));
}

static void build_origin(struct sl_build *b, const struct sl_item *item, const struct sl_url *u,
                         const struct sl_upstream_tls_config *tls,
                         const struct sl_pool_config *pool, struct sl_origin *ret)
{
    *ret = (struct sl_origin){
        .key = sl_fmt(b->a, "%.*s://%.*s:%u", SL_STRF(u->scheme), SL_STRF(bracketed(b->a, u)),
                      sl_url_port(u)),
        .host = u->host,
        .port = sl_url_port(u),
        .connections_max = (uint32_t)pool->connections,
        .idle_max = (uint32_t)pool->idle,
        .idle_timeout_us = pool->idle_us,
        .queue_max = (uint32_t)pool->queue,
        .queue_timeout_us = pool->queue_us,
    };
    if (!sl_str_eq(u->scheme, SL_STR("https")))
        return;
    sl_str settings = settings_of(b->a, tls);
    ret->tls = client_for(b, item, settings, tls);
    ret->tls_name = tls->name;
    ret->key = sl_fmt(b->a, "%.*s name=%.*s %.*s", SL_STRF(ret->key), SL_STRF(tls->name),
                      SL_STRF(settings));
}

static sl_str without_slashes(sl_str path)
{
    while (path.n != 0 && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

bool sl_build_endpoint(struct sl_build *b, const struct sl_item *item, sl_str path, sl_str owner,
                       sl_str url, const struct sl_upstream_tls_config *tls,
                       const struct sl_pool_config *pool, struct sl_endpoint *ret)
{
    struct sl_url u;
    const char *why;
    if (sl_url_parse(url, &u, &why) != SL_OK) {
        (void)sl_item_fail(b->d, item, path, "%s", why);
        return false;
    }
    if (u.has_query) {
        (void)sl_item_fail(b->d, item, path, "must not have a query");
        return false;
    }
    *ret = (struct sl_endpoint){
        .url = url,
        .authority = authority_of(b->a, &u),
        .base_path = without_slashes(u.path),
        .weight = 1,
        .state = sl_state_get(b->states, "endpoint",
                              sl_fmt(b->a, "%.*s %.*s", SL_STRF(owner), SL_STRF(url)),
                              sizeof(struct sl_endpoint_state), NULL, NULL, b->a),
    };
    build_origin(b, item, &u, tls, pool, &ret->origin);
    return true;
}

/* ------------------------------------------------------------------ settings */

struct sl_breaker sl_build_breaker(const struct sl_breaker_config *c)
{
    return (struct sl_breaker){.failures_in_row = (uint32_t)c->failures,
                               .eject_us = c->eject_us,
                               .eject_max_us = SL_MAX(c->eject_us, c->eject_max_us),
                               .eject_max_percent = (uint32_t)c->eject_max_percent};
}

static void build_retry_statuses(struct sl_build *b, const struct sl_item *item,
                                 const struct sl_node *list, struct sl_retry *ret)
{
    bool is_good = list->kind == SL_NODE_LIST && list->child_count <= SL_LEN(ret->on_statuses);
    for (const struct sl_node *n = list->children; is_good && n != NULL; n = n->next) {
        uint64_t status = 0;
        is_good = n->kind == SL_NODE_NUMBER && sl_num_u64(n->text, 599, &status) && status >= 400;
        ret->on_statuses[ret->on_status_count++] = (uint32_t)status;
    }
    if (!is_good)
        (void)sl_item_fail(b->d, item, SL_STR("retry.statuses"),
                           "must be a list of at most %zu statuses from 400 to 599, such as "
                           "[502, 503]",
                           SL_LEN(ret->on_statuses));
}

static struct sl_retry build_retry(struct sl_build *b, const struct sl_item *item,
                                   const struct sl_retry_config *c)
{
    struct sl_retry r = {.attempts = (uint32_t)c->attempts,
                         .retries_non_idempotent = c->non_idempotent,
                         .budget_percent = (uint32_t)c->budget_percent,
                         .backoff_us = c->backoff_us,
                         .backoff_max_us = SL_MAX(c->backoff_us, c->backoff_max_us)};
    if (c->statuses != NULL)
        build_retry_statuses(b, item, c->statuses, &r);
    return r;
}

static struct sl_health_check build_health(struct sl_build *b, const struct sl_item *item,
                                           const struct sl_health_check_config *c)
{
    if (c->path.n != 0 && c->path.p[0] != '/')
        (void)sl_item_fail(b->d, item, SL_STR("health_check.path"), "must begin with '/'");
    if (c->status_min > c->status_max)
        (void)sl_item_fail(b->d, item, SL_STR("health_check.status_min"),
                           "must not be above status_max");
    return (struct sl_health_check){.is_on = c->path.n != 0,
                                    .path = c->path,
                                    .interval_us = c->interval_us,
                                    .timeout_us = c->timeout_us,
                                    .healthy_after = (uint32_t)c->healthy_after,
                                    .unhealthy_after = (uint32_t)c->unhealthy_after,
                                    .status_min = (uint32_t)c->status_min,
                                    .status_max = (uint32_t)c->status_max};
}

static struct sl_timeouts build_timeouts(const struct sl_timeouts_config *c)
{
    return (struct sl_timeouts){.connect_us = c->connect_us,
                                .send_us = c->send_us,
                                .first_byte_us = c->first_byte_us,
                                .idle_us = c->idle_us,
                                .total_us = c->total_us,
                                .tunnel_idle_us = c->tunnel_idle_us};
}

static void check_hash_name(struct sl_build *b, const struct sl_item *item,
                            const struct sl_upstream *u)
{
    bool needs_name = u->hash_on == SL_HASH_ON_HEADER || u->hash_on == SL_HASH_ON_COOKIE ||
                      u->hash_on == SL_HASH_ON_QUERY;
    if (u->balancer == SL_BALANCE_HASH && needs_name && u->hash_name.n == 0)
        (void)sl_item_fail(b->d, item, SL_STR("hash_name"),
                           "is missing; say which header, cookie or query parameter to hash");
}

/* ------------------------------------------------------------------ upstreams */

static struct sl_upstream *new_upstream(struct sl_build *b, const struct sl_item *item,
                                        const struct sl_upstream_config *c)
{
    struct sl_upstream *u = sl_arena_new_of(b->a, struct sl_upstream);
    *u = (struct sl_upstream){
        .name = c->name,
        .balancer = (enum sl_balancer)c->balancer,
        .hash_on = (enum sl_hash_on)c->hash_on,
        .hash_name = c->hash_name,
        .timeouts = build_timeouts(&c->timeouts),
        .retry = build_retry(b, item, &c->retry),
        .breaker = sl_build_breaker(&c->breaker),
        .health = build_health(b, item, &c->health_check),
        .state = sl_state_get(b->states, "upstream", c->name, sizeof(struct sl_upstream_state),
                              NULL, NULL, b->a),
    };
    return u;
}

static void build_endpoints(struct sl_build *b, const struct sl_item *item,
                            const struct sl_upstream_config *c, struct sl_upstream *u)
{
    const struct sl_endpoint_config *configs = c->endpoints.v;
    u->endpoints = sl_arena_array(b->a, struct sl_endpoint, c->endpoints.n);
    for (size_t i = 0; i < c->endpoints.n; i++) {
        struct sl_endpoint *e = &u->endpoints[u->endpoint_count];
        if (!sl_build_endpoint(b, item, sl_fmt(b->a, "endpoints[%zu].url", i), c->name,
                               configs[i].url, &c->tls, &c->pool, e))
            continue;
        e->weight = (uint32_t)configs[i].weight;
        u->endpoint_count++;
    }
    if (u->balancer == SL_BALANCE_ROUND_ROBIN)
        sl_build_wheel(u, b->a);
    if (u->balancer == SL_BALANCE_HASH)
        sl_build_ring(u, b->a);
}

static void build_upstream(struct sl_build *b, const struct sl_item *item)
{
    const struct sl_upstream_config *c = item->config;
    struct sl_upstream *u = new_upstream(b, item, c);
    (void)sl_map_put(&b->upstreams, u->name, u); /* names are unique */
    check_hash_name(b, item, u);
    build_endpoints(b, item, c, u);
}

/* A bad one counts as defined, so that references to it are no problems of their own. */
static void define_bad(struct sl_build *b, sl_str name)
{
    struct sl_upstream *u = sl_arena_new_of(b->a, struct sl_upstream);
    u->name = name;
    (void)sl_map_put(&b->upstreams, name, u); /* the build fails anyway */
}

void sl_build_upstreams(struct sl_build *b, const struct sl_items *items)
{
    struct sl_map names;
    size_t at = 0;
    sl_str name;
    void *value;
    sl_build_names(b, items, NULL, &names);
    for (size_t i = 0; i < items->n; i++) {
        if (!items->v[i].is_bad)
            build_upstream(b, &items->v[i]);
    }
    while (sl_map_next(&names, &at, &name, &value)) {
        if (sl_map_get(&b->upstreams, name) == NULL)
            define_bad(b, name);
    }
}

const struct sl_upstream *sl_build_url_upstream(struct sl_build *b, const struct sl_item *item,
                                                sl_str name, sl_str url)
{
    struct sl_upstream_config c = {0};
    sl_field_defaults(sl_upstream_fields, &c, b->a);
    c.name = sl_fmt(b->a, "service:%.*s", SL_STRF(name)); /* no name of a file can be this */
    struct sl_upstream *u = new_upstream(b, item, &c);
    u->endpoints = sl_arena_new_of(b->a, struct sl_endpoint);
    if (!sl_build_endpoint(b, item, SL_STR("url"), c.name, url, &c.tls, &c.pool, u->endpoints))
        return NULL;
    u->endpoint_count = 1;
    sl_build_wheel(u, b->a);
    (void)sl_map_put(&b->upstreams, u->name, u); /* names of services are unique */
    return u;
}
