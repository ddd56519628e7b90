#include "base/lru.h"

static struct sl_lru_entry *entry_of(struct sl_link *link)
{
    return SL_CONTAINER(link, struct sl_lru_entry, link);
}

void sl_lru_init(struct sl_lru *l, size_t max, uint64_t seed,
                 void (*evict)(struct sl_lru_entry *e, void *arg), void *arg)
{
    SL_ASSERT(max > 0);
    *l = (struct sl_lru){.max = max, .evict = evict, .arg = arg};
    sl_map_init(&l->map, NULL, seed);
    sl_list_init(&l->order);
}

static void drop(struct sl_lru *l, struct sl_lru_entry *e)
{
    sl_lru_remove(l, e);
    l->evict(e, l->arg);
}

void sl_lru_fini(struct sl_lru *l)
{
    while (l->map.n != 0)
        drop(l, entry_of(l->order.prev));
    sl_map_fini(&l->map);
}

struct sl_lru_entry *sl_lru_get(struct sl_lru *l, sl_str key)
{
    struct sl_lru_entry *e = sl_map_get(&l->map, key);
    if (e == NULL)
        return NULL;
    sl_list_remove(&e->link);
    sl_list_push_front(&l->order, &e->link);
    return e;
}

void sl_lru_put(struct sl_lru *l, struct sl_lru_entry *e)
{
    struct sl_lru_entry *namesake = sl_map_get(&l->map, e->key);
    SL_ASSERT(namesake != e);
    if (namesake != NULL)
        drop(l, namesake);
    else if (l->map.n == l->max)
        drop(l, entry_of(l->order.prev));
    sl_map_put(&l->map, e->key, e);
    sl_list_push_front(&l->order, &e->link);
}

void sl_lru_remove(struct sl_lru *l, struct sl_lru_entry *e)
{
    void *removed = sl_map_remove(&l->map, e->key);
    SL_ASSERT(removed == e);
    sl_list_remove(&e->link);
}

struct sl_lru_entry *sl_lru_oldest(const struct sl_lru *l)
{
    return l->map.n != 0 ? entry_of(l->order.prev) : NULL;
}
