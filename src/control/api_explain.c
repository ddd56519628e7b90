/*
 * Which way a request would go on the node that is asked, and why: the same look-up that requests take. What
 * an answer tells of upstreams and models is what its reader may read of them anyway.
 */
#include "base/clock.h"
#include "base/guess.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/jsonw.h"
#include "control/api_int.h"
#include "snapshot/model_rule.h"
#include "snapshot/question.h"

struct args {
    sl_str method, url, model, consumer, user;
    struct sl_pairs headers, metadata;
    struct sl_strs has;
    int64_t input_tokens;
};

const struct sl_field sl_api_explain_fields[] = {
    SL_FIELD_STR(struct args, method, .dflt = "GET", .max = "32", .help = "Of the request."),
    SL_FIELD_STR(struct args, url, .required = true, .max = "8192", .example = "/orders/42?full=1",
                 .help = "A URL, or a path with its query."),
    SL_FIELD_MAP(struct args, headers, .help = "Fields of the request, by name."),
    SL_FIELD_STR(struct args, model, .max = "512",
                 .help = "What the body of an AI request asks for: its targets are told."),
    SL_FIELD_STRS(struct args, has, .max = "16",
                  .help = "What the AI request needs, as in `has` of a model's rules."),
    SL_FIELD_INT(struct args, input_tokens, .min = "0", .max = "1000000000",
                 .help = "About how long its prompt is."),
    SL_FIELD_STR(struct args, consumer, .max = "512", .help = "Who asks, for rules of models."),
    SL_FIELD_STR(struct args, user, .max = "512", .help = "`user` of its body."),
    SL_FIELD_MAP(struct args, metadata, .max = "64", .help = "`metadata` of its body."),
    SL_FIELD_END,
};

#define TEXT(name) "\"" name "\":{\"type\":\"string\"}"
#define LIST(name, members) \
    "\"" name "\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{" members "}}}"

const char sl_api_explain_schema[] =
    "{\"type\":\"object\",\"required\":[\"matched\",\"reasons\",\"path\"],\"properties\":{"
    "\"matched\":{\"type\":\"boolean\"},"
    "\"reasons\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
    "\"status\":{\"type\":\"integer\"}," TEXT("path") "," TEXT("host") "," TEXT("route") "," TEXT("service") "," TEXT(
        "version") ","
                   "\"handler\":{\"enum\":[\"proxy\",\"ai\",\"document\"]},"
                   "\"subscribers_only\":{\"type\":\"boolean\"}," LIST("parameters", TEXT("name") "," TEXT("value")) "," LIST(
                       "policies",
                       "\"order\":{\"type\":\"integer\"}," TEXT("type") "," TEXT("place") "," TEXT(
                           "does")) "," TEXT("upstream") "," TEXT("balancer") "," TEXT("model") "," TEXT("rule") "," LIST("rules",
                                                                                                                          TEXT("name") "," TEXT(
                                                                                                                              "when") ",\"holds\":{\"type\":\"boolean\"}") "," LIST("targets",
                                                                                                                                                                                    TEXT("url") "," TEXT("account") "," TEXT(
                                                                                                                                                                                        "model") "," TEXT("vendor") ","
                                                                                                                                                                                                                    "\"order\":{\"type\":\"integer\"},\"weight\":{\"type\":\"integer\"}") "}}";

struct explanation {
    struct sl_call *c;
    struct sl_arena *a;
    struct sl_work w; /* only to look who may read what */
    const struct sl_snapshot *snapshot;
    const struct args *args;
    struct sl_question question;
    struct sl_finding finding;
    struct sl_node *body;
    struct sl_tree_tail reasons;
};

static void put(struct explanation *e, const char *name, sl_str text)
{
    sl_tree_put_str(e->a, e->body, name, text);
}

static void put_i64(struct explanation *e, struct sl_node *n, const char *name, int64_t v)
{
    sl_tree_put(n, sl_cstr(name), sl_tree_i64(e->a, v));
}

static void add_reason(struct explanation *e, sl_str text)
{
    sl_tree_add(&e->reasons, sl_tree_str(e->a, text));
}

static struct sl_tree_tail put_list(struct explanation *e, const char *name)
{
    struct sl_tree_tail t = sl_tree_tail(e->a);
    sl_tree_put(e->body, sl_cstr(name), t.list);
    return t;
}

/* What stands neither in the store nor in a file (the document of a first start) is of no team. */
static bool may_read(struct explanation *e, const char *kind, const char *permission, sl_str key)
{
    struct sl_row row;
    sl_rc rc = sl_call_find(e->c, &e->w, kind, key, &row);
    return rc == SL_OK || sl_actor_may(&e->c->actor, sl_cstr(permission), (sl_str){0}, (sl_str){0});
}

/* ------------------------------------------------------------------ what is done with it */

static void put_parameters(struct explanation *e)
{
    const struct sl_match_result *m = &e->finding.match;
    struct sl_tree_tail list = put_list(e, "parameters");
    for (size_t i = 0; i < m->param_count; i++) {
        struct sl_node *n = sl_tree_map(e->a);
        sl_tree_put_str(e->a, n, "name", m->param_names[i]);
        sl_tree_put_str(e->a, n, "value", m->params[i]);
        sl_tree_add(&list, n);
    }
}

static sl_str what_it_does(struct explanation *e, const struct sl_policy *p)
{
    struct sl_strbuf b;
    if (p->type->describe == NULL)
        return sl_cstr(p->type->summary);
    sl_strbuf_init(&b, e->a, 0);
    p->type->describe(p->config, &b);
    return sl_strbuf_str(&b);
}

static void put_policies(struct explanation *e, const struct sl_policies *p)
{
    struct sl_tree_tail list = put_list(e, "policies");
    for (size_t i = 0; i < p->n; i++) {
        struct sl_node *n = sl_tree_map(e->a);
        put_i64(e, n, "order", p->v[i].type->order);
        sl_tree_put_str(e->a, n, "type", sl_cstr(p->v[i].type->name));
        sl_tree_put_str(e->a, n, "place", p->v[i].identity);
        sl_tree_put_str(e->a, n, "does", what_it_does(e, &p->v[i]));
        sl_tree_add(&list, n);
    }
    if (p->n == 0)
        add_reason(e, SL_STR("no policy is attached: anybody may call this"));
}

static void put_upstream(struct explanation *e, const struct sl_upstream *u)
{
    put(e, "upstream", u->name);
    put(e, "balancer", sl_cstr(sl_balancer_name(u->balancer)));
    if (!may_read(e, "upstream", "upstreams:read", u->name))
        return;
    struct sl_tree_tail list = put_list(e, "targets");
    for (size_t i = 0; i < u->endpoint_count; i++) {
        struct sl_node *n = sl_tree_map(e->a);
        sl_tree_put_str(e->a, n, "url", u->endpoints[i].url);
        put_i64(e, n, "weight", u->endpoints[i].weight);
        sl_tree_add(&list, n);
    }
}

static struct sl_node *target_of(struct explanation *e, const struct sl_account *account,
                                 sl_str model)
{
    struct sl_node *n = sl_tree_map(e->a);
    sl_tree_put_str(e->a, n, "account", account->name);
    sl_tree_put_str(e->a, n, "vendor", account->vendor->id);
    sl_tree_put_str(e->a, n, "model", model);
    return n;
}

/* ---- the rules of a model */

static void put_refusal(struct explanation *e, int status, sl_str reason);

static sl_str metadata_json(struct explanation *e)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, e->a, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    for (size_t i = 0; i < e->args->metadata.n; i++)
        sl_jsonw_key_str(&w, e->args->metadata.v[i].name, e->args->metadata.v[i].value);
    sl_jsonw_end(&w);
    return sl_strbuf_str(&b);
}

static const struct sl_consumer *consumer_of(struct explanation *e)
{
    const struct sl_snapshot *s = e->snapshot;
    sl_str name = e->args->consumer;
    if (name.n == 0 || !may_read(e, "consumer", "consumers:read", name))
        return NULL;
    for (size_t i = 0; i < s->consumer_count; i++) {
        if (sl_str_eq(s->consumers[i]->name, name))
            return s->consumers[i];
    }
    add_reason(e, sl_fmt(e->a, "there is no consumer '%.*s'", SL_STRF(name)));
    return NULL;
}

static uint32_t need_of(sl_str word)
{
    for (size_t k = 0; sl_ai_need_names[k] != NULL; k++) {
        if (sl_str_eq(word, sl_cstr(sl_ai_need_names[k])))
            return UINT32_C(1) << k;
    }
    return 0;
}

static uint32_t needs_of(const struct args *args)
{
    uint32_t needs = 0;
    for (size_t i = 0; i < args->has.n; i++)
        needs |= need_of(args->has.v[i]);
    return needs;
}

/* The rule that takes the request; NULL: none. All of them are told, with whether they hold. */
static const struct sl_model_rule *put_rules(struct explanation *e, const struct sl_model_route *r)
{
    const struct sl_model_rule *taking = NULL;
    struct sl_model_facts facts = {
        .arena = e->a,
        .needs = needs_of(e->args),
        .input_tokens = e->args->input_tokens,
        .dialect = (enum sl_ai_dialect)e->finding.route->ai_dialect,
        .consumer = consumer_of(e),
        .service = e->finding.route->service->name,
        .user = e->args->user,
        .metadata = metadata_json(e),
        .headers = &e->question.req.headers,
        .now_s = sl_clock_wall_us() / 1000000,
    };
    struct sl_tree_tail list = put_list(e, "rules");
    for (size_t i = 0; i < r->rule_count; i++) {
        struct sl_node *n = sl_tree_map(e->a);
        bool holds = sl_model_rule_holds(&r->rules[i], &facts);
        taking = taking == NULL && holds ? &r->rules[i] : taking;
        sl_tree_put_str(e->a, n, "name", r->rules[i].name);
        sl_tree_put_str(e->a, n, "when", r->rules[i].words);
        sl_tree_put(n, SL_STR("holds"), sl_tree_bool(e->a, holds));
        sl_tree_add(&list, n);
    }
    return taking;
}

static void put_taking(struct explanation *e, const struct sl_model_route *r,
                       const struct sl_model_rule *rule)
{
    if (rule != NULL) {
        put(e, "rule", rule->name);
        add_reason(e, sl_fmt(e->a, "the rule '%.*s' of the model takes it: %.*s",
                             SL_STRF(rule->name), SL_STRF(rule->words)));
    } else if (r->target_count != 0) {
        add_reason(e, SL_STR("no rule of the model holds: its own targets serve it"));
    } else {
        put_refusal(e, 400, SL_STR("no rule of the model holds, and it has no other targets"));
    }
}

static void put_model_route(struct explanation *e, const struct sl_model_route *r)
{
    if (!may_read(e, "model", "models:read", r->name))
        return;
    const struct sl_model_rule *rule = r->rule_count != 0 ? put_rules(e, r) : NULL;
    if (r->rule_count != 0)
        put_taking(e, r, rule);
    size_t n_targets = rule != NULL ? rule->target_count : r->target_count;
    struct sl_tree_tail list = put_list(e, "targets");
    for (size_t i = 0; i < n_targets; i++) {
        const struct sl_model_target *t = rule != NULL ? &rule->targets[i] : &r->targets[i];
        struct sl_node *n = target_of(e, t->account, t->model);
        put_i64(e, n, "order", t->order);
        put_i64(e, n, "weight", t->weight);
        sl_tree_add(&list, n);
    }
}

static void put_model(struct explanation *e, sl_str name)
{
    const struct sl_model_route *r = sl_map_get(e->snapshot->models, name);
    sl_str model;
    put(e, "model", name);
    if (r != NULL) {
        put_model_route(e, r);
        return;
    }
    const struct sl_account *account = sl_snapshot_account(e->snapshot, name, &model);
    if (account == NULL) {
        add_reason(e, SL_STR("no published model has this name: the catalogue is asked for it"));
    } else if (may_read(e, "account", "accounts:read", account->name)) {
        struct sl_tree_tail list = put_list(e, "targets");
        sl_tree_add(&list, target_of(e, account, model));
    }
}

static void put_ai(struct explanation *e, const struct sl_route *r)
{
    const struct sl_ai_prompt_trial *trial = r->prompt != NULL ? r->prompt->trial : NULL;
    for (size_t i = 1; trial != NULL && i < trial->arm_count; i++)
        add_reason(e, sl_fmt(e->a, "%u %% of the %s get the prompt %.*s", trial->arms[i].percent,
                             trial->is_random ? "calls" : "callers", SL_STRF(trial->arms[i].key)));
    sl_str model = r->prompt != NULL ? r->prompt->model : e->args->model;
    if (model.n != 0)
        put_model(e, model);
    else
        add_reason(e, SL_STR("the model that the body names decides about the targets"));
}

static void put_handling(struct explanation *e, const struct sl_route *r)
{
    static const char *const handlers[] = {
        [SL_HANDLER_PROXY] = "proxy", [SL_HANDLER_AI] = "ai", [SL_HANDLER_DOCUMENT] = "document"};
    put(e, "handler", sl_cstr(handlers[r->handler]));
    switch (r->handler) {
    case SL_HANDLER_PROXY:
        put_upstream(e, r->service->upstream);
        break;
    case SL_HANDLER_AI:
        put_ai(e, r);
        break;
    case SL_HANDLER_DOCUMENT:
        add_reason(e, SL_STR("a document that is the same for all is the answer"));
        break;
    }
}

/* ------------------------------------------------------------------ which way */

static void put_refusal(struct explanation *e, int status, sl_str reason)
{
    sl_tree_put(e->body, SL_STR("matched"), sl_tree_bool(e->a, false));
    put_i64(e, e->body, "status", status);
    add_reason(e, reason);
}

static void put_nowhere(struct explanation *e)
{
    const struct sl_match_result *m = &e->finding.match;
    struct sl_strbuf methods;
    sl_strbuf_init(&methods, e->a, 0);
    sl_methods_add(m->methods, &methods);
    if (m->is_method_known)
        put_refusal(e, 405,
                    sl_fmt(e->a, "the path is served for other methods: %.*s",
                           SL_STRF(sl_strbuf_str(&methods))));
    else
        put_refusal(e, 404, SL_STR("no route has this host, path, headers and query"));
}

static void put_release(struct explanation *e, const struct sl_service *s)
{
    const struct sl_canary *c = s->canary;
    if (e->finding.is_canary)
        add_reason(e, SL_STR("a header asks for the newer release, the canary"));
    else if (c != NULL && c->percent != 0)
        add_reason(
            e, sl_fmt(e->a, "%u %% of the clients get the newer release, the canary", c->percent));
}

static void put_route(struct explanation *e, const struct sl_route *r)
{
    sl_tree_put(e->body, SL_STR("matched"), sl_tree_bool(e->a, true));
    put(e, "route", r->name);
    put(e, "service", r->service->name);
    if (r->service->version.n != 0)
        put(e, "version", r->service->version);
    sl_tree_put(e->body, SL_STR("subscribers_only"),
                sl_tree_bool(e->a, r->service->is_for_subscribers));
    put_release(e, r->service);
    put_parameters(e);
    put_policies(e, &r->policies);
    put_handling(e, r);
    if (e->finding.refusal != NULL)
        put_refusal(e, 400, sl_cstr(e->finding.refusal));
}

static bool may_read_service(struct explanation *e, const struct sl_service *s)
{
    sl_str key = s->version.n == 0
                     ? s->name
                     : sl_fmt(e->a, "%.*s@%.*s", SL_STRF(s->name), SL_STRF(s->version));
    return s->kind == SL_SERVICE_PROMPT ? may_read(e, "prompt", "prompts:read", key)
                                        : may_read(e, "service", "services:read", key);
}

static bool is_probe(sl_str path)
{
    return sl_str_eq(path, SL_STR("/healthz")) || sl_str_eq(path, SL_STR("/readyz"));
}

static void put_answer(struct explanation *e)
{
    const struct sl_question *q = &e->question;
    sl_question_ask(q, e->snapshot, e->a, &e->finding);
    const struct sl_route *r = e->finding.route;
    put(e, "host", q->host);
    put(e, "path", q->path);
    if (is_probe(q->req.path))
        put_refusal(e, 200, SL_STR("the gateway itself answers at this path"));
    else if (r == NULL)
        put_nowhere(e);
    else if (!may_read_service(e, r->service))
        put_refusal(e, 404, SL_STR("no service that you may read takes this request"));
    else
        put_route(e, r);
    sl_tree_put(e->body, SL_STR("reasons"), e->reasons.list);
}

/* ------------------------------------------------------------------ the operation */

static sl_rc refuse_need(struct sl_call *c, const char *path, sl_str word)
{
    struct sl_strbuf known;
    struct sl_guess g;
    sl_guess_init(&g, word);
    sl_strbuf_init(&known, c->a, 0);
    for (size_t i = 0; sl_ai_need_names[i] != NULL; i++) {
        sl_guess_consider(&g, sl_cstr(sl_ai_need_names[i]));
        sl_strbuf_addf(&known, "%s%s", i != 0 ? ", " : "", sl_ai_need_names[i]);
    }
    if (g.best.p != NULL)
        return sl_diag_fail(c->d, SL_E_INVALID, path, "must be one of %.*s; did you mean '%.*s'?",
                            SL_STRF(sl_strbuf_str(&known)), SL_STRF(g.best));
    return sl_diag_fail(c->d, SL_E_INVALID, path, "must be one of %.*s",
                        SL_STRF(sl_strbuf_str(&known)));
}

/* A word that no rule can ask for would make the answer that of another request. */
static sl_rc check_needs(struct sl_call *c, const struct args *args)
{
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < args->has.n; i++) {
        if (need_of(args->has.v[i]) == 0)
            rc = refuse_need(c, sl_fmt(c->a, "has[%zu]", i).p, args->has.v[i]);
    }
    return rc;
}

static bool read_question(struct sl_call *c, struct args *args, struct sl_question *ret)
{
    struct sl_node *body;
    const char *why = NULL;
    if (!sl_call_body(c, false, &body))
        return false;
    sl_rc rc = sl_field_read(sl_api_explain_fields, args, body, SL_STR(""), c->a, c->d);
    if (rc == SL_OK)
        rc = check_needs(c, args);
    if (rc == SL_OK)
        rc = sl_question_read(args->method, args->url, c->a, ret, &why);
    for (size_t i = 0; rc == SL_OK && i < args->headers.n; i++)
        rc = sl_question_header(ret, args->headers.v[i].name, args->headers.v[i].value, &why);
    if (rc != SL_OK)
        sl_call_fail(c, why != NULL ? SL_E_BAD_REQUEST : rc, why);
    return rc == SL_OK;
}

void sl_api_explain(struct sl_call *c)
{
    struct args args = {0};
    struct explanation e = {.c = c, .a = c->a, .args = &args};
    if (!read_question(c, &args, &e.question))
        return;
    struct sl_snapshot *s = sl_control_snapshot(c->control);
    if (s == NULL) {
        sl_call_fail(c, SL_E_NO_TARGET, "this node serves nothing");
        return;
    }
    e.snapshot = s;
    e.body = sl_tree_map(c->a);
    e.reasons = sl_tree_tail(c->a);
    if (sl_call_read(c, &e.w)) {
        put_answer(&e);
        sl_tx_rollback(e.w.tx);
        sl_call_tree(c, 200, e.body); /* it borrows from the snapshot until here */
    }
    sl_snapshot_unref(s);
}
