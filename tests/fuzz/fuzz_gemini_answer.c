/*
 * fuzz_gemini_answer: any bytes as a Gemini vendor's answer, streamed and whole: no crash, and whatever a client
 * of any dialect gets is valid, with at most one terminal.
 */
#include "tests/fuzz/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_answer(SL_AI_GEMINI, SL_STR("gemini"), sl_str_of((const char *)data, size));
    return 0;
}
