#include "store/retention.h"
#include "store/rollup_extent.h"

enum { BUDGETS_KEPT_S = 400 * 86400 }; /* the longest window is a month; reports look back a year */

static sl_rc run(struct sl_db *db, struct sl_query *q, int64_t *ret_taken)
{
    sl_rc rc = sl_query_run(q);
    if (rc == SL_OK)
        *ret_taken += sl_db_changes(db);
    return rc;
}

/* ------------------------------------------------------------------ requests */

/* The block with the oldest end; all of it must have begun before. */
static sl_rc oldest_block(struct sl_db *db, int64_t before_us, int64_t *ret_row,
                          int64_t *ret_requests, bool *ret_is_there)
{
    struct sl_query *q = sl_db_query(db, "SELECT first_row, requests FROM usage_block "
                                         "WHERE last_us < ? ORDER BY last_us LIMIT 1");
    sl_query_i64(q, 1, before_us);
    *ret_is_there = sl_query_row(q);
    if (*ret_is_there) {
        *ret_row = sl_query_i64_at(q, 0);
        *ret_requests = sl_query_i64_at(q, 1);
    }
    return sl_query_end(q);
}

static sl_rc take_old(struct sl_db *db, int64_t before_us, int64_t *ret_taken)
{
    int64_t row = 0, requests = 0;
    bool is_there = true;
    sl_rc rc = SL_OK;
    while (rc == SL_OK && *ret_taken < SL_RETENTION_BATCH) {
        rc = oldest_block(db, before_us, &row, &requests, &is_there);
        if (rc != SL_OK || !is_there)
            return rc;
        struct sl_query *q = sl_db_query(db, "DELETE FROM usage_block WHERE first_row = ?");
        sl_query_i64(q, 1, row);
        rc = sl_query_run(q);
        *ret_taken += requests;
    }
    return rc;
}

static sl_rc pragma(struct sl_db *db, const char *sql, int64_t *ret)
{
    struct sl_query *q = sl_db_query(db, sql);
    *ret = sl_query_row(q) ? sl_query_i64_at(q, 0) : 0;
    return sl_query_end(q);
}

static sl_rc is_too_large(struct sl_db *db, uint64_t max_bytes, bool *ret)
{
    int64_t pages = 0, free_pages = 0, page_bytes = 0;
    sl_rc rc = pragma(db, "PRAGMA page_count", &pages);
    if (rc == SL_OK)
        rc = pragma(db, "PRAGMA freelist_count", &free_pages);
    if (rc == SL_OK)
        rc = pragma(db, "PRAGMA page_size", &page_bytes);
    *ret = max_bytes != 0 && (uint64_t)((pages - free_pages) * page_bytes) > max_bytes;
    return rc;
}

static sl_rc take_requests(struct sl_db *db, const struct sl_ledger_keep *keep, int64_t now_us,
                           int64_t *ret_taken)
{
    bool is_large = false;
    sl_rc rc = SL_OK;
    if (keep->records_us != 0)
        rc = take_old(db, now_us - keep->records_us, ret_taken);
    if (rc == SL_OK && *ret_taken == 0)
        rc = is_too_large(db, keep->max_bytes, &is_large);
    return rc == SL_OK && is_large ? take_old(db, INT64_MAX, ret_taken) : rc;
}

/* ------------------------------------------------------------------ sums */

static sl_rc oldest_start(struct sl_db *db, int tier, int view, int64_t *ret_s, bool *ret_is_there)
{
    struct sl_query *q = sl_db_query(db, "SELECT start_s FROM rollup WHERE tier = ? AND view = ? "
                                         "ORDER BY start_s LIMIT 1");
    sl_query_i64(q, 1, sl_rollup_tier_numbers[tier]);
    sl_query_i64(q, 2, sl_rollup_view_numbers[view]);
    *ret_is_there = sl_query_row(q);
    if (*ret_is_there)
        *ret_s = sl_query_i64_at(q, 0);
    return sl_query_end(q);
}

/* All that began at one instant: at most as many as there are series. */
static sl_rc take_start(struct sl_db *db, int tier, int view, int64_t start_s, int64_t *ret_taken)
{
    struct sl_query *q =
        sl_db_query(db, "DELETE FROM rollup WHERE tier = ? AND view = ? AND start_s = ?");
    sl_query_i64(q, 1, sl_rollup_tier_numbers[tier]);
    sl_query_i64(q, 2, sl_rollup_view_numbers[view]);
    sl_query_i64(q, 3, start_s);
    return run(db, q, ret_taken);
}

static sl_rc take_sums(struct sl_db *db, int tier, int view, int64_t before_s, int64_t *ret_taken)
{
    int64_t start_s = 0;
    bool is_there = true;
    sl_rc rc = SL_OK;
    while (rc == SL_OK && *ret_taken < SL_RETENTION_BATCH) {
        rc = oldest_start(db, tier, view, &start_s, &is_there);
        if (rc != SL_OK || !is_there || start_s + sl_rollup_tier_s[tier] > before_s)
            return rc;
        rc = take_start(db, tier, view, start_s, ret_taken);
    }
    return rc;
}

/* Rows that longer ones are still to be made of stay. */
static int64_t taken_until(const struct sl_rollup_extents *e, int tier, int view, int64_t before_s)
{
    bool is_last = tier + 1 == SL_TIER_COUNT;
    return is_last ? before_s : SL_MIN(before_s, e->of[tier + 1][view].until_s);
}

static sl_rc take_all_sums(struct sl_db *db, const struct sl_rollup_keep *keep, int64_t now_s,
                           int64_t *ret_taken)
{
    struct sl_rollup_extents e;
    sl_rc rc = sl_rollup_extents_read(db, &e);
    for (int tier = 0; tier < SL_TIER_COUNT && rc == SL_OK; tier++) {
        for (int view = 0; view < SL_VIEW_COUNT && rc == SL_OK && keep->tier_s[tier] != 0; view++)
            rc = take_sums(db, tier, view, taken_until(&e, tier, view, now_s - keep->tier_s[tier]),
                           ret_taken);
    }
    return rc;
}

/* A series that nothing was added to since the oldest day that is kept has no rows any more. */
static sl_rc take_series(struct sl_db *db, const struct sl_rollup_keep *keep, int64_t now_s,
                         int64_t *ret_taken)
{
    int64_t longest_s = 0;
    for (size_t i = 0; i < SL_TIER_COUNT; i++) {
        if (keep->tier_s[i] == 0)
            return SL_OK;
        longest_s = SL_MAX(longest_s, keep->tier_s[i]);
    }
    struct sl_query *q = sl_db_query(db, "DELETE FROM rollup_series WHERE last_day < ?");
    sl_query_i64(q, 1, (now_s - longest_s) / sl_rollup_tier_s[SL_TIER_DAY] - 1);
    return run(db, q, ret_taken);
}

static sl_rc take_budgets(struct sl_db *db, int64_t now_s, int64_t *ret_taken)
{
    struct sl_query *q = sl_db_query(db, "DELETE FROM budget_spent WHERE window_start_s < ?");
    sl_query_i64(q, 1, now_s - BUDGETS_KEPT_S);
    return run(db, q, ret_taken);
}

sl_rc sl_retention_step(struct sl_db *db, const struct sl_ledger_keep *keep, int64_t now_us,
                        bool *ret_has_more, bool *ret_has_series)
{
    int64_t requests = 0, sums = 0, series = 0, budgets = 0, now_s = now_us / 1000000;
    sl_rc rc = take_requests(db, keep, now_us, &requests);
    if (rc == SL_OK)
        rc = take_all_sums(db, &keep->rollups, now_s, &sums);
    if (rc == SL_OK)
        rc = take_series(db, &keep->rollups, now_s, &series);
    if (rc == SL_OK)
        rc = take_budgets(db, now_s, &budgets);
    if (rc != SL_OK)
        return rc;
    *ret_has_more = requests >= SL_RETENTION_BATCH || sums >= SL_RETENTION_BATCH;
    *ret_has_series = series != 0;
    return SL_OK;
}
