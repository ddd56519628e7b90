/*
 * view: a question to the reports that is kept: by what, how far back, of which requests, and which number is
 * looked at. It is somebody's alone, or shared with a team or with all who may see the views of its workspace.
 */
#include "base/str.h"
#include "control/actor.h"
#include "control/change.h"
#include "control/resource/view_int.h"
#include "control/tree.h"
#include "store/rollup.h"

enum { OWN_MAX = 100, VALUE_BYTES_MAX = 512 /* of a filter: who may only read keeps views, too */ };

/* The numbers that lines and tables of a view are of: those that the console's screen of reports has. */
static const char *const measures[] = {"requests", "errors", "p50",  "p95",
                                       "p99",      "tokens", "cost", NULL};

struct view_config {
    sl_str name, title, user, team;
    struct sl_strs group_by;
    int64_t since_us;
    int measure;
    struct sl_pairs filters;
};

static const struct sl_field view_fields[] = {
    SL_FIELD_STR(struct view_config, name, .required = true, .min = "1", .max = "129",
                 .help = "Unique; of a user's own: `USER.NAME`, so that it takes no name from "
                         "those that are shared.",
                 .example = "cost-by-team"),
    SL_FIELD_STR(struct view_config, title, .max = "128", .help = "Its name for people.",
                 .example = "What each team costs"),
    SL_FIELD_STR(struct view_config, user, .max = "64",
                 .help = "Whose alone it is: nobody else sees it, and its user needs no more than "
                         "`views:read` to change it. Left out: it is shared.",
                 .example = "alice"),
    SL_FIELD_STR(struct view_config, team, .max = "64",
                 .help = "The team that it is shared with. Left out: with all who may see the "
                         "views of its workspace."),
    SL_FIELD_STRS(struct view_config, group_by, .max = "4",
                  .help = "By which dimensions of reports, as `group` of `GET /reports`.",
                  .example = "[team, model]"),
    SL_FIELD_SPAN(struct view_config, since_us, "since", .dflt = "24h", .min = "1m", .max = "366d",
                  .help = "How far back."),
    SL_FIELD_ENUM(struct view_config, measure, .dflt = "requests", .values = measures,
                  .help = "Which number is shown, the greatest first."),
    SL_FIELD_MAP(struct view_config, filters, .max = "10",
                 .help = "Only requests of it, by the dimensions of reports: `{service: orders}`. "
                         "Values of at most 512 bytes."),
    SL_FIELD_END,
};

static const struct sl_noun view_noun = {
    .name = "views",
    .summary = "Questions to the reports that are kept: one's own, or shared.",
    .fields = view_fields,
    .size = sizeof(struct view_config),
    .is_list = true,
};

/* ------------------------------------------------------------------ what is asked */

static bool is_dimension(sl_str name)
{
    for (size_t i = 0; i < SL_DIM_COUNT; i++) {
        if (sl_str_eq(name, sl_dimension_names[i]))
            return true;
    }
    return false;
}

static sl_rc check_filters(struct sl_change *c, const struct sl_pairs *filters)
{
    for (size_t i = 0; i < filters->n; i++) {
        const struct sl_pair *p = &filters->v[i];
        if (!is_dimension(p->name))
            return sl_change_fail(c, "filters", "'%.*s' is no dimension of reports",
                                  SL_STRF(p->name));
        if (p->value.n > VALUE_BYTES_MAX)
            return sl_change_fail(c, "filters", "the value of '%.*s' is longer than %d bytes",
                                  SL_STRF(p->name), VALUE_BYTES_MAX);
    }
    return SL_OK;
}

static sl_rc check_dimensions(struct sl_change *c, const struct view_config *v)
{
    for (size_t i = 0; i < v->group_by.n; i++) {
        if (!is_dimension(v->group_by.v[i]))
            return sl_change_fail(c, "group_by", "'%.*s' is no dimension of reports",
                                  SL_STRF(v->group_by.v[i]));
        for (size_t k = 0; k < i; k++)
            if (sl_str_eq(v->group_by.v[i], v->group_by.v[k]))
                return sl_change_fail(c, "group_by", "is given twice; once is enough");
    }
    return check_filters(c, &v->filters);
}

/* ------------------------------------------------------------------ whose it is */

struct own {
    sl_str ids[OWN_MAX];
    size_t n;
    struct sl_arena *a;
};

static bool note(const struct sl_row *row, void *arg)
{
    struct own *o = arg;
    o->ids[o->n++] = sl_arena_dup(o->a, row->id);
    return o->n < OWN_MAX;
}

static sl_rc find_own(struct sl_work *w, sl_str user, struct own **ret)
{
    struct own *o = sl_arena_new_of(w->a, struct own);
    struct sl_ref whose = {SL_STR("view.user"), user};
    *o = (struct own){.a = w->a};
    *ret = o;
    return sl_work_fail(w, sl_refs_each(w->tx, &whose, note, o));
}

sl_rc sl_views_forget(struct sl_work *w, sl_str user)
{
    struct own *o;
    sl_rc rc = find_own(w, user, &o);
    for (size_t i = 0; i < o->n && rc == SL_OK; i++)
        rc = sl_work_fail(w, sl_row_delete(w->tx, o->ids[i]));
    return rc;
}

/* "alice.cost": what nobody else sees is in the way of nobody else, nor of the user "alice.b". */
static sl_rc check_name(struct sl_change *c, const struct view_config *v)
{
    sl_str rest = sl_str_from(v->name, v->user.n);
    if (sl_str_starts(v->name, v->user) && rest.n > 1 && sl_str_rfind(rest, '.') == 0)
        return SL_OK;
    return sl_change_fail(c, "name", "must be '%.*s.' and a name without a dot: it is a user's own",
                          SL_STRF(v->user));
}

/* Only oneself keeps something for oneself alone: else others could hide there what its user does not know of. */
static sl_rc check_user(struct sl_change *c, const struct view_config *v)
{
    struct own *o;
    if (v->user.n == 0)
        return SL_OK;
    if (!sl_str_eq(v->user, c->work->actor->user))
        return sl_diag_fail(c->work->d, SL_E_DENIED, "user",
                            "only a user keeps views for themselves");
    if (v->team.n != 0)
        return sl_change_fail(c, "team", "must be left out: it is a user's alone");
    bool was_own = c->before != NULL && sl_tree_text(c->before_spec, "user").n != 0;
    sl_rc rc = was_own ? SL_OK : check_name(c, v);
    if (rc == SL_OK && !was_own)
        rc = find_own(c->work, v->user, &o);
    return rc == SL_OK && !was_own && o->n == OWN_MAX
               ? sl_change_conflict(c, "nobody has more than %d views of their own", OWN_MAX)
               : rc;
}

static sl_rc view_check(struct sl_change *c)
{
    if (c->is_delete)
        return SL_OK;
    sl_rc rc = check_user(c, c->config);
    return rc == SL_OK ? check_dimensions(c, c->config) : rc;
}

static const struct sl_reference view_references[] = {{"team", "team"}, {NULL, NULL}};

static const char *const indexed_members[] = {"user", NULL};

const struct sl_resource_type sl_resource_view = {
    .kind = "view",
    .noun = &view_noun,
    .verbs = SL_VERBS_ALL,
    .has_own = true,
    .references = view_references,
    .indexed = indexed_members,
    .check = view_check,
};
