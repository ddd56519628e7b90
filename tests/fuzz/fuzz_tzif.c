/*
 * fuzz_tzif: files of the time zone database: whatever is taken gives an offset that clocks can have, at any instant.
 */
#include "codec/tzif.h"
#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t instants_s[] = {-8000000000, -1,         0,           1774745999,
                                         1774746000,  1792889999, 253402300799};
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(16));
    struct sl_zone z;
    if (sl_tzif_read((sl_str){(const char *)data, size}, a, &z) == SL_OK) {
        for (size_t i = 0; i < SL_LEN(instants_s); i++) {
            int32_t offset_s = sl_zone_offset_s(&z, instants_s[i]);
            SL_ASSERT(offset_s >= -30 * 3600 && offset_s <= 30 * 3600);
        }
    }
    (void)sl_zone_fixed((sl_str){(const char *)data, size}, &z);
    sl_arena_free(a);
    return 0;
}
