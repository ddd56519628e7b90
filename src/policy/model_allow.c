/*
 * model_allow: which models may be used (I7): by public name, asked for once aliases are resolved,
 * and by "account/model" for every target, fallbacks too.
 */
#include "base/map.h"
#include "base/strbuf.h"
#include "policy/policy_int.h"
#include "snapshot/model_rule.h"

struct model_allow_config {
    struct sl_strs allow, deny;
};

struct model_allow_state {
    const struct model_allow_config *config;
    const struct sl_snapshot *snapshot;
    struct sl_arena *arena;
    sl_str model; /* public name that was asked for; empty: a list of models was */
};

static const struct sl_field model_allow_fields[] = {
    SL_FIELD_STRS(struct model_allow_config, allow, .max = "1024",
                  .example = "[fast, 'openai/gpt-4o*']",
                  .help = "Models that may be used, by public name or as `account/model`; `*` "
                          "stands for any text. A public name takes in all its targets. Not "
                          "given: all."),
    SL_FIELD_STRS(struct model_allow_config, deny, .max = "1024", .example = "['*-preview']",
                  .help = "Models that may not, also if `allow` names them; targets of allowed "
                          "models, too."),
    SL_FIELD_END,
};

static sl_rc model_allow_compile(void *config, sl_str identity, struct sl_state_registry *states,
                                 struct sl_arena *a, struct sl_diag *d)
{
    const struct model_allow_config *c = config;
    (void)identity, (void)states, (void)a;

    if (c->allow.n == 0 && c->deny.n == 0)
        return sl_diag_fail(d, SL_E_CONFIG, "allow", "must be given, or deny");
    return SL_OK;
}

/* On a mismatch the last star takes one byte more: no recursion, at most n*m steps. */
static bool matches(sl_str pattern, sl_str name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, taken = 0;
    while (n < name.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            taken = n;
        } else if (p < pattern.n && pattern.p[p] == name.p[n]) {
            p++, n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

static bool has(const struct sl_strs *patterns, sl_str name)
{
    for (size_t i = 0; i < patterns->n; i++) {
        if (matches(patterns->v[i], name))
            return true;
    }
    return false;
}

static bool may_use_target(const struct model_allow_config *c, sl_str model, sl_str target)
{
    if (has(&c->deny, model) || has(&c->deny, target))
        return false;
    return c->allow.n == 0 || has(&c->allow, model) || has(&c->allow, target);
}

static bool has_usable_target(const struct model_allow_state *s, const struct sl_model_route *r)
{
    struct sl_model_targets all = {.route = r};
    const struct sl_model_target *t;
    struct sl_strbuf name; /* one for all: rules have many, and lists ask for every model */
    sl_strbuf_init(&name, s->arena, 0);
    while ((t = sl_model_targets_next(&all)) != NULL && !name.is_full) {
        name.n = 0;
        sl_strbuf_addf(&name, "%.*s/%.*s", SL_STRF(t->account->name), SL_STRF(t->model));
        if (!name.is_full && may_use_target(s->config, r->name, sl_strbuf_str(&name)))
            return true;
    }
    return false;
}

/* A published name by its targets; any other is "account/model", its own target. */
static bool may_use(const struct model_allow_state *s, sl_str name)
{
    const struct sl_model_route *r =
        s->snapshot->models != NULL ? sl_map_get(s->snapshot->models, name) : NULL;
    return r != NULL ? has_usable_target(s, r) : may_use_target(s->config, name, name);
}

static bool filter(const void *config, sl_str name, bool is_target)
{
    const struct model_allow_state *s = config;
    return is_target ? may_use_target(s->config, s->model, name) : may_use(s, name);
}

static enum sl_verdict model_allow_on_request(struct sl_exchange *x, const void *config,
                                              void *state)
{
    struct model_allow_state *s = state;
    *s = (struct model_allow_state){config, x->snapshot, x->arena, sl_exchange_model(x)};

    if (s->model.n != 0 && !may_use(s, s->model))
        return sl_fail_hint(x, SL_E_MODEL_DENIED, "the caller may not use this model",
                            SL_STR("GET /v1/models lists those that this key may use"));
    sl_exchange_restrict_models(x, filter, s);
    return SL_PASS;
}

const struct sl_policy_type sl_policy_model_allow = {
    .name = "model_allow",
    .summary = "Let callers use only some models.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE | SL_AT_CONSUMER,
    .order = SL_ORDER_AUTHZ,
    .is_ai_only = true,
    .fields = model_allow_fields,
    .config_size = sizeof(struct model_allow_config),
    .state_size = sizeof(struct model_allow_state),
    .compile = model_allow_compile,
    .on_request = model_allow_on_request,
};
