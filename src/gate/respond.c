/*
 * RESPONSE: the answer's head, whoever made it, on its way to the client.
 */
#include "gate/ai_exchange.h"
#include "gate/gate_int.h"

void sl_exchange_reset_answer(struct sl_exchange *x)
{
    struct sl_pipe *p = &x->in->response;
    sl_chain_clear(&p->chain);
    p->is_ended = p->is_starved = false;
    p->broken = SL_OK;
    p->total_bytes = 0;
    p->trailers = NULL;
}

/* An answer of our own: complete already. The end waits for the record. */
static enum sl_phase answer_ourselves(struct sl_exchange *x)
{
    sl_attempt_cancel(x);
    sl_exchange_reset_answer(x);
    x->res.body_bytes = x->reply_body.n;
    sl_pipe_push_static(&x->in->response, x->reply_body);
    return SL_PHASE_SETTLE;
}

static void open_tunnel(struct sl_exchange *x)
{
    sl_inbound_tunnel(x->in, &x->res);
    sl_outbound_tunnel(&x->outbound, &x->in->request);
    x->deadline_us = 0; /* a tunnel takes as long as it likes */
}

static bool is_ours(const struct sl_exchange *x)
{
    return x->failed != SL_OK || x->outbound.owner == NULL;
}

enum sl_phase sl_phase_response(struct sl_exchange *x, uint32_t why)
{
    (void)why;
    bool was_ours = is_ours(x);
    if (!x->is_committed && sl_policies_respond(x) == SL_FAIL && !was_ours) {
        if (x->ai == NULL)
            sl_rest_refused(x);
        return SL_PHASE_FAULT;
    }
    sl_forward_answer_headers(x);
    if (was_ours)
        return answer_ourselves(x);
    if (x->ai != NULL)
        return sl_ai_commit(x);
    x->is_committed = true;
    if (x->res.status == 101)
        open_tunnel(x);
    else
        sl_inbound_respond(x->in, &x->res);
    return SL_PHASE_DELIVER;
}
