/*
 * Part of RECV: an answer's body is held back, in the pipe that it came in, while a policy has to see all of it before
 * its head goes out. What is longer than the policy wants to see is let go, and so is what would be more than a worker may
 * hold of all answers together. What was held counts until its exchange settles, for a slow client keeps it in memory.
 */
#include "gate/gate_int.h"

#define HELD_BYTES_MAX SL_MIB(64)

static uint64_t bytes_wanted(struct sl_exchange *x)
{
    uint64_t most = 0;
    for (size_t i = 0; i < x->run_count; i++) {
        const struct sl_policy_run *run = &x->runs[i];
        if (run->has_run && run->policy->type->answer_bytes != NULL)
            most = SL_MAX(most, run->policy->type->answer_bytes(x, run->policy->config));
    }
    return most;
}

static void let_go(struct sl_exchange *x, enum sl_hold what)
{
    struct sl_pipe *p = &x->in->response;
    x->hold = what;
    p->reader = NULL;
    p->limit_bytes = x->unheld_bytes;
}

bool sl_hold_begin(struct sl_exchange *x)
{
    struct sl_pipe *p = &x->in->response;
    uint64_t bytes = SL_MIN(bytes_wanted(x), (uint64_t)SIZE_MAX - 1);
    if (bytes == 0)
        return false;
    x->hold = SL_HOLD_TOO_LONG;
    if (x->res.body_kind == SL_BODY_LENGTH && x->res.body_bytes > bytes)
        return false;
    x->hold = SL_HOLD_WAITS;
    x->hold_bytes = (size_t)bytes;
    x->unheld_bytes = p->limit_bytes;
    p->reader = &x->task;
    p->limit_bytes = x->hold_bytes + 1; /* one more shows that it is too long */
    sl_pipe_took(p);                    /* there is more room than there was */
    return true;
}

/* False: there is no room for what has come. */
static bool count(struct sl_exchange *x, size_t bytes)
{
    struct sl_worker *w = x->worker;
    size_t most = w->config.held_bytes != 0 ? w->config.held_bytes : HELD_BYTES_MAX;
    size_t more = bytes - SL_MIN(bytes, x->held_bytes);
    if (more > most - SL_MIN(most, w->held_bytes))
        return false;
    w->held_bytes += more;
    x->held_bytes += more;
    return true;
}

bool sl_hold_is_over(struct sl_exchange *x)
{
    const struct sl_pipe *p = &x->in->response;
    bool is_too_long = p->chain.bytes > x->hold_bytes, has_room = count(x, p->chain.bytes);
    if (!p->is_ended && !is_too_long && has_room)
        return false;
    let_go(x, is_too_long ? SL_HOLD_TOO_LONG : has_room ? SL_HOLD_WHOLE : SL_HOLD_FULL);
    return true;
}

void sl_hold_release(struct sl_exchange *x)
{
    SL_ASSERT(x->worker->held_bytes >= x->held_bytes);
    x->worker->held_bytes -= x->held_bytes;
    x->held_bytes = 0;
}

void sl_hold_forget(struct sl_exchange *x)
{
    sl_hold_release(x);
    if (x->hold == SL_HOLD_WAITS)
        let_go(x, SL_HOLD_NONE);
}
