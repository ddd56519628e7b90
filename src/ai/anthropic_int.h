/**
 * anthropic_int: the four files of the dialect, for its table in anthropic.c.
 */
#pragma once
#include "ai/request_int.h"

sl_rc sl_ai_anthropic_decode_request(sl_str body, struct sl_arena *a, struct sl_ai_request *ret,
                                     struct sl_diag *d) SL_CHECKED;
sl_rc sl_ai_anthropic_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                     struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                     struct sl_diag *d) SL_CHECKED;
extern const struct sl_ai_decoder_ops sl_ai_anthropic_decoder;
extern const struct sl_ai_encoder_ops sl_ai_anthropic_encoder;

/** The tool that stands for response_format where the model has no native form (X8). */
#define SL_AI_JSON_TOOL SL_STR("json_answer")
/** Is that so? Decided the same way by the request's encoder and the answer's decoder. */
bool sl_ai_anthropic_emulates_json(const struct sl_ai_request *rq, const struct sl_ai_target *t);
