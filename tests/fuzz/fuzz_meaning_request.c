/*
 * fuzz_meaning_request: a request means the same to whoever reads what was written of it: the dialect itself, and a
 * vendor of any other. The first line says the client's dialect.
 */
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/speaker.h"
#include "tests/meaning.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_to(const struct speaker *client, const struct speaker *vendor, sl_str body)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(256));
    sl_str was = {0}, is = {0};
    bool is_kept = client == vendor
                       ? meaning_keeps_request(client->dialect, client->home, body, a, &was, &is)
                       : meaning_reaches(client->dialect, vendor->home, body, a, &was, &is);

    if (!is_kept) {
        fprintf(stderr, "to %s:\n", vendor->home.p);
        meaning_panic(was, is);
    }
    sl_arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sl_str input = sl_str_of((const char *)data, size), body = fuzz_behind_head(input);
    sl_str name = sl_str_trim_all(sl_str_head(input, size - body.n));

    for (size_t i = 0; i < SL_LEN(speakers); i++)
        for (size_t k = 0; k < SL_LEN(speakers) && sl_str_eq(name, speakers[i].name); k++)
            put_to(&speakers[i], &speakers[k], body);
    return 0;
}
