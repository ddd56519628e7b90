#include "control/apilint.h"
#include "base/str.h"
#include "control/apidiff.h"
#include "control/tree.h"
#include "snapshot/registry.h"

enum rule {
#define X(ID, name, severity, text) RULE_##ID,
#include "control/apilint.def"
#undef X
};

static const struct {
    const char *name, *text;
    enum sl_lint_severity severity;
} rules[] = {
#define X(ID, name, severity, text) [RULE_##ID] = {name, text, SL_LINT_##severity},
#include "control/apilint.def"
#undef X
};

static const char *const severities[] = {"off", "info", "warning", "error"};

struct lint {
    struct sl_apilint *l;
    struct sl_arena *a;
    const struct sl_node *spec;
    struct sl_tree_tail findings;
    sl_str place; /* of the operation */
};

static bool read_severity(sl_str text, enum sl_lint_severity *ret)
{
    for (size_t i = 0; i < SL_LEN(severities); i++) {
        if (sl_str_eq(text, sl_cstr(severities[i]))) {
            *ret = (enum sl_lint_severity)i;
            return true;
        }
    }
    return false;
}

bool sl_apilint_knows(sl_str rule, sl_str severity)
{
    enum sl_lint_severity s;
    for (size_t i = 0; i < SL_LEN(rules); i++) {
        if (sl_str_eq(rule, sl_cstr(rules[i].name)))
            return read_severity(severity, &s);
    }
    return false;
}

static enum sl_lint_severity severity_of(const struct lint *t, enum rule rule)
{
    enum sl_lint_severity s = rules[rule].severity;
    const struct sl_node *own =
        t->l->severities != NULL ? sl_node_get(t->l->severities, sl_cstr(rules[rule].name)) : NULL;
    if (own != NULL && !read_severity(own->text, &s))
        return rules[rule].severity;
    return s;
}

static void add(struct lint *t, enum rule rule, sl_str where, sl_str detail)
{
    enum sl_lint_severity s = severity_of(t, rule);
    if (s == SL_LINT_OFF)
        return;
    t->l->errors += s == SL_LINT_ERROR;
    t->l->warnings += s == SL_LINT_WARNING;
    t->l->infos += s == SL_LINT_INFO;
    if (t->findings.list->child_count >= SL_APILINT_FINDINGS_MAX)
        return;
    struct sl_node *n = sl_tree_map(t->a);
    sl_tree_put_str(t->a, n, "rule", sl_cstr(rules[rule].name));
    sl_tree_put_str(t->a, n, "severity", sl_cstr(severities[s]));
    sl_tree_put_str(t->a, n, "where", where);
    sl_tree_put_str(t->a, n, "detail", detail.n != 0 ? detail : sl_cstr(rules[rule].text));
    sl_tree_add(&t->findings, n);
}

static const sl_str no_detail = {NULL, 0};

/* ------------------------------------------------------------------ operations */

static bool is_plain_id(sl_str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char lower = sl_lower(id.p[i]);
        bool is_letter = lower >= 'a' && lower <= 'z', is_digit = id.p[i] >= '0' && id.p[i] <= '9';
        if (!is_letter && (i == 0 || !is_digit))
            return false;
    }
    return id.n != 0 && id.p[0] >= 'a';
}

static bool is_plain_path(sl_str path)
{
    bool is_inside = false;
    for (size_t i = 0; i < path.n; i++) {
        char c = path.p[i];
        is_inside = (is_inside || c == '{') && c != '}';
        bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '/' ||
                       c == '.' || c == '}';
        if (!is_inside && !is_word)
            return false;
    }
    return path.n <= 1 || path.p[path.n - 1] != '/';
}

static bool has_success(const struct sl_node *operation)
{
    const struct sl_node *all = sl_node_get(operation, SL_STR("responses"));
    for (const struct sl_node *n = all != NULL ? all->children : NULL; n != NULL; n = n->next) {
        if (sl_str_starts(n->key, SL_STR("2")) || sl_str_eq(n->key, SL_STR("default")))
            return true;
    }
    return false;
}

static void lint_parameters(struct lint *t, const struct sl_node *operation)
{
    const struct sl_node *all = sl_node_get(operation, SL_STR("parameters"));
    for (const struct sl_node *n = all != NULL ? all->children : NULL; n != NULL; n = n->next) {
        const struct sl_node *schema = sl_node_get(n, SL_STR("schema"));
        sl_str name = sl_tree_text(n, "name");
        if (schema == NULL || schema->child_count == 0)
            add(t, RULE_PARAMETER_SCHEMA, t->place,
                sl_fmt(t->a, "the parameter %.*s may be anything", SL_STRF(name)));
    }
}

static void lint_operation(struct lint *t, const struct sl_node *operation)
{
    sl_str method = sl_tree_text(operation, "method"), path = sl_tree_text(operation, "path");
    const struct sl_node *tags = sl_node_get(operation, SL_STR("tags"));
    t->place = sl_fmt(t->a, "%.*s %.*s", SL_STRF(method), SL_STRF(path));
    if (!is_plain_id(sl_tree_text(operation, "id")))
        add(t, RULE_OPERATION_ID, t->place, no_detail);
    if (sl_tree_text(operation, "summary").n == 0)
        add(t, RULE_OPERATION_SUMMARY, t->place, no_detail);
    if (!has_success(operation))
        add(t, RULE_OPERATION_SUCCESS, t->place, no_detail);
    if (tags == NULL || tags->child_count == 0)
        add(t, RULE_OPERATION_TAGS, t->place, no_detail);
    if (!is_plain_path(path))
        add(t, RULE_PATH_NAMES, t->place, no_detail);
    lint_parameters(t, operation);
}

/* ------------------------------------------------------------------ the service */

static bool knows_callers(const struct lint *t)
{
    const struct sl_node *all = sl_node_get(t->spec, SL_STR("policies"));
    for (const struct sl_node *n = all != NULL ? all->children : NULL; n != NULL; n = n->next) {
        const struct sl_policy_type *type =
            sl_policy_type_find(t->l->policies, sl_tree_text(n, "type"));
        if (type != NULL && type->order == SL_ORDER_AUTHN)
            return true;
    }
    return false;
}

static void lint_changes(struct lint *t)
{
    struct sl_apidiff d;
    if (t->l->live == NULL || sl_node_get(t->l->live, SL_STR("operations")) == NULL)
        return;
    sl_apidiff(t->l->live, t->spec, t->a, &d);
    for (const struct sl_node *n = d.changes->children; n != NULL; n = n->next) {
        sl_str where = sl_tree_text(n, "where"), detail = sl_tree_text(n, "detail");
        if (sl_str_eq(sl_tree_text(n, "level"), SL_STR("breaking")))
            add(t, RULE_BREAKING_CHANGE, sl_tree_text(n, "operation"),
                sl_fmt(t->a, "%.*s%s%.*s", SL_STRF(where), where.n != 0 ? " " : "",
                       SL_STRF(detail)));
    }
    if (d.is_partial)
        add(t, RULE_BREAKING_CHANGE, SL_STR(""),
            SL_STR("there is more than can be compared with the live release"));
}

static void lint_service(struct lint *t)
{
    bool has_text =
        sl_tree_text(t->spec, "summary").n != 0 || sl_tree_text(t->spec, "readme").n != 0;
    if (sl_tree_text(t->spec, "title").n == 0 || !has_text)
        add(t, RULE_DESCRIBED, SL_STR(""), no_detail);
    if (sl_tree_text(t->spec, "team").n == 0)
        add(t, RULE_OWNER, SL_STR(""), no_detail);
    if (!knows_callers(t))
        add(t, RULE_AUTHENTICATION, SL_STR(""), no_detail);
}

void sl_apilint(struct sl_apilint *l, const struct sl_node *spec, struct sl_arena *a)
{
    struct lint t = {.l = l, .a = a, .spec = spec, .findings = sl_tree_tail(a)};
    const struct sl_node *all = sl_node_get(spec, SL_STR("operations"));
    l->findings = t.findings.list;
    l->errors = l->warnings = l->infos = 0;
    lint_service(&t);
    for (const struct sl_node *n = all != NULL ? all->children : NULL; n != NULL; n = n->next)
        lint_operation(&t, n);
    lint_changes(&t);
}

struct sl_node *sl_apilint_node(const struct sl_apilint *l, struct sl_arena *a)
{
    struct sl_node *n = sl_tree_map(a);
    sl_tree_put(n, SL_STR("errors"), sl_tree_i64(a, (int64_t)l->errors));
    sl_tree_put(n, SL_STR("warnings"), sl_tree_i64(a, (int64_t)l->warnings));
    sl_tree_put(n, SL_STR("infos"), sl_tree_i64(a, (int64_t)l->infos));
    sl_tree_put(n, SL_STR("findings"), sl_tree_copy(a, l->findings));
    return n;
}
