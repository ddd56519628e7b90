/*
 * subscription: a consumer may use a service under a plan: requested, approved, suspended, ended. Only an
 * approved one counts for the traffic. Its key is "consumer:service".
 */
#include "base/str.h"
#include "control/actor.h"
#include "control/compose.h"

static sl_str subscription_key(const struct sl_node *spec, struct sl_arena *a)
{
    return sl_fmt(a, "%.*s:%.*s", SL_STRF(sl_tree_text(spec, "consumer")),
                  SL_STRF(sl_tree_text(spec, "service")));
}

static const struct sl_field subscription_state[] = {
    {.kind = SL_FIELD_KIND_STR,
     .name = "state",
     .help = "`requested`, `approved`, `rejected`, `suspended` or `ended`."},
    {.kind = SL_FIELD_KIND_STR, .name = "decided_by", .help = "Who decided last."},
    {.kind = SL_FIELD_KIND_TIME, .name = "decided_at", .help = "When."},
    {.kind = SL_FIELD_KIND_STR, .name = "decision", .help = "What they said."},
    SL_FIELD_END,
};

static void set_state(struct sl_change *c, const char *state, sl_str text)
{
    struct sl_arena *a = c->work->a;
    sl_tree_put_str(a, c->status, "state", sl_cstr(state));
    sl_tree_put_str(a, c->status, "decided_by", c->work->actor->name);
    sl_tree_put(c->status, SL_STR("decided_at"), sl_tree_time(a, c->work->now_us));
    sl_tree_put_str(a, c->status, "decision", text.p != NULL ? text : SL_STR(""));
}

/* Any service of that name, whatever its version, or of that key. */
static bool note_service(const struct sl_row *row, void *arg)
{
    sl_str *wanted = arg;
    size_t at = sl_str_find(row->name, '@', 0);
    if (sl_str_eq(sl_str_head(row->name, at), *wanted))
        wanted->p = NULL;
    return wanted->p != NULL;
}

static sl_rc check_service(struct sl_change *c)
{
    sl_str name = sl_tree_text(c->spec, "service"), wanted = name;
    struct sl_row_query query = {.kind = SL_STR("service")};
    sl_rc rc = sl_work_fail(c->work, sl_rows_each(c->work->tx, &query, note_service, &wanted));
    if (rc == SL_OK && wanted.p != NULL)
        return sl_change_fail(c, "service", "there is no service '%.*s'", SL_STRF(name));
    return rc;
}

static sl_rc needs_approval(struct sl_change *c, bool *ret)
{
    struct sl_row row;
    struct sl_node *plan = NULL;
    sl_rc rc = sl_row_by_name(c->work->tx, SL_STR("plan"), sl_tree_text(c->spec, "plan"),
                              c->work->a, &row);
    if (rc != SL_OK)
        return sl_work_fail(c->work, rc);
    rc = sl_change_parse(c->work, row.spec, &plan);
    if (rc == SL_OK)
        *ret = sl_str_eq(sl_tree_text(plan, "approval"), SL_STR("manual"));
    return rc;
}

/* Who may approve need not ask first; a change of the plan is a new request. */
static sl_rc subscription_check(struct sl_change *c)
{
    bool must_ask = false;
    if (c->is_delete)
        return SL_OK;
    bool is_same_plan = c->before != NULL && sl_str_eq(sl_tree_text(c->spec, "plan"),
                                                       sl_tree_text(c->before_spec, "plan"));
    sl_rc rc = check_service(c);
    if (rc != SL_OK || is_same_plan)
        return rc;
    rc = needs_approval(c, &must_ask);
    bool may_approve = sl_actor_may(c->work->actor, SL_STR("subscriptions:approve"),
                                    c->row.workspace, c->row.team);
    set_state(c, must_ask && !may_approve ? "requested" : "approved", SL_STR(""));
    return rc;
}

/* ------------------------------------------------------------------ decisions */

struct decision_args {
    sl_str reason;
};

static const struct sl_field decision_fields[] = {
    SL_FIELD_STR(struct decision_args, reason, .max = "2048", .help = "Why."),
    SL_FIELD_END,
};

static sl_rc decide(struct sl_change *c, const void *args, const char *to)
{
    const struct decision_args *d = args;
    set_state(c, to, d->reason);
    return sl_change_save(c);
}

static sl_rc approve(struct sl_change *c, const void *args)
{
    return decide(c, args, "approved");
}

static sl_rc reject(struct sl_change *c, const void *args)
{
    return decide(c, args, "rejected");
}

static sl_rc suspend(struct sl_change *c, const void *args)
{
    return decide(c, args, "suspended");
}

static sl_rc end(struct sl_change *c, const void *args)
{
    return decide(c, args, "ended");
}

static bool is_in(const struct sl_node *status, const char *state)
{
    return sl_str_eq(sl_tree_text(status, "state"), sl_cstr(state));
}

static bool is_requested(const struct sl_node *status)
{
    return is_in(status, "requested");
}

static bool is_approved(const struct sl_node *status)
{
    return is_in(status, "approved");
}

static bool is_suspended(const struct sl_node *status)
{
    return is_in(status, "suspended");
}

static bool is_open(const struct sl_node *status)
{
    return is_requested(status) || is_in(status, "rejected");
}

static bool has_begun(const struct sl_node *status)
{
    return is_requested(status) || is_approved(status) || is_suspended(status);
}

enum { REQUESTED, APPROVED, SUSPENDED, OPEN, BEGUN };

static const struct sl_condition conditions[] = {
    [REQUESTED] = {is_requested, "it does not wait for a decision"},
    [APPROVED] = {is_approved, "it is not approved"},
    [SUSPENDED] = {is_suspended, "it is not suspended"},
    [OPEN] = {is_open, "it is neither requested nor rejected"},
    [BEGUN] = {has_begun, "it is over"},
    {0},
};

#define DECISION(name_, run_, needs_, awaits_, summary_)                                       \
    {                                                                                          \
        .name = name_, .summary = summary_, .needs = SL_CONDITION(needs_), .awaited = awaits_, \
        .fields = decision_fields, .size = sizeof(struct decision_args), .run = run_           \
    }

static const struct sl_action subscription_actions[] = {
    DECISION("approve", approve, OPEN, SL_CONDITION(REQUESTED), "Let it count."),
    DECISION("reject", reject, REQUESTED, SL_CONDITION(REQUESTED), "Refuse the request."),
    DECISION("suspend", suspend, APPROVED, 0, "Let it count no more, for now."),
    DECISION("resume", approve, SUSPENDED, SL_CONDITION(SUSPENDED), "Let it count again."),
    DECISION("end", end, BEGUN, 0, "End it for good."),
    {0},
};

/* ------------------------------------------------------------------ compose */

static sl_rc subscription_compose(struct sl_composer *c, const struct sl_row *row,
                                  struct sl_node *spec)
{
    static const char *const own[] = {"reason"}; /* of the control plane only */
    const struct sl_node *status = sl_compose_parse(c, row, row->status);
    if (status == NULL)
        return c->rc;
    for (size_t i = 0; i < SL_LEN(own); i++)
        (void)sl_tree_take(spec, sl_cstr(own[i])); /* it may be absent */
    sl_str state = sl_tree_text(status, "state");
    bool is_known = sl_str_eq(state, SL_STR("approved")) || sl_str_eq(state, SL_STR("suspended"));
    if (!is_known)
        return SL_OK;
    if (sl_str_eq(state, SL_STR("suspended")))
        sl_tree_put(spec, SL_STR("suspended"), sl_tree_bool(c->a, true));
    sl_compose_add(c, SL_NOUN_SUBSCRIPTIONS, spec);
    return SL_OK;
}

static const struct sl_reference subscription_references[] = {
    {"consumer", "consumer"}, {"plan", "plan"}, {NULL, NULL}};

static const char *const indexed_members[] = {"service", "status.state", NULL};

const struct sl_resource_type sl_resource_subscription = {
    .kind = "subscription",
    .indexed = indexed_members,
    .noun = &sl_nouns[SL_NOUN_SUBSCRIPTIONS],
    .state = subscription_state,
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .references = subscription_references,
    .actions = subscription_actions,
    .conditions = conditions,
    .key = subscription_key,
    .check = subscription_check,
    .compose = subscription_compose,
};
