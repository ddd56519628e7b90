#include "tests/unit/snapshot/build_text.h"

#include <stdio.h>

#include "base/str.h"
#include "base/strbuf.h"
#include "codec/yaml.h"
#include "snapshot/credential.h"

/* ------------------------------------------------------------------ policy types */

static sl_rc limit_compile(void *config, sl_str identity, struct sl_state_registry *states,
                           struct sl_arena *a, struct sl_diag *d)
{
    struct test_limit_config *c = config;
    (void)states;
    (void)a;
    c->identity = identity;
    if (c->rate == 13)
        return sl_diag_fail(d, SL_E_CONFIG, "rate", "must not be 13");
    return SL_OK;
}

static const struct sl_field limit_fields[] = {
    SL_FIELD_INT(struct test_limit_config, rate, .required = true, .min = "1", .help = "A rate."),
    SL_FIELD_END,
};
static const struct sl_field no_fields[] = {SL_FIELD_END};

enum { EVERYWHERE = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE | SL_AT_CONSUMER };

static const struct sl_policy_type limit = {.name = "limit",
                                            .summary = "Limits.",
                                            .levels = EVERYWHERE,
                                            .order = SL_ORDER_RATE,
                                            .narrowest_wins = true,
                                            .fields = limit_fields,
                                            .config_size = sizeof(struct test_limit_config),
                                            .compile = limit_compile};
static const struct sl_policy_type note = {.name = "note",
                                           .summary = "Notes.",
                                           .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE,
                                           .order = SL_ORDER_NETWORK,
                                           .fields = no_fields};
static const struct sl_policy_type tokens = {.name = "tokens",
                                             .summary = "Tokens.",
                                             .levels = EVERYWHERE,
                                             .order = SL_ORDER_QUOTA,
                                             .is_ai_only = true,
                                             .fields = no_fields};
static const struct sl_policy_type cors = {.name = "cors",
                                           .summary = "Browsers.",
                                           .levels = EVERYWHERE,
                                           .order = SL_ORDER_CORS,
                                           .fields = no_fields};

struct proof_config {
    struct sl_strs headers;
    sl_str claim, other;
    bool is_strict, is_secret;
};

static const struct sl_field proof_fields[] = {
    SL_FIELD_STRS(struct proof_config, headers, .dflt = "[x-token]", .help = "Fields."),
    SL_FIELD_STR(struct proof_config, claim, .dflt = "sub", .help = "A claim."),
    SL_FIELD_STR(struct proof_config, other, .help = "Not given."),
    SL_FIELD_BOOL(struct proof_config, is_strict, .dflt = "true", .help = "Is it?"),
    SL_FIELD_BOOL(struct proof_config, is_secret, .dflt = "true", .help = "Not told."),
    SL_FIELD_END,
};
static const char *const told[] = {"headers", "claim", "other", "is_strict", NULL};

static const struct sl_policy_type token = {.name = "token",
                                            .summary = "Tokens of callers.",
                                            .levels = EVERYWHERE,
                                            .order = SL_ORDER_AUTHN,
                                            .identifies = 1 << SL_CREDENTIAL_JWT,
                                            .told = told,
                                            .fields = proof_fields,
                                            .config_size = sizeof(struct proof_config)};
static const struct sl_policy_type key = {.name = "key",
                                          .summary = "Keys and passwords.",
                                          .levels = EVERYWHERE,
                                          .order = SL_ORDER_AUTHN,
                                          .identifies =
                                              1 << SL_CREDENTIAL_API_KEY | 1 << SL_CREDENTIAL_BASIC,
                                          .fields = no_fields};

const struct sl_policy_type *const test_policy_types[] = {&limit, &note, &tokens, &cors,
                                                          &token, &key,  NULL};

/* ------------------------------------------------------------------ building */

static struct built build_with(struct sl_state_registry *states, const char *yaml)
{
    struct built t = {.a = sl_arena_new("test", SL_MIB(256)), .states = states};
    const struct sl_node *root = NULL;
    t.d = sl_arena_new_of(t.a, struct sl_diag);
    sl_diag_init(t.d, t.a);
    t.rc = sl_yaml_parse(sl_cstr(yaml), SL_STR("test.yaml"), t.a, t.d, &root);
    if (t.rc != SL_OK)
        return t;
    const struct sl_node **documents =
        sl_arena_array(t.a, const struct sl_node *, root->child_count);
    size_t n = 0;
    for (const struct sl_node *doc = root->children; doc != NULL; doc = doc->next)
        documents[n++] = doc;
    t.rc = sl_snapshot_build(documents, n, test_policy_types, t.states, 7, &t.s, t.d);
    return t;
}

struct built build_text(const char *yaml)
{
    return build_with(sl_state_registry_new(), yaml);
}

struct built build_text_again(const struct built *before, const char *yaml)
{
    return build_with(before->states, yaml);
}

void built_free(struct built *t)
{
    sl_snapshot_unref(t->s);
    sl_state_registry_free(t->states);
    sl_arena_free(t->a);
    *t = (struct built){0};
}

bool has_problem(const struct built *t, uint32_t line, uint32_t column, const char *path,
                 const char *part)
{
    for (size_t i = 0; i < t->d->count; i++) {
        const struct sl_problem *p = &t->d->problems[i];
        if (p->line == line && p->column == column && sl_str_eq(p->path, sl_cstr(path)) &&
            sl_str_eq(p->file, SL_STR("test.yaml")) &&
            sl_str_find_str(p->message, sl_cstr(part)) != SIZE_MAX)
            return true;
    }
    fprintf(stderr, "no problem %u:%u %s: ...%s...; there are:\n", line, column, path, part);
    for (size_t i = 0; i < t->d->count; i++) {
        sl_str text = sl_problem_text(&t->d->problems[i], t->a);
        fprintf(stderr, "  %.*s\n", SL_STRF(text));
    }
    return false;
}

bool has_problem_at(const struct built *t, const char *path, const char *part)
{
    for (size_t i = 0; i < t->d->count; i++) {
        const struct sl_problem *p = &t->d->problems[i];
        if (sl_str_eq(p->path, sl_cstr(path)))
            return has_problem(t, p->line, p->column, path, part);
    }
    return has_problem(t, 0, 0, path, part); /* prints them */
}
