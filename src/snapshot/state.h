/**
 * state: what must survive a reload of the configuration: health and load of endpoints, cooldowns of
 * vendor keys, counters of limits, spent budgets. Blocks are found by kind and identity; a snapshot
 * holds a reference to each block it uses, so a block lives as long as any snapshot that names it.
 *
 * The registry itself is used by control threads only (a mutex inside). The blocks are shared by all
 * workers: their members are atomics, each with its own rule in the type's header.
 */
#pragma once
#include "base/arena.h"

struct sl_state_registry;

struct sl_state_registry *sl_state_registry_new(void) SL_CHECKED;
/** Every reference must have been given back. Accepts NULL. */
void sl_state_registry_free(struct sl_state_registry *r);

/**
 * The block of `bytes` for (kind, identity): zeroed when new, and `init` (may be NULL) is called on it
 * once. `fini` (may be NULL) runs when the last reference goes. The reference is given back when
 * `holder` (the snapshot's arena) ends. `kind` is static and fixes `bytes`.
 */
void *sl_state_get(struct sl_state_registry *r, const char *kind, sl_str identity, size_t bytes,
                   void (*init)(void *block), void (*fini)(void *block),
                   struct sl_arena *holder) SL_CHECKED;
/** Visit all blocks of a kind (metrics, node status, saving). The callback must not call the registry. */
void sl_state_each(struct sl_state_registry *r, const char *kind,
                   void (*visit)(sl_str identity, void *block, void *arg), void *arg);
