/**
 * backing: backups of the store, made by a node that runs, into <dir>/backups: one at a time.
 *
 * Blocks: control threads only.
 */
#pragma once
#include "control/actor.h"
#include "control/control.h"
#include "store/backups.h"

/** Where they are; in `a`. */
const char *sl_backing_dir(const struct sl_control *c, struct sl_arena *a);
/** SL_E_CONFLICT while another one is made; else as sl_backups_make. */
sl_rc sl_backing_make(struct sl_control *c, enum sl_backup_reason reason, sl_str by, int64_t now_us,
                      struct sl_arena *a, struct sl_backup_file *ret, struct sl_diag *d) SL_CHECKED;
/** What somebody has done with one, for the audit trail: "backup.create". */
sl_rc sl_backing_note(struct sl_work *w, const char *action, sl_str name) SL_CHECKED;
/** Make one when it is time (`backup_every` of the settings). Every second or so, by one thread at a time. */
void sl_backing_tick(struct sl_control *c, int64_t now_us);
/** When the one that is being made was begun; 0: none is. */
int64_t sl_backing_began_us(const struct sl_control *c);
