#include "base/str.h"
#include "control/tree.h"
#include "snapshot/key_set.h"
#include "store/rows.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"
#include "tests/unit/snapshot/build_text.h"

#define P "/api/v1/portal"

static void add_user(struct bench *b, const char *name, const char *grants)
{
    (void)bench_want(b, 201, "POST", "/api/v1/users",
                     sl_fmt(b->a, "{\"name\":\"%s\",\"grants\":%s}", name, grants).p);
    (void)bench_want(b, 200, "POST", sl_fmt(b->a, "/api/v1/users/%s/set-password", name).p,
                     "{\"password\":\"a long password\"}");
}

static void add_service(struct bench *b, const char *name, const char *visibility)
{
    (void)bench_want(
        b, 201, "POST", "/api/v1/services",
        sl_fmt(b->a,
               "{\"name\":\"%s\",\"url\":\"http://127.0.0.1:1\",\"prefix\":\"/%s\","
               "\"visibility\":\"%s\",\"team\":\"sellers\",\"readme\":\"# Hi <script>\","
               "\"operations\":[{\"id\":\"getA\",\"method\":\"GET\",\"path\":\"/stars\","
               "\"summary\":\"Stars of %s\"}]}",
               name, name, visibility, name)
            .p);
    (void)bench_want(b, 200, "POST", sl_fmt(b->a, "/api/v1/services/%s/publish", name).p,
                     "{\"reason\":\"first\"}");
}

static void as(struct bench *b, const char *name)
{
    bench_no_headers(b);
    bench_login(b, name, "a long password");
}

static void as_operator(struct bench *b)
{
    bench_no_headers(b);
    b->is_local = true;
}

static void as_token(struct bench *b, const char *token)
{
    as_operator(b);
    sl_str secret = bench_text(bench_want(b, 201, "POST", "/api/v1/tokens", token), "secret");
    bench_no_headers(b);
    bench_header(b, "authorization", sl_fmt(b->a, "Bearer %.*s", SL_STRF(secret)));
}

/* ann buys, bob sells, eve is in neither team; "hidden" is a draft. */
static void begin(struct bench *b)
{
    bench_init(b);
    (void)bench_want(b, 201, "POST", "/api/v1/teams", "{\"name\":\"buyers\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/teams", "{\"name\":\"sellers\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/roles",
                     "{\"name\":\"none\",\"permissions\":[\"nothing:read\"]}");
    add_user(b, "ann", "[{\"role\":\"none\",\"team\":\"buyers\"}]");
    add_user(b, "bob", "[{\"role\":\"none\",\"team\":\"sellers\"}]");
    add_user(b, "eve", "[]");
    add_service(b, "open", "public");
    add_service(b, "near", "workspace");
    add_service(b, "own", "private");
    (void)bench_want(b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"hidden\",\"url\":\"http://127.0.0.1:1\",\"prefix\":\"/hidden\","
                     "\"visibility\":\"public\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/plans",
                     "{\"name\":\"gold\",\"title\":\"Gold for all\",\"offered\":true,"
                     "\"approval\":\"manual\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/plans", "{\"name\":\"inner\"}");
}

/* "near open " */
static sl_str catalogue(struct bench *b, const char *query)
{
    struct sl_strbuf out;
    const struct sl_node *n =
        bench_want(b, 200, "GET", sl_fmt(b->a, P "/services%s", query).p, NULL);
    sl_strbuf_init(&out, b->a, 0);
    for (n = sl_node_get(n, SL_STR("items"))->children; n != NULL; n = n->next)
        sl_strbuf_addf(&out, "%.*s ", SL_STRF(bench_text(n, "key")));
    return out.n != 0 ? sl_strbuf_str(&out) : SL_STR("");
}

TEST(portal, each_finds_what_the_visibility_says)
{
    struct bench b;
    begin(&b);
    as(&b, "eve");
    EXPECT_STR("open ", catalogue(&b, ""));
    (void)bench_want(&b, 200, "GET", P "/services/open", NULL);
    (void)bench_want(&b, 404, "GET", P "/services/own", NULL);
    (void)bench_want(&b, 404, "GET", P "/services/own/openapi", NULL);
    (void)bench_want(&b, 404, "GET", P "/services/hidden", NULL);
    (void)bench_want(&b, 404, "GET", P "/services/missing", NULL);
    as(&b, "bob");
    EXPECT_STR("near open own ", catalogue(&b, ""));
    as_operator(&b);
    add_user(&b, "mel", "[{\"role\":\"none\",\"workspace\":\"default\"}]");
    as(&b, "mel");
    EXPECT_STR("near open ", catalogue(&b, ""));
    bench_fini(&b);
}

TEST(portal, guests_find_public_ones_where_the_workspace_lets_them)
{
    struct bench b;
    begin(&b);
    b.is_local = false;
    EXPECT_STR("", catalogue(&b, ""));
    (void)bench_want(&b, 404, "GET", P "/services/open", NULL);
    (void)bench_want(&b, 401, "GET", P "/applications", NULL);
    as_operator(&b);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/workspaces/default", "{\"portal_is_public\":true}");
    bench_no_headers(&b);
    b.is_local = false;
    EXPECT_STR("open ", catalogue(&b, ""));
    (void)bench_want(&b, 404, "GET", P "/services/near", NULL);
    bench_header(&b, "authorization", SL_STR("Bearer slat_wrong"));
    EXPECT_STR("open ", catalogue(&b, "")); /* as after the end of a session */
    as_operator(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/portals",
                     "{\"name\":\"default\",\"members_only\":true}");
    bench_no_headers(&b);
    b.is_local = false;
    EXPECT_STR("", catalogue(&b, ""));
    bench_fini(&b);
}

TEST(portal, the_catalogue_is_searched_and_paged)
{
    struct bench b;
    begin(&b);
    as(&b, "bob");
    EXPECT_STR("near ", catalogue(&b, "?q=STARS%20NEAR"));
    EXPECT_STR("", catalogue(&b, "?q=nothing"));
    EXPECT_STR("", catalogue(&b, "?domain=x"));
    EXPECT_STR("", catalogue(&b, "?tag=x"));
    EXPECT_STR("", catalogue(&b, "?kind=ai"));
    EXPECT_STR("near open own ", catalogue(&b, "?kind=rest"));
    EXPECT_STR("near open ", catalogue(&b, "?limit=2"));
    EXPECT_STR("own ", catalogue(&b, "?limit=2&cursor=open"));
    (void)bench_want(&b, 400, "GET", P "/services?limit=0", NULL);
    (void)bench_want(&b, 400, "GET", P "/services?upstream=x", NULL);
    bench_fini(&b);
}

TEST(portal, a_search_tells_the_operations_that_are_looked_for)
{
    struct bench b;
    begin(&b);
    (void)bench_want(
        &b, 201, "POST", "/api/v1/services",
        "{\"name\":\"pay\",\"url\":\"http://127.0.0.1:1\",\"prefix\":\"/pay\",\"visibility\":"
        "\"public\",\"operations\":[{\"id\":\"refund\",\"method\":\"POST\",\"path\":"
        "\"/charges/{id}/refunds\",\"summary\":\"Give money back\",\"tags\":[\"Writing\"]},"
        "{\"id\":\"list\",\"method\":\"GET\",\"path\":\"/charges\",\"summary\":\"All\"}]}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/pay/publish", "{}");
    as(&b, "eve");
    static const char *const found[] = {"refund", "MONEY%20give", "post%20/pay/charges/%7Bid%7D",
                                        "writing", "back%20%20charges"};
    for (size_t i = 0; i < SL_LEN(found); i++) {
        const struct sl_node *n =
            bench_want(&b, 200, "GET", sl_fmt(b.a, P "/services?q=%s", found[i]).p, NULL);
        n = sl_node_get(n, SL_STR("items"))->children;
        EXPECT_STR("pay", bench_text(n, "key"));
        EXPECT_STR("1", bench_text(n, "operation_count"));
        n = sl_node_get(n, SL_STR("operations"))->children;
        EXPECT_STR("refund", bench_text(n, "id"));
        EXPECT_STR("/charges/{id}/refunds", bench_text(n, "path"));
    }
    EXPECT_STR("", catalogue(&b, "?q=money%20all")); /* of two operations, not of one */
    (void)bench_want(&b, 200, "GET", sl_fmt(b.a, P "/services?q=%0256d", 0).p, NULL);
    (void)bench_want(&b, 400, "GET", sl_fmt(b.a, P "/services?q=%0257d", 0).p, NULL);
    bench_fini(&b);
}

TEST(portal, what_is_retired_is_read_of_by_its_subscribers_and_offered_to_nobody)
{
    struct bench b;
    begin(&b);
    as(&b, "eve");
    (void)bench_want(&b, 201, "POST", P "/applications", "{\"name\":\"shop\"}");
    static const char wish[] =
        "{\"application\":\"eve.shop\",\"service\":\"open\",\"plan\":\"gold\"}";
    (void)bench_want(&b, 201, "POST", P "/subscriptions", wish);
    as_operator(&b);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/open/retire",
                     "{\"without_notice\":true,\"successor\":\"near\"}");
    as(&b, "eve");
    EXPECT_STR("", catalogue(&b, ""));
    const struct sl_node *n = bench_want(&b, 200, "GET", P "/services/open", NULL);
    EXPECT_STR("retired", bench_text(n, "lifecycle"));
    n = bench_want(&b, 200, "GET", P "/applications/eve.shop", NULL);
    n = sl_node_get(n, SL_STR("subscriptions"))->children;
    n = sl_node_get(n, SL_STR("versions"))->children;
    EXPECT_STR("open", bench_text(n, "key"));
    EXPECT_STR("retired", bench_text(n, "lifecycle"));
    EXPECT_STR("near", bench_text(n, "successor"));
    (void)bench_want(&b, 422, "POST", P "/subscriptions", wish);
    bench_fini(&b);
}

TEST(portal, a_service_tells_what_was_published_and_nothing_of_where_it_runs)
{
    struct bench b;
    begin(&b);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/services/open", "{\"title\":\"Draft\"}");
    (void)bench_want(&b, 200, "PATCH", "/api/v1/workspaces/default",
                     "{\"gateway_url\":\"https://api.example.com\"}");
    as(&b, "eve");
    const struct sl_node *n = bench_want(&b, 200, "GET", P "/services/open", NULL);
    EXPECT_STR("", bench_text(n, "title"));
    EXPECT_STR("https://api.example.com", bench_text(n, "url"));
    EXPECT(sl_node_get(n, SL_STR("upstream")) == NULL);
    EXPECT(sl_node_get(n, SL_STR("policies")) == NULL);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(bench_text(n, "readme_html"), SL_STR("<script")));
    const struct sl_node *plans = sl_node_get(n, SL_STR("plans"));
    EXPECT_EQ(1, plans->child_count);
    EXPECT_STR("gold", bench_text(plans->children, "name"));
    EXPECT_STR("first", bench_text(sl_node_get(n, SL_STR("changes"))->children, "reason"));
    EXPECT_EQ(1, sl_node_get(n, SL_STR("versions"))->child_count);
    bench_fini(&b);
}

TEST(portal, the_document_has_the_gateways_address)
{
    struct bench b;
    begin(&b);
    (void)bench_want(
        &b, 200, "POST", "/api/v1/import/openapi",
        "{\"prefix\":\"/pets\",\"document\":{\"openapi\":"
        "\"3.0.0\",\"info\":{\"title\":\"pets\",\"version\":\"1\"},\"servers\":[{\"url\":"
        "\"http://127.0.0.1:1/base\"}],\"paths\":{\"/a\":{\"get\":{\"responses\":{}}}}}}");
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/services/pets@1", "{\"visibility\":\"public\"}");
    (void)bench_want(&b, 200, "PATCH", "/api/v1/workspaces/default",
                     "{\"gateway_url\":\"https://api.example.com\"}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/pets@1/publish", NULL);
    as(&b, "eve");
    const struct sl_node *n = bench_want(&b, 200, "GET", P "/services/pets@1/openapi", NULL);
    const struct sl_node *servers = sl_node_get(n, SL_STR("servers"));
    EXPECT_EQ(1, servers->child_count);
    EXPECT_STR("https://api.example.com/pets", bench_text(servers->children, "url"));
    bench_fini(&b);
}

#define SUBSCRIBE "{\"application\":\"eve.shop\",\"service\":\"open\",\"plan\":\"gold\"}"

TEST(portal, each_sees_and_changes_only_what_is_theirs)
{
    struct bench b;
    begin(&b);
    as(&b, "eve");
    const struct sl_node *n = bench_want(&b, 201, "POST", P "/applications", "{\"name\":\"shop\"}");
    EXPECT_STR("eve.shop", bench_text(n, "name"));
    n = bench_want(&b, 201, "POST", P "/applications/eve.shop/credentials", "{\"name\":\"a\"}");
    EXPECT(sl_str_starts(bench_text(n, "secret"), SL_STR("sl-")));
    n = bench_want(&b, 201, "POST", P "/subscriptions", SUBSCRIBE);
    EXPECT_STR("Gold for all", bench_text(n, "plan_title"));
    EXPECT_STR("requested", bench_text(n, "state"));
    as(&b, "ann");
    n = bench_want(&b, 200, "GET", P "/applications", NULL);
    EXPECT_EQ(0, sl_node_get(n, SL_STR("items"))->child_count);
    static const char *const reads[] = {P "/applications/eve.shop",
                                        P "/applications/eve.shop/usage",
                                        P "/subscriptions/eve.shop:open/usage"};
    for (size_t i = 0; i < SL_LEN(reads); i++)
        (void)bench_want(&b, 404, "GET", reads[i], NULL);
    static const char *const writes[] = {P "/credentials/eve.shop.a/rotate",
                                         P "/credentials/eve.shop.a/disable",
                                         P "/subscriptions/eve.shop:open/end"};
    for (size_t i = 0; i < SL_LEN(writes); i++)
        (void)bench_want(&b, 404, "POST", writes[i], "{}");
    (void)bench_want(&b, 404, "POST", P "/applications/eve.shop/credentials", "{\"name\":\"b\"}");
    (void)bench_want(&b, 422, "POST", P "/subscriptions", SUBSCRIBE);
    (void)bench_want(&b, 422, "POST", P "/applications",
                     "{\"name\":\"x\",\"team\":\"sellers\"}"); /* not ann's */
    (void)bench_want(&b, 403, "POST", "/api/v1/consumers", "{\"name\":\"x\"}");
    (void)bench_want(&b, 403, "GET", "/api/v1/consumers", NULL);
    bench_fini(&b);
}

TEST(portal, a_team_shares_its_applications)
{
    struct bench b;
    begin(&b);
    add_user(&b, "abe", "[{\"role\":\"none\",\"team\":\"buyers\"}]");
    as(&b, "ann");
    (void)bench_want(&b, 201, "POST", P "/applications", "{\"name\":\"shop\",\"team\":\"buyers\"}");
    as(&b, "abe");
    const struct sl_node *n = bench_want(&b, 200, "GET", P "/applications", NULL);
    EXPECT_EQ(1, sl_node_get(n, SL_STR("items"))->child_count);
    (void)bench_want(&b, 201, "POST", P "/applications/ann.shop/credentials", "{\"name\":\"a\"}");
    as(&b, "bob");
    (void)bench_want(&b, 404, "GET", P "/applications/ann.shop", NULL);
    bench_fini(&b);
}

TEST(portal, keys_are_rotated_and_disabled_and_subscriptions_ended)
{
    struct bench b;
    begin(&b);
    as(&b, "eve");
    (void)bench_want(&b, 201, "POST", P "/applications", "{\"name\":\"shop\"}");
    (void)bench_want(&b, 409, "POST", P "/applications", "{\"name\":\"shop\"}");
    const struct sl_node *n =
        bench_want(&b, 201, "POST", P "/applications/eve.shop/credentials", "{\"name\":\"a\"}");
    sl_str first = bench_text(n, "secret");
    n = bench_want(&b, 200, "POST", P "/credentials/eve.shop.a/rotate", "{\"overlap\":\"1h\"}");
    EXPECT(!sl_str_eq(first, bench_text(n, "secret")));
    EXPECT(bench_text(n, "former_until").n != 0);
    (void)bench_want(&b, 422, "POST", P "/credentials/eve.shop.a/rotate", "{\"overlap\":\"91d\"}");
    n = bench_want(&b, 200, "POST", P "/credentials/eve.shop.a/disable", NULL);
    EXPECT(sl_node_get(n, SL_STR("disabled")) != NULL);
    (void)bench_want(&b, 201, "POST", P "/subscriptions", SUBSCRIBE);
    n = bench_want(&b, 200, "GET", P "/applications/eve.shop", NULL);
    EXPECT_EQ(1, sl_node_get(n, SL_STR("credentials"))->child_count);
    EXPECT_EQ(1, sl_node_get(n, SL_STR("subscriptions"))->child_count);
    EXPECT_STR("", bench_text(sl_node_get(n, SL_STR("credentials"))->children, "secret"));
    n = bench_want(&b, 200, "POST", P "/subscriptions/eve.shop:open/end", NULL);
    EXPECT_STR("ended", bench_text(n, "state"));
    bench_fini(&b);
}

#define CREDENTIALS P "/applications/eve.shop/credentials"
#define EC_KEY                                                       \
    "\"{\\\"kty\\\":\\\"EC\\\",\\\"crv\\\":\\\"P-256\\\","           \
    "\\\"x\\\":\\\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\\\"," \
    "\\\"y\\\":\\\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\\\"}\""
#define ED_KEY                                                \
    "\"{\\\"kty\\\":\\\"OKP\\\",\\\"crv\\\":\\\"Ed25519\\\"," \
    "\\\"x\\\":\\\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\\\"}\""

static void begin_shop(struct bench *b)
{
    begin(b);
    as(b, "eve");
    (void)bench_want(b, 201, "POST", P "/applications", "{\"name\":\"shop\"}");
}

TEST(portal, passwords_and_secrets_are_made_shown_once_and_rotated)
{
    static const char *const kinds[] = {"api_key", "basic", "jwt", "hmac"};
    struct bench b;
    begin_shop(&b);
    for (size_t i = 0; i < SL_LEN(kinds); i++) {
        const struct sl_node *n =
            bench_want(&b, 201, "POST", CREDENTIALS,
                       sl_fmt(b.a, "{\"name\":\"%s\",\"type\":\"%s\"}", kinds[i], kinds[i]).p);
        sl_str first = bench_text(n, "secret"), name = bench_text(n, "name");
        EXPECT(first.n >= 32);
        EXPECT_STR(kinds[i], bench_text(n, "type"));
        EXPECT_STR(i == 1 ? "eve.shop" : "", bench_text(n, "username"));
        EXPECT(sl_str_eq(i >= 2 ? name : SL_STR(""), bench_text(n, "key_id")));
        n = bench_want(&b, 200, "POST", sl_fmt(b.a, P "/credentials/%.*s/rotate", SL_STRF(name)).p,
                       "{\"overlap\":\"1h\"}");
        EXPECT(bench_text(n, "secret").n >= 32 && !sl_str_eq(first, bench_text(n, "secret")));
        EXPECT(bench_text(n, "former_until").n != 0);
    }
    const struct sl_node *n = bench_want(&b, 200, "GET", P "/applications/eve.shop", NULL);
    for (n = sl_node_get(n, SL_STR("credentials"))->children; n != NULL; n = n->next) {
        EXPECT_STR("", bench_text(n, "secret"));
        EXPECT_STR("", bench_text(n, "signing_secret"));
        EXPECT_STR("", bench_text(n, "former_secret"));
    }
    bench_fini(&b);
}

TEST(portal, tokens_are_checked_with_a_public_key_or_with_those_at_a_url)
{
    struct bench b;
    begin_shop(&b);
    const struct sl_node *n =
        bench_want(&b, 201, "POST", CREDENTIALS,
                   "{\"name\":\"own\",\"type\":\"jwt\",\"public_key\":" EC_KEY "}");
    EXPECT_STR("", bench_text(n, "secret"));
    EXPECT_STR("eve.shop.own", bench_text(n, "key_id"));
    EXPECT_STR("true", bench_text(n, "has_public_key"));
    (void)bench_want(&b, 422, "POST", P "/credentials/eve.shop.own/rotate", NULL);
    (void)bench_want(&b, 422, "POST", P "/credentials/eve.shop.own/rotate",
                     "{\"public_key\":\"x\"}");
    (void)bench_want(&b, 200, "POST", P "/credentials/eve.shop.own/rotate",
                     "{\"public_key\":" ED_KEY "}");
    n = bench_want(&b, 201, "POST", CREDENTIALS,
                   "{\"name\":\"login\",\"type\":\"jwt\",\"key_id\":\"https://login.example.com\","
                   "\"jwks_url\":\"https://login.example.com/keys\"}");
    EXPECT_STR("https://login.example.com", bench_text(n, "key_id"));
    EXPECT_STR("eve.shop.login", bench_text(n, "audience"));
    EXPECT(sl_node_get(n, SL_STR("key_set")) != NULL);
    (void)bench_want(&b, 409, "POST", P "/credentials/eve.shop.login/rotate", NULL);
    as_operator(&b);
    n = bench_want(&b, 200, "GET", "/api/v1/key-sets/eve.shop.login", NULL);
    EXPECT_STR("https://login.example.com/keys", bench_text(n, "url"));
    n = bench_want(&b, 200, "GET", "/api/v1/credentials/eve.shop.login", NULL);
    EXPECT_STR("eve.shop.login", bench_text(n, "audience"));
    as(&b, "ann");
    (void)bench_want(&b, 404, "DELETE", P "/credentials/eve.shop.login", NULL);
    as(&b, "eve");
    (void)bench_want(&b, 204, "DELETE", P "/credentials/eve.shop.login", NULL);
    (void)bench_want(&b, 404, "DELETE", P "/credentials/eve.shop.login", NULL);
    as_operator(&b);
    (void)bench_want(&b, 404, "GET", "/api/v1/key-sets/eve.shop.login", NULL);
    bench_fini(&b);
}

TEST(portal, credentials_have_what_is_of_their_kind_and_no_name_of_somebody_else)
{
    static const struct {
        const char *more, *pointer;
    } bad[] = {
        {"\"type\":\"basic\",\"username\":\"a:b\"", "/username"},
        {"\"username\":\"a\"", "/username"},
        {"\"type\":\"hmac\",\"public_key\":\"x\"", "/public_key"},
        {"\"type\":\"jwt\",\"public_key\":\"x\"", "/public_key"},
        {"\"type\":\"jwt\",\"public_key\":\"x\",\"jwks_url\":\"https://a.example\"", "/public_key"},
        {"\"jwks_url\":\"https://a.example\"", "/jwks_url"},
        {"\"type\":\"jwt\",\"jwks_url\":\"http://a.example\"", "/url"},
        {"\"type\":\"jwt\",\"key_id\":\"somebody\"", "/key_id"},
        {"\"type\":\"jwt\",\"key_id\":\"https://b.example\",\"jwks_url\":\"https://a.example\"",
         "/key_id"},
        {"\"type\":\"jwt\",\"key_set\":\"corp\"", "/key_set"},
    };
    struct bench b;
    begin_shop(&b);
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        const struct sl_node *n = bench_want(&b, 422, "POST", CREDENTIALS,
                                             sl_fmt(b.a, "{\"name\":\"x\",%s}", bad[i].more).p);
        EXPECT_STR(bad[i].pointer,
                   bench_text(sl_node_get(n, SL_STR("errors"))->children, "pointer"));
    }
    (void)bench_want(&b, 422, "POST", CREDENTIALS, "{\"name\":\"x\",\"type\":\"magic\"}");
    bench_fini(&b);
}

TEST(portal, names_of_credentials_mean_nothing_to_shells_and_headers)
{
    static const char *const bad[] = {"$(id)", "`id`", "a b", "a\\\"", "a'", "a/b", "\xc3\xa9"};
    struct bench b;
    begin_shop(&b);
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        const struct sl_node *n =
            bench_want(&b, 422, "POST", CREDENTIALS,
                       sl_fmt(b.a, "{\"name\":\"%s\",\"type\":\"hmac\"}", bad[i]).p);
        EXPECT_STR("/name", bench_text(sl_node_get(n, SL_STR("errors"))->children, "pointer"));
    }
    (void)bench_want(&b, 201, "POST", CREDENTIALS, "{\"name\":\"My_new-key.2\"}");
    bench_fini(&b);
}

TEST(portal, an_issuer_is_claimed_only_by_keys_below_its_url)
{
    static const struct {
        const char *issuer, *keys;
        uint16_t status;
    } rows[] = {
        {"https://l.example", "https://l.example/keys", 201},
        {"https://l.example/", "https://L.example:443/.well-known/jwks.json", 201},
        {"https://l.example/a", "https://l.example/a/keys?v=2", 201},
        {"https://l.example/b/", "https://l.example/.well-known/jwks/b", 201},
        {"https://l.example/c", "https://l.example/keys", 422},
        {"https://l.example/c", "https://l.example/", 422},
        {"https://l.example/c", "https://l.example", 422},
        {"https://l.example/c", "https://l.example/common/keys", 422},
        {"https://l.example/c", "https://l.example/cc/keys", 422},
        {"https://l.example/c", "https://l.example/.well-known/jwks.json", 422},
        {"https://l.example/c", "https://l.example/.well-known/x/y/c", 422},
        {"https://l.example/c", "https://l.example/c/../d/keys", 422},
        {"https://l.example/c", "https://l.example/c/%2e%2e/d/keys", 422},
        {"https://l.example/c", "https://l.example/c/..%2fd/keys", 422},
        {"https://l.example/c/../d", "https://l.example/c/../d/keys", 422},
        {"https://l.example/c?x", "https://l.example/c/keys", 422},
        {"https://l.example/c", "https://l.example:8443/c/keys", 422},
        {"http://localhost/c", "https://localhost/c/keys", 422},
        {"https://l.example/c", "https://k.l.example/c/keys", 422},
    };
    struct bench b;
    begin_shop(&b);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct sl_node *n =
            bench_want(&b, rows[i].status, "POST", CREDENTIALS,
                       sl_fmt(b.a,
                              "{\"name\":\"n%zu\",\"type\":\"jwt\",\"key_id\":\"%s\","
                              "\"jwks_url\":\"%s\"}",
                              i, rows[i].issuer, rows[i].keys)
                           .p);
        if (rows[i].status == 422)
            EXPECT_STR("/key_id",
                       bench_text(sl_node_get(n, SL_STR("errors"))->children, "pointer"));
    }
    bench_fini(&b);
}

static const struct sl_node *add_keys_at_url(struct bench *b, uint16_t status,
                                             const char *application, int i)
{
    return bench_want(b, status, "POST",
                      sl_fmt(b->a, P "/applications/%s/credentials", application).p,
                      sl_fmt(b->a,
                             "{\"name\":\"k%d\",\"type\":\"jwt\","
                             "\"jwks_url\":\"https://a%d.example/keys\"}",
                             i, i)
                          .p);
}

TEST(portal, a_person_has_few_sets_of_keys_that_must_be_fetched_whatever_the_application)
{
    struct bench b;
    begin(&b);
    add_user(&b, "abe", "[{\"role\":\"none\",\"team\":\"buyers\"}]");
    as(&b, "abe");
    (void)bench_want(&b, 201, "POST", P "/applications", "{\"name\":\"shop\",\"team\":\"buyers\"}");
    as(&b, "ann");
    (void)bench_want(&b, 201, "POST", P "/applications", "{\"name\":\"one\"}");
    (void)bench_want(&b, 201, "POST", P "/applications", "{\"name\":\"two\"}");
    for (int i = 0; i < 2; i++) {
        (void)add_keys_at_url(&b, 201, "ann.one", i);
        (void)add_keys_at_url(&b, 201, "abe.shop", i);
    }
    (void)add_keys_at_url(&b, 201, "ann.two", 0);
    (void)add_keys_at_url(&b, 409, "ann.two", 1);
    (void)add_keys_at_url(&b, 409, "ann.one", 2);
    (void)add_keys_at_url(&b, 409, "abe.shop", 2);
    (void)bench_want(&b, 204, "DELETE", P "/credentials/abe.shop.k0", NULL);
    (void)add_keys_at_url(&b, 201, "ann.two", 1);
    as(&b, "abe");
    (void)add_keys_at_url(&b, 201, "abe.shop", 3);
    as_operator(&b);
    const struct sl_node *n = bench_want(&b, 200, "GET", "/api/v1/key-sets/ann.two.k0", NULL);
    EXPECT_STR("ann", bench_text(n, "owner"));
    bench_fini(&b);
}

TEST(portal, half_of_all_key_sets_are_left_for_operators)
{
    struct bench b;
    begin_shop(&b);
    as_operator(&b);
    for (int i = 0; i < SL_KEY_SETS_PORTAL_MAX; i++)
        (void)bench_want(&b, 201, "POST", "/api/v1/key-sets",
                         sl_fmt(b.a,
                                "{\"name\":\"s%d\",\"url\":\"https://s.example/%d\","
                                "\"owner\":\"u%d\"}",
                                i, i, i)
                             .p);
    as(&b, "eve");
    sl_str told = sl_tree_json(add_keys_at_url(&b, 409, "eve.shop", 0), b.a);
    EXPECT(sl_str_find_str(told, SL_STR("ask an operator")) != SIZE_MAX);
    as_operator(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/key-sets",
                     "{\"name\":\"corp\",\"url\":\"https://corp.example/keys\"}");
    bench_fini(&b);
}

TEST(portal, tells_that_keys_cannot_be_fetched_and_operators_why)
{
    struct bench b;
    begin_shop(&b);
    (void)add_keys_at_url(&b, 201, "eve.shop", 0);
    struct built t = build_text(
        "key-sets: [{name: eve.shop.k0, owner: eve, url: \"https://a0.example/keys\"}]\n");
    EXPECT_EQ(SL_OK, t.rc);
    (void)sl_key_set_fail(t.s->key_sets[0]->state, SL_STR("cannot be fetched: refused"), 1000);
    b.snapshot = t.s;
    const struct sl_node *n = bench_want(&b, 200, "GET", P "/applications/eve.shop", NULL);
    n = sl_node_get(n, SL_STR("credentials"))->children;
    EXPECT_STR("cannot be fetched", bench_text(n, "key_set.problem"));
    as_operator(&b);
    n = bench_want(&b, 200, "GET", "/api/v1/key-sets/eve.shop.k0", NULL);
    EXPECT_STR("cannot be fetched: refused", bench_text(n, "status.problem"));
    built_free(&t);
    bench_fini(&b);
}

static const char proofs[] =
    "policies: [key]\n"
    "services:\n"
    "  - {name: open, url: \"http://127.0.0.1:1\", routes: [{name: a, path: /a, policies: [token]}, {name: b, path: /b, "
    "policies: [token]}]}\n"
    "  - {name: near, url: \"http://127.0.0.1:1\", path: /near}\n"
    "consumers: [{name: c, keys: [{type: jwt, key_id: \"https://taken.example\", "
    "key: \"0123456789abcdef0123456789abcdef\"}]}]\n";

TEST(portal, a_service_tells_what_callers_prove_themselves_with)
{
    struct bench b;
    begin_shop(&b);
    const struct sl_node *n = bench_want(&b, 200, "GET", P "/services/open", NULL);
    EXPECT_EQ(0, sl_node_get(n, SL_STR("credentials"))->child_count); /* not served here yet */
    struct built t = build_text(proofs);
    EXPECT_EQ(SL_OK, t.rc);
    b.snapshot = t.s;
    n = sl_node_get(bench_want(&b, 200, "GET", P "/services/open", NULL), SL_STR("credentials"));
    sl_str json = sl_tree_json(n, b.a);
    EXPECT_STR("[{\"type\":\"api_key\"},{\"type\":\"basic\"},"
               "{\"type\":\"jwt\",\"headers\":[\"x-token\"],\"claim\":\"sub\",\"is_strict\":true}]",
               json);
    n = bench_want(&b, 409, "POST", CREDENTIALS,
                   "{\"name\":\"x\",\"type\":\"jwt\",\"key_id\":\"https://taken.example\","
                   "\"jwks_url\":\"https://taken.example/keys\"}");
    EXPECT(sl_str_find_str(sl_tree_json(n, b.a), SL_STR("'c/")) == SIZE_MAX);
    as(&b, "bob");
    n = sl_node_get(bench_want(&b, 200, "GET", P "/services/near", NULL), SL_STR("credentials"));
    EXPECT_EQ(2, n->child_count); /* what holds for all */
    EXPECT_STR("api_key", bench_text(n->children, "type"));
    built_free(&t);
    bench_fini(&b);
}

TEST(portal, only_plans_that_are_offered_and_services_one_finds_are_subscribed_to)
{
    struct bench b;
    begin(&b);
    as(&b, "eve");
    (void)bench_want(&b, 201, "POST", P "/applications", "{\"name\":\"shop\"}");
    (void)bench_want(&b, 422, "POST", P "/subscriptions",
                     "{\"application\":\"eve.shop\",\"service\":\"open\",\"plan\":\"inner\"}");
    (void)bench_want(&b, 422, "POST", P "/subscriptions",
                     "{\"application\":\"eve.shop\",\"service\":\"own\",\"plan\":\"gold\"}");
    bench_fini(&b);
}

TEST(portal, usage_tells_nothing_of_others_or_of_the_operator)
{
    struct bench b;
    begin(&b);
    as(&b, "eve");
    (void)bench_want(&b, 201, "POST", P "/applications", "{\"name\":\"shop\"}");
    (void)bench_want(&b, 400, "GET", P "/applications/eve.shop/usage?group=vendor", NULL);
    (void)bench_want(&b, 400, "GET", P "/applications/eve.shop/usage?group=consumer", NULL);
    (void)bench_want(&b, 400, "GET", P "/applications/eve.shop/usage?consumer=ann.shop", NULL);
    bench_fini(&b);
}

TEST(portal, is_for_users_and_tokens_with_the_scope)
{
    struct bench b;
    begin(&b);
    (void)bench_want(&b, 403, "GET", P "/applications", NULL); /* the operator's socket */
    as(&b, "eve");
    const struct sl_node *n = bench_want(&b, 200, "GET", P "/applications", NULL);
    EXPECT_EQ(0, sl_node_get(n, SL_STR("items"))->child_count);
    as_token(&b, "{\"name\":\"seller\",\"user\":\"eve\",\"scopes\":[\"services:read\"]}");
    (void)bench_want(&b, 403, "GET", P "/applications", NULL);
    as_token(&b, "{\"name\":\"buyer\",\"user\":\"eve\",\"scopes\":[\"portal:use\"]}");
    (void)bench_want(&b, 200, "GET", P "/applications", NULL);
    bench_fini(&b);
}

/* ------------------------------------------------------------------ trying */

static const char served[] = "upstreams: [{name: pool, endpoints: [\"http://10.0.0.1\"]}]\n"
                             "services:\n"
                             "  - {name: open, upstream: pool, prefix: /open}\n"
                             "  - {name: own, upstream: pool, prefix: /own}\n"
                             "  - {name: open, version: v2, upstream: pool, prefix: /v2}\n";

TEST(portal, what_is_tried_goes_to_the_data_plane_and_to_the_service_that_is_open)
{
    static const struct {
        const char *user, *target;
        int status; /* 0: it is passed on */
    } cases[] = {
        {"eve", P "/services/open/call?method=GET&path=/open/stars%3Fq%3D1", 0},
        {"eve", P "/services/open/call?method=GET&path=/open/stars&host=example.com", 0},
        {"eve", P "/services/open/call?method=GET&path=/own/stars", 400},
        {"eve", P "/services/open/call?method=GET&path=/open/../own/stars", 400},
        {"eve", P "/services/open/call?method=GET&path=/open/%252e%252e/own/stars", 400},
        {"eve", P "/services/open/call?method=GET&path=/v2/stars", 400},
        {"eve", P "/services/open/call?method=GET&path=http://10.0.0.1/open/", 400},
        {"eve", P "/services/open/call?method=GET&path=//10.0.0.1/open/", 400},
        {"eve", P "/services/open/call?method=GET&path=/open/&host=10.0.0.1/x", 400},
        {"eve", P "/services/open/call?method=CONNECT&path=/open/", 400},
        {"eve", P "/services/open/call?method=GET&path=/open/&address=10.0.0.1", 400},
        {"eve", P "/services/own/call?method=GET&path=/own/stars", 404},
        {"bob", P "/services/own/call?method=GET&path=/own/stars", 0},
        {"eve", P "/services/hidden/call?method=GET&path=/hidden/", 404},
    };
    struct bench b;
    begin(&b);
    struct built t = build_text(served);
    EXPECT_EQ(SL_OK, t.rc);
    b.snapshot = t.s;
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        as(&b, cases[i].user);
        struct sl_api_answer a = bench_call(&b, "POST", cases[i].target, NULL);
        if (cases[i].status != a.status)
            print_error("%s: %d\n", cases[i].target, a.status);
        EXPECT_EQ(cases[i].status, a.status);
        EXPECT_STR(cases[i].status == 0 ? "127.0.0.1:8080" : "", a.relay.address);
        EXPECT(cases[i].status != 0 || a.relay.for_whom.n != 0);
    }
    built_free(&t);
    bench_fini(&b);
}

TEST(portal, nothing_is_tried_by_guests_with_great_bodies_or_where_it_is_switched_off)
{
    struct bench b;
    begin(&b);
    struct built t = build_text(served);
    b.snapshot = t.s;
    const char *target = P "/services/open/call?method=POST&path=/open/stars";
    as(&b, "eve");
    char *body = sl_arena_array(b.a, char, (1 << 20) + 2);
    memset(body, ' ', (1 << 20) + 1);
    EXPECT_EQ(413, bench_call(&b, "POST", target, body).status);
    body[1 << 20] = '\0';
    EXPECT_EQ(0, bench_call(&b, "POST", target, body).status);
    bench_no_headers(&b);
    EXPECT_EQ(401, bench_call(&b, "POST", target, NULL).status);
    as_operator(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/portals",
                     "{\"name\":\"default\",\"try_disabled\":true}");
    as(&b, "eve");
    EXPECT_EQ(403, bench_call(&b, "POST", target, NULL).status);
    EXPECT_STR("true", bench_text(bench_want(&b, 200, "GET", P, NULL), "try_disabled"));
    built_free(&t);
    bench_fini(&b);
}

TEST(portal, a_person_tries_so_many_requests_per_minute_and_then_waits)
{
    struct bench b;
    begin(&b);
    struct built t = build_text(served);
    b.snapshot = t.s;
    const char *target = P "/services/open/call?method=POST&path=/open/stars";
    as_operator(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/portals",
                     "{\"name\":\"default\",\"try_per_minute\":2}");
    as(&b, "eve");
    EXPECT_EQ(0, bench_call(&b, "POST", target, NULL).status); /* it is passed on */
    EXPECT_EQ(0, bench_call(&b, "POST", target, NULL).status);
    struct sl_api_answer answer = bench_call(&b, "POST", target, NULL);
    EXPECT_EQ(429, answer.status);
    EXPECT_STR("30", bench_header_of(&answer, "retry-after"));
    EXPECT(sl_str_find_str(answer.body, SL_STR("at most 2 requests a minute")) != SIZE_MAX);
    built_free(&t);
    bench_fini(&b);
}

TEST(portal, operations_are_told_in_full_to_those_who_find_the_service)
{
    struct bench b;
    begin(&b);
    (void)bench_want(
        &b, 201, "POST", "/api/v1/services",
        "{\"name\":\"full\",\"url\":\"http://127.0.0.1:1\",\"prefix\":\"/full\","
        "\"visibility\":\"public\",\"schemas\":{\"Star\":{\"type\":\"object\"}},"
        "\"operations\":[{\"id\":\"a\",\"method\":\"POST\",\"path\":\"/a\",\"request\":"
        "{\"content\":{\"application/json\":{\"$ref\":\"#/schemas/Star\"}}}}]}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/full/publish", "{\"reason\":\"first\"}");
    as(&b, "eve");
    struct sl_api_answer a = bench_call(&b, "GET", P "/services/full/operations", NULL);
    EXPECT_EQ(200, a.status);
    EXPECT(sl_str_find_str(a.body, SL_STR("#/schemas/Star")) != SIZE_MAX);
    EXPECT(sl_str_find_str(a.body, SL_STR("\"Star\":{")) != SIZE_MAX);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(a.body, SL_STR("127.0.0.1")));
    (void)bench_want(&b, 404, "GET", P "/services/own/operations", NULL);
    bench_fini(&b);
}

static const char prompts[] =
    "accounts: [{name: oa, vendor: openai, keys: [sk-x]}]\n"
    "prompts: [{name: p, model: oa/m, template: \"Say {{word}}\", variables: [word]}]\n"
    "services: [{name: say, kind: prompt, prefix: /say, prompts: [p]}]\n";

TEST(portal, services_of_prompts_are_described_as_the_gateway_describes_them)
{
    struct bench b;
    begin(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/accounts",
                     "{\"name\":\"oa\",\"vendor\":\"openai\",\"keys\":[\"sk-x\"]}");
    (void)bench_want(&b, 201, "POST", "/api/v1/prompts",
                     "{\"name\":\"p\",\"model\":\"oa/m\",\"template\":\"Say {{word}}\","
                     "\"variables\":[\"word\"]}");
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"say\",\"kind\":\"prompt\",\"prefix\":\"/say\","
                     "\"prompts\":[\"p\"],\"visibility\":\"public\"}");
    (void)bench_want(&b, 200, "POST", "/api/v1/services/say/publish", "{\"reason\":\"first\"}");
    as(&b, "eve");
    (void)bench_want(&b, 404, "GET", P "/services/say/operations", NULL); /* not served here yet */
    (void)bench_want(&b, 404, "GET", P "/services/say/openapi", NULL);
    struct built t = build_text(prompts);
    EXPECT_EQ(SL_OK, t.rc);
    b.snapshot = t.s;
    const struct sl_node *n = bench_want(&b, 200, "GET", P "/services/say/operations", NULL);
    const struct sl_node *first = sl_node_get(n, SL_STR("operations"))->children;
    EXPECT_STR("", bench_text(n, "prefix"));
    EXPECT_STR("/say/p", bench_text(first, "path"));
    EXPECT(sl_node_get(first, SL_STR("request")) != NULL);
    n = bench_want(&b, 200, "GET", P "/services/say/openapi", NULL);
    EXPECT_STR("3.1.0", bench_text(n, "openapi"));
    EXPECT_STR("http://127.0.0.1:8080",
               bench_text(sl_node_get(n, SL_STR("servers"))->children, "url"));
    EXPECT_STR("true",
               bench_text(bench_want(&b, 200, "GET", P "/services/say", NULL), "has_openapi"));
    built_free(&t);
    bench_fini(&b);
}

/* ------------------------------------------------------------------ registering */

#define ZOE "{\"name\":\"zoe\",\"password\":\"a long password\",\"reason\":\"to look\"}"

static void allow_registering(struct bench *b)
{
    (void)bench_want(b, 201, "POST", "/api/v1/portals",
                     "{\"name\":\"default\",\"self_registration\":true}");
}

static void as_guest(struct bench *b, const char *address)
{
    bench_no_headers(b);
    b->is_local = false;
    b->remote = address;
}

static struct sl_api_answer log_in(struct bench *b)
{
    as_guest(b, "192.0.2.9");
    return bench_call(b, "POST", "/api/v1/login",
                      "{\"name\":\"zoe\",\"password\":\"a long password\"}");
}

TEST(portal, who_registers_may_log_in_once_somebody_has_approved)
{
    struct bench b;
    bench_init(&b);
    as_guest(&b, "192.0.2.1");
    (void)bench_want(&b, 403, "POST", P "/registrations", ZOE); /* off by default */
    as_operator(&b);
    allow_registering(&b);
    as_guest(&b, "192.0.2.1");
    const struct sl_node *n = bench_want(&b, 202, "POST", P "/registrations", ZOE);
    EXPECT_STR("requested", bench_text(n, "state"));
    (void)bench_want(&b, 409, "POST", P "/registrations", ZOE);
    EXPECT_EQ(401, log_in(&b).status);
    as_operator(&b);
    n = bench_want(&b, 200, "GET", "/api/v1/users/zoe", NULL);
    EXPECT_STR("true", bench_text(n, "disabled"));
    EXPECT_STR("requested", bench_text(n, "status.state"));
    EXPECT_STR("to look", bench_text(n, "status.reason"));
    EXPECT_STR("registration", bench_text(n, "created_by"));
    (void)bench_want(&b, 200, "POST", "/api/v1/users/zoe/approve", "{}");
    (void)bench_want(&b, 409, "POST", "/api/v1/users/zoe/approve", "{}");
    EXPECT_EQ(200, log_in(&b).status);
    as(&b, "zoe");
    n = bench_want(&b, 200, "GET", "/api/v1/me", NULL);
    EXPECT(sl_node_get(n, SL_STR("grants"))->children == NULL);
    (void)bench_want(&b, 200, "GET", P "/applications", NULL);
    (void)bench_want(&b, 403, "GET", "/api/v1/users", NULL);
    bench_fini(&b);
}

TEST(portal, who_is_let_in_by_hand_waits_no_more)
{
    struct bench b;
    bench_init(&b);
    allow_registering(&b);
    as_guest(&b, "192.0.2.1");
    (void)bench_want(&b, 202, "POST", P "/registrations", ZOE);
    as_operator(&b);
    bench_header(&b, "if-match", SL_STR("*"));
    const struct sl_node *n =
        bench_want(&b, 200, "PATCH", "/api/v1/users/zoe", "{\"disabled\":false}");
    EXPECT_STR("approved", bench_text(n, "status.state"));
    bench_fini(&b);
}

TEST(portal, registrations_are_checked)
{
    static const struct {
        const char *body, *pointer;
    } cases[] = {
        {"{\"name\":\"zoe\"}", "/password"},
        {"{\"name\":\"zoe\",\"password\":\"too short\"}", "/password"},
        {"{\"name\":\"zo\",\"password\":\"a long password\"}", "/name"},
        {"{\"name\":\"system\",\"password\":\"a long password\"}", "/name"},
        {"{\"name\":\"ann.shop\",\"password\":\"a long password\"}", "/name"},
        {"{\"name\":\"-zoe\",\"password\":\"a long password\"}", "/name"},
        {"{\"name\":\"Zoe\",\"password\":\"a long password\"}", "/name"},
        {"{\"name\":\"zo\xc3\xab\",\"password\":\"a long password\"}", "/name"},
        {"{\"name\":\"zoe\",\"password\":\"a long password\",\"grants\":[]}", "/grants"},
    };
    struct bench b;
    bench_init(&b);
    allow_registering(&b);
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        as_guest(&b, "192.0.2.1");
        const struct sl_node *n = bench_want(&b, 422, "POST", P "/registrations", cases[i].body);
        EXPECT_STR(cases[i].pointer,
                   bench_text(sl_node_get(n, SL_STR("errors"))->children, "pointer"));
    }
    bench_fini(&b);
}

TEST(portal, one_address_registers_slower_and_slower)
{
    struct bench b;
    bench_init(&b);
    as_guest(&b, "192.0.2.1");
    struct sl_api_answer a = bench_call(&b, "POST", P "/registrations", ZOE);
    for (size_t i = 0; i < 20 && a.status == 403; i++) /* pauses double: one of them is not over */
        a = bench_call(&b, "POST", P "/registrations", ZOE);
    EXPECT_EQ(429, a.status);
    EXPECT(bench_header_of(&a, "retry-after").n != 0);
    as_guest(&b, "192.0.2.2");
    EXPECT_EQ(403, bench_call(&b, "POST", P "/registrations", ZOE).status);
    bench_fini(&b);
}

/* Without a password: a hundred hashes take their time. */
static void add_waiting(struct bench *b, struct sl_tx *tx, int i)
{
    sl_str name = sl_fmt(b->a, "user-%d", i);
    struct sl_row row = {.id = name,
                         .kind = SL_STR("user"),
                         .name = name,
                         .revision = 1,
                         .spec = SL_STR("{}"),
                         .status = SL_STR("{\"state\":\"requested\"}")};
    EXPECT_EQ(SL_OK, sl_row_insert(tx, &row));
}

/* Leaves so much to the calls that follow. Returns a text of 5 MiB. */
static sl_str make_memory_scarce(struct bench *b, size_t left)
{
    const size_t n = 5 << 20;
    char *text = sl_arena_alloc(b->a, n);
    memset(text, ' ', n);
    text[0] = '{';
    text[n - 1] = '}';
    EXPECT(sl_arena_try_raw(b->a, sl_arena_left(b->a) - left) != NULL);
    return sl_str_of(text, n);
}

TEST(portal, who_registers_is_counted_whatever_is_said_of_the_others)
{
    struct bench b;
    struct sl_tx *tx;
    bench_init(&b);
    allow_registering(&b);
    sl_str large = make_memory_scarce(&b, SL_MIB(8));
    EXPECT_EQ(SL_OK, sl_store_write(b.control->store, &tx));
    for (int i = 0; i < 3; i++) {
        sl_str name = sl_fmt(b.a, "user-%d", i);
        const struct sl_row row = {.id = name,
                                   .kind = SL_STR("user"),
                                   .name = name,
                                   .revision = 1,
                                   .spec = SL_STR("{}"),
                                   .status = large};
        EXPECT_EQ(SL_OK, sl_row_insert(tx, &row));
    }
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
    as_guest(&b, "192.0.2.1");
    (void)bench_want(&b, 202, "POST", P "/registrations", ZOE);
    bench_fini(&b);
}

TEST(portal, what_is_too_large_to_be_listed_is_an_error)
{
    struct bench b;
    struct sl_tx *tx;
    struct sl_row row;
    begin_shop(&b);
    EXPECT_EQ(SL_OK, sl_store_write(b.control->store, &tx));
    EXPECT_EQ(SL_OK, sl_row_by_name(tx, SL_STR("consumer"), SL_STR("eve.shop"), b.a, &row));
    row.spec = make_memory_scarce(&b, SL_MIB(4));
    row.revision++;
    EXPECT_EQ(SL_OK, sl_row_update(tx, &row));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
    (void)bench_want(&b, 413, "GET", P "/applications", NULL);
    bench_fini(&b);
}

TEST(portal, not_more_than_a_hundred_wait_to_be_approved)
{
    struct bench b;
    struct sl_tx *tx;
    bench_init(&b);
    allow_registering(&b);
    EXPECT_EQ(SL_OK, sl_store_write(b.control->store, &tx));
    for (int i = 0; i < 99; i++)
        add_waiting(&b, tx, i);
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
    as_guest(&b, "192.0.2.1");
    (void)bench_want(&b, 202, "POST", P "/registrations", ZOE);
    (void)bench_want(&b, 409, "POST", P "/registrations",
                     "{\"name\":\"yan\",\"password\":\"a long password\"}");
    bench_fini(&b);
}
