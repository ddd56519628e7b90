/*
 * The sessions of people who are logged in: which there are, and the end of one. Everybody sees and ends
 * their own; a token with scopes needs the permission for that too, for scopes only take away.
 */
#include "base/num.h"
#include "base/str.h"
#include "control/api_int.h"
#include "control/identity.h"
#include "store/audit.h"
#include "store/identity.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 500 };

const struct sl_api_parameter sl_api_session_parameters[] = {
    {"user", "{\"type\":\"string\"}", "Only those of this user."},
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}",
     "How many at most."},
    {"cursor", "{\"type\":\"string\"}", "`next_cursor` of the page before."},
    {NULL, NULL, NULL},
};

const char sl_api_sessions_schema[] =
    "{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":\"array\","
    "\"items\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"id\",\"user\","
    "\"remote\",\"agent\",\"created_at\",\"seen_at\",\"expires_at\",\"is_current\"],\"properties\":{\"id\":{"
    "\"type\":\"string\"},\"user\":{\"type\":\"string\"},\"remote\":{\"type\":\"string\","
    "\"description\":\"The address that logged in.\"},\"agent\":{\"type\":\"string\","
    "\"description\":\"The User-Agent that logged in; empty: it had none.\"},\"created_at\":{\"type\":\"string\","
    "\"format\":\"date-time\"},\"seen_at\":{\"type\":\"string\",\"format\":\"date-time\","
    "\"description\":\"Its last use, to the minute.\"},\"expires_at\":{\"type\":\"string\","
    "\"format\":\"date-time\",\"description\":\"Its end when it is not used again.\"},"
    "\"is_current\":{\"type\":\"boolean\",\"description\":\"The one that asks.\"}}}},"
    "\"next_cursor\":{\"type\":\"string\"}}}";

static const sl_str nowhere; /* sessions are of the whole installation */

static bool may(const struct sl_call *c, const char *permission)
{
    return sl_actor_may(&c->actor, sl_cstr(permission), nowhere, nowhere);
}

static bool may_own(const struct sl_call *c)
{
    return c->actor.user_id.n != 0 && !c->actor.has_scopes;
}

static sl_str id_of(const struct sl_session *s)
{
    return sl_str_head(s->hash, SL_SESSION_ID_BYTES);
}

/* ------------------------------------------------------------------ the list */

struct listing {
    struct sl_call *c;
    struct sl_tree_tail items;
    size_t n, limit;
    sl_str cursor; /* behind the last one that is listed */
};

static struct sl_node *show(struct sl_call *c, const struct sl_session *s, sl_str user)
{
    struct sl_arena *a = c->a;
    struct sl_node *n = sl_tree_map(a);
    sl_tree_put_str(a, n, "id", sl_arena_dup(a, id_of(s)));
    sl_tree_put_str(a, n, "user", sl_arena_dup(a, user));
    sl_tree_put_str(a, n, "remote", sl_arena_dup(a, s->remote));
    sl_tree_put_str(a, n, "agent", sl_arena_dup(a, s->agent));
    sl_tree_put(n, SL_STR("created_at"), sl_tree_time(a, s->created_us));
    sl_tree_put(n, SL_STR("seen_at"), sl_tree_time(a, s->seen_us));
    sl_tree_put(n, SL_STR("expires_at"), sl_tree_time(a, s->expires_us));
    sl_tree_put(n, SL_STR("is_current"),
                sl_tree_bool(a, sl_str_eq(s->hash, c->actor.session_hash)));
    return n;
}

static void list(const struct sl_session *s, sl_str user, void *arg)
{
    struct listing *l = arg;
    if (l->n++ == l->limit)
        return; /* only to know that there is more */
    sl_tree_add(&l->items, show(l->c, s, user));
    l->cursor = sl_fmt(l->c->a, "%lld.%.*s", (long long)s->created_us, SL_STRF(id_of(s)));
}

/* "<when it began>.<id>" */
static bool read_cursor(sl_str text, struct sl_session_query *query)
{
    size_t dot = sl_str_find(text, '.', 0);
    if (text.p == NULL)
        return true;
    if (dot == SIZE_MAX || !sl_num_i64(sl_str_head(text, dot), &query->before_us))
        return false;
    query->before_id = sl_str_from(text, dot + 1);
    return query->before_us > 0 && query->before_id.n == SL_SESSION_ID_BYTES;
}

/* False when it was answered. */
static bool read_page(struct sl_call *c, struct sl_session_query *query)
{
    if (!sl_call_check_query(c, sl_api_session_parameters) ||
        !sl_call_limit(c, LIMIT_DEFAULT, LIMIT_MAX, &query->limit))
        return false;
    query->limit++; /* to know whether there is more */
    if (!read_cursor(sl_call_query(c, "cursor"), query))
        return sl_call_refuse(c, "cursor", "is not one of this list");
    return true;
}

/* Whose sessions are listed: of the user who is asked for, of all when one may, else one's own. */
static sl_rc choose_user(struct sl_call *c, struct sl_work *w, sl_str *ret_user_id)
{
    struct sl_row row;
    sl_str name = sl_call_query(c, "user");
    bool may_all = may(c, "sessions:read"), is_own = sl_str_eq(name, c->actor.user);
    *ret_user_id = (sl_str){0};
    if (name.p == NULL && may_all)
        return SL_OK;
    if (may_own(c) && (name.p == NULL || is_own)) {
        *ret_user_id = c->actor.user_id;
        return SL_OK;
    }
    if (!may_all)
        return sl_diag_fail(w->d, SL_E_DENIED, "", "this needs the permission %.*s",
                            SL_STRF(SL_STR("sessions:read")));
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("user"), name, w->a, &row);
    if (rc == SL_E_NOTFOUND)
        return sl_diag_fail(w->d, rc, "", "there is no such user");
    if (rc == SL_OK)
        *ret_user_id = row.id;
    return sl_work_fail(w, rc);
}

void sl_api_sessions(struct sl_call *c)
{
    struct sl_work w;
    struct sl_session_query query = {0};
    struct listing l = {.c = c, .items = sl_tree_tail(c->a)};
    if (!read_page(c, &query) || !sl_call_read(c, &w))
        return;
    query.now_us = w.now_us;
    l.limit = query.limit - 1;
    sl_rc rc = choose_user(c, &w, &query.user_id);
    if (rc == SL_OK)
        rc = sl_work_fail(&w, sl_sessions_each(w.tx, &query, list, &l));
    sl_work_undo(&w);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, NULL);
        return;
    }
    struct sl_node *body = sl_tree_map(c->a);
    sl_tree_put(body, SL_STR("items"), l.items.list);
    if (l.n > l.limit)
        sl_tree_put_str(c->a, body, "next_cursor", l.cursor);
    sl_call_tree(c, 200, body);
}

/* ------------------------------------------------------------------ the end of one */

static sl_rc audit(struct sl_call *c, struct sl_work *w, const struct sl_session *s)
{
    struct sl_row user = {0};
    sl_rc rc = sl_row_by_id(w->tx, SL_STR("user"), s->user_id, w->a, &user);
    if (rc != SL_OK)
        return rc;
    struct sl_audit e = {
        .at_us = w->now_us,
        .actor = c->actor.name,
        .remote = c->actor.remote,
        .request_id = c->actor.request_id,
        .action = SL_STR("session.delete"),
        .kind = SL_STR("session"),
        .subject_id = user.id,
        .subject = user.name,
        .before = sl_tree_json(show(c, s, user.name), w->a),
    };
    return sl_audit_append(w->tx, &e);
}

static sl_rc end_session(struct sl_call *c, struct sl_work *w, struct sl_session *ret)
{
    sl_rc rc = sl_session_find_by_id(w->tx, c->key, w->a, ret);
    if (rc != SL_OK && rc != SL_E_NOTFOUND)
        return sl_work_fail(w, rc);
    bool is_own = rc == SL_OK && may_own(c) && sl_str_eq(ret->user_id, c->actor.user_id);
    bool is_there = rc == SL_OK && ret->expires_us > w->now_us;
    if (!is_there || !(is_own || may(c, "sessions:delete")))
        return sl_diag_fail(w->d, SL_E_NOTFOUND, "", "there is no such session");
    rc = audit(c, w, ret);
    if (rc == SL_OK)
        rc = sl_session_delete(w->tx, ret->hash);
    return sl_work_fail(w, rc);
}

void sl_api_end_session(struct sl_call *c)
{
    struct sl_work w;
    struct sl_session s = {0};
    if (!sl_call_write(c, &w) || !sl_call_settle(c, &w, end_session(c, &w, &s)))
        return;
    c->answer->status = 204;
    if (!w.is_dry && sl_str_eq(s.hash, c->actor.session_hash))
        sl_call_forget_session(c);
}
