#include "control/throttle.h"
#include "base/hash.h"
#include "base/lru.h"
#include "base/rand.h"
#include "base/str.h"

#include <pthread.h>

struct entry {
    struct sl_lru_entry lru;
    char *who;
    uint32_t failures;
    sl_usec until_us;
};

struct sl_throttle {
    pthread_mutex_t lock;
    struct sl_lru entries;
};

static void entry_free(struct entry *e)
{
    sl_free(e->who);
    sl_free(e);
}

static void evict(struct sl_lru_entry *e, void *arg)
{
    (void)arg;
    entry_free(SL_CONTAINER(e, struct entry, lru));
}

struct sl_throttle *sl_throttle_new(void)
{
    struct sl_throttle *t = sl_new(struct sl_throttle);
    uint64_t seed;
    sl_rand_os(&seed, sizeof(seed));
    pthread_mutex_init(&t->lock, NULL);
    sl_lru_init(&t->entries, SL_THROTTLE_ENTRIES, seed, evict, NULL);
    return t;
}

void sl_throttle_free(struct sl_throttle *t)
{
    if (t == NULL)
        return;
    sl_lru_fini(&t->entries);
    pthread_mutex_destroy(&t->lock);
    sl_free(t);
}

static struct entry *find(struct sl_throttle *t, sl_str who)
{
    struct sl_lru_entry *e = sl_lru_get(&t->entries, who);
    return e != NULL ? SL_CONTAINER(e, struct entry, lru) : NULL;
}

sl_usec sl_throttle_wait(struct sl_throttle *t, sl_str who, sl_usec now_us)
{
    pthread_mutex_lock(&t->lock);
    const struct entry *e = find(t, who);
    sl_usec wait_us = e != NULL ? SL_MAX(e->until_us - now_us, (sl_usec)0) : 0;
    pthread_mutex_unlock(&t->lock);
    return wait_us;
}

static sl_usec pause_after(uint32_t failures)
{
    if (failures <= SL_THROTTLE_FREE)
        return 0;
    uint32_t doublings = SL_MIN(failures - SL_THROTTLE_FREE - 1, 20U);
    return SL_MIN(SL_THROTTLE_PAUSE_US << doublings, SL_THROTTLE_PAUSE_MAX_US);
}

static struct entry *add(struct sl_throttle *t, sl_str who)
{
    struct entry *e = sl_new(struct entry);
    e->who = sl_strdup(who);
    e->lru.key = sl_str_of(e->who, who.n);
    sl_lru_put(&t->entries, &e->lru);
    return e;
}

void sl_throttle_failed(struct sl_throttle *t, sl_str who, sl_usec now_us)
{
    pthread_mutex_lock(&t->lock);
    struct entry *e = find(t, who);
    if (e == NULL)
        e = add(t, who);
    e->failures += e->failures != UINT32_MAX;
    e->until_us = now_us + pause_after(e->failures);
    pthread_mutex_unlock(&t->lock);
}

/* until_us is when all that was taken is paid for, one share of the minute each. */
sl_usec sl_throttle_take(struct sl_throttle *t, sl_str who, uint32_t per_minute, sl_usec now_us)
{
    sl_usec minute = SL_SECONDS(60), share = minute / SL_MAX(per_minute, 1U);
    pthread_mutex_lock(&t->lock);
    struct entry *e = find(t, who);
    if (e == NULL)
        e = add(t, who);
    sl_usec paid_us = SL_MAX(e->until_us, now_us) + share;
    sl_usec wait_us = SL_MAX(paid_us - now_us - minute, (sl_usec)0);
    if (wait_us == 0)
        e->until_us = paid_us;
    pthread_mutex_unlock(&t->lock);
    return wait_us;
}

void sl_throttle_forget(struct sl_throttle *t, sl_str who)
{
    pthread_mutex_lock(&t->lock);
    struct entry *e = find(t, who);
    if (e != NULL) {
        sl_lru_remove(&t->entries, &e->lru);
        entry_free(e);
    }
    pthread_mutex_unlock(&t->lock);
}
