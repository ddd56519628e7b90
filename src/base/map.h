/**
 * map: strings to pointers; open addressing with linear probing, at most 3/4 full.
 *
 * Keys and values are borrowed: they must live as long as they are in the map. A value is never
 * NULL. One thread owns a map; a map that nobody changes any more may be read by any thread.
 * In an arena, growing leaves the old slots behind until the arena ends; reserve what is known.
 *
 * Growth is not bounded here: what a peer can grow belongs into base/lru.h.
 */
#pragma once
#include "base/arena.h"

struct sl_map {
    struct sl_map_slot *slots;
    size_t cap, n; /* cap: 0 or a power of two; n: entries */
    uint64_t seed;
    struct sl_arena *arena;
};

/**
 * In `a`, or on the heap when `a` is NULL. `seed`: random where a peer chooses keys, else 0. A zeroed
 * struct is an empty heap map with seed 0.
 */
void sl_map_init(struct sl_map *m, struct sl_arena *a, uint64_t seed);
/** Frees heap slots, not the values. Accepts a zeroed map. */
void sl_map_fini(struct sl_map *m);
/** Make room for `n` entries in all. */
void sl_map_reserve(struct sl_map *m, size_t n);

/** The value of `key`, or NULL. */
void *sl_map_get(const struct sl_map *m, sl_str key);
/** Set it, and borrow this `key` from now on. Returns the value that it replaces, or NULL. */
void *sl_map_put(struct sl_map *m, sl_str key, void *value);
/** Take it out. Returns the value, or NULL. */
void *sl_map_remove(struct sl_map *m, sl_str key);

/**
 * Visit every entry, in no order: start with *at == 0 and go on while it returns true. The map must
 * not be changed meanwhile.
 */
bool sl_map_next(const struct sl_map *m, size_t *at, sl_str *ret_key, void **ret_value) SL_CHECKED;
