/*
 * cohere_answer_decode: answers of Cohere's v2 chat, streamed or whole, as events (wire-formats 5).
 *
 * A stream has no terminal but message-end. tool_calls is an object there, in whole answers an array.
 */
#include "ai/citation.h"
#include "ai/cohere_int.h"

#include "ai/stop.h"
#include "base/str.h"

struct decoder {
    struct sl_ai_decoder base;
    struct sl_ai_track track;
};

/* ------------------------------------------------------------------ blocks */

/* One of {text, token_ids, logprobs}: the tokens of a text, which are not told apart: the first stands for it. */
static sl_str read_logprobs(struct decoder *d, const struct sl_json *item)
{
    struct sl_json_cursor c = sl_json_each(sl_json_of(item, "logprobs"));
    sl_str token = sl_json_text_of(item, "text");
    const struct sl_json *v;
    struct sl_strbuf b;
    struct sl_jsonw w;

    if (sl_json_count(sl_json_of(item, "logprobs")) == 0)
        return (sl_str){0};
    sl_strbuf_init(&b, d->base.scratch, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("content"));
    sl_jsonw_array(&w);
    for (; (v = sl_json_next(&c, NULL)) != NULL; token = SL_STR("")) {
        sl_jsonw_object(&w);
        sl_jsonw_key_str(&w, SL_STR("token"), token);
        sl_jsonw_key_raw(&w, SL_STR("logprob"),
                         sl_json_kind(v) == SL_JSON_NUMBER ? sl_json_number(v) : SL_STR("0"));
        sl_jsonw_key_raw(&w, SL_STR("bytes"), SL_STR("null"));
        sl_jsonw_key_raw(&w, SL_STR("top_logprobs"), SL_STR("[]"));
        sl_jsonw_end(&w);
    }
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

static void add_text(struct decoder *d, sl_str text, const struct sl_json *logprobs)
{
    struct sl_ai_event *ev = sl_ai_emit_text(&d->base, &d->track, SL_AI_TEXT, text);

    if (ev != NULL)
        ev->logprobs_json = read_logprobs(d, logprobs);
}

static void add_thought(struct decoder *d, const struct sl_json *content)
{
    sl_str signature = sl_json_text_of(content, "signature"); /* of another gateway like this one */

    (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_THINKING,
                          sl_json_text_of(content, "thinking"));
    if (signature.n == 0 || d->track.has_stopped)
        return;
    if (!d->track.is_open || d->track.kind != SL_AI_THINKING)
        (void)sl_ai_emit_block(&d->base, &d->track, SL_AI_THINKING);
    (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_SIGNATURE, signature);
}

static void add_content(struct decoder *d, const struct sl_json *content,
                        const struct sl_json *logprobs)
{
    add_thought(d, content);
    add_text(d, sl_json_text_of(content, "text"), logprobs);
}

/* A block ends where another begins, for its citations come after its end. */
static void start_content(struct decoder *d, const struct sl_json *content)
{
    sl_ai_emit_block_stop(&d->base, &d->track);
    add_content(d, content, NULL);
}

/* For a tool without parameters the arguments are the text "null". */
static void add_arguments(struct decoder *d, const struct sl_json *function)
{
    sl_str text = sl_json_text_of(function, "arguments");

    if (!d->track.is_open || d->track.kind != SL_AI_TOOL_CALL || text.n == 0 ||
        sl_str_eq(text, SL_STR("null")))
        return;
    (void)sl_ai_emit_piece(&d->base, &d->track, SL_AI_EV_DELTA, text);
}

static void start_tool(struct decoder *d, const struct sl_json *call)
{
    const struct sl_json *function = sl_json_get(call, SL_STR("function"));
    struct sl_ai_event *ev = sl_ai_emit_block(&d->base, &d->track, SL_AI_TOOL_CALL);

    ev->id = sl_json_text_of(call, "id");
    ev->name = sl_json_text_of(function, "name");
    add_arguments(d, function);
}

/* One citation; some put it into an array, as whole answers have them. */
static void add_citations(struct decoder *d, const struct sl_json *v)
{
    bool is_list = sl_json_kind(v) == SL_JSON_ARRAY;
    struct sl_json_cursor list = sl_json_each(v);
    const struct sl_json *one = is_list ? sl_json_next(&list, NULL) : v;

    for (; one != NULL; one = is_list ? sl_json_next(&list, NULL) : NULL) {
        struct sl_ai_citation c;
        size_t at = 0;
        while (sl_ai_citation_next_cohere(one, &at, &c))
            sl_ai_emit_citation(&d->base, &d->track, &c);
    }
}

/* ------------------------------------------------------------------ the end */

static void fail(struct decoder *d, sl_str message)
{
    struct sl_ai_fault f = {.message = sl_ai_decoder_keep(&d->base, message), .retry_after_us = -1};

    sl_ai_fault_classify(&f); /* nothing is known but that it is not the request's fault */
    sl_ai_emit_fault(&d->base, &f);
}

static bool is_failure(sl_str reason)
{
    return sl_str_eq(reason, SL_STR("ERROR")) || sl_str_eq(reason, SL_STR("TIMEOUT"));
}

/* `v` has finish_reason, and perhaps an error. */
static void stop(struct decoder *d, const struct sl_json *v)
{
    sl_str reason = sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "finish_reason"));

    if (is_failure(reason)) {
        fail(d, sl_json_text_of(v, "error"));
        return;
    }
    (void)sl_ai_emit_stop(&d->base, &d->track, sl_ai_stop_of(SL_AI_COHERE, reason), reason);
}

/* ------------------------------------------------------------------ events */

static void start(struct decoder *d, const struct sl_json *v)
{
    sl_ai_emit_start(&d->base, sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "id")),
                     d->base.config.target->model);
}

static void message_end(struct decoder *d, const struct sl_json *v)
{
    sl_ai_emit_usage(&d->base, v, d->base.has_started);
    stop(d, sl_json_get(v, SL_STR("delta")));
    sl_ai_emit_end(&d->base);
}

/* An object; but some put it into an array, as whole answers have it. */
static const struct sl_json *call_of(const struct sl_json *message)
{
    const struct sl_json *calls = sl_json_get(message, SL_STR("tool_calls"));

    return sl_json_kind(calls) == SL_JSON_ARRAY ? sl_json_at(calls, 0) : calls;
}

static void event(struct decoder *d, sl_str type, const struct sl_json *v)
{
    const struct sl_json *message = sl_json_get(sl_json_get(v, SL_STR("delta")), SL_STR("message"));
    const struct sl_json *call = call_of(message);

    if (sl_str_eq(type, SL_STR("message-start")))
        start(d, v);
    else if (sl_str_eq(type, SL_STR("tool-plan-delta")))
        (void)sl_ai_emit_text(&d->base, &d->track, SL_AI_THINKING,
                              sl_json_text_of(message, "tool_plan"));
    else if (sl_str_eq(type, SL_STR("content-start")))
        start_content(d, sl_json_get(message, SL_STR("content")));
    else if (sl_str_eq(type, SL_STR("content-delta")))
        add_content(d, sl_json_get(message, SL_STR("content")), sl_json_of(v, "logprobs"));
    else if (sl_str_eq(type, SL_STR("tool-call-end")))
        sl_ai_emit_block_stop(&d->base, &d->track);
    else if (sl_str_eq(type, SL_STR("tool-call-start")) && !d->track.has_stopped)
        start_tool(d, call);
    else if (sl_str_eq(type, SL_STR("tool-call-delta")))
        add_arguments(d, sl_json_get(call, SL_STR("function")));
    else if (sl_str_eq(type, SL_STR("citation-start")))
        add_citations(d, sl_json_get(message, SL_STR("citations")));
    else if (sl_str_eq(type, SL_STR("message-end")))
        message_end(d, v);
    else if (type.n == 0 && sl_json_text_of(v, "message").n != 0)
        fail(d, sl_json_text_of(v, "message"));
}

static void feed(struct sl_ai_decoder *base, sl_str type, sl_str data)
{
    struct decoder *d = (struct decoder *)base;
    const struct sl_json *v;
    sl_str own;

    if (sl_str_trim_all(data).n == 0 || sl_str_starts(sl_str_trim_all(data), SL_STR("[DONE]")))
        return;
    v = sl_ai_decoder_parse(base, data);
    if (v == NULL)
        return;
    own = sl_json_text_of(v, "type");
    event(d, own.n != 0 ? own : type, v);
}

/* ------------------------------------------------------------------ a whole answer */

static void add_calls(struct decoder *d, const struct sl_json *calls)
{
    struct sl_json_cursor c = sl_json_each(calls);
    const struct sl_json *call;

    while ((call = sl_json_next(&c, NULL)) != NULL) {
        start_tool(d, call);
        sl_ai_emit_block_stop(&d->base, &d->track);
    }
}

/* A block of a whole answer, in the pieces that the probabilities are of. */
static void add_whole(struct decoder *d, const struct sl_json *content,
                      struct sl_json_cursor *logprobs)
{
    sl_str rest = sl_json_text_of(content, "text");
    const struct sl_json *item;

    sl_ai_emit_block_stop(&d->base, &d->track);
    add_thought(d, content);
    while (rest.n != 0 && (item = sl_json_next(logprobs, NULL)) != NULL) {
        sl_str piece = sl_json_text_of(item, "text");
        if (piece.n == 0 || !sl_str_starts(rest, piece))
            break;
        add_text(d, sl_str_head(rest, piece.n), item);
        rest = sl_str_from(rest, piece.n);
    }
    add_text(d, rest, NULL);
}

static void body(struct sl_ai_decoder *base, const struct sl_json *v)
{
    struct decoder *d = (struct decoder *)base;
    const struct sl_json *message = sl_json_get(v, SL_STR("message")), *part;
    struct sl_json_cursor c = sl_json_each(sl_json_get(message, SL_STR("content")));
    struct sl_json_cursor logprobs = sl_json_each(sl_json_of(v, "logprobs"));

    if (sl_json_kind(message) != SL_JSON_OBJECT) {
        fail(d, sl_json_text(message));
        return;
    }
    sl_ai_emit_usage(base, v, false);
    start(d, v);
    (void)sl_ai_emit_text(base, &d->track, SL_AI_THINKING, sl_json_text_of(message, "tool_plan"));
    while ((part = sl_json_next(&c, NULL)) != NULL)
        add_whole(d, part, &logprobs);
    add_citations(d, sl_json_get(message, SL_STR("citations")));
    add_calls(d, sl_json_get(message, SL_STR("tool_calls")));
    stop(d, v);
}

static void finish(struct sl_ai_decoder *base)
{
    struct decoder *d = (struct decoder *)base;

    if (d->track.has_stopped)
        sl_ai_emit_end(base);
}

const struct sl_ai_decoder_ops sl_ai_cohere_decoder = {
    .size = sizeof(struct decoder),
    .feed = feed,
    .body = body,
    .finish = finish,
};
