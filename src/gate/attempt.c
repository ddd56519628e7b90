/*
 * One attempt: an outbound request with its counts and its line in the record.
 */
#include "gate/balance.h"
#include "gate/gate_int.h"

/* Most requests have one attempt. */
static void make_room(struct sl_exchange *x)
{
    struct sl_record *r = &x->record;
    if (r->attempt_count > 1)
        return;
    size_t max = r->attempt_count == 0 ? 1 : SL_RECORD_ATTEMPTS_MAX;
    struct sl_record_attempt *attempts = sl_arena_array(x->arena, struct sl_record_attempt, max);
    if (r->attempt_count != 0)
        attempts[0] = r->attempts[0];
    r->attempts = attempts;
}

void sl_attempt_begin(struct sl_exchange *x, sl_str target, sl_str key_label)
{
    struct sl_record *r = &x->record;
    x->attempts++;
    make_room(x);
    if (r->attempt_count == SL_RECORD_ATTEMPTS_MAX)
        r->attempt_count--; /* the last line is the newest attempt */
    r->attempts[r->attempt_count++] = (struct sl_record_attempt){
        .target = target, .key_label = key_label, .started_us = sl_now(x) - x->began_us};
}

void sl_attempt_end(struct sl_exchange *x, uint16_t status, sl_rc rc)
{
    if (x->record.attempt_count == 0)
        return;
    struct sl_record_attempt *at = &x->record.attempts[x->record.attempt_count - 1];
    at->status = status;
    at->rc = (int16_t)rc;
    at->took_us = sl_now(x) - x->began_us - at->started_us;
}

void sl_attempt_start(struct sl_exchange *x, const struct sl_endpoint *e, struct sl_pipe *body,
                      struct sl_pipe *answer)
{
    struct sl_outbound *o = &x->outbound;
    x->endpoint = e;
    o->owner = &x->task;
    o->origin = &e->origin;
    o->arena = x->arena;
    o->body = body;
    o->answer = answer;
    sl_endpoint_begin(e->state);
    x->is_endpoint_counted = true;
    sl_outbound_start(x->worker->client, o);
}

void sl_attempt_cancel(struct sl_exchange *x)
{
    sl_timer_stop(&x->timer);
    sl_outbound_cancel(&x->outbound);
    if (x->is_endpoint_counted)
        sl_endpoint_forget(x->endpoint->state);
    x->is_endpoint_counted = false;
}
