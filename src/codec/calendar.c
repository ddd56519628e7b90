#include "codec/calendar.h"
#include "base/fmt.h"

enum { DAY_S = 86400 };

int64_t sl_calendar_floor(int64_t v, int64_t step)
{
    int64_t rest = v % step;
    return v - (rest < 0 ? rest + step : rest);
}

/* Where a step begins, by local clocks: at or before `local_s`, or the next one. */
static int64_t local_begin(const struct sl_calendar_step *step, int64_t local_s, bool is_next)
{
    int64_t days = sl_calendar_floor(local_s, DAY_S) / DAY_S;
    struct sl_civil date = sl_civil_from_days(days);
    switch (step->by) {
    case SL_BY_SPAN:
        return sl_calendar_floor(local_s, step->span_s) + (is_next ? step->span_s : 0);
    case SL_BY_DAY:
        return (days + is_next) * DAY_S;
    case SL_BY_WEEK: /* 1970-01-05 was a Monday */
        return (sl_calendar_floor(days - 4, 7) + 4 + (is_next ? 7 : 0)) * DAY_S;
    case SL_BY_MONTH:
        date.day = 1;
        if (is_next)
            date = date.month == 12 ? (struct sl_civil){date.year + 1, 1, 1}
                                    : (struct sl_civil){date.year, date.month + 1, 1};
        return sl_civil_to_days(date) * DAY_S;
    }
    sl_panic(__FILE__, __LINE__, "no such step");
}

/* The instant of a local time; what a change of the clocks leaves out or has twice goes by the later offset. */
static int64_t to_utc(const struct sl_zone *z, int64_t local_s, int64_t near_s)
{
    int64_t guess_s = local_s - sl_zone_offset_s(z, near_s);
    return local_s - sl_zone_offset_s(z, guess_s);
}

int64_t sl_calendar_begin(const struct sl_zone *z, const struct sl_calendar_step *step,
                          int64_t at_s)
{
    int64_t begin_s = to_utc(z, local_begin(step, at_s + sl_zone_offset_s(z, at_s), false), at_s);
    return SL_MIN(begin_s, at_s);
}

int64_t sl_calendar_next(const struct sl_zone *z, const struct sl_calendar_step *step, int64_t at_s)
{
    int64_t local_s = at_s + sl_zone_offset_s(z, at_s), next_s = at_s;
    while (next_s <= at_s) { /* an hour that clocks show twice */
        local_s = local_begin(step, local_s, true);
        next_s = to_utc(z, local_s, at_s);
    }
    return next_s;
}
