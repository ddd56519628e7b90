#include "store/journal.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/num.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
    struct sl_link link;
    char name[SL_JOURNAL_NAME_MAX];
    uint64_t worker, start_us, sequence;
    uint64_t read_bytes;  /* position */
    uint64_t saved_bytes; /* position in the database, as of the last commit */
    bool is_in_gap;       /* the bytes before read_bytes were no record */
    bool is_gone;         /* removed; its row is to follow */
    bool is_unreadable;   /* the log says so */
};

struct sl_journal {
    char *dir;
    struct sl_log *log;
    struct sl_link files; /* oldest first */
    struct file *at;      /* being read; NULL: none */
    int fd;               /* its own */
    char *buffer;         /* from at->read_bytes - used on */
    size_t used, filled;
    uint64_t unsettled;
    struct sl_journal_stats stats;
    struct sl_record_room room; /* of the record that was given last */
};

struct sl_journal *sl_journal_new(const char *dir, struct sl_log *log)
{
    struct sl_journal *j = sl_new(struct sl_journal);
    j->dir = sl_strdup(sl_cstr(dir));
    j->log = log;
    j->fd = -1;
    j->buffer = sl_calloc(1, SL_JOURNAL_READ_BYTES);
    sl_list_init(&j->files);
    return j;
}

static void leave(struct sl_journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
    j->at = NULL;
    j->used = j->filled = 0;
}

void sl_journal_free(struct sl_journal *j)
{
    struct sl_link *link;
    if (j == NULL)
        return;
    leave(j);
    while ((link = sl_list_pop_front(&j->files)) != NULL)
        sl_free(SL_CONTAINER(link, struct file, link));
    sl_free(j->buffer);
    sl_free(j->dir);
    sl_free(j);
}

struct sl_journal_stats sl_journal_stats(const struct sl_journal *j)
{
    return j->stats;
}

/* ---- which files ---- */

static struct file *file_of(struct sl_link *link)
{
    return SL_CONTAINER(link, struct file, link);
}

static bool take_number(sl_str *rest, char end, uint64_t *ret)
{
    sl_str digits;
    return sl_str_split(rest, end, &digits) && sl_num_u64(digits, INT64_MAX, ret);
}

/* "w<worker>-<start>-<sequence>.journal" */
static bool parse_name(sl_str name, struct file *f)
{
    sl_str rest = sl_str_from(name, 1);
    if (name.n >= sizeof(f->name) || !sl_str_starts(name, SL_STR("w")))
        return false;
    if (!take_number(&rest, '-', &f->worker) || !take_number(&rest, '-', &f->start_us) ||
        !take_number(&rest, '.', &f->sequence) || !sl_str_eq(rest, SL_STR("journal")))
        return false;
    memcpy(f->name, name.p, name.n);
    return true;
}

static bool is_before(const struct file *a, const struct file *b)
{
    if (a->start_us != b->start_us)
        return a->start_us < b->start_us;
    if (a->worker != b->worker)
        return a->worker < b->worker;
    return a->sequence < b->sequence;
}

static struct file *find(struct sl_journal *j, sl_str name)
{
    for (struct sl_link *l = j->files.next; l != &j->files; l = l->next) {
        if (sl_str_eq(sl_cstr(file_of(l)->name), name))
            return file_of(l);
    }
    return NULL;
}

/* NULL when the name is no journal's. */
static struct file *find_or_add(struct sl_journal *j, sl_str name)
{
    struct file parsed = {0}, *f = find(j, name);
    if (f != NULL || !parse_name(name, &parsed))
        return f;
    struct sl_link *at = j->files.next;
    while (at != &j->files && is_before(file_of(at), &parsed))
        at = at->next;
    f = sl_new(struct file);
    *f = parsed;
    sl_list_add_before(at, &f->link);
    return f;
}

sl_rc sl_journal_scan(struct sl_journal *j)
{
    DIR *dir = opendir(j->dir);
    if (dir == NULL)
        return SL_E_IO;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        (void)find_or_add(j, sl_cstr(e->d_name)); /* other files are nobody's business */
    closedir(dir);
    return SL_OK;
}

sl_rc sl_journal_load(struct sl_journal *j, struct sl_db *db)
{
    struct sl_query *q = sl_db_query(db, "SELECT name, offset_bytes FROM journal_file");
    while (sl_query_row(q)) {
        struct file *f = find_or_add(j, sl_query_text_at(q, 0));
        if (f != NULL)
            f->read_bytes = f->saved_bytes = (uint64_t)sl_query_i64_at(q, 1);
    }
    return sl_query_end(q);
}

/* ---- reading ---- */

static bool path_of(const struct sl_journal *j, const struct file *f, char *ret, size_t size)
{
    int n = snprintf(ret, size, "%s/%s", j->dir, f->name);
    return n > 0 && (size_t)n < size;
}

static int open_file(const struct sl_journal *j, const struct file *f)
{
    char path[4096];
    if (!path_of(j, f, path, sizeof(path))) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Will nobody write to it again? Its worker has a later file, or a later process has begun. */
static bool is_superseded(struct sl_journal *j, const struct file *f)
{
    for (struct sl_link *l = f->link.next; l != &j->files; l = l->next) {
        const struct file *later = file_of(l);
        if (later->worker == f->worker ||
            later->start_us - f->start_us > (uint64_t)SL_SECONDS(SL_JOURNAL_GENERATION_S))
            return true;
    }
    return false;
}

/* The file that is being read: superseded, and no process holds it (a lock ends with its holder). */
static bool is_finished(struct sl_journal *j)
{
    return is_superseded(j, j->at) && flock(j->fd, LOCK_EX | LOCK_NB) == 0;
}

/* Said once; it is tried again at every pass. */
static void report_unreadable(struct sl_journal *j, struct file *f)
{
    if (!f->is_unreadable)
        sl_log(j->log, ERROR, "usage journal cannot be read", SL_KV_STR("file", sl_cstr(f->name)),
               SL_KV_STR("error", sl_cstr(strerror(errno))));
    f->is_unreadable = true;
}

/* Begin to read. False when it cannot be: when somebody else removed it, its row goes too. */
static bool enter(struct sl_journal *j, struct file *f)
{
    j->fd = open_file(j, f);
    if (j->fd >= 0) {
        j->at = f;
        return true;
    }
    if (errno == ENOENT)
        f->is_gone = true;
    else
        report_unreadable(j, f);
    return false;
}

/* Read on behind what is in the buffer. False at the file's end (for now), and when it cannot be read. */
static bool refill(struct sl_journal *j)
{
    size_t rest = j->filled - j->used;
    memmove(j->buffer, j->buffer + j->used, rest);
    j->used = 0;
    j->filled = rest;
    ssize_t n;
    do {
        n = pread(j->fd, j->buffer + rest, SL_JOURNAL_READ_BYTES - rest,
                  (off_t)(j->at->read_bytes + rest));
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        report_unreadable(j, j->at);
        return false;
    }
    j->at->is_unreadable = false;
    j->filled += (size_t)n;
    return n != 0;
}

static sl_str unread(const struct sl_journal *j)
{
    return (sl_str){j->buffer + j->used, j->filled - j->used};
}

static void advance(struct sl_journal *j, size_t n)
{
    j->used += n;
    j->at->read_bytes += n;
}

/* Skip to what may be the next record; at least one byte. */
static void skip_damage(struct sl_journal *j)
{
    sl_str bytes = unread(j);
    size_t n = sl_str_find(bytes, 'S', 1);
    n = SL_MIN(n, bytes.n);
    if (!j->at->is_in_gap) {
        sl_log(j->log, WARN, "usage journal is damaged: skipping to the next record",
               SL_KV_STR("file", sl_cstr(j->at->name)), SL_KV_U64("offset", j->at->read_bytes));
        j->stats.gaps++;
    }
    j->stats.skipped_bytes += n;
    j->at->is_in_gap = true;
    advance(j, n);
}

/*
 * The buffer ends inside a record. Get more; at the end of a file that will not grow it never
 * comes: a crash cut it, or the length is damaged. False: done with this file for now.
 */
static bool want_more(struct sl_journal *j)
{
    if (refill(j))
        return true;
    if (j->at->is_unreadable || unread(j).n == 0 || !is_finished(j))
        return false;
    if (!refill(j)) /* what came before we saw that it is finished */
        skip_damage(j);
    return true;
}

/* The next record of the file that is being read; false at its end. */
static bool next_here(struct sl_journal *j, struct sl_record *ret, sl_str *ret_frame)
{
    size_t n;
    sl_rc rc;
    while ((rc = sl_record_decode(unread(j), &j->room, ret, &n)) != SL_OK) {
        if (rc != SL_E_AGAIN)
            skip_damage(j);
        else if (!want_more(j))
            return false;
    }
    *ret_frame = sl_str_head(unread(j), n);
    advance(j, n);
    j->at->is_in_gap = false;
    j->unsettled++;
    return true;
}

static bool has_more(const struct sl_journal *j, const struct file *f)
{
    char path[4096];
    struct stat st;
    if (f->is_gone || !path_of(j, f, path, sizeof(path)))
        return false;
    return stat(path, &st) != 0 || (uint64_t)st.st_size > f->read_bytes;
}

bool sl_journal_next(struct sl_journal *j, struct sl_record *ret, sl_str *ret_frame)
{
    struct sl_link *next = j->at != NULL ? &j->at->link : j->files.next;
    while (next != &j->files) {
        struct file *f = file_of(next);
        next = next->next;
        if (j->at == NULL && (!has_more(j, f) || !enter(j, f)))
            continue;
        if (next_here(j, ret, ret_frame))
            return true;
        leave(j);
    }
    return false;
}

/* ---- positions ---- */

static sl_rc save_file(struct sl_db *db, const struct file *f)
{
    struct sl_query *q;
    if (f->is_gone) {
        q = sl_db_query(db, "DELETE FROM journal_file WHERE name = ?");
        sl_query_text(q, 1, sl_cstr(f->name));
        return sl_query_run(q);
    }
    q = sl_db_query(db, "INSERT INTO journal_file (name, offset_bytes) VALUES (?, ?) "
                        "ON CONFLICT (name) DO UPDATE SET offset_bytes = excluded.offset_bytes");
    sl_query_text(q, 1, sl_cstr(f->name));
    sl_query_i64(q, 2, (int64_t)f->read_bytes);
    return sl_query_run(q);
}

static bool has_moved(const struct file *f)
{
    return f->is_gone || f->read_bytes != f->saved_bytes;
}

bool sl_journal_is_behind(const struct sl_journal *j)
{
    for (struct sl_link *l = j->files.next; l != &j->files; l = l->next) {
        if (has_moved(file_of(l)) || has_more(j, file_of(l)))
            return true;
    }
    return false;
}

sl_rc sl_journal_save(struct sl_journal *j, struct sl_db *db)
{
    sl_rc rc = SL_OK;
    for (struct sl_link *l = j->files.next; l != &j->files && rc == SL_OK; l = l->next) {
        if (has_moved(file_of(l)))
            rc = save_file(db, file_of(l));
    }
    return rc;
}

static void forget(struct file *f)
{
    sl_list_remove(&f->link);
    sl_free(f);
}

/* An empty one may have been made just now, by a process that is about to lock it and write. */
static bool is_too_young(const struct stat *st)
{
    return st->st_size == 0 &&
           sl_clock_wall_us() / 1000000 - st->st_mtime < SL_JOURNAL_GENERATION_S;
}

/* With the lock held nobody else writes; a size that fits says that nobody did before either. */
static void remove_if_done(struct sl_journal *j, struct file *f)
{
    char path[4096];
    struct stat st;
    if (!is_superseded(j, f) || has_more(j, f) || !path_of(j, f, path, sizeof(path)))
        return;
    int fd = open_file(j, f);
    if (fd < 0) {
        f->is_gone = errno == ENOENT;
        return;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
        (uint64_t)st.st_size <= f->saved_bytes && !is_too_young(&st) && unlink(path) == 0) {
        f->is_gone = true;
        j->stats.files_removed++;
    }
    close(fd);
}

void sl_journal_sweep(struct sl_journal *j)
{
    for (struct sl_link *l = j->files.next; l != &j->files; l = l->next) {
        struct file *f = file_of(l);
        if (!f->is_gone && f != j->at)
            remove_if_done(j, f);
    }
}

void sl_journal_settle(struct sl_journal *j)
{
    j->stats.records += j->unsettled;
    j->unsettled = 0;
    for (struct sl_link *l = j->files.next, *next; l != &j->files; l = next) {
        struct file *f = file_of(l);
        next = l->next;
        f->saved_bytes = f->read_bytes;
        if (f->is_gone)
            forget(f);
    }
    sl_journal_sweep(j);
}

void sl_journal_go_back(struct sl_journal *j)
{
    leave(j);
    j->unsettled = 0;
    for (struct sl_link *l = j->files.next; l != &j->files; l = l->next) {
        file_of(l)->read_bytes = file_of(l)->saved_bytes;
        file_of(l)->is_in_gap = false;
    }
}
