#include "control/api_window.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/str.h"
#include "base/units.h"
#include "codec/calendar.h"
#include "snapshot/zone.h"

enum { MINUTE_S = 60, DAY_S = 86400, AUTO_STEPS = 120 };

bool sl_window_instant(sl_str text, int64_t now_us, int64_t *ret_us)
{
    sl_usec span_us;
    if (sl_parse_rfc3339(text, ret_us))
        return *ret_us >= 0;
    if (!sl_units_span(text, &span_us) || span_us > now_us)
        return false;
    *ret_us = now_us - span_us;
    return true;
}

/* ------------------------------------------------------------------ time zones */

static sl_rc read_zone(sl_str name, struct sl_arena *a, struct sl_window *w, struct sl_diag *d)
{
    w->time_zone = name.n != 0 ? name : SL_STR("UTC");
    if (sl_zone_load(name, a, &w->zone) == SL_OK)
        return SL_OK;
    return sl_diag_fail(d, SL_E_BAD_REQUEST, "time_zone", SL_ZONE_RULE);
}

/* ------------------------------------------------------------------ steps */

static sl_rc read_step(sl_str text, struct sl_calendar_step *ret, struct sl_diag *d)
{
    static const struct {
        const char *name;
        struct sl_calendar_step step;
    } names[] = {
        {"day", {SL_BY_DAY, DAY_S}},
        {"1d", {SL_BY_DAY, DAY_S}},
        {"week", {SL_BY_WEEK, 7 * DAY_S}},
        {"month", {SL_BY_MONTH, 28 * DAY_S}},
    };
    sl_usec span_us = 0;
    for (size_t i = 0; i < SL_LEN(names); i++) {
        if (!sl_str_eq(text, sl_cstr(names[i].name)))
            continue;
        *ret = names[i].step;
        return SL_OK;
    }
    bool is_good = sl_units_span(text, &span_us) && span_us > 0 &&
                   span_us % SL_SECONDS(MINUTE_S) == 0 && SL_SECONDS(DAY_S) % span_us == 0;
    if (!is_good)
        return sl_diag_fail(d, SL_E_BAD_REQUEST, "step",
                            "must be auto, day, week, month, or whole minutes that a day is made "
                            "of, such as 1m, 15m or 1h");
    *ret = (struct sl_calendar_step){SL_BY_SPAN, span_us / SL_SECONDS(1)};
    return SL_OK;
}

/* As fine as a chart can show. */
static sl_str choose_step(int64_t span_s)
{
    static const struct {
        int64_t s;
        const char *name;
    } steps[] = {{60, "1m"},    {300, "5m"},    {900, "15m"},    {3600, "1h"},
                 {21600, "6h"}, {86400, "day"}, {604800, "week"}};
    for (size_t i = 0; i < SL_LEN(steps); i++) {
        if (span_s / steps[i].s <= AUTO_STEPS)
            return sl_cstr(steps[i].name);
    }
    return SL_STR("month");
}

static sl_rc make_steps(struct sl_window *w, const struct sl_calendar_step *step, int64_t from_s,
                        int64_t to_s, struct sl_arena *a, struct sl_diag *d)
{
    int64_t at_s = sl_calendar_begin(&w->zone, step, from_s);
    w->edges_s = sl_arena_array(a, int64_t, SL_WINDOW_STEPS_MAX + 1);
    w->edges_s[w->edge_count++] = at_s;
    while (at_s < to_s) {
        if (w->edge_count > SL_WINDOW_STEPS_MAX)
            return sl_diag_fail(d, SL_E_BAD_REQUEST, "step",
                                "must be longer: these are more than %d steps",
                                SL_WINDOW_STEPS_MAX);
        at_s = SL_MIN(sl_calendar_next(&w->zone, step, at_s), to_s);
        w->edges_s[w->edge_count++] = at_s;
    }
    return SL_OK;
}

static sl_rc one_step(struct sl_window *w, int64_t from_s, int64_t to_s, struct sl_arena *a)
{
    w->edges_s = sl_arena_array(a, int64_t, 2);
    w->edges_s[0] = from_s;
    w->edges_s[1] = to_s;
    w->edge_count = 2;
    return SL_OK;
}

/* ------------------------------------------------------------------ all of it */

static sl_rc read_ends(const struct sl_window_query *q, int64_t now_us, int64_t *ret_from_s,
                       int64_t *ret_to_s, struct sl_diag *d)
{
    static const char what[] = "must be a span before now, such as 24h, or a time such as "
                               "2026-01-31T00:00:00Z";
    int64_t from_us, to_us = now_us;
    sl_str since = q->since.p != NULL ? q->since : SL_STR("24h");
    if (!sl_window_instant(since, now_us, &from_us))
        return sl_diag_fail(d, SL_E_BAD_REQUEST, "since", "%s", what);
    if (q->until.p != NULL && !sl_window_instant(q->until, now_us, &to_us))
        return sl_diag_fail(d, SL_E_BAD_REQUEST, "until", "%s", what);
    *ret_from_s = sl_calendar_floor(from_us, SL_SECONDS(MINUTE_S)) / 1000000;
    *ret_to_s = sl_calendar_floor(to_us + SL_SECONDS(MINUTE_S) - 1, SL_SECONDS(MINUTE_S)) / 1000000;
    if (*ret_from_s < *ret_to_s)
        return SL_OK;
    return sl_diag_fail(d, SL_E_BAD_REQUEST, "until", "must be after since");
}

sl_rc sl_window_read(const struct sl_window_query *q, int64_t now_us, struct sl_arena *a,
                     struct sl_window *ret, struct sl_diag *d)
{
    int64_t from_s = 0, to_s = 0;
    struct sl_calendar_step step = {0};
    *ret = (struct sl_window){0};
    sl_rc rc = read_ends(q, now_us, &from_s, &to_s, d);
    if (rc == SL_OK)
        rc = read_zone(q->time_zone, a, ret, d);
    if (rc != SL_OK)
        return rc;
    if (q->step.n == 0)
        return one_step(ret, from_s, to_s, a);
    ret->step = sl_str_eq(q->step, SL_STR("auto")) ? choose_step(to_s - from_s) : q->step;
    rc = read_step(ret->step, &step, d);
    return rc == SL_OK ? make_steps(ret, &step, from_s, to_s, a, d) : rc;
}

sl_str sl_window_time(const struct sl_window *w, int64_t at_s, struct sl_arena *a)
{
    int32_t offset_s = sl_zone_offset_s(&w->zone, at_s);
    sl_str utc = sl_fmt_rfc3339(a, (at_s + offset_s) * 1000000);
    int minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    if (offset_s == 0)
        return utc;
    return sl_fmt(a, "%.*s%c%02d:%02d", SL_STRF(sl_str_head(utc, utc.n - 1)),
                  offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}
