/**
 * operation: what AI endpoints do, and what is known of each (operation.def).
 */
#pragma once
#include "ai/provider.h"

enum { SL_AI_ACTION_WHOLE, SL_AI_ACTION_STREAM, SL_AI_ACTIONS };

struct sl_ai_operation_row {
    enum sl_ai_path path; /* of a vendor's row */
    bool has_form;        /* of its own: it crosses without the dialects' encoders and decoders */
    sl_str bedrock[SL_AI_ACTIONS],
        gemini[SL_AI_ACTIONS]; /* what is asked of a model; empty: nothing */
};

extern const struct sl_ai_operation_row sl_ai_operations[SL_AI_OPERATION_COUNT];
