/*
 * POST, PUT, PATCH, DELETE and actions. Who changes something says which revision they have seen
 * (If-Match); who creates may send an Idempotency-Key, and the same request then creates once.
 */
#include "base/enc.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "control/api_int.h"
#include "control/filed.h"
#include "control/password.h"
#include "store/identity.h"

enum { IDEMPOTENCY_KEY_BYTES_MAX = 255 };
#define IDEMPOTENCY_KEPT_US SL_SECONDS(86400)

/* ------------------------------------------------------------------ answers */

static void answer_row(struct sl_call *c, struct sl_work *w, uint16_t status,
                       const struct sl_row *row, const struct sl_node *reveal)
{
    struct sl_node *body;
    sl_rc rc = sl_change_render(w, c->type, row, reveal, &body);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, NULL);
        return;
    }
    sl_change_tell_actions(w, c->type, row, body);
    sl_call_etag(c, row->revision);
    sl_call_tree(c, status, body);
}

/* A configuration that would not compile without the resource is a conflict, not a bad request. */
static sl_rc as_conflict(const struct sl_call *c, sl_rc rc)
{
    return rc == SL_E_INVALID && c->rq->method_id == SL_METHOD_DELETE ? SL_E_CONFLICT : rc;
}

bool sl_call_settle(struct sl_call *c, struct sl_work *w, sl_rc rc)
{
    if (rc == SL_OK)
        rc = sl_work_commit(w);
    else
        sl_work_undo(w);
    if (rc != SL_OK)
        sl_call_fail(c, as_conflict(c, rc), NULL);
    return rc == SL_OK;
}

void sl_call_foresee_user(struct sl_call *c, const struct sl_node *user, sl_str name)
{
    if (sl_actor_may(&c->actor, SL_STR("users:set-password"), SL_STR(""), SL_STR("")))
        sl_passwords_add(&c->passwords, name, sl_tree_text(user, "password"), c->a);
}

/* Of a call for the one resource. `name`: of one that may be there. */
static void foresee(struct sl_call *c, const struct sl_node *body, sl_str name)
{
    if (strcmp(c->type->kind, "user") == 0)
        sl_call_foresee_user(c, body, name);
}

/* ------------------------------------------------------------------ create */

struct once {
    sl_str key, fingerprint;
};

/* The header's value, with or without the quotes of the draft's structured field. */
static bool read_key(struct sl_call *c, struct once *ret)
{
    const struct sl_header *f = sl_headers_find(c->rq->headers, SL_STR("idempotency-key"));
    *ret = (struct once){0};
    if (f == NULL)
        return true;
    sl_str key = f->value;
    if (key.n >= 2 && key.p[0] == '"' && key.p[key.n - 1] == '"')
        key = sl_str_of(key.p + 1, key.n - 2);
    if (key.n == 0 || key.n > IDEMPOTENCY_KEY_BYTES_MAX) {
        sl_call_fail(c, SL_E_BAD_REQUEST, "Idempotency-Key must have 1 to 255 characters");
        return false;
    }
    const sl_str parts[] = {c->rq->method, c->rq->path, c->rq->body};
    uint8_t digest[SL_SHA256_BYTES];
    struct sl_strbuf hex;
    sl_strbuf_init(&hex, c->a, 0);
    sl_sha256_parts(parts, SL_LEN(parts), digest);
    sl_enc_hex(&hex, sl_digest_str(digest, sizeof(digest)));
    *ret = (struct once){.key = key, .fingerprint = sl_strbuf_str(&hex)};
    return true;
}

/* True when the request was made before: it is answered then, and the work has ended. */
static bool replay(struct sl_call *c, struct sl_work *w, const struct once *once)
{
    struct sl_idempotency before;
    struct sl_row row;
    if (once->key.n == 0)
        return false;
    sl_rc rc = sl_idempotency_prune(w->tx, w->now_us - IDEMPOTENCY_KEPT_US);
    if (rc == SL_OK)
        rc = sl_idempotency_find(w->tx, c->actor.name, once->key, c->a, &before);
    if (rc == SL_E_NOTFOUND)
        return false;
    if (rc == SL_OK && !sl_str_eq(before.fingerprint, once->fingerprint))
        rc = sl_diag_fail(c->d, SL_E_INVALID, "",
                          "the Idempotency-Key was used for another request");
    else if (rc == SL_OK)
        rc = sl_row_by_id(w->tx, sl_cstr(c->type->kind), before.subject_id, c->a, &row);
    sl_work_undo(w);
    if (rc == SL_OK) {
        sl_call_header(c, "idempotency-replayed", SL_STR("true"));
        answer_row(c, w, 201, &row, NULL);
    } else {
        sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "it was created and is gone meanwhile" : NULL);
    }
    return true;
}

static sl_rc remember(struct sl_work *w, const struct once *once, const struct sl_row *row)
{
    struct sl_idempotency i = {
        .actor = w->actor->name,
        .key = once->key,
        .fingerprint = once->fingerprint,
        .subject_id = row->id,
        .status = 201,
        .created_us = w->now_us,
    };
    return once->key.n == 0 ? SL_OK : sl_work_fail(w, sl_idempotency_insert(w->tx, &i));
}

static sl_str location_of(struct sl_call *c, const struct sl_row *row)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, c->a, 0);
    sl_strbuf_addf(&b, "/api/v1/%s/", c->type->noun->name);
    sl_enc_percent(&b, row->name);
    return sl_strbuf_str(&b);
}

void sl_api_create(struct sl_call *c)
{
    struct sl_work w;
    struct sl_node *body;
    struct sl_change change;
    struct once once;
    if (!read_key(c, &once) || !sl_call_body(c, false, &body))
        return;
    foresee(c, body, sl_tree_text(body, "name"));
    if (!sl_call_write(c, &w) || replay(c, &w, &once))
        return;
    sl_rc rc = sl_change_create(&w, c->type, body, &change);
    if (rc == SL_OK)
        rc = remember(&w, &once, &change.row);
    if (!sl_call_settle(c, &w, rc))
        return;
    answer_row(c, &w, 201, &change.row, w.is_dry ? NULL : change.reveal);
    if (c->answer->status == 201)
        sl_call_header(c, "location", location_of(c, &change.row));
}

/* ------------------------------------------------------------------ change one */

/* RFC 9110, 13.1.1: the revision that the client has seen is the one there is. */
static sl_rc check_precondition(struct sl_call *c, const struct sl_row *row)
{
    sl_str tags = sl_headers_get_id(c->rq->headers, SL_H_IF_MATCH), tag;
    sl_str ours = sl_fmt(c->a, "\"%lld\"", (long long)row->revision);
    if (tags.n == 0)
        return sl_diag_fail(c->d, SL_E_NO_PRECONDITION, "",
                            "send If-Match with the ETag of a GET, or '*' to overwrite");
    while (sl_header_next_token(&tags, &tag)) {
        if (sl_str_eq(tag, ours) || sl_str_eq(tag, SL_STR("*")))
            return SL_OK;
    }
    return sl_diag_fail(c->d, SL_E_PRECONDITION, "", "the revision is %lld now",
                        (long long)row->revision);
}

static sl_rc find(struct sl_call *c, struct sl_work *w, struct sl_row *ret)
{
    sl_rc rc = sl_change_find(w, c->type, c->key, ret);
    sl_str read = sl_fmt(c->a, "%s:read", c->type->noun->name);
    if (rc == SL_OK && !sl_actor_may(&c->actor, read, ret->workspace, ret->team))
        rc = SL_E_NOTFOUND;
    if (rc == SL_E_NOTFOUND && sl_filed_find(w, c->type, c->key, ret) == SL_OK &&
        sl_actor_may(&c->actor, read, ret->workspace, ret->team))
        return sl_diag_fail(c->d, SL_E_CONFLICT, "",
                            "%s '%.*s' stands in a file (%.*s) and can only be changed there",
                            c->type->kind, SL_STRF(c->key), SL_STRF(ret->origin));
    if (rc == SL_E_NOTFOUND)
        (void)sl_diag_fail(c->d, rc, "", "there is no %s '%.*s'", c->type->kind, SL_STRF(c->key));
    return rc;
}

static void change_one(struct sl_call *c,
                       sl_rc (*change)(struct sl_work *, const struct sl_resource_type *,
                                       const struct sl_row *, const struct sl_node *,
                                       struct sl_change *))
{
    struct sl_work w;
    struct sl_row row;
    struct sl_node *body;
    struct sl_change made;
    if (!sl_call_body(c, false, &body))
        return;
    foresee(c, body, c->key);
    if (!sl_call_write(c, &w))
        return;
    sl_rc rc = find(c, &w, &row);
    if (rc == SL_OK)
        rc = check_precondition(c, &row);
    if (rc == SL_OK)
        rc = change(&w, c->type, &row, body, &made);
    if (sl_call_settle(c, &w, rc))
        answer_row(c, &w, 200, &made.row, made.reveal);
}

void sl_api_replace(struct sl_call *c)
{
    change_one(c, sl_change_replace);
}

void sl_api_patch(struct sl_call *c)
{
    change_one(c, sl_change_patch);
}

void sl_api_delete(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_change made;
    if (!sl_call_write(c, &w))
        return;
    sl_rc rc = find(c, &w, &row);
    if (rc == SL_OK)
        rc = check_precondition(c, &row);
    if (rc == SL_OK)
        rc = sl_change_delete(&w, c->type, &row, &made);
    if (sl_call_settle(c, &w, rc))
        c->answer->status = 204;
}

/* ------------------------------------------------------------------ actions */

static void answer_revealed(struct sl_call *c, sl_rc rc, const struct sl_change *made)
{
    if (rc == SL_OK)
        sl_call_tree(c, 200, made->reveal != NULL ? made->reveal : sl_tree_map(c->a));
    else
        sl_call_fail(c, rc, NULL);
}

static void act_reading(struct sl_call *c, const struct sl_node *body)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_change made = {0};
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = find(c, &w, &row);
    if (rc == SL_OK)
        rc = sl_change_act(&w, c->type, &row, c->action, body, &made);
    sl_tx_rollback(w.tx);
    answer_revealed(c, rc, &made);
}

static void act_outside(struct sl_call *c, const struct sl_node *body)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_change made = {0};
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = find(c, &w, &row);
    sl_tx_rollback(w.tx);
    w.tx = NULL;
    if (rc == SL_OK)
        rc = sl_change_act(&w, c->type, &row, c->action, body, &made);
    answer_revealed(c, rc, &made);
}

void sl_api_act(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_node *body;
    struct sl_change made;
    if (!sl_call_body(c, true, &body))
        return;
    if (c->action->is_outside || c->action->is_query) {
        (c->action->is_query ? act_reading : act_outside)(c, body);
        return;
    }
    foresee(c, body, SL_STR(""));
    if (!sl_call_write(c, &w))
        return;
    sl_rc rc = find(c, &w, &row);
    if (rc == SL_OK && c->rq->headers != NULL &&
        sl_headers_find_id(c->rq->headers, SL_H_IF_MATCH) != NULL)
        rc = check_precondition(c, &row);
    if (rc == SL_OK)
        rc = sl_change_act(&w, c->type, &row, c->action, body, &made);
    if (sl_call_settle(c, &w, rc))
        answer_row(c, &w, 200, &made.row, w.is_dry ? NULL : made.reveal);
}
