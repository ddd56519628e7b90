#include "base/map.h"
#include "base/hash.h"
#include "base/str.h"

enum { FIRST_SLOTS = 16 };

struct sl_map_slot {
    uint64_t hash;
    sl_str key;
    void *value; /* NULL: free */
};

void sl_map_init(struct sl_map *m, struct sl_arena *a, uint64_t seed)
{
    *m = (struct sl_map){.arena = a, .seed = seed};
}

void sl_map_fini(struct sl_map *m)
{
    if (m->arena == NULL)
        sl_free(m->slots);
    *m = (struct sl_map){0};
}

static bool is_too_full(size_t n, size_t cap)
{
    return n > cap - cap / 4;
}

/* The slot of `key`, or the free one where it belongs. The map has at least one free slot. */
static struct sl_map_slot *find(const struct sl_map *m, sl_str key, uint64_t hash)
{
    for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct sl_map_slot *s = &m->slots[i];
        if (s->value == NULL || (s->hash == hash && sl_str_eq(s->key, key)))
            return s;
    }
}

static void rehash(struct sl_map *m, size_t cap)
{
    struct sl_map old = *m;
    m->cap = cap;
    m->slots = m->arena != NULL ? sl_arena_array(m->arena, struct sl_map_slot, cap)
                                : sl_new_array(struct sl_map_slot, cap);
    for (size_t i = 0; i < old.cap; i++) {
        const struct sl_map_slot *s = &old.slots[i];
        if (s->value != NULL)
            *find(m, s->key, s->hash) = *s;
    }
    if (m->arena == NULL)
        sl_free(old.slots);
}

void sl_map_reserve(struct sl_map *m, size_t n)
{
    size_t cap = SL_MAX(m->cap, (size_t)FIRST_SLOTS);
    while (is_too_full(n, cap))
        cap *= 2;
    if (cap != m->cap)
        rehash(m, cap);
}

static uint64_t hash_of(const struct sl_map *m, sl_str key)
{
    return sl_hash_seeded(key.p, key.n, m->seed);
}

void *sl_map_get(const struct sl_map *m, sl_str key)
{
    return m->n != 0 ? find(m, key, hash_of(m, key))->value : NULL;
}

void *sl_map_put(struct sl_map *m, sl_str key, void *value)
{
    SL_ASSERT(value != NULL);
    sl_map_reserve(m, m->n + 1);
    uint64_t hash = hash_of(m, key);
    struct sl_map_slot *s = find(m, key, hash);
    void *replaced = s->value;
    *s = (struct sl_map_slot){.hash = hash, .key = key, .value = value};
    m->n += replaced == NULL;
    return replaced;
}

/* Close the gap at `hole`, so that no search ends there too early. */
static void close_gap(struct sl_map *m, size_t hole)
{
    size_t mask = m->cap - 1;
    for (size_t i = (hole + 1) & mask; m->slots[i].value != NULL; i = (i + 1) & mask) {
        size_t home = m->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue; /* its home lies behind the hole */
        m->slots[hole] = m->slots[i];
        hole = i;
    }
    m->slots[hole] = (struct sl_map_slot){0};
}

void *sl_map_remove(struct sl_map *m, sl_str key)
{
    if (m->n == 0)
        return NULL;
    struct sl_map_slot *s = find(m, key, hash_of(m, key));
    void *value = s->value;
    if (value == NULL)
        return NULL;
    close_gap(m, (size_t)(s - m->slots));
    m->n--;
    return value;
}

bool sl_map_next(const struct sl_map *m, size_t *at, sl_str *ret_key, void **ret_value)
{
    while (*at < m->cap) {
        const struct sl_map_slot *s = &m->slots[(*at)++];
        if (s->value == NULL)
            continue;
        *ret_key = s->key;
        *ret_value = s->value;
        return true;
    }
    return false;
}
