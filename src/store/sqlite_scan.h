/**
 * sqlite_scan: walk the requests in the ledger's blocks (store/usage_block), in the order of coming or the
 * newest first. What store/sqlite_usage is made of; speaks SQLite's result codes. One thread, one connection.
 *
 * Newest first, blocks overlap in time, for a request is written down when it ends: those that may have the next
 * one are held in memory, request by request.
 */
#pragma once
#include "codec/json.h"
#include "snapshot/telemetry.h"
#include "store/usage_block.h"

struct sqlite3;

enum { SL_SQLITE_SCAN_FILTERS = 8 };

struct sl_usage_range {
    bool is_by_time; /* newest first, of one instant the greater id first; else by number */
    int64_t first_row, last_row; /* inclusive */
    int64_t first_us, last_us;
    uint64_t hashes[SL_SQLITE_SCAN_FILTERS]; /* only blocks that may have all of these */
    size_t hash_count;
};

/** Everything. */
#define SL_USAGE_RANGE_ALL                           \
    ((struct sl_usage_range){.first_row = INT64_MIN, \
                             .last_row = INT64_MAX,  \
                             .first_us = INT64_MIN,  \
                             .last_us = INT64_MAX})

struct sl_usage_row {
    int64_t number;
    enum sl_usage_form form;
    struct sl_record record;      /* of SL_USAGE_OBJECT: request_id and wall_us only */
    const struct sl_json *object; /* of SL_USAGE_OBJECT */
};

struct sl_sqlite_scan;

/** SQLITE_OK with *ret, which stands before the first request; the connection must outlive it. */
int sl_sqlite_scan_new(struct sqlite3 *handle, const struct sl_usage_range *range,
                       struct sl_sqlite_scan **ret) SL_CHECKED;
/** Accepts NULL. */
void sl_sqlite_scan_free(struct sl_sqlite_scan *s);
/**
 * Go to the next request: SQLITE_ROW; SQLITE_DONE: there is none; or an error, SQLITE_CORRUPT when a block has what is
 * no record.
 */
int sl_sqlite_scan_next(struct sl_sqlite_scan *s) SL_CHECKED;
/** Where it stands; valid until the next call. */
const struct sl_usage_row *sl_sqlite_scan_row(const struct sl_sqlite_scan *s);
