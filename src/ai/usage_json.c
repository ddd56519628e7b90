/*
 * usage_json: the counters of ai/usage_path.def, looked up in a parsed body or event.
 */
#include "ai/answer_int.h"
#include "base/num.h"
#include "base/str.h"

/* "list[0]" or "list[key=text]": split at the bracket. */
struct step {
    sl_str name, key, text;
    size_t index;
    bool is_indexed, is_matched;
};

static struct step step_of(sl_str text)
{
    struct step s = {.name = text};
    size_t bracket = sl_str_find(text, '[', 0);
    sl_str inside;
    uint64_t n = 0;

    if (bracket == SIZE_MAX)
        return s;
    s.name = sl_str_head(text, bracket);
    inside = sl_str_from(sl_str_head(text, text.n - 1), bracket + 1);
    if (sl_str_find(inside, '=', 0) == SIZE_MAX) {
        s.is_indexed = sl_num_u64(inside, UINT32_MAX, &n);
        s.index = (size_t)n;
        return s;
    }
    s.is_matched = true;
    s.key = sl_str_head(inside, sl_str_find(inside, '=', 0));
    s.text = sl_str_from(inside, s.key.n + 1);
    return s;
}

static const struct sl_json *walk(const struct sl_json *v, sl_str path)
{
    sl_str part;

    if (path.n == 0)
        return v;
    while (v != NULL && sl_str_split(&path, '.', &part)) {
        struct step s = step_of(part);
        v = sl_json_get(v, s.name);
        if (s.is_indexed)
            v = sl_json_at(v, s.index);
    }
    return v;
}

static bool set(struct sl_ai_counts *c, enum sl_ai_counter counter, const struct sl_json *v)
{
    return sl_json_kind(v) == SL_JSON_NUMBER &&
           sl_ai_counts_set_text(c, counter, sl_json_number(v));
}

/* "list[key=text].member": the members of all matching elements, added up. */
static bool set_sum(struct sl_ai_counts *c, const struct sl_ai_usage_path *p,
                    const struct sl_json *root, const struct step *s, sl_str member)
{
    struct sl_json_cursor cursor = sl_json_each(sl_json_get(root, s->name));
    const struct sl_json *v;
    int64_t sum = 0;
    bool has_any = false;

    while ((v = sl_json_next(&cursor, NULL)) != NULL) {
        struct sl_ai_counts one = {0};
        if (!sl_str_eq(sl_json_text(sl_json_get(v, s->key)), s->text) ||
            !set(&one, p->counter, walk(v, member)))
            continue;
        sum = sl_add_sat_i64(sum, one.v[p->counter]);
        has_any = true;
    }
    if (has_any)
        sl_ai_counts_set(c, p->counter, sum);
    return has_any;
}

static bool read_path(struct sl_ai_counts *c, const struct sl_ai_usage_path *p,
                      const struct sl_json *root)
{
    sl_str rest = p->path, part = {0};
    struct step s;

    (void)sl_str_split(&rest, '.', &part); /* a path has at least one part */
    s = step_of(part);
    return s.is_matched ? set_sum(c, p, root, &s, rest) : set(c, p->counter, walk(root, p->path));
}

bool sl_ai_counts_read(struct sl_ai_counts *c, enum sl_ai_usage_flavour flavour,
                       const struct sl_json *root)
{
    struct sl_ai_counts found = {0};
    sl_str path;

    for (size_t i = 0; sl_ai_usage_root(flavour, i, &path); i++) {
        const struct sl_ai_usage_path *p = NULL;
        const struct sl_json *at = walk(root, path);
        if (sl_json_kind(at) != SL_JSON_OBJECT)
            continue;
        while ((p = sl_ai_usage_path_next(flavour, p)) != NULL)
            (void)read_path(&found, p, at); /* absent counters stay absent */
    }
    sl_ai_counts_merge(c, &found);
    return found.present != 0;
}
