/*
 * fuzz_meaning_answer: an answer says the same to whoever reads what was written of it, streamed and whole. The first
 * line says the vendor's dialect.
 */
#include "tests/fuzz/mutate.h"
#include "tests/meaning.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        sl_str name;
        enum sl_ai_dialect dialect;
        sl_str home;
    } rows[] = {
        {SL_STR_INIT("openai"), SL_AI_OPENAI_CHAT, SL_STR_INIT("openai")},
        {SL_STR_INIT("anthropic"), SL_AI_ANTHROPIC, SL_STR_INIT("anthropic")},
        {SL_STR_INIT("responses"), SL_AI_OPENAI_RESPONSES, SL_STR_INIT("custom-responses")},
        {SL_STR_INIT("gemini"), SL_AI_GEMINI, SL_STR_INIT("gemini")},
        {SL_STR_INIT("cohere"), SL_AI_COHERE, SL_STR_INIT("cohere-v2")},
        {SL_STR_INIT("ollama"), SL_AI_OLLAMA, SL_STR_INIT("ollama-native")},
    };
    sl_str input = sl_str_of((const char *)data, size), body = fuzz_behind_head(input);
    sl_str name = sl_str_trim_all(sl_str_head(input, size - body.n));

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        for (unsigned to_stream = 0; to_stream < 2 && sl_str_eq(name, rows[i].name); to_stream++) {
            struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
            sl_str was = {0}, is = {0};
            bool is_stream = fuzz_is_lines(input);
            if (!meaning_keeps_answer(rows[i].dialect, rows[i].home, is_stream, to_stream != 0,
                                      body, a, &was, &is))
                meaning_panic(was, is);
            sl_arena_free(a);
        }
    }
    return 0;
}
