/**
 * tzif: how far a place's clocks are from UTC at an instant: files of the time zone database (RFC 9636), versions 2
 * and later, with the rule for the future that stands at their end. Leap seconds are left out, as Unix time has
 * none. Pure; any thread may read a zone.
 */
#pragma once
#include "base/arena.h"

enum { SL_TZIF_BYTES_MAX = 256 << 10 };

struct sl_zone_rule_day {
    int month, week, weekday; /* M.w.d: week 5 is the last; weekday 0 is Sunday */
    int64_t time_s;           /* local time of day; may be negative or beyond a day */
};

/** A zeroed one is UTC. */
struct sl_zone {
    const int64_t *changes_s; /* rising */
    const int32_t *offsets_s; /* from that change on */
    size_t change_count;
    int32_t first_offset_s; /* before all changes */
    /* after the last one */
    bool has_rule, has_summer;
    int32_t rule_offset_s, summer_offset_s;
    struct sl_zone_rule_day summer_begins, summer_ends;
};

/** SL_E_SYNTAX: it is no such file; SL_E_UNSUPPORTED: of version 1, or with a rule that no place has. */
sl_rc sl_tzif_read(sl_str bytes, struct sl_arena *a, struct sl_zone *ret) SL_CHECKED;
/** "+02:00", "-0330", "UTC" or "Z". */
bool sl_zone_fixed(sl_str text, struct sl_zone *ret) SL_CHECKED;
/** Seconds east of UTC. */
int32_t sl_zone_offset_s(const struct sl_zone *z, int64_t at_s);
