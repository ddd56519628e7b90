/**
 * turn: what is due every so often, done by whichever of several threads is idle: by one at a time, however long it
 * takes, and then again after a pause. Pure; the lock of its owner is held.
 */
#pragma once
#include "base/base.h"

#define SL_TURN_PAUSE_US SL_SECONDS(1)

struct sl_turn {
    int64_t at_us; /* wall: when it is due */
    bool is_taken;
};

/** True: the caller does it, and says when it ended. */
static inline bool sl_turn_take(struct sl_turn *t, int64_t now_us)
{
    /* further off than a pause: the clock was set back */
    bool is_early = now_us < t->at_us && t->at_us - now_us <= SL_TURN_PAUSE_US;
    if (t->is_taken || is_early)
        return false;
    t->is_taken = true;
    return true;
}

static inline void sl_turn_end(struct sl_turn *t, int64_t now_us)
{
    t->is_taken = false;
    t->at_us = now_us + SL_TURN_PAUSE_US;
}

/** When to try again, for whom sl_turn_take refused. */
static inline int64_t sl_turn_next_us(const struct sl_turn *t, int64_t now_us)
{
    return t->is_taken ? now_us + SL_TURN_PAUSE_US : t->at_us;
}
