#include "base/clock.h"

#include <time.h>

static int64_t read_us(clockid_t clock)
{
    struct timespec t;
    int rc = clock_gettime(clock, &t);
    SL_ASSERT(rc == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

sl_usec sl_clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t sl_clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}
