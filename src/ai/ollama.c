/*
 * ollama: the dialect's table: Ollama's native API (wire-formats 6), and its errors, which are texts. Who
 * reads its lines takes each for a part of an answer: what keeps a stream alive is one that says nothing.
 */
#include "ai/ollama_int.h"
#include "ai/openai_chat_int.h"
#include "ai/relay_int.h"

static void error_body(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    (void)request_id; /* it is in a header */
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("error"), sl_ai_fault_message(f));
    sl_jsonw_end(&w);
}

static void error_event(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    error_body(f, request_id, out);
    sl_strbuf_add_char(out, '\n');
}

const struct sl_ai_dialect_ops sl_ai_ollama = {
    .dialect = SL_AI_OLLAMA,
    .name = SL_STR_INIT("ollama"),
    .framing = SL_AI_FRAMING_NDJSON,
    .stream_type = SL_STR_INIT("application/x-ndjson"),
    .heartbeat = SL_STR_INIT("{\"model\":\"\",\"created_at\":\"1970-01-01T00:00:00Z\",\"message\":{"
                             "\"role\":\"assistant\",\"content\":\"\"},\"response\":\"\","
                             "\"done\":false}\n"),
    .peek = sl_ai_peek_ollama,
    .schemas = &sl_ai_openai_schemas,
    .decode_request = sl_ai_ollama_decode_request,
    .encode_request = sl_ai_ollama_encode_request,
    .error_event = error_event,
    .error_body = error_body,
    .decoder = &sl_ai_ollama_decoder,
    .encoder = &sl_ai_ollama_encoder,
};
