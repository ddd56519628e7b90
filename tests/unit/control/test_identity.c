#include "control/identity.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "base/str.h"
#include "control/throttle.h"
#include "control/tree.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define PASSWORD "correct horse battery"

static void add_user(struct bench *b, const char *name, const char *grants)
{
    (void)bench_want(b, 201, "POST", "/api/v1/users",
                     sl_fmt(b->a, "{\"name\":\"%s\",\"grants\":[%s]}", name, grants).p);
    (void)bench_want(b, 200, "POST", sl_fmt(b->a, "/api/v1/users/%s/set-password", name).p,
                     "{\"password\":\"" PASSWORD "\"}");
}

TEST(identity, the_first_run_makes_one_administrator_and_later_ones_none)
{
    struct bench b;
    sl_str password, again;
    bench_init(&b);
    EXPECT_EQ(SL_OK, sl_identity_bootstrap(b.control, SL_STR(""), b.a, &password, &b.s.diag));
    EXPECT(password.n >= 20);
    EXPECT_EQ(SL_OK, sl_identity_bootstrap(b.control, SL_STR(""), b.a, &again, &b.s.diag));
    EXPECT(again.p == NULL);
    bench_login(&b, "admin", sl_arena_dup(b.a, password).p);
    const struct sl_node *me = bench_want(&b, 200, "GET", "/api/v1/me", NULL);
    EXPECT_STR("user:admin", bench_text(me, "actor"));
    EXPECT_STR("true", bench_text(me, "must_change_password"));
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"a\"}");
    (void)bench_want(
        &b, 204, "POST", "/api/v1/me/password",
        sl_fmt(b.a, "{\"current\":\"%.*s\",\"password\":\"" PASSWORD "\"}", SL_STRF(password)).p);
    me = bench_want(&b, 200, "GET", "/api/v1/me", NULL);
    EXPECT(sl_node_get(me, SL_STR("must_change_password")) == NULL);
    bench_fini(&b);
}

TEST(identity, a_session_changes_things_only_with_its_token_and_ends_with_logout)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "root", "{\"role\":\"admin\"}");
    bench_login(&b, "root", PASSWORD);
    sl_str cookie = sl_headers_find(&b.headers, SL_STR("cookie"))->value;
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"a\"}");
    bench_header(&b, "x-csrf-token", SL_STR("guess"));
    (void)bench_want(&b, 403, "POST", "/api/v1/teams", "{\"name\":\"b\"}");
    (void)bench_want(&b, 200, "GET", "/api/v1/teams", NULL);
    bench_login(&b, "root", PASSWORD);
    (void)bench_want(&b, 204, "POST", "/api/v1/logout", NULL);
    (void)bench_want(&b, 401, "GET", "/api/v1/teams", NULL);
    bench_no_headers(&b);
    bench_header(&b, "cookie", cookie); /* the first session is another one */
    (void)bench_want(&b, 200, "GET", "/api/v1/teams", NULL);
    const struct sl_node *audit = bench_want(&b, 200, "GET", "/api/v1/audit?limit=1", NULL);
    const struct sl_node *entry = sl_node_get(audit, SL_STR("items"))->children;
    EXPECT_STR("session.logout", bench_text(entry, "action"));
    EXPECT_STR("user:root", bench_text(entry, "actor"));
    EXPECT_STR("root", bench_text(entry, "subject"));
    bench_header(&b, "cookie", SL_STR("sluice_session=x"));
    (void)bench_want(&b, 401, "GET", "/api/v1/teams", NULL);
    bench_fini(&b);
}

/* ------------------------------------------------------------------ the list of sessions */

static const struct sl_node *items_of(struct bench *b, const char *target)
{
    return sl_node_get(bench_want(b, 200, "GET", target, NULL), SL_STR("items"));
}

/* The id of the session that asks. */
static const char *current_id(struct bench *b)
{
    const struct sl_node *items = items_of(b, "/api/v1/sessions");
    for (const struct sl_node *s = items->children; s != NULL; s = s->next) {
        if (sl_str_eq(bench_text(s, "is_current"), SL_STR("true")))
            return sl_arena_dup(b->a, bench_text(s, "id")).p;
    }
    return NULL;
}

static const char *session_path(struct bench *b, const char *id)
{
    return sl_fmt(b->a, "/api/v1/sessions/%s", id).p;
}

TEST(identity, one_lists_and_ends_ones_own_sessions)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "alice", "");
    add_user(&b, "bob", "");
    bench_login(&b, "bob", PASSWORD);
    const char *bobs = current_id(&b);
    bench_login(&b, "alice", PASSWORD);
    const char *first = current_id(&b);
    sl_str cookie = sl_headers_find(&b.headers, SL_STR("cookie"))->value;
    bench_login(&b, "alice", PASSWORD);
    const struct sl_node *items = items_of(&b, "/api/v1/sessions");
    EXPECT_EQ(2, items->child_count);
    EXPECT_STR("alice", bench_text(items->children, "user"));
    EXPECT_STR("true", bench_text(items->children, "is_current"));
    EXPECT_STR(first, bench_text(items->children->next, "id"));
    EXPECT_STR("false", bench_text(items->children->next, "is_current"));
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(cookie, sl_cstr(first))); /* says nothing of it */
    (void)bench_want(&b, 200, "GET", "/api/v1/sessions?user=alice", NULL);
    (void)bench_want(&b, 403, "GET", "/api/v1/sessions?user=bob", NULL);
    (void)bench_want(&b, 404, "DELETE", session_path(&b, bobs), NULL);
    (void)bench_want(&b, 204, "DELETE", session_path(&b, first), NULL);
    (void)bench_want(&b, 404, "DELETE", session_path(&b, first), NULL);
    EXPECT_EQ(1, items_of(&b, "/api/v1/sessions")->child_count);
    struct sl_api_answer a = bench_call(&b, "DELETE", session_path(&b, current_id(&b)), NULL);
    EXPECT_EQ(204, a.status);
    EXPECT(sl_str_starts(bench_header_of(&a, "set-cookie"), SL_STR("sluice_session=;")));
    (void)bench_want(&b, 401, "GET", "/api/v1/me", NULL);
    bench_no_headers(&b);
    bench_header(&b, "cookie", cookie);
    (void)bench_want(&b, 401, "GET", "/api/v1/me", NULL);
    bench_fini(&b);
}

TEST(identity, a_session_says_with_what_it_was_begun_and_no_more_than_has_room)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "alice", "");
    bench_header(&b, "user-agent", SL_STR("Mozilla/5.0 (X11) Firefox/142.0"));
    bench_login(&b, "alice", PASSWORD);
    EXPECT_STR("Mozilla/5.0 (X11) Firefox/142.0",
               bench_text(items_of(&b, "/api/v1/sessions")->children, "agent"));
    char *large = sl_arena_alloc(b.a, 600);
    memset(large, 'x', 600);
    bench_no_headers(&b);
    bench_header(&b, "user-agent", (sl_str){large, 600});
    bench_login(&b, "alice", PASSWORD);
    const struct sl_node *items = items_of(&b, "/api/v1/sessions");
    EXPECT_EQ(256, bench_text(items->children, "agent").n);
    bench_fini(&b);
}

TEST(identity, whoever_is_made_with_a_password_can_log_in_at_once)
{
    struct bench b;
    bench_init(&b);
    const struct sl_node *made = bench_want(&b, 201, "POST", "/api/v1/users",
                                            "{\"name\":\"ann\",\"password\":\"" PASSWORD
                                            "\",\"grants\":[{\"role\":\"admin\"}]}");
    EXPECT(sl_node_get(made, SL_STR("password")) == NULL);
    (void)bench_want(&b, 422, "POST", "/api/v1/users", "{\"name\":\"bob\",\"password\":\"short\"}");
    (void)bench_want(&b, 404, "GET", "/api/v1/users/bob", NULL);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 422, "PATCH", "/api/v1/users/ann", "{\"password\":\"" PASSWORD "2\"}");
    bench_no_headers(&b);
    bench_login(&b, "ann", PASSWORD);
    (void)bench_want(&b, 200, "GET", "/api/v1/me", NULL);
    sl_str entry = bench_call(&b, "GET", "/api/v1/audit?limit=5", NULL).body;
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(entry, SL_STR(PASSWORD)));
    bench_fini(&b);
}

TEST(identity, users_are_filtered_by_where_they_may_do_something)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"blue\"}");
    add_user(&b, "ann", "{\"role\":\"viewer\",\"team\":\"blue\"}");
    add_user(&b, "bob", "{\"role\":\"editor\"},{\"role\":\"viewer\",\"workspace\":\"default\"}");
    const struct sl_node *items = items_of(&b, "/api/v1/users?grants.team=blue");
    EXPECT_EQ(1, items->child_count);
    EXPECT_STR("ann", bench_text(items->children, "key"));
    items = items_of(&b, "/api/v1/users?grants.workspace=default");
    EXPECT_EQ(1, items->child_count);
    EXPECT_STR("bob", bench_text(items->children, "key"));
    EXPECT_EQ(2, items_of(&b, "/api/v1/users?grants.role=viewer")->child_count);
    (void)bench_want(&b, 400, "GET", "/api/v1/users?grants.x=blue", NULL);
    bench_fini(&b);
}

TEST(identity, sessions_of_others_need_a_permission_and_their_end_is_audited)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "root", "{\"role\":\"admin\"}");
    add_user(&b, "eve", "{\"role\":\"auditor\"}");
    bench_login(&b, "root", PASSWORD);
    const char *roots = current_id(&b);
    bench_login(&b, "eve", PASSWORD);
    const char *eves = current_id(&b);
    EXPECT_EQ(2, items_of(&b, "/api/v1/sessions")->child_count);
    EXPECT_EQ(1, items_of(&b, "/api/v1/sessions?user=root")->child_count);
    (void)bench_want(&b, 404, "GET", "/api/v1/sessions?user=nobody", NULL);
    (void)bench_want(&b, 404, "DELETE", session_path(&b, roots), NULL); /* she only sees it */
    sl_str cookie = sl_headers_find(&b.headers, SL_STR("cookie"))->value;
    bench_login(&b, "root", PASSWORD);
    (void)bench_want(&b, 204, "DELETE", session_path(&b, eves), NULL);
    const struct sl_node *entry = items_of(&b, "/api/v1/audit?limit=1")->children;
    EXPECT_STR("session.delete", bench_text(entry, "action"));
    EXPECT_STR("user:root", bench_text(entry, "actor"));
    EXPECT_STR("eve", bench_text(entry, "subject"));
    EXPECT_STR(eves, bench_text(entry, "before.id"));
    bench_no_headers(&b);
    bench_header(&b, "cookie", cookie);
    (void)bench_want(&b, 401, "GET", "/api/v1/me", NULL);
    bench_fini(&b);
}

TEST(identity, sessions_come_in_pages)
{
    struct bench b;
    static const char *const wrong[] = {"limit=0",  "limit=501",  "limit=x",    "cursor=",
                                        "cursor=1", "cursor=1.x", "cursor=x.1", "page=2"};
    bench_init(&b);
    add_user(&b, "alice", "");
    for (int i = 0; i < 3; i++)
        bench_login(&b, "alice", PASSWORD);
    const struct sl_node *page = bench_want(&b, 200, "GET", "/api/v1/sessions?limit=2", NULL);
    EXPECT_EQ(2, sl_node_get(page, SL_STR("items"))->child_count);
    page = bench_want(&b, 200, "GET",
                      sl_fmt(b.a, "/api/v1/sessions?limit=2&cursor=%.*s",
                             SL_STRF(bench_text(page, "next_cursor")))
                          .p,
                      NULL);
    EXPECT_EQ(1, sl_node_get(page, SL_STR("items"))->child_count);
    EXPECT(sl_node_get(page, SL_STR("next_cursor")) == NULL);
    for (size_t i = 0; i < SL_LEN(wrong); i++)
        (void)bench_want(&b, 400, "GET", sl_fmt(b.a, "/api/v1/sessions?%s", wrong[i]).p, NULL);
    bench_fini(&b);
}

/* ------------------------------------------------------------------ passwords */

TEST(identity, guessing_passwords_gets_slow)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "alice", "");
    b.is_local = false;
    for (int i = 0; i <= SL_THROTTLE_FREE; i++)
        (void)bench_want(&b, 401, "POST", "/api/v1/login",
                         "{\"name\":\"alice\",\"password\":\"wrong\"}");
    struct sl_api_answer a = bench_call(&b, "POST", "/api/v1/login",
                                        "{\"name\":\"alice\",\"password\":\"" PASSWORD "\"}");
    EXPECT_EQ(429, a.status);
    EXPECT_STR("1", bench_header_of(&a, "retry-after"));
    bench_fini(&b);
}

TEST(identity, who_may_not_set_a_password_cannot_guess_it_either)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/roles",
                     "{\"name\":\"clerk\",\"permissions\":[\"users:*\"]}");
    (void)bench_want(&b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"root\",\"password\":\"" PASSWORD
                     "\",\"grants\":[{\"role\":\"admin\"}]}");
    (void)bench_want(&b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"carl\",\"password\":\"" PASSWORD
                     "\",\"grants\":[{\"role\":\"clerk\"}]}");
    bench_login(&b, "carl", PASSWORD);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 403, "PATCH", "/api/v1/users/root", "{\"password\":\"" PASSWORD "\"}");
    (void)bench_want(&b, 403, "PATCH", "/api/v1/users/root", "{\"password\":\"" PASSWORD "2\"}");
    bench_fini(&b);
}

TEST(identity, users_that_are_not_there_fail_like_wrong_passwords)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "alice", "");
    b.is_local = false;
    struct sl_api_answer wrong =
        bench_call(&b, "POST", "/api/v1/login", "{\"name\":\"alice\",\"password\":\"x\"}");
    struct sl_api_answer unknown =
        bench_call(&b, "POST", "/api/v1/login", "{\"name\":\"bob\",\"password\":\"x\"}");
    EXPECT_EQ(401, wrong.status);
    EXPECT_STRS(wrong.body, unknown.body);
    bench_fini(&b);
}

TEST(identity, passwords_are_changed_by_who_knows_the_one_before)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "alice", "");
    bench_login(&b, "alice", PASSWORD);
    (void)bench_want(&b, 422, "POST", "/api/v1/me/password",
                     "{\"current\":\"wrong\",\"password\":\"another long one\"}");
    (void)bench_want(&b, 422, "POST", "/api/v1/me/password",
                     "{\"current\":\"" PASSWORD "\",\"password\":\"short\"}");
    (void)bench_want(&b, 204, "POST", "/api/v1/me/password",
                     "{\"current\":\"" PASSWORD "\",\"password\":\"another long one\"}");
    (void)bench_want(&b, 200, "GET", "/api/v1/me", NULL);
    bench_login(&b, "alice", "another long one");
    bench_fini(&b);
}

TEST(identity, a_disabled_user_is_out_at_once)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "alice", "{\"role\":\"viewer\"}");
    bench_login(&b, "alice", PASSWORD);
    (void)bench_want(&b, 200, "GET", "/api/v1/services", NULL);
    b.is_local = true;
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/users/alice", "{\"disabled\":true}");
    b.is_local = false;
    (void)bench_want(&b, 401, "GET", "/api/v1/services", NULL);
    bench_no_headers(&b);
    (void)bench_want(&b, 401, "POST", "/api/v1/login",
                     "{\"name\":\"alice\",\"password\":\"" PASSWORD "\"}");
    bench_fini(&b);
}

/* ------------------------------------------------------------------ tokens */

static void use_token(struct bench *b, sl_str secret)
{
    bench_no_headers(b);
    bench_header(b, "authorization", sl_fmt(b->a, "Bearer %.*s", SL_STRF(secret)));
    b->is_local = false;
}

static sl_str new_token(struct bench *b, const char *body)
{
    return sl_arena_dup(b->a,
                        bench_text(bench_want(b, 201, "POST", "/api/v1/tokens", body), "secret"));
}

TEST(identity, a_token_may_what_its_user_may_and_its_scopes_allow)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "ci", "{\"role\":\"editor\"}");
    use_token(&b, new_token(&b, "{\"name\":\"t\",\"user\":\"ci\",\"scopes\":[\"consumers:*\","
                                "\"users:*\"]}"));
    (void)bench_want(&b, 201, "POST", "/api/v1/consumers", "{\"name\":\"shop\"}");
    (void)bench_want(&b, 403, "GET", "/api/v1/services", NULL); /* not in its scopes */
    (void)bench_want(&b, 403, "GET", "/api/v1/users", NULL);    /* not among its user's rights */
    EXPECT_STR("token:t", bench_text(bench_want(&b, 200, "GET", "/api/v1/me", NULL), "actor"));
    bench_fini(&b);
}

TEST(identity, a_token_with_scopes_needs_one_for_the_sessions_of_its_user)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "root", "{\"role\":\"admin\"}");
    sl_str narrow =
        new_token(&b, "{\"name\":\"n\",\"user\":\"root\",\"scopes\":[\"consumers:*\"]}");
    sl_str wide = new_token(&b, "{\"name\":\"w\",\"user\":\"root\"}");
    bench_login(&b, "root", PASSWORD);
    const char *id = current_id(&b);
    use_token(&b, narrow);
    (void)bench_want(&b, 403, "GET", "/api/v1/sessions", NULL);
    (void)bench_want(&b, 404, "DELETE", session_path(&b, id), NULL);
    use_token(&b, wide);
    EXPECT_EQ(1, items_of(&b, "/api/v1/sessions")->child_count);
    (void)bench_want(&b, 204, "DELETE", session_path(&b, id), NULL);
    bench_fini(&b);
}

TEST(identity, tokens_end_when_they_expire_are_disabled_rotated_or_deleted)
{
    struct bench b;
    bench_init(&b);
    add_user(&b, "ci", "{\"role\":\"viewer\"}");
    bench_header(&b, "if-match", SL_STR("*"));
    sl_str secret = new_token(&b, "{\"name\":\"t\",\"user\":\"ci\"}");
    sl_str old =
        new_token(&b, "{\"name\":\"u\",\"user\":\"ci\",\"expires\":\"2020-01-01T00:00:00Z\"}");
    sl_str rotated = sl_arena_dup(
        b.a, bench_text(bench_want(&b, 200, "POST", "/api/v1/tokens/t/rotate", NULL), "secret"));
    use_token(&b, secret);
    (void)bench_want(&b, 401, "GET", "/api/v1/me", NULL);
    use_token(&b, old);
    (void)bench_want(&b, 401, "GET", "/api/v1/me", NULL);
    use_token(&b, rotated);
    (void)bench_want(&b, 200, "GET", "/api/v1/me", NULL);
    b.is_local = true;
    bench_no_headers(&b);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/tokens/t", "{\"disabled\":true}");
    use_token(&b, rotated);
    (void)bench_want(&b, 401, "GET", "/api/v1/me", NULL);
    bench_fini(&b);
}

/* ------------------------------------------------------------------ nobody gives what they have not */

TEST(identity, a_token_says_when_and_from_where_it_was_used_without_having_changed)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/users", "{\"name\":\"ci\"}");
    sl_str secret = new_token(&b, "{\"name\":\"t\",\"user\":\"ci\"}");
    const struct sl_node *before = bench_want(&b, 200, "GET", "/api/v1/tokens/t", NULL);
    EXPECT_STR("", bench_text(before, "status.last_used_at"));
    use_token(&b, secret);
    b.remote = "192.0.2.7";
    (void)bench_want(&b, 200, "GET", "/api/v1/me", NULL);
    bench_no_headers(&b);
    b.is_local = true;
    const struct sl_node *after = bench_want(&b, 200, "GET", "/api/v1/tokens/t", NULL);
    EXPECT(bench_text(after, "status.last_used_at").n != 0);
    EXPECT_STR("192.0.2.7", bench_text(after, "status.last_used_from"));
    EXPECT_STRS(bench_text(before, "status.prefix"), bench_text(after, "status.prefix"));
    EXPECT_STRS(bench_text(before, "revision"), bench_text(after, "revision"));
    EXPECT_STRS(bench_text(before, "updated_at"), bench_text(after, "updated_at"));
    bench_fini(&b);
}

TEST(identity, everybody_makes_lists_and_revokes_ones_own_tokens_and_no_others)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/users", "{\"name\":\"ann\"}");
    (void)bench_want(&b, 200, "POST", "/api/v1/users/ann/set-password",
                     "{\"password\":\"a long password\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/users", "{\"name\":\"bob\"}");
    (void)new_token(&b, "{\"name\":\"of-bob\",\"user\":\"bob\"}");
    bench_login(&b, "ann", "a long password");
    (void)bench_want(&b, 403, "GET", "/api/v1/tokens", NULL);
    (void)bench_want(&b, 422, "POST", "/api/v1/me/tokens", "{\"name\":\"x\",\"user\":\"bob\"}");
    (void)bench_want(&b, 422, "POST", "/api/v1/me/tokens", "{\"name\":\"x\",\"scopes\":[\"x\"]}");
    (void)bench_want(&b, 409, "POST", "/api/v1/me/tokens", "{\"name\":\"of-bob\"}");
    const struct sl_node *made = bench_want(&b, 201, "POST", "/api/v1/me/tokens",
                                            "{\"name\":\"laptop\",\"scopes\":[\"services:read\"]}");
    EXPECT_STR("ann", bench_text(made, "user"));
    sl_str secret = sl_arena_dup(b.a, bench_text(made, "secret"));
    struct sl_api_answer list = bench_call(&b, "GET", "/api/v1/me/tokens", NULL);
    EXPECT_EQ(200, list.status);
    EXPECT(sl_str_find_str(list.body, SL_STR("\"laptop\"")) != SIZE_MAX);
    EXPECT(sl_str_find_str(list.body, SL_STR("of-bob")) == SIZE_MAX);
    EXPECT(sl_str_find_str(list.body, secret) == SIZE_MAX);
    (void)bench_want(&b, 404, "DELETE", "/api/v1/me/tokens/of-bob", NULL);
    (void)bench_want(&b, 404, "DELETE", "/api/v1/me/tokens/none", NULL);
    (void)bench_want(&b, 201, "POST", "/api/v1/me/tokens", "{\"name\":\"all\"}");
    EXPECT_EQ(204, bench_call(&b, "DELETE", "/api/v1/me/tokens/all", NULL).status);
    made = bench_want(&b, 201, "POST", "/api/v1/me/tokens", "{\"name\":\"whole\"}");
    sl_str whole = sl_arena_dup(b.a, bench_text(made, "secret"));
    use_token(&b, whole); /* would outlive itself */
    (void)bench_want(&b, 403, "POST", "/api/v1/me/tokens", "{\"name\":\"heir\"}");
    (void)bench_want(&b, 200, "GET", "/api/v1/me/tokens", NULL);
    EXPECT_EQ(204, bench_call(&b, "DELETE", "/api/v1/me/tokens/whole", NULL).status);
    use_token(&b, secret); /* one with scopes has no say in tokens */
    (void)bench_want(&b, 403, "GET", "/api/v1/me/tokens", NULL);
    (void)bench_want(&b, 403, "POST", "/api/v1/me/tokens", "{\"name\":\"y\"}");
    EXPECT_EQ(403, bench_call(&b, "DELETE", "/api/v1/me/tokens/laptop", NULL).status);
    bench_no_headers(&b);
    b.is_local = true; /* nobody's socket */
    (void)bench_want(&b, 403, "GET", "/api/v1/me/tokens", NULL);
    bench_fini(&b);
}

static void put_spec(struct bench *b, const char *token, sl_str spec)
{
    struct sl_tx *tx;
    struct sl_row row;
    EXPECT_EQ(SL_OK, sl_store_write(b->control->store, &tx));
    EXPECT_EQ(SL_OK, sl_row_by_name(tx, SL_STR("token"), sl_cstr(token), b->a, &row));
    row.spec = spec;
    row.revision++;
    EXPECT_EQ(SL_OK, sl_row_update(tx, &row));
    EXPECT_EQ(SL_OK, sl_tx_commit(tx));
}

static void begin_own(struct bench *b)
{
    bench_init(b);
    (void)bench_want(b, 201, "POST", "/api/v1/users", "{\"name\":\"ann\"}");
    (void)bench_want(b, 200, "POST", "/api/v1/users/ann/set-password",
                     "{\"password\":\"a long password\"}");
}

TEST(identity, tokens_of_others_are_not_read_for_ones_own_and_too_large_ones_are_an_error)
{
    struct bench b;
    begin_own(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/users", "{\"name\":\"bob\"}");
    (void)new_token(&b, "{\"name\":\"of-bob\",\"user\":\"bob\"}");
    put_spec(&b, "of-bob", SL_STR("this cannot be read"));
    bench_login(&b, "ann", "a long password");
    (void)bench_want(&b, 201, "POST", "/api/v1/me/tokens", "{\"name\":\"mine\"}");
    (void)bench_want(&b, 200, "GET", "/api/v1/me/tokens", NULL);
    const size_t n = 5 << 20;
    char *large = sl_arena_alloc(b.a, n);
    memset(large, 'x', n);
    put_spec(&b, "mine", sl_fmt(b.a, "{\"user\":\"ann\",\"scopes\":[\"%.*s\"]}", (int)n, large));
    (void)bench_want(&b, 413, "GET", "/api/v1/me/tokens", NULL);
    (void)bench_want(&b, 413, "POST", "/api/v1/me/tokens", "{\"name\":\"more\"}");
    EXPECT_EQ(204, bench_call(&b, "DELETE", "/api/v1/me/tokens/mine", NULL).status);
    (void)bench_want(&b, 200, "GET", "/api/v1/me/tokens", NULL);
    bench_fini(&b);
}

TEST(identity, a_scope_is_no_longer_than_any_permission)
{
    struct bench b;
    char scope[130];
    memset(scope, 'a', sizeof(scope));
    scope[1] = ':';
    begin_own(&b);
    bench_login(&b, "ann", "a long password");
    for (int n = 128; n <= 129; n++)
        (void)bench_want(&b, n == 128 ? 201 : 422, "POST", "/api/v1/me/tokens",
                         sl_fmt(b.a, "{\"name\":\"t%d\",\"scopes\":[\"%.*s\"]}", n, n, scope).p);
    bench_fini(&b);
}

/* In days from now, rounded. */
static int64_t life_of(const struct sl_node *token)
{
    int64_t end_us;
    EXPECT(sl_parse_rfc3339(bench_text(token, "expires"), &end_us));
    return (end_us - sl_clock_wall_us() + 43200LL * 1000000) / (86400LL * 1000000);
}

static const char *ending_in(struct bench *b, int64_t days)
{
    sl_str end = sl_fmt_rfc3339(b->a, sl_clock_wall_us() + days * 86400LL * 1000000);
    return sl_fmt(b->a, "{\"name\":\"d%lld\",\"expires\":\"%.*s\"}", (long long)days, SL_STRF(end))
        .p;
}

TEST(identity, tokens_that_people_make_for_themselves_end)
{
    struct bench b;
    begin_own(&b);
    bench_login(&b, "ann", "a long password");
    EXPECT_EQ(90,
              life_of(bench_want(&b, 201, "POST", "/api/v1/me/tokens", "{\"name\":\"as-ever\"}")));
    EXPECT_EQ(364, life_of(bench_want(&b, 201, "POST", "/api/v1/me/tokens", ending_in(&b, 364))));
    const struct sl_node *n = bench_want(&b, 422, "POST", "/api/v1/me/tokens", ending_in(&b, 366));
    EXPECT_STR("/expires", bench_text(sl_node_get(n, SL_STR("errors"))->children, "pointer"));
    bench_no_headers(&b);
    b.is_local = true; /* who may make tokens for all says when they end */
    n = bench_want(&b, 201, "POST", "/api/v1/tokens", "{\"name\":\"ci\",\"user\":\"ann\"}");
    EXPECT_STR("", bench_text(n, "expires"));
    bench_fini(&b);
}

TEST(identity, nobody_has_more_than_a_hundred_tokens_of_ones_own)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/users", "{\"name\":\"ann\"}");
    (void)bench_want(&b, 200, "POST", "/api/v1/users/ann/set-password",
                     "{\"password\":\"a long password\"}");
    bench_login(&b, "ann", "a long password");
    for (int i = 0; i < 100; i++)
        (void)bench_want(&b, 201, "POST", "/api/v1/me/tokens",
                         sl_fmt(b.a, "{\"name\":\"t%d\"}", i).p);
    (void)bench_want(&b, 409, "POST", "/api/v1/me/tokens", "{\"name\":\"more\"}");
    bench_fini(&b);
}

TEST(identity, rights_cannot_be_escalated)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(
        &b, 201, "POST", "/api/v1/roles",
        "{\"name\":\"people\",\"permissions\":[\"users:*\",\"roles:*\",\"tokens:*\"]}");
    add_user(&b, "root", "{\"role\":\"admin\"}");
    add_user(&b, "hr", "{\"role\":\"people\"}");
    bench_login(&b, "hr", PASSWORD);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"x\",\"grants\":[{\"role\":\"people\"}]}");
    (void)bench_want(&b, 403, "POST", "/api/v1/users",
                     "{\"name\":\"y\",\"grants\":[{\"role\":\"admin\"}]}");
    (void)bench_want(&b, 403, "PATCH", "/api/v1/users/hr", "{\"grants\":[{\"role\":\"admin\"}]}");
    (void)bench_want(&b, 403, "POST", "/api/v1/roles",
                     "{\"name\":\"z\",\"permissions\":[\"services:read\"]}");
    (void)bench_want(&b, 403, "PATCH", "/api/v1/roles/people", "{\"permissions\":[\"*:*\"]}");
    (void)bench_want(&b, 409, "PATCH", "/api/v1/roles/viewer",
                     "{\"permissions\":[\"users:read\"]}");
    (void)bench_want(&b, 403, "POST", "/api/v1/tokens", "{\"name\":\"t\",\"user\":\"root\"}");
    (void)bench_want(&b, 403, "POST", "/api/v1/users/root/set-password",
                     "{\"password\":\"mine from now on\"}");
    (void)bench_want(&b, 409, "DELETE", "/api/v1/users/hr", NULL);
    bench_fini(&b);
}

TEST(identity, grants_of_a_workspace_or_team_reach_no_further)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/workspaces", "{\"name\":\"retail\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"shop\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"carts\",\"parent\":\"shop\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/consumers", "{\"name\":\"everywhere\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"s1\",\"team\":\"carts\",\"url\":\"http://127.0.0.1:1\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"s2\",\"url\":\"http://127.0.0.1:1\"}");
    add_user(&b, "r", "{\"role\":\"editor\",\"workspace\":\"retail\"}");
    add_user(&b, "s", "{\"role\":\"editor\",\"team\":\"shop\"}");
    bench_login(&b, "r", PASSWORD);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 201, "POST", "/api/v1/consumers",
                     "{\"name\":\"mine\",\"workspace\":\"retail\"}");
    (void)bench_want(&b, 403, "POST", "/api/v1/consumers", "{\"name\":\"theirs\"}");
    (void)bench_want(&b, 404, "GET", "/api/v1/consumers/everywhere", NULL);
    (void)bench_want(&b, 404, "DELETE", "/api/v1/consumers/everywhere", NULL);
    const struct sl_node *list = bench_want(&b, 200, "GET", "/api/v1/consumers", NULL);
    EXPECT_EQ(1, sl_node_get(list, SL_STR("items"))->child_count);
    bench_login(&b, "s", PASSWORD);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", "/api/v1/services/s1", "{\"summary\":\"x\"}");
    (void)bench_want(&b, 403, "PATCH", "/api/v1/services/s1", "{\"team\":null}");
    (void)bench_want(&b, 404, "GET", "/api/v1/services/s2", NULL);
    bench_fini(&b);
}

TEST(identity, the_audit_trail_is_for_those_whose_grant_holds_everywhere)
{
    static const char *const reads[] = {"/api/v1/audit", "/api/v1/audit/verify",
                                        "/api/v1/audit/export"};
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/workspaces", "{\"name\":\"retail\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"shop\"}");
    add_user(&b, "w", "{\"role\":\"auditor\",\"workspace\":\"retail\"}");
    add_user(&b, "t", "{\"role\":\"auditor\",\"team\":\"shop\"}");
    add_user(&b, "all", "{\"role\":\"auditor\"}");
    for (size_t i = 0; i < SL_LEN(reads); i++) {
        bench_login(&b, "w", PASSWORD);
        EXPECT_EQ(403, bench_call(&b, "GET", reads[i], NULL).status);
        bench_login(&b, "t", PASSWORD);
        EXPECT_EQ(403, bench_call(&b, "GET", reads[i], NULL).status);
        bench_login(&b, "all", PASSWORD);
        EXPECT_EQ(200, bench_call(&b, "GET", reads[i], NULL).status);
    }
    bench_fini(&b);
}
