/**
 * mutate: for fuzzers whose input is a first line that says what it is, and JSON behind it (or lines of JSON): most
 * mutations keep it such.
 */
#pragma once
#include "tests/json_edit.h"

#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
                                 size_t two_size, uint8_t *out, size_t max_size, unsigned seed);

enum { FUZZ_EDITS_MAX = 4 };

/* What stands behind the first line. */
static sl_str fuzz_behind_head(sl_str input)
{
    size_t end = sl_str_find(input, '\n', 0);

    return sl_str_from(input, end != SIZE_MAX ? end + 1 : input.n);
}

static bool fuzz_is_lines(sl_str input)
{
    sl_str body = fuzz_behind_head(input);

    return body.n != 0 && body.p[0] != '{' && body.p[0] != '[';
}

static size_t fuzz_edit(sl_str input, sl_str donor, uint8_t *out, size_t max_size, unsigned seed)
{
    struct sl_arena *a = sl_arena_new("mutate", SL_MIB(64));
    sl_str body = fuzz_behind_head(input), head = sl_str_head(input, input.n - body.n);
    bool is_lines = fuzz_is_lines(input);
    struct sl_rand rand;
    size_t n;

    sl_rand_seed(&rand, seed);
    for (size_t left = 1 + sl_rand_below(&rand, FUZZ_EDITS_MAX); left > 0; left--)
        body = is_lines ? json_edit_lines(body, donor, &rand, a) : json_edit(body, donor, &rand, a);
    n = head.n + body.n;
    if (n <= max_size) {
        memmove(out, head.p, head.n);
        memmove(out + head.n, body.p, body.n);
    }
    sl_arena_free(a);
    return n <= max_size ? n : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    enum { PLAIN_OF = 16 }; /* one of so many is a mutation of bytes */
    size_t n = 0;

    if (seed % PLAIN_OF != 0)
        n = fuzz_edit(sl_str_of((const char *)data, size), (sl_str){0}, data, max_size, seed);
    return n != 0 ? n : LLVMFuzzerMutate(data, size, max_size);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two,
                                 size_t two_size, uint8_t *out, size_t max_size, unsigned seed)
{
    sl_str donor = fuzz_behind_head(sl_str_of((const char *)two, two_size));

    return fuzz_edit(sl_str_of((const char *)one, one_size), donor, out, max_size, seed);
}
