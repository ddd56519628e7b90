/**
 * ollama_int: what the files of the dialect know of each other.
 */
#pragma once
#include "ai/choice.h"
#include "ai/turns.h"

sl_rc sl_ai_ollama_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                  struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                  struct sl_diag *d) SL_CHECKED;
extern const struct sl_ai_decoder_ops sl_ai_ollama_decoder;
