/*
 * relay_cross: the vendor speaks another dialect than the client, or streams what the client wants
 * whole, or the reverse: everything goes through the hub's events (ai/dialect.h).
 */
#include "ai/relay_int.h"
#include "ai/answer_int.h"

#include "base/err.h"
#include "base/str.h"

static void mark_stop(struct sl_ai_relay *r, const struct sl_ai_event *ev)
{
    sl_ai_relay_mark(r, SL_AI_MARK_STOP, ev->native_stop);
    r->state.stop = ev->stop;
}

static void mark_block(struct sl_ai_relay *r, const struct sl_ai_event *ev)
{
    r->state.has_content |= ev->part != SL_AI_TEXT && ev->part != SL_AI_THINKING;
    if (ev->part != SL_AI_IMAGE)
        r->state.text_bytes += ev->name.n;
}

static void mark_delta(struct sl_ai_relay *r, const struct sl_ai_event *ev)
{
    r->state.has_content |= ev->text.n != 0;
    if (ev->part != SL_AI_IMAGE) /* of which nobody counts the letters */
        r->state.text_bytes += ev->text.n;
}

/* A body that is no answer may be an error in a shape of the vendor's own. */
static void fail(struct sl_ai_relay *r, const struct sl_ai_fault *fault)
{
    enum { SUCCESS = 200 };
    struct sl_ai_fault f = *fault;
    struct sl_jsonscan_info info;
    if (f.class_ == SL_AI_FAULT_STREAM && r->body.n != 0 && !r->state.has_content &&
        sl_jsonscan(r->body, NULL, NULL, 0, NULL, &info) == SL_OK)
        sl_ai_fault_read_json(r->config.target->vendor, SUCCESS, r->body, r->arena, &f);
    sl_ai_relay_fail(r, &f);
}

/* It came whole and well, but is not what was promised. */
static void fail_output(struct sl_ai_relay *r, const char *why)
{
    struct sl_ai_fault f = sl_ai_fault_of(SL_E_AI_OUTPUT, sl_cstr(why));
    r->state.is_complete = false;
    sl_ai_relay_fail(r, &f);
}

static void mark(struct sl_ai_relay *r, const struct sl_ai_event *ev)
{
    sl_ai_relay_mark(r, SL_AI_MARK_TIER, ev->service_tier);
    if (ev->usage.source != SL_AI_USAGE_NONE)
        r->state.usage = ev->usage;
    switch (ev->kind) {
    case SL_AI_EV_START:
        sl_ai_relay_mark(r, SL_AI_MARK_MODEL, ev->model);
        return;
    case SL_AI_EV_BLOCK_START:
        mark_block(r, ev);
        return;
    case SL_AI_EV_DELTA:
        mark_delta(r, ev);
        return;
    case SL_AI_EV_STOP:
        mark_stop(r, ev);
        return;
    case SL_AI_EV_END:
        r->state.is_complete = r->is_over = true;
        return;
    case SL_AI_EV_ERROR:
        fail(r, &ev->fault);
        return;
    case SL_AI_EV_SIGNATURE:
    case SL_AI_EV_CITATION:
    case SL_AI_EV_BLOCK_STOP:
    case SL_AI_EV_USAGE:
    case SL_AI_EV_PING:
        return;
    }
}

/* Hand on what the decoder has understood. Of what fails nothing more is written. */
static void drain(struct sl_ai_relay *r, struct sl_chain *out)
{
    struct sl_ai_event ev;
    while (!r->state.has_failed && sl_ai_decoder_next(r->decoder, &ev)) {
        mark(r, &ev);
        if (!r->state.has_failed)
            sl_ai_encoder_put(r->encoder, &ev, &r->written);
        if (r->encoder->failure != NULL)
            fail_output(r, r->encoder->failure);
        if (ev.kind == SL_AI_EV_START)
            sl_ai_relay_mark(r, SL_AI_MARK_ANSWER_ID, r->encoder->id);
    }
    if (sl_ai_encoder_is_full(r->encoder)) {
        r->state.is_complete = false;
        sl_ai_relay_fail_cut(r, "the vendor's answer is too large to be translated");
    }
    if (!r->state.has_failed)
        sl_ai_relay_put(out, sl_strbuf_str(&r->written));
    sl_strbuf_clear(&r->written);
}

static void cross_event(struct sl_ai_relay *r, const struct sl_sse_event *ev, struct sl_chain *out)
{
    r->state.events++;
    if (!ev->has_data)
        return;
    sl_ai_decoder_feed(r->decoder, ev->event, ev->data);
    drain(r, out);
}

static void cross_finish(struct sl_ai_relay *r, bool is_clean, struct sl_chain *out)
{
    sl_ai_decoder_finish(r->decoder, is_clean);
    drain(r, out);
    if (!r->state.is_complete)
        sl_ai_relay_fail_cut(r, "the vendor's stream broke off");
}

static void cross_body(struct sl_ai_relay *r, struct sl_chunk *chunk, sl_str body,
                       struct sl_chain *out)
{
    (void)chunk; /* nothing of it passes */
    r->body = body;
    sl_ai_decoder_body(r->decoder, body);
    drain(r, out);
    if (!r->state.is_complete)
        sl_ai_relay_fail_cut(r, "the vendor's answer is not complete");
}

const struct sl_ai_relay_mode sl_ai_relay_cross = {
    .event = cross_event, .finish = cross_finish, .body = cross_body};
