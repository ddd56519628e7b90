#include "snapshot/build.h"

#include "base/enc.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

/* The route that takes a request, or "none". */
static sl_str routed(const struct built *t, enum sl_method method, const char *host,
                     const char *path)
{
    struct sl_head head = {.method_id = method};
    struct sl_match_result ret;
    sl_headers_init(&head.headers, t->a);
    sl_match_find(t->s->match, &head, sl_cstr(host), sl_cstr(path), &ret);
    return ret.target != NULL ? ((const struct sl_route *)ret.target)->name : SL_STR("none");
}

static const struct sl_route *route_named(const struct built *t, const char *name)
{
    for (size_t i = 0; i < t->s->route_count; i++) {
        if (sl_str_eq(t->s->routes[i].name, sl_cstr(name)))
            return &t->s->routes[i];
    }
    return NULL;
}

static struct built build_good(const char *yaml)
{
    struct built t = build_text(yaml);
    if (t.rc != SL_OK)
        (void)has_problem(&t, 0, 0, "", ""); /* prints them */
    EXPECT_EQ(SL_OK, t.rc);
    return t;
}

/* ------------------------------------------------------------------ services and routes */

TEST(build, nothing_is_a_valid_configuration)
{
    struct built t = build_good("");
    EXPECT_EQ(7, t.s->version);
    EXPECT_STR("none", routed(&t, SL_METHOD_GET, "h", "/"));
    EXPECT(sl_str_starts(t.s->via, SL_STR("sluice-")));
    built_free(&t);
}

TEST(build, a_service_with_a_url_alone_takes_everything)
{
    struct built t = build_good("services: [{name: web, url: \"http://10.0.0.1:8080/base/\"}]");
    EXPECT_STR("web", routed(&t, SL_METHOD_DELETE, "any", "/a/b"));
    const struct sl_upstream *u = t.s->routes[0].service->upstream;
    EXPECT_EQ(1, u->endpoint_count);
    EXPECT_STR("10.0.0.1:8080", u->endpoints[0].authority);
    EXPECT_STR("/base", u->endpoints[0].base_path);
    EXPECT_STR("http://10.0.0.1:8080", u->endpoints[0].origin.key);
    EXPECT(u->endpoints[0].origin.tls == NULL);
    EXPECT_EQ(SL_SECONDS(5), u->timeouts.connect_us);
    EXPECT_EQ(1, t.s->upstream_count);
    built_free(&t);
}

static const char shop[] =
    "upstreams:\n"
    "  - name: pool\n"
    "    endpoints: [\"http://a\", {url: \"http://b:81\", weight: 2}]\n"
    "services:\n"
    "  - name: shop\n"
    "    version: v2\n"
    "    upstream: pool\n"
    "    hosts: [Shop.Example.com, \"*.shop.net\"]\n"
    "    prefix: /shop\n"
    "    strip_prefix: true\n"
    "    timeouts: {total: 9s, idle: 8s}\n"
    "    routes:\n"
    "      - {name: list, path: /orders, methods: [GET, HEAD]}\n"
    "      - {path: \"/orders/{id}\", timeouts: {idle: 1s}}\n"
    "      - {name: rest, paths: [\"/a/*\", \"/b/*\"], strip_prefix: false}\n"
    "      - {name: other, path: /o, hosts: [other.example.com]}\n";

TEST(build, routes_stand_under_their_services_prefix_and_hosts)
{
    struct built t = build_good(shop);
    EXPECT_STR("shop/list", routed(&t, SL_METHOD_GET, "shop.example.com", "/shop/orders"));
    EXPECT_STR("none", routed(&t, SL_METHOD_POST, "shop.example.com", "/shop/orders"));
    EXPECT_STR("shop/orders/{id}", routed(&t, SL_METHOD_GET, "x.shop.net", "/shop/orders/7"));
    EXPECT_STR("shop/rest", routed(&t, SL_METHOD_GET, "x.shop.net", "/shop/b/c/d"));
    EXPECT_STR("none", routed(&t, SL_METHOD_GET, "other.net", "/shop/orders"));
    EXPECT_STR("shop/other", routed(&t, SL_METHOD_GET, "other.example.com", "/shop/o"));
    EXPECT_STR("none", routed(&t, SL_METHOD_GET, "shop.example.com", "/shop/o"));
    built_free(&t);
}

TEST(build, what_a_route_leaves_out_is_its_services)
{
    struct built t = build_good(shop);
    const struct sl_route *r = route_named(&t, "shop/orders/{id}");
    EXPECT(r->strips_prefix && !route_named(&t, "shop/rest")->strips_prefix);
    EXPECT_EQ(SL_SECONDS(1), r->timeouts.idle_us);
    EXPECT_EQ(SL_SECONDS(9), r->timeouts.total_us);
    EXPECT_EQ(0, r->timeouts.connect_us);
    EXPECT_STR("v2", r->service->version);
    built_free(&t);
}

TEST(build, the_services_prefix_is_what_is_stripped)
{
    struct built t = build_good(shop);
    struct sl_head head = {.method_id = SL_METHOD_GET};
    struct sl_match_result ret;
    sl_match_find(t.s->match, &head, SL_STR("a.shop.net"), SL_STR("/shop/orders/7"), &ret);
    EXPECT_EQ(5, ret.matched_path_bytes);
    built_free(&t);
}

TEST(build, routes_are_numbered_in_order)
{
    struct built t = build_good(shop);
    for (size_t i = 0; i < t.s->route_count; i++)
        EXPECT_EQ(i, t.s->routes[i].index);
    EXPECT_EQ(4, t.s->route_count);
    built_free(&t);
}

TEST(build, routes_without_a_name_get_their_own)
{
    struct built t =
        build_good("services: [{name: s, url: \"http://a\", routes: [{path: /a, methods: [GET]}, "
                   "{path: /a, methods: [PUT]}]}]");
    EXPECT_STR("s/a", t.s->routes[0].name);
    EXPECT_STR("s/a#2", t.s->routes[1].name);
    built_free(&t);
}

TEST(build, conditions_reach_the_router)
{
    struct built t = build_good("services:\n"
                                "  - name: s\n"
                                "    url: http://a\n"
                                "    routes:\n"
                                "      - {name: v2, headers: [{name: X-V, value: \"2\"}]}\n"
                                "      - {name: any, queries: [{name: debug}]}\n"
                                "      - {name: re, headers: [{name: x-v, regex: \"[0-9]+\"}], "
                                "queries: [{name: q, value: \"\"}]}\n");
    struct sl_head head = {.method_id = SL_METHOD_GET, .query = SL_STR("debug=")};
    struct sl_match_result ret;
    sl_headers_init(&head.headers, t.a);
    sl_match_find(t.s->match, &head, SL_STR("h"), SL_STR("/"), &ret);
    EXPECT(ret.target == route_named(&t, "s/any"));
    EXPECT(sl_headers_add(&head.headers, SL_STR("x-v"), SL_STR("2")));
    sl_match_find(t.s->match, &head, SL_STR("h"), SL_STR("/"), &ret);
    EXPECT(ret.target == route_named(&t, "s/v2"));
    head.query = SL_STR("q=");
    sl_match_find(t.s->match, &head, SL_STR("h"), SL_STR("/"), &ret);
    EXPECT(ret.target == route_named(&t, "s/re"));
    built_free(&t);
}

TEST(build, an_ai_service_has_its_routes_from_the_table)
{
    struct built t =
        build_good("services: [{name: ai, kind: ai, prefix: /llm, hosts: [ai.local]}]");
    static const struct {
        enum sl_method method;
        const char *path, *route;
    } cases[] = {{SL_METHOD_POST, "/llm/v1/chat/completions", "ai/chat"},
                 {SL_METHOD_POST, "/llm/v1/embeddings", "ai/embeddings"},
                 {SL_METHOD_GET, "/llm/v1/models", "ai/models"},
                 {SL_METHOD_GET, "/llm/v1/chat/completions", "none"},
                 {SL_METHOD_POST, "/v1/chat/completions", "none"}};
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_STR(cases[i].route, routed(&t, cases[i].method, "ai.local", cases[i].path));
    const struct sl_route *r = route_named(&t, "ai/chat");
    EXPECT_EQ(SL_HANDLER_AI, r->handler);
    EXPECT_EQ(SL_AI_CHAT, r->ai_operation);
    EXPECT_EQ(SL_AI_OPENAI_CHAT, r->ai_dialect);
    built_free(&t);
}

/* ------------------------------------------------------------------ policies */

static const char policies[] =
    "policies: [{type: limit, rate: 1}, note]\n"
    "consumers: [{name: bob, policies: [{type: limit, rate: 5}]}]\n"
    "services:\n"
    "  - name: s\n"
    "    url: http://a\n"
    "    policies:\n"
    "      - {type: limit, rate: 2}\n"
    "      - {type: note, name: mine}\n"
    "    routes:\n"
    "      - {name: own, path: /own, policies: [{type: limit, rate: 3}]}\n"
    "      - {name: plain, path: /plain}\n"
    "      - {name: cors, path: /cors, methods: [GET], policies: [cors]}\n"
    "  - {name: other, path: /other, url: \"http://a\"}\n"
    "  - {name: ai, kind: ai, policies: [tokens]}\n";

static int64_t rate_of(const struct sl_policy *p)
{
    return ((const struct test_limit_config *)p->config)->rate;
}

TEST(build, chains_are_sorted_and_the_narrowest_of_a_type_counts_where_it_says_so)
{
    struct built t = build_good(policies);
    static const struct {
        const char *route, *identities[4];
        int64_t rate;
    } cases[] = {
        {"s/own", {"global/note", "service/s/note/mine", "route/s/own/limit"}, 3},
        {"s/plain", {"global/note", "service/s/note/mine", "service/s/limit"}, 2},
        {"other", {"global/note", "global/limit"}, 1},
        {"ai/chat", {"global/note", "global/limit", "service/ai/tokens"}, 1},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        const struct sl_policies *p = &route_named(&t, cases[i].route)->policies;
        for (size_t k = 0; cases[i].identities[k] != NULL; k++) {
            EXPECT(k < p->n);
            EXPECT_STR(cases[i].identities[k], p->v[k].identity);
            if (sl_str_ends(p->v[k].identity, SL_STR("limit")))
                EXPECT_EQ(cases[i].rate, rate_of(&p->v[k]));
        }
    }
    built_free(&t);
}

TEST(build, consumers_of_the_same_tags_share_them_until_one_has_more)
{
    struct built t = build_good(
        "consumers:\n"
        "  - {name: a, tags: {workspace: x, team: s}}\n"
        "  - {name: b, tags: {workspace: x, team: s}}\n"
        "  - {name: c, tags: {workspace: x, team: s}, policies: [{type: limit, rate: 1}]}\n"
        "  - {name: d, tags: {workspace: y}}\n"
        "  - {name: e}\n");
    const struct sl_consumer *const *c = t.s->consumers;
    EXPECT(c[0]->extra != NULL && c[0]->extra == c[1]->extra);
    EXPECT_EQ(0, sl_consumer_extra(c[1])->policies.n);
    EXPECT_EQ(1, sl_consumer_extra(c[2])->policies.n);
    EXPECT_STR("s", sl_consumer_extra(c[2])->team);
    EXPECT_STR("x", sl_consumer_extra(c[2])->workspace);
    EXPECT_STR("y", sl_consumer_extra(c[3])->workspace);
    EXPECT_EQ(0, sl_consumer_extra(c[3])->team.n);
    EXPECT(c[4]->extra == NULL);
    EXPECT_EQ(0, sl_consumer_extra(c[4])->tags.n);
    built_free(&t);
}

TEST(build, a_consumers_policies_are_its_own)
{
    struct built t = build_good(policies);
    const struct sl_policies *p = &sl_consumer_extra(t.s->consumers[0])->policies;
    EXPECT_EQ(1, p->n);
    EXPECT_STR("consumer/bob/limit", p->v[0].identity);
    EXPECT_STR("consumer/bob/limit", ((const struct test_limit_config *)p->v[0].config)->identity);
    built_free(&t);
}

TEST(build, a_route_with_cors_takes_preflight_requests)
{
    struct built t = build_good(policies);
    EXPECT_STR("s/cors", routed(&t, SL_METHOD_OPTIONS, "h", "/cors"));
    EXPECT_STR("none", routed(&t, SL_METHOD_PUT, "h", "/cors"));
    built_free(&t);
}

TEST(build, a_policy_may_be_switched_off)
{
    struct built t = build_good("policies: [{type: limit, rate: 1, enabled: false}, note]\n"
                                "services: [{name: s, url: \"http://a\"}]");
    EXPECT_EQ(1, t.s->routes[0].policies.n);
    built_free(&t);
}

TEST(build, ai_policies_given_for_everything_leave_rest_alone)
{
    struct built t = build_good("policies: [tokens]\n"
                                "services: [{name: s, url: \"http://a\"}, {name: ai, kind: ai}]");
    EXPECT_EQ(0, route_named(&t, "s")->policies.n);
    EXPECT_EQ(1, route_named(&t, "ai/chat")->policies.n);
    built_free(&t);
}

/* ------------------------------------------------------------------ consumers */

TEST(build, credentials_are_found_by_the_digest_of_their_key)
{
    struct built t =
        build_good("consumers:\n"
                   "  - name: alice\n"
                   "    tags: {team: search}\n"
                   "    keys:\n"
                   "      - secret-key-1\n"
                   "      - {name: ci, expires: \"2026-01-02T03:04:05Z\", key_sha256: "
                   "\"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD\"}\n"
                   "      - {name: old, key: secret-key-2, disabled: true}\n");
    uint8_t digest[SL_SHA256_BYTES];
    sl_sha256(SL_STR("secret-key-1"), digest);
    const struct sl_credential *c = sl_snapshot_credential(t.s, digest);
    EXPECT_STR("alice/1", c->name);
    EXPECT_STR("alice", c->consumer->name);
    EXPECT_STR("search", sl_consumer_extra(c->consumer)->tags.v[0].value);
    sl_sha256(SL_STR("abc"), digest);
    c = sl_snapshot_credential(t.s, digest);
    EXPECT_STR("alice/ci", c->name);
    EXPECT_EQ(1767323045, c->expires_at);
    sl_sha256(SL_STR("secret-key-2"), digest);
    EXPECT(sl_snapshot_credential(t.s, digest)->is_disabled);
    sl_sha256(SL_STR("secret-key-3"), digest);
    EXPECT(sl_snapshot_credential(t.s, digest) == NULL);
    built_free(&t);
}

/* ------------------------------------------------------------------ gateway */

TEST(build, the_gateways_part_that_requests_need_is_in_the_snapshot)
{
    struct built t = build_good("gateway:\n"
                                "  trusted_proxies: [10.0.0.0/8, \"::1\"]\n"
                                "  via: edge-1\n"
                                "  unknown_price: deny\n");
    struct sl_ip ip;
    EXPECT_EQ(2, t.s->trusted_proxy_count);
    EXPECT(sl_ip_parse(SL_STR("10.1.2.3"), &ip) && sl_cidr_has(&t.s->trusted_proxies[0], &ip));
    EXPECT_STR("edge-1", t.s->via);
    EXPECT_EQ(SL_PRICE_DENY, t.s->unknown_price);
    built_free(&t);
}

TEST(build, case_34_each_process_has_a_name_of_its_own_in_via_that_reloads_keep)
{
    struct built ours = build_good(""), theirs = build_good("");
    struct built reloaded = build_text_again(&ours, "gateway: {workers: 3}\n");
    EXPECT_EQ(SL_OK, reloaded.rc);
    EXPECT(!sl_str_eq(ours.s->via, theirs.s->via));
    EXPECT(sl_str_eq(ours.s->via, reloaded.s->via));
    EXPECT_STR(ours.s->hash, sl_cstr(theirs.s->hash)); /* the configuration is the same */
    sl_snapshot_unref(reloaded.s);
    sl_arena_free(reloaded.a);
    built_free(&theirs);
    built_free(&ours);
}

TEST(build, several_documents_are_one_configuration)
{
    struct built t = build_good("upstreams: [{name: u, endpoints: [\"http://a\"]}]\n---\n---\n"
                                "services: [{name: a, upstream: u, path: /a}]\n---\n"
                                "services: [{name: b, upstream: u, path: /b}]\n");
    EXPECT_STR("a", routed(&t, SL_METHOD_GET, "h", "/a"));
    EXPECT_STR("b", routed(&t, SL_METHOD_GET, "h", "/b"));
    built_free(&t);
}

/* ------------------------------------------------------------------ hash and state */

static sl_str hash_of(const char *yaml, char hash[17])
{
    struct built t = build_good(yaml);
    memcpy(hash, t.s->hash, 17);
    built_free(&t);
    return sl_cstr(hash);
}

TEST(build, the_hash_depends_on_what_is_said_not_on_how)
{
    char a[17], b[17], c[17], d[17], e[17];
    (void)hash_of("services: [{name: s, url: \"http://a\", strip_prefix: false}]", a);
    (void)hash_of("# other\nservices:\n  - strip_prefix: false\n    url: 'http://a'\n    name: s\n"
                  "    version: null\n",
                  b);
    (void)hash_of("services: [{name: s, url: \"http://b\", strip_prefix: false}]", c);
    (void)hash_of("services: [{name: s, url: \"http://a\"}]", d);
    (void)hash_of("{\"services\": [{\"name\": \"s\", \"url\": \"http://a\"}]}", e);
    EXPECT_EQ(16, strlen(a));
    EXPECT_STR(a, sl_cstr(b));
    EXPECT(strcmp(a, c) != 0 && strcmp(a, d) != 0);
    EXPECT_STR(d, sl_cstr(e));
}

TEST(build, state_survives_a_rebuild_and_ends_with_the_last_snapshot)
{
    struct built t = build_good(shop);
    struct sl_endpoint_state *kept = t.s->upstreams[0]->endpoints[0].state;
    kept->requests = 9;
    struct built next = build_text_again(&t, shop);
    EXPECT(next.s->upstreams[0]->endpoints[0].state == kept);
    EXPECT(next.s->upstreams[0]->endpoints[1].state != kept);
    sl_snapshot_unref(t.s);
    EXPECT_EQ(9, next.s->upstreams[0]->endpoints[0].state->requests);
    t.s = NULL;
    sl_snapshot_unref(next.s);
    sl_arena_free(next.a);
    built_free(&t); /* the registry asserts that all blocks came back */
}

TEST(build, a_snapshot_needs_none_of_the_documents_any_more)
{
    struct built t = build_good(shop);
    sl_arena_free(t.a); /* the sanitizer watches what follows */
    t.a = sl_arena_new("test", SL_MIB(1));
    EXPECT_STR("shop/orders/{id}", routed(&t, SL_METHOD_GET, "x.shop.net", "/shop/orders/7"));
    EXPECT_STR("http://b:81", t.s->upstreams[0]->endpoints[1].url);
    EXPECT_STR("b:81", t.s->upstreams[0]->endpoints[1].authority);
    built_free(&t);
}

TEST(build, equal_tls_settings_share_one_context_also_over_rebuilds)
{
    const char *yaml = "upstreams:\n"
                       "  - {name: a, endpoints: [\"https://a\", \"https://b:444\"]}\n"
                       "  - {name: b, endpoints: [\"https://a\"], tls: {verify: false, name: n}}\n";
    struct built t = build_good(yaml);
    const struct sl_endpoint *a = t.s->upstreams[0]->endpoints, *b = t.s->upstreams[1]->endpoints;
    EXPECT(a[0].origin.tls != NULL && a[0].origin.tls == a[1].origin.tls);
    EXPECT(b[0].origin.tls != a[0].origin.tls);
    EXPECT(!sl_str_eq(a[0].origin.key, b[0].origin.key));
    EXPECT_STR("a", a[0].authority);
    EXPECT_STR("b:444", a[1].authority);
    EXPECT_EQ(443, a[0].origin.port);
    EXPECT_STR("n", b[0].origin.tls_name);
    struct built next = build_text_again(&t, yaml);
    EXPECT(next.s->upstreams[0]->endpoints[0].origin.tls == a[0].origin.tls);
    sl_snapshot_unref(next.s);
    sl_arena_free(next.a);
    built_free(&t);
}

TEST(build, a_keys_limits_are_its_own_and_a_network_must_be_one)
{
    struct built t =
        build_text("consumers: [{name: c, keys: [key-0123456789, {key: key-1234567890, "
                   "services: [a, b]}]}]\n");
    uint8_t hash[SL_SHA256_BYTES];
    EXPECT_EQ(SL_OK, t.rc);
    sl_sha256(SL_STR("key-0123456789"), hash);
    EXPECT(sl_snapshot_credential(t.s, hash)->limits == NULL);
    sl_sha256(SL_STR("key-1234567890"), hash);
    EXPECT_EQ(2, sl_snapshot_credential(t.s, hash)->limits->services.n);
    EXPECT_EQ(0, sl_snapshot_credential(t.s, hash)->limits->policies.n);
    built_free(&t);
    t = build_text(
        "consumers: [{name: c, keys: [{key: key-0123456789, networks: [10.0.0.0/99]}]}]\n");
    EXPECT(has_problem_at(&t, "consumers[0].keys[0].networks[0]", "must be a network"));
    built_free(&t);
}
