#include "base/str.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"
#include "tests/unit/snapshot/build_text.h"

#include <stdio.h>

static const char config[] =
    "upstreams: [{name: pool, endpoints: [\"http://10.0.0.1\"]}]\n"
    "services:\n"
    "  - {name: shop, upstream: pool, routes: [{name: one, path: \"/orders/{id}\", methods: [GET]}]}\n"
    "  - {name: ours, upstream: pool, path: /ours}\n"
    "  - {name: llm, kind: ai, prefix: /llm}\n"
    "consumers: [{name: web, keys: [key-web-0123456789]}]\n"
    "accounts: [{name: main, vendor: openai, keys: [sk-0123456789], base_url: \"http://127.0.0.1:1/v1\"}]\n"
    "models:\n"
    "  - name: fast\n"
    "    targets: [main/plain]\n"
    "    rules:\n"
    "      - {name: web, when: {consumers: [web], headers: [{name: x-a}]}, targets: [main/web]}\n"
    "      - {name: sees, when: {has: [images], dialects: [openai]}, targets: [main/sees]}\n"
    "      - {name: long, when: {input_tokens: {min: 9}}, targets: [main/long]}\n"
    "      - {name: job, when: {metadata: [{name: job, value: \"a\\\"b\"}], users: [u]}, targets: [main/job]}\n"
    "  - {name: narrow, rules: [{when: {has: [audio]}, targets: [main/hears]}]}\n";

static const struct sl_node *explain(struct bench *b, uint16_t status, const char *body)
{
    return bench_want(b, status, "POST", "/api/v1/explain", body);
}

static const struct sl_node *first_of(const struct sl_node *answer, const char *list)
{
    const struct sl_node *n = sl_node_get(answer, sl_cstr(list));
    return n != NULL ? n->children : NULL;
}

static sl_str reason_of(const struct sl_node *answer)
{
    const struct sl_node *n = first_of(answer, "reasons");
    return n != NULL ? n->text : SL_STR("none");
}

/* Is it among them? Any will do for an empty one. */
static bool has_reason(const struct sl_node *answer, const char *reason)
{
    const struct sl_node *n = first_of(answer, "reasons");
    while (n != NULL && reason[0] != '\0' && !sl_str_eq(n->text, sl_cstr(reason)))
        n = n->next;
    return n != NULL;
}

static void begin(struct bench *b, struct built *t)
{
    bench_init(b);
    *t = build_text(config);
    EXPECT_EQ(SL_OK, t->rc);
    b->snapshot = t->s;
}

static void end(struct bench *b, struct built *t)
{
    built_free(t);
    bench_fini(b);
}

TEST(api_explain, tells_route_parameters_and_targets)
{
    struct bench b;
    struct built t;
    begin(&b, &t);
    const struct sl_node *r = explain(&b, 200, "{\"url\":\"http://x/orders/./42?a=b\"}");
    EXPECT_STR("true", bench_text(r, "matched"));
    EXPECT_STR("/orders/42", bench_text(r, "path"));
    EXPECT_STR("shop/one", bench_text(r, "route"));
    EXPECT_STR("shop", bench_text(r, "service"));
    EXPECT_STR("pool", bench_text(r, "upstream"));
    EXPECT_STR("42", bench_text(first_of(r, "parameters"), "value"));
    EXPECT_STR("http://10.0.0.1", bench_text(first_of(r, "targets"), "url"));
    EXPECT_STR("no policy is attached: anybody may call this", reason_of(r));
    end(&b, &t);
}

TEST(api_explain, what_no_route_takes_is_an_answer_with_reasons)
{
    struct bench b;
    struct built t;
    begin(&b, &t);
    const struct sl_node *r = explain(&b, 200, "{\"method\":\"POST\",\"url\":\"/orders/42\"}");
    EXPECT_STR("false", bench_text(r, "matched"));
    EXPECT_STR("405", bench_text(r, "status"));
    EXPECT_STR("the path is served for other methods: GET", reason_of(r));
    EXPECT_STR("404", bench_text(explain(&b, 200, "{\"url\":\"/none\"}"), "status"));
    EXPECT_STR("200", bench_text(explain(&b, 200, "{\"url\":\"/readyz\"}"), "status"));
    end(&b, &t);
}

TEST(api_explain, what_no_request_can_be_is_refused)
{
    static const char *const bodies[] = {
        "{}",
        "{\"url\":\"orders\"}",
        "{\"url\":\"/a%zz\"}",
        "{\"url\":\"/a\",\"headers\":{\"a b\":\"c\"}}",
        "{\"url\":\"/a\",\"headers\":{\"x\":\"a\\nb\"}}",
        "{\"url\":\"/a\",\"colour\":\"red\"}",
    };
    struct bench b;
    struct built t;
    begin(&b, &t);
    for (size_t i = 0; i < SL_LEN(bodies); i++) {
        struct sl_api_answer a = bench_call(&b, "POST", "/api/v1/explain", bodies[i]);
        EXPECT(a.status == 400 || a.status == 422);
    }
    end(&b, &t);
}

TEST(api_explain, tells_nothing_of_services_that_one_may_not_read)
{
    struct bench b;
    struct built t;
    begin(&b, &t);
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"ours\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"theirs\"}");
    (void)bench_want(
        &b, 201, "POST", "/api/v1/services",
        "{\"name\":\"ours\",\"url\":\"http://10.0.0.1\",\"path\":\"/ours\",\"team\":\"ours\"}");
    (void)bench_want(
        &b, 201, "POST", "/api/v1/services",
        "{\"name\":\"shop\",\"url\":\"http://10.0.0.1\",\"path\":\"/orders\",\"team\":\"theirs\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"one\",\"grants\":[{\"role\":\"viewer\",\"team\":\"ours\"}]}");
    (void)bench_want(&b, 200, "POST", "/api/v1/users/one/set-password",
                     "{\"password\":\"a long password\"}");
    bench_login(&b, "one", "a long password");
    const struct sl_node *r = explain(&b, 200, "{\"url\":\"/ours\"}");
    EXPECT_STR("true", bench_text(r, "matched"));
    EXPECT(sl_node_get(r, SL_STR("targets")) == NULL); /* the upstream is nobody's of this team */
    r = explain(&b, 200, "{\"url\":\"/orders/42\"}");
    EXPECT_STR("false", bench_text(r, "matched"));
    EXPECT(sl_node_get(r, SL_STR("route")) == NULL);
    EXPECT_STR("no service that you may read takes this request", reason_of(r));
    end(&b, &t);
}

TEST(api_explain, a_node_that_serves_nothing_says_so)
{
    struct bench b;
    bench_init(&b);
    (void)explain(&b, 503, "{\"url\":\"/a\"}");
    bench_fini(&b);
}

TEST(api_explain, tells_which_rule_of_a_model_takes_a_request)
{
    static const struct {
        const char *facts, *model, *rule, *why;
    } requests[] = {
        {"", "plain", "", "no rule of the model holds: its own targets serve it"},
        {",\"consumer\":\"web\",\"headers\":{\"X-A\":\"1\"}", "web", "web",
         "the rule 'web' of the model takes it: consumers web; headers x-a"},
        {",\"consumer\":\"web\"", "plain", "", ""},
        {",\"consumer\":\"wub\"", "plain", "", "there is no consumer 'wub'"},
        {",\"has\":[\"tools\",\"images\"]", "sees", "sees",
         "the rule 'sees' of the model takes it: dialects openai; has images"},
        {",\"has\":[\"documents\"],\"input_tokens\":9", "long", "long", ""},
        {",\"input_tokens\":8", "plain", "", ""},
        {",\"user\":\"u\",\"metadata\":{\"job\":\"a\\\"b\"}", "job", "job", ""},
    };
    for (size_t i = 0; i < SL_LEN(requests); i++) {
        struct bench b;
        struct built t;
        char body[512];
        begin(&b, &t);
        (void)snprintf(body, sizeof(body),
                       "{\"method\":\"POST\",\"url\":\"/llm/v1/chat/completions\",\"model\":"
                       "\"fast\"%s}",
                       requests[i].facts);
        const struct sl_node *r = explain(&b, 200, body);
        EXPECT_STR(requests[i].model, bench_text(first_of(r, "targets"), "model"));
        EXPECT_STR(requests[i].rule,
                   sl_node_get(r, SL_STR("rule")) != NULL ? bench_text(r, "rule") : SL_STR(""));
        EXPECT_STR("web", bench_text(first_of(r, "rules"), "name"));
        EXPECT(has_reason(r, requests[i].why));
        end(&b, &t);
    }
}

TEST(api_explain, needs_that_no_rule_can_ask_for_are_refused_with_their_place)
{
    struct bench b;
    struct built t;
    begin(&b, &t);
    const struct sl_node *r =
        explain(&b, 422,
                "{\"method\":\"POST\",\"url\":\"/llm/v1/chat/completions\","
                "\"model\":\"fast\",\"has\":[\"tools\",\"image\",\"pictures\"]}");
    const struct sl_node *near = first_of(r, "errors");
    EXPECT_STR("/has/1", bench_text(near, "pointer"));
    EXPECT_STR("one_of_near", bench_text(near, "code"));
    EXPECT(sl_str_ends(bench_text(near, "detail"), SL_STR("did you mean 'images'?")));
    EXPECT_STR("/has/2", bench_text(near->next, "pointer"));
    EXPECT_STR("one_of", bench_text(near->next, "code"));
    end(&b, &t);
}

TEST(api_explain, a_model_without_other_targets_refuses_what_no_rule_takes)
{
    struct bench b;
    struct built t;
    begin(&b, &t);
    const struct sl_node *r =
        explain(&b, 200, "{\"method\":\"POST\",\"url\":\"/llm/v1/messages\",\"model\":\"narrow\"}");
    EXPECT_STR("false", bench_text(r, "matched"));
    EXPECT_STR("400", bench_text(r, "status"));
    EXPECT_STR("has audio", bench_text(first_of(r, "rules"), "when"));
    EXPECT_STR("false", bench_text(first_of(r, "rules"), "holds"));
    EXPECT(has_reason(r, "no rule of the model holds, and it has no other targets"));
    end(&b, &t);
}
