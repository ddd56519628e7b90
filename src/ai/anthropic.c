/*
 * anthropic: the dialect's table, and its errors (wire-formats 2.6).
 */
#include "ai/anthropic_int.h"
#include "ai/answer_int.h"
#include "ai/relay_int.h"

/* The type that goes with a status, for errors of the gateway's own. */
static sl_str type_of_status(uint16_t status)
{
    static const struct {
        uint16_t status;
        sl_str type;
    } rows[] = {
        {401, SL_STR_INIT("authentication_error")}, {402, SL_STR_INIT("billing_error")},
        {403, SL_STR_INIT("permission_error")},     {404, SL_STR_INIT("not_found_error")},
        {409, SL_STR_INIT("conflict_error")},       {413, SL_STR_INIT("request_too_large")},
        {429, SL_STR_INIT("rate_limit_error")},     {503, SL_STR_INIT("overloaded_error")},
        {504, SL_STR_INIT("timeout_error")},        {529, SL_STR_INIT("overloaded_error")},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++)
        if (rows[i].status == status)
            return rows[i].type;
    return status < 500 ? SL_STR("invalid_request_error") : SL_STR("api_error");
}

static sl_str type_of(const struct sl_ai_fault *f)
{
    switch (f->class_) {
    case SL_AI_FAULT_REQUEST:
    case SL_AI_FAULT_CONTEXT:
    case SL_AI_FAULT_CONTENT:
    case SL_AI_FAULT_NO_STREAM_OPTIONS:
        return SL_STR("invalid_request_error");
    case SL_AI_FAULT_CREDIT:
    case SL_AI_FAULT_RATE:
        return SL_STR("rate_limit_error");
    case SL_AI_FAULT_OVERLOAD:
        return SL_STR("overloaded_error");
    case SL_AI_FAULT_NONE:
    case SL_AI_FAULT_AUTH: /* the gateway's key, not the caller's */
    case SL_AI_FAULT_CLOCK:
    case SL_AI_FAULT_STREAM:
        break;
    }
    return type_of_status(sl_err_info(f->rc)->status);
}

static void error_body(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("type"), SL_STR("error"));
    sl_jsonw_key(&w, SL_STR("error"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("type"), type_of(f));
    sl_jsonw_key_str(&w, SL_STR("message"), sl_ai_fault_message(f));
    sl_jsonw_end(&w);
    if (request_id.n != 0)
        sl_jsonw_key_str(&w, SL_STR("request_id"), request_id);
    sl_jsonw_end(&w);
}

static void error_event(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    sl_strbuf_add(out, SL_STR("event: error\ndata: "));
    error_body(f, request_id, out);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

static const struct sl_jsonscan_path schemas = {
    .steps = {{SL_STR_INIT("tools"), 1}, {SL_STR_INIT("input_schema"), 3}}, .n = 2};

const struct sl_ai_dialect_ops sl_ai_anthropic = {
    .dialect = SL_AI_ANTHROPIC,
    .heartbeat = SL_STR_INIT("event: ping\ndata: {\"type\": \"ping\"}\n\n"),
    .terminal = SL_STR_INIT("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"),
    .peek = sl_ai_peek_anthropic,
    .name = SL_STR_INIT("anthropic"),
    .schemas = &schemas,
    .decode_request = sl_ai_anthropic_decode_request,
    .encode_request = sl_ai_anthropic_encode_request,
    .error_event = error_event,
    .error_body = error_body,
    .decoder = &sl_ai_anthropic_decoder,
    .encoder = &sl_ai_anthropic_encoder,
};
