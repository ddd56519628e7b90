/*
 * sluice explain: which way a request would take, and why; nothing is sent.
 */
#include "app/cli.h"
#include "app/load.h"
#include "base/map.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "snapshot/model_rule.h"
#include "snapshot/question.h"

#include <stdio.h>

static void explain_policies(const struct sl_policies *p, struct sl_strbuf *out)
{
    sl_strbuf_addf(out, "policies, in order:\n");
    for (size_t i = 0; i < p->n; i++) {
        const struct sl_policy *policy = &p->v[i];
        sl_strbuf_addf(out, "  %4u  %-14s %.*s", policy->type->order, policy->type->name,
                       SL_STRF(policy->identity));
        if (policy->type->describe != NULL) {
            sl_strbuf_add(out, SL_STR(": "));
            policy->type->describe(policy->config, out);
        }
        sl_strbuf_add_char(out, '\n');
    }
    if (p->n == 0)
        sl_strbuf_addf(out, "  none: anybody may call this\n");
}

static void explain_upstream(const struct sl_upstream *u, struct sl_strbuf *out)
{
    sl_strbuf_addf(out, "upstream: %.*s (%s, %u retries)\n", SL_STRF(u->name),
                   sl_balancer_name(u->balancer), u->retry.attempts);
    for (size_t i = 0; i < u->endpoint_count; i++)
        sl_strbuf_addf(out, "  %.*s  weight %u\n", SL_STRF(u->endpoints[i].url),
                       u->endpoints[i].weight);
}

static void explain_targets(const struct sl_model_target *v, size_t n, const char *indent,
                            struct sl_strbuf *out)
{
    for (size_t i = 0; i < n; i++)
        sl_strbuf_addf(out, "%sorder %u  weight %u  %.*s/%.*s (%.*s, %zu keys%s)\n", indent,
                       v[i].order, v[i].weight, SL_STRF(v[i].account->name), SL_STRF(v[i].model),
                       SL_STRF(v[i].account->vendor->id), v[i].account->key_count,
                       v[i].price == NULL ? ", price unknown" : "");
}

static void explain_model(const struct sl_snapshot *s, sl_str name, struct sl_strbuf *out)
{
    const struct sl_model_route *r = sl_map_get(s->models, name);
    if (r == NULL) {
        sl_str model;
        const struct sl_account *account = sl_snapshot_account(s, name, &model);
        if (account == NULL)
            sl_strbuf_addf(
                out,
                "model '%.*s': no published model, and no \"account/model\"; the catalogue is asked for a bare name\n",
                SL_STRF(name));
        else
            sl_strbuf_addf(out, "model '%.*s': account %.*s, model %.*s\n", SL_STRF(name),
                           SL_STRF(account->name), SL_STRF(model));
        return;
    }
    sl_strbuf_addf(out, "model '%.*s': published as %.*s, at most %u attempts\n", SL_STRF(name),
                   SL_STRF(r->name), r->attempts_max);
    for (size_t i = 0; i < r->rule_count; i++) {
        const struct sl_model_rule *rule = &r->rules[i];
        sl_strbuf_addf(out, "  rule '%.*s' when %.*s:\n", SL_STRF(rule->name),
                       SL_STRF(rule->words));
        explain_targets(rule->targets, rule->target_count, "    ", out);
    }
    if (r->rule_count != 0)
        sl_strbuf_addf(out, "  %s\n", r->target_count != 0 ? "else:" : "else refused with 400");
    explain_targets(r->targets, r->target_count, r->rule_count != 0 ? "    " : "  ", out);
}

static void explain_route(const struct sl_snapshot *s, const struct sl_finding *f, sl_str path,
                          const char *model, struct sl_strbuf *out)
{
    const struct sl_route *r = f->route;
    const struct sl_match_result *m = &f->match;
    sl_strbuf_addf(out, "path: %.*s (normalised)\nroute: %.*s\nservice: %.*s\n", SL_STRF(path),
                   SL_STRF(r->name), SL_STRF(r->service->name));
    for (size_t i = 0; i < m->param_count; i++)
        sl_strbuf_addf(out, "  {%.*s} = %.*s\n", SL_STRF(m->param_names[i]), SL_STRF(m->params[i]));
    if (f->refusal != NULL)
        sl_strbuf_addf(out, "it refuses this path (400): %s\n", f->refusal);
    explain_policies(&r->policies, out);
    if (r->handler == SL_HANDLER_PROXY)
        explain_upstream(r->service->upstream, out);
    else if (r->handler == SL_HANDLER_DOCUMENT)
        sl_strbuf_addf(out, "a document of %zu bytes\n", r->document.n);
    else if (r->prompt != NULL)
        explain_model(s, r->prompt->model, out);
    else if (model != NULL)
        explain_model(s, sl_cstr(model), out);
    else
        sl_strbuf_addf(out, "AI endpoint: add --model NAME to see its targets\n");
}

static void explain_nowhere(const struct sl_finding *f, struct sl_strbuf *out)
{
    sl_strbuf_addf(out, "no route takes this request: ");
    if (!f->match.is_method_known) {
        sl_strbuf_addf(out, "404\n");
        return;
    }
    sl_strbuf_addf(out, "the path is served for other methods (405): ");
    sl_methods_add(f->match.methods, out);
    sl_strbuf_add_char(out, '\n');
}

static int explain(struct sl_cli *cli, const struct sl_loaded *l, const char *model)
{
    struct sl_question q;
    struct sl_finding f;
    struct sl_strbuf out;
    const char *why = "";
    if (sl_question_read(sl_cstr(cli->argv[0]), sl_cstr(cli->argv[1]), cli->arena, &q, &why) !=
        SL_OK) {
        fprintf(stderr, "sluice: '%s': %s\n", cli->argv[1], why);
        return 2;
    }
    sl_strbuf_init(&out, cli->arena, 0);
    sl_question_ask(&q, l->snapshot, cli->arena, &f);
    if (f.route != NULL)
        explain_route(l->snapshot, &f, q.path, model, &out);
    else
        explain_nowhere(&f, &out);
    int status = sl_cli_print(sl_strbuf_str(&out));
    return f.route != NULL ? status : 1;
}

/* A configuration that is only looked at. */
struct look {
    struct sl_files *files;
    struct sl_loaded *loaded; /* NULL: it has problems, which were printed */
};

static struct look look_at(struct sl_cli *cli, struct sl_strs paths)
{
    struct look k = {0};
    struct sl_diag *d = sl_arena_new_of(cli->arena, struct sl_diag);
    sl_diag_init(d, cli->arena);
    sl_rc rc = sl_files_load(paths, (sl_str){0}, &k.files, d);
    if (rc == SL_OK)
        rc = sl_load(k.files, NULL, NULL, 1, &k.loaded, d);
    if (rc != SL_OK)
        sl_print_problems(d);
    return k;
}

static void look_away(struct look *k)
{
    sl_loaded_free(k->loaded);
    sl_files_free(k->files);
}

int sl_cmd_explain(struct sl_cli *cli)
{
    const char *config = sl_cli_option(cli, "--config"), *model = sl_cli_option(cli, "--model");
    if (sl_cli_has_unknown_option(cli) || cli->argc != 2 || config == NULL) {
        fprintf(stderr, "usage: sluice explain METHOD URL --config FILE [--model NAME]\n");
        return 2;
    }
    sl_str path = sl_cstr(config);
    struct look k = look_at(cli, (struct sl_strs){.v = &path, .n = 1});
    int status = k.loaded != NULL ? explain(cli, k.loaded, model) : 1;
    look_away(&k);
    return status;
}

static void print_counts(const struct sl_snapshot *s)
{
    printf("ok: %zu routes, %zu upstreams, %zu consumers, %zu accounts, %zu models (hash %s)\n",
           s->route_count, s->upstream_count, s->consumer_count, s->account_count,
           s->model_route_count, s->hash);
}

int sl_cmd_check(struct sl_cli *cli)
{
    if (sl_cli_has_unknown_option(cli) || cli->argc == 0) {
        fprintf(stderr, "usage: sluice check FILE...\n");
        return 2;
    }
    struct sl_strs paths = sl_cli_words(cli);
    struct look k = look_at(cli, paths);
    int status = k.loaded != NULL ? 0 : 1;
    if (k.loaded != NULL)
        print_counts(k.loaded->snapshot);
    look_away(&k);
    return status;
}
