/**
 * report: what was used, in short, for people and programs: from the sums by minute, hour and day (store/rollup), so
 * that it costs the same after a million requests as after a thousand. Reads only; blocks on the database.
 */
#pragma once
#include "base/strbuf.h"
#include "store/db.h"

/** What the rows of a report are. */
enum sl_report_group {
    SL_REPORT_MODEL, /* "fast (openai/gpt-4o)": public name and target; no AI traffic: "-" */
    SL_REPORT_CONSUMER,
    SL_REPORT_SERVICE,
    SL_REPORT_ROUTE,
    SL_REPORT_VENDOR,
    SL_REPORT_DAY, /* UTC, like the next ones */
    SL_REPORT_HOUR,
    SL_REPORT_MINUTE,
};

struct sl_report_options {
    int64_t since_us; /* Unix microseconds: requests that began in the minute of this, or later */
    int64_t now_us;   /* Unix microseconds */
    enum sl_report_group group;
    bool is_json;
};

/**
 * Append a table, or JSON, of at most SL_REPORT_ROWS_MAX groups, the dearest first, and the total of all.
 * Money is exact; requests whose cost is unknown are counted, not taken for free. The 95th percentile is in
 * milliseconds, from a histogram: at most a sixteenth too high. Of times whose sums are not kept any more there is
 * nothing.
 */
enum { SL_REPORT_ROWS_MAX = 1000 };
sl_rc sl_report_write(struct sl_db *db, const struct sl_report_options *o, struct sl_strbuf *out,
                      struct sl_diag *d) SL_CHECKED;
