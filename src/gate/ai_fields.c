/*
 * AI: fields of vendors' answers that clients get: what the request was called there, how much of the rates is
 * left, when to come back. All others stay here, for some tell whose account it is (openai-organization).
 */
#include "gate/ai_exchange.h"

/* The vendor's name for the request. The first that is there also is `x-upstream-request-id`. */
static const sl_str ids[] = {
    SL_STR_INIT(
        "x-request-id"), /* OpenAI, Azure, Groq and most others; to clients that one is ours */
    SL_STR_INIT("request-id"),       /* Anthropic */
    SL_STR_INIT("apim-request-id"),  /* Azure's gateway */
    SL_STR_INIT("x-amzn-requestid"), /* Bedrock */
    SL_STR_INIT("mistral-correlation-id"),
    SL_STR_INIT("x-debug-trace-id"), /* Cohere */
};

/* Names, and beginnings of names. */
static const sl_str kept[] = {
    SL_STR_INIT("openai-processing-ms"), SL_STR_INIT("openai-version"),
    SL_STR_INIT("x-ratelimit-"),         SL_STR_INIT("anthropic-ratelimit-"),
    SL_STR_INIT("anthropic-priority-"),  SL_STR_INIT("x-trial-endpoint-call-"), /* Cohere */
    SL_STR_INIT("retry-after"),
};

/* When to come back from a failure is for the gateway to say, which has other keys and vendors. */
static bool is_kept(const struct sl_exchange *x, sl_str name)
{
    size_t n = SL_LEN(kept) - (x->failed != SL_OK ? 1 : 0);
    for (size_t i = 0; i < n; i++) {
        if (sl_str_istarts(name, kept[i]))
            return true;
    }
    return false;
}

static void pass_ids(struct sl_exchange *x, const struct sl_headers *from)
{
    bool has_id = false;
    for (size_t i = 0; i < SL_LEN(ids); i++) {
        const struct sl_header *id = sl_headers_find(from, ids[i]);
        if (id == NULL)
            continue;
        if (!has_id)
            sl_answer_header(x, SL_STR("x-upstream-request-id"), id->value);
        if (id->id != SL_H_X_REQUEST_ID)
            sl_answer_header(x, ids[i], id->value);
        has_id = true;
    }
}

void sl_ai_pass_fields(struct sl_exchange *x, const struct sl_headers *from)
{
    pass_ids(x, from);
    for (uint32_t i = 0; i < from->n; i++) {
        if (is_kept(x, from->v[i].name))
            sl_answer_header(x, from->v[i].name, from->v[i].value);
    }
}
