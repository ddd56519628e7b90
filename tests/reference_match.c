#include "tests/reference_match.h"

#include "base/str.h"
#include "codec/regex.h"
#include "snapshot/match.h"

enum { RULES_MAX = 24, REQUESTS_MAX = 32, SEGMENTS_MAX = 4, PATH_BYTES = 64, BYTES = 1 << 22 };

/* ------------------------------------------------------------------ from bytes */

struct bytes {
    const uint8_t *p;
    size_t n;
};

/* A number below `below`; 0 when there are no bytes any more. */
static unsigned take(struct bytes *b, unsigned below)
{
    if (b->n == 0)
        return 0;
    b->n--;
    return *b->p++ % below;
}

#define PICK(b, list) (list)[take((b), SL_LEN(list))]

static const char *const rule_hosts[] = {"", "*.b", "*.a.b", "a.b", "x.a.b"};
static const char *const hosts[] = {"x.a.b", "y.a.b", "A.b", "b", "q", "", "a.b."};
static const char *const rule_segments[] = {"a", "b", "{p}", "{q}"};
static const char *const segments[] = {"a", "b", "c", "{p}"};
static const char *const regexes[] = {"^/a", "^/a/b$", "^/[ab]/", ".*c"};
static const uint32_t methods[] = {0, 1u << SL_METHOD_GET, 1u << SL_METHOD_POST,
                                   1u << SL_METHOD_GET | 1u << SL_METHOD_PUT};
static const enum sl_method request_methods[] = {SL_METHOD_GET, SL_METHOD_POST, SL_METHOD_PUT,
                                                 SL_METHOD_OTHER};
static const struct sl_value_match conditions[] = {
    {SL_STR_INIT("x-a"), SL_VALUE_EXACT, SL_STR_INIT("1")},
    {SL_STR_INIT("x-b"), SL_VALUE_PRESENT, {NULL, 0}},
};

static sl_str make_path(struct bytes *b, const char *const *from, size_t choices,
                        struct sl_arena *a)
{
    char text[PATH_BYTES];
    size_t n = 0;
    for (unsigned i = take(b, SEGMENTS_MAX + 1); i > 0; i--) {
        sl_str segment = sl_cstr(from[take(b, (unsigned)choices)]);
        text[n++] = '/';
        memcpy(text + n, segment.p, segment.n);
        n += segment.n;
    }
    if (n == 0 || take(b, 4) == 0)
        text[n++] = '/';
    return sl_arena_dup(a, sl_str_of(text, n));
}

static struct sl_match_rule make_rule(struct bytes *b, uint32_t rank, struct sl_arena *a)
{
    struct sl_match_rule r = {.host = sl_cstr(PICK(b, rule_hosts)),
                              .path_kind = (enum sl_path_kind)take(b, 4),
                              .methods = PICK(b, methods),
                              .headers = conditions + take(b, 2),
                              .queries = conditions + take(b, 2),
                              .rank = rank};
    r.header_count = take(b, (unsigned)(conditions + SL_LEN(conditions) - r.headers) + 1);
    r.query_count = take(b, (unsigned)(conditions + SL_LEN(conditions) - r.queries) + 1);
    r.path = r.path_kind == SL_PATH_REGEX ? sl_cstr(PICK(b, regexes))
                                          : make_path(b, rule_segments, SL_LEN(rule_segments), a);
    return r;
}

struct request {
    struct sl_head head;
    sl_str host, path;
};

static struct request make_request(struct bytes *b, struct sl_arena *a)
{
    static const char *const queries[] = {"", "x-a=1", "x-b", "x-a=1&x-b=", "x-a=2"};
    struct request q = {.host = sl_cstr(PICK(b, hosts)),
                        .path = make_path(b, segments, SL_LEN(segments), a)};
    q.head.method_id = PICK(b, request_methods);
    q.head.query = sl_cstr(PICK(b, queries));
    sl_headers_init(&q.head.headers, a);
    unsigned which = take(b, 4);
    if ((which & 1) != 0)
        SL_ASSERT(sl_headers_add(&q.head.headers, SL_STR("X-A"), SL_STR("1")));
    if ((which & 2) != 0)
        SL_ASSERT(sl_headers_add(&q.head.headers, SL_STR("x-b"), SL_STR("9")));
    return q;
}

/* ------------------------------------------------------------------ does one rule fit? */

/* How specific a rule is for a request, more is better, part by part; p[0] < 0: it does not fit. */
struct fit {
    int p[SEGMENTS_MAX + 8];
};

enum {
    FIT_HOST,
    FIT_IS_TREE,
    FIT_PATH,
    FIT_METHOD = FIT_PATH + SEGMENTS_MAX + 2,
    FIT_HEADERS,
    FIT_QUERIES
};
enum { PREFIX_END = 1, PARAM, LITERAL, EXACT_END };

static int fit_host(sl_str rule, sl_str host)
{
    if (rule.n == 0)
        return 0;
    if (host.n != 0 && host.p[host.n - 1] == '.')
        host.n--;
    if (rule.p[0] != '*')
        return sl_str_ieq(rule, host) ? 1000 : -1;
    sl_str suffix = sl_str_from(rule, 1);
    bool fits = host.n > suffix.n && sl_str_ieq(sl_str_from(host, host.n - suffix.n), suffix);
    return fits ? (int)suffix.n : -1;
}

static bool next_segment(sl_str *rest, sl_str *ret)
{
    return rest->p != NULL && sl_str_split(rest, '/', ret);
}

static sl_str segments_of(sl_str path, bool is_prefix)
{
    if (is_prefix && path.p[path.n - 1] == '/')
        path.n--;
    return path.n != 0 ? sl_str_from(path, 1) : (sl_str){NULL, 0};
}

static bool fit_tree(const struct sl_match_rule *r, sl_str path, int *fit)
{
    bool is_prefix = r->path_kind == SL_PATH_PREFIX;
    sl_str rule_rest = segments_of(r->path, is_prefix), rest = segments_of(path, false), want, have;
    while (next_segment(&rule_rest, &want)) {
        if (!next_segment(&rest, &have))
            return false;
        bool is_param = r->path_kind != SL_PATH_EXACT && want.n > 2 && want.p[0] == '{';
        if (is_param ? have.n == 0 : !sl_str_eq(want, have))
            return false;
        *fit++ = is_param ? PARAM : LITERAL;
    }
    *fit = is_prefix ? PREFIX_END : EXACT_END;
    return is_prefix || rest.p == NULL;
}

struct compiled {
    const struct sl_regex *v[SL_LEN(regexes)];
};

static struct compiled compile_regexes(struct sl_arena *a)
{
    struct compiled c;
    for (size_t i = 0; i < SL_LEN(regexes); i++) {
        sl_str why;
        size_t at;
        SL_ASSERT(sl_regex_compile(sl_cstr(regexes[i]), SL_REGEX_BEGIN, a, &c.v[i], &why, &at) ==
                  SL_OK);
    }
    return c;
}

static bool fit_regex(const struct compiled *c, sl_str pattern, sl_str path)
{
    size_t i = 0;
    while (!sl_str_eq(sl_cstr(regexes[i]), pattern))
        i++;
    return sl_regex_match(c->v[i], path, NULL, 0);
}

static bool meets_headers(const struct sl_match_rule *r, const struct sl_headers *h)
{
    for (size_t i = 0; i < r->header_count; i++) {
        const struct sl_header *f = sl_headers_find(h, r->headers[i].name);
        if (f == NULL ||
            (r->headers[i].kind == SL_VALUE_EXACT && !sl_str_eq(f->value, r->headers[i].value)))
            return false;
    }
    return true;
}

static bool meets_queries(const struct sl_match_rule *r, sl_str query)
{
    for (size_t i = 0; i < r->query_count; i++) {
        sl_str part, wanted = r->queries[i].name, rest = query;
        bool is_met = false;
        while (!is_met && sl_str_split(&rest, '&', &part)) {
            sl_str value = sl_str_from(part, wanted.n + 1);
            is_met = sl_str_starts(part, wanted) && (r->queries[i].kind == SL_VALUE_PRESENT ||
                                                     sl_str_eq(value, r->queries[i].value));
        }
        if (!is_met)
            return false;
    }
    return true;
}

static bool fits(const struct sl_match_rule *r, const struct request *q, const struct compiled *c,
                 struct fit *ret)
{
    *ret = (struct fit){.p = {[FIT_HOST] = fit_host(r->host, q->host),
                              [FIT_IS_TREE] = r->path_kind != SL_PATH_REGEX,
                              [FIT_METHOD] = r->methods != 0,
                              [FIT_HEADERS] = (int)r->header_count,
                              [FIT_QUERIES] = (int)r->query_count}};
    bool has_path = r->path_kind == SL_PATH_REGEX ? fit_regex(c, r->path, q->path)
                                                  : fit_tree(r, q->path, &ret->p[FIT_PATH]);
    return has_path && ret->p[FIT_HOST] >= 0 && meets_headers(r, &q->head.headers) &&
           meets_queries(r, q->head.query);
}

static bool is_better(const struct fit *a, const struct fit *b)
{
    for (size_t i = 0; i < SL_LEN(a->p); i++) {
        if (a->p[i] != b->p[i])
            return a->p[i] > b->p[i];
    }
    return false; /* the earlier one stays */
}

/* ------------------------------------------------------------------ ambiguity */

static bool is_same_segment(sl_str a, sl_str b, bool has_params)
{
    bool are_params = has_params && a.n > 2 && b.n > 2 && a.p[0] == '{' && b.p[0] == '{';
    return are_params || sl_str_eq(a, b);
}

/* A template without parameters is an exact path; an exact path with braces is none of a template's. */
static bool is_same_tree_path(const struct sl_match_rule *a, const struct sl_match_rule *b)
{
    bool is_prefix = a->path_kind == SL_PATH_PREFIX;
    sl_str x = segments_of(a->path, is_prefix), y = segments_of(b->path, is_prefix), p, q;
    while (next_segment(&x, &p)) {
        bool a_has = a->path_kind != SL_PATH_EXACT, b_has = b->path_kind != SL_PATH_EXACT;
        if (!next_segment(&y, &q))
            return false;
        bool is_param = (a_has && p.n > 2) || (b_has && q.n > 2);
        if (is_param && a_has != b_has)
            return false;
        if (!is_same_segment(p, q, a_has))
            return false;
    }
    return y.p == NULL;
}

static bool is_same_path(const struct sl_match_rule *a, const struct sl_match_rule *b)
{
    bool a_regex = a->path_kind == SL_PATH_REGEX, b_regex = b->path_kind == SL_PATH_REGEX;
    bool a_prefix = a->path_kind == SL_PATH_PREFIX, b_prefix = b->path_kind == SL_PATH_PREFIX;
    if (a_regex || b_regex)
        return a_regex && b_regex && sl_str_eq(a->path, b->path);
    return a_prefix == b_prefix && is_same_tree_path(a, b);
}

static bool are_ambiguous(const struct sl_match_rule *a, const struct sl_match_rule *b)
{
    bool is_same_headers =
        a->header_count == b->header_count && (a->header_count == 0 || a->headers == b->headers);
    bool is_same_queries =
        a->query_count == b->query_count && (a->query_count == 0 || a->queries == b->queries);
    return sl_str_eq(a->host, b->host) && is_same_path(a, b) && is_same_headers &&
           is_same_queries && (a->methods == b->methods || (a->methods & b->methods) != 0);
}

/* Leaves the rules that can be told apart; returns how many. */
static size_t drop_ambiguous(struct sl_match_rule *rules, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_own = true;
        for (size_t k = 0; k < kept && is_own; k++)
            is_own = !are_ambiguous(&rules[k], &rules[i]);
        if (is_own)
            rules[kept++] = rules[i];
    }
    return kept;
}

/* ------------------------------------------------------------------ comparing */

static void check_request(const struct sl_match *m, const struct sl_match_rule *rules, size_t n,
                          const struct request *q, const struct compiled *c)
{
    const void *best = NULL;
    struct fit best_fit = {{0}}, fit;
    uint32_t others = 0;
    for (size_t i = 0; i < n; i++) {
        if (!fits(&rules[i], q, c, &fit))
            continue;
        bool takes = rules[i].methods == 0 || (rules[i].methods & 1u << q->head.method_id) != 0;
        others |= takes ? 0 : rules[i].methods;
        if (takes && (best == NULL || is_better(&fit, &best_fit))) {
            best = rules[i].target;
            best_fit = fit;
        }
    }
    struct sl_match_result ret;
    sl_match_find(m, &q->head, q->host, q->path, &ret);
    SL_ASSERT(ret.target == best);
    SL_ASSERT(ret.matched_path_bytes <= q->path.n);
    if (best == NULL) {
        SL_ASSERT(ret.is_method_known == (others != 0));
        SL_ASSERT(ret.methods == others);
    }
}

static sl_rc compile(struct sl_match_rule *rules, size_t n, struct sl_arena *a,
                     struct sl_match **ret)
{
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    for (size_t i = 0; i < n; i++)
        rules[i].target = &rules[i];
    return sl_match_compile(rules, n, a, ret, d);
}

void reference_match_check(const uint8_t *data, size_t bytes)
{
    struct bytes b = {data, bytes};
    struct sl_arena *a = sl_arena_new("reference", BYTES);
    struct sl_match_rule rules[RULES_MAX];
    struct sl_match *m = NULL;
    size_t n = 1 + take(&b, RULES_MAX);
    for (size_t i = 0; i < n; i++)
        rules[i] = make_rule(&b, (uint32_t)i, a);
    size_t kept = drop_ambiguous(rules, n);
    SL_ASSERT(compile(rules, kept, a, &m) == SL_OK);
    struct compiled c = compile_regexes(a);
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        struct request q = make_request(&b, a);
        check_request(m, rules, kept, &q, &c);
    }
    sl_arena_free(a);
}
