/**
 * calendar: where days, weeks and months begin by the clocks of a place (codec/tzif), and spans that a day is
 * made of. Instants are Unix seconds. Pure.
 */
#pragma once
#include "codec/tzif.h"

enum sl_calendar { SL_BY_SPAN, SL_BY_DAY, SL_BY_WEEK, SL_BY_MONTH };

struct sl_calendar_step {
    enum sl_calendar by;
    int64_t span_s; /* SL_BY_SPAN: what a day is made of; else about how long one is */
};

/** `v` down to a multiple of `step`, also below 0. */
int64_t sl_calendar_floor(int64_t v, int64_t step);
/** The beginning of the step in which `at_s` is; weeks begin on Mondays. */
int64_t sl_calendar_begin(const struct sl_zone *z, const struct sl_calendar_step *step,
                          int64_t at_s);
/** The beginning of the next one. */
int64_t sl_calendar_next(const struct sl_zone *z, const struct sl_calendar_step *step,
                         int64_t at_s);
