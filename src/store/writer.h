/**
 * writer: the thread that moves records from the workers' journals into the ledger, exactly once.
 *
 * Every `wake_us` it takes what has come, in transactions of at most SL_WRITER_BATCH records, adds them
 * to the sums (store/rollup) in the same transactions, and takes out what need not be kept any more. When
 * the database cannot be written (full disk, locked, broken) the journals stay as they are, the
 * failure is logged once, and it is tried again, at growing intervals, until it works.
 *
 * One writer per directory: it holds <dir>/writer.lock. A second one (a new process beside one that is
 * still draining) waits until the first has ended.
 */
#pragma once
#include "store/journal.h"
#include "store/retention.h"

enum {
    SL_WRITER_BATCH = 5000,
    SL_WRITER_WAKE_MS = 200,
    SL_WRITER_BACKOFF_MAX_MS = 10000,
    SL_WRITER_RETENTION_S = 30 /* between looks for what need not be kept any more */
};

struct sl_usage_writer;

struct sl_usage_writer_stats {
    uint64_t inserted;
    uint64_t refused;  /* without a request id: no such record is ours */
    uint64_t failures; /* transactions that were undone */
    bool is_failing;
    struct sl_journal_stats journal;
};

/**
 * Open (or make) the database, bring its schema up to date, and start. `dir` must exist; `log` (may be
 * NULL) must outlive the writer; `keep` NULL: everything, for ever; `wake_us` 0: SL_WRITER_WAKE_MS. What is
 * wrong is in `d`.
 */
sl_rc sl_usage_writer_start(const char *dir, const char *db_path, struct sl_log *log,
                            const struct sl_ledger_keep *keep, sl_usec wake_us,
                            struct sl_usage_writer **ret, struct sl_diag *d) SL_CHECKED;
/**
 * Move all that is there, and end. Call it when the workers have ended. If the database cannot be
 * written the journals keep what is left for the next start. Accepts NULL.
 */
void sl_usage_writer_stop(struct sl_usage_writer *w);
/**
 * How long single requests are kept from now on, and in how much room, in the place of what `keep` says; 0: as that says.
 * Any thread.
 */
void sl_usage_writer_keep(struct sl_usage_writer *w, sl_usec records_us, uint64_t max_bytes);
/** What holds now. Any thread. */
struct sl_ledger_keep sl_usage_writer_kept(struct sl_usage_writer *w);
/** Any thread. */
struct sl_usage_writer_stats sl_usage_writer_stats(struct sl_usage_writer *w);
