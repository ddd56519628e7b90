/**
 * backing: backups of the store, made by a node that runs, into <dir>/backups: one at a time.
 *
 * Blocks: control threads only.
 */
#pragma once
#include "control/control.h"
#include "store/backups.h"

/** Where they are; in `a`. */
const char *sl_backing_dir(const struct sl_control *c, struct sl_arena *a);
/** SL_E_CONFLICT while another one is made; else as sl_backups_make. */
sl_rc sl_backing_make(struct sl_control *c, enum sl_backup_reason reason, sl_str by,
                      struct sl_arena *a, struct sl_backup_file *ret, struct sl_diag *d) SL_CHECKED;
/** When the one that is being made was begun; 0: none is. */
int64_t sl_backing_began_us(const struct sl_control *c);
