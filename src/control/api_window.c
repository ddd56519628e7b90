#include "control/api_window.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/str.h"
#include "base/units.h"

#include <fcntl.h>
#include <unistd.h>

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, AUTO_STEPS = 120, NAME_BYTES_MAX = 64 };

/* Steps that are no span: by the calendar. */
enum calendar { BY_SPAN, BY_DAY, BY_WEEK, BY_MONTH };

struct stepping {
    enum calendar by;
    int64_t span_s;
};

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

static bool is_zone_name(sl_str name)
{
    if (name.n == 0 || name.n > NAME_BYTES_MAX || name.p[0] == '/' ||
        sl_str_find_str(name, SL_STR("..")) != SIZE_MAX)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_letter = sl_lower(c) >= 'a' && sl_lower(c) <= 'z';
        if (!is_letter && !(c >= '0' && c <= '9') && strchr("/_+-", c) == NULL)
            return false;
    }
    return true;
}

static sl_rc read_zone_file(sl_str name, struct sl_arena *a, struct sl_zone *ret)
{
    int fd = open(sl_fmt(a, "/usr/share/zoneinfo/%.*s", SL_STRF(name)).p, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return SL_E_NOTFOUND;
    char *bytes = sl_arena_alloc(a, SL_TZIF_BYTES_MAX + 1);
    ssize_t n = read(fd, bytes, SL_TZIF_BYTES_MAX + 1);
    close(fd);
    return n < 0 ? SL_E_NOTFOUND : sl_tzif_read((sl_str){bytes, (size_t)n}, a, ret);
}

static sl_rc read_zone(sl_str name, struct sl_arena *a, struct sl_window *w, struct sl_diag *d)
{
    w->time_zone = name.n != 0 ? name : SL_STR("UTC");
    if (sl_zone_fixed(w->time_zone, &w->zone))
        return SL_OK;
    if (is_zone_name(name) && read_zone_file(name, a, &w->zone) == SL_OK)
        return SL_OK;
    return sl_diag_fail(d, SL_E_BAD_REQUEST, "time_zone",
                        "must be UTC, an offset such as +02:00, or a name that this system knows, "
                        "such as Europe/Berlin");
}

static int64_t floor_to(int64_t v, int64_t step)
{
    int64_t rest = v % step;
    return v - (rest < 0 ? rest + step : rest);
}

/* ------------------------------------------------------------------ steps */

static sl_rc read_step(sl_str text, struct stepping *ret, struct sl_diag *d)
{
    static const struct {
        const char *name;
        struct stepping step;
    } names[] = {
        {"day", {BY_DAY, DAY_S}},
        {"1d", {BY_DAY, DAY_S}},
        {"week", {BY_WEEK, 7 * DAY_S}},
        {"month", {BY_MONTH, 28 * DAY_S}},
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
    *ret = (struct stepping){BY_SPAN, span_us / SL_SECONDS(1)};
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

/* Where a step begins, by local clocks: at or before `local_s`, or the next one. */
static int64_t local_begin(const struct stepping *step, int64_t local_s, bool is_next)
{
    int64_t days = floor_to(local_s, DAY_S) / DAY_S;
    struct sl_civil date = sl_civil_from_days(days);
    switch (step->by) {
    case BY_SPAN:
    case BY_DAY:
        return floor_to(local_s, step->span_s) + (is_next ? step->span_s : 0);
    case BY_WEEK: /* 1970-01-05 was a Monday */
        return (floor_to(days - 4, 7) + 4 + (is_next ? 7 : 0)) * DAY_S;
    case BY_MONTH:
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

static int64_t begin_of(const struct sl_zone *z, const struct stepping *step, int64_t at_s)
{
    int64_t begin_s = to_utc(z, local_begin(step, at_s + sl_zone_offset_s(z, at_s), false), at_s);
    return SL_MIN(begin_s, at_s);
}

static int64_t next_of(const struct sl_zone *z, const struct stepping *step, int64_t at_s)
{
    int64_t local_s = at_s + sl_zone_offset_s(z, at_s), next_s = at_s;
    while (next_s <= at_s) { /* an hour that clocks show twice */
        local_s = local_begin(step, local_s, true);
        next_s = to_utc(z, local_s, at_s);
    }
    return next_s;
}

static sl_rc make_steps(struct sl_window *w, const struct stepping *step, int64_t from_s,
                        int64_t to_s, struct sl_arena *a, struct sl_diag *d)
{
    int64_t at_s = begin_of(&w->zone, step, from_s);
    w->edges_s = sl_arena_array(a, int64_t, SL_WINDOW_STEPS_MAX + 1);
    w->edges_s[w->edge_count++] = at_s;
    while (at_s < to_s) {
        if (w->edge_count > SL_WINDOW_STEPS_MAX)
            return sl_diag_fail(d, SL_E_BAD_REQUEST, "step",
                                "must be longer: these are more than %d steps",
                                SL_WINDOW_STEPS_MAX);
        at_s = SL_MIN(next_of(&w->zone, step, at_s), to_s);
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
    *ret_from_s = floor_to(from_us, SL_SECONDS(MINUTE_S)) / 1000000;
    *ret_to_s = floor_to(to_us + SL_SECONDS(MINUTE_S) - 1, SL_SECONDS(MINUTE_S)) / 1000000;
    if (*ret_from_s < *ret_to_s)
        return SL_OK;
    return sl_diag_fail(d, SL_E_BAD_REQUEST, "until", "must be after since");
}

sl_rc sl_window_read(const struct sl_window_query *q, int64_t now_us, struct sl_arena *a,
                     struct sl_window *ret, struct sl_diag *d)
{
    int64_t from_s = 0, to_s = 0;
    struct stepping step = {0};
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
