#include "ai/schema.h"

enum { POINTER_BYTES = 256 }; /* of one step of a reference */

/* ------------------------------------------------------------------ references */

/* One step of a JSON pointer, with ~1 and ~0 (RFC 6901) undone. */
static sl_str unescape_step(sl_str step, char *buf)
{
    size_t n = 0;

    if (step.n > POINTER_BYTES)
        return (sl_str){0};
    for (size_t i = 0; i < step.n; i++) {
        bool is_escape = step.p[i] == '~' && i + 1 < step.n;
        buf[n++] = !is_escape ? step.p[i] : step.p[i + 1] == '1' ? '/' : '~';
        i += is_escape;
    }
    return (sl_str){buf, n};
}

static bool may_look(const struct sl_json *v, size_t *left)
{
    size_t n = sl_json_count(v) + 1;

    *left = n <= *left ? *left - n : 0;
    return *left != 0;
}

const struct sl_json *sl_ai_schema_resolve(const struct sl_json *root, sl_str ref, size_t *left)
{
    char buf[POINTER_BYTES];
    const struct sl_json *v = root;
    sl_str rest, step;

    if (!sl_str_starts(ref, SL_STR("#")))
        return NULL;
    if (ref.n == 1)
        return root;
    if (!sl_str_starts(ref, SL_STR("#/")))
        return NULL;
    rest = sl_str_from(ref, 2);
    while (v != NULL && sl_str_split(&rest, '/', &step))
        v = may_look(v, left) ? sl_json_get(v, unescape_step(step, buf)) : NULL;
    return v;
}

/* ------------------------------------------------------------------ strict */

struct check {
    const struct sl_json *root;
    unsigned depth;
    size_t properties, values, text_bytes;
    size_t left; /* of SL_AI_SCHEMA_STEPS_MAX */
};

static bool is_strict_node(struct check *c, const struct sl_json *schema);

/* Those without schemas in them; what else stands in a schema is refused. */
static const char *const plain_keywords[] = {
    "$schema",    "type",  "title",    "description",      "required", "additionalProperties",
    "enum",       "const", "pattern",  "format",           "minimum",  "maximum",
    "multipleOf", "$ref",  "minItems", "exclusiveMinimum", "maxItems", "exclusiveMaximum",
};

static const char *const type_names[] = {
    "string", "number", "integer", "boolean", "array", "object", "null",
};

static bool is_one_of(const char *const *names, size_t count, sl_str name)
{
    for (size_t i = 0; i < count; i++)
        if (sl_str_eq(name, sl_cstr(names[i])))
            return true;
    return false;
}

static bool is_type(const struct sl_json *v)
{
    return is_one_of(type_names, SL_LEN(type_names), sl_json_text(v));
}

/* One type, or a list of them. */
static bool is_typed(const struct sl_json *type)
{
    struct sl_json_cursor each = sl_json_each(type);
    const struct sl_json *v;

    if (sl_json_kind(type) != SL_JSON_ARRAY)
        return is_type(type);
    while ((v = sl_json_next(&each, NULL)) != NULL)
        if (!is_type(v))
            return false;
    return sl_json_count(type) != 0;
}

static bool has_type(const struct sl_json *type, const char *name)
{
    struct sl_json_cursor each = sl_json_each(type);
    const struct sl_json *v;

    while ((v = sl_json_next(&each, NULL)) != NULL)
        if (sl_str_eq(sl_json_text(v), sl_cstr(name)))
            return true;
    return sl_str_eq(sl_json_text(type), sl_cstr(name));
}

static bool is_listed(const struct sl_json *list, sl_str name)
{
    struct sl_json_cursor each = sl_json_each(list);
    const struct sl_json *v;

    while ((v = sl_json_next(&each, NULL)) != NULL)
        if (sl_json_kind(v) == SL_JSON_STRING && sl_str_eq(sl_json_text(v), name))
            return true;
    return false;
}

/* Each property once, and nothing else. */
static bool is_all_required(const struct sl_json *properties, const struct sl_json *required)
{
    struct sl_json_cursor each = sl_json_each(properties);
    sl_str name;

    if (sl_json_count(required) != sl_json_count(properties))
        return false;
    while (sl_json_next(&each, &name) != NULL)
        if (!is_listed(required, name))
            return false;
    return true;
}

/* Members that are schemas, of properties or of definitions. */
static bool is_strict_map(struct check *c, const struct sl_json *map)
{
    struct sl_json_cursor each = sl_json_each(map);
    const struct sl_json *v;
    sl_str name;

    if (sl_json_kind(map) != SL_JSON_OBJECT)
        return false;
    while ((v = sl_json_next(&each, &name)) != NULL) {
        c->text_bytes += name.n;
        if (!is_strict_node(c, v))
            return false;
    }
    return true;
}

static bool is_strict_object(struct check *c, const struct sl_json *schema)
{
    const struct sl_json *properties = sl_json_of(schema, "properties");
    size_t count = sl_json_count(properties);

    c->properties += count;
    if (sl_json_kind(sl_json_of(schema, "additionalProperties")) != SL_JSON_FALSE ||
        count > SL_AI_SCHEMA_MEMBERS_MAX || c->properties > SL_AI_SCHEMA_PROPERTIES_MAX)
        return false;
    return is_all_required(properties, sl_json_of(schema, "required")) &&
           is_strict_map(c, properties);
}

static bool is_strict_list(struct check *c, const struct sl_json *list)
{
    struct sl_json_cursor each = sl_json_each(list);
    const struct sl_json *v;

    if (sl_json_kind(list) != SL_JSON_ARRAY || sl_json_count(list) == 0)
        return false;
    while ((v = sl_json_next(&each, NULL)) != NULL)
        if (!is_strict_node(c, v))
            return false;
    return true;
}

static bool is_strict_enum(struct check *c, const struct sl_json *values)
{
    struct sl_json_cursor each = sl_json_each(values);
    size_t count = sl_json_count(values), bytes = 0;
    const struct sl_json *v;

    c->values += count;
    if (count == 0 || sl_json_kind(values) != SL_JSON_ARRAY)
        return false;
    while ((v = sl_json_next(&each, NULL)) != NULL)
        bytes += sl_json_text(v).n;
    c->text_bytes += bytes;
    return c->values <= SL_AI_SCHEMA_VALUES_MAX &&
           (count <= SL_AI_SCHEMA_ENUM_VALUES || bytes <= SL_AI_SCHEMA_ENUM_TEXT_MAX);
}

/* Keywords that are checked with their kind of schema, or here. */
static bool is_strict_keyword(struct check *c, sl_str name, const struct sl_json *v)
{
    if (sl_str_eq(name, SL_STR("anyOf")))
        return is_strict_list(c, v);
    if (sl_str_eq(name, SL_STR("$defs")) || sl_str_eq(name, SL_STR("definitions")))
        return is_strict_map(c, v);
    if (sl_str_eq(name, SL_STR("items")))
        return is_strict_node(c, v);
    if (sl_str_eq(name, SL_STR("enum")))
        return is_strict_enum(c, v);
    return sl_str_eq(name, SL_STR("properties")) ||
           is_one_of(plain_keywords, SL_LEN(plain_keywords), name);
}

static bool is_strict_reference(struct check *c, const struct sl_json *schema, sl_str ref)
{
    return sl_json_count(schema) == 1 && sl_ai_schema_resolve(c->root, ref, &c->left) != NULL;
}

static bool is_strict_here(struct check *c, const struct sl_json *schema)
{
    const struct sl_json *type = sl_json_of(schema, "type");
    const struct sl_json *ref = sl_json_of(schema, "$ref");
    bool is_object = has_type(type, "object") || sl_json_of(schema, "properties") != NULL;
    struct sl_json_cursor each = sl_json_each(schema);
    const struct sl_json *v;
    sl_str name;

    if (ref != NULL)
        return is_strict_reference(c, schema, sl_json_text(ref));
    if (type == NULL ? sl_json_of(schema, "anyOf") == NULL : !is_typed(type))
        return false;
    if (is_object && !is_strict_object(c, schema))
        return false;
    if (has_type(type, "array") && sl_json_of(schema, "items") == NULL)
        return false;
    while ((v = sl_json_next(&each, &name)) != NULL)
        if (!is_strict_keyword(c, name, v))
            return false;
    return c->text_bytes <= SL_AI_SCHEMA_TEXT_MAX;
}

/* No deeper than the limit, however deep the input is. */
static bool is_strict_node(struct check *c, const struct sl_json *schema)
{
    bool is_it;

    if (sl_json_kind(schema) != SL_JSON_OBJECT || c->depth == SL_AI_SCHEMA_DEPTH_MAX)
        return false;
    c->depth++;
    is_it = is_strict_here(c, schema);
    c->depth--;
    return is_it;
}

bool sl_ai_schema_is_strict(sl_str schema, struct sl_arena *a)
{
    struct sl_jsonscan_info info;
    struct check c = {.left = SL_AI_SCHEMA_STEPS_MAX};

    if (schema.n == 0 || sl_json_parse(schema, a, &c.root, &info) != SL_OK)
        return false;
    if (!sl_str_eq(sl_json_text_of(c.root, "type"), SL_STR("object")) ||
        sl_json_of(c.root, "anyOf") != NULL)
        return false;
    return is_strict_node(&c, c.root);
}
