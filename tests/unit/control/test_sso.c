#include "control/sso_user.h"
#include "base/clock.h"
#include "base/str.h"
#include "codec/oidc.h"
#include "control/tree.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

TEST(sso, one_goes_to_paths_of_ones_own_site_only)
{
    static const char *const good[] = {"/", "/portal/services/a?x=1#y", "/a//b"};
    static const char *const bad[] = {"",
                                      "x",
                                      "//evil.example",
                                      "/\\evil.example",
                                      "/\t/evil",
                                      "/a\nb",
                                      "https://evil",
                                      "/a b",
                                      "/caf\xc3\xa9",
                                      "\\\\evil"};
    for (size_t i = 0; i < SL_LEN(good); i++)
        EXPECT(sl_sso_path_is_own(sl_cstr(good[i])));
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_sso_path_is_own(sl_cstr(bad[i])));
    char longest[SL_SSO_PATH_BYTES_MAX + 1];
    memset(longest, '/', sizeof(longest));
    longest[1] = 'a';
    EXPECT(sl_sso_path_is_own(sl_str_of(longest, SL_SSO_PATH_BYTES_MAX)));
    EXPECT(!sl_sso_path_is_own(sl_str_of(longest, SL_SSO_PATH_BYTES_MAX + 1)));
}

/* ------------------------------------------------------------------ copies of documents */

struct copies {
    struct sl_arena *a;
    struct sl_fetched *f;
    sl_str text;
};

static void copies_init(struct copies *c)
{
    c->a = sl_arena_new("test", SL_MIB(4));
    c->f = sl_fetched_new();
}

static void copies_fini(struct copies *c)
{
    sl_fetched_free(c->f);
    sl_arena_free(c->a);
}

static enum sl_fetched_state look(struct copies *c, const char *url, int64_t at_s)
{
    return sl_fetched_look(c->f, sl_cstr(url), SL_SECONDS(60), SL_SECONDS(at_s), c->a, &c->text);
}

TEST(fetched, a_copy_is_good_for_its_age_and_longer_when_it_cannot_be_renewed)
{
    struct copies c;
    sl_str u = SL_STR("u");
    copies_init(&c);
    EXPECT_EQ(SL_FETCHED_NOTHING, look(&c, "u", 100));
    sl_fetched_note(c.f, u, SL_STR("one"), SL_SECONDS(100));
    EXPECT_EQ(SL_FETCHED_FRESH, look(&c, "u", 160));
    EXPECT_STR("one", c.text);
    EXPECT_EQ(SL_FETCHED_NOTHING, look(&c, "u", 161));
    sl_fetched_note_failure(c.f, u, SL_STR("it is away"), SL_SECONDS(161));
    EXPECT_EQ(SL_FETCHED_STALE, look(&c, "u", 162));
    EXPECT_STR("one", c.text);
    EXPECT_EQ(SL_FETCHED_NOTHING, look(&c, "u", 166)); /* it is asked again */
    sl_fetched_note_failure(c.f, u, SL_STR("still away"), SL_SECONDS(100 + 86401));
    EXPECT_EQ(SL_FETCHED_FAILED, look(&c, "u", 100 + 86402));
    EXPECT_STR("still away", c.text);
    sl_fetched_note(c.f, u, SL_STR("two"), SL_SECONDS(100 + 86402));
    EXPECT_EQ(SL_FETCHED_FRESH, look(&c, "u", 100 + 86403));
    EXPECT_STR("two", c.text);
    copies_fini(&c);
}

TEST(fetched, who_is_away_is_not_asked_by_everybody)
{
    struct copies c;
    copies_init(&c);
    sl_fetched_note_failure(c.f, SL_STR("u"), SL_STR("away"), SL_SECONDS(100));
    EXPECT_EQ(SL_FETCHED_FAILED, look(&c, "u", 104));
    EXPECT_STR("away", c.text);
    EXPECT_EQ(SL_FETCHED_NOTHING, look(&c, "u", 105));
    copies_fini(&c);
}

TEST(fetched, a_copy_that_is_too_old_is_renewed_but_not_all_the_time)
{
    struct copies c;
    sl_str u = SL_STR("u");
    copies_init(&c);
    EXPECT(!sl_fetched_renew(c.f, u, SL_SECONDS(99)));
    sl_fetched_note(c.f, u, SL_STR("one"), SL_SECONDS(100));
    EXPECT(sl_fetched_renew(c.f, u, SL_SECONDS(101)));
    EXPECT_EQ(SL_FETCHED_NOTHING, look(&c, "u", 101));
    sl_fetched_note(c.f, u, SL_STR("two"), SL_SECONDS(101));
    EXPECT(!sl_fetched_renew(c.f, u, SL_SECONDS(130)));
    EXPECT_EQ(SL_FETCHED_FRESH, look(&c, "u", 130));
    EXPECT(sl_fetched_renew(c.f, u, SL_SECONDS(131)));
    sl_fetched_note_failure(c.f, u, SL_STR("away"), SL_SECONDS(131));
    EXPECT_EQ(SL_FETCHED_STALE, look(&c, "u", 132));
    EXPECT_STR("two", c.text);
    copies_fini(&c);
}

TEST(fetched, the_one_that_was_asked_for_longest_ago_goes_first)
{
    struct copies c;
    copies_init(&c);
    for (int i = 0; i < SL_FETCHED_MAX; i++)
        sl_fetched_note(c.f, sl_fmt(c.a, "u%d", i), SL_STR("x"), SL_SECONDS(100 + i));
    EXPECT_EQ(SL_FETCHED_FRESH, look(&c, "u0", 150));
    sl_fetched_note(c.f, SL_STR("new"), SL_STR("y"), SL_SECONDS(151));
    EXPECT_EQ(SL_FETCHED_FRESH, look(&c, "u0", 152));
    EXPECT_EQ(SL_FETCHED_NOTHING, look(&c, "u1", 152));
    EXPECT_EQ(SL_FETCHED_FRESH, look(&c, "u2", 152));
    EXPECT_EQ(SL_FETCHED_FRESH, look(&c, "new", 152));
    EXPECT_STR("y", c.text);
    copies_fini(&c);
}

/* ------------------------------------------------------------------ who may come in */

#define PROVIDER "\"name\":\"corp\",\"issuer\":\"https://op.example\",\"client_id\":\"us\""

static void configure(struct bench *b, const char *members)
{
    bench_header(b, "if-match", SL_STR("*"));
    (void)bench_want(b, 200, "PUT", "/api/v1/identity-providers/corp",
                     sl_fmt(b->a, "{" PROVIDER "%s}", members).p);
}

static enum sl_sso_failure admit(struct bench *b, const struct sl_sso_person *p, sl_str *ret_user)
{
    struct sl_sso_provider provider;
    struct sl_row user = {0};
    struct sl_diag *d = sl_arena_new_of(b->a, struct sl_diag);
    sl_diag_init(d, b->a);
    EXPECT_EQ(SL_OK, sl_sso_find(b->control, SL_STR("corp"), b->a, d, &provider));
    const struct sl_sso_call call = {
        .control = b->control,
        .provider = &provider,
        .a = b->a,
        .d = d,
        .from = {.remote = SL_STR("192.0.2.1"), .request_id = SL_STR("r")}};
    enum sl_sso_failure f = sl_sso_admit(&call, p, &user);
    *ret_user = user.name;
    return f;
}

static void open_bench(struct bench *b)
{
    bench_init(b);
    (void)bench_want(b, 201, "POST", "/api/v1/identity-providers", "{" PROVIDER "}");
}

TEST(sso, nobody_is_made_or_linked_unless_that_is_said)
{
    struct bench b;
    sl_str user;
    const struct sl_sso_person ann = {.subject = SL_STR("1"), .name = SL_STR("ann")};
    open_bench(&b);
    EXPECT_EQ(SL_SSO_UNKNOWN_USER, admit(&b, &ann, &user));
    (void)bench_want(&b, 404, "GET", "/api/v1/users/ann", NULL);
    (void)bench_want(&b, 201, "POST", "/api/v1/users", "{\"name\":\"ann\"}");
    EXPECT_EQ(SL_SSO_NAME_TAKEN, admit(&b, &ann, &user));
    configure(&b, ",\"link_users\":true");
    EXPECT_EQ(SL_SSO_DONE, admit(&b, &ann, &user));
    EXPECT_STR("ann", user);
    configure(&b, "");
    EXPECT_EQ(SL_SSO_DONE, admit(&b, &ann, &user)); /* known by now */
    bench_fini(&b);
}

TEST(sso, a_user_who_is_deleted_or_disabled_does_not_come_back_by_their_old_link)
{
    struct bench b;
    sl_str user;
    const struct sl_sso_person ann = {.subject = SL_STR("1"), .name = SL_STR("ann")};
    open_bench(&b);
    configure(&b, ",\"create_users\":true");
    EXPECT_EQ(SL_SSO_DONE, admit(&b, &ann, &user));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/users/ann", "{\"disabled\":true}");
    EXPECT_EQ(SL_SSO_DISABLED, admit(&b, &ann, &user));
    configure(&b, "");
    (void)bench_want(&b, 204, "DELETE", "/api/v1/users/ann", NULL);
    EXPECT_EQ(SL_SSO_UNKNOWN_USER, admit(&b, &ann, &user));
    bench_fini(&b);
}

TEST(sso, a_name_that_no_user_can_have_is_refused_and_nothing_is_made)
{
    struct bench b;
    sl_str user;
    char longest[65];
    memset(longest, 'x', sizeof(longest));
    const sl_str names[] = {SL_STR(""), sl_str_of(longest, 65), SL_STR("a\xff"),
                            SL_STR("a\ncreated")};
    open_bench(&b);
    configure(&b, ",\"create_users\":true");
    for (size_t i = 0; i < SL_LEN(names); i++) {
        const struct sl_sso_person p = {.subject = SL_STR("1"), .name = names[i]};
        EXPECT_EQ(SL_SSO_CLAIMS, admit(&b, &p, &user));
    }
    const struct sl_sso_person p = {.subject = SL_STR("1"), .name = sl_str_of(longest, 64)};
    EXPECT_EQ(SL_SSO_DONE, admit(&b, &p, &user));
    bench_fini(&b);
}

TEST(sso, groups_give_grants_and_take_them_away)
{
    struct bench b;
    sl_str user, in[] = {SL_STR("staff"), SL_STR("ops")};
    struct sl_sso_person ann = {
        .subject = SL_STR("1"), .name = SL_STR("ann"), .groups = {in, SL_LEN(in)}};
    open_bench(&b);
    configure(&b, ",\"create_users\":true,\"grants\":[{\"role\":\"viewer\"},"
                  "{\"group\":\"ops\",\"role\":\"editor\",\"workspace\":\"default\"},"
                  "{\"group\":\"none\",\"role\":\"admin\"}]");
    EXPECT_EQ(SL_SSO_DONE, admit(&b, &ann, &user));
    const struct sl_node *u = bench_want(&b, 200, "GET", "/api/v1/users/ann", NULL);
    EXPECT_STR("[{\"role\":\"viewer\"},{\"role\":\"editor\",\"workspace\":\"default\"}]",
               sl_tree_json(sl_node_get(u, SL_STR("grants")), b.a));
    ann.groups.n = 1;
    EXPECT_EQ(SL_SSO_DONE, admit(&b, &ann, &user));
    u = bench_want(&b, 200, "GET", "/api/v1/users/ann", NULL);
    EXPECT_STR("[{\"role\":\"viewer\"}]", sl_tree_json(sl_node_get(u, SL_STR("grants")), b.a));
    bench_fini(&b);
}

/* What trying a provider with these members on somebody with these claims says. */
static const struct sl_node *try(struct bench *b, const char *members, const char *claims)
{
    const struct sl_node *n =
        bench_want(b, 200, "POST", "/api/v1/sso/check",
                   sl_fmt(b->a,
                          "{\"provider\":{\"name\":\"new\",\"issuer\":\"http://192.0.2.1\","
                          "\"client_id\":\"us\"%s},\"claims\":%s}",
                          members, claims)
                       .p);
    EXPECT_STR("false",
               bench_text(n, "discovery.is_good")); /* nobody is asked: the URL is not safe */
    return sl_node_get(n, SL_STR("sign_in"));
}

TEST(sso, claims_are_tried_on_a_provider_that_is_not_saved_and_nothing_is_made)
{
    struct bench b;
    static const char makes[] = ",\"create_users\":true,\"grants\":[{\"role\":\"viewer\"},"
                                "{\"group\":\"ops\",\"role\":\"editor\"}]";
    bench_init(&b);
    const struct sl_node *n = try(
        &b, makes,
        "{\"sub\":\"1\",\"preferred_username\":\"ann\",\"groups\":[\"ops\",\"x\"],\"email\":\"a@b\"}");
    EXPECT_STR("true", bench_text(n, "is_admitted"));
    EXPECT_STR("true", bench_text(n, "is_new"));
    EXPECT_STR("ann", bench_text(n, "user"));
    EXPECT_STR("[\"ops\",\"x\"]", sl_tree_json(sl_node_get(n, SL_STR("groups")), b.a));
    EXPECT_STR("[{\"role\":\"viewer\"},{\"role\":\"editor\"}]",
               sl_tree_json(sl_node_get(n, SL_STR("grants")), b.a));
    (void)bench_want(&b, 404, "GET", "/api/v1/users/ann", NULL);
    (void)bench_want(&b, 404, "GET", "/api/v1/identity-providers/new", NULL);
    bench_fini(&b);
}

TEST(sso, trying_claims_says_why_somebody_may_not_come_in)
{
    struct bench b;
    static const struct {
        const char *members, *claims, *reason;
    } rows[] = {
        {"", "{\"sub\":\"1\",\"preferred_username\":\"ann\"}", "unknown_user"},
        {"", "{\"sub\":\"1\",\"preferred_username\":\"bob\"}", "name_taken"},
        {",\"create_users\":true", "{\"sub\":\"1\"}", "claims"},
        {",\"create_users\":true", "{\"preferred_username\":\"ann\"}", "claims"},
        {",\"create_users\":true", "[1]", "claims"},
        {",\"create_users\":true,\"allowed_groups\":[\"in\"]",
         "{\"sub\":\"1\",\"preferred_username\":\"ann\",\"groups\":[\"out\"]}", "not_allowed"},
        {",\"create_users\":true,\"grants\":[{\"role\":\"no-such-role\"}]",
         "{\"sub\":\"1\",\"preferred_username\":\"ann\"}", "claims"},
    };
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/users", "{\"name\":\"bob\"}");
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct sl_node *n = try(&b, rows[i].members, rows[i].claims);
        EXPECT_STR("false", bench_text(n, "is_admitted"));
        EXPECT_STR(rows[i].reason, bench_text(n, "reason"));
        EXPECT(bench_text(n, "detail").n != 0);
    }
    bench_fini(&b);
}

TEST(sso, trying_a_saved_provider_knows_whom_it_knows_and_keeps_their_grants_as_they_are)
{
    struct bench b;
    sl_str user;
    const struct sl_sso_person ann = {.subject = SL_STR("1"), .name = SL_STR("ann")};
    open_bench(&b);
    configure(&b, ",\"create_users\":true,\"grants\":[{\"role\":\"viewer\"}]");
    EXPECT_EQ(SL_SSO_DONE, admit(&b, &ann, &user));
    const struct sl_node *n =
        bench_want(&b, 200, "POST", "/api/v1/sso/check",
                   "{\"provider\":{\"name\":\"corp\",\"issuer\":\"http://192.0.2.1\",\"client_id\":"
                   "\"us\",\"grants\":[{\"role\":\"editor\"}]},\"claims\":{\"sub\":\"1\"}}");
    EXPECT_STR("ann", bench_text(n, "sign_in.user"));
    EXPECT_STR("false", bench_text(n, "sign_in.is_new"));
    EXPECT_STR("[{\"role\":\"editor\"}]",
               sl_tree_json(sl_node_get(sl_node_get(n, SL_STR("sign_in")), SL_STR("grants")), b.a));
    EXPECT_STR("[{\"role\":\"viewer\"}]",
               sl_tree_json(sl_node_get(bench_want(&b, 200, "GET", "/api/v1/users/ann", NULL),
                                        SL_STR("grants")),
                            b.a));
    bench_fini(&b);
}

TEST(sso, what_a_trial_says_is_wrong_has_its_code)
{
    struct bench b;
    open_bench(&b);
    const struct sl_node *n =
        bench_want(&b, 200, "POST", "/api/v1/sso/check",
                   "{\"provider\":{\"name\":\"x\",\"issuer\":\"http://192.0.2.1\",\"client_id\":"
                   "\"us\"},\"claims\":{\"sub\":\"1\",\"preferred_username\":\"ann\"}}");
    EXPECT_STR("sso_issuer", bench_text(n, "discovery.code"));
    EXPECT_STR("create_users is not set", bench_text(n, "sign_in.detail"));
    EXPECT_STR("sso_create", bench_text(n, "sign_in.code"));
    bench_fini(&b);
}

TEST(sso, an_address_counts_only_when_the_provider_has_checked_it)
{
    static const struct {
        const char *email;
        bool is_verified;
        enum sl_sso_failure failure;
    } rows[] = {
        {"ann@example.com", false, SL_SSO_NOT_ALLOWED},
        {"ann@example.com.evil", true, SL_SSO_NOT_ALLOWED},
        {"ann@evil.com@example.org", true, SL_SSO_NOT_ALLOWED},
        {"example.com", true, SL_SSO_NOT_ALLOWED},
        {"", true, SL_SSO_NOT_ALLOWED},
        {"ann@EXAMPLE.com", true, SL_SSO_DONE},
    };
    struct bench b;
    sl_str user;
    open_bench(&b);
    configure(&b, ",\"create_users\":true,\"email_domains\":[\"example.com\"]");
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct sl_sso_person p = {.subject = SL_STR("1"),
                                        .name = SL_STR("ann"),
                                        .email = sl_cstr(rows[i].email),
                                        .is_email_verified = rows[i].is_verified};
        EXPECT_EQ(rows[i].failure, admit(&b, &p, &user));
    }
    bench_fini(&b);
}

TEST(sso, a_callback_without_the_cookie_of_its_sign_in_goes_back_to_the_door)
{
    struct bench b;
    open_bench(&b);
    struct sl_api_answer a =
        bench_call(&b, "GET", "/api/v1/sso/corp/callback?code=x&state=y", NULL);
    EXPECT_EQ(303, a.status);
    EXPECT_STR("/login?sso_error=expired", bench_header_of(&a, "location"));
    bench_header(&b, "cookie", SL_STR("sluice_sso=sealed:0123456789abcdef:k:AAAA"));
    a = bench_call(&b, "GET", "/api/v1/sso/corp/callback?code=x&state=y", NULL);
    EXPECT_STR("/login?sso_error=expired", bench_header_of(&a, "location"));
    bench_fini(&b);
}

/* ------------------------------------------------------------------ who waits */

/* A listener of this machine; its address as a URL. */
static int silent_provider(struct bench *b, sl_str *ret_url)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(0, bind(fd, (struct sockaddr *)&address, n));
    EXPECT_EQ(0, listen(fd, 8));
    EXPECT_EQ(0, getsockname(fd, (struct sockaddr *)&address, &n));
    *ret_url = sl_fmt(b->a, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

struct trial {
    struct sl_sso_provider provider;
    struct sl_sso_call call;
    struct sl_diag d;
    enum sl_sso_failure failure;
};

static void trial_init(struct trial *t, struct bench *b, sl_str issuer)
{
    *t = (struct trial){.provider.config.issuer = issuer};
    struct sl_arena *a = sl_arena_new("trial", SL_MIB(8));
    sl_diag_init(&t->d, a);
    t->call =
        (struct sl_sso_call){.control = b->control, .provider = &t->provider, .a = a, .d = &t->d};
}

static void *discover(void *arg)
{
    struct trial *t = arg;
    struct sl_oidc_metadata m;
    size_t keys;
    t->failure = sl_sso_discover(&t->call, &m, &keys);
    return NULL;
}

TEST(sso, who_tries_a_provider_leaves_a_place_to_those_who_sign_in)
{
    struct bench b;
    struct trial first, second, sign_in;
    sl_str url, nets[] = {SL_STR("127.0.0.0/8")};
    pthread_t thread;
    open_bench(&b);
    b.control->config.fetch_from = (struct sl_strs){.v = nets, .n = 1};
    int listener = silent_provider(&b, &url);
    trial_init(&first, &b, url);
    trial_init(&second, &b, SL_STR("http://127.0.0.1:1"));
    trial_init(&sign_in, &b, SL_STR("http://127.0.0.1:1"));
    EXPECT_EQ(0, pthread_create(&thread, NULL, discover, &first));
    int waiting = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    EXPECT(waiting >= 0);
    discover(&second);
    EXPECT_EQ(SL_SSO_BUSY, second.failure);
    struct sl_sso_start s = {.return_to = SL_STR("/")};
    EXPECT_EQ(SL_SSO_PROVIDER, sl_sso_start(&sign_in.call, &s)); /* it was asked: nobody is there */
    (void)close(waiting);
    (void)close(listener);
    EXPECT_EQ(0, pthread_join(thread, NULL));
    EXPECT_EQ(SL_SSO_PROVIDER, first.failure);
    discover(&second); /* the place is free again */
    EXPECT_EQ(SL_SSO_PROVIDER, second.failure);
    sl_arena_free(first.call.a);
    sl_arena_free(second.call.a);
    sl_arena_free(sign_in.call.a);
    bench_fini(&b);
}
