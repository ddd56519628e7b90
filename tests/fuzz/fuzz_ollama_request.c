/*
 * fuzz_ollama_request: any bytes as an Ollama client's request: no crash, and what a vendor of any dialect gets is
 * valid JSON and the same each time.
 */
#include "tests/fuzz/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_request(SL_AI_OLLAMA, sl_str_of((const char *)data, size));
    return 0;
}
