#include "store/backups.h"
#include "base/fmt.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING ".jsonl"
static const sl_str scheduled = SL_STR_INIT("scheduled-");

static const char *path_of(const char *dir, sl_str name, struct sl_arena *a)
{
    return sl_fmt(a, "%s/%.*s", dir, SL_STRF(name)).p;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/* No way out of the directory, and nothing hidden. */
static bool is_name(sl_str name)
{
    if (name.n <= sizeof(ENDING) - 1 || name.n > SL_BACKUP_NAME_MAX || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        if (!is_name_char(name.p[i]))
            return false;
    }
    return sl_str_ends(name, SL_STR(ENDING));
}

sl_rc sl_backups_open(const char *dir, sl_str name, struct sl_arena *a, int *ret_fd,
                      uint64_t *ret_bytes)
{
    struct stat st;
    if (!is_name(name))
        return SL_E_NOTFOUND;
    int fd = open(path_of(dir, name, a), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ELOOP ? SL_E_NOTFOUND : SL_E_IO;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return SL_E_NOTFOUND;
    }
    *ret_fd = fd;
    *ret_bytes = (uint64_t)st.st_size;
    return SL_OK;
}

sl_rc sl_backups_find(const char *dir, sl_str name, struct sl_arena *a, struct sl_backup_file *ret)
{
    int fd;
    struct sl_backup_file f = {0};
    sl_rc rc = sl_backups_open(dir, name, a, &fd, &f.bytes);
    if (rc != SL_OK)
        return rc;
    FILE *in = fdopen(fd, "r");
    SL_ASSERT(in != NULL);
    f.name = sl_arena_dup(a, name);
    f.is_whole = sl_backup_glance(in, a, &f.about);
    (void)fclose(in); /* only read from */
    *ret = f;
    return SL_OK;
}

/* ------------------------------------------------------------------ the list */

static sl_rc open_dir(const char *dir, DIR **ret, struct sl_diag *d)
{
    *ret = opendir(dir);
    if (*ret != NULL || errno == ENOENT)
        return SL_OK;
    return sl_diag_fail(d, SL_E_IO, "", "cannot read the directory '%s': %s", dir, strerror(errno));
}

/* One that does not say when it was made is the oldest. */
static int64_t moment_of(const struct sl_backup_file *f)
{
    int64_t at_us;
    return sl_parse_rfc3339(f->about.created_at, &at_us) ? at_us : INT64_MIN;
}

static int newer_first(const void *one, const void *other)
{
    const struct sl_backup_file *a = one, *b = other;
    int64_t at = moment_of(a), other_at = moment_of(b);
    return at != other_at ? (at < other_at) - (at > other_at) : sl_str_cmp(b->name, a->name);
}

sl_rc sl_backups_list(const char *dir, struct sl_arena *a, struct sl_backup_file **ret,
                      size_t *ret_n, struct sl_diag *d)
{
    DIR *folder;
    struct sl_backup_file *v = sl_arena_array(a, struct sl_backup_file, SL_BACKUPS_MAX);
    size_t n = 0;
    sl_rc rc = open_dir(dir, &folder, d);
    if (rc != SL_OK)
        return rc;
    for (struct dirent *e; folder != NULL && n < SL_BACKUPS_MAX && (e = readdir(folder)) != NULL;)
        n += sl_backups_find(dir, sl_cstr(e->d_name), a, &v[n]) == SL_OK;
    if (folder != NULL)
        (void)closedir(folder);
    qsort(v, n, sizeof(*v), newer_first);
    *ret = v;
    *ret_n = n;
    return SL_OK;
}

/* ------------------------------------------------------------------ one more */

/* "sluice-20261127T113809-123.jsonl" */
static sl_str name_of(const struct sl_backup_order *order, struct sl_arena *a)
{
    struct sl_strbuf b;
    int64_t second_us = order->now_us / 1000000 * 1000000;
    sl_str time = sl_fmt_rfc3339(a, second_us);
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, order->reason == SL_BACKUP_SCHEDULED ? scheduled : SL_STR("sluice-"));
    for (size_t i = 0; i < time.n; i++) {
        if (time.p[i] != '-' && time.p[i] != ':' && time.p[i] != 'Z')
            sl_strbuf_add_char(&b, time.p[i]);
    }
    sl_strbuf_addf(&b, "-%03d" ENDING, (int)((order->now_us - second_us) / 1000));
    return sl_strbuf_str(&b);
}

static bool is_unfinished(sl_str name)
{
    sl_str ending = SL_STR(SL_BACKUP_UNFINISHED);
    return name.n > ending.n && sl_str_ends(name, ending) &&
           is_name(sl_str_head(name, name.n - ending.n));
}

struct room {
    size_t count;
    uint64_t bytes; /* of those that count for the order */
};

static uint64_t bytes_of(DIR *folder, const char *name)
{
    struct stat st;
    return fstatat(dirfd(folder), name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)st.st_size : 0;
}

/* Deletes what a process that was killed has left. */
static struct room sweep(const struct sl_backup_order *order, DIR *folder, struct sl_arena *a)
{
    struct room room = {0};
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        sl_str name = sl_cstr(e->d_name);
        bool is_replaced = order->reason == SL_BACKUP_SCHEDULED && sl_str_starts(name, scheduled);
        room.count += is_name(name);
        if (is_name(name) && !is_replaced)
            room.bytes += bytes_of(folder, e->d_name);
        if (is_unfinished(name))
            (void)unlink(path_of(order->dir, name, a)); /* it only takes room */
    }
    return room;
}

/* Is there room for one more? */
static sl_rc prepare(const struct sl_backup_order *order, struct sl_arena *a, struct sl_diag *d)
{
    DIR *folder;
    struct room room = {0};
    if (mkdir(order->dir, 0700) != 0 && errno != EEXIST)
        return sl_diag_fail(d, SL_E_IO, "", "cannot make the directory '%s': %s", order->dir,
                            strerror(errno));
    sl_rc rc = open_dir(order->dir, &folder, d);
    if (rc != SL_OK)
        return rc;
    if (folder != NULL) {
        room = sweep(order, folder, a);
        (void)closedir(folder);
    }
    if (room.count >= SL_BACKUPS_MAX)
        return sl_diag_fail(d, SL_E_LIMIT, "", "there are %zu backups already: delete some first",
                            room.count);
    if (order->max_bytes != 0 && room.bytes >= order->max_bytes)
        return sl_diag_fail(d, SL_E_LIMIT, "",
                            "backups take %llu of %llu bytes: delete some first, or raise "
                            "backup_max_size in the settings",
                            (unsigned long long)room.bytes, (unsigned long long)order->max_bytes);
    return SL_OK;
}

sl_rc sl_backups_make(const struct sl_backup_order *order, struct sl_arena *a,
                      struct sl_backup_file *ret, struct sl_diag *d)
{
    sl_str name = name_of(order, a);
    struct sl_backup_about about = {
        .program = order->program,
        .created_at = sl_fmt_rfc3339(a, order->now_us),
        .by = order->by,
    };
    sl_rc rc = prepare(order, a, d);
    if (rc == SL_OK && access(path_of(order->dir, name, a), F_OK) == 0)
        rc = sl_diag_fail(d, SL_E_CONFLICT, "", "there is a backup of this very moment");
    if (rc == SL_OK)
        rc = sl_backup_save(order->where, &sl_schema_control, path_of(order->dir, name, a), &about,
                            d);
    return rc == SL_OK ? sl_backups_find(order->dir, name, a, ret) : rc;
}

uint64_t sl_backups_unfinished(const char *dir)
{
    DIR *folder = opendir(dir);
    uint64_t bytes = 0;
    if (folder == NULL)
        return 0;
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        if (is_unfinished(sl_cstr(e->d_name)))
            bytes += bytes_of(folder, e->d_name);
    }
    (void)closedir(folder);
    return bytes;
}

sl_rc sl_backups_delete(const char *dir, sl_str name, struct sl_arena *a)
{
    if (!is_name(name))
        return SL_E_NOTFOUND;
    if (unlink(path_of(dir, name, a)) == 0)
        return SL_OK;
    return errno == ENOENT ? SL_E_NOTFOUND : SL_E_IO;
}

bool sl_backups_is_scheduled(const struct sl_backup_file *f)
{
    return sl_str_starts(f->name, scheduled);
}

sl_rc sl_backups_prune(const char *dir, size_t keep, uint64_t max_bytes, struct sl_arena *a,
                       struct sl_diag *d)
{
    struct sl_backup_file *v;
    size_t n, scheduled_count = 0;
    uint64_t bytes = 0;
    sl_rc rc = sl_backups_list(dir, a, &v, &n, d);
    for (size_t i = 0; rc == SL_OK && i < n; i++) {
        bytes += v[i].bytes;
        scheduled_count += sl_backups_is_scheduled(&v[i]);
    }
    for (size_t i = n; rc == SL_OK && i-- > 0 && scheduled_count > 1;) { /* the oldest first */
        bool is_over = scheduled_count > keep || (max_bytes != 0 && bytes > max_bytes);
        if (!is_over || !sl_backups_is_scheduled(&v[i]))
            continue;
        rc = sl_backups_delete(dir, v[i].name, a);
        bytes -= v[i].bytes;
        scheduled_count--;
    }
    return rc;
}
