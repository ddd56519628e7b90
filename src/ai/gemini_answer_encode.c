/*
 * gemini_answer_encode: events as Gemini's stream of chunks, as server-sent events or as one JSON array,
 * or as one answer (wire-formats 3.3, 3.5).
 *
 * Calls are held until they are whole, because their arguments are an object there. Reasons to stop and
 * usage go out together at the end, in the last chunk, because other vendors send their usage last.
 */
#include "ai/answer_int.h"
#include "ai/gemini_grounding.h"
#include "ai/gemini_int.h"
#include "ai/gemini_logprobs.h"

#include "ai/ids.h"
#include "ai/stop.h"
#include "ai/tool_args.h"
#include "base/str.h"

struct choice {
    enum sl_ai_part_kind kind; /* of the open block */
    bool is_open, has_stopped, is_foreign, has_refusal;
    sl_str call_id, call_name, media_type;
    struct sl_strbuf text;      /* of the open block, as far as it must be kept */
    struct sl_strbuf signature; /* of the open block */
    struct sl_strbuf parts;     /* of a whole answer, each with a comma behind it */
    int64_t part_count;         /* of them */
    struct sl_ai_logprobs logprobs;
    struct sl_ai_grounding grounding;
    struct sl_ai_grounding_place place; /* of the last text */
    enum sl_ai_stop stop;
    sl_str native_stop;
};

struct encoder {
    struct sl_ai_encoder base;
    struct choice *choices[SL_AI_CHOICES_MAX];
};

/* ------------------------------------------------------------------ keeping */

static struct choice *choice_of(struct encoder *e, uint32_t index)
{
    struct choice *c;

    if (index >= SL_AI_CHOICES_MAX)
        return NULL;
    if (e->choices[index] != NULL)
        return e->choices[index];
    c = sl_arena_new_of(e->base.a, struct choice);
    struct sl_strbuf *buffers[] = {&c->text, &c->signature, &c->parts};
    for (size_t i = 0; i < SL_LEN(buffers); i++)
        sl_strbuf_init(buffers[i], e->base.a, SL_AI_KEPT_BYTES);
    sl_ai_logprobs_init(&c->logprobs, e->base.a);
    sl_ai_grounding_init(&c->grounding, e->base.a);
    e->choices[index] = c;
    return c;
}

/* ------------------------------------------------------------------ parts */

static void write_call(struct encoder *e, struct sl_jsonw *w, const struct choice *c)
{
    struct sl_strbuf args;

    sl_strbuf_init(&args, e->base.a, 0);
    sl_ai_args_add_object(&args, sl_strbuf_str(&c->text));
    e->base.is_full |= args.is_full;
    sl_jsonw_key(w, SL_STR("functionCall"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), c->call_id);
    sl_jsonw_key_str(w, SL_STR("name"), c->call_name);
    sl_jsonw_key_raw(w, SL_STR("args"), args.is_full ? SL_STR("{}") : sl_strbuf_str(&args));
    sl_jsonw_end(w);
}

static void write_image(struct sl_jsonw *w, const struct choice *c, sl_str data)
{
    bool is_url = c->media_type.n == 0;

    sl_jsonw_key(w, is_url ? SL_STR("fileData") : SL_STR("inlineData"));
    sl_jsonw_object(w);
    if (!is_url)
        sl_jsonw_key_str(w, SL_STR("mimeType"), c->media_type);
    sl_jsonw_key_str(w, is_url ? SL_STR("fileUri") : SL_STR("data"), data);
    sl_jsonw_end(w);
}

/* A part of the open block's kind. */
static void write_part(struct encoder *e, struct sl_jsonw *w, const struct choice *c, sl_str text,
                       sl_str signature)
{
    if (c->kind == SL_AI_OPAQUE) {
        sl_jsonw_raw(w, text);
        return;
    }
    sl_jsonw_object(w);
    if (c->kind == SL_AI_TOOL_CALL)
        write_call(e, w, c);
    else if (c->kind == SL_AI_IMAGE)
        write_image(w, c, text);
    else
        sl_jsonw_key_str(w, SL_STR("text"), text);
    if (c->kind == SL_AI_THINKING)
        sl_jsonw_key_bool(w, SL_STR("thought"), true);
    if (signature.n != 0)
        sl_jsonw_key_str(w, SL_STR("thoughtSignature"), signature);
    sl_jsonw_end(w);
}

/* ------------------------------------------------------------------ chunks */

static void begin_chunk(struct encoder *e, struct sl_jsonw *w, struct sl_strbuf *out)
{
    if (!e->base.config.is_array)
        sl_strbuf_add(out, SL_STR("data: "));
    else
        sl_strbuf_add(out, e->base.elements++ == 0 ? SL_STR("[") : SL_STR(",\n"));
    sl_jsonw_init(w, out);
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("candidates"));
    sl_jsonw_array(w);
}

static void begin_candidate(struct sl_jsonw *w)
{
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("content"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("role"), SL_STR("model"));
    sl_jsonw_key(w, SL_STR("parts"));
    sl_jsonw_array(w);
}

/* Closes the parts and the content. */
static void end_content(struct sl_jsonw *w)
{
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void write_identity(const struct encoder *e, struct sl_jsonw *w)
{
    sl_jsonw_key_str(w, SL_STR("modelVersion"), e->base.model);
    sl_jsonw_key_str(w, SL_STR("responseId"), e->base.id);
}

static void end_chunk(struct encoder *e, struct sl_jsonw *w, struct sl_strbuf *out)
{
    write_identity(e, w);
    sl_jsonw_end(w);
    if (!e->base.config.is_array)
        sl_strbuf_add(out, SL_STR("\n\n"));
}

static void put_part(struct encoder *e, struct choice *c, uint32_t index, sl_str text,
                     sl_str signature, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_chunk(e, &w, out);
    begin_candidate(&w);
    write_part(e, &w, c, text, signature);
    end_content(&w);
    sl_ai_logprobs_write(&w, &c->logprobs);
    sl_jsonw_key_i64(&w, SL_STR("index"), index);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    end_chunk(e, &w, out);
}

static void keep_part(struct encoder *e, struct choice *c)
{
    struct sl_jsonw w;

    if (c->parts.n != 0)
        sl_ai_encoder_keep(&e->base, &c->parts, SL_STR(","));
    sl_jsonw_init(&w, &c->parts);
    write_part(e, &w, c, sl_strbuf_str(&c->text), sl_strbuf_str(&c->signature));
    c->part_count++;
    e->base.is_full |= c->parts.is_full;
}

/* ------------------------------------------------------------------ blocks */

/* A stream has its text in any number of parts: positions are those in all of it. */
static void place_text(const struct encoder *e, struct choice *c)
{
    bool is_stream = e->base.config.is_stream;

    c->place = (struct sl_ai_grounding_place){
        .at = c->grounding.text.n,
        .base = is_stream ? 0 : c->grounding.text.n,
        .part = is_stream ? 0 : c->part_count,
    };
}

static void block_start(struct encoder *e, struct choice *c, const struct sl_ai_event *ev)
{
    c->is_open = true;
    c->kind = ev->part;
    c->has_refusal |= ev->part == SL_AI_REFUSAL;
    c->is_foreign = ev->part == SL_AI_OPAQUE && ev->dialect != SL_AI_GEMINI;
    sl_strbuf_clear(&c->text);
    sl_strbuf_clear(&c->signature);
    sl_ai_encoder_keep(&e->base, &c->signature, ev->signature);
    if (ev->part == SL_AI_THINKING) /* all that there is of redacted thinking */
        sl_ai_encoder_keep(&e->base, &c->signature, ev->text);
    if (ev->part == SL_AI_OPAQUE)
        sl_ai_encoder_keep(&e->base, &c->text, ev->text.n != 0 ? ev->text : SL_STR("{}"));
    if (ev->part == SL_AI_TEXT)
        place_text(e, c);
    if (ev->part == SL_AI_IMAGE)
        c->media_type = sl_ai_encoder_keep_word(&e->base, ev->name);
    if (ev->part == SL_AI_TOOL_CALL) {
        c->call_id = sl_ai_encoder_keep_word(&e->base, ev->id);
        c->call_name = sl_ai_encoder_keep_word(&e->base, ev->name);
    }
}

static void delta(struct encoder *e, struct choice *c, const struct sl_ai_event *ev,
                  struct sl_strbuf *out)
{
    if (c->kind == SL_AI_OPAQUE)
        return;
    if (c->kind == SL_AI_TEXT)
        sl_strbuf_add(&c->grounding.text, ev->text);
    if (c->kind == SL_AI_TEXT && ev->logprobs_json.n != 0)
        e->base.is_full |= !sl_ai_logprobs_add(&c->logprobs, ev->logprobs_json);
    if (e->base.config.is_stream && c->kind != SL_AI_TOOL_CALL && c->kind != SL_AI_IMAGE)
        put_part(e, c, ev->choice, ev->text, (sl_str){0}, out);
    else
        sl_ai_encoder_keep(&e->base, &c->text, ev->text);
}

static void block_stop(struct encoder *e, struct choice *c, const struct sl_ai_event *ev,
                       struct sl_strbuf *out)
{
    sl_str signature = sl_strbuf_str(&c->signature);
    bool is_whole = c->kind == SL_AI_TOOL_CALL || c->kind == SL_AI_OPAQUE || c->kind == SL_AI_IMAGE;

    c->is_open = false;
    if (c->is_foreign)
        return;
    if (!e->base.config.is_stream)
        keep_part(e, c);
    else if (is_whole || signature.n != 0)
        put_part(e, c, ev->choice, sl_strbuf_str(&c->text), signature, out);
}

/* ------------------------------------------------------------------ the end */

/* The vendor's own word if it is one of this dialect's. */
static sl_str reason_of(const struct choice *c)
{
    sl_str name = sl_ai_stop_name(SL_AI_GEMINI, c->stop);
    bool is_ours = c->native_stop.n != 0 && sl_ai_stop_is_known(SL_AI_GEMINI, c->native_stop);

    return is_ours ? c->native_stop : name;
}

static void write_last(struct sl_jsonw *w, uint32_t index, struct choice *c, sl_str parts)
{
    begin_candidate(w);
    if (parts.n != 0)
        sl_jsonw_raw(w, parts);
    end_content(w);
    sl_jsonw_key_str(w, SL_STR("finishReason"), reason_of(c));
    sl_ai_grounding_write(w, &c->grounding);
    sl_ai_logprobs_write(w, &c->logprobs);
    sl_ai_logprobs_write_average(w, &c->logprobs);
    sl_jsonw_key_i64(w, SL_STR("index"), index);
    sl_jsonw_end(w);
}

static void put_last(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (!e->base.config.is_stream && e->base.is_full)
        return;
    if (e->base.config.is_stream) {
        begin_chunk(e, &w, out);
    } else {
        sl_jsonw_init(&w, out);
        sl_jsonw_object(&w);
        sl_jsonw_key(&w, SL_STR("candidates"));
        sl_jsonw_array(&w);
    }
    for (uint32_t i = 0; i < SL_AI_CHOICES_MAX; i++) {
        struct choice *c = e->choices[i];
        if (c != NULL)
            write_last(&w, i, c,
                       e->base.config.is_stream ? SL_STR("{\"text\":\"\"}")
                                                : sl_strbuf_str(&c->parts));
    }
    sl_jsonw_end(&w);
    sl_jsonw_key(&w, SL_STR("usageMetadata"));
    sl_ai_usage_write_gemini(&w, &e->base.usage);
    write_identity(e, &w);
    sl_jsonw_end(&w);
}

static void end(struct encoder *e, struct sl_strbuf *out)
{
    put_last(e, out);
    if (e->base.config.is_stream)
        sl_strbuf_add(out, e->base.config.is_array ? SL_STR("]\n") : SL_STR("\n\n"));
}

/* In an array it is the last element; nothing follows but the end of the list. */
static void put_error(struct encoder *e, const struct sl_ai_fault *fault, struct sl_strbuf *out)
{
    if (!e->base.config.is_array) {
        sl_ai_gemini.error_event(fault, e->base.config.request_id, out);
        return;
    }
    sl_strbuf_add(out, e->base.elements++ == 0 ? SL_STR("[") : SL_STR(",\n"));
    sl_ai_gemini.error_body(fault, e->base.config.request_id, out);
    sl_strbuf_add(out, SL_STR("]\n"));
}

/* ------------------------------------------------------------------ events */

static void start(struct encoder *e, const struct sl_ai_event *ev)
{
    sl_str shown = e->base.config.shown_model;

    e->base.has_started = true;
    e->base.id = sl_ai_id_of_answer(e->base.a, SL_STR(""), ev->id, e->base.config.request_id);
    e->base.model = shown.n != 0 ? shown : sl_ai_encoder_keep_word(&e->base, ev->model);
    (void)choice_of(e, 0);
}

static void put_block_event(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct choice *c = choice_of(e, ev->choice);

    if (c == NULL || c->has_stopped)
        return;
    if (ev->kind == SL_AI_EV_CITATION)
        e->base.is_full |= !sl_ai_grounding_add(&c->grounding, &ev->citation, c->place, e->base.a);
    else if (ev->kind == SL_AI_EV_BLOCK_START)
        block_start(e, c, ev);
    else if (!c->is_open)
        return;
    else if (ev->kind == SL_AI_EV_DELTA)
        delta(e, c, ev, out);
    else if (ev->kind == SL_AI_EV_SIGNATURE)
        sl_ai_encoder_keep(&e->base, &c->signature, ev->text);
    else
        block_stop(e, c, ev, out);
}

static void stop(struct encoder *e, const struct sl_ai_event *ev)
{
    struct choice *c = choice_of(e, ev->choice);

    if (c == NULL)
        return;
    c->has_stopped = true;
    c->stop = sl_ai_stop_of_refusal(ev->stop, c->has_refusal);
    c->native_stop = sl_ai_encoder_keep_word(&e->base, ev->native_stop);
}

static void put(struct sl_ai_encoder *base, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct encoder *e = (struct encoder *)base;

    if (ev->usage.source != SL_AI_USAGE_NONE)
        base->usage = ev->usage;
    switch (ev->kind) {
    case SL_AI_EV_START:
        start(e, ev);
        break;
    case SL_AI_EV_BLOCK_START:
    case SL_AI_EV_DELTA:
    case SL_AI_EV_SIGNATURE:
    case SL_AI_EV_CITATION:
    case SL_AI_EV_BLOCK_STOP:
        put_block_event(e, ev, out);
        break;
    case SL_AI_EV_STOP:
        stop(e, ev);
        break;
    case SL_AI_EV_END:
        end(e, out);
        break;
    case SL_AI_EV_ERROR:
        if (e->base.config.is_stream)
            put_error(e, &ev->fault, out);
        break;
    case SL_AI_EV_PING:
        if (e->base.config.is_stream && !base->config.is_array)
            sl_strbuf_add(out, SL_STR(": ping\n\n"));
        break;
    case SL_AI_EV_USAGE:
        break;
    }
}

const struct sl_ai_encoder_ops sl_ai_gemini_encoder = {
    .size = sizeof(struct encoder),
    .signs_calls = true,
    .put = put,
};
