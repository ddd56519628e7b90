/**
 * lru: a bounded set of keyed entries that forgets the one unused for longest.
 *
 * Intrusive: embed a struct sl_lru_entry in yours and get back with SL_CONTAINER. The lru calls
 * `evict` for every entry that leaves other than by sl_lru_remove: too many, replaced, or the end;
 * `evict` must not use the lru. One thread owns it.
 */
#pragma once
#include "base/list.h"
#include "base/map.h"

struct sl_lru_entry {
    struct sl_link link;
    sl_str key; /* borrowed; usually it lives in the entry's own struct */
};

struct sl_lru {
    struct sl_map map;
    struct sl_link order; /* most recently used first */
    size_t max;
    void (*evict)(struct sl_lru_entry *e, void *arg);
    void *arg;
};

/** At most `max` (> 0) entries; `seed` as in sl_map_init. Never move the struct afterwards. */
void sl_lru_init(struct sl_lru *l, size_t max, uint64_t seed,
                 void (*evict)(struct sl_lru_entry *e, void *arg), void *arg);
/** Evicts all. Accepts a zeroed struct. */
void sl_lru_fini(struct sl_lru *l);

/** The entry of `key`, now the most recently used; or NULL. */
struct sl_lru_entry *sl_lru_get(struct sl_lru *l, sl_str key);
/** Add `e` under e->key as the most recently used; evicts its namesake, or the oldest when full. */
void sl_lru_put(struct sl_lru *l, struct sl_lru_entry *e);
/** Take `e`, which is in the lru, out without evicting it. */
void sl_lru_remove(struct sl_lru *l, struct sl_lru_entry *e);
/** The entry unused for longest, or NULL. */
struct sl_lru_entry *sl_lru_oldest(const struct sl_lru *l);

static inline size_t sl_lru_count(const struct sl_lru *l)
{
    return l->map.n;
}
