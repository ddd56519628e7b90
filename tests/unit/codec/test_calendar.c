#include "codec/calendar.h"
#include "tests/test.h"

enum { DAY_S = 86400, T_2026 = 1767225600 }; /* Thursday, 1 January, 00:00 UTC */

TEST(calendar, days_weeks_and_months_begin_where_the_clocks_of_the_place_say)
{
    const struct {
        const char *zone;
        enum sl_calendar by;
        int64_t at_s, begin_s, next_s;
    } rows[] = {
        {"UTC", SL_BY_DAY, T_2026 + 5, T_2026, T_2026 + DAY_S},
        {"UTC", SL_BY_WEEK, T_2026, T_2026 - 3 * DAY_S, T_2026 + 4 * DAY_S},
        {"UTC", SL_BY_MONTH, T_2026 + 30 * DAY_S, T_2026, T_2026 + 31 * DAY_S},
        {"UTC", SL_BY_MONTH, T_2026 - 1, T_2026 - 31 * DAY_S, T_2026},
        {"+02:00", SL_BY_DAY, T_2026 + 79200, T_2026 + 79200, T_2026 + 79200 + DAY_S},
        {"+02:00", SL_BY_DAY, T_2026 + 79199, T_2026 - 7200, T_2026 + 79200},
        {"UTC", SL_BY_DAY, -1, -DAY_S, 0},
        {"UTC", SL_BY_WEEK, 0, -3 * DAY_S, 4 * DAY_S},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_zone zone;
        struct sl_calendar_step step = {.by = rows[i].by};
        EXPECT(sl_zone_fixed(sl_cstr(rows[i].zone), &zone));
        EXPECT_EQ(rows[i].begin_s, sl_calendar_begin(&zone, &step, rows[i].at_s));
        EXPECT_EQ(rows[i].next_s, sl_calendar_next(&zone, &step, rows[i].at_s));
    }
}
