/**
 * clock: the only file of base that reads one. Layers that must be testable with bytes alone
 * (codec, ai) never call it: time is their parameter.
 */
#pragma once
#include "base/base.h"

/** Since some fixed instant; never goes back. For timers, spans and limits. */
sl_usec sl_clock_mono_us(void);
/** Since 1970-01-01T00:00:00Z; may jump. For what people and other machines read. */
int64_t sl_clock_wall_us(void);
