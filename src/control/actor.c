#include "control/actor.h"
#include "base/str.h"

const struct sl_builtin_role sl_builtin_roles[] = {
#define X(name, summary, permissions) {#name, summary, permissions},
#include "control/role.def"
#undef X
    {NULL, NULL, NULL},
};

sl_str sl_role_builtin(sl_str name)
{
    for (const struct sl_builtin_role *r = sl_builtin_roles; r->name != NULL; r++) {
        if (sl_str_eq(name, sl_cstr(r->name)))
            return sl_cstr(r->permissions);
    }
    return (sl_str){NULL, 0};
}

static bool matches_part(sl_str pattern, sl_str part)
{
    return sl_str_eq(pattern, SL_STR("*")) || sl_str_eq(pattern, part);
}

bool sl_permission_matches(sl_str pattern, sl_str permission)
{
    size_t p = sl_str_find(pattern, ':', 0), q = sl_str_find(permission, ':', 0);
    return p != SIZE_MAX && q != SIZE_MAX &&
           matches_part(sl_str_head(pattern, p), sl_str_head(permission, q)) &&
           matches_part(sl_str_from(pattern, p + 1), sl_str_from(permission, q + 1));
}

static bool is_word(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '-'))
            return false;
    }
    return s.n != 0;
}

bool sl_permission_is_valid(sl_str pattern)
{
    size_t colon = sl_str_find(pattern, ':', 0);
    if (colon == SIZE_MAX)
        return false;
    sl_str noun = sl_str_head(pattern, colon), verb = sl_str_from(pattern, colon + 1);
    return (is_word(noun) || sl_str_eq(noun, SL_STR("*"))) &&
           (is_word(verb) || sl_str_eq(verb, SL_STR("*")));
}

static bool any_matches(const struct sl_strs *patterns, sl_str permission)
{
    for (size_t i = 0; i < patterns->n; i++) {
        if (sl_permission_matches(patterns->v[i], permission))
            return true;
    }
    return false;
}

static bool reaches(const struct sl_grant *g, sl_str workspace, sl_str team)
{
    if (g->workspace.n != 0 && !sl_str_eq(g->workspace, workspace))
        return false;
    if (!g->is_of_team)
        return true;
    for (size_t i = 0; i < g->teams.n && team.n != 0; i++) {
        if (sl_str_eq(g->teams.v[i], team))
            return true;
    }
    return false;
}

static bool is_in_scope(const struct sl_actor *actor, sl_str permission)
{
    return !actor->has_scopes || any_matches(&actor->scopes, permission);
}

/* No key has a space, so that no team is called so. */
static const sl_str own_prefix = SL_STR_INIT("user ");

sl_str sl_actor_own(sl_str user, struct sl_arena *a)
{
    return sl_fmt(a, "%.*s%.*s", SL_STRF(own_prefix), SL_STRF(user));
}

static bool reads(const struct sl_grant *g, sl_str noun)
{
    for (size_t i = 0; i < g->patterns.n; i++) {
        sl_str verb = g->patterns.v[i], pattern = {0};
        if (sl_str_split(&verb, ':', &pattern) && matches_part(pattern, noun) &&
            matches_part(verb, SL_STR("read")))
            return true;
    }
    return false;
}

static bool may_own(const struct sl_actor *actor, sl_str permission, sl_str user)
{
    sl_str noun = sl_str_head(permission, sl_str_find(permission, ':', 0));
    bool may = false;
    for (size_t i = 0; i < actor->grant_count && !may; i++)
        may = reads(&actor->grants[i], noun);
    return may && actor->user.n != 0 && sl_str_eq(user, actor->user) &&
           is_in_scope(actor, permission);
}

bool sl_actor_may(const struct sl_actor *actor, sl_str permission, sl_str workspace, sl_str team)
{
    if (sl_str_starts(team, own_prefix))
        return may_own(actor, permission, sl_str_from(team, own_prefix.n));
    for (size_t i = 0; i < actor->grant_count && is_in_scope(actor, permission); i++) {
        const struct sl_grant *g = &actor->grants[i];
        if (reaches(g, workspace, team) && any_matches(&g->patterns, permission))
            return true;
    }
    return false;
}

bool sl_actor_may_somewhere(const struct sl_actor *actor, sl_str permission)
{
    for (size_t i = 0; i < actor->grant_count && is_in_scope(actor, permission); i++) {
        if (any_matches(&actor->grants[i].patterns, permission))
            return true;
    }
    return false;
}

/* A pattern covers another when it matches it as a text: '*' there is only covered by '*' here. */
bool sl_actor_covers(const struct sl_actor *actor, sl_str pattern, sl_str workspace, sl_str team)
{
    return sl_actor_may(actor, pattern, workspace, team);
}

const struct sl_actor *sl_actor_with(const struct sl_actor *actor, const char *permission,
                                     struct sl_arena *a)
{
    struct sl_actor *more = sl_arena_new_of(a, struct sl_actor);
    sl_str *pattern = sl_arena_array(a, sl_str, 1);
    sl_str *scopes = sl_arena_array(a, sl_str, actor->scopes.n + 1);
    *pattern = sl_cstr(permission);
    *more = *actor;
    more->grants = sl_arena_array(a, struct sl_grant, actor->grant_count + 1);
    for (size_t i = 0; i < actor->grant_count; i++)
        more->grants[i] = actor->grants[i];
    more->grants[more->grant_count++] =
        (struct sl_grant){.role = SL_STR("own"), .patterns = {.v = pattern, .n = 1}};
    for (size_t i = 0; i < actor->scopes.n; i++)
        scopes[i] = actor->scopes.v[i];
    scopes[actor->scopes.n] = *pattern;
    more->scopes = (struct sl_strs){.v = scopes, .n = actor->scopes.n + 1};
    return more;
}
