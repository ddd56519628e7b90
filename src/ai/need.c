#include "ai/need.h"

const char *const sl_ai_need_names[] = {
#define X(ID, name, text) #name,
#include "ai/need.def"
#undef X
    NULL};

#define BIT(need) (UINT32_C(1) << SL_AI_NEED_##need)

static uint32_t need_of(const struct sl_ai_part *p)
{
    switch (p->kind) {
    case SL_AI_IMAGE:
        return BIT(IMAGES);
    case SL_AI_DOCUMENT:
        return BIT(DOCUMENTS);
    case SL_AI_AUDIO:
        return BIT(AUDIO);
    case SL_AI_TEXT:
    case SL_AI_THINKING:
    case SL_AI_TOOL_CALL:
    case SL_AI_TOOL_RESULT:
    case SL_AI_REFUSAL:
    case SL_AI_OPAQUE:
        break;
    }
    return 0;
}

/* The results of tools have parts, whose own parts have none. */
static uint32_t needs_of_parts(const struct sl_ai_part *parts)
{
    uint32_t needs = 0;
    for (const struct sl_ai_part *p = parts; p != NULL; p = p->next) {
        needs |= need_of(p);
        for (const struct sl_ai_part *inner = p->parts; inner != NULL; inner = inner->next)
            needs |= need_of(inner);
    }
    return needs;
}

static bool is_thinking_asked(const struct sl_ai_request *rq)
{
    if (rq->thinking_budget == 0 || rq->effort == SL_AI_EFFORT_NONE)
        return false;
    return rq->thinking_budget > 0 || rq->effort != SL_AI_EFFORT_UNSET || rq->thinking_json.n != 0;
}

static uint32_t needs_of_request(const struct sl_ai_request *rq)
{
    uint32_t needs = 0;
    for (const struct sl_ai_message *m = rq->messages; m != NULL; m = m->next)
        needs |= needs_of_parts(m->parts);
    if (rq->format == SL_AI_FORMAT_JSON || rq->format == SL_AI_FORMAT_SCHEMA)
        needs |= BIT(STRUCTURED_OUTPUT);
    return is_thinking_asked(rq) ? needs | BIT(REASONING) : needs;
}

static void free_arena(void *arg)
{
    sl_arena_free(arg);
}

/* A crossing would have all that is left for it; this must leave enough for one that goes on as it came. */
static const struct sl_ai_request *decode(struct sl_ai_call *call, struct sl_arena *a)
{
    enum { KEPT_BYTES = SL_KIB(64) };
    struct sl_diag d;
    struct sl_arena *own = sl_arena_new("needs", KEPT_BYTES + sl_arena_left(a) / 2);
    sl_arena_keep(own, KEPT_BYTES);
    sl_diag_init(&d, own);
    const struct sl_ai_request *rq = sl_ai_call_decode(call, own, &d);
    if (rq != NULL)
        sl_arena_defer(a, free_arena, own);
    else
        sl_arena_free(own);
    return rq;
}

uint32_t sl_ai_call_needs(struct sl_ai_call *call, uint32_t asked, struct sl_arena *a)
{
    bool is_chat = call->operation == SL_AI_CHAT || call->operation == SL_AI_COUNT_TOKENS;
    uint32_t needs = (call->is_stream ? BIT(STREAM) : 0) | (call->has_tools ? BIT(TOOLS) : 0);
    if (!is_chat || (asked & ~SL_AI_NEEDS_SCANNED) == 0)
        return needs;
    const struct sl_ai_request *rq = decode(call, a);
    return rq != NULL ? needs | needs_of_request(rq) : needs;
}
