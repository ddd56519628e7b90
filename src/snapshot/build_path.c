#include "snapshot/build_path.h"
#include "base/str.h"
#include "base/strbuf.h"

static sl_rc refuse(struct sl_build *b, const struct sl_item *item, sl_str path, const char *text)
{
    return sl_item_fail(b->d, item, path, "%s", text);
}

static bool is_param_name(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = sl_lower(s.p[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return s.n != 0;
}

static bool is_param(sl_str segment)
{
    return segment.n > 2 && segment.p[0] == '{' && segment.p[segment.n - 1] == '}' &&
           is_param_name(sl_str_of(segment.p + 1, segment.n - 2));
}

static bool has_brace(sl_str s)
{
    return sl_str_find(s, '{', 0) != SIZE_MAX || sl_str_find(s, '}', 0) != SIZE_MAX;
}

static bool is_repeated(sl_str before, sl_str segment)
{
    sl_str other;
    while (sl_str_split(&before, '/', &other)) {
        if (sl_str_eq(other, segment))
            return true;
    }
    return false;
}

/* NULL, or what is wrong with the segments; *ret_has_params is set. */
static const char *check_segments(sl_str path, bool *ret_has_params)
{
    sl_str rest = path, segment;
    while (sl_str_split(&rest, '/', &segment)) {
        if (sl_str_find(segment, '*', 0) != SIZE_MAX)
            return "may have '*' only as its whole last segment; use {name} for one in the middle";
        if (!has_brace(segment))
            continue;
        if (!is_param(segment))
            return "a parameter is a whole segment with a name of letters, digits and '_', such as "
                   "/orders/{id}";
        if (is_repeated(sl_str_head(path, (size_t)(segment.p - path.p - 1)), segment))
            return "has two parameters of the same name";
        *ret_has_params = true;
    }
    return NULL;
}

/* Only normalised paths are matched: a path that normalising would change could never match. */
static bool check_normal(struct sl_build *b, const struct sl_item *item, sl_str path, sl_str text)
{
    const char *why;
    sl_str normal;
    if (sl_path_normalise(text, SL_PATH_NORMALISE, b->a, &normal, &why) != SL_OK) {
        (void)refuse(b, item, path, why);
        return false;
    }
    if (!sl_str_eq(normal, text)) {
        (void)sl_item_fail(b->d, item, path,
                           "can never match, since requests are normalised first; write '%.*s'",
                           SL_STRF(normal));
        return false;
    }
    return true;
}

static bool build_regex(struct sl_build *b, const struct sl_item *item, sl_str path, sl_str prefix,
                        sl_str text, struct sl_match_rule *rule)
{
    if (prefix.n != 0) {
        (void)refuse(b, item, path, "a regular expression cannot stand behind a 'prefix'");
        return false;
    }
    rule->path_kind = SL_PATH_REGEX;
    rule->path = sl_str_from(text, 1);
    return true;
}

bool sl_path_build(struct sl_build *b, const struct sl_item *item, sl_str path, sl_str prefix,
                   sl_str text, struct sl_match_rule *rule)
{
    bool has_params = false;
    if (text.n != 0 && text.p[0] == '~')
        return build_regex(b, item, path, prefix, text, rule);
    if (text.n == 0 || text.p[0] != '/') {
        (void)refuse(b, item, path, "must begin with '/', or with '~' for a regular expression");
        return false;
    }
    bool is_prefix = sl_str_ends(text, SL_STR("/*"));
    sl_str plain = is_prefix ? sl_str_head(text, text.n - 2) : text;
    const char *problem = check_segments(plain, &has_params);
    if (problem != NULL) {
        (void)refuse(b, item, path, problem);
        return false;
    }
    sl_str full = sl_fmt(b->a, "%.*s%.*s", SL_STRF(prefix), SL_STRF(plain));
    rule->path_kind = is_prefix ? SL_PATH_PREFIX : has_params ? SL_PATH_TEMPLATE : SL_PATH_EXACT;
    rule->path = full.n != 0 ? full : SL_STR("/");
    return check_normal(b, item, path, rule->path);
}

void sl_path_check_prefix(struct sl_build *b, const struct sl_item *item, sl_str path,
                          sl_str prefix)
{
    if (prefix.n == 0)
        return;
    bool is_plain = prefix.p[0] == '/' && prefix.p[prefix.n - 1] != '/' && !has_brace(prefix) &&
                    sl_str_find(prefix, '*', 0) == SIZE_MAX;
    if (!is_plain)
        (void)refuse(b, item, path,
                     "must begin with '/' and must not end with it, without '*' and parameters");
    else
        (void)check_normal(b, item, path, prefix); /* the problem is recorded */
}
