/*
 * ollama_answer_encode: events as lines of Ollama's chat or completion, or as one answer (wire-formats 6).
 *
 * Each piece is an object of its own; calls come whole, because their arguments are an object. The last
 * line tells why the answer ended and what it took: tokens, and how long as seen from here (the caller's clock).
 * A completion has its text in `response`, and no calls.
 *
 * Ollama has no images in answers: of one a text says that it is left out, and where it is.
 */
#include "ai/ollama_int.h"

#include "ai/stop.h"
#include "ai/tool_args.h"
#include "base/fmt.h"
#include "base/str.h"

enum { NSEC_PER_USEC = 1000 };

struct encoder {
    struct sl_ai_encoder base;
    enum sl_ai_part_kind kind; /* of the open block */
    bool is_open, is_image, has_refusal;
    struct sl_ai_image_note image; /* that the open text stands for */
    sl_str created, call_id, call_name;
    struct sl_strbuf arguments;             /* of the open call */
    struct sl_strbuf text, thinking, calls; /* of a whole answer; calls with commas between */
    struct sl_strbuf logprobs;              /* not yet written, with commas between */
    enum sl_ai_stop stop;
    sl_usec first_us; /* when the first piece came; 0: none did */
};

/* ------------------------------------------------------------------ lines */

static void begin_line(const struct encoder *e, struct sl_jsonw *w, struct sl_strbuf *out)
{
    sl_jsonw_init(w, out);
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("model"), e->base.model);
    sl_jsonw_key_str(w, SL_STR("created_at"), e->created);
}

static void write_calls(struct sl_jsonw *w, sl_str calls)
{
    if (calls.n == 0)
        return;
    sl_jsonw_key(w, SL_STR("tool_calls"));
    sl_jsonw_array(w);
    sl_jsonw_raw(w, calls);
    sl_jsonw_end(w);
}

static void write_said(const struct encoder *e, struct sl_jsonw *w, sl_str text, sl_str thinking,
                       sl_str calls)
{
    if (e->base.config.is_prompt) {
        sl_jsonw_key_str(w, SL_STR("response"), text);
        if (thinking.n != 0)
            sl_jsonw_key_str(w, SL_STR("thinking"), thinking);
        return;
    }
    sl_jsonw_key(w, SL_STR("message"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("role"), SL_STR("assistant"));
    sl_jsonw_key_str(w, SL_STR("content"), text);
    if (thinking.n != 0)
        sl_jsonw_key_str(w, SL_STR("thinking"), thinking);
    write_calls(w, calls);
    sl_jsonw_end(w);
}

static void write_logprobs(struct encoder *e, struct sl_jsonw *w)
{
    if (e->logprobs.n == 0)
        return;
    sl_jsonw_key(w, SL_STR("logprobs"));
    sl_jsonw_array(w);
    sl_jsonw_raw(w, sl_strbuf_str(&e->logprobs));
    sl_jsonw_end(w);
    sl_strbuf_clear(&e->logprobs);
}

static void put_line(struct encoder *e, sl_str text, sl_str thinking, sl_str calls,
                     struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_line(e, &w, out);
    write_said(e, &w, text, thinking, calls);
    sl_jsonw_key_bool(&w, SL_STR("done"), false);
    write_logprobs(e, &w);
    sl_jsonw_end(&w);
    sl_strbuf_add_char(out, '\n');
}

/* ------------------------------------------------------------------ blocks */

static void say(struct encoder *e, sl_str text, struct sl_strbuf *out)
{
    bool is_thought = e->kind == SL_AI_THINKING;

    if (text.n == 0)
        return;
    if (!e->base.config.is_stream)
        sl_ai_encoder_keep(&e->base, is_thought ? &e->thinking : &e->text, text);
    else if (is_thought)
        put_line(e, SL_STR(""), text, (sl_str){0}, out);
    else
        put_line(e, text, (sl_str){0}, (sl_str){0}, out);
}

/* The hub's are Ollama's, in an object around them. */
static void add_logprobs(struct encoder *e, sl_str json)
{
    struct sl_arena *a = sl_arena_new("logprobs", SL_AI_KEPT_BYTES);
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    struct sl_json_cursor c;
    struct sl_jsonw w;

    if (sl_json_parse(json, a, &v, &info) == SL_OK) {
        c = sl_json_each(sl_json_of(v, "content"));
        while ((v = sl_json_next(&c, NULL)) != NULL) {
            if (e->logprobs.n != 0)
                sl_strbuf_add_char(&e->logprobs, ',');
            sl_jsonw_init(&w, &e->logprobs);
            sl_json_write(v, &w);
        }
        e->base.is_full |= e->logprobs.is_full;
    }
    sl_arena_free(a);
}

/* What only another dialect knows, and thoughts that nobody may read, are left out. */
static void block_start(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    e->is_open = ev->part != SL_AI_OPAQUE && !(ev->part == SL_AI_THINKING && ev->text.n != 0);
    if (!e->is_open)
        return;
    e->is_image = ev->part == SL_AI_IMAGE;
    e->kind = e->is_image || ev->part == SL_AI_REFUSAL ? SL_AI_TEXT : ev->part;
    e->has_refusal |= ev->part == SL_AI_REFUSAL;
    if (e->kind == SL_AI_TOOL_CALL) {
        sl_strbuf_clear(&e->arguments);
        e->call_id = sl_ai_encoder_keep_word(&e->base, ev->id);
        e->call_name = sl_ai_encoder_keep_word(&e->base, ev->name);
    }
    if (e->is_image)
        say(e, sl_ai_image_note_begin(&e->base, &e->image, ev->name), out);
}

static void delta(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    if (e->is_image) {
        say(e, sl_ai_image_note_add(&e->image, ev->text), out);
        return;
    }
    if (e->kind == SL_AI_TOOL_CALL) {
        sl_ai_encoder_keep(&e->base, &e->arguments, ev->text);
        return;
    }
    if (ev->logprobs_json.n != 0)
        add_logprobs(e, ev->logprobs_json);
    say(e, ev->text, out);
}

static void write_call(struct encoder *e, struct sl_jsonw *w)
{
    struct sl_strbuf arguments;

    sl_strbuf_init(&arguments, e->base.a, 0);
    sl_ai_args_add_object(&arguments, sl_strbuf_str(&e->arguments));
    e->base.is_full |= arguments.is_full;
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), e->call_id);
    sl_jsonw_key(w, SL_STR("function"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("name"), e->call_name);
    sl_jsonw_key_raw(w, SL_STR("arguments"),
                     arguments.is_full ? SL_STR("{}") : sl_strbuf_str(&arguments));
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void end_call(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->base.config.is_stream)
        sl_strbuf_clear(&e->calls);
    else if (e->calls.n != 0)
        sl_ai_encoder_keep(&e->base, &e->calls, SL_STR(","));
    sl_jsonw_init(&w, &e->calls);
    write_call(e, &w);
    e->base.is_full |= e->calls.is_full;
    if (e->base.config.is_stream)
        put_line(e, SL_STR(""), (sl_str){0}, sl_strbuf_str(&e->calls), out);
}

static void block_stop(struct encoder *e, struct sl_strbuf *out)
{
    e->is_open = false;
    if (e->is_image)
        say(e, sl_ai_image_note_end(&e->base, &e->image), out);
    if (e->kind == SL_AI_TOOL_CALL)
        end_call(e, out);
}

/* ------------------------------------------------------------------ the answer */

static void start(struct encoder *e, const struct sl_ai_event *ev)
{
    struct sl_strbuf *buffers[] = {&e->arguments, &e->text, &e->thinking, &e->calls, &e->logprobs};
    sl_str shown = e->base.config.shown_model;

    for (size_t i = 0; i < SL_LEN(buffers); i++)
        sl_strbuf_init(buffers[i], e->base.a, SL_AI_KEPT_BYTES);
    e->base.has_started = true;
    e->base.id = e->base.config.request_id; /* nobody sees it */
    e->base.model = shown.n != 0 ? shown : sl_ai_encoder_keep_word(&e->base, ev->model);
    e->created = sl_fmt_rfc3339(e->base.a, e->base.config.now_unix_s * SL_SECONDS(1));
}

static void note_first(struct encoder *e)
{
    if (e->first_us == 0 && e->base.config.times != NULL)
        e->first_us = e->base.config.times->now_us;
}

/* In nanoseconds. Nothing is loaded; all before the first piece is reading. */
static void write_durations(const struct encoder *e, struct sl_jsonw *w)
{
    const struct sl_ai_times *t = e->base.config.times;

    if (t == NULL)
        return;
    sl_usec first_us = e->first_us != 0 ? e->first_us : t->now_us;
    sl_jsonw_key_i64(w, SL_STR("total_duration"), (t->now_us - t->began_us) * NSEC_PER_USEC);
    sl_jsonw_key_i64(w, SL_STR("load_duration"), 0);
    sl_jsonw_key_i64(w, SL_STR("prompt_eval_duration"), (first_us - t->began_us) * NSEC_PER_USEC);
    sl_jsonw_key_i64(w, SL_STR("eval_duration"), (t->now_us - first_us) * NSEC_PER_USEC);
}

static void write_end(struct encoder *e, struct sl_jsonw *w)
{
    const struct sl_ai_usage *u = &e->base.usage;
    enum sl_ai_stop why = sl_ai_stop_of_refusal(e->stop, e->has_refusal);

    sl_jsonw_key_bool(w, SL_STR("done"), true);
    sl_jsonw_key_str(w, SL_STR("done_reason"), sl_ai_stop_name(SL_AI_OLLAMA, why));
    write_logprobs(e, w);
    write_durations(e, w);
    if (u->source == SL_AI_USAGE_NONE)
        return;
    sl_jsonw_key_i64(w, SL_STR("prompt_eval_count"), sl_ai_usage_prompt_total(u));
    sl_jsonw_key_i64(w, SL_STR("eval_count"), sl_ai_usage_completion_total(u));
}

/* The last line of a stream says nothing more; a whole answer says all in it. */
static void end(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (!e->base.config.is_stream && e->base.is_full)
        return;
    if (e->base.config.is_stream)
        sl_strbuf_clear(&e->calls);
    begin_line(e, &w, out);
    write_said(e, &w, sl_strbuf_str(&e->text), sl_strbuf_str(&e->thinking),
               sl_strbuf_str(&e->calls));
    write_end(e, &w);
    sl_jsonw_end(&w);
    if (e->base.config.is_stream)
        sl_strbuf_add_char(out, '\n');
}

static void put_block_event(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    if (ev->choice != 0 || !e->base.has_started)
        return;
    note_first(e);
    if (ev->kind == SL_AI_EV_BLOCK_START)
        block_start(e, ev, out);
    else if (!e->is_open)
        return;
    else if (ev->kind == SL_AI_EV_DELTA)
        delta(e, ev, out);
    else
        block_stop(e, out);
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
    case SL_AI_EV_BLOCK_STOP:
        put_block_event(e, ev, out);
        break;
    case SL_AI_EV_STOP:
        if (ev->choice == 0)
            e->stop = ev->stop;
        break;
    case SL_AI_EV_END:
        if (base->has_started)
            end(e, out);
        break;
    case SL_AI_EV_ERROR:
        if (base->config.is_stream)
            sl_ai_ollama.error_event(&ev->fault, base->config.request_id, out);
        break;
    case SL_AI_EV_SIGNATURE: /* Ollama has no place for these */
    case SL_AI_EV_CITATION:
    case SL_AI_EV_USAGE:
    case SL_AI_EV_PING:
        break;
    }
}

const struct sl_ai_encoder_ops sl_ai_ollama_encoder = {
    .size = sizeof(struct encoder),
    .put = put,
};
