/**
 * journal: read the workers' records back from the files that gate/meter writes.
 *
 * Files are <dir>/w<worker>-<start>-<sequence>.journal. All are followed; the end of one that is being
 * written is waited for. Bytes that are no record are skipped up to the next one that is, counted,
 * and logged. How far each file is read stands in the database (table journal_file) and moves in the
 * same transaction as what its records became: so each counts exactly once, whenever the process
 * dies. A cycle is
 *
 *     sl_db_begin; sl_journal_next until false or enough; sl_journal_save; sl_db_commit;
 *     sl_journal_settle        after the commit, or
 *     sl_journal_go_back       when anything failed.
 *
 * A file that is read to its end is removed when its worker writes to a later one (or a later process
 * has begun) and nobody holds a lock (flock) on it. Blocks on the disk; one thread owns a journal.
 */
#pragma once
#include "snapshot/telemetry.h"
#include "store/db.h"

struct sl_log;
struct sl_journal;

enum {
    SL_JOURNAL_READ_BYTES = 1 << 20, /* at a time; holds the longest record many times */
    SL_JOURNAL_NAME_MAX = 96,        /* longer names are nobody's journals */
    SL_JOURNAL_GENERATION_S = 60     /* workers of one process start within this time */
};

struct sl_journal_stats {
    uint64_t records;       /* read and settled */
    uint64_t gaps;          /* places with something that is no record */
    uint64_t skipped_bytes; /* in them */
    uint64_t files_removed;
};

/** Borrows `log` (may be NULL). The directory need not have files yet. */
struct sl_journal *sl_journal_new(const char *dir, struct sl_log *log) SL_CHECKED;
/** Accepts NULL. */
void sl_journal_free(struct sl_journal *j);

/** Take the positions from the database. Once, before the first sl_journal_next. */
sl_rc sl_journal_load(struct sl_journal *j, struct sl_db *db) SL_CHECKED;
/** Look for new files. SL_E_IO when the directory cannot be read. */
sl_rc sl_journal_scan(struct sl_journal *j) SL_CHECKED;
/**
 * The next record of any file, and the frame that it was decoded from; what it borrows is valid until the
 * next call. False: that is all for now. A
 * file that cannot be read is logged once and tried again in the next round.
 */
bool sl_journal_next(struct sl_journal *j, struct sl_record *ret, sl_str *ret_frame) SL_CHECKED;
/** Is there something to read, or to save? A cheap look, so that nothing is locked for nothing. */
bool sl_journal_is_behind(const struct sl_journal *j);
/** Write the positions that moved; within the caller's transaction. */
sl_rc sl_journal_save(struct sl_journal *j, struct sl_db *db) SL_CHECKED;
/** The transaction is on the disk: remove what nobody needs any more. */
void sl_journal_settle(struct sl_journal *j);
/**
 * Remove the files that are done with, as sl_journal_settle does, though there was nothing to read: a
 * process that was killed after its last commit left them. Outside of a transaction.
 */
void sl_journal_sweep(struct sl_journal *j);
/** The transaction failed: read again what it had. */
void sl_journal_go_back(struct sl_journal *j);

struct sl_journal_stats sl_journal_stats(const struct sl_journal *j);
