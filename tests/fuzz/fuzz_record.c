/*
 * Any bytes as a record: decoding never reads beyond them, and what it takes is written again and
 * read back the same. With "SLR" in front and nothing else right, the checks are made right first, so
 * that the payload is reached.
 */
#include "base/crc32.h"
#include "snapshot/telemetry.h"

#include <stdlib.h>

enum { HEAD = 12 };

static void put_u32(char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (char)(v >> 8 * i);
}

static char *make_right(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size);
    memcpy(bytes, data, size);
    bytes[3] = 1;
    put_u32(bytes + 8, (uint32_t)(size - HEAD));
    put_u32(bytes + 4, sl_crc32((sl_str){bytes + 8, size - 8}));
    return bytes;
}

static void check(sl_str bytes)
{
    struct sl_record_room room, again_room;
    struct sl_record first, again;
    size_t n, m;
    if (sl_record_decode(bytes, &room, &first, &n) != SL_OK)
        return;
    SL_ASSERT(n <= bytes.n);
    struct sl_strbuf once = {0}, twice = {0}, line = {0};
    sl_record_encode(&first, &once);
    SL_ASSERT(sl_record_decode(sl_strbuf_str(&once), &again_room, &again, &m) == SL_OK);
    SL_ASSERT(m == once.n);
    sl_record_encode(&again, &twice);
    SL_ASSERT(once.n == twice.n && memcmp(once.p, twice.p, once.n) == 0);
    sl_record_json(&first, &line);
    SL_ASSERT(line.n != 0 && memchr(line.p, '\n', line.n) == line.p + line.n - 1);
    sl_strbuf_fini(&once);
    sl_strbuf_fini(&twice);
    sl_strbuf_fini(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check((sl_str){(const char *)data, size});
    if (size < HEAD || memcmp(data, "SLR", 3) != 0)
        return 0;
    char *bytes = make_right(data, size);
    check((sl_str){bytes, size});
    free(bytes);
    return 0;
}
