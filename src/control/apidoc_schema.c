/*
 * Schemas of API documents: from the dialects of 2.0 and 3.0 to JSON Schema as 3.1 has it.
 */
#include "base/str.h"
#include "control/apidoc_int.h"

enum { KEYWORDS_MAX = 128 };

/* What stands below a keyword. */
enum shape { VALUE, SCHEMA, SCHEMAS, MAP_OF_SCHEMAS, DROPPED, UNCHECKED };

static const struct {
    const char *name;
    enum shape shape;
} keywords[] = {
    {"items", SCHEMA},
    {"additionalProperties", SCHEMA},
    {"not", SCHEMA},
    {"if", SCHEMA},
    {"then", SCHEMA},
    {"else", SCHEMA},
    {"contains", SCHEMA},
    {"propertyNames", SCHEMA},
    {"allOf", SCHEMAS},
    {"anyOf", SCHEMAS},
    {"oneOf", SCHEMAS},
    {"prefixItems", SCHEMAS},
    {"properties", MAP_OF_SCHEMAS},
    {"patternProperties", MAP_OF_SCHEMAS},
    {"dependentSchemas", MAP_OF_SCHEMAS},
    {"unevaluatedProperties", UNCHECKED},
    {"unevaluatedItems", UNCHECKED},
    {"$dynamicRef", UNCHECKED},
    {"$recursiveRef", UNCHECKED},
    {"dependencies", UNCHECKED},
    {"contentSchema", UNCHECKED},
    {"$id", UNCHECKED},
    {"$schema", DROPPED},
    {"$comment", DROPPED},
    {"$defs", DROPPED}, /* reached by pointer only, which is refused */
    {"xml", DROPPED},
    {"externalDocs", DROPPED},
    {"discriminator", DROPPED},
};

static enum shape shape_of(sl_str keyword)
{
    for (size_t i = 0; i < SL_LEN(keywords); i++) {
        if (sl_str_eq(keyword, sl_cstr(keywords[i].name)))
            return keywords[i].shape;
    }
    return sl_str_starts(keyword, SL_STR("x-")) ? DROPPED : VALUE;
}

static struct sl_node *read_schema(struct sl_apidoc_reader *r, struct sl_apidoc_at at,
                                   unsigned depth);

/* ------------------------------------------------------------------ references */

static bool name_of_reference(sl_str ref, sl_str *ret)
{
    static const sl_str roots[] = {SL_STR_INIT("#/components/schemas/"),
                                   SL_STR_INIT("#/definitions/")};
    for (size_t i = 0; i < SL_LEN(roots); i++) {
        if (sl_str_starts(ref, roots[i])) {
            *ret = sl_str_from(ref, roots[i].n);
            return ret->n != 0 && sl_str_find(*ret, '/', 0) == SIZE_MAX;
        }
    }
    return false;
}

static struct sl_node *read_reference(struct sl_apidoc_reader *r, struct sl_apidoc_at at,
                                      sl_str ref)
{
    sl_str name;
    struct sl_apidoc_at target = at;
    if (!sl_apidoc_follow(r, &target))
        return NULL;
    if (!name_of_reference(ref, &name)) {
        (void)sl_apidoc_fail(
            r, at, "must lead to a named schema (#/components/schemas/NAME), not to '%.*s'",
            SL_STRF(ref));
        return NULL;
    }
    return sl_tree_str(r->a, sl_fmt(r->a, "#/schemas/%.*s", SL_STRF(name)));
}

/* ------------------------------------------------------------------ keywords */

static struct sl_node *read_list(struct sl_apidoc_reader *r, struct sl_apidoc_at at, unsigned depth)
{
    struct sl_tree_tail all = sl_tree_tail(r->a);
    if (at.node->kind != SL_NODE_LIST) {
        (void)sl_apidoc_fail(r, at, "must be a list of schemas");
        return NULL;
    }
    for (const struct sl_node *n = at.node->children; n != NULL; n = n->next) {
        struct sl_node *one = read_schema(r, sl_apidoc_at(n), depth + 1);
        if (one == NULL)
            return NULL;
        sl_tree_add(&all, one);
    }
    return all.list;
}

static struct sl_node *read_map(struct sl_apidoc_reader *r, struct sl_apidoc_at at, unsigned depth)
{
    struct sl_node *all = sl_tree_map(r->a), **end = &all->children;
    if (at.node->kind != SL_NODE_MAP) {
        (void)sl_apidoc_fail(r, at, "must be an object of schemas");
        return NULL;
    }
    for (const struct sl_node *n = at.node->children; n != NULL; n = n->next) {
        struct sl_node *one = read_schema(r, sl_apidoc_at(n), depth + 1);
        if (one == NULL)
            return NULL;
        one->key = n->key;
        *end = one;
        end = &one->next;
        all->child_count++;
    }
    return all;
}

/* Plain values: copied, within the limits. */
static struct sl_node *read_value(struct sl_apidoc_reader *r, struct sl_apidoc_at at,
                                  unsigned depth)
{
    if (!sl_apidoc_spend(r, at))
        return NULL;
    if (depth > SL_APIDOC_DEPTH_MAX) {
        (void)sl_apidoc_fail(r, at, "is nested deeper than %d levels", SL_APIDOC_DEPTH_MAX);
        return NULL;
    }
    struct sl_node *copy = sl_arena_new_of(r->a, struct sl_node), **end = &copy->children;
    *copy = *at.node;
    copy->children = NULL;
    copy->next = NULL;
    for (const struct sl_node *n = at.node->children; n != NULL; n = n->next) {
        struct sl_node *one = read_value(r, sl_apidoc_at(n), depth + 1);
        if (one == NULL)
            return NULL;
        one->key = n->key;
        *end = one;
        end = &one->next;
    }
    return copy;
}

static struct sl_node *read_keyword(struct sl_apidoc_reader *r, struct sl_apidoc_at at,
                                    enum shape shape, unsigned depth)
{
    bool is_tuple = at.node->kind == SL_NODE_LIST; /* `items` of older drafts */
    switch (shape) {
    case SCHEMA:
        return is_tuple ? read_list(r, at, depth) : read_schema(r, at, depth + 1);
    case SCHEMAS:
        return read_list(r, at, depth);
    case MAP_OF_SCHEMAS:
        return read_map(r, at, depth);
    case VALUE:
    case UNCHECKED:
    case DROPPED:
        return read_value(r, at, depth + 1);
    }
    return NULL;
}

/* ------------------------------------------------------------------ dialects */

/* OpenAPI 3.0: nullable. */
static void allow_null(struct sl_apidoc_reader *r, struct sl_node *schema)
{
    struct sl_node *type = sl_tree_take(schema, SL_STR("type"));
    if (type == NULL)
        return;
    struct sl_node *both = sl_tree_list(r->a);
    sl_tree_push(both, type);
    sl_tree_push(both, sl_tree_str(r->a, SL_STR("null")));
    sl_tree_put(schema, SL_STR("type"), both);
}

/* 2.0 and 3.0: exclusiveMinimum says whether minimum is meant without itself. */
static void mend_bound(struct sl_node *schema, const char *bound, const char *exclusive)
{
    const struct sl_node *flag = sl_node_get(schema, sl_cstr(exclusive));
    if (flag == NULL || flag->kind != SL_NODE_BOOL)
        return;
    bool is_exclusive = sl_tree_is_true(schema, exclusive);
    (void)sl_tree_take(schema, sl_cstr(exclusive)); /* it is there */
    if (!is_exclusive)
        return;
    struct sl_node *value = sl_tree_take(schema, sl_cstr(bound));
    if (value != NULL)
        sl_tree_put(schema, sl_cstr(exclusive), value);
}

static void mend(struct sl_apidoc_reader *r, struct sl_node *schema)
{
    if (r->dialect == SL_APIDOC_3_1)
        return;
    bool is_nullable = sl_tree_is_true(schema, "nullable") || sl_tree_is_true(schema, "x-nullable");
    (void)sl_tree_take(schema, SL_STR("nullable")); /* mostly absent */
    if (is_nullable)
        allow_null(r, schema);
    mend_bound(schema, "minimum", "exclusiveMinimum");
    mend_bound(schema, "maximum", "exclusiveMaximum");
    if (sl_str_eq(sl_tree_text(schema, "type"), SL_STR("file")))
        sl_tree_put_str(r->a, schema, "type", SL_STR("string"));
}

/* The tuple form of `items` has its own name in 2020-12. */
static sl_str name_of(sl_str key, const struct sl_node *value)
{
    bool is_tuple = value->kind == SL_NODE_LIST && sl_str_eq(key, SL_STR("items"));
    return is_tuple ? SL_STR("prefixItems") : key;
}

/* ------------------------------------------------------------------ schemas */

static bool add_keyword(struct sl_apidoc_reader *r, struct sl_apidoc_at at, struct sl_node *schema,
                        unsigned depth)
{
    sl_str key = at.node->key;
    enum shape shape = shape_of(key);
    if (shape == UNCHECKED)
        sl_apidoc_warn(r, at, "'%.*s' is not checked", SL_STRF(key));
    if (shape == UNCHECKED || shape == DROPPED)
        return true;
    struct sl_node *value = read_keyword(r, at, shape, depth);
    if (value == NULL)
        return false;
    sl_tree_put(schema, name_of(key, value), value);
    return true;
}

static struct sl_node *read_schema(struct sl_apidoc_reader *r, struct sl_apidoc_at at,
                                   unsigned depth)
{
    if (at.node->kind == SL_NODE_BOOL)
        return read_value(r, at, depth);
    if (at.node->kind != SL_NODE_MAP) {
        (void)sl_apidoc_fail(r, at, "must be a schema, which is an object");
        return NULL;
    }
    if (depth > SL_APIDOC_DEPTH_MAX) {
        (void)sl_apidoc_fail(r, at, "is nested deeper than %d levels", SL_APIDOC_DEPTH_MAX);
        return NULL;
    }
    if (at.node->child_count > KEYWORDS_MAX) {
        (void)sl_apidoc_fail(r, at, "has more than %d members", KEYWORDS_MAX);
        return NULL;
    }
    if (!sl_apidoc_spend(r, at))
        return NULL;
    struct sl_node *schema = sl_tree_map(r->a);
    sl_str ref = sl_tree_text(at.node, "$ref");
    if (ref.p != NULL) {
        struct sl_node *target = read_reference(r, at, ref);
        if (target == NULL)
            return NULL;
        sl_tree_put(schema, SL_STR("$ref"), target);
        if (r->dialect != SL_APIDOC_3_1)
            return schema; /* what stands beside it says nothing there */
    }
    for (const struct sl_node *n = at.node->children; n != NULL; n = n->next) {
        bool is_ref = ref.p != NULL && sl_str_eq(n->key, SL_STR("$ref"));
        if (!is_ref && !add_keyword(r, sl_apidoc_at(n), schema, depth))
            return NULL;
    }
    mend(r, schema);
    return schema;
}

struct sl_node *sl_apidoc_schema(struct sl_apidoc_reader *r, struct sl_apidoc_at at)
{
    return read_schema(r, at, 0);
}

struct sl_node *sl_apidoc_again(struct sl_apidoc_reader *r, const struct sl_node *schema)
{
    return read_value(r, sl_apidoc_at(schema), 0);
}

struct sl_node *sl_apidoc_plain_schema(struct sl_apidoc_reader *r, struct sl_apidoc_at at)
{
    static const char *const others[] = {
        "name", "in", "description", "required", "allowEmptyValue", "collectionFormat"};
    struct sl_node *schema = read_schema(r, at, 0);
    for (size_t i = 0; i < SL_LEN(others) && schema != NULL; i++)
        (void)sl_tree_take(schema, sl_cstr(others[i])); /* not all are there */
    return schema;
}

struct sl_node *sl_apidoc_schemas(struct sl_apidoc_reader *r)
{
    bool is_old = r->dialect == SL_APIDOC_2_0;
    struct sl_apidoc_at root = sl_apidoc_at(r->root);
    struct sl_apidoc_at at =
        is_old ? sl_apidoc_member(root, "definitions")
               : sl_apidoc_member(sl_apidoc_member(root, "components"), "schemas");
    if (at.node == NULL)
        return sl_tree_map(r->a);
    if (at.node->child_count > SL_APIDOC_SCHEMAS_MAX) {
        (void)sl_apidoc_fail(r, at, "has more than %d schemas", SL_APIDOC_SCHEMAS_MAX);
        return NULL;
    }
    return read_map(r, at, 0);
}
