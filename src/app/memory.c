#include "app/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

uint64_t sl_memory_resident(void)
{
    unsigned long long total, resident;
    long page_bytes = sysconf(_SC_PAGESIZE);
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL)
        return 0;
    bool is_read = fscanf(f, "%llu %llu", &total, &resident) == 2;
    fclose(f);
    return is_read && page_bytes > 0 ? (uint64_t)resident * (uint64_t)page_bytes : 0;
}

void sl_memory_trim(void)
{
    (void)malloc_trim(0);
}

static bool is_over_limit(uint64_t limit_bytes, uint64_t resident_bytes, bool was_over)
{
    uint64_t bound_bytes = was_over ? limit_bytes / 10 * 9 : limit_bytes;
    return resident_bytes > bound_bytes;
}

static void tell(struct sl_log *log, bool is_over, uint64_t limit_bytes, uint64_t resident_bytes)
{
    if (is_over)
        sl_log(log, WARN, "memory limit reached: new requests are refused",
               SL_KV_U64("resident_bytes", resident_bytes), SL_KV_U64("limit_bytes", limit_bytes));
    else
        sl_log(log, INFO, "memory below its limit: requests are taken again",
               SL_KV_U64("resident_bytes", resident_bytes));
}

bool sl_memory_watch(uint64_t limit_bytes, struct sl_log *log, bool *is_over)
{
    if (limit_bytes == 0)
        return false;
    uint64_t resident_bytes = sl_memory_resident();
    if (is_over_limit(limit_bytes, resident_bytes, *is_over)) { /* perhaps it is only kept */
        sl_memory_trim();
        resident_bytes = sl_memory_resident();
    }
    bool was_over = *is_over;
    *is_over = is_over_limit(limit_bytes, resident_bytes, was_over);
    if (*is_over != was_over)
        tell(log, *is_over, limit_bytes, resident_bytes);
    return *is_over != was_over;
}
