/**
 * ollama_int: what the files of the dialect know of each other.
 */
#pragma once
#include "ai/answer_int.h"
#include "ai/choice.h"
#include "ai/turns.h"

/** Before the names of members that stand in `options`, in the hub's request. */
#define SL_AI_OLLAMA_OPTIONS "options."

sl_rc sl_ai_ollama_decode_request(sl_str body, const struct sl_json_cuts *cuts, struct sl_arena *a,
                                  struct sl_ai_request *ret, struct sl_diag *d) SL_CHECKED;
sl_rc sl_ai_ollama_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                  struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                  struct sl_diag *d) SL_CHECKED;
extern const struct sl_ai_decoder_ops sl_ai_ollama_decoder;
extern const struct sl_ai_encoder_ops sl_ai_ollama_encoder;
