#include "store/writer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "store/charge.h"
#include "store/migrate.h"
#include "store/usage_block.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
    BACKFILLS = 8, /* of SL_ROLLUP_BACKFILL requests, in a wake */
    CLOSINGS = 16  /* of one view's rows of one time */
};

struct sl_usage_writer {
    struct sl_log *log;
    struct sl_db *db;
    struct sl_journal *journal;
    struct sl_charges *charges; /* of the batch */
    struct sl_usage_blocks *blocks;
    int lock_fd;
    bool is_owner;     /* of the directory */
    bool is_wait_told; /* the log knows that another process is */
    sl_usec wake_us, backoff_us;
    struct sl_ledger_keep keep;
    struct sl_rollup *rollup;
    bool is_backfilled;
    sl_usec prune_us; /* the next look for what need not be kept; monotonic */
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t must_look; /* for the thread: stop */
    bool must_stop;           /* and below: under the lock */
    sl_usec told_records_us;  /* in the place of what `keep` says; 0: as that says */
    uint64_t told_max_bytes;
    bool is_told;   /* anew: it is to be looked at once */
    bool is_untold; /* what to keep, and it waits for that */
    struct sl_usage_writer_stats stats;
};

/* ---- moving records ---- */

struct batch {
    uint64_t taken, refused;
    int64_t now_s;
};

/* A record and the frame it came in, to all that is made of it. */
static sl_rc take(struct sl_usage_writer *w, const struct sl_record *r, sl_str frame,
                  struct batch *b)
{
    b->taken++;
    if (r->request_id.n == 0) {
        b->refused++;
        return SL_OK;
    }
    sl_charges_add(w->charges, r);
    sl_rc rc = sl_usage_blocks_add(w->blocks, w->db, r, frame);
    return rc == SL_OK ? sl_rollup_add(w->rollup, w->db, r, b->now_s) : rc;
}

static sl_rc fill(struct sl_usage_writer *w, struct batch *b)
{
    struct sl_record r;
    sl_str frame;
    sl_rc rc = SL_OK;
    while (rc == SL_OK && b->taken < SL_WRITER_BATCH && sl_journal_next(w->journal, &r, &frame))
        rc = take(w, &r, frame, b);
    if (rc == SL_OK)
        rc = sl_usage_blocks_write(w->blocks, w->db);
    if (rc == SL_OK)
        rc = sl_charges_write(w->charges, w->db);
    if (rc == SL_OK)
        rc = sl_rollup_flush(w->rollup, w->db, b->now_s);
    if (rc == SL_OK)
        rc = sl_journal_save(w->journal, w->db);
    return rc;
}

static void count(struct sl_usage_writer *w, const struct batch *b)
{
    pthread_mutex_lock(&w->lock);
    w->stats.inserted += b->taken - b->refused;
    w->stats.refused += b->refused;
    w->stats.journal = sl_journal_stats(w->journal);
    pthread_mutex_unlock(&w->lock);
}

static void report_recovery(struct sl_usage_writer *w)
{
    w->backoff_us = 0;
    if (!w->stats.is_failing)
        return; /* only this thread writes it */
    pthread_mutex_lock(&w->lock);
    w->stats.is_failing = false;
    pthread_mutex_unlock(&w->lock);
    sl_log(w->log, INFO, "ledger is written again");
}

static void report_failure(struct sl_usage_writer *w, sl_rc rc)
{
    bool is_told = w->stats.is_failing;
    w->backoff_us = SL_MIN(SL_MAX(w->backoff_us * 2, w->wake_us), SL_MS(SL_WRITER_BACKOFF_MAX_MS));
    pthread_mutex_lock(&w->lock);
    w->stats.is_failing = true;
    w->stats.failures++;
    pthread_mutex_unlock(&w->lock);
    if (!is_told)
        sl_log(w->log, ERROR, "ledger cannot be written: records wait in the journals",
               SL_KV_ERR("reason", rc), SL_KV_STR("error", sl_db_error(w->db)));
}

static void undo(struct sl_usage_writer *w)
{
    sl_db_rollback(w->db);
    sl_charges_clear(w->charges);
    sl_usage_blocks_forget(w->blocks);
    sl_rollup_forget(w->rollup);
}

/* One transaction. *ret_taken: records read; less than SL_WRITER_BATCH: there are no more. */
static sl_rc move_batch(struct sl_usage_writer *w, size_t *ret_taken)
{
    struct batch b = {.now_s = sl_clock_wall_us() / 1000000};
    sl_rc rc = sl_db_begin(w->db);
    if (rc == SL_OK)
        rc = fill(w, &b);
    if (rc == SL_OK)
        rc = sl_db_commit(w->db);
    if (rc != SL_OK) {
        report_failure(w, rc);
        undo(w);
        sl_journal_go_back(w->journal);
        return rc;
    }
    sl_journal_settle(w->journal);
    count(w, &b);
    report_recovery(w);
    *ret_taken = b.taken;
    return SL_OK;
}

static void move_all(struct sl_usage_writer *w)
{
    size_t taken = SL_WRITER_BATCH;
    if (sl_journal_scan(w->journal) != SL_OK) {
        report_failure(w, SL_E_IO);
        return;
    }
    sl_journal_sweep(w->journal);
    while (taken == SL_WRITER_BATCH && sl_journal_is_behind(w->journal)) {
        if (move_batch(w, &taken) != SL_OK)
            return;
    }
}

/* ---- what is older ---- */

typedef sl_rc part_fn(struct sl_usage_writer *w, bool *ret_is_done);

/* A transaction of its own. False: it is not done yet. */
static bool do_part(struct sl_usage_writer *w, part_fn *fn)
{
    bool is_done = false;
    sl_rc rc = sl_db_begin(w->db);
    if (rc == SL_OK)
        rc = fn(w, &is_done);
    if (rc == SL_OK)
        rc = sl_db_commit(w->db);
    if (rc == SL_OK)
        return is_done;
    report_failure(w, rc);
    undo(w);
    return false;
}

static sl_rc backfill(struct sl_usage_writer *w, bool *ret_is_done)
{
    return sl_rollup_backfill(w->rollup, w->db, sl_clock_wall_us() / 1000000, ret_is_done);
}

static sl_rc close_sums(struct sl_usage_writer *w, bool *ret_is_done)
{
    int64_t now_s = sl_clock_wall_us() / 1000000;
    sl_rc rc = sl_rollup_close(w->rollup, w->db, now_s);
    *ret_is_done = rc == SL_OK && !sl_rollup_is_behind(w->rollup, now_s);
    return rc;
}

static sl_rc prune(struct sl_usage_writer *w, bool *ret_is_done)
{
    bool has_more = false, has_series = false;
    const struct sl_ledger_keep keep = sl_usage_writer_kept(w);
    sl_rc rc = sl_retention_step(w->db, &keep, sl_clock_wall_us(), &has_more, &has_series);
    if (has_series)
        sl_rollup_forget(w->rollup);
    sl_usage_blocks_forget(w->blocks); /* the one at hand may be gone */
    *ret_is_done = !has_more;
    return rc;
}

/* A time is over: its rows are made of shorter ones, some in a wake. */
static void close_what_is_over(struct sl_usage_writer *w)
{
    bool is_done = !sl_rollup_is_behind(w->rollup, sl_clock_wall_us() / 1000000);
    for (size_t i = 0; i < CLOSINGS && !is_done && !w->stats.is_failing; i++)
        is_done = do_part(w, close_sums);
}

static bool take_told(struct sl_usage_writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool is_told = w->is_told;
    w->is_told = false;
    pthread_mutex_unlock(&w->lock);
    return is_told;
}

/* A little at a time, between batches of what comes: sums of what was there before, then retention. */
static void tidy_up(struct sl_usage_writer *w)
{
    sl_usec now_us = sl_clock_mono_us();
    for (size_t i = 0; i < BACKFILLS && !w->is_backfilled; i++)
        w->is_backfilled = do_part(w, backfill);
    if (w->is_backfilled)
        close_what_is_over(w);
    if (take_told(w))
        w->prune_us = now_us;
    if (w->is_backfilled && now_us >= w->prune_us && do_part(w, prune))
        w->prune_us = now_us + SL_SECONDS(SL_WRITER_RETENTION_S);
}

/* ---- one writer per directory ---- */

static void become_owner(struct sl_usage_writer *w)
{
    if (flock(w->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (!w->is_wait_told)
            sl_log(w->log, WARN, "another process writes the ledger: waiting for its end");
        w->is_wait_told = true;
        return;
    }
    sl_rc rc = sl_journal_load(w->journal, w->db);
    if (rc == SL_OK)
        w->is_owner = true;
    else
        report_failure(w, rc);
}

static void step(struct sl_usage_writer *w)
{
    if (!w->is_owner)
        become_owner(w);
    if (!w->is_owner)
        return;
    move_all(w);
    tidy_up(w);
}

/* ---- the thread ---- */

static struct timespec deadline(sl_usec span_us)
{
    sl_usec at_us = sl_clock_mono_us() + span_us;
    return (struct timespec){.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
}

/* False: it is time to stop. */
static bool wait_for_more(struct sl_usage_writer *w)
{
    struct timespec until = deadline(SL_MAX(w->wake_us, w->backoff_us));
    pthread_mutex_lock(&w->lock);
    while (!w->must_stop && pthread_cond_timedwait(&w->must_look, &w->lock, &until) == 0) {
    }
    bool must_stop = w->must_stop;
    pthread_mutex_unlock(&w->lock);
    return !must_stop;
}

static void *run(void *arg)
{
    struct sl_usage_writer *w = arg;
    do
        step(w);
    while (wait_for_more(w));
    step(w);
    return NULL;
}

static int open_lock(const char *dir)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/writer.lock", dir);
    if (n < 0 || (size_t)n >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static void writer_free(struct sl_usage_writer *w)
{
    sl_charges_free(w->charges);
    sl_usage_blocks_free(w->blocks);
    sl_journal_free(w->journal);
    sl_rollup_free(w->rollup);
    sl_db_close(w->db);
    if (w->lock_fd >= 0)
        close(w->lock_fd);
    pthread_cond_destroy(&w->must_look);
    pthread_mutex_destroy(&w->lock);
    sl_free(w);
}

static struct sl_usage_writer *writer_new(const char *dir, struct sl_log *log,
                                          const struct sl_ledger_keep *keep, sl_usec wake_us)
{
    struct sl_usage_writer *w = sl_new(struct sl_usage_writer);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->must_look, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&w->lock, NULL);
    w->log = log;
    w->keep = keep != NULL ? *keep : (struct sl_ledger_keep){0};
    w->prune_us = w->keep.wait_us != 0 ? sl_clock_mono_us() + w->keep.wait_us : 0;
    w->is_untold = w->keep.wait_us != 0;
    w->rollup = sl_rollup_new(&w->keep.rollups);
    w->wake_us = wake_us != 0 ? wake_us : SL_MS(SL_WRITER_WAKE_MS);
    w->lock_fd = open_lock(dir);
    w->journal = sl_journal_new(dir, log);
    w->charges = sl_charges_new();
    w->blocks = sl_usage_blocks_new();
    return w;
}

sl_rc sl_usage_writer_start(const char *dir, const char *db_path, struct sl_log *log,
                            const struct sl_ledger_keep *keep, sl_usec wake_us,
                            struct sl_usage_writer **ret, struct sl_diag *d)
{
    struct sl_usage_writer *w = writer_new(dir, log, keep, wake_us);
    sl_rc rc = SL_OK;
    if (w->lock_fd < 0)
        rc = sl_diag_fail_at(d, SL_E_IO, sl_cstr(dir), 0, 0, (sl_str){0},
                             "must be a directory that can be written: %s", strerror(errno));
    if (rc == SL_OK)
        rc = sl_db_open(db_path, &w->db, d);
    if (rc == SL_OK)
        rc = sl_db_migrate(w->db, &sl_schema_usage, d);
    if (rc == SL_OK && !sl_thread_start(&w->thread, run, w))
        rc = sl_diag_fail(d, SL_E_NOMEM, "ledger", "its thread cannot be started");
    if (rc != SL_OK) {
        writer_free(w);
        return rc;
    }
    *ret = w;
    return SL_OK;
}

void sl_usage_writer_stop(struct sl_usage_writer *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->must_stop = true;
    pthread_cond_signal(&w->must_look);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    writer_free(w);
}

void sl_usage_writer_keep(struct sl_usage_writer *w, sl_usec records_us, uint64_t max_bytes)
{
    pthread_mutex_lock(&w->lock);
    bool is_new = records_us != w->told_records_us || max_bytes != w->told_max_bytes;
    w->told_records_us = records_us;
    w->told_max_bytes = max_bytes;
    w->is_told |= is_new || w->is_untold;
    w->is_untold = false;
    pthread_mutex_unlock(&w->lock);
}

struct sl_ledger_keep sl_usage_writer_kept(struct sl_usage_writer *w)
{
    struct sl_ledger_keep keep = w->keep;
    pthread_mutex_lock(&w->lock);
    if (w->told_records_us != 0)
        keep.records_us = w->told_records_us;
    if (w->told_max_bytes != 0)
        keep.max_bytes = w->told_max_bytes;
    pthread_mutex_unlock(&w->lock);
    return keep;
}

struct sl_usage_writer_stats sl_usage_writer_stats(struct sl_usage_writer *w)
{
    pthread_mutex_lock(&w->lock);
    struct sl_usage_writer_stats stats = w->stats;
    pthread_mutex_unlock(&w->lock);
    return stats;
}
