/**
 * backup: all that a store keeps, as lines of JSON that either engine can take back: from a file to a server
 * and the reverse.
 *
 *     {"sluice_backup":1,"schema":2,"program":"0.1.0","created_at":"..."}
 *     {"table":"resource","columns":["id","kind",...]}
 *     ["01M8...","service",...]
 *     ...
 *     {"end":true,"rows":12,"sha256":"..."}          of all lines before this one
 *
 * Secrets are in it as they are in the store: sealed. What ends anyway is not: sessions, the memory of
 * idempotent requests, the nodes, kept answers. It is read from one consistent state while others write, and taken back
 * in one transaction, whole or not at all. Blocks.
 */
#pragma once
#include "store/migrate.h"

#include <stdio.h>

struct sl_backup_about {
    sl_str program, created_at; /* of the writer */
    sl_str by;                  /* who had it made; may be empty */
    int64_t schema, rows;
};

/** Write everything to `out`. Only rows and schema of *about are set. SL_E_IO when `out` takes no more. */
sl_rc sl_backup_write(struct sl_db *db, const struct sl_schema *schema, FILE *out,
                      struct sl_backup_about *about, struct sl_diag *d) SL_CHECKED;

/**
 * Put what `in` has in the place of all that the store has, at the schema of this program. SL_E_UNSUPPORTED when
 * it is of a newer one, SL_E_SYNTAX when it is damaged or cut off, SL_E_CONFLICT when the store has resources
 * already and may not lose them (`may_replace`).
 */
sl_rc sl_backup_read(struct sl_db *db, const struct sl_schema *schema, FILE *in, bool may_replace,
                     struct sl_backup_about *ret, struct sl_diag *d) SL_CHECKED;

/**
 * The same into a file, from a connection of its own to the store at `where` (a path or a URL). It has another
 * name until it is whole and on the disk, so that whatever has this name is a backup. SL_E_NO_SPACE, SL_E_IO.
 */
sl_rc sl_backup_save(const char *where, const struct sl_schema *schema, const char *path,
                     struct sl_backup_about *about, struct sl_diag *d) SL_CHECKED;
/** The name that it has until then ends with this. */
#define SL_BACKUP_UNFINISHED ".new"

/** What a backup says of itself, by its first and last line; false when it has not both. In `a`. */
bool sl_backup_glance(FILE *in, struct sl_arena *a, struct sl_backup_about *ret);
