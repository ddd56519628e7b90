/* prompt_openapi: the OpenAPI document of a service of prompts, as its callers need it. */
#include "ai/prompt.h"

#include "base/num.h"
#include "base/str.h"

/* ------------------------------------------------------------------ variables */

/* A value that stands as text in the configuration, as the type's JSON. */
static void write_value(struct sl_jsonw *w, const struct sl_ai_prompt_variable *v, sl_str text)
{
    bool is_bare = v->type == SL_AI_PROMPT_INTEGER || v->type == SL_AI_PROMPT_NUMBER ||
                   v->type == SL_AI_PROMPT_BOOLEAN || v->type == SL_AI_PROMPT_JSON;
    bool is_list = v->type == SL_AI_PROMPT_LIST;
    if (is_list)
        sl_jsonw_array(w);
    if (is_bare)
        sl_jsonw_raw(w, text); /* checked when it was compiled */
    else
        sl_jsonw_str(w, text);
    if (is_list)
        sl_jsonw_end(w);
}

static void write_values(struct sl_jsonw *w, const struct sl_ai_prompt_variable *v)
{
    if (v->values.n == 0)
        return;
    sl_jsonw_key(w, SL_STR("enum"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < v->values.n; i++) {
        if (v->type == SL_AI_PROMPT_LIST)
            sl_jsonw_str(w, v->values.v[i]);
        else
            write_value(w, v, v->values.v[i]);
    }
    sl_jsonw_end(w);
}

static void write_bounds(struct sl_jsonw *w, const struct sl_ai_prompt_variable *v)
{
    static const char *const names[SL_AI_PROMPT_TYPE_COUNT][2] = {
        [SL_AI_PROMPT_STRING] = {"minLength", "maxLength"},
        [SL_AI_PROMPT_INTEGER] = {"minimum", "maximum"},
        [SL_AI_PROMPT_NUMBER] = {"minimum", "maximum"},
        [SL_AI_PROMPT_LIST] = {"minItems", "maxItems"},
    };
    if (names[v->type][0] == NULL)
        return;
    if (v->has_min)
        sl_jsonw_key_i64(w, sl_cstr(names[v->type][0]), v->min);
    if (v->has_max)
        sl_jsonw_key_i64(w, sl_cstr(names[v->type][1]), v->max);
}

static void write_schema(struct sl_jsonw *w, const struct sl_ai_prompt_variable *v)
{
    static const char *const types[SL_AI_PROMPT_TYPE_COUNT] = {
        [SL_AI_PROMPT_STRING] = "string", [SL_AI_PROMPT_INTEGER] = "integer",
        [SL_AI_PROMPT_NUMBER] = "number", [SL_AI_PROMPT_BOOLEAN] = "boolean",
        [SL_AI_PROMPT_LIST] = "array",
    };
    sl_jsonw_object(w);
    if (types[v->type] != NULL) /* JSON: any */
        sl_jsonw_key_str(w, SL_STR("type"), sl_cstr(types[v->type]));
    if (v->type == SL_AI_PROMPT_LIST) {
        sl_jsonw_key(w, SL_STR("items"));
        sl_jsonw_object(w);
        sl_jsonw_key_str(w, SL_STR("type"), SL_STR("string"));
        write_values(w, v);
        sl_jsonw_end(w);
    } else {
        write_values(w, v);
    }
    write_bounds(w, v);
    if (v->description.n != 0)
        sl_jsonw_key_str(w, SL_STR("description"), v->description);
    if (v->dflt.p != NULL) {
        sl_jsonw_key(w, SL_STR("default"));
        write_value(w, v, v->dflt);
    }
    if (v->example.n != 0) {
        sl_jsonw_key(w, SL_STR("examples"));
        sl_jsonw_array(w);
        write_value(w, v, v->example);
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

static void write_parameters(struct sl_jsonw *w, const struct sl_ai_prompt *p, bool is_get)
{
    sl_jsonw_key(w, SL_STR("parameters"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < p->variable_count; i++) {
        const struct sl_ai_prompt_variable *v = &p->variables[i];
        if (!v->is_in_path && !is_get)
            continue;
        sl_jsonw_object(w);
        sl_jsonw_key_str(w, SL_STR("name"), v->name);
        sl_jsonw_key_str(w, SL_STR("in"), v->is_in_path ? SL_STR("path") : SL_STR("query"));
        sl_jsonw_key_bool(w, SL_STR("required"), v->is_in_path || v->is_required);
        sl_jsonw_key(w, SL_STR("schema"));
        write_schema(w, v);
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

static void write_stream_property(struct sl_jsonw *w, const struct sl_ai_prompt *p)
{
    if (!p->may_stream)
        return;
    sl_jsonw_key(w, SL_STR("stream"));
    sl_jsonw_raw(w, SL_STR("{\"type\":\"boolean\",\"default\":false,\"description\":\"Send the "
                           "answer in pieces, as server-sent events.\"}"));
}

static void write_required(struct sl_jsonw *w, const struct sl_ai_prompt *p, bool *ret_any)
{
    *ret_any = false;
    for (size_t i = 0; i < p->variable_count; i++) {
        const struct sl_ai_prompt_variable *v = &p->variables[i];
        if (v->is_in_path || !v->is_required)
            continue;
        if (!*ret_any) {
            sl_jsonw_key(w, SL_STR("required"));
            sl_jsonw_array(w);
        }
        *ret_any = true;
        sl_jsonw_str(w, v->name);
    }
    if (*ret_any)
        sl_jsonw_end(w);
}

static void write_body_schema(struct sl_jsonw *w, const struct sl_ai_prompt *p, bool *ret_is_needed)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), SL_STR("object"));
    write_required(w, p, ret_is_needed);
    sl_jsonw_key(w, SL_STR("properties"));
    sl_jsonw_object(w);
    for (size_t i = 0; i < p->variable_count; i++) {
        if (p->variables[i].is_in_path)
            continue;
        sl_jsonw_key(w, p->variables[i].name);
        write_schema(w, &p->variables[i]);
    }
    write_stream_property(w, p);
    sl_jsonw_end(w);
    sl_jsonw_key_bool(w, SL_STR("additionalProperties"), false);
    sl_jsonw_end(w);
}

static void write_request(struct sl_jsonw *w, const struct sl_ai_prompt *p)
{
    bool is_needed;
    sl_jsonw_key(w, SL_STR("requestBody"));
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("content"));
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("application/json"));
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("schema"));
    write_body_schema(w, p, &is_needed);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    sl_jsonw_key_bool(w, SL_STR("required"), is_needed);
    sl_jsonw_end(w);
}

/* ------------------------------------------------------------------ answers */

static void write_answer_schema(struct sl_jsonw *w, const struct sl_ai_prompt_output *o)
{
    if (o->schema.n != 0 && o->map.n == 0) {
        sl_jsonw_raw(w, o->schema);
        return;
    }
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), o->is_text ? SL_STR("string") : SL_STR("object"));
    if (!o->is_text) {
        sl_jsonw_key(w, SL_STR("required"));
        sl_jsonw_array(w);
        for (size_t i = 0; i < o->map.n; i++)
            sl_jsonw_str(w, o->map.v[i].name);
        if (o->map.n == 0)
            sl_jsonw_str(w, o->member);
        sl_jsonw_end(w);
        sl_jsonw_key(w, SL_STR("properties"));
        sl_jsonw_object(w);
        for (size_t i = 0; i < o->map.n; i++)
            sl_jsonw_key_raw(w, o->map.v[i].name, SL_STR("{}"));
        if (o->map.n == 0)
            sl_jsonw_key_raw(w, o->member, SL_STR("{\"type\":\"string\"}"));
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

static void write_content(struct sl_jsonw *w, sl_str type, const struct sl_ai_prompt_output *o)
{
    sl_jsonw_key(w, type);
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("schema"));
    if (o != NULL)
        write_answer_schema(w, o);
    else
        sl_jsonw_raw(w, SL_STR("{\"type\":\"string\"}"));
    sl_jsonw_end(w);
}

static void write_responses(struct sl_jsonw *w, const struct sl_ai_prompt *p)
{
    sl_jsonw_key(w, SL_STR("responses"));
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("200"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("description"), SL_STR("What the model answered."));
    sl_jsonw_key(w, SL_STR("content"));
    sl_jsonw_object(w);
    write_content(w, p->output.is_text ? SL_STR("text/plain") : SL_STR("application/json"),
                  &p->output);
    if (p->may_stream)
        write_content(w, SL_STR("text/event-stream"), NULL);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    sl_jsonw_key(w, SL_STR("default"));
    sl_jsonw_raw(w, SL_STR("{\"$ref\":\"#/components/responses/problem\"}"));
    sl_jsonw_end(w);
}

/* ------------------------------------------------------------------ the document */

static void write_operation(struct sl_jsonw *w, const struct sl_ai_prompt *p, bool is_get)
{
    struct sl_strbuf id;
    sl_strbuf_init(&id, NULL, 0);
    sl_strbuf_addf(&id, "%.*s%s", SL_STRF(p->name), is_get && p->takes_post ? "-get" : "");
    sl_jsonw_key(w, is_get ? SL_STR("get") : SL_STR("post"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("operationId"), sl_strbuf_str(&id));
    sl_strbuf_fini(&id);
    if (p->title.n != 0)
        sl_jsonw_key_str(w, SL_STR("summary"), p->title);
    if (p->description.n != 0)
        sl_jsonw_key_str(w, SL_STR("description"), p->description);
    write_parameters(w, p, is_get);
    if (!is_get)
        write_request(w, p);
    write_responses(w, p);
    sl_jsonw_end(w);
}

static void write_info(struct sl_jsonw *w, const struct sl_ai_prompt_service *s)
{
    sl_jsonw_key(w, SL_STR("info"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("title"), s->title);
    sl_jsonw_key_str(w, SL_STR("version"), s->version.n != 0 ? s->version : SL_STR("1"));
    if (s->summary.n != 0)
        sl_jsonw_key_str(w, SL_STR("summary"), s->summary);
    sl_jsonw_end(w);
}

static const char components[] =
    "{\"responses\":{\"problem\":{\"description\":\"A problem (RFC 9457).\",\"content\":{"
    "\"application/problem+json\":{\"schema\":{\"type\":\"object\",\"required\":[\"type\",\"title\","
    "\"status\",\"reason\",\"request_id\"],\"properties\":{\"type\":{\"type\":\"string\"},"
    "\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":"
    "\"string\"},\"reason\":{\"type\":\"string\"},\"hint\":{\"type\":\"string\"},\"request_id\":{"
    "\"type\":\"string\"},\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
    "\"properties\":{\"pointer\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"}}}}}}}}}},"
    "\"securitySchemes\":{\"key\":{\"type\":\"http\",\"scheme\":\"bearer\"}}}";

void sl_ai_prompt_openapi(const struct sl_ai_prompt_service *service, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("openapi"), SL_STR("3.1.0"));
    write_info(&w, service);
    sl_jsonw_key(&w, SL_STR("paths"));
    sl_jsonw_object(&w);
    for (size_t i = 0; i < service->operation_count; i++) {
        const struct sl_ai_prompt *p = service->operations[i].prompt;
        sl_jsonw_key(&w, service->operations[i].path);
        sl_jsonw_object(&w);
        if (p->takes_get)
            write_operation(&w, p, true);
        if (p->takes_post)
            write_operation(&w, p, false);
        sl_jsonw_end(&w);
    }
    sl_jsonw_end(&w);
    sl_jsonw_key(&w, SL_STR("components"));
    sl_jsonw_raw(&w, sl_cstr(components));
    sl_jsonw_key_raw(&w, SL_STR("security"), SL_STR("[{},{\"key\":[]}]"));
    sl_jsonw_end(&w);
}
