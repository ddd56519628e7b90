#include "base/str.h"
#include "codec/json.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

static void serve_file(struct bench *b, const char *json)
{
    const struct sl_node *tree;
    EXPECT_EQ(SL_OK, sl_json_to_node(sl_cstr(json), SL_STR("f.yaml"), b->a, &b->s.diag, &tree));
    b->files = tree;
}

static const char file[] =
    "{\"gateway\":{},\n"
    "\"upstreams\":[{\"name\":\"b\",\"endpoints\":[{\"url\":\"http://10.0.0.1\"}]},\n"
    "{\"name\":\"d\",\"endpoints\":[\"http://10.0.0.2\"]}],\n"
    "\"services\":[{\"name\":\"web\",\"upstream\":\"b\",\"path\":\"/w\"}],\n"
    "\"accounts\":[{\"name\":\"oa\",\"vendor\":\"openai\",\"keys\":[\"sk-in-the-file\"]}],\n"
    "\"consumers\":[{\"name\":\"acme\",\"keys\":[\"sl-in-the-file\"]}]}";

static void add_upstream(struct bench *b, const char *name)
{
    sl_str body =
        sl_fmt(b->a, "{\"name\":\"%s\",\"endpoints\":[{\"url\":\"http://10.0.0.9\"}]}", name);
    bench_want(b, 201, "POST", "/api/v1/upstreams", body.p);
}

/* Keys of a page; "*" behind those of files. */
static sl_str keys_of(struct bench *b, const struct sl_node *page)
{
    struct sl_strbuf out;
    sl_strbuf_init(&out, b->a, 0);
    for (const struct sl_node *n = sl_node_get(page, SL_STR("items"))->children; n != NULL;
         n = n->next)
        sl_strbuf_addf(&out, "%.*s%s ", SL_STRF(bench_text(n, "key")),
                       bench_text(n, "origin").p != NULL ? "*" : "");
    return sl_strbuf_str(&out);
}

TEST(filed, are_listed_among_those_of_the_store_in_every_order)
{
    struct bench b;
    bench_init(&b);
    serve_file(&b, file);
    add_upstream(&b, "a");
    add_upstream(&b, "c");
    EXPECT_STR("a b* c d* ", keys_of(&b, bench_want(&b, 200, "GET", "/api/v1/upstreams", NULL)));
    EXPECT_STR("d* c b* a ",
               keys_of(&b, bench_want(&b, 200, "GET", "/api/v1/upstreams?sort=-key", NULL)));
    EXPECT_STR(
        "b* d* ",
        keys_of(&b, bench_want(&b, 200, "GET", "/api/v1/upstreams?sort=created_at&limit=2", NULL)));
    EXPECT_STR("d* ", keys_of(&b, bench_want(&b, 200, "GET", "/api/v1/upstreams?q=d", NULL)));
    EXPECT_STR("web* ",
               keys_of(&b, bench_want(&b, 200, "GET", "/api/v1/services?upstream=b", NULL)));
    EXPECT_STR("", keys_of(&b, bench_want(&b, 200, "GET", "/api/v1/services?upstream=x", NULL)));
    EXPECT_STR("web* ", keys_of(&b, bench_want(&b, 200, "GET",
                                               "/api/v1/services?status.state=published", NULL)));
    bench_fini(&b);
}

TEST(filed, are_on_one_page_each)
{
    static const char *const orders[] = {"key", "-key", "created_at", "-updated_at"};
    struct bench b;
    bench_init(&b);
    serve_file(&b, file);
    add_upstream(&b, "a");
    add_upstream(&b, "c");
    for (size_t i = 0; i < SL_LEN(orders); i++) {
        sl_str whole =
            keys_of(&b, bench_want(&b, 200, "GET",
                                   sl_fmt(b.a, "/api/v1/upstreams?sort=%s", orders[i]).p, NULL));
        sl_str cursor = SL_STR(""), joined = SL_STR("");
        for (int page = 0; page < 4; page++) {
            const struct sl_node *p =
                bench_want(&b, 200, "GET",
                           sl_fmt(b.a, "/api/v1/upstreams?sort=%s&limit=1%s%.*s", orders[i],
                                  cursor.n != 0 ? "&cursor=" : "", SL_STRF(cursor))
                               .p,
                           NULL);
            joined = sl_fmt(b.a, "%.*s%.*s", SL_STRF(joined), SL_STRF(keys_of(&b, p)));
            cursor = bench_text(p, "next_cursor");
        }
        EXPECT_STRS(whole, joined);
        EXPECT(cursor.p == NULL);
    }
    bench_fini(&b);
}

TEST(filed, are_shown_with_their_place_and_without_secrets)
{
    struct bench b;
    bench_init(&b);
    serve_file(&b, file);
    const struct sl_node *web = bench_want(&b, 200, "GET", "/api/v1/services/web", NULL);
    EXPECT_STR("f.yaml:4", bench_text(web, "origin"));
    EXPECT_STR("file", bench_text(web, "created_by"));
    EXPECT_STR("published", bench_text(web, "status.state"));
    static const char *const paths[] = {"/api/v1/accounts/oa", "/api/v1/accounts",
                                        "/api/v1/consumers/acme", "/api/v1/consumers"};
    for (size_t i = 0; i < SL_LEN(paths); i++) {
        struct sl_api_answer answer = bench_call(&b, "GET", paths[i], NULL);
        EXPECT_EQ(200, answer.status);
        EXPECT_EQ(SIZE_MAX, sl_str_find_str(answer.body, SL_STR("in-the-file")));
    }
    bench_fini(&b);
}

TEST(filed, are_changed_in_the_file_only)
{
    struct bench b;
    bench_init(&b);
    serve_file(&b, file);
    bench_header(&b, "if-match", SL_STR("*"));
    static const char *const methods[] = {"PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < SL_LEN(methods); i++) {
        const struct sl_node *problem =
            bench_want(&b, 409, methods[i], "/api/v1/upstreams/b", i < 2 ? "{}" : NULL);
        EXPECT(sl_str_find_str(bench_text(problem, "detail"), SL_STR("f.yaml:2")) != SIZE_MAX);
    }
    bench_want(&b, 409, "POST", "/api/v1/services/web/publish", "{}");
    bench_want(&b, 404, "DELETE", "/api/v1/upstreams/nowhere", NULL);
    EXPECT_EQ(0, b.published);
    bench_fini(&b);
}

TEST(filed, whose_name_the_store_has_are_shown_once)
{
    struct bench b;
    bench_init(&b);
    add_upstream(&b, "b");
    serve_file(&b, file);
    EXPECT_STR("b d* ", keys_of(&b, bench_want(&b, 200, "GET", "/api/v1/upstreams", NULL)));
    bench_fini(&b);
}
