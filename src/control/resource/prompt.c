/*
 * prompt: a template, its variables and its output. One with a version has the key "name@version", so that
 * versions stand side by side; a service of kind prompt says which one it publishes. Others may be on trial behind
 * its operation (A/B): one of them takes its place, or the trial ends, by an action.
 */
#include "base/str.h"
#include "base/strbuf.h"
#include "control/actor.h"
#include "control/change.h"
#include "control/compose.h"
#include "control/resource.h"
#include "control/tree.h"

struct promotion {
    sl_str prompt, reason;
};

struct ending {
    sl_str reason;
};

#define REASON_HELP "For the audit trail."

static const struct sl_field promotion_fields[] = {
    SL_FIELD_STR(struct promotion, prompt, .required = true, .min = "1", .max = "129",
                 .help = "The one of the trial that takes its place.", .example = "sentiment@v2"),
    SL_FIELD_STR(struct promotion, reason, .max = "1024", .help = REASON_HELP),
    SL_FIELD_END,
};

static const struct sl_field ending_fields[] = {
    SL_FIELD_STR(struct ending, reason, .max = "1024", .help = REASON_HELP),
    SL_FIELD_END,
};

static const struct sl_field prompt_state[] = {
    {.kind = SL_FIELD_KIND_TIME,
     .name = "trial_since",
     .help = "When its trial was begun or changed."},
    {.kind = SL_FIELD_KIND_STR, .name = "reason", .help = "Why the last trial ended."},
    SL_FIELD_END,
};

static sl_str prompt_key(const struct sl_node *spec, struct sl_arena *a)
{
    sl_str name = sl_tree_text(spec, "name"), version = sl_tree_text(spec, "version");
    return version.n == 0 ? name : sl_fmt(a, "%.*s@%.*s", SL_STRF(name), SL_STRF(version));
}

/* ------------------------------------------------------------------ trials */

static const struct sl_node *arms_of(const struct sl_node *spec)
{
    const struct sl_node *arms = sl_node_get(sl_node_get(spec, SL_STR("trial")), SL_STR("arms"));
    return arms != NULL && arms->child_count != 0 ? arms : NULL;
}

static bool is_same(const struct sl_node *a, const struct sl_node *b)
{
    return a != NULL && b != NULL && sl_tree_eq(a, b);
}

/*
 * Whoever may change one prompt but not read the other would have its texts answer, or stand, in a place of their own.
 * To them there is none.
 */
static sl_rc find_readable(struct sl_change *c, sl_str key, const char *path, struct sl_row *ret)
{
    struct sl_work *w = c->work;
    sl_rc rc = sl_change_find(w, c->type, key, ret);
    if (rc == SL_OK && sl_actor_may(w->actor, SL_STR("prompts:read"), ret->workspace, ret->team))
        return SL_OK;
    return rc == SL_OK || rc == SL_E_NOTFOUND
               ? sl_change_fail(c, path, "there is no prompt '%.*s'", SL_STRF(key))
               : rc;
}

static sl_rc check_arms(struct sl_change *c, const struct sl_node *arms)
{
    size_t i = 0;
    for (const struct sl_node *n = arms->children; n != NULL; n = n->next, i++) {
        struct sl_row row;
        const char *path = sl_fmt(c->work->a, "trial.arms[%zu].prompt", i).p;
        sl_rc rc = find_readable(c, sl_tree_text(n, "prompt"), path, &row);
        if (rc != SL_OK)
            return rc;
    }
    return SL_OK;
}

static sl_rc prompt_check(struct sl_change *c)
{
    const struct sl_node *arms = arms_of(c->spec);
    if (c->is_delete)
        return SL_OK;
    if (arms == NULL)
        (void)sl_tree_take(c->status, SL_STR("trial_since")); /* mostly there was none */
    if (arms == NULL || (c->before != NULL && is_same(arms, arms_of(c->before_spec))))
        return SL_OK;
    sl_tree_put(c->status, SL_STR("trial_since"), sl_tree_time(c->work->a, c->work->now_us));
    return check_arms(c, arms);
}

static sl_rc save_without_trial(struct sl_change *c, sl_str reason)
{
    (void)sl_tree_take(c->spec, SL_STR("trial"));
    (void)sl_tree_take(c->status, SL_STR("trial_since"));
    (void)sl_tree_take(c->status, SL_STR("reason")); /* of the one before */
    if (reason.n != 0)
        sl_tree_put_str(c->work->a, c->status, "reason", reason);
    return sl_change_save(c);
}

static bool is_on_trial(const struct sl_node *spec, sl_str key)
{
    const struct sl_node *arms = arms_of(spec);
    for (const struct sl_node *n = arms != NULL ? arms->children : NULL; n != NULL; n = n->next)
        if (sl_str_eq(sl_tree_text(n, "prompt"), key))
            return true;
    return false;
}

/* What names it and where it is served stay; all else is the other's. */
static void take_over(struct sl_change *c, struct sl_node *other)
{
    static const char *const own[] = {"name", "version", "path"};
    for (size_t i = 0; i < SL_LEN(own); i++) {
        struct sl_node *kept = sl_tree_take(c->spec, sl_cstr(own[i]));
        (void)sl_tree_take(other, sl_cstr(own[i]));
        if (kept != NULL)
            sl_tree_put(other, sl_cstr(own[i]), kept);
    }
    c->spec = other;
}

static sl_rc promote(struct sl_change *c, const void *args)
{
    const struct promotion *p = args;
    struct sl_row row;
    struct sl_node *other = NULL;
    if (!is_on_trial(c->spec, p->prompt))
        return sl_change_fail(c, "prompt", "is none of the trial");
    sl_rc rc = find_readable(c, p->prompt, "prompt", &row);
    if (rc == SL_OK)
        rc = sl_change_parse(c->work, row.spec, &other);
    if (rc != SL_OK)
        return rc;
    take_over(c, other);
    return save_without_trial(c, p->reason);
}

static sl_rc end_trial(struct sl_change *c, const void *args)
{
    const struct ending *e = args;
    return save_without_trial(c, e->reason);
}

static bool has_trial(const struct sl_node *status)
{
    return sl_tree_text(status, "trial_since").n != 0;
}

enum { ON_TRIAL };
static const struct sl_condition conditions[] = {
    [ON_TRIAL] = {has_trial, "no other prompt is on trial in its place"},
    {0},
};

static const struct sl_action prompt_actions[] = {
    {.name = "promote",
     .summary = "Let a prompt that is on trial take its place: with its texts, under the name and "
                "path that callers know. The trial ends.",
     .needs = SL_CONDITION(ON_TRIAL),
     .fields = promotion_fields,
     .size = sizeof(struct promotion),
     .run = promote},
    {.name = "end-trial",
     .summary = "End the trial: all calls are its own again.",
     .needs = SL_CONDITION(ON_TRIAL),
     .fields = ending_fields,
     .size = sizeof(struct ending),
     .run = end_trial},
    {0},
};

/* A draft of a service that publishes it is compiled without those on trial. */
static sl_rc prompt_compose(struct sl_composer *c, const struct sl_row *row, struct sl_node *spec)
{
    (void)row;
    if (c->is_of_draft)
        (void)sl_tree_take(spec, SL_STR("trial")); /* mostly there is none */
    sl_compose_add(c, SL_NOUN_PROMPTS, spec);
    return SL_OK;
}

static const struct sl_reference prompt_references[] = {{"trial.arms[].prompt", "prompt"},
                                                        {NULL, NULL}};

static const char *const indexed_members[] = {"model", NULL};

const struct sl_resource_type sl_resource_prompt = {
    .kind = "prompt",
    .indexed = indexed_members,
    .noun = &sl_nouns[SL_NOUN_PROMPTS],
    .state = prompt_state,
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .references = prompt_references,
    .actions = prompt_actions,
    .conditions = conditions,
    .check = prompt_check,
    .compose = prompt_compose,
    .key = prompt_key,
};
