/**
 * key_sets: the thread that keeps the keys of all key sets that are served (snapshot/key_set.h) as they are at
 * their URLs: it fetches each when its time has come, and a set whose keys somebody's token does not show in
 * soon after, never more often than its `pause`; several at once, so that an issuer that is slow holds up no
 * other, but few of those that were made in the portal, so that these hold up no operator's. Keys that changed are served by building the snapshot anew.
 *
 * What cannot be fetched stays as it was: the status of the set says why. The keys are kept in <dir>/key-sets,
 * too, sealed, for the next start. Blocks: control threads.
 */
#pragma once
#include "control/control.h"
#include "snapshot/key_set.h"

enum { SL_KEY_SETS_LOOK_MS = 500, SL_KEY_SET_TIMEOUT_S = 5, SL_KEY_SETS_PAUSE_S = 10 };

struct sl_key_sets;

/** Keys that were fetched, and are not served yet. */
struct sl_key_set_news {
    sl_usec since_us;  /* monotonic; 0: there are none */
    sl_usec served_us; /* when keys were served last; 0: never */
    bool has_first;    /* of a set that had none: somebody waits for them */
};
/**
 * Is it time to build what is served anew? News of several sets are built once: `is_any_under_way` may bring more of
 * them. An issuer that changes its keys all the time costs no more than one building in SL_KEY_SETS_PAUSE_S.
 */
bool sl_key_set_news_are_due(const struct sl_key_set_news *news, bool is_any_under_way,
                             sl_usec now_us);

struct sl_key_sets *sl_key_sets_new(void) SL_CHECKED;
/** Stops its thread. Accepts NULL. */
void sl_key_sets_free(struct sl_key_sets *k);
/** Start the thread; `c` must outlive it. SL_E_IO. */
sl_rc sl_key_sets_start(struct sl_control *c) SL_CHECKED;

/** Stop the thread; waits for answers that are under way. Accepts NULL. */
void sl_key_sets_stop(struct sl_control *c);

/** Before the start: give sets of `s` the keys that were kept. True: there were some; build it again to serve them. */
bool sl_key_sets_restore(struct sl_control *c, const struct sl_snapshot *s);
/** Fetch the keys of a set now, and serve them. SL_E_INVALID with the reason at `url` in `d`: they stay as they were. */
sl_rc sl_key_sets_fetch(struct sl_control *c, const struct sl_key_set *set, struct sl_arena *a,
                        struct sl_diag *d) SL_CHECKED;
/** The set of this name in what is served; NULL: none. *ret_holder is the caller's to unref, in any case. */
const struct sl_key_set *sl_key_sets_find(struct sl_control *c, sl_str name,
                                          struct sl_snapshot **ret_holder);
