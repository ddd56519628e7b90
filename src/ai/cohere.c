/*
 * cohere: the dialect's table: Cohere's v2 API (wire-formats 5), and its errors. A stream that fails ends
 * as one that does not: with message-end, which says so.
 */
#include "ai/answer_int.h"
#include "ai/cohere_int.h"
#include "ai/openai_chat_int.h"
#include "ai/relay_int.h"

static void error_body(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    if (request_id.n != 0)
        sl_jsonw_key_str(&w, SL_STR("id"), request_id);
    sl_jsonw_key_str(&w, SL_STR("message"), sl_ai_fault_message(f));
    sl_jsonw_end(&w);
}

static void error_event(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    sl_strbuf_add(out, SL_STR("event: message-end\ndata: "));
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    if (request_id.n != 0)
        sl_jsonw_key_str(&w, SL_STR("id"), request_id);
    sl_jsonw_key_str(&w, SL_STR("type"), SL_STR("message-end"));
    sl_jsonw_key(&w, SL_STR("delta"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("error"), sl_ai_fault_message(f));
    sl_jsonw_key_str(&w, SL_STR("finish_reason"), SL_STR("ERROR"));
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

const struct sl_ai_dialect_ops sl_ai_cohere = {
    .dialect = SL_AI_COHERE,
    .name = SL_STR_INIT("cohere"),
    .peek = sl_ai_peek_cohere,
    .schemas = &sl_ai_openai_schemas,
    .decode_request = sl_ai_cohere_decode_request,
    .encode_request = sl_ai_cohere_encode_request,
    .error_event = error_event,
    .error_body = error_body,
    .decoder = &sl_ai_cohere_decoder,
    .encoder = &sl_ai_cohere_encoder,
};
