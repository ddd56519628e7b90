/**
 * later: a thread of its own for something that need not be waited for, such as writing a file of what is
 * served. Asked for many times it is done once, soon after the last; begun no more often than each pause.
 */
#pragma once
#include "base/err.h"

struct sl_later;

/** `run` is called by the thread only. SL_E_IO: there is no thread to be had. */
sl_rc sl_later_start(void (*run)(void *arg), void *arg, int pause_ms,
                     struct sl_later **ret) SL_CHECKED;
/** Do it, soon. Any thread; never blocks for long. Accepts NULL: then nothing is done. */
void sl_later_ask(struct sl_later *l);
/** End the thread; what was asked for is done before. Accepts NULL. */
void sl_later_stop(struct sl_later *l);
