/**
 * actor: who asks, and what they may do. Denied unless a grant allows it.
 *
 * A permission is <noun>:<verb>, such as "services:publish"; a pattern may have '*' for either part. A
 * grant gives the patterns of a role, everywhere, in one workspace, or for what belongs to a team (and
 * the teams below it). A token's scopes only take away. Immutable once made; any thread.
 */
#pragma once
#include "base/field.h"

struct sl_grant {
    sl_str role;
    struct sl_strs patterns;
    sl_str workspace;     /* empty: everywhere, also what is of no workspace */
    bool is_of_team;      /* only what belongs to one of ... */
    struct sl_strs teams; /* ... these: the team of the grant and those below it */
};

struct sl_actor {
    sl_str name;    /* "user:alice", "token:ci", "local": in audit entries */
    sl_str user;    /* key of the user resource; empty: none */
    sl_str user_id; /* its id */
    struct sl_grant *grants;
    size_t grant_count;
    bool has_scopes;
    struct sl_strs scopes; /* patterns of a token */
    sl_str remote;         /* IP address, or "local" */
    sl_str request_id;
    sl_str session_hash; /* of a session; empty: none */
    sl_str csrf;
};

bool sl_permission_matches(sl_str pattern, sl_str permission);
/** Has it the form of a pattern? */
bool sl_permission_is_valid(sl_str pattern);

/** May it do that to something of this workspace and team (either may be empty)? */
bool sl_actor_may(const struct sl_actor *actor, sl_str permission, sl_str workspace, sl_str team);
/**
 * What stands in place of the team for something that is a user's alone. Nobody else may do anything to it; its user
 * may do all, who may read such things anywhere (as far as the scopes of a token let them do it).
 */
sl_str sl_actor_own(sl_str user, struct sl_arena *a);
/** May it do that to anything at all? */
bool sl_actor_may_somewhere(const struct sl_actor *actor, sl_str permission);
/** Has it all that `pattern` stands for, there? Nobody gives away what they have not. */
bool sl_actor_covers(const struct sl_actor *actor, sl_str pattern, sl_str workspace, sl_str team);

/** The same actor with the right to do one thing more, also where scopes would take it away. In `a`; borrows of `actor`. */
const struct sl_actor *sl_actor_with(const struct sl_actor *actor, const char *permission,
                                     struct sl_arena *a);

/** The patterns of a built-in role, separated by spaces; p == NULL when there is none. */
sl_str sl_role_builtin(sl_str name);
struct sl_builtin_role {
    const char *name, *summary, *permissions;
};
extern const struct sl_builtin_role sl_builtin_roles[]; /* ends with a NULL name */
