#include "snapshot/question.h"

#include "base/str.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

static const char config[] =
    "services:\n"
    "  - {name: shop, url: \"http://10.0.0.1\", routes: [{name: one, path: \"/orders/{id}\", methods: [GET]}]}\n"
    "  - {name: other, url: \"http://10.0.0.2\", hosts: [other.example], path: \"/*\"}\n"
    "  - {name: beta, url: \"http://10.0.0.3\", routes: [{name: b, path: /beta, headers: [{name: x-beta, value: \"1\"}]}]}\n"
    "  - {name: strict, url: \"http://10.0.0.4\", path: \"/strict/*\", path_mode: reject}\n";

static struct sl_question read_good(struct sl_arena *a, const char *method, const char *url)
{
    struct sl_question q = {0};
    const char *why = "";
    EXPECT_EQ(SL_OK, sl_question_read(sl_cstr(method), sl_cstr(url), a, &q, &why));
    return q;
}

static struct sl_finding find(struct built *t, const struct sl_question *q)
{
    struct sl_finding f;
    sl_question_ask(q, t->s, t->a, &f);
    return f;
}

static sl_str route_of(const struct sl_finding *f)
{
    return f->route != NULL ? f->route->name : SL_STR("none");
}

static struct built build(void)
{
    struct built t = build_text(config);
    if (t.rc != SL_OK)
        (void)has_problem(&t, 0, 0, "", ""); /* prints them */
    EXPECT_EQ(SL_OK, t.rc);
    return t;
}

TEST(question, goes_the_way_of_its_method_host_and_path)
{
    static const struct {
        const char *method, *url, *route;
        bool is_method_known;
    } cases[] = {
        {"GET", "/orders/42", "shop/one", false},
        {"GET", "http://any/a/.././orders/42?x=1", "shop/one", false},
        {"POST", "/orders/42", "none", true},
        {"PURGE", "/orders/42", "none", true},
        {"GET", "/nowhere", "none", false},
        {"POST", "https://other.example", "other", false},
        {"GET", "/beta", "none", false},
    };
    struct built t = build();
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct sl_question q = read_good(t.a, cases[i].method, cases[i].url);
        struct sl_finding f = find(&t, &q);
        EXPECT_STR(cases[i].route, route_of(&f));
        EXPECT_EQ(cases[i].is_method_known, f.match.is_method_known);
    }
    built_free(&t);
}

TEST(question, headers_decide_like_those_of_a_request)
{
    struct built t = build();
    const char *why = "";
    struct sl_question q = read_good(t.a, "GET", "/beta");
    EXPECT_EQ(SL_OK, sl_question_header(&q, SL_STR("X-Beta"), SL_STR("1"), &why));
    struct sl_finding f = find(&t, &q);
    EXPECT_STR("beta/b", route_of(&f));
    q = read_good(t.a, "GET", "/orders");
    EXPECT_EQ(SL_OK, sl_question_header(&q, SL_STR("Host"), SL_STR("other.example:8080"), &why));
    f = find(&t, &q);
    EXPECT_STR("other", route_of(&f));
    built_free(&t);
}

TEST(question, a_preflight_goes_the_way_of_the_method_that_it_names)
{
    struct built t = build();
    const char *why = "";
    struct sl_question q = read_good(t.a, "OPTIONS", "/orders/42");
    EXPECT_STR("none", (find(&t, &q).route == NULL) ? SL_STR("none") : SL_STR("a route"));
    EXPECT_EQ(SL_OK,
              sl_question_header(&q, SL_STR("access-control-request-method"), SL_STR("GET"), &why));
    struct sl_finding f = find(&t, &q);
    EXPECT_STR("shop/one", route_of(&f));
    built_free(&t);
}

TEST(question, a_path_that_its_route_does_not_take_as_written_is_told)
{
    struct built t = build();
    struct sl_question q = read_good(t.a, "GET", "/strict//a");
    struct sl_finding f = find(&t, &q);
    EXPECT_STR("strict", route_of(&f));
    EXPECT(f.refusal != NULL);
    q = read_good(t.a, "GET", "/strict/a");
    EXPECT(find(&t, &q).refusal == NULL);
    built_free(&t);
}

TEST(question, what_no_request_can_be_is_refused)
{
    static const char *const urls[] = {"",      "orders", "ftp://x/", "http://",
                                       "/a%zz", "/../..", "/a\\b"};
    static const struct {
        sl_str name, value;
    } headers[] = {{SL_STR_INIT("a b"), SL_STR_INIT("x")},
                   {SL_STR_INIT("x-a"), SL_STR_INIT("b\r\nc: d")},
                   {SL_STR_INIT("host"), SL_STR_INIT("a@b")}};
    struct built t = build();
    const char *why;
    struct sl_question q;
    for (size_t i = 0; i < SL_LEN(urls); i++) {
        why = NULL;
        EXPECT(sl_question_read(SL_STR("GET"), sl_cstr(urls[i]), t.a, &q, &why) != SL_OK);
        EXPECT(why != NULL);
    }
    q = read_good(t.a, "GET", "/");
    for (size_t i = 0; i < SL_LEN(headers); i++)
        EXPECT_EQ(SL_E_BAD_REQUEST,
                  sl_question_header(&q, headers[i].name, headers[i].value, &why));
    built_free(&t);
}
