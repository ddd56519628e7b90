/*
 * fuzz_meaning_answer: an answer says the same to whoever reads what was written of it, streamed and whole. The first
 * line says the vendor's dialect.
 */
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/speaker.h"
#include "tests/meaning.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(const struct speaker *vendor, bool is_stream, bool to_stream, sl_str body)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
    sl_str was = {0}, is = {0};
    if (!meaning_keeps_answer(vendor->dialect, vendor->home, is_stream, to_stream, body, a, &was,
                              &is))
        meaning_panic(was, is);
    sl_arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sl_str input = sl_str_of((const char *)data, size), body = fuzz_behind_head(input);
    sl_str name = sl_str_trim_all(sl_str_head(input, size - body.n));

    for (size_t i = 0; i < SL_LEN(speakers); i++)
        for (unsigned to_stream = 0; to_stream < 2 && sl_str_eq(name, speakers[i].name);
             to_stream++)
            put(&speakers[i], fuzz_is_lines(input), to_stream != 0, body);
    return 0;
}
