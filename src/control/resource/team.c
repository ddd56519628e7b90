/*
 * team: people who own services together. Teams may be parts of others; who may do something for a team
 * may do it for the teams below it.
 */
#include "base/str.h"
#include "control/change.h"
#include "control/tree.h"

enum { DEPTH_MAX = 16 };

struct team_config {
    sl_str name, title, parent, description;
};

static const struct sl_field team_fields[] = {
    SL_FIELD_STR(struct team_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique.", .example = "search"),
    SL_FIELD_STR(struct team_config, title, .max = "128", .help = "Its name for people."),
    SL_FIELD_STR(struct team_config, parent, .max = "64", .help = "The team that it is part of."),
    SL_FIELD_STR(struct team_config, description, .max = "2048", .help = "What it does."),
    SL_FIELD_END,
};

static const struct sl_noun team_noun = {
    .name = "teams",
    .summary = "Who owns services; a team may be part of another one.",
    .fields = team_fields,
    .size = sizeof(struct team_config),
    .is_list = true,
};

static sl_rc parent_of(struct sl_work *w, sl_str team, sl_str *ret)
{
    struct sl_row row;
    struct sl_node *spec = NULL;
    sl_rc rc = sl_row_by_name(w->tx, SL_STR("team"), team, w->a, &row);
    if (rc == SL_OK)
        rc = sl_change_parse(w, row.spec, &spec);
    *ret = rc == SL_OK ? sl_tree_text(spec, "parent") : (sl_str){0};
    return rc;
}

/* Up from the parent: neither the team itself nor too many steps. */
static sl_rc team_check(struct sl_change *c)
{
    sl_str at = sl_tree_text(c->spec, "parent");
    for (int depth = 0; !c->is_delete && at.n != 0; depth++) {
        if (sl_str_eq(at, c->row.name))
            return sl_change_fail(c, "parent", "would make the team a part of itself");
        if (depth == DEPTH_MAX)
            return sl_change_fail(c, "parent", "is more than %d levels below the first team",
                                  DEPTH_MAX);
        sl_rc rc = parent_of(c->work, at, &at);
        if (rc != SL_OK)
            return sl_work_fail(c->work, rc);
    }
    return SL_OK;
}

static const struct sl_reference team_references[] = {{"parent", "team"}, {NULL, NULL}};

const struct sl_resource_type sl_resource_team = {
    .kind = "team",
    .noun = &team_noun,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .references = team_references,
    .check = team_check,
};
