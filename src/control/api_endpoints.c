/*
 * How the endpoints of an upstream, or of a service, stand with the node that is asked: the very marks that
 * requests choose by.
 */
#include "base/clock.h"
#include "base/str.h"
#include "control/api_int.h"
#include "snapshot/endpoint.h"

#include <stdatomic.h>

#define LOAD(p) atomic_load_explicit((p), memory_order_relaxed)

enum { KEYS_MAX = 100 };

#define NODE_MEMBERS                                                                           \
    "\"node\":{\"type\":\"string\",\"description\":\"The one that was asked.\"},"              \
    "\"other_nodes\":{\"type\":\"integer\",\"description\":\"How many others there are: each " \
    "has learned for itself.\"},"
#define STANDING_MEMBERS                                                                          \
    "\"name\":{\"type\":\"string\"},"                                                             \
    "\"is_served\":{\"type\":\"boolean\",\"description\":\"This node sends requests to them.\"}," \
    "\"is_checked\":{\"type\":\"boolean\",\"description\":\"By health checks, not only by what "  \
    "requests find.\"},\"balancer\":{\"type\":\"string\"},"                                       \
    "\"endpoints\":{\"type\":\"array\",\"items\":{\"type\":\"object\","                           \
    "\"required\":[\"weight\",\"state\",\"active\",\"requests\",\"failures\","                    \
    "\"failures_in_row\"],\"properties\":{"                                                       \
    "\"url\":{\"type\":\"string\",\"description\":\"Left out where one may not read the "         \
    "upstream.\"},\"weight\":{\"type\":\"integer\"},"                                             \
    "\"state\":{\"enum\":[\"up\",\"tried\",\"ejected\",\"down\",\"drained\"]},"                   \
    "\"until\":{\"type\":\"string\",\"format\":\"date-time\"},"                                   \
    "\"active\":{\"type\":\"integer\",\"description\":\"Requests in flight.\"},"                  \
    "\"requests\":{\"type\":\"integer\"},\"failures\":{\"type\":\"integer\"},"                    \
    "\"failures_in_row\":{\"type\":\"integer\"},\"latency_us\":{\"type\":\"integer\","            \
    "\"description\":\"Of late; a slow answer counts at once.\"}}}}}"

const char sl_api_endpoints_schema[] =
    "{\"type\":\"object\",\"required\":[\"name\",\"is_served\",\"other_nodes\",\"endpoints\"],"
    "\"properties\":{" NODE_MEMBERS STANDING_MEMBERS "}";

const char sl_api_services_endpoints_schema[] =
    "{\"type\":\"object\",\"required\":[\"other_nodes\",\"items\"],\"properties\":{" NODE_MEMBERS
    "\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
    "\"required\":[\"key\",\"name\",\"is_served\",\"endpoints\"],\"properties\":{"
    "\"key\":{\"type\":\"string\",\"description\":\"As it was asked for.\"}," STANDING_MEMBERS
    "}}}}";

const struct sl_api_parameter sl_api_services_endpoints_parameters[] = {
    {"service", "{\"type\":\"string\"}",
     "Keys of services (`orders`, `orders@v2`) or their ids, separated by commas: 1 to 100."},
    {0}};

static void put_count(struct sl_call *c, struct sl_node *n, const char *name, uint64_t v)
{
    sl_tree_put(n, sl_cstr(name), sl_tree_i64(c->a, (int64_t)v));
}

/* The configuration's texts are gone when the snapshot is. */
static struct sl_node *describe(struct sl_call *c, const struct sl_endpoint *e, bool has_url)
{
    struct sl_node *n = sl_tree_map(c->a);
    const struct sl_endpoint_state *s = e->state;
    int64_t now_us = sl_clock_mono_us(), until_us, latency_us = LOAD(&s->ewma_us);
    enum sl_endpoint_standing standing = sl_endpoint_standing(e, now_us, &until_us);
    if (has_url)
        sl_tree_put_str(c->a, n, "url", sl_arena_dup(c->a, e->url));
    put_count(c, n, "weight", e->weight);
    sl_tree_put_str(c->a, n, "state", sl_cstr(sl_endpoint_standings[standing]));
    if (until_us != 0)
        sl_tree_put(n, SL_STR("until"), sl_tree_time(c->a, sl_clock_wall_us() + until_us - now_us));
    put_count(c, n, "active", LOAD(&s->active));
    put_count(c, n, "requests", LOAD(&s->requests));
    put_count(c, n, "failures", LOAD(&s->errors));
    put_count(c, n, "failures_in_row", LOAD(&s->failures_in_row));
    if (latency_us != 0)
        put_count(c, n, "latency_us", (uint64_t)latency_us);
    return n;
}

static const struct sl_upstream *upstream_named(const struct sl_snapshot *s, sl_str name)
{
    for (size_t i = 0; i < s->upstream_count; i++) {
        if (sl_str_eq(s->upstreams[i]->name, name))
            return s->upstreams[i];
    }
    return NULL;
}

/* `key`: "name" or "name@version". */
static bool is_keyed(const struct sl_service *service, sl_str key)
{
    size_t n = service->name.n;
    if (service->version.n == 0)
        return sl_str_eq(service->name, key);
    return key.n == n + 1 + service->version.n && sl_str_starts(key, service->name) &&
           key.p[n] == '@' && sl_str_eq(sl_str_from(key, n + 1), service->version);
}

static const struct sl_upstream *upstream_of(const struct sl_snapshot *s, sl_str key)
{
    for (size_t i = 0; i < s->route_count; i++) {
        if (is_keyed(s->routes[i].service, key))
            return s->routes[i].service->upstream;
    }
    return NULL;
}

typedef const struct sl_upstream *find_fn(const struct sl_snapshot *s, sl_str name);

/* Addresses are the upstream's, also where a service leads to it; those of a service's own `url` are the service's. */
static bool may_see_urls(struct sl_call *c, struct sl_work *w, const struct sl_upstream *u)
{
    static const sl_str everywhere;
    struct sl_row row;
    return sl_str_starts(u->name, SL_STR("service:")) ||
           sl_call_find(c, w, "upstream", u->name, &row) == SL_OK ||
           sl_actor_may(&c->actor, SL_STR("upstreams:read"), everywhere, everywhere);
}

static void put_endpoints(struct sl_call *c, struct sl_work *w, struct sl_node *body, sl_str name,
                          find_fn *find)
{
    struct sl_tree_tail endpoints = sl_tree_tail(c->a);
    struct sl_snapshot *s = sl_control_snapshot(c->control);
    const struct sl_upstream *u = s != NULL ? find(s, name) : NULL;
    sl_tree_put(body, SL_STR("is_served"), sl_tree_bool(c->a, u != NULL));
    if (u != NULL) {
        bool has_urls = may_see_urls(c, w, u);
        sl_tree_put(body, SL_STR("is_checked"), sl_tree_bool(c->a, u->health.is_on));
        sl_tree_put_str(c->a, body, "balancer", sl_cstr(sl_balancer_name(u->balancer)));
        for (size_t i = 0; i < u->endpoint_count; i++)
            sl_tree_add(&endpoints, describe(c, &u->endpoints[i], has_urls));
    }
    sl_tree_put(body, SL_STR("endpoints"), endpoints.list);
    sl_snapshot_unref(s);
}

static void answer(struct sl_call *c, const char *kind, find_fn *find, const char *missing)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_node *body = sl_tree_map(c->a);
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = sl_call_find(c, &w, kind, c->key, &row);
    if (rc == SL_OK) {
        sl_tree_put_str(c->a, body, "name", row.name);
        rc = sl_call_put_nodes(c, &w, body);
    }
    if (rc == SL_OK)
        put_endpoints(c, &w, body, row.name, find);
    sl_tx_rollback(w.tx);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? missing : NULL);
        return;
    }
    sl_call_tree(c, 200, body);
}

void sl_api_upstream_endpoints(struct sl_call *c)
{
    answer(c, "upstream", upstream_named, "there is no such upstream");
}

void sl_api_service_endpoints(struct sl_call *c)
{
    answer(c, "service", upstream_of, "there is no such service");
}

/* ------------------------------------------------------------------ of many services */

/* Who asks may have a list that is older than what was deleted: what is not there for them is left out. */
static sl_rc add_service(struct sl_call *c, struct sl_work *w, sl_str key,
                         struct sl_tree_tail *items)
{
    struct sl_row row;
    sl_rc rc = sl_call_find(c, w, "service", key, &row);
    if (rc != SL_OK)
        return rc == SL_E_NOTFOUND ? SL_OK : rc;
    struct sl_node *item = sl_tree_map(c->a);
    sl_tree_put_str(c->a, item, "key", key);
    sl_tree_put_str(c->a, item, "name", row.name);
    put_endpoints(c, w, item, row.name, upstream_of);
    sl_tree_add(items, item);
    return SL_OK;
}

static sl_rc add_services(struct sl_call *c, struct sl_work *w, sl_str keys, struct sl_node *body)
{
    struct sl_tree_tail items = sl_tree_tail(c->a);
    sl_str key;
    sl_rc rc = sl_call_put_nodes(c, w, body);
    while (rc == SL_OK && keys.n != 0 && sl_str_split(&keys, ',', &key))
        rc = add_service(c, w, key, &items);
    sl_tree_put(body, SL_STR("items"), items.list);
    return rc;
}

static size_t count_of(sl_str keys)
{
    size_t n = 0;
    sl_str key;
    while (keys.n != 0 && sl_str_split(&keys, ',', &key))
        n++;
    return n;
}

void sl_api_services_endpoints(struct sl_call *c)
{
    struct sl_work w;
    struct sl_node *body = sl_tree_map(c->a);
    if (!sl_call_check_query(c, sl_api_services_endpoints_parameters))
        return;
    sl_str keys = sl_call_query(c, "service");
    size_t n = count_of(keys);
    if (n == 0 || n > KEYS_MAX) {
        sl_call_fail(c, SL_E_BAD_REQUEST, "query parameter 'service': must name 1 to 100 services");
        return;
    }
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = add_services(c, &w, keys, body);
    sl_tx_rollback(w.tx);
    if (rc == SL_OK)
        sl_call_tree(c, 200, body);
    else
        sl_call_fail(c, rc, NULL);
}
