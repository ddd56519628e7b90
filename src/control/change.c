#include "control/change.h"
#include "control/saying.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/json.h"
#include "control/actor.h"
#include "control/compose.h"
#include "control/tree.h"
#include "store/audit.h"
#include "store/identity.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_BYTES = 512, DEPENDENTS_MAX = 20 };

/* ------------------------------------------------------------------ problems */

sl_rc sl_change_fail(struct sl_change *c, const char *path, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    sl_rc rc = sl_diag_vfail(c->work->d, SL_E_INVALID, path, fmt, args);
    va_end(args);
    return rc;
}

sl_rc sl_change_conflict(struct sl_change *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    sl_rc rc = sl_diag_vfail(c->work->d, SL_E_CONFLICT, "", fmt, args);
    va_end(args);
    return rc;
}

/* ------------------------------------------------------------------ rows and trees */

sl_rc sl_change_parse(struct sl_work *w, sl_str json, struct sl_node **ret)
{
    const struct sl_node *tree = NULL;
    sl_rc rc = sl_json_to_node(json, SL_STR(""), w->a, w->d, &tree);
    struct sl_node *copy = rc == SL_OK ? sl_tree_try_copy(w->a, tree) : NULL;
    if (rc == SL_OK && copy == NULL)
        rc = sl_diag_fail(w->d, SL_E_LIMIT, "", "must be smaller: it does not fit into memory");
    if (rc == SL_OK)
        *ret = copy;
    return rc;
}

struct sl_row sl_work_row(struct sl_work *w, const struct sl_row *of, sl_str kind, sl_str name,
                          sl_str spec)
{
    struct sl_id id = sl_id_make(w->now_us / 1000, &w->rand);
    return (struct sl_row){.id = sl_arena_dup(w->a, sl_id_str(&id)),
                           .kind = kind,
                           .name = name,
                           .workspace = of->workspace,
                           .team = of->team,
                           .revision = 1,
                           .spec = spec,
                           .status = SL_STR("{}"),
                           .created_us = w->now_us,
                           .updated_us = w->now_us,
                           .created_by = w->actor->name,
                           .updated_by = w->actor->name};
}

sl_rc sl_change_find(struct sl_work *w, const struct sl_resource_type *type, sl_str id_or_key,
                     struct sl_row *ret)
{
    struct sl_id id;
    sl_str kind = sl_cstr(type->kind);
    sl_rc rc = SL_E_NOTFOUND;
    if (sl_id_parse(id_or_key, &id))
        rc = sl_row_by_id(w->tx, kind, sl_id_str(&id), w->a, ret);
    if (rc == SL_E_NOTFOUND)
        rc = sl_row_by_name(w->tx, kind, id_or_key, w->a, ret);
    return rc == SL_E_NOTFOUND ? rc : sl_work_fail(w, rc);
}

static sl_rc load_before(struct sl_change *c)
{
    struct sl_node *spec = NULL, *status = NULL;
    sl_rc rc = sl_change_parse(c->work, c->before->spec, &spec);
    if (rc == SL_OK)
        rc = sl_change_parse(c->work, c->before->status, &status);
    c->before_spec = spec;
    c->before_status = status;
    c->spec = spec;
    c->status = status != NULL ? sl_tree_copy(c->work->a, status) : NULL;
    c->row = *c->before;
    return rc;
}

/* ------------------------------------------------------------------ metadata */

/* Members of a representation that are no part of the spec. `workspace` is taken, the rest is the program's. */
static const char *const metadata[] = {"id",         "key",        "revision",   "created_at",
                                       "created_by", "updated_at", "updated_by", "status",
                                       "origin",     "workspace",  "actions",    NULL};

bool sl_change_is_metadata(sl_str member)
{
    size_t i = 0;
    while (metadata[i] != NULL && !sl_str_eq(member, sl_cstr(metadata[i])))
        i++;
    return metadata[i] != NULL;
}

static struct sl_node *without_metadata(struct sl_change *c, const struct sl_node *body)
{
    struct sl_node *spec = sl_tree_copy_given(c->work->a, body);
    for (size_t i = 0; metadata[i] != NULL; i++)
        (void)sl_tree_take(spec, sl_cstr(metadata[i])); /* most are absent */
    return spec;
}

static sl_rc read_workspace(struct sl_change *c, const struct sl_node *body)
{
    sl_str given = sl_tree_text(body, "workspace");
    bool is_there = sl_node_get(body, SL_STR("workspace")) != NULL;
    if (c->before != NULL) {
        if (is_there && !sl_str_eq(given, c->before->workspace))
            return sl_change_fail(c, "workspace", "cannot be changed; it is '%.*s'",
                                  SL_STRF(c->before->workspace));
        return SL_OK;
    }
    if (c->type->is_global) {
        c->row.workspace = SL_STR("");
        return !is_there || (given.p != NULL && given.n == 0)
                   ? SL_OK
                   : sl_change_fail(c, "workspace",
                                    "must be left out: a %s belongs to no workspace",
                                    c->type->kind);
    }
    c->row.workspace = is_there ? given : SL_STR("default");
    return c->row.workspace.n != 0
               ? SL_OK
               : sl_change_fail(c, "workspace", "must be the key of a workspace");
}

/* ------------------------------------------------------------------ reading */

static sl_rc read_spec(struct sl_change *c, const struct sl_node *spec)
{
    struct sl_work *w = c->work;
    struct sl_documents docs = {.arena = w->a, .d = w->d};
    if (spec->kind != SL_NODE_MAP)
        return sl_change_fail(c, "", "must be an object");
    struct sl_item item = sl_document_item(&docs, c->type->noun, spec, SL_STR(""));
    if (item.is_bad)
        return SL_E_INVALID;
    c->config = item.config;
    c->spec = sl_tree_copy(w->a, item.node);
    return SL_OK;
}

static bool is_key_byte(char ch)
{
    return ch > ' ' && ch <= '~' && ch != '%' && ch != '?' && ch != '#';
}

static sl_rc read_key(struct sl_change *c)
{
    sl_str key =
        c->type->key != NULL ? c->type->key(c->spec, c->work->a) : sl_tree_text(c->spec, "name");
    if (key.n == 0 || key.n > SL_KEY_BYTES_MAX)
        return sl_change_fail(c, "name", "must have 1 to %d characters", SL_KEY_BYTES_MAX);
    for (size_t i = 0; i < key.n; i++) {
        if (!is_key_byte(key.p[i]))
            return sl_change_fail(
                c, "name", "must have visible ASCII characters only, and none of '%%', '?', '#'");
    }
    c->row.name = key;
    return SL_OK;
}

/* ------------------------------------------------------------------ secrets */

struct sealer {
    struct sl_change *c;
    struct sl_node *found; /* while looking: the sealed text of ... */
    sl_str wanted;         /* ... this handle or this secret */
    bool is_handle;
    bool has_failed;
};

static struct sl_node *look(struct sl_node *secret, void *arg)
{
    struct sealer *s = arg;
    struct sl_work *w = s->c->work;
    struct sl_strbuf clear = {0};
    if (s->found != NULL || !sl_sealed_is(secret->text))
        return secret;
    if (s->is_handle) {
        if (sl_str_eq(sl_sealed_handle(secret->text), s->wanted))
            s->found = secret;
    } else if (sl_vault_unseal(w->control->vault, secret->text, s->c->row.id, &clear) == SL_OK &&
               sl_str_eq_secret(sl_strbuf_str(&clear), s->wanted)) {
        s->found = secret;
    }
    if (clear.p != NULL)
        explicit_bzero(clear.p, clear.cap);
    sl_strbuf_fini(&clear);
    return secret;
}

/* What the resource had under this handle, or as this very secret. */
static struct sl_node *find_sealed(struct sealer *s, sl_str wanted, bool is_handle)
{
    struct sl_change *c = s->c;
    s->found = NULL;
    s->wanted = wanted;
    s->is_handle = is_handle;
    if (c->before_spec != NULL)
        (void)sl_resource_edit_secrets(c->type, c->work->control->config.policies, c->before_spec,
                                       c->work->a, look, s); /* only looks */
    return s->found;
}

/* What is checked is the secret itself; a handle that cannot be opened is left for seal() to judge. */
static struct sl_node *open_handle(struct sl_node *secret, void *arg)
{
    struct sealer *s = arg;
    struct sl_work *w = s->c->work;
    sl_str handle = sl_sealed_handle(secret->text);
    const struct sl_node *kept = handle.p != NULL ? find_sealed(s, handle, true) : NULL;
    struct sl_strbuf clear;
    sl_strbuf_init(&clear, w->a, 0);
    s->c->keeps_secret = s->c->keeps_secret || kept != NULL;
    if (kept == NULL ||
        sl_vault_unseal(w->control->vault, kept->text, s->c->before->id, &clear) != SL_OK)
        return secret;
    return sl_tree_str(w->a, sl_strbuf_str(&clear));
}

static struct sl_node *open_handles(struct sl_change *c, const struct sl_node *spec)
{
    struct sealer s = {.c = c};
    return sl_resource_edit_secrets(c->type, c->work->control->config.policies, spec, c->work->a,
                                    open_handle, &s);
}

static struct sl_node *seal(struct sl_node *secret, void *arg)
{
    struct sealer *s = arg;
    struct sl_work *w = s->c->work;
    sl_str handle = sl_sealed_handle(secret->text);
    const struct sl_node *kept =
        find_sealed(s, handle.p != NULL ? handle : secret->text, handle.p != NULL);
    if (kept != NULL)
        return sl_tree_str(w->a, kept->text);
    if (handle.p != NULL) {
        s->has_failed = true;
        (void)sl_change_fail(s->c, sl_arena_dup(w->a, secret->key).p,
                             "'%.*s' names no secret of this resource; give the secret itself",
                             SL_STRF(handle));
        return secret;
    }
    struct sl_strbuf sealed;
    sl_strbuf_init(&sealed, w->a, 0);
    sl_vault_seal(w->control->vault, secret->text, s->c->row.id, &sealed);
    return sl_tree_str(w->a, sl_strbuf_str(&sealed));
}

static sl_rc seal_secrets(struct sl_change *c)
{
    struct sealer s = {.c = c};
    c->spec = sl_resource_edit_secrets(c->type, c->work->control->config.policies, c->spec,
                                       c->work->a, seal, &s);
    return s.has_failed ? SL_E_INVALID : SL_OK;
}

static bool is_same_member(const struct sl_change *c, const char *name)
{
    const struct sl_node *before = sl_node_get(c->before_spec, sl_cstr(name)),
                         *after = sl_node_get(c->spec, sl_cstr(name));
    return before == NULL || after == NULL ? before == after : sl_tree_eq(before, after);
}

static sl_rc check_secret_route(struct sl_change *c)
{
    const struct sl_secret_route *r = c->type->secret_route;
    if (r == NULL || !c->keeps_secret)
        return SL_OK;
    for (size_t i = 0; r->goes_to[i] != NULL; i++)
        if (!is_same_member(c, r->goes_to[i]))
            return sl_change_fail(c, r->at,
                                  "must be given anew, not as a handle: '%s' changes, and with it "
                                  "where it is sent",
                                  r->goes_to[i]);
    return SL_OK;
}

static struct sl_node *mask(struct sl_node *secret, void *arg)
{
    sl_str handle = sl_sealed_handle(secret->text);
    return sl_tree_str(arg, handle.p != NULL ? handle : SL_STR("********"));
}

struct sl_node *sl_change_mask(struct sl_control *control, const struct sl_resource_type *type,
                               const struct sl_node *spec, struct sl_arena *a)
{
    return sl_resource_edit_secrets(type, control->config.policies, spec, a, mask, a);
}

struct unsealer {
    struct sl_control *control;
    struct sl_arena *a;
    sl_str id;
    sl_rc rc;
};

static struct sl_node *unseal(struct sl_node *secret, void *arg)
{
    struct unsealer *u = arg;
    struct sl_strbuf clear;
    if (!sl_sealed_is(secret->text))
        return secret;
    sl_strbuf_init(&clear, u->a, 0);
    sl_rc rc = sl_vault_unseal(u->control->vault, secret->text, u->id, &clear);
    if (u->rc == SL_OK)
        u->rc = rc;
    return sl_tree_str(u->a, sl_strbuf_str(&clear));
}

sl_rc sl_change_unseal(struct sl_control *control, const struct sl_resource_type *type, sl_str id,
                       const struct sl_node *spec, struct sl_arena *a, struct sl_node **ret,
                       struct sl_diag *d)
{
    struct unsealer u = {.control = control, .a = a, .id = id};
    *ret = sl_resource_edit_secrets(type, control->config.policies, spec, a, unseal, &u);
    if (u.rc != SL_OK)
        return sl_diag_fail(d, u.rc, type->kind,
                            "a sealed secret cannot be opened: the master key is not the one that "
                            "sealed it");
    return SL_OK;
}

/* ------------------------------------------------------------------ references and permissions */

static sl_rc check_reference(struct sl_change *c, sl_str kind, sl_str key, const char *path)
{
    struct sl_row row;
    const struct sl_resource_type *type = sl_resource_type_by_kind(kind);
    SL_ASSERT(type != NULL); /* a bug in a table */
    sl_rc rc = sl_row_by_name(c->work->tx, kind, key, c->work->a, &row);
    if (rc == SL_E_NOTFOUND)
        return sl_change_fail(c, path, "there is no %s '%.*s'", type->kind, SL_STRF(key));
    if (rc != SL_OK)
        return sl_work_fail(c->work, rc);
    bool is_near = type->is_global || sl_str_eq(row.workspace, c->row.workspace) ||
                   sl_str_eq(row.workspace, SL_STR("default"));
    return is_near ? SL_OK
                   : sl_change_fail(c, path, "%s '%.*s' is of another workspace", type->kind,
                                    SL_STRF(key));
}

struct ref_check {
    struct sl_change *c;
    const struct sl_reference *r;
    sl_rc rc;
};

/* Where below `root` the node stands: "targets[2].account" for "targets[].account". Empty: not here. */
static sl_str find_place(struct sl_arena *a, const struct sl_node *root, sl_str path, sl_str so_far,
                         const struct sl_node *n)
{
    size_t at = sl_str_find_str(path, SL_STR("[]")), index = 0;
    sl_str name = sl_str_head(path, at), rest = sl_str_from(path, SL_MIN(at, path.n) + 2);
    const struct sl_node *member = sl_node_at(root, name);
    if (at == SIZE_MAX)
        return member == n ? sl_fmt(a, "%.*s%.*s", SL_STRF(so_far), SL_STRF(name)) : (sl_str){0};
    for (const struct sl_node *c = member != NULL ? member->children : NULL; c != NULL;
         c = c->next, index++) {
        sl_str here = sl_fmt(a, "%.*s%.*s[%zu]", SL_STRF(so_far), SL_STRF(name), index);
        if (c == n)
            return here;
        sl_str place = rest.n == 0 ? (sl_str){0}
                                   : find_place(a, c, sl_str_from(rest, 1),
                                                sl_fmt(a, "%.*s.", SL_STRF(here)), n);
        if (place.n != 0)
            return place;
    }
    return (sl_str){0};
}

static const char *place_of(const struct ref_check *check, const struct sl_node *n)
{
    sl_str path = sl_cstr(check->r->path);
    sl_str place = find_place(check->c->work->a, check->c->spec, path, (sl_str){0}, n);
    return place.n != 0 ? place.p : path.p;
}

static void check_ref(const struct sl_node *n, void *arg)
{
    struct ref_check *check = arg;
    if (n->kind != SL_NODE_STRING || n->text.n == 0)
        return;
    sl_rc rc = check_reference(check->c, sl_cstr(check->r->kind), n->text, place_of(check, n));
    if (check->rc == SL_OK)
        check->rc = rc;
}

static sl_rc check_references(struct sl_change *c)
{
    struct ref_check check = {.c = c};
    for (check.r = c->type->references; check.r != NULL && check.r->path != NULL; check.r++) {
        if (!check.r->is_loose)
            sl_resource_each_at(c->spec, check.r->path, check_ref, &check);
    }
    if (check.rc == SL_OK && c->row.workspace.n != 0 && c->before == NULL)
        check.rc = check_reference(c, SL_STR("workspace"), c->row.workspace, "workspace");
    return check.rc;
}

sl_rc sl_change_index(struct sl_work *w, const struct sl_resource_type *type,
                      const struct sl_row *row, const struct sl_node *spec,
                      const struct sl_node *status)
{
    struct sl_ref *refs, *values, *all;
    size_t n = sl_resource_refs(type, spec, w->a, &refs);
    size_t value_count = sl_resource_values(type, spec, status, w->a, &values);
    all = sl_arena_array(w->a, struct sl_ref, n + value_count + 1);
    if (n != 0)
        memcpy(all, refs, n * sizeof(*refs));
    if (value_count != 0)
        memcpy(all + n, values, value_count * sizeof(*values));
    n += value_count;
    if (row->workspace.n != 0)
        all[n++] = (struct sl_ref){SL_STR("workspace"), row->workspace};
    return sl_work_fail(w, sl_refs_set(w->tx, row->id, all, n));
}

static sl_rc save_references(struct sl_change *c)
{
    return sl_change_index(c->work, c->type, &c->row, c->spec, c->status);
}

/* Both where it was and where it will be. */
static sl_rc check_permission(struct sl_change *c)
{
    struct sl_work *w = c->work;
    sl_str permission = sl_fmt(w->a, "%s:%s", c->type->noun->name, c->verb);
    bool may = sl_actor_may(w->actor, permission, c->row.workspace, c->row.team);
    if (may && c->before != NULL)
        may = sl_actor_may(w->actor, permission, c->before->workspace, c->before->team);
    if (may)
        return SL_OK;
    if (c->row.workspace.n == 0)
        return sl_diag_fail(w->d, SL_E_DENIED, "", "needs the permission %.*s",
                            SL_STRF(permission));
    return sl_diag_fail(w->d, SL_E_DENIED, "", "needs the permission %.*s in workspace %.*s",
                        SL_STRF(permission), SL_STRF(c->row.workspace));
}

/* ------------------------------------------------------------------ audit */

static sl_str masked_json(struct sl_change *c, const struct sl_node *spec,
                          const struct sl_node *status)
{
    struct sl_arena *a = c->work->a;
    if (spec == NULL)
        return SL_STR("");
    struct sl_node *n = sl_change_mask(c->work->control, c->type, spec, a);
    if (status != NULL && status->child_count != 0)
        sl_tree_put(n, SL_STR("status"), sl_tree_copy(a, status));
    return sl_tree_json(n, a);
}

static sl_rc audit(struct sl_change *c)
{
    struct sl_work *w = c->work;
    struct sl_audit e = {
        .at_us = w->now_us,
        .actor = w->actor->name,
        .remote = w->actor->remote,
        .request_id = w->actor->request_id,
        .action = sl_fmt(w->a, "%s.%s", c->type->kind, c->verb),
        .kind = sl_cstr(c->type->kind),
        .subject_id = c->row.id,
        .subject = c->row.name,
        .workspace = c->row.workspace,
        .before = masked_json(c, c->before_spec, c->before_status),
        .after = c->is_delete ? SL_STR("") : masked_json(c, c->spec, c->status),
    };
    return sl_work_fail(w, sl_audit_append(w->tx, &e));
}

/* ------------------------------------------------------------------ writing */

static void stamp(struct sl_change *c)
{
    c->row.revision++;
    c->row.updated_us = c->work->now_us;
    c->row.updated_by = c->work->actor->name;
    c->row.spec = sl_tree_json(c->spec, c->work->a);
    c->row.status = sl_tree_json(c->status, c->work->a);
}

static sl_rc fail_taken(struct sl_change *c, sl_rc rc)
{
    if (rc != SL_E_CONFLICT)
        return sl_work_fail(c->work, rc);
    return sl_diag_fail(c->work->d, SL_E_CONFLICT, "name", "another %s is named '%.*s'",
                        c->type->kind, SL_STRF(c->row.name));
}

sl_rc sl_change_save(struct sl_change *c)
{
    stamp(c);
    sl_rc rc = fail_taken(c, sl_row_update(c->work->tx, &c->row));
    return rc == SL_OK ? save_references(c) : rc;
}

static sl_rc call(sl_rc (*hook)(struct sl_change *c), struct sl_change *c)
{
    return hook != NULL ? hook(c) : SL_OK;
}

static void read_owner(struct sl_change *c)
{
    sl_str team = sl_tree_text(c->spec, "team");
    sl_str user = c->type->has_own ? sl_tree_text(c->spec, "user") : (sl_str){0};
    c->row.team = team.p != NULL ? team : SL_STR("");
    if (user.n != 0)
        c->row.team = sl_actor_own(user, c->work->a);
}

/* Everything between a body and a row that may be written. */
static sl_rc prepare(struct sl_change *c, const struct sl_node *body)
{
    sl_rc rc = read_workspace(c, body);
    if (rc == SL_OK)
        rc = read_spec(c, open_handles(c, without_metadata(c, body)));
    if (rc == SL_OK)
        rc = read_key(c);
    if (rc != SL_OK)
        return rc;
    read_owner(c);
    rc = check_permission(c);
    if (rc == SL_OK)
        rc = check_references(c);
    if (rc == SL_OK)
        rc = call(c->type->hash, c);
    if (rc == SL_OK)
        rc = seal_secrets(c);
    if (rc == SL_OK)
        rc = check_secret_route(c);
    if (rc == SL_OK)
        rc = call(c->type->check, c);
    return rc;
}

static sl_rc finish(struct sl_change *c)
{
    struct sl_work *w = c->work;
    sl_rc rc = call(c->type->changed, c);
    if (rc == SL_OK)
        rc = audit(c);
    if (c->type->effect == SL_EFFECT_AT_ONCE)
        w->must_publish = true;
    else if (rc == SL_OK && c->type->effect == SL_EFFECT_ON_RELEASE)
        rc = sl_compose_check_draft(c);
    return rc;
}

static struct sl_change change_of(struct sl_work *w, const struct sl_resource_type *type,
                                  const struct sl_row *before, const char *verb)
{
    return (struct sl_change){.work = w, .type = type, .before = before, .verb = verb};
}

sl_rc sl_change_create(struct sl_work *w, const struct sl_resource_type *type,
                       const struct sl_node *body, struct sl_change *ret)
{
    struct sl_change *c = ret;
    *c = change_of(w, type, NULL, "create");
    struct sl_id id = sl_id_make(w->now_us / 1000, &w->rand);
    c->row = (struct sl_row){
        .id = sl_arena_dup(w->a, sl_id_str(&id)),
        .kind = sl_cstr(type->kind),
        .created_us = w->now_us,
        .created_by = w->actor->name,
    };
    c->status = sl_tree_map(w->a);
    sl_rc rc = prepare(c, body);
    if (rc != SL_OK)
        return rc;
    stamp(c);
    rc = fail_taken(c, sl_row_insert(w->tx, &c->row));
    if (rc == SL_OK)
        rc = save_references(c);
    return rc == SL_OK ? finish(c) : rc;
}

sl_rc sl_change_replace(struct sl_work *w, const struct sl_resource_type *type,
                        const struct sl_row *row, const struct sl_node *body, struct sl_change *ret)
{
    struct sl_change *c = ret;
    *c = change_of(w, type, row, "update");
    sl_rc rc = load_before(c);
    if (rc == SL_OK)
        rc = prepare(c, body);
    if (rc != SL_OK)
        return rc;
    if (!sl_str_eq(c->row.name, row->name))
        return sl_change_fail(c, "name", "cannot be changed; it is '%.*s'", SL_STRF(row->name));
    if (sl_tree_eq(c->spec, c->before_spec) && sl_tree_eq(c->status, c->before_status)) {
        c->is_unchanged = true;
        return SL_OK;
    }
    rc = sl_change_save(c);
    return rc == SL_OK ? finish(c) : rc;
}

sl_rc sl_change_patch(struct sl_work *w, const struct sl_resource_type *type,
                      const struct sl_row *row, const struct sl_node *patch, struct sl_change *ret)
{
    struct sl_node *spec = NULL;
    *ret = change_of(w, type, row, "update");
    if (patch->kind != SL_NODE_MAP)
        return sl_change_fail(ret, "", "must be an object");
    sl_rc rc = sl_change_parse(w, row->spec, &spec);
    if (rc != SL_OK)
        return rc;
    const struct sl_node *shown = sl_change_mask(w->control, type, spec, w->a);
    return sl_change_replace(w, type, row, sl_tree_merge(w->a, shown, patch), ret);
}

/* ------------------------------------------------------------------ deletion */

struct dependents {
    struct sl_change *c;
    struct sl_strbuf names;
    size_t n;
};

static bool note_dependent(const struct sl_row *row, void *arg)
{
    struct dependents *d = arg;
    const struct sl_resource_type *type = sl_resource_type_by_kind(row->kind);
    bool is_part = type == NULL || (type->verbs & SL_VERB_DELETE) == 0; /* goes with it */
    if (is_part || sl_str_eq(row->id, d->c->row.id))
        return true;
    if (d->n++ < DEPENDENTS_MAX)
        sl_strbuf_addf(&d->names, "%s%.*s '%.*s'", d->n > 1 ? ", " : "", SL_STRF(row->kind),
                       SL_STRF(row->name));
    return d->n <= DEPENDENTS_MAX;
}

static sl_rc check_dependents(struct sl_change *c)
{
    struct dependents d = {.c = c};
    struct sl_ref target = {sl_cstr(c->type->kind), c->row.name};
    sl_strbuf_init(&d.names, c->work->a, 0);
    sl_rc rc = sl_work_fail(c->work, sl_refs_each(c->work->tx, &target, note_dependent, &d));
    if (rc == SL_OK && d.n != 0)
        return sl_change_conflict(c, "%.*s%s still depend%s on it",
                                  SL_STRF(sl_strbuf_str(&d.names)),
                                  d.n > DEPENDENTS_MAX ? " and more" : "", d.n == 1 ? "s" : "");
    return rc;
}

sl_rc sl_change_delete(struct sl_work *w, const struct sl_resource_type *type,
                       const struct sl_row *row, struct sl_change *ret)
{
    struct sl_change *c = ret;
    *c = change_of(w, type, row, "delete");
    c->is_delete = true;
    sl_rc rc = load_before(c);
    if (rc == SL_OK)
        rc = check_permission(c);
    if (rc == SL_OK)
        rc = check_dependents(c);
    if (rc == SL_OK)
        rc = call(type->check, c);
    if (rc == SL_OK)
        rc = sl_work_fail(w, sl_row_delete(w->tx, row->id));
    if (rc == SL_OK)
        rc = sl_work_fail(w, sl_identity_forget(w->tx, row->id));
    if (rc == SL_OK)
        rc = call(type->changed, c);
    if (rc == SL_OK)
        rc = audit(c);
    if (type->effect == SL_EFFECT_AT_ONCE)
        w->must_publish = true;
    return rc;
}

/* ------------------------------------------------------------------ actions */

static sl_rc read_arguments(struct sl_change *c, const struct sl_action *action,
                            const struct sl_node *body, const void **ret)
{
    static const struct sl_field none[] = {SL_FIELD_END};
    struct sl_work *w = c->work;
    void *args = sl_arena_alloc(w->a, action->size);
    *ret = args;
    return sl_field_read(action->fields != NULL ? action->fields : none, args, body, SL_STR(""),
                         w->a, w->d) == SL_OK
               ? SL_OK
               : SL_E_INVALID;
}

static sl_rc begin_act(struct sl_change *c, struct sl_work *w, const struct sl_resource_type *type,
                       const struct sl_row *row, const struct sl_action *action)
{
    *c = change_of(w, type, row, action->name);
    sl_rc rc = load_before(c);
    return rc == SL_OK ? check_permission(c) : rc;
}

static sl_rc finish_act(struct sl_change *c, const struct sl_action *action, const void *args)
{
    const char *refusal = sl_resource_refusal(c->type, action, c->status);
    if (refusal != NULL)
        return sl_change_conflict(c, "%s", refusal);
    sl_rc rc = action->run(c, args);
    if (rc != SL_OK || action->is_outside || action->is_query)
        return rc;
    if (c->type->effect == SL_EFFECT_AT_ONCE)
        c->work->must_publish = true;
    return audit(c);
}

sl_rc sl_change_run(struct sl_work *w, const struct sl_resource_type *type,
                    const struct sl_row *row, const struct sl_action *action, const void *args,
                    struct sl_change *ret)
{
    sl_rc rc = begin_act(ret, w, type, row, action);
    return rc == SL_OK ? finish_act(ret, action, args) : rc;
}

sl_rc sl_change_act(struct sl_work *w, const struct sl_resource_type *type,
                    const struct sl_row *row, const struct sl_action *action,
                    const struct sl_node *body, struct sl_change *ret)
{
    const void *args = NULL;
    sl_rc rc = begin_act(ret, w, type, row, action);
    if (rc == SL_OK)
        rc = read_arguments(ret, action, body, &args);
    return rc == SL_OK ? finish_act(ret, action, args) : rc;
}

/* ------------------------------------------------------------------ showing */

static struct sl_node *tell_action(struct sl_work *w, const struct sl_resource_type *type,
                                   const struct sl_action *action, const struct sl_node *status)
{
    struct sl_node *n = sl_tree_map(w->a);
    const char *refusal = sl_resource_refusal(type, action, status);
    sl_tree_put_str(w->a, n, "name", sl_cstr(action->name));
    if (refusal != NULL) {
        const char *code = sl_saying_code(sl_cstr(refusal));
        sl_tree_put_str(w->a, n, "refused", sl_cstr(refusal));
        if (code != NULL)
            sl_tree_put_str(w->a, n, "refused_code", sl_cstr(code));
    } else if (sl_resource_awaits(type, action, status))
        sl_tree_put(n, SL_STR("is_awaited"), sl_tree_bool(w->a, true));
    return n;
}

/* What stands in a file is changed there only. */
void sl_change_tell_actions(struct sl_work *w, const struct sl_resource_type *type,
                            const struct sl_row *row, struct sl_node *shown)
{
    const struct sl_node *status = sl_node_get(shown, SL_STR("status"));
    struct sl_node *list = sl_tree_list(w->a);
    if (type->actions == NULL || row->origin.n != 0)
        return;
    for (const struct sl_action *action = type->actions; action->name != NULL; action++) {
        sl_str permission = sl_fmt(w->a, "%s:%s", type->noun->name, action->name);
        if (sl_actor_may(w->actor, permission, row->workspace, row->team))
            sl_tree_push(list, tell_action(w, type, action, status));
    }
    sl_tree_put(shown, SL_STR("actions"), list);
}

sl_rc sl_change_render(struct sl_work *w, const struct sl_resource_type *type,
                       const struct sl_row *row, const struct sl_node *reveal, struct sl_node **ret)
{
    struct sl_arena *a = w->a;
    struct sl_node *out = sl_tree_map(a), *spec = NULL, *status = NULL;
    sl_rc rc = sl_change_parse(w, row->spec, &spec);
    if (rc == SL_OK)
        rc = sl_change_parse(w, row->status, &status);
    if (rc != SL_OK)
        return rc;
    sl_tree_put_str(a, out, "id", row->id);
    sl_tree_put_str(a, out, "key", row->name);
    if (row->workspace.n != 0)
        sl_tree_put_str(a, out, "workspace", row->workspace);
    sl_tree_put(out, SL_STR("revision"), sl_tree_i64(a, row->revision));
    sl_tree_put(out, SL_STR("created_at"), sl_tree_time(a, row->created_us));
    sl_tree_put_str(a, out, "created_by", row->created_by);
    sl_tree_put(out, SL_STR("updated_at"), sl_tree_time(a, row->updated_us));
    sl_tree_put_str(a, out, "updated_by", row->updated_by);
    if (row->origin.n != 0)
        sl_tree_put_str(a, out, "origin", row->origin);
    spec = sl_change_mask(w->control, type, spec, a);
    for (struct sl_node *n = spec->children, *next; n != NULL; n = next) {
        next = n->next;
        sl_tree_put(out, n->key, n);
    }
    if (type->live != NULL)
        type->live(w, row->name, status);
    sl_tree_put(out, SL_STR("status"), status);
    for (const struct sl_node *n = reveal != NULL ? reveal->children : NULL; n != NULL; n = n->next)
        sl_tree_put(out, n->key, sl_tree_copy(a, n));
    *ret = out;
    return SL_OK;
}
