#include "base/clock.h"
#include "base/str.h"
#include "control/api_int.h"
#include "snapshot/endpoint.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"
#include "tests/unit/snapshot/build_text.h"

struct served {
    struct bench b;
    struct built t;
};

static void begin(struct served *s)
{
    bench_init(&s->b);
    (void)bench_want(&s->b, 201, "POST", "/api/v1/upstreams",
                     "{\"name\":\"pool\",\"endpoints\":[{\"url\":\"http://127.0.0.1:8001\"}]}");
    (void)bench_want(
        &s->b, 201, "POST", "/api/v1/services",
        "{\"name\":\"orders\",\"version\":\"v2\",\"upstream\":\"pool\",\"path\":\"/orders\"}");
    s->t = build_text("upstreams: [{name: pool, endpoints: [{url: \"http://127.0.0.1:8001\"},\n"
                      "  {url: \"http://127.0.0.1:8002\", weight: 0}]}]\n"
                      "services: [{name: orders, version: v2, upstream: pool, path: /orders}]");
    EXPECT_EQ(SL_OK, s->t.rc);
    s->b.snapshot = s->t.s;
}

static void end(struct served *s)
{
    built_free(&s->t);
    bench_fini(&s->b);
}

static const struct sl_node *first_of(struct served *s, const char *target)
{
    const struct sl_node *body = bench_want(&s->b, 200, "GET", target, NULL);
    EXPECT_STR("true", bench_text(body, "is_served"));
    EXPECT_STR("false", bench_text(body, "is_checked"));
    EXPECT_STR("round robin", bench_text(body, "balancer"));
    EXPECT_STR("0", bench_text(body, "other_nodes"));
    return sl_node_get(body, SL_STR("endpoints"))->children;
}

TEST(api_endpoints, are_told_with_what_requests_have_learned)
{
    struct served s;
    begin(&s);
    const struct sl_node *first = first_of(&s, "/api/v1/upstreams/pool/endpoints");
    EXPECT_STR("http://127.0.0.1:8001", bench_text(first, "url"));
    EXPECT_STR("up", bench_text(first, "state"));
    EXPECT_STR("0", bench_text(first, "requests"));
    EXPECT(sl_node_get(first, SL_STR("until")) == NULL);
    EXPECT_STR("drained", bench_text(first->next, "state"));
    struct sl_endpoint_state *learned = s.t.s->upstreams[0]->endpoints[0].state;
    learned->ejected_until_us = sl_clock_mono_us() + SL_SECONDS(3600);
    learned->requests = 7;
    learned->errors = 5;
    learned->ewma_us = 1500;
    first = first_of(&s, "/api/v1/services/orders@v2/endpoints");
    EXPECT_STR("ejected", bench_text(first, "state"));
    EXPECT(bench_text(first, "until").n != 0);
    EXPECT_STR("7", bench_text(first, "requests"));
    EXPECT_STR("5", bench_text(first, "failures"));
    EXPECT_STR("1500", bench_text(first, "latency_us"));
    end(&s);
}

TEST(api_endpoints, of_many_services_come_with_one_request)
{
    struct served s;
    begin(&s);
    (void)bench_want(&s.b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"idle\",\"url\":\"http://127.0.0.1:8003\",\"path\":\"/idle\"}");
    const struct sl_node *body =
        bench_want(&s.b, 200, "GET", "/api/v1/endpoints?service=idle,none,orders%40v2", NULL);
    EXPECT_STR("0", bench_text(body, "other_nodes"));
    const struct sl_node *items = sl_node_get(body, SL_STR("items")), *idle = items->children;
    EXPECT_EQ(2, items->child_count);
    EXPECT_STR("idle", bench_text(idle, "key"));
    EXPECT_STR("false", bench_text(idle, "is_served"));
    EXPECT_STR("orders@v2", bench_text(idle->next, "key"));
    EXPECT_STR("true", bench_text(idle->next, "is_served"));
    EXPECT_EQ(2, sl_node_get(idle->next, SL_STR("endpoints"))->child_count);
    (void)bench_want(&s.b, 400, "GET", "/api/v1/endpoints", NULL);
    (void)bench_want(&s.b, 400, "GET", "/api/v1/endpoints?service=", NULL);
    (void)bench_want(&s.b, 400, "GET", "/api/v1/endpoints?service=idle&state=up", NULL);
    struct sl_strbuf many;
    sl_strbuf_init(&many, s.b.a, 0);
    for (int i = 0; i < 100; i++)
        sl_strbuf_add(&many, SL_STR(",idle"));
    sl_str more = sl_strbuf_str(&many);
    const char *target = sl_fmt(s.b.a, "/api/v1/endpoints?service=idle%.*s", SL_STRF(more)).p;
    (void)bench_want(&s.b, 400, "GET", target, NULL);
    end(&s);
}

/* From now on calls are those of a token with this scope. */
static void ask_with(struct bench *b, const char *name, const char *scope)
{
    bench_no_headers(b);
    b->is_local = true;
    const struct sl_node *made = bench_want(
        b, 201, "POST", "/api/v1/tokens",
        sl_fmt(b->a, "{\"name\":\"%s\",\"user\":\"ann\",\"scopes\":[\"services:read\"%s]}", name,
               scope)
            .p);
    b->is_local = false;
    bench_header(b, "authorization",
                 sl_fmt(b->a, "Bearer %.*s", SL_STRF(bench_text(made, "secret"))));
}

TEST(api_endpoints, a_service_tells_no_address_to_who_may_not_read_the_upstream)
{
    struct served s;
    begin(&s);
    (void)bench_want(&s.b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"ann\",\"grants\":[{\"role\":\"admin\"}]}");
    ask_with(&s.b, "narrow", "");
    (void)bench_want(&s.b, 403, "GET", "/api/v1/upstreams/pool/endpoints", NULL);
    const struct sl_node *first = first_of(&s, "/api/v1/services/orders@v2/endpoints");
    EXPECT(sl_node_get(first, SL_STR("url")) == NULL);
    EXPECT_STR("up", bench_text(first, "state"));
    EXPECT_STR("drained", bench_text(first->next, "state"));
    ask_with(&s.b, "wide", ",\"upstreams:read\"");
    first = first_of(&s, "/api/v1/services/orders@v2/endpoints");
    EXPECT_STR("http://127.0.0.1:8001", bench_text(first, "url"));
    end(&s);
}

TEST(api_endpoints, a_services_own_address_is_told_with_it)
{
    struct served s;
    begin(&s);
    (void)bench_want(&s.b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"ann\",\"grants\":[{\"role\":\"admin\"}]}");
    (void)bench_want(&s.b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"own\",\"url\":\"http://127.0.0.1:8003\",\"path\":\"/own\"}");
    built_free(&s.t);
    s.t = build_text("services: [{name: own, url: \"http://127.0.0.1:8003\", path: /own}]");
    s.b.snapshot = s.t.s;
    ask_with(&s.b, "narrow", "");
    EXPECT_STR("http://127.0.0.1:8003",
               bench_text(first_of(&s, "/api/v1/services/own/endpoints"), "url"));
    end(&s);
}

TEST(api_endpoints, of_what_is_not_served_there_are_none)
{
    struct served s;
    begin(&s);
    s.b.snapshot = NULL;
    const struct sl_node *body =
        bench_want(&s.b, 200, "GET", "/api/v1/services/orders@v2/endpoints", NULL);
    EXPECT_STR("false", bench_text(body, "is_served"));
    EXPECT(sl_node_get(body, SL_STR("endpoints"))->children == NULL);
    (void)bench_want(&s.b, 404, "GET", "/api/v1/services/orders/endpoints", NULL);
    (void)bench_want(&s.b, 404, "GET", "/api/v1/upstreams/none/endpoints", NULL);
    end(&s);
}

TEST(api_endpoints, the_description_knows_every_state)
{
    for (size_t i = 0; sl_endpoint_standings[i] != NULL; i++) {
        struct sl_strbuf quoted = {0};
        sl_strbuf_addf(&quoted, "\"%s\"", sl_endpoint_standings[i]);
        EXPECT(sl_str_find_str(sl_cstr(sl_api_endpoints_schema), sl_strbuf_str(&quoted)) !=
               SIZE_MAX);
        sl_strbuf_fini(&quoted);
    }
}
