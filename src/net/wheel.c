#include "net/wheel.h"

enum { SLOT_BITS = 6, SLOT_MASK = SL_WHEEL_SLOTS - 1, US_PER_MS = 1000 };

struct place {
    unsigned level, slot;
};

static uint64_t due_ms(const struct sl_timer *t)
{
    return t->due_us <= 0 ? 0 : ((uint64_t)t->due_us + US_PER_MS - 1) / US_PER_MS;
}

void sl_wheel_init(struct sl_wheel *w, sl_usec now_us)
{
    SL_ASSERT(now_us >= 0);
    *w = (struct sl_wheel){.at_ms = (uint64_t)now_us / US_PER_MS};
    sl_list_init(&w->overdue);
    for (unsigned level = 0; level < SL_WHEEL_LEVELS; level++) {
        for (unsigned slot = 0; slot < SL_WHEEL_SLOTS; slot++)
            sl_list_init(&w->slots[level][slot]);
    }
}

/* The level is that of the highest digit (base 64) in which the two instants differ. So all timers of
 * a level agree with at_ms in the digits above it and are in a later slot: slots never wrap around, and
 * whatever is on a lower level is due earlier. */
static struct place place_of(uint64_t at_ms, uint64_t when_ms)
{
    uint64_t differ = at_ms ^ when_ms;
    unsigned level = (63 - (unsigned)__builtin_clzll(differ | 1)) / SLOT_BITS;
    SL_ASSERT(level < SL_WHEEL_LEVELS);
    return (struct place){level, (unsigned)(when_ms >> (level * SLOT_BITS)) & SLOT_MASK};
}

void sl_wheel_add(struct sl_wheel *w, struct sl_timer *timer)
{
    uint64_t when_ms = due_ms(timer);
    if (when_ms <= w->at_ms) {
        sl_list_push_back(&w->overdue, &timer->slot);
        return;
    }
    struct place p = place_of(w->at_ms, when_ms);
    w->occupied[p.level] |= UINT64_C(1) << p.slot;
    sl_list_push_back(&w->slots[p.level][p.slot], &timer->slot);
}

/* The earliest slot with timers. Stopping a timer leaves its bit behind; it is cleared here. */
static bool first_place(struct sl_wheel *w, struct place *ret)
{
    for (unsigned level = 0; level < SL_WHEEL_LEVELS; level++) {
        while (w->occupied[level] != 0) {
            unsigned slot = (unsigned)__builtin_ctzll(w->occupied[level]);
            if (!sl_list_is_empty(&w->slots[level][slot])) {
                *ret = (struct place){level, slot};
                return true;
            }
            w->occupied[level] &= ~(UINT64_C(1) << slot);
        }
    }
    return false;
}

static uint64_t start_ms(const struct sl_wheel *w, struct place p)
{
    uint64_t above = w->at_ms >> ((p.level + 1) * SLOT_BITS) << SLOT_BITS;
    return (above | p.slot) << (p.level * SLOT_BITS);
}

static void move_all(struct sl_link *from, struct sl_link *to)
{
    struct sl_link *link;
    while ((link = sl_list_pop_front(from)) != NULL)
        sl_list_push_back(to, link);
}

/* The wheel has reached the start of this slot: its timers are due or move to lower levels. */
static void open_slot(struct sl_wheel *w, struct place p, struct sl_link *ret_due)
{
    struct sl_link *slot = &w->slots[p.level][p.slot], *link;
    w->occupied[p.level] &= ~(UINT64_C(1) << p.slot);
    while ((link = sl_list_pop_front(slot)) != NULL) {
        struct sl_timer *t = SL_CONTAINER(link, struct sl_timer, slot);
        if (due_ms(t) <= w->at_ms)
            sl_list_push_back(ret_due, link);
        else
            sl_wheel_add(w, t);
    }
}

void sl_wheel_advance(struct sl_wheel *w, sl_usec now_us, struct sl_link *ret_due)
{
    uint64_t now_ms = (uint64_t)now_us / US_PER_MS;
    struct place p;

    move_all(&w->overdue, ret_due);
    while (first_place(w, &p) && start_ms(w, p) <= now_ms) {
        w->at_ms = start_ms(w, p);
        open_slot(w, p, ret_due);
    }
    w->at_ms = SL_MAX(w->at_ms, now_ms);
}

sl_usec sl_wheel_next_us(struct sl_wheel *w)
{
    struct place p;
    if (!sl_list_is_empty(&w->overdue))
        return 0;
    if (!first_place(w, &p))
        return INT64_MAX;
    uint64_t next_ms = start_ms(w, p);
    return next_ms > INT64_MAX / US_PER_MS ? INT64_MAX : (sl_usec)next_ms * US_PER_MS;
}
