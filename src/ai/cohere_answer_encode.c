/*
 * cohere_answer_encode: events as Cohere's stream, or as one answer (wire-formats 5).
 *
 * Content blocks and tool calls are counted apart. Thoughts are content of their own, also before calls:
 * whether any will follow is not known yet. Arguments of calls are text and go out as they come. A citation
 * tells where in the text it stands; one without a place is of all that the block has said so far.
 *
 * Cohere has no images in answers: of one a text says that it is left out, and where it is.
 */
#include "ai/answer_int.h"
#include "ai/citation.h"
#include "ai/cohere_int.h"

#include "ai/ids.h"
#include "ai/stop.h"
#include "base/str.h"

struct encoder {
    struct sl_ai_encoder base;
    enum sl_ai_part_kind kind; /* of the open block */
    bool is_open;
    uint32_t blocks, calls, citations; /* so far; the open one is the last */
    struct sl_ai_image_note image;     /* that the open text stands for */
    bool is_image;
    int64_t chars; /* of the last text */
    sl_str call_id, call_name;
    struct sl_strbuf text, signature;                     /* of the open block of a whole answer */
    struct sl_strbuf content, call_list, cited, logprobs; /* the same: lists, with commas between */
    enum sl_ai_stop stop;
    bool has_refusal;
};

/* ------------------------------------------------------------------ stream events */

/* {"type": ..., "index": ..., "delta": {"message": { */
static void begin_event(struct sl_jsonw *w, const char *type, uint32_t index, struct sl_strbuf *out)
{
    sl_strbuf_addf(out, "event: %s\ndata: ", type);
    sl_jsonw_init(w, out);
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), sl_cstr(type));
    sl_jsonw_key_i64(w, SL_STR("index"), index);
}

static void begin_message(struct sl_jsonw *w)
{
    sl_jsonw_key(w, SL_STR("delta"));
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("message"));
    sl_jsonw_object(w);
}

static void end_message(struct sl_jsonw *w)
{
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void end_event(struct sl_jsonw *w, struct sl_strbuf *out)
{
    sl_jsonw_end(w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

static void put_end_of(const char *type, uint32_t index, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_event(&w, type, index, out);
    end_event(&w, out);
}

static void put_start(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    sl_strbuf_add(out, SL_STR("event: message-start\ndata: "));
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("id"), e->base.id);
    sl_jsonw_key_str(&w, SL_STR("type"), SL_STR("message-start"));
    begin_message(&w);
    sl_jsonw_key_str(&w, SL_STR("role"), SL_STR("assistant"));
    sl_jsonw_key_raw(&w, SL_STR("content"), SL_STR("[]"));
    sl_jsonw_key_str(&w, SL_STR("tool_plan"), SL_STR(""));
    sl_jsonw_key_raw(&w, SL_STR("tool_calls"), SL_STR("[]"));
    sl_jsonw_key_raw(&w, SL_STR("citations"), SL_STR("[]"));
    end_message(&w);
    end_event(&w, out);
}

/* ------------------------------------------------------------------ content */

static const char *type_of(const struct encoder *e)
{
    return e->kind == SL_AI_THINKING ? "thinking" : "text";
}

static void write_content(const struct encoder *e, struct sl_jsonw *w, sl_str text)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), sl_cstr(type_of(e)));
    sl_jsonw_key_str(w, sl_cstr(type_of(e)), text);
    if (e->signature.n != 0)
        sl_jsonw_key_str(w, SL_STR("signature"), sl_strbuf_str(&e->signature));
    sl_jsonw_end(w);
}

static void put_content_start(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_event(&w, "content-start", e->blocks - 1, out);
    begin_message(&w);
    sl_jsonw_key(&w, SL_STR("content"));
    write_content(e, &w, SL_STR(""));
    end_message(&w);
    end_event(&w, out);
}

static void put_content_delta(struct encoder *e, sl_str text, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_event(&w, "content-delta", e->blocks - 1, out);
    begin_message(&w);
    sl_jsonw_key(&w, SL_STR("content"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, sl_cstr(type_of(e)), text);
    sl_jsonw_end(&w);
    end_message(&w);
    if (e->logprobs.n != 0)
        sl_jsonw_key_raw(&w, SL_STR("logprobs"), sl_strbuf_str(&e->logprobs));
    end_event(&w, out);
}

/* {text, token_ids, logprobs} of a piece of text. Who counts in other tokens does not tell their numbers. */
static void write_logprobs(struct sl_jsonw *w, sl_str text, const struct sl_json *hub)
{
    struct sl_json_cursor c = sl_json_each(sl_json_of(hub, "content"));
    const struct sl_json *v;

    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("text"), text);
    sl_jsonw_key_raw(w, SL_STR("token_ids"), SL_STR("[]"));
    sl_jsonw_key(w, SL_STR("logprobs"));
    sl_jsonw_array(w);
    while ((v = sl_json_next(&c, NULL)) != NULL)
        if (sl_json_kind(sl_json_of(v, "logprob")) == SL_JSON_NUMBER)
            sl_json_write(sl_json_of(v, "logprob"), w);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void add_logprobs(struct encoder *e, const struct sl_ai_event *ev)
{
    struct sl_arena *a = sl_arena_new("logprobs", SL_AI_KEPT_BYTES);
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    struct sl_jsonw w;

    if (sl_json_parse(ev->logprobs_json, a, &v, &info) == SL_OK &&
        sl_json_count(sl_json_of(v, "content")) != 0) {
        if (e->logprobs.n != 0)
            sl_ai_encoder_keep(&e->base, &e->logprobs, SL_STR(","));
        sl_jsonw_init(&w, &e->logprobs);
        write_logprobs(&w, ev->text, v);
        e->base.is_full |= e->logprobs.is_full;
    }
    sl_arena_free(a);
}

/* Half a letter is a token without text: an event of a stream has the probabilities of one piece. */
static void say(struct encoder *e, sl_str text, struct sl_strbuf *out)
{
    bool has_more = e->base.config.is_stream && e->logprobs.n != 0;
    if (text.n == 0 && !has_more)
        return;
    e->chars += sl_ai_citation_chars(text);
    if (!e->base.config.is_stream) {
        sl_ai_encoder_keep(&e->base, &e->text, text);
        return;
    }
    put_content_delta(e, text, out);
    sl_strbuf_clear(&e->logprobs);
}

/* A thought's comes back with it where the client keeps members that it does not know. */
static void signature(struct encoder *e, sl_str text, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->kind != SL_AI_THINKING)
        return;
    if (!e->base.config.is_stream) {
        sl_ai_encoder_keep(&e->base, &e->signature, text);
        return;
    }
    begin_event(&w, "content-delta", e->blocks - 1, out);
    begin_message(&w);
    sl_jsonw_key(&w, SL_STR("content"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("thinking"), SL_STR(""));
    sl_jsonw_key_str(&w, SL_STR("signature"), text);
    sl_jsonw_end(&w);
    end_message(&w);
    end_event(&w, out);
}

static void end_content(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->base.config.is_stream) {
        put_end_of("content-end", e->blocks - 1, out);
        return;
    }
    if (e->content.n != 0)
        sl_ai_encoder_keep(&e->base, &e->content, SL_STR(","));
    sl_jsonw_init(&w, &e->content);
    write_content(e, &w, sl_strbuf_str(&e->text));
    e->base.is_full |= e->content.is_full;
}

/* ------------------------------------------------------------------ calls */

static void write_call(const struct encoder *e, struct sl_jsonw *w, sl_str arguments)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), e->call_id);
    sl_jsonw_key_str(w, SL_STR("type"), SL_STR("function"));
    sl_jsonw_key(w, SL_STR("function"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("name"), e->call_name);
    sl_jsonw_key_str(w, SL_STR("arguments"), arguments);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void put_call_start(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_event(&w, "tool-call-start", e->calls - 1, out);
    begin_message(&w);
    sl_jsonw_key(&w, SL_STR("tool_calls"));
    write_call(e, &w, SL_STR(""));
    end_message(&w);
    end_event(&w, out);
}

static void put_call_delta(struct encoder *e, sl_str arguments, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    begin_event(&w, "tool-call-delta", e->calls - 1, out);
    begin_message(&w);
    sl_jsonw_key(&w, SL_STR("tool_calls"));
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("function"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("arguments"), arguments);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    end_message(&w);
    end_event(&w, out);
}

static void end_call(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->base.config.is_stream) {
        put_end_of("tool-call-end", e->calls - 1, out);
        return;
    }
    if (e->call_list.n != 0)
        sl_ai_encoder_keep(&e->base, &e->call_list, SL_STR(","));
    sl_jsonw_init(&w, &e->call_list);
    write_call(e, &w, e->text.n != 0 ? sl_strbuf_str(&e->text) : SL_STR("{}"));
    e->base.is_full |= e->call_list.is_full;
}

/* ------------------------------------------------------------------ blocks */

/* What only another dialect knows, and thoughts that nobody may read, are left out. */
static bool is_shown(const struct sl_ai_event *ev)
{
    return ev->part != SL_AI_OPAQUE && !(ev->part == SL_AI_THINKING && ev->text.n != 0);
}

static void block_start(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    e->is_open = is_shown(ev);
    if (!e->is_open)
        return;
    e->is_image = ev->part == SL_AI_IMAGE;
    e->kind = e->is_image || ev->part == SL_AI_REFUSAL ? SL_AI_TEXT : ev->part;
    e->has_refusal |= ev->part == SL_AI_REFUSAL;
    sl_strbuf_clear(&e->text);
    sl_strbuf_clear(&e->signature);
    if (e->kind == SL_AI_TOOL_CALL) {
        e->calls++;
        e->call_id = sl_ai_encoder_keep_word(&e->base, ev->id);
        e->call_name = sl_ai_encoder_keep_word(&e->base, ev->name);
        if (e->base.config.is_stream)
            put_call_start(e, out);
        return;
    }
    e->blocks++;
    e->chars = 0;
    if (e->base.config.is_stream)
        put_content_start(e, out);
    if (e->is_image)
        say(e, sl_ai_image_note_begin(&e->base, &e->image, ev->name), out);
}

static void delta(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    if (e->is_image) {
        say(e, sl_ai_image_note_add(&e->image, ev->text), out);
        return;
    }
    if (e->kind == SL_AI_TOOL_CALL && e->base.config.is_stream) {
        put_call_delta(e, ev->text, out);
        return;
    }
    if (e->kind == SL_AI_TOOL_CALL) {
        sl_ai_encoder_keep(&e->base, &e->text, ev->text);
        return;
    }
    if (ev->logprobs_json.n != 0)
        add_logprobs(e, ev);
    say(e, ev->text, out);
}

static void block_stop(struct encoder *e, struct sl_strbuf *out)
{
    e->is_open = false;
    if (e->is_image)
        say(e, sl_ai_image_note_end(&e->base, &e->image), out);
    if (e->kind == SL_AI_TOOL_CALL)
        end_call(e, out);
    else
        end_content(e, out);
}

/* ------------------------------------------------------------------ citations */

static void write_citation(struct encoder *e, struct sl_jsonw *w, const struct sl_ai_citation *c)
{
    struct sl_ai_citation placed = sl_ai_citation_within(c, 0, e->chars);

    sl_ai_citation_write_cohere(w, &placed, e->blocks - 1);
}

/* They may come when the text has ended, but are of the last one. */
static void citation(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->blocks == 0)
        return;
    e->citations++;
    if (e->base.config.is_stream) {
        begin_event(&w, "citation-start", e->citations - 1, out);
        begin_message(&w);
        sl_jsonw_key(&w, SL_STR("citations"));
        write_citation(e, &w, &ev->citation);
        end_message(&w);
        end_event(&w, out);
        put_end_of("citation-end", e->citations - 1, out);
        return;
    }
    if (e->cited.n != 0)
        sl_ai_encoder_keep(&e->base, &e->cited, SL_STR(","));
    sl_jsonw_init(&w, &e->cited);
    write_citation(e, &w, &ev->citation);
    e->base.is_full |= e->cited.is_full;
}

/* ------------------------------------------------------------------ the message */

static void start(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    struct sl_strbuf *buffers[] = {&e->text,      &e->signature, &e->content,
                                   &e->call_list, &e->cited,     &e->logprobs};

    for (size_t i = 0; i < SL_LEN(buffers); i++)
        sl_strbuf_init(buffers[i], e->base.a, SL_AI_KEPT_BYTES);
    e->base.has_started = true;
    e->base.id =
        ev->id.n != 0 ? sl_ai_encoder_keep_word(&e->base, ev->id) : e->base.config.request_id;
    if (e->base.config.is_stream)
        put_start(e, out);
}

static void write_ending(const struct encoder *e, struct sl_jsonw *w)
{
    enum sl_ai_stop why = sl_ai_stop_of_refusal(e->stop, e->has_refusal);

    sl_jsonw_key_str(w, SL_STR("finish_reason"), sl_ai_stop_name(SL_AI_COHERE, why));
}

static void write_usage(const struct encoder *e, struct sl_jsonw *w)
{
    if (e->base.usage.source == SL_AI_USAGE_NONE)
        return;
    sl_jsonw_key(w, SL_STR("usage"));
    sl_ai_usage_write_cohere(w, &e->base.usage);
}

static void write_list(struct sl_jsonw *w, const char *name, const struct sl_strbuf *list)
{
    if (list->n == 0)
        return;
    sl_jsonw_key(w, sl_cstr(name));
    sl_jsonw_array(w);
    sl_jsonw_raw(w, sl_strbuf_str(list));
    sl_jsonw_end(w);
}

static void put_whole(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (e->base.is_full)
        return;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("id"), e->base.id);
    write_ending(e, &w);
    sl_jsonw_key(&w, SL_STR("message"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("role"), SL_STR("assistant"));
    write_list(&w, "content", &e->content);
    write_list(&w, "tool_calls", &e->call_list);
    write_list(&w, "citations", &e->cited);
    sl_jsonw_end(&w);
    write_usage(e, &w);
    write_list(&w, "logprobs", &e->logprobs);
    sl_jsonw_end(&w);
}

static void end(struct encoder *e, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    if (!e->base.config.is_stream) {
        put_whole(e, out);
        return;
    }
    sl_strbuf_add(out, SL_STR("event: message-end\ndata: "));
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("type"), SL_STR("message-end"));
    sl_jsonw_key(&w, SL_STR("delta"));
    sl_jsonw_object(&w);
    write_ending(e, &w);
    write_usage(e, &w);
    sl_jsonw_end(&w);
    end_event(&w, out);
}

static void put_block_event(struct encoder *e, const struct sl_ai_event *ev, struct sl_strbuf *out)
{
    if (ev->choice != 0 || !e->base.has_started)
        return;
    if (ev->kind == SL_AI_EV_BLOCK_START)
        block_start(e, ev, out);
    else if (ev->kind == SL_AI_EV_CITATION)
        citation(e, ev, out);
    else if (!e->is_open)
        return;
    else if (ev->kind == SL_AI_EV_DELTA)
        delta(e, ev, out);
    else if (ev->kind == SL_AI_EV_SIGNATURE)
        signature(e, ev->text, out);
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
        start(e, ev, out);
        break;
    case SL_AI_EV_BLOCK_START:
    case SL_AI_EV_DELTA:
    case SL_AI_EV_SIGNATURE:
    case SL_AI_EV_CITATION:
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
            sl_ai_cohere.error_event(&ev->fault, base->config.request_id, out);
        break;
    case SL_AI_EV_USAGE:
    case SL_AI_EV_PING:
        break;
    }
}

const struct sl_ai_encoder_ops sl_ai_cohere_encoder = {
    .size = sizeof(struct encoder),
    .put = put,
};
