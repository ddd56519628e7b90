/*
 * service: the unit of publishing. What people edit is a draft; traffic sees the live *release*: a copy
 * that `publish` makes and `rollback` brings back. A service with a version has the key "name@version",
 * so that versions stand side by side.
 */
#include "base/num.h"
#include "base/str.h"
#include "control/actor.h"
#include "control/compose.h"
#include "control/tree.h"

enum { DIFF_MAX = 200 };

extern const struct sl_resource_type sl_resource_service;

static sl_str service_key(const struct sl_node *spec, struct sl_arena *a)
{
    sl_str name = sl_tree_text(spec, "name"), version = sl_tree_text(spec, "version");
    return version.n == 0 ? name : sl_fmt(a, "%.*s@%.*s", SL_STRF(name), SL_STRF(version));
}

static const struct sl_field service_state[] = {
    {.kind = SL_FIELD_KIND_STR,
     .name = "state",
     .help = "`draft` (never published), `published` or `offline`."},
    {.kind = SL_FIELD_KIND_INT, .name = "live_release", .help = "The release that traffic sees."},
    {.kind = SL_FIELD_KIND_INT, .name = "last_release", .help = "The newest one."},
    {.kind = SL_FIELD_KIND_BOOL,
     .name = "has_draft",
     .help = "Was it changed since the live release?"},
    SL_FIELD_END,
};

static int64_t number_of(const struct sl_node *status, const char *name)
{
    const struct sl_node *n = sl_node_get(status, sl_cstr(name));
    int64_t v = 0;
    return n != NULL && n->kind == SL_NODE_NUMBER && sl_num_i64(n->text, &v) ? v : 0;
}

static sl_str release_key(struct sl_arena *a, sl_str service, int64_t number)
{
    return sl_fmt(a, "%.*s:%lld", SL_STRF(service), (long long)number);
}

static sl_rc find_release(struct sl_change *c, int64_t number, struct sl_node **ret_spec)
{
    struct sl_row row;
    struct sl_work *w = c->work;
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("release"), release_key(w->a, c->row.name, number),
                              w->a, &row);
    if (rc == SL_E_NOTFOUND)
        return sl_change_fail(c, "release", "there is no release %lld of this service",
                              (long long)number);
    return rc == SL_OK ? sl_change_parse(w, row.spec, ret_spec) : sl_work_fail(w, rc);
}

/* ------------------------------------------------------------------ drafts */

static void put_state(struct sl_change *c, const char *state)
{
    sl_tree_put_str(c->work->a, c->status, "state", sl_cstr(state));
}

static void put_has_draft(struct sl_change *c, bool has_draft)
{
    sl_tree_put(c->status, SL_STR("has_draft"), sl_tree_bool(c->work->a, has_draft));
}

static sl_rc service_check(struct sl_change *c)
{
    int64_t live = number_of(c->status, "live_release");
    if (c->is_delete)
        return live == 0 ? SL_OK : sl_change_conflict(c, "it is published; take it offline first");
    if (c->before == NULL)
        put_state(c, "draft");
    if (live == 0) {
        put_has_draft(c, true);
        return SL_OK;
    }
    struct sl_node *release = NULL;
    sl_rc rc = find_release(c, live, &release);
    if (rc == SL_OK)
        put_has_draft(c, !sl_tree_eq(sl_node_get(release, SL_STR("config")), c->spec));
    return rc;
}

/* ------------------------------------------------------------------ publish */

static sl_rc insert_release(struct sl_change *c, int64_t number, struct sl_node *spec)
{
    struct sl_work *w = c->work;
    struct sl_id id = sl_id_make(w->now_us / 1000, &w->rand);
    struct sl_row row = {
        .id = sl_id_str(&id),
        .kind = SL_STR("release"),
        .name = release_key(w->a, c->row.name, number),
        .workspace = c->row.workspace,
        .team = c->row.team,
        .revision = 1,
        .spec = sl_tree_json(spec, w->a),
        .status = SL_STR("{}"),
        .created_us = w->now_us,
        .updated_us = w->now_us,
        .created_by = w->actor->name,
        .updated_by = w->actor->name,
    };
    struct sl_ref of = {SL_STR("service"), c->row.name};
    sl_rc rc = sl_row_insert(w->tx, &row);
    if (rc == SL_OK)
        rc = sl_refs_set(w->tx, row.id, &of, 1);
    return sl_work_fail(w, rc);
}

/* With handles in place of secrets: people read it. */
static struct sl_node *difference(struct sl_change *c, const struct sl_node *before,
                                  const struct sl_node *after)
{
    struct sl_control *control = c->work->control;
    struct sl_arena *a = c->work->a;
    return sl_tree_diff(a, before != NULL ? sl_change_mask(control, c->type, before, a) : NULL,
                        sl_change_mask(control, c->type, after, a), DIFF_MAX);
}

/* Make a release of `config` and the live one. */
static sl_rc release(struct sl_change *c, const struct sl_node *config, sl_str reason,
                     int64_t restores)
{
    struct sl_arena *a = c->work->a;
    int64_t number = number_of(c->status, "last_release") + 1,
            live = number_of(c->status, "live_release");
    struct sl_node *before = NULL, *spec = sl_tree_map(a);
    sl_rc rc = live != 0 ? find_release(c, live, &before) : SL_OK;
    if (rc != SL_OK)
        return rc;
    sl_tree_put_str(a, spec, "service", c->row.name);
    sl_tree_put(spec, SL_STR("number"), sl_tree_i64(a, number));
    sl_tree_put_str(a, spec, "reason", reason);
    if (restores != 0)
        sl_tree_put(spec, SL_STR("restores"), sl_tree_i64(a, restores));
    sl_tree_put(spec, SL_STR("config"), sl_tree_copy(a, config));
    sl_tree_put(spec, SL_STR("diff"), difference(c, sl_node_get(before, SL_STR("config")), config));
    rc = insert_release(c, number, spec);
    put_state(c, "published");
    put_has_draft(c, !sl_tree_eq(config, c->spec));
    sl_tree_put(c->status, SL_STR("live_release"), sl_tree_i64(a, number));
    sl_tree_put(c->status, SL_STR("last_release"), sl_tree_i64(a, number));
    c->work->must_publish = true;
    return rc == SL_OK ? sl_change_save(c) : rc;
}

struct reason_args {
    sl_str reason;
};

#define REASON(type) \
    SL_FIELD_STR(type, reason, .max = "2048", .help = "Why; kept with the release.")

static const struct sl_field reason_fields[] = {REASON(struct reason_args), SL_FIELD_END};

static sl_rc publish(struct sl_change *c, const void *args)
{
    const struct reason_args *r = args;
    return release(c, c->spec, r->reason, 0);
}

struct rollback_args {
    sl_str reason;
    int64_t release;
};

static const struct sl_field rollback_fields[] = {
    REASON(struct rollback_args),
    SL_FIELD_INT(struct rollback_args, release, .min = "1",
                 .help = "The release to bring back; left out: the one before the live one."),
    SL_FIELD_END,
};

static sl_rc rollback(struct sl_change *c, const void *args)
{
    const struct rollback_args *r = args;
    struct sl_node *old = NULL;
    int64_t live = number_of(c->status, "live_release");
    int64_t number = r->release != 0 ? r->release : live - 1;
    if (number < 1)
        return sl_change_conflict(c, "there is no release to go back to");
    sl_rc rc = find_release(c, number, &old);
    return rc == SL_OK ? release(c, sl_node_get(old, SL_STR("config")), r->reason, number) : rc;
}

static sl_rc take_offline(struct sl_change *c, const void *args)
{
    (void)args;
    if (number_of(c->status, "live_release") == 0)
        return sl_change_conflict(c, "it is not published");
    put_state(c, "offline");
    put_has_draft(c, true);
    sl_tree_put(c->status, SL_STR("live_release"), sl_tree_i64(c->work->a, 0));
    c->work->must_publish = true;
    return sl_change_save(c);
}

static const struct sl_action service_actions[] = {
    {.name = "publish",
     .summary = "Make the draft a release and serve it, on every worker at once.",
     .fields = reason_fields,
     .size = sizeof(struct reason_args),
     .run = publish},
    {.name = "rollback",
     .summary = "Serve an earlier release again, as a new one.",
     .fields = rollback_fields,
     .size = sizeof(struct rollback_args),
     .run = rollback},
    {.name = "offline",
     .summary = "Serve it no more. The draft and the releases stay.",
     .fields = reason_fields,
     .size = sizeof(struct reason_args),
     .run = take_offline},
    {0},
};

/* ------------------------------------------------------------------ deletion */

struct releases {
    struct sl_arena *a;
    struct sl_tree_tail ids;
};

static bool note_release(const struct sl_row *row, void *arg)
{
    struct releases *r = arg;
    if (sl_str_eq(row->kind, SL_STR("release")))
        sl_tree_add(&r->ids, sl_tree_str(r->a, sl_arena_dup(r->a, row->id)));
    return true;
}

/* Releases go with their service; the audit trail keeps what they were. */
static sl_rc service_changed(struct sl_change *c)
{
    struct sl_work *w = c->work;
    struct releases r = {.a = w->a, .ids = sl_tree_tail(w->a)};
    struct sl_ref target = {SL_STR("service"), c->row.name};
    if (!c->is_delete)
        return SL_OK;
    sl_rc rc = sl_refs_each(w->tx, &target, note_release, &r);
    for (const struct sl_node *n = r.ids.list->children; n != NULL && rc == SL_OK; n = n->next)
        rc = sl_row_delete(w->tx, n->text);
    return sl_work_fail(w, rc);
}

/* ------------------------------------------------------------------ compose */

static sl_rc service_compose(struct sl_composer *c, const struct sl_row *row, struct sl_node *spec)
{
    const struct sl_node *status = sl_compose_parse(c, row, row->status);
    int64_t live = number_of(status, "live_release");
    struct sl_row release;
    (void)spec; /* the draft */
    if (live == 0)
        return c->rc;
    sl_rc rc = sl_row_by_name(c->tx, SL_STR("release"), release_key(c->a, row->name, live), c->a,
                              &release);
    if (rc != SL_OK)
        return sl_diag_fail(c->d, rc, "release", "release %lld of %.*s cannot be read",
                            (long long)live, SL_STRF(row->name));
    struct sl_node *tree = sl_compose_parse(c, row, release.spec);
    struct sl_node *config = tree != NULL ? sl_tree_take(tree, SL_STR("config")) : NULL;
    if (config == NULL)
        return c->rc != SL_OK ? c->rc : SL_E_INTERNAL;
    rc = sl_change_unseal(c->control, &sl_resource_service, row->id, config, c->a, &config, c->d);
    if (rc == SL_OK)
        sl_compose_add(c, SL_NOUN_SERVICES, config);
    return rc;
}

static const struct sl_reference service_references[] = {
    {"upstream", "upstream"}, {"team", "team"}, {NULL, NULL}};

const struct sl_resource_type sl_resource_service = {
    .kind = "service",
    .noun = &sl_nouns[SL_NOUN_SERVICES],
    .state = service_state,
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_ON_RELEASE,
    .references = service_references,
    .key = service_key,
    .actions = service_actions,
    .check = service_check,
    .changed = service_changed,
    .compose = service_compose,
};
