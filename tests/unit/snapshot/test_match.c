#include "snapshot/match.h"

#include "base/rand.h"
#include "base/strbuf.h"
#include "tests/reference_match.h"
#include "tests/test.h"

enum { RULES_MAX = 16, TEST_BYTES = 1 << 22 };

/* A request of a test: "GET api.example.com /a?b=1", and one header. */
struct request {
    enum sl_method method;
    const char *host, *path, *query, *header, *value;
};

struct router {
    struct sl_arena *a;
    struct sl_diag d;
    struct sl_match *m;
    sl_rc rc;
};

#define NAMED(target_, host_, kind_, path_, ...)                                              \
    {                                                                                         \
        .host = SL_STR_INIT(host_), .path_kind = SL_PATH_##kind_, .path = SL_STR_INIT(path_), \
        .name = SL_STR_INIT(target_), .target = target_, __VA_ARGS__                          \
    }
/* The target is named after host and path. */
#define RULE(host, kind, path, ...) NAMED(host " " path, host, kind, path, __VA_ARGS__)
#define GET_ONLY (1u << SL_METHOD_GET)

static struct router compile(struct sl_match_rule *rules, size_t n)
{
    struct router r = {.a = sl_arena_new("test", TEST_BYTES)};
    sl_diag_init(&r.d, r.a);
    for (size_t i = 0; i < n; i++)
        rules[i].rank = (uint32_t)i;
    r.rc = sl_match_compile(rules, n, r.a, &r.m, &r.d);
    return r;
}

static struct sl_match_result find(const struct router *r, const struct request *q)
{
    struct sl_head head = {.method_id = q->method != SL_METHOD_OTHER ? q->method : SL_METHOD_GET,
                           .query = sl_cstr(q->query)};
    struct sl_match_result ret;
    sl_headers_init(&head.headers, r->a);
    if (q->header != NULL)
        EXPECT(sl_headers_add(&head.headers, sl_cstr(q->header), sl_cstr(q->value)));
    sl_match_find(r->m, &head, sl_cstr(q->host), sl_cstr(q->path), &ret);
    return ret;
}

static sl_str found(const struct router *r, const struct request *q)
{
    struct sl_match_result ret = find(r, q);
    return sl_cstr(ret.target != NULL ? ret.target : "none");
}

static sl_str found_at(const struct router *r, const char *host, const char *path)
{
    return found(r, &(struct request){.host = host, .path = path});
}

static void end(struct router *r)
{
    sl_arena_free(r->a);
}

TEST(match, the_more_specific_path_wins)
{
    struct sl_match_rule rules[] = {
        RULE("", REGEX, "^/orders/.*"), RULE("", PREFIX, "/"),
        RULE("", PREFIX, "/orders"),    RULE("", TEMPLATE, "/orders/{id}"),
        RULE("", EXACT, "/orders/new"), RULE("", PREFIX, "/orders/{id}/lines"),
        RULE("", EXACT, "/orders"),     RULE("", TEMPLATE, "/{any}/x/y"),
    };
    static const struct {
        const char *path, *target;
    } cases[] = {
        {"/orders", " /orders"},
        {"/orders/new", " /orders/new"},
        {"/orders/7", " /orders/{id}"},
        {"/orders/7/lines", " /orders/{id}/lines"},
        {"/orders/7/lines/3", " /orders/{id}/lines"},
        {"/orders/7/other", " /orders"},
        {"/orders/x/y", " /orders"}, /* the literal segment on the left decides */
        {"/a/x/y", " /{any}/x/y"},
        {"/a/x/z", " /"},
        {"/", " /"},
    };
    struct router r = compile(rules, SL_LEN(rules));
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_STR(cases[i].target, found_at(&r, "h", cases[i].path));
    end(&r);
}

TEST(match, the_exact_path_comes_before_the_prefix_of_the_same_text)
{
    struct sl_match_rule rules[] = {RULE("", PREFIX, "/a"), RULE("a", EXACT, "/a")};
    rules[1].host = SL_STR("");
    struct router r = compile(rules, SL_LEN(rules));
    EXPECT_STR("a /a", found_at(&r, "h", "/a"));
    EXPECT_STR(" /a", found_at(&r, "h", "/a/"));
    end(&r);
}

TEST(match, the_more_specific_host_wins_and_the_next_one_is_asked_where_it_has_no_rule)
{
    struct sl_match_rule rules[] = {
        RULE("", PREFIX, "/"),
        RULE("*.com", PREFIX, "/"),
        RULE("*.example.com", PREFIX, "/api"),
        RULE("api.example.com", EXACT, "/api/x"),
    };
    static const struct {
        const char *host, *path, *target;
    } cases[] = {
        {"api.example.com", "/api/x", "api.example.com /api/x"},
        {"API.Example.COM", "/api/x", "api.example.com /api/x"},
        {"api.example.com.", "/api/x", "api.example.com /api/x"},
        {"api.example.com", "/api/y", "*.example.com /api"},
        {"a.b.example.com", "/api", "*.example.com /api"},
        {"api.example.com", "/else", "*.com /"},
        {"example.com", "/api", "*.com /"},
        {"com", "/", " /"},
        {"example.org", "/api", " /"},
        {"", "/api", " /"},
    };
    struct router r = compile(rules, SL_LEN(rules));
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_STR(cases[i].target, found_at(&r, cases[i].host, cases[i].path));
    end(&r);
}

TEST(match, a_host_longer_than_names_are_meets_only_rules_for_any)
{
    char host[400];
    struct sl_match_rule rules[] = {RULE("*.com", PREFIX, "/"), RULE("", PREFIX, "/")};
    struct router r = compile(rules, SL_LEN(rules));
    memset(host, 'a', sizeof(host));
    memcpy(host + sizeof(host) - 5, ".com", 5);
    EXPECT_STR(" /", found_at(&r, host, "/"));
    EXPECT_STR("*.com /", found_at(&r, host + sizeof(host) - 1 - 255, "/"));
    end(&r);
}

TEST(match, a_prefix_takes_whole_segments)
{
    struct sl_match_rule rules[] = {RULE("", PREFIX, "/a"), RULE("", PREFIX, "/b/")};
    static const struct {
        const char *path, *target;
        size_t bytes;
    } cases[] = {{"/a", " /a", 2},  {"/a/", " /a", 2},  {"/a/b", " /a", 2}, {"/ab", "none", 0},
                 {"/b", " /b/", 2}, {"/b/", " /b/", 2}, {"/", "none", 0},   {"/A", "none", 0}};
    struct router r = compile(rules, SL_LEN(rules));
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct sl_match_result ret = find(&r, &(struct request){.path = cases[i].path});
        EXPECT_STR(cases[i].target, sl_cstr(ret.target != NULL ? ret.target : "none"));
        EXPECT_EQ(cases[i].bytes, ret.matched_path_bytes);
    }
    end(&r);
}

TEST(match, matched_bytes_are_the_prefix_the_expression_or_the_whole_path)
{
    struct sl_match_rule rules[] = {
        RULE("", PREFIX, "/"),         RULE("", EXACT, "/exact"),
        RULE("", TEMPLATE, "/t/{x}"),  RULE("", PREFIX, "/p/{x}"),
        RULE("", REGEX, "^/v[0-9]+/"), RULE("", TEMPLATE, "/shop/{x}", .strip_bytes = 5),
    };
    rules[0].methods = GET_ONLY;
    struct router r = compile(rules, SL_LEN(rules));
    static const struct {
        const char *path;
        size_t bytes;
    } cases[] = {{"/exact", 6}, {"/t/abc", 6}, {"/p/abc/d", 6}, {"/shop/7", 5}, {"/else/x", 0}};
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_EQ(cases[i].bytes,
                  find(&r, &(struct request){.path = cases[i].path}).matched_path_bytes);
    struct request post = {.method = SL_METHOD_POST, .path = "/v12/orders"};
    EXPECT_EQ(5, find(&r, &post).matched_path_bytes);
    end(&r);
}

TEST(match, parameters_have_their_own_rules_names_and_raw_values)
{
    struct sl_match_rule rules[] = {
        RULE("", TEMPLATE, "/u/{user}"),
        RULE("", TEMPLATE, "/u/{owner}/r/{repo}"),
        RULE("", PREFIX, "/u/{org}/t"),
    };
    struct router r = compile(rules, SL_LEN(rules));
    struct sl_match_result ret = find(&r, &(struct request){.path = "/u/ann%20b/r/x.y"});
    EXPECT_EQ(2, ret.param_count);
    EXPECT_STR("owner", ret.param_names[0]);
    EXPECT_STR("ann%20b", ret.params[0]);
    EXPECT_STR("repo", ret.param_names[1]);
    EXPECT_STR("x.y", ret.params[1]);
    ret = find(&r, &(struct request){.path = "/u/acme/t/1/2"});
    EXPECT_EQ(1, ret.param_count);
    EXPECT_STR("org", ret.param_names[0]);
    EXPECT_STR("acme", ret.params[0]);
    end(&r);
}

TEST(match, a_parameter_takes_one_segment_that_is_not_empty)
{
    struct sl_match_rule rules[] = {RULE("", TEMPLATE, "/u/{id}")};
    struct router r = compile(rules, SL_LEN(rules));
    EXPECT_STR("none", found_at(&r, "h", "/u/"));
    EXPECT_STR("none", found_at(&r, "h", "/u"));
    EXPECT_STR("none", found_at(&r, "h", "/u/1/2"));
    EXPECT_STR(" /u/{id}", found_at(&r, "h", "/u/{id}"));
    end(&r);
}

TEST(match, braces_of_an_exact_path_are_text)
{
    struct sl_match_rule rules[] = {RULE("", EXACT, "/u/{id}")};
    struct router r = compile(rules, SL_LEN(rules));
    EXPECT_STR("none", found_at(&r, "h", "/u/1"));
    EXPECT_STR(" /u/{id}", found_at(&r, "h", "/u/{id}"));
    end(&r);
}

TEST(match, a_literal_dead_end_goes_back_to_the_parameter)
{
    struct sl_match_rule rules[] = {RULE("", TEMPLATE, "/a/b/c"), RULE("", TEMPLATE, "/a/{x}/d"),
                                    RULE("", TEMPLATE, "/{y}/b/e")};
    struct router r = compile(rules, SL_LEN(rules));
    EXPECT_STR(" /a/{x}/d", found_at(&r, "h", "/a/b/d"));
    EXPECT_STR(" /{y}/b/e", found_at(&r, "h", "/a/b/e"));
    EXPECT_STR("none", found_at(&r, "h", "/a/b/f"));
    end(&r);
}

TEST(match, a_wrong_method_is_told_with_those_that_are_served)
{
    struct sl_match_rule rules[] = {
        RULE("", EXACT, "/a", .methods = GET_ONLY),
        RULE("", PREFIX, "/a", .methods = 1u << SL_METHOD_PUT | 1u << SL_METHOD_DELETE)};
    struct router r = compile(rules, SL_LEN(rules));
    struct sl_match_result ret =
        find(&r, &(struct request){.method = SL_METHOD_POST, .path = "/a"});
    EXPECT(ret.target == NULL && ret.is_method_known);
    EXPECT_EQ(GET_ONLY | 1u << SL_METHOD_PUT | 1u << SL_METHOD_DELETE, ret.methods);
    ret = find(&r, &(struct request){.method = SL_METHOD_PUT, .path = "/a"});
    EXPECT(ret.target != NULL && !ret.is_method_known);
    EXPECT_EQ(0, ret.methods);
    ret = find(&r, &(struct request){.method = SL_METHOD_POST, .path = "/b"});
    EXPECT(ret.target == NULL && !ret.is_method_known);
    end(&r);
}

TEST(match, a_wrong_method_goes_on_to_less_specific_rules)
{
    struct sl_match_rule rules[] = {RULE("", EXACT, "/a", .methods = GET_ONLY),
                                    RULE("", PREFIX, "/")};
    struct router r = compile(rules, SL_LEN(rules));
    EXPECT_STR(" /", found(&r, &(struct request){.method = SL_METHOD_POST, .path = "/a"}));
    end(&r);
}

static const struct sl_value_match is_v2 = {SL_STR_INIT("X-Version"), SL_VALUE_EXACT,
                                            SL_STR_INIT("2")};
static const struct sl_value_match is_number = {SL_STR_INIT("x-version"), SL_VALUE_REGEX,
                                                SL_STR_INIT("[0-9]+")};
static const struct sl_value_match has_debug = {SL_STR_INIT("debug"), SL_VALUE_PRESENT, {NULL, 0}};
static const struct sl_value_match is_ab = {SL_STR_INIT("q"), SL_VALUE_EXACT, SL_STR_INIT("a b&")};

TEST(match, method_then_headers_then_queries_then_the_order_decide_between_equal_paths)
{
    const struct sl_value_match two[] = {is_number,
                                         {SL_STR_INIT("host"), SL_VALUE_PRESENT, {NULL, 0}}};
    struct sl_match_rule rules[] = {
        NAMED("plain", "", EXACT, "/a"),
        NAMED("query", "", EXACT, "/a", .queries = &has_debug, .query_count = 1),
        NAMED("number", "", EXACT, "/a", .headers = &is_number, .header_count = 1),
        NAMED("v2", "", EXACT, "/a", .headers = &is_v2, .header_count = 1),
        NAMED("two", "", EXACT, "/a", .headers = two, .header_count = 2),
        NAMED("get", "", EXACT, "/a", .methods = GET_ONLY, .queries = &is_ab, .query_count = 1),
    };
    static const struct {
        struct request q;
        const char *target;
    } cases[] = {
        {{.path = "/a"}, "plain"},
        {{.path = "/a", .query = "debug"}, "query"},
        {{.path = "/a", .query = "x=1&debug=0", .header = "x-version", .value = "3"}, "number"},
        {{.path = "/a", .header = "X-VERSION", .value = "2"}, "number"}, /* first in the order */
        {{.path = "/a", .header = "x-version", .value = "3b"}, "plain"},
        {{.path = "/a", .query = "q=a+b%26"}, "get"},
        {{.path = "/a", .query = "q=a%20b%26", .header = "x-version", .value = "2"}, "get"},
        {{.path = "/a", .query = "q=a%2"}, "plain"},
        {{.path = "/a", .query = "Q=a+b%26"}, "plain"},
        {{.method = SL_METHOD_POST, .path = "/a", .query = "q=a+b%26"}, "plain"},
    };
    struct router r = compile(rules, SL_LEN(rules));
    EXPECT_EQ(SL_OK, r.rc);
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_STR(cases[i].target, found(&r, &cases[i].q));
    end(&r);
}

TEST(match, any_field_of_a_repeated_header_may_meet_a_condition)
{
    struct sl_match_rule rules[] = {RULE("", PREFIX, "/", .headers = &is_v2, .header_count = 1)};
    struct router r = compile(rules, SL_LEN(rules));
    struct sl_head head = {.method_id = SL_METHOD_GET};
    struct sl_match_result ret;
    sl_headers_init(&head.headers, r.a);
    EXPECT(sl_headers_add(&head.headers, SL_STR("x-version"), SL_STR("1")));
    EXPECT(sl_headers_add(&head.headers, SL_STR("x-version"), SL_STR("2")));
    sl_match_find(r.m, &head, SL_STR(""), SL_STR("/"), &ret);
    EXPECT(ret.target != NULL);
    end(&r);
}

TEST(match, a_query_value_beyond_the_limit_meets_no_condition)
{
    static char query[5000] = "q=";
    const struct sl_value_match any = {SL_STR_INIT("q"), SL_VALUE_PRESENT, {NULL, 0}};
    struct sl_match_rule rules[] = {RULE("", PREFIX, "/", .queries = &any, .query_count = 1)};
    struct router r = compile(rules, SL_LEN(rules));
    memset(query + 2, 'a', 4096);
    EXPECT_STR(" /", found(&r, &(struct request){.path = "/", .query = query}));
    query[2 + 4096] = 'a';
    EXPECT_STR("none", found(&r, &(struct request){.path = "/", .query = query}));
    end(&r);
}

TEST(match, expressions_begin_at_the_path_and_are_tried_last)
{
    struct sl_match_rule rules[] = {RULE("", REGEX, "/b"), RULE("", REGEX, "^/a/[0-9]+$"),
                                    RULE("", PREFIX, "/a/1")};
    struct router r = compile(rules, SL_LEN(rules));
    EXPECT_STR("none", found_at(&r, "h", "/a/b"));
    EXPECT_STR(" /b", found_at(&r, "h", "/bcd"));
    EXPECT_STR(" ^/a/[0-9]+$", found_at(&r, "h", "/a/2"));
    EXPECT_STR(" /a/1", found_at(&r, "h", "/a/1"));
    end(&r);
}

TEST(match, an_expression_that_would_backtrack_for_ever_does_not_match)
{
    struct sl_match_rule rules[] = {RULE("", REGEX, "^/(a+)+$")};
    struct router r = compile(rules, SL_LEN(rules));
    EXPECT_STR(" ^/(a+)+$", found_at(&r, "h", "/aaaaaaaa"));
    EXPECT_STR("none",
               found_at(&r, "h", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
    end(&r);
}

TEST(match, what_is_no_path_matches_nothing)
{
    struct sl_match_rule rules[] = {RULE("", PREFIX, "/"), RULE("", REGEX, ".*")};
    struct router r = compile(rules, SL_LEN(rules));
    EXPECT_STR("none", found_at(&r, "h", "*"));
    EXPECT_STR("none", found_at(&r, "h", ""));
    end(&r);
}

TEST(match, without_rules_there_is_nothing_to_find)
{
    struct router r = compile(NULL, 0);
    EXPECT_EQ(SL_OK, r.rc);
    EXPECT_STR("none", found_at(&r, "h", "/"));
    end(&r);
}

/* ------------------------------------------------------------------ what is refused */

static void expect_refused(struct sl_match_rule *rules, size_t n, const char *part)
{
    struct router r = compile(rules, n);
    EXPECT_EQ(SL_E_CONFIG, r.rc);
    EXPECT(r.d.count != 0 && sl_str_find_str(r.d.problems[0].message, sl_cstr(part)) != SIZE_MAX);
    end(&r);
}

TEST(match, rules_that_cannot_be_told_apart_are_refused_with_both_places)
{
    static const struct sl_node at = {.file = SL_STR_INIT("f.yaml"), .line = 3, .column = 5};
    struct sl_match_rule exact[] = {RULE("h", EXACT, "/a", .place = &at), RULE("h", EXACT, "/a")};
    struct sl_match_rule params[] = {RULE("", TEMPLATE, "/a/{x}"), RULE("", TEMPLATE, "/a/{y}")};
    struct sl_match_rule prefixes[] = {RULE("", PREFIX, "/a"), RULE("", PREFIX, "/a/")};
    struct sl_match_rule methods[] = {
        RULE("", EXACT, "/a", .methods = GET_ONLY | 1u << SL_METHOD_PUT),
        RULE("", EXACT, "/a", .methods = GET_ONLY)};
    struct sl_match_rule regexes[] = {RULE("", REGEX, "^/a"), RULE("", REGEX, "^/a")};
    expect_refused(exact, 2, "'h /a' (f.yaml:3:5)");
    expect_refused(params, 2, "' /a/{x}'");
    expect_refused(prefixes, 2, "' /a'");
    expect_refused(methods, 2, "' /a'");
    expect_refused(regexes, 2, "' ^/a'");
}

TEST(match, rules_that_differ_in_anything_are_taken)
{
    const struct sl_value_match is_v3 = {SL_STR_INIT("x-version"), SL_VALUE_EXACT,
                                         SL_STR_INIT("3")};
    struct sl_match_rule rules[] = {
        RULE("", EXACT, "/a"),
        RULE("h", EXACT, "/a"),
        RULE("", PREFIX, "/a"),
        RULE("", EXACT, "/a/"),
        RULE("", EXACT, "/a", .methods = GET_ONLY),
        RULE("", EXACT, "/a", .methods = 1u << SL_METHOD_PUT),
        RULE("", EXACT, "/a", .headers = &is_v2, .header_count = 1),
        RULE("", EXACT, "/a", .headers = &is_v3, .header_count = 1),
        RULE("", EXACT, "/a", .queries = &has_debug, .query_count = 1),
        RULE("", REGEX, "^/a"),
        RULE("", REGEX, "^/b"),
    };
    struct router r = compile(rules, SL_LEN(rules));
    EXPECT_EQ(SL_OK, r.rc);
    end(&r);
}

TEST(match, bad_expressions_are_refused_with_the_character)
{
    const struct sl_value_match bad = {SL_STR_INIT("x"), SL_VALUE_REGEX, SL_STR_INIT("a)")};
    struct sl_match_rule path[] = {RULE("", REGEX, "^/(a")};
    struct sl_match_rule header[] = {RULE("", PREFIX, "/", .headers = &bad, .header_count = 1)};
    expect_refused(path, 1, "'^/(a' is not valid: missing closing parenthesis at character 5");
    expect_refused(header, 1, "'a)' is not valid");
}

TEST(match, the_limits_of_a_rules_path_are_told)
{
    struct sl_strbuf deep = {0}, wide = {0}, ok = {0};
    for (int i = 0; i <= SL_MATCH_SEGMENTS_MAX; i++)
        sl_strbuf_add(&deep, SL_STR("/a"));
    for (int i = 0; i <= SL_MATCH_PARAMS_MAX; i++)
        sl_strbuf_addf(&wide, "/{p%d}", i);
    for (int i = 0; i < SL_MATCH_SEGMENTS_MAX; i++)
        sl_strbuf_addf(&ok, i < SL_MATCH_PARAMS_MAX ? "/{p%d}" : "/a", i);
    struct sl_match_rule rules[] = {RULE("", TEMPLATE, "")};
    rules[0].path = sl_strbuf_str(&deep);
    expect_refused(rules, 1, "more than 64 segments");
    rules[0].path = sl_strbuf_str(&wide);
    expect_refused(rules, 1, "16 parameters");
    rules[0].path = sl_strbuf_str(&ok);
    struct router r = compile(rules, 1);
    EXPECT_EQ(SL_OK, r.rc);
    sl_strbuf_add_char(&ok, '\0');
    EXPECT_EQ(SL_MATCH_PARAMS_MAX, find(&r, &(struct request){.path = ok.p}).param_count);
    end(&r);
    sl_strbuf_fini(&deep);
    sl_strbuf_fini(&wide);
    sl_strbuf_fini(&ok);
}

TEST(match, a_request_deeper_than_any_rule_is_no_trouble)
{
    char path[8192];
    struct sl_match_rule rules[] = {RULE("", PREFIX, "/{a}/{b}"), RULE("", TEMPLATE, "/x/{b}/c")};
    struct router r = compile(rules, SL_LEN(rules));
    for (size_t i = 0; i + 1 < sizeof(path); i += 2)
        memcpy(path + i, "/x", 2);
    path[sizeof(path) - 2] = '\0';
    EXPECT_STR(" /{a}/{b}", found_at(&r, "h", path));
    end(&r);
}

TEST(match, random_rules_and_requests_come_out_as_the_reference_has_them)
{
    enum { ROUNDS = 300, BYTES_PER_ROUND = 600 };
    struct sl_rand rand;
    uint8_t bytes[BYTES_PER_ROUND];
    sl_rand_seed(&rand, 42);
    for (int round = 0; round < ROUNDS; round++) {
        sl_rand_bytes(&rand, bytes, sizeof(bytes));
        reference_match_check(bytes, sizeof(bytes));
    }
}
