/*
 * openai_chat: the dialect's table, and its errors (wire-formats 1.4).
 */
#include "ai/answer_int.h"
#include "ai/openai_chat_int.h"
#include "ai/relay_int.h"

#include "base/str.h"

/* What OpenAI's clients expect in `type`, by the class of the fault. */
static sl_str type_of(const struct sl_ai_fault *f)
{
    switch (f->class_) {
    case SL_AI_FAULT_REQUEST:
    case SL_AI_FAULT_CONTEXT:
    case SL_AI_FAULT_CONTENT:
    case SL_AI_FAULT_NO_STREAM_OPTIONS:
        return SL_STR("invalid_request_error");
    case SL_AI_FAULT_CREDIT:
        return SL_STR("insufficient_quota");
    case SL_AI_FAULT_RATE:
        return SL_STR("rate_limit_error");
    case SL_AI_FAULT_NONE:
    case SL_AI_FAULT_CLOCK:
    case SL_AI_FAULT_AUTH: /* the gateway's key, not the caller's */
    case SL_AI_FAULT_OVERLOAD:
    case SL_AI_FAULT_STREAM:
        break;
    }
    return sl_err_info(f->rc)->fault == SL_FAULT_CLIENT ? SL_STR("invalid_request_error")
                                                        : SL_STR("server_error");
}

static void error_body(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    (void)request_id; /* it is in a header */
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("error"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("message"), sl_ai_fault_message(f));
    sl_jsonw_key_str(&w, SL_STR("type"), type_of(f));
    sl_jsonw_key(&w, SL_STR("param"));
    if (f->param.n != 0)
        sl_jsonw_str(&w, f->param);
    else
        sl_jsonw_null(&w);
    sl_jsonw_key_str(&w, SL_STR("code"), sl_cstr(sl_err_info(f->rc)->label));
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
}

static void error_event(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    sl_strbuf_add(out, SL_STR("data: "));
    error_body(f, request_id, out);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

const struct sl_jsonscan_path sl_ai_openai_schemas = {.steps = {{SL_STR_INIT("tools"), 1},
                                                                {SL_STR_INIT("function"), 3},
                                                                {SL_STR_INIT("parameters"), 4}},
                                                      .n = 3};

const struct sl_ai_dialect_ops sl_ai_openai_chat = {
    .dialect = SL_AI_OPENAI_CHAT,
    .name = SL_STR_INIT("openai_chat"),
    .terminal = SL_STR_INIT("data: [DONE]\n\n"),
    .peek = sl_ai_peek_openai,
    .schemas = &sl_ai_openai_schemas,
    .decode_request = sl_ai_openai_chat_decode_request,
    .encode_request = sl_ai_openai_chat_encode_request,
    .error_event = error_event,
    .error_body = error_body,
    .decoder = &sl_ai_openai_chat_decoder,
    .encoder = &sl_ai_openai_chat_encoder,
};
