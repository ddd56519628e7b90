/*
 * field_doc: field tables as a Markdown reference and as a JSON Schema.
 */
#include "base/enc.h"
#include "base/field.h"
#include "base/field_int.h"
#include "base/str.h"

/* ---- Markdown ---- */

/* A table cell: '|' and line ends would end it. */
static void add_cell(struct sl_strbuf *out, sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '|')
            sl_strbuf_add_char(out, '\\');
        sl_strbuf_add_char(out, s.p[i] == '\n' ? ' ' : s.p[i]);
    }
}

static void add_type(const struct sl_field *f, struct sl_strbuf *out)
{
    sl_strbuf_add(out, sl_cstr(sl_field_kind_info(f->kind)->name));
    for (size_t i = 0; f->values != NULL && f->values[i] != NULL; i++)
        sl_strbuf_addf(out, i == 0 ? " `%s`" : ", `%s`", f->values[i]);
    if (f->unit != NULL)
        sl_strbuf_addf(out, " (%s)", f->unit);
}

static void add_default(const struct sl_field *f, struct sl_strbuf *out)
{
    if (f->required)
        sl_strbuf_add(out, SL_STR("required"));
    else if (f->dflt != NULL)
        sl_strbuf_addf(out, "`%s`", f->dflt);
}

static void add_bounds(const struct sl_field *f, struct sl_strbuf *out)
{
    const char *counted = sl_field_kind_info(f->kind)->counted;
    if (f->min != NULL && f->max != NULL)
        sl_strbuf_addf(out, "%s to %s", f->min, f->max);
    else if (f->min != NULL)
        sl_strbuf_addf(out, "at least %s", f->min);
    else if (f->max != NULL)
        sl_strbuf_addf(out, "at most %s", f->max);
    if (counted != NULL && (f->min != NULL || f->max != NULL))
        sl_strbuf_addf(out, " %s", counted);
}

static void add_meaning(const struct sl_field *f, struct sl_strbuf *out)
{
    add_cell(out, sl_cstr(f->help));
    if (f->example != NULL) {
        sl_strbuf_add(out, SL_STR(" Example: `"));
        add_cell(out, sl_cstr(f->example));
        sl_strbuf_add_char(out, '`');
    }
    if (f->since != NULL)
        sl_strbuf_addf(out, " (since %s)", f->since);
}

static void add_row(const struct sl_field *f, sl_str prefix, struct sl_strbuf *out)
{
    sl_strbuf_addf(out, "| `%.*s%s` | ", SL_STRF(prefix), f->name);
    add_type(f, out);
    sl_strbuf_add(out, SL_STR(" | "));
    add_default(f, out);
    sl_strbuf_add(out, SL_STR(" | "));
    add_bounds(f, out);
    sl_strbuf_add(out, SL_STR(" | "));
    add_meaning(f, out);
    sl_strbuf_add(out, SL_STR(" |\n"));
}

static void add_rows(const struct sl_field *fields, struct sl_strbuf *prefix, int depth,
                     struct sl_strbuf *out)
{
    SL_ASSERT(depth < SL_NODE_DEPTH_MAX); /* a table that contains itself */
    for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++) {
        size_t before = prefix->n;
        add_row(f, sl_strbuf_str(prefix), out);
        if (f->fields == NULL)
            continue;
        sl_strbuf_addf(prefix, f->kind == SL_FIELD_KIND_LIST ? "%s[]." : "%s.", f->name);
        add_rows(f->fields, prefix, depth + 1, out);
        prefix->n = before;
    }
}

void sl_field_reference(const struct sl_field *fields, struct sl_strbuf *out)
{
    struct sl_strbuf prefix = {0};
    sl_strbuf_add(out, SL_STR("| Name | Type | Default | Bounds | Meaning |\n"
                              "|---|---|---|---|---|\n"));
    add_rows(fields, &prefix, 0, out);
    sl_strbuf_fini(&prefix);
}

/* ---- JSON Schema ---- */

static void add_object(const struct sl_field *fields, int depth, struct sl_strbuf *out);

static void add_text_member(struct sl_strbuf *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    sl_strbuf_addf(out, ",\"%s\":", name);
    sl_enc_json(out, sl_cstr(value));
}

static void add_enum(const struct sl_field *f, struct sl_strbuf *out)
{
    sl_strbuf_add(out, SL_STR("\"enum\":["));
    for (size_t i = 0; f->values[i] != NULL; i++) {
        if (i != 0)
            sl_strbuf_add_char(out, ',');
        sl_enc_json(out, sl_cstr(f->values[i]));
    }
    sl_strbuf_add_char(out, ']');
}

/* Bounds of spans, sizes and money are texts, which JSON Schema cannot compare. */
static void add_limits(const struct sl_field *f, struct sl_strbuf *out)
{
    static const struct {
        const char *counted, *min, *max;
    } words[] = {{"characters", "minLength", "maxLength"},
                 {"items", "minItems", "maxItems"},
                 {"members", "minProperties", "maxProperties"},
                 {NULL, "minimum", "maximum"}};
    const char *counted = sl_field_kind_info(f->kind)->counted;
    size_t i = 0;

    if (counted == NULL && f->kind != SL_FIELD_KIND_INT)
        return;
    while (words[i].counted != NULL && (counted == NULL || strcmp(words[i].counted, counted) != 0))
        i++;
    if (f->min != NULL)
        sl_strbuf_addf(out, ",\"%s\":%s", words[i].min, f->min);
    if (f->max != NULL)
        sl_strbuf_addf(out, ",\"%s\":%s", words[i].max, f->max);
}

/* "[a, b]" as JSON */
static void add_default_strs(const char *dflt, struct sl_strbuf *out)
{
    sl_str rest = {dflt + 1, strlen(dflt) - 2}, item;
    const char *before = "[";
    while (sl_str_split(&rest, ',', &item)) {
        sl_strbuf_add(out, sl_cstr(before));
        sl_enc_json(out, sl_str_trim(item));
        before = ",";
    }
    sl_strbuf_add_char(out, ']');
}

static void add_default_member(const struct sl_field *f, struct sl_strbuf *out)
{
    if (f->dflt == NULL)
        return;
    sl_strbuf_add(out, SL_STR(",\"default\":"));
    if (f->kind == SL_FIELD_KIND_BOOL || f->kind == SL_FIELD_KIND_INT)
        sl_strbuf_add(out, sl_cstr(f->dflt));
    else if (f->kind == SL_FIELD_KIND_STRS)
        add_default_strs(f->dflt, out);
    else
        sl_enc_json(out, sl_cstr(f->dflt));
}

static void add_shape(const struct sl_field *f, int depth, struct sl_strbuf *out)
{
    if (f->kind == SL_FIELD_KIND_ENUM) {
        add_enum(f, out);
    } else if (f->kind == SL_FIELD_KIND_STRS) {
        sl_strbuf_add(out, SL_STR("\"type\":\"array\",\"items\":{\"type\":\"string\"}"));
    } else if (f->kind == SL_FIELD_KIND_MAP) {
        sl_strbuf_add(out,
                      SL_STR("\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}"));
    } else if (f->kind == SL_FIELD_KIND_OBJECT) {
        add_object(f->fields, depth + 1, out);
    } else if (f->kind == SL_FIELD_KIND_LIST) {
        sl_strbuf_add(out, SL_STR("\"type\":\"array\",\"items\":{"));
        add_object(f->fields, depth + 1, out);
        sl_strbuf_add_char(out, '}');
    } else if (f->kind == SL_FIELD_KIND_NODE) {
        sl_strbuf_add(out, SL_STR("\"not\":{\"type\":\"null\"}"));
    } else {
        sl_strbuf_add(out, sl_cstr(sl_field_kind_info(f->kind)->schema));
    }
}

static void add_property(const struct sl_field *f, int depth, struct sl_strbuf *out)
{
    sl_enc_json(out, sl_cstr(f->name));
    sl_strbuf_add(out, SL_STR(":{"));
    add_shape(f, depth, out);
    add_limits(f, out);
    add_default_member(f, out);
    add_text_member(out, "description", f->help);
    if (f->example != NULL) {
        sl_strbuf_add(out, SL_STR(",\"examples\":["));
        sl_enc_json(out, sl_cstr(f->example));
        sl_strbuf_add_char(out, ']');
    }
    sl_strbuf_add_char(out, '}');
}

void sl_field_json_required(const struct sl_field *fields, struct sl_strbuf *out)
{
    size_t before = out->n;
    for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++) {
        if (!f->required)
            continue;
        if (out->n != before)
            sl_strbuf_add_char(out, ',');
        sl_enc_json(out, sl_cstr(f->name));
    }
}

static void add_required(const struct sl_field *fields, struct sl_strbuf *out)
{
    static const sl_str head = SL_STR_INIT(",\"required\":[");
    size_t before = out->n;
    sl_strbuf_add(out, head);
    sl_field_json_required(fields, out);
    if (out->n == before + head.n)
        out->n = before; /* none */
    else
        sl_strbuf_add_char(out, ']');
}

static void add_properties(const struct sl_field *fields, int depth, struct sl_strbuf *out)
{
    for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++) {
        if (f != fields)
            sl_strbuf_add_char(out, ',');
        add_property(f, depth, out);
    }
}

void sl_field_json_properties(const struct sl_field *fields, struct sl_strbuf *out)
{
    add_properties(fields, 0, out);
}

/* The members of an object's schema, without the braces around them. */
static void add_object(const struct sl_field *fields, int depth, struct sl_strbuf *out)
{
    SL_ASSERT(depth < SL_NODE_DEPTH_MAX); /* a table that contains itself */
    sl_strbuf_add(out, SL_STR("\"type\":\"object\",\"additionalProperties\":false"));
    add_required(fields, out);
    sl_strbuf_add(out, SL_STR(",\"properties\":{"));
    add_properties(fields, depth, out);
    sl_strbuf_add_char(out, '}');
}

void sl_field_json_schema(const struct sl_field *fields, struct sl_strbuf *out)
{
    sl_strbuf_add(out, SL_STR("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","));
    add_object(fields, 0, out);
    sl_strbuf_add_char(out, '}');
}
