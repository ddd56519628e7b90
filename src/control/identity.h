/**
 * identity: who asks: users with passwords and sessions, tokens, and the local socket.
 *
 * A session is a cookie (random; the store has its hash) with a token of its own against forged requests,
 * which every request that changes something must send along. It ends `session_idle` after it was last used and
 * `session_max` after it began (control/settings.h). Control threads; blocks.
 */
#pragma once
#include "codec/header.h"
#include "control/actor.h"
#include "control/change.h"

enum { SL_PASSWORD_BYTES_MAX = 1024, SL_IDENTITY_SECRET_BYTES = 32 };

/** What a request shows of who it is from. */
struct sl_claim {
    const struct sl_headers *headers;
    bool is_local; /* came through the socket that only the owner of the process can open */
    bool is_safe;  /* changes nothing: GET and the like */
    sl_str remote, request_id;
};

/**
 * The actor behind a claim. SL_E_UNAUTHENTICATED when it shows nothing (*ret_why NULL) or nothing that is
 * valid; SL_E_DENIED when a session's request does not carry its token.
 */
sl_rc sl_identity_authenticate(struct sl_control *c, const struct sl_claim *claim,
                               struct sl_arena *a, struct sl_actor *ret,
                               const char **ret_why) SL_CHECKED;

/** Where a request came from. `agent`: the text of its User-Agent, of at most SL_AGENT_BYTES_MAX. */
enum { SL_AGENT_BYTES_MAX = 256 };
struct sl_came_from {
    sl_str remote, request_id, agent;
};
/** In `a`: its agent. */
struct sl_came_from sl_came_from(sl_str remote, sl_str request_id, const struct sl_headers *headers,
                                 struct sl_arena *a);

struct sl_login {
    sl_str cookie, csrf; /* out */
    sl_str user;         /* out: its key */
    int64_t expires_us;  /* out */
    sl_usec max_us;      /* out: from now on; no use makes it longer */
    sl_usec wait_us;     /* out, with SL_E_THROTTLED */
};

/** Begin a session. SL_E_UNAUTHENTICATED, SL_E_THROTTLED, SL_E_STORE. */
sl_rc sl_identity_login(struct sl_control *c, sl_str name, sl_str password,
                        const struct sl_came_from *from, struct sl_arena *a,
                        struct sl_login *ret) SL_CHECKED;
/** Somebody who has proved who they are. */
struct sl_sign_in {
    const struct sl_row *user;
    sl_str provider; /* who vouches for them: in the audit entry; empty: their password does */
    struct sl_came_from from;
};
/** SL_E_UNAUTHENTICATED when the user is disabled, SL_E_STORE. */
sl_rc sl_identity_begin_session(struct sl_control *c, const struct sl_sign_in *s,
                                struct sl_arena *a, struct sl_login *ret) SL_CHECKED;
sl_rc sl_identity_logout(struct sl_control *c, const struct sl_actor *actor,
                         struct sl_arena *a) SL_CHECKED;
/** Is that the user's password? Not when there is none. Takes as long as hashing it. */
sl_rc sl_identity_is_password(struct sl_work *w, sl_str user_id, sl_str password,
                              bool *ret) SL_CHECKED;
/** Change one's own password; the other sessions end. SL_E_UNAUTHENTICATED when `current` is wrong. */
sl_rc sl_identity_change_password(struct sl_work *w, sl_str current, sl_str password) SL_CHECKED;
/** Is the user's password still the one that the first run printed? */
sl_rc sl_identity_has_printed_password(struct sl_tx *tx, sl_str user_id, struct sl_arena *a,
                                       bool *ret) SL_CHECKED;

/**
 * Make the user "admin" when there is no user at all. *ret_password: what to print, once (in `a`); p ==
 * NULL when there were users. `wished`: the password to give it; empty: a random one.
 */
sl_rc sl_identity_bootstrap(struct sl_control *c, sl_str wished, struct sl_arena *a,
                            sl_str *ret_password, struct sl_diag *d) SL_CHECKED;

/** An actor that may do everything: the program itself ("system") or who holds its socket ("local"). */
struct sl_actor *sl_actor_almighty(struct sl_arena *a, const char *name);

/** What nobody can guess, as base64url behind `prefix`: at most SL_IDENTITY_SECRET_BYTES random ones. */
sl_str sl_identity_random(struct sl_arena *a, const char *prefix, size_t bytes);

/* for the nouns */
sl_rc sl_role_patterns(struct sl_tx *tx, sl_str role, struct sl_arena *a,
                       struct sl_strs *ret) SL_CHECKED;
sl_rc sl_identity_set_password(struct sl_work *w, sl_str user_id, sl_str password) SL_CHECKED;
/** Make the text of a token: its hash is stored, its prefix in the status, itself revealed. */
sl_rc sl_identity_new_token(struct sl_change *c) SL_CHECKED;
