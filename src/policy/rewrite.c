/*
 * rewrite: the path, query and host that the upstream sees.
 *
 * Captures of a pattern are inserted as they are and never looked at again; the new path goes through
 * the one normaliser (codec/url), so that nothing can be rewritten to where a path may not lead.
 */
#include "base/enc.h"
#include "codec/regex.h"
#include "codec/url.h"
#include "policy/policy_int.h"

enum { PARTS_MAX = 32, GROUPS_MAX = 10, NO_GROUP = -1 };

enum path_rule { PATH_STAYS, PATH_IS_SET, PATH_BY_PREFIX, PATH_BY_REGEX };

/* Of `to`: a text, or what a group matched. */
struct part {
    sl_str text;
    int group;
};

struct rewrite_config {
    sl_str prefix, regex, to;
    struct sl_pairs query_set;
    struct sl_strs query_remove;
    sl_str host;
    /* compiled */
    enum path_rule path_rule;
    const struct sl_regex *pattern;
    struct part parts[PARTS_MAX];
    size_t part_count;
};

static const struct sl_field rewrite_fields[] = {
    SL_FIELD_STR(struct rewrite_config, prefix, .max = "1024", .example = "/v1/orders",
                 .help = "Replace this beginning of the path, in whole segments, by `to`. Other "
                         "paths stay."),
    SL_FIELD_REGEX(struct rewrite_config, regex, .max = "1024", .example = "^/users/([^/]+)/cart$",
                   .help = "Replace the whole path by `to` where this matches (anywhere, unless "
                           "anchored). Other paths stay."),
    SL_FIELD_STR(struct rewrite_config, to, .max = "1024", .example = "/carts/$1",
                 .help = "The new path, or the new beginning. With `regex`, `$1` to `$9` stand for "
                         "what its groups matched and `$$` for a dollar sign. Without `prefix` and "
                         "`regex`: every path becomes this."),
    SL_FIELD_STRS(struct rewrite_config, query_remove, .max = "64", .example = "[debug]",
                  .help = "Query parameters to remove."),
    SL_FIELD_MAP(struct rewrite_config, query_set, .max = "64", .example = "{source: gateway}",
                 .help = "Query parameters to set, in place of any of that name."),
    SL_FIELD_STR(struct rewrite_config, host, .max = "261", .example = "orders.internal",
                 .help = "The host that the upstream is told, on routes that preserve the host."),
    SL_FIELD_END,
};

/* ------------------------------------------------------------------ compiling */

static bool add_part(struct rewrite_config *c, sl_str text, int group)
{
    if (group == NO_GROUP && text.n == 0)
        return true;
    if (c->part_count == PARTS_MAX)
        return false;
    c->parts[c->part_count++] = (struct part){text, group};
    return true;
}

/* "$1", "$$" at the beginning of `rest`. False: neither, or too many. */
static bool take_dollar(struct rewrite_config *c, sl_str *rest)
{
    char what = rest->n > 1 ? rest->p[1] : '\0';
    bool is_group = what >= '1' && what <= '9';
    if (!is_group && what != '$')
        return false;
    sl_str text = is_group ? (sl_str){0} : sl_str_head(*rest, 1);
    *rest = sl_str_from(*rest, 2);
    return add_part(c, text, is_group ? what - '0' : NO_GROUP);
}

static sl_rc parse_to(struct rewrite_config *c, struct sl_diag *d)
{
    sl_str rest = c->to;
    bool is_good = true;
    while (is_good && rest.n != 0) {
        size_t dollar = SL_MIN(sl_str_find(rest, '$', 0), rest.n);
        is_good = add_part(c, sl_str_head(rest, dollar), NO_GROUP);
        rest = sl_str_from(rest, dollar);
        if (is_good && rest.n != 0)
            is_good = take_dollar(c, &rest);
    }
    return is_good ? SL_OK
                   : sl_diag_fail(d, SL_E_CONFIG, "to",
                                  "must hold $1 to $9 or $$ behind each dollar sign, at most %d "
                                  "pieces",
                                  PARTS_MAX);
}

static sl_rc compile_regex(struct rewrite_config *c, struct sl_arena *a, struct sl_diag *d)
{
    sl_str why;
    size_t at;
    if (sl_regex_compile(c->regex, SL_REGEX_SEARCH, a, &c->pattern, &why, &at) != SL_OK)
        return sl_diag_fail(d, SL_E_CONFIG, "regex",
                            "must be a regular expression: %.*s at byte %zu", SL_STRF(why), at);
    return parse_to(c, d);
}

static sl_rc check_path(sl_str path, const char *member, struct sl_arena *a, struct sl_diag *d)
{
    sl_str same;
    const char *why;
    if (sl_path_normalise(path, SL_PATH_REJECT, a, &same, &why) != SL_OK)
        return sl_diag_fail(d, SL_E_CONFIG, member,
                            "must be a path in its normal form, such as /v1/orders: %s", why);
    return SL_OK;
}

static sl_rc check_target(const struct rewrite_config *c, struct sl_arena *a, struct sl_diag *d)
{
    if (c->prefix.n != 0 && c->regex.n != 0)
        return sl_diag_fail(d, SL_E_CONFIG, "regex", "must not be given together with prefix");
    if ((c->prefix.n != 0 || c->regex.n != 0) && c->to.n == 0)
        return sl_diag_fail(d, SL_E_CONFIG, "to", "must say what the path becomes, such as /");
    if (c->to.n != 0 && c->to.p[0] != '/')
        return sl_diag_fail(d, SL_E_CONFIG, "to", "must begin with a slash");
    if (c->to.n != 0 && c->regex.n == 0)
        return check_path(c->to, "to", a, d);
    return SL_OK;
}

static bool is_authority(sl_str text)
{
    sl_str host;
    uint16_t port;
    return sl_authority_split(text, &host, &port);
}

static sl_str encoded(sl_str text, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_enc_percent(&b, text);
    return sl_strbuf_str(&b);
}

/* As they stand in a query. */
static void encode_query(struct rewrite_config *c, struct sl_arena *a)
{
    for (size_t i = 0; i < c->query_remove.n; i++)
        c->query_remove.v[i] = encoded(c->query_remove.v[i], a);
    for (size_t i = 0; i < c->query_set.n; i++) {
        struct sl_pair *p = &c->query_set.v[i];
        *p = (struct sl_pair){encoded(p->name, a), encoded(p->value, a)};
    }
}

static sl_str without_last_slash(sl_str path)
{
    return sl_str_ends(path, SL_STR("/")) ? sl_str_head(path, path.n - 1) : path;
}

static enum path_rule path_rule_of(const struct rewrite_config *c)
{
    if (c->prefix.n != 0)
        return PATH_BY_PREFIX;
    if (c->regex.n != 0)
        return PATH_BY_REGEX;
    return c->to.n != 0 ? PATH_IS_SET : PATH_STAYS;
}

static sl_rc rewrite_compile(void *config, sl_str identity, struct sl_state_registry *states,
                             struct sl_arena *a, struct sl_diag *d)
{
    struct rewrite_config *c = config;
    (void)identity, (void)states;

    c->path_rule = path_rule_of(c);
    sl_rc rc = check_target(c, a, d);
    if (rc == SL_OK && c->prefix.n != 0)
        rc = check_path(c->prefix, "prefix", a, d);
    if (rc == SL_OK && c->regex.n != 0)
        rc = compile_regex(c, a, d);
    if (rc != SL_OK)
        return rc;
    if (c->host.n != 0 && !is_authority(c->host))
        return sl_diag_fail(d, SL_E_CONFIG, "host", "must be a host, such as orders.internal:8080");
    if (c->prefix.n != 0) {
        c->prefix = without_last_slash(c->prefix);
        c->to = without_last_slash(c->to);
    }
    encode_query(c, a);
    return SL_OK;
}

/* ------------------------------------------------------------------ paths */

/* The path with the prefix replaced, or itself. */
static sl_str by_prefix(const struct rewrite_config *c, struct sl_exchange *x)
{
    sl_str rest = sl_str_from(x->path, c->prefix.n);
    if (!sl_str_starts(x->path, c->prefix) || (rest.n != 0 && rest.p[0] != '/'))
        return x->path;
    if (c->to.n == 0 && rest.n == 0)
        return SL_STR("/");
    return sl_fmt(x->arena, "%.*s%.*s", SL_STRF(c->to), SL_STRF(rest));
}

/* {NULL, 0} at the arena's limit. */
static sl_str by_regex(const struct rewrite_config *c, struct sl_exchange *x)
{
    sl_str groups[GROUPS_MAX] = {{0}};
    struct sl_strbuf b;
    if (!sl_regex_match(c->pattern, x->path, groups, SL_LEN(groups)))
        return x->path;
    sl_strbuf_init(&b, x->arena, 0);
    for (size_t i = 0; i < c->part_count; i++) {
        const struct part *p = &c->parts[i];
        sl_strbuf_add(&b, p->group == NO_GROUP ? p->text : groups[p->group]);
    }
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

static sl_str new_path(const struct rewrite_config *c, struct sl_exchange *x)
{
    switch (c->path_rule) {
    case PATH_STAYS:
        return x->path;
    case PATH_IS_SET:
        return c->to;
    case PATH_BY_PREFIX:
        return by_prefix(c, x);
    case PATH_BY_REGEX:
        return by_regex(c, x);
    }
    sl_panic(__FILE__, __LINE__, "no such rule");
}

static enum sl_verdict rewrite_path(const struct rewrite_config *c, struct sl_exchange *x)
{
    const char *why = "no memory";
    sl_str path = new_path(c, x), normal;
    if (path.p == x->path.p)
        return SL_PASS;
    if (path.p == NULL ||
        sl_path_normalise(path, SL_PATH_NORMALISE, x->arena, &normal, &why) != SL_OK)
        return sl_fail_hint(x, SL_E_BAD_REQUEST, "the rewritten path is malformed", sl_cstr(why));
    x->path = normal;
    x->match.matched_path_bytes = 0; /* nothing of the route's prefix is left to strip */
    return SL_PASS;
}

static void rewrite_query(const struct rewrite_config *c, struct sl_exchange *x)
{
    struct sl_head *h = &x->req;
    for (size_t i = 0; i < c->query_remove.n; i++)
        h->query = sl_query_without(h->query, c->query_remove.v[i], x->arena);
    for (size_t i = 0; i < c->query_set.n; i++)
        h->query =
            sl_query_with(h->query, c->query_set.v[i].name, c->query_set.v[i].value, x->arena);
    if (c->query_remove.n != 0 || c->query_set.n != 0)
        h->has_query = h->query.n != 0;
}

static enum sl_verdict rewrite_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct rewrite_config *c = config;
    (void)state;

    rewrite_query(c, x);
    if (c->host.n != 0)
        x->req.authority = c->host;
    return rewrite_path(c, x);
}

const struct sl_policy_type sl_policy_rewrite = {
    .name = "rewrite",
    .summary = "Change the path, query and host that the upstream sees.",
    .levels = SL_AT_SERVICE | SL_AT_ROUTE,
    .order = SL_ORDER_TRANSFORM,
    .fields = rewrite_fields,
    .config_size = sizeof(struct rewrite_config),
    .compile = rewrite_compile,
    .on_request = rewrite_on_request,
};
