/**
 * report: sums over the ledger for people and programs. Reads only; blocks on the database.
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
    int64_t since_us; /* Unix microseconds: requests that began then or later */
    enum sl_report_group group;
    bool is_json;
};

/**
 * Append a table, or JSON, of at most SL_REPORT_ROWS_MAX groups, the dearest first, and their total.
 * Money is exact; requests whose cost is unknown are counted, not taken for free. Durations are in
 * milliseconds, the 95th percentile exact.
 */
enum { SL_REPORT_ROWS_MAX = 1000 };
sl_rc sl_report_write(struct sl_db *db, const struct sl_report_options *o, struct sl_strbuf *out,
                      struct sl_diag *d) SL_CHECKED;
