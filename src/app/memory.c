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

bool sl_memory_is_over(uint64_t limit_bytes, uint64_t resident_bytes, bool was_over)
{
    uint64_t bound_bytes = was_over ? limit_bytes / 10 * 9 : limit_bytes;
    return limit_bytes != 0 && resident_bytes > bound_bytes;
}
