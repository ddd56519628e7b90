#include "control/identity.h"
#include "control/refusals.h"
#include "base/clock.h"
#include "base/enc.h"
#include "base/fmt.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/cookie.h"
#include "codec/crypto.h"
#include "codec/json.h"
#include "control/password.h"
#include "control/settings.h"
#include "control/throttle.h"
#include "control/tree.h"
#include "store/audit.h"
#include "store/identity.h"

enum {
    PASSWORD_RANDOM_BYTES = 15,
    PREFIX_BYTES = 11,
    TOUCH_US = 60 * 1000000, /* a session's last use is written once in this time */
    TEAM_DEPTH_MAX = 32,
};

/* A hash of nothing that anybody knows: the time for a user that is not there. */
static const sl_str no_hash = SL_STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
                                          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");

sl_str sl_identity_random(struct sl_arena *a, const char *prefix, size_t bytes)
{
    uint8_t random[SL_IDENTITY_SECRET_BYTES];
    struct sl_strbuf b;
    SL_ASSERT(bytes <= sizeof(random));
    sl_rand_os(random, bytes);
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, sl_cstr(prefix));
    sl_enc_base64url(&b, sl_str_of((const char *)random, bytes));
    return sl_strbuf_str(&b);
}

static sl_str hash_of(struct sl_arena *a, sl_str secret)
{
    uint8_t digest[SL_SHA256_BYTES];
    struct sl_strbuf b;
    sl_sha256(secret, digest);
    sl_strbuf_init(&b, a, 0);
    sl_enc_hex(&b, sl_digest_str(digest, sizeof(digest)));
    return sl_strbuf_str(&b);
}

struct sl_actor *sl_actor_almighty(struct sl_arena *a, const char *name)
{
    struct sl_actor *actor = sl_arena_new_of(a, struct sl_actor);
    struct sl_grant *all = sl_arena_new_of(a, struct sl_grant);
    all->patterns.v = sl_arena_new_of(a, sl_str);
    all->patterns.v[0] = SL_STR("*:*");
    all->patterns.n = 1;
    *actor = (struct sl_actor){
        .name = sl_cstr(name), .remote = SL_STR("local"), .grants = all, .grant_count = 1};
    return actor;
}

/* ------------------------------------------------------------------ what a user may */

static sl_rc parse(sl_str json, struct sl_arena *a, const struct sl_node **ret)
{
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    return sl_json_to_node(json, SL_STR(""), a, d, ret);
}

static struct sl_strs texts_of(const struct sl_node *list, struct sl_arena *a)
{
    struct sl_strs out = {0};
    if (list == NULL || list->kind != SL_NODE_LIST)
        return out;
    out.v = sl_arena_array(a, sl_str, list->child_count);
    for (const struct sl_node *n = list->children; n != NULL; n = n->next)
        out.v[out.n++] = n->text;
    return out;
}

sl_rc sl_role_patterns(struct sl_tx *tx, sl_str role, struct sl_arena *a, struct sl_strs *ret)
{
    struct sl_row row;
    const struct sl_node *spec = NULL;
    sl_rc rc = sl_row_by_name(tx, SL_STR("role"), role, a, &row);
    if (rc == SL_OK)
        rc = parse(row.spec, a, &spec);
    if (rc == SL_OK)
        *ret = texts_of(sl_node_get(spec, SL_STR("permissions")), a);
    return rc;
}

struct teams {
    struct sl_arena *a;
    sl_str *names, *parents;
    size_t n, cap;
    sl_rc rc;
};

static bool note_team(const struct sl_row *row, void *arg)
{
    struct teams *t = arg;
    const struct sl_node *spec = NULL;
    if (t->n == t->cap) {
        sl_str *names = sl_arena_array(t->a, sl_str, 2 * t->cap + 16),
               *parents = sl_arena_array(t->a, sl_str, 2 * t->cap + 16);
        for (size_t i = 0; i < t->n; i++) {
            names[i] = t->names[i];
            parents[i] = t->parents[i];
        }
        t->names = names;
        t->parents = parents;
        t->cap = 2 * t->cap + 16;
    }
    struct sl_arena *scratch = sl_arena_new("team", SL_MIB(256)); /* most of it is not needed */
    t->rc = parse(row->spec, scratch, &spec);
    t->names[t->n] = sl_arena_dup(t->a, row->name);
    t->parents[t->n++] = sl_arena_dup(t->a, sl_tree_text(spec, "parent"));
    sl_arena_free(scratch);
    return t->rc == SL_OK;
}

static bool is_below(const struct teams *t, size_t team, sl_str top)
{
    sl_str at = t->names[team];
    for (int depth = 0; depth < TEAM_DEPTH_MAX && at.n != 0; depth++) {
        if (sl_str_eq(at, top))
            return true;
        size_t i = 0;
        while (i < t->n && !sl_str_eq(t->names[i], at))
            i++;
        at = i < t->n ? t->parents[i] : (sl_str){0};
    }
    return false;
}

/* The team itself and all below it. */
static sl_rc team_closure(struct sl_tx *tx, sl_str top, struct sl_arena *a, struct sl_strs *ret)
{
    struct teams t = {.a = a};
    struct sl_row_query query = {.kind = SL_STR("team")};
    sl_rc rc = sl_rows_each(tx, &query, note_team, &t);
    if (rc == SL_OK)
        rc = t.rc;
    ret->v = sl_arena_array(a, sl_str, t.n + 1);
    for (size_t i = 0; i < t.n && rc == SL_OK; i++) {
        if (is_below(&t, i, top))
            ret->v[ret->n++] = t.names[i];
    }
    return rc;
}

static sl_rc read_grant(struct sl_tx *tx, const struct sl_node *n, struct sl_arena *a,
                        struct sl_grant *ret)
{
    sl_str team = sl_tree_text(n, "team");
    *ret = (struct sl_grant){.role = sl_tree_text(n, "role"),
                             .workspace = sl_tree_text(n, "workspace"),
                             .is_of_team = team.n != 0};
    sl_rc rc = sl_role_patterns(tx, ret->role, a, &ret->patterns);
    if (rc == SL_OK && team.n != 0)
        rc = team_closure(tx, team, a, &ret->teams);
    return rc;
}

static sl_rc read_user(struct sl_tx *tx, sl_str id, struct sl_arena *a, struct sl_actor *ret)
{
    struct sl_row row;
    const struct sl_node *spec = NULL;
    sl_rc rc = sl_row_by_id(tx, SL_STR("user"), id, a, &row);
    if (rc == SL_OK)
        rc = parse(row.spec, a, &spec);
    if (rc != SL_OK || sl_tree_is_true(spec, "disabled"))
        return rc != SL_OK ? rc : SL_E_UNAUTHENTICATED;
    const struct sl_node *grants = sl_node_get(spec, SL_STR("grants"));
    size_t n = grants != NULL ? grants->child_count : 0;
    ret->user = row.name;
    ret->user_id = row.id;
    ret->name = sl_fmt(a, "user:%.*s", SL_STRF(row.name));
    ret->grants = sl_arena_array(a, struct sl_grant, n);
    for (const struct sl_node *g = n != 0 ? grants->children : NULL; g != NULL && rc == SL_OK;
         g = g->next)
        rc = read_grant(tx, g, a, &ret->grants[ret->grant_count++]);
    return rc;
}

/* ------------------------------------------------------------------ tokens */

sl_rc sl_identity_new_token(struct sl_change *c)
{
    struct sl_arena *a = c->work->a;
    sl_str text = sl_identity_random(a, "slat_", SL_IDENTITY_SECRET_BYTES);
    sl_rc rc = sl_token_hash_set(c->work->tx, c->row.id, hash_of(a, text));
    if (rc != SL_OK)
        return sl_work_fail(c->work, rc);
    c->reveal = sl_tree_map(a);
    sl_tree_put_str(a, c->reveal, "secret", text);
    sl_tree_put_str(a, c->status, "prefix", sl_str_head(text, PREFIX_BYTES));
    return sl_change_save(c);
}

static bool is_expired(const struct sl_node *spec)
{
    int64_t unix_us;
    sl_str expires = sl_tree_text(spec, "expires");
    return expires.n != 0 &&
           (!sl_parse_rfc3339(expires, &unix_us) || unix_us <= sl_clock_wall_us());
}

static sl_rc by_token(struct sl_tx *tx, sl_str text, struct sl_arena *a, struct sl_actor *ret,
                      struct sl_row *ret_token)
{
    sl_str id;
    struct sl_row row, user;
    const struct sl_node *spec = NULL;
    sl_rc rc = sl_token_hash_find(tx, hash_of(a, text), a, &id);
    if (rc == SL_OK)
        rc = sl_row_by_id(tx, SL_STR("token"), id, a, &row);
    if (rc == SL_OK)
        rc = parse(row.spec, a, &spec);
    if (rc == SL_OK && (sl_tree_is_true(spec, "disabled") || is_expired(spec)))
        rc = SL_E_UNAUTHENTICATED;
    if (rc == SL_OK)
        rc = sl_row_by_name(tx, SL_STR("user"), sl_tree_text(spec, "user"), a, &user);
    if (rc == SL_OK)
        rc = read_user(tx, user.id, a, ret);
    if (rc != SL_OK)
        return rc;
    const struct sl_node *scopes = sl_node_get(spec, SL_STR("scopes"));
    ret->has_scopes = scopes != NULL && scopes->child_count != 0;
    ret->scopes = texts_of(scopes, a);
    ret->name = sl_fmt(a, "token:%.*s", SL_STRF(row.name));
    *ret_token = row;
    return SL_OK;
}

/* Is what stands in its status as its last use older than a minute, or nothing? */
static bool is_use_news(const struct sl_row *token, int64_t now_us, struct sl_arena *a)
{
    const struct sl_node *status = NULL;
    int64_t used_us;
    return parse(token->status, a, &status) == SL_OK &&
           (!sl_parse_rfc3339(sl_tree_text(status, "last_used_at"), &used_us) ||
            now_us - used_us > TOUCH_US);
}

/* Neither a change of the token nor audited: only seen. */
static sl_rc put_use(struct sl_tx *tx, const struct sl_row *token, sl_str remote, int64_t now_us,
                     struct sl_arena *a)
{
    struct sl_row row;
    const struct sl_node *status = NULL;
    sl_rc rc = sl_row_by_id(tx, SL_STR("token"), token->id, a, &row); /* as it is now */
    if (rc == SL_OK)
        rc = parse(row.status, a, &status);
    if (rc != SL_OK)
        return rc;
    struct sl_node *seen = sl_tree_copy(a, status);
    sl_tree_put(seen, SL_STR("last_used_at"), sl_tree_time(a, now_us));
    sl_tree_put_str(a, seen, "last_used_from", remote);
    return sl_row_set_status(tx, row.id, sl_tree_json(seen, a));
}

static sl_rc note_use(struct sl_control *c, const struct sl_row *token, sl_str remote,
                      int64_t now_us, struct sl_arena *a)
{
    struct sl_tx *tx;
    if (!is_use_news(token, now_us, a))
        return SL_OK;
    sl_rc rc = sl_store_write(c->store, &tx);
    if (rc != SL_OK)
        return rc;
    rc = put_use(tx, token, remote, now_us, a);
    if (rc == SL_OK)
        return sl_tx_commit(tx);
    sl_tx_rollback(tx);
    return rc;
}

/* ------------------------------------------------------------------ sessions */

struct sl_came_from sl_came_from(sl_str remote, sl_str request_id, const struct sl_headers *headers,
                                 struct sl_arena *a)
{
    const struct sl_header *agent = sl_headers_find(headers, SL_STR("user-agent"));
    struct sl_strbuf text;
    sl_strbuf_init(&text, a, 0);
    if (agent != NULL)
        sl_utf8_add_lossy(&text, sl_str_head(agent->value, SL_AGENT_BYTES_MAX));
    return (struct sl_came_from){remote, request_id, sl_strbuf_str(&text)};
}

/* When a session ends that is used at `used_us` for the last time. */
static int64_t end_of(const struct sl_settings *settings, int64_t created_us, int64_t used_us)
{
    return SL_MIN(used_us + settings->session_idle_us, created_us + settings->session_max_us);
}

static sl_rc touch(struct sl_control *c, const struct sl_session *s, int64_t now_us,
                   struct sl_arena *a)
{
    struct sl_tx *tx;
    struct sl_settings settings;
    sl_rc rc = sl_store_write(c->store, &tx);
    if (rc != SL_OK)
        return rc;
    rc = sl_settings_read(tx, a, &settings);
    if (rc == SL_OK)
        rc = sl_session_touch(tx, s->hash, now_us, end_of(&settings, s->created_us, now_us));
    if (rc == SL_OK)
        return sl_tx_commit(tx);
    sl_tx_rollback(tx);
    return rc;
}

static sl_rc by_session(struct sl_tx *tx, sl_str cookie, struct sl_arena *a, struct sl_actor *ret,
                        struct sl_session *ret_session)
{
    const struct sl_session *s = ret_session;
    struct sl_settings settings;
    int64_t now_us = sl_clock_wall_us();
    sl_rc rc = sl_session_find(tx, hash_of(a, cookie), a, ret_session);
    if (rc == SL_OK)
        rc = sl_settings_read(tx, a, &settings); /* they may have become stricter */
    if (rc == SL_OK &&
        SL_MIN(s->expires_us, end_of(&settings, s->created_us, s->seen_us)) <= now_us)
        rc = SL_E_UNAUTHENTICATED;
    if (rc == SL_OK)
        rc = read_user(tx, ret_session->user_id, a, ret);
    ret->session_hash = rc == SL_OK ? ret_session->hash : (sl_str){0};
    ret->csrf = rc == SL_OK ? ret_session->csrf : (sl_str){0};
    return rc;
}

static sl_str csrf_of(const struct sl_headers *h)
{
    const struct sl_header *f = sl_headers_find(h, SL_STR("x-csrf-token"));
    return f != NULL ? f->value : (sl_str){0};
}

/* ------------------------------------------------------------------ who asks */

static sl_str bearer_of(const struct sl_headers *h)
{
    sl_str value = sl_headers_get_id(h, SL_H_AUTHORIZATION);
    return sl_str_istarts(value, SL_STR("bearer ")) ? sl_str_trim(sl_str_from(value, 7))
                                                    : (sl_str){0};
}

static sl_rc as_refusal(sl_rc rc, const char **ret_why)
{
    if (rc == SL_OK)
        return rc;
    if (rc != SL_E_NOTFOUND && rc != SL_E_UNAUTHENTICATED)
        return SL_E_STORE;
    *ret_why = "the credential is not known, has expired, or its user is disabled";
    return SL_E_UNAUTHENTICATED;
}

static sl_rc authenticate(struct sl_control *c, const struct sl_claim *claim, struct sl_tx *tx,
                          struct sl_arena *a, struct sl_actor *ret, struct sl_session *session,
                          struct sl_row *token, const char **ret_why)
{
    sl_str cookie, bearer = bearer_of(claim->headers);
    if (bearer.n != 0)
        return as_refusal(by_token(tx, bearer, a, ret, token), ret_why);
    if (!sl_cookie_get(claim->headers, SL_STR("sluice_session"), &cookie) || cookie.n == 0)
        return SL_E_UNAUTHENTICATED;
    sl_rc rc = as_refusal(by_session(tx, cookie, a, ret, session), ret_why);
    if (rc == SL_OK && !claim->is_safe &&
        !sl_str_eq_secret(csrf_of(claim->headers), session->csrf)) {
        *ret_why = "a session must send its token as X-CSRF-Token with what changes something";
        return SL_E_DENIED;
    }
    return rc;
}

sl_rc sl_identity_authenticate(struct sl_control *c, const struct sl_claim *claim,
                               struct sl_arena *a, struct sl_actor *ret, const char **ret_why)
{
    struct sl_tx *tx;
    struct sl_session session = {0};
    struct sl_row token = {0};
    struct sl_actor actor = {0};
    sl_rc rc = SL_OK;
    *ret_why = NULL;
    if (claim->is_local && bearer_of(claim->headers).n == 0) {
        actor = *sl_actor_almighty(a, "local");
    } else {
        if (sl_store_read(c->store, &tx) != SL_OK)
            return SL_E_STORE;
        rc = authenticate(c, claim, tx, a, &actor, &session, &token, ret_why);
        sl_tx_rollback(tx);
    }
    if (rc != SL_OK)
        return rc;
    int64_t now_us = sl_clock_wall_us();
    if (session.hash.n != 0 && now_us - session.seen_us > TOUCH_US)
        (void)touch(c, &session, now_us,
                    a); /* an older last use ends the session sooner, no more */
    if (token.id.n != 0)
        (void)note_use(c, &token, claim->remote, now_us,
                       a); /* a use that is not told hurts nobody */
    actor.remote = claim->remote;
    actor.request_id = claim->request_id;
    *ret = actor;
    return SL_OK;
}

/* ------------------------------------------------------------------ logging in */

static sl_rc find_password(struct sl_control *c, sl_str name, struct sl_arena *a,
                           struct sl_row *ret_user, sl_str *ret_hash)
{
    struct sl_tx *tx;
    if (sl_store_read(c->store, &tx) != SL_OK)
        return SL_E_STORE;
    sl_rc rc = sl_row_by_name(tx, SL_STR("user"), name, a, ret_user);
    if (rc == SL_OK)
        rc = sl_password_get(tx, ret_user->id, a, ret_hash);
    sl_tx_rollback(tx);
    return rc == SL_OK || rc == SL_E_NOTFOUND ? rc : SL_E_STORE;
}

static sl_rc audit_session(struct sl_tx *tx, const struct sl_sign_in *s, const char *action,
                           struct sl_arena *a)
{
    const struct sl_row *user = s->user;
    struct sl_node *after = sl_tree_map(a);
    sl_tree_put_str(a, after, "identity_provider", s->provider);
    struct sl_audit e = {
        .at_us = sl_clock_wall_us(),
        .actor = sl_fmt(a, "user:%.*s", SL_STRF(user->name)),
        .remote = s->from.remote,
        .request_id = s->from.request_id,
        .action = sl_cstr(action),
        .kind = SL_STR("session"),
        .subject_id = user->id,
        .subject = user->name,
        .after = s->provider.n != 0 ? sl_tree_json(after, a) : (sl_str){0},
    };
    return sl_audit_append(tx, &e);
}

sl_rc sl_identity_begin_session(struct sl_control *c, const struct sl_sign_in *sign_in,
                                struct sl_arena *a, struct sl_login *ret)
{
    const struct sl_row *user = sign_in->user;
    struct sl_tx *tx;
    struct sl_actor actor = {0};
    int64_t now_us = sl_clock_wall_us();
    sl_str cookie = sl_identity_random(a, "", SL_IDENTITY_SECRET_BYTES);
    struct sl_session s = {
        .hash = hash_of(a, cookie),
        .user_id = user->id,
        .csrf = sl_identity_random(a, "", SL_IDENTITY_SECRET_BYTES),
        .remote = sign_in->from.remote,
        .agent = sign_in->from.agent,
        .created_us = now_us,
        .seen_us = now_us,
    };
    struct sl_settings settings;
    if (sl_store_write(c->store, &tx) != SL_OK)
        return SL_E_STORE;
    sl_rc rc = read_user(tx, user->id, a, &actor); /* is it disabled? */
    if (rc == SL_OK)
        rc = sl_sessions_prune(tx, now_us);
    if (rc == SL_OK)
        rc = sl_settings_read(tx, a, &settings);
    if (rc == SL_OK) {
        s.expires_us = end_of(&settings, now_us, now_us);
        rc = sl_session_insert(tx, &s);
    }
    if (rc == SL_OK)
        rc = audit_session(tx, sign_in, "session.login", a);
    if (rc != SL_OK) {
        sl_tx_rollback(tx);
        return rc == SL_E_UNAUTHENTICATED ? rc : SL_E_STORE;
    }
    *ret = (struct sl_login){.cookie = cookie,
                             .csrf = s.csrf,
                             .user = user->name,
                             .expires_us = s.expires_us,
                             .max_us = settings.session_max_us};
    return sl_tx_commit(tx) == SL_OK ? SL_OK : SL_E_STORE;
}

sl_rc sl_identity_login(struct sl_control *c, sl_str name, sl_str password,
                        const struct sl_came_from *from, struct sl_arena *a, struct sl_login *ret)
{
    struct sl_row user = {0};
    sl_str hash = no_hash;
    sl_usec now_us = sl_clock_mono_us();
    sl_str by_name = sl_fmt(a, "name:%.*s", SL_STRF(sl_str_head(name, SL_KEY_BYTES_MAX))),
           by_remote = sl_fmt(a, "ip:%.*s", SL_STRF(from->remote));
    ret->wait_us = SL_MAX(sl_throttle_wait(c->throttle, by_name, now_us),
                          sl_throttle_wait(c->throttle, by_remote, now_us));
    if (ret->wait_us > 0)
        return SL_E_THROTTLED;
    sl_rc rc = find_password(c, name, a, &user, &hash);
    if (rc == SL_E_STORE)
        return rc;
    bool is_right = sl_password_verify(sl_str_head(password, SL_PASSWORD_BYTES_MAX), hash);
    const struct sl_sign_in s = {.user = &user, .from = *from};
    rc = is_right && rc == SL_OK ? sl_identity_begin_session(c, &s, a, ret) : SL_E_UNAUTHENTICATED;
    if (rc == SL_E_UNAUTHENTICATED) {
        sl_throttle_failed(c->throttle, by_name, now_us);
        sl_throttle_failed(c->throttle, by_remote, now_us);
        sl_log(c->config.log, WARN, "admin login failed", SL_KV_STR("user", name),
               SL_KV_STR("remote", from->remote));
        const struct sl_refusal refusal = {.action = "session.refused",
                                           .kind = "session",
                                           .actor = SL_STR("nobody"),
                                           .remote = from->remote,
                                           .request_id = from->request_id,
                                           .subject = name,
                                           .status = 401};
        sl_refusals_note(c->refusals, &refusal, sl_clock_wall_us());
    } else {
        sl_throttle_forget(c->throttle, by_name);
    }
    return rc;
}

sl_rc sl_identity_logout(struct sl_control *c, const struct sl_actor *actor, struct sl_arena *a)
{
    const struct sl_row user = {.id = actor->user_id, .name = actor->user};
    struct sl_tx *tx;
    if (actor->session_hash.n == 0)
        return SL_OK;
    const struct sl_sign_in s = {
        .user = &user, .from = {.remote = actor->remote, .request_id = actor->request_id}};
    if (sl_store_write(c->store, &tx) != SL_OK)
        return SL_E_STORE;
    if (sl_session_delete(tx, actor->session_hash) == SL_OK &&
        audit_session(tx, &s, "session.logout", a) == SL_OK)
        return sl_tx_commit(tx) == SL_OK ? SL_OK : SL_E_STORE;
    sl_tx_rollback(tx);
    return SL_E_STORE;
}

/* ------------------------------------------------------------------ passwords */

/* The user whose password was printed on the first run and has not been changed since. */
static const sl_str printed_password = SL_STR_INIT("printed_password");

sl_rc sl_identity_has_printed_password(struct sl_tx *tx, sl_str user_id, struct sl_arena *a,
                                       bool *ret)
{
    sl_str id = {0};
    sl_rc rc = sl_setting_get(tx, printed_password, a, &id);
    *ret = rc == SL_OK && id.n != 0 && sl_str_eq(id, user_id);
    return rc == SL_E_NOTFOUND ? SL_OK : rc;
}

static sl_rc forget_printed(struct sl_work *w, sl_str user_id)
{
    bool is_printed;
    sl_rc rc = sl_identity_has_printed_password(w->tx, user_id, w->a, &is_printed);
    return rc == SL_OK && is_printed ? sl_setting_put(w->tx, printed_password, SL_STR("")) : rc;
}

static sl_rc check_password(struct sl_work *w, sl_str password)
{
    struct sl_settings settings;
    sl_rc rc = sl_settings_read(w->tx, w->a, &settings);
    if (rc != SL_OK)
        return sl_work_fail(w, rc);
    if (password.n >= (size_t)settings.password_min)
        return SL_OK;
    return sl_diag_fail(w->d, SL_E_INVALID, "password", "must have at least %lld characters",
                        (long long)settings.password_min);
}

sl_rc sl_identity_set_password(struct sl_work *w, sl_str user_id, sl_str password)
{
    struct sl_strbuf hash;
    bool is_self = sl_str_eq(user_id, w->actor->user_id);
    sl_rc rc = check_password(w, password);
    if (rc != SL_OK)
        return rc;
    sl_strbuf_init(&hash, w->a, 0);
    if (sl_passwords_hash(w->passwords, password, w->control->config.password_cost, &hash) != SL_OK)
        return sl_diag_fail(w->d, SL_E_STORE, "", "there is not enough memory to hash a password");
    rc = sl_password_set(w->tx, user_id, sl_strbuf_str(&hash), w->now_us);
    if (rc == SL_OK)
        rc = sl_sessions_delete_of(w->tx, user_id, is_self ? w->actor->session_hash : SL_STR(""));
    if (rc == SL_OK)
        rc = forget_printed(w, user_id);
    return sl_work_fail(w, rc);
}

sl_rc sl_identity_is_password(struct sl_work *w, sl_str user_id, sl_str password, bool *ret)
{
    sl_str hash;
    sl_rc rc = sl_password_get(w->tx, user_id, w->a, &hash);
    if (rc != SL_OK && rc != SL_E_NOTFOUND)
        return sl_work_fail(w, rc);
    *ret = rc == SL_OK && sl_passwords_verify(w->passwords, password, hash);
    return SL_OK;
}

sl_rc sl_identity_change_password(struct sl_work *w, sl_str current, sl_str password)
{
    bool is_right;
    sl_rc rc = sl_identity_is_password(w, w->actor->user_id, current, &is_right);
    if (rc != SL_OK)
        return rc;
    if (!is_right)
        return sl_diag_fail(w->d, SL_E_INVALID, "current", "is not your password");
    return sl_identity_set_password(w, w->actor->user_id, password);
}

static sl_rc add_admin(struct sl_work *w, sl_str password, bool is_printed)
{
    struct sl_change c;
    struct sl_node *body = sl_tree_map(w->a), *grants = sl_tree_list(w->a),
                   *grant = sl_tree_map(w->a);
    sl_tree_put_str(w->a, body, "name", SL_STR("admin"));
    sl_tree_put_str(w->a, grant, "role", SL_STR("admin"));
    sl_tree_push(grants, grant);
    sl_tree_put(body, SL_STR("grants"), grants);
    sl_rc rc = sl_change_create(w, sl_resource_type_by_kind(SL_STR("user")), body, &c);
    if (rc == SL_OK)
        rc = sl_identity_set_password(w, c.row.id, password);
    return rc == SL_OK && is_printed ? sl_setting_put(w->tx, printed_password, c.row.id) : rc;
}

/* Before the transaction that makes sure of it. */
static bool has_no_users(struct sl_control *c)
{
    struct sl_tx *tx;
    int64_t users = 0;
    if (sl_store_read(c->store, &tx) != SL_OK)
        return false;
    sl_rc rc = sl_rows_count(tx, SL_STR("user"), &users);
    sl_tx_rollback(tx);
    return rc == SL_OK && users == 0;
}

sl_rc sl_identity_bootstrap(struct sl_control *c, sl_str wished, struct sl_arena *a,
                            sl_str *ret_password, struct sl_diag *d)
{
    struct sl_work w = {.control = c, .a = a, .d = d, .actor = sl_actor_almighty(a, "system")};
    int64_t users = 0;
    sl_str password = wished.n != 0 ? wished : sl_identity_random(a, "", PASSWORD_RANDOM_BYTES);
    *ret_password = (sl_str){NULL, 0};
    if (has_no_users(c)) {
        sl_passwords_add(&w.passwords, SL_STR(""), password, a);
        sl_passwords_prepare(w.passwords, c->store, c->config.password_cost, a);
    }
    sl_rc rc = sl_work_begin(&w);
    if (rc != SL_OK)
        return sl_diag_fail(d, rc, "control.db", "cannot be written");
    rc = sl_rows_count(w.tx, SL_STR("user"), &users);
    if (rc == SL_OK && users == 0)
        rc = add_admin(&w, password, wished.n == 0);
    if (rc != SL_OK || users != 0) {
        sl_work_undo(&w);
        return rc;
    }
    rc = sl_work_commit(&w);
    if (rc == SL_OK)
        *ret_password = password;
    return rc;
}
