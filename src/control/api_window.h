/**
 * api_window: from when to when a report is, step by step, by somebody's clocks: from the query parameters `since`,
 * `until`, `step` and `time_zone`. Reads the time zone database of the system (blocks); any thread.
 */
#pragma once
#include "base/diag.h"
#include "base/strbuf.h"
#include "codec/tzif.h"

enum { SL_WINDOW_STEPS_MAX = 2000 };

struct sl_window_query {
    sl_str since, until, step, time_zone; /* p == NULL: not given */
};

struct sl_window {
    int64_t *edges_s; /* rising Unix seconds, edge_count of them: the ends of the steps */
    size_t edge_count;
    sl_str step;      /* as asked for, or what `auto` has become; empty: none */
    sl_str time_zone; /* "UTC", "+02:00", "Europe/Berlin" */
    struct sl_zone zone;
};

/** SL_E_BAD_REQUEST: what is wrong is in `d`, at the parameter's name. */
sl_rc sl_window_read(const struct sl_window_query *q, int64_t now_us, struct sl_arena *a,
                     struct sl_window *ret, struct sl_diag *d) SL_CHECKED;
/** The instant as the zone's clocks show it (RFC 3339): "2026-03-29T03:00:00+02:00". */
sl_str sl_window_time(const struct sl_window *w, int64_t at_s, struct sl_arena *a);
/** "24h" before `now_us`, or an instant. */
bool sl_window_instant(sl_str text, int64_t now_us, int64_t *ret_us) SL_CHECKED;
