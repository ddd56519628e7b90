#include "snapshot/match.h"
#include "base/map.h"
#include "base/num.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/regex.h"
#include "codec/url.h"

enum {
    HOST_BYTES_MAX = 255,
    QUERY_VALUE_BYTES_MAX = 4096 /* longer values meet no condition */
};

/* One of the rules with the same host and path; the more specific ones come first. */
struct rule {
    struct rule *next;
    const struct sl_match_rule *config;
    struct sl_value_test *headers, *queries;
    const struct sl_regex *regex; /* of the path */
    sl_str *params;               /* names of the {param} segments, in order */
    size_t param_count;
};

/* A path up to the end of a segment. */
struct node {
    sl_str label;
    struct node *only;      /* the literal child, while there is one */
    struct sl_map *several; /* else all of them, by segment */
    struct node *param;     /* {param} */
    struct rule *exact;     /* paths that end here */
    struct rule *prefix;    /* prefixes that end here */
};

/* All rules of one host. */
struct site {
    struct node root;
    struct rule *regexes;
};

struct sl_match {
    struct sl_map exact;     /* "api.example.com" -> struct site */
    struct sl_map wildcards; /* ".example.com" -> struct site of "*.example.com" */
    struct site any;
};

/* ------------------------------------------------------------------ problems */

struct compiler {
    struct sl_match *m;
    struct sl_arena *a;
    struct sl_diag *d;
    sl_rc rc;
};

static const struct sl_node nowhere = {.kind = SL_NODE_NULL};

static const struct sl_node *place_of(const struct sl_match_rule *r)
{
    return r->place != NULL ? r->place : &nowhere;
}

static void fail(struct compiler *c, const struct sl_match_rule *r, sl_str text)
{
    const struct sl_node *at = place_of(r);
    c->rc = sl_diag_fail_at(c->d, SL_E_CONFIG, at->file, at->line, at->column, r->name, "%.*s",
                            SL_STRF(text));
}

static void fail_ambiguous(struct compiler *c, const struct sl_match_rule *r,
                           const struct sl_match_rule *other)
{
    const struct sl_node *at = place_of(other);
    fail(c, r,
         sl_fmt(c->a,
                "takes the same requests as '%.*s' (%.*s:%u:%u); remove one, or give it another "
                "host, path, method or condition",
                SL_STRF(other->name), SL_STRF(at->file), at->line, at->column));
}

static const struct sl_regex *compile_regex(struct compiler *c, const struct sl_match_rule *r,
                                            sl_str pattern, enum sl_regex_how how)
{
    sl_str why;
    const struct sl_regex *regex = sl_value_regex(pattern, how, c->a, &why);
    if (regex == NULL)
        fail(c, r, why);
    return regex;
}

/* ------------------------------------------------------------------ order and ambiguity */

/* More specific rules first; the last word has the place in the configuration. */
static bool is_before(const struct sl_match_rule *a, const struct sl_match_rule *b)
{
    if ((a->methods != 0) != (b->methods != 0))
        return a->methods != 0;
    if (a->header_count != b->header_count)
        return a->header_count > b->header_count;
    if (a->query_count != b->query_count)
        return a->query_count > b->query_count;
    return a->rank < b->rank;
}

static bool has_condition(const struct sl_value_match *v, size_t n,
                          const struct sl_value_match *wanted, bool has_case)
{
    for (size_t i = 0; i < n; i++) {
        if (sl_value_same(&v[i], wanted, has_case))
            return true;
    }
    return false;
}

static bool are_same_conditions(const struct sl_value_match *a, size_t a_n,
                                const struct sl_value_match *b, size_t b_n, bool has_case)
{
    if (a_n != b_n)
        return false;
    for (size_t i = 0; i < a_n; i++) {
        if (!has_condition(b, b_n, &a[i], has_case))
            return false;
    }
    return true;
}

static bool are_methods_shared(uint32_t a, uint32_t b)
{
    return a == b || (a & b) != 0;
}

/* Of two rules with the same host and the same path. */
static bool is_ambiguous(const struct sl_match_rule *a, const struct sl_match_rule *b)
{
    return are_methods_shared(a->methods, b->methods) &&
           are_same_conditions(a->headers, a->header_count, b->headers, b->header_count, false) &&
           are_same_conditions(a->queries, a->query_count, b->queries, b->query_count, true);
}

static bool is_same_path(const struct sl_match_rule *a, const struct sl_match_rule *b)
{
    return a->path_kind != SL_PATH_REGEX || sl_str_eq(a->path, b->path);
}

static void insert(struct compiler *c, struct rule **list, struct rule *r)
{
    struct rule **at = list;
    for (struct rule *other = *list; other != NULL; other = other->next) {
        if (is_same_path(r->config, other->config) && is_ambiguous(r->config, other->config)) {
            fail_ambiguous(c, r->config, other->config);
            return;
        }
        if (!is_before(r->config, other->config))
            at = &other->next;
    }
    r->next = *at;
    *at = r;
}

/* ------------------------------------------------------------------ paths into trees */

static struct node *literal_child(const struct node *n, sl_str segment)
{
    if (n->several != NULL)
        return sl_map_get(n->several, segment);
    return n->only != NULL && sl_str_eq(n->only->label, segment) ? n->only : NULL;
}

static void adopt_literal(struct compiler *c, struct node *n, struct node *child)
{
    if (n->only == NULL && n->several == NULL) {
        n->only = child;
        return;
    }
    if (n->several == NULL) {
        n->several = sl_arena_new_of(c->a, struct sl_map);
        sl_map_init(n->several, c->a, 0);
        (void)sl_map_put(n->several, n->only->label, n->only); /* the first entry */
        n->only = NULL;
    }
    (void)sl_map_put(n->several, child->label, child); /* the caller looked: it is new */
}

static struct node *add_literal(struct compiler *c, struct node *n, sl_str segment)
{
    struct node *child = literal_child(n, segment);
    if (child != NULL)
        return child;
    child = sl_arena_new_of(c->a, struct node);
    child->label = segment;
    adopt_literal(c, n, child);
    return child;
}

static struct node *add_param(struct compiler *c, struct node *n)
{
    if (n->param == NULL)
        n->param = sl_arena_new_of(c->a, struct node);
    return n->param;
}

static bool is_param(sl_str segment)
{
    return segment.n > 2 && segment.p[0] == '{' && segment.p[segment.n - 1] == '}';
}

/* The tree's end of a rule's path, with its parameters noted; NULL when it is refused. */
static struct node *add_path(struct compiler *c, struct node *n, struct rule *r, sl_str path)
{
    bool has_params = r->config->path_kind != SL_PATH_EXACT;
    sl_str segment, params[SL_MATCH_PARAMS_MAX];
    size_t segments = 0;
    if (path.n == 0) /* the prefix "/" */
        return n;
    path = sl_str_from(path, 1);
    while (sl_str_split(&path, '/', &segment)) {
        bool is_named = has_params && is_param(segment);
        if (++segments > SL_MATCH_SEGMENTS_MAX ||
            (is_named && r->param_count == SL_MATCH_PARAMS_MAX)) {
            fail(c, r->config,
                 sl_fmt(c->a, "the path has more than %d segments or %d parameters",
                        SL_MATCH_SEGMENTS_MAX, SL_MATCH_PARAMS_MAX));
            return NULL;
        }
        if (is_named)
            params[r->param_count++] = sl_str_of(segment.p + 1, segment.n - 2);
        n = is_named ? add_param(c, n) : add_literal(c, n, segment);
    }
    r->params = sl_arena_array(c->a, sl_str, r->param_count);
    memcpy(r->params, params, r->param_count * sizeof(*params));
    return n;
}

static sl_str without_slash(sl_str path)
{
    return path.n != 0 && path.p[path.n - 1] == '/' ? sl_str_head(path, path.n - 1) : path;
}

static void add_rule(struct compiler *c, struct site *site, struct rule *r)
{
    const struct sl_match_rule *config = r->config;
    bool is_prefix = config->path_kind == SL_PATH_PREFIX;
    if (config->path_kind == SL_PATH_REGEX) {
        r->regex = compile_regex(c, config, config->path, SL_REGEX_BEGIN);
        insert(c, &site->regexes, r);
        return;
    }
    if (config->path.n == 0 || config->path.p[0] != '/') {
        fail(c, config, SL_STR("the path must begin with '/'"));
        return;
    }
    struct node *end =
        add_path(c, &site->root, r, is_prefix ? without_slash(config->path) : config->path);
    if (end != NULL)
        insert(c, is_prefix ? &end->prefix : &end->exact, r);
}

/* ------------------------------------------------------------------ hosts and conditions */

static struct site *site_of(struct compiler *c, sl_str host)
{
    if (host.n == 0)
        return &c->m->any;
    bool is_wildcard = sl_str_starts(host, SL_STR("*."));
    struct sl_map *sites = is_wildcard ? &c->m->wildcards : &c->m->exact;
    sl_str key = sl_str_from(host, is_wildcard);
    struct site *site = sl_map_get(sites, key);
    if (site == NULL) {
        site = sl_arena_new_of(c->a, struct site);
        (void)sl_map_put(sites, key, site); /* there was none */
    }
    return site;
}

static struct sl_value_test *compile_conditions(struct compiler *c,
                                                const struct sl_match_rule *rule,
                                                const struct sl_value_match *v, size_t n)
{
    struct sl_value_test *made = sl_arena_array(c->a, struct sl_value_test, n);
    sl_str why;
    for (size_t i = 0; i < n; i++) {
        if (sl_value_test_init(&made[i], &v[i], c->a, &why) != SL_OK)
            fail(c, rule, why);
    }
    return made;
}

static void compile_rule(struct compiler *c, const struct sl_match_rule *config)
{
    struct rule *r = sl_arena_new_of(c->a, struct rule);
    r->config = config;
    r->headers = compile_conditions(c, config, config->headers, config->header_count);
    r->queries = compile_conditions(c, config, config->queries, config->query_count);
    add_rule(c, site_of(c, config->host), r);
}

sl_rc sl_match_compile(const struct sl_match_rule *rules, size_t n, struct sl_arena *a,
                       struct sl_match **ret, struct sl_diag *d)
{
    struct compiler c = {.m = sl_arena_new_of(a, struct sl_match), .a = a, .d = d, .rc = SL_OK};
    sl_map_init(&c.m->exact, a, 0);
    sl_map_init(&c.m->wildcards, a, 0);
    for (size_t i = 0; i < n; i++)
        compile_rule(&c, &rules[i]);
    if (c.rc == SL_OK)
        *ret = c.m;
    return c.rc;
}

/* ------------------------------------------------------------------ conditions of a request */

struct lookup {
    const struct sl_head *req;
    sl_str path;
    struct sl_match_result *ret;
};

static int escaped_byte(sl_str s, size_t at)
{
    int high, low;
    if (s.p[at] != '%' || s.n - at < 3)
        return -1;
    high = sl_num_hex_digit(s.p[at + 1]);
    low = sl_num_hex_digit(s.p[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* application/x-www-form-urlencoded; a broken escape stands for itself. */
static sl_str decode_query_value(sl_str raw, char *buf)
{
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        int c = escaped_byte(raw, i);
        buf[n++] = c >= 0 ? (char)c : raw.p[i] == '+' ? ' ' : raw.p[i];
        i += c >= 0 ? 2 : 0;
    }
    return sl_str_of(buf, n);
}

static bool is_query_met(const struct sl_value_test *c, sl_str query)
{
    char buf[QUERY_VALUE_BYTES_MAX];
    sl_str value;
    if (!sl_query_get(query, c->match->name, &value) || value.n > sizeof(buf))
        return false;
    return sl_value_is_met(c, decode_query_value(value, buf));
}

static bool are_conditions_met(const struct rule *r, const struct sl_head *req)
{
    for (size_t i = 0; i < r->config->header_count; i++) {
        if (!sl_value_header_is_met(&r->headers[i], &req->headers))
            return false;
    }
    for (size_t i = 0; i < r->config->query_count; i++) {
        if (!is_query_met(&r->queries[i], req->query))
            return false;
    }
    return true;
}

/* Does the rule take the request, whose path fits? A wrong method alone is remembered for 405. */
static bool accepts(const struct lookup *k, const struct rule *r)
{
    uint32_t methods = r->config->methods;
    if (!are_conditions_met(r, k->req))
        return false;
    if (methods == 0 || (methods & 1u << k->req->method_id) != 0)
        return true;
    k->ret->is_method_known = true;
    k->ret->methods |= methods;
    return false;
}

static const struct rule *first_that_accepts(const struct lookup *k, const struct rule *list)
{
    while (list != NULL && !accepts(k, list))
        list = list->next;
    return list;
}

/* ------------------------------------------------------------------ walking a tree */

/* A node on the way down, and what of it was tried. */
struct step {
    const struct node *node;
    size_t end; /* of the path up to here; path.p[end] is '/', or it is all of it */
    enum { TRY_LITERAL, TRY_PARAM, TRY_LEAVES } next;
    bool is_param; /* the segment that led here is a parameter's value */
};

/* Member by member: clearing the parameters would cost more than the look-up. */
static void answer(struct sl_match_result *ret, const struct sl_match_rule *rule,
                   size_t matched_bytes)
{
    ret->target = rule != NULL ? rule->target : NULL;
    ret->is_method_known = false;
    ret->methods = 0;
    ret->matched_path_bytes = matched_bytes;
    ret->param_count = 0;
}

static void finish(const struct lookup *k, const struct rule *r, size_t matched_bytes)
{
    size_t strip_bytes = r->config->strip_bytes;
    answer(k->ret, r->config, strip_bytes != 0 ? strip_bytes : matched_bytes);
}

static void note_params(const struct lookup *k, const struct rule *r, const struct step *steps,
                        size_t depth)
{
    size_t n = 0;
    for (size_t i = 1; i <= depth && n < r->param_count; i++) {
        if (!steps[i].is_param)
            continue;
        size_t from = steps[i - 1].end + 1;
        k->ret->params[n] = sl_str_of(k->path.p + from, steps[i].end - from);
        n++;
    }
    k->ret->param_names = r->params;
    k->ret->param_count = n;
}

static bool try_leaves(const struct lookup *k, const struct step *steps, size_t depth)
{
    const struct step *s = &steps[depth];
    const struct rule *r = NULL;
    if (s->end == k->path.n)
        r = first_that_accepts(k, s->node->exact);
    if (r == NULL)
        r = first_that_accepts(k, s->node->prefix);
    if (r == NULL)
        return false;
    finish(k, r, s->end);
    note_params(k, r, steps, depth);
    return true;
}

static size_t segment_end(sl_str path, size_t from)
{
    size_t end = sl_str_find(path, '/', from);
    return end != SIZE_MAX ? end : path.n;
}

/* The next child of a step to go down to; false when only its own leaves are left. */
static bool descend(sl_str path, struct step *s, struct step *ret)
{
    if (s->end == path.n || s->next == TRY_LEAVES)
        return false;
    size_t from = s->end + 1, end = segment_end(path, from);
    const struct node *child = NULL;
    if (s->next == TRY_LITERAL)
        child = literal_child(s->node, sl_str_of(path.p + from, end - from));
    bool is_value = child == NULL;
    if (is_value && end > from)
        child = s->node->param;
    s->next = is_value ? TRY_LEAVES : TRY_PARAM;
    *ret = (struct step){.node = child, .end = end, .is_param = is_value};
    return child != NULL;
}

/* Depth first, the most specific branch first; the tree is never deeper than the steps. */
static bool walk(const struct lookup *k, const struct node *root)
{
    struct step steps[SL_MATCH_SEGMENTS_MAX + 2]; /* the root, and room below the deepest */
    size_t depth = 0;
    steps[0] = (struct step){.node = root};
    for (;;) {
        if (descend(k->path, &steps[depth], &steps[depth + 1])) {
            depth++;
            continue;
        }
        if (try_leaves(k, steps, depth))
            return true;
        if (depth-- == 0)
            return false;
    }
}

static bool try_regexes(const struct lookup *k, const struct rule *list)
{
    for (; list != NULL; list = list->next) {
        sl_str whole;
        if (!sl_regex_match(list->regex, k->path, &whole, 1) || !accepts(k, list))
            continue;
        finish(k, list, whole.n);
        return true;
    }
    return false;
}

static bool try_site(const struct lookup *k, const struct site *site)
{
    return site != NULL && (walk(k, &site->root) || try_regexes(k, site->regexes));
}

/* ------------------------------------------------------------------ looking up */

static bool try_wildcards(const struct lookup *k, const struct sl_match *m, sl_str host)
{
    for (size_t at = sl_str_find(host, '.', 1); at != SIZE_MAX;
         at = sl_str_find(host, '.', at + 1)) {
        if (try_site(k, sl_map_get(&m->wildcards, sl_str_from(host, at))))
            return true;
    }
    return false;
}

static bool try_named_sites(const struct lookup *k, const struct sl_match *m, sl_str host)
{
    char lower[HOST_BYTES_MAX];
    if (host.n != 0 && host.p[host.n - 1] == '.')
        host.n--; /* the root's dot: the same name */
    if (host.n == 0 || host.n > sizeof(lower))
        return false;
    for (size_t i = 0; i < host.n; i++)
        lower[i] = sl_lower(host.p[i]);
    host.p = lower;
    return try_site(k, sl_map_get(&m->exact, host)) ||
           (m->wildcards.n != 0 && try_wildcards(k, m, host));
}

void sl_match_find(const struct sl_match *m, const struct sl_head *req, sl_str host, sl_str path,
                   struct sl_match_result *ret)
{
    struct lookup k = {.req = req, .path = path, .ret = ret};
    answer(ret, NULL, 0);
    if (path.n == 0 || path.p[0] != '/')
        return;
    bool has_names = m->exact.n + m->wildcards.n != 0;
    if (!has_names || !try_named_sites(&k, m, host))
        (void)try_site(&k, &m->any); /* ret says how it went */
}

void sl_match_find_preflight(const struct sl_match *m, const struct sl_head *req, sl_str host,
                             sl_str path, struct sl_match_result *ret)
{
    sl_str method = sl_headers_get_id(&req->headers, SL_H_ACCESS_CONTROL_REQUEST_METHOD);
    if (req->method_id != SL_METHOD_OPTIONS || method.n == 0)
        return;
    struct sl_head asked = *req;
    asked.method = method;
    asked.method_id = sl_method_of(method);
    sl_match_find(m, &asked, host, path, ret);
}
