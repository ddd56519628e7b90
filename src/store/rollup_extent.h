/**
 * rollup_extent: from when until when the rows of sums of a tier and a view are complete. Before, and behind, those of
 * shorter tiers are read.
 */
#pragma once
#include "store/rollup.h"

struct sl_rollup_extent {
    int64_t since_s, until_s; /* Unix seconds, where rows begin; since INT64_MAX: there are none */
};

struct sl_rollup_extents {
    struct sl_rollup_extent of[SL_TIER_COUNT][SL_VIEW_COUNT];
};

/** The beginning of the row of the tier that has that instant, or of the first one that begins not before it. */
int64_t sl_rollup_floor(enum sl_rollup_tier tier, int64_t at_s);
int64_t sl_rollup_ceil(enum sl_rollup_tier tier, int64_t at_s);

sl_rc sl_rollup_extents_read(struct sl_db *db, struct sl_rollup_extents *ret) SL_CHECKED;
/**
 * As they are for the writer: what this program sees for the first time is complete from now on, and requests are added
 * to rows of all tiers until their time is over that is running now. Within a transaction.
 */
sl_rc sl_rollup_extents_begin(struct sl_db *db, int64_t now_s,
                              struct sl_rollup_extents *ret) SL_CHECKED;
/** Rows of the tier and view are there until then. Within a transaction. */
sl_rc sl_rollup_extents_move(struct sl_rollup_extents *e, struct sl_db *db,
                             enum sl_rollup_tier tier, enum sl_rollup_view view,
                             int64_t until_s) SL_CHECKED;
/** Until when rows could be made now: their time is over, and shorter ones are there. Not of the shortest tier. */
int64_t sl_rollup_extents_due(const struct sl_rollup_extents *e, enum sl_rollup_tier tier,
                              enum sl_rollup_view view, int64_t now_s);
