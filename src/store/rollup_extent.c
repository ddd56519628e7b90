#include "store/rollup_extent.h"

/* Requests end after they start; most of those that started before are there when rows are made. */
enum { CLOSE_AFTER_S = 60 };

int64_t sl_rollup_floor(enum sl_rollup_tier tier, int64_t at_s)
{
    int64_t step_s = sl_rollup_tier_s[tier], rest_s = at_s % step_s;
    return at_s - (rest_s < 0 ? rest_s + step_s : rest_s);
}

int64_t sl_rollup_ceil(enum sl_rollup_tier tier, int64_t at_s)
{
    return sl_rollup_floor(tier, at_s + sl_rollup_tier_s[tier] - 1);
}

/* Where in a table of numbers; `n`: it is another program's. */
static size_t find_number(const int *numbers, size_t n, int64_t number)
{
    size_t i = 0;
    while (i < n && numbers[i] != number)
        i++;
    return i;
}

static void put(struct sl_rollup_extents *e, int64_t tier_number, int64_t view_number,
                struct sl_rollup_extent extent)
{
    size_t tier = find_number(sl_rollup_tier_numbers, SL_TIER_COUNT, tier_number);
    size_t view = find_number(sl_rollup_view_numbers, SL_VIEW_COUNT, view_number);
    if (tier != SL_TIER_COUNT && view != SL_VIEW_COUNT)
        e->of[tier][view] = extent;
}

sl_rc sl_rollup_extents_read(struct sl_db *db, struct sl_rollup_extents *ret)
{
    for (size_t tier = 0; tier < SL_TIER_COUNT; tier++) {
        for (size_t view = 0; view < SL_VIEW_COUNT; view++)
            ret->of[tier][view] = (struct sl_rollup_extent){INT64_MAX, INT64_MAX};
    }
    struct sl_query *q = sl_db_query(db, "SELECT tier, view, since_s, until_s FROM rollup_extent");
    while (sl_query_row(q))
        put(ret, sl_query_i64_at(q, 0), sl_query_i64_at(q, 1),
            (struct sl_rollup_extent){sl_query_i64_at(q, 2), sl_query_i64_at(q, 3)});
    return sl_query_end(q);
}

static sl_rc save(const struct sl_rollup_extents *e, struct sl_db *db, size_t tier, size_t view)
{
    struct sl_query *q =
        sl_db_query(db, "INSERT OR REPLACE INTO rollup_extent (tier, view, since_s, until_s) "
                        "VALUES (?, ?, ?, ?)");
    sl_query_i64(q, 1, sl_rollup_tier_numbers[tier]);
    sl_query_i64(q, 2, sl_rollup_view_numbers[view]);
    sl_query_i64(q, 3, e->of[tier][view].since_s);
    sl_query_i64(q, 4, e->of[tier][view].until_s);
    return sl_query_run(q);
}

sl_rc sl_rollup_extents_move(struct sl_rollup_extents *e, struct sl_db *db,
                             enum sl_rollup_tier tier, enum sl_rollup_view view, int64_t until_s)
{
    e->of[tier][view].until_s = until_s;
    return save(e, db, tier, view);
}

static sl_rc has_series(struct sl_db *db, bool *ret)
{
    struct sl_query *q = sl_db_query(db, "SELECT 1 FROM rollup_series LIMIT 1");
    *ret = sl_query_row(q);
    return sl_query_end(q);
}

/* Nothing is known of the tier and view yet, or requests were added to all rows so far. */
static sl_rc begin_one(struct sl_rollup_extents *e, struct sl_db *db, size_t tier, size_t view,
                       int64_t next_s, bool is_old)
{
    struct sl_rollup_extent *of = &e->of[tier][view];
    bool is_new = of->since_s == INT64_MAX;
    if (is_new)
        of->since_s = is_old ? next_s : 0;
    else if (tier == SL_TIER_MINUTE || of->until_s != INT64_MAX)
        return SL_OK;
    of->until_s = tier == SL_TIER_MINUTE ? INT64_MAX : next_s;
    return save(e, db, tier, view);
}

sl_rc sl_rollup_extents_begin(struct sl_db *db, int64_t now_s, struct sl_rollup_extents *ret)
{
    bool is_old = false;
    sl_rc rc = sl_rollup_extents_read(db, ret);
    if (rc == SL_OK)
        rc = has_series(db, &is_old);
    for (size_t tier = 0; tier < SL_TIER_COUNT; tier++) {
        int64_t next_s = sl_rollup_ceil((enum sl_rollup_tier)tier, now_s);
        for (size_t view = 0; view < SL_VIEW_COUNT && rc == SL_OK; view++)
            rc = begin_one(ret, db, tier, view, next_s, is_old);
    }
    return rc;
}

int64_t sl_rollup_extents_due(const struct sl_rollup_extents *e, enum sl_rollup_tier tier,
                              enum sl_rollup_view view, int64_t now_s)
{
    int64_t over_s = SL_MIN(now_s - CLOSE_AFTER_S, e->of[tier - 1][view].until_s);
    return sl_rollup_floor(tier, over_s);
}
