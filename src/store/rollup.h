/**
 * rollup: sums of the requests by minute, hour and day, and by who, what and how: what reports read.
 *
 * Each request is added to a row of each tier (minute, hour, day of its start, UTC) for each view
 * (rollup_view.def: some of the dimensions). Rows hold sums that stay at INT64_MAX and two histograms:
 * how long requests took, and when the first content came. The writer (store/writer) writes them in the
 * transaction that has the requests, so that each counts exactly once, whenever it comes.
 *
 * Limits: SL_ROLLUP_SERIES_MAX combinations for each view; what comes beyond is added up as
 * "(other)". A request that is older than a tier is kept is not added to it. Memory: about 20 MB while
 * it writes, and the names of the series. One thread owns a rollup.
 */
#pragma once
#include "base/hist_lazy.h"
#include "base/map.h"
#include "snapshot/telemetry.h"
#include "store/db.h"

enum sl_dimension {
#define X(ID, name, help) SL_DIM_##ID,
#include "store/rollup_dimension.def"
#undef X
    SL_DIM_COUNT
};

enum { SL_DIM_ALL = (1 << SL_DIM_COUNT) - 1 };

enum sl_rollup_view {
#define X(ID, dimensions) SL_VIEW_##ID,
#include "store/rollup_view.def"
#undef X
    SL_VIEW_COUNT
};

enum sl_rollup_tier { SL_TIER_MINUTE, SL_TIER_HOUR, SL_TIER_DAY, SL_TIER_COUNT };

enum sl_rollup_sum {
#define X(ID, column, value) SL_SUM_##ID,
#include "store/rollup_sum.def"
#undef X
    SL_SUM_TOKENS, /* SL_AI_BUCKET_COUNT of them */
    SL_SUM_COUNT = SL_SUM_TOKENS + SL_AI_BUCKET_COUNT
};

enum { SL_ROLLUP_SERIES_MAX = 20000 };

struct sl_rollup_cell {
    int64_t sums[SL_SUM_COUNT];
    struct sl_hist_lazy took, first_byte; /* microseconds */
};

/** Add `from` to `into`, whose histograms grow in `a`. */
void sl_rollup_cell_merge(struct sl_rollup_cell *into, struct sl_arena *a,
                          const struct sl_rollup_cell *from);

/** The names of the dimensions, and which of them (bits 1 << SL_DIM_*) a view has. */
extern const sl_str sl_dimension_names[SL_DIM_COUNT];
extern const unsigned sl_rollup_views[SL_VIEW_COUNT];
/** Of a tier's rows. */
extern const int64_t sl_rollup_tier_s[SL_TIER_COUNT];

/** How long each tier is kept, in seconds; 0: for ever. */
struct sl_rollup_keep {
    int64_t tier_s[SL_TIER_COUNT];
};

struct sl_rollup;

struct sl_rollup *sl_rollup_new(const struct sl_rollup_keep *keep) SL_CHECKED;
/** Accepts NULL. */
void sl_rollup_free(struct sl_rollup *u);

/**
 * Take a request that is new in the ledger; it is in the database after sl_rollup_flush, which this calls
 * itself when much has come. All within one transaction of the caller.
 */
sl_rc sl_rollup_add(struct sl_rollup *u, struct sl_db *db, const struct sl_record *r,
                    int64_t now_s) SL_CHECKED;
sl_rc sl_rollup_flush(struct sl_rollup *u, struct sl_db *db, int64_t now_s) SL_CHECKED;
/** The transaction was undone, or another one took series out: know nothing. */
void sl_rollup_forget(struct sl_rollup *u);

enum { SL_ROLLUP_BACKFILL = 2000 };
/**
 * Add at most SL_ROLLUP_BACKFILL of the requests that were in the ledger before it had sums, within a
 * transaction. *ret_is_done: there are no more.
 */
sl_rc sl_rollup_backfill(struct sl_rollup *u, struct sl_db *db, int64_t now_s,
                         bool *ret_is_done) SL_CHECKED;
