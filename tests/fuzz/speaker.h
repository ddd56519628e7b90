/** speaker: the dialects that are compared, by the name in an input's first line, each with a vendor that speaks it. */
#pragma once
#include "ai/dialect.h"

static const struct speaker {
    sl_str name;
    enum sl_ai_dialect dialect;
    sl_str home; /* the vendor's id */
} speakers[] = {
    {SL_STR_INIT("openai"), SL_AI_OPENAI_CHAT, SL_STR_INIT("openai")},
    {SL_STR_INIT("anthropic"), SL_AI_ANTHROPIC, SL_STR_INIT("anthropic")},
    {SL_STR_INIT("responses"), SL_AI_OPENAI_RESPONSES, SL_STR_INIT("custom-responses")},
    {SL_STR_INIT("gemini"), SL_AI_GEMINI, SL_STR_INIT("gemini")},
    {SL_STR_INIT("cohere"), SL_AI_COHERE, SL_STR_INIT("cohere-v2")},
    {SL_STR_INIT("ollama"), SL_AI_OLLAMA, SL_STR_INIT("ollama-native")},
};
