/**
 * reasoning: how hard to think, in a vendor's own spelling; rows in ai/provider/reasoning.def.
 * Constant data; any thread.
 */
#pragma once
#include "ai/provider.h"
#include "base/strbuf.h"

/** "thinking_effort"; the word in documentation and configuration. */
sl_str sl_ai_reasoning_name(enum sl_ai_reasoning_style style);
/** Is the effort written by this table, in another spelling than OpenAI's? */
bool sl_ai_reasoning_is_own(enum sl_ai_reasoning_style style);
/**
 * The members that ask for it, without braces: `"thinking":{"type":"enabled"}`, in `a`. `effort` is not
 * UNSET; `budget` -1: not named. Empty: the style has no word for it.
 */
sl_str sl_ai_reasoning_members(enum sl_ai_reasoning_style style, enum sl_ai_effort effort,
                               int64_t budget, struct sl_arena *a);
