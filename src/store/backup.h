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
