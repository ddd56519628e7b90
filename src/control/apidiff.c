#include "control/apidiff.h"
#include "base/map.h"
#include "base/num.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/jsonschema.h"
#include "control/tree.h"

/* Whose values a schema is about. */
enum direction { SENT, RECEIVED };

struct diff {
    struct sl_arena *a, *told;        /* of its own, forgotten at the end; of the caller */
    const struct sl_node *schemas[2]; /* before, after */
    struct sl_map seen;               /* pairs of named schemas, in one direction */
    struct sl_tree_tail changes;
    struct sl_apidiff *ret;
    sl_str operation; /* "GET /orders/{id}" */
    size_t steps;
    unsigned depth;
};

enum {
    MEMORY_BYTES = SL_MIB(160), /* to compare with: what is told is kept, the rest is forgotten */
    KEPT_BYTES = SL_MIB(8),     /* of it, for maps that grow beside long texts */
    NAMED_MAX = 65536,          /* pairs of schemas with names */
    LEAST_BYTES = SL_MIB(1),    /* of the rest: less is too little to look on */
    TEXT_BYTES_MAX = 200,       /* of a value that was, or is */
    WHERE_BYTES_MAX = 500,      /* of a place: what is inside of it has the same */
    TOLD_BYTES_MAX = 4200       /* of each text of a change: a path may have 1,024 characters */
};

static bool leave_out(struct diff *d)
{
    return d->ret->is_cut = d->ret->is_partial = true;
}

/* Has it taken too long, or too much memory? What publishers wrote decides how much there is to do. */
static bool is_spent(struct diff *d)
{
    bool is = d->steps > SL_APIDIFF_STEPS_MAX || d->seen.n > NAMED_MAX ||
              sl_arena_left(d->a) < LEAST_BYTES;
    return is && leave_out(d);
}

/* ------------------------------------------------------------------ changes */

static void tell(struct diff *d, struct sl_node *change, const char *name, sl_str text)
{
    sl_str head = sl_str_head(text, TOLD_BYTES_MAX);
    head = sl_str_head(head, sl_utf8_valid_prefix(head));
    sl_tree_put_str(d->told, change, name, sl_arena_dup(d->told, head));
}

static void add_kind(struct diff *d, const char *kind, bool is_breaking, sl_str where,
                     sl_str detail)
{
    d->steps++;
    d->ret->total++;
    d->ret->breaking += is_breaking;
    if (d->ret->total > SL_APIDIFF_CHANGES_MAX || is_spent(d)) {
        d->ret->is_cut = true;
        return;
    }
    struct sl_node *change = sl_tree_map(d->told);
    sl_tree_put_str(d->told, change, "kind", sl_cstr(kind));
    sl_tree_put_str(d->told, change, "level",
                    is_breaking ? SL_STR("breaking") : SL_STR("compatible"));
    tell(d, change, "operation", d->operation);
    tell(d, change, "where", where);
    tell(d, change, "detail", detail);
    sl_tree_add(&d->changes, change);
}

static void add(struct diff *d, bool is_breaking, sl_str where, sl_str detail)
{
    add_kind(d, "changed", is_breaking, where, detail);
}

static sl_str text_of(struct diff *d, const struct sl_node *n)
{
    if (n == NULL)
        return SL_STR("none");
    sl_str text = sl_str_head(sl_tree_json(n, d->a), TEXT_BYTES_MAX);
    return sl_str_head(text, sl_utf8_valid_prefix(text));
}

static void add_change(struct diff *d, bool is_breaking, sl_str where, const char *what,
                       const struct sl_node *before, const struct sl_node *after)
{
    if (is_spent(d))
        return;
    sl_str from = text_of(d, before), to = text_of(d, after);
    add(d, is_breaking, where,
        sl_fmt(d->a, "%s: %.*s, was %.*s", what, SL_STRF(to), SL_STRF(from)));
}

static sl_str below_str(struct diff *d, sl_str where, sl_str name)
{
    bool is_long = where.n + name.n > WHERE_BYTES_MAX;
    return is_long || is_spent(d)
               ? where
               : sl_fmt(d->a, "%.*s%s%.*s", SL_STRF(where), where.n != 0 ? "." : "", SL_STRF(name));
}

static sl_str below(struct diff *d, sl_str where, const char *name)
{
    return below_str(d, where, sl_cstr(name));
}

/* ------------------------------------------------------------------ schemas */

static const struct sl_node *get(const struct sl_node *n, const char *key)
{
    return n != NULL ? sl_node_get(n, sl_cstr(key)) : NULL;
}

/* What a reference means; *ret_name its text. A circle of bare references was refused when they came. */
static const struct sl_node *follow(const struct diff *d, int side, const struct sl_node *n,
                                    sl_str *ret_name)
{
    enum { HOPS_MAX = 32 };
    *ret_name = SL_STR("");
    for (int i = 0; i < HOPS_MAX && n != NULL && n->kind == SL_NODE_MAP; i++) {
        sl_str ref = sl_tree_text(n, "$ref");
        if (!sl_str_starts(ref, SL_STR("#/schemas/")))
            return n;
        *ret_name = ref;
        n = d->schemas[side] != NULL ? sl_node_get(d->schemas[side], sl_str_from(ref, 10)) : NULL;
    }
    return n;
}

static void compare(struct diff *d, const struct sl_node *before, const struct sl_node *after,
                    enum direction to, sl_str where);

static uint32_t bit_of(sl_str type)
{
    static const char *const names[] = {"null",   "boolean", "integer", "number",
                                        "string", "array",   "object"};
    for (size_t i = 0; i < SL_LEN(names); i++) {
        if (sl_str_eq(type, sl_cstr(names[i])))
            return 1u << i;
    }
    return 0;
}

/* All types when it says nothing; numbers have integers among them. */
static uint32_t types_of(const struct sl_node *schema)
{
    enum { ALL = 127 };
    const struct sl_node *type = get(schema, "type");
    uint32_t bits = type == NULL ? ALL : type->kind == SL_NODE_LIST ? 0 : bit_of(type->text);
    for (const struct sl_node *n = type != NULL ? type->children : NULL; n != NULL; n = n->next)
        bits |= bit_of(n->text);
    return (bits & bit_of(SL_STR("number"))) != 0 ? bits | bit_of(SL_STR("integer")) : bits;
}

static void compare_types(struct diff *d, const struct sl_node *before, const struct sl_node *after,
                          enum direction to, sl_str where)
{
    uint32_t from = types_of(before), now = types_of(after);
    bool is_narrower = (from & ~now) != 0, is_wider = (now & ~from) != 0;
    if (is_narrower || is_wider)
        add_change(d, to == SENT ? is_narrower : is_wider, where, "type", get(before, "type"),
                   get(after, "type"));
}

static bool has_value(const struct sl_node *list, const struct sl_node *value)
{
    for (const struct sl_node *n = list->children; n != NULL; n = n->next) {
        if (sl_tree_eq(n, value))
            return true;
    }
    return false;
}

static bool lacks_any(const struct sl_node *list, const struct sl_node *of)
{
    for (const struct sl_node *n = of->children; n != NULL; n = n->next) {
        if (!has_value(list, n))
            return true;
    }
    return false;
}

/* Each of so many texts is looked for among so many: is there time for it? */
static bool may_look_up(struct diff *d, size_t n, size_t m)
{
    enum { LOOKS_PER_STEP = 256, LOOKS_MAX = SL_APIDIFF_STEPS_MAX * LOOKS_PER_STEP };
    d->steps += (n != 0 && m > LOOKS_MAX / n ? LOOKS_MAX : n * m) / LOOKS_PER_STEP;
    return !is_spent(d);
}

static void compare_enums(struct diff *d, const struct sl_node *before, const struct sl_node *after,
                          enum direction to, sl_str where)
{
    const struct sl_node *from = get(before, "enum"), *now = get(after, "enum");
    if (from == NULL && now == NULL)
        return;
    if (from != NULL && now != NULL && !may_look_up(d, from->child_count, now->child_count))
        return;
    bool is_narrower = now != NULL && (from == NULL || lacks_any(now, from));
    bool is_wider = from != NULL && (now == NULL || lacks_any(from, now));
    if (is_narrower || is_wider)
        add_change(d, to == SENT ? is_narrower : is_wider, where, "values", from, now);
}

/* Bounds: `is_upper` ones narrow when they fall. */
static const struct {
    const char *name;
    bool is_upper;
} bounds[] = {{"maximum", true},           {"exclusiveMaximum", true}, {"maxLength", true},
              {"maxItems", true},          {"maxProperties", true},    {"minimum", false},
              {"exclusiveMinimum", false}, {"minLength", false},       {"minItems", false},
              {"minProperties", false}};

static int order_of(const struct sl_node *a, const struct sl_node *b)
{
    return a->kind == SL_NODE_NUMBER && b->kind == SL_NODE_NUMBER
               ? sl_json_number_cmp(a->text, b->text)
               : 0;
}

static void compare_bounds(struct diff *d, const struct sl_node *before,
                           const struct sl_node *after, enum direction to, sl_str where)
{
    for (size_t i = 0; i < SL_LEN(bounds); i++) {
        const struct sl_node *from = get(before, bounds[i].name), *now = get(after, bounds[i].name);
        int order = from != NULL && now != NULL ? order_of(from, now) : 0;
        bool is_same = from == NULL ? now == NULL : now != NULL && order == 0;
        bool is_narrower =
            now != NULL && (from == NULL || (bounds[i].is_upper ? order > 0 : order < 0));
        if (!is_same)
            add_change(d, to == SENT ? is_narrower : !is_narrower, where, bounds[i].name, from,
                       now);
    }
}

/* What cannot be compared, only be seen to be different. */
static void compare_texts(struct diff *d, const struct sl_node *before, const struct sl_node *after,
                          enum direction to, sl_str where)
{
    static const char *const names[] = {"pattern", "format", "const", "multipleOf", "not"};
    for (size_t i = 0; i < SL_LEN(names); i++) {
        const struct sl_node *from = get(before, names[i]), *now = get(after, names[i]);
        bool is_same = from == NULL || now == NULL ? from == now : sl_tree_eq(from, now);
        if (!is_same)
            add_change(d, to == SENT ? now != NULL : from != NULL, where, names[i], from, now);
    }
}

static bool is_required(const struct sl_node *schema, sl_str name)
{
    const struct sl_node *list = get(schema, "required");
    for (const struct sl_node *n = list != NULL ? list->children : NULL; n != NULL; n = n->next) {
        if (sl_str_eq(n->text, name))
            return true;
    }
    return false;
}

static bool is_false(const struct sl_node *n)
{
    return n != NULL && n->kind == SL_NODE_BOOL && sl_str_eq(n->text, SL_STR("false"));
}

static void compare_property(struct diff *d, const struct sl_node *before,
                             const struct sl_node *after, sl_str name, enum direction to,
                             sl_str where)
{
    const struct sl_node *from = sl_node_get(get(before, "properties"), name);
    const struct sl_node *now =
        get(after, "properties") != NULL ? sl_node_get(get(after, "properties"), name) : NULL;
    sl_str here = below_str(d, where, name);
    if (now == NULL)
        add(d, to == RECEIVED || is_false(get(after, "additionalProperties")), here,
            SL_STR("was removed"));
    else
        compare(d, from, now, to, here);
}

static void compare_properties(struct diff *d, const struct sl_node *before,
                               const struct sl_node *after, enum direction to, sl_str where)
{
    const struct sl_node *from = get(before, "properties"), *now = get(after, "properties");
    for (const struct sl_node *n = from != NULL ? from->children : NULL; n != NULL; n = n->next)
        compare_property(d, before, after, n->key, to, where);
    for (const struct sl_node *n = now != NULL ? now->children : NULL; n != NULL; n = n->next) {
        if (from == NULL || sl_node_get(from, n->key) == NULL)
            add(d, to == SENT && is_required(after, n->key), below_str(d, where, n->key),
                is_required(after, n->key) ? SL_STR("was added, and is required")
                                           : SL_STR("was added"));
    }
    if (to == SENT && is_false(get(after, "additionalProperties")) &&
        !is_false(get(before, "additionalProperties")))
        add(d, true, where, SL_STR("takes no other members any more"));
}

static void compare_required(struct diff *d, const struct sl_node *before,
                             const struct sl_node *after, enum direction to, sl_str where)
{
    const struct sl_node *from = get(before, "required"), *now = get(after, "required");
    for (const struct sl_node *n = now != NULL ? now->children : NULL; n != NULL; n = n->next) {
        const struct sl_node *old = get(before, "properties");
        bool was_there = old != NULL && sl_node_get(old, n->text) != NULL;
        if (was_there && !is_required(before, n->text))
            add(d, to == SENT, below_str(d, where, n->text), SL_STR("is required now"));
    }
    for (const struct sl_node *n = from != NULL ? from->children : NULL; n != NULL; n = n->next) {
        const struct sl_node *new = get(after, "properties");
        bool is_there = new != NULL &&sl_node_get(new, n->text) != NULL;
        if (is_there && !is_required(after, n->text))
            add(d, to == RECEIVED, below_str(d, where, n->text), SL_STR("is required no more"));
    }
}

static void compare_lists(struct diff *d, const struct sl_node *before, const struct sl_node *after,
                          enum direction to, sl_str where)
{
    static const char *const names[] = {"allOf", "anyOf", "oneOf", "prefixItems"};
    for (size_t i = 0; i < SL_LEN(names); i++) {
        const struct sl_node *from = get(before, names[i]), *now = get(after, names[i]);
        size_t n = from != NULL ? from->child_count : 0, m = now != NULL ? now->child_count : 0;
        if (n != m) {
            bool is_narrower = i == 0 ? m > n : m < n; /* all of them, or one of them */
            add(d, (to == SENT) == is_narrower, below(d, where, names[i]),
                sl_fmt(d->a, "has %zu alternatives, was %zu", m, n));
            continue;
        }
        const struct sl_node *x = from != NULL ? from->children : NULL;
        const struct sl_node *y = now != NULL ? now->children : NULL;
        for (; x != NULL && y != NULL; x = x->next, y = y->next)
            compare(d, x, y, to, below(d, where, names[i]));
    }
}

/* Named schemas are compared once in each direction: they may contain themselves. */
static bool was_seen(struct diff *d, sl_str before, sl_str after, enum direction to)
{
    if (before.n == 0 || after.n == 0)
        return false;
    sl_str key = sl_fmt(d->a, "%d %.*s %.*s", (int)to, SL_STRF(before), SL_STRF(after));
    return sl_map_put(&d->seen, key, d) != NULL;
}

static size_t members_of(const struct sl_node *schema)
{
    const struct sl_node *properties = get(schema, "properties"),
                         *required = get(schema, "required");
    return (properties != NULL ? properties->child_count : 0) +
           (required != NULL ? required->child_count : 0);
}

static void compare_members(struct diff *d, const struct sl_node *before,
                            const struct sl_node *after, enum direction to, sl_str where)
{
    size_t n = SL_MAX(members_of(before), members_of(after));
    if (!may_look_up(d, n, n))
        return;
    const struct sl_node *items = get(before, "items"), *new_items = get(after, "items");
    compare_types(d, before, after, to, where);
    compare_enums(d, before, after, to, where);
    compare_bounds(d, before, after, to, where);
    compare_texts(d, before, after, to, where);
    compare_properties(d, before, after, to, where);
    compare_required(d, before, after, to, where);
    compare_lists(d, before, after, to, where);
    if (items != NULL || new_items != NULL)
        compare(d, items, new_items, to, below(d, where, "[]"));
}

static void compare(struct diff *d, const struct sl_node *before, const struct sl_node *after,
                    enum direction to, sl_str where)
{
    sl_str from, now;
    const struct sl_node *x = follow(d, 0, before, &from), *y = follow(d, 1, after, &now);
    d->steps++;
    bool is_far = is_spent(d) || (d->depth == SL_APIDIFF_DEPTH_MAX && leave_out(d));
    if (is_far || (x == NULL && y == NULL) || was_seen(d, from, now, to))
        return;
    d->depth++;
    compare_members(d, x, y, to, where);
    d->depth--;
}

/* ------------------------------------------------------------------ parameters and bodies */

static bool is_same_parameter(const struct sl_node *a, const struct sl_node *b)
{
    return sl_str_eq(sl_tree_text(a, "in"), sl_tree_text(b, "in")) &&
           sl_str_eq(sl_tree_text(a, "name"), sl_tree_text(b, "name"));
}

static const struct sl_node *find_parameter(const struct sl_node *operation,
                                            const struct sl_node *like)
{
    const struct sl_node *all = get(operation, "parameters");
    for (const struct sl_node *n = all != NULL ? all->children : NULL; n != NULL; n = n->next) {
        if (is_same_parameter(n, like))
            return n;
    }
    return NULL;
}

static bool is_of_path(const struct sl_node *parameter)
{
    return sl_str_eq(sl_tree_text(parameter, "in"), SL_STR("path"));
}

static void compare_parameters(struct diff *d, const struct sl_node *before,
                               const struct sl_node *after)
{
    const struct sl_node *from = get(before, "parameters"), *now = get(after, "parameters");
    for (const struct sl_node *n = from != NULL ? from->children : NULL; n != NULL; n = n->next) {
        const struct sl_node *other = find_parameter(after, n);
        sl_str in = sl_tree_text(n, "in"), name = sl_tree_text(n, "name");
        sl_str where = sl_fmt(d->a, "%.*s %.*s", SL_STRF(in), SL_STRF(name));
        if (other == NULL) {
            if (!is_of_path(n)) /* those of the path may have another name */
                add(d, false, where, SL_STR("was removed"));
            continue;
        }
        if (sl_tree_is_true(other, "required") && !sl_tree_is_true(n, "required"))
            add(d, true, where, SL_STR("is required now"));
        else if (sl_tree_is_true(n, "required") && !sl_tree_is_true(other, "required"))
            add(d, false, where, SL_STR("is required no more"));
        compare(d, get(n, "schema"), get(other, "schema"), SENT, where);
    }
    for (const struct sl_node *n = now != NULL ? now->children : NULL; n != NULL; n = n->next) {
        bool is_needed = sl_tree_is_true(n, "required");
        sl_str in = sl_tree_text(n, "in"), name = sl_tree_text(n, "name");
        if (find_parameter(before, n) == NULL && !is_of_path(n))
            add(d, is_needed, sl_fmt(d->a, "%.*s %.*s", SL_STRF(in), SL_STRF(name)),
                is_needed ? SL_STR("was added, and is required") : SL_STR("was added"));
    }
}

/* Members of maps are looked for one after the other. */
static bool may_look_up_all(struct diff *d, const struct sl_node *before,
                            const struct sl_node *after)
{
    return before == NULL || after == NULL ||
           may_look_up(d, before->child_count, after->child_count);
}

static void compare_content(struct diff *d, const struct sl_node *before,
                            const struct sl_node *after, enum direction to, sl_str where)
{
    if (!may_look_up_all(d, before, after))
        return;
    for (const struct sl_node *n = before != NULL ? before->children : NULL; n != NULL;
         n = n->next) {
        const struct sl_node *other = after != NULL ? sl_node_get(after, n->key) : NULL;
        sl_str here = below_str(d, where, n->key);
        if (other == NULL)
            add(d, true, here, SL_STR("the media type was removed"));
        else
            compare(d, n, other, to, here);
    }
    for (const struct sl_node *n = after != NULL ? after->children : NULL; n != NULL; n = n->next) {
        if (before == NULL || sl_node_get(before, n->key) == NULL)
            add(d, false, below_str(d, where, n->key), SL_STR("the media type was added"));
    }
}

static void compare_requests(struct diff *d, const struct sl_node *before,
                             const struct sl_node *after)
{
    const struct sl_node *from = get(before, "request"), *now = get(after, "request");
    bool was_needed = from != NULL && sl_tree_is_true(from, "required");
    bool is_needed = now != NULL && sl_tree_is_true(now, "required");
    if (is_needed && !was_needed)
        add(d, true, SL_STR("body"), SL_STR("is required now"));
    compare_content(d, get(from, "content"), get(now, "content"), SENT, SL_STR("body"));
}

static bool is_success(sl_str status)
{
    return status.n != 0 && status.p[0] == '2';
}

static sl_str response_of(struct diff *d, sl_str status)
{
    return is_spent(d)
               ? SL_STR("response")
               : sl_fmt(d->a, "response %.*s", SL_STRF(sl_str_head(status, TEXT_BYTES_MAX)));
}

static void compare_responses(struct diff *d, const struct sl_node *before,
                              const struct sl_node *after)
{
    const struct sl_node *from = get(before, "responses"), *now = get(after, "responses");
    if (!may_look_up_all(d, from, now))
        return;
    for (const struct sl_node *n = from != NULL ? from->children : NULL; n != NULL; n = n->next) {
        const struct sl_node *other = now != NULL ? sl_node_get(now, n->key) : NULL;
        sl_str where = response_of(d, n->key);
        if (other == NULL)
            add(d, is_success(n->key), where, SL_STR("was removed"));
        else
            compare_content(d, get(n, "content"), get(other, "content"), RECEIVED, where);
    }
    for (const struct sl_node *n = now != NULL ? now->children : NULL; n != NULL; n = n->next) {
        if (from == NULL || sl_node_get(from, n->key) == NULL)
            add(d, false, response_of(d, n->key), SL_STR("was added"));
    }
}

/* ------------------------------------------------------------------ operations */

/* "GET /orders/{}" */
static sl_str key_of(struct diff *d, const struct sl_node *operation)
{
    struct sl_strbuf b;
    sl_str method = sl_tree_text(operation, "method"), path = sl_tree_text(operation, "path");
    bool is_inside = false;
    sl_strbuf_init(&b, d->a, 0);
    if (sl_strbuf_room(&b, method.n + 1 + path.n) == NULL) /* at once: there are many of them */
        return SL_STR("");
    sl_strbuf_add(&b, method);
    sl_strbuf_add_char(&b, ' ');
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '}')
            is_inside = false;
        if (!is_inside)
            sl_strbuf_add_char(&b, path.p[i]);
        is_inside = is_inside || path.p[i] == '{';
    }
    return sl_strbuf_str(&b);
}

static void name_operation(struct diff *d, const struct sl_node *operation)
{
    sl_str method = sl_tree_text(operation, "method"), path = sl_tree_text(operation, "path");
    d->operation = sl_fmt(d->a, "%.*s %.*s", SL_STRF(method), SL_STRF(path));
}

static void compare_operation(struct diff *d, const struct sl_node *before,
                              const struct sl_node *after)
{
    sl_str from = sl_tree_text(before, "id"), now = sl_tree_text(after, "id");
    if (!sl_str_eq(from, now))
        add(d, false, SL_STR("id"), sl_fmt(d->a, "is %.*s, was %.*s", SL_STRF(now), SL_STRF(from)));
    if (sl_tree_is_true(after, "deprecated") && !sl_tree_is_true(before, "deprecated"))
        add_kind(d, "deprecated", false, SL_STR(""), SL_STR("is deprecated now"));
    compare_parameters(d, before, after);
    compare_requests(d, before, after);
    compare_responses(d, before, after);
}

static bool are_too_many(const struct sl_node *operations)
{
    return operations != NULL && operations->child_count > SL_APIDIFF_OPERATIONS_MAX;
}

static void index_operations(struct diff *d, const struct sl_node *all, struct sl_map *map)
{
    sl_map_init(map, d->a, 0);
    for (const struct sl_node *n = all != NULL ? all->children : NULL; n != NULL && !is_spent(d);
         n = n->next)
        (void)sl_map_put(map, key_of(d, n), (void *)n);
}

static void compare_operations(struct diff *d, const struct sl_node *before,
                               const struct sl_node *after)
{
    struct sl_map old, new;
    index_operations(d, before, &old);
    index_operations(d, after, &new);
    for (const struct sl_node *n = before != NULL ? before->children : NULL;
         n != NULL && !is_spent(d); n = n->next) {
        const struct sl_node *other = sl_map_get(&new, key_of(d, n));
        name_operation(d, n);
        if (other == NULL)
            add_kind(d, "removed", true, SL_STR(""), SL_STR("the operation was removed"));
        else
            compare_operation(d, n, other);
    }
    for (const struct sl_node *n = after != NULL ? after->children : NULL;
         n != NULL && !is_spent(d); n = n->next) {
        name_operation(d, n);
        if (sl_map_get(&old, key_of(d, n)) == NULL)
            add_kind(d, "added", false, SL_STR(""), SL_STR("the operation was added"));
    }
}

void sl_apidiff(const struct sl_node *before, const struct sl_node *after, struct sl_arena *a,
                struct sl_apidiff *ret)
{
    struct diff d = {.a = sl_arena_new("comparison", MEMORY_BYTES),
                     .told = a,
                     .schemas = {get(before, "schemas"), get(after, "schemas")},
                     .changes = sl_tree_tail(a),
                     .ret = ret};
    const struct sl_node *from = get(before, "operations"), *now = get(after, "operations");
    *ret = (struct sl_apidiff){.changes = d.changes.list};
    bool is_left_out = (are_too_many(from) || are_too_many(now)) && leave_out(&d);
    sl_arena_keep(d.a, KEPT_BYTES);
    sl_map_init(&d.seen, d.a, 0);
    if (!is_left_out)
        compare_operations(&d, from, now);
    sl_arena_free(d.a);
}

static void add_lines(const struct sl_apidiff *d, sl_str level, const char *mark,
                      struct sl_strbuf *out)
{
    for (const struct sl_node *n = d->changes->children; n != NULL; n = n->next) {
        sl_str operation = sl_tree_text(n, "operation"), where = sl_tree_text(n, "where");
        sl_str detail = sl_tree_text(n, "detail");
        if (sl_str_eq(sl_tree_text(n, "level"), level))
            sl_strbuf_addf(out, "%s %.*s%s%.*s: %.*s\n", mark, SL_STRF(operation),
                           where.n != 0 ? ", " : "", SL_STRF(where), SL_STRF(detail));
    }
}

sl_str sl_apidiff_text(const struct sl_apidiff *d, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    add_lines(d, SL_STR("breaking"), "BREAKING", &b);
    add_lines(d, SL_STR("compatible"), "        ", &b);
    sl_strbuf_addf(&b, "%zu changes, %zu of them breaking%s\n", d->total, d->breaking,
                   d->is_cut ? "; not all are shown" : "");
    return sl_strbuf_str(&b);
}

struct sl_node *sl_apidiff_tree(const struct sl_apidiff *d, struct sl_arena *a)
{
    struct sl_node *n = sl_tree_map(a);
    sl_str text = sl_apidiff_text(d, a);
    sl_tree_put(n, SL_STR("breaking"), sl_tree_i64(a, (int64_t)d->breaking));
    sl_tree_put(n, SL_STR("total"), sl_tree_i64(a, (int64_t)d->total));
    sl_tree_put(n, SL_STR("is_cut"), sl_tree_bool(a, d->is_cut));
    sl_tree_put(n, SL_STR("changes"), d->changes);
    sl_tree_put_str(a, n, "text", text);
    return n;
}
