#include "base/str.h"
#include "control/api.h"
#include "control/tree.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define POOL "{\"name\":\"pool\",\"endpoints\":[\"http://127.0.0.1:1\"]}"
#define ORDERS "{\"name\":\"orders\",\"upstream\":\"pool\",\"path\":\"/a\"}"
#define ALL                                                                                    \
    "{\"services\":[" ORDERS "],\"upstreams\":[" POOL "],\"gateway\":{\"workers\":2},"         \
    "\"policies\":[\"signed\",{\"type\":\"signed\",\"name\":\"second\",\"secret\":\"hush\"}]," \
    "\"consumers\":[{\"name\":\"shop\",\"keys\":[\"sl-some-key\"]}]}"

/* "created upstream/pool; " for each result */
static sl_str results(struct bench *b, const char *body)
{
    const struct sl_node *n = bench_want(b, 200, "POST", "/api/v1/apply", body);
    struct sl_strbuf out;
    sl_strbuf_init(&out, b->a, 0);
    for (const struct sl_node *r = sl_node_get(n, SL_STR("results"))->children; r != NULL;
         r = r->next)
        sl_strbuf_addf(&out, "%.*s %.*s/%.*s; ", SL_STRF(bench_text(r, "action")),
                       SL_STRF(bench_text(r, "kind")), SL_STRF(bench_text(r, "key")));
    return sl_strbuf_str(&out);
}

TEST(apply, takes_documents_in_any_order_once)
{
    struct bench b;
    bench_init(&b);
    const char *body = "{\"documents\":[{\"services\":[" ORDERS "]},{\"upstreams\":[" POOL "]}]}";
    EXPECT_STR("created upstream/pool; created service/orders; published service/orders; ",
               results(&b, body));
    EXPECT_EQ(1, b.prepared);
    EXPECT(sl_str_find_str(b.document, SL_STR("\"path\":\"/a\"")) != SIZE_MAX);
    EXPECT_STR("unchanged upstream/pool; unchanged service/orders; ", results(&b, body));
    bench_fini(&b);
}

TEST(apply, without_publish_leaves_drafts)
{
    struct bench b;
    bench_init(&b);
    EXPECT_STR("created upstream/pool; created service/orders; ",
               results(&b, "{\"publish\":false,\"documents\":[{\"upstreams\":[" POOL
                           "],\"services\":[" ORDERS "]}]}"));
    const struct sl_node *n = bench_want(&b, 200, "GET", "/api/v1/services/orders", NULL);
    EXPECT_STR("draft", bench_text(n, "status.state"));
    bench_fini(&b);
}

TEST(apply, is_all_or_nothing_and_says_whose_member_is_wrong)
{
    struct bench b;
    bench_init(&b);
    const struct sl_node *n = bench_want(
        &b, 422, "POST", "/api/v1/apply",
        "{\"documents\":[{\"upstreams\":[" POOL "],\"services\":[" ORDERS
        ",{\"name\":\"x\",\"upstream\":\"pool\",\"routes\":[{\"path\":\"/b\"},{\"path\":7}]}]}]}");
    const struct sl_node *e = sl_node_get(n, SL_STR("errors"))->children;
    EXPECT_STR("/routes/1/path", bench_text(e, "pointer"));
    EXPECT_STR("service/x", bench_text(e, "resource"));
    (void)bench_want(&b, 404, "GET", "/api/v1/upstreams/pool", NULL);
    bench_fini(&b);
}

TEST(apply, prunes_what_the_documents_do_not_have_of_their_nouns_only)
{
    struct bench b;
    bench_init(&b);
    (void)results(&b, "{\"documents\":[{\"upstreams\":[" POOL "],\"services\":[" ORDERS
                      "],\"consumers\":[{\"name\":\"shop\"}]}]}");
    EXPECT_STR(
        "unchanged upstream/pool; deleted service/orders; ",
        results(&b, "{\"prune\":true,\"documents\":[{\"upstreams\":[" POOL "],\"services\":[]}]}"));
    (void)bench_want(&b, 200, "GET", "/api/v1/consumers/shop", NULL);
    bench_fini(&b);
}

TEST(apply, refuses_what_are_no_documents)
{
    static const char *const bodies[] = {
        "{}",
        "{\"documents\":{}}",
        "{\"documents\":[7]}",
        "{\"documents\":[{\"nothing\":[]}]}",
        "{\"documents\":[{\"releases\":[]}]}",
        "{\"documents\":[{\"services\":{}}]}",
        "{\"documents\":[{\"services\":[7]}]}",
        "{\"documents\":[{\"policies\":[null]}]}",
    };
    struct bench b;
    bench_init(&b);
    for (size_t i = 0; i < SL_LEN(bodies); i++)
        (void)bench_want(&b, 422, "POST", "/api/v1/apply", bodies[i]);
    bench_fini(&b);
}

TEST(apply, needs_the_permission_of_each_item)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"d\",\"grants\":[{\"role\":\"developer\"}]}");
    (void)bench_want(&b, 200, "POST", "/api/v1/users/d/set-password",
                     "{\"password\":\"a long password\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/upstreams", POOL);
    bench_login(&b, "d", "a long password");
    (void)bench_want(&b, 403, "POST", "/api/v1/apply",
                     "{\"documents\":[{\"services\":[" ORDERS "]}]}");
    EXPECT_STR("created service/orders; ",
               results(&b, "{\"publish\":false,\"documents\":[{\"services\":[" ORDERS "]}]}"));
    (void)bench_want(&b, 403, "POST", "/api/v1/apply",
                     "{\"documents\":[{\"consumers\":[{\"name\":\"x\"}]}]}");
    bench_fini(&b);
}

TEST(apply, of_users_with_passwords_may_be_done_again)
{
    static const char file[] = "{\"documents\":[{\"users\":[{\"name\":\"ann\",\"password\":\"%s\","
                               "\"grants\":[{\"role\":\"viewer\"}]}]}]}";
    struct bench b;
    bench_init(&b);
    EXPECT_STR("created user/ann; ", results(&b, sl_fmt(b.a, file, "a long password").p));
    EXPECT_STR("unchanged user/ann; ", results(&b, sl_fmt(b.a, file, "a long password").p));
    struct sl_api_answer other =
        bench_call(&b, "POST", "/api/v1/apply", sl_fmt(b.a, file, "another password").p);
    EXPECT_EQ(422, other.status);
    EXPECT(sl_str_find_str(other.body, SL_STR("is changed with set-password")) != SIZE_MAX);
    bench_login(&b, "ann", "a long password");
    bench_fini(&b);
}

TEST(apply, takes_so_many_passwords_at_once)
{
    struct bench b;
    struct sl_strbuf users;
    bench_init(&b);
    sl_strbuf_init(&users, b.a, 0);
    for (int i = 0; i < 51; i++)
        sl_strbuf_addf(&users, "%s{\"name\":\"u%d\",\"password\":\"a long password\"}",
                       i != 0 ? "," : "", i);
    struct sl_api_answer many = bench_call(
        &b, "POST", "/api/v1/apply",
        sl_fmt(b.a, "{\"documents\":[{\"users\":[%.*s]}]}", SL_STRF(sl_strbuf_str(&users))).p);
    EXPECT_EQ(422, many.status);
    EXPECT(sl_str_find_str(many.body, SL_STR("one call may bring 50 passwords")) != SIZE_MAX);
    EXPECT(sl_str_find_str(many.body, SL_STR("user/u50")) != SIZE_MAX);
    (void)bench_want(&b, 404, "GET", "/api/v1/users/u0", NULL);
    bench_fini(&b);
}

TEST(export, and_apply_are_the_identity)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/workspaces", "{\"name\":\"retail\"}");
    (void)results(&b, "{\"documents\":[" ALL "]}");
    (void)bench_want(&b, 201, "POST", "/api/v1/consumers",
                     "{\"name\":\"other\",\"workspace\":\"retail\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/users", "{\"name\":\"secretive\"}");
    struct sl_api_answer exported = bench_call(&b, "GET", "/api/v1/export", NULL);
    EXPECT_EQ(200, exported.status);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(exported.body, SL_STR("hush")));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(exported.body, SL_STR("secretive")));
    sl_str did =
        results(&b, sl_fmt(b.a, "{\"prune\":true,\"documents\":[%.*s]}", SL_STRF(exported.body)).p);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(did, SL_STR("updated")));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(did, SL_STR("created")));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(did, SL_STR("deleted")));
    EXPECT(sl_str_find_str(did, SL_STR("unchanged consumer/other")) != SIZE_MAX);
    bench_fini(&b);
}
