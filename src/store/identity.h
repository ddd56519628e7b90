/**
 * identity: what proves who asks: passwords, tokens and sessions; and the memory of idempotent creations.
 * Only hashes are kept of what a client shows. Any table here may be pruned by its time.
 */
#pragma once
#include "store/store.h"

/** `hash` of sl_password_hash; replaces. */
sl_rc sl_password_set(struct sl_tx *tx, sl_str user_id, sl_str hash, int64_t now_us) SL_CHECKED;
/** SL_E_NOTFOUND when the user has none. In `a`. */
sl_rc sl_password_get(struct sl_tx *tx, sl_str user_id, struct sl_arena *a,
                      sl_str *ret_hash) SL_CHECKED;

/** Of a token; replaces. `hash`: SHA-256 in hexadecimal digits. */
sl_rc sl_token_hash_set(struct sl_tx *tx, sl_str token_id, sl_str hash) SL_CHECKED;
/** The token with this hash; SL_E_NOTFOUND. */
sl_rc sl_token_hash_find(struct sl_tx *tx, sl_str hash, struct sl_arena *a,
                         sl_str *ret_token_id) SL_CHECKED;

/** An id that may be shown: the first digits of the hash, which say nothing of what the client holds. */
enum { SL_SESSION_ID_BYTES = 32 };

struct sl_session {
    sl_str hash, user_id, csrf, remote, agent;
    int64_t created_us, seen_us, expires_us;
};

sl_rc sl_session_insert(struct sl_tx *tx, const struct sl_session *s) SL_CHECKED;
/** SL_E_NOTFOUND when there is none; one that has expired is returned. */
sl_rc sl_session_find(struct sl_tx *tx, sl_str hash, struct sl_arena *a,
                      struct sl_session *ret) SL_CHECKED;
sl_rc sl_session_touch(struct sl_tx *tx, sl_str hash, int64_t seen_us,
                       int64_t expires_us) SL_CHECKED;
sl_rc sl_session_delete(struct sl_tx *tx, sl_str hash) SL_CHECKED;
/** By the first SL_SESSION_ID_BYTES of its hash. SL_E_NOTFOUND, also for an id of another length. */
sl_rc sl_session_find_by_id(struct sl_tx *tx, sl_str id, struct sl_arena *a,
                            struct sl_session *ret) SL_CHECKED;

struct sl_session_query {
    int64_t now_us; /* those that have not ended by then */
    sl_str user_id; /* empty: of anybody */
    int64_t
        before_us; /* those that began before the session of this time and id; 0: from the newest */
    sl_str before_id;
    size_t limit;
};
/** Visit sessions, the newest first, each with its user's name; their texts live until `visit` returns. */
sl_rc sl_sessions_each(struct sl_tx *tx, const struct sl_session_query *query,
                       void (*visit)(const struct sl_session *s, sl_str user, void *arg),
                       void *arg) SL_CHECKED;
/** Every session of a user but `kept` (may be empty). */
sl_rc sl_sessions_delete_of(struct sl_tx *tx, sl_str user_id, sl_str kept) SL_CHECKED;
sl_rc sl_sessions_prune(struct sl_tx *tx, int64_t now_us) SL_CHECKED;

/** The user that a provider of single sign-on means by `subject`. SL_E_CONFLICT: it means somebody already. */
sl_rc sl_identity_link_insert(struct sl_tx *tx, sl_str provider_id, sl_str subject, sl_str user_id,
                              int64_t now_us) SL_CHECKED;
/** SL_E_NOTFOUND when it means nobody. */
sl_rc sl_identity_link_find(struct sl_tx *tx, sl_str provider_id, sl_str subject,
                            struct sl_arena *a, sl_str *ret_user_id) SL_CHECKED;

/** A user, token or identity provider is gone: its password, hashes, sessions and links go too. */
sl_rc sl_identity_forget(struct sl_tx *tx, sl_str id) SL_CHECKED;

struct sl_idempotency {
    sl_str actor, key, fingerprint, subject_id;
    int64_t status, created_us;
};

sl_rc sl_idempotency_find(struct sl_tx *tx, sl_str actor, sl_str key, struct sl_arena *a,
                          struct sl_idempotency *ret) SL_CHECKED;
sl_rc sl_idempotency_insert(struct sl_tx *tx, const struct sl_idempotency *i) SL_CHECKED;
sl_rc sl_idempotency_prune(struct sl_tx *tx, int64_t before_us) SL_CHECKED;
