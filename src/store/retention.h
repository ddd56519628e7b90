/**
 * retention: what the ledger keeps, and taking out what is older, a little at a time.
 *
 * The requests of the ledger are its bulk; sums of them (store/rollup) are kept longer. Sizes are of the database
 * without its free pages: SQLite uses those again before the file grows.
 */
#pragma once
#include "store/rollup.h"

struct sl_ledger_keep {
    sl_usec records_us; /* 0: for ever */
    struct sl_rollup_keep rollups;
    uint64_t max_bytes; /* beyond it the oldest requests go too; 0: no limit */
    sl_usec
        wait_us; /* so long a writer that began takes nothing out, unless it is told what to keep */
};

enum { SL_RETENTION_BATCH = 5000 };

/**
 * Take out at most about SL_RETENTION_BATCH rows that need not be kept, within a transaction. *ret_has_more:
 * there may be more. *ret_has_series: series went, so that a struct sl_rollup must forget.
 */
sl_rc sl_retention_step(struct sl_db *db, const struct sl_ledger_keep *keep, int64_t now_us,
                        bool *ret_has_more, bool *ret_has_series) SL_CHECKED;
