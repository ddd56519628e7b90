/**
 * follow: the thread by which a node keeps up with its store: it opens a store that could not be opened at the
 * start, publishes what other nodes (and programs) have changed, and tells the others what this node
 * serves.
 *
 * A change on a server is announced and taken at once; should an announcement be lost, the number of the
 * last change is looked at every SL_FOLLOW_SERVER_MS (a file: SL_FOLLOW_FILE_MS).
 */
#pragma once
#include "control/control.h"

enum {
    SL_FOLLOW_SERVER_MS = 1000,
    SL_FOLLOW_FILE_MS = 2000,
    SL_FOLLOW_BEAT_MS = 2000,    /* between two words of a node to the others */
    SL_FOLLOW_SILENT_MS = 10000, /* without one: the others take it for gone */
    SL_FOLLOW_FORGET_MS = 24 * 60 * 60 * 1000
};

struct sl_follower;

/** Borrows `c`, which must outlive it. SL_E_IO. */
sl_rc sl_follower_start(struct sl_control *c, struct sl_follower **ret) SL_CHECKED;
/** Accepts NULL. */
void sl_follower_stop(struct sl_follower *f);

/** Take the store's last change, unless it is served already. What is wrong is in `d`. */
sl_rc sl_follow(struct sl_control *c, struct sl_diag *d) SL_CHECKED;
