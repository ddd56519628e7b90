/**
 * match: which route takes a request. Host, path (exact, prefix, {param}, regular expression),
 * method, header and query conditions, with the precedence of the Kubernetes Gateway API
 * (HTTPRoute): exact host before wildcard host (longer first) before any host; exact path before
 * the longest prefix, {param} segments after literal ones, regular expressions last; then method,
 * then number of header conditions, then of query conditions, then the order in the configuration.
 *
 * Paths are compared segment by segment from the left; where several rules go on, a literal segment
 * comes before {param}, which comes before a prefix that ends here. {param} takes one segment that is
 * not empty. A prefix may have {param} segments, too; a trailing slash of a prefix says nothing.
 * Regular expressions are anchored at the beginning of the path. When no rule of the most specific
 * host takes a request, those of the next one are asked.
 *
 * Compiled once, immutable, any thread. The cost of a look-up does not grow with the number of
 * routes: a hash of hosts, then a tree of path segments with hashed children; only rules with the
 * same host and path, and regular expressions, are tried one by one. Where a literal and a {param} both
 * fit a segment, both branches may be walked: twice the steps for each such level of the configuration.
 */
#pragma once
#include "base/diag.h"
#include "base/node.h"
#include "snapshot/value.h"

enum sl_path_kind { SL_PATH_EXACT, SL_PATH_PREFIX, SL_PATH_TEMPLATE, SL_PATH_REGEX };

/** One way to reach a route; `target` is the caller's (struct sl_route *). */
struct sl_match_rule {
    sl_str host; /* "api.example.com", "*.example.com", or "" for any; lower case */
    enum sl_path_kind path_kind;
    sl_str
        path; /* "/a/b", "/a/{id}/b", "^/v[12]/" ; PREFIX matches whole segments: "/a" takes "/a/b", not "/ab" */
    uint32_t methods; /* bits 1 << enum sl_method; 0: all */
    const struct sl_value_match *headers, *queries;
    size_t header_count, query_count;
    uint32_t rank; /* position in the configuration */
    const void *target;
    size_t strip_bytes;          /* 0: by path_kind; else what matched_path_bytes is to be */
    sl_str name;                 /* for problems: "orders/list" */
    const struct sl_node *place; /* for problems: where it is configured; may be NULL */
};

enum {
    SL_MATCH_PARAMS_MAX = 16,
    SL_MATCH_SEGMENTS_MAX = 64 /* of a rule's path */
};

struct sl_match_result {
    const void *target;   /* NULL: none */
    bool is_method_known; /* no target, but the path exists with other methods: 405 */
    uint32_t methods;     /* those other methods, for Allow */
    size_t
        matched_path_bytes; /* length of the literal prefix or of the whole path: what strip_prefix removes */
    const sl_str *param_names; /* of the rule: of its {name} segments, param_count of them */
    sl_str
        params[SL_MATCH_PARAMS_MAX]; /* their values, raw; the rest behind a prefix is not listed */
    size_t param_count;
};

struct sl_match;

/**
 * Two rules that can never be told apart are refused with both places named, as are bad regular
 * expressions, parameters and lengths. The rules and their texts must live as long as the matcher, in `a`.
 * SL_OK or SL_E_CONFIG.
 */
sl_rc sl_match_compile(const struct sl_match_rule *rules, size_t n, struct sl_arena *a,
                       struct sl_match **ret, struct sl_diag *d) SL_CHECKED;
/** `path` is the normalised path (codec/url). `host` without port, any case. No allocation. */
void sl_match_find(const struct sl_match *m, const struct sl_head *req, sl_str host, sl_str path,
                   struct sl_match_result *ret);
/** When it is a CORS preflight: the route of the method that it names. Else *ret is left as it is. */
void sl_match_find_preflight(const struct sl_match *m, const struct sl_head *req, sl_str host,
                             sl_str path, struct sl_match_result *ret);
