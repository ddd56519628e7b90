/**
 * credential_index: credentials by their hash, which is its own hash: a table of pointers alone, at most 3/4 full,
 * for there may be a million. Built by one thread; read by any then.
 */
#pragma once
#include "base/arena.h"
#include "snapshot/credential.h"

struct sl_credential_index {
    const struct sl_credential **slots; /* in the arena it was reserved in */
    size_t cap, n, most;                /* cap: 0 or a power of two; most: entries that have room */
};

/** Make room for `n` entries, once. */
void sl_credential_index_reserve(struct sl_credential_index *x, struct sl_arena *a, size_t n);
/** Add one; there must be room. Returns the one with the same hash that was there, which stays; else NULL. */
const struct sl_credential *sl_credential_index_put(struct sl_credential_index *x,
                                                    const struct sl_credential *credential);
/** NULL: none. A zeroed index has none. */
const struct sl_credential *sl_credential_index_get(const struct sl_credential_index *x,
                                                    const uint8_t key_hash[32]);
