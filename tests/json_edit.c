#include "tests/json_edit.h"

#include "base/strbuf.h"
#include "codec/json.h"

enum { VALUES_MAX = 1024, DEPTH_MAX = 64, LINES_MAX = 256 };

/** A value, with the name before it where it is a member. */
struct value {
    sl_str json, whole;
    bool is_member;
};

struct values {
    struct value v[VALUES_MAX];
    size_t n;
};

/* ------------------------------------------------------------------ finding */

static const sl_str nothing;

static bool is_any_of(char c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

static size_t end_of_string(sl_str json, size_t at)
{
    for (at++; json.p[at] != '"'; at++)
        at += json.p[at] == '\\';
    return at + 1;
}

static size_t end_of_word(sl_str json, size_t at)
{
    while (at < json.n && !is_any_of(json.p[at], " \t\r\n,]}"))
        at++;
    return at;
}

static bool is_name(sl_str json, size_t at)
{
    while (at < json.n && is_any_of(json.p[at], " \t\r\n"))
        at++;
    return at < json.n && json.p[at] == ':';
}

struct finder {
    sl_str json;
    struct values *all;
    size_t open[DEPTH_MAX]; /* where those that hold the place begin: members with their names */
    size_t begin[DEPTH_MAX];
    bool is_member[DEPTH_MAX];
    size_t depth;
    size_t name_at; /* SIZE_MAX: none */
};

static void found(struct finder *f, size_t whole, size_t from, size_t to, bool is_member)
{
    if (f->all->n < VALUES_MAX)
        f->all->v[f->all->n++] = (struct value){.json = {f->json.p + from, to - from},
                                                .whole = {f->json.p + whole, to - whole},
                                                .is_member = is_member};
}

static size_t found_scalar(struct finder *f, size_t at, size_t end)
{
    bool is_member = f->name_at != SIZE_MAX;

    found(f, is_member ? f->name_at : at, at, end, is_member);
    f->name_at = SIZE_MAX;
    return end;
}

static size_t found_string(struct finder *f, size_t at)
{
    size_t end = end_of_string(f->json, at);

    if (f->name_at != SIZE_MAX || !is_name(f->json, end))
        return found_scalar(f, at, end);
    f->name_at = at;
    return end;
}

static size_t opened(struct finder *f, size_t at)
{
    f->is_member[f->depth] = f->name_at != SIZE_MAX;
    f->begin[f->depth] = f->is_member[f->depth] ? f->name_at : at;
    f->open[f->depth++] = at;
    f->name_at = SIZE_MAX;
    return at + 1;
}

static size_t closed(struct finder *f, size_t at)
{
    f->depth--;
    found(f, f->begin[f->depth], f->open[f->depth], at + 1, f->is_member[f->depth]);
    return at + 1;
}

static void find_values(sl_str json, struct values *all)
{
    struct finder f = {.json = json, .all = all, .name_at = SIZE_MAX};
    struct sl_jsonscan_info info;
    size_t at = 0;

    all->n = 0;
    if (sl_jsonscan(json, NULL, NULL, 0, NULL, &info) != SL_OK)
        return;
    while (at < json.n && f.depth < DEPTH_MAX) {
        char c = json.p[at];
        if (c == '"')
            at = found_string(&f, at);
        else if (is_any_of(c, "{["))
            at = opened(&f, at);
        else if (is_any_of(c, "}]"))
            at = closed(&f, at);
        else if (is_any_of(c, " \t\r\n,:"))
            at++;
        else
            at = found_scalar(&f, at, end_of_word(json, at));
    }
}

bool json_has_twins(sl_str json, struct sl_arena *a)
{
    const struct sl_json *stack[VALUES_MAX], *v;
    struct sl_jsonscan_info info;
    size_t n = 0;

    if (sl_json_parse(json, a, &v, &info) != SL_OK)
        return false;
    stack[n++] = v;
    while (n > 0) {
        struct sl_json_cursor c = sl_json_each(v = stack[--n]);
        const struct sl_json *one;
        sl_str name;
        while ((one = sl_json_next(&c, &name)) != NULL) {
            if (sl_json_kind(v) == SL_JSON_OBJECT && sl_json_get(v, name) != one)
                return true;
            if (sl_json_count(one) != 0 && n < VALUES_MAX)
                stack[n++] = one;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ changing */

static sl_str put(sl_str json, sl_str old, sl_str by, struct sl_arena *a)
{
    size_t at = (size_t)(old.p - json.p);

    return sl_fmt(a, "%.*s%.*s%.*s", SL_STRF(sl_str_head(json, at)), SL_STRF(by),
                  SL_STRF(sl_str_from(json, at + old.n)));
}

static const struct value *any(const struct values *all, struct sl_rand *rand)
{
    return &all->v[sl_rand_below(rand, all->n)];
}

/* With the comma that parts it from its neighbour. */
static sl_str removed(sl_str json, const struct value *v, struct sl_arena *a)
{
    size_t from = (size_t)(v->whole.p - json.p), to = from + v->whole.n, end = to, begin = from;

    while (end < json.n && is_any_of(json.p[end], " \t\r\n"))
        end++;
    while (begin > 0 && is_any_of(json.p[begin - 1], " \t\r\n"))
        begin--;
    if (end < json.n && json.p[end] == ',')
        to = end + 1;
    else if (begin > 0 && json.p[begin - 1] == ',')
        from = begin - 1;
    else if (begin == 0)
        return json;
    return put(json, (sl_str){json.p + from, to - from}, nothing, a);
}

static sl_str swapped(sl_str json, sl_str one, sl_str two, struct sl_arena *a)
{
    sl_str first = one.p < two.p ? one : two, second = one.p < two.p ? two : one;

    if (first.p + first.n > second.p) /* one holds the other */
        return json;
    size_t at = (size_t)(first.p - json.p), then = (size_t)(second.p - json.p);
    return sl_fmt(a, "%.*s%.*s%.*s%.*s%.*s", SL_STRF(sl_str_head(json, at)), SL_STRF(second),
                  SL_STRF(((sl_str){first.p + first.n, then - at - first.n})), SL_STRF(first),
                  SL_STRF(sl_str_from(json, then + second.n)));
}

/* Before a value of the same kind: an element, or a member. */
static sl_str inserted(sl_str json, const struct value *before, const struct value *what,
                       struct sl_arena *a)
{
    bool is_root = before->whole.n == json.n;
    sl_str text = before->is_member ? what->whole : what->json;

    if (is_root || (before->is_member && !what->is_member))
        return json;
    return put(json, sl_str_head(before->whole, 0), sl_fmt(a, "%.*s,", SL_STRF(text)), a);
}

static sl_str odd_value(struct sl_rand *rand)
{
    static const sl_str values[] = {
        SL_STR_INIT("null"),
        SL_STR_INIT("true"),
        SL_STR_INIT("false"),
        SL_STR_INIT("0"),
        SL_STR_INIT("-1"),
        SL_STR_INIT("1"),
        SL_STR_INIT("2"),
        SL_STR_INIT("0.5"),
        SL_STR_INIT("1e3"),
        SL_STR_INIT("9223372036854775807"),
        SL_STR_INIT("1e400"),
        SL_STR_INIT("\"\""),
        SL_STR_INIT("\" \""),
        SL_STR_INIT("\"\\n\""),
        SL_STR_INIT("\"\\u0000\""),
        SL_STR_INIT("\" a\""),
        SL_STR_INIT("\"a \""),
        SL_STR_INIT("\"\\u00e4\\ud83d\\ude00\""),
        SL_STR_INIT("\"\\ud83d\""),
        SL_STR_INIT("\"<think>\""),
        SL_STR_INIT("\"{}\""),
        SL_STR_INIT("\"[1]\""),
        SL_STR_INIT("\"{\\\"a\\\":1}\""),
        SL_STR_INIT("\"system\""),
        SL_STR_INIT("\"developer\""),
        SL_STR_INIT("\"user\""),
        SL_STR_INIT("\"assistant\""),
        SL_STR_INIT("\"model\""),
        SL_STR_INIT("\"tool\""),
        SL_STR_INIT("\"text\""),
        SL_STR_INIT("\"auto\""),
        SL_STR_INIT("\"none\""),
        SL_STR_INIT("\"data:image/png;base64,AAAA\""),
        SL_STR_INIT("\"https://a.example/b.pdf\""),
        SL_STR_INIT("{}"),
        SL_STR_INIT("[]"),
        SL_STR_INIT("[null]"),
        SL_STR_INIT("{\"type\":\"text\",\"text\":\"x\"}"),
    };

    return values[sl_rand_below(rand, SL_LEN(values))];
}

enum edit { REPLACE, REPLACE_ODD, REMOVE, INSERT, INSERT_DONOR, SWAP, WRAP, EDITS };

static sl_str edited(sl_str json, sl_str donor, struct sl_rand *rand, struct sl_arena *a)
{
    struct values *all = sl_arena_new_of(a, struct values);
    struct values *given = sl_arena_new_of(a, struct values);
    enum edit edit = (enum edit)sl_rand_below(rand, EDITS);
    const struct value *old, *by;

    find_values(json, all);
    find_values(donor, given);
    if (all->n == 0)
        return json;
    old = any(all, rand);
    by = any(given->n != 0 ? given : all, rand);
    switch (edit) {
    case REPLACE:
        return put(json, old->json, by->json, a);
    case REPLACE_ODD:
        return put(json, old->json, odd_value(rand), a);
    case REMOVE:
        return removed(json, old, a);
    case INSERT:
        return inserted(json, old, any(all, rand), a);
    case INSERT_DONOR:
        return inserted(json, old, by, a);
    case SWAP:
        return swapped(json, old->json, any(all, rand)->json, a);
    case WRAP:
        return put(json, old->json, sl_fmt(a, "[%.*s]", SL_STRF(old->json)), a);
    case EDITS:
        break;
    }
    return json;
}

sl_str json_edit(sl_str json, sl_str donor, struct sl_rand *rand, struct sl_arena *a)
{
    sl_str now = edited(json, donor, rand, a);

    return json_has_twins(now, a) ? json : now;
}

/* ------------------------------------------------------------------ lines */

static sl_str json_of(sl_str line)
{
    size_t i = 0;

    while (i < line.n && !is_any_of(line.p[i], "{["))
        i++;
    return sl_str_trim_all(sl_str_from(line, i));
}

sl_str json_edit_lines(sl_str lines, sl_str donor, struct sl_rand *rand, struct sl_arena *a)
{
    sl_str found[LINES_MAX], rest = lines, line;
    size_t n = 0;

    while (n < LINES_MAX && rest.n != 0 && sl_str_split(&rest, '\n', &line)) {
        sl_str json = json_of(line);
        if (json.n != 0)
            found[n++] = json;
    }
    if (n == 0)
        return lines;
    line = found[sl_rand_below(rand, n)];
    if (donor.n != 0 && sl_rand_below(rand, 2) == 0)
        return put(lines, line, json_edit(line, donor, rand, a), a);
    donor = found[sl_rand_below(rand, n)];
    if (sl_rand_below(rand, 8) == 0)
        return swapped(lines, line, donor, a);
    return put(lines, line, json_edit(line, donor, rand, a), a);
}
