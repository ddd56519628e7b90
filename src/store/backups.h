/**
 * backups: the backups that a node has made, as files of one directory of it: what there is, made by the
 * server under a name of the server's, found, opened, deleted.
 *
 * A backup that somebody puts there (NAME.jsonl) is one of them. Whoever makes one sees to it that nobody else
 * makes one there at the same time. Blocks.
 */
#pragma once
#include "store/backup.h"

enum { SL_BACKUP_NAME_MAX = 100, SL_BACKUPS_MAX = 1000 };

struct sl_backup_file {
    sl_str name; /* "sluice-20261127T113809-123.jsonl" */
    uint64_t bytes;
    bool is_whole; /* it begins and ends as a backup does; else `about` has what could be read */
    struct sl_backup_about about;
};

enum sl_backup_reason { SL_BACKUP_ASKED, SL_BACKUP_SCHEDULED };

struct sl_backup_order {
    const char *where, *dir; /* the store; the directory, made when missing */
    enum sl_backup_reason reason;
    sl_str program, by;
    int64_t now_us;
    uint64_t max_bytes; /* that all of them may take, but for the one that is made; 0: no limit */
};

/**
 * SL_E_LIMIT with SL_BACKUPS_MAX of them, or max_bytes (to a scheduled one scheduled ones do not count: it will
 * replace them); SL_E_NO_SPACE, SL_E_IO. What others left unfinished is deleted.
 */
sl_rc sl_backups_make(const struct sl_backup_order *order, struct sl_arena *a,
                      struct sl_backup_file *ret, struct sl_diag *d) SL_CHECKED;
/** All of them, the newest first, at most SL_BACKUPS_MAX. A directory that is not there has none. */
sl_rc sl_backups_list(const char *dir, struct sl_arena *a, struct sl_backup_file **ret,
                      size_t *ret_n, struct sl_diag *d) SL_CHECKED;
/** How much of the one that is being made is written; 0: none is. */
uint64_t sl_backups_unfinished(const char *dir);
/** SL_E_NOTFOUND for whatever is no name of a backup there, too. */
sl_rc sl_backups_find(const char *dir, sl_str name, struct sl_arena *a,
                      struct sl_backup_file *ret) SL_CHECKED;
/** To be read; *ret_fd is the caller's. */
sl_rc sl_backups_open(const char *dir, sl_str name, struct sl_arena *a, int *ret_fd,
                      uint64_t *ret_bytes) SL_CHECKED;
sl_rc sl_backups_delete(const char *dir, sl_str name, struct sl_arena *a) SL_CHECKED;
/** Was it made because of SL_BACKUP_SCHEDULED? */
bool sl_backups_is_scheduled(const struct sl_backup_file *f);
/**
 * Delete the oldest of those that were scheduled, until `keep` are left and all backups together take at most
 * `max_bytes` (0: no limit). The newest of them stays in any case.
 */
sl_rc sl_backups_prune(const char *dir, size_t keep, uint64_t max_bytes, struct sl_arena *a,
                       struct sl_diag *d) SL_CHECKED;
