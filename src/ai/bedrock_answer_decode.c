/*
 * bedrock_answer_decode: Converse's answers, streamed or whole, as events (wire-formats 4.3, 4.4).
 *
 * Only blocks of tools and images begin with an event of their own; texts and reasoning begin with their first
 * delta. Usage follows the stop, so the stop is not the end.
 */
#include "ai/answer_int.h"
#include "ai/bedrock_int.h"
#include "ai/citation.h"
#include "ai/frames.h"

#include "ai/stop.h"
#include "base/str.h"

struct decoder {
    struct sl_ai_decoder base;
    struct sl_ai_track track;
    int64_t block;      /* index of the open one, as the vendor counts */
    bool has_json_tool; /* the open block is the tool that stands for response_format */
};

static bool is_json_tool(const struct decoder *d, sl_str name)
{
    const struct sl_ai_decoder_config *c = &d->base.config;

    return c->request != NULL && sl_ai_bedrock_emulates_json(c->request, c->target) &&
           sl_str_eq(name, SL_AI_BEDROCK_JSON_TOOL);
}

/* The answer names no model: it is the one that was asked. */
static void start(struct decoder *d)
{
    sl_ai_emit_start(&d->base, (sl_str){0}, d->base.config.target->model);
}

/* ------------------------------------------------------------------ blocks */

static void start_tool(struct decoder *d, const struct sl_json *tool)
{
    struct sl_ai_event *ev;

    d->has_json_tool = is_json_tool(d, sl_json_text_of(tool, "name"));
    if (d->has_json_tool) {
        (void)sl_ai_emit_block(&d->base, &d->track, SL_AI_TEXT);
        return;
    }
    ev = sl_ai_emit_block(&d->base, &d->track, SL_AI_TOOL_CALL);
    ev->id = sl_json_text_of(tool, "toolUseId");
    ev->name = sl_json_text_of(tool, "name");
}

/* {format, source: {bytes}}; in streams the source comes in deltas. */
static void start_image(struct decoder *d, const struct sl_json *image)
{
    sl_str format = sl_json_text_of(image, "format");
    sl_str type = sl_fmt(d->base.scratch, "image/%.*s", SL_STRF(sl_str_head(format, 16)));

    sl_ai_emit_block(&d->base, &d->track, SL_AI_IMAGE)->name = type;
}

static void add_image(struct decoder *d, const struct sl_json *image)
{
    sl_str data = sl_json_text_of(sl_json_get(image, SL_STR("source")), "bytes");

    if (data.n != 0 && d->track.is_open && d->track.kind == SL_AI_IMAGE)
        (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_DELTA, data);
}

static void add_arguments(struct decoder *d, sl_str fragment)
{
    bool is_tool = d->track.is_open && (d->track.kind == SL_AI_TOOL_CALL || d->has_json_tool);

    if (is_tool && fragment.n != 0)
        (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_DELTA, fragment);
}

static void add_signature(struct decoder *d, sl_str signature)
{
    if (signature.n == 0)
        return;
    if (!d->track.is_open || d->track.kind != SL_AI_THINKING)
        (void)sl_ai_emit_block(&d->base, &d->track, SL_AI_THINKING);
    (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_SIGNATURE, signature);
}

static void add_redacted(struct decoder *d, sl_str data)
{
    if (data.n != 0)
        sl_ai_emit_block(&d->base, &d->track, SL_AI_THINKING)->text = data;
}

/* `text` and `signature` as in a delta, or in the reasoningText of a whole answer. */
static void add_reasoning(struct decoder *d, const struct sl_json *v)
{
    (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_THINKING, sl_json_text_of(v, "text"));
    add_signature(d, sl_json_text_of(v, "signature"));
    add_redacted(d, sl_json_text_of(v, "redactedContent"));
}

static void add_citation(struct decoder *d, const struct sl_json *v)
{
    struct sl_ai_citation c;

    if (v == NULL)
        return;
    sl_ai_citation_read_bedrock(v, &c);
    sl_ai_emit_citation(&d->base, &d->track, &c);
}

static void stop_block(struct decoder *d)
{
    sl_ai_emit_block_stop(&d->base, &d->track);
    d->has_json_tool = false;
}

/* A delta of another block closes the one that its contentBlockStop left open. */
static void come_to_block(struct decoder *d, const struct sl_json *v)
{
    int64_t index;

    if (!sl_json_i64(sl_json_get(v, SL_STR("contentBlockIndex")), &index))
        return;
    if (index != d->block)
        stop_block(d);
    d->block = index;
}

/* ------------------------------------------------------------------ events */

static void on_block_start(struct decoder *d, const struct sl_json *v)
{
    const struct sl_json *begun = sl_json_get(v, SL_STR("start"));
    const struct sl_json *tool = sl_json_get(begun, SL_STR("toolUse"));
    const struct sl_json *image = sl_json_get(begun, SL_STR("image"));

    if (d->track.has_stopped)
        return;
    start(d);
    come_to_block(d, v);
    if (tool != NULL)
        start_tool(d, tool);
    else if (image != NULL)
        start_image(d, image);
}

static void on_delta(struct decoder *d, const struct sl_json *v)
{
    const struct sl_json *delta = sl_json_get(v, SL_STR("delta"));

    if (d->track.has_stopped)
        return;
    start(d);
    come_to_block(d, v);
    (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_TEXT, sl_json_text_of(delta, "text"));
    add_arguments(d, sl_json_text_of(sl_json_get(delta, SL_STR("toolUse")), "input"));
    add_reasoning(d, sl_json_get(delta, SL_STR("reasoningContent")));
    add_citation(d, sl_json_get(delta, SL_STR("citation")));
    add_image(d, sl_json_get(delta, SL_STR("image")));
}

/* An emulated answer ended in a call only for us. */
static void on_stop(struct decoder *d, const struct sl_json *v)
{
    sl_str native = sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "stopReason"));
    enum sl_ai_stop stop = sl_ai_stop_of(SL_AI_BEDROCK, native);
    struct sl_ai_event *ev;

    start(d);
    if (stop == SL_AI_STOP_TOOL && !d->track.has_tool)
        stop = SL_AI_STOP_END;
    ev = sl_ai_emit_stop(&d->base, &d->track, stop, native);
    if (ev != NULL)
        ev->text = sl_json_text_of(sl_json_get(v, SL_STR("additionalModelResponseFields")),
                                   "stop_sequence");
}

static void on_usage(struct decoder *d, const struct sl_json *v, bool is_event)
{
    sl_str tier = sl_json_text_of(sl_json_get(v, SL_STR("serviceTier")), "type");

    if (tier.n != 0)
        d->base.service_tier = sl_ai_decoder_keep(&d->base, tier);
    sl_ai_emit_usage(&d->base, v, is_event);
}

static void on_metadata(struct decoder *d, const struct sl_json *v)
{
    start(d);
    on_usage(d, v, true);
    if (d->track.has_stopped)
        sl_ai_emit_end(&d->base);
}

static void on_exception(struct decoder *d, sl_str type, const struct sl_json *v)
{
    struct sl_ai_fault f = {.retry_after_us = -1, .type = sl_ai_aws_type(type, d->base.a)};
    sl_str message = sl_json_text_of(v, "originalMessage");
    int64_t status;

    if (message.n == 0)
        message = sl_json_text_of(v, "message");
    if (message.n == 0)
        message = sl_json_text_of(v, "Message");
    if (sl_json_i64(sl_json_get(v, SL_STR("originalStatusCode")), &status) && status >= 400 &&
        status < 600)
        f.vendor_status = (uint16_t)status;
    f.message = sl_ai_decoder_keep(&d->base, message);
    sl_ai_fault_classify(&f);
    sl_ai_emit_fault(&d->base, &f);
}

static void event(struct decoder *d, sl_str type, const struct sl_json *v)
{
    if (sl_str_eq(type, SL_STR("messageStart")))
        start(d);
    else if (sl_str_eq(type, SL_STR("contentBlockStart")))
        on_block_start(d, v);
    else if (sl_str_eq(type, SL_STR("contentBlockDelta")))
        on_delta(d, v);
    else if (sl_str_eq(type, SL_STR("contentBlockStop")))
        stop_block(d);
    else if (sl_str_eq(type, SL_STR("messageStop")))
        on_stop(d, v);
    else if (sl_str_eq(type, SL_STR("metadata")))
        on_metadata(d, v);
}

/* An exception need not have a body. */
static void feed(struct sl_ai_decoder *base, sl_str type, sl_str data)
{
    static const sl_str mark = SL_STR_INIT(SL_AI_FRAMES_EXCEPTION);
    struct decoder *d = (struct decoder *)base;
    bool is_exception = sl_str_starts(type, mark);
    const struct sl_json *v = data.n != 0 ? sl_ai_decoder_parse(base, data) : NULL;

    if (is_exception)
        on_exception(d, sl_str_from(type, mark.n), v);
    else if (v != NULL)
        event(d, type, v);
}

/* ------------------------------------------------------------------ a whole answer */

/* A text with what it has its words from: {content: [{text}], citations}. */
static void add_cited(struct decoder *d, const struct sl_json *v)
{
    struct sl_json_cursor texts = sl_json_each(sl_json_get(v, SL_STR("content")));
    struct sl_json_cursor citations = sl_json_each(sl_json_get(v, SL_STR("citations")));
    const struct sl_json *one;

    while ((one = sl_json_next(&texts, NULL)) != NULL)
        (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_TEXT, sl_json_text_of(one, "text"));
    while ((one = sl_json_next(&citations, NULL)) != NULL)
        add_citation(d, one);
}

static void add_block(struct decoder *d, const struct sl_json *block)
{
    const struct sl_json *tool = sl_json_get(block, SL_STR("toolUse"));
    const struct sl_json *image = sl_json_get(block, SL_STR("image"));
    const struct sl_json *reasoning = sl_json_get(block, SL_STR("reasoningContent"));

    (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_TEXT, sl_json_text_of(block, "text"));
    add_cited(d, sl_json_get(block, SL_STR("citationsContent")));
    add_reasoning(d, sl_json_get(reasoning, SL_STR("reasoningText")));
    add_redacted(d, sl_json_text_of(reasoning, "redactedContent"));
    if (image != NULL) {
        start_image(d, image);
        add_image(d, image);
    }
    if (tool != NULL) {
        const struct sl_json *input = sl_json_get(tool, SL_STR("input"));
        start_tool(d, tool);
        if (input != NULL)
            add_arguments(d, sl_ai_decoder_raw(&d->base, input));
    }
    stop_block(d);
}

static void body(struct sl_ai_decoder *base, const struct sl_json *v)
{
    struct decoder *d = (struct decoder *)base;
    const struct sl_json *message =
        sl_json_get(sl_json_get(v, SL_STR("output")), SL_STR("message"));
    struct sl_json_cursor c = sl_json_each(sl_json_get(message, SL_STR("content")));
    const struct sl_json *block;

    if (message == NULL) {
        sl_ai_emit_cut(base, "the vendor's answer has no message");
        return;
    }
    on_usage(d, v, false);
    start(d);
    while ((block = sl_json_next(&c, NULL)) != NULL)
        add_block(d, block);
    on_stop(d, v);
}

static void finish(struct sl_ai_decoder *base)
{
    struct decoder *d = (struct decoder *)base;

    if (d->track.has_stopped)
        sl_ai_emit_end(base);
}

const struct sl_ai_decoder_ops sl_ai_bedrock_decoder = {
    .size = sizeof(struct decoder),
    .feed = feed,
    .body = body,
    .finish = finish,
};
