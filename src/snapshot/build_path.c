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

/* ------------------------------------------------------------------ operations */

/* How many parameters a segment has; SIZE_MAX: braces that do not match. */
static size_t count_params(sl_str segment)
{
    size_t n = 0;
    bool is_open = false;
    for (size_t i = 0; i < segment.n; i++) {
        bool opens = segment.p[i] == '{', closes = segment.p[i] == '}';
        if ((opens && is_open) || (closes && !is_open))
            return SIZE_MAX;
        is_open = (is_open || opens) && !closes;
        n += closes;
    }
    return is_open ? SIZE_MAX : n;
}

static bool is_whole_param(sl_str segment)
{
    return segment.n > 2 && segment.p[0] == '{' && sl_str_find(segment, '}', 0) == segment.n - 1;
}

/* With a name that the matcher takes, and that no parameter before has: "{order-id}" -> "{order_id}". */
static void add_whole_param(struct sl_strbuf *out, sl_str segment, size_t number)
{
    size_t begins_at = out->n;
    for (size_t i = 0; i < segment.n; i++) {
        bool is_kept = i == 0 || i == segment.n - 1 || is_param_name(sl_str_of(segment.p + i, 1));
        sl_strbuf_add_char(out, is_kept ? segment.p[i] : '_');
    }
    sl_str before = sl_str_of(out->p, begins_at);
    if (is_repeated(before, sl_str_of(out->p + begins_at, out->n - begins_at))) {
        out->n--;
        sl_strbuf_addf(out, "_%zu}", number);
    }
}

static void add_literal(struct sl_strbuf *out, char c)
{
    if (!is_param_name(sl_str_of(&c, 1)) && c != '/')
        sl_strbuf_add_char(out, '\\');
    sl_strbuf_add_char(out, c);
}

/* Each parameter takes at least one byte of its segment. */
static sl_str pattern_of(struct sl_arena *a, sl_str prefix, sl_str text)
{
    struct sl_strbuf out;
    sl_strbuf_init(&out, a, 0);
    sl_strbuf_add_char(&out, '^');
    for (size_t i = 0; i < prefix.n; i++)
        add_literal(&out, prefix.p[i]);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '{') {
            sl_strbuf_add(&out, SL_STR("[^/]+"));
            i = sl_str_find(text, '}', i);
        } else {
            add_literal(&out, text.p[i]);
        }
    }
    sl_strbuf_add_char(&out, '$');
    return sl_strbuf_str(&out);
}

/* Parameters that are whole segments are the matcher's; *ret_is_plain: there are no others. */
static sl_str template_of(struct sl_arena *a, sl_str text, size_t *ret_count, bool *ret_is_plain)
{
    struct sl_strbuf out;
    sl_str rest = sl_str_from(text, 1), segment;
    sl_strbuf_init(&out, a, 0);
    while (sl_str_split(&rest, '/', &segment)) {
        sl_strbuf_add_char(&out, '/');
        if (is_whole_param(segment))
            add_whole_param(&out, segment, ++*ret_count);
        else
            sl_strbuf_add(&out, segment);
        bool is_odd = !is_whole_param(segment) &&
                      (has_brace(segment) || sl_str_find(segment, '*', 0) != SIZE_MAX);
        *ret_is_plain = *ret_is_plain && !is_odd;
    }
    return sl_strbuf_str(&out);
}

bool sl_path_build_operation(struct sl_build *b, const struct sl_item *item, sl_str path,
                             sl_str prefix, sl_str text, struct sl_match_rule *rule)
{
    size_t count = 0;
    bool is_plain = true;
    if (text.n == 0 || text.p[0] != '/' || count_params(text) == SIZE_MAX) {
        (void)refuse(b, item, path, "must begin with '/', with parameters as {name}");
        return false;
    }
    sl_str plain = text.n > 1 ? template_of(b->a, text, &count, &is_plain) : text;
    if (!is_plain) {
        rule->path_kind = SL_PATH_REGEX;
        rule->path = pattern_of(b->a, prefix, text);
        return true;
    }
    rule->path_kind = count != 0 ? SL_PATH_TEMPLATE : SL_PATH_EXACT;
    rule->path = sl_fmt(b->a, "%.*s%.*s", SL_STRF(prefix), SL_STRF(plain));
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
