#include "store/identity.h"
#include "base/fmt.h"
#include "base/str.h"

/* Run a statement with one text for each '?'. */
static sl_rc run(struct sl_tx *tx, const char *sql, const sl_str *texts, size_t n)
{
    struct sl_query *q = sl_tx_query(tx, sql);
    for (size_t i = 0; i < n; i++)
        sl_query_text(q, (int)i + 1, texts[i]);
    return sl_query_run(q);
}

/* One text, by one text for each '?'. */
static sl_rc find_text(struct sl_tx *tx, const char *sql, const sl_str *texts, size_t n,
                       struct sl_arena *a, sl_str *ret)
{
    struct sl_query *q = sl_tx_query(tx, sql);
    sl_str found = {0};
    for (size_t i = 0; i < n; i++)
        sl_query_text(q, (int)i + 1, texts[i]);
    if (sl_query_row(q))
        found = sl_arena_dup(a, sl_query_text_at(q, 0));
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK && found.p == NULL)
        return SL_E_NOTFOUND;
    if (rc == SL_OK)
        *ret = found;
    return rc;
}

/* ------------------------------------------------------------------ passwords and tokens */

sl_rc sl_password_set(struct sl_tx *tx, sl_str user_id, sl_str hash, int64_t now_us)
{
    struct sl_query *q =
        sl_tx_query(tx, "INSERT INTO password (user_id, hash, changed_us) VALUES (?, ?, ?)"
                        " ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash,"
                        " changed_us = excluded.changed_us");
    sl_query_text(q, 1, user_id);
    sl_query_text(q, 2, hash);
    sl_query_i64(q, 3, now_us);
    return sl_query_run(q);
}

sl_rc sl_password_get(struct sl_tx *tx, sl_str user_id, struct sl_arena *a, sl_str *ret_hash)
{
    return find_text(tx, "SELECT hash FROM password WHERE user_id = ?", &user_id, 1, a, ret_hash);
}

sl_rc sl_token_hash_set(struct sl_tx *tx, sl_str token_id, sl_str hash)
{
    sl_rc rc = run(tx, "DELETE FROM token_hash WHERE token_id = ?", &token_id, 1);
    const sl_str texts[] = {hash, token_id};
    return rc == SL_OK ? run(tx, "INSERT INTO token_hash (hash, token_id) VALUES (?, ?)", texts, 2)
                       : rc;
}

sl_rc sl_token_hash_find(struct sl_tx *tx, sl_str hash, struct sl_arena *a, sl_str *ret_token_id)
{
    return find_text(tx, "SELECT token_id FROM token_hash WHERE hash = ?", &hash, 1, a,
                     ret_token_id);
}

sl_rc sl_identity_forget(struct sl_tx *tx, sl_str id)
{
    static const char *const statements[] = {
        "DELETE FROM password WHERE user_id = ?", "DELETE FROM token_hash WHERE token_id = ?",
        "DELETE FROM session WHERE user_id = ?", "DELETE FROM identity_link WHERE user_id = ?",
        "DELETE FROM identity_link WHERE provider_id = ?"};
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < SL_LEN(statements) && rc == SL_OK; i++)
        rc = run(tx, statements[i], &id, 1);
    return rc;
}

/* ------------------------------------------------------------------ single sign-on */

sl_rc sl_identity_link_insert(struct sl_tx *tx, sl_str provider_id, sl_str subject, sl_str user_id,
                              int64_t now_us)
{
    struct sl_query *q =
        sl_tx_query(tx, "INSERT INTO identity_link (provider_id, subject, user_id, created_us)"
                        " VALUES (?, ?, ?, ?)");
    sl_query_text(q, 1, provider_id);
    sl_query_text(q, 2, subject);
    sl_query_text(q, 3, user_id);
    sl_query_i64(q, 4, now_us);
    return sl_query_run(q);
}

sl_rc sl_identity_link_find(struct sl_tx *tx, sl_str provider_id, sl_str subject,
                            struct sl_arena *a, sl_str *ret_user_id)
{
    const sl_str texts[] = {provider_id, subject};
    return find_text(tx, "SELECT user_id FROM identity_link WHERE provider_id = ? AND subject = ?",
                     texts, SL_LEN(texts), a, ret_user_id);
}

/* ------------------------------------------------------------------ sessions */

sl_rc sl_session_insert(struct sl_tx *tx, const struct sl_session *s)
{
    struct sl_query *q = sl_tx_query(
        tx, "INSERT INTO session (hash, user_id, csrf, remote, created_us, seen_us, expires_us,"
            " agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    sl_query_text(q, 1, s->hash);
    sl_query_text(q, 2, s->user_id);
    sl_query_text(q, 3, s->csrf);
    sl_query_text(q, 4, s->remote);
    sl_query_i64(q, 5, s->created_us);
    sl_query_i64(q, 6, s->seen_us);
    sl_query_i64(q, 7, s->expires_us);
    sl_query_text(q, 8, s->agent);
    return sl_query_run(q);
}

#define SESSION_COLUMNS \
    "s.hash, s.user_id, s.csrf, s.remote, s.created_us, s.seen_us, s.expires_us, s.agent"

static struct sl_session session_at(struct sl_query *q)
{
    return (struct sl_session){
        .hash = sl_query_text_at(q, 0),
        .user_id = sl_query_text_at(q, 1),
        .csrf = sl_query_text_at(q, 2),
        .remote = sl_query_text_at(q, 3),
        .created_us = sl_query_i64_at(q, 4),
        .seen_us = sl_query_i64_at(q, 5),
        .expires_us = sl_query_i64_at(q, 6),
        .agent = sl_query_text_at(q, 7),
    };
}

/* The only row of a query that is ready to run. */
static sl_rc find_session(struct sl_query *q, struct sl_arena *a, struct sl_session *ret)
{
    struct sl_session s = {0};
    if (sl_query_row(q)) {
        s = session_at(q);
        s.hash = sl_arena_dup(a, s.hash);
        s.user_id = sl_arena_dup(a, s.user_id);
        s.csrf = sl_arena_dup(a, s.csrf);
        s.remote = sl_arena_dup(a, s.remote);
        s.agent = sl_arena_dup(a, s.agent);
    }
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK && s.hash.p == NULL)
        return SL_E_NOTFOUND;
    if (rc == SL_OK)
        *ret = s;
    return rc;
}

sl_rc sl_session_find(struct sl_tx *tx, sl_str hash, struct sl_arena *a, struct sl_session *ret)
{
    struct sl_query *q =
        sl_tx_query(tx, "SELECT " SESSION_COLUMNS " FROM session s WHERE s.hash = ?");
    sl_query_text(q, 1, hash);
    return find_session(q, a, ret);
}

sl_rc sl_session_find_by_id(struct sl_tx *tx, sl_str id, struct sl_arena *a, struct sl_session *ret)
{
    if (id.n != SL_SESSION_ID_BYTES)
        return SL_E_NOTFOUND;
    struct sl_query *q = sl_tx_query(tx, "SELECT " SESSION_COLUMNS
                                         " FROM session s WHERE s.hash >= ? AND s.hash < ?");
    sl_query_text(q, 1, id);
    sl_query_text(q, 2, sl_fmt(a, "%.*sg", SL_STRF(id))); /* above any hexadecimal digit */
    return find_session(q, a, ret);
}

sl_rc sl_sessions_each(struct sl_tx *tx, const struct sl_session_query *query,
                       void (*visit)(const struct sl_session *s, sl_str user, void *arg), void *arg)
{
    static const char of_all[] = "SELECT " SESSION_COLUMNS ", r.name FROM session s"
                                 " JOIN resource r ON r.id = s.user_id"
                                 " WHERE s.expires_us > ? AND (s.created_us, s.hash) < (?, ?)"
                                 " ORDER BY s.created_us DESC, s.hash DESC LIMIT ?";
    static const char of_one[] = "SELECT " SESSION_COLUMNS ", r.name FROM session s"
                                 " JOIN resource r ON r.id = s.user_id"
                                 " WHERE s.expires_us > ? AND (s.created_us, s.hash) < (?, ?)"
                                 " AND s.user_id = ?"
                                 " ORDER BY s.created_us DESC, s.hash DESC LIMIT ?";
    bool is_of_one = query->user_id.n != 0;
    struct sl_query *q = sl_tx_query(tx, is_of_one ? of_one : of_all);
    sl_query_i64(q, 1, query->now_us);
    sl_query_i64(q, 2, query->before_us != 0 ? query->before_us : INT64_MAX);
    sl_query_text(q, 3, query->before_id);
    if (is_of_one)
        sl_query_text(q, 4, query->user_id);
    sl_query_i64(q, is_of_one ? 5 : 4, (int64_t)query->limit);
    while (sl_query_row(q)) {
        struct sl_session s = session_at(q);
        visit(&s, sl_query_text_at(q, 8), arg);
    }
    return sl_query_end(q);
}

sl_rc sl_session_touch(struct sl_tx *tx, sl_str hash, int64_t seen_us, int64_t expires_us)
{
    struct sl_query *q =
        sl_tx_query(tx, "UPDATE session SET seen_us = ?, expires_us = ? WHERE hash = ?");
    sl_query_i64(q, 1, seen_us);
    sl_query_i64(q, 2, expires_us);
    sl_query_text(q, 3, hash);
    return sl_query_run(q);
}

sl_rc sl_session_delete(struct sl_tx *tx, sl_str hash)
{
    return run(tx, "DELETE FROM session WHERE hash = ?", &hash, 1);
}

sl_rc sl_sessions_delete_of(struct sl_tx *tx, sl_str user_id, sl_str kept)
{
    const sl_str texts[] = {user_id, kept};
    return run(tx, "DELETE FROM session WHERE user_id = ? AND hash <> ?", texts, 2);
}

static sl_rc prune(struct sl_tx *tx, const char *sql, int64_t before_us)
{
    struct sl_query *q = sl_tx_query(tx, sql);
    sl_query_i64(q, 1, before_us);
    return sl_query_run(q);
}

sl_rc sl_sessions_prune(struct sl_tx *tx, int64_t now_us)
{
    return prune(tx, "DELETE FROM session WHERE expires_us <= ?", now_us);
}

/* ------------------------------------------------------------------ idempotency */

sl_rc sl_idempotency_find(struct sl_tx *tx, sl_str actor, sl_str key, struct sl_arena *a,
                          struct sl_idempotency *ret)
{
    struct sl_query *q =
        sl_tx_query(tx, "SELECT fingerprint, subject_id, status, created_us FROM idempotency"
                        " WHERE actor = ? AND key = ?");
    struct sl_idempotency i = {.actor = actor, .key = key};
    sl_query_text(q, 1, actor);
    sl_query_text(q, 2, key);
    if (sl_query_row(q)) {
        i.fingerprint = sl_arena_dup(a, sl_query_text_at(q, 0));
        i.subject_id = sl_arena_dup(a, sl_query_text_at(q, 1));
        i.status = sl_query_i64_at(q, 2);
        i.created_us = sl_query_i64_at(q, 3);
    }
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK && i.fingerprint.p == NULL)
        return SL_E_NOTFOUND;
    if (rc == SL_OK)
        *ret = i;
    return rc;
}

sl_rc sl_idempotency_insert(struct sl_tx *tx, const struct sl_idempotency *i)
{
    struct sl_query *q = sl_tx_query(
        tx, "INSERT INTO idempotency (actor, key, fingerprint, status, subject_id, created_us)"
            " VALUES (?, ?, ?, ?, ?, ?)");
    sl_query_text(q, 1, i->actor);
    sl_query_text(q, 2, i->key);
    sl_query_text(q, 3, i->fingerprint);
    sl_query_i64(q, 4, i->status);
    sl_query_text(q, 5, i->subject_id);
    sl_query_i64(q, 6, i->created_us);
    return sl_query_run(q);
}

sl_rc sl_idempotency_prune(struct sl_tx *tx, int64_t before_us)
{
    return prune(tx, "DELETE FROM idempotency WHERE created_us < ?", before_us);
}
