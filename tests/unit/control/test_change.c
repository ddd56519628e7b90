#include "control/change.h"
#include "base/str.h"
#include "control/actor.h"
#include "control/tree.h"
#include "store/audit.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define POOL "{\"name\":\"pool\",\"endpoints\":[{\"url\":\"http://127.0.0.1:1\"}]}"

TEST(change, what_takes_effect_at_once_is_composed_and_published)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/upstreams", POOL);
    EXPECT_EQ(1, b.published);
    EXPECT_STR("{\"upstreams\":[" POOL "]}", b.document);
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"search\"}");
    EXPECT_EQ(1, b.prepared);
    bench_fini(&b);
}

TEST(change, what_does_not_compile_is_undone_and_told_with_its_place)
{
    struct bench b;
    bench_init(&b);
    b.must_refuse = true;
    const struct sl_node *problem = bench_want(&b, 422, "POST", "/api/v1/upstreams", POOL);
    const struct sl_node *errors = sl_node_get(problem, SL_STR("errors"));
    EXPECT_STR("/endpoints/0/url", sl_tree_text(errors->children, "pointer"));
    EXPECT_STR("upstream/pool", sl_tree_text(errors->children, "resource"));
    EXPECT_EQ(0, b.published);
    (void)bench_want(&b, 404, "GET", "/api/v1/upstreams/pool", NULL);
    bench_fini(&b);
}

TEST(change, a_dry_run_checks_everything_and_changes_nothing)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/upstreams?dry_run=true", POOL);
    EXPECT_EQ(1, b.thrown_away);
    EXPECT_EQ(0, b.published);
    (void)bench_want(&b, 404, "GET", "/api/v1/upstreams/pool", NULL);
    bench_fini(&b);
}

TEST(change, a_draft_does_not_reach_the_traffic_before_it_is_published)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/upstreams", POOL);
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"orders\",\"upstream\":\"pool\",\"path\":\"/a\"}");
    EXPECT_EQ(1, b.published);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/orders/publish", "{\"reason\":\"first\"}");
    EXPECT_EQ(2, b.published);
    EXPECT(sl_str_find_str(b.document, SL_STR("\"path\":\"/a\"")) != SIZE_MAX);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/services/orders", "{\"path\":\"/b\"}");
    EXPECT_EQ(2, b.published);
    const struct sl_node *s = bench_want(&b, 200, "GET", "/api/v1/services/orders", NULL);
    EXPECT_STR("true", bench_text(s, "status.has_draft"));
    (void)bench_want(&b, 200, "POST", "/api/v1/services/orders/publish", NULL);
    EXPECT(sl_str_find_str(b.document, SL_STR("\"path\":\"/b\"")) != SIZE_MAX);
    s = bench_want(&b, 200, "POST", "/api/v1/services/orders/rollback", NULL);
    EXPECT_STR("3", bench_text(s, "status.live_release"));
    EXPECT_STR("true", bench_text(s, "status.has_draft"));
    EXPECT(sl_str_find_str(b.document, SL_STR("\"path\":\"/a\"")) != SIZE_MAX);
    s = bench_want(&b, 200, "GET", "/api/v1/releases/orders:3", NULL);
    EXPECT_STR("1", bench_text(s, "restores"));
    EXPECT_STR("/a", bench_text(s, "config.path"));
    bench_fini(&b);
}

TEST(change, a_published_service_is_taken_offline_before_it_is_deleted)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"o\",\"url\":\"http://127.0.0.1:1\",\"path\":\"/a\"}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 409, "DELETE", "/api/v1/services/o", NULL);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/offline", NULL);
    EXPECT_STR("{}", b.document);
    (void)bench_want(&b, 204, "DELETE", "/api/v1/services/o", NULL);
    (void)bench_want(&b, 404, "GET", "/api/v1/releases/o:1", NULL);
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"o\",\"url\":\"http://127.0.0.1:1\",\"path\":\"/a\"}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    bench_fini(&b);
}

TEST(change, versions_of_a_service_stand_side_by_side)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"o\",\"version\":\"v1\",\"url\":\"http://127.0.0.1:1\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"o\",\"version\":\"v2\",\"url\":\"http://127.0.0.1:1\"}");
    (void)bench_want(&b, 409, "POST", "/api/v1/services",
                     "{\"name\":\"o\",\"version\":\"v2\",\"url\":\"http://127.0.0.1:1\"}");
    (void)bench_want(&b, 200, "GET", "/api/v1/services/o@v2", NULL);
    bench_fini(&b);
}

/* ------------------------------------------------------------------ secrets */

#define ACCOUNT(key) \
    "{\"name\":\"acme\",\"vendor\":\"openai\",\"keys\":[{\"key\":\"" key "\",\"label\":\"a\"}]}"

static const char *account_body(struct bench *b, sl_str key)
{
    return sl_fmt(b->a, ACCOUNT("%.*s"), SL_STRF(key)).p;
}

static sl_str shown_key(struct bench *b)
{
    const struct sl_node *n = bench_want(b, 200, "GET", "/api/v1/accounts/acme", NULL);
    return sl_arena_dup(b->a, sl_tree_text(sl_node_get(n, SL_STR("keys"))->children, "key"));
}

TEST(change, secrets_are_sealed_shown_as_handles_and_composed_in_clear)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/accounts", ACCOUNT("sk-very-secret"));
    sl_str handle = shown_key(&b);
    EXPECT(sl_sealed_is(handle));
    EXPECT_EQ(23, handle.n);
    EXPECT(sl_str_find_str(b.document, SL_STR("sk-very-secret")) != SIZE_MAX);
    struct sl_api_answer audit = bench_call(&b, "GET", "/api/v1/audit", NULL);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(audit.body, SL_STR("sk-very-secret")));
    EXPECT(sl_str_find_str(audit.body, handle) != SIZE_MAX);
    bench_fini(&b);
}

TEST(change, a_handle_or_the_same_secret_keeps_it_and_another_replaces_it)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/accounts", ACCOUNT("sk-very-secret"));
    sl_str handle = shown_key(&b);
    bench_header(&b, "if-match", SL_STR("*"));
    const struct sl_node *n =
        bench_want(&b, 200, "PUT", "/api/v1/accounts/acme", account_body(&b, handle));
    EXPECT_STR("1", bench_text(n, "revision"));
    n = bench_want(&b, 200, "PUT", "/api/v1/accounts/acme", ACCOUNT("sk-very-secret"));
    EXPECT_STR("1", bench_text(n, "revision"));
    n = bench_want(&b, 200, "PUT", "/api/v1/accounts/acme", ACCOUNT("sk-another"));
    EXPECT_STR("2", bench_text(n, "revision"));
    EXPECT(!sl_str_eq(handle, shown_key(&b)));
    EXPECT(sl_str_find_str(b.document, SL_STR("sk-another")) != SIZE_MAX);
    (void)bench_want(&b, 422, "PUT", "/api/v1/accounts/acme", account_body(&b, handle));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/accounts/acme", "{\"serves_unlisted\":true}");
    EXPECT(sl_str_find_str(b.document, SL_STR("sk-another")) != SIZE_MAX);
    bench_fini(&b);
}

TEST(change, a_secret_goes_nowhere_else_by_its_handle)
{
    static const char set[] =
        "{\"name\":\"corp\",\"url\":\"https://a/jwks\",\"authorization\":\"Bearer s\"}";
    struct bench b;
    bench_init(&b);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 201, "POST", "/api/v1/key-sets", set);
    const struct sl_node *r =
        bench_want(&b, 422, "PATCH", "/api/v1/key-sets/corp", "{\"url\":\"https://b/jwks\"}");
    const struct sl_node *errors = sl_node_get(r, SL_STR("errors"));
    EXPECT_STR("/authorization", sl_tree_text(errors->children, "pointer"));
    (void)bench_want(&b, 422, "PATCH", "/api/v1/key-sets/corp", "{\"ca\":\"/tmp/ca.pem\"}");
    (void)bench_want(&b, 200, "PATCH", "/api/v1/key-sets/corp", "{\"refresh\":\"2h\"}");
    EXPECT(sl_str_find_str(b.document, SL_STR("https://a/jwks")) != SIZE_MAX);
    (void)bench_want(&b, 200, "PATCH", "/api/v1/key-sets/corp", /* who knows it may */
                     "{\"url\":\"https://b/jwks\",\"authorization\":\"Bearer s\"}");
    (void)bench_want(&b, 200, "PATCH", "/api/v1/key-sets/corp", /* or sends none */
                     "{\"url\":\"https://c/jwks\",\"authorization\":null}");
    (void)bench_want(&b, 200, "PATCH", "/api/v1/key-sets/corp", "{\"url\":\"https://d/jwks\"}");
    bench_fini(&b);
}

TEST(change, keys_of_an_account_are_given_anew_with_another_address)
{
    struct bench b;
    bench_init(&b);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 201, "POST", "/api/v1/accounts", ACCOUNT("sk-very-secret"));
    (void)bench_want(&b, 422, "PATCH", "/api/v1/accounts/acme", "{\"base_url\":\"https://b/v1\"}");
    (void)bench_want(&b, 422, "PATCH", "/api/v1/accounts/acme", "{\"vendor\":\"groq\"}");
    (void)bench_want(&b, 422, "PATCH", "/api/v1/accounts/acme", "{\"tls\":{\"verify\":false}}");
    (void)bench_want(&b, 200, "PATCH", "/api/v1/accounts/acme",
                     "{\"base_url\":\"https://b/v1\",\"keys\":[{\"key\":\"sk-very-secret\"}]}");
    (void)bench_want(&b, 200, "PUT", "/api/v1/accounts/acme",
                     account_body(&b, SL_STR("sk-very-secret")));
    bench_fini(&b);
}

TEST(change, secrets_of_policies_are_sealed_too)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"o\",\"url\":\"http://127.0.0.1:1\",\"policies\":["
                     "{\"type\":\"signed\",\"secret\":\"whisper\"}]}");
    struct sl_api_answer a = bench_call(&b, "GET", "/api/v1/services/o", NULL);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(a.body, SL_STR("whisper")));
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    EXPECT(sl_str_find_str(b.document, SL_STR("whisper")) != SIZE_MAX);
    a = bench_call(&b, "GET", "/api/v1/releases/o:1", NULL);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(a.body, SL_STR("whisper")));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(a.body, SL_STR(":k1:")));
    (void)bench_want(&b, 201, "POST", "/api/v1/policies",
                     "{\"name\":\"p\",\"type\":\"signed\",\"config\":{\"secret\":\"murmur\"}}");
    a = bench_call(&b, "GET", "/api/v1/policies/p", NULL);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(a.body, SL_STR("murmur")));
    bench_fini(&b);
}

TEST(change, keys_of_consumers_are_kept_as_hashes)
{
    struct bench b;
    bench_init(&b);
    struct sl_api_answer a =
        bench_call(&b, "POST", "/api/v1/consumers",
                   "{\"name\":\"shop\",\"keys\":[{\"name\":\"k\",\"key\":\"sl-test-key\"},"
                   "\"sl-plain-key\"]}");
    EXPECT_EQ(201, a.status);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(a.body, SL_STR("sl-test-key")));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(a.body, SL_STR("sl-plain-key")));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(b.document, SL_STR("sl-test-key")));
    EXPECT(sl_str_find_str(b.document, SL_STR("key_sha256")) != SIZE_MAX);
    bench_fini(&b);
}

TEST(change, a_credential_is_shown_once_and_composed_into_its_consumer)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/consumers", "{\"name\":\"shop\"}");
    const struct sl_node *n = bench_want(&b, 201, "POST", "/api/v1/credentials",
                                         "{\"name\":\"c1\",\"consumer\":\"shop\"}");
    sl_str secret = sl_arena_dup(b.a, bench_text(n, "secret"));
    EXPECT(sl_str_starts(secret, SL_STR("sl-")));
    EXPECT(sl_str_find_str(b.document, bench_text(n, "status.key_sha256")) != SIZE_MAX);
    n = bench_want(&b, 200, "GET", "/api/v1/credentials/c1", NULL);
    EXPECT(bench_text(n, "secret").p == NULL);
    n = bench_want(&b, 200, "POST", "/api/v1/credentials/c1/rotate", "{\"overlap\":\"1h\"}");
    EXPECT(!sl_str_eq(secret, bench_text(n, "secret")));
    EXPECT(sl_str_find_str(b.document, bench_text(n, "status.former_sha256")) != SIZE_MAX);
    EXPECT(sl_str_find_str(b.document, SL_STR("c1-former")) != SIZE_MAX);
    bench_fini(&b);
}

TEST(change, a_secret_that_signs_is_rotated_and_the_one_before_is_composed_beside_it)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/consumers", "{\"name\":\"shop\"}");
    const struct sl_node *n =
        bench_want(&b, 201, "POST", "/api/v1/credentials",
                   "{\"name\":\"c1\",\"consumer\":\"shop\",\"type\":\"hmac\",\"key_id\":\"AK\"}");
    sl_str before = sl_arena_dup(b.a, bench_text(n, "secret"));
    n = bench_want(&b, 200, "POST", "/api/v1/credentials/c1/rotate", "{\"overlap\":\"1h\"}");
    sl_str after = sl_arena_dup(b.a, bench_text(n, "secret"));
    EXPECT(after.n >= 32 && !sl_str_eq(before, after));
    EXPECT(sl_str_find_str(b.document, before) != SIZE_MAX);
    EXPECT(sl_str_find_str(b.document, after) != SIZE_MAX);
    EXPECT(sl_str_find_str(b.document, SL_STR("former_until")) != SIZE_MAX);
    n = bench_want(&b, 200, "GET", "/api/v1/credentials/c1", NULL);
    EXPECT(sl_str_starts(bench_text(n, "former_secret"), SL_STR("sealed:")));
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/credentials/c1", "{\"disabled\":true}");
    EXPECT(sl_str_find_str(b.document, before) != SIZE_MAX);
    (void)bench_want(&b, 200, "PATCH", "/api/v1/credentials/c1", "{\"former_secret\":null}");
    (void)bench_want(&b, 422, "PATCH", "/api/v1/credentials/c1",
                     "{\"former_secret\":\"of somebody's own making, long enough\"}");
    EXPECT(sl_str_find_str(b.document, before) == SIZE_MAX);
    EXPECT(sl_str_find_str(b.document, after) != SIZE_MAX);
    bench_fini(&b);
}

/* ------------------------------------------------------------------ references and names */

TEST(change, what_is_referred_to_must_exist_and_stays_while_it_is_needed)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 422, "POST", "/api/v1/credentials",
                     "{\"name\":\"c1\",\"consumer\":\"shop\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/consumers", "{\"name\":\"shop\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/credentials",
                     "{\"name\":\"c1\",\"consumer\":\"shop\"}");
    bench_header(&b, "if-match", SL_STR("*"));
    const struct sl_node *n = bench_want(&b, 409, "DELETE", "/api/v1/consumers/shop", NULL);
    EXPECT_STR("credential 'c1' still depends on it", bench_text(n, "detail"));
    (void)bench_want(&b, 204, "DELETE", "/api/v1/credentials/c1", NULL);
    (void)bench_want(&b, 204, "DELETE", "/api/v1/consumers/shop", NULL);
    bench_fini(&b);
}

TEST(change, whom_a_rule_of_a_model_names_stays_while_it_is_named)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/consumers", "{\"name\":\"shop\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/plans", "{\"name\":\"gold\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/accounts",
                     "{\"name\":\"main\",\"vendor\":\"openai\",\"keys\":[\"sk-0123456789\"]}");
    (void)bench_want(
        &b, 201, "POST", "/api/v1/models",
        "{\"name\":\"fast\",\"targets\":[\"main/a\"],\"rules\":[{\"when\":{\"consumers\":"
        "[\"filed\",\"shop\"],\"plans\":[\"gold\"]},\"targets\":[\"main/b\"]}]}");
    bench_header(&b, "if-match", SL_STR("*"));
    const struct sl_node *n = bench_want(&b, 409, "DELETE", "/api/v1/consumers/shop", NULL);
    EXPECT_STR("model 'fast' still depends on it", bench_text(n, "detail"));
    (void)bench_want(&b, 409, "DELETE", "/api/v1/plans/gold", NULL);
    (void)bench_want(&b, 204, "DELETE", "/api/v1/models/fast", NULL);
    (void)bench_want(&b, 204, "DELETE", "/api/v1/consumers/shop", NULL);
    (void)bench_want(&b, 204, "DELETE", "/api/v1/plans/gold", NULL);
    bench_fini(&b);
}

TEST(change, a_team_is_no_part_of_itself)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"a\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"b\",\"parent\":\"a\"}");
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 422, "PATCH", "/api/v1/teams/a", "{\"parent\":\"b\"}");
    (void)bench_want(&b, 422, "PATCH", "/api/v1/teams/a", "{\"parent\":\"a\"}");
    bench_fini(&b);
}

TEST(change, keys_with_tricks_in_them_are_refused)
{
    static const char *const names[] = {"",           " ",          "a b", "a/../b%", "\\u0000",
                                        "caf\\u00e9", "\\u202egnp", "a?b", "a#b",     "\\n"};
    struct bench b;
    bench_init(&b);
    for (size_t i = 0; i < SL_LEN(names); i++)
        (void)bench_want(&b, 422, "POST", "/api/v1/teams",
                         sl_fmt(b.a, "{\"name\":\"%s\"}", names[i]).p);
    bench_fini(&b);
}

TEST(change, resources_of_another_workspace_are_out_of_reach)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/workspaces", "{\"name\":\"retail\"}");
    (void)bench_want(&b, 422, "POST", "/api/v1/consumers",
                     "{\"name\":\"x\",\"workspace\":\"nowhere\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/consumers",
                     "{\"name\":\"shop\",\"workspace\":\"retail\"}");
    (void)bench_want(&b, 422, "POST", "/api/v1/credentials",
                     "{\"name\":\"c\",\"consumer\":\"shop\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/credentials",
                     "{\"name\":\"c\",\"consumer\":\"shop\",\"workspace\":\"retail\"}");
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 422, "PATCH", "/api/v1/consumers/shop", "{\"workspace\":\"default\"}");
    (void)bench_want(&b, 409, "DELETE", "/api/v1/workspaces/retail", NULL);
    (void)bench_want(&b, 409, "DELETE", "/api/v1/workspaces/default", NULL);
    bench_fini(&b);
}

TEST(change, each_is_in_the_audit_trail_which_is_whole)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"a\",\"title\":\"A\"}");
    bench_header(&b, "if-match", SL_STR("\"1\""));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/teams/a", "{\"title\":\"B\"}");
    const struct sl_node *list = bench_want(&b, 200, "GET", "/api/v1/audit?limit=1", NULL);
    const struct sl_node *e = sl_node_get(list, SL_STR("items"))->children;
    EXPECT_STR("team.update", bench_text(e, "action"));
    EXPECT_STR("local", bench_text(e, "actor"));
    EXPECT_STR("A", bench_text(e, "before.title"));
    EXPECT_STR("B", bench_text(e, "after.title"));
    EXPECT_STR("true",
               bench_text(bench_want(&b, 200, "GET", "/api/v1/audit/verify", NULL), "is_whole"));
    bench_fini(&b);
}

/* ------------------------------------------------------------------ handles and bounds */

struct vaulted {
    sl_str name, pass;
};

static const struct sl_field vaulted_fields[] = {
    SL_FIELD_STR(struct vaulted, name, .required = true, .min = "1", .help = "Unique."),
    SL_FIELD_SECRET(struct vaulted, pass, .min = "40", .max = "60", .help = "Longer than handles."),
    SL_FIELD_END,
};

static const struct sl_noun vaulted_noun = {
    .name = "vaulted", .fields = vaulted_fields, .size = sizeof(struct vaulted), .is_list = true};
static const struct sl_resource_type vaulted_type = {
    .kind = "vaulted", .noun = &vaulted_noun, .verbs = SL_VERBS_ALL, .is_global = true};

#define PASS "0123456789012345678901234567890123456789"

static sl_rc patch_vaulted(struct sl_work *w, const struct sl_row *row, const char *json,
                           struct sl_change *ret)
{
    struct sl_node *patch = NULL;
    EXPECT_EQ(SL_OK, sl_change_parse(w, sl_cstr(json), &patch));
    return sl_change_patch(w, &vaulted_type, row, patch, ret);
}

TEST(change, bounds_of_a_secret_hold_for_the_secret_and_not_for_its_handle)
{
    struct bench b;
    bench_init(&b);
    struct sl_grant all = {.patterns = {.v = (sl_str[]){SL_STR("*:*")}, .n = 1}};
    struct sl_actor actor = {.name = SL_STR("test"), .grants = &all, .grant_count = 1};
    struct sl_diag *d = sl_arena_new_of(b.a, struct sl_diag);
    struct sl_work w = {
        .control = b.control, .a = b.a, .d = d, .actor = &actor, .now_us = SL_SECONDS(1)};
    struct sl_change made, changed;
    struct sl_node *body = sl_tree_map(b.a);
    sl_diag_init(d, b.a);
    EXPECT_EQ(SL_OK, sl_work_begin(&w));
    sl_tree_put_str(b.a, body, "name", SL_STR("a"));
    sl_tree_put_str(b.a, body, "pass", SL_STR(PASS));
    EXPECT_EQ(SL_OK, sl_change_create(&w, &vaulted_type, body, &made));
    sl_str sealed = sl_arena_dup(b.a, sl_tree_text(made.spec, "pass"));
    EXPECT(sl_sealed_is(sealed));
    EXPECT_EQ(SL_OK,
              patch_vaulted(&w, &made.row, "{}", &changed)); /* its handle has 23 characters */
    EXPECT(changed.is_unchanged);
    EXPECT(sl_str_eq(sealed, sl_tree_text(changed.spec, "pass")));
    EXPECT_EQ(SL_E_INVALID, patch_vaulted(&w, &made.row, "{\"pass\":\"short\"}", &changed));
    EXPECT_EQ(SL_E_INVALID,
              patch_vaulted(&w, &made.row, "{\"pass\":\"sealed:0123456789abcdef\"}", &changed));
    EXPECT_EQ(SL_OK, patch_vaulted(&w, &made.row, "{\"pass\":\"" PASS "x\"}", &changed));
    EXPECT(!sl_str_eq(sealed, sl_tree_text(changed.spec, "pass")));
    sl_work_undo(&w);
    bench_fini(&b);
}
