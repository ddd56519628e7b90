/**
 * memory: how much of it the process has, and what to do near a limit. Any thread.
 */
#pragma once
#include "base/log.h"

/** Resident memory in bytes; 0 when the system does not say. */
uint64_t sl_memory_resident(void);
/** Give what the allocator keeps for later back to the system. Takes milliseconds. */
void sl_memory_trim(void);
/**
 * Compare what the process has with its limit (0: none). `is_over` is what the last call said: once over, it stays so
 * until memory is below nine tenths of the limit. True when that changed, which is logged.
 */
bool sl_memory_watch(uint64_t limit_bytes, struct sl_log *log, bool *is_over);
