/*
 * ollama_answer_decode: answers of Ollama's native chat as events (wire-formats 6). Each line of a stream, and
 * a whole answer, is the same object; the last has done: true and the counters.
 */
#include "ai/answer_int.h"
#include "ai/ollama_int.h"

#include "ai/ids.h"
#include "ai/stop.h"
#include "base/str.h"

struct decoder {
    struct sl_ai_decoder base;
    struct sl_ai_track track;
    sl_str created; /* of the first line: with it calls get ids that differ from answer to answer */
    size_t calls;
};

/* Calls come whole, with an object, and, from older ones, without ids. */
static void add_call(struct decoder *d, const struct sl_json *call)
{
    const struct sl_json *function = sl_json_of(call, "function");
    const struct sl_json *arguments = sl_json_get(function, SL_STR("arguments"));
    struct sl_ai_event *ev;

    if (d->calls == SL_AI_CALLS_MAX) {
        sl_ai_emit_cut(&d->base, "the vendor's answer has too many tool calls");
        return;
    }
    ev = sl_ai_emit_block(&d->base, &d->track, SL_AI_TOOL_CALL);
    ev->id = sl_json_text_of(call, "id");
    if (ev->id.n == 0)
        ev->id = sl_ai_id_of_call(d->base.a, d->created, 0, d->calls);
    d->calls++;
    ev->name = sl_json_text_of(function, "name");
    if (sl_json_kind(arguments) == SL_JSON_STRING)
        (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_DELTA, sl_json_text(arguments));
    else if (sl_json_kind(arguments) == SL_JSON_OBJECT)
        (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_DELTA,
                               sl_ai_decoder_raw(&d->base, arguments));
    sl_ai_emit_block_stop(&d->base, &d->track);
}

/* Those of the text, which are the hub's but for the object around them. */
static void add_text(struct decoder *d, sl_str text, const struct sl_json *logprobs)
{
    struct sl_ai_event *ev = sl_ai_emit_text(&d->base, &d->track, SL_AI_TEXT, text);
    struct sl_strbuf b;

    if (ev == NULL || sl_json_kind(logprobs) != SL_JSON_ARRAY)
        return;
    sl_strbuf_init(&b, d->base.scratch, 0);
    sl_strbuf_addf(&b, "{\"content\":%.*s}", SL_STRF(sl_ai_decoder_raw(&d->base, logprobs)));
    ev->logprobs_json = b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

static void add_message(struct decoder *d, const struct sl_json *message,
                        const struct sl_json *logprobs)
{
    struct sl_json_cursor c = sl_json_each(sl_json_get(message, SL_STR("tool_calls")));
    const struct sl_json *call;

    if (d->track.has_stopped)
        return;
    (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_THINKING,
                          sl_json_text_of(message, "thinking"));
    add_text(d, sl_json_text_of(message, "content"), logprobs);
    while ((call = sl_json_next(&c, NULL)) != NULL && !d->base.is_over)
        add_call(d, call);
}

static void start(struct decoder *d, const struct sl_json *v)
{
    sl_str model = sl_json_text_of(v, "model");

    if (d->base.has_started)
        return;
    d->created = sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "created_at"));
    sl_ai_emit_start(&d->base, (sl_str){0},
                     model.n != 0 ? sl_ai_decoder_keep(&d->base, model)
                                  : d->base.config.target->model);
}

static void stop(struct decoder *d, const struct sl_json *v)
{
    sl_str reason = sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "done_reason"));

    (void)sl_ai_emit_stop(&d->base, &d->track, sl_ai_stop_of(SL_AI_OLLAMA, reason), reason);
    sl_ai_emit_usage(&d->base, v, true);
    sl_ai_emit_end(&d->base);
}

static void object(struct decoder *d, const struct sl_json *v)
{
    const struct sl_json *error = sl_json_get(v, SL_STR("error"));

    if (sl_json_kind(error) > SL_JSON_NULL) {
        struct sl_ai_fault f = sl_ai_decoder_fault(&d->base, error);
        sl_ai_emit_fault(&d->base, &f);
        return;
    }
    start(d, v);
    add_message(d, sl_json_get(v, SL_STR("message")), sl_json_of(v, "logprobs"));
    if (!d->base.is_over && sl_json_is_true(sl_json_get(v, SL_STR("done"))))
        stop(d, v);
}

static void feed(struct sl_ai_decoder *base, sl_str type, sl_str data)
{
    const struct sl_json *v = sl_ai_decoder_parse(base, data);

    (void)type;
    if (v != NULL)
        object((struct decoder *)base, v);
}

static void body(struct sl_ai_decoder *base, const struct sl_json *v)
{
    object((struct decoder *)base, v);
    if (!base->is_over)
        sl_ai_emit_cut(base, "the vendor's answer is not complete");
}

/* done: true is the only end there is. */
static void finish(struct sl_ai_decoder *base)
{
    (void)base;
}

const struct sl_ai_decoder_ops sl_ai_ollama_decoder = {
    .size = sizeof(struct decoder),
    .feed = feed,
    .body = body,
    .finish = finish,
};
