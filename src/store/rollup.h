/**
 * rollup: sums of the requests by minute, hour and day, and by who, what and how: what reports read.
 *
 * There is a row for each minute, quarter of an hour, hour and day (rollup_tier.def; UTC) that requests started in,
 * for each view (rollup_view.def: some of the dimensions) and what is different in those. Rows hold sums that stay
 * at INT64_MAX and two histograms: how long requests took, and when the first content came.
 *
 * A request is added to its minute. Longer rows are made of shorter ones, when their time is over (sl_rollup_close),
 * and from then on what comes late is added to them, too: store/rollup_extent knows how far that is. The writer
 * (store/writer) writes sums in the transaction that has the requests, so that each counts exactly once, whenever
 * it comes.
 *
 * Limits: SL_ROLLUP_SERIES_MAX combinations for each view; what comes beyond is added up as
 * "(other)". A request that is older than a tier is kept is not added to it. Memory: about 40 MB while
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

/* In the order in which reports choose. */
enum sl_rollup_view {
#define X(ID, number, dimensions) SL_VIEW_##ID,
#include "store/rollup_view.def"
#undef X
    SL_VIEW_COUNT
};

/* The shortest first. */
enum sl_rollup_tier {
#define X(ID, number, seconds, keep) SL_TIER_##ID,
#include "store/rollup_tier.def"
#undef X
    SL_TIER_COUNT
};

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
/** Their numbers in the database. */
extern const int sl_rollup_view_numbers[SL_VIEW_COUNT], sl_rollup_tier_numbers[SL_TIER_COUNT];

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

/** Is there a time that is over, and whose rows are not made yet? */
bool sl_rollup_is_behind(const struct sl_rollup *u, int64_t now_s);
/** Make the rows of one view for one such time, within a transaction. */
sl_rc sl_rollup_close(struct sl_rollup *u, struct sl_db *db, int64_t now_s) SL_CHECKED;

enum { SL_ROLLUP_BACKFILL = 2000 };
/**
 * Add at most SL_ROLLUP_BACKFILL of the requests that were in the ledger before it had sums, within a
 * transaction. *ret_is_done: there are no more.
 */
sl_rc sl_rollup_backfill(struct sl_rollup *u, struct sl_db *db, int64_t now_s,
                         bool *ret_is_done) SL_CHECKED;
