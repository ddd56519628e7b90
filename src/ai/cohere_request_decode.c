/*
 * cohere_request_decode: a request of Cohere's v2 chat, understood (wire-formats 5).
 *
 * Documents stand beside the conversation here; in the hub they are parts of the last thing that the user
 * says, before its text. A document is an object of any members: what others are shown is its text where
 * it has one, and all of it as JSON where it has more. Those in results of tools are texts, because most
 * vendors take nothing else there. What Cohere itself is to get is kept raw.
 */
#include "ai/chat_form.h"
#include "ai/cohere_int.h"

#include "ai/ids.h"
#include "base/str.h"

/* ------------------------------------------------------------------ documents */

/* What stands in place of a text in documents of a title and a text, under whatever name. */
static const struct sl_json *only_text_of(const struct sl_json *data)
{
    struct sl_json_cursor c = sl_json_each(data);
    const struct sl_json *v, *text = NULL;
    sl_str name;

    while ((v = sl_json_next(&c, &name)) != NULL) {
        if (sl_json_kind(v) != SL_JSON_STRING)
            return NULL;
        if (sl_str_eq(name, SL_STR("title")))
            continue;
        if (text != NULL ||
            (!sl_str_eq(name, SL_STR("text")) && !sl_str_eq(name, SL_STR("snippet"))))
            return NULL;
        text = v;
    }
    return text;
}

/* `v` is a text, or {id, data} with a text or an object. */
static sl_rc read_document_text(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                const struct sl_json *v, struct sl_ai_part *ret)
{
    struct sl_ai_place data_at = {.up = at, .name = "data"};
    const struct sl_json *data = sl_json_get(v, SL_STR("data"));
    const struct sl_json *text = sl_json_kind(v) == SL_JSON_STRING ? v : data;

    if (sl_json_kind(v) != SL_JSON_STRING && sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be a string or an object");
    if (sl_json_kind(text) == SL_JSON_OBJECT && only_text_of(text) != NULL) {
        ret->title = sl_json_text_of(text, "title");
        text = only_text_of(text);
    }
    if (sl_json_kind(text) == SL_JSON_STRING) {
        ret->text = sl_json_text(text);
        return SL_OK;
    }
    if (sl_json_kind(text) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, &data_at, "must be a string or an object");
    ret->title = sl_json_text_of(text, "title");
    return sl_ai_read_raw(r, text, &ret->text);
}

static sl_rc read_document(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = sl_ai_parts_add(r, parts, SL_AI_DOCUMENT);
    sl_rc rc;

    if (p == NULL)
        return SL_E_LIMIT;
    p->source = SL_AI_SOURCE_TEXT;
    p->media_type = SL_STR("text/plain");
    rc = read_document_text(r, at, v, p);
    return rc == SL_OK ? sl_ai_read_raw(r, v, &p->raw_json) : rc;
}

static struct sl_ai_message *last_of_user(const struct sl_ai_request *rq)
{
    struct sl_ai_message *found = NULL;

    for (struct sl_ai_message *m = rq->messages; m != NULL; m = m->next)
        if (m->role == SL_AI_ROLE_USER)
            found = m;
    return found;
}

static sl_rc read_documents(struct sl_ai_reader *r, const struct sl_json *body,
                            struct sl_ai_request *ret)
{
    struct sl_ai_message *m = last_of_user(ret);
    struct sl_ai_place at = {.name = "documents"};
    struct sl_ai_parts parts = {0};
    sl_rc rc = sl_ai_read_chat_list(r, NULL, "documents", body, read_document, &parts);

    if (rc != SL_OK || parts.first == NULL)
        return rc;
    if (m == NULL)
        return sl_ai_read_fail(r, &at, "are for a message of the user, and there is none");
    parts.last->next = m->parts;
    m->parts = parts.first;
    m->part_count += parts.count;
    return SL_OK;
}

/* ------------------------------------------------------------------ parts of messages */

static sl_rc read_text(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_part *p)
{
    p->kind = SL_AI_TEXT;
    return sl_ai_read_text(r, at, "text", v, true, &p->text);
}

/* The signature is what our answers gave it. */
static sl_rc read_thought(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_part *p)
{
    sl_rc rc = sl_ai_read_text(r, at, "thinking", v, true, &p->text);

    p->kind = SL_AI_THINKING;
    return rc == SL_OK ? sl_ai_read_text(r, at, "signature", v, false, &p->signature) : rc;
}

/* In the result of a tool. */
static sl_rc read_found(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_part *p)
{
    struct sl_ai_place document_at = {.up = at, .name = "document"};
    sl_rc rc = read_document_text(r, &document_at, sl_json_get(v, SL_STR("document")), p);

    p->kind = SL_AI_TEXT;
    return rc == SL_OK ? sl_ai_read_raw(r, v, &p->raw_json) : rc;
}

enum { OF_SYSTEM = 1, OF_USER = 2, OF_ASSISTANT = 4, OF_TOOL = 8 };

static const struct {
    const char *type;
    unsigned roles;
    sl_rc (*read)(struct sl_ai_reader *r, const struct sl_ai_place *at, const struct sl_json *v,
                  struct sl_ai_part *p);
} part_types[] = {
    {"text", OF_SYSTEM | OF_USER | OF_ASSISTANT | OF_TOOL, read_text},
    {"image_url", OF_USER, sl_ai_read_image_url},
    {"thinking", OF_ASSISTANT, read_thought},
    {"document", OF_TOOL, read_found},
};

static sl_rc read_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, unsigned role, struct sl_ai_parts *parts)
{
    struct sl_ai_place type_at = {.up = at, .name = "type"};
    struct sl_ai_part *p;
    sl_str type;
    sl_rc rc;

    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    rc = sl_ai_read_text(r, at, "type", v, true, &type);
    if (rc != SL_OK)
        return rc;
    for (size_t i = 0; i < SL_LEN(part_types); i++) {
        if ((part_types[i].roles & role) == 0 || !sl_str_eq(sl_cstr(part_types[i].type), type))
            continue;
        p = sl_ai_parts_add(r, parts, SL_AI_TEXT);
        return p != NULL ? part_types[i].read(r, at, v, p) : SL_E_LIMIT;
    }
    return sl_ai_read_fail(r, &type_at, "is none that a message of this role may have");
}

static sl_rc read_system_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_parts *parts)
{
    return read_part(r, at, v, OF_SYSTEM, parts);
}

static sl_rc read_user_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_parts *parts)
{
    return read_part(r, at, v, OF_USER, parts);
}

static sl_rc read_assistant_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                 const struct sl_json *v, struct sl_ai_parts *parts)
{
    return read_part(r, at, v, OF_ASSISTANT, parts);
}

static sl_rc read_tool_part(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_parts *parts)
{
    return read_part(r, at, v, OF_TOOL, parts);
}

/* ------------------------------------------------------------------ messages */

static sl_rc read_call(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = sl_ai_parts_add(r, parts, SL_AI_TOOL_CALL);

    return p != NULL ? sl_ai_read_function_call(r, at, v, true, p) : SL_E_LIMIT;
}

/* What the model meant to do is a thought before its calls. */
static sl_rc read_assistant(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p;
    sl_str plan;
    sl_rc rc = sl_ai_read_text(r, at, "tool_plan", v, false, &plan);

    if (rc == SL_OK && plan.n != 0) {
        p = sl_ai_parts_add(r, parts, SL_AI_THINKING);
        if (p == NULL)
            return SL_E_LIMIT;
        p->text = plan;
    }
    if (rc == SL_OK)
        rc = sl_ai_read_chat_content(r, at, v, read_assistant_part, parts);
    return rc == SL_OK ? sl_ai_read_chat_list(r, at, "tool_calls", v, read_call, parts) : rc;
}

static sl_rc read_result(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = sl_ai_parts_add(r, parts, SL_AI_TOOL_RESULT);
    struct sl_ai_parts found = {0};
    sl_rc rc;

    if (p == NULL)
        return SL_E_LIMIT;
    rc = sl_ai_read_text(r, at, "tool_call_id", v, true, &p->id);
    if (rc == SL_OK)
        rc = sl_ai_read_chat_content(r, at, v, read_tool_part, &found);
    p->id = sl_ai_id_original(r->a, p->id);
    p->parts = found.first;
    return rc;
}

static sl_rc read_message(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, enum sl_ai_role role, struct sl_ai_parts *parts)
{
    switch (role) {
    case SL_AI_ROLE_ASSISTANT:
        return read_assistant(r, at, v, parts);
    case SL_AI_ROLE_TOOL:
        return read_result(r, at, v, parts);
    case SL_AI_ROLE_USER:
        return sl_ai_read_chat_content(r, at, v, read_user_part, parts);
    case SL_AI_ROLE_SYSTEM:
    case SL_AI_ROLE_DEVELOPER:
        break;
    }
    return sl_ai_read_chat_content(r, at, v, read_system_part, parts);
}

static sl_rc read_messages(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_request *ret)
{
    return sl_ai_read_chat_messages(r, at, v, read_message, ret);
}

/* ------------------------------------------------------------------ other members */

static sl_rc read_tools(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret)
{
    return sl_ai_read_tools(r, at, v, sl_ai_read_function, ret);
}

static sl_rc read_tool_choice(struct sl_ai_reader *r, const struct sl_ai_place *at,
                              const struct sl_json *v, struct sl_ai_request *ret)
{
    sl_str word = sl_json_text(v);

    if (sl_str_eq(word, SL_STR("REQUIRED")))
        ret->tool_choice = SL_AI_CHOICE_REQUIRED;
    else if (sl_str_eq(word, SL_STR("NONE")))
        ret->tool_choice = SL_AI_CHOICE_NONE;
    else
        return sl_ai_read_fail(r, at, "must be REQUIRED or NONE");
    return SL_OK;
}

/* One word for all tools; read when they are known, wherever they stand. */
static void read_strictness(const struct sl_json *body, struct sl_ai_request *ret)
{
    int strict = -1;

    sl_ai_read_flag(sl_json_get(body, SL_STR("strict_tools")), &strict);
    for (struct sl_ai_tool *t = ret->tools; t != NULL && strict >= 0; t = t->next)
        t->strict = strict;
}

static sl_rc read_format(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_request *ret)
{
    const struct sl_json *schema = sl_json_get(v, SL_STR("json_schema"));
    struct sl_ai_place schema_at = {.up = at, .name = "json_schema"};
    sl_str type;
    sl_rc rc = sl_ai_read_text(r, at, "type", v, true, &type);

    if (schema == NULL) /* its older name */
        schema = sl_json_get(v, SL_STR("schema"));
    if (rc != SL_OK)
        return rc;
    if (sl_str_eq(type, SL_STR("text"))) {
        ret->format = SL_AI_FORMAT_TEXT;
        return SL_OK;
    }
    if (!sl_str_eq(type, SL_STR("json_object")))
        return sl_ai_read_fail(r, at, "must have the type text or json_object");
    ret->format = SL_AI_FORMAT_JSON;
    if (schema == NULL || sl_json_kind(schema) == SL_JSON_NULL)
        return SL_OK;
    ret->format = SL_AI_FORMAT_SCHEMA;
    return sl_ai_read_schema(r, &schema_at, schema, &ret->format_schema_json);
}

/* Without a budget it is the model that decides. */
static sl_rc read_thinking(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_request *ret)
{
    const struct sl_json *budget = sl_json_get(v, SL_STR("token_budget"));
    struct sl_ai_place budget_at = {.up = at, .name = "token_budget"};
    sl_str type;
    sl_rc rc = sl_ai_read_text(r, at, "type", v, true, &type);

    if (rc != SL_OK)
        return rc;
    if (sl_str_eq(type, SL_STR("disabled"))) {
        ret->thinking_budget = 0;
        return SL_OK;
    }
    if (!sl_str_eq(type, SL_STR("enabled")))
        return sl_ai_read_fail(r, at, "must have the type enabled or disabled");
    if (sl_json_kind(budget) <= SL_JSON_NULL) {
        ret->effort = SL_AI_EFFORT_MEDIUM;
        return SL_OK;
    }
    if (!sl_json_i64(budget, &ret->thinking_budget) || ret->thinking_budget < 0)
        return sl_ai_read_fail(r, &budget_at, "must be an integer that is not negative");
    return SL_OK;
}

static sl_rc check_list(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret)
{
    (void)ret; /* read_documents */
    return sl_json_kind(v) == SL_JSON_ARRAY ? SL_OK : sl_ai_read_fail(r, at, "must be an array");
}

static sl_rc check_flag(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret)
{
    int flag = -1;

    (void)ret; /* read_strictness */
    sl_ai_read_flag(v, &flag);
    return flag >= 0 ? SL_OK : sl_ai_read_fail(r, at, "must be true or false");
}

/* citation_options, safety_mode, priority and the like are nobody else's: ret->extra. */
static const struct sl_ai_param params[] = {
    SL_AI_PARAM(TEXT, "model", model),
    SL_AI_PARAM_BY("messages", read_messages),
    SL_AI_PARAM_BY("documents", check_list),
    SL_AI_PARAM(BOOL, "stream", is_stream),
    SL_AI_PARAM_BY("tools", read_tools),
    SL_AI_PARAM_BY("strict_tools", check_flag),
    SL_AI_PARAM_BY("tool_choice", read_tool_choice),
    SL_AI_PARAM_BY("response_format", read_format),
    SL_AI_PARAM_BY("thinking", read_thinking),
    SL_AI_PARAM(INT, "max_tokens", max_tokens),
    SL_AI_PARAM_BY("stop_sequences", sl_ai_read_stop),
    SL_AI_PARAM(NUMBER, "temperature", temperature),
    SL_AI_PARAM(NUMBER, "p", top_p),
    SL_AI_PARAM(NUMBER, "k", top_k),
    SL_AI_PARAM(NUMBER, "seed", seed),
    SL_AI_PARAM(NUMBER, "frequency_penalty", frequency_penalty),
    SL_AI_PARAM(NUMBER, "presence_penalty", presence_penalty),
    SL_AI_PARAM(FLAG, "logprobs", logprobs),
};

sl_rc sl_ai_cohere_decode_request(sl_str body, const struct sl_json_cuts *cuts, struct sl_arena *a,
                                  struct sl_ai_request *ret, struct sl_diag *d)
{
    struct sl_ai_reader r = {.a = a, .d = d};
    const struct sl_json *v;
    sl_rc rc = sl_ai_read_body(&r, body, cuts, &v);

    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "model");
    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "messages");
    if (rc != SL_OK)
        return rc;
    sl_ai_request_init(ret, SL_AI_COHERE);
    ret->wants_usage = true; /* always in the answer */
    rc = sl_ai_read_params(&r, v, params, SL_LEN(params), ret);
    if (rc != SL_OK)
        return rc;
    read_strictness(v, ret);
    return read_documents(&r, v, ret);
}
