/*
 * ollama: the dialect's table: Ollama's native chat API, which only vendors speak (wire-formats 6).
 */
#include "ai/ollama_int.h"

const struct sl_ai_dialect_ops sl_ai_ollama = {
    .dialect = SL_AI_OLLAMA,
    .name = SL_STR_INIT("ollama"),
    .framing = SL_AI_FRAMING_NDJSON,
    .stream_type = SL_STR_INIT("application/x-ndjson"),
    .encode_request = sl_ai_ollama_encode_request,
    .decoder = &sl_ai_ollama_decoder,
};
