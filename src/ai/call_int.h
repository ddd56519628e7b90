/**
 * call_int: which members of a request are found by the one scan of sl_ai_call_read, for those who
 * splice them.
 */
#pragma once
#include "ai/call.h"
#include "ai/tokens.h"

enum sl_ai_member {
    SL_AI_MEMBER_MODEL,
    SL_AI_MEMBER_STREAM,
    SL_AI_MEMBER_STREAM_OPTIONS,
    SL_AI_MEMBER_INCLUDE_USAGE,
    SL_AI_MEMBER_MAX_TOKENS,
    SL_AI_MEMBER_MAX_COMPLETION_TOKENS,
    SL_AI_MEMBER_MESSAGES,
    SL_AI_MEMBER_SYSTEM,
    SL_AI_MEMBER_TOOLS,
    SL_AI_MEMBER_USER,
    SL_AI_MEMBER_METADATA,
    SL_AI_MEMBER_ENCODING_FORMAT,
    SL_AI_MEMBER_INPUT,
    SL_AI_MEMBER_SEED,
    SL_AI_MEMBER_TEMPERATURE,
    SL_AI_MEMBER_INSTRUCTIONS,
    SL_AI_MEMBER_MAX_OUTPUT_TOKENS,
    SL_AI_MEMBER_PREVIOUS_RESPONSE_ID,
    SL_AI_MEMBER_STORE,
    SL_AI_MEMBER_BACKGROUND,
    SL_AI_MEMBER_FUNCTIONS,
    SL_AI_MEMBER_COUNT,
    /* Gemini has others at these places: the object of the limit, in both spellings */
    SL_AI_MEMBER_CONFIG = SL_AI_MEMBER_SEED,
    SL_AI_MEMBER_CONFIG_SNAKE = SL_AI_MEMBER_TEMPERATURE
};

_Static_assert(SL_AI_MEMBER_COUNT <= SL_LEN(((struct sl_ai_call *)0)->ranges), "sl_ai_call.ranges");

/** The member, unless it is absent or null, which mean the same; else NULL. */
const struct sl_json_range *sl_ai_call_member(const struct sl_ai_call *call, enum sl_ai_member m);
/** About how many tokens its messages, tools and the like are. */
int64_t sl_ai_call_tokens(const struct sl_ai_call *call, enum sl_ai_token_care care);
