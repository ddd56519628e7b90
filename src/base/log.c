#include "base/log.h"
#include "base/clock.h"
#include "base/enc.h"
#include "base/fmt.h"
#include "base/str.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

/*
 * Two buffers: callers fill one under the lock, the thread writes the other without it, and they
 * change places. `submitted` counts calls and `finished` those that are written, for flushes.
 */
struct sl_log {
    char *path; /* NULL: fd is borrowed */
    int fd;     /* the thread's own, once it runs */
    size_t buffer_bytes;
    sl_usec linger_us;
    _Atomic int level;     /* relaxed: a line more or less around a change does not matter */
    _Atomic uint64_t lost; /* relaxed: a count that is only reported */
    uint64_t lost_told;    /* the thread's own, as the next */
    bool is_torn;          /* the file ends inside a line */
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t has_work;    /* for the thread */
    pthread_cond_t has_written; /* for flushes */
    struct sl_strbuf filling;   /* and all below: under the lock */
    uint64_t submitted, finished;
    bool must_reopen, must_stop;
    bool must_hurry; /* somebody waits, or the buffer fills up */
};

static const char *const level_names[] = {
    [SL_LOG_DEBUG] = "debug", [SL_LOG_INFO] = "info", [SL_LOG_WARN] = "warn",
    [SL_LOG_ERROR] = "error", [SL_LOG_OFF] = "off",
};

/* ---- lines ---- */

static void add_value(struct sl_strbuf *b, const struct sl_kv *kv)
{
    switch (kv->kind) {
    case SL_KV_KIND_U64:
        sl_strbuf_add_u64(b, kv->u64);
        return;
    case SL_KV_KIND_I64:
        sl_strbuf_add_i64(b, kv->i64);
        return;
    case SL_KV_KIND_BOOL:
        sl_strbuf_add(b, kv->b ? SL_STR("true") : SL_STR("false"));
        return;
    case SL_KV_KIND_STR:
        sl_enc_json(b, sl_str_head(kv->str, SL_LOG_TEXT_MAX));
        return;
    case SL_KV_KIND_ERR:
        sl_enc_json(b, sl_cstr(sl_err_info(kv->rc)->label));
        return;
    }
    sl_panic(__FILE__, __LINE__, "no such kind of field");
}

static void add_line(struct sl_strbuf *b, enum sl_log_level level, const char *message,
                     const struct sl_kv *kv, size_t count)
{
    sl_strbuf_add(b, SL_STR("{\"time\":\""));
    sl_fmt_add_rfc3339(b, sl_clock_wall_us());
    sl_strbuf_add(b, SL_STR("\",\"level\":\""));
    sl_strbuf_add(b, sl_log_level_name(level));
    sl_strbuf_add(b, SL_STR("\",\"msg\":"));
    sl_enc_json(b, sl_cstr(message));
    for (size_t i = 0; i < count; i++) {
        sl_strbuf_add_char(b, ',');
        sl_enc_json(b, sl_cstr(kv[i].key));
        sl_strbuf_add_char(b, ':');
        add_value(b, &kv[i]);
    }
    sl_strbuf_add(b, SL_STR("}\n"));
}

static uint64_t count_lines(sl_str s)
{
    uint64_t count = 0;
    for (size_t at = sl_str_find(s, '\n', 0); at != SIZE_MAX; at = sl_str_find(s, '\n', at + 1))
        count++;
    return count;
}

static void lose(struct sl_log *l, uint64_t lines)
{
    atomic_fetch_add_explicit(&l->lost, lines, memory_order_relaxed);
}

/* ---- the thread ---- */

/* May the write be tried again? A borrowed descriptor may be non-blocking: then waits for room. */
static bool may_retry(int fd, int error)
{
    if (error != EAGAIN)
        return error == EINTR;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

/* Returns what could not be written. */
static sl_str write_some(int fd, sl_str s)
{
    while (s.n != 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && may_retry(fd, errno))
            continue;
        if (n <= 0)
            break;
        s = sl_str_from(s, (size_t)n);
    }
    return s;
}

/* Writes whole lines; after a failure inside of one, the next begins on a line of its own. */
static bool write_lines(struct sl_log *l, sl_str lines)
{
    if (l->is_torn && write_some(l->fd, SL_STR("\n")).n != 0)
        return false;
    sl_str rest = write_some(l->fd, lines);
    l->is_torn = rest.n != 0 && rest.n < lines.n && rest.p[-1] != '\n';
    return rest.n == 0;
}

static void tell_lost(struct sl_log *l)
{
    uint64_t lost = atomic_load_explicit(&l->lost, memory_order_relaxed);
    if (lost == l->lost_told)
        return;
    struct sl_strbuf b = {0};
    struct sl_kv kv = SL_KV_U64("count", lost - l->lost_told);
    add_line(&b, SL_LOG_WARN, "log lines lost", &kv, 1);
    if (write_lines(l, sl_strbuf_str(&b)))
        l->lost_told = lost;
    sl_strbuf_fini(&b);
}

static int open_path(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

static void reopen(struct sl_log *l)
{
    int fd = l->path != NULL ? open_path(l->path) : -1;
    if (fd < 0)
        return;
    close(l->fd);
    l->fd = fd;
}

static void write_batch(struct sl_log *l, sl_str batch, bool must_reopen)
{
    if (must_reopen)
        reopen(l);
    if (!write_lines(l, batch))
        lose(l, count_lines(batch));
    else
        tell_lost(l);
}

static struct timespec instant(sl_usec at_us)
{
    return (struct timespec){.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
}

/* With the lock held, when there is work: more may come, and all of it costs one write. */
static void linger(struct sl_log *l)
{
    if (l->linger_us == 0)
        return;
    struct timespec until = instant(sl_clock_mono_us() + l->linger_us);
    while (!l->must_hurry && !l->must_reopen && !l->must_stop &&
           pthread_cond_timedwait(&l->has_work, &l->lock, &until) == 0) {
    }
    l->must_hurry = false;
}

/* With the lock held: waits for work, and swaps the buffers. False when it is time to stop. */
static bool take_batch(struct sl_log *l, struct sl_strbuf *batch, bool *ret_must_reopen)
{
    while (l->submitted == l->finished && !l->must_reopen && !l->must_stop)
        pthread_cond_wait(&l->has_work, &l->lock);
    linger(l);
    struct sl_strbuf filled = l->filling;
    l->filling = *batch;
    *batch = filled;
    *ret_must_reopen = l->must_reopen;
    l->must_reopen = false;
    return !l->must_stop || batch->n != 0 || *ret_must_reopen;
}

static void *run(void *arg)
{
    struct sl_log *l = arg;
    struct sl_strbuf batch;
    bool must_reopen;
    sl_strbuf_init(&batch, NULL, l->buffer_bytes);

    pthread_mutex_lock(&l->lock);
    while (take_batch(l, &batch, &must_reopen)) {
        uint64_t taken = l->submitted;
        pthread_mutex_unlock(&l->lock);
        write_batch(l, sl_strbuf_str(&batch), must_reopen);
        sl_strbuf_clear(&batch);
        pthread_mutex_lock(&l->lock);
        l->finished = taken;
        pthread_cond_broadcast(&l->has_written);
    }
    pthread_mutex_unlock(&l->lock);
    sl_strbuf_fini(&batch);
    return NULL;
}

/* ---- the callers ---- */

static void destroy(struct sl_log *l)
{
    if (l->path != NULL)
        close(l->fd);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->has_work);
    pthread_cond_destroy(&l->has_written);
    sl_strbuf_fini(&l->filling);
    sl_free(l->path);
    sl_free(l);
}

sl_rc sl_log_new(const struct sl_log_options *options, struct sl_log **ret, struct sl_diag *d)
{
    int fd = options->path != NULL ? open_path(options->path) : options->fd;
    if (fd < 0)
        return sl_diag_fail(d, SL_E_IO, "", "cannot open the log '%s': %s",
                            options->path != NULL ? options->path : "", strerror(errno));

    struct sl_log *l = sl_new(struct sl_log);
    l->path = options->path != NULL ? sl_strdup(sl_cstr(options->path)) : NULL;
    l->fd = fd;
    l->buffer_bytes = options->buffer_bytes != 0 ? options->buffer_bytes : SL_LOG_BUFFER_BYTES;
    l->linger_us = options->linger_us;
    atomic_init(&l->level, options->level);
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&l->has_work, &attr);
    pthread_condattr_destroy(&attr);
    pthread_cond_init(&l->has_written, NULL);
    sl_strbuf_init(&l->filling, NULL, l->buffer_bytes);

    if (!sl_thread_start(&l->thread, run, l)) {
        int why = errno;
        destroy(l);
        return sl_diag_fail(d, SL_E_IO, "", "cannot start the log's thread: %s", strerror(why));
    }
    *ret = l;
    return SL_OK;
}

void sl_log_free(struct sl_log *l)
{
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    l->must_stop = true;
    pthread_cond_signal(&l->has_work);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    destroy(l);
}

void sl_log_reopen(struct sl_log *l)
{
    pthread_mutex_lock(&l->lock);
    l->must_reopen = true;
    pthread_cond_signal(&l->has_work);
    pthread_mutex_unlock(&l->lock);
}

void sl_log_flush(struct sl_log *l)
{
    pthread_mutex_lock(&l->lock);
    uint64_t until = ++l->submitted;
    l->must_hurry = true;
    pthread_cond_signal(&l->has_work);
    while (l->finished < until)
        pthread_cond_wait(&l->has_written, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

void sl_log_set_level(struct sl_log *l, enum sl_log_level level)
{
    atomic_store_explicit(&l->level, (int)level, memory_order_relaxed);
}

enum sl_log_level sl_log_get_level(const struct sl_log *l)
{
    return (enum sl_log_level)atomic_load_explicit(&l->level, memory_order_relaxed);
}

sl_str sl_log_level_name(enum sl_log_level level)
{
    return sl_cstr(level_names[level]);
}

bool sl_log_wants(const struct sl_log *l, enum sl_log_level level)
{
    return l != NULL && (int)level >= atomic_load_explicit(&l->level, memory_order_relaxed);
}

uint64_t sl_log_lost(const struct sl_log *l)
{
    return atomic_load_explicit(&l->lost, memory_order_relaxed);
}

/* With the lock held, after adding from `before` on: takes back what did not fit. */
static void submit(struct sl_log *l, size_t before, uint64_t lines)
{
    if (l->filling.is_full) {
        l->filling.n = before;
        l->filling.is_full = false;
        lose(l, lines);
    }
    l->submitted++;
    bool is_filling_up = before < l->buffer_bytes / 2 && l->filling.n >= l->buffer_bytes / 2;
    l->must_hurry |= is_filling_up;
    if (before == 0 || is_filling_up) /* else the thread has been told and has not come yet */
        pthread_cond_signal(&l->has_work);
}

void sl_log_write(struct sl_log *l, enum sl_log_level level, const char *message,
                  const struct sl_kv *kv, size_t count)
{
    SL_ASSERT(level < SL_LOG_OFF);
    SL_ASSERT(count <= SL_LOG_KV_MAX + 1);
    if (!sl_log_wants(l, level))
        return;
    pthread_mutex_lock(&l->lock);
    size_t before = l->filling.n;
    add_line(&l->filling, level, message, kv + 1, count - 1);
    submit(l, before, 1);
    pthread_mutex_unlock(&l->lock);
}

void sl_log_line(struct sl_log *l, sl_str lines)
{
    if (l == NULL || lines.n == 0)
        return;
    SL_ASSERT(lines.p[lines.n - 1] == '\n');
    pthread_mutex_lock(&l->lock);
    size_t before = l->filling.n;
    sl_strbuf_add(&l->filling, lines);
    submit(l, before, l->filling.is_full ? count_lines(lines) : 0);
    pthread_mutex_unlock(&l->lock);
}
