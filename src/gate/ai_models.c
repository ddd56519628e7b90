/*
 * GET /v1/models and GET /v1/models/NAME: what this key may use, in the caller's dialect (X13). And what else
 * Ollama's clients ask before they begin.
 */
#include "ai/model_list.h"
#include "base/enc.h"
#include "gate/ai_exchange.h"
#include "gate/gate_int.h"
#include "snapshot/model_rule.h"

enum { LIST_FIRST = 64 };

/* The models that the caller may use, in order. */
struct list {
    struct sl_exchange *x;
    struct sl_ai_listed *v;
    size_t n, cap;
    bool is_full; /* of the exchange's memory, which the operator chose */
};

static bool is_allowed(const struct sl_exchange *x, sl_str name)
{
    const struct sl_ai_exchange *ai = x->ai;
    for (size_t k = 0; k < ai->restriction_count; k++) {
        if (!ai->restrictions[k].allows(ai->restrictions[k].config, name, false))
            return false;
    }
    return true;
}

static bool grow(struct list *l)
{
    size_t cap = l->cap == 0 ? LIST_FIRST : l->cap * 2;
    struct sl_ai_listed *v = sl_arena_try_raw(l->x->arena, cap * sizeof(*v));
    l->is_full |= v == NULL;
    if (v == NULL)
        return false;
    if (l->n != 0)
        memcpy(v, l->v, l->n * sizeof(*v));
    l->v = v;
    l->cap = cap;
    return true;
}

static void add_model(struct list *l, sl_str name, sl_str owner, const struct sl_ai_model *info)
{
    if (!is_allowed(l->x, name) || (l->n == l->cap && !grow(l)))
        return;
    l->v[l->n++] = (struct sl_ai_listed){.name = name, .owner = owner, .info = info};
}

/* NULL: it has none that are good */
static const struct sl_model_target *first_target(const struct sl_model_route *r)
{
    struct sl_model_targets all = {.route = r};
    return sl_model_targets_next(&all);
}

static void add_published(struct list *l)
{
    const struct sl_snapshot *s = l->x->snapshot;
    for (size_t i = 0; i < s->model_route_count; i++) {
        const struct sl_model_route *r = s->model_routes[i];
        const struct sl_model_target *first = first_target(r);
        sl_str owner = first != NULL ? first->account->vendor->id : SL_STR("sluice");
        const struct sl_ai_model *info = first != NULL ? first->info : NULL;
        add_model(l, r->name, owner, info);
        for (size_t k = 0; k < r->aliases.n; k++)
            add_model(l, r->aliases.v[k], owner, info);
    }
}

/* What can be asked of a vendor through this gateway. */
static bool is_served(enum sl_ai_mode mode)
{
    return mode == SL_AI_MODE_CHAT || mode == SL_AI_MODE_COMPLETION ||
           mode == SL_AI_MODE_EMBEDDING || mode == SL_AI_MODE_RERANK ||
           mode == SL_AI_MODE_MODERATION || mode == SL_AI_MODE_IMAGE;
}

static void add_listed(struct list *l, const struct sl_account *account,
                       const struct sl_ai_model *m)
{
    struct sl_ai_model *kept = sl_arena_try_raw(l->x->arena, sizeof(*kept));
    struct sl_strbuf name;
    sl_strbuf_init(&name, l->x->arena, 0);
    sl_strbuf_addf(&name, "%.*s/%.*s", SL_STRF(account->name), SL_STRF(m->name));
    l->is_full |= kept == NULL || name.is_full;
    if (l->is_full)
        return;
    *kept = *m;
    add_model(l, sl_strbuf_str(&name), account->vendor->id, kept);
}

static void add_catalogue(struct list *l, const struct sl_account *account)
{
    struct sl_ai_model m;
    for (size_t i = 0; !l->is_full && sl_ai_catalog_model(account->vendor->catalog, i, &m); i++)
        if (is_served(m.mode))
            add_listed(l, account, &m);
}

static bool gather(struct list *l)
{
    add_published(l);
    for (size_t i = 0; i < l->x->snapshot->account_count; i++)
        add_catalogue(l, l->x->snapshot->accounts[i]);
    return !l->is_full;
}

/* ------------------------------------------------------------------ the answer */

static enum sl_phase reply(struct sl_exchange *x, const struct sl_strbuf *body)
{
    if (body->is_full) {
        (void)sl_fail(x, SL_E_NOMEM, "the list of models is too large");
        return SL_PHASE_FAULT;
    }
    (void)sl_reply(x, 200, SL_STR("application/json"), sl_strbuf_str(body));
    return SL_PHASE_RESPONSE;
}

static enum sl_phase reply_list(struct sl_exchange *x, enum sl_ai_dialect client,
                                struct sl_strbuf *body)
{
    struct list l = {.x = x};
    if (!gather(&l)) {
        (void)sl_fail(x, SL_E_NOMEM, "the list of models is too large");
        return SL_PHASE_FAULT;
    }
    struct sl_diag *d = sl_arena_new_of(x->arena, struct sl_diag);
    struct sl_ai_page page;
    sl_diag_init(d, x->arena);
    sl_rc rc = sl_ai_page_read(client, x->req.query, l.v, l.n, x->arena, &page, d);
    if (rc != SL_OK) {
        (void)sl_fail_hint(x, rc, "the query is not valid for this endpoint",
                           sl_problem_text(&d->problems[0], x->arena));
        return SL_PHASE_FAULT;
    }
    sl_ai_models_write(client, l.v, &page, body);
    return reply(x, body);
}

/* Also one that is not listed, if it can be asked for. */
static enum sl_phase reply_one(struct sl_exchange *x, enum sl_ai_dialect client, sl_str name,
                               struct sl_strbuf *body)
{
    const struct sl_model_route *r = sl_ai_find_route(x, name);
    const struct sl_model_target *first = r != NULL ? first_target(r) : NULL;
    if (first == NULL || !is_allowed(x, r->name)) {
        sl_ai_fail_unknown(x, name);
        return SL_PHASE_FAULT;
    }
    const struct sl_ai_listed m = {
        .name = name, .owner = first->account->vendor->id, .info = first->info};
    if (x->ai->call.operation == SL_AI_SHOW)
        sl_ai_model_show(&m, body);
    else
        sl_ai_model_write(client, &m, body);
    return reply(x, body);
}

/* What stands behind the route's path, decoded: names have slashes. */
static sl_str name_in_path(struct sl_exchange *x)
{
    sl_str rest = sl_str_from(x->path, x->match.matched_path_bytes);
    struct sl_strbuf b;
    if (sl_str_starts(rest, SL_STR("/")))
        rest = sl_str_from(rest, 1);
    sl_strbuf_init(&b, x->arena, 0);
    return sl_dec_percent(&b, rest) ? sl_strbuf_str(&b) : rest;
}

/* The first of Ollama's versions that has all that is spoken here; clients ask for a least one. */
static const sl_str ollama_version = SL_STR_INIT("{\"version\":\"0.12.11\"}");
static const sl_str none_loaded = SL_STR_INIT("{\"models\":[]}");

bool sl_ai_is_answered_here(enum sl_ai_operation operation)
{
    return operation == SL_AI_MODELS || operation == SL_AI_SHOW || operation == SL_AI_VERSION ||
           operation == SL_AI_LOADED;
}

enum sl_phase sl_ai_models(struct sl_exchange *x)
{
    enum sl_ai_dialect client = (enum sl_ai_dialect)x->route->ai_dialect;
    enum sl_ai_operation operation = x->ai->call.operation;
    sl_str name = operation == SL_AI_SHOW ? x->ai->call.model : name_in_path(x);
    struct sl_strbuf body;
    sl_strbuf_init(&body, x->arena, 0);
    if (operation == SL_AI_VERSION || operation == SL_AI_LOADED) {
        sl_strbuf_add(&body, operation == SL_AI_VERSION ? ollama_version : none_loaded);
        return reply(x, &body);
    }
    return name.n != 0 ? reply_one(x, client, name, &body) : reply_list(x, client, &body);
}
