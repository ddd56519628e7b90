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

/** Those that are known without decoding. */
#define SL_AI_NEEDS_SCANNED (UINT32_C(1) << SL_AI_NEED_STREAM | UINT32_C(1) << SL_AI_NEED_TOOLS)

/**
 * The needs as bits, 1 << enum sl_ai_need: at least the `asked` ones and those of the scan. Those of the content are
 * known from the decoded request, which is kept with the call as a crossing of dialects would, in memory that goes
 * with `a`: half as much as is left there. Of one that cannot be decoded (it is too large, or its vendor will say why)
 * only what the scan has found is told.
 */
uint32_t sl_ai_call_needs(struct sl_ai_call *call, uint32_t asked, struct sl_arena *a);
