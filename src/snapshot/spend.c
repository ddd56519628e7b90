#include "snapshot/spend.h"
#include "base/hash.h"
#include "base/str.h"

#include <sched.h>
#include <stdatomic.h>

static const char kind[] = "budget";

/* In `start_s`: another thread is beginning a new window here. */
#define BEGINNING INT64_MIN

struct sl_spend_window {
    _Atomic int64_t start_s; /* rises; release when a window begins, acquire by who looks for one */
    _Atomic int64_t committed; /* spent and held; relaxed: it stands for itself */
    _Atomic int64_t spent;     /* relaxed */
};

/* 64 bytes: a cache line of its own. */
struct account {
    _Atomic uint64_t subject; /* hash; 0: free; never changes once set */
    struct sl_spend_window windows[2];
    uint64_t unused;
};

struct sl_spend {
    struct account *accounts; /* touched as subjects come */
    size_t subjects;
    bool is_seeded; /* control threads, one at a time */
};

/* ------------------------------------------------------------------ the block */

static void fini(void *block)
{
    struct sl_spend *s = block;
    sl_free(s->accounts);
}

struct sl_spend *sl_spend_get(struct sl_state_registry *states, sl_str identity, size_t subjects,
                              struct sl_arena *holder)
{
    SL_ASSERT(subjects >= 1 && subjects <= SL_SPEND_SUBJECTS_MAX);
    struct sl_spend *s =
        sl_state_get(states, kind, identity, sizeof(struct sl_spend), NULL, fini, holder);
    if (s->accounts == NULL) {
        s->accounts = sl_new_array(struct account, subjects);
        s->subjects = subjects;
    }
    SL_ASSERT(s->subjects == subjects);
    return s;
}

/* ------------------------------------------------------------------ finding */

static bool is_of(struct account *a, uint64_t subject)
{
    uint64_t seen = 0;
    return atomic_compare_exchange_strong_explicit(&a->subject, &seen, subject,
                                                   memory_order_relaxed, memory_order_relaxed) ||
           seen == subject;
}

static struct account *account_of(struct sl_spend *s, sl_str name)
{
    uint64_t hash = sl_hash_str(name), subject = hash != 0 ? hash : 1;
    for (uint64_t i = 0; i < s->subjects; i++) {
        struct account *a = &s->accounts[(hash + i) % s->subjects];
        if (is_of(a, subject))
            return a;
    }
    return NULL;
}

/* False: another thread was faster. Who held in the window before last has long settled. */
static bool begin(struct sl_spend_window *w, int64_t old_s, int64_t start_s)
{
    if (!atomic_compare_exchange_strong_explicit(&w->start_s, &old_s, BEGINNING,
                                                 memory_order_acquire, memory_order_relaxed))
        return false;
    atomic_store_explicit(&w->committed, 0, memory_order_relaxed);
    atomic_store_explicit(&w->spent, 0, memory_order_relaxed);
    atomic_store_explicit(&w->start_s, start_s, memory_order_release);
    return true;
}

struct sl_spend_window *sl_spend_window(struct sl_spend *s, sl_str subject, int64_t start_s)
{
    struct account *a = account_of(s, subject);
    while (a != NULL) {
        struct sl_spend_window *first = &a->windows[0], *second = &a->windows[1];
        int64_t first_s = atomic_load_explicit(&first->start_s, memory_order_acquire);
        int64_t second_s = atomic_load_explicit(&second->start_s, memory_order_acquire);
        if (first_s == start_s)
            return first;
        if (second_s == start_s)
            return second;
        struct sl_spend_window *older = first_s <= second_s ? first : second;
        int64_t older_s = SL_MIN(first_s, second_s);
        if (older_s == BEGINNING)
            sched_yield();
        else if (older_s > start_s || begin(older, older_s, start_s))
            return older;
    }
    return NULL;
}

/* ------------------------------------------------------------------ money */

bool sl_spend_hold(struct sl_spend_window *w, int64_t amount, int64_t limit,
                   struct sl_spend_hold *ret)
{
    SL_ASSERT(amount >= 0);
    int64_t start_s = atomic_load_explicit(&w->start_s, memory_order_relaxed), next;
    int64_t seen = atomic_load_explicit(&w->committed, memory_order_relaxed);
    do {
        next = sl_add_sat_i64(seen, amount);
        if (seen >= limit || next > limit)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&w->committed, &seen, next,
                                                    memory_order_relaxed, memory_order_relaxed));
    *ret = (struct sl_spend_hold){.window = w, .start_s = start_s, .amount = amount};
    return true;
}

static void add_spent(struct sl_spend_window *w, int64_t amount, int64_t held)
{
    atomic_fetch_add_explicit(&w->spent, amount, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->committed, amount - held, memory_order_relaxed);
}

void sl_spend_settle(struct sl_spend_hold *h, int64_t amount)
{
    struct sl_spend_window *w = h->window;
    if (w != NULL && atomic_load_explicit(&w->start_s, memory_order_relaxed) == h->start_s)
        add_spent(w, amount, h->amount);
    *h = (struct sl_spend_hold){0};
}

struct sl_spend_sums sl_spend_sums(const struct sl_spend_window *w)
{
    int64_t spent = atomic_load_explicit(&w->spent, memory_order_relaxed);
    int64_t committed = atomic_load_explicit(&w->committed, memory_order_relaxed);
    return (struct sl_spend_sums){spent, SL_MAX(committed - spent, (int64_t)0)};
}

static const struct account *find_account(const struct sl_spend *s, sl_str name)
{
    uint64_t hash = sl_hash_str(name), subject = hash != 0 ? hash : 1;
    for (uint64_t i = 0; i < s->subjects; i++) {
        const struct account *a = &s->accounts[(hash + i) % s->subjects];
        uint64_t seen = atomic_load_explicit(&a->subject, memory_order_relaxed);
        if (seen == subject || seen == 0)
            return seen != 0 ? a : NULL;
    }
    return NULL;
}

struct sl_spend_sums sl_spend_look(const struct sl_spend *s, sl_str subject, int64_t start_s)
{
    const struct account *a = find_account(s, subject);
    for (size_t i = 0; a != NULL && i < SL_LEN(a->windows); i++) {
        const struct sl_spend_window *w = &a->windows[i];
        if (atomic_load_explicit(&w->start_s, memory_order_acquire) == start_s)
            return sl_spend_sums(w);
    }
    return (struct sl_spend_sums){0};
}

/* ------------------------------------------------------------------ seeding */

struct seed {
    sl_str identity, subject;
    int64_t start_s, amount;
};

static void seed_block(sl_str identity, void *block, void *arg)
{
    const struct seed *seed = arg;
    struct sl_spend *s = block;
    if (s->is_seeded || !sl_str_eq(identity, seed->identity))
        return;
    struct sl_spend_window *w = sl_spend_window(s, seed->subject, seed->start_s);
    if (w != NULL && atomic_load_explicit(&w->start_s, memory_order_relaxed) == seed->start_s)
        add_spent(w, seed->amount, 0);
}

void sl_spend_seed(struct sl_state_registry *states, sl_str identity, sl_str subject,
                   int64_t start_s, int64_t amount)
{
    struct seed seed = {identity, subject, start_s, amount};
    sl_state_each(states, kind, seed_block, &seed);
}

static void note_unseeded(sl_str identity, void *block, void *arg)
{
    const struct sl_spend *s = block;
    bool *is_unseeded = arg;
    (void)identity;
    *is_unseeded = *is_unseeded || !s->is_seeded;
}

bool sl_spend_is_unseeded(struct sl_state_registry *states)
{
    bool is_unseeded = false;
    sl_state_each(states, kind, note_unseeded, &is_unseeded);
    return is_unseeded;
}

static void note_seeded(sl_str identity, void *block, void *arg)
{
    struct sl_spend *s = block;
    (void)identity;
    (void)arg;
    s->is_seeded = true;
}

void sl_spend_seeded(struct sl_state_registry *states)
{
    sl_state_each(states, kind, note_seeded, NULL);
}
