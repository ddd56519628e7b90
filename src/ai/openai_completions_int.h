/**
 * openai_completions_int: what the files of the dialect know of each other.
 */
#pragma once
#include "ai/request_int.h"

extern const struct sl_ai_decoder_ops sl_ai_openai_completions_decoder;
extern const struct sl_ai_encoder_ops sl_ai_openai_completions_encoder;
