#include "base/clock.h"
#include "tests/test.h"

TEST(clock, the_monotonic_clock_never_goes_back)
{
    sl_usec last_us = sl_clock_mono_us();
    for (int i = 0; i < 1000; i++) {
        sl_usec now_us = sl_clock_mono_us();
        EXPECT(now_us >= last_us);
        last_us = now_us;
    }
}

TEST(clock, the_wall_clock_counts_microseconds_since_1970)
{
    EXPECT(sl_clock_wall_us() > 1700000000LL * 1000000);
    EXPECT(sl_clock_wall_us() < 32503680000LL * 1000000);
}
