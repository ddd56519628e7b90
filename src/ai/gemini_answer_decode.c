/*
 * gemini_answer_decode: Gemini's answers, streamed or whole, as events (wire-formats 3.3 to 3.5).
 *
 * Each chunk has new parts only; usage is cumulative. There is no terminal: a clean end after a reason to
 * stop is the end. A call comes whole. A signature stands on any part: the part's block ends with it,
 * so that it stays where it was, but sources, which may come with it, go before. A stream that was not asked for as events is one array of chunks.
 */
#include "ai/answer_int.h"
#include "ai/gemini_grounding.h"
#include "ai/gemini_int.h"
#include "ai/gemini_logprobs.h"
#include "ai/relay_int.h"

#include "ai/ids.h"
#include "ai/stop.h"
#include "base/str.h"

struct choice {
    struct sl_ai_track track;
    size_t calls_n;
    struct sl_ai_grounding grounding;
    enum sl_ai_part_kind
        signed_kind; /* of the last text, and what it is signed with, until the next feed */
    sl_str signature;
};

struct decoder {
    struct sl_ai_decoder base;
    struct choice *choices[SL_AI_CHOICES_MAX];
    sl_str id;
};

static bool is_there(const struct sl_json *v)
{
    return sl_json_kind(v) > SL_JSON_NULL;
}

static struct choice *choice_of(struct decoder *d, int64_t index)
{
    struct choice *c;

    if (index < 0 || index >= SL_AI_CHOICES_MAX)
        return NULL;
    if (d->choices[index] != NULL)
        return d->choices[index];
    c = sl_arena_try_alloc(d->base.a, sizeof(*c));
    if (c == NULL)
        return NULL;
    c->track.choice = (uint32_t)index;
    sl_ai_grounding_init(&c->grounding, d->base.a);
    d->choices[index] = c;
    return c;
}

/* ------------------------------------------------------------------ parts */

static bool is_json_answer(const struct decoder *d, const struct sl_json *call)
{
    const struct sl_ai_decoder_config *c = &d->base.config;

    return c->request != NULL && sl_str_eq(sl_json_text_of(call, "name"), SL_AI_GEMINI_JSON_TOOL) &&
           sl_ai_gemini_emulates_json(c->request, c->target);
}

static void json_answer(struct decoder *d, struct choice *c, const struct sl_json *args)
{
    (void)sl_ai_emit_text(&d->base, &c->track, SL_AI_TEXT,
                          sl_json_kind(args) == SL_JSON_OBJECT ? sl_ai_decoder_raw(&d->base, args)
                                                               : SL_STR("{}"));
}

static void call(struct decoder *d, struct choice *c, const struct sl_json *v, sl_str signature)
{
    const struct sl_json *args = sl_json_of(v, "args");
    struct sl_ai_event *ev;
    sl_str id = sl_json_text_of(v, "id");

    if (c->calls_n == SL_AI_CALLS_MAX) {
        sl_ai_emit_cut(&d->base, "the vendor's answer has too many tool calls");
        return;
    }
    if (id.n == 0)
        id = sl_ai_id_of_call(d->base.scratch, d->id, c->track.choice, c->calls_n);
    ev = sl_ai_emit_block(&d->base, &c->track, SL_AI_TOOL_CALL);
    ev->id = id;
    ev->name = sl_json_text_of(v, "name");
    ev->signature = signature;
    c->calls_n++;
    (void)sl_ai_emit_piece(&d->base, &c->track, SL_AI_EV_DELTA,
                           sl_json_kind(args) == SL_JSON_OBJECT ? sl_ai_decoder_raw(&d->base, args)
                                                                : SL_STR("{}"));
    sl_ai_emit_block_stop(&d->base, &c->track);
}

/* The text before it may have come in earlier chunks: the signature is that of the open block. */
static void sign(struct decoder *d, struct choice *c)
{
    if (c->signature.n == 0)
        return;
    if (!c->track.is_open || c->track.kind != c->signed_kind)
        (void)sl_ai_emit_block(&d->base, &c->track, c->signed_kind);
    (void)sl_ai_emit_piece(&d->base, &c->track, SL_AI_EV_SIGNATURE, c->signature);
    sl_ai_emit_block_stop(&d->base, &c->track);
    c->signature = (sl_str){0};
}

static void text(struct decoder *d, struct choice *c, const struct sl_json *part, sl_str signature,
                 sl_str *logprobs)
{
    bool is_thought = sl_json_is_true(sl_json_of(part, "thought"));
    enum sl_ai_part_kind kind = is_thought ? SL_AI_THINKING : SL_AI_TEXT;
    struct sl_ai_event *ev =
        sl_ai_emit_text(&d->base, &c->track, kind, sl_json_text_of(part, "text"));

    if (ev != NULL && !is_thought) {
        ev->logprobs_json = *logprobs; /* of all of the chunk */
        *logprobs = (sl_str){0};
        sl_strbuf_add(&c->grounding.text, ev->text);
    }
    c->signature = signature;
    c->signed_kind = kind;
}

/* A picture that is part of the answer; one of a thought is for its own clients. */
static bool image(struct decoder *d, struct choice *c, const struct sl_json *v, sl_str signature)
{
    const struct sl_json *data = sl_json_of(v, "inlineData"), *file = sl_json_of(v, "fileData");
    sl_str type = sl_json_text_of(is_there(file) ? file : data, "mimeType"),
           uri = sl_json_text_of(file, "fileUri");
    bool is_image = sl_str_starts(type, SL_STR("image/")) || (type.n == 0 && uri.n != 0);

    if (!is_image || sl_json_is_true(sl_json_of(v, "thought")))
        return false;
    sl_ai_emit_block(&d->base, &c->track, SL_AI_IMAGE)->name = uri.n != 0 ? (sl_str){0} : type;
    (void)sl_ai_emit_piece(&d->base, &c->track, SL_AI_EV_DELTA,
                           uri.n != 0 ? uri : sl_json_text_of(data, "data"));
    if (signature.n != 0)
        (void)sl_ai_emit_piece(&d->base, &c->track, SL_AI_EV_SIGNATURE, signature);
    sl_ai_emit_block_stop(&d->base, &c->track);
    return true;
}

static void part(struct decoder *d, struct choice *c, const struct sl_json *v, sl_str *logprobs)
{
    const struct sl_json *function = sl_json_of(v, "functionCall");
    sl_str signature = sl_json_text_of(v, "thoughtSignature");

    if (c->track.has_stopped)
        return;
    sign(d, c);
    if (is_there(function) && is_json_answer(d, function))
        json_answer(d, c, sl_json_of(function, "args"));
    else if (is_there(function))
        call(d, c, function, signature);
    else if (image(d, c, v, signature))
        return;
    else if (sl_json_kind(sl_json_of(v, "text")) == SL_JSON_STRING || sl_json_count(v) < 2)
        text(d, c, v, signature, logprobs);
    else
        sl_ai_emit_block(&d->base, &c->track, SL_AI_OPAQUE)->text = sl_ai_decoder_raw(&d->base, v);
}

/* ------------------------------------------------------------------ candidates */

/* What broke may go well at another try: it is an error rather than an answer (wire-formats 8.1). */
static bool is_broken(struct decoder *d, const struct sl_json *v, sl_str reason)
{
    struct sl_ai_fault f = {
        .class_ = SL_AI_FAULT_OVERLOAD, .rc = SL_E_AI_VENDOR_OVERLOAD, .retry_after_us = -1};

    if (sl_ai_stop_of(SL_AI_GEMINI, reason) != SL_AI_STOP_BROKEN)
        return false;
    f.type = sl_ai_decoder_keep(&d->base, reason);
    f.message = sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "finishMessage"));
    if (f.message.n == 0)
        f.message = SL_STR("the model's answer was malformed");
    sl_ai_emit_fault(&d->base, &f);
    return true;
}

static void stop(struct decoder *d, struct choice *c, sl_str reason)
{
    (void)sl_ai_emit_stop(&d->base, &c->track, sl_ai_stop_of(SL_AI_GEMINI, reason),
                          sl_ai_decoder_keep(&d->base, reason));
}

static void candidate(struct decoder *d, const struct sl_json *v)
{
    struct sl_json_cursor c = sl_json_each(sl_json_of(sl_json_of(v, "content"), "parts"));
    sl_str reason = sl_json_text_of(v, "finishReason");
    const struct sl_json *one;
    struct choice *choice;
    int64_t index = 0;
    size_t chunk_at;
    sl_str logprobs;

    (void)!sl_json_i64(sl_json_of(v, "index"), &index); /* missing: the first */
    choice = choice_of(d, index);
    if (choice == NULL)
        return;
    chunk_at = choice->grounding.text.n;
    logprobs = sl_ai_gemini_logprobs_read(&d->base, v);
    while (!d->base.is_over && (one = sl_json_next(&c, NULL)) != NULL)
        part(d, choice, one, &logprobs);
    if (!d->base.is_over) {
        sl_ai_grounding_read(&d->base, &choice->grounding, &choice->track, v, chunk_at);
        sign(d, choice);
    }
    if (d->base.is_over || reason.n == 0 || sl_str_eq(reason, SL_STR("FINISH_REASON_UNSPECIFIED")))
        return;
    if (!is_broken(d, v, reason))
        stop(d, choice, reason);
}

/* A prompt that is not answered: no candidates, only the reason. */
static void blocked(struct decoder *d, const struct sl_json *v)
{
    sl_str reason = sl_json_text_of(sl_json_of(v, "promptFeedback"), "blockReason");
    struct choice *c = choice_of(d, 0);

    if (reason.n == 0 || sl_json_count(sl_json_of(v, "candidates")) != 0 || c == NULL)
        return;
    (void)sl_ai_emit_stop(&d->base, &c->track, SL_AI_STOP_FILTER,
                          sl_ai_decoder_keep(&d->base, reason));
}

/* ------------------------------------------------------------------ the answer */

static bool has_fault(struct decoder *d, const struct sl_json *v)
{
    struct sl_ai_fault f;

    if (!is_there(sl_json_of(v, "error")))
        return false;
    sl_ai_fault_read_json(d->base.config.target->vendor, 0, sl_ai_decoder_raw(&d->base, v),
                          d->base.a, &f);
    sl_ai_emit_fault(&d->base, &f);
    return true;
}

static void chunk(struct decoder *d, const struct sl_json *v, bool is_stream)
{
    struct sl_json_cursor c = sl_json_each(sl_json_of(v, "candidates"));
    const struct sl_json *one;

    if (has_fault(d, v))
        return;
    sl_ai_emit_usage(&d->base, v, false);
    if (!d->base.has_started) {
        d->id = sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "responseId"));
        sl_ai_emit_start(&d->base, d->id,
                         sl_ai_decoder_keep(&d->base, sl_json_text_of(v, "modelVersion")));
    }
    while (!d->base.is_over && (one = sl_json_next(&c, NULL)) != NULL)
        candidate(d, one);
    if (d->base.is_over)
        return;
    blocked(d, v);
    if (is_stream)
        sl_ai_emit_usage(&d->base, v, true);
}

static bool has_stopped(const struct decoder *d)
{
    size_t n = 0;

    for (size_t i = 0; i < SL_AI_CHOICES_MAX; i++) {
        if (d->choices[i] == NULL)
            continue;
        if (!d->choices[i]->track.has_stopped)
            return false;
        n++;
    }
    return n != 0;
}

static void feed(struct sl_ai_decoder *base, sl_str type, sl_str data)
{
    struct decoder *d = (struct decoder *)base;
    const struct sl_json *v;

    (void)type; /* events have no names */
    if (sl_str_trim_all(data).n == 0)
        return;
    v = sl_ai_decoder_parse(base, data);
    if (v != NULL)
        chunk(d, v, true);
}

/* One answer, or all chunks of a stream as an array; Vertex puts errors into an array, too. */
static void body(struct sl_ai_decoder *base, const struct sl_json *v)
{
    struct decoder *d = (struct decoder *)base;
    bool is_list = sl_json_kind(v) == SL_JSON_ARRAY;
    struct sl_json_cursor c = sl_json_each(v);
    const struct sl_json *one;

    if (!is_list)
        chunk(d, v, false);
    while (is_list && !base->is_over && (one = sl_json_next(&c, NULL)) != NULL)
        chunk(d, one, true);
    if (!base->is_over && !has_stopped(d))
        sl_ai_emit_cut(base, "the vendor's answer has no candidate that ended");
}

static void finish(struct sl_ai_decoder *base)
{
    if (has_stopped((struct decoder *)base))
        sl_ai_emit_end(base);
}

const struct sl_ai_decoder_ops sl_ai_gemini_decoder = {
    .size = sizeof(struct decoder),
    .takes_array = true,
    .feed = feed,
    .body = body,
    .finish = finish,
};
