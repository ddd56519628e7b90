#include "base/field.h"
#include "base/field_int.h"
#include "base/fmt.h"
#include "base/money.h"
#include "base/num.h"
#include "base/str.h"
#include "base/units.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    SECOND_US = 1000000,
    MESSAGE_BYTES = 512,
    GUESS_BYTES = 48, /* longer names are not guessed at */
    KNOWN_BYTES = 300 /* of a list of known names */
};

struct reader {
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_strbuf path; /* of what is being read; on the heap */
    size_t problems;
};

/* ---- kinds ---- */

static bool parse_bool(const struct sl_field *f, sl_str text, int64_t *ret)
{
    *ret = sl_str_eq(text, SL_STR("true"));
    return *ret != 0 || sl_str_eq(text, SL_STR("false"));
}

static bool parse_int(const struct sl_field *f, sl_str text, int64_t *ret)
{
    return sl_num_i64(text, ret);
}

static bool parse_span(const struct sl_field *f, sl_str text, int64_t *ret)
{
    return sl_units_span(text, ret);
}

static bool parse_size(const struct sl_field *f, sl_str text, int64_t *ret)
{
    uint64_t bytes;
    if (!sl_units_size(text, &bytes))
        return false;
    *ret = (int64_t)bytes;
    return true;
}

static bool parse_time(const struct sl_field *f, sl_str text, int64_t *ret)
{
    int64_t unix_us;
    if (!sl_parse_rfc3339(text, &unix_us))
        return false;
    *ret = unix_us / SECOND_US - (unix_us % SECOND_US < 0);
    return true;
}

static bool parse_money(const struct sl_field *f, sl_str text, int64_t *ret)
{
    return sl_money_parse(text, ret);
}

static bool parse_enum(const struct sl_field *f, sl_str text, int64_t *ret)
{
    for (int64_t i = 0; f->values[i] != NULL; i++) {
        if (sl_str_eq(sl_cstr(f->values[i]), text)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

enum {
    BOOL = 1 << SL_NODE_BOOL,
    NUMBER = 1 << SL_NODE_NUMBER,
    STRING = 1 << SL_NODE_STRING,
    LIST = 1 << SL_NODE_LIST,
    MAP = 1 << SL_NODE_MAP
};

#define SPAN_SCHEMA "\"type\":\"string\",\"pattern\":\"^[0-9]+([.][0-9]+)?(us|ms|s|m|h|d)$\""
#define SIZE_SCHEMA                      \
    "\"type\":[\"string\",\"integer\"]," \
    "\"pattern\":\"^[0-9]+([.][0-9]+)?(B|[KMGT]B|[KMGT]iB)?$\""
#define MONEY_SCHEMA "\"type\":[\"string\",\"number\"],\"pattern\":\"^-?[0-9]+([.][0-9]{1,9})?$\""

static const struct sl_field_kind_info kinds[] = {
    [SL_FIELD_KIND_BOOL] = {"true or false", "true or false", NULL, BOOL, parse_bool, NULL,
                            "\"type\":\"boolean\""},
    [SL_FIELD_KIND_INT] = {"integer", "a whole number", NULL, NUMBER, parse_int, NULL,
                           "\"type\":\"integer\""},
    [SL_FIELD_KIND_STR] = {"string", "a string", NULL, STRING, NULL, "characters",
                           "\"type\":\"string\""},
    [SL_FIELD_KIND_URL] = {"URL", "a URL", "http://10.0.0.1:8080", STRING, NULL, "characters",
                           "\"type\":\"string\",\"format\":\"uri\""},
    [SL_FIELD_KIND_SECRET] = {"secret", "a string", "${env:NAME}", STRING, NULL, "characters",
                              "\"type\":\"string\",\"format\":\"password\""},
    [SL_FIELD_KIND_REGEX] = {"regular expression", "a regular expression", NULL, STRING, NULL,
                             "characters", "\"type\":\"string\",\"format\":\"regex\""},
    [SL_FIELD_KIND_SPAN] = {"span", "a span of time with its unit", "30s", STRING, parse_span, NULL,
                            SPAN_SCHEMA},
    [SL_FIELD_KIND_SIZE] = {"size", "a size in bytes", "64KiB", STRING | NUMBER, parse_size, NULL,
                            SIZE_SCHEMA},
    [SL_FIELD_KIND_TIME] = {"time", "an RFC 3339 time", "2026-01-31T12:00:00Z", STRING, parse_time,
                            NULL, "\"type\":\"string\",\"format\":\"date-time\""},
    [SL_FIELD_KIND_MONEY] = {"US dollars", "an amount in US dollars with at most 9 decimals",
                             "0.25", STRING | NUMBER, parse_money, NULL, MONEY_SCHEMA},
    [SL_FIELD_KIND_ENUM] = {"one of", NULL, NULL, STRING | NUMBER | BOOL, parse_enum, NULL, NULL},
    [SL_FIELD_KIND_STRS] = {"list of strings", "a list of strings", NULL, LIST, NULL, "items",
                            NULL},
    [SL_FIELD_KIND_MAP] = {"map of strings", "a map of strings", NULL, MAP, NULL, "members", NULL},
    [SL_FIELD_KIND_OBJECT] = {"map", "a map", NULL, MAP, NULL, NULL, NULL},
    [SL_FIELD_KIND_LIST] = {"list", "a list", NULL, LIST, NULL, "items", NULL},
    [SL_FIELD_KIND_NODE] = {"any", "a value", NULL, BOOL | NUMBER | STRING | LIST | MAP, NULL, NULL,
                            NULL},
};

const struct sl_field_kind_info *sl_field_kind_info(enum sl_field_kind kind)
{
    SL_ASSERT(kind > SL_FIELD_KIND_END && kind < SL_LEN(kinds));
    return &kinds[kind];
}

/* ---- problems and guesses ---- */

SL_PRINTF(3, 4)
static void fail_at(struct reader *r, const struct sl_node *at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)sl_diag_vfail_at(r->d, SL_E_CONFIG, at->file, at->line, at->column,
                           sl_strbuf_str(&r->path), fmt, args);
    va_end(args);
    r->problems++;
}

/* Append ".name" (or "name") to the path; returns the length to cut it back to. */
static size_t enter_member(struct reader *r, sl_str name)
{
    size_t before = r->path.n;
    if (before != 0)
        sl_strbuf_add_char(&r->path, '.');
    sl_strbuf_add(&r->path, name);
    return before;
}

static size_t enter_item(struct reader *r, size_t index)
{
    size_t before = r->path.n;
    sl_strbuf_addf(&r->path, "[%zu]", index);
    return before;
}

static void leave(struct reader *r, size_t before)
{
    r->path.n = before;
}

/* Edits (insert, delete, replace, swap neighbours) that make `a` into `b`; both <= GUESS_BYTES. */
static size_t edit_distance(sl_str a, sl_str b)
{
    size_t rows[3][GUESS_BYTES + 1];
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *now = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t replaced = above[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            now[j] = SL_MIN(replaced, SL_MIN(above[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                now[j] = SL_MIN(now[j], above2[j - 2] + 1);
        }
    }
    return rows[a.n % 3][b.n];
}

struct guess {
    sl_str typed;
    sl_str best; /* p == NULL: nothing is near enough */
    size_t edits;
    struct sl_strbuf known; /* all names, for when there is no guess */
};

static void guess_start(struct guess *g, sl_str typed)
{
    *g = (struct guess){.typed = typed, .edits = SL_MAX(typed.n / 3, (size_t)1) + 1};
    sl_strbuf_init(&g->known, NULL, KNOWN_BYTES);
}

static void guess_consider(struct guess *g, const char *name)
{
    sl_str s = sl_cstr(name);
    if (g->known.n != 0)
        sl_strbuf_add(&g->known, SL_STR(", "));
    sl_strbuf_add(&g->known, s);
    if (s.n > GUESS_BYTES || g->typed.n > GUESS_BYTES)
        return;
    size_t edits = edit_distance(g->typed, s);
    if (edits < g->edits) {
        g->edits = edits;
        g->best = s;
    }
}

static void guess_end(struct guess *g)
{
    sl_strbuf_fini(&g->known);
}

static void fail_unknown(struct reader *r, const struct sl_field *fields,
                         const struct sl_node *member)
{
    struct guess g;
    struct sl_node at = *member, *n = &at;
    if (member->key_line != 0) { /* it is the name that is wrong */
        at.line = member->key_line;
        at.column = member->key_column;
    }
    if (r->d->count == SL_DIAG_MAX) { /* not recorded any more: guessing would be lost work */
        fail_at(r, n, "unknown member");
        return;
    }
    guess_start(&g, n->key);
    for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++)
        guess_consider(&g, f->name);
    if (g.best.p != NULL)
        fail_at(r, n, "unknown member '%.*s'; did you mean '%.*s'?", SL_STRF(n->key),
                SL_STRF(g.best));
    else
        fail_at(r, n, "unknown member '%.*s'; known here: %.*s", SL_STRF(n->key),
                SL_STRF(sl_strbuf_str(&g.known)));
    guess_end(&g);
}

static void fail_enum(struct reader *r, const struct sl_field *f, const struct sl_node *n)
{
    struct guess g;
    guess_start(&g, n->text);
    for (size_t i = 0; f->values[i] != NULL; i++)
        guess_consider(&g, f->values[i]);
    if (g.best.p != NULL)
        fail_at(r, n, "must be one of %.*s; did you mean '%.*s'?", SL_STRF(sl_strbuf_str(&g.known)),
                SL_STRF(g.best));
    else
        fail_at(r, n, "must be one of %.*s", SL_STRF(sl_strbuf_str(&g.known)));
    guess_end(&g);
}

static void fail_kind(struct reader *r, const struct sl_field *f, const struct sl_node *n)
{
    const struct sl_field_kind_info *kind = sl_field_kind_info(f->kind);
    const char *example = f->example != NULL ? f->example : kind->example;
    bool is_bare = n->kind == SL_NODE_NUMBER || n->kind == SL_NODE_BOOL;

    if (f->kind == SL_FIELD_KIND_ENUM)
        fail_enum(r, f, n);
    else if (example != NULL)
        fail_at(r, n, "must be %s, such as %s", kind->wanted, example);
    else if (kind->accepts == STRING && is_bare)
        fail_at(r, n, "must be %s; put it in quotes", kind->wanted);
    else
        fail_at(r, n, "must be %s", kind->wanted);
}

static void fail_too_large(struct reader *r, const struct sl_node *n)
{
    fail_at(r, n, "does not fit into the memory that a configuration may take");
}

/* ---- bounds ---- */

static int64_t bound_value(const struct sl_field *f, const char *text)
{
    const struct sl_field_kind_info *kind = sl_field_kind_info(f->kind);
    int64_t v = 0;
    bool is_valid =
        kind->parse != NULL ? kind->parse(f, sl_cstr(text), &v) : sl_num_i64(sl_cstr(text), &v);
    SL_ASSERT(is_valid); /* a bug in the table */
    return v;
}

static bool is_below(const struct sl_field *f, int64_t amount)
{
    return f->min != NULL && amount < bound_value(f, f->min);
}

static bool is_above(const struct sl_field *f, int64_t amount)
{
    return f->max != NULL && amount > bound_value(f, f->max);
}

/* `amount` is the number itself or, for texts and containers, how long they are. */
static bool check_bounds(struct reader *r, const struct sl_field *f, const struct sl_node *n,
                         int64_t amount)
{
    const char *counted = sl_field_kind_info(f->kind)->counted;
    bool has_low = is_below(f, amount);
    if (!has_low && !is_above(f, amount))
        return true;
    const char *side = has_low ? "at least" : "at most", *bound = has_low ? f->min : f->max;
    if (counted != NULL)
        fail_at(r, n, "must have %s %s %s", side, bound, counted);
    else
        fail_at(r, n, "must be %s %s", side, bound);
    return false;
}

/* ---- storing ---- */

static void store_number(const struct sl_field *f, void *member, int64_t v)
{
    if (f->kind == SL_FIELD_KIND_BOOL)
        *(bool *)member = v != 0;
    else if (f->kind == SL_FIELD_KIND_ENUM)
        *(int *)member = (int)v;
    else
        memcpy(member, &v, sizeof(v)); /* int64_t, sl_usec or uint64_t */
}

static void *member_of(void *object, const struct sl_field *f)
{
    return (char *)object + f->offset;
}

/* "[a, b]" */
static void default_strs(const struct sl_field *f, struct sl_strs *strs, struct sl_arena *a)
{
    sl_str text = sl_cstr(f->dflt), rest, item;
    SL_ASSERT(text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']');
    text = (sl_str){text.p + 1, text.n - 2};

    size_t count = 0;
    for (rest = text; sl_str_split(&rest, ',', &item);)
        count++;
    strs->v = sl_arena_array(a, sl_str, count);
    strs->n = 0;
    for (rest = text; sl_str_split(&rest, ',', &item);)
        strs->v[strs->n++] = sl_str_trim(item);
}

static void set_default(const struct sl_field *f, void *member, struct sl_arena *a)
{
    const struct sl_field_kind_info *kind = sl_field_kind_info(f->kind);
    if (f->kind == SL_FIELD_KIND_STRS) {
        default_strs(f, member, a);
    } else if (kind->parse != NULL) {
        int64_t v = 0;
        bool is_valid = kind->parse(f, sl_cstr(f->dflt), &v);
        SL_ASSERT(is_valid); /* a bug in the table, as the next one */
        SL_ASSERT(!is_below(f, v) && !is_above(f, v));
        store_number(f, member, v);
    } else {
        SL_ASSERT(kind->accepts == STRING);
        *(sl_str *)member = sl_cstr(f->dflt);
    }
}

bool sl_field_number(const struct sl_field *f, sl_str text, int64_t *ret)
{
    const struct sl_field_kind_info *kind = sl_field_kind_info(f->kind);
    return kind->parse != NULL && kind->parse(f, text, ret);
}

void sl_field_defaults(const struct sl_field *fields, void *object, struct sl_arena *a)
{
    for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++) {
        if (f->kind == SL_FIELD_KIND_OBJECT)
            sl_field_defaults(f->fields, member_of(object, f), a);
        else if (f->dflt != NULL)
            set_default(f, member_of(object, f), a);
    }
}

/* ---- reading ---- */

static void read_map(struct reader *r, const struct sl_field *fields, void *object,
                     const struct sl_node *map);

static bool copy_text(struct reader *r, const struct sl_node *n, sl_str s, sl_str *ret)
{
    *ret = sl_arena_try_dup(r->a, s);
    if (ret->p == NULL)
        fail_too_large(r, n);
    return ret->p != NULL;
}

static void *new_items(struct reader *r, const struct sl_node *n, size_t item_size)
{
    size_t bytes;
    void *items =
        sl_mul_checked(n->child_count, item_size, &bytes) ? sl_arena_try_alloc(r->a, bytes) : NULL;
    if (items == NULL)
        fail_too_large(r, n);
    return items;
}

static void read_number(struct reader *r, const struct sl_field *f, void *member,
                        const struct sl_node *n)
{
    int64_t v = 0;
    if (!sl_field_kind_info(f->kind)->parse(f, n->text, &v))
        fail_kind(r, f, n);
    else if (check_bounds(r, f, n, v))
        store_number(f, member, v);
}

/* Only what every URL has: "scheme://", something behind it, visible ASCII throughout. */
static bool is_url_like(sl_str s)
{
    size_t scheme = sl_str_find_str(s, SL_STR("://"));
    if (scheme == SIZE_MAX || scheme == 0 || scheme + 3 == s.n)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    }
    return true;
}

static void read_text(struct reader *r, const struct sl_field *f, void *member,
                      const struct sl_node *n)
{
    if (f->kind == SL_FIELD_KIND_URL && !is_url_like(n->text))
        fail_kind(r, f, n);
    else if (check_bounds(r, f, n, (int64_t)n->text.n))
        (void)copy_text(r, n, n->text, member); /* has told the diag */
}

static void read_strs(struct reader *r, const struct sl_field *f, struct sl_strs *strs,
                      const struct sl_node *list)
{
    size_t count = 0;
    sl_str *v = new_items(r, list, sizeof(*v));
    if (v == NULL)
        return;
    for (const struct sl_node *n = list->children; n != NULL; n = n->next, count++) {
        size_t before = enter_item(r, count);
        if (n->kind != SL_NODE_STRING)
            fail_at(r, n, "must be a string");
        else
            (void)copy_text(r, n, n->text, &v[count]); /* has told the diag */
        leave(r, before);
    }
    *strs = (struct sl_strs){.v = v, .n = count};
}

static void read_pairs(struct reader *r, const struct sl_field *f, struct sl_pairs *pairs,
                       const struct sl_node *map)
{
    size_t count = 0;
    struct sl_pair *v = new_items(r, map, sizeof(*v));
    if (v == NULL)
        return;
    for (const struct sl_node *n = map->children; n != NULL; n = n->next, count++) {
        size_t before = enter_member(r, n->key);
        if (n->kind != SL_NODE_STRING)
            fail_at(r, n, "must be a string; put it in quotes");
        else if (copy_text(r, n, n->key, &v[count].name))
            (void)copy_text(r, n, n->text, &v[count].value); /* has told the diag */
        leave(r, before);
    }
    *pairs = (struct sl_pairs){.v = v, .n = count};
}

static void read_list(struct reader *r, const struct sl_field *f, struct sl_list_of *list,
                      const struct sl_node *nodes)
{
    size_t count = 0;
    char *v = new_items(r, nodes, f->item_size);
    if (v == NULL)
        return;
    for (const struct sl_node *n = nodes->children; n != NULL; n = n->next, count++) {
        size_t before = enter_item(r, count);
        void *item = v + count * f->item_size;
        sl_field_defaults(f->fields, item, r->a);
        read_map(r, f->fields, item, n);
        leave(r, before);
    }
    *list = (struct sl_list_of){.v = v, .n = count};
}

static void read_container(struct reader *r, const struct sl_field *f, void *member,
                           const struct sl_node *n)
{
    if (!check_bounds(r, f, n, (int64_t)n->child_count))
        return;
    if (f->kind == SL_FIELD_KIND_STRS)
        read_strs(r, f, member, n);
    else if (f->kind == SL_FIELD_KIND_MAP)
        read_pairs(r, f, member, n);
    else
        read_list(r, f, member, n);
}

static void read_value(struct reader *r, const struct sl_field *f, void *member,
                       const struct sl_node *n)
{
    const struct sl_field_kind_info *kind = sl_field_kind_info(f->kind);
    if ((kind->accepts & 1u << n->kind) == 0)
        fail_kind(r, f, n);
    else if (f->kind == SL_FIELD_KIND_NODE)
        *(const struct sl_node **)member = n;
    else if (f->kind == SL_FIELD_KIND_OBJECT)
        read_map(r, f->fields, member, n);
    else if (kind->parse != NULL)
        read_number(r, f, member, n);
    else if (kind->accepts == STRING)
        read_text(r, f, member, n);
    else
        read_container(r, f, member, n);
}

static bool has_name(const struct sl_field *f, sl_str name)
{
    if (sl_str_eq(sl_cstr(f->name), name))
        return true;
    for (size_t i = 0; f->aliases != NULL && f->aliases[i] != NULL; i++) {
        if (sl_str_eq(sl_cstr(f->aliases[i]), name))
            return true;
    }
    return false;
}

static const struct sl_field *find_field(const struct sl_field *fields, sl_str name)
{
    for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++) {
        if (has_name(f, name))
            return f;
    }
    return NULL;
}

static void read_member(struct reader *r, const struct sl_field *fields, bool *seen, void *object,
                        const struct sl_node *n)
{
    const struct sl_field *f = find_field(fields, n->key);
    if (f == NULL) {
        fail_unknown(r, fields, n);
        return;
    }
    if (n->kind == SL_NODE_NULL)
        return;
    SL_ASSERT(f - fields < SL_FIELD_ROWS_MAX);
    if (seen[f - fields])
        fail_at(r, n, "is given twice; once is enough");
    seen[f - fields] = true;
    read_value(r, f, member_of(object, f), n);
}

static void check_required(struct reader *r, const struct sl_field *fields, const bool *seen,
                           const struct sl_node *map)
{
    for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++) {
        if (!f->required || seen[f - fields])
            continue;
        const char *example =
            f->example != NULL ? f->example : sl_field_kind_info(f->kind)->example;
        size_t before = enter_member(r, sl_cstr(f->name));
        if (example != NULL)
            fail_at(r, map, "is missing; give it a value, such as %s", example);
        else
            fail_at(r, map, "is missing");
        leave(r, before);
    }
}

/* The defaults are in the object already. */
static void read_map(struct reader *r, const struct sl_field *fields, void *object,
                     const struct sl_node *map)
{
    bool seen[SL_FIELD_ROWS_MAX] = {false};
    if (map->kind != SL_NODE_MAP && map->kind != SL_NODE_NULL) {
        fail_at(r, map, "must be a map");
        return;
    }
    for (const struct sl_node *n = map->children; n != NULL; n = n->next) {
        size_t before = enter_member(r, n->key);
        read_member(r, fields, seen, object, n);
        leave(r, before);
    }
    check_required(r, fields, seen, map);
}

sl_rc sl_field_read(const struct sl_field *fields, void *object, const struct sl_node *node,
                    sl_str path, struct sl_arena *a, struct sl_diag *d)
{
    static const struct sl_node nothing = {.kind = SL_NODE_NULL};
    struct reader r = {.a = a, .d = d};

    sl_strbuf_add(&r.path, path);
    sl_field_defaults(fields, object, a);
    read_map(&r, fields, object, node != NULL ? node : &nothing);
    sl_strbuf_fini(&r.path);
    return r.problems == 0 ? SL_OK : SL_E_CONFIG;
}
