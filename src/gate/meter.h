/**
 * meter: a worker's journal of records: buffered while a tick runs, written with one write() at its
 * end, so that an answer whose end waits for the tick's end is never seen before its record is safe
 * from a crash of this process.
 *
 * Files: <dir>/w<worker>-<start>-<sequence>.journal, a new one after METER_FILE_BYTES. store/journal
 * reads and removes them. When the disk is full records are kept in memory up to METER_KEEP_BYTES and
 * then dropped, counted, and reported.
 */
#pragma once
#include "snapshot/telemetry.h"

struct sl_log;

enum { SL_METER_FILE_BYTES = 64 << 20, SL_METER_KEEP_BYTES = 64 << 20 };

struct sl_meter {
    char *dir; /* NULL: off */
    uint32_t worker;
    int64_t start_us; /* wall clock: makes file names unique over restarts */
    uint32_t sequence;
    int fd;
    size_t file_bytes;
    struct sl_strbuf pending;
    uint64_t dropped;
    bool is_failing; /* said so in the log once */
    struct sl_log *log;
};

/** `dir` NULL: records are dropped silently. The directory must exist. */
void sl_meter_init(struct sl_meter *m, const char *dir, uint32_t worker, int64_t start_us,
                   struct sl_log *log);
void sl_meter_fini(struct sl_meter *m);
void sl_meter_add(struct sl_meter *m, const struct sl_record *r);
/** Write what is pending. True when nothing is pending any more. */
bool sl_meter_flush(struct sl_meter *m);
