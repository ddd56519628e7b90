/*
 * One's own tokens: made, listed and revoked by whoever is logged in, without a permission for the tokens of others. A
 * token may do no more than its user. Only a session makes one: else a token that is about to end, or was taken, could
 * give itself a successor. One with scopes does not even see them, for scopes only take away.
 */
#include "base/str.h"
#include "control/api_int.h"

enum {
    MY_TOKENS_MAX = 100,
    MY_TOKENS_BYTES_MAX = 4 << 20, /* of their texts, which are parsed for the answer */
    DAY_S = 86400,
    DAYS_DEFAULT = 90,
    DAYS_MAX = 365
};

struct my_token {
    sl_str name;
    struct sl_strs scopes;
    int64_t expires;
};

const struct sl_field sl_api_my_token_fields[] = {
    SL_FIELD_STR(struct my_token, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique, also among those of others.", .example = "laptop"),
    SL_FIELD_STRS(struct my_token, scopes, .max = "100",
                  .help = "Permissions that it is limited to, as in roles. Left out: all that you "
                          "may.",
                  .example = "[\"services:read\"]"),
    SL_FIELD_TIME(struct my_token, expires,
                  .help = "From then on it is refused: at most 365 days ahead. Left out: in 90 "
                          "days."),
    SL_FIELD_END,
};

#define TOKEN                                                                                      \
    "{\"type\":\"object\",\"required\":[\"key\",\"user\",\"status\"],\"properties\":{\"key\":{"    \
    "\"type\":\"string\"},\"user\":{\"type\":\"string\"},\"scopes\":{\"type\":\"array\",\"items\"" \
    ":{\"type\":\"string\"}},\"expires\":{\"type\":\"string\",\"format\":\"date-time\"},"          \
    "\"secret\":{\"type\":\"string\",\"description\":\"Its text, once: when it is made.\"},"       \
    "\"status\":{\"type\":\"object\"}}}"
const char sl_api_my_token_schema[] = TOKEN;
const char sl_api_my_tokens_schema[] =
    "{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":\"array\","
    "\"items\":" TOKEN "}}}";

static const struct sl_resource_type *token_type(void)
{
    return sl_resource_type_by_kind(SL_STR("token"));
}

/* False when it was answered. */
static bool may_have_tokens(struct sl_call *c)
{
    if (c->actor.user.n != 0 && !c->actor.has_scopes)
        return true;
    sl_call_fail(c, SL_E_DENIED,
                 c->actor.has_scopes ? "a token with scopes cannot make or change tokens"
                                     : "only somebody who is a user has tokens");
    return false;
}

/* False when it was answered. */
static bool may_make(struct sl_call *c)
{
    if (!may_have_tokens(c))
        return false;
    if (c->actor.session_hash.n != 0)
        return true;
    sl_call_fail(c, SL_E_DENIED, "only a session makes tokens of its user: log in first");
    return false;
}

/* ------------------------------------------------------------------ which there are */

struct mine {
    struct sl_call *c;
    struct sl_row rows[MY_TOKENS_MAX];
    size_t n, bytes;
    sl_rc rc;
};

/* False when memory lacks. */
static bool copy_row(const struct sl_row *row, struct sl_arena *a, struct sl_row *ret)
{
    *ret = *row;
    sl_str *const texts[] = {&ret->id,         &ret->kind,      &ret->name,   &ret->workspace,
                             &ret->team,       &ret->spec,      &ret->status, &ret->origin,
                             &ret->created_by, &ret->updated_by};
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        *texts[i] = sl_arena_try_dup(a, *texts[i]);
        if (texts[i]->p == NULL)
            return false;
    }
    return true;
}

static bool note(const struct sl_row *row, void *arg)
{
    struct mine *m = arg;
    m->bytes += row->spec.n + row->status.n;
    if (m->bytes > MY_TOKENS_BYTES_MAX || !copy_row(row, m->c->a, &m->rows[m->n])) {
        m->rc = sl_diag_fail(m->c->d, SL_E_LIMIT, "", "your tokens are too large to be listed");
        return false;
    }
    return ++m->n < MY_TOKENS_MAX;
}

static sl_rc find_mine(struct sl_call *c, struct sl_work *w, struct mine **ret)
{
    struct sl_row_query query = {
        .kind = SL_STR("token"), .target_kind = SL_STR("user"), .target = c->actor.user};
    struct mine *m = sl_arena_new_of(c->a, struct mine);
    *m = (struct mine){.c = c};
    sl_rc rc = sl_work_fail(w, sl_rows_each(w->tx, &query, note, m));
    *ret = m;
    return rc == SL_OK ? m->rc : rc;
}

void sl_api_my_tokens(struct sl_call *c)
{
    struct sl_work w;
    struct mine *m;
    struct sl_tree_tail items = sl_tree_tail(c->a);
    struct sl_node *body = sl_tree_map(c->a), *item;
    if (!may_have_tokens(c) || !sl_call_read(c, &w))
        return;
    sl_rc rc = find_mine(c, &w, &m);
    for (size_t i = 0; i < m->n && rc == SL_OK; i++) {
        rc = sl_change_render(&w, token_type(), &m->rows[i], NULL, &item);
        if (rc == SL_OK)
            sl_tree_add(&items, item);
    }
    sl_work_undo(&w);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, NULL);
        return;
    }
    sl_tree_put(body, SL_STR("items"), items.list);
    sl_call_tree(c, 200, body);
}

/* ------------------------------------------------------------------ one more, one less */

/* What people make for themselves ends, whatever becomes of their access elsewhere. */
static sl_rc limit_life(struct sl_work *w, struct sl_node *body, const struct my_token *args)
{
    int64_t now_s = w->now_us / 1000000;
    if (args->expires > now_s + (int64_t)DAYS_MAX * DAY_S)
        return sl_diag_fail(w->d, SL_E_INVALID, "expires", "must be at most %d days ahead",
                            DAYS_MAX);
    if (args->expires == 0)
        sl_tree_put(body, SL_STR("expires"),
                    sl_tree_time(w->a, (now_s + (int64_t)DAYS_DEFAULT * DAY_S) * 1000000));
    return SL_OK;
}

static sl_rc create(struct sl_call *c, struct sl_work *w, struct sl_node *body,
                    const struct my_token *args, struct sl_change *ret)
{
    struct mine *m;
    sl_rc rc = limit_life(w, body, args);
    if (rc != SL_OK)
        return rc;
    w->actor = sl_actor_with(&c->actor, "tokens:create", c->a);
    rc = find_mine(c, w, &m);
    if (rc == SL_OK && m->n == MY_TOKENS_MAX)
        rc = sl_diag_fail(c->d, SL_E_CONFLICT, "", "nobody has more than %d tokens", MY_TOKENS_MAX);
    return rc == SL_OK ? sl_change_create(w, token_type(), body, ret) : rc;
}

void sl_api_make_my_token(struct sl_call *c)
{
    struct sl_work w;
    struct sl_node *body, *shown;
    struct sl_change change;
    struct my_token args = {0};
    if (!may_make(c) || !sl_call_body(c, false, &body))
        return;
    if (sl_field_read(sl_api_my_token_fields, &args, body, SL_STR(""), c->a, c->d) != SL_OK) {
        sl_call_fail(c, SL_E_INVALID, NULL);
        return;
    }
    if (!sl_call_write(c, &w) || !sl_call_settle(c, &w, create(c, &w, body, &args, &change)))
        return;
    if (sl_change_render(&w, token_type(), &change.row, change.reveal, &shown) == SL_OK)
        sl_call_tree(c, 201, shown);
    else
        sl_call_fail(c, SL_E_STORE, NULL);
}

static bool is_mine(struct sl_work *w, const struct sl_row *row, sl_str user)
{
    struct sl_node *spec = NULL;
    return sl_change_parse(w, row->spec, &spec) == SL_OK &&
           sl_str_eq(sl_tree_text(spec, "user"), user);
}

static sl_rc revoke(struct sl_call *c, struct sl_work *w)
{
    struct sl_row row;
    struct sl_change change;
    w->actor = sl_actor_with(&c->actor, "tokens:delete", c->a);
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("token"), c->key, c->a, &row);
    if (rc == SL_E_NOTFOUND || (rc == SL_OK && !is_mine(w, &row, c->actor.user)))
        return sl_diag_fail(c->d, SL_E_NOTFOUND, "", "you have no such token");
    return rc == SL_OK ? sl_change_delete(w, token_type(), &row, &change) : sl_work_fail(w, rc);
}

void sl_api_revoke_my_token(struct sl_call *c)
{
    struct sl_work w;
    if (may_have_tokens(c) && sl_call_write(c, &w) && sl_call_settle(c, &w, revoke(c, &w)))
        c->answer->status = 204;
}
