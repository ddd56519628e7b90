/**
 * throttle: who fails to log in too often must wait: by the name that is tried and by the address that tries. And who
 * does something too often, whether it fails or not.
 *
 * The first SL_THROTTLE_FREE failures cost nothing; each further one doubles the pause, up to
 * SL_THROTTLE_PAUSE_MAX_US. A success forgets the name's failures. Bounded memory: the oldest of more
 * than SL_THROTTLE_ENTRIES is forgotten. Any thread. Of one node, until it ends.
 */
#pragma once
#include "base/base.h"

enum { SL_THROTTLE_FREE = 5, SL_THROTTLE_ENTRIES = 10000 };
#define SL_THROTTLE_PAUSE_US SL_SECONDS(1)
#define SL_THROTTLE_PAUSE_MAX_US SL_SECONDS(300)

struct sl_throttle;

struct sl_throttle *sl_throttle_new(void) SL_CHECKED;
/** Accepts NULL. */
void sl_throttle_free(struct sl_throttle *t);

/** How long `who` must wait still; 0: not at all. */
sl_usec sl_throttle_wait(struct sl_throttle *t, sl_str who, sl_usec now_us);
/** One more of the `per_minute` that `who` may do, in bursts of as many: 0; else how long to wait for it. */
sl_usec sl_throttle_take(struct sl_throttle *t, sl_str who, uint32_t per_minute,
                         sl_usec now_us) SL_CHECKED;
void sl_throttle_failed(struct sl_throttle *t, sl_str who, sl_usec now_us);
void sl_throttle_forget(struct sl_throttle *t, sl_str who);
