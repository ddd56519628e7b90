/**
 * relay: one request of the admin API passed on to the data plane of the same process, its answer streamed
 * back. For pages that may talk to their own origin only; to the data plane it is a request like any other.
 *
 * Of the request's fields only those named `gateway-NAME` go on, as NAME: neither the cookie nor the token of
 * who asks. Of the answer's those stay behind that would act on the console's origin (`set-cookie` ...).
 */
#pragma once
#include "control/api.h"
#include "net/client.h"
#include "net/server.h"

struct sl_relays;

/** Connections to the data plane, for requests of one loop. NULL when there can be none. */
struct sl_relays *sl_relays_new(struct sl_loop *l, struct sl_chunk_pool *pool,
                                sl_str secret) SL_CHECKED;
/** All relays must have ended. Accepts NULL. */
void sl_relays_free(struct sl_relays *rs);

struct sl_relay {
    struct sl_outbound out;
    struct sl_origin origin;
    struct sl_pipe body;
};

/**
 * Begin: `in` is answered by the data plane, `owner` woken with SL_WHY_HEAD and SL_WHY_DONE (see
 * sl_relay_go_on). `to` and `body` must stay until the end. SL_E_CONFIG: the address can be none.
 */
sl_rc sl_relay_start(struct sl_relays *rs, struct sl_relay *r, struct sl_inbound *in,
                     struct sl_task *owner, const struct sl_api_relay *to, sl_str body) SL_CHECKED;
/**
 * To be called at each wake. SL_E_AGAIN: it goes on; SL_OK: the head was answered and the rest comes by
 * itself; else it failed before there was an answer, which is then the caller's.
 */
sl_rc sl_relay_go_on(struct sl_relay *r, struct sl_inbound *in);
/** Give up, or tidy up; before `in` is released. Accepts a zeroed one. */
void sl_relay_end(struct sl_relay *r);
