#include "snapshot/vendor_key.h"

#define LOAD(p) atomic_load_explicit((p), memory_order_relaxed)

const char *const sl_key_standings[] = {
#define X(ID, name, text) name,
#include "snapshot/vendor_key.def"
#undef X
    NULL};

enum sl_key_standing sl_account_key_standing(const struct sl_account_key *k, int64_t now_us,
                                             int64_t wall_s, int64_t *ret_until_us)
{
    const struct sl_key_state *s = k->state;
    *ret_until_us = 0;
    if (k->is_disabled)
        return SL_KEY_DISABLED;
    if (k->expires_at != 0 && wall_s >= k->expires_at)
        return SL_KEY_EXPIRED;
    if (k->token != NULL && !sl_access_token_holds(k->token, now_us))
        return SL_KEY_NO_TOKEN;
    int64_t dead_us = LOAD(&s->dead_until_us), cools_us = LOAD(&s->cools_until_us);
    if (dead_us > now_us) {
        *ret_until_us = dead_us;
        return LOAD(&s->dead_class) == SL_AI_FAULT_CREDIT ? SL_KEY_NO_CREDIT : SL_KEY_REFUSED;
    }
    if (cools_us > now_us) {
        *ret_until_us = cools_us;
        return SL_KEY_COOLING;
    }
    return SL_KEY_READY;
}

/* ------------------------------------------------------------------ failures */

/* One word, so that nobody sees the status of one failure with the time of another. */
enum { RC_BITS = 16, STATUS_BITS = 14 };
#define RC_MASK ((UINT64_C(1) << RC_BITS) - 1)
#define STATUS_MASK ((UINT64_C(1) << STATUS_BITS) - 1)

void sl_key_failed(struct sl_key_state *s, const struct sl_key_failure *f)
{
    uint64_t word = (uint64_t)f->at_s << (RC_BITS + STATUS_BITS) |
                    (f->status & STATUS_MASK) << RC_BITS | ((uint64_t)-f->rc & RC_MASK);
    atomic_fetch_add_explicit(&s->errors, 1, memory_order_relaxed);
    atomic_store_explicit(&s->last_failure, word, memory_order_relaxed);
}

struct sl_key_failure sl_key_failure_of(const struct sl_key_state *s)
{
    uint64_t word = LOAD(&s->last_failure);
    return (struct sl_key_failure){
        .at_s = (int64_t)(word >> (RC_BITS + STATUS_BITS)),
        .rc = -(sl_rc)(word & RC_MASK),
        .status = (uint16_t)(word >> RC_BITS & STATUS_MASK),
    };
}
