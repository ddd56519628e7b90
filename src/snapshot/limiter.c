#include "snapshot/limiter.h"
#include "base/hash.h"
#include "base/rand.h"
#include "base/strbuf.h"

#include <sched.h>

enum { BUCKET_BYTES = 128, KEYS_EXPECTED = 4 };

/* In an instant: its place is being given to another key. Instants are never negative. */
#define HANDED_OVER INT64_MIN

/*
 * Who reads an instant, then the key, then exchanges the instant, has changed that key's: giving a
 * place away marks the instant before the key changes, and the instant after is another one. The
 * loads are acquire and pair with the release stores of hand_over.
 */
struct place {
    _Atomic uint64_t key; /* 0: free */
    _Atomic int64_t tat;
};

struct bucket {
    _Atomic uint32_t guard; /* taken while a key is added; acquire and release */
    struct place places[SL_LIMITER_BUCKET_KEYS];
    uint64_t unused;
};
_Static_assert(sizeof(struct bucket) == BUCKET_BYTES, "a bucket is two cache lines");

struct sl_limiter {
    void *memory;
    struct bucket *buckets; /* aligned, in `memory` */
    uint64_t bucket_count, seed;
    _Atomic uint64_t evictions; /* relaxed: a statistic */
};

/* ------------------------------------------------------------------ the block */

static void fini(void *block)
{
    struct sl_limiter *l = block;
    sl_free(l->memory);
}

static void allocate(struct sl_limiter *l, uint32_t keys)
{
    l->bucket_count = (keys + KEYS_EXPECTED - 1) / KEYS_EXPECTED;
    l->memory = sl_calloc(l->bucket_count + 1, BUCKET_BYTES);
    uintptr_t at = ((uintptr_t)l->memory + BUCKET_BYTES - 1) & ~(uintptr_t)(BUCKET_BYTES - 1);
    l->buckets = (struct bucket *)at;
    sl_rand_os(&l->seed, sizeof(l->seed));
}

struct sl_limiter *sl_limiter_get(struct sl_state_registry *states, sl_str identity, uint32_t keys,
                                  struct sl_arena *holder)
{
    SL_ASSERT(keys > 0);
    SL_ASSERT(keys <= SL_LIMITER_KEYS_MAX);

    sl_str name = sl_fmt(holder, "%.*s#%u", SL_STRF(identity), keys);
    struct sl_limiter *l =
        sl_state_get(states, "limiter", name, sizeof(struct sl_limiter), NULL, fini, holder);
    if (l->memory == NULL)
        allocate(l, keys);
    return l;
}

/* ------------------------------------------------------------------ places */

static struct bucket *bucket_of(const struct sl_limiter *l, uint64_t key)
{
    return &l->buckets[(uint64_t)(((unsigned __int128)key * l->bucket_count) >> 64)];
}

static uint64_t key_of(const struct sl_limiter *l, sl_str key)
{
    uint64_t hash = sl_hash_seeded(key.p, key.n, l->seed);
    return hash != 0 ? hash : 1;
}

/* The place of `key`, else a free one (key 0), else NULL. Places fill from the front and stay filled. */
static struct place *find(struct bucket *b, uint64_t key)
{
    for (size_t i = 0; i < SL_LIMITER_BUCKET_KEYS; i++) {
        uint64_t seen = atomic_load_explicit(&b->places[i].key, memory_order_acquire);
        if (seen == key || seen == 0)
            return &b->places[i];
    }
    return NULL;
}

static struct place *least_ahead(struct bucket *b, int64_t *ret_tat)
{
    struct place *least = NULL;
    for (size_t i = 0; i < SL_LIMITER_BUCKET_KEYS; i++) {
        int64_t tat = atomic_load_explicit(&b->places[i].tat, memory_order_relaxed);
        if (least == NULL || tat < *ret_tat) {
            least = &b->places[i];
            *ret_tat = tat;
        }
    }
    return least;
}

/* Under the guard. The instant moves by a nanosecond, so that no exchange begun before can succeed. */
static void hand_over(struct sl_limiter *l, struct bucket *b, uint64_t key, sl_usec now_us)
{
    struct place *p;
    int64_t tat = 0;
    do
        p = least_ahead(b, &tat);
    while (!atomic_compare_exchange_weak_explicit(&p->tat, &tat, tat | HANDED_OVER,
                                                  memory_order_acquire, memory_order_relaxed));
    if (tat / 1000 > now_us)
        atomic_fetch_add_explicit(&l->evictions, 1, memory_order_relaxed);
    atomic_store_explicit(&p->key, key, memory_order_release);
    atomic_store_explicit(&p->tat, tat + 1, memory_order_release);
}

static void add(struct sl_limiter *l, struct bucket *b, uint64_t key, sl_usec now_us)
{
    while (atomic_exchange_explicit(&b->guard, 1, memory_order_acquire) != 0)
        sched_yield();
    struct place *p = find(b, key); /* another thread may have added it meanwhile */
    if (p == NULL)
        hand_over(l, b, key, now_us);
    else
        atomic_store_explicit(&p->key, key, memory_order_release);
    atomic_store_explicit(&b->guard, 0, memory_order_release);
}

/* ------------------------------------------------------------------ spending */

/* One change of a key's instant. */
struct change {
    const struct sl_gcra *g;
    sl_usec now_us;
    int64_t n;
    bool is_settling;
    sl_usec wait_us; /* out */
    int64_t tat;     /* out: the instant after it */
};

static int64_t settled(const struct change *c, int64_t tat)
{
    _Atomic int64_t own = tat;
    sl_gcra_settle_atomic(c->g, &own, c->n, c->now_us);
    return own;
}

static void compute(struct change *c, int64_t tat)
{
    c->tat = tat;
    if (c->is_settling)
        c->tat = settled(c, tat);
    else
        c->wait_us = sl_gcra_take(c->g, &c->tat, (uint32_t)c->n, c->now_us);
}

/* False: the place is not the key's, or no longer. */
static bool apply(struct place *p, uint64_t key, struct change *c)
{
    int64_t seen = atomic_load_explicit(&p->tat, memory_order_acquire);
    do {
        if (seen < 0 || atomic_load_explicit(&p->key, memory_order_acquire) != key)
            return false;
        compute(c, seen);
        if (c->tat == seen)
            return true;
    } while (!atomic_compare_exchange_weak_explicit(&p->tat, &seen, c->tat, memory_order_acquire,
                                                    memory_order_acquire));
    return true;
}

static void change(struct sl_limiter *l, sl_str name, struct change *c)
{
    uint64_t key = key_of(l, name);
    struct bucket *b = bucket_of(l, key);
    for (;;) {
        struct place *p = find(b, key);
        if (p != NULL && apply(p, key, c))
            return;
        add(l, b, key, c->now_us);
    }
}

struct sl_limiter_answer sl_limiter_take(struct sl_limiter *l, const struct sl_gcra *g, sl_str key,
                                         uint32_t n, sl_usec now_us)
{
    struct change c = {.g = g, .now_us = now_us, .n = n};
    change(l, key, &c);
    return (struct sl_limiter_answer){.wait_us = c.wait_us,
                                      .left = sl_gcra_left(g, c.tat, now_us),
                                      .refill_us = sl_gcra_refill_us(c.tat, now_us)};
}

void sl_limiter_settle(struct sl_limiter *l, const struct sl_gcra *g, sl_str key, int64_t n,
                       sl_usec now_us)
{
    struct change c = {.g = g, .now_us = now_us, .n = n, .is_settling = true};
    change(l, key, &c);
}

/* A place that is given to another key meanwhile counts as none. */
static int64_t instant_of(const struct sl_limiter *l, sl_str name)
{
    uint64_t key = key_of(l, name);
    struct place *p = find(bucket_of(l, key), key);
    int64_t tat = p != NULL ? atomic_load_explicit(&p->tat, memory_order_acquire) : 0;
    bool is_own = p != NULL && atomic_load_explicit(&p->key, memory_order_acquire) == key;
    return is_own ? SL_MAX(tat, (int64_t)0) : 0;
}

struct sl_limiter_answer sl_limiter_look(const struct sl_limiter *l, const struct sl_gcra *g,
                                         sl_str key, sl_usec now_us)
{
    int64_t tat = instant_of(l, key);
    return (struct sl_limiter_answer){.left = sl_gcra_left(g, tat, now_us),
                                      .refill_us = sl_gcra_refill_us(tat, now_us)};
}

uint64_t sl_limiter_evictions(const struct sl_limiter *l)
{
    return atomic_load_explicit(&l->evictions, memory_order_relaxed);
}
