/**
 * log: one JSON object per line, written by a thread of its own.
 *
 *     sl_log(l, INFO, "snapshot published", SL_KV_U64("version", v), SL_KV_STR("by", name));
 *     {"time":"2026-01-31T12:00:00.250Z","level":"info","msg":"snapshot published","version":7,"by":"…"}
 *
 * Any thread may log; nobody ever waits for the disk: lines go into a bounded buffer under a short
 * lock. When it is full they are dropped and counted, and the count is logged as soon as there is
 * room. Batches that could not be written (full disk) are counted likewise.
 *
 * The message is a constant, facts are fields. Control characters are escaped and ill-formed UTF-8 is
 * replaced, so that no peer can forge a line or move a terminal's cursor; strings are cut at
 * SL_LOG_TEXT_MAX bytes. A struct sl_secret (base/secret.h) fits no field.
 */
#pragma once
#include "base/clock.h"
#include "base/diag.h"

enum {
    SL_LOG_BUFFER_BYTES = 1 << 20, /* the usual bound of the buffer */
    SL_LOG_TEXT_MAX = 2048,
    SL_LOG_KV_MAX = 32 /* fields of one line */
};

enum sl_log_level { SL_LOG_DEBUG, SL_LOG_INFO, SL_LOG_WARN, SL_LOG_ERROR, SL_LOG_OFF };

struct sl_log;

struct sl_log_options {
    const char *path;        /* appended to, made if missing (mode 0640); NULL: `fd` */
    int fd;                  /* borrowed: stderr, a pipe; not used when there is a path */
    enum sl_log_level level; /* less important lines are not written */
    size_t buffer_bytes;     /* 0: SL_LOG_BUFFER_BYTES */
    sl_usec linger_us; /* a line may wait that long for others to be written with; 0: not at all */
};

/** Open the file and start the thread. SL_E_IO when that fails, with the reason in `d`. */
sl_rc sl_log_new(const struct sl_log_options *options, struct sl_log **ret,
                 struct sl_diag *d) SL_CHECKED;
/** Write what is there, stop the thread, close the file. Nobody may log any more. Accepts NULL. */
void sl_log_free(struct sl_log *l);

/** Open the path anew before the next line (after rotation). The old file stays if that fails. */
void sl_log_reopen(struct sl_log *l);
/** Wait until all that was logged before is written or counted as lost. Not on the data path. */
void sl_log_flush(struct sl_log *l);
void sl_log_set_level(struct sl_log *l, enum sl_log_level level);
enum sl_log_level sl_log_get_level(const struct sl_log *l);
/** "debug", as lines say it. */
sl_str sl_log_level_name(enum sl_log_level level);
/** Would a line of this level be written? False for NULL. */
bool sl_log_wants(const struct sl_log *l, enum sl_log_level level);
/** Lines dropped or lost since the start. */
uint64_t sl_log_lost(const struct sl_log *l);

enum sl_kv_kind { SL_KV_KIND_U64, SL_KV_KIND_I64, SL_KV_KIND_BOOL, SL_KV_KIND_STR, SL_KV_KIND_ERR };

struct sl_kv {
    const char *key; /* static, a plain word */
    enum sl_kv_kind kind;
    union {
        uint64_t u64;
        int64_t i64;
        bool b;
        sl_str str;
        sl_rc rc;
    };
};

#define SL_KV_U64(key_, v) ((struct sl_kv){.key = "" key_, .kind = SL_KV_KIND_U64, .u64 = (v)})
#define SL_KV_I64(key_, v) ((struct sl_kv){.key = "" key_, .kind = SL_KV_KIND_I64, .i64 = (v)})
#define SL_KV_BOOL(key_, v) ((struct sl_kv){.key = "" key_, .kind = SL_KV_KIND_BOOL, .b = (v)})
/** An sl_str. */
#define SL_KV_STR(key_, v) ((struct sl_kv){.key = "" key_, .kind = SL_KV_KIND_STR, .str = (v)})
/** An sl_rc: its label of base/err.def is written. */
#define SL_KV_ERR(key_, v) ((struct sl_kv){.key = "" key_, .kind = SL_KV_KIND_ERR, .rc = (v)})

/** Log a constant message and up to SL_LOG_KV_MAX fields. `l` may be NULL: then nothing happens. */
#define sl_log(l, level, message, ...)                                 \
    sl_log_write((l), SL_LOG_##level, "" message,                      \
                 (const struct sl_kv[]){{.key = NULL}, ##__VA_ARGS__}, \
                 SL_LEN(((const struct sl_kv[]){{.key = NULL}, ##__VA_ARGS__})))

/** What sl_log calls: kv[0] is a placeholder, so that there may be no fields. */
void sl_log_write(struct sl_log *l, enum sl_log_level level, const char *message,
                  const struct sl_kv *kv, size_t count);

/**
 * Add finished lines, each with its '\n', as they are: the access log's way, in which a worker
 * collects the lines of a tick and hands them over at once. All are taken or all are dropped.
 */
void sl_log_line(struct sl_log *l, sl_str lines);
