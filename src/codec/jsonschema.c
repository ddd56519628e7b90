/*
 * Compiling: schemas as nodes become structs, references become pointers. What a reference leads to is compiled
 * once, from a list of what is still to do, so that schemas may contain themselves.
 */
#include "base/num.h"
#include "base/str.h"
#include "codec/jsonschema_int.h"

struct pending {
    const struct sl_node *node;
    sl_str path;
    struct sl_schema *schema;
    struct pending *next;
};

struct sl_schema_set {
    struct sl_arena *a;
    struct sl_diag *d;
    const struct sl_node *named;
    struct sl_map references; /* "#/schemas/Order" -> struct sl_schema */
    struct pending *to_do;
    struct sl_schema *all;
    size_t count;
    bool has_failed;
};

static const char *const type_names[] = {
    [SL_SCHEMA_NULL] = "null",     [SL_SCHEMA_BOOLEAN] = "boolean", [SL_SCHEMA_INTEGER] = "integer",
    [SL_SCHEMA_NUMBER] = "number", [SL_SCHEMA_STRING] = "string",   [SL_SCHEMA_ARRAY] = "array",
    [SL_SCHEMA_OBJECT] = "object"};

struct sl_schema_set *sl_schema_set_new(const struct sl_node *named, struct sl_arena *a,
                                        struct sl_diag *d)
{
    struct sl_schema_set *set = sl_arena_new_of(a, struct sl_schema_set);
    *set = (struct sl_schema_set){.a = a, .d = d, .named = named};
    sl_map_init(&set->references, a, 0);
    return set;
}

/* ------------------------------------------------------------------ reading keywords */

/* One schema on its way: what is read and where it stands. */
struct reading {
    struct sl_schema_set *set;
    const struct sl_node *node;
    sl_str path;
    struct sl_schema *s;
};

static void fail(struct sl_schema_set *set, const struct sl_node *n, sl_str path, const char *text)
{
    set->has_failed = true;
    (void)sl_diag_fail_at(set->d, SL_E_CONFIG, (sl_str){0}, n->line, n->column, path, "%s", text);
}

static const struct sl_node *member(const struct reading *r, const char *key)
{
    return sl_node_get(r->node, sl_cstr(key));
}

static sl_str below(const struct reading *r, const char *key)
{
    return sl_fmt(r->set->a, "%.*s.%s", SL_STRF(r->path), key);
}

static void fail_at(const struct reading *r, const char *key, const char *text)
{
    fail(r->set, member(r, key), below(r, key), text);
}

static struct sl_schema *read_schema(struct sl_schema_set *set, const struct sl_node *n,
                                     sl_str path);

static const struct sl_schema *read_sub(const struct reading *r, const char *key)
{
    const struct sl_node *n = member(r, key);
    return n != NULL ? read_schema(r->set, n, below(r, key)) : NULL;
}

static struct sl_schemas read_list(const struct reading *r, const char *key)
{
    const struct sl_node *n = member(r, key);
    struct sl_schemas list = {0};
    if (n == NULL)
        return list;
    if (n->kind != SL_NODE_LIST) {
        fail_at(r, key, "must be a list of schemas");
        return list;
    }
    list.v = sl_arena_array(r->set->a, const struct sl_schema *, n->child_count);
    for (const struct sl_node *e = n->children; e != NULL; e = e->next, list.n++)
        list.v[list.n] = read_schema(
            r->set, e, sl_fmt(r->set->a, "%.*s.%s[%zu]", SL_STRF(r->path), key, list.n));
    return list;
}

static uint64_t read_count(const struct reading *r, const char *key, uint64_t otherwise)
{
    const struct sl_node *n = member(r, key);
    uint64_t v = otherwise;
    if (n != NULL && (n->kind != SL_NODE_NUMBER || !sl_num_u64(n->text, UINT32_MAX, &v)))
        fail_at(r, key, "must be a whole number from 0");
    return v;
}

/* JSON's spelling: a digit, then digits, '.', exponents. */
static bool is_json_number(sl_str s)
{
    struct sl_jsonscan_info info;
    return sl_jsonscan(s, NULL, NULL, 0, NULL, &info) == SL_OK && info.kind == SL_JSON_NUMBER;
}

static sl_str read_number(const struct reading *r, const char *key)
{
    const struct sl_node *n = member(r, key);
    if (n == NULL)
        return (sl_str){0};
    if (n->kind == SL_NODE_NUMBER && is_json_number(n->text))
        return n->text;
    fail_at(r, key, "must be a number");
    return (sl_str){0};
}

static bool is_true(const struct reading *r, const char *key)
{
    const struct sl_node *n = member(r, key);
    return n != NULL && n->kind == SL_NODE_BOOL && sl_str_eq(n->text, SL_STR("true"));
}

static sl_str *read_names(const struct reading *r, const struct sl_node *n, sl_str path,
                          size_t *ret_n)
{
    *ret_n = 0;
    if (n == NULL)
        return NULL;
    sl_str *v = sl_arena_array(r->set->a, sl_str, n->child_count);
    for (const struct sl_node *e = n->children; e != NULL; e = e->next) {
        if (e->kind == SL_NODE_STRING)
            v[(*ret_n)++] = e->text;
    }
    if (n->kind != SL_NODE_LIST || *ret_n != n->child_count)
        fail(r->set, n, path, "must be a list of names");
    return v;
}

static const struct sl_regex *read_regex(const struct reading *r, const struct sl_node *n,
                                         sl_str text, sl_str path)
{
    const struct sl_regex *regex = NULL;
    sl_str why;
    size_t at;
    if (sl_regex_compile(text, SL_REGEX_SEARCH, r->set->a, &regex, &why, &at) == SL_OK)
        return regex;
    fail(r->set, n, path, sl_fmt(r->set->a, "is no regular expression: %.*s", SL_STRF(why)).p);
    return NULL;
}

/* ------------------------------------------------------------------ types and values */

static void add_type(const struct reading *r, const struct sl_node *n)
{
    for (size_t i = 0; i < SL_LEN(type_names); i++) {
        if (n->kind == SL_NODE_STRING && sl_str_eq(n->text, sl_cstr(type_names[i]))) {
            r->s->types |= 1u << i;
            return;
        }
    }
    if (n->kind == SL_NODE_NULL) /* YAML: type: [string, null] */
        r->s->types |= 1u << SL_SCHEMA_NULL;
    else
        fail_at(r, "type", "must be null, boolean, integer, number, string, array or object");
}

static void read_types(const struct reading *r)
{
    const struct sl_node *n = member(r, "type");
    if (n == NULL)
        return;
    if (n->kind != SL_NODE_LIST)
        add_type(r, n);
    for (const struct sl_node *e = n->children; n->kind == SL_NODE_LIST && e != NULL; e = e->next)
        add_type(r, e);
}

/* Depth is bounded by the parsers of nodes. */
static void write_node(const struct sl_node *n, struct sl_jsonw *w)
{
    switch (n->kind) {
    case SL_NODE_NULL:
        sl_jsonw_null(w);
        return;
    case SL_NODE_BOOL:
        sl_jsonw_bool(w, sl_str_eq(n->text, SL_STR("true")));
        return;
    case SL_NODE_NUMBER:
        if (is_json_number(n->text))
            sl_jsonw_raw(w, n->text);
        else
            sl_jsonw_str(w, n->text);
        return;
    case SL_NODE_STRING:
        sl_jsonw_str(w, n->text);
        return;
    case SL_NODE_LIST:
    case SL_NODE_MAP:
        break;
    }
    if (n->kind == SL_NODE_LIST)
        sl_jsonw_array(w);
    else
        sl_jsonw_object(w);
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        if (n->kind == SL_NODE_MAP)
            sl_jsonw_key(w, c->key);
        write_node(c, w);
    }
    sl_jsonw_end(w);
}

static const struct sl_json *read_value(const struct reading *r, const char *key)
{
    const struct sl_node *n = member(r, key);
    const struct sl_json *v = NULL;
    struct sl_jsonscan_info info;
    struct sl_strbuf b;
    struct sl_jsonw w;
    if (n == NULL)
        return NULL;
    sl_strbuf_init(&b, r->set->a, 0);
    sl_jsonw_init(&w, &b);
    write_node(n, &w);
    if (b.is_full || sl_json_parse(sl_strbuf_str(&b), r->set->a, &v, &info) != SL_OK)
        fail_at(r, key, "has a value that JSON cannot spell");
    return v;
}

static void read_enum(const struct reading *r)
{
    r->s->enumeration = read_value(r, "enum");
    r->s->constant = read_value(r, "const");
    if (r->s->enumeration != NULL && sl_json_kind(r->s->enumeration) != SL_JSON_ARRAY)
        fail_at(r, "enum", "must be a list of values");
}

static void read_numbers(const struct reading *r)
{
    struct sl_schema *s = r->s;
    s->minimum = read_number(r, "minimum");
    s->maximum = read_number(r, "maximum");
    s->above = read_number(r, "exclusiveMinimum");
    s->below = read_number(r, "exclusiveMaximum");
    s->unit = read_number(r, "multipleOf");
    if (s->unit.n != 0 && sl_json_number_cmp(s->unit, SL_STR("0")) <= 0)
        fail_at(r, "multipleOf", "must be more than 0");
}

static void read_strings(const struct reading *r)
{
    const struct sl_node *pattern = member(r, "pattern"), *format = member(r, "format");
    r->s->length_min = read_count(r, "minLength", 0);
    r->s->length_max = read_count(r, "maxLength", UINT64_MAX);
    if (format != NULL && format->kind == SL_NODE_STRING)
        r->s->format = sl_schema_format_of(format->text);
    if (pattern == NULL)
        return;
    r->s->pattern.text = pattern->text;
    r->s->pattern.regex = read_regex(r, pattern, pattern->text, below(r, "pattern"));
}

static void read_arrays(const struct reading *r)
{
    struct sl_schema *s = r->s;
    s->items_min = read_count(r, "minItems", 0);
    s->items_max = read_count(r, "maxItems", UINT64_MAX);
    s->is_unique = is_true(r, "uniqueItems");
    s->items = read_sub(r, "items");
    s->prefix_items = read_list(r, "prefixItems");
    s->contains = read_sub(r, "contains");
    s->contains_min = read_count(r, "minContains", 1);
    s->contains_max = read_count(r, "maxContains", UINT64_MAX);
}

/* ------------------------------------------------------------------ objects */

static const struct sl_node *map_member(const struct reading *r, const char *key)
{
    const struct sl_node *n = member(r, key);
    if (n == NULL || n->kind == SL_NODE_MAP)
        return n;
    fail_at(r, key, "must be an object");
    return NULL;
}

static sl_str named(const struct reading *r, const char *key, sl_str name)
{
    return sl_fmt(r->set->a, "%.*s.%s.%.*s", SL_STRF(r->path), key, SL_STRF(name));
}

static void read_properties(const struct reading *r)
{
    const struct sl_node *n = map_member(r, "properties");
    sl_map_init(&r->s->properties, r->set->a, 0);
    if (n != NULL && n->child_count != 0)
        sl_map_reserve(&r->s->properties, n->child_count);
    for (const struct sl_node *c = n != NULL ? n->children : NULL; c != NULL; c = c->next)
        (void)sl_map_put(&r->s->properties, c->key,
                         read_schema(r->set, c, named(r, "properties", c->key)));
}

static void read_patterns(const struct reading *r)
{
    const struct sl_node *n = map_member(r, "patternProperties");
    if (n == NULL)
        return;
    r->s->patterns = sl_arena_array(r->set->a, struct sl_schema_pattern, n->child_count);
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        sl_str path = named(r, "patternProperties", c->key);
        r->s->patterns[r->s->pattern_count++] =
            (struct sl_schema_pattern){.regex = read_regex(r, c, c->key, path),
                                       .text = c->key,
                                       .schema = read_schema(r->set, c, path)};
    }
}

static void read_dependencies(const struct reading *r)
{
    const struct sl_node *n = map_member(r, "dependentRequired");
    if (n == NULL)
        return;
    r->s->dependencies = sl_arena_array(r->set->a, struct sl_schema_dependency, n->child_count);
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        struct sl_schema_dependency *d = &r->s->dependencies[r->s->dependency_count++];
        d->name = c->key;
        d->needs = read_names(r, c, named(r, "dependentRequired", c->key), &d->n);
    }
}

static void read_objects(const struct reading *r)
{
    struct sl_schema *s = r->s;
    s->members_min = read_count(r, "minProperties", 0);
    s->members_max = read_count(r, "maxProperties", UINT64_MAX);
    read_properties(r);
    read_patterns(r);
    read_dependencies(r);
    s->additional = read_sub(r, "additionalProperties");
    s->names = read_sub(r, "propertyNames");
    s->required = read_names(r, member(r, "required"), below(r, "required"), &s->required_count);
    s->has_object_rules = s->properties.n + s->pattern_count + s->dependency_count +
                                  s->required_count + s->members_min !=
                              0 ||
                          s->additional != NULL || s->names != NULL || s->members_max != UINT64_MAX;
}

/* ------------------------------------------------------------------ references */

static const struct sl_node *find_named(struct sl_schema_set *set, sl_str ref)
{
    static const sl_str root = SL_STR_INIT("#/schemas/");
    if (set->named == NULL || !sl_str_starts(ref, root))
        return NULL;
    struct sl_strbuf b; /* RFC 6901 */
    sl_strbuf_init(&b, set->a, 0);
    sl_str name = sl_str_from(ref, root.n);
    for (size_t i = 0; i < name.n; i++) {
        bool is_escape = name.p[i] == '~' && i + 1 < name.n;
        char c = is_escape ? (name.p[++i] == '0' ? '~' : '/') : name.p[i];
        sl_strbuf_add_char(&b, c);
    }
    return b.p != NULL ? sl_node_get(set->named, sl_strbuf_str(&b)) : NULL;
}

static struct sl_schema *new_schema(struct sl_schema_set *set)
{
    struct sl_schema *s = sl_arena_new_of(set->a, struct sl_schema);
    s->next = set->all;
    set->all = s;
    set->count++;
    return s;
}

static const struct sl_schema *read_reference(const struct reading *r)
{
    const struct sl_node *n = member(r, "$ref");
    struct sl_schema_set *set = r->set;
    if (n == NULL)
        return NULL;
    struct sl_schema *known = sl_map_get(&set->references, n->text);
    if (known != NULL)
        return known;
    const struct sl_node *target = find_named(set, n->text);
    if (target == NULL) {
        fail_at(r, "$ref", "must name one of the service's schemas: '#/schemas/NAME'");
        return NULL;
    }
    known = new_schema(set);
    (void)sl_map_put(&set->references, n->text, known);
    struct pending *p = sl_arena_new_of(set->a, struct pending);
    *p = (struct pending){.node = target,
                          .path = sl_fmt(set->a, "schemas.%.*s", SL_STRF(target->key)),
                          .schema = known,
                          .next = set->to_do};
    set->to_do = p;
    return known;
}

/* ------------------------------------------------------------------ schemas */

static void fill(struct sl_schema_set *set, const struct sl_node *n, sl_str path,
                 struct sl_schema *s)
{
    struct reading r = {.set = set, .node = n, .path = path, .s = s};
    s->length_max = s->items_max = s->members_max = s->contains_max = UINT64_MAX;
    if (n->kind == SL_NODE_BOOL || n->kind == SL_NODE_NULL) {
        s->is_never = sl_str_eq(n->text, SL_STR("false"));
        return;
    }
    if (n->kind != SL_NODE_MAP) {
        fail(set, n, path, "must be a JSON Schema, which is an object");
        return;
    }
    if (set->count > SL_SCHEMA_COUNT_MAX) {
        fail(set, n, path, "there are too many schemas");
        return;
    }
    s->ref = read_reference(&r);
    read_types(&r);
    read_enum(&r);
    read_numbers(&r);
    read_strings(&r);
    read_arrays(&r);
    read_objects(&r);
    s->all_of = read_list(&r, "allOf");
    s->any_of = read_list(&r, "anyOf");
    s->one_of = read_list(&r, "oneOf");
    s->negated = read_sub(&r, "not");
    s->condition = read_sub(&r, "if");
    s->then_schema = read_sub(&r, "then");
    s->else_schema = read_sub(&r, "else");
}

/* Depth is bounded by the parsers of nodes. */
static struct sl_schema *read_schema(struct sl_schema_set *set, const struct sl_node *n,
                                     sl_str path)
{
    struct sl_schema *s = new_schema(set);
    fill(set, n, path, s);
    return s;
}

sl_rc sl_schema_add(struct sl_schema_set *set, const struct sl_node *schema, sl_str path,
                    const struct sl_schema **ret)
{
    *ret = read_schema(set, schema, path);
    return set->has_failed ? SL_E_CONFIG : SL_OK;
}

/* ------------------------------------------------------------------ circles */

enum { WHITE, GREY, BLACK };

/* What is checked against the same value. */
static size_t same_value(const struct sl_schema *s, size_t i, const struct sl_schema **ret)
{
    const struct sl_schema *single[] = {s->ref, s->negated, s->condition, s->then_schema,
                                        s->else_schema};
    const struct sl_schemas *lists[] = {&s->all_of, &s->any_of, &s->one_of};
    size_t n = SL_LEN(single);
    *ret = i < n ? single[i] : NULL;
    for (size_t k = 0; k < SL_LEN(lists); k++) {
        if (i >= n && i < n + lists[k]->n)
            *ret = lists[k]->v[i - n];
        n += lists[k]->n;
    }
    return n;
}

struct visit {
    struct sl_schema *s;
    size_t at;
    struct visit *up;
};

/* Is there a way from `s` back to itself that never goes into the value? Without recursion. */
static bool is_circular(struct sl_schema_set *set, struct sl_schema *s)
{
    struct visit *top = sl_arena_new_of(set->a, struct visit);
    *top = (struct visit){.s = s};
    s->colour = GREY;
    while (top != NULL) {
        const struct sl_schema *to;
        if (top->at >= same_value(top->s, top->at, &to)) {
            top->s->colour = BLACK;
            top = top->up;
            continue;
        }
        top->at++;
        if (to == NULL || to->colour == BLACK)
            continue;
        if (to->colour == GREY)
            return true;
        struct visit *v = sl_arena_new_of(set->a, struct visit);
        *v = (struct visit){.s = (struct sl_schema *)to, .up = top}; /* the set's own */
        v->s->colour = GREY;
        top = v;
    }
    return false;
}

sl_rc sl_schema_set_end(struct sl_schema_set *set)
{
    while (set->to_do != NULL) {
        struct pending *p = set->to_do;
        set->to_do = p->next;
        fill(set, p->node, p->path, p->schema);
    }
    for (struct sl_schema *s = set->all; s != NULL && !set->has_failed; s = s->next) {
        if (s->colour == WHITE && is_circular(set, s)) {
            set->has_failed = true;
            (void)sl_diag_fail(
                set->d, SL_E_CONFIG, "schemas",
                "one of them is defined by itself: its $ref, allOf, anyOf or oneOf lead "
                "back to it");
        }
    }
    return set->has_failed ? SL_E_CONFIG : SL_OK;
}

uint32_t sl_schema_types(const struct sl_schema *s)
{
    while (s->types == 0 && s->ref != NULL) /* there are no circles */
        s = s->ref;
    return s->types;
}

const struct sl_schema *sl_schema_items(const struct sl_schema *s)
{
    while (s->items == NULL && s->ref != NULL)
        s = s->ref;
    return s->items;
}
