/**
 * openai_chat_int: the four files of the dialect, for its table in openai_chat.c.
 */
#pragma once
#include "ai/request_int.h"

sl_rc sl_ai_openai_chat_decode_request(sl_str body, struct sl_arena *a, struct sl_ai_request *ret,
                                       struct sl_diag *d) SL_CHECKED;
sl_rc sl_ai_openai_chat_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                       struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                       struct sl_diag *d) SL_CHECKED;
extern const struct sl_ai_decoder_ops sl_ai_openai_chat_decoder;
extern const struct sl_ai_encoder_ops sl_ai_openai_chat_encoder;
