#include "snapshot/endpoint.h"

#include <stdatomic.h>

const char *const sl_endpoint_standings[] = {
#define X(ID, name, text) name,
#include "snapshot/endpoint_state.def"
#undef X
    NULL};

enum sl_endpoint_standing sl_endpoint_standing(const struct sl_endpoint *e, int64_t now_us,
                                               int64_t *ret_until_us)
{
    int64_t out_until_us = atomic_load_explicit(&e->state->ejected_until_us, memory_order_relaxed);
    *ret_until_us = 0;
    if (e->weight == 0)
        return SL_ENDPOINT_DRAINED;
    if (atomic_load_explicit(&e->state->is_down, memory_order_relaxed))
        return SL_ENDPOINT_DOWN;
    if (out_until_us == 0)
        return SL_ENDPOINT_UP;
    if (out_until_us <= now_us)
        return SL_ENDPOINT_TRIED;
    *ret_until_us = out_until_us;
    return SL_ENDPOINT_EJECTED;
}
