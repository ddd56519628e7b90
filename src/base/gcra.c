#include "base/gcra.h"

enum { US_NS = 1000 };

/* Keeps now + slack + one more burst within 63 bits for any clock that counts from boot. */
static const int64_t SLACK_MAX_NS = 1LL << 61;

static int64_t clamp_ns(__int128 ns)
{
    return ns > SLACK_MAX_NS ? SLACK_MAX_NS : (int64_t)ns;
}

struct sl_gcra sl_gcra_make(uint32_t count, sl_usec window_us, uint32_t burst)
{
    SL_ASSERT(count > 0);
    SL_ASSERT(window_us > 0);
    SL_ASSERT(burst > 0);

    int64_t cost_ns = clamp_ns(((__int128)window_us * US_NS + count - 1) / count);
    return (struct sl_gcra){.cost_ns = cost_ns, .slack_ns = clamp_ns((__int128)cost_ns * burst)};
}

static sl_usec round_up_us(int64_t ns)
{
    return ns / US_NS + (ns % US_NS != 0);
}

/* What *tat becomes when `n` events are spent, or how long that must wait. */
static sl_usec advance(const struct sl_gcra *g, int64_t tat, uint32_t n, sl_usec now_us,
                       int64_t *ret_tat)
{
    SL_ASSERT(g->cost_ns > 0);
    if (n > g->slack_ns / g->cost_ns)
        return SL_GCRA_NEVER;

    int64_t now_ns = now_us * US_NS;
    int64_t next_ns = SL_MAX(tat, now_ns) + g->cost_ns * n;
    int64_t wait_ns = next_ns - now_ns - g->slack_ns;
    if (wait_ns > 0)
        return round_up_us(wait_ns);
    *ret_tat = next_ns;
    return 0;
}

sl_usec sl_gcra_take(const struct sl_gcra *g, int64_t *tat, uint32_t n, sl_usec now_us)
{
    return advance(g, *tat, n, now_us, tat);
}

/*
 * Relaxed is enough: the word stands for itself and publishes nothing else; every change goes
 * through a compare-exchange on the value that the decision was made with.
 */
sl_usec sl_gcra_take_atomic(const struct sl_gcra *g, _Atomic int64_t *tat, uint32_t n,
                            sl_usec now_us)
{
    int64_t seen = atomic_load_explicit(tat, memory_order_relaxed), next;
    do {
        sl_usec wait_us = advance(g, seen, n, now_us, &next);
        if (wait_us != 0)
            return wait_us;
    } while (!atomic_compare_exchange_weak_explicit(tat, &seen, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    return 0;
}

void sl_gcra_settle_atomic(const struct sl_gcra *g, _Atomic int64_t *tat, int64_t n, sl_usec now_us)
{
    int64_t now_ns = now_us * US_NS;
    int64_t seen = atomic_load_explicit(tat, memory_order_relaxed), next;
    do {
        __int128 ahead_ns = (__int128)SL_MAX(seen, now_ns) - now_ns + (__int128)g->cost_ns * n;
        next = now_ns + (ahead_ns > 0 ? clamp_ns(ahead_ns) : 0);
    } while (!atomic_compare_exchange_weak_explicit(tat, &seen, next, memory_order_relaxed,
                                                    memory_order_relaxed));
}

static int64_t ahead_ns(int64_t tat, sl_usec now_us)
{
    return SL_MAX(tat - now_us * US_NS, (int64_t)0);
}

uint32_t sl_gcra_left(const struct sl_gcra *g, int64_t tat, sl_usec now_us)
{
    int64_t room_ns = g->slack_ns - ahead_ns(tat, now_us);
    return room_ns > 0 ? (uint32_t)(room_ns / g->cost_ns) : 0;
}

sl_usec sl_gcra_refill_us(int64_t tat, sl_usec now_us)
{
    return round_up_us(ahead_ns(tat, now_us));
}
