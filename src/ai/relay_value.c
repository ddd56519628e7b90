/*
 * relay_value: answers that are no conversation: one body in, one out. Vectors, rankings and counts of a vendor
 * that was asked in another form than the client's; and what passes, once it is known to be an answer.
 */
#include "ai/count.h"
#include "ai/embed.h"
#include "ai/relay_int.h"
#include "ai/rerank.h"

#include "base/str.h"

/* What the vendor said it was given; a vendor that says nothing leaves it to the estimate. */
static void mark_tokens(struct sl_ai_relay *r, int64_t tokens, int64_t searches)
{
    if (tokens < 0 && searches < 0)
        return;
    r->state.usage = (struct sl_ai_usage){
        .input = SL_MIN(SL_MAX(tokens, INT64_C(0)), SL_AI_COUNT_MAX),
        .searches = SL_MAX(searches, INT64_C(0)),
        .requests = 1,
        .source = SL_AI_USAGE_REPORTED,
    };
}

static sl_str shown_model(const struct sl_ai_relay *r, sl_str vendors)
{
    if (r->config.shown_model.n != 0)
        return r->config.shown_model;
    return vendors.n != 0 ? vendors : r->config.target->model;
}

static bool convert_count(struct sl_ai_relay *r, sl_str body)
{
    int64_t tokens;
    if (!sl_ai_count_read(r->config.wire->dialect, body, &tokens))
        return false;
    sl_ai_count_write(r->config.call->dialect, tokens, &r->written);
    return true;
}

static bool convert_vectors(struct sl_ai_relay *r, sl_str body)
{
    const struct sl_ai_embed_request *rq = r->config.call->embed;
    struct sl_ai_embed_answer answer;
    if (!sl_ai_embed_read(body, rq->count, r->arena, &answer))
        return false;
    sl_ai_relay_mark(r, SL_AI_MARK_MODEL, answer.model);
    mark_tokens(r, answer.input_tokens, -1);
    int64_t tokens =
        answer.input_tokens >= 0 ? answer.input_tokens : r->config.call->input_tokens_estimate;
    sl_ai_embed_write(rq, &answer, shown_model(r, answer.model), r->config.request_id, tokens,
                      &r->written);
    return true;
}

/* Cohere's clients of version 2 have no documents in answers, Jina's have them unless told otherwise. */
static bool convert_ranking(struct sl_ai_relay *r, sl_str body)
{
    const struct sl_ai_rerank_request *rq = r->config.call->rerank;
    bool wants_documents = r->config.call->dialect != SL_AI_COHERE;
    struct sl_ai_rerank_answer answer;
    if (!sl_ai_rerank_read(body, rq, r->arena, &answer))
        return false;
    sl_ai_relay_mark(r, SL_AI_MARK_MODEL, answer.model);
    mark_tokens(r, answer.tokens, answer.searches);
    sl_ai_rerank_write(rq, &answer, wants_documents, shown_model(r, answer.model),
                       r->config.request_id, &r->written);
    return true;
}

/* Cohere's clients with Cohere's vectors: nothing in it names the model. */
static bool passes(struct sl_ai_relay *r, sl_str body)
{
    int64_t tokens;
    if (!sl_ai_embed_peek(body, &tokens))
        return false;
    mark_tokens(r, tokens, -1);
    return true;
}

static bool convert_none(struct sl_ai_relay *r, sl_str body)
{
    (void)r, (void)body;
    sl_panic(__FILE__, __LINE__, "relay: not a value");
}

static bool (*const converters[SL_AI_OPERATION_COUNT])(struct sl_ai_relay *r, sl_str body) = {
#define X(ID, PATH, ANSWER, ENCODE, CONVERT, ...) [SL_AI_##ID] = convert_##CONVERT,
#include "ai/operation.def"
#undef X
};

static bool convert(struct sl_ai_relay *r, sl_str body)
{
    return converters[r->config.call->operation](r, body);
}

static void value_body(struct sl_ai_relay *r, struct sl_chunk *chunk, sl_str body,
                       struct sl_chain *out)
{
    enum { SUCCESS = 200 };
    struct sl_ai_fault f;
    bool is_crossed = r->config.wire->is_crossed;
    if (!(is_crossed ? convert(r, body) : passes(r, body))) {
        sl_ai_fault_read_json(r->config.target->vendor, SUCCESS, body, r->arena, &f);
        sl_ai_relay_fail(r, &f);
        return;
    }
    if (is_crossed)
        sl_chain_add_copy(out, sl_strbuf_str(&r->written));
    else
        sl_chain_add(out, chunk, body);
    sl_strbuf_clear(&r->written);
    r->state.has_content = r->state.is_complete = r->is_over = true;
}

static void refuse_event(struct sl_ai_relay *r, const struct sl_sse_event *ev, struct sl_chain *out)
{
    (void)ev, (void)out;
    sl_ai_relay_fail_cut(r, "the vendor streams where one answer was asked for");
}

static void refuse_finish(struct sl_ai_relay *r, bool is_clean, struct sl_chain *out)
{
    (void)is_clean, (void)out;
    sl_ai_relay_fail_cut(r, "the vendor streams where one answer was asked for");
}

const struct sl_ai_relay_mode sl_ai_relay_value = {
    .event = refuse_event, .finish = refuse_finish, .body = value_body};
