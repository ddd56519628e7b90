#include "control/actor.h"
#include "base/str.h"
#include "tests/test.h"

TEST(actor, patterns_match_whole_words_or_anything)
{
    static const struct {
        const char *pattern, *permission;
        bool matches;
    } cases[] = {
        {"services:read", "services:read", true},
        {"services:*", "services:publish", true},
        {"*:read", "audit:read", true},
        {"*:*", "users:create", true},
        {"services:read", "services:update", false},
        {"service:*", "services:read", false},
        {"services:re", "services:read", false},
        {"*", "services:read", false},
        {"", "services:read", false},
        {"services:read", "*:read", false},
        {"services:*", "*:*", false},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_EQ(cases[i].matches,
                  sl_permission_matches(sl_cstr(cases[i].pattern), sl_cstr(cases[i].permission)));
}

TEST(actor, permissions_have_one_form)
{
    static const char *const good[] = {"services:read", "*:read", "services:*", "*:*",
                                       "users:set-password"};
    static const char *const bad[] = {"",
                                      ":",
                                      "*",
                                      "services",
                                      "services:",
                                      ":read",
                                      "Services:read",
                                      "services:read:x",
                                      "ser*:read",
                                      "a b:c"};
    for (size_t i = 0; i < SL_LEN(good); i++)
        EXPECT(sl_permission_is_valid(sl_cstr(good[i])));
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_permission_is_valid(sl_cstr(bad[i])));
}

TEST(actor, may_nothing_without_a_grant)
{
    struct sl_actor nobody = {0};
    EXPECT(!sl_actor_may(&nobody, SL_STR("services:read"), SL_STR("default"), SL_STR("")));
    EXPECT(!sl_actor_may_somewhere(&nobody, SL_STR("services:read")));
}

TEST(actor, grants_reach_their_workspace_and_team_only)
{
    sl_str pattern = SL_STR("services:*"), teams[] = {SL_STR("search"), SL_STR("ranking")};
    struct sl_grant grants[] = {
        {.patterns = {&pattern, 1},
         .workspace = SL_STR("retail"),
         .is_of_team = true,
         .teams = {teams, 2}},
    };
    struct sl_actor a = {.grants = grants, .grant_count = 1};
    sl_str p = SL_STR("services:read");
    EXPECT(sl_actor_may(&a, p, SL_STR("retail"), SL_STR("ranking")));
    EXPECT(!sl_actor_may(&a, p, SL_STR("retail"), SL_STR("ads")));
    EXPECT(!sl_actor_may(&a, p, SL_STR("retail"), SL_STR("")));
    EXPECT(!sl_actor_may(&a, p, SL_STR("default"), SL_STR("search")));
    EXPECT(!sl_actor_may(&a, p, SL_STR(""), SL_STR("search")));
    EXPECT(!sl_actor_may(&a, SL_STR("models:read"), SL_STR("retail"), SL_STR("search")));
    EXPECT(sl_actor_may_somewhere(&a, p));
}

TEST(actor, scopes_only_take_away)
{
    sl_str all = SL_STR("*:*"), read = SL_STR("services:read");
    struct sl_grant grants[] = {{.patterns = {&all, 1}}};
    struct sl_actor a = {
        .grants = grants, .grant_count = 1, .has_scopes = true, .scopes = {&read, 1}};
    EXPECT(sl_actor_may(&a, read, SL_STR("default"), SL_STR("")));
    EXPECT(!sl_actor_may(&a, SL_STR("services:update"), SL_STR("default"), SL_STR("")));
    EXPECT(!sl_actor_covers(&a, SL_STR("services:*"), SL_STR(""), SL_STR("")));
    a.has_scopes = false;
    EXPECT(sl_actor_covers(&a, SL_STR("services:*"), SL_STR(""), SL_STR("")));
}

TEST(actor, what_is_a_users_own_is_theirs_alone_whatever_others_may)
{
    sl_str all = SL_STR("*:*"), read = SL_STR("views:read"), update = SL_STR("views:update");
    struct sl_grant of_all[] = {{.patterns = {&all, 1}}};
    struct sl_grant of_readers[] = {{.patterns = {&read, 1}, .workspace = SL_STR("retail")}};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    sl_str own = sl_actor_own(SL_STR("alice"), a);
    struct sl_actor alice = {.user = SL_STR("alice"), .grants = of_readers, .grant_count = 1};
    struct sl_actor root = {.user = SL_STR("root"), .grants = of_all, .grant_count = 1};
    struct sl_actor local = {.grants = of_all, .grant_count = 1};
    EXPECT(sl_actor_may(&alice, update, SL_STR("default"), own));
    EXPECT(!sl_actor_may(&alice, update, SL_STR("retail"), SL_STR("")));
    EXPECT(!sl_actor_may(&alice, SL_STR("models:update"), SL_STR("default"), own));
    EXPECT(!sl_actor_may(&root, read, SL_STR("default"), own));
    EXPECT(!sl_actor_may(&local, read, SL_STR("default"), own));
    EXPECT(!sl_actor_may(&local, read, SL_STR("default"), sl_actor_own(SL_STR(""), a)));
    alice.has_scopes = true;
    alice.scopes = (struct sl_strs){&read, 1};
    EXPECT(sl_actor_may(&alice, read, SL_STR("default"), own));
    EXPECT(!sl_actor_may(&alice, update, SL_STR("default"), own));
    sl_arena_free(a);
}

TEST(actor, built_in_roles_have_valid_permissions)
{
    for (const struct sl_builtin_role *r = sl_builtin_roles; r->name != NULL; r++) {
        sl_str rest = sl_cstr(r->permissions), one;
        while (sl_str_split(&rest, ' ', &one))
            EXPECT(sl_permission_is_valid(one));
        EXPECT_STR(r->permissions, sl_role_builtin(sl_cstr(r->name)));
    }
    EXPECT(sl_role_builtin(SL_STR("nobody")).p == NULL);
}
