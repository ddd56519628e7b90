/**
 * prompt_int: what writes a prompt's answer, in place of a dialect's encoder.
 */
#pragma once
#include "ai/answer_int.h"
#include "ai/prompt.h"

extern const struct sl_ai_encoder_ops sl_ai_prompt_encoder;
