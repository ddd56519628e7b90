/**
 * trail: how long the audit trail is kept. What is older than `audit_keep`, of the settings or of the files, whichever is longer, is taken off its front, and the trail
 * says so itself: an entry `audit.cut` with the number and hash of the last entry that went, by which an
 * export from before and what is here fit together.
 */
#pragma once
#include "control/control.h"

enum { SL_TRAIL_LOOK_S = 3600, SL_TRAIL_CUT_MAX = 10000 /* entries in one transaction */ };

/** Cut off what is too old, if it is time to look. Every second or so, by one thread at a time. */
void sl_trail_tick(struct sl_control *c, int64_t now_us);
