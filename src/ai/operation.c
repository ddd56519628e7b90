#include "ai/operation.h"

#include "base/str.h"

#define X(ID, PATH, ANSWER, ENCODE, CONVERT, has_form_, bedrock_, bedrock_stream, gemini_, \
          gemini_stream)                                                                   \
    [SL_AI_##ID] = {.path = SL_AI_PATH_##PATH,                                             \
                    .has_form = has_form_,                                                 \
                    .bedrock = {SL_STR_INIT(bedrock_), SL_STR_INIT(bedrock_stream)},       \
                    .gemini = {SL_STR_INIT(gemini_), SL_STR_INIT(gemini_stream)}},
const struct sl_ai_operation_row sl_ai_operations[SL_AI_OPERATION_COUNT] = {
#include "ai/operation.def"
};
#undef X
