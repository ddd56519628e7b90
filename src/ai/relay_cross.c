/*
 * relay_cross: the vendor speaks another dialect than the client, or streams what the client wants
 * whole, or the reverse: everything goes through the hub's events (ai/dialect.h).
 */
#include "ai/relay_int.h"
#include "ai/answer_int.h"
#include "ai/custom_tool.h"

#include "base/enc.h"
#include "base/err.h"
#include "base/str.h"

enum { WRITTEN_KEPT_BYTES = 512 };

static void mark_stop(struct sl_ai_relay *r, const struct sl_ai_event *ev)
{
    sl_ai_relay_mark(r, SL_AI_MARK_STOP, ev->native_stop);
    r->state.stop = ev->stop;
}

static void mark_block(struct sl_ai_relay *r, const struct sl_ai_event *ev)
{
    r->state.has_content |= ev->part != SL_AI_TEXT && ev->part != SL_AI_THINKING;
    if (ev->part == SL_AI_TOOL_CALL)
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

/* Write what the decoder has understood. Returns how many events that were; *ret_last is the last one. */
static size_t take(struct sl_ai_relay *r, struct sl_ai_event *ret_last)
{
    size_t events = 0;
    while (!r->state.has_failed && sl_ai_decoder_next(r->decoder, ret_last)) {
        events++;
        mark(r, ret_last);
        if (!r->state.has_failed)
            sl_ai_encoder_put(r->encoder, ret_last, &r->written);
        if (r->encoder->failure != NULL)
            fail_output(r, r->encoder->failure);
        if (ret_last->kind == SL_AI_EV_START)
            sl_ai_relay_mark(r, SL_AI_MARK_ANSWER_ID, r->encoder->id);
    }
    if (sl_ai_encoder_is_full(r->encoder)) {
        r->state.is_complete = false;
        sl_ai_relay_fail_cut(r, "the vendor's answer is too large to be translated");
    }
    return events;
}

/* Hand on what was written. Of what fails nothing more is. */
static void send(struct sl_ai_relay *r, struct sl_chain *out)
{
    sl_ai_decoder_forget(r->decoder);
    if (!r->state.has_failed)
        sl_chain_add_shared(out, sl_strbuf_str(&r->written));
    if (r->written.cap > WRITTEN_KEPT_BYTES) /* few events are large */
        sl_strbuf_fini(&r->written);
    sl_strbuf_clear(&r->written);
}

static void drain(struct sl_ai_relay *r, struct sl_chain *out)
{
    struct sl_ai_event last;
    (void)take(r, &last);
    send(r, out);
}

/* ------------------------------------------------------------------ events like the one before */

static bool is_text(const struct sl_ai_event *ev)
{
    return ev->kind == SL_AI_EV_DELTA && (ev->part == SL_AI_TEXT || ev->part == SL_AI_THINKING) &&
           ev->logprobs_json.n == 0;
}

/* The text as JSON, with its quotes, as both sides spell it. Empty when the vendor spells it in another way. */
static sl_str spelt(struct sl_ai_relay *r, const struct sl_sse_event *ev,
                    const struct sl_ai_event *said, const struct sl_json_range *text)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, r->decoder->scratch, 0);
    sl_enc_json(&b, said->text);
    sl_str raw = sl_json_range_text(ev->data, text);
    return sl_str_eq(raw, sl_strbuf_str(&b)) ? raw : (sl_str){0};
}

/* Where the inside of the only string is that is this one; SIZE_MAX: another one looks like it. */
static size_t only_place(sl_str in, sl_str quoted)
{
    size_t at = sl_str_find_str(in, quoted) + 1;
    bool is_only = at != 0 && sl_str_find_str(sl_str_from(in, at), quoted) == SIZE_MAX;
    return is_only ? at : SIZE_MAX;
}

/* An event that was a text and nothing else, and was written as one: the next one may be like it. */
static void learn(struct sl_ai_relay *r, const struct sl_sse_event *ev,
                  const struct sl_ai_event *said)
{
    const struct sl_ai_decoder_ops *dec = r->decoder->ops;
    const struct sl_ai_encoder_ops *enc = r->encoder->ops;
    struct sl_ai_text_places places = {0};
    if (ev->raw.n > SL_AI_ALIKE_BYTES) /* it would be looked through for nothing */
        return;
    if (!is_text(said) || sl_ai_custom_calls_hold(r->decoder->custom) || dec->find_text == NULL ||
        enc->may_repeat == NULL || !enc->may_repeat(r->encoder, said) ||
        !dec->find_text(r->decoder, ev->data, said, &places))
        return;
    sl_str quoted = spelt(r, ev, said, &places.text);
    if (quoted.n == 0 || only_place(ev->data, quoted) == SIZE_MAX)
        return;
    size_t at = only_place(sl_strbuf_str(&r->written), quoted);
    if (at == SIZE_MAX)
        return;
    sl_ai_alike_begin(&r->alike);
    sl_ai_alike_string(&r->alike, &places.text, true);
    if (places.padding.is_present)
        sl_ai_alike_string(&r->alike, &places.padding, false);
    r->alike_choice = said->choice;
    if (sl_ai_alike_learn(&r->alike, r->arena, ev))
        sl_ai_alike_writes(&r->alike, sl_strbuf_str(&r->written), at);
}

/* Has it only escapes of one letter, which the client's dialect writes as they are? *ret_n: how many. */
static bool is_spelt_so(sl_str raw, size_t *ret_n)
{
    static const sl_str letters = SL_STR_INIT("bfnrt\"\\");
    const char *p = raw.p, *end = raw.p + raw.n;
    for (*ret_n = 0; p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL; p += 2) {
        if (memchr(letters.p, p[1], letters.n) == NULL)
            return false;
        ++*ret_n;
    }
    return true;
}

static bool repeat_cross(struct sl_ai_relay *r, const struct sl_ai_alike_match *m)
{
    sl_str text = m->strings[!r->alike.strings[0].is_counted];
    size_t escapes;
    if (text.n == 0 || !is_spelt_so(text, &escapes)) /* of no text nothing is written */
        return false;
    r->state.text_bytes += text.n - escapes;
    if (r->encoder->ops->note_text != NULL)
        r->encoder->ops->note_text(r->encoder, r->alike_choice, text);
    return true;
}

/* ------------------------------------------------------------------ events and bodies */

static void cross_event(struct sl_ai_relay *r, const struct sl_sse_event *ev, struct sl_chain *out)
{
    struct sl_ai_event last;
    sl_ai_alike_forget(&r->alike);
    r->state.events++;
    if (!ev->has_data)
        return;
    unsigned bad = r->decoder->bad_events;
    sl_ai_decoder_feed(r->decoder, ev->event, ev->data);
    r->state.bad_events += r->decoder->bad_events > bad;
    if (take(r, &last) == 1 && !r->state.has_failed && !r->written.is_full)
        learn(r, ev, &last);
    send(r, out);
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
    .event = cross_event, .repeat = repeat_cross, .finish = cross_finish, .body = cross_body};
