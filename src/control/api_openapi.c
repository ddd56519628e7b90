/*
 * The API's description, from the same tables that serve it.
 */
#include "base/enc.h"
#include "base/str.h"
#include "control/api_int.h"
#include "control/filter.h"
#include "control/saying.h"
#include "codec/jsonw.h"

struct writer {
    struct sl_jsonw w;
    struct sl_strbuf *out;
    struct sl_arena *a;
    sl_str path; /* that is open; p == NULL: none */
};

/* ------------------------------------------------------------------ names */

/* "release" -> "Release" */
static sl_str schema_name(struct sl_arena *a, const struct sl_resource_type *type,
                          const char *suffix)
{
    return sl_fmt(a, "%c%s%s", type->kind[0] - 'a' + 'A', type->kind + 1, suffix);
}

static void write_ref(struct writer *o, sl_str name)
{
    sl_jsonw_object(&o->w);
    sl_jsonw_key_str(&o->w, SL_STR("$ref"),
                     sl_fmt(o->a, "#/components/schemas/%.*s", SL_STRF(name)));
    sl_jsonw_end(&o->w);
}

/* ------------------------------------------------------------------ schemas */

static const struct {
    const char *name, *schema;
    bool is_always;
} metadata[] = {
    {"id", "{\"type\":\"string\",\"description\":\"A ULID; never changes.\"}", true},
    {"key",
     "{\"type\":\"string\",\"description\":\"Its name in URLs and references, unique in its kind.\"}",
     true},
    {"revision",
     "{\"type\":\"integer\",\"description\":\"Rises by one with each change: the ETag.\"}", true},
    {"created_at", "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}", true},
    {"created_by", "{\"type\":\"string\"}", true},
    {"updated_at", "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}", true},
    {"updated_by", "{\"type\":\"string\"}", true},
    {"origin",
     "{\"type\":\"string\",\"description\":\"Only of one that stands in a file and is changed there: "
     "where.\"}",
     false},
    {"actions",
     "{\"type\":\"array\",\"description\":\"Of one that is shown alone: what who asks may do with it, in "
     "order of use; `refused` says why it is not possible now, `is_awaited` that its state waits for just "
     "this.\",\"items\":{\"type\":\"object\",\"required\":[\"name\"],\"additionalProperties\":false,"
     "\"properties\":{\"name\":{\"type\":\"string\"},\"refused\":{\"type\":\"string\"},"
     "\"refused_code\":{\"type\":\"string\"},"
     "\"is_awaited\":{"
     "\"type\":\"boolean\"}}}}",
     false},
    {"secret",
     "{\"type\":\"string\",\"description\":\"Only in the answer to a creation or rotation that made "
     "one.\"}",
     false},
};

static sl_str properties_of(const struct sl_field *fields, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_field_json_properties(fields, &b);
    return sl_strbuf_str(&b);
}

static sl_str required_of(const struct sl_field *fields, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_field_json_required(fields, &b);
    return sl_strbuf_str(&b);
}

static const char workspace_schema[] =
    "\"workspace\":{\"type\":\"string\",\"description\":\"The workspace that it belongs to; set at "
    "its creation, `default` when left out.\"}";

/* What a client sends. */
static sl_str input_schema(const struct sl_resource_type *type, struct sl_arena *a)
{
    return sl_fmt(a,
                  "{\"type\":\"object\",\"additionalProperties\":false,\"description\":\"%s\","
                  "\"required\":[%.*s],\"properties\":{%s%s%.*s}}",
                  type->noun->summary, SL_STRF(required_of(type->noun->fields, a)),
                  type->is_global ? "" : workspace_schema, type->is_global ? "" : ",",
                  SL_STRF(properties_of(type->noun->fields, a)));
}

/* What it gets. */
static sl_str output_schema(const struct sl_resource_type *type, struct sl_arena *a)
{
    static const struct sl_field none[] = {SL_FIELD_END};
    struct sl_strbuf b;
    sl_str required = required_of(type->noun->fields, a),
           state = properties_of(type->state != NULL ? type->state : none, a);
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_addf(&b, "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[");
    for (size_t i = 0; i < SL_LEN(metadata); i++) {
        if (metadata[i].is_always)
            sl_strbuf_addf(&b, "\"%s\",", metadata[i].name);
    }
    sl_strbuf_addf(&b, "\"status\"%s%.*s],\"properties\":{", required.n != 0 ? "," : "",
                   SL_STRF(required));
    for (size_t i = 0; i < SL_LEN(metadata); i++)
        sl_strbuf_addf(&b, "\"%s\":%s,", metadata[i].name, metadata[i].schema);
    if (!type->is_global)
        sl_strbuf_addf(&b, "%s,", workspace_schema);
    sl_strbuf_addf(&b,
                   "\"status\":{\"type\":\"object\",\"additionalProperties\":false,"
                   "\"readOnly\":true,\"properties\":{%.*s}},",
                   SL_STRF(state));
    sl_strbuf_add(&b, properties_of(type->noun->fields, a));
    sl_strbuf_add(&b, SL_STR("}}"));
    return sl_strbuf_str(&b);
}

#define SAID                                                                                               \
    "\"code\":{\"enum\":[%.*s],\"description\":\"Of the sentence in `detail`; not there: it has none.\"}," \
    "\"params\":{\"type\":\"object\",\"description\":\"What stands in the sentence, by its name.\","       \
    "\"additionalProperties\":{\"type\":\"string\"}}"
static const char problem_schema[] =
    "{\"type\":\"object\",\"description\":\"RFC 9457\",\"required\":[\"type\",\"title\",\"status\","
    "\"reason\",\"request_id\"],\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":"
    "\"string\"},\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"}," SAID
    ",\"reason\":{"
    "\"type\":\"string\",\"description\":\"A stable code.\"},\"request_id\":{\"type\":\"string\"},"
    "\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"pointer\":{"
    "\"type\":\"string\",\"description\":\"The member (RFC 6901).\"},\"detail\":{\"type\":\"string\"}," SAID
    ",\"resource\":{\"type\":\"string\",\"description\":\"Whose member: kind/key.\"}}}}}}";
#undef SAID

static sl_str problem(struct sl_arena *a)
{
    struct sl_strbuf codes;
    sl_strbuf_init(&codes, a, 0);
    sl_saying_codes(&codes);
    sl_str list = sl_strbuf_str(&codes);
    return sl_fmt(a, problem_schema, SL_STRF(list), SL_STRF(list));
}

static sl_str report_row_schema(struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_api_report_row_schema(&b);
    return sl_strbuf_str(&b);
}

static sl_str filter_schema(struct writer *o, bool is_for_numbers)
{
    struct sl_strbuf b;
    const char *comma = "";
    sl_strbuf_init(&b, o->a, 0);
    sl_strbuf_add(&b,
                  SL_STR("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"));
    for (int i = 0; i < SL_FILTER_OP_COUNT; i++) {
        enum sl_filter_op op = (enum sl_filter_op)i;
        if (sl_filter_op_is_for_numbers(op) && !is_for_numbers)
            continue;
        sl_strbuf_addf(&b, "%s\"%s\":{\"type\":\"string\",\"description\":\"It %s.\"}", comma,
                       sl_filter_op_name(op), sl_filter_op_text(op));
        comma = ",";
    }
    sl_strbuf_add(&b, SL_STR("}}"));
    return sl_strbuf_str(&b);
}

static void write_schemas(struct writer *o)
{
    sl_jsonw_key(&o->w, SL_STR("schemas"));
    sl_jsonw_object(&o->w);
    sl_jsonw_key_raw(&o->w, SL_STR("Problem"), problem(o->a));
    sl_jsonw_key_raw(&o->w, SL_STR("TextFilter"), filter_schema(o, false));
    sl_jsonw_key_raw(&o->w, SL_STR("NumberFilter"), filter_schema(o, true));
    sl_jsonw_key_raw(&o->w, SL_STR("ReportRow"), report_row_schema(o->a));
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        const struct sl_resource_type *type = sl_resource_types[i];
        sl_jsonw_key_raw(&o->w, schema_name(o->a, type, ""), output_schema(type, o->a));
        if ((type->verbs & SL_VERB_CREATE) != 0)
            sl_jsonw_key_raw(&o->w, schema_name(o->a, type, "Input"), input_schema(type, o->a));
    }
    sl_jsonw_end(&o->w);
}

/* ------------------------------------------------------------------ parameters */

static void write_parameter(struct writer *o, const char *name, const char *in, bool is_required,
                            const char *schema, const char *text)
{
    sl_jsonw_object(&o->w);
    sl_jsonw_key_str(&o->w, SL_STR("name"), sl_cstr(name));
    sl_jsonw_key_str(&o->w, SL_STR("in"), sl_cstr(in));
    sl_jsonw_key_bool(&o->w, SL_STR("required"), is_required);
    sl_jsonw_key_raw(&o->w, SL_STR("schema"), sl_cstr(schema));
    sl_jsonw_key_str(&o->w, SL_STR("description"), sl_cstr(text));
    sl_jsonw_end(&o->w);
}

static void write_list_parameters(struct writer *o)
{
    static const char text[] = "{\"type\":\"string\"}";
    write_parameter(o, "limit", "query", false,
                    "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}",
                    "How many at most.");
    write_parameter(o, "cursor", "query", false, text, "`next_cursor` of the page before.");
    write_parameter(o, "sort", "query", false,
                    "{\"enum\":[\"key\",\"-key\",\"created_at\",\"-created_at\",\"updated_at\","
                    "\"-updated_at\"],\"default\":\"key\"}",
                    "The order; `-` is the reverse.");
    write_parameter(o, "fields", "query", false, text, "Only these members, separated by commas.");
    write_parameter(o, "q", "query", false, text, "Only those whose key contains this.");
    write_parameter(o, "workspace", "query", false, text, "Only those of this workspace.");
}

/* `member=value`, and `member[op]=value` for each operator that it takes. */
static void write_filter(struct writer *o, const char *prefix, const struct sl_field *f)
{
    sl_jsonw_object(&o->w);
    sl_jsonw_key_str(&o->w, SL_STR("name"), sl_fmt(o->a, "%s%s", prefix, f->name));
    sl_jsonw_key_str(&o->w, SL_STR("in"), SL_STR("query"));
    sl_jsonw_key_bool(&o->w, SL_STR("required"), false);
    sl_jsonw_key_str(&o->w, SL_STR("style"), SL_STR("deepObject"));
    sl_jsonw_key_bool(&o->w, SL_STR("explode"), true);
    sl_jsonw_key_raw(&o->w, SL_STR("schema"),
                     sl_filter_is_number(f)
                         ? SL_STR("{\"$ref\":\"#/components/schemas/NumberFilter\"}")
                         : SL_STR("{\"$ref\":\"#/components/schemas/TextFilter\"}"));
    sl_jsonw_key_str(&o->w, SL_STR("description"),
                     sl_fmt(o->a, "Only those with this `%s`: `%s%s=VALUE`, or with an operator.",
                            f->name, prefix, f->name));
    sl_jsonw_end(&o->w);
}

static void write_filters(struct writer *o, const char *prefix, const struct sl_field *fields)
{
    for (const struct sl_field *f = fields; f != NULL && f->kind != SL_FIELD_KIND_END; f++)
        if (sl_filter_is_possible(f))
            write_filter(o, prefix, f);
}

/* Members of a noun itself are filters already. */
static void write_references(struct writer *o, const struct sl_reference *references)
{
    for (const struct sl_reference *r = references; r != NULL && r->path != NULL; r++) {
        if (sl_str_find(sl_cstr(r->path), '.', 0) == SIZE_MAX)
            continue;
        write_parameter(o, sl_fmt(o->a, "%.*s", SL_STRF(sl_reference_filter(r, o->a))).p, "query",
                        false, "{\"type\":\"string\"}",
                        sl_fmt(o->a, "Only those that refer to this %s.", r->kind).p);
    }
}

static void write_parameters(struct writer *o, const struct sl_api_operation *op)
{
    bool is_of_one = sl_str_find(op->path, '{', 0) != SIZE_MAX;
    bool changes_one = (op->verb & (SL_VERB_REPLACE | SL_VERB_PATCH | SL_VERB_DELETE)) != 0;
    sl_jsonw_key(&o->w, SL_STR("parameters"));
    sl_jsonw_array(&o->w);
    if (is_of_one && op->type == NULL)
        write_parameter(o, "id", "path", true, "{\"type\":\"string\",\"minLength\":1}",
                        "Which one.");
    if (is_of_one && op->type != NULL)
        write_parameter(o, "key", "path", true, "{\"type\":\"string\",\"minLength\":1}",
                        "Key or id of the resource.");
    if (op->verb == SL_VERB_LIST) {
        write_list_parameters(o);
        write_filters(o, "", op->type->noun->fields);
        write_filters(o, "status.", op->type->state);
        write_references(o, op->type->references);
        write_filters(o, "", sl_filter_row_fields);
    }
    for (const struct sl_api_parameter *p = op->parameters; p != NULL && p->name != NULL; p++)
        write_parameter(o, p->name, "query", false, p->schema, p->text);
    if (changes_one)
        write_parameter(o, "If-Match", "header", true, "{\"type\":\"string\"}",
                        "The ETag that was seen, or `*`.");
    if (op->verb == SL_VERB_CREATE)
        write_parameter(o, "Idempotency-Key", "header", false,
                        "{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}",
                        "The same request with the same key creates once.");
    if (strcmp(op->method, "GET") != 0 && op->type != NULL)
        write_parameter(o, "dry_run", "query", false, "{\"enum\":[\"true\",\"false\"]}",
                        "Check everything, change nothing.");
    sl_jsonw_end(&o->w);
}

/* ------------------------------------------------------------------ bodies */

static void begin_content(struct writer *o, const char *media_type)
{
    sl_jsonw_key(&o->w, SL_STR("content"));
    sl_jsonw_object(&o->w);
    sl_jsonw_key(&o->w, sl_cstr(media_type));
    sl_jsonw_object(&o->w);
    sl_jsonw_key(&o->w, SL_STR("schema"));
}

static void end_content(struct writer *o)
{
    sl_jsonw_end(&o->w);
    sl_jsonw_end(&o->w);
}

static void write_body(struct writer *o, const struct sl_api_operation *op)
{
    bool is_patch = op->verb == SL_VERB_PATCH;
    bool has_resource = (op->verb & (SL_VERB_CREATE | SL_VERB_REPLACE)) != 0;
    if (!is_patch && !has_resource && op->body == NULL)
        return;
    sl_jsonw_key(&o->w, SL_STR("requestBody"));
    sl_jsonw_object(&o->w);
    sl_jsonw_key_bool(&o->w, SL_STR("required"), op->verb != 0);
    begin_content(o, is_patch ? "application/merge-patch+json" : "application/json");
    if (has_resource) {
        write_ref(o, schema_name(o->a, op->type, "Input"));
    } else if (is_patch) {
        sl_jsonw_raw(&o->w, SL_STR("{\"type\":\"object\"}"));
    } else {
        struct sl_strbuf b;
        sl_strbuf_init(&b, o->a, 0);
        sl_field_json_schema(op->body, &b);
        sl_jsonw_raw(&o->w, sl_strbuf_str(&b));
    }
    end_content(o);
    sl_jsonw_end(&o->w);
}

static unsigned success_of(const struct sl_api_operation *op)
{
    if (op->success != 0)
        return op->success;
    if (op->verb == SL_VERB_CREATE)
        return 201;
    return strcmp(op->method, "DELETE") == 0 ? 204 : 200;
}

static void write_success(struct writer *o, const struct sl_api_operation *op)
{
    sl_jsonw_key(&o->w, sl_fmt(o->a, "%u", success_of(op)));
    sl_jsonw_object(&o->w);
    sl_jsonw_key_str(&o->w, SL_STR("description"), SL_STR("Done."));
    if (op->type != NULL && op->verb != SL_VERB_DELETE && !op->is_outside) {
        begin_content(o, "application/json");
        if (op->verb == SL_VERB_LIST) {
            sl_str item = schema_name(o->a, op->type, "");
            sl_jsonw_raw(&o->w,
                         sl_fmt(o->a,
                                "{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{"
                                "\"items\":{\"type\":\"array\",\"items\":{\"$ref\":"
                                "\"#/components/schemas/%.*s\"}},\"next_cursor\":{\"type\":"
                                "\"string\"}}}",
                                SL_STRF(item)));
        } else {
            write_ref(o, schema_name(o->a, op->type, ""));
        }
        end_content(o);
    } else if (op->answer != NULL) {
        begin_content(o, "application/json");
        sl_jsonw_raw(&o->w, sl_cstr(op->answer));
        end_content(o);
    }
    sl_jsonw_end(&o->w);
}

static void write_responses(struct writer *o, const struct sl_api_operation *op)
{
    sl_jsonw_key(&o->w, SL_STR("responses"));
    sl_jsonw_object(&o->w);
    write_success(o, op);
    sl_jsonw_key(&o->w, SL_STR("default"));
    sl_jsonw_object(&o->w);
    sl_jsonw_key_str(&o->w, SL_STR("description"), SL_STR("A problem."));
    begin_content(o, "application/problem+json");
    write_ref(o, SL_STR("Problem"));
    end_content(o);
    sl_jsonw_end(&o->w);
    sl_jsonw_end(&o->w);
}

/* ------------------------------------------------------------------ operations */

static void write_operation(const struct sl_api_operation *op, void *arg)
{
    struct writer *o = arg;
    if (!sl_str_eq(o->path, op->path)) {
        if (o->path.p != NULL)
            sl_jsonw_end(&o->w);
        o->path = op->path;
        sl_jsonw_key(&o->w, op->path);
        sl_jsonw_object(&o->w);
    }
    char method[8] = {0};
    for (size_t i = 0; op->method[i] != '\0'; i++)
        method[i] = sl_lower(op->method[i]);
    sl_jsonw_key(&o->w, sl_cstr(method));
    sl_jsonw_object(&o->w);
    sl_jsonw_key_str(&o->w, SL_STR("operationId"), op->id);
    sl_jsonw_key_str(&o->w, SL_STR("summary"), sl_cstr(op->summary));
    if (op->permission.n != 0)
        sl_jsonw_key_str(&o->w, SL_STR("x-permission"), op->permission);
    sl_jsonw_key(&o->w, SL_STR("tags"));
    sl_jsonw_array(&o->w);
    sl_jsonw_str(&o->w, op->type != NULL ? sl_cstr(op->type->noun->name) : SL_STR("gateway"));
    sl_jsonw_end(&o->w);
    if (op->access == SL_API_PUBLIC || op->access == SL_API_GUEST)
        sl_jsonw_key_raw(&o->w, SL_STR("security"), SL_STR("[]"));
    write_parameters(o, op);
    write_body(o, op);
    write_responses(o, op);
    sl_jsonw_end(&o->w);
}

/* Operations of one path follow one another, or the document would have it twice. */
struct ordered {
    struct sl_api_operation *v;
    size_t n, cap;
    struct sl_arena *a;
};

static void collect(const struct sl_api_operation *op, void *arg)
{
    struct ordered *all = arg;
    size_t at = all->n;
    if (all->n == all->cap) {
        struct sl_api_operation *v =
            sl_arena_array(all->a, struct sl_api_operation, 2 * all->cap + 64);
        if (all->n != 0)
            memcpy(v, all->v, all->n * sizeof(*v));
        all->v = v;
        all->cap = 2 * all->cap + 64;
    }
    while (at > 0 && sl_str_cmp(op->path, all->v[at - 1].path) < 0) {
        all->v[at] = all->v[at - 1];
        at--;
    }
    all->v[at] = *op;
    all->n++;
}

static void write_paths(struct writer *o)
{
    struct ordered all = {.a = o->a};
    sl_api_each(collect, o->a, &all);
    sl_jsonw_key(&o->w, SL_STR("paths"));
    sl_jsonw_object(&o->w);
    for (size_t i = 0; i < all.n; i++)
        write_operation(&all.v[i], o);
    if (o->path.p != NULL)
        sl_jsonw_end(&o->w);
    sl_jsonw_end(&o->w);
}

void sl_openapi_write(struct sl_strbuf *out, const char *version, struct sl_arena *a)
{
    struct writer o = {.out = out, .a = a};
    sl_jsonw_init(&o.w, out);
    sl_jsonw_object(&o.w);
    sl_jsonw_key_str(&o.w, SL_STR("openapi"), SL_STR("3.1.0"));
    sl_jsonw_key(&o.w, SL_STR("info"));
    sl_jsonw_object(&o.w);
    sl_jsonw_key_str(&o.w, SL_STR("title"), SL_STR("Sluice admin API"));
    sl_jsonw_key_str(&o.w, SL_STR("version"), sl_cstr(version));
    sl_jsonw_end(&o.w);
    sl_jsonw_key_raw(&o.w, SL_STR("security"), SL_STR("[{\"session\":[]},{\"token\":[]}]"));
    write_paths(&o);
    sl_jsonw_key(&o.w, SL_STR("components"));
    sl_jsonw_object(&o.w);
    write_schemas(&o);
    sl_jsonw_key_raw(&o.w, SL_STR("securitySchemes"),
                     SL_STR("{\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":"
                            "\"sluice_session\"},\"token\":{\"type\":\"http\",\"scheme\":"
                            "\"bearer\"}}"));
    sl_jsonw_end(&o.w);
    sl_jsonw_end(&o.w);
}

/* ------------------------------------------------------------------ the reference */

static void add_operation_row(const struct sl_api_operation *op, void *arg)
{
    static const char *const access[] = {"",
                                         "whoever is logged in",
                                         "whoever is logged in; for what is others' ",
                                         "anybody",
                                         "anybody; who is logged in sees more",
                                         "everywhere: "};
    struct sl_strbuf *out = arg;
    sl_strbuf_addf(out, "| `%s %.*s` | ", op->method, SL_STRF(op->path));
    sl_strbuf_add(out, sl_cstr(access[op->access]));
    if (op->permission.n != 0)
        sl_strbuf_addf(out, "`%.*s`", SL_STRF(op->permission));
    sl_strbuf_addf(out, " | %s |\n", op->summary);
}

static void add_noun(const struct sl_resource_type *type, struct sl_strbuf *out)
{
    static const char *const effects[] = {
        "Does not concern the traffic.", "A change takes effect at once.",
        "A change is a draft; it takes effect when it is published."};
    sl_strbuf_addf(out, "\n### %s\n\n%s %s\n\n", type->noun->name, type->noun->summary,
                   effects[type->effect]);
    bool is_of_files = type->noun >= sl_nouns && type->noun < sl_nouns + SL_NOUN_COUNT;
    if (is_of_files)
        sl_strbuf_addf(out, "Its members are those of [%s](configuration.md#%s) in files.\n",
                       type->noun->name, type->noun->name);
    else
        sl_field_reference(type->noun->fields, out);
    if (type->state != NULL) {
        sl_strbuf_add(out, SL_STR("\nIts `status`:\n\n"));
        sl_field_reference(type->state, out);
    }
    for (const struct sl_action *a = type->actions; a != NULL && a->name != NULL; a++) {
        sl_strbuf_addf(out, "\n`%s`: %s\n", a->name, a->summary);
        if (a->fields == NULL)
            continue;
        sl_strbuf_add_char(out, '\n');
        sl_field_reference(a->fields, out);
    }
}

void sl_api_reference(struct sl_strbuf *out, struct sl_arena *a)
{
    sl_strbuf_add(out,
                  SL_STR("# Operations and nouns of the admin API\n\n"
                         "Generated from the program's own tables; do not edit. How the API "
                         "works is in [admin-api.md](admin-api.md).\n\n"
                         "## Operations\n\n| Operation | Permission | Does |\n|---|---|---|\n"));
    sl_api_each(add_operation_row, a, out);
    sl_strbuf_add(out, SL_STR("\n## Nouns\n"));
    for (size_t i = 0; sl_resource_types[i] != NULL; i++)
        add_noun(sl_resource_types[i], out);
}
