/*
 * anthropic_answer_decode: Anthropic Messages' answers, streamed or whole, as events (wire-formats 2.4, 2.5).
 *
 * Tolerated, because Anthropic-compatible servers do so: deltas without a content_block_start, blocks
 * left open, usage only at the end, whole tool input in content_block_start, an OpenAI [DONE].
 */
#include "ai/anthropic_int.h"
#include "ai/citation.h"

#include "ai/stop.h"
#include "base/str.h"

struct decoder {
    struct sl_ai_decoder base;
    struct sl_ai_track track;
    bool has_json_tool;   /* the open block is the tool that stands for response_format */
    bool has_whole_input; /* of the open tool block: partial_json would repeat it */
    enum sl_ai_stop stop;
    sl_str native_stop, stop_text;
    bool is_redacted; /* the open block: nothing is added to it */
};

static bool is_json_tool(const struct decoder *d, sl_str name)
{
    const struct sl_ai_decoder_config *c = &d->base.config;

    return c->request != NULL && sl_ai_anthropic_emulates_json(c->request, c->target) &&
           sl_str_eq(name, SL_AI_JSON_TOOL);
}

/* ------------------------------------------------------------------ blocks */

static void start_tool(struct decoder *d, const struct sl_json *block)
{
    const struct sl_json *input = sl_json_get(block, SL_STR("input"));
    struct sl_ai_event *ev;

    d->has_json_tool = is_json_tool(d, sl_json_text_of(block, "name"));
    d->has_whole_input = sl_json_count(input) != 0;
    if (d->has_json_tool) {
        (void)sl_ai_emit_block(&d->base, &d->track, SL_AI_TEXT);
    } else {
        ev = sl_ai_emit_block(&d->base, &d->track, SL_AI_TOOL_CALL);
        ev->id = sl_json_text_of(block, "id");
        ev->name = sl_json_text_of(block, "name");
    }
    if (d->has_whole_input)
        (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_DELTA,
                               sl_ai_decoder_raw(&d->base, input));
}

static void start_thinking(struct decoder *d, const struct sl_json *block)
{
    sl_str signature = sl_json_text_of(block, "signature");

    (void)sl_ai_emit_block(&d->base, &d->track, SL_AI_THINKING);
    (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_THINKING, sl_json_text_of(block, "thinking"));
    if (signature.n != 0)
        (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_SIGNATURE, signature);
}

static void start_redacted(struct decoder *d, const struct sl_json *block)
{
    sl_ai_emit_block(&d->base, &d->track, SL_AI_THINKING)->text = sl_json_text_of(block, "data");
    d->is_redacted = true;
}

static void add_citation(struct decoder *d, const struct sl_json *v)
{
    struct sl_ai_citation c;

    sl_ai_citation_read_anthropic(v, &c);
    if (d->track.is_open && d->track.kind == SL_AI_TEXT)
        sl_ai_emit_citation(&d->base, &d->track, &c);
}

static void start_text(struct decoder *d, const struct sl_json *block)
{
    struct sl_json_cursor c = sl_json_each(sl_json_get(block, SL_STR("citations")));
    const struct sl_json *one;

    (void)sl_ai_emit_block(&d->base, &d->track, SL_AI_TEXT);
    (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_TEXT, sl_json_text_of(block, "text"));
    while ((one = sl_json_next(&c, NULL)) != NULL)
        add_citation(d, one);
}

/* What names no type is no block: nobody could tell what its deltas add to. */
static void start_block(struct decoder *d, const struct sl_json *block)
{
    sl_str type = sl_json_text_of(block, "type");

    d->has_json_tool = d->has_whole_input = d->is_redacted = false;
    if (type.n == 0)
        sl_ai_emit_block_stop(&d->base, &d->track);
    else if (sl_str_eq(type, SL_STR("tool_use")))
        start_tool(d, block);
    else if (sl_str_eq(type, SL_STR("thinking")))
        start_thinking(d, block);
    else if (sl_str_eq(type, SL_STR("redacted_thinking")))
        start_redacted(d, block);
    else if (sl_str_eq(type, SL_STR("text")))
        start_text(d, block);
    else
        sl_ai_emit_block(&d->base, &d->track, SL_AI_OPAQUE)->text =
            sl_ai_decoder_raw(&d->base, block);
}

/* ------------------------------------------------------------------ deltas */

static void tool_delta(struct decoder *d, sl_str fragment)
{
    bool is_tool = d->track.is_open && (d->track.kind == SL_AI_TOOL_CALL || d->has_json_tool);

    if (is_tool && !d->has_whole_input && fragment.n != 0)
        (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_DELTA, fragment);
}

static void signature_delta(struct decoder *d, sl_str signature)
{
    if (signature.n == 0)
        return;
    if (!d->track.is_open || d->track.kind != SL_AI_THINKING)
        (void)sl_ai_emit_block(&d->base, &d->track, SL_AI_THINKING);
    (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_SIGNATURE, signature);
}

static void delta(struct decoder *d, const struct sl_json *v)
{
    sl_str type = sl_json_text_of(v, "type");

    bool is_redacted = d->is_redacted && d->track.is_open && d->track.kind == SL_AI_THINKING;

    if (d->track.has_stopped || is_redacted)
        return;
    if (d->track.is_open && d->track.kind == SL_AI_OPAQUE)
        (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_DELTA, sl_ai_decoder_raw(&d->base, v));
    else if (sl_str_eq(type, SL_STR("text_delta")))
        (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_TEXT, sl_json_text_of(v, "text"));
    else if (sl_str_eq(type, SL_STR("input_json_delta")))
        tool_delta(d, sl_json_text_of(v, "partial_json"));
    else if (sl_str_eq(type, SL_STR("thinking_delta")))
        (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_THINKING, sl_json_text_of(v, "thinking"));
    else if (sl_str_eq(type, SL_STR("citations_delta")))
        add_citation(d, sl_json_get(v, SL_STR("citation")));
    else if (sl_str_eq(type, SL_STR("signature_delta")))
        signature_delta(d, sl_json_text_of(v, "signature"));
}

/* ------------------------------------------------------------------ the message */

static void start_message(struct decoder *d, const struct sl_json *message)
{
    sl_ai_emit_start(&d->base, sl_ai_decoder_keep(&d->base, sl_json_text_of(message, "id")),
                     sl_ai_decoder_keep(&d->base, sl_json_text_of(message, "model")));
}

/* An emulated answer ended in a call only for us. */
static void stop_message(struct decoder *d)
{
    enum sl_ai_stop stop = d->stop;
    struct sl_ai_event *ev;

    if (stop == SL_AI_STOP_TOOL && !d->track.has_tool)
        stop = SL_AI_STOP_END;
    ev = sl_ai_emit_stop(&d->base, &d->track, stop, d->native_stop);
    if (ev != NULL)
        ev->text = d->stop_text;
}

static void note_stop(struct decoder *d, const struct sl_json *v)
{
    sl_str reason = sl_json_text_of(v, "stop_reason");
    sl_str text = sl_json_text_of(v, "stop_sequence");

    if (reason.n != 0) {
        d->native_stop = sl_ai_decoder_keep(&d->base, reason);
        d->stop = sl_ai_stop_of(SL_AI_ANTHROPIC, reason);
    }
    if (text.n != 0)
        d->stop_text = sl_ai_decoder_keep(&d->base, text);
}

static void message_delta(struct decoder *d, const struct sl_json *v)
{
    note_stop(d, sl_json_get(v, SL_STR("delta")));
    if (d->native_stop.n != 0)
        stop_message(d);
}

static void message_stop(struct decoder *d)
{
    stop_message(d);
    sl_ai_emit_end(&d->base);
}

static void error(struct decoder *d, const struct sl_json *v)
{
    struct sl_ai_fault f = sl_ai_decoder_fault(&d->base, sl_json_get(v, SL_STR("error")));

    sl_ai_emit_fault(&d->base, &f);
}

static void ping(struct decoder *d)
{
    (void)sl_ai_emit(&d->base, SL_AI_EV_PING);
}

/* `type` may be in the data only, or in the event's name only. */
static void event(struct decoder *d, sl_str type, const struct sl_json *v)
{
    if (sl_str_eq(type, SL_STR("message_start")))
        start_message(d, sl_json_get(v, SL_STR("message")));
    else if (sl_str_eq(type, SL_STR("content_block_start")) && !d->track.has_stopped)
        start_block(d, sl_json_get(v, SL_STR("content_block")));
    else if (sl_str_eq(type, SL_STR("content_block_delta")))
        delta(d, sl_json_get(v, SL_STR("delta")));
    else if (sl_str_eq(type, SL_STR("content_block_stop")))
        sl_ai_emit_block_stop(&d->base, &d->track);
    else if (sl_str_eq(type, SL_STR("message_delta")))
        message_delta(d, v);
    else if (sl_str_eq(type, SL_STR("message_stop")))
        message_stop(d);
    else if (sl_str_eq(type, SL_STR("ping")))
        ping(d);
    else if (sl_str_eq(type, SL_STR("error")) || sl_json_get(v, SL_STR("error")) != NULL)
        error(d, v);
}

static void feed(struct sl_ai_decoder *base, sl_str type, sl_str data)
{
    struct decoder *d = (struct decoder *)base;
    const struct sl_json *v;
    sl_str own;

    if (sl_str_starts(sl_str_trim_all(data), SL_STR("[DONE]"))) {
        if (d->native_stop.n != 0)
            sl_ai_emit_end(base);
        return;
    }
    if (sl_str_trim_all(data).n == 0)
        return;
    v = sl_ai_decoder_parse(base, data);
    if (v == NULL)
        return;
    own = sl_json_text_of(v, "type");
    sl_ai_emit_usage(base, v, base->has_started);
    event(d, own.n != 0 ? own : type, v);
}

static void body(struct sl_ai_decoder *base, const struct sl_json *v)
{
    struct decoder *d = (struct decoder *)base;
    struct sl_json_cursor c = sl_json_each(sl_json_get(v, SL_STR("content")));
    const struct sl_json *block;

    if (sl_json_kind(sl_json_get(v, SL_STR("error"))) > SL_JSON_NULL) {
        error(d, v);
        return;
    }
    sl_ai_emit_usage(base, v, false);
    start_message(d, v);
    while ((block = sl_json_next(&c, NULL)) != NULL) {
        start_block(d, block);
        sl_ai_emit_block_stop(base, &d->track);
    }
    note_stop(d, v);
    stop_message(d);
}

static void finish(struct sl_ai_decoder *base)
{
    struct decoder *d = (struct decoder *)base;

    if (d->track.has_stopped)
        sl_ai_emit_end(base);
}

static bool find_text(const struct sl_ai_decoder *d, sl_str data, const struct sl_ai_event *ev,
                      struct sl_ai_text_places *ret)
{
    sl_str name = ev->part == SL_AI_TEXT ? SL_STR("text") : SL_STR("thinking");
    struct sl_json_range root = sl_json_range_top(data), delta;
    (void)d;
    return sl_json_range_get(data, &root, SL_STR("delta"), &delta) &&
           sl_json_range_get(data, &delta, name, &ret->text) && ret->text.kind == SL_JSON_STRING;
}

const struct sl_ai_decoder_ops sl_ai_anthropic_decoder = {
    .size = sizeof(struct decoder),
    .feed = feed,
    .find_text = find_text,
    .body = body,
    .finish = finish,
};
