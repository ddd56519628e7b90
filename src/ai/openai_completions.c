/*
 * openai_completions: the legacy dialect of prompts (POST /v1/completions). A vendor that has it is called
 * in it; for all others the prompt is the one message of a conversation, whose text is the completion.
 *
 * What a conversation cannot do is refused: several prompts, token ids, a suffix, an echo of the prompt.
 * best_of and logprobs are left out, and said to be. Who sets no limit gets 16 tokens, as OpenAI has it.
 */
#include "ai/openai_completions_int.h"

#include "ai/relay_int.h"
#include "base/str.h"

enum { TOKENS_DEFAULT = 16 };

/* ------------------------------------------------------------------ requests */

static sl_rc refuse(struct sl_ai_reader *r, const char *member, const char *message)
{
    return sl_diag_fail(r->d, SL_E_AI_UNSUPPORTED, member, "%s", message);
}

static sl_rc add_prompt(struct sl_ai_reader *r, struct sl_ai_request *rq, sl_str text)
{
    struct sl_ai_message *last = NULL;
    struct sl_ai_parts parts = {0};
    struct sl_ai_message *m = sl_ai_messages_add(r, rq, &last, SL_AI_ROLE_USER, 0);
    struct sl_ai_part *p = m != NULL ? sl_ai_parts_add(r, &parts, SL_AI_TEXT) : NULL;

    if (p == NULL)
        return SL_E_LIMIT;
    p->text = text;
    m->parts = parts.first;
    m->part_count = parts.count;
    return SL_OK;
}

static sl_rc read_prompt(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_request *ret)
{
    if (sl_json_kind(v) == SL_JSON_ARRAY && sl_json_count(v) > 1 &&
        sl_json_kind(sl_json_at(v, 0)) == SL_JSON_STRING)
        return refuse(r, "prompt", "must be one prompt for the chosen model");
    if (sl_json_kind(v) == SL_JSON_ARRAY && sl_json_count(v) != 0 &&
        sl_json_kind(sl_json_at(v, 0)) != SL_JSON_STRING)
        return refuse(r, "prompt", "must be a text for the chosen model, not token ids");
    if (sl_json_kind(v) == SL_JSON_ARRAY)
        v = sl_json_at(v, 0);
    if (sl_json_kind(v) != SL_JSON_STRING)
        return sl_ai_read_fail(r, at, "must be a text, or a list of texts");
    return add_prompt(r, ret, sl_json_text(v));
}

static sl_rc read_suffix(struct sl_ai_reader *r, const struct sl_ai_place *at,
                         const struct sl_json *v, struct sl_ai_request *ret)
{
    (void)ret;
    if (sl_json_kind(v) != SL_JSON_STRING)
        return sl_ai_read_fail(r, at, "must be a string");
    return sl_json_text(v).n == 0 ? SL_OK
                                  : refuse(r, "suffix", "is not supported by the chosen model");
}

static sl_rc read_echo(struct sl_ai_reader *r, const struct sl_ai_place *at,
                       const struct sl_json *v, struct sl_ai_request *ret)
{
    (void)ret;
    if (sl_json_kind(v) != SL_JSON_TRUE && sl_json_kind(v) != SL_JSON_FALSE)
        return sl_ai_read_fail(r, at, "must be true or false");
    return sl_json_is_true(v) ? refuse(r, "echo", "is not supported by the chosen model") : SL_OK;
}

static sl_rc read_stream_options(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                 const struct sl_json *v, struct sl_ai_request *ret)
{
    if (sl_json_kind(v) != SL_JSON_OBJECT)
        return sl_ai_read_fail(r, at, "must be an object");
    ret->wants_usage = sl_json_is_true(sl_json_get(v, SL_STR("include_usage")));
    return SL_OK;
}

static const struct sl_ai_param params[] = {
    SL_AI_PARAM(TEXT, "model", model),
    SL_AI_PARAM_BY("prompt", read_prompt),
    SL_AI_PARAM_BY("suffix", read_suffix),
    SL_AI_PARAM_BY("echo", read_echo),
    SL_AI_PARAM(BOOL, "stream", is_stream),
    SL_AI_PARAM_BY("stream_options", read_stream_options),
    SL_AI_PARAM(INT, "max_tokens", max_tokens),
    SL_AI_PARAM(NUMBER, "temperature", temperature),
    SL_AI_PARAM(NUMBER, "top_p", top_p),
    SL_AI_PARAM(NUMBER, "seed", seed),
    SL_AI_PARAM(NUMBER, "presence_penalty", presence_penalty),
    SL_AI_PARAM(NUMBER, "frequency_penalty", frequency_penalty),
    SL_AI_PARAM(INT, "n", choices),
    SL_AI_PARAM_BY("stop", sl_ai_read_stop),
    SL_AI_PARAM(TEXT, "user", user),
    SL_AI_PARAM(JSON, "logit_bias", logit_bias_json),
};

static sl_rc decode_request(sl_str body, const struct sl_json_cuts *cuts, struct sl_arena *a,
                            struct sl_ai_request *ret, struct sl_diag *d)
{
    struct sl_ai_reader r = {.a = a, .d = d};
    const struct sl_json *v;
    sl_rc rc = sl_ai_read_body(&r, body, cuts, &v);

    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "model");
    if (rc == SL_OK)
        rc = sl_ai_read_require(&r, v, "prompt");
    if (rc != SL_OK)
        return rc;
    sl_ai_request_init(ret, SL_AI_OPENAI_COMPLETIONS);
    rc = sl_ai_read_params(&r, v, params, SL_LEN(params), ret);
    if (rc == SL_OK && ret->max_tokens < 0)
        ret->max_tokens = TOKENS_DEFAULT;
    return rc;
}

/* A conversation has no place in a prompt: every model has marks of its own for who speaks. */
static sl_rc encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                            struct sl_strbuf *out, struct sl_ai_receipt *receipt, struct sl_diag *d)
{
    (void)rq, (void)t, (void)out, (void)receipt;
    return sl_diag_fail(d, SL_E_AI_UNSUPPORTED, "messages",
                        "are not taken by the chosen model, which completes prompts");
}

/* ------------------------------------------------------------------ errors: as in chats */

static void error_event(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    sl_ai_openai_chat.error_event(f, request_id, out);
}

static void error_body(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    sl_ai_openai_chat.error_body(f, request_id, out);
}

const struct sl_ai_dialect_ops sl_ai_openai_completions = {
    .dialect = SL_AI_OPENAI_COMPLETIONS,
    .name = SL_STR_INIT("openai_completions"),
    .terminal = SL_STR_INIT("data: [DONE]\n\n"),
    .peek = sl_ai_peek_openai,
    .decode_request = decode_request,
    .encode_request = encode_request,
    .error_event = error_event,
    .error_body = error_body,
    .decoder = &sl_ai_openai_completions_decoder,
    .encoder = &sl_ai_openai_completions_encoder,
};
