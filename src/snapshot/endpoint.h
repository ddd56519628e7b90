/**
 * endpoint: where a service runs, and how it stands: what all workers have learned of it. Any thread.
 */
#pragma once
#include "snapshot/snapshot.h"

enum sl_endpoint_standing {
#define X(ID, name, text) SL_ENDPOINT_##ID,
#include "snapshot/endpoint_state.def"
#undef X
    SL_ENDPOINT_STANDING_COUNT
};

/** Names by enum sl_endpoint_standing; ends with NULL. */
extern const char *const sl_endpoint_standings[];

/** *ret_until_us (monotonic): until when one is ejected; 0 for the others. */
enum sl_endpoint_standing sl_endpoint_standing(const struct sl_endpoint *e, int64_t now_us,
                                               int64_t *ret_until_us);
