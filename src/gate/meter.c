#include "gate/meter.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

void sl_meter_init(struct sl_meter *m, const char *dir, uint32_t worker, int64_t start_us,
                   struct sl_log *log)
{
    *m = (struct sl_meter){.worker = worker, .start_us = start_us, .fd = -1, .log = log};
    m->dir = dir != NULL ? sl_strdup(sl_cstr(dir)) : NULL;
    sl_strbuf_init(&m->pending, NULL, SL_METER_KEEP_BYTES);
}

void sl_meter_fini(struct sl_meter *m)
{
    if (m->dir != NULL)
        (void)sl_meter_flush(m); /* what the disk does not take is lost with the process */
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
    sl_strbuf_fini(&m->pending);
    sl_free(m->dir);
    m->dir = NULL;
}

void sl_meter_add(struct sl_meter *m, const struct sl_record *r)
{
    if (m->dir == NULL)
        return;
    size_t before = m->pending.n;
    sl_record_encode(r, &m->pending);
    if (!m->pending.is_full)
        return;
    m->pending.n = before; /* never half a record */
    m->pending.is_full = false;
    m->dropped++;
}

static bool open_next(struct sl_meter *m)
{
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof(path), "%s/w%u-%lld-%u.journal", m->dir, m->worker,
                     (long long)m->start_us, m->sequence);
    if (n < 0 || (size_t)n >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    m->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (m->fd >= 0)
        (void)flock(m->fd,
                    LOCK_SH | LOCK_NB); /* the reader of another process keeps what is held */
    m->sequence += m->fd >= 0;
    m->file_bytes = 0;
    return m->fd >= 0;
}

static void report(struct sl_meter *m, bool is_failing)
{
    if (m->is_failing == is_failing)
        return;
    m->is_failing = is_failing;
    if (m->log == NULL)
        return;
    if (is_failing)
        sl_log(m->log, ERROR, "usage journal cannot be written: records are kept in memory",
               SL_KV_STR("error", sl_cstr(strerror(errno))), SL_KV_U64("worker", m->worker));
    else
        sl_log(m->log, INFO, "usage journal is written again", SL_KV_U64("dropped", m->dropped),
               SL_KV_U64("worker", m->worker));
}

static void drop_written(struct sl_meter *m, size_t n)
{
    m->file_bytes += n;
    m->pending.n -= n;
    memmove(m->pending.p, m->pending.p + n, m->pending.n);
}

bool sl_meter_flush(struct sl_meter *m)
{
    if (m->pending.n == 0)
        return true;
    if (m->fd < 0 && !open_next(m)) {
        report(m, true);
        return false;
    }
    while (m->pending.n != 0) {
        ssize_t n = write(m->fd, m->pending.p, m->pending.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            report(m, true);
            return false;
        }
        drop_written(m, (size_t)n);
    }
    report(m, false);
    if (m->file_bytes >= SL_METER_FILE_BYTES) {
        close(m->fd);
        m->fd = -1;
    }
    return true;
}
