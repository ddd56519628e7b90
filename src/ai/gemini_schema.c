/*
 * gemini_schema: JSON Schema and Google's Schema, each as the other (wire-formats 3.2, checklist 22).
 *
 * Towards Google a schema may consist of several: itself, what its $ref names, and the members of its allOf.
 * They are gathered first; then each keyword is written once, from the first source that has it,
 * properties and required names from all.
 */
#include "ai/gemini_int.h"

#include "ai/schema.h"
#include "base/str.h"

enum {
    SOURCES_MAX = 32,    /* of one schema */
    DEPTH_MAX = 24,      /* of schemas in schemas, references put in */
    SCHEMAS_MAX = 20000, /* in the result: references can multiply */
};

struct writer {
    struct sl_jsonw *w;
    const struct sl_json *root;
    unsigned depth;
    unsigned schemas;
    size_t left; /* of SL_AI_SCHEMA_STEPS_MAX: then the rest is any object, too */
};

struct sources {
    const struct sl_json *v[SOURCES_MAX];
    size_t n;
    bool is_nullable;
    bool has_taken_choices; /* its anyOf is among the sources */
};

/* ------------------------------------------------------------------ references */

/* What it takes to look at all of a schema, but for the schemas in it: about its members, elements and texts. */
static size_t cost_of(const struct sl_json *schema)
{
    enum { TEXT_STEP_BYTES = 64 };
    struct sl_json_cursor c = sl_json_each(schema);
    const struct sl_json *v;
    size_t n = 1;

    while ((v = sl_json_next(&c, NULL)) != NULL)
        n += 1 + sl_json_count(v) + sl_json_text(v).n / TEXT_STEP_BYTES;
    return n;
}

static void spend(struct writer *s, size_t n)
{
    s->left -= SL_MIN(s->left, n);
}

static void add_source(struct writer *s, const struct sl_json *schema, struct sources *ret)
{
    if (ret->n == SOURCES_MAX || sl_json_kind(schema) != SL_JSON_OBJECT)
        return;
    spend(s, cost_of(schema));
    ret->v[ret->n++] = schema;
}

/* The schema, what it refers to, and all of what it must be; in order of weight. */
static void gather(struct writer *s, const struct sl_json *schema, struct sources *ret)
{
    size_t next = ret->n;

    add_source(s, schema, ret);
    for (; next < ret->n; next++) {
        struct sl_json_cursor c = sl_json_each(sl_json_of(ret->v[next], "allOf"));
        sl_str ref = sl_json_text(sl_json_of(ret->v[next], "$ref"));
        const struct sl_json *one;
        add_source(s, sl_ai_schema_resolve(s->root, ref, &s->left), ret);
        while (ret->n < SOURCES_MAX && (one = sl_json_next(&c, NULL)) != NULL)
            add_source(s, one, ret);
    }
}

static const struct sl_json *find(const struct sources *src, const char *name)
{
    for (size_t i = 0; i < src->n; i++) {
        const struct sl_json *v = sl_json_of(src->v[i], name);
        if (v != NULL)
            return v;
    }
    return NULL;
}

/* ------------------------------------------------------------------ types */

static const struct {
    const char *json, *google;
} types[] = {
    {"string", "STRING"}, {"number", "NUMBER"}, {"integer", "INTEGER"}, {"boolean", "BOOLEAN"},
    {"array", "ARRAY"},   {"object", "OBJECT"}, {"null", "NULL"},
};

static const char *google_type(sl_str json)
{
    for (size_t i = 0; i < SL_LEN(types); i++)
        if (sl_str_ieq(json, sl_cstr(types[i].json)))
            return types[i].google;
    return NULL;
}

static bool is_null_type(sl_str type)
{
    return sl_str_ieq(type, SL_STR("null"));
}

/* The one type that is not null; NULL when there is none or there are several. */
static const char *only_type(const struct sl_json *type, bool *ret_is_nullable)
{
    struct sl_json_cursor c = sl_json_each(type);
    const struct sl_json *one;
    const char *found = NULL;
    size_t n = 0;

    if (sl_json_kind(type) == SL_JSON_STRING && !is_null_type(sl_json_text(type)))
        return google_type(sl_json_text(type));
    while ((one = sl_json_next(&c, NULL)) != NULL) {
        if (is_null_type(sl_json_text(one))) {
            *ret_is_nullable = true;
            continue;
        }
        found = google_type(sl_json_text(one));
        n++;
    }
    return n == 1 ? found : NULL;
}

/* `of_values`: the type of the values to choose from, or NULL. */
static void write_type(struct writer *s, struct sources *src, const char *of_values)
{
    const char *type = only_type(find(src, "type"), &src->is_nullable);

    if (of_values != NULL)
        type = of_values;
    if (type == NULL && find(src, "type") == NULL)
        type = find(src, "properties") != NULL ? "OBJECT"
               : find(src, "items") != NULL    ? "ARRAY"
                                               : NULL;
    if (type != NULL)
        sl_jsonw_key_str(s->w, SL_STR("type"), sl_cstr(type));
}

/* ------------------------------------------------------------------ values to choose from */

static bool is_choice(const struct sl_json *v)
{
    return sl_json_kind(v) == SL_JSON_STRING || sl_json_kind(v) == SL_JSON_NUMBER;
}

static void write_choice(struct writer *s, const struct sl_json *v, bool *has_any)
{
    if (!is_choice(v))
        return;
    if (!*has_any) {
        sl_jsonw_key(s->w, SL_STR("enum"));
        sl_jsonw_array(s->w);
    }
    *has_any = true;
    sl_jsonw_str(s->w, sl_json_kind(v) == SL_JSON_STRING ? sl_json_text(v) : sl_json_number(v));
}

/* enum, or const as one of one. They are texts there, numbers too. The type of them, or NULL. */
static const char *write_enum(struct writer *s, struct sources *src)
{
    const struct sl_json *values = find(src, "enum"), *v;
    struct sl_json_cursor c = sl_json_each(values);
    bool has_any = false;

    if (values == NULL)
        write_choice(s, find(src, "const"), &has_any);
    while ((v = sl_json_next(&c, NULL)) != NULL) {
        src->is_nullable |= sl_json_kind(v) == SL_JSON_NULL;
        write_choice(s, v, &has_any);
    }
    if (has_any)
        sl_jsonw_end(s->w);
    return has_any ? "STRING" : NULL;
}

/* ------------------------------------------------------------------ schemas in schemas */

static void write_node(struct writer *s, const struct sl_json *schema);

/* With nothing left to look it up with it may be there. */
static bool has_property(struct writer *s, const struct sources *src, size_t before, sl_str name)
{
    for (size_t i = 0; i < before; i++) {
        const struct sl_json *properties = sl_json_of(src->v[i], "properties");
        spend(s, sl_json_count(properties) + 1);
        if (s->left == 0 || sl_json_get(properties, name) != NULL)
            return true;
    }
    return false;
}

static void write_properties(struct writer *s, const struct sources *src)
{
    const struct sl_json *v;
    bool has_any = false;
    sl_str name;

    for (size_t i = 0; i < src->n; i++) {
        struct sl_json_cursor c = sl_json_each(sl_json_of(src->v[i], "properties"));
        while ((v = sl_json_next(&c, &name)) != NULL) {
            if (name.p == NULL || has_property(s, src, i, name))
                continue;
            if (!has_any) {
                sl_jsonw_key(s->w, SL_STR("properties"));
                sl_jsonw_object(s->w);
                has_any = true;
            }
            sl_jsonw_key(s->w, name);
            write_node(s, v);
        }
    }
    if (has_any)
        sl_jsonw_end(s->w);
}

/* Names of properties that are there: Google refuses others. */
static void write_required(struct writer *s, const struct sources *src)
{
    const struct sl_json *v;
    bool has_any = false;

    for (size_t i = 0; i < src->n; i++) {
        struct sl_json_cursor c = sl_json_each(sl_json_of(src->v[i], "required"));
        while ((v = sl_json_next(&c, NULL)) != NULL) {
            bool is_there =
                sl_json_kind(v) == SL_JSON_STRING && has_property(s, src, src->n, sl_json_text(v));
            if (!is_there || s->left == 0)
                continue;
            if (!has_any) {
                sl_jsonw_key(s->w, SL_STR("required"));
                sl_jsonw_array(s->w);
                has_any = true;
            }
            sl_jsonw_str(s->w, sl_json_text(v));
        }
    }
    if (has_any)
        sl_jsonw_end(s->w);
}

static bool is_null_schema(const struct sl_json *v)
{
    return is_null_type(sl_json_text(sl_json_of(v, "type")));
}

static const struct sl_json *choices_of(const struct sources *src)
{
    const struct sl_json *list = find(src, "anyOf");

    return list != NULL ? list : find(src, "oneOf");
}

static void write_type_list(struct writer *s, const struct sl_json *list)
{
    struct sl_json_cursor c = sl_json_each(list);
    const struct sl_json *v;

    sl_jsonw_key(s->w, SL_STR("anyOf"));
    sl_jsonw_array(s->w);
    while ((v = sl_json_next(&c, NULL)) != NULL) {
        const char *type = google_type(sl_json_text(v));
        if (type == NULL || is_null_type(sl_json_text(v)))
            continue;
        sl_jsonw_object(s->w);
        sl_jsonw_key_str(s->w, SL_STR("type"), sl_cstr(type));
        sl_jsonw_end(s->w);
    }
    sl_jsonw_end(s->w);
}

static void write_any_of(struct writer *s, struct sources *src)
{
    const struct sl_json *list = choices_of(src), *names = find(src, "type"), *v;
    struct sl_json_cursor c = sl_json_each(list);

    if (list == NULL && sl_json_kind(names) == SL_JSON_ARRAY &&
        only_type(names, &src->is_nullable) == NULL)
        write_type_list(s, names);
    if (sl_json_kind(list) != SL_JSON_ARRAY)
        return;
    sl_jsonw_key(s->w, SL_STR("anyOf"));
    sl_jsonw_array(s->w);
    while ((v = sl_json_next(&c, NULL)) != NULL) {
        if (is_null_schema(v))
            src->is_nullable = true;
        else
            write_node(s, v);
    }
    sl_jsonw_end(s->w);
}

/* "X or null", which is how many libraries write an optional value, is X. */
static void gather_optional(struct writer *s, struct sources *src)
{
    const struct sl_json *list = choices_of(src), *first = sl_json_at(list, 0),
                         *second = sl_json_at(list, 1);

    if (sl_json_count(list) != 2 || is_null_schema(first) == is_null_schema(second))
        return;
    src->is_nullable = src->has_taken_choices = true;
    gather(s, is_null_schema(first) ? second : first, src);
}

/* ------------------------------------------------------------------ keywords */

/* Those that mean the same there. */
static const char *const kept[] = {"title",   "description",   "minItems",     "maxItems",
                                   "minimum", "maximum",       "minLength",    "maxLength",
                                   "pattern", "minProperties", "maxProperties"};

static const char *const formats[] = {"date-time", "enum", "float", "double", "int32", "int64"};

static void write_kept(struct writer *s, const struct sources *src)
{
    for (size_t i = 0; i < SL_LEN(kept); i++) {
        const struct sl_json *v = find(src, kept[i]);
        if (sl_json_kind(v) != SL_JSON_STRING && sl_json_kind(v) != SL_JSON_NUMBER)
            continue;
        sl_jsonw_key(s->w, sl_cstr(kept[i]));
        sl_json_write(v, s->w);
    }
}

static void write_format(struct writer *s, const struct sources *src)
{
    sl_str format = sl_json_text(find(src, "format"));

    for (size_t i = 0; i < SL_LEN(formats); i++)
        if (sl_str_eq(format, sl_cstr(formats[i])))
            sl_jsonw_key_str(s->w, SL_STR("format"), format);
}

/* A list without a kind of elements is refused. */
static void write_items(struct writer *s, const struct sources *src)
{
    const struct sl_json *items = find(src, "items");
    bool is_nullable;
    const char *type = only_type(find(src, "type"), &is_nullable);

    if (items == NULL && (type == NULL || strcmp(type, "ARRAY") != 0))
        return;
    sl_jsonw_key(s->w, SL_STR("items"));
    if (sl_json_kind(items) == SL_JSON_OBJECT)
        write_node(s, items);
    else
        sl_jsonw_raw(s->w, SL_STR("{\"type\":\"STRING\"}"));
}

static void write_members(struct writer *s, struct sources *src)
{
    const char *type;

    gather_optional(s, src);
    type = write_enum(s, src);
    write_type(s, src, type);
    write_kept(s, src);
    write_format(s, src);
    write_properties(s, src);
    write_required(s, src);
    write_items(s, src);
    if (!src->has_taken_choices)
        write_any_of(s, src);
    if (src->is_nullable || sl_json_is_true(find(src, "nullable")))
        sl_jsonw_key_bool(s->w, SL_STR("nullable"), true);
}

/* As deep as DEPTH_MAX, however deep the input is. */
static void write_node(struct writer *s, const struct sl_json *schema)
{
    struct sources src = {.n = 0};

    s->schemas++;
    sl_jsonw_object(s->w);
    if (s->depth >= DEPTH_MAX || s->schemas > SCHEMAS_MAX || s->left == 0) {
        sl_jsonw_key_str(s->w, SL_STR("type"), SL_STR("OBJECT"));
    } else {
        s->depth++;
        gather(s, schema, &src);
        write_members(s, &src);
        s->depth--;
    }
    sl_jsonw_end(s->w);
}

bool sl_ai_gemini_write_schema(struct sl_jsonw *w, sl_str schema, struct sl_arena *a)
{
    struct writer s = {.w = w, .left = SL_AI_SCHEMA_STEPS_MAX};
    struct sl_jsonscan_info info;

    if (sl_json_parse(schema, a, &s.root, &info) != SL_OK || sl_json_kind(s.root) != SL_JSON_OBJECT)
        return false;
    write_node(&s, s.root);
    return true;
}

/* ------------------------------------------------------------------ Google's as JSON Schema */

/* Members that JSON Schema does not have, or that are written otherwise. */
static const char *const googles[] = {"type", "nullable", "propertyOrdering", "property_ordering",
                                      "example"};

static const char *json_type(sl_str google)
{
    for (size_t i = 0; i < SL_LEN(types); i++)
        if (sl_str_ieq(google, sl_cstr(types[i].google)))
            return types[i].json;
    return NULL;
}

static void write_json_type(struct sl_jsonw *w, const struct sl_json *schema)
{
    const char *type = json_type(sl_json_text(sl_json_of(schema, "type")));

    if (type == NULL)
        return;
    sl_jsonw_key(w, SL_STR("type"));
    if (!sl_json_is_true(sl_json_of(schema, "nullable"))) {
        sl_jsonw_str(w, sl_cstr(type));
        return;
    }
    sl_jsonw_array(w);
    sl_jsonw_str(w, sl_cstr(type));
    sl_jsonw_str(w, SL_STR("null"));
    sl_jsonw_end(w);
}

static bool is_googles(sl_str name)
{
    for (size_t i = 0; i < SL_LEN(googles); i++)
        if (sl_str_eq(name, sl_cstr(googles[i])))
            return true;
    return false;
}

static void write_json_node(struct sl_jsonw *w, const struct sl_json *schema, unsigned depth);

/* properties: an object of schemas. */
static void write_json_properties(struct sl_jsonw *w, const struct sl_json *v, unsigned depth)
{
    struct sl_json_cursor c = sl_json_each(v);
    const struct sl_json *one;
    sl_str name;

    sl_jsonw_object(w);
    while ((one = sl_json_next(&c, &name)) != NULL) {
        sl_jsonw_key(w, name);
        write_json_node(w, one, depth);
    }
    sl_jsonw_end(w);
}

static void write_json_list(struct sl_jsonw *w, const struct sl_json *v, unsigned depth)
{
    struct sl_json_cursor c = sl_json_each(v);
    const struct sl_json *one;

    sl_jsonw_array(w);
    while ((one = sl_json_next(&c, NULL)) != NULL)
        write_json_node(w, one, depth);
    sl_jsonw_end(w);
}

static void write_json_member(struct sl_jsonw *w, sl_str name, const struct sl_json *v,
                              unsigned depth)
{
    bool is_any_of = sl_str_eq(name, SL_STR("anyOf")) || sl_str_eq(name, SL_STR("any_of"));

    sl_jsonw_key(w, is_any_of ? SL_STR("anyOf") : name);
    if (sl_str_eq(name, SL_STR("properties")) && sl_json_kind(v) == SL_JSON_OBJECT)
        write_json_properties(w, v, depth);
    else if (is_any_of && sl_json_kind(v) == SL_JSON_ARRAY)
        write_json_list(w, v, depth);
    else if (sl_str_eq(name, SL_STR("items")))
        write_json_node(w, v, depth);
    else
        sl_json_write(v, w);
}

static void write_json_node(struct sl_jsonw *w, const struct sl_json *schema, unsigned depth)
{
    struct sl_json_cursor c = sl_json_each(schema);
    const struct sl_json *v;
    sl_str name;

    if (sl_json_kind(schema) != SL_JSON_OBJECT || depth >= DEPTH_MAX) {
        sl_json_write(schema, w); /* whatever it is, the vendor will say what is wrong with it */
        return;
    }
    sl_jsonw_object(w);
    write_json_type(w, schema);
    while ((v = sl_json_next(&c, &name)) != NULL)
        if (!is_googles(name))
            write_json_member(w, name, v, depth + 1);
    sl_jsonw_end(w);
}

void sl_ai_gemini_write_json_schema(struct sl_jsonw *w, const struct sl_json *schema)
{
    write_json_node(w, schema, 0);
}
