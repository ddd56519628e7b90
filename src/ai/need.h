/**
 * need: what a request needs of the model that is to answer, whatever the client's dialect; rows in
 * ai/need.def. Pure; one thread.
 */
#pragma once
#include "ai/call.h"

enum sl_ai_need {
#define X(ID, name, text) SL_AI_NEED_##ID,
#include "ai/need.def"
#undef X
    SL_AI_NEED_COUNT
};

/** By enum sl_ai_need; NULL-terminated. */
extern const char *const sl_ai_need_names[];

/**
 * The needs as bits, 1 << enum sl_ai_need. Those of the content are known from the decoded request, which is
 * made in `a` and kept with the call, as a crossing of dialects would; of one that cannot be decoded (its vendor
 * will say why) only what the scan has found is told.
 */
uint32_t sl_ai_call_needs(struct sl_ai_call *call, struct sl_arena *a);
