#include "base/str.h"
#include "control/tree.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

static void begin(struct bench *b)
{
    bench_init(b);
    bench_header(b, "if-match", SL_STR("*"));
    (void)bench_want(b, 201, "POST", "/api/v1/prompts",
                     "{\"name\":\"p\",\"version\":\"v2\",\"model\":\"m2\",\"template\":\"new\","
                     "\"path\":\"/v2\",\"description\":\"short\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/prompts",
                     "{\"name\":\"p\",\"model\":\"m1\",\"template\":\"old\",\"path\":\"/say\","
                     "\"system\":\"be kind\"}");
}

static const struct sl_node *start_trial(struct bench *b)
{
    return bench_want(b, 200, "PATCH", "/api/v1/prompts/p",
                      "{\"trial\":{\"arms\":[{\"prompt\":\"p@v2\",\"percent\":10}]}}");
}

static bool has(const struct sl_node *n, const char *member)
{
    return sl_node_get(n, sl_cstr(member)) != NULL;
}

static bool has_status(const struct sl_node *n, const char *member)
{
    return has(sl_node_get(n, SL_STR("status")), member);
}

TEST(prompt, one_that_is_on_trial_takes_the_place_and_keeps_name_and_path)
{
    struct bench b;
    begin(&b);
    (void)bench_want(&b, 409, "POST", "/api/v1/prompts/p/promote", "{\"prompt\":\"p@v2\"}");
    EXPECT(bench_text(start_trial(&b), "status.trial_since").n != 0);
    (void)bench_want(&b, 409, "DELETE", "/api/v1/prompts/p@v2", NULL);
    (void)bench_want(&b, 422, "POST", "/api/v1/prompts/p/promote", "{\"prompt\":\"p@v3\"}");
    (void)bench_want(&b, 422, "POST", "/api/v1/prompts/p/promote", "{}");
    int published = b.published;
    const struct sl_node *r = bench_want(&b, 200, "POST", "/api/v1/prompts/p/promote",
                                         "{\"prompt\":\"p@v2\",\"reason\":\"cheaper\"}");
    EXPECT_STR("p", bench_text(r, "key"));
    EXPECT_STR("new", bench_text(r, "template"));
    EXPECT_STR("m2", bench_text(r, "model"));
    EXPECT_STR("short", bench_text(r, "description"));
    EXPECT_STR("/say", bench_text(r, "path"));
    EXPECT_STR("cheaper", bench_text(r, "status.reason"));
    EXPECT(!has(r, "version") && !has(r, "trial") && !has(r, "system"));
    EXPECT(!has_status(r, "trial_since"));
    EXPECT_EQ(published + 1, b.published);
    (void)bench_want(&b, 204, "DELETE", "/api/v1/prompts/p@v2", NULL); /* nothing refers to it */
    bench_fini(&b);
}

TEST(prompt, a_trial_ends_and_leaves_the_prompt_as_it_was)
{
    struct bench b;
    begin(&b);
    (void)start_trial(&b);
    const struct sl_node *r = bench_want(&b, 200, "POST", "/api/v1/prompts/p/end-trial", NULL);
    EXPECT_STR("old", bench_text(r, "template"));
    EXPECT(!has(r, "trial") && !has_status(r, "trial_since") && !has_status(r, "reason"));
    (void)bench_want(&b, 409, "POST", "/api/v1/prompts/p/end-trial", NULL);
    (void)start_trial(&b);
    r = bench_want(&b, 200, "PATCH", "/api/v1/prompts/p", "{\"trial\":null}");
    EXPECT(!has_status(r, "trial_since"));
    (void)bench_want(&b, 422, "PATCH", "/api/v1/prompts/p",
                     "{\"trial\":{\"arms\":[{\"prompt\":\"p@v9\",\"percent\":10}]}}");
    bench_fini(&b);
}

TEST(prompt, a_service_publishes_one_that_has_a_trial)
{
    struct bench b;
    begin(&b);
    (void)start_trial(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"s\",\"kind\":\"prompt\",\"prompts\":[\"p\"]}");
    (void)bench_want(&b, 200, "PATCH", "/api/v1/services/s", "{\"prompts\":[\"p@v2\",\"p\"]}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/s/publish", NULL);
    EXPECT(sl_str_find_str(b.document, SL_STR("\"trial\":")) != SIZE_MAX);
    bench_fini(&b);
}

/* Somebody of one workspace, and a prompt of the workspace that all may refer to. */
static void begin_elsewhere(struct bench *b)
{
    begin(b);
    (void)bench_want(b, 201, "POST", "/api/v1/workspaces", "{\"name\":\"retail\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/prompts",
                     "{\"name\":\"mine\",\"workspace\":\"retail\",\"model\":\"m1\","
                     "\"template\":\"old\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/roles",
                     "{\"name\":\"writer\",\"permissions\":[\"prompts:*\"]}");
    (void)bench_want(b, 201, "POST", "/api/v1/roles",
                     "{\"name\":\"reader\",\"permissions\":[\"prompts:read\"]}");
    (void)bench_want(
        b, 201, "POST", "/api/v1/users",
        "{\"name\":\"dev\",\"grants\":[{\"role\":\"writer\",\"workspace\":\"retail\"}]}");
    (void)bench_want(b, 200, "POST", "/api/v1/users/dev/set-password",
                     "{\"password\":\"a long password\"}");
}

static void be_local(struct bench *b, bool is_local)
{
    bench_no_headers(b);
    b->is_local = is_local;
    if (!is_local)
        bench_login(b, "dev", "a long password");
    bench_header(b, "if-match", SL_STR("*"));
}

#define TRIAL(prompt) "{\"trial\":{\"arms\":[{\"prompt\":\"" prompt "\",\"percent\":10}]}}"

static sl_str refusal_of(struct bench *b, const char *method, const char *target, const char *body)
{
    const struct sl_node *r = bench_want(b, 422, method, target, body);
    return sl_tree_text(sl_node_get(r, SL_STR("errors"))->children, "detail");
}

TEST(prompt, only_one_that_the_person_may_read_goes_on_trial_or_takes_the_place)
{
    static const char promotion[] = "{\"prompt\":\"p@v2\"}";
    struct bench b;
    begin_elsewhere(&b);
    be_local(&b, false);
    (void)bench_want(&b, 404, "GET", "/api/v1/prompts/p@v2", NULL);
    EXPECT_STR("there is no prompt 'p@v2'",
               refusal_of(&b, "PATCH", "/api/v1/prompts/mine", TRIAL("p@v2")));
    be_local(&b, true);
    (void)bench_want(&b, 200, "PATCH", "/api/v1/prompts/mine", TRIAL("p@v2"));
    be_local(&b, false); /* of a trial that somebody else has begun */
    EXPECT_STR("there is no prompt 'p@v2'",
               refusal_of(&b, "POST", "/api/v1/prompts/mine/promote", promotion));
    const struct sl_node *r =
        bench_want(&b, 200, "PATCH", "/api/v1/prompts/mine", "{\"description\":\"x\"}");
    EXPECT_STR("old", bench_text(r, "template")); /* which they need not end for that */
    be_local(&b, true);
    (void)bench_want(&b, 200, "PATCH", "/api/v1/users/dev",
                     "{\"grants\":[{\"role\":\"writer\",\"workspace\":\"retail\"},"
                     "{\"role\":\"reader\",\"workspace\":\"default\"}]}");
    be_local(&b, false);
    r = bench_want(&b, 200, "POST", "/api/v1/prompts/mine/promote", promotion);
    EXPECT_STR("new", bench_text(r, "template"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/prompts/mine", TRIAL("p@v2"));
    bench_fini(&b);
}
