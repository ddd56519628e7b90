/*
 * fuzz_cohere_answer: any bytes as a Cohere vendor's answer, streamed and whole: no crash, and whatever a client
 * of any dialect gets is valid, with at most one terminal.
 */
#include "tests/fuzz/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_answer(SL_AI_COHERE, SL_STR("cohere-v2"), sl_str_of((const char *)data, size));
    return 0;
}
