/*
 * GET /v1/models: what this key may use, in the caller's dialect (X13).
 */
#include "codec/jsonw.h"
#include "gate/ai_exchange.h"
#include "gate/gate_int.h"

static bool is_allowed(const struct sl_exchange *x, sl_str name)
{
    const struct sl_ai_exchange *ai = x->ai;
    for (size_t k = 0; k < ai->restriction_count; k++) {
        if (!ai->restrictions[k].allows(ai->restrictions[k].config, name, false))
            return false;
    }
    return true;
}

static void add_model(struct sl_exchange *x, struct sl_jsonw *w, sl_str name, sl_str owner)
{
    if (!is_allowed(x, name))
        return;
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), name);
    sl_jsonw_key_str(w, SL_STR("object"), SL_STR("model"));
    sl_jsonw_key_i64(w, SL_STR("created"), 0);
    sl_jsonw_key_str(w, SL_STR("owned_by"), owner);
    sl_jsonw_end(w);
}

static void add_published(struct sl_exchange *x, struct sl_jsonw *w)
{
    const struct sl_snapshot *s = x->snapshot;
    for (size_t i = 0; i < s->model_route_count; i++) {
        const struct sl_model_route *r = s->model_routes[i];
        sl_str owner = r->target_count != 0 ? r->targets[0].account->vendor->id : SL_STR("sluice");
        add_model(x, w, r->name, owner);
        for (size_t k = 0; k < r->aliases.n; k++)
            add_model(x, w, r->aliases.v[k], owner);
    }
}

static void add_catalogue(struct sl_exchange *x, struct sl_jsonw *w,
                          const struct sl_account *account)
{
    struct sl_ai_model m;
    for (size_t i = 0; sl_ai_catalog_model(account->vendor->catalog, i, &m); i++) {
        if (m.mode == SL_AI_MODE_CHAT || m.mode == SL_AI_MODE_EMBEDDING)
            add_model(x, w, sl_fmt(x->arena, "%.*s/%.*s", SL_STRF(account->name), SL_STRF(m.name)),
                      account->vendor->id);
    }
}

enum sl_phase sl_ai_models(struct sl_exchange *x)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, x->arena, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("object"), SL_STR("list"));
    sl_jsonw_key(&w, SL_STR("data"));
    sl_jsonw_array(&w);
    add_published(x, &w);
    for (size_t i = 0; i < x->snapshot->account_count; i++)
        add_catalogue(x, &w, x->snapshot->accounts[i]);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    if (b.is_full) {
        (void)sl_fail(x, SL_E_NOMEM, "the list of models is too large");
        return SL_PHASE_FAULT;
    }
    (void)sl_reply(x, 200, SL_STR("application/json"), sl_strbuf_str(&b));
    return SL_PHASE_RESPONSE;
}
