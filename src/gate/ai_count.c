/*
 * COUNT_TOKENS: where no vendor counts, or none could be asked, the gateway's own estimate is the answer,
 * marked as one. Never a completion that somebody is billed for (X12).
 */
#include "ai/count.h"
#include "gate/ai_exchange.h"
#include "gate/gate_int.h"

bool sl_ai_may_estimate(const struct sl_exchange *x, const struct sl_ai_fault *fault)
{
    enum { NOT_FOUND = 404, METHOD_NOT_ALLOWED = 405, NOT_IMPLEMENTED = 501 };
    uint16_t status = fault->vendor_status;
    if (x->ai->call.operation != SL_AI_COUNT_TOKENS)
        return false;
    if (status == NOT_FOUND || status == METHOD_NOT_ALLOWED || status == NOT_IMPLEMENTED)
        return true; /* a copy of the dialect, without a counter */
    switch (fault->class_) {
    case SL_AI_FAULT_REQUEST: /* the vendor cannot take it, and would not answer it either */
    case SL_AI_FAULT_CONTEXT:
    case SL_AI_FAULT_CONTENT:
        return fault->rc == SL_E_AI_UNSUPPORTED;
    case SL_AI_FAULT_NONE:
    case SL_AI_FAULT_AUTH:
    case SL_AI_FAULT_CLOCK:
    case SL_AI_FAULT_CREDIT:
    case SL_AI_FAULT_RATE:
    case SL_AI_FAULT_OVERLOAD:
    case SL_AI_FAULT_STREAM:
    case SL_AI_FAULT_NO_STREAM_OPTIONS:
        return true;
    }
    return false;
}

enum sl_phase sl_ai_estimate(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_strbuf b;
    sl_strbuf_init(&b, x->arena, 0);
    sl_ai_count_write(ai->call.dialect, sl_ai_count_estimate(&ai->call), &b);
    x->outbound = (struct sl_outbound){0}; /* of attempts before: the answer is ours */
    x->failed = SL_OK;
    sl_answer_header(x, SL_STR("x-sluice-usage-source"), SL_STR("estimated"));
    (void)sl_reply(x, 200, SL_STR("application/json"), sl_strbuf_str(&b));
    return SL_PHASE_RESPONSE;
}
