/**
 * effort: the scales on which dialects say how hard a model may think; rows in ai/effort.def.
 * Constant data; any thread.
 */
#pragma once
#include "ai/ai.h"

/** UNSET for a word that is not in the table. */
enum sl_ai_effort sl_ai_effort_of(sl_str name);
/** The smallest effort whose budget is not below `budget_tokens`; NONE for 0. */
enum sl_ai_effort sl_ai_effort_of_budget(int64_t budget_tokens);
/** OpenAI's word; empty for UNSET. */
sl_str sl_ai_effort_name(enum sl_ai_effort effort);
/** Anthropic's word; empty for UNSET and NONE. */
sl_str sl_ai_effort_anthropic(enum sl_ai_effort effort);
int64_t sl_ai_effort_budget(enum sl_ai_effort effort);
