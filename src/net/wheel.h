/**
 * wheel: the timers of one loop, a hierarchical timing wheel (Varghese and Lauck, 1987).
 *
 * Nine levels of 64 slots; a slot of level n spans 64^n milliseconds, so that every instant of
 * sl_usec has its slot. Starting and stopping are O(1); a timer moves down at most once per level.
 * Pure: no clock, no allocation. One thread owns a wheel.
 */
#pragma once
#include "net/loop.h"

enum { SL_WHEEL_LEVELS = 9, SL_WHEEL_SLOTS = 64 };

struct sl_wheel {
    uint64_t at_ms;                     /* every timer due up to here has been taken out */
    uint64_t occupied[SL_WHEEL_LEVELS]; /* a set bit: the slot may hold timers */
    struct sl_link slots[SL_WHEEL_LEVELS][SL_WHEEL_SLOTS];
    struct sl_link overdue; /* were due already when they were started */
};

void sl_wheel_init(struct sl_wheel *w, sl_usec now_us);
/** Put a stopped timer in, by its due_us, rounded up to the millisecond. */
void sl_wheel_add(struct sl_wheel *w, struct sl_timer *timer);
/** Move the timers that are due at `now_us` to the end of `ret_due`, earliest millisecond first. */
void sl_wheel_advance(struct sl_wheel *w, sl_usec now_us, struct sl_link *ret_due);
/** When to call sl_wheel_advance next, never later than the earliest timer; INT64_MAX: no timers. */
sl_usec sl_wheel_next_us(struct sl_wheel *w);
