/**
 * memory: how much of it the process has, and what to do near a limit. Any thread.
 */
#pragma once
#include "base/base.h"

/** Resident memory in bytes; 0 when the system does not say. */
uint64_t sl_memory_resident(void);
/** Give what the allocator keeps for later back to the system. Takes milliseconds. */
void sl_memory_trim(void);
/** Is a process with `resident_bytes` over its limit? Once it was, until it is below nine tenths of that. 0: no limit. */
bool sl_memory_is_over(uint64_t limit_bytes, uint64_t resident_bytes, bool was_over);
