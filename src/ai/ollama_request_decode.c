/*
 * ollama_request_decode: a request of Ollama's chat (`messages`) or of its completion (`prompt`), understood
 * (wire-formats 6).
 *
 * Calls need no ids here, and results are known by the tool's name or just by their order: the hub's are made
 * up by position. A prompt is the one message of the user. Sampling and limits stand in `options`; those that
 * only Ollama knows are kept under their names with "options." before them.
 */
#include "ai/chat_form.h"
#include "ai/ollama_int.h"

#include "ai/effort.h"
#include "ai/ids.h"
#include "base/str.h"

/* ------------------------------------------------------------------ images */

/* Only the bytes are sent: how a picture begins says what it is. */
static sl_str type_of(sl_str base64)
{
    static const struct {
        sl_str begins, type;
    } rows[] = {
        {SL_STR_INIT("/9j/"), SL_STR_INIT("image/jpeg")},
        {SL_STR_INIT("R0lG"), SL_STR_INIT("image/gif")},
        {SL_STR_INIT("UklGR"), SL_STR_INIT("image/webp")},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++)
        if (sl_str_starts(base64, rows[i].begins))
            return rows[i].type;
    return SL_STR("image/png");
}

static sl_rc read_image(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p;

    if (sl_json_kind(v) != SL_JSON_STRING || sl_str_find(sl_json_text(v), ':', 0) != SIZE_MAX)
        return sl_ai_read_fail(r, at, "must be an image in base64, not an address");
    p = sl_ai_parts_add(r, parts, SL_AI_IMAGE);
    if (p == NULL)
        return SL_E_LIMIT;
    p->source = SL_AI_SOURCE_BASE64;
    sl_rc rc = sl_ai_read_base64(r, at, sl_json_text(v), &p->text);
    p->media_type = type_of(p->text);
    return rc;
}

static sl_rc read_images(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_parts *parts)
{
    return sl_ai_read_chat_list(r, at, "images", v, read_image, parts);
}

/* ------------------------------------------------------------------ messages */

static sl_rc add_text(struct sl_ai_reader *r, enum sl_ai_part_kind kind, sl_str text,
                      struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = text.n != 0 ? sl_ai_parts_add(r, parts, kind) : NULL;

    if (p == NULL)
        return text.n != 0 ? SL_E_LIMIT : SL_OK;
    p->text = text;
    return SL_OK;
}

static sl_rc read_text(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, const char *member, enum sl_ai_part_kind kind,
                       struct sl_ai_parts *parts)
{
    sl_str text;
    sl_rc rc = sl_ai_read_text(r, at, member, v, false, &text);

    return rc == SL_OK ? add_text(r, kind, text, parts) : rc;
}

static sl_rc read_call(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = sl_ai_parts_add(r, parts, SL_AI_TOOL_CALL);

    if (at->index == SL_AI_CALLS_MAX)
        return sl_ai_read_fail(r, at, "is one tool call too many");
    return p != NULL ? sl_ai_read_function_call(r, at, v, false, p) : SL_E_LIMIT;
}

static sl_rc read_said(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_parts *parts)
{
    sl_rc rc = read_text(r, at, v, "content", SL_AI_TEXT, parts);

    return rc == SL_OK ? read_images(r, at, v, parts) : rc;
}

static sl_rc read_assistant(struct sl_ai_reader *r, const struct sl_ai_place *at,
                            const struct sl_json *v, struct sl_ai_parts *parts)
{
    sl_rc rc = read_text(r, at, v, "thinking", SL_AI_THINKING, parts);

    if (rc == SL_OK)
        rc = read_said(r, at, v, parts);
    return rc == SL_OK ? sl_ai_read_chat_list(r, at, "tool_calls", v, read_call, parts) : rc;
}

static sl_rc read_result(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_parts *parts)
{
    struct sl_ai_part *p = sl_ai_parts_add(r, parts, SL_AI_TOOL_RESULT);
    struct sl_ai_parts said = {0};
    sl_rc rc;

    if (p == NULL)
        return SL_E_LIMIT;
    rc = sl_ai_read_text(r, at, "tool_call_id", v, false, &p->id);
    if (rc == SL_OK)
        rc = sl_ai_read_text(r, at, "tool_name", v, false, &p->name);
    if (rc == SL_OK)
        rc = read_said(r, at, v, &said);
    p->id = sl_ai_id_original(r->a, p->id);
    p->parts = said.first;
    return rc;
}

static sl_rc read_message(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, enum sl_ai_role role, struct sl_ai_parts *parts)
{
    if (role == SL_AI_ROLE_ASSISTANT)
        return read_assistant(r, at, v, parts);
    return role == SL_AI_ROLE_TOOL ? read_result(r, at, v, parts) : read_said(r, at, v, parts);
}

static sl_rc read_messages(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_request *ret)
{
    return sl_ai_read_chat_messages(r, at, v, read_message, ret);
}

/* ------------------------------------------------------------------ prompts */

static sl_rc add_message(struct sl_ai_reader *r, const struct sl_json *body, const char *member,
                         enum sl_ai_role role, struct sl_ai_message **last,
                         struct sl_ai_request *ret)
{
    struct sl_ai_message *m = sl_ai_messages_add(r, ret, last, role, 0);
    struct sl_ai_parts parts = {0};
    sl_rc rc;

    if (m == NULL)
        return SL_E_LIMIT;
    rc = read_text(r, NULL, body, member, SL_AI_TEXT, &parts);
    if (rc == SL_OK && role == SL_AI_ROLE_USER)
        rc = read_images(r, NULL, body, &parts);
    m->parts = parts.first;
    m->part_count = parts.count;
    return rc;
}

static sl_rc refuse(struct sl_ai_reader *r, const char *member)
{
    return sl_diag_fail(r->d, SL_E_AI_UNSUPPORTED, member, "is not supported through this gateway");
}

/* A prompt as it is, behind no template, is what a conversation cannot be. */
static sl_rc read_prompt(struct sl_ai_reader *r, const struct sl_json *body,
                         struct sl_ai_request *ret)
{
    struct sl_ai_message *last = NULL;
    sl_rc rc;

    if (sl_json_text_of(body, "suffix").n != 0)
        return refuse(r, "suffix");
    if (sl_json_is_true(sl_json_of(body, "raw")))
        return refuse(r, "raw");
    rc = add_message(r, body, "system", SL_AI_ROLE_SYSTEM, &last, ret);
    return rc == SL_OK ? add_message(r, body, "prompt", SL_AI_ROLE_USER, &last, ret) : rc;
}

/* What read_prompt() has read. */
static sl_rc pass_over(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_request *ret)
{
    (void)r, (void)at, (void)v, (void)ret;
    return SL_OK;
}

/* ------------------------------------------------------------------ other members */

static sl_rc read_tools(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret)
{
    return sl_ai_read_tools(r, at, v, sl_ai_read_function, ret);
}

static sl_rc read_format(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_request *ret)
{
    bool is_empty = sl_json_kind(v) == SL_JSON_STRING && sl_json_text(v).n == 0;

    if (is_empty)
        return SL_OK;
    if (sl_json_kind(v) == SL_JSON_OBJECT) {
        ret->format = SL_AI_FORMAT_SCHEMA;
        return sl_ai_read_raw(r, v, &ret->format_schema_json);
    }
    if (!sl_str_eq(sl_json_text(v), SL_STR("json")))
        return sl_ai_read_fail(r, at, "must be \"json\" or a JSON schema");
    ret->format = SL_AI_FORMAT_JSON;
    return SL_OK;
}

/* A switch, or how hard. */
static sl_rc read_think(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret)
{
    if (sl_json_kind(v) == SL_JSON_STRING)
        return sl_ai_read_effort(r, at, v, ret);
    if (sl_json_kind(v) != SL_JSON_TRUE && sl_json_kind(v) != SL_JSON_FALSE)
        return sl_ai_read_fail(r, at, "must be true, false, low, medium or high");
    if (sl_json_is_true(v))
        ret->effort = SL_AI_EFFORT_MEDIUM;
    else
        ret->thinking_budget = 0;
    return SL_OK;
}

/* Below zero means without a limit. */
static sl_rc read_limit(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_request *ret)
{
    int64_t n;

    if (!sl_json_i64(v, &n))
        return sl_ai_read_fail(r, at, "must be an integer");
    ret->max_tokens = SL_MAX(n, INT64_C(-1));
    return SL_OK;
}

static const struct sl_ai_param options[] = {
    SL_AI_PARAM_BY("num_predict", read_limit),
    SL_AI_PARAM(NUMBER, "temperature", temperature),
    SL_AI_PARAM(NUMBER, "top_p", top_p),
    SL_AI_PARAM(NUMBER, "top_k", top_k),
    SL_AI_PARAM(NUMBER, "seed", seed),
    SL_AI_PARAM(NUMBER, "presence_penalty", presence_penalty),
    SL_AI_PARAM(NUMBER, "frequency_penalty", frequency_penalty),
    SL_AI_PARAM_BY("stop", sl_ai_read_stop),
};

static sl_rc read_options(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_request *ret)
{
    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    return sl_ai_read_nested(r, at, v, options, SL_LEN(options), ret);
}

/* keep_alive and the like are nobody else's: ret->extra. */
static const struct sl_ai_param params[] = {
    SL_AI_PARAM(TEXT, "model", model),       SL_AI_PARAM_BY("messages", read_messages),
    SL_AI_PARAM_BY("prompt", pass_over),     SL_AI_PARAM_BY("system", pass_over),
    SL_AI_PARAM_BY("images", pass_over),     SL_AI_PARAM_BY("suffix", pass_over),
    SL_AI_PARAM_BY("raw", pass_over),        SL_AI_PARAM(BOOL, "stream", is_stream),
    SL_AI_PARAM_BY("tools", read_tools),     SL_AI_PARAM_BY("format", read_format),
    SL_AI_PARAM_BY("think", read_think),     SL_AI_PARAM_BY("options", read_options),
    SL_AI_PARAM(FLAG, "logprobs", logprobs), SL_AI_PARAM(INT, "top_logprobs", top_logprobs),
};

sl_rc sl_ai_ollama_decode_request(sl_str body, const struct sl_json_cuts *cuts, struct sl_arena *a,
                                  struct sl_ai_request *ret, struct sl_diag *d)
{
    struct sl_ai_reader r = {.a = a, .d = d};
    const struct sl_json *v;
    sl_rc rc = sl_ai_read_body(&r, body, cuts, &v);
    bool is_prompt = rc == SL_OK && sl_json_of(v, "messages") == NULL;

    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "model");
    if (rc == SL_OK)
        rc =
            sl_ai_read_require(&r, v, is_prompt && sl_json_of(v, "prompt") ? "prompt" : "messages");
    if (rc != SL_OK)
        return rc;
    sl_ai_request_init(ret, SL_AI_OLLAMA);
    ret->wants_usage = true; /* always in the answer */
    ret->is_stream = true;   /* unless it says otherwise */
    if (is_prompt)
        rc = read_prompt(&r, v, ret);
    if (rc == SL_OK)
        rc = sl_ai_read_params(&r, v, params, SL_LEN(params), ret);
    return rc == SL_OK ? sl_ai_match_chat_results(&r, ret) : rc;
}
